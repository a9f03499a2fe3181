from odoo import models


class CalendarAttendee(models.Model):
    _inherit = "calendar.attendee"

    # Who comes to a meeting is told to those who may see what it is about.
    _loan_parent = "event_id"

    def _notify_attendees(self, *args, **kwargs):
        # Invitation, change and reminder tell what the meeting is about to whoever is named in it.
        return super(CalendarAttendee, self - self._loan_untold())._notify_attendees(*args, **kwargs)

    def _loan_untold(self):
        """Return the attendees who are colleagues and may not see the record that their meeting is about."""
        untold = self.browse()
        for id_, name, number in self._loan_documents_of():
            attendee_sudo = self.browse(
                id_
            ).sudo()  # as superuser: who is invited is asked for whoever writes
            partner_ids = attendee_sudo.partner_id.ids
            if not self.env["mail.followers"]._loan_readers(name, [number], partner_ids):
                untold |= self.browse(id_)
        return untold
