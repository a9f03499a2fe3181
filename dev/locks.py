"""File locks. The kernel drops them with their owner, so a killed run leaves none behind."""

import contextlib
import fcntl
import os
import time

from .console import say


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
