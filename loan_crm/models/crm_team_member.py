from odoo import api, models


class CrmTeamMember(models.Model):
    _inherit = "crm.team.member"

    @api.constrains("crm_team_id", "user_id", "active")
    def _check_loan_walls(self):
        self.env["loan.wall"]._check_members(self.crm_team_id)

    # Who leaves a team holds what they follow and have to do still: it is looked through right after.

    def write(self, vals):
        people = self.user_id if {"active", "crm_team_id", "user_id"} & vals.keys() else self.user_id.browse()
        result = super().write(vals)
        self.env["loan.sight.end"]._note(users=people)
        return result

    def unlink(self):
        people = self.user_id
        result = super().unlink()
        self.env["loan.sight.end"]._note(users=people)
        return result
