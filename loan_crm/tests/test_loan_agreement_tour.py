from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_portal_agreement import PortalAgreementCommon


class AgreementTour(BrowserCommon, PortalAgreementCommon):
    """Reading and signing in a real browser, on the real clock."""

    def _walk(self):
        self.start_tour("/my", "loan_agreement_sign", login=self.borrower.login)
        signer = self._signer(self.agreement)
        self.assertEqual((signer.state, signer.signer_name), ("signed", "Wang Fang 王芳"))
        self.assertEqual(self._evidence(self.agreement)["type"], "success")


@tagged("post_install", "-at_install", "loan")
class TestLoanAgreementPhoneTour(AgreementTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_borrower_signs_on_a_phone(self):
        self._walk()


@tagged("post_install", "-at_install", "loan")
class TestLoanAgreementDesktopTour(AgreementTour):
    browser_size = "1280x900"

    def test_a_borrower_signs_at_a_desk(self):
        self._walk()

    def test_a_manager_prepares_offers_and_checks(self):
        loan = self._planned()
        self.start_tour(f"/odoo/loans/{loan.id}", "loan_agreement_manager", login=self.manager.login)
        agreement = loan.agreement_ids
        self.assertEqual((agreement.state, agreement.end_reason), ("withdrawn", "Wrong amount"))
