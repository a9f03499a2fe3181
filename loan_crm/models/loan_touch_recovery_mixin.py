from odoo import api, models
from odoo.tools import SQL

_UNKEPT = (
    "NOT EXISTS (SELECT FROM loan_case kept WHERE kept.id = %s.case_id "
    "AND (kept.about_user_id IS NOT NULL OR kept.loan_level > 0))"
)


class LoanTouchRecoveryMixin(models.AbstractModel):
    """What went wrong for a customer, and how it was made good."""

    _name = "loan.touch.recovery.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: Recovery"
    _depends = {
        "loan.case": ["about_user_id", "loan_level"],
        "loan.recovery.plan": [
            "case_id",
            "closed_on",
            "company_id",
            "contract_id",
            "customer_id",
            "opened_on",
            "outcome",
            "outcome_note",
            "state",
            "what_happened",
        ],
    }

    @api.model
    def _touch_branches(self):
        return {
            **super()._touch_branches(),
            "recovery_opened": self._recovery_opened_branch(),
            "recovery_closed": self._recovery_closed_branch(),
        }

    @api.model
    def _recovery_seen_sql(self):
        # What came of a case about a colleague, or of one that is kept to few, stands with the case alone.
        return SQL(_UNKEPT, SQL.identifier("plan"))

    @api.model
    def _recovery_opened_branch(self):
        return {
            "number": 30,
            "kinds": ("recovery",),
            "model": "loan.recovery.plan",
            "told": self._tell_recovery_opened,
            "from": SQL("loan_recovery_plan plan"),
            "where": self._recovery_seen_sql(),
            "source_id": SQL("plan.id"),
            "date": self._moment_sql("plan", SQL("plan.opened_on")),
            "all_day": SQL("NOT %s", self._entered_that_day_sql("plan", SQL("plan.opened_on"))),
            "customer": SQL("plan.customer_id"),
            "contract": SQL("plan.contract_id"),
            "company": SQL("plan.company_id"),
            "words": SQL("plan.what_happened"),
        }

    @api.model
    def _tell_recovery_opened(self, plan):
        return [self.env._("To be made good"), self._label(plan, "cause"), plan.what_happened]

    @api.model
    def _recovery_closed_branch(self):
        return {
            **self._recovery_opened_branch(),
            "number": 31,
            "told": self._tell_recovery_closed,
            "where": SQL(
                "plan.state = 'closed' AND plan.closed_on IS NOT NULL AND %s", self._recovery_seen_sql()
            ),
            "date": self._noon_sql(SQL("plan.closed_on"), SQL("plan.company_id")),
            "all_day": SQL("TRUE"),
            "words": SQL("plan.outcome_note"),
        }

    @api.model
    def _tell_recovery_closed(self, plan):
        return [
            self._label(plan, "outcome"),
            self._label(plan, "remedy"),
            plan.cost and plan.currency_id.format(plan.cost),
            plan.outcome_note,
        ]
