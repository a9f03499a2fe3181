from odoo import api, models


class LoanCaseWordMixin(models.AbstractModel):
    """What the page of a case tells about what we promised in it, what is made good, and what was said of it."""

    _name = "loan.case.word.mixin"
    _inherit = ["loan.commitment.mixin", "loan.recovery.mixin", "loan.survey.mixin"]
    _description = "Words, Recovery and Surveys of a Case"

    @api.model
    def _promise_key(self):
        return "case_id"

    @api.model
    def _survey_key(self):
        return "case_id"

    def _action_open(self, xmlid, **context):
        """Open a list of this case's records, without the filters that the menu starts with."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("case_id", "=", self.id)]
        action["context"] = context
        return action
