from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import arrears


class LoanInstallment(models.Model):
    """One row of a loan's schedule: what falls due on a day, and what of it is still open.

    Written by the contract's verbs alone. Paid amounts are plain columns and not computed ones, so that a book
    of millions of rows can be filled and aged by set-based SQL.
    """

    _name = "loan.installment"
    _inherit = ["loan.access.mixin"]
    _description = "Installment"
    _order = "due_date, id"
    _rec_names_search = ["contract_id.name", "customer_id.name"]
    _check_company_auto = True
    _log_access = False  # two columns and two foreign keys less on the largest table

    contract_id = fields.Many2one(
        "loan.contract",
        "Loan",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        readonly=True,
    )
    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, ondelete="restrict", check_company=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", readonly=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    kind = fields.Selection(
        [("installment", "Installment"), ("prepayment", "Prepayment")],
        required=True,
        default="installment",
        readonly=True,
    )
    event_id = fields.Many2one(
        "loan.contract.event",
        "Change",
        index="btree_not_null",
        ondelete="restrict",
        help="The prepayment that this row is.",
        readonly=True,
    )
    number = fields.Integer("No.", required=True, aggregator=None, help="Zero for a prepayment's own row.")
    due_date = fields.Date(
        "Due Date", required=True, help="A day later it is past due, unless the loan gives days of grace."
    )
    principal = fields.Monetary(required=True, help="The part that repays the loan.")
    interest = fields.Monetary(
        required=True, help="The part that is the price of the loan since the last due date."
    )
    fee = fields.Monetary(required=True, default=0.0, help="The charge for a prepayment.")
    amount = fields.Monetary("Installment", required=True, readonly=True)
    balance = fields.Monetary(
        "Balance After",
        required=True,
        aggregator=None,
        help="Principal still owed once this one is paid.",
        readonly=True,
    )
    capitalised = fields.Monetary(
        "Added to the Loan",
        required=True,
        default=0.0,
        help="Interest of the period that is not paid but joins the principal.",
    )
    principal_paid = fields.Monetary("Principal Paid", required=True, default=0.0, readonly=True)
    interest_paid = fields.Monetary("Interest Paid", required=True, default=0.0, readonly=True)
    penalty = fields.Monetary(
        "Late Charges",
        required=True,
        default=0.0,
        help="Penalty and late fee, as of the last repayment of the loan.",
        readonly=True,
    )
    penalty_paid = fields.Monetary("Late Charges Paid", required=True, default=0.0, readonly=True)
    fee_paid = fields.Monetary("Fee Paid", required=True, default=0.0, readonly=True)
    amount_open = fields.Monetary("Unpaid", required=True, readonly=True)
    state = fields.Selection(
        [("draft", "Planned"), ("open", "Unpaid"), ("paid", "Paid"), ("replaced", "Replaced")],
        "Status",
        required=True,
        default="draft",
        readonly=True,
    )
    version_from = fields.Integer("Since Version", required=True, default=1, aggregator=None, readonly=True)
    version_to = fields.Integer(
        "Replaced by Version",
        aggregator=None,
        help="Empty: the row is part of the schedule that holds.",
        readonly=True,
    )
    days_past_due = fields.Integer(
        "Days Past Due", compute="_compute_days_past_due", search="_search_days_past_due", aggregator="max"
    )
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")
    auto_debit = fields.Boolean(related="contract_id.auto_debit")
    product_id = fields.Many2one(related="contract_id.product_id")
    term = fields.Integer(related="contract_id.installment_count", aggregator=None)
    reminder_ids = fields.One2many("loan.reminder", "installment_id", "Reminders")
    reminder_state = fields.Char("Last Reminder", compute="_compute_reminder_state")

    _number_uniq = models.UniqueIndex(
        "(contract_id, number) WHERE version_to IS NULL AND kind = 'installment'",
        "An installment number may occur once per loan.",
    )
    _paid_within = models.Constraint(
        "CHECK (principal_paid BETWEEN 0 AND principal AND interest_paid BETWEEN 0 AND interest "
        "AND fee_paid BETWEEN 0 AND fee AND penalty_paid BETWEEN 0 AND penalty)",
        "No more can be paid on an installment than it asks for.",
    )
    # What the reminder round claims and the ageing reads: only what is still open, in due order.
    _open_due_idx = models.Index("(due_date, id) WHERE state = 'open'")
    # What the night settles: rows that ask for nothing wait here for their day.
    _nothing_due_idx = models.Index("(due_date, id) WHERE state = 'draft' AND amount = 0")
    # What the night adds to the principal owed.
    _joins_idx = models.Index("(company_id, due_date) WHERE capitalised > 0 AND version_to IS NULL")
    _customer_due_idx = models.Index("(customer_id, due_date, id)")

    @api.depends("contract_id.name", "number", "contract_id.installment_count")
    def _compute_display_name(self):
        for row in self:
            place = f"{row.number}/{row.term}" if row.number else self.env._("prepayment")
            row.display_name = f"{row.contract_id.name} · {place}"

    @api.depends("due_date", "state", "contract_id.dpd_day_zero", "contract_id.grace_days")
    def _compute_days_past_due(self):
        for row in self:
            zero = row.state == "open" and row.due_date + relativedelta(
                days=row.contract_id._days_to_day_zero()
            )
            row.days_past_due = max(0, (row.company_id._loan_today() - zero).days) if zero else 0

    def _search_days_past_due(self, operator, value):
        if operator == "in":
            return Domain.OR(self._days_past_due_domain("=", days) for days in value)
        if operator in ("<", "<=", ">", ">="):
            return self._days_past_due_domain(operator, value)
        return NotImplemented

    def _days_past_due_domain(self, operator, days):
        result = Domain.FALSE
        days = arrears.whole_days(operator, days)
        if days is None:
            return result
        rules = [(0, Domain.TRUE)]
        # Nearly every lender counts from the due date alone, and then no loan is joined.
        for rule, grace_days in self.env["loan.contract"]._other_day_zeros():
            loans = Domain("contract_id.dpd_day_zero", "=", rule)
            if rule == "less_grace":
                loans &= Domain("contract_id.grace_days", "=", grace_days)
            rules.append((grace_days if rule == "less_grace" else -1, loans))
        if len(rules) > 1:
            rules[0] = (0, Domain("contract_id.dpd_day_zero", "=", "due_date"))
        for today, company_ids in self.env["loan.contract"]._company_days():
            for shift, loans in rules:
                bounds = arrears.due_date_bounds(operator, days, today - relativedelta(days=shift))
                if bounds is None:
                    continue
                domain = Domain.TRUE if bounds.includes_unset else Domain("state", "=", "open")
                if bounds.earliest:
                    domain &= Domain("due_date", ">=", bounds.earliest)
                if bounds.latest:
                    domain &= Domain("due_date", "<=", bounds.latest)
                if bounds.includes_unset:
                    domain |= Domain("state", "!=", "open")
                result |= domain & loans & Domain("company_id", "in", company_ids)
        return result

    @api.model
    def _overdue_domain(self, today):
        """Return what counts as overdue on a day: open, and due before it. An addon may narrow it."""
        return Domain("state", "=", "open") & Domain("due_date", "<", today)

    def _compute_reminder_state(self):
        labels = dict(self.env["loan.reminder"]._fields["state"]._description_selection(self.env))
        last = {}
        for reminder in self.env["loan.reminder"].search([("installment_id", "in", self.ids)], order="id"):
            last[reminder.installment_id] = reminder
        for row in self:
            reminder = last.get(row)
            row.reminder_state = reminder and self.env._(
                "%(step)s: %(state)s", step=reminder.step_id.display_name, state=labels[reminder.state]
            )

    def action_open_contract(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.contract",
            "res_id": self.contract_id.id,
            "views": [(False, "form")],
        }

    def action_register_repayment(self):
        self.ensure_one()
        return self.contract_id.action_register_repayment()
