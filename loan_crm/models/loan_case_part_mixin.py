from odoo import api, fields, models


class LoanCasePartMixin(models.AbstractModel):
    """A record that belongs to a case: who may see the case sees it."""

    _name = "loan.case.part.mixin"
    _inherit = ["loan.access.mixin"]
    _description = "Part of a Case"

    case_id = fields.Many2one(
        "loan.case",
        "Case",
        required=True,
        index=True,
        ondelete="restrict",
        help="Whoever may see the case may see this.",
    )
    customer_id = fields.Many2one(
        related="case_id.customer_id", store=True, index="btree_not_null", precompute=True, string="Customer"
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True, precompute=True)

    @api.depends_context("uid")
    @api.depends("case_id.loan_visible")
    def _compute_loan_visible(self):
        for part in self:
            part.loan_visible = part.case_id.loan_visible

    def _search_loan_visible(self, operator, value):
        if operator != "in":
            return NotImplemented
        # As superuser: what is asked is the rule of the case.
        cases_sudo = self.env["loan.case"].sudo().with_context(active_test=False)
        seen = cases_sudo._search_loan_visible(operator, value)
        if seen.is_true() or seen.is_false():
            return seen
        return self._loan_among("case_id", cases_sudo._search(seen))
