"""A statement of a loan: what was owed at first, what moved it in a span of days, and what was owed in the end.

All of a loan's moves are told, whatever the span: what was owed at first follows from those before it.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .refusal import Refusal

_ZERO = Decimal(0)
# On one day: what was lent, what joined it, what was asked for, and then what was paid.
_ORDER = ("payout", "joined", "due", "payment")


class StatementError(Refusal):
    """Reasons: ``span_backwards``."""


class Move(NamedTuple):
    """Something that happened to a loan; amounts are Decimals in major units.

    :param date day: the day it counts from
    :param str kind: ``"payout"``, ``"joined"`` (interest that became principal), ``"due"`` or ``"payment"``
    :param Decimal amount: lent, joined, asked for or paid
    :param Decimal principal: of a payment, what repaid the loan
    :param Decimal interest: of a payment, what paid interest
    :param Decimal charges: of a payment, what paid charges
    :param about: what the reader is told of it; nothing is done with it here
    """

    day: date
    kind: str
    amount: Decimal
    principal: Decimal = _ZERO
    interest: Decimal = _ZERO
    charges: Decimal = _ZERO
    about: object = None

    @property
    def change(self):
        """By how much it changes the principal owed."""
        if self.kind == "payment":
            return -self.principal
        return _ZERO if self.kind == "due" else self.amount


class Statement(NamedTuple):
    """What a statement tells.

    :param Decimal opened: principal owed before the first day
    :param lines: `((Move, principal owed after it), …)`, in order
    :param Decimal closed: principal owed after the last day
    :param Decimal paid: all that was paid in the span
    :param Decimal asked: all that fell due in it
    """

    opened: Decimal
    lines: tuple
    closed: Decimal
    paid: Decimal
    asked: Decimal


def statement(moves, first, last):
    """Return the statement of a loan for a span of days, both included.

    :param moves: all :class:`Move` of the loan, in any order; of one day and kind they stay as they come
    :param date first: of the span
    :param date last: of the span
    :rtype: Statement
    :raises StatementError: ``span_backwards``
    """
    if last < first:
        raise StatementError("span_backwards", first=first, last=last)
    ordered = sorted(moves, key=lambda move: (move.day, _ORDER.index(move.kind)))
    owed = opened = sum((move.change for move in ordered if move.day < first), _ZERO)
    lines = []
    for move in ordered:
        if first <= move.day <= last:
            owed += move.change
            lines.append((move, owed))
    sums = {
        kind: sum((move.amount for move, _owed in lines if move.kind == kind), _ZERO)
        for kind in ("payment", "due")
    }
    return Statement(opened, tuple(lines), owed, sums["payment"], sums["due"])
