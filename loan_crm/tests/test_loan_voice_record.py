import base64
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY
from .test_loan_survey import SurveyCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanVoiceRecord(SurveyCommon):
    """What becomes of surveys, words given and recovery when profiles are merged, and when a customer is forgotten."""

    def _voice(self, customer):
        """Return what there is of one customer: a survey they answered badly, a word of ours, and the plan."""
        self._paid_out(customer=customer)
        request = self._round().filtered(lambda request: request.customer_id == customer)
        self._answer(request, 1, speed=1, words="Nobody called me, Fang")
        word = (
            self.env["loan.commitment"]
            .with_user(self.manager)
            .create(
                {
                    "customer_id": customer.id,
                    "name": "A letter to Mrs. Fang",
                    "date_due": TODAY + timedelta(3),
                    "kind_id": self.env.ref("loan_crm.loan_commitment_kind_document").id,
                }
            )
            .with_env(self.env)
        )
        plan = self.env["loan.recovery.plan"].search([("customer_id", "=", customer.id)])
        plan.heard = "She was called by the wrong name, Fang"
        return request, word, plan

    def test_what_a_merged_profile_said_and_was_promised_is_the_keepers(self):
        double = self._customer("Wang Fang (2)")
        found = self._voice(double)
        request = found[0]
        self.customer.with_user(self.lead)._merge(double.with_user(self.lead))
        for record in (*found, *request.score_ids):
            with self.subTest(record=record):
                self.assertEqual(record.customer_id, self.customer)
                self.assertTrue(record.with_user(self.manager).has_access("read"))
        self.assertEqual(self.customer.survey_count, 1)
        self.assertEqual((self.customer.recovery_count, self.customer.recovery_open), (1, True))

    def test_who_was_asked_under_either_name_is_asked_no_sooner(self):
        double = self._customer("Wang Fang (2)")
        self._voice(double)
        self.customer.with_user(self.lead)._merge(double.with_user(self.lead))
        with self._days_later(20):
            start = TODAY + timedelta(17)
            self._contract(start_date=start, first_due_date=start + timedelta(30))
            last = self._round()[-1]
        self.assertEqual((last.state, last.reason), ("silent", "too_soon"))

    def test_a_year_is_asked_about_once_whichever_profile_it_was(self):
        self._rule("yearly", delay_days=0, late_days=60)
        double = self._customer("Wang Fang (2)")
        begun = TODAY - relativedelta(years=1)
        for customer, start in ((double, begun - timedelta(10)), (self.customer, begun + timedelta(100))):
            self._contract(customer, start_date=start, first_due_date=start + relativedelta(months=1))

        def asked():
            self.requests._note_occasions(self.company, ("yearly",))
            return self._all().filtered(lambda request: request.moment == "yearly")

        self.assertEqual(asked().customer_id, double)
        self.customer.with_user(self.lead)._merge(double.with_user(self.lead))
        with self._days_later(100):
            self.assertEqual(len(asked()), 1)

    def test_a_forgotten_customer_leaves_figures_and_no_words(self):
        self.company.loan_retention_years = 0
        request, word, plan = self._voice(self.customer)
        word.evidence_file = base64.b64encode(b"Fang's letter")
        self._pay(request.contract_id, request.contract_id.amount_open)
        compliance = self._user("compliance", "Ye Qing")
        erasure = self.customer.with_user(compliance)._request_erasure("request")
        erasure.with_user(self.lead).action_confirm()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(erasure.with_env(self.env).state, "done")
        told = [
            request.email,
            request.words,
            request.call_words,
            request.call_phone,
            word.name,
            word.evidence_note,
            plan.heard,
            plan.what_happened,
            plan.answer_note,
        ]
        self.assertFalse([words for words in told if words and "Fang" in words], told)
        self.assertFalse(request.email)
        self.assertFalse(word.evidence_file)
        # What was answered in figures still counts, for nobody in particular.
        self.assertEqual(request.score_ids.mapped("percent"), [0.0, 0.0])
        self.assertEqual((plan.cause, plan.score), ("score", 0.0))
