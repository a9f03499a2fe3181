import logging
import socket

import psycopg2
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from odoo import api, models, modules

_logger = logging.getLogger(__name__)

# How many text messages go to the provider at once: so many are uncertain when a worker dies meanwhile.
_AT_ONCE = 20
# How often a provider's answer is noted anew because its reports on the same texts came in at this moment.
_NOTES = 5
# Nobody took the connection, so nothing was sent over it.
_NO_CONNECTION = (NewConnectionError, ConnectTimeoutError, ConnectionRefusedError, socket.gaierror)
# What is not the fault of a text or its number, and fails all others, too.
_UNPAID = ("sms_credit", "sms_acc")
# What a provider's addon answers if it does not know itself, such as after a call that timed out.
_UNCERTAIN = ("server_error", "unknown")


class Asked:
    """A provider that is asked once, and whose answer is remembered to be noted as often as that takes."""

    def __init__(self, sms_api, answered):
        """
        :param sms_api: the provider, as Odoo's `_split_by_api` tells
        :param answered: called without arguments once it has answered, and before that is noted
        """
        self._sms_api, self._answered = sms_api, answered
        self.results = None

    def __getattr__(self, name):
        return getattr(self._sms_api, name)

    def _send_sms_batch(self, messages, delivery_reports_url=False):
        if self.results is None:
            self.results = self._sms_api._send_sms_batch(messages, delivery_reports_url=delivery_reports_url)
            self._answered()
        return self.results


def _never_got_there(error):
    """Tell whether a provider surely heard nothing: whatever an error was raised from says that nobody answered.

    :param error: what calling the provider raised
    """
    seen, todo = set(), [error]
    while todo:
        each = todo.pop()
        if isinstance(each, _NO_CONNECTION):
            return True
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            todo += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return False


class SmsSms(models.Model):
    _inherit = "sms.sms"

    # What was written about a customer is not the administrator's to read either.
    _loan_parent = "mail_message_id"

    @api.model
    def _process_queue(self):
        """Send, and commit each step of a loan reminder, see `_send`."""
        commits, given_up = not modules.module.current_test, []
        sending = self.with_context(loan_sms_commits=commits, loan_sms_given_up=given_up)
        res = super(SmsSms, sending)._process_queue()
        if given_up:
            # What is left waits for the next run. The scheduler would ask a dead provider at once again, and again.
            self.env["ir.cron"]._commit_progress(remaining=0)
        return res

    def send(self, unlink_failed=False, unlink_sent=True, raise_exception=False):
        """Send, but leave loan reminders to the queue, which commits each step.

        Whoever else sends does it within a transaction that may yet fail, or be tried again, after the provider took
        the text.
        """
        waiting = self.browse(self._loan_reminders().sms_id.ids)
        if waiting:
            # As superuser: whoever may send a text may wake the queue that sends it.
            self.env.ref("sms.ir_cron_sms_scheduler_action").sudo()._trigger()
        return super(SmsSms, self - waiting).send(
            unlink_failed=unlink_failed, unlink_sent=unlink_sent, raise_exception=raise_exception
        )

    # Odoo's returns nothing.
    def _send(  # pylint: disable=missing-return
        self, unlink_failed=False, unlink_sent=True, raise_exception=False
    ):
        """Send, but let a loan reminder leave at most once.

        Odoo notes that a text was sent in the transaction that sends it: a worker that dies after the provider took it
        leaves it "outgoing", and the next worker sends it again. So a reminder is first taken in the ledger and
        that is committed; who finds it taken does not send.
        """
        deletes = {"unlink_failed": unlink_failed, "unlink_sent": unlink_sent}
        reminding = self.browse(self._loan_reminders().sms_id.ids) & self
        # The others first, as long as nobody else can send them: the first commit lets go of the rows.
        others = self - reminding
        apis = [(self.env.context.get("sms_api"), others)]
        if not apis[0][0]:
            # As `send` does; the queue gives texts of several companies at once, of which Odoo would send none.
            apis = others._split_by_api() if others else []
        for sms_api, group in apis:
            if group:
                super(SmsSms, group.with_context(sms_api=sms_api))._send(
                    raise_exception=raise_exception, **deletes
                )
        if reminding and "loan_sms_commits" in self.env.context:
            reminding._send_reminders(self.env.context["loan_sms_commits"], deletes)

    def _loan_reminders(self):
        """Return the reminders that these texts carry."""
        # As superuser: the queue is run by the system, the ledger is written by its own verbs.
        return self.env["loan.reminder"].sudo().search([("sms_id", "in", self.ids)])

    def _send_reminders(self, commits, deletes):
        """Take some reminders, hand their texts to the provider, note its answer; and so on with the next.

        :param bool commits: whether each step is committed
        :param dict deletes: arguments of `_send`
        """
        days = self.env["loan.reminder.round"]
        for start in range(0, len(self), _AT_ONCE):
            taken = self.browse()
            for text in self[start : start + _AT_ONCE]:
                if self.env["loan.reminder"]._take_surely(text._take_reminder, commits):
                    taken |= text
            if not taken:
                continue
            answered = True
            for sms_api, group in taken._split_by_api():
                answered &= group.with_context(sms_api=sms_api)._hand_over(commits, deletes)
            days |= (
                taken.exists().filtered(lambda text: text.failure_type in _UNPAID)._loan_reminders().round_id
            )
            if not answered:
                # A provider that is out of reach is not asked for each; the others wait for the next run.
                self.env.context.get("loan_sms_given_up", []).append(True)
                break
        if days:
            days._wake_about_credit(commits)

    def _take_reminder(self):
        """Take the reminder of one text for delivery; a text that must not leave any more is cancelled."""
        # Somebody may have deleted it since it was read.
        if self.exists().state != "outgoing":
            return False
        reminder_sudo = self._loan_reminders()
        if len(reminder_sudo) != 1:
            return False
        may_leave = reminder_sudo._begin_delivery()
        left = self.exists()
        if left and not may_leave and reminder_sudo.state in ("held", "sent", "failed", "interrupted"):
            left.action_set_canceled()
        elif may_leave:
            # What its last try came to is over: what is found there from now on is the provider's report on this one.
            left.sms_tracker_id._action_update_from_sms_state("outgoing")
        return may_leave

    def _hand_over(self, commits, deletes):
        """Hand texts whose reminders are taken to the provider, and note its answer.

        :return: whether the provider could be reached
        """
        # A fresh view to note the answer on: what was reported on these texts while it was asked is no conflict.
        asked = Asked(self.env.context["sms_api"], self.env.cr.commit if commits else lambda: None)
        try:
            reached = self._note_surely(asked, commits, deletes)
        except self.env["loan.reminder"]._overtaken:
            if not commits:
                raise
            # Nobody can tell whether they left. They stay taken, so a person will be asked; the others go on.
            self.env.cr.rollback()
            return True
        except Exception as error:
            if isinstance(error, psycopg2.Error) and not commits:
                raise
            if commits:
                self.env.cr.rollback()
            _logger.info("The provider of text messages gave no answer for %s: %s", self.ids, error)
            reached = not _never_got_there(error)
            self._note_no_answer(error, reached)
            if commits:
                self.env.cr.commit()  # pylint: disable=invalid-commit
        return reached

    def _note_surely(self, asked, commits, deletes):
        """Ask the provider once, and note what it answered; if somebody wrote on a text, on a fresh view again.

        :param asked: the provider, see :class:`Asked`
        :return: whether it could tell what became of any of these texts
        """
        tries_left = _NOTES if commits else 1
        while True:
            try:
                # In one transaction with the text's own state, which Odoo notes.
                noting = self.with_context(sms_api=asked, loan_sms_answer=True)
                super(SmsSms, noting)._send(  # pylint: disable=super-method-mismatch
                    raise_exception=True, **deletes
                )
                certain = self._note_answer(asked.results)
                if commits:
                    self.env.cr.commit()  # pylint: disable=invalid-commit
                return certain
            except self.env["loan.reminder"]._overtaken:
                tries_left -= 1
                if asked.results is None or not tries_left:
                    raise
                self.env.cr.rollback()

    def _note_no_answer(self, error, reached):
        """Note that calling the provider failed: surely nothing left, or nobody can tell."""
        leaving_sudo = self._loan_reminders().filtered(lambda reminder: reminder.state == "sending")
        if reached:
            leaving_sudo._interrupt(self._no_clear_answer(error))
            return
        self.action_set_error("sms_server")
        leaving_sudo._end_delivery(
            self.env._("The provider of text messages could not be reached."), unreachable=True
        )

    def _no_clear_answer(self, said):
        return self.env._(
            "The provider of text messages gave no clear answer (%s), so nobody can tell whether this one "
            "arrived. Ask the borrower, or send it again.",
            said,
        )

    def _note_answer(self, results):
        """Note on each reminder what the provider answered.

        Not in Odoo's hook for that: an addon of a provider keeps its own texts from those that come before it.

        :param list results: as `_send_sms_batch` returns
        :return: whether the provider could tell what became of any of these texts
        """
        answers = {result["uuid"]: result for result in results}
        labels = dict(self._fields["failure_type"]._description_selection(self.env))
        leaving_sudo = self._loan_reminders().filtered(lambda reminder: reminder.state == "sending")
        certain = not leaving_sudo
        for reminder in leaving_sudo:
            text = reminder.sms_id
            answer = answers.get(text.uuid, {})
            said = answer.get("failure_reason") or labels.get(text.failure_type) or text.failure_type
            if text.state in ("process", "pending", "sent"):
                certain = True
                reminder._end_delivery()
                reminder._note_reported()
            elif answer.get("state", "unknown") in _UNCERTAIN:
                reminder._interrupt(self._no_clear_answer(said or labels["unknown"]))
            else:
                certain = True
                reminder._end_delivery(self.env._("The text message did not leave: %s", said))
        return certain
