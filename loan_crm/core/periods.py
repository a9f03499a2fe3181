"""The periods of a loan: between which days interest runs, when it is paid, and what share of a year it is.

Shares are exact fractions of integers, ``(over, under)``; nothing is rounded here.
"""

from fractions import Fraction
from typing import NamedTuple

from . import dates, daycounts
from .terms import TermsError


class Period(NamedTuple):
    """One period: interest runs from ``start`` to ``end`` and is paid on ``due``, which a calendar may move."""

    start: object
    end: object
    due: object


class Odd(NamedTuple):
    """A first period that is not a whole one: so many whole periods, and odd days before them.

    :param int whole: whole periods counted back from the first due date
    :param int days: odd days between the start and the first of them
    :param int of: how many days the period has that the odd days are a part of
    :param before: the day the odd days end
    """

    whole: int
    days: int
    of: int
    before: object


class Periods:
    """The periods of some terms, built as far as they are asked for.

    :param terms: :class:`terms.Terms`
    """

    def __init__(self, terms):
        self.terms = terms
        conventions = self.conventions = terms.conventions
        self.frequency = dates.FREQUENCIES[terms.frequency]
        self.by_days = conventions.period_basis != "equal_periods"
        self.first_start = dates.period_start(
            terms.first_due, terms.frequency, terms.due_day, conventions.month_end
        )
        self.start = terms.start or self.first_start
        self.odd = self._odd()
        self._periods = []
        self._last_due = None
        self.extend(terms.count + (terms.grace if conventions.grace_rows == "extended" else 0))

    def __getitem__(self, index):
        if index >= len(self._periods):
            self.extend(index + 1 + self.frequency.per_year)
        return self._periods[index]

    def extend(self, count):
        """Build the periods up to a count anew; a calendar that moves days looks at them together."""
        terms, conventions = self.terms, self.conventions
        try:
            agreed = dates.due_dates(
                terms.first_due, count, terms.due_day, terms.frequency, conventions.month_end
            )
        except (ValueError, OverflowError):  # rows were added until the calendar ended
            raise TermsError("term_past_calendar", first_due=terms.first_due, count=count) from None
        dues = terms.calendar.adjust_all(agreed, conventions.business_day_rule) if terms.calendar else agreed
        if dues[0] <= self.start:  # moved ahead of the day the money is paid out
            raise TermsError("first_due_not_after_start", start=self.start, first_due=dues[0])
        ends = dues if conventions.moved_interest == "adjusted" else agreed
        self._periods = list(map(Period, (self.start, *ends), ends, dues))
        self._last_due = ends[-1]

    def share(self, index, start, end):
        """Return the share of a year that a stretch of a period is, for interest.

        :param int index: the period, from 0
        :param start: the stretch's first day …
        :param end: … and the day interest runs to
        """
        period = self._periods[index]
        if self.by_days:
            if index == 0 and self.odd and self.conventions.year_split == "icma":
                return self._of_notional_periods(start, end)
            return self._by_days(start, end, (period.start, period.end))
        over, under = self.whole_share(index)
        if start == period.start and end == period.end:
            return over, under
        # Whatever a stretch is, the stretches of a period add up to it.
        days = (period.end - period.start).days
        if self.conventions.broken_period == "period_share":
            return over * (end - start).days, under * days
        year = 360 if self.conventions.broken_period == "days_360" else 365
        return self._gone(period, end, over, under, year) - self._gone(period, start, over, under, year), 1

    @staticmethod
    def _gone(period, day, over, under, year):
        """Return the share of a year that has gone by of a period on a day, at most the period's own."""
        whole = Fraction(over, under)
        return whole if day == period.end else min(whole, Fraction((day - period.start).days, year))

    def _by_days(self, start, end, reference):
        return daycounts.year_fraction(
            self.conventions.day_count,
            start,
            end,
            maturity=self._last_due,
            year_split=self.conventions.year_split,
            reference=(*reference, self.frequency.per_year),
        )

    def _of_notional_periods(self, start, end):
        """Return the share of a stretch of an odd first period, counted in the whole periods it would be part of."""
        terms, share, after = self.terms, Fraction(0), self._periods[0].end
        back = 0
        while after > start:
            back += 1
            before = dates.add_periods(
                terms.first_due, -back, terms.frequency, terms.due_day, self.conventions.month_end
            )
            first, last = max(start, before), min(end, after)
            if first < last:
                share += Fraction(*self._by_days(first, last, (before, after)))
            after = before
        return share.as_integer_ratio()

    def whole_share(self, index):
        """Return the share of a year of a whole period where periods are equal."""
        per_year = self.frequency.per_year
        if index or not self.odd:
            return 1, per_year
        whole, days, of, before = self.odd
        rule = self.conventions.first_period
        if rule == "period_share":
            return whole * of + days, per_year * of
        if rule == "eu_simple":
            year = 366 if _is_leap(self.start, before) else 365
            return whole * year + days * per_year, per_year * year
        if rule == "days_360":
            return whole * 360 + days * per_year, per_year * 360
        return 1, per_year  # ignored; the US rule is no share of a year, see `first_growth`

    def first_growth(self, over, under):
        """Return interest of one unit over an odd first period as the US counts it, or None where it does not apply.

        (1 + f·i)(1 + i)^t − 1 with the period's rate i = over / under, t whole periods and f the odd days as a
        fraction of a period whose months have 30 days (Regulation Z, Appendix J, (b)(5) and (b)(8)).
        """
        if self.by_days or not self.odd or self.conventions.first_period != "us_appendix_j":
            return None
        length = 30 * self.frequency.months or self.frequency.days
        grown = (length * under + self.odd.days * over) * (under + over) ** self.odd.whole
        base = length * under ** (self.odd.whole + 1)
        return grown - base, base

    def _odd(self):
        terms, month_end = self.terms, self.conventions.month_end
        if self.start == self.first_start:
            return None
        whole, after, before = 0, terms.first_due, self.first_start
        while before > self.start:
            whole += 1
            after = before
            before = dates.add_periods(terms.first_due, -whole - 1, terms.frequency, terms.due_day, month_end)
        if before == self.start:
            return Odd(whole + 1, 0, 1, before)
        return Odd(whole, (after - self.start).days, (after - before).days, after)


def _is_leap(start, end):
    """Tell whether the stretch holds a 29 February, so its year has 366 days."""
    for year in {start.year, end.year}:
        if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
            leap_day = start.replace(year=year, month=2, day=29)
            if start < leap_day <= end:
                return True
    return False
