from collections import namedtuple
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL

from ..core import governor, moments

# Holds that people place on somebody whom it would be tactless to ask how content they are.
_HELD = ("legal", "frozen", "hardship")

Judged = namedtuple("Judged", ["request", "reason", "final", "day", "days", "by_mail", "again_at"])


class LoanSurveyGovernorMixin(models.AbstractModel):
    """One governor per person over all surveys: whether somebody is asked now, and why not.

    The thinking is :mod:`core.governor`; here its facts are gathered, by a handful of queries for a batch. A person is
    a contact or a mailbox: who is on file twice with one address is asked as one, whichever lender of this database
    asked before, and who was on file twice is one when the profiles are merged.
    """

    _name = "loan.survey.governor.mixin"
    _description = "Governor of Surveys"

    def _judge(self, reminding=False):
        """Judge these requests, all of one lender, as things stand now, in their order.

        Whoever is to be asked counts as asked for those after them.

        :param bool reminding: they were asked and are to be reminded: how often and how late does not count
        :return: list of `Judged`: the request, the reason's code or None, whether it is for good, a day that belongs
            to the reason or None, the days of the interval where that is the reason, else None, whether it goes by
            mail, and the moment (UTC) from which a silence that ends by itself may be judged anew
        """
        if not self:
            return []
        company = self.company_id
        company.ensure_one()
        today = company._loan_today()
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        rows = self._governor_rows(today)
        asked = self._governor_asked(rows.values(), today)
        limits = governor.Limits(company.loan_survey_interval, company.loan_survey_per_year)
        if reminding:
            limits = governor.Limits(0, 1)
        quiet = moments.quiet_hours(company.loan_quiet_from, company.loan_quiet_to)
        calendars = self.env["loan.reminder"]._contact_calendars(company)
        unsigned = self.env["loan.reminder"]._unsigned(
            {row["customer_id"] for row in rows.values() if row["customer_id"]}
        )
        judged = []
        for request in self:
            row = rows[request.id]
            zone = ZoneInfo(row["tz"] or company.loan_tz or "UTC")
            calendar = calendars.get(row["calendar_id"] or 0, calendars[0])
            writable = moments.may_write_from(now, zone, quiet)
            by_mail = row["channel"] == "email" or (
                row["channel"] == "prefers" and row["preferred_channel"] != "phone"
            )
            keys = self._governor_keys(row)
            days = {day for key in keys for day in asked.get(key, ())}
            facts = governor.Facts(
                today=today,
                asked=() if reminding else tuple(days),
                last_day=None if reminding else row["last_day"],
                switched_off=not company.loan_survey_on,
                rule_gone=not row["rule_active"],
                survey_closed=not row["survey_open"],
                undone=row["undone"],
                gone=row["gone"],
                occasion_asked=row["occasion_asked"],
                trivial=row["trivial"],
                self_closed=row["self_closed"],
                opted_out=row["opted_out"],
                complaint_open=row["complaint_open"],
                held=row["held"],
                by_mail=by_mail,
                has_address=bool(row["email"]),
                bounced=row["bounced"],
                has_letter=row["has_letter"],
                # Whom to call is asked for a customer; an application has whoever works on it.
                nobody_asks=not row["has_asker"] or row["customer_id"] in unsigned,
                closed_day=calendar is not None and not calendar.is_business_day(today),
                quiet=writable > now,
            )
            allowed = limits if reminding else limits.of_rule(row["interval_days"])
            told = governor.verdict(facts, allowed)
            day, interval, again_at = None, None, None
            if told.reason in ("too_soon", "cap"):
                day = governor.last_asked(days)
            if told.reason == "too_soon":
                interval = allowed.interval_days
            if told.reason == "quiet":
                again_at = writable.replace(tzinfo=None)
            elif told.reason:
                again_at = self.env["loan.reminder"]._morning(company, today + timedelta(days=1))
            if told.reason is None:
                for key in keys:
                    asked.setdefault(key, set()).add(today)
            judged.append(Judged(request, told.reason, told.final, day, interval, by_mail, again_at))
        return judged

    @api.model
    def _governor_keys(self, row):
        """Return by what a person is known: their contact, those of profiles that became theirs, their mailbox."""
        return [key for key in (row["partner_id"], *(row["former_ids"] or ()), row["email"]) if key]

    @api.model
    def _governor_asked(self, rows, today):
        """Return on which days these people were asked, `{contact or address: {day}}`.

        Of all lenders of this database, who ask one person together no more often than each may alone.
        """
        people = list({id_ for row in rows for id_ in (row["partner_id"], *(row["former_ids"] or ()))})
        boxes = list({row["email"] for row in rows if row["email"]})
        since = today - max(governor.YEAR, timedelta(days=366))
        self.env.cr.execute(
            SQL(
                """
                SELECT before.partner_id, before.email, before.sent_on
                  FROM loan_survey_request before
                 WHERE before.sent_on >= %(since)s
                   AND (before.partner_id = ANY(%(people)s) OR before.email = ANY(%(boxes)s))
                   AND NOT before.id = ANY(%(own)s)
                """,
                since=since,
                people=people,
                boxes=boxes,
                own=list(self.ids),
            ),
            log_exceptions=False,
        )
        asked = {}
        for partner_id, email, day in self.env.cr.fetchall():
            for key in (partner_id, email):
                if key:
                    asked.setdefault(key, set()).add(day)
        return asked

    def _governor_rows(self, today):
        """Read what decides between asking and silence, `{id: row}` of these requests.

        :param date today: the lender's day
        """
        for name in (
            "loan.survey.request",
            "loan.survey.rule",
            "survey.survey",
            "survey.question",
            "loan.customer",
            "loan.customer.tier",
            "loan.contract",
            "loan.reminder.bounce",
            "loan.reminder.hold",
            "crm.lead",
            "loan.case",
            "loan.case.category",
            "res.partner",
            "mail.blacklist",
            "mail.template",
        ):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT request.id, request.partner_id, request.customer_id, request.last_day,
                       rule.active AS rule_active, rule.channel, rule.interval_days,
                       survey.active AND EXISTS (SELECT FROM survey_question question
                                                  WHERE question.survey_id = survey.id AND question.is_page IS NOT TRUE)
                           AS survey_open,
                       COALESCE(template.active, FALSE) AS has_letter,
                       partner.email_normalized AS email, partner.tz,
                       customer.preferred_channel, customer.calendar_id,
                       (SELECT array_agg(former.partner_id) FROM loan_customer former
                         WHERE former.merged_into_id = customer.id
                           AND customer.partner_id = request.partner_id) AS former_ids,
                       COALESCE(customer.id, lead.user_id, matter.user_id) IS NOT NULL AS has_asker,
                       NOT partner.active OR NOT COALESCE(customer.active, TRUE) AS gone,
                       COALESCE(contract.state NOT IN ('active', 'closed'), FALSE)
                           OR (request.moment = 'repaid' AND contract.state <> 'closed')
                           OR (request.moment = 'decision' AND lead.won_status = 'pending')
                           OR COALESCE(matter.state <> 'closed', FALSE) AS undone,
                       COALESCE(partner.loan_no_surveys, FALSE)
                           OR %(stopped)s
                           OR EXISTS (SELECT FROM mail_blacklist blacklist
                                       WHERE blacklist.email = partner.email_normalized AND blacklist.active)
                           AS opted_out,
                       EXISTS (SELECT FROM loan_survey_request twin
                                WHERE twin.partner_id = request.partner_id
                                  AND twin.moment = request.moment
                                  AND twin.occasion_on = request.occasion_on
                                  AND twin.sent_on IS NOT NULL
                                  AND twin.id <> request.id) AS occasion_asked,
                       EXISTS (SELECT FROM loan_reminder_bounce bounce
                                WHERE bounce.customer_id = request.customer_id
                                  AND bounce.email = partner.email_normalized
                                  AND bounce.state = 'open') AS bounced,
                       'complaint' = ANY(held.kinds)
                           OR EXISTS (SELECT FROM loan_case complaint
                                       WHERE complaint.kind = 'complaint'
                                         AND complaint.state IN ('new', 'open', 'waiting')
                                         AND complaint.about_user_id IS NULL
                                         AND COALESCE(complaint.loan_level, 0) = 0
                                         AND (complaint.customer_id = request.customer_id
                                              OR complaint.partner_id = request.partner_id)) AS complaint_open,
                       COALESCE(
                           (SELECT kind FROM unnest(%(held)s::text[]) AS kind
                             WHERE kind = ANY(held.kinds) LIMIT 1),
                           -- Of a complaint that is kept to few nobody is told by what is not sent.
                           (SELECT 'other' FROM loan_case complaint
                             WHERE complaint.kind = 'complaint'
                               AND complaint.state IN ('new', 'open', 'waiting')
                               AND (complaint.customer_id = request.customer_id
                                    OR complaint.partner_id = request.partner_id) LIMIT 1)
                       ) AS held,
                       COALESCE(category.trivial AND matter.kind <> 'complaint', FALSE) AS trivial,
                       COALESCE(matter.self_closed, FALSE) AS self_closed
                  FROM loan_survey_request request
                  JOIN loan_survey_rule rule ON rule.id = request.rule_id
                  JOIN survey_survey survey ON survey.id = request.survey_id
                  JOIN res_partner partner ON partner.id = request.partner_id
             LEFT JOIN mail_template template ON template.id = rule.template_id
             LEFT JOIN loan_customer customer ON customer.id = request.customer_id
             LEFT JOIN loan_contract contract ON contract.id = request.contract_id
             LEFT JOIN crm_lead lead ON lead.id = request.lead_id
             LEFT JOIN loan_case matter ON matter.id = request.case_id
             LEFT JOIN loan_case_category category ON category.id = matter.category_id
             LEFT JOIN LATERAL (
                           SELECT COALESCE(array_agg(hold.kind::text), '{}') AS kinds
                             FROM loan_reminder_hold hold
                            WHERE hold.customer_id = request.customer_id
                              AND hold.lifted_at IS NULL
                              AND hold.date_from <= %(today)s
                              AND (hold.date_to IS NULL OR hold.date_to >= %(today)s)
                       ) AS held ON TRUE
                 WHERE request.id = ANY(%(ids)s)
                """,
                held=list(_HELD),
                today=today,
                ids=list(self.ids),
                stopped=self.env["loan.consent.purpose"]._stopped_sql("surveys", SQL("request.customer_id")),
            ),
            log_exceptions=False,
        )
        return {row["id"]: row for row in self.env.cr.dictfetchall()}
