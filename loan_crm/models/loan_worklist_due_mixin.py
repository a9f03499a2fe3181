from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

# What falls due within so many days is told.
_AHEAD = 3
_LOAN = [
    "name",
    "customer_id",
    "manager_user_id",
    "currency_id",
    "next_due_date",
    "next_due_amount",
    "auto_debit",
    # By which it is told how late it is.
    "state",
    "day_zero",
    "company_id",
]


class LoanWorklistDueMixin(models.AbstractModel):
    """The third lane: whose money is overdue or falls due, and who has not said when it comes."""

    _name = "loan.worklist.due.mixin"
    _inherit = ["loan.worklist.mixin"]
    _description = "Worklist: Whom to Call"

    @api.model
    def _due_domain(self, today):
        """Return the loans whose borrowers are to be called; who has promised a day is left in peace until then."""
        own = self._own("manager_user_id", "deputy_user_id")
        due = Domain("state", "=", "active") & Domain("next_due_date", "<=", today + timedelta(days=_AHEAD))
        promised = self.env["loan.promise"].search_fetch(
            self._own("customer_id.manager_user_id")
            & Domain("state", "=", "open")
            & Domain("date_until", ">=", today),
            ["contract_id"],
        )
        return own & due & Domain("id", "not in", promised.contract_id.ids)

    @api.model
    def _find_due(self):
        today = self.env.company._loan_today()
        late = Domain("next_due_date", "<", today)
        return (self._found("loan.contract", self._due_domain(today), late, _LOAN, "next_due_date, id"),)

    @api.model
    def _tell_due(self, loans):
        today = self.env.company._loan_today()
        return self._lane(
            "due",
            [self._due_row(loan, today) for loan in loans.shown],
            loans,
            self.env._("Nothing is overdue, and nothing falls due in three days."),
        )

    @api.model
    def _due_row(self, loan, today):
        return self._row(
            loan,
            loan.customer_id.name,
            lines=[
                self.env._("%s overdue", loan.currency_id.format(loan.amount_overdue))
                if loan.amount_overdue
                else loan.currency_id.format(loan.next_due_amount),
                loan.name,
                self.env._("direct debit") if loan.auto_debit else "",
            ],
            mark="danger" if loan.days_past_due else self._day_mark(max(loan.next_due_date, today), today),
            told=self._due_told(loan, today),
            phone=loan.customer_id.phone,
            owner=loan.manager_user_id,
            deeds=[
                self._deed_call(loan),
                self._deed(loan, "action_promise", self.env._("Promise to Pay"), "fa-handshake-o"),
                self._deed(loan, "action_register_repayment", self.env._("Register Repayment"), "fa-money"),
                self._deed_hand_over(loan.customer_id),
            ],
        )

    @api.model
    def _due_told(self, loan, today):
        if loan.days_past_due:
            return self._day_told(today - timedelta(days=loan.days_past_due), today)
        if loan.next_due_date < today:
            return self.env._("in its days of grace")
        return self._day_told(loan.next_due_date, today)

    @api.model
    def _open_due(self):
        return "loan_crm.loan_contract_action", self._due_domain(self.env.company._loan_today())
