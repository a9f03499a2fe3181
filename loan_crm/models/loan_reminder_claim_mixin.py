from odoo import api, models
from odoo.tools import SQL


class LoanReminderClaimMixin(models.AbstractModel):
    """What falls due to be said on a day, entered into the ledger: by one statement, each step once.

    Nothing is judged here and nobody is locked. The unique index of the ledger refuses what is entered already, by an
    earlier run or by a worker beside us; what is entered waits as *claimed* until somebody writes or holds it.
    """

    _name = "loan.reminder.claim.mixin"
    _description = "Claiming Reminders"

    @api.model
    def _claim(self, day, today):
        """Enter what is due into the ledger.

        :param day: the `loan.reminder.round`
        :param date today: the lender's day
        :return: how many entries are new
        """
        company = day.company_id
        policies = self.env["loan.reminder.policy"]._of_company(company)
        calendars = self._contact_calendars(company)
        speaking = policies._speaking(today, calendars)
        if not speaking:
            return 0
        for name in (
            "loan.installment",
            "loan.contract",
            "loan.contract.party",
            "loan.customer",
            "loan.product",
            "loan.reminder",
            "loan.reminder.step",
        ):
            self.env[name].flush_model()
        # Not `execute_query`, which logs an error when a parallel worker was faster: that is expected here.
        self.env.cr.execute(
            SQL(
                """
                WITH due AS (%(due)s)
                INSERT INTO loan_reminder (
                    installment_id, version, step_id, channel, partner_id, role, contract_id, customer_id, company_id,
                    round_id, date_planned, date_last, due_date, amount, state, attempts,
                    create_uid, write_uid, create_date, write_date)
                SELECT due.installment_id, due.version, due.step_id, %(channel)s, hearer.partner_id, hearer.role,
                       due.contract_id, due.customer_id, %(company)s,
                       %(round)s, due.first, due.last, due.due_date, due.amount_open, 'claimed', 0,
                       %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM due
             LEFT JOIN loan_reminder_step step ON step.id = due.step_id
                  JOIN LATERAL (%(hearers)s) AS hearer ON TRUE
                 WHERE %(unsaid)s
                 -- Which of several leads a letter, and who is written to first, is not for the database to choose.
                 ORDER BY due.due_date, due.installment_id, hearer.partner_id
                ON CONFLICT DO NOTHING
                """,
                due=self._due_query(company, policies, speaking),
                channel=self._channel_sql(),
                hearers=self._hearers_sql(SQL("%s", today)),
                unsaid=self._unsaid_sql(),
                company=company.id,
                round=day.id,
                uid=self.env.uid,
            ),
            log_exceptions=False,
        )
        return self.env.cr.rowcount

    @api.model
    def _hearers_sql(self, day):
        """Return the SQL of who hears of a `due` installment by a `step`: partner, role, and a number of their own.

        :param SQL day: the day it is said
        """
        return SQL(
            """
            SELECT due.partner_id, 'borrower' AS role, 0 AS number
             UNION ALL
            SELECT party.partner_id, party.role, row_number() OVER (ORDER BY party.id)
              FROM loan_contract_party party
             WHERE party.contract_id = due.contract_id
               AND party.date_from <= %(day)s
               AND (party.date_to IS NULL OR party.date_to > %(day)s)
               AND step.channel <> 'task'
               AND (step.recipients = 'guarantor'
                    OR step.recipients = 'co_borrower' AND party.role = 'co_borrower')
            """,
            day=day,
        )

    @api.model
    def _unsaid_sql(self):
        """Return the SQL that tells whether the ledger has no entry of a `due` installment for a `hearer` yet."""
        return SQL(
            """
            NOT EXISTS (
                SELECT FROM loan_reminder reminder
                 WHERE reminder.installment_id = due.installment_id
                   AND reminder.step_id = due.step_id
                   AND reminder.partner_id = hearer.partner_id
                   AND reminder.version = due.version)
            """
        )

    @api.model
    def _channel_sql(self):
        """Return the SQL of the channel that a step speaks on to one person; an addon may choose its own.

        What it may name: `step`, `due` (see `_due_query`) and `hearer` (`partner_id`, `role`). A step speaks to
        somebody once, whatever the channel was.
        """
        return SQL("step.channel")

    @api.model
    def _due_query(self, company, policies, windows, only=None):
        """Return the SQL of the installments that some windows speak for, one row for each.

        The database knows neither how the windows spread nor which loans follow a policy, and on its own guess begins
        by pairing every loan with every window: millions of rows where thousands are due. So it joins by what it can
        judge, the due date. The rest is one condition it cannot look into, of which it supposes that half of the rows
        meet it: that is what `COALESCE` is for, and why the due date is asked once more, so that the condition is of
        no use before the installments are there. The lookups beside it are outer joins, as is that of the step by who
        asks: what leaves the number of rows alone cannot be misjudged.

        :param policies: `loan.reminder.policy`, those a loan may follow
        :param list windows: of `(policy id, calendar key, core Window)`
        :param SQL only: a condition on `installment` that leaves out others from the start
        :return: a query with the columns of a ledger entry, `first` and `last` day of the window, `policy_id` and the
            customer's `preferred_channel`
        :rtype: SQL
        """
        chosen, _why = policies._chosen(company)
        # Most days are the same in all calendars: told once, or each installment would be tried with each calendar.
        alike = {}
        for policy, key, window in windows:
            same = (policy, window.due, window.step.key, window.first, window.last)
            alike.setdefault(same, []).append(key)
        return SQL(
            """
            SELECT installment.id AS installment_id, installment.version_from AS version, installment.due_date,
                   installment.amount_open, installment.contract_id, installment.customer_id,
                   customer.partner_id, customer.preferred_channel,
                   speaking.policy_id, speaking.step_id, speaking.first, speaking.last
              FROM loan_installment installment
              JOIN (VALUES %(windows)s) AS speaking (policy_id, due_date, step_id, first, last, calendars)
                ON speaking.due_date = installment.due_date
              JOIN loan_contract contract ON contract.id = installment.contract_id
         LEFT JOIN loan_customer customer ON customer.id = contract.customer_id
         LEFT JOIN loan_product product ON product.id = contract.product_id
             WHERE installment.state = 'open'
               AND installment.company_id = %(company)s
               AND %(only)s
               AND contract.state = 'active'
               AND COALESCE(
                       (speaking.policy_id, speaking.due_date) = (%(chosen)s, installment.due_date)
                       AND CASE WHEN customer.calendar_id = ANY(%(calendars)s) THEN customer.calendar_id ELSE 0 END
                           = ANY(speaking.calendars),
                       FALSE)
            """,
            windows=SQL(", ").join(
                SQL("(%s, %s::date, %s, %s::date, %s::date, %s::int[])", *same, keys)
                for same, keys in alike.items()
            ),
            chosen=chosen,
            calendars=list({key for _policy, key, _window in windows}),
            company=company.id,
            only=SQL("TRUE") if only is None else only,
        )

    @api.model
    def _contact_calendars(self, company):
        """Return on which days the customers of a lender may be written to.

        :return: `{loan.calendar id, or 0 for the lender's own: core BusinessCalendar, or None for every day}`
        """
        if company.loan_contact_days != "business":
            return {0: None}
        # As superuser: on which days the lender, or a region, rests is no secret.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        groups_sudo = customers_sudo._read_group(
            [("company_id", "=", company.id), ("calendar_id", "!=", False)], ["calendar_id"]
        )
        used_sudo = {0: company.sudo().loan_calendar_id} | {
            calendar.id: calendar for (calendar,) in groups_sudo
        }
        return {key: calendar._as_calendar() if calendar else None for key, calendar in used_sudo.items()}
