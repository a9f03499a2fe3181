import random
from datetime import date, timedelta
from fractions import Fraction

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import daycounts
from odoo.addons.loan_crm.core.daycounts import DayCountError, days, year_fraction

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

try:
    import QuantLib
except ImportError:
    QuantLib = None

KEYS = [choice.key for choice in daycounts.CONVENTIONS]
MATURITY = date(2030, 2, 28)


def fraction(*given, **more):
    return Fraction(*year_fraction(*given, **more))


def day(text):
    return date.fromisoformat(text)


def by_the_day(start, end, shift=0):
    """ACT/ACT from first principles: each day is a 365th or a 366th of the year it is counted in."""
    total = Fraction(0)
    while start < end:
        year = (start + timedelta(shift)).year
        total += Fraction(1, (date(year + 1, 1, 1) - date(year, 1, 1)).days)
        start += timedelta(1)
    return total


class TestDayCounts(BaseCase):
    def test_the_worked_examples_of_isda(self):
        # ISDA, "30/360 Day Count Conventions", 2008, as QuantLib's and others' suites carry them: start, end,
        # 30/360 bond basis, 30E/360, 30E/360 ISDA (None: no figure). Maturity is the last end of a block.
        examples = [
            # 1: no end of February
            ("2006-08-20", "2007-02-20", 180, 180, 180),
            ("2007-02-20", "2007-08-20", 180, 180, 180),
            ("2007-08-20", "2008-02-20", 180, 180, 180),
            ("2008-02-20", "2008-08-20", 180, 180, 180),
            ("2008-08-20", "2009-02-20", 180, 180, 180),
            ("2009-02-20", "2009-08-20", 180, 180, 180),
            # 2: ends of February
            ("2006-02-28", "2006-08-31", 183, 182, 180),
            ("2006-08-31", "2007-02-28", 178, 178, 180),
            ("2007-02-28", "2007-08-31", 183, 182, 180),
            ("2007-08-31", "2008-02-29", 179, 179, 180),
            ("2008-02-29", "2008-08-31", 182, 181, 180),
            ("2008-08-31", "2009-02-28", 178, 178, 180),
            ("2009-02-28", "2009-08-31", 183, 182, 180),
            ("2009-08-31", "2010-02-28", None, 178, 180),
            ("2010-02-28", "2010-08-31", None, 182, 180),
            ("2010-08-31", "2011-02-28", None, 178, 180),
            ("2011-02-28", "2011-08-31", None, 182, 180),
            ("2011-08-31", "2012-02-29", None, 179, 179),
            # 3: miscellaneous
            ("2006-01-31", "2006-02-28", 28, 28, 30),
            ("2006-01-30", "2006-02-28", 28, 28, 30),
            ("2006-02-28", "2006-03-03", 5, 5, 3),
            ("2006-02-14", "2006-02-28", 14, 14, 16),
            ("2006-09-30", "2006-10-31", 30, 30, 30),
            ("2006-10-31", "2006-11-28", 28, 28, 28),
            ("2007-08-31", "2008-02-28", 178, 178, 178),
            ("2008-02-28", "2008-08-28", 180, 180, 180),
            ("2008-02-28", "2008-08-30", 182, 182, 182),
            ("2008-02-28", "2008-08-31", 183, 182, 182),
            ("2007-02-26", "2008-02-28", 362, 362, None),
            ("2007-02-26", "2008-02-29", 363, 363, None),
            ("2007-02-28", "2008-02-28", None, None, 358),
            ("2007-02-28", "2008-02-29", None, None, 359),
            ("2008-02-29", "2009-02-28", 359, 359, 360),
            ("2008-02-28", "2008-03-30", 32, 32, None),
            ("2008-02-28", "2008-03-31", 33, 32, None),
            ("2008-02-29", "2008-03-30", 31, None, 30),
            ("2008-02-29", "2008-03-31", 32, None, 30),
            ("2007-01-15", "2007-01-31", 16, None, None),
            ("2007-09-30", "2008-03-31", 180, None, None),
        ]
        for number, (start, end, bond, european, isda) in enumerate(examples):
            maturity = "2009-08-20" if number < 6 else "2012-02-29" if number < 18 else "2008-02-29"
            for convention, expected in [
                ("30_360_bond", bond),
                ("30e_360", european),
                ("30e_360_isda", isda),
            ]:
                if expected is not None:
                    with self.subTest(convention=convention, start=start, end=end):
                        asked = (convention, day(start), day(end))
                        self.assertEqual(year_fraction(*asked, maturity=day(maturity)), (expected, 360))
                        self.assertEqual(days(*asked, maturity=day(maturity)), expected)

    def test_the_us_rule_knows_the_end_of_february(self):
        for start, end, expected in [
            ("2007-02-28", "2007-08-31", 180),  # both are 30ths; 183 by bond basis
            ("2007-08-31", "2008-02-29", 179),  # the end alone is none
            ("2008-02-29", "2009-02-28", 360),  # both ends of February
            ("2008-02-28", "2009-02-28", 360),  # a leap year's 28th is no end
            ("2007-02-28", "2008-02-28", 358),
            ("2007-02-28", "2007-03-01", 1),
            ("2007-02-28", "2007-03-31", 30),
            ("2007-01-30", "2007-01-31", 0),
            ("2007-01-29", "2007-01-31", 2),
        ]:
            with self.subTest(start=start, end=end):
                self.assertEqual(days("30_360_us", day(start), day(end)), expected)

    def test_actual_days_over_a_fixed_year(self):
        # The rows of OpenGamma Strata's DayCountTest.
        for start, end, expected in [
            ("2011-12-28", "2012-02-28", 62),
            ("2011-12-28", "2012-02-29", 63),
            ("2011-12-28", "2012-03-01", 64),
            ("2011-12-28", "2016-02-28", 62 + 366 + 3 * 365),
            ("2011-12-28", "2016-03-01", 64 + 366 + 3 * 365),
            ("2012-02-28", "2012-03-28", 29),
        ]:
            for convention, year in [("act_360", 360), ("act_364", 364), ("act_365", 365)]:
                with self.subTest(convention=convention, start=start, end=end):
                    self.assertEqual(year_fraction(convention, day(start), day(end)), (expected, year))
                    self.assertEqual(days(convention, day(start), day(end)), expected)

    def test_act_act_as_isda_explained_it(self):
        # "EMU and Market Conventions: Recent Developments" (1998) and its successor of 1999; the rows are
        # those of QuantLib's and finmath's suites: start, end, ISDA, regular period and its count, ICMA.
        for start, end, isda, regular, icma in [
            ("2003-11-01", "2004-05-01", 0.49772438056740776, ("2003-11-01", "2004-05-01", 2), 0.5),
            ("1999-02-01", "1999-07-01", 0.410958904110, ("1998-07-01", "1999-07-01", 1), 0.410958904110),
            ("1999-07-01", "2000-07-01", 1.0013773486039374, ("1999-07-01", "2000-07-01", 1), 1.0),
            ("2003-07-15", "2004-01-15", 0.5040047907777528, ("2003-07-15", "2004-01-15", 2), 0.5),
            ("1999-07-30", "2000-01-30", 0.503892506924, ("1999-07-30", "2000-01-30", 2), 0.5),
            (
                "2000-01-30",
                "2000-06-30",
                0.41530054644808746,
                ("2000-01-30", "2000-07-30", 2),
                0.417582417582,
            ),
        ]:
            with self.subTest(start=start, end=end):
                asked = ("act_act", day(start), day(end))
                reference = (day(regular[0]), day(regular[1]), regular[2])
                self.assertAlmostEqual(float(fraction(*asked)), isda, 12)
                split = fraction(*asked, year_split="icma", reference=reference)
                self.assertAlmostEqual(float(split), icma, 12)
        self.assertEqual(
            fraction("act_act", day("1999-11-30"), day("2000-04-30")), Fraction(32, 365) + Fraction(120, 366)
        )
        self.assertEqual(
            fraction("act_act", day("2011-12-28"), day("2016-03-01")),
            4 + Fraction(4, 365) + Fraction(60, 366),
        )  # Strata

    def test_a_long_first_period_of_icma_is_the_sum_of_its_parts(self):
        # 15 August 2002 to 15 July 2003, half-yearly: 0.915760869565 in the memorandum.
        parts = [
            ("2002-08-15", "2003-01-15", ("2002-07-15", "2003-01-15")),
            ("2003-01-15", "2003-07-15", ("2003-01-15", "2003-07-15")),
        ]
        whole = sum(
            fraction("act_act", day(start), day(end), year_split="icma", reference=(*map(day, regular), 2))
            for start, end, regular in parts
        )
        self.assertAlmostEqual(float(whole), 0.915760869565, 12)
        with self.assertRaises(DayCountError) as caught:
            year_fraction(
                "act_act",
                day("2002-08-15"),
                day("2003-07-15"),
                year_split="icma",
                reference=(day("2003-01-15"), day("2003-07-15"), 2),
            )
        self.assertEqual(caught.exception.reason, "reference_exceeded")

    def test_the_last_day_of_the_year_counts_in_the_new_one(self):
        # Apache Fineract's cut at 31 December; 2024 has 366 days.
        for start, end, old, new in [
            ("2023-06-01", "2024-06-01", 213, 153),
            ("2023-12-01", "2023-12-31", 30, 0),
            ("2023-12-01", "2024-01-01", 30, 1),
            ("2023-12-31", "2024-01-01", 0, 1),
            ("2023-12-31", "2024-01-31", 0, 31),
            ("2024-01-01", "2024-12-31", 0, 365),
        ]:
            with self.subTest(start=start, end=end):
                self.assertEqual(
                    fraction("act_act", day(start), day(end), year_split="new_year"),
                    Fraction(old, 365) + Fraction(new, 366),
                )
        self.assertEqual(
            fraction("act_act", day("2023-12-31"), day("2024-01-01")), Fraction(1, 365)
        )  # 1 January divides
        self.assertEqual(
            fraction("act_act", day("2022-12-31"), day("2025-01-31"), year_split="new_year"),
            2 + Fraction(31, 365),
        )

    def test_the_days_of_act_act_are_days(self):
        self.assertEqual(days("act_act", day("2023-12-01"), day("2024-03-01")), 91)

    def test_denominators_are_the_conventions_own(self):
        for start, end in [("2023-01-31", "2023-02-28"), ("2024-01-31", "2026-03-31")]:
            unders = {key: year_fraction(key, day(start), day(end), maturity=MATURITY)[1] for key in KEYS}
            self.assertEqual(
                unders,
                {
                    "30_360_bond": 360,
                    "30_360_us": 360,
                    "30e_360": 360,
                    "30e_360_isda": 360,
                    "act_360": 360,
                    "act_364": 364,
                    "act_365": 365,
                    "act_act": 365 * 366,
                },
            )

    def test_maturity_excepts_its_february_only(self):
        for end, maturity, expected in [
            ("2030-02-28", "2030-02-28", 28),
            ("2030-02-28", "2031-02-28", 30),
            ("2029-03-31", "2029-03-31", 60),  # a maturity on the 31st is a 30th
        ]:
            start = date(int(end[:4]), 1, 30)
            self.assertEqual(days("30e_360_isda", start, day(end), maturity=day(maturity)), expected)

    def test_no_days_are_nothing_of_a_year(self):
        for text in ("2024-02-28", "2024-02-29", "2026-02-28", "2026-12-31", "2026-01-31", "2030-02-28"):
            for key in KEYS:
                with self.subTest(key=key, day=text):
                    self.assertEqual(year_fraction(key, day(text), day(text), maturity=MATURITY)[0], 0)
                    self.assertEqual(days(key, day(text), day(text), maturity=MATURITY), 0)
        same = date(2026, 1, 31)
        self.assertEqual(year_fraction("act_act", same, same, year_split="new_year")[0], 0)

    def test_the_calendar_ends(self):
        last = date.max
        self.assertEqual(
            fraction("act_act", date(9999, 1, 1), last, year_split="new_year"), Fraction(364, 365)
        )
        self.assertEqual(fraction("act_act", date(1, 1, 1), last), 9998 + Fraction(364, 365))

    def test_refusals(self):
        start, end = date(2026, 1, 1), date(2026, 4, 1)
        icma = {"year_split": "icma"}
        for reason, asked, more in [
            *(("days_negative", (key, end, start), {"maturity": MATURITY}) for key in KEYS),
            ("convention_unknown", ("30_365", start, end), {}),
            ("convention_unknown", (None, start, end), {}),
            ("maturity_needed", ("30e_360_isda", start, end), {}),
            ("maturity_needed", ("30e_360_isda", start, start), {}),
            ("year_split_unknown", ("act_act", start, end), {"year_split": "afb"}),
            ("reference_needed", ("act_act", start, end), icma),
            ("reference_not_positive", ("act_act", start, end), {**icma, "reference": (start, start, 4)}),
            ("reference_not_positive", ("act_act", start, end), {**icma, "reference": (start, end, 0)}),
            (
                "reference_exceeded",
                ("act_act", start, end),
                {**icma, "reference": (start, date(2026, 3, 31), 4)},
            ),
            (
                "reference_exceeded",
                ("act_act", start, end),
                {**icma, "reference": (date(2026, 1, 2), end, 4)},
            ),
        ]:
            with self.subTest(reason=reason, asked=asked), self.assertRaises(DayCountError) as caught:
                year_fraction(*asked, **more)
            self.assertEqual(caught.exception.reason, reason)
        for reason, asked in [
            ("days_negative", ("act_360", end, start)),
            ("convention_unknown", ("act", start, end)),
            ("maturity_needed", ("30e_360_isda", start, end)),
        ]:
            with self.subTest(reason=reason), self.assertRaises(DayCountError) as caught:
                days(*asked)
            self.assertEqual(caught.exception.reason, reason)

    def test_every_choice_is_told_in_a_line(self):
        for choices in (daycounts.CONVENTIONS, daycounts.YEAR_SPLITS):
            self.assertEqual(len({choice.key for choice in choices}), len(choices))
            self.assertTrue(all(choice.description and "\n" not in choice.description for choice in choices))


class TestDayCountsSweep(BaseCase):
    def test_every_day_of_a_cycle_has_its_place(self):
        # One day at a time through a whole Gregorian cycle: with additivity this is every period there is.
        before = date(1999, 12, 30)
        ordinal, last = before.toordinal(), date(2400, 1, 2).toordinal()
        while ordinal < last:
            ordinal += 1
            after = date.fromordinal(ordinal)
            in_year = 365 if before.year % 4 or (before.year % 100 == 0 and before.year % 400) else 366
            next_year = 365 if after.year % 4 or (after.year % 100 == 0 and after.year % 400) else 366
            over, under = year_fraction("act_act", before, after)
            if over * in_year != under:
                self.fail(f"ISDA from {before}: {over}/{under}")
            over, under = year_fraction("act_act", before, after, year_split="new_year")
            if over * next_year != under:
                self.fail(f"new year from {before}: {over}/{under}")
            before = after

    @staticmethod
    def pairs(count):
        draw = random.Random(20261122)
        first, last = date(1950, 1, 1).toordinal(), date(2100, 1, 1).toordinal()
        for _each in range(count):
            start = date.fromordinal(draw.randrange(first, last))
            if draw.random() < 0.5:  # the ends of months are where conventions differ
                start = date(start.year, draw.choice((1, 2, 3, 12)), 28)
                start += timedelta(draw.randrange(4))
            end = start + timedelta(draw.choice((draw.randrange(40), draw.randrange(4000))))
            if draw.random() < 0.5:
                end = date(end.year + 1, draw.choice((1, 2, 3, 12)), 28) + timedelta(draw.randrange(4))
            yield start, end

    def test_quantlib_counts_the_same(self):
        if QuantLib is None:
            self.skipTest("QuantLib is not installed")

        def their(day):
            return QuantLib.Date(day.day, day.month, day.year)

        theirs = {
            "30_360_bond": QuantLib.Thirty360(QuantLib.Thirty360.BondBasis),
            "30_360_us": QuantLib.Thirty360(QuantLib.Thirty360.USA),
            "30e_360": QuantLib.Thirty360(QuantLib.Thirty360.EurobondBasis),
            "act_360": QuantLib.Actual360(),
            "act_364": QuantLib.Actual364(),
            "act_365": QuantLib.Actual365Fixed(),
            "act_act": QuantLib.ActualActual(QuantLib.ActualActual.ISDA),
        }
        self.assertEqual({*theirs, "30e_360_isda"}, {*KEYS})
        for index, (start, end) in enumerate(self.pairs(3_000)):
            for key, counter in theirs.items():
                expected = counter.yearFraction(their(start), their(end))
                if abs(float(fraction(key, start, end)) - expected) > 1e-10:
                    self.fail(f"{key} from {start} to {end}: {fraction(key, start, end)}, theirs {expected}")
                if days(key, start, end) != counter.dayCount(their(start), their(end)):
                    self.fail(f"days of {key} from {start} to {end}")
            if start == end:
                continue  # a day that is the maturity lies two days before itself there
            maturity = end if index % 2 else MATURITY
            counter = QuantLib.Thirty360(QuantLib.Thirty360.ISDA, their(maturity))
            if days("30e_360_isda", start, end, maturity=maturity) != counter.dayCount(
                their(start), their(end)
            ):
                self.fail(f"30e_360_isda from {start} to {end}, due {maturity}")


if given is None:

    class TestDayCountsProperties(BaseCase):
        def test_properties_of_day_counts(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=150)
    a_day = st.dates(date(1970, 1, 1), date(2110, 12, 31))
    month_end = st.builds(
        lambda year, month, back: date(year + month // 12, month % 12 + 1, 1) - timedelta(1 + back),
        st.integers(1970, 2110),
        st.integers(1, 12),
        st.integers(0, 3),
    )
    three_days = st.lists(a_day | month_end, min_size=3, max_size=3).map(sorted)

    class TestDayCountsProperties(BaseCase):
        @relaxed
        @given(three_days)
        def test_parts_add_up_where_the_convention_says_so(self, dates):
            start, between, end = dates
            far = date(2200, 1, 1)
            for key, split in [
                *((key, "isda") for key in KEYS if key not in ("30_360_bond", "30_360_us")),
                ("act_act", "new_year"),
            ]:
                part = [
                    year_fraction(key, *period, maturity=far, year_split=split)
                    for period in [(start, between), (between, end), (start, end)]
                ]
                self.assertEqual(part[0][0] + part[1][0], part[2][0], key)
                self.assertEqual(len({under for _over, under in part}), 1)

        @relaxed
        @given(three_days)
        def test_no_fraction_is_negative_or_far_from_the_days(self, dates):
            start, _between, end = dates
            actual = (end - start).days
            for key in KEYS:
                over, under = year_fraction(key, start, end, maturity=end)
                self.assertIs(type(over), int)
                self.assertGreaterEqual(over, 0)
                # a year of 12 months of 30 days is off by a few days at its seams, never by more
                self.assertLess(
                    abs(Fraction(over, under) - Fraction(actual, 365)),
                    Fraction(actual, 60 * 360) + Fraction(5, 360),
                )

        @settings(relaxed, max_examples=40)
        @given(a_day, st.integers(0, 1500))
        def test_act_act_is_its_days(self, start, length):
            end = start + timedelta(length)
            self.assertEqual(fraction("act_act", start, end), by_the_day(start, end))
            self.assertEqual(
                fraction("act_act", start, end, year_split="new_year"), by_the_day(start, end, shift=1)
            )

        @relaxed
        @given(a_day, st.sampled_from([1, 2, 4, 12]))
        def test_a_regular_period_of_icma_is_its_share_of_a_year(self, start, periods):
            end = start + timedelta(365 // periods)
            self.assertEqual(
                fraction("act_act", start, end, year_split="icma", reference=(start, end, periods)),
                Fraction(1, periods),
            )
