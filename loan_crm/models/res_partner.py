from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # No relation to the profiles: every employee may search contacts, and "has any" asks no rule.
    loan_customer_count = fields.Integer(compute="_compute_loan_customer_count")

    @api.depends_context("uid")
    def _compute_loan_customer_count(self):
        counts = {}
        if self.env["loan.customer"].has_access("read"):
            counts = dict(
                self.env["loan.customer"]
                .with_context(active_test=False)
                ._read_group([("partner_id", "in", self.ids)], ["partner_id"], ["__count"])
            )
        for partner in self:
            partner.loan_customer_count = counts.get(partner, 0)

    def write(self, vals):
        result = super().write(vals)
        if "email" in vals:
            # As superuser: who corrects an address need not know whose letters came back from it.
            self.env["loan.reminder.bounce"].sudo()._supersede(self)
        return result

    def action_open_loan_customer(self):
        """Open the contact's loan profile, an archived one, too, or a new one where one sees none."""
        self.ensure_one()
        profiles = self.env["loan.customer"].with_context(active_test=False)
        profile = profiles.search([("partner_id", "=", self.id)], order="active desc, id", limit=1)
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": profile._surviving().id,
            "views": [(False, "form")],
            "context": {"default_partner_id": self.id},
        }
