from datetime import datetime, time, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import worklists

# Of fewer people a mean would tell what a colleague carries.
_MEAN_FROM = 3
_LOAD = ["user_id", "team_id", "points", "load_ceiling", "share", "vip_count", "vip_slots"]


class LoanWorklistWeekMixin(models.AbstractModel):
    """What the user has done since Monday, and what they carry beside their team."""

    _name = "loan.worklist.week.mixin"
    _inherit = ["loan.worklist.mixin"]
    _description = "Worklist: The Week"

    @api.model
    def _monday(self):
        """Return when this week began by the lender's clock: (day, moment in UTC, naive)."""
        company = self.env.company
        day = worklists.week_began(company._loan_today())
        moment = datetime.combine(day, time(0), tzinfo=ZoneInfo(company.loan_tz or "UTC"))
        return day, moment.astimezone(timezone.utc).replace(tzinfo=None)

    @api.model
    def _week_figures(self):
        """Return what is counted: `{key: (label, model, domain, action)}`, in the order in which it is shown."""
        _day, moment = self._monday()
        uid = self.env.uid
        figures = {
            "answered": (
                self.env._("answers given"),
                "loan.response",
                Domain("user_id", "=", uid)
                & Domain("state", "=", "answered")
                & Domain("answered_at", ">=", moment),
                "loan_crm.loan_response_action_report",
            ),
            "solved": (
                self.env._("cases solved"),
                "loan.case",
                Domain("solved_user_id", "=", uid) & Domain("solved_at", ">=", moment),
                "loan_crm.loan_case_action_all",
            ),
            "kept": (
                self.env._("promises kept"),
                "loan.commitment",
                Domain("done_user_id", "=", uid)
                & Domain("state", "=", "kept")
                & Domain("done_at", ">=", moment),
                "loan_crm.loan_commitment_action",
            ),
            "talks": (
                self.env._("calls and visits"),
                "loan.interaction",
                Domain("user_id", "=", uid) & Domain("date", ">=", moment),
                "loan_crm.loan_interaction_action",
            ),
            "won": (
                self.env._("loans won"),
                "crm.lead",
                Domain("user_id", "=", uid)
                & Domain("loan_product_id", "!=", False)
                & Domain("stage_id.is_won", "=", True)
                & Domain("date_closed", ">=", moment),
                "loan_crm.crm_lead_action_applications",
            ),
        }
        return {key: figure for key, figure in figures.items() if self.env[figure[1]].has_access("read")}

    @api.model
    def _week(self):
        """Return what was done this week, a list of `{key, label, count}`."""
        return [
            {"key": key, "label": label, "count": self.env[model].search_count(domain)}
            for key, (label, model, domain, _action) in self._week_figures().items()
        ]

    @api.model
    def _load(self):
        """Return what the user carries beside the mean of their team; None for who carries nothing by their role."""
        loads = self.env["loan.workload"]
        if not (self._manages() and loads.has_access("read")):
            return None
        user = self.env.user
        # As superuser: of colleagues the mean is told, of so many that it tells of nobody.
        people_sudo = user.sudo().sale_team_id.member_ids | user
        rows_sudo = loads.sudo().with_context(loan_workload_users=people_sudo.ids)
        rows_sudo = rows_sudo.search_fetch(Domain("company_id", "=", self.env.company.id), _LOAD)
        mine_sudo = rows_sudo.filtered(lambda row: row.user_id == user)
        if not mine_sudo:
            return None
        shares = rows_sudo.mapped("share")
        return {
            "points": mine_sudo.points,
            "ceiling": mine_sudo.load_ceiling,
            "share": mine_sudo.share,
            "told": mine_sudo._told(),
            "team": mine_sudo.team_id.name or "",
            "team_share": sum(shares) / len(shares) if len(shares) >= _MEAN_FROM else False,
        }

    @api.model
    def _manages(self):
        return self.env.user.has_group("loan_crm.loan_crm_group_manager")

    @api.model
    def _now(self):
        return fields.Datetime.to_string(fields.Datetime.now())
