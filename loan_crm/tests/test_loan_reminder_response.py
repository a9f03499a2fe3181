from datetime import timedelta

from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderResponse(LoanCommon):
    """Which letters were followed by payment, and how soon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._due_in(7)
        cls.row = cls.contract.installment_ids[0]

    def _send(self):
        """Let the round write and all its letters leave."""
        ledger = self._remind()
        for reminder in ledger.filtered(lambda reminder: reminder.state == "queued"):
            reminder._begin_delivery()
            reminder._end_delivery()
        return ledger.filtered(lambda reminder: reminder.installment_id == self.row)

    def _note(self, since=None):
        count = self.env["loan.reminder"]._note_responses(self.company, since)
        self.env.invalidate_all()
        return count

    def _told(self):
        ledger = self.env["loan.reminder"].search([("installment_id", "=", self.row.id)], order="id")
        return [(reminder.answered, reminder.response_days) for reminder in ledger]

    def test_the_last_letter_before_the_payment_was_answered(self):
        self._send()
        with self._days_later(4):  # three days before it is due
            self._send()
            self._note()
            self.assertEqual(self._told(), [("followed", 0), ("open", 0)])
        with self._days_later(6):
            self._pay(self.contract, self.row.amount, date=TODAY + timedelta(6))
            self._note()
            self.assertEqual(self._told(), [("followed", 0), ("days_3", 2)])
            reminders = self.env["loan.reminder"].search([("installment_id", "=", self.row.id)])
            self.assertEqual(set(reminders.mapped("paid_on")), {TODAY + timedelta(6)})

    def test_it_falls_into_the_bucket_of_its_days(self):
        self._send()
        for days, bucket in (
            (0, "days_3"),
            (3, "days_3"),
            (4, "days_7"),
            (7, "days_7"),
            (14, "days_14"),
            (15, "later"),
        ):
            with self.subTest(days=days), self._days_later(days):
                repayment = self._pay(self.contract, self.row.amount, date=TODAY + timedelta(days))
                self._note()
                self.assertEqual(self._told(), [(bucket, days)])
                repayment.action_reverse()

    def test_a_reversal_takes_the_response_back(self):
        self._send()
        repayment = self._pay(self.contract, self.row.amount)
        self._note()
        self.assertEqual(self._told(), [("days_3", 0)])
        repayment.action_reverse()
        self._note()
        self.assertEqual(self._told(), [("open", 0)])
        self.assertFalse(self.row.reminder_ids.paid_on)

    def test_part_of_an_installment_is_no_response(self):
        self._send()
        self._pay(self.contract, self.row.amount - 1)
        self._note()
        self.assertEqual(self._told(), [("open", 0)])

    def test_who_had_paid_before_the_letter_left_did_not_respond(self):
        self._send()
        with self._days_later(2):
            self._pay(self.contract, self.row.amount, date=TODAY - timedelta(1))
            self._note()
        self.assertEqual(self._told(), [("before", 0)])

    def test_a_letter_that_came_back_was_read_by_nobody(self):
        reminder = self._send()
        reminder.bounced_at = NOW
        self._pay(self.contract, self.row.amount)
        self._note()
        self.assertEqual(self._told(), [(False, 0)])

    def test_what_another_letter_said_counts_from_when_that_one_left(self):
        other = self._due_in(7)
        ledger = self._send()
        ledger = self.env["loan.reminder"].search([("contract_id", "in", (self.contract | other).ids)])
        self.assertEqual(set(ledger.mapped("state")), {"sent", "merged"})
        with self._days_later(5):
            for contract in (self.contract, other):
                self._pay(contract, contract.installment_ids[0].amount, date=TODAY + timedelta(5))
            self._note()
        self.assertEqual(set(ledger.mapped("answered")), {"days_7"})
        self.assertEqual(set(ledger.mapped("response_days")), {5})

    def test_all_that_a_letter_said_is_unanswered_once_it_comes_back(self):
        self._due_in(7)
        self._send()
        ledger = self.env["loan.reminder"].search([("company_id", "=", self.company.id)])
        self._note()
        self.assertEqual(ledger.mapped("answered"), ["open", "open"])
        since = self.env.cr.now() + timedelta(days=400)
        letter = ledger.filtered(lambda reminder: reminder.state == "sent")
        letter.bounced_at = since + timedelta(hours=1)
        self.assertEqual(self._note(since), 2)
        self.assertEqual(ledger.mapped("answered"), [False, False])

    def test_what_came_back_is_not_looked_at_every_night(self):
        self._due_in(7)
        self._send()
        ledger = self.env["loan.reminder"].search([("company_id", "=", self.company.id)])
        ledger.filtered(lambda reminder: reminder.state == "sent").bounced_at = NOW
        self._note()
        self.env.flush_all()
        since = self.env.cr.now() + timedelta(days=400)
        touched = self.env["loan.reminder"]._touched_since(self.company, since)
        self.assertFalse(self.env.execute_query(touched))

    def test_a_second_look_changes_nothing(self):
        self._send()
        self._pay(self.contract, self.row.amount)
        self.assertEqual(self._note(), 1)
        self.assertEqual(self._note(), 0)

    def test_a_later_night_looks_only_at_what_has_changed(self):
        self._send()
        since = self.env.cr.now() - timedelta(minutes=5)
        self.assertEqual(self._note(since), 1, "not looked at yet")
        self.assertEqual(self._note(since), 0)
        self._pay(self.contract, self.row.amount)
        self.assertEqual(self._note(self.env.cr.now() + timedelta(days=1)), 0)
        self.assertEqual(self._note(since), 1, "paid since")

    def test_the_night_notes_it(self):
        self._send()
        self._pay(self.contract, self.row.amount)
        with self._without_commit():
            self.env["loan.night"]._run(self.company)
        self.env.invalidate_all()
        self.assertEqual(self._told(), [("days_3", 0)])
        night = self.env["loan.night"].search([("company_id", "=", self.company.id)])
        self.assertEqual(night.answered_count, 1)

    def test_steps_and_tones_are_compared(self):
        self._send()
        self._pay(self.contract, self.row.amount)
        self._note()
        groups = (
            self.env["loan.reminder"]
            .with_user(self.lead)
            ._read_group(
                [("company_id", "=", self.company.id)],
                ["tone", "step_id", "answered"],
                ["__count", "response_days:avg"],
            )
        )
        self.assertEqual([group[2:] for group in groups], [("days_3", 1, 0)])
