from odoo import api, fields, models
from odoo.fields import Domain

from ..core import scores


class LoanSatisfactionMixin(models.AbstractModel):
    """How content the customers of a manager are, on records with a manager and a company: a figure with its sample.

    It is of answers that customers gave themselves within a year, each person's counted once for each survey, and told
    to the manager, their leads and compliance alone. Of too few answers no figure is told, only how many they are.
    """

    _name = "loan.satisfaction.mixin"
    _description = "Satisfaction of a Manager's Customers"

    satisfaction_note = fields.Char(
        "Satisfaction",
        compute="_compute_satisfaction_note",
        help="Of what their customers answered within a year, with how many surveys that is.",
    )

    @api.depends_context("uid", "lang")
    @api.depends("user_id", "company_id")
    def _compute_satisfaction_note(self):
        known = self.env["loan.workload"]._asked_ids()
        told = self.filtered(lambda row: known is None or row.user_id.id in known)
        found = {}
        if told and self.env["loan.survey.score"].has_access("read"):
            # Of each survey the mean of its questions, or whoever is asked more would weigh more.
            for user, company, _request, mean in self.env["loan.survey.score"]._read_group(
                Domain("user_id", "in", told.user_id.ids)
                & Domain("counts", "=", True)
                & Domain("dimension", "!=", scores.RECOMMEND)
                & Domain("answered_at", ">=", "now -365d"),
                ["user_id", "company_id", "request_id"],
                ["percent:array_agg"],
            ):
                found.setdefault((user, company), []).append(sum(mean) / len(mean))
        for row in self:
            means = found.get((row.user_id, row.company_id), [])
            row.satisfaction_note = row in told and self.env["loan.survey.score"]._figure_told(
                sum(means) / len(means) if means else None, len(means), row.company_id
            )
