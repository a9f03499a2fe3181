from odoo import api, fields, models


class LoanServicePlan(models.Model):
    """What a lender does for the customers of a tier: a direct line, answers in time, occasions one does not forget.

    A tier names its plan; the steps of the plan say on which days the night gives which activities.
    """

    _name = "loan.service.plan"
    _description = "Service Plan"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to offer the plan in all companies."
    )
    color = fields.Integer()
    benefits = fields.Html(
        translate=True, help="What the customer gets, in words. Shown on the pages of its customers."
    )
    line_phone = fields.Char("Direct Line", help="A telephone number of their own.")
    line_email = fields.Char("Direct Email", help="An address of their own.")
    response_hours = fields.Float(
        "First Response within", help="Working hours until somebody has answered. 0: no target."
    )
    resolution_hours = fields.Float(
        "Settled within", help="Working hours until the matter is settled. 0: no target."
    )
    tier_ids = fields.One2many(
        "loan.customer.tier", "plan_id", "Tiers", help="Customers of these tiers get what the plan says."
    )
    step_ids = fields.One2many(
        "loan.service.plan.step",
        "plan_id",
        "Occasions",
        copy=True,
        help="On each of these days the night gives whoever acts for the customer a to-do.",
    )
    step_count = fields.Integer("Number of Occasions", compute="_compute_step_count")

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US'), COALESCE(company_id, 0)) WHERE active",
        "Two service plans cannot bear the same name.",
    )
    _targets_possible = models.Constraint(
        "CHECK (COALESCE(response_hours, 0) >= 0 AND COALESCE(resolution_hours, 0) >= 0 "
        "AND COALESCE(response_hours, 0) <> 'NaN' AND COALESCE(resolution_hours, 0) <> 'NaN')",
        "A target cannot be negative.",
    )

    @api.depends("step_ids")
    def _compute_step_count(self):
        for plan in self:
            plan.step_count = len(plan.step_ids)
