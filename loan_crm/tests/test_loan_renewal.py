from dateutil.relativedelta import relativedelta

from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, LoanCommon

DAY = relativedelta(days=1)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanRenewal(LoanCommon):
    """Loans of three installments; the last one of most of them falls due in a month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # One query reads a borrower: each test asks for its own, and none of the others is disturbed.
        cls.first_due = TODAY + relativedelta(days=20, months=-2)

    def _ending(self, name="Good", late=(), paid=2, **values):
        """Return a loan that ends in 20 days, its first installments paid on their days or so many days late."""
        customer = values.pop("customer", None) or self._customer(name)
        contract = self._contract(
            customer,
            term=3,
            start_date=self.first_due - relativedelta(months=1),
            first_due_date=self.first_due,
            **values,
        )
        for row in contract.installment_ids.sorted("due_date")[:paid]:
            days = dict(late).get(row.number, 0)
            self._pay(contract, row.amount_open, min(row.due_date + days * DAY, TODAY))
        return contract

    def _night(self, days=0):
        with self._days_later(days), self._without_commit():
            self.env["loan.night"]._run(self.company)
            self.env.flush_all()
            self.env.invalidate_all()
        return self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)

    def test_a_good_payer_gets_one_renewal_before_the_loan_ends(self):
        contract = self._ending(principal=9000, purpose="A loom")
        self.assertEqual(contract.renewal_note, "A renewal is opened tonight")
        self.company.loan_renewal_days = 19
        self._night()
        self.assertFalse(contract.renewal_lead_id, "it ends in 20 days")
        self.company.loan_renewal_days = 20
        self.assertFalse(self._night(1).failure_ids)
        lead = contract.renewal_lead_id
        self.assertEqual((lead.user_id, lead.team_id, lead.type), (self.manager, self.team, "opportunity"))
        self.assertEqual(lead.partner_id, contract.partner_id)
        self.assertEqual(
            (lead.loan_product_id, lead.loan_amount, lead.loan_term, lead.loan_purpose),
            (self.product, 9000, 3, "A loom"),
        )
        self.assertEqual(lead.expected_revenue, contract.interest_total)
        self.assertEqual(lead.tag_ids, self.env.ref("loan_crm.crm_tag_renewal"))
        self.assertEqual(lead.date_deadline, contract.last_due_date)
        todo = lead.activity_ids
        self.assertEqual(
            (todo.user_id, todo.date_deadline, todo.summary),
            (self.manager, contract.last_due_date, "Offer the next loan"),
        )
        self.assertFalse(
            self.env["mail.mail"].search_count([("model", "=", "crm.lead"), ("res_id", "=", lead.id)]),
            "in silence but for the to-do",
        )
        self.assertIn("Renewal opened on", contract.renewal_note)
        self.assertEqual(contract.with_user(self.manager).action_open_renewal()["res_id"], lead.id)
        # Run again, on later days, and after somebody has deleted it: never a second one.
        self.env["loan.night"]._begin_again(self.company)
        self._night(1)
        lead.unlink()
        self._night(2)
        self.assertFalse(self.env["crm.lead"].search([("partner_id", "=", contract.partner_id.id)]))

    def test_no_renewals_where_the_lender_wants_none(self):
        contract = self._ending()
        self.company.loan_renewal_days = 0
        self._night()
        self.assertFalse(contract.renewal_lead_id or contract.renewal_note)

    def test_who_is_offered_none_can_be_told_why(self):
        loans = {
            "something is overdue": self._ending("Late now", paid=1),
            "1 of 2 in time, late last in February 2026": self._ending("Late then", late=[(2, 5)]),
            "they want no offers": self._ending("Wants none"),
            "the profile is archived": self._ending("Gone"),
            "restructured in March 2026": self._ending("Eased"),
            "a hardship request is open": self._ending("Asked for help"),
            "they have applied for a loan already": self._ending("Keen"),
            "the product is lent no more": self._ending("Old", product_id=self._product(name="Old").id),
        }
        by_name = {contract.customer_id.name: contract for contract in loans.values()}
        by_name["Wants none"].customer_id.renewal_opt_out = True
        by_name["Gone"].customer_id.active = False
        by_name["Old"].product_id.active = False
        self.env["loan.hardship"].create({"contract_id": by_name["Asked for help"].id, "cause": "income"})
        self.env["loan.contract.event"].create(
            {"contract_id": by_name["Eased"].id, "kind": "restructure", "date": TODAY}
        )
        self.env["crm.lead"].create(
            {
                "name": "Another",
                "partner_id": by_name["Keen"].partner_id.id,
                "loan_product_id": self.product.id,
                "company_id": self.company.id,
                "user_id": self.manager.id,
            }
        )
        good = self._ending("Another loan", customer=by_name["Late now"].customer_id)
        self.env.flush_all()
        self.env.invalidate_all()
        for reason, contract in loans.items():
            with self.subTest(reason=reason):
                self.assertEqual(contract.renewal_note, f"No renewal offered: {reason}")
        self.assertIn("something is overdue", good.renewal_note, "all loans of a borrower count")
        self._night()
        for contract in [*loans.values(), good]:
            self.assertFalse(contract.renewal_lead_id, contract.customer_id.name)
        self.company.loan_renewal_on_time = 50
        self.env.invalidate_all()
        self.assertEqual(by_name["Late then"].renewal_note, "A renewal is opened tonight")

    def test_what_a_firms_speaker_asks_for_is_the_firms_application(self):
        partner = self._partner("Orient Trading", is_company=True)
        speaker = self._partner("Speaker", parent_id=partner.id)
        firm = self._ending(customer=self._customer(partner_id=partner.id, kind="sme"))
        person = self._ending(customer=self._customer(partner_id=speaker.id))
        lead = self.env["crm.lead"].create(
            {
                "name": "A second lorry",
                "partner_id": speaker.id,
                "loan_product_id": self.product.id,
                "loan_kind": "sme",
                "company_id": self.company.id,
                "user_id": self.manager.id,
            }
        )
        for kind, applied, free in (("sme", firm, person), ("person", person, firm)):
            lead.loan_kind = kind
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertIn("they have applied for a loan already", applied.renewal_note)
            self.assertEqual(free.renewal_note, "A renewal is opened tonight")

    def test_on_time_means_the_same_to_the_profile_the_renewal_and_the_tier(self):
        punctual = self._ending("Punctual")
        late = self._ending("Late then", late=[(2, 5)])
        graced = self._ending("Within grace", late=[(2, 5)], grace_days=5)
        waiting = self._ending("Open within grace", paid=1, grace_days=30)
        overdue = self._ending("Open past grace", paid=1, grace_days=1)
        fed = self._ending("Said to be paid", paid=1)
        # Paid by no repayment we know: a feed says so.
        row = fed.installment_ids.sorted("due_date")[1]
        self.env.flush_all()
        self.env.cr.execute("UPDATE loan_installment SET state = 'paid' WHERE id = %s", (row.id,))
        self.env.invalidate_all()
        loans = punctual | late | graced | waiting | overdue | fed
        facts = loans._renewal_facts(TODAY)
        customers = loans.customer_id
        records = customers._payment_records(customers.ids, TODAY)
        tiers = customers._tier_figures(self.company, TODAY, {"on_time"}, customers.ids)
        for loan, due, on_time in (
            (punctual, 2, 2),
            (late, 2, 1),
            (graced, 2, 2),
            (waiting, 1, 1),
            (overdue, 2, 1),
            (fed, 1, 1),
        ):
            customer = loan.customer_id
            with self.subTest(customer=customer.name):
                self.assertEqual((facts[loan.id].due, facts[loan.id].on_time), (due, on_time))
                self.assertEqual(records[customer.id][:2], (due, on_time))
                self.assertEqual(customer.on_time_told, f"{on_time} of {due}")
                self.assertEqual(float(tiers[customer.id]["on_time"]), 100 * on_time / due)

    def test_one_borrower_gets_one_renewal_at_a_time_and_their_manager_has_it_when_back(self):
        first = self._ending("Two loans")
        second = self._ending(customer=first.customer_id)
        orphan = self._ending("Nobody's", customer=self._customer("Nobody's"))
        orphan.customer_id.sudo().write({"manager_user_id": False, "team_id": False})
        cover = self.env["loan.cover"].with_user(self.lead)
        cover = cover.create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": TODAY - DAY,
                "date_to": TODAY + DAY,
            }
        )
        night = self._night()
        lead = first.renewal_lead_id
        self.assertEqual(lead.user_id, self.colleague, "who acts has it meanwhile")
        self.assertEqual(lead.activity_ids.user_id, self.colleague)
        cover.action_back()
        self.assertEqual((lead.user_id, lead.activity_ids.user_id), (self.manager, self.manager))
        self.assertFalse(second.renewal_lead_id)
        self.assertEqual(night.failure_ids.contract_id, orphan)
        self.assertIn("Nobody looks after", night.failure_ids.reason)
        self.assertFalse(
            orphan.renewal_lead_id, "a lead without a salesperson is seen by everybody who sells"
        )

    def test_a_night_asks_the_same_few_questions_of_many_loans(self):
        counts = []
        for size in (1, 4):
            for number in range(size):
                self._ending(f"Borrower {size}.{number}")
            night = self.env["loan.night"].create(
                {"company_id": self.company.id, "date": TODAY + len(counts) * DAY, "state": "running"}
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            looked = self.env["loan.contract"]._night_renew(night)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(looked, size)
            self.assertEqual(self.env["loan.contract"]._night_renew(night), 0)
        self.assertLessEqual(counts[1] - counts[0], 3 * 6, counts)

    def test_the_report_tells_who_stayed(self):
        ended = [self._ending(name) for name in ("Stays", "Comes back", "Leaves")]
        self._night()
        stays, returns, leaves = ended
        lead = stays.renewal_lead_id.with_user(self.manager)
        renewal = lead._make_loan()
        renewal.sudo().start_date = TODAY
        renewal.action_activate()
        with self._days_later(30):
            self._contract(
                returns.customer_id,
                start_date=TODAY + 25 * DAY,
                first_due_date=TODAY + 60 * DAY,
            )
            self.env.flush_all()
            for user, seen in [
                (self.manager, {stays: "renewed", returns: "renewed", leaves: "offered"}),
                (self.compliance, {stays: "renewed", returns: "renewed", leaves: "offered"}),
                (self.stranger, {}),
            ]:
                report = self.env["loan.renewal.report"].with_user(user)
                rows = report.search([("company_id", "=", self.company.id)])
                self.assertEqual(
                    {row.contract_id.sudo(): row.outcome for row in rows},
                    {contract.sudo(): outcome for contract, outcome in seen.items()},
                )
            share = (
                self.env["loan.renewal.report"]
                .with_user(self.manager)
                ._read_group(
                    [("company_id", "=", self.company.id)], [], ["renewed_share:avg", "loan_count:sum"]
                )
            )
            self.assertAlmostEqual(share[0][0], 200 / 3)
            self.assertEqual(share[0][1], 3)
        for user in (self.desk, self.employee, self.administrator):
            self.assertFalse(self.env["loan.renewal.report"].with_user(user).has_access("read"))
