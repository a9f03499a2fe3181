from odoo.tests import tagged

from .common import BrowserCommon, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanWhatIfTour(BrowserCommon, LoanCommon):
    """From a question to the deed in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._contract(start_date=cls.today, first_due_date=cls._next_month(cls.today))

    @classmethod
    def _next_month(cls, day):
        return cls.env["loan.contract"].new({"start_date": day}).first_due_date

    def test_a_manager_asks_and_books_a_prepayment(self):
        self.start_tour(f"/odoo/loans/{self.contract.id}", "loan_crm_what_if", login=self.manager.login)
        repayment = self.contract.repayment_ids
        self.assertEqual((repayment.kind, repayment.amount, repayment.state), ("prepayment", 3000, "posted"))
        self.assertEqual(self.contract.version_number, 2)
