"""Terms of a loan in, installments out.

The ledger convention: interest of equal months (a twelfth of the yearly rate on the balance), rounded half up
to the cent once per row; a level payment rounded to the cent; the last installment absorbs what rounding left
over. So the rows foot: principal adds up to the loan, and each printed figure is the figure owed.

A repayment method is one entry in ``_METHODS``: a check that refuses terms the method can not serve, and a
function from whole minor units to rows. Callers ask :func:`schedule` and never name a method's function.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from math import gcd
from typing import NamedTuple

from . import dates, money
from .refusal import Refusal

ANNUITY = "annuity"  # 等额本息: level payments

# Fifty years; also keeps the exact powers of the annuity factor to a few kilobytes.
MAX_MONTHS = 600
# 300 % a year. A higher figure is a percentage typed where a fraction belongs (4.35 for 0.0435). What a
# lender may charge is the product's limit, far below.
MAX_YEARLY_RATE = Decimal(3)
MAX_RATE_DECIMALS = 12
# Odoo reads amounts as binary doubles, which hold every integer up to 2**53 (9.0e15) and no further.
MAX_PRINCIPAL_MINOR = 10**15


class TermsError(Refusal):
    """Terms no schedule can be made of.

    Reasons: ``cent_not_positive``, ``principal_not_finite``, ``principal_not_positive``,
    ``principal_finer_than_cent``, ``principal_too_large`` (fact ``maximum``, major units),
    ``rate_not_finite``, ``rate_negative``, ``rate_too_high`` (``maximum``), ``rate_too_fine`` (``maximum``
    decimals), ``term_not_positive``, ``term_too_long`` (``maximum`` months), ``term_past_calendar``,
    ``due_day_mismatch``, ``method_unknown``, ``installment_below_cent``, ``principal_never_falls``
    (``payment``, ``interest``).
    """


@dataclass(frozen=True)
class Terms:
    """What borrower and lender agreed on; a Terms that exists has a schedule.

    :param Decimal principal: amount lent, major units, a whole number of cents
    :param Decimal yearly_rate: nominal, as a fraction: 0.12 is twelve per cent
    :param int months: number of monthly installments agreed
    :param date first_due: due date of the first installment, one month of interest after the drawdown
    :param Decimal cent: smallest payable amount of the currency, major units
    :param int due_day: day of month to keep when ``first_due`` is itself clamped to a short month, or None
    :param str method: repayment method, a key of the methods known here
    :raises TermsError: with the reason
    :raises TypeError: for a float, a datetime or a fractional number of months: a slip of the caller, not of
        a user
    """

    principal: Decimal
    yearly_rate: Decimal
    months: int
    first_due: date
    cent: Decimal = Decimal("0.01")
    due_day: int | None = None
    method: str = ANNUITY

    def __post_init__(self):
        for name in ("principal", "yearly_rate", "cent"):
            if not isinstance(getattr(self, name), Decimal):
                raise TypeError(f"{name} must be a Decimal, not {getattr(self, name)!r}")
        if not isinstance(self.months, int):
            raise TypeError(f"months must be an int, not {self.months!r}")
        if not isinstance(self.first_due, date) or isinstance(self.first_due, datetime):
            raise TypeError(f"first_due must be a date, not {self.first_due!r}")
        self._check_amounts()
        self._check_rate()
        self._check_calendar()
        if self.method not in _METHODS:
            raise TermsError("method_unknown", method=self.method)
        # Frozen to others; kept because check and schedule both ask for it, once per loan of a whole book.
        object.__setattr__(self, "_minor", self._in_minor())
        _METHODS[self.method].check(self)

    def _check_amounts(self):
        if not self.cent.is_finite() or self.cent <= 0:
            raise TermsError("cent_not_positive", cent=self.cent)
        if not self.principal.is_finite():
            raise TermsError("principal_not_finite")
        if self.principal <= 0:
            raise TermsError("principal_not_positive", principal=self.principal)
        maximum = money.major(MAX_PRINCIPAL_MINOR, self.cent)
        if self.principal > maximum:
            raise TermsError("principal_too_large", maximum=maximum)

    def _check_rate(self):
        if not self.yearly_rate.is_finite():
            raise TermsError("rate_not_finite")
        if self.yearly_rate < 0:
            raise TermsError("rate_negative", rate=self.yearly_rate)
        if self.yearly_rate > MAX_YEARLY_RATE:
            raise TermsError("rate_too_high", maximum=MAX_YEARLY_RATE)
        if 10**MAX_RATE_DECIMALS % self.yearly_rate.as_integer_ratio()[1]:
            raise TermsError("rate_too_fine", maximum=MAX_RATE_DECIMALS)

    def _check_calendar(self):
        if self.months <= 0:
            raise TermsError("term_not_positive", months=self.months)
        if self.months > MAX_MONTHS:
            raise TermsError("term_too_long", maximum=MAX_MONTHS)
        if self.due_day is not None and not (
            1 <= self.due_day <= 31 and dates.on_due_day(self.first_due, self.due_day)
        ):
            raise TermsError("due_day_mismatch", first_due=self.first_due, due_day=self.due_day)
        if (self.first_due.year * 12 + self.first_due.month - 1 + self.months - 1) // 12 > date.max.year:
            raise TermsError("term_past_calendar", first_due=self.first_due, months=self.months)

    def _in_minor(self):
        """Return the same terms in whole numbers."""
        try:
            units = money.exact_minor(self.principal, self.cent)
        except money.MoneyError:
            raise TermsError("principal_finer_than_cent", cent=self.cent) from None
        over, under = self.yearly_rate.as_integer_ratio()
        common = gcd(over, 12)
        return _MinorTerms(units, over // common, under * 12 // common, self.months)


class Installment(NamedTuple):
    """One row of a schedule; amounts are Decimals in major units.

    ``number`` counts from 1, ``due`` is a date, ``balance`` is the principal still owed after this payment.
    """

    number: int
    due: date
    principal: Decimal
    interest: Decimal
    balance: Decimal

    @property
    def payment(self):
        """What the borrower pays on the due date."""
        return money.EXACT.add(self.principal, self.interest)


def schedule(terms):
    """Return the installments as a tuple; the last one absorbs what rounding left over.

    For every schedule: principal adds up to the loan exactly, each row repays at least one cent of it,
    balances fall from row to row, the last is 0, no figure is negative.

    Annuity: all payments but the last are :func:`annuity_payment`. Where the cent is coarse beside the
    payment, as in a tiny loan over a long term, a payment that was rounded up can clear the loan before the
    term: the installment that clears it is then the last, there are **fewer rows than months**, and none of
    nothing. One that was rounded down leaves a larger last payment. Take count and maturity from the rows,
    not the terms.

    :param Terms terms: what was agreed
    :rtype: tuple[Installment, ...]
    """
    numbers, dues, *amounts = zip(*schedule_minor(terms), strict=True)
    in_major = partial(money.EXACT.multiply, terms.cent)  # money.major, without a Python call for each amount
    return tuple(map(Installment, numbers, dues, *(map(in_major, column) for column in amounts)))


def schedule_minor(terms):
    """Return the rows of :func:`schedule` as plain tuples with amounts in integer minor units.

    The form for bulk loading; one row is ``(number, due, principal, interest, balance)``.

    :rtype: list[tuple[int, date, int, int, int]]
    """
    dues = dates.due_dates(terms.first_due, terms.months, terms.due_day)
    return _METHODS[terms.method].rows(terms._minor, dues)


def annuity_payment(terms):
    """Return the level payment, rounded half up to the cent.

    Ordinary annuity: P·i / (1 − (1 + i)^−n), with i a twelfth of the yearly rate; P / n without interest. The
    value of n such payments, discounted at i, is P. Computed as one fraction of integers, thus exact before
    the rounding whatever rate and term: even a payment that ends on half a cent is rounded the right way.

    :param Terms terms: whatever their method
    :rtype: Decimal
    """
    return money.major(_level_payment(terms._minor), terms.cent)


class _MinorTerms(NamedTuple):
    """Terms in integers: principal in minor units, monthly rate = rate_over / rate_under in lowest terms."""

    principal: int
    rate_over: int
    rate_under: int
    months: int


@lru_cache(maxsize=1024)  # a book has few products: most loans share rate and term with thousands of others
def _level_factor(rate_over, rate_under, months):
    """Return the annuity factor i·(1 + i)^n / ((1 + i)^n − 1) exactly, as (numerator, denominator)."""
    if not rate_over:
        return 1, months
    grown = (rate_over + rate_under) ** months
    return rate_over * grown, rate_under * (grown - rate_under**months)


def _level_payment(minor_terms):
    principal, rate_over, rate_under, months = minor_terms
    over, under = _level_factor(rate_over, rate_under, months)
    return (2 * principal * over + under) // (2 * under)


def _month_interest(balance, rate_over, rate_under):
    """Return one month's interest in minor units, rounded half up."""
    return (2 * balance * rate_over + rate_under) // (2 * rate_under)


def _check_annuity(terms):
    principal, rate_over, rate_under, months = minor_terms = terms._minor
    over, under = _level_factor(rate_over, rate_under, months)
    if principal * over < under:
        raise TermsError("installment_below_cent", cent=terms.cent)
    payment, interest = _level_payment(minor_terms), _month_interest(principal, rate_over, rate_under)
    # Rounded to the cent such a payment repays nothing until the whole loan falls on the last row. Refusing
    # it here is also what makes the rows safe: interest only falls after the first month, so no later
    # principal is below 1.
    if payment <= interest:
        raise TermsError(
            "principal_never_falls",
            payment=money.major(payment, terms.cent),
            interest=money.major(interest, terms.cent),
        )


def _annuity_rows(minor_terms, dues):
    """Return the rows of :func:`schedule_minor`, up to the one that clears the loan."""
    balance, rate_over, rate_under, months = minor_terms
    payment = _level_payment(minor_terms)
    twice_over, twice_under = 2 * rate_over, 2 * rate_under
    rows = []
    for number, due in enumerate(dues, 1):
        # _month_interest written out: the call alone would cost a third of the loop
        interest = (balance * twice_over + rate_under) // twice_under
        principal = payment - interest
        if number == months or principal > balance:
            principal = balance
        balance -= principal
        rows.append((number, due, principal, interest, balance))
        if not balance:
            break
    return rows


class _Method(NamedTuple):
    check: object  # Terms → None, or TermsError
    rows: object  # _MinorTerms, due dates → list of (number, due, principal, interest, balance)


_METHODS = {ANNUITY: _Method(_check_annuity, _annuity_rows)}
METHODS = tuple(_METHODS)
