"""What a relationship manager carries, in load points: each thing that takes time, times what it takes.

Points say how much one person can look after, so a hundred quiet loans and ten that are late may weigh the same. The
weights are the lender's, and so is the ceiling; nothing here knows a customer.
"""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

# What weighs, in the order it is shown in.
FACTORS = ("customer", "loan", "late", "case", "vip", "promise", "ours")

# From so many hundredths of the ceiling on, something is tinted one step stronger: one factor, and all of them.
FACTOR_STEPS = (5, 15, 30, 50)
TOTAL_STEPS = (50, 75, 90, 100)


class Weights(NamedTuple):
    """How many points each weighs.

    :param Decimal customer: a customer somebody looks after
    :param Decimal loan: a running loan
    :param Decimal late: a running loan that is late, on top
    :param Decimal case: an open hardship request, or a loan whose borrower waits for an answer
    :param Decimal vip: a VIP customer, on top
    :param Decimal promise: a promise to pay that is overdue, or was broken of late
    :param Decimal ours: something the lender has promised a customer and not done by its day
    """

    customer: Decimal = Decimal(1)
    loan: Decimal = Decimal(1)
    late: Decimal = Decimal(3)
    case: Decimal = Decimal(4)
    vip: Decimal = Decimal(5)
    promise: Decimal = Decimal(2)
    ours: Decimal = Decimal(2)


class Counts(NamedTuple):
    """How many of each, as :class:`Weights` names them."""

    customer: int = 0
    loan: int = 0
    late: int = 0
    case: int = 0
    vip: int = 0
    promise: int = 0
    ours: int = 0


def points(counts, weights):
    """Return the load of what is counted, in points.

    :param Counts counts:
    :param Weights weights:
    :rtype: Decimal
    """
    return sum(
        (Decimal(count) * weight for count, weight in zip(counts, weights, strict=True)), start=Decimal(0)
    )


def added(many):
    """Return the sums of several :class:`Counts`."""
    return Counts(*map(sum, zip(*many, strict=True))) if many else Counts()


def share(load, ceiling):
    """Return which part of a ceiling a load is, exactly; without a ceiling any load is more than all of it.

    :param Decimal load: in points
    :param Decimal ceiling: in points
    :rtype: Fraction
    """
    if ceiling <= 0:
        return Fraction(1) + Fraction(load)
    return Fraction(load) / Fraction(ceiling)


def heat(part, steps=FACTOR_STEPS):
    """Return how strongly a cell is tinted: 0 (not at all) to as many steps as there are.

    :param Fraction part: of the ceiling, see :func:`share`
    :param tuple steps: hundredths of the ceiling, ascending
    """
    return sum(1 for step in steps if part * 100 >= step) if part > 0 else 0


def after(loads, moves):
    """Return what everybody would carry after customers have gone from one to another.

    :param dict loads: points by person
    :param moves: iterable of `(from, to, points)`; None stands for nobody
    :return: a new dict; who was not in `loads` and gets something is in it
    """
    moved = dict(loads)
    for source, target, weight in moves:
        if source == target:
            continue
        if source is not None:
            moved[source] = moved.get(source, Decimal(0)) - weight
        if target is not None:
            moved[target] = moved.get(target, Decimal(0)) + weight
    return moved
