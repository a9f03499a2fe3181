from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class LoanArrearsChange(models.Model):
    """A loan crossed a bound: it moved to another bucket or class. Written by the night and by repayments alone.

    One for a loan and day, from where the day began to where it ended; a loan's first grade begins with nothing.
    """

    _name = "loan.arrears.change"
    _inherit = ["loan.access.mixin"]
    _description = "Arrears Change"
    _order = "date desc, id desc"
    _rec_name = "contract_id"
    _log_access = False  # filled by one statement; its date tells when

    contract_id = fields.Many2one("loan.contract", "Loan", required=True, ondelete="restrict")
    customer_id = fields.Many2one("loan.customer", "Customer", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    date = fields.Date(required=True)
    days_past_due = fields.Integer("Days Past Due", required=True, aggregator="max")
    bucket_from_id = fields.Many2one("loan.arrears.bucket", "Bucket Before", ondelete="restrict")
    bucket_to_id = fields.Many2one("loan.arrears.bucket", "Bucket", ondelete="restrict")
    class_from_id = fields.Many2one("loan.asset.class", "Class Before", ondelete="restrict")
    class_to_id = fields.Many2one("loan.asset.class", "Class", ondelete="restrict")
    bucket_changed = fields.Boolean(
        "Another Bucket", compute="_compute_bucket_changed", search="_search_bucket_changed"
    )

    _once_a_day = models.UniqueIndex("(contract_id, date)", "A loan has one arrears change a day.")
    _company_date_idx = models.Index("(company_id, date)")

    @api.depends("bucket_from_id", "bucket_to_id")
    def _compute_bucket_changed(self):
        for change in self:
            before = change.bucket_from_id
            change.bucket_changed = before and before != change.bucket_to_id

    def _search_bucket_changed(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "(%(before)s IS NOT NULL AND %(before)s IS DISTINCT FROM %(after)s)",
                before=model._field_to_sql(alias, "bucket_from_id", query),
                after=model._field_to_sql(alias, "bucket_to_id", query),
            ),
            predicate=lambda change: change.bucket_changed,
        )
