from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanReminderDryRunLetter(models.TransientModel):
    """One letter that a round would write now, to a customer whom the user looks after."""

    _name = "loan.reminder.dry.run.letter"
    _inherit = ["loan.guard.mixin"]
    _description = "Letter of a Dry Run"
    _order = "id"

    run_id = fields.Many2one("loan.reminder.dry.run", required=True, ondelete="cascade", index=True)
    customer_id = fields.Many2one("loan.customer", "Customer", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", "Recipient", required=True, ondelete="cascade")
    contract_id = fields.Many2one("loan.contract", "Loan", required=True, ondelete="cascade")
    loans = fields.Char("Loans")
    installment_id = fields.Many2one("loan.installment", "Installment", required=True, ondelete="cascade")
    step_id = fields.Many2one("loan.reminder.step", "Step", required=True, ondelete="cascade")
    tone = fields.Selection(related="step_id.tone")
    signed_user_id = fields.Many2one("res.users", "Signed By", ondelete="cascade")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    amount = fields.Monetary("Asked For")
    can_preview = fields.Boolean(compute="_compute_can_preview")

    def _compute_can_preview(self):
        self.can_preview = "loan.reminder.preview" in self.env

    @api.model
    def _preview_defaults(self):
        """Return which fields of the form that shows a letter are filled from which of ours."""
        return {
            "contract_id": "contract_id",
            "installment_id": "installment_id",
            "step_id": "step_id",
            "partner_id": "partner_id",
        }

    def action_preview(self):
        """Show this letter as the recipient would get it."""
        self.ensure_one()
        self.check_access("read")
        if "loan.reminder.preview" not in self.env:
            raise UserError(self.env._("Letters cannot be shown here."))
        known = self.env["loan.reminder.preview"]._fields
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview a Letter"),
            "res_model": "loan.reminder.preview",
            "view_mode": "form",
            "target": "new",
            "context": {
                f"default_{name}": self[source].id
                for name, source in self._preview_defaults().items()
                if name in known
            },
        }
