"""Each convention by what it changes: a worked figure for each of its values, and the pairs that can not be held."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import (
    allocation,
    amortization,
    annual_rates,
    arrears,
    conventions,
    dates,
    proposals,
)
from odoo.addons.loan_crm.core.allocation import LateCharges, Owed, Payment
from odoo.addons.loan_crm.core.amortization import Change, Drawdown, Prepayment, Terms, TermsError
from odoo.addons.loan_crm.core.calendars import BusinessCalendar
from odoo.addons.loan_crm.core.conventions import CHOICES, STANDARD, ConventionError, Conventions
from odoo.addons.loan_crm.core.terms import SHORTENING

BY_DAYS = {"period_basis": "actual_days", "day_count": "act_360"}


def loan(principal="12000", percent="12", count=6, first_due=date(2026, 2, 15), more=(), **chosen):
    return Terms(
        Decimal(principal),
        Decimal(percent) / 100,
        count,
        first_due,
        conventions=Conventions(**chosen),
        **dict(more),
    )


def rows(terms, *events):
    return amortization.schedule(terms, events)


def payments(terms, *events):
    return [str(row.payment) for row in rows(terms, *events)]


def interests(terms, *events):
    return [str(row.interest) for row in rows(terms, *events)]


def principals(terms, *events):
    return [str(row.principal) for row in rows(terms, *events)]


def dues(first_due, count=1, **chosen):
    calendar = BusinessCalendar() if chosen.get("business_day_rule", "unadjusted") != "unadjusted" else None
    agreed = loan("100", "0", count, first_due, {"calendar": calendar}, **chosen)
    return [row.due.isoformat()[5:] for row in rows(agreed)]


def by_day(percent="10", principal="36000", **chosen):
    """36000 for whole February days: at 10 % over 360 each day costs 10."""
    return loan(principal, percent, 2, date(2026, 3, 15), {"method": "interest_only"}, **BY_DAYS, **chosen)


def late(days, today=None, rate="0.12", **chosen):
    """What 36000 principal and 360 interest, due on 15 January, ask for more when so many days late."""
    chosen = {"penalty_factor": Decimal("1.5"), **chosen}
    charges = LateCharges.agreed(Conventions(**chosen), [(date(2025, 1, 1), Decimal(rate))])
    today = today or date(2026, 1, 15) + timedelta(days)
    owed = [Owed(1, date(2026, 1, 15), Decimal(360), Decimal(36000))]
    left = allocation.replay_late([], owed, charges, today).open[1]
    return f"{left.penalty + left.fee:.2f}"


class TestConventions(BaseCase):
    def hold(self, option, expected, figure):
        """Hold what a figure becomes under each value of an option against what was worked out by hand."""
        self.assertEqual(set(expected), set(CHOICES[option]), option)
        for value, worked_out in expected.items():
            with self.subTest(option=option, value=value):
                self.assertEqual(figure(**{option: value}), worked_out)

    def test_every_choice_is_held_here(self):
        with open(__file__, encoding="utf-8") as this:
            text = this.read()
        for option in CHOICES:
            self.assertIn(f'"{option}",', text)

    # ------------------------------------------------------------ 1, 2: days past due

    def test_day_zero_of_days_past_due(self):
        def days(dpd_day_zero):
            grace = 3 if dpd_day_zero == "less_grace" else 0
            agreed = Conventions(dpd_day_zero=dpd_day_zero, grace_days=grace)
            return arrears.days_past_due(date(2026, 3, 10), date(2026, 3, 15), agreed)

        self.hold("dpd_day_zero", {"due_date": 5, "due_day_is_one": 6, "less_grace": 2}, days)

    def test_thirty_and_ninety(self):
        self.hold(
            "significant_from", {"over_30": 1, "from_30": 2}, lambda **c: arrears.stage(30, Conventions(**c))
        )
        self.hold(
            "default_from", {"over_90": 2, "from_90": 3}, lambda **c: arrears.stage(90, Conventions(**c))
        )

    # ------------------------------------------------------------ 3 to 7: rows and rounding

    def test_the_last_row(self):
        # 75 at 12.3 %: the level is 15.4649 and the last balance 15.33, with 0.16 of interest
        self.hold(
            "last_row",
            {
                "payment_changes": ["15.46"] * 4 + ["15.49"],
                "interest_plugged": ["15.46"] * 5,
                "level_nudged": ["15.47"] * 4 + ["15.45"],
            },
            lambda **c: payments(loan("75", "12.3", 5, **c)),
        )

    def test_a_plugged_last_row_keeps_what_is_paid_on_top(self):
        # one row of 1010.00 after a moratorium of 10.00, and one of 1010.00 with odd days of 5.00
        put_off = loan(
            "1000", "12", 2, more={"grace": 1}, grace_interest="deferred", last_row="interest_plugged"
        )
        self.assertEqual(payments(put_off), ["0.00", "1020.00"])
        odd = loan(
            "1000", "12", 1, date(2026, 3, 1), {"start": date(2026, 1, 17)}, last_row="interest_plugged"
        )
        self.assertEqual(payments(odd), ["1015.00"])

    def test_the_row_that_bears_the_remainder(self):
        self.hold(
            "remainder_row",
            {"last": ["33.33", "33.33", "33.34"], "first": ["33.34", "33.33", "33.33"]},
            lambda **c: principals(loan("100", "0", 3, more={"method": "equal_principal"}, **c)),
        )

    def test_interest_rounded_once_or_by_segment(self):
        # half a cent for a day, then 27 days of a cent and a half: 0.005 + 0.405
        drawn = Drawdown(date(2026, 2, 16), Decimal(36))
        self.hold(
            "interest_rounding",
            {"period": "0.41", "segment": "0.42"},
            lambda **c: interests(by_day(principal="18", **c), drawn)[0],
        )

    def test_the_mode_of_rounding(self):
        # a month at 6 % of 1.00, 3.00, 5.00 and 0.20: 0.005, 0.015, 0.025, 0.001
        self.hold(
            "rounding_mode",
            {
                "half_up": ["0.01", "0.02", "0.03", "0.00"],
                "half_even": ["0.00", "0.02", "0.02", "0.00"],
                "down": ["0.00", "0.01", "0.02", "0.00"],
                "up": ["0.01", "0.02", "0.03", "0.01"],
            },
            lambda **c: [
                interests(loan(amount, "6", 1, more={"method": "bullet"}, **c))[0]
                for amount in ("1.00", "3.00", "5.00", "0.20")
            ],
        )

    def test_multiples(self):
        # the level is 256.2811; 7.55 and 2.55 of interest are 10 and 5 where every amount is a multiple of 5
        self.hold(
            "multiple_rule",
            {
                "none": ["256.28", "256.28", "256.28", "256.29"],
                "up": ["260.00", "260.00", "260.00", "244.90"],
                "nearest": ["255.00", "255.00", "255.00", "260.21"],
                "every_amount": ["255.00", "255.00", "255.00", "265.00"],
            },
            lambda multiple_rule: payments(
                loan(
                    "1000",
                    "12",
                    4,
                    multiple_rule=multiple_rule,
                    installment_multiple=Decimal(5 if multiple_rule != "none" else 0),
                )
            ),
        )

    def test_rounding_of_the_ledger_or_of_what_is_shown(self):
        self.hold(
            "rounding_stage",
            {"ledger": ["256.28", "256.28", "256.28", "256.29"], "display": ["256.28"] * 4},
            lambda **c: payments(loan("1000", "12", 4, **c)),
        )

    # ------------------------------------------------------------ 8 to 11: what share of a year a period is

    def test_the_basis_of_level_and_interest(self):
        # 28 and 31 days; the level is 507.5124 of twelfths, 507.2607 of days
        self.hold(
            "period_basis",
            {
                "equal_periods": ["497.51 10.00", "502.49 5.02"],
                "actual_days": ["497.93 9.33", "502.07 5.19"],
                "level_equal_interest_days": ["498.18 9.33", "501.82 5.19"],
            },
            lambda **c: [
                f"{row.principal} {row.interest}"
                for row in rows(loan("1000", "12", 2, date(2026, 3, 1), **c))
            ],
        )

    def test_day_counts(self):
        # 360000 at 10 % to the last days of February to May 2024: 29, 31, 30 and 31 days, 100 a day over 360
        self.hold(
            "day_count",
            {
                "30e_360": ["2900.00", "3100.00", "3000.00", "3000.00"],
                "30_360_bond": ["2900.00", "3200.00", "3000.00", "3000.00"],
                "30_360_us": ["2900.00", "3000.00", "3000.00", "3000.00"],
                "30e_360_isda": ["3000.00", "3000.00", "3000.00", "3000.00"],
                "act_360": ["2900.00", "3100.00", "3000.00", "3100.00"],
                "act_364": ["2868.13", "3065.93", "2967.03", "3065.93"],
                "act_365": ["2860.27", "3057.53", "2958.90", "3057.53"],
                "act_act": ["2852.46", "3049.18", "2950.82", "3049.18"],
            },
            lambda **c: interests(
                loan(
                    "360000",
                    "10",
                    4,
                    date(2024, 2, 29),
                    {"method": "interest_only", "due_day": 31, "start": date(2024, 1, 31)},
                    period_basis="actual_days",
                    **c,
                )
            ),
        )

    def test_actual_days_across_new_year(self):
        # 1200 a year, 31 days from 12 December 2023: 20/365 + 11/366, 19/365 + 12/366, a twelfth
        self.hold(
            "year_split",
            {"isda": "101.82", "new_year": "101.81", "icma": "100.00"},
            lambda **c: interests(
                loan(
                    "10000", "12", 6, date(2024, 1, 12), period_basis="actual_days", day_count="act_act", **c
                )
            )[0],
        )

    def test_an_odd_first_period(self):
        # 360 a month, paid out 27 days before the month begins, in a January of 31 days
        odd = {"method": "interest_only", "start": date(2026, 1, 5)}
        self.hold(
            "first_period",
            {
                "days_360": "684.00",  # 360 + 36000 · 12 % · 27/360
                "period_share": "673.55",  # 360 + 360 · 27/31
                "eu_simple": "679.56",  # 360 + 36000 · 12 % · 27/365
                "us_appendix_j": "687.24",  # 36000 · (1.009 · 1.01 − 1)
                "ignored": "360.00",
            },
            lambda **c: interests(loan("36000", "12", 2, date(2026, 3, 1), odd, **c))[0],
        )

    def test_who_bears_odd_days(self):
        # 15 days cost 5.00: on top of the first payment, or in a level of 256.2811 · 1.015 / 1.01
        odd = {"start": date(2026, 1, 17)}
        self.hold(
            "odd_interest",
            {
                "first_payment": ["261.28", "256.28", "256.28", "256.29"],
                "spread": ["257.55", "257.55", "257.55", "257.54"],
            },
            lambda **c: payments(loan("1000", "12", 4, date(2026, 3, 1), odd, **c)),
        )

    # ------------------------------------------------------------ 12, 13, 25: grace, steps

    def test_rows_of_a_grace(self):
        self.hold(
            "grace_rows",
            {
                "compressed": ["0.00", "0.00", "497.51", "502.49"],
                "extended": ["0.00", "0.00", "246.28", "248.74", "251.23", "253.75"],
            },
            lambda **c: principals(loan("1000", "12", 4, more={"grace": 2}, **c)),
        )

    def test_interest_of_a_grace(self):
        # a level over two rows is 0.507512 of what is owed: 1000.00 or 1020.10; 20.00 put off are paid on top
        self.hold(
            "grace_interest",
            {
                "paid": ["10.00", "10.00", "507.51", "507.51"],
                "capitalised": ["0.00", "0.00", "517.71", "517.72"],
                "deferred": ["0.00", "0.00", "527.51", "507.51"],
            },
            lambda **c: payments(loan("1000", "12", 4, more={"grace": 2}, **c)),
        )

    def test_steps(self):
        # a tenth more each time: 100 / 4.641 is 21.5471; its 1.1 and 1.21 are 23.7018 and 26.0720
        self.hold(
            "stepped_rounding",
            {
                "unrounded_grows": ["21.55", "23.70", "26.07", "28.68"],
                "rounded_grows": ["21.55", "23.71", "26.08", "28.66"],
            },
            lambda **c: payments(
                loan(
                    "100",
                    "0",
                    4,
                    more={"method": "stepped", "step_rate": Decimal("0.1"), "step_every": 1},
                    **c,
                )
            ),
        )

    def test_a_payment_below_the_interest(self):
        # 60 %, doubling payments: 1000 · 1.05⁶ over Σ 2ᵏ · 1.05⁵⁻ᵏ is 20.3175, the first interest 50
        def first(**chosen):
            doubling = {"method": "stepped", "step_rate": Decimal(1), "step_every": 1}
            try:
                return [
                    str(amount) for amount in rows(loan("1000", "60", 6, more=doubling, **chosen))[0][3:6]
                ]
            except TermsError as refusal:
                return refusal.reason

        self.hold(
            "shortfall",
            {"refused": "principal_never_falls", "capitalised": ["20.32", "1029.68", "29.68"]},
            first,
        )

    def test_flat_interest_by_parts_or_by_its_days(self):
        # 31, 29, 31 and 30 days of 2024
        self.hold(
            "flat_rows",
            {
                "equal_parts": ["250.00 9.92", "250.00 9.92", "250.00 9.92", "250.00 9.91"],
                "level_total": ["249.76 10.16", "250.41 9.51", "249.76 10.16", "250.07 9.84"],
            },
            lambda **c: [
                f"{row.principal} {row.interest}"
                for row in rows(
                    loan(
                        "1000",
                        "12",
                        4,
                        date(2024, 2, 1),
                        {"method": "flat"},
                        period_basis="actual_days",
                        day_count="act_act",
                        **c,
                    )
                )
            ],
        )

    # ------------------------------------------------------------ 14 to 17: early money

    def test_what_a_prepayment_does_to_the_rest(self):
        # 400 in four parts; 150 more on the first due date
        early = Prepayment(date(2026, 2, 15), Decimal(150))
        self.hold(
            "prepayment_effect",
            {
                "keep_term": ["100.00", "150.00", "50.00", "50.00", "50.00"],
                "keep_installment": ["100.00", "150.00", "100.00", "50.00"],
                "keep_installment_whole": ["100.00", "150.00", "75.00", "75.00"],
                "own_row": ["100.00", "150.00", "50.00", "50.00", "50.00"],
                "last_installment": ["100.00", "150.00", "0.00", "50.00", "100.00"],
            },
            lambda **c: payments(loan("400", "0", 4, **c), early),
        )
        # Inside a period only an own row carries interest: 14 days of 10, then 14 of 5.
        inside = Prepayment(date(2026, 3, 1), Decimal(18000))
        for effect, expected in (
            ("keep_term", ["0.00", "210.00", "155.00"]),
            ("own_row", ["140.00", "70.00", "155.00"]),
            ("last_installment", ["0.00", "210.00", "155.00"]),
        ):
            with self.subTest(effect=effect):
                self.assertEqual(interests(by_day(prepayment_effect=effect), inside), expected)

    def test_a_term_that_cannot_be_shortened_says_so(self):
        for method, effect in product(("interest_only", "bullet", "flat"), SHORTENING):
            with self.subTest(method=method, effect=effect):
                with self.assertRaises(TermsError) as refused:
                    loan("1000", "12", 4, more={"method": method}, prepayment_effect=effect)
                self.assertEqual(
                    (refused.exception.reason, *refused.exception.facts.values()),
                    ("options_disagree", "method", "prepayment_effect"),
                )
                with self.assertRaises(TermsError) as refused:
                    early = Prepayment(date(2026, 3, 1), Decimal(100), effect)
                    rows(loan("1000", "12", 4, more={"method": method}), early)
                self.assertEqual(refused.exception.facts["second"], "prepayment_effect")

    def test_an_installment_is_kept_in_the_first_period_too(self):
        early = Prepayment(date(2026, 1, 31), Decimal(200), "keep_installment")
        kept = payments(loan("1000", "12", 4), early)
        self.assertEqual(kept[1:3], ["256.28", "256.28"])

    def test_the_day_a_prepayment_counts_from(self):
        inside = Prepayment(date(2026, 3, 1), Decimal(18000))
        self.hold(
            "prepayment_date",
            {"same_day": ["0.00", "210.00", "155.00"], "next_due": ["280.00", "0.00", "155.00"]},
            lambda **c: interests(by_day(**c), inside),
        )

    def test_who_settles_does_not_wait_with_what_waits(self):
        agreed = loan("12000", "6", 12, prepayment_date="next_due")
        waiting = Prepayment(date(2026, 2, 20), Decimal(3000), key="waits")
        day = date(2026, 3, 5)
        end = proposals.settle(agreed, [waiting], day)
        alone = proposals.settle(agreed, [], day)
        # The 3,000 are there already, and bore interest to the day like all the rest.
        self.assertEqual((alone.principal - end.principal, end.interest), (3000, alone.interest))
        ended = rows(agreed, waiting, Prepayment(day, None, key="ends"))
        self.assertEqual(
            [(row.key, row.due, row.principal) for row in ended[-2:]],
            [("waits", day, 3000), ("ends", day, end.principal)],
        )
        self.assertEqual((ended[-1].interest, ended[-1].balance), (end.interest, 0))

    def test_a_settlement_may_owe_interest_alone(self):
        agreed = loan("12000", "6", 12, more={"method": "interest_only"}, prepayment_date="next_due")
        waiting = Prepayment(date(2026, 2, 20), Decimal(12000))
        end = proposals.settle(agreed, [waiting], date(2026, 3, 7))
        self.assertEqual((end.principal, end.interest), (0, Decimal("42.86")))

    def test_what_cannot_wait_says_what_is_left_by_then(self):
        agreed = loan("12000", "6", 12, prepayment_date="next_due")
        plain = rows(agreed)
        for day, amount in (
            (date(2026, 6, 20), "7000"),
            (date(2026, 12, 20), "1030"),
            (date(2027, 1, 5), "500"),
        ):
            left = next(row.balance for row in plain if row.due > day)
            with self.subTest(day=day), self.assertRaises(TermsError) as refused:
                rows(agreed, Prepayment(day, Decimal(amount)))
            self.assertEqual(
                (refused.exception.reason, refused.exception.facts),
                ("prepayment_beyond_next_due", {"balance": left}),
            )
            if left:
                self.assertEqual(rows(agreed, Prepayment(day, left))[-1].balance, 0)

    def test_a_balloon_is_never_more_than_what_is_left(self):
        car = {"method": "balloon", "balloon": Decimal(50000)}
        agreed = loan("100000", "6", 36, more=car)
        day = date(2028, 8, 1)
        for amount in ("9000", "15000", "40000"):
            for effect in ("keep_term", "own_row", "last_installment", "keep_installment"):
                with self.subTest(amount=amount, effect=effect):
                    after = rows(agreed, Prepayment(day, Decimal(amount), effect))
                    self.assertEqual(after[-1].balance, 0)
                    self.assertGreaterEqual(min(row.payment for row in after), 0)
        rest = rows(agreed, Prepayment(day, Decimal(15000)))
        level = {row.payment for row in rest[-5:-1]}
        self.assertEqual(len(level), 1)  # nothing but interest on the way to it
        self.assertEqual({row.principal for row in rest[-5:-1]}, {0})
        # 45,000 are left of 100,000: less than the balloon
        early = rows(agreed, Prepayment(date(2026, 2, 1), Decimal(55000)))
        self.assertEqual((early[-1].principal, early[-1].due), (45000, date(2029, 1, 15)))

    def test_a_plugged_last_row_bears_no_principal_twice(self):
        for more, early, last in (
            # 5,000 repaid of what two rows owe: the last one owes 1 % of what is left
            ({"count": 2}, Prepayment(date(2026, 2, 20), Decimal(5000), "last_installment"), "10.90"),
            (
                {"more": {"method": "balloon", "balloon": Decimal(5000)}},
                Prepayment(date(2026, 4, 1), Decimal(2000), "keep_installment"),
                None,
            ),
        ):
            plugged = rows(loan(last_row="interest_plugged", **more), early)
            plain = rows(loan(**more), early)
            self.assertAlmostEqual(plugged[-1].interest, plain[-1].interest, delta=Decimal("0.05"))
            if last:
                self.assertEqual(plain[-1].principal, Decimal("12000") - plain[0].principal - 5000)

    def test_an_agreed_installment_holds_for_what_was_agreed(self):
        agreed = loan("120000", "12", 12, more={"installment": Decimal(12000)})
        day = date(2026, 4, 15)
        for event in (
            Change(day, remaining=24),
            Change(day, remaining=9, grace=3, grace_interest="capitalised"),
            Change(day, method="equal_principal", remaining=9),
            Drawdown(day, Decimal(60000)),
        ):
            with self.subTest(event=event):
                after = rows(agreed, event)
                self.assertLess(after[-1].payment, 2 * after[-2].payment)
                self.assertNotIn(12000, [row.payment for row in after[3:]])
        # A new rate alone leaves it, and the term follows.
        repriced = rows(agreed, Change(day, yearly_rate=Decimal("0.18")))
        self.assertEqual({row.payment for row in repriced[:-1]}, {12000})

    def test_what_waits_bears_the_interest_it_was_to_bear(self):
        agreed = loan("12000", "6", 12, prepayment_date="next_due", settlement_interest="to_next_due")
        day = date(2026, 1, 20)
        outright = proposals.settle(agreed, (), day)
        after = proposals.settle(agreed, [Prepayment(day, Decimal(11000))], day)
        self.assertEqual((outright.interest, after.interest, after.principal), (60, 60, 1000))

    def test_interest_put_off_is_part_of_a_new_level(self):
        agreed = loan("120000", "12", 24, more={"interest_grace": 2})
        for events in (
            [Change(date(2026, 2, 15), yearly_rate=Decimal("0.14"))],
            [Prepayment(date(2026, 2, 20), Decimal(10000), "keep_term")],
        ):
            after = rows(agreed, *events)
            level = [row.payment for row in after if row.kind == "installment"]
            self.assertAlmostEqual(level[-1], level[-2], delta=60)
        for interest in ("capitalised", "deferred"):
            with self.subTest(interest=interest), self.assertRaises(TermsError) as refused:
                rows(agreed, Change(date(2026, 2, 16), grace=2, grace_interest=interest))
            self.assertEqual(refused.exception.facts, {"first": "grace_interest", "second": "interest_grace"})

    def test_what_waits_counts_on_the_due_date_that_is_still_ahead(self):
        # 15 February 2026 is a Sunday: due on the 16th
        calendar = {"calendar": BusinessCalendar()}
        agreed = loan(
            "120000", "12", 12, more=calendar, business_day_rule="following", prepayment_date="next_due"
        )
        before, between = (rows(agreed, Prepayment(date(2026, 2, day), Decimal(20000))) for day in (13, 16))
        self.assertEqual(between, before)
        self.assertEqual(
            rows(agreed, Prepayment(date(2026, 2, 17), Decimal(20000)))[2].due, date(2026, 3, 16)
        )

    def test_a_drawdown_on_a_due_date_does_not_wait_for_what_waits(self):
        agreed = loan("120000", "12", 12, drawdown_on_due="same_period", prepayment_date="next_due")
        drawn = Drawdown(date(2026, 2, 15), Decimal(10000))
        waiting = Prepayment(date(2026, 1, 20), Decimal(1000))
        self.assertEqual(rows(agreed, waiting, drawn)[0], rows(agreed, drawn)[0])

    def test_the_method_that_holds_decides_what_can_be_shortened(self):
        changed = Change(date(2026, 3, 15), method="annuity", remaining=9)
        ended = Change(date(2026, 3, 15), method="interest_only", remaining=9)
        early = Prepayment(date(2026, 4, 1), Decimal(20000), "keep_installment")
        only = loan("120000", "12", 12, more={"method": "interest_only"})
        self.assertLess(len(rows(only, changed, early)), 13)
        with self.assertRaises(TermsError) as refused:
            rows(loan("120000", "12", 12), ended, early)
        self.assertEqual(
            (refused.exception.facts["first_value"], refused.exception.facts["second_value"]),
            ("interest_only", "keep_installment"),
        )

    def test_days_of_a_broken_period(self):
        # 36,000 at 12 %: a month costs 360, its 28 days as many parts; days cost 12 over 360, and all but 12 over 365.
        def settled(day, **chosen):
            return proposals.settle(loan("36000", "12", 6, date(2026, 3, 15), **chosen), (), day).interest

        self.hold(
            "broken_period",
            {"period_share": Decimal(180), "days_360": Decimal(168), "days_365": Decimal("165.70")},
            lambda **c: settled(date(2026, 3, 1), **c),
        )
        # The parts of a period are its whole: on the last of 31 days nothing is left to add to a twelfth.
        for rule in CHOICES["broken_period"]:
            terms = loan("36000", "12", 6, date(2026, 4, 15), broken_period=rule)
            for day in range(1, 31):
                early = Prepayment(date(2026, 3, 15) + timedelta(day), Decimal(18000), "own_row")
                with self.subTest(rule=rule, day=day):
                    whole = sum(Decimal(interest) for interest in interests(terms, early)[:2])
                    part = Decimal(interests(terms, early)[0])
                    self.assertAlmostEqual(whole - part, (360 - part) / 2, delta=Decimal("0.01"))
        self.assertEqual(
            interests(
                loan("36000", "12", 6, date(2026, 4, 15), broken_period="days_360"),
                Prepayment(date(2026, 4, 14), None),
            ),
            ["360.00"],
        )

    def test_interest_of_a_settlement(self):
        self.hold(
            "settlement_interest",
            {"to_day": Decimal(140), "to_next_due": Decimal(280)},
            lambda **c: proposals.settle(by_day(**c), (), date(2026, 3, 1)).interest,
        )
        # Who settles does not wait for the next due date, whatever part prepayments do.
        waiting = by_day(prepayment_date="next_due")
        self.assertEqual(proposals.settle(waiting, (), date(2026, 3, 1)).interest, Decimal(140))

    def test_the_charge_for_a_prepayment(self):
        for months, on, charged in [
            (0, date(2027, 3, 15), "180.00"),
            (12, date(2027, 2, 14), "180.00"),
            (12, date(2027, 2, 15), "0.00"),  # a year after the start
        ]:
            agreed = by_day(prepayment_charge_rate=Decimal("0.01"), prepayment_charge_months=months)
            self.assertEqual(str(proposals.charge(agreed, on, Decimal(18000))), charged)

    # ------------------------------------------------------------ 18, 19: late money

    def test_ordinary_interest_on_what_is_overdue(self):
        # 36000 at 12 % over 360 are 12 a day
        self.hold(
            "overdue_interest",
            {"scheduled": "0.00", "outstanding": "120.00"},
            lambda **c: late(10, penalty_factor=Decimal(0), **c),
        )

    def test_penalties(self):
        # 18 a day at one and a half times 12 %
        self.hold("penalty_base", {"principal": "180.00", "installment": "181.80"}, lambda **c: late(10, **c))
        self.hold(
            "penalty_days",
            {"one_end": "180.00", "both_ends": "198.00", "neither_end": "162.00"},
            lambda **c: late(10, **c),
        )
        self.hold("penalty_year", {"days_360": "180.00", "days_365": "177.53"}, lambda **c: late(10, **c))
        # 31 days cost 558.00, which join 36000 for the next 28
        self.hold(
            "penalty_compounds",
            {False: "1062.00", True: "1069.81"},
            lambda **c: late(0, date(2026, 3, 15), **c),
        )
        self.assertEqual([late(days, grace_days=3) for days in (3, 4)], ["0.00", "72.00"])
        fee = {"late_fee": Decimal(25), "penalty_factor": Decimal(0)}
        self.assertEqual([late(days, **fee) for days in (0, 1, 9)], ["0.00", "25.00", "25.00"])

    def test_the_order_in_which_a_repayment_pays(self):
        # 100 of each are owed, 150 come: in full, and a half
        owed = [Owed(1, date(2026, 1, 15), *[Decimal(100)] * 4)]
        paid = [Payment(1, date(2026, 2, 1), Decimal(150))]

        def shares(allocation_order):
            (share,) = allocation.replay(paid, owed, allocation_order)[1].shares
            return [name for name in share._fields[1:] if getattr(share, name)], max(
                share._fields[1:], key=lambda name: getattr(share, name)
            )

        self.hold(
            "allocation_order",
            {
                "penalty_interest_principal_fee": (["interest", "penalty"], "penalty"),
                "penalty_fee_interest_principal": (["penalty", "fee"], "penalty"),
                "fee_penalty_interest_principal": (["penalty", "fee"], "fee"),
                "interest_principal_penalty_fee": (["interest", "principal"], "interest"),
                "principal_interest_penalty_fee": (["interest", "principal"], "principal"),
            },
            shares,
        )

    def test_whether_an_installment_or_a_component_is_paid_first(self):
        owed = [Owed(n, date(2026, n, 15), Decimal(10), Decimal(90)) for n in (1, 2)]
        paid = [Payment(1, date(2026, 3, 1), Decimal(100))]
        self.hold(
            "allocation_spread",
            {"installment_first": [(1, 10, 90)], "component_first": [(1, 10, 80), (2, 10, 0)]},
            lambda allocation_spread: [
                share[:3] for share in allocation.replay(paid, owed, spread=allocation_spread)[1].shares
            ],
        )

    def test_money_beyond_what_is_due(self):
        # 150 on the day the first of two installments of 100 is due
        owed = [Owed(n, date(2026, n, 15), Decimal(10), Decimal(90)) for n in (1, 2)]
        paid = [Payment(1, date(2026, 1, 15), Decimal(150))]
        self.hold(
            "overpayment",
            {"pays_ahead": (2, 0), "waits": (1, 50)},
            lambda overpayment: (
                len(
                    (
                        part := allocation.replay_late(
                            paid, owed, None, date(2026, 1, 20), overpayment=overpayment
                        ).allocations[1]
                    ).shares
                ),
                part.rest,
            ),
        )

    # ------------------------------------------------------------ 20, 21, 24: events

    def test_the_day_a_new_rate_begins(self):
        # 12 a day, from 1 March on 24: the day that ends on 1 March is the last of the old or the first of the new
        self.hold(
            "repricing_day",
            {"change_date": "504.00", "day_before": "516.00"},
            lambda **c: interests(by_day("12", **c), Change(date(2026, 3, 1), Decimal("0.24")))[0],
        )

    def test_what_stays_after_a_new_rate(self):
        # 200 are left of 400 without interest when 12 % begin
        self.hold(
            "after_repricing",
            {
                "keep_term": ["100.00", "100.00", "101.50", "101.51"],
                "keep_installment": ["100.00", "100.00", "100.00", "100.00", "3.05"],
            },
            lambda **c: payments(loan("400", "0", 4, **c), Change(date(2026, 3, 15), Decimal("0.12"))),
        )

    def test_a_drawdown_on_a_due_date(self):
        drawn = Drawdown(date(2026, 2, 15), Decimal(300))
        self.hold(
            "drawdown_on_due",
            {"next_period": ["100.00", "200.00", "200.00", "200.00"], "same_period": ["175.00"] * 4},
            lambda **c: payments(loan("400", "0", 4, **c), drawn),
        )

    # ------------------------------------------------------------ 22, 23: due dates

    def test_month_ends(self):
        self.hold(
            "month_end",
            {"anchor": ["02-28", "03-28", "04-28"], "end_of_month": ["02-28", "03-31", "04-30"]},
            lambda **c: dues(date(2026, 2, 28), 3, **c),
        )
        clamped = loan("300", "0", 3, date(2026, 2, 28), {"due_day": 31})
        self.assertEqual([row.due.day for row in rows(clamped)], [28, 31, 30])  # never chained

    def test_due_date_rules(self):
        start = date(2026, 1, 20)
        for rule, more, due in [
            ("same_day", {}, date(2026, 2, 20)),
            ("month_end", {}, date(2026, 2, 28)),
            ("fixed_day", {"due_day": 15}, date(2026, 2, 15)),
        ]:
            self.assertEqual(dates.first_due_date(start, "monthly", rule, **more), due)

    def test_business_days(self):
        # Saturday 14 and Saturday 28 February, Sunday 1 March
        days = (date(2026, 2, 14), date(2026, 2, 28), date(2026, 3, 1))
        self.hold(
            "business_day_rule",
            {
                "unadjusted": ["02-14", "02-28", "03-01"],
                "following": ["02-16", "03-02", "03-02"],
                "modified_following": ["02-16", "02-27", "03-02"],
                "preceding": ["02-13", "02-27", "02-27"],
                "modified_preceding": ["02-13", "02-27", "03-02"],
            },
            lambda **c: [due for day in days for due in dues(day, **c)],
        )
        # Saturday 14 February is paid on Monday 16: 31 days of 10, or 33
        self.hold(
            "moved_interest",
            {"unadjusted": "310.00", "adjusted": "330.00"},
            lambda **c: interests(
                loan(
                    "36000",
                    "10",
                    1,
                    date(2026, 2, 14),
                    {"method": "bullet", "calendar": BusinessCalendar()},
                    business_day_rule="following",
                    **BY_DAYS,
                    **c,
                )
            )[0],
        )

    def test_a_settlement_between_a_due_date_and_the_day_it_was_moved_to(self):
        moved = loan(
            "36000",
            "10",
            2,
            date(2026, 2, 14),
            {"method": "interest_only", "calendar": BusinessCalendar()},
            business_day_rule="following",
            **BY_DAYS,
        )
        # Sunday 15: the 310 of the installment due on Monday, a day of the next period, and the loan
        settled = proposals.settle(moved, (), date(2026, 2, 15))
        self.assertEqual((settled.principal, settled.interest), (Decimal(36000), Decimal(320)))

    # ------------------------------------------------------------ 26, 27: annual rates

    def test_annual_rates_by_their_names(self):
        # 1000 for half a year, 181 days, for 1100
        advances = [annual_rates.Flow(date(2026, 1, 31), Decimal(1000))]
        back = [annual_rates.Flow(date(2026, 7, 31), Decimal(1100), Decimal(1000))]

        def rate(disclosed_rate):
            name = annual_rates.DISCLOSED[disclosed_rate]
            return str(annual_rates.disclosed(name.rate(advances, back), name.decimals))

        self.hold(
            "disclosed_rate",
            {
                "cn_irr": "21.19",  # 1.1^(365/181) − 1
                "cn_simple": "20.17",  # 10 % · 365/181
                "eu_aprc": "21.0",  # 1.1² − 1
                "us_apr": "20.00",  # 2 · 10 %
                "effective": "21.19",
            },
            rate,
        )
        self.hold(
            "apr_time_axis",
            {"actual_days": "21.19", "equal_months": "21.00"},
            lambda apr_time_axis: str(
                annual_rates.disclosed(annual_rates.eu_aprc(advances, back, apr_time_axis), 2)
            ),
        )


class TestDisagreements(BaseCase):
    def test_two_that_can_not_be_held_together_are_named(self):
        pairs = [
            ("multiple_rule", "installment_multiple", {"multiple_rule": "up"}),
            ("multiple_rule", "installment_multiple", {"installment_multiple": Decimal(10)}),
            (
                "rounding_stage",
                "multiple_rule",
                {"rounding_stage": "display", "multiple_rule": "up", "installment_multiple": Decimal(10)},
            ),
            ("rounding_stage", "last_row", {"rounding_stage": "display", "last_row": "interest_plugged"}),
            (
                "multiple_rule",
                "last_row",
                {"multiple_rule": "up", "installment_multiple": Decimal(10), "last_row": "level_nudged"},
            ),
            ("period_basis", "first_period", {"period_basis": "actual_days", "first_period": "eu_simple"}),
            (
                "period_basis",
                "first_period",
                {"period_basis": "actual_days", "first_period": "us_appendix_j"},
            ),
            ("day_count", "year_split", {"day_count": "act_365", "year_split": "new_year"}),
            ("business_day_rule", "moved_interest", {"moved_interest": "adjusted"}),
            (
                "period_basis",
                "moved_interest",
                {"moved_interest": "adjusted", "business_day_rule": "following"},
            ),
            ("flat_rows", "remainder_row", {"flat_rows": "level_total", "remainder_row": "first"}),
            ("dpd_day_zero", "grace_days", {"dpd_day_zero": "less_grace"}),
            ("dpd_day_zero", "grace_days", {"dpd_day_zero": "due_day_is_one", "grace_days": 3}),
            ("penalty_factor", "penalty_compounds", {"penalty_compounds": True}),
            ("prepayment_charge_rate", "prepayment_charge_months", {"prepayment_charge_months": 12}),
            (
                "prepayment_effect",
                "prepayment_date",
                {"prepayment_effect": "own_row", "prepayment_date": "next_due"},
            ),
        ]
        for first, second, chosen in pairs:
            with self.subTest(first=first, second=second), self.assertRaises(ConventionError) as caught:
                Conventions(**chosen)
            self.assertEqual(caught.exception.reason, "options_disagree")
            self.assertEqual(caught.exception.facts, {"first": first, "second": second})
        self.assertEqual(
            {pair[:2] for pair in pairs}, {(first, second) for first, second, _rule in conventions._DISAGREE}
        )

    def test_a_method_can_not_hold_every_choice(self):
        step = {"method": "stepped", "step_rate": Decimal("0.1"), "step_every": 1}
        for first, second, more, chosen in [
            ("method", "balloon", {"balloon": Decimal(100)}, {}),
            ("method", "balloon", {"method": "balloon"}, {}),
            ("method", "step_rate", {"step_rate": Decimal("0.1")}, {}),
            ("method", "step_rate", {"method": "stepped"}, {}),
            ("method", "grace", {"method": "flat", "grace": 1}, {}),
            ("method", "grace", {"method": "interest_only", "grace": 1}, {}),
            ("method", "grace", {"method": "bullet", "grace": 1}, {}),
            ("method", "interest_grace", {"method": "bullet", "interest_grace": 1}, {}),
            ("method", "interest_grace", {"method": "flat", "interest_grace": 1}, {}),
            (
                "grace_interest",
                "interest_grace",
                {"grace": 2, "interest_grace": 1},
                {"grace_interest": "deferred"},
            ),
            ("method", "installment", {"method": "flat", "installment": Decimal(100)}, {}),
            ("last_row", "installment", {"installment": Decimal(4000)}, {"last_row": "level_nudged"}),
            ("method", "last_row", {"method": "equal_principal"}, {"last_row": "interest_plugged"}),
            ("method", "last_row", step, {"last_row": "level_nudged"}),
            ("method", "remainder_row", {}, {"remainder_row": "first"}),
            ("method", "shortfall", {}, {"shortfall": "capitalised"}),
            ("frequency", "due_day", {"frequency": "weekly", "due_day": 15}, {}),
            ("business_day_rule", "calendar", {"calendar": BusinessCalendar()}, {}),
            ("business_day_rule", "calendar", {}, {"business_day_rule": "following"}),
        ]:
            with self.subTest(first=first, second=second, more=more), self.assertRaises(TermsError) as caught:
                loan(more=more, **chosen)
            self.assertEqual(caught.exception.reason, "options_disagree")
            self.assertEqual(caught.exception.facts, {"first": first, "second": second})

    def test_an_event_can_not_change_every_method(self):
        for more, event in [
            ({"method": "flat"}, Change(date(2026, 3, 1), Decimal("0.1"))),
            ({"method": "bullet"}, Change(date(2026, 3, 1), method="annuity")),
            ({}, Change(date(2026, 3, 1), method="flat")),
        ]:
            with self.assertRaises(TermsError) as caught:
                rows(loan(more=more), event)
            self.assertEqual(caught.exception.facts, {"first": "method", "second": "change"})

    def test_values_nobody_offers_are_named(self):
        for option in CHOICES:
            with self.assertRaises(ConventionError) as caught:
                Conventions(**{option: "barter"})
            self.assertEqual(caught.exception.reason, "option_unknown")
            self.assertEqual(caught.exception.facts, {"option": option, "value": "barter"})
        for option, value in [
            ("grace_days", -1),
            ("grace_days", 366),
            ("penalty_factor", Decimal(11)),
            ("late_fee", Decimal("NaN")),
            ("prepayment_charge_rate", Decimal("1.01")),
            ("installment_multiple", Decimal(-1)),
            ("prepayment_charge_months", 601),
        ]:
            with self.subTest(option=option), self.assertRaises(ConventionError) as caught:
                Conventions(**{option: value})
            self.assertEqual(caught.exception.reason, "option_out_of_range")
        with self.assertRaises(TypeError):
            Conventions(penalty_factor=1.5)

    def test_the_house_has_a_value_for_each(self):
        for option, values in CHOICES.items():
            self.assertIn(getattr(STANDARD, option), values)
