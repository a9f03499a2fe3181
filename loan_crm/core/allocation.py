"""A repayment spread over what is owed, and what lateness adds: oldest installment first, its parts in an order.

Nothing is kept between calls. What repayments paid is always the replay of all of them in date order, so
reversing one is a replay without it, a back-dated one a replay with it, and the answer never depends on the
order of entry.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, NamedTuple

from . import money
from .dates import add_months
from .money import EXACT
from .refusal import Refusal

_ZERO = Decimal(0)


class AllocationError(Refusal):
    """Reasons: ``amount_negative``, ``amount_not_finite``, ``owed_repeated``, ``payment_repeated``,
    ``order_unknown``, ``target_unknown``."""


# What a payment can pay, in the words of the orders of `conventions.CHOICES["allocation_order"]`.
COMPONENTS = ("interest", "principal", "penalty", "fee")


class Owed(NamedTuple):
    """What one installment asks for; amounts are Decimals in major units, 0 or more.

    Keys are the caller's (a database id, a tuple), unique and sortable: they decide between equal due dates.
    ``penalty`` and ``fee`` are charges known beforehand; what lateness adds follows from :class:`LateCharges`.
    """

    key: Any
    due: date
    interest: Decimal
    principal: Decimal
    penalty: Decimal = _ZERO
    fee: Decimal = _ZERO


class Payment(NamedTuple):
    """Money received: the caller's unique and sortable key, its value date, a Decimal amount of 0 or more.

    ``target`` names the one installment it is meant for: a prepayment pays its own row and nothing else.
    """

    key: Any
    date: date
    amount: Decimal
    target: Any = None


class Share(NamedTuple):
    """The part of a payment that went to the installment ``key``; never a share of nothing."""

    key: Any
    interest: Decimal
    principal: Decimal
    penalty: Decimal = _ZERO
    fee: Decimal = _ZERO


@dataclass(frozen=True)
class Allocation:
    """Where one payment went; the shares and the rest add up to it exactly.

    :param tuple shares: oldest installment first, only those the payment reached
    :param Decimal rest: overpaid, the borrower's credit
    """

    shares: tuple[Share, ...]
    rest: Decimal


@dataclass(frozen=True)
class LateCharges:
    """What a late installment costs, by the product's rules.

    A penalty runs day by day on what is overdue of an installment, at the penalty rate by days, from the due
    date until it is paid: rate · base · days / year, kept exact and rounded to the cent whenever it is
    asked for, so many part payments lose nothing. See ``conventions`` for the choices.

    :param rates: ((from date, penalty rate, ordinary rate), …) yearly fractions, oldest first; the penalty rate of a
        floating loan follows its rate
    :param Decimal cent: smallest payable amount, major units
    :param str base: ``principal``, or ``installment`` to charge overdue interest too
    :param str days: ``one_end``, ``both_ends`` (due date and day of payment both count), ``neither_end``
    :param int grace_days: up to so many days late cost nothing; one day more costs all of them
    :param bool compounds: each month the unpaid penalty joins the base
    :param bool keeps_interest: ordinary interest runs on with the penalty, on principal that is really outstanding
    :param Decimal late_fee: once for each late installment
    :param int year_days: the days of a year in the penalty, 360 or 365
    :param str rounding_mode: how a penalty is rounded to the cent
    """

    rates: tuple = ()
    cent: Decimal = Decimal("0.01")
    base: str = "principal"
    days: str = "one_end"
    grace_days: int = 0
    compounds: bool = False
    keeps_interest: bool = False
    late_fee: Decimal = _ZERO
    year_days: int = 360
    rounding_mode: str = "half_up"

    @classmethod
    def agreed(cls, conventions, rates, cent=Decimal("0.01")):
        """Return the charges that conventions agree on.

        :param conventions: :class:`conventions.Conventions`
        :param rates: ((from date, ordinary rate), …) the nominal yearly rates of the loan, oldest first
        :param Decimal cent: smallest payable amount, major units
        :rtype: LateCharges
        """
        with localcontext(EXACT):
            rates = tuple((since, rate * conventions.penalty_factor, rate) for since, rate in rates)
        return cls(
            rates=rates,
            cent=cent,
            base=conventions.penalty_base,
            days=conventions.penalty_days,
            grace_days=conventions.grace_days,
            compounds=conventions.penalty_compounds,
            keeps_interest=conventions.overdue_interest == "outstanding",
            late_fee=conventions.late_fee,
            year_days=365 if conventions.penalty_year == "days_365" else 360,
            rounding_mode=conventions.rounding_mode,
        )


class Replay(NamedTuple):
    """What payments did to what is owed.

    :param dict allocations: payment key to :class:`Allocation`, in the order of the replay
    :param dict open: installment key to what is still asked of it as an :class:`Owed`, oldest first, without those
        that ask for nothing more; penalties and fees up to the day asked about
    """

    allocations: dict
    open: dict


def allocate(amount, owed):
    """Spread one amount over what is owed.

    :param Decimal amount: 0 or more, major units
    :param owed: Owed rows in any order; a row not yet due is paid ahead, so pass only those that may be paid
    :rtype: Allocation
    :raises AllocationError: for a negative or non-finite amount, or an installment given twice
    """
    return replay([Payment(None, date.min, amount)], owed)[None]


def replay(payments, owed, order="penalty_interest_principal_fee", spread="installment_first"):
    """Spread all payments over what is owed, in the order of their date and key.

    :param payments: Payment rows in any order
    :param owed: Owed rows in any order, as owed before any of the payments
    :param str order: which part of an installment is paid first
    :param str spread: ``installment_first`` pays the oldest installment in full before the next one;
        ``component_first`` pays the first part of all that are due, then the next part
    :return: dict of payment key to Allocation, in the order of the replay
    :raises AllocationError: for a negative or non-finite amount, a key given twice, an order or target unknown
    """
    return replay_late(payments, owed, None, None, order, spread).allocations


def replay_late(
    payments,
    owed,
    charges,
    today,
    order="penalty_interest_principal_fee",
    spread="installment_first",
    overpayment="pays_ahead",
):
    """Spread all payments as :func:`replay` does, while lateness adds penalties and fees between them.

    Events in, rows out: because everything is played again, a payment reversed or entered late changes the
    penalties of all the others as if it had never, or always, been there.

    :param payments: Payment rows in any order; those after ``today`` are played too, at their date
    :param owed: Owed rows in any order
    :param LateCharges charges: None: lateness costs nothing
    :param date today: the day up to which penalties run and waiting money is spent; None: no further than the last
        payment
    :param str overpayment: ``pays_ahead`` lets money beyond what is due pay the next installments at once; ``waits``
        keeps it as the borrower's credit until each of them falls due
    :rtype: Replay
    :raises AllocationError: as for :func:`replay`
    """
    parts = _parts(order)
    by_component = spread == "component_first"
    owed = _in_order(owed)
    payments = sorted(payments, key=lambda payment: (payment[1], payment[0]))
    _refuse_repeated("payment_repeated", payments)
    allocations = {}
    with localcontext(EXACT):  # the caller's precision must not be able to lose a cent
        items = [_Item(row) for row in owed]
        by_key = {item.key: item for item in items}
        # What is meant for one payment is not paid by others before it; what that one leaves open, or has too
        # much of, is like everything else.
        reserved = {payment.target for payment in payments if payment.target is not None}
        queue = [item for item in items if item.left()]
        first = 0  # the oldest that may still ask for something
        purse = _Purse([item for item in queue if item.key not in reserved], parts)
        for payment in payments:
            left, taken = _checked(payment.amount), {}
            purse.spend(payment.date)
            if charges:
                for item in queue[first:]:
                    if item.due >= payment.date:
                        break
                    item.age(payment.date, charges)
            if payment.target is not None:
                if payment.target not in by_key:
                    raise AllocationError("target_unknown", key=payment.target)
                left = by_key[payment.target].take(left, parts, taken)
                reserved.discard(payment.target)
            if by_component and left:
                due = [
                    item for item in queue[first:] if item.due <= payment.date and item.key not in reserved
                ]
                for part in parts:
                    for item in due:
                        left = item.take(left, (part,), taken)
            index = first
            while left and index < len(queue):
                item = queue[index]
                index += 1
                if overpayment == "waits" and item.due > payment.date:
                    break
                if item.key not in reserved:
                    left = item.take(left, parts, taken)
            if overpayment == "waits":
                purse.add(payment.key, left, taken)
            while first < len(queue) and not queue[first].left():
                first += 1
            allocations[payment.key] = taken, left
        if today is not None:
            purse.spend(today)
        if charges and today is not None:
            for item in queue:
                item.age(today, charges)
        for key, (taken, left) in allocations.items():
            if by_component:
                taken = {item.key: taken[item.key] for item in items if item.key in taken}
            shares = tuple(Share(row, *amounts) for row, amounts in taken.items())
            allocations[key] = Allocation(shares, purse.left.get(key, left))
        still = {item.key: item.as_owed() for item in items if item.left()}
    return Replay(allocations, still)


def remaining(owed, allocations):
    """Return what is still owed after some allocations, oldest first, without the installments fully paid.

    The first row's due date is the oldest unpaid one, from which arrears are counted.

    :param owed: Owed rows the allocations were made of
    :param allocations: Allocation values, e.g. ``replay(...).values()``
    :rtype: tuple[Owed, ...]
    """
    with localcontext(EXACT):
        items = {row.key: _Item(row) for row in _in_order(owed)}
        for allocation in allocations:
            for share in allocation.shares:
                for part, amount in zip(COMPONENTS, share[1:], strict=True):
                    items[share.key].open[part] -= amount
        return tuple(item.as_owed() for item in items.values() if item.left())


class _Purse:
    """Money received beyond what was due, waiting for installments to fall due; the oldest is spent first."""

    def __init__(self, queue, parts):
        self._queue, self._parts, self._next = queue, parts, 0
        self._taken = {}
        self.left = {}  # payment key to what still waits of it

    def add(self, key, amount, taken):
        if amount:
            self.left[key], self._taken[key] = amount, taken

    def spend(self, day):
        """Let the waiting money pay each installment on the day it falls due, up to a day."""
        while self._next < len(self._queue) and self._queue[self._next].due <= day:
            item = self._queue[self._next]
            self._next += 1
            for key, amount in self.left.items():
                self.left[key] = item.take(amount, self._parts, self._taken[key])


def _parts(order):
    parts = tuple(order.split("_"))
    if sorted(parts) != sorted(COMPONENTS):
        raise AllocationError("order_unknown", order=order)
    return parts


class _Item:
    """One installment in a replay: what it still asks for, and the penalty it has run up."""

    __slots__ = ("accrued", "charged", "due", "fined", "joined", "key", "open", "since")

    def __init__(self, row):
        self.key, self.due = row[0], row[1]
        self.open = dict(zip(COMPONENTS, map(_checked, row[2:]), strict=False))
        self.open.setdefault("penalty", _ZERO)
        self.open.setdefault("fee", _ZERO)
        self.accrued = Fraction(0)  # penalty since the due date, exact
        self.charged = _ZERO  # how much of it has been asked for
        self.joined = _ZERO  # unpaid penalty of whole months, where penalties compound
        self.since = None  # up to where it has been counted
        self.fined = False

    def left(self):
        return any(self.open.values())

    def as_owed(self):
        return Owed(self.key, self.due, *(self.open[part] for part in COMPONENTS))

    def take(self, amount, parts, taken):
        """Pay parts in their order; return what is left of the amount, note what was taken."""
        for part in parts:
            if not amount:
                break
            paid = min(amount, self.open[part])
            if paid:
                self.open[part] -= paid
                amount -= paid
                if part == "penalty":  # the oldest is paid first
                    self.joined = max(_ZERO, self.joined - paid)
                shares = taken.setdefault(self.key, [_ZERO] * len(COMPONENTS))
                shares[COMPONENTS.index(part)] += paid
        return amount

    def age(self, day, charges):
        """Let the penalty run up to a day, and charge the late fee."""
        if day <= self.due or (day - self.due).days <= charges.grace_days:
            return
        if self.since is None:
            self.since = self.due + timedelta(_FIRST_DAY[charges.days])
            if charges.late_fee and not self.fined and (self.open["principal"] or self.open["interest"]):
                self.open["fee"] += charges.late_fee
                self.fined = True
        while self.since < day:
            month_end = self._next_month() if charges.compounds else None
            until = min(month_end or day, day)
            self._accrue(self.since, until, charges)
            if until == month_end:
                self.joined = self.open["penalty"]
            self.since = until

    def _next_month(self):
        """Return the next monthly return of the due date."""
        months = (self.since.year - self.due.year) * 12 + self.since.month - self.due.month
        cuts = (add_months(self.due, months + step) for step in range(2))
        return next(cut for cut in cuts if cut > self.since)

    def _accrue(self, start, end, charges):
        principal = Fraction(self.open["principal"])
        base = principal + Fraction(self.joined)
        if charges.base == "installment":
            base += Fraction(self.open["interest"])
        for first, last, rate, ordinary in _at_rates(charges.rates, start, end):
            days = Fraction((last - first).days, charges.year_days)
            self.accrued += base * Fraction(rate) * days
            if charges.keeps_interest:
                self.accrued += principal * Fraction(ordinary) * days
        exact = self.accrued / Fraction(charges.cent)
        asked = money.major(money.round_units(exact, charges.rounding_mode), charges.cent)
        self.open["penalty"] += asked - self.charged
        self.charged = asked


_FIRST_DAY = {"one_end": 0, "both_ends": -1, "neither_end": 1}


def _at_rates(rates, start, end):
    """Yield (start, end, penalty rate, ordinary rate) for a stretch cut where a rate changes."""
    for index, (since, rate, ordinary) in enumerate(rates):
        until = rates[index + 1][0] if index + 1 < len(rates) else end
        first, last = max(start, since) if index else start, min(end, until)
        if first < last:
            yield first, last, rate, ordinary


def _in_order(owed):
    owed = sorted(owed, key=lambda row: (row[1], row[0]))
    _refuse_repeated("owed_repeated", owed)
    for row in owed:
        for amount in row[2:]:
            _checked(amount)
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
