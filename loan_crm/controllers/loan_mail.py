from odoo import http
from odoo.http import request

from odoo.addons.mail.controllers.mail import MailController


class LoanMail(MailController):
    """The page behind a link to follow no more: whoever holds the link reads no name on it."""

    @http.route()
    def mail_action_unfollow(self, model, res_id, pid, token, **kwargs):
        response = super().mail_action_unfollow(model, res_id, pid, token, **kwargs)
        if model in request.env["ir.model"]._loan_guarded() and getattr(response, "is_qweb", False):
            record = request.env[model].browse(int(res_id))
            if request.env["ir.model"]._loan_withheld(record) and not (
                request.session.uid and record.has_access("read")
            ):
                response.qcontext.update(name=record._loan_masked(), access_url=False)
        return response
