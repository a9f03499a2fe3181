from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

# In the order in which they are shown: (key, for managers alone).
_LANES = (("waiting", False), ("promised", False), ("due", True), ("risk", True), ("stuck", True))


class LoanWorklist(models.AbstractModel):
    """A person's day: what waits for them in lanes, worst first, each row with what moves it.

    Nothing is stored. Everything is read with the person's own rights and in a number of queries that does not depend
    on how much there is; the screen is `static/src/loan_worklist`. A lane has a file of its own
    (`loan.worklist.….mixin`): it says which records are in it (`_find_…`) and how a row is told (`_tell_…`).
    """

    _name = "loan.worklist"
    _inherit = [
        "loan.worklist.waiting.mixin",
        "loan.worklist.promised.mixin",
        "loan.worklist.due.mixin",
        "loan.worklist.risk.mixin",
        "loan.worklist.stuck.mixin",
        "loan.worklist.week.mixin",
    ]
    _description = "Worklist"

    @api.model
    def _lanes(self):
        """Return the keys of the lanes that the user has."""
        manages = self._manages()
        if not (manages or self.env.user.has_group("loan_crm.loan_crm_group_service_desk")):
            raise AccessError(self.env._("This page is for who looks after customers."))
        return [key for key, for_managers in _LANES if manages or not for_managers]

    @api.model
    def _changed(self, users):
        """Let the open worklists of some users and the boards of their leads look again, each once, after this.

        Nothing is told but that there is something to look at. Odoo tells them of to-dos by itself.

        :param users: `res.users`
        """
        told = self.env.cr.precommit.data.setdefault("loan.worklist.changed", set())
        # As superuser: who leads whom is no secret, and nobody reads here who it is.
        users_sudo = users.sudo()
        users_sudo |= users_sudo.crm_team_member_ids.crm_team_id.user_id
        for user in users_sudo.filtered(lambda user: user.active and not user.share):
            if user.id not in told:
                told.add(user.id)
                user._bus_send("loan.worklist/changed", {})

    @api.model
    def action_look(self):
        """Return the user's day.

        :return: a dict: `lanes`, see `_lane`; `week`, what was done since Monday; `load`, what they carry, or None;
            `day`, the lender's today; `away`, until when they are away themselves, or an empty text
        :raise AccessError: for somebody who looks after nobody
        """
        lanes = self._lanes()
        user = self.env.user
        with user._loan_duty_kept():
            found = {key: getattr(self, f"_find_{key}")() for key in lanes}
            self._read_together(found)
            today = self.env.company._loan_today()
            away = self.env["loan.cover"]._covers_today(user)
            return {
                "lanes": [getattr(self, f"_tell_{key}")(*what) for key, what in found.items()],
                "week": self._week(),
                "load": self._load(),
                "day": fields.Date.to_string(today),
                "away": self.env._(
                    "You are away until %s.", format_date(self.env, max(away.mapped("date_to")))
                )
                if away
                else "",
            }

    @api.model
    def action_open_lane(self, key):
        """Open the list of all that a lane counts.

        :param str key: of a lane, of what it counts beside, or of a figure of the week
        :raise UserError: for what is no lane
        """
        if key in ("clocks", *self._lanes()):
            xmlid, domain = getattr(self, f"_open_{key}")()
            title = self._titles()[key]
        elif key in (figures := self._week_figures()):
            title, _model, domain, xmlid = figures[key]
            title = self.env._("This week: %s", title)
        else:
            raise UserError(self.env._("There is no such list."))
        return self._open_list(xmlid, title, domain)
