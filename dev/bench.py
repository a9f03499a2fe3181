"""`make bench`: every file of benchmarks/, one after the other, each answers one question."""

import os

from . import browser, console, environment, odoo, process
from .paths import ROOT
from .pypi import PYTHON


def run():
    """Run the benchmarks named by `T`, or all; return the first error's exit code."""
    wanted = os.environ.get("T", "").split() or sorted(map(str, ROOT.glob("benchmarks/[!_]*.py")))
    browser.ensure(required=True)
    with environment.ready() as env:
        variables = odoo.environment(env.server, env.config("bench"))
        for path in wanted:
            console.heading(os.path.relpath(path, ROOT))
            code, _lines = process.run(
                [PYTHON, path], env=variables, cwd=ROOT, check=False, on_line=console.say
            )
            if code:
                return code
    return 0
