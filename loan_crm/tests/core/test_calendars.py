import random
from datetime import date, datetime, timedelta
from itertools import pairwise

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import dates
from odoo.addons.loan_crm.core.calendars import MAX_CLOSED_DAYS, RULES, BusinessCalendar, CalendarError

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

try:
    import QuantLib
except ImportError:
    QuantLib = None


def day(text):
    return date.fromisoformat(text)


def span(first, last):
    """All days from one to another, both included."""
    first, last = day(first), day(last)
    return [first + timedelta(offset) for offset in range((last - first).days + 1)]


# The State Council's holidays of 2026, as the package chinesecalendar 1.11.0 has them.
CHINA = BusinessCalendar(
    holidays=frozenset(
        [
            *span("2026-01-01", "2026-01-03"),
            *span("2026-02-15", "2026-02-23"),
            *span("2026-04-04", "2026-04-06"),
            *span("2026-05-01", "2026-05-05"),
            *span("2026-06-19", "2026-06-21"),
            *span("2026-09-25", "2026-09-27"),
            *span("2026-10-01", "2026-10-07"),
        ]
    ),
    workdays=frozenset(
        map(
            date.fromisoformat,
            ("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
        )
    ),
    published_until=2026,
)
WEEKENDS = BusinessCalendar()


class TestCalendars(BaseCase):
    def refused(self, reason, function, *asked, **more):
        with self.subTest(reason=reason, asked=asked, more=more):
            with self.assertRaises(CalendarError) as caught:
                function(*asked, **more)
            self.assertEqual(caught.exception.reason, reason)
        return caught.exception.facts

    def test_china_works_some_weekends(self):
        year = span("2026-01-01", "2026-12-31")
        self.assertEqual(sum(map(CHINA.is_business_day, year)), 248)
        self.assertEqual(
            [str(each) for each in year if each.weekday() > 4 and CHINA.is_business_day(each)],
            ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"],
        )
        for closed in ("2026-01-02", "2026-02-16", "2026-02-23", "2026-10-07", "2026-10-11", "2026-02-15"):
            self.assertFalse(CHINA.is_business_day(day(closed)), closed)

    def test_a_due_date_moves_by_the_rule(self):
        # due, following, modified following, preceding, modified preceding
        for due, *expected in [
            ("2026-02-14", "2026-02-14", "2026-02-14", "2026-02-14", "2026-02-14"),  # a Saturday, worked
            ("2026-02-16", "2026-02-24", "2026-02-24", "2026-02-14", "2026-02-14"),
            ("2026-10-03", "2026-10-08", "2026-10-08", "2026-09-30", "2026-10-08"),
            ("2026-01-02", "2026-01-04", "2026-01-04", "2025-12-31", "2026-01-04"),  # before: another year
            ("2026-01-31", "2026-02-02", "2026-01-30", "2026-01-30", "2026-01-30"),
            ("2026-05-31", "2026-06-01", "2026-05-29", "2026-05-29", "2026-05-29"),
            ("2026-08-01", "2026-08-03", "2026-08-03", "2026-07-31", "2026-08-03"),
            ("2026-08-08", "2026-08-10", "2026-08-10", "2026-08-07", "2026-08-07"),
        ]:
            with self.subTest(due=due):
                self.assertEqual([str(CHINA.adjust(day(due), rule)) for rule in RULES], [due, *expected])

    def test_weekends_are_the_lenders(self):
        gulf = BusinessCalendar(weekend=frozenset({4, 5}))
        self.assertEqual(gulf.adjust(date(2026, 1, 2), "following"), date(2026, 1, 4))  # Friday to Sunday
        daily = BusinessCalendar(weekend=frozenset())
        self.assertTrue(all(map(daily.is_business_day, span("2026-01-01", "2026-01-31"))))
        self.assertEqual(BusinessCalendar(weekend=[5, 6]), WEEKENDS)  # any collection will do
        self.assertEqual(hash(BusinessCalendar(weekend=[5, 6])), hash(WEEKENDS))

    def test_a_closure_does_not_collapse_due_dates(self):
        # Weekly, Mondays: Spring Festival of 2026 is longer than a week.
        dues = dates.due_dates(date(2026, 2, 9), 4, frequency="weekly")
        for rule, expected in [
            ("unadjusted", ("2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02")),
            ("following", ("2026-02-09", "2026-02-24", "2026-02-25", "2026-03-02")),
            ("modified_following", ("2026-02-09", "2026-02-24", "2026-02-25", "2026-03-02")),
            ("preceding", ("2026-02-09", "2026-02-13", "2026-02-14", "2026-03-02")),
            ("modified_preceding", ("2026-02-09", "2026-02-13", "2026-02-14", "2026-03-02")),
        ]:
            with self.subTest(rule=rule):
                self.assertEqual(CHINA.adjust_all(dues, rule), tuple(map(day, expected)))

    def test_a_long_closure_spreads_due_dates_over_the_days_around_it(self):
        closed = BusinessCalendar(holidays=span("2026-03-02", "2026-03-27"))
        dues = dates.due_dates(date(2026, 3, 2), 6, frequency="weekly")
        self.assertEqual(
            [str(each)[5:] for each in closed.adjust_all(dues, "following")],
            ["03-30", "03-31", "04-01", "04-02", "04-03", "04-06"],
        )
        self.assertEqual(
            [str(each)[5:] for each in closed.adjust_all(dues, "preceding")],
            ["02-24", "02-25", "02-26", "02-27", "03-30", "04-06"],
        )

    def test_a_modified_rule_keeps_its_months(self):
        # Closed from the 20th to the end of the month: both move back to the 19th, and the first gives way.
        closed = BusinessCalendar(holidays=span("2026-03-20", "2026-03-31"))
        dues = (date(2026, 3, 13), date(2026, 3, 20), date(2026, 3, 27), date(2026, 4, 3))
        self.assertEqual(
            [str(each)[5:] for each in closed.adjust_all(dues, "modified_following")],
            ["03-13", "03-18", "03-19", "04-03"],
        )
        self.assertEqual(
            [str(each)[5:] for each in closed.adjust_all(dues, "following")],
            ["03-13", "04-01", "04-02", "04-03"],
        )
        # Its mirror image: closed to the 12th.
        closed = BusinessCalendar(holidays=span("2026-03-01", "2026-03-12"))
        dues = (date(2026, 2, 27), date(2026, 3, 5), date(2026, 3, 12), date(2026, 3, 19))
        self.assertEqual(
            [str(each)[5:] for each in closed.adjust_all(dues, "modified_preceding")],
            ["02-27", "03-13", "03-16", "03-19"],
        )

    def test_dates_that_can_not_be_parted_are_refused(self):
        closed = BusinessCalendar(holidays=span("2026-03-01", "2026-03-31"))
        dues = (date(2026, 3, 4), date(2026, 3, 11))
        facts = self.refused("days_collide", closed.adjust_all, dues, "modified_following")
        self.assertEqual(facts, {"day": date(2026, 3, 4)})
        self.assertEqual(closed.adjust_all(dues, "following"), (date(2026, 4, 1), date(2026, 4, 2)))

    def test_business_days_are_counted(self):
        for start, n, expected in [
            ("2026-02-13", 1, "2026-02-14"),
            ("2026-02-13", 2, "2026-02-24"),
            ("2026-02-24", -1, "2026-02-14"),
            ("2026-02-18", 1, "2026-02-24"),
            ("2026-02-18", 0, "2026-02-24"),
            ("2026-02-18", -1, "2026-02-14"),
            ("2026-02-24", 0, "2026-02-24"),
            ("2026-09-30", 3, "2026-10-10"),
            ("2025-12-31", 248, "2026-12-31"),
        ]:
            with self.subTest(start=start, n=n):
                self.assertEqual(CHINA.add_business_days(day(start), n), day(expected))

    def test_a_year_nobody_has_published_is_named(self):
        self.assertEqual(CHINA.unpublished_years(span("2026-12-01", "2026-12-31")), ())
        self.assertEqual(
            CHINA.unpublished_years([date(2028, 1, 5), date(2027, 2, 5), date(2026, 2, 5), date(2028, 1, 6)]),
            (2027, 2028),
        )
        self.assertEqual(WEEKENDS.unpublished_years([date(2090, 1, 1)]), ())
        self.assertEqual(CHINA.unpublished_years([]), ())

    def test_refusals(self):
        festival = date(2026, 10, 1)
        facts = self.refused("workday_is_holiday", BusinessCalendar, holidays={festival}, workdays={festival})
        self.assertEqual(facts, {"days": (festival,)})
        for weekday in (-1, 7):
            self.refused("weekday_unknown", BusinessCalendar, weekend={weekday})
        self.refused("no_business_day", BusinessCalendar, weekend=range(7))
        for rule in ("nearest", "", None):
            self.refused("rule_unknown", CHINA.adjust, festival, rule)
            self.refused("rule_unknown", CHINA.adjust_all, [festival], rule)
        self.refused("days_not_increasing", CHINA.adjust_all, [festival, festival], "following")
        self.refused("days_not_increasing", CHINA.adjust_all, [festival, day("2026-09-30")], "unadjusted")
        for slip in (datetime(2026, 1, 1), "2026-01-01"):  # noqa: DTZ001
            with self.subTest(slip=slip), self.assertRaises(TypeError):
                BusinessCalendar(holidays={slip})
        with self.assertRaises(TypeError):
            CHINA.add_business_days(festival, 1.0)

    def test_a_calendar_without_business_days_does_not_search_for_ever(self):
        once = BusinessCalendar(weekend=range(7), workdays={date(2026, 6, 1)})
        self.assertEqual(once.adjust(date(2026, 1, 1), "following"), date(2026, 6, 1))
        self.refused("no_business_day", once.adjust, date(2026, 6, 2), "following")
        self.refused("no_business_day", once.add_business_days, date(2026, 6, 1), 1)
        self.refused("no_business_day", once.adjust_all, [day("2026-05-01"), day("2026-05-08")], "following")
        first = date(2026, 1, 5)
        closed = BusinessCalendar(
            weekend=(), holidays=[first + timedelta(offset) for offset in range(MAX_CLOSED_DAYS)]
        )
        self.assertEqual(closed.adjust(first, "following"), first + timedelta(MAX_CLOSED_DAYS))
        # The same month of another year is another month.
        self.assertEqual(closed.adjust(first, "modified_following"), first - timedelta(1))
        closed = BusinessCalendar(
            weekend=(), holidays=[first + timedelta(offset) for offset in range(MAX_CLOSED_DAYS + 1)]
        )
        self.assertEqual(self.refused("no_business_day", closed.adjust, first, "following"), {"day": first})

    def test_the_calendar_ends(self):
        closed = BusinessCalendar(weekend=(), holidays={date.max, date.min})
        self.refused("no_business_day", closed.adjust, date.max, "following")
        self.refused("no_business_day", closed.adjust, date.min, "preceding")
        self.assertEqual(closed.adjust(date.max, "modified_following"), date(9999, 12, 30))
        self.assertEqual(closed.adjust(date.min, "modified_preceding"), date(1, 1, 2))

    def test_quantlib_moves_the_same(self):
        if QuantLib is None:
            self.skipTest("QuantLib is not installed")

        def their(day):
            return QuantLib.Date(day.day, day.month, day.year)

        draw = random.Random(20261122)
        days = [date(2026, 1, 1) + timedelta(offset) for offset in range(730)]
        ours = BusinessCalendar(holidays=draw.sample(days, 150))
        theirs = QuantLib.BespokeCalendar("ours")
        for weekday in (QuantLib.Saturday, QuantLib.Sunday):
            theirs.addWeekend(weekday)
        for holiday in ours.holidays:
            theirs.addHoliday(their(holiday))
        conventions = {
            "unadjusted": QuantLib.Unadjusted,
            "following": QuantLib.Following,
            "modified_following": QuantLib.ModifiedFollowing,
            "preceding": QuantLib.Preceding,
            "modified_preceding": QuantLib.ModifiedPreceding,
        }
        self.assertEqual({*conventions}, {*RULES})
        for each in days:
            self.assertEqual(ours.is_business_day(each), theirs.isBusinessDay(their(each)), each)
            for rule, convention in conventions.items():
                self.assertEqual(
                    their(ours.adjust(each, rule)), theirs.adjust(their(each), convention), (each, rule)
                )
            for n in (-3, -1, 0, 1, 10):
                self.assertEqual(
                    their(ours.add_business_days(each, n)),
                    theirs.advance(their(each), n, QuantLib.Days),
                    (each, n),
                )


if given is None:

    class TestCalendarsProperties(BaseCase):
        def test_properties_of_calendars(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=150)
    FIRST = date(2026, 1, 1)
    in_the_year = st.integers(0, 400).map(lambda offset: FIRST + timedelta(offset))

    @st.composite
    def calendars(draw):
        closed = draw(st.sets(in_the_year, max_size=30))
        for first in draw(st.lists(in_the_year, max_size=3)):
            closed |= {first + timedelta(offset) for offset in range(draw(st.integers(1, 25)))}
        worked = draw(st.sets(in_the_year, max_size=20)) - closed
        return BusinessCalendar(draw(st.sets(st.integers(0, 6), max_size=3)), closed, worked)

    class TestCalendarsProperties(BaseCase):
        @relaxed
        @given(calendars(), in_the_year)
        def test_a_moved_day_is_the_nearest_on_its_side(self, calendar, due):
            self.assertEqual(calendar.adjust(due, "unadjusted"), due)
            for rule, step in (("following", 1), ("preceding", -1)):
                moved = calendar.adjust(due, rule)
                expected = due
                while not calendar.is_business_day(expected):
                    expected += timedelta(step)
                self.assertEqual(moved, expected)
                modified = calendar.adjust(due, f"modified_{rule}")
                if (moved.year, moved.month) == (due.year, due.month):
                    self.assertEqual(modified, moved)
                else:
                    other = {"following": "preceding", "preceding": "following"}[rule]
                    self.assertEqual(modified, calendar.adjust(due, other))

        @relaxed
        @given(
            calendars(), in_the_year, st.integers(1, 30), st.sampled_from(["weekly", "biweekly", "monthly"])
        )
        def test_due_dates_stay_apart_and_keep_their_rule(self, calendar, first, count, frequency):
            dues = dates.due_dates(first, count, frequency=frequency)
            self.assertEqual(calendar.adjust_all(dues, "unadjusted"), dues)
            for rule in RULES[1:]:
                alone = tuple(calendar.adjust(due, rule) for due in dues)
                try:
                    moved = calendar.adjust_all(dues, rule)
                except CalendarError as refusal:
                    self.assertEqual(refusal.reason, "days_collide")
                    self.assertIn("modified", rule)
                    self.assertLess(len(set(alone)), count)
                    continue
                self.assertEqual(len(moved), count)
                self.assertTrue(all(before < after for before, after in pairwise(moved)))
                self.assertTrue(all(map(calendar.is_business_day, moved)))
                if all(before < after for before, after in pairwise(alone)):
                    self.assertEqual(moved, alone)
                for due, got, wanted in zip(dues, moved, alone, strict=True):
                    if rule == "following":
                        self.assertGreaterEqual(got, wanted)
                    elif rule == "preceding":
                        self.assertLessEqual(got, wanted)
                    elif got != wanted:  # moved on or gave way, but within its month
                        self.assertEqual((got.year, got.month), (due.year, due.month))

        @relaxed
        @given(calendars(), in_the_year, st.integers(-40, 40))
        def test_business_days_lie_between(self, calendar, start, n):
            reached = calendar.add_business_days(start, n)
            self.assertTrue(calendar.is_business_day(reached))
            low, high = sorted([start, reached])
            between = [low + timedelta(offset) for offset in range((high - low).days + 1)]
            counted = sum(map(calendar.is_business_day, between)) - calendar.is_business_day(start)
            if n:
                self.assertEqual(counted, abs(n))
            else:
                self.assertEqual(reached, calendar.adjust(start, "following"))
