from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain

from ..core import clocks


class LoanCaseClock(models.Model):
    """A promise about time on one case: until when, how far it has run, whether it was met.

    What it shows is worked out from when it began, its policy and the pauses, never counted up; stored is what lists
    and jobs ask: when it is due, and when somebody is to be told next.
    """

    _name = "loan.case.clock"
    _inherit = ["loan.watch.mixin", "loan.case.part.mixin", "loan.lifecycle.mixin"]
    _description = "Clock of a Case"
    _order = "due_at, id"

    policy_id = fields.Many2one(
        "loan.sla.policy", "Service Level", required=True, readonly=True, index=True, ondelete="restrict"
    )
    measure = fields.Selection(related="policy_id.measure", store=True)
    is_regulator = fields.Boolean(related="policy_id.is_regulator", store=True)
    state = fields.Selection(
        [
            ("running", "Counting"),
            ("paused", "Paused"),
            ("met", "Met"),
            ("missed", "Missed"),
            ("dropped", "Dropped"),
        ],
        "Status",
        required=True,
        readonly=True,
        default="running",
        copy=False,
    )
    started_at = fields.Datetime("Began", required=True, readonly=True)
    stopped_at = fields.Datetime("Stopped", readonly=True)
    extended = fields.Integer("Extended By", readonly=True, help="In the unit of the service level.")
    due_at = fields.Datetime("Due By", readonly=True, help="Empty while the case waits for its customer.")
    mark = fields.Integer(
        "Told At", readonly=True, help="The share of the time at which somebody was told last."
    )
    next_mark = fields.Integer(readonly=True, export_string_translation=False)
    next_mark_at = fields.Datetime("Told Next", readonly=True)
    share = fields.Integer(
        "Spent", compute="_compute_share", help="How much of the time is spent, in percent."
    )
    share_told = fields.Char("Time Spent", compute="_compute_share")
    is_late = fields.Boolean("Too Late", compute="_compute_is_late", search="_search_is_late")
    extension_ids = fields.One2many("loan.case.extension", "clock_id", "Extensions")
    todo_ids = fields.One2many("mail.activity", "loan_clock_id", "To-Dos", groups=NO_ACCESS)
    extensible = fields.Boolean(compute="_compute_extensible", export_string_translation=False)

    _policy_once = models.UniqueIndex("(case_id, policy_id)", "A service level holds once for a case.")
    # What the job looks for, and it alone.
    _mark_idx = models.Index("(next_mark_at) WHERE next_mark_at IS NOT NULL")
    _due_idx = models.Index("(due_at) WHERE state = 'running'")

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {
            "case_id",
            "policy_id",
            "started_at",
            "stopped_at",
            "extended",
            "due_at",
            "mark",
            "next_mark",
            "next_mark_at",
            "trouble",
        }

    @api.model
    def _allowed_moves(self):
        moves = {("running", "paused"), ("paused", "running"), ("met", "running"), ("missed", "running")}
        for state in ("running", "paused"):
            moves |= {(state, end) for end in ("met", "missed", "dropped")}
        return super()._allowed_moves() | moves | {("dropped", "running")}

    @api.depends("policy_id", "case_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for clock in self:
            # As superuser: what the house promises is no secret to whoever sees the case.
            clock.display_name = f"{clock.case_id.display_name}: {clock.policy_id.sudo().name}"

    @api.depends("due_at", "state", "stopped_at")
    def _compute_share(self):
        now = fields.Datetime.now()
        for clock, reading in self._readings(now).items():
            clock.share = reading.share
            clock.share_told = f"{clock.share} %" if clock.share < 1000 else "> 999 %"

    @api.depends("due_at", "state")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for clock in self:
            clock.is_late = clock.state == "missed" or bool(
                clock.state == "running" and clock.due_at and clock.due_at < now
            )

    @api.model
    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = Domain("state", "=", "missed") | (
            Domain("state", "=", "running") & Domain("due_at", "<", fields.Datetime.now())
        )
        return late if True in value else ~late

    @api.depends("state", "policy_id.extension_ids", "extension_ids.state")
    def _compute_extensible(self):
        for clock in self:
            taken = clock.extension_ids.filtered(lambda each: each.state != "declined").step_id
            clock.extensible = clock.state in ("running", "paused") and bool(
                clock.policy_id.extension_ids - taken
            )

    # ------------------------------------------------------------ reading and setting

    def _move_to(self, state, start=None):
        result = super()._move_to(state, start)
        if state != "running":
            self._nothing_to_tell()
        return result

    def _counted(self):
        """Return `{clock: (start, target, setting, pauses)}`, as `core.clocks` asks for them."""
        first = min(self.mapped("started_at"), default=fields.Datetime.now())
        settings = self.case_id._clock_settings(first)
        aware = self.env["loan.case"]._aware
        result = {}
        for clock in self:
            policy_sudo = clock.policy_id.sudo()  # as superuser: the house's promise
            pauses = ()
            if policy_sudo.pauses:
                pauses = tuple(
                    (aware(pause.date_from), aware(pause.date_to) if pause.date_to else None)
                    for pause in clock.case_id.pause_ids
                )
            result[clock] = (
                aware(clock.started_at),
                policy_sudo._target(clock.extended),
                settings[clock.case_id],
                pauses,
            )
        return result

    def _readings(self, now, counted=None):
        """Return `{clock: core.clocks.Reading}`; of a clock that was stopped, what it showed then.

        :param datetime now: naive, in UTC
        :param dict counted: see `_counted`, where it is known already
        """
        aware = self.env["loan.case"]._aware
        return {
            clock: clocks.read(start, target, setting, aware(clock.stopped_at or now), pauses)
            for clock, (start, target, setting, pauses) in (counted or self._counted()).items()
        }

    def _wind(self, counted=None):
        """Work out anew when these clocks are due and when somebody is to be told next.

        :param dict counted: see `_counted`, where it is known already
        """
        aware = self.env["loan.case"]._aware
        now = aware(fields.Datetime.now())
        for clock, (start, target, setting, pauses) in (counted or self._counted()).items():
            if clock.state not in ("running", "paused"):
                clock.write({"next_mark_at": False, "next_mark": 0})
                continue
            due = clocks.due(start, target, setting, pauses)
            told = max(now, start)
            at, mark = clocks.next_mark(start, target, setting, told, pauses)
            while mark and mark <= clock.mark:  # told already, before a pause or an extension moved it
                told = at
                at, mark = clocks.next_mark(start, target, setting, told, pauses)
            clock.write(
                {
                    "due_at": due and due.replace(tzinfo=None),
                    "next_mark_at": at and at.replace(tzinfo=None),
                    "next_mark": mark or 0,
                }
            )
        self._trouble_over()

    def _stop(self, at):
        """Stop clocks that run, and say whether they were met.

        :param datetime at: naive, in UTC
        """
        going = self.filtered(lambda clock: clock.state in ("running", "paused"))
        going.write({"stopped_at": at})
        readings = going._readings(at)
        for state in ("met", "missed"):
            theirs = going.filtered(lambda clock, state=state: (state == "missed") == readings[clock].late)
            theirs._move_to(state)
        going.write({"next_mark_at": False, "next_mark": 0})

    def _drop(self):
        """End clocks that measure nothing any more."""
        self._move_to("dropped")
        self.write({"next_mark_at": False, "next_mark": 0})

    # ------------------------------------------------------------ telling

    @api.model
    def _tell_marks(self, batch):
        """Tell people of clocks that have run to a mark: who is accountable, then the leader, then the lead of both.

        :param int batch: clocks at once
        """
        self._watch("next_mark_at", type(self)._tell, batch)

    def _tell(self):
        """Tell of each of these clocks what it shows, and wind it to its next mark."""
        counted = self._counted()
        for clock, reading in self._readings(fields.Datetime.now(), counted).items():
            # A job that comes late tells what the clock shows now, not each mark it has passed.
            mark = max((mark for mark in clocks.MARKS if mark <= reading.share), default=clock.next_mark)
            clock.mark = max(mark, clock.next_mark)
        self._tell_people(
            (clock, user, clock.case_id, clock.company_id._loan_today(), spoken._mark_told(clock.mark))
            for user, told in self._who_is_told().items()
            for clock, spoken in zip(told, told.with_context(lang=user.lang or self.env.lang), strict=True)
        )
        self._wind(counted)

    def _who_is_told(self):
        """Return `{user: clocks}`: each mark reaches higher, and nobody who may not see the case.

        It takes a query for each person, not for each clock.
        """
        asked = {}
        for clock in self:
            case, mark = clock.case_id, clock.mark
            leader, lead = case.team_id.user_id, case.customer_id.team_id.user_id
            users = case.user_id or leader
            if mark >= 75:
                users |= leader or lead
            if mark >= 90:
                users |= case.team_id.next_id.user_id | lead
            for user in users:
                if user.active and not user._is_superuser() and user != case.about_user_id:
                    asked.setdefault(user, []).append(clock.id)
        result = {}
        for user, ids in asked.items():
            theirs = self.browse(ids)
            seen = theirs.case_id._loan_seen_by(user)
            result[user] = theirs.filtered(lambda clock, seen=seen: clock.case_id in seen)
        return result

    def _mark_told(self, mark):
        policy_sudo = self.policy_id.sudo()  # as superuser: the house's promise
        if mark >= 100:
            return self.env._(
                "Too late: %(policy)s · %(case)s", policy=policy_sudo.name, case=self.case_id.name
            )
        return self.env._(
            "%(share)s %% of the time is spent: %(policy)s · %(case)s",
            share=mark,
            policy=policy_sudo.name,
            case=self.case_id.name,
        )

    def action_extend(self):
        """Ask for more time."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_case_extend_action")
        action["context"] = {"default_clock_id": self.id}
        return action

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise UserError(self.env._("A clock stays on record."))
