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
