import base64
import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .common import TODAY, LoanCommon

# One white pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg=="


class NdaCommon(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls._user("compliance", "He Lan")
        cls.text = cls._text()

    @classmethod
    def _text(cls, **values):
        return (
            cls.env["loan.nda.text"]
            .with_user(cls.compliance)
            .create(
                {
                    "name": "Secrecy",
                    "company_id": cls.company.id,
                    "body": "<p>I tell nobody.</p>",
                    "valid_months": 12,
                    **values,
                }
            )
        )

    def _asked(self, user, text=None):
        return (
            self.env["loan.nda"]
            .with_user(user)
            .search([("user_id", "=", user.id), ("text_id", "=", (text or self.text).id)], limit=1)
        )

    def _sign(self, user, text=None):
        nda = self._asked(user, text)
        nda.write({"signer_name": user.name, "signature": PNG})
        nda.action_sign()
        return nda

    def _todos(self, records, user):
        return records.sudo().activity_ids.filtered(lambda todo: todo.user_id == user)

    def _night(self):
        with self._without_commit():
            self.env["loan.night"]._begin_again(self.company)
            self.env["loan.night"]._run(self.company)


@tagged("post_install", "-at_install", "loan")
class TestLoanNda(NdaCommon):
    def test_who_must_sign_is_asked_and_signs_in_their_own_hand(self):
        self.assertFalse(self.manager._loan_agreement_valid())
        self.text.action_publish()
        nda = self._asked(self.manager)
        self.assertEqual(self._todos(nda, self.manager).summary, "Sign the confidentiality agreement")
        self.assertNotIn(self.employee, self.text.sudo().nda_ids.user_id)
        self.assertIn("I tell nobody", nda.shown_body)
        self._sign(self.manager)
        self.assertTrue(self.manager._loan_agreement_valid())
        self.assertTrue(self.manager._loan_agreement_valid(self.company))
        self.assertFalse(self.manager._loan_agreement_valid(self.env.ref("base.main_company")))
        self.assertFalse(self.colleague._loan_agreement_valid())
        self.assertFalse(self._todos(nda, self.manager))
        self.assertEqual(nda.expires_at, fields.Datetime.to_datetime("2027-03-10 02:00:00"))
        self.assertEqual((nda.standing, nda.title), ("in_force", "Secrecy, version 1"))

    def test_the_roles_and_teams_of_the_text_say_who_is_asked(self):
        self.text.team_ids = self.other_team
        self.text.group_ids = self.env.ref("loan_crm.loan_crm_group_service_desk")
        self.text.action_publish()
        asked = self.text.sudo().nda_ids.user_id
        self.assertEqual(asked, self.desk | self.stranger | self.other_lead)

    def test_access_lapses_in_the_second_it_expires_without_a_job(self):
        self.text.action_publish()
        self._sign(self.manager)
        with freeze_time("2027-03-10 01:59:59"):
            self.assertTrue(self.manager._loan_agreement_valid())
        with freeze_time("2027-03-10 02:00:00"):
            self.assertFalse(self.manager._loan_agreement_valid())
            self.env.invalidate_all()
            self.assertEqual(self._asked(self.manager).standing, "expired")

    def test_a_withdrawal_counts_at_once(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        form = (
            self.env["loan.nda.withdraw"]
            .with_user(self.manager)
            .create({"nda_id": nda.id, "reason": "I leave"})
        )
        form.action_withdraw()
        self.assertFalse(self.manager._loan_agreement_valid())
        self.assertEqual((nda.state, nda.withdrawn_user_id), ("withdrawn", self.manager))
        # Whoever withdrew it themselves may sign again; nobody is asked by night.
        self._night()
        self.assertEqual(self._asked(self.manager), nda)
        nda.action_ask_again()
        self._sign(self.manager)
        self.assertTrue(self.manager._loan_agreement_valid())

    def test_what_compliance_withdrew_only_compliance_asks_for_again(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        nda.with_user(self.compliance)._withdraw("Moves to the back office")
        self.assertFalse(self.manager._loan_agreement_valid())
        with self.assertRaises(AccessError):
            nda.action_ask_again()
        self.env["loan.nda"].with_user(self.manager).action_open_mine()
        self.assertEqual(self._asked(self.manager), nda)
        nda.with_user(self.compliance).action_ask_again()
        self._sign(self.manager)
        self.assertTrue(self.manager._loan_agreement_valid())

    def test_a_withdrawal_says_why_and_is_nobody_elses(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        with self.assertRefused("Say why"):
            nda._withdraw(" ")
        for user in (self.colleague, self.lead, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                nda.with_user(user)._withdraw("Because")
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env["loan.nda.withdraw"].with_user(user).create({"nda_id": nda.id, "reason": "x"})

    def test_a_new_version_asks_to_sign_again_from_its_day(self):
        self.text.action_publish()
        self._sign(self.manager)
        new = self._text(resign_from=TODAY + timedelta(days=10))
        new.action_publish()
        self.assertEqual((new.version, self.text.state), (2, "retired"))
        self.assertTrue(self._todos(self._asked(self.manager, new), self.manager))
        self.assertFalse(self.text.sudo().nda_ids.filtered(lambda nda: nda.state == "to_sign"))
        # Midnight in Shanghai is four in the afternoon of the day before in Greenwich.
        with freeze_time("2026-03-19 15:59:59"):
            self.assertTrue(self.manager._loan_agreement_valid())
        with freeze_time("2026-03-19 16:00:00"):
            self.assertFalse(self.manager._loan_agreement_valid())
            self.env.invalidate_all()
            self.assertEqual(self._asked(self.manager).standing, "superseded")
            self._sign(self.manager, new)
            self.assertTrue(self.manager._loan_agreement_valid())

    def test_a_new_version_without_such_a_day_leaves_the_old_ones_in_force(self):
        self.text.action_publish()
        self._sign(self.manager)
        self._text().action_publish()
        self.assertTrue(self.manager._loan_agreement_valid())

    def test_retiring_a_text_ends_the_signing_and_nothing_else(self):
        self.text.action_publish()
        waiting = self._asked(self.colleague)
        self._sign(self.manager)
        self.text.action_retire()
        self.assertFalse(waiting.exists())
        self.assertTrue(self.manager._loan_agreement_valid())
        with self.assertRefused("No text is published"):
            nda = self._asked(self.manager)
            nda._withdraw("Over")
            nda.action_ask_again()

    def test_the_night_asks_who_is_new_and_whose_agreement_ends_soon(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        newcomer = self._user("manager", "Wu Di")
        self._night()
        self.assertEqual(self._asked(newcomer).state, "to_sign")
        with self._days_later(340):
            self._night()
            again = self._asked(self.manager)
            self.assertEqual((again.state, nda.standing), ("to_sign", "in_force"))
            self._night()
            self.assertEqual(
                self.text.sudo().nda_ids.filtered(lambda n: n.user_id == self.manager), again | nda
            )

    def test_who_strikes_the_to_do_off_finds_it_again(self):
        self.text.action_publish()
        nda = self._asked(self.manager)
        nda.activity_ids.action_done()
        self.assertFalse(self._todos(nda, self.manager))
        self._night()
        self.assertTrue(self._todos(nda, self.manager))

    def test_ones_own_page_has_what_the_night_has_not_asked_yet(self):
        self.text.action_publish()
        newcomer = self._user("manager", "Wu Di")
        self.env["loan.nda"].with_user(newcomer).action_open_mine()
        self.assertEqual(self._asked(newcomer).state, "to_sign")

    # ------------------------------------------------------------ signing

    def test_nobody_signs_for_somebody_else(self):
        self.text.action_publish()
        nda = self._asked(self.manager)
        for user in (self.compliance, self.lead, self.administrator, self.colleague):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                nda.with_user(user).write({"signature": PNG, "signer_name": "Lin Mei"})
        nda.write({"signature": PNG, "signer_name": "Lin Mei"})
        for user in (self.compliance, self.env.ref("base.user_root")):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                nda.with_user(user).action_sign()
        with self.assertRaises(AccessError):
            nda.user_id = self.colleague

    def test_a_signature_is_a_picture_with_a_name(self):
        self.text.action_publish()
        nda = self._asked(self.manager)
        with self.assertRefused("full name"):
            nda.action_sign()
        nda.write({"signer_name": "  ", "signature": PNG})
        with self.assertRefused("full name"):
            nda.action_sign()
        for content in (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", b"hello", b"%PDF-1.4"):
            nda.write({"signer_name": "Lin Mei", "signature": base64.b64encode(content)})
            with self.subTest(content=content), self.assertRefused("PNG or JPEG"):
                nda.action_sign()

    def test_a_person_signs_in_the_language_they_read(self):
        self.text.update_field_translations("body", {"zh_CN": {"I tell nobody.": "绝不外泄。"}})
        self.manager.lang = "zh_CN"
        self.text.action_publish()
        nda = self._asked(self.manager)
        self.assertIn("绝不外泄", nda.shown_body)
        self._sign(self.manager)
        self.assertIn("绝不外泄", nda.with_user(self.compliance).with_context(lang="en_US").shown_body)
        self.assertEqual(nda.lang, "zh_CN")

    def test_a_form_shows_no_other_text(self):
        draft = self._text(name="Next", body="<p>Not out yet.</p>")
        self.text.action_publish()
        nda = self._asked(self.manager)
        values = {"text_id": draft.id, "user_id": self.manager.id, "state": "to_sign"}
        answer = nda.onchange(values, ["text_id"], {"shown_body": {}, "text_id": {}})
        self.assertNotIn("Not out yet", str(answer))
        with self.assertRaises(AccessError):
            nda.browse().onchange(values, ["text_id"], {"shown_body": {}, "text_id": {}})

    def test_a_context_fills_nothing_in(self):
        forged = {
            "default_expires_at": "2099-01-01",
            "default_state": "signed",
            "default_signed_at": "2026-01-01",
        }
        self.text.with_context(**forged, default_accepted_until="2026-01-01").action_publish()
        nda = self._asked(self.manager)
        self.assertEqual((nda.state, nda.signed_at, nda.expires_at), ("to_sign", False, False))
        self.assertFalse(self.manager._loan_agreement_valid())
        text = self._text()
        self.assertFalse(text.with_context(default_accepted_until="2026-01-01").copy().accepted_until)

    # ------------------------------------------------------------ what stays

    def test_a_published_text_never_changes(self):
        self.text.action_publish()
        for vals in (
            {"body": "<p>x</p>"},
            {"name": "x"},
            {"valid_months": 0},
            {"group_ids": False},
            {"resign_from": TODAY},
        ):
            for text in (self.text, self.text.sudo(), self.text.with_context(loan_by_verb=True)):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    text.write(vals)
        with self.assertRaises(AccessError):
            self.text.update_field_translations("body", {"zh_CN": {"I tell nobody.": "随便。"}})
        for text in (self.text, self.text.with_context(_force_unlink=True), self.text.sudo()):
            with self.assertRaises(AccessError):
                text.unlink()
        for vals in ({"state": "draft"}, {"accepted_until": fields.Datetime.now()}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self.text.write(vals)

    def test_a_text_is_published_by_compliance_with_words_and_a_day_to_come(self):
        for user in (self.manager, self.lead, self.administrator, self.desk):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.text.with_user(user).action_publish()
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.text.with_user(user).read(["body"])
        with self.assertRefused("no text"):
            self._text(body="<p><br></p>").action_publish()
        with self.assertRefused("in the past"):
            self._text(resign_from=TODAY - timedelta(days=1)).action_publish()
        forged = self._text(
            version=7, accepted_until="2026-01-01 00:00:00", published_user_id=self.manager.id
        )
        self.assertFalse(forged.accepted_until or forged.published_user_id)

    def test_nobody_writes_or_deletes_a_signed_one(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        for user in (self.manager, self.compliance, self.administrator):
            for vals in (
                {"signer_name": "x"},
                {"signature": False},
                {"state": "withdrawn"},
                {"expires_at": False},
                {"evidence_hash": "0"},
                {"user_id": self.colleague.id},
            ):
                with self.subTest(user=user.name, vals=vals), self.assertRaises(AccessError):
                    nda.with_user(user).with_context(loan_by_verb=1).write(vals)
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                nda.with_user(user).unlink()
        for vals in ({"signer_name": "x"}, {"expires_at": False}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                nda.sudo().write(vals)
        with self.assertRaises(AccessError):
            nda.sudo().unlink()
        with self.assertRaises(AccessError):
            self.env["loan.nda"].with_user(self.compliance).create(
                {"user_id": self.colleague.id, "text_id": self.text.id, "company_id": self.company.id}
            )

    def test_verify_names_what_was_altered_in_the_database(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        self.assertEqual(nda.action_verify()["params"]["type"], "success")
        for column, value, label in (
            ("body", "<p>I tell everybody.</p>", "Signed Text"),
            ("signer_name", "Chen Bo", "Full Name"),
            ("signed_at", "2025-01-01 00:00:00", "Signed On"),
            ("expires_at", "2099-01-01 00:00:00", "Valid Until"),
            ("signature", b"R0lGODlhAQABAAAAACw=", "Signature"),
            ("user_id", self.colleague.id, "Who"),
        ):
            with self.subTest(column=column), self.env.cr.savepoint() as point:
                self.env.cr.execute(
                    SQL("UPDATE loan_nda SET %s = %s WHERE id = %s", SQL.identifier(column), value, nda.id)
                )
                self.env.invalidate_all()
                told = nda.with_user(self.compliance).action_verify()["params"]
                self.assertEqual(told["type"], "danger")
                self.assertTrue(told["message"].endswith(f": {label}"), told["message"])
                point.rollback()
                self.env.invalidate_all()
        evidence = json.dumps({**nda.evidence, "body": "0" * 64})
        self.env.cr.execute(SQL("UPDATE loan_nda SET evidence = %s WHERE id = %s", evidence, nda.id))
        self.env.invalidate_all()
        self.assertIn("the evidence itself", nda.action_verify()["params"]["message"])

    def test_the_print_shows_what_was_signed_to_both_and_nobody_else(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        report = self.env["ir.actions.report"]
        for user in (self.manager, self.compliance):
            html, kind = report.with_user(user)._render("loan_crm.loan_nda_report_html", nda.ids)
            self.assertEqual(kind, "html")
            for words in ("I tell nobody", "Lin Mei", nda.evidence_hash, "data:image/png", "Asia/Shanghai"):
                with self.subTest(user=user.name, words=words):
                    self.assertIn(words, html.decode())
        with self.assertRaises(AccessError):
            report.with_user(self.colleague)._render("loan_crm.loan_nda_report_html", nda.ids)

    # ------------------------------------------------------------ who may see it

    def test_everybody_reads_their_own_and_compliance_all(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        for user in (self.manager, self.compliance, self.officer):
            with self.subTest(user=user.name):
                self.assertEqual(self.env["loan.nda"].with_user(user).search([("id", "=", nda.id)]), nda)
                self.assertTrue(nda.with_user(user).read(["signature", "evidence_hash"]))
        for user in (self.colleague, self.lead, self.desk, self.administrator, self.employee, self.stranger):
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError):
                    nda.with_user(user).read(["state"])
                if user != self.employee:
                    self.assertFalse(self.env["loan.nda"].with_user(user).search([("id", "=", nda.id)]))

    def test_the_picture_of_a_signature_is_as_private_as_the_rest(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        for user in (self.manager, self.compliance):
            found = self.env["ir.binary"].with_user(user)
            self.assertTrue(found._find_record(res_model="loan.nda", res_id=nda.id, field="signature"))
        for user in (self.colleague, self.lead, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env["ir.binary"].with_user(user)._find_record(
                    res_model="loan.nda", res_id=nda.id, field="signature"
                )

    def test_compliance_of_another_lender_reads_nothing(self):
        self.text.action_publish()
        nda = self._sign(self.manager)
        other = self.env["res.company"].create({"name": "Elsewhere", "loan_tz": "UTC"})
        stranger = self._user("compliance", "Tan Wei", company_id=other.id, company_ids=[(6, 0, other.ids)])
        nda_theirs = nda.with_user(stranger).with_context(allowed_company_ids=other.ids)
        with self.assertRaises(AccessError):
            nda_theirs.read(["state"])
        self.assertFalse(nda_theirs.search([]))

    def test_it_costs_one_query(self):
        self.text.action_publish()
        self._sign(self.manager)
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.assertTrue(self.manager._loan_agreement_valid())
