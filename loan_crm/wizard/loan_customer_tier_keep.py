from odoo import fields, models


class LoanCustomerTierKeep(models.TransientModel):
    """Keep a customer in their tier though the figures say otherwise, and say why."""

    _name = "loan.customer.tier.keep"
    _inherit = ["loan.guard.mixin"]
    _description = "Keep a Tier"

    change_id = fields.Many2one("loan.customer.tier.change", "Proposal", required=True)
    tier_id = fields.Many2one(related="change_id.tier_from_id", string="Stays In")
    reasons = fields.Char(related="change_id.reasons", string="By the Figures")
    stay_months = fields.Integer(related="change_id.tier_from_id.stay_months", string="Months of Peace")
    reason = fields.Char("Why")

    def action_keep(self):
        """Keep the customer in the tier."""
        self.ensure_one()
        self.change_id._keep(self.reason)
        return {"type": "ir.actions.act_window_close"}
