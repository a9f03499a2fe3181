from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import NOW
from .test_crm_lead import ApplicationCommon
from .test_loan_case import CaseCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanLeadAnswer(CaseCommon, ApplicationCommon):
    """Who applies and writes waits for an answer as a borrower does: until a person has said something."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.application = cls._application().with_env(cls.env)
        cls.applicant = cls.application.partner_id
        cls.applicant.email = "zhou.yu@example.com"

    def _wrote(self, lead=None, body="When will it be decided, please?", sender=None, **headers):
        lead = lead or self.application
        letter = lead.with_user(self.manager).message_post(
            body="Your papers are here.", subtype_xmlid="mail.mt_comment", partner_ids=self.applicant.ids
        )
        return self._receive(
            body,
            sender=sender or "Zhou Yu <zhou.yu@example.com>",
            In_Reply_To=letter.message_id,
            References=letter.message_id,
            **headers,
        )

    def _says(self, words):
        self.application.with_user(self.manager).message_post(
            body=words,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.applicant.ids,
        )

    def _wait(self, lead=None):
        lead = lead or self.application
        return self.env["loan.response"].search(
            [("lead_id", "=", lead.id), ("state", "=", "waiting")], order="id desc"
        )

    def test_an_applicants_mail_starts_the_clock_and_a_persons_words_stop_it(self):
        self._wrote()
        self.assertEqual(self.application.waiting_since, fields.Datetime.to_datetime(NOW))
        wait = self._wait()
        self.assertEqual(
            (wait.owner_user_id, wait.channel, wait.company_id), (self.manager, "email", self.company)
        )
        self.assertFalse(wait.customer_id, "whose profile it may be one day, nobody is told by it")
        self.assertEqual(self._answers(self.application).user_id, self.manager)
        self._says("Thanks!")
        self.assertTrue(self.application.waiting_since, "which says nothing")
        self._says("It is decided on Friday.")
        self.assertFalse(self.application.waiting_since or self._answers(self.application))
        self.assertEqual((wait.state, wait.user_id), ("answered", self.manager))

    def test_a_machine_starts_nothing_and_a_lead_without_a_product_is_odoos_own(self):
        self._wrote(Auto_Submitted="auto-replied")
        self.assertFalse(self.application.waiting_since)
        plain = self._application(loan_product_id=False, partner_id=self.applicant.id).with_env(self.env)
        self._wrote(plain)
        self.assertFalse(plain.waiting_since or self._wait(plain))

    def test_it_survives_reassignment_and_goes_to_the_new_one(self):
        self._wrote()
        since = self.application.waiting_since
        self.application.user_id = self.lead
        self.assertEqual((self.application.waiting_since, self._wait().owner_user_id), (since, self.lead))
        self.assertEqual(self._answers(self.application).user_id, self.lead)

    def test_what_nobody_answers_climbs_to_the_teams_lead(self):
        self._wrote()
        wait = self._wait()
        self.assertTrue(wait.climb_at)
        with freeze_time(wait.climb_at), self._without_commit():
            self.env["loan.response"]._cron_climb()
        self.assertEqual(wait.climbed, "1")
        self.assertIn(self.application.team_id.user_id, self.application.activity_ids.user_id)

    def test_who_may_see_the_application_sees_the_wait(self):
        self._wrote()
        responses = self.env["loan.response"]
        for user, seen in (
            (self.manager, True),
            (self.application.team_id.user_id, True),
            (self.stranger, False),
            (self.colleague, False),
        ):
            with self.subTest(user=user.name):
                found = responses.with_user(user).search([("lead_id", "=", self.application.id)])
                self.assertEqual(bool(found), seen)
                self.assertEqual(self._wait().with_user(user).has_access("read"), seen)

    def test_nobody_enters_since_when_somebody_waits(self):
        with self.assertRaises(AccessError):
            self.application.with_user(self.manager).waiting_since = NOW
        self._wrote()
        self.application.with_user(self.manager).action_mark_answered()
        self.assertFalse(self.application.waiting_since)

    def test_who_waits_longest_comes_first_in_the_list(self):
        other = self._application("Li Na")
        self._wrote()
        view = self.env.ref("loan_crm.crm_lead_view_list_applications")
        arch = self.env["crm.lead"].with_user(self.manager).get_view(view.id, "list")["arch"]
        self.assertIn('default_order="waiting_since,', arch)
        found = self.env["crm.lead"].search(
            [("id", "in", (other | self.application).ids)], order="waiting_since, priority desc, id desc"
        )
        self.assertEqual(found[0], self.application)

    def test_a_case_that_is_passed_on_takes_its_wait_along(self):
        case = self._mail()
        wait = self.env["loan.response"].search([("case_id", "=", case.id), ("state", "=", "waiting")])
        case.user_id = self.lead
        self.assertEqual(wait.owner_user_id, self.lead)
