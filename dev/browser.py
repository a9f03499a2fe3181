"""Chromium for the browser tours: found on PATH, or installed by apt where we may."""

import os
import shutil

from . import console, databases, process
from .console import Problem

# The names Odoo's own test runner looks for, in its order.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")  # the second, so that Chinese pictures show Chinese
HOW = "Install it (Debian: apt-get install chromium) or put one of {} on PATH.".format(", ".join(NAMES))


def find():
    """Return the path of a browser Odoo's tests will find, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure(required=False):
    """Return the browser's path; None when there is none and it is not `required`.

    :raises Problem: when it is required and cannot be had
    """
    found = find() or (_install() if os.geteuid() == 0 and shutil.which("apt-get") else None)
    if not found and required:
        raise Problem("No Chromium on PATH: the browser tours cannot run", HOW)
    if not found:
        console.warn(f"No Chromium on PATH: the browser tours will be skipped. {HOW}")
    return found


def _install():
    log = databases.new_log("browser")
    env = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    # Another apt may be at work on a machine that has just started.
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-y"]
    with console.step("Chromium, by apt") as step:
        options = {"env": env, "log": log, "on_line": step.doing, "check": False}
        install = [*apt, "install", "--no-install-recommends", *PACKAGES]
        # The lists on a machine are often none or too old to find anything: fetch them first.
        process.run([*apt, "update"], **options)
        code, lines = process.run(install, **options)
        if code:
            step.note = f"failed, see {log}: " + next((line for line in lines if line.startswith("E:")), "")
    return find()
