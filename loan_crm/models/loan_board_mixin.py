from collections import namedtuple

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

# Whose board it is: `people`, ids of who is on it, and `teams`, ids of those it is of; `whole`: all that the user has.
_Scope = namedtuple("_Scope", ("people", "teams", "whole"))


class LoanBoardMixin(models.AbstractModel):
    """What parts of the board have in common: who may look, which teams it is of, and how a person's part is asked.

    Lanes are those of the worklist, asked for a team instead of a person. Who is on the board narrows what the user may
    see and never widens it: each record is read by their own rights.
    """

    _name = "loan.board.mixin"
    _inherit = ["loan.worklist.mixin"]
    _description = "Parts of the Board"

    @api.model
    def _check_may_look(self):
        """Refuse who leads nobody and keeps no rules."""
        user = self.env.user
        if not (
            user.has_group("loan_crm.loan_crm_group_team_lead")
            or user.has_group("loan_crm.loan_crm_group_compliance")
        ):
            raise AccessError(self.env._("This page is for who leads a team."))

    @api.model
    def _may_hand(self):
        """Tell whether the user gives work to others; who only keeps the rules looks."""
        return self.env.user.has_group("loan_crm.loan_crm_group_team_lead")

    @api.model
    def _teams(self):
        """Return the teams whose board the user may look at: those they lead, compliance all that have a manager."""
        # As superuser: which teams there are and who is in them is known to who leads them, and to compliance.
        teams_sudo = self.env["crm.team"].sudo()
        domain = Domain("company_id", "in", [False, *self.env.companies.ids])
        if self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            groups = self.env["loan.workload"]._manager_group_ids()
            domain &= Domain("crm_team_member_ids.user_id.group_ids", "in", groups)
        else:
            domain &= Domain("user_id", "=", self.env.uid)
        return teams_sudo.search_fetch(domain, ["name"])

    @api.model
    def _with_scope(self, team_id=False, teams=None):
        """Return this model with the board's teams and people in its context.

        :param int team_id: of one of the user's teams; falsy: all of them
        :param teams: what `_teams` returns, where it is known
        :raise UserError: for a team that is not theirs to look at
        """
        teams = self._teams() if teams is None else teams
        chosen = teams.filtered(lambda team: team.id == team_id) if team_id else teams
        if team_id and not chosen:
            raise UserError(self.env._("This team is not yours to look at."))
        # As superuser: see `_teams`.
        members_sudo = self.env["crm.team.member"].sudo()
        domain = Domain("crm_team_id", "in", chosen.ids) & Domain("user_id.active", "=", True)
        people = members_sudo.search_fetch(domain, ["user_id"]).user_id
        return self.with_context(loan_board=_Scope(tuple(people.ids), tuple(chosen.ids), not team_id))

    @api.model
    def _scope(self):
        return self.env.context["loan_board"]

    @api.model
    def _own(self, owner="user_id", deputy="customer_id.deputy_user_id"):
        """Return what is the team's, on a model with an owner and a customer: of its people or about its customers."""
        scope = self._scope()
        team = deputy.replace("deputy_user_id", "team_id")
        own = Domain(owner, "in", scope.people) | Domain(team, "in", scope.teams)
        if scope.whole and deputy.startswith("customer_id."):
            # What came in and is nobody's: who may see it sees to it.
            own |= Domain("customer_id", "=", False) & Domain(owner, "=", False)
        return own

    @api.model
    def _tally_by_person(self, model, domain, conditions, owner):
        """Count records in one statement by who of the board is accountable, see `_tally`.

        :param str owner: the column that names who is
        :return: `{user id, or None: (all, first condition, …)}`; None: who is not on the board
        """
        people, counts = self._scope().people, {}
        for user, row in self._tally(model, domain, conditions, owner).items():
            key = user if user in people else None
            counts[key] = tuple(map(sum, zip(counts.get(key, (0,) * len(row)), row, strict=True)))
        return counts

    @api.model
    def _in_all(self, tallied):
        """Return what was counted by person of all of them: (all, late).

        :param dict tallied: see `_tally_by_person`, its first condition being what is late
        """
        return tuple(sum(row[place] for row in tallied.values()) for place in (0, 1))

    @api.model
    def _of_person(self, owner, user_id):
        """Return whose of the team's a figure counts.

        :param str owner: the field that names who is accountable
        :param user_id: of one of the board; False: of nobody on it; None: of all
        :raise UserError: for somebody who is not on the board
        """
        if user_id is None:
            return Domain.TRUE
        people = self._scope().people
        if user_id is False:
            return Domain(owner, "not in", people)
        if user_id not in people:
            raise UserError(self.env._("This person is not on your board."))
        return Domain(owner, "=", user_id)
