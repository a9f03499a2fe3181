from itertools import product

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core.disclosure import Clearance, Level, clearance, clearances, may_see

INTERNAL = Level(1)
CONFIDENTIAL = Level(2, needs_grant=True, needs_agreement=True)
SECRET = Level(3, needs_grant=True, needs_agreement=True, needs_training=True)
LEVELS = (Level(0), INTERNAL, CONFIDENTIAL, SECRET)
EVERYTHING = Clearance()


def sees(own, customers, cleared, duty=False, cap=None, barred=False):
    return may_see(own, customers, duty=duty, cap=cap, barred=barred, cleared=cleared)


class TestDisclosure(BaseCase):
    """Who may see what: levels ask, duty and grants answer."""

    def test_where_no_level_asks_anything_duty_opens_all(self):
        cleared = clearance([Level(0), INTERNAL])
        self.assertTrue(cleared.all_by_duty)
        self.assertEqual(sees(0, 1, cleared, duty=True), "duty")
        self.assertIsNone(sees(0, 1, cleared))

    def test_conditions_are_asked_of_everybody_and_only_where_a_level_asks(self):
        asked = []

        def lapsed():
            asked.append("asked")
            return False

        clearance([Level(0), INTERNAL], agreement=lapsed, training=lapsed)
        self.assertFalse(asked, "nothing is asked of anybody")
        self.assertEqual(clearance(LEVELS, agreement=lapsed, exempt=True).by_duty, {0, 1})
        self.assertEqual(asked, ["asked"], "once")
        self.assertEqual(clearance(LEVELS, agreement=True).by_grant, {0, 1, 2})
        self.assertEqual(clearance(LEVELS, agreement=True, training=True).by_grant, {0, 1, 2, 3})

    def test_duty_opens_what_asks_for_no_grant_and_who_keeps_the_rules_needs_none(self):
        manager = clearance(LEVELS, agreement=True, training=True)
        officer = clearance(LEVELS, agreement=True, training=True, exempt=True)
        self.assertEqual(manager.by_duty, {0, 1})
        self.assertFalse(manager.all_by_duty)
        self.assertTrue(officer.all_by_duty)
        self.assertIsNone(sees(0, 2, manager, duty=True))
        self.assertEqual(sees(0, 2, manager, duty=True, cap=2), "grant")

    def test_a_grant_opens_no_more_than_its_cap_not_for_the_loan_either(self):
        cleared = clearance(LEVELS, agreement=True, training=True)
        for own, customers, cap in product(range(4), range(4), range(4)):
            seen = sees(own, customers, cleared, cap=cap)
            self.assertEqual(seen, "grant" if max(own, customers) <= cap else None)

    def test_a_grant_for_little_and_a_duty_for_another_level_do_not_add_up(self):
        agreed = Level(2, needs_agreement=True)
        cleared = clearance([Level(0), INTERNAL, agreed], agreement=True)
        self.assertIsNone(sees(2, 1, cleared, duty=False, cap=1), "the loan is above the cap")
        self.assertEqual(sees(2, 1, cleared, duty=True, cap=1), "duty")

    def test_who_is_barred_sees_nothing(self):
        cleared = clearance(LEVELS, agreement=True, training=True, exempt=True)
        for own, customers in product(range(4), range(4)):
            self.assertIsNone(sees(own, customers, cleared, duty=True, cap=3, barred=True))

    def test_who_has_lost_a_condition_sees_none_of_it_with_any_grant(self):
        cleared = clearance(LEVELS, agreement=False, training=True)
        self.assertIsNone(sees(0, 2, cleared, duty=True, cap=3))
        self.assertEqual(sees(0, 1, cleared, cap=3), "grant")


class TestLenders(BaseCase):
    """What one lender has been promised is no promise to another."""

    def _told(self, agreed=(), lacking=None, lenders=(1, 2), levels=LEVELS, **values):
        return clearances(levels, lenders, lambda: agreed, lambda: lacking or {}, **values)

    def test_where_all_lenders_agree_there_is_one_answer(self):
        for agreed, by_grant in (((), {0, 1}), ((1, 2), {0, 1, 2, 3})):
            told = self._told(agreed)
            self.assertFalse(told.each)
            self.assertEqual(told.of(1).by_grant, by_grant)
            self.assertEqual(told.of(2), told.of(1))
            self.assertEqual(told.up_to(2), ((None, told.rest.up_to(2)),))

    def test_where_they_do_not_each_answers_for_itself(self):
        told = self._told([1])
        self.assertEqual((told.of(1).by_grant, told.of(2).by_grant), ({0, 1, 2, 3}, {0, 1}))
        self.assertEqual(told.of(3).by_grant, {0, 1}, "nothing was promised to somebody else")
        self.assertEqual(told.up_to(3), ((frozenset({1}), {0, 1, 2, 3}), (None, {0, 1})))
        self.assertEqual(told.by_duty, ((None, {0, 1}),), "duty alone opens the same with both")

    def test_a_training_closes_the_levels_it_is_needed_for(self):
        told = self._told([1, 2], {1: {3}, 2: None})
        self.assertEqual((told.of(1).by_grant, told.of(2).by_grant), ({0, 1, 2}, {0, 1, 2}))
        trained = (Level(0), INTERNAL, Level(2, needs_training=True), Level(3, needs_training=True))
        told = self._told((), {1: {3}, 2: None}, levels=trained)
        self.assertEqual((told.of(1).by_duty, told.of(2).by_duty), ({0, 1, 2}, {0, 1}))

    def test_nothing_is_asked_where_no_level_asks(self):
        def asked():
            raise AssertionError("asked")

        told = clearances([Level(0), INTERNAL], [1, 2], asked, asked)
        self.assertTrue(told.all_by_duty)
        self.assertIsNone(told.by_duty)
