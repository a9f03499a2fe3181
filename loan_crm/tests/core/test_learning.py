from datetime import date, timedelta
from itertools import pairwise
from math import inf, isclose

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import learning

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

TODAY = date(2026, 3, 10)


class TestLearning(BaseCase):
    # ------------------------------------------------------------ where most come from

    def test_the_vital_few_reach_the_threshold_and_no_more(self):
        rows = learning.pareto({"fees": 2, "papers": 5, "waiting": 10, "manner": 2, "rate": 1})
        self.assertEqual([row.key for row in rows], ["waiting", "papers", "fees", "manner", "rate"])
        # 10 + 5 are 75 percent: one of two is still needed, and nothing sets the other of them apart.
        self.assertEqual([row.vital for row in rows], [True, True, True, True, False])
        self.assertEqual([round(row.cumulative, 2) for row in rows], [0.5, 0.75, 0.85, 0.95, 1.0])
        self.assertEqual(rows[0].share, 0.5)

    def test_of_nothing_there_is_nothing(self):
        self.assertEqual(learning.pareto({}), [])
        self.assertEqual(learning.pareto({"fees": 0}), [])
        with self.assertRaises(ValueError):
            learning.pareto({"fees": -1})

    def test_small_figures_stand_together(self):
        other = learning.OTHER
        for counts, expected in [
            ({"a": 9, "b": 2, "c": 3}, {"a": 9, other: 5}),
            # One small one alone would be found by taking the others from the sum: the next smallest joins it.
            ({"a": 9, "b": 6, "c": 2}, {"a": 9, other: 8}),
            ({"a": 9, "b": 0}, {"a": 9}),
            ({"a": 2}, {other: 2}),
            ({}, {}),
        ]:
            with self.subTest(counts=counts):
                self.assertEqual(learning.merged(counts, 5), expected)

    # ------------------------------------------------------------ did it change

    def test_the_intervals_are_the_published_ones(self):
        # Garwood's limits as every table of them prints them.
        for count, low, high in [
            (0, 0.0, 3.689),
            (1, 0.025, 5.572),
            (10, 4.795, 18.390),
            (100, 81.364, 121.627),
        ]:
            with self.subTest(count=count):
                found = learning.rate(count, 1)
                self.assertAlmostEqual(found.low, low, 3)
                self.assertAlmostEqual(found.high, high, 3)
        # Reckoned once with scipy.stats.binomtest(8, 28, 1100/2100).
        found = learning.change((20, 1000), (8, 1100))
        self.assertAlmostEqual(found.ratio, 0.3636, 4)
        self.assertAlmostEqual(found.low, 0.1385, 4)
        self.assertAlmostEqual(found.high, 0.8619, 4)
        self.assertEqual(found.verdict, "better")
        for hits, count, low, high in [(3, 10, 0.1078, 0.6032), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)]:
            with self.subTest(hits=hits):
                self.assertAlmostEqual(learning.wilson(hits, count)[0], low, 4)
                self.assertAlmostEqual(learning.wilson(hits, count)[1], high, 4)

    def test_a_change_is_told_only_of_enough(self):
        for before, after, verdict in [
            ((30, 1000), (10, 1000), "better"),
            ((10, 1000), (30, 1000), "worse"),
            ((12, 1000), (9, 1000), "same"),
            ((5, 1000), (0, 1000), "few"),
            ((0, 1000), (0, 1000), "few"),
            ((30, 0), (10, 1000), "few"),
            ((30, 1000), (10, 0), "few"),
            # As many cases, twice the loans: half as frequent.
            ((100, 1000), (100, 2000), "better"),
        ]:
            with self.subTest(before=before, after=after):
                self.assertEqual(learning.change(before, after).verdict, verdict)
        self.assertEqual(learning.change((0, 100), (12, 100)).ratio, inf)
        self.assertIsNone(learning.change((5, 1000), (0, 1000)).ratio)

    def test_a_trend_compares_each_period_with_the_one_before(self):
        points = learning.trend([(40, 1000), (12, 1000), (13, 1000)])
        self.assertIsNone(points[0][1])
        self.assertEqual([change.verdict for _rate, change in points[1:]], ["better", "same"])
        self.assertEqual(learning.trend([]), [])

    def test_the_windows_are_equal_and_leave_the_day_out(self):
        before, after = learning.windows(TODAY, 30)
        self.assertEqual(before, (date(2026, 2, 8), date(2026, 3, 9)))
        self.assertEqual(after, (date(2026, 3, 11), date(2026, 4, 9)))
        with self.assertRaises(ValueError):
            learning.windows(TODAY, 0)

    # ------------------------------------------------------------ who came back

    def _answers(self, happy, unhappy, days=400):
        """Return so many answers `(count, of them back)` of the content and of others, so many days ago."""
        day = TODAY - timedelta(days)
        later = [day + timedelta(30)]
        return [
            (percent, day, later if number < back else [])
            for percent, (count, back) in ((90, happy), (20, unhappy))
            for number in range(count)
        ]

    def test_the_content_come_back_more_often(self):
        found = learning.repeat(self._answers((40, 30), (40, 5)), 12, TODAY)
        self.assertEqual(found.verdict, "together")
        self.assertEqual(
            [(band.name, band.count, band.again) for band in found.bands],
            [("low", 40, 5), ("middle", 0, 0), ("high", 40, 30)],
        )
        self.assertEqual(found.bands[2].share, 0.75)
        self.assertIsNone(found.bands[1].share)
        # Of two values on each side both correlations are the phi coefficient of the table.
        self.assertAlmostEqual(found.pearson, found.spearman)
        self.assertAlmostEqual(found.spearman, (30 * 35 - 10 * 5) / (40 * 40 * 35 * 45) ** 0.5)
        self.assertEqual(learning.repeat(self._answers((40, 5), (40, 30)), 12, TODAY).verdict, "against")
        self.assertEqual(learning.repeat(self._answers((40, 15), (40, 15)), 12, TODAY).verdict, "none")

    def test_whose_months_are_not_over_is_not_counted(self):
        early = [(90, TODAY - timedelta(100), [TODAY - timedelta(50)])] * 50
        found = learning.repeat(early, 12, TODAY)
        self.assertEqual((found.count, found.waiting, found.verdict), (0, 50, "few"))
        # The last day of the months must be over, and a loan after it no longer counts.
        day = date(2025, 3, 10)
        self.assertEqual(learning.repeat([(90, day, [])], 12, TODAY).waiting, 1)
        self.assertEqual(learning.repeat([(90, day, [])], 12, TODAY + timedelta(1)).waiting, 0)
        late = learning.repeat([(90, date(2024, 1, 1), [date(2025, 1, 2)])] * 5, 12, TODAY)
        self.assertEqual(late.bands[2].again, 0)
        self.assertEqual(
            learning.repeat([(90, date(2024, 1, 1), [date(2025, 1, 1)])] * 5, 12, TODAY).bands[2].again, 5
        )

    def test_of_too_few_or_of_all_alike_no_relation_is_told(self):
        self.assertEqual(learning.repeat([], 12, TODAY).verdict, "few")
        self.assertEqual(learning.repeat(self._answers((10, 9), (10, 0)), 12, TODAY).verdict, "few")
        self.assertEqual(learning.repeat(self._answers((40, 0), (40, 0)), 12, TODAY).verdict, "few")
        self.assertIsNone(learning.repeat(self._answers((40, 0), (40, 0)), 12, TODAY).spearman)

    def test_months_end_where_a_month_is_shorter(self):
        self.assertEqual(learning.months_later(date(2025, 1, 31), 1), date(2025, 2, 28))
        self.assertEqual(learning.months_later(date(2024, 2, 29), 12), date(2025, 2, 28))
        self.assertEqual(learning.months_later(date(2025, 11, 30), 3), date(2026, 2, 28))

    def test_equal_values_share_their_rank(self):
        self.assertEqual(learning.ranks([3, 1, 3, 2]), [3.5, 1, 3.5, 2])
        self.assertEqual(learning.ranks([]), [])

    # ------------------------------------------------------------ words of others

    def test_a_quotation_names_nobody(self):
        for text, names, expected in [
            (
                "I told Lin Mei twice, and Lin wrote nothing.",
                ["Lin Mei"],
                "I told … twice, and … wrote nothing.",
            ),
            ("The line was long", ["Lin"], "The line was long"),
            ("客户经理林梅不耐烦", ["林梅"], "客户经理…不耐烦"),
            ("Write to me@example.com or +86 138 0013 8000", [], "Write to … or …"),
            ("Three times in 2026", ["W."], "Three times in 2026"),
        ]:
            with self.subTest(text=text):
                self.assertEqual(learning.without_names(text, names), expected)

    # ------------------------------------------------------------ what always holds

    if given:

        @given(st.dictionaries(st.integers(), st.integers(0, 500), max_size=30), st.floats(0.01, 1))
        def test_a_pareto_adds_up_and_falls(self, counts, vital):
            rows = learning.pareto(counts, vital)
            self.assertEqual(sum(row.count for row in rows), sum(counts.values()))
            if not rows:
                return
            self.assertEqual(rows[-1].cumulative, 1)
            self.assertTrue(isclose(sum(row.share for row in rows), 1))
            for above, below in pairwise(rows):
                self.assertGreaterEqual(above.count, below.count)
                self.assertGreaterEqual(above.vital, below.vital)  # the vital ones are the first ones
                if above.count == below.count:
                    self.assertEqual(above.vital, below.vital)
            few = [row for row in rows if row.vital]
            self.assertGreaterEqual(few[-1].cumulative, vital - 1e-9)
            before = [row for row in few if row.count > few[-1].count]
            self.assertTrue(not before or before[-1].cumulative < vital)

        @given(st.dictionaries(st.integers(), st.integers(0, 50), max_size=20), st.integers(1, 20))
        def test_no_merged_figure_is_small_unless_all_are(self, counts, least):
            found = learning.merged(counts, least)
            self.assertEqual(sum(found.values()), sum(counts.values()))
            if sum(counts.values()) >= least:
                self.assertTrue(all(count >= least for count in found.values()))
            else:
                self.assertLessEqual(found.keys(), {learning.OTHER})

        @settings(deadline=None)
        @given(st.integers(0, 2000), st.integers(1, 10_000), st.integers(0, 2000), st.integers(1, 10_000))
        def test_interval_verdict_and_chance_agree(self, first, base, second, other_base):
            found = learning.change((first, base), (second, other_base))
            if found.verdict == "few":
                self.assertLess(first + second, learning.LEAST_CASES)
                return
            self.assertLessEqual(found.low, found.ratio * (1 + 1e-9))
            self.assertGreaterEqual(found.high, found.ratio * (1 - 1e-9))
            # The test and the interval are two ways of saying the same.
            if abs(found.p - 0.05) > 1e-6:
                self.assertEqual(found.p < 0.05, found.verdict != "same")
            mirrored = learning.change((second, other_base), (first, base))
            turned = {"better": "worse", "worse": "better", "same": "same"}
            self.assertEqual(mirrored.verdict, turned[found.verdict])

        @given(
            st.lists(
                st.tuples(
                    st.floats(0, 100), st.integers(0, 1500), st.lists(st.integers(1, 1500), max_size=3)
                ),
                max_size=60,
            ),
            st.integers(1, 36),
        )
        def test_everybody_is_counted_once_or_waits(self, people, months):
            answers = [
                (
                    percent,
                    TODAY - timedelta(ago),
                    [TODAY - timedelta(ago) + timedelta(days) for days in loans],
                )
                for percent, ago, loans in people
            ]
            found = learning.repeat(answers, months, TODAY)
            self.assertEqual(found.count + found.waiting, len(answers))
            self.assertEqual(sum(band.count for band in found.bands), found.count)
            for band in found.bands:
                self.assertLessEqual(band.again, band.count)
                if band.share is not None:
                    self.assertTrue(0 <= band.low <= band.share <= band.high <= 1)
            if found.spearman is not None:
                self.assertTrue(-1 <= found.low <= found.spearman <= found.high <= 1)

        @given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=12), max_size=4))
        def test_no_text_breaks_the_hiding_of_names(self, text, names):
            self.assertIsInstance(learning.without_names(text, names), str)
