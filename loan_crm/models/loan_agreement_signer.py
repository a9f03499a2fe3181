from odoo import api, fields, models


class LoanAgreementSigner(models.Model):
    """One person's signature under an agreement: waited for, given with their own hand, or declined.

    Each signs for themselves. What is kept of it (who, the name they wrote, the moment, the picture, from which address
    and browser) is digested part by part and sealed (`core.agreements`), and the seal covers the words and the seal of
    whoever signed before (`core.signing`). Nobody writes or deletes a signature. How they come to the page, what they
    are written, how they sign, what proves it and what others are told of it have files of their own.
    """

    _name = "loan.agreement.signer"
    _inherit = [
        "loan.kept.mixin",
        "loan.agreement.person.mixin",
        "loan.agreement.link.mixin",
        "loan.agreement.letter.mixin",
        "loan.agreement.sign.mixin",
        "loan.agreement.seal.mixin",
        "loan.agreement.identity.mixin",
        "loan.agreement.page.mixin",
        "loan.access.mixin",
        "loan.lifecycle.mixin",
    ]
    _description = "Signer of a Loan Agreement"
    _order = "agreement_id desc, id"
    _rec_names_search = ["partner_id.name"]

    agreement_id = fields.Many2one(
        "loan.agreement", "Agreement", required=True, index=True, ondelete="restrict", readonly=True
    )
    contract_id = fields.Many2one(
        related="agreement_id.contract_id", store=True, index=True, precompute=True, string="Loan"
    )
    customer_id = fields.Many2one(
        related="agreement_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(
        related="agreement_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    role = fields.Selection(
        [("borrower", "Borrower"), ("co_borrower", "Co-borrower"), ("guarantor", "Guarantor")],
        "Signs As",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("waiting", "Not Yet"), ("signed", "Signed"), ("declined", "Declined")],
        "Status",
        required=True,
        default="waiting",
        readonly=True,
        copy=False,
    )
    place = fields.Integer("Signed as Number", readonly=True, copy=False, aggregator=None)
    signer_name = fields.Char("Name as Signed", readonly=True, copy=False)
    # In the table and not in a file: one row holds all that the seal is about.
    signature = fields.Binary("Signature", attachment=False, readonly=True, copy=False)
    signed_at = fields.Datetime("Signed On", readonly=True, copy=False)
    way = fields.Selection(
        [("login", "With their login"), ("link", "By the link of their invitation")],
        "Signed How",
        readonly=True,
        copy=False,
    )
    login = fields.Char("Login", readonly=True, copy=False)
    address = fields.Char("Network Address", readonly=True, copy=False)
    browser = fields.Char("Browser, as It Said", readonly=True, copy=False)
    lang = fields.Char("Language of the Page", readonly=True, copy=False)
    read_told = fields.Char("Confirmed to Have Read", readonly=True, copy=False)
    words_hash = fields.Char("Fingerprint of the Words (SHA-256)", readonly=True, copy=False)
    seal_before = fields.Char(
        "Seal of Who Signed Before",
        readonly=True,
        copy=False,
        help="Ties the signatures together in the order they were made.",
    )
    evidence = fields.Json(readonly=True, copy=False, export_string_translation=False)
    seal = fields.Char(
        "Seal (SHA-256)",
        readonly=True,
        copy=False,
        help="Made of the words, the name, the picture and the moment: whoever changes one of them later "
        "breaks it.",
    )

    # By the number, so that contacts can be merged who were both asked for what was never signed.
    _once = models.UniqueIndex("(agreement_id, person_number)", "This person signs this agreement already.")
    _place_uniq = models.UniqueIndex(
        "(agreement_id, place) WHERE state = 'signed'", "Two signatures cannot have the same place."
    )

    @api.depends("partner_id", "role")
    @api.depends_context("lang")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for signer in self:
            signer.display_name = f"{signer.partner_id.name or ''} · {roles.get(signer.role, '')}"

    @api.model
    def _get_erasure_plan(self):
        kept = {"words_hash", "seal", "seal_before", "identified_seal"}
        words = {name: value for name, value in self._loan_words().items() if name not in kept}
        return {
            "delete": False,
            "now": {},
            # The digests of a name or an address are found out by trying: they go with what they are of.
            "later": {
                **words,
                "signature": None,
                "evidence": None,
                "identified_evidence": None,
                "meeting_id": None,
            },
            "why": self.env._("That somebody signed, when, and the seals stay for the books. The rest goes."),
        }

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("waiting", "signed"), ("waiting", "declined")}

    def _loan_kept(self):
        return self.filtered("agreement_id")
