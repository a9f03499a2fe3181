"""A team's board: how old what waits is, how strongly a figure is tinted, who needs help most, who fits."""

from typing import NamedTuple

from . import worklists

# How old a wait is, the youngest first.
AGES = ("hours", "today", "days", "older")
# What has begun so many days ago, or earlier, is old.
OLD_DAYS = 3
# From so many on, a figure is tinted one step stronger.
MARKS = {
    "waiting": (1, 4, 8, 15),
    "over": (1, 2, 4, 8),
    "late": (1, 2, 4, 8),
    "overdue": (1, 5, 10, 20),
    "stuck": (1, 2, 4, 8),
}
# What somebody fits for a piece of work, the best first.
FITS = ("good", "possible", "barred")


def ages(now, midnight, old):
    """Return when the waits of each age began, the youngest first.

    What began within the last hours is young, were it yesterday.

    :param datetime now:
    :param datetime midnight: when the lender's day began, of the same kind
    :param datetime old: when the day began before which what began is old
    :return: a list of (key, from, until): from a moment on, None: whenever, and before another, None: until now
    """
    young = now - worklists.SOON
    today = min(midnight, young)
    bounds = (None, young, today, min(old, today), None)
    return [(key, bounds[at + 1], bounds[at]) for at, key in enumerate(AGES)]


def step(count, marks):
    """Return how strongly a figure is tinted: 0 (not at all) to as many steps as there are.

    :param int count:
    :param tuple marks: ascending
    """
    return sum(1 for mark in marks if count >= mark)


class Strain(NamedTuple):
    """What somebody is under.

    :param int tint: the steps of all their figures together
    :param int late: how many things of theirs are late
    :param share: the part of their ceiling they carry
    """

    tint: int
    late: int
    share: float


def neediest_first(rows):
    """Put people in the order in which they need help, as the tints of their figures show it.

    Of two who are tinted alike the one with more late things comes first, then who carries more of their ceiling.

    :param rows: an iterable of (:class:`Strain`, anything)
    :return: a list
    """
    return sorted(rows, key=lambda row: (-row[0].tint, -row[0].late, -row[0].share))


def fit(verdict):
    """Tell in a word whether somebody may be given a piece of work.

    :param verdict: :class:`core.assignment.Verdict`
    :return: one of `FITS`: "barred" for who cannot be chosen, "possible" where something speaks against them
    """
    if verdict.refused:
        return "barred"
    missing = any(reason.key == "language_missing" for reason in verdict.reasons)
    return "possible" if verdict.against or missing else "good"


def best_first(candidates):
    """Put people in the order in which they fit, those of one fit as they stand.

    :param candidates: an iterable of (one of `FITS`, anything)
    :return: a list
    """
    return sorted(candidates, key=lambda candidate: FITS.index(candidate[0]))
