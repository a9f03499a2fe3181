from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# How often a letter is looked at anew because somebody wrote on its reminder or installment at this moment.
_TRIES = 3
# A letter that has been "leaving" for longer than this belongs to a worker that died.
_LEAVING_AT_MOST = timedelta(minutes=10)


class LoanReminderDeliveryMixin(models.AbstractModel):
    """How a letter leaves at most once, and what is known of it afterwards.

    `mail.mail` asks `_begin_delivery` right before the mail server does, and commits; what is owed is read again
    under lock at that moment. An addon that adds a channel does the same with what carries its letters.
    """

    _name = "loan.reminder.delivery.mixin"
    _description = "Delivering Reminders"

    @api.model
    def _take_surely(self, take, commits):
        """Take what carries a letter for delivery, and commit that; if somebody was faster, on a fresh view again.

        :param take: called without arguments, returns whether it may leave, see `_begin_delivery`
        :param bool commits: whether it is committed; if not, it is tried once
        :return: whether it may leave now
        """
        for _try in range(_TRIES if commits else 1):
            try:
                may_leave = take()
                if commits:
                    # Before the letter leaves, or a crash after it would send it twice.
                    self.env.cr.commit()  # pylint: disable=invalid-commit
                return may_leave
            except self._overtaken:
                if not commits:
                    raise
                # What was sent before is committed, so nothing is lost.
                self.env.cr.rollback()
        return False

    def _begin_delivery(self):
        """Take a queued letter for delivery, re-reading what is owed under lock at this very moment.

        :return: True if the letter may leave now; False if it was sent, is leaving elsewhere, became pointless,
            in which case it is held with the reason, or untrue, in which case it is written anew
        """
        self.ensure_one()
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                SELECT reminder.state
                  FROM loan_reminder reminder
                  JOIN loan_installment installment ON installment.id = reminder.installment_id
                 WHERE reminder.id = %(id)s OR reminder.merged_into_id = %(id)s
                 ORDER BY reminder.id = %(id)s DESC
                   FOR NO KEY UPDATE OF reminder, installment SKIP LOCKED
                """,
                id=self.id,
            ),
            log_exceptions=False,  # that somebody is at it, too, is no error
        )
        locked = self.env.cr.fetchall()
        self.env.invalidate_all()
        lines = self.line_ids
        if len(locked) != len(lines) or locked[0] not in (("queued",), ("failed",)):
            return False
        if any(verdict.reason for verdict in lines._judge(delivering=True)) or self._is_outdated():
            lines._write_letters_apart()
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
            return False
        self.write({"state": "sending", "sending_at": fields.Datetime.now()})
        return True

    def _end_delivery(self, failure=None, unreachable=False):
        """Note that the mail server took these letters, or why it did not.

        :param str failure: what went wrong, or None
        :param bool unreachable: no mail server was reached, or it refused for now, so the letter surely did not leave
        """
        if failure:
            self.write({"state": "failed", "failure": failure, "unreachable": unreachable})
            return
        now = fields.Datetime.now()
        for deleted, letters in self.grouped(lambda letter: bool(letter.mail_id.auto_delete)).items():
            vals = {"state": "sent", "sent_at": now, "failure": False, "unreachable": False}
            if deleted:
                # Left to the database, this would be a second change of the row, for which it checks all references
                # anew, and may find that one of them has just been written on. The letter has left by now.
                vals["mail_id"] = False
            letters.write(vals)

    @api.model
    def _settle_interrupted(self, company):
        """Mark the letters whose worker died while they were leaving. They are not sent again by themselves."""
        lost = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "sending"),
                ("sending_at", "<", fields.Datetime.now() - _LEAVING_AT_MOST),
            ]
        ).try_lock_for_update(allow_referencing=True)
        failure = self.env._(
            "The server stopped while this letter was leaving, so nobody can tell whether it arrived. "
            "Ask the borrower, or send it again."
        )
        lost._interrupt(failure)

    def _interrupt(self, failure):
        """Note that nobody can tell whether these letters arrived, and let no queue send them.

        :param str failure: what happened
        """
        self.write({"state": "interrupted", "failure": failure})
        self._cancel_carriers()
        self.message_id.notification_ids.write(
            {"notification_status": "exception", "failure_type": "unknown", "failure_reason": failure}
        )

    def _cancel_carriers(self):
        """Cancel the mails that carry these letters; an addon cancels what carries its own."""
        self.mail_id.cancel()

    @api.model
    def _settle_removed(self, company):
        """Mark the letters that wait for a mail which somebody cancelled or deleted in Odoo's mail queue."""
        removed = self.search(
            Domain("company_id", "=", company.id) & Domain("state", "=", "queued") & self._without_carrier()
        ).try_lock_for_update(allow_referencing=True)
        removed._fail(
            self.env._("Somebody cancelled or deleted this letter in the mail queue before it left.")
        )
        removed.message_id.notification_ids.write({"notification_status": "canceled"})

    @api.model
    def _without_carrier(self):
        """Return the domain of queued letters that nothing carries any more; an addon adds its channel's."""
        return Domain("channel", "=", "email") & (
            Domain("mail_id", "=", False) | Domain("mail_id.state", "!=", "outgoing")
        )
