from datetime import date, timedelta

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import covers

DAY = date(2026, 3, 10)


def span(first, last):
    return covers.Span(DAY + timedelta(first), DAY + timedelta(last))


class TestCovers(BaseCase):
    def test_an_absence_runs_from_its_first_day_to_its_last_unless_somebody_is_back(self):
        for first, last, back, expected in [
            (1, 2, False, "planned"),
            (0, 0, False, "running"),
            (-3, 0, False, "running"),
            (-3, -1, False, "over"),
            (-3, 5, True, "over"),
        ]:
            with self.subTest(first=first, last=last, back=back):
                self.assertEqual(covers.state(DAY, span(first, last), back), expected)

    def test_spans_share_days_from_the_later_beginning_to_the_earlier_end(self):
        for one, other, expected in [
            (span(0, 6), span(2, 9), span(2, 6)),
            (span(0, 6), span(6, 6), span(6, 6)),
            (span(0, 6), span(7, 9), None),
            (span(3, 4), span(0, 9), span(3, 4)),
        ]:
            with self.subTest(one=one, other=other):
                self.assertEqual(covers.common(one, other), expected)
                self.assertEqual(covers.common(other, one), expected)

    def test_what_is_taken_is_left_out_of_a_span(self):
        for taken, expected in [
            ([], [span(0, 9)]),
            ([span(-5, -1), span(10, 12)], [span(0, 9)]),
            ([span(0, 9)], []),
            ([span(-2, 3)], [span(4, 9)]),
            ([span(6, 20)], [span(0, 5)]),
            ([span(5, 6), span(2, 3)], [span(0, 1), span(4, 4), span(7, 9)]),
            ([span(2, 8), span(3, 4)], [span(0, 1), span(9, 9)]),
        ]:
            with self.subTest(taken=taken):
                self.assertEqual(covers.left_over(span(0, 9), taken), expected)

    def test_the_first_who_is_there_acts_and_at_last_who_is_accountable(self):
        line = ["named", "deputy", "lead", "manager"]
        for gone, away, expected in [
            ([], ["manager"], "named"),
            ([], ["manager", "named"], "deputy"),
            (["named"], ["manager", "deputy"], "lead"),
            ([], line, "manager"),
            (["manager"], ["named", "deputy", "lead"], "lead"),
            (line, [], None),
        ]:
            with self.subTest(gone=gone, away=away):
                self.assertEqual(covers.who_acts(line, gone, away), expected)
        self.assertIsNone(covers.who_acts([], [], []))
