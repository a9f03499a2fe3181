from odoo import fields, models


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
    amount = fields.Monetary("Amount Asked For")

    def action_preview(self):
        """Show this letter as the recipient would get it."""
        self.ensure_one()
        self.check_access("read")
        return self.env["loan.reminder.preview"]._open(
            {
                "company_id": self.run_id.company_id.id,
                "contract_id": self.contract_id.id,
                "step_id": self.step_id.id,
                "partner_id": self.partner_id.id,
                "day": self.run_id.company_id._loan_today(),
            }
        )
