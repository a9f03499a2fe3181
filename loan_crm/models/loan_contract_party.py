from odoo import api, fields, models
from odoo.exceptions import ValidationError


class LoanContractParty(models.Model):
    """Somebody who answers for a loan beside its borrower: co-borrowers owe it, guarantors if nobody else pays."""

    _name = "loan.contract.party"
    _inherit = ["loan.access.mixin"]
    _description = "Party to a Loan"
    _order = "contract_id, role, id"
    _rec_names_search = ["partner_id.name", "contract_id.name"]
    _check_company_auto = True

    contract_id = fields.Many2one(
        "loan.contract", "Loan", required=True, index=True, ondelete="cascade", check_company=True
    )
    customer_id = fields.Many2one(
        related="contract_id.customer_id", store=True, precompute=True, index=True, string="Customer"
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one("res.partner", "Person", required=True, index=True, ondelete="restrict")
    role = fields.Selection(
        [("co_borrower", "Co-borrower"), ("guarantor", "Guarantor")],
        required=True,
        default="co_borrower",
        help="A co-borrower owes the loan as the borrower does; a guarantor if nobody else pays.",
    )
    date_from = fields.Date("Since", required=True, default=lambda self: self.env.company._loan_today())
    date_to = fields.Date("Released On", help="From this day on they hear no more of this loan.")
    email = fields.Char(related="partner_id.email")
    phone = fields.Char(related="partner_id.phone")

    _once = models.UniqueIndex(
        "(contract_id, partner_id) WHERE date_to IS NULL", "This person answers for the loan already."
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "Nobody is released before they join."
    )

    @api.depends("partner_id", "role")
    @api.depends_context("lang")
    def _compute_display_name(self):
        roles = dict(self._fields["role"]._description_selection(self.env))
        for party in self:
            party.display_name = f"{party.partner_id.display_name or ''} · {roles.get(party.role, '')}"

    @api.model_create_multi
    def create(self, vals_list):
        parties = super().create(vals_list)
        parties.contract_id._agreement_follows()
        return parties

    def write(self, vals):
        result = super().write(vals)
        self.contract_id._agreement_follows()
        return result

    def unlink(self):
        contracts = self.contract_id
        result = super().unlink()
        contracts.exists()._agreement_follows()
        return result

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "delete": "later",
            "why": self.env._("Who answered for a loan is part of its records."),
        }

    def _answers_on(self, day):
        """Tell whether this person answers for the loan on a day."""
        self.ensure_one()
        return self.date_from <= day and (not self.date_to or day < self.date_to)

    @api.constrains("contract_id", "partner_id")
    def _check_not_the_borrower(self):
        for party in self:
            if party.partner_id == party.contract_id.partner_id:
                raise ValidationError(
                    self.env._("%s is the borrower of this loan.", party.partner_id.display_name)
                )
