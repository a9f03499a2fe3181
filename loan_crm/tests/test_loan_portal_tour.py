from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_portal import PortalCommon


class PortalTour(BrowserCommon, PortalCommon):
    """A borrower's way through all of the portal, in a real browser and on the real clock."""

    @classmethod
    def _late(cls, customer=None):
        today = cls.company._loan_today()
        return cls._contract(
            customer,
            start_date=today - relativedelta(months=1, days=7),
            first_due_date=today - relativedelta(days=7),
        )

    def _walk(self):
        self.start_tour("/my", "loan_portal", login=self.borrower.login)
        paper = self.application.loan_document_ids[0]
        self.assertEqual((paper.state, paper.attachment_ids.mimetype), ("received", "image/png"))
        case = self.env["loan.case"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((len(case), case.kind), (1, "request"))
        self.assertEqual(self.customer.preferred_channel, "phone")


@tagged("post_install", "-at_install", "loan")
class TestLoanPortalPhoneTour(PortalTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_borrower_goes_through_the_portal_on_a_phone(self):
        self._walk()


@tagged("post_install", "-at_install", "loan")
class TestLoanPortalDesktopTour(PortalTour):
    browser_size = "1280x900"

    def test_a_borrower_goes_through_the_portal_at_a_desk(self):
        self._walk()
