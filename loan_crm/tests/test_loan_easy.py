from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.tests import freeze_time, tagged

from ..core import links
from .common import NOW, TODAY
from .test_loan_portal import PortalCommon


class EasyCommon(PortalCommon):
    """Wang Fang on a Tuesday at ten, and a bank that is open from eight to five."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"

    def setUp(self):
        super().setUp()
        self.partner.phone = "+86 138 0013 8000"
        self._be(self.borrower)

    def _link(self, page="easy", partner=None):
        url = self.contract._borrower_url(partner or self.partner, "easy")
        return url.removeprefix(self.contract.get_base_url()).removesuffix("/easy") + f"/{page}"

    def _want(self, base="/my/easy", **typed):
        """Press the button and return where it leads."""
        page = self._get(base)
        typed = {
            "csrf_token": self._field(page, "csrf_token"),
            "lender": str(self.company.id),
            "part": "soon",
            **typed,
        }
        return self._get(f"{base}/call", data=typed)

    def _calls(self, partner=None):
        return self.env["loan.case"].search(
            [("call_part", "!=", False), ("partner_id", "=", (partner or self.partner).id)]
        )

    def _talk(self, **values):
        return (
            self.env["loan.interaction"]
            .with_user(self.manager)
            .create(
                {
                    "customer_id": self.customer.id,
                    "type_id": self.env["loan.interaction.type"]
                    .search([("channel", "=", "phone")], limit=1)
                    .id,
                    "direction": "out",
                    **values,
                }
            )
        )


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanEasy(EasyCommon):
    """The page in large type, and the button that makes somebody call."""

    # ------------------------------------------------------------ what it tells

    def test_it_tells_in_few_words_what_to_pay_and_who_is_there(self):
        row = self.contract.installment_ids[1]
        for told in (
            self._main(self._get("/my/easy")),
            " ".join(self._read(self._get(self._link())).replace("\xa0", " ").split()),
        ):
            for words in (
                "Is everything in order? Not quite.",
                self.contract._amount(self.contract.installment_ids[0].amount_open),
                "Your next payment",
                self.contract._amount(row.amount_open),
                "Friday, April 3",
                "In 24 days.",
                "Pudong Bank, account 6222 0000 1111",
                "Lin Mei",
                "Looks after you",
                "Call +86 21 5555 0101",
                "+86 1•• •••• ••00",
                "today between",
            ):
                self.assertIn(words.replace("\xa0", " "), told)
            self.assertNotIn("0013", told)

    def test_who_owes_nothing_is_told_yes(self):
        self._pay(self.contract, self.contract.installment_ids[0].amount_open + self.contract.charges_open)
        told = self._main(self._get("/my/easy"))
        self.assertIn("Is everything in order? Yes. Nothing is overdue.", told)
        self._pay(self.contract, self.contract.amount_open)
        self.assertIn("You have no loan to pay at the moment.", self._main(self._get("/my/easy")))

    def test_it_is_read_aloud_without_a_script_and_each_field_has_its_name(self):
        page = html.fromstring(self._get(self._link()).text)
        self.assertFalse(page.xpath("//script"))
        self.assertEqual(len(page.xpath("//h1")), 1)
        for field in page.xpath("//main//input[not(@type='hidden')]"):
            named = page.xpath("//label[@for=$id]", id=field.get("id") or "-")
            self.assertTrue(named or field.xpath("ancestor::label"), html.tostring(field))
        self.assertTrue(page.xpath("//a[@href='tel:+862155550101']"))

    def test_it_speaks_the_language_of_who_reads(self):
        self.borrower.lang = "zh_CN"
        self._be(self.borrower)
        page = self._get("/my/easy")
        self.assertIn("4月3日", page.text)
        self.assertIn("星期五", page.text)

    def test_the_picture_of_the_manager_is_told_to_their_customer_alone(self):
        photo = f"photo/{self.company.id}"
        image = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        self.manager.image_1920 = image
        for path in (f"/my/easy/{photo}", self._link(f"easy/{photo}")):
            with self.subTest(path=path[:12]):
                response = self._get(path)
                self.assertEqual((response.status_code, response.headers["Content-Type"]), (200, "image/png"))
                self.assertIn("no-store", response.headers["Cache-Control"])
        self.assertIn(photo, self._get("/my/easy").text)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        for lender in (other.id, 0, "1%00", "../1"):
            self.assertEqual(self._get(f"/my/easy/photo/{lender}").status_code, 404)

    def test_who_reads_large_type_finds_it_on_each_page_and_staff_sees_it(self):
        self.assertNotIn("o_loan_large", self._get("/my/loans").text)
        self.assertIn("/my/easy", self._get("/my/loans").text)
        page = self._get("/my/easy")
        token = self._field(page, "csrf_token")
        self._get("/my/easy/type", data={"csrf_token": "forged", "large": "1"})
        self.assertFalse(self.customer.large_type)
        self._get("/my/easy/type", data={"csrf_token": token, "large": "1"})
        self.assertTrue(self.customer.large_type)
        link = self._link().removesuffix("/easy")
        for path in ("/my/loans", self._path(), "/my/cases", "/my/easy", link):
            with self.subTest(path=path[:12]):
                self.assertIn("o_loan_large", self._get(path).text)
        self._get("/my/easy/type", data={"csrf_token": token, "large": ""})
        self.assertFalse(self.customer.large_type)

    def test_a_guarantor_changes_nothing_of_the_borrowers(self):
        guarantor = self._partner("Guo Wei")
        self.contract.party_ids = [
            fields.Command.create(
                {"partner_id": guarantor.id, "role": "guarantor", "date_from": "2026-01-01"}
            )
        ]
        self.authenticate(None, None)
        page = self._get(self._link(partner=guarantor))
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("all my pages", page.text)
        token = self._field(page, "csrf_token")
        self._get(self._link("easy/type", guarantor), data={"csrf_token": token, "large": "1"})
        self.assertFalse(self.customer.large_type)
        self.assertIn(
            "Guo Wei", self.env["loan.contract"].browse(self.contract.id).party_ids.partner_id.mapped("name")
        )

    def test_a_stranger_finds_nothing(self):
        stranger = self._login_of(self._partner("Qiu Yi"))
        self._be(stranger)
        self.assertEqual(self._get("/my/easy").status_code, 404)

    # ------------------------------------------------------------ call me back

    def _waiting(self):
        """Return the rows of who waits for an answer, as the manager's day shows them."""
        self.env.flush_all()
        self.env.invalidate_all()
        lanes = self.env["loan.worklist"].with_user(self.manager).action_look()["lanes"]
        return next(lane["rows"] for lane in lanes if lane["key"] == "waiting")

    def test_the_button_makes_a_piece_of_work_with_a_clock(self):
        response = self._want()
        self.assertEqual(response.history[0].status_code, 303)
        self.assertIn("Lin Mei will call you today between", self._main(response))
        case = self._calls()
        self.assertEqual(
            (case.kind, case.channel, case.user_id, case.customer_id, case.call_part),
            ("request", "page", self.manager, self.customer, "soon"),
        )
        self.assertEqual((case.due_at, case.promised_at), (case.call_to, case.call_to))
        self.assertLessEqual(case.call_to - fields.Datetime.now(), timedelta(hours=2))
        row = next(row for row in self._waiting() if row["id"] == case.id)
        self.assertEqual(row["deeds"][0]["method"], "action_log_call")
        self.assertEqual(row["by"], fields.Datetime.to_string(case.due_at))
        self.assertTrue(any("wants a call today between" in line for line in row["lines"]))

    def test_by_link_and_by_login_it_is_one_call(self):
        self._want()
        self.assertIn("will call you", self._read(self._want_by_link()))
        self.assertEqual(len(self._calls()), 1)

    def _want_by_link(self):
        base = self._link()
        token = self._field(self._get(base), "csrf_token")
        return self._get(
            f"{base}/call", data={"csrf_token": token, "lender": str(self.company.id), "part": "morning"}
        )

    def test_whoever_stands_in_calls_while_the_manager_is_away(self):
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": TODAY,
                "date_to": TODAY + timedelta(days=3),
                "company_id": self.company.id,
            }
        )
        self.env.invalidate_all()
        self.assertIn("In place of Lin Mei", self._main(self._get("/my/easy")))
        self.assertIn("Chen Bo will call you", self._main(self._want()))
        self.assertEqual(self._calls().user_id, self.colleague)

    def test_out_of_hours_the_next_working_day_is_told(self):
        with self._days_later(0, "21:30"):
            self.assertIn("Lin Mei will call you tomorrow between", self._main(self._want()))
        self._calls()._take_call_back()
        with self._days_later(4, "11:00"):  # a Saturday
            self.assertIn("on Monday, March 16 between", self._main(self._want(part="morning")))

    def test_the_customers_own_hours_are_kept_to(self):
        self.customer.write({"call_from": 15, "call_to": 16.5, "thu": True})
        self.assertIn(
            "on Thursday, March 12 between 3:00", self._main(self._get("/my/easy")).replace("\u202f", " ")
        )

    def test_another_number_is_told_to_the_manager_and_only_partly_on_the_page(self):
        told = self._main(self._want(number="021 5555 0177"))
        case = self._calls()
        self.assertEqual(case.call_number, "021 5555 0177")
        self.assertIn("021 •••• ••77", told)
        row = self._waiting()[0]
        self.assertEqual(row["phone"], "021 5555 0177")
        self.assertIn("at another number", " ".join(row["lines"]))

    def test_who_is_not_known_by_a_number_is_asked_for_one(self):
        self.partner.phone = False
        response = self._want()
        self.assertEqual(response.status_code, 422)
        self.assertIn("Please write it here", self._main(response))
        self.assertIn("will call you", self._main(self._want(number="13800138000")))

    def test_it_is_taken_back_by_the_same_hand(self):
        self._want()
        case = self._calls()
        token = self._field(self._get("/my/easy"), "csrf_token")
        response = self._get("/my/easy/call/back", data={"csrf_token": token, "lender": str(self.company.id)})
        self.assertIn("When shall we call you?", self._main(response))
        self.assertEqual((case.state, case.self_closed, bool(case.waiting_since)), ("solved", True, False))
        self.assertFalse(case.activity_ids)

    def test_the_talk_that_is_noted_ends_it_and_the_page_says_so(self):
        self._want()
        case = self._calls()
        self._talk(reached=False)
        self.assertEqual(case.state, "new")
        self.assertIn("We called on Tuesday, March 10 at", self._main(self._get("/my/easy")))
        self._talk(reached=True)
        self.assertEqual((case.state, case.responded_user_id), ("solved", self.manager))
        self.assertFalse(case.waiting_since or case.activity_ids)
        self.assertIn("Lin Mei spoke with you on Tuesday, March 10.", self._main(self._get("/my/easy")))
        wait = self.env["loan.response"].search([("case_id", "=", case.id)])
        self.assertEqual((wait.state, wait.user_id), ("answered", self.manager))

    def test_a_talk_with_somebody_else_or_from_before_ends_nothing(self):
        self._talk(date=NOW)
        with self._days_later(0, "10:30"):
            self._want()
            self._talk(partner_id=self._partner("His brother").id)
            self._talk(date=fields.Datetime.now() - timedelta(minutes=20))
            self.assertEqual(self._calls().state, "new")

    def test_ticked_off_by_hand_it_is_done(self):
        self._want()
        case = self._calls()
        case.with_user(self.manager).action_mark_answered()
        self.assertEqual(case.state, "solved")

    def test_who_was_not_called_is_told_sorry(self):
        self._want()
        with self._days_later(1, "16:00"):
            told = self._main(self._get("/my/easy"))
            self.assertIn("Lin Mei should have called you", told)
            self.assertIn("We are sorry", told)

    # ------------------------------------------------------------ who tries

    def test_p40_a_number_with_markup_or_a_part_that_is_none_is_not_taken(self):
        for number in (
            "<script>alert(1)</script>",
            '138" onfocus="alert(1)',
            "javascript:alert(1)",
            "1380013\r\nBcc: x@example.com",
            "１３８００１３８０００",
            "1" * 31,
            "+-().",
            "%s%s%n",
        ):
            response = self._want(number=number)
            with self.subTest(number=number[:12]):
                self.assertEqual(response.status_code, 422)
                self.assertNotIn("<script>alert", response.text)
                field = html.fromstring(response.text).xpath("//input[@name='number']")[0]
                self.assertFalse({"onfocus"} & set(field.keys()))
                self.assertEqual(field.get("value").split(), number.split())
        for part in ("night", "", "soon' OR 1=1", "<b>"):
            with self.subTest(part=part):
                self.assertEqual(self._want(part=part).status_code, 422)
        self.assertFalse(self._calls())

    def test_p41_another_lender_or_another_persons_desk_is_not_there(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        for lender in (str(other.id), "0", "-1", "x", "", f"{self.company.id} "):
            with self.subTest(lender=lender):
                self.assertEqual(self._want(lender=lender).status_code, 404)
        self.assertFalse(self._calls())
        self.assertEqual(
            self._main(self._want(lender=str(other.id))), self._main(self._get("/my/loans/2000000000"))
        )

    def test_p42_a_form_not_given_out_here_calls_nobody_and_keeps_what_was_typed(self):
        for path in ("/my/easy", self._link()):
            response = self._get(
                f"{path}/call",
                data={
                    "csrf_token": "no",
                    "lender": str(self.company.id),
                    "part": "morning",
                    "number": "13800138000",
                },
            )
            with self.subTest(path=path[:9]):
                self.assertEqual(response.status_code, 400)
                self.assertEqual(self._field(response, "number"), "13800138000")
                self.assertEqual(self._field(response, "part"), "morning")
        self.assertFalse(self._calls())
        for path in ("/my/easy/call", "/my/easy/call/back", "/my/easy/type"):
            self.assertEqual(self._get(path).status_code, 405, path)

    def test_p43_a_link_of_another_purpose_or_a_revoked_one_opens_nothing(self):
        key = self.env["loan.survey.request"]._ask_key()
        forged = links.sign(key, self.contract.id, self.partner.id, 0, TODAY + timedelta(days=3))
        good = self._link()
        self.contract.with_user(self.manager).action_revoke_links()
        for path in (f"/loan/{forged}/easy", good, "/loan/x/easy"):
            with self.subTest(path=path[:20]):
                self.assertEqual(self._get(path).status_code, 404)
                told = self._get(f"{path}/call", data={"lender": str(self.company.id), "part": "soon"})
                self.assertEqual(told.status_code, 404)
        self.assertFalse(self._calls())

    def test_p44_a_flood_is_stopped_from_whatever_session_and_by_whatever_way(self):
        self.company.write({"loan_posts_per_hour": 3, "loan_posts_per_day": 5})
        self.assertEqual(self._want().status_code, 200)
        self._be(self.borrower)  # another session
        self.assertEqual(self._want().status_code, 200)
        self.assertEqual(self._want_by_link().status_code, 200)
        refused = self._want(number="13800138000")
        self.assertEqual(refused.status_code, 429)
        self.assertIn("several times today", self._main(refused))
        ask = self._send(self._path("ask"), kind="inquiry", about="loan", words="And this?")
        self.assertEqual(ask.status_code, 429)
        self.assertEqual(len(self._calls()), 1)
        # Somebody else is not kept from it, and an hour later two more are taken, then none for the day.
        self._be(self._login_of(self.other.partner_id))
        token = self._field(self._get("/my/easy"), "csrf_token")
        theirs = {
            "csrf_token": token,
            "lender": str(self.company.id),
            "part": "soon",
            "number": "13800138001",
        }
        self.assertEqual(self._get("/my/easy/call", data=theirs).status_code, 200)
        with self._days_later(0, "12:30"):
            self._be(self.borrower)
            self.assertEqual([self._want().status_code for _each in range(3)], [200, 200, 429])
        with self._days_later(1, "12:30"):
            self.assertEqual(self._want().status_code, 200)

    def test_p45_one_address_that_sends_for_many_is_stopped_too(self):
        self.company.loan_posts_per_address = 2
        self.assertEqual(self._want().status_code, 200)
        self.assertEqual(self._want().status_code, 200)
        self._be(self._login_of(self.other.partner_id))
        token = self._field(self._get("/my/easy"), "csrf_token")
        theirs = {
            "csrf_token": token,
            "lender": str(self.company.id),
            "part": "soon",
            "number": "13800138001",
        }
        self.assertEqual(self._get("/my/easy/call", data=theirs).status_code, 429)

    def test_whose_posts_were_counted_is_not_kept_and_not_for_long(self):
        self._want()
        counts = self.env["loan.portal.count"].search([])
        self.assertEqual(len(counts), 2)
        for who in counts.mapped("who"):
            self.assertRegex(who, "^[0-9a-f]{64}$")
        with self._days_later(3):
            self.env["loan.portal.count"]._gc_counts()
            self.assertFalse(self.env["loan.portal.count"].search([]))
