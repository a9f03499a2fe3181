import logging
from datetime import timedelta, timezone
from functools import partial
from operator import ge, gt, le, lt

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import moments, reminders

_logger = logging.getLogger(__name__)

# So many rounds tell what is usual.
_USUAL = 14
# How often a piece of work is begun anew because a parallel worker was faster.
_TRIES = 20
# How long a round is watched for letters that fail after its day.
_WATCHED = timedelta(days=7)


class LoanReminderRound(models.Model):
    """A lender's reminder round of one day: what fell due to be said, what was said, what was held and why.

    The job may run every hour, twice at once or late: the round of a day is one record, the ledger
    (`loan.reminder`) holds each step of an installment once, and a batch is committed as a whole or not at all. A
    batch is some customers, locked while their letters are written, so that two workers never write to one of them.
    A round that would remind unusually many waits until a person has looked.
    """

    _name = "loan.reminder.round"
    _inherit = ["loan.reminder.heartbeat.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Reminder Round"
    _order = "date desc, id desc"
    _mail_post_access = "read"  # whoever may open a round may note what was done about it; nobody writes it
    _customers_per_batch = 1000  # so many are written to in one transaction

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    date = fields.Date("Day", required=True, readonly=True)
    state = fields.Selection(
        [("running", "As Usual"), ("waiting", "Waits for a Person"), ("released", "Let Go by a Person")],
        "Status",
        required=True,
        readonly=True,
        default="running",
        tracking=True,
    )
    last_run_at = fields.Datetime("Last Run", readonly=True)
    planned_count = fields.Integer("Planned", readonly=True, help="Reminders that fell due on this day.")
    usual_count = fields.Float(
        "Usually", readonly=True, help="The middle of the last rounds, when it was looked at."
    )
    released_user_id = fields.Many2one("res.users", "Let Go By", readonly=True, ondelete="set null")
    reminder_ids = fields.One2many("loan.reminder", "round_id", "Reminders", readonly=True)
    due_count = fields.Integer("Reminders Due", compute="_compute_counts", compute_sudo=True)
    queued_count = fields.Integer(
        "Waiting to Leave",
        compute="_compute_counts",
        compute_sudo=True,
        help="Written, and still in the mail queue.",
    )
    sent_count = fields.Integer("Sent", compute="_compute_counts", compute_sudo=True)
    held_count = fields.Integer(
        "Held",
        compute="_compute_counts",
        compute_sudo=True,
        help="Not written for a reason that each of them names; looked at again by the next round.",
    )
    handed_count = fields.Integer(
        "Tasks Given",
        compute="_compute_counts",
        compute_sudo=True,
        help="Steps that ask a person to call instead of writing.",
    )
    merged_count = fields.Integer(
        "In Another Letter",
        compute="_compute_counts",
        compute_sudo=True,
        help="Several loans of one person stand in one letter.",
    )
    failed_count = fields.Integer(
        "Failed", compute="_compute_counts", compute_sudo=True, search="_search_failed_count"
    )
    told_count = fields.Integer(
        "Failures Reported", readonly=True, help="Failures that somebody has been given a to-do for."
    )

    waiting_activity_id = fields.Many2one(
        "mail.activity", readonly=True, ondelete="set null", export_string_translation=False
    )
    paused_told = fields.Char("Paused", compute="_compute_paused_told")

    _company_date_uniq = models.UniqueIndex("(company_id, date)", "A company has one reminder round a day.")

    @api.depends("company_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for day in self:
            day.display_name = self.env._(
                "Round of %(date)s · %(company)s",
                date=fields.Date.to_string(day.date),
                company=day.company_id.name,
            )

    @api.depends("date", "company_id.loan_paused_told")
    def _compute_paused_told(self):
        for day in self:
            company = day.company_id
            day.paused_told = day.date == company._loan_today() and company.loan_paused_told

    @api.depends("reminder_ids.state")
    def _compute_counts(self):
        # As superuser (compute_sudo): that letters were held is the round's health, whose they were is not told.
        self.env["loan.reminder"].flush_model(["state", "round_id"])
        counts = {}
        for day, state, count in self.env["loan.reminder"]._read_group(
            [("round_id", "in", self.ids)], ["round_id", "state"], ["__count"]
        ):
            counts[day.id, state] = count
        for day in self:
            of = {state: counts.get((day.id, state), 0) for state in self.env["loan.reminder"]._states()}
            day.due_count = sum(of.values())
            day.queued_count = of["claimed"] + of["queued"] + of["sending"]
            day.sent_count = of["sent"]
            day.held_count = of["held"]
            day.handed_count = of["handed"]
            day.merged_count = of["merged"]
            day.failed_count = of["failed"] + of["interrupted"]

    def _search_failed_count(self, operator, value):
        compare = {"in": lambda a, b: a in b, ">": gt, ">=": ge, "<": lt, "<=": le}.get(operator)
        if not compare:
            return NotImplemented
        # As superuser, like the count: through the reminders' own rules an administrator would find no round.
        failed_sudo = dict(
            self.env["loan.reminder"]
            .sudo()
            ._read_group([("state", "in", ("failed", "interrupted"))], ["round_id"], ["__count"])
        )
        found = Domain("id", "in", [day.id for day, count in failed_sudo.items() if compare(count, value)])
        return found | Domain("id", "not in", [day.id for day in failed_sudo]) if compare(0, value) else found

    @api.model
    def _cron_remind(self):
        """Run the round of each company whose day has reached the hour its letters leave from."""
        for company in self.env["res.company"].search([("loan_tz", "!=", False)]):
            if company._loan_now().hour < company.loan_reminder_hour:
                continue
            try:
                finished = self._remind(company)
            except Exception:
                # One lender's trouble must not silence the others.
                self.env.cr.rollback()
                _logger.exception("The reminder round of company %s failed", company.id)
                continue
            if not finished:
                # Time is up: one unit left tells the scheduler to come back as soon as it can.
                self.env["ir.cron"]._commit_progress(remaining=1)
                return

    @api.model
    def _remind(self, company):
        """Write the letters that are due at one company today, batch by batch, each committed.

        :param company: `res.company`
        :return: True when all is done, False when the scheduler's time ran out before
        """
        today = company._loan_today()
        day = self._undisturbed(partial(self._open_day, company, today))
        self._undisturbed(partial(self._settle, company))
        self._undisturbed(partial(self._check_letters, company))
        self._undisturbed(partial(day._plan, today))
        finished = day._write_open_work(today)
        self._undisturbed(day._close_run)
        return finished

    @api.model
    def _undisturbed(self, work):
        """Do a piece of work that ends in its commit; if a parallel worker was faster, on a fresh view again.

        :param work: called without arguments, and from the start each time
        """
        tries_left = _TRIES
        while True:
            try:
                return work()
            except self.env["loan.reminder"]._overtaken:
                self.env.cr.rollback()
                tries_left -= 1
                if not tries_left:
                    raise

    @api.model
    def _open_day(self, company, today):
        """Return the round of a day, made once however many workers ask for it."""
        self._enter_day(company, today)
        self.env["ir.cron"]._commit_progress()
        return self.search([("company_id", "=", company.id), ("date", "=", today)])

    @api.model
    def _of_day(self, company, today):
        """Return the round of a day for what a person notes on it, made in their transaction if it has not begun."""
        domain = [("company_id", "=", company.id), ("date", "=", today)]
        day = self.search(domain)
        if not day:
            self._enter_day(company, today)
            day = self.search(domain)
        return day

    @api.model
    def _enter_day(self, company, today):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_reminder_round (
                    company_id, date, state, create_uid, write_uid, create_date, write_date)
                VALUES (%(company)s, %(today)s, 'running', %(uid)s, %(uid)s,
                        now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT (company_id, date) DO NOTHING
                """,
                company=company.id,
                today=today,
                uid=self.env.uid,
            ),
            log_exceptions=False,  # that another worker opens it, too, is no error
        )

    @api.model
    def _settle(self, company):
        """Give the letters a final state that a dead worker or somebody in the mail queue left without one."""
        ledger = self.env["loan.reminder"].with_company(company)
        ledger._settle_interrupted(company)
        ledger._settle_removed(company)
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _check_letters(self, company):
        """Try the letters that changed since they were tried; those that did not cost one query."""
        self.env["mail.template"]._check_loan_letters_of(company)
        self.env["ir.cron"]._commit_progress()

    def _plan(self, today):
        """Enter into the ledger what falls due to be said, and look whether it is unusually many."""
        new = self.env["loan.reminder"].with_company(self.company_id)._claim(self, today)
        if new:
            self.planned_count += new
            self._look_for_unusual()
        self.env["ir.cron"]._commit_progress()

    def _look_for_unusual(self):
        """Let the round wait for a person if it would remind many times the usual number."""
        history = self.search(
            [("company_id", "=", self.company_id.id), ("date", "<", self.date), ("planned_count", ">", 0)],
            order="date desc",
            limit=_USUAL,
        )
        unusual, usual = reminders.unusual(
            self.planned_count, history.mapped("planned_count"), self.company_id.loan_unusual_factor
        )
        self.usual_count = usual
        if unusual and self.state == "running":
            self.state = "waiting"

    def _write_open_work(self, today):
        """Write what is open, some customers at a time, each batch committed.

        :return: True when all is done, False when the scheduler's time ran out before
        """
        customers = self._undisturbed(partial(self._customers_with_work, today))
        size = self._customers_per_batch
        for start in range(0, len(customers), size):
            batch = customers[start : start + size]
            if not self._undisturbed(partial(self._write_batch, batch, today)):
                return start + size >= len(customers)
        return True

    def _customers_with_work(self, today):
        """Return the ids of the customers that something is to be written to, or judged anew."""
        self.env["loan.reminder"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT customer_id FROM loan_reminder WHERE company_id = %(company)s AND state = 'claimed'
                 UNION
                SELECT customer_id FROM loan_reminder
                 WHERE company_id = %(company)s
                   AND date_last >= %(today)s
                   AND state IN ('held', 'failed')
                   AND (state = 'held' AND (hold_until IS NULL OR hold_until <= %(now)s)
                        OR state = 'failed' AND unreachable)
                 ORDER BY customer_id
                """,
                company=self.company_id.id,
                today=today,
                now=fields.Datetime.now(),
            )
        )
        return [row[0] for row in rows]

    def _write_batch(self, customer_ids, today):
        """Write what is open to some customers, unless another worker is at them.

        :return: the scheduler's seconds left
        """
        self.env.cr.execute(
            SQL(
                "SELECT id FROM loan_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                customer_ids,
            ),
            log_exceptions=False,  # that another worker is at them is no error
        )
        locked = [row[0] for row in self.env.cr.fetchall()]
        ledger = self.env["loan.reminder"].with_company(self.company_id)
        now = fields.Datetime.now()
        open_work = ledger._open_work(self.company_id, today, now)
        work = ledger.search_fetch(Domain("customer_id", "in", locked) & open_work, order="id")._with_merged()
        # Who may sign, and as whom the letters are filed, read at once.
        customers = work.customer_id
        (customers.manager_user_id | customers.deputy_user_id | self.env.user).mapped("active")
        clock = moments.Clock(today, now.replace(tzinfo=timezone.utc))
        work._write_letters_apart(clock, self._room(today))
        return self.env["ir.cron"]._commit_progress(len(work))

    def _room(self, today):
        """Return how many more letters the lender's day may bring; None without a limit."""
        most = self.company_id.loan_reminders_per_day
        if not most:
            return None
        return most - self.env["loan.reminder"].search_count(
            Domain("company_id", "=", self.company_id.id)
            & Domain("written_on", "=", today)
            & Domain("state", "in", ("queued", "sending", "sent", "interrupted"))
        )

    def _close_run(self):
        """Leave a trace of this run, start the mail queue, and wake somebody if there is trouble."""
        # Another worker may be closing the same day: its trace serves as well as ours.
        self._lock_quietly().last_run_at = fields.Datetime.now()
        self.search(
            [("company_id", "=", self.company_id.id), ("date", ">=", self.date - _WATCHED)]
        )._lock_quietly()._wake_somebody()
        if self.queued_count:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        if again := self._next_release():
            self.env.ref("loan_crm.ir_cron_remind")._trigger(again)
        self.env["ir.cron"]._commit_progress()

    def _next_release(self):
        """Return the moment within a day from which something that is held may be said; later ones have rounds."""
        now = fields.Datetime.now()
        [(first,)] = self.env["loan.reminder"]._read_group(
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "held")
            & Domain("date_last", ">=", self.date)
            & Domain("hold_until", ">", now)
            & Domain("hold_until", "<=", now + timedelta(days=1)),
            [],
            ["hold_until:min"],
        )
        return first

    def _wake_somebody(self):
        """Give the person responsible one to-do for a round with failed or interrupted reminders.

        Another one only when more of them fail after the first was done.
        """
        for day in self:
            waits = day.state == "waiting" and not day.waiting_activity_id
            if not waits and day.failed_count == day.told_count:
                continue
            user = day.company_id.loan_reminder_user_id or self._fallback_user(day.company_id)
            if not user:
                continue
            if waits:
                day.waiting_activity_id = day.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("%s reminders wait for you", day.planned_count),
                    note=self.env._(
                        "This is many more than usual (%s), so nothing was written. Look at the round and let it go, "
                        "or find out what happened first.",
                        round(day.usual_count),
                    ),
                    user_id=user.id,
                )
            if day.failed_count > day.told_count and not day.activity_ids - day.waiting_activity_id:
                day.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("%s reminders did not leave", day.failed_count),
                    note=self.env._(
                        "Open the round, read the reason of each, and send again what can be sent."
                    ),
                    user_id=user.id,
                )
            if day.failed_count != day.told_count:
                day.told_count = day.failed_count

    @api.model
    def _fallback_user(self, company):
        group = self.env.ref("loan_crm.loan_crm_group_administrator")
        return self.env["res.users"].search(
            Domain("all_group_ids", "in", group.ids)
            & Domain("company_ids", "in", company.ids)
            & Domain("share", "=", False),
            order="id",
            limit=1,
        )

    def action_release(self):
        """Let a round that waits go on: somebody has looked, and it is right that there are so many."""
        self.ensure_one()
        self.check_access("read")
        if not any(
            self.env.user.has_group(f"loan_crm.loan_crm_group_{role}")
            for role in ("team_lead", "administrator")
        ):
            raise AccessError(self.env._("A round is let go by a team lead or an administrator of Loan CRM."))
        # As superuser: people read rounds, only their own verbs write them.
        day_sudo = self.sudo()
        if day_sudo.state == "waiting":
            day_sudo.write({"state": "released", "released_user_id": self.env.uid})
            day_sudo.waiting_activity_id.action_feedback(
                feedback=self.env._("Let go by %s", self.env.user.name)
            )
            # As superuser: waking the round shows nothing.
            self.env.ref("loan_crm.ir_cron_remind").sudo()._trigger()
        return True

    def action_go_on(self):
        """End the pause of reminders."""
        self.ensure_one()
        self.check_access("read")
        self.company_id._loan_resume_reminders()
        return True

    def action_open_reminders(self):
        """Open the ledger of this day, narrowed to a state when the button says so."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_action")
        action["domain"] = [("round_id", "=", self.id)]
        action["context"] = {f"search_default_{name}": 1 for name in self.env.context.get("loan_filters", [])}
        return action
