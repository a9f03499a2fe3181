from odoo.tests import HttpCase, tagged

from .common import LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanWhatIfTour(HttpCase, LoanCommon):
    """From a question to the deed in a real browser, on the real clock."""

    freeze_time = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Odoo runs in UTC and so does the browser it starts: for "today" to be one day, so must the lender be.
        cls.company.loan_tz = "UTC"
        cls.env["res.users"].search([("company_ids", "in", cls.company.ids)]).tz = "UTC"
        today = cls.company._loan_today()
        cls.contract = cls._contract(start_date=today, first_due_date=cls._next_month(today))

    @classmethod
    def _next_month(cls, day):
        return cls.env["loan.contract"].new({"start_date": day}).first_due_date

    def test_a_manager_asks_and_books_a_prepayment(self):
        self.start_tour(f"/odoo/loans/{self.contract.id}", "loan_crm_what_if", login=self.manager.login)
        repayment = self.contract.repayment_ids
        self.assertEqual((repayment.kind, repayment.amount, repayment.state), ("prepayment", 3000, "posted"))
        self.assertEqual(self.contract.version_number, 2)
