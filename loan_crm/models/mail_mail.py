import logging
import smtplib
import sys
from datetime import timedelta

from odoo import api, fields, models, modules
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..core import incoming

_logger = logging.getLogger(__name__)

# How often mails are looked at anew because another worker wrote on one of them at this moment.
_TRIES = 3
# When the queue goes on with letters that a run had to leave. Not at once: a server that says no may need the pause.
_PAUSE = timedelta(minutes=1)


def _asks_to_try_later(error):
    """Tell whether the mail server refused a letter only for now (4xx), so that it surely did not leave.

    :param error: what `_send` is about to note: the mail server's answer is what it was raised from
    """
    answer = error.__context__ if isinstance(error, MailDeliveryException) else None
    if isinstance(answer, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _reason in answer.recipients.values()]
    elif isinstance(answer, smtplib.SMTPResponseException):
        codes = [answer.smtp_code]
    else:
        return False
    return all(400 <= code < 500 for code in codes)


def _refused_addresses(error):
    """Return `{address: what the mail server said}` of recipients it refused for good, not for what we wrote.

    :param error: as for `_asks_to_try_later`
    """
    answer = error.__context__ if isinstance(error, MailDeliveryException) else None
    if not isinstance(answer, smtplib.SMTPRecipientsRefused):
        return {}
    told = {
        email: (code, said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))
        for email, (code, said) in answer.recipients.items()
    }
    return {
        email: f"{code} {said}"
        for email, (code, said) in told.items()
        if incoming.refuses_address(code, said)
    }


class MailMail(models.Model):
    _inherit = "mail.mail"

    # What was written about a customer is not the administrator's to read either.
    _loan_parent = "mail_message_id"

    loan_reminder_ids = fields.One2many("loan.reminder", "mail_id", "Loan Reminders")

    # What the queue looks for, among all mails that are kept.
    _loan_outgoing_idx = models.Index("(id) WHERE state = 'outgoing'")

    def process_email_queue(self, email_ids=(), batch_size=1000):
        """Send, and come back for the reminders that one run could not send.

        Odoo's queue sends a thousand mails and then waits for its next hour; a mail server may close the session
        earlier. It goes on only while reminders get out of the way, so a dead server is not asked every minute.
        """
        if email_ids:
            return super().process_email_queue(email_ids=email_ids, batch_size=batch_size)
        waiting, size, sent, result = self._count_waiting_reminders(), self._queue_size(batch_size), 0, None
        if "filters" not in self.env.context:
            # As superuser: the queue sends what others wrote.
            sent = self.env["loan.letter.post"].sudo()._deliver(size)
        if not sent:
            result = super().process_email_queue(batch_size=batch_size)
        else:
            if self.env.context.get("cron_id"):
                self.env["ir.cron"]._commit_progress(sent)
            # What left in chunks is of this run, too, which sends no more than the site wishes.
            if left := self._next_in_queue(size - sent):
                result = super().process_email_queue(email_ids=left.ids, batch_size=batch_size)
            # Asked for by their ids, Odoo does not tell its scheduler how many wait behind them.
            if self._next_in_queue(1, [("loan_reminder_ids", "=", False)]):
                self._come_back()
        if 0 < self._count_waiting_reminders() < waiting:
            self._come_back(fields.Datetime.now() + (timedelta() if sent == size else _PAUSE))
        # As superuser: the queue's own clock notices when the one of the reminders stands still.
        self.env["loan.reminder.round"].sudo()._watch()
        return result

    @api.model
    def _queue_size(self, batch_size):
        """Return how many mails a run of the queue sends at most, as Odoo's queue does."""
        # As superuser: the site's settings decide, whoever runs the queue.
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        return int(parameters_sudo.get_param("mail.mail.queue.batch.size", batch_size)) or batch_size

    @api.model
    def _come_back(self, moment=None):
        # As superuser: whoever may send a mail may wake the queue that sends it.
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger(moment)

    @api.model
    def _next_in_queue(self, most, among=()):
        """Return the mails that Odoo's queue would send next, at most so many.

        :param among: a domain they meet besides
        """
        if not most:
            return self.browse()
        due = Domain("scheduled_date", "=", False) | Domain("scheduled_date", "<=", fields.Datetime.now())
        return self.search(Domain("state", "=", "outgoing") & due & Domain(among), limit=most)

    @api.model
    def _count_waiting_reminders(self):
        # As superuser: the queue sends what others wrote.
        ledger_sudo = self.env["loan.reminder"].sudo()
        return ledger_sudo.search_count([("state", "=", "queued"), ("mail_id.state", "=", "outgoing")])

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        """Send, but leave loan reminders to the mail queue, which commits each step.

        Whoever else sends does it within a transaction that may yet fail, or be tried again, after the mail server
        took the letter.
        """
        sent_here, queued = self, self.browse()
        if not modules.module.current_test:
            reminding = self._with_reminder()
            sent_here -= reminding
            if auto_commit:
                queued = reminding
            elif reminding:
                self._come_back()
        result = True
        if sent_here:
            result = super(MailMail, sent_here).send(auto_commit, raise_exception, post_send_callback)
        for _server, _alias_domain, _sender, ids in queued.exists()._split_by_mail_configuration():
            if mails := self.browse(ids)._lock_waiting():
                result = super(MailMail, mails).send(auto_commit, raise_exception, post_send_callback)
                # Without a connection, Odoo notes that on each mail and leaves it uncommitted.
                self.env.cr.commit()  # pylint: disable=invalid-commit
        return result

    def _lock_waiting(self):
        """Return those of these mails that wait with their reminder and that no other worker is at, locked.

        The locks end with the first letter that leaves, each of which is then taken on its own. They are for the
        mail server that cannot be reached: two workers that both note this would be in each other's way.
        """
        for _try in range(_TRIES):
            self.env.cr.commit()  # pylint: disable=invalid-commit
            try:
                self.env.cr.execute(
                    SQL(
                        """
                        SELECT mail.id
                          FROM mail_mail mail
                          JOIN loan_reminder reminder ON reminder.mail_id = mail.id
                         WHERE mail.id = ANY(%s)
                           AND mail.state = 'outgoing'
                           AND reminder.state <> 'sending'
                         ORDER BY mail.id
                           FOR NO KEY UPDATE SKIP LOCKED
                        """,
                        self.ids,
                    ),
                    log_exceptions=False,  # that somebody is at it, too, is no error
                )
            except self.env["loan.reminder"]._overtaken:
                self.env.cr.rollback()
            else:
                locked = sorted({row[0] for row in self.env.cr.fetchall()})
                self.env.invalidate_all()
                return self.browse(locked)
        return self.browse()

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
        session = kwargs.get("smtp_session")
        for mail in reminding:
            if session and getattr(session, "sock", session) is None:
                # The mail server hung up on the last one (421). The others are not taken and wait for the next run.
                break
            if not self.env["loan.reminder"]._take_surely(mail._take_reminder, auto_commit):
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

    def _take_reminder(self):
        """Take the reminder of one mail for delivery; a mail that must not leave any more is cancelled."""
        # Somebody may have deleted it since it was read.
        if self.exists().state != "outgoing":
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
        # Called while Odoo handles what the mail server answered.
        later = bool(failure_type) and not success_pids and _asks_to_try_later(sys.exc_info()[1])
        reminders_sudo = self.sudo().loan_reminder_ids.filtered(
            lambda reminder: reminder.state in (("queued",) if unreachable else ("queued", "sending"))
        )
        sent_sudo = reminders_sudo.filtered(lambda reminder: not failure_type and reminder.state == "sending")
        sent_sudo._end_delivery()
        for reminder in reminders_sudo - sent_sudo:
            reminder._end_delivery(
                failure_reason or reminder.mail_id.failure_reason or failure_type,
                unreachable=unreachable or later,
            )
        for email, said in (_refused_addresses(sys.exc_info()[1]) if failure_type else {}).items():
            try:
                with self.env.cr.savepoint():
                    self._note_refused(email, said)
            except self.env["loan.reminder"]._overtaken:
                raise
            except Exception:
                # That the letter failed is noted above; a note more must not cost the other letters of the queue.
                _logger.exception("The refused address of mail %s cannot be noted", self.id)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )

    def _note_refused(self, email, said):
        """Note on its loan that the mail server knows no such address as this letter was to go to."""
        mail_sudo = self.sudo()  # the queue sends what others wrote
        if mail_sudo.model != "loan.contract":
            return
        contract_sudo = self.env["loan.contract"].sudo().browse(mail_sudo.res_id).exists()
        email = email_normalize(email)
        partner_sudo = mail_sudo.recipient_ids.filtered(
            lambda partner: partner.partner_share and partner.email_normalized == email
        )
        if contract_sudo and partner_sudo:
            self.env["loan.reminder.bounce"]._note(
                contract_sudo, email, said, partner=partner_sudo[0], reminders=mail_sudo.loan_reminder_ids
            )
