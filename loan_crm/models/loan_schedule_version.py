from odoo import api, fields, models


class LoanScheduleVersion(models.Model):
    """A schedule as it held for a time: written when a loan is paid out and at each change, readable for ever.

    It owns no rows: an installment knows from which version to which it held, and most of them hold in many.
    """

    _name = "loan.schedule.version"
    _inherit = ["loan.access.mixin"]
    _description = "Schedule Version"
    _order = "contract_id, number desc"

    contract_id = fields.Many2one("loan.contract", "Loan", required=True, index=True, ondelete="restrict")
    customer_id = fields.Many2one(
        related="contract_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    currency_id = fields.Many2one(related="contract_id.currency_id")
    number = fields.Integer("Version", required=True, aggregator=None)
    date = fields.Date("In Force From", required=True)
    event_id = fields.Many2one(
        "loan.contract.event",
        "Change",
        index="btree_not_null",
        ondelete="restrict",
        help="The change that made this version. Empty: the schedule as the loan began.",
    )
    note = fields.Char("Reason")
    row_count = fields.Integer("Number of Installments", aggregator=None)
    last_due_date = fields.Date("Maturity")
    interest_total = fields.Monetary("Total Interest", help="Over the whole term, paid and still to come.")
    amount_total = fields.Monetary("Total to Repay", help="Principal and interest over the whole term.")
    interest_change = fields.Monetary("Interest against Before", compute="_compute_change")
    amount_change = fields.Monetary("Total against Before", compute="_compute_change")
    row_change = fields.Integer("Installments against Before", compute="_compute_change")
    installment_ids = fields.One2many("loan.installment", string="Rows", compute="_compute_installment_ids")
    difference_html = fields.Html(
        "Difference",
        compute="_compute_difference_html",
        sanitize=False,
        help="Row by row against the version before.",
    )
    holds = fields.Boolean("Holds Now", compute="_compute_change")

    _number_uniq = models.UniqueIndex("(contract_id, number)", "A loan has one schedule of each version.")

    @api.depends("number", "contract_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(loan)s, version %(number)s", loan=version.contract_id.name, number=version.number
            )

    @api.depends("interest_total", "amount_total", "row_count", "contract_id.version_ids")
    def _compute_change(self):
        before = {
            (version.contract_id.id, version.number): version for version in self.contract_id.version_ids
        }
        for version in self:
            last = before.get((version.contract_id.id, version.number - 1))
            version.interest_change = version.interest_total - last.interest_total if last else 0.0
            version.amount_change = version.amount_total - last.amount_total if last else 0.0
            version.row_change = version.row_count - last.row_count if last else 0
            version.holds = version.number == version.contract_id.version_number

    @api.depends("number", "contract_id")
    def _compute_installment_ids(self):
        rows = self.env["loan.installment"].search([("contract_id", "in", self.contract_id.ids)])
        for version in self:
            version.installment_ids = rows.filtered(
                lambda row, version=version: (
                    row.contract_id == version.contract_id
                    and row.version_from <= version.number
                    and (not row.version_to or row.version_to > version.number)
                )
            )

    def _rows(self, number):
        """Return the rows of this loan that held in a version."""
        rows = self.env["loan.installment"].search([("contract_id", "=", self.contract_id.id)])
        return rows.filtered(
            lambda row: row.version_from <= number and (not row.version_to or row.version_to > number)
        )

    @api.depends("number", "contract_id")
    @api.depends_context("lang")
    def _compute_difference_html(self):
        for version in self:
            version.difference_html = version.number > 1 and version.contract_id._difference_html(
                version._rows(version.number - 1), version._rows(version.number)
            )
