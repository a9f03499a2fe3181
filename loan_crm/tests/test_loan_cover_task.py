from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import TODAY, LoanMailCommon

_TODO = "mail.mail_activity_data_todo"


@tagged("post_install", "-at_install", "loan")
class TestLoanCoverTask(LoanMailCommon):
    """What goes over when a manager leaves and comes back when they do; whom a cover opens is proved elsewhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What is created bears the moment of the test, which freezing alone does not give it.
        cls.startClassPatcher(patch.object(cls.env.cr, "now", fields.Datetime.now))
        cls.contract = cls._contract()
        cls.other = cls._customer("Feng Jie", deputy_user_id=cls.stranger.id)

    def _at(self, days=0, clock="10:00"):
        return self._days_later(days, clock)

    def _plan(self, deputy=None, first=0, last=6, user=None, **values):
        vals = {
            "manager_user_id": self.manager.id,
            "deputy_user_id": deputy.id if deputy else False,
            "date_from": TODAY + timedelta(first),
            "date_to": TODAY + timedelta(last),
            **values,
        }
        cover = self.env["loan.cover"].with_user(user or self.lead).create(vals)
        self.env.flush_all()
        return cover.with_env(self.env)

    def _task(self, record=None, days=0, user=None, by=None, **values):
        record = record or self.contract
        return (
            record.with_user(by or self.env.user)
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(
                _TODO,
                date_deadline=TODAY + timedelta(days),
                user_id=(user or self.manager).id,
                **{"summary": "Ask for the payslip", **values},
            )
            .with_env(self.env)
        )

    def _turn(self):
        with self._without_commit():
            self.env["loan.cover"]._turn(self.company)
        self.env.flush_all()
        self.env.invalidate_all()

    def _row(self, activity):
        return self.env["loan.cover.task"].search([("activity_id", "=", activity.id)])

    # ------------------------------------------------------------ going over and coming back

    def test_tasks_due_until_the_last_day_go_over_and_come_back(self):
        late, last, later = self._task(days=-20), self._task(days=6), self._task(days=7)
        about_customer = self._task(self.customer)
        elsewhere = self._task(self.manager.partner_id)
        others = self._task(user=self.lead)
        cover = self._plan(self.colleague)
        gone = late | last | about_customer
        self.assertEqual(gone.user_id, self.colleague)
        self.assertEqual((later | elsewhere).user_id, self.manager)
        self.assertEqual(others.user_id, self.lead)
        self.assertEqual(cover.task_ids.activity_id, gone)
        self.assertEqual(set(cover.task_ids.mapped("state")), {"given"})
        for record in (self.contract, self.customer):
            self.assertNotIn(self.colleague.partner_id, record.message_partner_ids)
        for _run in range(2):
            self._turn()
            self.assertEqual(gone.user_id, self.colleague)
            self.assertEqual(len(cover.task_ids), 3)
        with self._at(6, "23:59"):
            self._turn()
            self.assertEqual((gone.user_id, cover.state), (self.colleague, "running"))
        for _run in range(2):
            with self._at(7, "00:05"):
                self._turn()
            self.assertEqual((gone.user_id, cover.state), (self.manager, "over"))
            self.assertEqual(set(cover.task_ids.mapped("state")), {"returned"})

    def test_a_planned_absence_begins_with_its_first_day(self):
        task = self._task(days=3)
        cover = self._plan(self.colleague, first=2)
        self._turn()
        self.assertEqual((cover.state, task.user_id), ("planned", self.manager))
        with self._at(2, "00:01"):
            self._turn()
        self.assertEqual((cover.state, task.user_id), ("running", self.colleague))

    def test_each_customers_task_goes_to_who_acts_for_that_customer(self):
        ours, theirs = self._task(self.customer), self._task(self.other)
        self._plan()
        self.assertEqual(ours.user_id, self.lead, "no deputy, so the lead of the team")
        self.assertEqual(theirs.user_id, self.stranger)
        self.other.with_user(self.lead).deputy_user_id = self.colleague
        self.assertEqual(theirs.user_id, self.colleague)

    def test_a_new_task_for_who_is_away_goes_to_who_acts_at_once(self):
        cover = self._plan(self.colleague)
        task = self._task()
        self.assertEqual(task.user_id, self.colleague)
        with self._at(0, "11:00"):
            own = self._task(by=self.manager)
            self._turn()
            self.assertEqual(own.user_id, self.manager, "what one plans for oneself is meant for oneself")
        with self._at(7):
            self._turn()
        self.assertEqual((task | own).user_id, self.manager)
        self.assertEqual(cover.task_ids.activity_id, task)

    def test_what_was_made_for_who_acts_is_the_managers_in_the_end(self):
        self._plan(self.colleague)
        with self._at(1):
            made, done = self._task(user=self.colleague), self._task(user=self.colleague)
            leads = self._task(user=self.lead, by=self.lead)
            done.with_user(self.colleague).action_feedback()
        with self._at(7):
            self._turn()
        self.assertEqual((made | done).user_id, self.manager)
        self.assertEqual(leads.user_id, self.lead)

    def test_what_is_done_stays_done_and_tells_no_name_to_who_did_it(self):
        task = self._task(self.customer)
        cover = self._plan(self.colleague)
        task.with_user(self.colleague).action_feedback(feedback="Done by phone")
        deleted = self._task()
        self._turn()
        deleted.unlink()
        with self._at(7):
            self._turn()
            rows = cover.task_ids
            self.assertEqual(set(rows.mapped("state")), {"done"})
            self.assertEqual(rows.done_user_id, self.colleague)
            self.assertFalse(task.active)
            found = self.env["mail.activity"].with_user(self.colleague).with_context(active_test=False)
            self.assertFalse(found.search([("id", "=", task.id)]))

    def test_what_somebody_gave_on_by_hand_stays_with_whom_they_gave_it_to(self):
        passed, handed_back = self._task(), self._task()
        self._plan(self.colleague)
        passed.with_user(self.colleague).user_id = self.lead
        handed_back.with_user(self.colleague).user_id = self.manager
        self._turn()
        self.assertEqual((passed.user_id, handed_back.user_id), (self.lead, self.manager))
        with self._at(7):
            self._turn()
        self.assertEqual((passed.user_id, handed_back.user_id), (self.lead, self.manager))

    # ------------------------------------------------------------ what changes meanwhile

    def test_tasks_follow_a_change_of_the_days_and_of_the_deputy(self):
        soon, later = self._task(days=1), self._task(days=5)
        cover = self._plan(self.colleague, user=self.manager)
        mine = cover.with_user(self.manager)
        mine.date_to = TODAY + timedelta(3)
        self.assertEqual((soon.user_id, later.user_id), (self.colleague, self.manager))
        mine.date_to = TODAY + timedelta(8)
        self.assertEqual((soon | later).user_id, self.colleague)
        mine.deputy_user_id = self.stranger
        self.assertEqual((soon | later).user_id, self.stranger)
        self.assertEqual(len(cover.task_ids), 2)
        mine.write({"date_from": TODAY + timedelta(2), "date_to": TODAY + timedelta(9)})
        self.assertEqual((cover.state, (soon | later).user_id), ("planned", self.manager))
        mine.write({"date_from": TODAY})
        self.assertEqual((cover.state, (soon | later).user_id), ("running", self.stranger))
        mine.unlink()
        self.assertEqual((soon | later).user_id, self.manager)

    def test_a_customer_who_goes_to_somebody_else_takes_the_tasks_along(self):
        task, stays = self._task(self.customer), self._task(self.other)
        cover = self._plan(self.colleague)
        self.customer._assign(self.stranger)
        self.assertEqual((task.user_id, self._row(task).state), (self.stranger, "passed"))
        self.assertEqual(stays.user_id, self.colleague)
        with self._at(7):
            self._turn()
        self.assertEqual((task.user_id, stays.user_id), (self.stranger, self.manager))
        self.assertEqual(cover.state, "over")

    def test_tasks_of_people_who_left_go_to_who_acts(self):
        task = self._task(self.other)
        self._plan(self.colleague)
        self.colleague.active = False
        self._turn()
        self.assertEqual(task.user_id, self.stranger, "whoever covers left: the customer's own deputy")
        self.manager.active = False
        with self._at(7):
            self._turn()
        self.assertEqual(task.user_id, self.stranger, "nobody came back")

    # ------------------------------------------------------------ the button

    def test_who_is_back_early_has_everything_back_at_once(self):
        task = self._task(self.customer)
        cover = self._plan(self.colleague)
        for user in (self.colleague, self.other_lead, self.desk, self.compliance):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                cover.with_user(user).action_back()
        self.assertTrue(self._sees(self.colleague))
        with self._at(2):
            cover.with_user(self.manager).action_back()
            self.assertEqual((cover.state, cover.date_to), ("over", TODAY + timedelta(2)))
            self.assertEqual(task.user_id, self.manager)
            self.assertEqual(self.customer.acting_user_id, self.manager)
            self.assertFalse(self._sees(self.colleague))
            self.assertTrue(self._plan(self.colleague, first=2), "away again on the same day")
            with self.assertRefused("over"):
                cover.with_user(self.manager).date_to = TODAY + timedelta(20)

    def test_nobody_begins_or_ends_a_cover_by_entering_its_state(self):
        cover = self._plan(self.colleague, user=self.manager, state="over", digest_at="2026-03-01 00:00:00")
        self.assertEqual((cover.state, cover.digest_at), ("running", False))
        sly = (
            self.env["loan.cover"]
            .with_user(self.colleague)
            .with_context(default_back_at="2026-03-01 00:00:00")
        )
        day = TODAY + timedelta(20)
        own = {"manager_user_id": self.colleague.id, "date_from": day, "date_to": day}
        self.assertFalse(sly.create(own).back_at)
        for vals in ({"state": "over"}, {"back_at": "2026-03-01 00:00:00"}, {"task_ids": [Command.clear()]}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                cover.with_user(self.manager).write(vals)
        with self.assertRefused("has begun"):
            cover.with_user(self.lead).write({"manager_user_id": self.colleague.id, "deputy_user_id": False})

    # ------------------------------------------------------------ no gap

    def _sees(self, user, customer=None):
        customer = customer or self.customer
        self.env.invalidate_all()
        found = self.env["loan.customer"].with_user(user).search([("id", "=", customer.id)])
        opened = customer.with_user(user).has_access("read")
        self.assertEqual(bool(found), opened)
        return opened

    def test_the_next_in_line_acts_and_sees_when_who_covers_is_away_too(self):
        self._plan(self.colleague)
        self.assertFalse(self._sees(self.stranger, self.other))
        away = self._plan(manager_user_id=self.colleague.id, first=1, last=2)
        self.assertEqual(self.other.acting_user_id, self.colleague)
        with self._at(1):
            self.assertEqual(self.other.acting_user_id, self.stranger)
            self.assertTrue(self._sees(self.stranger, self.other))
            self.assertEqual(self.customer.acting_user_id, self.lead)
            self.assertFalse(self._sees(self.stranger), "not the deputy of this one")
        with self._at(3):
            self.assertEqual(self.other.acting_user_id, self.colleague)
            self.assertFalse(self._sees(self.stranger, self.other))
        self.assertFalse(away.back_at)

    def test_the_form_tells_of_gaps_before_it_is_saved(self):
        self._plan(self.lead, user=self.stranger, manager_user_id=self.stranger.id, first=2, last=3)
        form = Form(self.env["loan.cover"].with_user(self.manager))
        form.date_to = TODAY + timedelta(1)
        self.assertEqual(form.gap_count, 1, "Wang Fang has no deputy")
        self.assertIn("Wang Fang", form.gap_note)
        form.date_to = TODAY + timedelta(6)
        self.assertEqual(form.gap_count, 2, "the deputy of Feng Jie is away meanwhile")
        form.deputy_user_id = self.colleague
        self.assertEqual((form.gap_count, form.gap_note), (0, False))
        form.deputy_user_id = self.stranger
        self.assertEqual(form.gap_count, 2)
        self.assertIn("Zhao Yun is away from 03/12/2026 to 03/13/2026", form.gap_note)
        cover = form.save()
        gaps = self.env["loan.customer"].search(cover.with_user(self.manager).action_open_gaps()["domain"])
        self.assertEqual(gaps, self.customer | self.other)
        self.assertIn("stands in for Lin Mei", self._note_of(self.stranger))

    def _note_of(self, manager):
        values = {"manager_user_id": manager.id, "date_from": TODAY, "date_to": TODAY + timedelta(1)}
        return self.env["loan.cover"].new({**values, "company_id": self.company.id}).gap_note

    def test_the_list_tells_who_acts_for_how_many(self):
        cover = self._plan()
        self.assertEqual(cover.with_user(self.desk).acting_note, "Gu Ning (1), Zhao Yun (1)")
        with self._at(7):
            self.assertEqual(cover.acting_note, "Each customer's own deputy")

    # ------------------------------------------------------------ who is told

    def _told(self, user):
        """Return the words that a user was told about a cover, the last ones first."""
        notes = self.env["mail.message"].search(
            [("model", "=", "loan.cover"), ("partner_ids", "in", user.partner_id.ids)], order="id desc"
        )
        return notes.mapped(lambda note: f"{note.subject} {note.body}")

    def test_who_acts_is_told_once_and_in_their_language(self):
        self.stranger.lang = "zh_CN"
        self._task(self.other)
        cover = self._plan(user=self.manager)
        self._turn()
        (told,) = self._told(self.lead)
        self.assertIn("You cover for Lin Mei", told)
        self.assertIn("from March 10, 2026 to March 16, 2026", told)
        self.assertIn("Customers: 1. Tasks that came to you: 0.", told)
        (told,) = self._told(self.stranger)
        self.assertIn("2026年3月16日", told)
        cover.with_user(self.manager).deputy_user_id = self.colleague
        (told,) = self._told(self.colleague)
        self.assertIn("Customers: 2. Tasks that came to you: 1.", told)
        self.assertNotIn("Feng Jie", told)

    def test_who_was_away_reads_once_what_happened(self):
        task = self._task(self.customer, days=1)
        cover = self._plan(self.colleague, first=1)
        with self._at(1):
            self._turn()
            task.with_user(self.colleague).action_feedback()
            self.contract.with_user(self.colleague).message_post(
                body="You may pay on Friday.",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=self.customer.partner_id.ids,
            )
            self._pay(self.contract, 100, TODAY + timedelta(1))
            self.env["loan.promise"].with_user(self.colleague).create(
                {"contract_id": self.contract.id, "amount": 50, "date_promised": TODAY + timedelta(20)}
            )
            self._task(self.other)
        with self._at(2):
            self.assertEqual(cover.with_user(self.colleague).event_count, 4)
        for _run in range(2):
            with self._at(7):
                self._turn()
        with self._at(8):
            self._pay(self.contract, 100, TODAY + timedelta(8))
            self.assertEqual(cover.with_user(self.manager).event_count, 4)
            kinds = self.env["loan.cover.event"].with_user(self.manager).search([("cover_id", "=", cover.id)])
            self.assertEqual(set(kinds.mapped("kind")), {"task", "sent", "repayment", "promised"})
            self.assertEqual(kinds.customer_id, self.customer)
            self.assertEqual(kinds[0].action_open_record()["res_model"], kinds[0].res_model)
        (told,) = self._told(self.manager)
        self.assertIn("While you were away", told)
        self.assertIn(self.customer.reference, told)
        self.assertIn("Chen Bo", told)
        self.assertRegex(told, r"Tasks that came back to you:\s*1")
        self.assertNotIn("Wang Fang", told)
        self.assertNotIn(self.contract.name, told)

    def test_a_digest_of_nothing_says_so_in_the_managers_language(self):
        self.manager.lang = "zh_CN"
        self._plan(self.colleague, first=1, last=1)
        with self._at(1):
            self._turn()
        with self._at(2):
            self._turn()
        (told,) = self._told(self.manager)
        self.assertNotIn("Welcome back", told)

    def test_an_absence_that_was_entered_when_it_was_over_tells_nobody(self):
        cover = self._plan(self.colleague, first=-9, last=-2)
        self.assertEqual((cover.state, cover.digest_at), ("over", False))
        self.assertFalse(self._told(self.manager) + self._told(self.colleague))

    def test_the_vacation_responder_runs_as_long_as_the_cover(self):
        self.manager.out_of_office_message = "<p>Chen Bo answers for me.</p>"
        cover = self._plan(self.colleague)
        self.assertEqual(str(self.manager.out_of_office_from), "2026-03-09 16:00:00")
        self.assertEqual(str(self.manager.out_of_office_to), "2026-03-16 16:00:00")
        cover.with_user(self.manager).action_back()
        self.assertFalse(self.manager.out_of_office_from or self.manager.out_of_office_to)
        chosen = {"out_of_office_from": "2026-03-01 00:00:00", "out_of_office_to": "2026-05-01 00:00:00"}
        self.manager.write(chosen)
        again = self._plan(self.colleague, first=1)
        with self._at(1):
            self._turn()
            again.with_user(self.manager).action_back()
        self.assertEqual(str(self.manager.out_of_office_to), "2026-05-01 00:00:00", "chosen by hand")

    # ------------------------------------------------------------ rights

    def test_who_sees_what_went_over_and_what_happened(self):
        task = self._task(self.customer)
        cover = self._plan(self.colleague)
        with self._at(1):
            task.with_user(self.colleague).action_feedback()
        rows = cover.task_ids
        sees = {self.manager, self.colleague, self.lead, self.desk, self.compliance}
        for user in (*sees, self.stranger, self.other_lead, self.employee, self.administrator):
            for model in ("loan.cover.task", "loan.cover.event"):
                with self.subTest(user=user.name, model=model):
                    mine = self.env[model].with_user(user)
                    if user in (self.employee, self.administrator):
                        with self.assertRaises(AccessError):
                            mine.search([])
                        continue
                    self.assertEqual(bool(mine.search([("cover_id", "=", cover.id)])), user in sees)
            for verb in ("write", "create", "unlink"):
                self.assertFalse(rows.with_user(user).has_access(verb))
        with self._at(7):
            self._turn()
            late = cover.with_user(self.colleague)
            self.assertFalse(late.task_count or late.event_count or late.customer_count)
            self.assertFalse(rows.with_user(self.colleague).has_access("read"))

    def test_a_cover_of_one_company_moves_nothing_in_another(self):
        elsewhere = self.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})
        self.manager.company_ids |= elsewhere
        self.env.user.company_ids |= elsewhere
        away = self.env["loan.customer"].create(
            {
                "partner_id": self._partner("Xie Lan").id,
                "company_id": elsewhere.id,
                "manager_user_id": self.manager.id,
            }
        )
        task = self._task(away)
        self._plan(self.colleague)
        self.assertEqual(task.user_id, self.manager)

    def test_many_tasks_take_as_many_queries_as_few(self):
        counts = []
        for number in (2, 12):
            for _task in range(number):
                self._task()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            cover = self._plan(self.colleague)
            counts.append(self.env.cr.sql_log_count - before)
            cover.with_user(self.manager).action_back()
        self.assertLessEqual(counts[1], counts[0] + 2)
