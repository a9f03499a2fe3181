from datetime import timezone
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

    def _loan_today(self):
        """Return the lender's day, a :class:`datetime.date`. Read once at the edge, then handed on."""
        pretended = self.env.context.get("loan_pretended")
        return pretended.day if isinstance(pretended, Pretended) else self._loan_now().date()
