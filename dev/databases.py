"""Prepared databases. What one was made from is written on it last, as its comment.

A database whose comment is missing was interrupted and is made anew; one whose comment differs
is outdated. The comment lives and dies with the database, so it cannot lie about it.

The *base* (everything the addon depends on, demo data, both languages) takes a minute and is the
same for every clone: it is kept in the shared cache as a dump with its filestore.
"""

import os
import shutil

from . import console, fingerprint, folders, locks, odoo, process
from .console import Problem
from .paths import ADDONS, CACHE, DATA, DEV, GLUE, LOGS

BASE = "loan_crm_base"
KEEP = 3  # bases in the shared cache


def mark(server, name):
    """Return what database `name` says it was made from; None if it is not there or unfinished.

    Without its filestore it counts as unfinished: on a server shared by checkouts it is another's.
    """
    if not filestore(name).is_dir():
        return None
    rows = server.sql(
        f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'"
    )
    return (rows[0][0] or None) if rows else None


def set_mark(server, name, text):
    server.sql(f"COMMENT ON DATABASE \"{name}\" IS '{text}'")


def create(server, name):
    """Create an empty database as Odoo would.

    Odoo's own creation asks for the extension pg_trgm, logs an error where it is missing and goes
    on without; ours tells only what matters.
    """
    drop(server, name)
    server.sql(f"CREATE DATABASE \"{name}\" ENCODING 'unicode' LC_COLLATE 'C' TEMPLATE template0")
    if server.sql("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"):
        server.sql("CREATE EXTENSION IF NOT EXISTS pg_trgm", name)


def drop(server, name):
    server.drop(name)
    folders.remove(filestore(name))


def copy(server, source, target):
    """Copy a database with its filestore (attachments live outside PostgreSQL)."""
    drop(server, target)
    if filestore(source).is_dir():
        _link_tree(filestore(source), filestore(target))
    server.copy(source, target)


def rename(server, source, target):
    """Give a database and its filestore another name, in the place of what had it."""
    drop(server, target)
    server.sql(f'ALTER DATABASE "{source}" RENAME TO "{target}"')
    if filestore(source).is_dir():
        filestore(source).rename(filestore(target))


def filestore(name):
    return DATA / "filestore" / name


def _link_tree(source, target):
    """Copy a filestore by hard links: its files bear their content's hash and are never rewritten."""
    folders.remove(target)
    try:
        shutil.copytree(source, target, copy_function=os.link)
    except OSError:
        folders.remove(target)
        shutil.copytree(source, target)


# --- the base


def ensure_base(env):
    """Return the fingerprint of the base database, which is there when this returns."""
    wanted = fingerprint.base(env.source)
    if mark(env.server, BASE) != wanted:
        with locks.exclusive(DATA / "base.lock", "building the base database"):
            if mark(env.server, BASE) != wanted:
                _make_base(env, wanted)
    return wanted


def _make_base(env, wanted):
    kept = CACHE / "bases" / wanted
    if env.server.own and kept.is_dir():
        with console.step("Base database, from the shared cache") as step:
            try:
                _load(env.server, kept)
            except process.Failed as failure:  # a damaged dump must not stand in the way for ever
                step.note = "damaged, building it anew"
                folders.remove(kept)
                (LOGS / "base-load.log").write_text(failure.output)
    if not (env.server.own and kept.is_dir()):
        _build(env)
        if env.server.own:  # another server's version may not read this dump
            _save(env.server, kept)
    set_mark(env.server, BASE, wanted)


def _build(env):
    wanted = ",".join(fingerprint.depends())
    with console.step(
        f"Base database: Odoo with {wanted}, demo data, {' and '.join(fingerprint.LANGUAGES)}"
    ) as step:
        create(env.server, BASE)
        log = new_log("base")
        odoo.run(
            env.server,
            env.config("base"),
            *("-d", BASE, "-i", wanted, "--with-demo"),
            *("--stop-after-init", "--no-http", "--max-cron-threads=0"),
            on_line=odoo.progress(step),
            log=log,
        )
        # Not by --load-language above: on an empty database that becomes the administrator's own.
        odoo.run(
            env.server,
            env.config("base"),
            *("i18n", "loadlang", "-c", env.config("base"), "-d", BASE, "-l", *fingerprint.LANGUAGES),
            on_line=odoo.progress(step),
            log=log,
        )
    # The invitations of Odoo's own demo would arrive before the first reminder does.
    env.server.sql("UPDATE mail_mail SET state = 'cancel' WHERE state IN ('outgoing', 'exception')", BASE)


def _save(server, kept):
    with (
        console.step("Keeping it for other clones", quiet_below=3),
        locks.exclusive(CACHE / "bases.lock", "saving"),
    ):
        with folders.complete(kept) as folder:
            # A custom-format file: one client reads it in parallel, and it is one third the size.
            process.run(
                [server.program("pg_dump"), "-Fd", "-j2", "-Z1", "--no-sync", "-f", folder / "dump", BASE],
                env=server.env,
            )
            _link_or_copy(filestore(BASE), folder / "filestore")
        bases = sorted(kept.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in bases[KEEP:]:
            folders.remove(old)


def _load(server, kept):
    create(server, BASE)
    process.run(
        [server.program("pg_restore"), "-j2", "--no-owner", "--exit-on-error", "-d", BASE, kept / "dump"],
        env=server.env,
    )
    server.sql("ANALYZE", BASE)
    _link_or_copy(kept / "filestore", filestore(BASE))
    kept.touch()  # in use: the last to be thrown out


def _link_or_copy(source, target):
    if source.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        # Copied, not linked: the shared cache may belong to several checkouts.
        folders.remove(target)
        shutil.copytree(source, target)


# --- with our addon


def install(env, name, *, log, on_line=None):
    """Make database `name` anew: the base with our addons and their demo data.

    :raises Problem: when the installation fails
    """
    ensure_base(env)
    copy(env.server, BASE, name)
    _addon_command(env, name, "-i", log, on_line, "--with-demo")


def upgrade(env, name, *, log, on_line=None):
    """Bring the addon in database `name` to the code of this checkout.

    :raises Problem: when the upgrade fails
    """
    # Glue that is there already goes along with what it leans on; new glue is installed.
    _addon_command(env, name, "-u", log, on_line, "-i", ",".join(glue.name for glue in GLUE))


def reinstall(env, name, *, log, on_line=None):
    """Install the addon in a database that had it once.

    :raises Problem: when the installation fails
    """
    _addon_command(env, name, "-i", log, on_line, "--with-demo")


def _addon_command(env, name, verb, log, on_line, *more):
    code, lines = odoo.run(
        env.server,
        env.config(name),
        *("-d", name, verb, "loan_crm", *more, "--stop-after-init", "--no-http", "--max-cron-threads=0"),
        on_line=on_line,
        log=log,
        check=False,
    )
    if code:
        said = odoo.complaints(log.read_text(errors="replace").splitlines())
        raise Problem("\n\n".join(said[-3:]) or "\n".join(lines[-20:]), f"The whole log: {log}")


def warm_assets(env, name):
    """Have Odoo build its bundles in database `name` before the browser tests ask for them."""
    script = (DEV / "scripts" / "warm_assets.py").read_text(encoding="utf-8")
    arguments = ("shell", "-c", env.config(name), "-d", name, "--no-http", "--log-level=warn")
    odoo.run(env.server, env.config(name), *arguments, text_in=script, log=new_log("assets"))


def demo_complaint(server, name):
    """Return what is wrong with the demo data of our addons, or "".

    Odoo installs on when a demo file breaks, with exit code 0; only these rows tell.
    """
    rows = [
        row
        for addon in ADDONS
        for row in server.sql(f"SELECT state, demo FROM ir_module_module WHERE name = '{addon.name}'", name)
    ]
    failures = server.sql("SELECT error FROM ir_demo_failure", name) if _has_table(server, name) else []
    if rows != [["installed", "t"]] * len(ADDONS) or failures:
        return f"the demo data did not load: {rows} {failures}"
    return ""


def _has_table(server, name):
    return server.sql("SELECT to_regclass('ir_demo_failure') IS NOT NULL", name) == [["t"]]


def new_log(name):
    """Return the path of an empty log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{name}.log"
    path.write_text("")
    return path
