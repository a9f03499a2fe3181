import re
from datetime import timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from lxml import html

from odoo.exceptions import UserError
from odoo.tests import HttpCase, freeze_time, tagged

from .common import NOW, TODAY, LoanCommon


class BorrowerCommon(HttpCase, LoanCommon):
    """Wang Fang's loan, late by a week, and somebody at the other end of the line."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"phone": "+86 21 5555 0100", "email": "hello@pudong.example.com"})
        cls.partner = cls.customer.partner_id
        cls.contract = cls._late()

    @classmethod
    def _late(cls, customer=None):
        today = cls.company._loan_today()
        return cls._contract(
            customer,
            start_date=today - relativedelta(months=1, days=7),
            first_due_date=today - relativedelta(days=7),
        )

    def _path(self, page="loan", contract=None, partner=None):
        contract = contract or self.contract
        url = contract._borrower_url(partner or contract.partner_id, page)
        return url.removeprefix(contract.get_base_url())

    def _get(self, path, **options):
        self.env.flush_all()
        response = self.url_open(path, **options)
        self.env.invalidate_all()
        return response

    def _read(self, response):
        """Return the page as a person reads it, blanks made one."""
        return " ".join(html.fromstring(response.text).xpath("string(//body)").split())

    def _field(self, response, name):
        """Return what stands in a field of the form."""
        page = html.fromstring(response.text)
        chosen = page.xpath(f"//input[@name='{name}'][@type='radio'][@checked]/@value")
        texts = page.xpath(f"//textarea[@name='{name}']")
        return (
            chosen or page.xpath(f"//input[@name='{name}']/@value") or [each.text or "" for each in texts]
        )[0]

    def _send(self, path, **typed):
        """Fill in the form of a page and send it; what it leads to is followed."""
        typed.setdefault("csrf_token", self._field(self._get(path), "csrf_token"))
        return self._get(path, data=typed)

    def _requests(self, contract=None):
        return self.env["loan.hardship"].search([("contract_id", "=", (contract or self.contract).id)])


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanBorrower(BorrowerCommon):
    """The page behind the links of a letter: what it tells, what it takes, and what it never does."""

    # ------------------------------------------------------------ the loan

    def test_the_page_tells_what_is_open_now_and_who_to_speak_with(self):
        self._pay(self.contract, 100)
        told = self._read(self._get(self._path()))
        row = self.contract.installment_ids[0]
        for words in (
            "Pudong Finance",
            "Dear Wang Fang,",
            self.contract.name,
            "March 10, 2026",
            self.contract._amount(row.amount_open),
            "7 days late · partly paid",
            "March 3, 2026",
            "What falls due next",
            "April 3, 2026",
            "Last payment received: " + self.contract._amount(100),
            "Pudong Bank, account 6222 0000 1111",
            "Lin Mei",
            "Your relationship manager",
            "+86 21 5555 0101",
            "I cannot pay in time",
        ):
            self.assertIn(words.replace("\xa0", " "), told.replace("\xa0", " "))
        self._pay(self.contract, row.amount_open)
        self.assertIn("Nothing is overdue", self._read(self._get(self._path())))

    def test_late_charges_of_today_are_told_with_what_is_overdue(self):
        self.product.penalty_factor = 1.5
        contract = self._late(self._customer("Zhou Na"))
        self.assertTrue(contract.charges_open)
        told = self._read(self._get(self._path(contract=contract)))
        row = contract.installment_ids[0]
        self.assertIn("Late charges until today", told)
        self.assertIn(contract._amount(row.amount_open + contract.charges_open).replace("\xa0", " "), told)

    def test_the_page_shows_nothing_else(self):
        other = self._late()
        self.contract.with_user(self.manager).message_post(body="she has debts elsewhere")
        self.customer.note = "Do not mention the divorce"
        source = self._get(self._path()).text
        for secret in (other.name, "debts elsewhere", "divorce", self.partner.email, "Dear Chen"):
            self.assertNotIn(secret, source)

    def test_the_page_speaks_the_recipients_language_whatever_the_browser_says(self):
        self.partner.lang = "zh_CN"
        response = self._get(self._path(), headers={"Accept-Language": "en-US"})
        self.assertEqual(html.fromstring(response.text).get("lang"), "zh-CN")
        self.assertIn("2026年3月10日", response.text)
        self.partner.lang = "en_US"
        response = self._get(self._path(), headers={"Accept-Language": "zh-CN"})
        self.assertEqual(html.fromstring(response.text).get("lang"), "en-US")
        self.assertIn("Dear Wang Fang", response.text)

    def test_who_acts_while_the_manager_is_away_is_named(self):
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": TODAY,
                "date_to": TODAY,
            }
        )
        told = self._read(self._get(self._path()))
        self.assertIn("Chen Bo", told)
        self.assertIn("In place of Lin Mei", told)
        self.assertIn("+86 21 5555 0102", told)

    def test_nobody_but_the_reader_learns_the_address_and_no_script_runs(self):
        for page in ("loan", "hardship"):
            response = self._get(self._path(page))
            with self.subTest(page=page):
                self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
                self.assertIn("noindex", response.headers["X-Robots-Tag"])
                self.assertIn("no-store", response.headers["Cache-Control"])
                self.assertIn("default-src 'none'", response.headers["Content-Security-Policy"])
                root = html.fromstring(response.text)
                self.assertFalse(root.xpath("//script | //iframe"))
                addresses = root.xpath("//@src | //@href | //@action")
                self.assertFalse([each for each in addresses if not re.match(r"/(?!/)|tel:|mailto:", each)])
                self.assertEqual(
                    self.url_open(root.xpath("//link[@rel='stylesheet']/@href")[0]).status_code, 200
                )

    def test_every_field_has_a_name_and_the_page_a_language(self):
        for response in (
            self._get(self._path("hardship")),
            self._send(self._path("hardship"), phone="1" * 60),
        ):
            root = html.fromstring(response.text)
            self.assertTrue(root.get("lang"))
            self.assertEqual(len(root.xpath("//h1")), 1)
            for field in root.xpath("//input[not(@type='hidden')] | //textarea"):
                named = root.xpath("//label[@for=$id]", id=field.get("id")) or field.xpath("ancestor::label")
                self.assertTrue(named, field.get("name"))
                for described in (field.get("aria-describedby") or "").split():
                    self.assertTrue(root.xpath("//*[@id=$id]", id=described), described)
            ids = root.xpath("//@id")
            self.assertEqual(len(ids), len(set(ids)))

    def test_a_repaid_loan_says_thank_you_and_asks_for_nothing(self):
        self._pay(self.contract, self.contract.amount_open)
        self.assertEqual(self.contract.state, "closed")
        told = self._read(self._get(self._path()))
        self.assertIn("This loan is repaid", told)
        self.assertNotIn("I cannot pay", told)
        self.assertIn("This loan is repaid", self._read(self._get(self._path("hardship"))))
        self._get(self._path("hardship"), data={"cause": "income", "wish": "talk"})
        self.assertFalse(self._requests())

    # ------------------------------------------------------------ links that open nothing

    def test_links_that_open_nothing_are_all_answered_alike(self):
        contract = self.env["loan.contract"]
        other = self._late(self._customer("Zhou Na"))
        stranger = self._partner("Somebody")
        draft = self._contract(active=False)
        token = self._path().removeprefix("/loan/")
        sign = contract._borrower_signer(self.company)

        def signed(*args):
            return sign(*args).rpartition("/")[2]

        cases = {
            "altered": token[:-1] + ("A" if token[-1] != "A" else "B"),
            "longer": token + "A",
            "no token": "hello",
            "another loan's facts": signed(other.id, other.partner_id.id, 0)[:24] + token[24:],
            "another person": signed(self.contract.id, stranger.id, 0),
            "another borrower": signed(self.contract.id, other.partner_id.id, 0),
            "a loan that is not": signed(2**31 - 1, self.partner.id, 0),
            "a draft": signed(draft.id, self.partner.id, 0),
            "revoked": signed(self.contract.id, self.partner.id, 7),
        }
        pages = {}
        for name, wrong in cases.items():
            for page in ("", "/hardship", "/promise"):
                response = self._get(f"/loan/{wrong}{page}")
                with self.subTest(name=name, page=page):
                    self.assertEqual(response.status_code, 404)
                    self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
                pages[name, page] = response.text
        with self._days_later(46):
            response = self._get(f"/loan/{token}")
            self.assertEqual(response.status_code, 404)
            pages["expired"] = response.text
        self.assertEqual(len(set(pages.values())), 1)
        page = next(iter(pages.values()))
        for secret in ("Wang Fang", "Zhou Na", self.contract.name, "Lin Mei"):
            self.assertNotIn(secret, page)

    def test_a_link_opens_until_its_last_day_and_no_longer(self):
        path = self._path()
        for days, status in ((45, 200), (46, 404)):
            with self._days_later(days), self.subTest(days=days):
                self.assertEqual(self._get(path).status_code, status)

    def test_revoked_links_open_nothing_and_the_next_ones_do(self):
        path = self._path()
        self.assertEqual(self._get(path).status_code, 200)
        self.contract.with_user(self.manager).action_revoke_links()
        self.assertEqual(self._get(path).status_code, 404)
        self.assertEqual(self._get(path + "/hardship", data={"cause": "income"}).status_code, 404)
        self.assertEqual(self._get(self._path()).status_code, 200)
        for user in (self.stranger, self.desk, self.compliance, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(UserError):
                self.contract.with_user(user).action_revoke_links()

    def test_a_customer_who_left_or_has_another_contact_opens_nothing(self):
        path = self._path()
        self.customer.active = False
        self.assertEqual(self._get(path).status_code, 404)
        self.customer.active = True
        self.customer.partner_id = self._partner("Her Sister")
        self.assertEqual(self._get(path).status_code, 404)

    def test_a_link_is_made_for_a_borrower_of_the_loan_alone(self):
        with self.assertRaises(ValueError):
            self.contract._borrower_url(self._partner("Somebody"))

    def test_many_links_cost_no_query_each(self):
        sign = self.contract._borrower_signer(self.company)
        with self.assertQueryCount(0):
            made = {sign(n, n, 0, "hardship") for n in range(1, 1001)}
        self.assertEqual(len(made), 1000)
        self.assertEqual(
            sign(self.contract.id, self.partner.id, 0), self.contract._borrower_url(self.partner)
        )

    def test_the_lender_is_named_on_a_lost_link_where_there_is_only_one(self):
        others = self.env["res.company"].search([]) - self.company
        self.assertNotIn("5555", self._get("/loan/lost").text)
        with patch.object(
            type(self.company), "search", lambda companies, *args, **kwargs: companies.browse(self.company.id)
        ):
            told = self._read(self._get("/loan/lost"))
        self.assertTrue(others)
        self.assertIn("+86 21 5555 0100", told)
        self.assertIn("hello@pudong.example.com", told)

    # ------------------------------------------------------------ asking for help

    def test_a_borrower_asks_for_help_and_reads_who_calls_and_by_when(self):
        response = self._send(
            self._path("hardship"),
            cause="income",
            words="Laid off on Friday.\r\nI look for work.",
            wish="smaller",
            offered_amount="1,200.50",
            offered_date="2026-04-01",
            phone=" +86  21 5555 0199 ",
            best_time="after six",
        )
        request = self._requests()
        self.assertEqual((request.channel, request.cause, request.wish), ("page", "income", "smaller"))
        self.assertEqual(request.words, "Laid off on Friday.\nI look for work.")
        self.assertEqual((request.offered_amount, str(request.offered_date)), (1200.5, "2026-04-01"))
        self.assertEqual((request.phone, request.best_time), ("+86 21 5555 0199", "after six"))
        self.assertEqual((request.partner_id, request.user_id), (self.partner, self.manager))
        self.assertEqual(request.hold_id.state, "running")
        self.assertEqual(request.activity_ids.user_id, self.manager)
        self.assertEqual(request.message_id.notification_ids.res_partner_id, self.partner)
        told = self._read(response)
        self.assertIn("Lin Mei will call you by March 12, 2026", told)
        self.assertNotIn("Laid off", response.text)  # somebody else may hold the letter
        self.assertTrue(response.url.endswith("/hardship"))
        self.assertEqual(response.history[0].status_code, 303)

    def test_opening_a_link_changes_nothing_whatever_it_carries(self):
        path = self._path("hardship")
        before = self.contract.read()[0]
        for wanted in (
            path,
            f"{path}?cause=income&wish=talk&words=hello&csrf_token=x",
            self._path() + "?words=1",
        ):
            for _each in range(2):
                self.assertEqual(self._get(wanted).status_code, 200)
        self.assertFalse(self._requests())
        self.assertEqual(self.contract.read()[0], before)
        for verb in ("PUT", "DELETE", "PATCH"):
            self.assertEqual(self.opener.request(verb, self.base_url() + path).status_code, 405)

    def test_a_form_not_given_out_here_is_shown_again_and_writes_nothing(self):
        path = self._path("hardship")
        for token in ("", "forged", "0" * 40 + "o9999999999"):
            response = self._send(path, csrf_token=token, cause="income", wish="talk", words="from elsewhere")
            with self.subTest(token=token):
                self.assertEqual(response.status_code, 400)
                self.assertIn("send it once more", self._read(response))
                self.assertEqual(self._field(response, "words"), "from elsewhere")
        self.assertFalse(self._requests())
        self.assertFalse(self._posts())
        fresh = self._field(response, "csrf_token")
        self._send(path, csrf_token=fresh, cause="income", wish="talk", words="from elsewhere")
        self.assertEqual(self._requests().words, "from elsewhere")

    def test_a_form_sent_twice_makes_one_request(self):
        path = self._path("hardship")
        typed = {"cause": "income", "wish": "talk", "words": "Laid off"}
        typed["csrf_token"] = self._field(self._get(path), "csrf_token")
        for _each in range(3):
            self.assertEqual(self._get(path, data=typed).status_code, 200)
        self.assertEqual(self._requests().words, "Laid off")
        self.assertEqual(len(self._requests().message_id.mail_ids), 1)

    def test_later_words_join_the_open_request(self):
        path = self._path("hardship")
        self._send(path, cause="income", wish="talk", words="Laid off")
        response = self._get(path)
        self.assertIn("Something to add?", self._read(response))
        response = self._send(path)
        self.assertEqual(response.status_code, 422)
        response = self._send(path, words="Found another job", best_time="mornings")
        self.assertEqual(response.status_code, 200)
        request = self._requests()
        self.assertIn("Found another job", request.words)
        self.assertEqual((len(request), request.best_time), (1, "mornings"))

    def test_more_than_a_day_takes_is_told_and_not_written(self):
        self.company.loan_posts_per_day = 5
        path = self._path("hardship")
        for number in range(5):
            self.assertEqual(
                self._send(path, cause="income", wish="talk", words=f"Line {number}").status_code, 200
            )
        response = self._send(path, words="Line 5")
        self.assertEqual(response.status_code, 429)
        self.assertIn("several times today", self._read(response))
        self.assertEqual(self._field(response, "words"), "Line 5")
        self.assertNotIn("Line 5", self._requests().words)
        with self._days_later(1):
            self.assertEqual(self._send(path, words="Line 6").status_code, 200)
        self.assertIn("Line 6", self._requests().words)

    def test_wrong_input_keeps_what_was_typed_and_says_what_is_wrong(self):
        path = self._path("hardship")
        good = {"cause": "income", "wish": "later", "words": "My words"}
        for name, typed, sentence in (
            ("offered_amount", "NaN", "Please write the amount in digits"),
            ("offered_amount", "Infinity", "Please write the amount in digits"),
            ("offered_amount", "1e9", "Please write the amount in digits"),
            ("offered_amount", "-5", "must be more than zero"),
            ("offered_amount", "0", "must be more than zero"),
            ("offered_amount", "1.005", "more decimals than CNY"),
            ("offered_amount", "99,999,999", "more than the loan still asks for"),
            ("offered_amount", "9" * 400, "Please write the amount in digits"),
            ("offered_date", "2026-03-09", "has passed"),
            ("offered_date", "0001-01-01", "has passed"),
            ("offered_date", "2126-03-09", "too far away"),
            ("offered_date", "next week", "Please write the day like this"),
            ("cause", "riches", "Please choose one"),
            ("cause", "", "Please choose one"),
            ("wish", "a car", "Please choose one"),
            ("phone", "1" * 51, "at most 50 characters"),
            ("best_time", "x" * 101, "at most 100 characters"),
            ("words", "长" * 2001, "at most 2000 characters"),
        ):
            with self.subTest(name=name, typed=typed[:20]):
                response = self._send(path, **{**good, name: typed})
                self.assertEqual(response.status_code, 422)
                self.assertIn(sentence, self._read(response))
                for field, value in {**good, name: typed}.items():
                    if field not in ("cause", "wish") or field != name:
                        self.assertEqual(self._field(response, field), value)
                invalid = html.fromstring(response.text).xpath("//*[@aria-invalid='true']/@name")
                self.assertEqual(invalid, [] if name in ("cause", "wish") else [name])
        self.assertFalse(self._requests())
        self.assertFalse(self._posts())

    def test_wrong_input_is_told_in_the_borrowers_language(self):
        self.partner.lang = "zh_CN"
        response = self._send(self._path("hardship"), cause="income", wish="talk", offered_amount="很多")
        self.assertEqual(response.status_code, 422)
        self.assertEqual(html.fromstring(response.text).get("lang"), "zh-CN")
        self.assertEqual(self._field(response, "offered_amount"), "很多")

    def test_a_huge_text_and_what_no_database_keeps_do_no_harm(self):
        path = self._path("hardship")
        response = self._send(path, cause="income", wish="talk", words="x" * 500_000)
        self.assertEqual(response.status_code, 422)
        response = self._send(
            path, cause="income", wish="talk", words="a\x00b\x08c \U0001f33e", extra="ignored"
        )
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self._requests().words, "abc \U0001f33e")
        files = {"words": ("evil.txt", b"text"), "phone": ("x", b"1")}
        token = self._field(self._get(path), "csrf_token")
        response = self.opener.post(
            self.base_url() + path, data={"csrf_token": token, "best_time": "noon"}, files=files
        )
        self.assertEqual(response.status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self._requests().words, "abc \U0001f33e")

    def test_nobodys_words_become_a_page(self):
        evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
        path = self._path("hardship")
        response = self._send(
            path, cause="income", wish="talk", words=evil, phone=evil[:50], offered_amount=evil
        )
        self.assertNotIn("<script>", response.text)
        self.assertNotIn("<img", response.text)
        self.assertEqual(self._field(response, "words"), evil)
        self.assertEqual(self._field(response, "offered_amount"), evil)
        self._send(path, cause="income", wish="talk", words=evil, phone=evil[:50], best_time=evil[:100])
        request = self._requests()
        self.assertEqual(request.words, evil)
        for text in (
            *request.message_ids.mapped("body"),
            *self.contract.message_ids.mapped("body"),
            *request.activity_ids.mapped("note"),
        ):
            self.assertNotIn("<script>", str(text))
            self.assertNotIn("<img", str(text))
        self.partner.name = evil
        self.assertNotIn("<script>", self._get(self._path()).text)

    def test_a_link_of_one_loan_does_nothing_to_another(self):
        other = self._late(self._customer("Zhou Na"))
        self._send(
            self._path("hardship"),
            cause="income",
            wish="talk",
            contract_id=str(other.id),
            partner_id=str(other.partner_id.id),
            state="granted",
        )
        self.assertFalse(self._requests(other))
        self.assertEqual((self._requests().state, self._requests().partner_id), ("new", self.partner))

    def test_a_manager_who_is_logged_in_sees_the_same_page(self):
        self.authenticate(self.stranger.login, self.stranger.login)
        self.assertIn("Dear Wang Fang", self._get(self._path()).text)

    # ------------------------------------------------------------ promising

    def _promising(self, record):
        """Let loans take promises as another part of the app does."""
        return patch.object(type(self.contract), "_record_promise", record, create=True)

    def test_a_promise_made_on_the_page_is_on_record_and_holds_the_reminders(self):
        self._send(self._path("promise"), when="will", amount="500", day="2026-03-20", note="Salary day")
        promises = self.env["loan.promise"]
        promise = promises.search([("contract_id", "=", self.contract.id)])
        self.assertEqual(
            (promise.amount, promise.date_promised, promise.heard_via, promise.partner_id, promise.state),
            (500, TODAY + timedelta(10), "page", self.partner, "open"),
        )
        self.assertFalse(promise.heard_user_id)
        self.assertEqual(promise.hold_id.kind, "promise")
        self._send(self._path("promise"), when="will", amount="500", day="2026-03-20", note="Salary day")
        again = promises.search([("contract_id", "=", self.contract.id)])
        self.assertEqual(again, promise, "sent twice, it is one promise")

    def test_the_account_is_told_to_whose_it_is(self):
        self.contract.write({"auto_debit": True, "debit_account": "ending in 4521"})
        guarantor = self._partner("Feng Yu")
        self.env["loan.contract.party"].create(
            {"contract_id": self.contract.id, "partner_id": guarantor.id, "role": "guarantor"}
        )
        self.assertIn("your account ending in 4521", self._read(self._get(self._path())))
        told = self._read(self._get(self._path("loan", partner=guarantor)))
        self.assertNotIn("4521", told)
        self.assertIn("from the borrower's account", told)

    def test_who_answers_for_the_loan_today_has_a_page_of_their_own(self):
        guarantor = self._partner("Feng Yu")
        party = self.env["loan.contract.party"].create(
            {"contract_id": self.contract.id, "partner_id": guarantor.id, "role": "guarantor"}
        )
        path = self._path("loan", partner=guarantor)
        self.assertEqual(self._get(path).status_code, 200)
        party.date_to = TODAY
        self.assertEqual(self._get(path).status_code, 404)

    def test_a_loan_that_is_repaid_takes_no_promises(self):
        self._pay(self.contract, self.contract.amount_open)
        response = self._get(self._path("promise"))
        self.assertFalse(response.url.endswith("/promise"))
        self.assertNotIn("will pay on", self._read(response))

    def test_a_borrower_says_when_they_will_pay(self):
        taken = []

        def record(loan, amount, date_promised, heard_via, note, partner=None, user=None):
            taken.append((loan.id, amount, date_promised, heard_via, note, partner.id, user))

        with self._promising(record):
            self.assertIn("will pay on", self._read(self._get(self._path())))
            path = self._path("promise")
            response = self._send(path, when="will", amount="500", day="2026-03-20", note="Salary day")
            self.assertIn("We expect your payment by March 20, 2026", self._read(response))
            day = TODAY + timedelta(10)
            self.assertEqual(
                taken, [(self.contract.id, 500.0, day, "page", "Salary day", self.partner.id, None)]
            )
            self._send(path, when="paid", amount="500", day="2026-03-08")
            self.assertEqual(taken[1][2:5], (TODAY, "page", "Says it was paid on March 8, 2026."))
            for typed, sentence in (
                ({"when": "will", "amount": "500", "day": "2026-03-01"}, "has passed"),
                ({"when": "paid", "amount": "500", "day": "2026-03-20"}, "still to come"),
                ({"when": "paid", "amount": "500", "day": "2026-01-01"}, "long past"),
                ({"when": "will", "amount": "nan", "day": "2026-03-20"}, "in digits"),
                ({"when": "will", "day": "2026-03-20"}, "Please fill this in"),
                ({"amount": "500", "day": "2026-03-20"}, "Please choose one"),
            ):
                response = self._send(path, **typed)
                with self.subTest(typed=typed):
                    self.assertEqual(response.status_code, 422)
                    self.assertIn(sentence, self._read(response))
                    self.assertEqual(self._field(response, "day"), typed["day"])
            self.assertEqual(
                self._send(path, csrf_token="x", when="will", amount="5", day="2026-03-20").status_code, 400
            )
        self.assertEqual(len(taken), 2)

    def test_a_promise_that_is_refused_leaves_nothing_and_says_why(self):
        refused = "You have promised three times already."

        def record(loan, **promise):
            loan.external_ref = "half-written"
            raise UserError(refused)

        with self._promising(record):
            response = self._send(self._path("promise"), when="will", amount="500", day="2026-03-20")
        self.assertEqual(response.status_code, 422)
        self.assertIn("three times already", self._read(response))
        self.assertEqual(self._field(response, "amount"), "500")
        self.assertFalse(self.contract.external_ref)


@tagged("post_install", "-at_install", "loan")
class TestLoanBorrowerTour(BorrowerCommon):
    """The same on a phone, in a real browser and on the real clock."""

    freeze_time = None
    browser_size = "375x667"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Odoo runs in UTC and so does the browser it starts: for "today" to be one day, so must the lender be.
        cls.company.loan_tz = "UTC"

    def test_a_borrower_asks_for_help_on_a_phone(self):
        self.start_tour(f"/web/login?loan={self._path()}", "loan_crm_borrower_hardship")
        request = self._requests()
        self.assertEqual((request.cause, request.wish, request.offered_amount), ("income", "smaller", 300))
        self.assertEqual(request.words, "Laid off on Friday")
