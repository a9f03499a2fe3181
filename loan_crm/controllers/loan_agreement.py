from odoo import http
from odoo.http import request

from .loan_borrower import _HEADERS
from .loan_deeds import whose_door
from .loan_portal import HEADERS
from .loan_portal_agreement import _LARGEST, LoanAgreementPages


class LoanAgreementByLink(LoanAgreementPages, http.Controller):
    """The page behind the link of an invitation: one agreement, one person, until the offer ends.

    Where the lender requires a login, as is usual, it only leads there and tells nothing of the loan. A scanner of
    mails may open it: GET reads on a cursor that cannot write.
    """

    # Odoo's scripts draw the signature. The address is the key, so no other site is told it.
    _headers = {**HEADERS, "Referrer-Policy": "no-referrer"}

    @http.route(
        "/agreement/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        multilang=False,
        readonly=True,
    )
    def agreement(self, token, **_ignored):
        signer = self._open(token)
        if not signer:
            return self._nothing()
        if signer.company_id.loan_agreement_login:
            return self._to_login(signer)
        return self._show(signer, self._base(token))

    @http.route(
        "/agreement/<string:token>/sign",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        multilang=False,
        csrf=False,
        max_content_length=_LARGEST,
    )
    def sign(self, token, csrf_token=None, **typed):
        signer = self._open(token)
        if not signer:
            return self._nothing()
        if signer.company_id.loan_agreement_login:
            return self._to_login(signer, 403)
        return self._take_signature(signer, self._base(token), csrf_token, typed, "link")

    @http.route(
        "/agreement/<string:token>/decline",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        multilang=False,
        csrf=False,
        max_content_length=_LARGEST,
    )
    def decline(self, token, csrf_token=None, **typed):
        signer = self._open(token)
        if not signer:
            return self._nothing()
        if signer.company_id.loan_agreement_login:
            return self._to_login(signer, 403)
        return self._take_refusal(signer, self._base(token), csrf_token, typed)

    def _base(self, token):
        return f"/agreement/{token}"

    def _open(self, token):
        """Return the signer that a link opens, in the language of the letter; nothing is kept of it in the session."""
        signer = request.env["loan.agreement.signer"]._from_link(token)
        if signer:
            request.update_context(lang=signer.env.lang)
        return signer

    def _to_login(self, signer, status=200):
        facts = {
            "lender": signer.company_id.name,
            "contact": signer.contract_id._borrower_contact(),
            "waits": signer._waits(),
            "told": signer._portal_told(),
            "until": signer._portal_row()["until"],
            "footer": signer.env._(
                "This page was opened with a link meant for you alone. Please do not pass it on."
            ),
            "login_url": f"/web/login?redirect=/my/agreements/{signer.agreement_id.id}",
        }
        values = {"facts": facts, "page_lang": (request.env.lang or "en_US").replace("_", "-")}
        return request.render("loan_crm.loan_agreement_link", values, headers=_HEADERS, status=status)

    def _nothing(self):
        """Answer every link that opens nothing alike, whatever the reason: it tells nothing about any loan."""
        lender = whose_door()
        values = {"lender": lender, "page_lang": (request.env.lang or "en_US").replace("_", "-")}
        return request.render("loan_crm.loan_borrower_nothing", values, headers=_HEADERS, status=404)
