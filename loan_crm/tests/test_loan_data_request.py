import csv
import io
import json
import zipfile
from datetime import date, timedelta

from markupsafe import Markup
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .test_loan_portal import PNG, PortalCommon


class DataCommon(PortalCommon):
    """Wang Fang's loan, and something of each kind that is held about her."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._pay(cls.contract, 100)
        cls.case = cls.env["loan.case"].create(
            {
                "subject": "Internal subject: difficult person",
                "words": "Why is the rate so high?",
                "channel": "page",
                "kind": "inquiry",
                "customer_id": cls.customer.id,
                "partner_id": cls.partner.id,
                "company_id": cls.company.id,
            }
        )
        cls.customer.sudo().message_post(body="Secret: she seems to lie.", subtype_xmlid="mail.mt_note")
        cls.customer.sudo().message_post(
            body=Markup("<p>Dear Ms Wang, thank you.</p>"),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=cls.partner.ids,
        )
        cls.customer.sudo().write({"note": "Secret: prepare for shouting", "needs": "A bigger van"})
        cls.other.sudo().message_post(body="Of Zhou Na alone", author_id=cls.other.partner_id.id)
        cls.paper = cls.application.loan_document_ids[:1]
        cls.paper.sudo().attachment_ids = [Command.create({"name": "../../card.png", "raw": PNG})]

    def _requests(self, customer=None):
        return self.env["loan.data.request"].search([("customer_id", "=", (customer or self.customer).id)])

    @staticmethod
    def _unpack(content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def _make(self):
        token = self._field(self._get("/my/data"), "csrf_token")
        return self._get("/my/data", data={"csrf_token": token})

    def _log(self, event):
        return self.env["loan.access.log"].search_count(
            [("event", "=", event), ("res_model", "=", "loan.data.request")]
        )


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanDataRequest(DataCommon):
    """A copy of all that is held about a person: made on the portal or by compliance, and what is in it."""

    def setUp(self):
        super().setUp()
        self._be(self.borrower)

    def _copy(self):
        self._make()
        found = self._requests()[0]
        return self._unpack(self._get(f"/my/data/{found.id}").content)

    def test_a_borrower_gets_all_that_is_theirs(self):
        self._purpose_said()
        self.contract.sudo()._record_promise(200, TODAY + timedelta(3), "page", partner=self.partner)
        files = self._copy()
        read = json.loads(files["data.json"])
        data = read["data"]
        self.assertEqual(data["loans"][0]["loan"], self.contract.name)
        self.assertEqual(
            data["loans"][0]["lent"],
            {"amount": f"{self.contract.principal:.2f}", "currency": "CNY"},
        )
        self.assertEqual(len(data["schedules"]), 12)
        self.assertEqual(data["repayments"][0]["amount"], {"amount": "100.00", "currency": "CNY"})
        self.assertEqual(data["cases"][0]["words"], "Why is the rate so high?")
        self.assertEqual(data["promises"][0]["amount"]["amount"], "200.00")
        self.assertEqual(data["consents"][0]["said"], "Allowed")
        self.assertEqual(data["applications"][0]["purpose"], "To visit my mother")
        self.assertIn({"what": "What you told us you need", "known": "A bigger van"}, data["profile"])
        self.assertIn({"what": "Name", "known": "Wang Fang"}, data["contact"])
        self.assertIn("Dear Ms Wang, thank you.", [row["text"] for row in data["messages"]])
        self.assertEqual(read["meaning"]["schedules"]["due"], "Due on")
        rows = list(csv.reader(io.StringIO(files["tables/schedules.csv"].decode("utf-8-sig"))))
        self.assertEqual(len(rows), 13)
        self.assertEqual(rows[1][2], "2026-03-03")
        page = files["index.html"].decode()
        for words in ("What Pudong Finance holds about Wang Fang", "Notes among colleagues", "10 years"):
            self.assertIn(words, page)

    def _purpose_said(self):
        purpose = self.env["loan.consent.purpose"].search([("code", "=", "recording")])
        self.customer._say_consents({purpose: True}, "phone", self.manager)

    def test_p33_nothing_internal_and_nobody_else_is_in_it(self):
        self.customer.sudo().do_not_mention = "Secret: her divorce"
        self.contract.sudo().party_ids = [
            Command.create({"partner_id": self._partner("Hu Jing").id, "role": "guarantor"})
        ]
        everything = b"".join(self._copy().values()).decode(errors="ignore")
        for words in ("Secret", "difficult person", "Zhou Na", "Hu Jing", "Internal"):
            with self.subTest(words=words):
                self.assertNotIn(words, everything)

    def test_it_speaks_the_persons_language(self):
        self.partner.lang = "zh_CN"
        files = self._copy()
        page = files["index.html"].decode()
        self.assertIn('<html lang="zh-CN">', page)
        self.assertEqual(json.loads(files["data.json"])["language"], "zh-CN")

    def test_one_a_day_and_the_file_goes_after_a_week(self):
        response = self._make()
        self.assertEqual(response.history[0].status_code, 303)
        self.assertIn("Your copy is ready.", self._main(response))
        first = self._requests()
        self.assertEqual((first.state, first.how, first.partner_id), ("made", "portal", self.partner))
        page = self._get("/my/data")
        self.assertNotIn("csrf_token", page.text.split("<main")[1])
        token = self._field(self._get("/my/contact"), "csrf_token")
        again = self._get("/my/data", data={"csrf_token": token})
        self.assertEqual(again.status_code, 429)
        self.assertEqual(self._requests(), first)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["loan.data.request"]._ask(self.customer, "portal")
        before = self._log("download")
        self.assertEqual(self._get(f"/my/data/{first.id}").status_code, 200)
        self.assertEqual(first.state, "handed")
        self.assertEqual((self._log("download") - before, self._log("export") > 0), (1, True))
        with freeze_time("2026-03-18 02:00:00"):
            self._be(self.borrower)  # the session of last week is over, too
            self.assertEqual(self._get(f"/my/data/{first.id}").status_code, 404)
            night = self.env["loan.night"].create({"company_id": self.company.id, "date": date(2026, 3, 18)})
            self.env["loan.data.request"]._night_copies(night)
            self.assertFalse(first.has_file)
            stored = self.env["ir.attachment"].search_count(
                [
                    ("res_model", "=", "loan.data.request"),
                    ("res_field", "=", "file"),
                    ("res_id", "=", first.id),
                ]
            )
            self.assertFalse(stored)
            self._make()
            self.assertEqual(len(self._requests()), 2)

    def test_five_thousand_messages_are_read_by_as_many_questions_as_five(self):
        def questions():
            self.env.invalidate_all()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            copy, _files = self.customer._portable_copy(fields.Datetime.now())
            found = next(section for section in copy.sections if section.key == "messages")
            return self.env.cr.sql_log_count - before, len(found.rows)

        few, before = questions()
        self.env["mail.message"].sudo().create(
            [
                {
                    "model": "loan.customer",
                    "res_id": self.customer.id,
                    "author_id": self.partner.id,
                    "body": f"<p>Message {number}</p>",
                    "message_type": "comment",
                }
                for number in range(5000)
            ]
        )
        many, after = questions()
        self.assertEqual(after - before, 5000)
        self.assertLessEqual(many, few + 25)  # five batches of a thousand, a few questions each

    # ------------------------------------------------------------ what somebody may try

    def test_p34_a_copy_is_nobody_elses(self):
        self._make()
        found = self._requests()
        nothing = self._main(self._get("/my/data/2000000000"))
        self._be(self._login_of(self.other.partner_id))
        response = self._get(f"/my/data/{found.id}")
        self.assertEqual((response.status_code, self._main(response)), (404, nothing))
        for typed in ("0", "-1", "x", "1e3", f"{found.id}%00"):
            with self.subTest(typed=typed):
                self.assertEqual(self._get(f"/my/data/{typed}").status_code, 404)
        self.assertEqual(found.state, "made")
        self._be(None)
        self.assertIn("/web/login", self._get(f"/my/data/{found.id}").url)

    def test_p34_the_file_is_read_by_no_other_door(self):
        self._make()
        found = self._requests()
        file = self.env["ir.attachment"].search(
            [("res_model", "=", "loan.data.request"), ("res_field", "=", "file"), ("res_id", "=", found.id)]
        )
        self.assertTrue(file)
        for user in (self.borrower, self.manager, self.compliance, self.administrator):
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError):
                    found.with_user(user).read(["file"])
                with self.assertRaises(AccessError):
                    file.with_user(user).read(["datas"])
        for path in (f"/web/content/{file.id}", f"/web/content/loan.data.request/{found.id}/file"):
            with self.subTest(path=path), mute_logger("odoo.http"):
                self.assertEqual(self._get(path).status_code, 404)

    def test_p35_after_archiving_nothing_is_there(self):
        self._make()
        found = self._requests()
        self.customer.sudo().active = False
        self.assertEqual(self._get("/my/data").status_code, 404)
        self.assertEqual(self._get(f"/my/data/{found.id}").status_code, 404)

    def test_p36_a_second_login_of_the_same_firm_gets_nothing_of_it(self):
        firm = self._partner("Harbor Ltd", is_company=True)
        profile = self._customer("Harbor Ltd", partner_id=firm.id)
        self._be(self._login_of(self._partner("Clerk of Harbor", parent_id=firm.id)))
        self.assertEqual(self._get("/my/data").status_code, 404)
        made = self.env["loan.data.request"]._ask(profile, "portal")
        made._make()
        self.assertEqual(self._get(f"/my/data/{made.id}").status_code, 404)

    def test_p37_a_stale_form_makes_no_copy(self):
        self.assertEqual(self._get("/my/data", data={"csrf_token": "x"}).status_code, 400)
        self.assertEqual(self._get("/my/data", data={"x": "y"}).status_code, 400)
        self.assertFalse(self._requests())

    def test_p38_what_somebody_wrote_runs_nowhere(self):
        evil = "<script>alert(1)</script>"
        self.partner.sudo().name = f"=cmd|'/C calc'!A0 {evil}"
        self.product.sudo().name = "=1+1"
        self.case.sudo().words = evil
        files = self._copy()
        page = files["index.html"].decode()
        self.assertNotIn("<script", page)
        self.assertIn("&lt;script&gt;alert(1)", page)
        rows = list(csv.reader(io.StringIO(files["tables/loans.csv"].decode("utf-8-sig"))))
        self.assertEqual(rows[1][1], "'=1+1")

    def test_p38_no_name_of_a_file_leaves_the_folder(self):
        files = self._copy()
        self.assertEqual(files["files/card.png"], PNG)
        self.assertFalse([name for name in files if ".." in name or name.startswith("/")])

    # ------------------------------------------------------------ by compliance

    def _asked(self, user=None):
        form = (
            self.env["loan.data.ask"]
            .with_user(user or self.compliance)
            .create(
                {
                    "customer_id": self.customer.id,
                    "how": "post",
                    "asked_on": TODAY - timedelta(2),
                    "note": "Signature compared",
                }
            )
        )
        return self.env["loan.data.request"].browse(form.action_ask()["res_id"])

    def test_who_asks_by_letter_is_a_to_do_until_they_have_it(self):
        asked = self._asked()
        self.assertEqual((asked.state, asked.due_on), ("open", date(2026, 4, 8)))
        todo = asked.activity_id
        self.assertEqual((todo.user_id, todo.date_deadline), (self.compliance, asked.due_on))
        mine = asked.with_user(self.compliance)
        with self.assertRaisesRegex(UserError, "Make the copy first"):
            mine.action_hand_over()
        mine.action_make()
        self._be_staff(self.compliance)
        response = self._get(mine.action_download()["url"])
        self.assertIn("index.html", self._unpack(response.content))
        self.assertEqual(asked.state, "made", "it is handed over when somebody says so")
        mine.action_hand_over()
        self.assertEqual((asked.state, asked.handed_user_id), ("handed", self.compliance))
        self.assertFalse(todo.exists().filtered("active"))

    def _be_staff(self, user):
        user.password = user.login
        self._be(user)

    def test_the_term_is_the_lenders_law(self):
        self.company.write({"loan_data_term": "working", "loan_data_term_days": 15})
        self.company.loan_calendar_id = False
        self.assertEqual(self._asked().due_on, date(2026, 3, 27))

    def test_p39_who_is_no_compliance_officer_makes_none(self):
        asked = self._asked()
        for user in (self.manager, self.lead, self.desk, self.administrator, self.employee):
            with self.subTest(user=user.name):
                for verb in ("action_make", "action_download", "action_hand_over"):
                    with self.assertRaises(AccessError):
                        getattr(asked.with_user(user), verb)()
                with self.assertRaises(AccessError):
                    self._asked(user)
        asked.with_user(self.compliance).action_make()
        for user in (self.manager, self.employee, self.borrower):
            if user != self.borrower:
                self._be_staff(user)
            else:
                self._be(user)
            with self.subTest(user=user.name):
                self.assertEqual(self._get(f"/loan/data/{asked.id}").status_code, 404)

    def test_p39_nobody_writes_or_deletes_a_request_by_hand(self):
        asked = self._asked().with_user(self.compliance)
        with self.assertRaises(AccessError):
            asked.write({"due_on": "2030-01-01"})
        with self.assertRaises(AccessError):
            asked.unlink()
        with self.assertRaises(AccessError):
            asked.create(
                {
                    "customer_id": self.customer.id,
                    "partner_id": self.partner.id,
                    "how": "post",
                    "asked_on": TODAY,
                    "due_on": TODAY,
                }
            )

    def test_p39_compliance_makes_none_of_what_is_kept_from_them(self):
        asked = self._asked().with_user(self.compliance)
        secret = self.env["loan.confidentiality.level"].search([], order="rank desc", limit=1)
        self.contract.sudo().level_id = secret
        self.env.flush_all()
        hidden = (
            self.env["loan.contract"].with_user(self.compliance).search_count([("id", "=", self.contract.id)])
        )
        self.assertFalse(hidden)
        with self.assertRaisesRegex(AccessError, "Not all that the copy would hold"):
            asked.action_make()

    def test_p39_nor_of_what_others_loans_and_applications_are_kept_from_them(self):
        asked = self._asked().with_user(self.compliance)
        asked.action_make()
        party = (
            self.env["loan.contract.party"]
            .sudo()
            .create({"contract_id": self.other_loan.id, "partner_id": self.partner.id, "role": "guarantor"})
        )
        secret = self.env["loan.confidentiality.level"].search([], order="rank desc", limit=1)
        self.other_loan.sudo().level_id = secret
        self.env.flush_all()
        self.assertFalse(
            self.env["loan.contract.party"].with_user(self.compliance).search([("id", "=", party.id)])
        )
        with self.assertRaisesRegex(AccessError, "Not all that the copy would hold"):
            asked.action_make()
        party.unlink()
        asked.action_make()
        self.application.sudo().level_id = secret
        self.env.flush_all()
        leads = self.env["crm.lead"].with_user(self.compliance)
        self.assertFalse(leads.search([("id", "=", self.application.id)]))
        with self.assertRaisesRegex(AccessError, "Not all that the copy would hold"):
            asked.action_make()

    def test_p39_of_another_lender_nothing_is_in_it(self):
        self.application.sudo().message_post(body="To this lender", author_id=self.partner.id)
        other = self.env["res.company"].create({"name": "Puxi Finance", "currency_id": self.cny.id})
        elsewhere = self.env["crm.lead"].create(
            {
                "name": "Elsewhere",
                "company_id": other.id,
                "partner_id": self.partner.id,
                "type": "opportunity",
            }
        )
        elsewhere.message_post(body="To another lender alone", author_id=self.partner.id)
        self.env["loan.lead.document"].sudo().create(
            {
                "lead_id": elsewhere.id,
                "type_id": self.paper.type_id.id,
                "attachment_ids": [Command.create({"name": "elsewhere.png", "raw": PNG})],
            }
        )
        copy, files = self.customer._portable_copy(fields.Datetime.now())
        told = str(copy.sections)
        self.assertIn("To this lender", told)
        self.assertNotIn("To another lender alone", told)
        self.assertNotIn("elsewhere.png", told + str([name for name, _content in files]))

    def test_what_is_done_no_more_is_not_told_as_done(self):
        purpose = self.env["loan.consent.purpose"].search([("code", "=", "texts")])
        purpose.active = False
        copy, _files = self.customer._portable_copy(fields.Datetime.now())
        self.assertNotIn(purpose.name, dict(copy.kept))
        self.env.registry.clear_cache("stable")
        purposes = self.env["loan.consent.purpose"].with_context(active_test=False)
        self.assertFalse(purposes._governing("texts"), "what is archived governs nothing")

    # ------------------------------------------------------------ without a profile

    def _now(self, lender=None, token=None):
        token = token or self._field(self._get("/my/contact" if token == "" else "/my/data"), "csrf_token")
        return self._get("/my/data/now", data={"csrf_token": token, "lender": (lender or self.company).id})

    def test_who_only_applies_gets_what_is_held_about_them(self):
        applicant = self._partner("Gao Li", email="gao.li@example.com")
        lead = self._application("Gao Li", partner_id=applicant.id, loan_purpose="A small shop").with_env(
            self.env
        )
        lead.message_post(body="When do I hear from you?", author_id=applicant.id)
        self._be(self._login_of(applicant))
        self.assertIn("nothing of it is kept here", self._main(self._get("/my/data")))
        response = self._now()
        self.assertEqual(response.headers["Content-Type"], "application/zip")
        files = self._unpack(response.content)
        data = json.loads(files["data.json"])["data"]
        self.assertIn({"what": "Email", "known": "gao.li@example.com"}, data["contact"])
        self.assertEqual([row["purpose"] for row in data["applications"]], ["A small shop"])
        self.assertEqual([row["text"] for row in data["messages"]], ["When do I hear from you?"])
        everything = b"".join(files.values()).decode(errors="ignore")
        for words in ("Zhou Na", "Wang Fang", "Secret"):
            self.assertNotIn(words, everything)
        self.assertFalse(self.env["loan.customer"].search([("partner_id", "=", applicant.id)]))

    def test_who_answers_for_a_loan_gets_their_part_and_nothing_of_the_borrower(self):
        surety = self._partner("Hu Jing")
        self.contract.sudo().party_ids = [
            Command.create({"partner_id": surety.id, "role": "guarantor", "date_from": TODAY})
        ]
        case = self.env["loan.case"].create(
            {
                "subject": "About",
                "words": "What do I answer for?",
                "channel": "page",
                "kind": "inquiry",
                "customer_id": self.customer.id,
                "partner_id": surety.id,
                "company_id": self.company.id,
            }
        )
        self._be(self._login_of(surety))
        files = self._unpack(self._now().content)
        data = json.loads(files["data.json"])["data"]
        self.assertEqual([row["loan"] for row in data["answers_for"]], [self.contract.name])
        self.assertEqual([row["number"] for row in data["cases"]], [case.name])
        everything = b"".join(files.values()).decode(errors="ignore")
        for words in ("Wang Fang", "Why is the rate so high?", "To visit my mother", "A bigger van"):
            with self.subTest(words=words):
                self.assertNotIn(words, everything)

    def test_p36_a_copy_on_the_spot_is_of_nobody_else_and_of_no_other_lender(self):
        other = self.env["res.company"].create({"name": "Puxi Finance", "currency_id": self.cny.id})
        for lender in (
            self.company,
            other,
        ):  # a customer has a copy of their own there; the other knows nobody
            with self.subTest(lender=lender.name):
                self.assertEqual(self._now(lender).status_code, 404)
        applicant = self._partner("Gao Li")
        self._application("Gao Li", partner_id=applicant.id)
        self._be(self._login_of(applicant))
        self.assertEqual(self._now(other).status_code, 404)
        self.assertEqual(self._now(token="x").status_code, 400)
        self.assertEqual(self._get("/my/data", data={"csrf_token": "x"}).status_code, 404)
        self.company.loan_posts_per_hour = 1
        self.assertEqual([self._now().status_code for _time in range(2)], [200, 429])

    # ------------------------------------------------------------ merged and erased

    def test_a_copy_tells_what_came_from_a_profile_that_was_merged(self):
        twin = self._customer("Wang Fang 2")
        twin.sudo().message_post(body="From my other address", author_id=twin.partner_id.id)
        self._make()
        made = self._requests()
        self.customer.with_user(self.lead)._merge(twin)
        self.assertFalse(made.has_file, "a copy of one of two is half of what is held")
        copy, _files = self.customer._portable_copy(fields.Datetime.now())
        texts = [
            row["text"] for section in copy.sections if section.key == "messages" for row in section.rows
        ]
        self.assertIn("From my other address", texts)

    def test_who_is_erased_leaves_no_copy_behind(self):
        repaid = self._customer("Li Na")
        made = self.env["loan.data.request"]._ask(repaid, "portal")
        made._make()
        file = self.env["ir.attachment"].search(
            [("res_model", "=", "loan.data.request"), ("res_field", "=", "file"), ("res_id", "=", made.id)]
        )
        self.assertTrue(file)
        erasure = repaid.with_user(self.compliance)._request_erasure("request")
        erasure.with_user(self.lead).action_confirm()
        self.assertFalse(made.exists())
        self.assertFalse(file.exists())


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanPromisesPortal(PortalCommon):
    """What a borrower promised and was promised, on one page."""

    def setUp(self):
        super().setUp()
        self._be(self.borrower)

    def _promise(self, days=3, note=""):
        return self.contract.sudo()._record_promise(
            200, TODAY + timedelta(days), "page", note=note, partner=self.partner
        )

    def test_both_sides_read_what_came_of_their_words(self):
        self.assertIn("You have not promised us a payment.", self._main(self._get("/my/promises")))
        self._promise(note="Her brother lends it")
        self.env["loan.commitment"].create(
            {
                "name": "Send the interest certificate",
                "customer_id": self.customer.id,
                "partner_id": self.partner.id,
                "date_due": TODAY + timedelta(2),
                "promised_on": TODAY,
                "user_id": self.manager.id,
                "promised_user_id": self.manager.id,
            }
        )
        hidden = self.env["loan.commitment"].create(
            {
                "name": "Look into it among ourselves",
                "customer_id": self.customer.id,
                "partner_id": self.partner.id,
                "date_due": TODAY + timedelta(2),
                "promised_on": TODAY,
                "user_id": self.manager.id,
                "promised_user_id": self.manager.id,
                "shown": False,
            }
        )
        page = self._get("/my/promises")
        told = self._main(page)
        self.assertIn("by March 13, 2026.", told)
        self.assertIn("We expect it by March 13, 2026.", told)
        self.assertIn(f"/my/loans/{self.contract.id}/promise", page.text)
        self.assertIn("Send the interest certificate", told)
        self.assertIn("by March 12, 2026", told)
        for words in ("Her brother", hidden.name):
            self.assertNotIn(words, page.text)
        self._pay(self.contract, 200)
        self.assertIn("You kept it. Thank you.", self._main(self._get("/my/promises")))

    def test_who_named_another_day_twice_is_asked_to_call(self):
        for days in (2, 3, 4):
            self._promise(days)
        told = self._main(self._get("/my/promises"))
        self.assertIn("You have named another day since.", told)
        self.assertIn("You have named another day twice already. Please call us.", told)
        self.assertNotIn("I will be late, or want to change it", told)

    def test_what_was_not_kept_is_told_kindly_with_a_way_on(self):
        promise = self._promise(1)
        with freeze_time("2026-03-20 02:00:00"):
            self._be(self.borrower)
            promise._judge()
            told = self._main(self._get("/my/promises"))
            self.assertIn("we look for a way together.", told)
            self.assertIn("Say when I can pay", told)

    def test_p33_of_others_nothing_is_told(self):
        self._promise()
        self._be(self._login_of(self.other.partner_id))
        told = self._main(self._get("/my/promises"))
        self.assertNotIn(self.contract.name, told)
        self.assertIn("You have not promised us a payment.", told)
        self._be(self.borrower)
        self.contract.sudo().customer_id.active = False
        self.assertNotIn(self.contract.name, self._main(self._get("/my/promises")))
