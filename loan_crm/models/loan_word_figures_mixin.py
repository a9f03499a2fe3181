from odoo import fields, models


class LoanWordFiguresMixin(models.AbstractModel):
    """A lender's figures for what it promises and for making good what went wrong."""

    _name = "loan.word.figures.mixin"
    _description = "A Lender's Word"

    loan_commitment_grace_days = fields.Integer(
        "Tolerance of Our Word",
        default=1,
        help="How many days after the day we promised a word counts as broken. What is done meanwhile is late.",
    )
    _loan_commitment_grace_days_sane = models.Constraint(
        "CHECK (loan_commitment_grace_days BETWEEN 0 AND 30)", "The tolerance of our word is 0 to 30 days."
    )
    loan_recovery_months = fields.Integer(
        "Came Back Within",
        default=12,
        help="So many months after a recovery plan is closed a new application or loan counts as coming back.",
    )
    _loan_recovery_sane = models.Constraint(
        "CHECK (loan_recovery_months BETWEEN 1 AND 60)",
        "Coming back is measured over 1 to 60 months.",
    )
