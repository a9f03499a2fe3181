from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..core.listing import listed


class LoanWall(models.Model):
    """A wall between two teams: whoever belongs to one never sees customers of the other, by duty or by grant.

    Begins when compliance puts it up, ends when they archive it. It is asked with each query.
    """

    _name = "loan.wall"
    _inherit = ["mail.thread"]
    _description = "Information Wall"
    _order = "team_id, other_team_id"
    _rec_name = "reason"

    team_id = fields.Many2one(
        "crm.team",
        "Between",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        help="Whoever belongs to one team never sees customers of the other, by duty or by grant.",
    )
    other_team_id = fields.Many2one(
        "crm.team",
        "And",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        help="The wall works in both directions.",
    )
    reason = fields.Char(required=True, tracking=True, help="Which interests the two teams stand for.")
    active = fields.Boolean(default=True, tracking=True)

    _once = models.UniqueIndex(
        "(LEAST(team_id, other_team_id), GREATEST(team_id, other_team_id)) WHERE active",
        "There is a wall between these two teams already.",
    )
    _two_teams = models.Constraint("CHECK (team_id <> other_team_id)", "A wall stands between two teams.")

    @api.model_create_multi
    def create(self, vals_list):
        walls = super().create(vals_list)
        self.env["loan.access.log"]._note("wall", walls)
        self.env["res.users"]._loan_sight_changed()
        walls._part()
        return walls

    def write(self, vals):
        result = super().write(vals)
        self.env["loan.access.log"]._note("wall", self, fields=vals)
        self.env["res.users"]._loan_sight_changed()
        self._part()
        return result

    def _part(self):
        """Let who belongs to either team be parted from what they hold of the other's customers."""
        up = self.filtered("active")
        self.env["loan.sight.end"]._note(
            users=self.env["res.users"].union(*(self._people(team) for team in up.team_id | up.other_team_id))
        )

    @api.depends("team_id.name", "other_team_id.name")
    def _compute_display_name(self):
        for wall in self:
            wall.display_name = " | ".join(filter(None, (wall.team_id.name, wall.other_team_id.name)))

    @api.constrains("team_id", "other_team_id", "active")
    def _check_nobody_in_both(self):
        for wall in self.filtered("active"):
            if both := wall._people(wall.team_id) & wall._people(wall.other_team_id):
                raise ValidationError(
                    self.env._(
                        "%(people)s belong to both teams. Let them leave one of them first.",
                        people=listed(both.mapped("name"), self.env.lang),
                    )
                )

    @api.model
    def _people(self, team):
        """Return who belongs to a team, its lead among them."""
        # As superuser: who works in a team is no secret, whichever company is switched on.
        team_sudo = team.sudo()
        return team_sudo.crm_team_member_ids.user_id | team_sudo.user_id

    @api.model
    def _check_members(self, teams):
        """Refuse that somebody belongs to two teams with a wall between them.

        :param teams: `crm.team` whose people have changed
        """
        walls_sudo = self.sudo()  # as above
        walls_sudo.search(
            Domain("team_id", "in", teams.ids) | Domain("other_team_id", "in", teams.ids)
        )._check_nobody_in_both()
