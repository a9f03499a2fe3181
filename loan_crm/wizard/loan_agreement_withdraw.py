from odoo import fields, models


class LoanAgreementWithdraw(models.TransientModel):
    """Take an agreement back that waits for signatures, and say why."""

    _name = "loan.agreement.withdraw"
    _inherit = ["loan.guard.mixin"]
    _description = "Withdraw an Agreement"

    agreement_id = fields.Many2one("loan.agreement", "Agreement", required=True)
    reason = fields.Char("Why", required=True)

    def action_withdraw(self):
        """Withdraw it."""
        self.ensure_one()
        self.agreement_id._withdraw(self.reason)
        return {"type": "ir.actions.act_window_close"}
