from odoo import fields, models
from odoo.tools import SQL


class LoanReminderOutcome(models.Model):
    """How many reminders of a round ended in which way, and why; numbers of the whole round, without a customer."""

    _name = "loan.reminder.outcome"
    _description = "Outcome of a Round"
    _auto = False
    _order = "reminder_count desc, id"
    _depends = {"loan.reminder": ["bounced_at", "company_id", "hold_reason", "round_id", "state"]}

    round_id = fields.Many2one("loan.reminder.round", "Round", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    state = fields.Selection(
        selection=lambda self: self.env["loan.reminder"]._fields["state"]._description_selection(self.env),
        string="Outcome",
        readonly=True,
    )
    hold_reason = fields.Selection(
        selection=lambda self: (
            self.env["loan.reminder"]._fields["hold_reason"]._description_selection(self.env)
        ),
        string="Because",
        readonly=True,
    )
    reminder_count = fields.Integer("Reminders", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT min(id) AS id, round_id, company_id, state, hold_reason, count(*)::integer AS reminder_count
              FROM loan_reminder
             WHERE round_id IS NOT NULL
             GROUP BY round_id, company_id, state, hold_reason
            """
        )

    def action_open_reminders(self):
        """Open the reminders behind a number, as far as the user may see them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_action")
        action["domain"] = [
            ("round_id", "=", self.round_id.id),
            ("state", "=", self.state),
            ("hold_reason", "=", self.hold_reason),
        ]
        action["context"] = {}
        return action
