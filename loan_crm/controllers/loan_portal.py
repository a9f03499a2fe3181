from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


class LoanPortal(CustomerPortal):
    """No token opens a protected record: it would outlive the duty of whoever kept it."""

    def _document_check_access(self, model_name, document_id, access_token=None):
        document = request.env[model_name].browse(int(document_id))
        if request.env["ir.model"]._loan_withheld(document):
            access_token = None
        return super()._document_check_access(model_name, document_id, access_token=access_token)
