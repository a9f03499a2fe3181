from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


class NightCommon(LoanCommon):
    """A lender whose loans follow a reference rate and whose nights can be played."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reference = cls.env["loan.reference.rate"].create(
            {
                "name": "Prime Rate",
                "code": "PRIME",
                "value_ids": [Command.create({"date": "2026-01-20", "value": 3.10})],
            }
        )
        cls.floating = cls._product(
            name="Mortgage",
            rate_type="floating",
            reference_rate_id=cls.reference.id,
            spread=0.5,
            reprice_rule="new_year",
            fixing_days=10,
        )

    @classmethod
    def _floating_loan(cls, customer=None, **values):
        """Return 120,000 over 24 months, paid out on 15 February 2026 at 3.10 + 0.50 percent."""
        return cls._contract(
            customer,
            **{
                "product_id": cls.floating.id,
                "principal": 120000,
                "term": 24,
                "start_date": date(2026, 2, 15),
                "first_due_date": date(2026, 3, 15),
                **values,
            },
        )

    def _publish(self, day, value, rate=None):
        return self.env["loan.reference.rate.value"].create(
            {"rate_id": (rate or self.reference).id, "date": day, "value": value}
        )

    def _on(self, day, clock="00:30"):
        return self._days_later((date.fromisoformat(day) - TODAY).days, clock)

    def _night(self, company=None):
        """Do the night of the lender and return its record."""
        company = company or self.company
        with self._without_commit():
            self.env["loan.night"]._run(company)
        return self.env["loan.night"].search(
            [("company_id", "=", company.id), ("date", "=", company._loan_today())]
        )

    def _rows(self, contract):
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            (row.number, row.due_date, row.principal, row.interest, row.amount, row.balance, row.state)
            for row in contract.installment_ids
        ]


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanRepricing(NightCommon):
    """3.60 percent become 3.50 on 1 January 2027, fixed on 22 December 2026."""

    def test_a_floating_loan_starts_from_the_published_value(self):
        contract = self._floating_loan()
        self.assertEqual((contract.yearly_rate, contract.current_rate), (3.6, 3.6))
        self.assertEqual(contract.next_reprice_date, date(2027, 1, 1))

    def test_the_anniversary_counts_from_the_payout(self):
        contract = self._floating_loan(reprice_rule="anniversary", reprice_months=3)
        self.assertEqual(contract.next_reprice_date, date(2026, 5, 15))

    def test_nothing_happens_before_the_fixing_day(self):
        contract = self._floating_loan()
        self._publish("2026-12-20", 3.0)
        before = self._rows(contract)
        with self._on("2026-12-21"):
            night = self._night()
            self.assertEqual((night.state, night.repriced_count), ("done", 0))
        self.assertEqual(self._rows(contract), before)

    def test_on_the_fixing_day_the_latest_value_makes_the_next_rate(self):
        contract = self._floating_loan()
        paid = contract.installment_ids[0]
        self._publish("2026-12-20", 3.0)
        with self._on("2026-04-01"):
            self._pay(contract, sum(contract.installment_ids[:10].mapped("amount")), date=date(2026, 4, 1))
        before = self._rows(contract)
        with self._on("2026-12-22"):
            night = self._night()
            self.assertEqual((night.state, night.repriced_count, night.told_count), ("done", 1, 1))
            event = contract.event_ids
            self.assertEqual((event.kind, event.state, event.date), ("rate", "posted", date(2027, 1, 1)))
            self.assertEqual((event.rate_before, event.yearly_rate), (3.6, 3.5))
            self.assertEqual(event.reference_value_id.value, 3.0)
            self.assertEqual(contract.current_rate, 3.6, "not before its day")
            self.assertEqual(contract.next_reprice_date, date(2028, 1, 1))
        with self._on("2027-01-01"):
            self.assertEqual(contract.current_rate, 3.5)
        after = self._rows(contract)
        self.assertEqual(after[:10], before[:10], "what fell due before stands as it was")
        self.assertIn(paid, contract.installment_ids)
        self.assertEqual(len(after), 24)
        balance = Decimal(str(before[9][5]))
        cent = Decimal("0.01")
        mixed = balance * (Decimal("0.036") * 17 + Decimal("0.035") * 14) / 31 / 12
        self.assertEqual(after[10][3], float(mixed.quantize(cent, ROUND_HALF_UP)))
        month = Decimal("0.035") / 12
        # Fourteen equal payments, of which the first bears the mixed interest.
        level = (balance + mixed) / (1 + (1 - (1 + month) ** -13) / month)
        self.assertEqual(after[11][4], float(level.quantize(cent, ROUND_HALF_UP)))
        self.assertEqual(after[-1][5], 0)
        version = contract.version_ids.filtered("holds")
        self.assertEqual((version.number, version.event_id), (2, event))

    def test_a_second_night_does_nothing(self):
        contract = self._floating_loan()
        self._publish("2026-12-20", 3.0)
        with self._on("2026-12-22"):
            night = self._night()
            self._night()
            night._begin_again(self.company)
            self._night()
            self.assertEqual((night.repriced_count, len(contract.event_ids)), (1, 1))
        with self._on("2026-12-23"):
            self.assertEqual(self._night().repriced_count, 0)
        letters = contract.message_ids.filtered(lambda message: message.message_type == "email_outgoing")
        self.assertEqual(len(letters), 1)

    def test_who_slept_takes_the_value_of_the_fixing_day(self):
        contract = self._floating_loan()
        self._publish("2026-12-20", 3.0)
        self._publish("2026-12-24", 2.0)
        with self._on("2027-01-04"):
            self._night()
            self.assertEqual(contract.event_ids.yearly_rate, 3.5)
            self.assertEqual(contract.event_ids.date, date(2027, 1, 1))

    def test_who_slept_for_years_reprices_each_of_them(self):
        contract = self._floating_loan()
        self._publish("2026-12-20", 3.0)
        self._publish("2027-12-20", 2.5)
        with self._on("2028-01-10"):
            self._night()
            self.assertEqual(
                [(event.date, event.yearly_rate) for event in contract.event_ids.sorted("date")],
                # What fell due meanwhile stays as it was asked: the first rate comes too late for it.
                [(date(2027, 12, 15), 3.5), (date(2028, 1, 1), 3.0)],
            )
            self.assertEqual(contract.next_reprice_date, date(2029, 1, 1))
        with self._on("2028-12-25"):
            self.assertEqual(self._night().repriced_count, 0, "repaid by then")

    def test_a_value_that_comes_late_changes_no_installment_that_fell_due(self):
        contract = self._floating_loan()
        self._publish("2026-12-20", 4.6)
        with self._on("2027-03-01"):
            rows = contract.installment_ids.filtered(lambda row: row.due_date <= date(2027, 3, 1))
            for row in rows:
                if row.amount_open:
                    self._pay(contract, row.amount_open, date=row.due_date)
            before = rows.mapped("amount")
            self._night()
            self.assertEqual(len(contract.event_ids), 1)
            self.assertEqual(contract.event_ids.date, max(rows.mapped("due_date")))
            self.assertEqual((rows.mapped("amount"), set(rows.mapped("state"))), (before, {"paid"}))
            self.assertEqual((contract.days_past_due, contract.amount_overdue), (0, 0))

    def test_the_same_rate_is_told_but_changes_no_row(self):
        contract = self._floating_loan()
        before = self._rows(contract)
        with self._on("2026-12-22"):
            night = self._night()
            self.assertEqual((night.repriced_count, night.told_count), (1, 1))
            self.assertEqual(contract.next_reprice_date, date(2028, 1, 1))
        self.assertEqual(self._rows(contract), before)
        self.assertEqual(contract.version_number, 1)
        self.assertIn("It stays what it is", contract.event_ids.notice_message_id.body)

    def test_without_a_published_value_a_person_is_asked(self):
        other = self.env["loan.reference.rate"].create({"name": "Nobody's Rate", "code": "NOBODY"})
        product = self._product(name="Odd", rate_type="floating", reference_rate_id=other.id, yearly_rate=5)
        lost = self._floating_loan(product_id=product.id, reprice_rule="new_year", fixing_days=10)
        fine = self._floating_loan()
        with self._on("2026-12-22"):
            night = self._night()
            self.assertEqual((night.state, night.repriced_count), ("trouble", 1))
            self.assertEqual(night.failure_ids.contract_id, lost)
            self.assertIn("Nobody's Rate has no value", night.failure_ids.reason)
            self.assertFalse(lost.event_ids, "nothing is guessed")
            self.assertTrue(fine.event_ids)
            self.assertEqual(len(night.activity_ids), 1)
            self._publish("2026-12-01", 4.0, other)
            night.with_user(self.lead).action_run_again()
            self.assertEqual(night.state, "running")
            self._night()
            self.assertEqual((night.state, night.failure_count), ("done", 0))
            self.assertEqual(lost.event_ids.yearly_rate, 4.0 + lost.spread)

    def test_no_rate_falls_below_zero(self):
        for spread, wanted in ((-2.9, 0.1), (-3.5, 0.0)):
            with self.subTest(spread=spread):
                contract = self._floating_loan(spread=spread, yearly_rate=0.5)
                self._publish(f"2026-12-{10 + int(-spread)}", 3.0)
                with self._on("2026-12-22"):
                    self.env["loan.night"]._begin_again(self.company)
                    self._night()
                    self.assertEqual(contract.event_ids.yearly_rate, wanted)
                facts = contract.event_ids.notice_facts
                self.assertEqual(facts["floored"], not wanted)
                self.assertAlmostEqual(sum(row[2] for row in self._rows(contract)), 120000)

    def test_the_installment_can_be_kept_instead_of_the_term(self):
        contract = self._floating_loan(after_repricing="keep_installment")
        before = self._rows(contract)
        self._publish("2026-12-20", 6.0)
        with self._on("2026-12-22"):
            self._night()
        after = self._rows(contract)
        self.assertEqual(after[12][4], before[12][4], "the installment is what it was")
        self.assertGreater(after[-1][1], before[-1][1], "the loan takes longer")
        facts = contract.event_ids.notice_facts
        self.assertNotEqual(facts["maturity"], facts["maturity_before"])
        self.assertIn("instead of", contract.event_ids.notice_message_id.body)

    def test_a_rate_can_hold_from_the_day_before(self):
        contract = self._floating_loan(repricing_day="day_before")
        before = self._rows(contract)
        self._publish("2026-12-20", 3.0)
        with self._on("2026-12-22"):
            self._night()
        balance = Decimal(str(before[9][5]))
        mixed = balance * (Decimal("0.036") * 16 + Decimal("0.035") * 15) / 31 / 12
        self.assertEqual(self._rows(contract)[10][3], float(mixed.quantize(Decimal("0.01"), ROUND_HALF_UP)))
        for day, rate in (("2026-12-30", 3.6), ("2026-12-31", 3.5)):
            with self._on(day):
                self.assertEqual(contract.current_rate, rate)

    def test_a_wrong_value_can_be_put_right(self):
        contract = self._floating_loan()
        before = self._rows(contract)
        wrong = self._publish("2026-12-20", 30.0)
        with self._on("2026-12-22"):
            self._night()
            event = contract.event_ids
            administrator = wrong.with_user(self.administrator)
            for vals in ({"value": 3.0}, {"date": "2026-12-19"}):
                with self.assertRefused("Publish a new value"):
                    administrator.write(vals)
            administrator.value = 30.0  # nothing changes
            event.action_reverse()
            self.assertEqual(self._rows(contract), before)
            self.assertEqual(event.notice_message_id.mail_ids.state, "cancel", "the letter stays here")
            wrong.value = 3.0
        with self._on("2026-12-23"):
            self._night()
            self.assertEqual(contract.event_ids.filtered(lambda e: e.state == "posted").yearly_rate, 3.5)

    def test_a_letter_that_has_left_makes_a_to_do_when_its_rate_is_taken_back(self):
        contract = self._floating_loan()
        with self._on("2026-12-22"):
            self._night()
            contract.event_ids.notice_message_id.mail_ids.write({"state": "sent"})
            contract.event_ids.action_reverse()
        self.assertIn("was taken back", contract.activity_ids.summary)

    def test_a_schedule_from_elsewhere_is_left_alone(self):
        contract = self._floating_loan()
        contract.flush_recordset()
        self.env.cr.execute(
            "UPDATE loan_contract SET schedule_source = 'external' WHERE id = %s", [contract.id]
        )
        with self._on("2026-12-22"):
            night = self._night()
            self.assertEqual((night.state, night.repriced_count), ("done", 0))

    # ------------------------------------------------------------ the letter

    def test_the_letter_explains_the_new_rate(self):
        contract = self._floating_loan()
        self._publish("2026-12-20", 3.0)
        with self._on("2026-12-22"):
            self._night()
        event = contract.event_ids
        letter = event.notice_message_id
        self.assertIn("3.50 %", letter.subject)
        row = contract.installment_ids.filtered(lambda row: row.number == 12)
        for needed in (
            "Wang Fang",
            contract.name,
            "3.60",
            "3.50",
            "Prime Rate",
            "3.00",
            "December 20, 2026",
            "January 1, 2027",
            f"{row.amount:,.2f}",
            "How it is worked out",
            "14 installments",
            "Lin Mei",
            "+86 21 5555 0101",
        ):
            self.assertIn(needed, letter.body)
        self.assertEqual((letter.model, letter.res_id), ("loan.contract", contract.id))
        mail = letter.mail_ids
        self.assertIn("Lin Mei", mail.reply_to)
        self.assertEqual(mail.recipient_ids, contract.partner_id)
        self.assertEqual(event.notice_email_to, contract.partner_id.email)

    def test_each_borrower_reads_it_in_their_own_language(self):
        template = self.env.ref("loan_crm.mail_template_rate_notice").with_context(lang="zh_CN")
        template.subject = "贷款利率 {{ object.notice_facts['rate'] }} %"
        contracts = [
            self._floating_loan(self._customer(partner_id=self._partner(f"B {lang}", lang=lang).id))
            for lang in ("zh_CN", "en_US")
        ]
        with self._on("2026-12-22"):
            self._night()
        subjects = [contract.event_ids.notice_message_id.subject for contract in contracts]
        self.assertEqual(["贷款利率" in subject for subject in subjects], [True, False])

    def test_whom_no_letter_reaches_somebody_calls(self):
        for reason, values in (("no_address", {"email": False}), ("invalid_address", {"email": "nowhere"})):
            with self.subTest(reason=reason):
                contract = self._floating_loan(
                    self._customer(partner_id=self._partner("Silent", **values).id)
                )
                with self._on("2026-12-22"):
                    self.env["loan.night"]._begin_again(self.company)
                    self._night()
                event = contract.event_ids
                self.assertEqual((event.state, event.notice_hold_reason), ("posted", reason))
                self.assertFalse(event.notice_message_id)
                self.assertEqual(contract.activity_ids.user_id, self.manager)
                self.assertTrue(
                    [m for m in contract.message_ids if "The borrower was not told" in (m.body or "")]
                )

    def test_a_call_is_asked_of_nobody_without_the_duty(self):
        """To-dos open the loan's name to whoever gets them, and its notes by following it."""
        silent = self._partner("Silent", email=False)
        contract = self._floating_loan(self._customer(partner_id=silent.id))
        self.company.loan_reminder_user_id = self.administrator
        contract.customer_id.manager_user_id = False
        with self._on("2026-12-22"):
            night = self._night()
            self.assertEqual(contract.activity_ids.user_id, self.lead, "the lead of the customer's team")
            self.assertEqual(contract.activity_ids.date_deadline, date(2026, 12, 22), "the lender's day")
            self.assertNotIn(self.administrator.partner_id, contract.message_partner_ids)
            self.assertEqual(night.state, "done")
        orphan = self._floating_loan(self._customer(partner_id=self._partner("Nobody", email=False).id))
        orphan.customer_id.write({"manager_user_id": False, "team_id": False})
        with self._on("2026-12-23"):
            night = self._night()
            self.assertFalse(orphan.activity_ids)
            self.assertNotIn(self.administrator.partner_id, orphan.message_partner_ids)
            self.assertEqual((night.state, night.failure_ids.step), ("trouble", "notice"))
            self.assertEqual(night.failure_ids.contract_id, orphan)
            self.assertEqual(night.activity_ids.user_id, self.administrator)
            self.env.invalidate_all()
            self.assertFalse(night.with_user(self.administrator).failure_ids, "whose loan it is, is not told")
            self.env.invalidate_all()
            self.assertTrue(night.with_user(self.compliance).failure_ids)

    def test_a_letter_that_comes_back_makes_a_to_do(self):
        contract = self._floating_loan()
        with self._on("2026-12-22"):
            self._night()
            letter = contract.event_ids.notice_message_id
            letter.notification_ids.write({"notification_status": "exception"})
        with self._on("2026-12-23"):
            self._night()
        with self._on("2026-12-24"):
            self._night()
        self.assertEqual(contract.event_ids.notice_hold_reason, "undelivered")
        self.assertEqual(len(contract.activity_ids), 1)

    def test_who_opted_out_is_not_written_to(self):
        contract = self._floating_loan()
        self.env["mail.blacklist"]._add(contract.partner_id.email)
        with self._on("2026-12-22"):
            self._night()
        self.assertEqual(contract.event_ids.notice_hold_reason, "opted_out")

    def test_a_rate_entered_by_hand_is_told_too(self):
        contract = self._contract()
        event = self.env["loan.contract.event"].create(
            {
                "contract_id": contract.id,
                "kind": "rate",
                "date": TODAY + timedelta(days=30),
                "changes_rate": True,
                "yearly_rate": 5.0,
            }
        )
        event.action_post()
        self.assertEqual((event.rate_before, event.yearly_rate), (6.0, 5.0))
        self.assertTrue(event.notice_message_id)
        self.assertNotIn("published", event.notice_message_id.body)

    def test_nobody_enters_a_rate(self):
        with self.assertRefused("not allowed to create"):
            self.env["loan.contract.event"].with_user(self.manager).create(
                {
                    "contract_id": self._contract().id,
                    "kind": "rate",
                    "date": TODAY,
                    "changes_rate": True,
                    "yearly_rate": 5.0,
                }
            )

    # ------------------------------------------------------------ screens

    def test_a_reference_rate_counts_the_loans_that_follow_it(self):
        contract = self._floating_loan()
        reference = self.reference.with_user(self.manager)
        self.assertEqual(reference.contract_count, 1)
        action = reference.action_open_contracts()
        self.assertEqual(self.env["loan.contract"].with_user(self.manager).search(action["domain"]), contract)
        self.assertEqual(self.reference.with_user(self.stranger).contract_count, 0)

    def test_loans_that_are_repriced_soon_are_found(self):
        contract = self._floating_loan()
        domain = [("state", "=", "active"), ("next_reprice_date", "<=", "today +30d")]
        self.assertNotIn(contract, self.env["loan.contract"].search(domain))
        with self._on("2026-12-05"):
            self.assertIn(contract, self.env["loan.contract"].search(domain))
