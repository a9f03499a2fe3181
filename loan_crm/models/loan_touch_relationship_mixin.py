from odoo import api, models
from odoo.tools import SQL


class LoanTouchRelationshipMixin(models.AbstractModel):
    """How a customer and the lender stand: who looks after them, and which tier they have."""

    _name = "loan.touch.relationship.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: Relationship"
    _depends = {
        "loan.assignment": [
            "assigned_user_id",
            "company_id",
            "customer_id",
            "date_from",
            "kind",
            "manager_user_id",
            "reason",
        ],
        "loan.customer.tier.change": [
            "company_id",
            "customer_id",
            "date",
            "decided_user_id",
            "kind",
            "note",
            "tier_to_id",
        ],
    }

    @api.model
    def _touch_branches(self):
        return {
            **super()._touch_branches(),
            "assignment": self._assignment_branch(),
            "tier": self._tier_branch(),
        }

    # ------------------------------------------------------------ who looks after them

    @api.model
    def _assignment_branch(self):
        return {
            "number": 20,
            "kinds": ("assignment",),
            "model": "loan.assignment",
            "told": self._tell_assignment,
            "from": SQL("loan_assignment given"),
            "where": SQL("TRUE"),
            "source_id": SQL("given.id"),
            "date": SQL("given.date_from"),
            "customer": SQL("given.customer_id"),
            "company": SQL("given.company_id"),
            "author": self._partner_sql(SQL("given.assigned_user_id")),
            "words": SQL("given.reason"),
        }

    @api.model
    def _tell_assignment(self, given):
        return [
            given.manager_user_id.name or self.env._("Nobody"),
            given.deputy_user_id and self.env._("deputy %s", given.deputy_user_id.name),
            self._label(given, "kind"),
            given.reason,
        ]

    # ------------------------------------------------------------ their tier

    @api.model
    def _tier_branch(self):
        return {
            "number": 21,
            "kinds": ("tier",),
            "model": "loan.customer.tier.change",
            "told": self._tell_tier,
            "from": SQL("loan_customer_tier_change moved"),
            "where": SQL("moved.kind <> 'lapsed'"),
            "source_id": SQL("moved.id"),
            "date": self._noon_sql(SQL("moved.date"), SQL("moved.company_id")),
            "all_day": SQL("TRUE"),
            "customer": SQL("moved.customer_id"),
            "company": SQL("moved.company_id"),
            "author": self._partner_sql(SQL("moved.decided_user_id")),
            "words": SQL("moved.note"),
        }

    @api.model
    def _tell_tier(self, moved):
        return [
            self._label(moved, "kind"),
            moved.tier_to_id.name or self.env._("no tier"),
            moved.note or moved.reasons,
        ]
