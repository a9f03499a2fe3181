import re
from datetime import datetime, timezone

from odoo import http
from odoo.http import request
from odoo.tools.translate import LazyTranslate

from .loan_deeds import sent_from_here
from .loan_portal import LAYOUT, LoanPortalPages

_lt = LazyTranslate(__name__)

_MINUTES = re.compile(r"[0-9]{1,9}", re.ASCII)  # since 1970, within what a clock knows
_TOLD = "loan_portal_appointment"  # in the session: what has just been done
_REFUSALS = {
    "stale": _lt("This page was open for too long. Nothing is lost: please send it once more."),
    "enough": _lt("We have heard from you several times today. Please call us if it cannot wait."),
    "choose": _lt("Please choose one."),
    "no_number": _lt("We do not know your number. Please choose another way, or let us call you back."),
    "taken": _lt("This time is not free any more. Please choose another one."),
    "open": _lt("You have two appointments to come. Please move or cancel one of them first."),
    "late": _lt("It is too late to change this appointment here. Please call us."),
}


class LoanPortalAppointment(LoanPortalPages, http.Controller):
    """Appointments of whoever is logged in with who looks after them: book, see, move, cancel."""

    _refusals = _REFUSALS

    @http.route("/my/appointment", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def appointment(self, lender="", **_ignored):
        desks = request.env["loan.portal"]._desks()
        if not desks:
            return self._nothing()
        desk = desks.get(lender) or next(iter(desks.values()))
        return self._page(desks, desk, done=request.session.pop(_TOLD, ""))

    # The form's token is checked by hand: who left the page open over night keeps what they chose.
    @http.route("/my/appointment", type="http", auth="user", methods=["POST"], website=True, csrf=False)
    def book(self, csrf_token=None, lender="", **typed):
        portal = request.env["loan.portal"]
        desks = portal._desks()
        desk = desks.get(lender)
        if not desk:
            return self._nothing()
        typed = {name: value for name, value in typed.items() if isinstance(value, str)}
        errors, start = {}, self._read_start(typed)
        for name in ("loan_way", "loan_topic"):
            if typed.get(name) not in dict(portal._choices(request.env, name)):
                errors[name] = self._told("choose")
        if not start:
            errors["slot"] = self._told("choose")
        if typed.get("loan_way") == "phone" and not desk.partner.phone:
            errors["loan_way"] = self._told("no_number")
        if refusal := self._refuse(desk, csrf_token, errors):
            return self._page(desks, desk, typed, *refusal)
        _event, reason = portal._book(desk, typed["loan_way"], typed["loan_topic"], start)
        if reason:
            errors = {"slot" if reason == "taken" else "": self._told(reason)}
            return self._page(desks, desk, typed, errors, 422)
        return self._done(request.env._("It is booked. You get an invitation by mail."))

    @http.route(
        "/my/appointment/<string:appointment>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def one(self, appointment, **_ignored):
        desk, event = self._open(appointment)
        return self._one_page(desk, event) if event else self._nothing()

    @http.route(
        "/my/appointment/<string:appointment>/move",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        csrf=False,
    )
    def move(self, appointment, csrf_token=None, **typed):
        desk, event = self._open(appointment)
        if not event:
            return self._nothing()
        start = self._read_start(typed)
        if refusal := self._refuse(desk, csrf_token, {} if start else {"slot": self._told("choose")}):
            return self._one_page(desk, event, typed, *refusal)
        if reason := request.env["loan.portal"]._move(desk, event, start):
            errors = {"slot" if reason == "taken" else "": self._told(reason)}
            return self._one_page(desk, event, typed, errors, 422)
        return self._done(request.env._("It is moved. You get a new invitation by mail."))

    @http.route(
        "/my/appointment/<string:appointment>/cancel",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        csrf=False,
    )
    def cancel(self, appointment, csrf_token=None, **_ignored):
        desk, event = self._open(appointment)
        if not event:
            return self._nothing()
        if refusal := self._refuse(desk, csrf_token, {}):
            return self._one_page(desk, event, {}, *refusal)
        if reason := request.env["loan.portal"]._cancel(desk, event):
            return self._one_page(desk, event, {}, {"": self._told(reason)}, 422)
        return self._done(request.env._("It is canceled."))

    # ------------------------------------------------------------ who is there

    def _open(self, appointment):
        """Return (desk, event) of an appointment of theirs that an address names, both None where it names none."""
        portal = request.env["loan.portal"]
        event = portal._appointment(appointment)
        desk = event and portal._desks().get(str(event.loan_company_id.id))
        return (desk, event) if desk else (None, None)

    def _read_start(self, typed):
        """Return the moment that was chosen, None for whatever is none."""
        slot = typed.get("slot")
        if not isinstance(slot, str) or not _MINUTES.fullmatch(slot):
            return None
        return datetime.fromtimestamp(int(slot) * 60, timezone.utc)

    def _refuse(self, desk, csrf_token, errors):
        """Return (sentences by field, status) of why nothing is taken, None where something is."""
        if not sent_from_here(csrf_token):
            return {"": self._told("stale")}, 400
        if errors:
            return errors, 422
        if not desk.partner.env["loan.portal.count"]._take(desk.company, desk.partner):
            return {"": self._told("enough")}, 429
        return None

    # ------------------------------------------------------------ answering

    def _done(self, told):
        request.session[_TOLD] = told
        return self._see("/my/appointment")

    def _page(self, desks, desk, typed=None, errors=None, status=200, done=""):
        portal = request.env["loan.portal"]
        mine, _me = portal._appointments()
        values = {
            "mine": [portal._appointment_facts(event) for event in mine],
            "slots": portal._slot_facts(desk),
            "lender": desk.key,
            "lenders": [
                (each.key, request.env._("Rather at %s", each.company.name)) for each in desks.values()
            ],
            "meets": request.env._("You meet %s.", portal._easy_person(desk)["name"]),
            "ways": portal._choices(request.env, "loan_way"),
            "topics": portal._choices(request.env, "loan_topic"),
            "typed": {"loan_way": "video", "loan_topic": "question", **(typed or {})},
            "errors": errors or {},
            "done": done,
            "layout": LAYOUT,
            "loan_crumbs": self._crumbs(),
        }
        return self._answer("loan_crm.loan_portal_appointments", values, status)

    def _one_page(self, desk, event, typed=None, errors=None, status=200):
        portal = request.env["loan.portal"]
        facts = portal._appointment_facts(event)
        values = {
            "facts": facts,
            "slots": portal._slot_facts(desk, besides=event),
            "typed": typed or {},
            "errors": errors or {},
            "layout": LAYOUT,
            "loan_crumbs": [*self._crumbs(), (facts["day"], f"/my/appointment/{event.id}")],
        }
        return self._answer("loan_crm.loan_portal_appointment", values, status)

    def _crumbs(self):
        return [(request.env._("Appointments"), "/my/appointment")]
