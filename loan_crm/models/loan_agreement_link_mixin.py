from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain
from odoo.tools.misc import hmac

from ..core import links


class LoanAgreementLinkMixin(models.AbstractModel):
    """How a signer comes to their agreement: by the link of their invitation, or among what their login is for.

    A link is signed, opens this one page, and ends with the offer, with a later revocation or with the person. What
    opens nothing opens nothing for whatever reason: nobody learns from it what there is.
    """

    _name = "loan.agreement.link.mixin"
    _description = "Agreements: Ways to the Page"

    @api.model
    def _link_key(self):
        """Return the key that signs invitations, bytes: another one than that of letters about a loan."""
        # As superuser: the database's secret is nobody's to read.
        return bytes.fromhex(hmac(self.env(su=True), "loan_crm.agreement.link", "key"))

    def _link_url(self):
        """Return the address that opens this signer's page without a login, until the offer ends."""
        self.ensure_one()
        agreement = self.agreement_id
        token = links.sign(
            self._link_key(), self.id, self.partner_id.id, agreement.link_serial, agreement.valid_until
        )
        return f"{self.company_id.get_base_url()}/agreement/{token}"

    @api.model
    def _from_link(self, token):
        """Return the signer whom an invitation was sent to, empty where it opens nothing, for whatever reason.

        :param str token: as it came, whatever it is
        """
        link = links.read(self._link_key(), token)
        if not link:
            return self.browse()
        # As the system: the signature of the link is the right to this one page, and what is done is nobody's deed.
        signer = self.with_user(SUPERUSER_ID).browse(link.contract_id).exists()
        if (
            not signer
            or signer.partner_id.id != link.partner_id
            or signer.agreement_id.link_serial % links.SERIALS != link.serial
            or signer.company_id._loan_today() > link.last_day
            or not signer._opens()
        ):
            return self.browse()
        return signer._as_read(signer.partner_id.lang or signer.agreement_id.lang)

    def _opens(self):
        """Tell whether this person may see the agreement now, by whatever way."""
        self.ensure_one()
        return bool(
            self.agreement_id.state != "draft"
            and self.partner_id.active
            and self.customer_id.active
            and not self.customer_id.erased_on
            and self.company_id.active
        )

    def _as_read(self, lang):
        """Return this signer in the lender's company and in a language.

        :param str lang: code
        """
        return self.with_context(allowed_company_ids=self.company_id.ids, lang=lang)

    @api.model
    def _of_person(self, partner, companies):
        """Return where somebody signs or has signed, what waits for them first.

        :param partner: `res.partner`, as the system
        :param companies: `res.company`, the lenders that their login is for
        """
        here = Domain("company_id", "in", companies.ids)
        found = self.search(Domain("partner_id", "=", partner.id) & here)
        # What they signed as the contact of a profile that was given up for theirs is theirs to read.
        profiles = self.env["loan.customer"].search(Domain("partner_id", "=", partner.id) & here)
        former = profiles._merged_into_these().partner_id - partner
        if former:
            found |= self.search(
                Domain("partner_id", "in", former.ids) & Domain("state", "=", "signed") & here
            )
        return found.filtered(lambda signer: signer._opens()).sorted(
            lambda signer: (not signer._waits(), -signer.id)
        )

    def _waits(self):
        """Tell whether the agreement waits for this person's signature."""
        self.ensure_one()
        return self.state == "waiting" and self.agreement_id._is_open()
