from datetime import timedelta

from odoo import fields
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY
from .test_loan_case import CaseCommon
from .test_loan_survey import SurveyCommon

# As a mail program writes it: a name in characters, a text part and an HTML part, both encoded.
_MAIL = """\
Return-Path: <wang.fang@example.com>
Received: from mail.example.com by mx.pudong.example.com; Tue, 10 Mar 2026 09:58:00 +0800
Message-Id: <story-1@example.com>
Date: Tue, 10 Mar 2026 09:57:00 +0800
From: =?utf-8?b?546L6Iqz?= <wang.fang@example.com>
To: pudong-care@pudong.example.com
Subject: =?utf-8?b?5aSa5omj5LqG5oiR55qE6ZKx?=
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b1"

--b1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

我要投诉：{loan} 这个月扣了我两次款，没人管。请今天答复。

在 2026年3月9日 10:00，Pudong Finance 写道：
> 尊敬的客户
--b1
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<p>我要投诉：{loan} 这个月扣了我两次款，没人管。请今天答复。</p>
--b1--
"""


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanVoiceStory(CaseCommon, SurveyCommon):
    """Wang Fang is debited twice and writes: from her mail to the day she says that it is well again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.borrower.lang = "zh_CN"
        # As it is shipped, but for the company of this tale.
        cls.mended = cls.env.ref("loan_crm.loan_survey_rule_recovered").copy(
            {"active": True, "company_id": cls.company.id, "date_from": TODAY - timedelta(60)}
        )
        cls.env["loan.recovery.limit"].create(
            [
                {"company_id": cls.company.id, "currency_id": cls.cny.id, "role": role, "amount": amount}
                for role, amount in (("manager", 200), ("team_lead", 2000))
            ]
        )

    def _comes_in(self, source):
        """Take in a mail as the gateway does, by the address it was sent to."""
        with self.mock_mail_gateway():
            self.gateway.message_process(None, source)
            self.env.flush_all()
        self.env.invalidate_all()
        return self.env["loan.case"].search([("company_id", "=", self.company.id)])

    def _answer_survey_again(self, request):
        SurveyCommon._answer(self, request, 5, words="这次很满意。")

    def test_from_a_complaint_by_mail_to_a_customer_won_back(self):
        # It comes in: who wrote and about which loan is known, and it stays with whom she wrote to.
        case = self._comes_in(_MAIL.format(loan=self.contract.name))
        self.assertEqual(len(case), 1)
        self.assertEqual(
            (case.customer_id, case.partner_id, case.contract_id, case.channel, case.lang),
            (self.customer, self.borrower, self.contract, "email", "zh_CN"),
        )
        self.assertEqual((case.kind, case.team_id, case.user_id), ("complaint", self.junior, self.desk))
        self.assertEqual(case.subject, "多扣了我的钱")
        self.assertNotIn("尊敬的客户", case.words, "what her mail program quotes is not hers")
        self.assertEqual(case.hold_id.kind, "complaint", "nobody is reminded of what they dispute")
        self.assertTrue(self.customer.with_user(self.manager).complaint_open)
        self.assertTrue(case.message_id, "she is told who answers, and by when")

        # The clock runs in working time, and she waits until a person says something.
        clock = self._clock(case, "first_response")
        self.assertEqual(clock.due_at, fields.Datetime.to_datetime("2026-03-10 04:00:00"))
        self.assertEqual(case.waiting_since, fields.Datetime.to_datetime(NOW))
        self.assertEqual(self._answers(case).user_id, self.desk)

        # The same again by mail is the same case.
        again = _MAIL.format(loan=self.contract.name).replace("story-1", "story-2")
        self.assertEqual(self._comes_in(again), case)

        # The desk answers with what is ready, in her language.
        with self._at("2026-03-10T11:00"):
            ours = case.with_user(self.desk)
            ours.category_id = self.env.ref("loan_crm.loan_case_category_debit")
            self.assertEqual(ours.script_id, self.env.ref("loan_crm.loan_case_script_debit"))
            composer = Form(
                self.env["mail.compose.message"]
                .with_user(self.desk)
                .with_context(**ours.action_answer()["context"])
            ).save()
            with self.mock_mail_gateway():
                composer._action_send_mail()
        self.assertEqual((clock.state, case.responded_user_id, case.state), ("met", self.desk, "open"))
        self.assertFalse(case.waiting_since or self._answers(case))
        wait = self.env["loan.response"].search([("case_id", "=", case.id)])
        self.assertEqual((wait.state, wait.user_id, wait.minutes), ("answered", self.desk, 60))

        # It is settled, with why it came to this, and closes by itself.
        with self._at("2026-03-10T16:00"):
            action = ours.action_solve()
            form = Form(self.env["loan.case.end"].with_user(self.desk).with_context(**action["context"]))
            form.note, form.cause_id = "Paid back", self.env.ref("loan_crm.loan_case_cause_system")
            form.save().action_end()
        self.assertEqual(case.state, "solved")
        self.assertTrue(case.hold_id.lifted_at)
        with self._days_later(8):
            self._tell()
            self.assertEqual(case.state, "closed")
            self._round()
        asked_on = 8 + self.mended.delay_days
        with self._days_later(asked_on):
            request = self._round()
            self.assertEqual((request.case_id, request.moment, request.state), (case, "recovered", "sent"))

            # She says that she is not content: it begins to be made good by itself.
            SurveyCommon._answer(self, request, 1, words="退了钱，可是没有人道歉。")
            self.assertTrue(request.is_low)
            plan = self.env["loan.recovery.plan"].search([("case_id", "=", case.id)])
            self.assertEqual((plan.cause, plan.state, plan.customer_id), ("score", "listen", self.customer))

            mine = plan.with_user(self.manager)
            mine.heard = "Nobody has said sorry"
            mine.action_acknowledge()
            mine.apology_note = "By telephone, and in writing"
            mine.action_apologised()
            mine.write({"remedy": "service", "remedy_note": "A direct line"})
            mine.action_offer()
            mine.action_give()
            self.assertEqual(plan.state, "follow")

        # She is called again, and it is well.
        call = plan.call_ids.sorted("date")[:1]
        with self._days_later((call.date - TODAY).days):
            call.with_user(self.manager).note = "Content now"
            call.with_user(self.manager).action_done()
            mine.outcome = "recovered"
            mine.action_close()
        self.assertEqual((call.state, plan.state, plan.outcome), ("done", "closed", "recovered"))

        # And is asked once more, as soon as she may be: what was made good waits for no sixty days.
        self.assertEqual(self.company.loan_survey_interval, 60)
        with self._days_later((call.date - TODAY).days + self.mended.delay_days):
            second = self._round() - request
            self.assertEqual(
                (second.case_id, second.moment, second.state), (case, "recovered", "due"), second.told
            )
            self.assertIn("less than 14 days before", second.told)
        # This time she is content.
        with self._days_later(asked_on + 14):
            self._round()
            self.assertEqual(second.state, "sent", second.told)
            self._answer_survey_again(second)
            self.assertFalse(second.is_low)
            self.assertEqual(plan.asked_request_id, second)

    def test_who_the_complaint_is_about_learns_of_none_of_it(self):
        case = self._comes_in(_MAIL.format(loan=self.contract.name))
        case.with_user(self.lead).about_user_id = self.manager
        responses = self.env["loan.response"].with_user(self.manager)
        self.assertFalse(self.env["loan.case"].with_user(self.manager).search([("id", "=", case.id)]))
        self.assertFalse(responses.search([("customer_id", "=", self.customer.id)]))
        self.assertFalse(self.customer.with_user(self.manager).complaint_open)
        tiles = {tile["key"]: tile for tile in self.customer.with_user(self.manager).strip}
        self.assertEqual((tiles["cases"]["value"], tiles["waiting"]["value"]), ("None", "Nobody waits"))

    def test_nobody_answers_and_it_climbs_to_the_lead_and_the_head(self):
        head = self._user("compliance", "Ingrid Solberg")
        self.company.loan_head_user_id = head
        case = self._comes_in(_MAIL.format(loan=self.contract.name))
        wait = self.env["loan.response"].search([("case_id", "=", case.id)])
        for user in (self.lead, head):
            with freeze_time(wait.climb_at + timedelta(minutes=1)), self._without_commit():
                self.env["loan.response"]._cron_climb()
            self.assertIn(user, case.activity_ids.user_id)
        self.assertEqual(wait.climbed, "2")
        self.assertEqual(wait.waiting_since, fields.Datetime.to_datetime(NOW), "she waits since her mail")
