from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


def after(days):
    return TODAY + timedelta(days)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanRecovery(LoanCommon):
    """Something went wrong for a customer, and step by step it is made good."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._due_in(5)
        cls.env["loan.recovery.limit"].create(
            [
                {"company_id": cls.company.id, "currency_id": cls.cny.id, "role": role, "amount": amount}
                for role, amount in (("manager", 200), ("team_lead", 2000))
            ]
        )

    def _plan(self, step="listen", user=None, **values):
        """Return a plan that has come to a step."""
        plan = (
            self.env["loan.recovery.plan"]
            .with_user(user or self.manager)
            .create({"customer_id": self.customer.id, "what_happened": "Debited twice", **values})
        )
        if step in ("apologise", "remedy", "follow"):
            plan.heard = "Her rent bounced"
            plan.action_acknowledge()
        if step in ("remedy", "follow"):
            plan.apology_note = "By telephone"
            plan.action_apologised()
        if step == "follow":
            plan.write({"remedy": "service", "remedy_note": "A direct line"})
            plan.action_offer()
            plan.action_give()
        return plan

    def _night(self):
        with self._without_commit():
            self.env["loan.night"]._run(self.company)
        return self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)

    def _todos(self, plan):
        return plan.activity_ids.mapped("summary")

    # ------------------------------------------------------------ the steps

    def test_whoever_acts_for_the_customer_listens_first(self):
        plan = self._plan(user=self.desk)
        self.assertEqual((plan.state, plan.user_id, plan.currency_id), ("listen", self.manager, self.cny))
        todo = plan.activity_ids
        self.assertEqual(
            (todo.user_id, todo.date_deadline, plan.next_date), (self.manager, after(1), after(1))
        )
        with self.assertRefused("Write down what they told you"):
            plan.action_acknowledge()
        plan.heard = "Her rent bounced"
        plan.action_acknowledge()
        self.assertEqual((plan.state, plan.acknowledged_user_id), ("apologise", self.desk))
        self.assertEqual(self._todos(plan), ["Apologise to the customer"])

    def test_a_step_is_not_left_out(self):
        plan = self._plan()
        for verb in (plan.action_apologised, plan.action_give):
            plan.write({"apology_note": "x"})
            with self.subTest(verb=verb.__name__), self.assertRaises(UserError):
                verb()
        with self.assertRefused("changes by its own buttons"):
            plan.state = "follow"
        plan.outcome = "recovered"
        with self.assertRefused("before it was made good"):
            plan.action_close()
        with self.assertRaises(AccessError):
            plan.unlink()

    def test_the_apology_is_a_draft_to_be_made_ones_own(self):
        plan = self._plan("apologise", contract_id=self.contract.id)
        action = plan.action_write_apology()
        form = (
            self.env["loan.recovery.apology"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(form.subject, "We are sorry")
        self.assertIn("Dear Wang Fang", form.letter)
        form.letter = "<p>Dear Ms Wang, I am sorry.</p>"
        form.action_send()
        self.assertEqual((plan.state, plan.apologised_user_id), ("remedy", self.manager))
        message = plan.apology_message_id
        self.assertEqual((message.model, message.res_id), ("loan.contract", self.contract.id))
        self.assertEqual(
            (message.author_id, message.partner_ids), (self.manager.partner_id, self.customer.partner_id)
        )
        self.assertIn("Dear Ms Wang, I am sorry.", message.body)

    def test_the_draft_speaks_the_customers_language_and_names_the_word(self):
        self.customer.partner_id.lang = "zh_CN"
        word = self._broken()
        plan = self.env["loan.recovery.plan"].search([("commitment_id", "=", word.id)])
        form = self.env["loan.recovery.apology"].with_user(self.manager).create({"plan_id": plan.id})
        self.assertIn("Answer on the waiver", form.letter)
        self.assertIn("2026年3月10日", form.letter)
        self.customer.partner_id.email = False
        plan.heard = "Angry"
        plan.with_user(self.manager).action_acknowledge()
        with self.assertRefused("call them"):
            form.action_send()

    # ------------------------------------------------------------ what mends it

    def test_within_ones_limit_it_is_settled_at_once(self):
        plan = self._plan("remedy")
        plan.write({"remedy": "compensation", "remedy_note": "The late fee", "amount": 200})
        plan.action_offer()
        self.assertEqual((plan.approval, plan.decided_user_id), ("approved", self.manager))
        with self.assertRefused("stays as it is"):
            plan.amount = 2000
        plan.action_give()
        self.assertEqual((plan.state, plan.cost), ("follow", 200))
        self.assertEqual(plan.call_ids.mapped("date"), [after(7), after(30)])
        self.assertEqual(plan.call_ids.user_id, self.manager)

    def test_above_it_a_second_person_decides_and_never_who_asked(self):
        plan = self._plan("remedy")
        plan.write({"remedy": "compensation", "remedy_note": "The late fees", "amount": 200.01})
        plan.action_offer()
        self.assertEqual((plan.approval, plan.asked_user_id), ("asked", self.manager))
        self.assertIn(self.lead, plan.activity_ids.user_id)
        self.assertFalse(plan.can_decide)
        with self.assertRefused("Somebody else decides"):
            plan.action_approve()
        with self.assertRefused("not settled yet"):
            plan.action_give()
        mates = plan.with_user(self.colleague)
        self.customer.deputy_user_id = self.colleague
        with self.assertRaises(AccessError):
            mates.action_approve()
        with self.assertRaises(AccessError):
            plan.with_user(self.other_lead).action_approve()
        theirs = plan.with_user(self.lead)
        self.assertTrue(theirs.can_decide)
        theirs.action_approve()
        self.assertEqual((plan.approval, plan.decided_user_id), ("approved", self.lead))
        plan.action_give()
        self.assertEqual(plan.cost, 200.01)

    def test_a_lead_who_asks_for_more_than_theirs_asks_somebody_else(self):
        plan = self._plan("remedy", user=self.lead)
        plan.write({"remedy": "compensation", "remedy_note": "A year's interest", "amount": 5000})
        with self.assertRefused("Nobody who sees this customer may give that much"):
            plan.action_offer()
        self.assertEqual(plan.approval, "none")
        plan.amount = 1999
        plan.action_offer()
        self.assertEqual(plan.approval, "approved")

    def test_a_limit_holds_in_its_currency(self):
        plan = self._plan("remedy")
        plan.write({"remedy": "compensation", "remedy_note": "Fee", "amount": 1, "currency_id": self.usd.id})
        with self.assertRefused("may give that much"):
            plan.action_offer()

    def test_refused_with_a_reason_it_can_be_offered_anew(self):
        plan = self._plan("remedy")
        plan.write({"remedy": "compensation", "remedy_note": "A lot", "amount": 900})
        plan.action_offer()
        theirs = plan.with_user(self.lead)
        with self.assertRefused("why it is refused"):
            theirs.action_refuse()
        theirs.refusal_reason = "Half of it will do"
        theirs.action_refuse()
        self.assertEqual(plan.approval, "refused")
        plan.amount = 150
        plan.action_offer()
        self.assertEqual((plan.approval, plan.refusal_reason), ("approved", False))
        plan.action_take_back()
        self.assertEqual(plan.approval, "none")

    def test_what_is_offered_is_whole(self):
        plan = self._plan("remedy")
        for vals, words in [
            ({"remedy": False}, "Choose what"),
            ({"remedy": "compensation", "remedy_note": "Fee", "amount": 0}, "How much"),
            ({"remedy": "service", "remedy_note": "", "amount": 0}, "what exactly"),
            ({"remedy": "none", "amount": 5}, "costs nothing"),
        ]:
            plan.write(vals)
            with self.subTest(vals=vals), self.assertRefused(words):
                plan.action_offer()
        with self.assertRefused("cannot be negative"):
            plan.amount = -1

    def test_nobody_enters_what_follows(self):
        plan = self._plan("remedy")
        for vals in (
            {"approval": "approved"},
            {"cost": 5},
            {"asked_user_id": self.desk.id},
            {"repurchase": "yes"},
            {"customer_id": self._customer("Li Na").id},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                plan.write(vals)
        with self.assertRaises(AccessError):
            self.env["loan.recovery.limit"].with_user(self.lead).search([]).write({"amount": 10**6})

    # ------------------------------------------------------------ calling again

    def test_a_call_is_done_with_what_they_said(self):
        plan = self._plan("follow")
        first, second = plan.call_ids
        with self.assertRefused("what they said"):
            first.action_done()
        first.note = "Content again"
        first.action_done()
        self.assertEqual((first.state, plan.next_date), ("done", after(30)))
        self.assertFalse(first.activity_id.active)
        second.date = after(20)
        self.assertEqual(second.activity_id.date_deadline, after(20))
        with self.assertRaises(AccessError):
            first.note = "Something else"
        second.action_drop()
        self.assertFalse(second.activity_id)

    def test_a_talk_and_a_to_do_are_the_call(self):
        plan = self._plan("follow")
        first, second = plan.call_ids
        talks = self.env["loan.interaction"].with_user(self.manager)
        talks.create({"customer_id": self.customer.id})
        self.assertEqual(first.state, "open", "its day has not come")
        with self._days_later(8):
            talk = talks.create({"customer_id": self.customer.id})
            self.assertEqual((first.state, first.interaction_id), ("done", talk))
            self.assertEqual(second.state, "open")
        second.activity_id.with_user(self.manager).action_feedback(feedback="All well")
        self.assertEqual((second.state, second.note), ("done", "All well"))

    def test_with_the_duty_go_the_plan_and_its_calls(self):
        plan = self._plan("follow")
        self.customer.deputy_user_id = self.colleague
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "company_id": self.company.id,
                "date_from": TODAY,
                "date_to": after(9),
            }
        )
        with self._without_commit():
            self.env["loan.cover"]._turn(self.company)
        self.assertEqual(plan.call_ids.sorted("date")[0].user_id, self.colleague)
        self.assertEqual(plan.call_ids.sorted("date")[1].user_id, self.manager, "back by then")
        self.customer.with_user(self.lead).write(
            {"manager_user_id": self.colleague.id, "deputy_user_id": False}
        )
        self.assertEqual(plan.sudo().user_id, self.colleague)
        self.assertEqual(plan.sudo().call_ids.user_id, self.colleague)
        with self.assertRaises(AccessError):
            plan.with_user(self.manager).read(["what_happened"])

    # ------------------------------------------------------------ opened by itself

    def _broken(self, what="Answer on the waiver", kind="decision", **values):
        word = (
            self.env["loan.commitment"]
            .with_user(self.manager)
            .create(
                {
                    "name": what,
                    "customer_id": self.customer.id,
                    "kind_id": self.env.ref(f"loan_crm.loan_commitment_kind_{kind}").id,
                    "date_due": TODAY,
                    **values,
                }
            )
        )
        with self._days_later(2, "00:10"):
            word.sudo()._judge()
        self.assertEqual(word.state, "broken")
        return word

    def test_a_broken_word_of_such_a_kind_opens_one_once(self):
        word = self._broken()
        plans = self.env["loan.recovery.plan"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual(
            (plans.cause, plans.commitment_id, plans.user_id), ("commitment", word, self.manager)
        )
        self.assertIn("Answer on the waiver", plans.what_happened)
        self.env["loan.recovery.plan"]._open_for_words(word)
        self._broken("A copy", "document")
        self.assertEqual(
            self.env["loan.recovery.plan"].search_count([("customer_id", "=", self.customer.id)]), 1
        )

    def _answer(self, score, **values):
        survey = self.env["survey.survey"].create(
            {
                "title": "How did we do?",
                "scoring_type": "scoring_without_answers",
                "loan_tells_satisfaction": True,
            }
        )
        question = self.env["survey.question"].create(
            {
                "survey_id": survey.id,
                "title": "Content?",
                "question_type": "simple_choice",
                "suggested_answer_ids": [
                    Command.create({"value": "Yes", "answer_score": 100, "is_correct": True}),
                    Command.create({"value": "No", "answer_score": score}),
                ],
            }
        )
        answer = survey._create_answer(partner=self.customer.partner_id, **values)
        answer._save_lines(question, question.suggested_answer_ids[1].id)
        answer._mark_done()
        self.assertEqual(answer.scoring_percentage, score)
        return answer

    def test_a_low_score_opens_one_once(self):
        answer = self._answer(20)
        plan = self.env["loan.recovery.plan"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((plan.cause, plan.user_input_id, plan.score), ("score", answer, 20))
        answer._mark_done()
        self.assertEqual(self.env["loan.recovery.plan"].search_count([("user_input_id", "=", answer.id)]), 1)
        self._answer(60)
        self._answer(10, test_entry=True)
        self.company.loan_survey_low = 0
        self._answer(5)
        self.assertEqual(
            self.env["loan.recovery.plan"].search_count([("customer_id", "=", self.customer.id)]), 1
        )

    # ------------------------------------------------------------ of a case

    def _case(self, **values):
        return self.env["loan.case"].create(
            {
                "subject": "Unfriendly at the counter",
                "kind": "complaint",
                "customer_id": self.customer.id,
                "company_id": self.company.id,
                **values,
            }
        )

    def test_a_case_is_made_good_once(self):
        case = self._case()
        action = case.with_user(self.manager).action_recover()
        form = Form(self.env["loan.recovery.plan"].with_user(self.manager).with_context(**action["context"]))
        plan = form.save()
        self.assertEqual(action["target"], "new")
        self.assertEqual(plan.action_open_plan()["res_id"], plan.id)  # what the dialog's button goes on to
        self.assertEqual((plan.cause, plan.case_id, plan.customer_id), ("case", case, self.customer))
        self.assertEqual(case.with_user(self.manager).recovery_count, 1)
        self.assertEqual(plan.action_open_cause()["res_id"], case.id)
        with self.assertRefused("makes this case good already"):
            self._plan(case_id=case.id)
        other = self._case(customer_id=self._customer("Li Na").id)
        with self.assertRefused("another customer's"):
            self._plan(case_id=other.id)
        promise = case.with_user(self.manager).action_promise_ours()
        self.assertEqual(promise["context"]["default_case_id"], case.id)

    def test_whom_a_complaint_is_about_does_not_make_it_good(self):
        case = self._case(about_user_id=self.manager.id)
        plan = self._plan("follow", user=self.lead, case_id=case.id)
        word = (
            self.env["loan.commitment"]
            .with_user(self.lead)
            .create(
                {
                    "name": "An answer",
                    "customer_id": self.customer.id,
                    "case_id": case.id,
                    "date_due": after(3),
                }
            )
        )
        self.assertEqual(
            (plan.user_id, plan.call_ids.user_id, word.user_id), (self.lead, self.lead, self.lead)
        )
        for record in (plan, plan.call_ids[0], word):
            with self.subTest(model=record._name):
                theirs = record.with_user(self.manager)
                self.assertFalse(theirs.search([("id", "=", record.id)]))
                self.assertTrue(record.search([("id", "=", record.id)]))
                with self.assertRaises(AccessError):
                    theirs.read(["display_name"])
        touches = self.env["loan.touch"].with_user(self.manager)
        found = touches.search([("customer_id", "=", self.customer.id)])
        self.assertFalse({"loan.recovery.plan", "loan.commitment"} & set(found.mapped("res_model")))
        words = self.env["loan.word"].with_user(self.manager)
        self.assertFalse(words.search([("customer_id", "=", self.customer.id)]))
        self.assertNotIn("An answer", " ".join(self.customer.message_ids.mapped("body")))
        with self.assertRefused("Nobody makes good|does not see"):
            plan.user_id = self.manager
        with self.assertRefused("does not see"):
            word.user_id = self.manager

    # ------------------------------------------------------------ the end

    def test_closed_it_stays(self):
        plan = self._plan("follow")
        with self.assertRefused("how it ended"):
            plan.action_close()
        plan.outcome = "recovered"
        plan.action_close()
        self.assertEqual((plan.state, plan.closed_on, plan.repurchase), ("closed", TODAY, "waiting"))
        self.assertEqual(set(plan.call_ids.mapped("state")), {"dropped"})
        self.assertFalse(plan.activity_ids)
        with self.assertRaises(AccessError):
            plan.outcome = "lost"

    def test_who_is_lost_is_said_why(self):
        plan = self._plan()
        plan.outcome = "lost"
        with self.assertRefused("how they left it"):
            plan.action_close()
        plan.outcome_note = "Has gone to another bank"
        plan.action_close()
        self.assertEqual((plan.state, plan.recovered_share), ("closed", 0.0))

    def test_whether_they_came_back_is_seen_by_their_next_loan(self):
        plan = self._plan("follow")
        plan.outcome = "recovered"
        plan.action_close()
        with self._days_later(3, "00:10"):
            self._night()
            self.assertEqual(plan.repurchase, "waiting")
        with self._days_later(20):
            self._contract(start_date=after(15), first_due_date=after(40))
        with self._days_later(21, "00:10"):
            night = self._night()
            self.assertEqual((plan.repurchase, plan.repurchased_on), ("yes", after(15)))
            self.assertEqual(night.tally["recovery"], 1)
            self.assertFalse(self.env["loan.recovery.plan"]._night_recovery(night))

    def test_who_does_not_come_back_is_known_after_the_months(self):
        plan = self._plan("follow")
        plan.outcome = "recovered"
        plan.action_close()
        self.company.loan_recovery_months = 2
        with self._days_later(80, "00:10"):
            self._night()
            self.assertEqual(plan.repurchase, "no")

    # ------------------------------------------------------------ who sees it

    def test_each_sees_what_their_duty_shows(self):
        plan = self._plan("follow")
        for user, seen in [
            (self.manager, True),
            (self.lead, True),
            (self.desk, True),
            (self.compliance, True),
            (self.stranger, False),
            (self.other_lead, False),
        ]:
            with self.subTest(user=user.name):
                for model in ("loan.recovery.plan", "loan.recovery.call"):
                    records = self.env[model].with_user(user).search([("customer_id", "=", self.customer.id)])
                    self.assertEqual(bool(records), seen)
        with self.assertRaises(AccessError):
            plan.with_user(self.compliance).write({"outcome": "lost"})
        with self.assertRaises(AccessError):
            self._plan(user=self.stranger)
        with self.assertRaises(AccessError):
            self.env["loan.recovery.plan"].with_user(self.employee).search([])

    def test_the_profile_and_the_timeline_tell_it(self):
        plan = self._plan("follow")
        self.assertEqual((self.customer.recovery_count, self.customer.recovery_open), (1, True))
        self.assertEqual(
            self.customer.action_open_recoveries()["domain"], [("customer_id", "=", self.customer.id)]
        )
        tiles = {tile["key"]: tile for tile in self.customer.with_user(self.manager).strip}
        self.assertEqual((tiles["cases"]["value"], tiles["cases"]["action"]), ("1", "action_open_recoveries"))
        plan.outcome = "recovered"
        plan.action_close()
        touches = self.env["loan.touch"].with_user(self.manager)
        told = " / ".join(
            touches.search([("customer_id", "=", self.customer.id), ("kind", "=", "recovery")]).mapped(
                "summary"
            )
        )
        self.assertIn("Debited twice", told)
        self.assertIn("Recovered", told)
