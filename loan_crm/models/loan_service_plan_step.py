from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core import occasions


class LoanServicePlanStep(models.Model):
    """An occasion of a service plan and what is done on it: a plan of Odoo's activities, given some days before."""

    _name = "loan.service.plan.step"
    _description = "Step of a Service Plan"
    _order = "plan_id, sequence, id"

    plan_id = fields.Many2one("loan.service.plan", "Plan", required=True, index=True, ondelete="cascade")
    name = fields.Char(
        "What", required=True, translate=True, help="What the activity is called where its plan names none."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    occasion = fields.Selection(
        [
            ("review", "Every so many months"),
            ("birthday", "Birthday or founding day"),
            ("first_loan", "Anniversary of the first loan"),
            ("day", "A day of the year"),
            ("entered", "On entering the tier"),
            ("maturity", "Maturity of a loan"),
        ],
        "When",
        required=True,
        default="review",
        help="What gives the manager the to-do: a day in the customer's life, of their loan, or of the calendar.",
    )
    months = fields.Integer(
        "Every (Months)", default=3, help="So many months after the last time it comes again."
    )
    month = fields.Selection(
        [
            ("1", "January"),
            ("2", "February"),
            ("3", "March"),
            ("4", "April"),
            ("5", "May"),
            ("6", "June"),
            ("7", "July"),
            ("8", "August"),
            ("9", "September"),
            ("10", "October"),
            ("11", "November"),
            ("12", "December"),
        ],
        default="1",
        help="The month of the year in which it comes.",
    )
    day = fields.Integer(
        "Day of the Month", default=1, help="The day of that month; in a shorter month its last day."
    )
    days_ahead = fields.Integer(
        "Days Beforehand", help="How many days before the occasion the activities are given."
    )
    activity_plan_id = fields.Many2one(
        "mail.activity.plan",
        "Activities",
        required=True,
        ondelete="restrict",
        domain=[("res_model", "=", "loan.customer")],
        help="Their dates count from the day of the occasion.",
    )
    told = fields.Char("In Words", compute="_compute_told")

    _spans = models.Constraint(
        "CHECK (days_ahead BETWEEN 0 AND 366 AND (occasion <> 'review' OR months BETWEEN 1 AND 120) "
        "AND (occasion <> 'day' OR (month IS NOT NULL AND day BETWEEN 1 AND 31)))",
        "Activities are given up to 366 days ahead, reviews come every 1 to 120 months, and a day of the year is one "
        "of the calendar.",
    )

    @api.constrains("activity_plan_id")
    def _check_activity_plan(self):
        for step in self:
            if step.activity_plan_id.res_model != "loan.customer":
                raise ValidationError(
                    self.env._("%s is not a plan for loan customers.", step.activity_plan_id.name)
                )

    @api.depends("occasion", "months", "month", "day", "days_ahead")
    @api.depends_context("lang")
    def _compute_told(self):
        words = dict(self._fields["occasion"]._description_selection(self.env))
        months = dict(self._fields["month"]._description_selection(self.env))
        for step in self:
            if step.occasion == "review":
                told = self.env._("Every %s months", step.months)
            elif step.occasion == "day":
                told = self.env._(
                    "Every year on %(month)s %(day)s", month=months.get(step.month), day=step.day
                )
            else:
                told = words.get(step.occasion, "")
            if step.days_ahead:
                told = self.env._("%(when)s, %(days)s days ahead", when=told, days=step.days_ahead)
            step.told = told

    def _as_step(self):
        """Read the step into a core value."""
        self.ensure_one()
        return occasions.Step(
            self.occasion,
            self.months if self.occasion == "review" else 0,
            int(self.month or 1),
            self.day or 1,
            self.days_ahead,
        )
