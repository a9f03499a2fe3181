from odoo import fields, models


class LoanFactType(models.Model):
    """A figure the lender wants to know about a customer's means, and how long it may be relied on."""

    _name = "loan.fact.type"
    _description = "Kind of Financial Fact"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(index=True, help="What other systems call it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Leave empty to offer it in all companies.")
    unit = fields.Selection(
        [
            ("money", "Amount of Money"),
            ("number", "Plain Number"),
            ("percent", "Percent"),
            ("text", "Free Text"),
        ],
        "Told As",
        required=True,
        default="money",
        help="It decides in which field the figure is entered, and how it is shown.",
    )
    max_age_months = fields.Integer(
        "Good For (Months)", default=12, help="An older figure is marked: ask anew. 0: it does not age."
    )

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US'), COALESCE(company_id, 0)) WHERE active", "Two kinds cannot bear the same name."
    )
    _code_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0)) WHERE code IS NOT NULL AND active", "This code is taken already."
    )
    _age_sane = models.Constraint("CHECK (max_age_months >= 0)", "An age cannot be negative.")
