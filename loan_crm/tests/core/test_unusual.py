from datetime import datetime, timedelta

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import unusual
from odoo.addons.loan_crm.core.unusual import Look

at = datetime.fromisoformat
EAST = timedelta(hours=8)


def look(clock, customers, uid=7, day=10, refused=False):
    """Somebody in Shanghai saw customers; `clock` is theirs."""
    local = at(f"2026-03-{day} {clock}:00")
    return Look(uid, local - EAST, local, frozenset(customers), 1, refused)


class TestUnusual(BaseCase):
    def test_many_customers_in_an_hour_stand_out(self):
        looks = [look("09:10", range(5)), look("09:50", range(3, 8)), look("10:05", range(8, 14))]
        (found,) = unusual.busy_hours(looks, 7)
        self.assertEqual((found.kind, found.count, len(found.customers)), ("busy", 2, 8))
        self.assertEqual((found.start, found.end), (at("2026-03-10 01:00:00"), at("2026-03-10 01:50:00")))
        self.assertFalse(unusual.busy_hours(looks, 8))
        self.assertFalse(unusual.busy_hours(looks, 0), "switched off")

    def test_the_same_customer_twice_is_one(self):
        self.assertFalse(unusual.busy_hours([look("09:10", [1]), look("09:11", [1])], 1))

    def test_each_person_has_their_own_hour(self):
        looks = [look("09:10", range(5)), look("09:20", range(5, 10), uid=8)]
        self.assertFalse(unusual.busy_hours(looks, 5))

    def test_looking_outside_ones_hours_stands_out(self):
        hours = {7: [(at("2026-03-10 01:00:00"), at("2026-03-10 09:00:00"))]}  # nine to five
        inside = [look("09:00", [1]), look("08:05", [1]), look("17:55", [1])]
        self.assertFalse(unusual.off_hours(inside, hours))
        night = [look("22:00", [1]), look("23:30", [2])]
        (found,) = unusual.off_hours(inside + night, hours)
        self.assertEqual((found.count, found.customers), (2, frozenset({1, 2})))
        self.assertEqual(found.start, at("2026-03-09 16:00:00"), "midnight of that person's clock")

    def test_who_has_no_hours_never_stands_out_and_who_is_off_today_does(self):
        self.assertFalse(unusual.off_hours([look("03:00", [1])], {}))
        self.assertTrue(unusual.off_hours([look("11:00", [1])], {7: []}))

    def test_former_customers_stand_out_from_the_day_they_were_given_away(self):
        ended = {(7, 1): at("2026-03-10 03:00:00")}
        before, after = look("10:00", [1, 2]), look("12:00", [1, 2])
        self.assertFalse(unusual.former([before], ended))
        (found,) = unusual.former([before, after], ended)
        self.assertEqual((found.count, found.customers), (1, frozenset({1})))
        self.assertFalse(unusual.former([look("12:00", [1], uid=8)], ended))

    def test_many_refusals_stand_out_and_are_no_views(self):
        looks = [look(f"09:{n:02}", [], refused=True) for n in range(6)]
        (found,) = unusual.refusals(looks, 5)
        self.assertEqual(found.count, 6)
        self.assertFalse(unusual.refusals(looks, 6))
        hours = {7: []}
        self.assertFalse(unusual.off_hours(looks, hours))
        self.assertFalse(unusual.busy_hours(looks, 1))
