from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import Form, freeze_time, tagged

from odoo.addons.loan_crm.core import amortization
from odoo.addons.loan_crm.core.conventions import CHOICES, NAMES

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanTerms(LoanCommon):
    """The choices of a product become those of its loans, and the schedule follows them."""

    def _draft(self, product, **values):
        return self._contract(active=False, product_id=product.id, **values)

    def _payments(self, contract):
        return contract.installment_ids.mapped("amount")

    def test_every_choice_of_the_core_is_a_field_with_the_same_values(self):
        for model in ("loan.product", "loan.contract"):
            fields = self.env[model]._fields
            for name in NAMES:
                with self.subTest(model=model, name=name):
                    self.assertTrue(fields[name].store)
                    if name in CHOICES and fields[name].type == "selection":
                        self.assertEqual(set(fields[name].get_values(self.env)), set(CHOICES[name]))

    def test_a_new_product_starts_with_the_choices_of_the_house(self):
        form = Form(self.env["loan.product"].with_user(self.administrator))
        self.assertEqual(
            (form.repayment_method, form.frequency, form.rounding_mode, form.penalty_factor),
            ("annuity", "monthly", "half_up", 1.5),
        )
        form.name = "Plain"
        product = form.save()
        self.assertEqual((product.prepayment_effect, product.step_every), ("keep_term", 12))

    def test_a_loan_keeps_its_copy_when_the_product_changes(self):
        product = self._product(prepayment_charge_rate=1, grace_days=3)
        contract = self._draft(product)
        product.write({"prepayment_charge_rate": 2, "grace_days": 5, "rounding_mode": "up"})
        self.assertEqual(
            (contract.prepayment_charge_rate, contract.grace_days, contract.rounding_mode), (1, 3, "half_up")
        )
        other = self._draft(product)
        self.assertEqual((other.prepayment_charge_rate, other.rounding_mode), (2, "up"))

    def test_a_loan_may_differ_from_its_product_while_it_is_a_draft(self):
        contract = self._draft(self._product(), rounding_mode="down", prepayment_effect="keep_installment")
        self.assertEqual(contract.prepayment_effect, "keep_installment")
        contract.with_user(self.manager).period_basis = "actual_days"
        contract.with_user(self.manager).action_activate()
        with self.assertRefused("terms of LN"):
            contract.with_user(self.manager).write({"rounding_mode": "up"})

    def test_each_repayment_method_asks_for_what_it_promises(self):
        # 12,000 over 12 months at 6 %: figures worked out by hand.
        for method, values, first, last, interest in [
            ("annuity", {}, 1032.80, 1032.78, 393.58),
            ("equal_principal", {}, 1060.00, 1005.00, 390.00),
            ("flat", {}, 1060.00, 1060.00, 720.00),
            ("interest_only", {}, 60.00, 12060.00, 720.00),
            ("bullet", {}, 12720.00, 12720.00, 720.00),
            ("balloon", {"balloon_share": 50}, 546.40, 6546.39, 556.79),
            ("stepped", {"step_rate": 10, "step_every": 6}, 984.32, 1082.74, 402.41),
        ]:
            with self.subTest(method=method):
                contract = self._draft(self._product(repayment_method=method, **values))
                rows = contract.installment_ids
                self.assertAlmostEqual(sum(rows.mapped("principal")), 12000)
                self.assertEqual(rows[-1].balance, 0)
                self.assertAlmostEqual(rows[0].amount, first)
                self.assertAlmostEqual(rows[-1].amount, last)
                self.assertAlmostEqual(contract.interest_total, interest)
                self.assertEqual(contract.installment_count, len(rows))

    def test_each_frequency_falls_due_where_it_should(self):
        for frequency, days in [
            ("weekly", 7),
            ("biweekly", 14),
            ("monthly", 31),
            ("quarterly", 92),
            ("half_yearly", 184),
            ("yearly", 365),
        ]:
            with self.subTest(frequency=frequency):
                contract = self.env["loan.contract"].create(
                    {
                        "customer_id": self.customer.id,
                        "product_id": self._product(frequency=frequency).id,
                        "principal": 12000,
                        "term": 12,
                        "start_date": date(2026, 3, 10),
                    }
                )
                dues = contract.installment_ids.mapped("due_date")
                self.assertEqual((dues[0] - date(2026, 3, 10)).days, days)
                self.assertEqual(len(dues), 12)

    def test_due_dates_move_to_business_days_and_know_working_saturdays(self):
        china = self.env.ref("loan_crm.loan_calendar_china")
        product = self._product(business_day_rule="following")
        with self.assertRefused("no business calendar"):
            self._draft(product)
        self.company.loan_calendar_id = china
        contract = self._draft(product, start_date=date(2026, 1, 14), first_due_date=date(2026, 2, 14))
        dues = contract.installment_ids.mapped("due_date")
        # 14 February 2026 is a Saturday that is worked, to make up for the Spring Festival.
        self.assertEqual(dues[0], date(2026, 2, 14))
        self.assertEqual(dues[1], date(2026, 3, 16))  # 14 March is a Saturday like others
        calendar = china._as_calendar()
        self.assertTrue(all(calendar.is_business_day(day) for day in dues))

    def test_choices_that_cannot_be_held_together_are_named(self):
        lpr = self.env.ref("loan_crm.loan_reference_rate_lpr_1y")
        for values, words in [
            ({"multiple_rule": "up"}, "In Multiples.*Multiple Of"),
            ({"rounding_stage": "display", "last_row": "level_nudged"}, "Amounts Are Rounded.*Rounding Left"),
            ({"period_basis": "actual_days", "first_period": "eu_simple"}, "Interest of a Period.*Odd First"),
            ({"dpd_day_zero": "less_grace"}, "Days Late Are Counted.*Grace Days"),
            ({"penalty_factor": 0, "penalty_compounds": True}, "Penalty Rate.*Penalty on Penalty"),
            ({"rate_type": "floating"}, "reference rate"),
            ({"due_rule": "fixed_day"}, "fixed due day"),
            ({"due_rule": "month_end", "frequency": "weekly"}, "Frequency.*Due Day Rule"),
            ({"repayment_method": "balloon"}, "balloon"),
            ({"repayment_method": "stepped"}, "step"),
            ({"penalty_factor": 11}, "Penalty Rate.*out of range"),
            ({"fee_rate": -1}, "upfront fee"),
            # What no loan of the product could be made of.
            ({"repayment_method": "flat", "grace": 3}, "Flat interest.*Installments without Principal"),
            (
                {"repayment_method": "bullet", "grace": 2},
                "Everything at maturity.*Installments without Principal",
            ),
            (
                {"repayment_method": "interest_only", "last_row": "level_nudged"},
                "Interest only.*Rounding Left",
            ),
            (
                {"repayment_method": "interest_only", "prepayment_effect": "keep_installment"},
                "After a Prepayment",
            ),
            ({"period_basis": "actual_days", "first_period": "ignored"}, "Interest of a Period.*Odd First"),
            (
                {"period_basis": "level_equal_interest_days", "first_period": "us_appendix_j"},
                "Interest of a Period.*Odd First",
            ),
            (
                {"grace": 3, "grace_interest": "deferred", "interest_grace": 1},
                "Installments without Interest",
            ),
            ({"term_max": 3, "grace": 3}, "At most 2 installments"),
            ({"least_first_days": -1}, "shortest first period"),
            (
                {"rate_type": "floating", "reference_rate_id": lpr.id, "fixing_days": 0},
                "told beforehand",
            ),
        ]:
            with self.subTest(values=values), self.assertRefused(words):
                self._product(**values)
        self.assertTrue(self._product(repayment_method="stepped", step_rate=5, business_day_rule="following"))
        dinar = self.env.ref("base.KWD")  # has a thousandth
        dinar.active = True
        fils = self._product(currency_id=dinar.id, multiple_rule="up", installment_multiple=0.005)
        self.assertEqual(fils.installment_multiple, 0.005)
        flat = self._product(repayment_method="flat")
        with self.assertRefused("Flat interest.*Installments without Principal"):
            self._draft(flat, grace=2)

    def test_a_wait_at_the_beginning_is_paid_or_added(self):
        for interest, first, capitalised in [("paid", 60.0, 0.0), ("capitalised", 0.0, 60.0)]:
            with self.subTest(interest=interest):
                contract = self._draft(self._product(grace=3, grace_interest=interest))
                rows = contract.installment_ids
                self.assertEqual((rows[0].amount, rows[0].capitalised), (first, capitalised))
                self.assertEqual(len(rows), 12)
                added = sum(rows.mapped("capitalised"))
                self.assertAlmostEqual(sum(rows.mapped("principal")), 12000 + added)
        # Before the interest is added to the loan it is not owed yet.
        contract.with_user(self.manager).action_activate()
        self.assertAlmostEqual(contract.principal_outstanding, 12000)
        self.assertEqual(contract.next_due_date, rows[3].due_date)
        # All of it is interest, however it is borne; and a loan that was paid ahead owes nothing.
        self.assertAlmostEqual(contract.interest_total, contract.amount_total - 12000)
        self.assertAlmostEqual(contract.interest_total, sum(rows.mapped("interest")) + added)
        self.assertAlmostEqual(contract.version_ids.interest_total, contract.interest_total)
        self._pay(contract, contract.amount_open)
        self.assertEqual((contract.state, contract.principal_outstanding), ("closed", 0))

    def test_a_payment_below_the_interest_adds_to_what_is_owed_day_by_day(self):
        contract = self._contract(
            repayment_method="stepped",
            step_rate=30,
            step_every=12,
            shortfall="capitalised",
            term=60,
            yearly_rate=24,
            principal=20000,
        )
        first, second = contract.installment_ids[:2]
        self.assertGreater(first.capitalised, 0)
        self.assertAlmostEqual(contract.principal_outstanding, 20000)
        for row, owed in ((first, first.balance), (second, second.balance)):
            with self._days_later((row.due_date - TODAY).days, "00:10"), self._without_commit():
                self.env["loan.night"]._run(self.company)
                self.assertAlmostEqual(contract.principal_outstanding, owed)

    def test_interest_put_off_is_asked_for_at_once(self):
        product = self._product(interest_grace=2)
        rows = self._draft(product, repayment_method="equal_principal").installment_ids
        self.assertEqual(rows[:3].mapped("interest"), [0, 0, 60 + 55 + 50])

    def test_an_installment_that_was_agreed_ends_the_loan_when_it_is_repaid(self):
        contract = self._draft(self._product(), agreed_installment=1500)
        self.assertEqual(set(contract.installment_ids[:-1].mapped("amount")), {1500})
        self.assertEqual(len(contract.installment_ids), 9)
        with self.assertRefused("Repayment Method: Equal principal.*Agreed Installment"):
            self._draft(self._product(), repayment_method="equal_principal", agreed_installment=1500)
        with self.assertRefused("cannot be negative|smallest coin"):
            self._draft(self._product(), agreed_installment=-1)

    def test_the_shortest_first_period_is_the_lenders(self):
        product = self._product(due_rule="fixed_day", fixed_due_day=20)
        for least, first in ((0, date(2026, 4, 20)), (13, date(2026, 3, 20)), (40, date(2026, 4, 20))):
            product.least_first_days = least
            form = Form(self.env["loan.contract"].with_user(self.manager))
            form.customer_id, form.product_id = self.customer, product
            form.principal, form.start_date = 12000, date(2026, 3, 6)
            with self.subTest(least=least):
                self.assertEqual(form.save().first_due_date, first)

    def test_a_floating_loan_starts_with_what_was_published(self):
        lpr = self.env.ref("loan_crm.loan_reference_rate_lpr_5y")
        product = self._product(rate_type="floating", reference_rate_id=lpr.id, spread=-0.2)
        contract = self._draft(product)
        self.assertAlmostEqual(contract.yearly_rate, float(lpr._value_on(contract.start_date) * 100) - 0.2)
        self.assertEqual(contract.next_reprice_date, date(2027, 2, 17))
        new_year = self._draft(product, reprice_rule="new_year")
        self.assertEqual(new_year.next_reprice_date, date(2027, 1, 1))
        quarters = self._draft(product, reprice_rule="new_year", reprice_months=3)
        self.assertEqual(quarters.next_reprice_date, date(2026, 4, 1))
        agreed = self._draft(
            product, reprice_rule="agreed_day", reprice_months=6, first_reprice_date=date(2026, 5, 20)
        )
        self.assertEqual(agreed.next_reprice_date, date(2026, 5, 20))
        self.assertEqual(agreed._reprice_date_after(date(2026, 5, 20)), date(2026, 11, 20))
        for first in (False, agreed.start_date):
            with self.assertRefused("needs that day"):
                self._draft(product, reprice_rule="agreed_day", first_reprice_date=first)

    def test_the_rows_are_those_of_the_core(self):
        contract = self._draft(self._product(), principal=98765.43, term=37, yearly_rate=4.35)
        rows = amortization.schedule(contract._as_terms())
        for row, written in zip(rows, contract.installment_ids, strict=True):
            self.assertEqual(
                (row.number, row.due, float(row.principal), float(row.interest), float(row.balance)),
                (written.number, written.due_date, written.principal, written.interest, written.balance),
            )


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLateCharges(LoanCommon):
    """What lateness costs, by the product's rules, and what a repayment pays of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.write({"penalty_factor": 1.5, "grace_days": 3, "late_fee": 20})
        cls.late = cls._due_in(-40)
        cls.row = cls.late.installment_ids[0]

    def _penalty(self, days):
        """What the first installment costs so many days late: its principal at 1.5 × 6 % by 360 days."""
        exact = Decimal(str(self.row.principal)) * Decimal("0.09") * days / 360
        return float(exact.quantize(Decimal("0.01"), "ROUND_HALF_UP"))

    def test_a_late_installment_costs_day_by_day(self):
        self.assertEqual(self.row.principal, 972.80)
        self.assertEqual(self._penalty(40), 9.73)
        second = self.late.installment_ids[1]  # 12 days late by now
        days = (TODAY - second.due_date).days
        more = Decimal(str(second.principal)) * Decimal("0.09") * days / 360
        self.assertAlmostEqual(self.late.charges_open, 9.73 + round(float(more), 2) + 40)

    def test_grace_days_cost_nothing_and_one_more_costs_all(self):
        contract = self._due_in(-3)
        self.assertEqual(contract.charges_open, 0)
        contract = self._due_in(-4)
        self.assertAlmostEqual(contract.charges_open, 20 + round(972.80 * 0.09 * 4 / 360, 2))

    def test_penalty_comes_first_then_interest_then_principal(self):
        contract = self._due_in(-10)
        repayment = self._pay(contract, 100)
        penalty = round(972.80 * 0.09 * 10 / 360, 2)
        share = repayment.allocation_ids
        self.assertEqual((share.penalty, share.interest, share.fee), (penalty, 60.0, 0.0))
        self.assertAlmostEqual(share.principal, 100 - 60 - penalty)
        self.assertEqual(repayment.amount_charges, penalty)

    def test_the_order_is_the_products(self):
        for order, expected in [
            ("principal_interest_penalty_fee", {"principal": 100.0}),
            ("interest_principal_penalty_fee", {"interest": 60.0, "principal": 40.0}),
            ("fee_penalty_interest_principal", {"fee": 20.0}),
        ]:
            with self.subTest(order=order):
                contract = self._due_in(-10, allocation_order=order)
                share = self._pay(contract, 100).allocation_ids
                for name, amount in expected.items():
                    self.assertAlmostEqual(share[name], amount)

    def test_paid_on_the_day_it_is_entered_late_costs_nothing(self):
        """A repayment entered today that arrived in time takes the charges back."""
        self.assertTrue(self.late.charges_open)
        for row in self.late.installment_ids[:2]:
            self._pay(self.late, row.amount, date=row.due_date)
        self.assertEqual((self.late.charges_open, self.late.days_past_due), (0, 0))

    def test_a_reversal_restores_the_charges_to_the_cent(self):
        before = self.late.charges_open, self.late.amount_open, self.late.arrears_bucket_id
        repayment = self._pay(self.late, 500, date=TODAY - timedelta(15))
        self.assertNotEqual(self.late.charges_open, before[0])
        repayment.with_user(self.manager).action_reverse()
        self.assertEqual((self.late.charges_open, self.late.amount_open, self.late.arrears_bucket_id), before)

    def test_a_loan_is_not_repaid_while_charges_are_open(self):
        contract = self._due_in(-40, term=1)
        self._pay(contract, contract.amount_open)  # the charges took the first part of it
        self.assertEqual(contract.state, "active")
        self._pay(contract, contract.amount_open + contract.charges_open)
        self.assertEqual((contract.state, contract.charges_open), ("closed", 0))

    def test_charges_that_are_left_when_all_is_paid_keep_the_loan_open(self):
        contract = self._due_in(-40, term=1, allocation_order="interest_principal_penalty_fee")
        self._pay(contract, contract.amount_open)
        self.assertEqual((contract.state, contract.amount_open, contract.days_past_due), ("active", 0, 0))
        self.assertTrue(contract.charges_left)
        self.assertEqual(contract.charges_open, contract.charges_left)
        self._pay(contract, contract.charges_left)
        self.assertEqual(contract.state, "closed")

    def test_nobody_enters_what_lateness_costs(self):
        with self.assertRefused("cannot be entered"):
            self.late.with_user(self.manager).charges_left = 0


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestWaitingCredit(LoanCommon):
    """Money beyond what is due waits, where a product says so, and the night spends it."""

    def setUp(self):
        super().setUp()
        self.contract = self._due_in(0, product_id=self._product(overpayment="waits").id)

    def test_it_waits_as_credit_and_the_night_spends_it(self):
        repayment = self._pay(self.contract, 1500)
        self.assertEqual((repayment.amount_credit, self.contract.amount_credit), (467.20, 467.20))
        second = self.contract.installment_ids[1]
        self.assertEqual((second.amount_open, self.contract.next_due_date), (1032.80, second.due_date))
        days = (second.due_date - TODAY).days
        for later, open_amount, credit in [(days - 1, 1032.80, 467.20), (days, 565.60, 0), (days, 565.60, 0)]:
            with self._days_later(later), self._without_commit():
                self.env["loan.night"]._run(self.company)
                self.assertEqual(
                    (second.amount_open, self.contract.amount_credit), (open_amount, credit), later
                )
        self.assertEqual(len(repayment.allocation_ids), 2)

    def test_the_desk_is_told_what_will_wait(self):
        form = Form(
            self.env["loan.repayment.register"]
            .with_user(self.manager)
            .with_context(default_contract_id=self.contract.id)
        )
        self.assertEqual(form.amount, 1032.80)
        form.amount = 1500
        self.assertEqual(form.amount_credit, 467.20)

    def test_the_desk_is_told_what_was_owed_on_the_day_the_money_came(self):
        product = self._product(penalty_factor=1.5)
        contract = self._due_in(-40, product_id=product.id)
        form = Form(
            self.env["loan.repayment.register"]
            .with_user(self.manager)
            .with_context(default_contract_id=contract.id)
        )
        self.assertEqual(
            (form.charges_open, form.amount_overdue), (contract.charges_open, contract.amount_overdue)
        )
        form.date = TODAY - timedelta(40)
        self.assertEqual((form.charges_open, form.amount_overdue), (0, contract.installment_ids[0].amount))
        form.amount = contract.amount_open + 1
        self.assertEqual(form.amount_credit, 1)

    def test_a_reversal_takes_what_waited_with_it(self):
        repayment = self._pay(self.contract, 1500)
        repayment.with_user(self.manager).action_reverse()
        self.assertEqual((self.contract.amount_credit, repayment.amount_credit), (0, 0))
        self.assertEqual(self.contract.next_due_date, TODAY)
