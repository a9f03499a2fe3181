from odoo import fields, models


class LoanEmergencyFiguresMixin(models.AbstractModel):
    """For how long, how often and with how many words an emergency opens a customer, and by when it is reviewed."""

    _name = "loan.emergency.figures.mixin"
    _description = "Emergencies: Figures of a Lender"

    loan_emergency_minutes = fields.Integer(
        "Emergency Usually Open For",
        default=60,
        required=True,
        help="Minutes for which an emergency opens a customer, unless the person says otherwise.",
    )
    loan_emergency_minutes_max = fields.Integer(
        "Emergency Open at Most", default=240, required=True, help="In minutes; never more than 240."
    )
    loan_emergency_reason = fields.Integer(
        "Shortest Reason of an Emergency", default=30, required=True, help="In characters, spaces aside."
    )
    loan_emergency_per_day = fields.Integer(
        "Emergencies a Day",
        default=3,
        required=True,
        help="So often a person may try in a day, whether anything is opened or not. 0: nobody may.",
    )
    loan_emergency_review_days = fields.Integer(
        "Emergency Reviewed Within",
        default=1,
        required=True,
        help="Within so many working days somebody of compliance reviews it; then all of them are told.",
    )

    _loan_emergency_sane = models.Constraint(
        "CHECK (loan_emergency_minutes BETWEEN 1 AND loan_emergency_minutes_max "
        "AND loan_emergency_minutes_max <= 240 AND loan_emergency_reason BETWEEN 10 AND 500 "
        "AND loan_emergency_per_day BETWEEN 0 AND 20 AND loan_emergency_review_days BETWEEN 0 AND 30)",
        "An emergency is open for at most 240 minutes, with a reason of 10 to 500 characters, at most 20 times a "
        "day, and reviewed within 30 days.",
    )
