from odoo import api, models
from odoo.tools import SQL


class LoanLogPurgeMixin(models.AbstractModel):
    """How the oldest entries go when the time to keep them is over: each chain keeps a stone that tells how far.

    The stone is an entry of its chain like any other and bears the seal of the last one that went, so what stays can
    still be checked; the triggers of the database let nothing go that no stone tells of.
    """

    _name = "loan.log.purge.mixin"
    _description = "Log: Its Purge"

    @api.model
    def _purge(self, before):
        """Take entries from before a moment away, and leave on record in each chain that and how far this was done.

        :param datetime before: naive UTC
        :return: how many went
        """
        rows = self.env.execute_query(
            SQL(
                """
                  SELECT old.chain, old.seq, old.seal
                    FROM loan_access_log old
                    JOIN (SELECT log.chain, min(log.seq) FILTER (WHERE log.logged_at >= %(before)s) AS stays,
                                 max(log.seq) AS newest
                            FROM loan_access_log log
                        GROUP BY log.chain) chains
                      ON chains.chain = old.chain AND old.seq = coalesce(chains.stays - 1, chains.newest)
                ORDER BY old.chain
                """,
                before=before,
            )
        )
        count = 0
        for chain, seq, seal in rows:
            # The entry of the purge stands in the chain it is about: what stays there explains itself.
            tombstone = {**self._actor(), "event": "purge", "facts": {"up_to": seq, "seal": seal}, "count": 0}
            self._append_to(chain, [tombstone])
            self.env.cr.execute(SQL("DELETE FROM loan_access_log WHERE chain = %s AND seq <= %s", chain, seq))
            count += self.env.cr.rowcount
        self.invalidate_model(flush=False)
        return count

    @api.model
    def _tombstones(self):
        """Return `{chain: (number, seal)}` of the last purged entry of each chain."""
        rows = self.env.execute_query(
            SQL(
                """
                  SELECT DISTINCT ON (chain) chain, facts ->> 'up_to', facts ->> 'seal'
                    FROM loan_access_log
                   WHERE event = 'purge' AND facts ? 'up_to'
                ORDER BY chain, seq DESC
                """
            )
        )
        return {chain: (int(up_to), seal) for chain, up_to, seal in rows}
