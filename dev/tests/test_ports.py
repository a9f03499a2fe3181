"""A busy port is named, with who holds it and the way out."""

import os
import socket

import pytest

from dev import ports
from dev.console import Problem

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F85 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0
   1: 0100007F:1F85 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0
   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0
"""


def test_only_listeners_on_the_port_count():
    assert ports.listening(TABLE, 8069) == {"4711"}


def test_a_busy_port_names_its_holder_and_the_way_out():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(Problem) as refusal:
            ports.demand(port, "make run PORT=8090")
    assert f"Port {port} is taken by process {os.getpid()}" in str(refusal.value)
    assert "make run PORT=8090" in str(refusal.value)


def test_a_free_port_is_fine():
    ports.demand(ports.free(), "")
