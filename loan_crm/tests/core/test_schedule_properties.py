"""What holds for every schedule and every replay, whatever the method, the conventions and the events.

Terms, conventions and events are drawn at random, each choice as likely as the next. A fixed seed makes a run the
same everywhere; ``LOAN_SWEEP=2000000 python3 loan_crm/tests/core -k Sweep`` makes it a long one.
"""

import os
import random
import unittest
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import allocation, amortization, conventions, dates, proposals
from odoo.addons.loan_crm.core.allocation import LateCharges, Owed, Payment
from odoo.addons.loan_crm.core.amortization import METHODS, Change, Drawdown, Prepayment, Terms, TermsError
from odoo.addons.loan_crm.core.calendars import BusinessCalendar
from odoo.addons.loan_crm.core.conventions import CHOICES, STANDARD, ConventionError, Conventions
from odoo.addons.loan_crm.core.terms import LEVEL_METHODS
from odoo.addons.loan_crm.core.walk import Walk

try:
    from hypothesis import given, settings
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
try:
    import QuantLib
except ImportError:
    QuantLib = None

SWEEP = int(os.environ.get("LOAN_SWEEP", "4000"))
CALENDAR = BusinessCalendar()
SCHEDULE_CHOICES = tuple(conventions._SCHEDULE.items())
CENTS = tuple(map(Decimal, ("0.01", "0.01", "0.01", "1", "0.001", "0.05")))
RATES = tuple(map(Decimal, ("0", "0.0001", "0.0345", "0.0435", "0.049", "0.12", "0.24", "0.36", "1.2")))
COUNTS = (1, 2, 3, 4, 5, 6, 8, 12, 12, 24)


def some_conventions(draw):
    """Draw conventions; where two disagree both become the house's."""
    chosen = {}
    for name, values in SCHEDULE_CHOICES:
        if draw.random() < 0.3:
            chosen[name] = draw.choice(values)
    if chosen.get("rounding_stage") == "display" and draw.random() < 0.7:
        del chosen["rounding_stage"]  # exact, and so slow
    if chosen.get("multiple_rule", "none") != "none":
        chosen["installment_multiple"] = Decimal(draw.choice(("0.05", "1", "10", "100")))
    while True:
        try:
            return Conventions(**chosen)
        except ConventionError as refusal:
            for option in refusal.facts.values():
                chosen.pop(option, None)


@lru_cache(maxsize=4096)
def suited(agreed, method):
    """Return conventions without what a method can not hold."""
    less = {}
    if method not in LEVEL_METHODS or (method == "stepped" and agreed.last_row == "level_nudged"):
        less["last_row"] = "payment_changes"
    if method not in ("equal_principal", "flat"):
        less["remainder_row"] = "last"
    if method != "stepped":
        less["shortfall"] = "refused"
    return replace(agreed, **less)


def some_terms(draw, agreed):
    """Draw terms, or None where what was drawn makes none."""
    method, frequency = draw.choice(METHODS), draw.choice(tuple(dates.FREQUENCIES))
    agreed = suited(agreed, method)
    cent, count = draw.choice(CENTS), draw.choice(COUNTS)
    units = int(10 ** (2 + 8 * draw.random()))
    first_due = date(2023, 1, 1) + timedelta(draw.randrange(1500))
    more = {}
    if method == "balloon":
        more["balloon"] = cent * (1 + int(units * 0.9 * draw.random()))
    if method == "stepped":
        more["step_rate"] = Decimal(draw.choice(("0.05", "-0.05", "0.3")))
        more["step_every"] = draw.randrange(1, count + 1)
    if draw.random() < 0.25 and method not in ("flat", "interest_only", "bullet"):
        more["grace"] = draw.randrange(count)
    if draw.random() < 0.1 and method not in ("flat", "bullet"):
        more["interest_grace"] = draw.randrange(count)
    if draw.random() < 0.1 and method == "annuity" and agreed.last_row == "payment_changes":
        more["installment"] = cent * (1 + int(units / count * (0.9 + 0.5 * draw.random())))
    if agreed.business_day_rule != "unadjusted":
        more["calendar"] = CALENDAR
    if draw.random() < 0.5:
        more["start"] = first_due - timedelta(draw.randrange(1, 100))
    rate = draw.choice(RATES)
    try:
        terms = Terms(
            units * cent,
            rate,
            count,
            first_due,
            cent,
            method=method,
            frequency=frequency,
            conventions=agreed,
            **more,
        )
        Walk(terms)
        return terms
    except TermsError as refusal:
        if refusal.reason not in DRAWN_IN_VAIN:
            raise
        return None


DRAWN_IN_VAIN = (
    "options_disagree",
    "multiple_finer_than_cent",
    "first_period_too_long",
    "balloon_out_of_range",
    "first_due_not_after_start",
)


def some_events(draw, terms):
    """Draw events of the life of a loan."""
    start, cent = Walk(terms).periods.start, terms.cent
    span = (terms.first_due - start).days + terms.count * 370 // dates.FREQUENCIES[terms.frequency].per_year
    units, events = terms.principal_minor, []
    for _each in range(draw.choice((0, 0, 1, 1, 2, 3))):
        day, kind = start + timedelta(draw.randrange(span)), draw.random()
        if kind < 0.3:
            events.append(Drawdown(day, cent * draw.randrange(1, units + 2)))
        elif kind < 0.7:
            effect = draw.choice((None, *CHOICES["prepayment_effect"]))
            amount = None if draw.random() < 0.05 else cent * draw.randrange(1, units // 2 + 2)
            events.append(Prepayment(day, amount, effect, "early"))
        else:
            more = {
                "yearly_rate": draw.choice((None, *RATES)),
                "remaining": draw.choice((None, None, None, 5, 30)),
                "grace": draw.choice((0, 0, 0, 1, 2)),
                "grace_interest": draw.choice((None, *CHOICES["grace_interest"])),
                "method": draw.choice((None, None, None, "annuity", "equal_principal", "interest_only")),
            }
            events.append(Change(day, **more))
    return events


class ScheduleProperties:
    """What is asked of a schedule; ``fail`` is the test case's."""

    def hold_schedule(self, terms, events):
        """Hold all that is true of the rows of some terms; return why there are none, or "served"."""
        try:
            rows = amortization.schedule(terms, events)
        except TermsError as refusal:
            return refusal.reason
        message = (terms, events, rows)
        drawn = sum((event.amount for event in events if isinstance(event, Drawdown)), terms.principal)
        if sum(row.principal for row in rows) != drawn + sum(row.capitalised for row in rows):
            self.fail(("the principal is not what was lent", *message))
        if rows[-1].balance:
            self.fail(("something is left", *message))
        numbers = [row.number for row in rows if row.kind == amortization.INSTALLMENT]
        if numbers != list(range(1, len(numbers) + 1)):
            self.fail(("installments are miscounted", *message))
        for row in rows:
            if min(row[2:6]) < 0:
                self.fail(("a figure is negative", row, *message))
        for before, row in pairwise(rows):
            if row.due < before.due:
                self.fail(("due dates fall", row, *message))
        if not events:
            balance = terms.principal
            for row in rows:
                balance += row.capitalised - row.principal
                if balance != row.balance:
                    self.fail(("a row does not foot", row, *message))
            if amortization._is_plain(terms) and Walk(terms).rows() != amortization.schedule_minor(terms):
                self.fail(("the two routes part", *message))
        return "served"

    def hold_what_events_can_not_do(self, draw, terms, events):
        try:
            rows = amortization.schedule(terms, events)
        except TermsError:
            return
        # Past rows stand: an event changes none that fell due well before it.
        for event in events[:1]:
            others = events[1:]
            try:
                without = amortization.schedule(terms, others)
            except TermsError:
                continue
            before = event.date - timedelta(1)
            past = [[row for row in each if row.due < before] for each in (rows, without)]
            if terms.conventions.day_count != "30e_360_isda" and past[0] != past[1]:
                self.fail(("a row that fell due before an event changed", terms, events, *past))
        # After the end nothing can happen any more. A line repaid early may be drawn again until then.
        periods = terms.count + terms.grace + 35
        end = dates.add_periods(rows[-1].due, periods, terms.frequency)
        for late in (Prepayment(end, terms.cent), Drawdown(end, terms.cent)):
            try:
                amortization.schedule(terms, [*events, late])
            except TermsError as refusal:
                if refusal.reason == "event_after_end":
                    continue
                self.fail(("an event after the end is refused for another reason", refusal, terms, events))
            self.fail(("an event after the end is served", late, terms, events))
        # A change of nothing changes nothing.
        day = draw.choice(rows).due - timedelta(draw.randrange(1, 20))
        if terms.method != "flat" and day >= Walk(terms).periods.start:
            try:
                changed = amortization.schedule(terms, [*events, Change(day)])
            except TermsError as refusal:  # a last due date that was moved back
                if refusal.reason != "event_after_end" or terms.calendar is None:
                    raise
                return
            if changed != rows:
                self.fail(("a change of nothing changed something", day, terms, events))

    def hold_settlement(self, draw, terms):
        try:
            rows = amortization.schedule(terms)
        except TermsError:
            return
        start = Walk(terms).periods.start
        day = start + timedelta(draw.randrange((rows[-1].due - start).days))
        try:
            settled = proposals.settle(terms, (), day)
        except TermsError as refusal:  # moved due dates: the last row was asked for already
            if refusal.reason != "prepayment_beyond_balance" or terms.calendar is None:
                raise
            return
        if terms.calendar is None and settled.principal != proposals.balance_on(terms, (), day):
            self.fail(("a settlement is not the balance", day, terms, settled))
        if min(settled) < 0 or settled.total != sum(settled[:3]):
            self.fail(("a settlement does not add up", day, terms, settled))

    def hold_unrounded(self, terms):
        """An annuity's rounded figures drift from the exact ones by a cent a row, grown at the rate."""
        rows, exact = amortization.schedule(terms), amortization.unrounded(terms)
        if len(rows) < len(exact):
            return
        cent, growth = Fraction(terms.cent), 1 + Fraction(terms.yearly_rate) / 12
        drift = Fraction(0)
        for row, true in zip(rows, exact, strict=True):
            drift = drift * growth + cent
            strays = abs(Fraction(row.payment) - (true.principal + true.interest))
            if row is not rows[-1] and strays > cent / 2:
                self.fail(("a payment is not the exact one rounded", row, terms))
            if abs(Fraction(row.balance) - true.balance) > drift:
                self.fail(("a balance drifts", row, terms))


def some_charges(draw):
    return LateCharges(
        rates=(
            (date(2026, 1, 1), Decimal(draw.choice(("0.18", "0.36", "0"))), Decimal("0.12")),
            (date(2026, 3, 1), Decimal("0.225"), Decimal("0.15")),
        ),
        base=draw.choice(CHOICES["penalty_base"]),
        days=draw.choice(CHOICES["penalty_days"]),
        grace_days=draw.choice((0, 0, 3, 15)),
        compounds=draw.random() < 0.4,
        keeps_interest=draw.random() < 0.4,
        late_fee=Decimal(draw.choice(("0", "0", "25"))),
        year_days=draw.choice((360, 365)),
    )


def some_owed(draw):
    return [
        Owed(
            key,
            date(2026, 1, 1) + timedelta(draw.randrange(120)),
            Decimal(draw.randrange(20_000)) / 100,
            Decimal(draw.randrange(200_000)) / 100,
            Decimal(draw.choice((0, 0, 700))) / 100,
            Decimal(draw.choice((0, 0, 900))) / 100,
        )
        for key in range(draw.randrange(1, 5))
    ]


def some_payments(draw):
    return [
        Payment(
            key, date(2025, 12, 20) + timedelta(draw.randrange(240)), Decimal(draw.randrange(200_000)) / 100
        )
        for key in range(draw.randrange(5))
    ]


def late_costs(replayed):
    """Return all penalties and fees, paid or not."""
    rows = [
        *replayed.open.values(),
        *(share for each in replayed.allocations.values() for share in each.shares),
    ]
    return sum((row.penalty + row.fee for row in rows), Decimal(0))


class ReplayProperties:
    def hold_replay(self, draw):
        owed, payments, charges = some_owed(draw), some_payments(draw), some_charges(draw)
        order = draw.choice(CHOICES["allocation_order"])
        spread = draw.choice(CHOICES["allocation_spread"])
        today = date(2026, 1, 1) + timedelta(draw.randrange(300))
        rules = (charges, today, order, spread)
        message = (owed, payments, rules)
        replayed = allocation.replay_late(payments, owed, *rules)
        for payment in payments:
            shares, rest = replayed.allocations[payment.key].shares, replayed.allocations[payment.key].rest
            if sum(sum(share[1:]) for share in shares) + rest != payment.amount:
                self.fail(("a payment does not add up", payment, *message))
            if rest < 0 or any(min(share[1:]) < 0 or not any(share[1:]) for share in shares):
                self.fail(("a share is negative or of nothing", payment, *message))
        # Each part of each installment is what was paid and what is open, and lateness adds to two of them only.
        for row in owed:
            got = [
                share
                for each in replayed.allocations.values()
                for share in each.shares
                if share.key == row.key
            ]
            left = replayed.open.get(row.key)
            for part in ("interest", "principal"):
                paid = sum((getattr(share, part) for share in got), Decimal(0))
                if paid + (getattr(left, part) if left else 0) != getattr(row, part):
                    self.fail(("principal or interest is made or lost", row, *message))
        shuffled = draw.sample(payments, len(payments)), draw.sample(owed, len(owed))
        if allocation.replay_late(*shuffled, *rules) != replayed:
            self.fail(("the order of entry matters", *message))
        later = allocation.replay_late(
            payments, owed, charges, today + timedelta(draw.randrange(90)), order, spread
        )
        if late_costs(later) < late_costs(replayed):
            self.fail(("penalties fall when time passes", *message))
        # Reversed, a payment leaves no trace, whatever was replayed in between.
        extra = Payment(99, today, Decimal("12.34"))
        allocation.replay_late([*payments, extra], owed, *rules)
        if allocation.replay_late(payments, owed, *rules) != replayed:
            self.fail(("a reversal does not restore", *message))
        self.hold_parts(draw, owed, charges, order)

    def hold_parts(self, draw, owed, charges, order):
        """Part payments that come first cost no more than one later payment in full."""
        row = owed[0]
        first, second = sorted(row.due + timedelta(draw.randrange(-5, 100)) for _each in range(2))
        total = row.principal + row.interest + 1000
        part = Decimal(draw.randrange(int(total * 100))) / 100
        at_once = [Payment(1, second, total)]
        in_parts = [Payment(1, first, part), Payment(2, second, total - part)]
        costs = [
            late_costs(allocation.replay_late(payments, [row], charges, second, order))
            for payments in (in_parts, at_once)
        ]
        if costs[0] > costs[1]:
            self.fail(("part payments cost more", costs, row, in_parts, charges, order))
        if (second - row.due).days <= charges.grace_days and costs[1] != row.penalty + row.fee:
            self.fail(("the grace days cost something", costs, row, charges))


class TestSchedulePropertiesSweep(BaseCase, ScheduleProperties, ReplayProperties):
    def test_many_terms_hold(self):
        draw, met = random.Random(20261122), Counter()
        agreed = STANDARD
        for each in range(SWEEP):
            if each % 8 == 0:
                agreed = some_conventions(draw)
            elif each % 8 == 7:
                agreed = STANDARD
            terms = some_terms(draw, agreed)
            if terms is None:
                met["terms drawn in vain"] += 1
                continue
            events = some_events(draw, terms)
            met[self.hold_schedule(terms, events)] += 1
            met[terms.method] += 1
            if each % 6 == 0:
                self.hold_what_events_can_not_do(draw, terms, events)
                self.hold_settlement(draw, terms)
        # The sweep would prove little if it served few, or few of a kind.
        self.assertGreater(met["served"], SWEEP // 2, met)
        for method in METHODS:
            self.assertGreater(met[method], SWEEP // 12, met)

    def test_exact_figures_are_near(self):
        draw = random.Random(20261123)
        for _each in range(SWEEP // 60):
            units, rate = int(10 ** (4 + 6 * draw.random())), draw.choice(RATES[:8])
            terms = Terms(Decimal(units) / 100, rate, draw.choice(COUNTS), date(2026, 1, 31))
            try:
                self.hold_unrounded(terms)
            except TermsError as refusal:
                self.assertIn(refusal.reason, ("installment_below_cent", "principal_never_falls"))

    def test_many_replays_hold(self):
        draw = random.Random(20261124)
        for _each in range(SWEEP // 20):
            self.hold_replay(draw)


class TestScheduleOracles(BaseCase):
    """Unrounded annuities beside libraries that know nothing of this code; skipped where they are not installed."""

    LOANS = (
        ("100000", "0.0435", 12),
        ("1000000", "0.049", 240),
        ("5000", "0.36", 18),
        ("2500", "0.0824", 12),
    )

    def loans(self):
        for principal, rate, count in self.LOANS:
            terms = Terms(Decimal(principal), Decimal(rate), count, date(2026, 1, 31))
            yield float(principal), float(rate), count, amortization.unrounded(terms)

    def near(self, exact, figure, principal):
        self.assertAlmostEqual(float(exact), float(figure), delta=principal * 1e-9)

    @unittest.skipUnless(numpy_financial, "numpy-financial is not installed")
    def test_numpy_financial(self):
        for principal, rate, count, rows in self.loans():
            for row in rows:
                rule = (rate / 12, row.number, count, -principal)
                self.near(row.interest, numpy_financial.ipmt(*rule), principal)
                self.near(row.principal, numpy_financial.ppmt(*rule), principal)

    @unittest.skipUnless(pyxirr, "pyxirr is not installed")
    def test_pyxirr(self):
        for principal, rate, count, rows in self.loans():
            flows = [-principal, *(float(row.principal + row.interest) for row in rows)]
            self.assertAlmostEqual(pyxirr.irr(flows), rate / 12, places=9)
            self.near(
                rows[0].principal + rows[0].interest, pyxirr.pmt(rate / 12, count, -principal), principal
            )

    @unittest.skipUnless(QuantLib, "QuantLib is not installed")
    def test_quantlib(self):
        for principal, rate, count, rows in self.loans():
            term = QuantLib.Period(count, QuantLib.Months)
            left = QuantLib.sinkingNotionals(term, QuantLib.Monthly, rate, principal)
            for row, balance in zip(rows, left[1:], strict=True):
                self.near(row.balance, balance, principal)


if given is None:

    class TestScheduleProperties(BaseCase):
        def test_properties_of_schedules(self):
            self.skipTest("hypothesis is not installed")

else:
    relaxed = settings(derandomize=True, deadline=None, max_examples=40)
    randoms = st.randoms(use_true_random=False)

    class TestScheduleProperties(BaseCase, ScheduleProperties, ReplayProperties):
        @relaxed
        @given(randoms)
        def test_schedules_hold(self, draw):
            terms = some_terms(draw, some_conventions(draw))
            if terms is not None:
                events = some_events(draw, terms)
                self.hold_schedule(terms, events)
                self.hold_what_events_can_not_do(draw, terms, events)
                self.hold_settlement(draw, terms)

        @relaxed
        @given(randoms)
        def test_replays_hold(self, draw):
            self.hold_replay(draw)
