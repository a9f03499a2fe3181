from odoo import SUPERUSER_ID, api, models


class CalendarEvent(models.Model):
    """A meeting about a customer: its title, its messages and its call tell of them as the customer does."""

    _inherit = "calendar.event"

    @api.depends_context("uid")
    def _compute_display_name(self):
        super()._compute_display_name()
        # Whatever points at a meeting, a series or a to-do, is told its title as superuser.
        if self.env.su and self.env.uid != SUPERUSER_ID and self.env.user._is_internal():
            self.browse(self.ids)._loan_out_of_sight().display_name = self.env[
                "loan.discretion.mixin"
            ]._loan_masked()

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if not self._loan_watched():
            return recipients
        users = self.env["res.users"]
        return [
            recipient
            for recipient in recipients
            if recipient["share"]
            or not recipient["uid"]
            or not self.with_user(users.browse(recipient["uid"]))._loan_out_of_sight()
        ]

    def _create_videocall_channel_id(self, name, partner_ids):
        # Its title and its people stay in the list of conversations of whoever was let in.
        if self.env["ir.model"]._loan_withheld_meeting(self):
            name = self.display_time
            users_sudo = self.env["res.users"].sudo()  # as superuser: whoever opens the call, by its link
            colleagues_sudo = users_sudo.search([("partner_id", "in", partner_ids), ("share", "=", False)])
            blind_sudo = colleagues_sudo.filtered(lambda user: self.with_user(user)._loan_out_of_sight())
            partner_ids = [id_ for id_ in partner_ids if id_ not in blind_sudo.partner_id.ids]
        return super()._create_videocall_channel_id(name, partner_ids)
