from odoo import fields, models


class LoanCustomerSegment(models.Model):
    """The part of the market a customer belongs to, by which products, policies and figures are told apart."""

    _name = "loan.customer.segment"
    _description = "Customer Segment"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to offer the segment in all companies."
    )
    color = fields.Integer()

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US'), COALESCE(company_id, 0)) WHERE active", "Two segments cannot bear the same name."
    )
