from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..core import proposals
from .common import TODAY, LoanCommon

ROW = ("kind", "number", "due_date", "principal", "interest", "fee", "amount", "balance", "capitalised")
PAID = ("principal_paid", "interest_paid", "fee_paid", "penalty", "penalty_paid", "amount_open", "state")
CONSENT = {
    "consent_date": TODAY,
    "consent_method": "signed",
    "consent_reference": "Folder 12",
    "note": "Lost the job",
}


@tagged("post_install", "-at_install", "loan")
class TestLoanContractEvent(LoanCommon):
    """What changes a running loan: 12,000 at 6 % over 12 months, two installments paid, the third in a week."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._contract(
            start_date=TODAY - relativedelta(months=3) + timedelta(7),
            first_due_date=TODAY - relativedelta(months=2) + timedelta(7),
            prepayment_charge_rate=1.0,
            prepayment_charge_months=12,
            credit_limit=21000,
        )
        for row in cls.contract.installment_ids[:2]:
            cls._pay(cls.contract, row.amount, row.due_date)

    def _rows(self, contract=None, names=ROW + PAID):
        contract = contract or self.contract
        self.env.flush_all()
        self.env.invalidate_all()
        return [tuple(row[name] for name in names) for row in contract.installment_ids]

    def _prepay(self, contract=None, press=True, **values):
        form = (
            self.env["loan.repayment.prepay"]
            .with_user(self.manager)
            .create({"contract_id": (contract or self.contract).id, **values})
        )
        if press:
            form.action_prepay()
        return form

    def _restructure(self, contract=None, press=True, **values):
        form = (
            self.env["loan.contract.restructure"]
            .with_user(self.manager)
            .create({"contract_id": (contract or self.contract).id, **CONSENT, **values})
        )
        if press:
            form.action_restructure()
        return form

    def _draw(self, amount, contract=None, press=True, **values):
        form = (
            self.env["loan.contract.drawdown"]
            .with_user(self.manager)
            .create({"contract_id": (contract or self.contract).id, "amount": amount, **values})
        )
        if press:
            form.action_draw_down()
        return form

    def _take_back(self, event, user=None, reason="Typed into the wrong loan"):
        """Take new terms back as the team lead does: by the button and the form it opens."""
        action = event.with_user(user or self.lead).action_reverse()
        form = (
            self.env[action["res_model"]]
            .with_user(user or self.lead)
            .with_context(**action["context"])
            .create({"reason": reason})
        )
        form.action_reverse()
        return form

    def _check_foots(self, contract=None):
        contract = contract or self.contract
        rows = contract.installment_ids
        drawn = sum(e.amount for e in contract.event_ids if e.kind == "drawdown" and e.state == "posted")
        repaid = sum(row.principal - row.capitalised for row in rows)
        self.assertAlmostEqual(repaid, contract.principal + drawn, 2)
        self.assertEqual(rows[-1].balance, 0)

    # ------------------------------------------------------------ prepayment

    def test_a_prepayment_pays_principal_and_its_charge(self):
        before = self._rows()
        form = self._prepay(press=False, amount=3000, effect="keep_term")
        self.assertEqual((form.principal, form.interest, form.charge, form.total), (3000, 0, 30, 3030))
        self.assertRegex(form.told, r"1\s% of .\s3,000\.00 because")
        self.assertIn("o_loan_row_added", form.rows_html)
        self.assertEqual(self._rows(), before)
        form.action_prepay()
        repayment = self.contract.repayment_ids[0]
        self.assertEqual((repayment.kind, repayment.amount, repayment.state), ("prepayment", 3030, "posted"))
        event = repayment.event_ids
        self.assertEqual((event.kind, event.amount, event.charge), ("prepayment", 3000, 30))
        own = self.contract.installment_ids.filtered(lambda row: row.kind == "prepayment")
        self.assertEqual((own.principal, own.fee, own.amount_open, own.state), (3000, 30, 0, "paid"))
        self.assertEqual(repayment.amount_principal, 3000)
        self.assertEqual(repayment.amount_charges, 30)
        self._check_foots()

    def test_paid_rows_never_change(self):
        before = self._rows()[:2]
        ids = self.contract.installment_ids[:2].ids
        self._prepay(amount=3000)
        self._draw(1000)
        self._restructure(remaining=20, yearly_rate=5.0)
        self.assertEqual(self._rows()[:2], before)
        self.assertEqual(self.contract.installment_ids[:2].ids, ids)

    def test_each_effect_does_what_it_says(self):
        was = self.contract.installment_ids[2].amount
        for effect in (
            "keep_term",
            "keep_installment",
            "keep_installment_whole",
            "own_row",
            "last_installment",
        ):
            with self.subTest(effect=effect), self.env.cr.savepoint() as savepoint:
                form = self._prepay(press=False, amount=3000, effect=effect)
                interest, total = form.interest, form.total
                form.action_prepay()
                rows = self.contract.installment_ids.filtered(lambda row: row.kind == "installment")
                if effect in ("keep_term", "own_row"):
                    self.assertEqual(len(rows), 12)
                    self.assertLess(rows[3].amount, was)
                if effect == "keep_installment":
                    self.assertLess(len(rows), 12)
                    self.assertEqual(rows[2].amount, was)
                if effect == "keep_installment_whole":
                    self.assertLess(len(rows), 12)
                if effect == "own_row":
                    self.assertGreater(interest, 0)
                if effect == "last_installment":
                    self.assertLess(rows[2].amount, was)
                own = self.contract.installment_ids.filtered(lambda row: row.kind == "prepayment")
                self.assertEqual((own.amount_open, own.amount), (0, total))
                self._check_foots()
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_reversal_restores_every_row(self):
        before = self._rows()
        totals = self.contract.read(self.contract._totals())
        for values in ({"amount": 3000}, {"amount": 500, "effect": "own_row"}, {"settles": True}):
            with self.subTest(**values):
                self._prepay(**values)
                self.assertNotEqual(self._rows(), before)
                self.contract.repayment_ids[0].with_user(self.manager).action_reverse()
                self.assertEqual(self._rows(), before)
                self.assertEqual(self.contract.read(self.contract._totals()), totals)
                self.assertEqual(self.contract.state, "active")
        self.assertEqual(set(self.contract.event_ids.mapped("state")), {"reversed"})

    def test_pressed_twice_is_once(self):
        form = self._prepay(amount=3000)
        form.action_prepay()
        self.assertEqual(len(self.contract.repayment_ids), 3)
        self.assertEqual(len(self.contract.event_ids), 1)
        form = self._restructure(remaining=20)
        form.action_restructure()
        form = self._draw(100)
        form.action_draw_down()
        self.assertEqual(len(self.contract.event_ids), 3)

    def test_a_back_dated_prepayment_counts_from_its_day(self):
        day = self.contract.installment_ids[1].due_date + timedelta(3)
        form = self._prepay(amount=3000, date=day, effect="keep_term")
        self.assertEqual(form.amount_due, 0)
        rows = self.contract.installment_ids
        self.assertEqual(rows[2].kind, "prepayment")
        self.assertEqual(rows[2].due_date, day)
        self.assertEqual(self.contract.event_ids.date, day)
        self.assertEqual(rows[:2].mapped("state"), ["paid", "paid"])
        self._check_foots()

    def test_what_is_overdue_is_paid_first_and_with_it(self):
        product = self._product(penalty_factor=1.5)
        contract = self._due_in(-20, product_id=product.id)
        first = contract.installment_ids[0]
        penalty = contract.charges_open
        form = self._prepay(contract, press=False, amount=2000, effect="keep_term")
        self.assertEqual((form.amount_due, form.late_charges), (first.amount, penalty))
        self.assertAlmostEqual(form.total, first.amount + penalty + 2000)
        form.action_prepay()
        repayment = contract.repayment_ids  # one sum came in
        self.assertEqual((repayment.kind, repayment.amount), ("prepayment", form.total))
        self.assertEqual(
            {row.installment_id.kind: row.principal for row in repayment.allocation_ids},
            {"prepayment": 2000, "installment": first.principal},
        )
        self.assertEqual((contract.amount_overdue, contract.days_past_due, contract.charges_open), (0, 0, 0))
        self.assertEqual((contract.amount_credit, first.state), (0, "paid"))
        before = contract.installment_ids.mapped("amount")
        repayment.action_reverse()
        self.assertEqual(first.amount_open, first.amount)
        self.assertAlmostEqual(contract.charges_open, penalty)
        self.assertNotEqual(contract.installment_ids.mapped("amount"), before)

    def test_a_settlement_ends_the_loan_closed(self):
        settled = proposals.settle(self.contract._as_terms(), [], TODAY)
        form = self._prepay(press=False, settles=True)
        self.assertAlmostEqual(form.total, float(settled.total))
        form.action_prepay()
        self.assertEqual((self.contract.state, self.contract.amount_open), ("closed", 0))
        self.assertEqual(self.contract.amount_credit, 0)
        repayment = self.contract.repayment_ids[0]
        self.assertAlmostEqual(repayment.amount, float(settled.total))
        self.assertEqual(repayment.amount_charges, float(settled.charge))
        self._check_foots()

    def test_a_settlement_takes_arrears_in_and_what_was_paid_ahead_off(self):
        product = self._product(penalty_factor=1.5)
        late = self._due_in(-20, product_id=product.id)
        form = self._prepay(late, press=False, settles=True)
        self.assertGreater(form.late_charges, 0)
        form.action_prepay()
        self.assertEqual((late.state, late.amount_credit, len(late.repayment_ids)), ("closed", 0, 1))
        ahead = self._contract()
        self._pay(ahead, 1500)
        form = self._prepay(ahead, press=False, settles=True)
        self.assertEqual(form.paid_ahead, 1500)
        form.action_prepay()
        self.assertEqual((ahead.state, ahead.amount_credit), ("closed", 0))

    def test_a_settlement_to_the_next_due_date_and_one_that_does_not_wait(self):
        for values in ({"settlement_interest": "to_next_due"}, {"prepayment_date": "next_due"}):
            contract = self._contract(**values)
            first = contract.installment_ids[0].interest
            form = self._prepay(contract, press=False, settles=True)
            if "settlement_interest" in values:
                self.assertEqual(form.interest, first)
            form.action_prepay()
            self.assertEqual(contract.state, "closed", values)

    def test_who_settles_does_not_wait_with_what_waits(self):
        contract = self._contract(prepayment_date="next_due")
        self._prepay(contract, amount=3000)
        waiting = contract.installment_ids.filtered(lambda row: row.kind == "prepayment")
        first = contract.installment_ids.filtered(lambda row: row.kind == "installment")[0]
        self.assertEqual((waiting.due_date, waiting.state), (first.due_date, "paid"))
        self.assertAlmostEqual(contract.principal_outstanding, 9000)
        form = self._prepay(contract, press=False, settles=True)
        self.assertEqual((form.error, form.principal), (False, 9000))
        # 21 of the 28 days that cost 60: what waits bears them with the rest
        self.assertEqual(form.interest, 45.0)
        form.action_prepay()
        self.assertEqual((contract.state, contract.amount_open, contract.amount_credit), ("closed", 0, 0))
        self._check_foots(contract)

    def test_what_cannot_wait_says_so(self):
        contract = self._contract(prepayment_date="next_due", term=1)
        self.assertRegex(self._prepay(contract, press=False, amount=500).error, "Settle the loan instead")
        self._prepay(contract, settles=True)
        self.assertEqual(contract.state, "closed")

    def test_a_term_that_cannot_be_shortened_is_not_promised(self):
        contract = self._contract(repayment_method="interest_only")
        error = self._prepay(contract, press=False, amount=500, effect="keep_installment").error
        self.assertRegex(error, "Repayment Method: Interest only.*After a Prepayment")

    def test_wrong_prepayments_are_refused_in_plain_words(self):
        before = self._rows()
        for values, words in (
            ({"amount": 0}, "more than zero"),
            ({"amount": -1}, "more than zero"),
            ({"amount": 99999}, "is owed of the loan"),
            ({"amount": 100, "date": TODAY + timedelta(1)}, "not before"),
            ({"amount": 100, "date": self.contract.start_date - timedelta(1)}, "before the loan is paid out"),
        ):
            with self.subTest(**values):
                form = self._prepay(press=False, **values)
                if values["amount"]:
                    self.assertRegex(form.error, words)
                else:  # who has only opened the form has done nothing wrong yet
                    self.assertEqual(
                        (form.error, form.comparison_html, bool(form.hint)), (False, False, True)
                    )
                with self.assertRefused(words):
                    self._prepay(**values)
        self.assertEqual(self._rows(), before)
        self.assertEqual(len(self.contract.repayment_ids), 2)

    def test_the_change_behind_a_repayment_goes_with_it(self):
        self._prepay(amount=3000)
        event = self.contract.event_ids.with_user(self.manager)
        for context in ({}, {"loan_repayment_reversed": True}):
            with self.assertRefused("Reverse the repayment"):
                event.with_context(**context).action_reverse()
        with self.assertRefused("stays what it is"):
            event.write({"repayment_id": False})

    # ------------------------------------------------------------ drawdown

    def test_a_drawdown_raises_what_is_owed(self):
        form = self._draw(6000, press=False)
        self.assertIn("costs", form.comparison_html)
        before = self.contract.principal_outstanding
        form.action_draw_down()
        self.assertAlmostEqual(self.contract.principal_outstanding, before + 6000)
        self.assertEqual(self.contract.installment_ids[:2].mapped("state"), ["paid", "paid"])
        self.assertGreater(self.contract.installment_ids[2].amount, self.contract.installment_ids[1].amount)
        self._check_foots()

    def test_only_a_line_can_be_drawn_again(self):
        once = self._contract()
        self.assertRegex(self._draw(10, once, press=False).error, "nothing more was agreed")
        with self.assertRefused("smaller than its first payout"):
            self._contract(credit_limit=11999)
        with self.assertRefused("terms of LN"):
            once.with_user(self.manager).credit_limit = 20000
        self.product.principal_max = 15000
        with self.assertRefused("end at .\\s15,000.00"):
            self._contract(credit_limit=15001)

    def test_a_drawdown_keeps_to_the_limit_of_the_line(self):
        self.contract = self._contract(credit_limit=15000)
        self._draw(2000)
        for amount, words in (
            (1000.01, "only .\\s1,000.00 more"),
            (0, "more than zero"),
            (-1, "more than zero"),
        ):
            with self.subTest(amount=amount), self.assertRefused(words):
                self._draw(amount)
        self.assertRegex(self._draw(5000, press=False).error, "only .\\s1,000.00 more")
        with self.assertRefused("Money moves"):
            self._draw(10, date=TODAY + timedelta(1))
        self._draw(1000)

    # ------------------------------------------------------------ restructuring

    def test_each_part_of_a_restructuring(self):
        for values, check in (
            ({"remaining": 20}, lambda rows: self.assertEqual(len(rows), 22)),
            ({"yearly_rate": 3.0}, lambda rows: self.assertLess(rows[4].interest, 40)),
            (
                {"grace": 3, "grace_interest": "paid"},
                lambda rows: self.assertEqual(rows[2:5].mapped("principal"), [0, 0, 0]),
            ),
            (
                {"grace": 2, "grace_interest": "capitalised", "remaining": 12},
                lambda rows: self.assertTrue(all(row.capitalised and not row.amount for row in rows[2:4])),
            ),
            (
                {"grace": 2, "grace_interest": "deferred"},
                lambda rows: self.assertEqual(rows[2:4].mapped("amount"), [0, 0]),
            ),
            (
                {"repayment_method": "equal_principal"},
                lambda rows: self.assertEqual(len(set(rows[2:-1].mapped("principal"))), 1),
            ),
            (
                {"repayment_method": "interest_only", "remaining": 6, "yearly_rate": 4.0},
                lambda rows: self.assertEqual(rows[2:-1].mapped("principal"), [0] * 5),
            ),
        ):
            with self.subTest(**values), self.env.cr.savepoint() as savepoint:
                before = self._rows()[:2]
                self._restructure(**values)
                check(self.contract.installment_ids)
                self.assertEqual(self._rows()[:2], before)
                self._check_foots()
                savepoint.rollback()
                self.env.invalidate_all()

    def test_the_difference_is_shown_before(self):
        form = self._restructure(press=False, remaining=20, yearly_rate=5.0)
        self.assertIn("After the change", form.comparison_html)
        self.assertIn("o_loan_row_added", form.rows_html)
        self.assertIn("o_loan_row_changed", form.rows_html)
        self.assertFalse(self.contract.event_ids)
        form.action_restructure()
        version = self.contract.version_ids[0]
        self.assertEqual(version.row_count, 22)
        self.assertIn("o_loan_row_added", version.difference_html)

    def test_new_terms_need_consent_on_record(self):
        for name in ("consent_date", "consent_method", "consent_reference"):
            with self.subTest(missing=name), self.assertRefused("consent on record"):
                self._restructure(remaining=20, **{name: False})
        with self.assertRefused("agrees while the loan runs"):
            self._restructure(remaining=20, consent_date=TODAY + timedelta(1))
        self._restructure(remaining=20, consent_file="aGVsbG8=", consent_filename="consent.txt")
        event = self.contract.event_ids
        self.assertEqual((event.consent_reference, event.note), ("Folder 12", "Lost the job"))
        kept = self.env["ir.attachment"].search([("res_model", "=", event._name), ("res_id", "=", event.id)])
        self.assertEqual(kept.name, "consent.txt")

    def test_new_terms_hold_from_today_on_and_touch_nothing_paid(self):
        third = self.contract.installment_ids[2]
        self.assertEqual(self.contract._change_from(), TODAY)
        self._pay(self.contract, third.amount)
        self.assertEqual(self.contract._change_from(), third.due_date + timedelta(1))
        for day, words in (
            (TODAY - timedelta(1), "from today or a later day"),
            (TODAY, "paid already"),
            (third.due_date, "paid already"),
        ):
            with self.subTest(day=day), self.assertRefused(words):
                self._restructure(date=day, remaining=20)
        before = self._rows()[:3]
        self._restructure(remaining=20)
        self.assertEqual(self._rows()[:3], before)

    def test_wrong_terms_are_refused_in_plain_words(self):
        for values, words in (
            ({}, "terms as agreed"),
            ({"remaining": 0}, "At least one"),
            ({"remaining": 9999}, "out of range"),
            ({"yearly_rate": -1}, "cannot be negative"),
            ({"yearly_rate": 435}, "higher than any"),
            ({"grace": -1}, "cannot be negative"),
            ({"grace": 10}, "At most 9"),
        ):
            with self.subTest(**values):
                form = self._restructure(press=False, **values)
                self.assertRegex(form.error or form.hint, words)
                # Who has only opened the form has done nothing wrong yet.
                self.assertEqual((bool(form.error), bool(form.hint)), (bool(values), not values))
                with self.assertRefused(words):
                    self._restructure(**values)
        self.assertFalse(self.contract.event_ids)

    # ------------------------------------------------------------ versions

    def test_versions_stay_readable_after_three_changes(self):
        seen = [self._rows(names=ROW)]
        self._draw(1000)
        seen.append(self._rows(names=ROW))
        self._prepay(amount=2000)
        seen.append(self._rows(names=ROW))
        self._restructure(remaining=18, grace=2, grace_interest="paid")
        seen.append(self._rows(names=ROW))
        versions = self.contract.version_ids.sorted("number").with_user(self.manager)
        self.assertEqual(versions.mapped("number"), [1, 2, 3, 4])
        for version, rows in zip(versions, seen, strict=True):
            then = [tuple(row[name] for name in ROW) for row in version.installment_ids]
            self.assertEqual(then, rows, version.number)
            self.assertEqual(version.holds, version.number == 4)
        self.assertEqual(versions.event_id, self.contract.event_ids)
        self.assertFalse(versions[0].difference_html)
        for version in versions[1:]:
            self.assertIn("o_loan_row_", version.difference_html)
        # Newest first; each version before is still what it was.
        self._take_back(self.contract.event_ids.filtered(lambda event: event.kind == "restructure"))
        self.contract.event_ids.filtered(lambda event: event.kind == "drawdown").with_user(
            self.manager
        ).action_reverse()
        self.assertEqual(self.contract.version_number, 6)
        self.env.invalidate_all()
        again = [tuple(row[name] for name in ROW) for row in versions[3].installment_ids]
        self.assertEqual(again, seen[3])

    def test_a_reversed_change_leaves_no_trace_in_the_rows(self):
        before = self._rows()
        for press in (
            lambda: self._draw(5000),
            lambda: self._restructure(remaining=30, yearly_rate=4.0, grace=2, grace_interest="capitalised"),
        ):
            press()
            event = self.contract.event_ids.filtered(lambda event: event.state == "posted")
            if event.kind == "restructure":
                self._take_back(event)
            else:
                event.with_user(self.manager).action_reverse()
            self.assertEqual(self._rows(), before)
        self.assertEqual(self.contract.version_number, 5)

    def test_repayments_are_spread_over_the_new_rows(self):
        self._pay(self.contract, 400)  # part of the third
        self._restructure(remaining=20)
        third, fourth = self.contract.installment_ids[2:4]
        self.assertAlmostEqual(third.interest_paid + third.principal_paid, 400)
        self.assertEqual((third.state, fourth.amount_open), ("open", fourth.amount))
        self._pay(self.contract, third.amount_open)
        self.assertEqual(third.state, "paid")
        allocations = self.contract.repayment_ids.allocation_ids.installment_id
        self.assertFalse(allocations.filtered("version_to"))

    def test_reminders_follow_the_row_of_their_day_and_are_not_sent_twice(self):
        contract = self._due_in(3)
        sent = self._remind().filtered(lambda reminder: reminder.contract_id == contract)
        self.assertTrue(sent)
        old = sent.installment_id
        self._restructure(contract, remaining=20, date=TODAY)
        new = contract.installment_ids[0]
        self.assertNotEqual(new, old)
        self.assertEqual(new.due_date, old.due_date)
        self.env.invalidate_all()
        self.assertEqual(sent.installment_id, new)
        again = self._remind().filtered(lambda reminder: reminder.contract_id == contract)
        self.assertEqual(again, sent)

    def test_replaced_rows_are_not_owed(self):
        self._restructure(remaining=20)
        due = self.env["loan.installment"].with_user(self.manager)
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_installment_action")
        self.assertIn("version_to", action["domain"] or "")
        self.assertTrue(due.search([("contract_id", "=", self.contract.id), ("state", "=", "replaced")]))
        self.assertAlmostEqual(
            sum(self.contract.installment_ids.mapped("amount_open")), self.contract.amount_open
        )

    # ------------------------------------------------------------ rights and screens

    def test_only_who_manages_the_loan_changes_it(self):
        vals = {"contract_id": self.contract.id}
        for user in (self.stranger, self.colleague, self.desk, self.compliance, self.administrator):
            for model in ("loan.repayment.prepay", "loan.contract.restructure", "loan.contract.drawdown"):
                with self.subTest(user=user.name, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).create(vals)
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env["loan.contract.event"].with_user(user).create(
                    {**vals, "kind": "drawdown", "date": TODAY, "amount": 1}
                )
        own = self._restructure(press=False, remaining=20)
        with self.assertRaises(AccessError):
            own.with_user(self.stranger).action_restructure()
        self._restructure(remaining=20)
        event, version = self.contract.event_ids, self.contract.version_ids
        for record in (event, version):
            self.assertFalse(record.with_user(self.stranger).search([("id", "in", record.ids)]))
            self.assertTrue(record.with_user(self.desk).search([("id", "in", record.ids)]))

    def test_the_forms_open_from_the_loan(self):
        contract = self.contract.with_user(self.manager)
        for action in (contract.action_prepay(), contract.action_restructure(), contract.action_draw_down()):
            with Form(
                self.env[action["res_model"]].with_user(self.manager).with_context(**action["context"])
            ):
                pass
        form = Form(contract)
        self.assertEqual(len(form.version_ids), 1)

    def test_nobody_makes_a_change_by_hand(self):
        """New terms come from the forms that ask for consent and money, a new rate from the night."""
        contract = self._contract(credit_limit=20000)
        for vals in (
            {"kind": "rate", "changes_rate": True, "yearly_rate": 0, "remaining": 60},
            {"kind": "prepayment", "settles": True, "amount": 1000, "charge": 50000},
            {"kind": "drawdown", "amount": 5000},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self.env["loan.contract.event"].with_user(self.manager).create(
                    {"contract_id": contract.id, "date": TODAY, **vals}
                )
        event = self.env["loan.contract.event"].create(
            {"contract_id": contract.id, "kind": "drawdown", "date": TODAY, "amount": 600}
        )
        with self.assertRaises(AccessError):
            event.with_user(self.manager).amount = 60000
        for user in (self.stranger, self.desk, self.compliance, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                event.with_user(user).action_post()
        event.with_user(self.manager).action_post()
        for user in (self.stranger, self.desk, self.compliance):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                event.with_user(user).action_reverse()
        event.with_user(self.manager).action_reverse()
        self.assertEqual(event.state, "reversed")

    def test_terms_that_were_agreed_are_not_taken_back_by_one_click(self):
        before = self._rows()
        self._restructure(remaining=20)
        event = self.contract.event_ids
        with self.assertRefused("put new terms on record"):
            event.with_user(self.manager).action_reverse()
        forms = self.env["loan.contract.event.reverse"]
        for user in (self.manager, self.desk, self.compliance, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                forms.with_user(user).create({"event_id": event.id, "reason": "Oops"})
        with self.assertRaises(AccessError):
            forms.with_user(self.other_lead).create({"event_id": event.id, "reason": "Oops"})
        for reason in (False, "  "):
            with self.assertRefused("Say why"):
                self._take_back(event, reason=reason)
        self.assertEqual(event.state, "posted")
        self._take_back(event)
        self.assertEqual((event.state, event.reversal_reason), ("reversed", "Typed into the wrong loan"))
        self.assertEqual(self._rows(), before)
        self.assertTrue(
            self.contract.message_ids.filtered(
                lambda message: (
                    "Typed into the wrong loan" in message.body and message.author_id == self.lead.partner_id
                )
            )
        )
        with self.assertRefused("cannot|moment|already|Reversed"):
            forms.with_user(self.lead).create({"event_id": event.id, "reason": "Again"}).action_reverse()

    def test_nothing_is_taken_from_under_what_was_agreed_on_it(self):
        self._draw(1000)
        drawdown = self.contract.event_ids
        self._restructure(remaining=20)
        agreed = self.contract.event_ids - drawdown
        with self.assertRefused("rests on it. Reverse that one first"):
            drawdown.with_user(self.manager).action_reverse()
        self.assertEqual(drawdown.state, "posted")
        self._take_back(agreed)
        drawdown.with_user(self.manager).action_reverse()
        self.assertEqual(drawdown.state, "reversed")

    def test_money_that_did_not_come_is_taken_back_whatever_was_agreed_since(self):
        self._prepay(amount=3000)
        self._restructure(remaining=20)
        repayment = self.contract.repayment_ids.filtered(lambda repayment: repayment.kind == "prepayment")
        repayment.with_user(self.manager).action_reverse()
        self.assertEqual(set(self.contract.event_ids.mapped("state")), {"reversed", "posted"})
        self._check_foots()

    def test_two_reminders_of_one_day_do_not_meet_on_one_row(self):
        """A prepayment's row and an installment due on its day were both reminded of; new rows replace both."""
        contract = self._due_in(3)
        reminder = self._remind().filtered(lambda reminder: reminder.contract_id == contract)
        first = contract.installment_ids[0]
        twin = first.sudo().copy(
            {"kind": "prepayment", "number": 0, "contract_id": contract.id, "due_date": first.due_date}
        )
        other = reminder.sudo().copy({"installment_id": twin.id})
        gone = first | twin
        gone.write({"version_to": 2, "state": "replaced"})
        heir = first.copy({"version_from": 2, "version_to": False, "state": "open"})
        self.env.flush_all()
        # As rows are written: an Integer of the ORM is zero and not empty.
        self.env.cr.execute("UPDATE loan_installment SET version_to = NULL WHERE id = %s", [heir.id])
        contract._hand_over_reminders(gone)
        self.env.invalidate_all()
        self.assertEqual(reminder.installment_id, heir)
        self.assertEqual(other.installment_id, twin)

    def test_a_drawdown_makes_nobody_late_in_retrospect(self):
        contract = self._due_in(-5, credit_limit=20000)
        for row in contract.installment_ids[:1]:
            self._pay(contract, row.amount, date=row.due_date)
        event = self.env["loan.contract.event"].create(
            {"contract_id": contract.id, "kind": "drawdown", "date": contract.start_date, "amount": 5000}
        )
        with self.assertRefused("cannot be dated before"):
            event.action_post()

    def test_a_version_number_is_nobodys_to_write(self):
        contract = self._contract()
        with self.assertRefused("cannot be entered"):
            contract.with_user(self.manager).version_number = 0
