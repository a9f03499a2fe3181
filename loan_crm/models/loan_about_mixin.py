from odoo import api, fields, models
from odoo.exceptions import ValidationError


class LoanAboutMixin(models.AbstractModel):
    """A record about a customer and perhaps about one of their loans; whoever names the loan has named the customer.

    It stands beside `loan.recused.mixin`, for it may have come of a case as well.
    """

    _name = "loan.about.mixin"
    _inherit = ["loan.open.mixin"]
    _description = "About a Customer"

    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        required=True,
        index=True,
        ondelete="restrict",
        compute="_compute_customer_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    contract_id = fields.Many2one(
        "loan.contract",
        "Loan",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('customer_id', '=?', customer_id)]",
        help="Leave empty where it is about no loan in particular.",
    )
    company_id = fields.Many2one(related="customer_id.company_id", store=True, index=True, precompute=True)
    manager_user_id = fields.Many2one(related="customer_id.manager_user_id", string="Relationship Manager")

    @api.depends("contract_id")
    def _compute_customer_id(self):
        for record in self:
            record.customer_id = record.contract_id.customer_id or record.customer_id

    @api.constrains("customer_id", "contract_id")
    def _check_same_customer(self):
        for record in self:
            if record.contract_id and record.contract_id.customer_id != record.customer_id:
                raise ValidationError(self.env._("The customer and the loan must belong together."))

    @api.model
    def _first_to_see(self, users, place):
        """Return the first of some people who is still here and sees a record; nobody where none does.

        A to-do tells a name to whoever gets it.

        :param users: iterable of `res.users`, at most one each
        :param place: the record that the to-do is given on
        """
        return next(
            (user for user in users if user.active and place._loan_seen_by(user)), self.env["res.users"]
        )
