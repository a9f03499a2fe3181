import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import arrears, reminders


class LoanReminder(models.Model):
    """The ledger of reminders: each step of an installment once for each who hears of it, and what became of it.

    *claimed* is what falls due to be said (`loan.reminder.claim.mixin`). A round judges it
    (`loan.reminder.verdict.mixin`) and writes (`loan.reminder.letter.mixin`): what speaks is *queued* as an Odoo mail,
    or *merged* into the letter that speaks for it, or *handed* to a person; what stays silent is *held* with the
    reason, and judged anew with every round while its step's window is open. Right before a letter leaves it is
    taken as *sending* and that is committed (`loan.reminder.delivery.mixin`), so whoever dies in the middle leaves
    an *interrupted* reminder for a person to judge, never a second letter.
    """

    _name = "loan.reminder"
    _inherit = [
        "loan.reminder.delivery.mixin",
        "loan.reminder.response.mixin",
        "loan.reminder.letter.mixin",
        "loan.reminder.verdict.mixin",
        "loan.reminder.claim.mixin",
        "loan.reminder.sample.mixin",
        "loan.access.mixin",
    ]
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
    version = fields.Integer(
        "Schedule Version",
        compute="_compute_version",
        store=True,
        precompute=True,
        aggregator=None,
        help="The version of the schedule that the installment came with.",
    )
    step_id = fields.Many2one(
        "loan.reminder.step", "Step", required=True, readonly=True, ondelete="restrict", index=True
    )
    channel = fields.Selection(
        # By other means: what an addon sent that is not here any more.
        [("email", "Email"), ("task", "Task to Call"), ("other", "By Other Means")],
        required=True,
        readonly=True,
        default="email",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Recipient",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        required=True,
        ondelete="restrict",
    )
    role = fields.Selection(
        [("borrower", "Borrower"), ("co_borrower", "Co-borrower"), ("guarantor", "Guarantor")],
        required=True,
        readonly=True,
        default="borrower",
    )
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
    currency_id = fields.Many2one(related="contract_id.currency_id")
    currency_code = fields.Char(
        compute="_compute_currency_code", help="Where other currencies have the same symbol."
    )
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    tone = fields.Selection(related="step_id.tone")
    date_planned = fields.Date("Planned For", required=True, readonly=True)
    date_last = fields.Date(
        "At the Latest", readonly=True, help="After this day the step would come out of turn and is not sent."
    )
    due_date = fields.Date("Due Date", required=True, readonly=True)
    amount = fields.Monetary(
        "Amount Due", required=True, readonly=True, help="Open when the letter was written."
    )
    amount_letter = fields.Monetary(
        "Amount Asked For",
        readonly=True,
        help="All that the letter names: what is due and what else is overdue.",
    )
    amount_of_day = fields.Monetary(
        "Due That Day",
        readonly=True,
        help="What the letter asks for that falls due on the day of its leading installment; not what is overdue.",
    )
    state = fields.Selection(
        [
            ("claimed", "Being Written"),
            ("held", "Held"),
            ("handed", "Task Given"),
            ("queued", "Waiting to Leave"),
            ("sending", "Leaving"),
            ("sent", "Sent"),
            ("merged", "In Another Letter"),
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
            ("replaced", "Replaced by a new schedule"),
            ("archived", "Customer archived"),
            ("legal", "Legal proceedings"),
            ("frozen", "Loan frozen"),
            ("complaint", "Complaint open"),
            ("hardship", "Hardship"),
            ("restructured", "Being restructured"),
            ("promise", "Promise to pay"),
            ("exempt", "Never reminded"),
            ("other", "Held by hand"),
            ("auto_debit", "Direct debit"),
            ("below_minimum", "Below the minimum"),
            ("opted_out", "Opted out of email"),
            ("call_first", "Call before writing"),
            ("max_count", "Enough letters"),
            ("no_address", "No email address"),
            ("invalid_address", "Email address not valid"),
            ("bounced", "Address bounced"),
            ("no_access", "Nobody who may answer"),
            ("no_template", "No letter for this step"),
            ("too_late", "Its time has passed"),
            ("paused", "Reminders paused"),
            ("unusual", "Unusually many, waits for a person"),
            ("interval", "Too soon after the last letter"),
            ("cap", "Contacted often enough"),
            ("holiday", "Weekend or holiday"),
            ("quiet_hours", "Quiet hours"),
            ("volume", "Enough letters today"),
        ],
        "Held Because",
        readonly=True,
    )
    hold_until = fields.Datetime(
        "Held Until", readonly=True, help="When it is looked at again; empty: with every round."
    )
    write_anyway = fields.Boolean(
        readonly=True, help="A person decided that the letter is written although calling comes first."
    )
    task_given_at = fields.Datetime("Task Given At", readonly=True)
    merged_into_id = fields.Many2one(
        "loan.reminder", "In the Letter", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    merged_ids = fields.One2many("loan.reminder", "merged_into_id", "Speaks Also For", readonly=True)
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
    bounced_at = fields.Datetime(
        "Came Back At",
        readonly=True,
        index="btree_not_null",
        help="When the mail server returned or refused it.",
    )
    is_bounced = fields.Boolean("Bounced", compute="_compute_is_bounced", search="_search_is_bounced")
    mail_id = fields.Many2one(
        "mail.mail", "Email", readonly=True, ondelete="set null", index="btree_not_null"
    )
    message_id = fields.Many2one(
        "mail.message", "Letter", readonly=True, ondelete="set null", index="btree_not_null"
    )
    subject = fields.Char(related="message_id.subject")
    body = fields.Html(related="message_id.body", string="Text")

    _once = models.UniqueIndex(
        "(installment_id, step_id, channel, partner_id, version)",
        "An installment is reminded of once per step.",
    )
    _planned_idx = models.Index("(company_id, date_planned, id)")
    # What a round walks along: what is to be written, and what is to be judged anew.
    _claimed_idx = models.Index("(company_id, customer_id) WHERE state = 'claimed'")
    _again_idx = models.Index("(company_id, date_last, customer_id) WHERE state IN ('held', 'failed')")
    # What the night has not yet looked at: whether payment followed it.
    _unanswered_idx = models.Index("(company_id) WHERE state IN ('sent', 'merged') AND answered IS NULL")
    # When somebody was last written to.
    _written_idx = models.Index("(partner_id, written_on) WHERE written_on IS NOT NULL")

    payment_instructions = fields.Text("How to Pay", compute="_compute_payment_instructions")
    days_late = fields.Integer(compute="_compute_days_late")
    days_ahead = fields.Integer(compute="_compute_days_late")

    @api.depends("installment_id")
    def _compute_version(self):
        for reminder in self:
            reminder.version = reminder.installment_id.version_from

    @api.depends("currency_id")
    def _compute_currency_code(self):
        symbols = self.env["res.currency"]._loan_shared_symbols()
        for currency, letters in self.grouped("currency_id").items():
            letters.currency_code = currency.symbol in symbols and currency.name

    @api.depends("customer_id")
    def _compute_partner_id(self):
        for reminder in self:
            reminder.partner_id = reminder.partner_id or reminder.customer_id.partner_id

    @api.depends("contract_id.product_id.payment_instructions", "company_id.loan_payment_instructions")
    @api.depends_context("lang")
    def _compute_payment_instructions(self):
        for (product, company), alike in self.grouped(
            lambda reminder: (reminder.contract_id.product_id, reminder.company_id)
        ).items():
            alike.payment_instructions = product.payment_instructions or company.loan_payment_instructions

    @api.depends("bounced_at")
    def _compute_is_bounced(self):
        for reminder in self:
            reminder.is_bounced = bool(reminder.bounced_at)

    @api.model
    def _search_is_bounced(self, operator, value):
        return Domain("bounced_at", "!=", False) if operator == "in" else NotImplemented

    @api.depends("due_date")
    def _compute_days_late(self):
        for company, letters in self.grouped("company_id").items():
            today = company._loan_today()
            for due_date, alike in letters.grouped("due_date").items():
                alike.days_late = arrears.days_past_due(due_date, today)
                alike.days_ahead = max(0, (due_date - today).days)

    @api.depends("contract_id", "step_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for reminder in self:
            reminder.display_name = f"{reminder.contract_id.display_name} · {reminder.step_id.name}"

    @api.model
    def _states(self):
        return [state for state, _label in self._fields["state"].selection]

    # ---------------------------------------------------------------- what is still to be done

    @api.model
    def _open_work(self, company, today, now):
        """Return what a round takes up: what is claimed, and silence or failure that may be over.

        :param date today: the lender's day
        :param datetime now: naive, in UTC
        """
        again = Domain("state", "=", "held") & (
            Domain("hold_until", "=", False) | Domain("hold_until", "<=", now)
        )
        again |= Domain("state", "=", "failed") & Domain("unreachable", "=", True)
        return Domain("company_id", "=", company.id) & (
            Domain("state", "=", "claimed") | again & Domain("date_last", ">=", today)
        )

    def _is_too_late(self):
        """Tell whether the window of this step has closed, so that its letter would come out of turn.

        An archived step has no window any more.
        """
        self.ensure_one()
        today = self.company_id._loan_today()
        return not self.step_id.active or bool(self.date_last and today > self.date_last)

    def _check_may_write(self):
        """Refuse who may read of these loans but does not look after them: writing to a borrower is theirs."""
        self.check_access("read")
        self.contract_id.check_access("write")

    def action_send_again(self):
        """Write and queue the letters of failed or interrupted reminders anew, by a person's decision."""
        self._check_may_write()
        # As superuser: people read the ledger, only its own verbs write it.
        reminders_sudo = self.sudo()
        if reminders_sudo.filtered(lambda reminder: reminder.state not in ("failed", "interrupted")):
            raise UserError(self.env._("Only a failed or interrupted reminder can be sent again."))
        reminders_sudo._check_in_time()
        reminders_sudo.write({"attempts": 0})
        reminders_sudo._write_by_hand()
        return True

    def action_write_anyway(self):
        """Write the letters that a call was to come before: the call was made, or cannot be."""
        self._check_may_write()
        reminders_sudo = self.sudo()  # as above
        if reminders_sudo.filtered(
            lambda reminder: reminder.state != "handed" or reminder.hold_reason not in reminders.FOR_A_PERSON
        ):
            raise UserError(self.env._("Only a letter that waits for a call can be written after it."))
        reminders_sudo._check_in_time()
        reminders_sudo.write({"write_anyway": True})
        reminders_sudo._write_by_hand()
        return True

    def _check_in_time(self):
        if late := self.filtered(lambda reminder: reminder._is_too_late()):
            raise UserError(
                self.env._(
                    "It is too late for %s: a letter sent now would come out of turn. Please call or write yourself.",
                    late[0].display_name,
                )
            )

    def _write_by_hand(self):
        for group in self._with_merged().grouped("company_id").values():
            group._write_letters_apart()
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def action_open_contract(self):
        self.ensure_one()
        return self.installment_id.action_open_contract()
