from odoo import http
from odoo.http import request
from odoo.tools.translate import LazyTranslate

from ..core.listing import listed
from .loan_deeds import sent_from_here
from .loan_portal import LAYOUT, LoanPortalPages

_lt = LazyTranslate(__name__)

_KEPT = "loan_portal_consent"  # in the session: which purpose something has just been said of, and what
_REFUSALS = {
    "stale": _lt("This page was open for too long. Nothing is lost: please send it once more."),
    "enough": _lt("We have heard from you several times today. Please call us if it cannot wait."),
    "reworded": _lt("We have changed these words in the meantime. Please read them again and then choose."),
    "no_choice": _lt("Neither you nor we can choose here. The reason stands beside it."),
    "choose": _lt("Please choose one."),
}


class LoanPortalConsent(LoanPortalPages, http.Controller):
    """What whoever is logged in allows to be done with what is known of them, and what was said of it until now."""

    _refusals = _REFUSALS

    @http.route("/my/consents", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def consents(self, **_ignored):
        profiles, _me = request.env["loan.portal"]._profiles()
        return self._page(profiles, kept=request.session.pop(_KEPT, None))

    # The form's token is checked by hand: who left the page open over night is told so on the page itself.
    @http.route("/my/consents", type="http", auth="user", methods=["POST"], website=True, csrf=False)
    def consents_sent(self, csrf_token=None, purpose="", version="", wanted="", **_ignored):
        portal = request.env["loan.portal"]
        profiles, me = portal._profiles()
        lenders = profiles.company_id or portal._lenders_without_profile()[0]
        number = portal._number(purpose) if isinstance(purpose, str) else None
        # Who is no customer decides about one of them; the others are not there for them.
        purposes = profiles._consent_purposes() if profiles else portal._allow_purpose()
        chosen = purposes.filtered(lambda each: each.id == number)
        if not lenders or not chosen:
            return self._nothing()
        reason, status = None, 0
        if not sent_from_here(csrf_token):
            reason, status = "stale", 400
        elif not chosen.is_switch:
            reason, status = "no_choice", 422
        elif wanted not in ("yes", "no"):
            reason, status = "choose", 422
        elif version != str(chosen.version):
            reason, status = "reworded", 409
        elif not (profiles._takes_consents() if profiles else self._takes(lenders, me)):
            reason, status = "enough", 429
        if reason:
            return self._page(profiles, {"": self._told(reason)}, status)
        if profiles:
            profiles._portal_say_consent(chosen, wanted == "yes", me)
        else:
            portal._allow_say(wanted == "yes")
        request.session[_KEPT] = chosen.id
        return self._see(f"/my/consents#purpose-{chosen.id}")

    def _takes(self, lenders, me):
        """Tell whether somebody without a profile may send one more thing now; it is counted."""
        return me.env["loan.portal.count"]._take(lenders[:1], me)

    def _page(self, profiles, errors=None, status=200, kept=None):
        elsewhere = request.env["loan.portal"]._allow_facts()
        if not profiles and not elsewhere:
            return self._nothing()
        told = profiles._portal_consents() if profiles else elsewhere["decided"]
        values = {
            "is_customer": bool(profiles),
            "elsewhere": elsewhere,
            "decided": [each for each in told if each["is_switch"]],
            "given": [each for each in told if not each["is_switch"]],
            "history": profiles._portal_consent_history() if profiles else [],
            "lenders": listed(profiles.company_id.mapped("name"), request.env.lang)
            if profiles
            else elsewhere["lenders"],
            "kept": str(kept) if kept else "",
            "errors": errors or {},
            "layout": LAYOUT,
            "loan_crumbs": [(request.env._("What you allow us"), "/my/consents")],
        }
        return self._answer("loan_crm.loan_portal_consents", values, status)
