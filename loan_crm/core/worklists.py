"""A worklist: what waits for a person, worst first."""

from datetime import datetime, timedelta
from typing import NamedTuple

# What nobody has named a time for is to be done within a day.
UNNAMED = timedelta(days=1)
# What runs out so soon is warned of.
SOON = timedelta(hours=4)


class Wait(NamedTuple):
    """
    :param since: when it began, a :class:`datetime`
    :param by: when it is to be done, a :class:`datetime` of the same kind; None: nobody has named a time
    """

    since: datetime
    by: datetime | None = None

    @property
    def ends(self):
        """When it turns late, a :class:`datetime`."""
        return self.by or self.since + UNNAMED


class Found(NamedTuple):
    """What a lane is about, before it is told.

    :param shown: the worst records
    :param int count: how many there are
    :param int late: how many of these are late
    """

    shown: object
    count: int
    late: int


def grave(wait, now):
    """Tell how grave a wait is.

    :param Wait wait:
    :param datetime now: of the same kind as the wait's moments
    :return: "danger" when its time is over, "warning" when it is over soon, or ""
    """
    if wait.ends <= now:
        return "danger"
    return "warning" if wait.ends - now <= SOON else ""


def worst_first(rows):
    """Put rows in the order in which they are to be done: whose time is over longest comes first.

    Of two whose time ends at one moment the one that has waited longer comes first.

    :param rows: an iterable of (:class:`Wait`, anything)
    :return: a list
    """
    return sorted(rows, key=lambda row: (row[0].ends, row[0].since))


def week_began(day):
    """Return the Monday of a day's week, a :class:`date`: a working week begins on Monday wherever the house lends."""
    return day - timedelta(days=day.weekday())
