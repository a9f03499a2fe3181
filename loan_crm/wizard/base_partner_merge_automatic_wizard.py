from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import mute_logger


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        # Odoo moves whatever leads to a contact behind the models' backs.
        partners = self.env["res.partner"].browse(partner_ids).exists()
        self._check_profiles(partners)
        self._check_parties(partners)
        self._check_signers(partners)
        # As superuser: what was signed follows its signer, whoever may see it.
        signers_sudo = self.env["loan.agreement.signer"].sudo().search([("partner_id", "in", partners.ids)])
        before = {signer.id: signer.partner_id.id for signer in signers_sudo}
        loans = self._loans_as_agreed(partners)
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                result = super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)
        except UniqueViolation as error:
            raise UserError(self._side_by_side(error.diag.table_name)) from error
        # As superuser: what follows from the contact follows for every profile.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        self.env.invalidate_all()
        theirs_sudo = customers_sudo.search(Domain("partner_id", "in", partners.exists().ids))
        theirs_sudo.modified(["partner_id"])
        # Who wants no surveys wants none with the profiles that have come to them.
        theirs_sudo.filtered("partner_id.loan_no_surveys")._say_surveys(True)
        signers_sudo._note_contacts_merged(before)
        for agreement in loans:  # who answers for the loan has another number, and nothing else has changed
            agreement._by_verb().terms_hash = agreement.contract_id._agreement_terms_hash()
        self.env["res.users"]._loan_sight_changed()
        return result

    def _check_profiles(self, partners):
        """Refuse to merge what would let profiles disappear, or confidential contacts without compliance.

        :raise UserError: in either case
        """
        # As superuser: profiles count, whoever may see them.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        profiles = customers_sudo.search(Domain("partner_id", "in", partners.ids))
        for company, theirs in profiles.grouped("company_id").items():
            if len(theirs) < 2:
                continue
            if len(theirs._surviving()) > 1:
                raise UserError(
                    self.env._(
                        "Two of these contacts have a loan profile with %s. Merge the profiles first.",
                        company.name,
                    )
                )
            raise UserError(
                self.env._(
                    "The profiles that these contacts have with %s are one already. Both contacts stay: what names "
                    "either of them stands on its page.",
                    company.name,
                )
            )
        if self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            return
        if self.env["ir.model"]._loan_withheld(partners):
            raise UserError(self.env._("Compliance alone merges contacts of confidential customers."))

    def _check_parties(self, partners):
        """Refuse to let somebody answer for a loan of their own.

        :raise UserError: in words that tell nothing of the loan
        """
        # As superuser: who answers for a loan counts, whoever may see it.
        parties_sudo = self.env["loan.contract.party"].sudo()
        if parties_sudo.search_count(
            Domain("partner_id", "in", partners.ids)
            & Domain("date_to", "=", False)
            & Domain("contract_id.customer_id.partner_id", "in", partners.ids),
            limit=1,
        ):
            raise UserError(
                self.env._(
                    "One of these contacts answers for a loan of another one. If they are one person, release them "
                    "from it first."
                )
            )

    def _check_signers(self, partners):
        """Refuse to merge contacts who sign one agreement: two people gave their word there, each for themselves.

        :raise UserError: in words that tell nothing of the agreement
        """
        # As superuser: what is signed counts, whoever may see it.
        signers_sudo = self.env["loan.agreement.signer"].sudo()
        for state, words in (
            (
                "offered",
                self.env._(
                    "Two of these contacts are to sign the same agreement, each for themselves. If they are one "
                    "person, withdraw the offer first."
                ),
            ),
            (
                "signed",
                self.env._(
                    "Two of these contacts have signed the same agreement, each for themselves. They stay two."
                ),
            ),
        ):
            found = signers_sudo._read_group(
                Domain("partner_id", "in", partners.ids) & Domain("agreement_id.state", "=", state),
                ["agreement_id"],
                having=[("__count", ">", 1)],
            )
            if found:
                raise UserError(words)

    def _loans_as_agreed(self, partners):
        """Return the agreements whose loans say what was offered, and for which one of these contacts answers.

        :rtype: `loan.agreement`, as superuser
        """
        # As superuser: what was agreed on follows those who agreed, whoever may see it.
        offered_sudo = (
            self.env["loan.agreement"]
            .sudo()
            .search(
                Domain("state", "in", ("offered", "signed"))
                & Domain("contract_id.state", "=", "draft")
                & Domain("contract_id.party_ids.partner_id", "in", partners.ids)
            )
        )
        return offered_sudo.filtered(
            lambda agreement: agreement.terms_hash == agreement.contract_id._agreement_terms_hash()
        )

    def _side_by_side(self, table):
        """Return what is told where both contacts stand beside each other and only one of them could stay.

        :param str table: where they do
        """
        # As superuser: of a model its name is told.
        names = {model._table: name for name, model in self.env.registry.items() if not model._abstract}
        model_sudo = self.env["ir.model"].sudo()._get(names.get(table, "res.partner"))
        return self.env._(
            "Two of these contacts stand side by side under “%s”, and nothing that stands there may be lost. "
            "End one of the two entries first, then merge.",
            model_sudo.name,
        )
