from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date, format_datetime, format_time

from ..core.listing import listed

# So many ready answers are offered beside a case.
_ANSWERS_SHOWN = 6


class LoanCaseGuideMixin(models.AbstractModel):
    """What whoever opens a case needs: what to do next, what to ask and say, and answers that are ready."""

    _name = "loan.case.guide.mixin"
    _description = "Guide Through a Case"

    next_told = fields.Char("What to Do Next", compute="_compute_next_told")
    script_id = fields.Many2one("loan.case.script", "Script", compute="_compute_fitting")
    script_ask = fields.Text("To Ask", compute="_compute_fitting")
    script_say = fields.Text("To Be Said", compute="_compute_fitting")
    script_avoid = fields.Text("Never to Promise", compute="_compute_fitting")
    answer_ids = fields.Many2many("loan.case.answer", string="Ready Answers", compute="_compute_fitting")

    @api.depends(
        "state",
        "user_id",
        "customer_id",
        "waiting_since",
        "responded_at",
        "solved_at",
        "task_ids.state",
        "pause_ids.date_to",
        "hardship_id.state",
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
        if self.hardship_open:
            return env._("Decide the hardship request; the case is solved with it.")
        others = self.task_ids.filtered(lambda task: task.state == "open")
        if others:
            names = listed(others.mapped("user_id.name"), self.env.lang)
            return env._("Wait for the joint work of %s, then settle it.", names)
        return env._("Settle it, tell %s, then press Solve.", who)

    # ------------------------------------------------------------ what to ask and say

    @api.depends("category_id", "kind", "state", "company_id")
    @api.depends_context("lang")
    def _compute_fitting(self):
        scripts, answers = self.env["loan.case.script"], self.env["loan.case.answer"]
        reads = scripts.has_access("read") and answers.has_access("read")
        said = scripts._fitting(self) if reads else {}
        ready = answers._fitting(self) if reads else {}
        for case in self:
            script = said[case][:1] if said else scripts
            case.script_id = script
            case.script_ask, case.script_say, case.script_avoid = script.ask, script.say, script.avoid
            case.answer_ids = ready[case][:_ANSWERS_SHOWN] if ready else False

    def action_answer(self):
        """Open the composer, with the answer that fits best where one is for this category."""
        self.ensure_one()
        self.check_access("read")
        best = self.answer_ids[:1]
        return self._action_compose(best if best.category_ids else best.browse())

    def _action_compose(self, answer):
        """Return the composer of an answer to the customer.

        :param answer: `loan.case.answer`, or empty: then it opens empty
        """
        self.ensure_one()
        context = {
            "default_model": self._name,
            "default_res_ids": self.ids,
            "default_composition_mode": "comment",
            "default_subtype_xmlid": "mail.mt_comment",
            "default_partner_ids": self.partner_id.ids,
            "default_subject": f"[{self.name}] {self.subject}",
            # The answer's row was clicked on: its number is no case's, and the composer is about the case alone.
            "active_model": self._name,
            "active_id": self.id,
            "active_ids": self.ids,
        }
        if answer:
            context["default_body"] = answer._body_for(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": context,
        }

    def _answer_lang(self):
        """Return the code of the language in which whoever wrote is answered."""
        return self.lang or self.partner_id.lang or self.company_id.partner_id.lang or self.env.lang

    def _moment_told(self, moment):
        """Return a moment in words, in the lender's zone: March 17, 2026, 5:00 PM."""
        zone = self.company_id.loan_tz or "UTC"
        return self.env._(
            "%(day)s, %(time)s",
            day=format_date(self.env, self._local(moment), date_format="long"),
            time=format_time(self.env, moment, tz=zone, time_format="short"),
        )
