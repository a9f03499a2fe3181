from datetime import date, timedelta

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import stages
from odoo.addons.loan_crm.core.calendars import BusinessCalendar

TUESDAY = date(2026, 3, 10)
# Closed on Wednesday and Thursday, and the Saturday is worked instead.
CALENDAR = BusinessCalendar(
    holidays=frozenset({date(2026, 3, 11), date(2026, 3, 12)}), workdays=frozenset({date(2026, 3, 14)})
)


class TestStages(BaseCase):
    def test_the_day_of_entry_and_closed_days_do_not_count(self):
        for days, expected in [(1, date(2026, 3, 13)), (2, date(2026, 3, 14)), (3, date(2026, 3, 16))]:
            self.assertEqual(stages.leave_by(TUESDAY, days, CALENDAR), expected)

    def test_a_search_finds_what_is_late_and_nothing_else(self):
        for today in (TUESDAY + timedelta(days) for days in range(10)):
            for days in (1, 2, 5):
                first = stages.late_if_entered_before(today, days, CALENDAR)
                for entered in (today - timedelta(before) for before in range(20)):
                    late = stages.leave_by(entered, days, CALENDAR) < today
                    self.assertEqual(entered < first, late, (today, days, entered))

    def test_the_steps_to_come_begin_when_the_present_one_ends(self):
        for due, today, days, expected in (
            (date(2026, 3, 13), TUESDAY, [1, 2], [date(2026, 3, 14), date(2026, 3, 17)]),
            (date(2026, 3, 9), TUESDAY, [1], [date(2026, 3, 13)]),  # late: it cannot begin before today
            (date(2026, 3, 13), TUESDAY, [1, 0, 1], [date(2026, 3, 14), None, None]),
            (None, TUESDAY, [1], [None]),
            (date(2026, 3, 13), TUESDAY, [], []),
        ):
            with self.subTest(due=due, days=days):
                self.assertEqual(stages.course(days, CALENDAR, due, today), expected)
