from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

from ..core import risk

# So many reasons are told.
_REASONS = 2


class LoanWorklistRiskMixin(models.AbstractModel):
    """The fourth lane: who is not content with us, and whom trouble announces itself of."""

    _name = "loan.worklist.risk.mixin"
    _inherit = ["loan.worklist.mixin"]
    _description = "Worklist: At Risk"

    @api.model
    def _recovery_domain(self):
        return self._own() & Domain("state", "!=", "closed")

    @api.model
    def _lane_risk(self):
        plans, today = self.env["loan.recovery.plan"], self.env.company._loan_today()
        domain = self._recovery_domain()
        open_plans = plans.search_fetch(
            domain, ["customer_id", "user_id", "state", "cause", "next_date"], order="next_date, id"
        )
        rows = [self._recovery_row(plan, today) for plan in open_plans[: self._SHOWN]]
        recovering = open_plans.customer_id
        risks = [pair for pair in self._at_risk() if pair[0] not in recovering]
        rows += [self._risk_row(customer, found) for customer, found in risks[: self._SHOWN - len(rows)]]
        high = sum(found.level == "high" for _customer, found in risks)
        return self._lane(
            "risk",
            rows,
            len(open_plans) + len(risks),
            sum(bool(plan.next_date and plan.next_date < today) for plan in open_plans) + high,
            self.env._("No customer gives cause for worry."),
        )

    @api.model
    def _recovery_row(self, plan, today):
        customer = plan.customer_id
        call = self._deed_call(customer)
        apologise = self._deed(plan, "action_write_apology", self.env._("Write the Apology"), "fa-envelope-o")
        states = dict(plan._fields["state"]._description_selection(self.env))
        return self._row(
            plan,
            customer.name,
            lines=[
                dict(plan._fields["cause"]._description_selection(self.env)).get(plan.cause),
                self.env._("next: %s", states[plan.state]),
            ],
            mark=self._day_mark(plan.next_date, today) if plan.next_date else "",
            told=self._day_told(plan.next_date, today) if plan.next_date else "",
            phone=customer.phone,
            owner=plan.user_id,
            deeds=[apologise, call] if plan.state == "apologise" else [call, self._deed_plan(plan)],
        )

    @api.model
    def _risk_row(self, customer, found):
        return self._row(
            customer,
            customer.name,
            lines=[
                ", ".join(
                    customer._risk_told(signal.key, signal.figure) for signal in found.signals[:_REASONS]
                )
            ],
            mark="danger" if found.level == "high" else "warning",
            told=self.env._("high risk") if found.level == "high" else self.env._("medium risk"),
            phone=customer.phone,
            owner=customer.manager_user_id,
            deeds=[
                self._deed_call(customer),
                self._deed_plan(customer),
                self._deed_hand_over(customer),
            ],
        )

    @api.model
    def _at_risk(self):
        """Return the user's customers whose risk is medium or high, the highest first, as (customer, core.risk.Risk).

        Who is only late or only waits stands in a lane of their own.
        """
        customers = self.env["loan.customer"].browse(sorted(self._signalled_ids()))
        found = []
        for customer, figures in customers._risk_figures().items():
            scored = risk.score(figures)
            if scored.level in ("medium", "high"):
                found.append((customer, scored))
        return sorted(found, key=lambda pair: (-pair[1].points, pair[0].name or "", pair[0].id))

    @api.model
    def _signalled_ids(self):
        """Return of which of the user's customers something is known but that they are late or wait, a set of ids."""
        customers = self.env["loan.customer"]
        ours = customers._search(self._own("manager_user_id", "deputy_user_id"))
        today = self.env.company._loan_today()
        year_ago = today - timedelta(days=365)
        signals = {
            "loan.hardship": Domain("state", "in", ("new", "talks")),
            "loan.promise": Domain("state", "=", "broken") & Domain("date_until", ">=", year_ago),
            "loan.contract.event": Domain("kind", "=", "restructure")
            & Domain("state", "=", "posted")
            & Domain("date", ">=", year_ago),
            "loan.reminder.bounce": Domain("state", "=", "open"),
        }
        found = set()
        for model, domain in signals.items():
            groups = self.env[model]._read_group(Domain("customer_id", "in", ours) & domain, ["customer_id"])
            found.update(customer.id for (customer,) in groups)
        return found

    @api.model
    def _open_risk(self):
        ids = self.env["loan.recovery.plan"].search(self._recovery_domain()).customer_id.ids
        ids += [customer.id for customer, _found in self._at_risk()]
        return "loan_crm.loan_customer_action", Domain("id", "in", ids)
