from datetime import date, datetime

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import agreements

# As Odoo keeps them: in UTC, without saying so.
MOMENT = datetime.fromisoformat("2026-03-10 02:30:00")
PARTS = {"body": "<p>I keep secrets.</p>", "name": "Lin Mei 林梅", "image": b"\x89PNG", "lang": None}


class TestAgreements(BaseCase):
    def setUp(self):
        super().setUp()
        self.kept = agreements.digests(PARTS)
        self.sealed = agreements.seal(self.kept)

    def test_what_nobody_touched_is_as_it_was_signed(self):
        self.assertEqual(agreements.altered(dict(reversed(PARTS.items())), self.kept, self.sealed), [])

    def test_each_altered_part_is_named(self):
        for name, value in (
            ("body", "<p>I keep secrets. </p>"),
            ("name", "Lin Mei"),
            ("image", b"\x89PNG "),
            ("lang", ""),
        ):
            with self.subTest(part=name):
                self.assertEqual(agreements.altered({**PARTS, name: value}, self.kept, self.sealed), [name])

    def test_a_part_that_is_gone_or_new_is_named(self):
        fewer = {name: value for name, value in PARTS.items() if name != "name"}
        self.assertEqual(agreements.altered(fewer, self.kept, self.sealed), ["name"])
        self.assertEqual(agreements.altered({**PARTS, "more": ""}, self.kept, self.sealed), ["more"])

    def test_digests_made_to_fit_no_longer_fit_their_seal(self):
        forged = {**PARTS, "name": "Somebody else"}
        self.assertEqual(
            agreements.altered(forged, agreements.digests(forged), self.sealed), [agreements.SEAL]
        )
        self.assertEqual(
            agreements.altered(PARTS, None, self.sealed), ["body", "image", "lang", "name", agreements.SEAL]
        )

    def test_text_and_bytes_of_the_same_letters_differ(self):
        self.assertNotEqual(agreements.digests({"a": "x"}), agreements.digests({"a": b"x"}))
        self.assertNotEqual(agreements.digests({"a": None}), agreements.digests({"a": "none:"}))

    def test_a_month_that_is_shorter_ends_on_its_last_day(self):
        for day, months, later in (
            (date(2026, 1, 31), 1, date(2026, 2, 28)),
            (date(2024, 2, 29), 12, date(2025, 2, 28)),
            (date(2026, 3, 10), 24, date(2028, 3, 10)),
            (MOMENT, 1, MOMENT.replace(month=4)),
            (date(2026, 3, 10), 0, date(2026, 3, 10)),
        ):
            with self.subTest(day=day, months=months):
                self.assertEqual(agreements.months_later(day, months), later)
