from odoo import api, models
from odoo.tools import SQL


class LoanReminderForecast(models.Model):
    """What is known to silence a text message, each right after what silences a letter in the same way."""

    _inherit = "loan.reminder.forecast"
    _depends = {
        "loan.consent": ["customer_id", "is_current", "purpose_id", "state"],
        "loan.reminder": ["bounced_at", "channel", "email_to", "partner_id"],
        "loan.reminder.step": ["sms_template_id"],
        "phone.blacklist": ["active", "number"],
        "res.partner": ["lang", "phone", "phone_sanitized"],
        "sms.template": ["loan_text_faults"],
    }

    @api.model
    def _reasons_foreseen(self, company, policies, today):
        own = {
            "opted_out": (
                "phone_opted_out",
                SQL(
                    "(EXISTS (SELECT FROM phone_blacklist blacklist"
                    " WHERE blacklist.number = partner.phone_sanitized AND blacklist.active)"
                    " OR foreseen.role = 'borrower' AND %s)",
                    self.env["loan.consent.purpose"]._stopped_sql("texts", SQL("customer.id")),
                ),
            ),
            "no_address": ("no_phone", SQL("COALESCE(trim(partner.phone), '') = ''")),
            "invalid_address": ("invalid_phone", SQL("partner.phone_sanitized IS NULL")),
            "bounced": (
                "phone_bounced",
                SQL(
                    "EXISTS (SELECT FROM loan_reminder returned"
                    " WHERE returned.partner_id = foreseen.partner_id AND returned.channel = 'sms'"
                    " AND returned.bounced_at IS NOT NULL AND returned.email_to = partner.phone_sanitized)"
                ),
            ),
            "no_template": ("no_text", SQL("NOT %s", self.env["sms.template"]._can_text_sql())),
        }
        reasons = []
        for reason, condition in super()._reasons_foreseen(company, policies, today):
            reasons.append((reason, condition))
            if isinstance(reason, str) and reason in own:
                word, silent = own[reason]
                reasons.append((word, SQL("foreseen.channel = 'sms' AND %s", silent)))
        return reasons
