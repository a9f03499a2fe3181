from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_confidentiality import ConfidentialCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanConfidentialityTour(BrowserCommon, ConfidentialCommon):
    """Compliance closes a customer; who needs to see them asks, and compliance answers."""

    def _walk(self, lang, ending):
        self.env["res.lang"]._activate_lang(lang)
        (self.compliance | self.stranger).lang = lang
        page = f"/odoo/loan-customers/{self.customer.id}"
        self.start_tour(page, f"loan_confidentiality_classify{ending}", login=self.compliance.login)
        self.assertEqual(self.customer.level_id, self.confidential)
        self.assertTrue(self._sees(self.manager))
        self.assertFalse(self._sees(self.lead) or self._sees(self.stranger))
        ask = "/odoo/action-loan_crm.loan_access_request_action"
        self.start_tour(ask, f"loan_confidentiality_ask{ending}", login=self.stranger.login)
        self.start_tour(
            "/odoo/loan-access-requests", f"loan_confidentiality_answer{ending}", login=self.compliance.login
        )
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger))

    def test_compliance_closes_a_customer_and_answers_who_asks(self):
        self._walk("en_US", "")

    def test_compliance_closes_a_customer_and_answers_who_asks_in_chinese(self):
        self._walk("zh_CN", "_zh")

    def _close_application(self, lang, ending):
        self.env["res.lang"]._activate_lang(lang)
        self.compliance.lang = lang
        application = self.env["crm.lead"].create(
            {
                "name": "A second oven",
                "partner_id": self._partner("Nobody Yet").id,
                "loan_product_id": self.product.id,
                "company_id": self.company.id,
                "user_id": self.manager.id,
            }
        )
        self.manager.group_ids |= self.env.ref("sales_team.group_sale_salesman")
        self.assertTrue(self._sees(self.manager, application))
        page = "/odoo/action-loan_crm.crm_lead_action_compliance"
        self.start_tour(page, f"loan_confidentiality_application{ending}", login=self.compliance.login)
        self.env.invalidate_all()
        self.assertEqual(application.level_id, self.confidential)
        self.assertFalse(self._sees(self.manager, application))

    def test_compliance_keeps_an_application_from_others(self):
        self._close_application("en_US", "")

    def test_compliance_keeps_an_application_from_others_in_chinese(self):
        self._close_application("zh_CN", "_zh")
