from datetime import datetime, time, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import stages
from ..core.calendars import BusinessCalendar, CalendarError


class LoanLeadClockMixin(models.AbstractModel):
    """The clock of a stage: since when an application is in it, when it should leave, and whether it is stuck.

    How long a stage may take is said by the stage (`crm.stage.loan_days`), in days the lender is open.
    """

    _name = "loan.lead.clock.mixin"
    _description = "Applications in Their Stages"

    loan_stage_since = fields.Date(
        "In This Stage Since",
        compute="_compute_loan_stage",
        help="By it an application counts as stuck: each stage says how long one may stay in it.",
    )
    loan_stage_due = fields.Date(
        "Should Leave By",
        compute="_compute_loan_stage",
        help="The working days of the stage, counted in the days the lender is open.",
    )
    loan_stage_late = fields.Boolean(
        "Stuck in Its Stage", compute="_compute_loan_stage", search="_search_loan_stage_late"
    )

    @api.model
    def _loan_business_days(self, company):
        """Return the days a lender is open, a :class:`core.calendars.BusinessCalendar`."""
        calendar_sudo = company.sudo().loan_calendar_id  # when a bank is open is no secret
        return calendar_sudo._as_calendar() if calendar_sudo else BusinessCalendar()

    @api.depends(
        "loan_product_id",
        "company_id",
        "active",
        "stage_id.loan_days",
        "stage_id.is_won",
        "date_last_stage_update",
    )
    def _compute_loan_stage(self):
        self.loan_stage_since = self.loan_stage_due = self.loan_stage_late = False
        for company, leads in (
            self.filtered("loan_product_id").grouped(lambda lead: lead._loan_company()).items()
        ):
            zone, today = ZoneInfo(company.loan_tz or "UTC"), company._loan_today()
            calendar = self._loan_business_days(company)
            for lead in leads.filtered("date_last_stage_update"):
                since = lead.date_last_stage_update.replace(tzinfo=timezone.utc).astimezone(zone).date()
                lead.loan_stage_since = since
                if lead.stage_id.is_won or not lead.active or not lead.stage_id.loan_days:
                    continue
                try:
                    lead.loan_stage_due = stages.leave_by(since, lead.stage_id.loan_days, calendar)
                except CalendarError:  # a lender that is never open is late with nothing
                    continue
                lead.loan_stage_late = lead.loan_stage_due < today

    def _search_loan_stage_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        # With what is told of each application that is found.
        timed = self.env["crm.stage"].search_fetch(
            [("loan_days", ">", 0), ("is_won", "=", False)], ["loan_days", "is_won", "name"]
        )
        late = Domain.FALSE
        for company in self.env.companies:
            mine = Domain("company_id", "=", company.id)
            unfenced = Domain("company_id", "=", False)
            mine |= unfenced & Domain("loan_product_id.company_id", "=", company.id)
            if company == self.env.company:
                mine |= unfenced & Domain("loan_product_id.company_id", "=", False)
            zone, today = ZoneInfo(company.loan_tz or "UTC"), company._loan_today()
            calendar = self._loan_business_days(company)
            for days, at in timed.grouped("loan_days").items():
                try:
                    first = stages.late_if_entered_before(today, days, calendar)
                except CalendarError:
                    continue
                morning = datetime.combine(first, time(0), tzinfo=zone).astimezone(timezone.utc)
                late |= (
                    mine
                    & Domain("stage_id", "in", at.ids)
                    & Domain("date_last_stage_update", "<", morning.replace(tzinfo=None))
                )
        return Domain("loan_product_id", "!=", False) & Domain("active", "=", True) & late
