from odoo import api, fields, models
from odoo.tools import SQL

from ..core import evidence


class LoanAccessHead(models.Model):
    """Where a chain of the access log ends: the number and the seal of its newest entry.

    A row for each chain, made when the addon is installed. Writers of one chain wait for its row, so entries are
    numbered without a gap; those of other chains go on. Nobody writes one by hand.
    """

    _name = "loan.access.head"
    _inherit = ["loan.log.guard.mixin"]
    _description = "End of a Chain of the Access Log"
    _log_access = False
    _order = "chain"
    _rec_name = "chain"

    chain = fields.Integer(required=True, readonly=True, aggregator=None)
    seq = fields.Integer("Entries", required=True, readonly=True)
    seal = fields.Char("Last Seal", required=True, readonly=True)

    _chain_uniq = models.UniqueIndex("(chain)")

    @api.private
    def init(self):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO loan_access_head (chain, seq, seal)
                     SELECT chain, 0, %s FROM generate_series(0, %s) chain
                ON CONFLICT (chain) DO NOTHING
                """,
                evidence.GENESIS,
                2 * evidence.CHAINS - 1,
            )
        )
