import smtplib
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import psycopg2.errors

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.modules import module
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, LoanMailCommon

_MAIL_LOGGER = "odoo.addons.mail.models.mail_mail"


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderDelivery(LoanMailCommon):
    """How a written letter leaves through Odoo's mail queue, at most once, and what is known of it after.

    The mail server is a stand-in. Real processes, kills and a real server are in `trials/`.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ledger = cls.env["loan.reminder"]
        cls.mails = cls.env["mail.mail"]
        cls.mails.search([("state", "=", "outgoing")]).cancel()  # what the demo left in the queue
        cls.contract = cls._due_in(7)
        cls._try_letters()

    @contextmanager
    def _no_mail_server(self):
        with (
            self.mock_mail_gateway(mail_unlink_sent=True),
            patch("smtplib.SMTP", side_effect=ConnectionRefusedError(111, "Connection refused")),
        ):
            yield

    def _deliver(self):
        """Run Odoo's mail queue and return the addresses of borrowers that got a letter."""
        self.emails.clear()
        self.mails.process_email_queue()
        staff = self.env["res.users"].search([]).mapped("email")  # a to-do is announced by mail, too
        return [address for email in self.emails for address in email["smtp_to_list"] if address not in staff]

    def _written(self):
        """Return the reminder of the loan, its letter waiting in the queue."""
        self._remind()
        reminder = self._reminder()
        self.assertEqual(reminder.state, "queued")
        return reminder

    def _reminder(self):
        return self.ledger.search([("contract_id", "=", self.contract.id)])

    def _letters(self):
        """Return the letters in the loan's chatter."""
        return self.contract.message_ids.filtered(lambda message: message.message_type == "email_outgoing")

    def _interrupted(self):
        """Return a reminder whose worker died while the letter was leaving."""
        reminder = self._written()
        reminder.write({"state": "sending", "sending_at": fields.Datetime.now() - timedelta(minutes=11)})
        self._remind()
        return reminder

    # ---------------------------------------------------------------- it leaves

    def test_a_letter_leaves_through_the_queue_and_is_noted(self):
        reminder = self._written()
        message = reminder.message_id
        with self._mail_server():
            self.assertEqual(self._deliver(), ["wang.fang@example.com"])
        self.assertEqual(reminder.state, "sent")
        self.assertEqual(reminder.sent_at, fields.Datetime.now())
        self.assertEqual(reminder.sending_at, fields.Datetime.now())
        self.assertEqual(reminder.attempts, 1)
        self.assertFalse(reminder.failure)
        self.assertFalse(reminder.mail_id, "the sent mail is deleted")
        self.assertEqual(self._letters(), message, "the letter in the chatter is not")
        self.assertEqual(message.notification_ids.notification_status, "sent")

    def test_a_second_run_of_the_queue_sends_nothing(self):
        self._written()
        with self._mail_server():
            self.assertTrue(self._deliver())
            self.assertFalse(self._deliver())
            self._remind()
            self.assertFalse(self._deliver())

    def test_a_kept_mail_that_is_put_back_into_the_queue_does_not_leave_again(self):
        reminder = self._written()
        mail = reminder.mail_id
        mail.auto_delete = False
        with self._mail_server():
            self.assertTrue(self._deliver())
            mail.mark_outgoing()
            self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, mail.state), ("sent", "cancel"))

    def test_who_finds_the_letter_taken_does_not_send_it(self):
        reminder = self._written()
        reminder.write({"state": "sending", "sending_at": fields.Datetime.now()})
        with self._mail_server():
            self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, reminder.mail_id.state), ("sending", "outgoing"))

    def test_the_ledger_is_taken_and_committed_before_the_mail_server_hears_of_it(self):
        reminder = self._written()
        events = []

        def commit():
            self.env.flush_all()
            events.append(f"commit {reminder.state}")

        def send_message(message, *_args):
            events.append("smtp")

        with (
            self._mail_server(send_message),
            patch.object(self.env.cr, "commit", commit),
        ):
            reminder.mail_id.send(auto_commit=True)
        self.assertEqual(events[:2], ["commit sending", "smtp"])
        self.assertEqual(events[-1], "commit sent")

    def test_who_sends_outside_the_queue_only_wakes_it(self):
        reminder = self._written()
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([("cron_id", "=", cron.id)])
        with self._mail_server(), patch.object(module, "current_test", None):
            reminder.mail_id.send()
        self.assertFalse(self.emails)
        self.assertEqual((reminder.state, reminder.mail_id.state), ("queued", "outgoing"))
        self.assertEqual(triggers.search_count([("cron_id", "=", cron.id)]), before + 1)

    def test_a_mail_that_another_queue_sent_and_deleted_does_not_stop_ours(self):
        reminder = self._written()
        gone = self._other_mail()
        gone_id = gone.id
        gone.unlink()
        with self._mail_server():
            self.testing_smtp_session.from_filter = self.testing_smtp_session.smtp_from = False
            self.mails.browse([gone_id, reminder.mail_id.id])._send(smtp_session=self.testing_smtp_session)
        self.assertEqual(reminder.state, "sent")

    def test_a_parallel_change_is_looked_at_again_and_not_sent_blindly(self):
        reminder = self._written()
        origin, tries = type(self.ledger)._begin_delivery, []

        def begin(record):
            tries.append(record)
            if len(tries) == 1:
                raise psycopg2.errors.SerializationFailure("somebody paid at this moment")
            return origin(record)

        with (
            self._mail_server(),
            patch.object(type(self.ledger), "_begin_delivery", begin),
            patch.object(self.env.cr, "commit"),
            patch.object(self.env.cr, "rollback") as rollback,
        ):
            reminder.mail_id.send(auto_commit=True)
        rollback.assert_called_once()
        self.assertEqual(len(self.emails), 1)
        self.assertEqual(reminder.state, "sent")

    def test_a_letter_that_could_not_be_noted_stays_taken_and_the_others_leave(self):
        other = self._due_in(7, self._customer("Li Na"))
        self._remind()
        first, second = self._reminder(), self.ledger.search([("contract_id", "=", other.id)])
        origin = type(self.mails)._postprocess_sent_message

        def note(mail, *args, **kwargs):
            if mail == first.mail_id:
                raise psycopg2.errors.SerializationFailure("somebody wrote on the loan at this moment")
            return origin(mail, *args, **kwargs)

        with (
            self._mail_server(),
            patch.object(type(self.mails), "_postprocess_sent_message", note),
            patch.object(self.env.cr, "commit"),
            patch.object(self.env.cr, "rollback") as rollback,
            mute_logger(_MAIL_LOGGER),
        ):
            (first | second).mail_id.send(auto_commit=True)
        rollback.assert_called_once()
        self.assertEqual([first.state, second.state], ["sending", "sent"])

    # ---------------------------------------------------------------- it need not leave any more

    def test_what_is_paid_between_queueing_and_delivery_does_not_leave(self):
        reminder = self._written()
        self._pay(self.contract, self.contract.installment_ids[0].amount)
        with self._mail_server():
            self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "paid"))
        self.assertFalse(self._letters(), "the chatter shows no letter that never left")
        self.assertFalse(reminder.mail_id)

    def test_who_opts_out_between_queueing_and_delivery_gets_nothing(self):
        reminder = self._written()
        self.env["mail.blacklist"]._add(reminder.partner_id.email)
        with self._mail_server():
            self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "opted_out"))

    def test_what_is_partly_paid_meanwhile_is_written_anew_with_the_rest(self):
        reminder = self._written()
        first = reminder.message_id
        self._pay(self.contract, 500)
        rest = self.contract.installment_ids[0].amount - 500
        with self._mail_server():
            self.assertFalse(self._deliver())
            self.assertFalse(first.exists())
            self.assertEqual(reminder.state, "queued")
            self.assertEqual(self._deliver(), ["wang.fang@example.com"])
        self.assertEqual(self._letters(), reminder.message_id)
        self.assertIn(f"{rest:.2f}", reminder.message_id.subject)
        self.assertAlmostEqual(reminder.amount, rest, 2)

    def test_a_letter_goes_to_the_address_it_says_it_was_sent_to(self):
        reminder = self._written()
        self.contract.partner_id.email = "new@example.com"
        with self._mail_server():
            self.assertFalse(self._deliver())
            self.assertEqual((reminder.state, reminder.email_to), ("queued", "new@example.com"))
            self.assertEqual(self._deliver(), ["new@example.com"])
        self.assertEqual((reminder.state, reminder.email_to), ("sent", "new@example.com"))
        self.assertEqual(self._letters(), reminder.message_id)

    def test_a_letter_of_a_step_that_was_archived_meanwhile_does_not_leave(self):
        reminder = self._written()
        reminder.step_id.active = False
        with self._mail_server():
            self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "too_late"))

    def test_a_letter_that_lay_in_the_queue_overnight_is_written_anew(self):
        self.contract = self._due_in(0)
        reminder = self._written()
        self.assertIn("falls due today", reminder.message_id.body)
        with self._days_later(1), self._mail_server():
            self.assertFalse(self._deliver())
            self._deliver()
            self.assertEqual(reminder.state, "sent")
            self.assertEqual(self._letters(), reminder.message_id)
            self.assertIn("was due on", reminder.message_id.body)

    def test_a_letter_that_lay_in_the_queue_too_long_does_not_leave_out_of_turn(self):
        reminder = self._written()
        with self._days_later(4), self._mail_server():  # its turn was 7 to 5 days before the due date
            self._remind()
            self._deliver()
            reminders = self._reminder().sorted("id")
            self.assertEqual(
                [(entry.step_id.offset, entry.state, entry.hold_reason) for entry in reminders],
                [(-7, "held", "too_late"), (-3, "sent", False)],
            )
            self.assertEqual(reminder, reminders[0])
            self.assertEqual(len(self._letters()), 1)

    # ---------------------------------------------------------------- the mail server is away

    def test_an_unreachable_mail_server_is_tried_again_and_leaves_one_letter(self):
        reminder = self._written()
        with self._no_mail_server():
            self._deliver()
        self.assertEqual((reminder.state, reminder.unreachable), ("failed", True))
        self.assertIn("Connection refused", reminder.failure)
        self.assertEqual(self._letters().notification_ids.notification_status, "exception")
        with self._mail_server():
            self._remind()
            self.assertEqual(
                (reminder.state, reminder.unreachable, reminder.failure), ("queued", False, False)
            )
            self.assertEqual(self._deliver(), ["wang.fang@example.com"])
            self._remind()
            self.assertFalse(self._deliver())
        self.assertEqual(reminder.state, "sent")
        self.assertEqual(reminder.attempts, 2)
        self.assertEqual(self._letters(), reminder.message_id)
        self.assertEqual(self._letters().notification_ids.notification_status, "sent")

    def test_what_is_paid_while_the_mail_server_is_away_is_held_and_leaves_nothing(self):
        reminder = self._written()
        with self._no_mail_server():
            self._deliver()
        self._pay(self.contract, self.contract.installment_ids[0].amount)
        with self._mail_server():
            self._remind()
            self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, reminder.hold_reason, reminder.failure), ("held", "paid", False))
        self.assertFalse(self._letters())

    def test_no_connection_says_nothing_about_a_letter_that_is_leaving_elsewhere(self):
        reminder = self._written()
        reminder.write({"state": "sending", "sending_at": fields.Datetime.now()})
        with self._no_mail_server():
            self._deliver()
        self.assertEqual((reminder.state, reminder.unreachable), ("sending", False))

    def test_a_mail_server_that_stays_away_is_tried_while_the_step_may_speak(self):
        reminder = self._written()
        with self._no_mail_server():
            for _round in range(8):
                self._deliver()
                self._remind()
            self._deliver()
        self.assertEqual((reminder.state, reminder.attempts), ("failed", 9))
        self.assertEqual(len(self._letters()), 1)
        with self._days_later(4):
            self._remind()
        self.assertEqual((reminder.state, reminder.attempts), ("failed", 9))

    # ---------------------------------------------------------------- the mail server says no

    @mute_logger(_MAIL_LOGGER, "odoo.addons.base.models.ir_mail_server")
    def test_a_rejected_recipient_fails_with_the_reason_and_is_not_tried_again(self):
        def refuse(*_args):
            raise smtplib.SMTPRecipientsRefused({"wang.fang@example.com": (550, b"No such mailbox")})

        reminder = self._written()
        other = self._due_in(7, self._customer("Li Na"))
        self._remind()
        with self._mail_server(refuse):
            self.assertFalse(self._deliver())
        for entry in reminder | self.ledger.search([("contract_id", "=", other.id)]):
            self.assertEqual((entry.state, entry.unreachable), ("failed", False))
            self.assertIn("No such mailbox", entry.failure)
        self.assertEqual(self._letters().notification_ids.notification_status, "exception")
        with self._mail_server():
            self._remind()
            self.assertFalse(self._deliver())

    @mute_logger(_MAIL_LOGGER, "odoo.addons.base.models.ir_mail_server")
    def test_one_rejected_recipient_does_not_keep_the_others_waiting(self):
        contracts = [self._due_in(7, self._customer(name)) for name in ("Li Na", "Wu Di", "He Ping")]

        def refuse(message, smtp_from, smtp_to_list):
            if smtp_to_list == ["wu.di@example.com"]:
                raise smtplib.SMTPRecipientsRefused({"wu.di@example.com": (550, b"No such mailbox")})

        self._remind()
        with self._mail_server(refuse):
            self._deliver()
        states = [self.ledger.search([("contract_id", "=", contract.id)]).state for contract in contracts]
        self.assertEqual(states, ["sent", "failed", "sent"])

    @mute_logger(_MAIL_LOGGER, "odoo.addons.base.models.ir_mail_server")
    def test_a_rejected_letter_is_sent_again_by_its_manager(self):
        def refuse(*_args):
            raise smtplib.SMTPRecipientsRefused({"wang.fang@example.com": (550, b"No such mailbox")})

        reminder = self._written()
        with self._mail_server(refuse):
            self._deliver()
        old_mail = reminder.mail_id
        self.contract.partner_id.email = "correct@example.com"
        reminder.with_user(self.manager).action_send_again()
        self.assertFalse(old_mail.exists(), "the old mail cannot be retried behind the ledger's back")
        with self._mail_server():
            self.assertEqual(self._deliver(), ["correct@example.com"])
        self.assertEqual((reminder.state, reminder.email_to), ("sent", "correct@example.com"))
        self.assertEqual(len(self._letters()), 2, "that the first one failed stays on record")

    @mute_logger(_MAIL_LOGGER, "odoo.addons.base.models.ir_mail_server")
    def test_a_failed_mail_retried_in_odoo_s_own_list_goes_through_the_ledger(self):
        def refuse(*_args):
            raise smtplib.SMTPRecipientsRefused({"wang.fang@example.com": (550, b"Greylisted")})

        reminder = self._written()
        with self._mail_server(refuse):
            self._deliver()
        reminder.mail_id.action_retry()
        with self._mail_server():
            self.assertEqual(self._deliver(), ["wang.fang@example.com"])
            self.assertFalse(self._deliver())
        self.assertEqual(reminder.state, "sent")

    # ---------------------------------------------------------------- the mail server says later

    @mute_logger(_MAIL_LOGGER, "odoo.addons.base.models.ir_mail_server")
    def test_a_mail_server_that_asks_to_try_later_is_tried_again_and_leaves_one_letter(self):
        address = "wang.fang@example.com"
        answers = [
            smtplib.SMTPRecipientsRefused({address: (450, b"Greylisted")}),
            smtplib.SMTPRecipientsRefused({address: (451, b"Greylisted")}),
            smtplib.SMTPSenderRefused(452, b"Insufficient storage", "a@example.com"),
            smtplib.SMTPDataError(451, b"Local error"),
            smtplib.SMTPDataError(421, b"Closing"),
        ]
        reminder = self._written()
        for answer in answers:
            with self.subTest(answer=answer):
                with self._mail_server(answer):
                    self.assertFalse(self._deliver())
                self.assertEqual((reminder.state, reminder.unreachable), ("failed", True))
                self.assertIn(type(answer).__name__, reminder.failure)
                self._remind()
                self.assertEqual((reminder.state, reminder.unreachable), ("queued", False))
        with self._mail_server():
            self.assertEqual(self._deliver(), [address])
            self._remind()
            self.assertFalse(self._deliver())
        self.assertEqual(self._letters(), reminder.message_id)

    @mute_logger(_MAIL_LOGGER, "odoo.addons.base.models.ir_mail_server")
    def test_a_mail_server_that_says_no_for_good_is_not_tried_again(self):
        for answer in (
            smtplib.SMTPDataError(554, b"Spam"),
            smtplib.SMTPSenderRefused(550, b"Who are you", "a@example.com"),
            smtplib.SMTPException("something odd"),
        ):
            with self.subTest(answer=answer):
                self.contract = self._due_in(7, self._customer())
                reminder = self._written()
                with self._mail_server(answer):
                    self.assertFalse(self._deliver())
                self._remind()
                self.assertEqual((reminder.state, reminder.unreachable), ("failed", False))

    @mute_logger(_MAIL_LOGGER, "odoo.addons.base.models.ir_mail_server")
    def test_a_mail_server_that_hangs_up_keeps_the_others_waiting_for_the_next_run(self):
        for name in ("Li Na", "Wu Di", "He Ping"):
            self._due_in(7, self._customer(name))
        reminders = self._remind().sorted(lambda reminder: reminder.mail_id.id)
        asked = []

        def hang_up(_message, _smtp_from, smtp_to_list):
            # As smtplib does: it closes the session on 421, and afterwards says so without sending anything.
            session = self.testing_smtp_session
            if getattr(session, "sock", True) is None:
                raise smtplib.SMTPServerDisconnected("please run connect() first")
            asked.append(smtp_to_list[0])
            if len(asked) == 2:
                session.sock = None
                raise smtplib.SMTPRecipientsRefused({smtp_to_list[0]: (421, b"Too many messages")})

        with self._mail_server(hang_up):
            self._deliver()
        self.assertEqual(len(asked), 2)
        self.assertEqual(reminders.mapped("state"), ["sent", "failed", "queued", "queued"])
        self.assertEqual(reminders.mapped("unreachable"), [False, True, False, False])
        self.assertEqual(reminders[2:].mail_id.mapped("state"), ["outgoing", "outgoing"])
        with self._mail_server():
            self.assertEqual(self._deliver(), ["wu.di@example.com", "he.ping@example.com"])
            self._remind()
            self.assertEqual(self._deliver(), ["li.na@example.com"])
        self.assertEqual(set(reminders.mapped("state")), {"sent"})

    @mute_logger(_MAIL_LOGGER)
    def test_a_connection_lost_in_the_middle_of_a_letter_is_for_a_person_to_judge(self):
        reminder = self._written()
        with self._mail_server(smtplib.SMTPServerDisconnected("Connection unexpectedly closed")):
            self._deliver()
        self.assertEqual((reminder.state, reminder.unreachable), ("sending", False))

    # ---------------------------------------------------------------- more than one run of the queue

    def _queue_triggers(self):
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action")
        return self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])

    def test_the_queue_comes_back_for_what_one_run_could_not_send(self):
        for name in ("Li Na", "Wu Di"):
            self._due_in(7, self._customer(name))
        self._remind()
        self.env["ir.config_parameter"].set_param("mail.mail.queue.batch.size", 2)
        self._queue_triggers().unlink()
        with self._mail_server():
            self.assertEqual(len(self._deliver()), 2)
            self.assertEqual(
                self._queue_triggers().mapped("call_at"), [fields.Datetime.now() + timedelta(minutes=1)]
            )
            self._queue_triggers().unlink()
            self.assertEqual(len(self._deliver()), 1)
        self.assertFalse(self._queue_triggers(), "nothing is left")

    def test_the_queue_does_not_come_back_while_nothing_gets_out_of_the_way(self):
        reminder = self._written()
        reminder.mail_id.scheduled_date = fields.Datetime.now() + timedelta(hours=2)
        self._queue_triggers().unlink()
        with self._mail_server():
            self.assertFalse(self._deliver())
        self.assertFalse(self._queue_triggers())

    # ---------------------------------------------------------------- a worker died

    def test_an_interrupted_letter_is_never_sent_again_by_itself(self):
        reminder = self._interrupted()
        self.assertEqual((reminder.state, reminder.mail_id.state), ("interrupted", "cancel"))
        self.assertIn("nobody can tell", reminder.failure)
        self.assertEqual(self._letters().notification_ids.notification_status, "exception")
        with self._mail_server():
            for days in (0, 1, 2):
                with self._days_later(days):
                    self._remind()
                    self.assertFalse(self._deliver())
            reminder.mail_id.mark_outgoing()  # "Retry" in Odoo's own list of mails
            self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, reminder.mail_id.state), ("interrupted", "cancel"))

    def test_a_letter_that_is_just_leaving_is_not_taken_for_interrupted(self):
        reminder = self._written()
        reminder.write({"state": "sending", "sending_at": fields.Datetime.now() - timedelta(minutes=9)})
        self._remind()
        self.assertEqual(reminder.state, "sending")

    def test_a_person_may_send_an_interrupted_letter_again(self):
        reminder = self._interrupted()
        old_mail = reminder.mail_id
        reminder.with_user(self.manager).action_send_again()
        self.assertEqual(reminder.state, "queued")
        self.assertFalse(old_mail.exists())
        with self._mail_server():
            self.assertEqual(self._deliver(), ["wang.fang@example.com"])
        self.assertEqual((reminder.state, reminder.failure), ("sent", False))

    def test_a_letter_interrupted_on_another_day_still_wakes_somebody(self):
        reminder = self._written()
        reminder.write({"state": "sending", "sending_at": fields.Datetime.now()})
        todos = [("res_model", "=", "loan.reminder.round"), ("res_id", "=", reminder.round_id.id)]
        self.assertFalse(self.env["mail.activity"].search(todos))
        with self._days_later(1):
            self._remind()
            self.assertEqual(reminder.state, "interrupted")
            self.assertEqual(len(self.env["mail.activity"].search(todos)), 1)

    # ---------------------------------------------------------------- send again

    def test_send_again_refuses_what_is_sent_or_about_to_be(self):
        reminder = self._written()
        for state in ("queued", "sending", "sent", "held", "claimed"):
            reminder.state = state
            with self.subTest(state=state), self.assertRaises(UserError):
                reminder.with_user(self.manager).action_send_again()
            self.assertEqual(reminder.state, state)

    def test_send_again_refuses_all_when_one_of_them_must_not(self):
        interrupted = self._interrupted()
        self._due_in(3, self._customer("Li Na"))
        reminders = self._remind()
        with self.assertRaises(UserError):
            reminders.with_user(self.manager).action_send_again()
        self.assertEqual(interrupted.state, "interrupted")

    def test_send_again_refuses_a_letter_whose_time_has_passed(self):
        reminder = self._interrupted()
        with self._days_later(3), self.assertRaisesRegex(UserError, "too late"):
            reminder.with_user(self.manager).action_send_again()
        self.assertEqual(reminder.state, "interrupted")

    def test_send_again_judges_anew(self):
        reminder = self._interrupted()
        self._pay(self.contract, self.contract.installment_ids[0].amount)
        reminder.with_user(self.manager).action_send_again()
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "paid"))
        with self._mail_server():
            self.assertFalse(self._deliver())

    def test_only_who_looks_after_the_loan_sends_again(self):
        reminder = self._interrupted()
        for user in (self.stranger, self.desk, self.compliance, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                reminder.with_user(user).action_send_again()
        self.assertEqual(reminder.state, "interrupted")
        reminder.with_user(self.lead).action_send_again()
        self.assertEqual(reminder.state, "queued")

    # ---------------------------------------------------------------- hands in Odoo's mail queue

    def test_deleting_mails_in_bulk_keeps_the_letters_in_the_chatter(self):
        reminder = self._written()
        message = reminder.message_id
        self.mails.search([("id", "=", reminder.mail_id.id)]).unlink()
        self.assertEqual(self._letters(), message)
        self._remind()
        self.assertEqual(reminder.state, "failed")
        self.assertIn("deleted", reminder.failure)
        self.assertFalse(reminder.unreachable)
        self.assertEqual(message.notification_ids.notification_status, "canceled")
        reminder.with_user(self.manager).action_send_again()
        with self._mail_server():
            self.assertEqual(self._deliver(), ["wang.fang@example.com"])

    def test_a_letter_cancelled_in_odoo_s_own_list_gets_a_final_state(self):
        reminder = self._written()
        reminder.mail_id.cancel()
        with self._mail_server():
            self._remind()
            self.assertFalse(self._deliver())
        self.assertEqual(reminder.state, "failed")

    # ---------------------------------------------------------------- mails of other kinds

    def _other_mail(self, **values):
        return self.mails.create(
            {
                "subject": "Something else",
                "body_html": "<p>Hello</p>",
                "email_from": "a@example.com",
                "email_to": "other@example.com",
                **values,
            }
        )

    def test_other_mails_leave_as_ever_beside_a_reminder(self):
        self._written()
        kept = self._other_mail(email_to="kept@example.com")
        deleted = self._other_mail(email_to="deleted@example.com", auto_delete=True)
        with self._mail_server():
            self.assertEqual(
                sorted(self._deliver()),
                ["deleted@example.com", "kept@example.com", "wang.fang@example.com"],
            )
        self.assertEqual(kept.state, "sent")
        self.assertFalse(deleted.exists())

    def test_other_mails_are_sent_outside_the_queue_as_ever(self):
        mail = self._other_mail()
        reminder = self._written()
        with self._mail_server(), patch.object(module, "current_test", None):
            (mail | reminder.mail_id).send()
        self.assertEqual([email["smtp_to_list"] for email in self.emails], [["other@example.com"]])
        self.assertEqual((mail.state, reminder.state), ("sent", "queued"))

    @mute_logger(_MAIL_LOGGER, "odoo.addons.base.models.ir_mail_server")
    def test_other_mails_fail_as_ever(self):
        mail = self._other_mail()
        with self._no_mail_server():
            self._deliver()
        self.assertEqual(mail.state, "exception")
        refused = self._other_mail(recipient_ids=[Command.link(self.contract.partner_id.id)])

        def refuse(*_args):
            raise smtplib.SMTPRecipientsRefused({"other@example.com": (550, b"No")})

        with self._mail_server(refuse):
            self._deliver()
        self.assertEqual(refused.state, "exception")
        self.assertIn("No", refused.failure_reason)
