from odoo import fields, models


class CrmStage(models.Model):
    """What a stage means to somebody who has applied for a loan. Stages that leave it empty are Odoo's own."""

    _inherit = "crm.stage"

    loan_purpose = fields.Text(
        "What Happens Here",
        translate=True,
        help="Told to whoever has applied for a loan, in words for them: what we do now, and what for.",
    )
    loan_days = fields.Integer(
        "Working Days",
        help="How long this takes as a rule. After that an application is marked as stuck. 0: no such time.",
    )
    loan_holder = fields.Char(
        "Who Has It", translate=True, help="The department that works on an application here."
    )

    _loan_days_in_bounds = models.Constraint(
        "CHECK (loan_days BETWEEN 0 AND 250)", "A stage takes 0 to 250 working days."
    )
