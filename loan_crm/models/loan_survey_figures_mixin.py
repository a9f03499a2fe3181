from odoo import fields, models

from ..core import scores


class LoanSurveyFiguresMixin(models.AbstractModel):
    """A lender's figures for asking customers how it was."""

    _name = "loan.survey.figures.mixin"
    _description = "A Lender's Surveys"

    loan_survey_on = fields.Boolean(
        "Customers Are Asked How It Was",
        copy=False,
        help="By the survey rules. Without it nobody is asked, whatever the rules say.",
    )
    loan_survey_interval = fields.Integer(
        "Days between Surveys",
        default=60,
        help="Nobody is asked again within so many days, whatever survey it is, unless its rule has an interval of its "
        "own. 0: no limit.",
    )
    loan_survey_per_year = fields.Integer(
        "Surveys a Year",
        default=4,
        help="Nobody is asked more often within any 365 days. 0: nobody is asked.",
    )
    loan_survey_sample = fields.Integer(
        "Least Answers of a Figure",
        default=5,
        help="Of fewer answers no mean is told, only how many they are: three opinions are no figure.",
    )
    loan_survey_low = fields.Integer(
        "Unhappy Below",
        default=60,
        help="Percent of satisfaction below which somebody calls and a recovery plan is opened, whichever survey it "
        "is. Of a survey without one: 6 of 10 or less for recommending us. 0: nothing is opened by itself.",
    )

    _loan_survey_sane = models.Constraint(
        "CHECK (loan_survey_interval BETWEEN 0 AND 365 AND loan_survey_per_year BETWEEN 0 AND 50 "
        "AND loan_survey_sample BETWEEN 1 AND 1000 AND loan_survey_low BETWEEN 0 AND 100)",
        "Between surveys lie 0 to 365 days, at most 50 are sent a year, a figure is of 1 to 1000 answers, and who is "
        "unhappy lies below 0 to 100 percent.",
    )

    def _loan_is_low(self, satisfaction, recommends=None):
        """Tell whether an answer is so low that somebody does something about it.

        :param satisfaction: in percent, None where the survey asks for none
        :param recommends: 0 to 10, None where it was not asked
        """
        self.ensure_one()
        if not self.loan_survey_low:
            return False
        if satisfaction is not None:
            return satisfaction < self.loan_survey_low
        return recommends is not None and scores.side(recommends) < 0
