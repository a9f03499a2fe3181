from odoo import models


class LoanKeyFactsShapeMixin(models.AbstractModel):
    """How the installments run: level or not, without principal for a while, or changed by a new rate.

    Said of what the installments really ask for, not of what the method promises: an odd first payment, a new rate or
    a restructuring makes them differ.
    """

    _name = "loan.key.facts.shape.mixin"
    _inherit = ["loan.wording.mixin"]
    _description = "Loan Key Facts: Installments"

    def _shape(self, rows):
        """Return how the installments run from now on, by the method that holds now and by what they really ask for.

        :param rows: all installments
        """
        ahead = self._still_ahead(rows)
        return self._sentences(
            *self._holidays_told(rows),
            self._waiting_interest_told(rows),
            self._method_told(ahead.filtered("amount")),
            self._new_rate_told(),
        )

    def _still_ahead(self, rows):
        """Return the installments that are not due yet; all of a loan that is not running, or has none left."""
        today = self.company_id._loan_today()
        return (
            self.state == "active" and rows.filtered(lambda row: row.due_date >= today and row.amount)
        ) or rows

    def _method_told(self, rows):
        """Return how the installments run, in the words of the method."""
        method, last = self._method_now(), rows[-1]
        ending = {"amount": self._amount(last.amount), "date": self._long_day(last.due_date)}
        interest = any(rows.mapped("interest"))
        if len(rows) == 1 or (method == "interest_only" and not interest):
            return (
                self.env._(
                    "You pay nothing before %(date)s. Then the loan and all its interest, %(amount)s, fall due at "
                    "once.",
                    **ending,
                )
                if interest
                else self.env._(
                    "You pay nothing before %(date)s. Then the loan, %(amount)s, falls due at once.", **ending
                )
            )
        if method == "interest_only":
            return self.env._(
                "Until the end you pay interest alone. The loan itself falls due with the last installment of "
                "%(amount)s on %(date)s.",
                **ending,
            )
        if method == "stepped":
            step = {"every": self.step_every, "share": self._percent(abs(self.step_rate))}
            return (
                self.env._("After every %(every)s installments the payment grows by %(share)s.", **step)
                if self.step_rate > 0
                else self.env._("After every %(every)s installments the payment falls by %(share)s.", **step)
            )
        if method == "equal_principal":
            return self._equal_principal_told(rows)
        level = self._level_told(rows, ending)
        if method == "flat":
            return self._sentences(
                level,
                interest
                and self.env._(
                    "Interest runs on the whole amount lent until the end: installments do not lower it, only what "
                    "you repay early does."
                ),
            )
        # Of a balloon the larger part of the last installment is no part of the level.
        return self._sentences(
            level,
            interest
            and method == "annuity"
            and self._level_from(rows, "amount") is not None
            and self.env._("Over time interest takes less of it, and more of it repays the loan."),
        )

    def _level_from(self, rows, name):
        """Return the place of the first row from which on all ask for the same, the last one aside; None: none.

        :param str name: of the field that is to be the same
        """
        amounts = rows.mapped(name)
        start = len(amounts) - 1
        while start and self.currency_id.compare_amounts(amounts[start - 1], amounts[-2]) == 0:
            start -= 1
        same = len(amounts) - 1 - start
        return start if same > 1 or (same and amounts[-1] == amounts[-2]) else None

    def _before(self, rows, start):
        """Return the installment before the one at a place, nothing where all that are told of run alike.

        :param rows: installments that ask for something
        :param int start: place of a row
        """
        before = self._own_rows().filtered(lambda row: row.due_date < rows[start].due_date)[-1:]
        told_of = start or (not before.amount and before.due_date)
        return before if told_of else before.browse()

    def _level_told(self, rows, ending):
        """Return that the same amount is paid each time, as far as it is."""
        start = self._level_from(rows, "amount")
        if start is None:
            return self.env._("The installments differ. Your schedule lists each of them.")
        difference = rows[-1].amount - rows[-2].amount
        before = self._before(rows, start)
        since = before and {"since": self._long_day(before.due_date)}
        if difference > rows[-2].amount / 2:
            return (
                self.env._(
                    "After the installment of %(since)s you pay the same amount each time, and a much larger last "
                    "installment of %(amount)s on %(date)s.",
                    **since,
                    **ending,
                )
                if since
                else self.env._(
                    "You pay the same amount each time, and a much larger last installment of %(amount)s on %(date)s.",
                    **ending,
                )
            )
        if self.currency_id.is_zero(difference):
            return (
                self.env._("After the installment of %(since)s you pay the same amount each time.", **since)
                if since
                else self.env._("You pay the same amount each time.")
            )
        return (
            self.env._(
                "After the installment of %(since)s you pay the same amount each time; only the last one differs.",
                **since,
            )
            if since
            else self.env._("You pay the same amount each time; only the last installment differs.")
        )

    def _equal_principal_told(self, rows):
        start = self._level_from(rows, "principal")
        if start is None:
            return self.env._("The installments differ. Your schedule lists each of them.")
        before = self._before(rows, start)
        return self._sentences(
            self.env._(
                "After the installment of %s each one repays the same part of the loan.",
                self._long_day(before.due_date),
            )
            if before
            else self.env._("Each installment repays the same part of the loan."),
            any(rows.mapped("interest"))
            and self.env._(
                "Added to it is the interest on what is still owed, so the installments become smaller."
            ),
        )

    def _new_rate_told(self):
        if self.rate_type != "floating" or self.state == "closed":
            return ""
        keeps = self.after_repricing == "keep_installment" and self._method_now() in ("annuity", "stepped")
        if keeps or self._keeps_agreed_installment():
            return self.env._("A new rate changes when the loan ends, not what you pay each time.")
        return self.env._("A new rate changes what you pay.")

    # ------------------------------------------------------------ holidays

    def _holidays_told(self, rows):
        """Return the stretches without principal that are not over yet: agreed at first, or by a change."""
        agreed = [(rows[: self.grace], self.grace_interest)]
        for event in self._posted("restructure"):
            if event.grace:
                later = rows.filtered(lambda row, day=event.date: row.due_date > day)
                agreed.append((later[: event.grace], event.grace_interest or self.grace_interest))
        today = self.company_id._loan_today()
        return [
            self._holiday_told(stretch, interest)
            for stretch, interest in agreed
            if stretch and (self.state != "active" or stretch[-1].due_date >= today)
        ]

    def _waiting_interest_told(self, rows):
        """Return which installments ask for no interest yet, while there are any."""
        put_off = rows[: self.interest_grace]
        if not put_off or (self.state == "active" and put_off[-1].due_date < self.company_id._loan_today()):
            return ""
        after = self._long_day(rows[len(put_off)].due_date) if len(rows) > len(put_off) else ""
        if len(put_off) == 1:
            return self.env._(
                "The first installment asks for no interest; the next one, on %(date)s, asks for all of it.",
                date=after,
            )
        return self.env._(
            "The first %(count)s installments ask for no interest; the next one, on %(date)s, asks for all of it.",
            count=len(put_off),
            date=after,
        )

    def _holiday_told(self, stretch, interest):
        """Return what is paid meanwhile.

        :param stretch: the installments that repay no principal
        :param str interest: `paid`, `capitalised` or `deferred`
        """
        dated = {
            "count": len(stretch),
            "first": self._long_day(stretch[0].due_date),
            "last": self._long_day(stretch[-1].due_date),
        }
        if len(stretch) == 1:
            return {
                "paid": self.env._("With the installment of %(first)s you pay interest alone.", **dated),
                "capitalised": self.env._(
                    "On %(first)s you pay nothing: the interest is added to what you owe.", **dated
                ),
                "deferred": self.env._(
                    "On %(first)s you pay nothing: the interest is asked for with the next installment.",
                    **dated,
                ),
            }[interest]
        return {
            "paid": self.env._(
                "With the %(count)s installments from %(first)s to %(last)s you pay interest alone.", **dated
            ),
            "capitalised": self.env._(
                "For the %(count)s installments from %(first)s to %(last)s you pay nothing: their interest is added "
                "to what you owe.",
                **dated,
            ),
            "deferred": self.env._(
                "For the %(count)s installments from %(first)s to %(last)s you pay nothing: their interest is asked "
                "for with the next one.",
                **dated,
            ),
        }[interest]

    def _covered(self, rows):
        """Return how many installments are covered by money repaid early; nothing where none is."""
        early = any(
            (event.effect or self.prepayment_effect) == "last_installment"
            for event in self._posted("prepayment")
        )
        covered = early and rows.filtered(lambda row: not row.amount and row.number > self.grace)
        return covered and self.env._("Installments covered by what you have repaid early: %s.", len(covered))
