import base64
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanNotice(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notice = cls._notice(team_ids=[Command.set(cls.team.ids)])

    @classmethod
    def _notice(cls, **values):
        return (
            cls.env["loan.notice"]
            .with_user(cls.compliance)
            .create(
                {
                    "name": "No private mail",
                    "company_id": cls.company.id,
                    "body": "<p>From Loan CRM only.</p>",
                    "date_from": TODAY,
                    "date_due": TODAY + timedelta(days=7),
                    **values,
                }
            )
        )

    def _receipt(self, user, notice=None):
        return (
            self.env["loan.notice.receipt"]
            .with_user(user)
            .search([("user_id", "=", user.id), ("notice_id", "=", (notice or self.notice).id)])
        )

    def _todos(self, receipt):
        return receipt.sudo().activity_ids.filtered(lambda todo: todo.user_id == receipt.user_id)

    def _night(self):
        with self._without_commit():
            self.env["loan.night"]._begin_again(self.company)
            self.env["loan.night"]._run(self.company)

    def test_who_it_is_for_is_asked_reads_and_confirms(self):
        self.notice.action_publish()
        people = self.notice.sudo().receipt_ids.user_id
        self.assertEqual(people, self.manager | self.colleague | self.desk | self.lead)
        receipt = self._receipt(self.manager)
        todo = self._todos(receipt)
        self.assertEqual(
            (todo.summary, todo.date_deadline), ("Read a notice: No private mail", TODAY + timedelta(7))
        )
        with freeze_time("2026-03-10 03:00:00"):
            action = receipt.action_open_notice()
        self.assertEqual((action["res_model"], action["res_id"]), ("loan.notice", self.notice.id))
        self.assertEqual(receipt.state, "read")
        with freeze_time("2026-03-10 04:00:00"):
            self.notice.with_user(self.manager).action_confirm()
        self.assertEqual(receipt.state, "confirmed")
        self.assertEqual((receipt.read_at.hour, receipt.confirmed_at.hour), (3, 4))
        self.assertFalse(self._todos(receipt))
        self.assertEqual((self.notice.confirmed_count, self.notice.waiting_count), (1, 3))
        self.notice.with_user(self.manager).action_confirm()
        self.assertEqual(receipt.confirmed_at.hour, 4, "what is confirmed stays confirmed")

    def test_opening_it_as_compliance_is_nobodys_reading(self):
        self.notice.action_publish()
        receipt = self._receipt(self.manager)
        receipt.with_user(self.compliance).action_open_notice()
        self.assertEqual(receipt.state, "open")
        with self.assertRaises(AccessError):
            receipt.with_user(self.compliance).action_confirm()
        with self.assertRefused("does not wait for you"):
            self.notice.action_confirm()

    def test_who_joins_the_audience_later_is_asked_by_night(self):
        self.notice.action_publish()
        newcomer = self._user("manager", "Wu Di")
        self.env["crm.team.member"].create({"crm_team_id": self.team.id, "user_id": newcomer.id})
        self.assertFalse(self._receipt(newcomer))
        self._night()
        self.assertEqual(self._receipt(newcomer).state, "open")
        self._night()
        self.assertEqual(len(self.notice.sudo().receipt_ids), 5)

    def test_it_is_asked_from_its_day_on(self):
        notice = self._notice(date_from=TODAY + timedelta(days=2))
        notice.action_publish()
        self.assertFalse(notice.sudo().receipt_ids)
        self._night()
        self.assertFalse(notice.sudo().receipt_ids)
        with self._days_later(2):
            self._night()
            self.assertEqual(self._receipt(self.stranger, notice).state, "open")

    def test_who_strikes_the_to_do_off_finds_it_again(self):
        self.notice.action_publish()
        receipt = self._receipt(self.manager)
        receipt.activity_ids.action_done()
        self._night()
        self.assertTrue(self._todos(receipt))

    def test_who_is_late_stands_on_the_list(self):
        self.notice.action_publish()
        self.notice.with_user(self.desk).action_confirm()
        with self._days_later(8):
            late = self.env["loan.notice.receipt"].with_user(self.compliance).search([("overdue", "=", True)])
            self.assertEqual(late.user_id, self.manager | self.colleague | self.lead)
            self.assertTrue(all(late.mapped("overdue")))

    def test_a_withdrawn_notice_asks_nobody_and_keeps_the_proof(self):
        self.notice.action_publish()
        self.notice.with_user(self.desk).action_confirm()
        self.notice.action_withdraw()
        self.assertFalse(self.notice.sudo().receipt_ids.activity_ids)
        self._night()
        self.assertFalse(self.notice.sudo().receipt_ids.activity_ids)
        with self.assertRefused("withdrawn"):
            self.notice.with_user(self.manager).action_confirm()
        self.assertEqual(self._receipt(self.desk).state, "confirmed")

    def test_what_was_published_stays_word_for_word(self):
        self.notice.action_publish()
        for vals in (
            {"body": "<p>x</p>"},
            {"name": "x"},
            {"date_due": TODAY},
            {"team_ids": False},
            {"state": "draft"},
        ):
            for notice in (self.notice, self.notice.with_context(loan_by_verb=True)):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    notice.write(vals)
        with self.assertRaises(AccessError):
            self.notice.update_field_translations("body", {"zh_CN": {"From Loan CRM only.": "随意。"}})
        with self.assertRaises(AccessError):
            self.notice.unlink()

    def test_nobody_writes_a_receipt(self):
        self.notice.action_publish()
        receipt = self._receipt(self.manager)
        for user in (self.manager, self.compliance, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                receipt.with_user(user).write({"confirmed_at": "2026-03-10 00:00:00"})
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                receipt.with_user(user).unlink()
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                receipt.with_user(user).create({"notice_id": self.notice.id, "user_id": user.id})

    def test_who_may_see_what(self):
        self.assertFalse(self.env["loan.notice"].with_user(self.manager).search([]))
        self.notice.action_publish()
        for user in (self.manager, self.desk, self.lead, self.compliance):
            with self.subTest(user=user.name):
                self.assertEqual(self.env["loan.notice"].with_user(user).search([]), self.notice)
                self.assertIn("Loan CRM", self.notice.with_user(user).body)
        for user in (self.stranger, self.other_lead, self.administrator):
            with self.subTest(user=user.name):
                self.assertFalse(self.env["loan.notice"].with_user(user).search([]))
                with self.assertRaises(AccessError):
                    self.notice.with_user(user).read(["body"])
                self.assertFalse(self.env["loan.notice.receipt"].with_user(user).search([]))
        self.assertEqual(
            self.env["loan.notice.receipt"].with_user(self.manager).search([]), self._receipt(self.manager)
        )
        self.assertEqual(len(self.env["loan.notice.receipt"].with_user(self.compliance).search([])), 4)
        for user in (self.manager, self.lead, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env["loan.notice"].with_user(user).create({"name": "x", "company_id": self.company.id})

    def test_its_files_are_read_with_it(self):
        file = (
            self.env["ir.attachment"]
            .with_user(self.compliance)
            .create(
                {
                    "name": "rules.txt",
                    "datas": base64.b64encode(b"rules"),
                    "res_model": "loan.notice",
                    "res_id": 0,
                }
            )
        )
        self.notice.attachment_ids = [Command.link(file.id)]
        with self.assertRaises(AccessError):
            file.with_user(self.manager).read(["datas"])
        self.notice.action_publish()
        self.assertTrue(file.with_user(self.manager).read(["datas"]))
        with self.assertRaises(AccessError):
            file.with_user(self.stranger).read(["datas"])

    def test_a_file_of_another_record_is_not_published(self):
        file = (
            self.env["ir.attachment"]
            .with_user(self.compliance)
            .create(
                {"name": "a.txt", "datas": base64.b64encode(b"a"), "res_model": "res.company", "res_id": 0}
            )
        )
        file.sudo().res_id = self.company.id
        self.notice.attachment_ids = [Command.link(file.id)]
        with self.assertRefused("belongs to another record"):
            self.notice.action_publish()

    def test_a_context_confirms_nothing(self):
        self.notice.with_context(
            default_confirmed_at="2026-03-10 00:00:00",
            default_read_at="2026-03-10 00:00:00",
            default_state="confirmed",
        ).action_publish()
        self.assertEqual(set(self.notice.sudo().receipt_ids.mapped("state")), {"open"})
        self.assertFalse(any(self.notice.sudo().receipt_ids.mapped("confirmed_at")))

    def test_there_is_something_to_read(self):
        with self.assertRefused("nothing to read"):
            self._notice(body="<p><br></p>").action_publish()
        with self.assertRefused("due before"):
            self._notice(date_due=TODAY - timedelta(days=1))
