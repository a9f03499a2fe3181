"""Debian packages without root and without touching the system.

The machine's own apt does the work: with private state, cache and sources it downloads from
the mirror this machine already uses, checks the archive's signature with the keyring this
machine already trusts, and the packages are unpacked into a folder of ours.
"""

import os
import re
import shutil
import subprocess

from . import process
from .console import Problem

KEYRINGS = [
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
]
FORMAT = "$(CREATED_BY)|$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(CODENAME)"


def available():
    """Return whether this machine has Debian's package tools."""
    return all(shutil.which(tool) for tool in ("apt-get", "apt-config", "dpkg-deb", "tar"))


def unpack(packages, folder, *, suite=None, on_line=None, leave_out=()):
    """Download packages (not what they depend on) and unpack them into `folder`.

    :param suite: the Debian suite to take them from; None for the one this machine runs
    :param leave_out: tar patterns of paths inside the packages that are not wanted
    :raises Problem: when there is no apt, no mirror, or no such package in the archive
    """
    if not available():
        raise Problem("This system has no apt")
    on_line = on_line or (lambda _line: None)
    private = folder / ".apt"
    downloads = private / "debs"
    downloads.mkdir(parents=True)
    address, codename = _mirror(private)
    env = _private_apt(private, f"deb {_signed_by()}{address} {suite or codename} main")
    try:
        process.run(["apt-get", "update"], env=env, on_line=on_line)
        process.run(["apt-get", "download", *packages], env=env, cwd=downloads, on_line=on_line)
    except process.Failed as failure:
        said = [line for line in failure.lines if line.startswith(("E:", "W:"))] or failure.lines
        raise Problem(
            f"apt could not fetch {', '.join(packages)}:\n" + "\n".join(f"    {line}" for line in said[-6:])
        ) from None
    for package in sorted(downloads.glob("*.deb")):
        on_line(f"unpacking {package.name}")
        _extract(package, folder, leave_out)
    shutil.rmtree(private)


def _extract(package, folder, leave_out):
    """Do what `dpkg -x` does, without writing what is not wanted."""
    archive = process.spawn(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
    try:
        skip = [f"--exclude={pattern}" for pattern in leave_out]
        # Owners and modes of the archive are root's; ours shall be able to remove it again.
        process.run(
            ["tar", "-x", "--no-same-owner", "--no-same-permissions", *skip, "-C", folder, "-f", "-"],
            stdin=archive.stdout,
        )
        if archive.wait():
            raise Problem(f"{package.name} could not be unpacked: dpkg-deb ended with {archive.returncode}")
    finally:
        process.stop(archive)


def _private_apt(private, source=None):
    """Lay out an apt of our own; return the variables that make apt-get use it.

    It keeps the machine's settings (proxy, certificates, credentials) but not its hooks: a
    container's clean-up or a desktop's package kit shall not run because we looked around.
    """
    for name in ("state/lists/partial", "cache/archives/partial", "etc/empty"):
        (private / name).mkdir(parents=True, exist_ok=True)
    etc, empty = private / "etc", private / "etc" / "empty"
    settings = {
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": empty,  # must exist: apt complains about a missing folder of parts
        "Dir::State": private / "state",
        "Dir::State::status": "/dev/null",  # as if nothing were installed
        "Dir::Cache": private / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "quiet": "1",
    }
    if os.geteuid() == 0:
        # Else apt downloads as the user _apt, who may not write into our folder, and warns.
        settings["APT::Sandbox::User"] = "root"
    if source:
        (etc / "sources.list").write_text(source + "\n")
        settings |= {
            "Dir::Etc::sourcelist": etc / "sources.list",
            "Dir::Etc::sourceparts": empty,
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": empty,  # pins of this machine are about its own packages
        }
    lines = [line for line in _system_settings().splitlines() if is_kept(line)]
    lines += [f'{name} "{value}";' for name, value in settings.items()]
    (etc / "apt.conf").write_text("\n".join(lines) + "\n")
    return {"APT_CONFIG": etc / "apt.conf", "LC_ALL": "C.UTF-8"}


def is_kept(line):
    """Return whether a line of `apt-config dump` holds for our own apt too."""
    name = line.split(" ", 1)[0]
    return not re.search(
        r"Invoke|Pre-Install-Pkgs|^Dir::(State|Cache)\b|^Acquire::(Languages|GzipIndexes)", name
    )


def _system_settings():
    return subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout


def _signed_by():
    keyring = next((path for path in KEYRINGS if os.path.exists(path)), None)
    # Without that file apt still checks, against the keys in /etc/apt/trusted.gpg.d.
    return f"[signed-by={keyring}] " if keyring else ""


def _mirror(private):
    """Return address and codename of the Debian archive in the machine's own apt sources."""
    listing = process.output(["apt-get", "indextargets", "--format", FORMAT], check=False)
    found = choose_mirror(listing.splitlines())
    if not found:  # package lists never fetched, as in a new container: ask where apt would look
        env = _private_apt(private)
        found = guess_mirror(
            process.output(["apt-get", "update", "--print-uris"], env=env, check=False).splitlines()
        )
    if not found:
        raise Problem("No Debian archive among this machine's apt sources")
    return found


def choose_mirror(lines):
    """Return (address, codename) of Debian's main archive among `apt-get indextargets` lines.

    Security and backports archives bear the same origin under another label or codename;
    they hold neither Odoo nor its fonts.
    """
    for line in lines:
        kind, address, origin, label, codename = (line.split("|") + [""] * 5)[:5]
        if kind == "Packages" and origin == label == "Debian" and codename and "-" not in codename:
            return address, codename
    return None


def guess_mirror(lines):
    """Return (address, codename) of Debian's main archive among `apt-get update --print-uris` lines."""
    for line in lines:
        match = re.match(r"'(?P<address>\S+/debian/?)dists/(?P<codename>[a-z]+)/InRelease'", line)
        if match:
            return match["address"], match["codename"]
    return None
