from ast import literal_eval
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import TODAY
from .test_loan_access_campaign import CampaignCommon
from .test_loan_confidentiality import _NOW

# What an auditor reads; each with a record of it, see `_evidence`.
_READ = {
    "loan.access.log",
    "loan.access.head",
    "loan.access.proof",
    "loan.access.unusual",
    "loan.access.finding",
    "loan.access.grant",
    "loan.access.review",
    "loan.access.template",
    "loan.access.template.line",
    "loan.access.deal",
    "loan.access.campaign",
    "loan.access.campaign.line",
    "loan.breach.kind",
    "loan.breach.register",
    "loan.nda.register",
    "loan.voice.report",
    "loan.confidentiality.level",
    "loan.wall",
}


@tagged("post_install", "-at_install", "loan")
class TestLoanAudit(CampaignCommon):
    """An auditor reads what proves who had access and who looked, sees no customer and changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls._user("auditor", "Shen Yi")

    def _evidence(self):
        """Return a record of each model, as the auditor reads it."""
        self._classify(self.customer, self.confidential)
        self.deal = (
            self.env["loan.access.deal"]
            .with_user(self.compliance)
            .create({"name": "Project Heron", "company_id": self.company.id, "purpose": "Refinancing"})
        )
        self.deal._open(
            self.customer,
            [
                {
                    "user_id": self.desk.id,
                    "level_id": self.confidential.id,
                    "date_to": _NOW + timedelta(days=9),
                }
            ],
        )
        template = (
            self.env["loan.access.template"]
            .with_user(self.compliance)
            .create(
                {
                    "name": "Refinancing",
                    "company_id": self.company.id,
                    "purpose": "Refinancing",
                    "line_ids": [Command.create({"user_id": self.desk.id})],
                }
            )
        )
        campaign = self._campaign()
        wall = (
            self.env["loan.wall"]
            .with_user(self.compliance)
            .create({"team_id": self.team.id, "other_team_id": self.other_team.id, "reason": "Two sides"})
        )
        unusual = self.env["loan.access.unusual"].create(
            {
                "user_id": self.manager.id,
                "company_id": self.company.id,
                "kind": "busy",
                "start": _NOW,
                "end": _NOW,
            }
        )
        finding = self.env["loan.access.finding"].create(
            {"kind": "file", "subject": "x", "count": 1, "first_at": _NOW, "last_at": _NOW}
        )
        proof = self.env["loan.access.proof"]._make()
        kind = self.env["loan.breach.kind"].search([], limit=1)
        breach = (
            self.env["loan.breach"]
            .with_user(self.compliance)
            .create(
                {
                    "user_id": self.manager.id,
                    "company_id": self.company.id,
                    "kind_id": kind.id,
                    "facts": "<p>Told a neighbor of Wang Fang</p>",
                    "date": TODAY,
                }
            )
        )
        text = self.env["loan.nda.text"].search([], limit=1).copy({"company_id": self.company.id})
        nda = self.env["loan.nda"].create(
            {"user_id": self.manager.id, "company_id": self.company.id, "text_id": text.id}
        )
        emergency = self.env["loan.access.grant"]._open_emergency(
            self.stranger,
            self.customer,
            self.confidential,
            "Wang Fang is in jail and nobody can be reached",
            30,
        )
        review = self.env["loan.access.review"].search([("grant_id", "=", emergency.id)])
        review.with_user(self.compliance).note = "Called Wang Fang"
        self.env.flush_all()
        entry = self.env["loan.access.log"].search([("company_id", "=", self.company.id)], limit=1)
        found = {
            "loan.access.log": entry,
            "loan.access.head": self.env["loan.access.head"].search([], limit=1),
            "loan.access.proof": proof,
            "loan.access.unusual": unusual,
            "loan.access.finding": finding,
            "loan.access.grant": self.theirs,
            "loan.access.review": review,
            "loan.access.template": template,
            "loan.access.template.line": template.line_ids,
            "loan.access.deal": self.deal,
            "loan.access.campaign": campaign,
            "loan.access.campaign.line": campaign.line_ids.filtered(
                lambda line: line.grant_id == self.theirs
            ),
            "loan.breach.kind": kind,
            "loan.breach.register": self.env["loan.breach.register"].browse(breach.id),
            "loan.nda.register": self.env["loan.nda.register"].browse(nda.id),
            "loan.voice.report": self._issued_report(),
            "loan.confidentiality.level": self.confidential,
            "loan.wall": wall,
        }
        self.env.invalidate_all()
        self.assertEqual(found.keys(), _READ)
        return {name: record.with_user(self.auditor) for name, record in found.items()}

    def _issued_report(self):
        report = self.env["loan.voice.report"].create({"company_id": self.company.id})
        report.action_issue()
        return report

    def _refused(self, change):
        """Check that Odoo says no, in whichever of its words."""
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                change()
        except (AccessError, UserError):
            self.env.cr.clear()
        else:
            self.fail("this was not refused")

    def test_an_auditor_reads_the_evidence(self):
        for name, record in self._evidence().items():
            with self.subTest(model=name):
                self.assertTrue(record.search([("id", "in", record.ids)]))
                self.assertTrue(record.read())

    def test_no_rights_of_loan_crm_but_these(self):
        group = self.env.ref("loan_crm.loan_crm_group_auditor")
        lines = self.env["ir.model.access"].search([("group_id", "=", group.id)])
        self.assertEqual(set(lines.mapped("model_id.model")), _READ)
        self.assertFalse(
            lines.filtered(lambda line: line.perm_write or line.perm_create or line.perm_unlink).mapped(
                "name"
            )
        )
        for name in ("loan.customer", "loan.contract", "loan.nda", "loan.breach", "loan.access.end"):
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(self.env[name].with_user(self.auditor).has_access(operation), name)

    def test_every_write_is_refused(self):
        for name, record in self._evidence().items():
            with self.subTest(model=name):
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(record.has_access(operation))
                column = next(
                    field.name
                    for field in record._fields.values()
                    if field.store and field.type in ("char", "selection", "integer") and field.name != "id"
                )
                for change in (
                    lambda record=record, column=column: record.write({column: record[column]}),
                    lambda record=record: record.unlink(),
                    lambda record=record: record.copy(),
                    lambda record=record: record.create({}),
                ):
                    self._refused(change)

    def test_no_button_does_anything_for_an_auditor(self):
        looks = {
            "action_open_log",
            "action_open_grants",
            "action_open_lines",
            "action_open_deals",
            "action_open_record",
            "action_open_access_log",
        }
        pressed = 0
        for name, record in self._evidence().items():
            ours = {
                verb
                for part in type(record).__mro__
                if part.__module__.startswith("odoo.addons.loan_crm")
                for verb in part.__dict__
                if verb.startswith("action_")
            }
            for verb in sorted(ours - looks):
                pressed += 1
                with self.subTest(model=name, verb=verb):
                    self._refused(getattr(record, verb))
        self.assertGreater(pressed, 12)

    def test_an_auditor_sees_no_customer(self):
        evidence = self._evidence()
        self.assertFalse(self._sees_nothing(self.customer))
        grant = evidence["loan.access.grant"]
        for record in (grant, evidence["loan.access.campaign.line"]):
            self.assertEqual(record.read(["customer_id"])[0]["customer_id"][1], "(not yours to see)")
            got = record.web_read({"customer_id": {"fields": {"display_name": {}}}})
            self.assertEqual(got[0]["customer_id"]["display_name"], "(not yours to see)")
            self.assertNotIn("Wang Fang", record.display_name)
        for record, column in ((grant, "wanted"), (evidence["loan.access.deal"], "wanted")):
            with self.assertRaises(AccessError):
                record.read([column])
        with self.assertRaises(AccessError):
            evidence["loan.access.deal"].read(["customer_ids"])
        self.assertEqual(evidence["loan.access.deal"].customer_count, 1)
        log = evidence["loan.access.log"]
        of_customer = log.search([("event", "=", "level")])
        self.assertTrue(of_customer)
        with self.assertRaises(AccessError):
            of_customer.read(["customer_ids"])
        for operator, value in (("in", self.customer.ids), ("ilike", "Wang")):
            with self.assertRaises(AccessError):
                log.search([("customer_ids", operator, value)])
        for name, record in evidence.items():
            for row in record.read():
                with self.subTest(model=name):
                    self.assertNotIn("Wang Fang", str(row))
        with self.assertRaises(UserError):
            grant.export_data(["customer_id", "purpose"])
        self.auditor.group_ids += self.env.ref("base.group_allow_export")
        self.assertNotIn("Wang Fang", str(grant.export_data(["customer_id", "purpose"])["datas"]))

    def _sees_nothing(self, record):
        return record.with_user(self.auditor).has_access("read")

    def test_the_registers_tell_no_more_than_they_need(self):
        evidence = self._evidence()
        breach, nda = evidence["loan.breach.register"], evidence["loan.nda.register"]
        told = str(breach.read())
        self.assertNotIn("Lin Mei", told)
        self.assertNotIn("neighbor", told)
        self.assertEqual(breach.state, "reported")
        self.assertEqual((nda.user_id, nda.standing), (self.manager, "to_sign"))
        for name in ("signature", "body", "signer_login"):
            self.assertNotIn(name, nda._fields)

    def test_an_auditor_reads_how_an_emergency_went_and_not_what_was_said(self):
        review = self._evidence()["loan.access.review"]
        self.assertEqual((review.user_id, review.state, review.is_open), (self.stranger, "waiting", True))
        self.assertEqual((review.level_id, review.date_from), (self.confidential, _NOW))
        self.assertEqual(review.customer_name, "(not yours to see)")
        for column in ("reason", "note", "breach_id"):
            with self.assertRaises(AccessError, msg=column):
                review.read([column])
        for column in ("note", "breach_id.facts"):
            with self.assertRaises(AccessError, msg=column):
                review.search([(column, "ilike", "Wang")])
        self.assertIn("note", review.with_user(self.compliance).read()[0])
        arch = str(review.get_views([(False, "form"), (False, "list"), (False, "kanban"), (False, "search")]))
        for hidden in ('name="note"', 'name="reason"', "breach_id", "action_justify", "action_open_customer"):
            self.assertNotIn(hidden, arch)

    def test_an_auditor_reads_no_review_of_their_own(self):
        review = self._evidence()["loan.access.review"]
        self.env.cr.execute(
            "UPDATE loan_access_review SET user_id = %s WHERE id = %s", (self.auditor.id, review.id)
        )
        self.env.invalidate_all()
        self.assertFalse(review.search([("id", "=", review.id)]))

    def test_the_looks_of_an_emergency_are_those_that_are_counted(self):
        review = self._evidence()["loan.access.review"]
        # The log has the database's clock.
        self.env.cr.execute(
            "UPDATE loan_access_grant SET date_from = now() AT TIME ZONE 'UTC' - interval '5 minutes',"
            " date_to = now() AT TIME ZONE 'UTC' + interval '9 minutes' WHERE id = %s",
            review.grant_id.ids,
        )
        looked = {"uid": self.stranger.id, "event": "view", "company_id": self.company.id, "count": 1}
        self.env["loan.access.log"].sudo()._append(
            [{**looked, "customer_refs": ids} for ids in (self.customer.ids, [self.customer.id + 1])]
        )
        self.env.invalidate_all()
        shown = self.env["loan.access.log"].with_user(self.auditor).search(review.action_open_log()["domain"])
        self.assertEqual({tuple(entry.customer_refs) for entry in shown}, {tuple(self.customer.ids)})
        self.assertEqual((shown.mapped("event").count("view"), review.view_count), (1, 1))

    def test_a_measure_is_told_when_it_is_decided(self):
        evidence = self._evidence()
        breach = self.env["loan.breach"].browse(evidence["loan.breach.register"].id)
        breach.with_user(self.officer).action_review()
        breach.with_user(self.officer).write({"measure": "warning", "decision_note": "First time"})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(evidence["loan.breach.register"].measure)
        breach.with_user(self.officer).action_decide()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(evidence["loan.breach.register"].measure, "warning")

    def test_the_register_of_agreements_stands_as_the_agreements_do(self):
        nda = self.env["loan.nda"].browse(self._evidence()["loan.nda.register"].id)
        register = self.env["loan.nda.register"].with_user(self.auditor).browse(nda.id)
        for values, wanted in (
            ({"state": "signed", "signed_at": _NOW, "expires_at": _NOW + timedelta(days=9)}, "in_force"),
            ({"expires_at": _NOW - timedelta(days=1)}, "expired"),
        ):
            columns = ", ".join(f"{name} = %s" for name in values)
            self.env.cr.execute(
                f"UPDATE loan_nda SET {columns} WHERE id = %s",
                (*values.values(), nda.id),  # pylint: disable=sql-injection
            )
            self.env.invalidate_all()
            self.assertEqual(register.standing, wanted)
            self.assertEqual(nda.standing, wanted)

    def test_the_registers_speak_as_what_they_show(self):
        for register, kept, columns in (
            ("loan.breach.register", "loan.breach", ("severity", "found_how", "state", "measure")),
            ("loan.nda.register", "loan.nda", ("standing",)),
        ):
            for lang in ("en_US", "zh_CN"):
                here = self.env[register].with_user(self.auditor).with_context(lang=lang)
                there = self.env[kept].with_context(lang=lang)
                told = here.fields_get(columns, ["selection"])
                for column in columns:
                    with self.subTest(model=register, column=column, lang=lang):
                        self.assertEqual(
                            told[column]["selection"], there.fields_get([column])[column]["selection"]
                        )
        chinese = self.env["loan.breach.register"].with_user(self.auditor).with_context(lang="zh_CN")
        self.assertNotIn("Serious", str(chinese.fields_get(["severity"])))

    def test_of_other_companies_nothing(self):
        self._evidence()
        other = self.env["res.company"].create({"name": "Other Lender"})
        self.auditor.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.env.invalidate_all()
        for name in ("loan.access.grant", "loan.access.deal", "loan.access.campaign", "loan.breach.register"):
            records = self.env[name].with_user(self.auditor).with_context(allowed_company_ids=other.ids)
            self.assertFalse(records.search([]), name)

    def test_nobody_else_reads_the_registers(self):
        self._evidence()
        for user in (self.manager, self.lead, self.desk, self.administrator, self.compliance, self.employee):
            for name in ("loan.breach.register", "loan.nda.register"):
                self.assertFalse(self.env[name].with_user(user).has_access("read"), user.name)

    def test_an_auditor_neither_talks_nor_listens_nor_follows(self):
        evidence = self._evidence()
        talk = self.theirs.with_user(self.compliance).message_post(body="Wang Fang called")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(talk.with_user(self.auditor).has_access("read"))
        for name in ("loan.access.grant", "loan.access.deal", "loan.access.proof", "loan.access.finding"):
            record = evidence[name]
            for change in (
                lambda record=record: record.message_post(body="Mine"),
                lambda record=record: record.message_subscribe(self.auditor.partner_id.ids),
                lambda record=record: (
                    self.env["mail.message"]
                    .with_user(self.auditor)
                    .create({"model": record._name, "res_id": record.id, "body": "Mine"})
                ),
            ):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    change()

    def test_an_auditor_has_no_other_role(self):
        for role in ("manager", "service_desk", "compliance", "administrator"):
            with self.assertRefused("would audit their own work"):
                self.auditor.group_ids = [Command.link(self.env.ref(f"loan_crm.loan_crm_group_{role}").id)]
        self.auditor.group_ids = [Command.link(self.env.ref("base.group_partner_manager").id)]

    def test_what_the_menu_offers_can_be_opened(self):
        self._evidence()
        root = self.env.ref("loan_crm.loan_crm_menu_root")
        menus = self.env["ir.ui.menu"].with_user(self.auditor)
        visible = set(menus._visible_menu_ids())
        offered = (
            self.env["ir.ui.menu"]
            .with_context(**{"ir.ui.menu.full_list": True})
            .search([("id", "child_of", root.id)])
        )
        # What stands under a menu that is not shown is not shown either.
        offered = offered.filtered(
            lambda menu: {int(id_) for id_ in menu.parent_path.split("/") if id_} <= visible
        )
        self.assertGreater(len(offered), 12)
        audit = self.env.ref("loan_crm.loan_crm_menu_audit")
        outside = offered.filtered("action").filtered(
            lambda menu: audit not in (menu.parent_id | menu.parent_id.parent_id)
        )
        self.assertFalse(outside.mapped("complete_name"))
        for menu in offered.filtered("action"):
            action = menu.action
            with self.subTest(menu=menu.complete_name):
                model = self.env[action.res_model].with_user(self.auditor)
                views = [(False, mode) for mode in action.view_mode.split(",")]
                got = model.get_views([*views, (False, "search")])
                # A talk and to-dos are closed to them: a form that shows any opens with an access error.
                for closed in ("<chatter", "activity_ids"):
                    self.assertNotIn(closed, str([view["arch"] for view in got["views"].values()]))
                fields = got["models"][action.res_model]["fields"]
                domain = safe_eval(action.domain or "[]", {"uid": self.auditor.id})
                self.assertIsInstance(literal_eval(str(domain)), list)
                model.search(domain, limit=3).read([name for name in fields if name in model._fields])
