import logging
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import moments

_logger = logging.getLogger(__name__)

# What has not happened so long after its hour is late.
_PATIENCE = timedelta(hours=2)


class LoanReminderHeartbeatMixin(models.AbstractModel):
    """Whether a lender's reminders are alive: that the round ran, that it will run again, and that its mail leaves.

    A job that stands still cannot tell. So the jobs of others look: the night's and the mail queue's, and whoever
    opens the control room; the first to notice wakes the person responsible, once a day.
    """

    _name = "loan.reminder.heartbeat.mixin"
    _inherit = ["loan.lock.mixin"]
    _description = "Heartbeat of Reminders"

    late_told = fields.Boolean(readonly=True, help="Somebody was told that the round did not run.")
    mail_late_told = fields.Boolean(readonly=True, help="Somebody was told that letters do not leave.")

    @api.model
    def _trouble_of_round(self, company):
        """Tell why a lender's round will not run, or did not.

        :return: `inactive`, `failing` or `late`; False when all is well
        """
        # As superuser: a scheduled action is the system's, its heartbeat is no secret.
        cron_sudo = self.env.ref("loan_crm.ir_cron_remind").sudo()
        if not cron_sudo.active:
            return "inactive"
        if cron_sudo.failure_count:
            return "failing"
        return "late" if self._is_round_late(company) else False

    @api.model
    def _is_round_late(self, company):
        """Tell whether the hour of the round has long passed, and reminders wait for it."""
        # The lender's clock as it stood when a round that is late by now could still have been on time.
        then = (fields.Datetime.now() - _PATIENCE).replace(tzinfo=timezone.utc)
        then = then.astimezone(ZoneInfo(company.loan_tz or "UTC"))
        if then.hour < company.loan_reminder_hour:
            return False
        # As superuser: the watch belongs to no one, and tells nobody whose reminders wait.
        rounds_sudo = self.env["loan.reminder.round"].sudo()
        if rounds_sudo.search_count(
            [("company_id", "=", company.id), ("date", "=", then.date()), ("last_run_at", "!=", False)],
            limit=1,
        ):
            return False
        ledger_sudo = self.env["loan.reminder"].sudo()
        forecast_sudo = self.env["loan.reminder.forecast"].sudo()
        forecast_sudo = forecast_sudo.with_context(allowed_company_ids=company.ids)
        return bool(
            forecast_sudo.search_count([("day", "=", company._loan_today())], limit=1)
            or ledger_sudo.search_count([("company_id", "=", company.id), ("state", "=", "claimed")], limit=1)
        )

    @api.model
    def _late_letters(self, company):
        """Count the letters that have been waiting to leave for hours in which they might."""
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        quiet = moments.quiet_hours(company.loan_quiet_from, company.loan_quiet_to)
        zone = ZoneInfo(company.loan_tz or "UTC")
        # Hours in which nobody is written to do not count as waiting.
        since = now - _PATIENCE
        if any(
            moments.may_write_from(moment, zone, quiet) > moment
            for moment in (since, since + _PATIENCE / 2, now)
        ):
            return 0
        # As superuser: as above.
        ledger_sudo = self.env["loan.reminder"].sudo()
        return ledger_sudo.search_count(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "queued")
            & Domain("message_id.date", "<", since.replace(tzinfo=None))
        )

    @api.model
    def _next_run(self, xmlid):
        """Return when a scheduled action runs next, naive and in UTC; None when it is switched off."""
        # As superuser: as above.
        cron_sudo = self.env.ref(xmlid).sudo()
        if not cron_sudo.active:
            return None
        [(asked,)] = (
            self.env["ir.cron.trigger"]
            .sudo()
            ._read_group([("cron_id", "=", cron_sudo.id)], [], ["call_at:min"])
        )
        return min(filter(None, (cron_sudo.nextcall, asked)))

    @api.model
    def _next_round(self, company):
        """Return when a lender's next round begins: with the job's next run within the lender's hours."""
        runs = self._next_run("loan_crm.ir_cron_remind")
        if not runs:
            return None
        zone = ZoneInfo(company.loan_tz or "UTC")
        local = runs.replace(tzinfo=timezone.utc).astimezone(zone)
        if local.hour >= company.loan_reminder_hour:
            return runs
        opens = datetime.combine(local.date(), time(company.loan_reminder_hour), tzinfo=zone)
        return opens.astimezone(timezone.utc).replace(tzinfo=None)

    @api.model
    def _watch(self, companies=None):
        """Look at the reminders of each lender, and wake somebody where they stand still.

        Trouble with looking never costs the job that looks.

        :param companies: `res.company`; None for all
        """
        if companies is None:
            companies = self.env["res.company"].search([("loan_tz", "!=", False)])
        for company in companies:
            try:
                with self.env.cr.savepoint():
                    self.env["loan.reminder.round"].with_company(company)._watch_company(company)
            except self.env["loan.reminder"]._overtaken:
                _logger.info("The reminders of company %s are watched by another worker", company.id)
            except Exception:
                _logger.exception("The reminders of company %s cannot be watched", company.id)

    @api.model
    def _watch_company(self, company):
        trouble = self._trouble_of_round(company)
        waiting = self._late_letters(company)
        if not (trouble or waiting):
            return
        day = self._of_day(company, company._loan_today())
        user = company.loan_reminder_user_id or self._fallback_user(company)
        if not user or not day._lock_quietly():
            return
        day = day.with_context(lang=user.lang)
        if trouble and not day.late_told:
            day.late_told = True
            told = {
                "inactive": day.env._("The scheduled action of the reminder round is switched off."),
                "failing": day.env._(
                    "The scheduled action of the reminder round fails; the server's log tells why."
                ),
                "late": day.env._(
                    "Reminders are due today, and the round has not run since its hour has come."
                ),
            }
            day.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=day.env._("Reminders stand still"),
                note=told[trouble],
                user_id=user.id,
            )
        if waiting and not day.mail_late_told:
            day.mail_late_told = True
            day.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=day.env._("%s letters do not leave", waiting),
                note=day.env._(
                    "They have been waiting for more than two hours. Ask whoever runs the server to look at the mail "
                    "queue and the outgoing mail server."
                ),
                user_id=user.id,
            )
