from datetime import date

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import links

KEY = b"a secret of thirty-two bytes ..."
DAY = date(2026, 4, 24)


class TestLinks(BaseCase):
    def test_a_link_says_what_was_signed(self):
        token = links.sign(KEY, 123456, 789, 3, DAY)
        self.assertEqual(links.read(KEY, token), links.Link(123456, 789, 3, DAY))

    def test_a_link_is_short_and_safe_in_an_address(self):
        for contract_id in range(1, 300):
            self.assertRegex(links.sign(KEY, contract_id, 4294967295, 65535, DAY), r"^[A-Za-z0-9_-]{44}$")

    def test_a_link_of_one_day_is_the_same_however_often_it_is_made(self):
        self.assertEqual(links.sign(KEY, 1, 2, 0, DAY), links.sign(KEY, 1, 2, 0, DAY))

    def test_no_character_can_be_changed(self):
        token = links.sign(KEY, 1, 2, 0, DAY)
        for place, char in enumerate(token):
            for other in "AQgw_-09":
                if other != char:
                    altered = token[:place] + other + token[place + 1 :]
                    self.assertIsNone(links.read(KEY, altered), altered)

    def test_what_is_no_token_opens_nothing(self):
        token = links.sign(KEY, 1, 2, 0, DAY)
        for other in (
            "",
            "x",
            "日本",
            token + "=",
            token + "A",
            token[:-1],
            f" {token}",
            token + "\n",
            "é" * 44,
        ):
            self.assertIsNone(links.read(KEY, other), other)

    def test_another_database_signs_otherwise(self):
        self.assertIsNone(links.read(b"another secret", links.sign(KEY, 1, 2, 0, DAY)))

    def test_a_later_version_is_not_read_as_this_one(self):
        facts = links._FACTS.pack(2, 1, 2, 0, 100)
        signature = links.hmac.digest(KEY, facts, "sha256")[: links._SIGNATURE]
        self.assertIsNone(links.read(KEY, links.urlsafe_b64encode(facts + signature).decode()))

    def test_a_serial_begins_anew_after_very_many(self):
        token = links.sign(KEY, 1, 2, links.SERIALS + 5, DAY)
        self.assertEqual(links.read(KEY, token).serial, 5)
