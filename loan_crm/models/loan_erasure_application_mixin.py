from collections import Counter

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.listing import listed


class LoanErasureApplicationMixin(models.AbstractModel):
    """What becomes of a customer's applications when the customer is forgotten.

    An application is a lead of Odoo's that names a loan product; the plan for its words stands with it
    (`crm.lead._get_erasure_plan`). One that is still open keeps the customer from being erased: somebody is at work on
    it, and has to win or lose it first. Of one that came to nothing no record of a loan needs the words, so they go at
    once; of one that became a loan they go with the loan's. Leads without a product are somebody else's: they stay
    as they are, and keep the contact in use.

    Name it before `loan.erasure.mixin` in `_inherit`.
    """

    _name = "loan.erasure.application.mixin"
    _description = "Erasing a Customer's Applications"

    def _erasure_applications(self):
        """Return the applications of these customers, all of one company, closed and archived ones too."""
        # As superuser: who sees a lead is said by Odoo's rules; a customer is forgotten whole.
        customers_sudo = self.sudo().with_context(active_test=False)
        leads_sudo = self.env["crm.lead"].sudo().with_context(active_test=False)
        company, partners = customers_sudo.company_id, customers_sudo.partner_id
        mine = Domain("company_id", "=", company.id)
        unfenced = Domain("company_id", "=", False)
        mine |= unfenced & Domain("loan_product_id.company_id", "=", company.id)
        if not customers_sudo.search_count(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "!=", company.id),
                ("erased_on", "=", False),
            ],
            limit=1,
        ):  # else it may be the other lender's, who goes on knowing them
            mine |= unfenced & Domain("loan_product_id.company_id", "=", False)
        found_sudo = leads_sudo.search(leads_sudo._loan_borrower_domain(partners) & mine)
        return found_sudo | customers_sudo.contract_ids.lead_id.with_context(active_test=False)

    def _erasure_refusal(self):
        if refusal := super()._erasure_refusal():
            return refusal
        open_sudo = (self.sudo() | self._merged_into_these())._erasure_applications()
        open_sudo = open_sudo.filtered(lambda lead: lead.active and lead.won_status == "pending")
        if not open_sudo:
            return False
        return self.env._(
            "%(customer)s has an application for a loan that is still open, with %(holders)s. It has to be won or "
            "lost first.",
            customer=self.reference,
            holders=listed(sorted(set(open_sudo.user_id.mapped("name"))), self.env.lang)
            or self.env._("nobody"),
        )

    def _erasure_preview(self):
        lines = super()._erasure_preview()
        leads_sudo = (self.sudo() | self._merged_into_these())._erasure_applications()
        if not leads_sudo:
            return lines
        ours = [
            {
                "label": self.env._("Applications for Loans"),
                "count": len(leads_sudo),
                "what": self.env._("Words emptied, some at once"),
                "why": leads_sudo._get_erasure_plan()["why"],
            }
        ]
        if documents_sudo := leads_sudo.loan_document_ids:
            ours.append(
                {
                    "label": self.env["ir.model"]._get(documents_sudo._name).name,
                    "count": len(documents_sudo),
                    "what": self.env._("Words emptied, some at once"),
                    "why": documents_sudo._get_erasure_plan()["why"],
                }
            )
        # The contact is told last: what uses it is what the lines above have left.
        return [*lines[:-1], *ours, lines[-1]]

    def _forget(self, complete):
        counts = self._forget_applications(complete)  # first: what uses the contact is asked afterwards
        counts.update(super()._forget(complete))
        return dict(counts)

    def _forget_applications(self, complete):
        """Empty the words of the applications: all, or only of those that no loan was made of.

        :return: `Counter` of what was emptied and deleted, by model
        """
        counts = Counter()
        self.env.flush_all()
        leads_sudo = self._erasure_applications()
        if not complete:
            # As superuser, as all here: a loan that is hidden from whoever confirms was made all the same.
            lent_sudo = self.sudo().with_context(active_test=False).contract_ids.lead_id
            leads_sudo = leads_sudo.filtered(lambda lead: lead.won_status != "won") - lent_sudo
        if leads_sudo:
            self._forget_leads(leads_sudo, counts)
        if complete:
            self._forget_referrals()
        self.env.invalidate_all()
        return counts

    def _forget_leads(self, leads, counts):
        documents = leads.loan_document_ids
        files = documents.attachment_ids.filtered(
            lambda file: not file.res_id or file.res_model in (leads._name, documents._name)
        )
        counts[leads._name] += len(leads)
        if documents:
            counts[documents._name] += len(documents)
            self._forget_thread(documents, documents, counts)
            self._empty_columns(documents, documents.ids, documents._get_erasure_plan()["later"])
            self._empty_columns(
                documents, documents.filtered(lambda document: not document.type_id).ids, {"name": "—"}
            )
        if files := files.exists():
            counts[files._name] += len(files)
            files.unlink()
        self._forget_thread(leads, leads, counts)
        # As superuser, as all here: whose calendar they stand in does not matter.
        meetings_sudo = self.env["calendar.event"].sudo().with_context(active_test=False)
        meetings_sudo.search([("opportunity_id", "in", leads.ids)]).unlink()
        self._empty_columns(
            leads, leads.ids, {**leads._get_erasure_plan()["later"], "name": self._forgotten_name()}
        )

    def _forget_referrals(self):
        """Let nobody have been recommended by this contact any more."""
        # As superuser: whom they sent is not told, only forgotten.
        leads_sudo = self.env["crm.lead"].sudo().with_context(active_test=False)
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        theirs = Domain("referrer_partner_id", "=", self.sudo().partner_id.id)
        company = self.company_id.id
        for found_sudo in (
            leads_sudo.search(
                theirs & Domain("loan_product_id", "!=", False) & Domain("company_id", "in", (False, company))
            ),
            customers_sudo.search(theirs & Domain("company_id", "=", company)),
        ):
            self._empty_columns(found_sudo, found_sudo.ids, {"referrer_partner_id": None})

    def _contact_left_sql(self, model, field):
        left = super()._contact_left_sql(model, field)
        if model._name == "crm.lead" and field.name == "referrer_partner_id":
            return SQL("(loan_product_id IS NULL OR company_id <> %s)", self.company_id.id)
        if model._name == "crm.lead":
            return SQL("NOT id = ANY(%s)", self._erasure_applications().ids)
        if model._name == "loan.customer" and field.name == "referrer_partner_id":
            return SQL("company_id <> %s", self.company_id.id)
        return left
