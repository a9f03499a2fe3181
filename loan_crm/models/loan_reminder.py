import logging
from datetime import timedelta

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ..core import arrears, money, reminders

_logger = logging.getLogger(__name__)

# A letter that has been "leaving" for longer than this belongs to a worker that died.
_LEAVING_AT_MOST = timedelta(minutes=10)


class LoanReminder(models.Model):
    """The ledger of reminders: each step of an installment once, and what became of it.

    *claimed* and its letter are written in one transaction (`loan.reminder.round`), so a crash loses both or
    neither. *queued* letters are Odoo mails; right before one leaves, `mail.mail` claims it again as *sending*
    and commits (`_begin_delivery`), so whoever dies in the middle leaves an *interrupted* reminder for a person
    to judge, never a second letter. A *held* reminder tells why the borrower was not written to; as long as its
    step's window is open it is judged anew with every round.
    """

    _name = "loan.reminder"
    _inherit = ["loan.access.mixin", "loan.letter.mixin"]
    _description = "Loan Reminder"
    _order = "date_planned desc, id desc"
    _rec_names_search = ["contract_id.name", "customer_id.name"]
    _check_company_auto = True

    # Another worker got there first: the work is done or will be. Not the fault of a record.
    _overtaken = (
        psycopg2.errors.SerializationFailure,
        psycopg2.errors.DeadlockDetected,
        psycopg2.errors.LockNotAvailable,
    )

    installment_id = fields.Many2one(
        "loan.installment", "Installment", required=True, readonly=True, ondelete="restrict", index=True
    )
    step_id = fields.Many2one(
        "loan.reminder.step", "Step", required=True, readonly=True, ondelete="restrict", index=True
    )
    channel = fields.Selection([("email", "Email")], required=True, readonly=True, default="email")
    contract_id = fields.Many2one(
        "loan.contract", "Loan", required=True, readonly=True, ondelete="restrict", index=True
    )
    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    round_id = fields.Many2one(
        "loan.reminder.round", "Round", readonly=True, ondelete="set null", index="btree_not_null"
    )
    partner_id = fields.Many2one(related="customer_id.partner_id", string="Borrower")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    tone = fields.Selection(related="step_id.tone")
    date_planned = fields.Date("Planned For", required=True, readonly=True)
    due_date = fields.Date("Due Date", required=True, readonly=True)
    amount = fields.Monetary(
        "Amount Due", required=True, readonly=True, help="Open when the letter was written."
    )
    state = fields.Selection(
        [
            ("claimed", "Being Written"),
            ("held", "Held"),
            ("queued", "Waiting to Leave"),
            ("sending", "Leaving"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("interrupted", "Interrupted"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="claimed",
        index=True,
    )
    hold_reason = fields.Selection(
        [
            ("paid", "Paid"),
            ("inactive", "Loan not running"),
            ("archived", "Customer archived"),
            ("no_address", "No email address"),
            ("invalid_address", "Email address not valid"),
            ("opted_out", "Opted out of email"),
            ("too_late", "Its time has passed"),
            ("no_template", "No letter for this step"),
        ],
        "Held Because",
        readonly=True,
    )
    failure = fields.Text("What Went Wrong", readonly=True)
    unreachable = fields.Boolean(
        "Tries Again",
        readonly=True,
        help="The mail server could not be reached or asked to try later; the next round tries again.",
    )
    attempts = fields.Integer("Tries", readonly=True, default=0, aggregator=None)
    email_to = fields.Char("Sent To", readonly=True)
    written_on = fields.Date(
        "Written On", readonly=True, help="The lender's day the letter speaks of as today."
    )
    sending_at = fields.Datetime("Began Leaving At", readonly=True)
    sent_at = fields.Datetime("Sent At", readonly=True)
    mail_id = fields.Many2one(
        "mail.mail", "Email", readonly=True, ondelete="set null", index="btree_not_null"
    )
    message_id = fields.Many2one(
        "mail.message", "Letter", readonly=True, ondelete="set null", index="btree_not_null"
    )
    subject = fields.Char(related="message_id.subject")
    body = fields.Html(related="message_id.body", string="Text")

    _once = models.UniqueIndex(
        "(installment_id, step_id, channel)", "An installment is reminded of once per step."
    )
    _planned_idx = models.Index("(company_id, date_planned, id)")

    payment_instructions = fields.Text("How to Pay", compute="_compute_payment_instructions")
    days_late = fields.Integer(compute="_compute_days_late")

    @api.depends("contract_id.product_id.payment_instructions", "company_id.loan_payment_instructions")
    @api.depends_context("lang")
    def _compute_payment_instructions(self):
        for reminder in self:
            reminder.payment_instructions = (
                reminder.contract_id.product_id.payment_instructions
                or reminder.company_id.loan_payment_instructions
            )

    @api.depends("due_date")
    def _compute_days_late(self):
        for reminder in self:
            reminder.days_late = arrears.days_past_due(reminder.due_date, reminder.company_id._loan_today())

    @api.depends("contract_id", "step_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for reminder in self:
            reminder.display_name = f"{reminder.contract_id.display_name} · {reminder.step_id.name}"

    @api.model
    def _states(self):
        return [state for state, _label in self._fields["state"].selection]

    # ---------------------------------------------------------------- claiming

    @api.model
    def _claim(self, day, today, after, limit):
        """Enter what is due into the ledger, and return only what the ledger accepted.

        One statement: installments that are open, whose step speaks today, that have no entry yet and that
        nobody else is holding. The unique index refuses what a parallel worker entered meanwhile.

        :param day: the `loan.reminder.round`
        :param date today: the lender's day
        :param tuple after: `(due date, installment id)` where the last batch ended, or None to begin
        :param int limit: how many installments at most
        :return: the new reminders and the new `after`; None as `after` when nothing is left
        """
        company = day.company_id
        policies = self._policies(company)
        spans = policies._due_spans(today)
        if not spans:
            return self.browse(), None
        for name in ("loan.installment", "loan.contract", "loan.product", "loan.reminder"):
            self.env[name].flush_model()
        # Not `execute_query`, which logs an error when a parallel worker was faster: that is expected here.
        self.env.cr.execute(
            SQL(
                """
                WITH span (policy_id, step_id, due_from, due_to) AS (VALUES %(spans)s),
                due AS (
                    SELECT installment.id, installment.due_date, installment.amount_open, installment.contract_id,
                           installment.customer_id, installment.company_id, span.step_id
                      FROM loan_installment installment
                      JOIN loan_contract contract ON contract.id = installment.contract_id
                      JOIN loan_product product ON product.id = contract.product_id
                      JOIN span ON span.policy_id = COALESCE(
                               CASE WHEN contract.reminder_policy_id = ANY(%(policies)s)
                                    THEN contract.reminder_policy_id END,
                               CASE WHEN product.reminder_policy_id = ANY(%(policies)s)
                                    THEN product.reminder_policy_id END,
                               %(default)s)
                           AND installment.due_date BETWEEN span.due_from AND span.due_to
                     WHERE installment.state = 'open'
                       AND contract.state = 'active'
                       AND installment.company_id = %(company)s
                       AND installment.due_date BETWEEN %(due_from)s AND %(due_to)s
                       AND (installment.due_date, installment.id) > (%(after_date)s, %(after_id)s)
                       AND NOT EXISTS (
                               SELECT FROM loan_reminder reminder
                                WHERE reminder.installment_id = installment.id
                                  AND reminder.step_id = span.step_id
                                  AND reminder.channel = 'email')
                     ORDER BY installment.due_date, installment.id
                     LIMIT %(limit)s
                       FOR NO KEY UPDATE OF installment SKIP LOCKED
                ), entered AS (
                    INSERT INTO loan_reminder (
                        installment_id, step_id, channel, contract_id, customer_id, company_id, round_id,
                        date_planned, due_date, amount, state, attempts,
                        create_uid, write_uid, create_date, write_date)
                    SELECT due.id, due.step_id, 'email', due.contract_id, due.customer_id, due.company_id,
                           %(round)s, due.due_date + step."offset", due.due_date, due.amount_open, 'claimed', 0,
                           %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                      FROM due JOIN loan_reminder_step step ON step.id = due.step_id
                    ON CONFLICT (installment_id, step_id, channel) DO NOTHING
                    RETURNING id, installment_id
                )
                SELECT due.due_date, due.id, entered.id
                  FROM due LEFT JOIN entered ON entered.installment_id = due.id
                 ORDER BY due.due_date, due.id
                """,
                spans=SQL(", ").join(
                    SQL("(%s, %s, %s::date, %s::date)", policy, step, first, last)
                    for policy, step, first, last in spans
                ),
                policies=policies.ids,
                default=company.loan_reminder_policy_id.id or None,
                company=company.id,
                due_from=min(first for _policy, _step, first, _last in spans),
                due_to=max(last for _policy, _step, _first, last in spans),
                after_date=after[0] if after else fields.Date.to_date("0001-01-01"),
                after_id=after[1] if after else 0,
                round=day.id,
                uid=self.env.uid,
                limit=limit,
            ),
            log_exceptions=False,
        )
        rows = self.env.cr.fetchall()
        if not rows:
            return self.browse(), None
        return self.browse(id_ for _due, _installment, id_ in rows if id_), (rows[-1][0], rows[-1][1])

    @api.model
    def _policies(self, company):
        """Return the policies a company's loans may follow; an archived one counts as none."""
        return self.env["loan.reminder.policy"].search([("company_id", "in", [company.id, False])])

    @api.model
    def _again_domain(self):
        """Return which entries a new run takes up: held ones, and those the mail server did not take for now."""
        return Domain("state", "=", "held") | (
            Domain("state", "=", "failed") & Domain("unreachable", "=", True)
        )

    @api.model
    def _again(self, company, today):
        """Return the entries whose step may still speak today and whose hold or failure may be over."""
        spans = Domain.OR(
            Domain("step_id", "=", step) & Domain("due_date", ">=", first) & Domain("due_date", "<=", last)
            for _policy, step, first, last in self._policies(company)._due_spans(today)
        )
        return self.search(self._again_domain() & Domain("company_id", "=", company.id) & spans, order="id")

    # ---------------------------------------------------------------- writing

    def _write_letters_apart(self):
        """Write the letters of a batch; if that fails, write them one by one, so one poison record stays alone."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                self._write_letters()
        except self._overtaken:
            raise
        except Exception:
            _logger.info("A batch of %s reminders failed, writing them one by one", len(self))
            for reminder in self:
                try:
                    with self.env.cr.savepoint():
                        reminder._write_letters()
                except self._overtaken:
                    raise
                except Exception as error:
                    _logger.info("Reminder %s cannot be written: %s", reminder.id, error)
                    reminder._fail(str(error))

    def _fail(self, failure):
        self.write({"state": "failed", "failure": failure, "hold_reason": False, "unreachable": False})

    def _hold(self, reason):
        """Stay silent for a reason; entries that tell it already are not written again."""
        self.filtered(lambda reminder: (reminder.state, reminder.hold_reason) != ("held", reason)).write(
            {"state": "held", "hold_reason": reason, "failure": False, "unreachable": False}
        )

    def _write_letters(self):
        """Judge each reminder, hold those with a reason, and queue a letter for the others."""
        self._withdraw_letters()
        held = {}
        speaking = self.browse()
        for reminder in self:
            reason = reminders.verdict(reminder._as_facts())
            if reason:
                held.setdefault(reason, self.browse())
                held[reason] |= reminder
            else:
                speaking |= reminder
        for reason, group in held.items():
            group._hold(reason)
        for reminder in speaking:
            reminder.write(reminder._prepare_letter_vals())
        speaking._queue_mails()

    def _withdraw_letters(self):
        """Take back letters that surely did not leave; of others keep the message, but no mail that could."""
        gone = self.filtered(lambda reminder: reminder.unreachable or reminder.state == "queued").message_id
        # The mails first: deleting a message takes its mail along, and in which order the database then clears the two
        # links of a reminder written in the same transaction depends on how old its constraints are.
        self.mail_id.unlink()
        gone.unlink()

    def _as_facts(self):
        """Read what decides between speaking and silence into a core value."""
        self.ensure_one()
        partner = self.partner_id
        cent = self.contract_id._cent()
        return reminders.Facts(
            amount_open=money.from_float(self.installment_id.amount_open, cent),
            contract_active=self.contract_id.state == "active",
            customer_archived=not (self.customer_id.active and partner.active),
            has_address=bool((partner.email or "").strip()),
            address_valid=bool(email_normalize(partner.email)),
            opted_out=partner.is_blacklisted,
            has_template=self.step_id.template_id.active,
            # A row that a new schedule replaced falls due no more; the row in its place has reminders of its own.
            too_late=self._is_too_late() or self.installment_id.state == "replaced",
        )

    def _is_too_late(self):
        """Tell whether the window of this step has closed, so that its letter would come out of turn.

        An archived step has no window any more.
        """
        self.ensure_one()
        days = (self.company_id._loan_today() - self.due_date).days
        return not any(
            days <= window.last
            for window in self.step_id.policy_id._windows()
            if window.step.key == self.step_id.id
        )

    def _is_outdated(self):
        """Tell whether the letter names an old amount, speaks of a day that is over, or goes to an old address."""
        self.ensure_one()
        return (
            self.written_on != self.company_id._loan_today()
            or self.email_to != self.partner_id.email
            or self.currency_id.compare_amounts(self.amount, self.installment_id.amount_open) != 0
        )

    def _prepare_letter_vals(self):
        return {
            "amount": self.installment_id.amount_open,
            "signed_user_id": self.customer_id.acting_user_id.id,
            "email_to": self.partner_id.email,
            "written_on": self.company_id._loan_today(),
            "hold_reason": False,
            "failure": False,
            "unreachable": False,
        }

    def _queue_mails(self):
        """Queue the letters as Odoo mails on their loans."""
        for template, group in self.grouped(lambda reminder: reminder.step_id.template_id).items():
            for mail, reminder in zip(group._queue_letter_mails(template), group, strict=True):
                reminder.write(
                    {
                        "state": "queued",
                        "mail_id": mail.id,
                        "message_id": mail.mail_message_id.id,
                        "attempts": reminder.attempts + 1,
                    }
                )

    # ---------------------------------------------------------------- delivering

    def _begin_delivery(self):
        """Take a queued reminder for delivery, re-reading what is owed under lock at this very moment.

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
                 WHERE reminder.id = %s
                   FOR NO KEY UPDATE OF reminder, installment SKIP LOCKED
                """,
                self.id,
            ),
            log_exceptions=False,  # that somebody is at it, too, is no error
        )
        if self.env.cr.fetchone() not in (("queued",), ("failed",)):
            return False
        self.env.invalidate_all()
        reason = reminders.verdict(self._as_facts())
        if reason:
            self._withdraw_letters()
            self._hold(reason)
            return False
        if self._is_outdated():
            self._write_letters_apart()
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
            return False
        self.write({"state": "sending", "sending_at": fields.Datetime.now()})
        return True

    def _end_delivery(self, failure=None, unreachable=False):
        """Note that the mail server took the letter, or why it did not.

        :param str failure: what went wrong, or None
        :param bool unreachable: no mail server was reached, or it refused for now, so the letter surely did not leave
        """
        if failure:
            self.write({"state": "failed", "failure": failure, "unreachable": unreachable})
            return
        vals = {"state": "sent", "sent_at": fields.Datetime.now(), "failure": False, "unreachable": False}
        if self.mail_id.auto_delete:
            # Left to the database, this would be a second change of the row, for which it checks all references
            # anew, and may find that one of them has just been written on. The letter has left by now.
            vals["mail_id"] = False
        self.write(vals)

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
        lost.write({"state": "interrupted", "failure": failure})
        lost.mail_id.cancel()
        lost.message_id.notification_ids.write(
            {"notification_status": "exception", "failure_type": "unknown", "failure_reason": failure}
        )

    @api.model
    def _settle_removed(self, company):
        """Mark the letters that wait for a mail which somebody cancelled or deleted in Odoo's mail queue."""
        removed = self.search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "queued")
            & (Domain("mail_id", "=", False) | Domain("mail_id.state", "!=", "outgoing"))
        ).try_lock_for_update(allow_referencing=True)
        removed._fail(
            self.env._("Somebody cancelled or deleted this letter in the mail queue before it left.")
        )
        removed.message_id.notification_ids.write({"notification_status": "canceled"})

    def action_send_again(self):
        """Write and queue the letters of failed or interrupted reminders anew, by a person's decision."""
        self.check_access("read")
        # Writing to a borrower is for those who look after the loan, not for all who may read of it.
        self.contract_id.check_access("write")
        # As superuser: people read the ledger, only its own verbs write it.
        reminders_sudo = self.sudo()
        if reminders_sudo.filtered(lambda reminder: reminder.state not in ("failed", "interrupted")):
            raise UserError(self.env._("Only a failed or interrupted reminder can be sent again."))
        if late_sudo := reminders_sudo.filtered(lambda reminder: reminder._is_too_late()):
            raise UserError(
                self.env._(
                    "It is too late for %s: a letter sent now would come out of turn. Please call or write yourself.",
                    late_sudo[0].display_name,
                )
            )
        reminders_sudo.write({"attempts": 0})
        reminders_sudo._write_letters_apart()
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return True

    def action_open_contract(self):
        self.ensure_one()
        return self.installment_id.action_open_contract()
