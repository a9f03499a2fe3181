from odoo import api, models
from odoo.exceptions import UserError


class LoanLeadPaperMixin(models.AbstractModel):
    """The papers an application needs: its list follows the product, and what is missing is asked for in one letter."""

    _name = "loan.lead.paper.mixin"
    _description = "Papers of Applications"

    @api.depends("loan_document_ids.state", "loan_document_ids.lacking")
    @api.depends_context("lang", "uid")
    def _compute_loan_documents(self):
        self.loan_document_ids.mapped("lacking")  # of all at once: what profiles hold is one question
        for lead in self:
            wanted = lead.loan_document_ids.filtered(lambda document: document.state != "waived")
            done = wanted.filtered(lambda document: document.state == "accepted" or document.held_told)
            lead.loan_document_missing = len(wanted.filtered("lacking"))
            lead.loan_document_told = bool(wanted) and self.env._(
                "%(done)s of %(all)s", done=len(done), all=len(wanted)
            )

    def _sync_loan_documents(self):
        """Bring the lists of papers to what the products ask for; lines that somebody has begun stay."""
        # As superuser: the list follows the product, whoever has chosen it.
        leads_sudo = self.sudo().with_context(active_test=False)
        documents_sudo = leads_sudo.loan_document_ids
        applications_sudo = leads_sudo.filtered("loan_product_id")
        if not (documents_sudo or applications_sudo):
            return
        companies = {lead: lead._loan_company() for lead in applications_sudo}
        types_sudo = self.env["loan.document.type"].sudo()  # as above
        offered_sudo = types_sudo._on_offer(self.env["res.company"].union(*companies.values()))
        wanted = {
            lead: offered_sudo._suits(lead.loan_product_id, lead.loan_kind, companies[lead])
            for lead in applications_sudo
        }
        documents_sudo.filtered(
            lambda document: (
                document.type_id
                and document._is_untouched()
                and document.type_id not in wanted.get(document.lead_id, offered_sudo.browse())
            )
        ).unlink()
        documents_sudo.create(
            [
                {"lead_id": lead.id, "type_id": each.id, "name": each.name, "sequence": each.sequence}
                for lead, types in wanted.items()
                for each in types - lead.loan_document_ids.type_id
            ]
        )
        self.invalidate_recordset(["loan_document_ids"])

    # ------------------------------------------------------------ asking for papers

    def _loan_lacking(self):
        """Return the papers that the borrower still owes us, as far as this user knows what the profile holds."""
        return self.loan_document_ids.filtered("lacking")

    def action_ask_documents(self):
        """Write one letter that lists all that is missing; not twice on a day, where nothing new is missing."""
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update()  # of two clicks one writes
        documents = self._loan_lacking()
        if not documents:
            raise UserError(self.env._("Nothing is missing: every document has come."))
        address = self.partner_id.email_normalized if self.partner_id else self.email_normalized
        if not address:
            raise UserError(self.env._("There is no valid email address to write to. Add one, or call."))
        today = self._loan_company()._loan_today()
        if all(document.state == "asked" and document.asked_on == today for document in documents):
            raise UserError(
                self.env._("All that is missing was asked for today already. Nothing was sent again.")
            )
        template = self.env.ref("loan_crm.mail_template_documents", raise_if_not_found=False)
        if not template:
            raise UserError(
                self.env._("The letter that asks for documents was deleted. Ask your administrator.")
            )
        # A notification: deleting the sent mail keeps the message with the application.
        template.send_mail(self.id, email_values={"is_notification": True})
        documents._move_to("asked")
        documents.asked_on = today
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The letter is on its way. It asks for %s documents.", len(documents))
                if len(documents) > 1
                else self.env._("The letter is on its way. It asks for one document."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
