from odoo import fields, models
from odoo.tools import SQL

from ..core import consents


class LoanConsentReport(models.Model):
    """Each customer and each purpose they decide about: what holds, and who was never asked. Read from the ledger."""

    _name = "loan.consent.report"
    _inherit = ["loan.access.mixin"]
    _description = "Consents of All Customers"
    _auto = False
    _order = "customer_id, purpose_id"
    _rec_name = "purpose_id"
    _depends = {
        "loan.consent": ["customer_id", "is_current", "purpose_id", "said_at", "state"],
        "loan.consent.purpose": ["active", "ground", "may_refuse"],
        "loan.customer": ["active", "company_id", "manager_user_id", "team_id"],
    }

    customer_id = fields.Many2one("loan.customer", "Customer", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    manager_user_id = fields.Many2one("res.users", "Relationship Manager", readonly=True)
    team_id = fields.Many2one("crm.team", "Team", readonly=True)
    purpose_id = fields.Many2one("loan.consent.purpose", "Purpose", required=True, readonly=True)
    standing = fields.Selection(
        [
            (consents.GIVEN, "Allowed"),
            (consents.REFUSED, "Refused"),
            (consents.TAKEN_BACK, "Taken Back"),
            (consents.NOT_ASKED, "Not Asked"),
            (consents.RUNS, "Not Refused"),
        ],
        "How It Stands",
        readonly=True,
        help="Not Asked: it rests on consent and is not done. Not Refused: it is done, they may say no.",
    )
    said_at = fields.Datetime("Said At", readonly=True)
    customer_count = fields.Integer("Customers", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT (customer.id::bigint * 1000 + purpose.place) AS id,
                   customer.id AS customer_id, customer.company_id, customer.manager_user_id, customer.team_id,
                   purpose.id AS purpose_id, consent.said_at, 1 AS customer_count,
                   COALESCE(consent.state,
                            CASE WHEN purpose.ground = %(consent)s THEN %(not_asked)s ELSE %(runs)s END) AS standing
              FROM loan_customer customer
        CROSS JOIN (SELECT decided.*, row_number() OVER (ORDER BY decided.id) AS place
                      FROM loan_consent_purpose decided
                     WHERE decided.active AND decided.ground <> %(duty)s
                       AND (decided.ground = %(consent)s OR decided.may_refuse)) purpose
         LEFT JOIN loan_consent consent
                ON consent.customer_id = customer.id AND consent.purpose_id = purpose.id AND consent.is_current
             WHERE customer.active
            """,
            consent=consents.CONSENT,
            duty=consents.DUTY,
            not_asked=consents.NOT_ASKED,
            runs=consents.RUNS,
        )
