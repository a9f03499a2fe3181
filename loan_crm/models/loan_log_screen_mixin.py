from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL


class LoanLogScreenMixin(models.AbstractModel):
    """What screens show of an entry: its numbers as people, customers and words, with the reader's own rights."""

    _name = "loan.log.screen.mixin"
    _description = "Log: On Screens"

    user_id = fields.Many2one("res.users", "Who", compute="_compute_user_id", search="_search_user_id")
    subject = fields.Char("Kind of Record", compute="_compute_subject")
    records_note = fields.Char("Record Numbers", compute="_compute_notes")
    facts_note = fields.Char("More", compute="_compute_notes")
    customer_ids = fields.Many2many(
        "loan.customer",
        string="Customers",
        compute="_compute_customer_ids",
        search="_search_customer_ids",
        groups="loan_crm.loan_crm_group_compliance",  # an auditor reads the log and no customer
    )

    @api.depends("uid")
    def _compute_user_id(self):
        users = (
            self.env["res.users"].with_context(active_test=False).search([("id", "in", self.mapped("uid"))])
        )
        by_number = {user.id: user for user in users}
        for entry in self:
            entry.user_id = by_number.get(entry.uid, False)

    @api.model
    def _search_user_id(self, operator, value):
        if operator == "in":
            return Domain("uid", "in", [id_ for id_ in value if id_])
        if operator in ("any", "any!"):  # words, too, come as a search among users
            users = self.env["res.users"].with_context(active_test=False)
            return Domain("uid", "in", users._search(Domain(value)))
        return NotImplemented

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_subject(self):
        for entry in self:
            model = self.env.get(entry.res_model)
            entry.subject = self.env["ir.model"]._get(entry.res_model).name if model is not None else False

    @api.depends("res_ids", "facts")
    def _compute_notes(self):
        for entry in self:
            entry.records_note = ", ".join(map(str, entry.res_ids or ()))
            entry.facts_note = ", ".join(f"{name}: {value}" for name, value in (entry.facts or {}).items())

    @api.depends("customer_refs")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_customer_ids(self):
        wanted = {id_ for entry in self for id_ in entry.customer_refs or ()}
        customers = (
            self.env["loan.customer"].sudo(False).with_context(active_test=False)
        )  # the reader's own sight
        seen = set(customers.search([("id", "in", list(wanted))]).ids) if wanted else set()
        for entry in self:
            entry.customer_ids = [id_ for id_ in entry.customer_refs or () if id_ in seen]

    @api.model
    def _search_customer_ids(self, operator, value):
        customers = self.env["loan.customer"].sudo(False).with_context(active_test=False)
        if operator == "in":
            ids = [id_ for id_ in value if isinstance(id_, int) and id_]
            domain = Domain("id", "in", ids)
        elif operator in ("any", "any!"):  # words, too, come as a search among customers
            domain = Domain(value)
        else:
            return NotImplemented
        ids = customers.search(domain).ids
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s @> ANY(%s::jsonb[])", SQL.identifier(alias, "customer_refs"), [f"[{id_}]" for id_ in ids]
            ),
            predicate=lambda entry: bool(set(ids) & set(entry.customer_refs or ())),
        )

    def action_open_record(self):
        """Open what an entry is about, with the reader's own rights."""
        self.ensure_one()
        self.check_access("read")
        model = self.env.get(self.res_model)
        if model is None or not self.res_ids or model._transient:
            raise UserError(self.env._("This entry leads to no record."))
        if not model.has_access("read"):
            raise AccessError(self.env._("You may not see this, or it does not exist."))
        action = {
            "type": "ir.actions.act_window",
            "name": self.subject,
            "res_model": self.res_model,
            "domain": [("id", "in", self.res_ids)],
            "context": {"active_test": False},
            "views": [(False, "list"), (False, "form")],
        }
        if len(self.res_ids) == 1:
            action |= {"res_id": self.res_ids[0], "views": [(False, "form")]}
        return action
