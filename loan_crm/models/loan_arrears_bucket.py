from odoo import api, fields, models
from odoo.exceptions import ValidationError


class LoanArrearsBucket(models.Model):
    """A span of days past due by which a book is reported: not late, 1–30 days, 31–60 days …

    It begins with its own day and ends with the day before the next one begins.
    """

    _name = "loan.arrears.bucket"
    _description = "Arrears Bucket"
    _order = "days_from"

    name = fields.Char(required=True, translate=True)
    days_from = fields.Integer(
        "From Days Past Due",
        required=True,
        help="The bucket begins with this day and ends the day before the next one begins. 0: not late.",
    )
    days_to = fields.Integer("Up to Day", compute="_compute_days_to", help="Zero: no end.")

    _days_from_uniq = models.UniqueIndex("(days_from)", "Another bucket begins with this day.")
    _days_from_positive = models.Constraint("CHECK (days_from >= 0)", "Days past due are never negative.")

    @api.depends("days_from")
    def _compute_days_to(self):
        floors = self.search([("days_from", ">=", 0)]).mapped("days_from")
        for bucket in self:
            bucket.days_to = next((floor - 1 for floor in floors if floor > bucket.days_from), 0)

    @api.constrains("days_from")
    def _check_begins_at_zero(self):
        if not self.search_count([("days_from", "=", 0)]):
            raise ValidationError(
                self.env._("One bucket must begin with day 0, for the loans that are not late.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_first(self):
        if any(not bucket.days_from for bucket in self):
            raise ValidationError(
                self.env._("One bucket must begin with day 0, for the loans that are not late.")
            )
