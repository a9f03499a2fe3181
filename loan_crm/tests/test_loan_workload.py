from datetime import timedelta
from decimal import Decimal

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..core import workload
from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanWorkload(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vip = cls.env["loan.customer.tier"].create({"name": "Black Card", "is_vip": True})
        cls.late = cls._due_in(-10)
        cls._due_in(10)
        cls.customer.tier_id = cls.vip

    def _row(self, user=None, by=None):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["loan.workload"].with_user(by or self.compliance)
        return rows.search([("user_id", "=", (user or self.manager).id)])

    def test_what_a_manager_carries_is_counted_and_weighed_as_the_core_does(self):
        row = self._row()
        counts = workload.Counts(customer=1, loan=2, late=1, vip=1)
        self.assertEqual(tuple(row[f"{factor}_count"] for factor in workload.FACTORS), tuple(counts))
        self.assertEqual(row._load(), workload.points(counts, self.company._loan_weights()))
        self.assertEqual((row.points, row.load_ceiling, row.share), (11, 100, 0.11))
        self.assertEqual(self.env["loan.workload"]._counts(self.customer), {self.customer.id: counts})

    def test_cases_and_promises_weigh_too(self):
        self.late.waiting_since = "2026-03-09 02:00:00"
        self.env["loan.hardship"].with_user(self.manager).create(
            {"contract_id": self.late.id, "cause": "illness", "words": "In hospital"}
        )
        self.env["loan.promise"].with_user(self.manager).create(
            {"contract_id": self.late.id, "amount": 100, "date_promised": TODAY + timedelta(1)}
        )
        row = self._row()
        self.assertEqual((row.case_count, row.promise_count, row.points), (2, 0, 19))
        with self._days_later(2):
            self.assertEqual(self._row().promise_count, 1)

    def test_what_we_promised_and_did_not_do_weighs_on_who_is_accountable(self):
        kind = "loan_crm.mail_activity_type_promised"
        quietly = {"mail_activity_quick_update": True}
        for record, days, user in (
            (self.customer, 1, self.manager),
            (self.late, 1, self.colleague),  # a colleague was to do it: it weighs on the customer's manager
            (self.customer, 5, self.manager),
        ):
            record.with_context(**quietly).activity_schedule(
                kind, date_deadline=TODAY + timedelta(days), summary="Send the contract", user_id=user.id
            )
        self.customer.with_context(**quietly).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=TODAY - timedelta(9), user_id=self.manager.id
        )
        row = self._row()
        self.assertEqual((row.ours_count, row.points), (0, 11))
        self.assertFalse(self.env["loan.customer"].search(row.action_open_customers("ours_count")["domain"]))
        self.company.loan_weight_ours = 4
        with self._days_later(2):
            row = self._row()
            self.assertEqual((row.ours_count, row.points, row.heat["ours_count"][0]), (2, 19, 1))
            self.assertEqual(self._row(self.colleague).ours_count, 0)
            self.assertEqual(self.env["loan.workload"]._counts(self.customer)[self.customer.id].ours, 2)
            seen = self.env["loan.customer"].with_user(self.lead)
            action = self._row(by=self.lead).action_open_customers("ours_count")
            self.assertEqual(seen.search(action["domain"]), self.customer)
            broken = self.customer.activity_ids.filtered(
                lambda each: each.date_deadline == TODAY + timedelta(1)
            )
            broken.action_feedback()
            self.assertEqual(self._row().ours_count, 1)

    def test_the_weights_and_limits_are_the_lenders_and_the_desks(self):
        self.company.write({"loan_weight_late": 0.5, "loan_load_ceiling": 50, "loan_vip_slots": 0})
        row = self._row()
        self.assertEqual((row.points, row.load_ceiling, row.vip_slots), (8.5, 50, 0))
        self.assertEqual(row.heat["vip_count"][0], 4, "more VIP customers than slots")
        self.env["loan.manager"].create({"user_id": self.manager.id, "load_ceiling": 8, "takes_new": False})
        row = self._row()
        self.assertEqual((row.load_ceiling, row.takes_new, row.heat["points"][0]), (8, False, 4))
        with self.assertRefused("0 to 1000"):
            self.company.loan_weight_loan = -1

    def test_archived_customers_weigh_nothing_and_who_left_is_still_shown(self):
        self._customer("Li Na", manager=self.colleague)
        self.colleague.active = False
        row = self._row(self.colleague)
        self.assertEqual((row.customer_count, row.user_active), (1, False))
        self.customer.active = False
        self.assertEqual(self._row().points, 0)

    def test_a_person_sees_their_row_a_lead_the_team_compliance_all(self):
        everybody = self.manager | self.colleague | self.stranger | self.lead | self.other_lead
        for user, seen in [
            (self.manager, self.manager),
            (self.lead, self.manager | self.colleague),
            (self.other_lead, self.stranger | self.other_lead),
            (self.compliance, everybody),
        ]:
            self.env.invalidate_all()
            rows = self.env["loan.workload"].with_user(user).search([("company_id", "=", self.company.id)])
            with self.subTest(user=user.name):
                self.assertLessEqual(seen, rows.user_id)
                self.assertFalse(rows.user_id & (everybody - seen - user))
                self.assertEqual(sum(rows.mapped("customer_count")), int(self.manager in seen))
        for user in (self.desk, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env["loan.workload"].with_user(user).search([])
        self.assertFalse(any(self._row().has_access(op) for op in ("write", "create", "unlink")))

    def test_a_row_and_each_number_open_the_customers_behind_them(self):
        other = self._customer("Li Na")
        row = self._row(by=self.lead)
        for column, expected in [
            (None, self.customer | other),
            ("late_count", self.customer),
            ("loan_count", self.customer),
            ("vip_count", self.customer),
            ("case_count", self.env["loan.customer"]),
            ("promise_count", self.env["loan.customer"]),
            ("ours_count", self.env["loan.customer"]),
        ]:
            action = row.action_open_customers(column)
            with self.subTest(column=column):
                found = self.env["loan.customer"].with_user(self.lead).search(action["domain"])
                self.assertEqual(found, expected)

    def test_a_number_of_another_company_is_another_row(self):
        other = self.env["res.company"].create({"name": "Puxi Finance", "loan_tz": "Asia/Shanghai"})
        self.manager.company_ids |= other
        self.compliance.company_ids |= other
        rows = self.env["loan.workload"].with_user(self.compliance)
        rows = rows.with_context(allowed_company_ids=(self.company | other).ids)
        rows = rows.search([("user_id", "=", self.manager.id)])
        self.assertEqual({row.company_id: row.customer_count for row in rows}, {self.company: 1, other: 0})
        self.assertEqual(len(set(rows.ids)), 2)
        self.assertEqual(Decimal(str(sum(rows.mapped("points")))), 11)
