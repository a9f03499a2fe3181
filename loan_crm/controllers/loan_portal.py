from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


class LoanPortal(CustomerPortal):
    """No token opens a protected record: it would outlive the duty of whoever kept it."""

    def _document_check_access(self, model_name, document_id, access_token=None):
        if model_name in request.env["ir.model"]._loan_protected():
            access_token = None
        return super()._document_check_access(model_name, document_id, access_token=access_token)
