from dateutil.relativedelta import relativedelta

from odoo.tests import HttpCase, tagged

from .common import LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestTours(HttpCase, LoanCommon):
    """Each role's way through the app in a real browser, on the real clock: a browser's time cannot be frozen."""

    freeze_time = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Odoo runs in UTC and so does the browser it starts: for "today" to be one day, so must the lender be.
        cls.company.write({"loan_tz": "UTC", "loan_quiet_from": 0, "loan_quiet_to": 0})  # whenever tests run
        cls.env["res.users"].search([("company_ids", "in", cls.company.ids)]).tz = "UTC"
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

    def test_the_service_desk_reads_its_teams_customers(self):
        self.start_tour("/odoo", "loan_crm_reader", login=self.desk.login)

    def test_compliance_reads_and_changes_nothing(self):
        self.start_tour("/odoo", "loan_crm_reader", login=self.compliance.login)

    def test_an_administrator_builds_a_policy(self):
        self.start_tour("/odoo", "loan_crm_administrator", login=self.administrator.login)
        policy = self.env["loan.reminder.policy"].search([("name", "=", "Gentle")])
        self.assertEqual(policy.step_ids.offset, -5)
