"""`make clean` and `make distclean`: leave no trace."""

import sys

from . import console, folders, locks, postgres, run
from .console import Problem
from .paths import CACHE, LOCAL, ROOT

CACHES = ("__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis")
OUTPUT = ("dist", "build")


def clean():
    """Stop what runs in this checkout and remove what it made: data, environment, logs."""
    sys.dont_write_bytecode = True
    run.stop()
    if locks.in_use(postgres.USERS):
        raise Problem("Another command of this checkout is at work", "Wait for it, or end it, and run again.")
    with console.step("Removing what this checkout made"):
        socket = postgres.socket_folder()
        folders.remove(LOCAL)
        folders.remove(socket)
        for name in OUTPUT:
            folders.remove(ROOT / name)
        for name in CACHES:
            for folder in list(ROOT.rglob(name)):
                folders.remove(folder)
    return 0


def distclean():
    """Do that, and remove what was downloaded for all clones of this project."""
    clean()
    for lock in CACHE.glob("*.lock"):
        if locks.in_use(lock):
            raise Problem(f"Another checkout is filling {CACHE}", "Wait for it and run again.")
    with console.step(f"Removing {CACHE}"):
        folders.remove(CACHE)
    console.say("Chromium, if apt installed it, is the system's: apt-get remove chromium takes it away.")
    return 0
