from datetime import datetime

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import evidence
from odoo.addons.loan_crm.core.evidence import Anchor, Break

at = datetime.fromisoformat


def entry(seq, chain=3, **values):
    return {
        "chain": chain,
        "seq": seq,
        "logged_at": at(f"2026-03-10 02:00:{seq:02}"),
        "uid": 7,
        "login": "lin",
        "event": "view",
        "outcome": "allowed",
        "res_model": "loan.customer",
        "res_ids": [seq, seq + 1],
        "count": 2,
        "facts": None,
        **values,
    }


def chain(last, first=1, previous=evidence.GENESIS):
    rows = [entry(seq) for seq in range(first, last + 1)]
    return list(zip(rows, evidence.seal_all(previous, rows), strict=True))


def head(rows):
    return rows[-1][0]["seq"], rows[-1][1]


class TestEvidence(BaseCase):
    def test_what_nobody_touched_holds(self):
        rows = chain(20)
        self.assertIsNone(evidence.verify(3, rows, head(rows)))
        self.assertIsNone(evidence.verify(3, [], (0, evidence.GENESIS)))

    def test_each_value_is_sealed(self):
        seals = {evidence.seal(evidence.GENESIS, entry(1))}
        for name in evidence.SEALED:
            seals.add(evidence.seal(evidence.GENESIS, {**entry(1), name: "another"}))
        self.assertEqual(len(seals), len(evidence.SEALED) + 1)

    def test_nothing_is_sealed_the_same_however_it_is_written(self):
        self.assertEqual(
            evidence.canonical(entry(1, reason=None, facts={}, customer_refs=[])),
            evidence.canonical(entry(1, reason="", facts=None, customer_refs=False)),
        )
        self.assertNotEqual(evidence.canonical(entry(1, count=0)), evidence.canonical(entry(1, count=None)))

    def test_a_text_does_not_run_into_the_next(self):
        self.assertNotEqual(
            evidence.canonical(entry(1, ip="a,b", session="c")),
            evidence.canonical(entry(1, ip="a", session="b,c")),
        )

    def test_the_first_broken_link_is_named(self):
        whole = chain(20)
        changed = [(dict(row, res_ids=[99]) if row["seq"] == 7 else row, mark) for row, mark in whole]
        deleted = [pair for pair in whole if pair[0]["seq"] not in (9, 12)]
        moved = [*whole[:4], whole[5], whole[4], *whole[6:]]
        inserted = [*whole[:4], (entry(5, uid=1), "f" * 64), *whole[4:]]
        for rows, kind, seq in (
            (changed, "changed", 7),
            (deleted, "missing", 9),
            (moved, "missing", 5),
            (inserted, "changed", 5),
            (whole[2:], "start", 1),
            (whole[:-3], "end", 18),
            ([], "end", 1),
        ):
            with self.subTest(kind=kind, seq=seq):
                self.assertEqual(evidence.verify(3, rows, head(whole)), Break(3, seq, kind))

    def test_a_head_that_was_moved_back_is_another(self):
        rows = chain(20)
        self.assertEqual(evidence.verify(3, rows, head(rows[:-1])), Break(3, 20, "head"))
        self.assertEqual(evidence.verify(3, rows, (20, "f" * 64)), Break(3, 20, "head"))

    def test_an_entry_sealed_anew_breaks_the_next_one(self):
        rows = chain(20)
        forged = dict(rows[6][0], uid=8)
        rows[6] = forged, evidence.seal(rows[5][1], forged)
        self.assertEqual(evidence.verify(3, rows, head(rows)), Break(3, 8, "changed"))

    def test_a_purge_leaves_a_chain_that_can_be_checked(self):
        rows = chain(20)
        seq, sealed = head(rows[:8])
        self.assertIsNone(evidence.verify(3, rows[8:], head(rows), (seq, sealed)))
        self.assertEqual(evidence.verify(3, rows[9:], head(rows), (seq, sealed)), Break(3, 9, "start"))
        self.assertEqual(evidence.verify(3, rows[8:], head(rows), (seq, "f" * 64)), Break(3, 9, "changed"))

    def test_who_seals_everything_anew_is_told_by_what_is_outside(self):
        rows = chain(20)
        anchors = evidence.read_anchors(
            evidence.write_anchors(
                at("2026-03-10 00:00:00"), [(3, 12, rows[11][1]), (4, 0, evidence.GENESIS)]
            )
        )
        self.assertEqual(anchors, [Anchor("2026-03-10T00:00:00Z", 3, 12, rows[11][1])])
        self.assertIsNone(evidence.compare(anchors, {(3, 12): rows[11][1]}, {}))
        self.assertEqual(evidence.compare(anchors, {(3, 12): "e" * 64}, {}), Break(3, 12, "anchor"))
        self.assertEqual(evidence.compare(anchors, {}, {3: 11}), Break(3, 12, "anchor"), "the end is gone")
        self.assertIsNone(evidence.compare(anchors, {}, {3: 12}), "purged since")

    def test_anchors_are_found_in_the_mail_around_them(self):
        mail = "Dear auditor,\n\n  2026-03-10T00:00:00Z 3 12 " + "A" * 64 + "\r\n\n-- \nyours 1 2 three\n"
        self.assertEqual(evidence.read_anchors(mail), [Anchor("2026-03-10T00:00:00Z", 3, 12, "a" * 64)])

    def test_what_is_written_apart_never_waits_for_what_is_not(self):
        apart = {evidence.chain_of(uid, True) for uid in range(100)}
        within = {evidence.chain_of(uid, False) for uid in range(100)}
        self.assertFalse(apart & within)
        self.assertEqual((len(apart), len(within)), (16, 16))
