import base64
from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanProfile(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls.env.ref("loan_crm.loan_document_type_identity_card")
        cls.bill = cls.env.ref("loan_crm.loan_document_type_proof_of_address")
        cls.spouse = cls.env.ref("loan_crm.loan_customer_relation_type_spouse")
        cls.child = cls.env.ref("loan_crm.loan_customer_relation_type_child")
        cls.income = cls.env.ref("loan_crm.loan_fact_type_income_monthly")
        cls.hidden = cls._customer("He Ping", manager=cls.stranger)
        cls.mate = cls._customer("Wang Lei")

    def _as(self, user, model):
        return self.env[model].with_user(user)

    def _paper(self, user=None, **values):
        return (
            self._as(user or self.manager, "loan.customer.document")
            .create({"customer_id": self.customer.id, "type_id": self.card.id, **values})
            .with_env(self.env)
        )

    def _tie(self, customer, partner, kind, user=None, **values):
        return (
            self._as(user or customer.manager_user_id, "loan.customer.relation")
            .create({"customer_id": customer.id, "partner_id": partner.id, "type_id": kind.id, **values})
            .with_env(self.env)
        )

    def _fact(self, amount, days, **values):
        return (
            self._as(self.manager, "loan.customer.fact")
            .create(
                {
                    "customer_id": self.customer.id,
                    "type_id": self.income.id,
                    "amount": amount,
                    "as_of": TODAY - timedelta(days),
                    **values,
                }
            )
            .with_env(self.env)
        )

    # ------------------------------------------------------------ who they are

    def test_the_region_is_that_of_the_address_until_somebody_says_otherwise(self):
        shanghai, zhejiang = self.env.ref("base.state_cn_SH"), self.env.ref("base.state_cn_ZJ")
        self.customer.partner_id.state_id = shanghai
        self.assertEqual(self.customer.region_id, shanghai)
        self.customer.with_user(self.manager).region_id = zhejiang
        self.assertEqual(self.customer.region_id, zhejiang)
        self.assertEqual(self.customer.partner_id.state_id, shanghai)
        found = self._as(self.manager, "loan.customer").search([("region_id", "=", zhejiang.id)])
        self.assertEqual(found, self.customer)

    def test_what_they_need_bears_the_day_it_was_heard(self):
        self.customer.with_user(self.manager).needs = "A smaller installment"
        self.assertEqual(self.customer.needs_on, TODAY)
        self.customer.with_user(self.manager).needs = False
        self.assertFalse(self.customer.needs_on)

    def test_the_day_moves_with_the_words_alone_and_is_the_lenders_own(self):
        customer = self.customer.with_user(self.manager)
        customer.needs = "A smaller installment"
        with self._days_later(3):
            customer.write({"needs": "A smaller installment", "do_not_mention": "The flood"})
            self.assertEqual(customer.needs_on, TODAY, "saved again, not heard again")
            customer.needs = "To pay it all back"
            self.assertEqual(customer.needs_on, TODAY + timedelta(3))
            # Where the other lender is, it is yesterday still.
            west = self.env["res.company"].create({"name": "Hawaii Finance", "loan_tz": "Pacific/Honolulu"})
            self.manager.sudo().company_ids |= west
            companies = [west.id, self.company.id]
            customer.with_context(allowed_company_ids=companies).needs = "A holiday from paying"
            self.assertEqual(customer.needs_on, self.company._loan_today())
            self.assertNotEqual(customer.needs_on, west._loan_today())

    def test_the_page_says_who_helps_them(self):
        self._tie(self.customer, self._partner("Wang Xiao", phone="123"), self.child, helps=True)
        self._tie(self.customer, self._partner("Wang Da"), self.child)
        self.assertEqual(self.customer.helper_told, "Wang Xiao (Child) 123")

    # ------------------------------------------------------------ relations

    def test_a_relation_is_told_once_and_read_from_both_sides(self):
        tie = self._tie(self.customer, self.mate.partner_id, self.child)
        mine = self.customer.with_user(self.manager)
        self.assertEqual(tie.with_user(self.manager).profile_id, self.mate)
        self.assertEqual(mine.relation_ids, tie)
        theirs = self.mate.with_user(self.manager)
        self.assertEqual(theirs.relation_in_ids, tie)
        self.assertEqual(theirs.relation_in_ids.inverse_label, "Parent")
        self.assertEqual((mine.relation_count, theirs.relation_count), (1, 1))
        self.assertEqual(tie.with_user(self.manager).action_open_profile()["res_id"], self.mate.id)

    def test_a_relation_tells_nobody_of_a_profile_they_may_not_see(self):
        tie = self._tie(self.customer, self.hidden.partner_id, self.spouse)
        as_manager = tie.with_user(self.manager)
        self.assertFalse(as_manager.profile_id)
        self.assertEqual(as_manager.action_open_profile()["res_model"], "res.partner")
        self.assertFalse(self.hidden.with_user(self.stranger).relation_in_ids)
        self.assertEqual(self.customer.with_user(self.manager).group_count, 1)
        self.assertEqual(tie.with_user(self.compliance).profile_id, self.hidden)
        with self.assertRaises(AccessError):
            self._tie(self.hidden, self.mate.partner_id, self.spouse, user=self.manager)

    def test_nobody_is_related_to_themselves_or_twice(self):
        with self.assertRefused("themselves"):
            self._tie(self.customer, self.customer.partner_id, self.spouse)
        self._tie(self.customer, self.mate.partner_id, self.spouse)
        with self.assertRefused("noted already"):
            self._tie(self.customer, self.mate.partner_id, self.spouse)

    def test_what_a_household_owes_is_added_up_as_far_as_one_sees(self):
        owner = self._partner("Hu Lan")
        owned = self.env.ref("loan_crm.loan_customer_relation_type_beneficial_owner")
        self._tie(self.customer, self.mate.partner_id, self.spouse)
        third = self._customer("Wang Bakery")
        self._tie(self.mate, owner, owned)
        self._tie(third, owner, owned)
        self._tie(self.customer, self.hidden.partner_id, self.spouse)
        for customer in (self.customer, self.mate, third, self.hidden):
            self._due_in(5, customer)
        alone = self._customer("Zhu Yi")
        self._tie(alone, self._partner("Zhu Er"), self.child)
        for user, customer, count in (
            (self.manager, self.customer, 3),
            (self.manager, third, 3),
            (self.manager, alone, 1),
            (self.compliance, self.customer, 4),
            (self.stranger, self.hidden, 1),
        ):
            with self.subTest(user=user.name, customer=customer.name):
                as_user = customer.with_user(user)
                as_user.invalidate_recordset()
                self.assertEqual(as_user.group_count, count)
                self.assertEqual(as_user.group_exposure, 12000 * count if customer != alone else 0)
        opened = self.customer.with_user(self.manager).action_open_group()
        found = self._as(self.manager, "loan.customer").search(opened["domain"])
        self.assertEqual(found, self.customer | self.mate | third)

    def test_an_ended_relation_counts_no_more(self):
        tie = self._tie(self.customer, self.mate.partner_id, self.spouse)
        tie.with_user(self.manager).date_to = TODAY - timedelta(1)
        self.assertEqual(self.customer.with_user(self.manager).group_count, 1)

    def test_guarantors_of_loans_stand_among_the_relations(self):
        guarantor = self._partner("Hu Lan")
        contract = self._contract(
            party_ids=[Command.create({"partner_id": guarantor.id, "role": "guarantor"})]
        )
        self.assertEqual(self.customer.with_user(self.manager).party_ids.partner_id, guarantor)
        profile = self._customer(partner_id=guarantor.id)
        self.assertEqual(profile.with_user(self.manager).surety_ids.contract_id, contract)
        other = self._contract(
            self.hidden, party_ids=[Command.create({"partner_id": guarantor.id, "role": "guarantor"})]
        )
        profile.invalidate_recordset()
        self.assertEqual(profile.with_user(self.manager).surety_ids.contract_id, contract)
        self.assertEqual(profile.with_user(self.compliance).surety_ids.contract_id, contract | other)

    # ------------------------------------------------------------ papers

    def _papers_state(self, customer=None):
        customer = (customer or self.customer).with_user(self.manager)
        customer.invalidate_recordset()
        state = customer.papers_state
        everybody = self._as(self.manager, "loan.customer")
        for other in ("complete", "soon", "missing", "expired"):
            found = customer in everybody.search([("papers_state", "=", other)])
            self.assertEqual(found, other == state, f"the filter says {other}, the page {state}")
        return state

    def test_papers_are_there_missing_end_soon_or_have_ended(self):
        income = self.env.ref("loan_crm.loan_document_type_proof_of_income")
        self.assertEqual(self._papers_state(), "missing")
        self.assertEqual(self.customer.papers_told, "0 of 3")
        card = self._paper(date_expiry=TODAY + timedelta(1000))
        self._paper(type_id=self.bill.id, date_issued=TODAY - timedelta(30))
        self.assertEqual(self._papers_state(), "missing")
        self.assertEqual(self.customer.papers_told, "2 of 3")
        self.assertEqual(self.customer.papers_missing, income.name)
        self._paper(type_id=income.id, date_issued=TODAY - timedelta(30))
        self.assertEqual(self._papers_state(), "complete")
        card.date_expiry = TODAY + timedelta(60)
        self.assertEqual(self._papers_state(), "soon")
        card.date_expiry = TODAY - timedelta(1)
        self.assertEqual(self._papers_state(), "expired")
        self.assertEqual(
            (self.customer.papers_told, self.customer.papers_expired), ("2 of 3", self.card.name)
        )

    def test_an_expiry_follows_from_the_day_of_issue_where_the_type_says_so(self):
        paper = self._paper(type_id=self.bill.id, date_issued=date(2026, 1, 31))
        self.assertEqual(paper.date_expiry, date(2027, 1, 31))
        self.assertEqual(self._paper(date_expiry=date(2030, 1, 1)).date_expiry, date(2030, 1, 1))

    def test_a_newer_paper_sends_the_older_to_the_archive(self):
        old = self._paper(number="A1111111", date_expiry=TODAY)
        new = self._paper(number="B2222222", date_expiry=TODAY + timedelta(3000))
        self.assertEqual((old.active, new.active), (False, True))
        other = self._paper(number="C3333333", holder_id=self.mate.partner_id.id)
        self.assertTrue(new.active and other.active)

    def test_an_older_paper_goes_to_the_archive_itself(self):
        new = self._paper(date_issued=TODAY - timedelta(10), date_expiry=TODAY + timedelta(3000))
        old = self._paper(date_issued=TODAY - timedelta(900), date_expiry=TODAY + timedelta(20))
        self.assertEqual((new.active, old.active), (True, False))
        # A card that was lost and issued anew for a shorter time is newer all the same.
        again = self._paper(date_issued=TODAY, date_expiry=TODAY + timedelta(2000))
        self.assertEqual((new.active, again.active), (False, True))

    def test_papers_that_come_together_stand_as_if_one_by_one(self):
        def statements(customers):
            vals_list = [
                {
                    "customer_id": customer.id,
                    "type_id": self.card.id,
                    "date_expiry": TODAY + timedelta(days),
                }
                for customer in customers
                for days in (20, 900, 100)
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            papers = self._as(self.manager, "loan.customer.document").create(vals_list)
            self.env.flush_all()
            count = self.env.cr.sql_log_count - before
            self.assertEqual(papers.mapped("active"), [False, True, False] * len(customers))
            return count

        few, many = (
            statements(self.env["loan.customer"].union(*(self._customer(f"Of {n} {i}") for i in range(n))))
            for n in (1, 6)
        )
        self.assertLessEqual(many, few + 2)

    def test_a_number_is_read_by_the_manager_and_shown_to_the_desk_by_its_end(self):
        paper = self._paper(number="310101199001012233")
        self.assertEqual(paper.with_user(self.manager).number, "310101199001012233")
        self.assertIn("2233", paper.with_user(self.desk).display_name)
        self.assertNotIn("9900", paper.with_user(self.desk).display_name)
        with self.assertRaises(AccessError):
            paper.with_user(self.desk).read(["number"])

    def test_scans_are_seen_by_who_may_see_the_customer(self):
        form = Form(self._as(self.manager, "loan.customer.document"))
        form.customer_id = self.customer.with_user(self.manager)
        form.type_id = self.card.with_user(self.manager)
        paper = form.save()
        scan = self._as(self.manager, "ir.attachment").create(
            {"name": "card.png", "datas": base64.b64encode(b"scan"), "res_model": paper._name, "res_id": 0}
        )
        paper.file_ids = [Command.link(scan.id)]
        self.assertEqual((scan.res_id, paper.file_count), (paper.id, 1))
        self.assertEqual(scan.with_user(self.desk).raw, b"scan")
        for user in (self.stranger, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                scan.with_user(user).read(["raw"])
        paper.file_ids = [Command.unlink(scan.id)]
        self.assertFalse(scan.exists())

    def test_a_check_is_noted_by_its_button_and_ends_when_the_paper_changes(self):
        paper = self._paper(date_expiry=TODAY + timedelta(100))
        with self.assertRefused("by the button"):
            paper.with_user(self.manager).verified_on = TODAY
        with self.assertRaises(AccessError):
            paper.with_user(self.compliance).action_verify()
        paper.with_user(self.manager).action_verify()
        self.assertEqual((paper.verified_user_id, paper.verified_on), (self.manager, TODAY))
        paper.with_user(self.manager).note = "Original seen"
        self.assertTrue(paper.verified_on)
        paper.with_user(self.manager).number = "X"
        self.assertFalse(paper.verified_on or paper.verified_user_id)
        paper.date_expiry = TODAY - timedelta(1)
        with self.assertRefused("has expired"):
            paper.with_user(self.manager).action_verify()

    def test_the_night_asks_once_for_each_paper_that_ends(self):
        soon = self._paper(date_expiry=TODAY + timedelta(30))
        self._paper(type_id=self.bill.id, date_issued=TODAY)  # a year to go
        gone = self._paper(user=self.stranger, customer_id=self.hidden.id, date_expiry=TODAY - timedelta(3))
        other = self.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})
        todos = self.env["mail.activity"].search_count([])
        self.assertEqual(self._night(), 2)
        self.assertEqual(self.env["mail.activity"].search_count([]), todos + 2)
        todo = soon.activity_id
        self.assertEqual(
            (todo.user_id, todo.res_model, todo.res_id), (self.manager, "loan.customer", self.customer.id)
        )
        self.assertIn("expires on", todo.summary)
        self.assertEqual((gone.activity_id.user_id, gone.activity_id.date_deadline), (self.stranger, TODAY))
        self.assertEqual(self._night(), 0)
        self.assertEqual(self._night(other), 0)
        # Put right, it is asked about again when that day comes near; a newer one ends the asking.
        soon.with_user(self.manager).date_expiry = TODAY + timedelta(40)
        self.assertFalse(todo.exists())
        self.assertEqual(self._night(), 1)
        todo = soon.activity_id
        self._paper(date_expiry=TODAY + timedelta(4000))
        self.assertFalse(todo.exists())
        self.assertEqual(self._night(), 0)

    def test_papers_of_who_acts_while_the_manager_is_away_go_there(self):
        self.customer.with_user(self.lead).deputy_user_id = self.colleague
        self.env["loan.cover"].with_user(self.manager).create(
            {
                "manager_user_id": self.manager.id,
                "date_from": TODAY,
                "date_to": TODAY,
                "company_id": self.company.id,
            }
        )
        paper = self._paper(date_expiry=TODAY)
        self._night()
        self.assertEqual(paper.activity_id.user_id, self.colleague)

    def test_who_may_not_read_the_customer_is_not_asked_and_where_nobody_is_the_night_says_so(self):
        paper = self._paper(date_expiry=TODAY)
        other = self._paper(customer_id=self.mate.id, date_expiry=TODAY)
        # Their manager has left for another company, and may open the customer no more; the team's lead may.
        elsewhere = self.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})
        self.manager.sudo().write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        self.mate.sudo().team_id = False
        self.env.invalidate_all()
        self.assertEqual(self._night(), 2)
        self.assertEqual(paper.activity_id.user_id, self.lead)
        self.assertFalse(other.activity_id or other.reminded_expiry)
        night = self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertEqual(night.failure_ids.customer_id, self.mate)
        self.assertIn("Nobody who may open", night.failure_ids.reason)
        # Once there is somebody, they are asked.
        self.mate.sudo().write({"manager_user_id": self.colleague.id})
        self.assertEqual(self._night(), 1)
        self.assertEqual(other.activity_id.user_id, self.colleague)
        self.assertEqual(self._night(), 0)

    def _night(self, company=None):
        night = self.env["loan.night"].search([("company_id", "=", (company or self.company).id)], limit=1)
        night = night or self.env["loan.night"].create(
            {"company_id": (company or self.company).id, "date": TODAY}
        )
        night.progress = False  # another night
        return self.env["loan.customer.document"]._night_papers(night)

    # ------------------------------------------------------------ financial facts

    def test_the_newest_figure_of_each_kind_stands_on_the_page_with_its_age(self):
        rating = self.env.ref("loan_crm.loan_fact_type_rating")
        self._fact(9000, 800)
        newest = self._fact(12000, 10)
        older = self._fact(11000, 200)
        words = self._fact(0, 500, type_id=rating.id, words="BB")
        page = self.customer.with_user(self.manager)
        self.assertEqual(set(page.fact_latest_ids), {newest, words})
        self.assertEqual(page.fact_count, 4)
        self.assertEqual((newest.told, words.told), ("¥\xa012,000.00", "BB"))
        self.assertEqual((newest.is_stale, words.is_stale, page.facts_stale), (False, True, True))
        self.assertEqual((newest.age_told, older.age_told), ("this month", "6 months old"))
        with self.assertRefused("has come"):
            self._fact(1, -1)
        with self.assertRefused("in words"):
            self._fact(1, 1, type_id=rating.id)
        self.assertEqual(newest.entered_user_id, self.manager)

    # ------------------------------------------------------------ over the years

    def test_what_they_borrowed_and_how_they_paid_adds_up_over_all_loans(self):
        first = self._due_in(-70, principal=1200, yearly_rate=0)  # 100 each: 30 Dec, 30 Jan, 28 Feb
        second = self._contract(principal=600, term=1, yearly_rate=0)
        self._contract(active=False, principal=5000)
        rows = first.installment_ids.sorted("number")
        self._pay(first, 100, rows[0].due_date)
        self._pay(first, 100, rows[1].due_date + timedelta(12))
        self._pay(second, 600)
        page = self.customer.with_user(self.manager)
        self.assertEqual(page.borrowed_total, 1800)
        self.assertEqual((page.repaid_count, page.renewal_count), (1, 1))
        self.assertEqual(page.customer_since, first.start_date)
        late = (TODAY - rows[2].due_date).days
        self.assertEqual(page.on_time_told, "1 of 3")
        self.assertAlmostEqual(page.on_time_share, 1 / 3)
        self.assertEqual(page.worst_days_late, max(12, late))
        nobody = self._customer("Zhu Yi").with_user(self.manager)
        self.assertEqual((nobody.borrowed_total, nobody.renewal_count, nobody.on_time_told), (0, 0, False))

    def test_days_of_grace_are_on_time(self):
        loan = self._due_in(-20, principal=1200, yearly_rate=0, grace_days=5)
        row = loan.installment_ids.sorted("number")[0]
        self._pay(loan, 100, row.due_date + timedelta(5))
        self.assertEqual(self.customer.on_time_told, "1 of 1")

    def test_a_profile_opens_with_as_many_statements_however_many_loans(self):
        names = [
            "borrowed_total",
            "on_time_share",
            "repaid_count",
            "papers_state",
            "group_exposure",
            "fact_count",
        ]
        page = self.customer.with_user(self.manager)

        def statements():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            page.read(names)
            return self.env.cr.sql_log_count - before

        self._due_in(5)
        statements()
        few = statements()
        for _time in range(4):
            self._due_in(5)
        self.assertLessEqual(statements(), few)

    # ------------------------------------------------------------ who may

    def test_each_role_does_with_relations_papers_and_facts_what_is_its_own(self):
        records = {
            "loan.customer.relation": self._tie(self.customer, self.mate.partner_id, self.spouse),
            "loan.customer.document": self._paper(),
            "loan.customer.fact": self._fact(1, 1),
        }
        deletes = {"loan.customer.relation": {self.manager, self.lead}}
        for name, record in records.items():
            for user in (
                self.manager,
                self.lead,
                self.desk,
                self.compliance,
                self.administrator,
                self.stranger,
                self.employee,
                self.other_lead,
            ):
                sees = user in (self.manager, self.lead, self.desk, self.compliance)
                works = user in (self.manager, self.lead)
                as_user = record.with_user(user)
                with self.subTest(model=name, user=user.name):
                    self.assertEqual(as_user.has_access("read"), sees)
                    self.assertEqual(as_user.has_access("write"), works)
                    self.assertEqual(as_user.has_access("unlink"), user in deletes.get(name, {self.lead}))
                    if as_user.browse().has_access("read"):
                        self.assertEqual(bool(as_user.search_count([("id", "=", record.id)])), sees)
            with self.assertRaises(AccessError):
                record.with_user(self.manager).customer_id = self.hidden
            with self.assertRaises(AccessError):
                record.with_user(self.stranger).copy({"customer_id": self.hidden.id})
        other = self.env["res.company"].create({"name": "Suzhou Finance"})
        self.lead.company_ids += other
        elsewhere = self.env(user=self.lead, context={"allowed_company_ids": other.ids})
        for name in records:
            self.assertFalse(elsewhere[name].search([]))

    def test_what_is_asked_for_is_set_by_the_administrator(self):
        for name in ("loan.document.type", "loan.fact.type", "loan.customer.relation.type", "loan.dialect"):
            with self.subTest(model=name):
                model = self._as(self.manager, name)
                self.assertTrue(model.search([], limit=1))
                self.assertFalse(model.has_access("create") or model.has_access("write"))
                self.assertTrue(self._as(self.administrator, name).has_access("create"))
                self.assertFalse(self._as(self.employee, name).has_access("read"))
        self.assertTrue(self._as(self.lead, "loan.customer.tag").has_access("create"))
        self.assertFalse(self._as(self.manager, "loan.customer.tag").has_access("create"))

    def test_papers_are_asked_of_each_kind_of_customer_and_company(self):
        other = self.env["res.company"].create({"name": "Suzhou Finance"})
        deed = self.env["loan.document.type"].create(
            {"name": "Title Deed", "required_person": True, "company_id": other.id}
        )
        firm = self._customer(partner_id=self._partner("Pudong Bakery", is_company=True).id)
        self.assertIn("Business License", firm.with_user(self.manager).papers_missing)
        self.assertNotIn("Identity Card", firm.with_user(self.manager).papers_missing)
        self.assertNotIn(deed.name, self.customer.with_user(self.manager).papers_missing)
        self.assertEqual(self._papers_state(firm), "missing")
