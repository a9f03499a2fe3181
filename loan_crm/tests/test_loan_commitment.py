from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY, LoanCommon

POISON = "This word is poison."


def after(days):
    return TODAY + timedelta(days)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCommitment(LoanCommon):
    """We give our word; whether it was kept is the evidence's and the clock's to say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._due_in(5)
        cls.document = cls.env.ref("loan_crm.loan_commitment_kind_document")
        cls.call = cls.env.ref("loan_crm.loan_commitment_kind_call")
        cls.rate = cls.env.ref("loan_crm.loan_commitment_kind_rate")

    def _promise(self, what="The statement of last year", days=3, user=None, **values):
        return (
            self.env["loan.commitment"]
            .with_user(user or self.manager)
            .create(
                {
                    "name": what,
                    "customer_id": self.customer.id,
                    "contract_id": self.contract.id,
                    "kind_id": self.document.id,
                    "date_due": after(days),
                    **values,
                }
            )
        )

    def _night(self):
        with self._without_commit():
            self.env["loan.night"]._run(self.company)
        return self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)

    def _lines(self, place=None):
        return " ".join((place or self.contract).message_ids.sorted("id").mapped("body"))

    # ------------------------------------------------------------ promising

    def test_whoever_promises_has_the_to_do_on_the_loan(self):
        word = self._promise()
        todo = word.activity_id
        self.assertEqual(
            (word.state, word.user_id, word.promised_user_id), ("open", self.manager, self.manager)
        )
        self.assertEqual((todo.res_model, todo.res_id), ("loan.contract", self.contract.id))
        self.assertEqual((todo.date_deadline, todo.user_id), (after(3), self.manager))
        self.assertEqual(word.partner_id, self.customer.partner_id)
        self.assertIn("We promised by 03/13/2026: The statement of last year", self._lines())
        self.assertEqual(
            self.env["loan.commitment"].search_count([("customer_id", "=", self.customer.id)]), 1
        )

    def test_a_to_do_of_the_kind_promised_is_a_promise(self):
        self.customer.with_user(self.manager).activity_schedule(
            "loan_crm.mail_activity_type_promised", after(2), "Send the key facts", user_id=self.manager.id
        )
        word = self.env["loan.commitment"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual(
            (word.name, word.date_due, word.promised_user_id), ("Send the key facts", after(2), self.manager)
        )
        self.assertFalse(word.shown, "nobody has said that the borrower may read the words")

    def test_one_click_makes_it_of_a_message(self):
        message = self.contract.with_user(self.manager).message_post(
            body="Dear Wang Fang, you will have the statement by Friday at 3 pm. Kind regards",
            message_type="comment",
        )
        action = self.env["loan.commitment"].with_user(self.manager).action_from_message(message.id)
        form = Form(self.env["loan.commitment"].with_user(self.manager).with_context(**action["context"]))
        self.assertEqual((form.customer_id, form.contract_id), (self.customer, self.contract))
        self.assertEqual((form.date_due, form.has_hour, form.due_hour), (after(3), True, 15.0))
        self.assertIn("you will have the statement by Friday", form.name)
        form.name = "The statement"
        word = form.save()
        self.assertEqual(word.message_id, message)
        self.assertEqual(word.action_open_source()["res_id"], self.contract.id)

    def test_a_message_nobody_may_read_promises_nothing(self):
        message = self.contract.with_user(self.manager).message_post(body="By Friday", message_type="comment")
        with self.assertRaises(AccessError):
            self.env["loan.commitment"].with_user(self.stranger).action_from_message(message.id)
        lead = self.env["crm.lead"].create({"name": "A van", "user_id": self.manager.id})
        message = lead.message_post(body="By Friday", message_type="comment")
        with self.assertRefused("about no customer"):
            self.env["loan.commitment"].with_user(self.manager).action_from_message(message.id)

    def test_it_is_made_of_a_talk(self):
        talk = (
            self.env["loan.interaction"]
            .with_user(self.manager)
            .create({"customer_id": self.customer.id, "note": "<p>明天下午3点给她回电话</p>"})
        )
        action = talk.action_promise_ours()
        self.assertEqual(action["context"]["default_date_due"], after(1))
        self.assertEqual(action["context"]["default_due_hour"], 15.0)
        self.assertEqual(action["context"]["default_interaction_id"], talk.id)

    def test_an_owner_sees_the_customer(self):
        with self.assertRefused("Zhao Yun does not see this customer"):
            self._promise(user_id=self.stranger.id)
        word = self._promise()
        with self.assertRefused("does not see this customer"):
            word.user_id = self.stranger
        word.with_user(self.lead).user_id = self.lead
        self.assertEqual(word.activity_id.user_id, self.lead)

    def test_what_was_promised_does_not_change(self):
        word = self._promise()
        for vals in (
            {"name": "Another"},
            {"date_due": after(9)},
            {"done_at": NOW},
            {"partner_id": self.desk.partner_id.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                word.write(vals)
        with self.assertRefused("changes by its own buttons"):
            word.state = "kept"
        with self.assertRaises(AccessError):
            word.unlink()
        with self.assertRefused("This day was promised to the customer"):
            word.activity_id.date_deadline = after(9)

    def test_days_in_order(self):
        with self.assertRefused("before the day it was promised on"):
            self._promise(days=-1)
        with self.assertRefused("noted when it is"):
            self._promise(promised_on=after(1))
        with self.assertRefused("within a year"):
            self._promise(days=400)
        late = self._promise(days=-2, promised_on=after(-4))
        self.assertEqual(late.state, "broken", "entered afterwards it is judged like any other")

    # ------------------------------------------------------------ judging

    def test_done_in_time_is_kept(self):
        word = self._promise()
        with self.assertRefused("Say what shows that it was done"):
            word.action_keep()
        word.evidence_note = "Handed over at the counter"
        word.action_keep()
        self.assertEqual((word.state, word.done_user_id, word.kept_share), ("kept", self.manager, 1.0))
        self.assertFalse(word.activity_id.active)
        self.assertIn("Handed over at the counter", word.evidence_told)
        self.assertIn("We kept our word", self._lines())
        with self.assertRaises(AccessError):
            word.evidence_note = "Something else"
        self.assertFalse(self.customer._our_promises())

    def test_the_to_do_that_is_done_shows_it(self):
        word = self._promise()
        word.activity_id.with_user(self.manager).action_feedback(feedback="Sent by post")
        self.assertEqual(word.state, "kept")
        self.assertIn("Sent by post", word.evidence_message_id.body)
        self.assertEqual(word.evidence_message_id.res_id, self.contract.id)

    def test_the_moment_of_the_evidence_counts_and_not_that_of_the_click(self):
        word = self._promise(days=1)
        with self._days_later(1, "20:00"):
            message = self.contract.with_user(self.manager).message_post(
                body="Here it is", message_type="comment"
            )
            message.date = "2026-03-11 12:00:00"
        with self._days_later(4):
            self._night()
            self.assertEqual(word.state, "broken")
            word.evidence_message_id = message
            word.action_keep()
            self.assertEqual(word.state, "kept")

    def test_what_is_about_somebody_else_shows_nothing(self):
        other = self._customer("Li Na")
        message = other.with_user(self.manager).message_post(body="Here it is", message_type="comment")
        word = self._promise()
        word.evidence_message_id = message
        with self.assertRefused("about somebody else"):
            word.action_keep()
        word.evidence_message_id = False
        talk = (
            self.env["loan.interaction"]
            .with_user(self.manager)
            .create({"customer_id": self.customer.id, "date": "2026-03-01 02:00:00"})
        )
        word.evidence_interaction_id = talk
        with self.assertRefused("before it was promised"):
            word.action_keep()

    def test_the_clock_makes_it_due_and_broken_and_the_lead_is_told(self):
        word = self._promise()
        with self._days_later(3, "00:10"):
            night = self._night()
            self.assertEqual((word.state, night.tally["commitment"]), ("due", 1))
        with self._days_later(4, "00:10"):
            self._night()
            self.assertEqual(word.state, "due", "a day of tolerance")
        with self._days_later(5, "00:10"):
            self._night()
            self.assertEqual(word.state, "broken")
            self.assertEqual(word.lead_activity_id.user_id, self.lead)
            self.assertTrue(word.is_undone, "it is still to be done")
            self.assertEqual(self.customer._our_promises(), word)
            word.evidence_note = "Sent at last"
            word.action_keep()
            self.assertEqual(word.state, "late")
            self.assertFalse(word.lead_activity_id.exists())
            self._night()
            self.assertEqual(word.state, "late")
        self.assertIn("We broke our word", self._lines())

    def test_an_hour_counts_on_the_customers_clock(self):
        self.customer.partner_id.tz = "America/New_York"
        self.company.loan_commitment_grace_days = 0
        word = self._promise(days=1, has_hour=True, due_hour=9.5, clock="customer")
        self.assertEqual(word.tz, "America/New_York")
        with freeze_time("2026-03-11 13:29:00"):  # 9:29 there, summer time
            self.env.invalidate_all()
            with self._without_commit():
                word.sudo()._turn(self.company)
            self.assertEqual(word.state, "due")
        with freeze_time("2026-03-11 13:31:00"):
            self.env.invalidate_all()
            with self._without_commit():
                word.sudo()._turn(self.company)
            self.assertEqual(word.state, "broken")

    def test_a_call_that_reached_them_is_the_call_back(self):
        word = self._promise("Call back", kind_id=self.call.id)
        other = self._promise("A paper")
        talks = self.env["loan.interaction"].with_user(self.manager)
        talks.create({"customer_id": self.customer.id, "reached": False})
        talks.create({"customer_id": self.customer.id, "direction": "in"})
        self.assertEqual(word.state, "open")
        with self._days_later(1):
            talk = talks.create({"customer_id": self.customer.id})
        self.assertEqual((word.state, word.evidence_interaction_id), ("kept", talk))
        self.assertEqual(other.state, "open")

    def test_a_better_rate_is_seen_on_the_loan(self):
        word = self._promise("A better rate", kind_id=self.rate.id)
        event = self.env["loan.contract.event"].create(
            {
                "contract_id": self.contract.id,
                "kind": "restructure",
                "date": TODAY,
                "changes_rate": True,
                "yearly_rate": 5.0,
                "consent_date": TODAY,
                "consent_method": "signed",
                "consent_reference": "A-17",
            }
        )
        event.with_user(self.manager).action_post()
        self.assertEqual((word.state, word.evidence_event_id), ("kept", event))
        event.with_user(self.lead)._reverse()
        self.assertEqual(word.state, "open", "what was shown by it is shown no more")
        self.assertTrue(word.activity_id.active)

    def test_a_higher_rate_keeps_nothing(self):
        word = self._promise("A better rate", kind_id=self.rate.id)
        self.env["loan.contract.event"].create(
            {
                "contract_id": self.contract.id,
                "kind": "restructure",
                "date": TODAY,
                "changes_rate": True,
                "yearly_rate": 7.0,
                "consent_date": TODAY,
                "consent_method": "signed",
                "consent_reference": "A-18",
            }
        ).with_user(self.manager).action_post()
        self.assertEqual(word.state, "open")

    def test_one_that_cannot_be_judged_stays_alone(self):
        words = self._promise() | self._promise("Another") | self._promise("A third")
        poison = words[1]
        judge = type(words)._judge

        def judge_but(records):
            if poison in records:
                raise UserError(POISON)
            return judge(records)

        self.company.loan_reminder_user_id = self.lead
        woken = Domain("user_id", "=", self.lead.id) & Domain("summary", "ilike", "could not be judged")
        todos = self.env["mail.activity"]
        with patch.object(type(words), "_judge", judge_but):
            for day in (3, 4):
                with self._days_later(day, "00:10"):
                    night = self._night()
                    self.assertEqual(words.mapped("state"), ["due", "open", "due"])
                    self.assertEqual(words.mapped("trouble"), [False, POISON, False])
                    self.assertEqual(night.state, "done")
                    self.assertEqual(todos.search_count(woken), 1, "somebody is woken, and once")
        with self._days_later(5, "00:10"):
            self._night()
            self.assertEqual((poison.state, poison.trouble), ("broken", False))
            self.assertFalse(todos.search_count(woken), "it works again")

    def _by_the_hour(self, *names):
        self.company.loan_commitment_grace_days = 0
        words = [self._promise(name, days=1, has_hour=True, due_hour=15.0) for name in names]
        return self.env["loan.commitment"].union(*words)

    def _turn(self):
        with self._without_commit():
            self.env["loan.commitment"]._turn(self.company)
        self.env.invalidate_all()

    def test_one_by_an_hour_that_cannot_be_judged_keeps_no_other_waiting(self):
        words = self._by_the_hour("One", "Another", "A third")
        poison = words[0]
        judge = type(words)._judge
        asked = []

        def judge_but(records):
            asked.extend(records)
            if poison in records:
                raise UserError(POISON)
            return judge(records)

        self.company.loan_reminder_user_id = self.lead
        with self._days_later(1, "15:30"), patch.object(type(words), "_judge", judge_but):
            self._turn()
            self.assertEqual(words.mapped("state"), ["open", "broken", "broken"])
            self.assertEqual(words.mapped("trouble"), [POISON, False, False])
            todo = self.env["mail.activity"].search(
                [("user_id", "=", self.lead.id), ("summary", "ilike", "could not be judged")]
            )
            self.assertEqual((len(todo), todo.res_model), (1, False), "and it names nobody")
            asked.clear()
            self._turn()
            self.assertFalse(asked, "it is the night's to try again, not each hour's")
        # Whatever settles it is the end of the trouble.
        with self._days_later(1, "16:00"):
            poison.with_user(self.manager).evidence_note = "Told by telephone"
            poison.with_user(self.manager).action_keep()
            self.assertFalse(poison.trouble)
            self.assertFalse(todo.exists())

    def test_a_job_that_stood_still_for_days_judges_by_the_clock_and_tells_once(self):
        words = self._by_the_hour("One", "Another") | self._promise("By a day", days=1)
        with self._days_later(12):
            for _time in range(2):
                self._turn()
                self._night()
            self.assertEqual(set(words.mapped("state")), {"broken"})
            self.assertEqual(self._lines().count("We broke our word"), 3)

    def test_a_race_that_was_lost_is_tried_again_and_told_to_nobody(self):
        words = self._by_the_hour("One", "Another")
        judge = type(words)._judge
        races = iter([True, True])

        def judge_but(records):
            if next(races, False):
                raise SerializationFailure("another worker was faster")
            return judge(records)

        self.env.flush_all()
        with (
            self._days_later(1, "15:30"),
            patch.object(type(words), "_judge", judge_but),
            patch.object(self.env.cr, "rollback", self.env.cr.clear),
            self.assertNoLogs("odoo.addons.loan_crm", "INFO"),
        ):
            self._turn()
        self.assertEqual(set(words.mapped("state")), {"broken"})
        self.assertFalse(any(words.mapped("trouble")))
        self.assertFalse(
            self.env["mail.activity"].search_count([("summary", "ilike", "could not be judged")])
        )

    # ------------------------------------------------------------ another day

    def _put_off(self, word, user=None, **values):
        form = (
            self.env["loan.commitment.postpone"]
            .with_user(user or self.manager)
            .create(
                {"commitment_id": word.id, "date_due": after(9), "reason": "The appraiser is ill", **values}
            )
        )
        return (
            self.env["loan.commitment"]
            .browse(form.action_put_off()["res_id"])
            .with_user(user or self.manager)
        )

    def test_another_day_keeps_the_history_and_the_customer_is_told(self):
        word = self._promise()
        made = self._put_off(word)
        self.assertEqual(
            (word.state, made.state, made.replaces_id, made.replacements), ("replaced", "open", word, 1)
        )
        letter = made.told_message_id
        self.assertIn(self.customer.partner_id, letter.partner_ids)
        self.assertEqual(letter.author_id, self.manager.partner_id)
        self.assertIn("03/13/2026", letter.body)
        self.assertIn("03/19/2026", letter.body)
        self.assertNotIn("appraiser", letter.body, "the reason is for colleagues")
        self.assertIn("The appraiser is ill", self._lines())
        self.assertFalse(word.activity_id.exists())
        self.assertEqual(made.activity_id.date_deadline, after(9))
        with self.assertRefused("nothing to put off"):
            self._put_off(word)

    def test_a_broken_word_stays_broken_whatever_is_promised_next(self):
        word = self._promise(days=0)
        with self._days_later(3):
            self._night()
            self.assertEqual(word.state, "broken")
            made = self._put_off(word, told="spoken", told_note="By telephone")
            self.assertEqual((word.state, made.state), ("broken", "open"))
            self.assertEqual(self.customer._our_promises(), made)
            self.assertIn("By telephone", made.put_off_reason)

    def test_a_third_time_is_for_a_lead(self):
        word = self._put_off(self._put_off(self._promise()))
        with self.assertRefused("for a team lead"):
            self._put_off(word)
        self.assertEqual(self._put_off(word, user=self.lead).replacements, 3)

    def test_nobody_is_left_untold(self):
        word = self._promise()
        with self.assertRefused("how the customer was told"):
            self._put_off(word, told="spoken")
        with self.assertRefused("has passed"):
            self._put_off(word, told="spoken", told_note="Called", date_due=after(-1))
        self.customer.partner_id.email = False
        with self.assertRefused("call them"):
            self._put_off(word)

    def test_it_is_withdrawn_with_a_reason(self):
        word = self._promise()
        with self.assertRefused("Say under"):
            word.action_withdraw()
        word.withdraw_reason = "She has found it herself"
        word.action_withdraw()
        self.assertEqual((word.state, word.withdrawn_user_id), ("withdrawn", self.manager))
        self.assertFalse(word.activity_id.exists())
        broken = self._promise(days=-3, promised_on=after(-5))
        broken.withdraw_reason = "Never mind"
        with self.assertRefused("cannot become"):
            broken.action_withdraw()

    # ------------------------------------------------------------ with the duty

    def test_it_goes_with_the_customer_and_comes_back_after_a_cover(self):
        word = self._promise()
        self.customer.deputy_user_id = self.colleague
        cover = self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "company_id": self.company.id,
                "date_from": TODAY,
                "date_to": after(5),
            }
        )
        with self._without_commit():
            self.env["loan.cover"]._turn(self.company)
        self.assertEqual(cover.state, "running")
        self.assertEqual(word.user_id, self.colleague)
        with self._days_later(6), self._without_commit():
            self.env["loan.cover"]._turn(self.company)
            self.assertEqual(word.user_id, self.manager)
        self.customer.with_user(self.lead).write(
            {"manager_user_id": self.colleague.id, "deputy_user_id": False}
        )
        self.assertEqual(word.user_id, self.colleague)
        self.assertIn("The statement of last year", str(self.customer.with_user(self.colleague).brief))

    def test_each_sees_what_their_duty_shows(self):
        word = self._promise()
        for user, seen in [
            (self.manager, True),
            (self.lead, True),
            (self.desk, True),
            (self.compliance, True),
            (self.stranger, False),
            (self.other_lead, False),
        ]:
            with self.subTest(user=user.name):
                self.assertEqual(
                    bool(self.env["loan.commitment"].with_user(user).search([("id", "=", word.id)])), seen
                )
                rows = self.env["loan.word"].with_user(user).search([("customer_id", "=", self.customer.id)])
                self.assertEqual(len(rows), int(seen))
        with self.assertRaises(AccessError):
            word.with_user(self.compliance).write({"shown": False})
        with self.assertRaises(AccessError):
            word.with_user(self.stranger).action_put_off() and word.with_user(self.stranger).read(["name"])
        with self.assertRaises(AccessError):
            self.env["loan.commitment"].with_user(self.employee).search([])
        with self.assertRaises(AccessError):
            self._promise(user=self.stranger)

    # ------------------------------------------------------------ what is told

    def test_shares_stand_with_their_sample(self):
        self._promise("In time").activity_id.action_feedback()
        self._promise("Too late", days=-3, promised_on=after(-5)).activity_id.action_feedback()
        self._promise("Open")
        self.assertEqual(self.customer.commitment_count, 3)
        self.assertEqual(self.customer.commitment_kept_note, "1 of 2")
        self.env["loan.promise"].with_user(self.manager).create(
            {"contract_id": self.contract.id, "amount": 100, "date_promised": after(2)}
        )
        rows = (
            self.env["loan.word"]
            .with_user(self.manager)
            ._read_group(
                [("customer_id", "=", self.customer.id)],
                ["side"],
                ["__count", "decided:sum", "kept_share:avg"],
            )
        )
        self.assertEqual(rows, [("ours", 3, 2, 0.5), ("theirs", 1, 0, 0.0)])
        for row in (
            self.env["loan.word"].with_user(self.manager).search([("customer_id", "=", self.customer.id)])
        ):
            opened = row.action_open()
            self.assertEqual(opened["res_model"], "loan.commitment" if row.side == "ours" else "loan.promise")
            self.assertTrue(row.told)

    def test_the_timeline_and_the_strip_tell_it(self):
        word = self._promise()
        word.evidence_note = "By courier"
        word.action_keep()
        touches = self.env["loan.touch"].with_user(self.manager)
        told = touches.search([("customer_id", "=", self.customer.id), ("res_model", "=", "loan.commitment")])
        summaries = " / ".join(told.mapped("summary"))
        self.assertIn("We promised: The statement of last year by 03/13/2026", summaries)
        self.assertIn("We kept our word", summaries)
        self.assertIn("By courier", summaries)
        found = touches.search([("customer_id", "=", self.customer.id), ("summary", "ilike", "courier")])
        self.assertEqual(found.res_id, word.id)

    def test_the_borrower_reads_what_was_promised_to_them(self):
        self._promise("The statement")
        self._promise("Between us", shown=False)
        self._promise("To her brother", partner_id=self._partner("Wang Lei").id)
        broken = self._promise("The old paper", days=-3, promised_on=after(-5))
        facts = self.contract.sudo()._borrower_facts(self.customer.partner_id)
        self.assertEqual([row["what"] for row in facts["promised"]], ["The old paper", "The statement"])
        self.assertTrue(facts["promised"][0]["late"])
        self.assertIn("We are sorry", facts["promised"][0]["note"])
        broken.activity_id.action_feedback()
        facts = self.contract.sudo()._borrower_facts(self.customer.partner_id)
        self.assertIn("later than we had promised", facts["promised"][0]["note"])
        with self._days_later(40):
            facts = self.contract.sudo()._borrower_facts(self.customer.partner_id)
            self.assertEqual([row["what"] for row in facts["promised"]], ["The statement"])

    def test_erased_it_is_a_figure(self):
        plan = self.env["loan.commitment"]._get_erasure_plan()
        self.assertLessEqual({"name", "evidence_note", "put_off_reason"}, plan["later"].keys())

    def test_a_team_lead_keeps_the_kinds(self):
        kind = self.document.with_user(self.lead)
        kind.days = 5
        with self.assertRaises(AccessError):
            self.document.with_user(self.manager).days = 1
        form = Form(
            self.env["loan.commitment"]
            .with_user(self.manager)
            .with_context(default_customer_id=self.customer.id, default_kind_id=self.document.id)
        )
        self.assertEqual(form.date_due, after(5))

    def test_a_page_about_a_colleague_s_company_stays_closed(self):
        other = self.env["res.company"].create({"name": "Puxi Finance", "loan_tz": "Asia/Shanghai"})
        word = self._promise()
        self.manager.company_ids = [Command.link(other.id)]
        elsewhere = (
            self.env["loan.commitment"].with_user(self.manager).with_context(allowed_company_ids=other.ids)
        )
        self.assertFalse(elsewhere.search([("id", "=", word.id)]))
