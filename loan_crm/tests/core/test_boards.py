from datetime import datetime, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import assignment, boards
from odoo.addons.loan_crm.core.assignment import Candidate, Needs
from odoo.addons.loan_crm.core.boards import Strain

NOON = datetime.fromisoformat("2026-03-10T12:00")
MIDNIGHT = datetime.fromisoformat("2026-03-10T00:00")
OLD = MIDNIGHT - timedelta(days=3)


def age_of(since, now=NOON, midnight=MIDNIGHT, old=OLD):
    """Return in which ages a wait is; it has to be one."""
    return [
        key
        for key, first, last in boards.ages(now, midnight, old)
        if (first is None or since >= first) and (last is None or since < last)
    ]


class TestBoards(BaseCase):
    def test_each_wait_has_one_age(self):
        for since, expected in (
            (NOON, "hours"),
            (NOON - timedelta(hours=4), "hours"),
            (NOON - timedelta(hours=4, seconds=1), "today"),
            (MIDNIGHT, "today"),
            (MIDNIGHT - timedelta(seconds=1), "days"),
            (OLD, "days"),
            (OLD - timedelta(seconds=1), "older"),
        ):
            with self.subTest(since=since):
                self.assertEqual(age_of(since), [expected])

    def test_after_midnight_what_is_young_stays_young(self):
        early = MIDNIGHT + timedelta(hours=1)
        for hours, expected in ((2, "hours"), (4, "hours"), (5, "days"), (90, "older")):
            with self.subTest(hours=hours):
                self.assertEqual(age_of(early - timedelta(hours=hours), early), [expected])

    def test_a_figure_is_tinted_by_its_size(self):
        marks = boards.MARKS["waiting"]
        self.assertEqual([boards.step(count, marks) for count in (0, 1, 3, 4, 15, 99)], [0, 1, 1, 2, 4, 4])

    def test_who_needs_help_most_comes_first(self):
        people = [
            (Strain(3, 1, 0.5), "late"),
            (Strain(7, 0, 0.2), "red"),
            (Strain(3, 1, 0.9), "late and full"),
            (Strain(3, 2, 0.1), "later"),
        ]
        self.assertEqual(
            [name for _strain, name in boards.neediest_first(people)],
            ["red", "later", "late and full", "late"],
        )

    def test_who_is_barred_never_fits(self):
        needs = Needs(languages=frozenset({"zh_CN"}), barred=frozenset({3}))
        speaks = {"languages": frozenset({"zh_CN"})}
        people = [
            Candidate(1, **speaks),
            Candidate(2),
            Candidate(3, **speaks),
            Candidate(4, away=True, **speaks),
            Candidate(5, load=Decimal(101), **speaks),
        ]
        fits = {verdict.id: boards.fit(verdict) for verdict in assignment.rank(needs, people)}
        self.assertEqual(fits, {1: "good", 2: "possible", 3: "barred", 4: "possible", 5: "possible"})

    def test_of_one_fit_the_order_stays(self):
        asked = [("possible", 1), ("barred", 2), ("good", 3), ("possible", 4), ("good", 5)]
        self.assertEqual([each for _fit, each in boards.best_first(asked)], [3, 5, 1, 4, 2])
