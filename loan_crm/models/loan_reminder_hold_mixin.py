from odoo import api, fields, models
from odoo.fields import Domain


class LoanReminderHoldMixin(models.AbstractModel):
    """What the page of a customer or of a loan tells about the holds that keep its reminders silent."""

    _name = "loan.reminder.hold.mixin"
    _description = "Reminders on Hold"

    hold_note = fields.Char("Reminders Are Held", compute="_compute_hold_note")

    @api.model
    def _hold_key(self):
        """Return the name of the hold's field that leads to a record of this model."""
        return "customer_id"

    def _hold_domain(self):
        """Return which holds silence all reminders of these records."""
        return Domain(self._hold_key(), "in", self.ids) & Domain("contract_id", "=", False)

    @api.depends_context("lang", "uid")
    def _compute_hold_note(self):
        holds = self.env["loan.reminder.hold"].search(self._hold_domain() & Domain("state", "=", "running"))
        for record in self:
            record.hold_note = holds._told(holds.filtered(record._is_held_by))

    def _is_held_by(self, hold):
        """Tell whether a hold silences all reminders of this record."""
        return hold.customer_id == self

    def action_hold_reminders(self):
        """Open a form that places a hold on this record."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_hold_action")
        action.update(
            name=self.env._("Hold Reminders"),
            views=[(False, "form")],
            target="new",
            context={f"default_{self._hold_key()}": self.id},
        )
        return action

    def action_open_holds(self):
        return self._action_open("loan_crm.loan_reminder_hold_action")
