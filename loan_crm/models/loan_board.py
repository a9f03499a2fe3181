from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class LoanBoard(models.AbstractModel):
    """A team's board for who leads it: what presses, on whom, who is away, and who could take what.

    Nothing is stored. Everything is read with the user's own rights and in a number of statements that does not depend
    on how much there is; the screen is `static/src/loan_board`. A part has a file of its own (`loan.board.….mixin`);
    rows of work are those of the worklist, asked for a team.
    """

    _name = "loan.board"
    _inherit = [
        "loan.board.work.mixin",
        "loan.board.lead.mixin",
        "loan.board.hand.mixin",
        "loan.board.load.mixin",
        "loan.board.away.mixin",
    ]
    _description = "Team Board"

    @api.model
    def action_look(self, team_id=False):
        """Return the board of one team or of all that the user leads.

        :param int team_id: of one of them; falsy: all
        :return: a dict: `teams` to choose from, `head`, `round`, `ages`, `columns` and `rows` of the heat map, `away`,
            `lanes` of cards, `day`, the lender's today, and `may_hand`, whether the user hands work on
        :raise AccessError: for who leads nobody and keeps no rules
        :raise UserError: for a team that is not theirs
        """
        self._check_may_look()
        teams = self._teams()
        board = self._with_scope(team_id, teams)
        with self.env.user._loan_duty_kept():
            return {
                "teams": [{"id": team.id, "name": team.name} for team in teams],
                "team": team_id or False,
                "may_hand": self._may_hand(),
                **board._look(),
            }

    @api.model
    def _look(self):
        today = self.env.company._loan_today()
        waits, promised = self._waits_by_person(), self._promised_by_person(today)
        stuck = self._stuck_by_person()
        covers, soon = self._covers(today), self._soon_cases()
        away = {cover.manager_user_id.id: cover for cover in covers if cover.date_from <= today}
        rows = self._map(waits, promised, stuck, away)
        return {
            "day": fields.Date.to_string(today),
            "head": self._head(waits, promised, len(soon)),
            "round": self._round(),
            "ages": self._ages(waits, {row["id"]: row["name"] for row in rows if row["id"]}),
            "columns": [
                {"key": key, "label": label, "told": told} for key, (label, told) in self._columns().items()
            ],
            "rows": rows,
            "away": self._away(covers, today),
            "lanes": self._lanes(soon, waits, promised, stuck),
        }

    @api.model
    def action_open(self, key, team_id=False, user_id=None, age=None):
        """Open the list of what a figure of the board counts.

        :param str key: of a figure of the head line or the round, of a column, or of a lane
        :param int team_id: of the team whose board it is; falsy: all
        :param user_id: of one of its people; False: of nobody on it; None: of all
        :param str age: of who waits, how long
        :raise AccessError: for who leads nobody and keeps no rules
        :raise UserError: for what is no figure
        """
        self._check_may_look()
        board = self._with_scope(team_id)
        if key == "load":
            return board._open_load(user_id)
        if key == "away":
            return board._open_away()
        if key in ("room", "sent", "held", "failed", "bounced"):
            return board._open_round(key)
        if key in ("promised", "risk", "soon"):
            xmlid, domain = getattr(board, f"_open_{key}")()
            return board._open_list(xmlid, board._titles()[key], domain)
        figures = board._figures(user_id, age)
        if key not in figures:
            raise UserError(self.env._("There is no such list."))
        return board._open_list(*figures[key]())

    @api.model
    def _figures(self, user_id, age):
        """Return the lists behind figures, `{key: function that returns (action, title, domain)}`."""
        now, today = fields.Datetime.now(), self.env.company._loan_today()

        def waits(title, which=Domain.TRUE):
            ages = {None: Domain.TRUE, **self._age_domains(now)}
            if age not in ages:
                raise UserError(self.env._("There is no such list."))
            domain = self._waits_domain() & which & ages[age] & self._of_person("owner_user_id", user_id)
            return "loan_crm.loan_response_action", title, domain

        def words(title, which):
            domain = self._promised_domain(today) & which & self._of_person("user_id", user_id)
            return "loan_crm.loan_commitment_action", title, domain

        def overdue():
            domain = self._overdue_domain(self._of_person("manager_user_id", user_id))
            return "loan_crm.loan_customer_action", self._columns()["overdue"][0], domain

        def stuck():
            xmlid, domain = self._open_stuck()
            return xmlid, self._titles()["stuck"], domain & self._of_person("user_id", user_id)

        return {
            "waiting": lambda: waits(self._titles()["waiting"]),
            "over": lambda: waits(self.env._("Over Their Time"), self._waits_late_domain(now)),
            "today": lambda: words(self.env._("We Promised by Today"), Domain("date_due", "=", today)),
            "late": lambda: words(self.env._("Promises of Ours Late"), Domain("date_due", "<", today)),
            "overdue": overdue,
            "stuck": stuck,
        }
