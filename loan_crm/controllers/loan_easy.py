import re
from typing import NamedTuple

from odoo.http import request
from odoo.tools.translate import LazyTranslate

from ..core import entries
from ..core.callbacks import PARTS
from .loan_deeds import sent_from_here

_lt = LazyTranslate(__name__)

# As people write a number: digits, with a plus before and what groups them between.
_NUMBER = re.compile(r"\+?[0-9][0-9 ()/.-]{4,28}[0-9]", re.ASCII)
_REFUSALS = {
    "stale": _lt("This page was open for too long. Nothing is lost: please send it once more."),
    "enough": _lt("We have heard from you several times today. Please call us if it cannot wait."),
    "choose": _lt("Please choose one."),
    "number": _lt("Please write the number in digits, for example 021 5555 0101."),
    "no_number": _lt("We do not know your number. Please write it here."),
}


class EasyDoor(NamedTuple):
    """The page in large type as one person has opened it, by a link or by their login.

    :param loans: a list of pairs (`loan.contract`, `res.partner`)
    :param desks: `{key: loan.portal desk}`
    :param profiles: `loan.customer`, theirs: they keep that large type is read
    :param str base: the address of the page
    :param str back: the address of the page it leads back to
    :param str layout: the template that the page is laid out in
    :param str meets: the address of the page that books appointments, empty where none leads there
    """

    loans: list
    desks: dict
    profiles: object
    base: str
    back: str
    layout: str
    meets: str = ""


class LoanEasy:
    """What the page in large type does: shows what to pay, takes the wish for a call, and remembers how one reads.

    The page is the same whichever way it is opened. A controller finds the door and says what it answers where there is
    none (`_nothing`).
    """

    def _show_easy(self, door):
        return self._easy_page(door) if door else self._nothing()

    def _take_call(self, door, csrf_token, typed):
        desk = door and door.desks.get(typed.get("lender"))
        if not desk:
            return self._nothing()
        typed = {name: entries.words(value) for name, value in typed.items() if isinstance(value, str)}
        number, errors, status = " ".join(typed.get("number", "").split()), {}, 422
        if typed.get("part") not in PARTS:
            errors["part"] = "choose"
        if number and not _NUMBER.fullmatch(number):
            errors["number"] = "number"
        elif not number and not desk.partner.phone:
            errors["number"] = "no_number"
        if not sent_from_here(csrf_token):
            errors, status = {"": "stale"}, 400
        elif not errors and not self._easy_counts(desk):
            errors, status = {"": "enough"}, 429
        if errors:
            told = {name: self._easy_told(reason) for name, reason in errors.items()}
            return self._easy_page(door, {desk.key: typed}, {desk.key: told}, status)
        self._easy_cases(desk)._want_call(desk, typed["part"], number)
        return self._easy_go(door)

    def _take_call_back(self, door, csrf_token, typed):
        desk = door and door.desks.get(typed.get("lender"))
        if not desk:
            return self._nothing()
        if not sent_from_here(csrf_token):
            return self._easy_page(door, errors={desk.key: {"": self._easy_told("stale")}}, status=400)
        if not self._easy_counts(desk):
            return self._easy_page(door, errors={desk.key: {"": self._easy_told("enough")}}, status=429)
        if wanted := self._easy_cases(desk)._open_call(desk):
            wanted._take_call_back()
        return self._easy_go(door)

    def _take_type(self, door, csrf_token, typed):
        if not door:
            return self._nothing()
        if sent_from_here(csrf_token) and door.desks and self._easy_counts(next(iter(door.desks.values()))):
            door.profiles._set_large_type(typed.get("large") == "1")
        return self._easy_go(door)

    def _show_photo(self, door, lender):
        """Answer the picture of who looks after somebody: it is told to them and to nobody else."""
        desk = door and door.desks.get(lender)
        image = desk and desk.who().image_256
        if not image:
            return self._nothing()
        stream = request.env["ir.binary"]._get_image_stream_from(desk.who(), "image_256")
        response = stream.get_response()
        response.headers.update(self._headers)
        return response

    # ------------------------------------------------------------ answering

    def _easy_counts(self, desk):
        return desk.partner.env["loan.portal.count"]._take(desk.company, desk.partner)

    def _easy_cases(self, desk):
        return desk.company.env["loan.case"]

    def _easy_told(self, reason):
        return request.env._(_REFUSALS[reason])

    def _easy_page(self, door, typed=None, errors=None, status=200):
        portal = request.env["loan.portal"]
        values = {
            "facts": portal._easy_facts(door.loans, door.desks),
            "typed_by": typed or {},
            "errors_by": errors or {},
            "easy_base": door.base,
            "back": door.back,
            "meet_url": door.meets,
            "layout": door.layout,
            "keeps_type": bool(door.profiles),
            "large_type": any(door.profiles.mapped("large_type")),
            "line_most": {"number": 30},
            "words_most": 0,
            "loan_crumbs": [(request.env._("Large type"), door.base)],
        }
        return self._answer("loan_crm.loan_easy_page", values, status)

    def _easy_go(self, door):
        response = request.redirect(door.base, code=303)
        response.headers.update(self._headers)
        return response
