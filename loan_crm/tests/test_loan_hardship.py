from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanHardship(LoanCommon):
    """A borrower asks for help: who is told, what falls silent, and how it ends. The page is tested with the links."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._due_in(3)

    def _ask(self, user=None, contract=None, **values):
        vals = {"contract_id": (contract or self.contract).id, "cause": "illness", **values}
        return self.env["loan.hardship"].with_user(user or self.manager).create(vals)

    def _from_page(self, **vals):
        partner = self.customer.partner_id
        contract = self.contract.sudo()
        return contract.env["loan.hardship"]._ask(
            contract, partner, {"cause": "income", "wish": "later", **vals}
        )

    def test_the_desk_takes_a_call_and_the_manager_has_a_to_do_with_a_day(self):
        action = self.contract.with_user(self.desk).action_ask_hardship()
        form = Form(self.env["loan.hardship"].with_user(self.desk).with_context(**action["context"]))
        form.cause = "income"
        form.words = "Laid off on Friday"
        request = form.save()
        self.assertEqual((request.customer_id, request.partner_id), (self.customer, self.customer.partner_id))
        self.assertEqual((request.state, request.channel), ("new", "phone"))
        self.assertEqual(request.user_id, self.manager)
        # Tuesday and two working days.
        self.assertEqual(request.answer_by, date(2026, 3, 12))
        activity = request.sudo().activity_ids
        self.assertEqual((activity.user_id, activity.date_deadline), (self.manager, request.answer_by))
        self.assertIn(request.with_user(self.manager), request.with_user(self.manager).search([]))

    def test_working_days_are_counted_by_the_lenders_calendar(self):
        with self._days_later(3):  # a Friday
            self.assertEqual(self._ask().answer_by, date(2026, 3, 17))
        calendar = self.env["loan.calendar"].create(
            {
                "name": "Pudong",
                "company_id": self.company.id,
                "day_ids": [
                    Command.create({"name": "Founders' Day", "date": date(2026, 3, 11), "kind": "holiday"})
                ],
            }
        )
        self.company.loan_calendar_id = calendar
        other = self._due_in(3, self._customer("Zhou Na"))
        self.assertEqual(self._ask(contract=other).answer_by, date(2026, 3, 13))

    def test_reminders_of_this_loan_fall_silent_from_that_moment(self):
        request = self._ask(self.desk)
        hold = request.hold_id
        self.assertEqual((hold.kind, hold.contract_id, hold.state), ("hardship", self.contract, "running"))
        self.assertEqual((hold.date_from, hold.date_to), (TODAY, TODAY + timedelta(14)))
        self.assertEqual(hold.placed_user_id, self.desk)
        self.assertEqual(hold.reason, "Hardship request: Illness or accident")
        self.assertIn("Hardship", self.contract.hold_note)
        self.assertTrue(self.contract.with_user(self.manager).hardship_open)
        self.assertEqual(self.customer.with_user(self.manager).hardship_count, 1)

    def test_the_borrower_has_it_in_writing_from_their_manager_in_their_language(self):
        for lang, subject, words in (
            ("en_US", "We have your message about the loan", "Lin Mei"),
            ("zh_CN", None, "Lin Mei"),
        ):
            customer = self._customer(f"Borrower {lang}")
            customer.partner_id.lang = lang
            request = self._ask(contract=self._due_in(3, customer))
            with self.subTest(lang=lang):
                message = request.message_id
                self.assertEqual((message.model, message.res_id), ("loan.contract", request.contract_id.id))
                self.assertEqual(message.author_id, self.manager.partner_id)
                self.assertEqual(message.notification_ids.res_partner_id, customer.partner_id)
                self.assertIn(words, message.body)
                self.assertNotIn("Illness", message.body)  # nobody reads it over a shoulder
                if subject:
                    self.assertIn(subject, message.subject)

    def test_who_wants_no_reminders_gets_this_letter_and_who_has_no_address_is_told_of_in_the_log(self):
        self.env["mail.blacklist"].create({"email": self.customer.partner_id.email})
        self.assertTrue(self._ask().message_id)
        mute = self._customer("Zhou Na")
        mute.partner_id.email = "nowhere"
        request = self._ask(contract=self._due_in(3, mute))
        self.assertFalse(request.message_id)
        self.assertIn("no confirmation", str(request.message_ids.mapped("body")))

    def test_one_request_is_open_per_loan_and_a_second_is_refused_in_words(self):
        request = self._ask()
        with self.assertRefused("has an open hardship request already"):
            self._ask(self.desk)
        action = self.contract.with_user(self.desk).action_ask_hardship()
        self.assertEqual(action["res_id"], request.id)
        request.action_withdraw()
        self.assertTrue(self._ask(self.desk))

    def test_what_is_told_later_on_the_page_joins_the_open_one_and_is_kept_once(self):
        request = self._from_page(words="Lost my job")
        for _each in range(2):
            self.assertEqual(self._from_page(words="Lost my job"), request)
        self.assertEqual(request.words, "Lost my job")
        for _each in range(2):
            self._from_page(words="Found another", offered_amount=200.0)
        self.assertEqual(request.words, "Lost my job\n\n[2026-03-10 10:00]\nFound another")
        self.assertEqual(request.offered_amount, 200)
        notes = request.message_ids.filtered(lambda message: "added something" in message.body)
        self.assertEqual(notes.author_id, self.customer.partner_id)
        self.assertEqual(len(notes), 1)
        self.assertEqual(len(request.activity_ids), 1)

    def test_the_deputy_is_asked_while_the_manager_is_away(self):
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": TODAY,
                "date_to": TODAY,
            }
        )
        request = self._from_page()
        self.assertEqual(request.user_id, self.colleague)
        self.assertEqual(request.activity_ids.user_id, self.colleague)
        self.assertEqual(request.hold_id.placed_user_id, self.colleague)
        self.assertEqual(request.message_id.author_id, self.colleague.partner_id)

    def test_who_takes_over_the_customer_takes_over_what_is_open(self):
        done = self._ask(words="once before")
        done.action_withdraw()
        request = self._ask()
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        request, done = request.with_env(self.env), done.with_env(self.env)
        self.assertEqual((request.user_id, done.user_id), (self.colleague, self.manager))
        self.assertEqual(request.sudo().activity_ids.user_id, self.colleague)

    def test_a_request_nobody_called_about_is_late_and_can_be_found(self):
        request = self._ask()
        for days, late in ((0, False), (2, False), (3, True)):
            with self._days_later(days), self.subTest(days=days):
                self.assertEqual(request.is_late, late)
                self.assertEqual(
                    request.search([("is_late", "=", True), ("id", "=", request.id)]),
                    request if late else request.browse(),
                )
                self.assertEqual(
                    bool(request.search_count([("is_late", "=", False), ("id", "=", request.id)])), not late
                )
        request.action_start_talks()
        with self._days_later(3):
            self.assertFalse(request.is_late)

    def _answer(self, request, user=None, **values):
        kind = values.pop("kind")
        action = getattr(
            request.with_user(user or self.manager),
            {"call": "action_log_call", "granted": "action_grant", "declined": "action_decline"}[kind],
        )()
        form = (
            self.env["loan.hardship.answer"]
            .with_user(user or self.manager)
            .with_context(**action["context"])
            .create(values)
        )
        return form.action_answer()

    def test_a_call_is_noted_and_what_is_left_is_to_decide(self):
        request = self._ask()
        self._answer(request, kind="call", reached=False)
        self.assertEqual(request.state, "new")
        self.assertIn("not reached", request.message_ids[0].body)
        with self.assertRefused("Say what was spoken about"):
            self._answer(request, kind="call")
        self._answer(request, self.desk, kind="call", note="New job in <May>")
        self.assertEqual(request.state, "talks")
        self.assertTrue(any("New job in &lt;May&gt;" in message.body for message in request.message_ids))
        todo = request.sudo().activity_ids
        self.assertEqual((todo.user_id, todo.date_deadline), (self.manager, request.hold_date_to))
        self.assertIn("Decide", todo.summary)

    def test_a_granted_request_holds_reminders_until_the_day_that_is_chosen(self):
        request = self._ask()
        with self.assertRefused("until a day that has passed"):
            self._answer(request, kind="granted", hold_until=TODAY - timedelta(1))
        self._answer(request, kind="granted", hold_until=TODAY + timedelta(40), note="Pause until May")
        self.assertEqual((request.state, request.decided_user_id), ("granted", self.manager))
        self.assertEqual((request.hold_date_to, request.hold_state), (TODAY + timedelta(40), "running"))
        self.assertFalse(request.sudo().activity_ids)
        self.assertTrue(any("04/19/2026" in message.body for message in self.contract.message_ids))
        self.assertFalse(self.contract.with_user(self.manager).hardship_open)

    def test_a_granted_request_may_let_reminders_go_on_at_once(self):
        request = self._ask()
        self._answer(request, kind="granted", holds_on=False)
        self.assertEqual((request.state, request.hold_state), ("granted", "lifted"))
        self.assertEqual(request.hold_id.lifted_user_id, self.manager)

    def test_a_hold_somebody_lifted_meanwhile_is_placed_anew_when_granted(self):
        request = self._ask()
        lifted = request.hold_id
        lifted.with_user(self.manager).action_lift()
        self._answer(request, kind="granted", hold_until=TODAY + timedelta(5))
        self.assertEqual(lifted.state, "lifted")
        self.assertEqual((request.hold_id.state, request.hold_id != lifted), ("running", True))

    def test_declining_takes_a_reason_and_lets_reminders_go_on(self):
        request = self._ask()
        for note in ("", "   "):
            with self.assertRefused("Say why the request is declined"):
                self._answer(request, kind="declined", note=note)
        self._answer(request, kind="declined", note="Salary account shows the pay came in")
        self.assertEqual((request.state, request.hold_state), ("declined", "lifted"))
        self.assertFalse(request.sudo().activity_ids)
        with self.assertRefused("cannot become"):
            request.with_user(self.manager).action_start_talks()
        with self.assertRefused("is decided and stays as it was"):
            request.with_user(self.manager).best_time = "after six"

    def test_a_request_taken_back_lets_reminders_go_on(self):
        request = self._ask()
        request.with_user(self.desk).action_withdraw()
        self.assertEqual((request.state, request.hold_id.lifted_user_id), ("withdrawn", self.desk))

    def test_new_terms_are_put_on_the_loan_from_here(self):
        action = self._ask().action_restructure()
        self.assertEqual(action["res_model"], "loan.contract.restructure")
        self.assertEqual(action["context"]["default_contract_id"], self.contract.id)

    def test_nobody_enters_what_follows_from_the_verbs(self):
        request = self._ask()
        requests = request.with_user(self.manager).browse()
        other = self._due_in(3, self._customer("Zhou Na"))
        for vals in (
            {"state": "granted"},
            {"user_id": self.colleague.id},
            {"answer_by": TODAY},
            {"asked_on": TODAY},
            {"decision_note": "x"},
            {"decided_user_id": self.lead.id},
            {"hold_id": request.hold_id.id},
        ):
            with self.subTest(vals=vals):
                with self.assertRaises(AccessError):
                    requests.create({"contract_id": other.id, "cause": "other", **vals})
                with self.assertRaises(AccessError):
                    request.with_user(self.manager).write(vals)
        # By an import, which goes through the same door.
        result = requests.load(["contract_id/.id", "cause", "state"], [[str(other.id), "other", "granted"]])
        self.assertFalse(result["ids"])
        self.assertFalse(requests.search([("contract_id", "=", other.id)]))

    def test_the_borrowers_own_words_stay(self):
        request = self._from_page(words="Fire in the shop").with_user(self.manager)
        for vals in ({"words": "x"}, {"cause": "other"}, {"wish": "talk"}):
            with self.subTest(vals=vals), self.assertRefused("stays in their words"):
                request.write(vals)
        for vals in (
            {"contract_id": self.contract.id},
            {"channel": "phone"},
            {"partner_id": request.partner_id.id},
        ):
            with self.subTest(vals=vals), self.assertRefused("stays as it was"):
                request.write(vals)
        request.best_time = "after six"
        with self.assertRefused("comes from there"):
            self._ask(contract=self._due_in(3, self._customer("Zhou Na")), channel="page")

    def test_wrong_input_is_told_in_words(self):
        with self.assertRefused("is not running"):
            self._ask(contract=self._contract(active=False))
        with self.assertRefused("Only a borrower of the loan"):
            self._ask(partner_id=self._partner("Somebody").id)
        with self.assertRefused("lies in the past"):
            self._ask(offered_date=TODAY - timedelta(1))
        with self.assertRefused("cannot be negative"):
            self._ask(offered_amount=-5)
        with self.assertRefused("is not a number"):
            self._ask(offered_amount=float("nan"))

    def test_only_those_whose_duty_it_is_see_it_and_only_desk_and_manager_answer(self):
        request = self._ask()
        for user in (self.stranger, self.colleague, self.other_lead, self.administrator, self.employee):
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError):
                    self._ask(user)
                with self.assertRaises(AccessError):
                    request.with_user(user).read(["words"])
        for user in (self.stranger, self.administrator, self.employee, self.compliance):
            for verb in ("action_start_talks", "action_withdraw"):
                with self.subTest(user=user.name, verb=verb), self.assertRaises(AccessError):
                    getattr(request.with_user(user), verb)()
        self.assertEqual(request.with_user(self.compliance).state, "new")
        with self.assertRaises(AccessError):
            self._ask(self.compliance)
        for user in (self.manager, self.desk, self.lead, self.compliance):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                request.with_user(user).unlink()

    def test_a_form_to_answer_with_is_its_writers_own(self):
        request = self._ask()
        form = (
            self.env["loan.hardship.answer"]
            .with_user(self.manager)
            .create({"hardship_id": request.id, "note": "x"})
        )
        with self.assertRaises(AccessError):
            form.with_user(self.desk).action_answer()
        with self.assertRaises(AccessError):
            self.env["loan.hardship.answer"].with_user(self.stranger).create({"hardship_id": request.id})
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        with self.assertRaises(AccessError):
            form.with_user(self.manager).action_answer()

    def test_the_figures_of_the_settings_stay_in_bounds(self):
        with self.assertRefused("within 30 working days"):
            self.company.loan_hardship_answer_days = -1
        with self.assertRefused("1 to 366 days"):
            self.company.loan_link_days = 0
