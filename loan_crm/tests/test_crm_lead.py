from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, freeze_time, new_test_user, tagged

from .common import NOW, TODAY, LoanCommon, LoanMailCommon


class ApplicationCommon(LoanCommon):
    """A pipeline of the retail team, two papers that every car loan needs, and one for firms."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.checking, cls.won = cls.env["crm.stage"].create(
            [
                {"name": "Checking", "team_ids": cls.team.ids, "sequence": 50, "loan_days": 2},
                {"name": "Agreed", "team_ids": cls.team.ids, "sequence": 60, "is_won": True},
            ]
        )
        cls.income, cls.identity, cls.license = cls.env["loan.document.type"].create(
            [
                {
                    "name": "Proof of income",
                    "sequence": 2,
                    "validity": "never",
                    "all_products": True,
                    "company_id": cls.company.id,
                    "request": "Three months",
                },
                {
                    "name": "Identity card",
                    "sequence": 1,
                    "validity": "never",
                    "product_ids": cls.product.ids,
                    "company_id": cls.company.id,
                    "application_kind": "people",
                },
                {
                    "name": "Business license",
                    "validity": "never",
                    "all_products": True,
                    "company_id": cls.company.id,
                    "application_kind": "organizations",
                },
            ]
        )
        cls.seller = new_test_user(
            cls.env,
            "seller@example.com",
            groups="sales_team.group_sale_salesman_all_leads",
            context={"no_reset_password": True},
            name="Deng Rui",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )

    @classmethod
    def _application(cls, name="Zhou Yu", user=None, **values):
        """Return an application for a car loan of 24,000 that `user` (Lin Mei by default) has in the first stage."""
        if "partner_id" not in values:
            values["partner_id"] = cls._partner(name).id
        return (
            cls.env["crm.lead"]
            .with_user(user or cls.manager)
            .create(
                {
                    "name": f"{name}'s car",
                    "type": "opportunity",
                    "user_id": (user or cls.manager).id,
                    "team_id": cls.team.id,
                    "company_id": cls.company.id,
                    "stage_id": cls.checking.id,
                    "loan_product_id": cls.product.id,
                    "loan_amount": 24000,
                    "loan_term": 24,
                    **values,
                }
            )
        )

    @classmethod
    def _file(cls, document, name="scan.pdf"):
        """Put a file on a document as the upload of a form does."""
        file = (
            cls.env["ir.attachment"]
            .with_user(document.env.user)
            .create({"name": name, "raw": name.encode(), "res_model": "loan.lead.document", "res_id": 0})
        )
        document.write({"attachment_ids": [Command.link(file.id)]})
        return file


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestCrmLead(ApplicationCommon, LoanMailCommon):
    # ------------------------------------------------------------ papers

    def test_a_product_brings_its_list_of_papers(self):
        lead = self._application()
        self.assertEqual(lead.loan_document_ids.mapped("name"), ["Identity card", "Proof of income"])
        self.assertEqual(
            (lead.loan_kind, lead.loan_document_told, lead.loan_document_missing), ("person", "0 of 2", 2)
        )
        lead.loan_kind = "sme"
        self.assertEqual(set(lead.loan_document_ids.mapped("name")), {"Business license", "Proof of income"})
        lead.loan_product_id = False
        self.assertFalse(lead.loan_document_ids)

    def test_another_product_leaves_what_was_begun(self):
        lead = self._application()
        identity, income = lead.loan_document_ids
        self._file(identity)
        lead.loan_product_id = self._product(name="Mortgage")
        self.assertEqual(
            lead.loan_document_ids, identity | income, "the card belongs to car loans, but has come"
        )
        with self.assertRefused("on the list already"):
            identity.copy()

    def test_papers_come_are_checked_and_complete_the_application(self):
        lead = self._application()
        identity, income = lead.loan_document_ids
        file = self._file(identity)
        self.assertEqual((identity.state, identity.received_on), ("received", TODAY))
        self.assertEqual((file.res_model, file.res_id), ("loan.lead.document", identity.id))
        with self.assertRefused("Say what is missing in “Identity card”"):
            identity.action_refuse()
        identity.lacks = "The back side"
        identity.action_refuse()
        self.assertEqual(lead.loan_document_missing, 2)
        self._file(identity, "both-sides.pdf")
        self.assertEqual(identity.state, "received")
        identity.action_accept()
        self.assertEqual((identity.lacks, lead.loan_document_told), (False, "1 of 2"))
        income.action_waive()
        self.assertEqual((lead.loan_document_told, lead.loan_document_missing), ("1 of 1", 0))
        with self.assertRefused("cannot become “Not Needed” from “Accepted”"):
            identity.action_waive()
        with self.assertRaises(AccessError):
            income.write({"state": "accepted"})

    def test_one_letter_asks_for_all_that_is_missing(self):
        lead = self._application()
        identity, income = lead.loan_document_ids
        identity.lacks = "The back side <b>"
        with self._mail_server():
            lead.action_ask_documents()
            with self.assertRefused("asked for today already"):
                lead.action_ask_documents()
            self.assertEqual(len(self._new_mails), 1)
            body = self._new_mails.body_html
            for words in ("Identity card", "The back side &lt;b&gt;", "Proof of income", "Three months"):
                self.assertIn(words, body)
            self.assertEqual(self._new_mails.recipient_ids, lead.partner_id)
            self.assertIn(self.manager.email, self._new_mails.email_from)
            self.assertIn(self._new_mails.mail_message_id, lead.message_ids)
            self.assertEqual(set(lead.loan_document_ids.mapped("state")), {"asked"})
            self.assertEqual(income.asked_on, TODAY)
            with self._days_later(3):
                lead.action_ask_documents()
            (identity | income).action_accept()
            with self.assertRefused("Nothing is missing"):
                lead.action_ask_documents()
        lead.partner_id.email = False
        identity.lacks = "A newer one"
        identity.action_refuse()
        with self.assertRefused("no valid email address"):
            lead.action_ask_documents()

    def test_the_letter_speaks_the_borrowers_language(self):
        self.income.with_context(lang="zh_CN").write({"name": "收入证明", "request": "近三个月"})
        lead = self._application()
        lead.partner_id.lang = "zh_CN"
        document = lead.loan_document_ids.filtered(lambda each: each.type_id == self.income)
        self.assertEqual(document.with_context(lang="zh_CN").told_name, "收入证明")
        extra = lead.loan_document_ids.create({"lead_id": lead.id, "told_name": "Rent contract"})
        self.assertEqual((extra.name, extra.display_name), ("Rent contract", "Rent contract"))
        with self._mail_server():
            lead.action_ask_documents()
            self.assertIn("Rent contract", self._new_mails.body_html)
            self.assertIn("收入证明", self._new_mails.body_html)
            self.assertIn("近三个月", self._new_mails.body_html)

    # ------------------------------------------------------------ the clock of a stage

    def test_a_stage_tells_by_when_it_is_left_in_days_the_lender_is_open(self):
        lead = self._application()
        calendar = self.env["loan.calendar"].create(
            {
                "name": "Ours",
                "day_ids": [Command.create({"date": "2026-03-09", "name": "Rest", "kind": "holiday"})],
            }
        )
        # Late on Friday evening in UTC it is Saturday in Shanghai.
        for entered, due, late, closed in [
            ("2026-03-06 02:00:00", "2026-03-10", False, None),
            ("2026-03-05 02:00:00", "2026-03-09", True, None),
            ("2026-03-05 17:00:00", "2026-03-10", False, None),
            ("2026-03-05 02:00:00", "2026-03-10", False, calendar),
        ]:
            self.company.loan_calendar_id = closed or self.env["loan.calendar"]
            lead.sudo().date_last_stage_update = entered
            self.env.flush_all()
            self.env.invalidate_all()
            with self.subTest(entered=entered, calendar=bool(closed)):
                self.assertEqual((str(lead.loan_stage_due), lead.loan_stage_late), (due, late))
                found = self.env["crm.lead"].with_user(self.manager).search([("loan_stage_late", "=", True)])
                self.assertEqual(lead in found, late)
                others = (
                    self.env["crm.lead"].with_user(self.manager).search([("loan_stage_late", "=", False)])
                )
                self.assertEqual(lead in others, not late)

    def test_what_is_won_lost_or_no_application_is_never_stuck(self):
        entered = "2026-01-05 02:00:00"
        won, lost, plain = self._application("A"), self._application("B"), self._application("C")
        won.action_set_won()
        lost.action_set_lost()
        plain.loan_product_id = False
        (won | lost | plain).sudo().date_last_stage_update = entered
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(any(lead.loan_stage_late for lead in won | lost | plain))
        leads = self.env["crm.lead"].with_context(active_test=False)
        self.assertFalse(leads.search([("loan_stage_late", "=", True)]) & (won | lost | plain))

    # ------------------------------------------------------------ to the loan

    def test_a_won_application_becomes_a_customer_and_a_draft_once(self):
        segment = self.env["loan.customer.segment"].create({"name": "Drivers", "company_id": self.company.id})
        lead = self._application(
            loan_purpose="A van for deliveries",
            loan_segment_id=segment.id,
            loan_payout_date=TODAY + timedelta(5),
            loan_first_due_date=TODAY + timedelta(40),
            referrer_partner_id=self.customer.partner_id.id,
        )
        identity, income = lead.loan_document_ids
        self._file(identity)
        self._file(income, "salary.pdf")
        identity.action_accept()
        action = lead.action_make_loan()
        contract = self.env["loan.contract"].with_user(self.manager).browse(action["res_id"])
        customer = contract.customer_id
        self.assertEqual(lead.won_status, "won")
        self.assertEqual((contract.state, contract.principal, contract.term), ("draft", 24000, 24))
        self.assertEqual(contract.purpose, "A van for deliveries")
        self.assertEqual(contract.start_date, TODAY + timedelta(5))
        self.assertEqual(contract.first_due_date, TODAY + timedelta(40))
        self.assertEqual((customer.partner_id, customer.manager_user_id), (lead.partner_id, self.manager))
        self.assertEqual((customer.kind, customer.segment_id), ("person", segment))
        self.assertEqual(customer.referrer_partner_id, self.customer.partner_id)
        self.assertEqual(customer.referred_by_id, self.customer)
        carried = self._attachments(contract)
        self.assertEqual(carried.mapped("name"), ["scan.pdf"], "only what was accepted")
        income.action_accept()
        self.assertEqual(lead.action_make_loan()["res_id"], contract.id)
        self.assertEqual(self._attachments(contract).mapped("name"), ["salary.pdf", "scan.pdf"])
        self.assertEqual(lead.loan_contract_count, 1)
        self.assertEqual(lead.action_open_loan_contracts()["res_id"], contract.id)
        self.assertEqual(contract.action_open_application()["res_id"], lead.id)
        contract.action_cancel()
        again = lead.action_make_loan()["res_id"]
        self.assertNotEqual(again, contract.id)
        self.assertEqual(self.env["loan.contract"].browse(again).customer_id.id, customer.id)
        with self.assertRefused("made of this application already"):
            contract.action_draft()

    def _attachments(self, contract):
        return (
            self.env["ir.attachment"]
            .search([("res_model", "=", "loan.contract"), ("res_id", "=", contract.id)])
            .sorted("name")
        )

    def test_what_keeps_a_loan_from_being_made_is_said_in_words(self):
        other = self.env["res.company"].create({"name": "Elsewhere Lending", "loan_tz": "Asia/Shanghai"})
        small = self._product(name="Small Loan", principal_max=20000)
        for values, words in [
            ({"loan_product_id": False}, "Choose the loan product first"),
            ({"partner_id": False}, "Choose the contact first"),
            ({"loan_amount": 0}, "Say how much"),
            ({"loan_term": 0}, "Say how much"),
            ({"loan_product_id": small.id}, "Loans of Small Loan start at .* and end at"),
            ({"loan_term": 61}, "runs 1 to 60 installments"),
            ({"type": "lead"}, "Convert the lead"),
            ({"active": False, "probability": 0}, "Restore it first"),
            ({"partner_id": self.employee.partner_id.id}, "an employee's own contact"),
            (
                {"loan_product_id": self._product(name="Theirs", company_id=other.id).id},
                "does not lend Theirs",
            ),
        ]:
            with self.subTest(words=words):
                lead = self._application(f"Case {words[:9]}").with_context(active_test=False)
                lead.sudo().write(values)
                with self.assertRefused(words):
                    lead.action_make_loan()
                self.assertNotEqual(lead.won_status, "won")
        lead = self._application("Moved away")
        lead.partner_id.sudo().company_id = other
        with self.assertRefused("a contact of another company"):
            lead.action_make_loan()
        with self.assertRefused("cannot be negative"):
            self._application("Negative", loan_amount=-1)
        with self.assertRefused("Nobody recommends themselves"):
            lead = self._application("Narcissus")
            lead.referrer_partner_id = lead.partner_id

    def test_a_hidden_customer_stays_hidden(self):
        hidden = self._customer("Secret", self.stranger)
        lead = self._application(partner_id=hidden.partner_id.id)
        self.assertEqual((lead.loan_customer_count, lead.loan_contract_count), (0, 0))
        with self.assertRefused("^A profile for this contact cannot be made here. Ask compliance.$"):
            lead.action_make_loan()
        self.assertFalse(lead.action_open_loan_customer()["res_id"])
        mine = self._application("Newcomer", referrer_partner_id=hidden.partner_id.id)
        customer = mine._make_loan().customer_id
        self.assertEqual(customer.referrer_partner_id, hidden.partner_id)
        told = customer.read(["referred_by_id"])[0]["referred_by_id"]
        self.assertFalse(told, "that the one who recommended us borrows, too, is not told")
        self.manager.group_ids += self.env.ref("base.group_allow_export")
        self.assertFalse(customer.export_data(["referred_by_id"])["datas"][0][0])
        self.assertFalse(customer.export_data(["referred_by_id/.id"])["datas"][0][0])
        self.assertFalse(customer.export_data(["referred_by_id/name"])["datas"][0][0])

    def test_the_link_to_a_lead_is_not_entered(self):
        theirs = self._application("Theirs", user=self.stranger)
        contract = self._contract(active=False).with_user(self.manager)
        for name in ("lead_id", "renewal_lead_id"):
            with self.assertRaises(AccessError):
                contract.write({name: theirs.id})
        contract.sudo().lead_id = theirs
        with self.assertRefused("not yours to see"):
            contract.action_open_application()

    def test_who_wins_for_a_colleague_finds_who_looks_after_the_customer(self):
        # A salesperson without a right to loans wins, the team's lead makes the loan and looks after the customer.
        lead = self._application("Sold", user=self.seller)
        with self.assertRaises(AccessError):
            lead.action_make_loan()
        customer = lead.with_user(self.lead)._make_loan().customer_id
        self.assertEqual((customer.manager_user_id, customer.team_id), (self.lead, self.team))
        nobodys = self._application("Free", user=self.manager, user_id=False)
        self.assertEqual(nobodys._make_loan().customer_id.manager_user_id, self.manager)
        # Odoo lets whoever may see all leads open a colleague's; the customer would be the colleague's all the same.
        self.stranger.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        theirs = self._application("Theirs")
        with self.assertRefused("Lin Mei is to look after this customer"):
            theirs.with_user(self.stranger).action_make_loan()
        self.manager.active = False
        customer = theirs.with_user(self.lead)._make_loan().customer_id
        self.assertEqual(customer.manager_user_id, self.lead, "who left looks after nobody")

    def _won_by_policy(self, lead, by=None):
        """Return what who wins is told, and the customer."""
        self.team.loan_assign_policy = "automatic"
        action = lead.with_user(by or self.manager).action_make_loan()
        self.env.flush_all()
        self.env.invalidate_all()
        contract = self.env["loan.contract"].search([("lead_id", "=", lead.id)])
        self.assertEqual((lead.sudo().won_status, contract.state), ("won", "draft"))
        told = action["params"]["message"] if action.get("tag") == "display_notification" else ""
        return told, contract.customer_id, action

    def test_who_wrote_an_application_keeps_it_where_the_policy_lets_them(self):
        told, customer, action = self._won_by_policy(self._application())
        self.assertEqual((told, customer.manager_user_id), ("", self.manager))
        self.assertEqual((action["res_model"], action["res_id"]), ("loan.contract", customer.contract_ids.id))
        self.assertTrue(customer.deputy_user_id)
        row = customer.assignment_ids[:1]
        self.assertEqual((row.kind, row.reason.split(".")[0]), ("policy", "Wrote the application"))

    def test_a_full_salesperson_wins_it_for_who_has_room_and_is_told(self):
        self.env["loan.manager"].create({"user_id": self.manager.id, "load_ceiling": 0.5})
        self.env["loan.manager"].create(
            {"user_id": self.colleague.id, "lang_ids": self.env["res.lang"]._lang_get("en_US").ids}
        )
        lead = self._application()
        paper = lead.loan_document_ids[0]
        self._file(paper)
        paper.action_accept()
        told, customer, action = self._won_by_policy(lead)
        self.assertEqual((customer.manager_user_id, customer.team_id), (self.colleague, self.team))
        self.assertIn("Chen Bo looks after Zhou Yu, not Lin Mei: Ceiling reached", told)
        self.assertEqual(action["params"]["next"]["tag"], "soft_reload", "the draft is not theirs to open")
        row = customer.assignment_ids[:1]
        self.assertEqual(row.kind, "policy")
        self.assertIn("Lin Mei wrote the application: Ceiling reached", row.reason)
        self.assertIn("Speaks English", row.reason)
        self.assertIn("Lin Mei does not look after", "".join(filter(None, lead.message_ids.mapped("body"))))
        self.assertFalse(customer.with_user(self.manager).has_access("read"))
        self.assertTrue(customer.contract_ids.with_user(self.colleague).has_access("read"))
        self.assertEqual(
            self.env["ir.attachment"].search_count(
                [("res_model", "=", "loan.contract"), ("res_id", "=", customer.contract_ids.id)]
            ),
            1,
        )

    def test_a_conflict_or_another_team_is_no_way_to_a_customer(self):
        lead = self._application()
        self.env["loan.conflict"].with_user(self.manager).create(
            {"user_id": self.manager.id, "partner_id": lead.partner_id.id, "reason": "My brother"}
        )
        told, customer, _action = self._won_by_policy(lead)
        self.assertEqual(customer.manager_user_id, self.colleague)
        self.assertIn("not Lin Mei: Conflict of interest", told)
        self.assertNotIn("onflict", customer.assignment_ids[:1].reason)
        theirs = self._application("Ma Li", user=self.stranger)
        told, customer, _action = self._won_by_policy(theirs, by=self.stranger)
        self.assertIn(customer.manager_user_id, self.manager | self.colleague)
        self.assertIn("Zhao Yun: is no member of Retail", told)

    def test_where_nobody_has_room_the_lead_is_asked(self):
        for user in self.manager | self.colleague:
            self.env["loan.manager"].create({"user_id": user.id, "load_ceiling": 0})
        told, customer, _action = self._won_by_policy(self._application())
        self.assertFalse(customer.manager_user_id)
        self.assertIn("Nobody looks after Zhou Yu yet", told)
        self.assertEqual(customer.activity_ids.user_id, self.lead)

    def test_a_firm_borrows_and_not_the_person_who_speaks_for_it(self):
        firm = self._partner("Orient Trading", is_company=True)
        speaker = self._partner("Speaker", parent_id=firm.id)
        lead = self._application(partner_id=speaker.id, loan_kind="corporate")
        self.assertEqual(lead._make_loan().customer_id.partner_id, firm)

    # ------------------------------------------------------------ papers of the profile

    def _papers(self, customer=None):
        return self.env["loan.customer.document"].search(
            [("customer_id", "=", (customer or self.customer).id)]
        )

    def test_a_paper_that_expires_is_accepted_with_its_last_day_and_kept_in_the_profile(self):
        self.identity.validity = "printed"
        self.income.write({"validity": "months", "validity_months": 12})
        lead = self._application(partner_id=self.customer.partner_id.id)
        identity, income = lead.loan_document_ids
        self._file(identity)
        self._file(income, "salary.pdf")
        self.assertEqual(identity.action_check()["res_model"], "loan.lead.document")
        with self.assertRefused("Say until when “Identity card” is valid"):
            identity.action_accept()
        with self.assertRefused("Say when “Proof of income” was issued"):
            income.action_accept()
        self.assertFalse(self._papers())
        identity.date_expiry = TODAY - timedelta(1)
        with self.assertRefused("expired on"):
            identity.action_accept()
        identity.date_expiry = TODAY + timedelta(900)
        income.date_issued = TODAY
        self.assertTrue((identity | income).action_accept())
        papers = {paper.type_id: paper for paper in self._papers()}
        self.assertEqual(papers.keys(), {self.identity, self.income})
        self.assertEqual(papers[self.identity].date_expiry, TODAY + timedelta(900))
        self.assertEqual(papers[self.income].date_expiry, TODAY.replace(year=TODAY.year + 1))
        self.assertEqual(papers[self.income].with_user(self.manager).file_ids.mapped("name"), ["salary.pdf"])
        self.assertEqual(papers[self.identity].holder_id, self.customer.partner_id)
        self.assertFalse(papers[self.identity].verified_on, "the original is another matter")
        lead._make_loan()
        self.assertEqual(len(self._papers()), 2, "not there twice")

    def test_what_was_accepted_before_there_was_a_profile_is_kept_with_the_loan(self):
        self.identity.validity = "printed"
        lead = self._application()
        lead.loan_document_ids[0].unlimited = True
        lead.loan_document_ids.action_accept()
        customer = lead._make_loan().customer_id
        papers = self._papers(customer)
        self.assertEqual(papers.type_id, self.identity | self.income)
        self.assertFalse(any(papers.mapped("date_expiry")))

    def test_an_older_paper_takes_no_place_of_a_newer_one(self):
        self.identity.validity = "printed"
        paper = self.env["loan.customer.document"].create(
            {
                "customer_id": self.customer.id,
                "type_id": self.identity.id,
                "date_expiry": TODAY + timedelta(800),
            }
        )
        lead = self._application(partner_id=self.customer.partner_id.id)
        identity = lead.loan_document_ids[0]
        identity.date_expiry = TODAY + timedelta(100)
        identity.action_accept()
        self.assertEqual(self._papers(), paper)

    def test_what_the_profile_holds_is_not_asked_for_again(self):
        self.identity.validity = "printed"
        paper = self.env["loan.customer.document"].create(
            {
                "customer_id": self.customer.id,
                "type_id": self.identity.id,
                "date_expiry": TODAY + timedelta(800),
            }
        )
        lead = self._application(partner_id=self.customer.partner_id.id)
        identity, income = lead.loan_document_ids
        self.assertRegex(identity.held_told, "Valid until")
        self.assertEqual((income.held_told, lead.loan_document_missing), (False, 1))
        self.assertEqual(lead.loan_document_told, "1 of 2")
        lead.action_ask_documents()
        self.assertEqual((identity.state, income.state), ("missing", "asked"))
        letter = lead.sudo().message_ids.filtered(lambda message: "whole list" in message.body)
        self.assertIn("Proof of income", letter.body)
        self.assertNotIn("Identity card", letter.body)
        leads = self.env["crm.lead"].with_user(self.manager)
        missing = [("loan_document_ids.lacking", "=", True), ("id", "=", lead.id)]
        self.assertEqual(leads.search(missing), lead)
        income.action_waive()
        self.assertFalse(leads.search(missing))

        identity.action_ask_anew()
        self.assertFalse(identity.held_told)
        self.assertEqual(lead.loan_document_missing, 1)
        self.assertEqual(leads.search(missing), lead)

        again = self._application(partner_id=self.customer.partner_id.id)
        self.assertTrue(again.loan_document_ids[0].held_told)
        paper.date_expiry = TODAY - timedelta(1)
        self.env.invalidate_all()
        self.assertFalse(again.loan_document_ids[0].held_told, "expired")

    def test_a_paper_of_the_profile_is_told_to_who_may_see_the_profile(self):
        hidden = self._customer("Hidden Person", manager=self.stranger)
        self.env["loan.customer.document"].create({"customer_id": hidden.id, "type_id": self.identity.id})
        lead = self._application(partner_id=hidden.partner_id.id)
        identity = lead.loan_document_ids[0]
        self.assertFalse(identity.held_told)
        self.assertEqual(lead.loan_document_missing, 2)
        lead.sudo().loan_document_ids.invalidate_recordset()
        self.assertFalse(identity.sudo().held_told, "nor where rights are raised for a letter")
        leads = self.env["crm.lead"].with_user(self.manager)
        self.assertIn(lead, leads.search([("loan_document_ids.lacking", "=", True)]))
        self._file(identity)
        identity.action_accept()
        self.assertEqual(len(self._papers(hidden)), 1, "it waits for who may see the profile")
        lead.sudo().user_id = self.stranger
        self.env.invalidate_all()
        theirs = lead.with_user(self.stranger)
        theirs.loan_document_ids[1].action_accept()
        self.assertTrue(theirs.loan_document_ids[1].state == "accepted")
        self.assertEqual(self._papers(hidden).type_id, self.identity | self.income)

    def test_many_applications_ask_profiles_in_as_many_statements_as_one(self):
        def asked(leads):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            leads.mapped("loan_document_told")
            return self.env.cr.sql_log_count - before

        leads = self._application("A", partner_id=self.customer.partner_id.id)
        leads.mapped("loan_document_told")
        one = asked(leads)
        for number in range(8):
            leads |= self._application(f"B{number}")
        self.assertEqual(asked(leads), one)

    def test_a_product_names_the_papers_its_applications_need(self):
        deed = self.env["loan.document.type"].create(
            {"name": "Deed of the shed", "company_id": self.company.id}
        )
        self.assertNotIn(deed, self._application("A").loan_document_ids.type_id)
        self.product.with_user(self.administrator).document_type_ids = deed | self.identity
        self.assertIn(deed, self._application("B").loan_document_ids.type_id)

    # ------------------------------------------------------------ recommendations

    def test_who_sent_a_customer_is_credited_though_the_seller_may_not_see_them(self):
        hidden = self._customer("Hidden Person", manager=self.stranger)
        lead = self._application(referrer_partner_id=hidden.partner_id.id)
        customer = lead._make_loan().customer_id
        self.assertEqual(customer.sudo().referred_by_id, hidden)
        self.assertFalse(customer.with_user(self.manager).read(["referred_by_id"])[0]["referred_by_id"])

    def test_who_sent_a_customer_we_know_is_credited_once(self):
        known = self._customer("Zhou Yu")
        first, second = self._customer("First"), self._customer("Second")
        for referrer in (first, second):
            lead = self._application(
                partner_id=known.partner_id.id, referrer_partner_id=referrer.partner_id.id
            )
            self.assertEqual(lead._make_loan().customer_id, known)
        self.assertEqual((known.referrer_partner_id, known.referred_by_id), (first.partner_id, first))

    def test_the_contact_and_the_profile_who_sent_a_customer_follow_each_other(self):
        stranger = self._partner("No Customer")
        other, hidden = self._customer("Other"), self._customer("Hidden", manager=self.stranger)
        customer = self.customer.with_user(self.manager)
        for name, value, contact, profile in (
            ("referrer_partner_id", other.partner_id, other.partner_id, other),
            ("referrer_partner_id", stranger, stranger, other.browse()),
            ("referred_by_id", other.browse(), stranger, other.browse()),  # as before, and nothing is lost
            ("referred_by_id", other, other.partner_id, other),
            ("referred_by_id", other.browse(), stranger.browse(), other.browse()),
            ("referrer_partner_id", hidden.partner_id, hidden.partner_id, hidden),
        ):
            customer[name] = value
            self.assertEqual(
                (self.customer.referrer_partner_id, self.customer.referred_by_id), (contact, profile)
            )
        self.assertFalse(customer.read(["referred_by_id"])[0]["referred_by_id"])
        made = self._customer("Newcomer", referred_by_id=other.id)
        self.assertEqual(made.referrer_partner_id, other.partner_id)
        made = self._customer("Next newcomer", referrer_partner_id=other.partner_id.id)
        self.assertEqual(made.referred_by_id, other)

    def test_who_becomes_a_customer_later_is_credited_for_whom_they_sent_before(self):
        aunt = self._partner("Aunt Li")
        sent = self._customer("Nephew", referrer_partner_id=aunt.id)
        other = self._customer("Of another", referrer_partner_id=self.customer.partner_id.id)
        self.assertFalse(sent.referred_by_id)
        profile = self._customer(partner_id=aunt.id)
        self.assertEqual((sent.referred_by_id, other.referred_by_id), (profile, self.customer))
        self.assertEqual(profile.with_user(self.manager).referral_count, 1)

    def test_who_came_without_an_application_counts_on_the_page_as_for_the_tier(self):
        self._customer("Walked in", referred_by_id=self.customer.id)
        customer = self.customer.with_user(self.manager)
        self.assertEqual((customer.referral_count, customer.referral_told), (1, "1 of 1 became customers"))
        action = customer.action_open_referrals()
        self.assertEqual(
            self.env[action["res_model"]].with_user(self.manager).search(action["domain"]).mapped("name"),
            ["Walked in"],
        )
        lead = self._application(referrer_partner_id=self.customer.partner_id.id)
        lead._make_loan()
        self.env.invalidate_all()
        self.assertEqual((customer.referral_count, customer.referral_told), (2, "2 of 2 became customers"))
        figures = self.customer._tier_figures(self.company, TODAY, {"referrals"}, self.customer.ids)
        self.assertEqual(figures[self.customer.id]["referrals"], 2)

    def test_a_customer_is_credited_for_whom_they_sent(self):
        mine = self.customer.partner_id
        sent = [self._application(f"Friend {i}", referrer_partner_id=mine.id) for i in range(3)]
        sent[0].action_set_won()
        sent[1].action_set_lost()
        for user in (self.manager, self.desk, self.compliance):
            customer = self.customer.with_user(user)
            self.assertEqual(
                (customer.referral_count, customer.referral_told), (3, "1 of 3 became customers")
            )
        self.assertEqual(
            self.env["crm.lead"]
            .with_user(self.manager)
            .with_context(active_test=False)
            .search(self.customer.with_user(self.manager).action_open_referrals()["domain"]),
            sent[0] | sent[1] | sent[2],
        )

    # ------------------------------------------------------------ who sees what

    def test_papers_are_for_who_may_see_the_application(self):
        lead = self._application()
        document = lead.loan_document_ids[0]
        file = self._file(document)
        for user, sees in [
            (self.manager, True),
            (self.lead, True),  # Odoo's salesperson, but this team's lead
            (self.stranger, False),
            (self.other_lead, False),
            (self.desk, False),
            (self.compliance, False),
            (self.administrator, False),
            (self.employee, False),
            (self.seller, False),  # sees all leads, and has no right to loans
        ]:
            self.env.invalidate_all()
            with self.subTest(user=user.name):
                for operation in ("read", "write", "unlink"):
                    self.assertEqual(document.with_user(user).has_access(operation), sees)
                self.assertEqual(file.with_user(user).has_access("read"), sees)
                documents = self.env["loan.lead.document"].with_user(user)
                if documents.has_access("read"):
                    self.assertEqual(
                        documents.search([("lead_id", "=", lead.id)]) == lead.loan_document_ids, sees
                    )
                if not sees:
                    with self.assertRaises(AccessError):
                        documents.create({"lead_id": lead.id, "name": "Pushed in"})
        with self.assertRefused("stays with its application"):
            document.write({"lead_id": self._application("Other").id})

    def test_only_the_administrator_says_which_papers_are_required(self):
        for user in (self.manager, self.lead, self.compliance):
            self.assertTrue(self.income.with_user(user).has_access("read"))
            self.assertFalse(self.income.with_user(user).has_access("write"))
        self.assertTrue(self.income.with_user(self.administrator).has_access("write"))
        for user in (self.employee, self.seller):
            self.assertFalse(self.income.with_user(user).has_access("read"))

    def test_a_handed_over_customer_takes_the_open_application_along(self):
        lead = self._application(partner_id=self.customer.partner_id.id)
        lead.message_subscribe(self.manager.partner_id.ids)
        lead.activity_schedule("mail.mail_activity_data_call", user_id=self.manager.id)
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.env.invalidate_all()
        self.assertEqual(
            (lead.sudo().user_id, lead.sudo().activity_ids.user_id), (self.colleague, self.colleague)
        )
        self.assertNotIn(self.manager.partner_id, lead.sudo().message_partner_ids)
        self.assertFalse(lead.with_user(self.manager).has_access("read"))

    def test_a_handed_over_firm_takes_its_own_applications_along_and_no_employees(self):
        firm = self._customer(
            "Orient Trading", partner_id=self._partner("Orient Trading", is_company=True).id
        )
        speaker = self._partner("Speaker", parent_id=firm.partner_id.id)
        for_firm = self._application(partner_id=speaker.id, loan_kind="sme").sudo()
        own_car = self._application(partner_id=speaker.id, loan_kind="person").sudo()
        firm.with_user(self.lead).manager_user_id = self.colleague
        self.assertEqual((for_firm.user_id, own_car.user_id), (self.colleague, self.manager))

    def test_what_a_contact_given_up_in_a_merge_applied_for_goes_along(self):
        twin = self._customer("Wang Fang")
        lead = self._application(partner_id=twin.partner_id.id).sudo()
        self.customer.with_user(self.lead)._merge(twin.with_user(self.lead))
        late = self._application(partner_id=twin.partner_id.id).sudo()
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.assertEqual((lead | late).user_id, self.colleague)

    # ------------------------------------------------------------ Odoo's own CRM

    def test_a_salesperson_without_loans_sells_as_before(self):
        leads = self.env["crm.lead"].with_user(self.seller)
        form = Form(leads, view="crm.crm_lead_view_form")
        form.name = "Twelve chairs"
        chairs = form.save()
        self.assertFalse(chairs.loan_product_id or chairs.loan_kind or chairs.loan_stage_late)
        chairs.read()  # all fields, as an export of everything does
        arch = leads.get_views([(False, "form"), (False, "kanban"), (False, "list"), (False, "search")])
        for view in arch["views"].values():
            self.assertNotIn("loan_", view["arch"])
        tables = leads.create(
            {"name": "Twelve tables", "type": "opportunity", "partner_id": self._partner("B").id}
        )
        merged = (chairs | tables).merge_opportunity()
        self.assertEqual(merged.partner_id, tables.partner_id)
        merged.action_set_won()
        self.assertEqual(merged.won_status, "won")
        copied = merged.copy()
        copied.action_set_lost()

    def test_merged_leads_keep_one_application_whole(self):
        partner = self._partner("Twice")
        first = self._application(partner_id=partner.id, loan_purpose="Car", probability=90)
        identity = first.loan_document_ids[0]
        self._file(identity)
        contract = first._make_loan()
        plain = (
            self.env["crm.lead"]
            .with_user(self.seller)
            .create({"name": "Call", "type": "opportunity", "partner_id": partner.id, "loan_amount": 7})
        )
        # Whoever merges need not have a right to loans, and the head need not be the application.
        head = plain.with_user(self.seller)
        head._merge_dependences(first.with_user(self.seller))
        head.write((head | first.with_user(self.seller))._merge_data())
        self.env.invalidate_all()
        head = head.sudo()
        self.assertEqual(
            (head.loan_product_id, head.loan_amount, head.loan_purpose), (self.product, 24000, "Car")
        )
        self.assertIn(identity, head.loan_document_ids.sudo(False))
        self.assertEqual(len(head.loan_document_ids), 2)
        self.assertEqual(contract.lead_id.id, head.id)


@tagged("post_install", "-at_install", "loan")
class TestCrmLeadTour(HttpCase, ApplicationCommon):
    freeze_time = None

    def test_a_manager_leads_an_application_to_a_draft_loan(self):
        lead = self._application()
        for document in lead.loan_document_ids:
            self._file(document)
        self.start_tour("/odoo/loan-applications", "loan_crm_application", login=self.manager.login)
        self.env.invalidate_all()
        self.assertEqual(lead.won_status, "won")
        contract = self.env["loan.contract"].search([("lead_id", "=", lead.id)])
        self.assertEqual((contract.state, contract.principal), ("draft", 24000))
        self.assertEqual(lead.loan_document_missing, 0)
