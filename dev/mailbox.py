"""The mail catcher's folder: what is in it, for `make mail`."""

import email
import email.policy
import email.utils

from . import console
from .paths import MAILS


def show():
    """List the caught mails, newest last: when, to whom, about what, and the file to open."""
    found = letters()
    if not found:
        console.say("No mail was caught yet. `make run` sends the first ones.")
        return
    console.table(
        [(one["when"], one["to"], one["subject"], one["path"]) for one in found],
        ("when", "to", "subject", "file"),
    )
    console.say(f"\n{len(found)} mails; open a file in a browser to see it as the borrower does.")


def letters(since=""):
    """Return the caught mails in the order they came, those after the file name `since`."""
    found = []
    for path in sorted(MAILS.glob("*.eml")):
        if path.name <= since:
            continue
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        readable = next(
            (path.with_suffix(end) for end in (".html", ".txt") if path.with_suffix(end).exists()), path
        )
        found.append(
            {
                "when": _local_time(message["Date"]),
                "to": str(message["To"] or message["X-Envelope-To"] or ""),
                "subject": str(message["Subject"] or ""),
                "path": readable,
                "name": path.name,
            }
        )
    return found


def body_of(message):
    """Return what a reader sees of a message, and whether it is "html" or "text"."""
    part = message.get_body(preferencelist=("html", "plain"))
    if part is None:
        return "", "text"
    return part.get_content(), "html" if part.get_content_subtype() == "html" else "text"


def _local_time(header):
    try:
        return f"{email.utils.parsedate_to_datetime(str(header)).astimezone():%Y-%m-%d %H:%M:%S}"
    except (TypeError, ValueError):
        return ""
