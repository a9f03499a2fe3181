from decimal import Decimal
from typing import NamedTuple

from odoo.exceptions import UserError, ValidationError
from odoo.http import request
from odoo.tools.translate import LazyTranslate

from ..core import entries, money
from ..core.entries import EntryError

_lt = LazyTranslate(__name__)

_WORDS = 2000  # characters, and as many in the form
_LINE = {"phone": 50, "best_time": 100}
_AHEAD_AT_MOST = 366  # days; who can pay in two years has mistyped the year
_PAID_AGO_AT_MOST = 31  # days
# Keyed by the core's reason, and by what only the loan can tell.
_REFUSALS = {
    "amount_unreadable": _lt("Please write the amount in digits, for example %(example)s."),
    "amount_not_positive": _lt("The amount must be more than zero."),
    "amount_too_fine": _lt("The amount has more decimals than %(currency)s has."),
    "amount_too_large": _lt("That is more than the loan still asks for: %(most)s."),
    "day_unreadable": _lt("Please write the day like this: %(example)s."),
    "day_past": _lt("This day has passed. Please choose today or a later day."),
    "day_too_far": _lt("This day is too far away. Please choose one within a year."),
    "day_to_come": _lt("This day is still to come. Please choose today or an earlier day."),
    "day_too_old": _lt("This day is long past. Please call us, we look for the payment together."),
    "too_long": _lt("This is too long: please use at most %(most)s characters."),
    "choose": _lt("Please choose one."),
    "missing": _lt("Please fill this in."),
}


def whose_door():
    """Return the lender that stands on every letter, empty of several; in the browser's language from then on."""
    env = request.env(su=True)  # no secret
    installed = dict(env["res.lang"].get_installed())
    wanted = request.best_lang or ""
    near = [code for code in installed if code.split("_")[0] == wanted.split("_")[0]]
    companies = env["res.company"].search([], limit=2)
    company = companies if len(companies) == 1 else companies.browse()
    lang = wanted if wanted in installed else next(iter(near), company.partner_id.lang or "en_US")
    request.update_context(lang=lang)
    return {"name": company.name, "phone": company.phone, "email": company.email} if company else {}


def sent_from_here(csrf_token):
    """Tell whether a form was given out here. A file in the token's place, or letters that none has, is no error."""
    return isinstance(csrf_token, str) and csrf_token.isascii() and request.validate_csrf(csrf_token)


class Door(NamedTuple):
    """One loan as one person has opened it, by a link or by their login.

    :param contract: `loan.contract`, as the system and in the language of the page
    :param partner: `res.partner` who looks
    :param str base: the address of the loan's page
    :param str layout: the template that the pages are laid out in
    """

    contract: object
    partner: object
    base: str
    layout: str


class LoanDeeds:
    """What a borrower does on the pages of one loan: asks for help, says when they pay, asks or complains.

    The pages are the same whichever way they are opened. A controller finds the door, says what it answers where there
    is none (`_nothing`), and sends its own headers (`_headers`). GET reads; what changes something is a POST whose form
    was given out here, counted by the loan whatever way it came.
    """

    _headers = {}
    _words_most = _WORDS

    # ------------------------------------------------------------ pages

    def _show_hardship(self, door):
        if not door:
            return self._nothing()
        if not self._offers(door, "hardship"):
            return self._go(door)
        return self._hardship_page(door)

    def _take_hardship(self, door, csrf_token, typed):
        if not door:
            return self._nothing()
        if not self._offers(door, "hardship"):
            return self._go(door)
        contract, partner, typed = door.contract, door.partner, self._texts(typed)
        if not sent_from_here(csrf_token):
            return self._hardship_page(door, typed, {"": self._stale()}, status=400)
        open_request = contract.env["loan.hardship"]._open_of(contract)
        vals, errors = self._read_hardship(contract, typed, adding=bool(open_request))
        if not errors and not contract._count_borrower_post(partner):
            return self._hardship_page(door, typed, {"": self._enough()}, status=429)
        if errors:
            return self._hardship_page(door, typed, errors, status=422)
        contract.env["loan.hardship"]._ask(contract, partner, vals)
        return self._go(door, "hardship")

    def _show_promise(self, door):
        if not door:
            return self._nothing()
        if not self._offers(door, "promise"):
            return self._go(door)
        return self._promise_page(door)

    def _take_promise(self, door, csrf_token, typed):
        if not door:
            return self._nothing()
        if not self._offers(door, "promise"):
            return self._go(door)
        contract, typed = door.contract, self._texts(typed)
        if not sent_from_here(csrf_token):
            return self._promise_page(door, typed, {"": self._stale()}, status=400)
        vals, errors = self._read_promise(contract, typed)
        if errors:
            return self._promise_page(door, typed, errors, status=422)
        if not contract._count_borrower_post(door.partner):
            return self._promise_page(door, typed, {"": self._enough()}, status=429)
        try:
            with request.env.cr.savepoint():
                contract._record_promise(heard_via="page", partner=door.partner, user=None, **vals)
        except (UserError, ValidationError) as refusal:
            return self._promise_page(door, typed, {"": str(refusal)}, status=422)
        done = contract.env._(
            "We expect your payment by %s and do not remind you of this loan until then.",
            contract._long_day(vals["date_promised"]),
        )
        return self._done(door, "promise", done)

    def _show_ask(self, door):
        return self._ask_page(door) if door else self._nothing()

    def _take_ask(self, door, csrf_token, typed):
        if not door:
            return self._nothing()
        contract, typed = door.contract, self._texts(typed)
        if not sent_from_here(csrf_token):
            return self._ask_page(door, typed, {"": self._stale()}, status=400)
        vals, errors = self._read_ask(typed)
        if errors:
            return self._ask_page(door, typed, errors, status=422)
        # The loan is locked while it is counted: of two clicks the second finds the case of the first.
        if not contract._count_borrower_post(door.partner):
            return self._ask_page(door, typed, {"": self._enough()}, status=429)
        case, is_new = contract.env["loan.case"]._ask_on_page(contract, door.partner, vals)
        done = {
            "taken": contract.env._("Thank you. We have it under the number %s.", case.name)
            if is_new
            else contract.env._("Thank you. We have added it to %s, which is open already.", case.name),
            "next": case._told_on_page(),
        }
        return self._done(door, "ask", done)

    def _offers(self, door, page):
        """Tell whether a page has something to offer: a loan that is repaid since the letter has not."""
        return page in {action["page"] for action in door.contract._borrower_actions(door.partner)}

    # ------------------------------------------------------------ reading what was typed

    def _texts(self, typed):
        """Return the fields of a form as texts; a file in place of a text is nothing."""
        return {name: entries.words(value) for name, value in typed.items() if isinstance(value, str)}

    def _read_hardship(self, contract, typed, adding):
        """Return (values of a request, sentences by field): what a borrower filled in, and what is wrong with it."""
        vals, errors = {}, {}
        choices = contract.env["loan.hardship"]._fields
        for name in () if adding else ("cause", "wish"):
            if typed.get(name) in dict(choices[name].selection):
                vals[name] = typed[name]
            else:
                errors[name] = self._refusal("choose")
        vals["words"] = typed.get("words", "")
        if len(vals["words"]) > _WORDS:
            errors["words"] = self._refusal("too_long", most=_WORDS)
        elif adding and not any(typed.values()):
            errors["words"] = self._refusal("missing")
        for name, most in _LINE.items():
            vals[name] = " ".join(typed.get(name, "").split())
            if len(vals[name]) > most:
                errors[name] = self._refusal("too_long", most=most)
        if typed.get("offered_amount"):
            vals["offered_amount"] = self._read_amount(contract, typed, "offered_amount", errors)
        if typed.get("offered_date"):
            vals["offered_date"] = self._read_day(contract, typed, "offered_date", errors, 0, _AHEAD_AT_MOST)
        return vals, errors

    def _read_ask(self, typed, abouts=("loan", "other")):
        """Return (what is asked, sentences by field).

        :param dict typed: texts by field
        :param abouts: what it may be about
        """
        errors = {}
        vals = {
            "kind": typed.get("kind"),
            "words": typed.get("words", ""),
            "this_loan": typed.get("about") == "loan",
        }
        if vals["kind"] not in ("inquiry", "request", "complaint"):
            errors["kind"] = self._refusal("choose")
        if typed.get("about") not in abouts:
            errors["about"] = self._refusal("choose")
        if not vals["words"]:
            errors["words"] = self._refusal("missing")
        elif len(vals["words"]) > _WORDS:
            errors["words"] = self._refusal("too_long", most=_WORDS)
        return vals, errors

    def _read_promise(self, contract, typed):
        """Return (arguments of a promise, sentences by field)."""
        errors = {}
        paid = typed.get("when") == "paid"
        if typed.get("when") not in ("paid", "will"):
            errors["when"] = self._refusal("choose")
        vals = {}
        for name in ("amount", "day"):
            if not typed.get(name):
                errors[name] = self._refusal("missing")
        if "amount" not in errors:
            vals["amount"] = self._read_amount(contract, typed, "amount", errors)
        if "day" not in errors:
            span = (-_PAID_AGO_AT_MOST, 0) if paid else (0, _AHEAD_AT_MOST)
            vals["date_promised"] = self._read_day(contract, typed, "day", errors, *span)
        note = typed.get("note", "")
        if len(note) > _WORDS:
            errors["note"] = self._refusal("too_long", most=_WORDS)
        if not errors and paid:
            # Money that is on its way: what is promised is that it is there today. The note is for colleagues.
            house = contract.with_context(lang=contract.manager_user_id.lang)
            note = " ".join(
                filter(
                    None,
                    (house.env._("Says it was paid on %s.", house._long_day(vals["date_promised"])), note),
                )
            )
            vals["date_promised"] = contract.company_id._loan_today()
        vals["note"] = note
        return vals, errors

    def _read_amount(self, contract, typed, name, errors):
        """Return an amount in the loan's currency as a float, and note what is wrong with it."""
        env, currency = contract.env, contract.currency_id
        lang = env["res.lang"]._get_data(code=env.lang)
        cent = money.from_float(currency.rounding, Decimal(1).scaleb(-currency.decimal_places))
        try:
            value = entries.amount(
                typed[name], lang.decimal_point, lang.thousands_sep, (currency.symbol, currency.name), cent
            )
        except EntryError as refusal:
            example = contract._amount(1234.5 if currency.decimal_places else 1234)
            errors[name] = self._refusal(refusal.reason, example=example, currency=currency.name)
            return None
        most = currency.round(contract.amount_open + contract.charges_open)
        if value > Decimal(str(most)):
            errors[name] = self._refusal("amount_too_large", most=contract._amount(most))
        return currency.round(float(value))

    def _read_day(self, contract, typed, name, errors, first, last):
        """Return a day so many days from today at the least and at the most, and note what is wrong with it."""
        env, today = contract.env, contract.company_id._loan_today()
        try:
            day = entries.day(typed[name], env["res.lang"]._get_data(code=env.lang).date_format)
        except EntryError as refusal:
            errors[name] = self._refusal(refusal.reason, example=today.isoformat())
            return None
        off = (day - today).days
        if off < first:
            errors[name] = self._refusal("day_past" if first == 0 else "day_too_old")
        elif off > last:
            errors[name] = self._refusal("day_to_come" if last == 0 else "day_too_far")
        return day

    def _refusal(self, reason, **facts):
        sentence = request.env._(_REFUSALS[reason])
        return sentence % facts

    def _stale(self):
        return request.env._("This page was open for too long. Nothing is lost: please send it once more.")

    def _enough(self):
        return request.env._("We have heard from you several times today. Please call us if it cannot wait.")

    # ------------------------------------------------------------ answering

    def _hardship_page(self, door, typed=None, errors=None, status=200):
        contract = door.contract
        choices = contract.env["loan.hardship"]._fields
        open_request = contract.env["loan.hardship"]._open_of(contract)
        return self._page(
            "loan_crm.loan_borrower_hardship",
            door,
            status,
            typed={"wish": "talk", **(typed or {})},
            errors=errors or {},
            causes=choices["cause"]._description_selection(contract.env),
            wishes=choices["wish"]._description_selection(contract.env),
            asked=open_request and self._told_back(contract, open_request),
        )

    def _told_back(self, contract, open_request):
        """Return what a borrower reads of their open request: not what they wrote, for others may hold the letter."""
        env = contract.env
        who = open_request.user_id.name or contract.company_id.name
        return {
            "taken": env._(
                "We have your request of %(day)s about the loan %(loan)s.",
                day=contract._long_day(open_request.asked_on),
                loan=contract.name,
            ),
            "next": env._("You have spoken with us. %s will come back to you.", who)
            if open_request.state == "talks"
            else env._(
                "%(who)s will call you by %(day)s.", who=who, day=contract._long_day(open_request.answer_by)
            ),
        }

    def _ask_kinds(self, env):
        kinds = {
            "inquiry": env._("I have a question"),
            "request": env._("I need something: a paper, a change"),
            "complaint": env._("I want to complain"),
        }
        return list(kinds.items())

    def _ask_page(self, door, typed=None, errors=None, status=200, done=None):
        contract, env = door.contract, door.contract.env
        return self._page(
            "loan_crm.loan_borrower_ask",
            door,
            status,
            typed={"kind": "inquiry", "about": "loan", **(typed or {})},
            errors=errors or {},
            kinds=self._ask_kinds(env),
            abouts=[("loan", env._("This loan, %s", contract.name)), ("other", env._("Something else"))],
            done=done,
        )

    def _promise_page(self, door, typed=None, errors=None, status=200, done=None):
        return self._page(
            "loan_crm.loan_borrower_promise",
            door,
            status,
            typed={"when": "will", **(typed or {})},
            errors=errors or {},
            done=done,
        )

    def _done(self, door, page, done):
        """Answer what was taken: what was typed is not told back, for others may hold the letter."""
        return self._promise_page(door, done=done) if page == "promise" else self._ask_page(door, done=done)

    def _page(self, template, door, status=200, **values):
        contract, partner = door.contract, door.partner
        today = contract.company_id._loan_today()
        facts = values.get("facts") or contract._borrower_facts(partner)
        values.update(
            facts=facts,
            amount_label=contract.env._("Amount (%s)", facts["currency"]),
            base=door.base,
            layout=door.layout,
            today=today.isoformat(),
            words_most=_WORDS,
            line_most=_LINE,
        )
        return self._answer(template, values, status)

    def _nothing(self):
        """Answer every address that opens nothing alike, whatever the reason."""
        raise NotImplementedError

    def _answer(self, template, values, status):
        values.update(page_lang=(request.env.lang or "en_US").replace("_", "-"))
        return request.render(template, values, headers=self._headers, status=status)

    def _go(self, door, page=""):
        """Send the browser to a page that can be loaded anew without sending anything twice."""
        response = request.redirect(f"{door.base}/{page}".rstrip("/"), code=303)
        response.headers.update(self._headers)
        return response
