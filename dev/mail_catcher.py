"""The mail catcher: an SMTP server on loopback that keeps every mail as a file and sends none.

Runs in the locked environment: `python -m dev.mail_catcher --port 1025 --folder .local/mail`.
Beside each `.eml` lies what the reader would see: `.html`, or `.txt` where there is no HTML.
"""

import argparse
import asyncio
import datetime
import email
import email.policy
import html
import re
import signal
from pathlib import Path

from aiosmtpd.controller import UnthreadedController

from dev.mailbox import body_of

UNFIT = re.compile(r"[^\w@.+-]+")


class Catcher:
    """Keeps each mail once per delivery, its envelope in two headers of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library's name
        try:
            self.keep(envelope)
        except OSError as error:  # a full disk: the sender keeps the mail and tries again
            return f"452 4.3.1 {error.strerror}"
        return "250 2.0.0 kept, not sent"

    def keep(self, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message["X-Envelope-From"] = envelope.mail_from or "<>"
        message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.count += 1
        now = datetime.datetime.now(datetime.timezone.utc).astimezone()
        subject = UNFIT.sub("-", str(message["Subject"] or ""))[:50].strip("-")
        receiver = UNFIT.sub("-", envelope.rcpt_tos[0])[:60]
        stem = f"{now:%Y%m%d-%H%M%S}-{self.count:04d}-{receiver}-{subject}".rstrip("-")
        readable, kind = body_of(message)
        if kind == "html":
            head = f'<meta charset="utf-8"><title>{html.escape(str(message["Subject"]))}</title>\n'
            self._write(f"{stem}.html", (head + readable).encode())
        else:
            self._write(f"{stem}.txt", readable.encode())
        self._write(f"{stem}.eml", message.as_bytes())  # last: who finds it finds its reading too

    def _write(self, name, content):
        partial = self.folder / f".{name}"
        partial.write_bytes(content)
        partial.rename(self.folder / name)


async def serve(port, folder):
    """Catch mail until asked to stop."""
    folder.mkdir(parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    controller = UnthreadedController(Catcher(folder), hostname="127.0.0.1", port=port, loop=loop)
    controller.server = await controller._create_server()
    print("ready", flush=True)
    await done.wait()
    controller.server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    asyncio.run(serve(asked.port, asked.folder))
