import os
import random
from datetime import date, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from math import floor

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import amortization, dates
from odoo.addons.loan_crm.core.amortization import Installment, Terms, TermsError

try:
    from hypothesis import assume, given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

FIRST_DUE = date(2026, 1, 31)
SWEEP = int(os.environ.get("LOAN_SWEEP", "60000"))  # LOAN_SWEEP=5000000 for the long run


def terms(principal, rate, months, cent="0.01", **more):
    return Terms(Decimal(principal), Decimal(rate), months, FIRST_DUE, Decimal(cent), **more)


def half_up(amount, cent):
    return floor(amount / cent + Fraction(1, 2)) * cent


def oracle(principal, yearly_rate, months, cent):
    """Payment and rows (principal, interest, balance) in exact fractions, from first principles.

    The level payment is the one whose discounted values add up to the loan: a sum, not a closed form.
    """
    balance, rate, cent = Fraction(principal), Fraction(yearly_rate) / 12, Fraction(cent)
    payment = half_up(balance / sum((1 + rate) ** -month for month in range(1, months + 1)), cent)
    rows = []
    while balance:
        interest = half_up(balance * rate, cent)
        repaid = balance if len(rows) == months - 1 else min(balance, payment - interest)
        balance -= repaid
        rows.append((repaid, interest, balance))
    return payment, rows


class TestAmortization(BaseCase):
    def test_known_loans(self):
        # Payments of the lines marked * stand in many a published table; totals and last payments are worked
        # out with exact fractions, apart from this code.
        for principal, rate, months, cent, payment, last, interest in [
            ("100000", "0.0435", 12, "0.01", "8530.99", "8531.01", "2371.90"),
            ("1000000", "0.049", 360, "0.01", "5307.27", "5305.19", "910615.12"),  # *
            ("200000", "0.06", 360, "0.01", "1199.10", "1200.14", "231677.04"),  # *
            ("100000", "0.12", 12, "0.01", "8884.88", "8884.85", "6618.53"),  # *
            ("10000", "0.08", 24, "0.01", "452.27", "452.34", "854.55"),  # *
            ("1000", "0.12", 36, "0.01", "33.21", "33.44", "195.79"),  # *
            ("50000", "0", 7, "0.01", "7142.86", "7142.84", "0.00"),
            ("100", "3", 12, "0.01", "26.84", "27.18", "222.42"),
            ("1", "0.06", 1, "0.01", "1.01", "1.01", "0.01"),  # 1.005, a tie, goes up
            ("0.01", "0.12", 1, "0.01", "0.01", "0.01", "0.00"),
            ("1000000", "0.015", 24, "1", "42321", "42318", "15701"),  # JPY
            ("5000", "0.055", 18, "0.001", "290.029", "290.035", "220.528"),  # KWD
            ("12000", "0.0325", 24, "0.05", "517.10", "517.10", "410.40"),
        ]:
            with self.subTest(principal=principal, rate=rate, months=months, cent=cent):
                loan = terms(principal, rate, months, cent)
                rows = amortization.schedule(loan)
                self.assertEqual(len(rows), months)
                self.assertEqual(amortization.annuity_payment(loan), Decimal(payment))
                self.assertEqual({row.payment for row in rows[:-1]} or {Decimal(payment)}, {Decimal(payment)})
                self.assertEqual(rows[-1].payment, Decimal(last))
                self.assertEqual(sum(row.interest for row in rows), Decimal(interest))
                self.assertEqual(sum(row.principal for row in rows), Decimal(principal))

    def test_a_whole_schedule_row_by_row(self):
        rows = amortization.schedule(terms("1000", "0.12", 4))
        self.assertEqual(
            rows,
            (
                Installment(1, date(2026, 1, 31), Decimal("246.28"), Decimal("10.00"), Decimal("753.72")),
                Installment(2, date(2026, 2, 28), Decimal("248.74"), Decimal("7.54"), Decimal("504.98")),
                Installment(3, date(2026, 3, 31), Decimal("251.23"), Decimal("5.05"), Decimal("253.75")),
                Installment(4, date(2026, 4, 30), Decimal("253.75"), Decimal("2.54"), Decimal("0.00")),
            ),
        )
        self.assertEqual(str(rows[-1].balance), "0.00")
        self.assertEqual(rows[-1].payment, Decimal("256.29"))

    def test_interest_of_half_a_cent_goes_up(self):
        # 1.00 at 6 % is 0.005 in the first month.
        self.assertEqual(amortization.schedule(terms("1.00", "0.06", 2))[0].interest, Decimal("0.01"))

    def test_minor_rows_are_the_same_rows(self):
        for cent in ("0.01", "1", "0.001", "0.05"):
            loan = terms("9000", "0.0725", 30, cent)
            self.assertEqual(
                [
                    (*row[:2], *(units * Decimal(cent) for units in row[2:6]), *row[6:])
                    for row in amortization.schedule_minor(loan)
                ],
                [tuple(row) for row in amortization.schedule(loan)],
            )
            self.assertTrue(
                all(type(units) is int for row in amortization.schedule_minor(loan) for units in row[2:6])
            )

    def test_a_payment_rounded_up_ends_a_tiny_loan_before_its_term(self):
        rows = amortization.schedule(terms("10000", "0", 360, "1"))
        self.assertEqual((len(rows), rows[-1].payment), (358, 4))  # 28 a month instead of 27.78
        rows = amortization.schedule(terms("1.51", "0", 100))
        self.assertEqual((len(rows), rows[-1].payment), (76, Decimal("0.01")))
        # An even end: no row of nothing follows the one that cleared the loan.
        rows = amortization.schedule(terms("1.50", "0", 100))
        self.assertEqual((len(rows), rows[-1].payment), (75, Decimal("0.02")))

    def test_a_payment_rounded_down_leaves_the_remainder_to_the_last_row(self):
        rows = amortization.schedule(terms("1.49", "0", 100))
        self.assertEqual(
            (len(rows), rows[-2].payment, rows[-1].payment), (100, Decimal("0.01"), Decimal("0.50"))
        )

    def test_a_poor_decimal_context_of_the_caller_changes_no_figure(self):
        rows = amortization.schedule(terms("123456.78", "0.0435", 24))
        with localcontext() as context:
            context.prec = 4
            poor = amortization.schedule(terms("123456.78", "0.0435", 24))
            self.assertEqual(str(poor[0].payment), "5380.35")
        self.assertEqual(poor, rows)

    def test_the_due_day_survives_a_clamped_first_due_date(self):
        loan = Terms(Decimal(300), Decimal(0), 3, date(2026, 2, 28), due_day=31)
        dues = [row.due for row in amortization.schedule(loan)]
        self.assertEqual(dues, [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)])

    def test_the_largest_terms_are_served(self):
        for principal, rate, months in [("10000000000000.00", "0.36", 600), ("10000000000000.00", "3", 24)]:
            payment, rows = oracle(principal, rate, months, "0.01")
            loan = terms(principal, rate, months)
            self.assertEqual(Fraction(amortization.annuity_payment(loan)), payment)
            self.assertEqual([tuple(map(Fraction, row[2:5])) for row in amortization.schedule(loan)], rows)


class TestTerms(BaseCase):
    def test_terms_that_make_no_schedule_say_why(self):
        good = {
            "principal": Decimal(1000),
            "yearly_rate": Decimal("0.12"),
            "count": 12,
            "first_due": FIRST_DUE,
            "cent": Decimal("0.01"),
        }
        Terms(**good)
        for reason, change in [
            ("principal_not_positive", {"principal": Decimal(0)}),
            ("principal_not_positive", {"principal": Decimal("-0.01")}),
            ("principal_not_finite", {"principal": Decimal("NaN")}),
            ("principal_not_finite", {"principal": Decimal("Infinity")}),
            ("principal_finer_than_cent", {"principal": Decimal("1000.001")}),
            ("principal_finer_than_cent", {"principal": Decimal("1000.02"), "cent": Decimal("0.05")}),
            ("principal_too_large", {"principal": Decimal("10000000000000.01")}),
            ("rate_negative", {"yearly_rate": Decimal("-0.0001")}),
            ("rate_not_finite", {"yearly_rate": Decimal("NaN")}),
            ("rate_not_finite", {"yearly_rate": Decimal("Infinity")}),
            ("rate_too_high", {"yearly_rate": Decimal("4.35")}),
            ("rate_too_high", {"yearly_rate": Decimal("3.0001")}),
            ("rate_too_fine", {"yearly_rate": Decimal("0.1234567890123")}),
            ("term_not_positive", {"count": 0}),
            ("term_not_positive", {"count": -1}),
            ("term_too_long", {"count": 601}),
            ("term_past_calendar", {"first_due": date(9999, 2, 1)}),
            ("due_day_mismatch", {"due_day": 30}),
            ("due_day_mismatch", {"due_day": 0}),
            ("due_day_mismatch", {"due_day": 32}),
            ("cent_not_positive", {"cent": Decimal(0)}),
            ("cent_not_positive", {"cent": Decimal("-0.01")}),
            ("cent_not_positive", {"cent": Decimal("NaN")}),
            ("method_unknown", {"method": "barter"}),
            ("installment_below_cent", {"principal": Decimal("0.11"), "yearly_rate": Decimal(0)}),
            (
                "principal_never_falls",
                {"principal": Decimal("1.00"), "yearly_rate": Decimal(1), "count": 600},
            ),
        ]:
            with self.subTest(reason=reason, change=change), self.assertRaises(TermsError) as caught:
                amortization.schedule(Terms(**{**good, **change}))
            self.assertEqual(caught.exception.reason, reason)

    def test_terms_at_the_edge_are_good(self):
        for change in [
            {"principal": Decimal("10000000000000.00")},
            {"yearly_rate": Decimal(3)},
            {"yearly_rate": Decimal("0.123456789012")},
            {"yearly_rate": Decimal("0.12000000000000000000")},
            {"count": 1},
            {"count": 600},
            {"count": 11, "first_due": date(9999, 2, 1)},
            {"principal": Decimal("0.12"), "yearly_rate": Decimal(0)},
            {"due_day": 31},
        ]:
            with self.subTest(change=change):
                loan = Terms(
                    **{
                        "principal": Decimal(1000),
                        "yearly_rate": Decimal("0.12"),
                        "count": 12,
                        "first_due": FIRST_DUE,
                        **change,
                    }
                )
                self.assertEqual(sum(row.principal for row in amortization.schedule(loan)), loan.principal)

    def test_a_refusal_carries_the_limit_it_quotes(self):
        with self.assertRaises(TermsError) as caught:
            terms("1000", "0.12", 601)
        self.assertEqual(caught.exception.facts, {"maximum": 600})
        self.assertIsInstance(caught.exception, ValueError)

    def test_slips_of_the_caller_are_type_errors(self):
        for slip in [
            (1000.0, Decimal("0.12"), 12, FIRST_DUE),
            (1000, Decimal("0.12"), 12, FIRST_DUE),
            (Decimal(1000), 0.12, 12, FIRST_DUE),
            (Decimal(1000), Decimal("0.12"), 12.0, FIRST_DUE),
            (Decimal(1000), Decimal("0.12"), 12, datetime(2026, 1, 31)),  # noqa: DTZ001
            (Decimal(1000), Decimal("0.12"), 12, "2026-01-31"),
            (Decimal(1000), Decimal("0.12"), 12, FIRST_DUE, 0.01),
        ]:
            with self.subTest(slip=slip), self.assertRaises(TypeError):
                Terms(*slip)

    def test_equal_terms_are_equal(self):
        self.assertEqual(terms("1000", "0.12", 12), terms("1000", "0.12", 12))
        self.assertNotEqual(terms("1000", "0.12", 12), terms("1000", "0.12", 13))


class TestAmortizationSweep(BaseCase):
    def test_sixty_thousand_terms_foot(self):
        # In integers only: each figure is held against its definition, not computed a second time.
        draw = random.Random(20261121)
        rates = [Decimal(draw.randrange(1, 400_000)).scaleb(-6) for _each in range(24)]
        rates = [
            (rate, *rate.as_integer_ratio())
            for rate in (Decimal(0), Decimal("0.06"), Decimal("0.12"), *rates)
        ]
        spans = (1, 2, 3, 4, 5, 6, 12)  # long ones are met by the properties below
        cents = tuple(map(Decimal, ("0.01", "1", "0.001", "0.05")))
        served = refused = early = ties = 0
        for _each in range(SWEEP):
            rate, over, under = draw.choice(rates)
            months, cent = draw.choice(spans), draw.choice(cents)
            # small loans as often as large ones: rounding bites there
            units = int(10 ** (12 * draw.random()))
            loan = (units * cent, rate, months, FIRST_DUE, cent)
            try:
                rows = amortization.schedule_minor(Terms(*loan))
            except TermsError:
                refused += 1
                continue
            served += 1
            level = rows[0][2] + rows[0][3]
            balance, twelfth = units, 12 * under
            last = len(rows)
            for number, (counted, _due, principal, interest, after, *_rest) in enumerate(rows, 1):
                # interest is the balance's month rounded half up: off by a half at most, and a tie went up
                drift = 2 * (interest * twelfth - balance * over)
                sound = (
                    counted == number
                    and -twelfth < drift <= twelfth
                    and principal > 0 <= interest
                    and after == balance - principal
                    and (after > 0) == (number < last)
                    and (principal + interest == level or number == last)
                )
                if not sound:
                    self.fail(f"row {number} of {loan}: {rows}")
                ties += drift == twelfth
                balance = after
            if last < months:
                early += 1
                self.assertLessEqual(rows[-1][2] + rows[-1][3], level, loan)
            if last > months or balance:
                self.fail(f"{loan} does not end: {rows}")
        # The sweep would prove little if it never met the corners.
        self.assertEqual(served + refused, SWEEP)
        for corner in (refused, early, ties):
            self.assertGreater(corner, SWEEP // 2000)
        self.assertGreater(served, SWEEP // 10 * 9)


if given is None:

    class TestAmortizationProperties(BaseCase):
        def test_properties_of_amortization(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=150)

    @st.composite
    def all_terms(draw):
        cent = Decimal(draw(st.sampled_from(["0.01", "1", "0.001", "0.05"])))
        units = draw(st.integers(1, 10**12) | st.integers(1, 2000))
        rate = Decimal(draw(st.integers(0, 3_000_000) | st.integers(0, 150_000))).scaleb(-6)
        months = draw(st.integers(1, 600) | st.integers(1, 24))
        first_due = draw(st.dates(date(1970, 1, 1), date(2100, 1, 1)))
        loan = Terms(units * cent, rate, months, first_due, cent)
        try:
            amortization.schedule_minor(loan)
            return loan
        except TermsError as refusal:
            assume(refusal.reason not in ("installment_below_cent", "principal_never_falls"))
            raise

    class TestAmortizationProperties(BaseCase):
        @settings(relaxed, max_examples=60)
        @given(all_terms())
        def test_every_schedule_is_the_exact_one(self, loan):
            payment, rows = oracle(loan.principal, loan.yearly_rate, loan.count, loan.cent)
            self.assertEqual(Fraction(amortization.annuity_payment(loan)), payment)
            built = amortization.schedule(loan)
            self.assertEqual([tuple(map(Fraction, row[2:5])) for row in built], rows)
            self.assertEqual([row.number for row in built], list(range(1, len(rows) + 1)))
            self.assertEqual(
                [row.due for row in built],
                [dates.add_months(loan.first_due, month) for month in range(len(rows))],
            )

        @relaxed
        @given(all_terms())
        def test_every_schedule_foots(self, loan):
            rows = amortization.schedule(loan)
            self.assertEqual(sum(row.principal for row in rows), loan.principal)
            self.assertLessEqual(len(rows), loan.count)
            self.assertEqual(rows[-1].balance, 0)
            self.assertTrue(all(row.principal > 0 and row.interest >= 0 and row.balance >= 0 for row in rows))
            self.assertLessEqual({row.payment for row in rows[:-1]}, {amortization.annuity_payment(loan)})
