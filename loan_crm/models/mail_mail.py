from odoo import fields, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    loan_reminder_ids = fields.One2many("loan.reminder", "mail_id", "Loan Reminders")

    def _send(self, auto_commit=False, **kwargs):
        """Send, but let a loan reminder leave at most once.

        Odoo notes that a mail was sent in the transaction that sends it: a worker that dies after the mail server
        took the letter leaves it "outgoing", and the next worker sends it again. So a reminder is first taken
        in the ledger and that is committed; who finds it taken does not send.
        """
        # As superuser: the queue is run by the system, the ledger is written by its own verbs.
        reminding_sudo = self.sudo().filtered("loan_reminder_ids").with_env(self.env)
        result = True
        if others := self - reminding_sudo:
            result = super(MailMail, others)._send(auto_commit=auto_commit, **kwargs)
        for mail in reminding_sudo:
            if mail._begin_reminder_delivery(auto_commit):
                result = super(MailMail, mail)._send(auto_commit=auto_commit, **kwargs) and result
        return result

    def _begin_reminder_delivery(self, auto_commit):
        """Take the reminder of one mail for delivery; a mail that must not leave any more is cancelled."""
        if self.state != "outgoing":
            return False
        reminder_sudo = self.sudo().loan_reminder_ids
        may_leave = reminder_sudo._begin_delivery()
        if not may_leave and reminder_sudo.state in ("held", "sent", "interrupted"):
            self.cancel()
        if auto_commit:
            self.env.cr.commit()
        return may_leave

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # Before super, which deletes mails that are not kept; in one transaction with the mail's own state.
        reminders_sudo = self.sudo().loan_reminder_ids.filtered(
            lambda reminder: reminder.state in ("queued", "sending")
        )
        for reminder in reminders_sudo:
            sent = not failure_type and reminder.state == "sending"
            reminder._end_delivery(
                None if sent else failure_reason or reminder.mail_id.failure_reason or failure_type,
                unreachable=failure_type == "mail_smtp",
            )
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
