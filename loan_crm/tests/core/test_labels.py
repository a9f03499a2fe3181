from odoo.tests import BaseCase

from odoo.addons.loan_crm.core.labels import as_sentence


class TestLabels(BaseCase):
    """What colleagues choose by its name, others read as words."""

    def test_english_names_become_words(self):
        for label, words in (
            ("Bank Transfer", "Bank transfer"),
            ("At Your Branch", "At your branch"),
            ("By the Link of a Letter", "By the link of a letter"),
            ("Email", "Email"),
            ("", ""),
        ):
            with self.subTest(label=label):
                self.assertEqual(as_sentence(label, "en_US"), words)
                self.assertEqual(as_sentence(label, None), words)

    def test_what_is_no_plain_word_stays(self):
        for label in ("I cannot pay, I said", "By WeChat", "A big SME", "Co-borrower"):
            with self.subTest(label=label):
                self.assertEqual(as_sentence(label, "en_US"), label)

    def test_other_languages_write_as_they_do(self):
        self.assertEqual(as_sentence("Zahlung per Überweisung", "de_DE"), "Zahlung per Überweisung")
        self.assertEqual(as_sentence("银行转账", "zh_CN"), "银行转账")
