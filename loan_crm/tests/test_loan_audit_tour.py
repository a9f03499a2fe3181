from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_access_campaign import CampaignCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanAuditTour(BrowserCommon, CampaignCommon):
    """An auditor looks at a grant and at the log, and finds nothing to press."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls._user("auditor", "Shen Yi")

    def _walk(self, lang, ending):
        self.env["res.lang"]._activate_lang(lang)
        self.auditor.lang = lang
        self.start_tour("/odoo/loan-access-grants", f"loan_audit{ending}", login=self.auditor.login)

    def test_an_auditor_reads_and_changes_nothing(self):
        self._walk("en_US", "")

    def test_an_auditor_reads_and_changes_nothing_in_chinese(self):
        self._walk("zh_CN", "_zh")
