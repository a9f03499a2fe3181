from base64 import b64encode
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from io import StringIO
from tempfile import NamedTemporaryFile
from threading import Thread
from unittest.mock import patch

import psycopg2

from odoo import Command
from odoo.cli.command import find_command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor
from odoo.tests import HttpCase, freeze_time, tagged, test_cursor
from odoo.tests.common import JsonRpcException
from odoo.tools import SQL, config, mute_logger

from ..core import evidence
from .common import NOW, LoanCommon

at = datetime.fromisoformat


def commit_with_hooks(cursor):
    """Commit as a real cursor does: a test's own leaves out what happens after a commit."""
    hooks = cursor.postcommit
    cursor.flush()
    if cursor._savepoint:
        cursor._savepoint.close(rollback=cursor.readonly)
        cursor._savepoint = None
    cursor.clear()
    cursor.prerollback.clear()
    cursor.postrollback.clear()
    hooks.run()


class EvidenceCommon(LoanCommon):
    """Two customers, of whom only Wang Fang is confidential: the levels have tests of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = cls._customer("Li Hua")
        cls.contract = cls._contract()
        logged = {
            "loan.customer": Domain("id", "=", cls.customer.id),
            "loan.contract": Domain("customer_id", "=", cls.customer.id),
        }
        mixin = cls.registry["loan.evidence.mixin"]
        cls.startClassPatcher(
            patch.object(mixin, "_loan_logged_domain", lambda self: logged.get(self._name, Domain.FALSE))
        )
        cls.log = cls.env["loan.access.log"]
        cls.env.flush_all()

    def _entries(self, *domain):
        self.env.invalidate_all()
        return self.log.search([("uid", "!=", 1), *domain], order="id")

    @contextmanager
    def _noted(self):
        """Gather the entries that are written meanwhile."""
        before = self.log.search([], order="id desc", limit=1).id or 0
        found = []
        yield found
        self.env.invalidate_all()
        found += self.log.search([("id", ">", before)], order="id")

    def _tamper(self, statement, *args):
        """Change the log as somebody who owns the database would."""
        for table in ("loan_access_log", "loan_access_head"):
            self.env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.env.cr.execute(SQL(statement, *args))
        for table in ("loan_access_log", "loan_access_head"):
            self.env.cr.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        self.env.invalidate_all()

    def _fill(self, count=6):
        """Note some decisions of compliance; return the chain."""
        for number in range(count):
            self.log.with_user(self.compliance)._note("grant", self.customer, reason=f"Reason {number}")
        return self.compliance.id % evidence.CHAINS + evidence.CHAINS


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanAccessLog(EvidenceCommon):
    """Who saw what is on record, and the record stays as it is."""

    # ------------------------------------------------------------ what is noted

    def test_a_look_is_noted_and_what_is_not_confidential_is_not(self):
        with self._noted() as found:
            both = (self.customer | self.plain).with_user(self.manager)
            both.web_read({"kind": {}, "manager_user_id": {}})
        (entry,) = found
        self.assertEqual((entry.event, entry.outcome, entry.uid), ("view", "allowed", self.manager.id))
        self.assertEqual((entry.res_model, entry.res_ids), ("loan.customer", self.customer.ids))
        self.assertEqual((entry.login, entry.company_id), (self.manager.login, self.company))
        self.assertEqual(entry.user_id, self.manager)
        self.assertIn(entry, self.log.search([("user_id", "ilike", "Lin Mei")]))
        self.assertNotIn(entry, self.log.search([("user_id", "in", self.colleague.ids)]))
        self.assertEqual(entry.customer_refs, self.customer.ids)
        self.assertEqual(entry.field_names, "kind,manager_user_id")

    def test_nothing_of_the_customer_stands_in_the_log(self):
        self.customer.partner_id.write({"name": "Ouyang Xiuying", "phone": "+86 21 7777 1234"})
        mine = self.customer.with_user(self.manager)
        with self._noted() as found:
            mine.web_read({"display_name": {}, "partner_id": {"fields": {"display_name": {}}}})
            mine.name_search("Ouyang")
            mine.formatted_read_group([("partner_id.name", "=", "Ouyang Xiuying")], ["kind"], ["__count"])
        self.assertTrue(found)
        self.env.cr.execute(
            SQL("SELECT log::text FROM loan_access_log log WHERE id = ANY(%s)", [e.id for e in found])
        )
        for (text,) in self.env.cr.fetchall():
            self.assertNotIn("Ouyang", text)
            self.assertNotIn("7777", text)

    def test_every_way_of_looking_is_noted(self):
        self.manager.group_ids = [Command.link(self.env.ref("base.group_allow_export").id)]
        mine = self.customer.with_user(self.manager)
        loan = self.contract.with_user(self.manager)
        file = self.env["ir.attachment"].create(
            {"name": "Payslip", "raw": b"secret", "res_model": "loan.customer", "res_id": self.customer.id}
        )
        message = self.customer.message_post(body="Wants to move abroad")
        ways = {
            "read": ("view", lambda: mine.read(["kind"])),
            "search_read": ("view", lambda: mine.search_read([], ["kind"])),
            "web_search_read": ("view", lambda: mine.web_search_read([], {"kind": {}})),
            "name_search": ("lookup", lambda: mine.name_search("Wang")),
            "web_name_search": ("lookup", lambda: mine.web_name_search("Wang", {"display_name": {}})),
            "formatted_read_group": (
                "aggregate",
                lambda: mine.formatted_read_group([], ["kind"], ["__count"]),
            ),
            "web_read_group": ("aggregate", lambda: mine.web_read_group([], ["kind"], ["__count"])),
            "formatted_read_grouping_sets": (
                "aggregate",
                lambda: mine.formatted_read_grouping_sets([], [["kind"]], ["__count"]),
            ),
            "export_data": ("export", lambda: mine.export_data(["id", "partner_id/name"])),
            "export through the loan": ("export", lambda: loan.export_data(["customer_id/kind"])),
            "the file's content": ("download", lambda: file.with_user(self.manager).read(["raw"])),
            "the thread": (
                "message",
                lambda: self.env["mail.message"].with_user(self.manager)._message_fetch(None, thread=mine),
            ),
            "a message": ("message", lambda: message.with_user(self.manager).read(["body"])),
            "print": (
                "report",
                lambda: (
                    self.env["ir.actions.report"]
                    .with_user(self.manager)
                    ._render_qweb_html("loan_crm.loan_key_facts_report_html", loan.ids)
                ),
            ),
        }
        for way, (event, look) in ways.items():
            with self.subTest(way=way), self._noted() as found:
                look()
            with self.subTest(way=way):
                self.assertIn(event, [entry.event for entry in found])
                self.assertEqual({entry.uid for entry in found}, {self.manager.id})

    def test_who_sees_nothing_leaves_no_view(self):
        with self._noted() as found:
            self.env["loan.customer"].with_user(self.stranger).search_read([], ["kind"])
            self.env["loan.customer"].with_user(self.stranger).formatted_read_group([], ["kind"], ["__count"])
            self.plain.with_user(self.manager).read(["kind"])
        self.assertFalse(found)

    def test_no_context_switches_it_off(self):
        context = {
            "tracking_disable": True,
            "mail_notrack": True,
            "auditlog_disabled": True,
            "auditlog_disabled_read": True,
            "loan_log": False,
            "active_test": False,
            "prefetch_fields": False,
            "bin_size": True,
            "lang": "zh_CN",
            "uid": 1,
            "su": True,
            "allowed_company_ids": self.company.ids,
        }
        mine = self.customer.with_user(self.manager).with_context(**context)
        for look in (
            lambda: mine.web_read({"kind": {}}),
            lambda: mine.name_search("Wang"),
            lambda: mine.formatted_read_group([], ["kind"], ["__count"]),
        ):
            with self._noted() as found:
                look()
            self.assertTrue(found)

    def test_the_program_on_its_own_is_nobody_looking(self):
        with self._noted() as found:
            self.customer.with_user(self.manager).sudo().read(["kind"])
            self.customer.with_user(self.manager).manager_user_id.name  # noqa: B018
        self.assertFalse(found)

    def test_a_refusal_is_noted_with_what_was_tried(self):
        with self._noted() as found:
            try:
                self.customer.with_user(self.stranger).web_read({"kind": {}})
                self.fail("not refused")
            except AccessError as error:
                self.assertNotIn("Wang", str(error))
        (entry,) = found
        self.assertEqual((entry.event, entry.outcome, entry.uid), ("refusal", "denied", self.stranger.id))
        self.assertEqual((entry.res_ids, entry.facts), (self.customer.ids, {"operation": "read"}))

    def test_a_refusal_of_what_is_not_confidential_is_not_noted(self):
        with self._noted() as found:
            with self.assertRaises(AccessError):
                self.plain.with_user(self.stranger).read(["kind"])
        self.assertFalse(found)

    def test_a_decision_is_noted_with_its_transaction(self):
        with self._noted() as found:
            with self.env.cr.savepoint() as savepoint:
                self.log.with_user(self.compliance)._note("grant", self.customer, grant=7)
                savepoint.rollback()
            self.log.with_user(self.compliance)._note(
                "level", self.customer, reason="Board member", level_before=1, level_after=3
            )
        (entry,) = found
        self.assertEqual((entry.event, entry.reason), ("level", "Board member"))
        self.assertEqual(entry.facts, {"level_before": 1, "level_after": 3})

    def test_what_an_administrator_changes_is_noted(self):
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.company
        env = self.env(user=admin, su=False)
        rule = env["ir.rule"].search([("model_id.model", "=", "loan.customer")], limit=1)
        group = env.ref("loan_crm.loan_crm_group_compliance")
        for operation, model, name, change in (
            ("write", "ir.rule", "active", lambda: rule.write({"active": False})),
            (
                "write",
                "res.users",
                "group_ids",
                lambda: admin.with_env(env).write({"group_ids": [(4, group.id)]}),
            ),
            ("write", "res.groups", "user_ids", lambda: group.write({"user_ids": [(4, admin.id)]})),
            (
                "create",
                "ir.actions.server",
                "code",
                lambda: env["ir.actions.server"].create(
                    {"name": "Out", "model_id": rule.model_id.id, "state": "code", "code": "pass"}
                ),
            ),
            (
                "write",
                "ir.module.module",
                "state",
                lambda: (
                    env["ir.module.module"].search([("state", "=", "uninstalled")], limit=1).button_install()
                ),
            ),
            (
                "create",
                "ir.config_parameter",
                "key",
                lambda: env["ir.config_parameter"].set_param("x.y", "z"),
            ),
            (
                "unlink",
                "ir.model.access",
                "",
                lambda: (
                    env["ir.model.access"]
                    .search([("model_id.model", "=", "loan.customer")], limit=1)
                    .unlink()
                ),
            ),
        ):
            with self.subTest(model=model), self._noted() as found:
                change()
            with self.subTest(model=model):
                noted = [entry for entry in found if entry.res_model == model]
                self.assertTrue(noted)
                self.assertEqual((noted[0].event, noted[0].uid), ("administration", admin.id))
                self.assertEqual(noted[0].facts["operation"], operation)
                self.assertIn(name, noted[0].field_names or "")
        with self._noted() as found, patch.object(self.registry, "ready", False):
            rule.write({"active": True})  # by an upgrade
        self.assertFalse(found)
        with self._noted() as found:
            self.env["ir.config_parameter"].sudo().set_param("x.y", "from the program")
            self.manager.with_user(self.manager).write({"signature": "Mei"})
        self.assertFalse(found)

    def test_a_decision_says_what_it_is(self):
        for event, outcome, facts in (
            ("viewed", "allowed", {}),
            ("grant", "perhaps", {}),
            ("grant", "allowed", {"customer": self.customer}),
        ):
            with self.subTest(event=event, outcome=outcome), self.assertRaises(ValueError):
                self.log._note(event, self.customer, outcome=outcome, **facts)

    def test_nul_and_odd_letters_do_no_harm(self):
        chain = self._fill(1)
        self.log.with_user(self.compliance)._note(
            "grant", self.customer, reason="a\x00b 董事 \U0001f600 'x\""
        )
        self.assertFalse(self.log._verify()[1])
        self.assertEqual(self.log.search([("chain", "=", chain)], limit=1).reason, "ab 董事 \U0001f600 'x\"")

    # ------------------------------------------------------------ stays as it is

    def test_nobody_writes_it(self):
        self._fill()
        entry = self.log.search([], limit=1)
        head = self.env["loan.access.head"].search([], limit=1)
        everybody = (
            self.compliance,
            self.manager,
            self.administrator,
            self.env.ref("base.user_admin"),
            self.env.user,
        )
        for user in everybody:
            for record in (entry, head):
                for change in (
                    lambda record: record.write({"seq": 1}),
                    lambda record: record.unlink(),
                    lambda record: record.create({"chain": 1}),
                    lambda record: record.copy(),
                ):
                    with self.subTest(user=user.name, model=record._name):
                        with self.assertRaises(UserError):
                            change(record.with_user(user))
        with self.assertRaises(UserError):
            entry.sudo().write({"reason": "Another"})
        with self.assertRaises(UserError):
            entry.sudo().unlink()

    def test_the_database_refuses_as_well(self):
        self._fill()
        for statement in (
            "UPDATE loan_access_log SET uid = uid + 1",
            "DELETE FROM loan_access_log",
            "TRUNCATE loan_access_log",
            "UPDATE loan_access_head SET seq = seq - 1 WHERE seq > 0",
            "DELETE FROM loan_access_head",
            "TRUNCATE loan_access_head",
        ):
            with self.subTest(statement=statement), mute_logger("odoo.sql_db"):
                with self.assertRaises(psycopg2.errors.InsufficientPrivilege), self.env.cr.savepoint():
                    self.env.cr.execute(statement)

    def test_a_guard_that_was_taken_down_is_put_up_again_on_record(self):
        for damage in (
            "DROP TRIGGER loan_access_log_keep ON loan_access_log",
            "ALTER TABLE loan_access_log DISABLE TRIGGER loan_access_log_keep_all",
            "CREATE OR REPLACE FUNCTION loan_access_keep() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RETURN NEW; END'",
        ):
            with self.subTest(damage=damage):
                self.env.cr.execute(damage)
                self.assertTrue(self.log._missing_triggers())
                with self._noted() as found:
                    self.log._register_hook()
                self.assertFalse(self.log._missing_triggers())
                self.assertEqual([entry.event for entry in found], ["integrity"])
                self.assertIn("keep", found[0].facts["missing"])

    def test_tampering_is_caught_and_the_first_broken_link_named(self):
        chain = self._fill(6)
        last = self.env["loan.access.head"].search([("chain", "=", chain)]).seq
        first = last - 5
        count, broken = self.log._verify()
        self.assertFalse(broken)
        self.assertGreaterEqual(count, 6)
        for statement, args, kind, seq in (
            (
                "UPDATE loan_access_log SET uid = uid + 1 WHERE chain = %s AND seq = %s",
                (chain, first + 2),
                "changed",
                first + 2,
            ),
            (
                "UPDATE loan_access_log SET logged_at = logged_at - interval '1us' WHERE chain = %s AND seq = %s",
                (chain, first + 1),
                "changed",
                first + 1,
            ),
            (
                "UPDATE loan_access_log SET res_ids = '[1]' WHERE chain = %s AND seq IN (%s, %s)",
                (chain, first + 4, first + 3),
                "changed",
                first + 3,
            ),
            (
                "DELETE FROM loan_access_log WHERE chain = %s AND seq = %s",
                (chain, first + 3),
                "missing",
                first + 3,
            ),
            (
                "DELETE FROM loan_access_log WHERE chain = %s AND seq >= %s",
                (chain, first + 4),
                "end",
                first + 4,
            ),
            ("DELETE FROM loan_access_log WHERE chain = %s AND seq <= %s", (chain, first), "start", None),
            (
                "INSERT INTO loan_access_log (chain, seq, logged_at, uid, event, outcome, seal) "
                "VALUES (%s, %s, now(), 1, 'view', 'allowed', %s)",
                (chain, last + 1, "f" * 64),
                "changed",
                last + 1,
            ),
            ("UPDATE loan_access_head SET seq = seq - 1 WHERE chain = %s", (chain,), "head", last),
            ("DELETE FROM loan_access_head WHERE chain = %s", (chain,), "head", last),
        ):
            with self.subTest(statement=statement), self.env.cr.savepoint() as savepoint:
                self._tamper(statement, *args)
                (found,) = self.log._verify()[1]
                self.assertEqual((found.chain, found.kind), (chain, kind))
                if seq:
                    self.assertEqual(found.seq, seq)
                    self.assertIn(str(seq), self.log._explain_break(found))
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertFalse(self.log._verify()[1])

    def test_who_writes_a_whole_chain_anew_is_told_by_a_seal_from_outside(self):
        chain = self._fill(4)
        lines = self.log._anchor_lines()
        head = self.env["loan.access.head"].search([("chain", "=", chain)])
        seq, before = head.seq, self.log.search([("chain", "=", chain), ("seq", "=", head.seq - 2)]).seal
        # The last two go, and the end of the chain with them: nothing inside can tell.
        self._tamper("DELETE FROM loan_access_log WHERE chain = %s AND seq > %s", chain, seq - 2)
        self._tamper(
            "UPDATE loan_access_head SET seq = %s, seal = %s WHERE chain = %s", seq - 2, before, chain
        )
        self.assertFalse(self.log._verify()[1])
        form = self.env["loan.access.log.check"].with_user(self.compliance)
        for values in ({"lines": f"Dear auditor,\n{lines}"}, {"file": b64encode(lines.encode())}):
            proof = self.env["loan.access.proof"].browse(form.create(values).action_check()["res_id"])
            self.assertEqual(proof.state, "broken")
            self.assertIn(f"Chain {chain}, entry {seq}", proof.told)
            self.assertIn(self.compliance, proof.activity_ids.user_id)
        with self.assertRefused("No seal was found"):
            form.create({"lines": "nothing of the kind"}).action_check()

    def test_two_sealed_the_same_moment_stay_in_order(self):
        with self._noted() as found:
            self.log._append(
                [{"uid": self.manager.id, "event": "view"}, {"uid": self.manager.id, "event": "export"}]
            )
        self.assertEqual([entry.seq - found[0].seq for entry in found], [0, 1])
        self.assertFalse(self.log._verify()[1])

    # ------------------------------------------------------------ purge

    def _age(self, entries, years):
        """Let entries have been written years ago, and the log be whole all the same."""
        chains = set(entries.mapped("chain"))
        self._tamper(
            "UPDATE loan_access_log SET logged_at = logged_at - %s * interval '1 year' WHERE id = ANY(%s)",
            years,
            entries.ids,
        )
        names = SQL(", ").join(map(SQL.identifier, evidence.SEALED))
        for chain in chains:
            self.env.cr.execute(
                SQL("SELECT id, %s FROM loan_access_log WHERE chain = %s ORDER BY seq", names, chain)
            )
            rows = [
                (row[0], dict(zip(evidence.SEALED, row[1:], strict=True))) for row in self.env.cr.fetchall()
            ]
            seals = evidence.seal_all(evidence.GENESIS, [row for _id, row in rows])
            for (id_, _row), seal in zip(rows, seals, strict=True):
                self._tamper("UPDATE loan_access_log SET seal = %s WHERE id = %s", seal, id_)
            self._tamper("UPDATE loan_access_head SET seal = %s WHERE chain = %s", seals[-1], chain)

    def test_what_was_purged_leaves_a_log_that_can_be_checked(self):
        chain = self._fill(5)
        mine = self.log.search([("chain", "=", chain)], order="seq")
        old = mine[:-2]
        self._age(old, 11)
        self.assertFalse(self.log._verify()[1])
        lines = self.log._anchor_lines()
        form = self.env["loan.access.log.purge"].with_user(self.compliance).create({})
        self.assertEqual(form.count, len(old))
        form.action_purge()
        self.assertFalse(old.exists())
        left = self.log.search([("chain", "=", chain)], order="seq")
        self.assertEqual(left[:2], mine[-2:])
        self.assertEqual((left[2].event, left[2].uid), ("purge", self.compliance.id))
        self.assertFalse(self.log._verify(evidence.read_anchors(lines))[1])
        # What goes without a purge is noticed after one, too.
        with self.env.cr.savepoint() as savepoint:
            self._tamper("DELETE FROM loan_access_log WHERE id = %s", left[0].id)
            self.assertEqual([found.kind for found in self.log._verify()[1]], ["start"])
            savepoint.rollback()
        # And a purge that is made up stands in a chain it does not fit.
        with self.env.cr.savepoint() as savepoint:
            self._tamper(
                'UPDATE loan_access_log SET facts = \'{"up_to": 1, "seal": "0"}\' WHERE id = %s', left[2].id
            )
            self.assertTrue(self.log._verify()[1])
            savepoint.rollback()

    def test_a_second_purge_may_take_the_record_of_the_first(self):
        chain = self._fill(3)
        self._age(self.log.search([("chain", "=", chain)]), 11)
        purge = self.env["loan.access.log.purge"].with_user(self.compliance)
        purge.create({}).action_purge()
        left = self.log.search([("chain", "=", chain)])
        self.assertEqual(left.mapped("event"), ["purge"])
        self.assertFalse(self.log._verify()[1])
        seq = left.seq
        self.log._purge(left.logged_at + timedelta(seconds=1))
        again = self.log.search([("chain", "=", chain)])
        self.assertEqual((again.mapped("event"), again.seq), (["purge"], seq + 1))
        self.assertEqual(again.facts["up_to"], seq)
        self.assertFalse(self.log._verify()[1])

    def test_what_has_to_be_kept_is_not_purged(self):
        self._fill()
        purge = self.env["loan.access.log.purge"].with_user(self.compliance)
        with self.assertRefused("have to be kept"):
            purge.create({"before": "2026-03-10"}).action_purge()
        self.company.loan_log_years = 30
        with self.assertRefused("have to be kept"):
            purge.create({"before": "2010-03-10"}).action_purge()
        with self.assertRaises(AccessError):
            purge.with_user(self.administrator).create({"before": "1990-01-01"})

    # ------------------------------------------------------------ who may read it

    def test_compliance_reads_it_and_nobody_else(self):
        self._fill()
        everything = ("loan.access.log", "loan.access.head", "loan.access.proof", "loan.access.unusual")
        for user in (self.manager, self.lead, self.desk, self.administrator, self.employee):
            for name in everything:
                with self.subTest(user=user.name, model=name), self.assertRaises(AccessError):
                    self.env[name].with_user(user).search([])
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.customer.with_user(user).action_open_access_log()
        for name in everything:
            self.env[name].with_user(self.compliance).search([]).read()

    def test_another_lenders_compliance_reads_nothing_of_it(self):
        chain = self._fill()
        other = self.env["res.company"].create({"name": "Puxi Finance"})
        elsewhere = self._user(
            "compliance", "Tan Wei", company_id=other.id, company_ids=[Command.set(other.ids)]
        )
        self.assertFalse(
            self.log.with_user(elsewhere)
            .with_context(allowed_company_ids=other.ids)
            .search([("chain", "=", chain)])
        )

    def test_the_log_names_no_customer_its_reader_may_not_see(self):
        self._fill()
        entry = self.log.with_user(self.compliance).search([("event", "=", "grant")], limit=1)
        self.assertEqual(entry.customer_ids, self.customer)
        rule = self.env.ref("loan_crm.loan_customer_rule_company")
        rule.domain_force = "[('id', '=', 0)]"
        self.env.invalidate_all()
        self.assertFalse(entry.customer_ids)
        self.assertFalse(
            self.log.with_user(self.compliance).search([("customer_ids", "in", self.customer.ids)])
        )

    def test_compliance_asks_who_saw_a_customer(self):
        self.customer.with_user(self.manager).web_read({"kind": {}})
        self.contract.with_user(self.manager).web_read({"principal": {}})
        action = self.customer.with_user(self.compliance).action_open_access_log()
        found = self.log.with_user(self.compliance).search(action["domain"])
        self.assertEqual(set(found.mapped("res_model")), {"loan.customer", "loan.contract"})
        by_name = self.log.with_user(self.compliance).search([("customer_ids", "ilike", "Wang Fang")])
        self.assertEqual(by_name, found)
        self.assertFalse(self.log.with_user(self.compliance).search([("customer_ids", "ilike", "Li Hua")]))
        self.assertEqual(found[0].action_open_record()["res_id"], found[0].res_ids[0])
        self.assertEqual(found.filtered(lambda entry: entry.res_model == "loan.contract").subject, "Loan")

    # ------------------------------------------------------------ outside the database

    def test_the_seals_leave_by_mail_and_file(self):
        self._fill()
        form = (
            self.env["loan.access.log.setup"]
            .with_user(self.compliance)
            .create({"loan_log_emails": "auditor@example.com, notary@example.com"})
        )
        with self._noted() as found:
            form.action_save()
        self.assertEqual([entry.event for entry in found], ["setup"])
        self.assertEqual(self.company.loan_log_emails, "auditor@example.com, notary@example.com")
        with (
            NamedTemporaryFile("r") as file,
            patch.dict(config._runtime_options, {"loan_crm_anchor_file": file.name}),
        ):
            with self._without_commit():
                self.log._cron_evidence()
            anchors = evidence.read_anchors(file.read())
        mails = self.env["mail.mail"].search(
            [("email_to", "in", ["auditor@example.com", "notary@example.com"])]
        )
        self.assertEqual(len(mails), 2)
        self.assertEqual(evidence.read_anchors(mails[0].body_html.replace("<pre>", "\n")), anchors)
        self.assertTrue(anchors)
        self.assertFalse(self.log._verify(anchors)[1])
        self.assertEqual(self.env["loan.access.proof"].search([], order="id desc", limit=1).state, "whole")

    def test_addresses_are_written_in_full(self):
        form = self.env["loan.access.log.setup"].with_user(self.compliance)
        with self.assertRefused("address in full"):
            form.create({"loan_log_emails": "auditor, notary@example.com"}).action_save()
        with self.assertRefused("1 to 100 years"):
            form.create({"loan_log_years": 0}).action_save()
        with self.assertRaises(AccessError):
            form.with_user(self.administrator).create({})

    def test_the_command_line_names_the_first_broken_link(self):
        chain = self._fill()
        lines = self.log._anchor_lines()
        command = find_command("loan_evidence")()
        with redirect_stdout(StringIO()) as told:
            self.assertEqual(command._verify(self.log, "", False), 0)
            self.assertEqual(command._verify(self.log, lines, True), 0)
        self.assertIn("each as it was sealed", told.getvalue())
        self._tamper("UPDATE loan_access_log SET uid = uid + 1 WHERE chain = %s AND seq = 2", chain)
        with redirect_stdout(StringIO()) as told:
            self.assertEqual(command._verify(self.log, lines, True), 1)
        self.assertIn(f"Chain {chain}, entry 2", told.getvalue())
        with redirect_stderr(StringIO()):
            self.assertEqual(command._verify(self.log, "no seals", True), 2)

    def test_a_file_that_cannot_be_written_is_told(self):
        self._fill()
        with patch.dict(config._runtime_options, {"loan_crm_anchor_file": "/nowhere/at/all"}):
            with self._without_commit(), mute_logger("odoo.addons.loan_crm.models.loan_log_anchor_mixin"):
                self.log._cron_evidence()
        proof = self.env["loan.access.proof"].search([], order="id desc", limit=1)
        self.assertIn("file of the configuration", proof.activity_ids[:1].note)


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessUnusual(EvidenceCommon):
    """What stands out in the log is told with its reason, and a person closes it."""

    def _look(self, uid, moment, customers, event="view"):
        """Write an entry of a moment of the past: the log's own clock cannot be turned."""
        with patch.object(
            type(self.log),
            "_append_to",
            autospec=True,
            side_effect=lambda log, chain, rows: self._written(log, chain, rows, moment),
        ):
            self.log._append(
                [
                    {
                        "uid": uid,
                        "login": "x",
                        "event": event,
                        "company_id": self.company.id,
                        "customer_refs": customers,
                        "outcome": "denied" if event == "refusal" else "allowed",
                    }
                ]
            )

    def _written(self, log, chain, rows, moment):
        for row in rows:
            log.env.cr.execute(
                SQL(
                    """
                    INSERT INTO loan_access_log (chain, seq, logged_at, uid, event, company_id, customer_refs, outcome,
                                                 seal)
                    SELECT %s, coalesce(max(seq), 0) + 1000, %s, %s, %s, %s, %s::jsonb, %s, 'x'
                      FROM loan_access_log WHERE chain = %s
                    """,
                    chain,
                    moment,
                    row["uid"],
                    row["event"],
                    row["company_id"],
                    str(row["customer_refs"]),
                    row["outcome"],
                    chain,
                )
            )

    def _found(self, user):
        with freeze_time(NOW):
            self.env["loan.access.unusual"]._look()
        found = self.env["loan.access.unusual"].search([("user_id", "=", user.id)])
        return dict(zip(found.mapped("kind"), found, strict=True))

    def test_each_kind_is_found_once(self):
        morning = at("2026-03-10 01:10:00")  # ten past nine in Shanghai
        self.company.loan_log_busy = 3
        self.company.loan_log_refusals = 2
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.env["loan.assignment"].search([("customer_id", "=", self.customer.id)]).flush_recordset()
        self._tamper(
            "UPDATE loan_assignment SET date_to = %s WHERE customer_id = %s AND date_to IS NOT NULL",
            at("2026-03-09 00:00:00"),
            self.customer.id,
        )
        self._look(self.manager.id, morning, [1, 2, 3, 4])
        self._look(self.manager.id, morning + timedelta(minutes=1), [self.customer.id])
        self._look(self.manager.id, at("2026-03-09 17:00:00"), [1])  # one in the night
        for _again in range(3):
            self._look(self.manager.id, morning, [5], "refusal")
        found = self._found(self.manager)
        self.assertEqual(set(found), {"busy", "off", "former", "refused"})
        self.assertEqual((found["busy"].customer_count, found["former"].customer_count), (5, 1))
        self.assertIn("Up to 3", found["busy"].explanation)
        self.assertEqual(self._found(self.manager), found, "found once")

    def test_a_usual_day_stands_out_nowhere(self):
        self._look(self.manager.id, at("2026-03-10 01:10:00"), [self.customer.id])
        self.assertFalse(self._found(self.manager))

    def test_somebody_else_closes_it_with_a_word(self):
        self._look(self.manager.id, at("2026-03-09 17:00:00"), [1])
        finding = self._found(self.manager)["off"].with_user(self.compliance)
        with self.assertRefused("Note first"):
            finding.action_review()
        finding.note = "Month's end"
        with self._noted() as noted:
            finding.action_review()
        self.assertEqual((finding.state, finding.reviewed_by_id), ("reviewed", self.compliance))
        self.assertEqual([entry.event for entry in noted], ["review"])
        with self.assertRefused("reviewed already"):
            finding.note = "Another"
        with self.assertRaises(AccessError):
            finding.write({"state": "open"})
        self._look(self.manager.id, at("2026-03-09 18:00:00"), [2])
        self._found(self.manager)
        self.assertEqual(finding.state, "open", "there was more of it")
        entries = self.log.search(finding.action_open_log()["domain"])
        self.assertEqual(len(entries), 2)

    def test_nobody_closes_what_is_about_themselves(self):
        self.manager.group_ids = [Command.link(self.env.ref("loan_crm.loan_crm_group_compliance").id)]
        self._look(self.manager.id, at("2026-03-09 17:00:00"), [1])
        finding = self._found(self.manager)["off"].with_user(self.manager)
        with self.assertRefused("about yourself"):
            finding.note = "Nothing"
        with self.assertRefused("about yourself"):
            finding.action_review()


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessLogRequests(EvidenceCommon, HttpCase):
    """A request writes what it showed once, when it has ended, and what it refused however it ended."""

    freeze_time = None

    def setUp(self):
        super().setUp()
        self.patch(test_cursor.TestCursor, "commit", commit_with_hooks)
        self.manager.password = self.stranger.password = "a-very-long-password"

    def _call(self, user, model, method, *args, **kwargs):
        self.authenticate(user.login, "a-very-long-password")
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
        )

    def test_one_entry_for_a_request_with_where_it_came_from(self):
        with self._noted() as found:
            self._call(self.manager, "loan.customer", "web_search_read", [], {"kind": {}}, context={"su": 1})
        (entry,) = found
        self.assertEqual((entry.event, entry.uid, entry.ip), ("view", self.manager.id, "127.0.0.1"))
        self.assertEqual(entry.route, "loan.customer.web_search_read")
        self.assertRegex(entry.session, "^[0-9a-f]{16}$")
        self.assertFalse(self.log._verify()[1])

    def test_a_count_that_was_asked_for_is_noted_and_one_a_page_needs_is_not(self):
        asked = [("partner_id.name", "=", "Wang Fang")]
        with self._noted() as found:
            self.assertEqual(self._call(self.manager, "loan.customer", "search_count", asked), 1)
        (entry,) = found
        self.assertEqual((entry.event, entry.uid), ("aggregate", self.manager.id))
        self.assertNotIn("Wang", str(entry.facts))
        with self._noted() as found:
            self._call(self.stranger, "loan.customer", "search_count", asked)
            self._call(self.manager, "loan.customer", "search_count", [("id", "=", self.plain.id)])
            self._call(self.manager, "loan.customer", "has_access", self.plain.ids, "read")
        self.assertFalse(found)

    def test_a_form_with_its_loans_is_an_entry_for_each_model(self):
        with self._noted() as found:
            self._call(
                self.manager,
                "loan.customer",
                "web_read",
                self.customer.ids,
                {"kind": {}, "contract_ids": {"fields": {"principal": {}}}},
            )
        self.assertEqual(sorted(entry.res_model for entry in found), ["loan.contract", "loan.customer"])

    def test_a_refusal_outlives_its_request_and_is_noted_once(self):
        with self._noted() as found, mute_logger("odoo.http"):
            with self.assertRaisesRegex(JsonRpcException, "AccessError"):
                self._call(self.stranger, "loan.customer", "web_read", self.customer.ids, {"kind": {}})
        (entry,) = found
        self.assertEqual((entry.event, entry.outcome, entry.uid), ("refusal", "denied", self.stranger.id))

    def test_an_api_key_is_named_by_its_number(self):
        key = self.env["res.users.apikeys"].with_user(self.manager).sudo()._generate("rpc", "Tool", None)
        self.env.flush_all()
        with self._noted() as found:
            answer = self.url_open(
                "/json/2/loan.customer/search_read",
                headers={"Authorization": f"bearer {key}"},
                json={"domain": [], "fields": ["kind"]},
            )
        self.assertEqual(answer.status_code, 200)
        (entry,) = found
        self.assertEqual((entry.event, entry.uid), ("view", self.manager.id))
        self.assertEqual(
            entry.api_key, self.env["res.users.apikeys"].sudo().search([("name", "=", "Tool")]).id
        )

    def test_a_file_and_a_print_are_noted(self):
        file = self.env["ir.attachment"].create(
            {
                "name": "Payslip Wang",
                "raw": b"secret",
                "res_model": "loan.customer",
                "res_id": self.customer.id,
            }
        )
        self.authenticate(self.manager.login, "a-very-long-password")
        for path, event, model in (
            (f"/web/content/{file.id}/payslip-wang.txt?download=1", "download", "loan.customer"),
            (f"/report/html/loan_crm.report_loan_key_facts/{self.contract.id}", "report", "loan.contract"),
        ):
            with self.subTest(path=path):
                with self._noted() as found:
                    self.assertEqual(self.url_open(path).status_code, 200)
                noted = {entry.event: entry for entry in found}
                self.assertEqual(noted[event].res_model, model)
                self.assertNotIn("wang", noted[event].route)

    def test_what_was_read_before_a_savepoint_went_wrong_is_noted(self):
        with self.registry.cursor() as cr, self._noted_by(cr) as found:
            env = self.env(cr=cr, user=self.manager)
            env["loan.customer"].browse(self.customer.id).read(["kind"])
            with cr.savepoint() as savepoint:
                savepoint.rollback()
        self.assertEqual([entry.event for entry in found], ["view"])

    def test_what_is_rolled_back_showed_nobody_anything(self):
        with self.registry.cursor() as cr, self._noted_by(cr) as found:
            self.env(cr=cr, user=self.manager)["loan.customer"].browse(self.customer.id).read(["kind"])
            cr.rollback()
        self.assertFalse(found)

    @contextmanager
    def _noted_by(self, cr):
        with self._noted() as found:
            yield found
            cr.commit()  # pylint: disable=invalid-commit


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessLogWriters(LoanCommon):
    """Several servers write at once, in real transactions; what they wrote is taken away again."""

    def test_parallel_writers_leave_one_whole_chain(self):
        registry = Registry(self.env.cr.dbname)
        uid = 16 * 100_000 + 9  # nobody's
        chain = evidence.chain_of(uid, True)

        def write(number):
            for turn in range(10):
                with registry.cursor() as cr:
                    cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                    log = self.env(cr=cr, user=1)["loan.access.log"]
                    log._append([{"uid": uid, "event": "view", "count": number, "grant_ref": turn}])

        try:
            writers = [Thread(target=write, args=(number,)) for number in range(6)]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
            with registry.cursor() as cr:
                self.assertIsInstance(cr, Cursor)
                log = self.env(cr=cr, user=1)["loan.access.log"]
                self.assertEqual(log.search_count([("uid", "=", uid)]), 60)
                self.assertFalse([found for found in log._verify()[1] if found.chain == chain])
        finally:
            self._forget(registry, uid, chain)

    def test_of_parallel_attempts_each_knows_of_those_before(self):
        registry = Registry(self.env.cr.dbname)
        uid = 16 * 100_000 + 8  # nobody's
        verdicts = []

        def judge(tried, now):
            left = len(tried) < 3
            return ("allowed" if left else "denied"), {"verdict": "opened" if left else "limit"}

        def attempt():
            with registry.cursor() as cr:
                log = self.env(cr=cr, user=1)["loan.access.log"]
                log._begin(cr)
                none, company = log.browse(), log.env.ref("base.main_company")
                actor = {"uid": uid, "login": "nobody"}
                told = log._judged("emergency", none, at("2026-01-01"), judge, company, None, [], actor)
            verdicts.append(told["verdict"])

        try:
            people = [Thread(target=attempt) for _number in range(8)]
            for person in people:
                person.start()
            for person in people:
                person.join()
            self.assertEqual(sorted(verdicts), ["limit"] * 5 + ["opened"] * 3)
        finally:
            self._forget(registry, uid, evidence.chain_of(uid, True))

    def test_an_attempt_is_committed_before_it_is_acted_on_and_outlives_what_goes_wrong(self):
        registry = Registry(self.env.cr.dbname)
        uid = 16 * 100_000 + 7  # nobody's
        log_class = type(self.env["loan.access.log"])
        actor = {"uid": uid, "login": "nobody"}
        try:
            with (
                patch.object(log_class, "_in_a_test", lambda log: False),
                patch.object(log_class, "_actor", lambda log: dict(actor)),
                registry.cursor() as cr,
            ):
                log = self.env(cr=cr, user=1)["loan.access.log"]
                log._note_judged(
                    *("emergency", log.browse(), at("2026-01-01")),
                    lambda tried, now: ("allowed", {"verdict": "opened"}),
                    company=log.env.ref("base.main_company"),
                )
                with registry.cursor() as other:
                    other.execute(SQL("SELECT count(*) FROM loan_access_log WHERE uid = %s", uid))
                    self.assertEqual(other.fetchone(), (1,), "while the request is still at work")
                cr.rollback()
                cr.execute(SQL("SELECT count(*) FROM loan_access_log WHERE uid = %s", uid))
                self.assertEqual(cr.fetchone(), (1,), "and after it failed")
        finally:
            self._forget(registry, uid, evidence.chain_of(uid, True))

    def _forget(self, registry, uid, chain):
        with registry.cursor() as cr:
            cr.execute("ALTER TABLE loan_access_log DISABLE TRIGGER USER")
            cr.execute("ALTER TABLE loan_access_head DISABLE TRIGGER USER")
            cr.execute(SQL("DELETE FROM loan_access_log WHERE uid = %s", uid))
            cr.execute(
                SQL(
                    """
                    UPDATE loan_access_head head
                       SET seq = coalesce(last.seq, 0), seal = coalesce(last.seal, %s)
                      FROM (SELECT 1) one
                      LEFT JOIN (SELECT seq, seal FROM loan_access_log
                                  WHERE chain = %s ORDER BY seq DESC LIMIT 1) last ON TRUE
                     WHERE head.chain = %s
                    """,
                    evidence.GENESIS,
                    chain,
                    chain,
                )
            )
            cr.execute("ALTER TABLE loan_access_head ENABLE TRIGGER USER")
            cr.execute("ALTER TABLE loan_access_log ENABLE TRIGGER USER")
