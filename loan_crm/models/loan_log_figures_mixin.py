from odoo import fields, models
from odoo.tools import email_split


class LoanLogFiguresMixin(models.AbstractModel):
    """How long a lender keeps its access log, who gets the seals, and what stands out in it."""

    _name = "loan.log.figures.mixin"
    _description = "Access Log: Figures of a Lender"

    loan_log_years = fields.Integer(
        "Keep the Access Log For",
        default=10,
        required=True,
        help="So many years entries of the access log stay, at least, before compliance may purge them.",
    )
    loan_log_emails = fields.Char(
        "Seals To",
        help="Addresses, separated by commas, to which the seals of the access log are sent each day.",
    )
    loan_log_busy = fields.Integer(
        "Usual Customers an Hour",
        default=40,
        required=True,
        help="Who sees more confidential customers in an hour stands out. 0: nobody does.",
    )
    loan_log_refusals = fields.Integer(
        "Usual Refusals a Day",
        default=5,
        required=True,
        help="Who is refused confidential records more often in a day stands out. 0: nobody does.",
    )

    _loan_log_sane = models.Constraint(
        "CHECK (loan_log_years BETWEEN 1 AND 100 AND loan_log_busy BETWEEN 0 AND 100000 "
        "AND loan_log_refusals BETWEEN 0 AND 100000)",
        "The access log is kept for 1 to 100 years; what is usual cannot be negative.",
    )

    def _loan_log_addresses(self):
        """Return the addresses the seals of the access log are sent to."""
        self.ensure_one()
        return email_split(self.loan_log_emails or "")
