from datetime import timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo.tests import freeze_time, tagged
from odoo.tools import format_amount

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderLetter(LoanCommon):
    """One letter for all that a borrower owes in a currency, and one for each who answers for a loan."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ledger = cls.env["loan.reminder"]
        cls.guarantor = cls._partner("Feng Yu", lang="zh_CN")
        cls.partner = cls._partner("Gao Lei")
        cls._try_letters()

    def _of(self, contract, **values):
        domain = [("contract_id", "=", contract.id), *((name, "=", value) for name, value in values.items())]
        return self.ledger.search(domain, order="id")

    def _letters(self):
        return self.ledger.search([("company_id", "=", self.company.id), ("state", "=", "queued")])

    # ------------------------------------------------------------ one letter

    def test_all_that_speaks_today_stands_in_one_letter_of_the_latest_stage(self):
        soon, today, late = self._due_in(7), self._due_in(0), self._due_in(-3)
        self._remind()
        letter = self._letters()
        self.assertEqual(len(letter), 1)
        self.assertEqual((letter.contract_id, letter.step_id.offset), (late, 3))
        self.assertEqual(self._of(soon).merged_into_id | self._of(today).merged_into_id, letter)
        self.assertEqual((self._of(soon).state, self._of(today).state), ("merged", "merged"))
        total = sum(loan.installment_ids[0].amount for loan in (soon, today, late))
        self.assertAlmostEqual(letter.amount_letter, total, 2)
        for loan in (soon, today, late):
            self.assertIn(f"{loan.name}, installment 1 of 12", letter.body)
        self.assertIn(f"{total:,.2f}", letter.body)
        self.assertIn("In all", letter.body)
        self.assertEqual(self.env["mail.mail"].search_count([("id", "in", self.ledger.search([]).mail_id.ids),
            ("recipient_ids", "in", self.customer.partner_id.ids)]), 1)  # fmt: skip

    def test_what_is_overdue_is_told_even_when_no_step_speaks_of_it_today(self):
        late, soon = self._due_in(-6), self._due_in(3)
        self._remind()
        letter = self._letters()
        self.assertEqual(letter.contract_id, soon)
        self.assertEqual(letter.also_open_ids, late.installment_ids[0])
        self.assertIn(f"{late.name}, installment 1 of 12", letter.body)
        self.assertIn("open since March 4, 2026", letter.body)
        self.assertIn("Earlier installments are still open as well", letter.body)
        self.assertAlmostEqual(
            letter.amount_letter, late.installment_ids[0].amount + soon.installment_ids[0].amount, 2
        )

    def test_what_is_held_does_not_stand_in_the_letter_of_another_loan(self):
        late, soon = self._due_in(-6), self._due_in(3)
        self.env["loan.reminder.hold"].create(
            {"contract_id": late.id, "kind": "promise", "reason": "Will pay on Friday"}
        )
        self._remind()
        self.assertNotIn(late.name, self._letters().body)
        self.assertFalse(self._of(late))
        self.assertEqual(self._letters().contract_id, soon)

    def test_two_currencies_are_two_letters(self):
        dollars = self._product(name="Dollar Loan", currency_id=self.usd.id)
        yuan, dollar = self._due_in(7), self._due_in(7, product_id=dollars.id)
        self._remind()
        self.assertEqual(self._letters().contract_id, yuan | dollar)
        self.assertNotIn(dollar.name, self._of(yuan).body)

    def test_what_is_paid_before_the_letter_leaves_is_taken_out_of_it(self):
        first, second = self._due_in(7), self._due_in(3)
        self._remind()
        letter = self._letters()
        old = letter.message_id
        self.assertEqual(letter.contract_id, second)
        self._pay(second, second.installment_ids[0].amount)
        self.assertFalse(letter._begin_delivery(), "it is written anew")
        self.assertFalse(old.exists())
        self.assertEqual((letter.state, letter.hold_reason), ("held", "paid"))
        anew = self._letters()
        self.assertEqual((anew.contract_id, anew.merged_into_id), (first, self.ledger))
        self.assertNotIn(second.name, anew.body)
        self.assertTrue(anew._begin_delivery())

    def test_what_is_paid_of_the_rest_takes_it_out_too(self):
        late, soon = self._due_in(-6), self._due_in(3)
        self._remind()
        letter = self._letters()
        self._pay(late, late.installment_ids[0].amount)
        self.assertFalse(letter._begin_delivery())
        self.assertEqual((letter.state, letter.also_open_ids), ("queued", self.env["loan.installment"]))
        self.assertAlmostEqual(letter.amount_letter, soon.installment_ids[0].amount, 2)

    def test_all_paid_means_no_letter(self):
        first, second = self._due_in(7), self._due_in(3)
        self._remind()
        letter = self._letters()
        for loan in (first, second):
            self._pay(loan, loan.installment_ids[0].amount)
        self.assertFalse(letter._begin_delivery())
        self.assertEqual(set((self._of(first) | self._of(second)).mapped("hold_reason")), {"paid"})
        self.assertFalse(self._letters())

    def test_what_was_merged_is_sent_with_the_letter_and_never_again(self):
        self._due_in(7), self._due_in(7)
        self._remind()
        letter = self._letters()
        self.assertTrue(letter._begin_delivery())
        letter._end_delivery()
        self._remind()
        with self._days_later(1):
            self._remind()
        self.assertFalse(self._letters())
        self.assertEqual(
            sorted(self.ledger.search([("company_id", "=", self.company.id)]).mapped("state")),
            ["merged", "sent"],
        )

    def test_one_poison_loan_does_not_take_the_borrower_s_others_with_it(self):
        loans = [self._due_in(7) for _number in range(3)]
        origin = type(self.ledger)._prepare_letter_vals

        def prepare(reminder):
            if loans[1] in reminder.line_ids.contract_id:
                raise ValueError("this one cannot be written")
            return origin(reminder)

        with patch.object(type(self.ledger), "_prepare_letter_vals", prepare):
            self._remind()
        self.assertEqual([self._of(loan).state for loan in loans], ["queued", "failed", "merged"])

    # ------------------------------------------------------------ who hears of it

    def _loan_with_parties(self, days=7, recipients="guarantor"):
        self.policy.step_ids.recipients = recipients
        contract = self._due_in(days)
        self.env["loan.contract.party"].with_user(self.manager).create(
            [
                {"contract_id": contract.id, "partner_id": self.guarantor.id, "role": "guarantor"},
                {"contract_id": contract.id, "partner_id": self.partner.id, "role": "co_borrower"},
            ]
        )
        return contract

    def test_each_who_answers_for_the_loan_gets_a_letter_of_their_own(self):
        contract = self._loan_with_parties()
        self._remind()
        letters = self._of(contract)
        self.assertEqual(
            {(letter.partner_id, letter.role) for letter in letters},
            {
                (contract.partner_id, "borrower"),
                (self.guarantor, "guarantor"),
                (self.partner, "co_borrower"),
            },
        )
        for letter in letters:
            self.assertEqual(letter.mail_id.recipient_ids, letter.partner_id)
            self.assertEqual(letter.email_to, letter.partner_id.email)
        self.assertIn(
            "You borrowed the loan below together with", self._of(contract, role="co_borrower").body
        )
        self.assertNotIn("You borrowed", self._of(contract, role="borrower").body)

    def test_guarantors_hear_of_the_steps_that_name_them_only(self):
        contract = self._loan_with_parties(recipients="co_borrower")
        self._remind()
        self.assertEqual(set(self._of(contract).mapped("role")), {"borrower", "co_borrower"})

    def test_who_is_released_hears_no_more(self):
        contract = self._loan_with_parties()
        contract.party_ids.filtered(lambda party: party.role == "guarantor").write(
            {"date_from": TODAY - timedelta(9), "date_to": TODAY}
        )
        contract.party_ids.filtered(lambda party: party.role == "co_borrower").date_from = TODAY + timedelta(
            1
        )
        self._remind()
        self.assertEqual(self._of(contract).mapped("role"), ["borrower"])

    def test_a_guarantor_hears_of_no_other_loan_of_the_borrower(self):
        other = self._due_in(-6)
        contract = self._loan_with_parties()
        self._remind()
        self.assertNotIn(other.name, self._of(contract, role="guarantor").body)
        self.assertIn(other.name, self._of(contract, role="borrower").body)

    def test_a_party_joins_and_leaves_by_hand_of_those_who_look_after_the_loan(self):
        contract = self._due_in(7)
        with self.assertRefused("is the borrower of this loan"):
            self.env["loan.contract.party"].create(
                {"contract_id": contract.id, "partner_id": contract.partner_id.id}
            )
        vals = {"contract_id": contract.id, "partner_id": self.partner.id}
        self.env["loan.contract.party"].create(vals)
        with self.assertRefused("answers for the loan already"):
            self.env["loan.contract.party"].create(vals)

    # ------------------------------------------------------------ what it says

    def test_it_says_when_we_get_in_touch_again_and_what_lateness_costs(self):
        self.product.penalty_factor = 1.5
        contract = self._due_in(7)
        self._remind()
        body = self._of(contract).body
        # Nothing is late on that day yet.
        self.assertIn("If it is still open on March 14, 2026, we will get in touch again.", body)
        self.assertIn("After the due date, late charges as agreed in the contract", body)

    def test_the_subject_asks_for_what_is_due_that_day_and_not_for_what_is_overdue(self):
        for days in (7, 0):
            with self.subTest(days=days):
                customer = self._customer(f"Borrower {days}")
                contract = self._due_in(days, customer)
                self._due_in(-6, customer)
                self._remind()
                letter = self._of(contract)
                owed = contract.installment_ids[0].amount_open
                self.assertGreater(letter.amount_letter, owed)
                self.assertIn(f"{owed:,.2f}", letter.message_id.subject)
                self.assertIn(f"{letter.amount_letter:,.2f}", letter.body)

    def test_a_letter_names_the_currency_where_its_symbol_is_not_enough(self):
        euros = self._product(name="Euro Loan", currency_id=self.env.ref("base.EUR").id)
        for product, told in ((self.product, "CNY"), (euros, "")):
            with self.subTest(currency=product.currency_id.name):
                contract = self._due_in(7, self._customer(f"In {product.name}"), product_id=product.id)
                self._remind()
                letter = self._of(contract)
                amount = format_amount(self.env, contract.installment_ids[0].amount, product.currency_id)
                self.assertIn(
                    f"of {amount} {told}".strip() + " is due on March 17, 2026", letter.message_id.subject
                )
                self.assertEqual(letter.body.count("EUR"), 0)
                self.assertNotIn("Earlier installments", letter.body)
        # A currency that nobody uses yet is enough to make its symbol say too little, with the very next letter.
        other = self.env["res.currency"].create({"name": "EUX", "symbol": "€", "active": False})
        contract = self._due_in(7, self._customer("In euros"), product_id=euros.id)
        self._remind()
        self.assertIn(" EUR is due on", self._of(contract).message_id.subject)
        other.symbol = "E€"
        contract = self._due_in(7, self._customer("In euros again"), product_id=euros.id)
        self._remind()
        self.assertNotIn("EUR", self._of(contract).message_id.subject)

    def test_a_letter_of_the_due_date_that_comes_early_names_the_day(self):
        calendar = self.env["loan.calendar"].create(
            {"name": "Weekends", "company_id": self.company.id, "weekend": "sat_sun"}
        )
        self.company.loan_calendar_id = calendar
        contract = self._due_in(5)  # a Sunday
        with self._days_later(3):
            self._remind()
            body = self._of(contract).filtered(lambda letter: not letter.step_id.offset).body
            self.assertIn("Your installment falls due on March 15, 2026", body)
            self.assertNotIn("falls due today", body)

    def test_a_new_schedule_is_reminded_of_anew_and_the_old_row_never(self):
        contract = self._due_in(7)
        self._remind()
        old = self._of(contract)
        self.assertEqual(old.version, 1)
        row = old.installment_id
        row.sudo().write({"state": "replaced", "version_to": 2})
        self.assertFalse(old._begin_delivery())
        self.assertEqual((old.state, old.hold_reason), ("held", "replaced"))
        self.assertEqual(row.due_date, TODAY + relativedelta(days=7))
