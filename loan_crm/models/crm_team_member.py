from odoo import api, models


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    @api.constrains("crm_team_id", "user_id", "active")
    def _check_loan_walls(self):
        self.env["loan.wall"]._check_members(self.crm_team_id)
