from odoo import fields, models


class SurveySurvey(models.Model):
    _inherit = "survey.survey"

    loan_tells_satisfaction = fields.Boolean(
        "Tells Borrowers' Satisfaction",
        help="The score of its answers, in percent, is shown as satisfaction on the pages of loan customers. It needs "
        "a scoring.",
    )
