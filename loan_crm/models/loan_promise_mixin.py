from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class LoanPromiseMixin(models.AbstractModel):
    """What the page of a customer or of a loan tells about promises to pay, and how often they were kept."""

    _name = "loan.promise.mixin"
    _description = "Promises to Pay"

    promise_note = fields.Char("Promised", compute="_compute_promise_note")
    promise_count = fields.Integer("Number of Promises", compute="_compute_promise_counts")
    promise_kept_note = fields.Char(
        "Promises Kept",
        compute="_compute_promise_counts",
        help="Of those that are decided. One that was kept in part was not kept.",
    )

    @api.model
    def _promise_key(self):
        """Return the name of the promise's field that leads to a record of this model."""
        return "customer_id"

    @api.depends_context("lang", "uid")
    def _compute_promise_note(self):
        key = self._promise_key()
        found = self.env["loan.promise"].search([(key, "in", self.ids), ("state", "=", "open")]).grouped(key)
        for record in self:
            record.promise_note = self.env["loan.promise"]._told(
                found.get(record._origin, self.env["loan.promise"])
            )

    @api.depends_context("lang", "uid")
    def _compute_promise_counts(self):
        key = self._promise_key()
        counts = {}
        for record, state, count in self.env["loan.promise"]._read_group(
            [(key, "in", self.ids)], [key, "state"], ["__count"]
        ):
            counts.setdefault(record.id, {})[state] = count
        for record in self:
            by_state = counts.get(record._origin.id, {})
            decided = sum(by_state.get(state, 0) for state in ("kept", "partly", "broken"))
            record.promise_count = sum(by_state.values())
            record.promise_kept_note = (
                self.env._("%(kept)s of %(decided)s", kept=by_state.get("kept", 0), decided=decided)
                if decided
                else False
            )

    def _promising_loans(self):
        """Return the running loans that a promise may be about, the one that waits longest first."""
        loans = Domain("state", "=", "active") & Domain("customer_id", "in", self.ids)
        return self.env["loan.contract"].search(loans, order="next_due_date, id")

    def action_promise(self):
        """Open a form that notes a promise on this record."""
        self.ensure_one()
        loans = self._promising_loans()
        if not loans:
            raise UserError(
                self.env._("%s has nothing to pay, so there is nothing to promise.", self.display_name)
            )
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_promise_action")
        action.update(
            name=self.env._("Promise to Pay"),
            views=[(False, "form")],
            target="new",
            context={"default_contract_id": loans[0].id, "loan_ids": loans.ids},
        )
        return action

    def action_open_promises(self):
        return self._action_open("loan_crm.loan_promise_action")
