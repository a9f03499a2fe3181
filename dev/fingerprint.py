"""Short names for what something depends on: same name, same thing."""

import ast
import hashlib

from . import pypi
from .paths import ADDON, ADDONS

LANGUAGES = ("en_US", "zh_CN")
BASE_RECIPE = "3"  # raise it when how a base database is made changes


def digest(*parts):
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def manifest(folder=ADDON):
    """Return an addon's manifest, read without Odoo.

    :raises FileNotFoundError: when there is no addon
    """
    return ast.literal_eval((folder / "__manifest__.py").read_text(encoding="utf-8"))


def depends():
    """Return what a base database is made with: what our addons lean on, so that our glue installs itself."""
    wanted = {name for addon in ADDONS for name in manifest(addon)["depends"]}
    return sorted(wanted - {"base", *(addon.name for addon in ADDONS)})


def base(source):
    """Name what a database holds before our addon: Odoo, its libraries, the addons we lean on."""
    lock = hashlib.sha256(pypi.LOCK.read_bytes()).hexdigest()
    return digest(BASE_RECIPE, source.fingerprint, lock, *depends(), *LANGUAGES)


def addon(folder=None):
    """Name the files of an addon, of all ours by default, as far as an installed database depends on them.

    Not its tests and notes: editing a test must not cost an upgrade.
    """
    if folder is None:
        return digest(*map(addon, ADDONS))
    parts = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or "__pycache__" in inside.parts or inside.parts[0] in ("tests", "readme"):
            continue
        if inside.suffix in (".pyc", ".swp", ".md", ".rst", ".toml") or inside.name.startswith("."):
            continue
        parts += [inside.as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()]
    return digest(*parts)
