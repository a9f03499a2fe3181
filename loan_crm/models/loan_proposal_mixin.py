from datetime import timedelta
from decimal import Decimal, localcontext

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import formatLang

from ..core import allocation, amortization, dates, money, short_figures, variants
from ..core.refusal import Refusal

_ZERO = Decimal(0)
# What a comparison tells of a variant, in this order.
FIGURES = (
    "now",
    "payment",
    "next_due",
    "count",
    "last_due",
    "interest",
    "charge",
    "cost",
    "total",
)


class LoanProposalMixin(models.AbstractModel):
    """What a loan could be like: asked and answered here, shown side by side, and changing nothing.

    The forms that ask (`loan.what.if`) and those that act (`loan.repayment.prepay`, `loan.contract.restructure`,
    `loan.contract.drawdown`) share these answers, so what was promised is what is done.
    """

    _name = "loan.proposal.mixin"
    _inherit = ["loan.ledger.mixin"]
    _description = "Loan Proposal"

    # ------------------------------------------------------------ asking

    def _asked(self, question, *args, **kwargs):
        """Ask the core about this loan as it stands.

        :param question: a function of `core.variants` that takes terms, events and what follows
        :raise ValidationError: when the core declines, in the words of the form
        """
        self.ensure_one()
        try:
            return question(self._as_terms(), self._as_events(), *args, **kwargs)
        except Refusal as refusal:
            raise ValidationError(self._refusal_sentence(refusal)) from refusal

    def _asked_change(self, change):
        """Ask what new terms would make of the loan; of a draft they would be its terms.

        :param core.terms.Change change:
        :rtype: core.variants.Variant
        """
        fresh = self.state == "draft" and change.date <= self.start_date
        try:
            return variants.changed(self._as_terms(), self._as_events(), change, fresh)
        except Refusal as refusal:
            raise ValidationError(self._refusal_sentence(refusal)) from refusal

    def _owed_on(self, day):
        """Return what is to be paid by a day before anything is paid ahead.

        Money that came in later does not count yet, as if the question had been asked on the day.

        :rtype: core.variants.Owed
        """
        self.ensure_one()
        if self.state not in ("active", "closed"):
            return variants.Owed(_ZERO, _ZERO, _ZERO)
        conventions = self._as_conventions()
        rows = {row.id: row for row in self.installment_ids}
        replay = allocation.replay_late(
            [payment for payment in self._as_payments() if payment.date <= day],
            self._as_owed(),
            self._as_late_charges(),
            day,
            conventions.allocation_order,
            conventions.allocation_spread,
        )
        with localcontext(money.EXACT):
            due = [row for row in replay.open.values() if row.due <= day]
            ahead = sum((part.rest for part in replay.allocations.values()), _ZERO)
            for part in replay.allocations.values():
                for key, *amounts in part.shares:
                    if rows[key].due_date > day and rows[key].kind == "installment":
                        ahead += sum(amounts, _ZERO)
            return variants.Owed(
                sum((row.interest + row.principal for row in due), _ZERO),
                sum((row.penalty + row.fee for row in due), _ZERO),
                ahead,
            )

    def _remaining_on(self, day):
        """Return how many installments fall due after a day."""
        return len(
            self.installment_ids.filtered(lambda row: row.kind == "installment" and row.due_date > day)
        )

    def _change_from(self):
        """Return the first day from which new terms touch nothing that fell due or was paid.

        :rtype: datetime.date
        """
        self.ensure_one()
        today = self.company_id._loan_today()
        settled = self.installment_ids.filtered(
            lambda row: row.kind == "installment" and (row.due_date <= today or row.state == "paid")
        )
        last = max(settled.mapped("due_date"), default=None)
        return max(today, last + timedelta(1)) if last else max(today, self.start_date)

    def _check_change_date(self, day):
        """Refuse new terms from a day in the past, or from one that would touch an installment that is paid.

        :param datetime.date day: the day from which they are to hold
        """
        self.ensure_one()
        if day < self.company_id._loan_today():
            raise ValidationError(self.env._("New terms hold from today or a later day on, not before."))
        paid = self.installment_ids.filtered(
            lambda row: row.kind == "installment" and row.state == "paid" and row.due_date >= day
        )
        if paid:
            raise ValidationError(
                self.env._(
                    "The installment due on %s is paid already. New terms can hold from the day after it.",
                    self._format_day(paid[-1].due_date),
                )
            )

    def _check_drawdown(self, amount):
        """Refuse to pay out more on this loan than its line allows.

        :param float amount: what is to be paid out now
        """
        self.ensure_one()
        if self.currency_id.compare_amounts(amount, 0.0) <= 0:
            raise ValidationError(self.env._("The amount must be more than zero."))
        if not self.credit_limit:
            raise ValidationError(
                self.env._(
                    "%s is no line: it was paid out once, and nothing more was agreed on.", self.display_name
                )
            )
        room = self._left_on_line()
        if self.currency_id.compare_amounts(amount, room) > 0:
            raise ValidationError(
                self.env._(
                    "The line of %(loan)s ends at %(most)s: only %(room)s more can be paid out.",
                    loan=self.display_name,
                    most=self.currency_id.format(self.credit_limit),
                    room=self.currency_id.format(room),
                )
            )

    def _left_on_line(self):
        """Return what can still be paid out on this loan."""
        drawn = sum(self._posted("drawdown").mapped("amount"))
        return max(0.0, self.currency_id.round(self.credit_limit - self.principal - drawn))

    def _check_can_be_asked(self):
        self.ensure_one()
        if self.state not in ("draft", "active"):
            raise UserError(
                self.env._("%s is repaid or was never lent: there is nothing to compare.", self.display_name)
            )
        self._check_own_schedule()

    # ------------------------------------------------------------ telling

    def _percent_told(self, percent):
        """Return a percentage as a person reads it.

        :param percent: 1 is one percent
        """
        decimals = max(0, -Decimal(str(float(percent))).normalize().as_tuple().exponent)
        between = "" if short_figures.is_chinese(self.env.lang) else "\N{NO-BREAK SPACE}"
        return f"{formatLang(self.env, float(percent), digits=decimals)}{between}%"

    def _charge_told(self, day, amount, charge):
        """Explain the charge for repaying an amount of principal on a day, in a sentence.

        :param float amount: principal repaid ahead of the schedule
        :param float charge: what it costs
        """
        self.ensure_one()
        months = self.prepayment_charge_months
        if not self.prepayment_charge_rate:
            return self.env._("No charge is agreed for repaying early.")
        if months and day >= dates.add_months(self.start_date, months):
            return self.env._("No charge, because the loan is older than %(months)s months.", months=months)
        facts = {
            "rate": self._percent_told(self.prepayment_charge_rate),
            "amount": self.currency_id.format(amount),
            "charge": self.currency_id.format(charge),
        }
        if months:
            return self.env._(
                "Charge: %(rate)s of %(amount)s because the loan is younger than %(months)s months: %(charge)s.",
                months=months,
                **facts,
            )
        return self.env._("Charge: %(rate)s of %(amount)s, agreed for the whole term: %(charge)s.", **facts)

    def _interest_told(self, day, interest, settles):
        """Explain the interest that is paid with a prepayment, in a sentence; empty where none is."""
        self.ensure_one()
        if not settles and not interest:
            return ""
        amount = self.currency_id.format(interest)
        if settles and self.settlement_interest == "to_next_due":
            return self.env._("Interest up to the next due date, as agreed: %s.", amount)
        return self.env._("Interest up to %(date)s: %(amount)s.", date=self._format_day(day), amount=amount)

    @api.model
    def _figure_labels(self):
        """Return the names of what a comparison tells, in its order."""
        return {
            "now": self.env._("To pay on the day"),
            "payment": self.env._("Next installment"),
            "next_due": self.env._("Due on"),
            "count": self.env._("Installments left"),
            "last_due": self.env._("Last due date"),
            "interest": self.env._("Interest still to pay"),
            "charge": self.env._("Charge"),
            "cost": self.env._("Total cost"),
            "total": self.env._("Total still to pay"),
        }

    def _variant_figures(self, variant):
        """Return the figures of a core variant as field values.

        :param core.variants.Variant variant:
        """
        return {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in ((name, getattr(variant, name)) for name in FIGURES)
        }

    def _comparison_html(self, columns):
        """Return variants side by side as a table that reads by itself, in a form, a letter or on paper.

        :param list columns: dicts of `name`, `note` and the `FIGURES`; the first is what the others are held against
        """
        self.ensure_one()
        first = columns[0]

        def told(name, value):
            if name in ("next_due", "last_due"):
                return self._format_day(value) if value else "–"
            if name == "count":
                return str(value)
            return "–" if value is None or value is False else self.currency_id.format(value)

        rows = [
            {"label": label, "name": name, "cells": [told(name, column[name]) for column in columns]}
            for name, label in self._figure_labels().items()
            if name != "now" or any(column["now"] for column in columns)
        ]
        savings = [self._saving_told(first["cost"] - column["cost"]) for column in columns[1:]]
        return self.env["ir.qweb"]._render(
            "loan_crm.loan_comparison_table",
            {
                "columns": columns,
                "rows": rows,
                "savings": savings,
                "notes": [column for column in columns if column.get("note")],
            },
        )

    def _saving_told(self, saving):
        """Return a saving in words, what it is (``"good"``, ``"bad"`` or ``"none"``) and its colour on paper."""
        saving = self.currency_id.round(saving)
        if self.currency_id.is_zero(saving):
            return {"text": self.env._("costs the same"), "kind": "none", "color": "#5b6b79"}
        amount = self.currency_id.format(abs(saving))
        if saving > 0:
            return {"text": self.env._("saves %s", amount), "kind": "good", "color": "#146c43"}
        return {"text": self.env._("costs %s more", amount), "kind": "bad", "color": "#b02a37"}

    def _change_html(self, before, after):
        """Return two variants as a table, and row by row what becomes of the schedule.

        :param core.variants.Variant before:
        :param core.variants.Variant after:
        """
        return self._comparison_html(
            [
                {"name": self.env._("As agreed"), **self._variant_figures(before)},
                {"name": self.env._("After the change"), **self._variant_figures(after)},
            ]
        )

    def _as_version_rows(self, rows):
        """Return installments, records or core values, as what two versions are compared by."""
        result, seen = {}, {}
        for row in rows:
            if isinstance(row, amortization.Installment):
                values = (
                    row.kind,
                    row.due,
                    row.number,
                    row.principal,
                    row.interest,
                    row.payment,
                    row.balance,
                )
            else:
                values = (
                    row.kind,
                    row.due_date,
                    row.number,
                    row.principal,
                    row.interest,
                    row.amount,
                    row.balance,
                )
            kind, due, number, *amounts = values
            nth = seen[kind, due] = seen.get((kind, due), -1) + 1  # two prepayments of one day
            result[due, kind, nth] = {
                "number": number,
                **dict(zip(("principal", "interest", "amount", "balance"), map(float, amounts), strict=True)),
            }
        return result

    def _difference_html(self, before, after):
        """Return what differs between two schedules, row by row; a sentence where nothing does.

        :param before: installments, records or core values
        :param after: likewise
        """
        self.ensure_one()
        old, new = self._as_version_rows(before), self._as_version_rows(after)
        labels = {
            "added": self.env._("Newly added"),
            "dropped": self.env._("Falls away"),
            "changed": self.env._("Changed"),
        }
        rows, same = [], 0
        for key in sorted(old.keys() | new.keys()):
            was, becomes = old.get(key), new.get(key)
            what = "added" if not was else "dropped" if not becomes else "changed"
            if (
                was
                and becomes
                and not any(
                    self.currency_id.compare_amounts(was[name], becomes[name])
                    for name in ("principal", "interest", "amount", "balance")
                )
            ):
                same += 1
                continue
            shown = becomes or was
            rows.append(
                {
                    "what": what,
                    "told": labels[what],
                    "due": self._format_day(key[0]),
                    "number": shown["number"] or self.env._("prepayment"),
                    **{
                        name: (
                            self.currency_id.format(was[name]) if was else "",
                            self.currency_id.format(becomes[name]) if becomes else "",
                        )
                        for name in ("principal", "interest", "amount", "balance")
                    },
                }
            )
        if not rows:
            return Markup("<p>%s</p>") % self.env._("No row differs.")
        return self.env["ir.qweb"]._render(
            "loan_crm.loan_schedule_difference",
            {"rows": rows, "same": same and self.env._("Rows that stay as they were: %s", same)},
        )

    # ------------------------------------------------------------ buttons

    def action_what_if(self):
        """Open the form that compares what could be done with this loan."""
        self._check_can_be_asked()
        return self._action_form("loan_crm.loan_what_if_action")

    def action_prepay(self):
        """Open the form that takes a prepayment or settles this loan."""
        return self._action_form("loan_crm.loan_repayment_prepay_action")

    def action_restructure(self):
        """Open the form that puts new terms on record."""
        return self._action_form("loan_crm.loan_contract_restructure_action")

    def action_draw_down(self):
        """Open the form that pays out more on this loan."""
        return self._action_form("loan_crm.loan_contract_drawdown_action")

    def _action_form(self, xmlid, **defaults):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["context"] = {
            "default_contract_id": self.id,
            **{f"default_{name}": value for name, value in defaults.items()},
        }
        return action
