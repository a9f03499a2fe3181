import random
from datetime import date, datetime, timezone
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import amortization, feed
from odoo.addons.loan_crm.core.feed import FeedError
from odoo.addons.loan_crm.core.terms import Terms

CENT = Decimal("0.01")


class TestFeed(BaseCase):
    """Values of another system: what they say, or refused."""

    def _refused(self, reason, read, *values):
        with self.assertRaises(FeedError) as caught:
            read(*values)
        self.assertEqual(caught.exception.reason, reason)

    def test_amounts_are_what_their_digits_say(self):
        for value, units in (
            (12, 1200),
            (1032.8, 103280),
            ("0.01", 1),
            (1.1 + 2.2 - 2.2, 110),
            ("1E+2", 10000),
        ):
            with self.subTest(value=value):
                self.assertEqual(feed.amount(value, CENT), units)
        for value, reason in (
            (None, "missing"),
            ("", "missing"),
            ("1,000.00", "not_a_number"),
            (True, "not_a_number"),
            ([], "not_a_number"),
            (float("nan"), "not_a_number"),
            ("Infinity", "not_a_number"),
            (0.001, "finer_than_cent"),
            (0.1 + 0.2, "finer_than_cent"),  # a sum of floats is told, not rounded
            ("1e30", "too_large"),
            ("99999999999999999", "too_large"),
        ):
            with self.subTest(value=value):
                self._refused(reason, feed.amount, value, CENT)

    def test_whole_numbers_days_and_texts(self):
        self.assertEqual([feed.whole(value) for value in (3, 3.0, "3")], [3, 3, 3])
        for value, reason in (
            (3.5, "not_whole"),
            (2**31, "too_large"),
            (True, "not_a_number"),
            (None, "missing"),
        ):
            self._refused(reason, feed.whole, value)
        self.assertEqual(feed.day("2026-03-10"), date(2026, 3, 10))
        for value in ("10.03.2026", "20260310", "2026-02-30", 5, datetime(2026, 3, 10, tzinfo=timezone.utc)):
            self._refused("not_a_date", feed.day, value)
        self.assertEqual(feed.text(" A1 "), "A1")
        self._refused("not_text", feed.text, 5)

    def test_a_schedule_of_ours_sent_back_is_the_same_schedule(self):
        dice = random.Random(1)
        for _case in range(200):
            terms = Terms(
                Decimal(dice.randrange(100_00, 900_000_00)) / 100,
                Decimal(dice.randrange(0, 3000)) / 10000,
                dice.randrange(1, 60),
                date(2026, 2, 15),
                start=date(2026, 1, 15),
                method=dice.choice(["annuity", "equal_principal", "interest_only", "bullet"]),
            )
            own = amortization.schedule_minor(terms)
            given = [
                {
                    "number": row[0],
                    "due_date": str(row[1]),
                    "principal": row[2] / 100,
                    "interest": str(Decimal(row[3]) / 100),
                    "capitalised": Decimal(row[5]) / 100,
                    "balance": row[4] / 100,
                }
                for row in own
            ]
            dice.shuffle(given)
            rows = feed.rows(given, CENT, terms.principal_minor, terms.start)
            self.assertEqual([row[:6] for row in rows], [row[:6] for row in own])
            self.assertEqual(feed.differences(rows, own), [])

    def test_differences_name_row_and_figure(self):
        row = (1, date(2026, 2, 15), 100, 5, 0, 0, "installment", None, 0)
        other = (1, date(2026, 2, 16), 100, 6, 0, 0, "installment", None)
        self.assertEqual(
            feed.differences([row], [other, other]),
            [(1, "due_date", row[1], other[1]), (1, "interest", 5, 6), (2, "row", None, 2)],
        )

    def test_a_stream_is_read_to_its_end(self):
        stream = feed.Stream(f"{n}\n" for n in range(450))
        self.assertEqual([len(stream.read(8).splitlines()) for _time in range(4)], [200, 200, 50, 0])
