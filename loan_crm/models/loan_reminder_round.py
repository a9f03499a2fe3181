import logging
from datetime import timedelta
from functools import partial
from operator import ge, gt, le, lt

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

_BATCH = 500
# How often a piece of work is begun anew because a parallel worker was faster.
_TRIES = 20
# How long a round is watched for letters that fail after its day.
_WATCHED = timedelta(days=7)


class LoanReminderRound(models.Model):
    """A lender's reminder round of one day: what fell due to be said, what was said, what was held and why.

    The job may run every hour, twice at once or late: the round of a day is one record, the ledger
    (`loan.reminder`) holds each step of an installment once, and a batch is committed as a whole or not at all.
    """

    _name = "loan.reminder.round"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Reminder Round"
    _order = "date desc, id desc"
    _mail_post_access = "read"  # whoever may open a round may note what was done about it; nobody writes it

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    date = fields.Date("Day", required=True, readonly=True)
    last_run_at = fields.Datetime("Last Run", readonly=True)
    reminder_ids = fields.One2many("loan.reminder", "round_id", "Reminders", readonly=True)
    due_count = fields.Integer("Due", compute="_compute_counts", compute_sudo=True)
    queued_count = fields.Integer("Waiting to Leave", compute="_compute_counts", compute_sudo=True)
    sent_count = fields.Integer("Sent", compute="_compute_counts", compute_sudo=True)
    held_count = fields.Integer("Held", compute="_compute_counts", compute_sudo=True)
    failed_count = fields.Integer(
        "Failed", compute="_compute_counts", compute_sudo=True, search="_search_failed_count"
    )
    told_count = fields.Integer(
        "Failures Reported", readonly=True, help="Failures that somebody has been given a to-do for."
    )

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
        ledger = self.env["loan.reminder"].with_company(company)
        self._undisturbed(partial(self._settle, company))
        finished = day._write_letters(ledger._again(company, today)) and day._claim_and_write(today)
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
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_reminder_round (company_id, date, create_uid, write_uid, create_date, write_date)
                VALUES (%(company)s, %(today)s, %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT (company_id, date) DO NOTHING
                """,
                company=company.id,
                today=today,
                uid=self.env.uid,
            ),
            log_exceptions=False,  # that another worker opens it, too, is no error
        )
        self.env["ir.cron"]._commit_progress()
        return self.search([("company_id", "=", company.id), ("date", "=", today)])

    @api.model
    def _settle(self, company):
        """Give the letters a final state that a dead worker or somebody in the mail queue left without one."""
        ledger = self.env["loan.reminder"].with_company(company)
        ledger._settle_interrupted(company)
        ledger._settle_removed(company)
        self.env["ir.cron"]._commit_progress()

    def _claim_and_write(self, today):
        """Claim what is due and write its letters until nothing is left or time is up."""
        after, left = None, True
        while left:
            after, left = self._undisturbed(partial(self._claim_and_write_batch, today, after))
            if after is None:
                return True
        return False

    def _claim_and_write_batch(self, today, after):
        claimed, after = (
            self.env["loan.reminder"].with_company(self.company_id)._claim(self, today, after, _BATCH)
        )
        claimed._write_letters_apart()
        return after, self.env["ir.cron"]._commit_progress(len(claimed))

    def _write_letters(self, reminders):
        """Write letters for reminders that are in the ledger already; batch by batch, each committed."""
        return all(
            self._undisturbed(partial(self._write_letters_batch, reminders[start : start + _BATCH]))
            for start in range(0, len(reminders), _BATCH)
        )

    def _write_letters_batch(self, batch):
        batch.try_lock_for_update(allow_referencing=True).filtered_domain(
            batch._again_domain()
        )._write_letters_apart()
        return self.env["ir.cron"]._commit_progress(len(batch))

    def _close_run(self):
        """Leave a trace of this run, start the mail queue, and wake somebody if there is trouble."""
        # Another worker may be closing the same day: its trace serves as well as ours.
        self.try_lock_for_update(allow_referencing=True).last_run_at = fields.Datetime.now()
        self.search(
            [("company_id", "=", self.company_id.id), ("date", ">=", self.date - _WATCHED)]
        ).try_lock_for_update(allow_referencing=True)._wake_somebody()
        if self.queued_count:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        self.env["ir.cron"]._commit_progress()

    def _wake_somebody(self):
        """Give the person responsible one to-do for a round with failed or interrupted reminders.

        Another one only when more of them fail after the first was done.
        """
        for day in self:
            if day.failed_count > day.told_count and not day.activity_ids:
                user = day.company_id.loan_reminder_user_id or self._fallback_user(day.company_id)
                if not user:
                    continue
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

    def action_open_reminders(self):
        """Open the ledger of this day, narrowed to a state when the button says so."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_action")
        action["domain"] = [("round_id", "=", self.id)]
        action["context"] = {f"search_default_{name}": 1 for name in self.env.context.get("loan_filters", [])}
        return action
