from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import statements
from odoo.addons.loan_crm.core.statements import Move, StatementError


def money(text):
    return Decimal(text)


MOVES = [
    Move(date(2026, 3, 1), "payment", money("550"), money("500"), money("45"), money("5")),
    Move(date(2026, 1, 1), "payout", money("1000")),
    Move(date(2026, 3, 1), "due", money("545")),
    Move(date(2026, 2, 1), "joined", money("10")),
    Move(date(2026, 4, 1), "payout", money("200")),
]


class TestStatements(BaseCase):
    def test_what_was_owed_at_first_follows_from_what_came_before(self):
        for first, last, opened, closed, paid, asked in (
            (date(2026, 1, 1), date(2026, 12, 31), "0", "710", "550", "545"),
            (date(2026, 2, 1), date(2026, 2, 28), "1000", "1010", "0", "0"),
            (date(2026, 3, 1), date(2026, 3, 1), "1010", "510", "550", "545"),
            (date(2026, 5, 1), date(2026, 5, 31), "710", "710", "0", "0"),
            (date(2025, 1, 1), date(2025, 12, 31), "0", "0", "0", "0"),
        ):
            with self.subTest(first=first):
                told = statements.statement(MOVES, first, last)
                self.assertEqual(
                    (told.opened, told.closed, told.paid, told.asked),
                    (money(opened), money(closed), money(paid), money(asked)),
                )

    def test_lines_stand_in_order_whatever_order_they_came_in(self):
        told = statements.statement(reversed(MOVES), date(2026, 1, 1), date(2026, 12, 31))
        self.assertEqual(
            [(move.kind, owed) for move, owed in told.lines],
            [
                ("payout", money("1000")),
                ("joined", money("1010")),
                ("due", money("1010")),
                ("payment", money("510")),
                ("payout", money("710")),
            ],
        )

    def test_parts_of_a_span_meet(self):
        whole = statements.statement(MOVES, date(2026, 1, 1), date(2026, 12, 31))
        first = statements.statement(MOVES, date(2026, 1, 1), date(2026, 2, 28))
        second = statements.statement(MOVES, date(2026, 3, 1), date(2026, 12, 31))
        self.assertEqual(first.closed, second.opened)
        self.assertEqual(first.lines + second.lines, whole.lines)

    def test_a_span_that_runs_backwards_is_refused(self):
        with self.assertRaises(StatementError) as refused:
            statements.statement(MOVES, date(2026, 2, 1), date(2026, 1, 1))
        self.assertEqual(refused.exception.reason, "span_backwards")
