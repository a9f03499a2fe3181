from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo.tests import freeze_time, tagged

from ..core import annual_rates
from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanDisclosure(LoanCommon):
    """What a loan costs in all and a year, each rate under its own name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # As the Commission's examples have it: equal months, the fee with the payout.
        cls.european = cls._product(
            name="Mortgage",
            yearly_rate=6.0,
            term_max=480,
            disclosed_rate="eu_aprc",
            apr_time_axis="equal_months",
            fee_amount=4000,
        )

    def _euro(self, **values):
        return self._contract(
            active=False,
            **{
                "product_id": self.european.id,
                "principal": 200000,
                "term": 240,
                "start_date": date(2026, 1, 1),
                "first_due_date": date(2026, 2, 1),
                **values,
            },
        )

    def test_the_commissions_examples(self):
        # European Commission, Examples for the calculation of the APRC (2015), numbers 1, 26 and 7 in kind: the level
        # payment 1,432.86 of 200,000 over 20 years at 6 %, 4,000 up front.
        contract = self._euro()
        self.assertEqual(contract.installment_amount, 1432.86)
        rate = contract._annual_rate("eu_aprc")
        self.assertEqual(rate["value"], Decimal("6.4"))  # 6.434412 in print, shown with one decimal by law
        advances, payments = contract._net_of_fee(*contract._cash_flows())
        exact = annual_rates.eu_aprc(advances, payments)
        # Example 1 repays 240 times 1,432.86; our last payment takes what rounding left over.
        self.assertEqual(round(exact * 100, 4), Decimal("6.4344"))
        self.assertIn("APRC (EU): 6.4%", contract.disclosed_rate_told)

    def test_appendix_j(self):
        # Regulation Z, Appendix J, example (c)(1)(i): 5,000 lent on 10 January, 24 monthly payments of 230 from 10
        # February, 9.69 %. As a loan: flat interest of 520 in all, which is 5.2 % a year on the amount lent.
        product = self._product(
            name="Flat",
            repayment_method="flat",
            disclosed_rate="us_apr",
            yearly_rate=5.2,
            remainder_row="last",
        )
        contract = self._contract(
            active=False,
            product_id=product.id,
            principal=5000,
            term=24,
            start_date=date(2026, 1, 10),
            first_due_date=date(2026, 2, 10),
        )
        self.assertEqual(set(contract.installment_ids.mapped("amount")), {230.0})
        self.assertEqual(contract._annual_rate("us_apr")["value"], Decimal("9.69"))
        self.assertEqual(contract.disclosed_rate_told, "APR (US): 9.69%")
        self.assertEqual((contract.cost_total, contract.payable_total), (520.0, 5520.0))

    def test_the_fee_is_part_of_the_cost(self):
        contract = self._euro()
        self.assertEqual(contract.fee, 4000)
        self.assertAlmostEqual(contract.payable_total, contract.amount_total + 4000, 2)
        self.assertAlmostEqual(contract.cost_total, contract.interest_total + 4000, 2)
        without = self._euro(fee_amount=0)
        for key in ("cn_irr", "cn_simple", "eu_aprc", "us_apr", "effective"):
            with self.subTest(rate=key):
                self.assertGreater(contract._annual_rate(key)["value"], without._annual_rate(key)["value"])

    def test_every_rate_stands_under_its_own_name(self):
        contract = self._contract(fee_amount=120)
        rates = contract._annual_rates()
        self.assertEqual(
            [rate["name"] for rate in rates],
            [
                "Annualized rate (IRR)",
                "Annualized rate (simple)",
                "APRC (EU)",
                "APR (US)",
                "Effective annual rate",
            ],
        )
        by_key = {rate["key"]: rate["value"] for rate in rates}
        self.assertLess(
            by_key["us_apr"], by_key["cn_irr"]
        )  # one leaves out interest on interest, the other not
        self.assertEqual(by_key["cn_irr"], by_key["effective"])
        self.assertTrue(contract.disclosed_rate_told.startswith("Annualized rate (IRR): "))

    def test_what_cannot_be_stated_is_told_in_words(self):
        product = self._product(
            name="Holiday", repayment_method="annuity", grace=3, grace_interest="capitalised", fee_rate=1.0
        )
        contract = self._contract(active=False, product_id=product.id, disclosed_rate="cn_simple")
        # Interest that joins the loan is in use from then on: 1 % of 12,000 and of what it grew to, beside the fee.
        rows = contract.installment_ids
        use, owed, since = 0, 12000, contract.start_date
        for row in rows:
            use += owed * (row.due_date - since).days
            owed, since = row.balance, row.due_date
        cost = sum(rows.mapped("amount")) + contract.fee - 12000
        told = float(contract._annual_rate("cn_simple")["value"])
        self.assertAlmostEqual(told, cost * 365 / use * 100, 2)
        self.assertIn("simple", contract.disclosed_rate_told)
        # All is kept back: the borrower gets nothing, and no rate stands for that.
        nothing = self._contract(active=False, fee_amount=12000)
        self.assertIsNone(nothing._annual_rate("cn_irr")["value"])
        self.assertNotRegex(nothing.disclosed_rate_told, r"\d%")

    def test_a_loan_without_interest_costs_nothing(self):
        contract = self._contract(active=False, yearly_rate=0.0)
        self.assertEqual(contract.cost_total, 0.0)
        self.assertEqual(contract.disclosed_rate_told, "Annualized rate (IRR): 0.00%")

    def test_it_is_told_of_a_repaid_loan_as_of_a_running_one(self):
        contract = self._contract(term=1, start_date=TODAY - relativedelta(days=3))
        before = contract.disclosed_rate_told
        self._pay(contract, contract.amount_open)
        self.assertEqual(contract.state, "closed")
        self.assertEqual(contract.disclosed_rate_told, before)

    def test_it_follows_the_schedule(self):
        contract = self._contract(fee_amount=120)
        before = contract.disclosed_rate_told, contract.payable_total
        event = self.env["loan.contract.event"].create(
            {
                "contract_id": contract.id,
                "kind": "rate",
                "date": TODAY + relativedelta(days=7),
                "changes_rate": True,
                "yearly_rate": 9.0,
            }
        )
        event.action_post()
        self.assertNotEqual((contract.disclosed_rate_told, contract.payable_total), before)
        event.action_reverse()
        self.assertEqual((contract.disclosed_rate_told, contract.payable_total), before)

    def test_many_loans_cost_as_many_queries_as_one(self):
        contracts = self._contract() | self._contract() | self._contract() | self._contract()
        names = ["cost_total", "payable_total", "disclosed_rate_told"]

        def queries(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(names)
            return self.env.cr.sql_log_count - before

        queries(contracts)
        self.assertEqual(queries(contracts), queries(contracts[0]))

    def test_no_list_asks_for_it(self):
        for view in self.env["ir.ui.view"].search([("model", "=", "loan.contract"), ("type", "=", "list")]):
            for name in ("cost_total", "payable_total", "disclosed_rate_told", "key_facts_html"):
                self.assertNotIn(name, view.arch)
