from odoo import api, fields, models
from odoo.fields import Domain

_KINDS = ("person", "sole_trader", "sme", "corporate", "project", "institution")


class LoanDocumentType(models.Model):
    """A paper the lender asks customers for: whose it is, how long it is valid, and when to ask for a new one."""

    _name = "loan.document.type"
    _description = "Document Type"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(index=True, help="What other systems call it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to ask for the document in all companies."
    )
    validity = fields.Selection(
        [
            ("printed", "As It Says on the Document"),
            ("months", "For a Time after It Was Issued"),
            ("never", "Does Not Expire"),
        ],
        "Valid",
        required=True,
        default="printed",
    )
    validity_months = fields.Integer("Months", default=3, help="So many months after it was issued.")
    remind_days = fields.Integer(
        "Ask Anew Before",
        default=30,
        help="So many days before it expires the manager is asked to get a new one.",
    )
    required_person = fields.Boolean("Persons")
    required_sole_trader = fields.Boolean("Sole Traders")
    required_sme = fields.Boolean("SMEs")
    required_corporate = fields.Boolean("Corporates")
    required_project = fields.Boolean("Project Companies")
    required_institution = fields.Boolean("Institutions")
    note = fields.Char("What to Look For", translate=True, help="Told to whoever checks the document.")

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US'), COALESCE(company_id, 0)) WHERE active", "Two documents cannot bear the same name."
    )
    _code_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0)) WHERE code IS NOT NULL AND active", "This code is taken already."
    )
    _days_sane = models.Constraint(
        "CHECK (remind_days BETWEEN 0 AND 366 AND validity_months BETWEEN 1 AND 600)",
        "A document is valid for 1 to 600 months, and asked for 0 to 366 days before it expires.",
    )

    @api.model
    def _required_domain(self, kind, company):
        """Return which types a customer has to have.

        :param str kind: of the customer
        :param company: `res.company`, the customer's
        """
        name = f"required_{kind}"
        if name not in self._fields:
            return Domain.FALSE
        return Domain(name, "=", True) & Domain("company_id", "in", (False, company.id))

    @api.model
    def _required_types(self, companies):
        """Return `{(company, kind): types}` of what is asked for, in one query."""
        # As superuser: what a lender asks for is no secret of whoever looks at one of its customers.
        types_sudo = self.sudo().search([("company_id", "in", [False, *companies.ids])])
        return {
            (company, kind): types_sudo.filtered(
                lambda type_, company=company, kind=kind: (
                    type_[f"required_{kind}"] and type_.company_id in (company, company.browse())
                )
            ).sudo(False)
            for company in companies
            for kind in _KINDS
        }
