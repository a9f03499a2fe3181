import json
from decimal import Decimal
from pathlib import Path

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import short_figures

try:
    from hypothesis import given
    from hypothesis import strategies as st
except ImportError:
    given = None

CASES = Path(__file__).parents[2] / "static" / "tests" / "short_figures.cases.js"


def read(figure, language):
    """Return the number that a short figure tells."""
    for power, sign in reversed(short_figures.units(language)):
        if figure.endswith(sign):
            return Decimal(figure[: len(figure) - len(sign)].replace(",", "")).scaleb(power)
    raise AssertionError(figure)


class TestShortFigures(BaseCase):
    def test_the_table_that_the_browser_is_held_to(self):
        source = CASES.read_text(encoding="utf-8")
        cases = json.loads(source.removeprefix("export const CASES = ").rstrip().removesuffix(";"))
        self.assertGreater(len(cases), 20)
        for value, language, digits, told in cases:
            with self.subTest(value=value, language=language):
                self.assertEqual(short_figures.shorten(Decimal(value), language, digits), told)

    def test_what_is_no_exact_number_is_refused(self):
        with self.assertRaises(TypeError):
            short_figures.shorten(1.5, "en_US")
        for wrong in ("NaN", "Infinity"):
            with self.assertRaises(ValueError):
                short_figures.shorten(Decimal(wrong), "en_US")

    def test_chinese_puts_no_space_between_the_sign_and_the_amount(self):
        for told, symbol, language, expected in [
            ("¥\xa012,345.67", "¥", "zh_CN", "¥12,345.67"),
            ("¥\xa0-\ufeff5.00", "¥", "zh_CN", "¥-\ufeff5.00"),
            ("¥\xa012,345.67", "¥", "en_US", "¥\xa012,345.67"),
            ("602.41\xa0€", "€", "zh_CN", "602.41\xa0€"),
            ("602.41", "", "zh_CN", "602.41"),
        ]:
            self.assertEqual(short_figures.close_up(told, symbol, language), expected)

    def test_the_sign_stands_where_the_currency_has_it(self):
        for before, language, expected in [
            (True, "zh_CN", "¥1.2万"),
            (True, "en_US", "¥\xa01.2万"),
            (False, "zh_CN", "1.2万\xa0¥"),
        ]:
            self.assertEqual(short_figures.with_sign("1.2万", "¥", before, language), expected)

    if given:
        amounts = st.decimals(
            min_value=-(10**14), max_value=10**14, places=2, allow_nan=False, allow_infinity=False
        )
        languages = st.sampled_from(["zh_CN", "en_US"])

        @given(amounts, languages, st.integers(0, 3))
        def test_a_short_figure_is_right_to_half_of_its_last_digit(self, value, language, digits):
            figure = short_figures.shorten(value, language, digits)
            power = next(
                power for power, sign in reversed(short_figures.units(language)) if figure.endswith(sign)
            )
            self.assertLessEqual(abs(read(figure, language) - value) * 2, Decimal(1).scaleb(power - digits))

        @given(amounts, languages, st.integers(0, 3))
        def test_a_figure_stays_below_the_next_step(self, value, language, digits):
            told = abs(read(short_figures.shorten(value, language, digits), language))
            steps = sorted(power for power, _sign in short_figures.units(language))
            figure = short_figures.shorten(abs(value), language, digits).rstrip("万亿kMbtn").replace(",", "")
            step = max((power for power in steps if Decimal(10) ** power <= told), default=0)
            following = next((power for power in steps if power > step), None)
            if following:
                self.assertLess(Decimal(figure), Decimal(10) ** (following - step))

        @given(amounts, amounts, languages)
        def test_what_is_more_is_never_told_as_less(self, one, other, language):
            low, high = sorted([one, other])
            self.assertLessEqual(
                read(short_figures.shorten(low, language), language),
                read(short_figures.shorten(high, language), language),
            )
