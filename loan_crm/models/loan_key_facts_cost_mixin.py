from odoo import models

from ..core import money


class LoanKeyFactsCostMixin(models.AbstractModel):
    """What the loan costs in all: interest, fees, their sum, and the same as a rate for a year."""

    _name = "loan.key.facts.cost.mixin"
    _inherit = ["loan.wording.mixin"]
    _description = "Loan Key Facts: Cost"

    def _facts_cost(self):
        totals = self._cost_totals()
        charges = sum(self.installment_ids.mapped("fee"))
        fees = money.from_float(self.fee + charges, self._cent())
        told = {
            "interest": self._amount(totals.cost - fees),
            "fees": self._amount(fees),
            "cost": self._amount(totals.cost),
            "credit": self._amount(totals.credit),
            "payable": self._amount(totals.payable),
        }
        capitalised = sum(self.installment_ids.mapped("capitalised"))
        return [
            self._fact(
                "interest",
                self.env._("Interest"),
                told["interest"],
                self.env._("If every installment is paid on its day and the rate stays as it is.")
                if self.rate_type == "floating"
                else self.env._("If every installment is paid on its day."),
                [
                    self.env._("The interest of all installments, added up."),
                    capitalised
                    and self.env._(
                        "%s of it is not paid when it falls due, but repaid with the loan.",
                        self._amount(capitalised),
                    ),
                ],
            ),
            self._fact("fees", self.env._("Fees"), told["fees"], "", self._fees_how()),
            self._fact(
                "cost",
                self.env._("Total cost of credit"),
                told["cost"],
                "",
                [self.env._("Interest %(interest)s + fees %(fees)s = %(cost)s.", **told)],
            ),
            self._fact(
                "payable",
                self.env._("Total amount you pay"),
                told["payable"],
                "",
                [self.env._("Amount lent %(credit)s + cost %(cost)s = %(payable)s.", **told)],
            ),
            self._fact(
                "nominal",
                self.env._("Nominal yearly rate"),
                self._percent(self.current_rate),
                self.env._(
                    "The rate interest is worked out with. It leaves out fees and interest on interest."
                ),
            ),
            self._fact_annual(totals),
        ]

    def _fact_annual(self, totals):
        rate = self._annual_rate(self.disclosed_rate)
        if rate["value"] is None:
            return self._fact("annual", rate["name"], "—", rate["told"], [rate["how"]])
        rows = [row for row in self.installment_ids if row.amount]
        told = {
            "lent": self._amount(float(totals.credit) - self.fee),
            "date": self._long_day(self.start_date),
            "count": len(rows),
            "payments": self._amount(sum(row.amount for row in rows)),
        }
        if self._posted("drawdown"):
            worked = self.env._(
                "Here: %(lent)s in your hand in all, paid out from %(date)s on, and %(count)s payments of %(payments)s "
                "in all.",
                **told,
            )
        elif len(rows) == 1:
            worked = self.env._(
                "Here: %(lent)s in your hand on %(date)s, and one payment of %(payments)s.", **told
            )
        else:
            worked = self.env._(
                "Here: %(lent)s in your hand on %(date)s, and %(count)s payments of %(payments)s in all.",
                **told,
            )
        return self._fact(
            "annual",
            rate["name"],
            rate["told"],
            self.env._("The whole cost of the loan, interest and fees, as a rate for a year."),
            [rate["how"], worked],
        )

    def _fees_how(self):
        """Return what the fees are made of, naming only what is charged."""
        told = {
            "share": self._percent(self.fee_rate),
            "fixed": self._amount(self.fee_amount),
            "date": self._long_day(self.start_date),
            "fee": self._amount(self.fee),
        }
        how = []
        if self.fee_rate and self.fee_amount:
            how.append(
                self.env._(
                    "%(share)s of the amount lent and %(fixed)s, due on %(date)s: %(fee)s.",
                    **told,
                )
            )
        elif self.fee_rate:
            how.append(self.env._("%(share)s of the amount lent, due on %(date)s: %(fee)s.", **told))
        elif self.fee_amount:
            how.append(self.env._("A fixed fee, due on %(date)s: %(fee)s.", **told))
        early = self.installment_ids.filtered(lambda row: row.kind == "prepayment")
        charges, others = sum(early.mapped("fee")), sum((self.installment_ids - early).mapped("fee"))
        if charges:
            how.append(self.env._("Charges for early repayment: %s.", self._amount(charges)))
        if others:
            how.append(self.env._("Fees asked for with the installments: %s.", self._amount(others)))
        return how or [self.env._("There is no fee for taking this loan.")]
