"""What a row repays, by method: the plans a walk asks at each row.

A plan answers :meth:`split`: principal and interest of a row, given the row's interest; ``repays`` tells whether
each row has to repay something. It is made for the rows still to come, on what is owed then, and dropped whenever an
event calls for a new level.
"""

from fractions import Fraction
from functools import lru_cache

from . import money
from .terms import ANNUITY, BALLOON, EQUAL_PRINCIPAL, FLAT, LEVEL_METHODS, STEPPED, TermsError


def plan(walk, index, accrued):
    """Return the plan for the rows of a walk from an index on, worked out on what is owed now.

    :param walk: :class:`walk.Walk`
    :param int index: the first row it is for
    :param accrued: the exact interest of that row's period, (over, under) parts
    :raises TermsError: ``installment_below_cent``
    """
    rows = walk.last - index + 1
    if walk.method == BALLOON and walk.result:
        # Prepaid down to the balloon: there is nothing to repay on the way to it, and no more than the rest is left.
        balloon = money.exact_minor(walk.terms.balloon, walk.terms.cent)
        if walk.balance - balloon < rows:
            return _AtTheEnd(walk)
    if walk.method in LEVEL_METHODS:
        return _Payments(walk, index, rows, accrued)
    if walk.method == EQUAL_PRINCIPAL:
        return _Principals(walk, index, rows)
    if walk.method == FLAT:
        return _Flat(walk, index, rows, accrued)
    return _AtTheEnd(walk)


class _Payments:
    """Level or stepped payments: interest first, the rest repays."""

    repays = True
    kept = (
        False  # beyond what it was made for: the last row then bears more than rounding, and its own interest
    )

    def __init__(self, walk, index, rows, accrued):
        self.walk, terms = walk, walk.terms
        self.balloon = money.exact_minor(terms.balloon, terms.cent) if walk.method == BALLOON else 0
        self.step = terms.step_rate.as_integer_ratio() if walk.method == STEPPED else None
        regular = self._regular_first(index)
        first = [regular] if regular else accrued
        if walk.installment and walk.method == ANNUITY:
            self.level = walk.installment
            return
        over, under = self._exact(index, rows, added(first), regular)
        self.over, self.under = over, under
        if over < under:
            raise TermsError("installment_below_cent", cent=terms.cent)
        self.level = walk.round_level(over, under)
        if walk.conventions.last_row == "level_nudged" and not walk.exact:
            self._nudge(index, rows, first)

    def split(self, index, interest, is_last):
        """Return principal and interest of a row; the last one clears the balance whatever it takes."""
        walk, payment = self.walk, self._payment(index)
        # Odd days, and what a moratorium put off, are paid on top of a regular installment.
        regular, on_top = self._regular_first(index), walk.deferred
        if regular:
            on_top += interest - on_top - walk.round(*regular)
        if is_last:
            plugged = payment + self.balloon - walk.balance
            plugs = walk.conventions.last_row == "interest_plugged" and not self.kept
            if plugs and plugged >= 0 and walk.rate[0]:
                interest = max(plugged + on_top, 0)
            return walk.balance, interest
        if index < walk.terms.interest_grace:
            return payment, interest
        return payment + on_top - interest, interest

    def _payment(self, index):
        if not self.step:
            return self.level
        over, under = self.step
        steps = index // self.walk.terms.step_every
        if self.walk.conventions.stepped_rounding == "unrounded_grows":
            return self.walk.round_level(self.over * (under + over) ** steps, self.under * under**steps)
        payment = self.level
        for _step in range(steps):
            payment = self.walk.round_level(payment * (under + over), under)
        return payment

    def _regular_first(self, index):
        """Return a regular first period's interest, where the odd days are the first installment's own affair."""
        walk = self.walk
        periods, conventions = walk.periods, walk.conventions
        if index or not periods.odd or conventions.odd_interest != "first_payment" or walk.installment:
            return None
        if conventions.period_basis == "actual_days":
            over, under = periods.share(0, periods.first_start, periods[0].end)
        else:
            over, under = 1, periods.frequency.per_year
        return walk.balance * walk.rate[0] * over, walk.rate[1] * under

    def _ratios(self, index, rows):
        """Return the interest of one unit for each later period, the one at ``index`` left out."""
        walk = self.walk
        if walk.conventions.period_basis != "actual_days":
            per_year = walk.periods.frequency.per_year
            return [(walk.rate[0], walk.rate[1] * per_year)] * (rows - 1)
        ratios = []
        for row in range(index + 1, index + rows):
            period = walk.periods[row]
            ratios.append(walk.ratio(row, period.start, period.end))
        return ratios

    def _exact(self, index, rows, accrued, regular):
        """Return the payment that leaves exactly the balloon after the last row, as (over, under).

        With g the growth of each later period and w the weight of each payment, balance + accrued interest
        grows by every g and is repaid by A·w grown by the g after it: A = (grown − balloon) / Σ w·∏g.
        """
        walk, terms = self.walk, self.walk.terms
        over, under = accrued
        if walk.conventions.period_basis == "level_equal_interest_days" and not regular:
            over = walk.balance * walk.rate[0]
            under = walk.rate[1] * walk.periods.frequency.per_year
        # What an interest grace put off is part of the payments to come.
        grown = (walk.balance + walk.postponed) * under + over  # over `under`
        ratios = self._ratios(index, rows)
        if not self.step and (not ratios or walk.conventions.period_basis != "actual_days"):
            return self._closed(grown, under, ratios)
        step_over, step_under = self.step or (0, 1)
        most = (index + rows - 1) // terms.step_every if self.step else 0
        scale = step_under**most  # weights become whole numbers

        def weight(row):
            steps = row // terms.step_every if self.step else 0
            return (step_under + step_over) ** steps * step_under ** (most - steps)

        base, payments = 1, weight(index)
        for row, (ratio_over, ratio_under) in enumerate(ratios, index + 1):
            factor = ratio_under + ratio_over
            grown *= factor
            base *= ratio_under
            payments = payments * factor + weight(row) * base
        return (grown - self.balloon * base * under) * scale, payments * under

    def _closed(self, grown, under, ratios):
        """The same for equal periods without steps, by the closed form of a geometric sum."""
        count = len(ratios)
        over, below = ratios[0] if ratios else (0, 1)
        if not over:
            return grown - self.balloon * under, under * (count + 1)
        power, base = _powers(over, below, count)
        payments = power * (over + below) - base * below  # ((1 + i)^(count + 1) − 1) / i, times base · over
        return (grown * power - self.balloon * base * under) * over, payments * under

    def _nudge(self, index, rows, first):
        """Move the level where the last payment strays from it by more than half a cent a row.

        By that gap shared among the rows, once, and only if the gap becomes smaller: the rule published figures
        of Apache Fineract follow.
        """
        walk = self.walk
        first_interest = walk.sum(first)
        ratios = [
            walk.ratio(row, walk.periods[row].start, walk.periods[row].end)
            for row in range(index + 1, index + rows)
        ]

        def gap(level):
            balance, interest = walk.balance, first_interest
            for over, under in ratios:
                balance -= level - interest
                interest = walk.round(max(balance, 0) * over, under)
            return balance + interest - self.balloon - level

        before = gap(self.level)
        if abs(before) > rows // 2:
            nudged = self.level + walk.round(before, rows)
            if nudged > 0 and abs(gap(nudged)) < abs(before):
                self.level = nudged


class _Principals:
    """Equal principal: the same part of the loan each time, and the interest on what is left."""

    repays = True

    def __init__(self, walk, index, rows):
        self.walk, self.index = walk, index
        self.principal = walk.round_level(walk.balance, rows)
        self.first = self.principal
        if walk.conventions.remainder_row == "first" and not walk.exact:
            self.principal = walk.balance // rows // walk.unit * walk.unit
            self.first = walk.balance - self.principal * (rows - 1)
        if self.principal <= 0:
            raise TermsError("installment_below_cent", cent=walk.terms.cent)

    def split(self, index, interest, is_last):
        if is_last:
            return self.walk.balance, interest
        return (self.first if index == self.index else self.principal), interest


class _Flat:
    """Interest on the amount lent, whatever has been repaid meanwhile.

    Principal and interest in equal parts; or each row the interest of its own days, under a level payment.
    """

    repays = True

    def __init__(self, walk, index, rows, accrued):
        self.walk, self.index, self.level = walk, index, None
        ratios = [
            walk.ratio(row, walk.periods[row].start, walk.periods[row].end)
            for row in range(index + 1, index + rows)
        ]
        parts = [*accrued, *((walk.lent * over, under) for over, under in ratios)]
        if walk.conventions.flat_rows == "level_total":
            interest = walk.sum(accrued) + sum(
                walk.round(over, under) for over, under in parts[len(accrued) :]
            )
            self.level = walk.round_level(walk.balance + interest, rows)
            return
        self.left = walk.round(*added(parts)) if parts else 0
        self.interest = walk.round(self.left, rows)
        self.principal = walk.round_level(walk.balance, rows)
        self.first_principal, self.first_interest = self.principal, self.interest
        if walk.conventions.remainder_row == "first" and not walk.exact:
            self.principal = walk.balance // rows
            self.interest = self.left // rows
            self.first_principal = walk.balance - self.principal * (rows - 1)
            self.first_interest = self.left - self.interest * (rows - 1)
        if self.principal <= 0:
            raise TermsError("installment_below_cent", cent=walk.terms.cent)

    def split(self, index, interest, is_last):
        walk = self.walk
        if self.level is not None:
            return (walk.balance if is_last else self.level - interest), interest
        if is_last:
            return walk.balance, max(self.left, 0)
        first = index == self.index
        principal = self.first_principal if first else self.principal
        if principal >= walk.balance:  # a part rounded up clears the loan early
            return walk.balance, max(self.left, 0)
        interest = min(self.first_interest if first else self.interest, self.left)
        self.left -= interest
        return principal, interest


class _AtTheEnd:
    """Nothing is repaid before the last row."""

    repays = False

    def __init__(self, walk):
        self.walk = walk

    def split(self, _index, interest, is_last):
        return (self.walk.balance if is_last else 0), interest


def added(parts):
    """Return the sum of exact (over, under) parts as one such pair."""
    if len(parts) == 1:
        return parts[0]
    total = Fraction(0)
    for over, under in parts:
        total += Fraction(over) / under
    return total.numerator, total.denominator


@lru_cache(maxsize=1024)
def _powers(over, under, count):
    return (under + over) ** count, under**count
