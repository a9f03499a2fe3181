from odoo import fields, models


class LoanNdaWithdraw(models.TransientModel):
    """Withdraw a confidentiality agreement, one's own or as compliance, and say why."""

    _name = "loan.nda.withdraw"
    _inherit = ["loan.guard.mixin"]
    _description = "Withdraw an Agreement"

    nda_id = fields.Many2one("loan.nda", "Agreement", required=True)
    reason = fields.Char("Why", required=True)

    def action_withdraw(self):
        """End the agreement now."""
        self.ensure_one()
        self.nda_id._withdraw(self.reason)
        return {"type": "ir.actions.act_window_close"}
