from odoo import fields, models, modules

# How often a letter is looked at anew because somebody wrote on its reminder or installment at this moment.
_TRIES = 3


class MailMail(models.Model):
    _inherit = "mail.mail"

    loan_reminder_ids = fields.One2many("loan.reminder", "mail_id", "Loan Reminders")

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Send, but leave loan reminders to the mail queue, which commits each step.

        Whoever else sends does it within a transaction that may yet fail, or be tried again, after the mail server
        took the letter.
        """
        waiting = self.browse()
        if not (auto_commit or modules.module.current_test):
            waiting = self._with_reminder()
            if waiting:
                # As superuser: whoever may send a mail may wake the queue that sends it.
                self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return super(MailMail, self - waiting).send(
            auto_commit=auto_commit, raise_exception=raise_exception, post_send_callback=post_send_callback
        )

    def _send(self, auto_commit=False, **kwargs):
        """Send, but let a loan reminder leave at most once.

        Odoo notes that a mail was sent in the transaction that sends it: a worker that dies after the mail server
        took the letter leaves it "outgoing", and the next worker sends it again. So a reminder is first taken
        in the ledger and that is committed; who finds it taken does not send.
        """
        if self.env["ir.mail_server"]._disable_send():
            return super()._send(auto_commit=auto_commit, **kwargs)
        # Another queue may have sent and deleted some of them since they were read.
        present = self.exists()
        reminding = present._with_reminder()
        result = True
        if others := present - reminding:
            result = super(MailMail, others)._send(auto_commit=auto_commit, **kwargs)
        for mail in reminding:
            if not mail._begin_reminder_delivery(auto_commit):
                continue
            try:
                result = super(MailMail, mail)._send(auto_commit=auto_commit, **kwargs) and result
            except self.env["loan.reminder"]._overtaken:
                if not auto_commit:
                    raise
                # Nobody can tell whether it left. It stays taken, so a person will be asked; the others go on.
                self.env.cr.rollback()
        return result

    def _with_reminder(self):
        """Return those of these mails that carry a loan reminder."""
        # As superuser: the queue is run by the system, the ledger is written by its own verbs.
        return self.sudo().filtered("loan_reminder_ids").with_env(self.env)

    def _begin_reminder_delivery(self, auto_commit):
        """Take the reminder of one mail for delivery; a mail that must not leave any more is cancelled."""
        overtaken = self.env["loan.reminder"]._overtaken
        for _try in range(_TRIES if auto_commit else 1):
            try:
                may_leave = self.exists()._take_reminder()
                if auto_commit:
                    # Before the letter leaves, or a crash after it would send it twice.
                    self.env.cr.commit()  # pylint: disable=invalid-commit
                return may_leave
            except overtaken:
                if not auto_commit:
                    raise
                # What was sent before is committed, so nothing is lost.
                self.env.cr.rollback()
        return False

    def _take_reminder(self):
        if not self or self.state != "outgoing":
            return False
        reminder_sudo = self.sudo().loan_reminder_ids
        may_leave = reminder_sudo._begin_delivery()
        if not may_leave and reminder_sudo.state in ("held", "sent", "failed", "interrupted"):
            self.exists().cancel()
        return may_leave

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        # Before super, which deletes mails that are not kept; in one transaction with the mail's own state.
        # Without a connection none of these left by us; one that is leaving is in the hands of another worker.
        unreachable = failure_type == "mail_smtp"
        reminders_sudo = self.sudo().loan_reminder_ids.filtered(
            lambda reminder: reminder.state in (("queued",) if unreachable else ("queued", "sending"))
        )
        for reminder in reminders_sudo:
            sent = not failure_type and reminder.state == "sending"
            reminder._end_delivery(
                None if sent else failure_reason or reminder.mail_id.failure_reason or failure_type,
                unreachable=unreachable,
            )
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
