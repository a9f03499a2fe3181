"""What became of a borrower's promise to pay: kept, partly kept or broken, by what was paid and on which day.

A promise is judged from the repayments themselves and never from an earlier judgement, so one that is entered late,
one that is taken back and the same question asked twice end in the same answer. A repayment counts by its own day,
not by the day somebody entered it.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from . import dates

# A promise broken so long ago is forgiven.
FORGIVEN_MONTHS = 12


class Promise(NamedTuple):
    """
    :param Decimal amount: what was promised, in major units
    :param date made: the first day whose money counts
    :param date until: the last day whose money counts: the day promised and the days the money may travel
    """

    amount: Decimal
    made: date
    until: date


class Paid(NamedTuple):
    """
    :param date day: the day from which the money counts
    :param Decimal amount: in major units
    """

    day: date
    amount: Decimal


class Verdict(NamedTuple):
    """
    :param str state: ``"open"``, ``"kept"``, ``"partly"`` or ``"broken"``
    :param Decimal paid: all that was paid within the promise's days, more than promised included
    :param day: the :class:`date` it was decided by: of the repayment that kept it, or the last day that counts;
        None while it is open
    """

    state: str
    paid: Decimal
    day: date | None


def judge(promise, payments, today, repaid=None):
    """Tell what became of a promise.

    :param Promise promise:
    :param payments: iterable of :class:`Paid`, in any order; those of other days do not count
    :param date today: the lender's day
    :param date repaid: the day the whole loan was repaid, None where something is still to pay. Whoever repaid all
        within the promise's days has kept it, even if less than promised was asked in the end
    :rtype: Verdict
    """
    paid, kept = Decimal(0), None
    for payment in sorted(payments):
        if promise.made <= payment.day <= promise.until:
            paid += payment.amount
            if kept is None and paid >= promise.amount:
                kept = payment.day
    if kept is None and repaid is not None and promise.made <= repaid <= promise.until:
        kept = repaid
    if kept is not None:
        return Verdict("kept", paid, kept)
    if today <= promise.until:
        return Verdict("open", paid, None)
    return Verdict("partly" if paid else "broken", paid, promise.until)


def broken_before(day, broken):
    """Tell how many other promises the same borrower broke in the year up to a day.

    :param date day: the last day of the promise in question
    :param broken: iterable of the last days of their other broken promises
    :rtype: int
    """
    since = dates.add_months(day, -FORGIVEN_MONTHS)
    return sum(since < other <= day for other in broken)
