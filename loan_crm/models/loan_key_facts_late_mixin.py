from datetime import timedelta
from fractions import Fraction

from odoo import models

from ..core import allocation, money

# How late the example is; a loan with more grace days than that is shown that much later than they end.
_EXAMPLE_DAYS = 10


class LoanKeyFactsLateMixin(models.AbstractModel):
    """What happens if one pays late: what it costs, an example worked out, how days count, what money pays first."""

    _name = "loan.key.facts.late.mixin"
    _inherit = ["loan.wording.mixin"]
    _description = "Loan Key Facts: Paying Late"

    def _facts_late(self):
        conventions = self._as_conventions()
        facts = []
        if conventions.grace_days:
            facts.append(
                self._fact(
                    "grace",
                    self.env._("Grace days"),
                    str(conventions.grace_days),
                    self.env._(
                        "Up to so many days late cost nothing. From the next day on, all days since the due date count."
                    ),
                )
            )
        if conventions.penalty_factor:
            facts.append(self._fact_penalty(conventions))
        if conventions.overdue_interest == "outstanding":
            rate = self._as_fraction(self.current_rate) * 100
            facts.append(
                self._fact(
                    "overdue_interest",
                    self.env._("Ordinary interest"),
                    self._percent(rate),
                    self.env._("It runs on as well, on overdue principal, until that is paid."),
                    [
                        conventions.penalty_factor
                        and self.env._(
                            "Together with the penalty, overdue principal costs %s a year.",
                            self._percent(rate * (1 + conventions.penalty_factor)),
                        )
                    ],
                )
            )
        if conventions.late_fee:
            facts.append(
                self._fact(
                    "late_fee",
                    self.env._("Late fee"),
                    self._amount(conventions.late_fee),
                    self.env._("Once for each late installment."),
                )
            )
        example = self._late_example()
        if not (conventions.penalty_factor or conventions.late_fee or example):
            facts.append(
                self._fact(
                    "free",
                    self.env._("Late charges"),
                    self._amount(0),
                    self.env._("This loan asks for no penalty and no late fee."),
                )
            )
        if example:
            facts.append(self._fact_late_example(*example))
        if self.charges_open:
            facts.append(
                self._fact(
                    "charges",
                    self.env._("Late charges up to today"),
                    self._amount(self.charges_open),
                    self.env._(
                        "They are open now and grow with each day until the late installments are paid."
                    )
                    if self._charges_grow(conventions)
                    else self.env._("They are open now."),
                )
            )
        counted = {
            "due_date": self.env._("The day after the due date is the first day late."),
            "due_day_is_one": self.env._("The due date itself is the first day, if nothing is paid on it."),
            "less_grace": self.env._("Days late are counted once the grace days are over."),
        }[conventions.dpd_day_zero]
        facts.append(self._fact("dpd", self.env._("How days late are counted"), counted))
        facts.append(
            self._fact(
                "order",
                self.env._("What a payment pays first"),
                self._option_value("allocation_order"),
                self._option_value("allocation_spread"),
            )
        )
        return facts

    def _charges_grow(self, conventions):
        """Tell whether lateness costs more each day: a late fee is asked for once."""
        if not conventions.penalty_factor and conventions.overdue_interest != "outstanding":
            return False
        today = self.company_id._loan_today()
        return any(row.due_date < today and row.amount_open for row in self.installment_ids)

    def _fact_penalty(self, conventions):
        rate = self._as_fraction(self.current_rate) * 100
        penalty = rate * conventions.penalty_factor
        told = {"rate": self._percent(penalty)}
        value = (
            self.env._("%(rate)s a year on overdue principal, day by day", **told)
            if conventions.penalty_base == "principal"
            else self.env._("%(rate)s a year on overdue principal and interest, day by day", **told)
        )
        days = {
            "one_end": self.env._("The day of payment counts, the due date does not."),
            "both_ends": self.env._("The due date and the day of payment both count."),
            "neither_end": self.env._("Neither the due date nor the day of payment counts."),
        }[conventions.penalty_days]
        return self._fact(
            "penalty",
            self.env._("Penalty interest"),
            value,
            days,
            [
                self.env._(
                    "%(factor)s × %(rate)s = %(penalty)s a year. A day is 1/%(year)s of a year.",
                    factor=f"{conventions.penalty_factor.normalize():f}",
                    rate=self._percent(rate),
                    penalty=told["rate"],
                    year=self._as_late_charges().year_days,
                ),
                self.env._("Each month an unpaid penalty joins what the penalty runs on.")
                if conventions.penalty_compounds
                else None,
            ],
        )

    def _late_example(self):
        """Return (row, days late, what lateness adds) for the next installment that is not due yet, or nothing.

        By the loan's own rules and the very replay that repayments are spread with.
        """
        charges = self._as_late_charges()
        today = self.company_id._loan_today()
        row = next(
            (
                row
                for row in self.installment_ids
                if row.kind == "installment"
                and row.amount
                and row.due_date >= today
                and (self.state != "active" or row.amount_open == row.amount)
            ),
            None,
        )
        if not charges or row is None or self.state == "closed":
            return None
        days = _EXAMPLE_DAYS + (charges.grace_days if charges.grace_days >= _EXAMPLE_DAYS else 0)
        owed = next(owed for owed in self._as_owed() if owed.key == row.id)
        still = allocation.replay_late([], [owed], charges, row.due_date + timedelta(days)).open[row.id]
        return row, days, still.penalty + still.fee - owed.fee

    def _fact_late_example(self, row, days, cost):
        charges, conventions = self._as_late_charges(), self._as_conventions()
        rate = next(penalty for since, penalty, _rate in reversed(charges.rates) if since <= row.due_date)
        base = money.from_float(row.principal, self._cent())
        if conventions.penalty_base == "installment":
            base += money.from_float(row.interest, self._cent())
        count = days + {"one_end": 0, "both_ends": 1, "neither_end": -1}[charges.days]
        units = money.round_units(
            Fraction(base) * Fraction(rate) * count / charges.year_days / Fraction(self._cent())
        )
        penalty = money.major(units, self._cent())
        how = []
        if penalty + conventions.late_fee == cost:
            if penalty:
                how.append(
                    self.env._(
                        "%(base)s overdue × %(rate)s × %(days)s days ÷ %(year)s = %(penalty)s.",
                        base=self._amount(base),
                        rate=self._percent(rate * 100),
                        days=count,
                        year=charges.year_days,
                        penalty=self._amount(penalty),
                    )
                )
            if conventions.late_fee:
                how.append(self.env._("Late fee: %s.", self._amount(conventions.late_fee)))
        else:
            how.append(self._late_parts_told(conventions))
        return self._fact(
            "late_example",
            self.env._("An example"),
            self._amount(cost),
            self.env._(
                "This is what it costs to pay installment %(number)s of %(date)s %(days)s days late.",
                number=row.number,
                date=self._long_day(row.due_date),
                days=days,
            ),
            how,
        )

    def _late_parts_told(self, conventions):
        """Return what lateness costs where no formula gives the figure, naming only what is charged."""
        if conventions.penalty_factor and conventions.late_fee:
            if conventions.overdue_interest != "outstanding":
                return self.env._("Penalty and late fee, up to the day of payment.")
            return self.env._("Penalty, late fee and interest that runs on, up to the day of payment.")
        if conventions.overdue_interest != "outstanding":
            return self.env._("Penalty, up to the day of payment.")
        if conventions.penalty_factor:
            return self.env._("Penalty and interest that runs on, up to the day of payment.")
        if conventions.late_fee:
            return self.env._("Late fee and interest that runs on, up to the day of payment.")
        return self.env._("Interest that runs on, up to the day of payment.")
