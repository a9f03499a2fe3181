import logging
import smtplib
from typing import NamedTuple

import psycopg2

from odoo import api, fields, models, modules
from odoo.tools import SQL
from odoo.tools.mail import email_split_and_format_normalize

from ..core.listing import listed

_logger = logging.getLogger(__name__)

# So many letters are taken, sent and noted together. A server that dies leaves at most so many to a person to judge.
_CHUNK = 100
# So many sessions with mail servers are kept open, one for each sender.
_SESSIONS = 20
# How often what became of a chunk is noted anew because somebody wrote on one of its letters.
_TRIES = 5
# What is bypassed when letters leave in chunks. Whoever changes one of these is to be heard: then Odoo's queue sends.
_BYPASSED = {
    "mail.mail": ("send", "_send", "process_email_queue", "_split_by_delayed_batch"),
}
_KNOWN = ("base", "mail", "loan_crm")


class Way(NamedTuple):
    """How a mail leaves: through a server and for an alias domain, which may be empty records, from a sender."""

    server: models.Model
    alias_domain: models.Model
    sender: str


class _Sessions:
    """Sessions with mail servers, kept open for the next letter of the same sender.

    :param int size: so many letters leave over one, then another is opened
    """

    def __init__(self, size):
        self._size, self._open = size, {}

    def next(self, way):
        """Return a session for one more letter; None if none opens, or the mail server hung up on it."""
        key = (way.server.id, way.sender)
        session, left = self._open.get(key, (None, 0))
        if key in self._open and not _is_open(session):
            return None
        if not left:
            _quit(session)
            session = self._connect(way)
        self._open[key] = (session, (left or self._size) - 1)
        while len(self._open) > _SESSIONS:
            oldest, _left = self._open.pop(next(iter(self._open)))
            _quit(oldest)
        return session

    def _connect(self, way):
        try:
            return way.server._connect__(mail_server_id=way.server.id or False, smtp_from=way.sender)
        except Exception as error:
            # Odoo's queue, which comes after this, says so on each mail.
            _logger.info("No mail server for some letters: %s", error)
            return None

    def quit(self):
        """Say goodbye to all of them."""
        for session, _left in self._open.values():
            _quit(session)


class LoanLetterPost(models.AbstractModel):
    """Hands queued reminders to the mail server in chunks: one look at what is owed, one session, two commits.

    Odoo's queue takes some twenty statements for each mail. Here a chunk is judged under lock as one batch and
    committed as *sending* before the first letter leaves, so nobody sends one of them again. Letters that are not
    plainly to be sent (paid, silent, outdated, being edited) stay where they are: Odoo's queue comes after this and
    treats each by itself. So does everything where another addon has a say in sending, or no server answers.
    """

    _name = "loan.letter.post"
    _description = "Letter Post"

    @api.model
    def _obstacles(self):
        """Tell what stands against sending in chunks, as `loan.letter.fast` does for filing."""
        return self.env["loan.letter.press"]._overriders(_BYPASSED, _KNOWN)

    @api.model
    def _explain(self, route):
        """Say how letters leave, and why.

        :param str route: what the lender wishes, see `res.company.loan_letter_route`
        """
        if route == "safe":
            return ""  # said already of how they are filed
        if obstacles := self._obstacles():
            return self.env._(
                "They leave one by one, because other apps have a say in how mails are sent: %s",
                listed(obstacles, self.env.lang),
            )
        return self.env._("They leave many at a time, each judged once more right before.")

    @api.model
    def _may_deliver(self):
        if modules.module.current_test:
            return False  # it commits, which a test must not
        return not (self._obstacles() or self.env["ir.mail_server"]._disable_send())

    @api.model
    def _deliver(self, limit):
        """Send queued reminders, each chunk committed; what is left is for Odoo's queue.

        :param int limit: at most so many
        :return: how many left
        """
        if not self._may_deliver():
            return 0
        sent, last, sessions = 0, 0, _Sessions(self._session_size())
        try:
            while sent < limit:
                waiting = self._waiting(last, min(_CHUNK, limit - sent))
                if not waiting:
                    break
                last = waiting[-1]
                # As superuser: the queue sends what others wrote.
                mails_sudo = self.env["mail.mail"].sudo().browse(waiting)
                sent += self._deliver_chunk(self._ways(mails_sudo), sessions)
        except self.env["loan.reminder"]._overtaken:
            # Somebody wrote on one of them: nothing of this chunk has left, or it stays taken, and a person will be
            # asked. The queue goes on one by one.
            self.env.cr.rollback()
        finally:
            sessions.quit()
        return sent

    @api.model
    def _session_size(self):
        """Return how many mails a session carries at most, as Odoo's queue does."""
        # As superuser: the site's settings decide, whoever runs the queue.
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        return int(parameters_sudo.get_param("mail.session.batch.size")) or 1000

    @api.model
    def _waiting(self, last, most):
        """Return the next mails of queued reminders, of one person at most one letter.

        What a letter does to the next one of the same person, is seen when that is judged.
        """
        self.env["mail.mail"].flush_model()
        self.env["loan.reminder"].flush_model()
        self.env["res.company"].flush_model(["loan_letter_route"])
        self.env.cr.execute(
            SQL(
                """
                SELECT min(waiting.id)
                  FROM (SELECT mail.id, reminder.partner_id
                          FROM mail_mail mail
                          JOIN loan_reminder reminder ON reminder.mail_id = mail.id
                          JOIN res_company company ON company.id = reminder.company_id
                         WHERE mail.state = 'outgoing'
                           AND mail.id > %(last)s
                           AND (mail.scheduled_date IS NULL OR mail.scheduled_date <= %(now)s)
                           AND reminder.state = 'queued'
                           AND company.loan_letter_route <> 'safe'
                         ORDER BY mail.id
                         LIMIT %(most)s) AS waiting
                 GROUP BY waiting.partner_id
                 ORDER BY 1
                """,
                last=last,
                now=fields.Datetime.now(),
                most=most,
            ),
            log_exceptions=False,
        )
        return [id_ for (id_,) in self.env.cr.fetchall()]

    @api.model
    def _ways(self, mails_sudo):
        """Return how each of some mails leaves, `{mail id: Way}`, those that leave alike one after the other."""
        ways = {}
        # As superuser: how mail leaves is set up by administrators.
        for server_id, alias_domain_id, sender, ids in mails_sudo._split_by_mail_configuration():
            server_sudo = self.env["ir.mail_server"].sudo().browse(server_id or ())
            # Through somebody's own server Odoo sends only so many a minute.
            if not server_sudo.owner_user_id:
                alias_domain_sudo = self.env["mail.alias.domain"].sudo().browse(alias_domain_id or ())
                ways |= dict.fromkeys(ids, Way(server_sudo, alias_domain_sudo, sender))
        return ways

    @api.model
    def _deliver_chunk(self, ways, sessions):
        """Take, send and note some letters.

        :param dict ways: as `_ways` tells
        :param sessions: :class:`_Sessions`
        :return: how many the mail servers took
        """
        mails_sudo = self._take(ways)
        # Before the first of them leaves, or a crash after it would send it twice.
        self._commit()
        present = set(mails_sudo.exists().ids)
        sent, untried, refused = [], [], []
        for mail_sudo in mails_sudo.browse(id_ for id_ in ways if id_ in present):
            session = sessions.next(ways[mail_sudo.id])
            if not session:
                untried.append(mail_sudo.id)
                continue
            try:
                self._hand_over(mail_sudo, ways[mail_sudo.id], session)
                sent.append(mail_sudo.id)
            except psycopg2.Error:
                raise
            except smtplib.SMTPServerDisconnected:
                # Nobody can tell whether this one left: it stays taken, and a person will be asked.
                session.close()
            except Exception as error:
                refused.append((mail_sudo, error))
        self._note_surely(mails_sudo.browse(sent), mails_sudo.browse(untried), refused)
        return len(sent)

    @api.model
    def _take(self, ids):
        """Take those of some letters for delivery that are plainly to be sent, reading what is owed under lock.

        :return: their mails
        """
        for name in ("loan.reminder", "loan.installment"):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT reminder.id, COALESCE(reminder.merged_into_id, reminder.id), reminder.state
                  FROM loan_reminder lead
                  JOIN loan_reminder reminder ON reminder.id = lead.id OR reminder.merged_into_id = lead.id
                  JOIN loan_installment installment ON installment.id = reminder.installment_id
                 WHERE lead.mail_id = ANY(%(ids)s)
                 ORDER BY reminder.id
                   FOR NO KEY UPDATE OF reminder, installment SKIP LOCKED
                """,
                ids=list(ids),
            ),
            log_exceptions=False,  # that somebody is at it, too, is no error
        )
        locked = self.env.cr.fetchall()
        self.env.invalidate_all()
        # As superuser: the ledger is written by its own verbs.
        ledger_sudo = self.env["loan.reminder"].sudo()
        counts, queued = {}, set()
        for id_, lead, state in locked:
            counts[lead] = counts.get(lead, 0) + 1
            if id_ == lead and state == "queued":
                queued.add(lead)
        leads_sudo = ledger_sudo.browse(sorted(queued)).filtered(
            lambda lead: len(lead.line_ids) == counts[lead.id] and lead.mail_id.state == "outgoing"
        )
        taken_sudo = ledger_sudo.browse()
        for company, group in leads_sudo.grouped("company_id").items():
            in_company = group.with_company(company)
            silent = {
                row["id"] for row, reason, _until in in_company.line_ids._judge(delivering=True) if reason
            }
            taken_sudo |= in_company.filtered(
                lambda lead, silent=silent: not silent.intersection(lead.line_ids.ids)
            )._up_to_date()
        taken_sudo.write({"state": "sending", "sending_at": fields.Datetime.now()})
        return taken_sudo.mail_id

    @api.model
    def _hand_over(self, mail_sudo, way, session):
        """Give one letter to the mail server, as `mail.mail._send` does."""
        froms = email_split_and_format_normalize(mail_sudo.email_from)
        for email in mail_sudo._prepare_outgoing_list(mail_server=way.server or mail_sudo.mail_server_id):
            context = {"send_validated_to": email["email_to_normalized"]}
            if way.alias_domain:
                context |= {
                    "domain_notifications_email": way.alias_domain.default_from_email,
                    "domain_bounce_address": email["headers"].get("Return-Path")
                    or way.alias_domain.bounce_email,
                }
            sending = self.env["ir.mail_server"].with_context(**context)
            message = sending._build_email__(
                email_from=froms[0] if froms else mail_sudo.email_from,
                email_to=email["email_to"],
                subject=email["subject"],
                body=email["body"],
                body_alternative=email["body_alternative"],
                email_cc=email["email_cc"],
                reply_to=email["reply_to"],
                attachments=email["attachments"],
                message_id=email["message_id"],
                references=email["references"],
                object_id=email["object_id"],
                subtype="html",
                subtype_alternative="plain",
                headers=email["headers"],
            )
            sending.send_email(message, mail_server_id=mail_sudo.mail_server_id.id, smtp_session=session)

    @api.model
    def _commit(self):
        self.env.cr.commit()  # pylint: disable=invalid-commit

    @api.model
    def _note_surely(self, sent, untried, refused):
        """Note what became of a chunk; if somebody wrote on one of them meanwhile, on a fresh view again."""
        for tries_left in reversed(range(_TRIES)):
            # A fresh view: what others wrote while the letters left is no conflict.
            self._commit()
            try:
                self._note(sent, untried)
                for mail_sudo, error in refused:
                    self._note_refused(mail_sudo, error)
                self._commit()
                return
            except self.env["loan.reminder"]._overtaken:
                self.env.cr.rollback()
                if not tries_left:
                    raise

    @api.model
    def _note(self, sent, untried):
        """Note which letters left, and give back those that surely did not."""
        if untried:
            untried.loan_reminder_ids.write({"state": "queued", "sending_at": False})
        if sent:
            sent.write({"state": "sent", "failure_type": False, "failure_reason": False})
            sent._postprocess_sent_message(success_pids=list(sent.recipient_ids), success_emails=[])

    @api.model
    def _note_refused(self, mail_sudo, error):
        """Note what is wrong with one letter, as `mail.mail._send` does."""
        reason = str(error)
        mail_sudo.write({"state": "exception", "failure_type": "unknown", "failure_reason": reason})
        try:
            raise error
        except Exception:
            # The mail server's answer is looked for where Odoo would be handling it.
            mail_sudo._postprocess_sent_message([], [], failure_reason=reason, failure_type="unknown")


def _is_open(session):
    return session is not None and getattr(session, "sock", session) is not None


def _quit(session):
    if not _is_open(session):
        return
    try:
        session.quit()
    except (smtplib.SMTPException, OSError):
        _logger.info("The mail server had hung up already")
