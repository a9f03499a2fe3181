from datetime import date, timedelta

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import papers

TODAY = date(2026, 3, 10)


class TestPapers(BaseCase):
    def test_a_paper_ends_when_it_says_or_so_long_after_it_was_issued(self):
        printed, issued = date(2030, 1, 1), date(2026, 1, 31)
        self.assertEqual(papers.expiry("printed", printed, issued, 3), printed)
        self.assertIsNone(papers.expiry("printed", None, issued, 3))
        self.assertEqual(papers.expiry("months", printed, issued, 1), date(2026, 2, 28))
        self.assertEqual(papers.expiry("months", None, issued, 12), date(2027, 1, 31))
        self.assertIsNone(papers.expiry("months", printed, None, 3))
        self.assertIsNone(papers.expiry("never", printed, issued, 3))

    def test_its_last_day_is_a_day_it_is_valid(self):
        for days, state in ((-1, "expired"), (0, "soon"), (30, "soon"), (31, "valid")):
            with self.subTest(days=days):
                self.assertEqual(papers.standing(TODAY + timedelta(days), 30, TODAY), state)
        self.assertEqual(papers.standing(None, 30, TODAY), "valid")

    def test_a_number_shows_four_characters_and_never_most_of_itself(self):
        self.assertEqual(papers.mask("310101199001012233"), "•••• 2233")
        self.assertEqual(papers.mask("AB 12"), "•••• 12")
        self.assertEqual(papers.mask("7"), "••••")
        self.assertEqual(papers.mask(" "), "")
        self.assertEqual(papers.mask(None), "")

    def test_the_best_paper_of_a_kind_counts(self):
        found = papers.completeness(
            {"card", "bill", "slip", "deed"},
            [("card", "expired"), ("card", "soon"), ("bill", "expired"), ("deed", "valid"), ("pass", "soon")],
        )
        self.assertEqual(
            found, {"there": {"card", "deed"}, "missing": {"slip"}, "expired": {"bill"}, "soon": {"card"}}
        )
