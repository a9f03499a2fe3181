from odoo import fields, models


class LoanAccessExplainLine(models.TransientModel):
    """One answer of the explanation; worked out, entered by nobody."""

    _name = "loan.access.explain.line"
    _inherit = ["loan.guard.mixin"]
    _description = "Sight, Explained: Line"

    form_id = fields.Many2one("loan.access.explain", ondelete="cascade")
    user_id = fields.Many2one("res.users", "Who", readonly=True)
    level_id = fields.Many2one("loan.confidentiality.level", "Confidentiality", readonly=True)
    sees = fields.Boolean("Sees", readonly=True)
    because = fields.Text("Because", readonly=True)
    against = fields.Char("Lacks", readonly=True)
