from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class SurveySurvey(models.Model):
    """A questionnaire for borrowers is of the type "loan": its answers are Loan CRM's to show, not the survey app's."""

    _inherit = "survey.survey"

    loan_tells_satisfaction = fields.Boolean(
        "Tells Borrowers' Satisfaction",
        help="The score of its answers, in percent, is shown as satisfaction on the pages of loan customers. It needs "
        "a scoring.",
    )
    survey_type = fields.Selection(selection_add=[("loan", "Loan CRM")], ondelete={"loan": "set default"})

    @api.depends_context("uid")
    def _compute_allowed_survey_types(self):
        result = super()._compute_allowed_survey_types()
        for survey in self:
            survey.allowed_survey_types = [*(survey.allowed_survey_types or []), "loan"]
        return result

    @api.onchange("survey_type")
    def _onchange_survey_type(self):
        result = super()._onchange_survey_type()
        if self.survey_type == "loan":
            # One page behind a link meant for one person: what the first click said stands there already.
            self.update(
                {
                    "access_mode": "token",
                    "users_login_required": False,
                    "questions_layout": "one_page",
                    "users_can_go_back": True,
                    "scoring_type": "no_scoring",
                    "is_attempts_limited": False,
                }
            )
        return result

    @api.constrains(
        "survey_type",
        "access_mode",
        "users_login_required",
        "questions_layout",
        "users_can_go_back",
        "certification",
        "is_time_limited",
    )
    def _check_loan_survey(self):
        for survey in self.filtered(lambda survey: survey.survey_type == "loan"):
            if (
                survey.access_mode != "token"
                or survey.users_login_required
                or survey.questions_layout != "one_page"
                or not survey.users_can_go_back
                or survey.certification
                or survey.is_time_limited  # when its time is over, whoever looks at the page ends it
            ):
                raise ValidationError(
                    self.env._(
                        "“%s” is opened by the link in a letter and shows what was clicked there: invited people "
                        "only, no login, one page with all the questions, going back allowed, no certification, no "
                        "time limit.",
                        survey.title,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        surveys = super().create(vals_list)
        surveys._check_loan_keeper()
        return surveys

    def write(self, vals):
        self._check_loan_keeper()
        if vals.get("survey_type", "loan") != "loan":
            self._check_loan_unanswered()
        result = super().write(vals)
        if vals.get("survey_type") == "loan":
            self._check_loan_keeper()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        self._check_loan_keeper()

    def _check_loan_keeper(self):
        """Refuse whoever writes their own questionnaires in the survey app to word those by which they are rated."""
        if self.env.su or self.env.user.has_groups(
            "loan_crm.loan_crm_group_administrator,survey.group_survey_manager"
        ):
            return
        # As superuser: of which type a survey is, is asked.
        if "loan" in self.sudo().mapped("survey_type"):
            raise AccessError(
                self.env._("What borrowers are asked is for an administrator of Loan CRM to word.")
            )

    def _check_loan_not_sent(self):
        """Refuse to ask borrowers past the governor: nobody would read what they answer."""
        # As superuser: as above.
        if "loan" in self.sudo().mapped("survey_type"):
            raise UserError(
                self.env._("Borrowers are asked by the survey rules of Loan CRM, and by nobody else.")
            )

    def action_send_survey(self):
        self._check_loan_not_sent()
        return super().action_send_survey()

    def action_start_session(self):
        self._check_loan_not_sent()
        return super().action_start_session()

    def _check_loan_unanswered(self):
        """Refuse to let what customers have answered become another app's to show."""
        asked = self.filtered(lambda survey: survey.survey_type == "loan")
        # As superuser: whether there are any, is asked.
        answers_sudo = self.env["survey.user_input"].sudo()
        if asked and answers_sudo.search_count([("survey_id", "in", asked.ids)], limit=1):
            raise UserError(
                self.env._("Customers have answered this survey: what they said stays with Loan CRM.")
            )

    def _loan_first_question(self):
        """Return the question that the letter asks, whose answers are its links; none where no question fits."""
        self.ensure_one()
        return self.question_ids.filtered("loan_dimension")[:1]
