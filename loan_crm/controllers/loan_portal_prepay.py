from odoo import http
from odoo.http import request
from odoo.tools.misc import formatLang

from .loan_deeds import Door, LoanDeeds, sent_from_here
from .loan_portal import LAYOUT, LoanPortalPages

_AHEAD_AT_MOST = 366  # days
_ASKED = "loan_portal_payoff"  # in the session: what was asked for on which page


class LoanPortalPrepay(LoanPortalPages, LoanDeeds, http.Controller):
    """What a borrower would pay and save by paying early, and a way to ask for it. Works without a script."""

    @http.route(
        "/my/prepay/<string:loan>", type="http", auth="user", methods=["GET"], website=True, readonly=True
    )
    def prepay(self, loan, **typed):
        door = self._open(loan)
        if not door:
            return self._nothing()
        asked = request.session.get(_ASKED)
        if asked and asked["at"] == door.base:
            request.session.pop(_ASKED)
            return self._prepay_page(door, self._texts(typed), done=asked["done"])
        return self._prepay_page(door, self._texts(typed))

    # The form's token is checked by hand: who left the page open over night keeps what they typed.
    @http.route(
        "/my/prepay/<string:loan>/request",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        csrf=False,
    )
    def payoff(self, loan, csrf_token=None, **typed):
        door = self._open(loan)
        if not door or not door.contract._can_be_prepaid():
            return self._nothing()
        contract, typed = door.contract, self._texts(typed)
        if not sent_from_here(csrf_token):
            return self._prepay_page(door, typed, {"": self._stale()}, status=400)
        kind = typed.get("kind")
        day, amount, errors = self._read(contract, typed)
        if kind not in ("settle", "prepay"):
            errors[""] = self._refusal("choose")
        if not errors and not contract._count_borrower_post(door.partner):
            return self._prepay_page(door, typed, {"": self._enough()}, status=429)
        if not errors:
            told = contract._prepay_facts(day, amount)["errors"]
            wrong = told["day"] or (told[""] if kind == "settle" else told["amount"])
            if wrong:
                errors["amount" if kind == "prepay" and not told["day"] else "day"] = wrong
        if errors:
            return self._prepay_page(door, typed, errors, status=422)
        case = contract._ask_payoff(door.partner, kind, day, amount)
        done = {
            "taken": contract.env._("Thank you. We have it under the number %s.", case.name),
            "next": case._told_on_page(),
        }
        request.session[_ASKED] = {"at": door.base, "done": done}
        return self._go(door)

    def _read(self, contract, typed):
        """Return (day, amount, sentences by field) of what was typed, None for what was not."""
        errors, day, amount = {}, None, None
        if typed.get("day"):
            day = self._read_day(contract, typed, "day", errors, 0, _AHEAD_AT_MOST)
        if typed.get("amount"):
            amount = self._read_amount(contract, typed, "amount", errors)
        return day or contract.company_id._loan_today(), amount, errors

    def _open(self, loan):
        contract, me = request.env["loan.portal"]._loan(loan)
        return Door(contract, me, f"/my/prepay/{contract.id}", LAYOUT) if contract else None

    def _prepay_page(self, door, typed, errors=None, done=None, status=200):
        contract, prepay = door.contract, None
        if contract._can_be_prepaid():
            day, amount, wrong = self._read(contract, typed)
            errors = {**wrong, **(errors or {})}
            # What cannot be read is not worked out; what was typed stays.
            prepay = contract._prepay_facts(
                None if "day" in wrong else day, None if "amount" in wrong else amount
            )
            errors = {**{name: told for name, told in prepay["errors"].items() if told}, **errors}
            plain = formatLang(contract.env, prepay["amount"], digits=contract.currency_id.decimal_places)
            status = 422 if errors and status == 200 and any(typed.values()) else status
            given = {name: text for name, text in typed.items() if text}
            typed = {"day": prepay["day"].isoformat(), "amount": plain, **given}
        facts = {**contract._borrower_facts(door.partner), "id": contract.id}
        return self._page(
            "loan_crm.loan_portal_prepay",
            door,
            status,
            facts=facts,
            prepay=prepay,
            typed=typed,
            errors=errors or {},
            done=done,
            loan_crumbs=[
                (contract.env._("Loans"), "/my/loans"),
                (contract.name, f"/my/loans/{contract.id}"),
                (contract.env._("Paying early"), door.base),
            ],
        )
