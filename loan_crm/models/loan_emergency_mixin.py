from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanEmergencyMixin(models.AbstractModel):
    """A customer whom somebody sees by an emergency: until when is said on their page, while it lasts."""

    _name = "loan.emergency.mixin"
    _description = "Open in an Emergency"

    emergency_until = fields.Datetime("Open Until", compute="_compute_emergency_until", compute_sudo=True)

    @api.depends_context("uid")
    def _compute_emergency_until(self):
        grants = self.env["loan.access.grant"]
        open_ids = grants._emergency_customers()
        until = {}
        if open_ids and set(open_ids) & set(self.ids):
            mine_sudo = grants._emergencies_of_user()
            until = {
                customer: max(of_one.mapped("date_to"))
                for customer, of_one in mine_sudo.grouped("customer_id").items()
            }
        for customer in self:
            customer.emergency_until = until.get(customer._origin, False)

    def _check_no_emergency(self):
        """Refuse that who sees a customer for some minutes makes more of it by what decides whose duty they are.

        :raise UserError: while an emergency opens one of them to the user
        """
        if not self.env.su and set(self.env["loan.access.grant"]._emergency_customers()) & set(self.ids):
            raise UserError(
                self.env._("Who has a customer open in an emergency does not say who looks after them.")
            )

    def action_end_emergency(self):
        """End one's own emergency access to this customer before its time."""
        self.ensure_one()
        mine_sudo = self.env["loan.access.grant"]._emergencies_of_user()
        theirs_sudo = mine_sudo.filtered(lambda grant: grant.customer_id == self)
        return theirs_sudo.sudo(False).action_end_emergency()
