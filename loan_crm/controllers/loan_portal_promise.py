from odoo import http
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from .loan_portal import LAYOUT, LoanPortalPages


class LoanPortalOwn(CustomerPortal):
    """The cards of what is one's own: promises to and fro, what one allows, the copy of one's data."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        portal = request.env["loan.portal"]
        if "loan_promise_count" in counters:
            mine, theirs = portal._promises()
            values["loan_promise_count"] = len(mine) + len(theirs)
        # Each card has a counter of its own: Odoo's page fills in the first that it finds by a name.
        if "loan_consent_count" in counters:
            values["loan_consent_count"] = len(portal._profiles()[0]) + len(
                portal._lenders_without_profile()[0]
            )
        if "loan_data_count" in counters:
            values["loan_data_count"] = len(portal._profiles()[0]) + len(portal._lenders_without_profile()[0])
        return values


class LoanPortalPromise(LoanPortalPages, http.Controller):
    """What whoever is logged in promised to pay, and what they were promised: one page, both ways."""

    @http.route("/my/promises", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def promises(self, **_ignored):
        mine, theirs = request.env["loan.portal"]._promises()
        values = {
            "mine": mine,
            "theirs": theirs,
            "layout": LAYOUT,
            "loan_crumbs": [(request.env._("What we promised each other"), "/my/promises")],
        }
        return self._answer("loan_crm.loan_portal_promises", values)
