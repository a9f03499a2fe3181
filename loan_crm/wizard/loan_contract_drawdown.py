from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core import money, terms, variants


class LoanContractDrawdown(models.TransientModel):
    """Pay out more on a running loan, within what its product lends; the installments are worked out anew."""

    _name = "loan.contract.drawdown"
    _inherit = ["loan.change.mixin", "loan.guard.mixin"]
    _description = "Draw Down"

    date = fields.Date(
        "Paid Out On", required=True, compute="_compute_date", store=True, readonly=False, precompute=True
    )
    amount = fields.Monetary(
        "Amount Paid Out", help="Paid out on top of what runs; no more than what is left on the line."
    )
    note = fields.Char("Reason")
    left_on_line = fields.Monetary("Left on the Line", compute="_compute_left_on_line")

    @api.depends("contract_id")
    def _compute_left_on_line(self):
        for form in self:
            form.left_on_line = form.contract_id._left_on_line() if form.contract_id else 0.0

    @api.depends("contract_id")
    def _compute_date(self):
        for form in self:
            form.date = (form.company_id or self.env.company)._loan_today()

    @api.depends("contract_id", "date", "amount")
    @api.depends_context("lang")
    def _compute_difference(self):
        return super()._compute_difference()

    def _hint(self):
        if self.amount:
            return ""
        return self.env._("Type how much is paid out: what becomes of the installments is shown here.")

    def _as_change(self):
        return terms.Drawdown(self.date, money.from_float(self.amount, self.contract_id._cent()))

    def _variant(self, change):
        return self.contract_id._asked(variants.drawn, change)

    def _check_possible(self):  # pylint: disable=missing-return
        super()._check_possible()
        contract = self.contract_id
        if self.date > contract.company_id._loan_today():
            raise ValidationError(self.env._("Money moves on the day it moves: enter it then, not before."))
        contract._check_drawdown(self.amount)

    def action_draw_down(self):
        """Enter the drawdown and let it count."""
        return self._act_once(self._draw_down)

    def _draw_down(self):
        events_sudo = self.env["loan.contract.event"].sudo()  # that the user may change the loan was asked
        event = events_sudo.create(
            {
                "contract_id": self.contract_id.id,
                "kind": "drawdown",
                "date": self.date,
                "amount": self.amount,
                "note": self.note,
            }
        )
        event.action_post()
