"""Running Odoo: its configuration file, the command line, and what its log may hold."""

import re

from . import folders, process
from .paths import DATA, LOCAL, LOGS, ROOT
from .pypi import PYTHON

NOWHERE = "http://127.0.0.1:9"  # the discard port: what would phone home ends here


def write_config(name, source, server, *, http_port=8069, mail_port=9, **more):
    """Write `.local/<name>.conf` and return its path.

    Nothing leaves this machine by it: loopback only, mail to the catcher (to the discard port
    when none runs), no publisher's warranty call.
    """
    options = {
        "addons_path": ",".join(map(str, [*source.addons, ROOT])),
        "data_dir": DATA,
        "db_host": server.env.get("PGHOST", ""),
        "db_port": server.env.get("PGPORT", ""),
        "db_user": server.env.get("PGUSER", ""),
        "db_maxconn": 24,
        "http_interface": "127.0.0.1",
        "http_port": http_port,
        "gevent_port": http_port + 1,
        "smtp_server": "127.0.0.1",
        "smtp_port": mail_port,
        "publisher_warranty_url": NOWHERE,
        "admin_passwd": "admin",
        "max_cron_threads": 1,
        "limit_time_real": 1200,
        "limit_time_cpu": 1200,
        "limit_time_real_cron": 1200,
        "screenshots": LOGS / "screenshots",
        "unaccent": False,
        **more,
    }
    DATA.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    config = LOCAL / f"{name}.conf"
    lines = [f"{key} = {value}" for key, value in options.items() if value not in ("", None)]
    folders.write(config, "\n".join(["; written by dev/odoo.py at every start", "[options]", *lines, ""]))
    return config


def environment(server, config):
    """Return the variables of a process that runs Odoo."""
    return {**server.env, "ODOO_RC": config or "", "PYTHONUNBUFFERED": "1", "PGDATABASE": ""}


def command(*arguments):
    return [PYTHON, "-m", "odoo", *arguments]


def run(server, config, *arguments, on_line=None, log=None, check=True, text_in=None):
    """Run an Odoo command to its end; return (code, last lines).

    Odoo takes `-c` after the name of a subcommand (`db`, `i18n`, `shell`) and before options.
    """
    return process.run(
        command(*arguments),
        env=environment(server, config),
        cwd=ROOT,
        on_line=on_line,
        log=log,
        check=check,
        text_in=text_in,
    )


# --- the log

LINE = re.compile(
    r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) (?P<pid>\d+) "
    r"(?P<level>DEBUG|INFO|RUNBOT|WARNING|ERROR|CRITICAL) (?P<db>\S+) (?P<logger>[^:]+): (?P<text>.*)$"
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")
BAD = {"WARNING", "ERROR", "CRITICAL"}


def is_bad(line):
    """Return whether a line of the log is a WARNING or worse."""
    match = LINE.match(ANSI.sub("", line))
    return bool(match and match["level"] in BAD)


def complaints(lines):
    """Return what a log holds of WARNING, ERROR and CRITICAL, each with the lines that go with it.

    Python warnings shown on stderr have no level and count too.
    """
    found, current = [], None
    for raw in lines:
        line = ANSI.sub("", raw.rstrip("\n"))
        match = LINE.match(line)
        if match:
            current = None
            if match["level"] in BAD:
                current = [line]
                found.append(current)
        elif current is not None:
            current.append(line)
        elif re.search(r"\b\w*Warning: ", line) or line.startswith("Traceback (most recent call last)"):
            current = [line]
            found.append(current)
    return ["\n".join(entry) for entry in found]


def progress(step):
    """Return an `on_line` that shows what Odoo is busy with."""

    def show(line):
        match = LINE.match(ANSI.sub("", line))
        if match:
            step.doing(match["text"][:100])

    return show
