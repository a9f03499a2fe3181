"""A repayment spread over what is owed: oldest installment first, inside one interest before principal.

Nothing is kept between calls. What repayments paid is always the replay of all of them in date order, so
reversing one is a replay without it, a back-dated one a replay with it, and the answer never depends on the
order of entry.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

from .money import EXACT
from .refusal import Refusal

_ZERO = Decimal(0)


class AllocationError(Refusal):
    """Reasons: ``amount_negative``, ``amount_not_finite``, ``owed_repeated``, ``payment_repeated``."""


class Owed(NamedTuple):
    """What one installment asks for; amounts are Decimals in major units, 0 or more.

    Keys are the caller's (a database id, a tuple), unique and sortable: they decide between equal due dates.
    """

    key: Any
    due: date
    interest: Decimal
    principal: Decimal


class Payment(NamedTuple):
    """Money received: the caller's unique and sortable key, its value date, a Decimal amount of 0 or more."""

    key: Any
    date: date
    amount: Decimal


class Share(NamedTuple):
    """The part of a payment that went to the installment ``key``; never a share of nothing."""

    key: Any
    interest: Decimal
    principal: Decimal


@dataclass(frozen=True)
class Allocation:
    """Where one payment went; the shares and the rest add up to it exactly.

    :param tuple shares: oldest installment first, only those the payment reached
    :param Decimal rest: overpaid, the borrower's credit
    """

    shares: tuple[Share, ...]
    rest: Decimal


def allocate(amount, owed):
    """Spread one amount over what is owed.

    :param Decimal amount: 0 or more, major units
    :param owed: Owed rows in any order; a row not yet due is paid ahead, so pass only those that may be paid
    :rtype: Allocation
    :raises AllocationError: for a negative or non-finite amount, or an installment given twice
    """
    return replay([Payment(None, date.min, amount)], owed)[None]


def replay(payments, owed):
    """Spread all payments over what is owed, in the order of their date and key.

    One pass over payments and installments after sorting, so a whole book can be replayed loan by loan.

    :param payments: Payment rows (key, date, amount) in any order
    :param owed: Owed rows in any order, as owed before any of the payments
    :return: dict of payment key to Allocation, in the order of the replay
    :raises AllocationError: for a negative or non-finite amount, or a key given twice
    """
    owed, payments = _in_order(owed), sorted(payments, key=lambda payment: (payment[1], payment[0]))
    _refuse_repeated("payment_repeated", payments)
    allocations = {}
    with localcontext(EXACT):  # the caller's precision must not be able to lose a cent
        queue = iter(owed)
        key, interest, principal = _next(queue)
        for payment_key, _date, amount in payments:
            left, shares = _checked(amount), []
            while left and key is not _NOBODY:
                to_interest = min(left, interest)
                to_principal = min(left - to_interest, principal)
                shares.append(Share(key, to_interest, to_principal))
                left -= to_interest + to_principal
                interest -= to_interest
                principal -= to_principal
                if not interest and not principal:
                    key, interest, principal = _next(queue)
            allocations[payment_key] = Allocation(tuple(shares), left)
    return allocations


def remaining(owed, allocations):
    """Return what is still owed after some allocations, oldest first, without the installments fully paid.

    The first row's due date is the oldest unpaid one, from which arrears are counted.

    :param owed: Owed rows the allocations were made of
    :param allocations: Allocation values, e.g. ``replay(...).values()``
    :rtype: tuple[Owed, ...]
    """
    owed = _in_order(owed)
    with localcontext(EXACT):
        paid = {}
        for allocation in allocations:
            for key, interest, principal in allocation.shares:
                paid_interest, paid_principal = paid.get(key, (_ZERO, _ZERO))
                paid[key] = paid_interest + interest, paid_principal + principal
        rows = []
        for key, due, interest, principal in owed:
            paid_interest, paid_principal = paid.get(key, (_ZERO, _ZERO))
            row = Owed(key, due, interest - paid_interest, principal - paid_principal)
            if row.interest or row.principal:
                rows.append(row)
    return tuple(rows)


_NOBODY = object()  # None may be somebody's key


def _next(queue):
    for key, _due, interest, principal in queue:
        if interest or principal:
            return key, interest, principal
    return _NOBODY, _ZERO, _ZERO


def _in_order(owed):
    owed = sorted(owed, key=lambda row: (row[1], row[0]))
    _refuse_repeated("owed_repeated", owed)
    for row in owed:
        _checked(row[2])
        _checked(row[3])
    return owed


def _checked(amount):
    if isinstance(amount, float):
        raise TypeError(f"a float is not money: {amount!r}")
    amount = Decimal(amount)
    if not amount.is_finite():
        raise AllocationError("amount_not_finite", amount=amount)
    if amount < 0:
        raise AllocationError("amount_negative", amount=amount)
    return amount


def _refuse_repeated(reason, rows):
    seen = set()
    for row in rows:
        if row[0] in seen:
            raise AllocationError(reason, key=row[0])
        seen.add(row[0])
