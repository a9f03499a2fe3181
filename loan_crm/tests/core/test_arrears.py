import operator
from datetime import date, timedelta

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import arrears

TODAY = date(2026, 3, 1)
COMPARE = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def matches(bounds, due):
    """What a search made of the bounds would find."""
    if bounds is None:
        return False
    if due is None:
        return bounds.includes_unset
    return not (
        (bounds.earliest is not None and due < bounds.earliest)
        or (bounds.latest is not None and due > bounds.latest)
    )


class TestArrears(BaseCase):
    def test_days_past_due_are_counted_from_the_day_after(self):
        for due, days in [
            (None, 0),
            (date(2026, 3, 2), 0),
            (date(2027, 1, 1), 0),
            (TODAY, 0),
            (date(2026, 2, 28), 1),
            (date(2026, 2, 27), 2),
            (date(2025, 3, 1), 365),
            (date(2024, 2, 29), 731),
        ]:
            with self.subTest(due=due):
                self.assertEqual(arrears.days_past_due(due, TODAY), days)

    def test_a_grade_begins_on_its_floor(self):
        floors = [(1, "late"), (0, "in time"), (31, "later")]
        for days, key in ((0, "in time"), (1, "late"), (30, "late"), (31, "later"), (5000, "later")):
            with self.subTest(days=days):
                self.assertEqual(arrears.graded(days, floors), key)
        self.assertIsNone(arrears.graded(0, floors[:1]))

    def test_fractions_of_a_day_ask_the_same_as_whole_days(self):
        for asked in (-1.5, -0.1, 0, 0.5, 1, 1.5, 29.9, 30.0, float("inf"), -float("inf"), float("nan")):
            for name, compare in COMPARE.items():
                whole = arrears.whole_days(name, asked)
                for days in (0, 1, 2, 29, 30, 31):
                    with self.subTest(f"{days} {name} {asked}"):
                        self.assertEqual(whole is not None and compare(days, whole), compare(days, asked))
                self.assertIn(type(whole), (int, type(None)))

    def test_a_search_finds_exactly_the_loans_that_compare(self):
        dues = [None, *(TODAY - timedelta(days) for days in range(-4, 9))]
        for sign, compare in COMPARE.items():
            for days in range(-3, 7):
                bounds = arrears.due_date_bounds(sign, days, TODAY)
                for due in dues:
                    with self.subTest(sign=sign, days=days, due=due):
                        self.assertEqual(
                            matches(bounds, due), compare(arrears.days_past_due(due, TODAY), days), bounds
                        )

    def test_bounds_read_as_dates(self):
        self.assertEqual(
            arrears.due_date_bounds(">", 30, TODAY), arrears.DueBounds(None, date(2026, 1, 29), False)
        )
        self.assertEqual(arrears.due_date_bounds(">=", 0, TODAY), arrears.DueBounds(None, None, True))

    def test_numbers_beyond_the_calendar_find_what_they_should(self):
        for sign, days, found in [
            (">", 10**9, False),
            ("=", 10**9, False),
            ("<", 10**9, True),
            ("<=", 10**12, True),
            (">=", -(10**12), True),
            ("<", -(10**12), False),
        ]:
            with self.subTest(sign=sign, days=days):
                bounds = arrears.due_date_bounds(sign, days, TODAY)
                self.assertEqual(matches(bounds, date(1, 1, 1)), found)

    def test_what_can_not_be_compared_is_refused(self):
        for sign in ("!=", "in", "like"):
            with self.assertRaises(ValueError):
                arrears.due_date_bounds(sign, 1, TODAY)
        with self.assertRaises(TypeError):
            arrears.due_date_bounds(">", 1.5, TODAY)
