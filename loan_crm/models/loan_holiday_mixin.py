from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.i18n import format_list
from odoo.tools.misc import format_date


class LoanHolidayMixin(models.AbstractModel):
    """What business days do to the due dates of a running loan, as they become known.

    Due dates of a year whose holidays nobody has announced yet are placed by the weekday alone, and said to be so.
    Once the days are in the calendar the loans they concern get a new version of their schedule; a letter that
    has left spoke of the old day, so the new one is reminded of anew.
    """

    _name = "loan.holiday.mixin"
    _description = "Loan Holidays"

    unpublished_note = fields.Char("Due Dates That May Move", compute="_compute_unpublished_note")

    @api.depends("business_day_rule", "state", "installment_ids.due_date", "installment_ids.state")
    @api.depends_context("lang")
    def _compute_unpublished_note(self):
        self.unpublished_note = False
        calendars = {}
        for contract in self:
            if contract.business_day_rule in (False, "unadjusted") or contract.state not in (
                "draft",
                "active",
            ):
                continue
            # As superuser: which days the lender is open is no secret.
            calendar_sudo = contract.company_id.sudo().loan_calendar_id
            if not calendar_sudo:
                continue
            if calendar_sudo not in calendars:
                calendars[calendar_sudo] = calendar_sudo._as_calendar()
            rows = contract.installment_ids.filtered(lambda row: row.state in ("draft", "open"))
            years = calendars[calendar_sudo].unpublished_years(rows.mapped("due_date"))
            if years:
                contract.unpublished_note = self.env._(
                    "Holidays of %s are not published yet; due dates then may still move.",
                    self._years_told(years),
                )

    @api.model
    def _years_told(self, years):
        """Return years as one reads them, many in a row by their first and last."""
        if len(years) > 2 and years[-1] - years[0] == len(years) - 1:
            return f"{years[0]}–{years[-1]}"
        return format_list(self.env, [str(year) for year in years])

    @api.model
    def _to_move(self, company, today, days, again, after, limit):
        """Return running loans that have an unpaid row due on one of these days, a batch of them.

        :param company: `res.company`
        :param date today: rows due before it stand as they are
        :param days: dates, or None for any
        :param again: ids of loans to look at in any case
        :param int after: the id where the last batch ended
        :param int limit: at most so many
        """
        for name in ("loan.contract", "loan.installment"):
            self.env[name].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM loan_contract AS contract
                 WHERE company_id = %(company)s
                   AND state = 'active'
                   AND schedule_source = 'own'
                   AND business_day_rule <> 'unadjusted'
                   AND id > %(after)s
                   AND (id = ANY(%(again)s) OR EXISTS (
                           SELECT FROM loan_installment AS row
                            WHERE row.contract_id = contract.id
                              AND row.version_to IS NULL
                              AND row.state IN ('open', 'draft')
                              AND row.due_date >= %(today)s
                              AND %(days)s))
                 ORDER BY id
                 LIMIT %(limit)s
                """,
                company=company.id,
                today=today,
                again=list(again),
                after=after,
                limit=limit,
                days=SQL("TRUE") if days is None else SQL("row.due_date = ANY(%s)", list(days)),
            )
        )
        return self.env["loan.contract"].browse(row[0] for row in rows)

    def _follow_calendar(self):
        """Let the schedules follow the business days known now.

        :return: the loans whose due dates moved
        """
        # As superuser: due dates follow from the terms and the calendar, nobody enters them.
        contracts_sudo = self.sudo()
        contracts_sudo._wait_for_lock()
        before = {contract: contract.next_due_date for contract in contracts_sudo}
        versions = contracts_sudo._rebuild(note=self.env._("Holidays were published"))
        moved_sudo = versions.contract_id
        if not moved_sudo:
            return moved_sudo
        moved_sudo._reallocate()
        moved_sudo._message_log_batch(
            bodies={
                contract.id: self.env._(
                    "Due dates moved with the business calendar. Next due: %(before)s before, %(now)s now.",
                    before=format_date(self.env, before[contract]),
                    now=format_date(self.env, contract.next_due_date),
                )
                if before[contract] != contract.next_due_date
                else self.env._("Due dates moved with the business calendar; the next one stays.")
                for contract in moved_sudo
            }
        )
        return moved_sudo
