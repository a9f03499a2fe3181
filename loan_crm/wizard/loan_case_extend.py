from odoo import fields, models
from odoo.exceptions import UserError


class LoanCaseExtend(models.TransientModel):
    """Ask for more time on one clock."""

    _name = "loan.case.extend"
    _inherit = ["loan.guard.mixin"]
    _description = "More Time for a Case"

    clock_id = fields.Many2one("loan.case.clock", "Clock", required=True)
    policy_id = fields.Many2one(related="clock_id.policy_id")
    due_at = fields.Datetime(related="clock_id.due_at")
    step_id = fields.Many2one(
        "loan.sla.extension",
        "Extension",
        required=True,
        domain="[('policy_id', '=', policy_id)]",
        help="What the service level allows: how much more time, and who decides.",
    )
    needs_approval = fields.Boolean(related="step_id.needs_approval")
    reason = fields.Char(required=True)

    def action_ask(self):
        """Take more time, or ask for it where somebody has to agree."""
        self.ensure_one()
        clock = self.clock_id
        clock.case_id.check_access("write")
        if self.step_id.policy_id != clock.policy_id:
            raise UserError(self.env._("This extension belongs to another service level."))
        before = clock.policy_id.extension_ids.filtered(
            lambda step: (step.sequence, step.id) < (self.step_id.sequence, self.step_id.id)
        )
        granted = clock.extension_ids.filtered(lambda each: each.state == "granted").step_id
        if before - granted:
            raise UserError(self.env._("First comes: %s", (before - granted)[0].display_name))
        # As superuser: extensions are written by this form alone; who may use it was asked above.
        extension_sudo = (
            self.env["loan.case.extension"]
            .sudo()
            .create(
                {
                    "case_id": clock.case_id.id,
                    "clock_id": clock.id,
                    "step_id": self.step_id.id,
                    "amount": self.step_id.amount,
                    "reason": self.reason,
                    "asked_user_id": self.env.uid,
                }
            )
        )
        if not self.step_id.needs_approval:
            extension_sudo._move_to("granted")
            extension_sudo._apply()
        else:
            extension_sudo._ask_to_decide()
        return {"type": "ir.actions.act_window_close"}
