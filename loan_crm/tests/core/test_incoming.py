from email import message_from_string
from email.policy import SMTP

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import incoming


def mail(headers="", body="Hello", content="text/plain"):
    return message_from_string(f"{headers}Content-Type: {content}\n\n{body}", policy=SMTP)


def dsn(action="failed", status="5.1.1", said="smtp; 550 5.1.1 User unknown"):
    body = (
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.com\n\n"
        f"Final-Recipient: rfc822; wang@example.com\nAction: {action}\nStatus: {status}\nDiagnostic-Code: {said}\n\n"
        "--b--\n"
    )
    return mail(body=body, content='multipart/report; report-type=delivery-status; boundary="b"')


class TestIncoming(BaseCase):
    def test_what_a_machine_wrote_is_told_from_what_a_person_wrote(self):
        for headers, automatic in (
            ("Subject: Re: Your installment\n", False),
            ("Auto-Submitted: no\n", False),
            ("Auto-Submitted: auto-replied\n", True),
            ("Auto-Submitted: auto-generated; owner=x\n", True),
            ("Precedence: bulk\n", True),
            ("Precedence: first-class\n", False),
            ("X-Autoreply: yes\n", True),
            ("X-Autoreply: no\n", False),
            ("X-Autoresponder: 1\n", True),
            ("Precedence: list\nList-Id: <loans.pudong.example.com>\n", False),
            ("Auto-Submitted: auto-forwarded\n", False),
            ("Return-Path: <>\n", True),
            ("Return-Path: <wang@example.com>\n", False),
            ("Subject: Automatic reply: Your installment\n", True),
            ("Subject: Out of office: back on Monday\n", True),
            ("Subject: 自动回复:您的还款\n", True),
            ("Subject: Re: Automatic reply: Your installment\n", False),
            ("Subject: Automatic repayment does not work\n", False),
        ):
            with self.subTest(headers=headers):
                self.assertEqual(incoming.is_automatic(mail(headers)), automatic)

    def test_a_refusal_of_the_address_is_told_from_one_of_the_letter(self):
        for code, said, refused in (
            (550, "5.1.1 The email account that you tried to reach does not exist", True),
            (550, "5.1.10 RESOLVER.ADR.RecipientNotFound", True),
            (550, "5.4.1 Recipient address rejected: Access denied", True),
            (550, "5.2.1 Mailbox disabled", True),
            (550, "No such person at this address.", True),
            (551, "User not local", True),
            (553, "Mailbox name not allowed", True),
            (550, "5.7.1 Message rejected as spam", False),
            (550, "5.1.8 Sender address rejected", False),
            (550, "Mail content denied", False),
            (550, "Blocked by our policy", False),
            (550, "Greylisted, try again later", False),
            (552, "5.3.4 Message too large", False),
            (552, "5.2.2 Mailbox full", False),
            (552, "Quota exceeded", False),
            (554, "Transaction failed", False),
            (450, "4.1.1 User unknown, try later", False),
            (421, "Service not available", False),
        ):
            with self.subTest(code=code, said=said):
                self.assertEqual(incoming.refuses_address(code, said), refused)

    def test_a_report_says_what_became_of_the_letter(self):
        for action, status, said, kind in (
            ("failed", "5.1.1", "smtp; 550 5.1.1 User unknown", incoming.ADDRESS),
            ("failed", "5.0.0", "smtp; 550 No such person at this address.", incoming.ADDRESS),
            ("failed", "5.0.0", "smtp; 550 5.1.1 unknown", incoming.ADDRESS),
            ("Failed", "5.4.4 (unable to route)", "", incoming.ADDRESS),
            ("failed", "5.2.2", "smtp; 552 mailbox full", incoming.LETTER),
            ("failed", "5.7.1", "smtp; 550 5.7.1 spam", incoming.LETTER),
            ("failed", "5.0.0", "smtp; 554 refused for its content", incoming.LETTER),
            ("failed", "5.0.0", "", incoming.LETTER),
            ("failed", "4.4.7", "smtp; delivery time expired", incoming.LETTER),
            ("delayed", "4.4.1", "smtp; connection timed out", None),
            ("delivered", "2.0.0", "", None),
            ("relayed", "2.0.0", "", None),
            ("", "5.1.1", "smtp; 550 5.1.1 User unknown", incoming.ADDRESS),
        ):
            with self.subTest(action=action, status=status, said=said):
                self.assertEqual(incoming.report(dsn(action, status, said)).kind, kind)

    def test_a_report_keeps_the_other_servers_words(self):
        self.assertEqual(incoming.report(dsn()).said, "550 5.1.1 User unknown")
        self.assertEqual(incoming.report(dsn(said="smtp; gone")).said, "5.1.1 gone")
        self.assertEqual(len(incoming.report(dsn(said="x" * 5000)).said), 1000)

    def test_a_receipt_is_no_bounce(self):
        body = "--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n\n--b--\n"
        report = mail(
            body=body, content='multipart/report; report-type=disposition-notification; boundary="b"'
        )
        self.assertIsNone(incoming.report(report).kind)

    def test_a_report_in_words_only_needs_a_code_to_count(self):
        for words, kind in (
            ("wang@example.com: 550 5.1.1 User unknown", incoming.ADDRESS),
            ("Remote host said: 552 Message too large", incoming.LETTER),
            ("Warning: could not send for 4 hours, 451 4.4.1 timed out, still trying", None),
            ("I am on holiday until 5 May.", None),
        ):
            with self.subTest(words=words):
                self.assertEqual(incoming.report(mail(body=words)).kind, kind)
