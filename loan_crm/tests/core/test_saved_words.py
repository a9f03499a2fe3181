from odoo.tests import BaseCase

from odoo.addons.loan_crm.core.saved_words import telling


class TestSavedWords(BaseCase):
    def test_a_name_is_found_in_any_writing(self):
        texts = {1: "[('name', '=', 'WANG FANG')]", 2: "Dear customer", 3: "客户王伟的贷款"}
        self.assertEqual(telling(texts, ["Wang Fang", "王伟", None, ""]), {1, 3})

    def test_what_is_too_short_is_in_everything(self):
        self.assertEqual(telling({1: "Linear; 王小明"}, ["Li", "Line", "王"]), set())
        self.assertEqual(telling({1: "Linear"}, ["Linea"]), {1})
