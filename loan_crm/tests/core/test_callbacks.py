from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import callbacks
from odoo.addons.loan_crm.core.callbacks import Likes, Span
from odoo.addons.loan_crm.core.working_time import WorkingTime

SHANGHAI = ZoneInfo("Asia/Shanghai")
ANY = Likes(frozenset(), 9, 18)


def at(day, hour, minute=0):
    """Return a moment of March 2026 on Shanghai's clock; the second is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI).astimezone(timezone.utc)


def bank():
    """Return two weeks of a bank that is open from nine to twelve and from one to half past five, Monday to Friday."""
    spans = []
    for day in range(2, 14):
        if day not in (7, 8):
            spans += [(at(day, 9), at(day, 12)), (at(day, 13), at(day, 17, 30))]
    return WorkingTime(spans, at(1, 0), at(15, 0))


class TestCallbacks(BaseCase):
    def _window(self, now, part, likes=ANY, zone=SHANGHAI):
        return callbacks.window(now, part, bank(), likes, zone)

    def test_a_call_comes_within_two_working_hours_or_on_the_next_day(self):
        for now, part, expected in (
            (at(2, 10), "soon", (at(2, 10), at(2, 12))),
            (at(2, 11, 40), "soon", (at(2, 13), at(2, 15))),
            (at(2, 17, 10), "soon", (at(3, 9), at(3, 11))),
            (at(2, 10), "morning", (at(2, 10), at(2, 12))),
            (at(2, 12, 30), "morning", (at(3, 9), at(3, 12))),
            (at(2, 10), "afternoon", (at(2, 13), at(2, 17, 30))),
            (at(6, 20), "soon", (at(9, 9), at(9, 11))),
            (at(7, 11), "afternoon", (at(9, 13), at(9, 17, 30))),
        ):
            with self.subTest(now=now, part=part):
                self.assertEqual(self._window(now, part), Span(*expected))

    def test_what_a_customer_likes_is_kept_to_where_it_can_be(self):
        late = Likes(frozenset(), 16, 20)
        self.assertEqual(self._window(at(2, 10), "soon", late), Span(at(2, 16), at(2, 17, 30)))
        wednesdays = Likes(frozenset({2}), 9, 18)
        self.assertEqual(self._window(at(2, 10), "morning", wednesdays), Span(at(4, 9), at(4, 12)))
        # Nobody is at the bank in the evening; a morning of who likes afternoons is a morning.
        self.assertEqual(
            self._window(at(2, 10), "soon", Likes(frozenset(), 19, 21)), Span(at(2, 10), at(2, 12))
        )
        self.assertEqual(self._window(at(2, 10), "morning", late), Span(at(2, 10), at(2, 12)))

    def test_the_day_is_that_of_the_customers_own_clock(self):
        new_york = ZoneInfo("America/New_York")
        # Nine in Shanghai is eight in the evening of the day before; what is liked cannot be, eight to nine can.
        found = self._window(at(3, 7), "soon", ANY, new_york)
        self.assertEqual(found.start, at(3, 9))
        self.assertEqual(found.end.astimezone(new_york).hour, 21)

    def test_a_part_of_the_day_in_which_nobody_is_there_is_not_offered(self):
        working = WorkingTime([(at(2, 13), at(2, 17))], at(1, 0), at(15, 0))
        self.assertIsNone(callbacks.window(at(2, 9), "morning", working, ANY, SHANGHAI))
        self.assertIsNotNone(callbacks.window(at(2, 9), "soon", working, ANY, SHANGHAI))

    def test_nobody_promises_what_nobody_keeps(self):
        closed = WorkingTime([], at(1, 0), at(15, 0))
        self.assertIsNone(callbacks.window(at(2, 10), "soon", closed, ANY, SHANGHAI))
        by_night = WorkingTime([(at(2, 0), at(2, 7))], at(1, 0), at(15, 0))
        self.assertIsNone(callbacks.window(at(1, 10), "soon", by_night, ANY, SHANGHAI))

    def test_appointments_lie_in_a_grid_that_leaves_no_odd_gap(self):
        found = callbacks.free(
            [(at(2, 9), at(2, 12))], [(at(2, 9, 40), at(2, 10, 10))], 30, at(2, 9, 10), at(2, 11, 45)
        )
        self.assertEqual([span.start for span in found], [at(2, 10, 30), at(2, 11)])
        self.assertTrue(all(span.end - span.start == timedelta(minutes=30) for span in found))

    def test_what_touches_is_free_and_what_overlaps_is_not(self):
        span = [(at(2, 9), at(2, 10))]
        touching = [(at(2, 8), at(2, 9)), (at(2, 9, 30), at(2, 11))]
        self.assertEqual(len(callbacks.free(span, touching, 30, at(2, 0), at(3, 0))), 1)
        self.assertFalse(callbacks.free(span, [(at(2, 8), at(2, 11))], 30, at(2, 0), at(3, 0)))
        self.assertFalse(callbacks.free(span, [], 61, at(2, 0), at(3, 0)))

    def test_a_number_is_known_by_its_owner_and_tells_nobody_else(self):
        for number, expected in (
            ("+86 138 0013 8000", "+86 1•• •••• ••00"),
            ("13800138000", "138••••••00"),
            ("12345", "1••45"),
            ("110", "110"),
            ("", ""),
        ):
            with self.subTest(number=number):
                self.assertEqual(callbacks.masked(number), expected)
