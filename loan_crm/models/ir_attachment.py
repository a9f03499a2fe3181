from odoo import models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _to_http_stream(self):
        stream = super()._to_http_stream()
        self._loan_files_seen()
        return stream

    def _read_format(self, fnames, load="_classic_read"):
        values_list = super()._read_format(fnames, load)
        if {"raw", "datas", "db_datas", "index_content"} & set(fnames):
            self._loan_files_seen()
        return values_list

    def _loan_files_seen(self):
        """Put on record that the user got files of records whose level asks for it."""
        # As superuser: only whose files they are, which the user has just got anyway, maybe by a token.
        for file in self.sudo():
            model = self.env.get(file.res_model) if file.res_model and file.res_id else None
            if model is not None and hasattr(model, "_loan_seen"):
                model.sudo(False).browse(file.res_id)._loan_seen("download", [file.res_field or "raw"])
