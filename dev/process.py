"""Children that end when we end, their output watched line by line."""

import collections
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading

from .console import Problem

_alive = set()  # children not yet waited for

PATIENCE = 20  # seconds a child gets to stop by itself before it is killed


class Failed(Problem):
    """A command ended with an error; `lines` are the last it said, `code` its exit code."""

    def __init__(self, argv, code, lines):
        self.argv, self.code, self.lines = argv, code, list(lines)
        name = os.path.basename(str(argv[0]))
        said = "\n".join(f"    {line}" for line in self.lines[-15:])
        super().__init__(f"{name} ended with code {code}" + (f":\n{said}" if said else ""))

    @property
    def output(self):
        return "\n".join(self.lines)


def _bind_to_parent():
    """Ask the kernel to end this child when we die, even by kill -9: no orphan holds a port."""
    with contextlib.suppress(Exception):  # not Linux: then only our own clean-up ends it
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def spawn(argv, **options):
    """Start a child in its own process group, bound to our life; returns the Popen.

    Its own group, because Ctrl-C reaches every process of the terminal's group at once: we
    want to stop our children in order (Odoo before its database), not all at the same time.
    """
    options.setdefault("stdin", subprocess.DEVNULL)
    if sys.platform == "linux":
        options.setdefault("preexec_fn", _bind_to_parent)
    child = subprocess.Popen([str(part) for part in argv], start_new_session=True, **options)
    _alive.add(child)
    return child


def stop(child, patience=PATIENCE):
    """End a child and what it started; ask first, insist after `patience` seconds."""
    if child.poll() is None:
        _signal_group(child, signal.SIGTERM)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            _signal_group(child, signal.SIGKILL)
            child.wait()
    _alive.discard(child)


def stop_all():
    """End every child that is left, those of other threads too."""
    for child in list(_alive):
        stop(child)


def _signal_group(child, number):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)  # its own session, so its group's id is its own pid


def run(argv, *, on_line=None, log=None, check=True, env=None, cwd=None, text_in=None, stdin=None, keep=40):
    """Run a command to its end; return its exit code and last lines of output.

    :param on_line: called with each line as it comes (a step's `doing`, say)
    :param log: a file to write the whole output to
    :raises Failed: when `check` is set and the command ends with an error
    """
    tail = collections.deque(maxlen=keep)
    child = spawn(
        argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.PIPE if text_in is not None else stdin or subprocess.DEVNULL,
        env=None if env is None else {**os.environ, **{k: str(v) for k, v in env.items()}},
        cwd=cwd,
        text=True,
        errors="replace",
    )
    try:
        with contextlib.ExitStack() as stack:
            sink = stack.enter_context(open(log, "a", encoding="utf-8")) if log else None
            if text_in is not None:
                threading.Thread(target=_feed, args=(child.stdin, text_in), daemon=True).start()
            for line in child.stdout:
                tail.append(line.rstrip("\n"))
                if sink:
                    sink.write(line)
                    sink.flush()
                if on_line and line.strip():
                    on_line(line.rstrip("\n"))
        child.wait()
    finally:
        stop(child)
    if check and child.returncode:
        raise Failed(argv, child.returncode, tail)
    return child.returncode, list(tail)


def output(argv, **options):
    """Return what a command printed.

    :raises Failed: when it ends with an error
    """
    return "\n".join(run(argv, keep=100_000, **options)[1])


def _feed(pipe, text):
    with contextlib.suppress(BrokenPipeError), pipe:
        pipe.write(text)
