from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import relations


class TestRelations(BaseCase):
    def test_ties_join_over_any_number_of_steps_and_whichever_comes_first(self):
        self.assertEqual(relations.groups([]), [])
        self.assertEqual(
            relations.groups([(1, 2), (3, 4), (5, 6), (4, 5), (6, 3), (8, 7)]), [{1, 2}, {3, 4, 5, 6}, {7, 8}]
        )
        self.assertEqual(relations.groups([(1, 2), (3, 4), (2, 3)]), [{1, 2, 3, 4}])
