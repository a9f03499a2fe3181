from odoo import fields
from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_access_log import EvidenceCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessLogTour(BrowserCommon, EvidenceCommon):
    """Compliance asks who looked, checks the log and closes what stands out."""

    def _tour(self, name, language):
        self.compliance.lang = language
        self.customer.with_user(self.manager).web_read({"kind": {}})
        finding = self.env["loan.access.unusual"].create(
            {
                "user_id": self.manager.id,
                "company_id": self.company.id,
                "kind": "off",
                "start": fields.Datetime.now(),
                "end": fields.Datetime.now(),
                "count": 1,
                "customer_count": 1,
            }
        )
        self.start_tour(f"/odoo/loan-customers/{self.customer.id}", name, login=self.compliance.login)
        self.assertEqual((finding.state, finding.reviewed_by_id), ("reviewed", self.compliance))
        self.assertFalse(self.log._verify()[1])

    def test_compliance_asks_who_looked(self):
        self._tour("loan_access_log", "en_US")

    def test_compliance_asks_who_looked_in_chinese(self):
        self._tour("loan_access_log_zh", "zh_CN")
