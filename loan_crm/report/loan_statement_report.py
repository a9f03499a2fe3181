from contextlib import suppress

from odoo import api, fields, models

from ..core.listing import listed


class LoanStatementReport(models.AbstractModel):
    """The statement on paper: read with the rights of whoever prints it, for this year where no days are named."""

    _name = "report.loan_crm.report_loan_statement"
    _description = "Loan Statement"

    @api.model
    def _get_report_values(self, docids, data=None):
        contracts = self.env["loan.contract"].browse(docids).exists()
        # As for the key facts: the address of a report names any loan.
        contracts.check_access("read")
        sheets = []
        for contract in contracts:
            today = contract.company_id._loan_today()
            first = self._day(data, "first") or today.replace(month=1, day=1)
            last = self._day(data, "last") or today
            # The portal asks in the language of its page, a colleague prints in the borrower's.
            lang = self.env.lang if self.env.su else contract._borrower_lang()
            facts = contract.with_context(lang=lang)._statement_facts(first, last)
            sheets.append({"id": contract.id, "lang": lang, **facts})
        return {
            "doc_ids": contracts.ids,
            "doc_model": "loan.contract",
            "docs": contracts,
            "sheets": sheets,
            "page_title": listed((sheet["loan"] for sheet in sheets), self.env.lang),
        }

    def _day(self, data, name):
        """Return a day that an address names, None where it names none."""
        with suppress(ValueError, TypeError):
            return fields.Date.to_date((data or {}).get(name))
        return None
