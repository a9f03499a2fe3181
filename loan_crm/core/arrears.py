"""How late a loan is: days past due, what grade they lead to, and how to search for them by date.

Ages are never stored, dates are: a stored age has to be rewritten every night, a due date only when someone
pays.
"""

from datetime import date, timedelta
from math import ceil, copysign, floor, isinf, isnan
from typing import NamedTuple

from .conventions import STANDARD


class DueBounds(NamedTuple):
    """Which oldest unpaid due dates a question about days past due is about.

    :param earliest: first date that matches, or None for no lower bound
    :param latest: last date that matches, or None for no upper bound
    :param includes_unset: whether loans with nothing unpaid, thus without such a date, match too
    """

    earliest: date | None
    latest: date | None
    includes_unset: bool


def days_past_due(oldest_unpaid_due, today, conventions=STANDARD):
    """Return the age in days of the oldest unpaid installment, never negative.

    As-of date minus due date: on the due date itself a loan is not late, the day after it is one day late. Other
    lenders count the due day as day one, or take the grace days off (convention ``dpd_day_zero``).

    :param oldest_unpaid_due: date, or None when nothing is unpaid, which is 0 days
    :param date today: the as-of date
    :param Conventions conventions: tell which day is day zero
    :rtype: int
    """
    if oldest_unpaid_due is None:
        return 0
    return max(0, (today - day_zero(oldest_unpaid_due, conventions)).days)


def day_zero(due, conventions):
    """Return the day on which an unpaid installment is zero days past due, the day before it is one.

    Stored beside the due date it makes every question about days past due a comparison with one date.
    """
    if conventions.dpd_day_zero == "due_day_is_one":
        return due - timedelta(1)
    if conventions.dpd_day_zero == "less_grace":
        return due + timedelta(conventions.grace_days)
    return due


def graded(days, floors):
    """Return the key of the worst grade whose floor the days have reached.

    Serves buckets and the five classes alike: a floor is the least number of days past due for a grade.

    :param int days: days past due
    :param floors: (floor, key) pairs in any order
    :return: a key, or None below all floors
    """
    reached = [(floor, index) for index, (floor, _key) in enumerate(floors) if floor <= days]
    return floors[max(reached)[1]][1] if reached else None


def stage(days, conventions=STANDARD):
    """Return the least IFRS 9 stage days past due allow: 1, 2 (significant increase) or 3 (default).

    IFRS 9 presumes a significant increase in risk when more than 30 days past due (5.5.11) and default not later
    than 90 (B5.5.37); whether day 30 and day 90 themselves count is the lender's setting. Other signs can only
    make a stage worse.
    """
    if days >= (90 if conventions.default_from == "from_90" else 91):
        return 3
    if days >= (30 if conventions.significant_from == "from_30" else 31):
        return 2
    return 1


def due_date_bounds(operator, days, today):
    """Turn "days past due ``operator`` ``days``" into bounds of the oldest unpaid due date.

    :param str operator: one of ``= < <= > >=``; a caller negates the answer to ``=`` for ``!=``
    :param int days: any sign; days past due are never negative, so ``>= 0`` is true of all and ``< 0`` of
        none
    :param date today: the as-of date
    :return: DueBounds, or None when no loan can match
    :raises ValueError: for another operator
    :raises TypeError: for days that are not whole
    """
    if not isinstance(days, int):
        raise TypeError(f"days must be an int, not {days!r}")
    if operator == "=":
        return _bounds(days, days, today)
    if operator == "<":
        return _bounds(0, days - 1, today)
    if operator == "<=":
        return _bounds(0, days, today)
    if operator == ">":
        return _bounds(days + 1, None, today)
    if operator == ">=":
        return _bounds(days, None, today)
    raise ValueError(f"days past due can not be compared with {operator!r}")


def whole_days(operator, days):
    """Turn any number a person compares days past due with into the whole one that asks the same.

    Days past due are whole, so "< 1.5" asks "< 2" and "> 1.5" asks "> 1".

    :param str operator: as for :func:`due_date_bounds`
    :param days: int or float, infinite ones too
    :return: int, or None when no number of days can match
    """
    if isinf(days):
        days = int(copysign(_BEYOND, days))
    if isnan(days) or (operator == "=" and days != int(days)):
        return None
    return ceil(days) if operator in ("<", ">=") else floor(days)


_BEYOND = 10**9  # days, further than the calendar reaches


def _bounds(least, most, today):
    """Return the DueBounds of days past due from ``least`` to ``most`` (None: no end)."""
    if most is not None and (most < 0 or most < least):
        return None
    if least <= 0:
        # Not late yet covers every date from today on, and nothing unpaid at all.
        return DueBounds(None if most is None else _days_before(today, most), None, True)
    latest = _days_before(today, least)
    if latest is None:
        return None
    return DueBounds(None if most is None else _days_before(today, most), latest, False)


def _days_before(today, days):
    """Return the date so many days ago, or None before the calendar begins: users type strange numbers."""
    try:
        return today - timedelta(days)
    except OverflowError:
        return None
