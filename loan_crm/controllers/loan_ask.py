from odoo import http
from odoo.http import request
from odoo.tools.translate import LazyTranslate

from ..core import entries
from .loan_deeds import sent_from_here, whose_door
from .loan_portal import LoanPortalPages

_lt = LazyTranslate(__name__)

# As on the borrower's page: no script, nothing from elsewhere, and no archive keeps the address, which is the key. The
# survey's own page, to which the first answer leads, is of this site.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}
_WORDS = 2000  # characters
_LINE = {"phone": 50, "best_time": 100}
_REFUSALS = {
    "choose": _lt("Please choose one."),
    "too_long": _lt("This is too long: please use at most %(most)s characters."),
    "stale": _lt("This page was open for too long. Nothing is lost: please send it once more."),
    "enough": _lt("We have heard from you several times today. Please call us if it cannot wait."),
}


class LoanAsk(LoanPortalPages, http.Controller):
    """The pages behind the links of a survey's letter: no login, one survey, one person.

    A scanner of mails may open any of them: GET reads on a cursor that cannot write. What changes something is a POST
    whose form was given out here.
    """

    _headers = _HEADERS
    _refusals = _REFUSALS

    @http.route("/loan/ask/<string:token>", type="http", auth="public", methods=["GET"], readonly=True)
    def ask(self, token, choice="", **_ignored):
        asked = self._open(token)
        if not asked:
            return self._opens_nothing(token)
        if asked.state != "sent":
            return self._done_page(asked, token)
        return self._ask_page(asked, token, {"choice": choice})

    # The form's token is checked by hand: who left the page open over night keeps what they chose.
    @http.route("/loan/ask/<string:token>", type="http", auth="public", methods=["POST"], csrf=False)
    def ask_sent(self, token, csrf_token=None, choice="", **_ignored):
        asked = self._open(token)
        if not asked:
            return self._opens_nothing(token)
        typed = {"choice": choice if isinstance(choice, str) else ""}
        refusal = self._refuse(asked, csrf_token)
        if refusal:
            return self._ask_page(asked, token, typed, {"": refusal[0]}, refusal[1])
        value = None
        if asked.state == "sent":
            known = {str(value): value for value, _label, _end in self._choices(asked)}
            if known and typed["choice"] not in known:
                return self._ask_page(asked, token, typed, {"choice": self._told("choose")}, 422)
            value = known.get(typed["choice"])
        address = asked._begin_answer(value)
        return self._see(address or f"/loan/ask/{token}")

    @http.route("/loan/ask/<string:token>/call", type="http", auth="public", methods=["GET"], readonly=True)
    def call(self, token, **_ignored):
        asked = self._open(token)
        if not asked:
            return self._opens_nothing(token)
        if asked.state != "sent":
            return self._done_page(asked, token)
        return self._page("loan_crm.loan_ask_call", asked, token, typed={}, errors={}, done=False)

    @http.route("/loan/ask/<string:token>/call", type="http", auth="public", methods=["POST"], csrf=False)
    def call_sent(self, token, csrf_token=None, **typed):
        asked = self._open(token)
        if not asked:
            return self._opens_nothing(token)
        typed = {name: entries.words(value) for name, value in typed.items() if isinstance(value, str)}
        errors, status = {}, 422
        for name, most in {**_LINE, "words": _WORDS}.items():
            if len(typed.get(name, "")) > most:
                errors[name] = self._told("too_long", most=most)
        if not errors and (refusal := self._refuse(asked, csrf_token)):
            errors[""], status = refusal
        if errors:
            return self._page(
                "loan_crm.loan_ask_call", asked, token, status, typed=typed, errors=errors, done=False
            )
        lines = {name: " ".join(typed.get(name, "").split()) for name in _LINE}
        if not asked._ask_for_call(lines["phone"], lines["best_time"], typed.get("words", "")):
            return self._done_page(asked, token)
        company = asked.company_id
        told = asked.env._(
            "We call you by %s. You need not fill in anything.", asked._long_day(asked._call_by())
        )
        return self._page(
            "loan_crm.loan_ask_call", asked, token, typed={}, errors={}, done=told, company=company.name
        )

    @http.route("/loan/ask/<string:token>/stop", type="http", auth="public", methods=["GET"], readonly=True)
    def stop(self, token, **_ignored):
        # From an old letter, too: that they want no more is theirs to say at any time.
        asked = self._open(token, ended=True)
        if not asked:
            return self._opens_nothing(token)
        return self._page(
            "loan_crm.loan_ask_stop", asked, token, errors={}, done=asked.partner_id.loan_no_surveys
        )

    @http.route("/loan/ask/<string:token>/stop", type="http", auth="public", methods=["POST"], csrf=False)
    def stop_sent(self, token, csrf_token=None, **_ignored):
        asked = self._open(token, ended=True)
        if not asked:
            return self._opens_nothing(token)
        if refusal := self._refuse(asked, csrf_token):
            return self._page(
                "loan_crm.loan_ask_stop", asked, token, refusal[1], errors={"": refusal[0]}, done=False
            )
        asked._stop_surveys()
        return self._page("loan_crm.loan_ask_stop", asked, token, errors={}, done=True)

    # ------------------------------------------------------------ who is there

    def _open(self, token, ended=False):
        """Return the survey a link stands for, empty where it opens nothing.

        :param bool ended: also one whose time is over
        """
        asked = request.env["loan.survey.request"]._from_ask_token(token, ended)
        if asked:
            # The letter's language and not the browser's.
            request.update_context(lang=asked.env.lang)
        return asked

    def _refuse(self, asked, csrf_token):
        """Return (why nothing is taken, status), None where something is."""
        if not sent_from_here(csrf_token):
            return self._told("stale"), 400
        return None if asked._count_ask_post() else (self._told("enough"), 429)

    # ------------------------------------------------------------ answering

    def _choices(self, asked):
        question = asked.survey_id._loan_first_question()
        return question._loan_choices() if question else []

    def _ask_page(self, asked, token, typed, errors=None, status=200):
        return self._page("loan_crm.loan_ask_page", asked, token, status, typed=typed, errors=errors or {})

    def _done_page(self, asked, token, status=200):
        return self._page("loan_crm.loan_ask_done", asked, token, status, end=asked._ask_end())

    def _page(self, template, asked, token, status=200, **values):
        choices = self._choices(asked)
        facts = {
            "lender": asked.company_id.name,
            "title": asked.survey_id.title,
            "question": asked.survey_id._loan_first_question().title,
            "choices": choices,
            "ends": [end for _value, _label, end in choices if end],
            "footer": asked.env._(
                "This page was opened with a link meant for you alone. Please do not pass it on."
            ),
        }
        values.update(facts=facts, base=f"/loan/ask/{token}", words_most=_WORDS, line_most=_LINE)
        values.update(page_lang=(request.env.lang or "en_US").replace("_", "-"))
        return request.render(template, values, headers=self._headers, status=status)

    def _opens_nothing(self, token):
        """Tell who was given a link that its time is over; every other one that opens nothing is answered alike."""
        if asked := self._open(token, ended=True):
            return self._done_page(asked, token, 410)
        lender = whose_door()
        values = {"lender": lender, "page_lang": (request.env.lang or "en_US").replace("_", "-")}
        return request.render("loan_crm.loan_borrower_nothing", values, headers=self._headers, status=404)
