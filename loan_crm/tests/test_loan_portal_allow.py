from odoo import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .test_loan_consent import ConsentCommon
from .test_loan_portal import PortalCommon


class AllowCommon(ConsentCommon, PortalCommon):
    """Hu Jing answers for Wang Fang's loan, Gao Li has applied for one: neither has a profile."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.surety = cls._partner("Hu Jing")
        cls.contract.sudo().party_ids = [
            Command.create({"partner_id": cls.surety.id, "role": "guarantor", "date_from": TODAY})
        ]
        cls.surety_login = cls._login_of(cls.surety)
        cls.applicant = cls._partner("Gao Li")
        cls.asked_for = cls._application("Gao Li", partner_id=cls.applicant.id).with_env(cls.env)
        cls.applicant_login = cls._login_of(cls.applicant)

    def _say(self, wanted, code="surveys", **typed):
        token = self._field(self._get("/my/data"), "csrf_token")
        purpose = self._purpose(code)
        typed = {
            "csrf_token": token,
            "purpose": str(purpose.id),
            "version": str(purpose.version),
            "wanted": wanted,
            **typed,
        }
        return self._get("/my/consents", data=typed)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanPortalAllow(AllowCommon):
    """What a guarantor, a co-borrower and an applicant read of what is done with their data, and what they decide."""

    def test_a_guarantor_reads_what_is_done_and_what_is_left(self):
        self._be(self.surety_login)
        told = self._main(self._get("/my/consents"))
        for words in (
            "You answer for somebody’s loan",
            "For this we would need your yes. We have never asked you, so we leave it:",
            "Asking the credit bureau about you",
            "Questions how it was",
            "We do this. You can say no at any time.",
            "Tell us. A person reads it",
            self.company.name,
        ):
            self.assertIn(words, told)
        for words in (
            "You have asked us for a loan",
            "You borrow together",
            "What you have said until now",
            "Reminders of payments by email",
            "How we reach you",
            "Wang Fang",
            self.contract.name,
        ):
            self.assertNotIn(words, told)
        self.assertIn('href="/my/ask"', self._get("/my/consents").text)
        self.assertEqual(self._get("/my/ask").status_code, 200)

    def test_each_reads_what_they_have_to_do_with_the_lender(self):
        self._be(self.applicant_login)
        told = self._main(self._get("/my/consents"))
        self.assertIn("You have asked us for a loan", told)
        self.assertNotIn("You answer for somebody’s loan", told)
        self.contract.party_ids.sudo().role = "co_borrower"
        self._be(self.surety_login)
        told = self._main(self._get("/my/consents"))
        self.assertIn("You borrow together with somebody", told)
        self.assertNotIn("You answer for somebody’s loan", told)

    def test_a_customer_who_answers_at_another_lender_reads_of_both(self):
        other = self.env["res.company"].create(
            {"name": "Puxi Finance", "currency_id": self.cny.id, "loan_tz": "Asia/Shanghai"}
        )
        self.borrower.company_ids += other
        self.application.copy(
            {"partner_id": self.partner.id, "company_id": other.id, "team_id": False, "user_id": False}
        )
        self._be(self.borrower)
        told = self._main(self._get("/my/consents"))
        self.assertIn("Here you have no loan of your own: Puxi Finance", told)
        self.assertIn("What you have said until now", told)
        self.assertIn("You have asked us for a loan", told)
        self.assertNotIn("You have no loan of your own with us", told)

    def test_who_wants_no_surveys_is_asked_no_more_and_may_change_their_mind(self):
        for login, place in ((self.surety_login, self.contract), (self.applicant_login, self.asked_for)):
            with self.subTest(login=login.name):
                self._be(login)
                response = self._say("no")
                self.assertEqual(response.history[0].status_code, 303)
                told = self._main(response)
                self.assertIn("Thank you, we keep to it from now on.", told)
                self.assertIn("You have said no. We keep to it.", told)
                self.assertTrue(login.partner_id.sudo().loan_no_surveys)
                note = place.sudo().message_ids[0]
                self.assertIn(f"{login.name} wants no more surveys, says the portal.", note.body)
                self.assertEqual(note.author_id, login.partner_id)
                self._say("yes")
                self.assertFalse(login.partner_id.sudo().loan_no_surveys)

    def test_what_they_said_stands_in_the_ledger_once_they_are_customers(self):
        self._be(self.applicant_login)
        self._say("no")
        customer = self._customer("Gao Li", partner_id=self.applicant.id)
        self.assertEqual(self._said("surveys", customer), ["refused"])
        told = self._main(self._get("/my/consents"))
        self.assertIn("What you have said until now", told)
        self.assertNotIn("You have asked us for a loan", told)

    def test_the_card_is_there_for_them(self):
        for login in (self.surety_login, self.applicant_login):
            self._be(login)
            counted = self.make_jsonrpc_request("/my/counters", {"counters": ["loan_consent_count"]})
            self.assertEqual(counted, {"loan_consent_count": 1})

    def test_what_rests_on_consent_is_no_choice_of_theirs(self):
        self._purpose("surveys").ground = "consent"
        self._be(self.applicant_login)
        told = self._main(self._get("/my/consents"))
        self.assertNotIn("You can say yes or no", told)
        self.assertIn("Questions how it was", told.split("What we do not do")[1])
        self.assertEqual(self._say("yes").status_code, 404)

    # ------------------------------------------------------------ attempts

    def test_p50_who_is_no_customer_decides_about_nothing_else(self):
        for login in (self.surety_login, self.applicant_login):
            self._be(login)
            for code in ("reminders", "recording", "registry"):
                with self.subTest(login=login.name, code=code):
                    self.assertEqual(self._say("no", code).status_code, 404)
            for purpose in ("2000000000", "0", "-1", "x", ""):
                with self.subTest(purpose=purpose):
                    self.assertEqual(self._say("no", purpose=purpose).status_code, 404)
        self.assertFalse(self._rows("reminders"))
        self.assertFalse(self.customer.reminder_opt_out)

    def test_p51_nobody_says_it_for_the_borrower_or_with_a_form_that_is_none(self):
        self._be(self.surety_login)
        self._say("no", customer_id=str(self.customer.id), partner_id=str(self.partner.id))
        self.assertFalse(self.partner.sudo().loan_no_surveys)
        self.assertFalse(self._rows("surveys"))
        self._say("yes")
        with mute_logger("odoo.http"):
            self.assertEqual(self._say("no", csrf_token="x").status_code, 400)
        self.assertEqual(self._say("maybe").status_code, 422)
        self.assertEqual(self._say("no", version="0").status_code, 409)
        self.assertFalse(self.surety.sudo().loan_no_surveys)

    def test_p52_more_than_an_hour_takes_is_refused(self):
        self.company.loan_posts_per_hour = 2
        self._be(self.surety_login)
        self.assertEqual([self._say(said).status_code for said in ("no", "yes", "no")], [200, 200, 429])
        self.assertFalse(self.surety.sudo().loan_no_surveys)

    def test_p53_who_is_released_or_archived_is_told_nothing(self):
        self.contract.party_ids.sudo().date_to = TODAY
        self._be(self.surety_login)
        self.assertEqual(self._get("/my/consents").status_code, 404)
        self._be(self.applicant_login)
        self._customer("Gao Li", partner_id=self.applicant.id).sudo().active = False
        self.assertEqual(self._get("/my/consents").status_code, 404)
        data = {"wanted": "no", "purpose": str(self._purpose("surveys").id)}
        self.assertEqual(self._get("/my/consents", data=data).status_code, 404)
