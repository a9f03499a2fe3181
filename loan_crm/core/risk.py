"""How likely a customer is to give trouble: signals, each with its points, added up.

Each signal says at which figure it begins to count and how many points it is worth there; of several steps of a
signal the highest that is reached counts. The points are a house scale from 0 to 100, not a probability: they put
customers in an order and name what put them there.
"""

from typing import NamedTuple


class Signal(NamedTuple):
    """
    :param str key: what it is called
    :param int figure: what was counted: days, times
    :param int points: what it adds
    """

    key: str
    figure: int
    points: int


class Risk(NamedTuple):
    """
    :param int points: 0 to 100
    :param str level: "none", "low", "medium" or "high"
    :param tuple signals: those that count, the weightiest first
    """

    points: int
    level: str
    signals: tuple


# {signal: ((from this figure on, points), ...)}, rising.
STEPS = {
    "days_past_due": ((1, 15), (30, 40), (60, 60), (90, 80)),
    "worst_days": ((1, 5), (30, 15), (60, 25), (90, 35)),  # within twelve months, what is late today left out
    "broken_promises": ((1, 10), (2, 25)),
    "hardship": ((1, 30),),
    "bounced": ((1, 10),),
    "waiting_days": ((2, 5), (5, 15)),
    "restructured": ((1, 15),),
}

# From so many points on.
LEVELS = ((60, "high"), (30, "medium"), (1, "low"), (0, "none"))


def score(figures, steps=None):
    """Return what the figures of a customer say.

    :param dict figures: `{signal: int}`; what is absent counts as 0
    :param dict steps: points by signal, :data:`STEPS` where left out
    :return: :class:`Risk`
    :raise KeyError: for a signal that has no steps: a figure that nobody weighs is a mistake
    """
    steps = STEPS if steps is None else steps
    signals = []
    for key, figure in figures.items():
        points = max((points for bound, points in steps[key] if figure >= bound), default=0)
        if points:
            signals.append(Signal(key, figure, points))
    signals.sort(key=lambda signal: (-signal.points, signal.key))
    points = min(100, sum(signal.points for signal in signals))
    level = next(level for bound, level in LEVELS if points >= bound)
    return Risk(points, level, tuple(signals))
