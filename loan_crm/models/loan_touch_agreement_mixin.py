from odoo import api, models
from odoo.tools import SQL


class LoanTouchAgreementMixin(models.AbstractModel):
    """What was offered to a customer to be signed, and what became of it: each signature, or that there will be none.

    That it is signed by all is told by the last signature; what was prepared and never offered has touched nobody.
    """

    _name = "loan.touch.agreement.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: Agreements"
    _depends = {
        "loan.agreement": [
            "company_id",
            "contract_id",
            "customer_id",
            "end_reason",
            "ended_at",
            "offered_at",
            "offered_user_id",
            "state",
            "title",
        ],
        "loan.agreement.signer": [
            "agreement_id",
            "company_id",
            "contract_id",
            "customer_id",
            "partner_id",
            "signed_at",
            "signer_name",
            "state",
        ],
    }

    @api.model
    def _touch_branches(self):
        return {
            **super()._touch_branches(),
            "agreement_offered": self._agreement_offered_branch(),
            "agreement_signed": self._agreement_signed_branch(),
            "agreement_ended": self._agreement_ended_branch(),
        }

    @api.model
    def _agreement_offered_branch(self):
        return {
            "number": 32,
            "kinds": ("agreement",),
            "model": "loan.agreement",
            "told": self._tell_agreement_offered,
            "reads": ["contract_id", "version", "valid_until"],
            "from": SQL("loan_agreement agreement"),
            "where": SQL("agreement.offered_at IS NOT NULL"),
            "source_id": SQL("agreement.id"),
            "date": SQL("agreement.offered_at"),
            "direction": SQL("'out'"),
            "customer": SQL("agreement.customer_id"),
            "contract": SQL("agreement.contract_id"),
            "company": SQL("agreement.company_id"),
            "author": self._partner_sql(SQL("agreement.offered_user_id")),
            "words": SQL("agreement.title"),
        }

    @api.model
    def _tell_agreement_offered(self, agreement):
        return [
            self.env._("Sent for signature"),
            agreement.display_name,
            self.env._("to be signed by %s", self._day(agreement.valid_until)),
        ]

    @api.model
    def _agreement_signed_branch(self):
        return {
            "number": 33,
            "kinds": ("agreement",),
            "model": "loan.agreement.signer",
            "told": self._tell_agreement_signed,
            "reads": ["agreement_id", "partner_id", "role", "way"],
            "from": SQL("loan_agreement_signer signer"),
            "where": SQL("signer.state = 'signed'"),
            "source_id": SQL("signer.id"),
            "date": SQL("signer.signed_at"),
            "direction": SQL("'in'"),
            "customer": SQL("signer.customer_id"),
            "contract": SQL("signer.contract_id"),
            "company": SQL("signer.company_id"),
            "author": SQL("signer.partner_id"),
            "words": SQL("signer.signer_name"),
        }

    @api.model
    def _tell_agreement_signed(self, signer):
        return [
            self.env._("Signed by %s", signer.display_name),
            signer.agreement_id.display_name,
            self._label(signer, "way"),
        ]

    @api.model
    def _agreement_ended_branch(self):
        return {
            **self._agreement_offered_branch(),
            "number": 34,
            "told": self._tell_agreement_ended,
            "reads": ["contract_id", "version", "state", "end_reason"],
            "where": SQL(
                "agreement.offered_at IS NOT NULL AND agreement.state IN ('declined', 'withdrawn', 'expired')"
            ),
            "date": SQL("agreement.ended_at"),
            "direction": SQL(
                "CASE agreement.state WHEN 'declined' THEN 'in' WHEN 'withdrawn' THEN 'out' END"
            ),
            "author": SQL(
                """
                (SELECT signer.partner_id FROM loan_agreement_signer signer
                  WHERE signer.agreement_id = agreement.id AND signer.state = 'declined' ORDER BY signer.id LIMIT 1)
                """
            ),
            "words": SQL("agreement.end_reason"),
        }

    @api.model
    def _tell_agreement_ended(self, agreement):
        return [self._label(agreement, "state"), agreement.display_name, agreement.end_reason]
