from odoo import fields, models
from odoo.exceptions import UserError


class LoanContractEventReverse(models.TransientModel):
    """Take back terms that a borrower agreed to, entered wrongly: a team lead's, with the reason on record.

    Terms that were right and are to change again are a new restructuring, with the borrower's consent.
    """

    _name = "loan.contract.event.reverse"
    _inherit = ["loan.guard.mixin"]
    _description = "Take Back New Terms"

    event_id = fields.Many2one("loan.contract.event", "Change", required=True)
    contract_id = fields.Many2one(related="event_id.contract_id")
    reason = fields.Char("Taken Back Because")  # asked for by the verb as well, so a press without it says so

    def action_reverse(self):
        """Take the terms back; the schedule becomes what it was without them."""
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(
                self.env._("Say why: whoever looks at this loan later asks what became of the consent.")
            )
        self.event_id._take_back(reason)
        return {"type": "ir.actions.act_window_close"}
