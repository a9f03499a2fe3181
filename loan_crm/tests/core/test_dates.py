from calendar import monthrange
from datetime import date, timedelta

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import dates
from odoo.addons.loan_crm.core.dates import DatesError

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

MONTHS = [frequency.key for frequency in dates.FREQUENCIES.values() if frequency.months]
WEEKS = [frequency.key for frequency in dates.FREQUENCIES.values() if frequency.days]


def is_last(day):
    return (day + timedelta(1)).day == 1


class TestDates(BaseCase):
    def test_the_anchor_day_is_kept_and_short_months_use_their_last_day(self):
        for anchor, months, expected in [
            (date(2026, 1, 31), 0, date(2026, 1, 31)),
            (date(2026, 1, 31), 1, date(2026, 2, 28)),
            (date(2026, 1, 31), 2, date(2026, 3, 31)),
            (date(2026, 1, 31), 3, date(2026, 4, 30)),
            (date(2028, 1, 31), 1, date(2028, 2, 29)),
            (date(2028, 2, 29), 12, date(2029, 2, 28)),
            (date(2028, 2, 29), 48, date(2032, 2, 29)),
            (date(2000, 1, 30), 1, date(2000, 2, 29)),  # 400 divides: a leap year
            (date(2100, 1, 30), 1, date(2100, 2, 28)),  # 100 divides, 400 does not: none
            (date(2026, 11, 15), 2, date(2027, 1, 15)),
            (date(2026, 12, 31), 12, date(2027, 12, 31)),
            (date(2026, 3, 31), -1, date(2026, 2, 28)),
            (date(2026, 1, 31), -13, date(2024, 12, 31)),
        ]:
            with self.subTest(anchor=anchor, months=months):
                self.assertEqual(dates.add_months(anchor, months), expected)

    def test_every_month_agrees_with_the_calendar(self):
        for month in range(12 * 400):  # one whole Gregorian cycle
            reached = dates.add_months(date(1900, 1, 31), month)
            year, number = 1900 + month // 12, month % 12 + 1
            self.assertEqual(reached, date(year, number, monthrange(year, number)[1]))

    def test_due_dates_do_not_slide_to_the_28th(self):
        self.assertEqual(
            [due.day for due in dates.due_dates(date(2026, 1, 31), 14)],
            [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28],
        )

    def test_due_dates_count_from_the_first(self):
        self.assertEqual(
            dates.due_dates(date(2026, 11, 5), 3), (date(2026, 11, 5), date(2026, 12, 5), date(2027, 1, 5))
        )
        self.assertEqual(dates.due_dates(date(2026, 11, 5), 0), ())

    def test_a_clamped_first_due_date_returns_to_its_due_day(self):
        self.assertEqual(
            dates.due_dates(date(2026, 2, 28), 3, due_day=31),
            (date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)),
        )
        self.assertEqual(dates.due_dates(date(2026, 2, 28), 2), (date(2026, 2, 28), date(2026, 3, 28)))

    def test_a_first_due_date_off_its_due_day_is_refused(self):
        for first_due, due_day in [(date(2026, 2, 27), 31), (date(2026, 3, 30), 31), (date(2026, 3, 5), 4)]:
            with self.subTest(first_due=first_due, due_day=due_day), self.assertRaises(ValueError):
                dates.due_dates(first_due, 3, due_day)

    def test_the_calendar_ends(self):
        self.assertEqual(dates.add_months(date(9999, 11, 30), 1), date(9999, 12, 30))
        with self.assertRaises(ValueError):
            dates.add_months(date(9999, 12, 31), 1)


class TestFrequencies(BaseCase):
    def refused(self, reason, function, *asked, **more):
        with self.subTest(reason=reason, asked=asked, more=more):
            with self.assertRaises(DatesError) as caught:
                function(*asked, **more)
            self.assertEqual(caught.exception.reason, reason)
            self.assertIsInstance(caught.exception, ValueError)

    def test_a_frequency_is_months_or_days(self):
        self.assertEqual(
            list(dates.FREQUENCIES), ["weekly", "biweekly", "monthly", "quarterly", "half_yearly", "yearly"]
        )
        for key, frequency in dates.FREQUENCIES.items():
            self.assertEqual(frequency.key, key)
            self.assertEqual(frequency.months * frequency.per_year, 12 if frequency.months else 0)
            self.assertEqual(frequency.days * frequency.per_year, 364 if frequency.days else 0)

    def test_due_dates_of_every_frequency(self):
        for frequency, first, expected in [
            ("weekly", "2026-02-23", ("2026-02-23", "2026-03-02", "2026-03-09")),
            ("biweekly", "2027-12-20", ("2027-12-20", "2028-01-03", "2028-01-17")),
            ("monthly", "2027-12-31", ("2027-12-31", "2028-01-31", "2028-02-29")),
            ("quarterly", "2026-11-30", ("2026-11-30", "2027-02-28", "2027-05-30")),
            ("half_yearly", "2026-08-31", ("2026-08-31", "2027-02-28", "2027-08-31")),
            ("yearly", "2028-02-29", ("2028-02-29", "2029-02-28", "2030-02-28")),
        ]:
            with self.subTest(frequency=frequency):
                self.assertEqual(
                    dates.due_dates(date.fromisoformat(first), 3, frequency=frequency),
                    tuple(map(date.fromisoformat, expected)),
                )
                self.assertEqual(dates.due_dates(date.fromisoformat(first), 0, frequency=frequency), ())

    def test_a_leap_day_comes_back(self):
        self.assertEqual(dates.due_dates(date(2028, 2, 29), 5, frequency="yearly")[4], date(2032, 2, 29))
        self.assertEqual(
            dates.due_dates(date(2027, 2, 28), 2, due_day=29, frequency="yearly"),
            (date(2027, 2, 28), date(2028, 2, 29)),
        )

    def test_the_end_of_a_month_stays_one_where_that_is_agreed(self):
        for first, frequency, anchor, month_end in [
            ("2026-02-28", "monthly", "2026-03-28", "2026-03-31"),
            ("2026-04-30", "monthly", "2026-05-30", "2026-05-31"),
            ("2028-02-28", "monthly", "2028-03-28", "2028-03-28"),  # a leap year's 28th is no end
            ("2028-02-29", "yearly", "2029-02-28", "2029-02-28"),
            ("2026-02-28", "yearly", "2027-02-28", "2027-02-28"),
            ("2027-02-28", "yearly", "2028-02-28", "2028-02-29"),
            ("2026-09-30", "quarterly", "2026-12-30", "2026-12-31"),
            ("2026-02-28", "half_yearly", "2026-08-28", "2026-08-31"),
            ("2026-04-29", "monthly", "2026-05-29", "2026-05-29"),
            ("2026-01-31", "monthly", "2026-02-28", "2026-02-28"),
            ("2026-04-30", "weekly", "2026-05-07", "2026-05-07"),
        ]:
            for told, expected in (("anchor", anchor), ("end_of_month", month_end)):
                with self.subTest(first=first, frequency=frequency, month_end=told):
                    self.assertEqual(
                        dates.due_dates(date.fromisoformat(first), 2, frequency=frequency, month_end=told)[1],
                        date.fromisoformat(expected),
                    )

    def test_the_end_of_a_month_beats_the_due_day(self):
        asked = (date(2026, 2, 28), 3, 30)
        self.assertEqual([due.day for due in dates.due_dates(*asked)], [28, 30, 30])
        self.assertEqual([due.day for due in dates.due_dates(*asked, month_end="end_of_month")], [28, 31, 30])

    def test_periods_count_from_the_day_told(self):
        for start, count, frequency, expected in [
            ("2026-01-31", 1, "monthly", "2026-02-28"),
            ("2026-01-31", -2, "monthly", "2025-11-30"),
            ("2026-01-31", 0, "yearly", "2026-01-31"),
            ("2026-08-31", -1, "half_yearly", "2026-02-28"),
            ("2026-01-01", 53, "weekly", "2027-01-07"),
            ("2026-01-01", -1, "biweekly", "2025-12-18"),
        ]:
            with self.subTest(start=start, count=count, frequency=frequency):
                self.assertEqual(
                    dates.add_periods(date.fromisoformat(start), count, frequency),
                    date.fromisoformat(expected),
                )
        self.assertEqual(dates.add_periods(date(2026, 2, 28), 1, "monthly", due_day=31), date(2026, 3, 31))

    def test_the_start_of_a_first_period(self):
        for due, frequency, due_day, month_end, expected in [
            ("2026-03-31", "monthly", 31, "anchor", "2026-02-28"),
            ("2028-03-31", "monthly", 31, "anchor", "2028-02-29"),
            ("2026-03-31", "monthly", None, "anchor", "2026-02-28"),
            ("2026-02-28", "monthly", None, "anchor", "2026-01-28"),
            ("2026-02-28", "monthly", 31, "anchor", "2026-01-31"),  # a clamped first due date
            ("2026-02-28", "monthly", 30, "anchor", "2026-01-30"),
            ("2026-02-28", "monthly", None, "end_of_month", "2026-01-31"),
            ("2026-04-30", "quarterly", 31, "anchor", "2026-01-31"),
            ("2026-04-30", "quarterly", None, "anchor", "2026-01-30"),
            ("2029-02-28", "yearly", 29, "anchor", "2028-02-29"),
            ("2029-02-28", "yearly", None, "anchor", "2028-02-28"),
            ("2026-01-05", "weekly", None, "anchor", "2025-12-29"),
        ]:
            with self.subTest(due=due, frequency=frequency, due_day=due_day, month_end=month_end):
                self.assertEqual(
                    dates.period_start(date.fromisoformat(due), frequency, due_day, month_end),
                    date.fromisoformat(expected),
                )

    def test_the_usual_first_due_date(self):
        for start, frequency, rule, due_day, least_days, expected in [
            ("2026-01-15", "monthly", "same_day", None, None, "2026-02-15"),
            ("2026-01-31", "monthly", "same_day", None, None, "2026-02-28"),
            ("2026-01-15", "weekly", "same_day", None, None, "2026-01-22"),
            ("2026-11-30", "quarterly", "same_day", None, None, "2027-02-28"),
            ("2026-01-01", "monthly", "month_end", None, None, "2026-02-28"),
            ("2026-01-31", "monthly", "month_end", None, None, "2026-02-28"),
            ("2027-08-15", "half_yearly", "month_end", None, None, "2028-02-29"),
            # from 15 days on a first period is long enough
            ("2026-01-05", "monthly", "fixed_day", 20, None, "2026-01-20"),
            ("2026-01-06", "monthly", "fixed_day", 20, None, "2026-02-20"),
            ("2026-01-20", "monthly", "fixed_day", 20, None, "2026-02-20"),
            ("2026-01-25", "monthly", "fixed_day", 10, None, "2026-02-10"),
            ("2026-01-28", "monthly", "fixed_day", 10, None, "2026-03-10"),
            ("2026-01-31", "monthly", "fixed_day", 31, None, "2026-02-28"),
            ("2026-02-16", "monthly", "fixed_day", 31, None, "2026-03-31"),
            ("2026-02-13", "monthly", "fixed_day", 31, None, "2026-02-28"),
            ("2026-12-20", "monthly", "fixed_day", 1, None, "2027-02-01"),
            # a lender with its own idea of too short
            ("2026-01-06", "monthly", "fixed_day", 20, 0, "2026-01-20"),
            ("2026-01-20", "monthly", "fixed_day", 20, 0, "2026-02-20"),
            ("2026-01-19", "monthly", "fixed_day", 20, 0, "2026-01-20"),
            ("2026-07-25", "monthly", "fixed_day", 10, 31, "2026-09-10"),
            # about a period, however long that is
            ("2026-01-05", "quarterly", "fixed_day", 20, None, "2026-04-20"),
            ("2026-01-25", "quarterly", "fixed_day", 10, None, "2026-04-10"),
            ("2026-01-05", "yearly", "fixed_day", 20, None, "2026-12-20"),
        ]:
            with self.subTest(start=start, frequency=frequency, rule=rule, due_day=due_day, least=least_days):
                self.assertEqual(
                    dates.first_due_date(date.fromisoformat(start), frequency, rule, due_day, least_days),
                    date.fromisoformat(expected),
                )

    def test_refusals(self):
        day, month_end = date(2026, 1, 15), date(2026, 2, 28)
        for key in WEEKS:
            self.refused("due_day_not_used", dates.due_dates, day, 3, 15, key)
            self.refused("due_day_not_used", dates.period_start, day, key, 15)
            self.refused("due_rule_needs_months", dates.first_due_date, day, key, "month_end")
            self.refused("due_rule_needs_months", dates.first_due_date, day, key, "fixed_day", 10)
        self.refused("frequency_unknown", dates.due_dates, day, 3, frequency="daily")
        self.refused("frequency_unknown", dates.add_periods, day, 3, None)
        self.refused("frequency_unknown", dates.first_due_date, day, "daily")
        self.refused("frequency_unknown", dates.first_due_date, day, "daily", "month_end")
        self.refused("month_end_unknown", dates.due_dates, day, 3, month_end="last")
        self.refused("due_day_mismatch", dates.due_dates, day, 3, 16)
        self.refused("due_day_mismatch", dates.period_start, month_end, "monthly", 27)
        self.refused("due_day_mismatch", dates.due_dates, month_end, 3, 27, month_end="end_of_month")
        for due_day in (-1, 32):
            self.refused("due_day_out_of_range", dates.due_dates, month_end, 3, due_day)
            self.refused("due_day_out_of_range", dates.first_due_date, day, "monthly", "fixed_day", due_day)
        self.refused("due_rule_unknown", dates.first_due_date, day, "monthly", "someday")
        self.refused("due_day_needed", dates.first_due_date, day, "monthly", "fixed_day")
        self.refused("due_day_not_used", dates.first_due_date, day, "monthly", "month_end", 31)
        self.refused("due_day_not_used", dates.first_due_date, day, "monthly", "same_day", 15)
        self.refused("least_days_negative", dates.first_due_date, day, "monthly", "fixed_day", 1, -1)

    def test_the_calendar_ends_for_every_frequency(self):
        for key in dates.FREQUENCIES:
            with self.subTest(frequency=key):
                for beyond in (
                    lambda key=key: dates.due_dates(date(9999, 12, 31), 2, frequency=key),
                    lambda key=key: dates.add_periods(date(9999, 12, 31), 1, key),
                    lambda key=key: dates.first_due_date(date(9999, 12, 31), key),
                    lambda key=key: dates.period_start(date(1, 1, 1), key),
                ):
                    with self.assertRaises(ValueError):
                        beyond()
                self.assertEqual(dates.due_dates(date(9999, 12, 31), 1, frequency=key), (date(9999, 12, 31),))
        for rule, due_day in (("month_end", None), ("fixed_day", 10)):
            with self.assertRaises(ValueError):
                dates.first_due_date(date(9999, 12, 31), "monthly", rule, due_day)


if given is None:

    class TestDatesProperties(BaseCase):
        def test_properties_of_dates(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=150)
    a_day = st.dates(date(1950, 1, 1), date(2150, 12, 31))
    frequencies = st.sampled_from(list(dates.FREQUENCIES))
    in_months = st.sampled_from(MONTHS)
    month_ends = st.sampled_from(dates.MONTH_ENDS)

    class TestDatesProperties(BaseCase):
        @relaxed
        @given(a_day, st.integers(0, 60), frequencies, month_ends)
        def test_due_dates_are_periods_from_the_first(self, first, count, frequency, month_end):
            dues = dates.due_dates(first, count, frequency=frequency, month_end=month_end)
            self.assertEqual(len(dues), count)
            self.assertEqual(list(dues), sorted(set(dues)))
            self.assertEqual(
                list(dues),
                [dates.add_periods(first, step, frequency, month_end=month_end) for step in range(count)],
            )
            self.assertTrue(all(type(due) is date for due in dues))
            if dues:
                self.assertEqual(dues[0], first)

        @relaxed
        @given(a_day, st.integers(1, 31), st.integers(1, 60), in_months, month_ends)
        def test_a_due_day_is_never_lost(self, first, due_day, count, frequency, month_end):
            first = date(first.year, first.month, min(due_day, monthrange(first.year, first.month)[1]))
            told = (due_day, frequency, month_end)
            dues = dates.due_dates(first, count, *told)
            ends = month_end == "end_of_month" and is_last(first)
            for due in dues:
                self.assertTrue(
                    is_last(due) if ends else due.day == due_day or (is_last(due) and due.day < due_day)
                )
            # starting anew from any of them, with the due day told, changes nothing
            again = dates.due_dates(dues[-1], 2, 31 if ends else due_day, frequency)
            self.assertEqual(again[1], dates.add_periods(first, count, frequency, due_day, month_end))

        @relaxed
        @given(a_day, st.integers(1, 31), in_months, month_ends)
        def test_a_period_starts_where_the_one_before_ended(self, first, due_day, frequency, month_end):
            first = date(first.year, first.month, min(due_day, monthrange(first.year, first.month)[1]))
            second = dates.due_dates(first, 2, due_day, frequency, month_end)[1]
            self.assertLess(dates.period_start(first, frequency, due_day, month_end), first)
            told = 31 if month_end == "end_of_month" and is_last(first) else due_day
            self.assertEqual(dates.period_start(second, frequency, told), first)

        @relaxed
        @given(a_day, st.integers(1, 31), in_months, st.none() | st.integers(0, 400))
        def test_a_fixed_day_is_the_first_that_is_far_enough(self, start, due_day, frequency, least_days):
            due = dates.first_due_date(start, frequency, "fixed_day", due_day, least_days)
            self.assertTrue(dates.on_due_day(due, due_day))
            least = 30 * dates.FREQUENCIES[frequency].months - 15 if least_days is None else least_days
            earliest = start + timedelta(max(1, least))
            self.assertLessEqual(earliest, due)
            self.assertFalse(
                any(
                    dates.on_due_day(earliest + timedelta(offset), due_day)
                    for offset in range((due - earliest).days)
                )
            )
            if least_days is None:
                regular = dates.first_due_date(start, frequency)
                self.assertLessEqual(abs((due - regular).days), 21)
