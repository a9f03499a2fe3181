from odoo import fields, models


class LoanAccessDealGain(models.TransientModel):
    """What a deal would change for somebody; worked out, entered by nobody."""

    _name = "loan.access.deal.gain"
    _inherit = ["loan.guard.mixin"]
    _description = "Who Gains by a Deal"

    form_id = fields.Many2one("loan.access.deal.start", ondelete="cascade")
    user_id = fields.Many2one("res.users", "Who", readonly=True)
    outcome = fields.Selection(
        [
            ("gains", "Gains Sight"),
            ("lacks", "Sees Nothing Yet"),
            ("role", "Has No Role Here"),
            ("has", "Sees Them Already"),
        ],
        "Outcome",
        readonly=True,
    )
    customers = fields.Char("Customers", readonly=True)
    why = fields.Char("Lacks", readonly=True)
