from datetime import datetime, timedelta

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import emergencies
from odoo.addons.loan_crm.core.emergencies import Attempt

NOW = datetime.fromisoformat("2026-03-10 02:00:00")
DAY = datetime.fromisoformat("2026-03-09 16:00:00")


def judge(*attempts, form=9, customer=1, opens=True, limit=3):
    return emergencies.judge(
        attempts, form=form, customer=customer, opens=opens, limit=limit, day_began=DAY, now=NOW
    )


def tried(verdict, hours=1, form=1, customers=(1,)):
    return Attempt(NOW - timedelta(hours=hours), verdict, form, frozenset(customers))


class TestEmergencies(BaseCase):
    def test_who_is_found_and_not_kept_away_is_opened(self):
        self.assertEqual(judge(), ("opened", False))
        self.assertEqual(judge(customer=None), ("unknown", False))
        self.assertEqual(judge(opens=False), ("closed", False))

    def test_every_attempt_of_the_day_counts(self):
        guesses = [
            tried("unknown", customers=()),
            tried("closed", customers=(7,)),
            tried("opened", customers=(8,)),
        ]
        for found in ({}, {"customer": None}, {"opens": False}):
            self.assertEqual(judge(*guesses, **found), ("limit", False), "the same, whoever it is about")
        self.assertEqual(judge(*guesses, limit=4), ("opened", False))
        yesterday = [tried("unknown", hours=11, customers=()) for _each in range(3)]
        self.assertEqual(judge(*yesterday), ("opened", False))
        self.assertEqual(judge(limit=0), ("limit", False))

    def test_a_second_time_within_a_day_is_for_somebody_else_to_say(self):
        self.assertEqual(judge(tried("opened", hours=23)), ("again", False))
        self.assertEqual(judge(tried("opened", hours=25)), ("opened", False))
        self.assertEqual(judge(tried("opened", customers=(2,))), ("opened", False))
        self.assertEqual(judge(tried("closed")), ("opened", False))
        self.assertEqual(judge(tried("opened"), opens=False), ("closed", False))

    def test_a_form_that_is_sent_twice_is_one_attempt(self):
        self.assertEqual(judge(tried("opened", form=9)), ("opened", True))
        self.assertEqual(judge(tried("again", form=9)), ("again", True))
        self.assertEqual(judge(tried("opened", form=9), opens=False), ("closed", False))
        self.assertEqual(judge(tried("unknown", form=9, customers=())), ("opened", False), "mended")
        other = tried("opened", form=9, customers=(2,))
        self.assertEqual(judge(other), ("opened", False), "another customer is another attempt, on record")

    def test_what_is_entered_is_compared_whole(self):
        self.assertTrue(emergencies.same(" wang  FANG ", "Wang Fang"))
        self.assertTrue(emergencies.same("王 芳", "王芳"))
        self.assertTrue(emergencies.same("c00042", "Ｃ00042"))
        for entered in ("Wang", "", None, "%", "Wang Fan_", "Wang Fang2"):
            self.assertFalse(emergencies.same(entered, "Wang Fang"), entered)
        self.assertFalse(emergencies.same("", ""))
        self.assertFalse(emergencies.same("", None))

    def test_a_draft_has_no_number_to_be_found_by(self):
        self.assertFalse(emergencies.usable("/"))
        self.assertFalse(emergencies.usable(" / \n"))
        self.assertTrue(emergencies.usable("C01"))

    def test_a_reason_says_something(self):
        self.assertTrue(emergencies.long_enough("The flat burns and the insurer asks", 20))
        self.assertFalse(emergencies.long_enough("x " * 40, 20))
        self.assertFalse(emergencies.long_enough("Urgent" + " " * 40, 20))
        self.assertFalse(emergencies.long_enough(None, 1))
