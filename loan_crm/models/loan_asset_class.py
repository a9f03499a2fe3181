from odoo import api, fields, models
from odoo.exceptions import ValidationError


class LoanAssetClass(models.Model):
    """How sound a loan is thought to be, as a supervisor asks: normal, special mention, substandard, doubtful, loss.

    Each class has a floor: a loan so many days past due is in this class or a worse one. Judgement by other signs
    can only make it worse (五级分类).
    """

    _name = "loan.asset.class"
    _description = "Asset Class"
    _order = "days_from, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help="As it stands in reports to the supervisor. Keep it when you change the name."
    )
    active = fields.Boolean(default=True)
    days_from = fields.Integer(
        "From Days Past Due", required=True, help="Days past due from which a loan is in this class at best."
    )
    bad = fields.Boolean(
        "Non-Performing", help="Loans of this class are told apart as non-performing in the list."
    )

    _code_uniq = models.UniqueIndex("(code)", "Another class has this code.")
    _days_from_uniq = models.UniqueIndex("(days_from) WHERE active", "Another class begins with this day.")
    _days_from_positive = models.Constraint("CHECK (days_from >= 0)", "Days past due are never negative.")

    @api.constrains("days_from", "active")
    def _check_begins_at_zero(self):
        if not self.search_count([("days_from", "=", 0)]):
            raise ValidationError(
                self.env._("One class must begin with day 0, for the loans that are not late.")
            )
