from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from .common import BrowserCommon
from .test_loan_portal import PortalCommon


class OwnTour(BrowserCommon, PortalCommon):
    """A borrower's way through what is their own, in a real browser and on the real clock."""

    @classmethod
    def _late(cls, customer=None):
        today = cls.company._loan_today()
        return cls._contract(
            customer,
            start_date=today - relativedelta(months=1, days=7),
            first_due_date=today - relativedelta(days=7),
        )

    def _walk(self):
        today = self.company._loan_today()
        self.contract.sudo()._record_promise(200, today + relativedelta(days=3), "page", partner=self.partner)
        self.env["loan.commitment"].create(
            {
                "name": "Send the interest certificate",
                "customer_id": self.customer.id,
                "date_due": today + relativedelta(days=2),
                "promised_on": today,
                "user_id": self.manager.id,
            }
        )
        self.start_tour("/my", "loan_portal_own", login=self.borrower.login)
        self.assertEqual(self.customer.consent_ids.mapped("state"), ["given"])
        made = self.env["loan.data.request"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((len(made), made.has_file), (1, True))


@tagged("post_install", "-at_install", "loan")
class TestLoanPortalOwnPhoneTour(OwnTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_borrower_reads_and_decides_on_a_phone(self):
        self._walk()


@tagged("post_install", "-at_install", "loan")
class TestLoanPortalOwnDesktopTour(OwnTour):
    browser_size = "1280x900"

    def test_a_borrower_reads_and_decides_at_a_desk(self):
        self._walk()
