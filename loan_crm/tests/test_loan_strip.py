from datetime import timedelta

from odoo import Command
from odoo.tests import Form, tagged

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanStrip(LoanCommon):
    """Five seconds with three very different borrowers."""

    def _tiles(self, customer=None, user=None, **context):
        customer = (customer or self.customer).with_user(user or self.manager).with_context(**context)
        self.env.flush_all()
        self.env.invalidate_all()
        return {tile["key"]: tile for tile in customer.strip}

    def _told(self, tiles):
        return {key: (tile["value"].replace("\xa0", " "), tile["mark"]) for key, tile in tiles.items()}

    def test_a_prospect_has_nothing_to_worry_about(self):
        tiles = self._tiles()
        self.assertEqual(
            self._told(tiles),
            {
                "due": ("Nothing", ""),
                "promises": ("None open", ""),
                "waiting": ("Nobody waits", ""),
                "cases": ("None", ""),
                "satisfaction": ("Not asked yet", ""),
                "risk": ("None seen", ""),
                "tier": ("None", ""),
                "people": ("Lin Mei", ""),
            },
        )
        self.assertEqual(tiles["due"]["text"], "No loan yet")
        self.assertEqual(tiles["people"]["text"], "no deputy")

    def test_a_good_customer_sees_their_next_installment(self):
        self._due_in(3)
        self._due_in(20)
        self.customer.deputy_user_id = self.colleague
        self._answer_survey(90, 100)
        tiles = self._tiles()
        self.assertEqual(self._told(tiles)["due"], ("¥ 1,032.80", "warning"))
        self.assertEqual(tiles["due"]["text"], "in 3 days, 03/13/2026")
        self.assertEqual(self._told(tiles)["satisfaction"], ("95%", "success"))
        self.assertEqual(tiles["satisfaction"]["text"], "answers within a year: 2")
        self.assertEqual(tiles["people"]["text"], "deputy: Chen Bo")
        self.assertEqual(self._told(tiles)["risk"], ("None seen", ""))

    def test_what_is_overdue_stands_in_the_currency_it_is_owed_in(self):
        self._due_in(-40)
        abroad = self.product.copy({"code": "USD", "currency_id": self.usd.id})
        self._due_in(-10, product_id=abroad.id)
        told = self._tiles()["due"]["value"].replace("\xa0", " ")
        self.assertEqual(told, "¥ 2,065.60 + $ 1,032.80")

    def test_a_customer_in_trouble_shows_what_burns_and_why(self):
        late = self._due_in(-40)
        late.waiting_since = "2026-03-08 01:00:00"
        self.env["loan.promise"].with_user(self.manager).create(
            {"contract_id": late.id, "amount": 500, "date_promised": TODAY + timedelta(2)}
        )
        self._promise_ours("Send the new schedule", TODAY - timedelta(1))
        self.env["loan.hardship"].with_user(self.manager).create(
            {"contract_id": late.id, "cause": "income", "channel": "phone", "partner_id": late.partner_id.id}
        )
        tiles = self._tiles()
        self.assertEqual(self._told(tiles)["due"], ("¥ 2,065.60", "danger"))
        self.assertEqual(tiles["due"]["text"], "overdue, the oldest for 40 days")
        self.assertEqual(self._told(tiles)["waiting"], ("2 days", "danger"))
        self.assertEqual(self._told(tiles)["promises"], ("2", "danger"))
        self.assertIn("they: ¥ 500.00 by 03/12/2026", tiles["promises"]["text"].replace("\xa0", " "))
        self.assertIn("we: Send the new schedule by 03/09/2026", tiles["promises"]["text"])
        self.assertEqual(self._told(tiles)["cases"], ("1", "warning"))
        self.assertEqual(self._told(tiles)["risk"], ("High", "danger"))
        self.assertEqual(tiles["risk"]["text"], "40 days late, hardship requests: 1")
        self.assertEqual(tiles["risk"]["how"][-1], "75 of 100 points")
        for tile in tiles.values():
            if tile["action"]:
                with self.subTest(tile=tile["key"]):
                    opened = getattr(self.customer.with_user(self.manager), tile["action"])()
                    self.assertIn(("customer_id", "=", self.customer.id), opened["domain"])

    def test_the_strip_speaks_the_readers_language(self):
        self._due_in(1)
        tiles = self._tiles(lang="zh_CN")
        for tile in tiles.values():
            with self.subTest(tile=tile["key"]):
                self.assertRegex(tile["label"], r"[\u4e00-\u9fff]")
        self.assertRegex(tiles["due"]["text"], r"[\u4e00-\u9fff]")

    def test_who_acts_today_stands_beside_the_manager(self):
        self.customer.deputy_user_id = self.colleague
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "company_id": self.company.id,
                "date_from": TODAY,
                "date_to": TODAY,
            }
        )
        self.assertEqual(self._tiles()["people"]["text"], "away, Chen Bo acts")
        self.customer.deputy_user_id = False
        self.customer.with_user(self.lead).manager_user_id = False
        tiles = self._tiles(user=self.lead)
        self.assertEqual(self._told(tiles)["people"], ("Nobody", "danger"))

    def test_a_manager_who_has_left_is_marked(self):
        self.manager.active = False
        tiles = self._tiles(user=self.lead)
        self.assertEqual(self._told(tiles)["people"], ("Lin Mei", "danger"))
        self.assertEqual(tiles["people"]["text"], "has left, and nobody acts")
        self.customer.with_user(self.lead).deputy_user_id = self.colleague
        tiles = self._tiles(user=self.colleague)
        self.assertEqual(tiles["people"]["text"], "has left, Chen Bo acts")

    def test_each_reader_sees_their_own_strip(self):
        self._due_in(-5)
        for user in (self.lead, self.desk, self.compliance):
            tiles = self._tiles(user=user)
            with self.subTest(user=user.name):
                self.assertEqual(tiles["due"]["mark"], "danger")
            for tile in tiles.values():
                if tile["action"]:
                    with self.subTest("no tile leads to a refusal", user=user.name, tile=tile["key"]):
                        opened = getattr(self.customer.with_user(user), tile["action"])()
                        self.env[opened["res_model"]].with_user(user).search(opened["domain"])

    def test_only_finished_answers_of_surveys_that_ask_for_it_count(self):
        self._answer_survey(50)
        survey = (
            self.env["survey.user_input"].search([("partner_id", "=", self.customer.partner_id.id)]).survey_id
        )
        survey.loan_tells_satisfaction = False
        self.assertEqual(self._tiles()["satisfaction"]["value"], "Not asked yet")

    def test_what_we_promised_opens_from_its_tile(self):
        loan = self._due_in(20)
        self._promise_ours("Call back on Friday", TODAY + timedelta(1))
        loan.with_user(self.manager).activity_schedule(
            "loan_crm.mail_activity_type_promised", TODAY, "Send the statement", user_id=self.manager.id
        )
        promised = self.env["loan.commitment"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual(set(promised.mapped("name")), {"Call back on Friday", "Send the statement"})
        tile = self._tiles()["promises"]
        self.assertEqual(tile["action"], "action_open_commitments")
        opened = self.customer.with_user(self.manager).action_open_commitments()
        self.assertEqual(self.env[opened["res_model"]].search(opened["domain"]), promised)

    def test_many_loans_ask_no_more_of_the_database_than_one(self):
        counts = []
        for _turn in range(2):
            self._due_in(5), self._due_in(-5)
            self._tiles()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(self.customer.with_user(self.manager).strip)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def _answer_survey(self, *scores):
        survey = self.env["survey.survey"].create(
            {
                "title": "How was it?",
                "scoring_type": "scoring_without_answers",
                "loan_tells_satisfaction": True,
                "question_and_page_ids": [
                    Command.create(
                        {
                            "title": "Were you content?",
                            "question_type": "simple_choice",
                            "suggested_answer_ids": [
                                Command.create({"value": "Yes", "answer_score": 100, "is_correct": True}),
                                *(
                                    Command.create({"value": str(score), "answer_score": score})
                                    for score in scores
                                    if score < 100
                                ),
                            ],
                        }
                    )
                ],
            }
        )
        question = survey.question_ids
        for score in scores:
            answer = question.suggested_answer_ids.filtered(
                lambda each, score=score: each.answer_score == score
            )
            answered = self.env["survey.user_input"].create(
                {
                    "survey_id": survey.id,
                    "partner_id": self.customer.partner_id.id,
                    "state": "done",
                    "end_datetime": NOW,
                    "user_input_line_ids": [
                        Command.create(
                            {
                                "question_id": question.id,
                                "answer_type": "suggestion",
                                "suggested_answer_id": answer.id,
                            }
                        )
                    ],
                }
            )
            self.assertEqual(answered.scoring_percentage, score)

    def _promise_ours(self, summary, day):
        action = self.customer.with_user(self.manager).action_promise_ours()
        ledger = self.env["loan.commitment"].with_user(self.manager).with_context(**action["context"])
        form = Form(ledger)
        form.name = summary
        form.promised_on = min(day, TODAY)
        form.date_due = day
        form.save()
