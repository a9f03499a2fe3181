from odoo import http
from odoo.http import request

from .loan_easy import EasyDoor, LoanEasy
from .loan_portal import LAYOUT, LoanPortalPages


class LoanPortalEasy(LoanPortalPages, LoanEasy, http.Controller):
    """The page in large type for whoever is logged in."""

    @http.route("/my/easy", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def easy(self, **_ignored):
        return self._show_easy(self._open())

    # A form's token is checked by `sent_from_here`: who left the page open over night keeps what they typed.
    @http.route("/my/easy/call", type="http", auth="user", methods=["POST"], website=True, csrf=False)
    def call(self, csrf_token=None, **typed):
        return self._take_call(self._open(), csrf_token, typed)

    @http.route("/my/easy/call/back", type="http", auth="user", methods=["POST"], website=True, csrf=False)
    def call_back(self, csrf_token=None, **typed):
        return self._take_call_back(self._open(), csrf_token, typed)

    @http.route("/my/easy/type", type="http", auth="user", methods=["POST"], website=True, csrf=False)
    def large_type(self, csrf_token=None, **typed):
        return self._take_type(self._open(), csrf_token, typed)

    @http.route(
        "/my/easy/photo/<string:lender>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        multilang=False,
        readonly=True,
    )
    def photo(self, lender, **_ignored):
        return self._show_photo(self._open(), lender)

    def _open(self):
        """Return the door of whoever is logged in, None where no lender has to do with them."""
        portal = request.env["loan.portal"]
        desks = portal._desks()
        if not desks:
            return None
        profiles = portal._profiles()[0]
        return EasyDoor(portal._loans(), desks, profiles, "/my/easy", "/my", LAYOUT, "/my/appointment")
