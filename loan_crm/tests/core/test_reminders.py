from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import reminders
from odoo.addons.loan_crm.core.calendars import BusinessCalendar
from odoo.addons.loan_crm.core.reminders import Facts, LadderError, Step

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

DUE = date(2026, 3, 10)
LADDER = (Step("week", -7), Step("eve", -3), Step("day", 0), Step("late", 3), Step("later", 10))


def day(offset):
    return DUE + timedelta(offset)


class TestReminders(BaseCase):
    def test_one_step_speaks_on_each_day(self):
        for catch_up, spoken in [
            # offset of the day → the step that may be sent on it
            (0, {-7: "week", -3: "eve", 0: "day", 3: "late", 10: "later"}),
            (1, {-7: "week", -6: "week", -3: "eve", -2: "eve", 0: "day", 1: "day", 3: "late", 4: "late",
                 10: "later", 11: "later"}),
            (5, {-7: "week", -6: "week", -5: "week", -4: "week", -3: "eve", -2: "eve", -1: "eve", 0: "day",
                 1: "day", 2: "day", 3: "late", 4: "late", 5: "late", 6: "late", 7: "late", 8: "late",
                 10: "later", 11: "later", 12: "later", 13: "later", 14: "later", 15: "later"}),
        ]:  # fmt: skip
            for offset in range(-12, 20):
                with self.subTest(catch_up=catch_up, offset=offset):
                    step = reminders.current_step(DUE, day(offset), LADDER, catch_up)
                    self.assertEqual(step and step.key, spoken.get(offset))

    def test_five_days_before_is_not_four_days_before(self):
        self.assertIsNone(reminders.current_step(DUE, day(-4), [Step("before", -5)], 0))

    def test_a_before_due_step_is_never_sent_on_or_after_the_due_date(self):
        alone = [Step("eve", -3)]  # no later step to close its window
        self.assertEqual(reminders.current_step(DUE, day(-1), alone, 30), alone[0])
        self.assertIsNone(reminders.current_step(DUE, DUE, alone, 30))
        self.assertIsNone(reminders.current_step(DUE, day(1), alone, 30))

    def test_the_order_of_the_steps_does_not_matter(self):
        self.assertEqual(reminders.windows(DUE, LADDER[::-1], 2), reminders.windows(DUE, LADDER, 2))
        self.assertEqual([window.step for window in reminders.windows(DUE, list(LADDER), 2)], list(LADDER))

    def test_no_steps_no_reminder(self):
        self.assertIsNone(reminders.current_step(DUE, DUE, (), 3))
        self.assertEqual(reminders.missed(DUE, day(99), (), 3), ())
        self.assertEqual(reminders.speaking(DUE, (), 3), ())
        self.assertEqual(reminders.opening(DUE, 30, (), 3), ())

    def test_what_speaks_today_can_be_searched_by_due_date(self):
        found = {window.due: window.step for window in reminders.speaking(DUE, LADDER, 2)}
        for offset in range(-30, 30):
            due = day(offset)
            with self.subTest(due=due):
                self.assertEqual(found.get(due), reminders.current_step(due, DUE, LADDER, 2))

    def test_a_closed_window_is_missed_for_good(self):
        for offset, keys in [
            (-7, []),
            (-6, []),
            (-5, ["week"]),
            (-3, ["week"]),
            (-1, ["week", "eve"]),
            (0, ["week", "eve"]),
            (5, ["week", "eve", "day", "late"]),
            (99, ["week", "eve", "day", "late", "later"]),
        ]:
            with self.subTest(offset=offset):
                self.assertEqual([step.key for step in reminders.missed(DUE, day(offset), LADDER, 1)], keys)
        left = reminders.missed(DUE, day(5), LADDER, 1, sent={"eve", "late"})
        self.assertEqual([step.key for step in left], ["week", "day"])

    def test_a_ladder_that_contradicts_itself_is_refused(self):
        for reason, steps, catch_up in [
            ("step_repeated", [Step("a", -3), Step("a", 0)], 1),
            ("offset_repeated", [Step("a", -3), Step("b", -3)], 1),
            ("catch_up_negative", LADDER, -1),
        ]:
            with self.subTest(reason=reason), self.assertRaises(LadderError) as caught:
                reminders.windows(DUE, steps, catch_up)
            self.assertEqual(caught.exception.reason, reason)

    def test_what_opens_is_foreseen_on_its_own_day(self):
        eve, on_day = LADDER[1], LADDER[2]
        foreseen = reminders.opening(DUE, 4, (on_day, eve), 2)
        self.assertEqual(
            [(window.first, window.due, window.step) for window in foreseen if window.due in (DUE, day(3))],
            [(DUE, DUE, on_day), (DUE, day(3), eve), (day(3), day(3), on_day)],
        )
        self.assertTrue(all(DUE <= window.first < day(4) for window in foreseen))


class TestClosedDays(BaseCase):
    """Nobody is written to on a weekend or holiday, and no stage is skipped for it."""

    weekends = BusinessCalendar()
    # National Day 2026: closed from Thursday the 1st to Wednesday the 7th; the Saturday after is worked.
    golden_week = BusinessCalendar(
        holidays=frozenset(date(2026, 10, number) for number in range(1, 8)),
        workdays=frozenset({date(2026, 10, 10)}),
    )

    def _first_days(self, due, calendar, steps=LADDER):
        return [window.first for window in reminders.windows(due, steps, 2, calendar)]

    def test_a_step_up_to_the_due_date_comes_earlier_and_a_later_one_later(self):
        sunday = date(2026, 3, 15)
        self.assertEqual(
            self._first_days(sunday, self.weekends),
            # week: Sunday 8th → Friday 6th; eve: Thursday; day: Sunday → Friday; late: Wednesday; later: Wednesday
            [date(2026, 3, 6), date(2026, 3, 12), date(2026, 3, 13), date(2026, 3, 18), date(2026, 3, 25)],
        )

    def test_a_long_holiday_shifts_stages_apart_and_skips_none(self):
        due = date(2026, 10, 5)  # 28 Sep | 2 Oct | 5 Oct | 8 Oct | 15 Oct
        self.assertEqual(
            self._first_days(due, self.golden_week),
            [date(2026, 9, 28), date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 8), date(2026, 10, 15)],
        )

    def test_a_worked_saturday_is_a_day_like_another(self):
        self.assertIn(date(2026, 10, 10), self._first_days(date(2026, 10, 7), self.golden_week))

    def test_catching_up_counts_the_days_on_which_somebody_reads(self):
        thursday = date(2026, 3, 12)
        window = reminders.windows(thursday, [Step("day", 0)], 2, self.weekends)[0]
        self.assertEqual((window.first, window.last), (thursday, date(2026, 3, 16)))

    def test_a_calendar_without_an_open_day_moves_nothing(self):
        never = BusinessCalendar(weekend=frozenset(range(7)), workdays=frozenset({date(2020, 1, 1)}))
        self.assertEqual(reminders.windows(DUE, LADDER, 2, never), reminders.windows(DUE, LADDER, 2))


class TestUnusual(BaseCase):
    def test_many_more_than_usual_wait_for_a_person(self):
        for planned, history, factor, expected in [
            (301, [100, 90, 110], 3, (True, 100)),
            (300, [100, 90, 110], 3, (False, 100)),
            (5000, [100, 90, 110], 0, (False, 100)),
            (51, [1, 1, 1, 1], 3, (True, 1)),
            (50, [1, 1, 1, 1], 3, (False, 1)),
            (51, [], 3, (True, 0)),
            (51, [4000, 4000], 3, (True, 0)),
            (320, [100, 100, 9000, 110], 3, (True, 105)),  # one wild day does not become the usual
        ]:
            with self.subTest(planned=planned, history=history, factor=factor):
                self.assertEqual(reminders.unusual(planned, history, factor), expected)


class TestVerdict(BaseCase):
    willing = Facts(amount_open=Decimal("100.00"))
    against = (
        ("paid", {"amount_open": Decimal("0.00")}),
        ("inactive", {"contract_active": False}),
        ("replaced", {"replaced": True}),
        ("archived", {"customer_archived": True}),
        *((kind, {"hold": kind}) for kind in reminders.HOLD_KINDS),
        ("auto_debit", {"debited": True}),
        ("below_minimum", {"minimum": Decimal("100.01")}),
        ("opted_out", {"opted_out": True}),
        ("call_first", {"call_first": True}),
        ("max_count", {"enough": True}),
        ("no_address", {"has_address": False}),
        ("invalid_address", {"address_valid": False}),
        ("bounced", {"bounced": True}),
        ("no_access", {"nobody_signs": True}),
        ("no_template", {"has_template": False}),
        ("too_late", {"too_late": True}),
        ("paused", {"paused": True}),
        ("unusual", {"unusual": True}),
        ("interval", {"too_soon": True}),
        ("cap", {"capped": True}),
        ("holiday", {"closed_day": True}),
        ("quiet_hours", {"quiet": True}),
    )
    # What the law requires is not silenced by what people prefer, but by what makes it impossible or untrue.
    lawful = {"paid", "inactive", "replaced", "archived", "no_address", "invalid_address", "bounced", "no_access",
              "no_template", "too_late", "paused", "unusual", "holiday", "quiet_hours"}  # fmt: skip
    # A task of a person needs no address and no hour.
    of_mail = {"opted_out", "call_first", "max_count", "no_address", "invalid_address", "bounced", "no_template",
               "interval", "cap", "holiday", "quiet_hours"}  # fmt: skip

    def test_without_a_reason_the_reminder_speaks(self):
        self.assertIsNone(reminders.verdict(self.willing))
        self.assertIsNone(reminders.verdict(replace(self.willing, minimum=Decimal("100.00"))))

    def test_each_fact_holds_for_its_reason(self):
        for reason, change in self.against:
            with self.subTest(reason=reason):
                self.assertEqual(reminders.verdict(replace(self.willing, **change)), reason)

    def test_a_notice_the_law_requires_heeds_no_preference(self):
        for reason, change in self.against:
            with self.subTest(reason=reason):
                told = reminders.verdict(replace(self.willing, required=True, **change))
                self.assertEqual(told, reason if reason in self.lawful else None)

    def test_a_task_for_a_person_asks_for_no_address(self):
        for reason, change in self.against:
            with self.subTest(reason=reason):
                told = reminders.verdict(replace(self.willing, by_mail=False, **change))
                self.assertEqual(told, None if reason in self.of_mail else reason)

    def test_overpaid_is_paid(self):
        self.assertEqual(reminders.verdict(Facts(amount_open=Decimal("-5"))), "paid")

    def test_the_first_reason_is_the_one_told(self):
        self.assertEqual(
            [hold.reason for hold in reminders.HOLDS], [reason for reason, _change in self.against]
        )
        for index, (reason, own) in enumerate(self.against):
            facts = self.willing
            for _reason, change in self.against[index:]:
                facts = replace(facts, **change)
            facts = replace(facts, **own)
            with self.subTest(reason=reason):
                self.assertEqual(reminders.verdict(facts), reason)

    def test_another_feature_adds_a_reason_without_touching_these(self):
        holds = (reminders.HOLDS[0], reminders.Hold("bankrupt", lambda facts: True), *reminders.HOLDS[1:])
        self.assertEqual(reminders.verdict(self.willing, holds), "bankrupt")
        self.assertEqual(reminders.verdict(Facts(amount_open=Decimal(0)), holds), "paid")


if given is None:

    class TestRemindersProperties(BaseCase):
        def test_properties_of_reminders(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=100)
    ladders = st.lists(st.integers(-20, 20), unique=True, max_size=6).map(
        lambda offsets: tuple(Step(index, offset) for index, offset in enumerate(offsets))
    )

    class TestRemindersProperties(BaseCase):
        @relaxed
        @given(ladders, st.integers(0, 10), st.integers(-40, 40))
        def test_the_rule_as_it_is_told(self, steps, catch_up, offset):
            come = [step for step in steps if step.offset <= offset]
            latest = max(come, key=lambda step: step.offset, default=None)
            if latest and (offset > latest.offset + catch_up or latest.offset < 0 <= offset):
                latest = None
            self.assertEqual(reminders.current_step(DUE, day(offset), steps, catch_up), latest)

        @relaxed
        @given(ladders, st.integers(0, 10), st.sets(st.integers(-40, 40)))
        def test_a_job_that_runs_on_any_days_sends_each_step_once_or_misses_it(self, steps, catch_up, runs):
            sent = []
            for offset in sorted(runs):
                step = reminders.current_step(DUE, day(offset), steps, catch_up)
                if step and step.key not in sent:
                    sent.append(step.key)
            missed = [step.key for step in reminders.missed(DUE, day(999), steps, catch_up, sent)]
            self.assertEqual(sorted(sent + missed), sorted(step.key for step in steps))
            offsets = {step.key: step.offset for step in steps}
            self.assertEqual(sent, sorted(sent, key=offsets.get))

        @relaxed
        @given(ladders, st.integers(0, 10))
        def test_a_job_that_runs_daily_misses_nothing_and_keeps_the_forecast(self, steps, catch_up):
            sent = {}
            for offset in range(-40, 40):
                step = reminders.current_step(DUE, day(offset), steps, catch_up)
                if step:
                    sent.setdefault(step.key, day(offset))
            plan = [
                window for window in reminders.opening(day(-40), 80, steps, catch_up) if window.due == DUE
            ]
            self.assertEqual(sent, {window.step.key: window.first for window in plan})
            self.assertEqual(len(plan), len(steps))

        @relaxed
        @given(
            ladders,
            st.integers(0, 5),
            st.sets(st.integers(-30, 30), max_size=15),
            st.sets(st.integers(0, 6), max_size=3),
        )
        def test_closed_days_skip_no_stage_and_let_none_meet(self, steps, catch_up, closed, weekend):
            calendar = BusinessCalendar(
                weekend=frozenset(weekend), holidays=frozenset(day(offset) for offset in closed)
            )
            windows = reminders.windows(DUE, steps, catch_up, calendar)
            self.assertEqual([window.step for window in windows], sorted(steps, key=lambda step: step.offset))
            for window in windows:
                self.assertTrue(calendar.is_business_day(window.first))
                self.assertTrue(calendar.is_business_day(window.last))
                self.assertLessEqual(window.first, window.last)
                if window.step.offset < 0:
                    self.assertLess(window.last, DUE)
            for before, after in pairwise(windows):
                self.assertLess(before.last, after.first)
            for window in windows:
                self.assertIn(window, reminders.speaking(window.first, steps, catch_up, calendar))
                self.assertIn(window, reminders.opening(window.first, 1, steps, catch_up, calendar))
