from odoo import http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.survey.controllers.main import Survey

# Kept with the browser's session: which answers it has just sent in.
_SENT = "loan_survey_sent"


class LoanSurvey(Survey):
    """Answers of hidden contacts: not quoted among the results, nor read by their link once they are sent in.

    The page of a survey's results reads answers as superuser. The link of an answer is its key, without a login and
    for ever, for whoever ever saw it. While the borrower fills the survey in it has to be; afterwards it opens the
    answers to who sent them, and to who may see the contact.
    """

    def _get_results_page_user_input_domain(self, survey, **post):
        domain = super()._get_results_page_user_input_domain(survey, **post)
        answers = request.env["survey.user_input"]
        watched = answers._loan_watched()
        if watched and watched.people:
            domain &= answers._loan_people_domain(watched)
        if survey.survey_type == "loan":
            # Of a questionnaire of Loan CRM each reader sees the answers of their own customers.
            requests = request.env["loan.survey.request"]
            if not requests.has_access("read"):
                return Domain.FALSE
            domain &= Domain("id", "in", requests._search(Domain.TRUE).subselect("user_input_id"))
        return domain

    def _check_validity(self, survey_sudo, answer_sudo, *args, **kwargs):
        validity = super()._check_validity(survey_sudo, answer_sudo, *args, **kwargs)
        if validity is True and answer_sudo.state == "done" and not self._loan_may_read(answer_sudo):
            return "token_wrong"
        return validity

    def _redirect_with_error(self, access_data, error_key):
        """Tell who has the link of an answer that its time is over, or that they have answered; guessers learn nothing.

        :param dict access_data: see Odoo's `_get_access_data`
        :param str error_key: see Odoo's `_check_validity`
        """
        answer_sudo = access_data["answer_sudo"]
        if answer_sudo and error_key in ("answer_deadline", "survey_closed", "token_wrong"):
            # As superuser: the answer's own link is the right to hear what became of it.
            asked_sudo = (
                request.env["loan.survey.request"]
                .sudo()
                .search([("user_input_id", "=", answer_sudo.id)], limit=1)
            )
            if asked_sudo:
                return self._loan_end_page(asked_sudo)
        return super()._redirect_with_error(access_data, error_key)

    def _loan_end_page(self, asked_sudo):
        lang = asked_sudo.partner_id.lang or asked_sudo.company_id.partner_id.lang
        request.update_context(lang=lang)
        values = {
            "facts": {"lender": asked_sudo.company_id.name, "footer": ""},
            "end": {**asked_sudo.with_context(lang=lang)._ask_end(), "goes_on": False},
            "page_lang": (request.env.lang or "en_US").replace("_", "-"),
        }
        return request.render("loan_crm.loan_ask_done", values, status=410)

    @http.route()
    def survey_submit(self, survey_token, answer_token, **post):
        _survey_sudo, answer_sudo = self._fetch_from_access_token(survey_token, answer_token)
        sent_before = answer_sudo.state == "done"
        result = super().survey_submit(survey_token, answer_token, **post)
        if answer_sudo.state == "done" and not sent_before and self._loan_withheld(answer_sudo):
            request.session[_SENT] = [*request.session.get(_SENT, [])[-9:], answer_sudo.id]
        return result

    @http.route()
    def survey_retry(self, survey_token, answer_token, **post):
        # Odoo begins another answer for whoever opens this address, a scanner of mails as well.
        survey_sudo, _answer_sudo = self._fetch_from_access_token(survey_token, answer_token)
        if survey_sudo.survey_type == "loan":
            return request.redirect("/")
        return super().survey_retry(survey_token, answer_token, **post)

    def _loan_withheld(self, answer_sudo):
        return request.env["ir.model"]._loan_withheld(answer_sudo.partner_id)

    def _loan_may_read(self, answer_sudo):
        """Tell whether this browser may read answers that were sent in.

        :param answer_sudo: `survey.user_input`, as superuser
        """
        if not self._loan_withheld(answer_sudo) or answer_sudo.id in request.session.get(_SENT, []):
            return True
        user, partner = request.env.user, answer_sudo.partner_id.with_env(request.env).sudo(False)
        if user._is_public():
            return False
        return user.partner_id == partner or (user._is_internal() and partner.has_access("read"))
