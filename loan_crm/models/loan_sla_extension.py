from odoo import api, fields, models


class LoanSlaExtension(models.Model):
    """By how much the time of a policy may be extended, one step after the other, and whether somebody has to agree.

    China's measure of 2020 gives 15 days, 30 where a case is complex, and 30 more after approval.
    """

    _name = "loan.sla.extension"
    _description = "Extension of a Service Level"
    _order = "policy_id, sequence, id"

    policy_id = fields.Many2one("loan.sla.policy", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    amount = fields.Integer("Longer By", required=True, default=15, help="In the unit of the policy.")
    needs_approval = fields.Boolean(
        "Needs Approval", help="By a team lead or compliance who did not ask for it."
    )
    when = fields.Char(
        "Allowed When",
        translate=True,
        required=True,
        help="In which case more time may be taken. Whoever extends a clock chooses among these sentences.",
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "An extension takes longer than nothing.")

    @api.depends("amount", "when", "policy_id.unit")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for step in self:
            step.display_name = self.env._(
                "%(time)s more: %(when)s", time=step.policy_id._told(step.amount), when=step.when or ""
            )
