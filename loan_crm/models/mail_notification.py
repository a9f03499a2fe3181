from odoo import models


class MailNotification(models.Model):
    _inherit = "mail.notification"

    # Who was told of a message is told to those who may see what it is about.
    _loan_parent = "mail_message_id"

    def _filtered_for_web_client(self):
        # Odoo tells them as superuser, with the name and the address of whoever was told.
        return super()._filtered_for_web_client() - self._loan_out_of_sight()
