from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MailActivityPlanTemplate(models.Model):
    _inherit = "mail.activity.plan.template"

    responsible_type = fields.Selection(
        selection_add=[("loan_manager", "Who acts for the customer")], ondelete={"loan_manager": "cascade"}
    )

    @api.constrains("plan_id", "responsible_type")
    def _check_responsible_loan(self):
        for template in self:
            if template.responsible_type == "loan_manager" and template.plan_id.res_model != "loan.customer":
                raise ValidationError(
                    self.env._("“Who acts for the customer” is for plans of loan customers only.")
                )

    def _determine_responsible(self, on_demand_responsible, applied_on_record):
        if self.responsible_type != "loan_manager" or applied_on_record._name != "loan.customer":
            return super()._determine_responsible(on_demand_responsible, applied_on_record)
        user = applied_on_record._who_is_told()[applied_on_record]
        return {
            "responsible": user,
            "error": False
            if user
            else self.env._("Nobody acts for %s who may open the customer.", applied_on_record.display_name),
            "warning": False,
        }
