from odoo import api, fields, models


class LoanRecoveryMixin(models.AbstractModel):
    """What the page of a customer or of a loan tells about what went wrong and is made good.

    It stands beside `loan.promise.mixin`, which knows by which field records lead here.
    """

    _name = "loan.recovery.mixin"
    _description = "Recovery Plans"

    recovery_count = fields.Integer("Number of Recovery Plans", compute="_compute_recovery_count")
    recovery_open = fields.Boolean("Recovery Plan Open", compute="_compute_recovery_count")

    @api.depends_context("uid")
    def _compute_recovery_count(self):
        key, counts = self._promise_key(), {}
        if self.env["loan.recovery.plan"].has_access("read"):
            for record, state, count in self.env["loan.recovery.plan"]._read_group(
                [(key, "in", self.ids)], [key, "state"], ["__count"]
            ):
                counts.setdefault(record.id, {})[state] = count
        for record in self:
            found = counts.get(record._origin.id, {})
            record.recovery_count = sum(found.values())
            record.recovery_open = bool(found.keys() - {"closed"})

    def action_open_recoveries(self):
        return self._action_open("loan_crm.loan_recovery_plan_action")

    def action_recover(self):
        """Open the form that begins to make something good."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_recovery_plan_action")
        where = self.env["loan.commitment"]._where_told(self)
        action.update(
            name=self.env._("Make It Good"),
            views=[(self.env.ref("loan_crm.loan_recovery_plan_view_form_begin").id, "form")],
            target="new",
            context={f"default_{name}": value for name, value in where.items() if value},
        )
        return action
