"""What a mail that comes in is: a person's words, a machine's answer, or a letter that came back.

Only the standard library's view of a mail is asked, so each rule can be read beside the line of the standard it
comes from: RFC 3834 for answers of machines, RFC 3464 for reports of mail servers, RFC 3463 for their codes.
"""

import re
from typing import NamedTuple

# What a letter that came back tells.
ADDRESS = "address"  # nobody lives there: the next letter would come back, too
LETTER = "letter"  # this one was not taken (too large, taken for spam, mailbox full); the next one may be

_SAID_AT_MOST = 1000
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b([45]\d\d)\b")
# The recipient's address is bad, moved or switched off. Not 5.1.7 and 5.1.8, which speak of the sender's.
_NO_SUCH_ADDRESS = frozenset(
    {
        "5.1.0",
        "5.1.1",
        "5.1.2",
        "5.1.3",
        "5.1.4",
        "5.1.6",
        "5.1.10",
        "5.2.1",
        "5.4.1",  # of a large host that answers so for recipients it does not know
        "5.4.4",
        "5.4.310",
    }
)
_SAYS_NOTHING = ("5.0.0", "5.3.0", "5.5.0")
_CODES_OF_ADDRESS = (550, 551, 553)
# Servers that give no exact code use 550 for everything they do not like.
_OTHER_REASONS = re.compile(
    r"spam|virus|block|black|banned|polic|reputation|\bspf\b|dkim|dmarc|relay|too (?:large|big|many)|size|quota"
    r"|full|rate|limit|content|authenticat|gr[ae]ylist|tempor|later",
    re.IGNORECASE,
)
_AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|abwesenheit\w*|automatische antwort"
    r"|réponse automatique|respuesta automática|自动回复|自动答复|自動回覆|外出)\s*[:：\-]",
    re.IGNORECASE,
)


class Report(NamedTuple):
    """What a mail server reports: `ADDRESS`, `LETTER` or None (nothing came back), and its own words."""

    kind: str | None
    said: str


def is_automatic(message):
    """Tell whether a machine wrote a mail: a vacation note, a receipt, a ticket system.

    Not every mark of a list is asked: a lender whose mailbox is a group gets them on each mail, and to overlook
    a borrower is worse than a to-do too many.

    :param message: `email.message.Message`
    """
    told = (message.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    if told in ("auto-replied", "auto-generated", "auto-notified"):
        return True
    if (message.get("Precedence") or "").strip().lower() in ("bulk", "junk", "auto_reply"):
        return True
    if (message.get("X-Autoreply") or "no").strip().lower() not in ("no", "false"):
        return True
    if message.get("X-Autorespond") or message.get("X-Autoresponder"):
        return True
    if (message.get("Return-Path") or "").strip() == "<>":
        return True
    return bool(_AUTOMATIC_SUBJECT.match(str(message.get("Subject") or "")))


def refuses_address(code, said):
    """Tell whether a mail server's refusal means that the recipient's address is no good.

    :param int code: of the answer, 550
    :param str said: the words after it; an exact code (5.1.1) in them counts more than the answer's
    """
    if not 500 <= code < 600:
        return False
    found = _STATUS.search(said)
    if found and found[1] not in _SAYS_NOTHING:
        return found[1] in _NO_SUCH_ADDRESS
    return code in _CODES_OF_ADDRESS and not _OTHER_REASONS.search(said)


def report(message):
    """Return what a mail server's report says; of a delay, a receipt or a vacation note nothing came back.

    :param message: `email.message.Message`
    :rtype: Report
    """
    if is_receipt(message):
        return Report(None, "")
    groups = _recipient_groups(message)
    if not groups:
        return _read_words(message)
    for group in groups:
        action = (group.get("Action") or "").strip().lower()
        status = (group.get("Status") or "").split("(")[0].strip()
        said = " ".join(str(group.get("Diagnostic-Code") or "").split(";", 1)[-1].split())
        if action != "failed" and (action or not status.startswith("5")):
            continue
        told = f"{status} {said}".strip() if status not in said else said
        return Report(_kind(status, said), told[:_SAID_AT_MOST])
    return Report(None, "")


def is_receipt(message):
    """Tell whether a report says that a mail was read or deleted, not what became of it on its way."""
    return any(part.get_content_type() == "message/disposition-notification" for part in message.walk())


def _recipient_groups(message):
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            # The first group speaks of the report itself, each other of one recipient.
            payload = part.get_payload()
            return payload[1:] if isinstance(payload, list) else []
    return []


def _kind(status, said):
    if status.startswith("4"):
        return LETTER  # given up after days of trying
    if status in _NO_SUCH_ADDRESS:
        return ADDRESS
    if status and status not in _SAYS_NOTHING:
        return LETTER
    code = _CODE.search(said)
    return ADDRESS if refuses_address(int(code[1]) if code else 550, said or "full") else LETTER


def _read_words(message):
    """Judge a report that is only text, from a server that follows no standard."""
    part = next((part for part in message.walk() if part.get_content_type() == "text/plain"), None)
    if part is None:
        return Report(None, "")
    payload = part.get_payload(decode=True) or b""
    words = " ".join(payload.decode(part.get_content_charset() or "utf-8", "replace").split())
    status, code = _STATUS.search(words), _CODE.search(words)
    start = min((found.start() for found in (status, code) if found), default=None)
    if start is None or words[start] != "5":
        return Report(None, "")
    said = words[start:][:_SAID_AT_MOST]
    return Report(ADDRESS if refuses_address(int(code[1]) if code else 550, said) else LETTER, said)
