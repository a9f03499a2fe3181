import csv
import io
import smtplib
from datetime import date, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestStoryComplaints(LoanCommon, MockEmail):
    """What users of comparable systems complain of, told one by one: none of it may happen here.

    The numbers are those of the list of complaints this app was built against.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ledger = cls.env["loan.reminder"]
        cls.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()  # what the demo left in the queue

    def _of(self, contract):
        return self.ledger.search([("contract_id", "=", contract.id)], order="id")

    def _send(self):
        """Run the round and the mail queue, and return to whom a letter about a loan left."""
        self._remind()
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.env["mail.mail"].process_email_queue()
        staff = self.env["res.users"].search([]).mapped("email")
        return [to for email in self.emails for to in email["smtp_to_list"] if to not in staff]

    def _days(self, days, **kwargs):
        return self._days_later(days, **kwargs)

    def test_01_the_same_reminder_22_times_in_a_day_because_the_job_ran_every_quarter_of_an_hour(self):
        self._due_in(7)
        sent = []
        for quarter in range(4 * 12):
            with self._days(0, clock=f"{8 + quarter // 4:02d}:{quarter % 4 * 15:02d}"):
                sent += self._send()
        self.assertEqual(sent, ["wang.fang@example.com"])

    def test_02_a_reminder_to_somebody_who_has_paid(self):
        contract = self._due_in(0)
        self._remind()
        self._pay(contract, contract.installment_ids[0].amount)  # between writing and leaving
        self.assertEqual(self._send(), [])
        self.assertEqual((self._of(contract).state, self._of(contract).hold_reason), ("held", "paid"))

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_03_the_mail_left_the_transaction_was_rolled_back_and_it_left_again(self):
        contract = self._due_in(7)
        self._remind()
        reminder, states = self._of(contract), []

        def fail_to_note(mail, *args, **kwargs):
            raise self.env["loan.reminder"]._overtaken[0]("somebody wrote on the loan at this moment")

        with (
            self.mock_mail_gateway(mail_unlink_sent=True),
            patch.object(type(self.env["mail.mail"]), "_postprocess_sent_message", fail_to_note),
            patch.object(self.env.cr, "commit", lambda: states.append(reminder.state)),
            patch.object(self.env.cr, "rollback"),
        ):
            reminder.mail_id.send(auto_commit=True)
        self.assertEqual(states[0], "sending", "taken and committed before the mail server heard of it")
        self.assertEqual(len(self.emails), 1)
        self.assertEqual(self._send(), [], "nobody can tell whether it arrived, so a person is asked")

    def test_04_the_due_date_in_the_mail_is_a_day_off(self):
        for zone in (
            "Pacific/Kiritimati",
            "Asia/Shanghai",
            "UTC",
            "America/Los_Angeles",
            "Pacific/Pago_Pago",
        ):
            with self.subTest(zone=zone):
                self.company.write({"loan_quiet_from": 0, "loan_quiet_to": 0})
                contract = self._due_in(7, self._customer(zone))
                contract.partner_id.tz = zone
                for hours in range(0, 30, 6):
                    with freeze_time("2026-03-10 02:00:00") as clock:
                        clock.tick(timedelta(hours=hours))
                        self.env.invalidate_all()
                        self._remind()
                letter = self._of(contract).message_id
                self.assertEqual(contract.installment_ids[0].due_date, date(2026, 3, 17))
                self.assertIn("March 17, 2026", letter.subject)
                self.assertIn("March 17, 2026", letter.body)

    def test_05_the_letter_comes_at_an_hour_of_the_server_and_not_of_the_borrower(self):
        contract = self._due_in(7)
        contract.partner_id.tz = "America/New_York"
        left_at = None
        for hour in range(20):
            with freeze_time("2026-03-10 02:00:00") as clock:
                clock.tick(timedelta(hours=hour))
                self.env.invalidate_all()
                if self._send():
                    left_at = hour + 2
                    break
        self.assertEqual(left_at, 12, "8:00 in New York, where the clocks went forward two days ago")

    def test_06_the_daily_job_drifts_by_an_hour_when_the_clocks_change(self):
        contract = self._due_in(22)
        contract.partner_id.tz = "Europe/Berlin"  # clocks change on 29 March
        hours = []
        for day in ("2026-03-25", "2026-03-29", "2026-04-01"):
            for hour in range(24):
                with freeze_time(f"{day} {hour:02d}:00:00"):
                    self.env.invalidate_all()
                    if self._send():
                        hours.append((day, hour))
                        break
        self.assertEqual(hours, [("2026-03-25", 7), ("2026-03-29", 6), ("2026-04-01", 6)])

    def test_07_the_ladder_burns_on_weekends_and_holidays_while_nobody_reads(self):
        self.company.loan_calendar_id = self.env["loan.calendar"].create(
            {
                "name": "Festival",
                "company_id": self.company.id,
                "weekend": "sat_sun",
                "day_ids": [
                    Command.create({"date": TODAY + timedelta(n), "kind": "holiday", "name": "Festival"})
                    for n in range(6, 10)
                ],
            }
        )
        contract = self._due_in(8)  # in the middle of the festival
        days = []
        for day in range(25):
            with self._days(day):
                if self._send():
                    days.append(TODAY + timedelta(day))
        open_day = self.company.loan_calendar_id._as_calendar().is_business_day
        self.assertTrue(all(map(open_day, days)))
        self.assertEqual(
            self._of(contract).filtered(lambda r: r.state == "sent").step_id.mapped("offset"),
            [-7, -3, 0, 3, 10],
        )
        self.assertEqual(len(days), 5, "five stages, five days")

    def test_08_five_days_before_also_hits_items_four_days_before(self):
        step = self.policy.step_ids.filtered(lambda step: step.offset == -7)
        self.policy.step_ids.filtered(lambda other: other != step).active = False
        self.policy.catch_up_days = 0
        exact, later = self._due_in(7), self._due_in(6, self._customer("Li Na"))
        self._remind()
        self.assertTrue(self._of(exact))
        self.assertFalse(self._of(later))

    def test_09_reminders_before_the_due_date_silently_never_fire(self):
        customers = [self._customer(f"Borrower {number}") for number in range(4)]
        customers[1].partner_id.email = False
        customers[2].reminder_opt_out = True
        contracts = [self._due_in(7, customer) for customer in customers]
        self._remind()
        for contract in contracts:
            entry = self._of(contract)
            self.assertEqual(len(entry), 1)
            self.assertTrue(
                entry.state == "queued" or entry.hold_reason, "a letter, or a reason one can read"
            )
        day = self.env["loan.reminder.round"].search([("company_id", "=", self.company.id)])
        self.assertEqual((day.planned_count, day.held_count), (4, 2))

    def test_10_a_customer_who_is_not_to_be_reminded_cannot_be_excluded(self):
        hold = (
            self.env["loan.reminder.hold"]
            .with_user(self.manager)
            .create(
                {
                    "customer_id": self.customer.id,
                    "kind": "exempt",
                    "reason": "Sister company, settles by netting",
                    "date_to": TODAY + timedelta(2),
                }
            )
        )
        contract = self._due_in(4)
        with self._days(1):
            self.assertEqual(self._send(), [])
        self.assertEqual(self._of(contract).hold_reason, "exempt")
        with self._days(4):
            self.assertEqual(self._send(), ["wang.fang@example.com"])
            self.assertEqual(hold.state, "over")

    def test_11_one_loan_cannot_be_held_without_the_others(self):
        held, free = self._due_in(7), self._due_in(7)
        self.env["loan.reminder.hold"].create(
            {"contract_id": held.id, "kind": "complaint", "reason": "The fee of March"}
        )
        self._send()
        self.assertEqual((self._of(held).state, self._of(free).state), ("held", "sent"))
        self.assertNotIn(held.name, self._of(free).body)

    def test_12_please_pay_although_it_is_debited(self):
        contract = self._due_in(7, auto_debit=True, debit_account="ICBC 4521")
        self._send()
        body = self._of(contract).body
        self.assertIn("We will debit the amount from your account ICBC 4521", body)
        self.assertNotIn("How to pay", body)

    def test_13_some_customers_need_a_ladder_of_their_own(self):
        own = self.policy.copy({"name": "Gentle"})
        own.step_ids.filtered(lambda step: step.offset < 0).unlink()
        self.customer.reminder_policy_id = own
        mine, other = self._due_in(7), self._due_in(7, self._customer("Li Na"))
        self._remind()
        self.assertFalse(self._of(mine))
        self.assertTrue(self._of(other))

    def test_14_one_mail_for_each_item_instead_of_one_for_the_customer(self):
        loans = [self._due_in(7) for _number in range(5)]
        self.assertEqual(self._send(), ["wang.fang@example.com"])
        body = self.ledger.search(
            [("state", "=", "sent"), ("contract_id", "in", [loan.id for loan in loans])]
        ).body
        for loan in loans:
            self.assertIn(loan.name, body)

    def test_15_reminding_one_item_hides_the_others_and_nobody_sees_that_it_went_out(self):
        late, soon = self._due_in(-6), self._due_in(3)
        self._send()
        self.assertIn(late.name, self._of(soon).body)
        row = soon.installment_ids[0].with_user(self.manager)
        self.assertEqual(row.reminder_state, "3 days before: Sent")
        self.assertTrue(soon.message_ids.filtered(lambda message: message == self._of(soon).message_id))

    def test_16_the_wrong_recipient_or_a_silent_way_around(self):
        company = self.env["res.partner"].create(
            {"name": "Parent", "is_company": True, "email": "parent@example.com"}
        )
        partner = self._partner("Child", email=False, parent_id=company.id)
        contract = self._due_in(7, self._customer(partner_id=partner.id))
        self.assertEqual(self._send(), [])
        self.assertEqual(self._of(contract).hold_reason, "no_address")
        partner.email = "child@example.com"
        self.assertEqual(self._send(), ["child@example.com"])
        self.assertEqual(self._of(contract).email_to, "child@example.com")

    def test_17_a_blocked_address_stays_queued_for_ever_or_gets_mail_all_the_same(self):
        contract = self._due_in(7)
        self._remind()
        self.env["mail.blacklist"]._add(contract.partner_id.email)
        self.assertEqual(self._send(), [])
        self.assertEqual((self._of(contract).state, self._of(contract).hold_reason), ("held", "opted_out"))

    def test_18_the_language_of_the_row_before(self):
        self.env["mail.template"].with_context(lang="zh_CN").browse(
            self.env.ref("loan_crm.mail_template_reminder_before").id
        ).subject = "您的还款将于 {{ format_date(object.due_date) }} 到期"
        contracts = []
        for number in range(9):
            partner = self._partner(f"Borrower {number}", lang=["en_US", "zh_CN", "en_US"][number % 3])
            contracts.append(self._due_in(7, self._customer(partner_id=partner.id)))
        self._remind()
        for number, contract in enumerate(contracts):
            self.assertEqual("您的还款" in self._of(contract).subject, number % 3 == 1)

    def test_19_reminders_without_end(self):
        self.policy.max_count = 3
        contract = self._due_in(7)
        sent = []
        for day in range(60):
            with self._days(day):
                sent += self._send()
        # Of its first installment; the second falls due within these days and is told of, too.
        first = self._of(contract).filtered(lambda r: r.installment_id.number == 1)
        self.assertEqual(len(first.filtered(lambda r: r.state == "sent")), 3)
        self.assertEqual(first[-1].state, "handed")
        self.assertTrue(contract.activity_ids.filtered(lambda call: call.user_id == self.manager))

    def test_20_one_wrong_click_mails_the_whole_history(self):
        for months in range(1, 4):
            self._contract(
                self._customer(f"Borrower {months}"),
                start_date=TODAY - timedelta(31 * (months + 1)),
                first_due_date=TODAY - timedelta(31 * months - 15),
            )
        before = len(self._remind())
        self.company.loan_reminder_policy_id = self.policy.copy({"name": "New"})
        after = self._remind()
        # A new policy speaks for the days of its own windows, not for all that was ever due.
        self.assertFalse(
            after[before:].filtered(lambda r: not r.date_planned <= TODAY <= r.date_last),
            "no step out of its time",
        )

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_21_an_address_that_bounced_is_written_to_again_and_again(self):
        contract = self._due_in(7)
        self._remind()

        def refuse(*_args):
            raise smtplib.SMTPRecipientsRefused({"wang.fang@example.com": (550, b"5.1.1 No such mailbox")})

        with (
            self.mock_mail_gateway(mail_unlink_sent=True),
            patch.object(self.testing_smtp_session, "send_message", side_effect=refuse, create=True),
        ):
            self.env["mail.mail"].process_email_queue()
        with self._days(4):
            self.assertEqual(self._send(), [])
            self.assertEqual(self._of(contract)[-1].hold_reason, "bounced")
        self.assertTrue(contract.customer_id.activity_ids)
        contract.partner_id.email = "right@example.com"
        with self._days(4):
            self.assertEqual(self._send(), ["right@example.com"])

    def test_22_what_one_may_not_see_is_exported_or_counted_all_the_same(self):
        mine, hidden = self._due_in(7), self._due_in(7, self._customer("Hidden Person", self.stranger))
        self._remind()
        self.env.invalidate_all()
        ledger = self.ledger.with_user(self.manager)
        self.manager.group_ids |= self.env.ref("base.group_allow_export")
        everything = ledger.search([])
        self.assertIn(self._of(mine), everything)
        self.assertNotIn(self._of(hidden), everything)
        rows = everything.export_data(["customer_id/name", "amount"])["datas"]
        written = io.StringIO()
        csv.writer(written).writerows(rows)
        self.assertNotIn("Hidden Person", written.getvalue())
        groups = ledger.formatted_read_group([], ["customer_id"], ["__count", "amount:sum"])
        self.assertNotIn(hidden.customer_id.id, [group["customer_id"][0] for group in groups])
