from odoo.fields import Domain
from odoo.http import request

from odoo.addons.survey.controllers.main import Survey


class LoanSurvey(Survey):
    """The page of a survey's results counts and quotes answers as superuser: those of hidden contacts are left out."""

    def _get_results_page_user_input_domain(self, survey, **post):
        domain = super()._get_results_page_user_input_domain(survey, **post)
        answers = request.env["survey.user_input"]
        watched = answers._loan_watched()
        if watched and watched.people:
            domain &= answers._loan_people_domain(watched)
        if survey.survey_type == "loan":
            # Of a questionnaire of Loan CRM each reader sees the answers of their own customers.
            requests = request.env["loan.survey.request"]
            seen = requests.search(Domain.TRUE) if requests.has_access("read") else requests
            # As superuser: which answers belong to surveys that the reader may see.
            domain &= Domain("id", "in", seen.sudo().user_input_id.ids)
        return domain
