from odoo import api, models


class SurveyInvite(models.TransientModel):
    _inherit = "survey.invite"

    @api.constrains("survey_id")
    def _check_loan_survey(self):
        self.survey_id._check_loan_not_sent()
