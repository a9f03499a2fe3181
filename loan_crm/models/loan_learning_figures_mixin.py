from odoo import fields, models


class LoanLearningFiguresMixin(models.AbstractModel):
    """A lender's figures for learning from what customers bring."""

    _name = "loan.learning.figures.mixin"
    _description = "A Lender's Learning"

    loan_learning_least = fields.Integer(
        "Smallest Figure Told",
        default=5,
        help="In figures that people read who may not see each case, a smaller number stands together with others, or "
        "is told as “fewer than”: nobody is to be found in a figure.",
    )
    loan_learning_days = fields.Integer(
        "Effect Measured After",
        default=90,
        help="Days before and after an improvement that are compared.",
    )
    loan_repeat_months = fields.Integer(
        "Borrowed Again Within",
        default=12,
        help="Months after an answer to a survey within which a new loan counts as coming back.",
    )

    _loan_learning_sane = models.Constraint(
        "CHECK (loan_learning_least BETWEEN 2 AND 100 AND loan_learning_days BETWEEN 7 AND 730 "
        "AND loan_repeat_months BETWEEN 1 AND 60)",
        "Figures are told from 2 to 100 on, effects measured after 7 to 730 days, and who borrows again within 1 to 60 "
        "months has come back.",
    )
