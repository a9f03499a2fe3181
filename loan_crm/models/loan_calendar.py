from collections import namedtuple
from datetime import date, timedelta
from importlib import import_module

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ..core import calendars

_lt = LazyTranslate(__name__)

_WEEKENDS = {
    "sat_sun": frozenset({5, 6}),
    "fri_sat": frozenset({4, 5}),
    "sun": frozenset({6}),
    "fri": frozenset({4}),
    "none": frozenset(),
}
# What the app ships and what it imports is called the same.
_CHINA = {
    "new year's day": _lt("New Year's Day"),
    "spring festival": _lt("Spring Festival"),
    "tomb-sweeping day": _lt("Tomb-Sweeping Day"),
    "labour day": _lt("Labor Day"),
    "dragon boat festival": _lt("Dragon Boat Festival"),
    "mid-autumn festival": _lt("Mid-Autumn Festival"),
    "national day": _lt("National Day"),
}
_MAKE_UP = _lt("Make-up working day")
# The library's mark on a day that hangs on a moon nobody has seen yet.
_ESTIMATED = "(estimated"

# A day of a source: `names` maps each installed language to the day's name in it, English always among them.
_Found = namedtuple("_Found", ["date", "kind", "names"])


class LoanCalendar(models.Model):
    """A lender's business days: which weekdays rest, which days are holidays, which weekends are worked.

    Odoo's working times know days off only; in China the days before and after a long holiday turn into working
    Saturdays and Sundays, so each exception is a dated record of one kind or the other, for people to see and edit.
    Governments announce a year at a time: what is not announced is told to be unknown, never guessed.
    """

    _name = "loan.calendar"
    _inherit = ["loan.calendar.apply.mixin", "loan.guard.mixin"]
    _description = "Business Calendar"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to offer the calendar in all companies."
    )
    country_id = fields.Many2one(
        "res.country", help="Whose holidays these are. The holidays of another country can be added to them."
    )
    weekend = fields.Selection(
        [
            ("sat_sun", "Saturday and Sunday"),
            ("fri_sat", "Friday and Saturday"),
            ("sun", "Sunday"),
            ("fri", "Friday"),
            ("none", "None"),
        ],
        required=True,
        default="sat_sun",
        help="Days of the week that are no business days, unless they are made up for.",
    )
    published_until = fields.Integer(
        "Holidays Published up to",
        help="The last year whose holidays are all in this calendar. Zero: no year is in doubt.",
    )
    day_ids = fields.One2many(
        "loan.calendar.day",
        "calendar_id",
        "Calendar Days",
        copy=True,
        help="Only days that are not what their weekday says. Everything else follows from the weekdays "
        "that rest.",
    )
    day_count = fields.Integer("Number of Days", compute="_compute_day_count")
    warning = fields.Char("To Be Done", compute="_compute_warning")
    note = fields.Text()

    _published_until_a_year = models.Constraint(
        "CHECK (published_until = 0 OR published_until BETWEEN 1900 AND 2200)",
        "Give the year in four digits, or zero when no year is in doubt.",
    )

    @api.depends("day_ids")
    def _compute_day_count(self):
        counts = dict(
            self.env["loan.calendar.day"]._read_group(
                [("calendar_id", "in", self.ids)], ["calendar_id"], ["__count"]
            )
        )
        for calendar in self:
            calendar.day_count = counts.get(calendar._origin, 0)

    @api.depends("published_until", "company_id")
    @api.depends_context("lang", "company")
    def _compute_warning(self):
        for calendar in self:
            year = calendar._missing_year()
            calendar.warning = year and self.env._(
                "The holidays of %s are not in this calendar yet. Import them once they are announced, or type them "
                "and raise “Holidays Published up to”.",
                year,
            )

    def _missing_year(self):
        """Return the first year whose holidays should be known by now, or False.

        Governments announce the year to come in autumn: before October nobody could do anything about it.
        """
        self.ensure_one()
        today = self._today()
        wanted = today.year + (today.month >= 10)
        return bool(self.published_until) and self.published_until < wanted and self.published_until + 1

    def _today(self):
        return (self.company_id or self.env.company)._loan_today()

    @api.constrains("company_id")
    def _check_used_by_others(self):
        # As superuser: a company the administrator does not work for keeps its calendar all the same.
        users = self.env["res.company"].sudo().search([("loan_calendar_id", "in", self.ids)])
        users._check_loan_calendar()

    def _as_calendar(self):
        """Return the core's view of this calendar, a :class:`core.calendars.BusinessCalendar`."""
        self.ensure_one()
        # All at once: a record that was kept from before tells the ORM of no others to read along with it.
        self.day_ids.fetch(["kind", "date"])
        days = self.day_ids.grouped("kind")
        none = self.env["loan.calendar.day"]
        return calendars.BusinessCalendar(
            weekend=_WEEKENDS[self.weekend],
            holidays=frozenset(days.get("holiday", none).mapped("date")),
            workdays=frozenset(days.get("workday", none).mapped("date")),
            published_until=self.published_until or None,
        )

    def action_open_days(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_calendar_day_action")
        action["domain"] = [("calendar_id", "=", self.id)]
        action["context"] = {"default_calendar_id": self.id}
        return action

    def action_import_year(self):
        """Ask for a year and a country, unless nothing could answer."""
        self.ensure_one()
        self.check_access("write")
        if not self._library("chinese_calendar") and not self._library("holidays"):
            raise UserError(
                self.env._(
                    "This server knows no holidays: neither of the Python libraries “chinesecalendar” (mainland China) "
                    "and “holidays” (other countries) is installed. Ask IT to install one, or type the days into the "
                    "calendar and set “Holidays Published up to” yourself."
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_calendar_import_action")
        action["context"] = {"default_calendar_id": self.id}
        return action

    # ------------------------------------------------------------ a year from outside

    @api.model
    def _library(self, name):
        """Return an optional library, or None when it is not installed. Tests put their own in its place."""
        try:
            return import_module(name)
        except ImportError:
            return None

    @api.model
    def _importable_countries(self):
        """Return what a year can be imported for, as the choices of a selection."""
        # Mainland China is always offered: looking for it in vain, one would take a neighbor's holidays.
        codes = {"CN"}
        if library := self._library("holidays"):
            codes |= library.list_supported_countries().keys()
        countries = self.env["res.country"].search([("code", "in", list(codes))])
        return sorted(
            (
                (
                    country.code,
                    self.env._("China (mainland)") if country.code == "CN" else country.name,
                )
                for country in countries
            ),
            key=lambda choice: choice[1],
        )

    def _import_year(self, country, year):
        """Add a year's announced days that the calendar has not; those it has stay as people left them.

        :param str country: an ISO code of `_importable_countries`
        :param int year: may be imported again at any time
        :return: the new `loan.calendar.day`, and the names of holidays that are left out because their dates are
            estimates; with such a gap the year does not count as published
        :raise UserError: when the source is not there or does not know the year; nothing is guessed
        """
        self.ensure_one()
        self.check_access("write")
        self._check_importable(country, year)
        found, estimated = self._china(year) if country == "CN" else self._public_holidays(country, year)
        there = set(self.day_ids.mapped("date"))
        fresh = [day for day in found if day.date not in there]
        days = (
            self.env["loan.calendar.day"]
            .with_context(lang="en_US")
            .create(
                [
                    {
                        "calendar_id": self.id,
                        "date": day.date,
                        "kind": day.kind,
                        "name": day.names["en_US"],
                    }
                    for day in fresh
                ]
            )
        )
        for day, source in zip(days, fresh, strict=True):
            day.update_field_translations("name", source.names)
        if not self.country_id:
            self.country_id = self.env["res.country"].search([("code", "=", country)], limit=1)
        if not estimated and self._is_of(country):
            self.published_until = max(self.published_until, year)
        return days.with_env(self.env), estimated

    def _is_of(self, country):
        """Tell whether a country's year is this calendar's: another's, added to it, leaves its own in doubt."""
        return not self.country_id or self.country_id.code == country

    def _check_importable(self, country, year):
        self.ensure_one()
        if not 1900 <= year <= 2200:
            raise UserError(self.env._("Give the year in four digits."))
        if self._is_of(country) and self.published_until and year > self.published_until + 1:
            raise UserError(
                self.env._(
                    "This calendar has the holidays up to %(known)s. Import %(next)s first, so that no year between "
                    "is left out.",
                    known=self.published_until,
                    next=self.published_until + 1,
                )
            )
        if country != "CN" and year > self._today().year + 1:
            # The library would answer for any year: it reckons by the law of today.
            raise UserError(
                self.env._(
                    "Nobody has announced the holidays of %s yet. Import them in the autumn before that year.",
                    year,
                )
            )

    @api.model
    def _china(self, year):
        """Return the days of mainland China, its make-up working days among them, and that none is estimated."""
        # Not from `holidays`: it projects years for which the State Council has announced nothing.
        library = self._library("chinese_calendar")
        if not library:
            raise UserError(
                self.env._(
                    "The holidays of mainland China come from the Python library “chinesecalendar”, which is not "
                    "installed on this server. Ask IT to install it, or type the days into the calendar and set "
                    "“Holidays Published up to” yourself."
                )
            )
        first = date(year, 1, 1)
        days = [first + timedelta(number) for number in range((date(year + 1, 1, 1) - first).days)]
        try:
            details = [(day, *library.get_holiday_detail(day)) for day in days]
        except NotImplementedError as error:
            raise UserError(
                self.env._(
                    "The library “chinesecalendar” of this server does not know the holidays of %s. The State Council "
                    "announces a year in the autumn before, and the library follows. Ask IT to update it, or type the "
                    "days into the calendar and set “Holidays Published up to” yourself.",
                    year,
                )
            ) from error
        return [
            _Found(day, "holiday", self._in_each_language(_CHINA.get(name.lower(), name)))
            if rests
            else _Found(day, "workday", self._in_each_language(_MAKE_UP))
            for day, rests, name in details
            if name  # an ordinary weekday or weekend has none
        ], []

    @api.model
    def _in_each_language(self, name):
        """Return the name in each installed language; what is no term of ours stays as it is."""
        codes = self._languages()
        if isinstance(name, str):
            return dict.fromkeys(codes, name)
        return {code: self.with_context(lang=code).env._(name) for code in codes}

    @api.model
    def _languages(self):
        # English is the source of every translation, even where nobody reads it.
        return {"en_US", *(code for code, _name in self.env["res.lang"].get_installed())}

    @api.model
    def _public_holidays(self, country, year):
        """Return the public holidays of a whole country, and the names of those whose dates are estimates."""
        library = self._library("holidays")
        if not library:
            raise UserError(
                self.env._(
                    "The holidays of countries other than mainland China come from the Python library “holidays”, "
                    "which is not installed on this server. Ask IT to install it, or type the days into the calendar "
                    "and set “Holidays Published up to” yourself."
                )
            )
        try:
            spoken = library.country_holidays(country, years=year).supported_languages
            by_language = {
                code: library.country_holidays(country, years=year, language=self._spoken(code, spoken))
                for code in self._languages()
            }
        except (NotImplementedError, KeyError):
            by_language = {"en_US": {}}
        found, estimated = [], []
        for day, english in sorted(by_language["en_US"].items()):
            # Several holidays may share a day; that one of them is certain makes the day certain.
            certain = [name for name in english.split("; ") if _ESTIMATED not in name]
            if day.year != year:
                continue
            if certain:
                names = {code: names.get(day) or english for code, names in by_language.items()}
                found.append(_Found(day, "holiday", names))
            else:
                estimated.append(english)
        if not found and not estimated:
            raise UserError(
                self.env._(
                    "The library “holidays” of this server knows no public holidays of that country in %s. Type the "
                    "days into the calendar and set “Holidays Published up to” yourself.",
                    year,
                )
            )
        return found, estimated

    @api.model
    def _spoken(self, code, spoken):
        """Return the name under which the library speaks a language of Odoo's, else English, else its own."""
        return next((name for name in (code, code.split("_")[0], "en_US") if name in spoken), None)
