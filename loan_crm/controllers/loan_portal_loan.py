from base64 import b64decode

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..core import entries
from ..core.entries import EntryError
from .loan_deeds import Door, LoanDeeds
from .loan_portal import LAYOUT, LoanPortalPages

_TOLD = "loan_portal_told"  # in the session: what the page that was sent to says, once


class LoanPortalDeeds(LoanPortalPages, LoanDeeds):
    """What a borrower does on the portal: as behind a letter's link, and answered by pages that can be loaded anew."""

    # What was taken is told on a page that can be loaded anew: it waits in the session until it has been read.

    def _done(self, door, page, done):
        request.session[_TOLD] = {"at": f"{door.base}/{page}", "done": done}
        return self._go(door, page)

    def _just_done(self, door, page):
        told = request.session.get(_TOLD)
        if not told or told["at"] != f"{door.base}/{page}":
            return None
        request.session.pop(_TOLD)
        return told["done"]

    def _show_promise(self, door):
        done = door and self._just_done(door, "promise")
        return self._promise_page(door, done=done) if done else super()._show_promise(door)

    def _show_ask(self, door):
        done = door and self._just_done(door, "ask")
        return self._ask_page(door, done=done) if done else super()._show_ask(door)


class LoanPortalLoan(LoanPortalDeeds, http.Controller):
    """The loans of whoever is logged in: the list, each one whole, its papers, and what a borrower does with it.

    The deeds are those behind the links of letters (`loan_deeds.py`), under the same rules and the same count of a day.
    """

    @http.route("/my/loans", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def loans(self, **_ignored):
        loans = [loan._portal_row() for loan, _me in request.env["loan.portal"]._loans()]
        values = {
            "loans": loans,
            "waiting": self._waiting(),
            "layout": LAYOUT,
            "loan_crumbs": self._crumbs(),
        }
        return self._answer("loan_crm.loan_portal_loans", values)

    @http.route(
        "/my/loans/<string:loan>", type="http", auth="user", methods=["GET"], website=True, readonly=True
    )
    def loan(self, loan, **_ignored):
        door = self._open(loan)
        if not door:
            return self._nothing()
        facts = door.contract._portal_facts(door.partner)
        signed = self._agreements(lambda each: each.state == "signed" and each.contract_id == door.contract)
        values = {
            "facts": facts,
            "waiting": self._waiting(),
            "signed": signed,
            **self._span(door),
            "errors": {},
        }
        return self._page("loan_crm.loan_portal_loan", door, **values)

    @http.route(
        "/my/loans/<string:loan>/key-facts",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        multilang=False,
        readonly=True,
    )
    def key_facts(self, loan, **_ignored):
        door = self._open(loan)
        if not door or not door.contract.installment_ids:
            return self._nothing()
        file = door.contract._prepare_key_facts_attachment_vals()
        return self._file(b64decode(file["datas"]), file["mimetype"], file["name"])

    @http.route(
        "/my/loans/<string:loan>/statement",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def statement(self, loan, first="", last="", form="", **_ignored):
        door = self._open(loan)
        if not door:
            return self._nothing()
        contract, typed, errors, days = door.contract, self._span(door)["typed"], {}, {}
        for name, value in (("first", first), ("last", last)):
            typed[name] = entries.words(value) or typed[name]
            try:
                pattern = contract.env["res.lang"]._get_data(code=contract.env.lang).date_format
                days[name] = entries.day(typed[name], pattern)
            except EntryError as refusal:
                example = contract.company_id._loan_today().isoformat()
                errors[name] = self._refusal(refusal.reason, example=example)
        if form in ("pdf", "csv") and not errors:
            try:
                return self._statement_file(contract, days["first"], days["last"], form)
            except UserError as refusal:
                errors["first"] = str(refusal)
        status = 422 if errors else 200
        return self._page("loan_crm.loan_portal_statement", door, status, typed=typed, errors=errors)

    def _statement_file(self, contract, first, last, form):
        name = contract.env._(
            "Statement %(loan)s %(first)s to %(last)s", loan=contract.name, first=first, last=last
        ).replace("/", "-")
        if form == "csv":
            return self._file(contract._statement_csv(first, last), "text/csv; charset=utf-8", f"{name}.csv")
        content, kind, ending = contract._statement_paper(first, last)
        return self._file(content, kind, f"{name}.{ending}")

    # ------------------------------------------------------------ deeds

    @http.route(
        "/my/loans/<string:loan>/hardship",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def hardship(self, loan, **_ignored):
        return self._show_hardship(self._open(loan))

    # A form's token is checked by `sent_from_here`: who left the page open over night keeps what they typed.
    @http.route(
        "/my/loans/<string:loan>/hardship",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        csrf=False,
    )
    def hardship_sent(self, loan, csrf_token=None, **typed):
        return self._take_hardship(self._open(loan), csrf_token, typed)

    @http.route(
        "/my/loans/<string:loan>/promise",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def promise(self, loan, **_ignored):
        return self._show_promise(self._open(loan))

    @http.route(
        "/my/loans/<string:loan>/promise",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        csrf=False,
    )
    def promise_sent(self, loan, csrf_token=None, **typed):
        return self._take_promise(self._open(loan), csrf_token, typed)

    @http.route(
        "/my/loans/<string:loan>/ask", type="http", auth="user", methods=["GET"], website=True, readonly=True
    )
    def ask(self, loan, **_ignored):
        return self._show_ask(self._open(loan))

    @http.route(
        "/my/loans/<string:loan>/ask", type="http", auth="user", methods=["POST"], website=True, csrf=False
    )
    def ask_sent(self, loan, csrf_token=None, **typed):
        return self._take_ask(self._open(loan), csrf_token, typed)

    # ------------------------------------------------------------ who is there

    def _open(self, loan):
        """Return the door to a loan of whoever is logged in, None where the address names none of theirs."""
        contract, me = request.env["loan.portal"]._loan(loan)
        return Door(contract, me, f"/my/loans/{contract.id}", LAYOUT) if contract else None

    # ------------------------------------------------------------ answering

    def _crumbs(self, door=None):
        crumbs = [(request.env._("Loans"), "/my/loans")]
        return [*crumbs, (door.contract.name, door.base)] if door else crumbs

    def _page(self, template, door, status=200, **values):
        return super()._page(template, door, status, loan_crumbs=self._crumbs(door), **values)

    def _span(self, door):
        """Return what the form of a statement starts with: this year until today."""
        today = door.contract.company_id._loan_today()
        first = max(today.replace(month=1, day=1), min(today, door.contract.start_date))
        return {"typed": {"first": first.isoformat(), "last": today.isoformat()}}
