from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
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
    Surveys, service levels, confidentiality levels and ready answers come with the app and need no copy.
    """

    _name = "loan.sample.add"
    _inherit = ["loan.guard.mixin"]
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
    told = fields.Char("What Was Done", readonly=True)

    def action_add(self):
        """Copy what is ticked and not there yet, and say what came.

        :raise AccessError: for who does not administer Loan CRM
        :raise UserError: when nothing is ticked
        """
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group("loan_crm.loan_crm_group_administrator"):
            raise AccessError(self.env._("Samples are added by administrators of Loan CRM."))
        if not (self.has_policies or self.has_products):
            raise UserError(self.env._("Tick what you would like to have."))
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("You do not work for this company at the moment."))
        policies = self._add("loan.reminder.policy", "policy", _POLICIES if self.has_policies else {})
        products = self._add("loan.product", "product", _PRODUCTS if self.has_products else {})
        if policies or products:
            told = self.env._(
                "Added, and switched off: %(policies)s reminder policies and %(products)s products. Open a list, "
                "choose what fits, change it, and unarchive it.",
                policies=len(policies),
                products=len(products),
            )
        else:
            told = self.env._("All of it is there already, perhaps among what is archived.")
        # As superuser: what the form shows is worked out, nobody enters it.
        self.sudo().write({"policy_ids": policies.ids, "product_ids": products.ids, "told": told})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add Samples"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_open_policies(self):
        """Open the policies that were added."""
        return self._opened("loan_crm.loan_reminder_policy_action", self.policy_ids)

    def action_open_products(self):
        """Open the products that were added."""
        return self._opened("loan_crm.loan_product_action", self.product_ids)

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
        names = {key: f"sample_{kind}_{key}_{self.company_id.id}" for key in samples}
        # As superuser: external identifiers are nobody's to read; which samples are there is told.
        data_sudo = self.env["ir.model.data"].sudo()
        known = set(
            data_sudo.search(
                [("module", "=", "loan_crm"), ("model", "=", model), ("name", "in", list(names.values()))]
            ).mapped("name")
        )
        fresh = [key for key, name in names.items() if name not in known]
        prepare = getattr(self, f"_prepare_{kind}_vals")
        records = (
            self.env[model]
            .with_company(self.company_id)
            .with_context(lang="en_US")
            .create([prepare(samples[key]) for key in fresh])
        )
        translate = self.env["loan.calendar"]._in_each_language
        for key, record in zip(fresh, records, strict=True):
            name, *texts = samples[key]
            record.update_field_translations("name", translate(name))
            if kind == "product":
                words = translate(texts[0])
                source = words.pop("en_US")
                record.update_field_translations(
                    "description", {lang: {source: text} for lang, text in words.items()}
                )
        data_sudo._update_xmlids(
            [
                {"xml_id": f"loan_crm.{names[key]}", "record": record, "noupdate": True}
                for key, record in zip(fresh, records, strict=True)
            ]
        )
        return records.with_env(self.env)

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

    def _english(self, term):
        return self.with_context(lang="en_US").env._(term)
