import io
from base64 import b64decode, b64encode
from datetime import timedelta

from PIL import Image, ImageDraw

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .common import NOW, TODAY, LoanCommon


def drawn(form="PNG", size=(300, 100), empty=False):
    """Return a signature in base64, as text."""
    image = Image.new(
        "RGBA" if form == "PNG" else "RGB", size, (255, 255, 255, 0) if form == "PNG" else "white"
    )
    if not empty:
        ImageDraw.Draw(image).line((10, 80, size[0] - 10, 20), fill="black", width=3)
    kept = io.BytesIO()
    image.save(kept, form)
    return b64encode(kept.getvalue()).decode()


class AgreementCommon(LoanCommon):
    """A loan that is not paid out yet, with a co-borrower and a guarantor, and a text that is published."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.text = cls._text()
        cls.product.cooling_off_days = 14
        cls.loan, cls.co_borrower, cls.guarantor = cls._draft()

    @classmethod
    def _text(cls, **values):
        text = (
            cls.env["loan.agreement.text"]
            .with_company(cls.company)
            .create(
                {
                    "name": "Loan agreement",
                    "body": "<p>The lender lends, the borrower pays back.</p>",
                    "company_id": cls.company.id,
                    **values,
                }
            )
        )
        text.with_user(cls.compliance).action_publish()
        return text

    @classmethod
    def _draft(cls, customer=None):
        today = cls.company._loan_today()
        co_borrower = cls._partner("Liu Ming")
        guarantor = cls._partner("Zhao Qiang")
        loan = cls._planned(customer)
        loan.party_ids = [
            Command.create({"partner_id": co_borrower.id, "role": "co_borrower", "date_from": today}),
            Command.create({"partner_id": guarantor.id, "role": "guarantor", "date_from": today}),
        ]
        return loan, co_borrower, guarantor

    @classmethod
    def _planned(cls, customer=None, days=10):
        """Return a loan that is to be paid out in so many days."""
        start = cls.company._loan_today() + timedelta(days)
        return cls._contract(customer, active=False, start_date=start, first_due_date=start + timedelta(31))

    @classmethod
    def _offer(cls, loan=None, user=None):
        loan = (loan or cls.loan).with_user(user or cls.manager)
        action = loan.action_prepare_agreement()
        agreement = loan.env["loan.agreement"].browse(action["res_id"])
        agreement.action_offer()
        return agreement.with_env(cls.env)

    def _signer(self, agreement, partner=None):
        partner = partner or agreement.partner_id
        return agreement.signer_ids.filtered(lambda signer: signer.partner_id == partner).sudo()

    def _sign(self, agreement, partner=None, **values):
        signer = self._signer(agreement, partner)
        vals = {
            "typed_name": signer.partner_id.name,
            "typed_picture": drawn(),
            "words_hash": agreement.words_hash,
            "way": "login",
            "login": "me",
            "address": "203.0.113.7",
            "browser": "Firefox",
            **values,
        }
        return signer._sign(**vals)

    def _sign_all(self, agreement):
        for signer in agreement.signer_ids:
            self._sign(agreement, signer.partner_id)

    def _evidence(self, agreement):
        self.env.flush_all()
        self.env.invalidate_all()
        return agreement.with_user(self.manager).action_check_evidence()["params"]


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanAgreement(AgreementCommon):
    """An agreement from its making to the last signature, as those who make it see it."""

    # ------------------------------------------------------------ making and offering

    def test_the_words_hold_the_parties_the_key_facts_the_text_and_the_schedule(self):
        agreement = self._offer()
        words = agreement.words.replace("\xa0", " ")
        for told in (
            "Pudong Finance",
            "Wang Fang",
            "Liu Ming",
            "Zhao Qiang",
            self.loan.name,
            "The lender lends, the borrower pays back.",
            self.loan._amount(self.loan.installment_ids[0].amount),
            "for 14 days after the last signature",
        ):
            self.assertIn(told.replace("\xa0", " "), words)
        keys = [fact["label"] for fact in agreement.key_facts]
        self.assertIn("Amount lent", " ".join(keys))
        self.assertGreater(len(keys), 5)
        self.assertEqual(agreement.signer_ids.mapped("role"), ["borrower", "co_borrower", "guarantor"])

    def test_the_words_are_in_the_language_of_the_borrower(self):
        self.loan.partner_id.lang = "zh_CN"
        agreement = self._offer()
        self.assertEqual(agreement.lang, "zh_CN")
        self.assertIn("还款计划", agreement.words)

    def test_a_product_has_its_own_text_before_that_of_all(self):
        own = self._text(name="Car loan agreement", product_id=self.product.id)
        self.assertEqual(self._offer().text_id, own)

    def test_without_a_published_text_nothing_is_offered(self):
        self.text.with_user(self.compliance).action_retire()
        with self.assertRefused("No wording of an agreement is published"):
            self.loan.with_user(self.manager).action_prepare_agreement()

    def test_a_new_text_takes_the_place_of_the_old_and_offers_keep_theirs(self):
        agreement = self._offer()
        new = self._text(body="<p>Other words.</p>")
        self.assertEqual((self.text.state, new.state), ("retired", "published"))
        self.assertIn("The lender lends", agreement.words)
        with self.assertRaises(AccessError):
            self.text.with_user(self.compliance).write({"body": "<p>Changed.</p>"})
        with self.assertRaises(AccessError):
            new.with_user(self.compliance).update_field_translations(
                "body", {"zh_CN": {"Other words.": "别的"}}
            )
        with self.assertRaises(AccessError):
            new.with_user(self.compliance).unlink()

    def test_pressing_twice_opens_the_same_agreement(self):
        first = self.loan.with_user(self.manager).action_prepare_agreement()
        self.assertEqual(
            self.loan.with_user(self.manager).action_prepare_agreement()["res_id"], first["res_id"]
        )

    def test_a_loan_that_runs_is_not_offered(self):
        running = self._contract()
        with self.assertRefused("has not been paid out yet"):
            running.with_user(self.manager).action_prepare_agreement()

    def test_everybody_who_signs_is_written_to_and_no_colleague_reads_the_link(self):
        mails = self.env["mail.mail"].search([])
        agreement = self._offer()
        letters = self.env["mail.mail"].search([]) - mails
        reached = agreement.signer_ids.partner_id.filtered("email_normalized")
        self.assertEqual(letters.recipient_ids, reached)
        self.assertTrue(reached)
        self.assertIn("/agreement/", letters[0].body_html)
        notes = self.loan.message_ids | agreement.message_ids
        self.assertNotIn("/agreement/", "".join(notes.mapped("body")))
        self.assertFalse(letters.mail_message_id.filtered("model"))
        with self.assertRaises(AccessError):
            letters.mail_message_id.with_user(self.manager).read(["body"])

    def test_a_firm_signs_by_a_person_of_its_own(self):
        firm = self._customer("Golden Harvest Ltd", kind="sme")
        firm.partner_id.is_company = True
        clerk = self._partner("Sun Li", parent_id=firm.partner_id.id)
        loan = self._planned(firm)
        action = loan.with_user(self.manager).action_prepare_agreement()
        agreement = loan.with_user(self.manager).env["loan.agreement"].browse(action["res_id"])
        with self.assertRefused("Choose who signs for the firm"):
            agreement.action_offer()
        with self.assertRefused("a person among the contacts"):
            agreement.signatory_id = self.guarantor
        agreement.signatory_id = clerk
        agreement.action_offer()
        self.assertEqual(agreement.signer_ids.partner_id, clerk)

    # ------------------------------------------------------------ signing

    def test_the_last_signature_makes_the_agreement(self):
        agreement = self._offer()
        self._sign(agreement)
        self._sign(agreement, self.guarantor)
        self.assertEqual((agreement.state, agreement.signed_told), ("offered", "2 of 3"))
        self.assertEqual(self.loan.agreement_state, "offered")
        mails = self.env["mail.mail"].search([])
        self._sign(agreement, self.co_borrower)
        self.assertEqual((agreement.state, self.loan.agreement_state), ("signed", "signed"))
        self.assertIn("pay the loan out", self.loan.activity_ids.mapped("summary")[-1])
        self.assertEqual(self.loan.activity_ids[-1].user_id, self.manager)
        self.assertEqual(agreement._last_day_to_withdraw(), TODAY + timedelta(14))
        self.assertIn("was signed by all", "".join(self.loan.message_ids.mapped("body")))
        letters = (self.env["mail.mail"].search([]) - mails).filtered("attachment_ids")
        self.assertEqual(letters.recipient_ids, agreement.signer_ids.partner_id.filtered("email_normalized"))
        self.assertTrue(all(letter.attachment_ids.res_model == "loan.agreement" for letter in letters))

    def test_the_document_of_one_holds_no_signature_of_another(self):
        agreement = self._offer()
        for partner, size in ((self.loan.partner_id, (300, 100)), (self.co_borrower, (310, 100))):
            self._sign(agreement, partner, typed_picture=drawn(size=size))
        own, other = self._signer(agreement), self._signer(agreement, self.co_borrower)
        page = agreement.sudo()._paper(self.loan.partner_id, "html")[0].decode()
        self.assertIn(own._picture_uri(), page)
        self.assertNotIn(other._picture_uri(), page)
        self.assertIn("Liu Ming", page)
        self.assertNotIn("203.0.113.7", page)
        house = agreement.with_user(self.manager)._paper(form="html")[0].decode()
        self.assertIn(own._picture_uri(), house)
        self.assertIn(other._picture_uri(), house)

    def test_who_signs_twice_has_signed_once(self):
        agreement = self._offer()
        self.assertTrue(self._sign(agreement))
        seal = self._signer(agreement).seal
        self.assertFalse(self._sign(agreement, typed_name="Somebody Else"))
        self.assertEqual(
            (self._signer(agreement).seal, self._signer(agreement).signer_name), (seal, "Wang Fang")
        )

    def test_a_copy_of_a_persons_data_holds_what_they_have_signed(self):
        customer, agreement = self.loan.customer_id, self._offer()
        before, files = customer._portable_copy(fields.Datetime.now())
        rows = {section.key: section.rows for section in before.sections}["agreements"]
        self.assertEqual(([row["stands"] for row in rows], files), (["It waits for your signature."], []))
        self._sign(agreement, typed_picture=drawn(size=(320, 100)))
        self._sign(agreement, self.guarantor, typed_picture=drawn(size=(310, 100)), address="203.0.113.99")
        copy, ((name, page),) = customer._portable_copy(fields.Datetime.now())
        (row,) = {section.key: section.rows for section in copy.sections}["agreements"]
        own, other = self._signer(agreement), self._signer(agreement, self.guarantor)
        self.assertEqual(
            (row["name"], row["address"], row["seal"], row["file"]),
            ("Wang Fang", "203.0.113.7", own.seal, name),
        )
        self.assertIn(own._picture_uri(), page.decode())
        self.assertNotIn(other._picture_uri(), page.decode())
        self.assertNotIn("203.0.113.99", page.decode() + str(copy.sections))

    def test_p39_compliance_copies_no_agreement_that_is_kept_from_them(self):
        signer = self._signer(self._offer(), self.guarantor)
        theirs = self._customer("Zhao Wei")
        theirs.partner_id = self.guarantor
        asked = self.env["loan.data.request"]._ask(theirs, "post").with_user(self.compliance)
        asked.action_make()
        self.loan.party_ids.unlink()
        secret = self.env["loan.confidentiality.level"].search([], order="rank desc", limit=1)
        self.loan.sudo().level_id = secret
        self.env.flush_all()
        self.assertFalse(signer.with_user(self.compliance).search([("id", "=", signer.id)]))
        with self.assertRaisesRegex(AccessError, "Not all that the copy would hold"):
            asked.action_make()

    def test_of_two_who_sign_at_once_the_second_looks_again(self):
        # What is merely locked lets the second go on with what it saw before, and both would be the first to sign.
        agreement = self._offer()
        self.env.flush_all()
        place = SQL("SELECT ctid FROM loan_agreement WHERE id = %s", agreement.id)
        before = self.env.execute_query(place)
        self._sign(agreement)
        self.env.flush_all()
        self.assertEqual(agreement.state, "offered")
        self.assertNotEqual(self.env.execute_query(place), before, "who waits goes on with what is no more")

    def test_nothing_is_signed_but_what_was_read_while_it_is_open(self):
        agreement = self._offer()
        for words, values in (
            ("This is not what the page showed you", {"words_hash": "0" * 64}),
            ("This is not what the page showed you", {"words_hash": ""}),
            ("Please write your full name", {"typed_name": " 12 "}),
            ("Please write your full name", {"typed_name": "x" * 101}),
            ("Please sign in the field", {"typed_picture": ""}),
            ("The field for the signature is empty", {"typed_picture": drawn(empty=True)}),
            ("The field for the signature is empty", {"typed_picture": drawn("JPEG", empty=True)}),
            ("has to be a picture", {"typed_picture": b64encode(b"<svg onload='x()'/>").decode()}),
            ("has to be a picture", {"typed_picture": b64encode(b"<html><script>").decode()}),
            ("has to be a picture", {"typed_picture": drawn("GIF")}),
            ("has to be a picture", {"typed_picture": drawn(size=(4000, 4000))}),
            ("has to be a picture", {"typed_picture": "A" * 2_000_000}),
        ):
            with self.subTest(words=words, values=str(values)[:60]), self.assertRefused(words):
                self._sign(agreement, **values)
        self.assertFalse(self._signer(agreement).seal)
        self.assertTrue(self._sign(agreement, typed_picture=drawn("JPEG")))

    def test_after_its_last_day_it_is_over_before_any_job_has_run(self):
        agreement = self._offer()
        with self._days_later(15):
            with self.assertRefused("The time to sign this offer is over"):
                self._sign(agreement)
            self.assertEqual(agreement.state, "offered")

    def test_a_night_lets_it_expire(self):
        agreement = self._offer()
        night = self.env["loan.night"].create({"company_id": self.company.id, "date": agreement.valid_until})
        self.env["loan.agreement"]._night_agreement(night)
        self.assertEqual(agreement.state, "offered")
        night.date = agreement.valid_until + timedelta(1)
        self.assertEqual(self.env["loan.agreement"]._night_agreement(night), 1)
        self.assertEqual(agreement.state, "expired")
        self.assertFalse(self.env["loan.agreement"]._night_agreement(night))

    def test_who_declines_ends_the_offer_for_all(self):
        agreement = self._offer()
        self._sign(agreement, self.guarantor)
        self._signer(agreement)._decline("The rate is <b>too</b> high")
        self.assertEqual(agreement.state, "declined")
        self.assertIn("too", agreement.end_reason)
        self.assertIn("&lt;b&gt;", "".join(self.loan.message_ids.mapped("body")))
        self.assertIn("declined", self.loan.activity_ids.mapped("summary")[-1])
        with self.assertRefused("declined"):
            self._sign(agreement, self.co_borrower)
        again = self._offer()
        self.assertEqual(again.version, 2)

    # ------------------------------------------------------------ the loan and its agreement

    def test_other_terms_withdraw_the_offer(self):
        agreement = self._offer()
        self.loan.with_user(self.manager).write({"term": self.loan.term})
        self.assertEqual(agreement.state, "offered")
        self.loan.with_user(self.manager).write({"term": 10})
        self.assertEqual(agreement.state, "withdrawn")
        self.assertIn("terms of the loan have changed", agreement.end_reason)
        with self.assertRefused("was withdrawn"):
            self._sign(agreement)

    def test_another_guarantor_withdraws_the_offer(self):
        for change in (
            lambda: self.loan.party_ids[:1].unlink(),
            lambda: self.loan.party_ids[:1].write({"role": "co_borrower"}),
            lambda: self.loan.write(
                {"party_ids": [Command.create({"partner_id": self._partner("New").id, "date_from": TODAY})]}
            ),
        ):
            agreement = self._offer()
            change()
            self.assertEqual(agreement.state, "withdrawn")

    def test_a_cancelled_loan_withdraws_it_too(self):
        agreement = self._offer()
        self.loan.with_user(self.manager).action_cancel()
        self.assertEqual(agreement.state, "withdrawn")

    def test_nothing_is_paid_out_on_an_offer_or_on_other_terms_than_were_signed(self):
        self.loan.start_date = TODAY
        agreement = self._offer()
        with self.assertRefused("still waits for signatures"):
            self.loan.with_user(self.manager).action_activate()
        self._sign_all(agreement)
        self.loan.with_user(self.manager).write({"principal": self.loan.principal + 100})
        self.assertIn("signed with other terms", "".join(self.loan.message_ids.mapped("body")))
        with self.assertRefused("with other terms than the loan has now"):
            self.loan.with_user(self.manager).action_activate()
        self.loan.with_user(self.manager).write({"principal": self.loan.principal - 100})
        self.loan.with_user(self.manager).action_activate()
        self.assertEqual(self.loan.state, "active")

    def test_withdrawing_asks_why_and_ends_it(self):
        agreement = self._offer()
        form = self.env["loan.agreement.withdraw"].with_user(self.manager)
        form = form.create({"agreement_id": agreement.id, "reason": "Wrong amount"})
        form.action_withdraw()
        self.assertEqual((agreement.state, agreement.end_reason), ("withdrawn", "Wrong amount"))
        with self.assertRaises(UserError):
            agreement.with_user(self.manager)._withdraw("Once more")

    def test_they_are_reminded_once_a_day_and_who_has_signed_is_not(self):
        agreement = self._offer()
        self._sign(agreement)
        with self.assertRefused("written to today already"):
            agreement.with_user(self.manager).action_remind()
        with self._days_later(1):
            mails = self.env["mail.mail"].search([])
            agreement.with_user(self.manager).action_remind()
            letters = self.env["mail.mail"].search([]) - mails
            self.assertNotIn(self.loan.partner_id, letters.recipient_ids)
            with self.assertRefused("written to today already"):
                agreement.with_user(self.manager).action_remind()

    # ------------------------------------------------------------ evidence

    def test_what_nobody_touched_is_unaltered(self):
        agreement = self._offer()
        self._sign_all(agreement)
        told = self._evidence(agreement)
        self.assertEqual(told["type"], "success")
        self.assertIn("Unaltered since February", told["message"].replace("March", "February"))

    def test_each_part_that_is_altered_in_the_database_is_named(self):
        agreement = self._offer()
        self._sign_all(agreement)
        signer = self._signer(agreement, self.co_borrower)
        for column, value, label in (
            ("signer_name", "Somebody Else", "Name as Signed"),
            ("signed_at", "2020-01-01 00:00:00", "Signed On"),
            ("address", "198.51.100.1", "Network Address"),
            ("browser", "Lynx", "Browser"),
            ("signature", drawn(size=(50, 50)).encode(), "Signature"),
            ("partner_id", self._partner("Not Me").id, "Person"),
            ("seal_before", "0" * 64, "Seal of Who Signed Before"),
            ("read_told", "", "Confirmed to Have Read"),
            ("seal", "0" * 64, "Seal (SHA-256)"),
        ):
            with self.subTest(column=column), self.env.cr.savepoint() as saved:
                self.env.cr.execute(
                    f"UPDATE loan_agreement_signer SET {column} = %s WHERE id = %s", (value, signer.id)
                )
                told = self._evidence(agreement)
                self.assertEqual(told["type"], "danger")
                self.assertIn(label, told["message"])
                saved.rollback()
        for table, column in (("words", "<p>Give us all.</p>"), ("title", "Gift")):
            with self.subTest(column=table), self.env.cr.savepoint() as saved:
                self.env.cr.execute(
                    f"UPDATE loan_agreement SET {table} = %s WHERE id = %s", (column, agreement.id)
                )
                self.assertIn("the words", self._evidence(agreement)["message"])
                saved.rollback()
        self.assertEqual(self._evidence(agreement)["type"], "success")

    def test_a_signature_that_is_taken_out_is_missed(self):
        agreement = self._offer()
        self._sign_all(agreement)
        first = self._signer(agreement)
        self.env.cr.execute("DELETE FROM loan_agreement_signer WHERE id = %s", (first.id,))
        told = self._evidence(agreement)
        self.assertIn("the chain of signatures at number 2", told["message"])

    def test_nobody_writes_or_deletes_what_was_signed_superuser_neither(self):
        agreement = self._offer()
        self._sign(agreement)
        signer = self._signer(agreement)
        for record, vals in (
            (agreement, {"words": "<p>Other</p>"}),
            (agreement, {"valid_until": TODAY + timedelta(100)}),
            (agreement, {"words_hash": "0" * 64}),
            (agreement, {"state": "draft"}),
            (signer, {"signer_name": "Other"}),
            (signer, {"signature": drawn()}),
            (signer, {"seal": "0" * 64}),
            (signer, {"state": "waiting"}),
            (self._signer(agreement, self.guarantor), {"role": "borrower"}),
        ):
            for user in (self.env.user, self.manager, self.lead, self.compliance, self.administrator):
                for context in ({}, {"loan_by_verb": True}):
                    writer = record.with_user(user).sudo(user == self.env.user).with_context(**context)
                    with self.subTest(user=user.name, vals=list(vals)), self.assertRaises(AccessError):
                        writer.write(vals)
        for record in (agreement, signer):
            with self.assertRaises(AccessError):
                record.sudo().unlink()
            with self.assertRaises(AccessError):
                record.with_user(self.manager).copy()

    def test_colleagues_without_a_duty_see_nothing_of_it(self):
        agreement = self._offer()
        self._sign(agreement)
        for user in (self.colleague, self.stranger, self.other_lead, self.employee):
            for record in (agreement, agreement.signer_ids[0]):
                with self.subTest(user=user.name, model=record._name), self.assertRaises(AccessError):
                    record.with_user(user).read(["display_name"])
        self.assertTrue(agreement.with_user(self.desk).read(["display_name"]))
        with self.assertRaises(AccessError):
            agreement.with_user(self.desk).action_remind()
        with self.assertRaises(AccessError):
            agreement.with_user(self.stranger).action_check_evidence()

    def test_a_video_meeting_is_put_on_record_once(self):
        agreement = self._offer()
        signer, now = self._signer(agreement), fields.Datetime.now()
        meeting = (
            self.env["calendar.event"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Signing by video",
                    "start": now - timedelta(hours=2),
                    "stop": now - timedelta(hours=1),
                }
            )
        )
        paper = self.env["loan.document.type"].search([], limit=1)
        vals = {"signer_id": signer.id, "meeting_id": meeting.id, "paper_type_id": paper.id}
        form = self.env["loan.agreement.identify"].with_user(self.manager)
        with self.assertRefused("still to come"):
            form.create({**vals, "moment": now + timedelta(days=1)}).action_identify()
        form.create({**vals, "moment": now - timedelta(hours=1)}).action_identify()
        self.assertEqual((signer.paper_type_id, signer.identified_user_id), (paper, self.manager))
        self.assertIn("Signing by video", signer.meeting_told)
        with self.assertRefused("stands on record already"):
            form.create({**vals, "moment": now - timedelta(hours=1)}).action_identify()
        self._sign_all(agreement)
        meeting.sudo().unlink()
        self.assertEqual(self._evidence(agreement)["type"], "success")
        self.env.cr.execute("UPDATE loan_agreement_signer SET meeting_told = 'x' WHERE id = %s", (signer.id,))
        self.assertIn("Identified In", self._evidence(agreement)["message"])

    def test_what_the_law_lets_go_is_emptied_and_the_seals_stay(self):
        agreement = self._offer()
        self._sign_all(agreement)
        self.loan.action_cancel()
        self.customer.sudo()._forget(complete=True)
        signer = self._signer(agreement, self.guarantor)
        self.assertFalse(signer.signature or signer.signer_name or signer.address or signer.evidence)
        self.assertFalse(agreement.words or agreement.key_facts)
        self.assertTrue(signer.seal and agreement.words_hash)

    def test_a_signature_is_a_real_picture(self):
        self.assertEqual(b64decode(drawn())[:4], b"\x89PNG")
