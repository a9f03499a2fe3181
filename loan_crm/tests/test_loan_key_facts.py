import re
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, LoanCommon

# What may stand in Latin letters on a Chinese sheet: names, numbers of loans, currency, what people typed.
LATIN = {"Wang", "Fang", "Pudong", "Finance", "Bank", "Lin", "Mei", "Car", "Loan", "account", "LPR", "IRR"}
LATIN |= {
    "r",
    "APRC",
    "APR",
    "EU",
    "US",
    "example",
    "com",
    "lin",
    "mei",
    "Regulation",
    "Z",
    "J",
    "LN",
    "L",
    "CNY",
}
METHODS = {
    "annuity": {},
    "equal_principal": {},
    "flat": {},
    "interest_only": {},
    "bullet": {},
    "balloon": {"balloon_share": 30.0},
    "stepped": {"step_rate": 5.0, "step_every": 4},
}


class KeyFacts(LoanCommon):
    def _fact(self, contract, key):
        for section in contract._key_facts():
            for fact in section["facts"]:
                if fact["key"] == key:
                    return fact
        return None

    def _told(self, amount):
        return self.cny.format(float(amount))


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanKeyFacts(KeyFacts):
    """Every figure of the sheet is one of the ledger, and every example what the engine then really does."""

    def _sheet(self, contract, lang="en_US"):
        contract.partner_id.lang = lang
        self.env.flush_all()
        content, _kind = (
            self.env["ir.actions.report"]
            .with_user(contract.manager_user_id)
            ._render_qweb_html("loan_crm.report_loan_key_facts", contract.ids)
        )
        return html.fromstring(content)

    def test_each_method_is_told_in_both_languages(self):
        for method, values in METHODS.items():
            product = self._product(
                name="Car Loan",
                repayment_method=method,
                penalty_factor=1.5,
                late_fee=20,
                fee_amount=100,
                **values,
            )
            contract = self._contract(
                self._customer(partner_id=self._partner().id), active=False, product_id=product.id
            )
            with self.subTest(method=method):
                english = self._sheet(contract)
                self.assertIn(self._told(contract.amount_total + 100), english.text_content())
                self.assertEqual(
                    english.xpath("//*[@data-section]/@data-section"),
                    ["pay", "cost", "late", "early", "rate"],
                )
                chinese = self._sheet(contract, "zh_CN")
                for style in chinese.xpath("//style"):
                    style.drop_tree()
                left = set(re.findall(r"[A-Za-z]+", chinese.text_content())) - LATIN
                self.assertFalse(left, "words that are not translated")

    def test_the_figures_are_the_ledgers(self):
        contract = self._contract(fee_amount=100)
        facts = {fact["key"]: fact for section in contract._key_facts() for fact in section["facts"]}
        rows = contract.installment_ids
        self.assertEqual(facts["principal"]["value"], self._told(contract.principal))
        self.assertEqual(facts["next"]["value"], self._told(contract.next_due_amount))
        self.assertIn("No. 1 of 12, due on March 17, 2026.", facts["next"]["text"])
        self.assertEqual(facts["frequency"]["value"], str(len(rows)))
        self.assertEqual(facts["last"]["value"], "February 17, 2027")
        self.assertIn(self._told(rows[-1].amount), facts["last"]["text"])
        self.assertEqual(facts["interest"]["value"], self._told(sum(rows.mapped("interest"))))
        self.assertEqual(facts["fees"]["value"], self._told(100))
        self.assertEqual(facts["cost"]["value"], self._told(contract.cost_total))
        self.assertEqual(facts["payable"]["value"], self._told(sum(rows.mapped("amount")) + 100))
        self.assertIn(facts["annual"]["value"], contract.disclosed_rate_told)
        self.assertEqual(facts["nominal"]["value"], "6%")

    def test_a_formula_gives_the_figure_beside_it(self):
        contract = self._contract(start_date=TODAY - relativedelta(months=1), first_due_date=TODAY)
        how = " ".join(self._fact(contract, "next")["how"])
        self.assertIn("r = 6% ÷ 12 = 0.5%", how)
        self.assertIn(f"gives {self._told(1032.80)}", how)
        self.assertIn(f"{self._told(12000)} × 6% ÷ 12 = {self._told(60)}", how)
        self.assertIn(f"The other {self._told(972.80)} repay the loan", how)
        # By days the sentence has days; with an odd first period there is no formula that would not be true.
        product = self._product(name="By Days", period_basis="actual_days", day_count="act_360")
        contract = self._contract(
            product_id=product.id, start_date=TODAY - relativedelta(months=1), first_due_date=TODAY
        )
        how = " ".join(self._fact(contract, "next")["how"])
        self.assertIn(f"× 6% × 28 days ÷ 360 = {self._told(56)}", how)
        self.assertNotIn("gives", how)
        odd = " ".join(
            self._fact(self._contract(first_due_date=TODAY + relativedelta(days=20)), "next")["how"]
        )
        self.assertNotIn("÷ 12 = " + self._told(0)[:-4], odd.split("Interest")[1])

    def test_paid_and_late_and_over(self):
        contract = self._due_in(-5, term=2)
        self.assertIn("It was due on", self._fact(contract, "next")["text"])
        self._pay(contract, 100)
        fact = self._fact(contract, "next")
        self.assertEqual(fact["value"], self._told(contract.next_due_amount))
        self.assertIn(self._told(100), fact["how"][-1])
        self._pay(contract, contract.amount_open)
        self.assertEqual(contract.state, "closed")
        self.assertEqual(self._fact(contract, "next")["text"], "All is repaid.")
        self.assertIsNone(self._fact(contract, "settle"))

    def test_the_penalty_is_worked_out(self):
        product = self._product(name="Hard", yearly_rate=4.35, penalty_factor=1.5, late_fee=20, grace_days=3)
        contract = self._contract(product_id=product.id)
        penalty = self._fact(contract, "penalty")
        self.assertEqual(penalty["value"], "6.525% a year on overdue principal, day by day")
        self.assertIn("1.5 × 4.35% = 6.525% a year", penalty["how"][0])
        self.assertEqual(self._fact(contract, "late_fee")["value"], self._told(20))
        self.assertEqual(self._fact(contract, "grace")["value"], "3")

    def test_the_late_example_is_what_the_engine_then_charges(self):
        for values in (
            {"penalty_factor": 1.5},
            {"penalty_factor": 1.3, "late_fee": 20, "grace_days": 3},
            {"penalty_factor": 1.5, "grace_days": 15, "penalty_base": "installment"},
            {"penalty_factor": 1.5, "penalty_days": "both_ends", "overdue_interest": "outstanding"},
            {"late_fee": 15},
        ):
            with self.subTest(**values):
                contract = self._contract(product_id=self._product(name="Late", **values).id)
                row, days, cost = contract._late_example()
                fact = self._fact(contract, "late_example")
                self.assertEqual(fact["value"], self._told(cost))
                with self._days_later((row.due_date - TODAY).days + days):
                    self.assertAlmostEqual(contract.charges_open, float(cost), 2)
                    self._pay(contract, row.amount + float(cost), date=row.due_date + timedelta(days))
                    self.assertEqual(row.state, "paid")
                    self.assertAlmostEqual(row.penalty, float(cost), 2)
                    self.assertEqual(row.penalty_paid, row.penalty)

    def test_no_charge_for_lateness_is_said_too(self):
        contract = self._contract()
        self.assertIsNone(self._fact(contract, "penalty"))
        self.assertEqual(self._fact(contract, "free")["value"], self._told(0))

    def test_the_early_example_is_what_the_engine_then_does(self):
        product = self._product(name="Early", prepayment_charge_rate=1.0, prepayment_charge_months=12)
        contract = self._contract(product_id=product.id)
        charge = self._fact(contract, "charge")
        self.assertEqual(charge["value"], "1% of what you repay early")
        self.assertIn("February 17, 2027", charge["text"])
        example = self._fact(contract, "prepay")
        self.assertEqual(example["value"], self._told(1000))
        self.env["loan.contract.event"].create(
            {"contract_id": contract.id, "kind": "prepayment", "date": TODAY, "amount": 1000, "charge": 10}
        ).action_post()
        ahead = contract.installment_ids.filtered(lambda row: row.kind == "installment")
        self.assertIn(f"becomes {self._told(ahead[0].amount)} instead", example["text"])
        self.assertIn(self._told(sum(ahead.mapped("interest"))), " ".join(example["how"]))
        self.assertIn(self._told(10), example["how"][-1])

    def test_settling_everything_is_told_to_the_cent(self):
        contract = self._contract()
        fact = self._fact(contract, "settle")
        self.assertIn("March 10, 2026", fact["label"])
        # 12,000 for 21 of the 28 days from 17 February to 17 March, at half a percent a month.
        self.assertEqual(fact["value"], self._told(12000 + 60 * 21 / 28))

    def test_a_rate_that_moves_is_explained(self):
        reference = self.env["loan.reference.rate"].create(
            {"name": "LPR 1Y", "code": "T1Y", "value_ids": [(0, 0, {"date": "2026-01-20", "value": 3.45})]}
        )
        product = self._product(
            name="Floating",
            rate_type="floating",
            reference_rate_id=reference.id,
            spread=0.9,
            reprice_months=3,
            fixing_days=10,
        )
        contract = self._contract(product_id=product.id)
        self.assertEqual(contract.current_rate, 4.35)
        self.assertIn("LPR 1Y 3.45% + 0.9% = 4.35%", self._fact(contract, "floating")["how"][0])
        self.assertEqual(self._fact(contract, "reprice")["value"], "May 17, 2026")
        self.assertIn("May 7, 2026", self._fact(contract, "reprice")["how"][0])
        example = self._fact(contract, "rise")
        self.env["loan.contract.event"].create(
            {
                "contract_id": contract.id,
                "kind": "rate",
                "date": contract.next_reprice_date,
                "changes_rate": True,
                "yearly_rate": 5.35,
            }
        ).action_post()
        row = contract.installment_ids.filtered(lambda row: str(row.due_date) == "2026-06-17")
        self.assertEqual(example["value"], self._told(row.amount))

    def test_years_without_published_holidays_are_named(self):
        calendar = self.env["loan.calendar"].create(
            {"name": "Shanghai", "company_id": self.company.id, "published_until": 2026}
        )
        self.company.loan_calendar_id = calendar
        contract = self._contract(product_id=self._product(name="Moved", business_day_rule="following").id)
        self.assertIn("2027 may still move", self._fact(contract, "holidays")["text"])

    def test_nothing_of_the_lenders_own_is_on_the_sheet(self):
        contract = self._contract()
        contract.message_post(body="He lies about his income")
        contract.sudo().judged_class_id = self.env["loan.asset.class"].search([], limit=1)
        text = self._sheet(contract).text_content()
        for secret in ("lies about", "Class", "Stage", contract.judged_class_id.name):
            self.assertNotIn(secret, text)
        self.assertIn("Lin Mei", text)
        self.assertIn("6222 0000 1111", text)

    def test_what_people_typed_cannot_become_markup(self):
        contract = self._contract()
        contract.partner_id.name = "<script>alert(1)</script>"
        contract.product_id.name = "<img src=x>"
        sheet = self._sheet(contract)
        self.assertFalse(sheet.xpath("//script | //img"))

    def test_the_page_of_the_form(self):
        contract = self._contract(fee_amount=100)
        page = html.fromstring(contract.with_user(self.manager).key_facts_html)
        self.assertEqual(len(page.xpath("//*[@data-rate]")), 5)
        self.assertTrue(page.xpath("//details[@data-fact='next']"))
        self.assertEqual(len(page.xpath("//*[local-name()='svg']")), 2)

    def test_a_loan_from_another_system_is_told_by_its_rows(self):
        contract = self._contract(active=False)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE loan_contract SET schedule_source = 'external' WHERE id = %s", [contract.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self._fact(contract, "payable")["value"], self._told(contract.amount_total))
        self.assertIsNone(self._fact(contract, "settle"))

    def test_it_is_sent_in_the_borrowers_language_and_kept(self):
        contract = self._contract()
        contract.partner_id.lang = "zh_CN"
        manager = contract.with_user(self.manager)
        action = manager.action_send_key_facts()
        attachment = self.env["ir.attachment"].browse(action["context"]["default_attachment_ids"])
        self.assertEqual(attachment.create_uid, self.manager)
        self.assertIn("2026年", attachment.raw.decode())
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({})
        )
        self.assertIn(attachment, composer.attachment_ids)
        composer.action_send_mail()
        message = contract.message_ids[0]
        self.assertIn(attachment, message.attachment_ids)
        self.assertEqual(attachment.res_id, contract.id)
        self.assertEqual(message.partner_ids, contract.partner_id)
        self.assertEqual(message.author_id, self.manager.partner_id)

    def test_a_stranger_sends_nothing(self):
        contract = self._contract()
        with self.assertRaises(AccessError):
            contract.with_user(self.stranger).action_send_key_facts()
        with self.assertRaises(AccessError):
            contract.with_user(self.stranger).read(["key_facts_html"])


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanKeyFactsWording(KeyFacts):
    """No sentence of the sheet says more than is true of this loan, whatever its conventions and its history."""

    def _how(self, contract, key):
        return " ".join(self._fact(contract, key)["how"])

    def _loan(self, term=12, **values):
        return self._contract(product_id=self._product(name="Told", **values).id, term=term)

    def _event(self, contract, kind, day, **values):
        event = self.env["loan.contract.event"].create(
            {"contract_id": contract.id, "kind": kind, "date": day, **values}
        )
        if kind == "restructure":
            event.write({"consent_date": TODAY, "consent_method": "signed", "consent_reference": "Folder 7"})
        event.action_post()
        return event

    def _floating(self, code="T1Y", **values):
        """Return a loan at LPR 3.45 % plus 0.9, repriced on 17 May, and its reference rate."""
        reference = self.env["loan.reference.rate"].create(
            {"name": "LPR 1Y", "code": code, "value_ids": [(0, 0, {"date": "2026-01-20", "value": 3.45})]}
        )
        values = {"spread": 0.9, "reprice_months": 3, "fixing_days": 10} | values
        return self._loan(rate_type="floating", reference_rate_id=reference.id, **values), reference

    # ------------------------------------------------------------ the rate

    def test_a_rate_that_is_fixed_ahead_is_told(self):
        contract, reference = self._floating()
        with self._days_later(60):  # 9 May: fixed on the 7th for the 17th
            reference.value_ids = [(0, 0, {"date": "2026-04-20", "value": 3.0})]
            contract._reprice()
            contract.invalidate_recordset()
            self.assertEqual(self._fact(contract, "floating")["value"], "4.35%")
            coming = self._fact(contract, "coming")
            self.assertEqual(coming["value"], "3.9%")
            self.assertIn("May 17, 2026", coming["text"])
            self.assertIn("LPR 1Y 3% + 0.9% = 3.9%", coming["how"][0])
            self.assertEqual(self._fact(contract, "reprice")["value"], "August 17, 2026")
            # One point more than what holds on that day, not than what holds now.
            rise = self._fact(contract, "rise")
            self.assertIn("With 4.9% from August 17, 2026 on", rise["how"][0])
            self._event(contract, "rate", "2026-08-17", changes_rate=True, yearly_rate=4.9)
            row = contract.installment_ids.filtered(lambda row: str(row.due_date) == "2026-09-17")
            self.assertEqual(rise["value"], self._told(row.amount))

    def test_a_rate_that_stays_the_same_tells_each_of_its_days(self):
        contract, _reference = self._floating()
        with self._days_later(60):
            contract._reprice()  # nothing was published since: 3.45 again
            contract.invalidate_recordset()
            self.assertIn("from February 17, 2026 on", self._how(contract, "floating"))
            self.assertIn("from May 17, 2026 on", self._how(contract, "coming"))

    def test_a_new_rate_that_was_agreed_is_told_of_a_fixed_loan(self):
        contract = self._loan()
        self.assertIn("until the end", self._fact(contract, "fixed")["text"])
        self._event(contract, "restructure", "2026-05-01", changes_rate=True, yearly_rate=5.0)
        self.assertNotIn("until the end", self._fact(contract, "fixed")["text"])
        self.assertEqual(self._fact(contract, "coming")["value"], "5%")

    def test_a_spread_is_told_as_it_is(self):
        for spread, text, how in (
            (0.9, "with 0.9% added.", "LPR 1Y 3.45% + 0.9% = 4.35%"),
            (-0.25, "less 0.25%.", "LPR 1Y 3.45% − 0.25% = 3.2%"),
            (0.0, "It is LPR 1Y,", "LPR 1Y 3.45%, from"),
            (-5.0, "less 5%.", "would be below zero"),
        ):
            with self.subTest(spread=spread):
                contract, _reference = self._floating(f"T{spread}", spread=spread)
                fact = self._fact(contract, "floating")
                self.assertIn(text, fact["text"])
                self.assertIn(how, fact["how"][0])

    def test_a_rise_that_leaves_the_installment_moves_the_end(self):
        contract, _reference = self._floating(after_repricing="keep_installment", reprice_months=1)
        rise = self._fact(contract, "rise")
        self.assertNotIn("instead of " + rise["value"], rise["text"])
        self.assertIn("would stay", rise["text"])
        self.assertIn("when the loan ends", self._how(contract, "frequency"))

    # ------------------------------------------------------------ what is paid, and when

    def test_installments_are_counted_as_the_schedule_numbers_them(self):
        for grace_interest in ("capitalised", "deferred"):
            contract = self._loan(grace=3, grace_interest=grace_interest)
            with self.subTest(grace_interest=grace_interest):
                self.assertIn("No. 4 of 12", self._fact(contract, "next")["text"])
                self.assertEqual(self._fact(contract, "frequency")["value"], "12")
                self.assertIn(
                    "For the 3 installments from March 17, 2026 to May 17, 2026 you pay nothing",
                    self._how(contract, "frequency"),
                )
        bullet = self._loan(repayment_method="bullet")
        self.assertEqual(self._fact(bullet, "next")["text"], "Due on February 17, 2027.")

    def test_the_same_amount_is_promised_only_where_it_is_true(self):
        self.assertIn(
            "You pay the same amount each time; only the last installment differs. Over time",
            self._how(self._loan(), "frequency"),
        )
        free = self._loan(yearly_rate=0.0)
        self.assertEqual(self._how(free, "frequency"), "You pay the same amount each time.")
        floating, _reference = self._floating()
        self.assertIn("A new rate changes what you pay.", self._how(floating, "frequency"))
        # Odd days on top of the first payment.
        odd = self._contract(first_due_date=TODAY + relativedelta(days=20))
        self.assertIn(
            "After the installment of March 30, 2026 you pay the same amount each time",
            self._how(odd, "frequency"),
        )
        paid = self._loan(grace=2)
        self.assertIn("With the 2 installments from March 17, 2026", self._how(paid, "frequency"))
        self.assertIn("After the installment of April 17, 2026", self._how(paid, "frequency"))

    def test_a_holiday_that_was_agreed_later_is_told(self):
        contract = self._loan()
        self._event(contract, "restructure", "2026-05-01", grace=2, grace_interest="capitalised")
        how = self._how(contract, "frequency")
        self.assertIn("For the 2 installments from May 17, 2026 to June 17, 2026 you pay nothing", how)
        self.assertIn("After the installment of June 17, 2026 you pay the same amount each time", how)
        one = self._loan()
        self._event(one, "restructure", "2026-05-01", grace=1, grace_interest="paid")
        self.assertIn(
            "With the installment of May 17, 2026 you pay interest alone.", self._how(one, "frequency")
        )

    def test_interest_that_waits_at_the_beginning_is_told(self):
        rows = self._loan(interest_grace=2).installment_ids
        how = self._how(rows.contract_id, "frequency")
        self.assertIn(
            "The first 2 installments ask for no interest; the next one, on May 17, 2026, asks for all", how
        )
        self.assertEqual(rows[:2].mapped("interest"), [0, 0])
        self.assertIn(
            "The first installment asks for no interest", self._how(self._loan(interest_grace=1), "frequency")
        )

    def test_the_interest_of_a_row_is_told_by_its_own_days(self):
        calendar = self.env["loan.calendar"].create(
            {
                "name": "Shanghai",
                "company_id": self.company.id,
                "published_until": 2030,
                "day_ids": [(0, 0, {"date": "2026-03-17", "name": "Closed", "kind": "holiday"})],
            }
        )
        self.company.loan_calendar_id = calendar
        contract = self._loan(business_day_rule="following", period_basis="actual_days")
        row = contract.installment_ids[0]
        self.assertEqual(str(row.due_date), "2026-03-18")
        # 28 days, though 29 pass until it is due.
        self.assertIn("to March 17, 2026", self._how(contract, "next"))
        self.assertIn("× 6% × 28 days ÷ 360", self._how(contract, "next"))

    def test_the_interest_of_a_row_tells_of_a_rate_that_changed_inside_it(self):
        contract = self._loan()
        self._event(contract, "restructure", "2026-03-12", changes_rate=True, yearly_rate=3.0)
        how = self._how(contract, "next")
        interest = self._told(contract.installment_ids[0].interest)
        self.assertIn(f"Interest from February 17, 2026 to March 17, 2026: {interest}.", how)
        self.assertIn("It runs at 6% a year at first. From March 12, 2026 on it runs at 3% a year.", how)

    def test_interest_put_off_is_told_from_where_it_began(self):
        contract = self._loan(grace=3, grace_interest="deferred")
        self.assertIn(
            "Interest from February 17, 2026 to June 17, 2026 at 6% a year", self._how(contract, "next")
        )

    # ------------------------------------------------------------ what it costs

    def test_drawdowns_are_part_of_what_is_in_hand(self):
        contract = self._contract(credit_limit=20000)
        self._event(contract, "drawdown", TODAY, amount=6000)
        self.assertIn(f"Here: {self._told(18000)} in your hand in all", self._how(contract, "annual"))
        principal = self._fact(contract, "principal")
        self.assertEqual(principal["value"], self._told(18000))
        self.assertIn(self._told(12000), principal["how"][0])
        self.assertIn(self._told(6000), principal["how"][1])
        self.assertIn(self._told(18000), contract._key_facts_picture()["told"])

    def test_fees_name_only_what_is_charged(self):
        for values, told, not_told in (
            ({"fee_amount": 100}, "A fixed fee", "0%"),
            ({"fee_rate": 2.0}, "2% of the amount lent, due", self._told(0)),
            ({"fee_rate": 2.0, "fee_amount": 100}, f"2% of the amount lent and {self._told(100)}", "fixed"),
        ):
            with self.subTest(**values):
                how = self._how(self._loan(**values), "fees")
                self.assertIn(told, how)
                self.assertNotIn(not_told, how)

    def test_a_floating_loan_promises_its_cost_for_this_rate_alone(self):
        contract, _reference = self._floating()
        self.assertIn("the rate stays", self._fact(contract, "interest")["text"])

    # ------------------------------------------------------------ late and early

    def test_late_charges_grow_only_where_they_do(self):
        for values, grows in (({"late_fee": 20}, False), ({"late_fee": 20, "penalty_factor": 1.5}, True)):
            with self.subTest(**values):
                contract = self._contract(
                    product_id=self._product(name="Late", **values).id,
                    start_date=TODAY - relativedelta(months=2),
                    first_due_date=TODAY - relativedelta(months=1),
                )
                self.assertEqual("grow" in self._fact(contract, "charges")["text"], grows)

    def test_ordinary_interest_that_runs_on_is_added_up_with_the_penalty(self):
        contract = self._loan(penalty_factor=1.5, overdue_interest="outstanding")
        self.assertIn("15% a year", self._how(contract, "overdue_interest"))

    def test_repaying_early_is_not_called_free_where_it_costs_interest(self):
        contract = self._loan(settlement_interest="to_next_due")
        self.assertEqual(self._fact(contract, "charge")["text"], "There is no charge for repaying early.")
        self.assertEqual(self._fact(contract, "settlement_interest")["value"], "Up to the next due date")
        self.assertIn("no longer use", self._fact(contract, "settlement_interest")["text"])
        # Interest of the whole period, and none of it named as being up to the day.
        self.assertNotIn("up to then", self._how(contract, "settle"))
        waits = self._loan(prepayment_date="next_due")
        self.assertIn("from the next due date on", self._fact(waits, "effect")["text"])

    def test_the_example_of_installments_that_fall_away(self):
        contract = self._loan(prepayment_effect="last_installment")
        # A tenth of a long loan covers several of its installments.
        contract = self._contract(product_id=contract.product_id.id, principal=120000, term=60)
        example = self._fact(contract, "prepay")
        self._event(contract, "prepayment", TODAY, amount=10000, effect="last_installment")
        ahead = contract.installment_ids.filtered(lambda row: row.kind == "installment")
        row = ahead.filtered("amount")[0]
        self.assertGreater(row.number, 1)
        day = contract._long_day(row.due_date)
        self.assertIn(f"You pay nothing before {day}.", example["text"])
        self.assertIn(f"becomes {self._told(row.amount)} instead of", example["text"])
        # Interest that was covered by the prepayment is interest all the same.
        left = sum(ahead.mapped("interest")) + sum(ahead.mapped("capitalised"))
        self.assertIn(self._told(left), " ".join(example["how"]))
        self.assertIn("covered by what you have repaid early", self._how(contract, "frequency"))

    def test_the_example_of_a_prepayment_that_waits(self):
        contract = self._loan(prepayment_date="next_due")
        example = self._fact(contract, "prepay")
        self._event(contract, "prepayment", TODAY, amount=1000)
        rows = contract.installment_ids.filtered(lambda row: row.kind == "installment")
        self.assertIn(
            f"until that of April 17, 2026, which becomes {self._told(rows[1].amount)} instead of",
            example["text"],
        )

    def test_the_late_example_names_only_what_is_charged(self):
        contract = self._loan(penalty_factor=1.5, overdue_interest="outstanding")
        self.assertEqual(
            self._how(contract, "late_example"),
            "Penalty and interest that runs on, up to the day of payment.",
        )

    def test_interest_paid_with_a_prepayment_is_no_saving(self):
        contract = self._loan(prepayment_effect="own_row")
        before = sum(contract.installment_ids.mapped("interest"))
        example = self._fact(contract, "prepay")
        self._event(contract, "prepayment", TODAY, amount=1000, effect="own_row")
        after = sum(contract.installment_ids.mapped("interest"))
        self.assertIn(f"which is {self._told(before - after)} less", " ".join(example["how"]))
        self.assertIn("for the days up to it", " ".join(example["how"]))

    def test_what_a_prepayment_does_is_told_by_the_method(self):
        for method, effect, told in (
            ("annuity", "keep_installment", "the loan ends sooner"),
            ("flat", "keep_term", "the loan ends when agreed"),
            ("interest_only", "keep_term", "payment at the end"),
            ("bullet", "keep_term", "payment at the end"),
            ("balloon", "keep_installment", "the last one becomes smaller"),
        ):
            with self.subTest(method=method):
                share = 25 if method == "balloon" else 0
                contract = self._loan(repayment_method=method, prepayment_effect=effect, balloon_share=share)
                self.assertIn(told, self._fact(contract, "effect")["value"])

    def test_an_agreed_installment_stays(self):
        contract = self._contract(agreed_installment=1500, prepayment_effect="keep_term")
        self.assertIn(
            "The installments stay the same; the loan ends sooner", self._fact(contract, "effect")["value"]
        )
        self._event(contract, "restructure", TODAY, remaining=20)
        self.assertIn("The installments become smaller", self._fact(contract, "effect")["value"])
        self.assertEqual(len(contract.installment_ids), 20)

    def test_flat_interest_is_lowered_by_repaying_early_alone(self):
        how = self._how(self._loan(repayment_method="flat"), "frequency")
        self.assertIn("only what you repay early does", how)

    def test_money_beyond_what_is_due_is_told(self):
        ahead = self._fact(self._loan(), "overpayment")
        self.assertIn("at once", ahead["value"])
        waits = self._fact(self._loan(overpayment="waits"), "overpayment")
        self.assertIn("waits as your credit", waits["value"])
        for fact in (ahead, waits):
            self.assertIn("It saves no interest", fact["text"])


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanKeyFactsDoor(KeyFacts, HttpCase):
    """The address of a report names any loan: who may not see it gets no sheet."""

    def _get(self, user, *contracts):
        user.password = "a good long password"
        self.env.flush_all()
        self.authenticate(user.login, "a good long password")
        ids = ",".join(str(contract.id) for contract in contracts)
        return self.url_open(f"/report/html/loan_crm.report_loan_key_facts/{ids}")

    def test_the_address_of_a_sheet(self):
        contract = self._contract()
        others = self._contract(self._customer("Zhou Tao", self.stranger))
        answer = self._get(self.manager, contract)
        self.assertEqual(answer.status_code, 200)
        self.assertIn(contract.name, answer.text)
        with mute_logger("odoo.http"):
            for user, contracts in (
                (self.stranger, [contract]),
                (self.manager, [contract, others]),
                (self.administrator, [contract]),
                (self.employee, [contract]),
            ):
                with self.subTest(user=user.name):
                    answer = self._get(user, *contracts)
                    self.assertNotEqual(answer.status_code, 200)
                    self.assertNotIn("Wang Fang", answer.text)
