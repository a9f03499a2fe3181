from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..core.calendars import BusinessCalendar
from ..core.clocks import Setting
from ..core.working_time import WorkingTime

# How far from today it is asked what is worked. What lies beyond has no due moment yet.
_AHEAD = timedelta(days=200)
_BATCH = 500


class LoanCaseClockMixin(models.AbstractModel):
    """By when a case is answered and settled: its clocks, their pauses, and who is told when they run out.

    Odoo's datetimes are naive and in UTC, working hours are in the zone of their calendar, days are the lender's: all
    of them become aware here, at the edge, and `core.clocks` sees nothing else.
    """

    _name = "loan.case.clock.mixin"
    _description = "Clocks of Cases"

    clock_ids = fields.One2many("loan.case.clock", "case_id", "Clocks")
    pause_ids = fields.One2many("loan.case.pause", "case_id", "Pauses")
    due_at = fields.Datetime(
        "Due By",
        compute="_compute_due_at",
        store=True,
        index="btree_not_null",
        help="The first of its clocks that runs out.",
    )
    is_late = fields.Boolean("Too Late", compute="_compute_is_late", search="_search_is_late")
    due_told = fields.Char("Time Left", compute="_compute_due_told")
    waits_for = fields.Char("Waits For", compute="_compute_waits_for")
    promised_at = fields.Datetime(
        "Answer Promised By",
        compute="_compute_promised_at",
        help="When whoever wrote is answered at the latest, as the house promises it.",
    )

    @api.depends("clock_ids.due_at", "clock_ids.state")
    def _compute_due_at(self):
        for case in self:
            running = case.clock_ids.filtered(lambda clock: clock.state == "running" and clock.due_at)
            case.due_at = min(running.mapped("due_at"), default=False)

    @api.depends("due_at", "clock_ids.state")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for case in self:
            case.is_late = bool(case.due_at and case.due_at < now) or "missed" in case.clock_ids.mapped(
                "state"
            )

    @api.model
    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        # As superuser: the case's own rule is asked by whoever searches cases.
        clocks_sudo = self.env["loan.case.clock"].sudo()
        missed = clocks_sudo._search([("state", "=", "missed")]).subselect("case_id")
        late = Domain("due_at", "<", fields.Datetime.now()) | Domain("id", "in", missed)
        return late if True in value else ~late

    @api.depends("due_at", "state", "clock_ids.state", "clock_ids.due_at")
    @api.depends_context("lang", "tz")
    def _compute_due_told(self):
        labels = dict(self.env["loan.sla.policy"]._fields["measure"]._description_selection(self.env))
        for case in self:
            running = case.clock_ids.filtered(lambda clock: clock.state == "running" and clock.due_at)
            first = running.sorted("due_at")[:1]
            case.due_told = bool(first) and self.env._(
                "%(measure)s by %(moment)s",
                measure=labels[first.measure],
                moment=format_datetime(self.env, first.due_at, dt_format="short"),
            )

    @api.depends("pause_ids.date_to", "pause_ids.reason")
    def _compute_waits_for(self):
        for case in self:
            case.waits_for = case.pause_ids.filtered(lambda pause: not pause.date_to)[:1].reason

    @api.depends("clock_ids.due_at")
    def _compute_promised_at(self):
        for case in self:
            first = case.clock_ids.filtered(
                lambda clock: clock.measure == "first_response" and not clock.is_regulator and clock.due_at
            )
            case.promised_at = min(first.mapped("due_at"), default=False)

    # ------------------------------------------------------------ what clocks are counted with

    @api.model
    def _aware(self, moment):
        """Return one of Odoo's datetimes, naive and in UTC, as an aware one."""
        return moment.replace(tzinfo=timezone.utc)

    def _clock_settings(self, first):
        """Return `{case: core.clocks.Setting}`, each calendar asked once.

        :param datetime first: from when on, naive and in UTC
        """
        start = self._aware(first) - timedelta(days=1)
        until = self._aware(max(fields.Datetime.now(), first)) + _AHEAD
        made = {}
        result = {}
        for case in self:
            company = case.company_id
            # As superuser: when a team works is no secret.
            hours_sudo = case.team_id.sudo().calendar_id or company.sudo().resource_calendar_id
            key = (company, hours_sudo)
            if key not in made:
                made[key] = self._clock_setting(company, hours_sudo, start, until)
            result[case] = made[key]
        return result

    @api.model
    def _clock_setting(self, company, hours_sudo, start, until):
        """Return what clocks of a company and of some working hours are counted with.

        :param company: `res.company`
        :param hours_sudo: `resource.calendar`, may be empty: then all hours of the days the lender is open are worked
        :param datetime start: aware
        :param datetime until: aware
        :rtype: core.clocks.Setting
        """
        calendar_sudo = company.sudo().loan_calendar_id  # as superuser: when a bank is open is no secret
        calendar = calendar_sudo._as_calendar() if calendar_sudo else BusinessCalendar()
        zone = ZoneInfo(company.loan_tz or "UTC")
        local = ZoneInfo(hours_sudo.tz or company.loan_tz or "UTC")
        spans = []
        if hours_sudo:
            for begin, end, _what in hours_sudo._work_intervals_batch(start, until)[False]:
                if begin.astimezone(local).date() not in calendar.holidays:
                    spans.append((begin, end))
            first, last = start.astimezone(local).date(), until.astimezone(local).date()
            workdays = [day for day in calendar.workdays if first <= day <= last]
            if workdays:
                # A weekend day that is worked instead of a holiday is worked as a Monday.
                monday = hours_sudo.attendance_ids.filtered(
                    lambda line: (
                        line.dayofweek == "0" and not line.display_type and line.day_period != "lunch"
                    )
                )
                spans += [
                    (_at(day, line.hour_from, local), _at(day, line.hour_to, local))
                    for day in workdays
                    for line in monday
                ]
        else:
            day = start.astimezone(local).date()
            while day <= until.astimezone(local).date():
                if calendar.is_business_day(day):
                    spans.append((_at(day, 0, local), _at(day, 24, local)))
                day += timedelta(days=1)
        return Setting(WorkingTime(spans, start, until), calendar, zone)

    # ------------------------------------------------------------ begin, stop, go on

    def _set_clocks(self):
        """Give cases the clocks that hold for them now; one that holds no more is dropped, one that runs goes on."""
        # As superuser: clocks are nobody's to set.
        clocks_sudo = self.env["loan.case.clock"].sudo()
        vals_list = []
        for company, cases in self.grouped("company_id").items():
            policies_sudo = self.env["loan.sla.policy"]._of_company(company)
            for case_sudo in cases.sudo():  # as superuser: as above
                wanted = policies_sudo._choose(case_sudo)
                going = case_sudo.clock_ids
                gone = going.filtered(
                    lambda clock, wanted=wanted: (
                        clock.policy_id not in wanted and clock.state in ("running", "paused")
                    )
                )
                gone._drop()
                back = going.filtered(
                    lambda clock, wanted=wanted: clock.policy_id in wanted and clock.state == "dropped"
                )
                back._move_to("running")
                done = {"first_response"} if case_sudo.responded_at else set()
                vals_list += [
                    {"case_id": case_sudo.id, "policy_id": policy.id, "started_at": case_sudo.opened_at}
                    for policy in wanted - going.policy_id
                    if policy.measure not in done
                ]
        clocks_sudo.create(vals_list)
        # All of them: of a changed team the hours are others.
        cases_sudo = self.sudo()  # as superuser: as above
        cases_sudo.clock_ids.filtered(lambda clock: clock.state in ("running", "paused"))._wind()

    def _pause(self, reason):
        """Let clocks stand still, and put on record why.

        :param str reason: in the user's words
        """
        now = fields.Datetime.now()
        # As superuser: the ledger is written by verbs alone.
        cases_sudo = self.sudo()
        cases_sudo.env["loan.case.pause"].create(
            [
                {"case_id": case.id, "reason": reason, "date_from": now, "user_id": self.env.uid}
                for case in self
            ]
        )
        paused = cases_sudo.clock_ids.filtered(
            lambda clock: clock.state == "running" and clock.policy_id.pauses
        )
        paused._move_to("paused")
        paused._wind()

    def _resume(self):
        """Let clocks run on that stood still."""
        # As superuser: as above.
        cases_sudo = self.sudo()
        pauses = cases_sudo.pause_ids.filtered(lambda pause: not pause.date_to)
        pauses.write({"date_to": fields.Datetime.now(), "ended_user_id": self.env.uid})
        going = cases_sudo.clock_ids.filtered(lambda clock: clock.state == "paused")
        going._move_to("running")
        going._wind()

    def _stop_clocks(self, measure):
        """Stop the clocks of a measure, and with the resolution those of all."""
        now = fields.Datetime.now()
        clocks = self.clock_ids.filtered(lambda clock: measure == "resolution" or clock.measure == measure)
        clocks._stop(now)

    def _restart_clocks(self):
        """Let the clocks of the resolution run on, as if they had never been stopped."""
        stopped = self.clock_ids.filtered(
            lambda clock: clock.measure == "resolution" and clock.state in ("met", "missed")
        )
        stopped._move_to("running")
        stopped.write({"stopped_at": False})
        stopped._wind()

    def _drop_clocks(self):
        """End clocks that measure nothing any more."""
        self.clock_ids.filtered(lambda clock: clock.state in ("running", "paused"))._drop()

    # ------------------------------------------------------------ the first response

    def _note_answer(self, message, went_out):
        result = super()._note_answer(message, went_out)
        if colleague := self._answered_by(message, went_out):
            self._responded(colleague, fields.Datetime.now())
        return result

    def _responded(self, user, moment):
        """Note that a person has answered with something of substance.

        :param user: `res.users` who did
        :param datetime moment: naive, in UTC
        """
        for case_sudo in self.sudo():  # as superuser: noted, not entered
            if not case_sudo.responded_at:
                case_sudo.write({"responded_at": moment, "responded_user_id": user.id})
                case_sudo.clock_ids.filtered(lambda clock: clock.measure == "first_response")._stop(moment)
            if case_sudo.state == "new":
                case_sudo._move_to("open")

    # ------------------------------------------------------------ the job

    @api.model
    def _cron_clocks(self):
        """Tell people whose clocks have run to a mark, in batches; what fails is left aside and told."""
        self.env["loan.case.clock"]._tell_marks(_BATCH)
        self._close_solved(_BATCH)


def _at(day, hour, zone):
    """Return an hour of a day on the wall's clock; 24 is the next midnight."""
    whole, rest = divmod(round(hour * 60), 60)
    moment = datetime.combine(day + timedelta(days=whole // 24), datetime.min.time(), tzinfo=zone)
    return moment.replace(hour=whole % 24, minute=rest)
