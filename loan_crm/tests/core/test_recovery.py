from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import recovery

try:
    from hypothesis import given
    from hypothesis import strategies as st
except ImportError:
    given = None

CLOSED = date(2026, 3, 10)


class TestRecovery(BaseCase):
    def test_authority_is_the_largest_limit_to_the_cent(self):
        limits = [Decimal("200.00"), Decimal("50.00")]
        for amount, limit, allowed in [
            ("200.00", limits, True),
            ("200.01", limits, False),
            ("0", [], True),
            ("0.01", [], False),
            ("0", limits, True),
        ]:
            with self.subTest(amount=amount, limits=limit):
                self.assertEqual(recovery.may_give(Decimal(amount), limit), allowed)

    def test_nobody_grants_what_they_asked_for(self):
        self.assertEqual(recovery.refusal(Decimal(1), "lin", "lin", [Decimal(999)]), "own")
        self.assertEqual(recovery.refusal(Decimal(1000), "lin", "gu", [Decimal(999)]), "limit")
        self.assertIsNone(recovery.refusal(Decimal(999), "lin", "gu", [Decimal(999)]))

    def test_who_comes_back_is_counted_within_the_months(self):
        for days, today, expected in [
            ([], 10, ("waiting", None)),
            ([], 400, ("no", None)),
            ([0], 400, ("no", None)),
            ([5, 3], 10, ("yes", 3)),
            ([5], 4, ("waiting", None)),
            ([365], 400, ("yes", 365)),
            ([366], 400, ("no", None)),
        ]:
            with self.subTest(days=days, today=today):
                found = recovery.came_back(
                    CLOSED, [CLOSED + timedelta(day) for day in days], 12, CLOSED + timedelta(today)
                )
                state, day = expected
                self.assertEqual(found, (state, None if day is None else CLOSED + timedelta(day)))


if given:
    AMOUNTS = st.decimals(0, 10**9, places=2)

    class TestRecoveryProperties(BaseCase):
        @given(AMOUNTS, st.lists(AMOUNTS))
        def test_more_roles_never_give_less(self, amount, limits):
            for limit in limits:
                if recovery.may_give(amount, [limit]):
                    self.assertTrue(recovery.may_give(amount, limits))

        @given(AMOUNTS, AMOUNTS, st.lists(AMOUNTS))
        def test_who_may_give_an_amount_may_give_less(self, amount, less, limits):
            if less <= amount and recovery.may_give(amount, limits):
                self.assertTrue(recovery.may_give(less, limits))

        @given(st.lists(st.integers(-400, 800)), st.integers(1, 24), st.integers(0, 800), st.integers(0, 400))
        def test_a_measure_that_is_taken_stands(self, days, months, today, later):
            days = [CLOSED + timedelta(day) for day in days]
            before = recovery.came_back(CLOSED, days, months, CLOSED + timedelta(today))
            after = recovery.came_back(CLOSED, days, months, CLOSED + timedelta(today + later))
            if before.state != "waiting":
                self.assertEqual(before, after)
