from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanConflict(LoanCommon):
    def _declare(self, user=None, partner=None, by=None, **values):
        user = user or self.manager
        return (
            self.env["loan.conflict"]
            .with_user(by or user)
            .create(
                {
                    "user_id": user.id,
                    "partner_id": (partner or self.customer.partner_id).id,
                    "reason": "My sister",
                    **values,
                }
            )
        )

    def _todos(self, customer=None):
        kind = self.env.ref("loan_crm.mail_activity_type_conflict")
        todos = (customer or self.customer).activity_ids
        return todos.filtered(lambda todo: todo.activity_type_id == kind)

    def _night(self):
        with self._without_commit():
            self.env["loan.night"]._begin_again(self.company)
            self.env["loan.night"]._run(self.company)

    def test_a_conflict_with_ones_own_customer_gives_the_lead_one_to_do(self):
        self._declare()
        self.assertEqual(self._todos().user_id, self.lead)
        self.assertNotIn("sister", self._todos().note)
        self._night()
        self.assertEqual(len(self._todos()), 1)

    def test_a_conflict_that_begins_later_is_told_on_its_day(self):
        conflict = self._declare(date_from=TODAY + timedelta(2), date_to=TODAY + timedelta(9))
        self.assertFalse(self._todos() or conflict.in_force)
        with self._days_later(2):
            self._night()
            self.assertEqual(self._todos().user_id, self.lead)

    def test_who_has_a_conflict_is_nobodys_manager_or_deputy_on_any_way(self):
        self._declare(self.colleague)
        customer = self.customer.with_user(self.lead)
        for vals in ({"manager_user_id": self.colleague.id}, {"deputy_user_id": self.colleague.id}):
            with self.subTest(vals=vals), self.assertRefused("conflict of interest with Wang Fang"):
                customer.write(vals)
        with self.assertRefused("conflict of interest"):
            customer._assign(self.colleague, reason="Ordered")
        partner = self._partner("Li Na")
        self._declare(self.colleague, partner)
        with self.assertRefused("conflict of interest"):
            self._customer(manager=self.colleague, partner_id=partner.id)

    def test_it_reaches_the_firm_and_who_answers_for_the_loan(self):
        firm = self._partner("Wang & Sons", is_company=True)
        branch = self._customer(partner_id=self._partner("Wang Branch", parent_id=firm.id).id)
        guarantor = self._partner("Old Wang")
        self._contract(
            party_ids=[Command.create({"partner_id": guarantor.id, "role": "guarantor"})], active=False
        )
        for partner, customer in ((firm, branch), (guarantor, self.customer)):
            with self.subTest(partner=partner.name):
                self._declare(self.colleague, partner)
                with self.assertRefused("conflict of interest"):
                    customer.with_user(self.lead).manager_user_id = self.colleague

    def test_a_relative_who_became_manager_before_it_was_known_is_told_by_night(self):
        self.env["loan.customer.relation"].with_user(self.manager).create(
            {
                "customer_id": self.customer.id,
                "partner_id": self.manager.partner_id.id,
                "type_id": self.env.ref("loan_crm.loan_customer_relation_type_spouse").id,
            }
        )
        for _time in range(2):
            self._night()
            self.assertEqual(self._todos().user_id, self.lead)
        self.assertIn("Lin Mei is related to the customer", self._todos().note)

    def test_one_customer_who_cannot_be_told_of_does_not_stop_the_others(self):
        customers = self.customer | self._customer("Li Na") | self._customer("Zhao Liu")
        for customer in customers:
            self._declare(partner=customer.partner_id)
        customers.activity_ids.unlink()
        schedule = type(self.customer).activity_schedule
        poison = customers[1]

        def failing(records, *args, **kwargs):
            if poison in records:
                raise ValueError("no line")
            return schedule(records, *args, **kwargs)

        self.patch(type(self.customer), "activity_schedule", failing)
        self._night()
        night = self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertEqual([bool(self._todos(customer)) for customer in customers], [True, False, True])
        self.assertEqual(night.failure_ids.mapped("step"), ["conflict"])
        self.assertEqual((night.failure_ids.customer_id, night.trouble), (poison, False))

    def test_a_conflict_that_is_over_keeps_nobody_out(self):
        conflict = self._declare(self.colleague)
        conflict.date_to = TODAY
        with self._days_later(1):
            self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.assertEqual(self.customer.manager_user_id, self.colleague)

    def test_who_is_manager_already_stays_until_somebody_else_is_chosen(self):
        self._declare()
        customer = self.customer.with_user(self.lead)
        customer.deputy_user_id = self.colleague
        customer.note = "Late riser"
        self.assertEqual(customer.manager_user_id, self.manager)

    def test_it_is_read_by_whom_it_concerns_and_changed_by_few(self):
        conflict = self._declare()
        for user, reads, writes in [
            (self.manager, True, True),
            (self.lead, True, False),
            (self.compliance, True, True),
            (self.colleague, False, False),
            (self.other_lead, False, False),
            (self.desk, False, False),
            (self.administrator, False, False),
            (self.employee, False, False),
        ]:
            self.env.invalidate_all()
            theirs = conflict.with_user(user)
            with self.subTest(user=user.name):
                self.assertEqual(theirs.has_access("read"), reads)
                if reads:
                    self.assertEqual(self.env["loan.conflict"].with_user(user).search([]), conflict)
                if writes:
                    theirs.reason = "My half-sister"
                else:
                    with self.assertRaises(AccessError):
                        theirs.reason = "Nothing at all"
                with self.assertRaises(AccessError):
                    theirs.unlink()

    def test_nobody_declares_for_another_but_compliance(self):
        for user in (self.colleague, self.lead):
            with self.assertRaises(AccessError):
                self._declare(by=user)
        conflict = self._declare(by=self.compliance)
        self.assertEqual(conflict.user_id, self.manager)
        with self.assertRaises(AccessError):
            conflict.partner_id = self._partner("Li Na")
        with self.assertRefused("on record already"):
            self._declare()

    def test_it_does_not_tell_whether_the_contact_borrows(self):
        # Declared about a customer of another team: nothing of it comes back to who declares.
        customer = self._customer("Zhou Qiang", manager=self.stranger)
        conflict = self._declare(partner=customer.partner_id)
        self.assertFalse(self._todos(customer))
        self.assertNotIn("loan.customer", {field.comodel_name for field in conflict._fields.values()})
