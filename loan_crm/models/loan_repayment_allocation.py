from odoo import fields, models


class LoanRepaymentAllocation(models.Model):
    """The part of a repayment that paid an installment; follows from the replay, entered by nobody."""

    _name = "loan.repayment.allocation"
    _inherit = ["loan.access.mixin"]
    _description = "Repayment Allocation"
    _order = "installment_id, id"
    _rec_name = "installment_id"

    repayment_id = fields.Many2one("loan.repayment", "Repayment", required=True, ondelete="cascade")
    installment_id = fields.Many2one(
        "loan.installment",
        "Installment",
        required=True,
        index=True,
        ondelete="restrict",
        help="Which installment this part of the money paid.",
    )
    contract_id = fields.Many2one(
        related="repayment_id.contract_id", store=True, index=True, precompute=True, string="Loan"
    )
    customer_id = fields.Many2one(
        related="repayment_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(related="repayment_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    due_date = fields.Date(related="installment_id.due_date")
    date = fields.Date(related="repayment_id.date")
    principal = fields.Monetary(required=True, help="The part that repays the loan.")
    interest = fields.Monetary(
        required=True, help="The part that is the price of the loan since the last due date."
    )
    penalty = fields.Monetary(required=True, default=0.0)
    fee = fields.Monetary(required=True, default=0.0)

    _repayment_installment_uniq = models.UniqueIndex(
        "(repayment_id, installment_id)", "A repayment pays an installment once."
    )
    _something_paid = models.Constraint(
        "CHECK (principal >= 0 AND interest >= 0 AND penalty >= 0 AND fee >= 0 "
        "AND principal + interest + penalty + fee > 0)",
        "An allocation pays something.",
    )
