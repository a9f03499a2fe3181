from odoo import api, fields, models
from odoo.tools import SQL


class LoanReminderResponseMixin(models.AbstractModel):
    """Whether payment followed a reminder, and how soon: what tells which step and which tone work.

    Of the letters about an installment the last one before it was paid in full is the one that was answered; the
    others were followed by it. The night notes it, for whole loans at a time, from posted repayments, so a reversal
    takes it back.
    """

    _name = "loan.reminder.response.mixin"
    _description = "Response to Reminders"

    paid_on = fields.Date(
        "Paid On", readonly=True, help="The day of the repayment that paid the installment in full."
    )
    response_days = fields.Integer(
        "Days to Payment",
        readonly=True,
        aggregator="avg",
        help="From the day the letter left to the payment, of the last letter before it.",
    )
    answered = fields.Selection(
        [
            ("days_3", "Paid within 3 days"),
            ("days_7", "Paid within 7 days"),
            ("days_14", "Paid within 14 days"),
            ("later", "Paid later"),
            ("open", "Not paid yet"),
            ("followed", "Another reminder followed"),
            ("before", "Had been paid before"),
        ],
        "Response",
        readonly=True,
        help="Noted once a day, by the night.",
    )

    @api.model
    def _note_responses(self, company, since=None):
        """Note of a company's reminders whether payment followed, by one statement that writes only what changes.

        :param company: `res.company`
        :param datetime since: look at loans whose repayments or letters changed since then, naive and in UTC; None
            for all
        :return: how many reminders changed
        """
        for name in ("loan.reminder", "loan.installment", "loan.repayment", "loan.repayment.allocation"):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH touched AS (%(touched)s),
                said AS (
                    SELECT reminder.id, reminder.installment_id, reminder.partner_id, letter.sent_at,
                           (letter.sent_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS day
                      FROM touched
                      JOIN loan_reminder reminder ON reminder.contract_id = touched.contract_id
                 LEFT JOIN loan_reminder letter
                        ON letter.id = CASE reminder.state WHEN 'sent' THEN reminder.id
                                                           WHEN 'merged' THEN reminder.merged_into_id END
                       AND letter.state = 'sent'
                       AND letter.bounced_at IS NULL
                ),
                paid AS (
                    SELECT installment.id, max(repayment.date) AS day
                      FROM touched
                      JOIN loan_installment installment ON installment.contract_id = touched.contract_id
                      JOIN loan_repayment_allocation part ON part.installment_id = installment.id
                      JOIN loan_repayment repayment ON repayment.id = part.repayment_id
                     WHERE installment.state = 'paid'
                       AND repayment.state = 'posted'
                     GROUP BY installment.id
                ),
                told AS (
                    SELECT said.id, said.day, said.sent_at, paid.day AS paid_on,
                           row_number() OVER (
                               PARTITION BY said.installment_id, said.partner_id,
                                            said.sent_at IS NOT NULL
                                                AND (paid.day IS NULL OR said.day <= paid.day)
                               ORDER BY said.sent_at DESC, said.id DESC) = 1 AS is_last
                      FROM said
                 LEFT JOIN paid ON paid.id = said.installment_id
                ),
                found AS (
                    SELECT id,
                           CASE WHEN sent_at IS NOT NULL THEN paid_on END AS paid_on,
                           CASE WHEN is_last AND day <= paid_on THEN paid_on - day END AS days,
                           CASE WHEN sent_at IS NULL THEN NULL
                                WHEN day > paid_on THEN 'before'
                                WHEN NOT is_last THEN 'followed'
                                WHEN paid_on IS NULL THEN 'open'
                                WHEN paid_on - day <= 3 THEN 'days_3'
                                WHEN paid_on - day <= 7 THEN 'days_7'
                                WHEN paid_on - day <= 14 THEN 'days_14'
                                ELSE 'later' END AS answered
                      FROM told
                )
                UPDATE loan_reminder reminder
                   SET paid_on = found.paid_on, response_days = found.days, answered = found.answered
                  FROM found
                 WHERE found.id = reminder.id
                   AND (reminder.paid_on, reminder.response_days, reminder.answered)
                       IS DISTINCT FROM (found.paid_on, found.days, found.answered)
                """,
                touched=self._touched_since(company, since),
                zone=company.loan_tz or "UTC",
            ),
            log_exceptions=False,  # a worker that was faster is no error
        )
        changed = self.env.cr.rowcount
        self.env["loan.reminder"].invalidate_model(["paid_on", "response_days", "answered"])
        return changed

    @api.model
    def _touched_since(self, company, since):
        """Return the SQL of the loans whose reminders may have found an answer, or lost it."""
        if not since:
            return SQL(
                "SELECT DISTINCT contract_id FROM loan_reminder WHERE company_id = %s AND state IN ('sent', 'merged')",
                company.id,
            )
        return SQL(
            """
            SELECT said.contract_id
              FROM loan_reminder said
         LEFT JOIN loan_reminder letter ON letter.id = said.merged_into_id
             WHERE said.company_id = %(company)s
               AND said.state IN ('sent', 'merged')
               AND said.answered IS NULL
                   -- What came back was read by nobody, and waits for no answer.
               AND CASE said.state WHEN 'sent' THEN said.bounced_at ELSE letter.bounced_at END IS NULL
             UNION
            SELECT contract_id FROM loan_reminder WHERE company_id = %(company)s AND bounced_at >= %(since)s
             UNION
            SELECT said.contract_id
              FROM loan_reminder letter
              JOIN loan_reminder said ON said.merged_into_id = letter.id
             WHERE letter.company_id = %(company)s AND letter.bounced_at >= %(since)s
             UNION
            SELECT contract_id FROM loan_repayment WHERE company_id = %(company)s AND write_date >= %(since)s
             UNION
            SELECT contract_id FROM loan_repayment_allocation
             WHERE company_id = %(company)s AND write_date >= %(since)s
            """,
            company=company.id,
            since=since,
        )
