from odoo import api, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        activities._loan_follow_cover()
        return activities

    def _loan_follow_cover(self):
        """Let what is planned for somebody who is away go to who acts, at once and not within the hour."""
        about = self.filtered(lambda activity: (activity.res_model or "").startswith("loan."))
        users = about.filtered("active").user_id - self.env.user  # what one plans for oneself stays
        if users:
            # As superuser: who plans a task need not know who is away.
            covers_sudo = self.env["loan.cover"].sudo()
            for cover_sudo in covers_sudo.search(
                [("state", "=", "running"), ("manager_user_id", "in", users.ids)]
            ):
                cover_sudo._pass_tasks()
