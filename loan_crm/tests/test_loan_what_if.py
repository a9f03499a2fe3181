from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..core import amortization, proposals
from ..core.terms import Change, Prepayment
from .common import TODAY, LoanCommon

# What a question must leave as it is.
TABLES = (
    "loan_contract",
    "loan_installment",
    "loan_contract_event",
    "loan_schedule_version",
    "loan_repayment",
    "loan_repayment_allocation",
    "loan_reminder",
)


@tagged("post_install", "-at_install", "loan")
class TestLoanWhatIf(LoanCommon):
    """A loan of 12,000 at 6 % over 12 months, first due in a week; questions asked by its manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._contract(
            prepayment_charge_rate=1.0, prepayment_charge_months=12, credit_limit=20000
        )

    def _ask(self, contract=None, user=None, **values):
        """Return a form that asks nothing but what is given."""
        nothing = dict.fromkeys(("asks_prepayment", "asks_settlement", "asks_method", "asks_rate"), False)
        return (
            self.env["loan.what.if"]
            .with_user(user or self.manager)
            .create({"contract_id": (contract or self.contract).id, **nothing, **values})
        )

    def _line(self, form, kind):
        return form.line_ids.filtered(lambda line: line.kind == kind)

    def _everything(self):
        """Return all rows of the tables of the loan book."""
        self.env.flush_all()
        found = {}
        for table in TABLES:
            self.env.cr.execute(f"SELECT * FROM {table} ORDER BY id")
            found[table] = self.env.cr.fetchall()
        return found

    # ------------------------------------------------------------ nothing changes

    def test_a_question_changes_nothing(self):
        self._pay(self.contract, 500)
        before = self._everything()
        form = self._ask(
            asks_prepayment=True,
            asks_settlement=True,
            asks_method=True,
            asks_rate=True,
            asks_restructuring=True,
            grace=2,
        )
        self.assertEqual(
            form.line_ids.mapped("kind"),
            ["agreed", "prepay_term", "prepay_installment", "settle", "method", "rate", "restructure"],
        )
        self.assertTrue(form.comparison_html)
        self.assertTrue(form.chart)
        form.write({"prepay_amount": 2000, "rate_change": -1})
        self.assertEqual(len(form.line_ids), 7)
        self.assertEqual(self._everything(), before)

    # ------------------------------------------------------------ figures

    def test_as_agreed_is_the_schedule(self):
        line = self._line(self._ask(), "agreed")
        rows = self.contract.installment_ids
        self.assertEqual(
            (line.payment, line.next_due, line.count, line.last_due),
            (rows[0].amount, rows[0].due_date, 12, rows[-1].due_date),
        )
        self.assertEqual(
            (line.interest, line.total), (self.contract.interest_total, self.contract.amount_total)
        )
        self.assertEqual((line.charge, line.now, line.saving), (0, 0, 0))

    def test_a_prepayment_is_shown_with_both_effects(self):
        form = self._ask(asks_prepayment=True, prepay_amount=3000)
        agreed, lower, shorter = form.line_ids
        self.assertEqual((lower.count, lower.last_due), (12, agreed.last_due))
        self.assertLess(lower.payment, agreed.payment)
        self.assertEqual(shorter.payment, agreed.payment)
        self.assertLess(shorter.last_due, agreed.last_due)
        terms, cent = self.contract._as_terms(), Decimal("0.01")
        for line, effect in ((lower, "keep_term"), (shorter, "keep_installment")):
            rows = amortization.schedule(terms, [Prepayment(TODAY, Decimal(3000), effect)])
            self.assertEqual(
                Decimal(str(line.interest)).quantize(cent), sum(row.interest for row in rows), effect
            )
            self.assertEqual((line.now, line.charge), (3030, 30))
            self.assertAlmostEqual(line.cost, line.interest + 30)
            self.assertAlmostEqual(line.saving, agreed.cost - line.cost)
        self.assertGreater(shorter.saving, lower.saving)

    def test_a_settlement_explains_its_charge(self):
        form = self._ask(asks_settlement=True)
        line = self._line(form, "settle")
        settled = proposals.settle(self.contract._as_terms(), [], TODAY)
        self.assertEqual(line.total, float(settled.total))
        self.assertEqual((line.count, line.payment, line.last_due), (0, 0, TODAY))
        self.assertEqual(line.charge, 120)
        self.assertIn("Interest up to 03/10/2026: ", line.note)
        self.assertRegex(
            line.note, r"1\s% of .\s12,000\.00 because the loan is younger than 12 months: .\s120\.00"
        )

    def test_a_charge_that_has_run_out_says_so(self):
        longer = self._contract(term=24, prepayment_charge_rate=1.0, prepayment_charge_months=12)
        form = self._ask(longer, asks_settlement=True, date=TODAY + relativedelta(months=11, days=15))
        line = self._line(form, "settle")
        self.assertEqual(line.charge, 0)
        self.assertIn("older than 12 months", line.note)
        free = self._ask(self._contract(), asks_settlement=True)
        self.assertIn("No charge is agreed", self._line(free, "settle").note)
        whole = self._ask(
            self._contract(prepayment_charge_rate=0.5, prepayment_charge_months=0), asks_settlement=True
        )
        self.assertIn("agreed for the whole term", self._line(whole, "settle").note)

    def test_interest_to_the_next_due_date_is_the_whole_installments(self):
        contract = self._contract(settlement_interest="to_next_due")
        line = self._line(self._ask(contract, asks_settlement=True), "settle")
        self.assertEqual(line.interest, contract.installment_ids[0].interest)
        self.assertIn("next due date, as agreed", line.note)

    def test_another_method_rate_or_term_is_what_the_core_makes_of_it(self):
        form = self._ask(
            asks_method=True,
            other_method="equal_principal",
            asks_rate=True,
            rate_change=1.1,
            asks_restructuring=True,
            remaining=24,
            new_rate=5.5,
            grace=3,
            grace_interest="capitalised",
        )
        terms = self.contract._as_terms()
        changes = {
            "method": Change(TODAY, method="equal_principal"),
            "rate": Change(TODAY, yearly_rate=Decimal("0.071")),
            "restructure": Change(
                TODAY, yearly_rate=Decimal("0.055"), remaining=24, grace=3, grace_interest="capitalised"
            ),
        }
        for kind, change in changes.items():
            rows = amortization.schedule(terms, [change])
            line = self._line(form, kind)
            self.assertAlmostEqual(line.total, float(sum(row.payment for row in rows)), 2, kind)
            self.assertAlmostEqual(line.interest, line.total - 12000, 2, kind)
        self.assertEqual(self._line(form, "rate").name, "At 7.1\N{NO-BREAK SPACE}% a year")
        self.assertEqual(
            self._line(form, "restructure").name,
            "New terms, 24 installments, 5.5\N{NO-BREAK SPACE}% a year, 3 without principal",
        )
        self.assertLess(self._line(form, "rate").saving, 0)
        self.assertRegex(form.comparison_html, r"costs .+ more")
        self.assertRegex(form.comparison_html, r"saves")

    def test_what_was_changed_before_is_part_of_the_answer(self):
        self.env["loan.contract.event"].create(
            {"contract_id": self.contract.id, "kind": "drawdown", "date": TODAY, "amount": 6000}
        ).action_post()
        form = self._ask(asks_settlement=True)
        self.assertAlmostEqual(self._line(form, "agreed").total, self.contract.amount_total)
        self.assertEqual(self._line(form, "settle").principal, 18000)

    def test_no_shorter_term_is_promised_where_there_is_none(self):
        for values in (
            {"repayment_method": "interest_only"},
            {"repayment_method": "bullet"},
            {"repayment_method": "flat"},
            {"repayment_method": "balloon", "balloon": 5000},
        ):
            contract = self._contract(**values)
            form = self._ask(contract, asks_prepayment=True, prepay_amount=2000)
            with self.subTest(**values):
                self.assertEqual(form.line_ids.mapped("kind"), ["agreed", "prepay_term"])
                self.assertFalse(form.prepay_error)

    def test_only_what_changes_is_offered(self):
        agreed = self._contract(agreed_installment=1500)
        form = self._ask(agreed, asks_prepayment=True, prepay_amount=2000)
        self.assertEqual(form.line_ids.mapped("kind"), ["agreed", "prepay_installment"])
        later = self._contract(prepayment_effect="keep_installment")
        self._restructured(later, repayment_method="interest_only")
        form = self._ask(later, asks_prepayment=True, prepay_amount=2000)
        self.assertEqual(form.line_ids.mapped("kind"), ["agreed", "prepay_term"])
        prepay = self.env["loan.repayment.prepay"].create({"contract_id": later.id, "amount": 2000})
        self.assertEqual((prepay.effect, prepay.error), ("keep_term", False))
        prepay.effect = "keep_installment"
        self.assertRegex(prepay.error, "Interest only.*Keep the installment, shorter term")
        only = self._contract(repayment_method="interest_only")
        self._restructured(only, repayment_method="annuity")
        form = self._ask(only, asks_prepayment=True, prepay_amount=2000)
        self.assertEqual(form.line_ids.mapped("kind"), ["agreed", "prepay_term", "prepay_installment"])

    def _restructured(self, contract, **values):
        self.env["loan.contract.restructure"].create(
            {
                "contract_id": contract.id,
                "consent_date": TODAY,
                "consent_method": "signed",
                "consent_reference": "C-1",
                **values,
            }
        ).action_restructure()

    def test_installments_that_fall_away_are_not_counted(self):
        contract = self._contract(prepayment_effect="last_installment")
        self.env["loan.repayment.prepay"].create({"contract_id": contract.id, "amount": 2500}).action_prepay()
        agreed = self._line(self._ask(contract, asks_rate=True), "agreed")
        asking = contract.installment_ids.filtered(lambda row: row.amount and row.kind == "installment")
        self.assertEqual((agreed.count, agreed.payment), (10, asking[0].amount))
        self.assertEqual(agreed.count, len(asking))

    def test_what_waits_is_not_asked_for_again(self):
        contract = self._contract(prepayment_date="next_due")
        self.env["loan.repayment.prepay"].create({"contract_id": contract.id, "amount": 3000}).action_prepay()
        form = self._ask(contract, asks_settlement=True)
        self.assertAlmostEqual(self._line(form, "agreed").total, contract.amount_open)
        self.assertEqual(self._line(form, "settle").principal, 9000)

    def test_what_is_overdue_comes_on_top(self):
        product = self._product(penalty_factor=1.5)
        contract = self._due_in(-10, product_id=product.id)
        form = self._ask(contract, asks_settlement=True)
        first = contract.installment_ids[0]
        self.assertEqual(form.amount_due, first.amount)
        self.assertEqual(form.late_charges, contract.charges_open)
        self.assertGreater(form.late_charges, 0)
        settled = self._line(form, "settle")
        self.assertEqual(settled.principal, first.balance)
        self.assertAlmostEqual(form.settle_total, settled.total + first.amount + form.late_charges)

    def test_what_was_paid_ahead_is_taken_off(self):
        self._pay(self.contract, 700)
        form = self._ask(asks_settlement=True)
        self.assertEqual((form.amount_due, form.paid_ahead), (0, 700))
        self.assertAlmostEqual(form.settle_total, self._line(form, "settle").total - 700)

    def test_a_draft_is_asked_about_from_its_payout(self):
        draft = self._contract(active=False)
        form = self.env["loan.what.if"].with_user(self.manager).create({"contract_id": draft.id})
        self.assertEqual(form.date, draft.start_date)
        self.assertEqual(form.line_ids.mapped("kind"), ["agreed", "method", "rate"])
        self.assertAlmostEqual(self._line(form, "agreed").total, draft.amount_total)
        other = self._contract(active=False, repayment_method="equal_principal")
        self.assertAlmostEqual(self._line(form, "method").total, other.amount_total)
        dearer = self._contract(active=False, yearly_rate=7.0)
        self.assertAlmostEqual(self._line(form, "rate").total, dearer.amount_total)

    # ------------------------------------------------------------ what is filled in, and what is refused

    def test_good_questions_are_filled_in(self):
        with Form(
            self.env["loan.what.if"]
            .with_user(self.manager)
            .with_context(default_contract_id=self.contract.id)
        ) as form:
            self.assertEqual((form.date, form.prepay_amount, form.remaining), (TODAY, 2000, 24))
            self.assertTrue(form.asks_prepayment)
            self.assertTrue(form.asks_settlement)
            self.assertEqual(form.new_rate, 6)
            self.assertIn("Prepay", form.comparison_html)
            form.prepay_amount = 4000
            self.assertIn("4,000.00", form.comparison_html)  # at once, without a click
            self.assertEqual(len(form.chart), 4)
            form.prepay_amount = 99999
            self.assertIn("12,000.00 is owed", form.prepay_error)
            self.assertEqual(len(form.chart), 2)  # the others stay
            self.assertFalse(form.settle_error)

    def test_each_wrong_answer_says_why_next_to_itself(self):
        everything = dict.fromkeys(
            ("asks_prepayment", "asks_settlement", "asks_method", "asks_rate", "asks_restructuring"), True
        )
        for name, values, words in (
            ("prepay", {"prepay_amount": 0}, "more than zero"),
            ("prepay", {"prepay_amount": -5}, "more than zero"),
            ("prepay", {"prepay_amount": 12000.01}, "12,000.00 is owed"),
            ("method", {"other_method": "annuity"}, "method as agreed"),
            ("rate", {"rate_change": 0}, "rate as agreed"),
            ("rate", {"rate_change": -7}, "cannot be negative"),
            ("rate", {"rate_change": 500}, "higher than any"),
            ("restructure", {"remaining": 0}, "At least one"),
            ("restructure", {"remaining": 12}, "terms as agreed"),
            ("restructure", {"remaining": 9999}, "out of range"),
            ("restructure", {"grace": -1}, "cannot be negative"),
            ("restructure", {"grace": 24}, "At most 23"),
        ):
            with self.subTest(name=name, **values):
                form = self._ask(**{**everything, **values})
                self.assertRegex(form[f"{name}_error"] or "", words)
                others = {"date", "prepay", "settle", "method", "rate", "restructure"} - {name}
                self.assertFalse([form[f"{other}_error"] for other in others if form[f"{other}_error"]])
                self.assertGreaterEqual(len(form.line_ids), 5)

    def test_a_day_that_cannot_be_asked_about_says_so(self):
        for contract, day, words in (
            (self.contract, TODAY - timedelta(1), "looks ahead"),
            (self._contract(active=False), TODAY - relativedelta(days=30), "before the loan is paid out"),
        ):
            form = self._ask(contract, date=day, asks_settlement=True)
            self.assertRegex(form.date_error, words)
            self.assertFalse(form.line_ids)
            self.assertFalse(form.comparison_html)
        late = self._ask(date=TODAY + relativedelta(years=3), asks_settlement=True, asks_rate=True)
        self.assertRegex(late.settle_error, "is owed of the loan")
        self.assertRegex(late.rate_error, "nothing is left to change")

    def test_a_method_that_cannot_change_says_which_two_disagree(self):
        flat = self._contract(repayment_method="flat")
        form = self._ask(flat, asks_rate=True)
        self.assertRegex(form.rate_error, "Flat interest.*disagree")

    def test_a_loan_kept_elsewhere_or_repaid_is_not_asked_about(self):
        self._pay(self.contract, self.contract.amount_open)
        with self.assertRefused("nothing to compare"):
            self.contract.with_user(self.manager).action_what_if()

    # ------------------------------------------------------------ handing it over

    def test_what_is_printed_stays_on_the_loan(self):
        before = self.contract.message_ids
        form = self._ask(asks_settlement=True)
        action = form.action_print()
        self.assertEqual(action["report_name"], "loan_crm.report_loan_what_if")
        message = self.contract.message_ids - before
        self.assertIn("printed", message.body)
        self.assertIn("12,000.00", message.body)
        self.assertIn("<table", message.body)

    def test_the_sheet_reads_by_itself_in_the_borrowers_language(self):
        partner = self.contract.partner_id
        partner.lang = "zh_CN"
        form = self._ask(asks_prepayment=True, asks_settlement=True)
        report = self.env["ir.actions.report"].with_user(self.manager)
        page, kind = report._render_qweb_html("loan_crm.report_loan_what_if", form.ids)
        self.assertEqual(kind, "html")
        text = html.fromstring(page).text_content()
        self.assertIn("12,000.00", text)
        self.assertIn("2026/03/10", text)
        drawing = html.fromstring(page).xpath("//*[local-name()='path']")
        self.assertEqual(len(drawing), 4)
        partner.lang = "en_US"
        form = self._ask(asks_settlement=True)
        page, _kind = report._render_qweb_html("loan_crm.report_loan_what_if", form.ids)
        self.assertIn("binds nobody", html.fromstring(page).text_content())

    def test_the_letter_is_ready_to_be_sent(self):
        form = self._ask(asks_settlement=True)
        action = form.action_send()
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(composer.partner_ids, self.contract.partner_id)
        self.assertIn("Dear Wang Fang", composer.body)
        self.assertIn("binds nobody", composer.body)
        self.assertIn("120.00", composer.body)
        self.assertIn(self.contract.name, composer.subject)
        before = self.contract.message_ids
        composer.action_send_mail()
        sent = self.contract.message_ids - before
        self.assertIn("binds nobody", sent.body)
        self.assertEqual(sent.partner_ids, self.contract.partner_id)

    def test_a_letter_to_a_chinese_borrower_has_chinese_dates(self):
        self.contract.partner_id.lang = "zh_CN"
        body = self._ask(asks_settlement=True).action_send()["context"]["default_body"]
        self.assertIn("2026年3月10日", body)

    def test_an_empty_comparison_is_not_handed_over(self):
        form = self._ask()
        for action in (form.action_print, form.action_send):
            with self.assertRefused("at least one question"):
                action()

    # ------------------------------------------------------------ towards the deed, and who may

    def test_a_variant_opens_its_form_with_its_figures(self):
        form = self._ask(asks_prepayment=True, prepay_amount=2500, asks_restructuring=True, grace=2)
        self.assertEqual(form.action_prepay()["context"]["default_amount"], 2500)
        self.assertTrue(form.action_settle()["context"]["default_settles"])
        context = form.action_restructure()["context"]
        self.assertEqual((context["default_remaining"], context["default_grace"]), (24, 2))
        opened = Form(self.env["loan.contract.restructure"].with_user(self.manager).with_context(**context))
        self.assertEqual((opened.date, opened.remaining, opened.grace, opened.yearly_rate), (TODAY, 24, 2, 6))

    def test_a_hidden_loan_is_not_asked_about(self):
        desk = self._user("service_desk", "Desk Elsewhere")
        self._team("Elsewhere", self.other_lead, desk)
        for user in (self.stranger, desk, self.compliance, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._ask(user=user, asks_settlement=True)
            if user == self.compliance:  # sees every loan, and has no form of this kind
                continue
            with self.subTest(user=user.name, way="onchange"), self.assertRaises(AccessError):
                self.env["loan.what.if"].with_user(user).onchange(
                    {"contract_id": self.contract.id}, ["contract_id"], {"comparison_html": {}}
                )
        own = self._ask(asks_settlement=True)
        self.env.invalidate_all()
        for records in (own, own.line_ids):
            with self.subTest(model=records._name, by=records.create_uid), self.assertRaises(AccessError):
                records.with_user(self.colleague).check_access("read")

    def test_the_desk_asks_about_its_teams_loans_and_does_nothing(self):
        form = self._ask(user=self.desk, asks_settlement=True)
        self.assertEqual(len(form.line_ids), 2)
        form.action_print()
        for model in ("loan.repayment.prepay", "loan.contract.restructure", "loan.contract.drawdown"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.desk).create({"contract_id": self.contract.id})

    def test_figures_are_worked_out_and_not_entered(self):
        form = self._ask(asks_settlement=True)
        line = self._line(form, "settle")
        total = line.total
        with self.assertRaises(AccessError):
            self._ask(line_ids=[(0, 0, {"kind": "settle", "total": 1, "saving": 99999})])
        with self.assertRaises(AccessError):
            line.write({"total": 1})
        form.write({"asks_rate": True})
        self.assertEqual(self._line(form, "settle").total, total)
        self.assertEqual(len(form.line_ids), 3)
