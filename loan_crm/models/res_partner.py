from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    # No relation to the profiles: every employee may search contacts, and "has any" asks no rule.
    loan_customer_count = fields.Integer(compute="_compute_loan_customer_count")
    # Of the present company alone: each lender has its own profile of a contact.
    loan_customer_here = fields.Integer(compute="_compute_loan_customer_count")

    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_loan_customer_count(self):
        counts, here = {}, {}
        profiles = self.env["loan.customer"].with_context(active_test=False)
        if profiles.has_access("read"):
            for partner, company, count in profiles._read_group(
                [("partner_id", "in", self.ids)], ["partner_id", "company_id"], ["__count"]
            ):
                counts[partner] = counts.get(partner, 0) + count
                if company == self.env.company:
                    here[partner] = count
        for partner in self:
            partner.loan_customer_count = counts.get(partner, 0)
            partner.loan_customer_here = here.get(partner, 0)

    def write(self, vals):
        result = super().write(vals)
        if "email" in vals:
            # As superuser: who corrects an address need not know whose letters came back from it.
            self.env["loan.reminder.bounce"].sudo()._supersede(self)
        return result

    def action_open_loan_customer(self):
        """Open the contact's loan profile, an archived one, too, or a new one where one sees none.

        Of profiles in several companies that of the present one.
        """
        self.ensure_one()
        profiles = self._loan_profiles()
        here = profiles.filtered(lambda profile: profile.company_id == self.env.company)
        return self._open_loan_profile((here or profiles)[:1])

    def action_make_loan_customer(self):
        """Open a new loan profile of the present company, or the one that is there already."""
        self.ensure_one()
        return self._open_loan_profile(self._loan_profiles(self.env.company)[:1])

    def _loan_profiles(self, company=None):
        """Return the contact's profiles that the user may see, archived ones last.

        :param company: `res.company`; None for those of all the user works in
        """
        profiles = self.env["loan.customer"].with_context(active_test=False)
        mine = Domain("partner_id", "=", self.id)
        if company:
            mine &= Domain("company_id", "=", company.id)
        return profiles.search(mine, order="active desc, id")

    def _open_loan_profile(self, profile):
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": profile._surviving().id,
            "views": [(False, "form")],
            "context": {"default_partner_id": self.id},
        }
