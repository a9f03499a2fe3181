from odoo import api, fields, models
from odoo.fields import Domain


class LoanRecusedMixin(models.AbstractModel):
    """A record that may have come of a case: who may not see the case does not see it, whatever their duty is.

    So whom a complaint is about does not read what is made good, and nothing of a case that is kept to few.
    """

    _name = "loan.recused.mixin"
    _inherit = ["loan.access.mixin"]
    _description = "Recusal"

    case_id = fields.Many2one("loan.case", "Case", copy=False, index="btree_not_null", ondelete="restrict")
    about_user_id = fields.Many2one(
        related="case_id.about_user_id", store=True, index="btree_not_null", string="About a Colleague"
    )

    @api.depends_context("uid")
    @api.depends("case_id.loan_visible")
    def _compute_loan_visible(self):
        result = super()._compute_loan_visible()
        self.filtered(lambda record: record.case_id and not record.case_id.loan_visible).loan_visible = False
        return result

    def _search_loan_visible(self, operator, value):
        seen = super()._search_loan_visible(operator, value)
        if seen is NotImplemented or self.env.user._is_superuser():
            return seen
        # As superuser: what is asked is the rule of the case.
        of_cases = self.env["loan.case"].sudo()._search_loan_visible(operator, value)
        return seen & (Domain("case_id", "=", False) | Domain("case_id", "any!", of_cases))
