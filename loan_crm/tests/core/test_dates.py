from calendar import monthrange
from datetime import date

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import dates


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
