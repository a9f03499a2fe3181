"""Odoo 19.0 itself: `ODOO_HOME` if set, else Debian's package, unpacked privately.

`locate()` answers with a `Source`: where Python finds `odoo`, where its addons are, and a
fingerprint that changes when they do.
"""

import dataclasses
import filecmp
import hashlib
import os
import re
import shutil
from pathlib import Path

from . import console, debian, folders, locks
from .console import Problem
from .paths import CACHE, VENV

SERIES = "19.0"
SUITE = "sid"  # the one Debian suite that carries odoo-19
PACKAGES = [
    "odoo-19",
    # Debian replaces the libraries and fonts Odoo ships by links into these.
    *("libjs-jquery", "libjs-underscore", "libjs-jquery-form"),
    *("fonts-font-awesome", "fonts-roboto-unhinted", "fonts-montserrat", "fonts-inconsolata", "fonts-ocr-b"),
]
LEAVE_OUT = [
    "./usr/lib/python3/dist-packages/addons",  # a second, partial copy of odoo/addons
    "./usr/lib/python3/dist-packages/doc",
    "./usr/lib/python3/dist-packages/setup",
    "./usr/share/doc",
    "./usr/share/locale",
    "./etc",
]
FINISH = "1"  # raise it when what `_finish` does changes: folders unpacked before are made anew


@dataclasses.dataclass(frozen=True)
class Source:
    """An Odoo on this disk."""

    python_path: Path
    addons: tuple
    fingerprint: str
    origin: str


def locate():
    """Return the Odoo to use; fetch it the first time.

    :raises Problem: when `ODOO_HOME` is not Odoo 19, or there is neither it nor a Debian package
    """
    home = os.environ.get("ODOO_HOME")
    source = _given(Path(home).expanduser()) if home else _packaged()
    _make_importable(source)
    return source


def _make_importable(source):
    """Let the environment's Python find `odoo`, for Odoo itself, pytest and pylint alike."""
    site = next((VENV / "lib").glob("python3.*/site-packages"))
    link, text = site / "odoo_source.pth", f"{source.python_path}\n"
    if not link.exists() or link.read_text() != text:
        folders.write(link, text)


# --- a source checkout, or a package somebody unpacked


def _given(home):
    for root in (home, home / "usr/lib/python3/dist-packages", home / "lib/python3/dist-packages"):
        release = root / "odoo" / "release.py"
        if release.is_file():
            break
    else:
        raise Problem(
            f"ODOO_HOME={home} holds no odoo/release.py",
            f"Let it name a source checkout of Odoo {SERIES} or its unpacked package.",
        )
    version = _version(release)
    if version != SERIES:
        raise Problem(f"ODOO_HOME={home} is Odoo {version}; this addon is for {SERIES}")
    addons = tuple(path for path in (root / "odoo" / "addons", root / "addons") if path.is_dir())
    if len(addons) == 2 and (addons[0] / "web").is_dir():
        addons = addons[:1]  # Debian's layout: everything is in the first, the second is a partial copy
    head = root / ".git" / "HEAD"
    mark = f"{root} {release.stat().st_mtime_ns} {head.read_text() if head.is_file() else ''}"
    return Source(root.resolve(), addons, _digest(mark), f"ODOO_HOME={home}")


def _version(release):
    match = re.search(r"^version_info\s*=\s*\(\s*(\d+)\s*,\s*(\d+)", release.read_text(), re.MULTILINE)
    return ".".join(match.groups()) if match else "unknown"


# --- Debian's package


def _packaged():
    prefix = CACHE / f"odoo-{SERIES}-{_digest(FINISH, *PACKAGES)[:8]}"
    if not prefix.is_dir():
        with locks.exclusive(CACHE / "odoo.lock", "unpacking Odoo"):
            if not prefix.is_dir():
                _unpack(prefix)
    packages = prefix / "usr/lib/python3/dist-packages"
    return Source(
        packages, (packages / "odoo/addons",), prefix.name + _about(prefix), "Debian's package odoo-19"
    )


def _about(prefix):
    return (prefix / "VERSION").read_text().strip()


def _unpack(prefix):
    with console.step(f"Odoo {SERIES} (Debian's package, unpacked without root)") as step:
        try:
            with folders.complete(prefix) as folder:
                debian.unpack(PACKAGES, folder, suite=SUITE, on_line=step.doing, leave_out=LEAVE_OUT)
                release = folder / "usr/lib/python3/dist-packages/odoo/release.py"
                version = _version(release)
                if version != SERIES:
                    raise Problem(f"Debian's odoo-19 is version {version}, not {SERIES}")
                step.doing("filling what the package leaves out")
                _finish(folder)
                egg = next(release.parent.parent.glob("odoo-*.egg-info"), release)
                folders.write(folder / "VERSION", f"{egg.name} {release.stat().st_size}")
        except Problem as problem:
            raise Problem(
                problem.message, f"Set ODOO_HOME to a source checkout of Odoo {SERIES} and run again."
            ) from None


def _finish(folder):
    """Fill what Debian's package leaves dangling or out; each would show as an error or a gap."""
    odoo = folder / "usr/lib/python3/dist-packages/odoo"
    # Not free software, so left out; the assets name it, so every page would log an error.
    # It blurs the background in video calls, and an empty file only loses that.
    selfie = odoo / "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    if not selfie.exists():
        selfie.parent.mkdir(parents=True, exist_ok=True)
        selfie.write_text("")
    _restore_font_awesome(odoo)
    # The typeface of the till's receipts; Debian's package has it under the name of its weight.
    receipt = odoo / "addons/point_of_sale/static/src/fonts/Inconsolata.otf"
    regular = folder / "usr/share/fonts/opentype/inconsolata/Inconsolata-Regular.otf"
    if receipt.is_symlink() and not receipt.exists() and regular.exists():
        receipt.unlink()
        receipt.symlink_to(os.path.relpath(regular, receipt.parent))


def _restore_font_awesome(odoo):
    """Put the genuine Font Awesome 4.7 web fonts where Odoo's style sheets look for them.

    Debian links them to its Font Awesome 7, which has no files of those names any more, and if it
    had, other widths, outlines in files of their own (`fa-star-o`) and brands in a third: with it
    icons are missing or wrong. The package xstatic-font-awesome carries 4.7.0's own files, and
    the lock carries that package's hash.
    """
    genuine = next((VENV / "lib").glob("python3.*/site-packages/xstatic/pkg/font_awesome/data/fonts"))
    for place in ("addons/web/static/lib/fontawesome/fonts", "addons/web/static/src/libs/fontawesome/fonts"):
        for link in (odoo / place).glob("*"):
            if link.is_symlink() and (genuine / link.name).exists():
                link.unlink()
                shutil.copyfile(genuine / link.name, link)
                if not filecmp.cmp(genuine / link.name, link, shallow=False):
                    raise Problem(f"{link} could not be written")


def _digest(*parts):
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
