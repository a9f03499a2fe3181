from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import arrears


class LoanRiskMixin(models.AbstractModel):
    """How likely customers are to give trouble, with the figures behind it, read with the reader's own rights."""

    _name = "loan.risk.mixin"
    _description = "Risk of Customers"

    def _risk_figures(self, noted=None):
        """Return the figures that these customers' risk is scored by.

        It takes as many queries for one as for a thousand.

        :param dict noted: what `_risk_noted` said of these customers and maybe others; asked for where it is left out
        :return: `{customer: figures}`, see :data:`core.risk.STEPS`
        """
        if noted is None:
            noted = self._risk_noted(self.ids, self.company_id)
        now, waiting = fields.Datetime.now(), self._risk_waiting()
        due = self._risk_counts("loan.contract", Domain("state", "=", "active"), "next_due_date:min")
        worst = self._risk_counts(
            "loan.arrears.change",
            self._within_a_year("date", self.company_id, before_today=True),
            "days_past_due:max",
        )
        result = {}
        for customer in self:
            id_, since = customer.id, waiting.get(customer.id)
            late = arrears.days_past_due(due.get(id_) or None, customer.company_id._loan_today())
            result[customer] = {
                "days_past_due": late,
                "worst_days": 0 if late else worst.get(id_) or 0,
                "waiting_days": (now - since).days if since else 0,
                **{key: counts.get(id_, 0) for key, counts in noted.items()},
            }
        return result

    @api.model
    def _risk_noted(self, customer_ids, companies):
        """Return what was noted of customers that gives cause for worry, apart from being late and waiting.

        :param customer_ids: a list of ids, or a query that finds them
        :param companies: `res.company`, the lenders of these customers, each with its own calendar day
        :return: `{signal: {customer id: how often}}`, see :data:`core.risk.STEPS`
        """
        domains = {
            "hardship": ("loan.hardship", Domain("state", "in", ("new", "talks"))),
            "broken_promises": (
                "loan.promise",
                Domain("state", "=", "broken") & self._within_a_year("date_until", companies),
            ),
            "restructured": (
                "loan.contract.event",
                Domain("kind", "=", "restructure")
                & Domain("state", "=", "posted")
                & self._within_a_year("date", companies),
            ),
            "bounced": ("loan.reminder.bounce", Domain("stops", "=", True)),
        }
        return {
            key: self._risk_counted(model, Domain("customer_id", "in", customer_ids) & domain, "__count")
            for key, (model, domain) in domains.items()
        }

    @api.model
    def _within_a_year(self, name, companies, before_today=False):
        """Return the domain of what was within a year, by each lender's calendar.

        :param str name: of a day's column
        :param companies: `res.company`
        :param bool before_today: without today and what is to come
        """
        found = Domain.FALSE
        for company in companies:
            today = company._loan_today()
            within = Domain(name, ">=", today - timedelta(days=365))
            if before_today:
                within &= Domain(name, "<", today)
            found |= Domain("company_id", "=", company.id) & within
        return found

    def _risk_counts(self, model, domain, what):
        """Return `{customer id: figure}` of a model that hangs on these customers; nothing where it is closed."""
        return self._risk_counted(model, Domain("customer_id", "in", self.ids) & domain, what)

    @api.model
    def _risk_counted(self, model, domain, what):
        records = self.env[model]
        if not records.has_access("read"):
            return {}
        return {
            customer.id: figure for customer, figure in records._read_group(domain, ["customer_id"], [what])
        }

    def _risk_waiting(self):
        """Return `{customer id: since when somebody waits for an answer}`, on a case, a loan or their page."""
        waits = [(customer.id, customer.waiting_since) for customer in self if customer.waiting_since]
        cases = self.env["loan.case"]
        for model, domain in (("loan.contract", Domain.TRUE), ("loan.case", cases._open_domain())):
            domain &= Domain("waiting_since", "!=", False)
            waits += self._risk_counts(model, domain, "waiting_since:min").items()
        result = {}
        for id_, since in waits:
            result[id_] = min(since, result.get(id_, since))
        return result

    def _risk_told(self, key, figure):
        """Return in words what a signal says.

        :param str key: of :data:`core.risk.STEPS`
        :param int figure: what was counted
        """
        return {
            "days_past_due": self.env._("%s days late", figure),
            "worst_days": self.env._("was %s days late within a year", figure),
            "broken_promises": self.env._("promises broken: %s", figure),
            "hardship": self.env._("hardship requests: %s", figure),
            "bounced": self.env._("addresses out of use: %s", figure),
            "waiting_days": self.env._("waits for an answer for %s days", figure),
            "restructured": self.env._("restructured within a year: %s", figure),
        }[key]
