from odoo import http
from odoo.http import request

from odoo.addons.calendar.controllers.main import CalendarController


class LoanCalendar(CalendarController):
    """The pages behind the links of an invitation: about a protected record they tell when, and what was answered.

    Such a link works without a login for whoever kept it, when their duty has long ended.
    """

    @http.route()
    def view_meeting(self, token, id, **kwargs):
        # As superuser: the link is the key; what it opens is told below.
        attendee_sudo = (
            request.env["calendar.attendee"]
            .sudo()
            .search([("access_token", "=", token), ("event_id", "=", int(id))])
        )
        event_sudo = attendee_sudo.event_id
        if not event_sudo or not self._withheld(event_sudo) or request.env.user._is_internal():
            return super().view_meeting(token, id, **kwargs)
        lang = attendee_sudo.partner_id.lang or request.env.lang
        return request.render(
            "loan_crm.loan_meeting_page",
            {
                "attendee": attendee_sudo.with_context(lang=lang),
                "event": event_sudo.with_context(lang=lang, tz=attendee_sudo.partner_id.tz),
            },
            lazy=False,
        )

    @http.route()
    def calendar_join_videocall(self, access_token):
        # As superuser: as above.
        event_sudo = request.env["calendar.event"].sudo().search([("access_token", "=", access_token)])
        if self._withheld(event_sudo):
            user = request.env.user
            if user._is_internal() and not event_sudo.sudo(False).has_access("read"):
                return request.not_found()
        return super().calendar_join_videocall(access_token)

    def _withheld(self, event_sudo):
        """Tell whether a meeting is about a protected record, a confidential application or a confidential contact."""
        return request.env["ir.model"]._loan_withheld_meeting(event_sudo)
