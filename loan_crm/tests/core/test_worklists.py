from datetime import date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import worklists
from odoo.addons.loan_crm.core.worklists import Wait

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=timezone.utc)
_moments = st.timedeltas(timedelta(days=-60), timedelta(days=60)).map(lambda far: NOW + far)
_waits = st.builds(Wait, since=_moments, by=st.none() | _moments)


class TestWorklists(BaseCase):
    def test_how_grave(self):
        for by, expected in [
            (NOW - timedelta(seconds=1), "danger"),
            (NOW, "danger"),
            (NOW + timedelta(hours=4), "warning"),
            (NOW + timedelta(hours=4, seconds=1), ""),
        ]:
            with self.subTest(by=by):
                self.assertEqual(worklists.grave(Wait(NOW - timedelta(days=9), by), NOW), expected)

    def test_what_nobody_named_a_time_for_is_late_after_a_day(self):
        self.assertEqual(worklists.grave(Wait(NOW - timedelta(hours=23)), NOW), "warning")
        self.assertEqual(worklists.grave(Wait(NOW - timedelta(hours=24)), NOW), "danger")

    @given(st.lists(_waits, max_size=20))
    def test_nothing_late_stands_below_what_has_time(self, waits):
        marks = [
            worklists.grave(wait, NOW) for wait, _row in worklists.worst_first((wait, None) for wait in waits)
        ]
        order = ["danger", "warning", ""]
        self.assertEqual(marks, sorted(marks, key=order.index))
        self.assertEqual(len(marks), len(waits))

    def test_rows_that_cannot_be_compared_are_put_in_order_all_the_same(self):
        twins = [(Wait(NOW), {"a": 1}), (Wait(NOW), {"b": 2})]
        self.assertEqual(worklists.worst_first(twins), twins)

    @given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
    def test_a_week_begins_on_its_monday(self, day):
        monday = worklists.week_began(day)
        self.assertEqual(monday.weekday(), 0)
        self.assertTrue(0 <= (day - monday).days < 7)
