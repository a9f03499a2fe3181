from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW
from .test_loan_case import CaseCommon
from .test_loan_survey import SurveyCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCaseWay(CaseCommon):
    """One click on what was said makes a case of it, and a second one opens that case."""

    def _talk(self, note="<p>The fee of March is wrong.</p><p>She wants it back.</p>", **values):
        values = {"customer_id": self.customer.id, "contract_id": self.contract.id, "note": note, **values}
        return self.env["loan.interaction"].with_user(self.manager).create(values)

    def _opened(self, action):
        self.assertEqual(action["res_model"], "loan.case")
        return self.env["loan.case"].browse(action["res_id"])

    # ------------------------------------------------------------ of a talk

    def test_a_talk_becomes_a_case_with_its_words_and_its_loan(self):
        talk = self._talk()
        case = self._opened(talk.action_make_case())
        self.assertEqual(
            (case.subject, case.channel, case.customer_id, case.contract_id, case.partner_id),
            ("The fee of March is wrong.", "phone", self.customer, self.contract, self.borrower),
        )
        self.assertIn("She wants it back.", case.words)
        self.assertEqual((case.user_id, case.kind), (self.manager, "inquiry"))
        self.assertEqual(talk.made_case_id, case)
        self.assertEqual(self._opened(talk.action_open_case()), case)

    def test_a_second_click_opens_the_case_of_the_first(self):
        talk = self._talk()
        case = self._opened(talk.action_make_case())
        case._solve("Paid back")
        self.assertEqual(self._opened(talk.action_make_case()), case, "whatever has become of it")
        self.assertEqual(case.state, "solved")
        self.assertEqual(len(case.source_ids), 1)

    def test_two_clicks_at_once_are_one(self):
        source = self._opened(self._talk().action_make_case()).source_ids
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            source.sudo().copy({"res_model": source.res_model, "res_id": source.res_id})

    def test_what_is_said_twice_about_one_matter_is_one_case(self):
        case = self._opened(self._talk().action_make_case())
        case._wait("Her statement")
        again = self._talk("<p>The fee of March is wrong.</p><p>Here is the statement.</p>")
        self.assertEqual(self._opened(again.action_make_case()), case)
        self.assertEqual(case.state, "open", "what was waited for has come")
        self.assertIn("Here is the statement.", str(case.message_ids[0].body))
        self.assertEqual(len(case.source_ids), 2)

    def test_a_talk_in_which_somebody_complains_is_a_complaint(self):
        case = self._opened(
            self._talk("<p>She will complain to the ombudsman and call a lawyer.</p>").action_make_case()
        )
        self.assertEqual((case.kind, case.severity, case.legal), ("complaint", "major", True))
        self.assertEqual(case.team_id, self.special)

    def test_who_may_not_see_the_talk_makes_nothing_of_it(self):
        talk = self._talk()
        with self.assertRaises(AccessError):
            talk.with_user(self.stranger).action_make_case()
        self.assertFalse(self._opened(talk.action_make_case()).with_user(self.stranger).has_access("read"))

    def test_a_case_about_oneself_is_not_opened_by_a_second_click(self):
        talk = self._talk("<p>She will complain about the tone.</p>")
        case = self._opened(talk.action_make_case())
        case.about_user_id = self.manager
        with self.assertRefused("which you may not see"):
            talk.action_make_case()
        talk.invalidate_recordset(["made_case_id"])
        self.assertFalse(talk.made_case_id)

    def test_nobody_writes_a_source_by_hand(self):
        case = self._case()
        with self.assertRaises(AccessError):
            self.env["loan.case.source"].with_user(self.lead).create(
                {"case_id": case.id, "res_model": "loan.interaction", "res_id": 1}
            )

    # ------------------------------------------------------------ of a message

    def test_a_mail_on_a_loan_becomes_a_case_and_the_wait_goes_along(self):
        reminder = self._send_reminder()
        message, _passed_on = self._reply(
            reminder.message_id, "My rate is wrong, please check it. LN", Subject="My rate"
        )
        self.assertTrue(self.contract.waiting_since)
        response = self.env["loan.response"].search([("res_model", "=", "loan.contract")])
        response = response.filtered(lambda each: each.res_id == self.contract.id)
        case = self._opened(self.env["loan.case"].with_user(self.manager).action_from_message(message.id))
        self.assertEqual(
            (case.channel, case.subject, case.contract_id, case.partner_id),
            ("email", "My rate", self.contract, self.borrower),
        )
        self.assertEqual(case.waiting_since, fields.Datetime.to_datetime(NOW))
        self.assertFalse(self.contract.waiting_since or self._answers())
        self.assertEqual(
            (response.res_model, response.res_id, response.state), (case._name, case.id, "waiting")
        )
        self.assertEqual(
            self._opened(self.env["loan.case"].with_user(self.lead).action_from_message(message.id)), case
        )

    def test_a_note_on_a_customer_becomes_a_case_of_that_customer(self):
        message = self.customer.with_user(self.manager).message_post(body="She asks for a later due day.")
        case = self._opened(self.env["loan.case"].with_user(self.manager).action_from_message(message.id))
        self.assertEqual(
            (case.customer_id, case.partner_id, case.channel, case.subject),
            (self.customer, self.borrower, "other", "She asks for a later due day."),
        )
        on_case = case.with_user(self.manager).message_post(body="Done")
        with self.assertRefused("belongs to a case already"):
            self.env["loan.case"].with_user(self.manager).action_from_message(on_case.id)

    def test_who_may_not_read_a_message_makes_nothing_of_it(self):
        message = self.customer.with_user(self.manager).message_post(body="She asks for a later due day.")
        with self.assertRaises(AccessError):
            self.env["loan.case"].with_user(self.stranger).action_from_message(message.id)
        compliance = self._user("compliance", "Ingrid Solberg")
        with self.assertRaises(AccessError):  # reads all, and answers nobody
            self.env["loan.case"].with_user(compliance).action_from_message(message.id)

    def test_what_is_about_no_customer_makes_no_case(self):
        message = self.borrower.message_post(body="Somebody called.")
        with self.assertRefused("about no customer"):
            self.env["loan.case"].with_user(self.manager).sudo().action_from_message(message.id)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCaseOfSurvey(SurveyCommon):
    """What somebody answers to a survey becomes a complaint, or a case of who would rather be called."""

    def test_a_low_answer_becomes_a_complaint_in_their_words(self):
        request = self._asked()
        self._answer(request, 1, words="Nobody told me about the fee.")
        case = self.env["loan.case"].browse(request.with_user(self.manager).action_make_case()["res_id"])
        self.assertEqual(
            (case.kind, case.channel, case.customer_id, case.contract_id, case.words),
            (
                "complaint",
                "survey",
                request.customer_id,
                request.contract_id,
                "Nobody told me about the fee.",
            ),
        )
        self.assertEqual(request.with_user(self.manager).made_case_id, case)
        self.assertEqual(request.with_user(self.manager).action_make_case()["res_id"], case.id)

    def test_a_wish_to_be_called_becomes_a_case_with_the_number(self):
        request = self._asked()
        request._ask_for_call("139 0000 1111", "after six", "About the due day")
        case = self.env["loan.case"].browse(request.with_user(self.manager).action_make_case()["res_id"])
        self.assertEqual((case.kind, case.channel, case.subject), ("inquiry", "survey", "About the due day"))
        self.assertIn("139 0000 1111, after six", case.words)

    def test_what_is_not_answered_is_no_case(self):
        request = self._asked()
        with self.assertRefused("nobody has answered"):
            request.with_user(self.manager).action_make_case()
        with self.assertRaises(AccessError):
            request.with_user(self.stranger).action_make_case()
