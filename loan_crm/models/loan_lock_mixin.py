from odoo import models
from odoo.tools import SQL


class LoanLockMixin(models.AbstractModel):
    """Records that several workers may be at: each takes what no other one has."""

    _name = "loan.lock.mixin"
    _description = "One Worker at a Time"

    def _lock_quietly(self):
        """Return those of these that no other worker is at, locked until the transaction ends.

        As the ORM's own verb, but that a worker was faster is no error and none is logged.

        :raise: what `loan.reminder._overtaken` names, where another worker has changed one since this one's view began
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s) FOR NO KEY UPDATE SKIP LOCKED",
                SQL.identifier(self._table),
                list(self.ids),
            ),
            log_exceptions=False,
        )
        locked = {id_ for (id_,) in self.env.cr.fetchall()}
        return self.filtered(lambda record: record.id in locked)
