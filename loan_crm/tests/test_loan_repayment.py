from datetime import date, timedelta

from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from .common import TODAY, LoanCommon

NAN, INFINITY = float("nan"), float("inf")


@tagged("post_install", "-at_install", "loan")
class TestLoanRepayment(LoanCommon):
    """A loan of 12,000 at 6 % over 12 months: eleven installments of 1,032.80, a last one of 1,032.76."""

    def _book(self, contract):
        """Return every figure that follows from repayments, to compare before and after."""
        self.env.flush_all()
        self.env.invalidate_all()
        rows = contract.installment_ids
        return {
            "contract": contract.read(
                [
                    "state",
                    "principal_outstanding",
                    "amount_open",
                    "next_due_date",
                    "next_due_amount",
                    "amount_overdue",
                    "days_past_due",
                    "arrears_bucket_id",
                    "amount_credit",
                ]
            ),
            "rows": rows.read(
                ["principal_paid", "interest_paid", "amount_open", "state", "due_date", "amount"]
            ),
            "shares": sorted(
                (share.repayment_id.id, share.installment_id.id, share.principal, share.interest)
                for share in contract.repayment_ids.allocation_ids
            ),
            "repayments": {
                repayment.id: (repayment.amount_principal, repayment.amount_interest, repayment.amount_credit)
                for repayment in contract.repayment_ids.filtered(
                    lambda repayment: repayment.state == "posted"
                )
            },
        }

    def _draft_repayment(self, contract, amount=100, **values):
        vals = {"contract_id": contract.id, "amount": amount, "date": TODAY, **values}
        return self.env["loan.repayment"].with_user(self.manager).create(vals)

    # ------------------------------------------------------------ where the money goes

    def test_the_due_amount_pays_the_oldest_installment(self):
        contract = self._due_in(0)
        repayment = self._pay(contract, 1032.80)
        first, second = contract.installment_ids[:2]
        self.assertEqual((first.state, first.amount_open), ("paid", 0))
        self.assertEqual((first.interest_paid, first.principal_paid), (60.0, 972.80))
        self.assertEqual(second.state, "open")
        self.assertEqual(contract.next_due_date, second.due_date)
        self.assertEqual(contract.principal_outstanding, 12000 - 972.80)
        self.assertEqual((repayment.amount_interest, repayment.amount_principal), (60.0, 972.80))
        self.assertEqual(repayment.allocation_ids.installment_id, first)

    def test_a_part_pays_interest_before_principal(self):
        contract = self._due_in(0)
        self._pay(contract, 50)
        first = contract.installment_ids[0]
        self.assertEqual((first.interest_paid, first.principal_paid, first.amount_open), (50, 0, 982.80))
        self._pay(contract, 30)
        self.assertEqual((first.interest_paid, first.principal_paid, first.amount_open), (60, 20, 952.80))
        self.assertEqual(first.state, "open")
        self.assertEqual(contract.next_due_amount, 952.80)
        self.assertEqual(contract.principal_outstanding, 11980)

    def test_a_single_cent_is_not_lost(self):
        contract = self._due_in(-1)
        self._pay(contract, 1032.79)
        first = contract.installment_ids[0]
        self.assertEqual((first.state, first.amount_open), ("open", 0.01))
        self.assertEqual((contract.days_past_due, contract.amount_overdue), (1, 0.01))
        self._pay(contract, 0.01)
        self.assertEqual(first.state, "paid")
        self.assertEqual((contract.days_past_due, contract.amount_overdue), (0, 0))

    def test_money_ahead_of_time_pays_the_next_installments(self):
        contract = self._due_in(20)
        repayment = self._pay(contract, 1032.80 + 500)
        first, second, third = contract.installment_ids[:3]
        self.assertEqual((first.amount_open, second.amount_open, third.amount_open), (0, 532.80, 1032.80))
        self.assertEqual(len(repayment.allocation_ids), 2)
        self.assertEqual(contract.days_past_due, 0)

    def test_late_money_ends_the_arrears(self):
        contract = self._due_in(-40)
        self.assertEqual((contract.days_past_due, contract.arrears_bucket_id.days_from), (40, 31))
        self.assertAlmostEqual(contract.amount_overdue, 2 * 1032.80)
        self._pay(contract, 1032.80)
        self.assertEqual(contract.amount_overdue, 1032.80)
        self.assertEqual(contract.days_past_due, (TODAY - contract.installment_ids[1].due_date).days)
        self._pay(contract, 1032.80)
        self.assertEqual((contract.days_past_due, contract.arrears_bucket_id.days_from), (0, 0))

    def test_the_last_cent_closes_the_loan(self):
        contract = self._due_in(0)
        self._pay(contract, contract.amount_open - 0.01)
        self.assertEqual((contract.state, contract.amount_open), ("active", 0.01))
        self._pay(contract, 0.01)
        self.assertEqual((contract.state, contract.amount_open), ("closed", 0))
        self.assertFalse(contract.next_due_date)
        self.assertEqual(contract.principal_outstanding, 0)

    def test_too_much_money_is_the_borrowers_credit(self):
        contract = self._due_in(0)
        repayment = self._pay(contract, contract.amount_open + 25.50)
        self.assertEqual(contract.state, "closed")
        self.assertEqual((contract.amount_credit, repayment.amount_credit), (25.50, 25.50))
        self.assertAlmostEqual(
            repayment.amount_principal + repayment.amount_interest + 25.50, repayment.amount
        )
        late = self._pay(contract, 10)
        self.assertEqual((contract.amount_credit, late.amount_credit), (35.50, 10))
        self.assertFalse(late.allocation_ids)

    def test_many_odd_repayments_add_up_to_the_cent(self):
        contract = self._due_in(-100, principal=9999.99, yearly_rate=17.3)
        total = round(contract.amount_open * 100)
        paid = 0
        for cents in (1, 99999, 33333, 7, 12345, 250001):
            self._pay(contract, cents / 100)
            paid += cents
            rows = contract.installment_ids
            spread = sum(round((row.principal_paid + row.interest_paid) * 100) for row in rows)
            self.assertEqual(spread, paid)
            self.assertEqual(round(contract.amount_open * 100), total - paid)
            shares = contract.repayment_ids.allocation_ids
            self.assertEqual(sum(round((share.principal + share.interest) * 100) for share in shares), paid)

    def test_a_loan_in_whole_units_is_repaid_in_whole_units(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        product = self._product(name="Yen Loan", currency_id=yen.id)
        contract = self._due_in(0, product_id=product.id, principal=1000000)
        repayment = self._pay(contract, 50000)
        self.assertEqual(repayment.currency_id, yen)
        for share in repayment.allocation_ids:
            self.assertEqual((share.principal % 1, share.interest % 1), (0, 0))

    # ------------------------------------------------------------ taking it back

    def test_a_reversal_restores_every_row(self):
        contract = self._due_in(-40)
        self._pay(contract, 700, date=TODAY - timedelta(9))
        before = self._book(contract)
        for amount in (10, 1032.80, 3000, contract.amount_open, contract.amount_open + 500):
            with self.subTest(amount=amount):
                wrong = self._pay(contract, amount)
                self.assertNotEqual(self._book(contract), before)
                wrong.with_user(self.manager).action_reverse()
                self.assertEqual(self._book(contract), before)
                self.assertEqual(wrong.state, "reversed")
                self.assertEqual(
                    (wrong.amount_principal, wrong.amount_interest, wrong.amount_credit), (0, 0, 0)
                )
                self.assertFalse(wrong.allocation_ids)

    def test_reversing_the_middle_one_leaves_what_would_have_been_without_it(self):
        contract, twin = self._due_in(-40), self._due_in(-40)
        self._pay(contract, 700, date=TODAY - timedelta(9))
        wrong = self._pay(contract, 900, date=TODAY - timedelta(5))
        self._pay(contract, 800, date=TODAY - timedelta(1))
        self._pay(twin, 700, date=TODAY - timedelta(9))
        self._pay(twin, 800, date=TODAY - timedelta(1))
        wrong.action_reverse()
        for name in ("principal_paid", "interest_paid", "amount_open", "state"):
            self.assertEqual(contract.installment_ids.mapped(name), twin.installment_ids.mapped(name))
        self.assertEqual(contract.principal_outstanding, twin.principal_outstanding)

    def test_a_back_dated_repayment_spreads_all_anew(self):
        contract = self._due_in(-10)
        later = self._pay(contract, 1032.80)
        self.assertEqual(later.allocation_ids.installment_id, contract.installment_ids[0])
        earlier = self._pay(contract, 1032.80, date=TODAY - timedelta(10))
        self.env.invalidate_all()
        self.assertEqual(earlier.allocation_ids.installment_id, contract.installment_ids[0])
        self.assertEqual(later.allocation_ids.installment_id, contract.installment_ids[1])

    def test_the_order_of_entry_does_not_matter(self):
        entries = [(500, 8), (1500, 6), (0.01, 4), (777.77, 2)]
        books = []
        for order in (entries, entries[::-1], entries[2:] + entries[:2]):
            contract = self._due_in(-20)
            for amount, days_ago in order:
                self._pay(contract, amount, date=TODAY - timedelta(days_ago))
            shares = contract.repayment_ids.allocation_ids
            books.append(
                sorted(
                    (share.date, share.installment_id.number, share.principal, share.interest)
                    for share in shares
                )
            )
        self.assertEqual(books[0], books[1])
        self.assertEqual(books[0], books[2])

    def test_a_reversal_opens_a_closed_loan_again_and_money_closes_it(self):
        contract = self._due_in(-3)
        self._pay(contract, 1000, date=TODAY - timedelta(2))
        rest = self._pay(contract, contract.amount_open)
        self.assertEqual(contract.state, "closed")
        rest.with_user(self.manager).action_reverse()
        self.assertEqual(contract.state, "active")
        self.assertEqual(contract.days_past_due, 3)
        self.assertEqual(contract.amount_overdue, 32.80)
        self._pay(contract, contract.amount_open)
        self.assertEqual(contract.state, "closed")

    def test_reversing_a_credit_leaves_the_loan_closed(self):
        contract = self._due_in(0)
        self._pay(contract, contract.amount_open)
        extra = self._pay(contract, 10)
        extra.action_reverse()
        self.assertEqual((contract.state, contract.amount_credit), ("closed", 0))

    def test_a_second_replay_changes_nothing(self):
        contract = self._due_in(-40)
        self._pay(contract, 1500)
        before, shares = self._book(contract), contract.repayment_ids.allocation_ids
        contract._reallocate()
        self.assertEqual(self._book(contract), before)
        self.assertEqual(contract.repayment_ids.allocation_ids, shares)

    def test_repayments_of_several_loans_are_posted_together(self):
        contracts = self._due_in(0) | self._due_in(0)
        repayments = self.env["loan.repayment"].union(*(self._draft_repayment(c, 1032.80) for c in contracts))
        repayments.action_post()
        self.assertEqual(contracts.mapped("principal_outstanding"), [11027.20, 11027.20])
        repayments.action_reverse()
        self.assertEqual(contracts.mapped("principal_outstanding"), [12000, 12000])

    # ------------------------------------------------------------ what is refused

    def test_wrong_repayments_are_refused_in_plain_words(self):
        contract = self._due_in(3)
        before = self._book(contract)
        for vals, words in (
            ({"amount": 0}, "more than zero"),
            ({"amount": -5}, "more than zero"),
            ({"amount": 0.001}, "more than zero"),
            ({"amount": NAN}, "not a number"),
            ({"amount": INFINITY}, "not a number"),
            ({"amount": 1e300}, "larger"),
            ({"date": contract.start_date - timedelta(1)}, "paid out on"),
            ({"date": TODAY + timedelta(1)}, "on the day the money arrives"),
            ({"currency_id": self.usd.id}, "in CNY, not in USD"),
            ({"amount": False}, "more than zero"),
        ):
            with self.subTest(vals=vals), self.assertRefused(words):
                self._pay(contract, **{"amount": 100, **vals})
        self.assertFalse(self.env["loan.repayment"].search([("contract_id", "=", contract.id)]))
        self.assertEqual(self._book(contract), before)

    def test_money_counts_from_the_day_of_the_payout_to_the_lenders_today(self):
        contract = self._due_in(3)
        self.assertTrue(self._pay(contract, 1, date=contract.start_date))
        # In Shanghai it is already the 11th.
        with freeze_time("2026-03-10 16:30:00"):
            self.assertTrue(self._pay(contract, 1, date=date(2026, 3, 11)))

    def test_a_loan_of_another_company_takes_no_money_here(self):
        contract = self._due_in(3)
        other = self.env["res.company"].create({"name": "Suzhou Finance", "currency_id": self.cny.id})
        with self.assertRefused("Suzhou Finance"):
            self.env["loan.repayment"].create(
                {"contract_id": contract.id, "company_id": other.id, "amount": 1, "date": TODAY}
            )

    def test_only_a_loan_that_was_paid_out_is_repaid(self):
        draft = self._contract(active=False)
        cancelled = self._contract(active=False)
        cancelled.action_cancel()
        for contract in draft | cancelled:
            repayment = self._draft_repayment(contract)
            with self.subTest(state=contract.state), self.assertRefused("has not been paid out"):
                repayment.action_post()
            self.assertEqual(repayment.state, "draft")

    def test_a_payout_that_was_moved_behind_the_money_stops_it(self):
        contract = self._contract(active=False)
        repayment = self._draft_repayment(contract, date=contract.start_date)
        contract.write({"start_date": TODAY})
        contract.action_activate()
        with self.assertRefused("paid out on"):
            repayment.action_post()

    def test_a_posted_repayment_stands_still(self):
        contract = self._due_in(3)
        other = self._due_in(3)
        repayment = self._pay(contract, 100).with_user(self.manager)
        for vals in (
            {"amount": 99},
            {"date": TODAY - timedelta(1)},
            {"contract_id": other.id},
            {"currency_id": self.usd.id},
        ):
            with self.subTest(vals=vals), self.assertRefused("Reverse it"):
                repayment.write(vals)
        with self.assertRefused("Reverse it"):
            repayment.unlink()
        repayment.note = "a note may be added"
        repayment.action_reverse()
        with self.assertRefused("Reverse it"):
            repayment.unlink()
        with self.assertRefused(repayment.name):
            repayment.action_reverse()
        with self.assertRefused(repayment.name):
            repayment.action_post()

    def test_a_draft_can_be_corrected_and_thrown_away(self):
        repayment = self._draft_repayment(self._due_in(3))
        repayment.amount = 55
        self.assertFalse(repayment.allocation_ids)
        repayment.unlink()
        self.assertFalse(repayment.exists())

    def test_state_and_figures_are_not_written(self):
        contract = self._due_in(3)
        repayment = self._draft_repayment(contract)
        values = repayment.copy_data()[0]
        for vals in (
            {"state": "posted"},
            {"amount_credit": 1000},
            {"amount_principal": 100},
            {"amount_interest": 100},
            {"customer_id": self._customer("Feng Jie").id},
        ):
            with self.subTest("write", vals=vals), self.assertRaises(AccessError):
                repayment.write(vals)
            with self.subTest("create", vals=vals), self.assertRaises(AccessError):
                repayment.create({**values, **vals})
        smuggled = repayment.with_context(default_state="posted", default_amount_credit=5).create(
            dict(values)
        )
        self.assertEqual((smuggled.state, smuggled.amount_credit), ("draft", 0))
        self.assertEqual(contract.principal_outstanding, 12000)

    def test_a_copy_is_a_draft_with_its_own_number(self):
        repayment = self._pay(self._due_in(3), 100).with_user(self.manager)
        copy = repayment.copy()
        self.assertEqual((copy.state, copy.amount, copy.amount_credit), ("draft", 100, 0))
        self.assertNotEqual(copy.name, repayment.name)
        self.assertFalse(copy.allocation_ids)

    def test_each_company_numbers_its_own_repayments(self):
        contract = self._due_in(3)
        self.env["ir.sequence"].create(
            {"name": "Pudong", "code": "loan.repayment", "prefix": "PD", "company_id": self.company.id}
        )
        elsewhere = self.env["res.company"].create({"name": "Suzhou Finance"})
        env = self.env(context={**self.env.context, "allowed_company_ids": (elsewhere | self.company).ids})
        repayment = env["loan.repayment"].create({"contract_id": contract.id, "amount": 1, "date": TODAY})
        self.assertEqual(repayment.name[:2], "PD")

    # ------------------------------------------------------------ at the desk

    def test_the_form_proposes_what_is_overdue(self):
        contract = self._due_in(-40)
        form = self._register(contract)
        self.assertAlmostEqual(form.amount, 2 * 1032.80)
        self.assertEqual(form.date, TODAY)
        self.assertEqual(form.amount_credit, 0)

    def test_the_form_proposes_what_is_due_next_when_nothing_is_late(self):
        self.assertEqual(self._register(self._due_in(5)).amount, 1032.80)

    def test_the_form_tells_beforehand_what_is_too_much(self):
        contract = self._due_in(0)
        form = self._register(contract)
        form.amount = contract.amount_open + 12.34
        self.assertAlmostEqual(form.amount_credit, 12.34)
        form.amount = contract.amount_open
        self.assertEqual(form.amount_credit, 0)

    def test_registering_enters_and_posts_the_repayment(self):
        contract = self._due_in(-1)
        form = self._register(contract)
        form.amount = 500
        form.method = "cash"
        form.reference = "slip 7"
        action = form.save().action_register()
        self.assertEqual(action["type"], "ir.actions.act_window_close")
        repayment = contract.repayment_ids
        self.assertEqual(
            (repayment.state, repayment.amount, repayment.method, repayment.reference),
            ("posted", 500, "cash", "slip 7"),
        )
        self.assertEqual(repayment.create_uid, self.manager)
        self.assertEqual(contract.amount_overdue, 532.80)

    def test_the_form_refuses_what_the_repayment_refuses(self):
        contract = self._due_in(-1)
        for values, words in (
            ({"amount": 0}, "more than zero"),
            ({"amount": -1}, "more than zero"),
            ({"amount": NAN}, "not a number"),
            ({"date": TODAY + timedelta(1)}, "on the day the money arrives"),
        ):
            with self.subTest(values=values), self.assertRefused(words):
                wizard = self.env["loan.repayment.register"].with_user(self.manager)
                wizard.create({"contract_id": contract.id, **values}).action_register()
        self.assertFalse(contract.repayment_ids)

    def test_a_repayment_is_entered_in_its_form(self):
        contract = self._due_in(-1).with_user(self.manager)
        form = Form(self.env["loan.repayment"].with_user(self.manager))
        form.contract_id = contract
        form.amount = 1032.80
        repayment = form.save()
        self.assertEqual((repayment.state, repayment.date, repayment.currency_id), ("draft", TODAY, self.cny))
        repayment.action_post()
        self.assertEqual(contract.installment_ids[0].state, "paid")

    def test_each_repayment_is_noted_on_its_loan(self):
        contract = self._due_in(-1)
        repayment = self._pay(contract, 1032.80)
        self.assertIn(repayment.name, contract.message_ids[0].body)
        self.assertIn("1,032.80", contract.message_ids[0].body)
        repayment.action_reverse()
        self.assertIn("reversed", contract.message_ids[0].body)

    def _register(self, contract):
        """Open the form as the loan's button does."""
        contract = contract.with_user(self.manager)
        action = contract.action_register_repayment()
        return Form(contract.env[action["res_model"]].with_context(**action["context"]))
