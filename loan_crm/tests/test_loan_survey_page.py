from lxml import html

from odoo.tests import HttpCase, freeze_time, tagged

from .common import NOW
from .test_loan_survey import SurveyCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanSurveyPage(HttpCase, SurveyCommon):
    """The pages behind the links of a survey's letter: what they show, what they take, and what they never do."""

    def setUp(self):
        super().setUp()
        self.asked = self._asked()
        self.path = self._path(self.asked)

    def _path(self, asked):
        return asked.ask_url.removeprefix(asked.company_id.get_base_url())

    def _get(self, path, **options):
        self.env.flush_all()
        response = self.url_open(path, **options)
        self.env.invalidate_all()
        return response

    def _read(self, response):
        return " ".join(html.fromstring(response.text).xpath("string(//body)").split())

    def _send(self, path, page=None, **typed):
        token = html.fromstring(self._get(page or path).text).xpath("//input[@name='csrf_token']/@value")
        typed.setdefault("csrf_token", token[0] if token else "")
        return self._get(path, data=typed, allow_redirects=False)

    # ------------------------------------------------------------ looking

    def test_opening_a_link_shows_the_choice_and_answers_nothing(self):
        response = self._get(f"{self.path}?choice=2")
        page = html.fromstring(response.text)
        self.assertEqual(page.xpath("//input[@name='choice'][@checked]/@value"), ["2"])
        self.assertEqual(page.xpath("//input[@name='choice']/@value"), ["1", "2", "3", "4", "5"])
        self.assertIn("How content are you with us so far?", self._read(response))
        for page in ("", "/call", "/stop", "?choice=5", "?choice=<b>"):
            self.assertEqual(self._get(f"{self.path}{page}").status_code, 200)
        self.assertEqual(self.asked.state, "sent")
        self.assertFalse(self.customer.no_surveys)
        self.assertFalse(self.asked.sudo().user_input_id)

    def test_nothing_is_kept_by_caches_and_no_script_runs(self):
        headers = self._get(self.path).headers
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertEqual(headers["Referrer-Policy"], "no-referrer")
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])

    def test_every_link_that_opens_nothing_says_the_same(self):
        wrong = f"{self.path[:-1]}{'A' if self.path[-1] != 'A' else 'B'}"
        told = self._read(self._get("/loan/ask/nothing"))
        loan = self.asked.contract_id
        other_key = (
            loan._borrower_url(loan.partner_id).removeprefix(loan.get_base_url()).removeprefix("/loan/")
        )
        for days in (0, 11):  # a guesser learns nothing from what has run out either
            for path in (wrong, f"{wrong}/call", f"{wrong}/stop", f"/loan/ask/{other_key}"):
                with self.subTest(days=days, path=path), self._days_later(days):
                    response = self._get(path)
                    self.assertEqual((response.status_code, self._read(response)), (404, told))
        self.assertEqual(self._get(self.path.replace("/loan/ask/", "/loan/")).status_code, 404)

    def test_the_reader_reads_their_own_language(self):
        self.customer.partner_id.lang = "zh_CN"
        page = html.fromstring(self._get(self.path).text)
        self.assertEqual(page.xpath("/html/@lang"), ["zh-CN"])

    # ------------------------------------------------------------ answering

    def test_the_button_answers_and_leads_on_to_the_rest(self):
        response = self._send(self.path, choice="4")
        self.assertEqual(response.status_code, 303)
        answer = self.asked.sudo().user_input_id
        where = response.headers["Location"]
        self.assertTrue(where.endswith(f"/survey/{self.survey.access_token}/{answer.access_token}"))
        self.assertEqual((self.asked.state, self.asked.way), ("answered", "link"))
        self.assertEqual(answer.user_input_line_ids.value_scale, 4)
        page = self._get(where)
        self.assertEqual(page.status_code, 200)
        self.assertIn("How clear are the terms of your loan to you?", page.text)
        checked = html.fromstring(page.text).xpath("//input[@type='radio'][@checked]/@value")
        self.assertEqual(checked, ["4"])

    def test_the_rest_is_sent_on_the_surveys_own_page(self):
        self._send(self.path, choice="4")
        answer = self.asked.sudo().user_input_id
        posted = {
            str(question.id): "5"
            for question in self.survey.question_ids
            if question.question_type == "scale"
        }
        first = self.survey._loan_first_question()
        posted[str(first.id)] = "2"  # on second thoughts
        self.env.flush_all()
        self.make_jsonrpc_request(f"/survey/submit/{self.survey.access_token}/{answer.access_token}", posted)
        self.env.invalidate_all()
        scores = {score.dimension: score.percent for score in self.asked.score_ids}
        self.assertEqual(
            scores, {"overall": 25, "clarity": 100, "transparency": 100, "speed": 100, "attitude": 100}
        )
        self.assertIn("We have your answer", self._read(self._get(self.path)))

    def test_a_link_works_once_and_goes_on_where_one_was(self):
        first = self._send(self.path, choice="4").headers["Location"]
        told = self._get(f"{self.path}?choice=1")
        self.assertIn("The other questions are still open", self._read(told))
        again = self._send(self.path, choice="1")
        self.assertEqual(again.headers["Location"], first)
        self.assertEqual(self.asked.sudo().user_input_id.user_input_line_ids.value_scale, 4)

    def test_what_is_no_answer_is_refused_in_words(self):
        for choice in ("", "6", "0", "x", "4 "):
            with self.subTest(choice=choice):
                response = self._send(self.path, choice=choice)
                self.assertEqual(response.status_code, 422)
                self.assertIn("Please choose one.", self._read(response))
        self.assertEqual(self.asked.state, "sent")

    def test_a_form_from_elsewhere_is_not_taken(self):
        for page, typed in (("", {"choice": "4"}), ("/call", {"phone": "1"}), ("/stop", {})):
            response = self._send(f"{self.path}{page}", csrf_token="no", **typed)
            self.assertEqual(response.status_code, 400)
        self.assertEqual(self.asked.state, "sent")
        self.assertFalse(self.customer.no_surveys)

    def test_who_sends_too_often_is_told(self):
        self.company.loan_posts_per_hour = 1
        self.env["loan.portal.count"]._take(self.company, self.asked.partner_id)
        self.assertEqual(self._send(self.path, choice="4").status_code, 429)
        self.assertEqual(self.asked.state, "sent")

    # ------------------------------------------------------------ a call, or never again

    def test_please_call_me(self):
        response = self._send(
            f"{self.path}/call", phone=" +86  139 ", best_time="after six", words="The fee\n<b>!</b>"
        )
        self.assertEqual(response.status_code, 200)
        self.assertIn("We call you by March 11, 2026", self._read(response))
        self.assertEqual((self.asked.way, self.asked.call_phone), ("call", "+86 139"))
        todo = self.asked.contract_id.activity_ids
        self.assertEqual(todo.user_id, self.manager)
        self.assertIn("+86 139, after six", todo.note)
        self.assertIn("Thank you", self._read(self._get(self.path)))
        long = self._path(self._asked(customer=self._customer("Li Na")))
        response = self._send(f"{long}/call", words="x" * 2001)
        self.assertEqual(response.status_code, 422)

    def test_do_not_ask_me_again(self):
        response = self._send(f"{self.path}/stop")
        self.assertIn("We ask you no more", self._read(response))
        self.assertTrue(self.customer.no_surveys)
        note = self.asked.contract_id.message_ids[:1]
        self.assertIn("wants no more surveys", note.body)
        self.assertEqual(note.author_id, self.customer.partner_id)

    def test_a_survey_that_is_over_says_so(self):
        self.asked.sudo()._move_to("expired")
        self.assertIn("This survey has ended", self._read(self._get(self.path)))
        self.assertEqual(
            self._send(self.path, page=f"{self.path}/stop", choice="4").headers["Location"][-3:],
            self.path[-3:],
        )
        self.assertFalse(self.asked.sudo().user_input_id)

    def test_whose_link_has_run_out_reads_so_and_whom_to_reach(self):
        self.manager.phone = "+86 21 5550 0101"
        with self._days_later(11):
            for page in ("", "/call", "?choice=4"):
                response = self._get(f"{self.path}{page}")
                told = self._read(response)
                self.assertEqual(response.status_code, 410)
                self.assertIn("This survey has ended", told)
                self.assertIn(self.manager.name, told)
                self.assertIn("+86 21 5550 0101", told)
            self._send(self.path, page=f"{self.path}/stop", choice="4")
            self.assertEqual(self.asked.state, "sent")
            self.assertIn("We ask you no more", self._read(self._send(f"{self.path}/stop")))
        self.assertTrue(self.customer.no_surveys)

    def test_whose_link_has_run_out_after_the_answer_is_thanked(self):
        self._send(self.path, choice="4")
        answer = self.asked.sudo().user_input_id
        own_page = f"/survey/{self.survey.access_token}/{answer.access_token}"
        with self._days_later(11):
            for page in (self.path, own_page):
                response = self._get(page)
                self.assertEqual(response.status_code, 410)
                self.assertIn("You have answered already", self._read(response))
                self.assertIn(self.manager.name, self._read(response))
            self.assertNotIn("answered already", self._get(f"{own_page[:-1]}x").text)

    def test_nobody_who_left_is_named(self):
        self.manager.active = False
        with self._days_later(11):
            told = self._read(self._get(self.path))
        self.assertNotIn(self.manager.name, told)
        self.assertIn(self.company.name, told)

    # ------------------------------------------------------------ the survey app's pages

    def test_the_results_page_shows_nobody_what_was_said(self):
        self.asked._begin_answer(4)
        answer = self.asked.sudo().user_input_id
        words = self.survey.question_ids.filtered(lambda question: question.question_type == "text_box")
        answer._save_lines(words, "The fee was hidden")
        answer._mark_done()
        officer = self.env["res.users"].create(
            {**self._user_values("survey.group_survey_manager", "Ying Shou"), "password": "Ying Shou 1"}
        )
        self.manager.group_ids |= self.env.ref("survey.group_survey_user")
        # What was said stands on the survey in Loan CRM, where it is asked whose customer it is.
        for user in (officer, self.manager):
            user.password = "Ying Shou 1"
            self.authenticate(user.login, "Ying Shou 1")
            with self.subTest(user=user.name):
                told = self._get(f"/survey/results/{self.survey.id}").text
                self.assertNotIn("The fee was hidden", told)
        self.assertEqual(self.asked.with_user(self.manager).words, "The fee was hidden")
