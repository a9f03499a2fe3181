from collections import namedtuple
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ..core import moments, money, reminders

Verdict = namedtuple("Verdict", ["row", "reason", "until"])


def _cent(currency):
    """Return the smallest amount a currency pays, a Decimal."""
    return Decimal(str(currency.rounding))


class LoanReminderVerdictMixin(models.AbstractModel):
    """Whether a reminder may speak now: everything that decides it is read by a handful of queries for a batch.

    The thinking is :func:`core.reminders.verdict`; here its facts are gathered, and of a silence that ends by itself
    the moment it does.
    """

    _name = "loan.reminder.verdict.mixin"
    _description = "Judging Reminders"

    def _judge(self, clock=None, delivering=False):
        """Judge these reminders as things stand now.

        :param Clock clock: the lender's day and the aware moment; None to read them
        :param bool delivering: whether a letter that is written already is about to leave: then limits on what
            a day may bring count what others got, not this letter
        :return: a list of `(row of facts, reason or None, moment from which it may be judged anew or None)`
        """
        if not self:
            return []
        company = self.company_id
        company.ensure_one()
        clock = clock or moments.Clock(
            company._loan_today(), fields.Datetime.now().replace(tzinfo=timezone.utc)
        )
        rows = self._read_facts(clock.today)
        context = self._read_context(company, rows, clock)
        return [self._judge_row(company, row, clock, context, delivering) for row in rows]

    def _judge_row(self, company, row, clock, context, delivering):
        currency = self.env["res.currency"].browse(row["currency_id"])
        cent = context["cents"][currency.id]
        person = row["partner_id"]
        written = context["written"].get((person, row["currency_id"]))
        interval_over = written and written + timedelta(days=row["interval_days"])
        today_count, week_count, oldest = context["contacts"].get(person, (0, 0, None))
        day_most, week_most = company.loan_contacts_per_day, company.loan_contacts_per_week
        day_full, week_full = (day_most and today_count >= day_most), (week_most and week_count >= week_most)
        zone = context["zones"][row["tz"] or company.loan_tz]
        calendar = context["calendars"].get(row["calendar_id"] or 0, context["calendars"][0])
        open_day = calendar is None or calendar.is_business_day(clock.today)
        writable_from = moments.may_write_from(
            clock.now, zone, context["quiet"], min(row["date_planned"], clock.today)
        )
        facts = reminders.Facts(
            amount_open=money.from_float(row["amount_open"], cent),
            minimum=context["minimums"][row["policy_id"], currency.id],
            contract_active=row["contract_active"],
            replaced=row["replaced"],
            customer_archived=not (row["customer_active"] and row["partner_active"]),
            hold=row["hold_kind"],
            debited=bool(row["auto_debit"]) and row["when_debited"] == "hold",
            required=bool(row["required_by_law"]),
            call_first=row["role"] == "borrower" and bool(row["call_first"]) and not row["write_anyway"],
            enough=bool(row["max_count"])
            and not row["write_anyway"]
            and context["told"].get((row["installment_id"], person), 0) >= row["max_count"],
            nobody_signs=row["customer_id"] in context["unsigned"],
            # An archived step has no window any more.
            too_late=not row["step_active"] or bool(row["date_last"] and clock.today > row["date_last"]),
            paused=company._loan_reminders_are_paused(clock.today),
            unusual=row["round_waits"] and not delivering,
            too_soon=bool(interval_over) and clock.today < interval_over,
            capped=bool(day_full or week_full),
            closed_day=not open_day,
            quiet=writable_from > clock.now,
            **self._channel_facts(row),
        )
        reason = reminders.verdict(facts, self._hold_reasons())
        until = None
        if reason == "quiet_hours":
            until = writable_from.replace(tzinfo=None)
        elif reason == "holiday":
            until = self._morning(company, clock.today + timedelta(days=1))
        elif reason == "interval":
            until = self._morning(company, interval_over)
        elif reason == "cap":
            soon = clock.today + timedelta(days=1)
            until = self._morning(company, max(soon, oldest + timedelta(days=7)) if week_full else soon)
        elif reason and reason == row["hold_kind"] and row["hold_to"]:
            until = self._morning(company, row["hold_to"] + timedelta(days=1))
        return Verdict(row, reason, until)

    @api.model
    def _channel_facts(self, row):
        """Return the facts that hang on how the reminder reaches somebody; an addon answers for its own channel.

        :param dict row: see `_read_facts`
        :return: arguments of :class:`core.reminders.Facts`
        """
        if row["channel"] == "task":
            return {"by_mail": False}
        return {
            "has_template": bool(row["can_write"]),
            "has_address": bool((row["email"] or "").strip()),
            "address_valid": bool(row["email"]) and bool(email_normalize(row["email"])),
            "bounced": row["bounced"],
            "opted_out": bool((row["reminder_opt_out"] and row["role"] == "borrower") or row["blacklisted"]),
        }

    @api.model
    def _hold_reasons(self):
        """Return the reasons for silence in their order; an addon may add its own."""
        return reminders.HOLDS

    @api.model
    def _morning(self, company, day):
        """Return the first moment of a day of the lender's, naive and in UTC as Odoo keeps moments."""
        midnight = datetime.combine(day, time(0), tzinfo=ZoneInfo(company.loan_tz or "UTC"))
        return midnight.astimezone(timezone.utc).replace(tzinfo=None)

    # ------------------------------------------------------------ reading

    def _read_facts(self, today):
        """Read what decides between speaking and silence, one row for each of these reminders, in their order.

        :param date today: the lender's day
        """
        for name in (
            "loan.reminder",
            "loan.reminder.bounce",
            "loan.reminder.hold",
            "loan.reminder.step",
            "loan.reminder.policy",
            "loan.reminder.round",
            "loan.installment",
            "loan.contract",
            "loan.customer",
            "loan.customer.tier",
            "res.partner",
            "mail.template",
            "mail.blacklist",
        ):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT reminder.id, reminder.channel, reminder.role, reminder.installment_id, reminder.contract_id,
                       reminder.customer_id, reminder.partner_id, reminder.date_planned, reminder.date_last,
                       reminder.write_anyway, reminder.message_id,
                       installment.due_date, installment.amount_open, installment.state = 'replaced' AS replaced,
                       contract.state = 'active' AS contract_active, contract.currency_id, contract.auto_debit,
                       customer.active AS customer_active, customer.reminder_opt_out, customer.calendar_id,
                       customer.preferred_channel = 'phone' OR COALESCE(tier.call_first, FALSE) AS call_first,
                       partner.active AS partner_active, partner.email, partner.phone, partner.tz,
                       step.active AS step_active, step."offset", step.required_by_law, step.when_debited,
                       %(can_write)s AS can_write,
                       policy.id AS policy_id, policy.max_count, policy.interval_days,
                       day.state = 'waiting' AS round_waits,
                       held.kind AS hold_kind, held.date_to AS hold_to,
                       EXISTS (SELECT FROM mail_blacklist blacklist
                                WHERE blacklist.email = partner.email_normalized AND blacklist.active)
                           AS blacklisted,
                       EXISTS (SELECT FROM loan_reminder_bounce bounce
                                WHERE bounce.customer_id = reminder.customer_id
                                  AND bounce.email = partner.email_normalized
                                  AND bounce.state = 'open') AS bounced
                  FROM loan_reminder reminder
                  JOIN loan_installment installment ON installment.id = reminder.installment_id
                  JOIN loan_contract contract ON contract.id = reminder.contract_id
                  JOIN loan_customer customer ON customer.id = reminder.customer_id
             LEFT JOIN loan_customer_tier tier ON tier.id = customer.tier_id
                  JOIN res_partner partner ON partner.id = reminder.partner_id
                  JOIN loan_reminder_step step ON step.id = reminder.step_id
                  JOIN loan_reminder_policy policy ON policy.id = step.policy_id
             LEFT JOIN mail_template template ON template.id = step.template_id
             LEFT JOIN loan_reminder_round day ON day.id = reminder.round_id
             LEFT JOIN LATERAL (
                           SELECT hold.kind, hold.date_to
                             FROM loan_reminder_hold hold
                            WHERE hold.customer_id = reminder.customer_id
                              AND (hold.contract_id IS NULL OR hold.contract_id = reminder.contract_id)
                              AND (hold.installment_id IS NULL OR hold.installment_id = reminder.installment_id)
                              AND hold.lifted_at IS NULL
                              AND hold.date_from <= %(today)s
                              AND (hold.date_to IS NULL OR hold.date_to >= %(today)s)
                            ORDER BY array_position(%(kinds)s, hold.kind::text), hold.date_to DESC NULLS FIRST
                            LIMIT 1
                       ) AS held ON TRUE
                 WHERE reminder.id = ANY(%(ids)s)
                """,
                can_write=self.env["mail.template"]._can_write_sql(),
                kinds=list(reminders.HOLD_KINDS),
                today=today,
                ids=self.ids,
            ),
            log_exceptions=False,
        )
        rows = {row["id"]: row for row in self.env.cr.dictfetchall()}
        return [rows[id_] for id_ in self.ids if id_ in rows]

    def _read_context(self, company, rows, clock):
        """Read what several rows share: what was written lately, the hours, the calendars, who signs."""
        people = list({row["partner_id"] for row in rows})
        own_messages = [row["message_id"] for row in rows if row["message_id"]]
        currencies = self.env["res.currency"].browse({row["currency_id"] for row in rows})
        policies = self.env["loan.reminder.policy"].browse({row["policy_id"] for row in rows})
        zones = {company.loan_tz, *(row["tz"] for row in rows if row["tz"])}
        return {
            "cents": {currency.id: _cent(currency) for currency in currencies},
            "minimums": self._minimums(policies, currencies, company, clock.today),
            "contacts": self._read_contacts(company, people, own_messages, clock),
            "written": self._read_written(people),
            "told": self._read_told(rows),
            "zones": {zone: ZoneInfo(zone or "UTC") for zone in zones},
            "quiet": moments.quiet_hours(company.loan_quiet_from, company.loan_quiet_to),
            "calendars": self._contact_calendars(company),
            "unsigned": self._unsigned({row["customer_id"] for row in rows}),
        }

    @api.model
    def _minimums(self, policies, currencies, company, today):
        """Return the amounts below which nobody is reminded, by policy and currency of the loan."""
        return {
            (policy.id, currency.id): money.from_float(
                policy.currency_id._convert(policy.amount_min, currency, company, today)
                if policy.amount_min
                else 0.0,
                _cent(currency),
            )
            for policy in policies
            for currency in currencies
        }

    @api.model
    def _read_contacts(self, company, people, own_messages, clock):
        """Count the contacts of the last seven days: mails and text messages that left or wait, calls and visits.

        A talk that settles a to-do to call and the message that Odoo leaves of it are one contact.

        :return: `{partner id: (today, in seven days, day of the first of these)}`
        """
        if not (company.loan_contacts_per_day or company.loan_contacts_per_week):
            return {}
        for name in ("mail.message", "mail.notification", "loan.interaction"):
            self.env[name].flush_model()
        start, week = (self._morning(company, day) for day in (clock.today, clock.today - timedelta(days=6)))
        self.env.cr.execute(
            SQL(
                """
                SELECT partner_id, count(DISTINCT message_id) FILTER (WHERE date >= %(start)s),
                       count(DISTINCT message_id), min(date)
                  FROM (SELECT notification.res_partner_id AS partner_id, message.id AS message_id, message.date
                          FROM mail_notification notification
                          JOIN mail_message message ON message.id = notification.mail_message_id
                         WHERE notification.res_partner_id = ANY(%(people)s)
                           AND notification.notification_type IN ('email', 'sms')
                           AND notification.notification_status NOT IN ('canceled', 'exception', 'bounce')
                           AND message.date >= %(week)s
                         UNION ALL
                        SELECT contract.partner_id, message.id, message.date
                          FROM mail_message message
                          JOIN mail_activity_type activity ON activity.id = message.mail_activity_type_id
                          JOIN loan_contract contract ON contract.id = message.res_id
                         WHERE message.model = 'loan.contract'
                           AND contract.partner_id = ANY(%(people)s)
                           AND activity.category = 'phonecall'
                           AND message.date >= %(week)s
                         UNION ALL
                        SELECT customer.partner_id, message.id, message.date
                          FROM mail_message message
                          JOIN mail_activity_type activity ON activity.id = message.mail_activity_type_id
                          JOIN loan_customer customer ON customer.id = message.res_id
                         WHERE message.model = 'loan.customer'
                           AND customer.partner_id = ANY(%(people)s)
                           AND activity.category = 'phonecall'
                           AND message.date >= %(week)s
                         UNION ALL
                        SELECT talk.partner_id, COALESCE(talk.message_id, -talk.id), talk.date
                          FROM loan_interaction talk
                         WHERE talk.partner_id = ANY(%(people)s)
                           AND talk.direction = 'out'
                           AND talk.date >= %(week)s
                       ) AS contact
                 WHERE NOT message_id = ANY(%(own)s)
                 GROUP BY partner_id
                """,
                people=people,
                own=own_messages,
                start=start,
                week=week,
            ),
            log_exceptions=False,
        )
        zone = ZoneInfo(company.loan_tz or "UTC")
        return {
            person: (today, in_week, first.replace(tzinfo=timezone.utc).astimezone(zone).date())
            for person, today, in_week, first in self.env.cr.fetchall()
        }

    def _read_written(self, people):
        """Return when each person was last written a reminder, by currency; letters of these reminders apart."""
        self.env.cr.execute(
            SQL(
                """
                SELECT reminder.partner_id, contract.currency_id, max(reminder.written_on)
                  FROM loan_reminder reminder
                  JOIN loan_contract contract ON contract.id = reminder.contract_id
                 WHERE reminder.partner_id = ANY(%(people)s)
                   AND reminder.channel <> 'task'
                   AND reminder.state IN ('queued', 'sending', 'sent', 'interrupted')
                   AND NOT reminder.id = ANY(%(own)s)
                 GROUP BY 1, 2
                """,
                people=people,
                own=self.ids,
            ),
            log_exceptions=False,
        )
        return {(person, currency): day for person, currency, day in self.env.cr.fetchall() if day}

    def _read_told(self, rows):
        """Return how often each person was told of an installment, as `{(installment id, partner id): count}`."""
        counted = [row for row in rows if row["max_count"]]
        if not counted:
            return {}
        groups = self.env["loan.reminder"]._read_group(
            Domain("installment_id", "in", [row["installment_id"] for row in counted])
            & Domain("channel", "!=", "task")
            & Domain("state", "in", ("queued", "sending", "sent", "merged", "interrupted"))
            & Domain("id", "not in", self.ids),
            ["installment_id", "partner_id"],
            ["__count"],
        )
        return {(installment.id, partner.id): count for installment, partner, count in groups}

    @api.model
    def _unsigned(self, customer_ids):
        """Return the customers whose letters nobody could answer for.

        A manager who has left is followed by the deputy; who is no relationship manager any more, or does not work
        for the lender, could not open what a borrower replies to.
        """
        unsigned = set()
        # As superuser: who may see a customer is what is asked here.
        customers_sudo = self.env["loan.customer"].sudo().browse(customer_ids)
        for user, customers in customers_sudo.grouped("acting_user_id").items():
            if not user:
                continue
            works_for = user.company_ids if user.has_group("loan_crm.loan_crm_group_manager") else ()
            unsigned.update(
                customer.id
                for customer in customers
                if customer.company_id not in works_for
                or not (user == customer.manager_user_id or customer.manager_away)
            )
        return unsigned
