from collections import defaultdict

from psycopg2.extras import Json

from odoo import api, models
from odoo.tools import SQL

from ..core import evidence


class LoanLogChainMixin(models.AbstractModel):
    """How entries become a chain: numbered without a gap and sealed with the seal of the one before.

    Writers of one chain wait for its end (`loan.access.head`); those of other chains go on.
    """

    _name = "loan.log.chain.mixin"
    _description = "Log: Its Chains"

    @api.model
    def _append(self, rows, apart=True):
        """Seal entries and write them to the end of their chains.

        :param list rows: dicts of columns; the chain, the number, the moment and the seal are added
        :param bool apart: see `core.evidence.chain_of`
        """
        chains = defaultdict(list)
        for row in rows:
            chains[evidence.chain_of(row["uid"], apart)].append(row)
        for chain in sorted(chains):  # in one order, so that two never wait for each other
            self._append_to(chain, chains[chain])
        self.invalidate_model(flush=False)
        self.env["loan.access.head"].invalidate_model(flush=False)

    @api.model
    def _append_to(self, chain, rows):
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                   UPDATE loan_access_head SET seq = seq + %s WHERE chain = %s
                RETURNING seq - %s, seal, clock_timestamp() AT TIME ZONE 'UTC'
                """,
                len(rows),
                chain,
                len(rows),
            )
        )
        head = cr.fetchone()
        if head is None:
            raise RuntimeError(f"chain {chain} of the access log has no head")
        seq, previous, moment = head
        sealed = [
            {
                **{name: self._clean(row.get(name)) for name in evidence.SEALED},
                "outcome": row.get("outcome") or "allowed",
                "count": row.get("count") or 0,
                "chain": chain,
                "seq": seq + number,
                "logged_at": moment,
            }
            for number, row in enumerate(rows, 1)
        ]
        seals = evidence.seal_all(previous, sealed)
        columns = SQL(", ").join(map(SQL.identifier, (*evidence.SEALED, "seal")))
        values = SQL(", ").join(
            SQL(
                "(%s)",
                SQL(", ").join(
                    SQL("%s", Json(value) if isinstance(value, (list, dict)) else value)
                    for value in (*(row[name] for name in evidence.SEALED), seal)
                ),
            )
            for row, seal in zip(sealed, seals, strict=True)
        )
        cr.execute(
            SQL(
                """
                WITH written AS (INSERT INTO loan_access_log (%s) VALUES %s)
                UPDATE loan_access_head SET seal = %s WHERE chain = %s
                """,
                columns,
                values,
                seals[-1],
                chain,
            )
        )

    @api.model
    def _clean(self, value):
        if isinstance(value, str):
            return value.replace("\x00", "") or None
        if isinstance(value, dict):
            return {name: self._clean(one) for name, one in value.items()} or None
        return value or None
