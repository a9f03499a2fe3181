from odoo import models


class SurveyUserInput(models.Model):
    _name = "survey.user_input"
    _inherit = ["loan.recovery.answer.mixin", "survey.user_input"]
