"""Python packages at their locked versions: uv, and the virtual environment it fills."""

import configparser
import hashlib
import os
import shutil
import subprocess
import sys

from . import console, debian, folders, locks, process
from .console import Problem
from .paths import CACHE, DEV, ROOT, VENV

REQUIREMENTS = DEV / "requirements.in"
LOCK = DEV / "requirements.lock"
PYTHONS = [(3, 13), (3, 12), (3, 11), (3, 10)]  # Odoo 19 starts with 3.10 and knows up to 3.13
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".complete"  # written last: a venv without it is a half-finished one


def ensure():
    """Return the environment's Python, with every locked package installed.

    :raises Problem: when no fitting Python is found or a package cannot be fetched
    """
    wanted = _fingerprint()
    if _stamp() == wanted and PYTHON.exists():
        return PYTHON
    with locks.exclusive(VENV.parent / "venv.lock", "the Python packages"):
        if _stamp() != wanted or not PYTHON.exists():
            _install(wanted)
    return PYTHON


def _stamp():
    return STAMP.read_text() if STAMP.exists() else None


def _fingerprint():
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    # The folder too: scripts and .pth files in a venv hold its path, so it does not survive a move.
    return f"{lock} {_interpreter()} {VENV}"


def _install(wanted):
    uv = find_uv()
    if _stamp() is None or _stamp().split(" ", 1)[1:] != wanted.split(" ", 1)[1:] or not PYTHON.exists():
        folders.remove(VENV)
        _uv(uv, "venv", "--quiet", "--python", _interpreter(), VENV)
    STAMP.unlink(missing_ok=True)
    with console.step("Python packages at their locked versions") as step:
        # The lock constrains what a package is built with, too: docopt's setuptools, by hash.
        locked = ("--require-hashes", "--build-constraints", LOCK, LOCK)
        _uv(uv, "pip", "sync", "--python", PYTHON, *locked, on_line=step.doing)
        STAMP.write_text(wanted)


def compile_lock():
    """Write requirements.lock from requirements.in: every version, every hash, no address."""
    with console.step("Choosing versions") as step:
        _uv(
            find_uv(),
            *("pip", "compile", "--universal", "--python-version", "3.10", "--generate-hashes", "--upgrade"),
            # Neither the index of this machine nor its local wheel folders belong to the project.
            *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate"),
            # Only wheels (docopt has none, and is plain Python): else a user would need a compiler.
            *("--only-binary", ":all:", "--no-binary", "docopt"),
            *("--output-file", LOCK, REQUIREMENTS),
            on_line=step.doing,
        )
    head = "# Made by `make lock` from requirements.in. Hashes are checked on installation.\n"
    folders.write(LOCK, head + LOCK.read_text(encoding="utf-8"))


def _uv(uv, *arguments, **options):
    try:
        return process.run([uv, *arguments], env=_uv_environment(), cwd=ROOT, **options)
    except process.Failed as failure:
        unreachable = "No space left" not in failure.output
        raise Problem(
            f"uv {arguments[0]} failed:\n{failure.output}",
            unreachable
            and "If the package index cannot be reached, set UV_DEFAULT_INDEX (or pip's index-url) and run again.",
        ) from None


def _uv_environment():
    """Return uv's variables: our own cache, the machine's index and certificates."""
    env = {
        # Ours, so that distclean can take it away, and on one disk with the venv's hard links.
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or CACHE / "uv-cache",
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_CONFIG": "1",  # a uv.toml above the checkout is about another project
        "UV_SYSTEM_CERTS": "1",  # trust what the machine trusts
        "UV_LINK_MODE": os.environ.get("UV_LINK_MODE") or "hardlink",
        "VIRTUAL_ENV": "",
    }
    index = _pip_index()
    if index and not os.environ.get("UV_DEFAULT_INDEX") and not os.environ.get("UV_INDEX_URL"):
        env["UV_DEFAULT_INDEX"] = index
    return env


def _pip_index():
    """Return the package index this machine's pip is set to; uv does not read pip's settings."""
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"]
    config = configparser.RawConfigParser(strict=False)
    places = [
        "/etc/pip.conf",
        "~/.pip/pip.conf",
        "~/.config/pip/pip.conf",
        os.environ.get("PIP_CONFIG_FILE", ""),
    ]
    try:
        config.read([os.path.expanduser(place) for place in places if place], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return None
    return config.get("global", "index-url", fallback=None)


def _interpreter():
    """Return the path of a Python that Odoo 19 runs on, this one if it fits."""
    if sys.version_info[:2] in PYTHONS:
        # The real file, not a version manager's shim, which may point elsewhere tomorrow.
        return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    for version in PYTHONS:
        found = shutil.which("python{}.{}".format(*version))
        if found:
            return os.path.realpath(found)
    raise Problem(
        "Odoo 19 runs on Python 3.10 to 3.13; this is {}.{} and none of those is on PATH".format(
            *sys.version_info
        ),
        "Install one of them, python3.13 say, and run again.",
    )


# --- uv itself


def find_uv():
    """Return uv: the one on PATH, else one fetched privately.

    :raises Problem: when there is none and none can be fetched
    """
    found = shutil.which("uv")
    if found and _works(found):
        return found
    private = CACHE / "uv"
    if not _works(private / "bin" / "uv"):
        with locks.exclusive(CACHE / "uv.lock", "fetching uv"), console.step("uv, privately") as step:
            if not _works(private / "bin" / "uv"):
                with folders.complete(private) as folder:
                    _fetch_uv(folder, step)
    return private / "bin" / "uv"


def _works(uv):
    try:
        subprocess.run([uv, "--version"], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False  # not there, or a version manager's shim with nothing behind it
    return True


def _fetch_uv(folder, step):
    """Install uv into `folder` by whatever pip there is.

    Debian's python3 comes without pip, ensurepip and venv. Then pip is taken from Debian's own
    python3-pip-whl package: a wheel is a zip file that Python can run as it is.
    """
    arguments = ["install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location"]
    arguments += ["--target", folder, "uv"]
    env = {"PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_ROOT_USER_ACTION": "ignore"}  # --target touches neither
    pips = [[sys.executable, "-m", "pip"]]
    code, said = process.run([*pips[0], *arguments], env=env, check=False, on_line=step.doing)
    if code and debian.available():
        step.doing("this Python has no pip: taking Debian's")
        with folders.complete(CACHE / "pip") as unpacked:
            debian.unpack(["python3-pip-whl"], unpacked, on_line=step.doing)
            wheel = next(unpacked.glob("usr/share/python-wheels/pip-*.whl"))
            code, said = process.run(
                [sys.executable, wheel / "pip", *arguments], env=env, check=False, on_line=step.doing
            )
        folders.remove(CACHE / "pip")
    if code:
        raise Problem(
            "uv is not on PATH and could not be fetched:\n" + "\n".join(f"    {line}" for line in said[-5:]),
            "Install uv, or pip (Debian: apt-get install python3-pip), and run again.",
        )
