from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class LoanContractJudge(models.TransientModel):
    """Judge the class of a loan by other signs than days past due, with the reason on record.

    Not for who manages the loan: a team lead or a compliance officer judges, and nobody their own.
    """

    _name = "loan.contract.judge"
    _inherit = ["loan.guard.mixin"]
    _description = "Override the Class"

    contract_id = fields.Many2one("loan.contract", "Loan", required=True)
    asset_class_id = fields.Many2one(related="contract_id.asset_class_id", string="Class Now")
    judged_class_id = fields.Many2one(
        "loan.asset.class",
        "Class Override",
        compute="_compute_judged_class_id",
        store=True,
        readonly=False,
        precompute=True,
        help="It can only make the class worse. Empty: as days past due say.",
    )
    reason = fields.Char("Reason")  # asked for by the verb as well

    @api.depends("contract_id")
    def _compute_judged_class_id(self):
        for form in self:
            form.judged_class_id = form.contract_id.judged_class_id

    def action_judge(self):
        """Put the judgement on record."""
        self.ensure_one()
        contract = self.contract_id
        contract.check_access("read")
        if contract.manager_user_id == self.env.user:
            raise AccessError(
                self.env._("Nobody judges a loan they manage. Ask the team lead or a compliance officer.")
            )
        if contract.state != "active":
            raise UserError(self.env._("Only a running loan has a class."))
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say what the judgement rests on."))
        contract_sudo = contract.sudo()  # who may judge was asked; nobody writes a class by hand
        contract_sudo.judged_class_id = self.judged_class_id
        told = (
            self.env._("Judged as %(name)s: %(reason)s", name=self.judged_class_id.name, reason=reason)
            if self.judged_class_id
            else self.env._("No judgement any more, days past due decide: %s", reason)
        )
        contract_sudo._message_log(body=Markup("<p>%s</p>") % told)
        return {"type": "ir.actions.act_window_close"}
