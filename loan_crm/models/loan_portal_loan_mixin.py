from decimal import Decimal

from odoo import models

from ..core import short_figures

# More bars than these nobody tells apart: then a bar is a year.
_BARS_AT_MOST = 60
# A longer schedule is folded away until it is asked for.
_ROWS_AT_ONCE = 12
_BOX = {"width": 640, "height": 150}


class LoanPortalLoanMixin(models.AbstractModel):
    """What the portal tells of a loan to whoever may see the borrower's page: that, and the whole of it on one page."""

    _name = "loan.portal.loan.mixin"
    _inherit = ["loan.borrower.mixin", "loan.statement.mixin", "loan.portal.prepay.mixin"]
    _description = "Loan on the Portal"

    def _portal_row(self):
        """Return what the list of somebody's loans tells of one."""
        today = self.company_id._loan_today()
        rows = self._rows_to_pay()
        late, coming = (
            [row for row in rows if row.due_date < today],
            [row for row in rows if row.due_date >= today],
        )
        charges = self.charges_open
        overdue = self.currency_id.round(sum(row.amount_open for row in late) + charges)
        return {
            "id": self.id,
            "name": self.name,
            "product": self.product_id.name,
            "lender": self.company_id.name,
            "closed": self.state == "closed",
            "overdue": overdue and self.env._("Overdue now: %s", self._amount(overdue)),
            "days_late": max(((today - row.due_date).days for row in late), default=0),
            "next": coming
            and self.env._(
                "Next payment: %(amount)s on %(day)s",
                amount=self._amount(coming[0].amount_open),
                day=self._long_day(coming[0].due_date),
            ),
            "owed": self.env._("Principal still owed: %s", self._amount(self.principal_outstanding)),
        }

    def _portal_facts(self, partner):
        """Return what the page of a loan tells on the portal, in the language of the context; no record among it.

        :param partner: `res.partner` who looks
        """
        today = self.company_id._loan_today()
        rows = self.installment_ids.sorted(lambda row: (row.due_date, row.number, row.id))
        return {
            **self._borrower_facts(partner),
            "product": self.product_id.name,
            "figures": self._portal_figures(rows, today),
            "schedule": [self._portal_schedule_row(row, today) for row in rows],
            "folded": len(rows) > _ROWS_AT_ONCE,
            "picture": self._portal_picture(rows, today),
            "paid": [
                self._portal_paid_row(repayment)
                for repayment in self.repayment_ids.filtered(lambda each: each.state == "posted").sorted(
                    lambda each: (each.date, each.id), reverse=True
                )
            ],
            "early": self._can_be_prepaid() and f"/my/prepay/{self.id}",
        }

    def _portal_figures(self, rows, today):
        """Return the few figures of a loan, as pairs of what it is and the figure."""
        told = [
            (
                self.env._("Amount lent"),
                self._amount(self.principal + sum(self._posted("drawdown").mapped("amount"))),
            ),
            (self.env._("Paid out on"), self._long_day(self.start_date)),
            (self.env._("Interest rate today, a year"), self._percent(self.current_rate)),
        ]
        if self.state == "active":
            told += [
                (self.env._("Principal still owed"), self._amount(self.principal_outstanding)),
                (
                    self.env._("Installments still to pay"),
                    self.env._(
                        "%(left)s of %(all)s",
                        left=len(rows.filtered(lambda row: row.kind == "installment" and row.amount_open)),
                        all=self.installment_count,
                    ),
                ),
            ]
            if self.last_due_date:
                told.append((self.env._("Last due date"), self._long_day(self.last_due_date)))
        return told

    def _portal_schedule_row(self, row, today):
        standing = self._portal_standing(row, today)
        notes = {
            "paid": self.env._("paid"),
            "late": self.env._("overdue"),
            "today": self.env._("today"),
            "coming": "",
        }
        told = [notes[standing]]
        if standing != "paid" and row.amount_open < row.amount:
            told.append(self.env._("partly paid, %s open", self._amount(row.amount_open)))
        if row.kind == "prepayment":
            told.insert(0, self.env._("paid ahead"))
        elif not row.amount:
            told = [self.env._("nothing to pay")]
        return {
            "number": row.number or "",
            "due": self._long_day(row.due_date),
            "amount": self._amount(row.amount),
            "parts": self.env._(
                "%(principal)s principal, %(interest)s interest",
                principal=self._amount(row.principal),
                interest=self._amount(row.interest),
            ),
            "balance": self._amount(row.balance),
            "note": " · ".join(filter(None, told)),
            "standing": standing,
        }

    def _portal_standing(self, row, today):
        """Return how a row of the schedule stands: "paid", "late", "today" or "coming"."""
        if (
            row.state == "paid"
            or (row.amount and not row.amount_open)
            or (not row.amount and row.due_date < today)
        ):
            return "paid"
        if row.due_date < today:
            return "late"
        return "today" if row.due_date == today else "coming"

    def _portal_paid_row(self, repayment):
        parts = [
            (self.env._("%s principal"), repayment.amount_principal),
            (self.env._("%s interest"), repayment.amount_interest),
            (self.env._("%s charges"), repayment.amount_charges),
            (self.env._("%s kept as credit"), repayment.amount_credit),
        ]
        return {
            "day": self._long_day(repayment.date),
            "amount": self._amount(repayment.amount),
            "name": repayment.name,
            "parts": " · ".join(sentence % self._amount(amount) for sentence, amount in parts if amount),
        }

    def _portal_short(self, amount):
        """Return an amount as short as a picture needs it."""
        currency, language = self.currency_id, self.env.lang
        figure = short_figures.shorten(Decimal(str(currency.round(amount))), language)
        return short_figures.with_sign(figure, currency.symbol, currency.position == "before", language)

    def _portal_picture(self, rows, today):
        """Return what the picture of a schedule is drawn from: a bar for each row, or for each year of a long one.

        :return: a dict with the `bars`, what the picture says in words (`told`), and what stands below it; None where
            nothing is asked for
        """
        rows = rows.filtered("amount")
        if not rows:
            return None
        standing = {row: self._portal_standing(row, today) for row in rows}
        by_year = len(rows) > _BARS_AT_MOST
        groups = list(rows.grouped(lambda row: row.due_date.year).values()) if by_year else list(rows)
        most = max(sum(row.amount for row in group) for group in groups)
        step = _BOX["width"] / len(groups)
        gap = min(4.0, step / 4)
        bars = []
        for place, group in enumerate(groups):
            principal = sum(row.principal for row in group) / most * _BOX["height"]
            rest = sum(row.amount - row.principal for row in group) / most * _BOX["height"]
            states = {standing[row] for row in group}
            bars.append(
                {
                    "x": round(place * step + gap / 2, 1),
                    "width": round(step - gap, 1),
                    "principal_y": round(_BOX["height"] - principal, 1),
                    "principal": round(principal, 1),
                    "rest_y": round(_BOX["height"] - principal - rest, 1),
                    "rest": round(rest, 1),
                    "standing": next(
                        state for state in ("late", "today", "coming", "paid") if state in states
                    ),
                }
            )
        count = {state: sum(each == state for each in standing.values()) for state in ("paid", "late")}
        facts = {
            "count": len(rows),
            "first": self._long_day(rows[0].due_date),
            "last": self._long_day(rows[-1].due_date),
            "paid": count["paid"],
            "late": count["late"],
            "coming": len(rows) - count["paid"] - count["late"],
        }
        return {
            "bars": bars,
            "told": self.env._(
                "%(count)s payments from %(first)s to %(last)s: %(paid)s paid, %(late)s overdue, %(coming)s to come.",
                **facts,
            ),
            "each": self.env._("Each bar is a year.") if by_year else self.env._("Each bar is a payment."),
            "most": self._portal_short(most),
            "first": facts["first"],
            "last": facts["last"],
            "late": bool(count["late"]),
            "paid": bool(count["paid"]),
            **_BOX,
        }

    # ------------------------------------------------------------ in large type

    def _easy_row(self, partner, several):
        """Return what the page in large type tells of this loan: few words, each figure whole.

        :param partner: `res.partner` who looks
        :param bool several: whether the loan has to be named
        """
        today = self.company_id._loan_today()
        rows = self._rows_to_pay()
        late = rows.filtered(lambda row: row.due_date < today)
        coming = (rows - late)[:1]
        owed = self.currency_id.round(sum(late.mapped("amount_open")) + self.charges_open)
        day = coming.due_date
        return {
            "loan": self.env._("Loan %s", self.name) if several else "",
            "overdue": self._amount(owed) if owed else "",
            "since": self.env._("since %s", self._long_day(late[0].due_date)) if late else "",
            "due": day,
            "amount": self._amount(coming.amount_open) if coming else "",
            "day": self.env["loan.case"]._day_told(day) if coming else "",
            "left": self._days_left(day, today) if coming else "",
            "how": [line for line in (self._borrower_how_to_pay(partner) or "").splitlines() if line.strip()],
        }

    def _days_left(self, day, today):
        left = (day - today).days
        if not left:
            return self.env._("That is today.")
        return self.env._("In %s days.", left) if left > 1 else self.env._("That is tomorrow.")
