"""`make run`: from nothing to a running Odoo whose borrowers have their reminders."""

import contextlib
import json
import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

from . import console, databases, environment, fingerprint, locks, mailbox, odoo, ports, postgres, process
from .console import Problem, Stopped
from .paths import DEV, LOCAL, LOGS, MAILS
from .pypi import PYTHON

DATABASE = "loan_crm_demo"
LOCK = LOCAL / "run.lock"
CHOOSE = "Choose another: make run PORT=8090"


def run():
    """Bring everything up, run the reminder round, show it, and serve until Ctrl-C."""
    port = _port()
    with locks.alone(LOCK, "Loan CRM runs already in this checkout", "`make stop` ends it."):
        ports.demand(port, CHOOSE)
        with environment.ready() as env, _catching() as mail_port:
            config = env.config(
                "run", http_port=port, mail_port=mail_port, db_name=DATABASE, dbfilter=f"^{DATABASE}$"
            )
            _ensure_demo(env, config)
            ports.demand(port, CHOOSE)  # minutes may have passed
            with _serving(env, config) as (server, log):
                result = _first_round(env, config, port)  # while the server starts
                _until_it_answers(server, port, log)
                _show(result, port)
                return _wait(server)


def stop():
    """Stop what runs in this checkout, from another terminal."""
    pid = locks.holder(LOCK)
    if pid:
        with console.step("Stopping Loan CRM"):
            locks.ask_to_stop(pid, LOCK)
    if postgres.server_pid() and not locks.in_use(postgres.USERS):
        postgres.stop()
    console.say("Nothing of this checkout runs any more." if pid else "Nothing was running.")


def port_in_use():
    """Return the port of the demo that runs in this checkout."""
    return int(re.search(r"^http_port = (\d+)", (LOCAL / "run.conf").read_text(), re.MULTILINE)[1])


def _port():
    text = os.environ.get("PORT") or "8069"
    if not text.isdecimal() or not 0 < int(text) < 65535:
        raise Problem(f"PORT={text} is no port", CHOOSE)
    return int(text)


@contextlib.contextmanager
def _catching():
    """Yield the port of a running mail catcher."""
    port = ports.free()
    MAILS.mkdir(parents=True, exist_ok=True)
    log = databases.new_log("mail-catcher")
    with open(log, "w", encoding="utf-8") as sink:
        argv = [PYTHON, "-m", "dev.mail_catcher", "--port", port, "--folder", MAILS]
        child = process.spawn(argv, cwd=DEV.parent, stdout=sink, stderr=sink)
    try:
        deadline = time.monotonic() + 30
        while "ready" not in log.read_text():
            if child.poll() is not None or time.monotonic() > deadline:
                raise Problem(f"The mail catcher did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield port
    finally:
        process.stop(child, patience=5)


# --- the demo database


def _ensure_demo(env, config):
    wanted = f"{fingerprint.base(env.source)} {fingerprint.addon()}"
    have = databases.mark(env.server, DATABASE)
    if have == wanted and not os.environ.get("FRESH"):
        return
    log = databases.new_log("demo")
    same_base = have and have.split(" ")[0] == wanted.split(" ")[0]
    if same_base and not os.environ.get("FRESH"):
        with console.step("The addon changed: upgrading the demo") as step:
            databases.upgrade(env, DATABASE, log=log, on_line=odoo.progress(step))
    else:
        databases.ensure_base(env)
        if have:  # somebody may have typed something in: keep it, one generation
            databases.rename(env.server, DATABASE, f"{DATABASE}_old")
            console.say(f"  the former demo is kept as database {DATABASE}_old")
        with console.step("Loan CRM with its demo data") as step:
            databases.install(env, DATABASE, log=log, on_line=odoo.progress(step))
            complaint = databases.demo_complaint(env.server, DATABASE)
            if complaint:
                console.warn(f"{complaint} (see {log})")
    databases.set_mark(env.server, DATABASE, wanted)


# --- the main job


def _first_round(env, config, port):
    """Run the reminder round; return what it did, and the mails it sent."""
    before = max((one["name"] for one in mailbox.letters()), default="")
    script = (DEV / "scripts" / "first_round.py").read_text(encoding="utf-8")
    with console.step("The reminder round: what is due today") as step:
        code, lines = process.run(
            odoo.command("shell", "-c", config, "-d", DATABASE, "--no-http", "--log-level=warn"),
            env=_fenced(env, config),
            text_in=f"BASE_URL = 'http://127.0.0.1:{port}'\n{script}",
            on_line=step.doing,
            log=databases.new_log("round"),
            check=False,
            keep=100_000,
        )
        answer = next((line[6:] for line in lines if line.startswith("RESULT")), None)
        if code or answer is None:
            raise Problem(
                "The reminder round failed:\n" + "\n".join(lines[-25:]), f"See {LOGS / 'round.log'}"
            )
    return {**json.loads(answer), "mails": mailbox.letters(since=before)}


def _fenced(env, config):
    """Return Odoo's variables with every way out closed.

    Whatever calls a service on the network does so through `requests`, which asks these for a
    proxy and finds a port where nobody listens. Loopback stays open.
    """
    variables = odoo.environment(env.server, config)
    for name in ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy"):
        variables[name] = variables[name.upper()] = odoo.NOWHERE
    variables["no_proxy"] = variables["NO_PROXY"] = "127.0.0.1,localhost"
    return variables


def _show(result, port):
    console.heading("The reminder round")
    if result["reminders"]:
        console.table(result["reminders"][:60], ("state", "loan", "borrower", "due", "amount", "why held"))
        if len(result["reminders"]) > 60:
            console.say(f"  … and {len(result['reminders']) - 60} more")
    else:
        console.say("  nothing was due")
    for day in result["rounds"]:
        counts = ", ".join(
            f"{day[f'{what}_count']} {what}" for what in ("due", "sent", "held", "failed", "queued")
        )
        console.say(f"  {day['company']}, {day['date']}: {counts}")
    console.heading("Mails")
    for mail in result["mails"][:3]:
        console.say(f"  {mail['to']}: {mail['subject']}\n    {mail['path']}")
    said = (
        f"{len(result['mails'])} caught just now"
        if result["mails"]
        else "none new; a borrower is not written to twice"
    )
    console.say(f"  {said}. All of them: make mail  (folder {MAILS})")
    console.heading("Loan CRM is ready")
    console.say(f"  http://127.0.0.1:{port}   (log: {LOGS / 'odoo.log'})")
    console.table(
        [(login, login, name, role) for login, name, role in result["users"]],
        ("login", "password", "name", "role"),
    )
    console.say("  Chinese: the picture at the top right → My Preferences → Language")
    console.say("\nCtrl-C stops it; the next start takes seconds.")


# --- the server


@contextlib.contextmanager
def _serving(env, config):
    """Yield the Odoo server, starting, and its log; show what it complains of."""
    log = databases.new_log("odoo")
    child = process.spawn(
        # Named here as well: the environment's PGDATABASE, emptied or not, beats the configuration file, and without a
        # name the jobs of every database of this server would run, prepared ones among them.
        odoo.command("-c", config, "-d", DATABASE),
        env={**os.environ, **{name: str(value) for name, value in _fenced(env, config).items()}},
        cwd=DEV.parent,
        stdout=open(log, "a", encoding="utf-8"),  # noqa: SIM115 - the child's
        stderr=subprocess.STDOUT,
    )
    try:
        threading.Thread(target=_echo, args=(log,), daemon=True).start()
        yield child, log
    finally:
        process.stop(child)


def _until_it_answers(child, port, log):
    # Straight, whatever proxy this machine uses for the rest of the world.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 180
    with console.step("Starting Odoo", quiet_below=3):
        while child.poll() is None and time.monotonic() < deadline:
            try:
                opener.open(f"http://127.0.0.1:{port}/web/health", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        said = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise Problem(f"Odoo did not start:\n{said}", f"See {log}")


def _echo(log):
    """Repeat the log's warnings and errors on the terminal."""
    with open(log, encoding="utf-8", errors="replace") as handle:
        while True:
            line = handle.readline()
            if not line:
                time.sleep(0.3)
            elif odoo.is_bad(line):
                console.say(line.rstrip())


def _wait(server):
    """Wait for Ctrl-C, which is how a demo ends well, or for Odoo to end by itself, which is not."""
    try:
        code = server.wait()
    except Stopped:
        console.say("\nStopping …")
        return 0
    console.say(f"Odoo ended by itself with code {code}; its log is {LOGS / 'odoo.log'}")
    return code or 1
