from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools.translate import LazyTranslate

from ..core import entries
from .loan_deeds import Door, sent_from_here
from .loan_portal import LAYOUT, LoanPortalPages
from .loan_portal_loan import LoanPortalDeeds

_lt = LazyTranslate(__name__)

_WORDS = 2000  # characters
_NAME = 100
_LARGEST = 2 * 1024 * 1024  # bytes of all that a form sends
_REFUSALS = {
    "stale": _lt("This page was open for too long. Nothing is lost: please send it once more."),
    "enough": _lt("That is more than one day takes. Please call us, and we look at it together."),
    "tick": _lt("Please confirm this by a tick once you have read it."),
    "too_long": _lt("This is too long: please use at most %(most)s characters."),
    "missing": _lt("Please fill this in."),
}


class LoanAgreementPages(LoanPortalPages):
    """The page of one agreement, and what its signer does there: the same by a login and by the link of a letter."""

    _refusals = _REFUSALS

    def _show(self, signer, base, typed=None, errors=None, status=200, **values):
        facts = signer._portal_facts()
        typed = {"signer": facts["name"], **(typed or {})}
        picture = typed.get("signature", "")
        if not picture.startswith("data:image/"):
            picture = ""
        values = {
            "facts": facts,
            "typed": typed,
            "errors": errors or {},
            "base": base,
            "base_file": "",
            "ask": "",
            "layout": LAYOUT,
            "sign_props": signer._sign_props(typed["signer"], picture),
            "words_most": _WORDS,
            "line_most": {"signer": _NAME},
            **values,
        }
        return self._answer("loan_crm.loan_portal_agreement", values, status)

    def _take_signature(self, signer, base, csrf_token, typed, way):
        """Let a signer sign what they have read.

        :param signer: `loan.agreement.signer`
        :param str base: the address of their page
        :param dict typed: the fields of the form
        :param str way: "login" or "link"
        """
        typed = {name: entries.words(value) for name, value in typed.items() if isinstance(value, str)}
        if not sent_from_here(csrf_token):
            return self._again(signer, base, typed, {"": self._told("stale")}, 400)
        if signer.state == "signed":  # a second click
            return self._see(base)
        errors = {name: self._told("tick") for name, _sentence in signer._statements() if not typed.get(name)}
        if not typed.get("signer"):
            errors["signer"] = self._told("missing")
        elif len(typed["signer"]) > _NAME:
            errors["signer"] = self._told("too_long", most=_NAME)
        if errors and signer._waits():
            return self._again(signer, base, typed, errors, 422)
        if not signer._takes_post():
            return self._again(signer, base, typed, {"": self._told("enough")}, 429)
        sent = request.httprequest
        try:
            with request.env.cr.savepoint():
                signer._sign(
                    typed.get("signer", ""),
                    typed.get("signature", ""),
                    typed.get("words", ""),
                    way,
                    login=request.env.user.login if way == "login" else "",
                    address=sent.remote_addr or "",
                    browser=sent.user_agent.string or "",
                )
        except UserError as refusal:
            signer.invalidate_recordset()
            return self._again(signer, base, typed, {"": str(refusal)}, 409)
        return self._see(base)

    def _take_refusal(self, signer, base, csrf_token, typed):
        """Let a signer decline, with their reason."""
        typed = {name: entries.words(value) for name, value in typed.items() if isinstance(value, str)}
        reason, errors = typed.get("words_declined", ""), {}
        if not sent_from_here(csrf_token):
            return self._again(signer, base, typed, {"": self._told("stale")}, 400)
        if not reason:
            errors["words_declined"] = self._told("missing")
        elif len(reason) > _WORDS:
            errors["words_declined"] = self._told("too_long", most=_WORDS)
        if errors:
            return self._again(signer, base, typed, errors, 422)
        if not signer._takes_post():
            return self._again(signer, base, typed, {"": self._told("enough")}, 429)
        try:
            with request.env.cr.savepoint():
                signer._decline(reason)
        except UserError as refusal:
            signer.invalidate_recordset()
            return self._again(signer, base, typed, {"": str(refusal)}, 409)
        return self._see(base)

    def _again(self, signer, base, typed, errors, status):
        """Answer with the page and all that was typed."""
        return self._show(signer, base, typed, errors, status)


class LoanPortalAgreement(LoanAgreementPages, LoanPortalDeeds, http.Controller):
    """The agreements of whoever is logged in: the list, each one to read, to sign or to decline, and its file."""

    @http.route("/my/agreements", type="http", auth="user", methods=["GET"], website=True, readonly=True)
    def agreements(self, **_ignored):
        rows = [signer._portal_row() for signer in request.env["loan.portal"]._agreements()]
        values = {"agreements": rows, "layout": LAYOUT, "loan_crumbs": self._crumbs()}
        return self._answer("loan_crm.loan_portal_agreements", values)

    @http.route(
        "/my/agreements/<string:agreement>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def agreement(self, agreement, **_ignored):
        signer = self._mine(agreement)
        return self._show(signer, self._base(signer)) if signer else self._nothing()

    # A form's token is checked by `sent_from_here`: who left the page open over night keeps what they typed.
    @http.route(
        "/my/agreements/<string:agreement>/sign",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        csrf=False,
        max_content_length=_LARGEST,
    )
    def sign(self, agreement, csrf_token=None, **typed):
        signer = self._mine(agreement)
        if not signer:
            return self._nothing()
        return self._take_signature(signer, self._base(signer), csrf_token, typed, "login")

    @http.route(
        "/my/agreements/<string:agreement>/decline",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        csrf=False,
        max_content_length=_LARGEST,
    )
    def decline(self, agreement, csrf_token=None, **typed):
        signer = self._mine(agreement)
        if not signer:
            return self._nothing()
        return self._take_refusal(signer, self._base(signer), csrf_token, typed)

    @http.route(
        "/my/agreements/<string:agreement>/file",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        multilang=False,
        readonly=True,
    )
    def file(self, agreement, form="html", **_ignored):
        signer = self._mine(agreement)
        # What one has signed is one's own to keep; an offer is read on its page.
        facts = signer._portal_facts() if signer else {}
        if not facts.get("own") or not facts["shown"]:
            return self._nothing()
        content, kind, ending = signer.agreement_id._paper(
            signer.partner_id, "pdf" if form == "pdf" else "html"
        )
        return self._file(content, kind, f"{signer._file_name()}.{ending}")

    @http.route(
        "/my/agreements/<string:agreement>/ask",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        readonly=True,
    )
    def ask(self, agreement, **_ignored):
        return self._show_ask(self._door(agreement))

    @http.route(
        "/my/agreements/<string:agreement>/ask",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        csrf=False,
    )
    def ask_sent(self, agreement, csrf_token=None, **typed):
        return self._take_ask(self._door(agreement), csrf_token, typed)

    # ------------------------------------------------------------ who is there

    def _mine(self, agreement):
        return request.env["loan.portal"]._agreement(agreement)

    def _base(self, signer):
        return f"/my/agreements/{signer.agreement_id.id}"

    def _door(self, agreement):
        """Return the door to the loan that an agreement is about, for a question; None where it is not theirs."""
        signer = self._mine(agreement)
        if not signer:
            return None
        contract, partner = signer.contract_id._as_read_by(signer.partner_id, signer.env.lang)
        return Door(contract, partner, self._base(signer), LAYOUT)

    # ------------------------------------------------------------ answering

    def _crumbs(self, door=None):
        return [(request.env._("Your agreements"), "/my/agreements")]

    def _show(self, signer, base, typed=None, errors=None, status=200, **values):
        crumbs = [*self._crumbs(), (signer.contract_id.name, base)]
        return super()._show(
            signer,
            base,
            typed,
            errors,
            status,
            base_file=f"{base}/file",
            ask=f"{base}/ask",
            loan_crumbs=crumbs,
        )

    def _page(self, template, door, status=200, **values):
        return super()._page(template, door, status, loan_crumbs=self._crumbs(), **values)
