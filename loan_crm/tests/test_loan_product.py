from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanProduct(LoanCommon):
    def test_an_administrator_makes_a_product_in_its_form(self):
        form = Form(self.env["loan.product"].with_user(self.administrator))
        form.name = "Bridge Loan"
        form.family = "business"
        form.yearly_rate = 4.35
        form.term_max = 24
        product = form.save()
        self.assertEqual(product.company_id, self.company)
        self.assertEqual(product.currency_id, self.cny)
        self.assertEqual(product.repayment_method, "annuity")

    def test_only_an_administrator_changes_products(self):
        for user in self.manager | self.lead | self.desk | self.compliance:
            product = self.product.with_user(user)
            with self.subTest(user=user.name):
                self.assertEqual(product.read(["name"])[0]["name"], "Car Loan")
                for change in (
                    lambda product=product: product.write({"yearly_rate": 1}),
                    lambda product=product: product.unlink(),
                    lambda product=product: product.copy(),
                ):
                    with self.assertRaises(AccessError):
                        change()
        with self.assertRaises(AccessError):
            self.product.with_user(self.employee).read(["name"])

    def test_bounds_that_make_no_sense_are_refused(self):
        for vals, words in (
            ({"yearly_rate": -0.1}, "between 0 and 100"),
            ({"yearly_rate": 435}, "between 0 and 100"),
            ({"yearly_rate": float("nan")}, "between 0 and 100|not a number"),
            ({"principal_min": -1}, "largest loan"),
            ({"principal_min": 500, "principal_max": 499}, "largest loan"),
            ({"principal_max": float("nan")}, "largest loan|not a number"),
            ({"principal_min": float("inf")}, "largest loan|not a number"),
            ({"term_min": 0}, "1 to 2600"),
            ({"term_min": 13, "term_max": 12}, "1 to 2600"),
            ({"term_max": 2601}, "1 to 2600"),
        ):
            with self.subTest("created", vals=vals), self.assertRefused(words):
                self._product(**vals)
            with self.subTest("written", vals=vals), self.assertRefused(words):
                self.product.with_user(self.administrator).write(vals)
        self.assertTrue(self._product(principal_min=500, principal_max=500, term_min=12, term_max=12))

    def test_a_code_is_given_once_per_company(self):
        self.product.code = "CAR"
        with self.assertRefused("code exists"):
            self._product(code="CAR")
        other = self.env["res.company"].create({"name": "Suzhou Finance"})
        self.assertTrue(self._product(code="CAR", company_id=other.id))

    def test_a_product_that_has_loans_keeps_its_currency(self):
        self._contract(active=False)
        with self.assertRefused("Make a new product"):
            self.product.with_user(self.administrator).currency_id = self.usd
        unused = self._product(name="Unused")
        unused.with_user(self.administrator).currency_id = self.usd
        self.assertEqual(unused.currency_id, self.usd)

    def test_a_product_that_has_loans_is_not_deleted_but_archived(self):
        self._contract(active=False)
        product = self.product.with_user(self.administrator)
        with self.assertRefused("."):
            product.unlink()
        product.action_archive()
        self.assertFalse(product.active)

    def test_a_product_without_a_company_is_for_all(self):
        other = self.env["res.company"].create({"name": "Suzhou Finance"})
        self.manager.company_ids += other
        shared = self._product(name="Shared", company_id=False)
        theirs = self._product(name="Theirs", company_id=other.id)
        seen = self.env["loan.product"].with_user(self.manager).search([])
        self.assertIn(shared, seen)
        self.assertNotIn(theirs, seen)
        self.assertTrue(self._contract(product_id=shared.id))

    def test_each_counts_only_the_loans_they_may_see(self):
        self._contract()
        self._contract(self._customer("Feng Jie", manager=self.stranger))
        for user, count in ((self.manager, 1), (self.compliance, 2), (self.administrator, 0)):
            with self.subTest(user=user.name):
                product = self.product.with_user(user)
                product.invalidate_recordset()
                self.assertEqual(product.contract_count, count)
                action = product.action_open_contracts()
                found = self.env["loan.contract"].with_user(user).search(action["domain"])
                self.assertEqual(len(found), count)
