"""What borrower and lender agree on, and what may change it later: the values every schedule is made of."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from . import dates, money
from .calendars import BusinessCalendar
from .conventions import STANDARD, Conventions
from .refusal import Refusal

ANNUITY = "annuity"  # 等额本息: level payments
EQUAL_PRINCIPAL = "equal_principal"  # 等额本金: level principal, falling payments
FLAT = "flat"  # interest on the amount lent, whatever is repaid meanwhile
INTEREST_ONLY = "interest_only"  # 先息后本: interest each period, the principal at the end
BULLET = "bullet"  # 到期还本付息: one payment at maturity
BALLOON = "balloon"  # level payments towards an agreed last amount
STEPPED = "stepped"  # payments that grow (or fall) by a share every so many installments

METHODS = (ANNUITY, EQUAL_PRINCIPAL, FLAT, INTEREST_ONLY, BULLET, BALLOON, STEPPED)
# Methods whose payment is worked out from the whole term: they can be nudged, and they have one to keep.
LEVEL_METHODS = (ANNUITY, BALLOON, STEPPED)
# Methods whose principal is due on one day, or spread by the number of rows: repaying early cannot shorten them.
TERM_BOUND_METHODS = (FLAT, INTEREST_ONLY, BULLET)
# Effects of a prepayment that end a loan sooner.
SHORTENING = ("keep_installment", "keep_installment_whole")

# Fifty years; also keeps the exact powers of the annuity factor to a few kilobytes.
MAX_YEARS = 50
# 300 % a year. A higher figure is a percentage typed where a fraction belongs (4.35 for 0.0435). What a
# lender may charge is the product's limit, far below.
MAX_YEARLY_RATE = Decimal(3)
MAX_RATE_DECIMALS = 12
# Odoo reads amounts as binary doubles, which hold every integer up to 2**53 (9.0e15) and no further.
MAX_PRINCIPAL_MINOR = 10**15


class TermsError(Refusal):
    """Terms or events no schedule can be made of.

    Amounts: ``cent_not_positive``, ``principal_not_finite``, ``principal_not_positive``,
    ``principal_finer_than_cent``, ``principal_too_large`` (fact ``maximum``, major units).
    Rate: ``rate_not_finite``, ``rate_negative``, ``rate_too_high`` (``maximum``), ``rate_too_fine``
    (``maximum`` decimals).
    Term: ``term_not_positive``, ``term_too_long`` (``maximum`` installments), ``term_past_calendar``,
    ``due_day_mismatch``, ``first_due_not_after_start``, ``first_period_too_long``.
    Method: ``method_unknown``, ``frequency_unknown``, ``installment_below_cent``, ``principal_never_falls``
    (``payment``, ``interest``), ``balloon_out_of_range``, ``grace_out_of_range`` (``maximum``),
    ``step_out_of_range``, ``options_disagree`` (``first``, ``second``: names of fields or options),
    ``multiple_finer_than_cent``.
    Events: ``event_before_start``, ``event_after_end``, ``event_amount_not_positive``,
    ``event_finer_than_cent``, ``prepayment_beyond_balance`` (``balance``), ``prepayment_beyond_next_due``
    (``balance`` that is left on the due date it waits for), ``event_remaining_out_of_range``.
    """


_NOTHING = Decimal(0)


@dataclass(frozen=True, init=False)
class Terms:
    """What was agreed; :func:`amortization.schedule` turns it into rows or says why there are none.

    :param Decimal principal: amount lent on ``start``, major units, a whole number of cents
    :param Decimal yearly_rate: nominal, as a fraction: 0.12 is twelve per cent
    :param int count: number of installments agreed
    :param date first_due: due date of the first installment
    :param Decimal cent: smallest payable amount of the currency, major units
    :param int due_day: day of month to keep when ``first_due`` is itself clamped to a short month, or None
    :param str method: one of ``METHODS``
    :param date start: the day the money is paid out and interest begins; None: one whole period before
        ``first_due``
    :param str frequency: a key of ``dates.FREQUENCIES``
    :param Decimal balloon: for ``balloon``: principal left for the last installment, on top of its payment
    :param int grace: so many first installments repay no principal
    :param int interest_grace: so many first installments ask for no interest; the next one asks for all of it at
        once. An annuity keeps its payment meanwhile, all of it principal
    :param Decimal installment: for ``annuity``: the agreed payment instead of the one worked out, 0 without one. The
        loan ends when it is repaid; installment ``count`` repays what is left then, however much
    :param Decimal step_rate: for ``stepped``: payments grow by this fraction (0.05; negative: fall) …
    :param int step_every: … after every so many installments
    :param BusinessCalendar calendar: the days due dates may fall on, or None where none is moved
    :param Conventions conventions: everything engines differ on
    :ivar int principal_minor: the amount lent in cents
    :raises TermsError: with the reason
    :raises TypeError: for a float, a datetime or a fractional number of installments: a slip of the caller,
        not of a user
    """

    principal: Decimal
    yearly_rate: Decimal
    count: int
    first_due: date
    cent: Decimal
    due_day: int | None
    method: str
    start: date | None
    frequency: str
    balloon: Decimal
    grace: int
    step_rate: Decimal
    step_every: int
    calendar: BusinessCalendar | None
    conventions: Conventions
    interest_grace: int
    installment: Decimal

    # Written out, because the one a frozen dataclass makes takes longer than half the rows of a short schedule.
    def __init__(
        self,
        principal,
        yearly_rate,
        count,
        first_due,
        cent=Decimal("0.01"),
        due_day=None,
        method=ANNUITY,
        start=None,
        frequency="monthly",
        balloon=_NOTHING,
        grace=0,
        step_rate=_NOTHING,
        step_every=12,
        calendar=None,
        conventions=STANDARD,
        interest_grace=0,
        installment=_NOTHING,
    ):
        agreed = locals()
        del agreed["self"]
        self.__dict__.update(agreed)
        decimals = type(principal) is type(yearly_rate) is type(cent) is Decimal
        if not (decimals and type(count) is int and type(first_due) is date):
            _check_kind(Decimal, principal=principal, yearly_rate=yearly_rate, cent=cent)
            _check_kind(int, count=count)
            _check_date("first_due", first_due)
        if start is not None:
            _check_date("start", start)
        self.__dict__["principal_minor"] = _checked_principal(principal, cent)
        check_rate(yearly_rate)
        plain = method == ANNUITY and conventions is STANDARD and not (grace or interest_grace)
        if not plain or balloon or step_rate or installment or step_every != 12:
            _check_kind(Decimal, balloon=balloon, step_rate=step_rate, installment=installment)
            _check_kind(int, grace=grace, step_every=step_every, interest_grace=interest_grace)
            self._check_calendar()
            self._check_method()
        else:  # a plain annuity has nothing more to disagree about, and most loans of a book are plain
            self._check_calendar()

    def _check_calendar(self):
        if self.frequency not in dates.FREQUENCIES:
            raise TermsError("frequency_unknown", frequency=self.frequency)
        frequency = dates.FREQUENCIES[self.frequency]
        if self.count <= 0:
            raise TermsError("term_not_positive", count=self.count)
        if self.count > MAX_YEARS * frequency.per_year:
            raise TermsError("term_too_long", maximum=MAX_YEARS * frequency.per_year)
        if self.due_day is not None:
            if not frequency.months:
                raise TermsError("options_disagree", first="frequency", second="due_day")
            if not (1 <= self.due_day <= 31 and dates.on_due_day(self.first_due, self.due_day)):
                raise TermsError("due_day_mismatch", first_due=self.first_due, due_day=self.due_day)
        # The year of the last installment, a little generously for weeks.
        if self.first_due.year + (self.count + self.grace) // frequency.per_year >= date.max.year:
            try:
                dates.add_periods(self.first_due, self.count + self.grace - 1, self.frequency, self.due_day)
            except (ValueError, OverflowError):
                raise TermsError("term_past_calendar", first_due=self.first_due, count=self.count) from None
        if self.start is not None:
            if self.start >= self.first_due:
                raise TermsError("first_due_not_after_start", start=self.start, first_due=self.first_due)
            if (self.first_due - self.start).days > _MAX_FIRST_DAYS + 366 // frequency.per_year:
                raise TermsError("first_period_too_long", start=self.start, first_due=self.first_due)
        if (self.conventions.business_day_rule != "unadjusted") != (self.calendar is not None):
            raise TermsError("options_disagree", first="business_day_rule", second="calendar")

    def _check_method(self):
        if self.method not in METHODS:
            raise TermsError("method_unknown", method=self.method)
        conventions, method = self.conventions, self.method
        if (method == BALLOON) != bool(self.balloon) and self.balloon.is_finite():
            raise TermsError("options_disagree", first="method", second="balloon")
        if method == BALLOON:
            if not self.balloon.is_finite() or not 0 < self.balloon < self.principal:
                raise TermsError("balloon_out_of_range")
            _check_cents("balloon_out_of_range", self.balloon, self.cent)
        if (method == STEPPED) != bool(self.step_rate):
            raise TermsError("options_disagree", first="method", second="step_rate")
        if self.step_rate and not (-1 < self.step_rate <= 1 and 1 <= self.step_every <= self.count):
            raise TermsError("step_out_of_range")
        if self.grace:
            if method in (FLAT, INTEREST_ONLY, BULLET):
                raise TermsError("options_disagree", first="method", second="grace")
            maximum = self.count - 1 if conventions.grace_rows == "compressed" else self.count
            if not 0 <= self.grace <= maximum:
                raise TermsError("grace_out_of_range", maximum=maximum)
        self._check_interest_grace()
        if self.installment:
            if method != ANNUITY:
                raise TermsError("options_disagree", first="method", second="installment")
            if conventions.last_row != "payment_changes":  # the last one takes what is left
                raise TermsError("options_disagree", first="last_row", second="installment")
            if not self.installment.is_finite() or self.installment < 0:
                raise TermsError("installment_below_cent", cent=self.cent)
            _check_cents("installment_below_cent", self.installment, self.cent)
        if method not in LEVEL_METHODS and conventions.last_row != "payment_changes":
            raise TermsError("options_disagree", first="method", second="last_row")
        if method == STEPPED and conventions.last_row == "level_nudged":  # there is no one level to nudge
            raise TermsError("options_disagree", first="method", second="last_row")
        if method in (*LEVEL_METHODS, INTEREST_ONLY, BULLET) and conventions.remainder_row == "first":
            raise TermsError("options_disagree", first="method", second="remainder_row")
        if method in TERM_BOUND_METHODS and conventions.prepayment_effect in SHORTENING:
            raise TermsError("options_disagree", first="method", second="prepayment_effect")
        if method != STEPPED and conventions.shortfall == "capitalised":
            raise TermsError("options_disagree", first="method", second="shortfall")
        if conventions.installment_multiple:
            _check_cents("multiple_finer_than_cent", conventions.installment_multiple, self.cent)

    def _check_interest_grace(self):
        if not self.interest_grace:
            return
        if self.method in (FLAT, BULLET):
            raise TermsError("options_disagree", first="method", second="interest_grace")
        if self.grace and self.conventions.grace_interest != "paid":  # put off already, and longer
            raise TermsError("options_disagree", first="grace_interest", second="interest_grace")
        if not 0 <= self.interest_grace < self.count:
            raise TermsError("grace_out_of_range", maximum=self.count - 1)


_MAX_FIRST_DAYS = 366  # beyond one period: a moratorium of more is what grace is for


@dataclass(frozen=True)
class Drawdown:
    """More money paid out on a line: the balance rises and the rest is levelled anew.

    :param date date: the day it is paid out
    :param Decimal amount: more than 0, whole cents
    """

    date: date
    amount: Decimal


@dataclass(frozen=True)
class Prepayment:
    """Principal repaid ahead of the schedule, as a row of its own.

    :param date date: the day it counts from, by the convention ``prepayment_date``
    :param Decimal amount: principal repaid, more than 0, whole cents, at most the balance; None: all of it, with
        the interest up to the day
    :param str effect: what happens to the rest; None: the convention ``prepayment_effect``
    :param key: the caller's name for it, handed back on its row
    """

    date: date
    amount: Decimal | None
    effect: str | None = None
    key: object = None


@dataclass(frozen=True)
class Change:
    """New terms from a day on; rows that fell due before stand as they were.

    Repricing sets ``yearly_rate`` alone; a restructuring any of them. What is None stays.

    :param date date: the day from which they hold, by the convention ``repricing_day``
    :param Decimal yearly_rate: the new nominal rate
    :param int remaining: how many installments are still to come, the one of the running period included
    :param int grace: so many of them repay no principal (a payment holiday)
    :param str grace_interest: how a holiday's interest is borne; None: the convention
    :param str method: annuity, equal_principal or interest_only; another repayment method for the rest
    """

    date: date
    yearly_rate: Decimal | None = None
    remaining: int | None = None
    grace: int = 0
    grace_interest: str | None = None
    method: str | None = None


def check_rate(rate):
    """Refuse a nominal yearly rate (a Decimal fraction) that nobody can calculate with.

    :raises TermsError: ``rate_not_finite``, ``rate_negative``, ``rate_too_high``, ``rate_too_fine``
    """
    if not rate.is_finite():
        raise TermsError("rate_not_finite")
    if rate < 0:
        raise TermsError("rate_negative", rate=rate)
    if rate > MAX_YEARLY_RATE:
        raise TermsError("rate_too_high", maximum=MAX_YEARLY_RATE)
    if _MAX_RATE_SCALE % rate.as_integer_ratio()[1]:
        raise TermsError("rate_too_fine", maximum=MAX_RATE_DECIMALS)


_MAX_RATE_SCALE = 10**MAX_RATE_DECIMALS


def _checked_principal(principal, cent):
    """Return the amount lent in cents."""
    if not cent.is_finite() or cent <= 0:
        raise TermsError("cent_not_positive", cent=cent)
    if not principal.is_finite():
        raise TermsError("principal_not_finite")
    over, under, maximum = _cent_facts(cent)
    if principal <= 0:
        raise TermsError("principal_not_positive", principal=principal)
    if principal > maximum:
        raise TermsError("principal_too_large", maximum=maximum)
    principal_over, principal_under = principal.as_integer_ratio()
    units, left = divmod(principal_over * under, principal_under * over)
    if left:
        raise TermsError("principal_finer_than_cent", cent=cent)
    return units


@lru_cache(maxsize=64)  # there are few currencies
def _cent_facts(cent):
    """Return a cent as a fraction (numerator, denominator), and the largest principal."""
    return (*cent.as_integer_ratio(), money.major(MAX_PRINCIPAL_MINOR, cent))


def _check_kind(kind, **values):
    for name, value in values.items():
        if not isinstance(value, kind):
            raise TypeError(f"{name} must be of type {kind.__name__}, not {value!r}")


def _check_date(name, value):
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(f"{name} must be a date, not {value!r}")


def _check_cents(reason, amount, cent):
    try:
        money.exact_minor(amount, cent)
    except money.MoneyError:
        raise TermsError(reason, cent=cent) from None
