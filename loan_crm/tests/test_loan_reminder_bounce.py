import smtplib
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NOW, LoanCommon
from .test_loan_correspondence import CorrespondenceCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderBounce(CorrespondenceCommon):
    """Letters come back from an address: they stop by themselves, and a person mends it with one click."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bounces = cls.env["loan.reminder.bounce"]

    def _come_back(
        self,
        letter,
        email="wang.fang@example.com",
        action="failed",
        status="5.1.1",
        said="550 5.1.1 User unknown",
    ):
        """Take in the report of a mail server about a letter."""
        body = (
            "--b\nContent-Type: text/plain\n\nI could not deliver your message.\n\n"
            "--b\nContent-Type: message/delivery-status\n\n"
            "Reporting-MTA: dns; mx.example.com\n\n"
            f"Final-Recipient: rfc822; {email}\nAction: {action}\nStatus: {status}\n"
            f"Diagnostic-Code: smtp; {said}\n\n"
            "--b\nContent-Type: message/rfc822\n\n"
            f"Message-Id: {letter.message_id}\nSubject: Your installment\n"
            "Content-Type: text/plain\n\nDear Wang Fang\n\n--b--\n"
        )
        self._receive(
            body,
            sender="MAILER-DAEMON@mx.example.com",
            To="bounce@pudong.example.com",
            Auto_Submitted="auto-replied",
            Content_Type='multipart/report; report-type=delivery-status; boundary="b"',
        )

    def _open(self):
        return self.bounces.search([("customer_id", "=", self.customer.id), ("state", "=", "open")])

    def _mend(self, bounce, email, user=None):
        action = bounce.with_user(user or self.manager).action_mend()
        form = Form(
            self.env[action["res_model"]].with_user(user or self.manager).with_context(**action["context"])
        )
        form.email_new = email
        return form.save().action_mend()

    # ------------------------------------------------------------ noting

    def test_a_letter_that_comes_back_is_noted_and_asks_the_manager_once(self):
        reminder = self._send_reminder()
        self._come_back(reminder.message_id)
        bounce = self._open()
        self.assertEqual(
            (bounce.email, bounce.count, bounce.reminder_id), ("wang.fang@example.com", 1, reminder)
        )
        self.assertEqual((bounce.partner_id, bounce.contract_id), (self.borrower, self.contract))
        self.assertEqual(bounce.said, "550 5.1.1 User unknown")
        self.assertTrue(bounce.stops)
        self.assertTrue(reminder.is_bounced)
        self.assertEqual(reminder.message_id.notification_ids.notification_status, "bounce")
        todo = self.customer.activity_ids
        self.assertEqual(
            (todo.user_id, todo.summary), (self.manager, "Address bounced: wang.fang@example.com")
        )
        self.assertIn(f"/odoo/loan-bounces/{bounce.id}", todo.note)
        self._come_back(reminder.message_id)
        self.assertEqual(self._open(), bounce)
        self.assertEqual(bounce.count, 2)
        self.assertEqual(self.customer.activity_ids, todo)
        self.assertEqual(self.customer.bounce_count, 1)

    def test_the_deputy_is_asked_while_the_manager_is_away(self):
        reminder = self._send_reminder()
        self._away(self.colleague)
        self._come_back(reminder.message_id)
        self.assertEqual(self.customer.activity_ids.user_id, self.colleague)

    def test_a_delay_a_receipt_and_a_full_mailbox_close_no_address(self):
        reminder = self._send_reminder()
        self._come_back(reminder.message_id, action="delayed", status="4.4.1", said="451 timed out")
        self.assertFalse(reminder.is_bounced)
        self.assertEqual(reminder.message_id.notification_ids.notification_status, "sent")
        self._come_back(reminder.message_id, status="5.2.2", said="552 5.2.2 mailbox full")
        self.assertFalse(self._open())
        self.assertTrue(reminder.is_bounced)
        self.assertEqual(self.contract.activity_ids.summary, "A letter came back")
        self.assertIn("mailbox full", self.contract.activity_ids.note)

    def test_a_report_about_an_address_that_was_changed_meanwhile_stops_nothing(self):
        reminder = self._send_reminder()
        self.borrower.email = "fang@example.org"
        self._come_back(reminder.message_id)
        self.assertFalse(self._open())
        self.assertTrue(reminder.is_bounced)

    def test_a_manual_letter_about_a_loan_that_comes_back_counts_too(self):
        with self.mock_mail_gateway():
            message = self.contract.with_user(self.manager).message_post(
                body="Please call me.", subtype_xmlid="mail.mt_comment", partner_ids=self.borrower.ids
            )
        self._come_back(message)
        self.assertEqual(self._open().contract_id, self.contract)
        self.assertFalse(self._open().reminder_id)

    def test_the_mailbox_of_a_colleague_is_no_borrowers_address(self):
        with self.mock_mail_gateway():
            message = self.contract.with_user(self.lead).message_post(
                body="Look at this.", subtype_xmlid="mail.mt_comment", partner_ids=self.manager.partner_id.ids
            )
        self._come_back(message, email=self.manager.email)
        self.assertFalse(self.bounces.search([("contract_id", "=", self.contract.id)]))

    def test_an_address_the_mail_server_refuses_is_noted_at_once(self):
        for code, said, noted in (
            (550, b"5.1.1 User unknown", True),
            (550, b"5.7.1 Blocked as spam", False),
            (552, b"Message too large", False),
            (451, b"4.7.1 Greylisted", False),
        ):
            with self.subTest(code=code, said=said):
                contract = self._due_in(7, self._customer(f"Borrower {code} {len(said)}"))
                self._remind()
                refused = smtplib.SMTPRecipientsRefused({contract.partner_id.email: (code, said)})
                others = self.env["mail.mail"].search(
                    [("state", "=", "outgoing"), ("recipient_ids", "not in", contract.partner_id.ids)]
                )
                others.cancel()
                with (
                    self.mock_mail_gateway(mail_unlink_sent=True),
                    patch.object(self.testing_smtp_session, "send_message", side_effect=refused, create=True),
                    mute_logger(
                        "odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server"
                    ),
                ):
                    self.env["mail.mail"].process_email_queue()
                reminder = contract.reminder_ids
                self.assertEqual(reminder.state, "failed")
                self.assertEqual(reminder.is_bounced, noted)
                bounce = self.bounces.search([("contract_id", "=", contract.id)])
                self.assertEqual(bounce.mapped("said"), [f"{code} {said.decode()}"] if noted else [])

    # ------------------------------------------------------------ what it stops

    def test_the_next_letter_is_held_until_the_address_is_another(self):
        self._come_back(self._send_reminder().message_id)
        with self._days_later(4):
            held = self._remind().filtered(lambda reminder: reminder.state == "held")
            self.assertEqual((held.contract_id, held.hold_reason), (self.contract, "bounced"))
            self.borrower.email = "fang@example.org"
            self._remind()
            self.assertEqual(held.state, "queued")
            self.assertEqual(held.email_to, "fang@example.org")

    def test_a_letter_that_waits_to_leave_is_stopped_too(self):
        sent = self._send_reminder()
        with self._days_later(4):
            waiting = self._remind() - sent
            self.assertEqual(waiting.state, "queued")
            self._come_back(sent.message_id)
            with self.mock_mail_gateway(mail_unlink_sent=True):
                self.env["mail.mail"].process_email_queue()
            self.assertEqual((waiting.state, waiting.hold_reason), ("held", "bounced"))

    def test_the_same_address_at_another_customer_is_their_own(self):
        self._come_back(self._send_reminder().message_id)
        other = self._due_in(
            7, self._customer("Wang Lei", partner_id=self._partner("Wang Lei", email=self.borrower.email).id)
        )
        self._remind()
        self.assertEqual(other.reminder_ids.state, "queued")

    # ------------------------------------------------------------ mending

    def test_a_new_address_is_written_to_at_once(self):
        reminder = self._send_reminder()
        self._come_back(reminder.message_id)
        bounce = self._open()
        action = self._mend(bounce, " Fang <FANG@example.org> ")
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(self.borrower.email, "fang@example.org")
        self.assertEqual((bounce.state, bounce.mended_user_id), ("mended", self.manager))
        self.assertEqual((reminder.state, reminder.email_to), ("queued", "fang@example.org"))
        self.assertFalse(reminder.is_bounced)
        self.assertFalse(self.customer.activity_ids)

    def test_an_address_that_is_right_after_all_is_tried_again(self):
        reminder = self._send_reminder()
        self._come_back(reminder.message_id)
        bounce = self._open()
        bounce.with_user(self.lead).action_try_again()
        self.assertEqual((bounce.state, bounce.mended_user_id), ("mended", self.lead))
        self.assertEqual(reminder.state, "queued")
        self._come_back(reminder.message_id)  # and comes back once more: a new one begins
        self.assertEqual(len(self._open()), 1)
        self.assertEqual(self.bounces.search([("customer_id", "=", self.customer.id)]), self._open() + bounce)

    def test_a_letter_whose_time_has_passed_is_not_written_again(self):
        reminder = self._send_reminder()
        self._come_back(reminder.message_id)
        with self._days_later(30):
            action = self._open().with_user(self.manager).action_try_again()
            self.assertEqual(reminder.state, "sent")
            self.assertIn("Too late by now: 1", action["params"]["message"])

    def test_a_paid_installment_is_not_written_about_again(self):
        reminder = self._send_reminder()
        self._come_back(reminder.message_id)
        self._pay(self.contract, self.contract.installment_ids[0].amount)
        self._open().with_user(self.manager).action_try_again()
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "paid"))

    def test_wrong_input_is_told_in_words(self):
        self._come_back(self._send_reminder().message_id)
        for email, words in (
            ("nonsense", "Enter one complete address"),
            ("a@example.com, b@example.com", "Enter one complete address"),
            ("Wang.Fang@EXAMPLE.com", "letters come back from"),
        ):
            with self.subTest(email=email), self.assertRefused(words):
                self._mend(self._open(), email)
        bounce = self._open()
        bounce.with_user(self.manager).action_try_again()
        with self.assertRefused("mended already"):
            bounce.with_user(self.manager).action_try_again()

    def test_all_companies_of_a_contact_are_done_with_the_old_address(self):
        self._come_back(self._send_reminder().message_id)
        other = self.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})
        everywhere = self.env(context={**self.env.context, "allowed_company_ids": (self.company | other).ids})
        customer = everywhere["loan.customer"].create(
            {"partner_id": self.borrower.id, "company_id": other.id}
        )
        product = everywhere["loan.product"].create(
            {"name": "Suzhou Loan", "company_id": other.id, "currency_id": self.cny.id, "yearly_rate": 5}
        )
        loan = everywhere["loan.contract"].create(
            {"customer_id": customer.id, "company_id": other.id, "product_id": product.id, "principal": 1000}
        )
        theirs = self.bounces._note(loan, self.borrower.email, "550 5.1.1")
        mine = self._open()
        self._mend(mine, "fang@example.org")
        self.assertEqual((mine.state, theirs.state), ("mended", "superseded"))

    def test_who_may_not_change_contacts_is_told_so(self):
        self._come_back(self._send_reminder().message_id)
        with (
            patch.object(type(self.borrower), "has_access", lambda records, operation: operation != "write"),
            self.assertRefused("may not change contacts"),
        ):
            self._mend(self._open(), "fang@example.org")
        self.assertTrue(self._open())

    def test_a_letter_for_two_loans_that_came_back_names_what_is_still_owed(self):
        other = self._due_in(3)
        reminder = self._send_reminder()
        reminder = reminder.merged_into_id or reminder
        self.assertEqual(len(reminder.line_ids), 2)
        paid, open_ = reminder.contract_id, (self.contract | other) - reminder.contract_id
        self._come_back(reminder.message_id)
        self._pay(paid, paid.installment_ids[0].amount)
        self._mend(self._open(), "right@example.com")
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "paid"))
        anew = self.env["loan.reminder"].search([("contract_id", "=", open_.id)])
        self.assertEqual((anew.state, anew.email_to), ("queued", "right@example.com"))
        self.assertNotIn(paid.name, anew.body)

    def test_only_who_looks_after_the_customer_mends(self):
        self._come_back(self._send_reminder().message_id)
        bounce = self._open()
        for user in self.stranger | self.desk | self.compliance | self.administrator | self.employee:
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                bounce.with_user(user).action_try_again()
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env["loan.reminder.bounce.mend"].with_user(user).create(
                    {"bounce_id": bounce.id, "email_new": "x@example.com"}
                ).action_mend()
        self.assertTrue(bounce.stops)

    def test_anybody_who_corrects_the_contact_ends_it(self):
        self._come_back(self._send_reminder().message_id)
        bounce = self._open()
        clerk = new_test_user(
            self.env,
            "clerk",
            "base.group_user,base.group_partner_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.borrower.with_user(clerk).email = "fang@example.org"
        self.assertEqual(bounce.state, "superseded")
        self.assertFalse(self.customer.activity_ids)

    def test_what_stops_letters_can_be_found(self):
        self._come_back(self._send_reminder().message_id)
        bounce = self._open()
        mine = self.bounces.with_user(self.manager)
        self.assertEqual(mine.search([("stops", "=", True)]).ids, bounce.ids)
        self.env.cr.execute(
            "UPDATE res_partner SET email_normalized = 'x@y.z' WHERE id = %s", [self.borrower.id]
        )
        self.env.invalidate_all()
        self.assertFalse(mine.search([("stops", "=", True)]))
        self.assertTrue(mine.search([("stops", "=", False), ("id", "=", bounce.id)]))
        self.assertFalse(bounce.stops)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderBounceOnce(LoanCommon):
    def test_an_address_has_one_open_bounce_by_the_database(self):
        contract = self._due_in(7)
        bounce = self.env["loan.reminder.bounce"]._note(contract, "Wang.Fang@example.com", "gone")
        with self.assertRefused("noted as bounced already"):
            bounce.copy()
