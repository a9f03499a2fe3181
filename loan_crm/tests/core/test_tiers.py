import itertools
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import tiers

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

TODAY = date(2026, 3, 10)
VIP, GOLD, HAND, BASE = 1, 2, 3, 4


def criterion(measure, enter, stay):
    return tiers.Criterion(measure, Decimal(enter), Decimal(stay))


LADDER = (
    tiers.Tier(VIP, (criterion("outstanding", 1000, 800), criterion("late", 5, 15)), True, 6, 0, 30),
    tiers.Tier(GOLD, (criterion("outstanding", 500, 400), criterion("referrals", 3, 2)), False, 6, 10, 30),
    tiers.Tier(HAND),
    tiers.Tier(BASE, (criterion("outstanding", 0, 0),)),
)


def figures(outstanding=0, late=0, referrals=0):
    return {
        "outstanding": Decimal(outstanding),
        "late": Decimal(late),
        "referrals": Decimal(referrals),
    }


def ago(days):
    return TODAY - timedelta(days)


class TestTiers(BaseCase):
    def judge(self, standing, today=TODAY, ladder=LADDER, **measured):
        return tiers.judge(ladder, figures(**measured), standing, today)

    def test_who_earns_a_tier_moves_up(self):
        for measured, expected in [
            ({"outstanding": 1000}, ("up", VIP)),
            ({"outstanding": "999.99"}, ("up", BASE)),  # Gold has to be earned for ten days
            ({"outstanding": 1000, "late": 6}, ("up", BASE)),
            ({"outstanding": 1000, "late": 5}, ("up", VIP)),
        ]:
            with self.subTest(measured=measured):
                verdict = self.judge(tiers.Standing(), **measured)
                self.assertEqual((verdict.kind, verdict.tier), expected)

    def test_it_is_earned_for_as_many_days_as_the_tier_asks(self):
        standing = tiers.Standing(BASE, ago(100))
        first = self.judge(standing, outstanding=600)
        self.assertEqual((first.kind, first.earned), ("stay", {GOLD: TODAY}))
        standing = tiers.after(standing, first, TODAY)
        for days, kind in [(9, "stay"), (10, "up")]:
            verdict = self.judge(standing, TODAY + timedelta(days), outstanding=600)
            self.assertEqual(verdict.kind, kind)
        # Whoever misses it once begins again.
        missed = tiers.after(standing, self.judge(standing, outstanding=10), TODAY)
        self.assertEqual(self.judge(missed, TODAY + timedelta(10), outstanding=600).kind, "stay")

    def test_between_the_figures_nothing_moves(self):
        for tier, outstanding in [(VIP, 800), (VIP, 999), (GOLD, 400), (BASE, 499)]:
            with self.subTest(tier=tier, outstanding=outstanding):
                verdict = self.judge(tiers.Standing(tier, ago(999)), outstanding=outstanding)
                self.assertEqual((verdict.kind, verdict.below), ("stay", None))

    def test_a_downgrade_is_asked_after_the_stay_and_the_days_below(self):
        for since, below, kept, expected in [
            (ago(400), None, None, "stay"),
            (ago(400), ago(29), None, "stay"),
            (ago(400), ago(30), None, "down"),
            (None, ago(30), None, "down"),
            (date(2025, 9, 10), ago(30), None, "down"),
            (date(2025, 9, 11), ago(30), None, "stay"),
            (ago(400), ago(30), date(2025, 9, 11), "stay"),
            (ago(400), ago(30), date(2025, 9, 10), "down"),
        ]:
            with self.subTest(since=since, below=below, kept=kept):
                standing = tiers.Standing(VIP, since, below=below, kept=kept)
                verdict = self.judge(standing, outstanding=450)
                self.assertEqual(verdict.kind, expected)
        self.assertEqual(verdict.tier, GOLD, "in a lower tier they are as if they had come down")
        self.assertEqual(verdict.reasons, (tiers.Reason("outstanding", Decimal(450), Decimal(800), False),))

    def test_whoever_went_down_waits_before_they_come_back(self):
        down = self.judge(tiers.Standing(VIP, ago(400), below=ago(30)), outstanding=450)
        standing = tiers.after(tiers.Standing(VIP), down, TODAY)
        self.assertEqual((standing.tier, standing.fell), (GOLD, True))
        for day, kind in [(date(2026, 9, 9), "stay"), (date(2026, 9, 10), "up")]:
            self.assertEqual(self.judge(standing, day, outstanding=2000).kind, kind)

    def test_a_choice_holds_until_its_last_day(self):
        for tier, until, measured, expected in [
            (VIP, None, {}, ("stay", VIP)),
            (VIP, TODAY, {}, ("stay", VIP)),
            (BASE, TODAY, {"outstanding": 5000}, ("stay", BASE)),
            (VIP, ago(1), {}, ("expired", BASE)),
            (VIP, ago(1), {"outstanding": 800}, ("expired", VIP)),
            (BASE, ago(1), {"outstanding": 1000}, ("expired", VIP)),
            (BASE, ago(1), {"outstanding": 999, "late": 9}, ("expired", GOLD)),
            (HAND, ago(1), {}, ("expired", BASE)),
            (99, ago(1), {}, ("expired", BASE)),
        ]:
            with self.subTest(tier=tier, until=until, measured=measured):
                standing = tiers.Standing(tier, ago(3), picked=True, until=until)
                verdict = self.judge(standing, **measured)
                self.assertEqual((verdict.kind, verdict.tier), expected)
                after = tiers.after(standing, verdict, TODAY)
                self.assertEqual(after.picked, expected[0] == "stay")
        self.assertEqual(self.judge(standing, ladder=LADDER[2:3]).tier, None)

    def test_who_was_in_the_tier_by_choice_does_not_enter_it_anew(self):
        standing = tiers.Standing(VIP, ago(50), picked=True, until=ago(1))
        verdict = self.judge(standing, outstanding=900)
        self.assertEqual(tiers.after(standing, verdict, TODAY), tiers.Standing(VIP, ago(50)))

    def test_a_tier_without_criteria_is_for_people(self):
        self.assertEqual(self.judge(tiers.Standing(HAND, ago(999)), outstanding=0).kind, "stay")
        self.assertEqual(self.judge(tiers.Standing(HAND, ago(999)), outstanding=1000).tier, VIP)
        self.assertEqual(self.judge(tiers.Standing(), ladder=LADDER[2:3]).kind, "stay")

    def test_nobody_is_moved_out_of_a_tier_that_is_offered_no_more(self):
        self.assertEqual(self.judge(tiers.Standing(99, ago(999)), outstanding=5000).kind, "stay")

    def test_what_is_not_known_earns_nothing(self):
        ladder = (tiers.Tier(VIP, (criterion("on_time", 0, 0),)),)
        self.assertEqual(tiers.judge(ladder, {"on_time": None}, tiers.Standing(), TODAY).kind, "stay")
        self.assertEqual(tiers.judge(ladder, {"on_time": Decimal(0)}, tiers.Standing(), TODAY).kind, "up")

    def test_a_segment_is_one_of_those_named(self):
        ladder = (tiers.Tier(VIP, (tiers.Criterion("segment", values=frozenset({7, 8})),)),)
        for segment, kind in [(7, "up"), (9, "stay"), (None, "stay")]:
            verdict = tiers.judge(ladder, {"segment": segment}, tiers.Standing(), TODAY)
            self.assertEqual(verdict.kind, kind)


if given is None:

    class TestTierProperties(BaseCase):
        def test_properties_of_tiers(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=100)
    days = st.integers(0, 900).map(ago)
    maybe = st.one_of(st.none(), days)
    standings = st.builds(
        tiers.Standing,
        st.sampled_from([None, VIP, GOLD, HAND, BASE, 99]),
        maybe,
        st.booleans(),
        maybe,
        st.booleans(),
        maybe,
        st.dictionaries(st.sampled_from([VIP, GOLD]), days),
        maybe,
    )
    amounts = st.integers(0, 1500)

    def live(standing, series, ladder=LADDER):
        """Live through nights five days apart, each downgrade accepted at once; return the tiers one had."""
        tier_of = [standing.tier]
        for night, outstanding in enumerate(series):
            today = TODAY + timedelta(5 * night)
            verdict = tiers.judge(ladder, figures(outstanding), standing, today)
            standing = tiers.after(standing, verdict, today)
            tier_of.append(standing.tier)
        return tier_of

    def moves(tier_of):
        return sum(one != other for one, other in itertools.pairwise(tier_of))

    class TestTierProperties(BaseCase):
        @relaxed
        @given(st.lists(st.integers(800, 999), min_size=80, max_size=80), st.booleans())
        def test_within_the_band_nobody_moves(self, series, inside):
            vip = LADDER[:1]
            self.assertEqual(moves(live(tiers.Standing(VIP if inside else None), series, vip)), 0)

        @relaxed
        @given(
            st.lists(amounts, min_size=35, max_size=35),
            st.sampled_from([None, VIP]),
            maybe,
            st.booleans(),
        )
        def test_within_the_minimum_stay_one_moves_once_at_most(self, series, tier, since, fell):
            vip = (LADDER[0]._replace(days_down=0),)
            self.assertLessEqual(moves(live(tiers.Standing(tier, since, fell=fell), series, vip)), 1)

        @relaxed
        @given(standings, amounts, amounts, amounts)
        def test_a_better_measure_never_gives_a_worse_tier(self, standing, outstanding, late, more):
            ranks = [VIP, GOLD, HAND, BASE, 99, None]
            worse = tiers.judge(LADDER, figures(outstanding, late), standing, TODAY)
            for better in (
                figures(outstanding + more, late),
                figures(outstanding, max(late - more, 0)),
                figures(outstanding, late, more),
            ):
                verdict = tiers.judge(LADDER, better, standing, TODAY)
                self.assertLessEqual(ranks.index(verdict.tier), ranks.index(worse.tier))

        @relaxed
        @given(standings, amounts, amounts)
        def test_the_same_question_has_the_same_answer(self, standing, outstanding, late):
            ask = (LADDER, figures(outstanding, late), standing, TODAY)
            verdict = tiers.judge(*ask)
            self.assertEqual(verdict, tiers.judge(*ask))
            if verdict.kind != "down":
                # Asked again the same day it finds nothing left to do.
                again = tiers.judge(*ask[:2], tiers.after(standing, verdict, TODAY), TODAY)
                self.assertIn(again.kind, ("stay", "up") if verdict.kind == "expired" else ("stay",))
