"""Annual rates a lender discloses, each under its own name, never one for another.

Money that passes between lender and borrower on dates goes in, a yearly rate as a Decimal fraction comes out:
0.0435 is 4.35 %. What differs is law, not taste: how long the time between two dates is, and whether a rate
for part of a year is compounded up to a year or multiplied. :data:`DISCLOSED` lists the rates by name.

``advances`` go to the borrower and ``payments`` come back; both are :class:`Flow` with positive amounts, in
any order. Fees are payments: a fee kept back from the loan is a payment on the day of the advance.

Every rate solves Σ advance·D(t) = Σ payment·D(t), with D(t) the value today of 1 at time t, falling in t:
(1 + i)^−t, or in the US 1 / ((1 + f·i)·(1 + i)^t). Such an equation can have several solutions. One that
leaves the borrower in debt, or even, from first to last flow is the only one above −100 %: at any higher rate
each later flow loses weight against each earlier one, so the sum, added up by parts over the balances, is
positive, and at any lower rate negative (the *pure* investment of Soper, 1959, and of Teichroew, Robichek and
Montalbano, 1965). That is checked for each rate found. Where it fails the rate is refused as ambiguous,
unless the caller asks for the one nearest to zero.

Solved by Newton's method inside a bracket, in Decimals of :data:`WORKING` and no float anywhere, then accepted
only if the two sides of the equation change places within 34 digits of it. The result does not depend on
machine, caller's decimal context or order of flows. It is rounded to 28 significant digits.
"""

import decimal
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm
from typing import NamedTuple

from .dates import add_months, on_due_day
from .refusal import Refusal

# Twice what is rounded off at the end: rates of a millionth of a per cent lose a dozen digits on the way.
WORKING = Context(
    prec=60,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-999999999999,
    Emax=999999999999,
    capitals=1,
    clamp=0,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
DIGITS = 28
_STEP = Decimal("1E-40")  # Newton has arrived when it moves less than this share of the rate
_PROOF = Decimal("1E-34")  # how close to the rate the sides of the equation must change places
_DUST = Decimal("1E-30")  # share of all money below which a balance is rounding
_MAX_STEPS = 400
# Growth per unit beyond e^±150 changes no digit of 1 / (1 + f·i) any more: fractions of units have no rate there.
_FAR = 150

# What to do with flows that fit several rates.
REFUSE = "refuse"
NEAREST_ZERO = "nearest_zero"

# How the EU measures time.
EQUAL_MONTHS = "equal_months"
EQUAL_WEEKS = "equal_weeks"
ACTUAL_DAYS = "actual_days"
TIME_AXES = (EQUAL_MONTHS, EQUAL_WEEKS, ACTUAL_DAYS)


class RateError(Refusal):
    """Flows that have no annual rate, or none that could be stated without doubt.

    Reasons: ``no_flows``, ``amount_not_finite`` (``amount``), ``amount_negative`` (``date``, ``amount``),
    ``no_sign_change`` (one side nets to nothing on its days, or no time passes), ``borrower_never_owes`` (all
    is paid before it is lent), ``no_rate_found`` (no rate above −100 % fits), ``rate_ambiguous`` (several may
    fit), ``flow_before_start`` (``date``, ``start``), ``axis_unknown`` (``axis``), ``unit_period_unknown``
    (``unit_period``), ``several_unknown`` (``several``), ``days_not_positive``, ``periods_not_positive``
    (``value``), ``principal_unknown`` (``date``), ``principal_mismatch`` (``principal``, ``credit``),
    ``principal_overpaid`` (``date``), ``decimals_negative`` (``decimals``).
    """


class Flow(NamedTuple):
    """Money that changes hands on a date; its list says in which direction.

    ``principal`` is the part of a payment that repays principal, 0 for a fee. Only the simple rate needs it.
    """

    date: date
    amount: Decimal
    principal: Decimal | None = None


class Totals(NamedTuple):
    """Amount of credit, total amount payable and total cost of credit, the difference of the two."""

    credit: Decimal
    payable: Decimal
    cost: Decimal


class UnitPeriod(NamedTuple):
    """The period of a US rate: ``count`` times a ``"day"``, ``"week"``, ``"semimonth"``, ``"month"`` or
    ``"year"``."""

    interval: str
    count: int = 1

    @property
    def per_year(self):
        """How many make a year by 12 CFR 1026 App. J (b)(5), as a Fraction."""
        return Fraction(_PER_YEAR[self.interval], self.count)


_PER_YEAR = {"day": 365, "week": 52, "semimonth": 24, "month": 12, "year": 1}
_MAX_COUNT = {"day": 365, "week": 52, "semimonth": 1, "month": 11, "year": 1}
# Days of a standard interval beside which an average period is put. Months are 30 days as in App. J (b)(5).
_STANDARD = sorted(
    [(1, UnitPeriod("day")), (15, UnitPeriod("semimonth")), (365, UnitPeriod("year"))]
    + [(7 * count, UnitPeriod("week", count)) for count in range(1, 53)]
    + [(30 * count, UnitPeriod("month", count)) for count in range(1, 12)]
)


def totals(advances, payments):
    """Return what was lent, what is paid for it in all, and the difference: the total cost of credit.

    Terms of Directive 2008/48/EC art. 3 (g), (h), (l). No time and no rate is involved, so nothing is refused
    but bad amounts.

    :param advances: iterable of :class:`Flow`
    :param payments: iterable of :class:`Flow`, fees among them
    :rtype: Totals
    :raises RateError: ``amount_not_finite``, ``amount_negative``
    :raises TypeError: for a float, or a date that is none
    """
    with localcontext(WORKING):
        credit = sum((flow.amount for flow in _checked(advances)), Decimal(0))
        payable = sum((flow.amount for flow in _checked(payments)), Decimal(0))
        return Totals(credit, payable, payable - credit)


def irr(amounts, several=REFUSE):
    """Return the internal rate of return per period: Σ amount·(1 + i)^−period = 0.

    :param amounts: one Decimal for each period from 0 on; what the borrower receives positive and what the
        borrower pays negative, or both the other way round
    :param str several: see :func:`effective_rate`
    :return: rate per period, not per year: :func:`nominal_rate` makes a nominal yearly rate of it
    :raises RateError: ``no_flows``, ``amount_not_finite``, ``no_sign_change``, ``no_rate_found``,
        ``rate_ambiguous``, ``several_unknown``
    :raises TypeError: for a float
    """
    with localcontext(WORKING):
        terms = _terms((period, _amount(amount)) for period, amount in enumerate(amounts))
        if not terms:
            raise RateError("no_flows")
        # Seen from the lender all signs turn; the rate is the same.
        if terms[0].amount < 0:
            terms = [term._replace(amount=-term.amount) for term in terms]
        return _rounded(_growth(_solve(terms, several)) - 1)


def effective_rate(advances, payments, days_in_year=365, several=REFUSE):
    """Return the effective yearly rate: Σ advance·(1 + r)^−(d / 365) = Σ payment·(1 + r)^−(d / 365).

    ``d`` is the number of days since the first flow; a leap year has 366 of 365. What spreadsheets call XIRR,
    and the compound rate of People's Bank of China Announcement [2021] No. 3 (内部收益率法).

    Payments that equal the advances give exactly 0. Where the borrower pays back less the rate is negative,
    and is returned: to hide it would be as wrong as to invent one.

    :param advances: iterable of :class:`Flow` to the borrower
    :param payments: iterable of :class:`Flow` from the borrower, fees among them
    :param days_in_year: int or Decimal
    :param str several: what to do with flows that fit several rates, as when a fee falls due long before the
        loan is paid out: ``"refuse"``, or ``"nearest_zero"`` for the positive rate nearest to zero, else the
        negative one nearest to zero (the rule of UK SI 1980/51 reg. 9 (3))
    :rtype: Decimal
    :raises RateError: ``no_flows``, ``amount_not_finite``, ``amount_negative``, ``no_sign_change``,
        ``borrower_never_owes``, ``no_rate_found``, ``rate_ambiguous``, ``days_not_positive``,
        ``several_unknown``
    :raises TypeError: for a float, or a date that is none
    """
    with localcontext(WORKING):
        days_in_year = _positive(days_in_year, "days_not_positive")
        flows = _signed(advances, payments)
        start = min(day for day, _amount in flows)
        terms = _terms(((day - start).days, amount) for day, amount in flows)
        return _rounded(_growth(_solve_credit(terms, several) * days_in_year) - 1)


def eu_aprc(advances, payments, time_axis=EQUAL_MONTHS, several=REFUSE):
    """Return the annual percentage rate of charge of the EU: Σ C·(1 + X)^−t = Σ D·(1 + X)^−s.

    Directive 2008/48/EC Annex I part I, the same as 2014/17/EU Annex I and (EU) 2023/2225 Annex III. Remark
    (c): a year has 365 days (366 in leap years), 52 weeks or 12 equal months, leap year or not. How a broken
    interval is measured is in section 4.1.1 of the Commission's guidelines, SWD(2012) 128: whole periods back
    from the later date, then the days left over the length of the year before them, 365 or 366.

    - ``"equal_months"``: whole months of 1/12. A due date that is the drawdown's day clamped to a short month
      (31 January, 28 February) is whole months away; the guidelines are silent on that.
    - ``"equal_weeks"``: whole weeks of 1/52, for weekly payments.
    - ``"actual_days"``: whole years, the rest in days. Not :func:`effective_rate`, whose year is always 365.

    The starting date is that of the first drawdown (remark (b)); a charge before it has a negative time, as in
    example 43 of the Commission's APRC examples of 2015. The rate disclosed is ``disclosed(rate, 1)``.

    :param str time_axis: one of :data:`TIME_AXES`
    :rtype: Decimal
    :raises RateError: as :func:`effective_rate`, and ``axis_unknown``

    The other arguments are those of :func:`effective_rate`.
    """
    if time_axis not in TIME_AXES:
        raise RateError("axis_unknown", axis=time_axis)
    with localcontext(WORKING):
        flows = _signed(advances, payments)
        start = min(day for day, amount in flows if amount > 0)
        years = {day: _eu_years(start, day, time_axis) for day, _amount in flows}
        # All times become whole numbers of one small unit, so that powers stay integer powers.
        first = min(years.values())
        units = lcm(*(span.denominator for span in years.values()))
        terms = _terms((int((years[day] - first) * units), amount) for day, amount in flows)
        return _rounded(_growth(_solve_credit(terms, several) * units) - 1)


def us_apr(advances, payments, unit_period=None, start=None, several=REFUSE):
    """Return the annual percentage rate of the US by the actuarial method: unit-period rate × w, nominal.

    Regulation Z, 12 CFR 1026 Appendix J, general equation (b)(8): the value of 1 after t unit-periods and a
    fraction f of one is 1 / ((1 + f·i)·(1 + i)^t). The rate disclosed is ``disclosed(rate, 2)``.

    (b)(5)(iii) is applied to each payment on its own, so on the 15th and last day of the month the fraction of
    a semimonth swings by a day. A single payment after whole months within a year counts them in months, the
    one of the two ways (b)(5)(vi) leaves open that does not depend on the time of year.

    :param UnitPeriod unit_period: or None for the one of :func:`us_unit_period`
    :param date start: when the finance charge begins to be earned, if not with the first flow (b)(2)
    :rtype: Decimal
    :raises RateError: as :func:`effective_rate`, and ``unit_period_unknown``, ``flow_before_start``

    The other arguments are those of :func:`effective_rate`.
    """
    advances, payments = list(advances), list(payments)
    with localcontext(WORKING):
        flows = _signed(advances, payments)
        start = _us_start(flows, start)
        if unit_period is None:
            unit_period = us_unit_period(advances, payments, start)
        elif not _is_unit_period(unit_period):
            raise RateError("unit_period_unknown", unit_period=tuple(unit_period))
        times = {}
        for series in (advances, payments):
            anchor = _anchor([flow.date for flow in series])
            for flow in series:
                times[flow.date, series is advances] = us_unit_periods(start, flow.date, unit_period, anchor)
        terms = _terms((*times[day, amount > 0], amount) for day, amount in flows)
        growth = _growth(_solve_credit(terms, several))
        per_year = unit_period.per_year
        return _rounded((growth - 1) * per_year.numerator / per_year.denominator)


def us_unit_period(advances, payments, start=None):
    """Return the unit-period of a transaction by 12 CFR 1026 App. J (b)(4).

    The period between advances, between payments, or from the start to the first of each, that occurs most
    often, the shortest one on a tie; if none occurs twice, the standard interval nearest to the average of
    them, the lower one on a tie. Never more than a year. Of a single advance and a single payment: the term,
    at most a year.

    A period is a number of months if the day of the month comes back, else of weeks, else of days; two that
    make a month together, 13 to 17 days each, are semimonths.

    :rtype: UnitPeriod
    :raises RateError: ``no_flows``, ``flow_before_start`` and reasons of the amounts

    Arguments as for :func:`us_apr`.
    """
    advances, payments = _checked(advances), _checked(payments)
    start = _us_start(_signed(advances, payments), start)
    if len(advances) == len(payments) == 1:
        return _term_unit(start, max(flow.date for flow in (*advances, *payments)))
    periods, lengths = [], []
    for series in (advances, payments):
        dates = [flow.date for flow in series if flow.amount]
        anchor, days = _anchor(dates), sorted({start, *dates})
        lengths += [(after - before).days for before, after in pairwise(days)]
        periods += _periods(days, anchor)
    if not lengths:
        raise RateError("no_sign_change")
    common = [(-often, _days(unit), unit) for unit, often in Counter(periods).items() if often > 1]
    if common:
        _often, length, unit = min(common)
        return unit if length <= 365 else UnitPeriod("year")
    average = Fraction(sum(lengths), len(lengths))
    return min(_STANDARD, key=lambda standard: (abs(standard[0] - average), standard[0]))[1]


def us_unit_periods(start, day, unit_period, anchor=None):
    """Return the time between two dates as (full unit-periods, fraction of one) by App. J (b)(5).

    :param date start: the earlier one
    :param date day: the later one
    :param UnitPeriod unit_period: the unit
    :param int anchor: day of the month the series of ``day`` keeps, when ``day`` is clamped to a short month
    :return: an int and a Fraction from 0 to below 1
    """
    interval, count = unit_period
    if interval == "day" or interval == "week":
        return _divided((day - start).days, count * (7 if interval == "week" else 1))
    months, left = _months_back(start, day, anchor)
    if interval == "year":
        years, months = divmod(months, 12)
        if not left:
            return years, Fraction(months, 12)
        return years, Fraction((_back(day, 12 * years, anchor) - start).days, 365)
    return _divided(30 * months + left, 15 if interval == "semimonth" else 30 * count)


def nominal_rate(periodic_rate, periods_per_year):
    """Return the nominal yearly rate: rate per period × periods in a year, without compounding.

    :param Decimal periodic_rate: such as :func:`irr` of monthly amounts
    :param periods_per_year: int or Decimal
    :rtype: Decimal
    :raises RateError: ``amount_not_finite``, ``periods_not_positive``
    :raises TypeError: for a float
    """
    with localcontext(WORKING):
        rate = _amount(periodic_rate)
        return _rounded(rate * _positive(periods_per_year, "periods_not_positive"))


def simple_rate(total_cost, principal_days, days_in_year=365):
    """Return a simple yearly rate: cost / (principal in use × time), the time in years.

    It takes no notice of when the cost is paid, and so understates a fee taken in advance. To be disclosed
    only with the word simple beside it.

    :param Decimal total_cost: interest and fees
    :param Decimal principal_days: Σ principal in use × days of its use
    :param days_in_year: int or Decimal
    :rtype: Decimal
    :raises RateError: ``amount_not_finite``, ``no_sign_change`` (no principal in use), ``days_not_positive``
    :raises TypeError: for a float
    """
    with localcontext(WORKING):
        cost, use = _amount(total_cost), _amount(principal_days)
        if use <= 0:
            raise RateError("no_sign_change")
        return _rounded(cost * _positive(days_in_year, "days_not_positive") / use)


def cn_simple_rate(advances, payments, days_in_year=365):
    """Return the rate China allows if it is labelled as simple (单利): cost / (principal in use × time).

    People's Bank of China Announcement [2021] No. 3: the yearly rate is the ratio of all costs of the loan,
    interest and fees tied to it, to the principal really in use, put on a year; for a loan repaid in
    instalments that principal is what remains after each of them. So what each payment repays must be told.

    Interest that joins the loan instead of being paid is in use from then on, like money that was lent.

    :param payments: iterable of :class:`Flow` with ``principal``, which must add up to the advances; it is negative
        where interest joins the loan
    :rtype: Decimal
    :raises RateError: as :func:`simple_rate`, and ``no_flows``, ``amount_negative``, ``principal_unknown``,
        ``principal_mismatch`` (facts ``principal``, ``credit``), ``principal_overpaid`` (``date``)

    The other arguments are those of :func:`effective_rate`.
    """
    advances, payments = _checked(advances), _checked(payments)
    with localcontext(WORKING):
        moves = [(flow.date, flow.amount) for flow in advances]
        for flow in payments:
            if flow.principal is None:
                raise RateError("principal_unknown", date=flow.date)
            _amount(flow.principal)
            moves.append((flow.date, -flow.principal))
        credit, payable, cost = totals(advances, payments)
        if not credit or not payable:
            raise RateError("no_flows")
        balance = use = Decimal(0)
        moves.sort(key=lambda move: (move[0], -move[1]))
        since = moves[0][0]
        for day, amount in moves:
            use += balance * (day - since).days
            balance, since = balance + amount, day
            if balance < 0:
                raise RateError("principal_overpaid", date=day)
        if balance:
            raise RateError("principal_mismatch", principal=credit - balance, credit=credit)
        return simple_rate(cost, use, days_in_year)


def disclosed(rate, decimals):
    """Return a rate in per cent, rounded half up (away from zero) for display: 0.12957 and 1 give 13.0.

    :param Decimal rate: as a fraction
    :param int decimals: of the percentage
    :rtype: Decimal
    :raises RateError: ``amount_not_finite``, ``decimals_negative``
    :raises TypeError: for a float
    """
    if decimals < 0:
        raise RateError("decimals_negative", decimals=decimals)
    with localcontext(WORKING) as context:
        percent = _amount(rate).scaleb(2)
        context.prec = max(context.prec, percent.adjusted() + decimals + 2)
        return percent.quantize(Decimal(1).scaleb(-decimals), rounding=decimal.ROUND_HALF_UP)


class Disclosure(NamedTuple):
    """A rate with a name in law.

    ``rate`` is called with advances and payments, ``decimals`` are those of the percentage, ``compound`` tells
    whether a year compounds the shorter periods, ``source`` names the rule.
    """

    rate: Callable
    decimals: int
    compound: bool
    source: str


# The keys are stored with products and contracts: never rename one, never let one mean another rate.
DISCLOSED = {
    "us_apr": Disclosure(us_apr, 2, False, "Regulation Z, 12 CFR 1026 Appendix J"),
    "eu_aprc": Disclosure(eu_aprc, 1, True, "Directive 2008/48/EC Annex I; 2014/17/EU Annex I"),
    "cn_irr": Disclosure(effective_rate, 2, True, "中国人民银行公告〔2021〕第3号, 复利 (内部收益率法)"),
    "cn_simple": Disclosure(cn_simple_rate, 2, False, "中国人民银行公告〔2021〕第3号, 单利"),
    "effective": Disclosure(effective_rate, 2, True, "internal rate of return on dated flows, actual/365"),
}


class _Term(NamedTuple):
    """What changes hands at one time: positive to the borrower.

    ``gap`` are the full units since the term before, ``units`` those since the first.
    """

    gap: int
    units: int
    fraction: Fraction
    amount: Decimal


def _amount(value):
    """Return a finite Decimal; an int is welcome, a float is not."""
    if not isinstance(value, (Decimal, int)):
        raise TypeError(f"money and rates are Decimals here, not {value!r}")
    value = Decimal(value)
    if not value.is_finite():
        raise RateError("amount_not_finite", amount=value)
    return value


def _positive(value, reason):
    value = _amount(value)
    if value <= 0:
        raise RateError(reason, value=value)
    return value


def _checked(flows):
    flows = [Flow(*flow) for flow in flows]
    for flow in flows:
        if not isinstance(flow.date, date) or isinstance(flow.date, datetime):
            raise TypeError(f"a flow needs a date, not {flow.date!r}")
        if _amount(flow.amount) < 0:
            raise RateError("amount_negative", date=flow.date, amount=flow.amount)
    return flows


def _signed(advances, payments):
    """Return the flows as (date, amount), positive to the borrower."""
    lent = [(flow.date, _amount(flow.amount)) for flow in _checked(advances) if flow.amount]
    paid = [(flow.date, -_amount(flow.amount)) for flow in _checked(payments) if flow.amount]
    if not lent or not paid:
        raise RateError("no_flows")
    return lent + paid


def _terms(flows):
    """Return terms in order of time, one for each time, from (units, amount) or (units, fraction, amount)."""
    at = {}
    for units, *fraction, amount in flows:
        time = (units, fraction[0] if fraction else Fraction(0))
        at[time] = at.get(time, 0) + amount
    times = sorted(time for time, amount in at.items() if amount)
    # Time runs from the first term that is not nothing, in the largest whole unit; exact either way. Not so
    # where fractions of units count: there (1 + f·i) hangs on the unit.
    terms, before = [], 0
    for units, fraction in times:
        terms.append(_Term(units - before, units, fraction, at[units, fraction]))
        before = units
    return terms


def _solve_credit(terms, several):
    """Return the logarithm of growth per unit for flows of which the first goes to the borrower, as a rule."""
    if terms and terms[0].amount < 0 and _changes(term.amount for term in terms) == 1:
        raise RateError("borrower_never_owes")
    return _solve(terms, several)


def _solve(terms, several):
    """Return ln(1 + i) for the rate i per unit at which the terms add up to nothing."""
    if several not in (REFUSE, NEAREST_ZERO):
        raise RateError("several_unknown", several=several)
    changes = _changes(term.amount for term in terms)
    if not changes:
        raise RateError("no_sign_change")
    if any(term.fraction for term in terms):
        return _solve_units(terms, several, changes)
    return _solve_scaled(terms, several, changes)


def _solve_scaled(terms, several, changes):
    """Solve in the largest unit that divides all times: months instead of days of a year, say."""
    scale = gcd(*(term.units - terms[0].units for term in terms))
    scaled, before = [], 0
    for term in terms:
        units = (term.units - terms[0].units) // scale
        scaled.append(_Term(units - before, units, term.fraction, term.amount))
        before = units
    return _solve_units(scaled, several, changes) / scale


def _solve_units(terms, several, changes):
    if sum(term.amount for term in terms):
        rate = _root(terms, Decimal(0), None, None, True)
    else:
        rate = Decimal(0)
    if rate is not None and (changes == 1 or _is_pure(terms, rate)):
        return rate
    if rate is not None and several == REFUSE:
        raise RateError("rate_ambiguous")
    if rate != 0:
        rate = _nearest_zero(terms)
    if rate is None:
        raise RateError("no_rate_found")
    if several == REFUSE:
        raise RateError("rate_ambiguous")
    return rate


def _changes(amounts):
    """Return how often the sign changes along the amounts, nothing left out."""
    signs = [amount > 0 for amount in amounts]
    return sum(before != after for before, after in pairwise(signs))


def _values(terms, log_growth):
    """Return the discount factors' sums: value of what is lent, value of what is paid, and the derivative of
    ln(paid / lent) by the logarithm of growth."""
    growth = log_growth.exp()
    shrink = 1 / growth
    powers, fractions = {0: Decimal(1)}, {}
    lent = paid = lent_time = paid_time = Decimal(0)
    base = Decimal(1)
    for gap, units, fraction, amount in terms:
        if gap:
            power = powers.get(gap)
            if power is None:
                power = powers[gap] = shrink**gap
            base *= power
        value, time = amount * base, units
        if fraction:
            if fraction not in fractions:
                share = Decimal(fraction.numerator) / fraction.denominator
                divisor = 1 + share * (growth - 1)
                fractions[fraction] = divisor, share * growth / divisor
            divisor, part = fractions[fraction]
            value, time = value / divisor, units + part
        if amount > 0:
            lent += value
            lent_time += value * time
        else:
            paid -= value
            paid_time -= value * time
    return lent, paid, lent_time / lent - paid_time / paid


def _root(terms, rate, low, high, paid_more_below):
    """Return where what is lent and what is paid are worth the same, or None if that is not proved.

    Newton's method on ln(paid / lent), which is all but straight in the logarithm of growth, kept inside a
    bracket that starts open.

    :param Decimal rate: where to start, a logarithm of growth, as low, high and the result
    :param bool paid_more_below: on which side payments outweigh advances
    """
    reach = 1 / Decimal(terms[-1].units - terms[0].units + 1)
    for _step in range(_MAX_STEPS):
        try:
            lent, paid, slope = _values(terms, rate)
        except ArithmeticError:  # no solution, or led astray between several: beyond all exponents
            return None
        if lent == paid:
            return rate
        if (paid > lent) == paid_more_below:
            low = rate
        else:
            high = rate
        then = rate - (paid / lent).ln() / slope if slope else rate
        # An open side is reached for step by step: where the slope is next to nothing, the first step would be
        # beyond all exponents. A step out of the bracket is replaced by halving it.
        if low is None or high is None:
            reach = max(reach, abs(rate) * 4)
            then = max(min(then, rate + reach), rate - reach)
        if then == rate or (low is not None and then <= low) or (high is not None and then >= high):
            if low is None:
                then = high - reach
            elif high is None:
                then = low + reach
            else:
                then = (low + high) / 2
        if abs(then - rate) <= abs(then) * _STEP:
            return then if _is_proved(terms, then) else None
        rate = then
    return None


def _is_proved(terms, rate):
    """Tell whether the sides of the equation change places close to the rate."""
    near = abs(rate) * _PROOF
    below, above = _values(terms, rate - near), _values(terms, rate + near)
    return (below[0] > below[1]) != (above[0] > above[1])


def _balances(terms, log_growth):
    """Yield the balance after each term, valued at the time of the first."""
    balance, share = Decimal(0), log_growth.exp() - 1
    for _gap, units, fraction, amount in terms:
        value = amount * (-log_growth * units).exp()
        if fraction:
            value /= 1 + share * fraction.numerator / fraction.denominator
        balance += value
        yield balance


def _is_pure(terms, rate):
    """Tell whether the borrower is never owed anything at that rate, which makes it the only one."""
    dust = sum(abs(term.amount) for term in terms) * _DUST
    return all(balance >= -dust for balance in _balances(terms, rate))


def _nearest_zero(terms):
    """Return the lowest positive solution, else the highest negative one, else None.

    Walks away from 0 in steps of 2 %, so of two rates that are closer than that neither may be seen, until the
    first term (or on the other side the last) outweighs all others together and no solution can follow. Terms a
    fraction of a unit apart need not come to that.
    """
    broken = any(term.fraction for term in terms)
    unit = Decimal("0.001") / (terms[-1].units - terms[0].units + 1)
    for sign, end in ((1, 0), (-1, -1)):
        rate = Decimal(0)
        lent, paid, _slope = _values(terms, rate)
        while True:
            then = rate * Decimal("1.02") + sign * unit
            before = lent > paid
            lent, paid, _slope = _values(terms, then)
            if (lent > paid) != before:
                low, high = min(rate, then), max(rate, then)
                found = _root(terms, (low + high) / 2, low, high, (lent > paid) == (sign > 0))
                if found is not None:
                    return found
            rate = then
            weight = abs(terms[end].amount) * (-then * terms[end].units).exp()
            if terms[end].fraction:
                weight /= (
                    1 + (then.exp() - 1) * terms[end].fraction.numerator / terms[end].fraction.denominator
                )
            if 2 * weight > lent + paid or (broken and abs(rate) > _FAR):
                break
    return None


def _growth(log_growth):
    """Return what 1 grows to; refuses a loss or a gain beyond all figures."""
    try:
        growth = log_growth.exp()
    except decimal.Overflow:
        raise RateError("no_rate_found") from None
    if _rounded(growth - 1) == -1:
        raise RateError("no_rate_found")
    return growth


def _rounded(rate):
    """Return the rate with DIGITS significant digits."""
    return Context(prec=DIGITS, rounding=decimal.ROUND_HALF_EVEN).plus(rate) or Decimal(0)


def _divided(days, length):
    full, left = divmod(days, length)
    return full, Fraction(left, length)


def _back(day, months, anchor=None):
    """Return the date a number of months before, on the anchor day where its month has one."""
    january = date(2000, 1, anchor or day.day)
    return add_months(january, (day.year - january.year) * 12 + day.month - 1 - months)


def _months_back(start, day, anchor=None):
    """Return the full months measured back from the later date, and the days left before them."""
    months = (day.year - start.year) * 12 + day.month - start.month
    if _back(day, months, anchor) < start:
        months -= 1
    return months, (_back(day, months, anchor) - start).days


def _anchor(days):
    """Return the day of the month a series keeps, clamped where a month is short, or None (App. J (b)(3)(iv))."""
    largest = max((day.day for day in days), default=None)
    return largest if all(day.day == largest or on_due_day(day, largest) for day in days) else None


def _eu_years(start, day, time_axis):
    """Return the interval between two dates in years, as a Fraction; negative before the start."""
    if day < start:
        return -_eu_years(day, start, time_axis)
    if time_axis == EQUAL_WEEKS:
        weeks, left = divmod((day - start).days, 7)
        years, first = Fraction(weeks, 52), start + timedelta(left)
    else:
        step = 12 if time_axis == ACTUAL_DAYS else 1
        months = (day.year - start.year) * 12 + day.month - start.month
        if months % step == 0 and add_months(start, months) == day:
            return Fraction(months, 12)
        months -= months % step
        if add_months(day, -months) < start:
            months -= step
        years, first = Fraction(months, 12), add_months(day, -months)
        left = (first - start).days
    if not left:
        return years
    return years + Fraction(left, (first - add_months(first, -12)).days)


def _us_start(flows, start):
    earliest = min(day for day, _amount in flows)
    if start is None:
        return earliest
    if earliest < start:
        raise RateError("flow_before_start", date=earliest, start=start)
    return start


def _is_unit_period(unit_period):
    interval, count = unit_period
    return interval in _PER_YEAR and isinstance(count, int) and 1 <= count <= _MAX_COUNT[interval]


def _days(unit_period):
    """Return the length of a unit-period in days, to compare it with others."""
    interval, count = unit_period
    return {"day": 1, "week": 7, "semimonth": 15, "month": 30, "year": 365}[interval] * count


def _periods(days, anchor):
    """Yield the periods from date to date as UnitPeriods of any length."""
    # Every second week makes four weeks, a month only in some Februaries; those alone make no semimonths.
    all_weeks = all((day - start).days % 7 == 0 for start, day in pairwise(days))
    for index, (start, day) in enumerate(pairwise(days)):
        length = (day - start).days
        months, left = _months_back(start, day, anchor)
        if months and not left:
            yield UnitPeriod("year") if months == 12 else UnitPeriod("month", months)
        elif not all_weeks and 13 <= length <= 17 and _is_half_month(days, index):
            yield UnitPeriod("semimonth")
        elif length % 7:
            yield UnitPeriod("day", length)
        else:
            yield UnitPeriod("week", length // 7)


def _is_half_month(days, index):
    """Tell whether the period at an index makes a month together with the one before or after it."""
    around = (days[max(index - 1, 0) : index + 2], days[index : index + 3])
    return any(len(pair) == 3 and _is_month(pair[0], pair[2]) for pair in around)


def _is_month(start, day):
    """Tell whether one date is a month after the other, counted from either, or both end their month."""
    if add_months(start, 1) == day or add_months(day, -1) == start:
        return True
    # The last days of two months; such a pair of dates is one month apart if the days after them are.
    return start.month != day.month and add_months(start + timedelta(1), 1) == day + timedelta(1)


def _term_unit(start, day):
    """Return the unit-period of a single advance and a single payment: the term, at most a year."""
    months, left = _months_back(start, day)
    if months >= 12:
        return UnitPeriod("year")
    if not left and months:
        return UnitPeriod("month", months)
    if not left:
        raise RateError("no_sign_change")
    return UnitPeriod("day", (day - start).days)
