from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

# Travels in the context while a call's own verb ends its to-do. Its identity cannot be sent over RPC.
_ENDING = object()


class LoanRecoveryCall(models.Model):
    """A call that asks how it goes after something was made good: planned on a day, done when they were reached.

    Its to-do stands on the plan, so it goes to others with the duty. A call that is noted on the customer, and reached
    them on its day or later, is this call.
    """

    _name = "loan.recovery.call"
    _inherit = ["loan.recused.mixin", "loan.lifecycle.mixin"]
    _description = "Follow-Up Call"
    _order = "date, id"
    _rec_name = "plan_id"

    plan_id = fields.Many2one(
        "loan.recovery.plan",
        "Recovery Plan",
        required=True,
        index=True,
        ondelete="restrict",
        help="What was to be made good; the to-do for the call stands there.",
    )
    customer_id = fields.Many2one(
        related="plan_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(
        related="plan_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    case_id = fields.Many2one(related="plan_id.case_id", store=True)
    user_id = fields.Many2one(
        "res.users",
        "Who Calls",
        compute="_compute_user_id",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    date = fields.Date("On", required=True)
    state = fields.Selection(
        [("open", "To Call"), ("done", "Called"), ("dropped", "Not Needed")],
        "Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
    )
    note = fields.Char("What They Said", copy=False)
    done_at = fields.Datetime("Called At", readonly=True, copy=False)
    interaction_id = fields.Many2one(
        "loan.interaction", "Talk", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    activity_id = fields.Many2one(
        "mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        export_string_translation=False,
    )

    _once_a_day = models.UniqueIndex(
        "(plan_id, date) WHERE state <> 'dropped'", "A call is planned for that day already."
    )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"done_at", "interaction_id", "activity_id"}

    @api.depends("activity_id.user_id")
    def _compute_user_id(self):
        for call in self:
            call.user_id = call.activity_id.user_id or call.user_id or call.plan_id.user_id

    @api.depends("plan_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for call in self:
            call.display_name = self.env._("Call %s", call.plan_id.customer_id.name or "")

    @api.model_create_multi
    def create(self, vals_list):
        calls = super().create(vals_list)
        calls.sudo()._plan()  # As superuser: the to-do goes to who looks after the customer, whoever plans it.
        return calls

    def _plan(self):
        """Give each call to who answers for its plan, or acts for the customer."""
        for call in self:
            plan = call.plan_id
            user = plan._who_does_it()
            told = plan.with_context(lang=user.lang or self.env.lang, mail_activity_quick_update=True)
            call.activity_id = told.activity_schedule(
                "mail.mail_activity_data_call",
                date_deadline=call.date,
                summary=told.env._("Ask how it goes"),
                user_id=user.id,
            )

    def write(self, vals):
        if not self.env.su:
            if vals.keys() - {"date", "note", "state"}:
                raise AccessError(self.env._("A call is moved to another day, noted or dropped."))
            if any(call.state != "open" for call in self) and vals.keys() & {"date", "note"}:
                raise AccessError(self.env._("A call that was made stands as it was noted."))
        result = super().write(vals)
        if "date" in vals:
            for call in self.sudo():  # As superuser: as when it was planned.
                call.activity_id.filtered("active").date_deadline = call.date
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise AccessError(self.env._("A call that is not needed is dropped, not deleted."))

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("open", "done"), ("open", "dropped")}

    def action_done(self):
        """Note that they were called; what they said stands in the line."""
        self.check_access("write")
        for call in self:
            if not (call.note or "").strip():
                raise UserError(self.env._("Say in a few words what they said."))
        self.sudo()._end("done")  # As superuser: when, nobody enters.
        return True

    def action_drop(self):
        """Leave calls out that are not needed any more."""
        self.check_access("write")
        self.sudo()._end("dropped")  # As superuser: the to-do may be somebody else's.
        return True

    def _end(self, state, **vals):
        self.with_context(loan_ending=_ENDING)._end_now(state, vals)

    def _end_now(self, state, vals):
        self._move_to(state)
        if state == "done":
            self.write({"done_at": fields.Datetime.now(), **vals})
            for call in self:
                call.activity_id.filtered("active").action_feedback(feedback=call.note or False)
        else:
            self.activity_id.filtered("active").unlink()

    @api.model
    def _end_by_todos(self, activities):
        """Note calls as made whose to-do was marked as done.

        :param activities: `mail.activity`
        """
        if self.env.context.get("loan_ending") is _ENDING:
            return
        # As superuser: who may do the to-do has called.
        calls_sudo = self.sudo().search([("activity_id", "in", activities.ids), ("state", "=", "open")])
        for call_sudo in calls_sudo:
            call_sudo._end("done", note=call_sudo.note or call_sudo.activity_id.feedback or False)

    @api.model
    def _end_by_talks(self, talks):
        """Note calls as made that somebody has noted as a talk: of those due, the oldest.

        :param talks: `loan.interaction` that have just been noted
        """
        reached = talks.filtered(lambda talk: talk.reached and talk.direction == "out")
        if not reached:
            return
        # As superuser: that they were called is seen, whoever did.
        due_sudo = self.sudo().search(
            Domain("customer_id", "in", reached.customer_id.ids) & Domain("state", "=", "open")
        )
        for talk in reached:
            today = talk.company_id._loan_today()
            mine = due_sudo.filtered(
                lambda call, talk=talk, today=today: (
                    call.customer_id == talk.customer_id and call.state == "open" and call.date <= today
                )
            ).sorted("date")[:1]
            if mine:
                mine._end("done", interaction_id=talk.id, note=mine.note or talk.display_name)
