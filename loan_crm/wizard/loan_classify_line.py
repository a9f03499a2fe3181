from odoo import fields, models


class LoanClassifyLine(models.TransientModel):
    """Somebody who would gain or lose sight; worked out, entered by nobody."""

    _name = "loan.classify.line"
    _inherit = ["loan.guard.mixin"]
    _description = "Change of Sight"

    form_id = fields.Many2one("loan.classify", ondelete="cascade")
    user_id = fields.Many2one("res.users", "Who", readonly=True)
    gains = fields.Boolean("Gains Sight", readonly=True)
    customers = fields.Char("Customers", readonly=True)
    why = fields.Char("Lacks", readonly=True)
