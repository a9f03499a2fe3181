"""Making good what went wrong: who may give how much, when somebody calls again, and whether they came back.

Amounts are exact. Authority is the largest limit of a person's roles in the currency that is given; without a limit
there is none. Whoever asks for more than they may give is not the one who grants it.
"""

from typing import NamedTuple

from . import dates

# From the first talk to the last call.
STEPS = ("listen", "apologise", "remedy", "follow", "closed")
# A customer who was lost for a moment is called again after so many days, unless somebody says otherwise.
CALLS = (7, 30)


def authority(limits):
    """Return how much somebody may give by themselves, in major units.

    :param limits: iterable of :class:`Decimal`, one for each role of theirs that has a limit in this currency
    :return: the largest; None without any: then even nothing but words is theirs to give
    """
    return max(limits, default=None)


def may_give(amount, limits):
    """Tell whether somebody may give an amount by themselves. What costs nothing anybody may.

    :param Decimal amount: 0 or more
    :param limits: see :func:`authority`
    """
    if amount <= 0:
        return True
    most = authority(limits)
    return most is not None and amount <= most


def refusal(amount, asker, decider, limits):
    """Return why somebody may not decide on what was asked for, or None.

    :param Decimal amount: what was asked for
    :param asker: who asked
    :param decider: who wants to decide
    :param limits: of the decider, see :func:`authority`
    :return: ``"own"`` or ``"limit"``
    """
    if asker == decider:
        return "own"
    return None if may_give(amount, limits) else "limit"


class Measure(NamedTuple):
    """
    :param str state: ``"waiting"``, ``"yes"`` or ``"no"``
    :param day: the :class:`date` of the first new application or loan, None without any
    """

    state: str
    day: object


def came_back(closed, days, months, today):
    """Tell whether a customer came back after something was made good.

    :param date closed: the day it was; what is of that day or before does not count
    :param days: iterable of :class:`date`: new applications and loans
    :param int months: how long it is waited for
    :param date today:
    :rtype: Measure
    """
    last = dates.add_months(closed, months)
    first = min((day for day in days if closed < day <= last), default=None)
    if first is not None and first <= today:
        return Measure("yes", first)
    return Measure("waiting" if today <= last else "no", None)
