from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    loan_customer_ids = fields.One2many("loan.customer", "partner_id", "Loan Customer Profiles")
    loan_customer_count = fields.Integer(compute="_compute_loan_customer_count")

    def _compute_loan_customer_count(self):
        counts = {}
        if self.env["loan.customer"].has_access("read"):
            counts = dict(
                self.env["loan.customer"]._read_group(
                    [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
                )
            )
        for partner in self:
            partner.loan_customer_count = counts.get(partner, 0)

    def action_open_loan_customer(self):
        """Open the contact's loan profile, or a new one where it has none yet."""
        self.ensure_one()
        profile = self.env["loan.customer"].search([("partner_id", "=", self.id)], limit=1)
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": profile.id,
            "views": [(False, "form")],
            "context": {"default_partner_id": self.id},
        }
