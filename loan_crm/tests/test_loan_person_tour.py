from datetime import timedelta

from odoo.tests import tagged

from .common import BrowserCommon, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanPersonTour(BrowserCommon, LoanCommon):
    """What people sign and confirm, in a real browser, in both languages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.text = (
            cls.env["loan.nda.text"]
            .with_user(cls.compliance)
            .create({"name": "Secrecy", "company_id": cls.company.id, "body": "<p>I tell nobody.</p>"})
        )

    def _sign(self, tour):
        self.text.action_publish()
        nda = self.text.sudo().nda_ids.filtered(lambda nda: nda.user_id == self.manager)
        self.start_tour(f"/odoo/my-loan-ndas/{nda.id}", tour, login=self.manager.login)
        self.env.invalidate_all()
        self.assertEqual(nda.state, "signed")
        self.assertTrue(self.manager._loan_agreement_valid())

    def test_a_manager_signs_the_agreement(self):
        self._sign("loan_nda_sign")

    def test_a_manager_signs_the_agreement_in_chinese(self):
        self.manager.lang = "zh_CN"
        self._sign("loan_nda_sign_zh")

    def _publish(self, tour):
        self.start_tour("/odoo/loan-nda-texts", tour, login=self.compliance.login)
        self.env.invalidate_all()
        self.assertEqual(self.text.state, "published")

    def test_compliance_publishes_a_text(self):
        self._publish("loan_nda_publish")

    def test_compliance_publishes_a_text_in_chinese(self):
        self.compliance.lang = "zh_CN"
        self._publish("loan_nda_publish_zh")

    def _confirm(self, tour):
        notice = (
            self.env["loan.notice"]
            .with_user(self.compliance)
            .create(
                {
                    "name": "No private mail",
                    "company_id": self.company.id,
                    "body": "<p>From Loan CRM only.</p>",
                    "date_from": self.today,
                    "date_due": self.today + timedelta(days=7),
                }
            )
        )
        notice.action_publish()
        self.start_tour("/odoo/my-loan-notices", tour, login=self.manager.login)
        self.env.invalidate_all()
        receipt = notice.sudo().receipt_ids.filtered(lambda receipt: receipt.user_id == self.manager)
        self.assertTrue(receipt.read_at and receipt.confirmed_at)

    def test_a_manager_confirms_a_notice(self):
        self._confirm("loan_notice_confirm")

    def test_a_manager_confirms_a_notice_in_chinese(self):
        self.manager.lang = "zh_CN"
        self._confirm("loan_notice_confirm_zh")
