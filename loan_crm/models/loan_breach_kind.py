from odoo import fields, models


class LoanBreachKind(models.Model):
    """A kind of misconduct in the catalog, with the severity it usually has and the rule it goes against."""

    _name = "loan.breach.kind"
    _description = "Kind of Breach"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    severity = fields.Selection(
        [("minor", "Minor"), ("serious", "Serious"), ("grave", "Grave")],
        required=True,
        default="minor",
        help="What it usually is; each case is judged for itself.",
    )
    rule = fields.Char(
        "Rule Broken", translate=True, help="The paragraph of the house rules or the law it goes against."
    )
