from datetime import datetime, time, timedelta, timezone
from math import isfinite
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import formatLang


class LoanLearningMixin(models.AbstractModel):
    """Counting cases and the loans they are of, with the rights of whoever asks.

    What may not be seen is not counted, so no figure tells of it. A caller that counts for a role which is meant to
    know the whole, and nothing but figures, does so as superuser and says so (`loan.voice.report`).
    """

    _name = "loan.learning.mixin"
    _description = "Counting What Is Learnt From"

    @api.model
    def _learning_bounds(self, company, first, last):
        """Return the moments in which a span of the lender's days begins and has ended, naive and in UTC.

        :param company: `res.company`
        :param date first:
        :param date last: included
        """
        zone = ZoneInfo(company.loan_tz or "UTC")

        def begins(day):
            local = datetime.combine(day, time.min, tzinfo=zone)
            return local.astimezone(timezone.utc).replace(tzinfo=None)

        return begins(first), begins(last + timedelta(1))

    @api.model
    def _learning_cases(self, company, first, last, domain=Domain.TRUE):
        """Return the domain of the cases that came in within some of the lender's days and were none to put aside."""
        start, end = self._learning_bounds(company, first, last)
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "!=", "void")
            & Domain("opened_at", ">=", start)
            & Domain("opened_at", "<", end)
            & domain
        )

    @api.model
    def _learning_counts(self, cases, groupby):
        """Return how many cases there are of each kind: `{(id or value or False, ...): number}`.

        :param cases: domain
        :param list groupby: names of fields
        """
        return {
            tuple(value.id if isinstance(value, models.BaseModel) else value for value in values): count
            for *values, count in self.env["loan.case"]._read_group(cases, groupby, ["__count"])
        }

    @api.model
    def _learning_bases(self, company, spans, domain=Domain.TRUE):
        """Return on how many days loans ran within each span, all loans added up, by product.

        :param company: `res.company`
        :param spans: list of `(first day, last day)`, both included
        :param domain: which loans
        :return: list of `{product id: loan days}`, one for each span
        """
        contracts = self.env["loan.contract"]
        ran = (
            Domain("company_id", "=", company.id)
            & Domain("state", "in", ("active", "closed"))
            & Domain("start_date", "<=", max(last for _first, last in spans))
            & domain
        )
        result = [{} for _span in spans]
        query = contracts._search(ran)
        if query.is_empty():
            return result
        contracts.flush_model(["product_id", "start_date", "state", "last_due_date"])
        self.env["loan.repayment"].flush_model(["contract_id", "date", "state"])
        loans = query.select(
            *(SQL.identifier(query.table, name) for name in ("product_id", "start_date")),
            # A loan that was repaid early ended with its last payment.
            SQL(
                """
                CASE WHEN %(state)s = 'closed' THEN COALESCE(
                    (SELECT max(paid.date) FROM loan_repayment paid
                      WHERE paid.contract_id = %(id)s AND paid.state = 'posted'),
                    %(due)s) ELSE 'infinity'::date END AS end_date
                """,
                state=SQL.identifier(query.table, "state"),
                id=SQL.identifier(query.table, "id"),
                due=SQL.identifier(query.table, "last_due_date"),
            ),
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT span.number, loan.product_id,
                       sum(LEAST(loan.end_date, span.last) - GREATEST(loan.start_date, span.first) + 1)
                  FROM (%(loans)s) loan
                  JOIN (VALUES %(spans)s) span(number, first, last)
                    ON loan.start_date <= span.last AND loan.end_date >= span.first
                 GROUP BY span.number, loan.product_id
                """,
                loans=loans,
                spans=SQL(", ").join(
                    SQL("(%s, %s::date, %s::date)", number, first, last)
                    for number, (first, last) in enumerate(spans)
                ),
            )
        )
        for number, product, days in rows:
            result[number][product] = int(days)
        return result

    # ------------------------------------------------------------ in words

    @api.model
    def _verdict_told(self, change):
        """Return a comparison in words.

        :param change: `core.learning.Change`
        """
        if change.verdict == "few":
            return self.env._("Too few to tell")
        words = {
            "better": self.env._("Fewer cases"),
            "worse": self.env._("More cases"),
            "same": self.env._("No difference to be seen"),
        }[change.verdict]
        if change.verdict == "same":
            return words
        return self.env._("%(words)s: %(ratio)s", words=words, ratio=self._ratio_told(change))

    @api.model
    def _ratio_told(self, change):
        """Return how many times as frequent something is as before, with its interval."""
        if not isfinite(change.ratio):
            return self.env._("none before")
        return self.env._(
            "%(ratio)s times as often (%(low)s to %(high)s)",
            ratio=self._number_told(change.ratio),
            low=self._number_told(change.low),
            high=self._number_told(change.high) if isfinite(change.high) else "∞",
        )

    @api.model
    def _number_told(self, value, digits=2):
        """Return a number as the reader's language writes it."""
        return formatLang(self.env, value, digits=digits)
