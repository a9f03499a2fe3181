import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

from lxml import etree

from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import TODAY, LoanCommon

HOUSE = Path(__file__).resolve().parents[1]
# What a browser may call on any model; the rest of what is public must be a button.
ORM = {
    "create",
    "write",
    "unlink",
    "copy",
    "onchange",
    "send",
    "process_email_queue",
    "message_subscribe",
    "sync",  # a core system's door, see docs/core-system.md
    "get_import_templates",
    "create_unique",  # Odoo's own, with the caller's rights, as the next one
    "generate_access_token",
    "session_info",  # Odoo's own: what the page is told of who has logged in
    "consume",  # Odoo's own: a tour was walked
    "read",  # what is absent is refused as what is hidden
    "web_read",  # what Odoo answers a form and a list with; only faster
    "search_read",
    "name_search",  # as Odoo answers, and then puts on record who asked; as the next two
    "search_count",
    "message_route",  # Odoo's own and not to be called by a browser: it asks for a mail
    "formatted_read_group",
    "formatted_read_grouping_sets",
    "format",  # a currency's, as Odoo has it; Chinese leaves the space out
}
# (file, line): raised rights that need neither a name nor a reason. Keep it short.
PLAIN_SUDO = {
    # Waking Odoo's own mail queue shows nothing.
    ("loan_reminder.py", 'self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()'),
    (
        "loan_reminder_delivery_mixin.py",
        'self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()',
    ),
}
# Fields outside the protected models that lead to one, and why that shows nothing.
WAYS_IN = {
    "loan.access.log.customer_ids",  # found with the reader's own rights
    "loan.assignment.suggest.customer_id",  # guarded by loan.guard.mixin, as the next one
    "loan.assignment.bulk.line.customer_id",
    "loan.repayment.register.contract_id",  # guarded by loan.guard.mixin
    "loan.repayment.register.customer_id",  # follows contract_id
    "loan.what.if.contract_id",  # guarded by loan.guard.mixin, as the next three
    "loan.repayment.prepay.contract_id",
    "loan.contract.restructure.contract_id",
    "loan.contract.drawdown.contract_id",
    "loan.contract.judge.contract_id",
    "loan.reminder.preview.contract_id",
    "loan.reminder.bounce.mend.bounce_id",
    "loan.hardship.answer.hardship_id",
    "loan.case.end.case_id",  # guarded by loan.guard.mixin, as the next two
    "loan.case.end.kept_id",
    "loan.case.extend.clock_id",
    "loan.contract.event.reverse.event_id",
    "loan.contract.event.reverse.contract_id",  # follows event_id
    "loan.reminder.dry.run.letter.customer_id",  # guarded by loan.guard.mixin, written by nobody
    "loan.reminder.dry.run.letter.contract_id",
    "loan.reminder.dry.run.letter.installment_id",
    "loan.reminder.room.failed_ids",  # found with the user's own rights, as the next one
    "loan.reminder.room.bounce_ids",
    "loan.reminder.round.reminder_ids",  # asks the reminders' own rules
    "loan.handover.item_ids",  # asks the items' own rules
    "loan.handover.start.customer_ids",  # Odoo checks what a list of records points at
    "loan.customer.tier.choose.customer_id",  # guarded by loan.guard.mixin, as the next one
    "loan.customer.tier.keep.change_id",
    "loan.night.failure_ids",  # asks the failures' own rules
    "loan.cover.task_ids",  # asks the tasks' own rules
    "loan.customer.erase.customer_id",  # guarded by loan.guard.mixin
    "loan.customer.merge.customer_ids",  # guarded, as the next two
    "loan.customer.merge.kept_id",
    "loan.customer.merge.line.choice_id",
    "loan.access.review.grant_id",  # of reviews, whose readers read grants: compliance and auditors
    "loan.access.explain.customer_id",  # guarded by loan.guard.mixin
    "loan.access.deal.customer_ids",  # found with the reader's own rights, as the next one
    "loan.access.deal.grant_ids",  # asks the grants' own rules
    "loan.access.deal.start.customer_ids",  # Odoo checks what a list of records points at, as the next one
    "loan.access.end.grant_ids",
    "loan.access.campaign.answer.line_ids",
    "loan.access.campaign.line_ids",  # asks the lines' own rules
    "loan.commitment.postpone.commitment_id",  # guarded by loan.guard.mixin, as the next one
    "loan.recovery.apology.plan_id",
    "loan.voice.report.quote_ids",  # asks the quotations' own rules
    "loan.survey.enter.request_id",  # guarded by loan.guard.mixin
    "loan.agreement.withdraw.agreement_id",  # guarded by loan.guard.mixin, as the next one
    "loan.agreement.identify.signer_id",
    "loan.consent.record.customer_id",  # guarded by loan.guard.mixin, as the next one
    "loan.data.ask.customer_id",
    "mail.mail.loan_reminder_ids",  # mails are read by system administrators only
    "mail.activity.loan_clock_id",  # nobody reads it, as the next one: what gave a to-do
    "mail.activity.loan_response_id",
}
# Children that go with their parent: what was never paid out, and what a reversal replays anyway.
GO_WITH_PARENT = {
    "loan.installment.contract_id",
    "loan.repayment.allocation.repayment_id",
    "loan.contract.party.contract_id",
    "loan.assignment.customer_id",  # a profile that is deleted never had a loan
    "loan.customer.tier.change.customer_id",  # as above
    "loan.service.occasion.customer_id",  # as above
}
# Models that say nothing of their own about being erased: their records stay as figures, their words go.
ERASED_AS_USUAL = {
    "loan.arrears.change",
    "loan.assignment",
    "loan.contract",
    "loan.contract.event",
    "loan.installment",
    "loan.night.failure",
    "loan.promise",
    "loan.reminder",
    "loan.reminder.hold",
    "loan.repayment",
    "loan.repayment.allocation",
    "loan.schedule.version",
    "loan.cover.task",
    "loan.handover.item",
    "loan.customer.tier.change",
    "loan.access.grant",
    "loan.access.campaign.line",
    "loan.conflict",
    "loan.service.occasion",
    "loan.case.clock",
    "loan.case.extension",
    "loan.case.pause",
    "loan.case.source",
    "loan.case.task",
    "loan.response",
    "loan.recovery.call",
    "loan.survey.score",
}


def sources(*folders):
    for folder in folders:
        for path in sorted((HOUSE / folder).glob("*.py")):
            if path.name != "__init__.py":
                yield path, path.read_text(), ast.parse(path.read_text())


def string(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def model_classes():
    """Yield `(path, class node, own name or None, extended name or None)` of every model we write."""
    for path, _text, tree in sources("models", "wizard"):
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                values = {
                    target.id: item.value
                    for item in node.body
                    if isinstance(item, ast.Assign)
                    for target in item.targets
                    if isinstance(target, ast.Name)
                }
                if values.keys() & {"_name", "_inherit"}:
                    name, extended = string(values.get("_name")), string(values.get("_inherit"))
                    # What extends a model with mixins of ours names it twice; it is Odoo's all the same.
                    if name in map(string, getattr(values.get("_inherit"), "elts", ())):
                        name, extended = None, name
                    yield path, node, name, extended


@tagged("post_install", "-at_install", "loan")
class TestHouse(LoanCommon):
    """Manners a machine can keep; architecture.md tells why."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = [name for _path, _node, name, _extended in model_classes() if name]
        cls.ours = {name: cls.env[name] for name in names}
        cls.kept = {name: model for name, model in cls.ours.items() if not model._abstract}
        cls.protected = {
            name: model
            for name, model in cls.kept.items()
            if not model._transient
            and any(
                field.type == "many2one" and field.comodel_name in ("loan.customer", "res.partner")
                for field in model._fields.values()
            )
        }
        cls.rules = defaultdict(list)
        for rule in cls.env["ir.rule"].with_context(active_test=False).search([]):
            cls.rules[rule.model_id.model].append(rule)

    def _global_rules(self, name):
        """Return the texts of rules that hold for everybody and for every operation."""
        return {
            rule.domain_force
            for rule in self.rules[name]
            if rule.active
            and not rule.groups
            and rule.perm_read
            and rule.perm_write
            and rule.perm_create
            and rule.perm_unlink
        }

    def test_we_look_at_what_is_there(self):
        self.assertLessEqual(
            {
                "loan.customer",
                "loan.contract",
                "loan.installment",
                "loan.repayment",
                "loan.repayment.allocation",
                "loan.reminder",
            },
            self.protected.keys(),
        )

    # ------------------------------------------------------------ files

    def test_a_model_lives_in_the_file_that_bears_its_name(self):
        for path, node, name, extended in model_classes():
            with self.subTest(path=path.name, model=node.name):
                self.assertEqual(path.stem, (name or extended).replace(".", "_"))

    def test_a_model_of_ours_tells_its_story(self):
        for path, node, name, _extended in model_classes():
            if name:
                with self.subTest(path=path.name):
                    self.assertTrue(ast.get_docstring(node))

    def test_models_speak_through_the_environment(self):
        for path, _text, tree in sources("models", "wizard"):
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom):
                    with self.subTest(path=path.name, line=node.lineno):
                        ours = node.level or (node.module or "").startswith("odoo.addons.loan_crm")
                        self.assertTrue(not ours or (node.module or "").split(".")[0] == "core")

    def test_the_core_leans_on_the_standard_library_alone(self):
        for path, _text, tree in sources("core"):
            for node in ast.walk(tree):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module]
                for name in names:
                    with self.subTest(path=path.name, imports=name):
                        self.assertIn(name.split(".")[0], sys.stdlib_module_names)

    def test_raised_rights_have_a_name_or_a_reason(self):
        for path, text, _tree in sources("models", "wizard"):
            lines = text.splitlines()
            for number, line in enumerate(lines):
                if ".sudo()" not in line or (path.name, line.strip()) in PLAIN_SUDO:
                    continue
                told = any("superuser" in before.lower() for before in lines[max(0, number - 6) : number + 1])
                with self.subTest(path=path.name, line=number + 1, source=line.strip()):
                    self.assertTrue("_sudo" in line or told)

    def test_what_rpc_may_call_is_a_button(self):
        for path, node, _name, _extended in model_classes():
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
                    private = any(getattr(mark, "attr", None) == "private" for mark in item.decorator_list)
                    with self.subTest(path=path.name, method=item.name):
                        self.assertTrue(private or item.name in ORM or item.name.startswith("action_"))

    # ------------------------------------------------------------ rights

    def test_who_carries_a_customer_asks_who_may_see_them(self):
        for name, model in self.protected.items():
            with self.subTest(model=name):
                self.assertIn("loan_visible", model._fields)
                self.assertIn("[('loan_visible', '=', True)]", self._global_rules(name))

    def test_only_what_carries_a_customer_has_such_a_rule(self):
        for name, rules in self.rules.items():
            if any("loan_visible" in (rule.domain_force or "") for rule in rules):
                with self.subTest(model=name):
                    if name in ("crm.lead", "res.partner"):
                        self.assertIn("loan.veil.mixin", self._ancestors(self.env[name]))
                        continue
                    house = "loan.seen.mixin" in self._ancestors(self.kept[name])
                    self.assertTrue(name in self.protected or house or self.kept[name]._transient)

    def test_what_is_about_a_colleague_is_theirs_and_compliances(self):
        found = {name for name, model in self.kept.items() if "loan.seen.mixin" in self._ancestors(model)}
        self.assertLessEqual(
            {"loan.nda", "loan.training.record", "loan.breach", "loan.breach.register"}, found
        )
        for name in found:
            model = self.kept[name]
            with self.subTest(model=name):
                self.assertIn("[('loan_visible', '=', True)]", self._global_rules(name))
                self.assertFalse([rule.name for rule in self.rules[name] if rule.groups])
                self.assertTrue(self.env["ir.model.access"].search([("model_id.model", "=", name)]))
                if "message_ids" in model._fields:
                    ancestors = self._ancestors(model)
                    self.assertLess(ancestors.index("loan.seen.mixin"), ancestors.index("mail.thread"))

    @staticmethod
    def _ancestors(model):
        return [getattr(parent, "_name", None) for parent in type(model).__mro__]

    def test_no_group_opens_a_protected_model(self):
        # Rules of groups are joined by "or": one permissive line of any addon would open everything it names.
        for name in self.protected:
            with self.subTest(model=name):
                self.assertFalse([rule.name for rule in self.rules[name] if rule.groups])

    def test_who_answers_for_the_mail_comes_before_the_mail(self):
        for name, model in self.protected.items():
            if "message_ids" in model._fields:
                ancestors = [getattr(parent, "_name", None) for parent in type(model).__mro__]
                with self.subTest(model=name):
                    self.assertLess(ancestors.index("loan.access.mixin"), ancestors.index("mail.thread"))

    def test_who_has_a_company_is_fenced_by_it(self):
        for name, model in self.kept.items():
            field = model._fields.get("company_id")
            if field and field.store and not model._transient:
                companies = "company_ids" if field.required or field.related else "company_ids + [False]"
                with self.subTest(model=name):
                    self.assertIn(f"[('company_id', 'in', {companies})]", self._global_rules(name))

    def test_what_belongs_to_something_fenced_is_fenced_with_it(self):
        # A child without a company of its own asks its parent's: the parent's rule does not reach its children.
        children = set()
        for name, model in self.kept.items():
            if model._transient or "company_id" in model._fields:
                continue
            for field in model._fields.values():
                if field.type != "many2one" or not field.required or field.comodel_name not in self.kept:
                    continue
                company = self.kept[field.comodel_name]._fields.get("company_id")
                if company and company.store:
                    children.add(name)
                    companies = "company_ids" if company.required else "company_ids + [False]"
                    with self.subTest(field=f"{name}.{field.name}"):
                        rule = f"[('{field.name}.company_id', 'in', {companies})]"
                        self.assertIn(rule, self._global_rules(name))
        self.assertIn("loan.reminder.step", children)

    def test_no_sentence_is_a_programmers_word(self):
        # `records and "words"` is an empty recordset where there is none, and a text field tells its name.
        lead = self.env["crm.lead"].create({"name": "About something else", "user_id": self.manager.id})
        application = lead.copy(
            {"loan_product_id": self.product.id, "partner_id": self.customer.partner_id.id}
        )
        cover = self.env["loan.cover"].create(
            {"manager_user_id": self.manager.id, "date_from": TODAY, "date_to": TODAY}
        )
        loan = self._contract(active=False)
        for records in (self.customer, loan, lead, application, cover, self.product, self.company):
            texts = [
                name for name, field in records._fields.items() if field.type in ("char", "text", "html")
            ]
            for values in records.read(texts):
                for name, value in values.items():
                    with self.subTest(model=records._name, field=name):
                        self.assertNotRegex(str(value), r"^(<p>)?([a-z.]+\([\d, ]*\)|0)(</p>)?$")

    def test_a_form_is_its_writers_own(self):
        for name, model in self.kept.items():
            if model._transient:
                with self.subTest(model=name):
                    self.assertIn("[('create_uid', '=', user.id)]", self._global_rules(name))
                    self.assertIn("loan.guard.mixin", model._inherit)

    def test_a_form_closes_when_the_duty_ends(self):
        # It stays its writer's own, and what it works out is worked out as superuser.
        forms = set()
        for name, model in self.kept.items():
            if not model._transient:
                continue
            for field in model._fields.values():
                if field.type == "many2one" and field.store and field.comodel_name in self.kept:
                    target = self.kept[field.comodel_name]
                    path = field.name
                    if target._transient and "contract_id" in target._fields:
                        path = f"{path}.contract_id"
                    elif field.comodel_name not in self.protected:
                        continue
                    forms.add(name)
                    with self.subTest(field=f"{name}.{field.name}"):
                        rules = {f"[('{path}.loan_visible', '=', True)]"}
                        if not field.required:  # left empty it shows nobody
                            rules.add(f"['|', ('{path}', '=', False), ('{path}.loan_visible', '=', True)]")
                        self.assertTrue(rules & self._global_rules(name))
        self.assertLessEqual({"loan.what.if", "loan.what.if.line", "loan.repayment.register"}, forms)

    def test_every_model_names_who_may_use_it(self):
        access = self.env["ir.model.access"].search([])
        outside = self.env.ref("base.group_portal") | self.env.ref("base.group_public")
        for name in self.kept:
            lines = access.filtered(lambda line, name=name: line.model_id.model == name)
            with self.subTest(model=name):
                self.assertTrue(lines)
                self.assertTrue(
                    all(line.group_id for line in lines), "a line without a group is for everybody"
                )
                self.assertFalse(lines.group_id & outside)
                self.assertFalse(lines.group_id & self.env.ref("base.group_user"))

    def test_nothing_else_leads_to_a_protected_record(self):
        # A relation elsewhere is searched and labelled without asking the rules of what it leads to.
        for name, model in self.registry.items():
            if name in self.protected or model._abstract:
                continue
            for field in model._fields.values():
                if field.relational and field.comodel_name in self.protected and not field.inherited:
                    with self.subTest(field=f"{name}.{field.name}"):
                        self.assertIn(f"{name}.{field.name}", WAYS_IN)

    def test_no_relation_of_ours_goes_round_the_rules(self):
        for name, model in self.kept.items():
            for field in model._fields.values():
                if field.relational and field.comodel_name in self.protected:
                    with self.subTest(field=f"{name}.{field.name}"):
                        self.assertFalse(getattr(field, "bypass_search_access", False))

    def test_each_family_says_what_becomes_of_it_when_a_customer_is_erased(self):
        usual = set()
        for name, model in self.protected.items():
            if not model._auto:  # a report has no records of its own
                continue
            plan = model._get_erasure_plan()
            with self.subTest(model=name):
                self.assertEqual(plan.keys(), {"delete", "now", "later", "why"})
                self.assertIn(plan["delete"], (False, "now", "later"))
                self.assertTrue(plan["why"])
                columns = {**plan["now"], **plan["later"]}
                for column, value in columns.items():
                    self.assertTrue(model._fields[column].store)
                    self.assertFalse(model._fields[column].required and value is None)
            own = next(parent for parent in type(model).__mro__ if "_get_erasure_plan" in parent.__dict__)
            if own._name == "loan.access.mixin":
                usual.add(name)
        self.assertEqual(
            usual, ERASED_AS_USUAL, "say it in _get_erasure_plan, or here that the usual will do"
        )

    def test_nothing_hidden_is_deleted_along(self):
        for name, model in self.kept.items():
            for field in model._fields.values():
                if (
                    field.type == "many2one"
                    and field.store
                    and not field.related
                    and not model._transient
                    and field.comodel_name in self.protected
                    and f"{name}.{field.name}" not in GO_WITH_PARENT
                ):
                    with self.subTest(field=f"{name}.{field.name}"):
                        self.assertEqual(field.ondelete, "restrict")

    # ------------------------------------------------------------ screens

    def test_a_filter_that_is_switched_on_is_there(self):
        for action in self._actions():
            context = safe_eval(
                action.context or "{}", {"uid": self.env.uid, "active_id": 1, "active_ids": [1]}
            )
            wanted = {key[15:] for key in context if key.startswith("search_default_")}
            view = self.env[action.res_model].get_view(view_type="search")
            names = set(etree.fromstring(view["arch"]).xpath("//filter/@name | //field/@name"))
            with self.subTest(action=action.xml_id):
                self.assertLessEqual(wanted, names)

    def test_what_has_a_list_of_its_own_can_be_searched(self):
        for action in self._actions():
            if "list" in action.view_mode.split(","):
                domain = [("model", "=", action.res_model), ("type", "=", "search")]
                with self.subTest(action=action.xml_id):
                    self.assertTrue(self.env["ir.ui.view"].search_count(domain))

    def test_a_graph_does_not_add_yuan_to_dollars(self):
        # Of several currencies Odoo draws the company's, at today's rate; which is which is for the graph to say.
        views = self.env["ir.ui.view"].search([("model", "in", list(self.kept)), ("type", "=", "graph")])
        self.assertTrue(views)
        for view in views:
            model = self.env[view.model]
            graph = etree.fromstring(model.get_view(view.id, "graph")["arch"])
            measures = graph.xpath("./field[@type='measure']/@name")
            groups = [
                ":".join(filter(None, (field.get("name"), field.get("interval"))))
                for field in graph.xpath("./field[not(@type='measure')]")
            ]
            for measure in measures:
                field = model._fields[measure]
                if field.type == "monetary":
                    with self.subTest(view=view.name, measure=measure):
                        currency = field.get_currency_field(model)
                        self.assertIn(currency, groups)
                        wanted = [f"{currency}:array_agg_distinct", f"{measure}:sum_currency"]
                        model.formatted_read_group([], groups, wanted)

    def test_an_empty_list_says_what_belongs_there(self):
        for action in self._actions():
            if "list" in action.view_mode.split(","):
                with self.subTest(action=action.xml_id):
                    self.assertTrue(action.help)

    def test_a_menu_leads_somewhere_and_is_for_somebody(self):
        menus = self._menus()
        self.assertTrue(menus)
        for menu in menus:
            with self.subTest(menu=menu.complete_name):
                self.assertTrue(menu.action or menu.child_id)
                if menu.action:
                    above, groups = menu, menu.group_ids
                    while not groups and above.parent_id:
                        above = above.parent_id
                        groups = above.group_ids
                    self.assertTrue(groups)

    def test_each_role_can_open_what_its_menu_offers(self):
        everything = self._menus()
        for user in (
            self.manager,
            self.lead,
            self.desk,
            self.compliance,
            self.administrator,
        ):
            menus = everything.with_user(user)
            visible = menus._visible_menu_ids()
            offered = menus.browse(id_ for id_ in menus.ids if id_ in visible)
            self.assertTrue(offered)
            for menu in offered.sudo():
                action = menu.action
                # A page of our own reads what it shows by a verb of its own, which its tests press.
                if not action or "res_model" not in action or action.type == "ir.actions.client":
                    continue
                with self.subTest(user=user.name, menu=menu.complete_name):
                    model = self.env[action.res_model].with_user(user)
                    views = [(False, mode) for mode in action.view_mode.split(",")]
                    got = model.get_views([*views, (False, "search")])
                    fields = got["models"][action.res_model]["fields"]
                    readable = [name for name in fields if name in model._fields]
                    if action.res_model == "survey.survey":
                        # Other apps add links to theirs, which no view of this one shows.
                        arch = "".join(view["arch"] for view in got["views"].values())
                        readable = [name for name in readable if f'name="{name}"' in arch]
                    domain = safe_eval(action.domain or "[]", {"uid": user.id})
                    model.search(domain, limit=1).read(readable)

    def test_an_employee_without_a_duty_is_offered_nothing(self):
        menus = self._menus().with_user(self.employee)
        self.assertFalse(set(menus.ids) & set(menus._visible_menu_ids()))

    def _actions(self):
        found = self.env["ir.actions.act_window"].search([("res_model", "in", list(self.kept))])
        return found.filtered(lambda action: action.xml_id.startswith("loan_crm."))

    def _menus(self):
        root = self.env.ref("loan_crm.loan_crm_menu_root")
        menus = self.env["ir.ui.menu"].with_context(**{"ir.ui.menu.full_list": True})
        return menus.search(list(Domain("id", "child_of", root.id)))

    # ------------------------------------------------------------ what the documents promise

    def test_each_row_of_the_matrix_names_a_test_that_is_there_or_says_why_there_is_none(self):
        path = HOUSE.parent / "docs" / "security-model.md"
        if not path.is_file():
            self.skipTest("the documents are not installed with the addon")
        text = path.read_text(encoding="utf-8")
        rows = set()
        for cells in re.findall(
            r"^\| ([A-IV]\d+b?(?:, [A-IV]\d+b?)*) \|[^|]*\|[^|]*\| (.+) \|$", text, re.MULTILINE
        ):
            rows.update(cells[0].split(", "))
            with self.subTest(row=cells[0]):
                self.assertRegex(cells[1], r"^(`test_|none$|no test: |see )")
        wanted = {"A8b", "A19b"} | {f"A{number}" for number in range(1, 44) if number != 34}
        for family, last in zip("BCDEFGHI", (31, 4, 4, 3, 3, 4, 6, 8), strict=True):
            wanted |= {f"{family}{number}" for number in range(1, last + 1)}
        wanted |= {f"V{number}" for number in range(53)}  # what customers say
        self.assertEqual(rows ^ wanted, set())
        there = set()
        for file in HOUSE.parent.glob("loan_crm*/tests/**/test_*.py"):
            there.update(re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8")))
        for name in set(re.findall(r"`(test_\w+)(?:\.py)?(?=[*`])", text)):
            with self.subTest(test=name):
                self.assertTrue(
                    any(known.startswith(name) for known in there)
                    or list(HOUSE.parent.glob(f"loan_crm*/tests/{name}.py"))
                )
