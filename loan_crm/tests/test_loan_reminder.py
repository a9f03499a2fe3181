from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import format_date, mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminder(LoanCommon):
    """Who is written to on which day, and what the letter says. How it leaves is tested elsewhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ledger = cls.env["loan.reminder"]
        cls.rounds = cls.env["loan.reminder.round"]
        cls._try_letters()

    @classmethod
    def _due_in(cls, days, customer=None, **values):
        """Return a loan of a borrower who has no other one, for letters to one borrower are one letter."""
        return super()._due_in(days, customer or cls._customer(manager=cls.manager), **values)

    def _offsets(self, reminders=None):
        reminders = reminders if reminders is not None else self._remind()
        return [(reminder.step_id.offset, reminder.state) for reminder in reminders]

    def _of(self, contract):
        return self.ledger.search([("contract_id", "=", contract.id)], order="id")

    def _mails(self, contract):
        return self.env["mail.mail"].search([("model", "=", "loan.contract"), ("res_id", "=", contract.id)])

    # ---------------------------------------------------------------- the days

    def test_each_step_of_the_ladder_gets_its_letter_on_its_day(self):
        for days, offset in ((7, -7), (3, -3), (0, 0), (-3, 3)):
            with self.subTest(due_in=days):
                contract = self._due_in(days)
                self._remind()
                reminder = self._of(contract)
                self.assertEqual((reminder.step_id.offset, reminder.state), (offset, "queued"))
                self.assertEqual(reminder.date_planned, TODAY)
                self.assertEqual(reminder.mail_id.state, "outgoing")
                self.assertEqual(reminder.mail_id.recipient_ids, contract.partner_id)

    def test_no_letter_on_other_days(self):
        for days in (8, 12, 4, -6, -17):
            self._due_in(days)
        self.assertFalse(self._remind())

    def test_a_job_that_slept_catches_up_within_the_window_and_not_after(self):
        contract = self._due_in(7)
        for days, caught_up in ((3, False), (2, True)):  # the window of "7 days before" is 7 to 5 days before
            with self.subTest(slept=days), self._days_later(days):
                self._remind()
                self.assertEqual(
                    -7 in self._of(contract).step_id.mapped("offset"), caught_up, f"{days} days late"
                )
                self._of(contract).unlink()

    def test_a_job_that_slept_until_the_next_step_sends_only_that_one(self):
        contract = self._due_in(7)
        with self._days_later(4):  # three days before: the step of seven days before is past
            self.assertEqual(self._offsets(), [(-3, "queued")])
        with self._days_later(5):
            self.assertEqual(self._offsets(), [(-3, "queued")])
        with self._days_later(20):
            self.assertEqual(self._offsets(), [(-3, "queued")])
        self.assertEqual(len(self._mails(contract)), 1)

    def test_the_whole_ladder_is_climbed_once_however_often_the_job_runs(self):
        contract = self._due_in(8)
        for days in range(14):
            for clock in ("09:00", "12:00", "23:00"):
                with self._days_later(days, clock):
                    self._remind()
        self.assertEqual(
            [(reminder.step_id.offset, reminder.date_planned) for reminder in self._of(contract)],
            [(offset, TODAY + timedelta(8 + offset)) for offset in (-7, -3, 0, 3)],
        )

    def test_a_letter_of_the_due_date_that_is_caught_up_does_not_say_today(self):
        contract = self._due_in(0)
        with self._days_later(1):
            self._remind()
            letter = self._of(contract).message_id
            self.assertNotIn("today", letter.subject)
            self.assertNotIn("falls due today", letter.body)
            self.assertIn("was due on March 10, 2026", letter.body)

    def test_every_loan_and_every_installment_speaks_for_itself(self):
        first, second = self._due_in(7), self._due_in(3)
        late = self._due_in(-28)  # its second installment is due today
        self.assertEqual(late.installment_ids[1].due_date, TODAY)
        self._remind()
        self.assertEqual(self._of(first).step_id.offset, -7)
        self.assertEqual(self._of(second).step_id.offset, -3)
        self.assertEqual(self._of(late).installment_id.number, 2)

    def test_today_is_the_lender_s_day_and_not_that_of_the_server(self):
        # 23:30 UTC on the 9th: the 10th has begun in Shanghai, not in London, and is far off in New York.
        contract = self._due_in(0)
        for zone, due in (
            ("Asia/Shanghai", True),
            ("UTC", False),
            ("Europe/London", False),
            ("America/New_York", False),
            ("Pacific/Kiritimati", True),
        ):
            with self.subTest(zone=zone), freeze_time("2026-03-09 23:30:00"):
                self.company.loan_tz = zone
                self._remind()
                self.assertEqual(0 in self._of(contract).step_id.mapped("offset"), due)
                self._of(contract).unlink()

    def test_the_night_the_clocks_change_neither_skips_nor_repeats_a_day(self):
        self.company.loan_tz = "America/New_York"  # clocks change on 8 March 2026
        contract = self._due_in(-2)  # due on the 8th
        days = []
        for moment in ("2026-03-08 04:30", "2026-03-08 05:30", "2026-03-09 03:30", "2026-03-09 04:30"):
            with freeze_time(moment):
                self.env.invalidate_all()
                days.append(self.company._loan_today().day)
                self._remind()
        self.assertEqual(days, [7, 8, 8, 9])
        self.assertEqual([reminder.round_id.date.day for reminder in self._of(contract)], [7, 8])
        self.assertEqual(self._of(contract).step_id.mapped("offset"), [-3, 0])

    def test_no_letter_is_written_before_the_lender_s_hour(self):
        ran = []
        with patch.object(type(self.rounds), "_remind", lambda _self, company: ran.append(company) or True):
            for clock, expected in (("08:59", False), ("09:00", True), ("23:59", True)):
                ran.clear()
                with self._days_later(0, clock), self._without_commit():
                    self.rounds._cron_remind()
                self.assertEqual(self.company in ran, expected, clock)

    def test_a_company_in_trouble_does_not_silence_the_others(self):
        other = self.env["res.company"].create({"name": "Trouble Ltd.", "loan_tz": "Asia/Shanghai"})
        ran = []

        def remind(_self, company):
            ran.append(company)
            if company == other:
                raise ValueError("trouble")
            return True

        for order in (other | self.company, self.company | other):
            ran.clear()
            with (
                patch.object(type(self.rounds), "_remind", remind),
                patch.object(type(self.env["res.company"]), "search", lambda *args, order=order, **kw: order),
                patch.object(self.env.cr, "rollback"),
                mute_logger("odoo.addons.loan_crm.models.loan_reminder_round"),
                self._without_commit(),
            ):
                self.rounds._cron_remind()
            self.assertEqual(ran, list(order))

    # ---------------------------------------------------------------- what is owed

    def test_what_is_paid_is_not_reminded_of(self):
        contract = self._due_in(7)
        self._pay(contract, contract.installment_ids[0].amount)
        self.assertFalse(self._remind())

    def test_a_partial_payment_leaves_the_rest_to_be_named(self):
        contract = self._due_in(7)
        self._pay(contract, 32.8)
        reminder = self._remind()
        rest = contract.installment_ids[0].amount - 32.8
        self.assertAlmostEqual(reminder.amount, rest, 2)
        self.assertIn(f"{rest:,.2f}", reminder.message_id.subject)
        self.assertIn(f"{rest:,.2f}", reminder.message_id.body)

    def test_installments_paid_ahead_are_not_reminded_of(self):
        contract = self._due_in(7)
        self._pay(contract, sum(contract.installment_ids[:3].mapped("amount")))
        for days in range(0, 75, 1):
            with self._days_later(days):
                self.assertFalse(self._remind(), f"after {days} days")
        fourth = contract.installment_ids[3]
        with self._days_later((fourth.due_date - TODAY).days - 7):
            self.assertEqual(self._remind().installment_id, fourth)

    def test_a_reversed_repayment_makes_the_installment_speak_again(self):
        contract = self._due_in(7)
        repayment = self._pay(contract, contract.installment_ids[0].amount)
        self.assertFalse(self._remind())
        repayment.action_reverse()
        self.assertEqual(self._offsets(), [(-7, "queued")])

    def test_drafts_and_cancelled_and_repaid_loans_are_silent(self):
        self._due_in(7, active=False)
        self._due_in(7, active=False).action_cancel()
        repaid = self._due_in(7)
        self._pay(repaid, repaid.amount_open)
        self.assertEqual(repaid.state, "closed")
        self.assertFalse(self._remind())

    # ---------------------------------------------------------------- once

    def test_a_second_run_of_the_day_writes_nothing(self):
        for _number in range(3):
            self._due_in(7)
        held = self._due_in(3, self._customer("No Address", partner_id=self._partner(email=False).id))
        before = self._remind()
        stamps = before.mapped("write_date")
        mails = self.env["mail.mail"].search_count([])
        self.env["loan.reminder"].flush_model()
        self.cr.execute("UPDATE loan_reminder SET write_date = '2020-01-01'")
        self.env.invalidate_all()
        after = self._remind()
        self.assertEqual(after, before)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.env.flush_all()
        self.cr.execute("SELECT count(*) FROM loan_reminder WHERE write_date > '2020-01-01'")
        self.assertEqual(self.cr.fetchone()[0], 0, "not even the same values are written again")
        self.assertEqual(self._of(held).state, "held")
        self.assertTrue(stamps)

    def test_a_second_run_costs_the_same_for_few_loans_and_many(self):
        costs = []
        for count in (3, 25):
            for _number in range(count):
                self._due_in(7)
            self._remind()
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            self._remind()
            self.env.flush_all()
            costs.append(self.cr.sql_log_count - start)
        self.assertLessEqual(costs[1], costs[0] + 2, costs)
        self.assertLess(costs[1], 40)

    def test_the_database_itself_refuses_a_second_entry_of_a_step(self):
        self._due_in(7)
        reminder = self._remind()
        with self.assertRaisesRegex(Exception, "once"), mute_logger("odoo.sql_db"):
            reminder.copy()
            self.env.flush_all()

    def test_queries_grow_with_batches_and_not_with_letters(self):
        costs = {}
        for count in (10, 40):
            customers = [self._customer(f"Borrower {count} {number}") for number in range(count)]
            contracts = [self._due_in(7, customer) for customer in customers]
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            self._remind()
            self.env.flush_all()
            costs[count] = self.cr.sql_log_count - start
            self.assertTrue(all(self._of(contract).state == "queued" for contract in contracts))
        self.assertLessEqual(costs[40], costs[10] + 2, costs)

    # ---------------------------------------------------------------- held

    def _held_customer(self, reason):
        partner = self._partner(f"Borrower {reason}".replace("_", " "))
        customer = self._customer(partner_id=partner.id)
        if reason == "no_address":
            partner.email = False
        elif reason == "invalid_address":
            partner.email = "wang.fang at example"
        elif reason == "opted_out":
            self.env["mail.blacklist"]._add(partner.email)
        elif reason == "archived":
            customer.active = False
        return customer

    def test_who_cannot_be_written_to_is_held_for_a_reason_one_can_read(self):
        for reason in ("no_address", "invalid_address", "opted_out"):
            with self.subTest(reason=reason):
                contract = self._due_in(7, self._held_customer(reason))
                self._remind()
                reminder = self._of(contract)
                self.assertEqual((reminder.state, reminder.hold_reason), ("held", reason))
                self.assertFalse(reminder.mail_id | self._mails(contract))

    def test_an_archived_customer_is_held(self):
        customer = self._customer("Archived Person")
        contract = self._due_in(7, customer)
        customer.active = False
        self._remind()
        self.assertEqual(self._of(contract).hold_reason, "archived")

    def test_an_archived_letter_holds_the_step(self):
        contract = self._due_in(7)
        self.policy.step_ids.template_id.active = False
        self._remind()
        self.assertEqual(self._of(contract).hold_reason, "no_template")

    def test_a_held_reminder_is_released_once_the_address_is_corrected(self):
        contract = self._due_in(7, self._held_customer("no_address"))
        self._remind()
        contract.partner_id.email = "found@example.com"
        with self._days_later(2):
            self._remind()
            reminder = self._of(contract)
            self.assertEqual((reminder.state, reminder.hold_reason), ("queued", False))
            self.assertEqual(reminder.email_to, "found@example.com")

    def test_a_held_reminder_is_not_released_after_its_window(self):
        contract = self._due_in(7, self._held_customer("no_address"))
        self._remind()
        contract.partner_id.email = "found@example.com"
        with self._days_later(3):
            self._remind()
            self.assertEqual(self._offsets(self._of(contract)), [(-7, "held")])
        with self._days_later(4):
            self._remind()
            self.assertEqual(self._offsets(self._of(contract)), [(-7, "held"), (-3, "queued")])

    def test_a_held_reminder_that_is_paid_meanwhile_says_so(self):
        contract = self._due_in(7, self._held_customer("no_address"))
        self._remind()
        self._pay(contract, contract.installment_ids[0].amount)
        self._remind()
        self.assertEqual(self._of(contract).hold_reason, "paid")

    # ---------------------------------------------------------------- the letter

    def test_each_borrower_is_written_to_in_their_own_language(self):
        template = self.env.ref("loan_crm.mail_template_reminder_before").with_context(lang="zh_CN")
        template.subject = (
            "您的还款 {{ format_amount(object.amount, object.currency_id) }} "
            "将于 {{ format_date(object.due_date) }} 到期"
        )
        template.body_html = (
            "<p>尊敬的 <t t-out='object.partner_id.name'/>，"
            "<t t-out='format_date(object.due_date)'/>。<t t-out='object.payment_instructions'/></p>"
        )
        self.company.with_context(lang="zh_CN").loan_payment_instructions = "浦东银行"
        contracts = []
        for number in range(6):
            partner = self._partner(f"Borrower {number}", lang="zh_CN" if number % 2 else "en_US")
            contracts.append(self._due_in(7, self._customer(partner_id=partner.id)))
        self._remind()
        due = TODAY + timedelta(7)
        for number, contract in enumerate(contracts):
            letter, other = self._of(contract).message_id, "en_US" if number % 2 else "zh_CN"
            own = "zh_CN" if number % 2 else "en_US"
            amount = f"{contract.installment_ids[0].amount:,.2f}"
            with self.subTest(number=number, language=own):
                self.assertEqual("您的还款" in letter.subject, own == "zh_CN")
                self.assertEqual("尊敬的" in letter.body, own == "zh_CN")
                self.assertEqual("Dear" in letter.body, own == "en_US")
                self.assertEqual("浦东银行" in letter.body, own == "zh_CN")
                self.assertEqual("Pudong Bank" in letter.body, own == "en_US")
                self.assertIn(contract.partner_id.name, letter.body)
                self.assertIn(amount, letter.subject)
                self.assertIn("¥", letter.subject)
                # The Chinese letter is this lender's own, and writes dates shorter.
                style = "long" if own == "en_US" else False
                self.assertIn(format_date(self.env, due, lang_code=own, date_format=style), letter.subject)
                self.assertNotIn(format_date(self.env, due, lang_code=other), letter.subject)

    def test_the_letter_says_what_a_borrower_needs(self):
        contract = self._due_in(7)
        reminder = self._remind()
        body = reminder.message_id.body
        for needed in (
            "Wang Fang",
            contract.name,
            f"{contract.installment_ids[0].amount:,.2f}",
            "March 17, 2026",
            "Pudong Bank, account 6222 0000 1111",
            "Lin Mei",
            "+86 21 5555 0101",
            "Pudong Finance",
        ):
            self.assertIn(needed, body)
        self.assertIn("Lin Mei", reminder.mail_id.email_from)
        self.assertIn("Lin Mei", reminder.mail_id.reply_to)
        self.assertEqual(reminder.mail_id.author_id, self.manager.partner_id)

    def test_a_hostile_name_is_text_and_not_markup(self):
        partner = self._partner("<script>alert(1)</script><b>Bold</b>", email="x@example.com")
        contract = self._due_in(7, self._customer(partner_id=partner.id))
        self._remind()
        for body in (self._of(contract).message_id.body, self._of(contract).mail_id.body_html):
            self.assertNotIn("<script", body)
            self.assertNotIn("<b>Bold", body)

    def test_a_product_may_tell_another_way_to_pay(self):
        self.product.payment_instructions = "Cash at the counter"
        self._due_in(7)
        body = self._remind().message_id.body
        self.assertIn("Cash at the counter", body)
        self.assertNotIn("Pudong Bank", body)

    def test_the_deputy_signs_while_the_manager_is_away_and_not_after(self):
        contract = self._due_in(7)
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": TODAY,
                "date_to": TODAY + timedelta(1),
                "company_id": self.company.id,
            }
        )
        reminder = self._remind()
        self.assertEqual(reminder.signed_user_id, self.colleague)
        self.assertIn("Chen Bo", reminder.message_id.body)
        self.assertIn("+86 21 5555 0102", reminder.message_id.body)
        self.assertNotIn("relationship manager at", reminder.message_id.body)
        self.assertIn("In place of Lin Mei, Pudong Finance", reminder.message_id.body)
        self.assertIn("Chen Bo", reminder.mail_id.email_from)
        with self._days_later(4):
            self._remind()
            reminder = self._of(contract)[1]
            self.assertEqual(reminder.signed_user_id, self.manager)
            self.assertIn("Your relationship manager at Pudong Finance", reminder.message_id.body)
            self.assertNotIn("In place of", reminder.message_id.body)

    def test_every_letter_says_in_whose_place_a_stand_in_signs(self):
        self.env["loan.cover"].create(
            {"manager_user_id": self.manager.id, "date_from": TODAY, "date_to": TODAY + timedelta(1)}
        )
        for days in (7, 0, -3):
            with self.subTest(due_in=days):
                contract = self._due_in(days, self._customer(deputy_user_id=self.colleague.id))
                self._remind()
                body = self._of(contract).message_id.body
                self.assertIn("In place of Lin Mei, Pudong Finance", body)
                self.assertNotIn("relationship manager at", body)

    def test_nobody_who_left_signs(self):
        self._due_in(7)
        self.company.email = "letters@pudong.example.com"
        self.manager.active = False
        reminder = self._remind()
        self.assertFalse(reminder.signed_user_id)
        self.assertIn("letters@pudong.example.com", reminder.mail_id.email_from)

    def test_without_a_manager_the_lender_signs(self):
        contract = self._due_in(7)
        contract.customer_id.manager_user_id = False
        self.company.email = "letters@pudong.example.com"
        reminder = self._remind()
        self.assertFalse(reminder.signed_user_id)
        self.assertEqual(reminder.state, "queued")
        self.assertIn("letters@pudong.example.com", reminder.mail_id.email_from)
        self.assertNotIn("relationship manager at", reminder.message_id.body)

    # ---------------------------------------------------------------- trouble

    def test_a_poison_record_does_not_stop_the_others(self):
        contracts = [self._due_in(7) for _number in range(5)]
        poison = contracts[2]
        origin = type(self.ledger)._prepare_mail_vals

        def prepare(reminder, rendered):
            if reminder.contract_id == poison:
                raise ValueError("this one cannot be written")
            return origin(reminder, rendered)

        with patch.object(type(self.ledger), "_prepare_mail_vals", prepare):
            self._remind()
        for contract in contracts:
            reminder = self._of(contract)
            self.assertEqual(reminder.state, "failed" if contract == poison else "queued")
            self.assertEqual(len(self._mails(contract)), 0 if contract == poison else 1)
        self.assertIn("this one cannot be written", self._of(poison).failure)

    def test_a_record_the_database_refuses_does_not_stop_the_others(self):
        contracts = [self._due_in(7) for _number in range(3)]
        origin = type(self.ledger)._prepare_mail_vals

        def prepare(reminder, rendered):
            if reminder.contract_id == contracts[0]:
                reminder.env.cr.execute("SELECT 1 / 0")
            return origin(reminder, rendered)

        with patch.object(type(self.ledger), "_prepare_mail_vals", prepare), mute_logger("odoo.sql_db"):
            self._remind()
        self.assertEqual([self._of(contract).state for contract in contracts], ["failed", "queued", "queued"])

    def test_a_broken_letter_holds_its_own_step_only_and_lets_go_once_mended(self):
        broken = self._due_in(7)
        fine = self._due_in(0)
        letter = self.env.ref("loan_crm.mail_template_reminder_before")
        whole = letter.body_html
        # As an update of the app, or the database itself, may leave it.
        letter.with_context(loan_letters_unchecked=True).body_html = "<p t-out='object.nothing_of_the_kind'/>"
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self._remind()
        self.assertEqual((self._of(broken).state, self._of(broken).hold_reason), ("held", "no_template"))
        self.assertIn("nothing_of_the_kind", self._of(broken).step_id.letter_problem)
        self.assertEqual(self._of(fine).state, "queued")
        letter.body_html = whole
        self._remind()
        self.assertEqual((self._of(broken).state, self._of(broken).hold_reason), ("queued", False))

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_poison_that_only_a_true_loan_holds_fails_alone(self):
        poison, fine = self._due_in(7), self._due_in(7, self._customer("He Ping"))
        self.env.ref(
            "loan_crm.mail_template_reminder_before"
        ).body_html = f"""<p>Due <t t-out="1 / (object.contract_id.name != '{poison.name}')"/></p>"""
        self._remind()
        self.assertEqual(self._of(poison).state, "failed")
        self.assertIn("division by zero", self._of(poison).failure)
        self.assertEqual(self._of(fine).state, "queued")

    def test_all_letters_about_loans_are_the_administrators(self):
        letters = self.env["mail.template"]
        for name in ("reminder_before", "rate_notice", "key_facts", "what_if"):
            letters |= self.env.ref(f"loan_crm.mail_template_{name}")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.mail_template_action_letters")
        self.assertLessEqual(letters, letters.search(safe_eval(action["domain"])))
        other = self.env["mail.template"].create(
            {"name": "Other", "model_id": self.env.ref("base.model_res_partner").id}
        )
        for letter in letters:
            with self.subTest(letter=letter.name):
                self.assertTrue(letter.with_user(self.administrator).has_access("write"))
                self.assertFalse(letter.with_user(self.manager).has_access("write"))
        self.assertFalse(other.with_user(self.administrator).has_access("write"))

    def _break_letters(self):
        def explode(*args, **kwargs):
            raise ValueError("no letter today")

        return patch.object(type(self.ledger), "_prepare_mail_vals", explode)

    def _todos(self):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "loan.reminder.round"),
                ("res_id", "in", self.rounds.search([("company_id", "=", self.company.id)]).ids),
            ]
        )

    def test_trouble_gives_one_to_do_to_the_person_responsible(self):
        self.company.loan_reminder_user_id = self.lead
        for _number in range(3):
            self._due_in(7)
        with self._break_letters():
            self._remind()
            self._remind()
        todo = self._todos()
        self.assertEqual(len(todo), 1)
        self.assertEqual(todo.user_id, self.lead)
        self.assertIn("3", todo.summary)

    def test_nobody_named_means_an_administrator_of_the_lender(self):
        self._due_in(7)
        with self._break_letters():
            self._remind()
        self.assertTrue(self._todos().user_id.has_group("loan_crm.loan_crm_group_administrator"))
        self.assertIn(self.company, self._todos().user_id.company_ids)

    def test_a_to_do_that_was_done_comes_back_only_for_new_trouble(self):
        self._due_in(7)
        with self._break_letters():
            self._remind()
            self._todos().action_feedback()
            self._remind()
            self.assertFalse(self._todos(), "the same failure is told once")
            self._due_in(7)
            self._remind()
            self.assertEqual(len(self._todos()), 1)

    def test_a_day_without_trouble_gives_no_to_do(self):
        self._due_in(7)
        self._due_in(7, self._held_customer("no_address"))
        self._remind()
        self.assertFalse(self._todos())

    def test_a_round_counts_what_became_of_its_reminders(self):
        self._due_in(7)
        self._due_in(7, self._held_customer("no_address"))
        self._remind()
        self._due_in(3)
        with self._break_letters():
            self._remind()
        day = self.rounds.search([("company_id", "=", self.company.id)])
        self.assertEqual(len(day), 1, "one round a day")
        self.assertEqual(
            (day.due_count, day.queued_count, day.held_count, day.failed_count, day.sent_count),
            (3, 1, 1, 1, 0),
        )

    # ---------------------------------------------------------------- who sees and writes

    def test_the_loan_s_chatter_shows_the_letter(self):
        contract = self._due_in(7)
        reminder = self._remind()
        message = contract.message_ids.filtered(lambda message: message == reminder.message_id)
        self.assertTrue(message)
        self.assertEqual(message.notification_ids.res_partner_id, contract.partner_id)
        self.assertEqual(message.notification_ids.notification_status, "ready")

    def test_the_manager_reads_the_letter_and_a_stranger_does_not(self):
        self._due_in(7)
        reminder = self._remind()
        message = reminder.message_id
        self.env.invalidate_all()
        for user in (self.manager, self.lead, self.compliance, self.desk):
            with self.subTest(user=user.name):
                self.assertIn("Dear", message.with_user(user).read(["body"])[0]["body"])
                self.assertIn("Dear", reminder.with_user(user).body)
        for user in (self.stranger, self.other_lead, self.administrator, self.employee):
            self.env.invalidate_all()
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError):
                    message.with_user(user).read(["body"])
                with self.assertRaises(AccessError):
                    reminder.with_user(user).read(["state"])
                self.assertNotIn(
                    message, self.env["mail.message"].with_user(user).search([("id", "=", message.id)])
                )

    def test_nobody_writes_the_ledger_by_hand(self):
        self._due_in(7)
        reminder = self._remind()
        for user in (self.manager, self.lead, self.compliance, self.administrator):
            ledger = self.ledger.with_user(user)
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError):
                    reminder.with_user(user).write({"state": "sent"})
                with self.assertRaises(AccessError):
                    reminder.with_user(user).unlink()
                with self.assertRaises(AccessError):
                    ledger.create({"installment_id": reminder.installment_id.id})

    def test_two_borrowers_of_one_loan_book_get_one_letter_each(self):
        first, second = self._customer("Person One"), self._customer("Person Two")
        contracts = self._due_in(7, first) | self._due_in(7, second)
        reminders = self._remind()
        self.assertEqual(reminders.contract_id, contracts)
        self.assertEqual(
            [mail.recipient_ids for mail in reminders.mail_id.sorted("id")],
            [first.partner_id, second.partner_id],
        )
        self.assertEqual(
            self.env["mail.mail"].search_count([("id", "in", reminders.mail_id.ids)]), len(reminders)
        )

    def test_a_policy_with_its_own_letter_sends_that_one(self):
        template = self.env["mail.template"].create(
            {
                "name": "Own",
                "model_id": self.env["ir.model"]._get_id("loan.reminder"),
                "subject": "Own letter",
                "body_html": "<p>Own text for <t t-out='object.partner_id.name'/></p>",
                "lang": "{{ object.partner_id.lang }}",
            }
        )
        policy = self.env["loan.reminder.policy"].create(
            {
                "name": "Own",
                "step_ids": [Command.create({"days": 7, "moment": "before", "template_id": template.id})],
            }
        )
        self._due_in(7, reminder_policy_id=policy.id)
        reminder = self._remind()
        self.assertEqual(reminder.message_id.subject, "Own letter")
        self.assertIn("Own text for Wang Fang", reminder.mail_id.body_html)
