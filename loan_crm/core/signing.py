"""An agreement that several people sign one after the other: how its evidence is made, checked and read out.

What was signed is digested and sealed as `core.agreements` does it. Here the seals are joined into a chain: each
signer's covers the words and the seal of whoever signed before, so that nobody's signature can be taken out, put in
or moved without those after it telling.
"""

import binascii
import re
from base64 import b64decode
from datetime import timedelta
from typing import NamedTuple

from . import agreements

_PICTURE = re.compile(r"(?:data:image/(?:png|jpeg);base64,)?([A-Za-z0-9+/\r\n]+={0,2})", re.ASCII)


class Link(NamedTuple):
    """What of one signature the chain asks.

    :param int place: 1 for who signed first
    :param before: the seal of who signed before, None or empty of the first
    :param str seal: of this signature
    """

    place: int
    before: str | None
    seal: str


def words_hash(parts):
    """Return the one hash of what is to be signed.

    :param dict parts: `{name: text or None}`: the title, the words, the key facts, the language
    """
    return agreements.seal(agreements.digests(parts))


def broken(chain):
    """Return the places at which a chain of signatures is not what it was.

    :param chain: of :class:`Link`, in any order
    :return: a sorted list of places: where one is missing before it, counted twice, or not the one that was sealed
    """
    found, before = set(), None
    in_order = sorted(chain, key=lambda link: (link.place, link.before or ""))
    for expected, link in enumerate(in_order, 1):
        if link.place != expected or (link.before or None) != before:
            found.add(link.place)
        before = link.seal
    return sorted(found)


def groups(digest, size=4):
    """Return a hash in short groups, as one reads it to somebody over the phone."""
    return " ".join(digest[start : start + size] for start in range(0, len(digest), size))


def last_day_to_withdraw(signed_on, days):
    """Return the last day on which an agreement may be withdrawn from without a reason, None where none is granted.

    :param date signed_on: the day of the last signature, which does not count itself
    :param int days: calendar days; 0 for none
    """
    return signed_on + timedelta(days=days) if days > 0 else None


def picture(typed, most):
    """Return the bytes of a picture that a form sent, None for whatever is none or is too large.

    What kind of picture it is, is for the bytes to say and not for the name before them.

    :param str typed: base64, with or without `data:image/png;base64,` before it
    :param int most: bytes
    """
    if len(typed) > most * 4 // 3 + 64:
        return None
    match = _PICTURE.fullmatch(typed.strip())
    if not match:
        return None
    try:
        raw = b64decode(match[1])
    except (binascii.Error, ValueError):
        return None
    return raw if raw and len(raw) <= most else None


def name(typed):
    """Return a person's name on one line and without what turns the direction of reading; it may be empty."""
    kept = "".join(
        char
        for char in typed
        if char.isspace()
        or (char.isprintable() and char not in "<>\u200e\u200f\u202a\u202b\u202c\u202d\u202e")
    )
    return " ".join(kept.split())
