from datetime import timedelta
from email import message_from_string
from email.policy import SMTP

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

from .common import NOW, TODAY, LoanCommon

ANSWER = "loan_crm.mail_activity_type_answer"


@freeze_time(NOW)
class CorrespondenceCommon(LoanCommon, MockEmail):
    """A lender whose answers and bounces come back: a letter about Wang Fang's loan has left."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].create(
            {"name": "pudong.example.com", "catchall_alias": "catchall", "bounce_alias": "bounce"}
        )
        cls.company.alias_domain_id = cls.domain
        cls.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()  # what the demo left in the queue
        cls.contract = cls._due_in(7)
        cls.borrower = cls.customer.partner_id
        # As the gateway runs: as the superuser, in no company of a lender.
        cls.gateway = cls.env["mail.thread"].with_context(allowed_company_ids=None)
        cls.number = 0

    def _send_reminder(self, contract=None):
        """Return the reminder of a loan after its letter has left."""
        contract = contract or self.contract
        self._remind()
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.env["mail.mail"].process_email_queue()
        return self.env["loan.reminder"].search([("contract_id", "=", contract.id)])

    def _receive(self, body="I will pay on Friday.", sender="Wang Fang <wang.fang@example.com>", **headers):
        """Take in one mail and return what became of it in the chatter, and the addresses it was passed on to."""
        type(self).number += 1
        headers = {
            "Message-Id": f"<incoming-{self.number}@example.com>",
            "From": sender,
            "To": '"Lin Mei" <catchall@pudong.example.com>',
            "Subject": "Re: Your installment",
            "Content-Type": "text/plain; charset=utf-8",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        source = "".join(f"{name}: {value}\n" for name, value in headers.items()) + f"\n{body}"
        with self.mock_mail_gateway(), mute_logger("odoo.addons.mail.models.mail_thread"):
            self.gateway.message_process(None, source)
            self.env.flush_all()
        self.env.invalidate_all()
        message = self.env["mail.message"].search([("message_id", "=", headers["Message-Id"])])
        passed_on = {mail.email_normalized for mail in self._new_mails.recipient_ids}
        return message, passed_on

    def _reply(self, letter, body="I will pay on Friday.", **headers):
        return self._receive(body, In_Reply_To=letter.message_id, References=letter.message_id, **headers)

    def _answers(self, contract=None):
        return (contract or self.contract).activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(ANSWER)
        )

    def _away(self, deputy):
        return self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": deputy.id,
                "date_from": TODAY,
                "date_to": TODAY + timedelta(3),
            }
        )


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCorrespondence(CorrespondenceCommon):
    """A borrower answers a letter; the bank finds the answer, and nobody else does."""

    # ------------------------------------------------------------ where answers are sent

    def test_an_answer_goes_to_the_catchall_under_the_name_of_who_signed(self):
        reminder = self._send_reminder()
        self.assertEqual(self._mails[0]["reply_to"], '"Lin Mei" <catchall@pudong.example.com>')
        self.assertEqual(self._mails[0]["headers"]["Return-Path"], "bounce@pudong.example.com")
        self.assertEqual(self._mails[0]["message_id"], reminder.message_id.message_id)

    def test_the_deputy_signs_and_gets_the_answers_while_the_manager_is_away(self):
        self._away(self.colleague)
        self._send_reminder()
        (letter,) = (mail for mail in self._mails if "wang.fang@example.com" in str(mail["email_to"]))
        self.assertEqual(letter["reply_to"], '"Chen Bo" <catchall@pudong.example.com>')

    def test_without_a_catchall_the_answer_goes_to_the_managers_own_address(self):
        self.company.alias_domain_id = False
        self._send_reminder()
        self.assertIn(self.manager.email, self._mails[0]["reply_to"])

    def test_an_address_that_a_template_names_for_answers_stands(self):
        self.env["mail.template"].search(
            [("model", "=", "loan.reminder")]
        ).reply_to = "claims@pudong.example.com"
        self._send_reminder()
        self.assertEqual(self._mails[0]["reply_to"], "claims@pudong.example.com")

    def test_a_long_name_is_left_out_so_that_the_header_is_not_folded(self):
        self.manager.name = "Maximiliane Konstantinopoulou-Featherstonehaugh"
        self._send_reminder()
        self.assertEqual(self._mails[0]["reply_to"], "catchall@pudong.example.com")

    def test_a_chinese_name_stays_on_the_line(self):
        self.manager.name = "林梅 Lin Mei"
        self._send_reminder()
        header = self._mails[0]["EmailMessage"].as_string()
        self.assertRegex(header, r"\r?\nReply-To: [^\r\n]+ <catchall@pudong.example.com>\r?\n")
        read = message_from_string(header, policy=SMTP)["Reply-To"]
        self.assertEqual(read.addresses[0].display_name, "林梅 Lin Mei")

    def test_where_answers_go_is_asked_once_for_all_letters(self):
        for days in range(3):
            self._due_in(7, self._customer(f"Borrower {days}"))
        reminders = self._remind()
        self.assertEqual(len(reminders), 4)
        reminders.invalidate_recordset()
        self.assertEqual(len(reminders._reply_tos()), 1)

    # ------------------------------------------------------------ answers

    def test_an_answer_is_filed_on_the_loan_though_the_mail_is_deleted(self):
        reminder = self._send_reminder()
        self.assertFalse(reminder.mail_id)
        message, passed_on = self._reply(reminder.message_id)
        self.assertEqual((message.model, message.res_id), ("loan.contract", self.contract.id))
        self.assertEqual(message.author_id, self.borrower)
        self.assertIn("I will pay on Friday.", message.body)
        self.assertEqual(passed_on, {self.manager.email_normalized})

    def test_an_answer_waits_until_the_manager_writes_back(self):
        message, _mails = self._reply(self._send_reminder().message_id)
        self.assertTrue(self.contract.waiting_since)
        self.assertEqual(self._waiting_tile()["action"], "action_open_waiting")
        todo = self._answers()
        self.assertEqual((todo.user_id, todo.summary), (self.manager, "Answer Wang Fang"))
        self.assertNotIn("Friday", todo.note)
        found = self.env["loan.contract"].with_user(self.manager).search([("waiting_since", "!=", False)])
        self.assertIn(self.contract, found)
        with self.mock_mail_gateway():
            self.contract.with_user(self.manager).message_post(
                body="Friday is fine.",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=message.author_id.ids,
            )
        self.assertFalse(self.contract.waiting_since)
        self.assertFalse(self._answers())
        self.assertEqual(self._waiting_tile()["value"], "Nobody waits")

    def _waiting_tile(self, customer=None):
        self.env.invalidate_all()
        tiles = (customer or self.customer).with_user(self.manager).strip
        return next(tile for tile in tiles if tile["key"] == "waiting")

    def _ask_prospect(self):
        """Return a customer without a loan and the letter their manager wrote from their page."""
        prospect = self._customer("Li Na", email="li.na@example.com")
        with self.mock_mail_gateway():
            letter = prospect.with_user(self.manager).message_post(
                body="Shall we talk about a loan?",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=prospect.partner_id.ids,
            )
        return prospect, letter

    def test_a_customer_without_a_loan_waits_for_an_answer_too(self):
        prospect, letter = self._ask_prospect()
        message, passed_on = self._reply(letter, sender="Li Na <li.na@example.com>")
        self.assertEqual((message.model, message.res_id), ("loan.customer", prospect.id))
        self.assertEqual(passed_on, {self.manager.email_normalized})
        self.assertEqual(self._answers(prospect).user_id, self.manager)
        self.assertEqual(self._waiting_tile(prospect)["value"], "Just now")
        self.assertIn("Waits for an answer", str(prospect.with_user(self.manager).brief))
        found = self.env["loan.customer"].with_user(self.manager).search([("waiting_since", "!=", False)])
        self.assertEqual(found, prospect)
        prospect.with_user(self.manager).action_mark_answered()
        self.assertFalse(prospect.waiting_since or self._answers(prospect))
        self.assertEqual(self._waiting_tile(prospect)["value"], "Nobody waits")

    def test_the_deputy_answers_a_customer_without_a_loan_while_the_manager_is_away(self):
        prospect, letter = self._ask_prospect()
        cover = self._away(self.colleague)
        _message, passed_on = self._reply(letter, sender="Li Na <li.na@example.com>")
        self.assertIn(self.colleague.email_normalized, passed_on)
        self.assertEqual(self._answers(prospect).user_id, self.colleague)
        self.assertEqual(cover.with_user(self.colleague).waiting_count, 1)
        waiting = cover.with_user(self.colleague).action_open_waiting()
        self.assertEqual(self.env["loan.customer"].search(waiting["domain"]), prospect)

    def test_a_colleague_in_copy_of_a_customers_mail_reads_nothing(self):
        prospect, letter = self._ask_prospect()
        stranger = self.stranger
        message, passed_on = self._reply(letter, sender="Li Na <li.na@example.com>", Cc=stranger.email)
        self.assertNotIn(stranger.partner_id, message.partner_ids | message.notified_partner_ids)
        self.assertNotIn(stranger.email_normalized, passed_on)
        self.assertEqual(self._answers(prospect).user_id, self.manager)

    def test_nobody_enters_that_a_customer_waits(self):
        with self.assertRaises(AccessError):
            self.customer.with_user(self.manager).waiting_since = NOW

    def test_a_note_among_colleagues_is_no_answer(self):
        self._reply(self._send_reminder().message_id)
        with self.mock_mail_gateway():
            self.contract.with_user(self.manager).message_post(
                body="Who calls her?", subtype_xmlid="mail.mt_note"
            )
            self.contract.with_user(self.manager).message_post(
                body="Anybody?", subtype_xmlid="mail.mt_comment"
            )
        self.assertTrue(self.contract.waiting_since)

    def test_a_reminder_is_no_answer(self):
        self._reply(self._send_reminder().message_id)
        with self._days_later(4):
            self._send_reminder()
            self.assertTrue(self.contract.waiting_since)

    def test_a_person_who_answered_by_telephone_says_so(self):
        letter = self._send_reminder().message_id
        self._reply(letter)
        self._answers().with_user(self.manager).action_feedback(feedback="Called her")
        self.assertFalse(self.contract.waiting_since)
        self._reply(letter)
        self.contract.with_user(self.manager).action_mark_answered()
        self.assertFalse(self.contract.waiting_since)
        self.assertFalse(self._answers())

    def test_a_second_mail_adds_to_the_one_to_do(self):
        letter = self._send_reminder().message_id
        self._reply(letter)
        since = self.contract.waiting_since
        with self._days_later(1):
            self._reply(letter, "Did you get my mail?")
            self.assertEqual(len(self._answers()), 1)
            self.assertEqual(self._answers().note.count("Wang Fang"), 2)
            self.assertEqual(self.contract.waiting_since, since)

    def test_while_the_manager_is_away_the_deputy_gets_it(self):
        letter = self._send_reminder().message_id
        self._reply(letter)
        cover = self._away(self.colleague)
        _message, passed_on = self._reply(letter)
        self.assertIn(self.colleague.email_normalized, passed_on)
        self.assertEqual(self._answers().user_id, self.colleague)
        cover.unlink()
        _message, passed_on = self._reply(letter)
        self.assertEqual(passed_on, {self.manager.email_normalized})
        self.assertEqual(self._answers().user_id, self.manager)

    def test_the_same_mail_twice_is_posted_once(self):
        letter = self._send_reminder().message_id
        first, _mails = self._reply(letter, Message_Id="<twice@example.com>")
        again, passed_on = self._reply(letter, Message_Id="<twice@example.com>")
        self.assertEqual(first, again)
        self.assertFalse(passed_on)
        self.assertEqual(self._answers().note.count("Wang Fang"), 1)

    def test_of_two_contacts_with_one_address_the_borrower_wrote(self):
        husband = self._partner("Wang Lei", email="wang.fang@example.com")
        self.contract.message_subscribe(husband.ids)
        message, passed_on = self._reply(self._send_reminder().message_id)
        self.assertEqual(message.author_id, self.borrower)
        self.assertEqual(passed_on, {self.manager.email_normalized})

    # ------------------------------------------------------------ who gets no copy

    def test_nobody_outside_gets_a_copy(self):
        guarantor = self._partner("Wang Lei")
        self.contract.message_subscribe((guarantor | self.borrower).ids)
        letter = self._send_reminder().message_id
        _message, passed_on = self._reply(letter)
        self.assertEqual(passed_on, {self.manager.email_normalized})
        _message, passed_on = self._reply(letter, sender="Wang Lei <wang.lei@example.com>")
        self.assertEqual(passed_on, {self.manager.email_normalized})
        self.assertEqual(len(self._answers()), 1)
        self.assertNotIn("Unknown", self._answers().note)

    def test_an_answer_about_a_hidden_customer_leaks_to_nobody(self):
        letter = self._send_reminder().message_id
        self.contract.message_subscribe((self.stranger | self.lead).partner_id.ids)
        message, passed_on = self._reply(
            letter,
            To=f'"Lin Mei" <catchall@pudong.example.com>, {self.stranger.email}',
            Cc=f"{self.employee.email or 'employee@example.com'}, {self.colleague.email}",
        )
        self.assertEqual(passed_on, {self.manager.email_normalized, self.lead.email_normalized})
        for user in self.stranger | self.colleague | self.employee | self.administrator:
            with self.subTest(user=user.name):
                self.assertFalse(self.env["mail.message"].with_user(user).search([("id", "=", message.id)]))
                self.assertNotIn(user.partner_id, message.partner_ids | message.notified_partner_ids)

    def test_a_manager_who_gave_the_customer_away_gets_no_more_answers(self):
        letter = self._send_reminder().message_id
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        _message, passed_on = self._reply(letter)
        self.assertEqual(passed_on, {self.colleague.email_normalized})
        self.assertEqual(self._answers().user_id, self.colleague)

    def test_an_employee_who_may_not_see_the_loan_does_not_become_its_reader_by_writing(self):
        message, passed_on = self._reply(
            self._send_reminder().message_id, sender=f"Zhao Yun <{self.stranger.email}>"
        )
        self.assertFalse(message.author_id)
        self.assertEqual(passed_on, {self.manager.email_normalized})
        self.assertNotIn(self.stranger.partner_id, self.contract.message_partner_ids)
        self.assertFalse(self.env["mail.message"].with_user(self.stranger).search([("id", "=", message.id)]))
        self.assertIn("Unknown sender", self._answers().note)

    def test_an_unknown_sender_is_told_as_one(self):
        message, passed_on = self._reply(
            self._send_reminder().message_id, sender='"Wang Fang" <wang.fang@evil.example.org>'
        )
        self.assertFalse(message.author_id)
        self.assertEqual(self._answers().summary, "Answer an unknown sender")
        self.assertIn("wang.fang@evil.example.org", self._answers().note)
        self.assertIn("not on file", self._answers().note)
        self.assertEqual(passed_on, {self.manager.email_normalized})

    def test_a_manager_who_answers_by_mail_has_answered(self):
        letter = self._send_reminder().message_id
        question, _mails = self._reply(letter)
        _message, passed_on = self._reply(
            question, "Friday is fine.", sender=f"Lin Mei <{self.manager.email}>"
        )
        self.assertEqual(passed_on, {"wang.fang@example.com"})
        self.assertFalse(self.contract.waiting_since)
        self.assertFalse(self._answers())

    # ------------------------------------------------------------ machines

    def test_a_vacation_note_is_filed_and_does_nothing(self):
        self._out_of_office()
        self.contract.message_subscribe(self.manager.partner_id.ids)
        letter = self._send_reminder().message_id
        for headers in (
            {"Auto_Submitted": "auto-replied"},
            {"Precedence": "auto_reply"},
            {"Subject": "Automatic reply: Your installment"},
        ):
            with self.subTest(headers=headers):
                message, passed_on = self._reply(letter, "I am on holiday.", **headers)
                self.assertEqual(message.res_id, self.contract.id)
                self.assertFalse(passed_on)
                self.assertFalse(self._new_mails)
                self.assertFalse(self._answers())
                self.assertFalse(self.contract.waiting_since)
                self.assertFalse(
                    self.env["loan.reminder.bounce"].search([("contract_id", "=", self.contract.id)])
                )

    def test_the_managers_own_vacation_note_goes_to_the_borrower_and_is_no_answer(self):
        self._out_of_office()
        _message, passed_on = self._reply(self._send_reminder().message_id)
        self.assertEqual(passed_on, {self.manager.email_normalized, "wang.fang@example.com"})
        note = self._new_mails.filtered(lambda mail: self.borrower in mail.recipient_ids)
        self.assertIn("I am away.", note.body_html)
        self.assertTrue(self.contract.waiting_since)

    def _out_of_office(self):
        # Odoo asks the database's clock, which no test moves.
        self.manager.write(
            {"out_of_office_from": "2020-01-01 00:00:00", "out_of_office_message": "I am away."}
        )

    def test_a_vacation_note_to_the_bounce_address_is_no_bounce(self):
        reminder = self._send_reminder()
        self._reply(
            reminder.message_id,
            "I am on holiday.",
            To="bounce@pudong.example.com",
            Auto_Submitted="auto-replied",
        )
        self.assertFalse(reminder.is_bounced)
        self.assertFalse(self.env["loan.reminder.bounce"].search([("contract_id", "=", self.contract.id)]))

    # ------------------------------------------------------------ rights

    def test_nobody_enters_who_waits_by_hand(self):
        self._reply(self._send_reminder().message_id)
        for user in self.manager | self.lead:
            with self.assertRefused("follows from other records"):
                self.contract.with_user(user).waiting_since = False

    def test_the_lead_answers_for_a_customer_without_a_manager(self):
        letter = self._send_reminder().message_id
        self.customer.sudo().manager_user_id = False
        _message, passed_on = self._reply(letter)
        self.assertEqual(passed_on, {self.lead.email_normalized})
        self.team.write({"user_id": False, "crm_team_member_ids": [Command.clear()]})
        self._answers().unlink()
        _message, passed_on = self._reply(letter)
        self.assertFalse(passed_on)
        self.assertTrue(self.contract.waiting_since)
