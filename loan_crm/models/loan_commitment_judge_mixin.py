from datetime import time, timedelta, timezone
from functools import partial
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import commitments

# So many are judged in one go at night.
_BATCH = 100


class LoanCommitmentJudgeMixin(models.AbstractModel):
    """What became of a promise: judged by the evidence and the clock alone, at each event, each hour and each night.

    One that cannot be judged stands aside with what went wrong, and the next night tries it again.
    """

    _name = "loan.commitment.judge.mixin"
    _inherit = ["loan.trouble.mixin"]
    _description = "Judgement on What Was Promised"

    tz = fields.Char("Time Zone", readonly=True, copy=False)
    grace_days = fields.Integer("Tolerance (Days)", readonly=True, copy=False, aggregator=None)
    turns_at = fields.Datetime(readonly=True, copy=False, export_string_translation=False)

    def _at(self):
        minutes = min(round(self.due_hour * 60), 24 * 60 - 1)
        return time(minutes // 60, minutes % 60)

    def _as_word(self):
        """Read the promise into a core value."""
        self.ensure_one()
        return commitments.Word(
            self.date_due, ZoneInfo(self.tz or "UTC"), self._at() if self.has_hour else None, self.grace_days
        )

    def _judge(self):
        """Decide by evidence and clock what has become of these promises, whatever was decided before.

        Called as superuser.

        :return: those whose status changed
        """
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        wanted = {}
        for word in self:
            if word.state in ("replaced", "withdrawn"):
                continue
            done = word.done_at and word.done_at.replace(tzinfo=timezone.utc)
            verdict = commitments.judge(word._as_word(), done or None, now)
            turns = verdict.turns and verdict.turns.replace(tzinfo=None, microsecond=0) + timedelta(seconds=1)
            if word.turns_at != (turns or False):
                word.turns_at = turns
            if verdict.state != word.state:
                wanted[word] = verdict.state
        changed = self.browse(word.id for word in wanted)
        for state, words in changed.grouped(wanted.get).items():
            words._move_to(state)
            if state in commitments.DECIDED:
                words._tell(state)
        broken = changed.filtered(lambda word: word.state == "broken")
        broken._tell_lead()
        self.env["loan.recovery.plan"]._open_for_words(broken)
        changed.filtered(lambda word: word.state in ("kept", "late")).lead_activity_id.filtered(
            "active"
        ).unlink()
        self._trouble_over()
        return changed

    # ------------------------------------------------------------ the night

    @api.model
    def _night_commitment(self, night):
        """Judge what the clock has turned: due today, or broken.

        :param night: `loan.night`
        :return: how many were looked at, 0 when nothing is left
        """
        waiting = self.search(
            self._turned_domain(night.company_id) & Domain("id", ">", night._stand("commitments", 0)),
            order="id",
            limit=_BATCH,
        )
        if waiting:
            # What is judged within the hour at this moment, that worker judges.
            waiting._lock_quietly()._treat_apart(type(waiting)._turn_over)
            night._note_stand(commitments=waiting[-1].id)
        return len(waiting)

    @api.model
    def _turn(self, company):
        """Judge, within the hour, what was promised by an hour; the rest turns with the night.

        What another worker judges at this moment is looked at again, as that one left it.

        :param company: `res.company`
        """
        self.env["loan.reminder.round"]._undisturbed(partial(self._turn_batch, company))

    @api.model
    def _turn_batch(self, company):
        # What could not be judged is the night's to try again: else it would stand before the others each hour.
        waiting = self.search(
            self._turned_domain(company) & Domain("has_hour", "=", True) & Domain("trouble", "=", False),
            order="turns_at, id",
            limit=_BATCH,
        )._lock_quietly()
        if waiting:
            waiting._treat_apart(type(waiting)._turn_over)
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _turned_domain(self, company):
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "in", commitments.OPEN)
            & Domain("turns_at", "<=", fields.Datetime.now())
        )

    def _turn_over(self):
        """Judge these, and give those that nobody has any more to somebody."""
        self._judge()
        self._give_todos()

    @api.model
    def _trouble_words(self):
        return (
            self.env._("What we promised could not be judged"),
            self.env._(
                "Open “We Promised” by the filter “Could Not Be Judged”, read what went wrong, and put it right. Each "
                "night tries again."
            ),
        )
