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

    def _claimed(self, today):
        """Return what the statement claims on a day, and forget it again."""
        with self.env.cr.savepoint() as savepoint, self._without_commit():
            day = self.env["loan.reminder.round"]._open_day(self.company, today)
            count = self.env["loan.reminder"]._claim(day, today)
            claimed = self.env["loan.reminder"].search([("round_id", "=", day.id)])
            self.assertEqual(len(claimed), count)
            self.assertFalse(self.env["loan.reminder"]._claim(day, today), "nothing is claimed twice")
            found = {
                (claim.installment_id.id, claim.step_id.id, claim.date_planned, claim.date_last)
                for claim in claimed
            }
            savepoint.rollback()
        return found

    def _calendar(self, **values):
        return self.env["loan.calendar"].create(
            {"name": "Weekends", "company_id": self.company.id, "weekend": "sat_sun", **values}
        )

    def test_the_statement_that_claims_agrees_with_the_core(self):
        ladders = [
            self.policy,
            self._policy(-7, -3, 0, 3, catch_up=0),
            self._policy(-2, -1, 0, 1, 2, catch_up=30),
            self._policy(5, 20, catch_up=9),
            self._policy(-28, catch_up=3),
            self._policy(),
        ]
        # The lender rests on Saturdays and Sundays, some customers on Fridays and over a long holiday.
        self.company.loan_calendar_id = self._calendar()
        elsewhere = self._calendar(
            name="Elsewhere",
            weekend="fri",
            day_ids=[
                Command.create({"date": TODAY + timedelta(10 + n), "kind": "holiday", "name": "Festival"})
                for n in range(8)
            ],
        )
        customers = self.customer | self._customer("Ai Li", calendar_id=elsewhere.id)
        for policy in ladders:
            for number, days in enumerate((0, 3, 13, 21)):
                self._due_in(days, customers[number % 2], reminder_policy_id=policy.id)
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
                calendar = (row.customer_id.calendar_id or self.company.loan_calendar_id)._as_calendar()
                for window in reminders.windows(row.due_date, steps[policy], policy.catch_up_days, calendar):
                    if window.first <= today <= window.last:
                        expected.add((row.id, window.step.key, window.first, window.last))
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

    def test_the_customer_and_then_the_first_condition_met_come_before_the_product(self):
        tier = self.env["loan.customer.tier"].create({"name": "Of the Test"})
        segment = self.env["loan.customer.segment"].create({"name": "Farmers"})
        product = self._product(name="Tractor Loan", reminder_policy_id=self._policy(-20).id)
        by_tier = self._policy(-21, sequence=1, tier_ids=tier.ids, segment_ids=segment.ids)
        by_amount = self._policy(-22, sequence=2, principal_min=5000, principal_max=9000)
        by_dollar = self._policy(-23, sequence=3, principal_max=99999, currency_id=self.usd.id)
        by_product = self._policy(-24, sequence=4, product_ids=product.ids)
        own = self._policy(-25)
        company = self.company.loan_reminder_policy_id = self._policy(-26)
        both = self._customer("Both", tier_id=tier.id, segment_id=segment.id)
        chosen = self._customer("Chosen", tier_id=tier.id, segment_id=segment.id, reminder_policy_id=own.id)
        dollars = self._product(name="Dollar Loan", currency_id=self.usd.id)
        expected = {
            self._due_in(7, both): (by_tier, "condition"),
            self._due_in(7, chosen): (own, "customer"),
            self._due_in(7, chosen, reminder_policy_id=self.policy.id): (self.policy, "loan"),
            self._due_in(7, self._customer("Gold only", tier_id=tier.id)): (company, "company"),
            self._due_in(7, principal=9000): (by_amount, "condition"),
            self._due_in(7, principal=9001): (company, "company"),
            self._due_in(7, principal=9000, product_id=dollars.id): (by_dollar, "condition"),
            self._due_in(7, product_id=product.id): (by_product, "condition"),
        }
        for loan, (policy, reason) in expected.items():
            self.assertEqual((loan.followed_policy_id, loan.followed_policy_reason), (policy, reason))
        by_product.active = False
        self.env.invalidate_all()
        with_product = next(loan for loan in expected if loan.product_id == product)
        self.assertEqual(
            (with_product.followed_policy_id, with_product.followed_policy_reason),
            (product.reminder_policy_id, "product"),
        )

    def test_what_is_told_about_the_policy_is_what_the_round_follows(self):
        tier = self.env["loan.customer.tier"].create({"name": "Of the Test"})
        self._policy(-9, tier_ids=tier.ids)
        gold, plain = self._due_in(9, self._customer("Gold", tier_id=tier.id)), self._due_in(7)
        reminded = self._remind()
        self.assertEqual(
            {reminder.contract_id: reminder.step_id.policy_id for reminder in reminded},
            {gold: gold.followed_policy_id, plain: plain.followed_policy_id},
        )

    def test_a_step_says_in_words_what_it_does(self):
        policy = self._policy(-3, 0, 5)
        policy.step_ids.filtered(lambda step: step.offset == 5).write(
            {"channel": "task", "template_id": False}
        )
        policy.step_ids.filtered(lambda step: not step.offset).write(
            {"recipients": "guarantor", "required_by_law": True}
        )
        self.assertEqual(
            policy.step_ids.sorted("offset").mapped("meaning"),
            [
                "3 days before: A letter to: Borrower, at the latest 2 days after",
                "On the due date: A letter to: Borrower, Co-borrowers and Guarantors, at the latest 2 days after, "
                "required by law, so nothing but payment holds it back",
                "5 days late: The manager is asked to call, at the latest 2 days after",
            ],
        )
        with self.assertRefused("Choose the letter"):
            policy.step_ids[0].template_id = False

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
        own = self.policy.copy({"name": "Own"})
        self._due_in(7, reminder_policy_id=own.id)
        step = self._remind().step_id
        for vals in ({"days": 5}, {"moment": "after"}, {"tone": "firm"}, {"policy_id": self._policy().id}):
            with self.subTest(vals=vals), self.assertRefused("Archive it and add another step"):
                step.write(vals)
        with self.assertRefused("Archive it and add another step"):
            step.policy_id.step_ids = [Command.update(step.id, {"days": 6})]
        self.assertEqual((step.days, step.moment, step.tone), (7, "before", "courtesy"))
        step.write({"days": 7, "tone": "courtesy"})  # the same again is no change
        step.template_id = self.env.ref("loan_crm.mail_template_reminder_late")  # the next letter's words are
        unused = own.step_ids.filtered(lambda other: other.offset == -3)
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
        self.assertEqual(self.policy.step_ids.sorted("offset").mapped("offset"), [-7, -3, 0, 3, 10, 20])
