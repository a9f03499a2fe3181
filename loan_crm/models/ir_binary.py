from odoo import models


class IrBinary(models.AbstractModel):
    _inherit = "ir.binary"

    def _find_record(self, xmlid=None, res_model="ir.attachment", res_id=None, access_token=None, field=None):
        # A signed address opens a file to whoever has it; for what belongs to a customer it is not asked for.
        if access_token and self._loan_withheld(xmlid, res_model, res_id):
            access_token = None
        return super()._find_record(xmlid, res_model, res_id, access_token, field)

    def _loan_withheld(self, xmlid, res_model, res_id):
        # As superuser: only whether it is protected is asked.
        record_sudo = self.env["ir.attachment"].sudo()
        if xmlid:
            record_sudo = self.env.ref(xmlid, raise_if_not_found=False) or record_sudo
            record_sudo = record_sudo.sudo()
        elif res_model in self.env and res_id:
            record_sudo = self.env[res_model].sudo().browse(int(res_id)).exists()
        if record_sudo._name == "ir.attachment":
            return bool(record_sudo) and record_sudo._token_withheld()
        return self.env["ir.model"]._loan_withheld(record_sudo)
