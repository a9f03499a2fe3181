from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core import workload


class LoanLoadFiguresMixin(models.AbstractModel):
    """What weighs how much for a manager, how much one carries, and where borrowers go who come without a manager."""

    _name = "loan.load.figures.mixin"
    _description = "Assignment: Figures of a Lender"

    loan_weight_customer = fields.Float("Points of a Customer", digits=(16, 1), default=1.0)
    loan_weight_loan = fields.Float("Points of a Running Loan", digits=(16, 1), default=1.0)
    loan_weight_late = fields.Float("Points of a Late Loan", digits=(16, 1), default=3.0, help="On top.")
    loan_weight_case = fields.Float("Points of an Open Case", digits=(16, 1), default=4.0)
    loan_weight_vip = fields.Float("Points of a VIP Customer", digits=(16, 1), default=5.0, help="On top.")
    loan_weight_promise = fields.Float("Points of an Overdue Promise", digits=(16, 1), default=2.0)
    loan_weight_ours = fields.Float(
        "Points of a Promise of Ours That Is Overdue", digits=(16, 1), default=2.0
    )
    loan_load_ceiling = fields.Float(
        "Usual Ceiling",
        digits=(16, 1),
        default=100.0,
        help="So many load points a manager can carry whose desk says nothing else.",
    )
    loan_vip_slots = fields.Integer(
        "Usual VIP Slots", default=5, help="So many VIP customers a manager can look after, likewise."
    )
    loan_away_days = fields.Integer(
        "Away for Long From",
        default=5,
        help="Who is away for so many days, now or from a day within as many, is not proposed for new customers.",
    )
    loan_team_id = fields.Many2one(
        "crm.team",
        "New Borrowers Go To",
        ondelete="set null",
        domain="[('company_id', 'in', (id, False))]",
        help="The team of borrowers who come without a manager and without a team, from an import for instance.",
    )

    _loan_weights_sensible = models.Constraint(
        "CHECK (loan_weight_customer BETWEEN 0 AND 1000 AND loan_weight_loan BETWEEN 0 AND 1000 "
        "AND loan_weight_late BETWEEN 0 AND 1000 AND loan_weight_case BETWEEN 0 AND 1000 "
        "AND loan_weight_vip BETWEEN 0 AND 1000 AND loan_weight_promise BETWEEN 0 AND 1000 "
        "AND loan_weight_ours BETWEEN 0 AND 1000)",
        "Each weighs 0 to 1000 points.",
    )
    _loan_load_sensible = models.Constraint(
        "CHECK (loan_load_ceiling BETWEEN 0 AND 100000 AND loan_vip_slots BETWEEN 0 AND 10000 "
        "AND loan_away_days BETWEEN 0 AND 366)",
        "The ceiling, the VIP slots and the days of absence cannot be negative or that large.",
    )

    def _loan_weights(self):
        """Return how many load points each thing weighs, :class:`core.workload.Weights`."""
        self.ensure_one()
        return workload.Weights(
            *(Decimal(str(round(self[f"loan_weight_{factor}"], 4))) for factor in workload.FACTORS)
        )

    @api.constrains("loan_team_id")
    def _check_loan_team(self):
        # As superuser: a team hidden from whoever asks is another company's all the same.
        for company in self.sudo():
            if company.loan_team_id.company_id not in (company, self.env["res.company"]):
                raise ValidationError(
                    self.env._(
                        "The team %(team)s belongs to another company than %(company)s.",
                        team=company.loan_team_id.name,
                        company=company.name,
                    )
                )
