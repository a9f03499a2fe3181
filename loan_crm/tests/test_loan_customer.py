from datetime import date, timedelta

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanCustomer(LoanCommon):
    # ------------------------------------------------------------ making one

    def test_a_manager_makes_a_profile_from_a_contact_in_the_form(self):
        env = self.env(user=self.manager)
        form = Form(env["loan.customer"])
        form.partner_id = self._partner("He Ping").with_env(env)
        self.assertEqual(form.manager_user_id, self.manager)
        self.assertEqual(form.kind, "person")
        customer = form.save()
        self.assertEqual(customer.display_name, "He Ping")
        self.assertEqual(customer.team_id, self.team)
        self.assertEqual(customer.company_id, self.company)
        self.assertEqual(customer.reference[:1], "C")

    def test_a_company_begins_as_a_small_company(self):
        firm = self._partner("Pudong Bakery", is_company=True)
        self.assertEqual(self._customer(partner_id=firm.id).kind, "sme")
        large = self._partner("Pudong Steel", is_company=True)
        self.assertEqual(self._customer(partner_id=large.id, kind="corporate").kind, "corporate")

    def test_a_contact_has_one_profile_in_a_company(self):
        with self.assertRefused("cannot be made here"):
            self._customer(partner_id=self.customer.partner_id.id)

    def test_who_may_not_see_a_profile_is_not_told_that_there_is_one(self):
        with self.assertRefused("^A profile for this contact cannot be made here. Ask compliance.$"):
            self._customer(manager=self.stranger, partner_id=self.customer.partner_id.id)

    def test_an_employees_own_contact_is_no_customer(self):
        with self.assertRefused("employee"):
            self._customer(partner_id=self.employee.partner_id.id)
        left = self.employee.copy({"login": "gone", "active": False})
        with self.assertRefused("employee"):
            self._customer(partner_id=left.partner_id.id)

    def test_only_a_relationship_manager_of_the_company_looks_after_customers(self):
        elsewhere = self.env["res.company"].create({"name": "Suzhou Finance"})
        for user, words in (
            (self.employee, "not a relationship manager"),
            (self.desk, "not a relationship manager"),
            (self.administrator, "not a relationship manager"),
        ):
            with self.subTest(user=user.name), self.assertRefused(words):
                self.customer.manager_user_id = user
            with self.subTest(user=user.name), self.assertRefused(words):
                self.customer.deputy_user_id = user
        self.colleague.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        with self.assertRefused("does not work for"):
            self.customer.manager_user_id = self.colleague
        with self.assertRefused("manager and deputy"):
            self.customer.deputy_user_id = self.manager

    def test_a_profile_cannot_be_made_for_a_colleague_one_does_not_answer_for(self):
        with self.assertRaises(AccessError):
            self.env["loan.customer"].with_user(self.manager).create(
                {"partner_id": self._partner("He Ping").id, "manager_user_id": self.stranger.id}
            )

    def test_a_manager_of_two_companies_has_customers_in_both(self):
        # The team belongs to the first company; in the second there is none, and that is no error.
        other = self.env["res.company"].create({"name": "Suzhou Finance"})
        self.manager.company_ids += other
        env = self.env(user=self.manager, context={**self.env.context, "allowed_company_ids": other.ids})
        customer = env["loan.customer"].create({"partner_id": self.customer.partner_id.id})
        self.assertEqual((customer.company_id, customer.manager_user_id), (other, self.manager))
        self.assertFalse(customer.team_id)

    # ------------------------------------------------------------ changing hands

    def test_the_lead_reassigns_within_the_team(self):
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.assertEqual(self.customer.team_id, self.team)

    def test_nobody_gives_a_customer_away_into_the_dark(self):
        for user, vals in (
            (self.manager, {"manager_user_id": self.colleague.id}),
            (self.manager, {"manager_user_id": False}),
            (self.lead, {"manager_user_id": self.stranger.id}),
            (self.lead, {"team_id": self.other_team.id}),
        ):
            with self.subTest(user=user.name, vals=vals), self.assertRefused("could not see"):
                self.customer.with_user(user).write(vals)
        self.assertEqual((self.customer.manager_user_id, self.customer.team_id), (self.manager, self.team))

    def test_a_team_chosen_by_hand_stays_until_the_customer_changes_teams(self):
        self.customer.with_user(self.manager).team_id = self.other_team
        self.assertEqual(self.customer.team_id, self.other_team)
        self.customer.sudo().manager_user_id = self.colleague
        self.assertEqual(self.customer.team_id, self.team)

    def test_loans_follow_the_customer_to_the_new_manager(self):
        contract = self._contract()
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.customer.with_user(self.lead).deputy_user_id = self.manager
        self.assertEqual(contract.manager_user_id, self.colleague)
        self.assertEqual(contract.deputy_user_id, self.manager)
        self.customer.sudo().manager_user_id = self.stranger
        self.assertEqual(contract.team_id, self.other_team)

    def test_what_is_still_to_do_goes_to_the_new_manager(self):
        contract = self._contract()
        todos = self.env["mail.activity"].union(
            *(
                record.with_user(planner).activity_schedule("mail.mail_activity_data_todo", user_id=user.id)
                for record, planner, user in (
                    (self.customer, self.manager, self.manager),
                    (contract, self.lead, self.manager),
                    (contract, self.manager, self.lead),
                )
            )
        )
        other = self._customer("He Ping")
        elsewhere = other.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
        mails = self.env["mail.mail"].search_count([])
        messages = self.env["mail.message"].search_count([("message_type", "=", "user_notification")])
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.assertEqual([todo.user_id for todo in todos], [self.colleague, self.colleague, self.lead])
        self.assertEqual(elsewhere.user_id, self.manager)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertEqual(
            self.env["mail.message"].search_count([("message_type", "=", "user_notification")]), messages
        )
        self.assertFalse(todos[0].with_user(self.manager).search([("id", "in", todos.ids)]))
        self.customer.sudo().manager_user_id = False
        self.assertEqual([todo.user_id for todo in todos], [self.env["res.users"]] * 2 + [self.lead])

    def test_a_customer_with_loans_stays_in_the_company(self):
        contract = self._contract()
        other = self.env["res.company"].create({"name": "Suzhou Finance"})
        self.manager.company_ids += other
        with self.assertRefused("."):
            self.customer.sudo().write({"company_id": other.id, "team_id": False})
        self.assertEqual(contract.customer_id.company_id, contract.company_id)

    def test_the_number_and_the_name_are_not_entered(self):
        with self.assertRaises(AccessError):
            self.customer.with_user(self.manager).write({"name": "Somebody Else"})
        self.customer.partner_id.name = "Wang Fangfang"
        self.assertEqual(self.customer.name, "Wang Fangfang")

    # ------------------------------------------------------------ what they owe

    def test_the_totals_are_those_of_the_running_loans(self):
        first = self._due_in(-40)
        self._due_in(5, principal=6000)
        self._contract(active=False, principal=50000)
        repaid = self._contract(principal=100, term=1)
        self._pay(repaid, repaid.amount_open)
        self._pay(first, 32.80)
        self.assertEqual(self.customer.principal_outstanding, 18000)
        self.assertAlmostEqual(self.customer.amount_overdue, 1000 + 1032.80)
        self.assertEqual(self.customer.next_due_date, TODAY - timedelta(40))
        self.assertEqual(self.customer.days_past_due, 40)
        self.assertEqual(self.customer.contract_count, 4)
        self.assertEqual(self.customer.repayment_count, 2)

    def test_somebody_without_loans_owes_nothing(self):
        customer = self._customer("He Ping")
        self.assertEqual((customer.principal_outstanding, customer.amount_overdue), (0, 0))
        self.assertEqual((customer.days_past_due, customer.contract_count), (0, 0))
        self.assertFalse(customer.next_due_date)

    def test_loans_in_two_currencies_add_up_in_the_companys(self):
        self._rate(self.company, self.usd, 0.125)  # 8 yuan to the dollar
        dollars = self._product(name="Dollar Loan", currency_id=self.usd.id, yearly_rate=0)
        self._due_in(-1, product_id=dollars.id, principal=1200)
        self._due_in(-1)
        self.assertEqual(self.customer.currency_id, self.cny)
        self.assertAlmostEqual(self.customer.principal_outstanding, 12000 + 1200 * 8)
        self.assertAlmostEqual(self.customer.amount_overdue, 1032.80 + 100 * 8)

    def test_each_company_counts_in_its_own_currency(self):
        self._rate(self.company, self.usd, 0.125)
        other = self.env["res.company"].create(
            {"name": "Seattle Finance", "currency_id": self.usd.id, "loan_tz": "Asia/Shanghai"}
        )
        self._rate(other, self.cny, 8)
        env = self.env(context={**self.env.context, "allowed_company_ids": (self.company | other).ids})
        there = env["loan.customer"].create({"partner_id": self._partner("Joe").id, "company_id": other.id})
        product = env["loan.product"].create(
            {"name": "Dollar Loan", "company_id": other.id, "currency_id": self.usd.id}
        )
        contract = env["loan.contract"].create(
            {
                "customer_id": there.id,
                "company_id": other.id,
                "product_id": product.id,
                "principal": 1200,
                "start_date": date(2026, 2, 1),
            }
        )
        contract.action_activate()
        self._due_in(-1)
        both = self.customer.with_env(env) | there
        self.assertEqual(both.mapped("principal_outstanding"), [12000, 1200])
        self.assertEqual(both.mapped("amount_overdue"), [1032.80, 100])

    def test_a_longer_list_takes_no_more_queries(self):
        customers = self.customer.union(*(self._customer(f"Borrower {number}") for number in range(20)))
        for customer in customers:
            self._due_in(-1, customer)
        names = (
            "reference",
            "name",
            "kind",
            "phone",
            "contract_count",
            "principal_outstanding",
            "next_due_date",
        )
        names += ("amount_overdue", "days_past_due", "reminder_count", "repayment_count", "manager_away")
        spec = {name: {} for name in names} | {
            name: {"fields": {"display_name": {}}}
            for name in ("manager_user_id", "acting_user_id", "team_id")
        }
        counts = []
        for records in (customers[:5], customers):
            seen, domain = self.env(user=self.manager)["loan.customer"], [("id", "in", records.ids)]
            for _warm in range(2):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                found = seen.web_search_read(domain, spec, limit=100)
                count = self.env.cr.sql_log_count - before
            self.assertEqual(found["length"], len(records))
            counts.append(count)
        self.assertEqual(counts[0], counts[1])

    # ------------------------------------------------------------ keeping them

    def test_a_customer_who_has_loans_is_kept(self):
        self._contract(active=False)
        with self.assertRefused("Archive the profile"):
            self.customer.with_user(self.lead).unlink()
        self.customer.with_user(self.manager).action_archive()
        self.assertFalse(self.env["loan.customer"].search([("id", "=", self.customer.id)]))

    def test_only_a_lead_deletes_a_profile(self):
        customer = self._customer("He Ping")
        with self.assertRaises(AccessError):
            customer.with_user(self.manager).unlink()
        customer.with_user(self.lead).unlink()
        self.assertFalse(customer.exists())

    def test_a_contact_with_a_profile_is_kept(self):
        with self.assertRefused("."):
            self.customer.partner_id.sudo().unlink()
        self.assertTrue(self.customer.exists())

    # ------------------------------------------------------------ finding them

    def test_a_customer_is_found_by_name_number_and_address(self):
        customers = self.env["loan.customer"].with_user(self.manager)
        for typed in ("wang", self.customer.reference, "wang.fang@example"):
            with self.subTest(typed=typed):
                self.assertEqual(customers.name_search(typed), [(self.customer.id, "Wang Fang")])

    def test_the_search_bar_finds_a_customer_by_phone_and_loan_too(self):
        contract = self._contract()
        self.customer.partner_id.phone = "+86 138 0000 4711"
        view = self.env["loan.customer"].with_user(self.manager).get_view(view_type="search")
        domain = etree.fromstring(view["arch"]).find(".//field[@name='name']").get("filter_domain")
        for typed in ("wang", self.customer.reference, "wang.fang@example", "4711", contract.name):
            with self.subTest(typed=typed):
                wanted = safe_eval(domain, {"self": typed})
                found = self.env["loan.customer"].with_user(self.manager).search(wanted)
                self.assertEqual(found, self.customer)

    def test_buttons_open_what_they_promise(self):
        contract = self._contract()
        repayment = self._pay(contract, 5)
        customer = self.customer.with_user(self.manager)
        for button, records in (
            ("action_open_contracts", contract),
            ("action_open_repayments", repayment),
            ("action_open_reminders", self.env["loan.reminder"]),
        ):
            action = getattr(customer, button)()
            found = self.env[action["res_model"]].with_user(self.manager).search(action["domain"])
            self.assertEqual(found, records)
        action = customer.action_open_contracts()
        self.assertEqual(action["context"], {"default_customer_id": customer.id})

    def test_a_contact_leads_to_its_profile_for_those_who_may_see_it(self):
        partner = self.customer.partner_id
        mine, theirs = partner.with_user(self.manager), partner.with_user(self.stranger)
        self.assertEqual((mine.loan_customer_count, theirs.loan_customer_count), (1, 0))
        self.assertEqual(mine.action_open_loan_customer()["res_id"], self.customer.id)
        self.assertFalse(theirs.action_open_loan_customer()["res_id"])
        self.assertEqual(partner.with_user(self.employee).loan_customer_count, 0)

    def test_a_contact_leads_to_its_archived_profile_too(self):
        self.customer.active = False
        mine = self.customer.partner_id.with_user(self.manager)
        self.assertEqual(mine.loan_customer_count, 1)
        self.assertEqual(mine.action_open_loan_customer()["res_id"], self.customer.id)

    def test_a_contact_of_two_companies_leads_to_the_profile_of_the_present_one(self):
        other = self.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})
        self.manager.company_ids |= other
        partner = self.customer.partner_id.with_user(self.manager)
        here, there = (
            partner.with_context(allowed_company_ids=[first.id, second.id])
            for first, second in ((self.company, other), (other, self.company))
        )
        self.assertEqual((here.loan_customer_count, here.loan_customer_here), (1, 1))
        self.assertEqual((there.loan_customer_count, there.loan_customer_here), (1, 0), "one can be made")
        self.assertEqual(there.action_open_loan_customer()["res_id"], self.customer.id)
        self.assertFalse(there.action_make_loan_customer()["res_id"])
        self.assertEqual(here.action_make_loan_customer()["res_id"], self.customer.id, "twice is once")
        theirs = self.env["loan.customer"].create({"partner_id": partner.id, "company_id": other.id})
        theirs.manager_user_id = self.manager
        self.env.invalidate_all()
        self.assertEqual((there.loan_customer_count, there.loan_customer_here), (2, 1))
        self.assertEqual(here.action_open_loan_customer()["res_id"], self.customer.id)
        self.assertEqual(there.action_open_loan_customer()["res_id"], theirs.id)
        # An application leads to the profile with the lender it was made to, wherever one works.
        lead = self.env["crm.lead"].create(
            {
                "name": "A car",
                "partner_id": partner.id,
                "user_id": self.manager.id,
                "company_id": self.company.id,
                "loan_product_id": self.product.id,
            }
        )
        lead = lead.with_env(there.env)
        self.assertEqual(lead.loan_customer_count, 1)
        self.assertEqual(lead.action_open_loan_customer()["res_id"], self.customer.id)

    def _rate(self, company, currency, rate):
        self.env["res.currency.rate"].create(
            {"company_id": company.id, "currency_id": currency.id, "name": TODAY, "rate": rate}
        )
