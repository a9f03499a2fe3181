from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

# So many days ahead it is told who is away.
_AHEAD = 14
_COVER = ["manager_user_id", "deputy_user_id", "company_id", "date_from", "date_to"]


class LoanBoardAwayMixin(models.AbstractModel):
    """Who of the team is away today or soon, who stands in, and whose customers have nobody then."""

    _name = "loan.board.away.mixin"
    _inherit = ["loan.board.mixin"]
    _description = "Board: Who Is Away"

    @api.model
    def _away_domain(self, today):
        return (
            Domain("manager_user_id", "in", self._scope().people)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("date_from", "<=", today + timedelta(days=_AHEAD))
            & Domain("date_to", ">=", today)
            & Domain("back_at", "=", False)
        )

    @api.model
    def _covers(self, today):
        """Return the absences that are told, the next one first."""
        return self.env["loan.cover"].search_fetch(
            self._away_domain(today), _COVER, order="date_from, date_to, id"
        )

    @api.model
    def _away(self, covers, today):
        """Return how absences are told.

        :param covers: `loan.cover`
        :param date today: the lender's
        """
        gaps = covers._gap_counts()
        return [
            {
                "id": cover.id,
                "user": cover.manager_user_id.id,
                "name": cover.manager_user_id.name,
                "today": cover.date_from <= today,
                "days": self.env._(
                    "%(first)s to %(last)s",
                    first=format_date(self.env, cover.date_from),
                    last=format_date(self.env, cover.date_to),
                ),
                "acting": cover._stands_in_told(),
                "gap": gaps[cover],
                "gap_told": self.env._("Customers with nobody on some of these days: %s", gaps[cover])
                if gaps[cover]
                else "",
            }
            for cover in covers
        ]

    @api.model
    def _open_away(self):
        today = self.env.company._loan_today()
        return self._open_list(
            "loan_crm.loan_cover_action", self.env._("Away in the Next Two Weeks"), self._away_domain(today)
        )
