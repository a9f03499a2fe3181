import csv
import io
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import tables


class TestTables(BaseCase):
    def test_figures_and_days_are_exact_and_plain(self):
        for value, told in (
            (Decimal("1234567.10"), "1234567.10"),
            (Decimal("1E+3"), "1000"),
            (Decimal("-5.00"), "-5.00"),
            (date(2026, 3, 1), "2026-03-01"),
            (12, "12"),
            (None, ""),
            ("利息", "利息"),
        ):
            with self.subTest(value=value):
                self.assertEqual(tables.cell(value), told)

    def test_no_text_becomes_a_formula(self):
        for text in (
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =1",
            "＝1+1",
            "　=1",
            "|cmd",
            "%x",
        ):
            with self.subTest(text=text):
                self.assertEqual(tables.cell(text), f"'{text}")

    def test_a_file_reads_back_as_it_was(self):
        rows = [
            ["Day", 'with "marks", and a comma'],
            [date(2026, 3, 1), Decimal("1.50")],
            ["two\nlines", None],
        ]
        content = tables.csv_bytes(rows)
        self.assertTrue(content.startswith(b"\xef\xbb\xbf"))
        read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        self.assertEqual(
            read, [["Day", 'with "marks", and a comma'], ["2026-03-01", "1.50"], ["two\nlines", ""]]
        )
