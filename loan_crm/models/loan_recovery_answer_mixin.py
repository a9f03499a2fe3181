from odoo import models


class LoanRecoveryAnswerMixin(models.AbstractModel):
    """An answer to a survey that is given: a low score begins to be made good by itself."""

    _name = "loan.recovery.answer.mixin"
    _description = "Answers That Open a Recovery Plan"

    def _mark_done(self):
        result = super()._mark_done()
        self.env["loan.recovery.plan"]._open_for_answers(self)
        return result
