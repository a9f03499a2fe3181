from decimal import Decimal

from odoo import api, fields, models

from ..core import tiers
from ..core.listing import listed


class LoanCustomerTier(models.Model):
    """What a customer is to the lender, and how they are treated for it: begins with figures or a person's choice.

    Tiers are ordered: the lower the number, the higher the tier. One with criteria is given by the night to whoever
    meets them (`loan.customer.tier.mixin`); one without is given by people alone. What is done for its customers says
    its service plan.
    """

    _name = "loan.customer.tier"
    _description = "Customer Tier"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="The lower the number, the higher the tier.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to offer the tier in all companies."
    )
    color = fields.Integer()
    call_first = fields.Boolean(
        "Call Before Writing",
        help="Instead of a reminder the manager gets a task to call. Notices that the law requires are written "
        "all the same.",
    )
    is_vip = fields.Boolean(
        "VIP Tier", help="Only a team lead puts customers into this tier by hand, or takes them out of it."
    )
    tell_manager = fields.Boolean(
        "Tell the Manager",
        default=True,
        help="Whoever acts for a customer gets a to-do when the night moves them up into this tier. Switch it off "
        "for a tier that nearly everybody reaches.",
    )
    plan_id = fields.Many2one(
        "loan.service.plan",
        "Service Plan",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="What is done for the customers of this tier.",
    )
    criterion_ids = fields.One2many(
        "loan.customer.tier.criterion",
        "tier_id",
        "Criteria",
        copy=True,
        help="Whoever meets all of them is given the tier by the night. None: it is given by hand.",
    )
    criteria_match = fields.Selection(
        [("all", "All of These"), ("any", "Any of These")],
        "Earned By",
        required=True,
        default="all",
        help="Whether one of the criteria is enough to earn the tier, or all are needed.",
    )
    stay_months = fields.Integer(
        "Minimum Stay",
        default=6,
        help="Months. Whoever comes in stays at least so long; whoever left waits as long before the night lets them "
        "back in; and whoever was kept by a person is not asked about again for as long.",
    )
    days_up = fields.Integer(
        "Nights Earned",
        help="How many nights in a row a customer must meet the criteria before they move up. 0: at once.",
    )
    days_down = fields.Integer(
        "Nights Below",
        default=30,
        help="How many nights in a row a customer must miss the figures to stay before a downgrade is proposed.",
    )
    criteria_told = fields.Char("Criteria in Words", compute="_compute_criteria_told")
    customer_count = fields.Integer("Number of Customers", compute="_compute_customer_count")

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US'), COALESCE(company_id, 0)) WHERE active", "Two tiers cannot bear the same name."
    )
    _spans = models.Constraint(
        "CHECK (stay_months BETWEEN 0 AND 120 AND days_up BETWEEN 0 AND 3650 AND days_down BETWEEN 0 AND 3650)",
        "A minimum stay lies between 0 and 120 months, nights between 0 and 3650.",
    )

    @api.depends("criterion_ids.told", "criteria_match")
    @api.depends_context("lang")
    def _compute_criteria_told(self):
        for tier in self:
            told = [criterion.told for criterion in tier.criterion_ids if criterion.told]
            joined = listed(told, self.env.lang, apart=True)
            if len(told) > 1 and tier.criteria_match == "any":
                joined = self.env._("Any of: %s", joined)
            tier.criteria_told = joined or self.env._("Given by hand only")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_customer_count(self):
        counts = {}
        if self.env["loan.customer"].has_access("read"):
            counts = dict(
                self.env["loan.customer"]._read_group([("tier_id", "in", self.ids)], ["tier_id"], ["__count"])
            )
        for tier in self:
            tier.customer_count = counts.get(tier._origin, 0)

    def action_open_customers(self):
        """Open the customers of this tier, as far as the user may see them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_customer_action")
        action["domain"] = [("tier_id", "=", self.id)]
        action["context"] = {}
        return action

    def _as_tier(self):
        """Read the tier into a core value."""
        self.ensure_one()
        return tiers.Tier(
            self.id,
            tuple(criterion._as_criterion() for criterion in self.criterion_ids),
            self.criteria_match == "all",
            self.stay_months,
            self.days_up,
            self.days_down,
        )

    @api.model
    def _of_company(self, company):
        """Return the tiers that the night may give a company's customers, the highest first.

        :param company: `res.company`
        """
        # As superuser: the rules are the lender's, whoever lets them run.
        return self.sudo().search(
            [("active", "=", True), ("company_id", "in", (False, company.id))], order="sequence, id"
        )

    @api.model
    def _facts_of(self, reasons):
        """Return reasons of a core verdict in a shape the database keeps."""
        return [
            {
                "measure": reason.measure,
                "figure": str(reason.figure) if isinstance(reason.figure, Decimal) else reason.figure,
                "needed": sorted(reason.needed)
                if isinstance(reason.needed, frozenset)
                else str(reason.needed),
                "met": reason.met,
            }
            for reason in reasons
        ]
