from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import psycopg2
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import BaseCase, Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.loan_crm.tests.common import NOW, TODAY, LoanCommon
from odoo.addons.sms.tools.sms_api import SmsApi

from ..core.text_parts import parts

_PHONE = "+8613800551017"


class Provider(SmsApi):
    """Stands in for the provider: remembers what it took, answers as told."""

    def __init__(self):
        self.calls, self.taken = [], []
        self.answer = "success"
        self.error = None
        self.before = None

    def __call__(self, env):
        self.env = env
        return self

    def _send_sms_batch(self, messages, delivery_reports_url=False):
        self.calls.append(messages)
        if self.before:
            self.before()
        if self.error:
            self.error()
        result = []
        for message in messages:
            for number in message["numbers"]:
                if self.answer == "success":
                    self.taken.append((number["number"], message["content"]))
                result.append({"uuid": number["uuid"], "state": self.answer})
        return result


def _nobody_answers():
    """Fail as Odoo's call to its provider does when nobody takes the connection."""
    try:
        raise requests.exceptions.ConnectionError(
            MaxRetryError(None, "/", NewConnectionError(None, "Connection refused"))
        )
    except requests.exceptions.RequestException:
        raise AccessError("An error occurred while reaching the service.")  # pylint: disable=translation-required


def _times_out():
    try:
        raise requests.exceptions.ReadTimeout("Read timed out.")
    except requests.exceptions.Timeout:
        raise AccessError("The request to the service timed out.")  # pylint: disable=translation-required


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanReminderSms(LoanCommon):
    """Reminders by text message, through Odoo's queue of text messages, the provider being a stand-in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ledger = cls.env["loan.reminder"]
        cls.texts = cls.env["sms.sms"]
        cls.texts.search(
            [("state", "=", "outgoing")]
        ).action_set_canceled()  # what the demo left in the queue
        cls.customer.partner_id.write({"phone": "+86 138 0055 1017", "country_id": cls.env.ref("base.cn").id})
        cls.customer.preferred_channel = "sms"
        cls.contract = cls._due_in(7)
        cls._try_letters()

    def setUp(self):
        super().setUp()
        self.provider = Provider()
        self.startPatcher(patch("odoo.addons.sms.models.sms_sms.SmsApi", self.provider))

    def _reminder(self, contract=None):
        return self.ledger.search([("contract_id", "=", (contract or self.contract).id)])

    def _written(self):
        """Return the reminder of the loan, its text waiting in the queue."""
        self._remind()
        reminder = self._reminder()
        self.assertEqual((reminder.channel, reminder.state), ("sms", "queued"))
        return reminder

    def _deliver(self):
        """Run the queue of text messages and return the numbers the provider took a text for."""
        self.provider.taken.clear()
        with self._without_commit(), mute_logger("odoo.addons.sms.models.sms_sms"):
            self.texts._process_queue()
        return [number for number, _text in self.provider.taken]

    @contextmanager
    def _told(self, *expected):
        """Check how many to-dos about a round are given meanwhile."""
        domain = [("res_model", "=", "loan.reminder.round")]
        before = self.env["mail.activity"].search(domain)
        yield
        self.assertEqual(
            (self.env["mail.activity"].search(domain) - before).mapped("summary"), list(expected)
        )

    # ---------------------------------------------------------------- who gets one

    def test_who_prefers_text_messages_gets_one_instead_of_the_letter(self):
        reminder = self._written()
        self.assertEqual(len(reminder), 1)
        self.assertFalse(reminder.mail_id)
        self.assertEqual(reminder.email_to, _PHONE)
        self.assertEqual(reminder.sms_id.number, _PHONE)
        message = reminder.message_id
        self.assertEqual((message.model, message.res_id), ("loan.contract", self.contract.id))
        self.assertEqual(message.message_type, "sms")
        self.assertEqual(message.author_id, self.manager.partner_id)
        self.assertEqual(
            (message.notification_ids.notification_type, message.notification_ids.notification_status),
            ("sms", "ready"),
        )

    def test_others_get_the_letter(self):
        self.customer.preferred_channel = "email"
        self._remind()
        self.assertEqual((self._reminder().channel, self._reminder().state), ("email", "queued"))

    def test_a_step_without_a_text_stays_a_letter(self):
        self.policy.step_ids.sms_template_id = False
        self._remind()
        self.assertEqual(self._reminder().channel, "email")

    def test_a_notice_that_the_law_requires_stays_a_letter(self):
        self.policy.step_ids.required_by_law = True
        self._remind()
        self.assertEqual(self._reminder().channel, "email")

    def test_a_step_by_text_message_speaks_so_to_everybody(self):
        self.customer.preferred_channel = "email"
        policy = self.policy.copy({"name": "Short"})
        policy.step_ids.filtered(lambda step: step.channel == "email").channel = "sms"
        self.customer.reminder_policy_id = policy
        self._written()

    def test_who_changes_their_mind_is_not_told_twice(self):
        self._written()
        self._deliver()
        self.customer.preferred_channel = "email"
        self._remind()
        self.assertEqual(len(self._reminder()), 1)
        twin = dict(self._reminder().copy_data()[0], channel="email")
        with self.assertRefused("by letter or by text message"):
            self.ledger.create(twin)

    # ---------------------------------------------------------------- what it says

    def test_the_text_names_amount_day_manager_and_phone_and_is_one_message(self):
        for lang, words in (
            ("en_US", ("Pudong Finance: ", " is due on ")),
            ("zh_CN", ("【Pudong Finance】", "应还款")),
        ):
            with self.subTest(lang=lang):
                self.customer.partner_id.lang = lang
                text = self._text()
                for word in (*words, "1,032.80", "Lin Mei", "+86 21 5555 0101"):
                    self.assertIn(word, text)
                self.assertEqual(parts(text), 1, text)

    def test_the_link_comes_along_only_where_it_costs_no_further_message(self):
        self.company.name = "PF"
        step = self.policy.step_ids.filtered(lambda step: step.offset == -7)
        template = step.sms_template_id
        self.assertEqual("/loan/" in self._text(), parts(self._text(link=True)) == 1)
        template.body = "{{ object.sms_url }}"
        self.assertIn("/loan/", self._text())
        template.body = "您好" * 30 + "{{ object.sms_url }}"
        self.assertNotIn("/loan/", self._text())

    def _text(self, link=False):
        if not self._reminder():
            self._remind()
        reminder = self._reminder()
        reminder._prepare_letters()
        if link:
            return reminder._render_texts(reminder.step_id.sms_template_id)[reminder.id]
        return reminder._texts()[reminder.id]

    def test_each_stage_fits_one_message_in_both_languages(self):
        self.customer.partner_id.name = "欧阳文静"
        for days in (7, 3, 0, -3, -10):
            for lang in ("en_US", "zh_CN"):
                with self.subTest(days=days, lang=lang):
                    self.customer.partner_id.lang = lang
                    contract = self._due_in(days)
                    self._remind()
                    reminder = self._reminder(contract)
                    text = reminder._texts()[reminder.id]
                    self.assertEqual(parts(text), 1, text)

    def test_all_that_a_borrower_owes_in_a_currency_stands_in_one_text(self):
        dollars = self._product(name="Dollar Loan", currency_id=self.usd.id)
        others = [self._due_in(7), self._due_in(7, product_id=dollars.id)]
        self._remind()
        mine = self._reminder() | self._reminder(others[0])
        self.assertEqual(sorted(mine.mapped("state")), ["merged", "queued"])
        lead = mine.filtered("sms_id")
        self.assertEqual(self._reminder(others[1]).state, "queued")
        self.assertIn(f"{sum(mine.mapped('amount')):,.2f}", lead.sms_id.body)
        self.assertEqual(len(self._deliver()), 2)

    def test_a_text_that_says_nothing_fails_with_the_reason(self):
        # To nobody else, or it would have been refused.
        self.policy.step_ids.sms_template_id.body = "{{ '' if object.partner_id.phone else object.sms_what }}"
        self._remind()
        self.assertEqual(self._reminder().state, "failed")
        self.assertIn("says nothing", self._reminder().failure)

    # ---------------------------------------------------------------- silence

    def test_each_silence_of_a_text_has_its_reason(self):
        partner = self.customer.partner_id
        for reason, spoil in (
            ("no_phone", lambda: partner.write({"phone": False})),
            ("invalid_phone", lambda: partner.write({"phone": "12"})),
            ("phone_opted_out", lambda: self.env["phone.blacklist"]._add([_PHONE])),
        ):
            with self.subTest(reason=reason):
                with self.env.cr.savepoint() as savepoint:
                    spoil()
                    self._remind()
                    self.assertEqual((self._reminder().state, self._reminder().hold_reason), ("held", reason))
                    self.assertTrue(self.customer.sms_trouble)
                    savepoint.rollback()
                self.env.invalidate_all()

    def test_the_forecast_knows_who_gets_a_text_and_what_silences_it(self):
        def foreseen():
            self.env.invalidate_all()
            rows = self.env["loan.reminder.forecast"].search([("contract_id", "=", self.contract.id)])
            return rows.filtered(lambda row: row.day == TODAY)

        partner = self.customer.partner_id
        self.assertEqual((foreseen().channel, foreseen().hold_reason), ("sms", False))
        for reason, spoil in (
            ("phone_opted_out", lambda: self.env["phone.blacklist"]._add([_PHONE])),
            ("invalid_phone", lambda: partner.write({"phone": "12"})),
            ("no_phone", lambda: partner.write({"phone": False})),
        ):
            with self.subTest(reason=reason):
                spoil()
                self.assertEqual(foreseen().hold_reason, reason)
                self._remind()
                self.assertEqual(self._reminder().hold_reason, reason)
                self._reminder().unlink()
        self.customer.preferred_channel = "email"
        self.assertEqual((foreseen().channel, foreseen().hold_reason), ("email", False))

    def test_no_reminders_by_email_silences_no_text(self):
        self.customer.reminder_opt_out = True
        self._written()

    def test_nobody_is_woken_at_night(self):
        with freeze_time("2026-03-10 15:00:00"):  # 23:00 in Shanghai
            self._remind()
            self.assertEqual(self._reminder().hold_reason, "quiet_hours")

    def test_text_messages_count_for_the_cap(self):
        self.company.loan_contacts_per_day = 1
        self._written()
        self._deliver()
        # In another currency, or the pause between two letters would silence it first.
        other = self._due_in(3, product_id=self._product(name="Dollar Loan", currency_id=self.usd.id).id)
        self._remind()
        self.assertEqual(self._reminder(other).hold_reason, "cap")

    # ---------------------------------------------------------------- it leaves, once

    def test_a_text_leaves_through_the_queue_and_is_noted(self):
        reminder = self._written()
        body = reminder.sms_id.body
        self.assertEqual(self._deliver(), [_PHONE])
        self.assertEqual(self.provider.taken, [(_PHONE, body)])
        self.assertEqual((reminder.state, reminder.sent_at), ("sent", fields.Datetime.now()))
        self.assertEqual(reminder.message_id.notification_ids.notification_status, "pending")

    def test_a_second_run_sends_nothing(self):
        self._written()
        self.assertTrue(self._deliver())
        self.assertFalse(self._deliver())
        self._remind()
        self.assertFalse(self._deliver())

    def test_a_text_put_back_into_the_queue_does_not_leave_again(self):
        reminder = self._written()
        text = reminder.sms_id
        self._deliver()
        text.write({"state": "outgoing", "to_delete": False})
        self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, text.state), ("sent", "canceled"))

    def test_who_finds_it_taken_does_not_send_it(self):
        reminder = self._written()
        reminder.write({"state": "sending", "sending_at": fields.Datetime.now()})
        self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, reminder.sms_id.state), ("sending", "outgoing"))

    def test_who_sends_outside_the_queue_only_wakes_it(self):
        reminder = self._written()
        reminder.sms_id.send()
        reminder.sms_id._send()
        self.assertFalse(self.provider.calls)
        self.assertEqual((reminder.state, reminder.sms_id.state), ("queued", "outgoing"))

    def test_the_ledger_is_taken_and_committed_before_the_provider_hears_of_it(self):
        reminder = self._written()
        events = []

        def commit():
            self.env.flush_all()
            events.append(f"commit {reminder.state}")

        self.provider.before = lambda: events.append("provider")
        with patch.object(self.env.cr, "commit", commit):
            reminder.sms_id.with_context(loan_sms_commits=True)._send()
        # The second commit is for a fresh view to note the answer on.
        self.assertEqual(events, ["commit sending", "provider", "commit sending", "commit sent"])

    def test_what_was_written_meanwhile_lets_the_answer_be_noted_anew_and_nothing_leave_twice(self):
        reminder = self._written()
        clashes, note = [1, 2], type(self.texts)._note_answer

        def _note_and_clash(texts, results):
            certain = note(texts, results)
            if clashes:
                clashes.pop()
                raise psycopg2.errors.SerializationFailure()
            return certain

        with self._commits(), patch.object(type(self.texts), "_note_answer", _note_and_clash):
            reminder.sms_id.with_context(loan_sms_commits=True)._send()
        self.assertFalse(clashes)
        self.assertEqual((len(self.provider.calls), reminder.state), (1, "sent"))
        self.assertEqual(reminder.message_id.notification_ids.notification_status, "pending")

    def test_a_call_that_clashed_before_its_answer_is_not_made_again(self):
        reminder = self._written()

        def _clash():
            raise psycopg2.errors.SerializationFailure()

        self.provider.error = _clash
        with self._commits():
            reminder.sms_id.with_context(loan_sms_commits=True)._send()
        self.assertEqual((len(self.provider.calls), reminder.state), (1, "sending"))

    @contextmanager
    def _commits(self):
        """Commit and roll back to savepoints of the test's transaction."""
        cursor = self.env.cr

        def commit():
            self.env.flush_all()
            self.env.invalidate_all()
            cursor.execute("SAVEPOINT committed")

        def rollback():
            self.env.clear()
            cursor.execute("ROLLBACK TO SAVEPOINT committed")

        with patch.object(cursor, "commit", commit), patch.object(cursor, "rollback", rollback):
            yield

    def test_an_addon_of_a_provider_that_keeps_its_texts_to_itself_loses_no_answer(self):
        reminder = self._written()
        # As Odoo's addon for Twilio does with its own.
        with patch.object(type(self.texts), "_handle_call_result_hook", lambda texts, results: None):
            self._deliver()
        self.assertEqual(reminder.state, "sent")

    def test_a_worker_that_dies_between_leaves_it_interrupted(self):
        reminder = self._written()
        reminder.write({"state": "sending", "sending_at": fields.Datetime.now() - timedelta(minutes=11)})
        text = reminder.sms_id
        self._remind()
        self.assertEqual((reminder.state, text.state), ("interrupted", "canceled"))
        self.assertFalse(self._deliver())
        reminder.with_user(self.manager).action_send_again()
        self.assertEqual(self._deliver(), [_PHONE])
        self.assertEqual(reminder.state, "sent")

    def test_a_text_of_another_kind_leaves_as_ever(self):
        reminder = self._written()
        other = self.texts.create({"number": "+8613900000000", "body": "Something else"})
        self.assertEqual(sorted(self._deliver()), sorted([_PHONE, other.number]))
        self.assertEqual((reminder.state, other.state), ("sent", "pending"))

    # ---------------------------------------------------------------- it need not leave any more

    def test_what_is_paid_meanwhile_does_not_leave(self):
        reminder = self._written()
        self._pay(self.contract, self.contract.installment_ids[0].amount)
        self.assertFalse(self._deliver())
        self.assertFalse(self.provider.calls)
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "paid"))
        self.assertFalse(reminder.message_id or reminder.sms_id)

    def test_who_opts_out_meanwhile_gets_nothing(self):
        reminder = self._written()
        self.env["phone.blacklist"]._add([_PHONE])
        self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "phone_opted_out"))

    def test_what_is_partly_paid_meanwhile_is_written_anew_with_the_rest(self):
        reminder = self._written()
        self._pay(self.contract, 500)
        rest = self.contract.installment_ids[0].amount - 500
        self.assertFalse(self._deliver())
        self.assertEqual(self._deliver(), [_PHONE])
        self.assertIn(f"{rest:,.2f}", self.provider.taken[0][1])
        self.assertEqual(reminder.state, "sent")

    def test_a_text_goes_to_the_number_it_says_it_was_sent_to(self):
        reminder = self._written()
        self.customer.partner_id.phone = "+86 138 0055 1018"
        self.assertFalse(self._deliver())
        self.assertEqual(self._deliver(), ["+8613800551018"])
        self.assertEqual(reminder.email_to, "+8613800551018")

    def test_a_text_that_somebody_cancelled_is_marked(self):
        reminder = self._written()
        reminder.sms_id.action_set_canceled()
        self._remind()
        self.assertEqual(reminder.state, "failed")

    # ---------------------------------------------------------------- trouble

    def test_a_dead_provider_is_tried_again(self):
        reminder = self._written()
        self.provider.error = _nobody_answers
        self.assertFalse(self._deliver())
        self.assertEqual((reminder.state, reminder.unreachable), ("failed", True))
        self.provider.error = None
        self._remind()
        self.assertEqual(self._deliver(), [_PHONE])
        self.assertEqual((reminder.state, reminder.attempts), ("sent", 2))
        self.assertEqual(len(self.contract.message_ids.filtered(lambda m: m.message_type == "sms")), 1)

    def test_a_dead_provider_is_not_asked_for_each(self):
        for _number in range(2):
            self._due_in(7, self._other_customer(_number))
        self._remind()
        self.provider.error = _nobody_answers
        with patch("odoo.addons.loan_crm_sms.models.sms_sms._AT_ONCE", 1):
            self._deliver()
        self.assertEqual(len(self.provider.calls), 1)
        states = self.ledger.search([("company_id", "=", self.company.id)]).mapped("state")
        self.assertEqual(sorted(states), ["failed", "queued", "queued"])

    def test_a_dead_provider_is_not_asked_again_at_once_for_what_is_left(self):
        for number in range(3):
            self._due_in(7, self._other_customer(number))
        self._remind()
        self.env["ir.config_parameter"].set_param("sms.session.batch.size", "2")
        self.provider.error, remaining = _nobody_answers, []

        def _progress(_cron, _done=0, *, remaining=None, said=remaining):
            said.append(remaining)
            return float("inf")

        with (
            patch("odoo.addons.loan_crm_sms.models.sms_sms._AT_ONCE", 1),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", _progress),
            mute_logger("odoo.addons.sms.models.sms_sms"),
        ):
            self.texts._process_queue()
            self.assertEqual(remaining[-1], 0)
            self.provider.error = None
            self.texts._process_queue()
            self.assertEqual(remaining[-1], 1, "who can be reached is asked for the rest")

    def _other_customer(self, number):
        partner = self._partner(f"Reader {number}", phone=f"+86 138 0055 200{number}")
        return self._customer(partner_id=partner.id, preferred_channel="sms")

    def test_an_answer_that_got_lost_is_for_a_person(self):
        reminder = self._written()
        self.provider.error = _times_out
        self._deliver()
        self.assertEqual(reminder.state, "interrupted")
        self.provider.error = None
        self._remind()
        self.assertFalse(self._deliver())

    def test_an_answer_that_tells_nothing_is_for_a_person(self):
        for number, answer in enumerate(("server_error", "unknown")):
            with self.subTest(answer=answer):
                contract = self._due_in(7, self._other_customer(number))
                self._remind()
                self.provider.answer = answer
                self._deliver()
                reminder = self._reminder(contract)
                self.assertEqual(reminder.state, "interrupted")
                self.assertIn("nobody can tell", reminder.failure)
                self.provider.answer = "success"
                self._remind()
                self.assertFalse(self._deliver())

    def test_a_provider_that_forgets_a_text_in_its_answer_leaves_it_to_a_person(self):
        reminder = self._written()
        with patch.object(Provider, "_send_sms_batch", lambda *args, **kwargs: []):
            self._deliver()
        self.assertEqual(reminder.state, "interrupted")

    def test_a_provider_that_can_tell_nothing_is_not_asked_for_each(self):
        self._due_in(7, self._other_customer(1))
        self._remind()
        self.provider.answer = "server_error"
        with patch("odoo.addons.loan_crm_sms.models.sms_sms._AT_ONCE", 1):
            self._deliver()
        self.assertEqual(len(self.provider.calls), 1)

    def test_a_refusal_of_another_kind_is_no_doubt(self):
        reminder = self._written()
        self.provider.answer = "registration_needed"
        self._deliver()
        self.assertEqual((reminder.state, reminder.unreachable), ("failed", False))

    def test_a_wrong_number_fails_with_the_reason(self):
        reminder = self._written()
        self.provider.answer = "wrong_number_format"
        self._deliver()
        self.assertEqual((reminder.state, reminder.unreachable), ("failed", False))
        self.assertIn("Wrong Number Format", reminder.failure)
        self._remind()
        self.provider.answer = "success"
        self.assertFalse(self._deliver())

    def test_an_empty_account_fails_and_wakes_somebody_once(self):
        for number in range(2):
            self._due_in(7, self._other_customer(number))
        self._remind()
        self.provider.answer = "insufficient_credit"
        with self._told("Text messages cannot be paid for"):
            self._deliver()
            self._remind()
        reminder = self._reminder()
        self.assertEqual(reminder.state, "failed")
        self.assertIn("Insufficient Credit", reminder.failure)
        with self._told():
            reminder.with_user(self.manager).action_send_again()
            self._deliver()

    def test_what_the_provider_reports_as_not_arrived_is_noted_and_stops_the_next(self):
        reminder = self._written()
        uuid = reminder.sms_id.uuid
        self._deliver()
        tracker = self.env["sms.tracker"].search([("sms_uuid", "=", uuid)])
        tracker._action_update_from_provider_error("invalid_destination")
        self.assertEqual((reminder.state, reminder.is_bounced), ("failed", True))
        self.assertIn("did not arrive", reminder.failure)
        other = self._due_in(3)
        self._remind()
        self.assertEqual(self._reminder(other).hold_reason, "phone_bounced")
        self.customer.partner_id.phone = "+86 138 0055 1018"
        self._remind()
        self.assertEqual(self._reminder(other).state, "queued")

    def test_a_report_that_overtakes_the_answer_is_not_lost(self):
        for error, bounced in (("not_delivered", False), ("invalid_destination", True)):
            with self.subTest(error=error):
                contract = self._due_in(7, self._other_customer(int(bounced)))
                self._remind()
                reminder = self._reminder(contract)
                tracker = reminder.sms_id.sms_tracker_id
                self.provider.before = lambda tracker=tracker, error=error: (
                    tracker._action_update_from_provider_error(error)
                )
                (reminder.sms_id | self.texts).with_context(loan_sms_commits=False)._send()
                self.assertEqual((reminder.state, reminder.is_bounced), ("failed", bounced))
                self.assertIn("did not arrive", reminder.failure)
                self.assertTrue(reminder.sent_at, "it left, and counts as a contact")
                notice = reminder.message_id.notification_ids
                self.assertEqual(notice.notification_status, "bounce" if bounced else "exception")

    def test_a_report_while_the_text_leaves_is_written_on_its_reminder(self):
        # By which its transaction and the queue's cannot pass by each other.
        reminder = self._written()
        reminder.write({"state": "sending", "sending_at": fields.Datetime.now()})
        reminder.sms_id.sms_tracker_id._action_update_from_provider_error("not_delivered")
        self.assertEqual(reminder.state, "sending")
        self.assertIn("did not arrive", reminder.failure)

    def test_what_a_former_try_came_to_is_no_report_on_this_one(self):
        reminder = self._written()
        self.provider.answer = "wrong_number_format"
        self._deliver()
        text = reminder.sms_id
        self.assertEqual(reminder.message_id.notification_ids.notification_status, "exception")
        self.provider.answer = "success"
        text.resend_failed()
        self.assertEqual(self._deliver(), [_PHONE])
        self.assertEqual((reminder.state, reminder.failure), ("sent", False))

    # ---------------------------------------------------------------- broken texts

    def _first_text(self):
        return self.policy.step_ids.filtered(lambda step: step.offset == -7).sms_template_id

    def _break(self, broken, lang="en_US"):
        """Break a text behind the back of the check at saving, as an import or another addon does."""
        text = self._first_text().with_context(loan_letters_unchecked=True, lang=lang)
        sound, text.body = text.body, broken
        return sound

    def test_a_broken_text_is_refused_with_the_language_it_is_broken_in(self):
        text = self._first_text()
        with self.assertRefused("(?s)could not be written.*English"):
            text.body = "{{ object.no_such_field }}"
        with self.assertRefused("简体中文"):
            text.with_context(lang="zh_CN").body = "{{ object.no_such_field }}"
        with self.assertRefused("(?s)could not be written.*says nothing|没有内容"):
            text.body = "{{ object.sms_what if object.is_several else '' }}"
        self.assertFalse(text.loan_text_faults)
        text.body = "{{ object.sms_what }}"

    def test_a_broken_text_is_refused_for_a_step_and_with_its_policy(self):
        broken = self.env["sms.template"].create(
            {
                "name": "Broken",
                "model_id": self.env["ir.model"]._get_id("loan.reminder"),
                "body": "{{ object.no_such_field }}",
            }
        )
        step = self.policy.step_ids.filtered(lambda step: step.offset == -7)
        with self.assertRefused("could not be written"):
            step.sms_template_id = broken
        policy = self.policy.copy({"name": "Old", "active": False})
        policy.step_ids[0].sms_template_id = broken
        with self.assertRefused("could not be written"):
            policy.active = True

    def test_a_broken_text_is_found_before_the_round_and_held_for_who_reads_it(self):
        reader = self._other_customer(1)
        reader.partner_id.lang = "zh_CN"
        chinese = self._due_in(7, reader)
        sound = self._break("{{ object.no_such_field }}", "zh_CN")
        self._remind()
        self.assertEqual((self._reminder().state, self._reminder().channel), ("queued", "sms"))
        held = self._reminder(chinese)
        self.assertEqual((held.state, held.hold_reason), ("held", "no_text"))
        text = self._first_text()
        self.assertEqual(list(text.loan_text_faults), ["zh_CN"])
        self.assertIn(text.name, self.policy.letter_problem)
        self.assertIn("A letter cannot be written", self.policy.activity_ids.mapped("summary"))
        text.with_context(lang="zh_CN").body = sound
        self._remind()
        self.assertEqual(held.state, "queued")
        self.assertFalse(self.policy.letter_problem)
        self.env["mail.template"]._cron_check_loan_letters()
        self.policy.invalidate_recordset()
        self.assertFalse(self.policy.activity_ids)

    def test_the_forecast_knows_a_broken_text(self):
        self._break("{{ object.no_such_field }}")
        self.env["sms.template"]._check_loan_texts_of(self.company)
        self.env.invalidate_all()
        rows = self.env["loan.reminder.forecast"].search([("contract_id", "=", self.contract.id)])
        self.assertEqual(rows.filtered(lambda row: row.day == TODAY).hold_reason, "no_text")

    def test_texts_are_tried_daily_and_by_the_round_once_for_each_lender(self):
        self._other_customer(1).partner_id.lang = "zh_CN"
        text = self._first_text()
        text.loan_text_checked = False
        self.env["mail.template"]._cron_check_loan_letters()
        self.assertEqual(text.loan_text_checked["languages"], ["en_US", "zh_CN"])
        others = [id_ for id_ in text.loan_text_checked["companies"] if id_ != self.company.id]
        text.loan_text_checked = {**text.loan_text_checked, "companies": others}
        self._remind()
        self.assertIn(self.company.id, text.loan_text_checked["companies"])
        with patch.object(type(text), "_try_loan_text") as tried:
            self.env["sms.template"]._check_loan_texts_of(self.company)
        self.assertFalse(tried.called, "what did not change is not tried again")

    def test_what_one_lender_found_stays_when_another_tries_other_languages(self):
        self._other_customer(1).partner_id.lang = "zh_CN"
        self._break("{{ object.no_such_field }}", "zh_CN")
        self.env["sms.template"]._check_loan_texts_of(self.company)
        with patch.object(type(self.env["mail.template"]), "_loan_letter_languages", lambda *args: {"en_US"}):
            self._first_text()._check_loan_texts(self.company, again=True)
        self.assertEqual(list(self._first_text().loan_text_faults), ["zh_CN"])

    # ---------------------------------------------------------------- the text of a step

    def test_a_step_keeps_the_text_that_somebody_chose_or_cleared_when_its_tone_changes(self):
        policy = self.policy.copy({"name": "Short"})
        late = self.env.ref("loan_crm_sms.sms_template_reminder_late")
        steps = policy.step_ids.filtered(lambda step: step.tone == "courtesy" and step.channel == "email")
        shipped, cleared = steps[:2]
        cleared.sms_template_id = False
        steps.tone = "firm"
        self.assertEqual(shipped.sms_template_id, late)
        self.assertFalse(cleared.sms_template_id)
        own = late.copy({"name": "Mine"})
        shipped.sms_template_id = own
        shipped.tone = "courtesy"
        self.assertEqual(shipped.sms_template_id, own)
        task = policy.step_ids.filtered(lambda step: step.channel == "task")[:1]
        self.assertFalse(task.sms_template_id)
        task.write({"channel": "email", "template_id": shipped.template_id.id})
        self.assertTrue(task.sms_template_id, "what was a task had no text to clear")

    def test_a_form_keeps_the_text_that_somebody_chose_or_cleared_when_the_tone_changes(self):
        policy = self.policy.copy({"name": "Short"})
        late = self.env.ref("loan_crm_sms.sms_template_reminder_late")
        own = late.copy({"name": "Mine"})
        for text, expected in (
            (None, late),
            (own, own),
            (self.env["sms.template"], self.env["sms.template"]),
        ):
            with self.subTest(text=text), Form(policy) as form:
                with form.step_ids.edit(0) as line:
                    line.tone = "courtesy"
                    line.sms_template_id = self.env.ref("loan_crm_sms.sms_template_reminder_before")
                form.save()
                with form.step_ids.edit(0) as line:
                    if text is not None:
                        line.sms_template_id = text
                    line.tone = "firm"
                form.save()
                self.assertEqual(policy.step_ids[0].sms_template_id, expected)

    # ---------------------------------------------------------------- rights, and leaving

    def test_administrators_write_the_texts_of_reminders_and_no_others(self):
        # As for letters: what a text may compute stays with Odoo's editors of templates.
        self.administrator.group_ids |= self.env.ref("mail.group_mail_template_editor")
        template = self.policy.step_ids.sms_template_id[:1].with_user(self.administrator)
        template.body = "Please pay."
        other = self.env["sms.template"].create(
            {"name": "Other", "model_id": self.env["ir.model"]._get_id("res.partner"), "body": "Hello"}
        )
        with self.assertRaises(AccessError):
            other.with_user(self.administrator).body = "Bye"
        with self.assertRaises(AccessError):
            template.with_user(new_test_user(self.env, "clerk")).body = "Bye"

    def test_the_ledger_stays_true_when_the_addon_leaves(self):
        sent = self._written()
        self._deliver()
        waiting_contract = self._due_in(3, self._other_customer(1))
        self._remind()
        waiting = self._reminder(waiting_contract)
        text = waiting.sms_id
        (sent | waiting)._loan_sms_leave()
        self.assertEqual((sent.channel, sent.state), ("other", "sent"))
        self.assertEqual((waiting.channel, waiting.state), ("email", "claimed"))
        self.assertFalse(text.exists(), "nothing is left that Odoo would send")
        step = self.policy.step_ids[0]
        step.channel = "sms" if not step._used() else step.channel
        self.policy.step_ids.filtered(lambda step: step.channel == "sms")._loan_sms_leave_to_a_person()
        self.assertNotIn("sms", self.policy.step_ids.mapped("channel"))


@tagged("post_install", "-at_install", "loan")
class TestTextParts(BaseCase):
    def test_how_many_messages_a_text_takes(self):
        for text, expected in (
            ("", 1),
            ("a" * 160, 1),
            ("a" * 161, 2),
            ("a" * 307, 3),
            ("€" * 80, 1),
            ("€" * 81, 2),
            ("还" * 70, 1),
            ("还" * 71, 2),
            ("还" * 135, 3),
            ("😀" * 36, 2),
        ):
            with self.subTest(text=text[:3], length=len(text)):
                self.assertEqual(parts(text), expected)
