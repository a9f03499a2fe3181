from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import governor
from odoo.addons.loan_crm.core.governor import Facts, Limits, verdict

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

TODAY = date(2026, 3, 10)
LIMITS = Limits(interval_days=60, per_year=4)
# What stands in the way, each alone.
OBSTACLES = {
    "switched_off": {"switched_off": True},
    "rule_gone": {"rule_gone": True},
    "survey_closed": {"survey_closed": True},
    "undone": {"undone": True},
    "gone": {"gone": True},
    "occasion_asked": {"occasion_asked": True},
    "trivial": {"trivial": True},
    "self_closed": {"self_closed": True},
    "opted_out": {"opted_out": True},
    "complaint_open": {"complaint_open": True},
    "held": {"held": "legal"},
    "no_address": {"has_address": False},
    "bounced": {"bounced": True},
    "nobody_asks": {"by_mail": False, "nobody_asks": True},
    "too_late": {"last_day": TODAY - timedelta(1)},
    "cap": {"asked": tuple(TODAY - timedelta(days) for days in (70, 140, 210, 364))},
    "too_soon": {"asked": (TODAY - timedelta(59),)},
    "no_letter": {"has_letter": False},
    "closed_day": {"closed_day": True},
    "quiet": {"quiet": True},
}


# What a rule says of its own; the others ask as the lender does.
OWN_INTERVALS = {"recovered": 14}
# What happens to a customer within a year: how often on average, and how many days later they would be asked.
MOMENTS = {
    "application": (0.5, 1),
    "decision": (0.4, 2),
    "disbursement": (0.4, 7),
    "case": (1.5, 1),
    "recovered": (0.2, 3),
    "yearly": (0.8, 0),
    "repaid": (0.15, 3),
}


def _a_year_of(person):
    """Return `[(day, moment)]` on which one person would be asked, and the days on which a complaint is open."""
    often = person.choice((0.3, 1, 1, 1, 6))  # some hardly deal with us, some nearly each week
    due, complaints = [], []
    for moment, (times, delay) in MOMENTS.items():
        for _each in range(sum(person.random() < times * often / 8 for _chance in range(8))):
            happened = person.randrange(365)
            due.append((happened + delay, moment))
            if moment == "recovered":
                complaints.append(range(happened - person.randrange(3, 40), happened))
    return sorted(due), complaints


class TestGovernor(BaseCase):
    def test_ten_thousand_customers_through_a_year(self):
        told, mended = Counter(), Counter()
        seed = Random(7)
        for _customer in range(10_000):
            person = Random(seed.random())
            due, complaints = _a_year_of(person)
            known = {
                "opted_out": person.random() < 0.03,
                "has_address": person.random() > 0.05,
                "bounced": person.random() < 0.02,
            }
            asked = []
            for first, moment in due:
                limits = LIMITS.of_rule(OWN_INTERVALS.get(moment))
                for later in range(9):  # so long what ends by itself is waited for
                    day = first + later
                    today = TODAY + timedelta(day)
                    facts = Facts(
                        today,
                        tuple(day for day, _interval in asked),
                        last_day=TODAY + timedelta(first + 7),
                        complaint_open=any(day in open_days for open_days in complaints),
                        closed_day=today.weekday() > 4,
                        **known,
                    )
                    found = verdict(facts, limits)
                    if found.final:
                        break
                self.assertTrue(found.final, "nobody is left waiting for ever")
                told[found.reason] += 1
                if moment == "recovered":
                    mended[found.reason] += 1
                if found.reason is None:
                    asked.append((today, limits.interval_days))
            for (earlier, _its_own), (later, interval) in pairwise(asked):
                self.assertGreaterEqual((later - earlier).days, interval, asked)
            for day, _interval in asked:
                within = [other for other, _interval in asked if day - governor.YEAR < other <= day]
                self.assertLessEqual(len(within), LIMITS.per_year)
            if known["opted_out"] or not known["has_address"]:
                self.assertFalse(asked)
        self.assertLessEqual(told.keys(), {None, *governor.CODES})
        # The year was one: people were asked, and each way not to be came up.
        for reason in (None, "opted_out", "no_address", "bounced", "complaint_open", "too_soon", "cap"):
            self.assertGreater(told[reason], 100, told)
        # With an interval of its own what was made good is asked about more often than other things.
        self.assertGreater(mended[None] / mended.total(), 1.25 * told[None] / told.total(), (mended, told))
        self.assertGreater(mended["too_soon"], 0, "but not without any interval")

    def test_who_is_content_to_be_asked_is_asked(self):
        self.assertEqual(verdict(Facts(TODAY), LIMITS), governor.ASK)
        long_ago = tuple(TODAY - timedelta(days) for days in (60, 365, 800))
        self.assertEqual(verdict(Facts(TODAY, long_ago, last_day=TODAY), LIMITS), governor.ASK)

    def test_each_obstacle_alone_is_told_by_its_name(self):
        self.assertEqual(OBSTACLES.keys(), set(governor.CODES))
        for code, facts in OBSTACLES.items():
            with self.subTest(code=code):
                self.assertEqual(verdict(Facts(TODAY)._replace(**facts), LIMITS).reason, code)

    def test_what_ends_by_itself_waits_and_the_rest_is_for_good(self):
        waits = {
            code
            for code, facts in OBSTACLES.items()
            if not verdict(Facts(TODAY)._replace(**facts), LIMITS).final
        }
        # No last day is told here, so what is too soon is asked later.
        self.assertEqual(waits, {"too_soon", "no_letter", "closed_day", "quiet"})

    def test_what_is_too_soon_waits_where_the_interval_ends_in_time(self):
        asked = (TODAY - timedelta(55),)
        for last_in, final in ((0, True), (4, True), (5, False), (30, False)):
            with self.subTest(last_in=last_in):
                facts = Facts(TODAY, asked, last_day=TODAY + timedelta(last_in))
                self.assertEqual(verdict(facts, LIMITS), ("too_soon", final))
        in_time = Facts(TODAY + timedelta(5), asked, last_day=TODAY + timedelta(5))
        self.assertEqual(verdict(in_time, LIMITS), governor.ASK)

    def test_an_interval_of_a_rule_counts_instead_of_the_lenders_and_nothing_else_does(self):
        own = LIMITS.of_rule(14)
        self.assertEqual(own, Limits(14, 4))
        for nothing in (0, None):
            self.assertEqual(LIMITS.of_rule(nothing), LIMITS)
        self.assertEqual(Limits(0, 4).of_rule(14).interval_days, 14, "where the lender has none")
        two_weeks_ago = (TODAY - timedelta(14),)
        self.assertEqual(verdict(Facts(TODAY, two_weeks_ago, last_day=TODAY), own), governor.ASK)
        self.assertEqual(
            verdict(Facts(TODAY, two_weeks_ago, last_day=TODAY), LIMITS), governor.Verdict("too_soon", True)
        )
        for code, facts in OBSTACLES.items():
            if code != "too_soon":
                with self.subTest(code=code):
                    self.assertEqual(verdict(Facts(TODAY)._replace(**facts), own).reason, code)

    def test_a_call_asks_for_no_address_and_no_quiet_hours(self):
        facts = Facts(TODAY, by_mail=False, has_address=False, bounced=True, quiet=True, closed_day=True)
        self.assertEqual(verdict(facts, LIMITS), governor.ASK)

    def test_limits(self):
        for asked, limits, expected in [
            ((1,), Limits(0, 4), None),  # no interval
            ((1,), Limits(1, 4), None),  # yesterday is a day ago
            ((0,), Limits(1, 4), "too_soon"),
            ((60,), LIMITS, None),
            ((59,), LIMITS, "too_soon"),
            ((), Limits(60, 0), "cap"),  # nobody is asked
            ((100, 200, 300, 364), LIMITS, "cap"),
            ((100, 200, 300, 365), LIMITS, None),
        ]:
            with self.subTest(asked=asked, limits=limits):
                facts = Facts(TODAY, tuple(TODAY - timedelta(days) for days in asked))
                self.assertEqual(verdict(facts, limits).reason, expected)

    def test_the_day_from_which_one_may_ask_again(self):
        self.assertIsNone(governor.free_from((), 60))
        self.assertIsNone(governor.free_from((TODAY,), 0))
        self.assertEqual(governor.free_from((TODAY - timedelta(90), TODAY), 60), TODAY + timedelta(60))


if given:
    _facts = st.builds(
        Facts,
        today=st.just(TODAY),
        asked=st.lists(st.integers(-5, 800).map(lambda days: TODAY - timedelta(days)), max_size=6).map(tuple),
        last_day=st.none() | st.integers(-3, 3).map(lambda days: TODAY + timedelta(days)),
        held=st.sampled_from([None, None, "legal"]),
        **{
            name: st.booleans()
            for name in Facts._fields
            if name not in ("today", "asked", "last_day", "held")
        },
    )
    _limits = st.builds(Limits, st.integers(0, 120), st.integers(0, 6))
    _own = st.none() | st.integers(0, 200)

    class TestGovernorProperties(BaseCase):
        @given(_facts, _limits)
        @settings(max_examples=200, deadline=None)
        def test_the_same_facts_end_in_the_same_answer(self, facts, limits):
            shuffled = facts._replace(asked=tuple(reversed(facts.asked)))
            self.assertEqual(verdict(facts, limits), verdict(shuffled, limits))
            self.assertIn(verdict(facts, limits).reason, (None, *governor.CODES))

        @given(_facts, _limits, st.sampled_from(sorted(OBSTACLES)))
        @settings(max_examples=200, deadline=None)
        def test_one_more_obstacle_never_lets_anybody_be_asked(self, facts, limits, code):
            before = verdict(facts, limits).reason
            more = OBSTACLES[code]
            if "asked" in more:
                more = {"asked": (*facts.asked, *more["asked"])}
            if "by_mail" in more or (not facts.by_mail and code in ("no_address", "bounced")):
                return  # another way of asking is another question
            if before:
                self.assertIsNotNone(verdict(facts._replace(**more), limits).reason)

        @given(
            st.lists(st.integers(0, 730), max_size=60),
            st.integers(0, 90),
            st.integers(0, 6),
        )
        @settings(max_examples=150, deadline=None)
        def test_over_two_years_nobody_is_asked_too_often(self, days, interval, cap):
            limits, asked = Limits(interval, cap), []
            for day in sorted(days):
                today = TODAY + timedelta(day)
                told = verdict(Facts(today, tuple(asked)), limits)
                if told.reason is None:
                    asked.append(today)
                else:
                    self.assertIn(told.reason, ("cap", "too_soon"))
            for place, day in enumerate(asked):
                year = [other for other in asked[place:] if other < day + governor.YEAR]
                self.assertLessEqual(len(year), cap)
                if place:
                    self.assertGreaterEqual((day - asked[place - 1]).days, interval)

        @given(
            st.lists(st.tuples(st.integers(0, 730), _own), max_size=60),
            st.integers(0, 90),
            st.integers(0, 6),
        )
        @settings(max_examples=150, deadline=None)
        def test_rules_with_intervals_of_their_own_share_one_cap(self, occasions, interval, cap):
            asked = []
            for day, own in sorted(occasions, key=lambda occasion: occasion[0]):
                today = TODAY + timedelta(day)
                limits = Limits(interval, cap).of_rule(own)
                facts = Facts(today, tuple(day for day, _days in asked), last_day=today)
                if verdict(facts, limits).reason is None:
                    asked.append((today, own or interval))
            for place, (day, days) in enumerate(asked):
                year = [other for other, _days in asked[place:] if other < day + governor.YEAR]
                self.assertLessEqual(len(year), cap)
                if place:
                    self.assertGreaterEqual((day - asked[place - 1][0]).days, days)

        @given(_facts, _limits, _own)
        @settings(max_examples=300, deadline=None)
        def test_an_interval_of_its_own_lifts_no_other_reason(self, facts, limits, own):
            without = verdict(facts, limits._replace(interval_days=0)).reason
            told = verdict(facts, limits.of_rule(own)).reason
            if without in (None, "no_letter", "closed_day", "quiet"):
                self.assertIn(told, (without, "too_soon"))
            else:
                self.assertEqual(told, without)

        @given(_facts, _limits, st.integers(1, 200), st.integers(1, 200))
        @settings(max_examples=200, deadline=None)
        def test_a_shorter_one_silences_nobody_whom_a_longer_lets_be_asked(self, facts, limits, one, other):
            short, long = sorted((one, other))
            if verdict(facts, limits.of_rule(long)) == governor.ASK:
                self.assertEqual(verdict(facts, limits.of_rule(short)), governor.ASK)

        @given(_facts, _limits, _own)
        @settings(max_examples=300, deadline=None)
        def test_what_waits_for_its_interval_is_past_it_in_time(self, facts, limits, own):
            limits = limits.of_rule(own)
            if verdict(facts, limits) != ("too_soon", False):
                return
            free = governor.free_from(facts.asked, limits.interval_days)
            self.assertTrue(facts.last_day is None or facts.today < free <= facts.last_day)
            then = verdict(facts._replace(today=free), limits).reason
            self.assertNotIn(then, ("too_soon", "too_late"))
