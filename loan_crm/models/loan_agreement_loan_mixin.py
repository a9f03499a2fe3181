from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..core import signing

# Of each section of the key facts these stand at the top of the page; of the others the first.
_TOP = {"pay": ("principal", "next", "frequency", "last"), "cost": ("annual", "cost", "payable")}


class LoanAgreementLoanMixin(models.AbstractModel):
    """A loan and the agreement that is signed about it: what it says, and that both go on saying the same."""

    _name = "loan.agreement.loan.mixin"
    _description = "Loan With Its Agreement"

    agreement_ids = fields.One2many(
        "loan.agreement", "contract_id", "Loan Agreements", readonly=True, copy=False
    )
    agreement_state = fields.Selection(
        selection=lambda self: self.env["loan.agreement"]._fields["state"]._description_selection(self.env),
        string="Agreement",
        compute="_compute_agreement_state",
    )
    agreement_told = fields.Char("Signatures of the Agreement", compute="_compute_agreement_state")

    @api.depends("agreement_ids.state", "agreement_ids.signer_ids.state")
    @api.depends_context("lang")
    def _compute_agreement_state(self):
        for contract in self:
            newest = contract.agreement_ids.sorted("version")[-1:]
            contract.agreement_state = newest.state
            contract.agreement_told = newest.signed_told

    def action_prepare_agreement(self):
        """Open the agreement that is being prepared or waits; a new one is made where there is none."""
        self.ensure_one()
        agreement = self.env["loan.agreement"]._prepare_for(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.agreement",
            "res_id": agreement.id,
            "views": [(False, "form")],
        }

    def action_open_agreements(self):
        """Open the agreements of this loan."""
        return self._action_open("loan_crm.loan_agreement_action")

    # ------------------------------------------------------------ both say the same

    def write(self, vals):
        result = super().write(vals)
        if self._term_names() & vals.keys():
            self._agreement_follows()
        return result

    def _agreement_follows(self):
        """Withdraw offers whose loans no longer say what was offered, and note it where it was signed already."""
        # As superuser: the offer follows the loan, whoever changed it.
        standing_sudo = (
            self.env["loan.agreement"]
            .sudo()
            .search(Domain("contract_id", "in", self.ids) & Domain("state", "in", ("offered", "signed")))
        )
        for agreement in standing_sudo:
            contract = agreement.contract_id
            if contract.state != "draft" or agreement.terms_hash == contract._agreement_terms_hash():
                continue
            if agreement.state == "offered":
                agreement._end("withdrawn", self.env._("The terms of the loan have changed since."))
            else:
                contract._message_log(
                    body=self.env._(
                        "%s was signed with other terms. Offer a new agreement before the loan is paid out.",
                        agreement.display_name,
                    )
                )

    def _withdraw_agreements(self, reason):
        """Withdraw what is being prepared or waits for signatures.

        :param str reason: kept with it
        """
        # As superuser: as above.
        self.env["loan.agreement"].sudo().search(
            Domain("contract_id", "in", self.ids) & Domain("state", "in", ("draft", "offered"))
        )._end("withdrawn", reason)

    def _check_agreement(self):
        """Refuse to pay out while an offer waits, or what was signed says other terms.

        :raise UserError: in the user's words
        """
        # As superuser: that something was signed counts, whoever pays out.
        made_sudo = (
            self.env["loan.agreement"]
            .sudo()
            .search(Domain("contract_id", "in", self.ids) & Domain("state", "in", ("offered", "signed")))
        )
        for contract, agreements in made_sudo.grouped("contract_id").items():
            newest = agreements.sorted("version")[-1:]
            if newest.state == "offered":
                raise UserError(
                    self.env._(
                        "%s still waits for signatures. Wait for them, or withdraw the offer first.",
                        newest.display_name,
                    )
                )
            if newest.terms_hash != contract._agreement_terms_hash():
                raise UserError(
                    self.env._(
                        "%s was signed with other terms than the loan has now. Offer a new agreement first.",
                        newest.display_name,
                    )
                )

    def _agreement_parties(self):
        """Return who answers for the loan beside its borrower and is not released, those who join later as well."""
        today = self.company_id._loan_today()
        return self.party_ids.filtered(lambda party: not party.date_to or party.date_to > today)

    def _agreement_terms_hash(self):
        """Return one hash of all that is agreed on: the terms, each installment, and who answers for it."""
        self.ensure_one()

        def told(name):
            value = self[name]
            return str(value.id if isinstance(value, models.BaseModel) else value or "")

        rows = self.installment_ids.sorted(lambda row: (row.due_date, row.number, row.id))
        return signing.words_hash(
            {
                # Not the profile: two of one person may be merged.
                **{name: told(name) for name in sorted(self._term_names() - {"customer_id"})},
                "fee": told("fee"),
                "rows": "\n".join(
                    f"{row.due_date} {self._amount_told(row.principal)} {self._amount_told(row.interest)}"
                    for row in rows
                ),
                "parties": "\n".join(
                    sorted(f"{party.partner_id.id} {party.role}" for party in self._agreement_parties())
                ),
            }
        )

    def _amount_told(self, amount):
        return f"{amount:.{self.currency_id.decimal_places}f}"

    # ------------------------------------------------------------ what is signed

    def _agreement_words(self, text):
        """Return what is to be signed, in the language of the borrower.

        :param text: `loan.agreement.text`
        :return: a dict of `title`, `words` (markup), `key_facts` and `lang`
        """
        self.ensure_one()
        lang = self._borrower_lang()
        contract = self.with_context(lang=lang)
        # As superuser: the name and address of the lender are no secret, and the wording is read by whoever signs it.
        company_sudo, text_sudo = contract.company_id.sudo(), text.with_context(lang=lang).sudo()
        sections = contract._key_facts()
        rows = contract.installment_ids.sorted(lambda row: (row.due_date, row.number, row.id))
        roles = dict(
            self.env["loan.agreement.signer"]
            .with_context(lang=lang)
            ._fields["role"]
            ._description_selection(contract.env)
        )
        words = contract.env["ir.qweb"]._render(
            "loan_crm.loan_agreement_words",
            {
                "title": text_sudo.name,
                "day": contract._long_day(contract.company_id._loan_today()),
                "lender": company_sudo.name,
                "lender_address": " ".join(
                    (company_sudo.partner_id._display_address(without_company=True) or "").split()
                ),
                "loan": contract.name,
                "product": contract.product_id.name,
                "parties": [
                    (contract.partner_id.name, roles["borrower"]),
                    *((party.partner_id.name, roles[party.role]) for party in contract._agreement_parties()),
                ],
                "sections": sections,
                "body": text_sudo.body,
                "rows": [
                    {
                        "number": row.number or "",
                        "due": format_date(contract.env, row.due_date, date_format="long"),
                        "amount": contract._amount(row.amount),
                        "principal": contract._amount(row.principal),
                        "interest": contract._amount(row.interest),
                        "balance": contract._amount(row.balance),
                    }
                    for row in rows
                ],
                "cooling": contract._agreement_cooling(),
                "words": {
                    "lender": contract.env._("Lender"),
                    "loan": contract.env._("Loan"),
                    "as_of": contract.env._("As of"),
                    "facts": contract.env._("Key facts"),
                    "cooling": contract.env._("Right to withdraw"),
                    "schedule": contract.env._("Schedule"),
                    "columns": [
                        contract.env._("Due on"),
                        contract.env._("Amount"),
                        contract.env._("Principal"),
                        contract.env._("Interest"),
                        contract.env._("Owed after it"),
                    ],
                },
            },
        )
        return {
            "title": text_sudo.name,
            "words": words,
            "key_facts": self._agreement_top(sections),
            "lang": lang,
        }

    def _agreement_cooling(self):
        """Return what the agreement says of withdrawing without a reason; empty where there is no such right."""
        days = self.product_id.cooling_off_days
        return days and self.env._(
            "The borrower may withdraw from this agreement without giving a reason for %s days after the last "
            "signature. What was paid out is then paid back, with the interest for the days between.",
            days,
        )

    @api.model
    def _agreement_top(self, sections):
        """Return the facts that stand at the top of the page.

        :param sections: as `_key_facts` returns them
        """
        top = []
        for section in sections:
            names = _TOP.get(section["key"])
            facts = section["facts"]
            facts = [fact for fact in facts if fact["key"] in names] if names else facts[:1]
            top += [
                {
                    "section": section["title"],
                    "label": fact["label"],
                    "value": fact["value"],
                    "text": fact["text"],
                }
                for fact in facts
            ]
        return top
