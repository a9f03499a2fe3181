from odoo import models


class SurveyUserInput(models.Model):
    _name = "survey.user_input"
    _inherit = ["loan.recovery.answer.mixin", "survey.user_input"]

    def _mark_done(self):
        result = super()._mark_done()
        # As superuser: figures are written by what was answered, whoever sends the page.
        self.env["loan.survey.request"].sudo()._take_answers(self.filtered(lambda each: not each.test_entry))
        return result

    def _loan_nameless(self):
        # As superuser: of which type the survey is, is asked.
        types = self.sudo().exists().survey_id.mapped("survey_type")
        return "loan" in types or super()._loan_nameless()
