from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.loan_crm.tests.common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestHrLeave(LoanCommon):
    """An approved leave of a relationship manager is a cover; why somebody is away stays with those who approve."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = new_test_user(
            cls.env,
            "officer",
            groups="hr_holidays.group_hr_holidays_user",
            context={"no_reset_password": True},
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        cls.days = cls._type("Sick Time Off", "day")
        cls.employee_mei = cls.env["hr.employee"].create(
            {"name": "Lin Mei", "user_id": cls.manager.id, "company_id": cls.company.id}
        )

    @classmethod
    def _type(cls, name, unit, **values):
        return cls.env["hr.leave.type"].create(
            {
                "name": name,
                "requires_allocation": False,
                "leave_validation_type": "hr",
                "request_unit": unit,
                "company_id": cls.company.id,
                **values,
            }
        )

    def _leave(self, first, last, kind=None, approve=True, **values):
        leave = self.env["hr.leave"].create(
            {
                "holiday_status_id": (kind or self.days).id,
                "employee_id": values.pop("employee_id", self.employee_mei.id),
                "request_date_from": TODAY + timedelta(first),
                "request_date_to": TODAY + timedelta(last),
                **values,
            }
        )
        if approve:
            leave.with_user(self.officer).action_approve()
        return leave

    def _prolong(self, leave, last):
        """Move the last day of an approved leave, as Odoo does where it splits one."""
        leave = leave.with_context(leave_skip_state_check=True)
        leave.write({"request_date_to": TODAY + timedelta(last)})
        leave.flush_recordset()

    def _covers(self):
        found = self.env["loan.cover"].search([("manager_user_id", "=", self.manager.id)], order="date_from")
        return [((cover.date_from - TODAY).days, (cover.date_to - TODAY).days) for cover in found]

    def test_an_approved_leave_is_covered_and_tells_no_reason(self):
        leave = self._leave(6, 8, approve=False)
        self.assertEqual(self._covers(), [])
        leave.with_user(self.officer).action_approve()
        self.assertEqual(self._covers(), [(6, 8)])
        cover = self.env["loan.cover"].search([("manager_user_id", "=", self.manager.id)])
        self.assertEqual((cover.reason, cover.from_leave, cover.state), ("Leave", True, "planned"))
        seen = cover.with_user(self.colleague).read()[0]
        self.assertNotIn("leave_id", seen)
        self.assertNotIn("Sick", str(seen))
        with self.assertRaises(AccessError):
            cover.with_user(self.manager).write({"from_leave": False})

    def test_a_leave_that_is_refused_moved_or_deleted_takes_its_cover_along(self):
        refused, deleted, running = self._leave(6, 8), self._leave(20, 21), self._leave(0, 2)
        self.assertEqual(self._covers(), [(0, 2), (6, 8), (20, 21)])
        refused.with_user(self.officer).action_refuse()
        self.assertEqual(self._covers(), [(0, 2), (20, 21)])
        refused.with_user(self.officer).action_approve()
        self.assertEqual(self._covers(), [(0, 2), (6, 8), (20, 21)])
        self._prolong(deleted, 22)
        self.assertEqual(self._covers(), [(0, 2), (6, 8), (20, 22)])
        deleted.unlink()
        self.assertEqual(self._covers(), [(0, 2), (6, 8)])
        self.assertTrue(self.customer.manager_away)
        running.with_user(self.officer).action_refuse()
        self.assertEqual(self._covers(), [(0, 0), (6, 8)])
        self.assertFalse(self.customer.manager_away)

    def test_hours_half_days_and_other_peoples_leaves_cover_nobody(self):
        half, hours = self._type("Half", "half_day"), self._type("Hours", "hour")
        course = self._type("Course", "day", time_type="other")
        colleague = self.env["hr.employee"].create(
            {"name": "Chen Bo", "user_id": self.colleague.id, "company_id": self.company.id}
        )
        self._leave(6, 6, half, request_date_from_period="am", request_date_to_period="am")
        self._leave(7, 7, hours, request_hour_from=9, request_hour_to=11)
        self._leave(8, 8, course)
        self._leave(8, 8, employee_id=colleague.id)
        self.assertFalse(self.env["loan.cover"].search([("company_id", "=", self.company.id)]))
        self._leave(13, 15, half, request_date_from_period="pm", request_date_to_period="am")
        self.assertEqual(self._covers(), [(14, 14)], "the whole days between two halves")

    def test_what_is_covered_already_stays_as_it_was_planned(self):
        by_hand = self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": TODAY + timedelta(7),
                "date_to": TODAY + timedelta(7),
            }
        )
        leave = self._leave(6, 9)
        self.assertEqual(self._covers(), [(6, 6), (7, 7), (8, 9)])
        leave.with_user(self.officer).action_refuse()
        self.assertEqual(self._covers(), [(7, 7)])
        self.assertEqual(by_hand.deputy_user_id, self.colleague)

    def test_who_is_back_early_is_not_sent_away_again_by_the_leave(self):
        leave = self._leave(0, 3)
        cover = self.env["loan.cover"].search([("manager_user_id", "=", self.manager.id)])
        cover.with_user(self.manager).action_back()
        self._prolong(leave, 6)
        self.assertEqual(self._covers(), [(0, 0)])
        self.assertFalse(self.customer.manager_away)

    def test_the_usual_deputy_covers_where_some_customers_have_none(self):
        usual = self.env["loan.cover"]._usual_deputy
        self.assertFalse(usual(self.manager, self.company), "nobody ever was a deputy")
        self._customer("Feng Jie", deputy_user_id=self.stranger.id)
        self._customer("Tan Wei", deputy_user_id=self.colleague.id)
        self._customer("He Xin", deputy_user_id=self.colleague.id)
        self.assertEqual(usual(self.manager, self.company), self.colleague)
        self.customer.deputy_user_id = self.stranger
        self.assertFalse(usual(self.manager, self.company), "each customer's own deputy can")

    def test_a_conflict_that_nobody_in_hr_knows_of_hinders_no_leave(self):
        feng = self._customer("Feng Jie", deputy_user_id=self.stranger.id)
        self._customer("Tan Wei", deputy_user_id=self.colleague.id)
        self._customer("He Xin", deputy_user_id=self.colleague.id)
        conflicts = self.env["loan.conflict"]
        conflicts.with_user(self.colleague).create(
            {"user_id": self.colleague.id, "partner_id": self.customer.partner_id.id, "reason": "Sister"}
        )
        self._leave(6, 8)
        cover = self.env["loan.cover"].search([("manager_user_id", "=", self.manager.id)])
        self.assertEqual(cover.deputy_user_id, self.stranger, "the next one who may")
        conflicts.with_user(self.stranger).create(
            {"user_id": self.stranger.id, "partner_id": self.customer.partner_id.id, "reason": "Landlord"}
        )
        self.assertEqual(feng.deputy_user_id, self.stranger)
        self._leave(20, 21)
        self.assertEqual(self._covers(), [(6, 8), (20, 21)])
        second = self.env["loan.cover"].search([("manager_user_id", "=", self.manager.id)]) - cover
        self.assertFalse(second.deputy_user_id)

    def test_a_leave_is_covered_in_each_company_that_has_customers(self):
        other = self.company.create({"name": "Puxi Finance", "loan_tz": "Asia/Shanghai"})
        self.manager.company_ids |= other
        elsewhere = self.env["loan.customer"].with_context(allowed_company_ids=(self.company | other).ids)
        elsewhere.create(
            {
                "partner_id": self._partner("Xu Ke").id,
                "company_id": other.id,
                "manager_user_id": self.manager.id,
            }
        )
        leave = self._leave(6, 8)
        covers = self.env["loan.cover"].search([("leave_id", "=", leave.id)])
        self.assertEqual(covers.company_id, self.company | other)
        self.assertEqual(self._covers(), [(6, 8), (6, 8)])
        leave.with_user(self.officer).action_refuse()
        self.assertFalse(covers.exists())
