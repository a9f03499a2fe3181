from odoo import fields, models


class LoanCustomerEraseLine(models.TransientModel):
    """What would become of one kind of record."""

    _name = "loan.customer.erase.line"
    _inherit = ["loan.guard.mixin"]
    _description = "Line of an Erasure Plan"

    wizard_id = fields.Many2one("loan.customer.erase", required=True, ondelete="cascade")
    label = fields.Char("Records")
    count = fields.Integer("How Many")
    what = fields.Char("What Happens")
    why = fields.Text("Why")
