from odoo import fields, http
from odoo.exceptions import AccessError
from odoo.http import request
from odoo.tools.translate import LazyTranslate

from ..core import portables
from ..core.listing import listed
from .loan_deeds import sent_from_here
from .loan_portal import LAYOUT, LoanPortalPages

_lt = LazyTranslate(__name__)

_MADE = "loan_portal_copy"  # in the session: a copy has just been made
_ZIP = "application/zip"
_REFUSALS = {
    "stale": _lt("This page was open for too long. Nothing is lost: please send it once more."),
    "enough": _lt("We have heard from you several times today. Please call us if it cannot wait."),
    "today": _lt("You have had a copy made today. You find it below; tomorrow you can have another one."),
}


class LoanPortalData(LoanPortalPages, http.Controller):
    """A copy of all that is held about whoever is logged in: made while they wait, downloaded by nobody else."""

    _refusals = _REFUSALS

    @http.route("/my/data", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def data(self, **_ignored):
        portal = request.env["loan.portal"]
        profiles, _me = portal._profiles()
        if not profiles and not portal._lenders_without_profile()[0]:
            return self._nothing()
        return self._page(profiles, made=request.session.pop(_MADE, False))

    # The form's token is checked by hand, as on the other pages.
    @http.route("/my/data", type="http", auth="user", methods=["POST"], website=True, csrf=False)
    def data_sent(self, csrf_token=None, **_ignored):
        profiles, _me = request.env["loan.portal"]._profiles()
        if not profiles:
            return self._nothing()
        if not sent_from_here(csrf_token):
            return self._page(profiles, {"": self._told("stale")}, 400)
        if not profiles._portal_takes_copy():
            return self._page(profiles, {"": self._told("today")}, 429)
        made = profiles._portal_make_copies()
        request.env["loan.access.log"]._note("export", made, portal=True)
        request.session[_MADE] = True
        return self._see("/my/data")

    # Who is no customer has no profile to keep a file with: it is made and handed over at once.
    @http.route("/my/data/now", type="http", auth="user", methods=["POST"], website=True, csrf=False)
    def data_now(self, csrf_token=None, lender="", **_ignored):
        portal = request.env["loan.portal"]
        lenders, me = portal._lenders_without_profile()
        number = portal._number(lender) if isinstance(lender, str) else None
        company = lenders.filtered(lambda each: each.id == number)
        if not company:
            return self._nothing()
        profiles = portal._profiles()[0]
        if not sent_from_here(csrf_token):
            return self._page(profiles, {"": self._told("stale")}, 400)
        if not me.env["loan.portal.count"]._take(company, me):
            return self._page(profiles, {"": self._told("enough")}, 429)
        customers = me.env["loan.customer"].with_context(lang=request.env.lang)
        now = fields.Datetime.now()
        copy, attached = customers._portable_copy_without_profile(company, me, now)
        request.env["loan.access.log"]._note("export", me, portal=True)
        return self._file(portables.as_zip(copy, attached), _ZIP, f"{now.date().isoformat()}.zip")

    @http.route("/my/data/<string:copy>", type="http", auth="user", methods=["GET"], website=True)
    def download(self, copy, **_ignored):
        found = request.env["loan.portal"]._copy(copy)
        content = found and found._content()
        if not content:
            return self._nothing()
        found._hand_over()
        request.env["loan.access.log"]._note("download", found, portal=True)
        return self._file(content[0], _ZIP, content[1])

    # A colleague's door: everybody who may not gets the page of what is not there.
    @http.route("/loan/data/<int:copy>", type="http", auth="user", methods=["GET"])
    def download_for_compliance(self, copy, **_ignored):
        asked = request.env["loan.data.request"].browse(copy)
        try:
            asked._check_compliance()
        except AccessError:
            return request.not_found()
        # As superuser: compliance may hand it over; the file itself nobody may read.
        content = asked.sudo()._content()
        if not content:
            return request.not_found()
        request.env["loan.access.log"]._note("download", asked)
        return self._file(content[0], _ZIP, content[1])

    def _page(self, profiles, errors=None, status=200, made=False):
        others, _me = request.env["loan.portal"]._lenders_without_profile()
        values = {
            "copies": profiles._portal_copies(),
            "lenders": listed((profiles.company_id | others).mapped("name"), request.env.lang),
            "others": [{"key": str(each.id), "name": each.name} for each in others],
            "many": len(profiles) + len(others) > 1,
            "may_ask": profiles and not errors and not profiles._portal_has_copy_today(),
            "made": made,
            "errors": errors or {},
            "layout": LAYOUT,
            "loan_crumbs": [(request.env._("What we hold about you"), "/my/data")],
        }
        return self._answer("loan_crm.loan_portal_data", values, status)
