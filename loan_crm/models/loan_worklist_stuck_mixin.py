from odoo import api, models
from odoo.fields import Domain

_LEAD = [
    "name",
    "partner_id",
    "contact_name",
    "phone",
    "user_id",
    "stage_id",
    # By which it is told since when it is stuck.
    "active",
    "company_id",
    "date_last_stage_update",
    "loan_product_id",
    # By which the rules of its papers ask who may read them.
    "team_id",
    "loan_cover_from_id",
    "loan_cover_to_id",
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
    def _find_stuck(self, counts=None):
        worst_first = "date_last_stage_update, id"
        return (self._found("crm.lead", self._stuck_domain(), Domain.TRUE, _LEAD, worst_first, counts),)

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
        # Compliance, who looks at boards, reads no papers.
        reads = lead._has_field_access(lead._fields["loan_document_missing"], "read")
        missing = reads and lead.loan_document_missing
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
            owner=lead.user_id,
            deeds=[ask, self._deed_plan(lead)],
        )

    @api.model
    def _open_stuck(self):
        return "loan_crm.crm_lead_action_applications", self._stuck_domain()
