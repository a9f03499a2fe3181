from odoo import api, models


class LoanVoice(models.AbstractModel):
    """The page of a report on paper: what whoever prints it may read, in their language."""

    _name = "report.loan_crm.report_loan_voice"
    _description = "Voice of the Customer on Paper"

    @api.model
    def _get_report_values(self, docids, data=None):
        reports = self.env["loan.voice.report"].browse(docids).exists()
        # The address of a report names any of them; who may not see one gets none.
        reports.check_access("read")
        return {
            "doc_ids": reports.ids,
            "doc_model": "loan.voice.report",
            "docs": reports,
            "pages": [
                {"report": report, "sheet": report._sheet(), "quotes": report._quotes()} for report in reports
            ],
        }
