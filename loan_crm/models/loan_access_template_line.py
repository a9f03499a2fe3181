from odoo import fields, models


class LoanAccessTemplateLine(models.Model):
    """Somebody who is usually on such a deal: a person, a team or a role, with a cap and a time of their own."""

    _name = "loan.access.template.line"
    _inherit = ["loan.beneficiary.mixin"]
    _description = "Line of a Deal Team"
    _order = "sequence, id"
    _rec_name = "template_id"

    template_id = fields.Many2one("loan.access.template", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    level_id = fields.Many2one(
        "loan.confidentiality.level",
        "Highest Level",
        ondelete="restrict",
        help="Empty: as the template says.",
    )
    days = fields.Integer("For Days", help="Zero: as the template says.")

    _days_in_range = models.Constraint(
        "CHECK (days BETWEEN 0 AND 366)", "Grants of a deal hold for one day at least and one year at most."
    )
