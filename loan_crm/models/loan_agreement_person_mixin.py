from odoo import fields, models


class LoanAgreementPersonMixin(models.AbstractModel):
    """Whose signature it is: a contact, and the number that this contact had when they were invited.

    The seal is about the number. Where contacts are merged, the signature leads to the one that is left, the number
    stays, and how the one has become the other is kept beside it and in the access log.
    """

    _name = "loan.agreement.person.mixin"
    _description = "Agreements: Who Signs"

    partner_id = fields.Many2one(
        "res.partner", "Person", required=True, index=True, ondelete="restrict", readonly=True
    )
    person_number = fields.Integer(
        "Number of the Contact",
        required=True,
        readonly=True,
        copy=False,
        aggregator=None,
        help="As it was when they were invited; it stays when contacts are merged.",
    )
    contact_merges = fields.Json(readonly=True, copy=False, export_string_translation=False)

    def _person_now(self):
        """Return the number of the contact that the one who was invited has become, as far as it is on record."""
        self.ensure_one()
        number = self.person_number
        for merged in self.contact_merges or []:
            if merged["from"] == number:
                number = merged["into"]
        return number

    def _note_contacts_merged(self, before):
        """Note which of these signers have another contact than before; called as superuser.

        :param dict before: `{number of the signer: number of their contact}`
        """
        moment = fields.Datetime.to_string(fields.Datetime.now())
        for signer in self.filtered(lambda signer: signer.partner_id.id != before[signer.id]):
            merged = {"from": before[signer.id], "into": signer.partner_id.id, "at": moment}
            signer._by_verb().contact_merges = [*(signer.contact_merges or []), merged]
            self.env["loan.access.log"]._note(
                "agreement", signer, merged_from=merged["from"], merged_into=merged["into"]
            )
            if signer._waits():  # a link names its contact
                house = signer._in_house()
                house.contract_id._message_log(
                    body=house.env._(
                        "Contacts were merged: the invitation of %s opens nothing any more. Remind them to sign.",
                        house.display_name,
                    )
                )
