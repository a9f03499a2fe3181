"""File locks. The kernel drops them with their owner, so a killed run leaves none behind."""

import contextlib
import fcntl
import os
import signal
import time

from .console import Problem, say


@contextlib.contextmanager
def exclusive(path, what):
    """Hold `path` alone while the block runs; wait, and say for whom, while another holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as handle:
        if not _take(handle, fcntl.LOCK_EX):
            handle.seek(0)
            say(f"  waiting: process {handle.read().strip() or '?'} is busy with {what}")
            while not _take(handle, fcntl.LOCK_EX):
                time.sleep(0.2)
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextlib.contextmanager
def alone(path, message, way_out):
    """Hold `path` while the block runs, or say at once that another process does.

    :raises Problem: when it is held
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as handle:
        if not _take(handle, fcntl.LOCK_EX):
            raise Problem(f"{message} (process {holder(path)})", way_out)
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield
        handle.truncate(0)


def holder(path):
    """Return the id of the process that holds a lock, or None."""
    if not path.exists():
        return None
    with open(path, "a+", encoding="utf-8") as handle:
        if _take(handle, fcntl.LOCK_EX):
            return None
        handle.seek(0)
        text = handle.read().strip()
        return int(text) if text.isdecimal() else None


def in_use(path):
    """Return whether anybody holds `path`, alone or shared."""
    if not path.exists():
        return False
    with open(path, "a+", encoding="utf-8") as handle:
        return not _take(handle, fcntl.LOCK_EX)


def ask_to_stop(pid, path, patience=60):
    """Ask the holder of a lock to end, and wait until it let go.

    :raises Problem: when it does not
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while in_use(path):
        if time.monotonic() > deadline:
            raise Problem(f"Process {pid} does not stop", f"kill -9 {pid}")
        time.sleep(0.1)


class Usage:
    """A count of who uses something, kept by the kernel: each user holds a shared lock."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = open(path, "a+", encoding="utf-8")  # noqa: SIM115 - held as long as we live
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def leave(self):
        """Stop being a user; return True when we were the last."""
        last = _take(self._handle, fcntl.LOCK_EX)
        self._handle.close()
        return last


def _take(handle, kind):
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
