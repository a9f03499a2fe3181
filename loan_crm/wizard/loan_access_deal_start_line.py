from odoo import fields, models


class LoanAccessDealStartLine(models.TransientModel):
    """Somebody who joins a deal: what the template says of them, changed where this deal is different."""

    _name = "loan.access.deal.start.line"
    _inherit = ["loan.guard.mixin", "loan.beneficiary.mixin"]
    _description = "Somebody Who Joins a Deal"

    form_id = fields.Many2one("loan.access.deal.start", required=True, ondelete="cascade")
    level_id = fields.Many2one(
        "loan.confidentiality.level",
        "Highest Level",
        required=True,
        default=lambda self: self.env["loan.access.grant"]._default_level(),
        help="What is more confidential stays closed.",
    )
    days = fields.Integer(
        "For Days", required=True, default=90, help="So many days from today on; then it is over by itself."
    )

    _days_in_range = models.Constraint(
        "CHECK (days BETWEEN 1 AND 366)", "Grants of a deal hold for one day at least and one year at most."
    )
