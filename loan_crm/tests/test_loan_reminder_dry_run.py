from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from ..core import letters
from .common import NOW, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderDryRun(LoanCommon):
    """What would be written today, without writing it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._due_in(7)

    def _try(self, user=None):
        run = self.env["loan.reminder.dry.run"].with_user(user or self.lead)
        run = run.with_context(allowed_company_ids=self.company.ids).create({"company_id": self.company.id})
        run.action_run()
        self.env.invalidate_all()
        return run

    def _told(self, run):
        return {(line.outcome, line.hold_reason or None): line.reminder_count for line in run.line_ids}

    def _traces(self):
        self.env.flush_all()
        return {
            name: self.env[name].search_count([])
            for name in (
                "loan.reminder",
                "loan.reminder.round",
                "mail.mail",
                "mail.message",
                "mail.activity",
                "ir.cron.trigger",
            )
        }

    def test_it_tells_what_the_round_then_does_and_leaves_no_trace(self):
        self._due_in(7)  # a second loan of the same borrower: one letter for both
        silent = self._customer("Deng Li", reminder_opt_out=True)
        self._due_in(7, silent)
        called = self._customer("He Jun", preferred_channel="phone")
        self._due_in(7, called)
        before = self._traces()
        run = self._try()
        self.assertEqual(self._traces(), before)
        told = self._told(run)
        self.assertEqual(
            told,
            {("letter", None): 1, ("merged", None): 1, ("held", "opted_out"): 1, ("task", None): 1},
        )
        self.assertEqual(run.letter_count, 1)
        letter = run.letter_ids
        self.assertEqual(letter.customer_id, self.customer)
        self.assertEqual(letter.signed_user_id, self.manager)
        self.assertEqual(len(letter.loans.split(", ")), 2)
        ledger = self._remind()
        done = {}
        for reminder in ledger:
            outcome = {"queued": "letter", "handed": "task"}.get(reminder.state, reminder.state)
            key = (outcome, reminder.hold_reason if outcome == "held" else False)
            done[key[0], key[1] or None] = done.get((key[0], key[1] or None), 0) + 1
        self.assertEqual(told, done)
        self.assertEqual(letter.amount, ledger.filtered(lambda r: r.state == "queued").amount_letter)

    def test_what_is_written_already_is_not_told_again(self):
        self._remind()
        run = self._try()
        self.assertFalse(run.line_ids)
        self.assertFalse(run.letter_count)

    def test_before_the_hour_of_the_round_it_is_judged_as_of_that_hour(self):
        with self._days_later(0, "05:00"):
            self.assertEqual(self._told(self._try()), {("letter", None): 1})

    def test_it_tells_when_the_round_would_wait_for_a_person(self):
        self.company.loan_unusual_factor = 0.001
        self.env["loan.reminder.round"].create(
            [
                {"company_id": self.company.id, "date": f"2026-03-0{day}", "planned_count": 1}
                for day in range(1, 5)
            ]
        )
        for number in range(51):
            customer = self._customer(f"Borrower {number}")
            self._due_in(7, customer)
        run = self._try()
        self.assertTrue(run.waits)
        self.assertEqual(run.planned_count, 52)
        self.assertEqual(self._told(run), {("held", "unusual"): 52})

    def test_the_limit_of_a_day_holds_in_a_dry_run_as_well(self):
        self.company.loan_reminders_per_day = 1
        self._due_in(7, self._customer("Deng Li"))
        self.assertEqual(self._told(self._try()), {("letter", None): 1, ("held", "volume"): 1})

    def test_an_administrator_sees_numbers_and_no_customer(self):
        run = self._try(self.administrator)
        self.assertEqual(self._told(run), {("letter", None): 1})
        self.assertFalse(run.letter_ids)
        self.assertFalse(run.shows_letters)

    def test_a_lead_sees_the_letters_of_their_teams(self):
        self._due_in(7, self._customer("Deng Li", manager=self.stranger))
        run = self._try()
        self.assertEqual(run.letter_count, 2)
        self.assertEqual(run.letter_ids.customer_id, self.customer)

    def test_a_letter_closes_when_the_duty_ends(self):
        run = self._try()
        letter = run.letter_ids
        self.assertTrue(letter.has_access("read"))
        self.team.user_id = self.other_lead
        self.lead.crm_team_member_ids.unlink()
        self.env.invalidate_all()
        self.assertFalse(letter.has_access("read"))

    def test_only_a_team_lead_or_an_administrator_tries_it_out(self):
        for user in (self.manager, self.desk, self.compliance, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._try(user)

    def test_nobody_tries_out_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        run = self.env["loan.reminder.dry.run"].with_user(self.lead)
        with self.assertRaises(AccessError):
            run.create({"company_id": other.id}).action_run()
        self.assertNotIn(other, self.lead.company_ids)

    def test_a_letter_of_it_is_shown_as_the_round_then_writes_it(self):
        self._due_in(7)
        late = self._due_in(-1)
        letter = self._try().letter_ids
        action = letter.action_preview()
        form = self.env["loan.reminder.preview"].browse(action["res_id"])
        self.assertEqual((form.contract_id, form.step_id), (letter.contract_id, letter.step_id))
        self.assertEqual(form.contract_id, late)
        self._remind()
        written = self.env["loan.reminder"].search([("contract_id", "=", late.id), ("state", "=", "queued")])
        self.assertEqual(len(written.line_ids), 3)
        self.assertEqual(form.subject, written.subject)
        self.assertEqual(form.body, letters.dead_links(str(written.mail_id.body_html)))

    def test_batches_see_what_earlier_ones_would_write(self):
        guarantor = self._partner("Feng Yu")
        other = self._due_in(7, self._customer("Deng Li"))
        self.env["loan.contract.party"].create(
            [
                {"contract_id": loan.id, "partner_id": guarantor.id, "role": "guarantor"}
                for loan in (self.contract, other)
            ]
        )
        self.policy.step_ids.recipients = "guarantor"
        with patch.object(type(self.env["loan.reminder.round"]), "_customers_per_batch", 1):
            told = self._told(self._try())
            ledger = self._remind()
        self.assertEqual(told, {("letter", None): 3, ("held", "interval"): 1})
        self.assertEqual(len(ledger.filtered(lambda reminder: reminder.state == "queued")), 3)
        self.assertEqual(ledger.filtered("hold_reason").mapped("hold_reason"), ["interval"])

    def test_amounts_of_customers_one_may_not_see_are_not_told(self):
        line = self._try().line_ids
        self.assertTrue(line.shows_amount)
        self.assertEqual(line.amount, self.contract.installment_ids[0].amount_open)
        self._due_in(7, self._customer("Deng Li", manager=self.stranger))
        for user in (self.administrator, self.lead):
            line = self._try(user).line_ids
            with self.subTest(user=user.name):
                self.assertEqual((line.reminder_count, line.amount, line.shows_amount), (2, 0.0, False))

    def test_lines_are_entered_by_nobody(self):
        run = self._try()
        for model in ("loan.reminder.dry.run.line", "loan.reminder.dry.run.letter"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.lead).create({"run_id": run.id})
        with self.assertRaises(AccessError):
            run.with_user(self.lead).write({"line_ids": [Command.clear()]})
