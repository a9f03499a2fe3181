from datetime import timedelta

import psycopg2.errors

from odoo import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..core import reminders
from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderPolicy(LoanCommon):
    @classmethod
    def _policy(cls, *offsets, catch_up=2, **values):
        template = cls.env.ref("loan_crm.mail_template_reminder_before")
        return cls.env["loan.reminder.policy"].create(
            {
                "name": f"Ladder {offsets}",
                "company_id": cls.company.id,
                "catch_up_days": catch_up,
                "step_ids": [
                    Command.create(
                        {
                            "days": abs(offset),
                            "moment": "before" if offset < 0 else "after",
                            "template_id": template.id,
                        }
                    )
                    for offset in offsets
                ],
                **values,
            }
        )

    def _claimed(self, today, limit=7):
        """Return what the statement claims on a day, page by page, and forget it again."""
        found = set()
        with self.env.cr.savepoint() as savepoint, self._without_commit():
            day = self.env["loan.reminder.round"]._open_day(self.company, today)
            after = None
            while True:
                claimed, after = self.env["loan.reminder"]._claim(day, today, after, limit)
                self.assertLessEqual(len(claimed), limit)
                found |= {(claim.installment_id.id, claim.step_id.id) for claim in claimed}
                if after is None:
                    break
            savepoint.rollback()
        return found

    def test_the_statement_that_claims_agrees_with_the_core(self):
        ladders = [
            self.policy,
            self._policy(-7, -3, 0, 3, catch_up=0),
            self._policy(-2, -1, 0, 1, 2, catch_up=30),
            self._policy(5, 20, catch_up=9),
            self._policy(-28, catch_up=3),
            self._policy(),
        ]
        for policy in ladders:
            for days in (0, 3, 13, 21):
                self._due_in(days, reminder_policy_id=policy.id)
        rows = self.env["loan.installment"].search([("company_id", "=", self.company.id)])
        self.assertGreater(len(rows), 200)
        steps = {
            policy: [reminders.Step(step.id, step.offset) for step in policy.step_ids] for policy in ladders
        }
        spoken = 0
        for days in range(-30, 75):
            today = TODAY + timedelta(days)
            expected = set()
            for row in rows:
                policy = row.contract_id.reminder_policy_id
                step = reminders.current_step(row.due_date, today, steps[policy], policy.catch_up_days)
                if step:
                    expected.add((row.id, step.key))
            spoken += len(expected)
            self.assertEqual(self._claimed(today), expected, f"on {today}")
        self.assertGreater(spoken, 500, "the grid must not be trivially empty")

    def test_the_loan_then_its_product_then_its_company_names_the_policy(self):
        of_loan, of_product, of_company = self._policy(-4), self._policy(-5), self._policy(-6)
        self.company.loan_reminder_policy_id = of_company
        with_product = self._product(name="Home Loan", reminder_policy_id=of_product.id)
        loan = self._due_in(4, product_id=with_product.id, reminder_policy_id=of_loan.id)
        product_loan = self._due_in(5, product_id=with_product.id)
        company_loan = self._due_in(6)
        # Each is due on the day of its own policy's only step, and of no other's.
        reminded = self._remind()
        self.assertEqual(
            {reminder.contract_id: reminder.step_id.policy_id for reminder in reminded},
            {loan: of_loan, product_loan: of_product, company_loan: of_company},
        )

    def test_without_any_policy_nobody_is_written_to(self):
        self._due_in(7)
        self.company.loan_reminder_policy_id = False
        self.assertFalse(self._remind())

    def test_another_company_s_default_is_not_ours(self):
        other = self.env["res.company"].create({"name": "Other", "loan_tz": "UTC"})
        other.loan_reminder_policy_id = self._policy(-8, company_id=other.id)
        self._due_in(8)
        self.assertFalse(self._remind())

    def test_an_archived_policy_of_the_company_stays_silent(self):
        self._due_in(7)
        self.company.loan_reminder_policy_id = archived = self._policy(-7)
        archived.active = False
        self.assertFalse(self._remind())

    def test_an_archived_policy_of_a_loan_counts_as_none(self):
        contract = self._due_in(7, reminder_policy_id=self._policy(-5).id)
        contract.reminder_policy_id.active = False
        self.assertEqual(self._remind().contract_id, contract)  # by the company's own

    def test_a_changed_policy_changes_the_very_next_letter(self):
        contract = self._due_in(7, reminder_policy_id=self._policy(-5).id)
        self.assertFalse(self._remind())
        contract.reminder_policy_id.step_ids.days = 7
        self.assertEqual(self._remind().contract_id, contract)

    def test_two_steps_on_one_day_are_refused(self):
        policy = self._policy(-3, 0)
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger("odoo.sql_db"):
            policy.step_ids = [Command.create({"days": 0, "moment": "before"})]
            self.env.flush_all()
        self.assertEqual(policy.step_ids.mapped("offset"), [-3, 0])

    # ---------------------------------------------------------------- what was written stays true

    def test_a_step_that_wrote_a_letter_is_not_changed(self):
        self._due_in(7)
        step = self._remind().step_id
        for vals in ({"days": 5}, {"moment": "after"}, {"tone": "firm"}, {"policy_id": self._policy().id}):
            with self.subTest(vals=vals), self.assertRefused("Archive it and add another step"):
                step.write(vals)
        with self.assertRefused("Archive it and add another step"):
            step.policy_id.step_ids = [Command.update(step.id, {"days": 6})]
        self.assertEqual((step.days, step.moment, step.tone), (7, "before", "courtesy"))
        step.write({"days": 7, "tone": "courtesy"})  # the same again is no change
        step.template_id = self.env.ref("loan_crm.mail_template_reminder_late")  # the next letter's words are
        unused = self.policy.step_ids.filtered(lambda other: other.offset == -3)
        unused.write({"days": 4, "tone": "firm"})

    def test_a_step_that_wrote_a_letter_is_kept_and_so_is_its_policy(self):
        self._due_in(7, reminder_policy_id=self._policy(-7).id)
        contract = self._due_in(4, reminder_policy_id=self._policy(-4, -1).id)
        used, unused = contract.reminder_policy_id.step_ids.sorted("offset")
        self._remind()
        with self.assertRefused("Archive it instead of deleting it"):
            used.unlink()
        contract.reminder_policy_id = False
        with self.assertRefused("Archive it instead of deleting it"):
            used.policy_id.unlink()
        unused.unlink()
        self._policy(-9).unlink()

    def test_an_archived_step_writes_no_more_and_makes_room_for_another(self):
        archived = self._policy(-7, -3)
        first = archived.step_ids.sorted("offset")[0]
        first.active = False
        contract = self._due_in(7, reminder_policy_id=archived.id)
        self.assertNotIn("7 days before", archived.summary)
        self.assertFalse(self._remind().filtered(lambda reminder: reminder.contract_id == contract))
        archived.step_ids = [Command.create({"days": 7, "moment": "before", "tone": "firm"})]
        self.assertEqual(len(archived.step_ids), 3, "the archived one can still be seen and brought back")
        reminder = self._remind()
        self.assertEqual(reminder.tone, "firm")
        with self.assertRefused("same day"):
            first.active = True

    def test_a_new_company_begins_with_the_standard_policy(self):
        company = self.env["res.company"].create({"name": "Fresh Lender", "loan_tz": "UTC"})
        self.assertEqual(company.loan_reminder_policy_id, self.policy)
        self.assertEqual(self.policy.step_ids.sorted("offset").mapped("offset"), [-7, -3, 0, 3])
