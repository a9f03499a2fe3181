"""What a borrower may do with a loan from a day on, each as the few figures offers are compared by.

Every variant starts from the same day and the same balance, with all that is due by then counted as paid, so the
figures of two variants can be laid side by side and subtracted. Nothing here changes anything.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, localcontext
from typing import NamedTuple

from . import amortization, money, proposals
from .terms import Prepayment

_ZERO = Decimal(0)
_ASKED = object()  # names the row of the prepayment in question


class Variant(NamedTuple):
    """A loan from a day on; amounts are Decimals in major units.

    :param payment: the next installment after the day; None when none is left
    :param next_due: its date, or None
    :param count: how many installments are left
    :param last_due: when the loan ends; of a settlement the day itself
    :param principal: principal repaid on the day, ahead of the schedule
    :param interest_now: interest paid on the day with it
    :param charge: for repaying early
    :param interest: all that is paid beyond the balance of the day and the charge; interest that joins the loan on
        the way is part of it
    :param total: all there is to pay from the day on, the charge included
    :param balances: ((date, principal owed then), …) from the day on
    """

    payment: Decimal | None
    next_due: object
    count: int
    last_due: object
    principal: Decimal
    interest_now: Decimal
    charge: Decimal
    interest: Decimal
    total: Decimal
    balances: tuple

    @property
    def now(self):
        """What is paid on the day itself."""
        return money.EXACT.add(money.EXACT.add(self.principal, self.interest_now), self.charge)

    @property
    def cost(self):
        """What the loan still costs: interest and charge."""
        return money.EXACT.add(self.interest, self.charge)


class Owed(NamedTuple):
    """What stands beside the schedule on a day; amounts are Decimals.

    :param scheduled: installments due by the day and not paid
    :param charges: penalty and fees for lateness
    :param ahead: paid for installments that fall due later, and credit
    """

    scheduled: Decimal
    charges: Decimal
    ahead: Decimal

    @property
    def total(self):
        return self.scheduled + self.charges


def as_agreed(terms, events, day):
    """Return the loan as it stands.

    :param Terms terms: what was agreed
    :param events: what has changed it since
    :param date day: the day from which figures count; rows due on it or before are counted as paid
    :rtype: Variant
    :raises TermsError: where no schedule can be made
    """
    return _variant(terms, events, day, proposals.balance_on(terms, events, day))


def prepaid(terms, events, day, amount, effect=None):
    """Return the loan with an amount of principal repaid ahead of its schedule.

    :param Decimal amount: principal repaid on the day
    :param str effect: one of ``conventions.CHOICES["prepayment_effect"]``; None: as agreed
    :rtype: Variant
    :raises TermsError: ``event_amount_not_positive``, ``event_finer_than_cent``, ``prepayment_beyond_balance`` …
    """
    asked = Prepayment(day, amount, effect, _ASKED)
    balance = proposals.balance_on(terms, events, day)
    return _variant(terms, [*events, asked], day, balance, proposals.charge(terms, day, amount))


def settled(terms, events, day):
    """Return the loan ended on the day.

    :rtype: Variant
    :raises TermsError: ``prepayment_beyond_balance`` when nothing is owed any more
    """
    end = proposals.settle(terms, events, day)
    with localcontext(money.EXACT):
        total = end.principal + end.interest + end.charge
    return Variant(
        None,
        None,
        0,
        day,
        end.principal,
        end.interest,
        end.charge,
        end.interest,
        total,
        ((day, end.principal), (day, _ZERO)),
    )


def changed(terms, events, change, fresh=False):
    """Return the loan under new terms.

    :param Change change: what is to be different, and from which day
    :param bool fresh: nothing is agreed yet, so it is the terms themselves that would be different
    :rtype: Variant
    :raises TermsError: as :func:`amortization.schedule` does
    """
    day = change.date
    if not fresh:
        events = [
            *events,
            change,
        ]  # a new rate may hold from the day before, and so touch what is due on the day
        return _variant(terms, events, day, proposals.balance_on(terms, events, day))
    terms = _agreed_anew(terms, change)
    return _variant(terms, events, day, proposals.balance_on(terms, events, day))


def drawn(terms, events, drawdown):
    """Return the loan with more money paid out on it.

    :param Drawdown drawdown: when and how much
    :rtype: Variant
    :raises TermsError: as :func:`amortization.schedule` does
    """
    events = [*events, drawdown]
    return _variant(terms, events, drawdown.date, proposals.balance_on(terms, events, drawdown.date))


def _agreed_anew(terms, change):
    values = {}
    if change.yearly_rate is not None:
        values["yearly_rate"] = change.yearly_rate
    if change.remaining is not None:
        values["count"] = change.remaining
    if change.grace:
        values["grace"] = change.grace
        if change.grace_interest:
            values["conventions"] = replace(terms.conventions, grace_interest=change.grace_interest)
    if change.method and change.method != terms.method:
        values |= {"method": change.method, "balloon": _ZERO, "step_rate": _ZERO, "installment": _ZERO}
    return replace(terms, **values)


def _variant(terms, events, day, balance, charge=_ZERO):
    rows = amortization.schedule(terms, events)
    # What is due on the day itself is among what is paid before any question is asked.
    ahead = proposals.outlook(rows, day + timedelta(1))
    asked = [row for row in rows if row.key is _ASKED]
    with localcontext(money.EXACT):
        principal = sum((row.principal for row in asked), _ZERO)
        interest_now = sum((row.interest for row in asked), _ZERO)
        # Other prepayments on their way: agreed, and not counted as installments.
        others = [
            row for row in rows if row.due > day and row.kind != amortization.INSTALLMENT and row not in asked
        ]
        paid = ahead.total + principal + interest_now + sum((row.payment for row in others), _ZERO)
        interest = paid - balance
        # What waits for the next due date has been paid; it only does not count yet.
        past = [event for event in events if isinstance(event, Prepayment) and event.date <= day]
        waiting = sum(
            (event.amount for event in past if event.amount and event.key is not _ASKED), _ZERO
        ) - sum(
            (
                row.principal
                for row in rows
                if row.due <= day and row.kind != amortization.INSTALLMENT and row not in asked
            ),
            _ZERO,
        )
        total = paid + charge - waiting
    return Variant(
        ahead.payment,
        ahead.next_due,
        ahead.count,
        ahead.last_due or day,
        principal,
        interest_now,
        charge,
        interest,
        total,
        (
            (day, balance),
            *((max(day, row.due), row.balance) for row in rows if row.due > day or row.key is _ASKED),
        ),
    )
