from base64 import b64decode

from odoo import fields, models

from ..core import agreements


class LoanAgreementSealMixin(models.AbstractModel):
    """What proves a signature: the parts that its seal is about, and which of them are no longer as they were."""

    _name = "loan.agreement.seal.mixin"
    _description = "Agreements: Seal of a Signature"

    def _as_parts(self):
        """Return what the seal is about, `{name: text, bytes or None}`; the names are those of fields."""
        self.ensure_one()
        signer = self.with_context(bin_size=False)
        parts = {
            name: signer[name] or None
            for name in (
                "role",
                "signer_name",
                "way",
                "login",
                "address",
                "browser",
                "lang",
                "read_told",
                "words_hash",
                "seal_before",
            )
        }
        return {
            **parts,
            "agreement_id": str(signer.agreement_id.id),
            "person_number": str(signer.person_number),
            "place": str(signer.place),
            "signed_at": fields.Datetime.to_string(signer.signed_at) or None,
            "signature": b64decode(signer.signature) if signer.signature else None,
        }

    def _altered(self):
        """Return the labels of the parts that are no longer as they were signed; called as superuser."""
        self.ensure_one()
        names = agreements.altered(self._as_parts(), self.evidence, self.seal)
        if self._person_now() != self.partner_id.id:
            names.append("partner_id")
        if self.words_hash != self.agreement_id.words_hash:
            names.append("words_hash")
        if self.identified_seal:
            names += agreements.altered(
                self._identified_parts(), self.identified_evidence, self.identified_seal
            )
        return [
            self._fields[name]._description_string(self.env)
            if name in self._fields
            else self.env._("the evidence itself")
            for name in dict.fromkeys(names)
        ]
