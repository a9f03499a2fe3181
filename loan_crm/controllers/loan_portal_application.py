from odoo import http
from odoo.http import request
from odoo.tools.translate import LazyTranslate

from ..core import files
from ..core.files import FileError
from .loan_deeds import sent_from_here
from .loan_portal import LAYOUT, LoanPortalPages

_lt = LazyTranslate(__name__)

_FILES_AT_ONCE = 5
_LARGEST = 10 * 1024 * 1024  # bytes of one file
_IN_ALL = 25 * 1024 * 1024  # bytes of all that are sent at once
_REFUSALS = {
    "stale": _lt("This page was open for too long. Nothing is lost: please send it once more."),
    "enough": _lt("These are more files than we can take in a day. Please call us if it cannot wait."),
    "file_missing": _lt("Please choose a file first."),
    "file_empty": _lt("“%(name)s” is empty. Please choose it again."),
    "file_too_large": _lt(
        "“%(name)s” is too large: at most %(most)s. A photograph in a lower quality will do."
    ),
    "file_unknown": _lt(
        "“%(name)s” is not a PDF or a photograph (JPEG, PNG, HEIC). Please send it as one of these."
    ),
    "files_too_many": _lt("Please send at most %(most)s files at once."),
    "files_too_large": _lt("Together these files are too large: at most %(most)s at once."),
}
_SENT = "loan_portal_sent"  # in the session: of which paper files have just come


class LoanPortalApplication(LoanPortalPages, http.Controller):
    """The applications of whoever is logged in: where each stands, by when, what is missing, and a way to send it."""

    _refusals = _REFUSALS

    @http.route("/my/applications", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def applications(self, **_ignored):
        rows = [lead._portal_row() for lead in request.env["loan.portal"]._applications()]
        values = {"applications": rows, "layout": LAYOUT, "loan_crumbs": self._crumbs()}
        return self._answer("loan_crm.loan_portal_applications", values)

    @http.route(
        "/my/applications/<string:application>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def application(self, application, **_ignored):
        lead = request.env["loan.portal"]._application(application)
        if not lead:
            return self._nothing()
        sent = request.session.get(_SENT)
        if sent and sent["at"] == lead.id:
            request.session.pop(_SENT)
            return self._page(lead, sent=sent["paper"])
        return self._page(lead)

    # The form's token is checked by hand: who left the page open over night is told so on the page.
    @http.route(
        "/my/applications/<string:application>/papers",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        csrf=False,
        max_content_length=_IN_ALL + 1024 * 1024,
    )
    def papers(self, application, csrf_token=None, paper="", **_ignored):
        portal = request.env["loan.portal"]
        lead = portal._application(application)
        number = portal._number(paper) if isinstance(paper, str) else None
        document = lead.loan_document_ids.filtered(lambda each: each.id == number)
        if not lead or not document or not lead._portal_paper(document)["open"]:
            return self._nothing()
        if not sent_from_here(csrf_token):
            return self._page(lead, {document.id: self._told("stale")}, status=400)
        # One more than is taken is read, and no more.
        sent = request.httprequest.files.getlist("files")[: _FILES_AT_ONCE + 1]
        sent = [
            (file.filename, file.read(_LARGEST + 1)) for file in sent if file.filename or file.content_length
        ]
        try:
            checked = files.check(sent, _FILES_AT_ONCE, _LARGEST, _IN_ALL)
        except FileError as refusal:
            facts = dict(refusal.facts)
            if refusal.reason in ("file_too_large", "files_too_large"):
                facts["most"] = self._size(facts["most"])
            return self._page(lead, {document.id: self._told(refusal.reason, **facts)}, status=422)
        if not lead._portal_takes(portal._me(), document, checked):
            return self._page(lead, {document.id: self._told("enough")}, status=429)
        lead._portal_send(portal._me(), document, checked)
        request.session[_SENT] = {"at": lead.id, "paper": document.id}
        return self._see(f"/my/applications/{lead.id}#paper{document.id}")

    def _size(self, count):
        return f"{count // 1024**2}\N{NO-BREAK SPACE}MB"

    def _crumbs(self, lead=None):
        crumbs = [(request.env._("Applications"), "/my/applications")]
        return [*crumbs, (lead.loan_product_id.name, f"/my/applications/{lead.id}")] if lead else crumbs

    def _page(self, lead, errors=None, sent=None, status=200):
        values = {
            "facts": lead._portal_facts(),
            "errors": errors or {},
            "sent": sent,
            "waiting": self._waiting(),
            "base": f"/my/applications/{lead.id}",
            "layout": LAYOUT,
            "loan_crumbs": self._crumbs(lead),
            "hint": lead.env._(
                "At most %(count)s files at once, each up to %(size)s. A photograph from your phone will do.",
                count=_FILES_AT_ONCE,
                size=self._size(_LARGEST),
            ),
        }
        return self._answer("loan_crm.loan_portal_application", values, status)
