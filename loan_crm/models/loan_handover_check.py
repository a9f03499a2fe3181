from odoo import fields, models


class LoanHandoverCheck(models.Model):
    """Something that is seen to before a customer changes hands: a line of the checklist."""

    _name = "loan.handover.check"
    _description = "Handover Check"
    _order = "sequence, id"

    name = fields.Char("What Is Seen To", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    required = fields.Boolean("Before Accepting", help="A customer cannot be accepted until this is ticked.")
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to offer the line in all companies."
    )
