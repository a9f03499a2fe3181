from datetime import date

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import renewals

GOOD = renewals.Facts(
    active=True,
    opt_out=False,
    late=False,
    hardship=False,
    restructured=None,
    due=10,
    on_time=9,
    last_late=date(2025, 5, 17),
    applied=False,
    offered=True,
)


class TestRenewals(BaseCase):
    def test_a_good_payer_is_offered_the_next_loan(self):
        self.assertIsNone(renewals.reason_against(GOOD, 90))  # just enough is enough
        self.assertEqual(renewals.reason_against(GOOD, 91), "unpunctual")
        self.assertIsNone(renewals.reason_against(GOOD._replace(on_time=0), 0))

    def test_each_reason_against_it_is_told(self):
        for change, reason in [
            ({"active": False}, "inactive"),
            ({"opt_out": True}, "opt_out"),
            ({"late": True}, "late"),
            ({"hardship": True}, "hardship"),
            ({"restructured": date(2025, 9, 1)}, "restructured"),
            ({"due": 0, "on_time": 0}, "unproven"),
            ({"on_time": 8}, "unpunctual"),
            ({"applied": True}, "applied"),
            ({"offered": False}, "withdrawn"),
        ]:
            self.assertEqual(renewals.reason_against(GOOD._replace(**change), 90), reason)

    def test_what_the_borrower_said_comes_before_what_they_did(self):
        self.assertEqual(renewals.reason_against(GOOD._replace(opt_out=True, late=True), 90), "opt_out")
