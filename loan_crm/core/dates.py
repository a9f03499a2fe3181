"""Periods on a calendar: the anchor day is kept, short months use their last day.

A loan anchored on the 31st falls due on 31 January, 28 February, **31** March. Chaining "previous date plus
one month" would lose the anchor in the first February and stay on the 28th for ever.
"""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from .refusal import Refusal

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class DatesError(Refusal):
    """Reasons: ``frequency_unknown`` (``frequency``), ``month_end_unknown`` (``month_end``),
    ``due_day_mismatch`` (``day``, ``due_day``), ``due_day_out_of_range`` (``due_day``), ``due_day_needed``,
    ``due_day_not_used`` (``due_day``: the frequency or the due rule has no use for one), ``due_rule_unknown``
    (``due_rule``), ``due_rule_needs_months`` (``due_rule``, ``frequency``), ``least_days_negative``
    (``least_days``)."""


class Frequency(NamedTuple):
    """How often something falls due: every so many months or every so many days, one of them 0."""

    key: str
    months: int
    days: int
    per_year: int


FREQUENCIES = {
    frequency.key: frequency
    for frequency in (
        Frequency("weekly", 0, 7, 52),
        Frequency("biweekly", 0, 14, 26),
        Frequency("monthly", 1, 0, 12),
        Frequency("quarterly", 3, 0, 4),
        Frequency("half_yearly", 6, 0, 2),
        Frequency("yearly", 12, 0, 1),
    )
}

# What a due date on the last day of its month says of the others: that they keep its number as far as their
# months reach (30 April, 30 May), or that they are last days, too (30 April, 31 May).
MONTH_ENDS = ("anchor", "end_of_month")

DUE_RULES = ("same_day", "month_end", "fixed_day")


def add_months(anchor, months):
    """Return the date a number of months from the anchor, clamped to the end of a short month.

    :param date anchor: the day to keep
    :param int months: any sign; always counted from the anchor, never from an earlier result
    :raises ValueError: outside the years 1 to 9999
    """
    return _on_day(anchor.year * 12 + anchor.month - 1 + months, anchor.day)


def add_periods(day, n, frequency, due_day=None, month_end="anchor"):
    """Return the due date a number of periods from another.

    Always counted from that date: two periods are not two times one, unless the due day is told.

    :param date day: a due date
    :param int n: any sign
    :param str frequency: a key of ``FREQUENCIES``
    :param int due_day: as for :func:`due_dates`
    :param str month_end: as for :func:`due_dates`
    :rtype: date
    :raises DatesError: as :func:`due_dates`
    :raises ValueError: outside the years 1 to 9999
    """
    frequency, due_day = _anchored(day, due_day, frequency, month_end)
    if frequency.days:
        return date.fromordinal(day.toordinal() + n * frequency.days)
    return _on_day(day.year * 12 + day.month - 1 + n * frequency.months, due_day)


def due_dates(first_due, count, due_day=None, frequency="monthly", month_end="anchor"):
    """Return the due dates of a loan as a tuple of ``count`` dates.

    :param date first_due: first due date, the first of the tuple
    :param int count: how many, 0 or more
    :param int due_day: day of month (1–31) to keep, when the first due date itself is a clamped one: a loan
        of 31 January first falls due on 28 February but then on 31 March. By default (None or 0) the day of
        the first due date. Weeks know none.
    :param str frequency: a key of ``FREQUENCIES``
    :param str month_end: ``anchor`` keeps the due day, in short months the last day. ``end_of_month`` does
        the same unless the first due date is the last day of its month: then all are, whatever the due day.
        Weeks do not ask.
    :rtype: tuple[date, ...]
    :raises DatesError: ``due_day_mismatch`` when the first due date is not on the due day,
        ``due_day_out_of_range``, ``due_day_not_used`` with weeks, ``frequency_unknown``,
        ``month_end_unknown``
    :raises ValueError: past the year 9999
    """
    frequency, due_day = _anchored(first_due, due_day, frequency, month_end)
    step = frequency.days
    if step:
        first = first_due.toordinal()
        return tuple(map(date.fromordinal, range(first, first + count * step, step)))
    month, step = first_due.year * 12 + first_due.month - 1, frequency.months
    return tuple([_on_day(month, due_day) for month in range(month, month + count * step, step)])


def period_start(first_due, frequency, due_day=None, month_end="anchor"):
    """Return the notional start of the full period that ends on a due date.

    The days between it and the day of payment are what is odd about a first period. The due day matters
    where the due date is clamped: the month that ends on 28 February began on 31 January for a loan due on
    31sts, on the 28th for one due on 28ths.

    Arguments and errors as for :func:`due_dates`.

    :rtype: date
    :raises ValueError: before the year 1
    """
    return add_periods(first_due, -1, frequency, due_day, month_end)


def first_due_date(start, frequency, due_rule="same_day", due_day=None, least_days=None):
    """Return the usual first due date of a loan paid out on a date, about one period later.

    * ``same_day``: one period later; paid out on a 31st, pass 31 on as the due day.
    * ``month_end``: the last day of the month in which one period later falls. For the month end *nearest* to
      one period later, ask for ``fixed_day`` with 31.
    * ``fixed_day``: the first day of month ``due_day``, clamped in short months, that lies at least
      ``least_days`` after the start. The first period is odd.

    :param date start: day of payment to the borrower
    :param str frequency: a key of ``FREQUENCIES``; weeks know ``same_day`` only
    :param str due_rule: one of ``DUE_RULES``
    :param int due_day: day of month (1–31) of ``fixed_day``, which needs one
    :param int least_days: shortest first period of ``fixed_day``, in days; the due date is after the start
        even when it is 0. By default the periods of 30-day months less half a month: 15 days for monthly
        installments, 75 for quarterly ones. So the first period is about half a month too short or too long
        at most. Lenders differ and it is theirs to say: some want 13 days, some 8 working days, some a
        whole month.
    :rtype: date
    :raises DatesError: ``due_rule_unknown``, ``due_rule_needs_months``, ``due_day_needed``,
        ``due_day_not_used`` with another rule, ``due_day_out_of_range``, ``least_days_negative``,
        ``frequency_unknown``
    :raises ValueError: past the year 9999
    """
    if due_rule not in DUE_RULES:
        raise DatesError("due_rule_unknown", due_rule=due_rule)
    if due_rule != "fixed_day" and due_day:
        raise DatesError("due_day_not_used", due_day=due_day)
    if due_rule == "same_day":
        return add_periods(start, 1, frequency)
    months = _frequency(frequency).months
    if not months:
        raise DatesError("due_rule_needs_months", due_rule=due_rule, frequency=frequency)
    month = start.year * 12 + start.month - 1
    if due_rule == "month_end":
        return _on_day(month + months, 31)
    if not due_day:
        raise DatesError("due_day_needed")
    if not 1 <= due_day <= 31:
        raise DatesError("due_day_out_of_range", due_day=due_day)
    if least_days is None:
        least_days = 30 * months - 15
    if least_days < 0:
        raise DatesError("least_days_negative", least_days=least_days)
    earliest = date.fromordinal(start.toordinal() + max(least_days, 1))
    month = earliest.year * 12 + earliest.month - 1
    due = _on_day(month, due_day)
    return due if due >= earliest else _on_day(month + 1, due_day)


def on_due_day(day, due_day):
    """Tell whether a date is where a due day (1–31) falls in its month, clamped if that is short."""
    return day == _on_day(day.year * 12 + day.month - 1, due_day)


def _frequency(key):
    try:
        return FREQUENCIES[key]
    except KeyError:
        raise DatesError("frequency_unknown", frequency=key) from None


def _anchored(day, due_day, frequency, month_end):
    """Return the Frequency, and the day of month that a due date stands for (None for weeks)."""
    frequency = _frequency(frequency)
    if month_end not in MONTH_ENDS:
        raise DatesError("month_end_unknown", month_end=month_end)
    if frequency.days:
        if due_day:
            raise DatesError("due_day_not_used", due_day=due_day)
        return frequency, None
    due_day = due_day or day.day
    if not 1 <= due_day <= 31:
        raise DatesError("due_day_out_of_range", due_day=due_day)
    if not on_due_day(day, due_day):
        raise DatesError("due_day_mismatch", day=day, due_day=due_day)
    if month_end == "end_of_month" and on_due_day(day, 31):
        return frequency, 31
    return frequency, due_day


@lru_cache(maxsize=1 << 15)  # sixty years of due dates; loans share them, as objects too
def _on_day(month, day):
    """Return a day in a month counted from January of the year 0."""
    year, month = divmod(month, 12)
    if day > 28:  # only then can a month be too short
        last = _DAYS[month]
        if month == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
            last = 29
        day = min(day, last)
    return date(year, month + 1, day)
