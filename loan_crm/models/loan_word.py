from odoo import api, fields, models
from odoo.tools import SQL

# The number of a row is its source's number twice, and one more for a borrower's.
_SIDES = 2


class LoanWord(models.Model):
    """Every word that was given, by us and to us: who, to whom, by when, and what became of it.

    Nothing is stored: a row is a commitment of ours or a borrower's promise to pay. What was promised in a case about a
    colleague, or in one that is kept to few, stands with the case alone. Shares are of those decided, in
    time; how many these are stands beside each share.
    """

    _name = "loan.word"
    _inherit = ["loan.access.mixin"]
    _description = "Word Given"
    _auto = False
    _order = "date_due desc, id desc"
    _rec_name = "told"
    _depends = {
        "loan.commitment": [
            "case_id",
            "company_id",
            "contract_id",
            "customer_id",
            "date_due",
            "done_at",
            "kind_id",
            "name",
            "partner_id",
            "promised_on",
            "replacements",
            "state",
            "user_id",
        ],
        "loan.promise": [
            "company_id",
            "contract_id",
            "customer_id",
            "date_promised",
            "made_on",
            "note",
            "partner_id",
            "replacements",
            "state",
        ],
        "loan.case": ["about_user_id", "loan_level"],
        "loan.customer": ["manager_user_id"],
    }

    side = fields.Selection(
        [("ours", "We promised"), ("theirs", "They promised")], "Whose Word", required=True, readonly=True
    )
    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, readonly=True, ondelete="restrict"
    )
    contract_id = fields.Many2one("loan.contract", "Loan", readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Borrower", readonly=True, ondelete="restrict", help="Who promised, or to whom we did."
    )
    user_id = fields.Many2one(
        "res.users", "Colleague", readonly=True, help="Who is to do it; of a borrower's word, the manager."
    )
    kind_id = fields.Many2one("loan.commitment.kind", "Kind of Commitment", readonly=True)
    promised_on = fields.Date("Promised On", readonly=True)
    date_due = fields.Date("By When", readonly=True)
    state = fields.Selection(
        [
            ("open", "Still Open"),
            ("kept", "Kept"),
            ("late", "Late or in Part"),
            ("broken", "Broken"),
            ("replaced", "Put Off"),
            ("withdrawn", "Withdrawn"),
        ],
        "Status",
        readonly=True,
    )
    replacements = fields.Integer("Times Put Off", readonly=True, aggregator="max")
    decided = fields.Integer("Decided", readonly=True, help="How many a share is counted from.")
    kept_share = fields.Float(
        "Share Kept", readonly=True, aggregator="avg", help="Of those decided, in time."
    )
    told = fields.Char("What", compute="_compute_told")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT given.id * %(sides)s AS id, 'ours' AS side, given.customer_id, given.contract_id, given.company_id,
                   given.partner_id, given.user_id, given.kind_id, given.promised_on, given.date_due,
                   CASE given.state WHEN 'due' THEN 'open' ELSE given.state END AS state,
                   given.replacements, (given.state IN ('kept', 'late', 'broken'))::integer AS decided,
                   CASE WHEN given.state = 'kept' THEN 1.0
                        WHEN given.state IN ('late', 'broken') THEN 0.0 END AS kept_share
              FROM loan_commitment given
             WHERE NOT EXISTS (SELECT FROM loan_case kept WHERE kept.id = given.case_id
                                  AND (kept.about_user_id IS NOT NULL OR kept.loan_level > 0))
             UNION ALL
            SELECT promise.id * %(sides)s + 1, 'theirs', promise.customer_id, promise.contract_id, promise.company_id,
                   promise.partner_id, customer.manager_user_id, NULL, promise.made_on, promise.date_promised,
                   CASE promise.state WHEN 'partly' THEN 'late' ELSE promise.state END,
                   promise.replacements, (promise.state IN ('kept', 'partly', 'broken'))::integer,
                   CASE WHEN promise.state = 'kept' THEN 1.0
                        WHEN promise.state IN ('partly', 'broken') THEN 0.0 END
              FROM loan_promise promise
              JOIN loan_customer customer ON customer.id = promise.customer_id
            """,
            sides=_SIDES,
        )

    def _source(self):
        """Return the record behind a row: a commitment, or a promise to pay."""
        self.ensure_one()
        return self.env["loan.promise" if self.id % _SIDES else "loan.commitment"].browse(self.id // _SIDES)

    @api.depends("side")
    @api.depends_context("lang", "uid")
    def _compute_told(self):
        for row in self:
            source_sudo = row._source().sudo()  # who sees the row sees its source
            row.told = source_sudo.name if row.side == "ours" else source_sudo.display_name

    def action_open(self):
        """Open the word itself."""
        source = self._source()
        return {
            "type": "ir.actions.act_window",
            "res_model": source._name,
            "res_id": source.id,
            "views": [(False, "form")],
        }
