from odoo.tests import tagged

from .common import BrowserCommon, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanSetupTour(BrowserCommon, LoanCommon):
    """An administrator gets started, and each role takes its first walk, in a real browser."""

    def test_an_administrator_gets_started(self):
        self.administrator.group_ids |= self.env.ref("base.group_system")
        self.administrator.company_ids = self.company
        self.company.write({"email": False, "phone": False, "loan_reminders_paused": True})
        self.start_tour(
            "/odoo/loan-getting-started", "loan_setup_administrator", login=self.administrator.login
        )
        self.assertEqual(self.company.phone, "+86 21 5555 0100")
        self.assertEqual(self.company.loan_tried_on, self.today)
        self.assertFalse(self.company.loan_reminders_paused)
        self.assertFalse(self.company.loan_setup_aside)

    def test_each_role_takes_its_first_walk(self):
        auditor = self._user("auditor", "Xu Lan")
        for role, user, url in (
            ("manager", self.manager, "/odoo/my-day"),
            ("team_lead", self.lead, "/odoo/my-day"),
            ("service_desk", self.desk, "/odoo/my-day"),
            ("compliance", self.compliance, "/odoo/loan-customers"),
            ("auditor", auditor, "/odoo/loan-access-log"),
        ):
            with self.subTest(role=role):
                self.start_tour(url, f"loan_guide_{role}", login=user.login)
