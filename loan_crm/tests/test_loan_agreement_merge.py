from datetime import timedelta

from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY
from .test_loan_agreement import AgreementCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanAgreementMerge(AgreementCommon):
    """Contacts and profiles of one person become one: nothing that was signed, said or asked is lost or in doubt."""

    def _merge_contacts(self, source, into):
        self.env["base.partner.merge.automatic.wizard"]._merge((source | into).ids, into)
        self.env.flush_all()
        self.env.invalidate_all()

    def _noted(self, signer):
        entries = self.env["loan.access.log"].search(
            [("event", "=", "agreement"), ("res_model", "=", "loan.agreement.signer")], order="id"
        )
        return [
            entry.facts
            for entry in entries
            if signer.id in (entry.res_ids or []) and "merged_into" in (entry.facts or {})
        ]

    # ------------------------------------------------------------ one signer becomes another contact

    def test_a_signature_follows_the_contact_and_its_evidence_holds(self):
        agreement = self._offer()
        self._sign_all(agreement)
        signer, former = self._signer(agreement, self.guarantor), self.guarantor.id
        twin = self._partner("Zhao Qiang")
        self._merge_contacts(self.guarantor, twin)
        self.assertEqual((signer.partner_id, signer.person_number), (twin, former))
        self.assertEqual(self._evidence(agreement)["type"], "success")
        self.assertEqual(
            [(facts["merged_from"], facts["merged_into"]) for facts in self._noted(signer)],
            [(former, twin.id)],
        )
        third = self._partner("Zhao Qiang")
        self._merge_contacts(twin, third)
        self.assertEqual(signer.partner_id, third)
        self.assertEqual(self._evidence(agreement)["type"], "success")

    def test_a_signature_that_was_given_to_somebody_else_by_hand_is_found_out(self):
        agreement = self._offer()
        self._sign_all(agreement)
        signer = self._signer(agreement, self.guarantor)
        other = self._partner("Somebody Else")
        self.env.cr.execute(
            "UPDATE loan_agreement_signer SET partner_id = %s WHERE id = %s", (other.id, signer.id)
        )
        told = self._evidence(agreement)
        self.assertEqual(told["type"], "danger")
        self.assertIn("Person", told["message"])
        self.env.cr.execute(
            "UPDATE loan_agreement_signer SET person_number = %s WHERE id = %s", (other.id, signer.id)
        )
        self.assertIn("Number of the Contact", self._evidence(agreement)["message"])

    def test_who_was_identified_stays_identified(self):
        agreement = self._offer()
        signer = self._signer(agreement, self.guarantor)
        meeting = self.env["calendar.event"].create(
            {"name": "Video", "start": "2026-03-09 02:00:00", "stop": "2026-03-09 02:30:00"}
        )
        paper = self.env.ref("loan_crm.loan_document_type_identity_card")
        signer._identify(meeting, paper, self.manager, meeting.stop)
        self._sign_all(agreement)
        self._merge_contacts(self.guarantor, self._partner("Zhao Qiang"))
        self.assertEqual(self._evidence(agreement)["type"], "success")

    def test_who_has_still_to_sign_signs_as_the_contact_that_is_left(self):
        agreement = self._offer()
        url = self._signer(agreement, self.guarantor)._link_url()
        twin = self._partner("Zhao Qiang")
        self._merge_contacts(self.guarantor, twin)
        self.assertEqual(agreement.state, "offered", "that a contact has another number is no other term")
        self.assertFalse(self.env["loan.agreement.signer"]._from_link(url.rsplit("/", 1)[1]))
        self.assertIn("Remind them to sign", self.loan.message_ids[0].body)
        self._sign_all(agreement)
        self.assertEqual((agreement.state, self._signer(agreement, twin).state), ("signed", "signed"))
        self.loan._check_agreement()  # nor does it keep the loan from being paid out
        self.assertEqual(self._evidence(agreement)["type"], "success")

    def test_merging_heals_no_terms_that_are_others(self):
        agreement = self._offer()
        self._sign_all(agreement)
        self.loan.with_user(self.manager).principal = 15000
        self._merge_contacts(self.guarantor, self._partner("Zhao Qiang"))
        with self.assertRefused("with other terms than the loan has now"):
            self.loan._check_agreement()

    # ------------------------------------------------------------ two signers of one agreement

    def test_two_who_sign_one_agreement_stay_two(self):
        agreement = self._offer()
        for words in ("withdraw the offer first", "They stay two"):
            with self.assertRefused(words):
                self._merge_contacts(self.guarantor, self.co_borrower)
            self._sign_all(agreement)
        self.assertEqual(len(agreement.signer_ids), 3)
        self.assertEqual(self._evidence(agreement)["type"], "success")

    def test_two_who_were_to_sign_what_was_withdrawn_become_one(self):
        agreement = self._offer()
        self._sign(agreement, self.co_borrower)
        agreement.with_user(self.manager)._withdraw("One person under two names")
        with self.assertRefused("side by side under “Party to a Loan”"):
            self._merge_contacts(self.guarantor, self.co_borrower)
        self.assertTrue(self.guarantor.exists())
        self.loan.party_ids.filtered(lambda party: party.partner_id == self.guarantor).date_to = TODAY
        self._merge_contacts(self.guarantor, self.co_borrower)
        self.assertEqual(agreement.signer_ids.mapped("partner_id"), self.loan.partner_id | self.co_borrower)
        self.assertEqual(len(agreement.signer_ids), 3, "that both were asked stays on record")
        self.assertEqual(self._evidence(agreement)["type"], "success")

    def test_nobody_answers_for_a_loan_of_their_own(self):
        with self.assertRefused("answers for a loan of another one"):
            self._merge_contacts(self.guarantor, self.loan.partner_id)
        self.loan.party_ids.filtered(lambda party: party.partner_id == self.guarantor).date_to = TODAY
        self._merge_contacts(self.guarantor, self.loan.partner_id)
        self.assertFalse(self.guarantor.exists())

    # ------------------------------------------------------------ profiles first, contacts then

    def test_of_two_profiles_all_that_was_signed_said_and_asked_is_kept(self):
        double = self._customer("Wang Fang (2)")
        mine, theirs = self.customer.partner_id, double.partner_id
        loan, *_parties = self._draft(double)
        agreements = self._offer() | self._offer(loan)
        for agreement in agreements:
            self._sign_all(agreement)
        waiting = self._offer(self._planned(double))
        purpose = self.env.ref("loan_crm.loan_consent_purpose_greetings")
        for customer in (self.customer, double):
            customer._say_consents({purpose: customer == double}, "phone", self.manager)
            self.env["loan.data.request"]._ask(customer, "portal")._make()
            self.env["loan.data.request"]._ask(customer, "post", self.compliance)
            self.assertTrue(self.env["loan.portal.count"]._take(self.company, customer.partner_id))
        everything = {
            name: self.env[name].search([("customer_id", "in", (self.customer | double).ids)])
            for name in ("loan.agreement", "loan.agreement.signer", "loan.consent", "loan.data.request")
        }

        self.customer.with_user(self.lead)._merge(double)
        self.env.invalidate_all()
        for name, records in everything.items():
            with self.subTest(model=name):
                self.assertEqual(records.exists(), records)
        self.assertEqual(everything["loan.agreement"].customer_id, self.customer)
        self.assertEqual(everything["loan.consent"].filtered("is_current").mapped("state"), ["given"])
        portal = everything["loan.data.request"].filtered(lambda asked: asked.how == "portal")
        self.assertEqual(portal.customer_id, self.customer)
        self.assertFalse(any(portal.mapped("has_file")), "half a copy is none")
        for agreement in agreements:
            self.assertEqual(self._evidence(agreement)["type"], "success")
        shown = self.env["loan.agreement.signer"]._of_person(mine, self.company)
        self.assertEqual(
            shown.agreement_id, agreements, "what was signed under the other contact is theirs to read"
        )

        with self.assertRefused("are one already. Both contacts stay"):
            self._merge_contacts(theirs, mine)
        self._sign_all(waiting)  # by the invitation that the other contact has
        self.assertEqual(waiting.state, "signed")
        self.assertTrue(self.env["loan.portal.count"]._take(self.company, mine))

    def test_a_contact_without_a_profile_brings_what_it_has_to_the_customer(self):
        agreement = self._offer()
        self._sign_all(agreement)
        mine = self.customer.partner_id
        twin = self._partner("Wang Fang", loan_no_surveys=True)
        surveys = self.env.ref("loan_crm.loan_consent_purpose_surveys")
        self.env["loan.data.request"]._ask(self.customer, "portal")._make()
        self.env["loan.portal.count"]._take(self.company, twin)
        self._merge_contacts(mine, twin)
        self.assertEqual(self.customer.partner_id, twin)
        self.assertEqual(self._evidence(agreement)["type"], "success")
        [asked] = self.env["loan.data.request"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((asked.partner_id, asked.has_file), (twin, True))
        self.assertEqual(self.customer._consents_now()[self.customer.id][surveys.id].state, "refused")
        shown = self.env["loan.agreement.signer"]._of_person(twin, self.company)
        self.assertEqual(shown.agreement_id, agreement)

    def test_what_would_be_lost_where_two_stand_side_by_side_is_said_in_words(self):
        spouse = self.env.ref("loan_crm.loan_customer_relation_type_spouse")
        one, two = self._partner("Hu Lan"), self._partner("Hu Lan")
        relations = self.env["loan.customer.relation"].create(
            [
                {"customer_id": self.customer.id, "partner_id": each.id, "type_id": spouse.id}
                for each in (one, two)
            ]
        )
        with self.assertRefused(
            "side by side under “Relation of a Customer”.*End one of the two entries first"
        ):
            self._merge_contacts(one, two)
        relations[0].date_to = TODAY - timedelta(1)
        self._merge_contacts(one, two)
        self.assertEqual(relations.partner_id, two)
