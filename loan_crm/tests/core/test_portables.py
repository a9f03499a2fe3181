import csv
import io
import json
import zipfile
from datetime import date, datetime
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import portables
from odoo.addons.loan_crm.core.portables import Copy, Money, Section


class TestPortables(BaseCase):
    """What a person is given of what is held about them: read by people and machines, and run by neither."""

    def _copy(self, *rows, **facts):
        columns = (("day", "Day"), ("what", "What"), ("amount", "Amount"), ("sure", "Sure"))
        sections = (Section("things", "Things", columns, rows, "Held for a reason.", table=True),)
        return Copy(
            **{
                "lang": "en-US",
                "title": "What we hold",
                "intro": ("Dear you,",),
                "sections": sections,
                "kept": (("Loans", "5 years"),),
                "left_out": (("Notes", "They are ours."),),
                "made_at": datetime.fromisoformat("2026-03-10 02:00:00"),
                **facts,
            }
        )

    def test_a_machine_reads_amounts_as_texts_and_days_as_iso_says(self):
        row = {
            "day": date(2026, 3, 1),
            "what": "王芳",
            "amount": Money(Decimal("1234.50"), "CNY"),
            "sure": True,
        }
        read = json.loads(portables.as_json(self._copy(row), ["files/a.pdf"]))
        self.assertEqual(
            read["data"]["things"],
            [
                {
                    "day": "2026-03-01",
                    "what": "王芳",
                    "amount": {"amount": "1234.50", "currency": "CNY"},
                    "sure": True,
                }
            ],
        )
        self.assertEqual(read["made_at"], "2026-03-10T02:00:00Z")
        self.assertEqual(read["meaning"]["things"]["amount"], "Amount")
        self.assertEqual(read["left_out"], [{"what": "Notes", "why": "They are ours."}])
        self.assertEqual(read["files"], ["files/a.pdf"])

    def test_what_was_never_given_is_null_and_what_no_column_names_stays_out(self):
        read = json.loads(portables.as_json(self._copy({"what": "x", "secret": "y"})))
        self.assertEqual(read["data"]["things"], [{"day": None, "what": "x", "amount": None, "sure": None}])

    def test_no_text_becomes_markup(self):
        evil = "</td><script>alert(1)</script><img src=x onerror='alert(2)'>"
        copy = self._copy(
            {"what": evil},
            title=evil,
            intro=(evil,),
            kept=((evil, evil),),
            left_out=((evil, evil),),
            lang='"><script>',
        )
        page = portables.as_html(copy, [f"files/{evil}"])
        self.assertNotIn("<script", page)
        self.assertNotIn("<img", page)
        self.assertEqual(page.count("&lt;script&gt;alert(1)"), 9)
        self.assertIn("default-src 'none'", page)

    def test_the_page_has_a_table_of_contents_that_leads_somewhere(self):
        page = portables.as_html(self._copy({"what": "x"}))
        for anchor in ("s0", "kept", "left-out"):
            self.assertIn(f"href='#{anchor}'", page)
            self.assertIn(f"id='{anchor}'", page)
        self.assertIn("Things (1)", page)
        self.assertIn("Nothing.", portables.as_html(self._copy()))

    def test_no_text_becomes_a_formula(self):
        for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "=cmd|' /C calc'!A0"):
            section = self._copy({"what": text}).sections[0]
            rows = list(
                csv.reader(io.StringIO(portables.as_csv(section, portables.Words()).decode("utf-8-sig")))
            )
            with self.subTest(text=text):
                self.assertTrue(rows[1][1].startswith("'"))

    def test_an_amount_in_a_table_stands_beside_its_currency(self):
        section = self._copy(
            {"amount": Money(Decimal("-5.00"), "CNY"), "sure": False}, {"what": "none"}
        ).sections[0]
        rows = list(csv.reader(io.StringIO(portables.as_csv(section, portables.Words()).decode("utf-8-sig"))))
        self.assertEqual(rows[0], ["Day", "What", "Amount", "", "Sure"])
        self.assertEqual(rows[1], ["", "", "-5.00", "CNY", "no"])
        self.assertEqual(rows[2], ["", "none", "", "", ""])

    def test_no_name_of_a_file_leaves_the_archive(self):
        names = (
            "../../etc/passwd",
            "C:\\Windows\\win.ini",
            "/etc/shadow",
            "..",
            "",
            "card.png",
            "CARD.png",
            "a\u202egnp.exe",
            "line\nbreak.pdf",
        )
        content = portables.as_zip(self._copy(), [(name, b"x") for name in names])
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = archive.namelist()
        self.assertEqual(found[:3], ["index.html", "data.json", "tables/things.csv"])
        self.assertEqual(len({name.lower() for name in found}), len(found))
        for name in found[3:]:
            with self.subTest(name=name):
                self.assertRegex(name, r"^files/[^/\\:\x00-\x1f\u202a-\u202e]+$")
                self.assertNotIn("..", name)

    def test_the_same_data_make_the_same_bytes(self):
        self.assertEqual(portables.as_zip(self._copy()), portables.as_zip(self._copy()))
