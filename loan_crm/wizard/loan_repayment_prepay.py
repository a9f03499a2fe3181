from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core import amortization, money, terms, variants
from ..core.refusal import Refusal


class LoanRepaymentPrepay(models.TransientModel):
    """Take money ahead of the schedule, or all that is left: what it pays and costs is told before it is booked.

    One repayment for the one sum that was received. Its principal pays the row the change of the loan makes for it,
    and the rest what is overdue on the day; posted and reversed together with the change.
    """

    _name = "loan.repayment.prepay"
    _inherit = ["loan.change.mixin", "loan.guard.mixin"]
    _description = "Prepay"

    date = fields.Date(
        "Received On",
        required=True,
        compute="_compute_from_contract",
        store=True,
        readonly=False,
        precompute=True,
    )
    settles = fields.Boolean(
        "Settle in Full",
        help="On: all that is left is repaid, with the interest up to the day, and the loan closes.",
    )
    amount = fields.Monetary(
        "Principal to Prepay",
        help="What repays principal ahead of time; what is overdue and the charge come on top.",
    )
    effect = fields.Selection(
        lambda self: self.env["loan.product"]._fields["prepayment_effect"]._description_selection(self.env),
        "Afterwards",
        compute="_compute_from_contract",
        store=True,
        readonly=False,
        precompute=True,
        help="What becomes of the installments after a prepayment. Empty: as the loan says.",
    )
    method = fields.Selection(
        lambda self: self.env["loan.repayment"]._fields["method"]._description_selection(self.env),
        "Paid By",
        required=True,
        default="transfer",
        help="How the money came.",
    )
    reference = fields.Char(
        "Bank Reference", help="As on the bank statement, so that the money is found again."
    )
    note = fields.Char()
    amount_due = fields.Monetary("Due and Not Paid", compute="_compute_amounts")
    late_charges = fields.Monetary(compute="_compute_amounts")
    paid_ahead = fields.Monetary(compute="_compute_amounts")
    principal = fields.Monetary("Principal Repaid Early", compute="_compute_amounts")
    interest = fields.Monetary("Interest Paid with It", compute="_compute_amounts")
    charge = fields.Monetary(compute="_compute_amounts")
    total = fields.Monetary("To Pay in All", compute="_compute_amounts")
    told = fields.Char("How It Is Worked Out", compute="_compute_amounts")

    @api.depends("contract_id")
    def _compute_from_contract(self):
        for form in self:
            form.date = (form.company_id or self.env.company)._loan_today()
            contract = form.contract_id
            form.effect = contract.prepayment_effect
            if form.effect in terms.SHORTENING and contract._method_now() in terms.TERM_BOUND_METHODS:
                form.effect = "keep_term"  # new terms have left no term that could be shortened

    @api.depends("contract_id", "date", "settles", "amount", "effect")
    def _compute_amounts(self):
        for form in self:
            form.update(dict.fromkeys(("amount_due", "late_charges", "paid_ahead"), 0.0))
            form.update(dict.fromkeys(("principal", "interest", "charge", "total"), 0.0))
            form.told = False
            if not form.contract_id or not form.date:
                continue
            try:
                form.update(form._amounts())
            except UserError:  # told once, by `error`
                continue

    def _amounts(self):
        """Return what the payment is made of, as field values."""
        contract = self.contract_id
        self._check_possible()
        owed = contract._owed_on(self.date)
        row = self._own_row()
        if self.settles:
            charge = contract._asked(variants.settled, self.date).charge
            # A payment asked for but not due yet, since its due date was moved, is to be paid as well.
            beside = sum(row.payment for row in self._rows() if row.due > self.date and row.key != self._KEY)
        else:
            charge = contract._asked(variants.prepaid, self.date, self._as_amount(), self.effect).charge
            beside = 0
        ahead = owed.ahead if self.settles else 0
        total = max(0, owed.total + row.payment + beside + charge - ahead)
        return {
            "amount_due": float(owed.scheduled),
            "late_charges": float(owed.charges),
            "paid_ahead": float(ahead),
            "principal": float(row.principal),
            "interest": float(row.interest),
            "charge": float(charge),
            "total": float(total),
            "told": " ".join(
                filter(
                    None,
                    [
                        contract._interest_told(self.date, float(row.interest), self.settles),
                        contract._charge_told(self.date, float(row.principal), float(charge)),
                    ],
                )
            ),
        }

    # What the row of this prepayment is called while it is only a question.
    _KEY = "asked"

    def _rows(self):
        contract = self.contract_id
        try:
            return amortization.schedule(contract._as_terms(), [*contract._as_events(), self._as_change()])
        except Refusal as refusal:
            raise ValidationError(contract._refusal_sentence(refusal)) from refusal

    def _own_row(self):
        return next(row for row in self._rows() if row.key == self._KEY)

    def _as_amount(self):
        return money.from_float(self.amount, self.contract_id._cent())

    def _as_change(self):
        amount = None if self.settles else self._as_amount()
        return terms.Prepayment(self.date, amount, self.effect or None, self._KEY)

    def _variant(self, change):
        if self.settles:
            return self.contract_id._asked(variants.settled, change.date)
        return self.contract_id._asked(variants.prepaid, change.date, change.amount, change.effect)

    @api.depends("contract_id", "date", "settles", "amount", "effect")
    @api.depends_context("lang")
    def _compute_difference(self):
        return super()._compute_difference()

    def _hint(self):
        if self.settles or self.amount:
            return ""
        return self.env._(
            "Type how much of the loan is repaid early: what it changes and costs is shown here."
        )

    def _check_possible(self):  # pylint: disable=missing-return
        super()._check_possible()
        contract = self.contract_id
        if self.date > contract.company_id._loan_today():
            raise ValidationError(
                self.env._("A repayment is a fact: enter it on the day the money arrives, not before.")
            )

    def action_prepay(self):
        """Book the prepayment, and with it what is overdue."""
        return self._act_once(self._prepay)

    def _prepay(self):
        contract = self.contract_id
        amounts = self._amounts()
        currency = self.currency_id
        if not currency.compare_amounts(amounts["total"], 0.0) > 0:
            raise UserError(self.env._("Nothing is left to pay: what was paid ahead covers it."))
        repayment = self.env["loan.repayment"].create(
            {**self._prepare_repayment_vals(amounts["total"]), "kind": "prepayment"}
        )
        events_sudo = self.env["loan.contract.event"].sudo()  # that the user may change the loan was asked
        events_sudo.create(
            {
                "contract_id": contract.id,
                "kind": "prepayment",
                "date": self.date,
                "amount": amounts["principal"],
                "charge": amounts["charge"],
                "settles": self.settles,
                "effect": self.effect,
                "repayment_id": repayment.id,
                "note": self.note,
            }
        )
        repayment.action_post()

    def _prepare_repayment_vals(self, amount):
        return {
            "contract_id": self.contract_id.id,
            "amount": self.currency_id.round(amount),
            "date": self.date,
            "method": self.method,
            "reference": self.reference,
            "note": self.note,
        }
