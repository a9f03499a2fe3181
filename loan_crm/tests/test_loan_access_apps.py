"""The rows 1.C to 1.I of the matrix of ways around a rule (docs/security-model.md), each under its number."""

import io
import json
import re
import zipfile
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import urlencode

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.calendar.models.calendar_alarm_manager import CalendarAlarm_Manager
from odoo.addons.loan_crm.controllers import loan_export
from odoo.addons.web.controllers import export

from .test_loan_access_orm import AttackCommon

SECRET = "she has debts elsewhere"


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessApps(AttackCommon):
    def _meeting(self, **values):
        return self.env["calendar.event"].create(
            {
                "name": f"With Wang Fang: {SECRET}",
                "description": SECRET,
                "start": "2026-03-11 02:00:00",
                "stop": "2026-03-11 03:00:00",
                "user_id": self.manager.id,
                "partner_ids": [(6, 0, self.manager.partner_id.ids)],
                "res_model_id": self.env["ir.model"]._get_id("loan.customer"),
                "res_id": self.customer.id,
                **values,
            }
        )

    # ------------------------------------------------------------ calendar

    def test_c01_meetings_about_a_hidden_customer(self):
        meeting = self._meeting()
        self.assertTrue(self._as(self.manager, meeting).search([("id", "=", meeting.id)]))
        for user in self.attackers:
            mine = self._as(user, meeting)
            with self.subTest(user=user.name):
                self.assertFalse(mine.search([("id", "=", meeting.id)]))
                self.assertFalse(mine.search([("description", "ilike", SECRET)]))
                self.assertFalse(mine.search_count([("name", "ilike", "Wang")]))
                with self.assertRaises(AccessError):
                    mine.read(["name", "description"])
                with self.assertRaises(AccessError):
                    mine.write({"name": "Mine"})

    def test_c01_after_the_duty_ended(self):
        meeting = self._meeting()
        self._hand_over()
        self.assertFalse(self._as(self.manager, meeting).search([("id", "=", meeting.id)]))

    def test_c01_ones_own_meeting_moved_to_a_hidden_customer(self):
        for user in self.attackers:
            meeting = self._meeting(res_model_id=False, res_id=False, user_id=user.id)
            with self.subTest(user=user.name), self.env.cr.savepoint(), self.assertRaises(AccessError):
                self._as(user, meeting).write(
                    {
                        "res_model_id": self.env["ir.model"]._get_id("loan.customer"),
                        "res_id": self.customer.id,
                    }
                )

    def test_c01_other_meetings_are_seen_as_ever(self):
        meeting = self._meeting(res_model_id=False, res_id=False)
        self.assertTrue(self._as(self.employee, meeting).search([("id", "=", meeting.id)]))

    def test_c01_who_attends_without_the_duty_is_neither_invited_nor_reminded(self):
        people = (self.manager | self.stranger).partner_id | self.customer.partner_id
        invited = {"partner_ids": [Command.set(people.ids)]}
        meeting = self._meeting(**invited)
        other = self._meeting(res_model_id=False, res_id=False, **invited)
        self.assertEqual(meeting.attendee_ids._loan_untold().partner_id, self.stranger.partner_id)
        self.assertFalse(other.attendee_ids._loan_untold())
        found = {id_: {"max_duration": 60} for id_ in (meeting | other).ids}
        with patch.object(
            CalendarAlarm_Manager, "_get_next_potential_limit_alarm", lambda *args, **kwargs: dict(found)
        ):
            for user, sees in ((self.manager, meeting | other), (self.stranger, other)):
                alarms = self.env(user=user)["calendar.alarm_manager"]
                self.assertEqual(set(alarms._get_next_potential_limit_alarm("notification")), set(sees.ids))

    def test_c02_who_comes_to_a_meeting_about_a_hidden_customer(self):
        attendee = self._meeting().attendee_ids[:1]
        self.assertTrue(self._as(self.manager, attendee).search([("id", "=", attendee.id)]))
        for user in self.attackers:
            with self.subTest(user=user.name):
                self.assertFalse(self._as(user, attendee).search([("id", "=", attendee.id)]))
                with self.assertRaises(AccessError):
                    self._as(user, attendee).read(["email", "common_name"])

    def test_c04_a_call_bears_no_title_and_lets_in_nobody_without_sight(self):
        people = (self.manager | self.stranger).partner_id | self.customer.partner_id
        meeting = self._meeting(partner_ids=[Command.set(people.ids)])
        meeting.sudo()._create_videocall_channel()
        channel = meeting.videocall_channel_id
        self.assertNotIn("Wang", channel.name)
        self.assertIn(self.manager.partner_id, channel.channel_partner_ids)
        self.assertNotIn(self.stranger.partner_id, channel.channel_partner_ids)
        self.assertNotIn(
            self.customer.partner_id, channel.channel_partner_ids, "comes by the link, as a guest"
        )
        other = self._meeting(res_model_id=False, res_id=False)
        other.sudo()._create_videocall_channel()
        self.assertEqual(other.videocall_channel_id.name, other.name)

    # ------------------------------------------------------------ ratings, portal, tokens

    def test_e01_ratings_of_a_hidden_record(self):
        if "rating.rating" not in self.env:
            self.skipTest("the app is not installed")
        rating = self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("loan.customer"),
                "res_id": self.customer.id,
                "feedback": SECRET,
            }
        )
        for user in self.attackers:
            with self.subTest(user=user.name):
                self.assertFalse(self._as(user, rating).search([("id", "=", rating.id)]))
                with self.assertRaises(AccessError):
                    self._as(user, rating).read(["feedback"])
                with self.assertRaises(AccessError):
                    self.env(user=user)["rating.rating"].create(
                        {"res_model_id": rating.res_model_id.id, "res_id": self.customer.id}
                    )

    def test_f01_no_token_opens_a_thread(self):
        for record in (self.customer, self.contract):
            for user in self.attackers | self.portal | self.env.ref("base.public_user"):
                threads = self.env(user=user)[record._name]
                for access in ({"token": "any"}, {"hash": "0" * 64, "pid": self.customer.partner_id.id}, {}):
                    with self.subTest(record=record._name, user=user.name, access=list(access)):
                        self.assertFalse(threads._get_thread_with_access(record.id, **access))
        self.assertTrue(
            self.env(user=self.manager)["loan.customer"]._get_thread_with_access(self.customer.id)
        )

    # ------------------------------------------------------------ exports

    def test_h81_a_formula_in_a_spreadsheet_stays_text(self):
        formulas = [
            "=1+cmd|'/C calc'!A1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\tx",
            "http://example.com",
            "plain",
            7,
            1.5,
        ]
        columns = [{"name": "x", "type": "char"}] * len(formulas)
        request = SimpleNamespace(env=self.env)
        with patch.object(export, "request", request):
            content = loan_export.LoanExcelExport().from_data(columns, ["Name"] * len(formulas), [formulas])
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
            texts = book.read("xl/sharedStrings.xml").decode()
        self.assertNotIn("<f>", sheet)
        self.assertNotIn("hyperlink", sheet)
        self.assertIn("=1+cmd", texts)
        self.assertIn("<v>7</v>", sheet)

    def test_h80_a_formula_in_a_csv_is_quoted(self):
        row = ["=1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain", -7]
        told = loan_export.LoanCsvExport().from_data([], ["Name"] * len(row), [row])
        line = told.partition("\n")[2]
        for cell in ("=1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"):
            self.assertIn(f'"\'{cell}"', line)
        self.assertIn('"plain"', line)
        self.assertIn('"-7"', line)

    def test_i02_a_report_of_a_hidden_record(self):
        report = self.env["ir.actions.report"].search([("model", "=", "loan.contract")], limit=1)
        self.assertTrue(report)
        for user in self.attackers:
            with self.subTest(user=user.name), self.assertRaises(UserError):
                self.env(user=user)["ir.actions.report"]._render_qweb_html(report, self.contract.ids)


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessHttp(HttpCase, AttackCommon):
    """The same over HTTP: web client, JSON-2, XML-RPC, files, mail's own pages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.manager | cls.stranger | cls.employee | cls.system | cls.portal:
            user.password = user.login
        cls.file = cls.env["ir.attachment"].create(
            {
                "name": "payslip.txt",
                "raw": SECRET.encode(),
                "res_model": "loan.customer",
                "res_id": cls.customer.id,
            }
        )
        cls.message = (
            cls.customer.with_user(cls.manager)
            .message_post(body=SECRET, subtype_xmlid="mail.mt_comment", message_type="comment")
            .sudo()
        )
        cls.secrets = ("Wang", cls.contract.name, SECRET)

    def test_b30_the_page_to_follow_no_more_names_nobody(self):
        self.customer.message_subscribe(self.stranger.partner_id.ids)
        params = {
            "model": "loan.customer",
            "res_id": str(self.customer.id),
            "pid": str(self.lead.partner_id.id),
        }
        token = self.env["mail.thread"]._encode_link("/mail/unfollow", params)
        for user, told in ((None, False), (self.stranger, False), (self.manager, True)):
            self.customer.message_subscribe(self.lead.partner_id.ids)
            self.authenticate(*((user and (user.login, user.login)) or (None, None)))
            answer = self.url_open("/mail/unfollow?" + urlencode({**params, "token": token}))
            with self.subTest(user=user and user.name):
                self.assertEqual(answer.status_code, 200)
                self.assertEqual("Wang" in answer.text, told)
                self.env.invalidate_all()
                self.assertNotIn(self.lead.partner_id, self.customer.message_partner_ids)

    def test_c04_the_pages_of_an_invitation_tell_nothing_of_a_protected_meeting(self):
        people = self.stranger.partner_id | self.customer.partner_id
        values = {
            "name": f"With Wang Fang: {SECRET}",
            "description": SECRET,
            "start": "2026-03-11 02:00:00",
            "stop": "2026-03-11 03:00:00",
            "user_id": self.manager.id,
            "partner_ids": [Command.set(people.ids)],
        }
        plain = self.env["calendar.event"].create(values)
        meeting = self.env["calendar.event"].create(
            {
                **values,
                "res_model_id": self.env["ir.model"]._get_id("loan.customer"),
                "res_id": self.customer.id,
            }
        )
        self.env.flush_all()
        self.authenticate(None, None)
        for attendee in meeting.attendee_ids:
            for verb, state in (("view", "needsAction"), ("accept", "accepted"), ("decline", "declined")):
                answer = self.url_open(
                    f"/calendar/meeting/{verb}?token={attendee.access_token}&id={meeting.id}"
                )
                with self.subTest(attendee=attendee.common_name, verb=verb):
                    self.assertEqual(answer.status_code, 200)
                    self.assertNotIn("Wang", answer.text)
                    self.assertNotIn(SECRET, answer.text)
                    self.assertIn("Your Appointment", answer.text)
                    self.env.invalidate_all()
                    self.assertEqual(attendee.state, state)
        attendee = plain.attendee_ids[:1]
        answer = self.url_open(f"/calendar/meeting/view?token={attendee.access_token}&id={plain.id}")
        self.assertIn(SECRET, answer.text, "other meetings are shown as ever")
        answer = self.url_open(f"/calendar/meeting/view?token=none&id={meeting.id}")
        self.assertEqual(answer.status_code, 400, "Odoo's own answer to what is no key")

    def test_c04_who_may_not_see_it_joins_no_call_by_its_link(self):
        meeting = self.env["calendar.event"].create(
            {
                "name": "Call",
                "start": "2026-03-11 02:00:00",
                "stop": "2026-03-11 03:00:00",
                "user_id": self.manager.id,
                "partner_ids": [Command.set(self.manager.partner_id.ids)],
                "access_token": "key-to-the-call",
                "res_model_id": self.env["ir.model"]._get_id("loan.customer"),
                "res_id": self.customer.id,
            }
        )
        self.env.flush_all()
        self.authenticate(self.stranger.login, self.stranger.login)
        self.assertEqual(self.url_open(f"/calendar/join_videocall/{meeting.access_token}").status_code, 404)

    def _rpc(self, path, **params):
        self.env.flush_all()
        response = self.url_open(
            path,
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}),
            headers={"Content-Type": "application/json"},
        )
        self.env.invalidate_all()
        return response.text

    def _call(self, model, method, *args, **kwargs):
        return self._rpc(
            f"/web/dataset/call_kw/{model}/{method}", model=model, method=method, args=args, kwargs=kwargs
        )

    def assertSilent(self, text):
        for secret in self.secrets:
            self.assertNotIn(secret, text)

    def _probes(self):
        customer, contract = self.customer.id, self.contract.id
        label = {"partner_id": {"fields": {"display_name": {}}}, "display_name": {}}
        model = self.env["ir.model"]._get_id("loan.customer")
        return [
            ("loan.customer", "read", [[customer], ["display_name"]], {}),
            ("loan.customer", "web_read", [[customer], label], {}),
            ("loan.customer", "web_search_read", [], {"domain": [], "specification": label}),
            ("loan.customer", "name_search", ["Wang"], {}),
            ("loan.contract", "read", [[contract], ["name", "customer_id"]], {}),
            ("loan.contract", "export_data", [[contract], ["name", "customer_id"]], {}),
            ("loan.contract", "formatted_read_group", [[], ["customer_id"], ["__count"]], {}),
            ("loan.contract", "copy_data", [[contract]], {}),
            ("mail.message", "search_read", [[["res_id", "=", customer]]], {}),
            ("mail.followers", "search_read", [[["res_model", "=", "loan.customer"]]], {}),
            ("mail.notification", "search_read", [[["mail_message_id", "=", self.message.id]]], {}),
            (
                "mail.activity",
                "onchange",
                [[], {"res_model_id": model, "res_id": customer}, [], {"res_name": {}}],
                {},
            ),
            ("ir.attachment", "read", [[self.file.id], ["name", "raw"]], {}),
            ("loan.customer", "message_post", [[customer]], {"body": "hello"}),
        ]

    @mute_logger("odoo.http", "odoo.addons.web.controllers.dataset")
    def test_a01_i04_the_web_clients_calls_also_in_debug_mode(self):
        for user in self.stranger | self.employee | self.system:
            self.authenticate(user.login, user.login)
            self.url_open("/odoo?debug=1")
            for model, method, args, kwargs in self._probes():
                with self.subTest(user=user.name, model=model, method=method):
                    self.assertSilent(self._call(model, method, *args, **kwargs))
        self.authenticate(self.manager.login, self.manager.login)
        self.assertIn("Wang Fang", self._call("loan.customer", "read", [self.customer.id], ["display_name"]))

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_i04_json_2(self):
        for user in self.stranger | self.employee | self.system:
            key = (
                self.env["res.users.apikeys"]
                .with_user(user)
                .sudo()
                ._generate("rpc", "probe", None)  # or the key would end before the clock of this test
            )
            self.env.flush_all()
            for model, method, body in (
                ("loan.customer", "read", {"ids": self.customer.ids, "fields": ["display_name"]}),
                ("loan.customer", "search_read", {"domain": []}),
                ("loan.contract", "search_read", {"domain": [["id", "=", self.contract.id]]}),
                ("mail.message", "search_read", {"domain": [["res_id", "=", self.customer.id]]}),
                ("mail.followers", "search_read", {"domain": [["res_model", "=", "loan.customer"]]}),
            ):
                with self.subTest(user=user.name, model=model, method=method):
                    response = self.url_open(
                        f"/json/2/{model}/{method}",
                        data=json.dumps(body),
                        headers={"Authorization": f"bearer {key}", "Content-Type": "application/json"},
                    )
                    self.assertIn(response.status_code, (200, 403))
                    self.assertSilent(response.text)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc", "odoo.addons.rpc.controllers")
    def test_i04_xml_rpc(self):
        for user in self.stranger | self.employee | self.system:
            for model, method, args in (
                ("loan.customer", "read", [self.customer.ids, ["display_name"]]),
                ("loan.customer", "search_read", [[]]),
                ("loan.contract", "read", [self.contract.ids, ["name"]]),
                ("mail.message", "search_read", [[["res_id", "=", self.customer.id]]]),
            ):
                with self.subTest(user=user.name, model=model, method=method):
                    try:
                        told = self.xmlrpc_object.execute(
                            self.env.cr.dbname, user.id, user.login, model, method, *args
                        )
                    except Exception as error:  # a fault of the other side, of whatever kind
                        told = error
                    self.assertSilent(str(told))

    def test_b18_i01_a_file_over_its_address(self):
        token = "kept-from-before"
        self.file.access_token = token
        self.env.flush_all()
        absent = self.file.id + 100000
        paths = (
            "/web/content/{}",
            "/web/content/{}?access_token=" + token,
            "/web/image/{}?access_token=" + token,
        )
        for user in (None, self.stranger, self.employee, self.portal):
            self.authenticate(user and user.login, user and user.login)
            for path in paths:
                with self.subTest(user=user and user.name, path=path):
                    hidden = self.url_open(path.format(self.file.id))
                    nothing = self.url_open(path.format(absent))
                    self.assertSilent(hidden.text)
                    self.assertEqual(hidden.status_code, nothing.status_code)
                    self.assertEqual(hidden.content, nothing.content)
        self.authenticate(self.manager.login, self.manager.login)
        self.assertEqual(self.url_open(f"/web/content/{self.file.id}").text, SECRET)

    @mute_logger("odoo.http", "odoo.addons.mail.controllers.mail")
    def test_a22_a43_mails_own_pages_answer_the_same_for_hidden_and_absent(self):
        for user in self.stranger | self.employee:
            self.authenticate(user.login, user.login)
            for path, params in (
                ("/mail/thread/messages", {"thread_model": "loan.customer"}),
                ("/mail/thread/recipients", {"thread_model": "loan.customer"}),
                ("/mail/data", {"fetch_params": None}),
            ):
                answers = []
                for id_ in (self.customer.id, self.customer.id + 100000):
                    if "fetch_params" in params:
                        told = self._rpc(
                            path,
                            fetch_params=[
                                [
                                    "mail.thread",
                                    {
                                        "thread_model": "loan.customer",
                                        "thread_id": id_,
                                        "request_list": ["followers", "activities", "attachments"],
                                    },
                                ]
                            ],
                        )
                    else:
                        told = self._rpc(path, thread_id=id_, **params)
                    self.assertSilent(told)
                    answers.append(re.sub(r"\d+", "N", told))
                with self.subTest(user=user.name, path=path):
                    self.assertEqual(answers[0], answers[1])
            told = [
                self.url_open(f"/mail/view?model=loan.customer&res_id={id_}", allow_redirects=False)
                for id_ in (self.customer.id, self.customer.id + 100000)
            ]
            self.assertEqual(told[0].status_code, told[1].status_code)
            self.assertEqual(
                *(re.sub(r"\d+", "N", response.headers.get("Location", "")) for response in told)
            )
            message = self.url_open(f"/mail/message/{self.message.id}")
            self.assertSilent(message.text)

    @mute_logger("odoo.http", "odoo.addons.web.controllers.report")
    def test_i02_reports_over_their_address(self):
        report = self.env["ir.actions.report"].search([("model", "=", "loan.contract")], limit=1)
        for user in self.stranger | self.employee:
            self.authenticate(user.login, user.login)
            for kind in ("html", "text"):
                response = self.url_open(f"/report/{kind}/{report.report_name}/{self.contract.id}")
                with self.subTest(user=user.name, kind=kind):
                    self.assertGreaterEqual(response.status_code, 400)
                    self.assertSilent(response.text)

    def test_f01_a_portal_token_on_a_protected_record(self):
        self.authenticate(self.portal.login, self.portal.login)
        for path in (
            f"/mail/view?model=loan.contract&res_id={self.contract.id}&access_token=any",
            f"/odoo/loan.contract/{self.contract.id}",
        ):
            with self.subTest(path=path):
                self.assertSilent(self.url_open(path).text)
