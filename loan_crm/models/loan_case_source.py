from odoo import api, fields, models
from odoo.fields import Domain


class LoanCaseSource(models.Model):
    """What a case was made of by a click: a talk, a survey's answer, a message. Each makes one case, however often.

    Begins with the click and stays; the index is what makes two clicks one.
    """

    _name = "loan.case.source"
    _inherit = ["loan.case.part.mixin"]
    _description = "Source of a Case"
    _rec_name = "res_model"

    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True, readonly=True)

    _once = models.UniqueIndex("(res_model, res_id)", "A case was made of it already. Load the page anew.")

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"case_id", "res_model", "res_id"}

    @api.model
    def _of_domain(self, records):
        """Return the domain of what was made of some records.

        :param records: of one model
        """
        return Domain("res_model", "=", records._name) & Domain("res_id", "in", records.ids)
