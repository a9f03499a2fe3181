from lxml import html

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW
from .test_loan_agreement import AgreementCommon, drawn
from .test_loan_portal import PortalCommon


class PortalAgreementCommon(AgreementCommon, PortalCommon):
    """Wang Fang's next loan is offered: she, a co-borrower and a guarantor have logins and sign on their pages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls._offer()
        cls.co_login = cls._login_of(cls.co_borrower)
        cls.guarantor_login = cls._login_of(cls.guarantor)
        cls.other_login = cls._login_of(cls.other.partner_id)
        cls.other_agreement = cls._offer(cls._planned(cls.other))

    def _page(self, agreement=None):
        return f"/my/agreements/{(agreement or self.agreement).id}"

    def _typed(self, agreement=None, **typed):
        """Return what somebody fills in who has read it all."""
        return {
            "read_facts": "yes",
            "read_words": "yes",
            "read_answer": "yes",
            "signer": "Wang Fang",
            "words": (agreement or self.agreement).words_hash,
            "signature": f"data:image/png;base64,{drawn()}",
            **typed,
        }

    def _post_signature(self, page=None, **typed):
        page = page or self._page()
        typed = self._typed(**typed)
        typed.setdefault("csrf_token", self._field(self._get(page), "csrf_token"))
        return self._get(f"{page}/sign", data=typed)

    def _state(self, partner=None):
        return self._signer(self.agreement, partner).state


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanPortalAgreement(PortalAgreementCommon):
    """What somebody sees who has to sign: first that it waits, then the key facts, then every word."""

    def setUp(self):
        super().setUp()
        self._be(self.borrower)

    def test_it_stands_first_wherever_they_look_for_their_loan(self):
        names = ["loan_agreement_count", "loan_agreement_waiting_count"]
        counted = self.make_jsonrpc_request("/my/counters", {"counters": names})
        self.assertEqual(counted, dict.fromkeys(names, 1))
        for path in ("/my/loans", self._path(), f"/my/applications/{self.application.id}"):
            with self.subTest(path=path):
                told = self._main(self._get(path))
                self.assertIn("Your agreement waits for your signature.", told)
                self.assertLess(told.index("Read and sign"), 400)
        self._post_signature()
        self.assertNotIn("Your agreement waits", self._main(self._get("/my/loans")))

    def test_a_card_is_told_what_it_asks_for_and_each_has_a_counter_of_its_own(self):
        for name in (
            "loan_agreement_count",
            "loan_agreement_waiting_count",
            "loan_consent_count",
            "loan_data_count",
        ):
            with self.subTest(name=name):
                counted = self.make_jsonrpc_request("/my/counters", {"counters": [name]})
                self.assertEqual(counted, {name: 1})
        # Counters that a session knows to be above nought are not asked for again: a page never opened before.
        self.authenticate(None, None)
        self._be(self.borrower)
        page = html.fromstring(self._get("/my").text)
        names = page.xpath("//@data-placeholder_count")
        self.assertIn("loan_data_count", names)
        self.assertEqual(len(names), len(set(names)))

    def test_the_page_of_a_loan_leads_to_what_was_signed_for_it(self):
        words = "What you have signed"
        loan = self._planned(days=0)
        agreement = self._offer(loan)
        self._sign_all(agreement)
        loan.with_user(self.manager).action_activate()
        page = self._get(self._path(contract=loan))
        self.assertIn(words, self._main(page))
        self.assertIn(f'href="{self._page(agreement)}"', page.text)
        self.assertNotIn(words, self._main(self._get(self._path())))

    def test_the_key_facts_come_first_then_all_the_words(self):
        told = self._main(self._get(self._page()))
        for words in (
            "It waits for your signature.",
            "Please sign by March 24, 2026.",
            "Liu Ming",
            "Lin Mei",
        ):
            self.assertIn(words, told)
        facts, whole, sign = (
            told.index("The key facts first"),
            told.index("The whole agreement"),
            told.index("Sign the"),
        )
        self.assertLess(facts, whole)
        self.assertLess(whole, sign)
        self.assertIn("The lender lends, the borrower pays back.", told)
        self.assertIn("You may withdraw without giving a reason for 14 days", told)

    def test_signing_is_told_back_with_name_day_and_fingerprint(self):
        page = self._post_signature(signer="Wang  Fang")
        self.assertTrue(page.url.endswith(self._page()))
        told = self._main(page)
        self.assertIn("by Wang Fang.", told)
        self.assertIn("Others are still to sign.", told)
        signer = self._signer(self.agreement)
        self.assertIn(signer.seal[:4], told)
        self.assertEqual((signer.way, signer.login), ("login", self.borrower.login))
        self.assertTrue(signer.address and signer.browser)
        self.assertNotIn("Sign the agreement", told)

    def test_who_has_signed_keeps_the_document(self):
        self.assertEqual(self._get(f"{self._page()}/file").status_code, 404)
        self._post_signature()
        for form in ("html", "pdf", "exe"):
            file = self._get(f"{self._page()}/file?form={form}")
            self.assertEqual(file.status_code, 200)
            self.assertIn("attachment", file.headers["Content-Disposition"])
            self.assertIn("no-store", file.headers["Cache-Control"])
        self.assertIn("The lender lends", self._get(f"{self._page()}/file").text)

    def test_what_is_missing_is_told_and_what_was_typed_stays(self):
        page = self._post_signature(read_words="", signer="Wang Fang 王芳")
        self.assertEqual(page.status_code, 422)
        self.assertIn("Please confirm this by a tick", self._main(page))
        self.assertEqual(self._field(page, "signer"), "Wang Fang 王芳")
        self.assertIn(drawn()[:60], page.text)
        ticked = html.fromstring(page.text).xpath("//input[@type='checkbox'][@checked]/@name")
        self.assertEqual(ticked, ["read_facts"])
        page = self._post_signature(signature="")
        self.assertEqual(page.status_code, 409)
        self.assertIn("Please sign in the field", self._main(page))
        self.assertEqual(self._state(), "waiting")

    def test_each_confirms_what_they_answer_for(self):
        for user, words in (
            (self.borrower, None),
            (self.co_login, "I owe the whole loan beside the borrower"),
            (self.guarantor_login, "I have to pay if the borrower does not"),
        ):
            self._be(user)
            told = self._main(self._get(self._page()))
            with self.subTest(user=user.name):
                self.assertEqual("I know that" in told, bool(words))
                self.assertIn(words or "I have read the whole agreement", told)

    def test_declining_asks_why_and_tells_the_manager(self):
        page = self._page()
        self.assertEqual(self._send_to(f"{page}/decline").status_code, 422)
        told = self._main(self._send_to(f"{page}/decline", words_declined="The rate is too high"))
        self.assertIn("You have declined this offer.", told)
        self.assertEqual(self.agreement.state, "declined")
        self.assertIn("The rate is too high", self.agreement.end_reason)
        self._be(self.guarantor_login)
        told = self._main(self._get(page))
        self.assertIn("This offer has ended", told)
        self.assertNotIn("The rate is too high", told)

    def _send_to(self, path, **typed):
        typed["csrf_token"] = self._field(self._get(self._page()), "csrf_token")
        return self._get(path, data=typed)

    def test_a_question_comes_before_the_signature(self):
        self.assertIn(f"{self._page()}/ask", self._get(self._page()).text)
        page = self._send(f"{self._page()}/ask", kind="inquiry", about="loan", words="What is the fee for?")
        self.assertIn("We have it under the number", self._main(page))
        case = self.env["loan.case"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual(case.contract_id, self.loan)

    def test_the_page_speaks_chinese_and_the_words_stay_as_they_are(self):
        self.borrower.lang = "zh_CN"
        self._be(self.borrower)
        page = self._get(self._page())
        self.assertIn("等待您签署", page.text)
        self.assertIn("The lender lends", page.text)

    # ------------------------------------------------------------ attempts P20 to P29

    def test_p20_nobody_opens_an_agreement_they_do_not_sign(self):
        firm = self._customer("Golden Harvest Ltd", kind="sme")
        draft = self._planned()
        prepared = draft.with_user(self.manager).action_prepare_agreement()["res_id"]
        self._be(self.borrower)
        nothing = self._nothing()
        for number in (
            self.other_agreement.id,
            prepared,
            2_000_000_000,
            f"0{self.agreement.id}",
            "1 or 1=1",
            "-1",
            "new",
        ):
            for deed in ("", "/file", "/ask"):
                response = self._get(f"/my/agreements/{number}{deed}")
                with self.subTest(number=number, deed=deed):
                    self.assertEqual(response.status_code, 404)
                    self.assertEqual(self._main(response), nothing)
            token = self._field(self._get(self._page()), "csrf_token")
            for deed in ("sign", "decline", "ask"):
                response = self._get(f"/my/agreements/{number}/{deed}", data=self._typed(csrf_token=token))
                with self.subTest(number=number, deed=deed):
                    self.assertEqual(response.status_code, 404)
        self.assertEqual(self.other_agreement.signer_ids.mapped("state"), ["waiting"])
        for user in (self._login_of(firm.partner_id), self.other_login):
            self._be(user)
            self.assertEqual(self._get(self._page()).status_code, 404)
        self.manager.password = self.manager.login
        self._be(self.manager)
        self.assertEqual(self._get(self._page()).status_code, 404)
        self._be(None)
        self.assertIn("/web/login", self._get(self._page()).url)

    def test_p21_a_guarantor_sees_what_they_sign_and_no_more(self):
        self.customer.note = "Do not mention the divorce"
        self.loan.with_user(self.manager).message_post(body="she has debts elsewhere")
        self._be(self.guarantor_login)
        page = self._get(self._page())
        self.assertEqual(page.status_code, 200)
        for secret in ("divorce", "debts elsewhere", self.contract.name, self.partner.email):
            self.assertNotIn(secret, page.text)
        self.assertEqual(self._get(self._path()).status_code, 404)

    def test_p22_from_where_and_how_somebody_signed_is_told_to_nobody_else(self):
        self._sign(
            self.agreement, self.co_borrower, typed_picture=drawn(size=(310, 100)), browser="Hidden/1.0"
        )
        signer = self._signer(self.agreement, self.co_borrower)
        self._post_signature()
        for user in (self.borrower, self.guarantor_login):
            self._be(user)
            for path in (self._page(), f"{self._page()}/file"):
                text = self._get(path).text
                with self.subTest(user=user.name, path=path):
                    for secret in (
                        "203.0.113.7",
                        "Hidden/1.0",
                        signer._picture_uri(),
                        signer.seal_before or "none!",
                    ):
                        self.assertNotIn(secret, text)

    def test_p23_what_was_not_read_is_not_signed(self):
        for words in ("", "0" * 64, self.other_agreement.words_hash):
            page = self._post_signature(words=words)
            with self.subTest(words=words[:8]):
                self.assertEqual(page.status_code, 409)
                self.assertIn("This is not what the page showed you", self._main(page))
        self.env.cr.execute(
            "UPDATE loan_agreement SET words = '<p>All</p>' WHERE id = %s", (self.agreement.id,)
        )
        self.env.invalidate_all()
        self.assertEqual(self._post_signature().status_code, 409)
        self.assertEqual(self._state(), "waiting")

    def test_p24_an_old_page_signs_nothing(self):
        for name, end, words in (
            ("withdrawn", lambda: self.agreement._withdraw("Mistyped"), "was withdrawn"),
            ("other terms", lambda: self.loan.write({"term": 10}), "was withdrawn"),
            (
                "signed by somebody else's no",
                lambda: self._signer(self.agreement, self.guarantor)._decline("No"),
                "declined",
            ),
        ):
            with self.subTest(name=name):
                token = self._field(self._get(self._page()), "csrf_token")
                old = self._typed(csrf_token=token)
                end()
                page = self._get(f"{self._page()}/sign", data=old)
                self.assertEqual(page.status_code, 409)
                self.assertIn(words, self._main(page))
                self.assertIn("Nothing was signed", self._main(page))
                self.assertEqual(self._state(), "waiting")
                self.agreement = self._offer()

    def test_p25_a_second_click_signs_once(self):
        token = self._field(self._get(self._page()), "csrf_token")
        first = self._get(f"{self._page()}/sign", data=self._typed(csrf_token=token))
        seal = self._signer(self.agreement).seal
        again = self._get(f"{self._page()}/sign", data=self._typed(csrf_token=token, signer="Somebody Else"))
        self.assertEqual((first.status_code, again.status_code), (200, 200))
        self.assertEqual(self._signer(self.agreement).seal, seal)

    def test_p26_what_is_no_picture_is_no_signature(self):
        for name, typed in (
            ("svg", "data:image/svg+xml;base64,PHN2Zy8+"),
            ("html as png", "data:image/png;base64,PGh0bWw+PHNjcmlwdD4="),
            ("gif", f"data:image/png;base64,{drawn('GIF')}"),
            ("huge canvas", f"data:image/png;base64,{drawn(size=(5000, 5000))}"),
            ("a script", "javascript:alert(1)"),
            ("megabytes", "A" * 1_500_000),
        ):
            page = self._post_signature(signature=typed)
            with self.subTest(name=name):
                self.assertEqual(page.status_code, 409)
                self.assertNotIn("javascript:alert", page.text)
        with mute_logger("odoo.http"):
            token = self._field(self._get(self._page()), "csrf_token")
            page = self._get(
                f"{self._page()}/sign", data=self._typed(csrf_token=token, signature="A" * 3_000_000)
            )
        self.assertEqual(page.status_code, 413)
        self.assertEqual(self._state(), "waiting")

    def test_p27_a_name_is_text_and_nothing_else(self):
        name = "<img src=x onerror=alert(1)> Wang\u202e Fang"
        page = self._post_signature(signer=name)
        self.assertNotIn("<img src=x", page.text)
        kept = self._signer(self.agreement).signer_name
        self.assertFalse(set("<>\u202e") & set(kept))
        self.assertNotIn("<img src=x", self._get(f"{self._page()}/file").text)

    def test_p28_looking_changes_nothing_and_a_form_of_elsewhere_neither(self):
        self._get(f"{self._page()}?{'&'.join(f'{k}={v}' for k, v in self._typed(signature='x').items())}")
        with mute_logger("odoo.http"):
            self.assertEqual(self._get(f"{self._page()}/sign").status_code, 405)
            self.assertEqual(self._get(f"{self._page()}/decline").status_code, 405)
        for token in (None, "forged", "o" * 40):
            page = self._get(f"{self._page()}/sign", data=self._typed(csrf_token=token or ""))
            self.assertEqual(page.status_code, 400)
            self.assertIn("open for too long", self._main(page))
        page = self._post_signature(
            state="signed", way="link", address="1.2.3.4", place="7", partner_id=str(self.guarantor.id)
        )
        signer = self._signer(self.agreement)
        self.assertEqual((signer.way, signer.place, signer.partner_id), ("login", 1, self.partner))
        self.assertNotEqual(signer.address, "1.2.3.4")
        self.assertEqual(self._state(self.guarantor), "waiting")

    def test_p29_a_day_takes_so_many_tries(self):
        for _try in range(10):
            self.assertEqual(self._post_signature(signature="x").status_code, 409)
        page = self._post_signature(signer="Wang Fang 王芳")
        self.assertEqual(page.status_code, 429)
        self.assertEqual(self._field(page, "signer"), "Wang Fang 王芳")
        self.assertEqual(self._state(), "waiting")

    def test_no_cache_keeps_an_agreement_and_no_other_site_frames_it(self):
        for path in ("/my/agreements", self._page(), f"{self._page()}/file", self._link()):
            headers = self._get(path).headers
            with self.subTest(path=path):
                self.assertIn("no-store", headers["Cache-Control"])
                self.assertIn("frame-ancestors 'self'", headers["Content-Security-Policy"])
                self.assertIn("noindex", headers["X-Robots-Tag"])

    # ------------------------------------------------------------ by the link of the invitation

    def _link(self, partner=None):
        signer = self._signer(self.agreement, partner)
        return signer._link_url().removeprefix(signer.company_id.get_base_url())

    def test_a_link_leads_to_the_login_and_tells_nothing_of_the_loan(self):
        self._be(None)
        page = self._get(self._link())
        self.assertEqual(page.status_code, 200)
        self.assertIn("An agreement waits for you", page.text)
        self.assertIn(f"/web/login?redirect={self._page()}", page.text)
        for secret in (self.loan.name, "The lender lends", "Liu Ming", self.partner.name):
            self.assertNotIn(secret, page.text)
        page = self._get(f"{self._link()}/sign", data=self._typed())
        self.assertEqual(page.status_code, 403)
        self.assertEqual(self._get(f"{self._link()}/decline", data={"words_declined": "No"}).status_code, 403)
        self.assertEqual(self._state(), "waiting")

    def test_where_the_lender_allows_it_a_link_alone_signs(self):
        self.company.loan_agreement_login = False
        self._be(None)
        page = self._get(self._link())
        self.assertIn("The lender lends", page.text)
        self.assertEqual(self._get(f"{self._link()}/sign", data=self._typed()).status_code, 400)
        page = self._post_signature(self._link())
        self.assertEqual(page.status_code, 200)
        signer = self._signer(self.agreement)
        self.assertEqual((signer.state, signer.way, signer.login), ("signed", "link", False))

    def test_a_link_opens_one_page_for_one_person_until_it_ends(self):
        self.company.loan_agreement_login = False
        self._be(None)
        link = self._link()
        own = self._get(link)
        self.assertIn("Wang Fang", own.text)
        letter = self.contract._borrower_url(self.partner).rsplit("/", 1)[1]
        token = link.rsplit("/", 1)[1]
        for name, path in (
            ("one letter changed", link[:-1] + ("A" if link[-1] != "A" else "B")),
            ("a reminder's link", f"/agreement/{letter}"),
            ("nothing", "/agreement/x"),
            ("an agreement's link opens no loan", f"/loan/{token}"),
        ):
            with self.subTest(name=name):
                self.assertEqual(self._get(path).status_code, 404)
        self.assertEqual(self._get(f"/my/agreements/{token}").url.count("/web/login"), 1)
        self.agreement.with_user(self.manager).action_revoke_links()
        self.assertEqual(self._get(link).status_code, 404)
        self.assertEqual(self._get(self._link()).status_code, 200)
        with self._days_later(15):
            self.assertEqual(self._get(self._link()).status_code, 404)
        self.borrower.active = False
        self.partner.active = False
        self.assertEqual(self._get(self._link()).status_code, 404)
