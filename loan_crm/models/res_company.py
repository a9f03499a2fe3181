from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ..core.letters import Pretended


class ResCompany(models.Model):
    """A lender: its clock, its calendar, how it is paid; what it says of each family stands in a mixin of its own."""

    _name = "res.company"
    _inherit = [
        "res.company",
        "loan.reminder.figures.mixin",
        "loan.reminder.pause.mixin",
        "loan.borrower.figures.mixin",
        "loan.log.figures.mixin",
        "loan.emergency.figures.mixin",
        "loan.load.figures.mixin",
        "loan.case.company.mixin",
        "loan.word.figures.mixin",
        "loan.survey.figures.mixin",
        "loan.learning.figures.mixin",
        "loan.setup.memory.mixin",
        "loan.portal.figures.mixin",
    ]

    loan_tz = fields.Selection(
        _tz_get,
        "Lender's Time Zone",
        default=lambda self: self.env.user.tz or "UTC",
        required=True,
        help="Tells which day “today” is: for due dates, days past due, cover and reminders.",
    )
    loan_payment_instructions = fields.Text(
        "How to Pay",
        translate=True,
        help="Printed in each reminder. A product may have its own.",
    )
    loan_calendar_id = fields.Many2one(
        "loan.calendar",
        "Business Calendar",
        check_company=True,
        ondelete="restrict",
        help="Tells on which days the lender is open: weekends, holidays and make-up working days.",
    )
    # The days that running loans follow by now, as `loan.calendar._as_applied` tells them.
    loan_calendar_applied = fields.Json(copy=False, groups="base.group_system")

    loan_retention_years = fields.Integer(
        "Keep Loan Records For",
        default=10,
        help="So many years after the last loan of a customer was repaid. Laws against money laundering and on books "
        "ask for it: five years in the European Union, ten in China, other times elsewhere. The lender decides.",
    )

    _loan_retention_years_sane = models.Constraint(
        "CHECK (loan_retention_years BETWEEN 0 AND 100)", "Loan records are kept for 0 to 100 years."
    )

    loan_data_term = fields.Selection(
        [("month", "One month"), ("working", "Working days")],
        "Copies of Data Handed Over Within",
        required=True,
        default="month",
        help="Who asks what is held about them has to be answered: within a month in the European Union, within 15 "
        "working days in China, other times elsewhere.",
    )
    loan_data_term_days = fields.Integer("Working Days for a Copy", default=15)

    _loan_data_term_sane = models.Constraint(
        "CHECK (loan_data_term_days BETWEEN 1 AND 60)",
        "A copy of data is handed over within 1 to 60 working days.",
    )

    @api.constrains("loan_calendar_id")
    def _check_loan_calendar(self):
        # As superuser: a calendar hidden from whoever asks is another company's all the same.
        for company in self.sudo():
            calendar = company.loan_calendar_id
            if calendar.company_id not in (company, self.env["res.company"]):
                raise ValidationError(
                    self.env._(
                        "The calendar %(calendar)s belongs to another company than %(company)s.",
                        calendar=calendar.name,
                        company=company.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._loan_start_with_standard_policy()
        return companies

    def _loan_now(self):
        """Return the present moment on the lender's clock, an aware :class:`datetime.datetime`."""
        self.ensure_one()
        # `fields.Datetime.now` and not the database: a test that travels in time takes this with it.
        return fields.Datetime.now().replace(tzinfo=timezone.utc).astimezone(ZoneInfo(self.loan_tz or "UTC"))

    def _loan_business_day(self, day, count):
        """Return the n-th working day after a day: by the lender's calendar, without one Monday to Friday.

        :param date day: not counted itself
        :param int count: more than zero
        """
        if self.loan_calendar_id:
            return self.loan_calendar_id._as_calendar().add_business_days(day, count)
        while count:
            day += timedelta(days=1)
            count -= day.weekday() < 5
        return day

    def _loan_today(self):
        """Return the lender's day, a :class:`datetime.date`. Read once at the edge, then handed on."""
        pretended = self.env.context.get("loan_pretended")
        return pretended.day if isinstance(pretended, Pretended) else self._loan_now().date()
