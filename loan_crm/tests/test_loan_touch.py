from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, LoanCommon

_NOW = fields.Datetime.to_datetime(NOW)


@tagged("post_install", "-at_install", "loan")
class TestLoanTouch(LoanCommon):
    """What touched a customer stands in one place, for whoever may see them, and costs what one customer costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._contract()
        cls.other = cls._customer("Li Na", cls.stranger)
        cls.touches = cls.env["loan.touch"].with_user(cls.manager)

    def _of(self, kind=None, customer=None, user=None):
        domain = [("customer_id", "=", (customer or self.customer).id)]
        if kind:
            domain.append(("kind", "=", kind))
        return self.touches.with_user(user or self.manager).search(domain)

    def _message(self, record=None, **values):
        record = record or self.contract
        return self.env["mail.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "message_type": "email",
                "author_id": self.customer.partner_id.id,
                "subject": "About my loan",
                "body": "<p>May I pay on the <b>20th</b>?</p>",
                "date": _NOW,
                **values,
            }
        )

    def _survey(self, title="How Was It?", partner=None, **values):
        survey = self.env["survey.survey"].create({"title": title, **values})
        return self.env["survey.user_input"].create(
            {
                "survey_id": survey.id,
                "partner_id": (partner or self.customer.partner_id).id,
                "state": "done",
                "end_datetime": _NOW,
            }
        )

    # ------------------------------------------------------------ what stands there

    def test_mails_come_in_and_go_out_and_notes_stay_inside(self):
        self.contract.message_ids.unlink()
        came = self._message()
        note = self.env.ref("mail.mt_note")
        inside = self._message(
            self.customer,
            message_type="comment",
            author_id=self.lead.partner_id.id,
            subtype_id=note.id,
            subject=False,
            date=_NOW + timedelta(minutes=1),
        )
        wrote = self.contract.with_user(self.manager).message_post(
            body="Of course",
            message_type="comment",
            partner_ids=self.customer.partner_id.ids,
            subtype_xmlid="mail.mt_comment",
        )
        wrote.date = _NOW + timedelta(minutes=2)
        told = [(touch.res_id, touch.kind, touch.direction) for touch in self._of()[:3]]
        self.assertEqual(
            told, [(wrote.id, "mail", "out"), (inside.id, "note", False), (came.id, "mail", "in")]
        )
        touch = self._of().filtered(lambda touch: touch.res_id == came.id)
        self.assertEqual(touch.summary, "About my loan · May I pay on the 20th?")
        self.assertEqual((touch.contract_id, touch.author_id), (self.contract, self.customer.partner_id))
        self.assertEqual(touch.action_open()["res_model"], "loan.contract")

    def test_what_a_machine_notes_is_no_touch(self):
        before = len(self._of())
        self.contract._message_log(body="Rating recomputed")
        self.assertEqual(len(self._of()), before)

    def test_a_letter_of_a_reminder_stands_there_once(self):
        loan = self._due_in(0)
        reminder = self._remind().filtered(lambda entry: entry.contract_id == loan)
        reminder.write({"state": "sent", "sent_at": _NOW})
        touches = self._of().filtered(lambda touch: touch.contract_id == loan and touch.kind != "loan")
        self.assertTrue(reminder.message_id)
        self.assertEqual((touches.kind, touches.direction, touches.date), ("reminder", "out", _NOW))
        self.assertIn("Sent", touches.summary)

    def test_a_reminder_that_was_held_says_why(self):
        loan = self._due_in(0)
        hold = self.env["loan.reminder.hold"].create(
            {"contract_id": loan.id, "kind": "complaint", "reason": "Fee charged twice"}
        )
        self._remind()
        touch = self._of("reminder")
        self.assertRegex(touch.summary, "Held · Complaint open")
        self.assertFalse(touch.direction)
        self.assertTrue(touch.all_day)
        self.assertRegex(self._of("hold").summary, "Reminders held · Complaint open · Fee charged twice")
        hold.action_lift()
        self.assertEqual(len(self._of("hold")), 2)

    def test_a_promise_is_made_and_kept(self):
        self._due_in(-3)
        promise = (
            self.env["loan.promise"]
            .with_user(self.manager)
            .create(
                {
                    "contract_id": self.customer.contract_ids[-1:].id or self.contract.id,
                    "amount": 10,
                    "date_promised": TODAY,
                    "note": "Salary comes",
                }
            )
        )
        self.assertRegex(
            self._of("promise").summary, "^Promised: .*10.00 by .* · By Telephone · Salary comes$"
        )
        self._pay(promise.contract_id, 10)
        kept = self._of("promise") - self._of("promise").filtered("direction")
        self.assertRegex(kept.summary, "^Kept · .*10.00 came in$")

    def test_money_comes_and_is_taken_back(self):
        repayment = self._pay(self.contract, 500, reference="TXN 77")
        self.assertRegex(self._of("repayment").summary, "500.00 received · Bank Transfer")
        repayment.action_reverse()
        first, second = self._of("repayment").sorted("id")
        self.assertRegex(first.summary + second.summary, "reversed later.*Reversed: ")
        self.assertEqual(repayment.reversed_at, _NOW)
        self.assertEqual(self._of().filtered_domain([("summary", "=", "x")]), self.touches.browse())

    def test_a_loan_is_paid_out_and_repaid(self):
        self.assertRegex(self._of("loan").summary, "^Paid out: .*12,000.00 · Car Loan$")
        self._pay(self.contract, self.contract.amount_open)
        closed = self._of("loan")[0]
        self.assertRegex(closed.summary, "^Repaid in full")
        # A day is told at its noon by the lender's clock.
        self.assertEqual(
            (closed.all_day, closed.date), (True, fields.Datetime.to_datetime("2026-03-10 04:00:00"))
        )

    def test_a_call_for_help_and_its_answer(self):
        hardship = (
            self.env["loan.hardship"]
            .with_user(self.manager)
            .create(
                {"contract_id": self.contract.id, "cause": "illness", "wish": "pause", "words": "Broken leg"}
            )
        )
        self.assertRegex(self._of("hardship").summary, "Illness or accident · A pause · Broken leg")
        self._message(hardship, subject="From the clinic")
        self.assertIn("From the clinic", self._of("mail")[0].summary)
        self.assertEqual(self._of("mail")[0].contract_id, self.contract)

    def test_a_talk_and_the_to_do_it_settles_are_one_row(self):
        todo, other = (
            self.contract.with_user(self.manager).activity_schedule(
                "mail.mail_activity_data_call", summary=summary, user_id=self.manager.id
            )
            for summary in ("Call her", "Call the garage")
        )
        other.action_feedback("They know nothing")
        self.env["loan.interaction"].with_user(self.manager).create(
            {"contract_id": self.contract.id, "activity_id": todo.id, "minutes": 5, "note": "<p>All well</p>"}
        )
        self.assertRegex(self._of("talk").summary, "^Telephone · 5 min · All well$")
        self.assertRegex(self._of("task").summary, "Call the garage · They know nothing")
        self.assertEqual(self._of("task").action_open()["res_model"], "loan.contract")

    def test_who_looks_after_them_is_told(self):
        self.customer.with_user(self.lead)._assign(self.colleague, reason="Nearer to her home")
        told = self._of("assignment", user=self.lead)[0]
        self.assertEqual(told.summary, "Chen Bo · Changed by hand · Nearer to her home")
        self.assertEqual(told.author_id, self.lead.partner_id)

    def test_a_move_to_another_tier_is_told_with_its_reason(self):
        tier = self.env["loan.customer.tier"].create({"name": "Preferred", "company_id": self.company.id})
        self.customer.with_user(self.lead)._choose_tier(tier, False, "Brought her whole street")
        told = self._of("tier", user=self.lead)
        self.assertEqual(told.summary, "By hand · Preferred · Brought her whole street")
        self.assertTrue(told.all_day)

    # ------------------------------------------------------------ applications

    def _flush_tracking(self):
        self.env.flush_all()
        self.cr.flush()

    def _application(self, **values):
        return self.env["crm.lead"].create(
            {
                "name": "A second oven",
                "type": "opportunity",
                "partner_id": self.customer.partner_id.id,
                "company_id": self.company.id,
                "team_id": self.team.id,
                "user_id": self.manager.id,
                "loan_product_id": self.product.id,
                "loan_kind": "person",
                "loan_purpose": "The bakery grows",
                **values,
            }
        )

    def test_an_application_is_opened_moves_on_and_is_won_or_lost(self):
        stages = self.env["crm.stage"].create(
            [{"name": "First"}, {"name": "Check"}, {"name": "Agreed", "is_won": True}]
        )
        lead = self._application(stage_id=stages[0].id).with_context(tracking_disable=False)
        self._flush_tracking()
        lead.stage_id = stages[1]
        self._flush_tracking()
        told = [touch.summary for touch in self._of("application")]
        self.assertEqual(len(told), 2)
        self.assertTrue(any(text.startswith("Applied for ·") and "The bakery grows" in text for text in told))
        moved = self._of("application").filtered(lambda touch: touch.summary.startswith("Application now at"))
        self.assertIn("Check", moved.summary)
        self.assertEqual(moved.action_open()["res_model"], "crm.lead")
        self.assertEqual(moved.action_open()["res_id"], lead.id)
        lead.action_set_won()
        self._flush_tracking()
        told = [touch.summary for touch in self._of("application")]
        self.assertEqual(sum(text.startswith("Application won") for text in told), 1)
        self.assertEqual(len(told), 3, "the last stage is told as the end")
        lost = self._application(name="A third oven")
        reason = self.env["crm.lost.reason"].create({"name": "Another bank"})
        lost.action_set_lost(lost_reason_id=reason.id)
        self._flush_tracking()
        told = [touch.summary for touch in self._of("application")]
        self.assertEqual(
            sum(text.startswith("Application lost") and "Another bank" in text for text in told), 1
        )
        self.assertEqual(self.touches.search_count([("summary", "ilike", "third oven")]), 2)

    def test_an_application_is_told_to_who_may_see_it(self):
        lead = self._application(user_id=self.stranger.id, team_id=self.other_team.id)
        self.assertFalse(self._of("application"), "their customer's, and a colleague's application")
        self.assertFalse(self._of("application", user=self.desk))
        self.assertTrue(self._of("application", user=self.compliance), "who says how confidential it is")
        everything = self.env["loan.touch"].search([("kind", "=", "application")])
        self.assertIn(lead.id, everything.mapped("res_id"))
        row = everything.filtered(lambda touch: touch.res_id == lead.id)
        self.assertFalse(self.touches.browse(row.ids).exists())
        lead.user_id = self.manager
        self.assertEqual(self._of("application").res_id, lead.id)
        # A lead without a product is Odoo's own.
        self.env["crm.lead"].create(
            {"name": "Chairs", "partner_id": self.customer.partner_id.id, "user_id": self.manager.id}
        )
        self.assertEqual(len(self._of("application")), 1)

    def test_a_firm_sees_what_was_asked_for_in_its_name(self):
        firm = self._customer("Iron Works", partner_id=self._partner("Iron Works", is_company=True).id)
        speaker = self._partner("Speaker", parent_id=firm.partner_id.id)
        lead = self._application(partner_id=speaker.id, loan_kind="sme")
        self.assertEqual(self._of("application", customer=firm).res_id, lead.id)

    def test_of_a_survey_its_title_is_told_and_of_one_kept_to_some_people_nothing(self):
        answer = self._survey()
        self._survey("Board Only", restrict_user_ids=[(6, 0, self.lead.ids)], user_id=self.lead.id)
        self._survey("Not hers", partner=self.other.partner_id)
        touch = self._of("survey")
        self.assertEqual((touch.summary, touch.res_id), ("How Was It? · answered", answer.id))
        self.assertFalse(touch.can_open)
        self.assertEqual(len(self._of("survey", user=self.lead)), 2)

    def test_words_are_told_in_the_readers_language(self):
        self._survey()
        touch = self._of("survey").with_context(lang="zh_CN")
        self.assertEqual(touch.summary, "How Was It? · 已答复")

    # ------------------------------------------------------------ finding

    def test_a_search_looks_into_words_and_not_into_marks(self):
        self._message()
        find = lambda words: self.touches.search([("summary", "ilike", words)])  # noqa: E731
        self.assertEqual(len(find("pay on the")), 1)
        self.assertFalse(find("<b>"))

    def test_pages_follow_each_other_without_gap_or_double(self):
        for minute in range(7):
            self._message(date=_NOW - timedelta(minutes=minute // 3))
        everything = self._of()
        seen, domain = self.touches.browse(), [("customer_id", "=", self.customer.id)]
        while page := self.touches.search(
            domain
            + (
                [["date", "<=", seen[-1].date], "|", ["date", "<", seen[-1].date], ["id", "<", seen[-1].id]]
                if seen
                else []
            ),
            limit=2,
        ):
            seen += page
        self.assertEqual(seen.ids, everything.ids)

    def test_rows_about_no_loan_are_found_as_such(self):
        self._message(self.customer, subject="Hello")
        domain = [("customer_id", "=", self.customer.id), ("contract_id", "=", False), ("kind", "=", "mail")]
        self.assertRegex(self.touches.search(domain).summary, "^Hello")
        self.assertFalse(self.touches.search([*domain, ("kind", "=", "loan")]))

    def test_rows_are_grouped_and_counted(self):
        self._message()
        groups = dict(
            self.touches._read_group([("customer_id", "=", self.customer.id)], ["kind"], ["__count"])
        )
        self.assertEqual((groups["mail"], groups["loan"]), (1, 1))
        months = self.touches._read_group(
            [("contract_id", "=", self.contract.id)], ["date:month"], ["__count"]
        )
        self.assertTrue(months)

    def test_a_row_keeps_its_number(self):
        message = self._message()
        touch = self._of("mail")
        self.assertEqual(touch.id, message.id * 64 + 1)
        self.assertEqual(self.touches.browse(touch.id).exists().res_id, message.id)

    # ------------------------------------------------------------ who may

    def test_each_role_sees_the_customers_of_its_duty(self):
        self._message()
        for user in (self.manager, self.lead, self.desk, self.compliance):
            self.assertTrue(self._of("mail", user=user), user.name)
        for user in (self.stranger, self.other_lead):
            self.assertFalse(self._of(user=user), user.name)
            self.assertFalse(self.touches.with_user(user).search([("contract_id", "=", self.contract.id)]))
        self.assertFalse(self.touches.search([("customer_id", "=", self.other.id)]))
        self.assertTrue(self.touches.with_user(self.stranger).search([]))
        self.assertEqual(self.touches.search([]).customer_id, self.customer)
        for user in (self.administrator, self.employee):
            with self.assertRaises(AccessError):
                self._of(user=user)

    def test_a_number_opens_nothing(self):
        message = self._message()
        with self.assertRaises(AccessError):
            self.touches.with_user(self.stranger).browse(message.id * 64 + 1).read(["summary"])
        with self.assertRaises(AccessError):
            self.touches.with_user(self.stranger).browse(message.id * 64 + 1).action_open()

    def test_a_profile_in_another_company_has_rows_of_its_own(self):
        other = self.env["res.company"].create({"name": "Harbour"})
        self.compliance.company_ids |= other
        twin = self.env["loan.customer"].create(
            {"partner_id": self.customer.partner_id.id, "company_id": other.id, "manager_user_id": False}
        )
        self._survey()
        both = self.touches.with_user(self.compliance).with_context(
            allowed_company_ids=(self.company | other).ids
        )
        rows = both.search([("kind", "=", "survey")])
        self.assertEqual(rows.customer_id, self.customer | twin)
        self.assertEqual(len(set(rows.ids)), 2)
        self.assertEqual(rows.browse(rows.ids).mapped("summary"), ["How Was It? · answered"] * 2)
        only = both.with_context(allowed_company_ids=other.ids).search([])
        self.assertEqual(only.company_id, other)

    @mute_logger("odoo.sql_db")
    def test_nobody_writes_one(self):
        for values in ({"date": NOW}, {"customer_id": self.customer.id}):
            with self.assertRaises(AccessError):
                self._of()[0].write(values)

    # ------------------------------------------------------------ what it costs

    def test_a_page_costs_as_many_statements_for_many_loans_as_for_one(self):
        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.touches.search_read(
                [("customer_id", "=", self.customer.id)],
                ["date", "kind", "summary", "contract_id", "author_id", "can_open"],
                limit=31,
            )
            return self.env.cr.sql_log_count - before

        self._message()
        self.contract._message_log(body="x")
        count()  # what Odoo keeps for all
        few = count()
        for _loan in range(3):
            loan = self._contract()
            for _mail in range(3):
                self._message(loan)
        self.assertLessEqual(count(), few)
        self.assertLess(few, 25)
