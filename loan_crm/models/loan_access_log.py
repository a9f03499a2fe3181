import hashlib
import logging
import os
from collections import defaultdict
from contextlib import contextmanager
from functools import partial

from psycopg2.extras import Json

from odoo import SUPERUSER_ID, api, fields, models, modules
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.http import request
from odoo.service.server import thread_local
from odoo.sql_db import Cursor
from odoo.tools import SQL, config, ormcache

from ..core import evidence

# Nobody writes these by hand, so Odoo is never asked.
# pylint: disable=method-required-super,no-raise-unlink

_logger = logging.getLogger(__name__)

_QUEUE = "loan_crm.access_log"
_TOLD = "loan_crm.refused"  # in a request: refusals that are noted already
_BATCH = 5000
_FACTS = (str, int, bool, type(None))
_STABLE = 42  # so much of a session's key stays the same while the rest is rotated
_TRIGGERS = {
    "loan_access_log": ("loan_access_log_keep", "loan_access_log_keep_all"),
    "loan_access_head": ("loan_access_head_keep", "loan_access_head_keep_all"),
}
# What a purge has put on record may go, and the end of a chain moves on; nothing else.
_KEEP = """
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'loan_access_log' THEN
        IF EXISTS (SELECT FROM loan_access_log stone
                    WHERE stone.chain = OLD.chain AND stone.event = 'purge' AND stone.seq > OLD.seq
                      AND (stone.facts ->> 'up_to')::integer >= OLD.seq) THEN
            RETURN OLD;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'loan_access_head' THEN
        IF NEW.chain = OLD.chain AND NEW.seq >= OLD.seq THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'The access log is never changed or deleted: % of %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
"""


class LoanAccessLog(models.Model):
    """Who saw what, when and from where, and who decided about it: entries that nobody changes.

    An entry begins with a look at a record whose level asks for it, a refusal, or a decision somebody notes (`_note`),
    and ends with a purge when the time to keep it is over. It holds numbers and names of fields, never what stood in
    them: a log with values would be a second copy to protect. Each entry is sealed with the seal of the one before
    (`core.evidence`), in one of several chains so that people do not wait for each other.

    Views are gathered while a request runs and written in one go when it has ended, in a transaction of their own:
    the request's may be on a replica that cannot be written. Where they cannot be written, the request
    fails. Refusals are written however the request ends.
    """

    _name = "loan.access.log"
    _description = "Access Log"
    _log_access = False
    _order = "logged_at desc, id desc"
    _rec_name = "login"

    chain = fields.Integer(required=True, readonly=True, aggregator=None)
    seq = fields.Integer("Number in Chain", required=True, readonly=True, aggregator=None)
    logged_at = fields.Datetime("When", required=True, readonly=True, index=True)
    # Neither a relation to the user nor to a record: what happens to those later must not reach back into the log.
    uid = fields.Integer("User Number", required=True, readonly=True, index=True, aggregator=None)
    login = fields.Char("Login", readonly=True)
    user_id = fields.Many2one("res.users", "Who", compute="_compute_user_id", search="_search_user_id")
    api_key = fields.Integer(
        "API Key", readonly=True, aggregator=None, help="The number of the key, if one was used."
    )
    ip = fields.Char("From Where", readonly=True)
    session = fields.Char(readonly=True, help="The same for all that was done in one session; opens none.")
    route = fields.Char("By Way Of", readonly=True)
    event = fields.Selection(
        [
            ("view", "Seen"),
            ("lookup", "Found by Name"),
            ("aggregate", "Counted or Summed Up"),
            ("export", "Exported"),
            ("report", "Printed"),
            ("download", "Downloaded"),
            ("message", "Messages Read"),
            ("refusal", "Access Refused"),
            ("level", "Level Changed"),
            ("grant", "Access Granted"),
            ("request", "Access Requested"),
            ("emergency", "Emergency Access"),
            ("agreement", "Agreement"),
            ("training", "Training"),
            ("wall", "Wall or Conflict"),
            ("review", "Reviewed"),
            ("administration", "Administration"),
            ("integrity", "Log Checked"),
            ("setup", "Log Set Up"),
            ("purge", "Log Purged"),
        ],
        "What",
        required=True,
        readonly=True,
    )
    outcome = fields.Selection(
        [("allowed", "Allowed"), ("denied", "Denied")], required=True, readonly=True, default="allowed"
    )
    company_id = fields.Many2one("res.company", "Company", readonly=True, index=True, ondelete="restrict")
    res_model = fields.Char("Model", readonly=True)
    res_ids = fields.Json("Records", readonly=True)
    customer_refs = fields.Json("Customer Numbers", readonly=True, export_string_translation=False)
    field_names = fields.Char("Fields", readonly=True)
    count = fields.Integer("How Many", readonly=True)
    reason = fields.Char("Reason", readonly=True)
    grant_ref = fields.Integer("Grant Number", readonly=True, aggregator=None)
    facts = fields.Json("Details", readonly=True)
    seal = fields.Char(required=True, readonly=True)

    subject = fields.Char("Kind of Record", compute="_compute_subject")
    records_note = fields.Char("Record Numbers", compute="_compute_notes")
    facts_note = fields.Char("More", compute="_compute_notes")
    customer_ids = fields.Many2many(
        "loan.customer",
        string="Customers",
        compute="_compute_customer_ids",
        search="_search_customer_ids",
        groups="loan_crm.loan_crm_group_compliance",  # an auditor reads the log and no customer
    )

    _chain_seq_uniq = models.UniqueIndex("(chain, seq)")
    _customer_idx = models.Index("USING gin (customer_refs)")
    _uid_idx = models.Index("(uid, logged_at)")

    # ------------------------------------------------------------ kept as it is

    @api.private
    def init(self):
        self._ensure_triggers()

    def _register_hook(self):
        super()._register_hook()
        if missing := self._ensure_triggers():
            self._note("integrity", self.browse(), missing=",".join(missing))

    @api.model
    def _refusal(self):
        return UserError(self.env._("The access log is never written, changed or deleted by hand."))

    @api.model_create_multi
    def create(self, vals_list):
        raise self._refusal()

    def write(self, vals):
        raise self._refusal()

    def unlink(self):
        raise self._refusal()

    @api.model
    def _missing_triggers(self):
        """Return the names of the database's own guards that are not there or are switched off.

        They stop mistakes, not who owns the database; that one is told by the seals.
        """
        wanted = {name for names in _TRIGGERS.values() for name in names}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT trigger.tgname
                  FROM pg_trigger trigger
                  JOIN pg_proc keeper ON keeper.oid = trigger.tgfoid
                 WHERE trigger.tgname = ANY(%s) AND trigger.tgenabled = 'O' AND keeper.prosrc = %s
                """,
                list(wanted),
                _KEEP,
            )
        )
        return sorted(wanted - {name for (name,) in rows})

    @api.model
    def _ensure_triggers(self):
        """Put the database's own guards up where one is missing; return the names of those."""
        missing = self._missing_triggers()
        if not missing:
            return missing
        self.env.cr.execute(
            SQL("CREATE OR REPLACE FUNCTION loan_access_keep() RETURNS trigger LANGUAGE plpgsql AS %s", _KEEP)
        )
        for table, (each, whole) in _TRIGGERS.items():
            for name, when in (
                (each, SQL("BEFORE UPDATE OR DELETE ON %s FOR EACH ROW", SQL.identifier(table))),
                (whole, SQL("BEFORE TRUNCATE ON %s FOR EACH STATEMENT", SQL.identifier(table))),
            ):
                names = SQL.identifier(name), SQL.identifier(table)
                self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", *names))
                self.env.cr.execute(
                    SQL("CREATE TRIGGER %s %s EXECUTE FUNCTION loan_access_keep()", names[0], when)
                )
        return missing

    # ------------------------------------------------------------ noting

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

    # ------------------------------------------------------------ checking

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

    # ------------------------------------------------------------ anchors

    @api.model
    def _anchor_lines(self):
        """Return the present ends of all chains as lines to be kept outside the database."""
        heads = self.env.execute_query(SQL("SELECT chain, seq, seal FROM loan_access_head ORDER BY chain"))
        return evidence.write_anchors(fields.Datetime.now(), heads)

    @api.model
    def _anchor_path(self):
        """Return the file that anchors are appended to, or None.

        Named in Odoo's configuration file (`loan_crm_anchor_file`) or the environment alone: who works in Odoo, as its
        administrator too, cannot turn it elsewhere.
        """
        return config.get("loan_crm_anchor_file") or os.environ.get("LOAN_CRM_ANCHOR_FILE") or None

    @api.model
    def _cron_evidence(self):
        """Check the log, write its ends down outside the database, and look for what stands out in it.

        A daily job; a second run of a day repeats the check and the anchors.
        """
        if missing := self._ensure_triggers():
            self._note("integrity", self.browse(), missing=",".join(missing))
        proof = self.env["loan.access.proof"]._make()
        self.env["ir.cron"]._commit_progress(remaining=2)
        self._send_anchors(proof)
        self.env["ir.cron"]._commit_progress(1)
        self.env["loan.access.unusual"]._look()
        self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _send_anchors(self, proof):
        lines = self._anchor_lines()
        if not lines:
            return
        if path := self._anchor_path():
            try:
                with open(path, "a", encoding="ascii") as file:
                    file.write(lines)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                _logger.exception("The anchors of the access log could not be written")
                proof._tell(self.env._("The anchors could not be written to the file of the configuration."))
        companies = self.env["res.company"].search([("loan_log_emails", "!=", False)])
        self.env["mail.mail"].create(
            [
                {
                    "email_to": address,
                    "subject": self.env["loan.access.log"]
                    .with_context(lang=company.partner_id.lang)
                    .env._(
                        "Access log of %(company)s on %(day)s: its seals",
                        company=company.name,
                        day=fields.Date.to_string(company._loan_today()),
                    ),
                    "body_html": self.env["ir.qweb"]
                    .with_context(lang=company.partner_id.lang)
                    ._render("loan_crm.loan_access_log_anchors", {"lines": lines, "proof": proof}),
                    "auto_delete": False,
                }
                for company in companies
                for address in company._loan_log_addresses()
            ]
        )

    # ------------------------------------------------------------ purge

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

    # ------------------------------------------------------------ told on screens

    @api.depends("uid")
    def _compute_user_id(self):
        users = (
            self.env["res.users"].with_context(active_test=False).search([("id", "in", self.mapped("uid"))])
        )
        by_number = {user.id: user for user in users}
        for entry in self:
            entry.user_id = by_number.get(entry.uid, False)

    @api.model
    def _search_user_id(self, operator, value):
        if operator == "in":
            return Domain("uid", "in", [id_ for id_ in value if id_])
        if operator in ("any", "any!"):  # words, too, come as a search among users
            users = self.env["res.users"].with_context(active_test=False)
            return Domain("uid", "in", users._search(Domain(value)))
        return NotImplemented

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_subject(self):
        for entry in self:
            model = self.env.get(entry.res_model)
            entry.subject = self.env["ir.model"]._get(entry.res_model).name if model is not None else False

    @api.depends("res_ids", "facts")
    def _compute_notes(self):
        for entry in self:
            entry.records_note = ", ".join(map(str, entry.res_ids or ()))
            entry.facts_note = ", ".join(f"{name}: {value}" for name, value in (entry.facts or {}).items())

    @api.depends("customer_refs")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_customer_ids(self):
        wanted = {id_ for entry in self for id_ in entry.customer_refs or ()}
        customers = (
            self.env["loan.customer"].sudo(False).with_context(active_test=False)
        )  # the reader's own sight
        seen = set(customers.search([("id", "in", list(wanted))]).ids) if wanted else set()
        for entry in self:
            entry.customer_ids = [id_ for id_ in entry.customer_refs or () if id_ in seen]

    @api.model
    def _search_customer_ids(self, operator, value):
        customers = self.env["loan.customer"].sudo(False).with_context(active_test=False)
        if operator == "in":
            ids = [id_ for id_ in value if isinstance(id_, int) and id_]
            domain = Domain("id", "in", ids)
        elif operator in ("any", "any!"):  # words, too, come as a search among customers
            domain = Domain(value)
        else:
            return NotImplemented
        ids = customers.search(domain).ids
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s @> ANY(%s::jsonb[])", SQL.identifier(alias, "customer_refs"), [f"[{id_}]" for id_ in ids]
            ),
            predicate=lambda entry: bool(set(ids) & set(entry.customer_refs or ())),
        )

    def action_open_record(self):
        """Open what an entry is about, with the reader's own rights."""
        self.ensure_one()
        self.check_access("read")
        model = self.env.get(self.res_model)
        if model is None or not self.res_ids or model._transient:
            raise UserError(self.env._("This entry leads to no record."))
        if not model.has_access("read"):
            raise AccessError(self.env._("You may not see this, or it does not exist."))
        action = {
            "type": "ir.actions.act_window",
            "name": self.subject,
            "res_model": self.res_model,
            "domain": [("id", "in", self.res_ids)],
            "context": {"active_test": False},
            "views": [(False, "list"), (False, "form")],
        }
        if len(self.res_ids) == 1:
            action |= {"res_id": self.res_ids[0], "views": [(False, "form")]}
        return action
