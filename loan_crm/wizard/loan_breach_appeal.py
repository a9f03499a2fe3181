from odoo import fields, models


class LoanBreachAppeal(models.TransientModel):
    """Answer a decision about oneself."""

    _name = "loan.breach.appeal"
    _inherit = ["loan.guard.mixin"]
    _description = "Appeal Against a Decision"

    breach_id = fields.Many2one("loan.breach", "Decision", required=True)
    text = fields.Text(
        "What You Say", required=True, help="Compliance looks at the decision again with what you say."
    )

    def action_appeal(self):
        """Hand the appeal in."""
        self.ensure_one()
        self.breach_id._appeal(self.text)
        return {"type": "ir.actions.act_window_close"}
