"""`python3 -m dev <command>`: what the Makefile calls."""

import errno
import importlib
import os
import shutil
import signal
import sys

from . import console, process
from .console import Problem, Stopped
from .paths import CACHE, ROOT

# command: (module, function, what it does)
COMMANDS = {
    "run": (
        "run",
        "run",
        "Odoo with a demo, and the first reminders in the mail catcher; PORT=8090, FRESH=1",
    ),
    "stop": ("run", "stop", "stop what runs in this checkout"),
    "mail": ("mailbox", "show", "list the mails that were caught"),
    "test": (
        "testing",
        "run",
        "lint, core, Odoo tests, install/upgrade/uninstall; T=<file> for one file in seconds",
    ),
    "lint": ("lint", "run", "ruff, pylint-odoo, XML, translations, shell"),
    "format": ("lint", "format_code", "let ruff mend what it can"),
    "core": ("testing", "core", "the core's tests alone, without Odoo"),
    "bench": ("bench", "run", "what was measured, measured again"),
    "i18n": ("i18n", "run", "write loan_crm.pot and bring zh_CN.po up to it, keeping its translations"),
    "wheel": ("wheel", "run", "build odoo-addon-loan_crm and look into it"),
    "shots": ("shots", "run_shots", "pictures of the running demo's screens, in .local/shots"),
    "clean": ("clean", "clean", "stop everything and remove what this checkout made"),
    "distclean": ("clean", "distclean", "the same, and what was downloaded for all clones"),
    "odoo": (
        "shell",
        "odoo_command",
        "run Odoo with this checkout's configuration: `python3 -m dev odoo -- -d wip -u loan_crm`",
    ),
    "psql": ("shell", "psql", "open PostgreSQL's shell: `python3 -m dev psql [database]`"),
    "sh": (
        "shell",
        "shell",
        "run a command with PostgreSQL running and the environment set: `python3 -m dev sh -- cmd`",
    ),
    "lock": ("pypi", "compile_lock", "choose package versions anew and write dev/requirements.lock"),
}
TIGHT = 300 * 2**20  # bytes free below which a failure is probably the disk's


def _stop(number, _frame):
    # Once is enough: a second Ctrl-C while we tidy up must not cut the tidying short.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise Stopped(number)


def main(argv):
    name, arguments = (argv[0], argv[1:]) if argv else ("help", [])
    if name not in COMMANDS:
        for command, (_module, _function, about) in COMMANDS.items():
            print(f"  {command:<10} {about}")
        return 0 if name in ("help", "--help", "-h") else 2
    for signal_name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, signal_name), _stop)
    module, function, _about = COMMANDS[name]
    try:
        if sys.version_info < (3, 10):  # noqa: UP036 - this very check is for older ones
            raise Problem("This needs Python 3.10 or newer; this is " + sys.version.split()[0])
        result = getattr(importlib.import_module(f"dev.{module}"), function)(*arguments)
        return int(result or 0)
    except Stopped as stopped:
        console.say("stopped")
        return 128 + stopped.args[0]
    except Problem as problem:
        return _fail(str(problem))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _fail(str(error))
        raise
    finally:
        process.stop_all()


def _fail(message):
    console.say(f"\n✗ {message}")
    places = [place for place in (ROOT, CACHE, CACHE.parent) if place.exists()]
    free, place = min((shutil.disk_usage(place).free, place) for place in places)
    if free < TIGHT or "No space left" in message:
        console.say(
            f"  → {free // 2**20} MB are free on the disk of {place}. Make room and run again; what is"
            " half-finished heals by itself. A first run takes about 3 GB here and in the cache."
        )
    return 1


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
