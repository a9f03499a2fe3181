from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain

from ..core.working_time import WorkingTime

# When somebody is there of whom, and of whose lender, no hours are known.
_OPEN, _CLOSED = 9, 17


class LoanHours(models.AbstractModel):
    """When colleagues are there: by their working hours and the lender's open days, without leave and absences.

    That a colleague is away is no secret to who waits for them; why is, and is not asked.
    """

    _name = "loan.hours"
    _description = "When Colleagues Are There"

    @api.model
    def _of(self, company, user, days):
        """Return when a colleague is there from now on.

        :param company: `res.company`, the lender
        :param user: `res.users`
        :param int days: so far it is asked
        :rtype: core.working_time.WorkingTime
        """
        # From the morning on: what is left of a span of hours would begin at an odd minute.
        today = company._loan_today()
        start = self._days(company, today, today)[0]
        until = self.env["loan.case"]._aware(fields.Datetime.now()) + timedelta(days=days)
        # As superuser: see the model.
        hours_sudo = user.sudo().with_company(company).resource_calendar_id
        hours_sudo = hours_sudo or company.sudo().resource_calendar_id
        working = self.env["loan.case"]._clock_setting(company, hours_sudo, start, until).working
        pauses = self._leaves(company, user, start, until)
        pauses += [
            self._days(company, cover.date_from, cover.date_to) for cover in self._covers(company, user, days)
        ]
        if not hours_sudo:
            pauses += self._nights(company, days)
        return working.without(pauses)

    @api.model
    def _line(self, company, customer, lead, days):
        """Return who may be met from now on, and when each of them is there for this customer or application.

        That is the manager, and in their absences who stands in for them.

        :param company: `res.company`, the lender
        :param customer: `loan.customer`, or none
        :param lead: `crm.lead`, asked where there is no customer
        :param int days: so far it is asked
        :return: a list of pairs (`res.users`, :class:`core.working_time.WorkingTime`)
        """
        if not customer:
            user = lead._who_answers()
            return [(user, self._of(company, user, days))] if user else []
        manager = customer.manager_user_id
        if not manager.active:
            user = customer.acting_user_id
            return [(user, self._of(company, user, days))] if user else []
        line = [(manager, self._of(company, manager, days))]
        for cover in self._covers(company, manager, days):
            user = (cover.deputy_user_id | customer.deputy_user_id | customer.team_id.user_id).filtered(
                "active"
            )[:1]
            if not user or user == manager:
                continue
            first, last = self._days(company, cover.date_from, cover.date_to)
            there = self._of(company, user, days)
            spans = [(max(start, first), min(end, last)) for start, end in there.spans]
            line.append((user, WorkingTime(spans, there.known_from, there.known_until)))
        return line

    @api.model
    def _covers(self, company, user, days):
        """Return the absences of a colleague that are running or to come, `loan.cover`."""
        today = company._loan_today()
        return (
            self.env["loan.cover"]
            .sudo()  # as superuser: see the model
            .search(
                Domain("company_id", "=", company.id)
                & Domain("manager_user_id", "=", user.id)
                & Domain("date_to", ">=", today)
                & Domain("date_from", "<=", today + timedelta(days=days))
                & Domain("back_at", "=", False),
                order="date_from, id",
            )
        )

    @api.model
    def _leaves(self, company, user, start, until):
        """Return a colleague's own leave in their working hours, as pairs of aware moments."""
        aware = self.env["loan.case"]._aware
        # As superuser: see the model.
        leaves_sudo = self.env["resource.calendar.leaves"].sudo()
        found_sudo = leaves_sudo.search(
            Domain("resource_id.user_id", "=", user.id)
            & Domain("company_id", "in", (company.id, False))
            & Domain("date_from", "<", until.replace(tzinfo=None))
            & Domain("date_to", ">", start.replace(tzinfo=None))
        )
        return [(aware(leave.date_from), aware(leave.date_to)) for leave in found_sudo]

    @api.model
    def _days(self, company, first, last):
        """Return from when until when some days of a lender last, both included, as aware moments."""
        zone = ZoneInfo(company.loan_tz or "UTC")
        start = datetime.combine(first, time(0), tzinfo=zone)
        end = datetime.combine(last + timedelta(days=1), time(0), tzinfo=zone)
        return start.astimezone(timezone.utc), end.astimezone(timezone.utc)

    @api.model
    def _nights(self, company, days):
        """Return when nobody is there who has no hours, as pairs of aware moments."""
        today = company._loan_today()
        opening = timedelta(hours=_OPEN)
        closing = timedelta(hours=_CLOSED)
        nights = []
        for number in range(-1, days + 1):
            day, _next = self._days(company, today + timedelta(days=number), today)
            following, _next = self._days(company, today + timedelta(days=number + 1), today)
            nights.append((day + closing, following + opening))
        return nights
