from odoo import models


class MailMessageSchedule(models.Model):
    _inherit = "mail.message.schedule"

    # Goes with its message, for administrators, too.
    _loan_parent = "mail_message_id"
