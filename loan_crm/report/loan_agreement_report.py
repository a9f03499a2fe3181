from odoo import api, models

from ..core.listing import listed


class LoanAgreementReport(models.AbstractModel):
    """The agreement on paper: read with the rights of whoever prints it; for a signer, as far as it is theirs."""

    _name = "report.loan_crm.report_loan_agreement"
    _description = "Loan Agreement on Paper"

    @api.model
    def _get_report_values(self, docids, data=None):
        agreements = self.env["loan.agreement"].browse(docids).exists()
        # As for the key facts: the address of a report names any of them.
        agreements.check_access("read")
        agreements = agreements.filtered(lambda agreement: agreement.state != "draft")
        # Whom a document is made for is for our own verbs to say: they run as superuser.
        viewer = (data or {}).get("viewer") if self.env.su else None
        viewer = self.env["res.partner"].browse(viewer) if viewer else None
        sheets = [agreement._sheet(viewer) for agreement in agreements]
        return {
            "doc_ids": agreements.ids,
            "doc_model": "loan.agreement",
            "docs": agreements,
            "sheets": sheets,
            "page_title": listed((sheet["title"] for sheet in sheets), self.env.lang),
        }
