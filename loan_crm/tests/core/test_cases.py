from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import cases

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None


class TestCases(BaseCase):
    def test_ready_texts_are_filled_in_and_never_run(self):
        facts = {"customer": "Wang Fang", "number": "CS00001", "loan": ""}
        self.assertEqual(
            cases.fill("Dear {customer}, {loan}: {nobody} {} {Number} {{number}}", facts),
            "Dear Wang Fang, ____: ____ {} {Number} {CS00001}",
        )
        self.assertEqual(cases.fill("{customer}", {"customer": "{number}", "number": "1"}), "{number}")
        self.assertEqual(cases.placeholders("{a} {b_c} {1} {a}"), {"a", "b_c"})
        self.assertEqual(cases.placeholders(None), set())

    def test_the_nearest_category_fits_best(self):
        case = ([7, 3, 1], "complaint", "open")
        ordered = [
            ({7}, "complaint", "open"),
            ({7}, None, None),
            ({3, 9}, "complaint", None),
            ({3}, None, None),
            ({1}, None, None),
            (set(), "complaint", "open"),
            (set(), "complaint", None),
            (set(), None, "open"),
            (set(), None, None),
        ]
        scores = [cases.fits(wanted, case) for wanted in ordered]
        for wanted in (({9}, None, None), ({7}, "inquiry", None), (set(), None, "new")):
            self.assertIsNone(cases.fits(wanted, case))
        self.assertEqual(scores, sorted(scores, reverse=True))

    def test_a_headline_is_the_first_line_cut_at_a_word(self):
        for text, wanted in (
            ("", ""),
            (None, ""),
            ("\n  Wrong   fee \nin March", "Wrong fee"),
            ("word " * 30, "word " * 15 + "word…"),
            ("x" * 100, "x" * 79 + "…"),
            ("利息" * 50, "利息" * 39 + "利…"),
            ("a" * 80, "a" * 80),
        ):
            with self.subTest(text=text):
                found = cases.headline(text)
                self.assertEqual(found, wanted)
                self.assertLessEqual(len(found), 80)

    def test_mails_about_one_matter_share_their_subject(self):
        for subject in (
            "My rate",
            "Re: My rate",
            "RE: Fwd: my  rate",
            "回复：My rate",
            "AW: Re[2]: My rate",
            "Re: [CS00042] My rate",
        ):
            with self.subTest(subject=subject):
                self.assertEqual(cases.subject_key(subject), "my rate")
        self.assertEqual(cases.subject_key("Refund of a fee"), "refund of a fee", "no prefix")

    def test_what_complains(self):
        for text in (
            "I want to complain.",
            "我要投诉你们",
            "This is unacceptable",
            "没人管我的事",
            "打12378",
        ):
            with self.subTest(text=text):
                self.assertTrue(cases.complains(text))
        for text in ("", None, "How much do I owe?", "请问利率是多少"):
            with self.subTest(text=text):
                self.assertFalse(cases.complains(text))

    def test_who_names_a_lawyer_or_the_press(self):
        self.assertTrue(cases.threatens("My lawyer will write to you"))
        self.assertTrue(cases.threatens("我会向金融监管总局反映"))
        self.assertFalse(cases.threatens("I pursue a degree"), "'sue' within a word")
        self.assertTrue(cases.goes_public("我要在小红书上曝光"))
        self.assertFalse(cases.goes_public("I am impressed"))

    def test_a_thank_you_asks_for_nothing(self):
        for text in (
            "Thanks!",
            "谢谢您！",
            "OK, thank you very much.",
            "收到，谢谢",
            "",
            "\n\n> How much?\n",
            "👍",
        ):
            with self.subTest(text=text):
                self.assertFalse(cases.substantive(text))
        for text in (
            "Thanks, and when is it paid out?",
            "好的，什么时候放款？",
            "No.\nThe rate is wrong",
            "When?",
        ):
            with self.subTest(text=text):
                self.assertTrue(cases.substantive(text))

    def test_what_is_quoted_is_not_their_words(self):
        text = "See below.\n\nOn Mon, 2 Mar 2026 at 10:00, Lin Mei <lin@example.com> wrote:\n> I complain"
        self.assertEqual(cases.own_words(text), "See below.")
        self.assertEqual(cases.own_words("好的\n在 2026年3月2日，林梅写道：\n投诉"), "好的")
        self.assertEqual(cases.own_words("Hello\n--\nWang Fang"), "Hello")

    def test_the_script_tells_the_language(self):
        known = ("en_US", "zh_CN")
        self.assertEqual(cases.language("请问 LPR 是多少", known), "zh_CN")
        self.assertEqual(cases.language("What is 利率 called in English, please?", known), "en_US")
        self.assertIsNone(cases.language("12,000.00", known))
        self.assertIsNone(cases.language("请问", ("en_US",)))

    def test_a_number_is_named_as_a_whole(self):
        self.assertEqual(cases.mentioned(["L0012", "L001"], "About L0012, please"), ["L0012"])
        self.assertEqual(
            cases.mentioned(["L0012"], "我的贷款L0012怎么样"), ["L0012"], "Chinese has no spaces"
        )
        self.assertEqual(cases.mentioned(["L0012", None], "(l0012)"), ["L0012"])

    def test_the_next_one_goes_to_who_has_least(self):
        self.assertEqual(cases.least_loaded("abc", {"a": 2, "b": 1, "c": 1}), "b")
        self.assertEqual(cases.least_loaded("abc", {"a": 2, "b": 1}), "c")
        self.assertIsNone(cases.least_loaded("", {}))


if given:

    class TestCaseProperties(BaseCase):
        @given(st.text(max_size=60), st.sampled_from(["Re: ", "Fwd: ", "回复：", "AW: "]))
        @settings(max_examples=100, deadline=None)
        def test_an_answer_stays_with_its_matter(self, subject, prefix):
            self.assertEqual(cases.subject_key(prefix + subject), cases.subject_key(subject))

        @given(st.text(max_size=200))
        @settings(max_examples=100, deadline=None)
        def test_no_text_is_too_odd(self, text):
            for function in (cases.own_words, cases.complains, cases.substantive, cases.threatens):
                function(text)
            cases.language(text, ("en_US", "zh_CN"))
