from odoo import api, models
from odoo.exceptions import UserError


class LoanOpenMixin(models.AbstractModel):
    """Opens what a record is about: the customer, the loan. Whether somebody may see it is asked there."""

    _name = "loan.open.mixin"
    _description = "Opens What It Is About"

    def action_open_customer(self):
        """Open the customer's page."""
        self.ensure_one()
        self.check_access("read")
        return self._action_open_record(self.customer_id)

    def action_open_contract(self):
        """Open the loan's page.

        :raise UserError: for what is about the customer alone
        """
        self.ensure_one()
        self.check_access("read")
        if "contract_id" not in self._fields:
            raise UserError(self.env._("This is about the customer, and about no single loan."))
        return self._action_open_record(self.contract_id)

    @api.model
    def _action_open_record(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
