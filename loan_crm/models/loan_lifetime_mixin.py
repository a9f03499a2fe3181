from odoo import api, fields, models
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
    worst_days_late = fields.Integer(
        "Longest Late (Days)",
        compute="_compute_payment_record",
        help="Of any installment ever, whether it is paid by now or not.",
    )
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
        self.env["loan.arrears.change"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH come AS (
                    %(come)s
                ), owed AS (
                    SELECT customer_id, due_date, COALESCE(paid_on, %(today)s) - due_date AS late FROM come
                ), moved AS (
                    SELECT customer_id, days_past_due AS late, date FROM loan_arrears_change
                     WHERE customer_id = ANY(%(ids)s) AND days_past_due > 0
                 UNION ALL
                    SELECT customer_id, late, due_date + late FROM owed WHERE late > 0
                ), worst AS (
                    SELECT DISTINCT ON (customer_id) customer_id, late, date
                      FROM moved
                  ORDER BY customer_id, late DESC, date DESC
                ), counted AS (
                    SELECT customer_id,
                           COUNT(*) FILTER (WHERE known) AS due,
                           COUNT(*) FILTER (WHERE on_time) AS kept
                      FROM come
                  GROUP BY customer_id
                )
                SELECT COALESCE(counted.customer_id, worst.customer_id), COALESCE(counted.due, 0),
                       COALESCE(counted.kept, 0), COALESCE(worst.late, 0), worst.date
                  FROM counted FULL JOIN worst ON worst.customer_id = counted.customer_id
                """,
                come=self._come_due_sql(SQL("row.customer_id = ANY(%s)", list(ids)), today),
                ids=list(ids),
                today=today,
            )
        )
        return {row[0]: tuple(row[1:]) for row in rows}

    @api.model
    def _come_due_sql(self, which, today):
        """Return the installments that have come due and how they were paid: what *on time* means, for all who ask.

        On time is what was paid in full, by money we know of, until its due date and the days of grace; late what was
        paid afterwards or is still open then. What is open within its days of grace is neither yet, and what a feed
        says is paid by no repayment we know tells nothing and is left out.

        :param SQL which: on `row`, an installment
        :param date today: the lender's day
        :return: SQL of a query with `customer_id`, `due_date`, `last_day`, `waits` (is open), `paid_on` (of what is
            paid), `known` (is on time or late) and `on_time`
        """
        for name in ("loan.contract", "loan.installment", "loan.repayment", "loan.repayment.allocation"):
            self.env[name].flush_model()
        return SQL(
            """
            SELECT row.customer_id, row.due_date, term.last_day,
                   row.state = 'open' AS waits, paid.day AS paid_on,
                   row.state = 'paid' OR term.last_day < %(today)s AS known,
                   COALESCE(paid.day <= term.last_day, FALSE) AS on_time
              FROM loan_installment AS row
              JOIN loan_contract AS loan ON loan.id = row.contract_id
        CROSS JOIN LATERAL (SELECT row.due_date + COALESCE(loan.grace_days, 0) AS last_day) AS term
         LEFT JOIN LATERAL (
                   SELECT MAX(repayment.date) AS day
                     FROM loan_repayment_allocation AS share
                     JOIN loan_repayment AS repayment ON repayment.id = share.repayment_id
                    WHERE row.state = 'paid' AND share.installment_id = row.id
                      AND share.principal + share.interest > 0
                      AND repayment.state = 'posted'
                   ) AS paid ON TRUE
             WHERE %(which)s
               AND row.version_to IS NULL
               AND row.kind = 'installment'
               AND row.amount > 0
               AND row.due_date < %(today)s
               AND loan.state IN ('active', 'closed')
               AND (row.state = 'open' OR (row.state = 'paid' AND paid.day IS NOT NULL))
            """,
            which=which,
            today=today,
        )
