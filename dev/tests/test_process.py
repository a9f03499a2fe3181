"""Children end when we end."""

import os
import subprocess
import sys
import time

import pytest

from dev import process
from dev.paths import ROOT


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_failure_tells_the_last_lines():
    with pytest.raises(process.Failed, match="no such loan"):
        process.run([sys.executable, "-c", "print('no such loan'); raise SystemExit(3)"])


def test_lines_are_seen_as_they_come():
    seen = []
    code, lines = process.run([sys.executable, "-c", "print('a'); print('b')"], on_line=seen.append)
    assert (code, lines, seen) == (0, ["a", "b"], ["a", "b"])


def test_a_child_that_will_not_end_is_ended():
    argv = [
        sys.executable,
        "-c",
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('x', flush=True); time.sleep(60)",
    ]
    child = process.spawn(argv, stdout=subprocess.PIPE)
    child.stdout.readline()
    process.stop(child, patience=0.2)
    assert child.returncode == -9
    child.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_a_killed_parent_takes_its_children_along():
    code = "from dev import process; import time; print(process.spawn(['sleep', '60']).pid, flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    grandchild = int(parent.stdout.readline())
    assert alive(grandchild)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(grandchild)


def test_the_environment_is_added_to_ours():
    code = "import os; print(os.environ['LOAN'], 'PATH' in os.environ)"
    assert process.output([sys.executable, "-c", code], env={"LOAN": 1}) == "1 True"
    assert "LOAN" not in os.environ
