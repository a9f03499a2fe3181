from odoo import http
from odoo.http import request
from odoo.tools.translate import LazyTranslate

from ..core import entries
from .loan_deeds import sent_from_here
from .loan_portal import LAYOUT, LoanPortalPages

_lt = LazyTranslate(__name__)

_WORDS = 2000  # characters
_ADDED = "loan_portal_added"  # in the session: to which case words have just come
_REFUSALS = {
    "stale": _lt("This page was open for too long. Nothing is lost: please send it once more."),
    "enough": _lt("We have heard from you several times today. Please call us if it cannot wait."),
    "missing": _lt("Please fill this in."),
    "too_long": _lt("This is too long: please use at most %(most)s characters."),
}


class LoanPortalCase(LoanPortalPages, http.Controller):
    """What whoever is logged in has asked or complained of: where it stands, what was said, and more words."""

    _refusals = _REFUSALS

    @http.route("/my/cases", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def cases(self, **_ignored):
        portal = request.env["loan.portal"]
        values = {
            "cases": [case._portal_row() for case in portal._cases()[0]],
            "loans": [
                {
                    "id": loan.id,
                    "ask": loan.env._(
                        "Ask about the loan %(loan)s, %(product)s",
                        loan=loan.name,
                        product=loan.product_id.name,
                    ),
                }
                for loan, _me in portal._loans()
            ],
            "asks": bool(portal._desks() or portal._applications()),
            "surveys": portal._surveys(),
            "layout": LAYOUT,
            "loan_crumbs": self._crumbs(),
        }
        return self._answer("loan_crm.loan_portal_cases", values)

    @http.route(
        "/my/cases/<string:case>", type="http", auth="user", methods=["GET"], website=True, readonly=True
    )
    def case(self, case, **_ignored):
        found, me = request.env["loan.portal"]._case(case)
        if not found:
            return self._nothing()
        added = request.session.get(_ADDED) == found.id
        if added:
            request.session.pop(_ADDED)
        return self._page(found, me, added=added)

    # The form's token is checked by hand: who left the page open over night keeps what they typed.
    @http.route(
        "/my/cases/<string:case>/words", type="http", auth="user", methods=["POST"], website=True, csrf=False
    )
    def words(self, case, csrf_token=None, words="", **_ignored):
        found, me = request.env["loan.portal"]._case(case)
        if not found:
            return self._nothing()
        words = entries.words(words) if isinstance(words, str) else ""
        if not sent_from_here(csrf_token):
            return self._page(found, me, words, {"": self._told("stale")}, 400)
        if not words:
            return self._page(found, me, words, {"words": self._told("missing")}, 422)
        if len(words) > _WORDS:
            return self._page(found, me, words, {"words": self._told("too_long", most=_WORDS)}, 422)
        if not found._portal_takes_words(me):
            return self._page(found, me, words, {"": self._told("enough")}, 429)
        found._portal_add(me, words)
        request.session[_ADDED] = found.id
        return self._see(f"/my/cases/{found.id}")

    def _crumbs(self, case=None):
        crumbs = [(request.env._("Questions and complaints"), "/my/cases")]
        return [*crumbs, (case.name, f"/my/cases/{case.id}")] if case else crumbs

    def _page(self, case, me, words="", errors=None, status=200, added=False):
        values = {
            "facts": case._portal_facts(me),
            "typed": {"words": words},
            "errors": errors or {},
            "added": added,
            "base": f"/my/cases/{case.id}",
            "words_most": _WORDS,
            "line_most": {},
            "layout": LAYOUT,
            "loan_crumbs": self._crumbs(case),
        }
        return self._answer("loan_crm.loan_portal_case", values, status)
