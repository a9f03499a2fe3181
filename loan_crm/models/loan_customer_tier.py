from odoo import fields, models


class LoanCustomerTier(models.Model):
    """What a customer is to the lender, and how they are treated for it: whether one calls before one writes."""

    _name = "loan.customer.tier"
    _description = "Customer Tier"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to offer the tier in all companies."
    )
    color = fields.Integer()
    call_first = fields.Boolean(
        "Call Before Writing",
        help="Instead of a reminder the manager gets a task to call. Notices that the law requires are written "
        "all the same.",
    )

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US'), COALESCE(company_id, 0)) WHERE active", "Two tiers cannot bear the same name."
    )
