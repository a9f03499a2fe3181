from odoo.tests import BaseCase

from odoo.addons.loan_crm.core.listing import listed, marks, phrased


class TestListing(BaseCase):
    """Words in a row are set apart as the reader's language does it."""

    def test_each_language_has_its_own_comma(self):
        for lang, row in (
            ("en_US", "Li Na, Wang Fang"),
            (None, "Li Na, Wang Fang"),
            ("de_DE", "Li Na, Wang Fang"),
            ("zh_CN", "Li Na、Wang Fang"),
            ("zh_TW", "Li Na、Wang Fang"),
            ("ja_JP", "Li Na、Wang Fang"),
        ):
            with self.subTest(lang=lang):
                self.assertEqual(listed(["Li Na", "Wang Fang"], lang), row)

    def test_what_has_commas_inside_is_set_apart_by_more_than_one(self):
        self.assertEqual(listed(["a, b", "c"], "en_US", apart=True), "a, b; c")
        self.assertEqual(listed(["甲、乙", "丙"], "zh_CN", apart=True), "甲、乙；丙")

    def test_what_says_something_else_each_is_no_list(self):
        self.assertEqual(phrased(["138 0013 8000", "after six"], "en_US"), "138 0013 8000, after six")
        self.assertEqual(phrased(["138 0013 8000", "六点以后"], "zh_CN"), "138 0013 8000，六点以后")

    def test_sentences_follow_each_other_as_the_language_sets_them(self):
        self.assertEqual(marks("zh_CN"), {"gap": "", "colon": "：", "comma": "，"})
        self.assertEqual(marks("fr_FR"), {"gap": " ", "colon": ": ", "comma": ", "})

    def test_one_word_and_none_bear_no_mark(self):
        self.assertEqual(listed(iter(["甲"]), "zh_CN"), "甲")
        self.assertEqual(listed([], "zh_CN"), "")
