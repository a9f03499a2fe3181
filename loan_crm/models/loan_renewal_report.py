from odoo import fields, models
from odoo.tools import SQL

# A loan paid out so near to the day another one ended follows it, whoever wrote an application or not.
_NEAR_DAYS = 90


class LoanRenewalReport(models.Model):
    """Loans that have come to their end, and whether their borrowers stayed: one row a loan, read from the book.

    A loan is renewed where the application that was opened for it became a loan, or where another loan was paid out
    to the same borrower within 90 days before or after its last due date.
    """

    _name = "loan.renewal.report"
    _inherit = ["loan.access.mixin"]
    _description = "Renewals"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "contract_id"
    _depends = {
        "loan.contract": [
            "company_id",
            "currency_id",
            "customer_id",
            "last_due_date",
            "lead_id",
            "manager_user_id",
            "principal",
            "product_id",
            "renewal_lead_id",
            "renewal_offered_on",
            "start_date",
            "state",
            "team_id",
        ],
    }

    contract_id = fields.Many2one("loan.contract", "Loan", required=True, readonly=True)
    customer_id = fields.Many2one("loan.customer", "Customer", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    manager_user_id = fields.Many2one("res.users", "Relationship Manager", readonly=True)
    team_id = fields.Many2one("crm.team", "Team", readonly=True)
    product_id = fields.Many2one("loan.product", "Product", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    principal = fields.Monetary("Amount Lent", readonly=True)
    date = fields.Date("Ended", readonly=True, help="The last due date.")
    loan_count = fields.Integer("Loans Ended", readonly=True)
    offered = fields.Integer("Renewals Opened", readonly=True)
    renewed = fields.Integer("Renewed", readonly=True)
    renewed_share = fields.Float(
        "Renewal Rate (%)",
        readonly=True,
        aggregator="avg",
        help="Of 100 loans that ended, so many were renewed.",
    )
    outcome = fields.Selection(
        [
            ("renewed", "Renewed"),
            ("offered", "Opened, not renewed"),
            ("left", "Not opened, not renewed"),
        ],
        readonly=True,
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT ended.*, (ended.renewed * 100)::float AS renewed_share,
                   CASE WHEN ended.renewed = 1 THEN 'renewed'
                        WHEN ended.offered = 1 THEN 'offered'
                        ELSE 'left' END AS outcome
              FROM (
                SELECT contract.id, contract.id AS contract_id, contract.customer_id, contract.company_id,
                       contract.manager_user_id, contract.team_id, contract.product_id, contract.currency_id,
                       contract.principal, contract.last_due_date AS date,
                       1 AS loan_count,
                       (contract.renewal_offered_on IS NOT NULL)::int AS offered,
                       (EXISTS (
                           SELECT FROM loan_contract later
                            WHERE later.customer_id = contract.customer_id
                              AND later.id <> contract.id
                              AND later.state IN ('active', 'closed')
                              AND (later.lead_id = contract.renewal_lead_id
                                   OR later.start_date > contract.start_date
                                  AND later.start_date BETWEEN contract.last_due_date - %(near)s
                                                           AND contract.last_due_date + %(near)s)
                       ))::int AS renewed
                  FROM loan_contract contract
                 WHERE contract.state IN ('active', 'closed') AND contract.last_due_date <= %(today)s
              ) ended
            """,
            near=_NEAR_DAYS,
            today=self.env.company._loan_today(),
        )
