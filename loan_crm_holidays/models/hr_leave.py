from datetime import timedelta

from odoo import api, models

from odoo.addons.loan_crm.core import covers

# What of a leave decides on which days somebody is away.
_DECIDES = {
    "state",
    "employee_id",
    "holiday_status_id",
    "date_from",
    "date_to",
    "request_date_from",
    "request_date_to",
    "request_date_from_period",
    "request_date_to_period",
}


class HrLeave(models.Model):
    _inherit = "hr.leave"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._loan_cover()
        return leaves

    def write(self, vals):
        result = super().write(vals)
        if _DECIDES & vals.keys():
            self._loan_cover()
        return result

    def unlink(self):
        for leave_sudo in self.sudo():  # As superuser: as below
            covers_sudo = leave_sudo.env["loan.cover"]
            for company in covers_sudo.search([("leave_id", "=", leave_sudo.id)]).company_id:
                covers_sudo._follow_leave(leave_sudo, company, None)
        return super().unlink()

    def _loan_cover(self):
        """Plan, move or end the cover of relationship managers as their leaves say.

        Whose customers wait is not for whoever approves to know, and why somebody is away not for the team. A leave
        takes them away from all companies in which they have customers, not from their employer's alone.
        """
        leaves_sudo = self.sudo()  # As superuser: as told above
        manages = {}
        for manager, company in leaves_sudo.env["loan.customer"]._read_group(
            [("manager_user_id", "in", leaves_sudo.user_id.ids)], ["manager_user_id", "company_id"]
        ):
            manages[manager] = manages.get(manager, company.browse()) | company
        covered = leaves_sudo.env["loan.cover"].search([("leave_id", "in", self.ids)]).grouped("leave_id")
        for leave in leaves_sudo:
            theirs = manages.get(leave.user_id, leave.env["res.company"])
            had = covered[leave].company_id if leave in covered else theirs.browse()
            span = leave._loan_span() if theirs else None
            cover = leave.env["loan.cover"].with_context(lang=leave.user_id.lang)
            for company in theirs | had:
                cover._follow_leave(leave, company, span if company in theirs else None)

    def _loan_span(self):
        """Return the whole days on which somebody is away; None for hours, half days and others."""
        self.ensure_one()
        if (
            self.state != "validate"
            or not self.user_id.active
            or self.holiday_status_id.time_type != "leave"
            or self.request_unit_hours
            or not (self.request_date_from and self.request_date_to)
        ):
            return None
        first, last = self.request_date_from, self.request_date_to
        if self.request_unit_half:
            # Who leaves at noon is there in the morning, and who comes back at noon from then on.
            first += timedelta(self.request_date_from_period == "pm")
            last -= timedelta(self.request_date_to_period == "am")
        return covers.Span(first, last) if first <= last else None
