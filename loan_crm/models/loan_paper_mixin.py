from odoo import api, fields, models
from odoo.fields import Domain

from ..core import papers
from ..core.listing import listed


class LoanPaperMixin(models.AbstractModel):
    """How a customer's papers stand: what is there of what the lender asks for, what is missing, what ends soon."""

    _name = "loan.paper.mixin"
    _description = "Papers"

    document_ids = fields.One2many(
        "loan.customer.document",
        "customer_id",
        "Papers",
        help="What proves who they are. What is asked of them and missing, or ends soon, is told above.",
    )
    papers_told = fields.Char("Papers There", compute="_compute_papers")
    papers_missing = fields.Char("Papers Missing", compute="_compute_papers")
    papers_expired = fields.Char("Papers Expired", compute="_compute_papers")
    papers_soon = fields.Char("Papers That End", compute="_compute_papers")
    papers_state = fields.Selection(
        [
            ("complete", "Complete"),
            ("soon", "Expire Soon"),
            ("missing", "Missing"),
            ("expired", "Expired"),
        ],
        "Papers in Order",
        compute="_compute_papers",
        search="_search_papers_state",
        help="Of those the lender asks this kind of customer for; others count when they expire.",
    )

    @api.depends(
        "kind",
        "document_ids.type_id",
        "document_ids.date_expiry",
        "document_ids.active",
    )
    @api.depends_context("lang")
    def _compute_papers(self):
        required = self.env["loan.document.type"]._required_types(self.company_id)
        held = {}
        for document in self.env["loan.customer.document"].search([("customer_id", "in", self.ids)]):
            held.setdefault(document.customer_id.id, []).append(document)
        for customer in self:
            company = customer.company_id or self.env.company
            today = company._loan_today()
            types = required.get((company, customer.kind), self.env["loan.document.type"])
            stand = [
                (document.type_id, document._standing(today))
                for document in held.get(customer._origin.id, ())
            ]
            found = papers.completeness(types, stand)
            ended = {kind for kind, state in stand if state == papers.EXPIRED} - found["there"]
            ending = {kind for kind, state in stand if state == papers.SOON}
            customer.papers_told = bool(types) and self.env._(
                "%(there)s of %(all)s", there=len(found["there"]), all=len(types)
            )
            customer.papers_missing = self._paper_names(found["missing"])
            customer.papers_expired = self._paper_names(ended)
            customer.papers_soon = self._paper_names(ending)
            if ended:
                customer.papers_state = "expired"
            elif found["missing"]:
                customer.papers_state = "missing"
            elif ending:
                customer.papers_state = "soon"
            else:
                customer.papers_state = "complete" if types or stand else False

    @api.model
    def _paper_names(self, types):
        return listed(
            (type_.name for type_ in sorted(types, key=lambda type_: (type_.sequence, type_.id))),
            self.env.lang,
        )

    @api.model
    def _search_papers_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        expired = missing = Domain.FALSE
        any_asked = Domain.FALSE
        # As superuser: which papers are asked for is the same whoever looks for them.
        types_sudo = self.env["loan.document.type"].sudo().with_context(active_test=False).search(Domain.TRUE)
        soon = Domain.FALSE
        for today, company_ids in self.env["loan.contract"]._company_days():
            theirs = Domain("company_id", "in", company_ids)
            ended = Domain("date_expiry", "<", today)
            for type_ in types_sudo:
                of_type = Domain("type_id", "=", type_.id)
                # An old one counts as long as no valid one of the type stands beside it.
                expired |= (
                    theirs
                    & Domain("document_ids", "any", of_type & ended)
                    & ~Domain("document_ids", "any", of_type & ~ended)
                )
                if not type_.active:
                    continue
                kinds = [kind for kind in dict(self._fields["kind"].selection) if type_[f"required_{kind}"]]
                asked = theirs & Domain("kind", "in", kinds)
                if type_.company_id:
                    asked &= Domain("company_id", "=", type_.company_id.id)
                if kinds:
                    any_asked |= asked
                    missing |= asked & ~Domain("document_ids", "any", of_type)
            ending = self.env["loan.customer.document"]._soon_domain(types_sudo, today) & ~ended
            soon |= theirs & Domain("document_ids", "any", ending)
        missing &= ~expired
        soon &= ~expired & ~missing
        known = any_asked | Domain("document_ids", "any", Domain.TRUE)
        found = {
            "expired": expired,
            "missing": missing,
            "soon": soon,
            "complete": known & ~expired & ~missing & ~soon,
            False: ~known,
        }
        return Domain.OR(domain for state, domain in found.items() if state in value)
