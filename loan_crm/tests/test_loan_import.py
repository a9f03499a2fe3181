import csv
from pathlib import Path

from odoo.tests import tagged

from .common import TODAY
from .test_loan_sync import SyncCommon

FILES = Path(__file__).resolve().parents[1] / "static" / "csv"
HEADER = ["external_ref", "customer_id", "product_id", "principal", "term", "start_date", "first_due_date"]
ROW_HEADER = [f"installment_ids/{name}" for name in ("number", "due_date", "principal", "interest")]


@tagged("post_install", "-at_install", "loan")
class TestLoanImport(SyncCommon):
    """Files through Odoo's own import: the same road as the feed, with Odoo's answers."""

    def _rows(self, ref="I1", **values):
        row = {
            "external_ref": ref,
            "customer_id": self.customer.reference,
            "product_id": "CAR",
            "principal": "9000",
            "term": "3",
            "start_date": "2026-02-17",
            "first_due_date": "2026-03-17",
            **values,
        }
        return [row[name] for name in HEADER]

    def _schedule(self, ref="I1"):
        figures = [
            ("1", "2026-03-17", "2985.01", "45.00"),
            ("2", "2026-04-17", "2999.93", "30.09"),
            ("3", "2026-05-17", "3015.06", "15.08"),
        ]
        lead = self._rows(ref)
        return [[*(lead if n == 0 else [""] * len(lead)), *figure] for n, figure in enumerate(figures)]

    def _load(self, fields, rows, model=None):
        result = (model if model is not None else self.contracts).load(fields, rows)
        self.env.flush_all()
        return result

    def test_a_file_of_loans_twice_is_one_book(self):
        rows = [self._rows("I1"), self._rows("I2", principal="12000", term="12")]
        first = self._load(HEADER, rows)
        self.assertFalse(first["messages"], first)
        self.assertEqual(len(self._loan("I2").installment_ids), 12)
        again = []
        self.assertEqual(self._written(lambda: again.append(self._load(HEADER, rows))), [])
        self.assertEqual(again[0]["ids"], first["ids"])

    def test_odoos_own_external_id_is_a_name_too(self):
        rows = [["core_loan_1", *self._rows("")]]
        first = self._load(["id", *HEADER], rows)
        self.assertFalse(first["messages"], first)
        rows[0][HEADER.index("principal") + 1] = "8000"
        again = self._load(["id", *HEADER], rows)
        self.assertEqual(again["ids"], first["ids"])
        self.assertEqual(self.contracts.browse(first["ids"]).principal, 8000)

    def test_rows_that_come_with_a_loan_are_its_schedule(self):
        fields, rows = [*HEADER, *ROW_HEADER], self._schedule()
        first = self._load(fields, rows)
        self.assertFalse(first["messages"], first)
        loan = self._loan("I1")
        self.assertEqual(
            (loan.schedule_source, loan.installment_ids.mapped("interest")), ("external", [45, 30.09, 15.08])
        )
        self.assertEqual(self._written(lambda: self._load(fields, rows)), [])
        loan.with_user(self.manager).action_activate()
        self.assertEqual(self._written(lambda: self._load(fields, rows)), [])

    def test_a_bad_row_is_told_with_its_place_and_nothing_goes_in(self):
        result = self._load(HEADER, [self._rows("I1"), self._rows("I2", term="99"), self._rows("I3")])
        self.assertFalse(result["ids"])
        self.assertTrue(
            any(
                m.get("rows", {}).get("from") == 1 and "runs 1 to 60" in m["message"]
                for m in result["messages"]
            ),
            result,
        )
        self.assertFalse(self._loan("I1"))
        rows = self._schedule()
        rows[2][-2] = "3015.05"
        result = self._load([*HEADER, *ROW_HEADER], rows)
        self.assertRegex(result["messages"][0]["message"], "Row 3.*add up")

    def test_a_hidden_customer_is_no_customer(self):
        hidden = self._customer("Hidden", manager=self.stranger)
        result = self._load(HEADER, [self._rows(customer_id=hidden.reference)])
        self.assertFalse(result["ids"])

    def test_what_follows_from_other_figures_is_not_imported(self):
        for name, value in (
            ("amount_open", "5"),
            ("manager_user_id", self.manager.name),
            ("day_zero", "2026-01-01"),
        ):
            with self.subTest(name=name):
                result = self._load([*HEADER, name], [[*self._rows(), value]])
                self.assertFalse(result["ids"])
                self.assertIn("follows from other records", str(result["messages"]))
        result = self._load(
            [*HEADER, *ROW_HEADER, "installment_ids/amount_open"], [[*self._schedule()[0], "5"]]
        )
        self.assertIn("amount_open", str(result["messages"]))
        with self.assertRefused("not allowed"):
            self.contracts.create(
                {
                    "customer_id": self.customer.id,
                    "product_id": self.product.id,
                    "principal": 900,
                    "installment_ids": [(0, 0, {"number": 1, "due_date": TODAY, "principal": 900})],
                }
            )

    def test_a_file_of_repayments_twice_counts_once(self):
        self.contracts.sync([self._line()])
        fields = ["external_ref", "contract_id", "date", "amount", "method"]
        rows = [["P1", "A1", "2026-03-01", "1032.80", "Cash"], ["P2", "A1", "2026-03-02", "5", "Cash"]]
        first = self._load(fields, rows, self.repayments)
        self.assertFalse(first["messages"], first)
        self.assertEqual(self._loan().repayment_ids.mapped("state"), ["posted", "posted"])
        self.assertEqual(self._written(lambda: self._load(fields, rows, self.repayments)), [])
        rows[1][3] = "6"
        self._load(fields, rows, self.repayments)
        self.assertEqual(sorted(self._loan().repayment_ids.mapped("state")), ["posted", "posted", "reversed"])
        result = self._load(fields, [["P3", "A1", "2026-03-11", "1", "Cash"]], self.repayments)
        self.assertIn("a fact", result["messages"][0]["message"])

    def test_the_templates_on_offer_can_be_imported_as_they_are(self):
        second = self._customer("Li Na")
        for model in (self.contracts, self.repayments):
            offered = model.get_import_templates()
            self.assertTrue(offered)
            for template in offered:
                path = FILES / template["template"].rsplit("/", 1)[1]
                with self.subTest(path=path.name):
                    header, *rows = csv.reader(path.open())
                    for row in rows:
                        for n, name in enumerate(header):
                            if name == "customer_id" and row[n]:
                                row[n] = {"C00001": self.customer, "C00002": second}[row[n]].reference
                    result = self._load(header, rows, model)
                    self.assertFalse(result["messages"], result)
                    loans = self.contracts.search(
                        [("external_ref", "=like", "CORE-1%"), ("state", "=", "draft")]
                    )
                    loans.action_activate()

    def test_the_import_screen_offers_what_a_file_needs(self):
        tree = self.env["base_import.import"].with_user(self.manager).get_fields_tree
        names = {field["name"]: field for field in tree("loan.contract")}
        self.assertLessEqual(set(HEADER), names.keys())
        self.assertFalse({"amount_open", "state", "schedule_source", "day_zero"} & names.keys())
        rows = {field["name"] for field in names["installment_ids"]["fields"]}
        self.assertLessEqual({"number", "due_date", "principal", "interest", "fee", "capitalised"}, rows)
        self.assertFalse({"amount_open", "state", "balance", "principal_paid"} & rows)
        names = {field["name"] for field in tree("loan.repayment")}
        self.assertLessEqual({"external_ref", "contract_id", "date", "amount", "method", "reference"}, names)

    def test_who_may_only_read_a_loan_imports_no_rows_of_it(self):
        lead = [
            *HEADER,
            *(f"installment_ids/{name}" for name in ("number", "due_date", "principal", "interest")),
        ]
        self.assertFalse(self._load(lead, self._schedule())["messages"])
        loan = self._loan("I1")
        before = loan.installment_ids.mapped("amount")
        fields = [".id", *lead[len(HEADER) :]]
        rows = [[str(loan.id), "1", "2026-03-17", "9000.00", "777.00"]]
        for user in (self.desk, self.compliance):
            with self.subTest(user=user.name):
                answer = self._load(fields, rows, self.env["loan.contract"].with_user(user))
                self.assertTrue(answer["messages"])
                loan.invalidate_recordset()
                self.assertEqual(loan.installment_ids.mapped("amount"), before)
