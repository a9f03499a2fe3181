from odoo.http import request

from odoo.addons.survey.controllers.main import Survey


class LoanSurvey(Survey):
    """The page of a survey's results counts and quotes answers as superuser: those of hidden contacts are left out."""

    def _get_results_page_user_input_domain(self, survey, **post):
        domain = super()._get_results_page_user_input_domain(survey, **post)
        answers = request.env["survey.user_input"]
        watched = answers._loan_watched()
        return domain & answers._loan_people_domain(watched) if watched and watched.people else domain
