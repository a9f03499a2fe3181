from odoo import api, fields, models


class LoanRepaymentRegister(models.TransientModel):
    """Take a repayment at the desk: what is due is filled in, and what is left over is told beforehand."""

    _name = "loan.repayment.register"
    _inherit = ["loan.guard.mixin"]
    _description = "Register Repayment"

    contract_id = fields.Many2one(
        "loan.contract", "Loan", required=True, domain="[('state', 'in', ('active', 'closed'))]"
    )
    company_id = fields.Many2one(related="contract_id.company_id")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    customer_id = fields.Many2one(related="contract_id.customer_id")
    amount = fields.Monetary(
        required=True,
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
        help="What came in, as a whole. Which installments it pays follows from the loan's rules.",
    )
    date = fields.Date(
        "Received On", required=True, compute="_compute_date", store=True, readonly=False, precompute=True
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
    amount_overdue = fields.Monetary("Overdue Amount", compute="_compute_owed")
    charges_open = fields.Monetary(
        "Late Charges", compute="_compute_owed", help="Penalty and fees up to the day the money came in."
    )
    next_due_date = fields.Date(related="contract_id.next_due_date")
    next_due_amount = fields.Monetary(related="contract_id.next_due_amount")
    amount_open = fields.Monetary(related="contract_id.amount_open")
    amount_credit = fields.Monetary(
        "Kept as Credit",
        compute="_compute_amount_credit",
        help="More than is owed, or than is due where the loan lets money wait: it belongs to the borrower.",
    )

    @api.depends("contract_id")
    def _compute_amount(self):
        for form in self:
            contract = form.contract_id
            form.amount = contract.amount_overdue + contract.charges_open or contract.next_due_amount

    @api.depends("contract_id", "date")
    def _compute_owed(self):
        for form in self:
            form.amount_overdue = form.charges_open = 0.0
            if form.contract_id and form.date:
                owed = form.contract_id._owed_on(min(form.date, form.company_id._loan_today()))
                form.amount_overdue, form.charges_open = float(owed.scheduled), float(owed.charges)

    @api.depends("contract_id")
    def _compute_date(self):
        for form in self:
            form.date = (form.company_id or self.env.company)._loan_today()

    @api.depends("amount", "contract_id", "date", "charges_open")
    def _compute_amount_credit(self):
        for form in self:
            contract = form.contract_id
            asked = contract.amount_open
            if contract.overpayment == "waits":
                due = contract.installment_ids.filtered(lambda row, form=form: row.due_date <= form.date)
                asked = sum(due.mapped("amount_open"))
            form.amount_credit = max(0.0, form.amount - asked - form.charges_open)

    def action_register(self):
        """Enter and post the repayment."""
        self.ensure_one()
        repayment = self.env["loan.repayment"].create(self._prepare_repayment_vals())
        repayment.action_post()
        return {"type": "ir.actions.act_window_close"}

    def _prepare_repayment_vals(self):
        return {
            "contract_id": self.contract_id.id,
            "amount": self.amount,
            "date": self.date,
            "method": self.method,
            "reference": self.reference,
            "note": self.note,
        }
