from datetime import date, timedelta

from odoo import api, models

from ..core import calendars

# Beyond it a button would keep its reader waiting: the night does it.
_AT_ONCE = 300


class LoanCalendarApplyMixin(models.AbstractModel):
    """A business calendar in the hands of running loans: which of its days they follow already, and which not yet.

    A company remembers the days its loans follow. What differs from the calendar names the due dates that can have
    moved, so a night after which nobody touched the calendar looks at no loan at all.
    """

    _name = "loan.calendar.apply.mixin"
    _description = "Calendar of Running Loans"

    def _as_applied(self):
        """Return this calendar's business days as a value that a Json column can keep and compare."""
        self.ensure_one()
        days = self._as_calendar()
        return {
            "weekend": sorted(days.weekend),
            "holidays": sorted(map(str, days.holidays)),
            "workdays": sorted(map(str, days.workdays)),
        }

    @api.model
    def _moved_days(self, applied, wanted, first, last):
        """Return the due dates that can be others now, in a span; None: any of them.

        A row due on a day that closed moves off it. A row that was moved across a day that is open now stands on
        the first business day after it, or before it.

        :param dict applied: `_as_applied` of the days that loans follow, None: nobody knows
        :param dict wanted: of those they should follow
        :param date first: the span's first day
        :param date last: its last
        :return: a set of dates
        """
        if not applied:
            return None
        old, new = (
            calendars.BusinessCalendar(
                frozenset(value["weekend"]),
                frozenset(map(date.fromisoformat, value["holidays"])),
                frozenset(map(date.fromisoformat, value["workdays"])),
            )
            for value in (applied, wanted)
        )
        result = set()
        # Some days before: a day that opened draws the row behind it, however long the holiday was.
        for number in range(-calendars.MAX_CLOSED_DAYS, (last - first).days + 1):
            day = first + timedelta(days=number)
            was, is_now = old.is_business_day(day), new.is_business_day(day)
            if was and not is_now:
                result.add(day)
            elif is_now and not was:
                result |= {old.adjust(day, "following"), old.adjust(day, "preceding")}
        return result

    def action_apply_to_loans(self):
        """Move the due dates of running loans to the business days of this calendar, as the night does.

        All loans of the companies one works for that use it, or none where one of them cannot follow.
        """
        self.ensure_one()
        self.check_access("write")
        nights = self.env["loan.night"]
        # As superuser: an administrator sees no loan; that due dates follow the calendar is no secret to tell.
        companies_sudo = self.env["res.company"].sudo().search([("loan_calendar_id", "=", self.id)])
        companies_sudo &= self.env.user.company_ids.sudo()  # as above
        moved = 0
        for company_sudo in companies_sudo:
            today = company_sudo._loan_today()
            days = nights.sudo()._days_to_move(company_sudo, today)  # as above
            loans_sudo = self.env["loan.contract"].sudo()  # as above
            loans_sudo = loans_sudo._to_move(company_sudo, today, days, (), 0, _AT_ONCE + 1)
            if len(loans_sudo) > _AT_ONCE:
                company_sudo.loan_calendar_applied = False
                nights.sudo()._begin_again(company_sudo)  # as above
                return self._notified(
                    self.env._(
                        "Many loans follow this calendar. Their due dates are moved in the next minutes."
                    )
                )
            moved += len(loans_sudo._follow_calendar())
            company_sudo.loan_calendar_applied = self._as_applied()
        return self._notified(
            self.env._("Loans whose due dates moved: %s", moved)
            if moved
            else self.env._("No due date moves: all running loans follow this calendar.")
        )

    @api.model
    def _notified(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
