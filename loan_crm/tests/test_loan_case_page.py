from lxml import html

from odoo.tests import freeze_time, tagged

from .common import NOW
from .test_loan_borrower import BorrowerCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCasePage(BorrowerCommon):
    """What a borrower asks or complains of on their page: it becomes a case, and they read who answers by when."""

    def _cases(self):
        return self.env["loan.case"].search([("customer_id", "=", self.customer.id)])

    def _ask(self, words="Why is the interest of March so high?", **typed):
        typed = {"kind": "inquiry", "about": "loan", "words": words, **typed}
        return self._send(self._path("ask"), **typed)

    def test_a_question_becomes_a_case_and_the_borrower_reads_its_number(self):
        told = self._read(self._ask())
        case = self._cases()
        self.assertEqual(
            (case.kind, case.channel, case.contract_id, case.partner_id, case.subject),
            ("inquiry", "page", self.contract, self.partner, "Why is the interest of March so high?"),
        )
        self.assertIn(f"We have it under the number {case.name}.", told)
        self.assertIn("Lin Mei answers you by March 10, 2026, ", told)
        self.assertEqual(case.user_id, self.manager)
        self.assertTrue(case.waiting_since, "the clock to a person's answer runs")
        self.assertEqual(len(case.activity_ids), 1, "one to-do, not two")
        response = self.env["loan.response"].search(
            [("res_model", "=", "loan.case"), ("res_id", "=", case.id)]
        )
        self.assertEqual((response.channel, response.state), ("page", "waiting"))

    def test_looking_writes_nothing_and_the_page_offers_it(self):
        page = html.fromstring(self._get(self._path()).text)
        self.assertTrue(page.xpath("//a[@href=$path]", path=self._path("ask")))
        self.assertEqual(self._get(self._path("ask")).status_code, 200)
        self.assertFalse(self._cases())
        self.assertFalse(self._posts())

    def test_sent_twice_it_is_one_case(self):
        self._ask()
        told = self._read(self._ask())
        case = self._cases()
        self.assertEqual(len(case), 1)
        self.assertIn(f"We have added it to {case.name}", told)
        messages = case.message_ids.filtered(lambda each: "interest of March" in str(each.body))
        self.assertEqual(len(messages), 1, "told twice, kept once")

    def test_more_about_the_same_is_added_and_asks_for_an_answer_again(self):
        self._ask()
        case = self._cases()
        case._wait("The statement")
        case._stop_waiting("answered")
        self._ask("Why is the interest of March so high?\nHere are the figures: 12 and 14.")
        self.assertEqual(self._cases(), case)
        self.assertEqual(case.state, "open")
        self.assertTrue(case.waiting_since)

    def test_a_complaint_is_one_whatever_is_ticked(self):
        self._ask("I complain about the fee and go to a lawyer.")
        case = self._cases()
        self.assertEqual((case.kind, case.severity, case.legal), ("complaint", "major", True))
        self._ask("Please look into this.", kind="complaint", about="other")
        other = self._cases() - case
        self.assertEqual((other.kind, other.severity, other.contract_id.id), ("complaint", "general", False))

    def test_what_is_missing_is_marked_and_what_was_typed_is_kept(self):
        response = self._ask("", about="mars")
        self.assertEqual(response.status_code, 422)
        self.assertIn("Please fill this in", response.text)
        self.assertEqual(self._ask("x" * 2001).status_code, 422)
        self.assertEqual(self._ask("My words", kind="hardship").status_code, 422)
        self.assertFalse(self._cases())
        kept = self._ask("My words", kind="")
        self.assertEqual(self._field(kept, "words"), "My words")

    def test_a_form_from_elsewhere_or_too_many_write_nothing(self):
        response = self._get(
            self._path("ask"), data={"kind": "inquiry", "about": "loan", "words": "Hello", "csrf_token": "x"}
        )
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self._cases())
        self.company.loan_posts_per_day = 5
        for number in range(5):
            self.assertEqual(self._ask(f"Question number {number}").status_code, 200)
        self.assertEqual(self._ask("One more").status_code, 429)
        self.assertEqual(len(self._cases()), 5)

    def test_who_looks_reads_of_their_own_cases_and_none_of_their_words(self):
        self._ask("My husband must not know of this.")
        case = self._cases()
        told = self._read(self._get(self._path()))
        self.assertIn(f"Inquiry {case.name}", told)
        self.assertIn("We have it since March 10, 2026.", told)
        self.assertNotIn("husband", told)
        guarantor = self._partner("Guo Liang")
        self.env["loan.contract.party"].create(
            {"contract_id": self.contract.id, "partner_id": guarantor.id, "role": "guarantor"}
        )
        theirs = self._read(self._get(self._path(partner=guarantor)))
        self.assertNotIn(case.name, theirs)
        case._solve("Explained")
        self.assertNotIn(case.name, self._read(self._get(self._path())))

    def test_a_promise_that_has_passed_is_owned_up_to(self):
        self._ask()
        case = self._cases()
        clock = case.clock_ids.filtered(lambda clock: clock.measure == "first_response")
        clock.sudo().due_at = "2026-03-09 09:00:00"
        self.env.flush_all()
        self.assertIn("We are sorry; please call us", self._read(self._get(self._path())))
        case._responded(self.manager, case.opened_at)
        self.assertIn("has answered you and goes on", self._read(self._get(self._path())))
        case._wait("Her statement of account")
        told = self._read(self._get(self._path()))
        self.assertIn("We need something from you", told)
        self.assertNotIn("statement of account", told, "what colleagues note stays theirs")

    def test_a_repaid_loan_may_still_be_asked_about(self):
        self._pay(self.contract, self.contract.amount_open)
        self.assertEqual(self.contract.state, "closed")
        self.assertIn("Ask or complain", self._read(self._get(self._path())))
        self.assertEqual(self._ask("When is the collateral released?").status_code, 200)
        self.assertEqual(len(self._cases()), 1)

    def test_a_link_that_opens_nothing_takes_nothing(self):
        path = self._path("ask")
        token = self._field(self._get(path), "csrf_token")
        self.contract.with_user(self.manager).action_revoke_links()
        response = self._get(
            path, data={"kind": "inquiry", "about": "loan", "words": "Hi", "csrf_token": token}
        )
        self.assertEqual(response.status_code, 404)
        self.assertFalse(self._cases())
