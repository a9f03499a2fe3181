"""What part of a year lies between two dates: day-count conventions, exact.

The first day counts, the last does not: from 1 to 31 January are 30 days. A fraction is two integers, never
reduced, over a denominator that is the convention's own: fractions of one convention can be added without a
common denominator being looked for. Dates are plain ones; a datetime is the caller's slip and not looked for,
for these functions are asked once for each row of a whole book.

Sources: ISDA, *2006 Definitions*, section 4.16 (b)–(h), and its worked examples *30/360 Day Count
Conventions* (2008) and *EMU and Market Conventions* (1998); ICMA Rule 251; Apache Fineract.
"""

from functools import lru_cache
from typing import NamedTuple

from .refusal import Refusal


class DayCountError(Refusal):
    """Reasons: ``days_negative`` (``start``, ``end``), ``convention_unknown`` (``convention``),
    ``maturity_needed``, ``year_split_unknown`` (``year_split``), ``reference_needed``,
    ``reference_not_positive``, ``reference_exceeded`` (``reference_start``, ``reference_end``)."""


class Choice(NamedTuple):
    """What a contract may say, and what that means in one line."""

    key: str
    description: str


CONVENTIONS = (
    Choice(
        "30_360_bond",
        "30/360 bond basis: the 31st is the 30th; as an end only after a start on the 30th or 31st",
    ),
    Choice("30_360_us", "30/360 US: as bond basis, but a period from the end of February starts on a 30th"),
    Choice("30e_360", "30E/360 Eurobond basis: the 31st is the 30th, at either end"),
    Choice(
        "30e_360_isda", "30E/360 ISDA: the last of every month is the 30th, but for a maturity in February"
    ),
    Choice("act_360", "ACT/360: actual days, a year of 360"),
    Choice("act_364", "ACT/364: actual days, a year of 52 weeks"),
    Choice("act_365", "ACT/365 fixed: actual days, a year of 365 even when it has 366"),
    Choice("act_act", "ACT/ACT: actual days, the years as long as they are (see the year split)"),
)

# How ACT/ACT shares out a period that crosses new year.
YEAR_SPLITS = (
    Choice("isda", "1 January divides: days of a leap year over 366, other days over 365"),
    Choice("new_year", "31 December divides, its day counts in the new year (Apache Fineract)"),
    Choice("icma", "No year divides: days over those of the regular period, times the periods of a year"),
)

_FIXED = {"act_360": 360, "act_364": 364, "act_365": 365}
_EITHER_YEAR = 365 * 366


def year_fraction(convention, start, end, *, maturity=None, year_split="isda", reference=None):
    """Return the part of a year from one date to another as two integers, numerator and denominator.

    The fraction is not reduced. Its denominator depends on the convention alone: 360 for the 30/360 family
    and ACT/360, 364, 365, and 365·366 for ACT/ACT; of ICMA, on the reference period.

    :param str convention: a key of ``CONVENTIONS``
    :param date start: first day that counts
    :param date end: first day that no longer counts, ``start`` or later; the same day is 0 of any year
    :param date maturity: of the loan, its last due date; ``30e_360_isda`` can not do without
    :param str year_split: a key of ``YEAR_SPLITS``, read for ``act_act`` only
    :param tuple reference: for ``icma`` only, ``(start, end, periods_per_year)`` of the regular period that
        holds these days. A longer period is the sum of its parts, each with the regular period that holds it
        (:func:`.dates.period_start` finds them).
    :rtype: tuple[int, int]
    :raises DayCountError: with the reason
    """
    if end < start:
        raise DayCountError("days_negative", start=start, end=end)
    year = _FIXED.get(convention)
    if year:
        return end.toordinal() - start.toordinal(), year
    if convention == "act_act":
        if year_split == "isda":
            return _calendar_position(end) - _calendar_position(start), _EITHER_YEAR
        if year_split == "new_year":
            return _shifted_position(end) - _shifted_position(start), _EITHER_YEAR
        if year_split == "icma":
            return _of_regular_period(start, end, reference)
        raise DayCountError("year_split_unknown", year_split=year_split)
    return _thirties(convention, start, end, maturity), 360


def days(convention, start, end, *, maturity=None):
    """Return the days a convention counts: months of 30 in the 30/360 family, actual days otherwise.

    Arguments and errors as for :func:`year_fraction`.

    :rtype: int
    """
    if end < start:
        raise DayCountError("days_negative", start=start, end=end)
    if convention in _FIXED or convention == "act_act":
        return end.toordinal() - start.toordinal()
    return _thirties(convention, start, end, maturity)


def _thirties(convention, start, end, maturity):
    """Return the days between two dates in a year of twelve months of thirty."""
    first, last = start.day, end.day
    if convention == "30_360_bond":  # 4.16 (f)
        if first > 29:
            first = 30
            if last == 31:
                last = 30
    elif convention == "30e_360":  # 4.16 (g)
        if first == 31:
            first = 30
        if last == 31:
            last = 30
    elif convention == "30_360_us":  # the variant that takes February's end for the loan's due day
        if first > 27 and _ends_february(start):
            first = 30
            if last > 27 and _ends_february(end):
                last = 30
        if first > 29:
            first = 30
            if last == 31:
                last = 30
    elif convention == "30e_360_isda":  # 4.16 (h)
        if maturity is None:
            # Not only in February: whoever forgets it must not find out when the first one comes.
            raise DayCountError("maturity_needed")
        if start == end:
            return 0  # else a day that is the maturity would lie before itself
        if first == 31 or (first > 27 and _ends_february(start)):
            first = 30
        if last == 31 or (last > 27 and end != maturity and _ends_february(end)):
            last = 30
    else:
        raise DayCountError("convention_unknown", convention=convention)
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first


def _ends_february(day):
    """Tell whether a date, the 28th of its month or later, is the last of February."""
    return day.month == 2 and (day.day == 29 or not _is_leap(day.year))


@lru_cache(maxsize=1 << 15)  # ninety years of days, which loans share
def _calendar_position(day):
    """Return how far a date is along the years, each of them as long as 365·366 of a unit."""
    new_year, weight = _year(day.year)
    return day.year * _EITHER_YEAR + (day.toordinal() - new_year) * weight


@lru_cache(maxsize=1 << 15)
def _shifted_position(day):
    """Return how far a date is along years that begin on 31 December.

    So it is in Apache Fineract, ``ProgressiveEMICalculator.calculatePeriodFractions``: a period that ends in
    a later year than it starts is cut at 31 December of each year left behind, and the day from there to
    1 January is counted over the length of the new year. (With its option "interest recognition on
    disbursement date" the cut is 1 January: that is ``isda`` here.)
    """
    if day.month == 12 and day.day == 31:
        return (day.year + 1) * _EITHER_YEAR
    new_year, weight = _year(day.year)
    return day.year * _EITHER_YEAR + (day.toordinal() - new_year + 1) * weight


def _year(year):
    """Return the ordinal of 1 January and what a day of the year weighs, as 1 / 365 or 1 / 366 of it."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 + 1, 365 if _is_leap(year) else 366


def _is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _of_regular_period(start, end, reference):
    if reference is None:
        raise DayCountError("reference_needed")
    reference_start, reference_end, periods = reference
    length = (reference_end - reference_start).days
    if length <= 0 or periods <= 0:
        raise DayCountError("reference_not_positive")
    if start < reference_start or end > reference_end:
        # Dividing by one regular period what lies in two is how long first coupons go wrong.
        raise DayCountError(
            "reference_exceeded", reference_start=reference_start, reference_end=reference_end
        )
    return (end - start).days, length * periods
