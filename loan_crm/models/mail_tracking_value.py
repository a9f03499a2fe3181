from odoo import models


class MailTrackingValue(models.Model):
    _inherit = "mail.tracking.value"

    # Goes with its message, for administrators, too.
    _loan_parent = "mail_message_id"
