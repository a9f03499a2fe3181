from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import worklists
from ..core.working_time import WorkingTimeError

# So far ahead it is looked for hours that are worked.
_AHEAD = timedelta(days=30)
_TIMED = ("minutes", "hours")


class LoanBoardHeadMixin(models.AbstractModel):
    """The board's head line: what waits, what is about to turn late, what was promised, and how the round fares."""

    _name = "loan.board.head.mixin"
    _inherit = ["loan.board.age.mixin", "loan.worklist.promised.mixin"]
    _description = "Board: Head Line"

    # ------------------------------------------------------------ clocks that run out soon

    @api.model
    def _soon_moments(self, now):
        """Return until when what is due is due soon, by who works when: `{case team id, False for others: moment}`.

        Soon is so many hours of working time, as the clocks count it.

        :param datetime now: naive and in UTC
        """
        company, cases = self.env.company, self.env["loan.case"]
        # As superuser: when a team works is no secret.
        teams_sudo = self.env["loan.case.team"].sudo()
        teams_sudo = teams_sudo.search_fetch(Domain("company_id", "=", company.id), ["calendar_id"])
        own_sudo = company.sudo().resource_calendar_id
        hours = {False: own_sudo, **{team.id: team.calendar_id or own_sudo for team in teams_sudo}}
        start, moments = cases._aware(now), {}
        for calendar_sudo in set(hours.values()):
            setting = cases._clock_setting(company, calendar_sudo, start - timedelta(days=1), start + _AHEAD)
            try:
                until = setting.working.after(start, int(worklists.SOON.total_seconds()))
                moments[calendar_sudo] = until.replace(tzinfo=None)
            except WorkingTimeError:  # nobody works for a month: what is due soon is due by the wall's clock
                moments[calendar_sudo] = now + worklists.SOON
        return {team: moments[calendar] for team, calendar in hours.items()}

    @api.model
    def _soon_cases(self):
        """Return the team's cases with a clock that runs out soon, the first one first."""
        now = fields.Datetime.now()
        moments = self._soon_moments(now)
        clocks = self.env["loan.case.clock"].search_fetch(
            Domain("state", "=", "running")
            & Domain("due_at", ">", now)
            & Domain("due_at", "<=", max(*moments.values(), now + worklists.SOON))
            & Domain("case_id", "any", self._own() & self.env["loan.case"]._open_domain()),
            ["case_id", "policy_id", "due_at"],
            order="due_at, id",
        )
        clocks.case_id.fetch(["team_id", *self._CASE])
        return clocks.filtered(lambda clock: self._is_soon(clock, moments, now)).case_id

    @api.model
    def _is_soon(self, clock, moments, now):
        """Tell whether a clock runs out soon.

        :param clock: `loan.case.clock`
        :param dict moments: see `_soon_moments`
        :param datetime now: naive and in UTC
        """
        # As superuser: what the house promises is no secret to whoever sees the case.
        policy_sudo = clock.policy_id.sudo()
        if policy_sudo.unit in _TIMED:
            return clock.due_at <= moments.get(clock.case_id.team_id.id, moments[False])
        # Days are counted on the calendar: what is due at midnight is due at midnight.
        return clock.due_at <= now + worklists.SOON

    # ------------------------------------------------------------ what was promised

    @api.model
    def _promised_domain(self, today):
        """Return what was promised by today and is not done."""
        return self._own() & Domain("is_undone", "=", True) & Domain("date_due", "<=", today)

    @api.model
    def _promised_by_person(self, today):
        """Return `{user id, or None: (all, late)}` of what was promised by today."""
        late = Domain("date_due", "<", today)
        return self._tally_by_person("loan.commitment", self._promised_domain(today), [late], "user_id")

    # ------------------------------------------------------------ the line

    @api.model
    def _figure(self, key, label, count, mark=""):
        return {"key": key, "label": label, "count": count, "mark": mark if count else ""}

    @api.model
    def _head(self, waits, promised, soon):
        """Return the figures of the head line.

        :param dict waits: see `_waits_by_person`
        :param dict promised: see `_promised_by_person`
        :param int soon: how many cases have a clock that runs out soon
        """
        (waiting, over), (count, late) = self._in_all(waits), self._in_all(promised)
        return [
            self._figure("waiting", self.env._("wait for an answer"), waiting),
            self._figure("over", self.env._("over their time"), over, "danger"),
            self._figure("soon", self.env._("due within 4 working hours"), soon, "warning"),
            self._figure("today", self.env._("promises of ours due today"), count - late, "warning"),
            self._figure("late", self.env._("promises of ours late"), late, "danger"),
        ]

    # ------------------------------------------------------------ the reminder round

    @api.model
    def _last_round(self):
        return self.env["loan.reminder.round"].search_fetch(
            Domain("company_id", "=", self.env.company.id) & Domain("last_run_at", "!=", False),
            ["last_run_at", "sent_count", "held_count", "failed_count"],
            order="date desc, id desc",
            limit=1,
        )

    @api.model
    def _room(self):
        domain = Domain("company_id", "=", self.env.company.id)
        return self.env["loan.reminder.room"].search_fetch(domain, ["company_id"])

    @api.model
    def _round(self):
        """Return how the lender's reminders fare, of its whole book; None for a lender without reminders.

        :return: a dict: `at`, when the last round was, naive and in UTC, or False; `told`, how it stands, in words;
            `mark`; `figures`, what became of its reminders
        """
        room, last = self._room(), self._last_round()
        if not room:
            return None
        troubles = dict(room._fields["round_trouble"]._description_selection(self.env))
        mark, told = "", self.env._("Runs as it should")
        if room.round_trouble:
            mark, told = "danger", troubles[room.round_trouble]
        elif room.mail_late_count:
            mark, told = "danger", self.env._("%s letters do not leave", room.mail_late_count)
        elif room.waits:
            mark, told = "warning", self.env._("Waits for a person")
        elif room.paused_told:
            mark, told = "warning", room.paused_told
        elif not last:
            told = self.env._("No round yet")
        return {
            "at": fields.Datetime.to_string(last.last_run_at) if last else False,
            "told": told,
            "mark": mark,
            "figures": [
                self._figure("sent", self.env._("letters sent"), last.sent_count),
                self._figure("held", self.env._("held back"), last.held_count),
                self._figure("failed", self.env._("did not leave"), last.failed_count, "danger"),
                self._figure("bounced", self.env._("came back"), room.bounced_count, "warning"),
            ],
        }

    @api.model
    def _open_round(self, key):
        """Open what a figure of the round counts, as far as the user may see it, or the control room."""
        if key == "bounced":
            return self._room().action_open_bounced()
        filters = {"sent": ["sent"], "held": ["held", "group_reason"], "failed": ["trouble"]}
        last = self._last_round()
        if key not in filters or not last:
            return self.env["loan.reminder.room"].action_open_room()
        return last.with_context(loan_filters=filters[key]).action_open_reminders()
