from odoo import api, fields, models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    loan_assign_policy = fields.Selection(
        [
            ("hand", "By Hand"),
            ("propose", "Proposed to the Lead"),
            ("automatic", "Automatically"),
        ],
        "New Borrowers Are Assigned",
        required=True,
        default="hand",
        help="What happens to a borrower of the team whom nobody is accountable for: nothing by itself, a to-do for "
        "the lead with proposals, or the best proposal at once.",
    )
    loan_assign_deputy = fields.Boolean(
        "Name a Deputy, Too",
        default=True,
        help="The runner-up becomes deputy of a borrower assigned automatically.",
    )

    def _action_assign_leads(self, *args, **kwargs):
        # Odoo's machine gives leads away as superuser, and would tell a confidential one to whoever is next.
        team = self.with_context(loan_unclosed=self.env["crm.lead"]._loan_unclosed())
        return super(CrmTeam, team)._action_assign_leads(*args, **kwargs)

    @api.constrains("user_id")
    def _check_loan_walls(self):
        self.env["loan.wall"]._check_members(self)
