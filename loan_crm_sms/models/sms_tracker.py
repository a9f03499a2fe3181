from odoo import models


class SmsTracker(models.Model):
    _inherit = "sms.tracker"

    def _update_sms_notifications(self, notification_status, failure_type=False, failure_reason=False):
        """Note on its reminder, too, that a text message which the provider had taken did not arrive."""
        if notification_status in ("exception", "bounce"):
            # As superuser: the provider reports, nobody enters it. While it is leaving, the queue notes it itself.
            returned_sudo = (
                self.env["loan.reminder"]
                .sudo()
                .search(
                    [
                        ("message_id", "in", self.mail_notification_id.mail_message_id.ids),
                        ("state", "=", "sent"),
                    ]
                )
            )
            labels = dict(
                self.env["mail.notification"]._fields["failure_type"]._description_selection(self.env)
            )
            returned_sudo._note_returned(
                self.env._(
                    "The text message did not arrive: %s",
                    failure_reason or labels.get(failure_type) or failure_type,
                ),
                notification_status == "bounce",
            )
        return super()._update_sms_notifications(
            notification_status, failure_type=failure_type, failure_reason=failure_reason
        )
