from odoo import fields, models
from odoo.exceptions import AccessError

_NAMES = (
    "loan_emergency_minutes",
    "loan_emergency_minutes_max",
    "loan_emergency_reason",
    "loan_emergency_per_day",
    "loan_emergency_review_days",
)


class LoanAccessEmergencySetup(models.TransientModel):
    """How long, how often and with how many words an emergency opens a customer: for compliance to say."""

    _name = "loan.access.emergency.setup"
    _inherit = ["loan.guard.mixin"]
    _description = "Set Up Emergency Access"

    company_id = fields.Many2one(
        "res.company", "Company", required=True, readonly=True, default=lambda self: self.env.company
    )
    loan_emergency_minutes = fields.Integer(
        "Usually Open For",
        default=lambda self: self.env.company.loan_emergency_minutes,
        help="Minutes for which an emergency opens a customer, unless the person says otherwise.",
    )
    loan_emergency_minutes_max = fields.Integer(
        "At Most",
        default=lambda self: self.env.company.loan_emergency_minutes_max,
        help="In minutes; never more than 240.",
    )
    loan_emergency_reason = fields.Integer(
        "Shortest Reason",
        default=lambda self: self.env.company.loan_emergency_reason,
        help="In characters, spaces aside.",
    )
    loan_emergency_per_day = fields.Integer(
        "Attempts a Day",
        default=lambda self: self.env.company.loan_emergency_per_day,
        help="So often a person may try in a day, whether anything is opened or not. 0: nobody may.",
    )
    loan_emergency_review_days = fields.Integer(
        "Reviewed Within",
        default=lambda self: self.env.company.loan_emergency_review_days,
        help="Within so many working days somebody of compliance reviews it; then all of them are told.",
    )

    def action_save(self):
        """Save, and put on record what was before."""
        self.ensure_one()
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise AccessError(self.env._("Emergency access is set up by compliance."))
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("You do not work for this company at the moment."))
        # As superuser: compliance writes these columns of the company, by this verb alone.
        company_sudo = self.company_id.sudo()
        changed = {name: self[name] for name in _NAMES if company_sudo[name] != self[name]}
        before = {f"{name}_before": company_sudo[name] for name in changed}
        company_sudo.write(changed)
        if changed:
            self.env["loan.access.log"]._note("setup", self.company_id, **changed, **before)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
