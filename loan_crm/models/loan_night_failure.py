from odoo import api, fields, models


class LoanNightFailure(models.Model):
    """A loan or a customer that a night could not treat: at which step and why, for a person to put right.

    The next night tries again by itself; each night lists what failed in it.
    """

    _name = "loan.night.failure"
    _inherit = ["loan.access.mixin"]
    _description = "Failure of a Night"
    _order = "night_id desc, id"
    _rec_name = "customer_id"

    night_id = fields.Many2one(
        "loan.night", "Night", required=True, readonly=True, index=True, ondelete="cascade"
    )
    date = fields.Date(related="night_id.date", store=True, precompute=True)
    company_id = fields.Many2one(
        related="night_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    contract_id = fields.Many2one(
        "loan.contract",
        "Loan",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty where it is about the customer as a whole.",
    )
    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        compute="_compute_customer_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        index=True,
        ondelete="restrict",
    )
    step = fields.Selection(
        [
            ("spend", "Waiting Credit"),
            ("move", "Business Days"),
            ("reprice", "Repricing"),
            ("notice", "Letter about a New Rate"),
            ("promise", "Promise to Pay"),
            ("commitment", "What We Promised"),
            ("recovery", "Recovery Plan"),
            ("tier", "Tier"),
            ("service", "Service Plan"),
            ("assign", "Assignment"),
            ("conflict", "Conflict of Interest"),
            ("renew", "Renewal"),
            ("papers", "Papers That Expire"),
            ("erase", "Erasure"),
            ("campaign", "Access Review"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Text(required=True, readonly=True)

    _once = models.UniqueIndex(
        "(night_id, customer_id, COALESCE(contract_id, 0), step)", "A night tells once what went wrong."
    )

    @api.depends("contract_id")
    def _compute_customer_id(self):
        for failure in self:
            failure.customer_id = failure.contract_id.customer_id or failure.customer_id

    def action_open_subject(self):
        """Open the loan, or the customer where it is about no loan in particular."""
        self.ensure_one()
        subject = self.contract_id or self.customer_id
        return {
            "type": "ir.actions.act_window",
            "res_model": subject._name,
            "res_id": subject.id,
            "views": [(False, "form")],
        }
