"""The long route to a schedule: period by period, event by event, under any convention.

A *plan* answers what a row repays; the walk keeps the balance, meets events and adds the rows. Amounts are minor
units, interest is exact until a row rounds it.
"""

from datetime import timedelta
from fractions import Fraction

from . import money, plans
from .conventions import CHOICES
from .periods import Periods
from .terms import (
    ANNUITY,
    BULLET,
    EQUAL_PRINCIPAL,
    FLAT,
    INTEREST_ONLY,
    MAX_YEARS,
    SHORTENING,
    STEPPED,
    TERM_BOUND_METHODS,
    Change,
    Drawdown,
    Prepayment,
    TermsError,
    check_rate,
)

INSTALLMENT, PREPAYMENT = "installment", "prepayment"
# Effects of a prepayment that need to know the installment as it stands.
_KEEPING = ("keep_installment", "keep_installment_whole", "last_installment")


class Walk:
    """One walk through the periods of a loan, event by event; amounts in minor units.

    :param Terms terms:
    :param events: see :func:`amortization.schedule`
    :param bool exact: keep every amount an exact fraction and round nothing
    """

    def __init__(self, terms, events=(), exact=False):
        self.terms, self.conventions, self.exact = terms, terms.conventions, exact
        self.periods = Periods(terms)
        self.multiple = money.exact_minor(self.conventions.installment_multiple, terms.cent)
        self.unit = self.multiple if self.conventions.multiple_rule == "every_amount" else 1
        self.rate = terms.yearly_rate.as_integer_ratio()
        self.method = terms.method
        self.grace_until = terms.grace
        self.grace_interest = self.conventions.grace_interest
        self.last = terms.count - 1  # index of the last row; None: as long as the balance lasts
        if self.conventions.grace_rows == "extended":
            self.last += terms.grace
        self.agreed = self.last
        self.installment = money.exact_minor(terms.installment, terms.cent)  # agreed on, 0 without one
        self.balance = terms.principal_minor
        self.lent = self.balance  # what flat interest runs on
        self.plan = None  # what a row repays; None: to be worked out anew at the next row
        self.deferred = 0  # interest a moratorium put off, asked for on top of the next payment
        self.postponed = 0  # interest of an interest grace, part of the next payment
        self.pot = 0  # prepaid for installments to come, see "last_installment"
        self.number = 0
        self.result = []
        # [day it counts from, order given, event, whether it has waited], the next one last
        self.events = sorted(
            ([self._counts_from(event), order, event, False] for order, event in enumerate(events)),
            key=lambda item: item[:2],
            reverse=True,
        )

    def rows(self):
        """Return the rows, see :func:`amortization.schedule_minor`."""
        limit = MAX_YEARS * self.periods.frequency.per_year + self.terms.grace
        index, carried = 0, []  # the exact interest of a bullet, asked for at maturity
        while True:
            accrued = self._through(index, carried)
            carried = []
            if self.balance:
                if self.method == BULLET and index != self.last:
                    carried = accrued
                else:
                    self._row(index, accrued)
            if not self.balance:
                if not any(isinstance(item[2], Drawdown) for item in self.events):
                    break
                if self.last is None:  # a line may be drawn again within the term agreed
                    self.last = self.agreed
            index += 1
            if self.last is not None and index > self.last:
                break
            if index > limit:
                raise TermsError("term_too_long", maximum=limit)
        # A rate fixed ahead finds nothing to change where the loan was repaid before its time.
        repaid_early = index < self.agreed or (self.result and self.result[-1][6] == PREPAYMENT)
        left = [item for item in self.events if not (repaid_early and isinstance(item[2], Change))]
        if left:
            _day, _order, event, waited = left[-1]
            if waited:
                raise TermsError("prepayment_beyond_next_due", balance=self._shown(0))
            raise TermsError("event_after_end", date=event.date)
        return self.result

    # -------------------------------------------------------------- events

    def _counts_from(self, event):
        """Return the day an event counts from, once it is known to be possible at all."""
        if event.date < self.periods.start:
            raise TermsError("event_before_start", date=event.date)
        if isinstance(event, Change):
            if event.yearly_rate is not None:
                check_rate(event.yearly_rate)
            _check_choice("grace_interest", event.grace_interest)
            only_rate = not event.grace and event.method is None
            if self.terms.method == FLAT or (self.terms.method == BULLET and not only_rate):
                raise TermsError("options_disagree", first="method", second="change")
            if event.method not in (None, ANNUITY, EQUAL_PRINCIPAL, INTEREST_ONLY):
                raise TermsError("options_disagree", first="method", second="change")
            # A new rate alone: which installments new terms touch is agreed with them.
            if self.conventions.repricing_day == "day_before" and only_rate and event.remaining is None:
                return max(self.periods.start, event.date - timedelta(1))
            return event.date
        if isinstance(event, Prepayment):
            _check_choice("prepayment_effect", event.effect)
            if event.amount is None:
                return event.date
        if not event.amount.is_finite() or event.amount <= 0:
            raise TermsError("event_amount_not_positive", amount=event.amount)
        try:
            money.exact_minor(event.amount, self.terms.cent)
        except money.MoneyError:
            raise TermsError("event_finer_than_cent", cent=self.terms.cent) from None
        return event.date

    def _through(self, index, carried):
        """Walk through a period's events and return its interest, a list of exact (over, under) parts.

        What happens on the due date belongs to the next period, a drawdown by its convention. A due date moved to
        the front ends the period for events too: what was paid by then can not be part of what was asked.
        """
        period, accrued = self.periods[index], list(carried)
        since, end = period.start, min(period.end, period.due)
        due_before = self.periods[index - 1].due if index else period.start
        while item := self._next_event(end):
            day, order, event, waited = item
            # Who settles today does not wait for the next due date.
            waits = (
                isinstance(event, Prepayment)
                and event.amount is not None
                and self.conventions.prepayment_date == "next_due"
            )
            if waits and not waited and day <= due_before:
                day = period.start  # the due date it waits for was moved into this period
            elif waits and not waited and day > period.start:
                self.events.append([end, order, event, True])
                self.events.sort(key=lambda item: item[:2], reverse=True)
                continue
            if isinstance(event, Change) and self._changes_nothing(event):
                continue
            day = max(day, since)
            self._accrue(accrued, index, since, day)
            since = day
            self._meet(event, index, accrued, day, waited)
        self._accrue(accrued, index, since, period.end)
        return accrued

    def _next_event(self, end):
        """Take out the next event of a period that ends on a day, or None."""
        if self.events and self.events[-1][0] < end:
            return self.events.pop()
        if self.conventions.drawdown_on_due == "same_period":
            for item in reversed(self.events):
                if item[0] > end:
                    break
                if isinstance(item[2], Drawdown):
                    self.events.remove(item)
                    return item
        return None

    def _accrue(self, accrued, index, start, end):
        if start != end and self.balance:
            over, under = self.ratio(index, start, end)
            accrued.append(((self.lent if self.method == FLAT else self.balance) * over, under))

    def ratio(self, index, start, end):
        """Return the interest of one unit over a stretch of a period, exactly, as (over, under)."""
        rate_over, rate_under = self.rate
        if index == 0:
            growth = self.periods.first_growth(rate_over, rate_under * self.periods.frequency.per_year)
            if growth:
                first = self.periods[0]
                return growth[0] * (end - start).days, growth[1] * (first.end - first.start).days
        over, under = self.periods.share(index, start, end)
        return rate_over * over, rate_under * under

    def _meet(self, event, index, accrued, day, waited):
        if self.last is None:  # as many rows as today's payment takes
            self.last = index + self._rows_needed(index) - 1 if self.balance else self.agreed
        if index > self.last:
            raise TermsError("event_after_end", date=event.date)
        if isinstance(event, Drawdown):
            amount = money.exact_minor(event.amount, self.terms.cent)
            self.balance += amount
            self.lent += amount
            self.installment = 0  # it was agreed for less
            self.plan = None
        elif isinstance(event, Prepayment):
            self._prepay(event, index, accrued, day, waited)
        else:
            self._change(event, index, accrued, day)

    def _changes_nothing(self, event):
        """Tell whether a change is to what holds already: then nothing is levelled anew."""
        return (
            (event.yearly_rate is None or event.yearly_rate.as_integer_ratio() == self.rate)
            and event.remaining is None
            and not event.grace
            and event.method in (None, self.method)
        )

    def _planned(self, index, accrued, day):
        """Return the plan that holds before an event of this day, or None where no installment is set yet.

        In a first period it was made of nothing so far: it is the plan of that period without the event.
        """
        if self.plan is None and self.balance and index >= self.grace_until and self.method != BULLET:
            ahead = list(accrued)
            self._accrue(ahead, index, day, self.periods[index].end)
            self.plan = plans.plan(self, index, ahead)
        return self.plan

    def _change(self, event, index, accrued, day):
        only_rate = (event.remaining, event.grace, event.method) == (None, 0, None)
        keeps = only_rate and self.conventions.after_repricing == "keep_installment"
        plan = self._planned(index, accrued, day) if keeps else None
        if event.yearly_rate is not None:
            self.rate = event.yearly_rate.as_integer_ratio()
        if not only_rate:
            self.installment = 0
        if event.method:
            self.method = event.method
        if event.remaining is not None:
            if not 0 < event.remaining <= MAX_YEARS * self.periods.frequency.per_year:
                raise TermsError("event_remaining_out_of_range", remaining=event.remaining)
            self.last = self.agreed = index + event.remaining - 1
            self.grace_until = min(self.grace_until, self.last)
        if event.grace and self.balance:  # where nothing is owed, nothing is put off
            if not 0 < event.grace <= self.last - index:
                raise TermsError("grace_out_of_range", maximum=self.last - index)
            self.grace_until = index + event.grace
            self.grace_interest = event.grace_interest or self.conventions.grace_interest
            if self.grace_interest != "paid" and (self.postponed or index < self.terms.interest_grace):
                raise TermsError("options_disagree", first="grace_interest", second="interest_grace")
        self.plan = None
        if plan:
            self._keep(plan)

    def _keep(self, plan):
        """Let each installment stay what it is, and the term follow."""
        self._retain(plan)
        if self.method in (ANNUITY, STEPPED, EQUAL_PRINCIPAL):
            self.last = None

    def _retain(self, plan):
        self.plan = plan
        plan.kept = True

    def _prepay(self, event, index, accrued, day, waited):
        whole = event.amount is None
        to_next_due = self.conventions.settlement_interest == "to_next_due"
        if whole and to_next_due:  # on what waits as well, as it was to wait
            self._accrue_to_next_due(index, accrued, day)
        spent = whole and self._spend_waiting(day)
        amount = self.balance if whole else money.exact_minor(event.amount, self.terms.cent)
        if not (0 < amount <= self.balance or spent):
            reason = "prepayment_beyond_next_due" if waited else "prepayment_beyond_balance"
            raise TermsError(reason, balance=self._shown(self.balance))
        effect = event.effect or self.conventions.prepayment_effect
        if event.effect in SHORTENING and self.method in TERM_BOUND_METHODS and amount < self.balance:
            raise TermsError(
                "options_disagree",
                first="method",
                first_value=self.method,
                second="prepayment_effect",
                second_value=event.effect,
            )
        keeps = self.method != FLAT and effect in _KEEPING and amount < self.balance
        plan = self._planned(index, accrued, day) if keeps else None
        if amount == self.balance and to_next_due and not whole:
            self._accrue_to_next_due(index, accrued, day)
        if self.method == FLAT and amount:  # a part repaid bears no interest any more
            self.lent -= self.lent * Fraction(amount) / self.balance
        self.balance -= amount
        interest = 0
        if effect == "own_row" or not self.balance:
            interest = self.sum(accrued) + self.deferred + self.postponed
            accrued.clear()
            self.deferred = self.postponed = 0
        self._add_own_row(event, day, amount, interest)
        self.plan = None
        if not plan:
            return
        if effect == "keep_installment":
            self._keep(plan)
        elif effect == "last_installment" and self.method != INTEREST_ONLY:
            self._retain(plan)
            self.pot += amount
        elif self.method in (ANNUITY, STEPPED, EQUAL_PRINCIPAL):
            self.plan = plan
            self.last = index + self._rows_needed(index, whole=True) - 1
            self.plan = None

    def _spend_waiting(self, day):
        """Let prepayments that wait for the next due date count now, since the loan ends before it.

        :return: whether there were any
        """
        waiting = sorted((item for item in self.events if item[3]), key=lambda item: item[1])
        for item in waiting:
            self.events.remove(item)
            amount = money.exact_minor(item[2].amount, self.terms.cent)
            if amount > self.balance:
                raise TermsError("prepayment_beyond_next_due", balance=self._shown(self.balance))
            self.balance -= amount
            self._add_own_row(item[2], day, amount, 0)
        return bool(waiting)

    def _add_own_row(self, event, day, principal, interest):
        due = max(day, self.result[-1][1]) if self.result else day
        self.result.append((0, due, principal, interest, self.balance, 0, PREPAYMENT, event.key))

    def _accrue_to_next_due(self, index, accrued, day):
        """Let a settlement bear the whole running period, where that is agreed; on a due date none has begun."""
        if index and day <= self.periods[index].start:
            return
        for row in range(index, (self.last if self.method == BULLET else index) + 1):
            period = self.periods[row]
            self._accrue(accrued, row, max(day, period.start), period.end)

    def _rows_needed(self, index, whole=False):
        """Return how many rows today's installments need for the balance, at least one.

        :param bool whole: the nearest whole number of installments instead of one more for a rest
        """
        balance, rows = self.balance, 0
        while balance > 0:
            period = self.periods[index + rows]
            over, under = self.ratio(index + rows, period.start, period.end)
            interest = self.round(balance * over, under)
            principal, _interest = self.plan.split(index + rows, interest, False)
            if principal <= 0:
                raise self._never_falls(principal + interest, interest)
            rows += 1
            if whole and rows > 1 and 2 * balance < principal:
                return rows - 1  # less than half an installment would be left for a row of its own
            balance -= principal
            if rows > MAX_YEARS * self.periods.frequency.per_year:
                raise TermsError("term_too_long", maximum=rows - 1)
        return rows

    # -------------------------------------------------------------- rows

    def _row(self, index, accrued):
        period = self.periods[index]
        interest = self.sum(accrued)
        is_last = index == self.last
        if self.plan is None and index >= self.grace_until:
            self.plan = plans.plan(self, index, accrued)
        if index < self.terms.interest_grace and not is_last:
            self.postponed += interest
            interest = 0
        elif self.postponed:
            interest += self.postponed
            self.postponed = 0
        if index < self.grace_until:
            self._grace_row(period, interest)
            return
        principal, interest = self.plan.split(index, interest + self.deferred, is_last)
        self.deferred, capitalised = 0, 0
        if principal >= self.balance:
            principal = self.balance
            interest += self.postponed
            self.postponed = 0
        elif principal <= 0 and self.plan.repays:
            if self.conventions.shortfall != "capitalised":
                raise self._never_falls(principal + interest, interest)
            capitalised, principal = min(-principal, interest), 0
            interest -= capitalised
        if self.pot and principal < self.balance:
            principal, interest, capitalised = self._from_pot(principal, interest)
        self._add(period, principal, interest, capitalised)

    def _add(self, period, principal, interest, capitalised=0):
        self.balance += capitalised - principal
        self.number += 1
        self.result.append(
            (self.number, period.due, principal, interest, self.balance, capitalised, INSTALLMENT, None)
        )

    def _grace_row(self, period, interest):
        if self.grace_interest == "paid":
            self._add(period, 0, interest)
        elif self.grace_interest == "capitalised":
            self._add(period, 0, 0, capitalised=interest)
        else:
            self.deferred += interest
            self._add(period, 0, 0)

    def _never_falls(self, payment, interest):
        return TermsError(
            "principal_never_falls", payment=self._shown(payment), interest=self._shown(interest)
        )

    def _from_pot(self, principal, interest):
        """Let prepaid money stand for an installment: what it covers is not asked for again."""
        covered = min(self.pot, principal + interest)
        self.pot -= covered
        asked = principal + interest - covered
        paid = min(interest, asked)
        return asked - paid, paid, interest - paid

    def _shown(self, amount):
        return money.major(money.round_units(amount, self.conventions.rounding_mode), self.terms.cent)

    # -------------------------------------------------------------- rounding

    def round(self, over, under):
        """Round an exact amount by the convention: to the cent, or to the multiple where every amount is one."""
        if self.exact:
            return Fraction(over) / under
        return self.unit * money.ROUNDING[self.conventions.rounding_mode](over, under * self.unit)

    def round_level(self, over, under):
        if self.exact:
            return Fraction(over) / under
        rule = self.conventions.multiple_rule
        if rule == "up":
            return self.multiple * money.ROUNDING["up"](over, under * self.multiple)
        if rule == "nearest":
            return self.multiple * money.ROUNDING["half_up"](over, under * self.multiple)
        return self.round(over, under)

    def sum(self, parts):
        """Return interest rounded once for the row, or once for each part."""
        if len(parts) == 1:
            return self.round(*parts[0])
        if self.conventions.interest_rounding == "segment":
            return sum(self.round(over, under) for over, under in parts)
        return self.round(*plans.added(parts))


def _check_choice(option, value):
    """Refuse a value nobody offers: a slip of the caller, not of a user."""
    if value is not None and value not in CHOICES[option]:
        raise ValueError(f"{option} can not be {value!r}")
