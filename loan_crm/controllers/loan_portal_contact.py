import re

from odoo import http
from odoo.http import request
from odoo.tools.translate import LazyTranslate

from ..core import entries
from ..core.listing import listed
from .loan_deeds import sent_from_here
from .loan_portal import LAYOUT, LoanPortalPages

_lt = LazyTranslate(__name__)

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)", re.ASCII)
_KEPT = "loan_portal_contact"  # in the session: it has just been kept
_REFUSALS = {
    "stale": _lt("This page was open for too long. Nothing is lost: please send it once more."),
    "enough": _lt("We have heard from you several times today. Please call us if it cannot wait."),
    "choose": _lt("Please choose one."),
    "hour": _lt("Please write the hour like this: 09:00."),
    "order": _lt("The first hour must lie before the last one."),
}


class LoanPortalContact(LoanPortalPages, http.Controller):
    """How whoever is logged in likes to be reached, and what they do not want to hear."""

    _refusals = _REFUSALS

    @http.route("/my/contact", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def contact(self, **_ignored):
        profiles, _me = request.env["loan.portal"]._profiles()
        if not profiles:
            return self._nothing()
        return self._page(profiles, profiles._portal_contact(), kept=request.session.pop(_KEPT, False))

    # The form's token is checked by hand: who left the page open over night keeps what they typed.
    @http.route("/my/contact", type="http", auth="user", methods=["POST"], website=True, csrf=False)
    def contact_sent(self, csrf_token=None, **typed):
        profiles, me = request.env["loan.portal"]._profiles()
        if not profiles:
            return self._nothing()
        typed = {name: entries.words(value) for name, value in typed.items() if isinstance(value, str)}
        if not sent_from_here(csrf_token):
            return self._page(profiles, typed, {"": self._told("stale")}, 400)
        vals, errors = self._read(profiles, typed)
        if errors:
            return self._page(profiles, typed, errors, 422)
        if not profiles._portal_takes_contact(me):
            return self._page(profiles, typed, {"": self._told("enough")}, 429)
        profiles._portal_set_contact(me, vals, no_surveys=bool(typed.get("no_surveys")))
        request.session[_KEPT] = True
        return self._see("/my/contact")

    def _read(self, profiles, typed):
        """Return (values of a profile, sentences by field)."""
        errors = {}
        vals = {
            "preferred_channel": typed.get("channel"),
            "reminder_opt_out": bool(typed.get("no_reminders")),
            "renewal_opt_out": bool(typed.get("no_offers")),
            **{day: bool(typed.get(day)) for day, _label in profiles._portal_days()},
        }
        if vals["preferred_channel"] not in dict(profiles._portal_channels()):
            errors["channel"] = self._told("choose")
        for name in ("call_from", "call_to"):
            found = _CLOCK.fullmatch(typed.get(name, ""))
            if not found or (found[1] == "24" and found[2] != "00"):
                errors[name] = self._told("hour")
            else:
                vals[name] = int(found[1]) + int(found[2]) / 60
        if not errors and vals["call_from"] >= vals["call_to"]:
            errors["call_from"] = self._told("order")
        return vals, errors

    def _page(self, profiles, typed, errors=None, status=200, kept=False):
        values = {
            "typed": typed,
            "errors": errors or {},
            "kept": kept,
            "channels": profiles._portal_channels(),
            "days": profiles._portal_days(),
            "lenders": listed(profiles.company_id.mapped("name"), request.env.lang),
            "line_most": {},
            "words_most": 0,
            "layout": LAYOUT,
            "loan_crumbs": [(request.env._("How we reach you"), "/my/contact")],
        }
        return self._answer("loan_crm.loan_portal_contact", values, status)
