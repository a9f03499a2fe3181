"""What the user reads: one line a step while it works, its time when it is done."""

import contextlib
import itertools
import os
import shutil
import sys
import threading
import time

_screen = threading.Lock()  # held by the step that redraws its line
HEARTBEAT = 20  # seconds between signs of life where there is no terminal to redraw


class Problem(Exception):
    """Something the user can act on: what went wrong, and what to do about it."""

    def __init__(self, message, way_out=""):
        super().__init__(message)
        self.message = message
        self.way_out = way_out

    def __str__(self):
        return f"{self.message}\n  → {self.way_out}" if self.way_out else self.message


class Stopped(BaseException):
    """Somebody asked us to stop. Not an Exception: no `except Exception` may swallow it."""


class Step:
    """One piece of work on the screen; `detail` is what it is busy with at this moment."""

    def __init__(self, title):
        self.title = title
        self.detail = ""
        self.note = ""  # what is worth knowing when it is done
        self.started = time.monotonic()
        self._printed = ""
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    @property
    def seconds(self):
        return time.monotonic() - self.started

    def doing(self, detail):
        """Say what the step is busy with; safe from any thread and as often as one likes."""
        self.detail = " ".join(str(detail).split())

    def _watch(self):
        """Redraw the line; two steps at once would draw over each other, so the second waits."""
        if not sys.stdout.isatty():
            return self._heartbeat()
        while not _screen.acquire(timeout=0.1):
            if self._done.is_set():
                return None
        try:
            return self._draw()
        finally:
            _screen.release()

    def _draw(self):
        for frame in itertools.cycle("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"):
            if self._done.wait(0.12):
                return
            width = shutil.get_terminal_size().columns - 1
            line = f"{frame} {self.title} {_clock(self.seconds)}"
            if self.detail:
                line += f"  {self.detail}"
            sys.stdout.write("\r\x1b[K" + line[:width])
            sys.stdout.flush()
        return

    def _heartbeat(self):
        while not self._done.wait(HEARTBEAT):
            say(f"  … {self.title} {_clock(self.seconds)}  {self.detail}".rstrip())

    def start(self):
        self._watcher.start()

    def end(self, mark, shown=True):
        """Stop the clock and, if `shown`, leave one line with the mark, the time and the note."""
        self._done.set()
        self._watcher.join()
        clear = "\r\x1b[K" if sys.stdout.isatty() else ""
        line = f"{mark} {self.title} {_clock(self.seconds)}  {self.note}".rstrip() if shown else ""
        sys.stdout.write(clear + line + ("\n" if line else ""))
        sys.stdout.flush()


TIMES = []  # (title, seconds) of every finished step, for the table at the end


@contextlib.contextmanager
def step(title, quiet_below=0.0):
    """Show `title` with its elapsed time while the block runs.

    A step that ends within `quiet_below` seconds prints nothing: on a second start most have
    nothing to do, and a screen of check marks would hide what matters.
    """
    it = Step(title)
    it.start()
    try:
        yield it
    except BaseException:
        it.end(_paint("✗", 31))
        raise
    TIMES.append((title, it.seconds))
    it.end(_paint("✓", 32), shown=it.seconds >= quiet_below)


def say(text=""):
    """Print a line at once: what is read through a pipe must not wait in a buffer."""
    print(text, flush=True)


def warn(text):
    say(f"{_paint('!', 33)} {text}")


def heading(text):
    say(f"\n{_paint(text, 1)}")


def table(rows, heads):
    """Print rows under heads in columns as wide as their widest cell (wide letters count two)."""
    grid = [list(map(str, heads)), *[["" if cell is None else str(cell) for cell in row] for row in rows]]
    widths = [max(_width(row[column]) for row in grid) for column in range(len(heads))]
    for number, row in enumerate(grid):
        line = "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        say("  " + (_paint(line.rstrip(), 2) if number == 0 else line.rstrip()))


def _width(text):
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _clock(seconds):
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def _paint(text, code):
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return f"\x1b[{code}m{text}\x1b[0m"
    return text
