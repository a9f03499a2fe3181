from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class LoanVoiceQuote(models.Model):
    """What a customer said, without names, in a report of a period: shown to whoever may see whom it is from.

    The figures of a report are everybody's who reads it; a sentence can give a person away, so it asks as the case or
    the customer does. It goes at once when its customer is erased.
    """

    _name = "loan.voice.quote"
    _inherit = ["loan.access.mixin"]
    _description = "Quotation in a Report"
    _order = "report_id, sequence, id"
    _rec_name = "text"

    report_id = fields.Many2one(
        "loan.voice.report", "Report", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="report_id.company_id", store=True, index=True, precompute=True)
    sequence = fields.Integer(readonly=True)
    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, readonly=True, index=True, ondelete="restrict"
    )
    case_id = fields.Many2one("loan.case", "Case", readonly=True, index="btree_not_null", ondelete="restrict")
    about_names = fields.Json(readonly=True, export_string_translation=False)
    about = fields.Char(compute="_compute_about", help="The category of its case, as it was called then.")
    kind = fields.Selection(
        [("case", "From a Case"), ("survey", "From a Survey")], "Said Where", required=True, readonly=True
    )
    text = fields.Text("In Their Words", required=True, readonly=True)

    @api.depends_context("uid")
    @api.depends("customer_id", "case_id")
    def _compute_loan_visible(self):
        of_cases = self.filtered("case_id")
        result = super(LoanVoiceQuote, self - of_cases)._compute_loan_visible()
        cases = of_cases.case_id.sudo(False).with_context(active_test=False)
        seen = cases._filtered_access("read") if cases.has_access("read") else cases.browse()
        for quote in of_cases:
            quote.loan_visible = quote.case_id in seen
        return result

    def _search_loan_visible(self, operator, value):
        seen = super()._search_loan_visible(operator, value)
        if seen is NotImplemented:
            return seen
        found = Domain("case_id", "=", False) & seen
        cases = self.env["loan.case"].sudo(False).with_context(active_test=False)
        if cases.has_access("read"):
            found |= Domain("case_id", "in", cases._search(Domain.TRUE))
        return found

    @api.depends("about_names", "kind")
    @api.depends_context("lang")
    def _compute_about(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for quote in self:
            ((number, names),) = (quote.about_names or {0: {}}).items()
            quote.about = (
                quote.report_id._called("loan.case.category", int(number), names)
                if names
                else kinds.get(quote.kind)
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("What customers said is taken over, not entered."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("What customers said is taken over, not entered."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if not self.env.su:
            raise AccessError(self.env._("What customers said is taken over, not entered."))

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "delete": "now",
            "why": self.env._("No report quotes somebody who is erased."),
        }
