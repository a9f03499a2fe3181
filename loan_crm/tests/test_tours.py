from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MockEmail

from ..core import reminders
from .common import BrowserCommon, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestTours(BrowserCommon, LoanCommon, MockEmail):
    """Each role's way through the app in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"loan_quiet_from": 0, "loan_quiet_to": 0})  # whenever tests run
        cls.contract = cls._contract()

    def test_a_manager_drafts_pays_out_and_takes_money(self):
        self.start_tour("/odoo", "loan_crm_manager", login=self.manager.login)
        loan = self.customer.contract_ids - self.contract
        self.assertEqual(loan.state, "active")
        self.assertEqual(loan.repayment_ids.amount, 500)

    def test_a_manager_reads_the_letter_a_customer_got(self):
        today = self.company._loan_today()
        self._contract(start_date=today - relativedelta(months=1), first_due_date=today)
        self._remind()
        self.start_tour("/odoo", "loan_crm_manager_reminders", login=self.manager.login)

    def test_a_lead_plans_cover_and_the_customer_shows_it(self):
        self.start_tour("/odoo", "loan_crm_team_lead", login=self.lead.login)
        self.assertEqual(self.customer.acting_user_id, self.colleague)

    def test_a_manager_goes_away_and_comes_back(self):
        task = self.contract.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self.company._loan_today(),
            summary="Ask for the payslip",
            user_id=self.manager.id,
        )
        self.start_tour("/odoo/loan-cover", "loan_cover_manager", login=self.manager.login)
        cover = self.env["loan.cover"].search([("manager_user_id", "=", self.manager.id)])
        self.assertEqual((cover.state, task.user_id), ("over", self.manager))
        self.assertEqual(cover.task_ids.to_user_id, self.colleague)

    def test_the_service_desk_reads_its_teams_customers(self):
        self.start_tour("/odoo", "loan_crm_reader", login=self.desk.login)

    def test_compliance_reads_and_changes_nothing(self):
        self.start_tour("/odoo", "loan_crm_reader", login=self.compliance.login)

    def test_an_administrator_builds_a_policy(self):
        self.start_tour("/odoo", "loan_crm_administrator", login=self.administrator.login)
        policy = self.env["loan.reminder.policy"].search([("name", "=", "Gentle")])
        self.assertEqual(policy.step_ids.offset, -5)

    def _due_today(self):
        """Return a running loan of another customer whose first installment falls due today."""
        today = self.company._loan_today()
        return self._contract(
            self._customer("Li Na"), start_date=today - relativedelta(months=1), first_due_date=today
        )

    def test_a_manager_reads_a_letter_takes_a_promise_and_holds_reminders(self):
        loan = self._due_today()
        self.start_tour("/odoo", "loan_crm_manager_promise_and_hold", login=self.manager.login)
        promise = self.env["loan.promise"].search([("contract_id", "=", loan.id)])
        self.assertEqual((promise.state, promise.heard_user_id), ("open", self.manager))
        hold = self.env["loan.reminder.hold"].search(
            [("contract_id", "=", loan.id), ("kind", "=", "complaint")]
        )
        self.assertEqual((hold.reason, hold.state), ("Says the fee was charged twice", "lifted"))
        self.assertEqual((hold.placed_user_id, hold.lifted_user_id), (self.manager, self.manager))

    def test_a_lead_foresees_tries_pauses_and_lets_a_round_go(self):
        loan = self._due_today()
        with patch.object(reminders, "unusual", lambda planned, history, factor: (True, 0.0)):
            reminder = self._remind().filtered(lambda entry: entry.contract_id == loan)
        self.assertEqual(reminder.hold_reason, "unusual")
        self.start_tour("/odoo", "loan_crm_team_lead_control_room", login=self.lead.login)
        round_ = reminder.round_id
        self.assertEqual((round_.state, round_.released_user_id), ("released", self.lead))
        self.assertFalse(self.company.loan_reminders_paused)
        self._remind()
        self.assertEqual(reminder.state, "queued")

    def _bounced(self):
        """Return the reminder of a letter that came back, and note that its address is out of use."""
        loan = self._due_today()
        reminder = self._remind().filtered(lambda entry: entry.contract_id == loan)
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(reminder.state, "sent")
        self.env["loan.reminder.bounce"]._note(
            loan, "li.na@example.com", "550 5.1.1 User unknown", reminders=reminder
        )
        return reminder

    def test_a_manager_mends_a_bounced_address(self):
        reminder = self._bounced()
        self.start_tour("/odoo", "loan_crm_manager_bounce", login=self.manager.login)
        self.assertEqual(reminder.partner_id.email, "na.li@example.org")
        self.assertEqual(reminder.state, "queued")

    def test_a_manager_mends_a_bounced_address_in_chinese(self):
        self.manager.lang = "zh_CN"
        reminder = self._bounced()
        self.start_tour("/odoo", "loan_crm_manager_bounce_zh", login=self.manager.login)
        self.assertEqual(reminder.partner_id.email, "na.li@example.org")
        self.assertEqual(reminder.state, "queued")

    def test_a_lead_hands_a_customer_over_and_the_receiver_accepts(self):
        self.start_tour(
            f"/odoo/loan-customers/{self.customer.id}", "loan_handover_start", login=self.lead.login
        )
        self.assertEqual(self.customer.incoming_user_id, self.colleague)
        self.colleague.lang = "zh_CN"
        self.start_tour("/odoo/loan-taking-over", "loan_handover_accept", login=self.colleague.login)
        self.assertEqual(self.customer.manager_user_id, self.colleague)

    # ------------------------------------------------------------ a customer's life, in and out

    def _application(self, customer, **values):
        return self.env["crm.lead"].create(
            {
                "name": "A van",
                "type": "opportunity",
                "partner_id": customer.partner_id.id,
                "company_id": self.company.id,
                "team_id": self.team.id,
                "user_id": self.manager.id,
                "loan_product_id": self.product.id,
                **values,
            }
        )

    def _in_chinese(self, *users):
        for user in users:
            user.lang = "zh_CN"

    def _profile(self, tour):
        self._application(self.customer)
        self.start_tour(f"/odoo/res.partner/{self.customer.partner_id.id}", tour, login=self.manager.login)
        paper = self.env["loan.customer.document"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((paper.number, paper.verified_user_id), ("310101199001012233", self.manager))
        self.assertEqual((paper.date_expiry - self.company._loan_today()).days, 900)
        talk = self.env["loan.interaction"].search([("customer_id", "=", self.customer.id)])
        self.assertIn("second oven", talk.note)

    def test_a_manager_learns_who_a_customer_is_and_adds_to_it(self):
        self._profile("loan_profile_manager")

    def test_a_manager_learns_who_a_customer_is_in_chinese(self):
        self._in_chinese(self.manager)
        self._profile("loan_profile_manager_zh")

    def _two_of_one_person(self, tour):
        double = self._customer("Wang Fang (2)", note="Calls after six.")
        self.customer.note = "Hates letters."
        self.start_tour("/odoo/loan-customers", tour, login=self.lead.login)
        self.env.invalidate_all()
        self.assertEqual(double.merged_into_id, self.customer)
        self.assertIn("Hates letters.", self.customer.note)

    def test_a_lead_merges_two_profiles_of_one_person(self):
        self._two_of_one_person("loan_merge_lead")

    def test_a_lead_merges_two_profiles_in_chinese(self):
        self._in_chinese(self.lead)
        self._two_of_one_person("loan_merge_lead_zh")

    def _two_people_erase(self, ending=""):
        customer = self._customer("Zuo Qiuming")
        application = self._application(customer)
        application.action_set_lost()
        self.start_tour(
            f"/odoo/loan-customers/{customer.id}", f"loan_erasure_ask{ending}", login=self.compliance.login
        )
        self.start_tour("/odoo/loan-erasures", f"loan_erasure_confirm{ending}", login=self.lead.login)
        self.env.invalidate_all()
        name = f"Erased {customer.reference}" if not ending else customer.partner_id.name
        self.assertEqual((customer.partner_id.name, application.name), (name, name))
        self.assertNotIn("Zuo", name)
        self.assertFalse(customer.active or application.partner_id)

    def test_compliance_asks_and_a_lead_confirms_an_erasure(self):
        self._two_people_erase()

    def test_two_people_erase_a_customer_in_chinese(self):
        self._in_chinese(self.compliance, self.lead)
        self._two_people_erase("_zh")
