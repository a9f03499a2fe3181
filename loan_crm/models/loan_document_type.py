from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.i18n import format_list

from ..core import papers

_PEOPLE = ("person", "sole_trader")
# So many products are named in a list before the rest is counted.
_NAMED = 3
_KINDS = ("person", "sole_trader", "sme", "corporate", "project", "institution")


class LoanDocumentType(models.Model):
    """A paper the lender asks for: of whom, how long it is valid, when to ask anew, and which applications need it.

    The one catalog of papers, kept by the administrator. A profile's papers (`loan.customer.document`) and the
    checklist of an application (`loan.lead.document`) are of these, so that what was brought is not asked for again.
    """

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
        help="How long such a document counts. Once it has expired it is missing again, and the manager is asked "
        "for a new one.",
    )
    validity_months = fields.Integer("Months", default=3, help="So many months after it was issued.")
    remind_days = fields.Integer(
        "Ask Anew Before",
        default=30,
        help="So many days before it expires the manager is asked to get a new one.",
    )
    required_person = fields.Boolean(
        "Persons",
        help="Customers of this kind have to bring it; without it their papers count as incomplete.",
    )
    required_sole_trader = fields.Boolean(
        "Sole Traders",
        help="Customers of this kind have to bring it; without it their papers count as incomplete.",
    )
    required_sme = fields.Boolean(
        "SMEs", help="Customers of this kind have to bring it; without it their papers count as incomplete."
    )
    required_corporate = fields.Boolean(
        "Corporates",
        help="Customers of this kind have to bring it; without it their papers count as incomplete.",
    )
    required_project = fields.Boolean(
        "Project Companies",
        help="Customers of this kind have to bring it; without it their papers count as incomplete.",
    )
    required_institution = fields.Boolean(
        "Institutions",
        help="Customers of this kind have to bring it; without it their papers count as incomplete.",
    )
    note = fields.Char("What to Look For", translate=True, help="Told to whoever checks the document.")
    all_products = fields.Boolean(
        "Of All Products", help="Each application for a loan needs it, whatever the product."
    )
    product_ids = fields.Many2many(
        "loan.product", string="Products", help="Applications for these need it. Empty: none asks for it."
    )
    application_kind = fields.Selection(
        selection="_application_kinds",
        string="Asked From",
        help="Of whom an application needs it. Empty: everybody who applies.",
    )
    asked_of = fields.Char("Customers Who Bring It", compute="_compute_asked_of")
    applications = fields.Char("Applications That Need It", compute="_compute_applications")
    request = fields.Text(
        "How We Ask for It",
        translate=True,
        help="Stands in the letter: which pages, how old at most, where to get it.",
    )

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
    def _application_kinds(self):
        people = self.env._("People and sole traders")
        organizations = self.env._("Firms and institutions")
        return [
            ("people", people),
            ("organizations", organizations),
            *self.env["loan.customer"]._fields["kind"]._description_selection(self.env),
        ]

    @api.depends(*(f"required_{kind}" for kind in _KINDS))
    @api.depends_context("lang")
    def _compute_asked_of(self):
        labels = {kind: self._fields[f"required_{kind}"]._description_string(self.env) for kind in _KINDS}
        for each in self:
            asked = [label for kind, label in labels.items() if each[f"required_{kind}"]]
            if len(asked) == len(labels):
                each.asked_of = self.env._("All kinds")
            else:
                each.asked_of = format_list(self.env, asked)

    @api.depends("all_products", "product_ids.name")
    @api.depends_context("lang")
    def _compute_applications(self):
        for each in self:
            names, more = each.product_ids[:_NAMED].mapped("name"), len(each.product_ids) - _NAMED
            if each.all_products:
                each.applications = self.env._("All applications")
            elif more > 0:
                each.applications = self.env._(
                    "%(names)s and %(count)s more", names=format_list(self.env, names, "unit"), count=more
                )
            else:
                each.applications = format_list(self.env, names)

    def _suits(self, product, kind, company):
        """Return those of these documents that an application needs, in their order.

        :param product: `loan.product`
        :param str kind: of `loan.customer`
        :param company: `res.company` that the application is made to
        """
        group = "people" if kind in _PEOPLE else "organizations"
        return self.filtered(
            lambda each: (
                (each.all_products or product in each.product_ids)
                and each.application_kind in (False, kind, group)
                and (not each.company_id or each.company_id == company)
            )
        )

    def _expiry(self, printed, issued):
        """Return the last day of a document of this type; of no type, what is printed on it.

        :param printed: the date that stands on it, or False
        :param issued: the date of its issue, or False
        """
        return papers.expiry(
            self.validity or "printed", printed or None, issued or None, self.validity_months
        )

    @api.model
    def _on_offer(self, companies):
        """Return the documents that applications to these companies may need."""
        return self.search(
            Domain("company_id", "in", [False, *companies.ids])
            & (Domain("all_products", "=", True) | Domain("product_ids", "!=", False))
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
