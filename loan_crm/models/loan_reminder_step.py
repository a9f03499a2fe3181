from odoo import api, fields, models


class LoanReminderStep(models.Model):
    """One rung of a reminder policy: a day around the due date, a tone and the letter to write."""

    _name = "loan.reminder.step"
    _description = "Reminder Step"
    _order = "policy_id, offset, id"

    policy_id = fields.Many2one("loan.reminder.policy", required=True, index=True, ondelete="cascade")
    name = fields.Char("When", compute="_compute_name", compute_sudo=True)
    days = fields.Integer(required=True, default=3)
    moment = fields.Selection(
        [("before", "Before Due"), ("after", "After Due")], "Before or After", required=True, default="before"
    )
    offset = fields.Integer(
        "Day",
        compute="_compute_offset",
        store=True,
        precompute=True,
        aggregator=None,
        help="Days from the due date; negative before it.",
    )
    tone = fields.Selection(
        [
            ("courtesy", "Courtesy"),
            ("due", "Due Today"),
            ("gentle", "Gentle Overdue"),
            ("firm", "Firm"),
        ],
        required=True,
        default="courtesy",
    )
    template_id = fields.Many2one(
        "mail.template",
        "Letter",
        required=True,
        ondelete="restrict",
        domain=[("model", "=", "loan.reminder")],
        default=lambda self: self.env.ref("loan_crm.mail_template_reminder_before", raise_if_not_found=False),
    )

    _days_sensible = models.Constraint(
        "CHECK (days BETWEEN 0 AND 365)", "A step lies within a year of the due date."
    )
    _policy_offset_uniq = models.UniqueIndex(
        '(policy_id, "offset")', "Two steps of one policy cannot fall on the same day."
    )

    @api.depends("days", "moment")
    def _compute_offset(self):
        for step in self:
            step.offset = -step.days if step.moment == "before" else step.days

    @api.depends("offset")
    @api.depends_context("lang")
    def _compute_name(self):
        for step in self:
            days = abs(step.offset)
            if step.offset < -1:
                step.name = self.env._("%s days before", days)
            elif step.offset == -1:
                step.name = self.env._("The day before")
            elif step.offset == 0:
                step.name = self.env._("On the due date")
            elif step.offset == 1:
                step.name = self.env._("The day after")
            else:
                step.name = self.env._("%s days late", days)
