from odoo import fields, models


class LoanCaseCompanyMixin(models.AbstractModel):
    """A lender's figures for cases."""

    _name = "loan.case.company.mixin"
    _description = "A Lender's Cases"

    loan_case_confirmed = fields.Boolean(
        "Confirm Cases",
        default=True,
        help="Whoever writes to us is told once who answers, and by when.",
    )
    loan_case_close_days = fields.Integer(
        "Closed After",
        default=7,
        required=True,
        help="Days after which a solved case is closed, unless the customer has written again.",
    )
    loan_complaint_hold_days = fields.Integer(
        "Reminders Silent During Complaints",
        default=15,
        required=True,
        help="So long no reminder is written about what a customer complains of, unless it is solved before. "
        "0: reminders go on.",
    )
    loan_answer_lead_hours = fields.Float(
        "Unanswered: Told to the Lead After",
        default=4.0,
        required=True,
        help="Working hours after which the team's lead is told that nobody has answered a customer. 0: nobody is.",
    )
    loan_answer_head_hours = fields.Float(
        "Unanswered: Told to the Head After",
        default=8.0,
        required=True,
        help="Working hours after which the head is told. 0: nobody is.",
    )
    loan_head_user_id = fields.Many2one(
        "res.users",
        "Head of Service",
        ondelete="restrict",
        domain="[('share', '=', False)]",
        help="Who is told in the end of customers whom nobody has answered, if they may see them.",
    )

    _loan_answer_hours_in_bounds = models.Constraint(
        "CHECK (loan_answer_lead_hours BETWEEN 0 AND 200 AND loan_answer_head_hours BETWEEN 0 AND 400)",
        "Leads and heads are told within 0 to 400 working hours.",
    )
    _loan_case_days_in_bounds = models.Constraint(
        "CHECK (loan_case_close_days BETWEEN 0 AND 90 AND loan_complaint_hold_days BETWEEN 0 AND 366)",
        "Cases close within 0 to 90 days, and complaints silence reminders for 0 to 366 days.",
    )
