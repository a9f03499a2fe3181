from datetime import timedelta

from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_access_campaign import CampaignCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessCampaignTour(BrowserCommon, CampaignCommon):
    """Compliance begins a review, the manager answers both lines at once, and it closes by itself."""

    def _walk(self, lang, ending):
        self.env["res.lang"]._activate_lang(lang)
        (self.compliance | self.manager).lang = lang
        campaign = self._campaign(
            start=False, reviewer="manager", due_date=self.today + timedelta(days=20), warn_days=0
        )
        self.start_tour(
            "/odoo/loan-access-reviews", f"loan_access_campaign_begin{ending}", login=self.compliance.login
        )
        self.start_tour(
            "/odoo/loan-access-to-review", f"loan_access_campaign_answer{ending}", login=self.manager.login
        )
        self.env.invalidate_all()
        self.assertEqual((campaign.state, campaign.kept_count), ("closed", 2))

    def test_a_review_from_its_beginning_to_its_end(self):
        self._walk("en_US", "")

    def test_a_review_from_its_beginning_to_its_end_in_chinese(self):
        self._walk("zh_CN", "_zh")
