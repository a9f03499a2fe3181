from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanAssignment(LoanCommon):
    def _history(self, customer=None):
        rows = self.env["loan.assignment"].search([("customer_id", "=", (customer or self.customer).id)])
        return [(row.manager_user_id, row.kind, row.reason or "", bool(row.date_to)) for row in rows]

    def test_the_history_begins_with_the_first_manager(self):
        self.assertEqual(self._history(), [(self.manager, "first", "", False)])
        self.assertEqual(self.customer.assignment_ids.assigned_user_id, self.manager)

    def test_each_change_ends_one_row_and_begins_the_next(self):
        with self._days_later(3):
            self.customer.with_user(self.lead)._assign(self.colleague, reason="Speaks Cantonese")
            self.assertEqual(
                self._history(),
                [
                    (self.colleague, "hand", "Speaks Cantonese", False),
                    (self.manager, "first", "", True),
                ],
            )
            now, before = self.customer.assignment_ids
            self.assertEqual(now.assigned_user_id, self.lead)
            self.assertEqual((before.days, before.date_to), (3, now.date_from))
            self.customer.with_user(self.lead).write({"manager_user_id": self.colleague.id})
            self.customer.with_user(self.lead).write({"note": "Late riser"})
            self.assertEqual(len(self._history()), 2, "what did not change is not noted")

    def test_a_change_on_any_way_is_noted(self):
        self.customer.with_user(self.lead).write({"deputy_user_id": self.colleague.id})
        self.assertEqual(self._history()[0], (self.manager, "deputy", "", False))
        self.customer.with_user(self.lead).write({"manager_user_id": False, "deputy_user_id": False})
        self.assertFalse(self._history()[0][0], "nobody accountable is a row, too")

    def test_the_deputy_who_becomes_manager_is_no_deputy_any_more(self):
        self.customer.deputy_user_id = self.colleague
        other = self._customer("Li Na", deputy_user_id=self.lead.id)
        (self.customer | other).with_user(self.lead)._assign(self.colleague)
        self.assertFalse(self.customer.deputy_user_id)
        self.assertEqual(other.deputy_user_id, self.lead)
        other.with_user(self.lead)._assign(self.manager, deputy=self.colleague)
        self.assertEqual((other.manager_user_id, other.deputy_user_id), (self.manager, self.colleague))

    def test_a_whole_portfolio_takes_no_query_for_each_customer(self):
        one, many = ([self._customer(f"Borrower {size} {i}").id for i in range(size)] for size in (2, 12))
        counts = []
        for ids in (one, many):
            customers = self.env["loan.customer"].browse(ids).with_user(self.lead)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            customers._assign(self.colleague, reason="Portfolio")
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 5)

    def test_nobody_writes_the_history(self):
        row = self.customer.assignment_ids
        for user in (self.manager, self.lead, self.compliance, self.desk, self.administrator):
            for operation in ("write", "create", "unlink"):
                with self.subTest(user=user.name, operation=operation):
                    self.assertFalse(row.with_user(user).has_access(operation))
        for user in (self.manager, self.lead, self.compliance, self.desk):
            self.assertTrue(row.with_user(user).has_access("read"))
        for user in (self.stranger, self.other_lead, self.employee, self.administrator):
            self.assertFalse(row.with_user(user).has_access("read"))

    def test_no_client_puts_words_into_it(self):
        customer = self.customer.with_user(self.lead)
        customer.with_context(loan_assigning=["x", "policy", "The policy says so"]).write(
            {"manager_user_id": self.colleague.id}
        )
        self.assertEqual(self._history()[0], (self.colleague, "hand", "", False))

    def test_only_a_handover_says_who_takes_over(self):
        with self.assertRaises(AccessError):
            self.customer.with_user(self.lead).write({"incoming_user_id": self.stranger.id})
        self.assertBlindToCustomer(self.stranger)
        contract = self._contract()
        self.customer.incoming_user_id = self.stranger
        self.assertTrue(contract.with_user(self.stranger).has_access("read"))
        self.assertEqual(
            self.env["loan.customer"].with_user(self.stranger).search([("id", "=", self.customer.id)]),
            self.customer,
        )
        self.customer.incoming_user_id = False
        self.assertBlindToCustomer(self.stranger)

    def assertBlindToCustomer(self, user):
        self.env.invalidate_all()
        self.assertFalse(self.customer.with_user(user).has_access("read"))
        self.assertFalse(self.env["loan.customer"].with_user(user).search([("id", "=", self.customer.id)]))

    def test_who_sees_a_customer_for_a_while_cannot_keep_them(self):
        self.env["loan.cover"].with_user(self.lead).create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.stranger.id,
                "date_from": TODAY,
                "date_to": TODAY,
            }
        )
        theirs = self.customer.with_user(self.stranger)
        theirs.write({"needs": "Wants a larger kitchen"})
        for vals in ({"manager_user_id": self.stranger.id}, {"deputy_user_id": self.stranger.id}):
            with self.subTest(vals=vals), self.assertRefused("Only their manager or a team lead"):
                theirs.write(vals)
        self.customer.with_user(self.manager).deputy_user_id = self.colleague
        self.assertEqual(self.customer.manager_user_id, self.manager)

    def test_customers_from_before_the_history_begin_theirs(self):
        self.env["loan.assignment"].search([("customer_id", "=", self.customer.id)]).unlink()
        for _time in range(2):
            self.env["loan.assignment"]._begin()
            self.assertEqual(self._history(), [(self.manager, "first", "", False)])
