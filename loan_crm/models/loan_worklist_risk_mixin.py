from odoo import api, models
from odoo.fields import Domain

from ..core import risk
from ..core.listing import listed
from ..core.worklists import Found

# So many reasons are told.
_REASONS = 2
_PLAN = ["customer_id", "user_id", "state", "cause", "next_date"]


class LoanWorklistRiskMixin(models.AbstractModel):
    """The fourth lane: who is not content with us, and whom trouble announces itself of."""

    _name = "loan.worklist.risk.mixin"
    _inherit = ["loan.worklist.mixin"]
    _description = "Worklist: At Risk"

    @api.model
    def _recovery_domain(self):
        return self._own() & Domain("state", "!=", "closed")

    @api.model
    def _find_risk(self):
        today = self.env.company._loan_today()
        plans = self.env["loan.recovery.plan"].search_fetch(
            self._recovery_domain(), _PLAN, order="next_date, id"
        )
        late = plans.filtered(lambda plan: plan.next_date and plan.next_date < today)
        risks = {customer: found for customer, found in self._at_risk() if customer not in plans.customer_id}
        high = sum(found.level == "high" for found in risks.values())
        room = max(0, self._SHOWN - len(plans))
        customers = self.env["loan.customer"].union(*risks)[:room]
        return (
            Found(plans[: self._SHOWN], len(plans), len(late)),
            Found(customers, len(risks), high),
            risks,
        )

    @api.model
    def _tell_risk(self, plans, customers, risks):
        today = self.env.company._loan_today()
        rows = [self._recovery_row(plan, today) for plan in plans.shown]
        rows += [self._risk_row(customer, risks[customer]) for customer in customers.shown]
        return self._lane(
            "risk",
            rows,
            Found(plans.shown, plans.count + customers.count, plans.late + customers.late),
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
                listed(
                    (customer._risk_told(signal.key, signal.figure) for signal in found.signals[:_REASONS]),
                    self.env.lang,
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
        customers = self.env["loan.customer"]
        ours = customers._search(self._own("manager_user_id", "deputy_user_id"))
        noted = customers._risk_noted(ours, self.env.companies)
        customers = customers.browse(sorted(set().union(*noted.values())))
        customers.fetch(["name", "company_id", "waiting_since"])  # of many, of whom few are shown
        found = []
        for customer, figures in customers._risk_figures(noted).items():
            scored = risk.score(figures)
            if scored.level in ("medium", "high"):
                found.append((customer, scored))
        return sorted(found, key=lambda pair: (-pair[1].points, pair[0].name or "", pair[0].id))

    @api.model
    def _open_risk(self):
        ids = self.env["loan.recovery.plan"].search(self._recovery_domain()).customer_id.ids
        ids += [customer.id for customer, _found in self._at_risk()]
        return "loan_crm.loan_customer_action", Domain("id", "in", ids)
