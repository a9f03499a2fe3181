"""The test's end of `trials.worker`: start workers as processes of their own, kill them, ask what they left."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Nursery:
    """Real Odoo workers on one database, forked from a process that has loaded Odoo once.

    :param str config: Odoo's configuration file
    :param str template: the database to copy
    :param Path folder: for results and the log
    :param int smtp_port: where the workers' letters go
    """

    def __init__(self, config, template, folder, smtp_port):
        self.log = folder / "odoo.log"
        self._folder = folder
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "trials.worker", "--config", config, "--template", template),
                *("--folder", folder, "--smtp-port", str(smtp_port)),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr.log").open("w"),
            text=True,
        )
        try:
            if self._answer() != "ready":
                raise RuntimeError(self.tail())
        except BaseException:
            self.close()
            raise

    def start(self, job, **arguments):
        """Start a worker and return its process id."""
        return self._ask("start", job, arguments)

    def wait(self, pid):
        """Wait for a worker; return what it returned, or None if it was killed."""
        status = self._ask("wait", pid)
        if status == -signal.SIGKILL:
            return None
        if status:
            raise RuntimeError(f"Worker {pid} ended with {status}:\n{self.tail()}")
        return json.loads((self._folder / f"{pid}.json").read_text())

    def survived(self, pid):
        """Wait for a worker; return whether it came to its end."""
        status = self._ask("wait", pid)
        if status not in (0, -signal.SIGKILL):
            raise RuntimeError(f"Worker {pid} ended with {status}:\n{self.tail()}")
        return not status

    def call(self, job, **arguments):
        return self.wait(self.start(job, **arguments))

    def kill(self, pid):
        """Kill a worker as the power cut does; return whether it was still at work."""
        os.kill(pid, signal.SIGKILL)  # not reaped yet, so the id is still its own
        return self._ask("wait", pid) == -signal.SIGKILL

    def tail(self):
        stderr = (self._folder / "stderr.log").read_text()
        log = self.log.read_text() if self.log.exists() else ""
        return "\n".join([*stderr.splitlines()[-20:], *log.splitlines()[-40:]])

    def close(self):
        self._process.stdin.close()
        self._process.wait(60)

    def _ask(self, *question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The workers' parent is gone:\n{self.tail()}")
        return json.loads(line)
