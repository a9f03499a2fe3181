from odoo import api, fields, models
from odoo.exceptions import ValidationError


class LoanProduct(models.Model):
    """What a lender offers: the terms a new contract starts from, and the bounds it must keep."""

    _name = "loan.product"
    _inherit = ["loan.guard.mixin", "mail.thread"]
    _description = "Loan Product"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="A short name for lists and imports.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        default=lambda self: self.env.company,
        help="Leave empty to offer the product in all companies.",
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, ondelete="restrict"
    )
    family = fields.Selection(
        [
            ("consumer", "Consumer"),
            ("car", "Car"),
            ("mortgage", "Mortgage"),
            ("business", "Business"),
            ("project", "Project Finance"),
        ],
        required=True,
        default="consumer",
    )
    repayment_method = fields.Selection(
        [("annuity", "Annuity (equal payments)")],
        required=True,
        default="annuity",
        help="Annuity: every month the same payment, of which interest takes less and principal more each time.",
    )
    yearly_rate = fields.Float(
        "Yearly Rate (%)",
        digits=(16, 6),
        tracking=True,
        help="Nominal yearly rate. A twelfth of it is charged each month.",
    )
    principal_min = fields.Monetary("Smallest Loan", tracking=True)
    principal_max = fields.Monetary("Largest Loan", tracking=True, help="Zero: no upper bound.")
    term_min = fields.Integer("Shortest Term", default=1, tracking=True, help="In months.")
    term_max = fields.Integer("Longest Term", default=360, tracking=True, help="In months.")
    reminder_policy_id = fields.Many2one(
        "loan.reminder.policy",
        "Reminder Policy",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="When borrowers of this product are reminded. Empty: the company's default policy.",
    )
    payment_instructions = fields.Text(
        "How to Pay", translate=True, help="Printed in each reminder. Empty: the company's own words."
    )
    description = fields.Html("Explained to the Borrower", translate=True)
    contract_count = fields.Integer(compute="_compute_contract_count")

    _code_uniq = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL", "A product with this code exists already."
    )
    _rate_sensible = models.Constraint(
        "CHECK (yearly_rate >= 0 AND yearly_rate <= 100)",
        "The yearly rate must lie between 0 and 100 percent.",
    )
    _principal_in_order = models.Constraint(
        "CHECK (principal_min >= 0 AND (principal_max = 0 OR principal_max >= principal_min))",
        "The largest loan cannot be smaller than the smallest one.",
    )
    _term_in_order = models.Constraint(
        "CHECK (term_min >= 1 AND term_max >= term_min AND term_max <= 600)",
        "Terms run from 1 to 600 months, and the longest cannot be shorter than the shortest.",
    )

    def _compute_contract_count(self):
        counts = dict(
            self.env["loan.contract"]._read_group(
                [("product_id", "in", self.ids)], ["product_id"], ["__count"]
            )
        )
        for product in self:
            product.contract_count = counts.get(product, 0)

    @api.constrains("currency_id")
    def _check_currency(self):
        # As superuser: contracts the administrator may not see count all the same.
        used = self.env["loan.contract"].sudo().search([("product_id", "in", self.ids)])
        changed = used.filtered(lambda contract: contract.currency_id != contract.product_id.currency_id)
        if changed:
            raise ValidationError(
                self.env._(
                    "The currency of a product that has loans cannot change. Make a new product instead."
                )
            )

    def action_open_contracts(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_contract_action")
        action["domain"] = [("product_id", "=", self.id)]
        action["context"] = {"default_product_id": self.id}
        return action
