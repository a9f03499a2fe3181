import re
import smtplib
from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, LoanMailCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanLetterPost(LoanMailCommon):
    """Letters leave in chunks: what each of them may, and what becomes of it.

    The mail server is a stand-in, and nothing is committed. Real processes, kills and a real server are in `trials/`.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.post, cls.ledger = cls.env["loan.letter.post"], cls.env["loan.reminder"]
        cls.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()  # what the demo left in the queue

    def _written(self, many):
        """Return the reminders of so many borrowers, their letters waiting in the queue."""
        for place in range(many):
            partner = self._partner(f"Borrower {place}", email=f"borrower{place}@example.com")
            self._due_in(7, self._customer(partner_id=partner.id))
        reminders = self._remind().sorted("id")
        self.assertEqual(set(reminders.mapped("state")), {"queued"})
        return reminders

    @contextmanager
    def _mail_server(self, send_message=None):
        """Stand in for the mail server and for the commits around it."""
        posts = type(self.post)
        with (
            super()._mail_server(send_message),
            patch.object(posts, "_may_deliver", lambda post: True),
            patch.object(posts, "_commit", lambda post: post.env.flush_all()),
            mute_logger(
                "odoo.addons.loan_crm.models.loan_letter_post", "odoo.addons.base.models.ir_mail_server"
            ),
        ):
            yield

    def _deliver(self, limit=1000):
        """Send in chunks and return the addresses that got a letter."""
        self.emails.clear()
        left = self.post._deliver(limit)
        self.env.invalidate_all()
        got = [address for email in self.emails for address in email["smtp_to_list"]]
        self.assertEqual(len(got), left)
        return got

    def test_letters_leave_together_and_each_is_noted(self):
        reminders = self._written(3)
        messages = reminders.message_id
        with self._mail_server():
            self.assertEqual(self._deliver(), reminders.mapped("email_to"))
            self.assertFalse(self._deliver(), "and once")
        self.assertEqual(set(reminders.mapped("state")), {"sent"})
        self.assertTrue(all(reminders.mapped("sent_at")))
        self.assertFalse(reminders.mail_id, "sent mails are deleted")
        self.assertEqual(messages.exists(), messages, "letters in the chatter are not")
        self.assertEqual(set(messages.notification_ids.mapped("notification_status")), {"sent"})

    def test_what_leaves_is_to_the_byte_what_odoos_queue_would_send(self):
        reminders = self._written(2)
        reminders.mail_id.auto_delete = False
        with self._mail_server():
            self.assertEqual(len(self._deliver()), 2)
            in_chunks = self._sent()
        reminders.write({"state": "queued"})
        reminders.mail_id.state = "outgoing"
        with self._mail_server():
            self.emails.clear()
            with patch.object(type(self.post), "_deliver", lambda *args: 0):
                self.env["mail.mail"].process_email_queue()
            self.assertEqual(self._sent(), in_chunks)

    def _sent(self):
        """Return what the mail server was given; what bounds the parts of a letter is made anew for each."""
        return sorted(
            (
                re.sub(r"=+\d+==", "", email["message"]),
                email["smtp_from"],
                email["smtp_to_list"],
            )
            for email in self.emails
        )

    def test_what_is_paid_meanwhile_stays_and_is_for_odoos_queue_to_judge(self):
        reminders = self._written(3)
        paid = reminders[1]
        self._pay(paid.contract_id, paid.installment_id.amount)
        with self._mail_server():
            self.assertEqual(self._deliver(), (reminders - paid).mapped("email_to"))
            self.assertEqual(paid.state, "queued")
            self.env["mail.mail"].process_email_queue()
        self.assertEqual((paid.state, paid.hold_reason), ("held", "paid"))

    def test_a_refused_letter_fails_alone(self):
        reminders = self._written(3)

        def refuse(message, smtp_from, smtp_to_list, *args, **kwargs):
            if smtp_to_list == [reminders[1].email_to]:
                raise smtplib.SMTPRecipientsRefused({smtp_to_list[0]: (550, b"5.7.1 No")})

        with self._mail_server(refuse):
            self.post._deliver(1000)
        self.assertEqual(reminders.mapped("state"), ["sent", "failed", "sent"])
        self.assertIn("5.7.1 No", reminders[1].failure)

    def test_when_the_server_hangs_up_one_is_uncertain_and_the_others_wait(self):
        reminders = self._written(3)

        def hang_up(*args, **kwargs):
            raise smtplib.SMTPServerDisconnected("gone")

        def close():
            self.testing_smtp_session.sock = None

        with (
            self._mail_server(hang_up),
            patch.object(self.testing_smtp_session, "close", close, create=True),
        ):
            self.assertFalse(self._deliver())
        self.assertEqual(reminders.mapped("state"), ["sending", "queued", "queued"])
        self.assertEqual(set(reminders.mail_id.mapped("state")), {"outgoing"})

    def test_without_a_server_all_wait_for_odoos_queue(self):
        reminders = self._written(2)
        with (
            self._mail_server(),
            patch("smtplib.SMTP", side_effect=ConnectionRefusedError(111, "Connection refused")),
        ):
            self.assertFalse(self._deliver())
        self.assertEqual(set(reminders.mapped("state")), {"queued"})

    def test_more_senders_than_sessions_are_served(self):
        for place in range(4):
            manager = self._user("manager", f"Sender {place}")
            partner = self._partner(f"Of Sender {place}", email=f"of{place}@example.com")
            self._due_in(7, self._customer(manager=manager, partner_id=partner.id))
        reminders = self._remind()
        with self._mail_server(), patch("odoo.addons.loan_crm.models.loan_letter_post._SESSIONS", 2):
            self._deliver()
        self.assertEqual(set(reminders.mapped("state")), {"sent"})

    def test_nothing_leaves_in_chunks_where_an_addon_or_the_lender_wants_otherwise(self):
        self._written(1)
        self.assertFalse(self.post._obstacles())
        self.assertFalse(self.post._may_deliver(), "a test must not commit")
        with patch.object(type(self.env["mail.mail"]), "_send", lambda *args, **kwargs: True):
            self.assertIn("mail.mail._send", str(self.post._obstacles()))
            note = self.env["res.config.settings"].create({}).loan_letter_route_note
            self.assertIn("They leave one by one", note)
        self.company.loan_letter_route = "safe"
        with self._mail_server():
            self.assertFalse(self._deliver())

    def test_a_run_sends_no_more_than_the_site_wishes_and_comes_back(self):
        reminders = self._written(5)
        self.env["mail.mail"].create({"email_to": "somebody@example.com", "body_html": "Of another app"})
        self.env["ir.config_parameter"].set_param("mail.mail.queue.batch.size", 2)
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        counts = []
        with self._mail_server():
            for _run in range(4):
                self.emails.clear()
                self.env["mail.mail"].process_email_queue()
                counts.append(len(self.emails))
        self.assertEqual(counts, [2, 2, 2, 0])
        self.assertEqual(set(reminders.mapped("state")), {"sent"})
        self.assertGreaterEqual(
            self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), len(triggers) + 2
        )

    def test_mail_of_others_that_a_full_run_left_is_sent_at_once(self):
        self._written(4)
        mail = self.env["mail.mail"].create(
            {"email_to": "somebody@example.com", "body_html": "Of another app"}
        )
        self.env["ir.config_parameter"].set_param("mail.mail.queue.batch.size", 2)
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action")
        with self._mail_server():
            self.env["mail.mail"].process_email_queue()
            self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
            self.env["mail.mail"].process_email_queue()
            self.assertEqual(mail.state, "outgoing")
            triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
            self.assertEqual(
                triggers.filtered(lambda one: one.call_at <= fields.Datetime.now()), triggers[:1]
            )
            self.env["mail.mail"].process_email_queue()
        self.assertEqual(mail.state, "sent")

    def test_a_server_that_hung_up_is_not_called_again_for_the_next_letter(self):
        self._written(3)
        self.env["ir.config_parameter"].set_param("mail.session.batch.size", 1)
        with self._mail_server():
            self.connect_mocked.side_effect = OSError("nobody there")
            self.assertEqual(self._deliver(), [])
            self.assertEqual(self.connect_mocked.call_count, 1)

    def test_a_session_carries_no_more_than_the_site_wishes(self):
        self._written(5)
        self.env["ir.config_parameter"].set_param("mail.session.batch.size", 2)
        with self._mail_server():
            self.assertEqual(len(self._deliver()), 5)
            self.assertEqual(self.connect_mocked.call_count, 3)

    def test_a_chunk_takes_as_many_statements_as_a_letter(self):
        costs = []
        for many in (2, 20):
            self.ledger.search([("state", "=", "queued")]).mail_id.cancel()
            self._written_anew(many)
            with self._mail_server():
                before = self.cr.sql_log_count
                self.assertEqual(len(self._deliver()), many)
                costs.append(self.cr.sql_log_count - before)
        self.assertLessEqual(costs[1], costs[0] + 4, costs)

    def _written_anew(self, many):
        for place in range(many):
            partner = self._partner(f"Of {many}", email=f"of{many}-{place}@example.com")
            self._due_in(7, self._customer(partner_id=partner.id))
        self._remind()
        self.env.flush_all()
        self.env.invalidate_all()
