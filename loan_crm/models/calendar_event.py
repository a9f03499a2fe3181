from odoo import SUPERUSER_ID, api, models


class CalendarEvent(models.Model):
    """A meeting about a customer: its title, its messages and its call tell of them as the customer does."""

    _name = "calendar.event"
    _inherit = ["calendar.event", "loan.appointment.mixin"]

    @api.depends_context("uid")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        # Whatever points at a meeting, a series or a to-do, is told its title as superuser.
        if self.env.su and self.env.uid != SUPERUSER_ID and self.env.user._is_internal():
            hidden = self.browse(self.ids)._loan_out_of_sight()
            hidden.display_name = self.env["loan.discretion.mixin"]._loan_masked()
        return result

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
        # The link lets in whoever has it, for ever, and the call lists its title and its people.
        if self.env["ir.model"]._loan_withheld_meeting(self):
            name = self.display_time
            users_sudo = self.env["res.users"].sudo()  # as superuser: whoever opens the call, by its link
            colleagues_sudo = users_sudo.search([("partner_id", "in", partner_ids), ("share", "=", False)])
            seeing_sudo = colleagues_sudo.filtered(lambda user: not self.with_user(user)._loan_out_of_sight())
            partner_ids = seeing_sudo.partner_id.ids  # the borrower comes by their link, as a guest
        return super()._create_videocall_channel_id(name, partner_ids)
