"""A link to one loan for one person: short enough for a text message, signed, and with a last day.

The signature is the whole proof, so nothing is looked up to make a link and nothing is kept of it: a hundred thousand
letters carry theirs for the price of a hash each. A link of one day is the same however often it is made.
"""

import hmac
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, timedelta
from typing import NamedTuple

# Version, loan, person, serial, last day. With the signature 33 bytes: 44 characters of which each one counts, so no
# other spelling of a token means the same.
_FACTS = struct.Struct(">BIIHH")
_SIGNATURE = 20  # bytes: 160 bits, nobody guesses them
_VERSION = 1
_DAY_ONE = date(2020, 1, 1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{44}", re.ASCII)
SERIALS = 1 << 16


class Link(NamedTuple):
    """What a token says.

    :param int contract_id: the loan
    :param int partner_id: who was given it
    :param int serial: how often links of the loan had been revoked, modulo :data:`SERIALS`
    :param date last_day: the last day it opens anything
    """

    contract_id: int
    partner_id: int
    serial: int
    last_day: date


def sign(key, contract_id, partner_id, serial, last_day):
    """Return the token of a link.

    :param bytes key: the secret of the database
    :param int contract_id: the loan
    :param int partner_id: who is given it
    :param int serial: how often links of the loan have been revoked
    :param date last_day: of 2020 to 2199
    :rtype: str
    """
    days = (last_day - _DAY_ONE).days
    facts = _FACTS.pack(_VERSION, contract_id, partner_id, serial % SERIALS, days)
    return urlsafe_b64encode(facts + hmac.digest(key, facts, "sha256")[:_SIGNATURE]).decode()


def read(key, token):
    """Return what a token says, None where it was not signed with this key.

    :param bytes key: the secret of the database
    :param str token: as it came, whatever it is
    :rtype: Link | None
    """
    if not _TOKEN.fullmatch(token):
        return None
    raw = urlsafe_b64decode(token)
    facts, signature = raw[: _FACTS.size], raw[_FACTS.size :]
    if not hmac.compare_digest(signature, hmac.digest(key, facts, "sha256")[:_SIGNATURE]):
        return None
    version, contract_id, partner_id, serial, days = _FACTS.unpack(facts)
    if version != _VERSION:
        return None
    return Link(contract_id, partner_id, serial, _DAY_ONE + timedelta(days=days))
