from odoo import api, fields, models
from odoo.fields import Domain

_PEOPLE = ("person", "sole_trader")


class LoanProductDocumentType(models.Model):
    """A paper that applications for a loan need: of which products, from whom, and how the borrower is asked for it.

    Kept by the administrator. An application's checklist (`loan.lead.document`) is made of these when its product is
    chosen; a line that was begun stays as it is.
    """

    _name = "loan.product.document.type"
    _inherit = ["loan.guard.mixin"]
    _description = "Required Document"
    _order = "sequence, id"

    name = fields.Char("Document", required=True, translate=True)
    request = fields.Text(
        "How We Ask for It",
        translate=True,
        help="Stands in the letter: which pages, how old at most, where to get it.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to ask for it in all companies."
    )
    product_ids = fields.Many2many("loan.product", string="Products", help="Empty: of all products.")
    customer_kind = fields.Selection(
        selection="_customer_kinds", string="Asked From", help="Empty: everybody."
    )

    @api.model
    def _customer_kinds(self):
        people = self.env._("People and sole traders")
        organizations = self.env._("Firms and institutions")
        return [
            ("people", people),
            ("organizations", organizations),
            *self.env["loan.customer"]._fields["kind"]._description_selection(self.env),
        ]

    def _suits(self, product, kind, company):
        """Return those of these documents that an application needs, in their order.

        :param product: `loan.product`
        :param str kind: of `loan.customer`
        :param company: `res.company` that the application is made to
        """
        group = "people" if kind in _PEOPLE else "organizations"
        return self.filtered(
            lambda each: (
                (not each.product_ids or product in each.product_ids)
                and each.customer_kind in (False, kind, group)
                and (not each.company_id or each.company_id == company)
            )
        )

    @api.model
    def _on_offer(self, companies):
        return self.search(Domain("company_id", "in", [False, *companies.ids]))
