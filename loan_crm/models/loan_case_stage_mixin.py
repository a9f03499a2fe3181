from odoo import api, fields, models
from odoo.fields import Domain

# So many days after the money was paid out a case is still about paying out.
_PAYOUT_DAYS = 30


class LoanCaseStageMixin(models.AbstractModel):
    """Where on a loan's way a case came up, and with which product: what makes weak spots of categories.

    The stage is noted when a case comes in, and again when its loan or its customer is entered. It does not follow
    the loan: a complaint about paying out stays one when the loan has long been repaid.
    """

    _name = "loan.case.stage.mixin"
    _description = "Stage of a Case"

    product_id = fields.Many2one(
        "loan.product",
        "Product",
        compute="_compute_product_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    journey = fields.Selection(
        [
            ("apply", "Applying"),
            ("payout", "Paying Out"),
            ("repay", "Repaying"),
            ("late", "In Arrears"),
            ("end", "After the End"),
            ("none", "About No Loan"),
        ],
        "Stage of the Loan",
        compute="_compute_journey",
        store=True,
        precompute=True,
        help="Where the loan stood when the case came in.",
    )

    @api.depends("contract_id.product_id")
    def _compute_product_id(self):
        for case in self:
            case.product_id = case.contract_id.product_id

    @api.depends("contract_id", "customer_id")  # and not of what becomes of the loan: see above
    def _compute_journey(self):
        with_loans = self._with_loans()
        for case in self:
            case.journey = case._journey(with_loans)

    def _with_loans(self):
        """Return the ids of the customers of these cases who have, or had, a loan."""
        customers = self.filtered(lambda case: not case.contract_id).customer_id
        if not customers:
            return set()
        # As superuser: whether there is a loan decides on a word, whose it is told to nobody.
        contracts_sudo = self.env["loan.contract"].sudo()
        ran = Domain("customer_id", "in", customers.ids) & Domain("state", "in", ("active", "closed"))
        return {customer.id for (customer,) in contracts_sudo._read_group(ran, ["customer_id"])}

    def _journey(self, with_loans):
        """Return the stage as the loan stood on the day the case came in, as far as it still tells.

        :param set with_loans: ids of the customers who have, or had, a loan
        """
        contract = self.contract_id
        if not contract:
            return "none" if self.customer_id.id in with_loans else "apply"
        day = (self.opened_at or fields.Datetime.now()).date()
        if contract.state in ("draft", "cancelled") or not contract.start_date or contract.start_date > day:
            return "apply"
        if (day - contract.start_date).days <= _PAYOUT_DAYS:
            return "payout"
        if contract.state == "closed":
            return "end"
        return "late" if contract.day_zero and contract.day_zero < day else "repay"
