from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.loan_crm.core import amortization

from .common import TODAY, LoanCommon

NAN, INFINITY = float("nan"), float("inf")


@tagged("post_install", "-at_install", "loan")
class TestLoanContract(LoanCommon):
    def _figures(self, contract):
        """Return the schedule as it is printed."""
        return [
            (row.number, row.due_date, row.principal, row.interest, row.amount, row.balance)
            for row in contract.installment_ids
        ]

    def _draft(self, **values):
        return self._contract(active=False, **values)

    # ------------------------------------------------------------ the schedule

    def test_rows_are_written_in_the_coins_of_any_currency(self):
        for name, coin in (("XAA", 0.05), ("XAB", 1.0), ("XAC", 10.0), ("XAD", 0.000001)):
            currency = self.env["res.currency"].create({"name": name, "symbol": name, "rounding": coin})
            product = self._product(currency_id=currency.id)
            contract = self._contract(active=False, product_id=product.id)
            with self.subTest(coin=coin):
                self.assertEqual(
                    contract.installment_ids.mapped(
                        lambda row: (row.principal, row.interest, row.balance, row.amount)
                    ),
                    [
                        (float(row.principal), float(row.interest), float(row.balance), float(row.payment))
                        for row in amortization.schedule(contract._as_terms())
                    ],
                )
                self.assertAlmostEqual(
                    contract.amount_total, sum(contract.installment_ids.mapped("amount")), 5
                )

    def test_a_draft_is_saved_with_its_schedule(self):
        contract = self._draft(principal=12000, term=12)
        self.assertEqual(contract.state, "draft")
        self.assertEqual(len(contract.installment_ids), 12)
        self.assertEqual(self._figures(contract)[0], (1, date(2026, 3, 17), 972.80, 60.0, 1032.80, 11027.20))
        self.assertEqual(set(contract.installment_ids.mapped("state")), {"draft"})
        self.assertEqual(contract.installment_amount, 1032.80)

    def test_the_rows_add_up_to_the_cent(self):
        for principal, rate, term in (
            (12000, 6.0, 12),
            (100000.01, 4.35, 37),
            (9999.99, 17.123456, 60),
            (0.60, 0.0, 60),
            (77777.77, 0.0, 7),
            (123456789.12, 3.65, 60),
        ):
            with self.subTest(principal=principal, rate=rate, term=term):
                contract = self._draft(principal=principal, yearly_rate=rate, term=term)
                rows = contract.installment_ids
                cents = [
                    (round(row.principal * 100), round(row.interest * 100), round(row.amount * 100))
                    for row in rows
                ]
                self.assertEqual(sum(principal_ for principal_, _, _ in cents), round(principal * 100))
                self.assertTrue(all(sum(row[:2]) == row[2] for row in cents))
                self.assertEqual(round(contract.amount_total * 100), sum(row[2] for row in cents))
                self.assertEqual(round(contract.interest_total * 100), sum(row[1] for row in cents))
                self.assertEqual(rows[-1].balance, 0)
                self.assertEqual(rows.mapped("number"), list(range(1, len(rows) + 1)))

    def test_a_currency_without_cents_has_whole_amounts(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        product = self._product(name="Yen Loan", currency_id=yen.id)
        contract = self._draft(product_id=product.id, principal=1000000, term=7)
        self.assertEqual(contract.currency_id, yen)
        for row in contract.installment_ids:
            for amount in (row.principal, row.interest, row.amount, row.balance):
                self.assertEqual(amount, int(amount))
        self.assertEqual(sum(contract.installment_ids.mapped("principal")), 1000000)

    def test_a_loan_of_month_end_stays_at_month_end(self):
        contract = self._draft(start_date=date(2026, 1, 31), first_due_date=date(2026, 2, 28), term=4)
        self.assertEqual(contract.due_day, 31)
        self.assertEqual(
            contract.installment_ids.mapped("due_date"),
            [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)],
        )

    def test_the_first_due_date_is_a_month_after_the_payout(self):
        for start, first in (
            (date(2026, 1, 31), date(2026, 2, 28)),
            (date(2028, 1, 30), date(2028, 2, 29)),
            (date(2026, 3, 10), date(2026, 4, 10)),
        ):
            vals = {
                "customer_id": self.customer.id,
                "product_id": self.product.id,
                "principal": 1000,
                "start_date": start,
            }
            contract = self.env["loan.contract"].with_user(self.manager).create(vals)
            self.assertEqual(contract.first_due_date, first)
            self.assertEqual(contract.due_day, start.day)

    def test_another_due_day_is_a_choice(self):
        contract = self._draft(
            start_date=date(2026, 1, 31), first_due_date=date(2026, 2, 28), due_day=28, term=3
        )
        self.assertEqual(
            contract.installment_ids.mapped("due_date"),
            [date(2026, 2, 28), date(2026, 3, 28), date(2026, 4, 28)],
        )

    def test_a_drafts_schedule_follows_its_terms(self):
        contract = self._draft()
        for vals in (
            {"principal": 5000.05},
            {"term": 5},
            {"yearly_rate": 0},
            {"start_date": date(2026, 3, 1), "first_due_date": date(2026, 4, 1)},
            {"first_due_date": date(2026, 4, 15)},
            {"product_id": self._product(name="Dear Loan", yearly_rate=24).id},
        ):
            with self.subTest(vals=vals):
                before = self._figures(contract)
                contract.with_user(self.manager).write(vals)
                after = self._figures(contract)
                self.assertNotEqual(after, before)
                self.assertEqual(len(after), contract.term)
                self.assertEqual(after[0][1], contract.first_due_date)
                self.assertAlmostEqual(sum(row[2] for row in after), contract.principal)

    def test_a_product_that_changes_later_changes_no_loan(self):
        contract = self._contract()
        before = self._figures(contract), contract.yearly_rate
        self.product.yearly_rate = 18
        self.assertEqual((self._figures(contract), contract.yearly_rate), before)

    # ------------------------------------------------------------ the life of a loan

    def test_a_loan_lives_from_draft_to_repaid(self):
        contract = self._draft()
        contract.with_user(self.manager).action_activate()
        self.assertEqual(contract.state, "active")
        self.assertEqual(set(contract.installment_ids.mapped("state")), {"open"})
        self._pay(contract, contract.amount_open)
        self.assertEqual(contract.state, "closed")
        self.assertEqual(set(contract.installment_ids.mapped("state")), {"paid"})

    def test_a_loan_is_not_paid_out_before_its_day(self):
        loan = self._draft(start_date=TODAY + timedelta(days=1), first_due_date=TODAY + timedelta(days=30))
        with self.assertRefused("to be paid out on"):
            loan.with_user(self.manager).action_activate()
        self.assertEqual(loan.state, "draft")
        with freeze_time("2026-03-11 02:00:00"):
            loan.with_user(self.manager).action_activate()
        self.assertEqual(loan.state, "active")

    def test_a_cancelled_draft_can_be_taken_up_again(self):
        contract = self._draft().with_user(self.manager)
        contract.action_cancel()
        self.assertEqual(contract.state, "cancelled")
        contract.action_draft()
        contract.action_activate()
        self.assertEqual(contract.state, "active")

    def test_a_loan_makes_no_other_moves(self):
        draft = self._draft()
        active = self._contract()
        closed = self._contract(principal=100, term=1)
        self._pay(closed, closed.amount_open)
        cancelled = self._draft()
        cancelled.action_cancel()
        for contract, refused in (
            (draft, {"action_draft"}),
            (active, {"action_activate", "action_cancel", "action_draft"}),
            (closed, {"action_activate", "action_cancel", "action_draft"}),
            (cancelled, {"action_activate", "action_cancel"}),
        ):
            for button in refused:
                with (
                    self.subTest(state=contract.state, button=button),
                    self.assertRefused(contract.name),
                ):
                    getattr(contract.with_user(self.manager), button)()

    def test_one_that_may_not_move_keeps_the_others_from_moving(self):
        draft, active = self._draft(), self._contract()
        with self.assertRefused(active.name):
            (draft | active).action_activate()
        self.assertEqual(draft.state, "draft")

    def test_a_state_is_not_written(self):
        draft = self._draft().with_user(self.manager)
        values = draft.copy_data()[0]
        with self.assertRaises(AccessError):
            draft.write({"state": "active"})
        with self.assertRaises(AccessError):
            draft.web_save({"state": "closed"}, {})
        with self.assertRaises(AccessError):
            draft.with_context(loan_moving=True).write({"state": "active"})
        with self.assertRaises(AccessError):
            draft.create({**values, "state": "active"})
        with self.assertRaises(AccessError):
            draft.copy({"state": "active"})
        self.assertEqual(draft.with_context(default_state="active").create(dict(values)).state, "draft")
        loaded = draft.browse().load([".id", "state"], [[str(draft.id), "In Repayment"]])
        self.assertFalse(loaded["ids"])
        self.assertEqual(draft.state, "draft")

    def test_a_copy_is_a_draft_with_its_own_number_and_schedule(self):
        contract = self._contract()
        copy = contract.with_user(self.manager).copy()
        self.assertEqual(copy.state, "draft")
        self.assertNotEqual(copy.name, contract.name)
        self.assertEqual(self._figures(copy), self._figures(contract))
        self.assertFalse(copy.installment_ids & contract.installment_ids)

    def test_terms_stand_still_once_the_money_is_paid_out(self):
        contract = self._contract().with_user(self.manager)
        other = self._customer("Feng Jie")
        before = self._figures(contract)
        for vals in (
            {"principal": 1},
            {"term": 6},
            {"yearly_rate": 1},
            {"start_date": date(2026, 1, 1)},
            {"first_due_date": date(2026, 3, 18)},
            {"due_day": 18},
            {"product_id": self._product(name="Other").id},
            {"customer_id": other.id},
        ):
            with self.subTest(vals=vals), self.assertRefused(contract.name):
                contract.write(vals)
        self.assertEqual(self._figures(contract), before)

    def test_the_same_terms_may_be_sent_again(self):
        # A form that sends back what it was given changes nothing and is not scolded for it.
        contract = self._contract().with_user(self.manager)
        contract.write({"principal": 12000.0, "term": 12, "customer_id": self.customer.id})
        self.assertEqual(contract.principal, 12000)

    def test_only_what_was_never_paid_out_can_be_deleted(self):
        active = self._contract()
        closed = self._contract(principal=100, term=1)
        self._pay(closed, closed.amount_open)
        for contract in active | closed:
            with self.subTest(state=contract.state), self.assertRefused(contract.name):
                contract.with_user(self.manager).unlink()
        draft, cancelled = self._draft(), self._draft()
        cancelled.action_cancel()
        rows = (draft | cancelled).installment_ids
        (draft | cancelled).with_user(self.manager).unlink()
        self.assertFalse(rows.exists())

    # ------------------------------------------------------------ what is refused

    def test_wrong_terms_are_refused_in_plain_words(self):
        bounded = self._product(
            name="Small Loan", principal_min=1000, principal_max=5000, term_min=6, term_max=24
        )
        refusals = [
            ({"principal": -100}, "more than zero"),
            ({"principal": 0}, "more than zero"),
            ({"principal": 0.001}, "more than zero"),
            ({"principal": NAN}, "Amount Lent is not a number"),
            ({"principal": INFINITY}, "Amount Lent is not a number"),
            ({"principal": 1e18}, "larger than"),
            ({"yearly_rate": -1}, "negative"),
            ({"yearly_rate": 435}, "4.35"),
            ({"yearly_rate": NAN}, "not a number"),
            ({"yearly_rate": INFINITY}, "not a number"),
            ({"term": 0}, "installment"),
            ({"term": -12}, "installment"),
            ({"term": 61}, "1 to 60 installments"),
            ({"term": 601, "product_id": self._product(name="Long", term_max=600).id}, "600"),
            ({"first_due_date": TODAY - timedelta(21)}, "first due date"),
            ({"first_due_date": TODAY - timedelta(40)}, "first due date"),
            ({"due_day": 3}, "due day 3"),
            ({"due_day": 32}, "due day 32"),
            ({"principal": 0.01}, "smallest coin"),
            ({"product_id": bounded.id, "principal": 999.99}, "Small Loan"),
            ({"product_id": bounded.id, "principal": 5000.01}, "Small Loan"),
            ({"product_id": bounded.id, "principal": 2000, "term": 5}, "6 to 24 installments"),
            ({"product_id": bounded.id, "principal": 2000, "term": 25}, "6 to 24 installments"),
            ({"start_date": date(9999, 11, 1), "first_due_date": date(9999, 12, 1)}, "calendar"),
        ]
        draft = self._draft()
        terms = [*self.env["loan.contract"]._TERMS, "amount_total"]
        before = self._figures(draft), draft.read(terms)
        loans = self.env["loan.contract"].search_count([])
        for vals, words in refusals:
            with self.subTest("created", vals=vals), self.assertRefused(words):
                self._draft(**vals)
            with self.subTest("written", vals=vals), self.assertRefused(words):
                draft.with_user(self.manager).write(vals)
        self.assertEqual(self.env["loan.contract"].search_count([]), loans)
        self.assertEqual((self._figures(draft), draft.read(terms)), before)

    def test_the_bounds_themselves_are_allowed(self):
        bounded = self._product(
            name="Small Loan", principal_min=1000, principal_max=5000, term_min=6, term_max=24
        )
        for principal, term in ((1000, 6), (5000, 24)):
            self.assertTrue(self._draft(product_id=bounded.id, principal=principal, term=term))

    def test_customer_and_product_are_of_the_loans_company(self):
        other = self.env["res.company"].create({"name": "Suzhou Finance"})
        product = self._product(name="Suzhou Loan", company_id=other.id)
        with self.assertRefused("Suzhou"):
            self._draft(product_id=product.id)
        with self.assertRefused("company|compan"):
            self.env["loan.contract"].create(
                {
                    "customer_id": self.customer.id,
                    "product_id": product.id,
                    "company_id": other.id,
                    "principal": 100,
                }
            )

    def test_loan_numbers_are_given_once(self):
        first, second = self._draft(), self._draft()
        self.assertNotEqual(first.name, second.name)
        with self.assertRefused("already taken"):
            first.copy({"name": second.name})

    def test_stored_figures_are_nobodys_to_write(self):
        contract = self._due_in(-10).with_user(self.manager)
        values = self._draft().copy_data()[0]
        for name, value in (
            ("amount_open", 1),
            ("principal_outstanding", 1),
            ("next_due_date", date(2030, 1, 1)),
            ("next_due_amount", 1),
            ("amount_total", 1),
            ("interest_total", 1),
            ("installment_amount", 1),
            ("amount_credit", 1000),
            ("currency_id", self.usd.id),
        ):
            with self.subTest("write", name=name), self.assertRefused("entered|of a draft"):
                contract.write({name: value})
            with self.subTest("create", name=name), self.assertRaises(AccessError):
                contract.create({**values, name: value})
            with self.subTest("default", name=name):
                created = contract.with_context(**{f"default_{name}": value}).create(dict(values))
                shown = created[name]
                self.assertNotEqual(shown.id if name == "currency_id" else shown, value)
        with self.assertRaises(AccessError):
            contract.installment_ids[0].write({"amount_open": 0})
        with self.assertRaises(AccessError):
            contract.write(
                {"installment_ids": [Command.update(contract.installment_ids[0].id, {"amount": 1})]}
            )
        with self.assertRaises(AccessError):
            contract.write({"installment_ids": [Command.clear()]})
        self.assertEqual(contract.days_past_due, 10)

    # ------------------------------------------------------------ where it stands

    def test_a_loan_that_was_never_paid_out_owes_nothing(self):
        draft, cancelled = self._draft(), self._draft()
        cancelled.action_cancel()
        for contract in draft | cancelled:
            with self.subTest(state=contract.state):
                self.assertEqual(contract.principal_outstanding, 0)
                self.assertEqual(contract.amount_open, 0)
                self.assertFalse(contract.next_due_date)
                self.assertEqual(contract.days_past_due, 0)
                self.assertGreater(contract.amount_total, 12000)
        draft.action_activate()
        self.assertEqual(draft.principal_outstanding, 12000)
        self.assertEqual(draft.next_due_date, draft.first_due_date)

    def test_days_and_amount_overdue_count_from_the_day_after(self):
        for days, past_due, overdue in ((1, 0, 0), (0, 0, 0), (-1, 1, 1), (-31, 31, 2), (-100, 100, 4)):
            contract = self._due_in(days)
            with self.subTest(due_in=days):
                self.assertEqual(contract.days_past_due, past_due)
                self.assertAlmostEqual(
                    contract.amount_overdue, sum(contract.installment_ids[:overdue].mapped("amount"))
                )

    def test_the_lenders_day_decides(self):
        contract = self._due_in(0)
        # 23:59 and 00:00 in Shanghai, one UTC day.
        for moment, days in (("2026-03-10 15:59:59", 0), ("2026-03-10 16:00:00", 1)):
            with self.subTest(moment=moment), freeze_time(moment):
                self.env.invalidate_all()
                self.assertEqual(contract.days_past_due, days)
                found = self.env["loan.contract"].search([("days_past_due", "=", days)])
                self.assertIn(contract, found)

    def test_searching_days_past_due_agrees_with_showing_them(self):
        dues = (3, 0, -1, -2, -29, -30, -31, -60, -61, -90, -91, -400)
        contracts = self.env["loan.contract"].union(*(self._due_in(days) for days in dues))
        closed = self._contract(principal=100, term=1)
        self._pay(closed, closed.amount_open)
        contracts |= closed | self._draft(start_date=date(2025, 1, 1), first_due_date=date(2025, 2, 1))
        ours = [("id", "in", contracts.ids)]
        tests = {
            "=": lambda days, asked: days == asked,
            "!=": lambda days, asked: days != asked,
            "<": lambda days, asked: days < asked,
            "<=": lambda days, asked: days <= asked,
            ">": lambda days, asked: days > asked,
            ">=": lambda days, asked: days >= asked,
        }
        for asked in (
            -5,
            -1,
            0,
            0.5,
            1,
            1.5,
            2,
            29.9,
            30,
            31,
            61,
            90,
            91,
            10**6,
            10**12,
            INFINITY,
            -INFINITY,
        ):
            for operator, test in tests.items():
                with self.subTest(f"days_past_due {operator} {asked}"):
                    found = self.env["loan.contract"].search([*ours, ("days_past_due", operator, asked)])
                    expected = contracts.filtered(lambda c, t=test, a=asked: t(c.days_past_due, a))
                    self.assertEqual(set(found), set(expected))
                    rows = contracts.installment_ids
                    domain = [("id", "in", rows.ids), ("days_past_due", operator, asked)]
                    expected = rows.filtered(lambda row, t=test, a=asked: t(row.days_past_due, a))
                    self.assertEqual(set(self.env["loan.installment"].search(domain)), set(expected))
        for asked in ([0, 30], [1, 2, 91], []):
            for operator in ("in", "not in"):
                with self.subTest(f"days_past_due {operator} {asked}"):
                    found = self.env["loan.contract"].search([*ours, ("days_past_due", operator, asked)])
                    expected = contracts.filtered(
                        lambda c, a=asked, o=operator: (c.days_past_due in a) == (o == "in")
                    )
                    self.assertEqual(set(found), set(expected))

    def test_a_loan_stands_in_the_bucket_of_its_days(self):
        dues = {5: "current", 0: "current", -1: "1_30", -30: "1_30", -31: "31_60", -60: "31_60"}
        dues |= {-61: "61_90", -90: "61_90", -91: "over_90"}
        for days, bucket in dues.items():
            with self.subTest(days=days):
                contract = self._due_in(days)
                self.assertEqual(
                    contract.arrears_bucket_id, self.env.ref(f"loan_crm.loan_arrears_bucket_{bucket}")
                )
        self.assertFalse(self._draft().arrears_bucket_id)

    def test_lenders_in_two_time_zones_each_have_their_own_day(self):
        other = self.env["res.company"].create(
            {"name": "Honolulu Finance", "loan_tz": "Pacific/Honolulu", "currency_id": self.cny.id}
        )
        env = self.env(context={**self.env.context, "allowed_company_ids": (self.company | other).ids})
        customer = env["loan.customer"].create(
            {"partner_id": self._partner("Kai").id, "company_id": other.id}
        )
        product = env["loan.product"].create(
            {"name": "Island Loan", "company_id": other.id, "currency_id": self.cny.id}
        )
        there = env["loan.contract"].create(
            {
                "customer_id": customer.id,
                "company_id": other.id,
                "product_id": product.id,
                "principal": 1000,
                "start_date": TODAY - relativedelta(months=1),
                "first_due_date": TODAY - timedelta(1),
            }
        )
        there.action_activate()
        here = self._due_in(-1).with_env(env)
        # 10:00 on the 10th in Shanghai is 16:00 on the 9th in Honolulu.
        self.assertEqual((here.days_past_due, there.days_past_due), (1, 0))
        both = [("id", "in", (here | there).ids)]
        self.assertEqual(env["loan.contract"].search([*both, ("days_past_due", ">", 0)]), here)
        self.assertEqual(env["loan.contract"].search([*both, ("days_past_due", "=", 0)]), there)

    # ------------------------------------------------------------ at the screen

    def test_a_manager_drafts_a_loan_in_the_form(self):
        env = self.env(user=self.manager)
        form = Form(env["loan.contract"])
        form.customer_id = self.customer.with_env(env)
        form.product_id = self.product.with_env(env)
        self.assertEqual(form.yearly_rate, 6.0)
        form.principal = 24000
        form.term = 24
        form.start_date = date(2026, 1, 31)
        self.assertEqual(form.first_due_date, date(2026, 2, 28))
        self.assertEqual(form.due_day, 31)
        form.yearly_rate = 4.8
        contract = form.save()
        self.assertEqual(contract.yearly_rate, 4.8)
        self.assertEqual(contract.manager_user_id, self.manager)
        self.assertEqual(contract.company_id, self.company)
        self.assertEqual(len(contract.installment_ids), 24)
        with Form(contract) as form:
            form.term = 12
        self.assertEqual(len(contract.installment_ids), 12)
        contract.action_activate()
        self.assertEqual(contract.state, "active")
        with Form(contract) as form, self.assertRaisesRegex(AssertionError, "readonly"):
            form.term = 6

    def test_a_loan_is_called_by_its_number_and_where_useful_by_its_borrower(self):
        contract = self._draft()
        self.assertEqual(contract.display_name, contract.name)
        self.assertEqual(
            contract.with_context(loan_with_customer=True).display_name, f"{contract.name} · Wang Fang"
        )
        self.assertEqual(self.env["loan.contract"].new({}).display_name, "New Loan")
        self.assertEqual(contract.installment_ids[1].display_name, f"{contract.name} · 2/12")

    def test_a_loan_is_found_by_number_and_by_borrower(self):
        contract = self._draft()
        contracts = self.env["loan.contract"].with_user(self.manager)
        for typed in (contract.name, contract.name[-4:], "wang"):
            with self.subTest(typed=typed):
                self.assertIn(contract.id, [id_ for id_, _name in contracts.name_search(typed)])
                found = self.env["loan.installment"].with_user(self.manager).name_search(typed)
                self.assertIn((contract.installment_ids[0].id, f"{contract.name} · 1/12"), found)

    def test_buttons_open_what_they_promise(self):
        contract = self._contract().with_user(self.manager)
        repayment = self._pay(contract, 100)
        self.assertEqual(contract.repayment_count, 1)
        action = contract.action_open_repayments()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), repayment)
        action = contract.action_open_reminders()
        self.assertEqual(action["res_model"], "loan.reminder")
        self.assertEqual(action["domain"], [("contract_id", "=", contract.id)])
        self.assertEqual(contract.action_open_customer()["res_id"], self.customer.id)
        row = contract.installment_ids[0]
        self.assertEqual(row.action_open_contract()["res_id"], contract.id)
        self.assertEqual(row.action_register_repayment()["context"], {"default_contract_id": contract.id})

    def test_a_longer_list_takes_no_more_queries(self):
        spec = {
            name: {}
            for name in (
                "name",
                "principal_outstanding",
                "next_due_date",
                "next_due_amount",
                "days_past_due",
                "arrears_bucket_id",
                "amount_overdue",
                "amount_credit",
                "repayment_count",
                "reminder_count",
                "state",
            )
        } | {
            name: {"fields": {"display_name": {}}}
            for name in ("customer_id", "product_id", "manager_user_id")
        }
        rows_spec = {
            name: {} for name in ("number", "due_date", "amount_open", "days_past_due", "reminder_state")
        }
        rows_spec |= {name: {"fields": {"display_name": {}}} for name in ("contract_id", "customer_id")}
        contracts = self.env["loan.contract"].union(
            *(self._due_in(-day, self._customer(f"Borrower {day}")) for day in range(20))
        )
        for model, spec_, few, many in (
            ("loan.contract", spec, contracts[:5], contracts),
            ("loan.installment", rows_spec, contracts[:5].installment_ids, contracts.installment_ids),
        ):
            counts = [self._count_queries(model, spec_, records) for records in (few, many)]
            with self.subTest(model=model):
                self.assertEqual(counts[0], counts[1])

    def test_many_loans_are_drafted_in_few_queries(self):
        vals = self._draft().copy_data()[0]
        contracts = self.env["loan.contract"].with_user(self.manager)
        contracts.create([dict(vals)])
        counts = []
        for number in (1, 20):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            contracts.create([dict(vals) for _ in range(number)])
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        # A number of its own costs each loan two queries, its rows are written with all others'.
        self.assertLess(counts[1] - counts[0], 19 * 4)

    def _count_queries(self, model, spec, records):
        """Return how many queries the manager's list of these records takes."""
        seen = self.env(user=self.manager)[model]
        domain = [("id", "in", records.ids)]
        for _warm in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = seen.web_search_read(domain, spec, limit=1000)
            count = self.env.cr.sql_log_count - before
        self.assertEqual(found["length"], len(records))
        return count
