"""Doors into the environment for people: Odoo, PostgreSQL's shell, any command."""

import os

from . import environment, odoo, process
from .paths import ROOT


def odoo_command(*arguments):
    """Run Odoo; everything after `--` goes to it as it is."""
    return _run(lambda _env: odoo.command(*_own(arguments)))


def psql(*arguments):
    return _run(lambda env: [env.server.program("psql"), *_own(arguments)])


def shell(*arguments):
    return _run(lambda _env: list(_own(arguments)) or [os.environ.get("SHELL", "/bin/sh")])


def _own(arguments):
    return arguments[1:] if arguments[:1] == ("--",) else arguments


def _run(argv_for):
    with environment.ready() as env:
        config = env.config("shell")
        variables = {**os.environ, **{k: str(v) for k, v in odoo.environment(env.server, config).items()}}
        variables["PATH"] = f"{odoo.PYTHON.parent}{os.pathsep}{os.environ['PATH']}"
        child = process.spawn(argv_for(env), stdin=None, env=variables, cwd=ROOT)
        try:
            return child.wait()
        finally:
            process.stop(child)
