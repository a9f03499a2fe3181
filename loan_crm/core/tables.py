"""A table as a file that any spreadsheet opens, and that runs nothing on the machine of whoever opens it."""

import csv
import io
from datetime import date
from decimal import Decimal

# What a spreadsheet takes for the beginning of a formula, whatever blanks stand before it.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_WIDE = str.maketrans("＝＋－＠", "=+-@")


def cell(value):
    """Return what stands in a cell: figures exact and plain, days as ISO says, text that is no formula.

    :param value: Decimal, date, int, str or None
    :rtype: str
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, int)):
        return str(value)
    text = value.replace("\0", "")
    if text.lstrip(" \N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}").translate(_WIDE).startswith(_STARTS):
        return f"'{text}"
    return text


def csv_bytes(rows):
    """Return rows as a CSV file in UTF-8, with the mark by which spreadsheets know that it is.

    :param rows: an iterable of iterables of values as of :func:`cell`
    :rtype: bytes
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode()
