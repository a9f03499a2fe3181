"""Days on which a bank is open, and what becomes of a due date that falls on another.

A calendar is told everything: which weekdays are free, which days are holidays, and which free weekdays are
worked nevertheless. The last is no detail: China works some Saturdays and Sundays so that its holidays join
up, and a list of nothing but holidays can not say so. Nothing is guessed for a year whose holidays are not
known yet: a day of it is judged by its weekday, and :meth:`BusinessCalendar.unpublished_years` says that it
was.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from .refusal import Refusal

RULES = ("unadjusted", "following", "modified_following", "preceding", "modified_preceding")

# A year in which no bank ever opens is a mistake in the calendar, not a holiday.
MAX_CLOSED_DAYS = 366

_BACKWARD = ("preceding", "modified_preceding")
_MODIFIED = ("modified_following", "modified_preceding")


class CalendarError(Refusal):
    """Reasons: ``workday_is_holiday`` (``days``), ``weekday_unknown`` (``weekday``), ``no_business_day``
    (``day`` from which none was found), ``rule_unknown`` (``rule``), ``days_not_increasing`` (``day``),
    ``days_collide`` (``day``)."""


@dataclass(frozen=True)
class BusinessCalendar:
    """Which days are business days.

    :param frozenset weekend: free weekdays, Monday is 0; empty where every day is worked
    :param frozenset holidays: dates that are free whatever their weekday
    :param frozenset workdays: dates that are worked though their weekday is free
    :param int published_until: last year whose holidays are known, or None when all are
    :raises CalendarError: ``workday_is_holiday``, ``weekday_unknown``, ``no_business_day`` when every weekday
        is free and no date is worked
    :raises TypeError: for a day that is not a date
    """

    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    published_until: int | None = None

    def __post_init__(self):
        for name in ("weekend", "holidays", "workdays"):
            object.__setattr__(self, name, frozenset(getattr(self, name)))
        for day in self.holidays | self.workdays:
            if not isinstance(day, date) or isinstance(day, datetime):
                raise TypeError(f"a day must be a date, not {day!r}")
        for weekday in self.weekend:
            if weekday not in range(7):
                raise CalendarError("weekday_unknown", weekday=weekday)
        both = self.holidays & self.workdays
        if both:
            raise CalendarError("workday_is_holiday", days=tuple(sorted(both)))
        if len(self.weekend) == 7 and not self.workdays:
            raise CalendarError("no_business_day", day=None)

    def is_business_day(self, day):
        """Tell whether a date is a business day."""
        return day in self.workdays or (day.weekday() not in self.weekend and day not in self.holidays)

    def adjust(self, day, rule):
        """Return the date on which something due on a date is due in fact.

        * ``unadjusted``: that day, open or not
        * ``following``: the first business day from there on
        * ``modified_following``: the same, unless that is in another month: then the last one before
        * ``preceding`` and ``modified_preceding``: their mirror images

        A month without a business day can not keep its dates: there the modified rules leave it, as their
        definition (ISDA 2006, section 4.12) has it.

        :param date day: open or not; a business day is never moved
        :param str rule: one of ``RULES``
        :rtype: date
        :raises CalendarError: ``rule_unknown``, ``no_business_day``
        """
        if rule not in RULES:
            raise CalendarError("rule_unknown", rule=rule)
        if rule == "unadjusted" or self.is_business_day(day):
            return day
        step = -1 if rule in _BACKWARD else 1
        if rule not in _MODIFIED:
            return self._next(day, step)
        try:
            moved = self._next(day, step)
        except CalendarError:  # the calendar's end is another month, too
            return self._next(day, -step)
        return moved if _same_month(moved, day) else self._next(day, -step)

    def adjust_all(self, days, rule):
        """Return the dates of :meth:`adjust`, no two of them the same.

        A closure longer than the period between two due dates would move both to one day, and a borrower
        would owe two installments at once. Where that happens

        * the **later** of them moves on, to the first business day after the earlier one; under the preceding
          rules the **earlier** moves back, to the last business day before the later one, so that the rule's
          promise (never before the due date, or never after it) is kept;
        * a modified rule also promises the month: if moving on would leave it, the dates before give way
          instead, backwards and each within its own month. If they can not either, the dates are refused.

        So a date moves further than :meth:`adjust` moves it only where it must, and dates that do not meet
        are those of :meth:`adjust`.

        :param days: dates, each later than the one before
        :param str rule: one of ``RULES``
        :rtype: tuple[date, ...]
        :raises CalendarError: ``days_not_increasing`` when they were not to begin with, ``days_collide``,
            ``rule_unknown``, ``no_business_day``
        """
        days = tuple(days)
        for before, day in pairwise(days):
            if day <= before:
                raise CalendarError("days_not_increasing", day=day)
        step = -1 if rule in _BACKWARD else 1
        wanted = days[::step]  # a preceding rule is a following one that looks at the days from their end
        settled = []
        for day in wanted:
            settled.append(self.adjust(day, rule))
            self._part(wanted, settled, step, rule in _MODIFIED)
        return tuple(settled[::step])

    def _part(self, wanted, settled, step, modified):
        """Move the last settled day, or those before it, until it comes after them."""
        last = len(settled) - 1
        if not last or (settled[last] - settled[last - 1]).days * step > 0:
            return
        moved = self._next(settled[last - 1], step)
        if not modified or _same_month(moved, wanted[last]):
            settled[last] = moved
            return
        for index in range(last - 1, -1, -1):
            if (settled[index + 1] - settled[index]).days * step > 0:
                return
            settled[index] = self._next(settled[index + 1], -step)
            if not _same_month(settled[index], wanted[index]):
                raise CalendarError("days_collide", day=wanted[index])

    def unpublished_years(self, days):
        """Return the years of some dates whose holidays are not known yet, in their order.

        :rtype: tuple[int, ...]
        """
        if self.published_until is None:
            return ()
        return tuple(sorted({day.year for day in days if day.year > self.published_until}))

    def add_business_days(self, day, n):
        """Return the n-th business day after a date, before it when n is negative.

        The date itself is not counted, open or not: one business day after a Friday is Monday, and so it is
        after the Sunday. None (0) from a day that is closed is the first that is open after it.

        :param date day: open or not
        :param int n: of any sign
        :rtype: date
        :raises CalendarError: ``no_business_day``
        """
        if not isinstance(n, int):
            raise TypeError(f"n must be an int, not {n!r}")
        if not n:
            return self.adjust(day, "following")
        step = -1 if n < 0 else 1
        for _each in range(abs(n)):
            day = self._next(day, step)
        return day

    def _next(self, day, step):
        """Return the first business day after a date, or before it when step is -1."""
        first = day.toordinal() + step
        end = min(max(first + step * MAX_CLOSED_DAYS, date.min.toordinal() - 1), date.max.toordinal() + 1)
        for candidate in map(date.fromordinal, range(first, end, step)):
            if self.is_business_day(candidate):
                return candidate
        raise CalendarError("no_business_day", day=day)


def _same_month(day, other):
    return day.month == other.month and day.year == other.year
