from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        # Odoo moves whatever leads to a contact behind the models' backs, and deletes what a unique index refuses.
        partners = self.env["res.partner"].browse(partner_ids).exists()
        self._check_profiles(partners)
        result = super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)
        # As superuser: what follows from the contact follows for every profile.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        self.env.invalidate_all()
        customers_sudo.search(Domain("partner_id", "in", partners.exists().ids)).modified(["partner_id"])
        self.env["res.users"]._loan_sight_changed()
        return result

    def _check_profiles(self, partners):
        """Refuse to merge what would let profiles disappear, or confidential contacts without compliance.

        :raise UserError: in either case
        """
        # As superuser: profiles count, whoever may see them.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        counts = customers_sudo._read_group(
            Domain("partner_id", "in", partners.ids), ["company_id"], ["__count"]
        )
        for company, count in counts:
            if count > 1:
                raise UserError(
                    self.env._(
                        "Two of these contacts have a loan profile with %s. Merge the profiles first.",
                        company.name,
                    )
                )
        if self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            return
        if self.env["ir.model"]._loan_withheld(partners):
            raise UserError(self.env._("Compliance alone merges contacts of confidential customers."))
