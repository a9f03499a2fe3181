from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import clocks
from odoo.addons.loan_crm.core.calendars import BusinessCalendar
from odoo.addons.loan_crm.core.clocks import ClockError, Setting, Target
from odoo.addons.loan_crm.core.working_time import WorkingTime, WorkingTimeError

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

UTC = timezone.utc
BERLIN, SHANGHAI, NEW_YORK = (
    ZoneInfo(name) for name in ("Europe/Berlin", "Asia/Shanghai", "America/New_York")
)
FIRST, LAST = date(2026, 1, 1), date(2027, 1, 1)


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def office(zone, hours=((9, 12), (13, 18)), holidays=(), weekend=(5, 6)):
    """The hours of an office over a year, as wall clocks show them there."""
    spans, day = [], FIRST
    while day < LAST:
        if day.weekday() not in weekend and day not in holidays:
            for start, end in hours:
                spans.append(
                    tuple(datetime(day.year, day.month, day.day, hour, tzinfo=zone) for hour in (start, end))
                )
        day += timedelta(days=1)
    return WorkingTime(spans, at("2026-01-01"), at("2027-01-01"))


def setting(zone, **kwargs):
    return Setting(
        office(zone, **kwargs), BusinessCalendar(holidays=frozenset(kwargs.get("holidays", ()))), zone
    )


class TestWorkingTime(BaseCase):
    def test_a_night_and_a_weekend_are_not_worked(self):
        working = office(SHANGHAI)
        friday = at("2026-03-06T17:00", SHANGHAI)
        self.assertEqual(working.after(friday, 2 * 3600), at("2026-03-09T10:00", SHANGHAI))
        self.assertEqual(working.spent(friday, at("2026-03-09T10:00", SHANGHAI)), 2 * 3600)

    def test_what_is_due_by_the_end_of_a_day_is_due_that_day(self):
        working = office(SHANGHAI)
        self.assertEqual(
            working.after(at("2026-03-06T09:00", SHANGHAI), 8 * 3600), at("2026-03-06T18:00", SHANGHAI)
        )

    def test_a_night_shift_over_the_change_of_clocks_has_an_hour_less_and_an_hour_more(self):
        for day, hours in (("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-06", 8)):
            start = at(f"{day}T22:00", BERLIN)
            end = datetime.combine(start.date() + timedelta(days=1), start.time(), tzinfo=BERLIN).replace(
                hour=6
            )
            working = WorkingTime([(start, end)], at("2026-01-01"), at("2027-01-01"))
            self.assertEqual(working.spent(start, end), hours * 3600, day)

    def test_a_moment_without_a_zone_is_refused(self):
        with self.assertRaises(TypeError):
            office(UTC).spent(datetime(2026, 3, 6), at("2026-03-07"))  # noqa: DTZ001

    def test_what_is_not_known_is_not_guessed(self):
        working = office(UTC)
        for ask in (
            lambda: working.after(at("2026-12-31T17:00"), 3600 * 9),
            lambda: working.spent(at("2025-12-31"), at("2026-01-05")),
            lambda: working.next(at("2026-12-31T19:00")),
        ):
            with self.assertRaises(WorkingTimeError) as refused:
                ask()
            self.assertEqual(refused.exception.reason, "beyond")
        with self.assertRaises(WorkingTimeError) as refused:
            WorkingTime([], at("2026-01-01"), at("2027-01-01")).after(at("2026-02-01"), 1)
        self.assertEqual(refused.exception.reason, "never")

    def test_the_next_worked_moment(self):
        working = office(UTC)
        self.assertEqual(
            working.next(at("2026-03-06T12:00")), at("2026-03-06T13:00"), "the last second is over"
        )
        self.assertEqual(working.next(at("2026-03-06T10:30")), at("2026-03-06T10:30"))
        self.assertEqual(working.next(at("2026-03-07T10:30")), at("2026-03-09T09:00"))


class TestClocks(BaseCase):
    def test_who_writes_at_night_is_not_late_at_birth(self):
        here = setting(SHANGHAI)
        for hour in range(24):
            written = at("2026-03-05", SHANGHAI) + timedelta(hours=hour)
            reading = clocks.read(written, Target(30, "minutes"), here, written)
            self.assertEqual((reading.share, reading.late), (0, False), hour)
            self.assertGreater(reading.due, written)

    def test_a_pause_moves_what_is_due_by_its_working_time(self):
        here = setting(SHANGHAI)
        started = at("2026-03-05T10:00", SHANGHAI)
        pause = (at("2026-03-05T11:00", SHANGHAI), at("2026-03-06T10:00", SHANGHAI))
        by = clocks.due(started, Target(240, "minutes"), here, [pause])
        self.assertEqual(by, at("2026-03-06T14:00", SHANGHAI), "one hour was spent, three are left")

    def test_while_it_waits_nothing_is_due_and_nothing_spent(self):
        here = setting(SHANGHAI)
        started, held = at("2026-03-05T10:00", SHANGHAI), at("2026-03-05T11:00", SHANGHAI)
        for later in (held, held + timedelta(days=40)):
            for target in (Target(120, "minutes"), Target(10, "days")):
                reading = clocks.read(started, target, here, later, [(held, None)])
                self.assertIsNone(reading.due)
                self.assertFalse(reading.late)
                self.assertLess(reading.share, 51)
        self.assertEqual(
            clocks.next_mark(started, Target(120, "minutes"), here, held, [(held, None)]), (None, None)
        )

    def test_laws_count_days_after_the_one_it_came_in(self):
        for zone in (SHANGHAI, NEW_YORK):
            here = setting(zone)
            by = clocks.due(at("2026-03-05T23:30", zone), Target(15, "days"), here)
            self.assertEqual(by, at("2026-03-20T23:59:59", zone))
        by = clocks.due(at("2026-03-05T23:30", SHANGHAI), Target(56, "days"), setting(SHANGHAI))
        self.assertEqual(by.astimezone(SHANGHAI).date(), date(2026, 4, 30), "eight weeks")

    def test_business_days_leave_out_holidays(self):
        here = setting(SHANGHAI, holidays=(date(2026, 10, 1), date(2026, 10, 2)))
        by = clocks.due(at("2026-09-30T10:00", SHANGHAI), Target(3, "business_days"), here)
        self.assertEqual(by, at("2026-10-07T23:59:59", SHANGHAI))

    def test_a_day_with_25_hours_is_one_day(self):
        by = clocks.due(at("2026-10-24T12:00", BERLIN), Target(1, "days"), setting(BERLIN))
        self.assertEqual(by, at("2026-10-25T23:59:59", BERLIN))

    def test_somebody_is_told_within_working_hours(self):
        here = setting(SHANGHAI)
        started = at("2026-03-05T16:00", SHANGHAI)
        told, moment = [], started
        while True:
            moment, mark = clocks.next_mark(started, Target(15, "days"), here, moment)
            if moment is None:
                break
            told.append(mark)
            self.assertEqual(here.working.next(moment), moment)
        self.assertEqual(told, [50, 75, 90, 100])

    def test_marks_of_minutes(self):
        here = setting(SHANGHAI)
        started = at("2026-03-05T17:00", SHANGHAI)
        self.assertEqual(
            clocks.next_mark(started, Target(120, "minutes"), here, started),
            (at("2026-03-06T09:00", SHANGHAI), 50),
            "the hour is over with the working day: told when the next one begins",
        )

    def test_a_target_of_nothing_is_refused(self):
        for target, reason in (
            (Target(0, "days"), "amount_not_positive"),
            (Target(1, "moons"), "unit_unknown"),
        ):
            with self.assertRaises(ClockError) as refused:
                clocks.due(at("2026-03-05"), target, setting(UTC))
            self.assertEqual(refused.exception.reason, reason)


if given:
    moments = st.integers(0, 28_000_000).map(lambda seconds: at("2026-01-02") + timedelta(seconds=seconds))
    zones = st.sampled_from(
        [
            ZoneInfo(name)
            for name in ("Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe")
        ]
    )
    shifts = st.sampled_from([((9, 12), (13, 18)), ((0, 23),), ((1, 4),), ((22, 23), (8, 10))])
    weeks = st.sampled_from([(), (5, 6), (4, 5), (6,)])

    class TestClockProperties(BaseCase):
        @given(zones, shifts, weeks, moments, st.integers(1, 200_000))
        @settings(max_examples=60, deadline=None)
        def test_after_and_spent_undo_each_other(self, zone, hours, weekend, start, seconds):
            working = office(zone, hours=hours, weekend=weekend)
            end = working.after(start, seconds)
            self.assertEqual(working.spent(start, end), seconds)
            self.assertLess(
                working.spent(start, end - timedelta(seconds=1)), seconds, "and not a second earlier"
            )

        @given(zones, st.lists(moments, min_size=3, max_size=3))
        @settings(max_examples=60, deadline=None)
        def test_time_adds_up(self, zone, three):
            first, middle, last = sorted(three)
            working = office(zone)
            self.assertEqual(
                working.spent(first, middle) + working.spent(middle, last), working.spent(first, last)
            )

        @given(zones, moments, st.integers(1, 60 * 80), moments, st.integers(0, 86_400 * 10))
        @settings(max_examples=60, deadline=None)
        def test_a_pause_takes_away_what_it_lasts_and_no_more(self, zone, start, minutes, held, length):
            here, target = setting(zone), Target(minutes, "minutes")
            pause = (held, held + timedelta(seconds=length))
            plain, paused = clocks.due(start, target, here), clocks.due(start, target, here, [pause])
            self.assertGreaterEqual(paused, plain)
            if pause[1] <= start or pause[0] >= plain:
                self.assertEqual(paused, plain)
            self.assertEqual(here.working.without([pause]).spent(start, paused), minutes * 60)

        @given(zones, moments, st.integers(1, 60 * 80), st.sampled_from(clocks.UNITS))
        @settings(max_examples=60, deadline=None)
        def test_nothing_is_late_at_birth_and_all_is_late_after_its_due(self, zone, start, amount, unit):
            amount = amount if unit == "minutes" else amount % 25 + 1
            here, target = setting(zone), Target(amount, unit)
            born = clocks.read(start, target, here, start)
            self.assertEqual((born.share, born.late), (0, False))
            self.assertFalse(clocks.read(start, target, here, born.due).late)
            after = clocks.read(start, target, here, born.due + timedelta(seconds=1))
            self.assertTrue(after.late)
            self.assertGreaterEqual(after.share, 100)

        @given(
            zones,
            moments,
            st.integers(1, 60 * 40),
            st.sampled_from(clocks.UNITS),
            moments,
            st.integers(1, 10**6),
        )
        @settings(max_examples=60, deadline=None)
        def test_marks_come_in_their_order_and_within_working_time(
            self, zone, start, amount, unit, held, length
        ):
            amount = amount if unit == "minutes" else amount % 25 + 1
            here, target = setting(zone), Target(amount, unit)
            pauses = [(held, held + timedelta(seconds=length))]
            moment, last = start - timedelta(seconds=1), 0
            while True:
                moment, mark = clocks.next_mark(start, target, here, moment, pauses)
                if moment is None:
                    break
                self.assertGreater(mark, last)
                self.assertEqual(here.working.next(moment), moment)
                last = mark
            self.assertEqual(last, 100)
