from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanApplicationMixin(models.AbstractModel):
    """What a loan keeps of the application it was made of.

    The link stands here and not on the lead: whoever may see a lead, or search all leads, is not told by it who
    borrows. Nobody enters it, because a link that was entered would tell the name of any lead one cares to try.
    """

    _name = "loan.application.mixin"
    _description = "Application of a Loan"

    lead_id = fields.Many2one(
        "crm.lead",
        "Application",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The application this loan was made of.",
    )
    purpose = fields.Char(tracking=True, help="What the money is for, in the borrower's words.")

    _lead_uniq = models.UniqueIndex(
        "(lead_id) WHERE lead_id IS NOT NULL AND state <> 'cancelled'",
        "A loan has been made of this application already.",
    )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"lead_id"}

    @api.model
    def _follow_merged_leads(self, head, tail):
        """Let loans lead to the application that others were merged into; of two that run one stays linked."""
        taken = self.search_count([("lead_id", "=", head.id), ("state", "!=", "cancelled")], limit=1)
        for contract in self.search([("lead_id", "in", tail.ids)], order="id"):
            if contract.state == "cancelled" or not taken:
                contract.lead_id = head
                taken = taken or contract.state != "cancelled"

    def action_open_application(self):
        """Open the application, as far as the user may see it."""
        self.ensure_one()
        return self._open_lead(self.lead_id)

    @api.model
    def _open_lead(self, lead):
        if not lead.has_access("read"):
            raise UserError(self.env._("This application is not yours to see: a colleague has it."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.lead",
            "res_id": lead.id,
            "views": [(False, "form")],
        }
