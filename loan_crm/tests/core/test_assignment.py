from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import assignment, workload
from odoo.addons.loan_crm.core.assignment import Candidate, Needs

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

ZH, EN = frozenset({"zh_CN"}), frozenset({"en_US"})


def one(*values):
    return frozenset(values)


class TestAssignment(BaseCase):
    def _best(self, needs, *candidates):
        return assignment.rank(needs, candidates)[0]

    def _keys(self, verdict):
        return [reason.key for reason in verdict.reasons]

    def test_each_fit_wins_between_two_who_are_equal_otherwise(self):
        for needs, fits in [
            (Needs(languages=ZH), {"languages": ZH}),
            (Needs(dialects=one(7)), {"dialects": one(7)}),
            (Needs(families=one("car")), {"families": one("car")}),
            (Needs(products=one(3)), {"products": one(3)}),
            (Needs(region=5), {"regions": one(5)}),
            (Needs(segment=5), {"segments": one(5)}),
            (Needs(kind="sme"), {"kinds": one("sme")}),
            (Needs(hours=one(1, 2)), {"hours": one(2, 3)}),
            (Needs(days=one(5, 6)), {"days": one(5)}),
        ]:
            with self.subTest(fits=fits):
                best = self._best(needs, Candidate(1), Candidate(2, **fits))
                self.assertEqual(best.id, 2)

    def test_who_knows_the_customer_comes_first(self):
        for needs in (Needs(former=one(2)), Needs(kin=one(2)), Needs(relatives=one(2))):
            with self.subTest(needs=needs):
                self.assertEqual(self._best(needs, Candidate(1), Candidate(2)).id, 2)

    def test_a_household_outweighs_a_relative_and_they_are_not_added_up(self):
        needs = Needs(kin=one(2, 3), relatives=one(1, 3))
        ranking = assignment.rank(needs, [Candidate(1), Candidate(2), Candidate(3)])
        self.assertEqual([verdict.id for verdict in ranking], [2, 3, 1])
        self.assertEqual(ranking[0].score, ranking[1].score)

    def test_more_of_the_best_days_is_better_and_none_is_told(self):
        needs = Needs(days=one(3, 4, 5, 6))
        people = [
            Candidate(1, days=one(0, 1)),
            Candidate(2, days=one(3)),
            Candidate(3, days=one(3, 4, 5)),
            Candidate(4),
        ]
        ranking = assignment.rank(needs, people)
        self.assertEqual([verdict.id for verdict in ranking], [3, 2, 1, 4])
        told = {verdict.id: [r for r in verdict.reasons if r.key.startswith("days")] for verdict in ranking}
        self.assertEqual([(r.points, r.what) for r in told[3]], [(3, (3, 4, 5))])
        self.assertEqual([(r.key, r.points) for r in told[1]], [("days_missing", 0)])
        self.assertFalse(told[4], "nobody knows on which days they work")

    def test_who_is_related_to_the_customer_can_be_nothing_to_them(self):
        needs = Needs(related=one(1), former=one(1), present=3)
        ranking = assignment.rank(needs, [Candidate(1), Candidate(2), Candidate(3)])
        by_id = {verdict.id: verdict for verdict in ranking}
        self.assertEqual(ranking[0].id, 2)
        self.assertEqual((by_id[1].against, by_id[1].refused, by_id[1].unfit), (("related",), True, True))
        self.assertEqual(
            (by_id[3].refused, by_id[3].unfit), (True, False), "who is manager may become deputy"
        )

    def test_a_specialist_of_something_else_comes_after_who_serves_all(self):
        needs = Needs(families=one("car"))
        ranking = assignment.rank(needs, [Candidate(1, families=one("mortgage")), Candidate(2)])
        self.assertEqual([verdict.id for verdict in ranking], [2, 1])
        self.assertEqual(self._keys(ranking[0])[0], "family_all")
        self.assertIn("family_missing", self._keys(ranking[1]))

    def test_equal_fit_goes_to_whoever_carries_less_of_their_ceiling(self):
        needs = Needs(load=Decimal(5))
        best = self._best(
            needs,
            Candidate(1, load=Decimal(40), ceiling=Decimal(100)),
            Candidate(2, load=Decimal(41), ceiling=Decimal(200)),
        )
        self.assertEqual((best.id, best.load, best.share), (2, 46, Fraction(23, 100)))

    def test_what_speaks_against_somebody_is_told_and_puts_them_last(self):
        needs = Needs(load=Decimal(5), languages=ZH, vip=True, barred=one(4), present=5)
        full = {"vip_slots": 1}
        people = {
            1: Candidate(1, refusal="archived", languages=ZH, **full),
            2: Candidate(2, refusal="no_right", languages=ZH, **full),
            3: Candidate(3, refusal="company", languages=ZH, **full),
            4: Candidate(4, languages=ZH, **full),
            5: Candidate(5, languages=ZH, **full),
            6: Candidate(6, languages=ZH, takes_new=False, **full),
            7: Candidate(7, languages=ZH, away=True, **full),
            8: Candidate(8, languages=ZH, load=Decimal(96), **full),
            9: Candidate(9, languages=ZH, vip_used=1, **full),
            10: Candidate(10, languages=EN, load=Decimal(90), **full),
        }
        ranking = assignment.rank(needs, people.values())
        self.assertEqual(ranking[0].id, 10)
        against = {verdict.id: verdict.against for verdict in ranking}
        self.assertEqual(
            against,
            {
                1: ("archived",),
                2: ("no_right",),
                3: ("company",),
                4: ("conflict",),
                5: ("same",),
                6: ("not_taking",),
                7: ("away",),
                8: ("ceiling",),
                9: ("vip_slots",),
                10: (),
            },
        )
        self.assertEqual({verdict.id for verdict in ranking if verdict.refused}, {1, 2, 3, 4, 5})
        self.assertEqual({verdict.id for verdict in ranking[-5:]}, {1, 2, 3, 4, 5})

    def test_a_customer_brings_nothing_new_to_who_has_them_already(self):
        [verdict] = assignment.rank(Needs(load=Decimal(50), present=1), [Candidate(1, load=Decimal(80))])
        self.assertEqual((verdict.load, verdict.against), (80, ("same",)))

    def test_many_are_dealt_out_so_that_nobody_is_filled_up(self):
        people = [Candidate(id_, ceiling=Decimal(20)) for id_ in (1, 2, 3)]
        answers = assignment.distribute([(n, Needs(load=Decimal(6))) for n in range(12)], people)
        picked = [ranking[0].id for ranking in answers.values() if ranking[0].eligible]
        self.assertEqual(sorted(picked), [1, 1, 1, 2, 2, 2, 3, 3, 3])  # three times six is under twenty
        self.assertEqual(sum(not ranking[0].eligible for ranking in answers.values()), 3)

    def test_vip_customers_choose_first_and_slots_run_out(self):
        people = [Candidate(1, vip_slots=1), Candidate(2, load=Decimal(30), vip_slots=1)]
        asking = [
            (1, Needs(load=Decimal(1))),
            (2, Needs(vip=True)),
            (3, Needs(vip=True)),
            (4, Needs(vip=True)),
        ]
        answers = assignment.distribute(asking, people)
        self.assertEqual([answers[key][0].id for key in (2, 3)], [1, 2])
        self.assertEqual({verdict.against for verdict in answers[4]}, {("vip_slots",)})

    def test_a_portfolio_that_is_dealt_out_makes_room_with_whom_it_leaves(self):
        people = [Candidate(1, load=Decimal(90)), Candidate(2, load=Decimal(0))]
        asking = [(n, Needs(load=Decimal(10), present=1)) for n in range(3)]
        answers = assignment.distribute(asking, people, release={1})
        self.assertEqual([ranking[0].id for ranking in answers.values()], [2, 2, 2])
        last = {verdict.id: verdict.load for verdict in answers[2]}
        self.assertEqual(last, {1: 70, 2: 30})


if given:
    loads = st.integers(0, 150).map(Decimal)
    some = st.frozensets(st.integers(1, 4), max_size=3)
    candidates = st.builds(
        Candidate,
        id=st.integers(1, 10**6),
        load=loads,
        ceiling=st.integers(0, 120).map(Decimal),
        vip_used=st.integers(0, 3),
        vip_slots=st.integers(0, 3),
        languages=st.frozensets(st.sampled_from(["zh_CN", "en_US"])),
        products=some,
        regions=some,
        takes_new=st.booleans(),
        away=st.booleans(),
        refusal=st.sampled_from([None, None, None, "archived", "no_right", "company"]),
    )
    teams = st.lists(candidates, min_size=1, max_size=8, unique_by=lambda candidate: candidate.id)
    customers = st.builds(
        Needs,
        load=st.integers(0, 20).map(Decimal),
        languages=st.frozensets(st.sampled_from(["zh_CN", "en_US"])),
        products=some,
        region=st.none() | st.integers(1, 4),
        vip=st.booleans(),
        barred=some,
    )

    class TestAssignmentProperties(BaseCase):
        @settings(max_examples=150, deadline=None)
        @given(customers, teams, st.randoms(use_true_random=False))
        def test_nobody_who_is_ruled_out_is_picked_and_the_order_asked_in_does_not_matter(
            self, needs, team, random
        ):
            ranking = assignment.rank(needs, team)
            shuffled = list(team)
            random.shuffle(shuffled)
            self.assertEqual(assignment.rank(needs, shuffled), ranking)
            self.assertEqual({verdict.id for verdict in ranking}, {candidate.id for candidate in team})
            by_id = {candidate.id: candidate for candidate in team}
            for verdict in ranking:
                person = by_id[verdict.id]
                allowed = (
                    person.refusal is None
                    and person.id not in needs.barred
                    and person.takes_new
                    and not person.away
                    and person.load + needs.load <= person.ceiling
                    and not (needs.vip and person.vip_used >= person.vip_slots)
                )
                self.assertEqual(verdict.eligible, allowed)
            eligible = [verdict.eligible for verdict in ranking]
            self.assertEqual(eligible, sorted(eligible, reverse=True))

        @settings(max_examples=150, deadline=None)
        @given(customers, teams, st.data())
        def test_more_load_never_improves_a_rank(self, needs, team, data):
            index = data.draw(st.integers(0, len(team) - 1))
            more = data.draw(st.integers(1, 200))
            person = team[index]

            def place(candidates):
                return [verdict.id for verdict in assignment.rank(needs, candidates)].index(person.id)

            heavier = [*team[:index], person._replace(load=person.load + more), *team[index + 1 :]]
            self.assertGreaterEqual(place(heavier), place(team))

        @settings(max_examples=60, deadline=None)
        @given(
            st.lists(st.integers(1, 20).map(Decimal), min_size=1, max_size=60),
            st.lists(st.integers(400, 900).map(Decimal), min_size=2, max_size=6),
        )
        def test_those_who_fit_equally_stay_as_close_as_one_customer(self, weights, ceilings):
            team = [Candidate(id_, ceiling=ceiling) for id_, ceiling in enumerate(ceilings, 1)]
            carried = self._deal(team, [Needs(load=weight) for weight in weights])
            shares = [workload.share(carried[person.id], person.ceiling) for person in team]
            bound = assignment.drift_bound(0, max(weights), min(ceilings))
            self.assertLessEqual(max(shares) - min(shares), bound)

        @settings(max_examples=60, deadline=None)
        @given(st.lists(customers, min_size=1, max_size=40), st.integers(2, 5), st.data())
        def test_fit_outweighs_room_within_a_stated_bound(self, asking, size, data):
            ceiling = Decimal(100_000)  # nobody is ever full: only the points keep them together
            team = [
                Candidate(
                    id_,
                    ceiling=ceiling,
                    vip_slots=10**6,
                    languages=data.draw(st.frozensets(st.sampled_from(["zh_CN", "en_US"]))),
                    regions=data.draw(some),
                )
                for id_ in range(1, size + 1)
            ]
            asking = [needs._replace(barred=frozenset(), load=needs.load * 300) for needs in asking]
            carried = self._deal(team, asking)
            shares = [workload.share(load, ceiling) for load in carried.values()]
            heaviest = max(needs.load for needs in asking)
            self.assertLessEqual(
                max(shares) - min(shares),
                assignment.drift_bound(assignment.LANGUAGE + assignment.REGION, heaviest, ceiling),
            )

        def _deal(self, team, asking):
            answers = assignment.distribute(enumerate(asking), team)
            carried = {person.id: person.load for person in team}
            for key, ranking in answers.items():
                self.assertTrue(ranking[0].eligible)
                carried[ranking[0].id] += asking[key].load
            return carried
