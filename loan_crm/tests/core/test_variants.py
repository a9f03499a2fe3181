from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import amortization, proposals, variants
from odoo.addons.loan_crm.core.conventions import Conventions
from odoo.addons.loan_crm.core.terms import Change, Prepayment, Terms, TermsError

D = Decimal


def loan(**values):
    conventions = values.pop("conventions", {})
    return Terms(
        **{
            "principal": D(12000),
            "yearly_rate": D("0.06"),
            "count": 12,
            "first_due": date(2026, 2, 15),
            "start": date(2026, 1, 15),
            "conventions": Conventions(**conventions),
            **values,
        }
    )


class TestVariants(BaseCase):
    """12,000 at 6 % over 12 months, asked about on 15 April: three of twelve installments are paid by then."""

    day = date(2026, 4, 15)

    def test_as_agreed_counts_what_falls_due_after_the_day(self):
        rows = amortization.schedule(loan())
        now = variants.as_agreed(loan(), [], self.day)
        self.assertEqual((now.count, now.next_due, now.last_due), (9, date(2026, 5, 15), date(2027, 1, 15)))
        self.assertEqual(now.payment, rows[3].payment)
        self.assertEqual(now.interest, sum(row.interest for row in rows[3:]))
        self.assertEqual(now.total, sum(row.payment for row in rows[3:]))
        self.assertEqual((now.charge, now.now), (0, 0))
        self.assertEqual(now.balances[0], (self.day, rows[2].balance))
        self.assertEqual(now.balances[-1], (date(2027, 1, 15), 0))

    def test_a_prepayment_keeps_the_term_or_the_installment(self):
        now = variants.as_agreed(loan(), [], self.day)
        lower = variants.prepaid(loan(), [], self.day, D(3000), "keep_term")
        shorter = variants.prepaid(loan(), [], self.day, D(3000), "keep_installment")
        self.assertEqual((lower.count, lower.last_due), (now.count, now.last_due))
        self.assertLess(lower.payment, now.payment)
        self.assertEqual(shorter.payment, now.payment)
        self.assertLess(shorter.count, now.count)
        self.assertLess(shorter.cost, lower.cost)
        self.assertLess(lower.cost, now.cost)
        for variant in (lower, shorter):
            self.assertEqual(variant.now, 3000)
            self.assertEqual(variant.total - variant.interest, now.total - now.interest)
            self.assertEqual(variant.balances[1], (self.day, now.balances[0][1] - 3000))

    def test_interest_to_the_day_is_paid_with_the_prepayment(self):
        day = date(2026, 4, 30)
        own = variants.prepaid(loan(), [], day, D(3000), "own_row")
        self.assertGreater(own.interest_now, 0)
        self.assertEqual(own.now, 3000 + own.interest_now)

    def test_a_settlement_is_what_the_core_settles_it_for(self):
        terms = loan(conventions={"prepayment_charge_rate": D("0.01"), "prepayment_charge_months": 12})
        end = variants.settled(terms, [], self.day)
        settled = proposals.settle(terms, [], self.day)
        self.assertEqual(end.total, settled.total)
        self.assertEqual(end.charge, (settled.principal / 100).quantize(D("0.01")))
        self.assertEqual((end.count, end.payment, end.last_due), (0, None, self.day))

    def test_settling_to_the_next_due_date_bears_the_running_period_whole(self):
        terms = loan(conventions={"settlement_interest": "to_next_due"})
        rows = amortization.schedule(terms)
        mid, due = date(2026, 4, 30), self.day
        self.assertEqual(variants.settled(terms, [], mid).interest, rows[3].interest)
        self.assertEqual(variants.settled(terms, [], due).interest, 0)  # no period has begun
        self.assertEqual(variants.settled(terms, [], date(2026, 1, 15)).interest, rows[0].interest)

    def test_a_settlement_in_the_schedule_is_the_one_that_was_told(self):
        for conventions in (
            {},
            {"settlement_interest": "to_next_due"},
            {"prepayment_date": "next_due"},
            {"period_basis": "actual_days", "settlement_interest": "to_next_due"},
        ):
            for method in ("annuity", "equal_principal", "interest_only", "bullet"):
                terms, day = loan(conventions=conventions, method=method), date(2026, 4, 30)
                with self.subTest(method=method, **conventions):
                    last = amortization.schedule(terms, [Prepayment(day, None)])[-1]
                    end = variants.settled(terms, [], day)
                    self.assertEqual((last.principal, last.interest), (end.principal, end.interest))
                    self.assertEqual((last.due, last.balance), (day, 0))

    def test_interest_that_joins_the_loan_is_a_cost(self):
        now = variants.as_agreed(loan(), [], self.day)
        change = Change(self.day, grace=3, grace_interest="capitalised", remaining=12)
        pause = variants.changed(loan(), [], change)
        self.assertGreater(pause.cost, now.cost)
        self.assertEqual(pause.total - pause.interest, now.total - now.interest)
        self.assertEqual((pause.payment, pause.next_due, pause.count)[1:], (date(2026, 8, 15), 9))

    def test_terms_not_agreed_yet_are_different_from_the_start(self):
        start = date(2026, 1, 15)
        for change, values in (
            (Change(start, yearly_rate=D("0.07")), {"yearly_rate": D("0.07")}),
            (Change(start, remaining=24), {"count": 24}),
            (Change(start, method="equal_principal"), {"method": "equal_principal"}),
            (Change(start, grace=2, grace_interest="deferred"), {"grace": 2}),
        ):
            conventions = {"grace_interest": "deferred"} if change.grace else {}
            with self.subTest(change=change):
                fresh = variants.changed(loan(), [], change, fresh=True)
                rows = amortization.schedule(loan(conventions=conventions, **values))
                self.assertEqual(fresh.total, sum(row.payment for row in rows))
        flat = loan(method="balloon", balloon=D(5000))
        self.assertEqual(variants.changed(flat, [], Change(start, method="annuity"), fresh=True).count, 12)

    def test_what_cannot_be_asked_is_refused(self):
        with self.assertRaises(TermsError) as refused:
            variants.prepaid(loan(), [], self.day, D(20000))
        self.assertEqual(refused.exception.reason, "prepayment_beyond_balance")
        with self.assertRaises(TermsError) as refused:
            variants.settled(loan(), [], date(2027, 6, 1))
        self.assertEqual(refused.exception.reason, "prepayment_beyond_balance")
        with self.assertRaises(TermsError) as refused:
            variants.changed(loan(method="flat"), [], Change(self.day, yearly_rate=D("0.07")))
        self.assertEqual(refused.exception.reason, "options_disagree")
