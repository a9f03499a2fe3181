from odoo import api, fields, models
from odoo.fields import Domain

from ..core import clocks

KINDS = [
    ("inquiry", "Inquiry"),
    ("request", "Request"),
    ("complaint", "Complaint"),
    ("hardship", "Hardship"),
]
CHANNELS = [
    ("email", "Email"),
    ("page", "Borrower's Page"),
    ("phone", "Telephone"),
    ("message", "Message App"),
    ("visit", "Visit"),
    ("branch", "At the Branch"),
    ("post", "Letter"),
    ("survey", "Survey"),
    ("public", "Public Network"),
    ("other", "Other"),
]


class LoanSlaPolicy(models.Model):
    """A promise about time: within so long such a case is answered, or settled.

    Of the house's own policies the first that fits a case counts for each measure. A regulator's stand beside it, each
    of them, whatever the house wants of itself: both clocks run.
    """

    _name = "loan.sla.policy"
    _inherit = ["mail.thread"]
    _description = "Service Level"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", index=True, help="Leave empty to offer it in all companies.")
    measure = fields.Selection(
        [("first_response", "First Response"), ("resolution", "Resolution")],
        required=True,
        default="first_response",
        tracking=True,
        help="First response: until a person has written or spoken something of substance to the customer. "
        "Resolution: until the case is solved.",
    )
    amount = fields.Integer(
        "Within",
        required=True,
        default=8,
        tracking=True,
        help="How long it may take, in the unit beside it. When it is over the clock turns red and the lead is told.",
    )
    unit = fields.Selection(
        [
            ("hours", "Working Hours"),
            ("minutes", "Working Minutes"),
            ("business_days", "Business Days"),
            ("days", "Calendar Days"),
        ],
        required=True,
        default="hours",
        tracking=True,
        help="Working hours and minutes are those of the case's team. Days end at midnight, on the lender's clock, and "
        "are counted from the day after the one a case came in.",
    )
    is_regulator = fields.Boolean(
        "By Law",
        tracking=True,
        help="Runs beside what the house wants of itself.",
    )
    pauses = fields.Boolean(
        "Waits for the Customer",
        default=True,
        tracking=True,
        help="The clock stands still while the case waits for the customer. Most laws know no such pause.",
    )
    source = fields.Char("Where It Is Written", help="The article, the manual, the decision it comes from.")
    kind = fields.Selection(KINDS, "Case Type", help="Empty: of any kind.")
    severity = fields.Selection(
        [("general", "General"), ("major", "Major")], help="Of complaints. Empty: of any severity."
    )
    channel = fields.Selection(CHANNELS, help="Empty: by whatever way it came in.")
    tier_ids = fields.Many2many(
        "loan.customer.tier",
        string="Tiers",
        check_company=True,
        help="Only for customers of these tiers. Empty: for everybody.",
    )
    category_ids = fields.Many2many("loan.case.category", string="Categories", help="With their parts.")
    priority = fields.Selection(
        [("0", "Normal"), ("1", "Higher"), ("2", "High"), ("3", "Urgent")],
        "From Priority",
        default="0",
        required=True,
        help="Only for cases of this priority or a higher one. Normal: for all.",
    )
    extension_ids = fields.One2many(
        "loan.sla.extension",
        "policy_id",
        "Extensions",
        copy=True,
        help="How often and by how much the time may be extended, and who says so.",
    )
    target_told = fields.Char("Target", compute="_compute_target_told")

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A target takes longer than nothing.")

    @api.depends("amount", "unit")
    @api.depends_context("lang")
    def _compute_target_told(self):
        for policy in self:
            policy.target_told = policy._told(policy.amount)

    def _told(self, amount):
        """Return an amount of this policy's unit in words."""
        if self.unit == "minutes":
            return self.env._("%s working minutes", amount)
        if self.unit == "business_days":
            return self.env._("%s business days", amount)
        if self.unit == "days":
            return self.env._("%s calendar days", amount)
        return self.env._("1 working hour") if amount == 1 else self.env._("%s working hours", amount)

    def _target(self, more=0):
        """Return what a clock of this policy runs against.

        :param int more: by how much it was extended, in the policy's unit
        :rtype: core.clocks.Target
        """
        amount = self.amount + more
        return (
            clocks.Target(amount * 60, "minutes")
            if self.unit == "hours"
            else clocks.Target(amount, self.unit)
        )

    @api.model
    def _of_company(self, company):
        """Return the policies a company has switched on, in their order."""
        # As superuser: what the house promises is asked by whoever takes a case in.
        return self.sudo().search(Domain("company_id", "in", (False, company.id)))

    def _choose(self, case):
        """Return which of these policies hold for a case: the house's first for each measure, and each regulator's.

        :param case: `loan.case`
        """
        chosen, taken = self.browse(), set()
        for policy in self:
            if policy.is_regulator:
                if policy._fits(case):
                    chosen |= policy
            elif policy.measure not in taken and policy._fits(case):
                taken.add(policy.measure)
                chosen |= policy
        return chosen

    def _fits(self, case):
        """Tell whether a case meets each condition of this policy."""
        customer, category = case.customer_id, case.category_id
        above = set(map(int, filter(None, (category.parent_path or "").split("/"))))
        return (
            (not self.kind or self.kind == case.kind)
            and (not self.severity or (case.kind == "complaint" and self.severity == case.severity))
            and (not self.channel or self.channel == case.channel)
            and (not self.tier_ids or customer.tier_id in self.tier_ids)
            and (not self.category_ids or not above.isdisjoint(self.category_ids.ids))
            and (case.priority or "0") >= self.priority
        )
