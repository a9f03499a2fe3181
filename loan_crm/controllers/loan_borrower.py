from odoo import http
from odoo.http import request

from .loan_deeds import Door, LoanDeeds, whose_door
from .loan_easy import EasyDoor, LoanEasy

# No script runs here and nothing comes from elsewhere, whatever another addon puts on Odoo's pages; the address, which
# is the key, is not told to whoever a link on the page leads to, and no cache, archive or search engine keeps it.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}


class LoanBorrower(LoanEasy, LoanDeeds, http.Controller):
    """The borrower's page behind the links of a letter: no login, one loan, one person.

    A scanner of mails may open any of them: GET reads on a cursor that cannot write.
    """

    _headers = _HEADERS

    # ------------------------------------------------------------ pages

    @http.route(
        "/loan/<string:token>", type="http", auth="public", methods=["GET"], readonly=True, save_session=False
    )
    def loan(self, token, **_ignored):
        door = self._open(token)
        return self._page("loan_crm.loan_borrower_page", door) if door else self._nothing()

    @http.route("/loan/<string:token>/hardship", type="http", auth="public", methods=["GET"], readonly=True)
    def hardship(self, token, **_ignored):
        return self._show_hardship(self._open(token))

    # A form's token is checked by `sent_from_here`: who left the page open over night keeps what they typed.
    @http.route("/loan/<string:token>/hardship", type="http", auth="public", methods=["POST"], csrf=False)
    def hardship_sent(self, token, csrf_token=None, **typed):
        return self._take_hardship(self._open(token), csrf_token, typed)

    @http.route("/loan/<string:token>/promise", type="http", auth="public", methods=["GET"], readonly=True)
    def promise(self, token, **_ignored):
        return self._show_promise(self._open(token))

    @http.route("/loan/<string:token>/promise", type="http", auth="public", methods=["POST"], csrf=False)
    def promise_sent(self, token, csrf_token=None, **typed):
        return self._take_promise(self._open(token), csrf_token, typed)

    @http.route("/loan/<string:token>/ask", type="http", auth="public", methods=["GET"], readonly=True)
    def ask(self, token, **_ignored):
        return self._show_ask(self._open(token))

    @http.route("/loan/<string:token>/ask", type="http", auth="public", methods=["POST"], csrf=False)
    def ask_sent(self, token, csrf_token=None, **typed):
        return self._take_ask(self._open(token), csrf_token, typed)

    # ------------------------------------------------------------ in large type

    @http.route("/loan/<string:token>/easy", type="http", auth="public", methods=["GET"], readonly=True)
    def easy(self, token, **_ignored):
        return self._show_easy(self._open_easy(token))

    @http.route("/loan/<string:token>/easy/call", type="http", auth="public", methods=["POST"], csrf=False)
    def call_sent(self, token, csrf_token=None, **typed):
        return self._take_call(self._open_easy(token), csrf_token, typed)

    @http.route(
        "/loan/<string:token>/easy/call/back", type="http", auth="public", methods=["POST"], csrf=False
    )
    def call_back_sent(self, token, csrf_token=None, **typed):
        return self._take_call_back(self._open_easy(token), csrf_token, typed)

    @http.route("/loan/<string:token>/easy/type", type="http", auth="public", methods=["POST"], csrf=False)
    def type_sent(self, token, csrf_token=None, **typed):
        return self._take_type(self._open_easy(token), csrf_token, typed)

    @http.route(
        "/loan/<string:token>/easy/photo/<string:lender>",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
    )
    def photo(self, token, lender, **_ignored):
        return self._show_photo(self._open_easy(token), lender)

    # ------------------------------------------------------------ who is there

    def _open(self, token):
        """Return the door that a link opens, None where it opens nothing here."""
        contract, partner = request.env["loan.contract"]._from_borrower_token(token)
        if not contract:
            return None
        # The letter's language and not the browser's; nothing is kept of it in the session.
        request.update_context(lang=contract.env.lang)
        return Door(contract, partner, f"/loan/{token}", "loan_crm.loan_borrower_layout")

    def _open_easy(self, token):
        """Return the door of the page in large type that a link opens, None where it opens nothing here."""
        door = self._open(token)
        if not door:
            return None
        contract, partner = door.contract, door.partner
        desk = contract.env["loan.portal"]._desk_of(contract, partner)
        own = contract.customer_id.filtered(lambda customer: customer.partner_id == partner)
        return EasyDoor(
            [(contract, partner)], {desk.key: desk}, own, f"{door.base}/easy", door.base, door.layout
        )

    def _page(self, template, door, status=200, **values):
        own = door.contract.customer_id.filtered(lambda customer: customer.partner_id == door.partner)
        values.update(easy_url=f"{door.base}/easy", large_type=own.large_type)
        return super()._page(template, door, status, **values)

    def _nothing(self):
        """Answer every link that opens nothing alike, whatever the reason: it tells nothing about any loan."""
        return self._answer("loan_crm.loan_borrower_nothing", {"lender": whose_door()}, 404)
