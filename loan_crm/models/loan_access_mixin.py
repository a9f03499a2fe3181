from odoo import api, fields, models
from odoo.fields import Domain


class LoanAccessMixin(models.AbstractModel):
    """Who may see a record that carries customer data: one question, asked here for every model.

    Each protected model has the same global rule, ``[('loan_visible', '=', True)]``. The search method below
    runs for every query and is never cached, so a right that ends is gone with the next click. It answers on the
    record's own columns: on the customer and the contract themselves, elsewhere by one uncorrelated
    subquery on the customer, which stays as cheap as the cheapest predicate at millions of rows.

    Search and compute give the same answer: Odoo asks the first for lists and the second for single records.
    Both run as superuser on purpose, so it is ``env.uid``, not ``env.su``, that tells who is asking.
    """

    _name = "loan.access.mixin"
    _description = "Loan Access"

    # The column that leads to the customer; "id" on the customer itself.
    _loan_key = "customer_id"

    loan_visible = fields.Boolean(
        "Visible to Me",
        compute="_compute_loan_visible",
        search="_search_loan_visible",
        compute_sudo=True,
        export_string_translation=False,
    )

    @api.model
    def _loan_duty_columns(self):
        """Tell whether this model carries the customer's duty columns itself."""
        return all(name in self._fields for name in ("manager_user_id", "deputy_user_id", "team_id"))

    @api.depends_context("uid")
    @api.depends(
        lambda self: (
            ("manager_user_id", "deputy_user_id", "team_id")
            if self._loan_duty_columns()
            else (
                f"{self._loan_key}.manager_user_id",
                f"{self._loan_key}.deputy_user_id",
                f"{self._loan_key}.team_id",
            )
        )
    )
    def _compute_loan_visible(self):
        duty = self.env.user._loan_duty_domain()
        if self._loan_duty_columns():
            allowed = self.filtered_domain(duty)
        else:
            customers = self[self._loan_key].filtered_domain(duty)
            allowed = self.filtered(lambda record: record[self._loan_key] in customers)
        for record in self:
            record.loan_visible = record in allowed

    def _search_loan_visible(self, operator, value):
        if operator != "in":
            return NotImplemented
        duty = self.env.user._loan_duty_domain()
        if self._loan_duty_columns() or duty.is_true() or duty.is_false():
            return duty
        # As superuser: the duty domain is the rule, the customer's own rules would only ask it again.
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        return Domain(self._loan_key, "in", customers_sudo._search(duty))
