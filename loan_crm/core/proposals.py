"""What a loan would be like: settled today, prepaid, repriced, restructured. Nothing here changes anything."""

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from . import amortization, dates, money
from .terms import Prepayment, TermsError

_ZERO = Decimal(0)


class Settlement(NamedTuple):
    """What ends a loan on a day, amounts in major units.

    :param principal: what is owed of the loan by its schedule, rows due before the day counted as paid
    :param interest: of the running period, by the convention ``settlement_interest``
    :param charge: for repaying early
    :param saved: interest of the schedule that is never asked for
    """

    principal: Decimal
    interest: Decimal
    charge: Decimal
    saved: Decimal

    @property
    def total(self):
        return self.principal + self.interest + self.charge


class Outlook(NamedTuple):
    """What lies ahead of a day: a schedule in the few figures offers are compared by.

    :param payment: the next installment; None when nothing lies ahead
    :param next_due: its date
    :param last_due: when the loan ends
    :param count: how many installments are left that ask for something
    :param interest: all of theirs
    :param total: all they ask for
    """

    payment: Decimal | None
    next_due: object
    last_due: object
    count: int
    interest: Decimal
    total: Decimal


def outlook(rows, day):
    """Return what rows ask for from a day on, that day included.

    :param rows: :class:`amortization.Installment` rows; prepayments of their own are facts, not installments
    :param date day: today
    :rtype: Outlook
    """
    ahead = [row for row in rows if row.due >= day and row.kind == amortization.INSTALLMENT]
    with localcontext(money.EXACT):
        interest = sum((row.interest for row in ahead), _ZERO)
        total = interest + sum((row.principal for row in ahead), _ZERO)
    asked = [row for row in ahead if row.payment]
    if not asked:
        return Outlook(None, None, None, 0, interest, total)
    return Outlook(asked[0].payment, asked[0].due, asked[-1].due, len(asked), interest, total)


def balance_on(terms, events, day):
    """Return the principal owed on a day by the schedule: rows due before it are counted as paid.

    A payment due on the day itself counts as paid too: what is repaid that day comes after it.
    """
    balance = terms.principal
    with localcontext(money.EXACT):
        drawn = sum((event.amount for event in events if _is_drawdown(event) and event.date <= day), _ZERO)
        repaid = sum(
            (
                row.principal - row.capitalised
                for row in amortization.schedule(terms, events)
                if row.due <= day
            ),
            _ZERO,
        )
        return balance + drawn - repaid


def settle(terms, events, day):
    """Return what settles a loan on a day, if everything due by then is paid.

    Interest of the running period runs to the day, or to the next due date where the contract says so; the
    charge is a fraction of the principal repaid early, as long as its window is open.

    :param Terms terms: what was agreed
    :param events: what has changed it since
    :param date day: the day of settlement, not before the loan starts
    :rtype: Settlement
    :raises TermsError: ``prepayment_beyond_balance`` when nothing is owed any more
    """
    past = [event for event in events if event.date <= day]
    agreed = amortization.schedule(terms, past)
    try:
        rows = amortization.schedule(terms, [*past, Prepayment(day, None, "own_row", _SETTLED)])
    except TermsError as refusal:
        if refusal.reason == "event_after_end":
            raise TermsError("prepayment_beyond_balance", balance=money.quantize(_ZERO, terms.cent)) from None
        raise
    (last,) = (index for index, row in enumerate(rows) if row.key is _SETTLED)
    # A row asked for but not due yet, because its due date was moved, is to be paid as well.
    asked = [row for row in rows[:last] if row.due > day and row.kind == amortization.INSTALLMENT]
    ahead = [row for row in agreed if row.due > day and row.kind == amortization.INSTALLMENT]
    with localcontext(money.EXACT):
        balance = sum((row.principal for row in asked), rows[last].principal)
        interest = sum((row.interest for row in asked), rows[last].interest)
        # Interest that joins the loan on the way is interest like any other.
        scheduled = sum((row.interest + row.capitalised for row in ahead), _ZERO)
        early = charge(terms, day, rows[last].principal)
        return Settlement(balance, interest, early, max(_ZERO, scheduled - interest))


_SETTLED = object()


def charge(terms, day, amount):
    """Return the charge for repaying an amount of principal early on a day, rounded to the cent as agreed.

    :param Decimal amount: principal repaid ahead of the schedule
    """
    conventions = terms.conventions
    start = terms.start or dates.period_start(terms.first_due, terms.frequency, terms.due_day)
    months = conventions.prepayment_charge_months
    if months and day >= dates.add_months(start, months):
        return money.quantize(_ZERO, terms.cent)
    with localcontext(money.EXACT):
        exact = Fraction(amount) * Fraction(conventions.prepayment_charge_rate) / Fraction(terms.cent)
        return money.major(money.round_units(exact, conventions.rounding_mode), terms.cent)


def _is_drawdown(event):
    return isinstance(event, amortization.Drawdown)
