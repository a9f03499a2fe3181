"""Terms of a loan in, installments out; events in, the installments they leave.

:func:`schedule` is the one entrance. The ledger convention of the house: interest of equal periods, rounded half
up to the cent once per row; a level payment rounded to the cent; the last installment absorbs what rounding
left over. So the rows foot: principal adds up to what was lent, and each printed figure is the figure owed. Whatever
else a lender may agree on is a named convention (:mod:`conventions`) or a field of the terms (:mod:`terms`).

There are two routes to the same rows. Nearly all loans are annuities of the house's convention without events:
they are worked out by a short loop over integers. Everything else walks period by period (:mod:`walk`). A
test holds the two against each other.
"""

from fractions import Fraction
from functools import lru_cache, partial
from math import gcd
from typing import NamedTuple

from . import dates, money
from .terms import ANNUITY, METHODS, Change, Drawdown, Prepayment, Terms, TermsError
from .walk import INSTALLMENT, PREPAYMENT, Walk

__all__ = [
    "INSTALLMENT",
    "METHODS",
    "PREPAYMENT",
    "Change",
    "Drawdown",
    "Installment",
    "Prepayment",
    "Terms",
    "TermsError",
    "annuity_payment",
    "schedule",
    "schedule_minor",
    "unrounded",
]


class Installment(NamedTuple):
    """One row of a schedule; amounts are Decimals in major units.

    ``number`` counts installments from 1 and is 0 for a prepayment's own row, ``due`` is a date, ``balance`` is
    the principal still owed after this payment, ``capitalised`` interest that was added to the
    balance instead of being paid, ``key`` what the event that made the row is called by its giver.
    """

    number: int
    due: object
    principal: object
    interest: object
    balance: object
    capitalised: object = 0
    kind: str = INSTALLMENT
    key: object = None

    @property
    def payment(self):
        """What the borrower pays on the due date."""
        return money.EXACT.add(self.principal, self.interest)


def schedule(terms, events=()):
    """Return the installments as a tuple.

    For every schedule: principal adds up to all drawdowns plus capitalised interest exactly, balances are never
    negative, the last is 0, no figure is negative.

    Where the cent (or the multiple) is coarse beside the payment, as in a tiny loan over a long term, a payment that
    was rounded up can clear the loan before the term: the installment that clears it is then the last, there
    are **fewer rows than agreed**, and none of nothing. Take count and maturity from the rows, not the terms.

    :param Terms terms: what was agreed
    :param events: :class:`terms.Drawdown`, :class:`terms.Prepayment` and :class:`terms.Change`, in any order; those
        of one day count in the order given
    :rtype: tuple[Installment, ...]
    :raises TermsError: where no schedule can be made, with the reason
    """
    rows = schedule_minor(terms, events)
    in_major = partial(money.EXACT.multiply, terms.cent)  # money.major, without a Python call for each amount
    numbers, dues, *amounts, kinds, keys = zip(*rows, strict=True)
    return tuple(map(Installment, numbers, dues, *(map(in_major, column) for column in amounts), kinds, keys))


def schedule_minor(terms, events=()):
    """Return the rows of :func:`schedule` as plain tuples with amounts in integer minor units.

    The form for bulk loading; one row is ``(number, due, principal, interest, balance, capitalised, kind, key)``.

    :rtype: list[tuple[int, date, int, int, int, int, str, object]]
    """
    if not events and _is_plain(terms):
        return _annuity_rows(terms)
    if terms.conventions.rounding_stage == "display":
        return _displayed(terms, Walk(terms, events, exact=True).rows())
    return Walk(terms, events).rows()


def unrounded(terms, events=()):
    """Return the rows before any rounding, amounts as :class:`fractions.Fraction` of major units.

    What a spreadsheet shows at two decimals: each figure is right, and their sums do not foot.

    :rtype: tuple[Installment, ...]
    """
    cent = Fraction(terms.cent)
    return tuple(
        Installment(number, due, *(amount * cent for amount in amounts), kind, key)
        for number, due, *amounts, kind, key in Walk(terms, events, exact=True).rows()
    )


def _displayed(terms, rows):
    """Return unrounded rows as a borrower reads them, in minor units, so that they foot nevertheless.

    Balances and payments are rounded for display; the principal is the fall of the shown balance and the
    interest the rest of the shown payment, so a row's interest can stray from its own rounding by a cent.
    """
    rounded = partial(money.round_units, mode=terms.conventions.rounding_mode)
    shown, left = [], 0
    exact_left = 0
    for number, due, principal, interest, balance, capitalised, kind, key in rows:
        drawn = (
            balance + principal - capitalised - exact_left
        )  # paid out since the last row: whole minor units
        opening, left, exact_left = left + int(drawn), rounded(balance), balance
        added = max(rounded(capitalised), left - opening)
        repaid = opening + added - left
        asked = max(repaid, rounded(principal + interest))
        shown.append((number, due, repaid, asked - repaid, left, added, kind, key))
    return shown


def annuity_payment(terms):
    """Return the level payment of an ordinary annuity over the terms, rounded half up to the cent.

    P·i / (1 − (1 + i)^−n), with i the yearly rate by the payments in a year; P / n without interest. The value of
    n such payments, discounted at i, is P. Computed as one fraction of integers, thus exact before the
    rounding whatever rate and term: even a payment that ends on half a cent is rounded the right way.

    :param Terms terms: whatever their method and conventions
    :rtype: Decimal
    """
    over, under = _period_rate(terms.yearly_rate, terms.frequency)
    return money.major(_level_payment(terms.principal_minor, over, under, terms.count), terms.cent)


# ------------------------------------------------------------------ the short route


def _is_plain(terms):
    return (
        terms.method == ANNUITY
        and not terms.grace
        and not terms.interest_grace
        and not terms.installment
        and terms.calendar is None
        and terms.conventions.is_plain
        and (
            terms.start is None
            or terms.conventions.first_period == "ignored"
            or terms.start == dates.period_start(terms.first_due, terms.frequency, terms.due_day)
        )
    )


# A book's loans fall due on few days, and dates are kept as objects anyway.
_due_dates = lru_cache(maxsize=1024)(dates.due_dates)


def _period_rate(yearly_rate, frequency):
    """Return the rate of one period in lowest terms, (over, under)."""
    over, under = yearly_rate.as_integer_ratio()
    per_year = dates.FREQUENCIES[frequency].per_year
    common = gcd(over, per_year)
    return over // common, under * (per_year // common)


@lru_cache(maxsize=1024)  # most loans share rate and term with thousands of others
def _level_factor(rate_over, rate_under, count):
    """Return the annuity factor i·(1 + i)^n / ((1 + i)^n − 1) exactly, as (numerator, denominator)."""
    if not rate_over:
        return 1, count
    grown = (rate_over + rate_under) ** count
    return rate_over * grown, rate_under * (grown - rate_under**count)


def _level_payment(principal, rate_over, rate_under, count):
    over, under = _level_factor(rate_over, rate_under, count)
    return (2 * principal * over + under) // (2 * under)


def _annuity_rows(terms):
    """Return the rows of a plain annuity, up to the one that clears the loan."""
    balance, count, cent = terms.principal_minor, terms.count, terms.cent
    rate_over, rate_under = _period_rate(terms.yearly_rate, terms.frequency)
    over, under = _level_factor(rate_over, rate_under, count)
    payment = (2 * balance * over + under) // (2 * under)
    twice_over, twice_under = 2 * rate_over, 2 * rate_under
    if balance * over < under:
        raise TermsError("installment_below_cent", cent=cent)
    # Rounded to the cent such a payment repays nothing until the whole loan falls on the last row. Refusing
    # it here is also what makes the rows safe: interest only falls after the first period, so no later
    # principal is below 1.
    interest = (balance * twice_over + rate_under) // twice_under
    if payment <= interest:
        raise TermsError(
            "principal_never_falls",
            payment=money.major(payment, cent),
            interest=money.major(interest, cent),
        )
    rows = []
    add = rows.append
    *dues, last_due = _due_dates(terms.first_due, count, terms.due_day, terms.frequency)
    number = 0
    for number, due in enumerate(dues, 1):
        interest = (balance * twice_over + rate_under) // twice_under
        left = balance - payment + interest
        if left <= 0:
            add((number, due, balance, interest, 0, 0, INSTALLMENT, None))
            return rows
        add((number, due, balance - left, interest, left, 0, INSTALLMENT, None))
        balance = left
    interest = (balance * twice_over + rate_under) // twice_under
    add((number + 1, last_due, balance, interest, 0, 0, INSTALLMENT, None))
    return rows
