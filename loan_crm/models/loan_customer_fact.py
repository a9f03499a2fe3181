from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

_MONTH_DAYS = 30.44


class LoanCustomerFact(models.Model):
    """One figure about a customer's means, as of a day and from a source. A newer one stands beside it, not over it."""

    _name = "loan.customer.fact"
    _inherit = ["loan.access.mixin"]
    _description = "Financial Fact"
    _order = "as_of desc, id desc"
    _rec_names_search = ["type_id.name", "customer_id.name"]
    _check_company_auto = True

    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    type_id = fields.Many2one(
        "loan.fact.type",
        "Fact",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        help="What the figure is about; it says for how long it may be relied on.",
    )
    unit = fields.Selection(related="type_id.unit")
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        ondelete="restrict",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    amount = fields.Monetary(aggregator="avg", help="As of the day above. An older figure stays beside it.")
    number = fields.Float(
        "Value",
        digits=(16, 2),
        aggregator="avg",
        help="As of the day above. An older figure stays beside it.",
    )
    words = fields.Char("In Words", help="e.g. a rating and who gave it")
    told = fields.Char("Figure", compute="_compute_told")
    as_of = fields.Date(
        "As Of",
        required=True,
        default=lambda self: self.env.company._loan_today(),
        help="The day, or the last day of the period, that the figure speaks of.",
    )
    source = fields.Selection(
        [
            ("customer", "The Customer Said"),
            ("document", "Seen in a Document"),
            ("statement", "Bank Statement"),
            ("accounts", "Annual Accounts"),
            ("tax", "Tax Return"),
            ("bureau", "Credit Bureau"),
            ("estimate", "Our Estimate"),
        ],
        required=True,
        default="customer",
        help="How far it can be trusted: what was seen weighs more than what was said.",
    )
    note = fields.Char()
    entered_user_id = fields.Many2one(
        "res.users",
        "Entered By",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        copy=False,
    )
    age_months = fields.Integer("Months Old", compute="_compute_age", aggregator=None)
    age_told = fields.Char("Age", compute="_compute_age")
    is_stale = fields.Boolean("Out of Date", compute="_compute_age")

    _latest_idx = models.Index("(customer_id, type_id, as_of DESC, id DESC)")

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"entered_user_id"}

    @api.depends("type_id", "as_of")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for fact in self:
            fact.display_name = f"{fact.type_id.name or ''} {fact.as_of or ''}".strip()

    @api.depends("customer_id")
    def _compute_currency_id(self):
        for fact in self:
            company = fact.customer_id.company_id or self.env.company
            fact.currency_id = fact.currency_id or company.currency_id

    @api.depends("unit", "amount", "number", "words", "currency_id")
    @api.depends_context("lang")
    def _compute_told(self):
        for fact in self:
            if fact.unit == "money":
                fact.told = fact.currency_id.format(fact.amount)
            elif fact.unit == "text":
                fact.told = fact.words
            else:
                told = f"{fact.number:,.2f}".rstrip("0").rstrip(".")
                fact.told = f"{told} %" if fact.unit == "percent" else told

    @api.depends("as_of", "type_id", "company_id")
    @api.depends_context("lang")
    def _compute_age(self):
        for fact in self:
            today = (fact.company_id or self.env.company)._loan_today()
            days = max(0, (today - fact.as_of).days) if fact.as_of else 0
            fact.age_months = int(days / _MONTH_DAYS)
            limit = fact.type_id.max_age_months
            fact.is_stale = bool(limit) and days > limit * _MONTH_DAYS
            if fact.age_months < 1:
                fact.age_told = self.env._("this month")
            elif fact.age_months == 1:
                fact.age_told = self.env._("a month old")
            else:
                fact.age_told = self.env._("%s months old", fact.age_months)

    @api.constrains("as_of")
    def _check_as_of(self):
        for fact in self:
            if fact.as_of > fact.company_id._loan_today():
                raise ValidationError(self.env._("A fact speaks of a day that has come."))

    @api.constrains("type_id", "amount", "number", "words")
    def _check_figure(self):
        for fact in self:
            if fact.unit == "text" and not (fact.words or "").strip():
                raise ValidationError(self.env._("Say %s in words.", fact.type_id.name))

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "delete": "later",
            "why": self.env._("What a loan was decided on is part of its records."),
        }

    @api.model
    def _latest_ids(self, customers):
        """Return the ids of the newest fact of each kind of these customers, in one query.

        :param customers: `loan.customer`, of which the caller may see the facts
        """
        if not customers.ids:
            return []
        self.flush_model(["customer_id", "type_id", "as_of"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (customer_id, type_id) id
                  FROM loan_customer_fact
                 WHERE customer_id = ANY(%s)
              ORDER BY customer_id, type_id, as_of DESC, id DESC
                """,
                customers.ids,
            )
        )
        return [row[0] for row in rows]
