from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderForecast(LoanCommon):
    """What the rounds of the next 30 days will take up, told beforehand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.forecast = cls.env["loan.reminder.forecast"]
        cls.ledger = cls.env["loan.reminder"]

    def _foreseen(self, *domain):
        self.env.invalidate_all()
        return self.forecast.search([("company_id", "=", self.company.id), *domain])

    def test_what_is_foreseen_on_the_first_day_is_what_thirty_rounds_take_up(self):
        # Late by two days: a step whose day has passed, but not its time. Others before, on and after their day.
        loans = [self._due_in(days) for days in (-2, 0, 1, 7, 9, 20, 33)]
        self.env["loan.contract.party"].create(
            {
                "contract_id": loans[3].id,
                "partner_id": self._partner("Zhou Min").id,
                "role": "guarantor",
                "date_from": TODAY + timedelta(1),
            }
        )
        self.policy.step_ids.filtered(lambda step: step.offset >= 0).recipients = "guarantor"
        called = self._policy_of_calls()
        self._due_in(5, self._customer("Deng Li"), reminder_policy_id=called.id)
        foreseen = {
            (row.day, row.installment_id, row.step_id, row.channel, row.partner_id, row.role)
            for row in self._foreseen()
        }
        self.assertGreater(len(foreseen), 25)
        claimed = set()
        for number in range(30):
            with self._days_later(number):
                before = self._ledger()
                self._remind()
                claimed |= {
                    (
                        TODAY + timedelta(number),
                        reminder.installment_id,
                        reminder.step_id,
                        reminder.channel,
                        reminder.partner_id,
                        reminder.role,
                    )
                    for reminder in self._ledger() - before
                }
        self.assertEqual(foreseen, claimed)

    def _ledger(self):
        return self.ledger.search([("company_id", "=", self.company.id)])

    def _policy_of_calls(self):
        return self.env["loan.reminder.policy"].create(
            {
                "name": "By telephone",
                "step_ids": [(0, 0, {"days": 2, "moment": "before", "channel": "task", "tone": "due"})],
            }
        )

    def test_what_the_ledger_has_is_not_foreseen_again(self):
        contract = self._due_in(7)
        row = contract.installment_ids[0]
        today = self._foreseen(("installment_id", "=", row.id), ("day", "=", TODAY))
        self.assertEqual(len(today), 1)
        self._remind()
        self.assertFalse(self._foreseen(("installment_id", "=", row.id), ("day", "=", TODAY)))
        self.assertTrue(
            self._foreseen(("installment_id", "=", row.id)), "the steps to come are still foreseen"
        )

    def test_nothing_is_foreseen_of_what_is_paid_or_not_running(self):
        contract = self._due_in(7)
        self._contract(active=False)
        self.assertEqual(self._foreseen().contract_id, contract)
        self._pay(contract, contract.installment_ids[0].amount)
        self.assertFalse(self._foreseen(("installment_id", "=", contract.installment_ids[0].id)))

    def test_days_and_policies_add_up(self):
        for days in (7, 7, 8):
            self._due_in(days)
        counts = {
            (day, policy): count
            for day, policy, count in self.forecast._read_group(
                [("company_id", "=", self.company.id)], ["day:day", "policy_id"], ["__count"]
            )
        }
        self.assertEqual(counts[TODAY, self.policy], 2)
        self.assertEqual(sum(counts.values()), len(self._foreseen()))

    def test_what_is_known_to_keep_it_silent_is_told_with_it(self):
        def reasons(contract):
            rows = self._foreseen(("contract_id", "=", contract.id), ("day", "<=", TODAY + timedelta(7)))
            self.assertTrue(rows)
            self.assertEqual([bool(row.hold_reason) for row in rows], rows.mapped("is_silent"))
            return set(rows.mapped("hold_reason"))

        contract = self._due_in(7)
        self.assertEqual(reasons(contract), {False})
        for reason, vals in {
            "opted_out": {"reminder_opt_out": True},
            "call_first": {"preferred_channel": "phone"},
        }.items():
            with self.subTest(reason=reason), self.env.cr.savepoint() as savepoint:
                self.customer.write(vals)
                self.assertEqual(reasons(contract), {reason})
                savepoint.rollback()
        for reason, email in {"no_address": False, "invalid_address": "nowhere"}.items():
            with self.subTest(reason=reason), self.env.cr.savepoint() as savepoint:
                self.customer.partner_id.email = email
                self.assertEqual(reasons(contract), {reason})
                savepoint.rollback()
        with self.env.cr.savepoint() as savepoint:
            self.env["loan.reminder.bounce"]._note(contract, contract.partner_id.email, "550 5.1.1")
            self.assertEqual(reasons(contract), {"bounced"})
            savepoint.rollback()
        for deputy, expected in ((self.colleague.browse(), False), (self.colleague, "no_access")):
            # A deputy follows who left, but signs only while they cover for somebody.
            with self.subTest(deputy=deputy.name), self.env.cr.savepoint() as savepoint:
                self.customer.deputy_user_id = deputy
                self.manager.active = False
                self.assertEqual(reasons(contract), {expected})
                savepoint.rollback()
        with self.env.cr.savepoint() as savepoint:
            self.policy.amount_min = 5000
            self.assertEqual(reasons(contract), {"below_minimum"})
            savepoint.rollback()
        with self.env.cr.savepoint() as savepoint:
            self.policy.step_ids.template_id.active = False
            self.assertEqual(reasons(contract), {"no_template"})
            savepoint.rollback()
        with self.env.cr.savepoint() as savepoint:
            self.policy.step_ids.when_debited = "hold"
            contract.auto_debit = True
            self.assertEqual(reasons(contract), {"auto_debit"})
            savepoint.rollback()
        with self.env.cr.savepoint() as savepoint:
            self.company.loan_reminders_paused = True
            self.assertEqual(reasons(contract), {"paused"})
            savepoint.rollback()

    def test_a_letter_that_nobody_could_answer_for_is_foreseen_to_be_silent(self):
        contract = self._due_in(7)
        other = self._due_in(7, self._customer("Deng Li", manager=self.stranger))
        self.manager.group_ids -= self.env.ref("loan_crm.loan_crm_group_manager")
        self.policy.step_ids.template_id.active = False
        foreseen = {
            row.contract_id: row.hold_reason
            for row in self._foreseen(("day", "=", TODAY), ("is_silent", "=", True))
        }
        self.assertEqual(foreseen, {contract: "no_access", other: "no_template"})
        held = {reminder.contract_id: reminder.hold_reason for reminder in self._remind()}
        self.assertEqual(foreseen, held)

    def test_what_is_foreseen_to_be_silent_is_then_held_for_that_reason(self):
        contract = self._due_in(7)
        self.customer.reminder_opt_out = True
        self.env["loan.reminder.hold"].create(
            {"customer_id": self.customer.id, "kind": "complaint", "reason": "Fee of March"}
        )
        foreseen = self._foreseen(("contract_id", "=", contract.id), ("day", "=", TODAY)).hold_reason
        self.assertEqual(foreseen, self._remind().hold_reason)
        self.assertEqual(foreseen, "complaint")

    def test_a_hold_silences_the_days_it_lasts(self):
        contract = self._due_in(7)
        self.env["loan.reminder.hold"].create(
            {
                "customer_id": self.customer.id,
                "kind": "complaint",
                "reason": "Fee of March",
                "date_to": TODAY + timedelta(5),
            }
        )
        rows = self._foreseen(("contract_id", "=", contract.id))
        held = rows.filtered("hold_reason")
        self.assertTrue(held)
        self.assertLess(max(held.mapped("day")), min((rows - held).mapped("day")))
        self.assertLessEqual(max(held.mapped("day")), TODAY + timedelta(5))

    def test_one_foresees_ones_own_customers(self):
        self._due_in(7)
        other = self._due_in(7, self._customer("Deng Li", manager=self.stranger))
        other.customer_id.active = False
        for user, seen in (
            (self.manager, self.customer),
            (self.lead, self.customer),
            (self.stranger, other.customer_id),
            (self.compliance, self.customer | other.customer_id),
            (self.administrator, self.customer.browse()),
        ):
            with self.subTest(user=user.name):
                rows = self.forecast.with_user(user).search([])
                self.assertEqual(rows.sudo().customer_id, seen)
        with self.assertRaises(AccessError):
            self.forecast.with_user(self.employee).search([])

    def test_a_row_is_found_by_its_number_and_only_by_whom_it_concerns(self):
        own, other = self._due_in(7), self._due_in(8, self._customer("Deng Li", manager=self.stranger))
        # Two who hear of one step of one installment share all of their numbers but the end.
        self.env["loan.contract.party"].create(
            {
                "contract_id": own.id,
                "partner_id": self._partner("Zhou Min").id,
                "role": "guarantor",
                "date_from": TODAY,
            }
        )
        self.policy.step_ids.recipients = "guarantor"
        rows = self._foreseen()
        told = {row.id: (row.day, row.installment_id, row.step_id, row.partner_id) for row in rows}
        self.assertEqual(len(set(told.values())), len(rows))
        for row in rows:
            self.env.invalidate_all()
            found = self.forecast.search([("id", "=", row.id)])
            self.assertEqual((found.day, found.installment_id, found.step_id, found.partner_id), told[row.id])
        part, own_company = rows[::2], ("company_id", "=", self.company.id)
        for domain, found in (
            ([("id", "in", part.ids)], part),
            ([("id", "in", [*part.ids, 0, False])], part),
            ([("id", "in", list(map(str, part.ids)))], part),
            ([("id", "in", part._as_query())], part),
            ([("id", "=", part[0].id)], part[0]),
            ([("id", "in", part.ids), own_company], part),
            (["!", ("id", "in", part.ids), own_company], rows - part),
            ([("id", "not in", part.ids), own_company], rows - part),
            (
                ["|", ("id", "in", part.ids), ("contract_id", "=", other.id)],
                rows.filtered(lambda row: row in part or row.contract_id == other),
            ),
            ([("id", "in", [])], rows.browse()),
            ([("id", "in", False)], rows.browse()),
            ([("id", "=", False)], rows.browse()),
        ):
            with self.subTest(domain=domain):
                self.env.invalidate_all()
                self.assertEqual(self.forecast.search(domain), found)
        mine = rows.filtered(lambda row: row.contract_id == own)
        as_manager = rows.with_user(self.manager)
        self.assertEqual(as_manager.search([("id", "in", rows.ids)]), mine)
        self.assertEqual(as_manager._filtered_access("read"), mine)
        with self.assertRaises(AccessError):
            (rows - mine)[0].with_user(self.manager).read(["day"])

    def test_without_a_policy_nothing_is_foreseen(self):
        self._due_in(7)
        self.env["loan.reminder.policy"].search([]).active = False
        self.assertFalse(self._foreseen())
        self.assertEqual(self.forecast._read_group([], ["day:day"], ["__count", "amount:sum"]), [])
