import logging
from contextlib import contextmanager
from functools import partial

from odoo import SUPERUSER_ID, api, models, modules
from odoo.sql_db import Cursor

_logger = logging.getLogger(__name__)

_QUEUE = "loan_crm.access_log"


class LoanLogQueueMixin(models.AbstractModel):
    """When entries are written: what was seen, in one go when the request has ended; what was refused, however it ends.

    Both in a transaction of their own: the request's may be rolled back, or on a replica that cannot be written.
    """

    _name = "loan.log.queue.mixin"
    _description = "Log: What Waits to Be Written"

    @api.model
    def _write_pending(self, registry, pending):
        rows, pending[:] = list(pending), []
        if not rows:
            return
        try:
            with registry.cursor() as cr:
                self._begin(cr)
                api.Environment(cr, SUPERUSER_ID, {})["loan.access.log"]._append(rows)
        except Exception:
            # The request has ended in a refusal already; a cursor that is being closed must not trip over this.
            _logger.exception("A refusal could not be put on record")

    @api.model
    def _gather(self, event, records, names, facts):
        places = self._places(records)
        if not places:
            return
        actor = self._actor()
        queue = {} if self._in_a_test() else self._queue()
        for place in places:
            # One entry for a request, an event and a model, whatever the number of calls it took.
            key = (
                event,
                self.env.uid,
                place["res_model"],
                place.get("company_id"),
                tuple(sorted(facts.items())),
            )
            row = queue.setdefault(
                key, {"actor": actor, "ids": set(), "customers": set(), "names": set(), "facts": facts}
            )
            row["ids"].update(place["res_ids"])
            row["customers"].update(place["customer_refs"])
            row["names"].update(names)
        if self._in_a_test():
            self._append(self._queued_rows(queue))

    @api.model
    def _queue(self):
        # After the commit and not before it: a savepoint that is rolled back empties what waits for a commit, and what
        # was read before it was shown all the same. A transaction that is repeated begins with an empty one.
        postcommit = self.env.cr.postcommit
        if _QUEUE not in postcommit.data:
            queue = postcommit.data[_QUEUE] = {}
            postcommit.add(partial(self._write_queue, self.env.registry, queue))
        return postcommit.data[_QUEUE]

    @api.model
    def _write_queue(self, registry, queue):
        rows = self._queued_rows(queue)
        queue.clear()
        with registry.cursor() as cr:
            self._begin(cr)
            api.Environment(cr, SUPERUSER_ID, {})["loan.access.log"]._append(rows)

    @api.model
    def _queued_rows(self, queue):
        return [
            {
                **row["actor"],
                "event": event,
                "res_model": model,
                "company_id": company_id,
                "res_ids": sorted(row["ids"]),
                "customer_refs": sorted(row["customers"]),
                "field_names": ",".join(sorted(row["names"])),
                "count": len(row["ids"]),
                "facts": {**row["actor"].get("facts", {}), **row["facts"]},
            }
            for (event, _uid, model, company_id, _facts), row in queue.items()
        ]

    @api.model
    def _in_a_test(self):
        # A test's own transaction is never committed, and another one would not see what it holds.
        return bool(modules.module.current_test) and isinstance(self.env.cr, Cursor)

    @contextmanager
    def _apart(self):
        """Yield the log in a transaction of its own, committed at the end."""
        with self.env.registry.cursor() as cr:
            self._begin(cr)
            yield api.Environment(cr, SUPERUSER_ID, {})["loan.access.log"]

    @api.model
    def _begin(self, cr):
        if isinstance(cr, Cursor):
            # Who waits for a chain's head has to read it as the one before left it, not as it was when they came.
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
