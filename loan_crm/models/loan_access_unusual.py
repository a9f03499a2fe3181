from collections import defaultdict
from datetime import timedelta

from pytz import UTC, timezone

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..core import unusual

_DAYS = 2  # looked at again each night: a night that was missed is made up for
_SEEN = ("view", "lookup", "export", "report", "download", "message")


class LoanAccessUnusual(models.Model):
    """Something in the access log that a person should look at, with the reason.

    Begins when the daily job finds somebody who saw many customers in an hour, worked outside their hours, saw
    customers they no longer look after or was refused often; ends when a compliance officer other than that person has
    reviewed it, with a word on what it was. It accuses nobody: most have a good explanation.
    """

    _name = "loan.access.unusual"
    _inherit = ["loan.audit.mixin", "mail.thread"]
    _description = "Unusual Access"
    _order = "start desc, id desc"
    _rec_name = "user_id"
    _mail_post_access = "read"

    user_id = fields.Many2one(
        "res.users", "Who", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", "Company", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [
            (unusual.BUSY, "Many Customers in an Hour"),
            (unusual.OFF, "Outside Working Hours"),
            (unusual.FORMER, "Former Customers"),
            (unusual.REFUSED, "Refused Often"),
        ],
        "Why",
        required=True,
        readonly=True,
    )
    start = fields.Datetime("First Entry", required=True, readonly=True)
    end = fields.Datetime("Last Entry", required=True, readonly=True)
    count = fields.Integer("Entries", readonly=True)
    customer_count = fields.Integer("Customers", readonly=True)
    explanation = fields.Char(compute="_compute_explanation")
    state = fields.Selection(
        [("open", "To Review"), ("reviewed", "Reviewed")],
        "Status",
        required=True,
        readonly=True,
        default="open",
    )
    note = fields.Char("What It Was", help="What the review found. No names of customers.")
    reviewed_by_id = fields.Many2one("res.users", "Reviewed By", readonly=True, ondelete="restrict")
    reviewed_at = fields.Datetime("Reviewed", readonly=True)

    _once = models.UniqueIndex("(user_id, company_id, kind, start)")

    @api.depends("kind", "count", "customer_count", "company_id")
    @api.depends_context("lang")
    def _compute_explanation(self):
        words = {
            unusual.BUSY: self.env._(
                "Confidential customers in one hour: %(customers)s. Up to %(limit)s are usual."
            ),
            unusual.OFF: self.env._("Confidential customers outside working hours: %(customers)s."),
            unusual.FORMER: self.env._("Confidential customers they no longer look after: %(customers)s."),
            unusual.REFUSED: self.env._("Refused %(count)s times in one day; up to %(limit)s are usual."),
        }
        for found in self:
            company_sudo = found.company_id.sudo()  # its limits are no secret from who reads the finding
            limit = {
                unusual.BUSY: company_sudo.loan_log_busy,
                unusual.REFUSED: company_sudo.loan_log_refusals,
            }
            found.explanation = words[found.kind] % {
                "customers": found.customer_count,
                "count": found.count,
                "limit": limit.get(found.kind),
            }

    # ------------------------------------------------------------ finding

    @api.model
    def _look(self, days=_DAYS):
        """Look through the log of the last days; what was found before is brought up to date, not found twice.

        :param int days: so many, up to now
        """
        until = fields.Datetime.now()
        since = (until - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
        looks = self._looks(since)
        found = []
        for company, members in looks.items():
            uids = {look.uid for look in members}
            users = self.env["res.users"].with_context(active_test=False).browse(sorted(uids))
            found += unusual.busy_hours(members, company.loan_log_busy)
            found += unusual.refusals(members, company.loan_log_refusals)
            found += unusual.off_hours(members, self._hours(users, company, since, until))
            found += unusual.former(members, self._ended(company, uids))
        self._keep(found)

    @api.model
    def _looks(self, since):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT log.uid, log.logged_at, log.company_id, log.customer_refs, log.outcome = 'denied'
                  FROM loan_access_log log
                  JOIN res_users who ON who.id = log.uid AND who.id <> 1
                 WHERE log.logged_at >= %s AND log.company_id IS NOT NULL
                   AND (log.event = ANY(%s) OR log.event = 'refusal'
                        OR (log.event = 'emergency' AND log.outcome = 'denied'))
              ORDER BY log.logged_at
                """,
                since,
                list(_SEEN),
            )
        )
        users = self.env["res.users"].with_context(active_test=False).browse({row[0] for row in rows})
        zones = {user.id: timezone(user.tz or "UTC") for user in users}
        looks = defaultdict(list)
        for uid, moment, company_id, customers, refused in rows:
            local = moment.replace(tzinfo=UTC).astimezone(zones[uid]).replace(tzinfo=None)
            # To the second: what is kept of it is a Datetime, and the same hour has to be found again.
            moment = moment.replace(microsecond=0)
            looks[self.env["res.company"].browse(company_id)].append(
                unusual.Look(
                    uid, moment, local.replace(microsecond=0), frozenset(customers or ()), company_id, refused
                )
            )
        return looks

    @api.model
    def _hours(self, users, company, since, until):
        """Return `{uid: [(begin, end)]}`, naive UTC, of those who have working hours."""
        start = since.replace(tzinfo=UTC)
        stop = (until + timedelta(days=1)).replace(tzinfo=UTC)
        hours = {}
        by_calendar = users.grouped(
            lambda user: (user.resource_calendar_id or company.resource_calendar_id, user.tz or "UTC")
        )
        for (calendar, zone), members in by_calendar.items():
            if not calendar:
                continue
            # Nine to five is that of the person's own clock, whatever the company's calendar says.
            intervals = [
                tuple(moment.astimezone(UTC).replace(tzinfo=None) for moment in (begin, end))
                for begin, end, _attendance in calendar._work_intervals_batch(start, stop, tz=timezone(zone))[
                    False
                ]
            ]
            hours.update(dict.fromkeys(members.ids, intervals))
        return hours

    @api.model
    def _ended(self, company, uids):
        """Return `{(uid, customer): when}` of those who managed a customer and have nothing to do with them now."""
        self.env["loan.assignment"].flush_model()
        self.env["loan.customer"].flush_model(["manager_user_id", "deputy_user_id", "incoming_user_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT past.manager_user_id, past.customer_id, max(past.date_to)
                  FROM loan_assignment past
                  JOIN loan_customer customer ON customer.id = past.customer_id
                 WHERE past.company_id = %(company)s AND past.manager_user_id = ANY(%(uids)s)
                   AND past.date_to IS NOT NULL
                   AND past.manager_user_id IS DISTINCT FROM customer.manager_user_id
                   AND past.manager_user_id IS DISTINCT FROM customer.deputy_user_id
                   AND past.manager_user_id IS DISTINCT FROM customer.incoming_user_id
              GROUP BY past.manager_user_id, past.customer_id
                """,
                company=company.id,
                uids=list(uids),
            )
        )
        return {(uid, customer): ended for uid, customer, ended in rows}

    @api.model
    def _keep(self, found):
        if not found:
            return
        # As superuser: nobody enters a finding.
        findings_sudo = self.sudo()
        known = {
            (one.user_id.id, one.company_id.id, one.kind, one.start): one
            for one in findings_sudo.search([("start", ">=", min(finding.start for finding in found))])
        }
        fresh = []
        for finding in found:
            numbers = {"count": finding.count, "customer_count": len(finding.customers), "end": finding.end}
            old = known.get((finding.uid, finding.company, finding.kind, finding.start))
            if old is None:
                fresh.append(
                    {
                        "user_id": finding.uid,
                        "company_id": finding.company,
                        "kind": finding.kind,
                        "start": finding.start,
                        **numbers,
                    }
                )
            elif old.count < finding.count:
                # More of the same: who has reviewed the first part looks again.
                old.write({**numbers, "state": "open"})
        findings_sudo.create(fresh)

    # ------------------------------------------------------------ reviewing

    def action_review(self):
        """Close findings with the words that were noted; nobody closes what is about themselves."""
        self.check_access("read")
        self._check_may_review()
        for found in self.filtered(lambda found: found.state == "open"):
            if not (found.note or "").strip():
                raise UserError(self.env._("Note first what it was: one line will do."))
        # As superuser: the status is written by this verb alone.
        open_sudo = self.filtered(lambda found: found.state == "open").sudo()
        open_sudo.write(
            {"state": "reviewed", "reviewed_by_id": self.env.uid, "reviewed_at": fields.Datetime.now()}
        )
        for found in open_sudo:
            self.env["loan.access.log"]._note("review", found.sudo(False), reason=found.note)

    def _check_may_review(self):
        if not self.env.user.has_group("loan_crm.loan_crm_group_compliance"):
            raise AccessError(self.env._("Unusual access is reviewed by compliance."))
        if self.env.user in self.user_id:
            raise AccessError(self.env._("This is about yourself: somebody else reviews it."))

    def write(self, vals):
        if not self.env.su:
            if set(vals) - {"note"}:
                raise AccessError(self.env._("Of a finding only the note is written."))
            self._check_may_review()
            if "reviewed" in self.mapped("state"):
                raise UserError(self.env._("This is reviewed already. Add what is new to its chatter."))
        return super().write(vals)

    def action_open_log(self):
        """Show the entries a finding was made of."""
        self.ensure_one()
        self.check_access("read")
        events = ("refusal", "emergency") if self.kind == unusual.REFUSED else _SEEN
        domain = Domain("uid", "=", self.user_id.id) & Domain("company_id", "=", self.company_id.id)
        domain &= Domain("logged_at", ">=", fields.Datetime.to_string(self.start))
        domain &= Domain("logged_at", "<", fields.Datetime.to_string(self.end + timedelta(seconds=1)))
        domain &= Domain("event", "in", events)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Entries"),
            "res_model": "loan.access.log",
            "domain": list(domain),
            "views": [(False, "list"), (False, "form")],
        }
