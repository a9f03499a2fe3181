from odoo import models


class SmsTracker(models.Model):
    _inherit = "sms.tracker"

    def _update_sms_notifications(self, notification_status, failure_type=False, failure_reason=False):
        """Note on its reminder, too, that a text message which the provider had taken did not arrive."""
        noted = self
        if self.env.context.get("loan_sms_answer"):
            if notification_status in ("process", "pending"):
                # A report may overtake the answer that the text was taken; then that is no news any more.
                noted = self.filtered(
                    lambda tracker: (
                        tracker.mail_notification_id.notification_status not in ("bounce", "exception")
                    )
                )
        elif notification_status in ("exception", "bounce"):
            # As superuser: the provider reports, nobody enters it.
            reminders_sudo = (
                self.env["loan.reminder"]
                .sudo()
                .search(
                    [
                        ("message_id", "in", self.mail_notification_id.mail_message_id.ids),
                        ("state", "in", ("sending", "sent")),
                    ]
                )
            )
            sent_sudo = reminders_sudo.filtered(lambda reminder: reminder.state == "sent")
            sent_sudo._note_returned(failure_type, failure_reason, notification_status == "bounce")
            # While it is leaving, the queue notes it itself. That it is written on here lets one of the two begin
            # anew if they meet, and see what the other did.
            leaving_sudo = reminders_sudo - sent_sudo
            leaving_sudo.write({"failure": leaving_sudo._did_not_arrive(failure_type, failure_reason)})
        return super(SmsTracker, noted)._update_sms_notifications(
            notification_status, failure_type=failure_type, failure_reason=failure_reason
        )
