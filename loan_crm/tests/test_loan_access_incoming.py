from odoo.tests import freeze_time, tagged

from .common import NOW
from .test_loan_correspondence import CorrespondenceCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanAccessIncoming(CorrespondenceCommon):
    """Row 1.B26 of the matrix: who names a mail of a confidential record as what they answer writes into it no more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.confidential = cls.env.ref("loan_crm.loan_confidentiality_level_confidential")
        cls.log = cls.env["loan.access.log"]

    def _letter(self, level=None):
        """Return a letter about a loan that has left; then its customer may become confidential."""
        letter = self._send_reminder().message_id
        if level:
            self.customer.with_user(self.compliance)._classify(level, "Chair of a listed company")
            self.env.invalidate_all()
        return letter

    def _filed(self, letter, **headers):
        """Return the record a mail was filed on, or None, and what went back to its sender."""
        message, _passed_on = self._reply(letter, **headers)
        back = [mail.email_to for mail in self._new_mails if mail.email_to]
        return (message.model, message.res_id) if message else None, back

    def _denied(self):
        self.env.invalidate_all()
        return self.log.search([("event", "=", "refusal"), ("facts", "!=", False)]).filtered(
            lambda entry: entry.facts.get("operation") == "incoming mail"
        )

    def test_b26_a_stranger_writes_into_no_confidential_record(self):
        letter = self._letter(self.confidential)
        filed, back = self._filed(letter, sender='"Wang Fang" <wang.fang@evil.example.org>')
        self.assertIsNone(filed)
        self.assertIn("wang.fang@evil.example.org", str(back), "they are told that it reached nobody")
        (entry,) = self._denied()
        self.assertEqual(
            (entry.outcome, entry.res_model, entry.res_ids), ("denied", "loan.contract", self.contract.ids)
        )
        self.assertNotIn("evil", str(entry.read()))
        self.assertFalse(self._answers())

    def test_b26_who_has_to_do_with_it_is_heard(self):
        letter = self._letter(self.confidential)
        mine = ("loan.contract", self.contract.id)
        self.assertEqual(self._filed(letter)[0], mine, "the borrower")
        guarantor = self._partner("Wang Lei")
        self.contract.message_subscribe(guarantor.ids)
        self.assertEqual(self._filed(letter, sender="Wang Lei <wang.lei@example.com>")[0], mine, "a follower")
        child = self._partner("Office", parent_id=self.borrower.id, email="office@example.com")
        self.assertEqual(self._filed(letter, sender=child.email)[0], mine, "somebody of the borrower's")
        officer = f"Ma Jun <{self.compliance.email}>"
        self.confidential.needs_agreement = False
        self.assertEqual(self._filed(letter, sender=officer)[0], mine, "a colleague who may see it")
        self.assertFalse(self._denied())

    def test_b26_a_colleague_counts_by_what_they_may_see_now(self):
        letter = self._letter()
        self.contract.with_user(self.manager).message_post(body="Mine, once.")
        self.customer.with_user(self.compliance)._classify(self.confidential, "Chair of a listed company")
        self.env.invalidate_all()
        self.assertIsNone(self._filed(letter, sender=f"Lin Mei <{self.manager.email}>")[0])
        self.assertTrue(self._denied())

    def test_b26_it_becomes_something_new_where_an_alias_is_written_to(self):
        letter = self._letter(self.confidential)
        self.env["mail.alias"].create(
            {
                "alias_name": "loans",
                "alias_model_id": self.env["ir.model"]._get_id("crm.lead"),
                "alias_domain_id": self.domain.id,
            }
        )
        filed, _back = self._filed(
            letter, sender="Mallory <mallory@example.org>", To="loans@pudong.example.com"
        )
        self.assertEqual(filed[0], "crm.lead")

    def test_b26_what_is_not_confidential_is_filed_as_from_an_unknown_sender(self):
        letter = self._letter()
        filed, _back = self._filed(letter, sender='"Wang Fang" <wang.fang@home.example.org>')
        self.assertEqual(filed, ("loan.contract", self.contract.id))
        self.assertEqual(self._answers().summary, "Answer an unknown sender")
