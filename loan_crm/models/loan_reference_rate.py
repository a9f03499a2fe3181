from odoo import api, fields, models


class LoanReferenceRate(models.Model):
    """A rate that somebody else publishes and floating loans follow: the LPR of a tenor, a central bank's rate.

    Each publication is a dated value that holds until the next one. Values are history that installments were
    worked out with, so only an administrator writes them, and the rate's own log tells who wrote what.
    """

    _name = "loan.reference.rate"
    _inherit = ["mail.thread"]
    _description = "Reference Rate"
    _order = "code, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, tracking=True, help="A short name for lists and imports.")
    active = fields.Boolean(default=True, tracking=True)
    note = fields.Text("Where It Is Published", translate=True)
    value_ids = fields.One2many(
        "loan.reference.rate.value",
        "rate_id",
        "Values",
        copy=False,
        help="Each holds from its day until the next one. Loans that follow the rate take it over on their "
        "own rate days.",
    )
    current_value = fields.Float(
        "Value Today (%)",
        digits=(16, 6),
        compute="_compute_current",
        help="The latest value up to today.",
    )
    current_date = fields.Date("In Force Since", compute="_compute_current")
    contract_count = fields.Integer("Loans That Follow It", compute="_compute_contract_count")

    _code_uniq = models.UniqueIndex("(code)", "A reference rate with this code exists already.")

    @api.depends("value_ids.date", "value_ids.value")
    @api.depends_context("company")
    def _compute_current(self):
        today = self.env.company._loan_today()
        for rate in self:
            current = rate._value_record_on(today)
            rate.current_value = current.value
            rate.current_date = current.date

    @api.depends_context("uid")
    def _compute_contract_count(self):
        counts = dict(
            self.env["loan.contract"]._read_group(
                self._following_domain(), ["reference_rate_id"], ["__count"]
            )
        )
        for rate in self:
            rate.contract_count = counts.get(rate, 0)

    def _following_domain(self):
        return [
            ("reference_rate_id", "in", self.ids),
            ("rate_type", "=", "floating"),
            ("state", "=", "active"),
        ]

    def _value_record_on(self, day):
        self.ensure_one()
        return self.value_ids.filtered(lambda value: value.date and value.date <= day).sorted("date")[-1:]

    def _value_on(self, day):
        """Return the value in force on a day, the latest one published up to it.

        :param date day: any day
        :return: a Decimal fraction, 0.0345 for 3.45 percent; None before the first value
        """
        value = self._value_record_on(day)
        return value._as_fraction() if value else None

    def _values(self):
        """Return every value as a list of `(date, Decimal fraction)`, the oldest first."""
        self.ensure_one()
        return [(value.date, value._as_fraction()) for value in self.value_ids.sorted("date")]

    @api.private
    def copy_data(self, default=None):
        return [
            {**vals, "code": (default or {}).get("code") or self.env._("%s (copy)", rate.code)}
            for rate, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def action_open_contracts(self):
        """Open the running loans whose rate follows this one, as far as the user may see them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_contract_action")
        action["domain"] = self._following_domain()
        action["context"] = {"loan_with_customer": True}
        return action

    def action_open_values(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reference_rate_value_action")
        # Of one rate alone: where two were published on different days, the graph would draw zeros between.
        action["domain"] = [("rate_id", "=", self.id)]
        return action
