"""What passes on of a case when a duty does, and forms, imports, templates and filters that lead to one.

Rows V44 and on of docs/security-model.md.
"""

from contextlib import suppress

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .test_loan_access_voice import CANARY, VoiceCommon

# In which column of a model the canary stands.
WORDS = {
    "loan.case": "subject",
    "loan.case.task": "name",
    "loan.case.pause": "reason",
    "loan.case.extension": "reason",
    "loan.commitment": "name",
    "loan.recovery.plan": "heard",
    "loan.recovery.call": "note",
    "survey.user_input.line": "value_text_box",
    "mail.message": "body",
    "mail.activity": "summary",
    "ir.attachment": "name",
}


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanAccessVoiceForm(VoiceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deputy = cls._user("manager", "Luo Han")
        cls.env["crm.team.member"].create({"crm_team_id": cls.team.id, "user_id": cls.deputy.id})

    def _anywhere(self, user):
        """Return where a person reads the canary, in whatever is ours or of Odoo's mails, surveys and meetings."""
        self.env.flush_all()
        self.env.invalidate_all()
        found = []
        for name, model in self.env.items():
            mine = model.with_user(user).with_context(active_test=False)
            if not name.startswith(("loan.", "mail.", "survey.", "calendar.event", "ir.attachment")):
                continue
            if model._abstract or model._transient or not mine.has_access("read"):
                continue
            found += [f"{name}: {told}" for told in self._crawl_model(mine)]
        return found

    def _holders(self, case):
        records = (case, *case.task_ids)
        return self.env["mail.activity"].search(
            Domain.OR(
                Domain("res_model", "=", record._name) & Domain("res_id", "=", record.id)
                for record in records
            )
        )

    # ------------------------------------------------------------ when a duty passes on

    def test_v44_a_cover_gives_no_to_do_to_whom_the_complaint_is_about(self):
        case = self._case(self.desk, kind="complaint", subject=f"{CANARY} x", about_user_id=self.deputy.id)
        case.with_user(self.lead).user_id = self.manager
        case.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=f"{CANARY} todo",
            user_id=self.manager.id,
            date_deadline=TODAY,
        )
        plan = (
            self.env["loan.recovery.plan"]
            .with_user(self.manager)
            .create({"customer_id": self.customer.id, "case_id": case.id, "what_happened": f"{CANARY} y"})
        )
        plan.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=f"{CANARY} plan",
            user_id=self.manager.id,
            date_deadline=TODAY,
        )
        cover = self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.deputy.id,
                "date_from": TODAY,
                "date_to": TODAY,
            }
        )
        cover._pass_tasks()
        self.env.invalidate_all()
        self.assertTrue(self.customer.with_user(self.deputy).has_access("read"))
        known = self._case(self.desk, kind="complaint", subject=f"{CANARY} z")
        known.with_user(self.lead).user_id = self.manager
        known.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=f"{CANARY} theirs",
            user_id=self.manager.id,
            date_deadline=TODAY,
        )
        cover._pass_tasks()
        self.assertIn(self.deputy, self._holders(known).user_id)
        known.with_user(self.lead).write({"about_user_id": self.deputy.id, "user_id": self.lead.id})
        self.assertNotIn(self.deputy, (self._holders(case) | plan.sudo().activity_ids).user_id)
        self.assertFalse(self._anywhere(self.deputy))

    def test_v45_a_handover_gives_no_to_do_to_whom_the_complaint_is_about(self):
        case = self._case(self.desk, kind="complaint", subject=f"{CANARY} x", about_user_id=self.colleague.id)
        case.with_user(self.lead).user_id = self.manager
        plan = (
            self.env["loan.recovery.plan"]
            .with_user(self.manager)
            .create({"customer_id": self.customer.id, "case_id": case.id, "what_happened": f"{CANARY} y"})
        )
        word = (
            self.env["loan.commitment"]
            .with_user(self.manager)
            .create(
                {
                    "name": f"{CANARY} word",
                    "customer_id": self.customer.id,
                    "case_id": case.id,
                    "date_due": TODAY,
                    "user_id": self.manager.id,
                }
            )
        )
        for record in (case, plan):
            record.activity_schedule(
                "mail.mail_activity_data_todo", summary=f"{CANARY} todo", user_id=self.manager.id
            )
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.env.flush_all()
        self.env.invalidate_all()
        held = self._holders(case) | plan.sudo().activity_ids | word.sudo().activity_id
        self.assertTrue(held)
        self.assertNotIn(self.colleague, held.user_id)
        self.assertNotIn(self.manager, held.user_id, "who has no duty any more has no to-do of it")
        self.assertNotIn(self.colleague, case.user_id | word.sudo().user_id | plan.sudo().user_id)
        self.assertFalse(self._anywhere(self.colleague))

    def test_v46_no_load_counts_what_was_promised_in_a_complaint_about_oneself(self):
        case = self._case(self.desk, kind="complaint", about_user_id=self.manager.id)
        self.env["loan.commitment"].with_user(self.lead).create(
            {"name": "An answer", "customer_id": self.customer.id, "case_id": case.id, "date_due": TODAY}
        )
        with self._days_later(3):
            for user in self.manager | self.lead:
                load = self.env["loan.workload"].with_user(user)
                row = load.search([("user_id", "=", self.manager.id), ("company_id", "=", self.company.id)])
                self.assertEqual(row.ours_count, 0, user.name)

    # ------------------------------------------------------------ forms, imports, filters, templates

    def test_v47_a_form_that_was_opened_closes_with_the_right(self):
        case, word, plan = self._full()
        clock = case.clock_ids[:1]
        case.with_user(self.lead).user_id = self.manager
        word.sudo().user_id = plan.sudo().user_id = self.manager
        forms = [
            self.env[model].with_user(self.manager).create(vals)
            for model, vals in (
                ("loan.case.end", {"case_id": case.id, "ending": "void", "why": "test", "note": CANARY}),
                (
                    "loan.case.extend",
                    {"clock_id": clock.id, "step_id": clock.policy_id.extension_ids[:1].id, "reason": CANARY},
                ),
                ("loan.recovery.apology", {"plan_id": plan.id}),
                (
                    "loan.commitment.postpone",
                    {"commitment_id": word.id, "date_due": TODAY, "reason": CANARY, "letter": CANARY},
                ),
            )
        ]
        self.env.flush_all()
        case.with_user(self.lead).write(
            {"kind": "complaint", "about_user_id": self.manager.id, "user_id": self.lead.id}
        )
        self.env.flush_all()
        self.env.invalidate_all()
        for form in forms:
            fields = list(form.fields_get())
            verbs = {name for name in dir(type(form)) if name.startswith("action_")}
            verbs -= {"action_archive", "action_unarchive"}
            for attack in (
                lambda form=form, fields=fields: form.read(fields),
                lambda form=form, fields=fields: form.web_read({name: {} for name in fields}),
                lambda form=form, fields=fields: form.onchange({}, [], {name: {} for name in fields}),
                lambda form=form: form.copy(),
                *(getattr(form, verb) for verb in verbs),
            ):
                with self.subTest(form=form._name), self.assertRaises(AccessError), self.env.cr.savepoint():
                    attack()
                self.env.invalidate_all()
            self.assertFalse(form.search([("id", "=", form.id)]))
        self.assertIn(case.state, ("new", "open"))
        self.assertEqual(word.date_due, TODAY)

    def test_v48_no_import_reaches_or_points_at_it(self):
        case, word, plan = self._full(about_user_id=self.manager.id)
        number = str(case.id)
        for user in self.manager | self.stranger | self.other_lead | self.system | self.surveyor:
            for model, header, row in (
                ("loan.case", [".id", "subject"], [number, "x"]),
                ("loan.case", ["subject", "customer_id/.id"], ["x", str(self.customer.id)]),
                ("loan.case.task", ["case_id/.id", "name", "deadline"], [number, "x", NOW]),
                ("loan.commitment", [".id", "name"], [str(word.id), "x"]),
                ("loan.commitment", ["case_id/.id", "name", "date_due"], [number, "x", str(TODAY)]),
                ("loan.recovery.plan", [".id", "heard"], [str(plan.id), "x"]),
                ("loan.recovery.plan", ["case_id", "what_happened"], [case.name, "x"]),
                ("loan.recovery.call", ["plan_id/.id", "date"], [str(plan.id), str(TODAY)]),
                ("mail.activity", ["res_model", "res_id", "summary"], ["loan.case", number, "x"]),
                ("ir.attachment", ["name", "res_model", "res_id"], ["x", "loan.case", number]),
            ):
                if user == self.manager and "customer_id/.id" in header:
                    continue  # their own customer
                told = self._try(
                    lambda user=user, model=model, header=header, row=row: (
                        self.env[model].with_user(user).load(header, [row])
                    )
                )
                with self.subTest(user=user.name, model=model, header=header):
                    self.assertNotIn(CANARY, told)
                    self.assertNotIn("Wang", told)
                    self.assertNotRegex(told, r"'ids': \[\d")

    def test_v49_columns_nobody_reads_answer_no_filter_order_or_group(self):
        case, _word, _plan = self._full()
        request = self._surveyed(case)
        improvement = self.env["loan.improvement"].search([], limit=1)
        for user in self.lead | self.manager:
            for records, path in (
                (request, "user_input_id"),
                (request, "user_input_id.access_token"),
                (request, "user_input_id.user_input_line_ids.value_text_box"),
                (request, "survey_id.user_input_ids.access_token"),
                (case.clock_ids, "todo_ids.summary"),
                (improvement, "evidence"),
                (improvement, "effect"),
            ):
                mine = records.with_user(user)
                name = path.split(".")[0]
                kept = bool(mine._fields[name].groups)
                for knock in (
                    lambda mine=mine, path=path: mine.search([(path, "!=", False)]).ids,
                    lambda mine=mine, path=path: mine.search([(path, "not ilike", "zz")]).ids,
                    lambda mine=mine, path=path: mine.search([], order=path).ids,
                    lambda mine=mine, path=path: mine.formatted_read_group([], [path], ["__count"]),
                    lambda mine=mine, path=path: mine.formatted_read_group([], [], [f"{path}:array_agg"]),
                    lambda mine=mine, path=path: mine.export_data([path.replace(".", "/")]),
                    lambda mine=mine, name=name, kept=kept: kept and mine.read([name]),
                    lambda mine=mine, name=name, kept=kept: kept and mine.search_panel_select_range(name),
                    lambda mine=mine, path=path: mine.filtered_domain([(path, "!=", False)]).ids,
                ):
                    told = ""
                    with (
                        suppress(AccessError, UserError, ValueError, KeyError),
                        mute_logger("odoo.models", "odoo.domains", "odoo.sql_db"),
                        self.env.cr.savepoint(),
                    ):
                        told = str(knock())
                    with self.subTest(user=user.name, path=path):
                        self.assertNotIn(CANARY, told)
                        self.assertIn(told, ("", "[]", "False"), "answers nothing")

    def test_v50_templates_composers_and_what_is_to_be_sent_later(self):
        case, _word, _plan = self._full(about_user_id=self.manager.id)
        template = self.env["mail.template"].create(
            {
                "name": "Of a case",
                "model_id": self.env["ir.model"]._get_id("loan.case"),
                "subject": "{{ object.subject }}",
                "body_html": '<p><t t-out="object.words"/></p>',
                "email_to": "x@example.com",
                "use_default_to": False,
            }
        )
        for user in self.manager | self.stranger | self.other_lead | self.system | self.employee:
            for name, knock in self._ways(user, case, template).items():
                told = self._try(knock)
                with self.subTest(user=user.name, way=name):
                    self.assertNotIn(CANARY, told)
                    self.assertNotIn("Wang", told)
        told = [
            name
            for name, knock in self._ways(self.lead, case, template).items()
            if CANARY in self._try(knock)
        ]
        self.assertGreater(len(told), 2, told)

    def _ways(self, user, case, template):
        """Return what of Odoo's shows a case to whoever may see it: `{name: a call}`."""
        env, mine = self.env(user=user), template.with_user(user)
        return {
            "send_mail": lambda: mine.send_mail(case.id, force_send=True),
            "preview": lambda: (
                env["mail.template.preview"]
                .create({"mail_template_id": template.id, "resource_ref": f"loan.case,{case.id}"})
                .read()
            ),
            "compose": lambda: (
                env["mail.compose.message"]
                .create(
                    {
                        "model": "loan.case",
                        "res_ids": str(case.ids),
                        "template_id": template.id,
                        "composition_mode": "comment",
                    }
                )
                .read()
            ),
            "mass": lambda: (
                env["mail.compose.message"]
                .with_context(active_model="loan.case", active_ids=case.ids)
                .create({"composition_mode": "mass_mail", "template_id": template.id})
                ._action_send_mail()
            ),
            "later": lambda: env["mail.scheduled.message"].create(
                {"model": "loan.case", "res_id": case.id, "body": "x", "scheduled_date": NOW}
            ),
            "plan": lambda: (
                env["mail.activity.schedule"]
                .with_context(active_model="loan.case", active_ids=case.ids)
                .create({"res_model": "loan.case", "res_ids": str(case.ids)})
                .read()
            ),
            "activities": lambda: env["mail.activity"].get_activity_data("loan.case", [("id", "=", case.id)]),
            "filter": lambda: env["loan.case"].search([("message_ids.body", "ilike", CANARY)]).ids,
            "ready": lambda: (
                env["loan.case.answer"].search([], limit=1).with_context(loan_case_id=case.id).action_use()
            ),
            "from message": lambda: env["loan.case"].action_from_message(case.message_ids[:1].id),
        }

    def test_v51_nothing_of_it_is_pushed_to_a_browser(self):
        case, _word, _plan = self._full(about_user_id=self.manager.id)
        case.message_subscribe((self.manager | self.stranger).partner_id.ids)
        last = self.env["bus.bus"].sudo().search([], order="id desc", limit=1).id
        case.with_user(self.lead).message_post(
            body=f"{CANARY} to all",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=(self.manager | self.stranger | self.desk).partner_id.ids,
        )
        case.with_user(self.lead).write({"priority": "2"})
        self.env.flush_all()
        self.env.cr.precommit.run()
        told = [
            push for push in self.env["bus.bus"].sudo().search([("id", ">", last)]) if CANARY in push.message
        ]
        for user in self.manager | self.stranger:
            ends = (f'"res.partner",{user.partner_id.id}]', f'"res.users",{user.id}]')
            for push in told:
                with self.subTest(user=user.name, channel=push.channel):
                    self.assertFalse(push.channel.replace(" ", "").endswith(ends))
        notified = self.env["mail.notification"].search([("mail_message_id.body", "ilike", "to all")])
        self.assertNotIn(self.manager.partner_id, notified.res_partner_id)

    def test_v52_no_path_from_an_open_record_filters_by_its_words(self):
        case, _word, _plan = self._full(about_user_id=self.manager.id)
        self._surveyed(case)
        tried = 0
        for user in self.manager | self.system | self.survey_head:
            for start in (
                "loan.customer",
                "loan.contract",
                "res.partner",
                "res.users",
                "res.company",
                "loan.case.team",
                "loan.case.category",
                "loan.survey.rule",
                "survey.survey",
                "survey.question",
                "mail.template",
            ):
                model = self.env[start].with_user(user).with_context(active_test=False)
                if not model.has_access("read"):
                    continue
                for path in self._paths(model):
                    tried += 1
                    found = 0
                    with (
                        suppress(AccessError, UserError, ValueError),
                        mute_logger("odoo.sql_db", "odoo.domains", "odoo.models"),
                        self.env.cr.savepoint(),
                    ):
                        found = model.search_count([(path, "ilike", CANARY)], limit=1)
                    if found:
                        with self.subTest(user=user.name, start=start, path=path):
                            self.fail("a filter tells what stands in it")
        self.assertGreater(tried, 100)
        theirs = self.env["loan.case"].with_user(self.lead)
        self.assertTrue(theirs.search_count([("task_ids.name", "ilike", CANARY)]), "who may see it finds it")

    def _paths(self, model):
        """Return the paths by one step or by two from a model to words that are hidden."""
        paths = []
        for name, field in model._fields.items():
            if not field.relational or field.groups:
                continue
            if field.comodel_name in WORDS:
                paths.append(f"{name}.{WORDS[field.comodel_name]}")
            if field.comodel_name.startswith("loan.") or field.comodel_name == "mail.message":
                paths += [
                    f"{name}.{further}.{WORDS[link.comodel_name]}"
                    for further, link in self.env[field.comodel_name]._fields.items()
                    if link.relational and link.comodel_name in WORDS and not link.groups
                ]
        return paths
