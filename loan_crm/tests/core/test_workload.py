from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import workload
from odoo.addons.loan_crm.core.workload import Counts, Weights


class TestWorkload(BaseCase):
    def test_a_load_is_each_thing_times_what_it_takes(self):
        weights = Weights()
        for counts, expected in [
            (Counts(), 0),
            (Counts(customer=1), 1),
            (Counts(customer=2, loan=3), 5),
            (Counts(customer=1, loan=1, late=1), 5),
            (Counts(customer=1, loan=2, late=1, case=2, vip=1, promise=3), 25),
            (Counts(customer=1, ours=2), 5),
        ]:
            with self.subTest(counts=counts):
                self.assertEqual(workload.points(counts, weights), expected)
        self.assertEqual(workload.points(Counts(loan=3), Weights(loan=Decimal("0.5"))), Decimal("1.5"))

    def test_counts_are_added_one_by_one(self):
        self.assertEqual(workload.added([]), Counts())
        self.assertEqual(
            workload.added([Counts(customer=1, late=2), Counts(customer=3, vip=1)]),
            Counts(customer=4, late=2, vip=1),
        )

    def test_a_share_is_exact_and_no_ceiling_leaves_no_room(self):
        self.assertEqual(workload.share(Decimal(1), Decimal(3)), Fraction(1, 3))
        self.assertGreaterEqual(workload.share(Decimal(0), Decimal(0)), 1)

    def test_a_cell_is_tinted_by_the_part_of_the_ceiling_it_takes(self):
        for hundredths, factor, total in [
            (0, 0, 0),
            (4, 0, 0),
            (5, 1, 0),
            (30, 3, 0),
            (75, 4, 2),
            (130, 4, 4),
        ]:
            with self.subTest(hundredths=hundredths):
                part = Fraction(hundredths, 100)
                self.assertEqual(workload.heat(part), factor)
                self.assertEqual(workload.heat(part, workload.TOTAL_STEPS), total)

    def test_what_one_gives_another_gets(self):
        loads = {1: Decimal(10), 2: Decimal(5)}
        moves = [(1, 2, Decimal(3)), (None, 3, Decimal(2)), (2, 2, Decimal(9)), (1, None, Decimal(1))]
        self.assertEqual(workload.after(loads, moves), {1: 6, 2: 8, 3: 2})
        self.assertEqual(loads, {1: 10, 2: 5})
