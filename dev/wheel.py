"""`make wheel`: the addon as a wheel, by the OCA's build backend, and a look inside."""

import zipfile

from . import console, fingerprint, folders, process, pypi
from .console import Problem
from .paths import ADDON, ROOT

INSIDE = f"odoo/addons/{ADDON.name}/"


def run():
    """Build dist/odoo_addon_loan_crm-….whl.

    :raises Problem: when a file the addon needs at run time is not in it
    """
    pypi.ensure()
    target = ROOT / "dist"
    with console.step("Building the wheel") as step:
        folders.remove(target)
        process.run(
            # The locked whool, not one fetched for the occasion.
            [pypi.PYTHON, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, ADDON],
            on_line=step.doing,
        )
        (wheel,) = target.glob("*.whl")
        missing = needed() - contents(wheel)
        if missing:
            raise Problem(f"{wheel.name} lacks {', '.join(sorted(missing))}")
        step.note = str(wheel.relative_to(ROOT))
    return 0


def contents(wheel):
    """Return the addon's files in a wheel, named as in the addon's folder."""
    with zipfile.ZipFile(wheel) as archive:
        return {name.removeprefix(INSIDE) for name in archive.namelist() if name.startswith(INSIDE)}


def needed():
    """Return the files an installation reads: code, manifest data, translations, static files."""
    manifest = fingerprint.manifest()
    found = {"__init__.py", "__manifest__.py", *manifest.get("data", ()), *manifest.get("demo", ())}
    for pattern in ("i18n/*.po", "static/**/*", "core/*.py", "models/*.py", "migrations/**/*.py"):
        found |= {path.relative_to(ADDON).as_posix() for path in ADDON.glob(pattern) if path.is_file()}
    return found
