"""What another system sends, read strictly: a value is what it says or is refused, never guessed.

Numbers come as JSON numbers or as text (`"1032.80"`), dates as ISO text, rows of a schedule as mappings. A figure that
is finer than the currency's cent is refused instead of rounded: what a core system keeps must come in as it is.
"""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice

from . import money
from .refusal import Refusal
from .walk import INSTALLMENT

ROW_FIELDS = ("number", "due_date", "principal", "interest", "fee", "capitalised", "balance")
_INTEGERS = range(-(2**31), 2**31)  # what an integer column holds


class FeedError(Refusal):
    """A value that cannot be taken.

    Reasons of any value: ``missing``, ``not_text``, ``not_a_number``, ``not_whole``, ``not_a_date``,
    ``finer_than_cent``, ``too_large``.
    Reasons of schedules: ``rows_missing``, ``row_not_a_row``, ``row_unknown_field``, ``row_bad_value``,
    ``row_number``, ``row_date_order``, ``row_negative``, ``row_balance``, ``rows_do_not_add_up``; the row is the
    fact ``row``, counted from 1.
    """


class Line:
    """One line of a feed on its way in: what was given, what it means, and what became of it."""

    __slots__ = (
        "differences",
        "faults",
        "given",
        "number",
        "record",
        "ref",
        "rows",
        "same_as",
        "state",
        "status",
        "vals",
    )

    def __init__(self, number, given=None):
        self.number, self.given = number, given
        self.ref = self.record = self.rows = self.state = self.status = self.same_as = None
        self.vals, self.faults, self.differences = {}, [], []


class Stream:
    """Text read from an iterator a piece at a time: the next lines are made while the reader is busy."""

    LINES = 200

    def __init__(self, lines):
        self._lines = iter(lines)

    def read(self, _size=-1):  # pylint: disable=method-required-super
        return "".join(islice(self._lines, self.LINES))


def text(value):
    """Return a text without the blanks around it.

    :raises FeedError: ``missing``, ``not_text``
    """
    if value is None:
        raise FeedError("missing")
    if not isinstance(value, str):
        raise FeedError("not_text")
    if not value.strip():
        raise FeedError("missing")
    return value.strip()


def number(value):
    """Return a number as the Decimal its digits say.

    :raises FeedError: ``missing``, ``not_a_number``
    """
    if value is None or value == "":
        raise FeedError("missing")
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise FeedError("not_a_number")
    try:
        result = Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError):
        raise FeedError("not_a_number") from None
    if not result.is_finite():
        raise FeedError("not_a_number")
    if result and result.adjusted() > 18:
        raise FeedError("too_large")
    return result


def whole(value):
    """Return a number without decimals as an int.

    :raises FeedError: ``missing``, ``not_a_number``, ``not_whole``, ``too_large``
    """
    if type(value) is int and value in _INTEGERS:  # nearly all
        return value
    result = number(value)
    if result != int(result):
        raise FeedError("not_whole")
    if int(result) not in _INTEGERS:
        raise FeedError("too_large")
    return int(result)


def amount(value, cent):
    """Return an amount in whole minor units.

    :param Decimal cent: smallest amount of the currency
    :raises FeedError: ``missing``, ``not_a_number``, ``finer_than_cent``, ``too_large``
    """
    try:
        result = money.exact_minor(number(value), cent)
    except money.MoneyError:
        raise FeedError("finer_than_cent", cent=cent) from None
    if abs(result) > 10**15:
        raise FeedError("too_large")
    return result


def day(value):
    """Return a date given as such or as ISO text, `2026-03-10`.

    :raises FeedError: ``missing``, ``not_a_date``
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if value is None or value == "":
        raise FeedError("missing")
    if not isinstance(value, str) or len(value) != 10:
        raise FeedError("not_a_date")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise FeedError("not_a_date") from None


def rows(given, cent, principal, start):
    """Check the rows of a schedule that another system keeps, and return them as `amortization.schedule_minor` does.

    :param given: a list of mappings with the names of ``ROW_FIELDS``; ``due_date``, ``principal`` and ``interest`` are
        needed
    :param Decimal cent: smallest amount of the currency
    :param int principal: the amount lent in minor units
    :param date start: the day it was paid out
    :return: tuples `(number, due, principal, interest, balance, capitalised, kind, None, fee)` in minor units
    :raises FeedError: see there
    """
    if not isinstance(given, list | tuple) or not given:
        raise FeedError("rows_missing")
    balance, last, result = principal, start, []
    for place, row in enumerate(_in_order(given), 1):
        figures = {}
        for name in ("principal", "interest", "fee", "capitalised"):
            value = row.get(name)
            if value is None and name in ("fee", "capitalised"):
                figures[name] = 0
                continue
            figures[name] = _of_row(place, name, amount, value, cent)
            if figures[name] < 0:
                raise FeedError("row_negative", row=place, name=name)
        due = _of_row(place, "due_date", day, row.get("due_date"))
        if due <= last:
            raise FeedError("row_date_order", row=place, before=last)
        last = due
        balance += figures["capitalised"] - figures["principal"]
        if balance < 0:
            raise FeedError("rows_do_not_add_up", row=place, left=money.major(balance, cent))
        told = row.get("balance")
        if told is not None and _of_row(place, "balance", amount, told, cent) != balance:
            raise FeedError("row_balance", row=place, balance=money.major(balance, cent))
        result.append(
            (
                place,
                due,
                figures["principal"],
                figures["interest"],
                balance,
                figures["capitalised"],
                INSTALLMENT,
                None,
                figures["fee"],
            )
        )
    if balance:
        raise FeedError("rows_do_not_add_up", row=len(result), left=money.major(balance, cent))
    return result


def _in_order(given):
    for place, row in enumerate(given, 1):
        if not isinstance(row, dict):
            raise FeedError("row_not_a_row", row=place)
        for name in row:
            if name not in ROW_FIELDS:
                raise FeedError("row_unknown_field", row=place, name=name)
    if all(row.get("number") is None for row in given):
        return given
    numbers = [_of_row(place, "number", whole, row.get("number")) for place, row in enumerate(given, 1)]
    if sorted(numbers) != list(range(1, len(given) + 1)):
        raise FeedError("row_number", row=len(given))
    return [row for _number, row in sorted(zip(numbers, given, strict=True), key=lambda pair: pair[0])]


def _of_row(place, name, read, value, *more):
    try:
        return read(value, *more)
    except FeedError as error:
        raise FeedError("row_bad_value", row=place, name=name, cause=error) from None


def differences(given, own):
    """Compare a schedule that came from outside with the one worked out here.

    :param given: rows as :func:`rows` returns them
    :param own: rows as `amortization.schedule_minor` returns them
    :return: list of `(row number, name of the figure, given, worked out here)`; a row one of them lacks is the figure
        ``row`` with None on its side
    """
    result = []
    for index in range(max(len(given), len(own))):
        if index >= len(given) or index >= len(own):
            lacking = index >= len(given)
            result.append((index + 1, "row", None if lacking else index + 1, index + 1 if lacking else None))
            continue
        one, other = given[index], own[index]
        for name, place in (("due_date", 1), ("principal", 2), ("interest", 3), ("capitalised", 5)):
            if one[place] != other[place]:
                result.append((index + 1, name, one[place], other[place]))
    return result
