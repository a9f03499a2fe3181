"""A mail server that takes every letter, counts it and sends none; and that can be switched off."""

import email
import email.policy
import socket
import threading
import time
from typing import NamedTuple

from aiosmtpd.controller import Controller


class Letter(NamedTuple):
    receiver: str
    subject: str
    message_id: str


class Sink:
    """Keeps the letters it took, also over a time of being off.

    :param float slowness: seconds it takes over each letter, so that workers really meet
    """

    def __init__(self, slowness=0.002):
        self.letters = []
        self.slowness = slowness
        self.port = free_port()
        self._lock = threading.Lock()
        self._controller = None

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library's name
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self._lock:
            self.letters += [
                Letter(receiver, str(message["Subject"]), str(message["Message-Id"]))
                for receiver in envelope.rcpt_tos
            ]
        time.sleep(self.slowness)
        return "250 taken"

    def start(self):
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self):
        """Be gone, in the middle of a conversation if there is one."""
        if self._controller:
            self._controller.stop(no_assert=True)
            self._controller = None

    def start_again(self):
        """Be back, if it was away."""
        if not self._controller:
            self.start()

    def receivers(self):
        with self._lock:
            return [letter.receiver for letter in self.letters]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
