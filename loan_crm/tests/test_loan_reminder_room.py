import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, LoanCommon


class RoomCommon(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._due_in(7)
        cls.company.loan_reminder_user_id = cls.lead
        cls.cron = cls.env.ref("loan_crm.ir_cron_remind")
        cls.rounds = cls.env["loan.reminder.round"]
        cls._try_letters()

    def _room(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        rooms = self.env["loan.reminder.room"].with_user(user or self.lead)
        return rooms.with_context(allowed_company_ids=self.company.ids).browse(self.company.id)

    def _alarms(self):
        days = self.rounds.search([("company_id", "=", self.company.id)])
        return self.env["mail.activity"].search(
            [("res_model", "=", "loan.reminder.round"), ("res_id", "in", days.ids)]
        )

    def _today(self):
        return self.rounds.search([("company_id", "=", self.company.id), ("date", "=", TODAY)])

    def _pause(self, user=None, **values):
        wizard = self.env["loan.reminder.pause"].with_user(user or self.lead)
        wizard = wizard.with_context(allowed_company_ids=self.company.ids)
        return wizard.create({"reason": "Wrong balances", **values}).action_pause()


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderPause(RoomCommon):
    """Reminders stopped by a person, and going on."""

    def test_while_paused_nothing_is_written_and_the_reason_is_told(self):
        self._pause()
        reminder = self._remind()
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "paused"))
        self.assertIn("Wrong balances", self._room().paused_told)
        self.assertIn("Wrong balances", self._today().paused_told)
        self.assertIn("Wrong balances", self.company.with_user(self.manager).loan_paused_told)

    def test_when_it_goes_on_the_next_round_writes(self):
        self._pause()
        self._remind()
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.cron.id)])
        self._room().action_go_on()
        self.assertFalse(self._room().paused_told)
        self.assertGreater(self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.cron.id)]), before)
        self.assertEqual(self._remind().state, "queued")

    def test_it_goes_on_from_the_round_as_well(self):
        self._pause()
        self._today().with_user(self.lead).action_go_on()
        self.assertEqual(self._remind().state, "queued")

    def test_a_pause_with_a_last_day_lifts_itself(self):
        self._pause(until=TODAY + timedelta(1))
        self.assertEqual(self._remind().hold_reason, "paused")
        with self._days_later(1):
            self.assertEqual(self._remind().hold_reason, "paused")
        with self._days_later(2):
            self.assertFalse(self.company.loan_paused_told)
            self.assertEqual(self._remind().state, "queued")

    def test_a_queued_letter_does_not_leave_while_paused(self):
        reminder = self._remind()
        self._pause()
        self.assertFalse(reminder._begin_delivery())
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "paused"))

    def test_who_paused_and_when_stands_on_the_round(self):
        self._pause()
        self._room(self.administrator).action_go_on()
        messages = self._today().message_ids.sorted("id")
        self.assertIn("Reminders paused: Wrong balances", messages[0].body)
        self.assertEqual(messages[0].author_id, self.lead.partner_id)
        self.assertIn("go on", messages[1].body)
        self.assertEqual(messages[1].author_id, self.administrator.partner_id)

    def test_a_pause_needs_a_reason_and_a_day_to_come(self):
        with self.assertRefused("Say why"):
            self._pause(reason=" ")
        with self.assertRefused("has passed"):
            self._pause(until=TODAY - timedelta(1))
        self.assertFalse(self.company.loan_reminders_paused)

    def test_only_a_team_lead_or_an_administrator_steers(self):
        self._pause()
        for user in (self.manager, self.desk, self.compliance):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._room(user).action_go_on()
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._pause(user)
        self.assertTrue(self.company.loan_reminders_paused)

    def test_nobody_pauses_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere", "loan_reminders_paused": False})
        with self.assertRaises(AccessError):
            self._pause(company_id=other.id)
        self.assertFalse(other.loan_reminders_paused)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderHeartbeat(RoomCommon):
    """Silence that somebody notices."""

    def _watch(self):
        self.rounds._watch(self.company)
        return self._alarms()

    def test_a_round_that_did_not_run_wakes_somebody_once_a_day(self):
        with self._days_later(0, "10:59"):
            self.assertFalse(self._watch(), "not late yet")
        with self._days_later(0, "11:01"):
            alarm = self._watch()
            self.assertEqual((alarm.user_id, alarm.summary), (self.lead, "Reminders stand still"))
            self.assertEqual(self._room().round_trouble, "late")
            alarm.action_done()
            self.assertFalse(self._watch(), "told once a day")
        with self._days_later(1, "11:01"):
            self.assertTrue(self._watch(), "and again on the next")

    def test_a_round_that_ran_is_not_late(self):
        self._remind()
        with self._days_later(0, "23:30"):
            self.assertFalse(self._watch())
            self.assertFalse(self._room().round_trouble)

    def test_a_day_without_due_reminders_is_not_late(self):
        self.contract.reminder_policy_id = self.env["loan.reminder.policy"].create({"name": "Silent"})
        with self._days_later(0, "15:00"):
            self.assertFalse(self._watch())

    def test_a_job_that_is_switched_off_or_fails_is_noticed(self):
        for vals, trouble in (({"active": False}, "inactive"), ({"failure_count": 1}, "failing")):
            with self.subTest(trouble=trouble), self.env.cr.savepoint() as savepoint:
                self.cron.write(vals)
                self.assertEqual(self._room().round_trouble, trouble)
                self.assertTrue(self._watch())
                if trouble == "inactive":
                    self.assertFalse(self._room().next_run_at)
                savepoint.rollback()

    def test_letters_that_do_not_leave_wake_somebody(self):
        self._remind()
        with self._days_later(0, "11:30"):
            self.assertFalse(self._watch())
        with self._days_later(0, "12:01"):
            self.assertEqual(self._watch().summary, "1 letters do not leave")
            self.assertEqual(self._room().mail_late_count, 1)
            self.assertEqual(len(self._watch()), 1)

    def test_the_night_is_no_waiting(self):
        with self._days_later(0, "21:30"):
            self._remind()
        with self._days_later(1, "08:30"):
            self.assertFalse(self._watch())
        with self._days_later(1, "10:01"):
            self.assertTrue(self._watch())

    def test_the_night_the_mail_queue_and_who_opens_the_room_notice_it(self):
        doors = {
            "night": lambda: self.env["loan.night"]._cron_run(),
            "mail queue": lambda: self.env["mail.mail"].process_email_queue(),
            "room": lambda: self._room(self.compliance).action_open_room(),
        }
        for name, opened in doors.items():
            with (
                self.subTest(door=name),
                self._days_later(0, "12:00"),
                self.env.cr.savepoint() as savepoint,
                self._without_commit(),
                patch.object(type(self.env["loan.night"]), "_run", lambda *args: True),
            ):
                opened()
                self.assertEqual(self._alarms().user_id, self.lead)
                savepoint.rollback()

    def test_trouble_with_looking_costs_the_mail_queue_nothing(self):
        def trouble(*args):
            raise ValueError("poison")

        with (
            patch.object(type(self.rounds), "_trouble_of_round", trouble),
            mute_logger("odoo.addons.loan_crm.models.loan_reminder_heartbeat_mixin"),
        ):
            self.env["mail.mail"].process_email_queue()
        self.assertFalse(self._alarms())

    def test_the_next_run_keeps_to_the_lenders_hours(self):
        self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)]).unlink()
        self.cron.nextcall = "2026-03-10 03:00:00"  # 11:00 in Shanghai
        self.assertEqual(self._room().next_run_at, fields.Datetime.to_datetime("2026-03-10 03:00:00"))
        self.cron.nextcall = "2026-03-10 22:00:00"  # 06:00
        self.assertEqual(self._room().next_run_at, fields.Datetime.to_datetime("2026-03-11 01:00:00"))
        self.env["ir.cron.trigger"].create({"cron_id": self.cron.id, "call_at": "2026-03-10 02:30:00"})
        self.assertEqual(self._room().next_run_at, fields.Datetime.to_datetime("2026-03-10 02:30:00"))


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderRoom(RoomCommon):
    """One screen that tells what reminders did today, do now and will do."""

    def test_it_tells_how_todays_round_ended(self):
        self._due_in(7)
        self._due_in(7, self._customer("Deng Li", reminder_opt_out=True))
        self._remind()
        room = self._room()
        self.assertEqual(
            (room.planned_count, room.written_count, room.merged_count, room.held_count), (3, 1, 1, 1)
        )
        told = {(row.state, row.hold_reason): row.reminder_count for row in room.outcome_ids}
        self.assertEqual(told, {("queued", False): 1, ("merged", False): 1, ("held", "opted_out"): 1})
        self.assertEqual(room.last_run_at, fields.Datetime.now())

    def test_each_row_opens_what_is_behind_it(self):
        self._due_in(7, self._customer("Deng Li", reminder_opt_out=True))
        self._remind()
        for row in self._room().outcome_ids:
            action = row.action_open_reminders()
            found = self.env["loan.reminder"].with_user(self.lead).search(action["domain"])
            self.assertEqual(len(found), row.reminder_count)
            self.assertEqual(set(found.mapped("state")), {row.state})

    def test_a_round_that_waits_is_let_go_here(self):
        self._remind()
        self._today().state = "waiting"
        self.assertTrue(self._room().waits)
        self._room().action_release()
        self.assertFalse(self._room().waits)
        self.assertEqual(self._today().released_user_id, self.lead)

    def test_the_next_seven_days_are_foreseen(self):
        self._due_in(7, self._customer("Deng Li", reminder_opt_out=True))
        room = self._room()
        week = self.env["loan.reminder.forecast"].search(
            [("company_id", "=", self.company.id), ("day", "<", TODAY + timedelta(7))]
        )
        self.assertEqual(room.week_count, len(week))
        self.assertEqual(room.week_silent_count, len(week.filtered("is_silent")))
        values = json.loads(room.week_graph)[0]["values"]
        self.assertEqual(len(values), 7)
        self.assertEqual(sum(one["value"] for one in values), room.week_count)
        self.assertEqual(values[0]["value"], 2)

    def test_what_failed_or_came_back_is_mended_here(self):
        reminder = self._remind()
        reminder._withdraw_letters()
        reminder._fail("No such field")
        bounce = self.env["loan.reminder.bounce"]._note(self.contract, "old@example.com", "550 5.1.1")
        room = self._room(self.lead)
        self.assertEqual((room.failed_count, room.bounced_count), (1, 1))
        self.assertEqual((room.failed_ids, room.bounce_ids), (reminder, bounce))
        room.failed_ids.action_send_again()
        self.assertEqual(reminder.state, "queued")
        self.assertEqual(self._room().failed_count, 0)
        found = self.env["loan.reminder.bounce"].search(room.action_open_bounced()["domain"])
        self.assertEqual(found, bounce)

    def test_the_lead_of_another_team_sees_numbers_and_none_of_these_customers(self):
        reminder = self._remind()
        reminder._withdraw_letters()
        reminder._fail("No such field")
        room = self._room(self.other_lead)
        self.assertEqual(room.failed_count, 1)
        self.assertFalse(room.failed_ids)

    def test_an_administrator_sees_numbers_and_no_customer(self):
        reminder = self._remind()
        reminder._withdraw_letters()
        reminder._fail("No such field")
        self.env["loan.reminder.bounce"]._note(self.contract, "old@example.com", "550 5.1.1")
        room = self._room(self.administrator)
        self.assertEqual((room.planned_count, room.failed_count, room.bounced_count), (1, 1, 1))
        self.assertTrue(room.week_count)
        self.assertFalse(room.failed_ids or room.bounce_ids)
        for verb in ("action_open_failed", "action_open_bounced", "action_open_forecast"):
            with self.subTest(verb=verb), self.assertRaises(AccessError):
                getattr(room, verb)()
        read = room.web_read(
            {"outcome_ids": {"fields": {"reminder_count": {}}}, "failed_ids": {"fields": {}}}
        )
        self.assertEqual(read[0]["outcome_ids"][0]["reminder_count"], 1)

    def test_compliance_reads_and_does_not_steer(self):
        room = self._room(self.compliance)
        self.assertFalse(room.may_steer)
        for verb in ("action_release", "action_go_on", "action_dry_run"):
            with self.subTest(verb=verb), self.assertRaises(AccessError):
                getattr(room, verb)()

    def test_managers_the_desk_and_other_companies_have_no_room(self):
        for user in (self.manager, self.desk, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._room(user).read(["planned_count"])
        other = self.env["res.company"].create({"name": "Elsewhere"})
        rooms = self.env["loan.reminder.room"].with_user(self.lead)
        self.assertFalse(rooms.search([("id", "=", other.id)]))

    def test_the_menu_opens_the_room_of_the_company_one_works_for(self):
        for user in (self.lead, self.compliance, self.administrator):
            with self.subTest(user=user.name):
                opened = self.env.ref("loan_crm.loan_reminder_room_action_open").with_user(user)
                action = opened.with_context(allowed_company_ids=self.company.ids).run()
                self.assertEqual(action["res_id"], self.company.id)
        with self.assertRaises(AccessError):
            self.env.ref("loan_crm.loan_reminder_room_action_open").with_user(self.manager).run()

    def test_a_dry_run_starts_here(self):
        action = self._room().action_dry_run()
        run = self.env["loan.reminder.dry.run"].browse(action["res_id"])
        self.assertEqual(run.letter_count, 1)
