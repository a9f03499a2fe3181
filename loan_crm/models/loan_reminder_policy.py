from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core import reminders
from ..core.refusal import Refusal


class LoanReminderPolicy(models.Model):
    """When borrowers hear from us about an installment: a ladder of steps before and after its due date.

    A loan follows its own policy if it has one, else its product's, else its company's. The choice is made when
    the round runs, so changing a policy changes the very next letter.
    """

    _name = "loan.reminder.policy"
    _inherit = ["mail.thread"]
    _description = "Reminder Policy"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to offer the policy in all companies."
    )
    catch_up_days = fields.Integer(
        "Catch Up Within",
        default=2,
        required=True,
        tracking=True,
        help="How many days late a step may still be sent when the round could not run on its day. It never "
        "runs into the next step, and a step before the due date is never sent on or after it.",
    )
    step_ids = fields.One2many(
        "loan.reminder.step", "policy_id", "Steps", copy=True, context={"active_test": False}
    )
    summary = fields.Char(compute="_compute_summary")

    _catch_up_sensible = models.Constraint(
        "CHECK (catch_up_days BETWEEN 0 AND 30)", "A step can be caught up within 0 to 30 days."
    )

    @api.depends("step_ids.name", "step_ids.active")
    @api.depends_context("lang")
    def _compute_summary(self):
        for policy in self:
            policy.summary = " · ".join(policy._active_steps().mapped("display_name"))

    def _active_steps(self):
        """Return the steps that still speak, in the order of their days."""
        return self.step_ids.filtered("active").sorted("offset")

    @api.constrains("step_ids", "catch_up_days")
    def _check_ladder(self):
        for policy in self:
            policy._windows()

    def _windows(self):
        """Return the core's windows of this ladder: on which days around a due date each step may speak.

        :return: tuple of :class:`core.reminders.Window`, whose step keys are step ids
        :raise ValidationError: when two steps fall on one day
        """
        self.ensure_one()
        try:
            return reminders.windows(
                [reminders.Step(step.id, step.offset) for step in self._active_steps()], self.catch_up_days
            )
        except Refusal as refusal:
            raise ValidationError(
                self.env._(
                    "Two steps of %s fall on the same day. A borrower would get two letters at once.",
                    self.name,
                )
            ) from refusal

    def _due_spans(self, today):
        """Tell which installments each step speaks for on a day.

        :param date today: the lender's day
        :return: list of `(policy id, step id, first due date, last due date)`
        """
        return [
            (policy.id, window.step.key, *window.due_between(today))
            for policy in self
            for window in policy._windows()
        ]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # The database deletes the steps with their policy and asks nobody.
        self.step_ids._unlink_except_used()
