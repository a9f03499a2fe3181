from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderHold(LoanCommon):
    """Who may ask for silence, for what, and how it ends. What the round makes of it is tested with the round."""

    def _hold(self, user=None, **values):
        vals = {"customer_id": self.customer.id, "kind": "complaint", "reason": "Fee of March", **values}
        return self.env["loan.reminder.hold"].with_user(user or self.manager).create(vals)

    def test_a_manager_places_a_hold_from_the_loan_and_reads_about_it_there(self):
        contract = self._due_in(3)
        action = contract.with_user(self.manager).action_hold_reminders()
        form = Form(self.env["loan.reminder.hold"].with_user(self.manager).with_context(**action["context"]))
        self.assertEqual((form.customer_id, form.contract_id), (self.customer, contract))
        form.kind = "hardship"
        form.reason = "Lost her job"
        form.date_to = TODAY + timedelta(20)
        hold = form.save()
        self.assertEqual((hold.state, hold.placed_user_id), ("running", self.manager))
        self.assertEqual(contract.hold_note, "Hardship until 03/30/2026")
        self.assertFalse(self.customer.hold_note)  # her other loans speak on

    def test_a_hold_on_the_customer_is_told_on_each_loan(self):
        contract = self._due_in(3)
        self._hold()
        self._hold(kind="legal", reason="Court", date_to=TODAY + timedelta(5))
        self.assertEqual(contract.hold_note, "Complaint open · Legal proceedings until 03/15/2026")
        self.assertEqual(self.customer.hold_note, contract.hold_note)

    def test_a_hold_begins_and_ends_by_its_dates_and_can_be_found_by_its_status(self):
        hold = self._hold(date_from=TODAY + timedelta(2), date_to=TODAY + timedelta(4))
        for days, state in ((0, "planned"), (2, "running"), (4, "running"), (5, "over")):
            with self.subTest(days=days), self._days_later(days):
                self.assertEqual(hold.state, state)
                for other in ("planned", "running", "over", "lifted"):
                    found = hold.search([("id", "=", hold.id), ("state", "=", other)])
                    self.assertEqual(bool(found), other == state, other)

    def test_a_lifted_hold_stays_on_record_and_says_who_lifted_it(self):
        hold = self._hold()
        hold.with_user(self.desk).action_lift()
        self.assertEqual((hold.state, hold.lifted_user_id), ("lifted", self.desk))
        self.assertTrue(
            hold.search([("id", "=", hold.id), ("state", "not in", ("running", "planned", "over"))])
        )
        with self.assertRefused("was lifted and stays as it was"):
            hold.with_user(self.manager).date_to = TODAY
        with self.assertRaises(AccessError):
            hold.with_user(self.manager).unlink()
        with self.assertRaises(AccessError):
            hold.with_user(self.lead).unlink()

    def test_nobody_signs_with_somebody_else_s_name(self):
        hold = self._hold(self.desk, placed_user_id=self.manager.id)
        self.assertEqual(hold.placed_user_id, self.desk)
        for name in ("placed_user_id", "lifted_user_id"):
            with self.assertRefused("not entered by hand"):
                hold.with_user(self.desk).write({name: self.manager.id})

    def test_wrong_input_is_told_in_words(self):
        other = self._due_in(3, self._customer("Zhou Na"))
        with self.assertRefused("must belong together"):
            self._hold(contract_id=other.id)
        with self.assertRefused("Say in words"):
            self._hold(reason="  ")
        with self.assertRefused("before its first day"):
            self._hold(date_to=TODAY - timedelta(1))

    def test_a_customer_one_does_not_look_after_cannot_be_held(self):
        for user in (self.stranger, self.other_lead, self.compliance, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._hold(user)
        hold = self._hold()
        for user in (self.stranger, self.other_lead, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                hold.with_user(user).action_lift()
        with self.assertRaises(AccessError):
            hold.with_user(self.compliance).action_lift()
