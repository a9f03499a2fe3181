from datetime import timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderSilence(LoanCommon):
    """Why a borrower is not written to, until when, and how the silence ends by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ledger = cls.env["loan.reminder"]
        cls.contract = cls._due_in(7)
        cls._try_letters()

    def _told(self, contract=None):
        """Run the round and return the state and reason of the loan's last reminder."""
        self._remind()
        last = self.ledger.search([("contract_id", "=", (contract or self.contract).id)], order="id")[-1:]
        return last.state, last.hold_reason

    def _reminder(self, contract=None):
        return self.ledger.search([("contract_id", "=", (contract or self.contract).id)], order="id")

    def _hold(self, **values):
        return self.env["loan.reminder.hold"].create(
            {"customer_id": self.customer.id, "kind": "complaint", "reason": "Fee of March", **values}
        )

    # ------------------------------------------------------------ holds that people place

    def test_each_kind_of_hold_is_the_reason_one_reads(self):
        for kind, _label in self.env["loan.reminder.hold"]._fields["kind"].selection:
            with self.subTest(kind=kind):
                hold = self._hold(kind=kind)
                self.assertEqual(self._told(), ("held", kind))
                self.assertFalse(self._reminder().mail_id)
                hold.action_lift()

    def test_of_several_holds_the_gravest_is_told(self):
        for kind in ("other", "promise", "legal", "complaint"):
            self._hold(kind=kind)
        self.assertEqual(self._told(), ("held", "legal"))

    def test_a_hold_releases_itself_on_its_day(self):
        hold = self._hold(date_to=TODAY + timedelta(1))
        self.assertEqual(self._told(), ("held", "complaint"))
        self.assertEqual(
            self._reminder().hold_until,
            fields.Datetime.to_datetime("2026-03-11 16:00:00"),
            "midnight in Shanghai",
        )
        with self._days_later(1):
            self.assertEqual(self._told(), ("held", "complaint"))
        with self._days_later(2):
            self.assertEqual(self._told(), ("queued", False))
        self.assertEqual(hold.state, "running")

    def test_a_lifted_hold_lets_the_next_round_write(self):
        hold = self._hold(date_to=TODAY + timedelta(30))
        self.assertEqual(self._told(), ("held", "complaint"))
        hold.with_user(self.manager).action_lift()
        self.assertEqual(self._told(), ("queued", False))

    def test_a_hold_that_is_given_another_loan_frees_the_first(self):
        other = self._due_in(7)
        hold = self._hold(contract_id=self.contract.id, date_to=TODAY + timedelta(30))
        self.assertEqual(self._told(), ("held", "complaint"))
        hold.contract_id = other
        self.company.loan_contacts_per_day = 0
        self.policy.interval_days = 0
        self.assertEqual(self._told(), ("queued", False))

    def test_a_hold_on_one_loan_leaves_the_others(self):
        other = self._due_in(7)
        self._hold(contract_id=self.contract.id)
        self._remind()
        self.assertEqual((self._reminder().state, self._reminder(other).state), ("held", "queued"))

    def test_a_hold_on_one_installment_leaves_the_next(self):
        self._hold(contract_id=self.contract.id, installment_id=self.contract.installment_ids[0].id)
        self.assertEqual(self._told(), ("held", "complaint"))
        second = self.contract.installment_ids[1]
        with self._days_later((second.due_date - TODAY).days - 7):
            self._remind()
            self.assertEqual(self._reminder().filtered(lambda r: r.installment_id == second).state, "queued")

    def test_a_hold_placed_while_the_letter_waits_stops_it(self):
        self.assertEqual(self._told(), ("queued", False))
        reminder = self._reminder()
        self._hold()
        self.assertFalse(reminder._begin_delivery())
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "complaint"))
        self.assertFalse(reminder.mail_id or reminder.message_id)

    # ------------------------------------------------------------ preferences

    def test_who_opted_out_hears_only_what_the_law_requires(self):
        self.customer.reminder_opt_out = True
        self.assertEqual(self._told(), ("held", "opted_out"))
        self.policy.step_ids.required_by_law = True
        self._hold()
        self.assertEqual(self._told(), ("queued", False))

    def test_a_vip_is_called_before_anything_is_written(self):
        self.customer.tier_id = self.env["loan.customer.tier"].create(
            {"name": "Called First", "call_first": True}
        )
        other = self._due_in(7)
        before = self.env["mail.mail"].search_count([])
        followers = (self.contract | other).message_follower_ids
        self.assertEqual(self._told(), ("handed", "call_first"))
        self.assertEqual((self.contract | other).message_follower_ids, followers, "and nobody follows for it")
        self.assertEqual(self._reminder(other).state, "handed")
        call = (self.contract | other).activity_ids
        self.assertEqual(len(call), 1, "one call for all")
        self.assertEqual((call.user_id, call.date_deadline), (self.manager, TODAY))
        self.assertEqual(call.summary, "Call about 2 installments")
        self.assertIn("is to be called before", call.note)
        self.assertIn("Best called between 09:00 and 18:00", call.note)
        self.assertEqual(self.env["mail.mail"].search_count([]), before, "nobody gets a mail about it")
        self._remind()
        self.assertEqual(len((self.contract | other).activity_ids), 1)
        with self._days_later(4):
            self.assertEqual(self._told(), ("handed", "call_first"))
            self.assertEqual(
                len((self.contract | other).activity_ids), 2, "the next stage is a call of its own"
            )

    def test_after_the_call_the_manager_may_have_the_letter_written(self):
        self.customer.preferred_channel = "phone"
        self.assertEqual(self._told(), ("handed", "call_first"))
        reminder = self._reminder()
        for user in (self.compliance, self.desk):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                reminder.with_user(user).action_write_anyway()
        reminder.with_user(self.manager).action_write_anyway()
        self.assertEqual((reminder.state, reminder.hold_reason), ("queued", False))
        self.assertIn("Dear Wang Fang", reminder.body)
        with self.assertRefused("waits for a call"):
            reminder.with_user(self.manager).action_write_anyway()

    def test_a_task_goes_to_whoever_acts_today(self):
        self.customer.write({"preferred_channel": "phone", "deputy_user_id": self.colleague.id})
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "date_from": TODAY,
                "date_to": TODAY,
                "company_id": self.company.id,
            }
        )
        self._remind()
        self.assertEqual(self.contract.activity_ids.user_id, self.colleague)

    def test_without_a_manager_the_lead_of_the_team_is_asked_to_call_and_never_who_has_no_duty(self):
        self.customer.preferred_channel = "phone"
        nobodys = self._customer("Nobody's", preferred_channel="phone")
        orphan = self._due_in(7, nobodys)
        self.customer.manager_user_id = False
        nobodys.write({"manager_user_id": False, "team_id": False})
        self.assertEqual(self._told(), ("handed", "call_first"))
        self.assertEqual(self.contract.activity_ids.user_id, self.lead)
        self.assertEqual(self._told(orphan), ("held", "no_access"))
        self.assertFalse(orphan.activity_ids, "a to-do would open the loan's name to whoever gets it")
        nobodys.manager_user_id = self.colleague
        self.assertEqual(self._told(orphan), ("handed", "call_first"))
        self.assertEqual(orphan.activity_ids.user_id, self.colleague)

    def test_calls_take_queries_by_people_and_not_by_loans(self):
        costs = []
        for count in (3, 15):
            for number in range(count):
                self._due_in(7, self._customer(f"VIP {count} {number}", preferred_channel="phone"))
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            with patch.object(
                type(self.env["mail.activity"]), "create", lambda activities, _vals: activities
            ):
                self._remind()
            costs.append(self.cr.sql_log_count - start)
        self.assertLessEqual(costs[1], costs[0] + 3, costs)

    def test_a_task_step_asks_a_person_even_where_no_letter_could_go(self):
        self.customer.partner_id.email = False
        own = self.policy.copy()
        own.step_ids.filtered(lambda step: step.offset == -7).write({"channel": "task", "template_id": False})
        self.contract.reminder_policy_id = own
        self.assertEqual(self._told(), ("handed", False))
        self.assertEqual(len(self.contract.activity_ids), 1)

    # ------------------------------------------------------------ enough

    def test_after_the_last_letter_a_person_is_asked_to_call(self):
        self.policy.max_count = 2
        for days in (0, 4, 7, 10):
            with self._days_later(days):
                self._remind()
        self.assertEqual(
            [(entry.state, entry.hold_reason) for entry in self._reminder()],
            [("queued", False), ("queued", False), ("handed", "max_count"), ("handed", "max_count")],
        )
        self.assertEqual(len(self.contract.activity_ids), 2)
        self.assertIn("As many letters as the policy allows", self.contract.activity_ids[0].note)

    def test_two_letters_to_one_borrower_keep_their_distance(self):
        self.policy.interval_days = 3
        second = self._due_in(9)  # its first step speaks two days later
        self._remind()
        with self._days_later(2):
            self.assertEqual(self._told(second), ("held", "interval"))
            self.assertEqual(self._reminder(second).hold_until.date(), TODAY + timedelta(2))  # 16:00 in UTC
        with self._days_later(3):
            self.assertEqual(self._told(second), ("queued", False))

    def test_all_contacts_of_a_day_count_wherever_they_come_from(self):
        self.company.loan_contacts_per_day = 2
        self.customer.message_post(
            body="Your new card", partner_ids=self.customer.partner_id.ids, subtype_xmlid="mail.mt_comment"
        )
        call = self.contract.activity_schedule("mail.mail_activity_data_call", user_id=self.manager.id)
        call.with_user(self.manager).action_feedback(feedback="Spoke to her")
        self.assertEqual(self._told(), ("held", "cap"))
        with self._days_later(1):
            self.assertEqual(self._told(), ("queued", False))

    def test_a_week_has_its_limit_too(self):
        self.company.loan_contacts_per_week = 1
        self.env["mail.message"].search([]).flush_recordset()
        self.assertEqual(self._told(), ("queued", False))
        with self._days_later(4):
            self.assertEqual(self._told(), ("held", "cap"))
        with self._days_later(6):
            self.assertEqual(self._told()[1], "cap")
        with self._days_later(7):
            self.assertEqual(self._told(), ("queued", False))

    def test_a_letter_does_not_count_itself_when_it_leaves(self):
        self.company.write({"loan_contacts_per_day": 1, "loan_contacts_per_week": 1})
        self.assertEqual(self._told(), ("queued", False))
        self.assertTrue(self._reminder()._begin_delivery())

    def test_a_day_brings_so_many_letters_and_no_more(self):
        self.company.loan_reminders_per_day = 2
        loans = self.contract
        for number in range(3):
            loans |= self._due_in(7, self._customer(f"Borrower {number}"))
        self._remind()
        self._remind()
        states = [self._reminder(loan).state for loan in loans]
        self.assertEqual(sorted(states), ["held", "held", "queued", "queued"])
        self.assertEqual(set(loans.reminder_ids.mapped("hold_reason")), {False, "volume"})
        with self._days_later(1):
            self._remind()
            self.assertEqual({self._reminder(loan).state for loan in loans}, {"queued"})

    def test_what_is_not_worth_a_letter_is_not_asked_for(self):
        self.policy.write({"amount_min": 100, "currency_id": self.cny.id})
        self._pay(self.contract, self.contract.installment_ids[0].amount - 99.99)
        self.assertEqual(self._told(), ("held", "below_minimum"))
        self.policy.amount_min = 99.99
        self.assertEqual(self._told(), ("queued", False))

    # ------------------------------------------------------------ hours and days

    def test_quiet_hours_are_the_borrower_s_own(self):
        self.customer.partner_id.tz = "America/New_York"
        self.assertEqual(self._told(), ("held", "quiet_hours"))  # 22:00 there
        release = self._reminder().hold_until
        self.assertEqual(
            release, fields.Datetime.to_datetime("2026-03-10 12:00:00")
        )  # 8:00 there, in summer time
        with freeze_time(release - timedelta(minutes=1)):
            self.assertEqual(self._told(), ("held", "quiet_hours"))
        with freeze_time(release):
            self.assertEqual(self._told(), ("queued", False))

    def test_the_round_comes_back_when_the_quiet_hours_end(self):
        self.customer.partner_id.tz = "America/New_York"
        triggers = self.env["ir.cron.trigger"]
        cron = self.env.ref("loan_crm.ir_cron_remind")
        self._remind()
        self.assertIn(
            fields.Datetime.to_datetime("2026-03-10 12:00:00"),
            triggers.search([("cron_id", "=", cron.id)]).mapped("call_at"),
        )

    def test_nobody_reads_today_before_their_today_has_come(self):
        contract = self._due_in(
            0, self._customer("Far West", partner_id=self._partner(tz="Pacific/Honolulu").id)
        )
        self.company.write({"loan_quiet_from": 0, "loan_quiet_to": 0})
        self.assertEqual(self._told(contract), ("held", "quiet_hours"))  # 16:00 on the 9th there
        self.assertEqual(
            self._reminder(contract)
            .hold_until.replace(tzinfo=ZoneInfo("UTC"))
            .astimezone(ZoneInfo("Pacific/Honolulu"))
            .date(),
            TODAY,
        )

    def test_the_send_window_keeps_its_hour_when_the_clocks_change(self):
        self.customer.partner_id.tz = "Europe/Berlin"
        contract = self._due_in(20)  # 30 March: the clocks in Berlin change on the 29th
        mornings = []
        for moment in ("2026-03-23 02:00:00", "2026-03-27 02:00:00", "2026-03-30 02:00:00"):
            with freeze_time(moment):
                self.env.invalidate_all()
                self._remind()
                mornings.append(self._reminder(contract)[-1:].hold_until.replace(tzinfo=ZoneInfo("UTC")))
        berlin = [morning.astimezone(ZoneInfo("Europe/Berlin")) for morning in mornings]
        self.assertEqual([(clock.day, clock.hour) for clock in berlin], [(23, 8), (27, 8), (30, 8)])
        self.assertEqual([morning.hour for morning in mornings], [7, 7, 6])

    def _weekends(self, **values):
        return self.env["loan.calendar"].create(
            {"name": "Weekends", "company_id": self.company.id, "weekend": "sat_sun", **values}
        )

    def test_a_step_on_a_sunday_comes_on_friday_and_one_after_the_due_date_on_monday(self):
        self.company.loan_calendar_id = self._weekends()
        early, late = self._due_in(5), self._due_in(2)  # due Sunday 15th (T-0), Thursday 12th (T+3 = Sunday)
        for days in range(10):
            with self._days_later(days):
                self._remind()
        planned = {
            (entry.contract_id, entry.step_id.offset): entry.date_planned
            for entry in self._reminder(early) | self._reminder(late)
        }
        self.assertEqual(planned[early, 0], TODAY + timedelta(3))
        self.assertEqual(planned[late, 3], TODAY + timedelta(6))

    def test_a_customer_elsewhere_has_the_holidays_of_their_region(self):
        festival = self._weekends(
            name="Elsewhere",
            weekend="none",
            day_ids=[Command.create({"date": TODAY, "kind": "holiday", "name": "Festival"})],
        )
        here, there = self._due_in(7, self._customer("Here")), self._due_in(7, self._customer("There"))
        there.customer_id.calendar_id = festival
        self._remind()
        self.assertEqual(self._reminder(here).state, "queued")
        self.assertEqual(self._reminder(there).hold_reason, "holiday")
        self.assertEqual(self._reminder(there).date_planned, TODAY - timedelta(1))  # had the round run then
        with self._days_later(1):
            self.assertEqual(self._told(there), ("queued", False))

    def test_what_is_released_on_a_holiday_waits_for_the_next_day(self):
        self.company.loan_calendar_id = self._weekends()
        contract = self._due_in(10)  # Friday 20th; T-7 is Friday 13th
        hold = self._hold(contract_id=contract.id)
        with self._days_later(3):
            self.assertEqual(self._told(contract), ("held", "complaint"))
        with self._days_later(4):  # Saturday
            hold.action_lift()
            self.assertEqual(self._told(contract), ("held", "holiday"))
        with self._days_later(6):
            self.assertEqual(self._told(contract), ("queued", False))

    def test_a_lender_may_write_on_any_day(self):
        self.company.write({"loan_calendar_id": self._weekends().id, "loan_contact_days": "any"})
        contract = self._due_in(5)
        with self._days_later(5):
            self.assertEqual(self._told(contract), ("queued", False))

    # ------------------------------------------------------------ direct debit

    def test_what_is_debited_is_announced_and_not_asked_for(self):
        self.contract.write({"auto_debit": True, "debit_account": "ICBC 4521"})
        self.assertEqual(self._told(), ("queued", False))
        letter = self._reminder().message_id
        self.assertIn("Will be debited on", letter.body)
        self.assertIn("from your account ICBC 4521", letter.body)
        self.assertNotIn("How to pay", letter.body)
        with self._days_later(7):
            self.assertEqual(self._told(), ("held", "auto_debit"))
        with self._days_later(10):
            self.assertEqual(self._told(), ("queued", False))
            self.assertIn("the debit did not succeed", self._reminder()[-1].message_id.body)
            self.assertIn("How to pay", self._reminder()[-1].message_id.body)

    # ------------------------------------------------------------ nobody to answer

    def test_a_letter_that_nobody_could_answer_is_not_written(self):
        self.customer.deputy_user_id = self.colleague
        self.manager.active = False  # the deputy signs, but sees the customer only while covering
        self.assertEqual(self._told(), ("held", "no_access"))
        self.customer.write({"manager_user_id": self.colleague.id, "deputy_user_id": False})
        self.assertEqual(self._told(), ("queued", False))

    # ------------------------------------------------------------ the lender's brakes

    def test_paused_means_that_nothing_leaves(self):
        self.assertEqual(self._told(), ("queued", False))
        reminder = self._reminder()
        self.company.loan_reminders_paused = True
        self.assertFalse(reminder._begin_delivery())
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "paused"))
        self.assertEqual(self._told(self._due_in(3, self._customer("Li Na"))), ("held", "paused"))
        self.company.loan_reminders_paused = False
        self._remind()
        self.assertEqual(
            set(self.ledger.search([("company_id", "=", self.company.id)]).mapped("state")), {"queued"}
        )

    def _unusual(self):
        """Let the round of today be five times the usual, and return it."""
        rounds = self.env["loan.reminder.round"]
        for days in range(1, 5):
            rounds.create(
                {"company_id": self.company.id, "date": TODAY - timedelta(days), "planned_count": 12}
            )
        for number in range(51 - 1):
            self._due_in(7, self._customer(f"Borrower {number}"), term=1)
        self._remind()
        return rounds.search([("company_id", "=", self.company.id), ("date", "=", TODAY)])

    def test_unusually_many_wait_until_a_person_has_looked(self):
        self.company.loan_reminder_user_id = self.lead
        day = self._unusual()
        ours = [("company_id", "=", self.company.id)]
        self.assertEqual((day.state, day.planned_count, day.usual_count), ("waiting", 51, 12))
        self.assertEqual(self.ledger.search(ours).mapped("hold_reason"), ["unusual"] * 51)
        self.assertEqual(day.activity_ids.user_id, self.lead)
        self.assertIn("51", day.activity_ids.summary)
        self._remind()
        self.assertEqual(len(day.activity_ids), 1)
        with self.assertRaises(AccessError):
            day.with_user(self.manager).action_release()
        with self.assertRaises(AccessError):
            day.with_user(self.compliance).action_release()
        day.with_user(self.lead).action_release()
        self.assertEqual((day.state, day.released_user_id), ("released", self.lead))
        self.assertFalse(day.activity_ids)
        self._remind()
        self.assertEqual(self.ledger.search(ours).mapped("state"), ["queued"] * 51)

    def test_a_round_that_waits_still_tells_of_letters_that_failed(self):
        self.company.loan_reminder_user_id = self.lead
        day = self._unusual()
        self.ledger.search([("round_id", "=", day.id)], limit=2)._fail("The mail server said no.")
        self._remind()
        self.assertEqual(
            sorted(day.activity_ids.mapped("summary")),
            ["2 reminders did not leave", "51 reminders wait for you"],
        )
        day.with_user(self.lead).action_release()
        self.assertEqual(day.activity_ids.mapped("summary"), ["2 reminders did not leave"])

    def test_a_lender_without_the_brake_is_not_asked(self):
        self.company.loan_unusual_factor = 0
        self.assertEqual(self._unusual().state, "running")

    def test_the_first_rounds_wait_when_there_is_much(self):
        for number in range(50):
            self._due_in(7, self._customer(f"Borrower {number}"), term=1)
        self._remind()
        day = self.env["loan.reminder.round"].search([("company_id", "=", self.company.id)])
        self.assertEqual(day.state, "waiting")

    # ------------------------------------------------------------ every silence

    def test_every_due_item_ends_with_a_letter_a_task_or_a_reason(self):
        for number, change in enumerate(
            ({}, {"reminder_opt_out": True}, {"preferred_channel": "phone"}, {"active": False})
        ):
            customer = self._customer(f"Borrower {number}")
            self._due_in(7, customer)
            self._due_in(3, customer)
            customer.write(change)
        self._remind()
        for entry in self.ledger.search([("company_id", "=", self.company.id)]):
            self.assertIn(entry.state, ("queued", "merged", "held", "handed"))
            self.assertEqual(bool(entry.hold_reason), entry.state in ("held", "handed"))
            self.assertEqual(entry.state == "merged", bool(entry.merged_into_id))
