from odoo import api, models
from odoo.exceptions import UserError


class SurveyQuestionAnswer(models.Model):
    _inherit = "survey.question.answer"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_chosen(self):
        # With it would go what customers have chosen.
        lines_sudo = self.env[
            "survey.user_input.line"
        ].sudo()  # as superuser: whether there are any, is asked
        if lines_sudo.search_count(
            [("suggested_answer_id", "in", self.ids), ("survey_id.survey_type", "=", "loan")], limit=1
        ):
            raise UserError(
                self.env._(
                    "Customers have chosen this answer, and what they said goes with it. Make a new survey."
                )
            )
