from odoo import http
from odoo.http import request

from .loan_deeds import LoanDeeds, sent_from_here
from .loan_portal import LAYOUT, LoanPortalPages

_TOLD = "loan_portal_ask"  # in the session: what has just been taken


class LoanPortalAsk(LoanPortalPages, LoanDeeds, http.Controller):
    """A question, a wish or a complaint of somebody who has no loan (yet), or about something else than a loan."""

    @http.route("/my/ask", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def ask(self, about="", **_ignored):
        abouts = self._abouts()
        if not abouts:
            return self._nothing()
        return self._page_of(abouts, {"about": about}, done=request.session.pop(_TOLD, None))

    # The form's token is checked by hand: who left the page open over night keeps what they typed.
    @http.route("/my/ask", type="http", auth="user", methods=["POST"], website=True, csrf=False)
    def ask_sent(self, csrf_token=None, **typed):
        abouts = self._abouts()
        if not abouts:
            return self._nothing()
        typed = self._texts(typed)
        if not sent_from_here(csrf_token):
            return self._page_of(abouts, typed, {"": self._stale()}, 400)
        vals, errors = self._read_ask(typed, abouts)
        if errors:
            return self._page_of(abouts, typed, errors, 422)
        _label, desk, values = abouts[typed["about"]]
        if not desk.partner.env["loan.portal.count"]._take(desk.company, desk.partner):
            return self._page_of(abouts, typed, {"": self._enough()}, 429)
        case, is_new = desk.company.env["loan.case"]._ask_about(desk.partner, values, vals)
        request.session[_TOLD] = {"id": case.id, "new": is_new}
        return self._see("/my/ask")

    def _abouts(self):
        """Return what whoever is logged in may ask about, `{key: (words, desk, values of a case)}`."""
        portal, found = request.env["loan.portal"], {}
        desks = portal._desks()
        for lead in portal._applications():
            desk = desks.get(str(lead._loan_company().id)) or portal._desk_of_application(lead)
            words = request.env._("My application for %s", lead.loan_product_id.name)
            found[f"application-{lead.id}"] = (words, desk, portal._about_application(desk, lead))
        for key, desk in desks.items():
            words = (
                request.env._("Something else, at %s", desk.company.name)
                if len(desks) > 1
                else request.env._("Something else")
            )
            found[f"lender-{key}"] = (words, desk, desk.about())
        return found

    def _page_of(self, abouts, typed, errors=None, status=200, done=None):
        portal = request.env["loan.portal"]
        chosen = typed.get("about") if typed.get("about") in abouts else next(iter(abouts))
        case = portal._case(str(done["id"]))[0] if done else None
        told = case and {
            "taken": case.env._("Thank you. We have it under the number %s.", case.name)
            if done["new"]
            else case.env._("Thank you. We have added it to %s, which is open already.", case.name),
            "next": case._told_on_page(),
            "url": f"/my/cases/{case.id}",
        }
        person = portal._easy_person(abouts[chosen][1])
        values = {
            "facts": {"contact": {**person, "email": False}},
            "kinds": self._ask_kinds(request.env),
            "abouts": [(key, words) for key, (words, _desk, _values) in abouts.items()],
            "typed": {"kind": "inquiry", **typed, "about": chosen},
            "errors": errors or {},
            "done": told,
            "words_most": self._words_most,
            "line_most": {},
            "layout": LAYOUT,
            "loan_crumbs": [
                (request.env._("Questions and complaints"), "/my/cases"),
                (request.env._("Ask or complain"), "/my/ask"),
            ],
        }
        return self._answer("loan_crm.loan_portal_ask", values, status)
