from datetime import date, timedelta

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import occasions

TODAY = date(2026, 3, 10)
FACTS = occasions.Facts(
    date(2025, 3, 10), date(1980, 3, 12), date(2020, 2, 29), (date(2026, 4, 1), date(2026, 3, 1))
)


class TestOccasions(BaseCase):
    def due(self, occasion, facts=FACTS, today=TODAY, **step):
        return occasions.due(occasions.Step(occasion, **step), facts, today)

    def test_each_occasion_falls_on_its_day(self):
        for occasion, step, expected in [
            ("review", {"months": 3}, [date(2026, 3, 10)]),
            ("review", {"months": 5}, []),
            ("review", {"months": 0}, []),
            ("birthday", {}, []),
            ("birthday", {"ahead": 2}, [date(2026, 3, 12)]),
            ("first_loan", {}, [date(2026, 2, 28)]),
            ("maturity", {"ahead": 30}, [date(2026, 3, 1), date(2026, 4, 1)]),
            ("day", {"month": 3, "day": 15, "ahead": 5}, [date(2026, 3, 15)]),
            ("day", {"month": 2, "day": 31}, [date(2026, 2, 28)]),
            ("entered", {}, []),
        ]:
            with self.subTest(occasion=occasion, step=step):
                self.assertEqual(self.due(occasion, **step), expected)

    def test_a_missed_night_is_made_up_for_but_not_for_ever(self):
        day = date(2026, 3, 12)
        for late, expected in [
            (-1, []),
            (0, [day]),
            (occasions.CATCH_UP, [day]),
            (occasions.CATCH_UP + 1, []),
        ]:
            with self.subTest(late=late):
                self.assertEqual(self.due("birthday", today=day + timedelta(late)), expected)

    def test_nothing_from_before_the_plan_is_theirs(self):
        entered = FACTS._replace(since=TODAY)
        self.assertEqual(self.due("entered", entered), [TODAY])
        self.assertEqual(self.due("maturity", entered), [])
        self.assertEqual(self.due("first_loan", entered), [])
        self.assertEqual(
            self.due("review", entered, months=3), [], "the first review comes after three months"
        )

    def test_what_is_not_known_has_no_day(self):
        nothing = occasions.Facts(date(2020, 1, 1))
        for occasion in ("birthday", "first_loan", "maturity"):
            self.assertEqual(self.due(occasion, nothing, ahead=366), [])

    def test_a_day_of_the_year_comes_each_year(self):
        step = occasions.Step("day", month=2, day=29)
        found = occasions.days(step, FACTS, date(2026, 1, 1), date(2028, 12, 31))
        self.assertEqual(found, [date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)])
