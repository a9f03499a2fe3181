from decimal import Decimal, localcontext
from fractions import Fraction

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import money

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

CENT = Decimal("0.01")
CENTS = [CENT, Decimal("1"), Decimal("0.001"), Decimal("0.05")]


class TestMoney(BaseCase):
    def assertRefused(self, reason, function, *args):
        with self.assertRaises(money.MoneyError) as caught:
            function(*args)
        self.assertEqual(caught.exception.reason, reason)

    def test_amounts_round_half_up_to_a_whole_number_of_cents(self):
        for amount, cent, expected in [
            ("1.004", "0.01", "1.00"),
            ("1.005", "0.01", "1.01"),
            ("1.015", "0.01", "1.02"),  # half to even would say 1.02 too …
            ("1.025", "0.01", "1.03"),  # … but 1.02 here
            ("-1.005", "0.01", "-1.01"),
            ("-1.0049", "0.01", "-1.00"),
            ("0.5", "1", "1"),
            ("1234.4999", "1", "1234"),
            ("0.0005", "0.001", "0.001"),
            ("1.02", "0.05", "1.00"),
            ("1.025", "0.05", "1.05"),
            ("1.07", "0.05", "1.05"),
            ("-1.075", "0.05", "-1.10"),
            ("0", "0.01", "0.00"),
        ]:
            with self.subTest(amount=amount, cent=cent):
                rounded = money.quantize(Decimal(amount), Decimal(cent))
                self.assertEqual(str(rounded), expected)

    def test_minor_units_count_cents_and_come_back(self):
        for amount, cent, units in [
            ("12.34", "0.01", 1234),
            ("12", "1", 12),
            ("1.234", "0.001", 1234),
            ("1.15", "0.05", 23),
            ("-0.01", "0.01", -1),
        ]:
            with self.subTest(amount=amount, cent=cent):
                self.assertEqual(money.minor(Decimal(amount), Decimal(cent)), units)
                self.assertEqual(money.exact_minor(Decimal(amount), Decimal(cent)), units)
                self.assertEqual(money.major(units, Decimal(cent)), Decimal(amount))

    def test_an_int_is_an_amount(self):
        self.assertEqual(money.minor(7, CENT), 700)

    def test_a_poor_decimal_context_of_the_caller_loses_nothing(self):
        with localcontext() as context:
            context.prec = 3
            self.assertEqual(str(money.quantize(Decimal("123456789.125"), CENT)), "123456789.13")

    def test_what_is_no_number_is_refused(self):
        for text in ("NaN", "sNaN", "Infinity", "-Infinity"):
            for function in (money.minor, money.exact_minor, money.quantize):
                with self.subTest(text=text, function=function.__name__):
                    self.assertRefused("amount_not_finite", function, Decimal(text), CENT)
        for number in (float("nan"), float("inf")):
            self.assertRefused("amount_not_finite", money.from_float, number, CENT)

    def test_a_cent_is_positive(self):
        for cent in ("0", "-0.01"):
            self.assertRefused("cent_not_positive", money.minor, Decimal(1), Decimal(cent))

    def test_a_float_is_not_money(self):
        with self.assertRaises(TypeError):
            money.minor(1.5, CENT)
        with self.assertRaises(TypeError):
            money.minor(Decimal(1), 0.01)

    def test_a_database_float_means_the_decimal_it_prints(self):
        for number, expected in [
            (0.1 + 0.2, "0.30"),
            (1.005, "1.01"),
            (2.675, "2.68"),
            (1e15, "1E+15"),
            (7, "7"),
        ]:
            with self.subTest(number=number):
                self.assertEqual(money.from_float(number, CENT), Decimal(expected))

    def test_exact_minor_refuses_to_round(self):
        self.assertRefused("amount_finer_than_cent", money.exact_minor, Decimal("1.001"), CENT)
        self.assertRefused("amount_finer_than_cent", money.exact_minor, Decimal("1.01"), Decimal("0.05"))
        self.assertRefused("amount_finer_than_cent", money.exact_minor, Decimal("-0.5"), Decimal("1"))

    def test_fair_shares_add_up(self):
        for amount, weights, cent, expected in [
            ("100", (1, 1, 1), "0.01", "33.34 33.33 33.33"),
            ("0.05", (1, 1, 1), "0.01", "0.02 0.02 0.01"),
            ("100", (1, 2, 3), "0.01", "16.67 33.33 50.00"),
            ("10", (5, 0, 5), "0.01", "5.00 0.00 5.00"),
            ("0.01", (1, 3), "0.01", "0.00 0.01"),
            ("-0.05", (1, 1, 1), "0.01", "-0.02 -0.02 -0.01"),
            ("0", (1, 1), "0.01", "0.00 0.00"),
            ("1", (1, 1, 1), "0.05", "0.35 0.35 0.30"),
            ("7", (1, 1), "1", "4 3"),
            ("1", (Decimal("0.5"), Decimal("0.25"), Decimal("0.25")), "0.01", "0.50 0.25 0.25"),
        ]:
            with self.subTest(amount=amount, weights=weights):
                shares = money.fair_shares(Decimal(amount), weights, Decimal(cent))
                self.assertEqual(shares, tuple(map(Decimal, expected.split())))
                self.assertEqual(sum(shares), Decimal(amount))

    def test_shares_without_a_sensible_weight_are_refused(self):
        self.assertRefused("weights_all_zero", money.fair_shares, Decimal(1), (0, 0), CENT)
        self.assertRefused("weights_all_zero", money.fair_shares, Decimal(1), (), CENT)
        self.assertRefused("weight_negative", money.fair_shares, Decimal(1), (2, -1), CENT)
        self.assertRefused("amount_not_finite", money.fair_shares, Decimal(1), (Decimal("NaN"),), CENT)
        self.assertRefused("amount_finer_than_cent", money.fair_shares, Decimal("0.001"), (1,), CENT)


if given is None:

    class TestMoneyProperties(BaseCase):
        def test_properties_of_money(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=200)
    amounts = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=5)
    units = st.integers(-(10**12), 10**12)

    class TestMoneyProperties(BaseCase):
        @relaxed
        @given(amounts, st.sampled_from(CENTS))
        def test_rounding_moves_an_amount_half_a_cent_at_most(self, amount, cent):
            rounded = money.quantize(amount, cent)
            self.assertLessEqual(abs(rounded - amount), cent / 2)
            self.assertEqual(rounded % cent, 0)
            self.assertEqual(money.quantize(rounded, cent), rounded)
            self.assertEqual(money.quantize(-amount, cent), -rounded)

        @relaxed
        @given(
            units, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any), st.sampled_from(CENTS)
        )
        def test_shares_add_up_and_none_is_a_cent_off(self, total, weights, cent):
            shares = money.fair_shares(money.major(total, cent), weights, cent)
            self.assertEqual(sum(shares), money.major(total, cent))
            for share, weight in zip(shares, weights, strict=True):
                fair = Fraction(total) * Fraction(cent) * weight / sum(weights)
                self.assertLess(abs(Fraction(share) - fair), Fraction(cent))
                if not weight:
                    self.assertEqual(share, 0)
