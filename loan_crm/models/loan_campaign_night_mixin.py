from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

_BATCH = 100
_REMIND_AGAIN = 7  # days between two reminders after the due date


class LoanCampaignNightMixin(models.AbstractModel):
    """What the night does for access reviews: begins, warns, reminds, ends what nobody confirmed, completes."""

    _name = "loan.campaign.night.mixin"
    _description = "Access Reviews: Their Nights"

    @api.model
    def _night_campaign(self, night):
        """Begin, warn, end what nobody has answered and complete: see `loan.night._family_steps`."""
        for work in (
            self._night_begin,
            self._night_gone,
            self._night_warn,
            self._night_late,
            self._night_end,
            self._night_complete,
        ):
            if count := work(night):
                return count
        return 0

    @api.model
    def _running(self, night):
        return self.search([("company_id", "=", night.company_id.id), ("state", "=", "running")], order="id")

    @api.model
    def _night_begin(self, night):
        due = self.search(
            [
                ("company_id", "=", night.company_id.id),
                ("state", "=", "draft"),
                ("begin_date", "<=", night.date),
            ],
            order="id",
            limit=1,
        )
        for campaign in due:
            if campaign.due_date < night.date:  # a night that comes late leaves people as much time
                campaign.due_date = night.date + (campaign.due_date - campaign.begin_date)
            campaign._start()
        return len(due)

    @api.model
    def _night_gone(self, night):
        """Close lines whose grant is in force no more: withdrawn otherwise, or over."""
        for name in ("loan.access.grant", "loan.access.campaign", "loan.access.campaign.line"):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE loan_access_campaign_line line
                   SET decision = 'gone', decided_at = %(now)s
                  FROM loan_access_campaign campaign, loan_access_grant access
                 WHERE campaign.id = line.campaign_id AND campaign.state = 'running'
                   AND campaign.company_id = %(company)s
                   AND access.id = line.grant_id
                   AND line.decision = 'open'
                   AND (access.state <> 'granted' OR access.date_to <= %(now)s)
                """,
                now=fields.Datetime.now(),
                company=night.company_id.id,
            )
        )
        count = self.env.cr.rowcount
        if count:
            self.env["loan.access.campaign.line"].invalidate_model()
        return count

    @api.model
    def _night_warn(self, night):
        soon = self._running(night).filtered(
            lambda campaign: (
                not campaign.warned_at
                and campaign.warn_days
                and campaign.due_date - timedelta(days=campaign.warn_days) <= night.date <= campaign.due_date
            )
        )
        for campaign in soon:
            campaign.warned_at = fields.Datetime.now()
            campaign._call_reviewers(
                lambda told: (
                    told.env._("Access you do not confirm ends soon")
                    if told.unanswered == "end"
                    else told.env._("Say soon which access is needed still")
                ),
                campaign.due_date,
                "mail.mail_activity_data_warning",
            )
        return len(soon)

    @api.model
    def _night_late(self, night):
        """Remind of, or give to compliance, what nobody has answered in time."""
        late = self._running(night).filtered(
            lambda campaign: campaign.due_date < night.date and campaign.open_count
        )
        again = night.date - timedelta(days=_REMIND_AGAIN)
        reminded = late.filtered(
            lambda campaign: campaign.unanswered == "remind" and (campaign.reminded_on or again) <= again
        )
        escalated = late.filtered(
            lambda campaign: campaign.unanswered == "escalate" and not campaign.escalated_at
        )
        reminded.reminded_on = night.date
        escalated.escalated_at = fields.Datetime.now()
        escalated.line_ids.filtered(lambda line: line.decision == "open").reviewer_id = False
        for campaign in reminded | escalated:
            campaign._call_reviewers(
                lambda told: told.env._("Access nobody has confirmed in time"), night.date
            )
        return len(reminded | escalated)

    @api.model
    def _night_end(self, night):
        """End, a batch at a time, the grants that nobody has confirmed in time; one that fails stays alone."""
        lines = self.env["loan.access.campaign.line"].search(
            [
                ("company_id", "=", night.company_id.id),
                ("campaign_id.state", "=", "running"),
                ("campaign_id.unanswered", "=", "end"),
                ("campaign_id.due_date", "<", night.date),
                ("decision", "=", "open"),
                ("id", ">", night._stand("campaign", 0)),
            ],
            order="id",
            limit=_BATCH,
        )
        if not lines:
            return 0
        night._note_stand(campaign=lines[-1].id)
        night._apart("campaign", lines, lambda some: some._end_unanswered())
        return len(lines)

    @api.model
    def _night_complete(self, night):
        done = self._running(night).filtered(lambda campaign: not campaign.open_count)
        for campaign in done:
            campaign._complete()
        return len(done)
