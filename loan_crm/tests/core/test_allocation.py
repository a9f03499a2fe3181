from datetime import date
from decimal import Decimal, localcontext

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import allocation
from odoo.addons.loan_crm.core.allocation import (
    Allocation,
    AllocationError,
    LateCharges,
    Owed,
    Payment,
    Share,
)

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None


def owed(key, month, interest, principal):
    return Owed(key, date(2026, month, 15), Decimal(interest), Decimal(principal))


def paid(key, day, amount):
    return Payment(key, date(2026, 1, day), Decimal(amount))


def shares(*rows):
    return tuple(Share(key, Decimal(interest), Decimal(principal)) for key, interest, principal in rows)


# Two installments, given latest first: the order of the list must not matter.
LOAN = (owed("second", 2, "8.00", "92.00"), owed("first", 1, "10.00", "90.00"))


class TestAllocation(BaseCase):
    def assertRefused(self, reason, function, *args):
        with self.assertRaises(AllocationError) as caught:
            function(*args)
        self.assertEqual(caught.exception.reason, reason)

    def test_the_oldest_comes_first_and_in_it_interest_before_principal(self):
        for amount, spread, rest in [
            ("0.00", [], "0"),
            ("0.01", [("first", "0.01", "0")], "0"),
            ("10.00", [("first", "10.00", "0")], "0"),
            ("10.01", [("first", "10.00", "0.01")], "0"),
            ("100.00", [("first", "10.00", "90.00")], "0"),
            ("103.00", [("first", "10.00", "90.00"), ("second", "3.00", "0")], "0"),
            ("150.00", [("first", "10.00", "90.00"), ("second", "8.00", "42.00")], "0"),
            ("200.00", [("first", "10.00", "90.00"), ("second", "8.00", "92.00")], "0"),
            ("200.01", [("first", "10.00", "90.00"), ("second", "8.00", "92.00")], "0.01"),
        ]:
            with self.subTest(amount=amount):
                self.assertEqual(
                    allocation.allocate(Decimal(amount), LOAN), Allocation(shares(*spread), Decimal(rest))
                )

    def test_on_one_due_date_the_key_decides(self):
        rows = [owed(2, 1, "0", "5"), owed(1, 1, "0", "5")]
        self.assertEqual(allocation.allocate(Decimal(6), rows).shares, shares((1, "0", "5"), (2, "0", "1")))

    def test_money_nobody_asked_for_is_the_rest(self):
        self.assertEqual(allocation.allocate(Decimal(5), []), Allocation((), Decimal(5)))
        nothing = [owed(1, 1, "0", "0")]
        self.assertEqual(allocation.allocate(Decimal(5), nothing), Allocation((), Decimal(5)))

    def test_an_installment_of_nothing_is_passed_over(self):
        rows = [owed(1, 1, "0", "0"), owed(2, 2, "0", "3"), owed(3, 3, "2", "0")]
        self.assertEqual(allocation.allocate(Decimal(4), rows).shares, shares((2, "0", "3"), (3, "1", "0")))

    def test_none_may_be_the_key_of_an_installment(self):
        self.assertEqual(
            allocation.allocate(Decimal(1), [owed(None, 1, "0", "3")]).shares, shares((None, "0", "1"))
        )

    def test_payments_are_replayed_by_date_then_key_whatever_their_order(self):
        payments = [paid(3, 9, "95"), paid(1, 9, "50"), paid(2, 5, "55")]
        replayed = allocation.replay(payments, LOAN)
        self.assertEqual(list(replayed), [2, 1, 3])
        self.assertEqual(replayed[2].shares, shares(("first", "10", "45")))
        self.assertEqual(replayed[1].shares, shares(("first", "0", "45"), ("second", "5", "0")))
        self.assertEqual(replayed[3].shares, shares(("second", "3", "92")))
        self.assertEqual([each.rest for each in replayed.values()], [0, 0, 0])

    def test_a_reversed_payment_is_a_replay_without_it(self):
        payments = [paid(1, 5, "100"), paid(2, 9, "100")]
        self.assertEqual(allocation.replay(payments, LOAN)[2].shares, shares(("second", "8", "92")))
        self.assertEqual(allocation.replay(payments[1:], LOAN)[2].shares, shares(("first", "10", "90")))

    def test_a_back_dated_payment_is_a_replay_with_it(self):
        payments = [paid(1, 20, "100"), paid(2, 5, "40")]  # entered later, received earlier
        replayed = allocation.replay(payments, LOAN)
        self.assertEqual(replayed[2].shares, shares(("first", "10", "30")))
        self.assertEqual(replayed[1].shares, shares(("first", "0", "60"), ("second", "8", "32")))

    def test_after_the_last_installment_every_payment_is_credit(self):
        replayed = allocation.replay([paid(1, 1, "150"), paid(2, 2, "70"), paid(3, 3, "7")], LOAN)
        self.assertEqual([each.rest for each in replayed.values()], [0, 20, 7])
        self.assertEqual(replayed[3].shares, ())

    def test_what_remains_is_told_oldest_first(self):
        replayed = allocation.replay([paid(1, 1, "4"), paid(2, 2, "50")], LOAN)
        self.assertEqual(
            allocation.remaining(LOAN, replayed.values()),
            (owed("first", 1, "0", "46"), owed("second", 2, "8", "92")),
        )
        replayed = allocation.replay([paid(1, 1, "100")], LOAN)
        self.assertEqual(allocation.remaining(LOAN, replayed.values()), (owed("second", 2, "8", "92"),))
        replayed = allocation.replay([paid(1, 1, "999")], LOAN)
        self.assertEqual(allocation.remaining(LOAN, replayed.values()), ())
        self.assertEqual(allocation.remaining(LOAN, []), LOAN[::-1])

    def test_a_poor_decimal_context_of_the_caller_loses_nothing(self):
        rows = [owed(1, 1, "0.01", "123456789.01")]
        with localcontext() as context:
            context.prec = 3
            result = allocation.allocate(Decimal("123456789.03"), rows)
            self.assertEqual(allocation.remaining(rows, [result]), ())
        self.assertEqual(result, Allocation(shares((1, "0.01", "123456789.01")), Decimal("0.01")))

    def test_amounts_no_one_can_owe_or_pay_are_refused(self):
        for amount, reason in [
            ("-0.01", "amount_negative"),
            ("NaN", "amount_not_finite"),
            ("Infinity", "amount_not_finite"),
        ]:
            with self.subTest(amount=amount):
                self.assertRefused(reason, allocation.allocate, Decimal(amount), LOAN)
                self.assertRefused(reason, allocation.allocate, Decimal(1), [owed(1, 1, amount, "1")])
                self.assertRefused(reason, allocation.allocate, Decimal(1), [owed(1, 1, "1", amount)])
        # also behind the point where the money has run out
        self.assertRefused("amount_negative", allocation.replay, [paid(1, 1, "1000"), paid(2, 2, "-1")], LOAN)
        self.assertRefused(
            "amount_negative", allocation.allocate, Decimal(1), [*LOAN, owed("third", 3, "0", "-1")]
        )
        with self.assertRaises(TypeError):
            allocation.allocate(1.0, LOAN)

    def test_a_key_given_twice_is_refused(self):
        self.assertRefused("payment_repeated", allocation.replay, [paid(1, 1, "1"), paid(1, 2, "1")], LOAN)
        self.assertRefused("owed_repeated", allocation.replay, [], [LOAN[0], LOAN[0]])
        self.assertRefused("owed_repeated", allocation.remaining, [LOAN[0], LOAN[0]], [])


if given is None:

    class TestAllocationProperties(BaseCase):
        def test_properties_of_allocation(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=100)
    amounts = st.integers(0, 500).map(lambda units: Decimal(units) / 100)
    dues = st.dates(date(2026, 1, 1), date(2026, 1, 9))
    owed_rows = st.lists(st.tuples(dues, amounts, amounts), max_size=6).map(
        lambda rows: [Owed(key, *row) for key, row in enumerate(rows)]
    )
    payment_rows = st.lists(st.tuples(dues, amounts), max_size=6).map(
        lambda rows: [Payment(key, *row) for key, row in enumerate(rows)]
    )

    class TestAllocationProperties(BaseCase):
        @relaxed
        @given(payment_rows, owed_rows)
        def test_no_cent_is_made_or_lost(self, payments, rows):
            replayed = allocation.replay(payments, rows)
            for payment in payments:
                spread = replayed[payment.key]
                self.assertEqual(
                    sum(s.interest + s.principal for s in spread.shares) + spread.rest, payment.amount
                )
                self.assertTrue(all(s.interest >= 0 and s.principal >= 0 for s in spread.shares))
                self.assertTrue(all(s.interest or s.principal for s in spread.shares))
            left = allocation.remaining(rows, replayed.values())
            self.assertTrue(all(row.interest >= 0 and row.principal >= 0 for row in left))
            total = sum(row.interest + row.principal for row in rows)
            rest = sum(row.interest + row.principal for row in left)
            credit = sum(each.rest for each in replayed.values())
            self.assertEqual(total - rest, sum(payment.amount for payment in payments) - credit)
            self.assertFalse(rest and credit, "credit while something is owed")

        @relaxed
        @given(payment_rows, owed_rows)
        def test_nobody_is_served_before_the_one_ahead_is_done(self, payments, rows):
            left = allocation.remaining(rows, allocation.replay(payments, rows).values())
            asked = {row.key: row for row in rows}
            for behind in left[1:]:
                self.assertEqual(behind, asked[behind.key])
            for first in left[:1]:
                if first.interest:
                    self.assertEqual(first.principal, asked[first.key].principal)

        @relaxed
        @given(payment_rows, owed_rows, st.randoms(use_true_random=False))
        def test_the_order_of_entry_does_not_matter(self, payments, rows, shuffler):
            expected = list(allocation.replay(payments, rows).items())
            shuffler.shuffle(payments)
            shuffler.shuffle(rows)
            self.assertEqual(list(allocation.replay(payments, rows).items()), expected)

        @relaxed
        @given(payment_rows, owed_rows)
        def test_paying_in_parts_is_paying_at_once(self, payments, rows):
            at_once = allocation.allocate(sum((payment.amount for payment in payments), Decimal(0)), rows)
            in_parts = allocation.replay(payments, rows).values()
            self.assertEqual(allocation.remaining(rows, in_parts), allocation.remaining(rows, [at_once]))


class TestWaitingMoney(BaseCase):
    """Money beyond what is due waits as credit and pays each installment on its day."""

    def _owed(self):
        return [Owed(month, date(2026, month, 10), Decimal(10), Decimal(90)) for month in (1, 2, 3)]

    def _replay(self, payments, today, **more):
        return allocation.replay_late(payments, self._owed(), None, today, overpayment="waits", **more)

    def test_it_waits_for_the_next_due_date(self):
        payments = [Payment("a", date(2026, 1, 10), Decimal(250))]
        for today, paid, rest in [
            (date(2026, 1, 10), 1, 150),
            (date(2026, 2, 9), 1, 150),
            (date(2026, 2, 10), 2, 50),
            (date(2026, 3, 10), 3, 0),
        ]:
            with self.subTest(today=today):
                result = self._replay(payments, today).allocations["a"]
                self.assertEqual((len(result.shares), result.rest), (paid, rest))

    def test_the_oldest_money_is_spent_first_and_nothing_is_lost(self):
        payments = [Payment("a", date(2026, 1, 1), Decimal(30)), Payment("b", date(2026, 1, 2), Decimal(90))]
        before = self._replay(payments, date(2026, 1, 9)).allocations
        self.assertEqual((before["a"].rest, before["b"].rest), (30, 90))
        result = self._replay(payments, date(2026, 1, 10)).allocations
        self.assertEqual((result["a"].rest, result["b"].rest), (0, 20))
        self.assertEqual(result["a"].shares, (Share(1, Decimal(10), Decimal(20)),))
        for payment in payments:
            spent = sum(sum(share[1:]) for share in result[payment.key].shares)
            self.assertEqual(spent + result[payment.key].rest, payment.amount)

    def test_it_pays_in_time_so_nothing_is_late(self):
        charges = LateCharges(rates=((date.min, Decimal("0.09"), Decimal("0.06")),))
        payments = [Payment("a", date(2026, 1, 1), Decimal(200)), Payment("b", date(2026, 2, 28), Decimal(1))]
        replay = allocation.replay_late(
            payments, self._owed(), charges, date(2026, 2, 28), overpayment="waits"
        )
        self.assertEqual(set(replay.open), {3})
        self.assertEqual(replay.open[3].penalty, 0)
        self.assertEqual(replay.allocations["b"].rest, 1)

    def test_paying_ahead_is_the_houses_way(self):
        payments = [Payment("a", date(2026, 1, 10), Decimal(250))]
        result = allocation.replay_late(payments, self._owed(), None, date(2026, 1, 10)).allocations["a"]
        self.assertEqual((len(result.shares), result.rest), (3, 0))


class TestMeantForOneRow(BaseCase):
    """A prepayment pays its own row; what is left open of it, or too much, is like everything else."""

    def test_what_a_prepayment_leaves_open_others_pay(self):
        owed = [
            Owed(1, date(2026, 1, 10), Decimal(10), Decimal(90)),
            Owed(2, date(2026, 2, 1), Decimal(6), Decimal(50)),
        ]
        own = Payment("own", date(2026, 2, 1), Decimal(40), 2)
        later = Payment("later", date(2026, 3, 1), Decimal(200))
        replay = allocation.replay_late([own, later], owed, None, date(2026, 3, 1))
        self.assertEqual(replay.open, {})
        self.assertEqual(replay.allocations["later"].rest, 200 - 100 - 16)

    def test_what_a_prepayment_has_too_much_pays_others(self):
        owed = [
            Owed(1, date(2026, 1, 10), Decimal(10), Decimal(90)),
            Owed(2, date(2026, 2, 1), Decimal(0), Decimal(50)),
        ]
        replay = allocation.replay_late([Payment("own", date(2026, 2, 1), Decimal(70), 2)], owed, None, None)
        self.assertEqual([share.key for share in replay.allocations["own"].shares], [2, 1])
        self.assertEqual(replay.open[1].interest + replay.open[1].principal, 80)

    def test_nobody_else_pays_it_before(self):
        owed = [
            Owed(1, date(2026, 1, 10), Decimal(0), Decimal(50)),
            Owed(2, date(2026, 3, 10), Decimal(0), Decimal(50)),
        ]
        early = Payment("early", date(2026, 1, 1), Decimal(80))
        own = Payment("own", date(2026, 1, 10), Decimal(50), 1)
        replay = allocation.replay_late([early, own], owed, None, None)
        self.assertEqual([share.key for share in replay.allocations["early"].shares], [2])
        self.assertEqual(replay.allocations["early"].rest, 30)
