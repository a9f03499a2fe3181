"""Locks: they keep others out, and die with their owner."""

import os
import signal
import subprocess
import sys
import time

import pytest

from dev import locks
from dev.console import Problem
from dev.paths import ROOT

HOLD = """
import pathlib, sys, time
from dev import locks
with locks.alone(pathlib.Path(sys.argv[1]), "busy", ""):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holding(tmp_path):
    """A process that holds a lock: (path, process)."""
    path = tmp_path / "lock"
    child = subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout.readline() == "held\n"
    yield path, child
    child.kill()
    child.wait()
    child.stdout.close()


def test_a_second_one_is_told_who_holds_it(holding):
    path, child = holding
    with pytest.raises(Problem, match=f"busy .process {child.pid}."), locks.alone(path, "busy", ""):
        pass
    assert locks.holder(path) == child.pid
    assert locks.in_use(path)


def test_a_killed_owner_leaves_no_stale_lock(holding):
    path, child = holding
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert path.read_text() == str(child.pid)  # what a pid file would have believed
    assert locks.holder(path) is None
    with locks.alone(path, "busy", ""):
        assert locks.in_use(path)


def test_asking_to_stop_waits_until_it_let_go(holding):
    path, child = holding
    locks.ask_to_stop(child.pid, path)
    assert not locks.in_use(path)


def test_the_last_user_knows_it(tmp_path):
    first, second = locks.Usage(tmp_path / "users"), locks.Usage(tmp_path / "users")
    assert not first.leave()
    assert second.leave()


def test_waiting_for_a_lock_ends_when_it_is_free(holding, capsys):
    path, child = holding
    child.terminate()
    started = time.monotonic()
    with locks.exclusive(path, "something"):
        assert time.monotonic() - started < 10
