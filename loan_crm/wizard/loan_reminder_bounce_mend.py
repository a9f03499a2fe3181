from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize


class LoanReminderBounceMend(models.TransientModel):
    """Give a contact the address that letters can reach, in place of one they come back from."""

    _name = "loan.reminder.bounce.mend"
    _inherit = ["loan.guard.mixin"]
    _description = "New Address"

    bounce_id = fields.Many2one("loan.reminder.bounce", "Bounced Address", required=True)
    email = fields.Char(related="bounce_id.email", string="Letters Come Back From")
    partner_id = fields.Many2one(related="bounce_id.partner_id", string="Contact")
    said = fields.Text(related="bounce_id.said")
    email_new = fields.Char(
        "New Address",
        help="It takes the place of the old one on the contact, and the letters that came back are written "
        "again.",
    )  # asked for by the verb as well

    def action_mend(self):
        """Write the new address on the contact, and write again the letters that came back."""
        self.ensure_one()
        bounce = self.bounce_id
        bounce._check_may_mend()
        email = email_normalize(self.email_new)
        if not email:
            raise UserError(self.env._("Enter one complete address, such as wang.fang@example.com."))
        if email == bounce.email:
            raise UserError(
                self.env._(
                    "This is the address that letters come back from. If it is right after all, use “Address Is "
                    "Right, Try Again”."
                )
            )
        partner = bounce.partner_id
        if not partner.has_access("write"):
            raise AccessError(
                self.env._("You may not change contacts. Ask somebody who may to correct the address.")
            )
        bounce_sudo = bounce.sudo()  # who mended it is noted, not entered; letters are written by verbs only
        bounce_sudo._end("mended", self.env.user)
        partner.email = email
        return bounce._tell_mended(bounce_sudo._write_again())
