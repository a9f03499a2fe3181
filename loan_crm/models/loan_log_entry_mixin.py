import hashlib
from collections import defaultdict
from functools import partial

from odoo import api, models
from odoo.http import request
from odoo.service.server import thread_local
from odoo.tools import SQL, ormcache

from ..core import evidence

_TOLD = "loan_crm.refused"  # in a request: refusals that are noted already
_FACTS = (str, int, bool, type(None))
_STABLE = 42  # so much of a session's key stays the same while the rest is rotated


class LoanLogEntryMixin(models.AbstractModel):
    """How something comes to the log: one verb for each kind, and who did it, from where and about whom."""

    _name = "loan.log.entry.mixin"
    _description = "Log: Its Entries"

    @api.model
    def _note(
        self, event, records, *, outcome="allowed", apart=None, reason=None, grant=None, fields=(), **facts
    ):
        """Put on record what somebody did or decided about records.

        Written at once, and with the transaction it belongs to: a grant that is rolled back is not on record. What must
        stay whatever becomes of the transaction is written `apart`, in one of its own, before this returns.

        :param str event: of the selection `event`
        :param records: what it is about, of any model; empty for none
        :param str outcome: ``"allowed"`` or ``"denied"``
        :param bool apart: whether in a transaction of its own; by default for what was denied and for emergencies
        :param str reason: the words of the person; no names of customers
        :param grant: `loan.access.grant` or its number
        :param fields: names of fields
        :param facts: whatever else tells what was done, as numbers and short words; no values of a customer
        :raise ValueError: for an event that is unknown or a fact that is neither word nor number
        """
        if event not in dict(self._fields["event"].selection):
            raise ValueError(f"unknown event {event!r}")
        if outcome not in dict(self._fields["outcome"].selection):
            raise ValueError(f"unknown outcome {outcome!r}")
        if wrong := [name for name, value in facts.items() if not isinstance(value, _FACTS)]:
            raise ValueError(f"neither a word nor a number: {', '.join(wrong)}")
        if apart is None:
            apart = outcome == "denied" or event == "emergency"
        actor = self._actor()
        decided = {
            **actor,
            "event": event,
            "outcome": outcome,
            "reason": reason,
            "grant_ref": getattr(grant, "id", grant) or None,
            "field_names": ",".join(sorted(fields)),
            "facts": {**actor.get("facts", {}), **facts},
        }
        rows = [{**decided, **place} for place in self._places(records) or [{"count": 0}]]
        if not apart:
            self._append(rows, apart=False)
        elif self._in_a_test():
            self._append(rows)
        else:
            with self._apart() as log:
                log._append(rows)

    @api.model
    def _note_seen(self, event, records, names=(), **facts):
        """Put on record, when the request has ended, that the user saw records; those alone whose level asks for it.

        :param str event: of the selection `event`
        :param records: of a model with `loan.evidence.mixin`
        :param names: names of the fields that were shown
        :param facts: see `_note`
        """
        self._gather(event, records, names, facts)

    @api.model
    def _note_refusal(self, operation, records):
        """Put on record, however the request ends, that the user was refused records; each once in a request.

        :param str operation: what they tried
        :param records: of a model with `loan.evidence.mixin`
        """
        # As superuser: the user may not see them, and the log has to tell which they were.
        logged_sudo = records.sudo().exists()._loan_logged()
        if not logged_sudo:
            return
        told = request.httprequest.environ.setdefault(_TOLD, set()) if request else set()
        key = self.env.uid, operation, logged_sudo._name, logged_sudo._ids
        if key in told:
            return
        told.add(key)
        actor = self._actor()
        refused = {
            **actor,
            "event": "refusal",
            "outcome": "denied",
            "facts": {**actor.get("facts", {}), "operation": operation},
        }
        rows = [{**refused, **place} for place in self._places(logged_sudo)]
        if self._in_a_test():
            self._append(rows)
            return
        cr = self.env.cr
        pending = list(rows)
        # Whichever of the two comes first empties it.
        write = partial(self._write_pending, self.env.registry, pending)
        cr.postcommit.add(write)
        cr.postrollback.add(write)

    @api.model
    def _note_judged(self, event, records, since, judge, *, company, reason=None):
        """Put on record what is made of an attempt, by what the person has tried before: one after the other.

        It is judged and written in a transaction of its own that holds the end of the person's chain, so that of two
        attempts at once the second knows of the first. It is committed before this returns: where it cannot be
        written, this raises, and nothing is done.

        :param str event: of the selection `event`
        :param records: what it is about; empty for nothing
        :param datetime since: what was tried before that moment need not be known
        :param judge: called with a list of `(moment, facts, numbers of customers)` of their attempts and the
            database's moment; returns the outcome and a dict of facts, or None for the outcome where it is on record
        :param company: `res.company`, whose entry it is when it is about nothing
        :param str reason: the words of the person; no names of customers
        :return: the facts
        """
        if self._in_a_test():
            return self._judged(event, records, since, judge, company, reason)
        places, actor = self._places(records), self._actor()
        with self._apart() as log:
            return log._judged(event, records, since, judge, company, reason, places, actor)

    @api.model
    def _judged(self, event, records, since, judge, company, reason, places=None, actor=None):
        places = self._places(records) if places is None else places
        actor = actor or self._actor()
        self.env.cr.execute(
            SQL(
                "SELECT FROM loan_access_head WHERE chain = %s FOR NO KEY UPDATE",
                evidence.chain_of(actor["uid"], True),
            )
        )
        tried = self.env.execute_query(
            SQL(
                """
                SELECT logged_at, facts, customer_refs FROM loan_access_log
                 WHERE uid = %s AND event = %s AND logged_at >= %s ORDER BY id
                """,
                actor["uid"],
                event,
                since,
            )
        )
        ((now,),) = self.env.execute_query(SQL("SELECT clock_timestamp() AT TIME ZONE 'UTC'"))
        outcome, facts = judge(tried, now)
        if outcome:
            decided = {
                **actor,
                "event": event,
                "outcome": outcome,
                "reason": reason,
                "company_id": company.id,
                "facts": {**actor.get("facts", {}), **facts},
            }
            self._append([{**decided, **place} for place in places or [{"count": 0}]])
        return facts

    @api.model
    def _note_administration(self, operation, records, vals_list=()):
        """Put on record, with its transaction, that a person changed what decides who may see what.

        :param str operation: ``"create"``, ``"write"`` or ``"unlink"``
        :param records: rules, groups, users, server actions, jobs, settings
        :param vals_list: what was entered, of which the names alone are kept
        """
        # What a person does by a form of settings, Odoo does as superuser; what has no request is a job. While modules
        # are loaded or removed it is their data that changes: that somebody asked for it was noted before.
        if records and (request or not self.env.su) and self.env.registry.ready:
            self._note(
                "administration",
                records,
                fields={name for vals in vals_list for name in vals},
                operation=operation,
            )

    @api.model
    def _places(self, records):
        """Return what an entry tells of records: one dict for each company they belong to."""
        if not records:
            return []
        # As superuser: whose customer it is and of which company is kept of a refused record, too.
        records_sudo = records.sudo().with_context(active_test=False, prefetch_fields=False)
        company = "company_id" in records_sudo._fields
        customers = records_sudo._loan_log_customers() if hasattr(records_sudo, "_loan_log_customers") else {}
        found = defaultdict(list)
        for record in records_sudo:
            found[record.company_id.id if company else None].append(record.id)
        return [
            {
                "company_id": company_id or None,
                "res_model": records._name,
                "res_ids": sorted(ids),
                "customer_refs": sorted({customers[id_] for id_ in ids if customers.get(id_)}),
                "count": len(ids),
            }
            for company_id, ids in found.items()
        ]

    @api.model
    def _actor(self):
        """Return who acts, from where and how, as columns of an entry."""
        user = self.env.user
        actor = {"uid": self.env.uid, "login": user.login}
        if not request:
            return actor
        http = request.httprequest
        actor["ip"] = http.remote_addr
        actor["route"] = getattr(thread_local, "rpc_model_method", "") or "/".join(
            http.path.split("/")[:3]  # further on there may be the name of a file
        )
        session = request.session
        if session.uid:
            actor["session"] = hashlib.sha256(session.sid[:_STABLE].encode()).hexdigest()[:16]
            if session.uid != self.env.uid:
                actor["facts"] = {"session_uid": session.uid}
        if key := http.environ.get("loan_crm.api_key"):
            actor["api_key"] = self._api_key(key, self.env.uid)
        return actor

    @api.model
    @ormcache("index", "uid")
    def _api_key(self, index, uid):
        """Return the number of an API key of a user, of which the beginning is known."""
        rows = self.env.execute_query(
            SQL("SELECT id FROM res_users_apikeys WHERE index = %s AND user_id = %s ORDER BY id", index, uid)
        )
        return rows[0][0] if rows else None
