from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_survey import SurveyCommon


class VoiceCommon(BrowserCommon, SurveyCommon):
    """A customer who was paid out three days ago and is asked how it was, on the real clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.date_from = cls.today - timedelta(60)
        cls._contract(
            start_date=cls.today - timedelta(3), first_due_date=cls.today + relativedelta(months=1, days=-3)
        )
        cls.env["loan.recovery.limit"].create(
            [
                {
                    "company_id": cls.company.id,
                    "currency_id": cls.company.currency_id.id,
                    "role": role,
                    "amount": amount,
                }
                for role, amount in (("manager", 200), ("team_lead", 2000))
            ]
        )


@tagged("post_install", "-at_install", "loan")
class TestLoanSurveyPhone(VoiceCommon):
    """As the borrower, on a phone."""

    browser_size = "375x667"
    touch_enabled = True

    def test_a_borrower_answers_with_one_click_and_then_the_rest(self):
        asked = self._round()
        self.assertEqual(asked.state, "sent")
        link = asked.ask_url.removeprefix(asked.company_id.get_base_url())
        self.start_tour(f"/web/login?ask={link}?choice=2", "loan_survey_phone")
        self.env.invalidate_all()
        self.assertEqual((asked.state, asked.way, asked.is_low), ("answered", "link", True))
        self.assertEqual(asked.words, "The fee came as a surprise")


@tagged("post_install", "-at_install", "loan")
class TestLoanVoiceTour(VoiceCommon):
    """What a borrower said is read, what was promised is kept, and what went wrong is made good."""

    def test_a_manager_reads_an_answer_and_its_plan(self):
        asked = self._round()
        self._answer(asked, 2, clarity=1, words="The fee came as a surprise")
        self.start_tour("/odoo/loan-surveys", "loan_survey_manager", login=self.manager.login)

    def test_from_a_message_to_a_word_that_was_kept(self):
        self.customer.with_user(self.manager).message_post(
            body="You have the statement tomorrow", message_type="comment"
        )
        self.start_tour(
            f"/odoo/loan-customers/{self.customer.id}", "loan_commitment_message", login=self.manager.login
        )
        word = self.env["loan.commitment"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((word.state, word.date_due), ("open", self.today + timedelta(1)))
        self.start_tour("/odoo/loan-commitments", "loan_commitment_keep", login=self.manager.login)
        self.assertEqual((word.state, word.evidence_note), ("kept", "Handed over at the counter"))

    def test_from_a_low_score_through_a_leads_decision_to_the_end(self):
        self._answer(self._round(), 1, clarity=1)
        plan = self.env["loan.recovery.plan"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((plan.cause, plan.user_id), ("score", self.manager))
        where = f"/odoo/loan-recovery/{plan.id}"
        self.start_tour(where, "loan_recovery_ask", login=self.manager.login)
        self.assertEqual((plan.approval, plan.asked_user_id), ("asked", self.manager))
        self.start_tour(where, "loan_recovery_grant", login=self.lead.login)
        self.assertEqual((plan.approval, plan.decided_user_id), ("approved", self.lead))
        self.start_tour(where, "loan_recovery_end", login=self.manager.login)
        self.assertEqual((plan.state, plan.outcome, plan.cost), ("closed", "recovered", 480))
