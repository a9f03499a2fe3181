from odoo import api, fields, models
from odoo.fields import Domain

from ..core import scores


class LoanSurveyMixin(models.AbstractModel):
    """What the page of a customer or of a loan tells about surveys: how many, and how content they were.

    These are one customer's own answers and not a sample of many, so each is told, with how many they are.
    """

    _name = "loan.survey.mixin"
    _description = "Surveys of a Customer"

    survey_count = fields.Integer("Number of Surveys", compute="_compute_survey_count")
    survey_note = fields.Char(
        "Satisfaction", compute="_compute_survey_note", help="Of what was answered within a year."
    )

    @api.model
    def _survey_key(self):
        """Return the name of the survey's field that leads to a record of this model."""
        return "customer_id"

    @api.depends_context("uid")
    def _compute_survey_count(self):
        key, counts = self._survey_key(), {}
        if self.env["loan.survey.request"].has_access("read"):
            counts = dict(
                self.env["loan.survey.request"]._read_group(
                    Domain(key, "in", self.ids) & Domain("state", "!=", "silent"), [key], ["__count"]
                )
            )
        for record in self:
            record.survey_count = counts.get(record._origin, 0)

    @api.depends_context("uid", "lang")
    def _compute_survey_note(self):
        key, found = self._survey_key(), {}
        if self.env["loan.survey.score"].has_access("read"):
            # The scores themselves: of a group a mean is told only where there are many.
            for record, dimension, percents in self.env["loan.survey.score"]._read_group(
                Domain(key, "in", self.ids)
                & Domain("counts", "=", True)
                & Domain("answered_at", ">=", "now -365d"),
                [key, "dimension"],
                ["percent:array_agg"],
            ):
                found.setdefault(record, []).append((dimension, percents))
        names = dict(self.env["loan.survey.score"]._fields["dimension"]._description_selection(self.env))
        for record in self:
            told = [
                self.env._(
                    "%(what)s %(mean).0f%% (%(count)s)",
                    what=names[dimension],
                    mean=sum(percents) / len(percents),
                    count=len(percents),
                )
                for dimension, percents in found.get(record._origin, ())
                if dimension != scores.RECOMMEND
            ]
            record.survey_note = " · ".join(told) or False

    def action_open_surveys(self):
        return self._action_open("loan_crm.loan_survey_request_action")
