from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import reminders
from odoo.addons.loan_crm.core.reminders import Facts, LadderError, Planned, Step

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
        self.assertEqual(reminders.windows(LADDER[::-1], 2), reminders.windows(LADDER, 2))
        self.assertEqual([window.step for window in reminders.windows(list(LADDER), 2)], list(LADDER))

    def test_no_steps_no_reminder(self):
        self.assertIsNone(reminders.current_step(DUE, DUE, (), 3))
        self.assertEqual(reminders.missed(DUE, day(99), (), 3), ())
        self.assertEqual(reminders.forecast([DUE], (), DUE, 30), ())

    def test_a_window_is_a_range_of_due_dates_to_search(self):
        for window in reminders.windows(LADDER, 2):
            earliest, latest = window.due_between(DUE)
            for offset in range(-30, 30):
                due = DUE + timedelta(offset)
                with self.subTest(step=window.step.key, due=due):
                    self.assertEqual(
                        earliest <= due <= latest, reminders.current_step(due, DUE, LADDER, 2) == window.step
                    )

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
                reminders.windows(steps, catch_up)
            self.assertEqual(caught.exception.reason, reason)

    def test_the_forecast_puts_each_step_on_its_own_day(self):
        eve, on_day = LADDER[1], LADDER[2]
        other = date(2026, 3, 13)
        self.assertEqual(
            reminders.forecast([DUE, other, DUE], (on_day, eve), DUE, 4),
            (
                Planned(DUE, DUE, on_day, 2),
                Planned(DUE, other, eve, 1),
                Planned(other, other, on_day, 1),
            ),
        )
        self.assertEqual(
            reminders.forecast(Counter({DUE: 50_000}), LADDER, day(-7), 1),
            (Planned(day(-7), DUE, LADDER[0], 50_000),),
        )
        self.assertEqual(reminders.forecast([DUE], LADDER, day(1), 2), ())
        self.assertEqual(reminders.forecast({DUE: 0}, LADDER, DUE, 30), ())


class TestVerdict(BaseCase):
    willing = Facts(amount_open=Decimal("100.00"))
    against = (
        ("paid", {"amount_open": Decimal("0.00")}),
        ("inactive", {"contract_active": False}),
        ("archived", {"customer_archived": True}),
        ("no_address", {"has_address": False}),
        ("invalid_address", {"address_valid": False}),
        ("opted_out", {"opted_out": True}),
        ("bounced", {"bounced": True}),
        ("below_minimum", {"minimum": Decimal("100.01")}),
        ("no_template", {"has_template": False}),
        ("too_late", {"too_late": True}),
    )

    def test_without_a_reason_the_reminder_speaks(self):
        self.assertIsNone(reminders.verdict(self.willing))
        self.assertIsNone(reminders.verdict(replace(self.willing, minimum=Decimal("100.00"))))

    def test_each_fact_holds_for_its_reason(self):
        for reason, change in self.against:
            with self.subTest(reason=reason):
                self.assertEqual(reminders.verdict(replace(self.willing, **change)), reason)

    def test_overpaid_is_paid(self):
        self.assertEqual(reminders.verdict(Facts(amount_open=Decimal("-5"))), "paid")

    def test_the_first_reason_is_the_one_told(self):
        self.assertEqual(
            [hold.reason for hold in reminders.HOLDS], [reason for reason, _change in self.against]
        )
        for index, (reason, _change) in enumerate(self.against):
            facts = self.willing
            for _reason, change in self.against[index:]:
                facts = replace(facts, **change)
            with self.subTest(reason=reason):
                self.assertEqual(reminders.verdict(facts), reason)

    def test_another_feature_adds_a_reason_without_touching_these(self):
        holds = (reminders.HOLDS[0], reminders.Hold("frozen", lambda facts: True), *reminders.HOLDS[1:])
        self.assertEqual(reminders.verdict(self.willing, holds), "frozen")
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
            plan = reminders.forecast([DUE], steps, day(-40), 80)
            self.assertEqual(sent, {planned.step.key: planned.day for planned in plan})
            self.assertEqual(len(plan), len(steps))
