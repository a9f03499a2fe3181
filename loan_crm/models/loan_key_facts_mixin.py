from base64 import b64encode
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date
from odoo.tools.misc import get_lang

from ..core import allocation, amortization, dates, daycounts, money, proposals, terms
from ..core.refusal import Refusal

# How late the example is; a loan with more grace days than that is shown that much later than they end.
_EXAMPLE_DAYS = 10
_PICTURE = {"width": 640, "height": 200, "left": 4, "right": 636, "top": 12, "bottom": 188}


class LoanKeyFactsMixin(models.AbstractModel):
    """A loan in plain words: what one pays and when, what it costs, what happens if late or early, or if rates move.

    :meth:`_key_facts` is the one source; the form's page and the borrower's sheet only lay it out. A formula is
    printed with its numbers only where it gives the very figure of the ledger: where conventions make it differ, the
    sentence says what the figure is and not what it might have been.
    """

    _name = "loan.key.facts.mixin"
    _inherit = ["loan.disclosure.mixin"]
    _description = "Loan Key Facts"

    key_facts_html = fields.Html(
        "Plain Terms",
        compute="_compute_key_facts_html",
        sanitize=False,
        help="The key facts as the page of the form shows them.",
    )

    def _compute_key_facts_html(self):
        for contract in self:
            contract.key_facts_html = (
                self.env["ir.qweb"]._render(
                    "loan_crm.loan_key_facts_page",
                    {
                        "sections": contract._key_facts(),
                        "picture": contract._key_facts_picture(),
                        "rates": contract._annual_rates(),
                        "words": contract._key_facts_words(),
                    },
                )
                if contract.installment_ids
                else Markup()
            )

    # ------------------------------------------------------------ the facts

    def _key_facts(self):
        """Return the key facts in the language of the environment, for a reader who is no banker.

        :return: a list of sections, each a dict with `key`, `title` and `facts`; a fact has `key`, `label`, `value`
            (the figure), `text` (a sentence beside it) and `how` (sentences: how it is worked out)
        """
        self.ensure_one()
        sections = [
            ("pay", self.env._("What you pay, and when"), self._facts_pay()),
            ("cost", self.env._("What it costs in all"), self._facts_cost()),
            ("late", self.env._("If you pay late"), self._facts_late()),
            ("early", self.env._("If you pay early"), self._facts_early()),
            ("rate", self.env._("If the rate moves"), self._facts_rate()),
        ]
        return [{"key": key, "title": title, "facts": facts} for key, title, facts in sections if facts]

    @api.model
    def _fact(self, key, label, value, text="", how=()):
        return {
            "key": key,
            "label": label,
            "value": value,
            "text": text,
            "how": [told for told in how if told],
        }

    def _facts_pay(self):
        rows = self.installment_ids.filtered(lambda row: row.kind == "installment" and row.amount)
        drawn = [event for event in self.event_ids if event.state == "posted" and event.kind == "drawdown"]
        facts = [
            self._fact(
                "principal",
                self.env._("Amount lent"),
                self._amount(self.principal + sum(event.amount for event in drawn)),
                self.env._("Paid out on %s.", self._long_day(self.start_date)),
                [
                    self.env._(
                        "%(amount)s on %(date)s.",
                        amount=self._amount(event.amount),
                        date=self._long_day(event.date),
                    )
                    for event in drawn
                ],
            )
        ]
        facts += self._facts_next(rows)
        if not rows:
            return facts
        first, last = rows[0], rows[-1]
        if len(rows) > 1:
            facts.append(
                self._fact(
                    "frequency",
                    self.env._("Installments"),
                    str(len(rows)),
                    self._rhythm(first, last),
                    [self._shape(rows)],
                )
            )
        facts.append(
            self._fact(
                "last",
                self.env._("Last due date"),
                self._long_day(last.due_date),
                self.env._("The last installment is %s.", self._amount(last.amount)),
                [
                    self.env._(
                        "It repays the %(balance)s that are left then, with %(interest)s interest. After it you owe "
                        "nothing.",
                        balance=self._amount(last.principal),
                        interest=self._amount(last.interest),
                    )
                ],
            )
        )
        if len(rows) == 1:
            facts[-1]["how"].insert(0, self._shape(rows))
        facts.append(self._fact_holidays(rows))
        return facts

    def _facts_next(self, rows):
        """Return the fact of the next installment: the oldest one that still asks for something."""
        if self.state == "closed":
            return [
                self._fact(
                    "next", self.env._("Next installment"), self._amount(0), self.env._("All is repaid.")
                )
            ]
        opened = self.state == "active"
        row = next((row for row in rows if not opened or row.amount_open), None)
        if row is None:
            return []
        place = {"number": row.number, "count": len(rows), "date": self._long_day(row.due_date)}
        if not opened:
            label, text = self.env._("First installment"), self.env._("Due on %(date)s.", date=place["date"])
        elif row.due_date < self.company_id._loan_today():
            label = self.env._("Next installment")
            text = self.env._("No. %(number)s of %(count)s. It was due on %(date)s.", **place)
        else:
            label = self.env._("Next installment")
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

    def _shape(self, rows):
        """Return how the installments run, by the method that holds now."""
        last = {"amount": self._amount(rows[-1].amount), "date": self._long_day(rows[-1].due_date)}
        method = self._method_now()
        if method == "stepped":
            step = {"every": self.step_every, "share": self._percent(abs(self.step_rate))}
            shape = (
                self.env._("After every %(every)s installments the payment grows by %(share)s.", **step)
                if self.step_rate > 0
                else self.env._("After every %(every)s installments the payment falls by %(share)s.", **step)
            )
        else:
            shape = {
                "annuity": self.env._(
                    "You pay the same amount each time. At first more of it is interest, later more of it repays the "
                    "loan."
                ),
                "equal_principal": self.env._(
                    "Each installment repays the same part of the loan and the interest on what is left, so the "
                    "installments become smaller."
                ),
                "flat": self.env._(
                    "Interest is charged on the whole amount lent until the end, however much of it you have repaid."
                ),
                "interest_only": self.env._(
                    "Until the end you pay interest alone. The loan itself falls due with the last installment of "
                    "%(amount)s on %(date)s.",
                    **last,
                ),
                "bullet": self.env._(
                    "You pay nothing before %(date)s. Then the loan and all its interest, %(amount)s, fall due at "
                    "once.",
                    **last,
                ),
                "balloon": self.env._(
                    "You pay the same amount each time, and a much larger last installment of %(amount)s on %(date)s.",
                    **last,
                ),
            }[method]
        if not self.grace:
            return shape
        count = {"count": self.grace}
        return " ".join(
            (
                {
                    "paid": self.env._(
                        "With the first %(count)s installments you pay interest alone.", **count
                    ),
                    "capitalised": self.env._(
                        "With the first %(count)s installments you pay nothing: their interest is added to what you "
                        "owe.",
                        **count,
                    ),
                    "deferred": self.env._(
                        "With the first %(count)s installments you pay nothing: their interest is asked for with the "
                        "next one.",
                        **count,
                    ),
                }[self.grace_interest],
                shape,
            )
        )

    def _method_now(self):
        methods = [
            event.repayment_method
            for event in self.event_ids
            if event.state == "posted" and event.repayment_method
        ]
        return methods[-1] if methods else self.repayment_method

    def _level_how(self, row):
        """Return the formula of a level payment in words, where it gives the payment of this row."""
        if self._method_now() != "annuity" or self.grace or self.schedule_source != "own":
            return None
        if any(event.state == "posted" for event in self.event_ids):
            return None  # levelled anew since, from another balance
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
        own = self.installment_ids.filtered(lambda other: other.kind == "installment")
        before = own[: own.ids.index(row.id)][-1:]
        start = before.due_date or self.start_date
        cent = self._cent()
        figures = {
            "interest": self._amount(row.interest),
            "principal": self._amount(row.principal),
            "start": self._long_day(start),
            "end": self._long_day(row.due_date),
            "rate": self._percent(self._rate_on(start)),
        }
        balance = money.from_float(
            self.principal if self._method_now() == "flat" or not before else before.balance, cent
        )
        figures["balance"] = self._amount(balance)
        rate = self._as_fraction(self._rate_on(start))
        over, under = 1, dates.FREQUENCIES[self.frequency].per_year
        interest = money.from_float(row.interest, cent)
        if not interest:
            told = None
        elif self.period_basis == "equal_periods" and self._is_interest(
            interest, balance * rate, over, under
        ):
            told = self.env._(
                "Interest: %(balance)s × %(rate)s ÷ %(periods)s = %(interest)s.", **figures, periods=under
            )
        else:
            over, under = self._day_share(start, row.due_date)
            told = (
                self.env._(
                    "Interest from %(start)s to %(end)s: %(balance)s × %(rate)s × %(days)s days ÷ %(year)s = "
                    "%(interest)s.",
                    **figures,
                    days=over,
                    year=under,
                )
                if under and under < 400 and self._is_interest(interest, balance * rate, over, under)
                else self.env._(
                    "Interest from %(start)s to %(end)s at %(rate)s a year: %(interest)s.", **figures
                )
            )
        if row.capitalised:
            return [
                told,
                self.env._("%s interest of this period is added to the loan.", self._amount(row.capitalised)),
            ]
        if not row.principal:
            return [told, self.env._("It repays nothing of the loan.")]
        return [told, self.env._("The other %(principal)s repay the loan.", **figures) if told else None]

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

    def _rate_on(self, day):
        """Return the nominal yearly rate that holds on a day, in percent."""
        rates = [
            event.yearly_rate
            for event in self.event_ids
            if event.state == "posted" and event.changes_rate and event.date <= day
        ]
        return rates[-1] if rates else self.yearly_rate

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

    # ------------------------------------------------------------ what it costs

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
        facts = [
            self._fact(
                "interest",
                self.env._("Interest"),
                told["interest"],
                self.env._("If every installment is paid on its day."),
                [self.env._("The interest of all installments, added up.")],
            ),
            self._fact("fees", self.env._("Fees"), told["fees"], "", self._fees_how(charges)),
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
        ]
        rate = self._annual_rate(self.disclosed_rate)
        worked = rate["how"]
        if rate["value"] is None:
            facts.append(self._fact("annual", rate["name"], "—", rate["told"], [worked]))
        else:
            rows = [row for row in self.installment_ids if row.amount]
            facts.append(
                self._fact(
                    "annual",
                    rate["name"],
                    rate["told"],
                    self.env._("The whole cost of the loan, interest and fees, as a rate for a year."),
                    [
                        worked,
                        self.env._(
                            "Here: %(lent)s in your hand on %(date)s, and %(count)s payments of %(payments)s in all.",
                            lent=self._amount(self.principal - self.fee),
                            date=self._long_day(self.start_date),
                            count=len(rows),
                            payments=self._amount(sum(row.amount for row in rows)),
                        ),
                    ],
                )
            )
        return facts

    def _fees_how(self, charges):
        how = []
        if self.fee:
            how.append(
                self.env._(
                    "%(share)s of the amount lent and %(fixed)s, due on %(date)s: %(fee)s.",
                    share=self._percent(self.fee_rate),
                    fixed=self._amount(self.fee_amount),
                    date=self._long_day(self.start_date),
                    fee=self._amount(self.fee),
                )
            )
        if charges:
            how.append(self.env._("Charges for early repayment: %s.", self._amount(charges)))
        return how or [self.env._("There is no fee for taking this loan.")]

    # ------------------------------------------------------------ late

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
                        "So many days late cost nothing. One day more, and all days since the due date count."
                    ),
                )
            )
        if conventions.penalty_factor:
            facts.append(self._fact_penalty(conventions))
        if conventions.overdue_interest == "outstanding":
            facts.append(
                self._fact(
                    "overdue_interest",
                    self.env._("Ordinary interest"),
                    self._percent(self.current_rate),
                    self.env._("It runs on as well, on overdue principal, until that is paid."),
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
                    self.env._("They are open now and grow with each day."),
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
            how.append(self.env._("Penalty, late fee and interest that runs on, up to the day of payment."))
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

    # ------------------------------------------------------------ early

    def _facts_early(self):
        if self.state == "closed":
            return []
        conventions = self._as_conventions()
        facts = [self._fact_charge(conventions)]
        facts.append(
            self._fact(
                "effect",
                self.env._("What becomes of the installments"),
                self._option_value("prepayment_effect"),
            )
        )
        facts.append(
            self._fact(
                "settlement_interest",
                self.env._("Interest if you repay everything"),
                self._option_value("settlement_interest"),
            )
        )
        if self.schedule_source != "own":
            return facts
        day = self._early_day()
        if day is None:
            return facts
        with suppress(
            Refusal, ValidationError
        ):  # nothing is left to repay early on that day: no example then
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
        label = self.env._("Charge")
        if not conventions.prepayment_charge_rate:
            return self._fact("charge", label, self._amount(0), self.env._("Repaying early costs nothing."))
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
            self.env._("From %s on it costs nothing.", self._long_day(until)),
            [
                self.env._(
                    "%(months)s months after the payout on %(date)s.",
                    months=months,
                    date=self._long_day(self.start_date),
                )
            ],
        )

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
            self.env._(
                "You would save %(saved)s of interest. What is due by then is to be paid as well.", **told
            ),
            [
                self.env._(
                    "Loan %(principal)s + interest up to then %(interest)s + charge %(charge)s = %(total)s.",
                    **told,
                )
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
        after = day + timedelta(1)
        now = proposals.outlook(amortization.schedule(agreed, events), after)
        then = proposals.outlook(
            amortization.schedule(agreed, [*events, terms.Prepayment(day, amount)]), after
        )
        if now.payment is None or then.payment is None:
            return []
        told = {
            "before": self._amount(now.payment),
            "after": self._amount(then.payment),
            "count": then.count,
            "date": self._long_day(then.last_due),
            "interest": self._amount(then.interest),
            "saved": self._amount(now.interest - then.interest),
        }
        text = self.env._(
            "The next installment becomes %(after)s instead of %(before)s, and the last of %(count)s falls due on "
            "%(date)s.",
            **told,
        )
        return [
            self._fact(
                "prepay",
                self.env._("An example: you repay a part on %s", self._long_day(day)),
                self._amount(amount),
                text,
                [
                    self.env._(
                        "The interest still to come would be %(interest)s, which is %(saved)s less than now.",
                        **told,
                    )
                    if now.interest > then.interest
                    else None,
                    self.env._("Charge: %s.", self._amount(proposals.charge(agreed, day, amount))),
                ],
            )
        ]

    # ------------------------------------------------------------ rates that move

    def _facts_rate(self):
        if self.rate_type != "floating":
            return [
                self._fact(
                    "fixed",
                    self.env._("Fixed rate"),
                    self._percent(self.current_rate),
                    self.env._("The rate stays the same until the end, whatever happens on the market."),
                )
            ]
        today = self.company_id._loan_today()
        reference = self.reference_rate_id
        facts = [
            self._fact(
                "floating",
                self.env._("Rate today"),
                self._percent(self.current_rate),
                self.env._(
                    "It follows %(reference)s, which others publish, with %(spread)s added.",
                    reference=reference.name,
                    spread=self._percent(self.spread),
                ),
                [self._floating_how(max(self.start_date, today))],
            )
        ]
        if self.state == "closed" or not self.next_reprice_date:
            return facts
        facts.append(
            self._fact(
                "reprice",
                self.env._("Next new rate"),
                self._long_day(self.next_reprice_date),
                self.env._("Repriced every %s months.", self.reprice_months)
                if self.reprice_rule == "anniversary"
                else self.env._("Repriced on 1 January of each year."),
                [
                    self.env._(
                        "The latest value published up to %(date)s, %(days)s days before, decides. You are told on "
                        "that day.",
                        date=self._long_day(self.next_reprice_date - timedelta(self.fixing_days)),
                        days=self.fixing_days,
                    )
                ],
            )
        )
        return facts + self._fact_rise()

    def _floating_how(self, day):
        """Return reference rate + spread = rate, with the values the rate of today was made of."""
        posted = [
            event
            for event in self.event_ids
            if event.state == "posted"
            and event.changes_rate
            and event.date <= day
            and event.reference_value_id
        ]
        if posted:
            value, since = Decimal(str(posted[-1].reference_value_id.value)), posted[-1].date
        else:
            published = self.reference_rate_id._value_on(self.start_date)
            value, since = published * 100 if published is not None else None, self.start_date
        spread = Decimal(str(self.spread))
        if value is None or value + spread != Decimal(str(self.current_rate)):
            return self.env._("As agreed in the contract.")
        return self.env._(
            "%(reference)s %(value)s + %(spread)s = %(rate)s, since %(date)s.",
            reference=self.reference_rate_id.name,
            value=self._percent(value),
            spread=self._percent(spread),
            rate=self._percent(self.current_rate),
            date=self._long_day(since),
        )

    def _fact_rise(self):
        """Return what the installment would be if the rate were one percent higher from the next repricing on."""
        day = self.next_reprice_date
        if self.schedule_source != "own" or not self.last_due_date or day >= self.last_due_date:
            return []
        rate = self._as_fraction(self.current_rate) + Decimal("0.01")
        try:
            agreed, events = self._as_terms(), self._as_events()
            after = day + timedelta(1)
            now = proposals.outlook(amortization.schedule(agreed, events), after)
            then = proposals.outlook(
                amortization.schedule(agreed, [*events, terms.Change(day, yearly_rate=rate)]), after
            )
        except (Refusal, ValidationError):  # such a rate the loan could not bear: no example
            return []
        if now.payment is None or then.payment is None:
            return []
        return [
            self._fact(
                "rise",
                self.env._("An example: the rate rises by one percentage point"),
                self._amount(then.payment),
                self.env._(
                    "This would be the installment of %(date)s, instead of %(before)s.",
                    date=self._long_day(then.next_due),
                    before=self._amount(now.payment),
                ),
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

    # ------------------------------------------------------------ laid out

    def _key_facts_words(self):
        """Return the headings of the page and the sheet, so that all their words come from one place."""
        return {
            "title": self.env._("Key facts of your loan"),
            "how": self.env._("How it is worked out"),
            "bar": self.env._("What you pay in all"),
            "line": self.env._("What you still owe"),
            "rates": self.env._("The yearly cost under every name"),
            "loan": self.env._("Loan"),
            "borrower": self.env._("Borrower"),
            "product": self.env._("Product"),
            "as_of": self.env._("As of"),
            "to_pay": self.env._("How to pay"),
            "ask": self.env._("If anything is unclear, please ask"),
            "closing": self.env._("Where this sheet and the contract differ, the contract counts."),
        }

    def _key_facts_picture(self):
        """Return what the two pictures are drawn from: shares of what is paid in all, and the balance over time."""
        totals = self._cost_totals()
        fees = min(
            money.from_float(self.fee + sum(self.installment_ids.mapped("fee")), self._cent()), totals.payable
        )
        parts = [
            ("principal", self.env._("Amount lent"), totals.credit, "#1f5f8b"),
            ("interest", self.env._("Interest"), max(Decimal(0), totals.cost - fees), "#d98324"),
            ("fees", self.env._("Fees"), fees, "#8c2f39"),
        ]
        whole = sum(part[2] for part in parts) or Decimal(1)
        bars, left = [], 0.0
        for key, label, amount, color in parts:
            if not amount:
                continue
            width = round(float(_PICTURE["width"] * amount / whole), 1)
            bars.append(
                {
                    "key": key,
                    "label": label,
                    "amount": self._amount(amount),
                    "share": self._percent(amount / whole * 100, 1),
                    "color": color,
                    "x": left,
                    "width": width,
                }
            )
            left = round(left + width, 1)
        rows = self.installment_ids.sorted(lambda row: (row.due_date, row.id))
        points = [(self.start_date, self.principal), *((row.due_date, row.balance) for row in rows)]
        most, days = max(amount for _day, amount in points) or 1.0, (points[-1][0] - points[0][0]).days or 1
        across, down = _PICTURE["right"] - _PICTURE["left"], _PICTURE["bottom"] - _PICTURE["top"]
        line = [
            (
                round(_PICTURE["left"] + across * (day - points[0][0]).days / days, 1),
                round(_PICTURE["bottom"] - down * amount / most, 1),
            )
            for day, amount in points
        ]
        return {
            "bars": bars,
            "line": " ".join(f"{x},{y}" for x, y in line),
            "area": " ".join(
                f"{x},{y}"
                for x, y in [(line[0][0], _PICTURE["bottom"]), *line, (line[-1][0], _PICTURE["bottom"])]
            ),
            "most": self._amount(most),
            "first": self._long_day(points[0][0]),
            "last": self._long_day(points[-1][0]),
            "told": self.env._(
                "From %(amount)s on %(first)s down to nothing on %(last)s.",
                amount=self._amount(self.principal),
                first=self._long_day(points[0][0]),
                last=self._long_day(points[-1][0]),
            ),
            **_PICTURE,
        }

    def _key_facts_sheet(self):
        """Return all that the borrower's sheet shows. Nothing else of the loan reaches it: no note, class or stage."""
        self.ensure_one()
        # As superuser: the name and address of their own manager and of the lender are the borrower's to know.
        manager_sudo, company_sudo = self.manager_user_id.sudo(), self.company_id.sudo()
        product = self.product_id
        return {
            "words": self._key_facts_words(),
            "company": company_sudo.name,
            "loan": self.name,
            "borrower": self.partner_id.name,
            "product": product.name,
            "as_of": self._long_day(self.company_id._loan_today()),
            "sections": self._key_facts(),
            "picture": self._key_facts_picture(),
            "to_pay": product.payment_instructions or company_sudo.loan_payment_instructions,
            "contact": [
                told
                for told in (
                    manager_sudo.name or company_sudo.name,
                    manager_sudo.phone or company_sudo.phone,
                    manager_sudo.email or company_sudo.email,
                )
                if told
            ],
        }

    def _borrower_lang(self):
        """Return the code of the language the borrower reads, that of the user where it is not installed."""
        self.ensure_one()
        return get_lang(self.env, self.partner_id.lang).code

    def _prepare_key_facts_attachment_vals(self):
        """Return the sheet as a file: a PDF where the server can make one, else a page every browser opens."""
        self.ensure_one()
        contract = self.with_context(lang=self._borrower_lang())
        reports = contract.env["ir.actions.report"]
        name = self.env._("Key Facts %s", self.name)
        if reports.get_wkhtmltopdf_state() in ("ok", "upgrade"):
            content, _kind = reports._render_qweb_pdf("loan_crm.report_loan_key_facts", self.ids)
            kind, ending = "application/pdf", "pdf"
        else:
            content, _kind = reports._render_qweb_html("loan_crm.report_loan_key_facts", self.ids)
            kind, ending = "text/html", "html"
        return {
            "name": f"{name.replace('/', '-')}.{ending}",
            "mimetype": kind,
            "datas": b64encode(content if isinstance(content, bytes) else content.encode()),
            # Where the composer keeps its files until the letter leaves; one never sent is swept away.
            "res_model": "mail.compose.message",
            "res_id": 0,
        }

    def action_send_key_facts(self):
        """Open a letter to the borrower with the sheet in their language; the chatter keeps what was sent."""
        self.ensure_one()
        self.check_access("read")
        contract = self.with_context(lang=self._borrower_lang())
        attachment = self.env["ir.attachment"].create(contract._prepare_key_facts_attachment_vals())
        template = self.env.ref("loan_crm.mail_template_key_facts", raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "name": self.env._("Send Key Facts"),
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_template_id": template.id if template else False,
                "default_attachment_ids": attachment.ids,
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "force_email": True,
            },
        }

    # ------------------------------------------------------------ words

    def _amount(self, value):
        """Return an amount as the reader writes it, with its currency."""
        return self.currency_id.format(float(value))

    def _long_day(self, day):
        """Return a date in words: March 17, 2026."""
        return format_date(self.env, day, date_format="long")

    def _option_value(self, name):
        """Return the chosen value of an option as the form calls it."""
        return dict(self._fields[name]._description_selection(self.env))[self[name]]
