from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

_LETTERS = {"courtesy": "before", "due": "due", "gentle": "late", "firm": "firm"}

# {key: (name, days between letters, steps)}; a step is (days from the due date, tone or "task", who hears of it).
_POLICIES = {
    "gentle": (
        _lt("Gentle"),
        3,
        (
            (-7, "courtesy", "borrower"),
            (0, "due", "borrower"),
            (5, "gentle", "borrower"),
            (15, "task", "borrower"),
        ),
    ),
    "strict": (
        _lt("Strict"),
        1,
        (
            (-10, "courtesy", "borrower"),
            (-3, "courtesy", "borrower"),
            (0, "due", "borrower"),
            (1, "gentle", "borrower"),
            (5, "firm", "co_borrower"),
            (10, "firm", "guarantor"),
            (15, "task", "borrower"),
        ),
    ),
    "business": (
        _lt("Business Borrowers"),
        1,
        (
            (-14, "courtesy", "borrower"),
            (-5, "courtesy", "borrower"),
            (0, "due", "borrower"),
            (2, "gentle", "borrower"),
            (7, "task", "borrower"),
        ),
    ),
    "early": (
        _lt("Early Notice Only"),
        1,
        (
            (-30, "courtesy", "borrower"),
            (-15, "courtesy", "borrower"),
            (-7, "courtesy", "borrower"),
            (-1, "courtesy", "borrower"),
        ),
    ),
}
# {key: (name, explained to the borrower, values)}
_PRODUCTS = {
    "annuity": (
        _lt("Personal Loan, Equal Payments"),
        _lt(
            "You pay the same amount every month. At first more of it is interest, later more of it repays the loan."
        ),
        {
            "family": "consumer",
            "repayment_method": "annuity",
            "yearly_rate": 6.0,
            "term_min": 6,
            "term_max": 60,
        },
    ),
    "equal_principal": (
        _lt("Home Loan, Equal Principal"),
        _lt(
            "Each month you repay the same part of the loan, and the interest on what is left: the payments become "
            "smaller, and it costs less in all."
        ),
        {
            "family": "mortgage",
            "repayment_method": "equal_principal",
            "yearly_rate": 4.0,
            "term_min": 60,
            "term_max": 360,
        },
    ),
    "bullet": (
        _lt("Bridge Loan, Everything at Maturity"),
        _lt("Nothing is due until the agreed day. Then you repay the loan and all its interest at once."),
        {
            "family": "business",
            "repayment_method": "bullet",
            "yearly_rate": 6.5,
            "term_min": 1,
            "term_max": 12,
        },
    ),
    "line": (
        _lt("Business Credit, Drawn as Needed"),
        _lt(
            "You draw what you need, when you need it, up to the agreed amount. Each month you pay interest on what is "
            "drawn; the loan itself is due with the last payment."
        ),
        {
            "family": "business",
            "repayment_method": "interest_only",
            "yearly_rate": 5.5,
            "term_min": 6,
            "term_max": 36,
        },
    ),
}


class LoanSampleAdd(models.TransientModel):
    """Copy samples into the company one works in: archived, so that nothing happens until somebody switches them on.

    A sample is known again by its external identifier, so that nothing comes twice; what was deleted may come anew.
    Surveys, service levels, confidentiality levels and ready answers come with the app and need no copy. Deal teams
    are for compliance to say, so their samples are offered to who has that role as well.
    """

    _name = "loan.sample.add"
    _inherit = ["loan.guard.mixin", "loan.sample.care.mixin"]
    _description = "Add Samples"

    company_id = fields.Many2one(
        "res.company", "For", required=True, readonly=True, default=lambda self: self.env.company
    )
    has_policies = fields.Boolean(
        "Reminder Policies",
        default=True,
        help="Gentle, strict, for business borrowers, and early notice only. They write nothing until they are "
        "switched on and chosen for a product, a customer or a loan.",
    )
    has_products = fields.Boolean(
        "Products",
        default=True,
        help="Equal payments, equal principal, everything at maturity, credit drawn as needed. Nobody is lent "
        "anything until a product is switched on; its rate is an example, change it to yours.",
    )
    has_plans = fields.Boolean(
        "Service Plans",
        default=True,
        help="Close Care and Attentive Care: what is done for good customers, and on which days somebody thinks of "
        "them. They give nobody a to-do until they are switched on and belong to a tier.",
    )
    has_tiers = fields.Boolean(
        "Tiers",
        default=True,
        help="Chosen by Us, Faithful Payers, Recommend Us to Others, each with a plan of above. Nobody is given a tier "
        "until it is switched on. They name no amounts: add what much money is to you.",
    )
    has_deals = fields.Boolean(
        "Deal Team Templates",
        default=lambda self: self.env["loan.access.template"].has_access("create"),
        help="A refinancing, a loan together with other banks, the financing before a listing: level and time. Add "
        "who is usually on such a deal.",
    )
    may_deals = fields.Boolean(compute="_compute_may_deals", export_string_translation=False)
    policy_ids = fields.Many2many(
        "loan.reminder.policy",
        "loan_sample_add_policy_rel",
        string="Policies Added",
        readonly=True,
        context={"active_test": False},
    )
    product_ids = fields.Many2many(
        "loan.product",
        "loan_sample_add_product_rel",
        string="Products Added",
        readonly=True,
        context={"active_test": False},
    )
    plan_ids = fields.Many2many(
        "loan.service.plan",
        "loan_sample_add_plan_rel",
        string="Service Plans Added",
        readonly=True,
        context={"active_test": False},
    )
    tier_ids = fields.Many2many(
        "loan.customer.tier",
        "loan_sample_add_tier_rel",
        string="Tiers Added",
        readonly=True,
        context={"active_test": False},
    )
    deal_ids = fields.Many2many(
        "loan.access.template",
        "loan_sample_add_deal_rel",
        string="Templates Added",
        readonly=True,
        context={"active_test": False},
    )
    told = fields.Char("What Was Done", readonly=True)

    @api.depends_context("uid")
    def _compute_may_deals(self):
        self.may_deals = self.env["loan.access.template"].has_access("create")

    def action_add(self):
        """Copy what is ticked and not there yet, and say what came.

        :raise AccessError: for who does not administer Loan CRM
        :raise UserError: when nothing is ticked
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("loan_crm.loan_crm_group_administrator"):
            raise AccessError(self.env._("Samples are added by administrators of Loan CRM."))
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("You do not work for this company at the moment."))
        # In this order: a tier names its plan.
        asked = [
            ("policy", "loan.reminder.policy", self.has_policies, _POLICIES),
            ("product", "loan.product", self.has_products, _PRODUCTS),
            ("plan", "loan.service.plan", self.has_plans, self._sample_plans()),
            ("tier", "loan.customer.tier", self.has_tiers, self._sample_tiers()),
            ("deal", "loan.access.template", self.has_deals, self._sample_deals()),
        ]
        if not any(ticked for _kind, _model, ticked, _samples in asked):
            raise UserError(self.env._("Tick what you would like to have."))
        came = {kind: self._add(model, kind, samples) for kind, model, ticked, samples in asked if ticked}
        counts = [self._counted(kind, len(records)) for kind, records in came.items() if records]
        if counts:
            told = self.env._(
                "Added, and switched off: %s. Open a list, choose what fits, change it, and unarchive it.",
                format_list(self.env, counts),
            )
        else:
            told = self.env._("All of it is there already, perhaps among what is archived.")
        # As superuser: what the form shows is worked out, nobody enters it.
        self.sudo().write({**{f"{kind}_ids": records.ids for kind, records in came.items()}, "told": told})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add Samples"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _counted(self, kind, count):
        """Return how many of a kind came, in words."""
        return {
            "policy": lambda: self.env._("%s reminder policies", count),
            "product": lambda: self.env._("%s products", count),
            "plan": lambda: self.env._("%s service plans", count),
            "tier": lambda: self.env._("%s tiers", count),
            "deal": lambda: self.env._("%s deal team templates", count),
        }[kind]()

    def action_open_policies(self):
        """Open the policies that were added."""
        return self._opened("loan_crm.loan_reminder_policy_action", self.policy_ids)

    def action_open_products(self):
        """Open the products that were added."""
        return self._opened("loan_crm.loan_product_action", self.product_ids)

    def action_open_plans(self):
        """Open the service plans that were added."""
        return self._opened("loan_crm.loan_service_plan_action", self.plan_ids)

    def action_open_tiers(self):
        """Open the tiers that were added."""
        return self._opened("loan_crm.loan_customer_tier_action", self.tier_ids)

    def action_open_deals(self):
        """Open the templates of deal teams that were added."""
        return self._opened("loan_crm.loan_access_template_action", self.deal_ids)

    def _opened(self, xmlid, records):
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        # Archived, they would not be seen.
        action.update(domain=[("id", "in", records.ids)], context={"active_test": False}, path=False)
        return action

    def _add(self, model, kind, samples):
        """Create the samples that the company does not have.

        :param str model: of which they are
        :param str kind: what their external identifiers begin with
        :param dict samples: `{key: …}` as the tables above
        :return: the new records, archived
        """
        known = self._known_samples(model, kind, samples)
        fresh = [key for key in samples if key not in known]
        prepare, translate = getattr(self, f"_prepare_{kind}_vals"), getattr(self, f"_translate_{kind}", None)
        records = (
            self.env[model]
            .with_company(self.company_id)
            .with_context(lang="en_US")
            .create([prepare(samples[key]) for key in fresh])
        )
        for key, record in zip(fresh, records, strict=True):
            self._translate_word(record, "name", samples[key][0])
            if translate:
                translate(record, samples[key])
        # As superuser: external identifiers are nobody's to write; they tell a sample again.
        self.env["ir.model.data"].sudo()._update_xmlids(
            [
                {"xml_id": f"loan_crm.{self._sample_name(kind, key)}", "record": record, "noupdate": True}
                for key, record in zip(fresh, records, strict=True)
            ]
        )
        return records.with_env(self.env)

    def _sample_name(self, kind, key):
        return f"sample_{kind}_{key}_{self.company_id.id}"

    def _known_samples(self, model, kind, keys):
        """Return which samples of a kind the company has already, `{key: id}`."""
        names = {self._sample_name(kind, key): key for key in keys}
        # As superuser: external identifiers are nobody's to read; which samples are there is told.
        data_sudo = self.env["ir.model.data"].sudo()
        found = data_sudo.search(
            [("module", "=", "loan_crm"), ("model", "=", model), ("name", "in", list(names))]
        )
        return {names[each.name]: each.res_id for each in found}

    @api.model
    def _translate_word(self, record, field, term):
        record.update_field_translations(field, self.env["loan.calendar"]._in_each_language(term))

    @api.model
    def _translate_html(self, record, field, term):
        words = self.env["loan.calendar"]._in_each_language(term)
        source = words.pop("en_US")
        record.update_field_translations(field, {lang: {source: text} for lang, text in words.items()})

    def _prepare_policy_vals(self, sample):
        name, interval, steps = sample
        return {
            "name": self._english(name),
            "active": False,
            "company_id": self.company_id.id,
            "currency_id": self.company_id.currency_id.id,
            "interval_days": interval,
            "step_ids": [Command.create(self._prepare_step_vals(*step)) for step in steps],
        }

    @api.model
    def _prepare_step_vals(self, offset, tone, recipients):
        vals = {
            "days": abs(offset),
            "moment": "before" if offset < 0 else "after",
            "recipients": recipients,
        }
        if tone == "task":
            return {**vals, "tone": "firm", "channel": "task", "template_id": False}
        letter = self.env.ref(f"loan_crm.mail_template_reminder_{_LETTERS[tone]}")
        return {**vals, "tone": tone, "template_id": letter.id}

    def _prepare_product_vals(self, sample):
        name, description, values = sample
        return {
            "name": self._english(name),
            "description": f"<p>{self._english(description)}</p>",
            "active": False,
            "company_id": self.company_id.id,
            "currency_id": self.company_id.currency_id.id,
            **values,
        }

    def _translate_product(self, product, sample):
        self._translate_html(product, "description", sample[1])

    def _english(self, term):
        return self.with_context(lang="en_US").env._(term)
