from odoo import api, models
from odoo.fields import Domain


class LoanWorklistStuckMixin(models.AbstractModel):
    """The fifth lane: applications that should have left their stage."""

    _name = "loan.worklist.stuck.mixin"
    _inherit = ["loan.worklist.mixin"]
    _description = "Worklist: Stuck Applications"

    @api.model
    def _stuck_domain(self):
        return Domain("user_id", "=", self.env.uid) & Domain("loan_stage_late", "=", True)

    @api.model
    def _lane_stuck(self):
        leads, today = self.env["crm.lead"], self.env.company._loan_today()
        domain, rows = self._stuck_domain(), []
        for lead in leads.search(domain, order="date_last_stage_update, id", limit=self._SHOWN):
            missing = lead.loan_document_missing
            ask = self._deed(
                missing and lead, "action_ask_documents", self.env._("Ask for Documents"), "fa-envelope-o"
            )
            rows.append(
                self._row(
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
            )
        count = leads.search_count(domain)
        return self._lane(
            "stuck",
            rows,
            count,
            count,
            self.env._("Every application moves."),
        )

    @api.model
    def _open_stuck(self):
        return "loan_crm.crm_lead_action_applications", self._stuck_domain()
