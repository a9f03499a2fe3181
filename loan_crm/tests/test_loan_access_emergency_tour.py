from odoo.tests import tagged, test_cursor

from .common import BrowserCommon
from .test_loan_access_emergency import EmergencyCommon
from .test_loan_access_log import commit_with_hooks


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessEmergencyTour(BrowserCommon, EmergencyCommon):
    """Somebody breaks the glass and is done with it; compliance looks at what they did."""

    def setUp(self):
        super().setUp()
        self.patch(test_cursor.TestCursor, "commit", commit_with_hooks)  # looks are noted after a commit

    def _walk(self, lang, ending):
        self.env["res.lang"]._activate_lang(lang)
        (self.compliance | self.stranger).lang = lang
        self.stranger.password = "a-very-long-password"
        page = f"/odoo/action-loan_crm.loan_access_emergency_action?number={self.customer.reference}"
        self.start_tour(page, f"loan_emergency_open{ending}", login=self.stranger.login)
        self.env.invalidate_all()
        self.assertEqual(self._grants().state, "ended")
        self.assertFalse(self._sees(self.stranger))
        self.start_tour(
            "/odoo/loan-emergencies", f"loan_emergency_review{ending}", login=self.compliance.login
        )
        review = self.env["loan.access.review"].search([("user_id", "=", self.stranger.id)])
        self.assertEqual((review.state, review.closed_user_id), ("unjustified", self.compliance))
        self.assertGreater(review.view_count, 0)
        self.assertEqual(review.breach_id.user_id, self.stranger)

    def test_the_glass_is_broken_and_compliance_looks(self):
        self._walk("en_US", "")

    def test_the_glass_is_broken_and_compliance_looks_in_chinese(self):
        self._walk("zh_CN", "_zh")
