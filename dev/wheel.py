"""`make wheel`: each addon as a wheel, by the OCA's build backend, and a look inside."""

import zipfile

from . import console, fingerprint, folders, process, pypi
from .console import Problem
from .paths import ADDONS, ROOT


def run():
    """Build dist/odoo_addon_loan_crm-….whl, and one for each glue addon.

    :raises Problem: when a file the addon needs at run time is not in it
    """
    pypi.ensure()
    target = ROOT / "dist"
    folders.remove(target)
    for addon in ADDONS:
        _build(addon, target)
    return 0


def _build(addon, target):
    with console.step(f"Building the wheel of {addon.name}") as step:
        process.run(
            # The locked whool, not one fetched for the occasion.
            [pypi.PYTHON, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, addon],
            on_line=step.doing,
        )
        (wheel,) = target.glob(f"odoo_addon_{addon.name}-*.whl")
        missing = needed(addon) - contents(addon, wheel)
        if missing:
            raise Problem(f"{wheel.name} lacks {', '.join(sorted(missing))}")
        step.note = str(wheel.relative_to(ROOT))


def contents(addon, wheel):
    """Return the addon's files in a wheel, named as in the addon's folder."""
    inside = f"odoo/addons/{addon.name}/"
    with zipfile.ZipFile(wheel) as archive:
        return {name.removeprefix(inside) for name in archive.namelist() if name.startswith(inside)}


def needed(addon):
    """Return the files an installation reads: code, manifest data, translations, static files."""
    manifest = fingerprint.manifest(addon)
    found = {"__init__.py", "__manifest__.py", *manifest.get("data", ()), *manifest.get("demo", ())}
    for pattern in ("i18n/*.po", "static/**/*", "core/*.py", "models/*.py", "migrations/**/*.py"):
        found |= {path.relative_to(addon).as_posix() for path in addon.glob(pattern) if path.is_file()}
    return found
