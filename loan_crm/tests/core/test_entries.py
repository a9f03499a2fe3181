from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import entries

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None


class TestEntries(BaseCase):
    def assertRefused(self, reason, function, *args, **options):
        with self.assertRaises(entries.EntryError) as caught:
            function(*args, **options)
        self.assertEqual(caught.exception.reason, reason, args)

    def test_an_amount_is_read_as_people_write_it(self):
        for typed, expected in [
            ("500", "500"),
            (" 1,234.50 ", "1234.50"),
            ("1234.5", "1234.5"),
            ("1 234.50", "1234.50"),
            ("￥1,234.50", "1234.50"),
            ("CNY 80", "80"),
            ("80 CNY", "80"),
            ("１２３．５０", "123.50"),
            ("+7", "7"),
            ("007.00", "7"),
            ("1,234,567", "1234567"),
            ("12.", "12"),
        ]:
            with self.subTest(typed=typed):
                self.assertEqual(entries.amount(typed, ".", ",", ("¥", "CNY")), Decimal(expected))

    def test_another_language_parts_them_otherwise(self):
        self.assertEqual(entries.amount("1.234,50 €", ",", ".", ("€",)), Decimal("1234.50"))
        self.assertEqual(entries.amount("1 234,50", ",", "\u202f"), Decimal("1234.50"))
        self.assertEqual(entries.amount("1234.50", ".", ""), Decimal("1234.50"))

    def test_an_amount_that_could_mean_two_things_is_refused(self):
        for typed in ("1,50", "12,34.5", "1,2345", "1.2.3", ",5", "1..5"):
            with self.subTest(typed=typed):
                self.assertRefused("amount_unreadable", entries.amount, typed, ".", ",")

    def test_what_is_no_amount_is_refused(self):
        for typed in ("", "NaN", "Infinity", "1e9", "0x10", "five", "1/2", "٣", "1" * 16, "--5", "<b>1</b>"):
            with self.subTest(typed=typed):
                self.assertRefused("amount_unreadable", entries.amount, typed, ".", ",")

    def test_nothing_and_less_is_refused(self):
        for typed in ("0", "0.00", "-5", "−5", "-0"):
            with self.subTest(typed=typed):
                self.assertRefused("amount_not_positive", entries.amount, typed)

    def test_finer_than_the_currency_pays_is_refused(self):
        self.assertRefused("amount_too_fine", entries.amount, "1.005")
        self.assertRefused("amount_too_fine", entries.amount, "1.5", cent=Decimal("1"))
        self.assertEqual(entries.amount("1.50", cent=Decimal("0.05")), Decimal("1.5"))

    def test_a_day_is_read_as_a_browser_sends_it_or_as_people_write_it(self):
        for typed in ("2026-03-10", "03/10/2026", "2026/3/10", "2026年3月10日", "２０２６-03-10"):
            with self.subTest(typed=typed):
                self.assertEqual(entries.day(typed, "%m/%d/%Y"), date(2026, 3, 10))
        for typed in ("", "tomorrow", "2026-02-30", "10", "0000-01-01", "99999-01-01"):
            with self.subTest(typed=typed):
                self.assertRefused("day_unreadable", entries.day, typed, "%m/%d/%Y")

    def test_words_keep_what_was_said_and_nothing_that_cannot_be_kept(self):
        self.assertEqual(entries.words(" a\r\nb\rc\x00\x1b d\ud800 \n"), "a\nb\nc d")
        self.assertEqual(entries.words("失业了 👩‍🌾 <script>"), "失业了 👩‍🌾 <script>")

    if given:

        @settings(max_examples=200, deadline=None)
        @given(st.integers(1, 10**14), st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "")]))
        def test_what_a_language_writes_is_read_back(self, cents, marks):
            point, part = marks
            whole, rest = divmod(cents, 100)
            typed = f"{whole:,}".replace(",", part) + f"{point}{rest:02}"
            self.assertEqual(entries.amount(typed, point, part), Decimal(cents) / 100)

        @settings(max_examples=200, deadline=None)
        @given(st.text())
        def test_no_text_makes_it_stumble(self, typed):
            for read in (entries.amount, entries.day):
                try:
                    read(typed)
                except entries.EntryError:
                    continue
            entries.words(typed).encode()
