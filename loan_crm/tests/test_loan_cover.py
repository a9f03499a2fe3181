from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanCover(LoanCommon):
    """Whom a cover opens customers to is proved in test_loan_contract_access; here who may plan one, and who acts."""

    def _plan(self, user, manager=None, deputy=None, first=0, last=6, **values):
        vals = {
            "manager_user_id": (manager or self.manager).id,
            "deputy_user_id": (deputy or self.colleague).id,
            "date_from": TODAY + timedelta(first),
            "date_to": TODAY + timedelta(last),
            **values,
        }
        return self.env["loan.cover"].with_user(user).create(vals)

    def _acting(self, customer=None):
        customer = customer or self.customer
        customer.invalidate_recordset()
        return customer.acting_user_id

    # ------------------------------------------------------------ who plans

    def test_a_manager_plans_their_own_absence_in_the_form(self):
        form = Form(self.env["loan.cover"].with_user(self.manager))
        self.assertEqual(form.manager_user_id, self.manager)
        self.assertEqual(form.date_from, TODAY)
        form.date_to = TODAY + timedelta(3)
        form.deputy_user_id = self.colleague
        cover = form.save()
        self.assertEqual(cover.display_name, "Lin Mei away 2026-03-10 – 2026-03-13")
        cover.date_to = TODAY + timedelta(5)
        cover.unlink()

    def test_a_lead_plans_the_cover_of_their_team(self):
        cover = self._plan(self.lead)
        cover.write({"deputy_user_id": False})
        cover.unlink()

    def test_nobody_lets_themselves_in_by_planning_a_colleagues_absence(self):
        cover = self._plan(self.manager)
        for user in (
            self.colleague,
            self.stranger,
            self.other_lead,
            self.desk,
            self.compliance,
            self.employee,
        ):
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError):
                    self._plan(user, deputy=user, first=10, last=20)
                with self.assertRaises(AccessError):
                    cover.with_user(user).write({"deputy_user_id": user.id})
                with self.assertRaises(AccessError):
                    cover.with_user(user).unlink()

    def test_nobody_turns_their_own_cover_into_a_colleagues(self):
        own = self._plan(self.stranger, manager=self.stranger)
        with self.assertRaises(AccessError):
            own.write({"manager_user_id": self.manager.id, "deputy_user_id": self.other_lead.id})
        with self.assertRaises(AccessError):
            own.write({"manager_user_id": self.manager.id})
        self.assertBlindToCustomer(self.other_lead)

    def test_a_lead_who_gives_the_team_away_plans_no_more(self):
        self.team.user_id = self.other_lead
        with self.assertRaises(AccessError):
            self._plan(self.lead)
        self.assertTrue(self._plan(self.other_lead))

    def test_everybody_concerned_sees_who_is_away(self):
        cover = self._plan(self.manager)
        for user in (self.colleague, self.stranger, self.lead, self.desk, self.compliance):
            self.assertEqual(cover.with_user(user).search([("id", "=", cover.id)]), cover)
        with self.assertRaises(AccessError):
            cover.with_user(self.employee).search([])

    # ------------------------------------------------------------ what is refused

    def test_covers_that_make_no_sense_are_refused(self):
        self._plan(self.manager, first=0, last=6)
        for vals, words in (
            ({"first": 20, "last": 19}, "last day"),
            ({"first": 20, "last": 21, "deputy": self.manager}, "own absence"),
            ({"first": 6, "last": 10}, "already covered"),
            ({"first": -5, "last": 0}, "already covered"),
            ({"first": -5, "last": 10}, "already covered"),
            ({"first": 2, "last": 3}, "already covered"),
        ):
            with self.subTest(vals=vals), self.assertRefused(words):
                self._plan(self.manager, **vals)
        self.assertTrue(self._plan(self.manager, first=7, last=7))
        self.assertTrue(self._plan(self.colleague, manager=self.colleague, deputy=self.stranger))

    def test_only_relationship_managers_of_the_lender_cover(self):
        elsewhere = self.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})
        away = self._user("manager", "Xu Ke")
        away.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        for deputy, words in (
            (self.employee, "not a relationship manager"),
            (self.desk, "not a relationship manager"),
            (self.compliance, "not a relationship manager"),
            (away, "Xu Ke does not work for Pudong Finance"),
        ):
            with self.subTest(deputy=deputy.name), self.assertRefused(words):
                self._plan(self.manager, deputy=deputy)
        cover = self._plan(self.manager)
        with self.assertRefused("not a relationship manager"):
            cover.with_user(self.manager).deputy_user_id = self.employee
        self.assertTrue(self._plan(self.manager, deputy=self.lead, first=10, last=12))

    def test_the_list_of_who_may_cover_offers_nobody_else(self):
        domain = self.env["loan.cover"].fields_get(["deputy_user_id"])["deputy_user_id"]["domain"]
        names = {"company_id": self.company.id, "manager_user_id": self.manager.id}
        offered = self.env["res.users"].search(safe_eval(domain, names))
        self.assertLessEqual(self.colleague | self.stranger | self.lead, offered)
        self.assertFalse(offered & (self.manager | self.employee | self.desk | self.compliance))

    # ------------------------------------------------------------ who acts

    def test_nobody_acts_who_left_the_lender(self):
        self.customer.deputy_user_id = self.stranger
        self._plan(self.manager, deputy=self.colleague)
        self.assertEqual(self._acting(), self.colleague)
        for gone, next_one in (
            (self.colleague, self.stranger),
            (self.stranger, self.lead),  # of the team, who sees its customers anyway
            (self.lead, self.manager),
            (self.manager, self.env["res.users"]),
        ):
            gone.active = False
            with self.subTest(gone=gone.name):
                self.assertEqual(self._acting(), next_one)

    def test_the_deputy_acts_for_a_manager_who_left(self):
        self.customer.deputy_user_id = self.colleague
        self.manager.active = False
        self.assertEqual(self._acting(), self.colleague)
        self.colleague.active = False
        self.assertFalse(self._acting())

    def test_the_manager_acts_unless_away(self):
        self.assertEqual(self._acting(), self.manager)
        self.assertFalse(self.customer.manager_away)
        self._plan(self.manager)
        self.assertEqual(self._acting(), self.colleague)
        self.assertTrue(self.customer.manager_away)

    def test_acting_begins_and_ends_with_the_lenders_day(self):
        self._plan(self.manager, first=1, last=2)
        for moment, user in (
            ("2026-03-10 15:59:59", self.manager),
            ("2026-03-10 16:00:00", self.colleague),
            ("2026-03-12 15:59:59", self.colleague),
            ("2026-03-12 16:00:00", self.manager),
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                self.assertEqual(self._acting(), user)

    def test_without_a_name_each_customers_deputy_acts(self):
        self.customer.deputy_user_id = self.stranger
        other = self._customer("Feng Jie")
        self._plan(self.manager, deputy_user_id=False)
        self.assertEqual(self._acting(), self.stranger)
        self.assertEqual(self._acting(other), self.lead, "nobody stands in, so the lead of the team does")
        self.team.user_id = False
        self.assertEqual(self._acting(other), self.manager, "nobody is there, so the manager still answers")

    def test_the_named_one_acts_before_the_deputy(self):
        self.customer.deputy_user_id = self.stranger
        self._plan(self.manager, deputy=self.colleague)
        self.assertEqual(self._acting(), self.colleague)

    def test_who_acts_today_is_told_without_a_right_to_the_cover(self):
        self._plan(self.manager)
        customer = self.customer.with_user(self.desk)
        customer.invalidate_recordset()
        self.assertEqual(customer.acting_user_id, self.colleague)

    def test_past_and_coming_covers_are_not_even_read(self):
        running = self._plan(self.manager)
        self._plan(self.manager, first=-90, last=-60)
        self._plan(self.manager, first=60, last=90)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.env["loan.cover"]._covers_today(self.manager), running)
        read = self.env.cache.get_records(running, running._fields["date_from"])
        self.assertEqual(set(read), set(running))

    def test_many_customers_take_as_many_queries_as_few(self):
        self._plan(self.manager)
        customers = self.customer.union(*(self._customer(f"Borrower {number}") for number in range(20)))
        counts = []
        for records in (customers[:5], customers):
            records.flush_recordset()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("acting_user_id")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def assertBlindToCustomer(self, user):
        self.env.invalidate_all()
        found = self.env["loan.customer"].with_user(user).search([("id", "=", self.customer.id)])
        self.assertFalse(found)
