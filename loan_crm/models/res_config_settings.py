from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    loan_tz = fields.Selection(related="company_id.loan_tz", readonly=False)
    loan_payment_instructions = fields.Text(related="company_id.loan_payment_instructions", readonly=False)
    loan_calendar_id = fields.Many2one(related="company_id.loan_calendar_id", readonly=False)
    loan_reminder_policy_id = fields.Many2one(related="company_id.loan_reminder_policy_id", readonly=False)
    loan_reminder_hour = fields.Integer(related="company_id.loan_reminder_hour", readonly=False)
    loan_reminder_user_id = fields.Many2one(
        related="company_id.loan_reminder_user_id",
        readonly=False,
        domain=lambda self: self.env["res.company"]._loan_round_readers_domain("company_id"),
    )
