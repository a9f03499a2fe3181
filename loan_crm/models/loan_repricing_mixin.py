from datetime import date, timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_DIGITS = Decimal("0.000001")
_MAX_FIXING_DAYS = 366  # as the product has it; narrows the search to what an index holds


class LoanRepricingMixin(models.AbstractModel):
    """The rates of a loan through its life, and the next one of a floating loan.

    A repricing is an event like any other (`loan.contract.event`), one for each repricing date by constraint. It is
    entered on the fixing day, or later when the night slept: the value in force on the fixing day decides,
    whenever that is. A value that nobody entered is asked for, never guessed.
    """

    _name = "loan.repricing.mixin"
    _description = "Loan Repricing"

    def _rates(self):
        """Return the nominal rates of this loan as `[(since, percent), ...]`, the oldest first."""
        self.ensure_one()
        # New terms hold from the day agreed with them.
        early = timedelta(days=1 if self.repricing_day == "day_before" else 0)
        changes = self.event_ids.filtered(lambda event: event.state == "posted" and event.changes_rate)
        # In the order they happened: new ones stand last in the cache, whatever their day.
        changes = changes.sorted(lambda event: (event.date, event._origin.id or 0))
        return [
            (date.min, self.yearly_rate),
            *(
                (event.date - early if event.kind == "rate" else event.date, event.yearly_rate)
                for event in changes
            ),
        ]

    @api.model
    def _to_reprice(self, company, today, skip, limit):
        """Return running loans of a company whose next rate can be fixed by now.

        :param company: `res.company`
        :param date today: the lender's day
        :param skip: ids of loans to leave aside
        :param int limit: at most so many
        """
        self.env["loan.contract"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM loan_contract
                 WHERE company_id = %(company)s
                   AND state = 'active'
                   AND schedule_source = 'own'
                   AND next_reprice_date <= %(latest)s
                   AND next_reprice_date - fixing_days <= %(today)s
                   -- From the last due date on, no interest runs that another rate could change.
                   AND next_reprice_date < last_due_date
                   AND id <> ALL(%(skip)s)
                 ORDER BY next_reprice_date, id
                 LIMIT %(limit)s
                """,
                company=company.id,
                today=today,
                latest=today + timedelta(days=_MAX_FIXING_DAYS),
                skip=list(skip),
                limit=limit,
            )
        )
        return self.env["loan.contract"].browse(row[0] for row in rows)

    def _fixed_value(self):
        """Return the published value the next rate is made of: the latest one up to the fixing day, or none."""
        self.ensure_one()
        rate = self.reference_rate_id
        fixing_day = self.next_reprice_date - timedelta(days=self.fixing_days)
        return rate._value_record_on(fixing_day) if rate else self.env["loan.reference.rate.value"]

    def _reprice(self):
        """Give each loan its next rate, tell the borrowers, and let the schedules follow.

        :return: the `loan.contract.event` records made; none for a loan without a published value
        :raise UserError: when a loan's schedule cannot follow; then none is repriced
        """
        # As superuser: a repricing follows from the terms and the published value, nobody enters it.
        contracts_sudo = self.sudo()
        contracts_sudo._wait_for_lock()
        before = {contract: contract.next_reprice_date for contract in contracts_sudo}
        values = {contract: contract._fixed_value() for contract in contracts_sudo}
        events_sudo = self.env["loan.contract.event"].sudo()  # as above
        events_sudo = events_sudo.create(
            [contract._prepare_repricing_vals(value) for contract, value in values.items() if value]
        )
        events_sudo.action_post()
        stuck = events_sudo.contract_id.filtered(lambda c: c.next_reprice_date == before[c])
        if stuck:  # or the night would never end
            raise UserError(self.env._("The next repricing of %s does not move on.", stuck[0].display_name))
        return events_sudo

    def _last_posted_day(self):
        """Return the last due date that has passed or is paid: what was asked by then stays as it was.

        A value that was published or entered late takes effect from there, so nobody owes more on an installment
        that was paid in full, and nobody is told afterwards.
        """
        self.ensure_one()
        today = self.company_id._loan_today()
        posted = self.installment_ids.filtered(
            lambda row: row.kind == "installment" and (row.due_date <= today or row.state == "paid")
        )
        return max(posted.mapped("due_date"), default=self.start_date)

    def _prepare_repricing_vals(self, value):
        """Return the values of the event that a published value makes of this loan's next repricing date.

        :param value: `loan.reference.rate.value`
        """
        self.ensure_one()
        rate = value._as_fraction() * 100 + Decimal(str(self.spread or 0.0))
        # A lender pays no interest to its borrower, however far the reference falls.
        rate = max(Decimal(0), rate).quantize(_DIGITS)
        return {
            "contract_id": self.id,
            "kind": "rate",
            "date": max(self.next_reprice_date, self._last_posted_day()),
            "changes_rate": True,
            "yearly_rate": float(rate),
            "reference_value_id": value.id,
        }
