"""Ways around who may see a case and what customers say: docs/security-model.md, "Voice of the customer"."""

from contextlib import suppress

from odoo import Command
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .test_loan_case import CaseCommon
from .test_loan_survey import SurveyCommon

# Stands in every text of what is hidden, and nowhere else.
CANARY = "Quincequartz"
TEXTS = ("char", "text", "html")
# By which words somebody may filter along a relation.
PATHS = {
    "loan.case": ("subject", "words", "solution", "task_ids.name", "message_ids.body"),
    "loan.recovery.plan": ("what_happened", "heard"),
    "loan.commitment": ("name",),
    "loan.survey.request": ("user_input_id.user_input_line_ids.value_text_box",),
    "mail.message": ("body",),
}
# Where it may be told: what came last, and what Odoo hangs on it.
PLACES = (
    "loan.case",
    "loan.case.task",
    "loan.case.clock",
    "loan.case.pause",
    "loan.case.extension",
    "loan.response",
    "loan.commitment",
    "loan.word",
    "loan.recovery.plan",
    "loan.recovery.call",
    "loan.survey.request",
    "loan.survey.score",
    "loan.touch",
    "loan.reminder.hold",
    "survey.user_input",
    "survey.user_input.line",
    "mail.message",
    "mail.mail",
    "mail.activity",
    "mail.notification",
    "mail.tracking.value",
    "ir.attachment",
)


class _Undone(Exception):
    """What was tried is taken back."""


class VoiceCommon(SurveyCommon, CaseCommon):
    """A complaint about Lin Mei by her own customer, all that can hang on it, and people who must not see it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague.group_ids |= cls.env.ref("loan_crm.loan_crm_group_team_lead")
        more = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.portal = new_test_user(cls.env, "borrower.portal", groups="base.group_portal", **more)
        cls.system = new_test_user(
            cls.env, "root.like", groups="base.group_system,loan_crm.loan_crm_group_administrator", **more
        )
        cls.auditor = cls._user("auditor", "Tao Qi")
        cls.surveyor = new_test_user(cls.env, "surveyor", groups="survey.group_survey_user", **more)
        cls.survey_head = new_test_user(cls.env, "survey.head", groups="survey.group_survey_manager", **more)
        (cls.survey_head | cls.stranger | cls.system | cls.manager).write(
            {"group_ids": [Command.link(cls.env.ref("base.group_allow_export").id)]}
        )
        cls.strangers = (
            cls.stranger
            | cls.employee
            | cls.system
            | cls.administrator
            | cls.other_lead
            | cls.auditor
            | cls.surveyor
            | cls.survey_head
            | cls.portal
        )

    def _mail(self, *args, **headers):
        return CaseCommon._mail(self, *args, **headers)

    def _full(self, **values):
        """Return a case with all that can hang on it, a canary in every text."""
        case = self._case(
            self.desk,
            subject=f"{CANARY} subject",
            words=f"{CANARY} words",
            kind="complaint",
            contract_id=self.contract.id,
            **values,
        )
        case.activity_schedule(
            "mail.mail_activity_data_todo", summary=f"{CANARY} todo", user_id=case.user_id.id
        )
        case.message_post(body=f"{CANARY} body", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.env["ir.attachment"].create(
            {
                "name": f"{CANARY} file",
                "raw": CANARY.encode(),
                "mimetype": "text/plain",
                "res_model": case._name,
                "res_id": case.id,
            }
        )
        case.task_ids = [
            Command.create(
                {"name": f"{CANARY} task", "user_id": self.lead.id, "deadline": f"{TODAY} 09:00:00"}
            )
        ]
        case._wait(f"{CANARY} pause")
        case._go_on()
        clock = case.clock_ids[:1]
        policy = clock.policy_id
        step = self.env["loan.sla.extension"].create(
            {"policy_id": policy.id, "amount": 1, "when": "The inquiry is complex"}
        )
        self.env["loan.case.extension"].create(
            {"case_id": case.id, "clock_id": clock.id, "step_id": step.id, "reason": f"{CANARY} more time"}
        )
        word = (
            self.env["loan.commitment"]
            .with_user(self.lead)
            .create(
                {
                    "name": f"{CANARY} word",
                    "customer_id": self.customer.id,
                    "case_id": case.id,
                    "date_due": TODAY,
                }
            )
        )
        plan = (
            self.env["loan.recovery.plan"]
            .with_user(self.lead)
            .create(
                {
                    "customer_id": self.customer.id,
                    "case_id": case.id,
                    "what_happened": f"{CANARY} happened",
                    "heard": f"{CANARY} heard",
                    "user_id": self.lead.id,
                }
            )
        )
        self.env["loan.recovery.call"].create({"plan_id": plan.id, "date": TODAY, "note": f"{CANARY} call"})
        case._wait_for_answer(case.message_ids[:1], case.user_id)
        return case, word.with_env(self.env), plan.with_env(self.env)

    def _surveyed(self, case):
        """Let a case be solved, closed and asked about; return the request, answered with a canary."""
        case.task_ids.action_withdraw()
        case._solve(f"{CANARY} solved", self.env.ref("loan_crm.loan_case_cause_manner"))
        case._close()
        # What is made good is over when its plan is, and asked about then.
        plans = self.env["loan.recovery.plan"].search([("case_id", "=", case.id)]).with_user(self.lead)
        plans.write({"outcome": "lost", "outcome_note": f"{CANARY} lost"})
        plans.action_close()
        self._rule(
            "recovered", name="Mended", delay_days=0, survey_id=self.env.ref("loan_crm.survey_survey_case").id
        )
        request = self._round().filtered(lambda request: request.case_id == case)
        self._answer(request, 1, words=f"{CANARY} answer")
        return request

    def _try(self, knock):
        """Return what a way answers, an error's words as well; what it did is undone."""
        told = ""
        with mute_logger("odoo.sql_db"), suppress(_Undone), self.env.cr.savepoint():
            try:
                told = str(knock())
                self.env.flush_all()
            except Exception as error:  # whatever it says is told
                told = str(error)
            raise _Undone
        self.env.invalidate_all()
        return told

    # ------------------------------------------------------------ crawling

    def _told(self, user):
        """Return where a person reads the canary: in any field of what they find, and by any filter."""
        found = []
        for name in PLACES:
            model = self.env[name].with_user(user).with_context(active_test=False)
            if model.has_access("read"):
                found += [f"{name}: {told}" for told in self._crawl_model(model)]
        return found

    def _crawl_model(self, model):
        found = []
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                records = model.search(Domain.TRUE, order="id desc", limit=40)
                fields = [n for n, f in model.fields_get().items() if f["type"] not in ("binary", "image")]
        except Exception as error:
            return [f"ERROR {error!r}"[:150]] if CANARY in str(error) else []
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                rows = records.read(fields)
                if CANARY in str(rows):
                    found += sorted({f"read {n}" for row in rows for n, v in row.items() if CANARY in str(v)})
        except Exception:
            for field in fields:
                with suppress(Exception), self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                    if CANARY in str(records.read([field])):
                        found.append(f"read {field}")
        for field in fields:
            kind = model._fields[field]
            if field == "display_name":  # a filter by a name that is not stored finds all there is
                continue
            paths = []
            if kind.type in TEXTS and kind.store:
                paths.append(field)
            elif kind.type == "many2one" and kind.store and kind.comodel_name in PATHS:
                paths += [f"{field}.{name}" for name in PATHS[kind.comodel_name]]
            for path in paths:
                with suppress(Exception), self.env.cr.savepoint(), mute_logger("odoo.sql_db", "odoo.domains"):
                    if model.search_count([(path, "ilike", CANARY)], limit=1):
                        found.append(f"filter {path}")
        return found


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanAccessVoice(VoiceCommon):
    def test_v00_nobody_without_sight_finds_a_word_of_it(self):
        case, _word, _plan = self._full(about_user_id=self.manager.id)
        self._surveyed(case)
        self.env.flush_all()
        self.env.invalidate_all()
        # Whoever is not here has no more rights on these models than one of them.
        for user in (
            self.manager | self.stranger | self.other_lead | self.system | self.survey_head | self.portal
        ):
            with self.subTest(user=user.name):
                self.assertFalse(self._told(user))
        self.assertGreater(len(self._told(self.lead)), 20, "who may see it finds it in many places")

    # ------------------------------------------------------------ a complaint is hidden from whom it is about

    def test_v01_a_hold_tells_nothing_of_a_complaint(self):
        case = self._case(self.desk, kind="complaint", about_user_id=self.manager.id)
        later = self._case(self.desk, kind="complaint", subject="Late fee", contract_id=self.contract.id)
        later.with_user(self.lead).write({"about_user_id": self.manager.id, "user_id": self.lead.id})
        holds = self.env["loan.reminder.hold"].with_user(self.manager).search([])
        self.assertEqual(len(holds), 2, "that nobody is reminded is theirs to know")
        told = str(holds.read(["display_name", "kind", "reason", "placed_user_id"])).lower()
        told += str(self.customer.with_user(self.manager).hold_note).lower()
        self.assertNotIn("complaint", told)
        for each in case | later:
            self.assertNotIn(each.name.lower(), told)

    def test_v02_a_survey_that_waits_tells_nothing_of_a_complaint(self):
        self._paid_out()
        self._case(self.desk, kind="complaint", about_user_id=self.manager.id)
        request = self._round()[-1:].with_user(self.manager)
        self.assertEqual(request.state, "silent")
        self.assertNotIn("complaint", str(request.read(["reason", "told"])))

    def test_v03_the_timeline_tells_no_answer_to_a_survey_about_it(self):
        case, _word, _plan = self._full(about_user_id=self.manager.id)
        self._surveyed(case)
        touches = self.env["loan.touch"].with_user(self.manager)
        found = touches.search([("customer_id", "=", self.customer.id)])
        self.assertFalse(
            {"survey.user_input", "loan.case", "loan.survey.request"} & set(found.mapped("res_model"))
        )
        theirs = self.env["loan.touch"].with_user(self.lead).search([("customer_id", "=", self.customer.id)])
        self.assertTrue(theirs)

    def test_v04_the_figures_of_customer_and_loan_do_not_count_it(self):
        case, _word, _plan = self._full(about_user_id=self.manager.id)
        self._surveyed(case)
        for record in (self.customer, self.contract):
            mine = record.with_user(self.manager)
            for name in (
                "case_count",
                "case_open_count",
                "complaint_open",
                "survey_count",
                "survey_note",
                "recovery_count",
                "recovery_open",
                "commitment_count",
                "commitment_open_count",
            ):
                if name in mine._fields:
                    with self.subTest(model=record._name, figure=name):
                        self.assertFalse(mine[name])
            self.assertTrue(record.with_user(self.lead).case_count)
        self.assertNotIn(CANARY, " ".join(self.customer.message_ids.mapped("body")))

    def test_v05_whoever_had_it_until_it_was_about_them(self):
        case = self._case(self.desk, subject=f"{CANARY} subject", kind="complaint")
        case.with_user(self.lead).user_id = self.manager
        case.message_subscribe(self.manager.partner_id.ids)
        case.activity_schedule(
            "mail.mail_activity_data_todo", summary=f"{CANARY} todo", user_id=self.manager.id
        )
        case.with_user(self.manager).message_post(body=f"{CANARY} mine", message_type="comment")
        case.clock_ids[0]._tell_people([(case.clock_ids[0], self.manager, case, TODAY, f"{CANARY} clock")])
        case._wait_for_answer(case.message_ids[:1], self.manager)
        self.env.flush_all()
        case.with_user(self.lead).write({"about_user_id": self.manager.id, "user_id": self.lead.id})
        self.env.flush_all()
        self.env.invalidate_all()
        case.with_user(self.lead).message_post(
            body=f"{CANARY} after",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.manager.partner_id.ids,
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self._told(self.manager))
        groups = self.manager.with_user(self.manager)._get_activity_groups()
        self.assertNotIn("loan.case", str(groups))
        notified = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.manager.partner_id.id), ("mail_message_id.body", "ilike", "after")]
        )
        self.assertFalse(notified)

    def test_v06_nobody_writes_down_a_complaint_about_themselves(self):
        for context, vals in (
            ({}, {"about_user_id": self.manager.id}),
            ({"default_about_user_id": self.manager.id}, {}),
        ):
            with self.subTest(vals=vals), self.assertRefused("for somebody else"):
                self.env["loan.case"].with_user(self.manager).with_context(**context).create(
                    {"subject": "Me", "customer_id": self.customer.id, "kind": "complaint", **vals}
                )

    def test_v07_nobody_is_shown_what_was_about_them_by_a_friend(self):
        case = self._case(self.desk, kind="complaint", about_user_id=self.manager.id)
        with self.assertRefused("."):
            case.with_user(self.desk).about_user_id = False
        with self.assertRefused("."):
            case.with_user(self.desk).about_user_id = self.lead
        case.with_user(self.lead).about_user_id = False
        self.assertFalse(case.about_user_id)

    # ------------------------------------------------------------ joined, copied, moved

    def test_v08_joining_tells_nobody_else_what_was_said(self):
        words = f"{CANARY} words"
        about = self._case(self.lead, kind="complaint", about_user_id=self.manager.id, words=words)
        plain = self._case(self.desk, subject="Other")
        other = self._case(self.desk, subject="Another", customer_id=self._customer("Li Na").id)
        for case, kept in ((about, plain), (plain, other)):
            form = (
                self.env["loan.case.end"]
                .with_user(self.lead)
                .create({"case_id": case.id, "ending": "void", "why": "double", "kept_id": kept.id})
            )
            with self.subTest(kept=kept.subject), self.assertRefused("."):
                form.action_end()
        self.assertNotIn(CANARY, " ".join(plain.message_ids.mapped("body")))

    def test_v09_a_copy_is_no_way_down(self):
        case = self._case(self.desk, subject="Big")
        level = self.env.ref("loan_crm.loan_confidentiality_level_confidential")
        level.needs_agreement = False
        case.with_user(self.compliance)._classify(level, "Board")
        self.assertFalse(case.with_user(self.manager).has_access("read"))
        with self.assertRefused("."):
            case.with_user(self.compliance).copy()
        other = self._case(self.desk, subject="Plain")
        with self.assertRefused("."):
            other.with_user(self.desk).copy()

    def test_v10_a_case_of_a_known_customer_is_not_pulled_out_of_sight(self):
        case = self._case(self.desk, kind="complaint", team_id=self.junior.id)
        with self.assertRefused("."):
            case.with_user(self.manager).customer_id = False
        self.assertTrue(case.with_user(self.lead).has_access("read"))

    def test_v11_a_case_of_a_confidential_customer_stays_as_closed(self):
        level = self.env.ref("loan_crm.loan_confidentiality_level_confidential")
        level.needs_agreement = False
        case = self._case(self.desk)
        plain = self._customer("Li Na")
        self.customer.with_user(self.compliance)._classify(level, "Chair")
        grant = self._grant(self.desk, level)
        self.assertTrue(case.with_user(self.desk).has_access("read"), grant)
        self.assertFalse(case.with_user(self.manager).has_access("read"))
        with self.assertRefused("."):
            case.with_user(self.desk).write({"customer_id": plain.id, "partner_id": plain.partner_id.id})

    def _grant(self, user, level):
        grants = self.env["loan.access.grant"].with_user(self.compliance)
        grant = grants.create(
            {
                "customer_id": self.customer.id,
                "company_id": self.company.id,
                "user_id": user.id,
                "level_id": level.id,
                "purpose": "Service",
                "date_from": "2026-03-10 01:00:00",
                "date_to": "2026-04-10 01:00:00",
            }
        )
        grant.action_approve()
        self.env.invalidate_all()
        return grant

    # ------------------------------------------------------------ teams

    def test_v12_nobody_joins_a_team_for_what_strangers_wrote_to_it(self):
        case = self._mail(sender="Mallory <mallory@example.org>", subject="Who am I")[-1]
        self.assertFalse(case.customer_id)
        self.assertFalse(case.with_user(self.other_lead).has_access("read"))
        with self.assertRefused("."):
            self.junior.with_user(self.other_lead).member_ids = [Command.link(self.other_lead.id)]
        with self.assertRefused("."):
            self.junior.with_user(self.other_lead).user_id = self.other_lead
        self.junior.with_user(self.lead).member_ids = [Command.link(self.colleague.id)]

    # ------------------------------------------------------------ surveys

    def test_v13_nobody_of_the_lender_gets_hold_of_a_link(self):
        request = self._asked()
        token = request.sudo()._ask_token()
        self.assertIn(token, self._mail_of(request).body_html)
        for user in self.manager | self.lead | self.desk | self.compliance | self.strangers:
            env = self.env(user=user)
            for model, field in (
                ("mail.mail", "body_html"),
                ("mail.message", "body"),
                ("ir.attachment", "name"),
            ):
                with self.subTest(user=user.name, model=model), suppress(AccessError):
                    self.assertFalse(
                        env[model]
                        .search([(field, "ilike", "/loan/ask/")])
                        .filtered(lambda r, field=field: token in (r[field] or ""))
                    )
            mine = request.with_user(user)
            for read in (
                lambda mine=mine: mine.read(["ask_url"]),
                lambda mine=mine: mine.read(["ask_choices"]),
                lambda mine=mine: mine.read(["user_input_id"]),
                lambda mine=mine: mine.web_read({"ask_url": {}}),
                lambda mine=mine: mine.export_data(["ask_url"]),
                lambda mine=mine: mine.export_data(["user_input_id/access_token"]),
                lambda mine=mine: mine.search([("user_input_id.access_token", "!=", False)]).ids,
                lambda mine=mine: mine.formatted_read_group([], ["user_input_id"], ["__count"]),
            ):
                with self.subTest(user=user.name), mute_logger("odoo.models"):
                    told = ""
                    with (
                        suppress(AccessError, UserError, ValueError, KeyError, MissingError),
                        self.env.cr.savepoint(),
                    ):
                        told = str(read())
                    self.assertNotIn(token, told)
                    self.assertFalse(told.replace("[]", ""))

    def _mail_of(self, request):
        return self.env["mail.mail"].search([("mail_message_id", "=", request.message_id.id)])

    def test_v14_no_template_tells_what_its_writer_may_not_see(self):
        request = self._asked()
        token = request.sudo()._ask_token()
        secret = self.customer.partner_id.name
        everybody = "env['loan.customer'].search([]).mapped('partner_id.name')"
        for user, record, text in (
            (self.manager, request, "object.ask_url"),
            (self.manager, request, "object.sudo().ask_url"),
            (self.manager, request, "object.sudo().with_user(1).ask_url"),
            (self.employee, self.employee.partner_id, f"user.sudo().{everybody}"),
            (self.stranger, self.stranger.partner_id, f"object.with_user(1).{everybody}"),
        ):
            with self.subTest(user=user.name, text=text):
                told = ""
                with (
                    suppress(AccessError, UserError),
                    mute_logger("odoo.addons.mail.models.mail_render_mixin"),
                ):
                    with self.env.cr.savepoint():
                        template = (
                            self.env["mail.template"]
                            .with_user(user)
                            .create(
                                {
                                    "name": "Mine",
                                    "model_id": self.env["ir.model"]._get_id(record._name),
                                    "subject": "{{ " + text + " }}",
                                    "body_html": f'<p><t t-out="{text}"/></p>',
                                }
                            )
                        )
                        told += str(template._render_field("body_html", record.ids))
                        told += str(template._render_field("subject", record.ids))
                self.assertNotIn(token, told)
                self.assertNotIn(secret, told)

    def test_v15_what_was_answered_stays_whatever_becomes_of_the_questionnaire(self):
        request = self._asked()
        self._answer(request, 1, words=f"{CANARY} answer")
        survey = request.survey_id.with_user(self.administrator)
        question = survey.question_ids.filtered(lambda q: not q.loan_dimension)[:1]
        for attack in (
            lambda: survey.question_ids.unlink(),
            lambda: question.unlink(),
            lambda: survey.write({"question_and_page_ids": [Command.clear()]}),
            lambda: survey.write({"survey_type": "survey"}),
            lambda: survey.unlink(),
        ):
            with self.assertRefused("."):
                attack()
        self.env.invalidate_all()
        self.assertIn(CANARY, request.words)

    def test_v16_nobody_settles_a_case_in_the_customers_name_to_be_asked_about_nothing(self):
        case = self._case(self.desk)
        form = (
            self.env["loan.case.end"]
            .with_user(self.manager)
            .create({"case_id": case.id, "ending": "solved", "note": "Told", "by_customer": True})
        )
        with self.assertRefused("."):
            form.action_end()
        self._message(case)
        form.action_end()
        self.assertTrue(case.self_closed)

    def _message(self, case):
        case.message_post(
            body="It is settled, thank you.",
            message_type="email",
            subtype_xmlid="mail.mt_comment",
            author_id=case.partner_id.id,
        )

    def test_v17_a_complaint_is_neither_trivial_nor_put_aside_by_who_handles_it(self):
        category = self.env["loan.case.category"].create({"name": "A thank-you", "trivial": True})
        case = self._case(self.desk, kind="complaint", category_id=category.id)
        form = (
            self.env["loan.case.end"]
            .with_user(self.desk)
            .create({"case_id": case.id, "ending": "void", "why": "spam"})
        )
        with self.assertRefused("team lead"):
            form.action_end()
        case._solve("Told")
        case._close()
        self._rule(
            "recovered", name="Mended", delay_days=0, survey_id=self.env.ref("loan_crm.survey_survey_case").id
        )
        self.assertEqual(self._round()[-1:].state, "sent")

    def test_v18_who_says_that_somebody_wants_no_surveys_is_on_record(self):
        self.customer.with_user(self.manager).no_surveys = True
        said = self.customer.message_ids.filtered(lambda message: message.body)[:1]
        self.assertIn("no more surveys", said.body)
        self.assertEqual(said.author_id, self.manager.partner_id)
        rule = self.env.ref("loan_crm.survey_rule_case", raise_if_not_found=False) or self.rule
        for user in self.manager | self.desk | self.lead:
            with self.assertRaises(AccessError):
                rule.with_user(user).active = False

    # ------------------------------------------------------------ commitments and recovery

    def test_v19_a_promise_of_a_case_is_its_customers(self):
        case = self._case(self.desk, kind="complaint")
        other = self._customer("Li Na")
        with self.assertRefused("another customer"):
            self.env["loan.commitment"].with_user(self.lead).create(
                {"name": "An answer", "customer_id": other.id, "case_id": case.id, "date_due": TODAY}
            )

    def test_v20_nobody_enters_what_opened_a_plan(self):
        for vals in ({"score": 99.0}, {"opened_on": "2025-01-01"}, {"approval": "approved"}, {"cost": 5.0}):
            with self.subTest(vals=vals), self.assertRefused("."):
                self.env["loan.recovery.plan"].with_user(self.manager).create(
                    {"customer_id": self.customer.id, "what_happened": "x", **vals}
                )

    def test_v21_a_limit_is_of_the_customer_and_not_of_a_plan(self):
        self.env["loan.recovery.limit"].create(
            [
                {"company_id": self.company.id, "role": "manager", "currency_id": self.cny.id, "amount": 200},
                {
                    "company_id": self.company.id,
                    "role": "team_lead",
                    "currency_id": self.cny.id,
                    "amount": 2000,
                },
            ]
        )
        given = []
        for number in range(2):
            plan = (
                self.env["loan.recovery.plan"]
                .with_user(self.manager)
                .create({"customer_id": self.customer.id, "what_happened": f"Fee {number}", "heard": "Angry"})
            )
            plan.action_acknowledge()
            plan.apology_note = "By telephone"
            plan.action_apologised()
            plan.write({"remedy": "compensation", "remedy_note": "Fee back", "amount": 200})
            plan.action_offer()
            given.append(plan.approval)
        self.assertEqual(given, ["approved", "asked"])

    def test_v22_a_handover_to_whom_a_complaint_is_about_goes_through(self):
        case = self._case(self.desk, kind="complaint", about_user_id=self.colleague.id)
        plan = (
            self.env["loan.recovery.plan"]
            .with_user(self.manager)
            .create(
                {
                    "customer_id": self.customer.id,
                    "case_id": case.id,
                    "what_happened": "x",
                    "user_id": self.manager.id,
                }
            )
        )
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.env.flush_all()
        self.assertNotEqual(plan.user_id, self.colleague)
        self.assertFalse(plan.with_user(self.colleague).has_access("read"))

    def test_v23_nobody_is_given_a_plan_of_a_customer_they_may_not_see(self):
        with self.assertRefused("."):
            self.env["loan.recovery.plan"].with_user(self.manager).create(
                {"customer_id": self.customer.id, "what_happened": "x", "user_id": self.stranger.id}
            )

    # ------------------------------------------------------------ foreign ids

    def test_v24_no_form_opens_a_hidden_record(self):
        case, word, plan = self._full()
        request = self._asked()
        clock = case.clock_ids[:1]
        for user in self.stranger | self.other_lead | self._user("service_desk", "Xu Ke"):
            if case.with_user(user).has_access("read"):
                continue
            for model, vals in (
                ("loan.case.end", {"case_id": case.id, "ending": "solved", "note": "x"}),
                ("loan.case.extend", {"clock_id": clock.id, "reason": "x"}),
                ("loan.recovery.apology", {"plan_id": plan.id}),
                ("loan.commitment.postpone", {"commitment_id": word.id, "date_due": TODAY, "reason": "x"}),
                ("loan.survey.enter", {"request_id": request.id}),
                ("loan.case", {"subject": "x", "customer_id": self.customer.id}),
                ("loan.case", {"subject": "x", "contract_id": self.contract.id}),
                ("loan.case", {"subject": "x", "partner_id": self.borrower.id, "hold_id": 1}),
                ("loan.case.task", {"name": "x", "case_id": case.id, "user_id": user.id, "deadline": NOW}),
                ("loan.commitment", {"name": "x", "customer_id": self.customer.id, "date_due": TODAY}),
                ("loan.commitment", {"name": "x", "case_id": case.id, "date_due": TODAY}),
                ("loan.recovery.plan", {"customer_id": self.customer.id, "what_happened": "x"}),
                ("loan.recovery.call", {"plan_id": plan.id, "date": TODAY}),
            ):
                with self.subTest(user=user.name, model=model):
                    for told in self._knock(self.env[model].with_user(user), vals):
                        self.assertNotIn(CANARY, told)
                        self.assertNotIn("Wang", told)

    def _knock(self, model, vals):
        """Return what is told to whoever creates, fills in or merely opens a form with these values."""
        spec = {name: {} for name in model.fields_get()}
        preset = model.with_context(**{f"default_{name}": value for name, value in vals.items()})
        return (
            self._try(lambda: model.create(vals).read()),
            self._try(lambda: model.onchange(vals, list(vals), spec)),
            self._try(lambda: preset.onchange({}, [], spec)),
            self._try(lambda: preset.default_get(list(model._fields))),
        )

    def test_v25_no_verb_reaches_a_hidden_record(self):
        case, word, plan = self._full(about_user_id=self.manager.id)
        request = self._surveyed(case)
        records = (
            case,
            word,
            plan,
            plan.call_ids,
            request,
            case.clock_ids,
            case.extension_ids,
            case.task_ids,
        )
        for user in self.manager | self.stranger | self.other_lead:
            for record in records:
                mine, before = record.with_user(user), record.read()
                for name in dir(type(mine)):
                    if name.startswith("action_"):
                        with self.subTest(user=user.name, model=record._name, verb=name):
                            told = self._try_and_keep(getattr(mine, name))
                            self.assertNotIn(CANARY, told)
                            self.assertNotIn("Wang", told)
                            self.assertEqual(record.read(), before)

    def _try_and_keep(self, knock):
        told = ""
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                told = str(knock())
                self.env.flush_all()
        except Exception as error:  # whatever it says is told
            told = str(error)
        self.env.invalidate_all()
        return told

    # ------------------------------------------------------------ the gateway

    def test_v26_a_strangers_mail_gets_no_answer_and_joins_nobodys_case(self):
        case = self._case(self.desk, subject="Interest")
        before = len(case.message_ids)
        cases = self._mail(sender="Mallory <mallory@example.org>", subject=f"Re: [{case.name}] Interest")
        self.assertEqual(len(cases), 2)
        self.assertEqual(len(case.message_ids), before)
        self.assertFalse(self._new_mails.filtered(lambda m: "mallory" in str(m.email_to)))
        self.assertFalse(cases[-1].customer_id)

    def test_v27_what_a_sender_writes_runs_nowhere_and_is_not_sent_on_as_ours(self):
        subject = "{{ object.company_id.name }} <script>alert(1)</script> ${7*7}"
        case = self._mail(body='<t t-out="object.user_id.login"/> {{ 7*7 }}', subject=subject)[-1]
        self.assertEqual(case.customer_id, self.customer)
        confirmation = case.sudo().message_id
        self.assertTrue(confirmation)
        self.assertNotIn("<script", str(confirmation.body))
        self.assertNotIn("49", str(confirmation.subject))
        self.assertNotIn(
            "alert(1)", str(confirmation.subject), "whoever forges an address sends nothing in our name"
        )
