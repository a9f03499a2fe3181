from dateutil.relativedelta import relativedelta

from odoo import api, fields, models


class LoanCustomerTierChoose(models.TransientModel):
    """Put a customer into a tier by hand: which, until when and why."""

    _name = "loan.customer.tier.choose"
    _inherit = ["loan.guard.mixin"]
    _description = "Choose a Tier"

    customer_id = fields.Many2one("loan.customer", "Customer", required=True)
    company_id = fields.Many2one(related="customer_id.company_id")
    tier_now_id = fields.Many2one(related="customer_id.tier_id", string="Tier Now")
    tier_note = fields.Char(related="customer_id.tier_note", string="Why This Tier")
    tier_id = fields.Many2one(
        "loan.customer.tier",
        "New Tier",
        compute="_compute_tier_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('company_id', 'in', (False, company_id))]",
        help="Leave it empty to take the customer out of every tier.",
    )
    until = fields.Date(
        "Until",
        compute="_compute_until",
        store=True,
        readonly=False,
        precompute=True,
        help="The last day of your choice; after it the rules decide again. Empty: until somebody changes it.",
    )
    reason = fields.Char("Why")

    @api.depends("customer_id")
    def _compute_tier_id(self):
        for form in self:
            form.tier_id = form.customer_id.tier_id

    @api.depends("customer_id")
    def _compute_until(self):
        for form in self:
            if form.customer_id:
                form.until = form.company_id._loan_today() + relativedelta(years=1)

    def action_choose(self):
        """Put the customer into the tier."""
        self.ensure_one()
        self.customer_id._choose_tier(self.tier_id, self.until, self.reason)
        return {"type": "ir.actions.act_window_close"}
