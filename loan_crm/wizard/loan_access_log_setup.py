from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_split

_NAMES = ("loan_log_emails", "loan_log_years", "loan_log_busy", "loan_log_refusals")


class LoanAccessLogSetup(models.TransientModel):
    """How long the access log is kept, who gets its seals and what stands out in it: for compliance to say."""

    _name = "loan.access.log.setup"
    _inherit = ["loan.guard.mixin"]
    _description = "Set Up the Access Log"

    company_id = fields.Many2one(
        "res.company", "Company", required=True, readonly=True, default=lambda self: self.env.company
    )
    loan_log_emails = fields.Char(
        "Seals To",
        default=lambda self: self.env.company.loan_log_emails,
        help="Addresses, separated by commas.",
    )
    loan_log_years = fields.Integer(
        "Keep For",
        default=lambda self: self.env.company.loan_log_years,
        help="So many years entries of the access log stay, at least, before compliance may purge them.",
    )
    loan_log_busy = fields.Integer(
        "Usual Customers an Hour",
        default=lambda self: self.env.company.loan_log_busy,
        help="Who sees more confidential customers in an hour stands out. 0: nobody does.",
    )
    loan_log_refusals = fields.Integer(
        "Usual Refusals a Day",
        default=lambda self: self.env.company.loan_log_refusals,
        help="Who is refused confidential records more often in a day stands out. 0: nobody does.",
    )

    def action_save(self):
        """Save, and put on record what was before."""
        self.ensure_one()
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise AccessError(self.env._("The access log is set up by compliance."))
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("You do not work for this company at the moment."))
        emails = self.loan_log_emails or ""
        if emails.strip() and len(email_split(emails)) != len(
            [part for part in emails.split(",") if part.strip()]
        ):
            raise UserError(self.env._("Write each address in full, with commas between them."))
        # As superuser: compliance writes these columns of the company, by this verb alone.
        company_sudo = self.company_id.sudo()
        changed = {
            name: self[name] for name in _NAMES if (company_sudo[name] or False) != (self[name] or False)
        }
        before = {f"{name}_before": company_sudo[name] or None for name in changed}
        company_sudo.write(changed)
        if changed:
            told = {name: value or None for name, value in changed.items()}
            self.env["loan.access.log"]._note("setup", self.company_id, **told, **before)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
