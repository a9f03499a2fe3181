from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import amortization, variants
from ..core.refusal import Refusal


class LoanChangeMixin(models.AbstractModel):
    """A form that changes a running loan: shows the difference beforehand, and acts once however often it is pressed.

    A model that takes this says in `_as_change` what it is about to do, as a core value.
    """

    _name = "loan.change.mixin"
    _inherit = ["loan.guard.mixin"]
    _description = "Form That Changes a Loan"

    contract_id = fields.Many2one("loan.contract", "Loan", required=True, domain="[('state', '=', 'active')]")
    company_id = fields.Many2one(related="contract_id.company_id")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    date = fields.Date(required=True)
    hint = fields.Char(compute="_compute_difference")
    error = fields.Char(compute="_compute_difference")
    comparison_html = fields.Html("Difference", compute="_compute_difference", sanitize=False)
    rows_html = fields.Html("Row by Row", compute="_compute_difference", sanitize=False)
    is_done = fields.Boolean(readonly=True)

    def _compute_difference(self):
        for form in self:
            form.hint = form.error = form.comparison_html = form.rows_html = False
            if not form.contract_id or not form.date:  # a day that was cleared, or is not filled in yet
                continue
            form.hint = form._hint()
            if form.hint:
                continue
            try:
                form.comparison_html, form.rows_html = form._difference()
            except UserError as refusal:
                form.error = str(refusal)

    def _hint(self):
        """Return what to fill in while nothing is asked for yet, and so nothing is wrong; else an empty text."""
        raise NotImplementedError

    def _difference(self):
        """Return what the change would make of the loan, as a table of figures and one of rows.

        :raise UserError: when it cannot be done, in the words of the form
        """
        contract = self.contract_id
        self._check_possible()
        change = self._as_change()
        try:
            rows = amortization.schedule(contract._as_terms(), [*contract._as_events(), change])
        except Refusal as refusal:
            raise UserError(contract._refusal_sentence(refusal)) from refusal
        before = contract._asked(variants.as_agreed, change.date)
        return (
            contract._change_html(before, self._variant(change)),
            contract._difference_html(contract.installment_ids, rows),
        )

    def _variant(self, change):
        """Return the loan after the change, for the table of figures."""
        return self.contract_id._asked_change(change)

    def _as_change(self):
        """Return what the form is about to do, one of `core.terms.Change`, `Drawdown`, `Prepayment`."""
        raise NotImplementedError

    def _check_possible(self):
        """Refuse what cannot be done now, in the words of the form."""
        contract = self.contract_id
        if contract.state != "active":
            raise UserError(self.env._("%s does not run, so nothing can change it.", contract.display_name))
        contract._check_own_schedule()

    def _act_once(self, act):
        """Do what the form is for, unless it was done; two presses come in one after the other.

        :param act: a function without arguments
        """
        self.ensure_one()
        self.contract_id.check_access("write")
        self.contract_id._wait_for_lock()
        self.invalidate_recordset(["is_done"])
        if not self.is_done:
            self.is_done = True
            self._check_possible()
            act()
        return {"type": "ir.actions.act_window_close"}

    @api.model
    def _consent_methods(self):
        return self.env["loan.contract.event"]._fields["consent_method"]._description_selection(self.env)
