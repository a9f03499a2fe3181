from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import risk

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None


class TestRisk(BaseCase):
    def test_points_add_up_and_the_weightiest_reason_comes_first(self):
        for figures, points, level, reasons in [
            ({}, 0, "none", []),
            ({"days_past_due": 0, "bounced": 0}, 0, "none", []),
            ({"days_past_due": 1}, 15, "low", ["days_past_due"]),
            ({"days_past_due": 29}, 15, "low", ["days_past_due"]),
            ({"days_past_due": 30}, 40, "medium", ["days_past_due"]),
            ({"bounced": 1, "days_past_due": 30}, 50, "medium", ["days_past_due", "bounced"]),
            ({"broken_promises": 2, "hardship": 1}, 55, "medium", ["hardship", "broken_promises"]),
            ({"days_past_due": 90, "hardship": 1}, 100, "high", ["days_past_due", "hardship"]),
            ({"waiting_days": 1}, 0, "none", []),
        ]:
            with self.subTest(figures=figures):
                found = risk.score(figures)
                self.assertEqual((found.points, found.level), (points, level))
                self.assertEqual([signal.key for signal in found.signals], reasons)

    def test_a_figure_that_nobody_weighs_is_a_mistake(self):
        with self.assertRaises(KeyError):
            risk.score({"colour_of_eyes": 1})

    def test_each_signal_rises(self):
        for key, steps in risk.STEPS.items():
            with self.subTest(signal=key):
                self.assertEqual(list(steps), sorted(steps))
                self.assertEqual([p for _bound, p in steps], sorted({p for _bound, p in steps}))

    if given:
        figures = st.dictionaries(st.sampled_from(sorted(risk.STEPS)), st.integers(0, 400))

        @settings(deadline=None)
        @given(figures, st.sampled_from(sorted(risk.STEPS)), st.integers(1, 50))
        def test_worse_is_never_better(self, figures, key, more):
            worse = {**figures, key: figures.get(key, 0) + more}
            self.assertLessEqual(risk.score(figures).points, risk.score(worse).points)
            self.assertLessEqual(risk.score(worse).points, 100)
