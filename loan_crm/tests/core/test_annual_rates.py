"""Annual rates beside the figures their makers published.

Sources of the tables: 12 CFR 1026 Appendix J (c), edition of 1 January 2024; "Examples of APRC calculation", a
paper the European Commission published in 2015 beside its simulator, figures as carried by the test suite of
the PHP library rq/apr-calculator; Annex III to Directive 98/7/EC (in COM(1996) 79); the interval examples of
the guidelines SWD(2012) 128, as carried by the test suite of the Dart library curo. All carried as facts.
"""

import time
import unittest
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import annual_rates, dates
from odoo.addons.loan_crm.core.annual_rates import (
    ACTUAL_DAYS,
    DISCLOSED,
    EQUAL_MONTHS,
    EQUAL_WEEKS,
    NEAREST_ZERO,
    Flow,
    RateError,
    UnitPeriod,
    cn_simple_rate,
    disclosed,
    effective_rate,
    eu_aprc,
    irr,
    nominal_rate,
    simple_rate,
    totals,
    us_apr,
    us_unit_period,
    us_unit_periods,
)

try:
    from hypothesis import assume, given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None
try:
    import numpy_financial
except ImportError:
    numpy_financial = None
try:
    import pyxirr
except ImportError:
    pyxirr = None

START = date(2015, 1, 1)
RATES = (effective_rate, eu_aprc, us_apr)


def flow(day, amount, principal=None):
    return Flow(day, Decimal(amount), None if principal is None else Decimal(principal))


def monthly(first, count, amount, step=1):
    return [flow(dates.add_months(first, index * step), amount) for index in range(count)]


def every(first, count, amount, days):
    return [flow(first + timedelta(days * index), amount) for index in range(count)]


def after_months(*stretches):
    """Payments from (month of the first, how many, amount) after START."""
    return [
        flow(dates.add_months(START, month + index), amount)
        for month, count, amount in stretches
        for index in range(count)
    ]


class TestUsApr(BaseCase):
    def check(self, published, unit, advances, payments):
        self.assertEqual(us_unit_period(advances, payments), unit)
        self.assertEqual(disclosed(us_apr(advances, payments), 2), Decimal(published))
        self.assertEqual(us_apr(advances, payments, unit), us_apr(advances, payments))

    def test_appendix_j_single_advance(self):
        month, semimonth, quarter = UnitPeriod("month"), UnitPeriod("semimonth"), UnitPeriod("month", 3)
        first, sixteenth = date(1978, 3, 1), date(1978, 3, 16)
        monthly_23 = monthly(date(1978, 3, 10), 23, "230")
        for paragraph, published, unit, lent, day, payments in [
            ("1 i", "9.69", month, 5000, date(1978, 1, 10), monthly(date(1978, 2, 10), 24, "230")),
            ("1 ii", "11.82", month, 6000, date(1978, 2, 10), monthly(date(1978, 4, 1), 36, "200")),
            (
                "1 iii",
                "10.34",
                semimonth,
                5000,
                date(1978, 2, 23),
                monthly(first, 12, "219.17") + monthly(sixteenth, 12, "219.17"),
            ),
            ("1 iv", "8.97", quarter, 10000, date(1978, 5, 23), monthly(date(1978, 10, 1), 40, "385", 3)),
            (
                "1 v",
                "14.96",
                UnitPeriod("week"),
                500,
                date(1978, 3, 20),
                every(date(1978, 4, 21), 30, "17.60", 7),
            ),
            ("2 i", "10.08", month, 5000, date(1978, 1, 10), [flow(date(1978, 2, 10), "250"), *monthly_23]),
            (
                "2 ii",
                "28.50",
                UnitPeriod("week", 4),
                400,
                date(1978, 3, 18),
                [flow(date(1978, 4, 20), "39.50"), *every(date(1978, 5, 18), 11, "38.31", 28)],
            ),
            (
                "3 i",
                "10.50",
                month,
                5000,
                date(1978, 1, 10),
                [*monthly(date(1978, 2, 10), 23, "230"), flow(date(1980, 1, 10), "280")],
            ),
            (
                "3 ii",
                "12.22",
                UnitPeriod("week", 2),
                200,
                date(1978, 4, 3),
                [
                    *every(date(1978, 4, 11), 19, "9.50", 14),
                    flow(date(1978, 4, 11) + timedelta(14 * 19), "30"),
                ],
            ),
            (
                "4 i",
                "10.90",
                month,
                5000,
                date(1978, 1, 10),
                [flow(date(1978, 2, 10), "250"), *monthly_23[:-1], flow(date(1980, 1, 10), "280")],
            ),
            (
                "4 ii",
                "7.30",
                UnitPeriod("month", 2),
                8000,
                date(1978, 1, 10),
                [
                    flow(first, "449.36"),
                    *monthly(date(1978, 5, 1), 18, "465", 2),
                    flow(date(1981, 5, 1), "200"),
                ],
            ),
            ("5 i", "11.45", UnitPeriod("day", 255), 1000, date(1978, 1, 3), [flow(date(1978, 9, 15), 1080)]),
            (
                "5 ii",
                "8.80",
                UnitPeriod("month", 6),
                1000,
                date(1978, 7, 15),
                [flow(date(1979, 1, 15), 1044)],
            ),
            (
                "5 iii",
                "8.76",
                UnitPeriod("year"),
                1000,
                date(1978, 1, 17),
                [flow(date(1979, 7, 17), "1135.19")],
            ),
            ("5 iv", "11.36", UnitPeriod("year"), 1000, date(1978, 1, 3), [flow(date(1980, 1, 3), 1240)]),
            (
                "6 i",
                "12.00",
                UnitPeriod("week", 4),
                2135,
                date(1978, 1, 25),
                every(date(1978, 2, 20), 9, 100, 28)
                + every(date(1978, 11, 13), 6, 100, 28)
                + every(date(1979, 5, 14), 6, 100, 28)
                + every(date(1979, 11, 12), 3, 100, 28),
            ),
            (
                "6 ii",
                "10.22",
                month,
                7350,
                date(1978, 3, 3),
                [
                    *monthly(date(1978, 9, 15), 3, 1000),
                    flow(date(1979, 3, 15), 2000),
                    *monthly(date(1979, 9, 15), 3, 750),
                    flow(date(1980, 2, 1), 1000),
                ],
            ),
        ]:
            with self.subTest(paragraph=paragraph):
                self.check(published, unit, [flow(day, lent)], payments)

    def test_appendix_j_counts(self):
        # The t and f printed beside the same examples.
        month = UnitPeriod("month")
        for start, day, unit, full, fraction in [
            (date(1978, 1, 10), date(1978, 2, 10), month, 1, Fraction(0)),
            (date(1978, 2, 10), date(1978, 4, 1), month, 1, Fraction(19, 30)),
            (date(1978, 2, 23), date(1978, 3, 1), UnitPeriod("semimonth"), 0, Fraction(6, 15)),
            (date(1978, 5, 23), date(1978, 10, 1), UnitPeriod("month", 3), 1, Fraction(39, 90)),
            (date(1978, 3, 20), date(1978, 4, 21), UnitPeriod("week"), 4, Fraction(4, 7)),
            (date(1978, 3, 18), date(1978, 4, 20), UnitPeriod("week", 4), 1, Fraction(5, 28)),
            (date(1978, 4, 3), date(1978, 4, 11), UnitPeriod("week", 2), 0, Fraction(8, 14)),
            (date(1978, 1, 10), date(1978, 3, 1), UnitPeriod("month", 2), 0, Fraction(52, 60)),
            (date(1978, 1, 17), date(1979, 7, 17), UnitPeriod("year"), 1, Fraction(6, 12)),
            (date(1978, 1, 25), date(1979, 11, 12), UnitPeriod("week", 4), 23, Fraction(12, 28)),
            (date(1978, 3, 3), date(1979, 9, 15), month, 18, Fraction(12, 30)),
            (date(1978, 3, 3), date(1980, 2, 1), month, 22, Fraction(29, 30)),
        ]:
            with self.subTest(start=start, day=day):
                self.assertEqual(us_unit_periods(start, day, unit), (full, fraction))
        # Not printed there: a broken year is counted in days.
        self.assertEqual(
            us_unit_periods(date(1978, 1, 17), date(1979, 7, 20), UnitPeriod("year")), (1, Fraction(184, 365))
        )

    def test_multiple_advances(self):
        # App. J (c)(7)(i), construction loan. The figures are carried from memory, not from a copy at hand.
        days = date(1979, 4, 10), date(1979, 6, 12), date(1979, 9, 18)
        advances = [flow(day, 20000) for day in days]
        self.check("10.25", UnitPeriod("month"), advances, monthly(date(1979, 12, 10), 240, "612.36"))
        self.assertEqual(us_unit_periods(days[0], days[1], UnitPeriod("month")), (2, Fraction(2, 30)))
        self.assertEqual(us_unit_periods(days[0], days[2], UnitPeriod("month")), (5, Fraction(8, 30)))

    def test_payments_before_the_loan_leave_doubt(self):
        # The pattern of App. J (c)(7)(ii): paid from July on, lent from September on. Two rates fit.
        advances = monthly(date(1978, 9, 5), 4, 1800, 12) + monthly(date(1979, 1, 5), 4, 1000, 12)
        payments = monthly(date(1978, 7, 1), 50, 240)
        with self.assertRaises(RateError) as refused:
            us_apr(advances, payments)
        self.assertEqual(refused.exception.reason, "rate_ambiguous")
        rate = us_apr(advances, payments, several=NEAREST_ZERO)
        self.assertEqual(disclosed(rate, 2), Decimal("32.04"))  # worked out by bisection in floats

    def test_unit_period_where_no_example_is(self):
        month, lent = UnitPeriod("month"), [flow(date(2026, 1, 31), 1000)]
        for unit, payments in [
            # The last day of the month, and the 30th with its February, are a month apart.
            (month, [flow(date(2026, month, day), 300) for month, day in ((2, 28), (3, 31), (4, 30))]),
            (UnitPeriod("semimonth"), monthly(date(2026, 2, 1), 9, 50) + monthly(date(2026, 2, 15), 9, 70)),
            (UnitPeriod("week", 2), every(date(2026, 2, 1), 26, 50, 14)),
            (UnitPeriod("day", 10), every(date(2026, 2, 10), 9, 150, 10)),
            (UnitPeriod("year"), monthly(date(2026, 7, 31), 5, 300, 12)),
            (UnitPeriod("year"), monthly(date(2028, 1, 31), 3, 500, 24)),  # more than a year is not
            # A tie of months and quarters: the smaller. No common period: the average of 10, 45, 59 days.
            (month, [flow(date(2026, m, 28), 300) for m in (3, 4, 5, 8, 11)]),
            (UnitPeriod("week", 5), [flow(date(2026, 1, 31) + timedelta(d), 400) for d in (10, 55, 114)]),
        ]:
            with self.subTest(unit=unit, payments=payments[0]):
                self.assertEqual(us_unit_period(lent, payments), unit)

    def test_days_of_one_unit_may_have_no_rate(self):
        # 0.01 + 0.02 / (1 + 4/7 i) = 0.01 / (1 + 5/7 i) has no solution above -100 % a week.
        advances = [flow(date(2015, 1, 1), "0.01"), flow(date(2015, 1, 5), "0.02")]
        for several in ("refuse", NEAREST_ZERO):
            with self.assertRaises(RateError) as refused:
                us_apr(advances, [flow(date(2015, 1, 6), "0.01")], several=several)
            self.assertEqual(refused.exception.reason, "no_rate_found")

    def test_end_of_month_has_no_odd_days(self):
        # From 31 January, due on the last days: as regular as from the 15th.
        last_days = [flow(day, 100) for day in dates.due_dates(date(2026, 2, 28), 12, 31)]
        mid_month = [flow(day, 100) for day in dates.due_dates(date(2026, 2, 15), 12)]
        self.assertEqual(
            us_apr([flow(date(2026, 1, 31), 1000)], last_days),
            us_apr([flow(date(2026, 1, 15), 1000)], mid_month),
        )

    def test_interest_may_begin_later_or_earlier_than_the_first_flow(self):
        advances, payments = [flow(date(2026, 1, 10), 5000)], monthly(date(2026, 2, 10), 24, 230)
        self.assertEqual(us_apr(advances, payments, start=date(2026, 1, 10)), us_apr(advances, payments))
        with self.assertRaises(RateError) as refused:
            us_apr(advances, payments, start=date(2026, 1, 11))
        self.assertEqual(refused.exception.reason, "flow_before_start")
        for unit in (UnitPeriod("fortnight"), UnitPeriod("week", 53), UnitPeriod("day", 0)):
            with self.assertRaises(RateError) as refused:
                us_apr(advances, payments, unit)
            self.assertEqual(refused.exception.reason, "unit_period_unknown")


class TestEuAprc(BaseCase):
    def test_commission_examples_of_2015(self):
        loan, fee = [flow(START, 200000)], flow(START, 4000)
        for number, published, advances, payments in [
            ("1", "6.434412", loan, after_months((1, 240, "1432.86"))),
            ("3", "6.588554", loan, after_months((1, 240, "1449.53"))),
            ("4", "7.946625", loan, after_months((1, 240, "1599.53"))),
            ("5", "6.961575", loan, after_months((1, 240, "1490.18"))),
            ("6", "6.436359", loan, after_months((1, 240, "1432.86"), (240, 1, 100))),
            ("7", "6.409523", loan, after_months((1, 180, "1199.10"), (180, 1, "142097.69"))),
            ("8 part 1", "7.430479", loan, after_months((1, 240, "1166.67"), (240, 1, 200000))),
            (
                "8 part 2",
                "8.869280",
                loan,
                after_months((1, 6, "1166.67"), (7, 234, "1398.33"), (240, 1, 200000)),
            ),
            ("11", "6.452756", loan, after_months((1, 220, 1500), (221, 1, "407.70"))),
            ("20", "6.190654", loan, after_months((1, 24, "1319.91"), (25, 216, "1423.41"))),
            ("21 part 1", "5.853526", loan, after_months((1, 9, "1319.91"), (10, 231, "1374.06"))),
            ("21 part 2", "7.199734", loan, after_months((1, 9, "1319.91"), (10, 231, "1530.61"))),
            ("22 case 1 part 1", "6.134668", loan, after_months((1, 9, "1349.91"), (10, 231, "1404.06"))),
            ("22 case 1 part 2", "7.093592", loan, after_months((1, 9, "1349.91"), (10, 231, "1515.81"))),
            ("22 case 2 part 1", "6.041228", loan, after_months((1, 9, "1339.91"), (10, 231, "1394.06"))),
            ("22 case 2 part 2", "7.379073", loan, after_months((1, 9, "1339.91"), (10, 231, "1550.61"))),
            ("23 part 1", "5.370286", loan, after_months((1, 240, "1319.91"))),
            ("23 part 2", "7.597578", loan, after_months((1, 9, "1319.91"), (10, 231, "1578.43"))),
            ("24 part 2", "5.635609", loan, after_months((1, 60, "1319.91"), (60, 1, "166909.73"))),
            ("26 part 1", "6.237362", loan, after_months((1, 180, "1660.94"))),
            ("26 part 2", "6.925014", loan, after_months((1, 6, "1660.94"), (7, 174, "1734.38"))),
            ("40", "12.206644", loan, after_months((6, 1, "207618.17"))),
            ("41", "12.573789", loan, after_months((0, 1, 7500), (6, 1, 200000))),  # .788 in print
            ("42", "10.039962", loan, after_months((1, 12, 1250), (12, 1, 200000))),
            (
                "44",
                "3.470057",
                loan,
                after_months((1, 60, "1111.11"), (61, 120, "1349.94"), (180, 1, "32075.08")),
            ),
        ]:
            with self.subTest(example=number):
                self.assertEqual(disclosed(eu_aprc(advances, [fee, *payments]), 6), Decimal(published))
        for number, published, lent, fee, stretches in [
            ("27", "6.434402", 170000, 3400, [(1, 240, "1217.93")]),
            ("28", "5.396096", 200000, 4008, [(1, 240, "1322.55")]),
            ("29", "5.682613", 200000, 4008, [(1, 240, "1352.61")]),
            ("39", "13.494236", 3000, 60, [(6, 1, "3132.09")]),  # .231 in print: fewer digits there
            ("38", "19.429575", 3000, 60, [(1, 3, "24.12"), (3, 1, 3000)]),  # .412 in print
            ("35", "5.583645", 3000, 60, [(3, 1, 100), (12, 1, 3000)]),  # .621 in print
        ]:
            with self.subTest(example=number):
                rate = eu_aprc([flow(START, lent)], [flow(START, fee), *after_months(*stretches)])
                self.assertEqual(disclosed(rate, 6), Decimal(published))

    def test_commission_example_with_three_drawdowns(self):
        # Example 32 part 1, published as 13.063818: 7500 at once, 7500 after 3 months and 15000 after 6, repaid in
        # equal parts within the year. Its payments are not printed, so the last digits hang on their rounding.
        payments, owed, part = [flow(START, 600)], Decimal(7500), Decimal(7500) / 12
        month_rate = Decimal("1.07") ** (Decimal(1) / 12) - 1
        for month in range(1, 13):
            payments += after_months((month, 1, (part + owed * month_rate).quantize(Decimal("0.01"))))
            owed -= part
            if month == 3:
                owed, part = owed + 7500, part + Decimal(7500) / 9
            if month == 6:
                owed, part = owed + 15000, part + Decimal(15000) / 6
        advances = after_months((0, 1, 7500), (3, 1, 7500), (6, 1, 15000))
        self.assertEqual(disclosed(eu_aprc(advances, payments), 4), Decimal("13.0638"))

    def test_directive_98_7_annex_iii(self):
        # A: calendar days. B: equal months. The first of A was read; the others are carried from memory.
        lent, start = 1000, date(1994, 1, 1)
        after = {90: date(1994, 4, 1), 181: date(1994, 7, 1)}
        for number, published, axis, fee, payments in [
            ("A1", "12.96", ACTUAL_DAYS, 0, [flow(date(1995, 7, 1), 1200)]),
            ("A2", "16.90", ACTUAL_DAYS, 50, [flow(date(1995, 7, 1), 1200)]),
            ("A3", "13.07", ACTUAL_DAYS, 0, [flow(date(1995, 1, 1), 600), flow(date(1996, 1, 1), 600)]),
            (
                "A4",
                "13.23",
                ACTUAL_DAYS,
                0,
                [flow(after[90], 272), flow(after[181], 272), flow(date(1995, 1, 1), 544)],
            ),
            ("B1", "12.92", EQUAL_MONTHS, 0, [flow(date(1995, 7, 1), 1200)]),
            ("B2", "16.85", EQUAL_MONTHS, 50, [flow(date(1995, 7, 1), 1200)]),
            ("B3", "13.07", EQUAL_MONTHS, 0, [flow(date(1995, 1, 1), 600), flow(date(1996, 1, 1), 600)]),
            (
                "B4",
                "13.19",
                EQUAL_MONTHS,
                0,
                [flow(after[90], 272), flow(after[181], 272), flow(date(1995, 1, 1), 544)],
            ),
        ]:
            with self.subTest(example=number):
                rate = eu_aprc([flow(start, lent)], [flow(start, fee), *payments], axis)
                self.assertEqual(disclosed(rate, 2), Decimal(published))

    def test_level_loan_of_6000(self):
        # 149.31 is the level payment at 9 % in twelfths; compounded that is 1.0075^12 - 1.
        loan, payments = [flow(START, 6000)], after_months((1, 48, "149.31"))
        self.assertEqual(disclosed(eu_aprc(loan, payments), 2), Decimal("9.38"))
        self.assertEqual(disclosed(eu_aprc(loan, payments), 1), Decimal("9.4"))
        self.assertEqual(disclosed(us_apr(loan, payments), 2), Decimal("9.00"))

    def test_intervals_of_the_guidelines(self):
        # A single payment of (1 + X)^t at X = 100 % tells t: what is measured is the interval.
        for axis, start, day, years in [
            (EQUAL_MONTHS, "2019-01-12", "2020-01-12", Fraction(1)),
            (EQUAL_MONTHS, "2012-01-12", "2012-02-15", Fraction(1, 12) + Fraction(3, 365)),
            (EQUAL_MONTHS, "2012-01-12", "2012-03-15", Fraction(2, 12) + Fraction(3, 365)),
            (EQUAL_MONTHS, "2012-01-12", "2012-04-15", Fraction(3, 12) + Fraction(3, 365)),
            (EQUAL_MONTHS, "2013-01-12", "2013-02-15", Fraction(1, 12) + Fraction(3, 366)),
            (EQUAL_MONTHS, "2013-01-12", "2013-03-15", Fraction(2, 12) + Fraction(3, 366)),
            (EQUAL_MONTHS, "2013-02-25", "2013-03-28", Fraction(1, 12) + Fraction(3, 366)),
            (EQUAL_MONTHS, "2013-02-26", "2013-03-29", Fraction(1, 12) + Fraction(2, 366)),
            (EQUAL_MONTHS, "2012-02-26", "2012-03-29", Fraction(1, 12) + Fraction(3, 366)),
            (ACTUAL_DAYS, "2012-01-12", "2012-02-15", Fraction(34, 365)),
            (ACTUAL_DAYS, "2012-01-12", "2013-02-15", 1 + Fraction(34, 365)),
            (ACTUAL_DAYS, "2012-01-12", "2014-02-15", 2 + Fraction(34, 365)),
            (ACTUAL_DAYS, "2020-01-01", "2021-03-15", 1 + Fraction(74, 366)),
            (EQUAL_WEEKS, "2012-01-12", "2012-01-26", Fraction(2, 52)),
            (EQUAL_WEEKS, "2012-01-12", "2013-01-10", Fraction(1)),
            (EQUAL_WEEKS, "2012-01-12", "2012-01-30", Fraction(2, 52) + Fraction(4, 365)),
            (EQUAL_WEEKS, "2012-01-12", "2013-01-12", 1 + Fraction(2, 365)),
            # Month ends, which the guidelines leave out.
            (EQUAL_MONTHS, "2024-12-31", "2025-02-28", Fraction(2, 12)),
            (EQUAL_MONTHS, "2024-02-28", "2024-03-31", Fraction(1, 12) + Fraction(1, 366)),
            (EQUAL_MONTHS, "2024-02-29", "2024-03-31", Fraction(1, 12)),
            (EQUAL_MONTHS, "2024-01-31", "2025-02-28", Fraction(13, 12)),
            (EQUAL_MONTHS, "2025-01-30", "2025-02-28", Fraction(1, 12)),
            (ACTUAL_DAYS, "2024-02-28", "2025-02-27", Fraction(365, 366)),
            (ACTUAL_DAYS, "2024-02-29", "2025-03-31", 1 + Fraction(31, 366)),
            (ACTUAL_DAYS, "2024-02-29", "2025-02-28", Fraction(1)),
        ]:
            with self.subTest(axis=axis, start=start, day=day):
                start, day = date.fromisoformat(start), date.fromisoformat(day)
                self.assertEqual(annual_rates._eu_years(start, day, axis), years)
                self.assertEqual(annual_rates._eu_years(day, start, axis), -years)
                rate = eu_aprc([flow(start, 100)], [flow(day, 150)], axis)
                self.assertAlmostEqual(float(rate), 1.5 ** float(1 / years) - 1, delta=1e-9 * float(1 + rate))

    def test_a_charge_before_the_drawdown(self):
        # Commission example 43: saved up in advance. A second rate of some 20 000 % fits as well.
        payments = [flow(date(2014, 1, 1), 150), flow(START, 450), *after_months((1, 120, "356.11"))]
        with self.assertRaises(RateError) as refused:
            eu_aprc([flow(START, 30000)], payments)
        self.assertEqual(refused.exception.reason, "rate_ambiguous")
        rate = eu_aprc([flow(START, 30000)], payments, several=NEAREST_ZERO)
        self.assertEqual(disclosed(rate, 6), Decimal("8.269278"))

    def test_time_is_counted_from_the_first_drawdown(self):
        # Not from the charge before it: 20 January to 25 February and on to 20 January make other intervals.
        payments = [flow(date(2015, 1, 20), 1), flow(date(2016, 1, 20), 1100)]
        rate = eu_aprc([flow(date(2015, 2, 25), 1000)], payments, several=NEAREST_ZERO)
        before, after = Fraction(1, 12) + Fraction(5, 365), Fraction(10, 12) + Fraction(23, 365)
        grown = 1 + float(rate)
        self.assertAlmostEqual(grown ** float(before) + 1100 * grown ** -float(after), 1000, places=9)

    def test_axes_differ(self):
        loan, payments = [flow(date(2026, 2, 1), 1000)], monthly(date(2026, 3, 1), 3, "350")
        self.assertEqual(disclosed(eu_aprc(loan, payments), 1), Decimal("34.2"))
        self.assertEqual(disclosed(eu_aprc(loan, payments, ACTUAL_DAYS), 1), Decimal("35.6"))
        with self.assertRaises(RateError) as refused:
            eu_aprc(loan, payments, "moons")
        self.assertEqual(refused.exception.reason, "axis_unknown")


class TestEffectiveRate(BaseCase):
    def test_published_rates(self):
        day = date(2012, 10, 10)
        for published, decimals, lent, payments, year in [
            # Tests of FSharp.Finance.Personal: by actual days.
            ("324.436", 3, 500, [flow(date(2012, 10, 15), 510)], 365),
            ("84.63", 2, 500, [flow(date(2012, 11, 10), 270), flow(date(2012, 12, 10), 270)], 365),
            # Short loans of British lenders, in tests of rq/apr-calculator: a year of 365.25 days.
            ("2400.3", 1, 250, [flow(day + timedelta(28), "319.97")], Decimal("365.25")),
            ("4935.9", 1, 350, [flow(day + timedelta(23), "447.97")], Decimal("365.25")),
            ("1123.2", 1, 150, [flow(day + timedelta(36), "191.99")], Decimal("365.25")),
            ("2238723.9", 1, 150, [flow(day + timedelta(9), "191.99")], Decimal("365.25")),
            ("1199.0", 1, "364.54", [flow(day + timedelta(30), 450)], Decimal("365.25")),
            ("1.0", 1, 100, [flow(day + timedelta(365), 101)], 365),
        ]:
            with self.subTest(published=published):
                rate = effective_rate([flow(day, lent)], payments, year)
                self.assertEqual(disclosed(rate, decimals), Decimal(published))

    def test_rates_with_a_closed_form(self):
        lent = [flow(START, 1000)]
        for paid, days, rate in [
            ("1000", 365, "0"),
            ("1100", 365, "0.1"),
            ("1210", 730, "0.1"),
            ("2000", 365, "1"),
            ("12000", 365, "11"),
            ("1000.01", 365, "0.00001"),
            ("1000.000000000000001", 365, "1E-18"),
            ("900", 365, "-0.1"),  # the borrower gains; found, not hidden
            ("250", 730, "-0.5"),
        ]:
            with self.subTest(paid=paid, days=days):
                payments = [flow(START + timedelta(days), paid)]
                self.assertEqual(effective_rate(lent, payments), Decimal(rate))

    def test_zero_is_exact(self):
        lent = [flow(START, 1000), flow(date(2015, 3, 5), 500)]
        payments = [flow(date(2015, 2, 28), "333.33"), *monthly(date(2015, 4, 30), 2, "583.335")]
        for rate in RATES:
            with self.subTest(rate=rate.__name__):
                self.assertEqual(rate(lent, payments).as_tuple(), Decimal(0).as_tuple())

    def test_fees_are_inside_the_flows(self):
        payments = monthly(date(2015, 2, 1), 12, "88.85")
        fee = flow(START, 20)
        for rate in RATES:
            with self.subTest(rate=rate.__name__):
                net = rate([flow(START, 980)], payments)
                self.assertEqual(rate([flow(START, 1000)], [fee, *payments]), net)
                self.assertGreater(net, rate([flow(START, 1000)], payments))

    def test_flows_come_in_any_order_and_any_context(self):
        lent = [flow(START, 600), flow(date(2015, 2, 10), 400)]
        payments = [*monthly(date(2015, 3, 1), 12, "88.85"), flow(START, 10)]
        for rate in RATES:
            expected = rate(lent, payments)
            with self.subTest(rate=rate.__name__), localcontext() as context:
                context.prec = 3
                self.assertEqual(rate(iter(lent[::-1]), iter(payments[::-1])), expected)
                self.assertEqual(len(expected.as_tuple().digits), annual_rates.DIGITS)
                self.assertEqual(context.prec, 3)

    def test_refusals(self):
        day = START + timedelta(30)
        good = [flow(START, 1000)], [flow(day, 1010)]
        for reason, advances, payments in [
            ("no_flows", [], []),
            ("no_flows", good[0], []),
            ("no_flows", [], good[1]),
            ("no_flows", good[0], [flow(day, 0)]),
            ("no_sign_change", good[0], [flow(START, 1000)]),
            ("no_sign_change", good[0], [flow(START, 900)]),
            ("no_sign_change", [*good[0], flow(day, 2000)], [flow(day, 1000)]),
            ("amount_negative", [flow(START, -1000)], good[1]),
            ("amount_negative", good[0], [flow(day, -1)]),
            ("amount_not_finite", good[0], [flow(day, "NaN")]),
            ("amount_not_finite", [flow(START, "Infinity")], good[1]),
            ("borrower_never_owes", [flow(day, 1000)], [flow(START, 990)]),
            # -100 % to 28 digits: nearly all is lost within a day.
            ("no_rate_found", good[0], [flow(START + timedelta(1), 1)]),
            # +1000 -2150 +1155.5: a parabola that stays above zero.
            ("no_rate_found", [*good[0], flow(date(2017, 1, 1), "1160")], [flow(date(2016, 1, 1), 2150)]),
            # +1000 -2150 +1155: both 5 % and 10 % fit.
            ("rate_ambiguous", [*good[0], flow(date(2017, 1, 1), 1155)], [flow(date(2016, 1, 1), 2150)]),
        ]:
            with self.subTest(reason=reason, advances=advances, payments=payments):
                for rate in RATES[:2] if reason == "no_rate_found" else RATES:
                    with self.assertRaises(RateError) as refused:
                        rate(advances, payments)
                    self.assertEqual(refused.exception.reason, reason)
        for reason, more in [("days_not_positive", {"days_in_year": 0}), ("several_unknown", {"several": 1})]:
            with self.assertRaises(RateError) as refused:
                effective_rate(*good, **more)
            self.assertEqual(refused.exception.reason, reason)
        for slip in (
            Flow(day, 1010.0),
            Flow(datetime.combine(day, datetime.min.time()), Decimal(1010)),
            Flow("2015-01-31", 1010),
        ):
            with self.assertRaises(TypeError):
                effective_rate(good[0], [slip])

    def test_nearest_to_zero_of_several(self):
        for amounts, nearest in [
            (("1000", "-2150", "1155"), "0.05"),  # and 10 %
            (("1000", "-1700", "720"), "-0.1"),  # and -20 %
            (("1000", "-2000", "990"), "0.1"),  # and -10 %: the positive one
            (("1000", "-2100", "1100"), "0"),  # and 10 %
            (("1000", "-3310", "3650.9", "-1341.789"), None),
        ]:
            with self.subTest(amounts=amounts):
                amounts = [Decimal(amount) for amount in amounts]
                with self.assertRaises(RateError) as refused:
                    irr(amounts)
                self.assertEqual(refused.exception.reason, "rate_ambiguous")
                rate = irr(amounts, NEAREST_ZERO)
                if nearest is not None:
                    self.assertEqual(rate, Decimal(nearest))
                self.assertLess(
                    abs(sum(a / (1 + rate) ** n for n, a in enumerate(amounts))), Decimal("1E-20")
                )

    def test_a_loan_that_was_cleared_and_drawn_again_is_not_ambiguous(self):
        lent = [flow(START, 1000), flow(date(2017, 1, 1), 500)]
        payments = [flow(date(2016, 1, 1), 1100), flow(date(2018, 1, 1), 550)]
        self.assertEqual(effective_rate(lent, payments, 365), Decimal("0.1"))
        lent = [flow(START, 1000), flow(date(2016, 1, 1), 500)]
        self.assertGreater(
            effective_rate(lent, [flow(date(2015, 6, 1), 300), flow(date(2018, 1, 1), 1500)]), 0
        )


class TestOtherRates(BaseCase):
    def test_irr(self):
        for amounts, rate in [
            (("-100", "110"), "0.1"),
            (("100", "-110"), "0.1"),
            (("0", "-100", "0", "121"), "0.1"),
            (("-100", "0", "0", "0"), None),
            ((), None),
            (("0", "0"), None),
        ]:
            with self.subTest(amounts=amounts):
                amounts = [Decimal(amount) for amount in amounts]
                if rate is None:
                    with self.assertRaises(RateError) as refused:
                        irr(amounts)
                    self.assertEqual(
                        refused.exception.reason, "no_sign_change" if any(amounts) else "no_flows"
                    )
                else:
                    self.assertEqual(irr(amounts), Decimal(rate))
        # 39 / 59 / 55 / 20 on 100: the example in the documentation of numpy-financial's irr.
        self.assertEqual(disclosed(irr([-100, 39, 59, 55, 20]), 3), Decimal("28.095"))
        with self.assertRaises(TypeError):
            irr([-100.0, 110.0])

    def test_nominal_rate(self):
        self.assertEqual(nominal_rate(Decimal("0.0075"), 12), Decimal("0.09"))
        self.assertEqual(
            nominal_rate(Decimal("-0.5"), 12), -6
        )  # half is lost every month; nominal means that
        monthly_rate = irr([Decimal(6000), *[Decimal("-149.31")] * 48])
        self.assertEqual(disclosed(nominal_rate(monthly_rate, 12), 2), Decimal("9.00"))
        with self.assertRaises(RateError) as refused:
            nominal_rate(Decimal("0.01"), 0)
        self.assertEqual(refused.exception.reason, "periods_not_positive")

    def test_simple_rate(self):
        self.assertEqual(simple_rate(Decimal(100), Decimal(1000 * 365)), Decimal("0.1"))
        self.assertEqual(simple_rate(Decimal(100), Decimal(1000 * 365), 360) * 365, Decimal(36))
        for reason, arguments in [
            ("no_sign_change", (Decimal(1), Decimal(0))),
            ("days_not_positive", (Decimal(1), Decimal(1), -365)),
        ]:
            with self.assertRaises(RateError) as refused:
                simple_rate(*arguments)
            self.assertEqual(refused.exception.reason, reason)

    def test_chinese_simple_rate(self):
        # 12000 repaid in 12 parts, and 72 each month for it: "0.6 % a month". By thirty-day months the balance in
        # use is 12000 + 11000 + ... + 1000 = 78000 months, so the rate is near 864 x 12 / 78000 = 13.29 %.
        payments = [flow(START + timedelta(30 * month), 1072, principal=1000) for month in range(1, 13)]
        loan = [flow(START, 12000)]
        self.assertEqual(disclosed(cn_simple_rate(loan, payments, 360), 2), Decimal("13.29"))
        self.assertEqual(disclosed(cn_simple_rate(loan, payments), 2), Decimal("13.48"))
        self.assertEqual(disclosed(DISCLOSED["cn_irr"].rate(loan, payments), 2), Decimal("14.05"))
        # A fee costs, but repays nothing; two drawdowns; payment and drawdown on one day.
        loan = [flow(START, 1000), flow(START + timedelta(100), 1000)]
        payments = [
            flow(START, 50, principal=0),
            flow(START + timedelta(100), 500, principal=500),
            flow(START + timedelta(200), 1600, principal=1500),
        ]
        self.assertEqual(cn_simple_rate(loan, payments, 250), Decimal(150 * 250) / (1000 * 100 + 1500 * 100))
        # The old loan is repaid out of a new one on the same day.
        loan_again = [flow(START, 1000), flow(START + timedelta(100), 2000)]
        payments_again = [
            flow(START + timedelta(100), 1500, principal=1500),
            flow(START + timedelta(200), 1530, principal=1500),
        ]
        use = 1000 * 100 + 1500 * 100
        self.assertEqual(cn_simple_rate(loan_again, payments_again, 250), Decimal(30 * 250) / use)
        for reason, principals in [
            ("principal_unknown", (0, None, 1500)),
            ("principal_mismatch", (0, 500, 1400)),
            ("principal_overpaid", (0, 500, 1600)),
            ("principal_overpaid", (1001, 0, 999)),
        ]:
            with self.subTest(reason=reason):
                with self.assertRaises(RateError) as refused:
                    cn_simple_rate(
                        loan,
                        [
                            flow(paid.date, paid.amount + 2000, principal)
                            for paid, principal in zip(payments, principals, strict=True)
                        ],
                    )
                self.assertEqual(refused.exception.reason, reason)
        with self.assertRaises(RateError) as refused:
            cn_simple_rate(loan, [])
        self.assertEqual(refused.exception.reason, "no_flows")

    def test_totals(self):
        loan = [flow(START, "1000.50"), flow(START, 500)]
        self.assertEqual(
            totals(loan, [flow(START, 20), *monthly(date(2015, 2, 1), 3, "510.10")]),
            (Decimal("1500.50"), Decimal("1550.30"), Decimal("49.80")),
        )
        self.assertEqual(totals([], []), (0, 0, 0))

    def test_disclosed(self):
        for rate, decimals, shown in [
            ("0.0435", 2, "4.35"),
            ("0.0435", 1, "4.4"),
            ("0.12949999", 1, "12.9"),
            ("0.1295", 1, "13.0"),
            ("-0.0005", 1, "-0.1"),
            ("0", 1, "0.0"),
            ("1286.2", 0, "128620"),
            ("1E+70", 1, "1" + "0" * 72 + ".0"),
        ]:
            with self.subTest(rate=rate, decimals=decimals):
                self.assertEqual(str(disclosed(Decimal(rate), decimals)), shown)
        with self.assertRaises(RateError) as refused:
            disclosed(Decimal(1), -1)
        self.assertEqual(refused.exception.reason, "decimals_negative")

    def test_registry(self):
        self.assertEqual(set(DISCLOSED), {"us_apr", "eu_aprc", "cn_irr", "cn_simple", "effective"})
        loan = [flow(START, 1000)]
        payments = [flow(date(2015, month, 1), "350", principal="333") for month in (2, 3)]
        payments.append(flow(date(2015, 4, 1), "350", principal="334"))
        rates = {key: entry.rate(loan, payments) for key, entry in DISCLOSED.items()}
        self.assertEqual(rates["cn_irr"], rates["effective"])
        self.assertEqual(len(set(rates.values())), 4)  # the same loan, four different figures
        for key, entry in DISCLOSED.items():
            self.assertGreater(disclosed(rates[key], entry.decimals), 0)
            self.assertTrue(entry.source)

    def test_speed(self):
        payments = [flow(START, 4000), *after_months((1, 360, "1199.10"))]
        for rate in RATES:
            with self.subTest(rate=rate.__name__):
                laps = []
                for _lap in range(3):
                    begun = time.perf_counter()
                    rate([flow(START, 200000)], payments)
                    laps.append(time.perf_counter() - begun)
                self.assertLess(min(laps), 0.25)  # some 15 ms on a quiet machine


@unittest.skipUnless(pyxirr, "pyxirr is not installed")
class TestBesidePyxirr(BaseCase):
    def test_irregular_loans(self):
        for seed in range(40):
            payments = [
                flow(
                    START + timedelta(40 + index * 29 + (seed * index * 7) % 23),
                    90 + (seed * 13 + index) % 50,
                )
                for index in range(seed % 17 + 1)
            ]
            lent = [flow(START, 95 * len(payments)), flow(START + timedelta(seed), 3)]
            flows = [*lent, *(item._replace(amount=-item.amount) for item in payments)]
            theirs = pyxirr.xirr([item.date for item in flows], [float(item.amount) for item in flows])
            with self.subTest(seed=seed):
                ours = float(effective_rate(lent, payments))
                self.assertAlmostEqual(ours, theirs, delta=1e-7 * (1 + abs(theirs)))


@unittest.skipUnless(numpy_financial, "numpy-financial is not installed")
class TestBesideNumpyFinancial(BaseCase):
    def test_level_loans(self):
        for months, payment in [(3, 360), (12, 90), (48, 30), (120, 15), (360, 11)]:
            with self.subTest(months=months):
                theirs = numpy_financial.rate(months, -payment, 1000, 0)
                self.assertAlmostEqual(float(irr([1000, *[-payment] * months])), theirs, places=9)
                amounts = [1000, *[-payment] * months]
                self.assertAlmostEqual(float(irr(amounts)), numpy_financial.irr(amounts), places=7)


if given:
    cents = st.integers(1, 10**9).map(lambda units: Decimal(units).scaleb(-2))
    gaps = st.integers(1, 400)

    @st.composite
    def loans(draw):
        """Advances within a year, then payments: one rate, whatever it is."""
        advances, day = [], START
        for gap, amount in draw(st.lists(st.tuples(st.integers(0, 90), cents), min_size=1, max_size=4)):
            day += timedelta(gap)
            advances.append(Flow(day, amount))
        payments = []
        lent = sum(advance.amount for advance in advances)
        for gap, share in draw(st.lists(st.tuples(gaps, st.integers(1, 3000)), min_size=1, max_size=30)):
            day += timedelta(gap)
            payments.append(Flow(day, (lent * share / 1000).quantize(Decimal("0.01")) or Decimal("0.01")))
        return advances, payments

    def rate_of(rate, advances, payments):
        """The rate, or nothing for what is lost so fast that no rate above -100 % is left."""
        try:
            return rate(advances, payments)
        except RateError as refused:
            assume(refused.reason != "no_rate_found")
            # Equal months put two days of unequal months at one time: what is lent and lost there leaves no flow.
            assume(not (refused.reason == "no_sign_change" and totals(advances, payments).cost < 0))
            raise

    class TestAnnualRatesProperties(BaseCase):
        @settings(max_examples=30, deadline=None)
        @given(loans())
        def test_present_values_are_equal(self, loan):
            advances, payments = loan
            rate = rate_of(effective_rate, advances, payments)
            with localcontext() as context:
                context.prec = 60
                assume(rate > Decimal("-0.999"))
                base = 1 + rate

                def value(flows):
                    return sum(
                        item.amount * base ** (Decimal((flows[0].date - item.date).days) / 365)
                        for item in flows
                    )

                lent = value(advances)
                repaid = value([Flow(advances[0].date, Decimal(0)), *payments])
                self.assertLess(abs(lent - repaid), Decimal("1E-20") * lent)

        @settings(max_examples=25, deadline=None)
        @given(loans(), st.sampled_from(RATES), st.integers(2, 10**6))
        def test_amounts_may_be_scaled(self, loan, rate, factor):
            expected = rate_of(rate, *loan)
            scaled = [[item._replace(amount=item.amount * factor) for item in flows] for flows in loan]
            self.assertEqual(rate(*scaled), expected)

        @settings(max_examples=25, deadline=None)
        @given(loans(), st.sampled_from(RATES), st.data())
        def test_who_pays_more_pays_a_higher_rate(self, loan, rate, data):
            advances, payments = loan
            lower = rate_of(rate, advances, payments)
            assume(lower > Decimal("-0.999"))  # else the difference may be past the digits
            index = data.draw(st.integers(0, len(payments) - 1))
            more = payments[index]._replace(amount=payments[index].amount + data.draw(cents))
            self.assertGreater(rate(advances, [*payments[:index], more, *payments[index + 1 :]]), lower)

        @settings(max_examples=25, deadline=None)
        @given(loans(), st.sampled_from(RATES))
        def test_the_sign_is_that_of_the_cost(self, loan, rate):
            found, cost = rate_of(rate, *loan), totals(*loan).cost
            self.assertEqual((found > 0, found < 0), (cost > 0, cost < 0))

        @settings(max_examples=25, deadline=None)
        @given(st.integers(1, 60), st.integers(1, 28), cents, st.integers(20, 3000))
        def test_equal_months_are_irr_of_months(self, count, day, lent, share):
            start = date(2024, 2, day)
            paid = (lent * share / 1000).quantize(Decimal("0.01")) or Decimal("0.01")
            payments = monthly(dates.add_months(start, 1), count, paid)
            per_month = rate_of(lambda *_: irr([lent, *[-paid] * count]), None, None)
            with localcontext() as context:
                context.prec = 28
                yearly = eu_aprc([Flow(start, lent)], payments)
                self.assertLess(abs(yearly - ((1 + per_month) ** 12 - 1)), Decimal("1E-22") * (1 + yearly))
                if count > 1:
                    nominal = nominal_rate(per_month, 12)
                    gap = abs(us_apr([Flow(start, lent)], payments) - nominal)
                    self.assertLessEqual(gap, Decimal("1E-26") * abs(nominal))
