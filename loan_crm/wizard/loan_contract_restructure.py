from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core import terms


class LoanContractRestructure(models.TransientModel):
    """Put new terms on a running loan: what differs is shown before, the borrower's consent is kept with them.

    The schedule gets a new version, from the effective date on. What fell due before and what is paid stays; what is
    overdue stays owed. The version before can be read for ever.
    """

    _name = "loan.contract.restructure"
    _inherit = ["loan.change.mixin", "loan.guard.mixin"]
    _description = "Restructure"

    date = fields.Date(
        "In Force From",
        required=True,
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
    )
    remaining = fields.Integer(
        "Installments Still to Come",
        compute="_compute_remaining",
        store=True,
        readonly=False,
        precompute=True,
        help="Under the new terms, the next one included.",
    )
    yearly_rate = fields.Float(
        "Yearly Rate (%)",
        digits=(16, 6),
        compute="_compute_yearly_rate",
        store=True,
        readonly=False,
        precompute=True,
        help="From the day on that the change counts. What fell due before keeps its interest.",
    )
    grace = fields.Integer("Installments without Principal", help="So many of them repay no principal.")
    grace_interest = fields.Selection(
        lambda self: self.env["loan.product"]._fields["grace_interest"]._description_selection(self.env),
        "Interest Meanwhile",
        compute="_compute_grace_interest",
        store=True,
        readonly=False,
        precompute=True,
        help="Whether interest is paid or added to the loan while no principal is repaid. Empty: as the "
        "loan says.",
    )
    repayment_method = fields.Selection(
        [
            ("annuity", "Annuity (equal payments)"),
            ("equal_principal", "Equal principal"),
            ("interest_only", "Interest only, principal at the end"),
        ],
        "Another Method",
        help="Empty: the same as now.",
    )
    amount_overdue = fields.Monetary(related="contract_id.amount_overdue")
    # Asked for by the server as well, so a press without them says what is missing.
    consent_date = fields.Date("Agreed On", help="The day on which the borrower agreed to the new terms.")
    consent_method = fields.Selection(
        lambda self: self._consent_methods(),
        "Agreed How",
        help="How it can be shown that the borrower agreed.",
    )
    consent_reference = fields.Char(
        "Where It Is Kept", help="Document number, mail or recording, to find the consent again."
    )
    consent_file = fields.Binary(
        "Document", attachment=False, help="Kept with the change, for example the signed paper."
    )
    consent_filename = fields.Char()
    note = fields.Char("Reason")

    # One method for each: a value that came along from a comparison must not keep the others from being filled in.
    @api.depends("contract_id")
    def _compute_date(self):
        for form in self:
            contract = form.contract_id
            form.date = contract._change_from() if contract else self.env.company._loan_today()

    @api.depends("contract_id")
    def _compute_yearly_rate(self):
        for form in self:
            form.yearly_rate = form.contract_id.current_rate

    @api.depends("contract_id")
    def _compute_grace_interest(self):
        for form in self:
            form.grace_interest = form.contract_id.grace_interest

    @api.depends("contract_id", "date")
    def _compute_remaining(self):
        for form in self:
            form.remaining = form.contract_id._remaining_on(form.date) if form.date else 0

    @api.depends(
        "contract_id", "date", "remaining", "yearly_rate", "grace", "grace_interest", "repayment_method"
    )
    @api.depends_context("lang")
    def _compute_difference(self):
        return super()._compute_difference()

    def _hint(self):
        if self._changed():
            return ""
        return self.env._(
            "These are the terms as agreed. Change the installments, the rate or the holiday: what becomes of the loan "
            "is shown here."
        )

    def _as_change(self):
        values = self._changed()
        contract = self.contract_id
        return terms.Change(
            self.date,
            yearly_rate=contract._as_fraction(self.yearly_rate) if "yearly_rate" in values else None,
            remaining=self.remaining,
            grace=self.grace,
            grace_interest=(self.grace and self.grace_interest) or None,
            method=self.repayment_method or None,
        )

    def _changed(self):
        """Return the names of what the new terms change."""
        contract = self.contract_id
        changes = {
            "yearly_rate": self.yearly_rate != contract.current_rate,
            "remaining": self.remaining != contract._remaining_on(self.date),
            "grace": bool(self.grace),
            "repayment_method": bool(self.repayment_method),
        }
        return {name for name, changed in changes.items() if changed}

    def _check_possible(self):  # pylint: disable=missing-return
        super()._check_possible()
        contract = self.contract_id
        contract._check_change_date(self.date)
        if self.remaining <= 0:
            raise ValidationError(self.env._("At least one installment must be left."))
        if self.grace < 0:
            raise ValidationError(
                self.env._("The number of installments without principal cannot be negative.")
            )
        if not self._changed():
            raise ValidationError(
                self.env._(
                    "These are the terms as agreed. Change the installments, those without principal, or the rate."
                )
            )

    def action_restructure(self):
        """Put the new terms in force."""
        return self._act_once(self._restructure)

    def _restructure(self):
        events_sudo = self.env["loan.contract.event"].sudo()  # that the user may change the loan was asked
        event = events_sudo.create(self._prepare_event_vals())
        if self.consent_file:
            # As superuser: the consent belongs to the change, which nobody writes by hand, so it stays as it is.
            attachments_sudo = self.env["ir.attachment"].sudo()
            attachments_sudo.create(
                {
                    "name": self.consent_filename or self.env._("Consent"),
                    "datas": self.consent_file,
                    "res_model": event._name,
                    "res_id": event.id,
                }
            )
        event.action_post()

    def _prepare_event_vals(self):
        change = self._as_change()
        return {
            "contract_id": self.contract_id.id,
            "kind": "restructure",
            "date": self.date,
            "changes_rate": change.yearly_rate is not None,
            "yearly_rate": self.yearly_rate if change.yearly_rate is not None else 0.0,
            "remaining": self.remaining,
            "grace": self.grace,
            "grace_interest": change.grace_interest or False,
            "repayment_method": self.repayment_method,
            "consent_date": self.consent_date,
            "consent_method": self.consent_method,
            "consent_reference": self.consent_reference,
            "note": self.note,
        }
