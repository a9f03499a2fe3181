from odoo import api, models
from odoo.exceptions import UserError


class SurveyQuestionAnswer(models.Model):
    _inherit = "survey.question.answer"

    @api.model_create_multi
    def create(self, vals_list):
        answers = super().create(vals_list)
        answers._loan_surveys()._check_loan_keeper()
        return answers

    def write(self, vals):
        self._loan_surveys()._check_loan_keeper()
        for name in vals.keys() & {"question_id", "matrix_question_id"}:
            self.filtered(lambda answer, name=name: answer[name].id != vals[name])._check_loan_unchosen()
        result = super().write(vals)
        if vals.keys() & {"question_id", "matrix_question_id"}:
            self._loan_surveys()._check_loan_keeper()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_chosen(self):
        self._loan_surveys()._check_loan_keeper()
        self._check_loan_unchosen()

    def _loan_surveys(self):
        return (self.question_id | self.matrix_question_id).survey_id

    def _check_loan_unchosen(self):
        """Refuse what would take along what customers have chosen: Odoo deletes it with its question."""
        # As superuser: whether there are any, is asked.
        lines_sudo = self.env["survey.user_input.line"].sudo()
        if lines_sudo.search_count(
            [("suggested_answer_id", "in", self.ids), ("survey_id.survey_type", "=", "loan")], limit=1
        ):
            raise UserError(
                self.env._(
                    "Customers have chosen this answer, and what they said goes with it. Make a new survey."
                )
            )
