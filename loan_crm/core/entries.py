"""What people type into a page: amounts and days as they write them, read without guessing.

An amount that could mean two things is refused. “1,50” is not one hundred and fifty where the comma parts thousands.
"""

import re
import unicodedata
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

from .refusal import Refusal

_MOST_DIGITS = 15  # before the decimal point; beyond it a float would lose cents


class EntryError(Refusal):
    """Reasons: ``amount_unreadable``, ``amount_not_positive``, ``amount_too_fine``, ``day_unreadable``."""


def amount(typed, decimal_point=".", thousands="", marks=(), cent=Decimal("0.01")):
    """Return the amount somebody typed.

    :param str typed: e.g. ``"1,234.50"``, ``"￥ 1234.5"``, full-width digits too
    :param str decimal_point: of their language
    :param str thousands: what parts thousands in their language; empty where nothing does
    :param marks: symbols and codes of the currency that may stand around it
    :param Decimal cent: the smallest amount of the currency
    :rtype: Decimal
    :raises EntryError: ``amount_unreadable``, ``amount_not_positive``, ``amount_too_fine``
    """
    text = _plain(typed)
    for mark in sorted(filter(None, (_plain(each) for each in marks)), key=len, reverse=True):
        text = text.removeprefix(mark).removesuffix(mark).strip()
    sign = text[:1] if text[:1] in ("-", "+", "−") else ""
    text = text[len(sign) :].strip()
    part = re.escape(_plain(thousands)) or " "
    whole = rf"(\d{{1,3}}(?:(?:{part}|\s)\d{{3}})+|\d+)"
    found = re.fullmatch(rf"{whole}(?:{re.escape(decimal_point)}(\d*))?", text, re.ASCII)
    digits = found and re.sub(r"\D", "", found[1])
    if not found or len(digits.lstrip("0")) > _MOST_DIGITS:
        raise EntryError("amount_unreadable", typed=typed)
    value = Decimal(f"{digits}.{found[2] or '0'}")
    if sign in ("-", "−") or not value:
        raise EntryError("amount_not_positive", typed=typed)
    if value % cent:
        raise EntryError("amount_too_fine", typed=typed, cent=cent)
    return value


def day(typed, pattern="%Y-%m-%d"):
    """Return the day somebody chose or typed.

    :param str typed: as a browser sends a chosen day, ``"2026-03-10"``, or as their language writes one
    :param str pattern: the date format of their language
    :rtype: date
    :raises EntryError: ``day_unreadable``
    """
    text = _plain(typed)
    with suppress(ValueError):
        return date.fromisoformat(text)
    for each in (pattern, "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"):
        with suppress(ValueError):
            return datetime.strptime(text, each).date()
    raise EntryError("day_unreadable", typed=typed)


def words(typed):
    """Return a text as it is kept: line ends of one kind, nothing a database cannot hold, no blanks around it."""
    text = typed.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def _plain(text):
    """Return a text with full-width digits and signs as plain ones, and any blank as a blank."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()
