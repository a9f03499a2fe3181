from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import moments
from odoo.addons.loan_crm.core.moments import MomentError, Quiet

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

NIGHT = moments.quiet_hours(22, 8)
SHANGHAI, BERLIN, NEW_YORK = map(ZoneInfo, ("Asia/Shanghai", "Europe/Berlin", "America/New_York"))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


class TestMoments(BaseCase):
    def test_the_night_is_quiet_from_its_first_minute_to_before_its_last(self):
        for clock, quiet in [
            ("21:59", False),
            ("22:00", True),
            ("00:00", True),
            ("07:59", True),
            ("08:00", False),
        ]:
            with self.subTest(clock=clock):
                self.assertEqual(NIGHT.covers(time.fromisoformat(clock)), quiet)
        noon = moments.quiet_hours(12, 13.5)
        self.assertEqual(
            [noon.covers(time(*at)) for at in ((11, 59), (13, 29), (13, 30))], [False, True, False]
        )
        self.assertFalse(any(moments.NEVER.covers(time(hour)) for hour in range(24)))
        self.assertFalse(moments.quiet_hours(22, 24).covers(time(0)))

    def test_who_may_be_written_to_now_is_written_to_now(self):
        now = utc("2026-03-10T02:00")
        self.assertEqual(moments.may_write_from(now, SHANGHAI, NIGHT), now)

    def test_at_night_the_morning_of_the_borrower_is_awaited(self):
        for now, zone, expected in [
            ("2026-03-10T14:00", SHANGHAI, "2026-03-11T00:00"),  # 22:00 → 8:00 on the day after
            ("2026-03-10T18:00", SHANGHAI, "2026-03-11T00:00"),  # 2:00 → 8:00 of that day
            ("2026-03-10T02:00", NEW_YORK, "2026-03-10T12:00"),  # 22:00 in summer time
        ]:
            with self.subTest(now=now, zone=zone):
                self.assertEqual(moments.may_write_from(utc(now), zone, NIGHT), utc(expected))

    def test_eight_o_clock_stays_eight_o_clock_when_the_clocks_change(self):
        for evening, morning in [
            ("2026-03-28T22:00", "2026-03-29T06:00"),  # winter time: 23:00 → summer time: 8:00
            ("2026-10-24T21:00", "2026-10-25T07:00"),
        ]:
            with self.subTest(evening=evening):
                self.assertEqual(moments.may_write_from(utc(evening), BERLIN, NIGHT), utc(morning))

    def test_an_hour_that_does_not_exist_begins_with_the_first_minute_after_it(self):
        until_half_past_two = moments.quiet_hours(22, 2.5)  # 2:00 to 3:00 is skipped on 29 March in Berlin
        moment = moments.may_write_from(utc("2026-03-28T23:00"), BERLIN, until_half_past_two)
        self.assertEqual(moment.astimezone(BERLIN).time(), time(3, 30))

    def test_nobody_is_told_today_before_their_day_has_come(self):
        # 9:00 in Shanghai on the 10th is still the 9th in New York.
        moment = moments.may_write_from(
            utc("2026-03-10T01:00"), NEW_YORK, NIGHT, not_before=date(2026, 3, 10)
        )
        self.assertEqual(moment, utc("2026-03-10T12:00"))

    def test_an_hour_beyond_the_day_is_refused(self):
        for hours in [(-1, 8), (22, 25)]:
            with self.assertRaises(MomentError) as caught:
                moments.quiet_hours(*hours)
            self.assertEqual(caught.exception.reason, "hour_unknown")


if given is None:

    class TestMomentsProperties(BaseCase):
        def test_properties_of_moments(self):
            self.skipTest("hypothesis is not installed")

else:

    class TestMomentsProperties(BaseCase):
        @settings(derandomize=True, deadline=None, max_examples=300)
        @given(
            st.datetimes(
                *(moment.replace(tzinfo=None) for moment in (utc("2025-01-01"), utc("2028-01-01"))),
                timezones=st.just(timezone.utc),
            ),
            st.sampled_from(
                ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]
            ),
            st.integers(0, 47),
            st.integers(0, 47),
            st.integers(-1, 2),
        )
        def test_the_moment_is_never_quiet_never_early_and_never_far(self, now, zone, start, end, days):
            zone, quiet = ZoneInfo(zone), Quiet(start / 2, end / 2)
            not_before = now.astimezone(zone).date() + timedelta(days)
            moment = moments.may_write_from(now, zone, quiet, not_before)
            local = moment.astimezone(zone)
            self.assertGreaterEqual(moment, now)
            self.assertGreaterEqual(local.date(), not_before)
            self.assertLess(moment - now, timedelta(days=4))
            # An end within an hour the clocks skip comes later by that hour; never is it earlier.
            self.assertFalse(quiet.covers(local.replace(tzinfo=None).time()))
