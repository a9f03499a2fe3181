from contextlib import suppress
from decimal import Decimal

from odoo import models
from odoo.exceptions import ValidationError

from ..core import amortization, dates, money, proposals, terms, variants
from ..core.refusal import Refusal


class LoanKeyFactsEarlyMixin(models.AbstractModel):
    """What happens if one pays early: the charge, what becomes of the installments, and two examples worked out."""

    _name = "loan.key.facts.early.mixin"
    _inherit = ["loan.wording.mixin"]
    _description = "Loan Key Facts: Paying Early"

    def _facts_early(self):
        if self.state == "closed":
            return []
        facts = [
            self._fact_charge(self._as_conventions()),
            self._fact_effect(),
            self._fact(
                "settlement_interest",
                self.env._("Interest if you repay everything"),
                *(
                    (
                        self.env._("Up to the next due date"),
                        self.env._("Also for the days on which you no longer use the money."),
                    )
                    if self.settlement_interest == "to_next_due"
                    else (
                        self.env._("Up to the day you pay"),
                        self.env._("Days after it cost no interest."),
                    )
                ),
            ),
            self._fact_overpayment(),
        ]
        if self.schedule_source != "own":
            return facts
        day = self._early_day()
        if day is None:
            return facts
        # Nothing is left to repay early on that day: no example then.
        with suppress(Refusal, ValidationError):
            agreed, events = self._as_terms(), self._as_events()
            facts.append(self._fact_settlement(day, proposals.settle(agreed, events, day)))
            facts += self._fact_prepayment(day, agreed, events)
        return facts

    def _early_day(self):
        """Return the day the examples are about: today for a running loan, its first due date for another."""
        today = self.company_id._loan_today()
        last = self.last_due_date
        if self.state == "active" and self.start_date < today:
            return today if last and today < last else None
        return self.first_due_date if last and self.first_due_date < last else None

    def _fact_charge(self, conventions):
        label = self.env._("Charge for repaying early")
        # Not “costs nothing”: interest up to the next due date is a cost, and told beside it.
        if not conventions.prepayment_charge_rate:
            return self._fact(
                "charge", label, self._amount(0), self.env._("There is no charge for repaying early.")
            )
        value = self.env._(
            "%s of what you repay early", self._percent(conventions.prepayment_charge_rate * 100)
        )
        months = conventions.prepayment_charge_months
        if not months:
            return self._fact("charge", label, value, self.env._("For the whole term."))
        until = dates.add_months(self.start_date, months)
        return self._fact(
            "charge",
            label,
            value,
            self.env._("From %s on there is no charge.", self._long_day(until)),
            [
                self.env._(
                    "%(months)s months after the payout on %(date)s.",
                    months=months,
                    date=self._long_day(self.start_date),
                )
            ],
        )

    def _fact_effect(self):
        """Return what a part repaid early does, in the words of the method that holds."""
        method, effect = self._method_now(), self.prepayment_effect
        if method == "bullet":
            value = self.env._("The payment at the end becomes smaller.")
        elif method == "interest_only":
            value = self.env._("The interest of each installment and the payment at the end become smaller.")
        elif self._keeps_agreed_installment() and effect != "last_installment":
            value = self.env._("The installments stay the same; the loan ends sooner.")
        elif method == "flat" or effect in ("keep_term", "own_row"):
            value = self.env._("The installments become smaller; the loan ends when agreed.")
        elif effect == "last_installment":
            value = self.env._(
                "It stands for your next installments; the interest it saves comes off the last one."
            )
        elif method == "balloon":
            value = self.env._("The installments stay the same; the last one becomes smaller.")
        elif effect == "keep_installment":
            value = self.env._("The installments stay the same; the loan ends sooner.")
        else:
            value = self.env._(
                "The loan ends sooner; the installments change a little, so that they come out even."
            )
        text = ""
        if self.prepayment_date == "next_due":
            text = self.env._(
                "A part you repay counts from the next due date on; interest runs as before until then."
            )
        elif effect == "own_row":
            text = self.env._("With it you pay the interest up to that day.")
        return self._fact("effect", self.env._("If you repay a part of the loan"), value, text)

    def _fact_overpayment(self):
        """Return what becomes of money beyond what is due that nobody calls a prepayment."""
        label = self.env._("If you pay more than is due")
        if self.overpayment == "waits":
            return self._fact(
                "overpayment",
                label,
                self.env._("The rest waits as your credit."),
                self.env._(
                    "It pays your next installments when they fall due. It saves no interest; to save interest, tell "
                    "us that you want to repay a part of the loan."
                ),
            )
        return self._fact(
            "overpayment",
            label,
            self.env._("The rest pays your next installments at once."),
            self.env._(
                "They stay as large as they are. It saves no interest; to save interest, tell us that you want to "
                "repay a part of the loan."
            ),
        )

    # ------------------------------------------------------------ examples

    def _fact_settlement(self, day, settled):
        told = {
            "principal": self._amount(settled.principal),
            "interest": self._amount(settled.interest),
            "charge": self._amount(settled.charge),
            "total": self._amount(settled.total),
            "saved": self._amount(settled.saved),
        }
        return self._fact(
            "settle",
            self.env._("An example: you repay everything on %s", self._long_day(day)),
            told["total"],
            self._sentences(
                settled.saved and self.env._("You would save %(saved)s of interest.", **told),
                self.env._("What is due by then is to be paid as well."),
            ),
            [
                self.env._(
                    "Loan %(principal)s + interest %(interest)s + charge %(charge)s = %(total)s.", **told
                )
                if settled.charge
                else self.env._("Loan %(principal)s + interest %(interest)s = %(total)s.", **told)
            ],
        )

    def _fact_prepayment(self, day, agreed, events):
        """Return the example of a part of the loan repaid early: a tenth or so, a round amount."""
        balance = proposals.balance_on(agreed, events, day)
        tenth = balance / 10
        step = Decimal(10) ** tenth.adjusted() if tenth else Decimal(1)
        amount = money.quantize(tenth // step * step, agreed.cent)
        if not 0 < amount < balance:
            return []
        now = variants.as_agreed(agreed, events, day)
        then = variants.prepaid(agreed, events, day, amount)
        if now.payment is None or then.payment is None:
            return []
        saved = now.interest - then.interest
        told = {
            "interest": self._amount(then.interest),
            "saved": self._amount(saved),
            "with": self._amount(then.interest_now),
        }
        return [
            self._fact(
                "prepay",
                self.env._("An example: you repay a part on %s", self._long_day(day)),
                self._amount(amount),
                self._prepaid_told(
                    now,
                    then,
                    amortization.schedule(agreed, events),
                    amortization.schedule(agreed, [*events, terms.Prepayment(day, amount)]),
                    day,
                ),
                [
                    saved > 0
                    and self.env._(
                        "The interest still to come would be %(interest)s, which is %(saved)s less than now.",
                        **told,
                    ),
                    then.interest_now
                    and self.env._("%(with)s of it is paid on that day, for the days up to it.", **told),
                    then.charge and self.env._("Charge: %s.", self._amount(then.charge)),
                ],
            )
        ]

    def _prepaid_told(self, now, then, rows, rows_then, day):
        """Return what a prepayment does to the installments: the first one that differs, and the last due date.

        :param core.variants.Variant now: the loan as it stands
        :param core.variants.Variant then: with the prepayment
        :param rows: the schedule as it stands
        :param rows_then: with the prepayment
        :param date day: of the prepayment
        """
        before, after = (
            {row.due: row.payment for row in some if row.due > day and row.kind == amortization.INSTALLMENT}
            for some in (rows, rows_then)
        )
        same_end = then.last_due == now.last_due
        due = next((due for due, payment in before.items() if after.get(due) != payment), now.next_due)
        covered = not after.get(due) and due < then.next_due
        if covered:
            due = then.next_due
        told = {
            "due": self._long_day(due),
            "after": self._amount(after.get(due, 0)),
            "before": self._amount(before.get(due, 0)),
            "stays": self._amount(then.payment),
            "last": self._long_day(then.last_due),
            "last_before": self._long_day(now.last_due),
        }
        if covered:
            text = self.env._(
                "You pay nothing before %(due)s. The installment of that day becomes %(after)s instead of %(before)s.",
                **told,
            )
        elif due == now.next_due:
            text = self.env._("The next installment becomes %(after)s instead of %(before)s.", **told)
        elif same_end:
            text = self.env._(
                "The installments stay as they are until that of %(due)s, which becomes %(after)s instead of "
                "%(before)s.",
                **told,
            )
        else:
            text = self.env._("The next installment stays %(stays)s.", **told)
        if not same_end:
            ending = self.env._("The last one falls due on %(last)s instead of %(last_before)s.", **told)
        elif due == now.last_due:
            ending = ""
        else:
            ending = self.env._("The last one falls due on %(last)s, as before.", **told)
        return self._sentences(text, ending)
