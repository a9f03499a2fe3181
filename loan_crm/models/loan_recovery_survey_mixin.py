from odoo import api, fields, models
from odoo.tools import SQL


class LoanRecoverySurveyMixin(models.AbstractModel):
    """Surveys and recovery plans: a low answer opens one, and who went through one is asked once more.

    A complaint that is made good is over when its plan is, not when its case is. Whoever closes the plan has no say in
    whether the customer is asked: those who left it discontent are asked as well, or the figures would flatter us.
    """

    _name = "loan.recovery.survey.mixin"
    _inherit = ["loan.open.mixin"]
    _description = "Surveys around Recovery Plans"

    recovery_plan_id = fields.Many2one(
        "loan.recovery.plan", compute="_compute_recovery_plan_id", export_string_translation=False
    )

    @api.depends("user_input_id", "state")
    @api.depends_context("uid")
    def _compute_recovery_plan_id(self):
        # As superuser: by the answer they hang together, which nobody reads; the plan itself by the reader's rights.
        requests_sudo, plans_sudo = self.sudo(), self.env["loan.recovery.plan"].sudo()
        plans_sudo = plans_sudo.search([("user_input_id", "in", requests_sudo.user_input_id.ids)])
        seen = plans_sudo.sudo(False)
        seen = seen._filtered_access("read") if seen.has_access("read") else seen.browse()
        by_answer = {plan_sudo.user_input_id: plan_sudo for plan_sudo in plans_sudo if plan_sudo in seen}
        for request, request_sudo in zip(self, requests_sudo, strict=True):
            answer_sudo = request_sudo.user_input_id
            request.recovery_plan_id = by_answer.get(answer_sudo) if answer_sudo else False

    def action_open_recovery(self):
        """Open the plan by which a low answer is made good."""
        self.ensure_one()
        return self._action_open_record(self.recovery_plan_id)

    def _low_score(self):
        result = super()._low_score()
        self.env["loan.recovery.plan"]._open_for_request(self)
        return result

    # A plan's number stands below zero, for a case of the same moment has the same numbers above.

    @api.model
    def _recovered_occasions(self, company, since, today):
        for name in ("loan.recovery.plan", "loan.case", "loan.contract"):
            self.env[name].flush_model()
        cases = super()._recovered_occasions(company, since, today)
        return SQL(
            """
            SELECT settled.* FROM (%(cases)s) AS settled
             WHERE NOT EXISTS (SELECT FROM loan_recovery_plan plan
                                WHERE plan.case_id = settled.case_id AND plan.cause <> 'score')
             UNION ALL
            SELECT -plan.id AS ref, 0 AS year, plan.closed_on AS day, plan.partner_id, plan.customer_id,
                   plan.contract_id, NULL::int AS lead_id, plan.case_id, contract.product_id
              FROM loan_recovery_plan plan
         LEFT JOIN loan_case matter ON matter.id = plan.case_id
         LEFT JOIN loan_contract contract ON contract.id = plan.contract_id
             WHERE plan.company_id = %(company)s
               AND plan.state = 'closed'
               AND plan.closed_on BETWEEN %(since)s AND %(today)s
               AND (matter.id IS NULL OR matter.state = 'closed')
            """,
            cases=cases,
            company=company.id,
            since=since,
            today=today,
        )

    def _recovery_plan(self):
        """Return the plan that this survey asks about after it was closed; empty where it is about something else."""
        self.ensure_one()
        about = self.moment == "recovered" and self.occasion_ref < 0
        return self.env["loan.recovery.plan"].browse(-self.occasion_ref if about else [])

    def _ask(self):
        result = super()._ask()
        for request in self:
            request._recovery_plan().write(
                {"asked_again_at": fields.Datetime.now(), "asked_request_id": request.id}
            )
        return result
