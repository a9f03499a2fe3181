"""The same over every wire: the web client's calls, exports, files, mail's pages, JSON-2, XML-RPC, printed pages.

Rows V28 and on of docs/security-model.md.
"""

import base64
import io
import json
import zipfile

from odoo.http import Request, root
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .test_loan_access_voice import CANARY, VoiceCommon

# Told by no page to whoever has neither duty nor sight: the canary, and whose customer it is.
SECRETS = (CANARY, "Wang Fang", "wang.fang@")


@freeze_time(NOW)
class VoiceWorld(HttpCase, VoiceCommon):
    """A complaint about Lin Mei with all that hangs on it, made once; whoever must not see it logs in.

    Wei Gang was the customer's manager and handled the case, Luo Han was Lin Mei's deputy: both kept what Odoo lets
    people keep.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._build(cls())  # builders are methods of a test
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _build(cls, build):
        env = cls.env
        cls.former, cls.deputy = cls._user("manager", "Wei Gang"), cls._user("manager", "Luo Han")
        (cls.former | cls.deputy).group_ids |= env.ref("base.group_allow_export")
        env["crm.team.member"].create(
            [{"crm_team_id": cls.team.id, "user_id": user.id} for user in cls.former | cls.deputy]
        )
        cls.customer.with_user(cls.lead).manager_user_id = cls.former
        cls.case, cls.word, cls.plan = build._full()
        cls.case.with_user(cls.lead).user_id = cls.former
        cover = env["loan.cover"].create(
            {
                "manager_user_id": cls.former.id,
                "deputy_user_id": cls.deputy.id,
                "date_from": TODAY,
                "date_to": TODAY,
            }
        )
        cls.kept = env["mail.message"]
        for user in cls.former | cls.deputy:
            case = cls.case.with_user(user)
            case.message_subscribe(user.partner_id.ids)
            cls.kept |= case.message_post(
                body=f"{CANARY} of {user.name}", message_type="comment", subtype_xmlid="mail.mt_comment"
            ).with_env(env)
            cls.kept[-1:].with_user(user).toggle_message_starred()
            case.activity_schedule(
                "mail.mail_activity_data_todo", summary=f"{CANARY} their to-do", user_id=user.id
            )
            env["mail.scheduled.message"].with_user(user).create(
                {
                    "model": "loan.case",
                    "res_id": cls.case.id,
                    "body": f"{CANARY} later",
                    "scheduled_date": "2026-03-11 02:00:00",
                    "author_id": user.partner_id.id,
                }
            )
        cls.case.message_post(
            body=f"{CANARY} to both",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=(cls.former | cls.deputy).partner_id.ids,
        )
        cover.with_user(cls.former).action_back()
        cls.customer.with_user(cls.lead).manager_user_id = cls.manager
        cls.case.with_user(cls.lead).write({"about_user_id": cls.manager.id, "user_id": cls.lead.id})
        cls.request = build._surveyed(cls.case)
        cls.case.with_user(cls.lead)._reopen()
        env.flush_all()
        cls.company.loan_head_user_id = cls.lead
        cls.report = (
            env["loan.voice.report"]
            .with_user(cls.lead)
            .create({"company_id": cls.company.id, "period": "month", "date_from": "2026-02-01"})
            .with_env(env)
        )
        cls.quote = env["loan.voice.quote"].create(
            {
                "report_id": cls.report.id,
                "customer_id": cls.customer.id,
                "case_id": cls.case.id,
                "kind": "case",
                "text": f"{CANARY} was said",
            }
        )
        cls.report.message_post(body=f"{CANARY} of the report")
        cls.file = env["ir.attachment"].search([("name", "=", f"{CANARY} file")])
        cls.file.access_token = "kept-from-before"
        cls.records = (
            cls.case,
            cls.word,
            cls.plan,
            cls.plan.call_ids,
            cls.case.task_ids,
            cls.case.clock_ids,
            cls.case.pause_ids,
            cls.case.extension_ids,
            cls.request,
            cls.request.score_ids,
            cls.request.sudo().user_input_id,
            cls.request.sudo().user_input_id.user_input_line_ids,
            env["loan.response"].search([("res_model", "=", "loan.case"), ("res_id", "=", cls.case.id)]),
            cls.report,
            cls.quote,
            env["mail.scheduled.message"].search([("model", "=", "loan.case"), ("res_id", "=", cls.case.id)]),
            cls.case.message_ids,
            cls.case.activity_ids,
            cls.file,
        )
        # Whoever else is tried on a wire has no more rights than one of these.
        cls.keepers = cls.manager | cls.former | cls.survey_head | cls.system
        cls.attackers = (
            cls.manager
            | cls.former
            | cls.deputy
            | cls.other_lead
            | cls.auditor
            | cls.survey_head
            | cls.system
            | cls.employee
            | cls.portal
        )
        for user in cls.attackers | cls.lead:
            user.password = user.login

    def setUp(self):
        super().setUp()
        empty = [records._name for records in self.records if not records]
        self.assertFalse(empty, "there is something of each kind to be hidden")

    def _login(self, user):
        """Log somebody in, in debug mode, where Odoo tells more of what it refuses; None: nobody."""
        session = self.authenticate(user and user.login, user and user.login)
        session.debug = "1"
        root.session_store.save(session)

    def _secrets(self, user):
        """Return what a person must not read; Lin Mei knows her customer, the survey app's head the questionnaire."""
        return SECRETS[:1] if user == self.manager else SECRETS

    def assertSilent(self, user, text):
        for secret in self._secrets(user):
            self.assertNotIn(secret.lower(), text.lower())

    def _open(self, path, **options):
        self.env.flush_all()
        response = self.url_open(path, **options)
        self.env.invalidate_all()
        return response

    def _rpc(self, path, **params):
        return self._open(
            path,
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}),
            headers={"Content-Type": "application/json"},
        ).text

    def _call(self, model, method, *args, **kwargs):
        return self._rpc(
            f"/web/dataset/call_kw/{model}/{method}", model=model, method=method, args=args, kwargs=kwargs
        )

    def _state(self):
        """Return what there is of the hidden records, to be compared with afterwards."""
        self.env.flush_all()
        self.env.invalidate_all()
        told = []
        for records in self.records:
            kept = records.exists()
            stored = [
                name
                for name, field in records._fields.items()
                if field.store and field.column_type and name not in ("write_date", "write_uid")
            ]
            told.append((kept.ids, [[str(record[name]) for name in stored] for record in kept.sudo()]))
        followers = self.env["mail.followers"].search(
            [("res_model", "=", "loan.case"), ("res_id", "=", self.case.id)]
        )
        return told, sorted(followers.partner_id.ids), len(self.env["loan.case"].search([]))


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessVoiceHttp(VoiceWorld):
    """Lin Mei, her predecessor, a deputy whose turn is over, and those whose business it never was."""

    # ------------------------------------------------------------ the web client

    def _reads(self, records):
        """Return calls of the web client that would tell of records: `[(method, args, kwargs)]`."""
        ids = records.ids
        texts = [
            name
            for name, field in records._fields.items()
            if field.type in ("char", "text", "html") and not field.groups
        ]
        links = {
            name: {"fields": {"display_name": {}}}
            for name, field in records._fields.items()
            if field.type in ("many2one", "one2many", "many2many")
            and not field.groups
            and (field.comodel_name.startswith(("loan.", "mail.message")) or name == "partner_id")
        }
        spec = {name: {} for name in texts} | links
        plain = [name for name in texts if records._fields[name].store]
        return [
            ("web_search_read", [], {"domain": [], "specification": spec}),
            ("web_read", [ids, spec], {}),
            ("read", [ids, ["display_name", *plain]], {}),
            ("export_data", [ids, ["display_name", *plain, "create_uid/name"]], {}),
            (
                "formatted_read_group",
                [[("id", "in", ids)], plain or ["create_uid"], ["__count", "id:array_agg"]],
                {},
            ),
            ("name_search", [], {"name": CANARY, "limit": 8}),
            ("onchange", [ids[:1], {}, [], {name: {} for name in plain}], {}),
            ("get_metadata", [ids], {}),
            ("search_read", [[("id", "in", ids)], texts], {}),
            ("web_read_group", [[("id", "in", ids)], plain[:1] or ["create_uid"]], {}),
        ]

    @mute_logger("odoo.http", "odoo.addons.web.controllers.dataset", "odoo.sql_db")
    def test_v28_the_web_clients_calls_tell_nothing(self):
        for user in self.attackers:
            self._login(user)
            for records in self.records:
                for method, args, kwargs in self._reads(records):
                    told = self._call(records._name, method, *args, **kwargs)
                    with self.subTest(user=user.name, model=records._name, method=method):
                        self.assertSilent(user, told)
        self._login(self.lead)
        told = [
            self._call(self.case._name, method, *args, **kwargs)
            for method, args, kwargs in self._reads(self.case)
        ]
        self.assertGreater(sum(CANARY in each for each in told), 5, "who may see it is told by most")

    @mute_logger("odoo.http", "odoo.addons.web.controllers.dataset", "odoo.sql_db")
    def test_v29_the_web_clients_calls_change_nothing(self):
        before = self._state()
        for user in self.keepers | self.deputy | self.portal:
            self._login(user)
            for records in self.records:
                text = next(
                    (n for n, f in records._fields.items() if f.type in ("char", "text") and f.store), "id"
                )
                ids = records.ids[:1]
                for method, args, kwargs in (
                    ("write", [ids, {text: "x"}], {}),
                    ("web_save", [ids, {text: "x"}, {"display_name": {}}], {}),
                    ("unlink", [ids], {}),
                    ("copy", [ids], {}),
                    ("message_post", [ids], {"body": "x", "attachment_ids": self.file.ids}),
                    ("message_subscribe", [ids], {"partner_ids": user.partner_id.ids}),
                    ("activity_schedule", [ids], {"summary": "x", "user_id": user.id}),
                    ("message_change_thread", [ids, ids], {}),
                    ("action_archive", [ids], {}),
                ):
                    told = self._call(records._name, method, *args, **kwargs)
                    with self.subTest(user=user.name, model=records._name, method=method):
                        self.assertSilent(user, told)
                        self.assertTrue('"error"' in told or '"result": false' in told, told)
        self.assertEqual(self._state(), before)

    # ------------------------------------------------------------ exports

    def _export(self, kind, model, fields, ids=(), domain=(), groupby=()):
        data = {
            "model": model,
            "fields": [{"name": name, "label": name, "type": "char"} for name in fields],
            "ids": list(ids) or False,
            "domain": list(domain),
            "groupby": list(groupby),
            "import_compat": False,
            "context": {},
        }
        return self._open(
            f"/web/export/{kind}", data={"data": json.dumps(data), "csrf_token": Request.csrf_token(self)}
        )

    def _texts_of(self, content):
        """Return the texts of an answer, of a spreadsheet as well."""
        if not content.startswith(b"PK"):
            return content.decode(errors="replace")
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return " ".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))

    @mute_logger("odoo.http", "odoo.addons.web.controllers.export")
    def test_v30_an_export_tells_nothing(self):
        # What leads there from records that are open to those who ask.
        other = self.env["res.partner"].create({"name": "Somebody else"})
        other.message_post(body="Plain").parent_id = self.kept[:1]
        paths = [
            ("res.partner", other.ids, ["message_ids/parent_id/body", "message_ids/parent_id/display_name"]),
            ("mail.message", other.message_ids.ids, ["parent_id/body", "body"]),
            ("res.users", self.former.ids, ["partner_id/activity_ids/summary", "partner_id/name"]),
            ("loan.case.team", self.case.team_id.ids, ["name", "user_id/name"]),
            (
                "survey.survey",
                self.request.survey_id.ids,
                ["user_input_ids/user_input_line_ids/value_text_box"],
            ),
        ]
        for user in self.keepers:
            self._login(user)
            for records in self.records:
                texts = [
                    name
                    for name, field in records._fields.items()
                    if field.type in ("char", "text", "html") and not field.groups and field.exportable
                ]
                for kind, options in (
                    ("csv", {"ids": records.ids}),
                    ("csv", {"domain": [("id", "in", records.ids)]}),
                    ("xlsx", {"domain": [("id", "in", records.ids)], "groupby": ["create_uid"]}),
                ):
                    response = self._export(kind, records._name, ["display_name", *texts], **options)
                    with self.subTest(user=user.name, model=records._name, kind=kind, **options):
                        self.assertSilent(user, self._texts_of(response.content))
            for model, ids, fields in paths:
                response = self._export("csv", model, fields, ids=ids)
                with self.subTest(user=user.name, model=model, fields=fields):
                    self.assertSilent(user, self._texts_of(response.content))
        self.lead.group_ids |= self.env.ref("base.group_allow_export")
        self._login(self.lead)
        response = self._export("csv", "loan.case", ["subject"], ids=self.case.ids)
        self.assertIn(CANARY, response.text)

    # ------------------------------------------------------------ files and printed pages

    @mute_logger(
        "odoo.http", "odoo.addons.web.controllers.report", "odoo.addons.base.models.ir_actions_report"
    )
    def test_v31_files_and_printed_pages_open_to_nobody(self):
        self.word.sudo().evidence_file = base64.b64encode(f"{CANARY} proof".encode())
        proof = self.env["ir.attachment"].search(
            [("res_model", "=", "loan.commitment"), ("res_id", "=", self.word.id), ("res_field", "!=", False)]
        )
        proof.access_token = "kept-from-before"
        files = self.file | proof
        paths = [
            path.format(file.id)
            for file in files
            for path in (
                "/web/content/{}",
                "/web/content/{}?access_token=kept-from-before",
                "/web/content/{}?download=1&filename=x.txt",
                "/web/image/{}?access_token=kept-from-before",
                "/mail/attachment/pdf_first_page/{}?access_token=kept-from-before",
            )
        ]
        paths += [
            f"/web/content?model=loan.commitment&id={self.word.id}&field=evidence_file",
            f"/web/content/loan.commitment/{self.word.id}/evidence_file",
            f"/web/content?model=loan.case&id={self.case.id}&field=words",
            f"/web/content/mail.message/{self.kept[:1].id}/body",
            f"/web/image?model=loan.case&id={self.case.id}&field=message_main_attachment_id",
            f"/report/html/loan_crm.report_loan_key_facts/{self.contract.id}",
            f"/report/text/loan_crm.report_loan_what_if/{self.contract.id}",
            f"/report/html/loan_crm.report_loan_voice/{self.report.id}",
            f"/report/text/loan_crm.report_loan_voice/{self.report.id}",
            f"/report/html/web.report_layout/{self.case.id}",
            f"/report/html/survey.survey_page_print/{self.request.sudo().user_input_id.id}",
            f"/odoo/loan.case/{self.case.id}?debug=1",
            f"/mail/view?model=loan.case&res_id={self.case.id}&access_token=x",
            f"/mail/message/{self.kept[:1].id}",
            f"/survey/results/{self.request.survey_id.id}",
            f"/survey/print/{self.request.survey_id.access_token}",
        ]
        for user in (*self.attackers, None):
            self._login(user)
            for path in paths:
                if user == self.manager and path.startswith("/report/"):
                    continue  # the loan is their own
                response = self._open(path)
                with self.subTest(user=user and user.name, path=path):
                    self.assertSilent(user, response.text)
            response = self._open(
                "/mail/attachment/zip",
                data={
                    "file_ids": ",".join(map(str, files.ids)),
                    "zip_name": "x.zip",
                    "csrf_token": Request.csrf_token(self),
                },
            )
            with self.subTest(user=user and user.name, path="zip"):
                self.assertNotIn(CANARY.encode(), response.content)
                self.assertFalse(response.content.startswith(b"PK") and len(response.content) > 22)
        self._login(self.lead)
        self.assertEqual(self._open(f"/web/content/{self.file.id}").text, CANARY)

    # ------------------------------------------------------------ mail's own pages

    def _mail_calls(self, user):
        case, kept = self.case.id, self.kept[:1].id
        thread = {"thread_model": "loan.case", "thread_id": case}
        wanted = [
            "activities",
            "attachments",
            "contact_fields",
            "followers",
            "scheduledMessages",
            "suggestedRecipients",
        ]
        address = "wang.fang@example.com"
        return [
            ("/mail/thread/messages", thread),
            ("/mail/thread/messages", {**thread, "fetch_params": {"search_term": CANARY}}),
            ("/mail/thread/recipients", thread),
            ("/mail/thread/recipients", {**thread, "message_id": kept}),
            ("/mail/thread/recipients/get_suggested_recipients", {**thread, "partner_ids": []}),
            ("/mail/partner/from_email", {**thread, "emails": [address]}),
            ("/mail/data", {"fetch_params": [["mail.thread", {**thread, "request_list": wanted}]]}),
            ("/mail/data", {"fetch_params": [["init_messaging", {}], "systray_get_activities", "failures"]}),
            ("/mail/action", {"fetch_params": [["mail.thread", {**thread, "request_list": wanted}]]}),
            ("/mail/inbox/messages", {}),
            ("/mail/history/messages", {"fetch_params": {"search_term": CANARY}}),
            ("/mail/starred/messages", {}),
            ("/discuss/search", {"term": CANARY}),
            ("/mail/link_preview", {"message_id": kept}),
            ("/mail/message/translate", {"message_id": kept}),
            ("/web/action/load", {"action_id": "loan_crm.loan_case_action", "context": {"active_id": case}}),
            (
                "/web/action/load_breadcrumbs",
                {
                    "actions": [
                        {"action": "loan_crm.loan_case_action", "resId": case},
                        {"model": "loan.case", "resId": case},
                    ]
                },
            ),
            *(
                ("/mail/read_subscription_data", {"follower_id": follower.id})
                for follower in self.case.message_follower_ids[:2]
            ),
        ]

    def _mail_deeds(self, user):
        thread = {"thread_model": "loan.case", "thread_id": self.case.id}
        own = self.kept.filtered(lambda message: message.author_id == user.partner_id) or self.kept[:1]
        post = {"body": "x", "partner_ids": user.partner_id.ids, "attachment_ids": self.file.ids}
        return [
            ("/mail/message/post", {**thread, "post_data": post}),
            (
                "/mail/message/post",
                {**thread, "post_data": {"body": "x"}, "token": "x", "hash": "x", "pid": 1},
            ),
            ("/mail/message/update_content", {"message_id": own.id, "update_data": {"body": "y"}}),
            (
                "/mail/message/update_content",
                {"message_id": own.id, "update_data": {"body": "", "attachment_ids": []}},
            ),
            ("/mail/message/reaction", {"message_id": own.id, "content": "!", "action": "add"}),
            (
                "/mail/thread/subscribe",
                {"res_model": "loan.case", "res_id": self.case.id, "partner_ids": user.partner_id.ids},
            ),
            (
                "/mail/thread/unsubscribe",
                {"res_model": "loan.case", "res_id": self.case.id, "partner_ids": self.lead.partner_id.ids},
            ),
            ("/mail/attachment/delete", {"attachment_id": self.file.id, "access_token": "kept-from-before"}),
        ]

    @mute_logger("odoo.http", "odoo.addons.mail.controllers.mail", "odoo.sql_db")
    def test_v32_mails_own_pages_tell_nothing(self):
        for user in self.attackers:
            self._login(user)
            for path, params in self._mail_calls(user):
                told = self._rpc(path, **params)
                if path == "/mail/partner/from_email":
                    told = told.replace("wang.fang@example.com", "")  # what was asked
                with self.subTest(user=user.name, path=path, params=params):
                    self.assertSilent(user, told)
        self._login(self.lead)
        told = self._rpc("/mail/thread/messages", thread_model="loan.case", thread_id=self.case.id)
        self.assertIn(CANARY, told)

    @mute_logger("odoo.http", "odoo.addons.mail.controllers.mail", "odoo.sql_db")
    def test_v33_mails_own_pages_change_nothing(self):
        before = self._state()
        for user in (*self.attackers, None):
            self._login(user)
            for path, params in self._mail_deeds(user or self.env.ref("base.public_user")):
                told = self._rpc(path, **params)
                with self.subTest(user=user and user.name, path=path, params=params):
                    self.assertSilent(user, told)
        self.assertEqual(self._state(), before)

    # ------------------------------------------------------------ programs

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2", "odoo.addons.rpc.controllers.xmlrpc")
    def test_v34_a_program_is_told_no_more(self):
        for user in self.keepers:
            key = self.env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "probe", None)
            self.env.flush_all()
            for records in self.records:
                model, ids = records._name, records.ids
                texts = [
                    n
                    for n, f in records._fields.items()
                    if f.type in ("char", "text", "html") and not f.groups
                ]
                for method, body in (
                    ("read", {"ids": ids, "fields": ["display_name", *texts]}),
                    (
                        "search_read",
                        {"domain": [["id", "in", ids]], "context": {"active_test": False, "uid": 1}},
                    ),
                    ("export_data", {"ids": ids, "fields_to_export": texts}),
                    ("write", {"ids": ids, "vals": {texts[0]: "x"} if texts else {}}),
                ):
                    response = self._open(
                        f"/json/2/{model}/{method}",
                        data=json.dumps(body),
                        headers={"Authorization": f"bearer {key}", "Content-Type": "application/json"},
                    )
                    with self.subTest(user=user.name, model=model, method=method):
                        self.assertIn(response.status_code, (200, 400, 403, 404, 422))
                        self.assertSilent(user, response.text)
        for user in self.former | self.system | self.portal:
            for records in self.records:
                for method, args in (
                    ("read", [records.ids, ["display_name"]]),
                    ("search_read", [[["id", "in", records.ids]]]),
                    ("export_data", [records.ids, ["display_name"]]),
                ):
                    try:
                        told = self.xmlrpc_object.execute(
                            self.env.cr.dbname, user.id, user.login, records._name, method, *args
                        )
                    except Exception as error:  # a fault of the other side, of whatever kind
                        told = error
                    with self.subTest(user=user.name, model=records._name, method=method):
                        self.assertSilent(user, str(told))
