from odoo import api, fields, models
from odoo.exceptions import AccessError


class LoanTeamPolicy(models.TransientModel):
    """How a team finds somebody for new borrowers: said by its lead, who may not change a sales team otherwise."""

    _name = "loan.team.policy"
    _inherit = ["loan.guard.mixin"]
    _description = "How New Borrowers Are Assigned"

    team_id = fields.Many2one(
        "crm.team",
        "Team",
        required=True,
        domain=lambda self: self._team_domain(),
        default=lambda self: self.env["crm.team"].search(self._team_domain(), limit=1),
        help="A team you lead.",
    )
    loan_assign_policy = fields.Selection(
        selection=lambda self: (
            self.env["crm.team"]._fields["loan_assign_policy"]._description_selection(self.env)
        ),
        string="New Borrowers Are Assigned",
        compute="_compute_policy",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="What happens to a borrower of the team whom nobody is accountable for: nothing by itself, a to-do for "
        "the lead with proposals, or the best proposal at once.",
    )
    loan_assign_deputy = fields.Boolean(
        "Name a Deputy, Too",
        compute="_compute_policy",
        store=True,
        readonly=False,
        precompute=True,
        help="The runner-up becomes deputy of a borrower assigned automatically.",
    )

    @api.model
    def _team_domain(self):
        if self.env.user.has_group("loan_crm.loan_crm_group_administrator"):
            return []
        return [("user_id", "=", self.env.uid)]

    @api.depends("team_id")
    def _compute_policy(self):
        for form in self:
            form.loan_assign_policy = form.team_id.loan_assign_policy or "hand"
            form.loan_assign_deputy = form.team_id.loan_assign_deputy

    def action_apply(self):
        """Write the choice on the team."""
        self.ensure_one()
        self.check_access("write")
        administers = self.env.user.has_group("loan_crm.loan_crm_group_administrator")
        self.team_id.check_access("read")
        if not administers and self.team_id.user_id != self.env.user:
            raise AccessError(self.env._("This is said by who leads the team, or by an administrator."))
        team_sudo = self.team_id.sudo()  # a sales team is Odoo's administrators' to change, but for this
        team_sudo.write(
            {"loan_assign_policy": self.loan_assign_policy, "loan_assign_deputy": self.loan_assign_deputy}
        )
        return {"type": "ir.actions.act_window_close"}
