from odoo.tests import tagged

from .test_loan_portal_tour import PortalTour


class EasyTour(PortalTour):
    """Large type, a call back, an appointment and a question without a loan, in a real browser."""

    def _walk(self):
        self.company.loan_slot_lead_hours = 5
        self.partner.phone = "+86 138 0013 8000"
        self.start_tour("/my", "loan_easy", login=self.borrower.login)
        self.assertTrue(self.customer.large_type)
        cases = self.env["loan.case"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((len(cases), cases.lead_id), (2, self.application))
        self.assertEqual(cases.filtered("call_part").state, "solved")
        event = (
            self.env["calendar.event"]
            .with_context(active_test=False)
            .search([("loan_partner_id", "=", self.partner.id)])
        )
        self.assertEqual((event.active, event.loan_way), (False, "phone"))


@tagged("post_install", "-at_install", "loan")
class TestLoanEasyPhoneTour(EasyTour):
    browser_size = "390x844"
    touch_enabled = True

    def test_an_older_borrower_finds_a_person_on_a_phone(self):
        self._walk()


@tagged("post_install", "-at_install", "loan")
class TestLoanEasyDesktopTour(EasyTour):
    browser_size = "1280x900"

    def test_an_older_borrower_finds_a_person_at_a_desk(self):
        self._walk()
