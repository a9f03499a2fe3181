from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_access_deal import DealCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessDealTour(BrowserCommon, DealCommon):
    """Compliance sets a deal team up from a customer's page, looks at its members and closes it."""

    def _walk(self, lang, ending):
        self.env["res.lang"]._activate_lang(lang)
        self.compliance.lang = lang
        self.template.with_context(lang="en_US").name = "Refinancing of firms"
        self._classify(self.customer, self.confidential)
        self.template.line_ids.filtered("team_id").unlink()
        page = f"/odoo/loan-customers/{self.customer.id}"
        self.start_tour(page, f"loan_access_deal{ending}", login=self.compliance.login)
        deal = self.env["loan.access.deal"].search([("name", "=", "Project Heron")])
        self.assertEqual((deal.state, deal.answer), ("closed", "The deal is signed"))
        self.assertEqual(set(deal.grant_ids.mapped("state")), {"ended"})

    def test_a_deal_from_the_customers_page_to_its_end(self):
        self._walk("en_US", "")

    def test_a_deal_from_the_customers_page_to_its_end_in_chinese(self):
        self._walk("zh_CN", "_zh")
