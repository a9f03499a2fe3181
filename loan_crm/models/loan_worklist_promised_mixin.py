from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

# What falls due within so many days is told.
_AHEAD = 7
_WORD = ["name", "customer_id", "contract_id", "user_id", "date_due", "has_hour", "due_hour", "clock"]


class LoanWorklistPromisedMixin(models.AbstractModel):
    """The second lane: what was promised to customers, and is the user's to do."""

    _name = "loan.worklist.promised.mixin"
    _inherit = ["loan.worklist.mixin"]
    _description = "Worklist: What We Promised"

    @api.model
    def _promised_domain(self, today):
        return (
            self._own()
            & Domain("is_undone", "=", True)
            & Domain("date_due", "<=", today + timedelta(days=_AHEAD))
        )

    @api.model
    def _find_promised(self, counts=None):
        today = self.env.company._loan_today()
        late = Domain("date_due", "<", today)
        worst_first = "date_due, has_hour desc, due_hour, id"
        domain = self._promised_domain(today)
        return (self._found("loan.commitment", domain, late, _WORD, worst_first, counts),)

    @api.model
    def _tell_promised(self, words):
        today = self.env.company._loan_today()
        return self._lane(
            "promised",
            [self._promised_row(word, today) for word in words.shown],
            words,
            self.env._("You owe nobody a word this week."),
        )

    @api.model
    def _promised_row(self, word, today):
        return self._row(
            word,
            word.customer_id.name,
            lines=[word.name, word.contract_id.name],
            mark=self._day_mark(word.date_due, today),
            told=self._word_told(word, today),
            phone=word.customer_id.phone,
            owner=word.user_id,
            deeds=[
                self._deed(word, "action_show_done", self.env._("Done…"), "fa-check"),
                self._deed(word, "action_put_off", self.env._("Put Off"), "fa-clock-o"),
                self._deed_call(word.contract_id or word.customer_id),
                self._deed_pass(word),
            ],
        )

    @api.model
    def _word_told(self, word, today):
        told = self._day_told(word.date_due, today)
        if word.date_due == today and word.has_hour:
            return self.env._("%(day)s, %(hour)s", day=told, hour=word._when_told())
        return told

    @api.model
    def _open_promised(self):
        return "loan_crm.loan_commitment_action", self._promised_domain(self.env.company._loan_today())
