from odoo import models


class LoanKeyFactsPayMixin(models.AbstractModel):
    """What one pays, and when: the next installment, how they run, the last one, and days that are holidays."""

    _name = "loan.key.facts.pay.mixin"
    _inherit = ["loan.key.facts.shape.mixin", "loan.key.facts.interest.mixin"]
    _description = "Loan Key Facts: What to Pay"

    def _facts_pay(self):
        rows = self._own_rows()
        asked = rows.filtered("amount")
        facts = [self._fact_principal(), *self._facts_next(rows)]
        if not asked:
            return facts
        last = asked[-1]
        if len(rows) > 1:
            facts.append(
                self._fact(
                    "frequency",
                    self.env._("Number of installments"),
                    str(len(rows)),
                    self._rhythm(rows[0], last),
                    [self._shape(rows), self._covered(rows)],
                )
            )
        how = []
        if last.principal:
            figures = {"balance": self._amount(last.principal), "interest": self._amount(last.interest)}
            how.append(
                self.env._(
                    "It repays the %(balance)s that are left then, with %(interest)s interest. After it you owe "
                    "nothing.",
                    **figures,
                )
                if last.interest
                else self.env._(
                    "It repays the %(balance)s that are left then. After it you owe nothing.", **figures
                )
            )
        facts.append(
            self._fact(
                "last",
                self.env._("Last due date"),
                self._long_day(last.due_date),
                self.env._("The last installment is %s.", self._amount(last.amount)),
                [*([self._shape(rows)] if len(rows) == 1 else []), *how],
            )
        )
        facts.append(self._fact_holidays(asked))
        return facts

    def _fact_principal(self):
        drawn = self._posted("drawdown")
        how = [
            self.env._("%(amount)s on %(date)s.", amount=self._amount(amount), date=self._long_day(day))
            for day, amount in [
                (self.start_date, self.principal),
                *((event.date, event.amount) for event in drawn),
            ]
        ]
        return self._fact(
            "principal",
            self.env._("Amount lent"),
            self._amount(self.principal + sum(drawn.mapped("amount"))),
            self.env._("Paid out in parts, the first on %s.", self._long_day(self.start_date))
            if drawn
            else self.env._("Paid out on %s.", self._long_day(self.start_date)),
            how if drawn else (),
        )

    def _facts_next(self, rows):
        """Return the fact of the next installment: the oldest one that still asks for something."""
        if self.state == "closed":
            return [
                self._fact(
                    "next", self.env._("Next installment"), self._amount(0), self.env._("All is repaid.")
                )
            ]
        opened = self.state == "active"
        row = next((row for row in rows if row.amount and (not opened or row.amount_open)), None)
        if row is None:
            return []
        place = {"number": row.number, "count": len(rows), "date": self._long_day(row.due_date)}
        late = row.due_date < self.company_id._loan_today()
        if not opened or len(rows) == 1:
            text = (
                self.env._("It was due on %(date)s.", date=place["date"])
                if opened and late
                else self.env._("Due on %(date)s.", date=place["date"])
            )
        elif late:
            text = self.env._("No. %(number)s of %(count)s. It was due on %(date)s.", **place)
        else:
            text = self.env._("No. %(number)s of %(count)s, due on %(date)s.", **place)
        how = [self._level_how(row), *self._row_how(row)]
        if opened and row.amount_open != row.amount:
            how.append(
                self.env._(
                    "%(paid)s of its %(amount)s are paid.",
                    paid=self._amount(row.amount - row.amount_open),
                    amount=self._amount(row.amount),
                )
            )
        label = self.env._("Next installment") if opened else self.env._("First installment")
        return [self._fact("next", label, self._amount(row.amount_open if opened else row.amount), text, how)]

    def _rhythm(self, first, last):
        dated = {"first": self._long_day(first.due_date), "last": self._long_day(last.due_date)}
        return {
            "weekly": self.env._("One every week, from %(first)s to %(last)s.", **dated),
            "biweekly": self.env._("One every two weeks, from %(first)s to %(last)s.", **dated),
            "monthly": self.env._("One every month, from %(first)s to %(last)s.", **dated),
            "quarterly": self.env._("One every three months, from %(first)s to %(last)s.", **dated),
            "half_yearly": self.env._("One every six months, from %(first)s to %(last)s.", **dated),
            "yearly": self.env._("One every year, from %(first)s to %(last)s.", **dated),
        }[self.frequency]

    def _fact_holidays(self, rows):
        value = {
            "unadjusted": self.env._("The due date stays."),
            "following": self.env._("It moves to the next business day."),
            "modified_following": self.env._(
                "It moves to the next business day; if that is in another month, to the one before."
            ),
            "preceding": self.env._("It moves to the business day before."),
            "modified_preceding": self.env._(
                "It moves to the business day before; if that is in another month, to the next one."
            ),
        }[self.business_day_rule]
        text = ""
        # As superuser: which days the lender is open is no secret.
        calendar_sudo = self.company_id.sudo().loan_calendar_id
        if self.business_day_rule != "unadjusted" and calendar_sudo:
            today = self.company_id._loan_today()
            years = calendar_sudo._as_calendar().unpublished_years(
                row.due_date for row in rows if row.due_date >= today
            )
            if years:
                text = self.env._(
                    "Due dates in %s may still move: the holidays of that time are not published yet.",
                    str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}",
                )
        return self._fact("holidays", self.env._("If a due date is a holiday"), value, text)
