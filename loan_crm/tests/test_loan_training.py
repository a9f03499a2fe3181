import base64
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanTraining(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls._user("compliance", "He Lan")
        cls.training = cls._training(
            group_ids=[Command.set(cls.env.ref("loan_crm.loan_crm_group_manager").ids)]
        )

    @classmethod
    def _training(cls, **values):
        return (
            cls.env["loan.training"]
            .with_user(cls.compliance)
            .create(
                {
                    "name": "Secrecy",
                    "company_id": cls.company.id,
                    "validity_months": 12,
                    "mandatory": True,
                    **values,
                }
            )
        )

    def _record(self, user, training=None):
        return (
            self.env["loan.training.record"]
            .with_user(user)
            .search(
                [("user_id", "=", user.id), ("training_id", "=", (training or self.training).id)], limit=1
            )
        )

    def _attend(self, user, date=TODAY, training=None):
        record = self._record(user, training)
        record.date_done = date
        record.action_attended()
        record.with_user(self.compliance if user != self.compliance else self.officer).action_confirm()
        return record

    def _todos(self, record, user):
        return record.sudo().activity_ids.filtered(lambda todo: todo.user_id == user)

    def _night(self):
        with self._without_commit():
            self.env["loan.night"]._begin_again(self.company)
            self.env["loan.night"]._run(self.company)

    def test_without_a_mandatory_training_everybody_is_valid(self):
        self.training.mandatory = False
        self.assertTrue(self.manager._loan_training_valid())

    def test_a_mandatory_training_counts_for_its_audience_alone(self):
        self.assertFalse(self.manager._loan_training_valid())
        self.assertFalse(self.lead._loan_training_valid(), "a lead is a manager, too")
        self.assertTrue(self.desk._loan_training_valid())
        self.assertTrue(self.compliance._loan_training_valid())
        self.training.write({"group_ids": False, "team_ids": [Command.set(self.other_team.ids)]})
        self.assertTrue(self.manager._loan_training_valid())
        self.assertFalse(self.stranger._loan_training_valid())
        self.assertFalse(self.other_lead._loan_training_valid())
        self.training.team_ids = False
        self.assertFalse(self.desk._loan_training_valid())
        self.assertTrue(self.employee._loan_training_valid())
        self.training.active = False
        self.assertTrue(self.manager._loan_training_valid())

    def test_a_new_training_leaves_time_where_it_says_so(self):
        self.training.mandatory_from = TODAY + timedelta(days=5)
        self.assertTrue(self.manager._loan_training_valid())
        with freeze_time("2026-03-14 16:00:00"):  # midnight in Shanghai
            self.assertFalse(self.manager._loan_training_valid())

    def test_somebody_attends_and_somebody_else_confirms(self):
        self.training.action_plan()
        record = self._record(self.manager)
        todo = self._todos(record, self.manager)
        self.assertEqual(
            (todo.summary, todo.date_deadline), ("Attend a training: Secrecy", TODAY + timedelta(30))
        )
        record.date_done = TODAY - timedelta(days=1)
        record.evidence = base64.b64encode(b"certificate")
        record.action_attended()
        self.assertFalse(self._todos(record, self.manager))
        self.assertEqual(record.standing, "done")
        self.assertFalse(self.manager._loan_training_valid())
        record.with_user(self.compliance).action_confirm()
        self.assertEqual(record.valid_until, TODAY - timedelta(days=1) + relativedelta(months=12))
        self.assertEqual((record.standing, record.confirmed_user_id), ("valid", self.compliance))
        self.assertTrue(self.manager._loan_training_valid())

    def test_nobody_confirms_their_own(self):
        self.training.group_ids = False
        self.training.action_plan()
        record = self._record(self.compliance)
        record.date_done = TODAY
        record.action_attended()
        for verb in ("action_confirm", "action_fail", "action_send_back"):
            with self.subTest(verb=verb), self.assertRaisesRegex(AccessError, "their own|of their own"):
                getattr(record, verb)()
        record.with_user(self.officer).action_confirm()
        with self.assertRaises(AccessError):
            record.action_revoke()
        mine = self._record(self.manager)
        mine.action_attended()
        with self.assertRaises(AccessError):
            mine.action_confirm()

    def test_its_last_day_counts_and_the_second_after_does_not(self):
        self.training.action_plan()
        self._attend(self.manager)
        with freeze_time("2027-03-10 15:59:59"):  # the end of the day in Shanghai
            self.assertTrue(self.manager._loan_training_valid())
        with freeze_time("2027-03-10 16:00:00"):
            self.assertFalse(self.manager._loan_training_valid())
            self.env.invalidate_all()
            self.assertEqual(self._record(self.manager).standing, "expired")

    def test_a_revoked_record_counts_no_more(self):
        self.training.action_plan()
        record = self._attend(self.manager)
        record.with_user(self.compliance).action_revoke()
        self.assertFalse(self.manager._loan_training_valid())
        self._night()
        self.assertEqual(self._record(self.manager).state, "due")

    def test_what_compliance_decides_about_a_record_is_on_record(self):
        # Sight of protected customers hangs on it.
        log = self.env["loan.access.log"]
        last = log.search([], order="id desc", limit=1).id or 0
        self.training.action_plan()
        record = self._attend(self.manager)
        record.with_user(self.compliance).action_revoke()
        failed = self._record(self.lead)
        failed.action_attended()
        failed.with_user(self.compliance).action_fail()
        entries = log.search([("id", ">", last), ("event", "=", "training")], order="id")
        self.assertEqual([entry.facts["step"] for entry in entries], ["confirmed", "revoked", "failed"])
        self.assertEqual(entries.mapped("res_ids"), [record.ids, record.ids, failed.ids])
        self.assertEqual(
            {(entry.uid, entry.company_id) for entry in entries}, {(self.compliance.id, self.company)}
        )

    def test_who_fails_or_is_sent_back_attends_again(self):
        self.training.action_plan()
        record = self._record(self.manager)
        record.action_attended()
        record.with_user(self.compliance).action_send_back()
        self.assertTrue(self._todos(record, self.manager))
        record.action_attended()
        record.with_user(self.compliance).action_fail()
        self.assertEqual(record.standing, "failed")
        self.assertFalse(self.manager._loan_training_valid())
        self._night()
        self.assertNotEqual(self._record(self.manager), record)

    def test_the_night_asks_before_it_ends_who_is_new_and_once(self):
        self._night()
        self._attend(self.manager)
        newcomer = self._user("manager", "Wu Di")
        self._night()
        self.assertEqual(self._record(newcomer).due_date, TODAY + timedelta(days=30))
        with self._days_later(334):
            self._night()
            self.assertEqual(self._record(self.manager).state, "confirmed")
        with self._days_later(336):
            self._night()
            again = self._record(self.manager)
            self.assertEqual((again.state, again.due_date), ("due", TODAY + relativedelta(months=12)))
            self.assertTrue(self.manager._loan_training_valid())
            again.activity_ids.unlink()
            self._night()
            self.assertTrue(self._todos(again, self.manager))
            of_both = self.training.record_ids.filtered(lambda record: record.user_id == self.manager)
            self.assertEqual(len(of_both), 2)

    def test_who_is_late_stands_on_the_list(self):
        self.training.action_plan()
        with self._days_later(31):
            records = self.env["loan.training.record"].with_user(self.compliance)
            late = records.search([("standing", "=", "overdue")])
            self.assertIn(self.manager, late.user_id)
            self.assertEqual(set(late.mapped("standing")), {"overdue"})

    def test_a_record_changes_by_its_buttons(self):
        self.training.action_plan()
        record = self._record(self.manager)
        for vals in (
            {"valid_until": TODAY + timedelta(days=999)},
            {"state": "confirmed"},
            {"confirmed_user_id": self.compliance.id},
            {"due_date": TODAY + timedelta(days=999)},
            {"user_id": self.colleague.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                record.write(vals)
            if "due_date" not in vals:
                with self.subTest(vals=vals, by="compliance"), self.assertRaises(AccessError):
                    record.with_user(self.compliance).write(vals)
        with self.assertRefused("still to come"):
            record.date_done = TODAY + timedelta(days=1)
        self._attend(self.manager)
        for user in (self.manager, self.compliance):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                record.with_user(user).date_done = TODAY - timedelta(days=5)
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                record.with_user(user).unlink()
        with self.assertRaises(AccessError):
            self.env["loan.training.record"].with_user(self.manager).create(
                {"training_id": self.training.id, "user_id": self.manager.id, "due_date": TODAY}
            )
        with self.assertRefused("to attend it already"):
            self.env["loan.training.record"].with_user(self.compliance).create(
                [{"training_id": self.training.id, "user_id": self.desk.id, "due_date": TODAY}] * 2
            )

    def test_everybody_reads_their_own_and_compliance_all(self):
        self.training.action_plan()
        record = self._record(self.manager)
        record.evidence = base64.b64encode(b"certificate")
        file = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [("res_model", "=", record._name), ("res_id", "=", record.id), ("res_field", "=", "evidence")]
            )
        )
        self.assertTrue(file)
        for user in (self.manager, self.compliance):
            with self.subTest(user=user.name):
                self.assertTrue(record.with_user(user).read(["standing", "evidence"]))
                self.assertTrue(file.with_user(user).read(["datas"]))
        for user in (self.colleague, self.lead, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                record.with_user(user).read(["standing"])
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                file.with_user(user).read(["datas"])
        for user in (self.lead, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env["loan.training"].with_user(user).create({"name": "x", "company_id": self.company.id})

    def test_it_costs_one_query(self):
        self.training.action_plan()
        self._attend(self.manager)
        self.manager._loan_training_valid()
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.assertTrue(self.manager._loan_training_valid())
