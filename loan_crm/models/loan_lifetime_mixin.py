from odoo import fields, models
from odoo.tools import SQL


class LoanLifetimeMixin(models.AbstractModel):
    """What a customer and the lender have been to each other over all their loans, running and repaid.

    Read when the page is opened: a few statements for any number of loans, and nothing that could be out of date.
    """

    _name = "loan.lifetime.mixin"
    _description = "Lifetime Figures"

    currency_id = fields.Many2one("res.currency")  # the record's own
    borrowed_total = fields.Monetary(
        "Borrowed in All",
        compute="_compute_lifetime",
        help="Everything paid out on their loans, drawdowns too, in the company's currency at today's rate.",
    )
    customer_since = fields.Date(
        "Borrower Since", compute="_compute_lifetime", help="The day the first loan was paid out."
    )
    repaid_count = fields.Integer("Loans Repaid", compute="_compute_lifetime")
    renewal_count = fields.Integer(
        "Borrowed Again", compute="_compute_lifetime", help="Loans taken after the first one."
    )
    on_time_share = fields.Float(
        "Paid on Time",
        compute="_compute_payment_record",
        help="Installments that were paid in full by their due date and the days of grace, of all that have come due. "
        "One that is still open after that counts as late.",
    )
    on_time_told = fields.Char("Paid on Time in Figures", compute="_compute_payment_record")
    worst_days_late = fields.Integer("Longest Late (Days)", compute="_compute_payment_record")
    worst_late_on = fields.Date("Longest Late On", compute="_compute_payment_record")

    def _compute_lifetime(self):
        found, drawn = {}, {}
        for company, customers in self.grouped("company_id").items():
            env = self.with_company(company).env  # whose currency `sum_currency` adds up in
            ours = [("customer_id", "in", customers.ids)]
            for customer, state, lent, count, first in env["loan.contract"]._read_group(
                [*ours, ("state", "in", ("active", "closed"))],
                ["customer_id", "state"],
                ["principal:sum_currency", "__count", "start_date:min"],
            ):
                found.setdefault(customer.id, {})[state] = lent, count, first
            for customer, amount in env["loan.contract.event"]._read_group(
                [*ours, ("kind", "=", "drawdown"), ("state", "=", "posted")],
                ["customer_id"],
                ["amount:sum_currency"],
            ):
                drawn[customer.id] = amount
        for customer in self:
            loans = found.get(customer._origin.id, {})
            customer.borrowed_total = sum(lent for lent, _count, _first in loans.values()) + drawn.get(
                customer._origin.id, 0.0
            )
            customer.customer_since = min((first for _lent, _count, first in loans.values()), default=False)
            customer.repaid_count = loans["closed"][1] if "closed" in loans else 0
            customer.renewal_count = max(0, sum(count for _lent, count, _first in loans.values()) - 1)

    def _compute_payment_record(self):
        found = {}
        for company, customers in self.grouped("company_id").items():
            found.update(self._payment_records(customers.ids, company._loan_today()))
        for customer in self:
            due, kept, days, day = found.get(customer._origin.id, (0, 0, 0, None))
            customer.on_time_share = kept / due if due else 0.0
            customer.on_time_told = self.env._("%(kept)s of %(due)s", kept=kept, due=due) if due else False
            customer.worst_days_late = days
            customer.worst_late_on = day

    def _payment_records(self, ids, today):
        """Read how customers have paid, in one statement.

        :param ids: of customers the user may see, all of one company
        :param date today: the lender's day
        :return: `{customer id: (installments come due, paid on time, longest late in days, on which day)}`
        """
        if not ids:
            return {}
        for name in (
            "loan.contract",
            "loan.installment",
            "loan.repayment",
            "loan.repayment.allocation",
            "loan.arrears.change",
        ):
            self.env[name].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH paid AS (
                    SELECT share.installment_id, MAX(repayment.date) AS day
                      FROM loan_repayment_allocation AS share
                      JOIN loan_repayment AS repayment ON repayment.id = share.repayment_id
                     WHERE share.customer_id = ANY(%(ids)s)
                       AND share.principal + share.interest > 0
                  GROUP BY share.installment_id
                ), come AS (
                    SELECT row.customer_id, row.due_date, loan.grace_days, paid.day,
                           row.state = 'open' AS waits,
                           COALESCE(CASE WHEN row.state = 'paid' THEN paid.day END, %(today)s) - row.due_date AS late
                      FROM loan_installment AS row
                      JOIN loan_contract AS loan ON loan.id = row.contract_id
                 LEFT JOIN paid ON paid.installment_id = row.id
                     WHERE row.customer_id = ANY(%(ids)s)
                       AND row.version_to IS NULL
                       AND row.kind = 'installment'
                       AND row.amount > 0
                       AND row.due_date < %(today)s
                       AND loan.state IN ('active', 'closed')
                       -- What a feed says is paid, and by no repayment we know, tells nothing about punctuality.
                       AND (row.state = 'open' OR (row.state = 'paid' AND paid.day IS NOT NULL))
                ), moved AS (
                    SELECT customer_id, days_past_due AS late, date FROM loan_arrears_change
                     WHERE customer_id = ANY(%(ids)s) AND days_past_due > 0
                 UNION ALL
                    SELECT customer_id, late, due_date + late FROM come WHERE late > 0
                ), worst AS (
                    SELECT DISTINCT ON (customer_id) customer_id, late, date
                      FROM moved
                  ORDER BY customer_id, late DESC, date DESC
                ), counted AS (
                    SELECT customer_id,
                           COUNT(*) FILTER (WHERE NOT waits OR late > grace_days) AS due,
                           COUNT(*) FILTER (WHERE NOT waits AND day <= due_date + grace_days) AS kept
                      FROM come
                  GROUP BY customer_id
                )
                SELECT COALESCE(counted.customer_id, worst.customer_id), COALESCE(counted.due, 0),
                       COALESCE(counted.kept, 0), COALESCE(worst.late, 0), worst.date
                  FROM counted FULL JOIN worst ON worst.customer_id = counted.customer_id
                """,
                ids=list(ids),
                today=today,
            )
        )
        return {row[0]: tuple(row[1:]) for row in rows}
