"""A signed agreement: how long it holds, and how it is told afterwards that nobody has altered it.

Each part of what was signed (the words, the name, the moment, the picture of the signature …) is digested on its own,
and the digests together are sealed by one hash. So whoever checks later learns not only *that* something was
altered, but *what*.
"""

import hashlib
import json
from calendar import monthrange

# Named among the altered parts where the digests themselves do not fit their seal.
SEAL = "seal"


def months_later(day, months):
    """Return the same day so many months later, or the last one of a shorter month.

    :param day: a date or a datetime
    :param int months: at least 0
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


def digests(parts):
    """Return the SHA-256 of each part, in hexadecimal digits.

    :param dict parts: `{name: text or bytes}`; None is another part than the empty text
    """
    return {name: hashlib.sha256(_as_bytes(value)).hexdigest() for name, value in parts.items()}


def seal(found):
    """Return the one hash over the digests of all parts, whatever order they come in.

    :param dict found: as `digests` returns it
    """
    canonical = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def altered(parts, kept, sealed):
    """Name what is no longer as it was signed.

    :param dict parts: what stands there now, `{name: text or bytes}`
    :param dict kept: the digests from the day of signing
    :param str sealed: their seal from that day
    :return: a sorted list of names of parts that were changed, added or lost, and `SEAL` where the digests were
    """
    now = digests(parts)
    kept = kept or {}
    names = [name for name in now.keys() | kept.keys() if now.get(name) != kept.get(name)]
    return sorted(names) + ([SEAL] if seal(kept) != sealed else [])


def _as_bytes(value):
    # What kind of thing it is goes in as well: no text is the digest of some bytes, nor of nothing.
    if value is None:
        return b"none:"
    return b"bytes:" + value if isinstance(value, bytes) else b"text:" + value.encode()
