"""Ports on loopback: whether one is free, and who holds it if not."""

import contextlib
import os
import socket
from pathlib import Path

from .console import Problem

LISTEN = "0A"  # the state's number in /proc/net/tcp


def free():
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def demand(port, choose):
    """Make sure `port` is free.

    :param choose: how to choose another, for the message
    :raises Problem: when somebody listens there, naming who
    """
    with socket.socket() as probe:
        # As the server will: a port that an ended server only just left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Problem(f"Port {port} is below 1024 and needs root", choose) from None
        except OSError:
            raise Problem(f"Port {port} is taken by {holder(port)}", choose) from None


def holder(port):
    """Say who listens on a port, as far as we may see."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in listening(_read(f"/proc/net/{table}"), port)}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for handle in (process / "fd").iterdir():
                if os.readlink(handle)[8:-1] in inodes:
                    words = (
                        (process / "cmdline")
                        .read_bytes()
                        .replace(b"\0", b" ")
                        .decode(errors="replace")
                        .strip()
                    )
                    return f"process {process.name} ({words[:80]})"
    return "a process of another user" if inodes else "another program"


def listening(table, port):
    """Return the socket inodes that a /proc/net/tcp table has listening on `port`."""
    found = set()
    for row in table.splitlines()[1:]:
        fields = row.split()
        if len(fields) > 9 and fields[3] == LISTEN and int(fields[1].rsplit(":", 1)[1], 16) == port:
            found.add(fields[9])
    return found


def _read(path):
    with contextlib.suppress(OSError):
        return Path(path).read_text()
    return ""
