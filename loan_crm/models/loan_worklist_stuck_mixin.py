from odoo import api, models
from odoo.fields import Domain

_LEAD = [
    "name",
    "partner_id",
    "contact_name",
    "phone",
    "stage_id",
    # By which it is told since when it is stuck.
    "active",
    "company_id",
    "date_last_stage_update",
    "loan_product_id",
]


class LoanWorklistStuckMixin(models.AbstractModel):
    """The fifth lane: applications that should have left their stage."""

    _name = "loan.worklist.stuck.mixin"
    _inherit = ["loan.worklist.mixin"]
    _description = "Worklist: Stuck Applications"

    @api.model
    def _stuck_domain(self):
        return Domain("user_id", "=", self.env.uid) & Domain("loan_stage_late", "=", True)

    @api.model
    def _find_stuck(self):
        return (
            self._found("crm.lead", self._stuck_domain(), Domain.TRUE, _LEAD, "date_last_stage_update, id"),
        )

    @api.model
    def _tell_stuck(self, leads):
        today = self.env.company._loan_today()
        return self._lane(
            "stuck",
            [self._stuck_row(lead, today) for lead in leads.shown],
            leads,
            self.env._("Every application moves."),
        )

    @api.model
    def _stuck_row(self, lead, today):
        missing = lead.loan_document_missing
        ask = self._deed(
            missing and lead, "action_ask_documents", self.env._("Ask for Documents"), "fa-envelope-o"
        )
        return self._row(
            lead,
            lead.partner_id.name or lead.contact_name or lead.name,
            lines=[
                f"{lead.stage_id.name} · {lead.name}",
                self.env._("documents to come: %s", missing) if missing else "",
            ],
            mark="danger",
            told=self._day_told(lead.loan_stage_due, today),
            phone=lead.phone,
            deeds=[ask, self._deed_plan(lead)],
        )

    @api.model
    def _open_stuck(self):
        return "loan_crm.crm_lead_action_applications", self._stuck_domain()
