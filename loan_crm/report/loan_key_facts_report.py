from odoo import api, models

from ..core.listing import listed


class LoanKeyFactsReport(models.AbstractModel):
    """The borrower's sheet: read with the rights of whoever prints it, written in the language of the borrower."""

    _name = "report.loan_crm.report_loan_key_facts"
    _description = "Loan Key Facts Sheet"

    @api.model
    def _get_report_values(self, docids, data=None):
        contracts = self.env["loan.contract"].browse(docids).exists()
        # The address of a report names any loan; who may not see one gets no sheet of it, and no sheet of others.
        contracts.check_access("read")
        sheets = []
        for contract in contracts:
            lang = contract._borrower_lang()
            sheets.append(
                {"id": contract.id, "lang": lang, **contract.with_context(lang=lang)._key_facts_sheet()}
            )
        return {
            "doc_ids": contracts.ids,
            "doc_model": "loan.contract",
            "docs": contracts,
            "sheets": sheets,
            "page_title": listed((sheet["loan"] for sheet in sheets), self.env.lang),
        }
