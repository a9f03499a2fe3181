"""`make shots`: pictures of the running demo's screens, in both languages.

    make shots                                 the pages below
    make shots T="/odoo/crm /my"               others

`make run` must be running. The pictures land in .local/shots; look at them.
"""

import os

from . import browser, console, locks, process, pypi, run
from .console import Problem
from .paths import DEV, LOCAL

FOLDER = LOCAL / "shots"


def run_shots():
    pypi.ensure()
    browser.ensure(required=True)
    if not locks.holder(run.LOCK):
        raise Problem("The demo is not running", "make run, and this in another terminal")
    pages = os.environ.get("T", "").split()
    argv = [
        pypi.PYTHON,
        "-m",
        "dev.camera",
        "--base",
        f"http://127.0.0.1:{run.port_in_use()}",
        "--folder",
        FOLDER,
    ]
    code, _lines = process.run([*argv, *pages], cwd=DEV.parent, check=False, on_line=console.say)
    return code
