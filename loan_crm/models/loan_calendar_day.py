from odoo import fields, models


class LoanCalendarDay(models.Model):
    """A day that is not what its weekday says: a holiday, or a weekend day that is worked to make up for one.

    Typed by hand or imported, it is the same; an import never changes a day that is there.
    """

    _name = "loan.calendar.day"
    _description = "Calendar Day"
    _order = "date, id"

    calendar_id = fields.Many2one("loan.calendar", "Calendar", required=True, index=True, ondelete="cascade")
    date = fields.Date("Day", required=True)
    kind = fields.Selection(
        [("holiday", "Holiday"), ("workday", "Make-Up Working Day")],
        "Kind of Day",
        required=True,
        default="holiday",
        help="A holiday is no business day; a make-up working day is one, although it falls on a weekend.",
    )
    name = fields.Char(required=True, translate=True)

    _calendar_date_uniq = models.UniqueIndex(
        "(calendar_id, date)", "This day is in the calendar already; change what it says instead."
    )

    def write(self, vals):
        result = super().write(vals)
        if "calendar_id" in vals:
            # Odoo asks the rules before a write only: a day could be moved into another company's calendar.
            self.check_access("write")
        return result
