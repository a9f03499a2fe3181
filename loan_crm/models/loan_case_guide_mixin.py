from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date, format_datetime


class LoanCaseGuideMixin(models.AbstractModel):
    """What whoever opens a case needs first: what to do next."""

    _name = "loan.case.guide.mixin"
    _description = "Guide Through a Case"

    next_told = fields.Char("What to Do Next", compute="_compute_next_told")

    @api.depends(
        "state",
        "user_id",
        "customer_id",
        "waiting_since",
        "responded_at",
        "solved_at",
        "task_ids.state",
        "pause_ids.date_to",
        "clock_ids.due_at",
    )
    @api.depends_context("lang", "tz")
    def _compute_next_told(self):
        for case in self:
            case.next_told = case._next_told()

    def _next_told(self):
        """Return in one sentence what is to be done with this case; False where nothing is."""
        env = self.env
        if self.state in ("closed", "void"):
            return False
        if self.state == "solved":
            company = self.company_id
            if not self.solved_at:
                return False
            # A day of the lender's, as the night that closes counts them.
            day = self.solved_at + timedelta(days=company.loan_case_close_days)
            return env._(
                "Nothing: it closes by itself on %s, unless they write again.",
                format_date(env, fields.Datetime.context_timestamp(self, day).date()),
            )
        if not self.user_id:
            return env._("Make somebody accountable: press Take, or choose a colleague.")
        if not self.customer_id:
            return env._("Find out who wrote and enter the customer, before you tell anything of a loan.")
        who = self.partner_id.name or self.customer_id.name
        if self.waiting_since:
            since = format_datetime(env, self.waiting_since, dt_format="short")
            return env._("Answer %(who)s, who waits since %(moment)s.", who=who, moment=since)
        if self.state == "waiting":
            if not self.waits_for:
                return env._("Wait for %s. When they have answered, press Go On.", who)
            return env._(
                "Wait for %(who)s: %(what)s. When it has come, press Go On.", who=who, what=self.waits_for
            )
        if not self.responded_at:
            if self.promised_at:
                by = format_datetime(env, self.promised_at, dt_format="short")
                return env._("Answer %(who)s by %(moment)s.", who=who, moment=by)
            return env._("Answer %s.", who)
        others = self.task_ids.filtered(lambda task: task.state == "open")
        if others:
            names = ", ".join(others.mapped("user_id.name"))
            return env._("Wait for the joint work of %s, then settle it.", names)
        return env._("Settle it, tell %s, then press Solve.", who)
