from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core import boards, workload
from ..core.boards import Strain

# All that a cell is told of: anything left out would have everything counted once more.
_LOAD = [
    "user_id",
    "company_id",
    *(f"{factor}_count" for factor in workload.FACTORS),
    "points",
    "load_ceiling",
    "share",
    "vip_slots",
]


class LoanBoardLoadMixin(models.AbstractModel):
    """The board's heat map: a row for each of its people, what weighs on them in cells, who needs help most first."""

    _name = "loan.board.load.mixin"
    _inherit = ["loan.board.mixin"]
    _description = "Board: Load"

    @api.model
    def _columns(self):
        """Return what the columns are called and what they count: `{key: (label, words)}`."""
        return {
            "load": (self.env._("Load"), self.env._("Part of their ceiling")),
            "waiting": (self.env._("Waiting"), self.env._("Who waits for an answer of theirs")),
            "over": (self.env._("Over Time"), self.env._("Of these, over their time")),
            "late": (self.env._("Promises Late"), self.env._("What they promised and did not do by its day")),
            "overdue": (self.env._("Overdue Borrowers"), self.env._("Their customers with an overdue loan")),
            "stuck": (
                self.env._("Stuck in a Stage"),
                self.env._("Applications that should have left their stage"),
            ),
        }

    @api.model
    def _overdue_domain(self, which):
        """Return the customers with a loan that is late.

        :param Domain which: whose they are
        """
        return which & Domain("contract_ids.days_past_due", ">", 0)

    @api.model
    def _overdue_by_person(self):
        """Return `{user id: how many of their customers have an overdue loan}`."""
        theirs = Domain("manager_user_id", "in", self._scope().people)
        groups = self.env["loan.customer"]._read_group(
            self._overdue_domain(theirs), ["manager_user_id"], ["__count"]
        )
        return {user.id: count for user, count in groups}

    @api.model
    def _loads(self):
        """Return what each of the board's people carries, `{user id: loan.workload}`."""
        loads = self.env["loan.workload"].with_context(loan_workload_users=list(self._scope().people))
        rows = loads.search_fetch(Domain("company_id", "=", self.env.company.id), _LOAD)
        return {row.user_id.id: row for row in rows}

    @api.model
    def _map(self, waits, promised, stuck, covers):
        """Return the rows of the heat map, who needs help most first, and last what nobody of the team has.

        :param dict waits: see `_waits_by_person`
        :param dict promised: see `_promised_by_person`
        :param dict stuck: see `_stuck_by_person`
        :param dict covers: `{user id: loan.cover}` of who is away today
        """
        loads, overdue = self._loads(), self._overdue_by_person()
        # As superuser: the names of colleagues are no secret.
        people_sudo = self.env["res.users"].sudo().browse(self._scope().people)
        people_sudo.fetch(["name"])
        found = []
        for user in people_sudo.sorted("name"):
            row = loads.get(user.id)
            late = promised.get(user.id, (0, 0))[1]
            waiting, over = waits.get(user.id, (0, 0))[:2]
            cells = [self._load_cell(row)] if row else [self._cell("load", None, 0)]
            figures = (waiting, over, late, overdue.get(user.id, 0), stuck.get(user.id, (0,))[0])
            cells += [self._count_cell(key, count) for key, count in zip(boards.MARKS, figures, strict=True)]
            strain = Strain(sum(cell["step"] for cell in cells), over + late, row.share if row else 0)
            found.append((strain, self._person(user, cells, covers.get(user.id))))
        rows = [row for _strain, row in boards.neediest_first(found)]
        waiting, over = waits.get(None, (0, 0))[:2]
        late, idle = promised.get(None, (0, 0))[1], stuck.get(None, (0,))[0]
        if waiting or late or idle:
            cells = [self._cell("load", None, 0)]
            figures = (waiting, over, late, None, idle)
            for key, count in zip(boards.MARKS, figures, strict=True):
                cells.append(self._cell(key, None, 0) if count is None else self._count_cell(key, count))
            nobody = self.env["res.users"]
            rows.append({**self._person(nobody, cells), "name": self.env._("Nobody of the team")})
        return rows

    @api.model
    def _person(self, user, cells, cover=None):
        return {
            "id": user.id or False,
            "name": user.name or "",
            "away": cover._away_told() if cover else "",
            "cells": cells,
        }

    @api.model
    def _cell(self, key, value, step, told=""):
        return {"key": key, "value": value, "step": step, "told": told}

    @api.model
    def _load_cell(self, row):
        step, told = row.heat["share"]
        return self._cell("load", row.share, step, told)

    @api.model
    def _count_cell(self, key, count):
        return self._cell(key, count, boards.step(count, boards.MARKS[key]))

    @api.model
    def _open_load(self, user_id):
        """Open the customers behind what one of the board's people carries."""
        self._of_person("user_id", user_id)
        row = self._loads().get(user_id)
        if not row:
            raise UserError(self.env._("There is no such list."))
        return row.action_open_customers()
