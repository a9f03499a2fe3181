import base64
import runpy
from datetime import date, timedelta
from pathlib import Path

from lxml import etree
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import SQL, mute_logger

from .common import NOW, TODAY, LoanCommon
from .test_loan_portal import PortalCommon


class ConsentCommon(LoanCommon):
    @classmethod
    def _purpose(cls, code):
        return cls.env["loan.consent.purpose"].search([("code", "=", code)])

    def _rows(self, code, customer=None):
        return self.env["loan.consent"].search(
            [
                ("customer_id", "=", (customer or self.customer).id),
                ("purpose_id", "=", self._purpose(code).id),
            ]
        )

    def _said(self, code, customer=None):
        """Return what was said, the newest first."""
        return self._rows(code, customer).mapped("state")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanConsent(ConsentCommon):
    """What a customer allows, who puts it on record, and what is left at once when they take it back."""

    def _record(self, code, allows, user=None, **values):
        form = (
            self.env["loan.consent.record"]
            .with_user(user or self.manager)
            .create(
                {
                    "customer_id": self.customer.id,
                    "purpose_id": self._purpose(code).id,
                    "allows": allows,
                    **values,
                }
            )
        )
        return form.action_record()

    def test_the_form_says_what_to_say_and_what_holds(self):
        form = Form(
            self.env["loan.consent.record"]
            .with_user(self.manager)
            .with_context(default_customer_id=self.customer.id)
        )
        form.purpose_id = self._purpose("recording")
        self.assertIn("We may record a call with you.", form.words)
        self.assertEqual(form.now_told, "They have said nothing yet.")
        form.allows = "yes"
        form.save().action_record()
        self.assertEqual(self._said("recording"), ["given"])

    def test_what_was_said_stands_and_what_holds_is_the_last_of_it(self):
        self._record("recording", "yes", self.desk)
        self._record("recording", "no", how="paper", paper=base64.b64encode(b"%PDF-1.4"), paper_name="no.pdf")
        latest, first = self._rows("recording")
        self.assertEqual((first.state, first.is_current, first.entered_user_id), ("given", False, self.desk))
        self.assertEqual((latest.state, latest.is_current, latest.how), ("taken_back", True, "paper"))
        self.assertEqual(base64.b64decode(latest.paper), b"%PDF-1.4")
        self.assertIn("We may record a call with you.", latest.words)
        for user in (self.manager, self.compliance, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                first.with_user(user).write({"state": "refused"})
        # Nor the system, nor the ledger's own verb; and that a row holds no more, the verb alone says.
        for writer, vals in (
            (first, {"state": "refused"}),
            (first, {"is_current": True}),
            (first.with_context(loan_by_verb=True), {"note": "x"}),
            (first._by_verb(), {"state": "refused", "is_current": True}),
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                writer.write(vals)
        for client in (latest, latest.with_context(_force_unlink=True)):
            with self.assertRaises(AccessError):
                client.unlink()
        with self.assertRaises(AccessError):
            self.env["loan.consent"].with_user(self.manager).create(
                {
                    "customer_id": self.customer.id,
                    "purpose_id": self._purpose("bureau").id,
                    "state": "given",
                    "how": "phone",
                }
            )

    def test_what_was_never_said_twice_is_refused_and_so_is_tomorrow(self):
        self._record("recording", "yes")
        with self.assertRaisesRegex(UserError, "holds already"):
            self._record("recording", "yes")
        with self.assertRaisesRegex(UserError, "not said yet"):
            self._record("recording", "no", said_at=fields.Datetime.now() + timedelta(hours=1))
        with self.assertRaisesRegex(UserError, "Attach the paper"):
            self._record("recording", "no", how="paper")
        self.assertEqual(self._said("recording"), ["given"])

    def test_what_was_said_before_does_not_unsay_what_was_said_since(self):
        self._record("recording", "no")
        yesterday = fields.Datetime.now() - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "said something since"):
            self._record("recording", "yes", said_at=yesterday)
        self.assertEqual(self._said("recording"), ["refused"])
        self._record("bureau", "yes", said_at=yesterday)
        self.assertEqual(self._said("bureau"), ["given"])

    def test_who_may_not_see_a_customer_records_nothing_of_them(self):
        with self.assertRaises(AccessError):
            self._record("recording", "yes", self.stranger)
        self._record("recording", "yes")
        seen = self.env["loan.consent"].with_user(self.stranger)
        self.assertFalse(seen.search([("customer_id", "=", self.customer.id)]))
        self.assertFalse(
            self.env["loan.consent.report"]
            .with_user(self.stranger)
            .search([("customer_id", "=", self.customer.id)])
        )

    def test_the_words_are_said_in_the_customers_language_and_kept(self):
        self._purpose("recording").with_context(lang="zh_CN").words = "我们可能会录音。"
        self.customer.partner_id.lang = "zh_CN"
        self._record("recording", "yes")
        row = self._rows("recording")
        self.assertEqual(row.words_lang, "zh_CN")
        self.assertIn("我们可能会录音。", row.words)
        before = row.words_hash
        self._purpose("recording").with_context(lang="zh_CN").words = "我们会录音。"
        self._record("recording", "no")
        latest = self._rows("recording")[0]
        self.assertNotEqual(latest.words_hash, before)
        self.assertGreater(latest.version, row.version)

    # ------------------------------------------------------------ it governs

    def test_nobody_is_congratulated_who_was_never_asked(self):
        tier = self.env["loan.customer.tier"].search(
            [("company_id", "in", (self.company.id, False))], limit=1
        )
        tier.plan_id = self.env["loan.service.plan"].create(
            {
                "name": "Of the Test",
                "company_id": tier.company_id.id,
                "step_ids": [
                    fields.Command.create(
                        {
                            "name": "Birthday call",
                            "occasion": "birthday",
                            "activity_plan_id": self.env.ref("loan_crm.mail_activity_plan_call").id,
                        }
                    )
                ],
            }
        )
        self.customer.sudo().write(
            {"birthday": date(1980, 3, 20), "tier_id": tier.id, "tier_since": TODAY - timedelta(400)}
        )
        self.assertNotIn("Birthday call", self.customer.service_next or "")
        self._record("greetings", "yes")
        self.customer.invalidate_recordset()
        self.assertIn("Birthday call", self.customer.service_next)
        self._record("greetings", "no")
        self.customer.invalidate_recordset()
        self.assertNotIn("Birthday call", self.customer.service_next or "")

    def test_a_switch_and_the_ledger_say_the_same(self):
        customer = self.customer.with_user(self.manager)
        for code, name in (("reminders", "reminder_opt_out"), ("offers", "renewal_opt_out")):
            with self.subTest(code=code):
                customer[name] = True
                row = self._rows(code)
                self.assertEqual(
                    (row.state, row.how, row.entered_user_id), ("refused", "profile", self.manager)
                )
                self._record(code, "yes")
                self.assertFalse(customer[name])
                customer[name] = True
                self.assertEqual(self._said(code), ["taken_back", "given", "refused"])
                customer.note = "Nothing else is said by writing something else."
                customer[name] = True
                self.assertEqual(len(self._rows(code)), 3)

    def test_of_surveys_a_person_speaks_for_all_their_profiles(self):
        other_company = self.env["res.company"].create({"name": "Harbor Finance", "loan_tz": "Asia/Shanghai"})
        other = self.env["loan.customer"].create(
            {
                "partner_id": self.customer.partner_id.id,
                "company_id": other_company.id,
                "manager_user_id": False,
            }
        )
        self._record("surveys", "no")
        self.assertTrue(self.customer.partner_id.loan_no_surveys)
        self.assertEqual((self._said("surveys"), self._said("surveys", other)), (["refused"], ["refused"]))
        self.customer.partner_id.loan_no_surveys = False
        self.assertEqual(self._said("surveys", other), ["given", "refused"])

    def test_a_profile_that_comes_with_a_no_has_it_on_record(self):
        silent = self._customer("Deng Li", reminder_opt_out=True)
        self.assertEqual(self._said("reminders", silent), ["refused"])
        self.assertFalse(self._said("reminders"))

    def test_what_rests_on_consent_from_now_on_is_left_where_nobody_was_asked(self):
        asked = self._customer("Li Na")
        purpose = self._purpose("offers")
        asked._say_consents({purpose: True}, "phone", self.manager)
        purpose.ground = "consent"
        self.assertTrue(self.customer.renewal_opt_out)
        self.assertFalse(asked.renewal_opt_out)
        self.assertTrue(self._customer("Newcomer").renewal_opt_out)
        self.assertFalse(self._rows("offers"), "nobody has said anything")
        purpose.ground = "interest"
        self.assertFalse(self.customer.renewal_opt_out)

    def test_a_purpose_that_is_new_unsays_nothing(self):
        # An upgrade loads the purposes first, and takes over what the switches said afterwards.
        self._purpose("reminders").active = False
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE loan_customer SET reminder_opt_out = TRUE WHERE id = %s", (self.customer.id,)
        )
        self.customer.invalidate_recordset()
        purpose = self.env["loan.consent.purpose"].create(
            {
                "name": "Reminders",
                "code": "reminders_anew",
                "words": "We remind you.",
                "reason": "So that you do not forget.",
                "ground": "contract",
                "governs": "reminders",
            }
        )
        self.assertTrue(self.customer.reminder_opt_out)
        self.customer._say_consents({purpose: False}, "import")
        self.assertEqual(self._rows("reminders_anew").how, "import")
        self.assertTrue(self.customer.reminder_opt_out)

    def test_who_says_no_while_a_purpose_is_archived_is_not_written_to_once_it_is_back(self):
        purpose = self._purpose("reminders")
        purpose.active = False
        self.customer.with_user(self.manager).reminder_opt_out = True
        purpose.active = True
        self.assertTrue(self.customer.reminder_opt_out)
        self.assertEqual(self._said("reminders"), ["refused"])

    def test_an_upgrade_takes_over_who_refused_and_leaves_all_others_as_they_were(self):
        refuses, tired = self._customer("Li Na"), self._customer("Sun Li")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE loan_customer SET reminder_opt_out = TRUE, renewal_opt_out = TRUE WHERE id = %s",
            (refuses.id,),
        )
        self.env.cr.execute(
            "UPDATE res_partner SET loan_no_surveys = TRUE WHERE id = %s", (tired.partner_id.id,)
        )
        self.env.invalidate_all()
        script = Path(__file__).parents[1] / "migrations/19.0.1.2.0/post-begin_the_ledger_of_consents.py"
        for _run in range(2):
            runpy.run_path(str(script))["migrate"](self.env.cr, "19.0.1.1.0")
            self.env.invalidate_all()
        for code, customer in (("reminders", refuses), ("offers", refuses), ("surveys", tired)):
            row = self._rows(code, customer)
            self.assertEqual((row.state, row.how, row.entered_user_id.id), ("refused", "import", False))
            self.assertFalse(row.words, "nobody had shown them these words")
        self.assertEqual((refuses.reminder_opt_out, refuses.renewal_opt_out), (True, True))
        self.assertFalse(self.env["loan.consent"].search([("customer_id", "=", self.customer.id)]))
        for governs in ("reminders", "texts", "offers", "surveys"):
            self.assertEqual(self.customer._consent_allows(governs), self.customer, governs)
        self.assertFalse(self.customer.reminder_opt_out or self.customer.renewal_opt_out)

    def test_surveys_ask_the_ledger_itself(self):
        stopped = self.env["loan.consent.purpose"]._stopped_sql

        def is_stopped():
            sql = stopped("surveys", SQL.identifier("customer", "id"))
            ((answer,),) = self.env.execute_query(
                SQL("SELECT %s FROM loan_customer customer WHERE id = %s", sql, self.customer.id)
            )
            return answer

        self.assertFalse(is_stopped())
        self._purpose("surveys").ground = "consent"
        self.assertTrue(is_stopped())
        self._record("surveys", "yes")
        self.assertFalse(is_stopped())

    def test_a_purpose_without_a_choice_takes_no_answer(self):
        for code in ("contract", "registry", "sharing"):
            with self.subTest(code=code):
                self.assertFalse(
                    self.customer._say_consents({self._purpose(code): False}, "phone", self.manager)
                )

    def test_whoever_calls_knows_what_is_not_allowed(self):
        self.assertIn("Recording our telephone calls", ", ".join(self.customer._consents_lacking()))
        self._record("recording", "yes")
        self.assertNotIn("Recording our telephone calls", self.customer._consents_lacking())

    # ------------------------------------------------------------ merged, erased, counted

    def test_of_two_profiles_that_become_one_the_last_word_holds(self):
        twin = self._customer("Wang Fang 2")
        reminders = self._purpose("reminders")
        self.customer._say_consents({reminders: True}, "phone", self.manager, said_at="2026-03-01 01:00:00")
        twin._say_consents({reminders: False}, "phone", self.manager, said_at="2026-03-05 01:00:00")
        self.customer.with_user(self.lead)._merge(twin)
        rows = self._rows("reminders")
        self.assertEqual(rows.mapped("state"), ["refused", "given"])
        self.assertEqual(rows.mapped("is_current"), [True, False])
        self.assertTrue(self.customer.reminder_opt_out)

    def test_everybody_counts_once_under_each_purpose(self):
        self._record("recording", "yes")
        report = self.env["loan.consent.report"].with_user(self.manager)
        ours = [("customer_id", "=", self.customer.id)]
        standing = {row.purpose_id.code: row.standing for row in report.search(ours)}
        self.assertEqual(standing["recording"], "given")
        self.assertEqual(standing["bureau"], "not_asked")
        self.assertEqual(standing["reminders"], "runs")
        self.assertNotIn("registry", standing)
        self.assertEqual(report.search_count([("id", "in", report.search(ours).ids)]), len(standing))

    def test_words_that_change_are_another_version(self):
        purpose = self._purpose("marketing")
        before = purpose.version
        purpose.words = "We write to you about everything."
        self.assertEqual(purpose.version, before + 1)
        purpose.sequence += 1
        self.assertEqual(purpose.version, before + 1)
        with self.assertRaisesRegex(UserError, "stays as it is"):
            purpose.code = "other"
        self._record("marketing", "yes")
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            purpose.unlink()

    def test_who_writes_a_purpose_needs_no_code_and_gets_one(self):
        purposes = self.env["loan.consent.purpose"].with_user(self.administrator)
        shown = etree.fromstring(purposes.get_view(view_type="form")["arch"])
        self.assertEqual(shown.xpath("//field[@name='code']/@invisible"), ["1"], "but in the debug mode")
        for code in ("a_calendar_for_the_wall", "a_calendar_for_the_wall_2"):
            form = Form(purposes)
            form.name = "A calendar for the wall"
            form.words = "We send you a calendar in December."
            form.reason = "So that you have one."
            self.assertEqual(form.save().code, code)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            purposes.create({"name": "Twin", "code": "a_calendar_for_the_wall", "words": "x", "reason": "x"})


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanConsentPortal(ConsentCommon, PortalCommon):
    """What a borrower allows on their own page, and what somebody may try there."""

    def setUp(self):
        super().setUp()
        self._be(self.borrower)

    def _say(self, code, wanted, **typed):
        page = self._get("/my/consents")
        purpose = self._purpose(code)
        typed = {
            "csrf_token": self._field(page, "csrf_token"),
            "purpose": str(purpose.id),
            "version": str(purpose.version),
            "wanted": wanted,
            **typed,
        }
        return self._get("/my/consents", data=typed)

    def test_a_borrower_says_yes_and_changes_their_mind(self):
        told = self._main(self._get("/my/consents"))
        self.assertIn("We have never asked you, so we do not do it.", told)
        self.assertIn("If you say no: We do not remind you by email any more.", told)
        self.assertIn("Because the law says so", told)
        response = self._say("recording", "yes")
        self.assertEqual(response.history[0].status_code, 303)
        self.assertIn("Thank you, we keep to it from now on.", self._main(response))
        self.assertIn("You have allowed it since March 10, 2026, 10:00 AM.", self._main(response))
        row = self._rows("recording")
        self.assertEqual((row.state, row.how, row.entered_user_id.id), ("given", "portal", False))
        told = self._main(self._say("recording", "no"))
        self.assertIn("You took it back: Recording our telephone calls", told)
        self.assertIn(self.partner, self.customer.message_ids.author_id)

    def test_it_holds_at_once(self):
        self._say("reminders", "no")
        self.assertTrue(self.customer.reminder_opt_out)
        self._say("reminders", "yes")
        self.assertFalse(self.customer.reminder_opt_out)

    def test_the_page_of_contact_says_it_to_the_same_ledger(self):
        token = self._field(self._get("/my/contact"), "csrf_token")
        wishes = {"csrf_token": token, "channel": "email", "call_from": "09:00", "call_to": "18:00"}
        self._get("/my/contact", data={**wishes, "no_offers": "1", "no_surveys": "1"})
        for code in ("offers", "surveys"):
            self.assertEqual(self._rows(code).mapped("how"), ["portal"])

    def test_p30_what_leaves_no_choice_and_what_is_no_purpose_takes_no_answer(self):
        self.assertEqual(self._say("registry", "no").status_code, 422)
        self.assertFalse(self._rows("registry"))
        for purpose in ("2000000000", "0", "-1", "x", "1; DROP", ""):
            with self.subTest(purpose=purpose):
                self.assertEqual(self._say("recording", "no", purpose=purpose).status_code, 404)
        self.assertEqual(self._say("recording", "maybe").status_code, 422)
        self.assertFalse(self._rows("recording"))

    def test_p31_a_page_that_is_stale_or_whose_words_have_changed_takes_no_answer(self):
        with mute_logger("odoo.http"):
            self.assertEqual(self._say("recording", "yes", csrf_token="x").status_code, 400)
        version = str(self._purpose("recording").version)
        self._purpose("recording").words = "We record every call and keep it for ever."
        response = self._say("recording", "yes", version=version)
        self.assertEqual(response.status_code, 409)
        self.assertIn("We have changed these words in the meantime.", self._main(response))
        self.assertFalse(self._rows("recording"))

    def test_p32_nobody_says_anything_for_somebody_else(self):
        for user in (
            self._login_of(self._partner("Nobody At All")),
            self._login_of(self._partner("Hu Jing")),
        ):
            self._be(user)
            self.assertEqual(self._get("/my/consents").status_code, 404)
            self.assertEqual(self._get("/my/consents", data={"wanted": "no"}).status_code, 404)
        self._be(self._login_of(self.other.partner_id))
        self._say("recording", "yes", customer_id=str(self.customer.id), partner_id=str(self.partner.id))
        self.assertFalse(self._rows("recording"))
        self.assertEqual(self._said("recording", self.other), ["given"])
        self._be(self.borrower)
        self.customer.sudo().active = False
        self.assertEqual(self._get("/my/consents").status_code, 404)

    def test_p32_who_says_too_much_in_a_day_is_asked_to_call(self):
        answers = [self._say("recording", ("yes", "no")[number % 2]).status_code for number in range(31)]
        self.assertEqual((set(answers[:30]), answers[30]), ({200}, 429))
