from odoo import models


class MailNotification(models.Model):
    _inherit = "mail.notification"

    # Who was told of a message is told to those who may see what it is about.
    _loan_parent = "mail_message_id"
