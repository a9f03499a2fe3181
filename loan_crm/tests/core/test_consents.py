from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import consents


class TestConsents(BaseCase):
    def test_what_nobody_was_asked_is_done_only_where_it_needs_no_consent(self):
        for ground, may_refuse, said, done, stands in (
            ("consent", True, None, False, "not_asked"),
            ("consent", False, None, False, "not_asked"),
            ("consent", True, "given", True, "given"),
            ("consent", True, "taken_back", False, "taken_back"),
            ("interest", True, None, True, "runs"),
            ("interest", True, "refused", False, "refused"),
            ("contract", True, "refused", False, "refused"),
            ("contract", False, "refused", True, "runs"),
            ("duty", True, "refused", True, "runs"),
            ("duty", False, None, True, "runs"),
        ):
            with self.subTest(ground=ground, may_refuse=may_refuse, said=said):
                self.assertEqual(consents.allowed(ground, may_refuse, said), done)
                self.assertEqual(consents.standing(ground, may_refuse, said), stands)

    def test_what_holds_already_is_not_said_twice(self):
        for wanted, said, answer in (
            (True, None, "given"),
            (True, "given", None),
            (True, "taken_back", "given"),
            (False, None, "refused"),
            (False, "given", "taken_back"),
            (False, "refused", None),
            (False, "taken_back", None),
        ):
            with self.subTest(wanted=wanted, said=said):
                self.assertEqual(consents.answer(wanted, said), answer)

    def test_other_words_have_another_fingerprint_and_other_blanks_have_not(self):
        words = consents.fingerprint("We record calls.", "Because we may.")
        self.assertEqual(words, consents.fingerprint(" We record\n calls. ", "Because we may."))
        self.assertNotEqual(words, consents.fingerprint("We record all calls.", "Because we may."))
        self.assertNotEqual(words, consents.fingerprint("We record calls. Because", "we may."))
        self.assertEqual(consents.fingerprint(None), consents.fingerprint(""))

    def test_a_purpose_gets_a_code_of_its_name(self):
        for name, taken, code in (
            ("News and advertising, by email", (), "news_and_advertising_by_email"),
            ("A greeting", ("a_greeting", "a_greeting_2"), "a_greeting_3"),
            ("Grüße zum Geburtstag", (), "grue_zum_geburtstag"),
            ("生日问候", (), "purpose"),
            ("生日问候", ("purpose",), "purpose_2"),
            ("", (), "purpose"),
        ):
            with self.subTest(name=name):
                self.assertEqual(consents.code_of(name, taken), code)
        self.assertRegex(consents.code_of("x " * 99, ()), r"^[a-z0-9_]{1,60}$")
