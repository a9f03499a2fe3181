"""A log that tells when somebody has changed it: each entry is sealed with the seal of the one before.

Whoever changes, removes or inserts an entry would have to seal all later ones of its chain anew. Whoever can do that
is told by anchors: seals that were written down outside the database. A purge takes the oldest entries of a chain away
and leaves an entry that carries the seal of the last one that went, so what stays can still be checked.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

CHAINS = 16  # for what is written on its own
GENESIS = "0" * 64
PURGE = "purge"
# In this order and no other: what is sealed must not depend on how a database lists its columns.
SEALED = (
    "chain",
    "seq",
    "logged_at",
    "uid",
    "login",
    "api_key",
    "ip",
    "session",
    "route",
    "event",
    "outcome",
    "company_id",
    "res_model",
    "res_ids",
    "customer_refs",
    "field_names",
    "count",
    "reason",
    "grant_ref",
    "facts",
)


@dataclass(frozen=True)
class Break:
    """The first link of a chain that does not hold.

    `kind`: ``"changed"`` (the entry is not what was sealed), ``"missing"`` (an entry is not there), ``"start"`` (the
    oldest ones are gone and no purge tells of it), ``"end"`` (the newest ones are gone), ``"head"`` (the chain's last
    seal is another), ``"anchor"`` (it is not what was written down outside).
    """

    chain: int
    seq: int
    kind: str


@dataclass(frozen=True)
class Anchor:
    """What a chain's last entry was at a moment, written down outside the database."""

    moment: str
    chain: int
    seq: int
    seal: str


def chain_of(uid, apart):
    """Return the chain of a person's entries.

    What is written on its own and what is written with a change of data never wait for each other: the first is done
    at once, the second may last as long as a job.

    :param int uid: the user
    :param bool apart: whether the entry is written in a transaction of its own
    """
    return uid % CHAINS + (0 if apart else CHAINS)


def canonical(row):
    """Return the bytes that are sealed for an entry.

    :param dict row: a value for each of `SEALED`; None, False, an empty text and an empty list are all nothing
    """
    values = [_plain(row.get(name)) for name in SEALED]
    return json.dumps(values, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode()


def _plain(value):
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    if value is False or value in ("", [], {}):
        return None
    return value


def seal(previous, row):
    """Return the seal of an entry, 64 hexadecimal digits.

    :param str previous: the seal of the entry before, `GENESIS` for the first one
    :param dict row: see `canonical`
    """
    return hashlib.sha256(previous.encode() + b"\n" + canonical(row)).hexdigest()


def seal_all(previous, rows):
    """Return the seals of entries that follow each other.

    :param str previous: the seal of the entry before the first
    :param rows: dicts, see `canonical`
    """
    seals = []
    for row in rows:
        previous = seal(previous, row)
        seals.append(previous)
    return seals


class Check:
    """Walk along one chain, entry after entry, and remember the first link that does not hold.

    :param int chain: its number
    :param int first: the number of its oldest entry, None for a chain without one
    :param tombstone: `(number, seal)` of the last entry that was purged, as the latest purge tells; None without one
    """

    def __init__(self, chain, first, tombstone):
        self.chain = chain
        self.broken = None
        self.count = 0
        self.gone, self.seal = tombstone or (0, GENESIS)
        self.seq = self.gone
        if first is not None and first != self.seq + 1:
            self.broken = Break(chain, self.seq + 1, "start")

    def take(self, row, sealed):
        """Look at the next entry.

        :param dict row: see `canonical`
        :param str sealed: the seal it bears
        """
        self.count += 1
        if self.broken:
            return
        self.seq += 1
        if row["seq"] != self.seq:
            self.broken = Break(self.chain, self.seq, "missing")
            return
        expected = seal(self.seal, row)
        if expected != sealed:
            self.broken = Break(self.chain, self.seq, "changed")
            return
        self.seal = sealed

    def end(self, seq, sealed):
        """Compare the end of the chain with its head; return the first broken link, or None.

        :param int seq: the number of the newest entry as the head tells
        :param str sealed: its seal as the head tells
        """
        if not self.broken:
            if self.seq < seq:
                self.broken = Break(self.chain, self.seq + 1, "end")
            elif self.seq > seq or self.seal != sealed:
                self.broken = Break(self.chain, max(self.seq, 1), "head")
        return self.broken


def verify(chain, rows, head, tombstone=None):
    """Return the first broken link of a chain that is held in memory, or None.

    :param int chain: its number
    :param rows: pairs `(row, seal)`, oldest first
    :param head: `(number, seal)` of the newest entry
    :param tombstone: see `Check`
    """
    rows = list(rows)
    check = Check(chain, rows[0][0]["seq"] if rows else None, tombstone)
    for row, sealed in rows:
        check.take(row, sealed)
    return check.end(*head)


def write_anchors(moment, heads):
    """Return the lines that are kept outside the database.

    :param datetime moment: when, UTC
    :param heads: triples `(chain, number, seal)`
    """
    when = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return "".join(f"{when} {chain} {seq} {sealed}\n" for chain, seq, sealed in heads if seq)


def read_anchors(text):
    """Return the :class:`Anchor` of each line of a text; other lines, as those around them in a mail, are passed over.

    :param str text: what `write_anchors` wrote, in any order
    """
    found = []
    for line in text.splitlines():
        parts = line.strip().split()
        if (
            len(parts) != 4
            or not (parts[1].isdigit() and parts[2].isdigit())
            or len(parts[3]) != len(GENESIS)
        ):
            continue
        found.append(Anchor(parts[0], int(parts[1]), int(parts[2]), parts[3].lower()))
    return found


def compare(anchors, seals, purged):
    """Return the first broken link that anchors tell of, or None.

    :param anchors: :class:`Anchor`
    :param dict seals: `{(chain, number): seal}` as the log tells, for each entry that an anchor names and that is there
    :param dict purged: `{chain: number of the last entry that was purged}`
    """
    for anchor in sorted(anchors, key=lambda anchor: (anchor.chain, anchor.seq)):
        if anchor.seq <= purged.get(anchor.chain, 0):
            continue
        if seals.get((anchor.chain, anchor.seq)) != anchor.seal:
            return Break(anchor.chain, anchor.seq, "anchor")
    return None
