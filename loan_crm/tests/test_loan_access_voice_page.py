"""The borrower's pages behind signed links, and the survey app's own pages with what our links lead to.

Rows V35 and on of docs/security-model.md.
"""

import io
import json

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.http import Request
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NOW
from .test_loan_survey import SurveyCommon

CANARY = "Medlarchalk"


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanAccessVoicePage(HttpCase, SurveyCommon):
    """Two borrowers were asked; each has a link, and so has whoever they passed it on to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        build = cls()
        cls.asked = build._asked()
        cls.other = build._asked(customer=cls._customer("Li Na"))
        more = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.survey_head = new_test_user(cls.env, "survey.head", groups="survey.group_survey_manager", **more)
        cls.rated = new_test_user(
            cls.env, "rated", groups="loan_crm.loan_crm_group_manager,survey.group_survey_user", **more
        )
        cls.portal = new_test_user(cls.env, "borrower.portal", groups="base.group_portal", **more)
        for user in cls.manager | cls.survey_head | cls.rated | cls.administrator | cls.portal:
            user.password = user.login
        cls.survey.sudo().access_mode = "token"
        cls.env.flush_all()

    def _path(self, asked):
        return asked.ask_url.removeprefix(asked.company_id.get_base_url())

    def _open(self, path, **options):
        self.env.flush_all()
        response = self.url_open(path, **options)
        self.env.invalidate_all()
        return response

    def _send(self, path, files=None, page=None, **typed):
        found = html.fromstring(self._open(page or path).text).xpath("//input[@name='csrf_token']/@value")
        typed.setdefault("csrf_token", found[0] if found else "")
        return self._open(path, data=typed, files=files, allow_redirects=False)

    def _begin(self, asked, choice="4"):
        """Answer the first question by the link; return the survey's own token and the answer's."""
        where = self._send(self._path(asked), choice=choice).headers["Location"]
        return where.rstrip("/").rsplit("/", 2)[-2:]

    def _submit(self, survey_token, answer_token, posted):
        return self._rpc(f"/survey/submit/{survey_token}/{answer_token}", **posted)

    def _rpc(self, path, **params):
        return self._open(
            path,
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}),
            headers={"Content-Type": "application/json"},
        ).text

    def _question(self, kind):
        return self.survey.question_ids.filtered(lambda question: question.question_type == kind)[:1]

    def _state(self):
        """Return all that is stored of surveys, what was answered, and what follows from it."""
        self.env.flush_all()
        self.env.invalidate_all()
        told = [
            (name, record.id, *(str(record[field]) for field in self._stored(record)))
            for name in (
                "loan.survey.request",
                "loan.survey.score",
                "survey.user_input",
                "survey.user_input.line",
                "loan.case",
                "loan.recovery.plan",
                "mail.activity",
            )
            for record in self.env[name].with_context(active_test=False).search(Domain.TRUE, order="id")
        ]
        return told, self.env["mail.message"].search_count(Domain.TRUE)

    def _stored(self, record):
        return [
            name
            for name, field in record._fields.items()
            if field.store and field.column_type and name not in ("write_date", "write_uid")
        ]

    # ------------------------------------------------------------ the link

    @mute_logger("odoo.http", "odoo.addons.survey.controllers.main")
    def test_v35_looking_changes_nothing_on_any_page(self):
        survey_token, answer_token = self._begin(self.asked)
        path, other = self._path(self.asked), self._path(self.other)
        loan = self.asked.contract_id
        page = loan._borrower_url(loan.partner_id).removeprefix(loan.get_base_url())
        before = self._state()
        for url in (
            *(f"{each}{end}" for each in (path, other) for end in ("", "?choice=5", "/call", "/stop")),
            f"{other}?choice=1&csrf_token=x&state=answered&user_input_id=1",
            f"{other}/stop?confirm=1&done=1",
            *(f"{page}{end}" for end in ("", "/ask", "/ask?words=x&kind=complaint", "/hardship", "/promise")),
            f"/survey/{survey_token}/{answer_token}",
            f"/survey/start/{survey_token}",
            f"/survey/start/{survey_token}?answer_token={answer_token}",
            f"/survey/start/{survey_token}?email=x@example.com",
            f"/survey/retry/{survey_token}/{answer_token}",
            f"/survey/print/{survey_token}?answer_token={answer_token}",
            f"/survey/{survey_token}/get_background_image",
            f"/s/{survey_token}",
            f"/survey/test/{survey_token}",
            f"/survey/results/{self.survey.id}",
            f"/survey/session/manage/{survey_token}",
        ):
            for method in ("GET", "HEAD"):
                with self.subTest(url=url, method=method):
                    self._open(url, method=method, allow_redirects=False)
                    self.assertEqual(self._state(), before)

    def test_v36_one_link_answers_for_one_person(self):
        before = self.other.read(["state", "satisfaction", "recommends", "way", "email"])
        smuggled = {
            "id": self.other.id,
            "request_id": self.other.id,
            "asked": self.other.id,
            "user_input_id": 1,
            "survey_id": 1,
            "partner_id": self.other.partner_id.id,
            "state": "expired",
            "way": "staff",
            "satisfaction": "100",
            "score": "100",
            "entered_user_id": self.manager.id,
            "token": self._path(self.other).rsplit("/", 1)[-1],
        }
        self._send(self._path(self.asked), choice="2", **smuggled)
        answer = self.asked.sudo().user_input_id
        self.assertEqual((self.asked.state, self.asked.way), ("answered", "link"))
        self.assertEqual(answer.partner_id, self.asked.partner_id)
        self.assertEqual(answer.user_input_line_ids.value_scale, 2)
        self.assertFalse(self.asked.entered_user_id)
        self.env.invalidate_all()
        self.assertEqual(self.other.read(["state", "satisfaction", "recommends", "way", "email"]), before)
        self.assertFalse(self.other.sudo().user_input_id)
        # One person's answer token with another survey's, and the other way round.
        _token, answer_token = self._begin(self.other)
        foreign = self.env.ref("loan_crm.survey_survey_case").access_token
        told = self._submit(foreign, answer_token, {str(self._question("text_box").id): CANARY})
        self.assertIn("token_wrong", told)
        self.assertNotIn(CANARY, str(self.other.words))

    @mute_logger("odoo.http")
    def test_v37_what_no_form_of_ours_sends_breaks_nothing_and_is_no_answer(self):
        path = self._path(self.asked)
        token = path.rsplit("/", 1)[-1]
        for data in (
            {"choice": "5\r\nBcc: x@example.com"},
            {"choice": "\x00"},
            {"choice": "5" * 100000},
            {"choice": ["5", "1"]},
            {"choice": "-1"},
            {"choice": "1e0"},
            {"choice": "<script>"},
        ):
            with self.subTest(data=str(data)[:60]):
                response = self._send(path, **data)
                self.assertLess(response.status_code, 500)
        # Of two values the first counts; both were given as answers by the page.
        self.assertIn(self.asked.state, ("sent", "answered"))
        other = self._path(self.other)
        for name in ("choice", "csrf_token", "words"):
            with self.subTest(file=name):
                files = {name: ("x.txt", io.BytesIO(b"5"), "text/plain")}
                for end in ("", "/call", "/stop"):
                    response = self._open(f"{other}{end}", files=files, data={}, allow_redirects=False)
                    self.assertLess(response.status_code, 500)
        self.assertEqual(self.other.state, "sent")
        for end in ("%00", "%0d%0aX: y", "..%2f..", "x" * 5000, token[:-1], f"{token}%20", token.lower()):
            with self.subTest(token=end[:20]):
                self.assertEqual(self._open(f"/loan/ask/{end}").status_code, 404)
        words = f"{CANARY}\r\nBcc: x@example.com\x00<script>alert(1)</script>{{{{ 7*7 }}}}"
        response = self._send(
            f"{other}/call", phone="1\r\nX: y", best_time="<b>", words=words, call_phone="smuggled"
        )
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("<script>alert", response.text)
        self.assertNotIn("\x00", self.other.call_words)
        self.assertEqual((self.other.way, self.other.call_phone), ("call", "1 X: y"))
        todo = self.other.contract_id.activity_ids
        self.assertNotIn("<script", str(todo.mapped("note")))

    @mute_logger("odoo.http")
    def test_v37_nor_on_the_page_of_a_loan(self):
        loan = self.asked.contract_id
        page = loan._borrower_url(loan.partner_id).removeprefix(loan.get_base_url())
        names = ("csrf_token", "kind", "about", "words", "cause", "wish", "phone", "amount", "day", "when")
        for end in ("/ask", "/hardship", "/promise"):
            for name in names:
                files = {name: ("x.txt", io.BytesIO(b"x"), "text/plain")}
                with self.subTest(page=end, file=name):
                    response = self._open(f"{page}{end}", files=files, data={}, allow_redirects=False)
                    self.assertLess(response.status_code, 500)
            with self.subTest(page=end, token="letters that no token has"):
                data = {"csrf_token": "é", "words": "x"}
                self.assertLess(self._open(f"{page}{end}", data=data).status_code, 500)
        self.assertFalse(self.env["loan.case"].search([("customer_id", "=", loan.customer_id.id)]))
        words = f"{CANARY}\r\nBcc: mallory@example.org\r\n\x00<script>alert(1)</script>{{{{ 7*7 }}}}"
        smuggled = {
            "state": "closed",
            "user_id": self.rated.id,
            "customer_id": self.other.customer_id.id,
            "contract_id": self.other.contract_id.id,
            "partner_id": self.other.partner_id.id,
            "about_user_id": self.manager.id,
            "level_id": 1,
            "severity": "major",
            "trivial": "1",
        }
        response = self._send(f"{page}/ask", kind="complaint", about="loan", words=words, **smuggled)
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("<script>alert", response.text)
        case = self.env["loan.case"].search([("customer_id", "=", loan.customer_id.id)])
        self.assertEqual(
            (case.subject, case.state, case.contract_id, case.partner_id, case.severity, case.channel),
            (CANARY, "new", loan, loan.partner_id, "general", "page"),
        )
        self.assertFalse(case.about_user_id)
        self.assertFalse(self.env["loan.case"].search([("customer_id", "=", self.other.customer_id.id)]))
        self.assertNotIn("<script", " ".join(case.message_ids.mapped("body")))
        self.assertNotIn("\x00", case.words)
        for mail in self.env["mail.mail"].search([("model", "=", "loan.case"), ("res_id", "=", case.id)]):
            self.assertNotIn("mallory", f"{mail.subject}{mail.email_to}{mail.email_cc}{mail.headers}")
            self.assertNotRegex(mail.subject, r"[\r\n]")

    def test_v38_a_form_of_another_site_and_too_many_of_ours_are_not_taken(self):
        path = self._path(self.asked)
        self.authenticate(None, None)
        for token in ("", "x", "0o0", "é", "Ω" * 50, Request.csrf_token(self)[:-1]):
            with self.subTest(token=token):
                self.assertEqual(self._open(path, data={"choice": "4", "csrf_token": token}).status_code, 400)
        for _number in range(10):
            self._send(path, choice="none of them")
        self.assertEqual(self._send(path, choice="4").status_code, 429)
        self.assertEqual(self._send(f"{path}/stop").status_code, 429)
        self.assertEqual(self.asked.state, "sent")
        self.assertFalse(self.asked.customer_id.no_surveys)

    # ------------------------------------------------------------ the survey app's pages

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_v39_only_an_answer_that_there_is_is_taken(self):
        scale, text = self._question("scale"), self._question("text_box")
        choice = self.env["survey.question"].create(
            {
                "survey_id": self.survey.id,
                "title": "Would you come again?",
                "question_type": "simple_choice",
                "loan_dimension": "attitude",
                "sequence": 900,
                "suggested_answer_ids": [
                    Command.create({"value": "No", "answer_score": 0}),
                    Command.create({"value": "Yes", "answer_score": 1}),
                ],
            }
        )
        foreign = self.env["survey.question.answer"].create(
            {
                "value": "Best",
                "answer_score": 1000,
                "question_id": choice.copy({"survey_id": self.env.ref("loan_crm.survey_survey_case").id}).id,
            }
        )
        survey_token, answer_token = self._begin(self.asked)
        nps = self.survey.question_ids.filtered(lambda question: question.loan_dimension == "nps")[:1]
        attacks = [(scale, value) for value in ("1000", "-1", "0", "x", "1.5", {"a": 1}, ["1", "2"], True)]
        attacks += [(nps, "11")] if nps else []
        attacks += [(choice, value) for value in (str(foreign.id), "999999999", "x", [str(foreign.id)])]
        attacks += [
            (text, value) for value in ("x" * 100000, ["a", "b"], {"comment": "x" * 100000}, "a\x00b")
        ]
        for question, value in attacks:
            with self.subTest(question=question.title, value=str(value)[:30]):
                told = self._submit(survey_token, answer_token, {str(question.id): value})
                self.assertIn('"error"', told)
                self.assertNotIn("Odoo Server Error", told)
                answer = self.asked.sudo().user_input_id
                self.assertEqual(answer.state, "in_progress")
                self.assertFalse(self.asked.score_ids)
        told = self._submit(
            survey_token,
            answer_token,
            {
                str(scale.id): "5",
                str(choice.id): str(choice.suggested_answer_ids[1].id),
                str(text.id): "Plain words",
                str(self.env.ref("loan_crm.survey_survey_case").question_ids[0].id): "1",
                "user_input_id": 1,
                "state": "done",
            },
        )
        self.assertNotIn('"error"', told)
        self.assertEqual(self.asked.words, "Plain words")
        self.assertTrue(all(0 <= score.percent <= 100 for score in self.asked.score_ids))
        self.assertLessEqual(max(self.asked.score_ids.mapped("value")), 10)
        lines = self.asked.sudo().user_input_id.user_input_line_ids
        self.assertFalse(lines.question_id - self.survey.question_ids, "one survey's answer, and no other's")
        self.assertEqual(lines.filtered(lambda line: not line.skipped).question_id, scale | choice | text)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_v40_an_answer_is_given_once_and_by_whom_it_is_of(self):
        survey_token, answer_token = self._begin(self.asked)
        text = self._question("text_box")
        # A colleague with the token of somebody's answer, which no page of theirs tells.
        for user in self.manager | self.survey_head | self.rated | self.administrator | self.portal:
            self.authenticate(user.login, user.login)
            with self.subTest(user=user.login):
                told = self._submit(survey_token, answer_token, {str(text.id): "By a colleague"})
                self.assertIn('"error"', told)
                for path in (
                    f"/survey/{survey_token}/{answer_token}",
                    f"/survey/start/{survey_token}",
                    f"/survey/start/{survey_token}?answer_token={answer_token}",
                    f"/survey/retry/{survey_token}/{answer_token}",
                ):
                    self.assertNotIn("o_survey_form", self._open(path).text, path)
        self.assertFalse(self.asked.words)
        self.authenticate(None, None)
        self._submit(survey_token, answer_token, {str(text.id): CANARY})
        self.assertIn(CANARY, self.asked.words)
        answers = self.env["survey.user_input"].search([("survey_id", "=", self.survey.id)])
        for told in (
            self._submit(survey_token, answer_token, {str(text.id): "Once more"}),
            self._rpc(f"/survey/begin/{survey_token}/{answer_token}", lang_code="zh_CN"),
            self._rpc(f"/survey/next_question/{survey_token}/{answer_token}"),
        ):
            self.assertIn("token_wrong", told)
        for user in (None, self.manager, self.survey_head, self.rated, self.administrator):
            self.authenticate(user and user.login, user and user.login)
            for path in (
                f"/survey/{survey_token}/{answer_token}",
                f"/survey/print/{survey_token}?answer_token={answer_token}",
                f"/survey/print/{survey_token}?review=1",
                f"/survey/print/{survey_token}?answer_token={answer_token}&review=True",
                f"/survey/start/{survey_token}?answer_token={answer_token}",
                f"/survey/retry/{survey_token}/{answer_token}",
                f"/survey/results/{self.survey.id}",
                f"/survey/results/{self.survey.id}?answer_token={answer_token}",
                f"/survey/results/{self.survey.id}?filters=A,{self.survey.question_ids[0].id},1&finished=1",
                f"/survey/session/manage/{survey_token}",
            ):
                with self.subTest(user=user and user.login, path=path):
                    self.assertNotIn(CANARY, self._open(path).text)
            for path in ("results", "leaderboard", "next_question"):
                with self.subTest(user=user and user.login, session=path):
                    self.assertNotIn(CANARY, self._rpc(f"/survey/session/{path}/{survey_token}"))
        self.assertEqual(self.env["survey.user_input"].search([("survey_id", "=", self.survey.id)]), answers)

    # ------------------------------------------------------------ the survey app's forms

    def test_v41_the_survey_app_asks_nobody_with_our_questionnaires(self):
        for user in self.survey_head | self.rated:
            survey = self.survey.with_user(user)
            with self.subTest(user=user.login):
                with self.assertRefused("survey rules"):
                    survey.action_send_survey()
                with self.assertRefused("survey rules"):
                    self.env["survey.invite"].with_user(user).create(
                        {"survey_id": self.survey.id, "emails": "x@example.com", "subject": "x"}
                    )
                with self.assertRefused("."):
                    survey.action_start_session()
        self.assertFalse(self.survey.session_state)

    def test_v42_who_is_rated_words_no_question_of_it(self):
        question = self.survey.question_ids[:1].with_user(self.rated)
        choice = self.env["survey.question.answer"]
        for attack in (
            lambda: self.survey.with_user(self.rated).action_archive(),
            lambda: self.survey.with_user(self.rated).write({"title": "Are you not content?"}),
            lambda: question.write({"title": "How bad were we?"}),
            lambda: question.unlink(),
            lambda: question.copy(),
            lambda: choice.with_user(self.rated).create({"question_id": question.id, "value": "x"}),
            lambda: self.survey.with_user(self.rated).unlink(),
            lambda: (
                self.survey.copy({"survey_type": "custom"})
                .with_user(self.rated)
                .write({"survey_type": "loan"})
            ),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                attack()
        self.survey.question_ids[:1].with_user(self.administrator).title = "How content are you?"
        self.survey.question_ids[:1].with_user(self.survey_head).title = "How content are you now?"

    def test_v43_what_was_answered_leaves_with_no_question_that_is_moved(self):
        self._answer(self.asked, 1, words=CANARY)
        elsewhere = self.env["survey.survey"].create({"title": "Mine", "survey_type": "custom"})
        page = self.env["survey.question"].create({"title": "Q", "survey_id": elsewhere.id})
        choice = self.env["survey.question"].create(
            {
                "survey_id": self.survey.id,
                "title": "Again?",
                "question_type": "simple_choice",
                "suggested_answer_ids": [Command.create({"value": "No"}), Command.create({"value": "Yes"})],
            }
        )
        self.other._begin_answer(4)
        answer = self.other.sudo().user_input_id
        answer._save_lines(choice, str(choice.suggested_answer_ids[0].id))
        chosen = choice.suggested_answer_ids[0]
        text = self._question("text_box")
        for user in self.survey_head | self.administrator:
            for attack in (
                lambda user=user: text.with_user(user).write({"survey_id": elsewhere.id}),
                lambda user=user: elsewhere.with_user(user).write(
                    {"question_and_page_ids": [Command.link(text.id)]}
                ),
                lambda user=user: text.with_user(user).write({"question_type": "date"}),
                lambda user=user: text.with_user(user).write({"is_page": True}),
                lambda user=user: chosen.with_user(user).write({"question_id": page.id}),
                lambda user=user: chosen.with_user(user).write(
                    {"question_id": False, "matrix_question_id": page.id}
                ),
                lambda user=user: page.with_user(user).write(
                    {"suggested_answer_ids": [Command.link(chosen.id)]}
                ),
            ):
                with self.subTest(user=user.login), self.assertRefused("."):
                    attack()
        self.assertIn(CANARY, self.asked.words)
        self.assertEqual(answer.user_input_line_ids.suggested_answer_id, chosen)
