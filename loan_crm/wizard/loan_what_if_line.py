from odoo import api, fields, models


class LoanWhatIfLine(models.TransientModel):
    """One variant of a comparison: what it asks for and costs, and what the principal owed would be over time."""

    _name = "loan.what.if.line"
    _inherit = ["loan.guard.mixin"]
    _description = "Variant of a Loan"
    _order = "sequence, id"

    wizard_id = fields.Many2one("loan.what.if", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    sequence = fields.Integer()
    kind = fields.Selection(
        [
            ("agreed", "As Agreed"),
            ("prepay_term", "Prepay, Lower Installment"),
            ("prepay_installment", "Prepay, Shorter Term"),
            ("settle", "Settle Early"),
            ("method", "Another Method"),
            ("rate", "Another Rate"),
            ("restructure", "New Terms"),
        ],
        "Variant",
        required=True,
    )
    name = fields.Char(compute="_compute_name")
    note = fields.Char("Explanation", compute="_compute_note")
    principal = fields.Monetary("Principal Repaid Early")
    interest_now = fields.Monetary("Interest Paid with It")
    now = fields.Monetary("To Pay on the Day")
    payment = fields.Monetary("Next Installment")
    next_due = fields.Date("Due On")
    count = fields.Integer("Installments Left")
    last_due = fields.Date("Last Due Date")
    interest = fields.Monetary("Interest Still to Pay")
    charge = fields.Monetary()
    cost = fields.Monetary("Total Cost", help="Interest still to pay and the charge.")
    total = fields.Monetary("Total Still to Pay", help="Principal, interest and the charge.")
    saving = fields.Monetary(help="Against as agreed; negative where the variant costs more.")
    balances = fields.Json(help="Pairs of a day and the principal owed then.")

    @api.depends("kind", "principal", "wizard_id")
    @api.depends_context("lang")
    def _compute_name(self):
        for line in self:
            line.name = line._told_name()

    def _told_name(self):
        form = self.wizard_id
        contract = form.contract_id
        if self.kind in ("prepay_term", "prepay_installment"):
            amount = self.currency_id.format(self.principal)
            if contract._method_now() == "bullet":
                return self.env._("Prepay %s, smaller last payment", amount)
            if self.kind == "prepay_term":
                return self.env._("Prepay %s, lower installment", amount)
            return self.env._("Prepay %s, shorter term", amount)
        if self.kind == "settle":
            return self.env._("Settle on %s", contract._format_day(form.date))
        if self.kind == "method":
            return dict(form._fields["other_method"]._description_selection(self.env))[form.other_method]
        if self.kind == "rate":
            rate = contract._percent_told(form._asked_rate())
            return self.env._("At %s a year", rate)
        if self.kind == "restructure":
            return self.env._(", ").join([self.env._("New terms"), *form._restructure_told()])
        return self.env._("As agreed")

    @api.depends("kind", "principal", "charge", "interest_now", "wizard_id")
    @api.depends_context("lang")
    def _compute_note(self):
        for line in self:
            line.note = ""
            if line.kind in ("prepay_term", "prepay_installment", "settle"):
                contract, day = line.wizard_id.contract_id, line.wizard_id.date
                line.note = " ".join(
                    filter(
                        None,
                        [
                            contract._interest_told(day, line.interest_now, line.kind == "settle"),
                            contract._charge_told(day, line.principal, line.charge),
                        ],
                    )
                )

    def _as_column(self):
        """Read the variant into what `loan.contract._comparison_html` shows."""
        self.ensure_one()
        return {
            name: self[name] or None if name == "payment" else self[name]
            for name in (
                "name",
                "note",
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
        }
