from odoo import models


class CalendarAttendee(models.Model):
    _inherit = "calendar.attendee"

    # Who comes to a meeting is told to those who may see what it is about.
    _loan_parent = "event_id"
