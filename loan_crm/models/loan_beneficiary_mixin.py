from odoo import api, fields, models
from odoo.fields import Domain


class LoanBeneficiaryMixin(models.AbstractModel):
    """Whom a grant is to be for: a person, a team or a role, one of the three."""

    _name = "loan.beneficiary.mixin"
    _description = "Whom a Grant Is For"

    user_id = fields.Many2one(
        "res.users",
        "Person",
        ondelete="cascade",
        domain="[('share', '=', False)]",
        help="One person, a team or a role: one of the three on each line.",
    )
    team_id = fields.Many2one(
        "crm.team",
        "Team",
        ondelete="cascade",
        help="Whoever belongs to it on that day, also those who join later.",
    )
    group_id = fields.Many2one(
        "res.groups",
        "Role",
        ondelete="cascade",
        domain=lambda self: [
            ("privilege_id.category_id", "=", self.env["loan.access.grant"]._loan_category().id)
        ],
        help="Whoever has this role on that day, also those who get it later.",
    )

    _one_beneficiary = models.Constraint(
        "CHECK (num_nonnulls(user_id, team_id, group_id) = 1)",
        "Each line is for a person, a team or a role: one of the three.",
    )

    @api.onchange("user_id")
    def _onchange_user_id(self):
        if self.user_id:
            self.team_id = self.group_id = False

    @api.onchange("team_id")
    def _onchange_team_id(self):
        if self.team_id:
            self.user_id = self.group_id = False

    @api.onchange("group_id")
    def _onchange_group_id(self):
        if self.group_id:
            self.user_id = self.team_id = False

    def _beneficiary(self):
        """Return whom this line is for, as columns of a grant."""
        self.ensure_one()
        return {
            "user_id": self.user_id.id,
            "team_id": self.team_id.id,
            "group_id": self.group_id.id,
        }

    def _people(self):
        """Return the colleagues whom these lines are for as things stand: themselves, of the team, in the role."""
        # As superuser: who works in a team or has a role is no secret, whichever company is switched on.
        lines_sudo = self.sudo()
        people_sudo = lines_sudo.user_id | lines_sudo.team_id.crm_team_member_ids.user_id
        if lines_sudo.group_id:
            people_sudo |= people_sudo.search(
                Domain("all_group_ids", "in", lines_sudo.group_id.ids) & Domain("share", "=", False)
            )
        return people_sudo._origin.with_env(self.env)
