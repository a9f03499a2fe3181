from datetime import timedelta
from decimal import Decimal

from odoo import models
from odoo.exceptions import ValidationError

from ..core import terms, variants
from ..core.refusal import Refusal


class LoanKeyFactsRateMixin(models.AbstractModel):
    """Whether the rate moves, what it is made of, what is fixed already, and what a higher one would mean."""

    _name = "loan.key.facts.rate.mixin"
    _inherit = ["loan.wording.mixin"]
    _description = "Loan Key Facts: Rate"

    def _facts_rate(self):
        coming = [self._fact_coming(since, rate) for since, rate in self._coming_rates()]
        if self.rate_type != "floating":
            return [
                self._fact(
                    "fixed",
                    self.env._("Fixed rate"),
                    self._percent(self.current_rate),
                    self.env._("It holds until the new rate that has been agreed.")
                    if coming
                    else self.env._("The rate stays the same until the end, whatever happens on the market."),
                ),
                *coming,
            ]
        today = self.company_id._loan_today()
        facts = [
            self._fact(
                "floating",
                self.env._("Rate today"),
                self._percent(self.current_rate),
                self._follows_told(),
                [self._rate_told(max(self.start_date, today))],
            ),
            *coming,
        ]
        if self.state == "closed" or not self.next_reprice_date:
            return facts
        if self.last_due_date and self.next_reprice_date >= self.last_due_date:
            facts.append(
                self._fact(
                    "reprice",
                    self.env._("Next repricing"),
                    self.env._("None"),
                    self.env._("The loan ends before its rate would be fixed anew."),
                )
            )
            return facts
        return [*facts, self._fact_repricing(today), *self._fact_rise()]

    def _follows_told(self):
        told = {"reference": self.reference_rate_id.name, "spread": self._percent(abs(self.spread))}
        if self.spread > 0:
            return self.env._(
                "It follows %(reference)s, which others publish, with %(spread)s added.", **told
            )
        if self.spread < 0:
            return self.env._("It follows %(reference)s, which others publish, less %(spread)s.", **told)
        return self.env._("It is %(reference)s, which others publish.", **told)

    def _fact_coming(self, since, rate):
        """Return a rate that is fixed already and holds from a later day on."""
        return self._fact(
            "coming",
            self.env._("New rate, already fixed"),
            self._percent(rate),
            self.env._("It holds from %s on.", self._long_day(since)),
            [self._rate_told(since)] if self.rate_type == "floating" else (),
        )

    def _fact_repricing(self, today):
        fixing = self.next_reprice_date - timedelta(self.fixing_days)
        return self._fact(
            "reprice",
            self.env._("Next repricing"),
            self._long_day(self.next_reprice_date),
            self.env._("Repriced on 1 January of each year.")
            if self.reprice_rule == "new_year" and self.reprice_months == 12
            else self.env._("Repriced every %s months.", self.reprice_months)
            if self.reprice_months > 1
            else self.env._("Repriced every month."),
            [
                self.env._(
                    "The latest value published up to %(date)s decides. You are told on that day.",
                    date=self._long_day(fixing),
                )
                if fixing >= today
                else self.env._(
                    "The latest value published up to %(date)s decides. You are told as soon as the rate is fixed.",
                    date=self._long_day(fixing),
                )
            ],
        )

    def _rate_told(self, day):
        """Return reference rate and spread as the sum that gives the rate of a day, with the day it began."""
        since, rate = [each for each in self._rates() if each[0] <= day][-1]
        before = sum(each[0] <= day for each in self._rates()) - 1  # the first rate is that of the contract
        if before:
            made = self._posted("rate", "restructure").filtered("changes_rate")[before - 1]
            value = made.reference_value_id and Decimal(str(made.reference_value_id.value))
        else:
            published = self.reference_rate_id._value_on(self.start_date)
            value, since = published * 100 if published is not None else None, self.start_date
        spread = Decimal(str(self.spread))
        if not value and value != 0:
            return self.env._("As agreed in the contract.")
        told = {
            "reference": self.reference_rate_id.name,
            "value": self._percent(value),
            "spread": self._percent(abs(spread)),
            "rate": self._percent(rate),
            "date": self._long_day(since),
        }
        if value + spread < 0 == rate:
            return self.env._(
                "%(reference)s %(value)s less %(spread)s would be below zero; the rate is %(rate)s then, since "
                "%(date)s.",
                **told,
            )
        if value + spread != Decimal(str(rate)):
            return self.env._("As agreed in the contract.")
        if spread < 0:
            return self.env._("%(reference)s %(value)s − %(spread)s = %(rate)s, from %(date)s on.", **told)
        if not spread:
            return self.env._("%(reference)s %(value)s, from %(date)s on.", **told)
        return self.env._("%(reference)s %(value)s + %(spread)s = %(rate)s, from %(date)s on.", **told)

    def _fact_rise(self):
        """Return what the loan would be if the next repricing made the rate of that day one percent higher."""
        # A value that comes late counts from the last installment that has fallen due.
        day = self.next_reprice_date
        if self.state == "active":
            day = max(day, self._last_posted_day())
        if self.schedule_source != "own" or not self.last_due_date or day >= self.last_due_date:
            return []
        rate = self._as_fraction(self._rate_on(day)) + Decimal("0.01")
        try:
            agreed, events = self._as_terms(), self._as_events()
            now = variants.as_agreed(agreed, events, day)
            then = variants.changed(agreed, events, terms.Change(day, yearly_rate=rate))
        except (Refusal, ValidationError):  # such a rate the loan could not bear: no example
            return []
        if now.payment is None or then.payment is None:
            return []
        told = {
            "date": self._long_day(then.next_due),
            "before": self._amount(now.payment),
            "last": self._long_day(then.last_due),
            "last_before": self._long_day(now.last_due),
        }
        if then.payment != now.payment:
            text = self.env._("This would be the installment of %(date)s, instead of %(before)s.", **told)
        elif then.last_due != now.last_due:
            text = self.env._(
                "The installment would stay; the last one would fall due on %(last)s instead of %(last_before)s.",
                **told,
            )
        else:
            text = self.env._("The installment of %(date)s would stay.", **told)
        return [
            self._fact(
                "rise",
                self.env._("An example: the rate rises by one percentage point"),
                self._amount(then.payment),
                text,
                [
                    self.env._(
                        "With %(rate)s from %(date)s on. The interest still to come would be %(more)s more.",
                        rate=self._percent(rate * 100),
                        date=self._long_day(day),
                        more=self._amount(then.interest - now.interest),
                    )
                ],
            )
        ]
