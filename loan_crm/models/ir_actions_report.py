from odoo import models


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        rendered = super()._render_qweb_pdf(report_ref, res_ids, data)
        self._loan_printed(report_ref, res_ids)
        return rendered

    def _render_qweb_html(self, report_ref, docids, data=None):
        rendered = super()._render_qweb_html(report_ref, docids, data)
        self._loan_printed(report_ref, docids)
        return rendered

    def _render_qweb_text(self, report_ref, docids, data=None):
        rendered = super()._render_qweb_text(report_ref, docids, data)
        self._loan_printed(report_ref, docids)
        return rendered

    def _loan_printed(self, report_ref, ids):
        """Put on record that the user printed records whose level asks for it."""
        report = self._get_report(report_ref)
        model = self.env.get(report.model)
        if ids and model is not None and hasattr(model, "_loan_seen"):
            ids = [ids] if isinstance(ids, int) else ids
            model.browse(ids)._loan_seen("report", report=report.report_name)
