from odoo import api, models
from odoo.tools import SQL

from ..core import evidence

_BATCH = 5000


class LoanLogCheckMixin(models.AbstractModel):
    """Whether the chains still are what was sealed, and in words what was found where they are not."""

    _name = "loan.log.check.mixin"
    _description = "Log: Its Check"

    @api.model
    def _verify(self, anchors=()):
        """Walk along all chains.

        :param anchors: :class:`core.evidence.Anchor`, compared as well
        :return: how many entries there are, and the first :class:`core.evidence.Break` of each chain that has one
        """
        heads = self.env.execute_query(SQL("SELECT chain, seq, seal FROM loan_access_head ORDER BY chain"))
        ends = {chain: (seq, seal) for chain, seq, seal in heads}
        for chain in self._known_chains() - ends.keys():
            ends[chain] = (0, evidence.GENESIS)  # a chain without a head
        stones = self._tombstones()
        count, broken = 0, []
        for chain in sorted(ends):
            check = self._walk(chain, stones.get(chain))
            count += check.count
            if found := check.end(*ends[chain]):
                broken.append(found)
        if anchors:
            purged = {chain: seq for chain, (seq, _seal) in stones.items()}
            if found := evidence.compare(anchors, self._seals(anchors), purged):
                broken.append(found)
        return count, broken

    @api.model
    def _known_chains(self):
        rows = self.env.execute_query(SQL("SELECT DISTINCT chain FROM loan_access_log"))
        return {chain for (chain,) in rows} | set(range(2 * evidence.CHAINS))

    @api.model
    def _walk(self, chain, tombstone):
        columns = SQL(", ").join(map(SQL.identifier, (*evidence.SEALED, "seal")))
        check, last = None, -1
        while True:  # so many at a time: a chain may be longer than what fits in memory
            rows = self.env.execute_query(
                SQL(
                    "SELECT %s FROM loan_access_log WHERE chain = %s AND seq > %s ORDER BY seq LIMIT %s",
                    columns,
                    chain,
                    last,
                    _BATCH,
                )
            )
            if check is None:
                check = evidence.Check(
                    chain, rows[0][evidence.SEALED.index("seq")] if rows else None, tombstone
                )
            for row in rows:
                check.take(dict(zip(evidence.SEALED, row, strict=False)), row[-1])
            if len(rows) < _BATCH:
                return check
            last = rows[-1][evidence.SEALED.index("seq")]

    @api.model
    def _seals(self, anchors):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT log.chain, log.seq, log.seal
                  FROM loan_access_log log
                  JOIN unnest(%s, %s) AS anchor (chain, seq) ON anchor.chain = log.chain AND anchor.seq = log.seq
                """,
                [anchor.chain for anchor in anchors],
                [anchor.seq for anchor in anchors],
            )
        )
        return {(chain, seq): seal for chain, seq, seal in rows}

    @api.model
    def _explain_break(self, found):
        """Return a sentence that names a broken link.

        :param found: :class:`core.evidence.Break`
        """
        words = {
            "changed": self.env._(
                "Chain %(chain)s, entry %(seq)s: it is not what was sealed. It was changed, or put in its place."
            ),
            "missing": self.env._("Chain %(chain)s, entry %(seq)s: it is gone."),
            "start": self.env._(
                "Chain %(chain)s, entry %(seq)s: the oldest entries are gone, and no purge tells of it."
            ),
            "end": self.env._("Chain %(chain)s, entry %(seq)s: it and all after it are gone."),
            "head": self.env._(
                "Chain %(chain)s, entry %(seq)s: the chain ends otherwise. It was written anew, or put back."
            ),
            "anchor": self.env._(
                "Chain %(chain)s, entry %(seq)s: it is not what was written down outside the database."
            ),
        }
        return words[found.kind] % {"chain": found.chain, "seq": found.seq}
