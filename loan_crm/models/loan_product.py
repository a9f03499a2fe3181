from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core import dates
from ..core.calendars import BusinessCalendar
from ..core.refusal import Refusal
from ..core.terms import MAX_YEARS, Terms, TermsError

_SAMPLE = Decimal(1_000_000)  # an amount that any options can be held against


class LoanProduct(models.Model):
    """What a lender offers: the terms a new contract starts from, and the bounds it must keep."""

    _name = "loan.product"
    _inherit = ["loan.terms.mixin", "loan.guard.mixin", "mail.thread"]
    _description = "Loan Product"
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(copy=False, help="A short name for lists and imports.")
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
        help="Decides which managers are proposed for its borrowers, by the families their desks name.",
    )
    yearly_rate = fields.Float(
        "Yearly Rate (%)",
        digits=(16, 6),
        tracking=True,
        help="Nominal yearly rate. A floating loan starts from it until its reference rate is known.",
    )
    principal_min = fields.Monetary(
        "Smallest Loan", tracking=True, help="A loan of less cannot be made of this product."
    )
    principal_max = fields.Monetary("Largest Loan", tracking=True, help="Zero: no upper bound.")
    term_min = fields.Integer("Shortest Term", default=1, tracking=True, help="Number of installments.")
    term_max = fields.Integer("Longest Term", default=360, tracking=True, help="Number of installments.")
    reminder_policy_id = fields.Many2one(
        "loan.reminder.policy",
        "Reminder Policy",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="When borrowers of this product are reminded. Empty: the company's default policy.",
    )
    cooling_off_days = fields.Integer(
        "Cooling-Off Days",
        default=0,
        help="So many days after the last signature of the agreement the borrower may withdraw without giving a "
        "reason. It is told on the page where they sign. 0: none.",
    )
    payment_instructions = fields.Text(
        "How to Pay", translate=True, help="Printed in each reminder. Empty: the company's own words."
    )
    description = fields.Html(
        "Explained to the Borrower",
        translate=True,
        help="Stands on the borrower's own page and on the sheet of key facts. Write it as you would say it.",
    )
    document_type_ids = fields.Many2many(
        "loan.document.type",
        string="Papers of an Application",
        domain="[('all_products', '=', False), ('company_id', 'in', [False, company_id])]",
        help="What an application for this product needs, beside what all applications need.",
    )
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
        "CHECK (term_min >= 1 AND term_max >= term_min AND term_max <= 2600)",
        "Terms run from 1 to 2600 installments, and the longest cannot be shorter than the shortest.",
    )

    def _compute_contract_count(self):
        counts = dict(
            self.env["loan.contract"]._read_group(
                [("product_id", "in", self.ids)], ["product_id"], ["__count"]
            )
        )
        for product in self:
            product.contract_count = counts.get(product, 0)

    @api.depends()
    def _compute_conventions(self):
        # Here choices begin: with those of the house.
        return super()._compute_conventions()

    @api.constrains(lambda self: self._option_names())
    def _check_options(self):
        """Refuse choices that no loan of this product could be made of."""
        for product in self:
            product._check_sample()
            if product.rate_type == "floating" and not product.reference_rate_id:
                raise ValidationError(
                    self.env._("A floating product follows a reference rate. Choose the one it follows.")
                )
            if product.due_rule == "fixed_day" and not 1 <= product.fixed_due_day <= 31:
                raise ValidationError(self.env._("The fixed due day is a day of the month, 1 to 31."))
            if product.due_rule != "same_day" and product.frequency in ("weekly", "biweekly"):
                raise ValidationError(
                    product._refusal_sentence(
                        Refusal("options_disagree", first="frequency", second="due_rule")
                    )
                )
            if (product.repayment_method == "balloon") != (0 < product.balloon_share < 100):
                raise ValidationError(
                    self.env._(
                        "A balloon is a share of the amount lent between 0 and 100 percent, and belongs to the annuity "
                        "with balloon alone."
                    )
                )
            if (product.repayment_method == "stepped") != bool(product.step_rate):
                raise ValidationError(
                    self.env._("Stepped payments need a step, and no other repayment method has one.")
                )
            if product.reprice_months < 1 or not 1 <= product.fixing_days <= 366:
                raise ValidationError(
                    self.env._(
                        "A floating rate is repriced after at least one month, and fixed a day to a year before it "
                        "holds, so that the borrower is told beforehand."
                    )
                )
            if not 0 <= product.least_first_days <= 366:
                raise ValidationError(self.env._("The shortest first period lies between 0 and 366 days."))
            if product.fee_rate < 0 or product.fee_amount < 0 or product.fee_rate > 100:
                raise ValidationError(self.env._("An upfront fee lies between nothing and the amount lent."))

    def _check_sample(self):
        """Refuse choices that disagree: those any loan of this product would be refused for.

        :raise ValidationError: naming the two
        """
        conventions, frequency = self._as_conventions(), dates.FREQUENCIES[self.frequency]
        moved = conventions.business_day_rule != "unadjusted"
        balloon = self.repayment_method == "balloon"
        try:
            Terms(
                principal=_SAMPLE,
                yearly_rate=Decimal("0.05"),
                count=min(self.term_max, MAX_YEARS * frequency.per_year),
                first_due=date(2000, 2, 15),
                cent=Decimal(str(self.currency_id.rounding)),
                method=self.repayment_method,
                frequency=self.frequency,
                balloon=_SAMPLE / 2 if balloon else Decimal(0),
                grace=self.grace,
                step_rate=self._as_fraction(self.step_rate)
                if self.repayment_method == "stepped"
                else Decimal(0),
                step_every=self.step_every,
                interest_grace=self.interest_grace,
                calendar=BusinessCalendar() if moved else None,
                conventions=conventions,
            )
        except TermsError as refusal:
            # A step that is missing altogether is told below, in the words of the form.
            if refusal.facts.get("second") != "step_rate":
                raise ValidationError(self._refusal_sentence(refusal)) from refusal

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
