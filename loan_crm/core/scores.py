"""What answers to surveys say in figures: percent for satisfaction, promoters and detractors for recommendation.

A figure without its sample size says nothing, so each comes with how many answers it is of, and of too few none is
told.
"""

from typing import NamedTuple

# Of a question whether one would recommend the lender, 0 to 10.
RECOMMEND = "nps"
PROMOTERS_FROM = 9
DETRACTORS_TO = 6


class Figure(NamedTuple):
    """
    :param value: the figure, None where there are too few answers
    :param int count: of how many answers
    """

    value: float | None
    count: int


def percent(value, least, most):
    """Return where a value lies on its scale: 0 at the least, 100 at the most, two decimals.

    :param float value: held to the scale where it lies beyond
    :param float least: the worst
    :param float most: the best, more than the worst
    :raise ValueError: for a scale without a length
    """
    if most <= least:
        raise ValueError(f"a scale from {least} to {most}")
    return round(100 * (min(max(value, least), most) - least) / (most - least), 2)


def side(value):
    """Return 100 for who recommends, -100 for who warns, 0 for who does neither.

    :param int value: 0 to 10
    """
    if value >= PROMOTERS_FROM:
        return 100
    return -100 if value <= DETRACTORS_TO else 0


def mean(values, sample):
    """Return the mean of some values, untold where there are too few.

    Of :func:`side` it is the net promoter score.

    :param values: iterable of numbers
    :param int sample: the least number of answers a figure is told of
    :rtype: Figure
    """
    values = list(values)
    if not values or len(values) < sample:
        return Figure(None, len(values))
    return Figure(sum(values) / len(values), len(values))
