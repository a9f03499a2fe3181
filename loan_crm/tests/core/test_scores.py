from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import scores

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None


class TestScores(BaseCase):
    def test_a_value_is_told_in_percent_of_its_scale(self):
        for value, least, most, expected in [
            (1, 1, 5, 0),
            (5, 1, 5, 100),
            (4, 1, 5, 75),
            (0, 0, 10, 0),
            (7, 0, 10, 70),
            (2, 0, 3, 66.67),
            (12, 0, 10, 100),
            (-1, 0, 10, 0),
        ]:
            with self.subTest(value=value, least=least, most=most):
                self.assertEqual(scores.percent(value, least, most), expected)
        with self.assertRaises(ValueError):
            scores.percent(1, 5, 5)

    def test_who_recommends_and_who_warns(self):
        sides = [scores.side(value) for value in range(11)]
        self.assertEqual(sides, [-100] * 7 + [0] * 2 + [100] * 2)

    def test_of_too_few_answers_no_figure_is_told(self):
        self.assertEqual(scores.mean([], 0), (None, 0))
        self.assertEqual(scores.mean([80, 100], 3), (None, 2))
        self.assertEqual(scores.mean([80, 100, 90], 3), (90, 3))
        # Two recommend, one warns, one is quiet: 50 % less 25 %.
        self.assertEqual(scores.mean(map(scores.side, [10, 9, 3, 8]), 1), (25, 4))


if given:

    class TestScoresProperties(BaseCase):
        @given(st.integers(-5, 20), st.integers(0, 5), st.integers(1, 10))
        @settings(max_examples=100, deadline=None)
        def test_more_is_never_less(self, value, least, length):
            low = scores.percent(value, least, least + length)
            self.assertLessEqual(low, scores.percent(value + 1, least, least + length))
            self.assertTrue(0 <= low <= 100)
