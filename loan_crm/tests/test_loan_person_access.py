from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanPersonAccess(LoanCommon):
    """Each role, and Odoo's own administrator, tries each door to what is about a colleague."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls._users(
            cls._user_values("base.group_system", "Root Admin"),
            cls._user_values("base.group_erp_manager", "Rights Admin"),
        )
        text = (
            cls.env["loan.nda.text"]
            .with_user(cls.compliance)
            .create({"name": "Secrecy", "company_id": cls.company.id, "body": "<p>I tell nobody.</p>"})
        )
        text.action_publish()
        training = (
            cls.env["loan.training"]
            .with_user(cls.compliance)
            .create({"name": "Secrecy", "company_id": cls.company.id})
        )
        training.action_plan()
        notice = (
            cls.env["loan.notice"]
            .with_user(cls.compliance)
            .create(
                {
                    "name": "No private mail",
                    "company_id": cls.company.id,
                    "body": "<p>From Loan CRM only.</p>",
                    "date_from": TODAY,
                    "date_due": TODAY,
                }
            )
        )
        notice.action_publish()
        breach = (
            cls.env["loan.breach"]
            .with_user(cls.compliance)
            .create(
                {
                    "user_id": cls.manager.id,
                    "company_id": cls.company.id,
                    "kind_id": cls.env.ref("loan_crm.loan_breach_kind_gift").id,
                    "date": TODAY,
                    "facts": "<p>Took a hamper.</p>",
                }
            )
        )
        breach.message_post(body="What do we make of it?")
        cls.records = [
            records.sudo().filtered(lambda record: record.user_id == cls.manager)
            for records in (
                text.sudo().nda_ids,
                training.sudo().record_ids,
                notice.sudo().receipt_ids,
                breach,
            )
        ]

    def _others(self):
        return [self.colleague, self.lead, self.desk, self.administrator, self.employee, *self.system]

    def _found(self, model, method, *args, **kwargs):
        """Return what a call finds; a refusal finds nothing. A request has read nothing before it."""
        self.env.invalidate_all()
        try:
            return getattr(model, method)(*args, **kwargs)
        except (AccessError, UserError):
            return False

    def test_no_door_leads_to_what_is_about_a_colleague(self):
        for record in self.records:
            self.assertEqual(len(record), 1)
            ours = [("id", "=", record.id)]
            for user in self._others():
                model = self.env[record._name].with_user(user)
                theirs = record.with_user(user)
                with self.subTest(model=record._name, user=user.name):
                    self.assertFalse(self._found(model, "search", ours))
                    self.assertFalse(self._found(model, "search_count", ours))
                    self.assertFalse(self._found(model, "search_read", ours, ["user_id"]))
                    self.assertFalse(self._found(model, "name_search", "Lin Mei"))
                    found = self._found(model, "web_search_read", ours, {"user_id": {}})
                    self.assertFalse(found and found["records"])
                    groups = self._found(model, "formatted_read_group", ours, ["user_id"], ["__count"])
                    self.assertFalse(groups)
                    for method, args in (
                        ("read", (["user_id"],)),
                        ("web_read", ({"user_id": {}},)),
                        ("export_data", (["user_id/name"],)),
                        ("write", ({"state": "confirmed"},)),
                        ("unlink", ()),
                        ("copy", ()),
                        ("message_post", ()),
                        ("message_subscribe", ([user.partner_id.id],)),
                        ("get_metadata", ()),
                    ):
                        self.assertFalse(self._found(theirs, method, *args), method)

    def test_nor_do_its_messages_and_to_dos(self):
        for record in self.records:
            document = [("res_model", "=", record._name), ("res_id", "=", record.id)]
            for user in self._others():
                with self.subTest(model=record._name, user=user.name):
                    self.assertFalse(self.env["mail.activity"].with_user(user).search(document))
                    messages = [("model", "=", record._name), ("res_id", "=", record.id)]
                    self.assertFalse(self.env["mail.message"].with_user(user).search(messages))

    def test_what_is_for_all_tells_no_more_than_ones_own(self):
        nda, record, receipt, _breach = self.records
        for parent, name in (
            (nda.text_id, "nda_ids"),
            (record.training_id, "record_ids"),
            (receipt.notice_id, "receipt_ids"),
        ):
            with self.subTest(model=parent._name):
                self.env.invalidate_all()  # a request has read nothing before it
                mine = parent.with_user(self.colleague)[name]
                self.assertEqual(mine.user_id, self.colleague)
                self.env.invalidate_all()
                self.assertGreater(len(parent.with_user(self.compliance)[name]), 5)
        # One request that reads both: what the rule has looked at must not be left for the reader.
        self.env.invalidate_all()
        read = receipt.notice_id.with_user(self.colleague).web_read({"loan_visible": {}, "receipt_ids": {}})
        self.assertEqual(len(read[0]["receipt_ids"]), 1)
        self.env.invalidate_all()
        text = nda.text_id.with_user(self.colleague)
        self.assertEqual((text.signed_count, text.waiting_count), (0, 1))

    def test_nobody_waits_for_who_has_left(self):
        self.manager.active = False
        elsewhere = self.env.ref("base.main_company")
        self.colleague.write({"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]})
        with self._without_commit():
            self.env["loan.night"]._begin_again(self.company)
            self.env["loan.night"]._run(self.company)
        nda, record, receipt, breach = self.records
        self.assertFalse(nda.exists() or record.exists() or receipt.exists())
        self.assertTrue(breach.exists())
        for model, states in (
            ("loan.nda", ["to_sign"]),
            ("loan.training.record", ["due"]),
            ("loan.notice.receipt", ["open"]),
        ):
            waiting = self.env[model].search([("company_id", "=", self.company.id), ("state", "in", states)])
            with self.subTest(model=model):
                self.assertTrue(waiting)
                self.assertFalse(
                    waiting.with_context(active_test=False).user_id & (self.manager | self.colleague)
                )
