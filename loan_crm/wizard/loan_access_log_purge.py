from datetime import datetime, time

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class LoanAccessLogPurge(models.TransientModel):
    """Take away entries of the access log whose time is over, on record."""

    _name = "loan.access.log.purge"
    _inherit = ["loan.guard.mixin"]
    _description = "Purge the Access Log"

    before = fields.Date(
        "Entries Before",
        required=True,
        default=lambda self: self._latest(),
        help="Entries of this day and later stay. No later day than the time to keep them allows.",
    )
    latest = fields.Date("At the Latest", compute="_compute_latest")
    count = fields.Integer("Entries", compute="_compute_count")

    @api.model
    def _latest(self):
        """Return the first day whose entries have to stay; the company that keeps the longest decides."""
        # As superuser: the log is one for all companies, whichever is switched on.
        years = max(self.env["res.company"].sudo().search(fields.Domain.TRUE).mapped("loan_log_years"))
        return fields.Date.context_today(self) - relativedelta(years=years)

    def _compute_latest(self):
        self.latest = self._latest()

    @api.depends("before")
    def _compute_count(self):
        for form in self:
            # As superuser: the log of all companies, and a number tells nothing of them.
            log_sudo = self.env["loan.access.log"].sudo()
            form.count = form.before and log_sudo.search_count([("logged_at", "<", form._moment())])

    def _moment(self):
        return datetime.combine(self.before, time.min)

    def action_purge(self):
        """Take the entries away; each chain keeps an entry that tells how far this went."""
        self.ensure_one()
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise AccessError(self.env._("The access log is purged by compliance."))
        if self.before > self._latest():
            raise UserError(
                self.env._("Entries from %s on have to be kept.", fields.Date.to_string(self._latest()))
            )
        count = self.env["loan.access.log"]._purge(self._moment())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._("%s entries were purged, on record.", count),
                "type": "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
