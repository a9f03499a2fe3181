"""Check that no file of the repository names a machine: a package registry's host, a home folder.

What was true on one machine at one time does not belong into files for everybody. Versions and
hashes say what is meant; the machine says where it gets it.
"""

import re
import subprocess
import sys
from pathlib import Path

# Spelled in pieces, so that this file does not find itself.
HOSTS = ["pypi" + r"\.org", "python" + "hosted", "deb" + r"\.debian\.org", "registry" + r"\.npmjs"]
PLACES = ["/ro" + "ot/", "/ho" + "me/[a-z]", "/wo" + "rk/", "file:" + "///"]
PATTERN = re.compile("|".join(HOSTS + PLACES))
TEXT = {
    "",
    ".py",
    ".in",
    ".lock",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".cfg",
    ".xml",
    ".csv",
    ".po",
    ".pot",
    ".js",
    ".sh",
}


def complaints(root):
    """Yield one line for each line of a tracked file that names a machine."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False).stdout
    for name in filter(None, listing.decode().split("\0")):
        path = root / name
        if path.suffix in TEXT and path.is_file():
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if PATTERN.search(line):
                    yield f"{name}:{number}: {line.strip()[:120]}"


if __name__ == "__main__":
    found = list(complaints(Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(bool(found))
