from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_learning import LearningCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanLearningTour(BrowserCommon, LearningCommon):
    """The head of service finds a weak spot, makes an improvement of it, and issues the report of a month."""

    def test_from_a_weak_spot_to_an_improvement(self):
        self._past(range(1, 13), cause_id=self.process.id)
        self._past([3, 4], category_id=self.delay.id)
        self.start_tour("/odoo/loan-weak-spots", "loan_learning_head", login=self.lead.login)
        improvement = self.env["loan.improvement"].search([("company_id", "=", self.company.id)])
        self.assertEqual((improvement.state, improvement.user_id), ("agreed", self.manager))
        self.assertEqual((improvement.category_id, improvement.counted_user_id), (self.papers, self.lead))

    def test_a_report_is_made_and_issued(self):
        self.company.loan_head_user_id = self.lead
        self._past([(self.today.day + days) for days in range(1, 13)])
        self.start_tour("/odoo/loan-voice", "loan_learning_report", login=self.lead.login)
        report = self.env["loan.voice.report"].search([("company_id", "=", self.company.id)])
        self.assertEqual((report.state, report.issued_user_id), ("issued", self.lead))
        self.assertEqual(report.date_to, self.today.replace(day=1) - timedelta(1))
        self.assertEqual(report.figures["now"]["cases"]["complaints"], 12)
        self.assertLess(report.issued_at, fields.Datetime.now() + timedelta(minutes=1))
