from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import boards


class LoanBoardAgeMixin(models.AbstractModel):
    """Who waits for an answer of the team, by how long and by who is accountable: counted once for the whole board."""

    _name = "loan.board.age.mixin"
    _inherit = ["loan.board.mixin", "loan.worklist.waiting.mixin"]
    _description = "Board: Unanswered by Age"

    @api.model
    def _waits_domain(self):
        return Domain("state", "=", "waiting") & self._own("owner_user_id")

    @api.model
    def _age_domains(self, now):
        """Return when the waits of each age began, `{key: domain}`.

        :param datetime now: naive and in UTC
        """
        company = self.env.company
        zone, today = ZoneInfo(company.loan_tz or "UTC"), company._loan_today()
        midnight, old = (
            datetime.combine(day, time(0), tzinfo=zone).astimezone(timezone.utc).replace(tzinfo=None)
            for day in (today, today - timedelta(days=boards.OLD_DAYS))
        )
        domains = {}
        for key, first, last in boards.ages(now, midnight, old):
            since = Domain("waiting_since", ">=", first) if first else Domain.TRUE
            until = Domain("waiting_since", "<", last) if last else Domain.TRUE
            domains[key] = since & until
        return domains

    @api.model
    def _age_titles(self):
        return {
            "hours": self.env._("Under 4 hours"),
            "today": self.env._("Earlier today"),
            "days": self.env._("1 to 3 days"),
            "older": self.env._("Over 3 days"),
        }

    @api.model
    def _waits_by_person(self):
        """Return `{user id, or None: (waiting, over their time, of each age)}`; None: who is not on the board."""
        now = fields.Datetime.now()
        conditions = [self._waits_late_domain(now), *self._age_domains(now).values()]
        return self._tally_by_person("loan.response", self._waits_domain(), conditions, "owner_user_id")

    @api.model
    def _ages(self, waits, names):
        """Return how many wait how long, in all and by person.

        :param dict waits: see `_waits_by_person`
        :param dict names: of people, by id
        :return: a list of dicts, the youngest first: `key`, `label`, `count`, `parts`: whose they are
        """
        nobody = self.env._("Nobody of the team")
        told = []
        for place, (key, label) in enumerate(self._age_titles().items(), 2):
            parts = [
                {"user": user or False, "name": names.get(user, nobody), "count": row[place]}
                for user, row in waits.items()
                if row[place]
            ]
            parts.sort(key=lambda part: (-part["count"], not part["user"], part["name"]))
            told.append(
                {"key": key, "label": label, "count": sum(part["count"] for part in parts), "parts": parts}
            )
        return told
