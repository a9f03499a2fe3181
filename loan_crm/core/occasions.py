"""The days on which a service plan does something for a customer: reviews, birthdays, anniversaries, maturities.

A day is worked out from what is known and never from the last time, so a plan that stood still goes on where it should.
"""

from datetime import date, timedelta
from typing import NamedTuple

from . import dates

# So many days after an occasion it is still worth something; what is older is let go.
CATCH_UP = 14
_YEAR = 12
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Step(NamedTuple):
    """
    :param str occasion: ``"review"``, ``"birthday"``, ``"first_loan"``, ``"day"``, ``"entered"`` or ``"maturity"``
    :param int months: of a review: one every so many
    :param int month: of a day of the year
    :param int day: of a day of the year
    :param int ahead: how many days before the occasion its activities are given
    """

    occasion: str
    months: int = 0
    month: int = 1
    day: int = 1
    ahead: int = 0


class Facts(NamedTuple):
    """
    :param date since: since when the plan is the customer's; nothing before it is theirs
    :param birthday: a :class:`date`, or None
    :param first_loan: the day their first loan was paid out, or None
    :param maturities: tuple of the last due dates of running loans
    """

    since: date
    birthday: date | None = None
    first_loan: date | None = None
    maturities: tuple = ()


def days(step, facts, first, last):
    """Return the days in a span on which an occasion falls.

    :param Step step:
    :param Facts facts:
    :param date first: of the span
    :param date last: of the span
    :return: list of :class:`date`, in order
    """
    first = max(first, facts.since)
    if first > last:
        return []
    if step.occasion == "entered":
        found = [facts.since]
    elif step.occasion == "maturity":
        found = sorted(set(facts.maturities))
    elif step.occasion == "review":
        found = _every(facts.since, step.months, first, last)
    elif step.occasion == "day":
        # Counted from a leap year: 29 February is the 28th only where it has to be.
        anchor = date(2000, step.month, min(step.day, _LONGEST[step.month - 1]))
        found = _every(anchor, _YEAR, first, last)
    else:
        anchor = facts.birthday if step.occasion == "birthday" else facts.first_loan
        found = _every(anchor, _YEAR, first, last) if anchor else []
    return [day for day in found if first <= day <= last]


def due(step, facts, today):
    """Return the occasions whose activities are to be given by now, a missed night or two included.

    :param date today: the lender's day
    :return: list of :class:`date`: the occasions' own days
    """
    return days(step, facts, today - timedelta(CATCH_UP), today + timedelta(step.ahead))


def _every(anchor, months, first, last):
    """Return the days so many months after an anchor, and so on, within a span; the anchor itself is none of them."""
    if months < 1:
        return []
    passed = (first.year - anchor.year) * 12 + first.month - anchor.month
    number = max(1, passed // months)
    found = []
    while (day := dates.add_months(anchor, number * months)) <= last:
        if day >= first:
            found.append(day)
        number += 1
    return found
