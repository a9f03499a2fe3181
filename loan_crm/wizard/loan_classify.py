from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core.listing import listed

_MODELS = ("loan.customer", "loan.contract", "loan.customer.document", "crm.lead")


class LoanClassify(models.TransientModel):
    """Say how confidential customers, loans, papers or applications are; who gains and loses is shown before."""

    _name = "loan.classify"
    _inherit = ["loan.guard.mixin"]
    _description = "Change Confidentiality"

    res_model = fields.Char(required=True, readonly=True)
    record_ids = fields.Json(required=True, readonly=True)
    record_count = fields.Integer("Records", compute="_compute_now")
    about = fields.Char("Concerns", compute="_compute_now")
    level_now = fields.Char("Level So Far", compute="_compute_now")
    level_id = fields.Many2one(
        "loan.confidentiality.level",
        "From Now On",
        help="Who gains and who loses sight by it is shown below, before anything happens.",
    )
    needs_grant = fields.Boolean(related="level_id.needs_grant")
    level_note = fields.Text(related="level_id.description", string="What Belongs There")
    grant_those = fields.Boolean(
        "Grant Whoever Looks After Them",
        default=True,
        help="The manager and the deputy of each customer keep seeing what they see now, by a grant for a year.",
    )
    reason = fields.Char("Why")
    line_ids = fields.One2many(
        "loan.classify.line", "form_id", compute="_compute_line_ids", string="Who Gains, Who Loses"
    )
    change_told = fields.Char("What Changes", compute="_compute_line_ids")

    @api.model
    def _open(self, records):
        """Open the form for records.

        :param records: of a model with a level
        :raise AccessError: for who is not of compliance, or does not see them
        """
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise AccessError(self.env._("Compliance says how confidential something is."))
        records.check_access("read")
        levels = records.level_id
        form = self.create(
            {
                "res_model": records._name,
                "record_ids": records.ids,
                "level_id": levels.id if len(levels) == 1 else False,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Confidentiality"),
            "res_model": self._name,
            "res_id": form.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.model_create_multi
    def create(self, vals_list):
        forms = super().create(vals_list)
        for form in forms:
            form._records().check_access("read")
        return forms

    def _records(self):
        """Return what the form is about, as far as the user sees it still."""
        self.ensure_one()
        if self.res_model not in _MODELS:
            raise UserError(self.env._("Nothing of this kind has a level of its own."))
        records = self.env[self.res_model].browse(self.record_ids)
        return records.with_context(active_test=False).search([("id", "in", records.ids)])

    def _customers(self):
        records = self._records()
        if self.res_model == "crm.lead":
            return self.env["loan.customer"].union(*(lead._loan_borrowers_seen() for lead in records))
        return records if self.res_model == "loan.customer" else records.customer_id

    @api.depends("res_model", "record_ids")
    def _compute_now(self):
        for form in self:
            records = form._records()
            form.record_count = len(records)
            form.about = listed(records[:5].mapped("display_name"), self.env.lang) + (
                " …" if len(records) > 5 else ""
            )
            form.level_now = listed(
                sorted(
                    {
                        level.name or self.env._("as its customer")
                        for level in records.mapped(lambda r: r.level_id)
                    }
                ),
                self.env.lang,
            ) or self.env._("as its customer")

    @api.depends("level_id", "grant_those", "res_model", "record_ids")
    def _compute_line_ids(self):
        lines = self.env["loan.classify.line"]
        for form in self:
            form.line_ids = lines.browse()
            form.change_told = False
            customers = form._customers()
            if not form.level_id and form.res_model == "loan.customer":
                continue
            with self.env.user._loan_duty_kept():
                changes = form._changes(customers[:20])
            form.line_ids = lines.concat(*(lines.new(vals) for vals in changes))
            if self.res_model == "crm.lead" and form.needs_grant and not customers:
                form.change_told = self.env._(
                    "The borrower has no profile yet, and grants are for a customer: until then compliance alone "
                    "sees this."
                )
                continue
            gains = sum(vals["gains"] for vals in changes)
            form.change_told = self.env._(
                "%(gain)s gain sight, %(lose)s lose it.", gain=gains, lose=len(changes) - gains
            ) + (
                " " + self.env._("Only the first 20 customers are looked through here.")
                if len(customers) > 20
                else ""
            )

    def _changes(self, customers):
        """Return who would gain and who would lose sight of which customers, as values of lines."""
        sight = self.env["loan.sight"]
        whole = self.res_model == "loan.customer"
        rank = self.level_id.rank
        changes = {}
        for company, group in customers.grouped("company_id").items():
            people = sight._people(company)
            for customer in group:
                now = sight._verdicts(customer, people, own=0 if whole else self._own_rank(customer))
                keepers = self._keepers(customer) if self.grant_those and self.needs_grant else ()
                then = sight._verdicts(
                    customer,
                    people,
                    own=0 if whole else rank,
                    rank=rank if whole else None,
                    given=dict.fromkeys(keepers, rank),
                )
                for user in people:
                    sees, missing = bool(then[user]["way"]), then[user]["missing"]
                    if bool(now[user]["way"]) != sees:
                        names, why = changes.setdefault((user, sees), ([], set()))
                        names.append(customer.display_name)
                        why.update(missing)
        return [
            {
                "user_id": user.id,
                "gains": gains,
                "customers": listed(names, self.env.lang),
                "why": listed(sorted(why), self.env.lang),
            }
            for (user, gains), (names, why) in sorted(
                changes.items(), key=lambda item: (item[0][1], item[0][0].name)
            )
        ]

    def _own_rank(self, customer):
        records = self._records()
        if self.res_model == "crm.lead":
            records = records.filtered(lambda lead: customer in lead._loan_borrowers_seen())
        else:
            records = records.filtered(lambda record: record.customer_id == customer)
        return max(records.mapped("loan_level"), default=0)

    @api.model
    def _keepers(self, customer):
        return (customer.manager_user_id | customer.deputy_user_id).filtered("active")

    def action_classify(self):
        """Give the records the level, and those who look after them a grant where it asks for one."""
        self.ensure_one()
        records = self._records()
        if not self.level_id and self.res_model == "loan.customer":
            raise UserError(self.env._("Choose a level: a customer has one always."))
        if self.needs_grant and self.grant_those:
            self._grant_keepers()
        records._classify(self.level_id, self.reason)
        return {"type": "ir.actions.act_window_close"}

    def _grant_keepers(self):
        """Let who looks after the customers see them still, where no grant of theirs reaches as far."""
        grants = self.env["loan.access.grant"]
        now = fields.Datetime.now()
        kept = {}
        for customer in self._customers():
            for user in self._keepers(customer) - self.env.user:
                kept.setdefault(user, []).append(customer.id)
        vals_list = []
        for user, ids in kept.items():
            customers = self.env["loan.customer"].browse(ids)
            caps = grants._cap_of(user, customers)
            vals_list += [
                {
                    "customer_id": customer.id,
                    "company_id": customer.company_id.id,
                    "user_id": user.id,
                    "level_id": self.level_id.id,
                    "purpose": self.env._("Looks after the customer"),
                    "date_from": now,
                    "date_to": now + timedelta(days=365),
                }
                for customer in customers
                if caps.get(customer.id, -1) < self.level_id.rank
            ]
        grants.create(vals_list).action_approve()
