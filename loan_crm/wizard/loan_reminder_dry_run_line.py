from odoo import fields, models


class LoanReminderDryRunLine(models.TransientModel):
    """How many reminders a round would end in one way, and why; numbers only."""

    _name = "loan.reminder.dry.run.line"
    _inherit = ["loan.guard.mixin"]
    _description = "Outcome of a Dry Run"
    _order = "sequence, reminder_count desc, id"

    run_id = fields.Many2one("loan.reminder.dry.run", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer()
    outcome = fields.Selection(
        [
            ("letter", "Written"),
            ("merged", "In Another Letter"),
            ("task", "Task Given"),
            ("held", "Held"),
        ],
        required=True,
    )
    hold_reason = fields.Selection(
        selection=lambda self: (
            self.env["loan.reminder"]._fields["hold_reason"]._description_selection(self.env)
        ),
        string="Because",
    )
    reminder_count = fields.Integer("Reminders")
    currency_id = fields.Many2one("res.currency")
    shows_amount = fields.Boolean()
    amount = fields.Monetary("Amount Due", help="Empty where it would tell of customers you do not see.")
