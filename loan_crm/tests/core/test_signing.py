from base64 import b64encode
from datetime import date

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import signing
from odoo.addons.loan_crm.core.signing import Link

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


class TestSigning(BaseCase):
    def test_any_other_word_has_another_fingerprint(self):
        parts = {"title": "Loan agreement", "words": "<p>1.</p>", "lang": "en_US"}
        told = signing.words_hash(parts)
        self.assertEqual(signing.words_hash(dict(reversed(parts.items()))), told)
        for name in parts:
            with self.subTest(part=name):
                self.assertNotEqual(signing.words_hash({**parts, name: parts[name] + " "}), told)

    def test_a_whole_chain_is_not_broken(self):
        chain = [Link(2, "a", "b"), Link(1, None, "a"), Link(3, "b", "c")]
        self.assertEqual(signing.broken(chain), [])
        self.assertEqual(signing.broken([Link(1, "", "a")]), [])
        self.assertEqual(signing.broken([]), [])

    def test_a_chain_tells_where_a_signature_was_taken_out_put_in_or_exchanged(self):
        for name, chain, places in (
            ("the first is gone", [Link(2, "a", "b")], [2]),
            ("one in the middle is gone", [Link(1, None, "a"), Link(3, "b", "c")], [3]),
            ("another in its place", [Link(1, None, "x"), Link(2, "a", "b")], [2]),
            ("one before the first", [Link(1, "z", "a"), Link(2, "a", "b")], [1]),
            ("one place twice", [Link(1, None, "a"), Link(1, "a", "b")], [1]),
        ):
            with self.subTest(name=name):
                self.assertEqual(signing.broken(chain), places)

    def test_a_fingerprint_is_read_out_in_short_groups(self):
        self.assertEqual(signing.groups("0123456789ab"), "0123 4567 89ab")
        self.assertEqual(signing.groups(""), "")

    def test_the_day_of_the_signature_does_not_count(self):
        self.assertEqual(signing.last_day_to_withdraw(date(2026, 2, 20), 14), date(2026, 3, 6))
        self.assertIsNone(signing.last_day_to_withdraw(date(2026, 2, 20), 0))

    def test_a_picture_comes_with_or_without_what_stands_before_it(self):
        text = b64encode(PNG).decode()
        for typed in (text, f"data:image/png;base64,{text}", f"data:image/jpeg;base64,{text}", f" {text}\n"):
            with self.subTest(typed=typed[:24]):
                self.assertEqual(signing.picture(typed, 1000), PNG)

    def test_what_is_no_picture_in_base64_is_nothing(self):
        text = b64encode(PNG).decode()
        for typed in (
            "",
            "  ",
            "=",
            "a",
            "<svg/>",
            f"data:image/svg+xml;base64,{text}",
            f"javascript:{text}",
            text + "!",
        ):
            with self.subTest(typed=typed[:24]):
                self.assertIsNone(signing.picture(typed, 1000))

    def test_what_is_too_large_is_not_even_read(self):
        text = b64encode(PNG).decode()
        self.assertIsNone(signing.picture(text, len(PNG) - 1))
        self.assertIsNone(signing.picture("A" * 10_000, 1000))

    def test_a_name_stands_on_one_line_and_says_nothing_to_a_browser(self):
        self.assertEqual(signing.name("  Wang\n Fang\t王芳 "), "Wang Fang 王芳")
        self.assertEqual(signing.name("<b>Wang</b>\u202e Fang\x00"), "bWang/b Fang")
        self.assertEqual(signing.name("O'Neill-Sørensen"), "O'Neill-Sørensen")
