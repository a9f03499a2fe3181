from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import promises

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

MADE = date(2026, 3, 10)
UNTIL = date(2026, 3, 16)
PROMISE = promises.Promise(Decimal(500), MADE, UNTIL)


def paid(*pairs):
    """Return payments from pairs of days after the promise was made and amounts."""
    return [promises.Paid(MADE + timedelta(days), Decimal(amount)) for days, amount in pairs]


class TestPromises(BaseCase):
    def test_a_promise_is_judged_by_the_days_of_its_payments(self):
        for payments, day, expected in [
            ([], 0, ("open", 0, None)),
            ([], 6, ("open", 0, None)),  # the last day is a whole day
            ([], 7, ("broken", 0, 6)),
            ([(3, 500)], 3, ("kept", 500, 3)),  # as soon as it is enough
            ([(0, 500)], 0, ("kept", 500, 0)),
            ([(6, 500)], 9, ("kept", 500, 6)),
            ([(7, 500)], 9, ("broken", 0, 6)),
            ([(-1, 500)], 9, ("broken", 0, 6)),
            ([(2, "499.99")], 6, ("open", "499.99", None)),
            ([(2, "499.99")], 7, ("partly", "499.99", 6)),
            ([(4, 300), (1, 200)], 5, ("kept", 500, 4)),
            ([(1, 500), (5, 100)], 9, ("kept", 600, 1)),
            ([(1, 100), (7, 400)], 9, ("partly", 100, 6)),
        ]:
            with self.subTest(payments=payments, day=day):
                state, amount, decided = expected
                verdict = promises.judge(PROMISE, paid(*payments), MADE + timedelta(day))
                self.assertEqual((verdict.state, verdict.paid), (state, Decimal(amount)))
                self.assertEqual(verdict.day, None if decided is None else MADE + timedelta(decided))

    def test_who_repays_the_whole_loan_in_time_keeps_the_promise(self):
        less = paid((2, 480))  # a penalty that was promised, too, fell away
        self.assertEqual(promises.judge(PROMISE, less, UNTIL + timedelta(9), UNTIL).state, "kept")
        self.assertEqual(
            promises.judge(PROMISE, less, UNTIL + timedelta(9), UNTIL + timedelta(1)).state, "partly"
        )
        self.assertEqual(promises.judge(PROMISE, [], UNTIL, MADE - timedelta(1)).state, "open")

    def test_a_year_forgives(self):
        day = date(2026, 3, 16)
        for other, count in [
            (date(2025, 3, 16), 0),
            (date(2025, 3, 17), 1),
            (date(2026, 3, 16), 1),
            (date(2026, 3, 17), 0),
        ]:
            with self.subTest(other=other):
                self.assertEqual(promises.broken_before(day, [other]), count)
        self.assertEqual(promises.broken_before(date(2024, 2, 29), [date(2023, 3, 1), date(2023, 2, 28)]), 1)


if given is None:

    class TestPromiseProperties(BaseCase):
        def test_properties_of_promises(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=200)
    cents = st.integers(1, 10**8).map(lambda units: Decimal(units).scaleb(-2))
    days = st.integers(-5, 40).map(lambda days: MADE + timedelta(days))
    payments = st.lists(st.builds(promises.Paid, days, cents), max_size=6)
    made = st.builds(
        lambda amount, first, length: promises.Promise(amount, first, first + timedelta(length)),
        cents,
        days,
        st.integers(0, 31),
    )
    RANK = ("broken", "partly", "kept")

    class TestPromiseProperties(BaseCase):
        @relaxed
        @given(made, payments, days, st.randoms(use_true_random=False))
        def test_the_order_in_which_money_is_entered_never_matters(self, promise, given_, today, random):
            shuffled = list(given_)
            random.shuffle(shuffled)
            self.assertEqual(promises.judge(promise, given_, today), promises.judge(promise, shuffled, today))

        @relaxed
        @given(made, payments, days)
        def test_only_money_of_its_own_days_counts(self, promise, given_, today):
            inside = [payment for payment in given_ if promise.made <= payment.day <= promise.until]
            verdict = promises.judge(promise, given_, today)
            self.assertEqual(verdict, promises.judge(promise, inside, today))
            self.assertEqual(verdict.paid, sum((payment.amount for payment in inside), Decimal(0)))

        @relaxed
        @given(made, payments, days)
        def test_it_is_kept_exactly_when_enough_was_paid_and_open_only_while_there_is_time(
            self, promise, given_, today
        ):
            verdict = promises.judge(promise, given_, today)
            self.assertEqual(verdict.state == "kept", verdict.paid >= promise.amount)
            self.assertEqual(
                verdict.state == "open", verdict.paid < promise.amount and today <= promise.until
            )
            self.assertEqual(verdict.state == "open", verdict.day is None)
            if verdict.day:
                self.assertTrue(promise.made <= verdict.day <= promise.until)

        @relaxed
        @given(made, payments, st.builds(promises.Paid, days, cents))
        def test_one_payment_more_never_makes_it_worse(self, promise, given_, more):
            after = promise.until + timedelta(1)
            before, now = (promises.judge(promise, known, after).state for known in (given_, [*given_, more]))
            self.assertGreaterEqual(RANK.index(now), RANK.index(before))

        @relaxed
        @given(made, payments, st.integers(1, 400))
        def test_what_is_decided_does_not_age(self, promise, given_, later):
            after = promise.until + timedelta(1)
            self.assertEqual(
                promises.judge(promise, given_, after),
                promises.judge(promise, given_, after + timedelta(later)),
            )
