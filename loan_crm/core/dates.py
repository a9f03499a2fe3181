"""Months on a calendar: the anchor day is kept, short months use their last day.

A loan anchored on the 31st falls due on 31 January, 28 February, **31** March. Chaining "previous date plus
one month" would lose the anchor in the first February and stay on the 28th for ever.
"""

from datetime import date
from functools import lru_cache

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def add_months(anchor, months):
    """Return the date a number of months from the anchor, clamped to the end of a short month.

    :param date anchor: the day to keep
    :param int months: any sign; always counted from the anchor, never from an earlier result
    :raises ValueError: outside the years 1 to 9999
    """
    return _on_day(anchor.year * 12 + anchor.month - 1 + months, anchor.day)


def due_dates(first_due, count, due_day=None):
    """Return the monthly due dates of a loan as a tuple of ``count`` dates.

    :param date first_due: first due date, the first of the tuple
    :param int count: how many, 0 or more
    :param int due_day: day of month (1–31) to keep, when the first due date itself is a clamped one: a loan
        of 31 January first falls due on 28 February but then on 31 March. By default the day of the first due
        date.
    :raises ValueError: when the first due date is not on the due day, or past the year 9999
    """
    due_day = due_day or first_due.day
    month = first_due.year * 12 + first_due.month - 1
    if not on_due_day(first_due, due_day):
        raise ValueError(f"the first due date {first_due} is not on day {due_day} of its month")
    return tuple([_on_day(month + step, due_day) for step in range(count)])


def on_due_day(day, due_day):
    """Tell whether a date is where a due day (1–31) falls in its month, clamped if that is short."""
    return day == _on_day(day.year * 12 + day.month - 1, due_day)


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
