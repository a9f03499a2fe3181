from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain


class LoanRiskMixin(models.AbstractModel):
    """How likely customers are to give trouble, with the figures behind it, read with the reader's own rights."""

    _name = "loan.risk.mixin"
    _description = "Risk of Customers"

    def _risk_figures(self):
        """Return the figures that these customers' risk is scored by.

        It takes as many queries for one as for a thousand.

        :return: `{customer: figures}`, see :data:`core.risk.STEPS`
        """
        result, now = {}, fields.Datetime.now()
        waiting = self._risk_waiting()
        hardships = self._risk_counts("loan.hardship", Domain("state", "in", ("new", "talks")))
        for company, customers in self.grouped("company_id").items():
            today = company._loan_today()
            year_ago = today - timedelta(days=365)
            broken = customers._risk_counts(
                "loan.promise", Domain("state", "=", "broken") & Domain("date_until", ">=", year_ago)
            )
            restructured = customers._risk_counts(
                "loan.contract.event",
                Domain("kind", "=", "restructure")
                & Domain("state", "=", "posted")
                & Domain("date", ">=", year_ago),
            )
            worst = customers._risk_counts(
                "loan.arrears.change",
                Domain("date", ">=", year_ago) & Domain("date", "<", today),
                "days_past_due:max",
            )
            for customer in customers:
                id_, since = customer.id, waiting.get(customer.id)
                result[customer] = {
                    "days_past_due": customer.days_past_due,
                    "worst_days": 0 if customer.days_past_due else worst.get(id_) or 0,
                    "broken_promises": broken.get(id_, 0),
                    "hardship": hardships.get(id_, 0),
                    "bounced": customer.bounce_count,
                    "waiting_days": (now - since).days if since else 0,
                    "restructured": restructured.get(id_, 0),
                }
        return result

    def _risk_counts(self, model, domain, what="__count"):
        """Return `{customer id: figure}` of a model that hangs on these customers; nothing where it is closed."""
        records = self.env[model]
        if not records.has_access("read"):
            return {}
        rows = records._read_group(Domain("customer_id", "in", self.ids) & domain, ["customer_id"], [what])
        return {customer.id: figure for customer, figure in rows}

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
