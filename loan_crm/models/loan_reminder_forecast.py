from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

from ..core import reminders

# So many days are foreseen, today included.
_DAYS = 30
# An installment, a step and a recipient make one number that JavaScript still counts exactly (below 2^53).
_STEPS, _RECIPIENTS = 1024, 64


class LoanReminderForecast(models.Model):
    """What the rounds of the next days will take up: each step of an installment, for each who will hear of it.

    Nothing is stored: the same query that enters what is due into the ledger is asked about days to come, and what
    the ledger has already is left out. What is known now and will keep a reminder silent is told with it. A payment,
    a hold or a loan of tomorrow is not foreseen; nor are limits on what a day may bring.
    """

    _name = "loan.reminder.forecast"
    _inherit = ["loan.access.mixin"]
    _description = "Reminder Forecast"
    _auto = False
    _order = "day, id"
    _rec_name = "contract_id"
    _rec_names_search = ["contract_id.name", "customer_id.name"]
    _depends = {
        "loan.installment": ["amount_open", "company_id", "contract_id", "customer_id", "due_date", "state"],
        "loan.contract": [
            "auto_debit",
            "currency_id",
            "customer_id",
            "product_id",
            "reminder_policy_id",
            "state",
        ],
        "loan.contract.party": ["contract_id", "date_from", "date_to", "partner_id", "role"],
        "loan.customer": [
            "active",
            "calendar_id",
            "company_id",
            "deputy_user_id",
            "incoming_user_id",
            "manager_user_id",
            "partner_id",
            "preferred_channel",
            "reminder_opt_out",
            "reminder_policy_id",
            "segment_id",
            "team_id",
            "tier_id",
        ],
        "loan.customer.tier": ["call_first"],
        "loan.product": ["reminder_policy_id"],
        "loan.reminder": ["installment_id", "partner_id", "state", "step_id", "version"],
        "loan.reminder.bounce": ["customer_id", "email", "state"],
        "loan.reminder.hold": [
            "contract_id",
            "customer_id",
            "date_from",
            "date_to",
            "installment_id",
            "kind",
        ],
        "loan.reminder.policy": ["active", "amount_min", "catch_up_days", "max_count"],
        "loan.reminder.step": [
            "active",
            "channel",
            "offset",
            "recipients",
            "required_by_law",
            "template_id",
            "tone",
            "when_debited",
        ],
        "mail.template": ["active", "loan_letter_faults"],
        "res.partner": ["active", "email", "email_normalized"],
    }

    day = fields.Date("Foreseen For", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    policy_id = fields.Many2one("loan.reminder.policy", "Policy", readonly=True)
    step_id = fields.Many2one("loan.reminder.step", "Step", readonly=True)
    channel = fields.Selection(selection="_channels", readonly=True)
    tone = fields.Selection(selection="_tones", readonly=True)
    customer_id = fields.Many2one("loan.customer", "Customer", required=True, readonly=True)
    contract_id = fields.Many2one("loan.contract", "Loan", required=True, readonly=True)
    installment_id = fields.Many2one("loan.installment", "Installment", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", "Recipient", required=True, readonly=True)
    role = fields.Selection(selection="_roles", readonly=True)
    manager_user_id = fields.Many2one("res.users", "Relationship Manager", readonly=True)
    team_id = fields.Many2one("crm.team", "Team", readonly=True)
    due_date = fields.Date("Due Date", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary("Amount Due", readonly=True)
    hold_reason = fields.Selection(
        selection="_reasons",
        string="Silent Because",
        readonly=True,
        help="What is known now and would keep it silent on that day. Limits on what a day may bring, quiet hours "
        "and what happens until then are not foreseen.",
    )

    is_silent = fields.Boolean("Silent", readonly=True, help="Something is known that keeps it silent.")

    @api.depends("contract_id", "step_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.contract_id.display_name} · {line.step_id.name}"

    @api.model
    def _labels(self, name):
        return self.env["loan.reminder"]._fields[name]._description_selection(self.env)

    @api.model
    def _channels(self):
        return self._labels("channel")

    @api.model
    def _tones(self):
        return self.env["loan.reminder.step"]._fields["tone"]._description_selection(self.env)

    @api.model
    def _roles(self):
        return self._labels("role")

    @api.model
    def _reasons(self):
        return self._labels("hold_reason")

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        # The database works out all rows before it looks at their number, and at what the rules ask of a customer.
        # So it is told as well, of columns where it looks first, which installments these can be.
        domain = Domain(domain).optimize(self).map_conditions(self._with_installments)
        if not (self.env.su or bypass_access):
            self = self.with_context(loan_forecast_visible=True)
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def _with_installments(self, condition):
        """Return a condition on rows' numbers together with that on the installments these are made of."""
        rows = condition.value
        if condition.field_expr != "id" or condition.operator != "in" or isinstance(rows, Query):
            return condition
        if not all(isinstance(row, int) for row in rows):
            return condition
        installments = {row // (_STEPS * _RECIPIENTS) for row in rows if row}
        return condition & Domain("installment_id", "in", list(installments))

    @property
    def _table_query(self):
        only = self._visible_only()
        parts = [part for company in self.env.companies if (part := self._company_query(company, only))]
        return SQL(" UNION ALL ").join(parts) if parts else self._empty_query()

    def _empty_query(self):
        """Return a query of the same columns without a row: no policy speaks within these days."""
        columns = SQL(", ").join(
            SQL("NULL::%s AS %s", SQL(field.column_type[1]), SQL.identifier(name))
            for name, field in sorted(self._fields.items())
            if field.store and field.column_type
        )
        return SQL("SELECT %s WHERE FALSE", columns)

    @api.model
    def _visible_only(self):
        """Return the SQL of which installments the reader's rules let through; None if all, or if none are asked."""
        if self.env.su or not self.env.context.get("loan_forecast_visible"):
            return None
        return self._loan_seen_sql(SQL("installment.customer_id"), SQL("installment.contract_id"))

    @api.model
    def _company_query(self, company, only):
        """Return the SQL of what one company's rounds will take up, None without any step that speaks.

        :param SQL only: a condition on `installment`, or None
        """
        today = company._loan_today()
        # As superuser: when borrowers are written to is no secret; who may see the rows is asked of the rows.
        policies_sudo = self.env["loan.reminder.policy"].sudo()._of_company(company)
        ledger_sudo = self.env["loan.reminder"].sudo()
        calendars = ledger_sudo._contact_calendars(company)
        # Today's round also takes up what a job that slept has left, as long as it may still be said.
        windows = policies_sudo._speaking(today, calendars)
        windows += policies_sudo._opening(today + timedelta(1), _DAYS - 1, calendars)
        if not windows:
            return None
        steps = list(dict.fromkeys(window.step.key for _policy, _key, window in windows))
        # Joins that no shown column asks are left out by the database: all but the first lead to one row or none.
        return SQL(
            """
            SELECT foreseen.id, foreseen.day, %(company)s AS company_id, foreseen.policy_id, foreseen.step_id,
                   foreseen.channel, step.tone, foreseen.customer_id, foreseen.contract_id,
                   foreseen.installment_id, foreseen.partner_id, foreseen.role, customer.manager_user_id,
                   customer.team_id, foreseen.due_date, contract.currency_id, foreseen.amount_open AS amount,
                   CASE %(reasons)s END AS hold_reason, CASE %(reasons)s END IS NOT NULL AS is_silent
              FROM (SELECT (due.installment_id::bigint * %(steps_most)s
                               + array_position(%(steps)s, due.step_id)) * %(recipients_most)s
                               + hearer.number AS id,
                           GREATEST(due.first, %(today)s) AS day, due.policy_id, due.step_id,
                           %(channel)s AS channel,
                           due.customer_id, due.contract_id, due.installment_id, due.due_date, due.amount_open,
                           hearer.partner_id, hearer.role
                      FROM (%(due)s) AS due
                 LEFT JOIN loan_reminder_step step ON step.id = due.step_id
                      JOIN LATERAL (%(hearers)s) AS hearer ON TRUE
                     WHERE %(unsaid)s
                   ) AS foreseen
         LEFT JOIN loan_reminder_step step ON step.id = foreseen.step_id
         LEFT JOIN loan_reminder_policy policy ON policy.id = step.policy_id
         LEFT JOIN loan_contract contract ON contract.id = foreseen.contract_id
         LEFT JOIN loan_customer customer ON customer.id = foreseen.customer_id
         LEFT JOIN loan_customer_tier tier ON tier.id = customer.tier_id
         LEFT JOIN res_partner partner ON partner.id = foreseen.partner_id
         LEFT JOIN mail_template template ON template.id = step.template_id
            """,
            company=company.id,
            channel=ledger_sudo._channel_sql(),
            hearers=ledger_sudo._hearers_sql(SQL("GREATEST(due.first, %s)", today)),
            unsaid=ledger_sudo._unsaid_sql(),
            today=today,
            steps=steps,
            steps_most=_STEPS,
            recipients_most=_RECIPIENTS,
            due=ledger_sudo._due_query(company, policies_sudo, windows, only=only),
            reasons=SQL(" ").join(
                SQL("WHEN %s THEN %s", condition, reason)
                for reason, condition in self._reasons_foreseen(company, policies_sudo, today)
            ),
        )

    @api.model
    def _reasons_foreseen(self, company, policies, today):
        """Return what is known to keep a reminder silent, the gravest first as in `core.reminders.HOLDS`.

        An addon adds what silences its own channel. The SQL speaks of `foreseen`, `step`, `policy`, `contract`,
        `customer`, `tier`, `partner` and `template`; it is only worked out where the reason is shown or asked for.

        :return: list of `(reason, or the SQL of it, SQL of the condition)`
        """
        by_mail = SQL("foreseen.channel = 'email'")
        free = SQL("foreseen.channel <> 'task' AND NOT COALESCE(step.required_by_law, FALSE)")
        unless_law = SQL("NOT COALESCE(step.required_by_law, FALSE)")
        held = SQL(
            """
            (SELECT hold.kind
               FROM loan_reminder_hold hold
              WHERE hold.customer_id = foreseen.customer_id
                AND (hold.contract_id IS NULL OR hold.contract_id = foreseen.contract_id)
                AND (hold.installment_id IS NULL OR hold.installment_id = foreseen.installment_id)
                AND hold.lifted_at IS NULL
                AND hold.date_from <= foreseen.day
                AND (hold.date_to IS NULL OR hold.date_to >= foreseen.day)
              ORDER BY array_position(%s, hold.kind::text)
              LIMIT 1)
            """,
            list(reminders.HOLD_KINDS),
        )
        paused = SQL("FALSE")
        if company._loan_reminders_are_paused(today):
            until = company.loan_reminders_paused_until
            paused = SQL("foreseen.day <= %s", until) if until else SQL("TRUE")
        return [
            ("archived", SQL("NOT customer.active OR NOT partner.active")),
            (held, SQL("%s AND %s IS NOT NULL", unless_law, held)),
            ("auto_debit", SQL("contract.auto_debit AND step.when_debited = 'hold' AND %s", unless_law)),
            ("below_minimum", SQL("%s AND %s", self._below_minimum(company, policies, today), unless_law)),
            (
                "opted_out",
                SQL(
                    """
                    %s AND %s AND (customer.reminder_opt_out AND foreseen.role = 'borrower'
                                   OR EXISTS (SELECT FROM mail_blacklist blacklist
                                               WHERE blacklist.email = partner.email_normalized
                                                 AND blacklist.active))
                    """,
                    by_mail,
                    free,
                ),
            ),
            (
                "call_first",
                SQL(
                    "%s AND foreseen.role = 'borrower' "
                    "AND (customer.preferred_channel = 'phone' OR COALESCE(tier.call_first, FALSE))",
                    free,
                ),
            ),
            (
                "max_count",
                SQL(
                    """
                    %s AND policy.max_count > 0
                    AND (SELECT count(*) FROM loan_reminder told
                          WHERE told.installment_id = foreseen.installment_id
                            AND told.partner_id = foreseen.partner_id
                            AND told.channel <> 'task'
                            AND told.state IN ('queued', 'sending', 'sent', 'merged', 'interrupted')
                        ) >= policy.max_count
                    """,
                    free,
                ),
            ),
            ("no_address", SQL("%s AND COALESCE(trim(partner.email), '') = ''", by_mail)),
            ("invalid_address", SQL("%s AND partner.email_normalized IS NULL", by_mail)),
            (
                "bounced",
                SQL(
                    """
                    %s AND EXISTS (SELECT FROM loan_reminder_bounce bounce
                                    WHERE bounce.customer_id = foreseen.customer_id
                                      AND bounce.email = partner.email_normalized
                                      AND bounce.state = 'open')
                    """,
                    by_mail,
                ),
            ),
            ("no_access", self._nobody_signs(company)),
            (
                "no_template",
                SQL("%s AND %s IS NOT TRUE", by_mail, self.env["mail.template"]._can_write_sql()),
            ),
            ("paused", paused),
        ]

    @api.model
    def _nobody_signs(self, company):
        """Return the SQL that tells whether nobody could answer for a customer's letters, as things stand today."""
        # As superuser: who may see a customer is what is asked here.
        customers_sudo = self.env["loan.customer"].sudo()
        # Who acts follows from the manager and the deputy, so one customer of each pair is asked about.
        pairs = {
            example: (manager.id, deputy.id or 0)
            for manager, deputy, example in customers_sudo._read_group(
                [("company_id", "=", company.id), ("manager_user_id", "!=", False)],
                ["manager_user_id", "deputy_user_id"],
                ["id:min"],
            )
        }
        unsigned = self.env["loan.reminder"]._unsigned(list(pairs))
        if not unsigned:
            return SQL("FALSE")
        return SQL(
            "(customer.manager_user_id, COALESCE(customer.deputy_user_id, 0)) IN %s",
            tuple(pairs[example] for example in unsigned),
        )

    @api.model
    def _below_minimum(self, company, policies, today):
        """Return the SQL that tells whether an amount is not worth a reminder."""
        asking = policies.filtered("amount_min")
        # As superuser: which currencies a lender lends in is no secret.
        contracts_sudo = self.env["loan.contract"].sudo()
        groups = (
            contracts_sudo._read_group([("company_id", "=", company.id)], ["currency_id"]) if asking else []
        )
        currencies = self.env["res.currency"].union(*(currency for (currency,) in groups))
        least = self.env["loan.reminder"]._minimums(asking, currencies, company, today)
        if not least:
            return SQL("FALSE")
        return SQL(
            "CASE %s ELSE FALSE END",
            SQL(" ").join(
                SQL(
                    "WHEN foreseen.policy_id = %s AND contract.currency_id = %s THEN foreseen.amount_open < %s",
                    policy,
                    currency,
                    amount,
                )
                for (policy, currency), amount in least.items()
            ),
        )

    def action_open_contract(self):
        self.ensure_one()
        return self.installment_id.action_open_contract()
