from odoo import models


class LoanPassMixin(models.AbstractModel):
    """Work that a colleague can take over alone, without the customer: a case, something we promised."""

    _name = "loan.pass.mixin"
    _description = "Work Passed to a Colleague"

    def action_pass(self):
        """Open the small form that names the colleague who goes on with it."""
        self.ensure_one()
        self.check_access("write")
        view = self.env.ref(f"loan_crm.{self._table}_view_form_pass")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pass On"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }
