from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class LoanAudienceMixin(models.AbstractModel):
    """Whom in the house something is for: roles and teams of a lender, or else everybody who works with Loan CRM.

    Asked anew each time, so who joins a team or is given a role belongs to the audience with that.
    """

    _name = "loan.audience.mixin"
    _description = "Audience"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.company,
    )
    group_ids = fields.Many2many(
        "res.groups",
        string="Roles",
        domain=lambda self: [("id", "in", self._roles().ids)],
        help="Who has one of these roles, or is in one of the teams. Without any of both: everybody in Loan CRM.",
    )
    team_ids = fields.Many2many(
        "crm.team",
        string="Teams",
        domain="['|', ('company_id', '=', False), ('company_id', '=', company_id)]",
        help="Their members and their leads.",
    )

    @api.model
    def _roles(self):
        """Return the groups of Loan CRM."""
        names = ("manager", "team_lead", "service_desk", "compliance", "administrator")
        # Not `env.ref`: it asks the database for each whether it exists, and a right is asked for with each query.
        found = self.env["ir.model.data"]._xmlid_to_res_id
        ids = (found(f"loan_crm.loan_crm_group_{name}", raise_if_not_found=False) for name in names)
        return self.env["res.groups"].browse(id_ for id_ in ids if id_)

    def _audience_domain(self):
        """Return which users this is for, a :class:`odoo.fields.Domain` on `res.users`."""
        self.ensure_one()
        who = Domain.FALSE
        if self.team_ids:
            member = Domain("active", "=", True) & Domain("crm_team_id", "in", self.team_ids.ids)
            who |= Domain("crm_team_member_ids", "any", member)
            who |= Domain("id", "in", self.team_ids.user_id.ids)
        if self.group_ids or not self.team_ids:
            who |= Domain("all_group_ids", "in", (self.group_ids or self._roles()).ids)
        # Who runs the jobs is nobody.
        people = Domain("share", "=", False) & Domain("id", "!=", self.env.ref("base.user_root").id)
        return people & Domain("company_ids", "in", self.company_id.ids) & who

    def _audience(self):
        """Return the people this is for."""
        # As superuser: whom something is for is the lender's to say, whichever company is switched on.
        users_sudo = self.env["res.users"].sudo().with_context(allowed_company_ids=self.company_id.ids)
        return users_sudo.search(self._audience_domain()).with_env(self.env)

    @api.model
    def _audience_sql(self, user):
        """Return the condition that a user is among those it is for, on this model's table.

        :param user: `res.users`, whose companies are for the query to ask
        """
        table = SQL.identifier(self._table)
        groups, teams = self._fields["group_ids"], self._fields["team_ids"]
        for name in ("crm.team", "crm.team.member"):
            self.env[name].flush_model()
        self.flush_model(["group_ids", "team_ids"])
        mine = list(user._get_group_ids())
        return SQL(
            """
            (EXISTS (SELECT FROM %(groups)s chosen
                      WHERE chosen.%(group_of)s = %(table)s.id AND chosen.%(group)s = ANY(%(mine)s))
             OR EXISTS (SELECT FROM %(teams)s chosen
                          JOIN crm_team team ON team.id = chosen.%(team)s
                         WHERE chosen.%(team_of)s = %(table)s.id
                           AND (team.user_id = %(user)s
                                OR EXISTS (SELECT FROM crm_team_member member
                                            WHERE member.crm_team_id = team.id
                                              AND member.user_id = %(user)s
                                              AND member.active)))
             OR %(works_here)s
                AND NOT EXISTS (SELECT FROM %(groups)s chosen WHERE chosen.%(group_of)s = %(table)s.id)
                AND NOT EXISTS (SELECT FROM %(teams)s chosen WHERE chosen.%(team_of)s = %(table)s.id))
            """,
            table=table,
            groups=SQL.identifier(groups.relation),
            group_of=SQL.identifier(groups.column1),
            group=SQL.identifier(groups.column2),
            teams=SQL.identifier(teams.relation),
            team_of=SQL.identifier(teams.column1),
            team=SQL.identifier(teams.column2),
            mine=mine,
            user=user.id,
            works_here=bool(set(mine) & set(self._roles().ids)),
        )
