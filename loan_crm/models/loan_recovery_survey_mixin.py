from odoo import models


class LoanRecoverySurveyMixin(models.AbstractModel):
    """A survey of ours whose answer is low: beside the call, it begins to be made good."""

    _name = "loan.recovery.survey.mixin"
    _description = "Low Scores That Open a Recovery Plan"

    def _low_score(self):
        result = super()._low_score()
        self.env["loan.recovery.plan"]._open_for_request(self)
        return result
