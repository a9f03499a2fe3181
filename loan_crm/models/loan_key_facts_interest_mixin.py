from fractions import Fraction

from odoo import models
from odoo.exceptions import ValidationError

from ..core import amortization, dates, daycounts, money, periods
from ..core.refusal import Refusal


class LoanKeyFactsInterestMixin(models.AbstractModel):
    """How the amount of an installment is worked out.

    A formula is printed with its numbers only where it gives the very figure of the ledger: where conventions make it
    differ, the sentence says what the figure is and not what it might have been.
    """

    _name = "loan.key.facts.interest.mixin"
    _inherit = ["loan.wording.mixin"]
    _description = "Loan Key Facts: Interest"

    def _level_how(self, row):
        """Return the formula of a level payment in words, where it gives the payment of this row."""
        if self._method_now() != "annuity" or self.grace or self.schedule_source != "own":
            return None
        if any(event.state == "posted" for event in self.event_ids) or not self.yearly_rate:
            return None  # levelled anew since, from another balance; or simply divided
        agreed = self._as_terms()
        payment = amortization.annuity_payment(agreed)
        if payment != money.from_float(row.amount, self._cent()):
            return None
        per_year = dates.FREQUENCIES[self.frequency].per_year
        return self.env._(
            "It is the one amount which, paid %(count)s times, repays the loan with interest: amount lent × r ÷ "
            "(1 − (1 + r)^−%(count)s). The rate of one period is r = %(rate)s ÷ %(per_year)s = %(period)s, so "
            "%(amount)s gives %(payment)s.",
            count=self.term,
            rate=self._percent(self.yearly_rate),
            per_year=per_year,
            period=self._percent(self.yearly_rate / per_year),
            amount=self._amount(self.principal),
            payment=self._amount(row.amount),
        )

    def _row_how(self, row):
        """Return what the amount of a row is made of, with the interest worked out."""
        how = [self._row_interest_told(row)]
        if row.capitalised:
            covered = any(
                (event.effect or self.prepayment_effect) == "last_installment"
                for event in self._posted("prepayment")
            )
            amount = self._amount(row.capitalised)
            how.append(
                self.env._("%s of this interest is covered by what you have repaid early.", amount)
                if covered
                else self.env._("%s of this interest is not paid now but added to the loan.", amount)
            )
        elif not row.principal:
            how.append(self.env._("It repays nothing of the loan."))
        if row.fee:
            how.append(self.env._("Fees: %s.", self._amount(row.fee)))
        if row.principal:
            principal = self._amount(row.principal)
            how.append(
                self.env._("The other %(principal)s repay the loan.", principal=principal)
                if row.interest
                else self.env._("%s repay the loan.", principal)
            )
        return how

    def _row_interest_told(self, row):
        """Return where the interest of a row comes from: its days, its rate, its formula where that is exact."""
        cent = self._cent()
        interest = money.from_float(row.interest + row.capitalised, cent)
        if not interest:
            return None
        told = {"interest": self._amount(interest)}
        stretch = self._interest_stretch(row)
        if not stretch or (self.last_row == "interest_plugged" and row == self._own_rows()[-1]):
            return self.env._("Interest: %(interest)s.", **told)
        start, end, balance, first, whole = stretch
        rates = [self._rate_on(start)]
        changes = []
        for since, rate in self._rates():
            if start < since < end and rate != rates[-1]:
                rates.append(rate)
                changes.append((since, rate))
        told |= {
            "start": self._long_day(start),
            "end": self._long_day(end),
            "rate": self._percent(rates[0]),
            "balance": self._amount(balance),
        }
        if not changes and whole:
            formula = self._interest_formula(interest, start, end, balance, first, told)
            if formula:
                return formula
        if self._method_now() == "flat" and self.flat_rows == "equal_parts":
            return self.env._("An equal part of the interest of the whole term: %(interest)s.", **told)
        moved = [
            self._long_day(event.date)
            for event in self._posted("drawdown", "prepayment")
            if start < event.date < end
            and not (event.kind == "prepayment" and self.prepayment_date == "next_due")
        ]
        return self._sentences(
            self.env._("Interest from %(start)s to %(end)s: %(interest)s.", **told)
            if changes
            else self.env._("Interest from %(start)s to %(end)s at %(rate)s a year: %(interest)s.", **told),
            changes and self.env._("It runs at %(rate)s a year at first.", **told),
            *(
                self.env._(
                    "From %(date)s on it runs at %(rate)s a year.",
                    date=self._long_day(since),
                    rate=self._percent(rate),
                )
                for since, rate in changes
            ),
            *(self.env._("What is owed changed on %s.", day) for day in moved),
        )

    def _interest_stretch(self, row):
        """Return which days the interest of a row is for, and what it runs on.

        A due date that is moved to a business day does not move the interest, unless that is agreed. Interest that
        was put off is asked for with the row after; a prepayment that brought its interest along has begun anew.

        :return: (start, end, balance at the start, whether this is the first period, whether it is one undivided
            period); nothing where another system made the row
        """
        if self.schedule_source != "own":
            return None
        try:
            known = periods.Periods(self._as_terms())
            index = row.number - 1
            while known[index].due < row.due_date:  # a bullet has one row at the end of all its periods
                index += 1
        except (Refusal, ValidationError):  # the lender's calendar was taken away: no days can be told
            return None
        if known[index].due != row.due_date:
            return None
        first, rows = index, self._own_rows()
        earlier = [other for other in rows if other.number < row.number]
        before = earlier[-1] if earlier else None
        if before is None:
            first = 0
        # Put off: so many rows before asked for no interest, and none was added to the loan.
        put_off = earlier
        while put_off and not (put_off[-1].interest or put_off[-1].capitalised) and first:
            put_off, first = put_off[:-1], first - 1
        start, end = known[first].start, known[index].end
        balance = before.balance if before else self.principal
        if self._method_now() == "flat":
            balance = self.principal + sum(self._posted("drawdown").mapped("amount"))
        for event in self._posted("drawdown", "prepayment"):
            carried = (event.effect or self.prepayment_effect) == "own_row"
            if event.kind == "prepayment" and carried and start < event.date < end:
                start, balance = event.date, balance - event.amount
            elif event.date == start and start > self.start_date and self._method_now() != "flat":
                balance += event.amount if event.kind == "drawdown" else -event.amount
        return start, end, balance, index == 0, first == index

    def _interest_formula(self, interest, start, end, balance, first, told):
        """Return the interest of one whole period as a formula, by the convention that made it; None: by none."""
        rate = self._as_fraction(self._rate_on(start))
        product = money.from_float(balance, self._cent()) * rate
        per_year = dates.FREQUENCIES[self.frequency].per_year
        if self.period_basis == "equal_periods":
            if self._is_interest(interest, product, 1, per_year):
                return self.env._(
                    "Interest: %(balance)s × %(rate)s ÷ %(periods)s = %(interest)s.", **told, periods=per_year
                )
            if not first or self.first_period not in ("days_360", "eu_simple"):
                return None
            over, under = (end - start).days, 360 if self.first_period == "days_360" else 365
        else:
            over, under = self._day_share(start, end)
        if not under or under > 366 or not self._is_interest(interest, product, over, under):
            return None
        return self.env._(
            "Interest from %(start)s to %(end)s: %(balance)s × %(rate)s × %(days)s days ÷ %(year)s = %(interest)s.",
            **told,
            days=over,
            year=under,
        )

    def _day_share(self, start, end):
        try:
            return daycounts.year_fraction(self.day_count, start, end, maturity=self.last_due_date)
        except Refusal:
            return 0, 0

    def _is_interest(self, interest, product, over, under):
        units = money.round_units(
            Fraction(product) * over / under / Fraction(self._cent()), self.rounding_mode
        )
        return money.major(units, self._cent()) == interest
