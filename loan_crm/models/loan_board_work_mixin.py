from odoo import api, fields, models
from odoo.fields import Domain

from ..core import worklists
from ..core.worklists import Found

# What goes along with its customer, where the work itself cannot go alone.
_WITH_CUSTOMER = ("loan.contract", "loan.recovery.plan")


class LoanBoardWorkMixin(models.AbstractModel):
    """The board's cards: what presses, worst first, each to be handed to somebody who can take it."""

    _name = "loan.board.work.mixin"
    _inherit = ["loan.board.head.mixin", "loan.board.lead.mixin", "loan.worklist.risk.mixin"]
    _description = "Board: Work to Hand On"

    @api.model
    def _lanes(self, soon, waits, promised, stuck):
        """Return the lanes of cards: what turns late soon, who waits, what was promised, who is at risk, what is stuck.

        What the heat map has counted is not counted again.

        :param soon: `loan.case` with a clock that runs out soon
        :param dict waits: see `_waits_by_person`
        :param dict promised: see `_promised_by_person`
        :param dict stuck: see `_stuck_by_person`
        """
        now = fields.Datetime.now()
        found = {
            "soon": (Found(soon[: self._SHOWN], len(soon), 0),),
            "waits": (self._find_waits(now, self._in_all(waits)),),
            "promised": self._find_promised(self._in_all(promised)),
            "risk": self._find_risk(),
            "stuck": self._find_stuck(self._in_all(stuck)),
        }
        self._read_together(found)
        lanes = [getattr(self, f"_tell_{key}")(*what) for key, what in found.items()]
        # What turns late soon stands there once.
        shown, waiting = {row["key"] for row in lanes[0]["rows"]}, lanes[1]
        waiting["rows"] = [row for row in waiting["rows"] if row["key"] not in shown]
        if waiting["count"] and not waiting["rows"]:
            waiting["empty"] = self.env._("All of them stand above.")
        return lanes

    @api.model
    def _titles(self):
        return {
            **super()._titles(),
            "soon": self.env._("Due Within 4 Working Hours"),
            "promised": self.env._("Promises Due or Late"),
        }

    @api.model
    def _empty_told(self):
        return {
            "soon": self.env._("No clock runs out in the next four hours."),
            "waiting": self.env._("Nobody waits for your team."),
            "promised": self.env._("Your team has kept its word so far."),
            "risk": self.env._("No customer of the team gives cause for worry."),
            "stuck": self.env._("Every application of the team moves."),
        }

    @api.model
    def _lane(self, key, rows, found, empty, also=None):
        return super()._lane(key, rows, found, self._empty_told()[key], also)

    @api.model
    def _row(self, record, title, **more):
        row = super()._row(record, title, **more)
        if not self._may_hand():
            return {**row, "deeds": [], "hand": False}
        handed = record.customer_id if record._name in _WITH_CUSTOMER else record
        handed = handed if handed._name in self._handed() else None
        return {**row, "hand": {"model": handed._name, "id": handed.id} if handed else False}

    @api.model
    def _tell_soon(self, cases):
        rows = worklists.worst_first(self._clock_rows(cases.shown, fields.Datetime.now()))
        return self._lane("soon", [row for _wait, row in rows], cases, "")

    @api.model
    def _tell_waits(self, waits):
        rows = worklists.worst_first(self._wait_rows(waits.shown, fields.Datetime.now()))
        return self._lane("waiting", [row for _wait, row in rows], waits, "")

    @api.model
    def _open_soon(self):
        return "loan_crm.loan_case_action_all", Domain("id", "in", self._soon_cases().ids)
