from odoo import api, models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @api.private
    def session_info(self):
        result = super().session_info()
        if self.env.user._is_internal():
            result["loan_guide"] = self.env["loan.guide"]._session()
        return result
