from datetime import timedelta

from odoo import api, fields, models
from odoo.http import request
from odoo.tools import SQL
from odoo.tools.misc import hmac

# Which figures of a lender say how much one person may send of what: in an hour, in a day.
_KINDS = {
    "post": ("loan_posts_per_hour", "loan_posts_per_day"),
    "file": ("loan_files_per_day", "loan_files_per_day"),
}
_DAY = timedelta(days=1)


class LoanPortalCount(models.Model):
    """How often somebody has sent something from the pages of borrowers: by login or by link, by whatever form.

    One row an hour for each person, and for each internet address. It is a row and not a memory, so that all workers
    count alike: of two posts at once the second waits for the first, and is then counted anew. Whose row it is, is
    kept as a hash; rows go after two days.
    """

    _name = "loan.portal.count"
    _description = "Posts of Borrowers"
    _order = "hour desc, id desc"
    _rec_name = "who"

    who = fields.Char("Hash of Whose", required=True, readonly=True, help="Nobody reads from it who it was.")
    hour = fields.Datetime("Hour From", required=True, readonly=True, index=True)
    count = fields.Integer("Sent", required=True, readonly=True, aggregator="sum")

    _who_hour = models.UniqueIndex("(who, hour)", "This hour is counted already.")

    @api.model
    def _take(self, company, partner, kind="post", number=1):
        """Count what somebody is about to send, unless it is more than an hour or a day takes.

        :param company: `res.company`, the lender it is sent to
        :param partner: `res.partner` who sends it
        :param str kind: "post", or "file" for what a post brings along
        :param int number: of them
        :return: False where it is too much; then nothing is counted
        """
        hourly, daily = _KINDS[kind]
        most = {self._key(kind, partner.id): (company[hourly], company[daily])}
        address = self._address() if kind == "post" else None
        if address:  # many people share one: a day of it is no measure
            most[self._key("address", address)] = (company.loan_posts_per_address, None)
        now = fields.Datetime.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        self.flush_model()
        lately = {
            who: (in_hour or 0, in_day)
            for who, in_hour, in_day in self.env.execute_query(
                SQL(
                    "SELECT who, SUM(count) FILTER (WHERE hour = %s), SUM(count) FROM loan_portal_count"
                    " WHERE who = ANY(%s) AND hour > %s GROUP BY who",
                    hour,
                    list(most),
                    now - _DAY,
                )
            )
        }
        for who, (an_hour, a_day) in most.items():
            in_hour, in_day = lately.get(who, (0, 0))
            if in_hour + number > an_hour or (a_day is not None and in_day + number > a_day):
                return False
        # In one order, so that no two of them wait for each other.
        rows = SQL(", ").join(SQL("(%s, %s, %s)", who, hour, number) for who in sorted(most))
        self.env.cr.execute(
            SQL(
                "INSERT INTO loan_portal_count (who, hour, count) VALUES %s"
                " ON CONFLICT (who, hour) DO UPDATE SET count = loan_portal_count.count + EXCLUDED.count",
                rows,
            )
        )
        self.invalidate_model()
        return True

    @api.model
    def _address(self):
        """Return the internet address that a request comes from, as far as the server knows it; None without one."""
        return request.httprequest.remote_addr if request else None

    @api.model
    def _key(self, kind, whose):
        # As superuser: the database's secret is nobody's to read.
        return hmac(self.env(su=True), "loan_crm.portal.count", f"{kind} {whose}")

    @api.autovacuum
    def _gc_counts(self):
        # As superuser: the job runs as it, and nobody else may.
        counts_sudo = self.sudo()
        counts_sudo.search([("hour", "<", fields.Datetime.now() - 2 * _DAY)], limit=100_000).unlink()
