import base64
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanCustomerMerge(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.double = cls._customer("Wang Fang (2)", note="Calls after six.", needs="A garden")
        cls.customer.with_user(cls.manager).write({"note": "Hates letters.", "needs": "A garden"})

    def _merge(self, kept=None, others=None, user=None, values=None):
        kept, others = kept or self.customer, others or self.double
        return kept.with_user(user or self.lead)._merge(others.with_user(user or self.lead), values)

    def _wizard(self, customers, user=None):
        model = self.env["loan.customer.merge"].with_user(user or self.lead)
        return Form(model.with_context(default_customer_ids=customers.ids))

    def test_whatever_was_known_of_either_is_known_of_the_one_that_stays(self):
        mine = self._due_in(5)
        theirs = self._due_in(-40, self.double)
        repayment = self._pay(theirs, 200)
        promise = (
            self.env["loan.promise"]
            .with_user(self.manager)
            .create({"contract_id": theirs.id, "amount": 100, "date_promised": TODAY + timedelta(2)})
        )
        message = self.double.with_user(self.manager).message_post(body="Wants to be called Fang.")
        todo = self.double.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
        file = self.env["ir.attachment"].create(
            {
                "name": "a.txt",
                "datas": base64.b64encode(b"a"),
                "res_model": "loan.customer",
                "res_id": self.double.id,
            }
        )
        tag = self.env.ref("loan_crm.loan_customer_tag_family")
        (self.customer | self.double).tag_ids = tag
        reader = self._partner("Hu Lan")
        self.double.message_subscribe((reader | self.customer.partner_id).ids)
        fact = self.env["loan.customer.fact"].create(
            {"customer_id": self.double.id, "type_id": self.env.ref("loan_crm.loan_fact_type_assets").id}
        )
        third = self._customer("Third")
        third.sudo().write({"merged_into_id": self.double.id, "active": False})
        before = self.env["loan.assignment"].search_count([])
        reference = self.double.reference
        self.double.waiting_since = "2026-03-08 01:00:00"
        self._merge()

        self.assertTrue(self.customer.waiting_since, "whoever wrote to the other page still waits")
        self.assertFalse(self.double.waiting_since)

        self.assertEqual(self.customer.contract_ids, mine | theirs)
        self.assertEqual(theirs.partner_id, self.customer.partner_id)
        for record in (
            repayment,
            promise,
            promise.hold_id,
            fact,
            *theirs.installment_ids,
            *repayment.allocation_ids,
        ):
            with self.subTest(record=record):
                self.assertEqual(record.customer_id, self.customer)
        self.assertEqual(self.customer.principal_outstanding, 24000 - repayment.amount_principal)
        self.assertEqual(self.customer.days_past_due, theirs.days_past_due)
        self.assertIn(message, self.customer.message_ids)
        self.assertEqual(file.res_id, self.customer.id)
        self.assertEqual((todo.res_id, todo.res_name), (self.customer.id, self.customer.name))
        self.assertIn(reader, self.customer.message_partner_ids)
        self.assertEqual(self.customer.tag_ids, tag)
        self.assertEqual((third.merged_into_id, third._surviving()), (self.customer, self.customer))
        rows = self.env["loan.assignment"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual(len(rows.filtered(lambda row: not row.date_to)), 1)
        self.assertGreaterEqual(self.env["loan.assignment"].search_count([]), before)
        # The other is empty, in the archive, and says where everything went; its number still finds the customer.
        self.assertEqual((self.double.active, self.double.merged_into_id), (False, self.customer))
        self.assertFalse(self.double.contract_ids or self.double.tag_ids)
        found = self.env["loan.customer"].with_user(self.manager).name_search(reference)
        self.assertEqual([id_ for id_, _name in found], [self.customer.id])
        self.assertIn("Merged into", self.double.message_ids[0].body)
        self.assertIn(reference, self.customer.message_ids[0].body)
        self.assertEqual(self.double.action_open_merged_into()["res_id"], self.customer.id)
        opened = self.double.partner_id.with_user(self.manager).action_open_loan_customer()
        self.assertEqual(opened["res_id"], self.customer.id)

    def test_loans_of_another_managers_customer_come_under_the_keeper(self):
        elsewhere = self._customer("Wang Fang (3)", manager=self.colleague)
        loan = self._due_in(5, elsewhere)
        self._merge(others=elsewhere)
        self.assertEqual((loan.manager_user_id, loan.team_id), (self.manager, self.team))
        self.assertFalse(loan.with_user(self.colleague).has_access("read"))
        self.assertFalse(elsewhere.with_user(self.colleague).has_access("read"))

    def test_papers_and_relations_of_one_person_are_not_there_twice(self):
        card = self.env.ref("loan_crm.loan_document_type_identity_card")
        spouse = self.env.ref("loan_crm.loan_customer_relation_type_spouse")
        mate, namer = self._partner("Hu Lan"), self._customer("Namer")
        papers = self.env["loan.customer.document"].create(
            [
                {"customer_id": self.customer.id, "type_id": card.id, "date_expiry": TODAY},
                {"customer_id": self.double.id, "type_id": card.id, "date_expiry": TODAY + timedelta(900)},
            ]
        )
        ties = self.env["loan.customer.relation"].create(
            [
                {"customer_id": customer.id, "partner_id": partner.id, "type_id": spouse.id}
                for customer, partner in (
                    (self.customer, mate),
                    (self.double, mate),
                    (self.double, self.customer.partner_id),
                    (namer, self.double.partner_id),
                )
            ]
        )
        self._merge()
        self.assertEqual(papers.mapped("active"), [False, True])
        self.assertEqual(papers.customer_id, self.customer)
        self.assertEqual(papers.holder_id, self.customer.partner_id)
        self.assertFalse(ties[2].exists())
        self.assertEqual([tie.date_to for tie in ties[:2]], [False, TODAY])
        self.assertEqual(
            (ties[:2].customer_id, ties[3].partner_id), (self.customer, self.customer.partner_id)
        )

    def test_what_cannot_stand_twice_stays_in_the_archive_and_is_told(self):
        self._merge()
        company = self.company
        night = self.env["loan.night"].create({"company_id": company.id, "date": TODAY})
        third = self._customer("Wang Fang (3)")
        failures = self.env["loan.night.failure"].create(
            [
                {"night_id": night.id, "customer_id": customer.id, "step": "papers", "reason": "x"}
                for customer in (self.customer, third)
            ]
        )
        self._merge(others=third)
        self.assertEqual(failures.mapped("customer_id"), self.customer | third)
        self.assertIn("left with the profile in the archive", self.customer.message_ids[0].body)
        self.assertEqual(len(self.customer.former_references.split(", ")), 2)

    def test_the_form_shows_what_differs_and_proposes(self):
        self._due_in(5, self.double)
        self.customer.with_user(self.manager).dialect_id = self.env.ref("loan_crm.loan_dialect_cantonese")
        self.double.with_user(self.manager).write({"call_from": 11.0, "kind": "sole_trader"})
        form = self._wizard(self.customer | self.double)
        wizard = form.save()
        self.assertEqual(wizard.kept_id, self.double)  # who has the loan
        lines = {line.name: line for line in wizard.line_ids}
        self.assertEqual(lines.keys(), {"note", "dialect_id", "call_from", "kind"})
        self.assertEqual(lines["dialect_id"].choice_id, self.customer)
        self.assertEqual(lines["call_from"].choice_id, self.double)
        self.assertTrue(lines["note"].joins)
        lines["kind"].choice_id = self.customer
        action = wizard.action_merge()
        self.assertEqual(action["res_id"], self.double.id)
        self.assertEqual((self.double.kind, self.double.call_from), ("person", 11.0))
        self.assertEqual(self.double.dialect_id, self.env.ref("loan_crm.loan_dialect_cantonese"))
        self.assertIn("Hates letters.", self.double.note)
        self.assertIn("Calls after six.", self.double.note)
        self.assertEqual(self.customer.merged_into_id, self.double)

    # ------------------------------------------------------------ tiers

    def _tier(self, name, sequence):
        return self.env["loan.customer.tier"].create(
            {"name": name, "sequence": sequence, "company_id": self.company.id}
        )

    def _by_rule(self, customer, tier):
        customer.sudo()._move_to_tier(tier, "rule", fell=False)

    def test_a_tier_by_the_rules_is_no_choice_after_a_merge(self):
        plus, prime = self._tier("Plus", 20), self._tier("Prime", 10)
        self._by_rule(self.customer, plus)
        self._by_rule(self.double, prime)
        form = self._wizard(self.customer | self.double)
        wizard = form.save()
        self.assertNotIn("tier_id", wizard.line_ids.mapped("name"))
        kept = wizard.kept_id
        tier = kept.tier_id
        wizard.action_merge()
        self.assertEqual(
            (kept.tier_id, kept.tier_source), (tier, "rule"), "the night judges the figures of both"
        )

    def test_a_tier_by_hand_goes_along_with_its_reason_and_its_last_day(self):
        plus, prime, friends = self._tier("Plus", 20), self._tier("Prime", 10), self._tier("Friends", 30)
        until = TODAY + timedelta(40)
        self._by_rule(self.customer, plus)
        self.double.with_user(self.lead)._choose_tier(prime, until, "Chairs the guild")
        self._merge()
        self.assertEqual(
            (self.customer.tier_id, self.customer.tier_source, self.customer.tier_until),
            (prime, "hand", until),
        )
        self.assertIn("Chairs the guild", self.customer.tier_note)
        third = self._customer("Wang Fang (3)")
        third.with_user(self.lead)._choose_tier(friends, False, "By mistake")
        self._merge(others=third)
        self.assertEqual(
            (self.customer.tier_id, self.customer.tier_until), (prime, until), "its own choice stays"
        )

    def test_a_choice_that_is_over_or_lower_goes_not_along(self):
        plus, prime = self._tier("Plus", 20), self._tier("Prime", 10)
        self._by_rule(self.customer, prime)
        self.double.with_user(self.lead)._choose_tier(plus, False, "Long known")
        self._merge()
        self.assertEqual((self.customer.tier_id, self.customer.tier_source), (prime, "rule"))
        third = self._customer("Wang Fang (3)")
        fourth = self._customer("Wang Fang (4)")
        fourth.with_user(self.lead)._choose_tier(plus, TODAY, "A week")
        fourth.sudo().tier_until = TODAY - timedelta(1)
        self._merge(third, fourth)
        self.assertFalse(third.tier_id)

    # ------------------------------------------------------------ what names the contact

    def test_applications_and_recommendations_of_either_contact_are_the_customers(self):
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": name,
                    "type": "opportunity",
                    "user_id": self.manager.id,
                    "team_id": self.team.id,
                    "company_id": self.company.id,
                    "loan_product_id": self.product.id,
                    "partner_id": partner.id,
                    "referrer_partner_id": referrer.id,
                }
                for name, partner, referrer in (
                    ("One", self.customer.partner_id, self.env["res.partner"]),
                    ("Two", self.double.partner_id, self.env["res.partner"]),
                    ("Three", self._partner("Ge Hong"), self.double.partner_id),
                    ("Four", self._partner("Ge Hong's son"), self.customer.partner_id),
                )
            ]
        )
        answer = self.env["survey.user_input"].create(
            {
                "survey_id": self.env["survey.survey"].create({"title": "How was it?"}).id,
                "partner_id": self.double.partner_id.id,
                "state": "done",
                "end_datetime": "2026-01-01 08:00:00",
            }
        )
        self._merge()
        self.env.invalidate_all()
        customer = self.customer.with_user(self.manager)
        self.assertEqual((customer.application_count, customer.referral_count), (2, 2))
        found = self.env["crm.lead"].with_user(self.manager)
        self.assertEqual(found.search(customer.action_open_applications()["domain"]), leads[:2])
        self.assertEqual(found.search(customer.action_open_referrals()["domain"]), leads[2:])
        touches = self.env["loan.touch"].with_user(self.manager).search([("customer_id", "=", customer.id)])
        told = {(touch.res_model, touch.res_id) for touch in touches}
        self.assertLessEqual(
            {(answer._name, answer.id), ("crm.lead", leads[0].id), ("crm.lead", leads[1].id)}, told
        )

    def test_it_is_refused_when_it_cannot_be(self):
        other = self.env["res.company"].create({"name": "Suzhou Finance"})
        (self.lead | self.manager).company_ids += other
        foreign = self.env["loan.customer"].create(
            {
                "partner_id": self._partner("Foreign").id,
                "company_id": other.id,
                "manager_user_id": self.lead.id,
            }
        )
        env = self.env(user=self.lead, context={"allowed_company_ids": (self.company | other).ids})
        with self.assertRefused("different companies"):
            self.customer.with_env(env)._merge(foreign.with_env(env))
        with self.assertRefused("two profiles or more"):
            self._merge(others=self.customer)
        self.double.sudo().incoming_user_id = self.colleague
        with self.assertRefused("handed over"):
            self._merge()
        self.double.sudo().incoming_user_id = False
        self._merge()
        with self.assertRefused("merged already"):
            self._merge()

    def test_only_a_lead_whose_duty_covers_all_of_them_merges(self):
        hidden = self._customer("He Ping", manager=self.stranger)
        for user in (self.manager, self.desk, self.compliance, self.administrator, self.other_lead):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._merge(user=user)
            with self.subTest(user=user.name):
                allowed = self.env["loan.customer.merge"].with_user(user).has_access("create")
                self.assertEqual(allowed, user == self.other_lead)
        with self.assertRaises(AccessError):
            self._merge(others=hidden)
        for context in ({"default_customer_ids": (self.customer | hidden).ids}, {}):
            model = self.env["loan.customer.merge"].with_user(self.lead).with_context(**context)
            with self.subTest(context=context), self.assertRaises(AccessError):
                model.create({"customer_ids": [Command.set((self.customer | hidden).ids)]})
        with self.assertRaises(AccessError):
            self.customer.with_user(self.lead).merged_into_id = self.double
        self.assertTrue(self.double.active)

    def test_a_feed_that_knows_the_old_number_finds_the_customer(self):
        reference = self.double.reference
        self._merge()
        known = self.env["loan.contract"].with_user(self.manager)
        lines = [type("Line", (), {"given": {"customer": reference}})()]
        self.assertEqual(known._sync_customers(lines)[reference], self.customer)
