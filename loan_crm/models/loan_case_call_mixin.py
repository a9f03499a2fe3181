import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import babel_locale_parse, format_date, format_time, get_lang

from ..core import callbacks

_PARTS = [("soon", "As Soon As Possible"), ("morning", "In the Morning"), ("afternoon", "In the Afternoon")]
# Where a pattern of a day tells the year, with what leads to it and what follows.
_YEAR = re.compile(r"(?:[,\s]|'[^']*')*y+年?")
_AHEAD = 21  # days: longer holidays than that no bank has
_TOLD_FOR = timedelta(days=3)  # so long a call that was made is told


class LoanCaseCallMixin(models.AbstractModel):
    """A case of somebody who wants to be called: one is open at a time, and the promise is the case's own.

    It begins with a button on the borrower's page, which tells within which hours who calls. It ends with the talk that
    is noted, or when it is taken back. What the page said is what the clock of the case runs to.
    """

    _name = "loan.case.call.mixin"
    _description = "Call Wanted"

    call_part = fields.Selection(
        _PARTS, "Call Wanted", readonly=True, copy=False, help="Part of the day, by the customer's own clock."
    )
    call_number = fields.Char(
        "Number to Call",
        readonly=True,
        copy=False,
        help="Named on the page. Empty: the number on file. Make sure who it is before you tell anything.",
    )
    call_from = fields.Datetime("Call Promised From", readonly=True, copy=False)
    call_to = fields.Datetime("Call Promised Until", readonly=True, copy=False)

    _one_call = models.UniqueIndex(
        "(partner_id, company_id) WHERE call_part IS NOT NULL AND state IN ('new', 'open', 'waiting')",
        "A call is wanted already.",
    )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"call_part", "call_number", "call_from", "call_to"}

    @api.depends("call_to", "responded_at", "state")
    def _compute_due_at(self):
        result = super()._compute_due_at()
        for case in self:
            if case.call_to and case.state in ("new", "open") and not case.responded_at:
                case.due_at = min(case.due_at or case.call_to, case.call_to)
        return result

    @api.depends("call_to")
    def _compute_promised_at(self):
        result = super()._compute_promised_at()
        for case in self.filtered("call_to"):
            case.promised_at = case.call_to
        return result

    # ------------------------------------------------------------ wanted

    @api.model
    def _call_windows(self, desk):
        """Return within which hours somebody is called, by the part of the day that they choose.

        :param desk: see `loan.portal._desks`
        :return: `{part: core.callbacks.Span}`, without the parts of a day in which nobody ever is there
        """
        working = self.env["loan.hours"]._of(desk.company, desk.who(), _AHEAD)
        customer = desk.customer if desk.customer.partner_id == desk.partner else desk.customer.browse()
        likes = customer._call_likes()
        now, zone = self._aware(fields.Datetime.now()), self._zone_of(desk)
        found = {part: callbacks.window(now, part, working, likes, zone) for part in callbacks.PARTS}
        return {part: span for part, span in found.items() if span}

    @api.model
    def _zone_of(self, desk):
        return ZoneInfo(desk.partner.tz or desk.company.loan_tz or "UTC")

    @api.model
    def _open_call(self, desk):
        """Return the case of somebody who wants to be called and has not been, or none."""
        return self.search(
            self._open_domain()
            & Domain("call_part", "!=", False)
            & Domain("partner_id", "=", desk.partner.id)
            & Domain("company_id", "=", desk.company.id),
            limit=1,
        )

    @api.model
    def _want_call(self, desk, part, number):
        """Note that somebody wants to be called, and let whoever acts for them know. Wanted twice it is one call.

        :param desk: see `loan.portal._desks`
        :param str part: of the day
        :param str number: empty for the one on file
        :return: `loan.case`
        """
        if known := self._open_call(desk):
            return known
        labels = dict(self._fields["call_part"]._description_selection(self.env))
        words = [self.env._("Please call me back: %s.", labels[part].lower())]
        if number:
            words.append(self.env._("My number: %s", number))
        category = self.env.ref("loan_crm.loan_case_category_call", raise_if_not_found=False)
        spans = self._call_windows(desk)
        span = spans.get(part) or spans.get("soon")
        return self._make_on_page(
            desk.partner,
            {
                **desk.about(),
                "kind": "request",
                "subject": self.env._("Call me back"),
                "words": "\n".join(words),
                "category_id": category.id if category else False,
                "call_part": part,
                "call_number": number,
                "call_from": span and span.start.replace(tzinfo=None),
                "call_to": span and span.end.replace(tzinfo=None),
            },
        )

    # ------------------------------------------------------------ made, or taken back

    def _take_call_back(self):
        """End the case of somebody who wants no call any more."""
        self._stop_waiting("dropped")
        self._answer_activity().unlink()
        house = self.with_context(lang=self.user_id.lang or self.env.lang)
        self._solve(house.env._("The customer needs no call any more."), by_customer=True)

    @api.model
    def _end_calls_by_talks(self, talks):
        """End the cases of those who wanted to be called and now were.

        :param talks: `loan.interaction`, just noted
        """
        talks = talks.filtered("reached")
        if not talks:
            return
        # As superuser: that they were called follows from the talk, whoever may write the case.
        wanted_sudo = self.sudo().search(
            self._open_domain()
            & Domain("call_part", "!=", False)
            & Domain("customer_id", "in", talks.customer_id.ids)
            & Domain("partner_id", "in", talks.partner_id.ids)
        )
        for case_sudo in wanted_sudo:
            made = talks.filtered(
                lambda talk, case=case_sudo: (
                    talk.partner_id == case.partner_id
                    and talk.customer_id == case.customer_id
                    and talk.date >= case.opened_at
                )
            )
            if made:
                case_sudo._was_called(made[0].user_id, made[0].date)

    def action_mark_answered(self):
        result = super().action_mark_answered()
        calls = self.filtered(lambda case: case.call_part and case.state in ("new", "open", "waiting"))
        for case_sudo in calls.sudo():  # as superuser: who may write the case was asked above
            case_sudo._was_called(self.env.user, fields.Datetime.now())
        return result

    def _was_called(self, user, moment):
        """Note that somebody who wanted it was called; joint work that is not done yet keeps the case open.

        :param user: `res.users` who called
        :param datetime moment: naive, in UTC
        """
        self._stop_waiting("answered", user=user)
        self._answer_activity().unlink()
        self._responded(user, moment)
        if not self.task_ids.filtered(lambda task: task.state == "open"):
            self._solve(self.env._("Called back."))

    # ------------------------------------------------------------ told

    @api.model
    def _span_told(self, start, end, zone):
        """Return in words when something is, on a clock: today between 10:00 and 12:00.

        :param datetime start: aware
        :param datetime end: aware
        :param ZoneInfo zone: of the clock
        """
        begun = start.astimezone(zone)
        today = self._aware(fields.Datetime.now()).astimezone(zone).date()
        clock = {
            "start": format_time(self.env, begun.time(), time_format="short"),
            "end": format_time(self.env, end.astimezone(zone).time(), time_format="short"),
        }
        ahead = (begun.date() - today).days
        if not ahead:
            return self.env._("today between %(start)s and %(end)s", **clock)
        if ahead == 1:
            return self.env._("tomorrow between %(start)s and %(end)s", **clock)
        day = self._day_told(begun.date())
        return self.env._("on %(day)s between %(start)s and %(end)s", day=day, **clock)

    @api.model
    def _day_told(self, day):
        """Return a day with its weekday in words: Tuesday, March 17."""
        locale = babel_locale_parse(get_lang(self.env).code)
        # In a language's own order of weekday, day and month.
        return format_date(self.env, day, date_format=_YEAR.sub("", locale.date_formats["full"].pattern))

    def _call_asked(self):
        """Return what a colleague reads of a call that is wanted: when, and at which number if another was named."""
        zone = ZoneInfo(self.company_id.loan_tz or "UTC")
        when = dict(self._fields["call_part"]._description_selection(self.env))[self.call_part]
        if self.call_to:
            when = self._span_told(self._aware(self.call_from), self._aware(self.call_to), zone)
        told = self.env._("wants a call %s", when)
        return self.env._("%(call)s, at another number", call=told) if self.call_number else told

    def _caller(self):
        """Return the name of who calls: whoever is accountable, or acts for them today, or the lender."""
        return self._who_answers(self.user_id).name or self.user_id.name or self.company_id.name

    def _told_on_page(self):
        if not self.call_part or self.state == "waiting":
            return super()._told_on_page()
        who, zone = self._caller(), ZoneInfo(self.partner_id.tz or self.company_id.loan_tz or "UTC")
        if self.responded_at:
            moment = self._aware(self.responded_at).astimezone(zone)
            return self.env._(
                "%(who)s spoke with you on %(day)s.",
                who=self.responded_user_id.name or who,
                day=self._day_told(moment.date()),
            )
        if not self.call_to:
            return self.env._("%s calls you as soon as somebody is there again.", who)
        start, end = self._aware(self.call_from), self._aware(self.call_to)
        if self.call_to < fields.Datetime.now():
            return self.env._(
                "%(who)s should have called you %(when)s. We are sorry; please call us.",
                who=who,
                when=self._span_told(start, end, zone),
            )
        return self.env._("%(who)s will call you %(when)s.", who=who, when=self._span_told(start, end, zone))

    def _call_tried(self):
        """Return in words that whoever wanted a call was not reached since, empty where nobody has tried."""
        tried = self.env["loan.interaction"].search(
            Domain("customer_id", "=", self.customer_id.id)
            & Domain("partner_id", "=", self.partner_id.id)
            & Domain("reached", "=", False)
            & Domain("direction", "=", "out")
            & Domain("date", ">=", self.opened_at),
            order="date desc",
            limit=1,
        )
        if not tried or not self.customer_id:
            return ""
        zone = self.partner_id.tz or self.company_id.loan_tz or "UTC"
        return self.env._(
            "We called on %(day)s at %(time)s and did not reach you. We try again.",
            day=self._day_told(self._aware(tried.date).astimezone(ZoneInfo(zone)).date()),
            time=format_time(self.env, tried.date, tz=zone, time_format="short"),
        )

    @api.model
    def _number_told(self, number):
        """Return a number as its owner knows it and nobody else, in one piece; empty without one."""
        return callbacks.masked(number or "").replace(" ", "\N{NO-BREAK SPACE}")

    @api.model
    def _call_facts(self, desk):
        """Return what the page tells somebody of being called back; no record among it.

        :param desk: see `loan.portal._desks`
        :return: a dict: `open` (the call that is wanted, or None), `made` (one that was made lately, in words), `parts`
            (those to choose from, each with what is promised), `ask` (for another number than the one on file)
        """
        wanted, zone = self._open_call(desk), self._zone_of(desk)
        known = self._number_told(desk.partner.phone)
        facts = {
            "key": desk.key,
            "ask": self.env._("Another number than %s?", known) if known else self.env._("Your number"),
            "made": "",
            "open": None,
            "parts": [],
        }
        if wanted:
            facts["open"] = {
                "told": wanted._told_on_page(),
                "late": bool(wanted.call_to) and wanted.call_to < fields.Datetime.now(),
                "tried": wanted._call_tried(),
                "number": self._number_told(wanted.call_number or desk.partner.phone),
            }
            return facts
        labels = dict(self._fields["call_part"]._description_selection(self.env))
        spans = self._call_windows(desk)
        facts["parts"] = [
            (part, labels[part], self._span_told(*spans[part], zone) if part in spans else "")
            for part in callbacks.PARTS
            if part in spans or part == "soon"
        ]
        made = self.search(
            Domain("call_part", "!=", False)
            & Domain("partner_id", "=", desk.partner.id)
            & Domain("company_id", "=", desk.company.id)
            & Domain("state", "in", ("solved", "closed"))
            & Domain("responded_at", ">=", fields.Datetime.now() - _TOLD_FOR),
            order="responded_at desc",
            limit=1,
        )
        facts["made"] = made._told_on_page() if made else ""
        return facts
