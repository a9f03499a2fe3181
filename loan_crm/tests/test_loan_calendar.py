from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from ..core.calendars import BusinessCalendar
from .common import NOW, LoanCommon

# What the State Council announced for 2026, in short: (first day, last day), and the weekend days worked.
OFF_2026 = [
    ("2026-01-01", "2026-01-03"),
    ("2026-02-15", "2026-02-23"),
    ("2026-04-04", "2026-04-06"),
    ("2026-05-01", "2026-05-05"),
    ("2026-06-19", "2026-06-21"),
    ("2026-09-25", "2026-09-27"),
    ("2026-10-01", "2026-10-07"),
]
WORKED_2026 = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


class China:
    """The library chinesecalendar, as far as it is asked; it knows 2027 as if that was announced."""

    def __init__(self, *years):
        self.years = years

    def get_holiday_detail(self, day):
        if day.year not in self.years:
            raise NotImplementedError(f"no available data for year {day.year}")
        special = {(1, 1): "New Year's Day", (2, 6): "Spring Festival", (9, 3): "Victory Day"}
        if (day.month, day.day) in special:
            return True, special[day.month, day.day]
        if (day.month, day.day) == (2, 13):
            return False, "Spring Festival"
        return day.weekday() > 4, None


class Holidays:
    """The library holidays, as far as it is asked: like the real one it answers for any year to come."""

    NAMES = {
        "en_US": ("New Year's Day", "Christmas Day"),
        "zh_CN": ("元旦", "圣诞节"),
        "de": ("Neujahr", "Weihnachten"),
    }

    def list_supported_countries(self):
        return {"CN": [], "DE": ["BE"], "ID": [], "XK": []}

    def country_holidays(self, country, years, language=None):
        if country not in self.list_supported_countries():
            raise NotImplementedError(country)
        spoken = {"DE": ("de", "en_US", "zh_CN"), "ID": ("en_US",)}.get(country, ())
        first, last = self.NAMES[language or "de"]
        days = {date(years, 1, 1): first, date(years, 12, 25): last} if years >= 1990 else {}
        if country == "ID" and days:
            days[date(years, 12, 25)] = f"{last}; Isra' and Mi'raj (estimated)"
            days[date(years, 3, 20)] = "Eid al-Fitr (estimated)"
        days[date(years + 1, 1, 1)] = first  # observed days spill over
        return _Days(days, spoken)


class _Days(dict):
    def __init__(self, days, spoken):
        super().__init__(days)
        self.supported_languages = spoken


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCalendar(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.china = cls.env.ref("loan_crm.loan_calendar_china")
        cls.other = cls.env["res.company"].create({"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai"})

    @classmethod
    def _calendar(cls, **values):
        return cls.env["loan.calendar"].create({"name": "Frankfurt Banks", **values})

    @contextmanager
    def _installed(self, **libraries):
        """Have these optional libraries and no others."""
        with patch.object(
            self.registry["loan.calendar"], "_library", lambda model, name: libraries.get(name)
        ):
            yield

    def _import(self, calendar, user=None, **values):
        """Fill in the form as a person does, press Import and return what is told."""
        user = user or self.administrator
        context = calendar.with_user(user).action_import_year()["context"]
        form = Form(self.env["loan.calendar.import"].with_user(user).with_context(**context))
        for name, value in values.items():
            form[name] = value
        return form.save().action_import()["params"]

    # ------------------------------------------------------------ what the app brings

    def test_china_rests_and_works_as_announced(self):
        calendar = self.china._as_calendar()
        self.assertIsInstance(calendar, BusinessCalendar)
        off = {
            day for day in (date.fromordinal(n) for n in range(739252, 739617)) if day in calendar.holidays
        }
        self.assertEqual(date.fromordinal(739252), date(2025, 1, 1))
        self.assertEqual(len(off), 28)
        for first, last in OFF_2026:
            for number in range(
                date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal() + 1
            ):
                day = date.fromordinal(number)
                with self.subTest(day=day):
                    self.assertFalse(calendar.is_business_day(day))
        for day in map(date.fromisoformat, WORKED_2026):
            with self.subTest(day=day):
                self.assertGreaterEqual(day.weekday(), 5)
                self.assertTrue(calendar.is_business_day(day))
        self.assertEqual(len([day for day in calendar.holidays if day.year == 2026]), 33)
        self.assertEqual(len([day for day in calendar.workdays if day.year == 2026]), 6)
        self.assertEqual(calendar.unpublished_years([date(2025, 1, 1), date(2026, 12, 31)]), ())
        self.assertEqual(calendar.unpublished_years([date(2027, 1, 1)]), (2027,))
        self.assertTrue(calendar.is_business_day(date(2026, 3, 10)))
        self.assertFalse(calendar.is_business_day(date(2026, 3, 14)))

    def test_china_speaks_chinese_to_the_chinese(self):
        calendar = self.china.with_context(lang="zh_CN")
        self.assertEqual(calendar.name, "中国大陆")
        names = {day.date.isoformat(): day.name for day in calendar.day_ids}
        self.assertEqual(names["2026-02-17"], "春节")
        self.assertEqual(names["2026-02-28"], "调休上班")
        names = {day.date.isoformat(): day.name for day in self.china.with_context(lang="en_US").day_ids}
        self.assertEqual(names["2026-02-17"], "Spring Festival")
        self.assertEqual(names["2026-02-28"], "Make-up working day")

    # ------------------------------------------------------------ making one

    def test_an_administrator_makes_a_calendar_in_its_form(self):
        form = Form(self.env["loan.calendar"].with_user(self.administrator))
        form.name = "Dubai Banks"
        form.weekend = "fri_sat"
        with form.day_ids.new() as line:
            line.date = "2026-12-02"
            line.name = "National Day"
        with form.day_ids.new() as line:
            line.date = "2026-12-05"
            line.kind = "workday"
            line.name = "Made up for National Day"
        calendar = form.save()
        self.assertFalse(calendar.company_id)
        self.assertEqual(
            calendar._as_calendar(),
            BusinessCalendar(
                weekend=frozenset({4, 5}),
                holidays=frozenset({date(2026, 12, 2)}),
                workdays=frozenset({date(2026, 12, 5)}),
                published_until=None,
            ),
        )

    def test_each_weekend_is_the_days_it_names(self):
        for weekend, off in (
            ("sat_sun", {5, 6}),
            ("fri_sat", {4, 5}),
            ("sun", {6}),
            ("fri", {4}),
            ("none", set()),
        ):
            calendar = self._calendar(weekend=weekend)._as_calendar()
            week = [date(2026, 3, 9 + number) for number in range(7)]
            with self.subTest(weekend=weekend):
                self.assertEqual({day.weekday() for day in week if not calendar.is_business_day(day)}, off)
        choices = self.env["loan.calendar"]._fields["weekend"].get_values(self.env)
        self.assertEqual(set(choices), {"sat_sun", "fri_sat", "sun", "fri", "none"})

    def test_a_day_is_in_a_calendar_once(self):
        with self.assertRefused("in the calendar already"):
            self.china.with_user(self.administrator).day_ids = [
                Command.create({"date": "2026-10-01", "kind": "workday", "name": "Busy"})
            ]
        self.assertTrue(
            self._calendar(day_ids=[Command.create({"date": "2026-10-01", "name": "Elsewhere, too"})])
        )

    def test_a_year_has_four_digits(self):
        for year in (26, -1, 20261):
            with self.subTest(year=year), self.assertRefused("four digits"):
                self._calendar(published_until=year)
        self.assertFalse(self._calendar()._as_calendar().published_until)

    def test_a_copy_has_the_days_of_its_own(self):
        copy = self.china.with_user(self.administrator).copy({"name": "Our own"})
        self.assertEqual(copy.day_ids.mapped("date"), self.china.day_ids.mapped("date"))
        copy.day_ids[0].unlink()
        self.assertEqual(len(copy.day_ids) + 1, len(self.china.day_ids))

    def test_the_days_open_as_a_calendar_of_their_own(self):
        china = self.china.with_user(self.manager)
        self.assertEqual(china.day_count, len(china.day_ids))
        action = china.action_open_days()
        self.assertEqual(self.env["loan.calendar.day"].search(action["domain"]), self.china.day_ids)

    # ------------------------------------------------------------ rights and fences

    def test_only_an_administrator_changes_calendars(self):
        day = self.china.day_ids[0]
        for user in self.manager | self.lead | self.desk | self.compliance:
            calendar = self.china.with_user(user)
            with self.subTest(user=user.name):
                self.assertTrue(calendar._as_calendar().holidays)
                self.assertTrue(calendar.read(["name", "warning", "day_count"]))
                for change in (
                    lambda calendar=calendar: calendar.write({"weekend": "none"}),
                    lambda calendar=calendar: calendar.copy(),
                    lambda calendar=calendar: calendar.unlink(),
                    lambda calendar=calendar: calendar.action_import_year(),
                    lambda calendar=calendar: calendar._import_year("CN", 2027),
                    lambda user=user: day.with_user(user).write({"kind": "workday"}),
                    lambda user=user: day.with_user(user).unlink(),
                    lambda user=user: self.env["loan.calendar.import"].with_user(user).create({}),
                    lambda calendar=calendar: calendar.write(
                        {"day_ids": [Command.create({"date": "2026-12-25", "name": "Christmas"})]}
                    ),
                ):
                    with self.assertRaises(AccessError), self._installed(chinese_calendar=China(2027)):
                        change()
        with self.assertRaises(AccessError):
            self.china.with_user(self.employee).read(["name"])
        with self.assertRaises(AccessError):
            day.with_user(self.employee).read(["date"])

    def test_a_calendar_of_another_company_is_not_there(self):
        theirs = self._calendar(
            company_id=self.other.id, day_ids=[Command.create({"date": "2026-12-25", "name": "Christmas"})]
        )
        for user in self.manager | self.compliance | self.administrator:
            with self.subTest(user=user.name):
                self.assertNotIn(theirs, self.env["loan.calendar"].with_user(user).search([]))
                self.assertNotIn(theirs.day_ids, self.env["loan.calendar.day"].with_user(user).search([]))
                with self.assertRaises(AccessError):
                    theirs.with_user(user).read(["name"])
                with self.assertRaises(AccessError):
                    theirs.day_ids.with_user(user).read(["name"])
        with self._installed(chinese_calendar=China(2026)), self.assertRaises(AccessError):
            theirs.with_user(self.administrator)._import_year("CN", 2026)
        with self.assertRaises(AccessError):
            self.china.day_ids[0].with_user(self.administrator).calendar_id = theirs

    def test_a_company_goes_by_its_own_calendar_or_a_shared_one(self):
        ours, theirs = self._calendar(company_id=self.company.id), self._calendar(company_id=self.other.id)
        self.company.loan_calendar_id = self.china
        self.company.loan_calendar_id = ours
        with self.assertRefused("belongs to another company"):
            self.company.loan_calendar_id = theirs
        with self.assertRefused("belongs to another company"):
            ours.with_user(self.administrator).company_id = self.env["res.company"].create({"name": "Third"})
        self.assertEqual(ours.company_id, self.company)
        with self.assertRefused("."):
            ours.unlink()

    def test_the_settings_choose_the_calendar(self):
        self.administrator.group_ids += self.env.ref("base.group_system")
        form = Form(self.env["res.config.settings"].with_user(self.administrator))
        form.loan_calendar_id = self.china
        form.save().execute()
        self.assertEqual(self.company.loan_calendar_id, self.china)

    # ------------------------------------------------------------ the year to come

    def test_the_form_says_in_autumn_that_next_year_is_missing(self):
        china = self.china.with_user(self.administrator)
        self.assertFalse(china.warning)
        for day, year in (
            ("2026-09-30", None),
            ("2026-10-01", "2027"),
            ("2027-03-01", "2027"),
            ("2028-01-01", "2027"),
        ):
            with self.subTest(day=day), freeze_time(f"{day} 04:00:00"):
                self.env.invalidate_all()
                if year:
                    self.assertRegex(china.warning, f"holidays of {year} are not")
                else:
                    self.assertFalse(china.warning)
        with freeze_time("2030-01-01"):
            self.assertFalse(self._calendar().warning, "a calendar without an end is never behind")

    # ------------------------------------------------------------ importing

    def test_a_year_of_china_comes_in_whole(self):
        with self._installed(chinese_calendar=China(2026, 2027)):
            told = self._import(self.china)
            self.assertEqual(told["type"], "success")
            self.assertRegex(told["message"], "4 new days of 2027")
        self.assertEqual(self.china.published_until, 2027)
        days = {day.date: day for day in self.china.day_ids if day.date.year == 2027}
        self.assertEqual(
            {day: days[day].kind for day in days},
            {
                date(2027, 1, 1): "holiday",
                date(2027, 2, 6): "holiday",
                date(2027, 2, 13): "workday",
                date(2027, 9, 3): "holiday",
            },
        )
        self.assertEqual(days[date(2027, 2, 13)].name, "Make-up working day")
        self.assertEqual(days[date(2027, 2, 6)].name, "Spring Festival")
        self.assertEqual(days[date(2027, 9, 3)].name, "Victory Day")

    def test_importing_again_changes_nothing(self):
        with self._installed(chinese_calendar=China(2026, 2027)):
            self._import(self.china)
            edited = self.china.day_ids.filtered(lambda day: day.date == date(2027, 1, 1))
            edited.with_user(self.administrator).write({"kind": "workday", "name": "We are open"})
            before = self.china.day_ids.read(["date", "kind", "name"])
            told = self._import(self.china, year=2027)
            self.assertRegex(told["message"], "0 new days")
        self.assertEqual(self.china.day_ids.read(["date", "kind", "name"]), before)
        self.assertEqual(self.china.published_until, 2027)
        with self._installed(chinese_calendar=China(2025)):
            self._import(self.china, year=2025)
        self.assertEqual(self.china.published_until, 2027, "an older year does not take a newer one back")

    def test_a_year_nobody_announced_is_refused_and_left_alone(self):
        with self._installed(chinese_calendar=China(2026), holidays=Holidays()):
            with self.assertRefused("does not know the holidays of 2027.*update it, or type the days"):
                self._import(self.china, country="CN")
            calendar = self._calendar()
            with self.assertRefused("Nobody has announced the holidays of 2028"):
                self._import(calendar, country="DE", year=2028)
            with self.assertRefused("knows no public holidays of that country in 1950"):
                self._import(calendar, country="DE", year=1950)
        self.assertEqual(self.china.published_until, 2026)
        self.assertFalse(calendar.day_ids)

    def test_china_is_never_taken_from_a_library_that_projects(self):
        with self._installed(holidays=Holidays()):
            with self.assertRefused("“chinesecalendar”.*Ask IT to install it, or type the days"):
                self._import(self.china, country="CN", year=2026)

    def test_without_a_library_it_is_said_what_to_do(self):
        with self._installed(), self.assertRefused("neither.*Ask IT to install one, or type the days"):
            self.china.with_user(self.administrator).action_import_year()
        with self._installed(chinese_calendar=China(2026)):
            choices = dict(self.env["loan.calendar"]._importable_countries())
            self.assertEqual(choices, {"CN": "China (mainland)"})
            context = self.china.with_user(self.administrator).action_import_year()["context"]
            form = Form(
                self.env["loan.calendar.import"].with_user(self.administrator).with_context(**context)
            )
            self.assertRegex(form.hint, "once IT has installed")
            with self.assertRefused("“holidays”, which is not installed.*Ask IT to install it"):
                self._calendar().with_user(self.administrator)._import_year("DE", 2026)

    def test_a_library_is_looked_for_where_python_keeps_it(self):
        self.assertIsNone(self.env["loan.calendar"]._library("no_such_library_of_holidays"))
        self.assertTrue(self.env["loan.calendar"]._library("calendar"))

    def test_another_country_brings_its_public_holidays(self):
        calendar = self._calendar(country_id=self.env.ref("base.de").id)
        with self._installed(holidays=Holidays()):
            self.assertEqual(
                [code for code, _name in self.env["loan.calendar"]._importable_countries()],
                ["CN", "DE", "ID", "XK"],
            )
            self._import(calendar)
        self.assertEqual(calendar.day_ids.mapped("date"), [date(2026, 1, 1), date(2026, 12, 25)])
        self.assertEqual(set(calendar.day_ids.mapped("kind")), {"holiday"})
        self.assertEqual(calendar.published_until, 2026)
        self.assertEqual(
            calendar.with_context(lang="en_US").day_ids.mapped("name"), ["New Year's Day", "Christmas Day"]
        )
        self.assertEqual(calendar.with_context(lang="zh_CN").day_ids.mapped("name"), ["元旦", "圣诞节"])

    def test_a_day_that_hangs_on_the_moon_is_left_to_people(self):
        calendar = self._calendar(country_id=self.env.ref("base.id").id)
        with self._installed(holidays=Holidays()):
            told = self._import(calendar, year=2026)
        self.assertEqual(told["type"], "warning")
        self.assertRegex(told["message"], "Left out.*Eid al-Fitr")
        self.assertEqual(calendar.day_ids.mapped("date"), [date(2026, 1, 1), date(2026, 12, 25)])
        self.assertFalse(calendar.published_until, "a year with gaps is not published")

    def test_no_year_between_is_left_out(self):
        calendar = self._calendar(published_until=2024)
        with self._installed(holidays=Holidays()):
            with self.assertRefused("Import 2025 first"):
                self._import(calendar, country="DE", year=2026)
            self._import(calendar, country="DE")
            self.assertEqual(calendar.published_until, 2025)
            self._import(calendar, country="DE")
            self.assertEqual(calendar.published_until, 2026)

    def test_another_countrys_year_leaves_ones_own_in_doubt(self):
        with self._installed(chinese_calendar=China(2027), holidays=Holidays()):
            self._import(self.china, country="DE", year=2027)
            self.assertIn(date(2027, 12, 25), self.china.day_ids.mapped("date"))
            self.assertEqual(self.china.published_until, 2026)
            self._import(self.china)
            self.assertEqual(self.china.published_until, 2027)
            self.assertIn(date(2027, 2, 13), self.china.day_ids.mapped("date"))
            fresh = self._calendar()
            self._import(fresh, country="DE", year=2026)
            self.assertEqual((fresh.country_id.code, fresh.published_until), ("DE", 2026))

    def test_a_year_that_is_none_is_refused(self):
        with self._installed(chinese_calendar=China(2026)):
            for year in (0, 26, -2026, 20260):
                with self.subTest(year=year), self.assertRefused("four digits"):
                    self._import(self.china, year=year)
