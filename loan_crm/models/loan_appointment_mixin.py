from odoo import api, fields, models
from odoo.fields import NO_ACCESS, Domain

# Two appointments of one person never overlap, however they were booked and by how many at once. The person and the
# minutes are one range of numbers, which needs no extension of the database.
_RANGE = (
    'int8range(user_id::bigint * 4294967296 + (EXTRACT(EPOCH FROM "start") / 60)::bigint, '
    'user_id::bigint * 4294967296 + (EXTRACT(EPOCH FROM "stop") / 60)::bigint)'
)


class LoanAppointmentMixin(models.AbstractModel):
    """An appointment that a borrower has booked on the portal: a meeting of Odoo's calendar, about their profile.

    It is seen as the customer is; its title tells neither who comes nor what for.
    """

    _name = "loan.appointment.mixin"
    _description = "Booked by a Borrower"

    loan_way = fields.Selection(
        [("video", "Video"), ("phone", "By Telephone"), ("branch", "At Your Branch")],
        "Way of the Appointment",
        readonly=True,
        copy=False,
        help="How a borrower wants to meet, who booked it on the portal.",
    )
    loan_topic = fields.Selection(
        [
            ("question", "A Question"),
            ("new_loan", "A New Loan"),
            ("hardship", "I Cannot Pay in Time"),
            ("sign", "Signing the Agreement"),
        ],
        "Topic of the Appointment",
        readonly=True,
        copy=False,
        help="What a borrower chose when they booked it.",
    )
    # Who booked it, at which lender. Nobody reads them: who comes stands among the attendees.
    loan_partner_id = fields.Many2one(
        "res.partner",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="cascade",
        groups=NO_ACCESS,
        export_string_translation=False,
    )
    loan_company_id = fields.Many2one(
        "res.company",
        readonly=True,
        copy=False,
        ondelete="cascade",
        groups=NO_ACCESS,
        export_string_translation=False,
    )

    _loan_one_at_a_time = models.Constraint(
        f"EXCLUDE USING gist ({_RANGE} WITH &&) WHERE (loan_way IS NOT NULL AND active AND start < stop)",
        "This time has been booked by somebody else.",
    )

    @api.model
    def _loan_busy(self, partners, first, last, besides=None):
        """Return when any of some people is engaged, as pairs of aware moments.

        :param partners: `res.partner`
        :param datetime first: aware
        :param datetime last: aware
        :param besides: `calendar.event` that does not count: it is to be moved
        """
        # As superuser: that somebody is engaged is told by no time being offered; with what is not asked.
        attendees_sudo = self.env["calendar.attendee"].sudo()
        of_events = (
            Domain("active", "=", True)
            & Domain("show_as", "=", "busy")
            & Domain("start", "<", last.replace(tzinfo=None))
            & Domain("stop", ">", first.replace(tzinfo=None))
            & Domain("id", "not in", besides.ids if besides else [])
        )
        taken_sudo = attendees_sudo.search(
            Domain("partner_id", "in", partners.ids)
            & Domain("state", "!=", "declined")
            & Domain("event_id", "any", of_events)
        ).event_id
        aware, hours = self.env["loan.case"]._aware, self.env["loan.hours"]
        spans = []
        for event in taken_sudo:
            if event.allday:
                company = event.user_id.company_id or self.env.company
                spans.append(hours._days(company, event.start_date, event.stop_date))
            else:
                spans.append((aware(event.start), aware(event.stop)))
        return spans
