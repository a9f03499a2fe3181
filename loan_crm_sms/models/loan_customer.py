from odoo import api, fields, models


class LoanCustomer(models.Model):
    _inherit = "loan.customer"

    preferred_channel = fields.Selection(
        selection_add=[("sms", "Text Message")],
        ondelete={"sms": "set default"},
    )
    sms_trouble = fields.Selection(
        [
            ("missing", "No phone number"),
            ("invalid", "Number not valid"),
            ("blacklisted", "Number blacklisted"),
        ],
        "Why No Text Messages",
        compute="_compute_sms_trouble",
    )

    @api.depends("partner_id.phone", "partner_id.phone_sanitized")
    def _compute_sms_trouble(self):
        # As superuser: who does not want text messages is for whoever may see the customer.
        listed_sudo = self.env["phone.blacklist"].sudo()
        numbers = [number for number in self.partner_id.mapped("phone_sanitized") if number]
        listed = set(listed_sudo.search([("number", "in", numbers)]).mapped("number"))
        for customer in self:
            partner = customer.partner_id
            customer.sms_trouble = (
                "missing"
                if not (partner.phone or "").strip()
                else "invalid"
                if not partner.phone_sanitized
                else "blacklisted"
                if partner.phone_sanitized in listed
                else False
            )
