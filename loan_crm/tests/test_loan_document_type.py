from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install", "loan")
class TestLoanDocumentType(TransactionCase):
    """The catalog of papers tells in a line of whom each is asked for and which applications need it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.env["loan.product"].create(
            [
                {"name": name, "principal_min": 1, "principal_max": 100, "term_min": 1, "term_max": 12}
                for name in ("Boat", "Bicycle", "Piano", "Kitchen", "Garden")
            ]
        )
        cls.paper = cls.env["loan.document.type"].create({"name": "Proof of a Berth"})

    def test_of_whom_it_is_asked(self):
        self.assertFalse(self.paper.asked_of)
        self.paper.write({"required_person": True, "required_sme": True})
        self.assertEqual(self.paper.asked_of, "Persons and SMEs")
        self.paper.write({name: True for name in self.paper._fields if name.startswith("required_")})
        self.assertEqual(self.paper.asked_of, "All kinds")

    def test_which_applications_need_it(self):
        self.assertFalse(self.paper.applications)
        self.paper.product_ids = self.products[:2]
        self.assertEqual(self.paper.applications, "Boat and Bicycle")
        self.paper.product_ids = self.products
        self.assertEqual(self.paper.applications, "Boat, Bicycle, Piano and 2 more")
        self.paper.all_products = True
        self.assertEqual(self.paper.applications, "All applications")
