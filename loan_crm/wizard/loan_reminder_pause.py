from odoo import fields, models
from odoo.exceptions import UserError


class LoanReminderPause(models.TransientModel):
    """Stop a lender's reminders for a reason, until a day or until somebody lets them go on."""

    _name = "loan.reminder.pause"
    _inherit = ["loan.guard.mixin"]
    _description = "Pause Reminders"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    reason = fields.Char(help="Told with every reminder that is held.")  # asked for by the verb as well
    until = fields.Date(
        "Until", help="The last day of the pause; on the day after, reminders go on by themselves."
    )

    def action_pause(self):
        """Pause, on record."""
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why, for whoever asks where the letters are."))
        if self.until and self.until < self.company_id._loan_today():
            raise UserError(self.env._("This day has passed. Choose today or a later one, or none."))
        self.company_id._loan_pause_reminders(self.reason.strip(), self.until)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
