from datetime import timedelta

from odoo import fields
from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY
from .test_loan_agreement import AgreementCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanTouchAgreement(AgreementCommon):
    """What was sent to be signed, what a customer allows and what they asked for stands on their timeline."""

    def _of(self, kind, user=None):
        touches = self.env["loan.touch"].with_user(user or self.manager)
        return touches.search([("customer_id", "=", self.customer.id), ("kind", "=", kind)])

    def _told(self, kind, user=None):
        return [(touch.summary, touch.direction) for touch in self._of(kind, user).sorted("id")]

    # ------------------------------------------------------------ agreements

    def test_what_was_sent_and_each_signature_is_told(self):
        agreement = self._offer()
        self._sign(agreement)
        self._sign(agreement, self.guarantor, way="link", login="")
        name = f"Agreement {self.loan.name}, version 1"
        self.assertEqual(
            self._told("agreement"),
            [
                (f"Sent for signature · {name} · to be signed by 03/24/2026", "out"),
                (f"Signed by Wang Fang · Borrower · {name} · With their login", "in"),
                (f"Signed by Zhao Qiang · Guarantor · {name} · By the link of their invitation", "in"),
            ],
        )
        sent, mine, theirs = self._of("agreement").sorted("id")
        self.assertEqual(sent.author_id, self.manager.partner_id)
        self.assertEqual((mine.author_id, theirs.author_id), (self.customer.partner_id, self.guarantor))
        self.assertEqual((sent | mine | theirs).contract_id, self.loan)
        self.assertTrue(sent.can_open)
        self.assertEqual(mine.action_open()["res_model"], "loan.agreement.signer")
        self.assertIn("发送签署", sent.with_context(lang="zh_CN").summary)

    def test_that_there_will_be_no_signature_is_told_with_its_reason(self):
        agreement = self._offer()
        self._signer(agreement, self.guarantor)._decline("I was not asked before")
        declined = self._of("agreement")[0]
        self.assertRegex(declined.summary, "^Declined · Agreement .* · Zhao Qiang .* I was not asked before$")
        self.assertEqual((declined.direction, declined.author_id), ("in", self.guarantor))
        offered = self._offer()
        with freeze_time(fields.Datetime.to_datetime(NOW) + timedelta(60)):
            night = self.env["loan.night"].create(
                {"company_id": self.company.id, "date": TODAY + timedelta(60)}
            )
            self.env["loan.agreement"]._night_agreement(night)
            expired = self._of("agreement")[0]
        self.assertEqual(offered.state, "expired")
        self.assertRegex(
            expired.summary, "^Expired · Agreement .*, version 2 · Nobody missing has signed in time"
        )
        self.assertFalse(expired.direction)
        withdrawn = self._offer()
        withdrawn.with_user(self.manager)._withdraw("A better rate")
        taken = self._of("agreement").filtered(lambda touch: touch.res_id == withdrawn.id)[0]
        self.assertEqual(taken.direction, "out")
        self.assertIn("Withdrawn", taken.summary)

    def test_what_was_never_offered_has_touched_nobody(self):
        action = self.loan.with_user(self.manager).action_prepare_agreement()
        agreement = self.env["loan.agreement"].with_user(self.manager).browse(action["res_id"])
        agreement._withdraw("Changed my mind")
        self.assertFalse(self._of("agreement"))

    # ------------------------------------------------------------ consents and copies

    def test_what_they_allow_and_no_longer_allow_is_told(self):
        purpose = self.env.ref("loan_crm.loan_consent_purpose_recording")
        self.customer._say_consents({purpose: True}, "phone", self.desk, note="Asked twice")
        self.customer._say_consents({purpose: False}, "portal")
        given, taken = self._of("consent").sorted("id")
        self.assertEqual(given.summary, f"{purpose.name} · Allowed · By Telephone · Asked twice")
        self.assertEqual(taken.summary, f"{purpose.name} · Taken Back · On the Portal")
        self.assertEqual((given.direction, given.author_id), ("in", self.desk.partner_id))
        self.assertEqual(taken.author_id, self.customer.partner_id)
        offers = self.env.ref("loan_crm.loan_consent_purpose_offers")
        self.customer._say_consents({offers: False}, "import")
        self.assertEqual(self._of("consent"), given | taken, "nobody knows when they had said that")

    def test_a_copy_is_asked_for_and_handed_over_and_is_compliances_to_open(self):
        asked = self.env["loan.data.request"]._ask(self.customer, "post", self.compliance)
        [touch] = self._of("copy")
        self.assertRegex(
            touch.summary, "^Asked for a copy of their data · By Letter · to be handed over by .*2026$"
        )
        self.assertEqual((touch.direction, touch.author_id), ("in", self.customer.partner_id))
        self.assertFalse(touch.can_open)
        self.assertTrue(touch.with_user(self.compliance).can_open)
        asked.with_user(self.compliance).action_make()
        asked.with_user(self.compliance).action_hand_over()
        self.assertEqual(
            self._told("copy"),
            [
                ("Asked for a copy of their data · By Letter", "in"),
                ("Has the copy of their data · asked for on 03/10/2026", "out"),
            ],
        )
        self.assertEqual(self._of("copy").sorted("id")[1].author_id, self.compliance.partner_id)

    def test_who_may_not_see_the_customer_learns_nothing_of_it(self):
        self._sign_all(self._offer())
        self.customer._say_consents(
            {self.env.ref("loan_crm.loan_consent_purpose_recording"): True}, "phone", self.desk
        )
        self.env["loan.data.request"]._ask(self.customer, "post", self.compliance)
        for kind, count in (("agreement", 4), ("consent", 1), ("copy", 1)):
            for user in (self.manager, self.lead, self.desk, self.compliance):
                with self.subTest(kind=kind, user=user.name):
                    self.assertEqual(len(self._of(kind, user)), count)
            for user in (self.colleague, self.stranger, self.other_lead):
                with self.subTest(kind=kind, user=user.name):
                    self.assertFalse(self._of(kind, user))
