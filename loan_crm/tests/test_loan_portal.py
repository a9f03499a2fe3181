import csv
import io
import json
from contextlib import contextmanager

from lxml import html
from markupsafe import Markup

from odoo import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .test_crm_lead import ApplicationCommon
from .test_loan_borrower import BorrowerCommon

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 40


class PortalCommon(BorrowerCommon, ApplicationCommon):
    """Wang Fang with a login, her loan that is late by a week, and her application for another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.borrower = cls._login_of(cls.partner)
        cls.application = cls._application(
            partner_id=cls.partner.id, loan_purpose="To visit my mother"
        ).with_env(cls.env)
        # The database dates a row by its own clock.
        cls.application.date_last_stage_update = NOW
        cls.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = %s", (NOW, cls.application.id))
        cls.application.invalidate_recordset()
        cls.application.stage_id.write(
            {"loan_purpose": "We check your papers.", "loan_holder": "Credit review"}
        )
        cls.other = cls._customer("Zhou Na")
        cls.other_loan = cls._late(cls.other)
        cls.other_application = cls._application("Zhou Na", partner_id=cls.other.partner_id.id).with_env(
            cls.env
        )

    @classmethod
    def _login_of(cls, partner, group="base.group_portal", **values):
        """Return the user of a contact; the password is the login."""
        login = f"{partner.name.lower().replace(' ', '.')}@portal"
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "partner_id": partner.id,
                    "login": login,
                    "password": login,
                    "group_ids": [Command.set(cls.env.ref(group).ids)],
                    "company_id": cls.company.id,
                    "company_ids": [Command.set(cls.company.ids)],
                    **values,
                }
            )
        )

    def _be(self, user):
        """Log in as somebody, or as nobody."""
        self.authenticate(user.login, user.login) if user else self.authenticate(None, None)
        return user

    def _path(self, page="loan", contract=None, partner=None):
        return f"/my/loans/{(contract or self.contract).id}" + ("" if page == "loan" else f"/{page}")

    def _main(self, response):
        """Return what stands on a page between Odoo's header and footer, as a person reads it."""
        told = html.fromstring(response.text).xpath("string(//main)")
        return " ".join(told.split()).replace("\xa0", " ")

    def _nothing(self):
        return self._main(self._get("/my/loans/2000000000"))


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanPortal(PortalCommon):
    """What a borrower sees with their login: their own, all of it."""

    def setUp(self):
        super().setUp()
        self._be(self.borrower)

    # ------------------------------------------------------------ loans

    def test_the_list_tells_what_is_overdue_and_what_comes_next(self):
        self._pay(self.contract, 100)
        repaid = self._contract()
        self._pay(repaid, repaid.amount_open)
        told = self._main(self._get("/my/loans"))
        row = self.contract.installment_ids[0]
        overdue = self.contract._amount(row.amount_open).replace("\xa0", " ")
        self.assertIn(f"Overdue now: {overdue}", told)
        self.assertIn("April 3, 2026", told)
        self.assertIn("Repaid", told)
        self.assertLess(told.index(self.contract.name), told.index(repaid.name))

    def test_a_loan_is_told_whole_the_next_payment_first(self):
        self._pay(self.contract, 100)
        told = self._main(self._get(self._path()))
        rows = self.contract.installment_ids
        for words in (
            "Car Loan",
            "Overdue now",
            "7 days late · partly paid",
            "Your next payment",
            "April 3, 2026",
            "Pudong Bank, account 6222 0000 1111",
            "I cannot pay in time",
            "Lin Mei",
            "Principal still owed",
            "12 of 12",
            "12 payments from March 3, 2026 to February 3, 2027: 0 paid, 1 overdue, 11 to come.",
            f"partly paid, {self.contract._amount(rows[0].amount_open)} open",
            self.contract._amount(rows[-1].amount),
            self.contract.repayment_ids.name,
            "Statement",
        ):
            self.assertIn(words.replace("\xa0", " "), told)
        self.assertLess(told.index("Your next payment"), told.index("Your loan in figures"))

    def test_the_picture_says_in_words_what_it_shows_and_the_table_says_all_of_it(self):
        page = html.fromstring(self._get(self._path()).text)
        picture = page.xpath("//main//*[local-name()='svg'][@role='img']")[0]
        self.assertIn("12 payments", picture.get("aria-label"))
        self.assertEqual(len(picture.xpath(".//*[local-name()='g']")), 12)
        self.assertEqual(len(page.xpath("//table[contains(@class, 'schedule')]/tbody/tr")), 12)

    def test_a_long_schedule_is_drawn_by_years(self):
        self.product.term_max = 400
        long = self._contract(term=360)
        page = html.fromstring(self._get(self._path(contract=long)).text)
        self.assertLess(len(page.xpath("//main//*[local-name()='g']")), 40)
        self.assertEqual(len(page.xpath("//table[contains(@class, 'schedule')]/tbody/tr")), 360)
        self.assertIn("Each bar is a year.", self._main(self._get(self._path(contract=long))))

    def test_a_repaid_loan_keeps_its_papers_and_takes_no_promise(self):
        self._pay(self.contract, self.contract.amount_open)
        told = self._main(self._get(self._path()))
        self.assertIn("This loan is repaid", told)
        self.assertNotIn("I cannot pay", told)
        self.assertTrue(self._get(self._path("promise")).url.endswith(self._path()))
        self.assertEqual(self._get(self._path("statement?form=csv")).status_code, 200)

    def test_what_is_told_of_people_alone_is_not_on_the_page(self):
        self.customer.note = "Do not mention the divorce"
        self.contract.with_user(self.manager).message_post(body="she has debts elsewhere")
        self.application.description = "her boss is not reliable"
        pages = [self._get(path).text for path in ("/my", "/my/loans", self._path(), "/my/applications")]
        pages.append(self._get(f"/my/applications/{self.application.id}").text)
        for page in pages:
            for secret in (
                "divorce",
                "debts elsewhere",
                "not reliable",
                self.other_loan.name,
                "Zhou Na",
                self.application.name,
            ):
                self.assertNotIn(secret, page)

    def test_the_page_speaks_the_language_of_the_login(self):
        self.borrower.lang = "zh_CN"
        self._be(self.borrower)
        page = self._get(self._path())
        self.assertIn("2026年4月3日", page.text)
        self.assertIn("/zh_CN/my/loans", page.url)

    def test_the_cards_of_the_portal_count_what_there_is(self):
        names = ["loan_loan_count", "loan_application_count", "loan_case_count", "loan_contact_count"]
        counted = self.make_jsonrpc_request("/my/counters", {"counters": names})
        self.assertEqual(counted, dict.fromkeys(names, 1))
        self.assertIn("/my/loans", self._get("/my").text)

    # ------------------------------------------------------------ statements

    def _csv(self, query=""):
        response = self._get(self._path(f"statement?form=csv{query}"))
        self.assertEqual(response.status_code, 200)
        return response, list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))

    def test_a_statement_as_a_table_has_exact_figures_that_add_up(self):
        self._pay(self.contract, 500.25)
        response, rows = self._csv()
        self.assertEqual(response.headers["Content-Type"], "text/csv; charset=utf-8")
        self.assertEqual(rows[0][2], "Paid Out (CNY)")
        self.assertEqual([row[0] for row in rows[1:]], ["2026-02-03", "2026-03-03", "2026-03-10"])
        self.assertEqual(rows[1][2], "12000.00")
        self.assertEqual(rows[3][4], "500.25")
        self.assertEqual(float(rows[-1][8]), round(self.contract.principal_outstanding, 2))
        self.assertEqual(round(sum(map(float, rows[3][5:8])), 2), 500.25)
        self.assertEqual(len(self._csv("&first=2026-03-04&last=2026-03-31")[1]), 2)

    def test_a_statement_to_print_tells_the_same_in_words(self):
        self._pay(self.contract, 500)
        response = self._get(self._path("statement?form=pdf"))
        self.assertIn("attachment", response.headers["Content-Disposition"])
        told = " ".join(html.fromstring(response.content.decode()).text_content().split())
        for words in ("Wang Fang", self.contract.name, "Installment 1 of 12 fell due", "Payment received"):
            self.assertIn(words, told)

    def test_a_statement_of_wrong_days_says_so_and_keeps_them(self):
        for query, words in (
            ("first=yesterday", "Please write the day like this: 2026-03-10."),
            ("first=2026-03-09&last=2026-03-01", "The first day must not lie after the last one."),
            ("last=" + "9" * 500, "Please write the day like this"),
            ("first=0001-01-01&last=9999-12-31&form=csv", None),
        ):
            response = self._get(self._path(f"statement?form=pdf&{query}" if words else f"statement?{query}"))
            with self.subTest(query=query[:40]):
                self.assertEqual(response.status_code, 422 if words else 200)
                if words:
                    self.assertIn(words, self._main(response))
                    self.assertEqual(
                        self._field(response, query.split("=")[0]), query.split("=")[1].split("&")[0]
                    )

    def test_the_key_facts_are_a_file_of_their_own(self):
        response = self._get(self._path("key-facts"))
        self.assertEqual(response.status_code, 200)
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertIn("Key facts of your loan", response.text)

    def test_a_name_breaks_no_header(self):
        self.contract.name = 'LN"\r\nSet-Cookie: evil=1; filename="x.exe'
        for page in ("statement?form=csv", "key-facts"):
            response = self._get(self._path(page))
            with self.subTest(page=page):
                self.assertEqual(response.status_code, 200)
                self.assertNotIn("evil", response.headers.get("Set-Cookie", ""))
                self.assertNotIn("\n", response.headers["Content-Disposition"])

    # ------------------------------------------------------------ deeds

    def test_a_promise_is_told_after_a_page_that_can_be_loaded_anew(self):
        response = self._send(self._path("promise"), when="will", amount="500", day="2026-03-20")
        self.assertEqual(response.history[0].status_code, 303)
        self.assertIn("We expect your payment by March 20, 2026", self._main(response))
        promise = self.env["loan.promise"].search([("contract_id", "=", self.contract.id)])
        self.assertEqual((promise.amount, promise.state), (500, "open"))
        self.assertNotIn("We expect your payment", self._main(self._get(self._path("promise"))))

    def test_a_question_gets_a_number_and_who_answers(self):
        response = self._send(self._path("ask"), kind="inquiry", about="loan", words="May I pay weekly?")
        case = self.env["loan.case"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((case.partner_id, case.contract_id), (self.partner, self.contract))
        self.assertIn(case.name, self._main(response))
        self.assertIn("answers you", self._main(response))
        self.assertIn(case.name, self._main(self._get(self._path())))

    def test_who_cannot_pay_asks_for_help_as_behind_a_letters_link(self):
        response = self._send(self._path("hardship"), cause="income", wish="smaller", words="Laid off")
        self.assertIn("Lin Mei will call you by", self._main(response))
        self.assertEqual(self._requests().partner_id, self.partner)

    def test_wrong_input_keeps_what_was_typed(self):
        response = self._send(
            self._path("promise"), when="will", amount="a lot", day="2026-03-20", note="soon"
        )
        self.assertEqual(response.status_code, 422)
        self.assertIn("Please write the amount in digits", self._main(response))
        self.assertEqual(self._field(response, "amount"), "a lot")
        self.assertEqual(self._field(response, "note"), "soon")

    def test_a_day_takes_as_much_by_login_and_by_link_together(self):
        self.company.loan_posts_per_day = 5
        link = self.contract._borrower_url(self.partner, "ask").removeprefix(self.contract.get_base_url())
        for number in range(5):
            path = link if number % 2 else self._path("ask")
            told = self._send(
                path, kind="inquiry", about="loan", words=f"Question {number}, quite another one"
            )
            self.assertEqual(told.status_code, 200)
        response = self._send(self._path("ask"), kind="inquiry", about="loan", words="And one more")
        self.assertEqual(response.status_code, 429)
        self.assertEqual(self._field(response, "words").strip(), "And one more")

    # ------------------------------------------------------------ applications

    def _application_page(self, lead=None):
        return f"/my/applications/{(lead or self.application).id}"

    def _send_files(self, files, paper=None, lead=None, **typed):
        lead = lead or self.application
        paper = paper or lead.loan_document_ids[0]
        if "csrf_token" not in typed:
            typed["csrf_token"] = self._field(self._get(self._application_page()), "csrf_token")
        return self._get(
            f"{self._application_page(lead)}/papers",
            data={"paper": str(paper.id), **typed},
            files=[("files", file) for file in files],
        )

    def test_an_application_tells_each_step_by_when_and_who_has_it(self):
        self.won.loan_purpose = "You sign."
        told = self._main(self._get(self._application_page()))
        for words in (
            "Car Loan",
            "applied for on March 10, 2026",
            "To visit my mother",
            "Checking We are here",
            "We check your papers.",
            "With: Credit review",
            "done by March 12, 2026",
            "Agreed Comes next",
            "You sign.",
            "Identity card",
            "We need it from you",
            "Three months",
            "Lin Mei",
        ):
            self.assertIn(words, told)
        self.assertIn("We need 2 papers from you.", self._main(self._get("/my/applications")))

    def test_who_waits_too_long_is_told_why(self):
        with self._days_later(6):
            told = self._main(self._get(self._application_page()))
            self.assertIn("It should have been done by March 12, 2026. We are sorry that you wait.", told)
            self.assertIn("We cannot go on without: Identity card and Proof of income.", told)
            self.application.loan_document_ids.action_receive()
            told = self._main(self._get(self._application_page()))
            self.assertIn("Your papers are here and are being checked.", told)

    def test_what_has_ended_says_so_and_no_more(self):
        self.application.with_user(self.manager).action_set_lost()
        told = self._main(self._get(self._application_page()))
        self.assertIn("This application has ended.", told)
        self.assertNotIn("Send it now", told)
        paper = self.application.loan_document_ids[0]
        self.assertEqual(self._send_files([("a.pdf", PDF)], paper, csrf_token="x").status_code, 404)

    def test_a_paper_that_is_sent_in_is_the_documents_and_its_manager_knows(self):
        paper = self.application.loan_document_ids[0]
        response = self._send_files([("Meine Karte.PDF", PDF), ("back.exe", PNG)], paper)
        self.assertEqual(response.history[0].status_code, 303)
        self.assertIn("Thank you, it has arrived", self._main(response))
        self.assertNotIn("it has arrived", self._main(self._get(self._application_page())))
        self.assertEqual((paper.state, paper.received_on), ("received", TODAY))
        self.assertEqual(
            sorted((file.name, file.mimetype, file.res_model, file.res_id) for file in paper.attachment_ids),
            [
                ("Meine Karte.pdf", "application/pdf", paper._name, paper.id),
                ("back.png", "image/png", paper._name, paper.id),
            ],
        )
        todo = self.application.activity_ids
        self.assertEqual((todo.user_id, todo.activity_type_id.name), (self.manager, "Check Papers"))
        self.assertIn("Identity card, 2 files", self.application.message_ids[0].body)
        self.assertEqual(self.application.message_ids[0].author_id, self.partner)
        # A page more makes no second to-do.
        self.assertEqual(self._send_files([("page2.pdf", PDF)], paper).status_code, 200)
        self.assertEqual(len(paper.attachment_ids), 3)
        self.assertEqual(len(self.application.activity_ids), 1)
        # Who may not see the application reads no file of it, the sender's own login not excepted.
        file = paper.attachment_ids[0]
        for address in (
            f"/web/content/{file.id}",
            f"/web/image/{file.id}",
            f"/web/content/{file.id}?access_token=x",
        ):
            with self.subTest(address=address):
                self.assertNotIn(PDF, self._get(address).content)
        self.assertFalse(file.with_user(self.borrower).has_access("read"))
        self.assertFalse(file.with_user(self.employee).has_access("read"))

    def test_a_paper_that_was_sent_back_says_what_it_lacks_and_comes_again(self):
        paper = self.application.loan_document_ids[0].with_user(self.manager)
        paper.action_receive()
        paper.lacks = "The second page"
        paper.action_refuse()
        told = self._main(self._get(self._application_page()))
        self.assertIn("Please send it again", told)
        self.assertIn("What is missing: The second page", told)
        self._send_files([("both.pdf", PDF)], paper)
        self.assertEqual(paper.state, "received")

    def test_what_is_no_paper_is_refused_with_a_reason_and_kept_nowhere(self):
        paper = self.application.loan_document_ids[0]
        before = self.env["ir.attachment"].search_count([])
        for files, words in (
            ([], "Please choose a file first."),
            ([("empty.pdf", b"")], "“empty” is empty."),
            ([("run.pdf", b"MZ\x90\0" + b"\0" * 100)], "“run” is not a PDF or a photograph"),
            ([("face.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")], "is not a PDF"),
            ([("page.pdf", b"<html><script>alert(1)</script>%PDF-1.4 %%EOF")], "is not a PDF"),
            ([("zip.pdf", b"PK\x03\x04" + b"\0" * 100)], "is not a PDF"),
            ([("good.pdf", PDF), ("bad.pdf", b"MZ")], "“bad” is not a PDF"),
            ([(f"{number}.pdf", PDF) for number in range(50)], "at most 5 files at once"),
            (
                [("big.pdf", PDF + b"\0" * (10 * 1024 * 1024) + b"%%EOF")],
                "“big” is too large: at most 10 MB",
            ),
        ):
            with self.subTest(words=words):
                response = self._send_files(files, paper)
                self.assertEqual(response.status_code, 422)
                self.assertIn(words, self._main(response))
        self.assertEqual((paper.state, len(paper.attachment_ids)), ("missing", 0))
        self.assertEqual(self.env["ir.attachment"].search_count([]), before)

    def test_a_day_takes_so_many_files_of_an_application(self):
        for _each in range(2):
            self.assertEqual(self._send_files([(f"{n}.pdf", PDF) for n in range(5)]).status_code, 200)
        response = self._send_files([("one more.pdf", PDF)])
        self.assertEqual(response.status_code, 429)
        other = self.application.loan_document_ids[1]
        for expected in (200, 200, 429):
            self.assertEqual(
                self._send_files([(f"{n}.pdf", PDF) for n in range(5)], other).status_code, expected
            )
        self.assertEqual(len(self.application.loan_document_ids.attachment_ids), 20)

    def test_a_paper_without_the_forms_token_is_not_taken(self):
        paper = self.application.loan_document_ids[0]
        for token in ("", "forged"):
            response = self._send_files([("a.pdf", PDF)], paper, csrf_token=token)
            self.assertEqual(response.status_code, 400)
            self.assertIn("send it once more", self._main(response))
        self.assertEqual(paper.state, "missing")

    # ------------------------------------------------------------ paying early

    def _cases(self):
        return self.env["loan.case"].search([("customer_id", "=", self.customer.id)])

    def test_paying_early_is_answered_as_at_the_desk_and_changes_nothing(self):
        before = self.contract.read()[0]
        response = self._get(f"/my/prepay/{self.contract.id}?amount=2,000&day=2026-03-20")
        form = self.env["loan.what.if"].create(
            {"contract_id": self.contract.id, "date": "2026-03-20", "prepay_amount": 2000}
        )
        told = self._main(response)
        for line in form.line_ids:
            for figure in (line.total, line.cost, line.payment):
                if figure:
                    with self.subTest(line=line.kind, figure=figure):
                        self.assertIn(self.contract._amount(figure).replace("\xa0", " "), told)
        self.assertIn(self.contract._amount(form.settle_total).replace("\xa0", " "), told)
        self.assertEqual(self.contract.read()[0], before)
        self.assertIn("What if I pay early?", self._main(self._get(self._path())))

    def test_paying_early_keeps_what_cannot_be_read(self):
        for query, words in (
            ("amount=a+lot", "Please write the amount in digits"),
            ("amount=999999999", "That is more than the loan still asks for"),
            ("amount=1.001", "more decimals"),
            ("amount=-5", "must be more than zero"),
            ("day=2026-03-09", "This day has passed"),
            ("day=2031-01-01", "too far away"),
            ("day=soon", "Please write the day like this"),
        ):
            name, typed = query.split("=")
            response = self._get(f"/my/prepay/{self.contract.id}?{query}")
            with self.subTest(query=query):
                self.assertEqual(response.status_code, 422)
                self.assertIn(words, self._main(response))
                self.assertEqual(self._field(response, name), typed.replace("+", " "))

    def test_who_wants_to_pay_early_is_heard_once(self):
        path = f"/my/prepay/{self.contract.id}"
        token = self._field(self._get(path), "csrf_token")
        typed = {"csrf_token": token, "kind": "settle", "amount": "2,000", "day": "2026-03-20"}
        told = self._main(self._get(f"{path}/request", data=typed))
        case = self._cases()
        self.assertEqual(
            (case.kind, case.contract_id, case.partner_id), ("request", self.contract, self.partner)
        )
        self.assertEqual(case.category_id, self.env.ref("loan_crm.loan_case_category_early"))
        self.assertIn(case.name, told)
        self.assertIn("settle the loan", case.words)
        self.assertIn("March 20, 2026", case.words)
        for day in ("2026-03-20", "2026-03-25"):
            self._get(f"{path}/request", data={**typed, "day": day})
        self.assertEqual(self._cases(), case)
        for wrong, status in (
            ({"csrf_token": "x"}, 400),
            ({"kind": "steal"}, 422),
            ({"day": "2020-01-01"}, 422),
        ):
            with self.subTest(wrong=wrong):
                self.assertEqual(self._get(f"{path}/request", data={**typed, **wrong}).status_code, status)

    def test_a_schedule_of_another_system_is_not_worked_out(self):
        self.env.cr.execute(
            "UPDATE loan_contract SET schedule_source = 'external' WHERE id = %s", [self.contract.id]
        )
        self.env.invalidate_all()
        told = self._main(self._get(f"/my/prepay/{self.contract.id}"))
        self.assertIn("For this loan we cannot work it out here.", told)
        self.assertNotIn("What if I pay early?", self._main(self._get(self._path())))

    # ------------------------------------------------------------ cases

    def _asked(self, words="May I pay weekly? My wages come on Fridays."):
        self._send(self._path("ask"), kind="inquiry", about="loan", words=words)
        return self._cases()[0]

    def test_what_was_asked_tells_who_answers_and_what_was_said(self):
        case = self._asked()
        told = self._main(self._get("/my/cases"))
        for words in (case.name, "May I pay weekly?", "answers you", self.contract.name):
            self.assertIn(words, told)
        case.with_user(self.manager).message_post(
            body=Markup("<p><strong>Yes</strong>, from April on.</p>"),
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.partner.ids,
        )
        case.with_user(self.manager).message_post(body="she is slow to pay", subtype_xmlid="mail.mt_note")
        case.with_user(self.manager).message_post(body="ask Chen", subtype_xmlid="mail.mt_comment")
        case.with_user(self.manager).solution = "gave in once more"
        page = self._get(f"/my/cases/{case.id}")
        told = self._main(page)
        for words in ("May I pay weekly?", "You,", "Yes, from April on.", "Lin Mei"):
            self.assertIn(words, told)
        self.assertNotIn("*", told)
        for secret in ("slow to pay", "ask Chen", "gave in"):
            self.assertNotIn(secret, page.text)

    def test_words_are_added_and_who_is_accountable_has_to_answer(self):
        case = self._asked()
        path = f"/my/cases/{case.id}"
        token = self._field(self._get(path), "csrf_token")
        response = self._get(
            f"{path}/words", data={"csrf_token": token, "words": "<b>Or</b> every second week?"}
        )
        self.assertEqual(response.history[0].status_code, 303)
        self.assertIn("Thank you, we have added it.", self._main(response))
        self.assertIn("<b>Or</b> every second week?", self._main(response))
        self.assertTrue(case.waiting_since)
        for typed, status in (
            ({"csrf_token": "x", "words": "kept"}, 400),
            ({"csrf_token": token, "words": "  "}, 422),
            ({"csrf_token": token, "words": "a" * 2001}, 422),
        ):
            answer = self._get(f"{path}/words", data=typed)
            with self.subTest(status=status):
                self.assertEqual(answer.status_code, status)
                self.assertEqual(self._field(answer, "words").strip(), typed["words"].strip())

    def test_what_is_settled_goes_on_when_they_say_it_is_not(self):
        case = self._asked()
        case.sudo()._move_to("solved")
        path = f"/my/cases/{case.id}"
        told = self._main(self._get(path))
        self.assertIn("If it is not settled for you, write it here", told)
        token = self._field(self._get(path), "csrf_token")
        self._get(
            f"{path}/words", data={"csrf_token": token, "words": "Nobody has called me yet, please do."}
        )
        self.assertNotEqual(case.state, "solved")

    def test_a_day_takes_so_many_words(self):
        case = self._asked()
        path = f"/my/cases/{case.id}"
        token = self._field(self._get(path), "csrf_token")
        answers = [
            self._get(
                f"{path}/words", data={"csrf_token": token, "words": f"Another thought, number {number}"}
            )
            for number in range(11)
        ]
        self.assertEqual({answer.status_code for answer in answers[:9]}, {200})
        self.assertEqual(answers[-1].status_code, 429)

    # ------------------------------------------------------------ how to be reached

    def _preferences(self, **typed):
        token = self._field(self._get("/my/contact"), "csrf_token")
        wishes = {"csrf_token": token, "channel": "phone", "call_from": "18:30", "call_to": "20:00", **typed}
        return self._get("/my/contact", data=wishes)

    def test_a_borrower_says_how_they_like_to_be_reached(self):
        response = self._preferences(tue="1", no_reminders="1", no_surveys="1")
        self.assertEqual(response.history[0].status_code, 303)
        self.assertIn("Thank you, we keep to it from now on.", self._main(response))
        mine = self.customer
        self.assertEqual((mine.preferred_channel, mine.call_from, mine.call_to), ("phone", 18.5, 20))
        self.assertEqual(
            (mine.tue, mine.mon, mine.reminder_opt_out, mine.renewal_opt_out), (True, False, True, False)
        )
        self.assertTrue(mine.sudo().no_surveys)
        self.assertIn(self.partner, mine.message_ids.author_id)
        page = self._get("/my/contact")
        self.assertEqual(self._field(page, "call_from"), "18:30")
        self.assertEqual(self._field(page, "channel"), "phone")
        self._preferences()
        self.assertFalse(mine.reminder_opt_out or mine.tue or mine.sudo().no_surveys)

    def test_wrong_wishes_are_kept_on_the_page_and_nowhere_else(self):
        before = self.customer.preferred_channel
        for typed, words, status in (
            ({"channel": "pigeon"}, "Please choose one.", 422),
            ({"call_from": "evening"}, "Please write the hour like this: 09:00.", 422),
            ({"call_to": "24:30"}, "Please write the hour like this", 422),
            ({"call_from": "21:00"}, "The first hour must lie before the last one.", 422),
            ({"csrf_token": "x"}, "send it once more", 400),
        ):
            response = self._preferences(**typed)
            with self.subTest(typed=typed):
                self.assertEqual(response.status_code, status)
                self.assertIn(words, self._main(response))
        self.assertEqual(self.customer.preferred_channel, before)
        # What is no wish of theirs is not taken, whatever else the form carries.
        self._preferences(manager_user_id=str(self.stranger.id), level_id="1", note="x", active="")
        self.assertEqual(self.customer.manager_user_id, self.manager)

    def test_who_is_no_customer_has_no_such_page(self):
        self._be(self._login_of(self._partner("Nobody At All")))
        self.assertEqual(self._get("/my/contact").status_code, 404)
        self.assertEqual(self._get("/my/contact", data={"channel": "phone"}).status_code, 404)

    def test_a_survey_that_waits_is_offered(self):
        self.assertNotIn("How was it?", self._main(self._get("/my/cases")))
        waiting = self.env["loan.survey.request"].search([("state", "=", "sent")], limit=1)
        if waiting:
            self.env.cr.execute(
                "UPDATE loan_survey_request SET partner_id = %s, company_id = %s, expires_on = %s WHERE id = %s",
                (self.partner.id, self.company.id, "2026-03-20", waiting.id),
            )
            self.env.invalidate_all()
            page = self._get("/my/cases")
            self.assertIn("open until March 20, 2026", self._main(page))
            address = html.fromstring(page.text).xpath("//a[contains(@href, '/loan/ask/')]/@href")[0]
            self.assertEqual(self._get(address).status_code, 200)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanPortalAttempts(PortalCommon):
    """What somebody may try from the portal to reach what is not theirs, and what they get."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.guarantor = cls._login_of(cls._partner("Hu Jing"))
        cls.contract.party_ids = [
            Command.create({"partner_id": cls.guarantor.partner_id.id, "role": "guarantor"})
        ]
        firm = cls._partner("Harbor Ltd", is_company=True)
        cls.firm_loan = cls._contract(cls._customer(partner_id=firm.id, kind="sme"))
        cls.clerk = cls._login_of(cls._partner("Bo Clerk", parent_id=firm.id))
        cls.stranger_login = cls._login_of(cls._partner("Nobody Known"))
        cls.staff = cls._login_of(cls._partner("Li Staff"), "base.group_user")

    # ------------------------------------------------------------ who sees what

    def test_each_sees_their_own_and_nothing_else(self):
        everything = self.contract | self.other_loan | self.firm_loan
        other = self._login_of(self.other.partner_id)
        for user, loans, applications in (
            (self.borrower, self.contract, self.application),
            (other, self.other_loan, self.other_application),
            (self.guarantor, self.contract, self.env["crm.lead"]),
            (self.clerk, self.env["loan.contract"], self.env["crm.lead"]),
            (self.stranger_login, self.env["loan.contract"], self.env["crm.lead"]),
            (self.staff, self.env["loan.contract"], self.env["crm.lead"]),
        ):
            self._be(user)
            told = self._main(self._get("/my/loans"))
            for loan in everything:
                with self.subTest(user=user.name, loan=loan.partner_id.name):
                    self.assertEqual(loan.name in told, loan in loans)
                    status = self._get(self._path(contract=loan)).status_code
                    self.assertEqual(status, 200 if loan in loans else 404)
            for lead in self.application | self.other_application:
                with self.subTest(user=user.name, application=lead.partner_id.name):
                    status = self._get(f"/my/applications/{lead.id}").status_code
                    self.assertEqual(status, 200 if lead in applications else 404)

    def test_nobody_is_asked_who_they_are(self):
        self._be(None)
        for path in ("/my/loans", self._path(), self._path("statement?form=csv"), "/my/applications"):
            with self.subTest(path=path):
                self.assertIn("/web/login", self._get(path).url)

    def test_a_manager_opens_no_customer_by_the_portal(self):
        self.manager.password = self.manager.login
        self._be(self.manager)
        self.assertNotIn(self.contract.name, self._get("/my/loans").text)
        self.assertEqual(self._get(self._path()).status_code, 404)

    def test_who_is_released_sees_the_loan_no_more(self):
        self._be(self.guarantor)
        self.assertEqual(self._get(self._path()).status_code, 200)
        self.contract.party_ids.date_to = TODAY
        self.assertEqual(self._get(self._path()).status_code, 404)
        self.assertNotIn(self.contract.name, self._get("/my/loans").text)

    def test_a_guarantor_reads_of_no_other_case_or_promise_than_their_own(self):
        self._be(self.borrower)
        self._send(self._path("ask"), kind="inquiry", about="loan", words="May I pay weekly?")
        case = self.env["loan.case"].search([("customer_id", "=", self.customer.id)])
        self._be(self.guarantor)
        self.assertNotIn(case.name, self._get(self._path()).text)

    def test_what_is_confidential_is_still_the_borrowers_own(self):
        secret = self.env.ref("loan_crm.loan_confidentiality_level_secret")
        self.customer.with_user(self.compliance)._classify(secret, "Chair of a listed company")
        self._be(self.borrower)
        page = self._get(self._path())
        self.assertEqual(page.status_code, 200)
        self.assertNotIn(self.customer.level_id.name, page.text)

    def test_link_and_login_end_together(self):
        link = self.contract._borrower_url(self.partner).removeprefix(self.contract.get_base_url())
        for name, close, opened in (
            ("archived profile", lambda: self.customer.write({"active": False}), False),
            ("open again", lambda: self.customer.write({"active": True}), True),
            (
                "another contact",
                lambda: self.customer.write({"partner_id": self._partner("Her Sister").id}),
                False,
            ),
        ):
            close()
            self._be(self.borrower)
            with self.subTest(name=name):
                self.assertEqual(self._get(self._path()).status_code, 200 if opened else 404)
                self.assertEqual(self._get(link).status_code, 200 if opened else 404)

    def test_a_login_that_is_given_another_contact_sees_theirs_alone(self):
        self.borrower.partner_id = self.other.partner_id
        self._be(self.borrower)
        self.assertEqual(self._get(self._path()).status_code, 404)
        self.assertEqual(self._get(self._path(contract=self.other_loan)).status_code, 200)

    # ------------------------------------------------------------ addresses

    def _wrong_loans(self):
        """Return what an address may name instead of a loan of one's own, by what it is."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.user.company_ids |= elsewhere
        far = self._contract(self._customer(partner_id=self._partner("Far Away").id))
        abroad = self._contract()
        self.env.cr.execute(
            "UPDATE loan_contract SET company_id = %s WHERE id = %s", (elsewhere.id, abroad.id)
        )
        self.env.invalidate_all()
        mine = self.contract.id
        return {
            "another borrower's": self.other_loan.id,
            "a stranger's": far.id,
            "a firm's": self.firm_loan.id,
            "another lender's": abroad.id,
            "a draft of one's own": self._contract(active=False).id,
            "absent": 2**31 - 1,
            "beyond the database": 2**63,
            "huge": "9" * 300,
            "negative": -mine,
            "zero": 0,
            "leading zero": f"0{mine}",
            "plus": f"+{mine}",
            "a fraction": f"{mine}.0",
            "an exponent": "1e3",
            "hexadecimal": hex(mine),
            "full-width digits": "".join(chr(0xFF10 + int(digit)) for digit in str(mine)),
            "blanks around": f"%20{mine}%20",
            "a list": f"{mine},{self.other_loan.id}",
            "SQL": f"{self.other_loan.id} OR 1=1",
            "more SQL": f"{mine}'; DROP TABLE loan_contract; --",
            "null byte": f"{mine}%00",
            "words": "all",
            "a path": "..%2f..%2fweb",
            "a script": "%3Cscript%3Ealert(1)",
            "a token": self.contract._borrower_url(self.partner).rpartition("/")[2],
        }

    def test_whatever_an_address_names_that_is_not_theirs_is_the_same_page(self):
        wrong = self._wrong_loans()
        self._be(self.borrower)
        nothing = self._nothing()
        self.assertIn("There is nothing here", nothing)
        pages = ("", "/hardship", "/promise", "/ask", "/statement", "/statement?form=csv", "/key-facts")
        for name, number in wrong.items():
            for page in pages:
                response = self._get(f"/my/loans/{number}{page}")
                with self.subTest(name=name, page=page):
                    self.assertEqual(response.status_code, 404)
                    if name not in ("a path", "null byte"):  # refused before they reach us
                        self.assertEqual(self._main(response), nothing)
                    self.assertNotIn("Zhou Na", response.text)
                    self.assertNotIn(self.other_loan.name, response.text)
        case = self._case_of(self.other)
        for name, number in {**wrong, "another's case": case.id}.items():
            for page in ("prepay", "cases"):
                with self.subTest(page=page, name=name):
                    self.assertEqual(self._get(f"/my/{page}/{number}").status_code, 404)
        leads = {**wrong, "another applicant's": self.other_application.id, "a lead": self._odoo_lead().id}
        for name, number in leads.items():
            if str(number) == str(self.application.id):
                continue
            response = self._get(f"/my/applications/{number}")
            with self.subTest(application=name):
                self.assertEqual(response.status_code, 404)

    def _case_of(self, customer):
        return (
            self.env["loan.case"]
            .with_user(self.manager)
            .create({"customer_id": customer.id, "subject": "Her own matter", "company_id": self.company.id})
        )

    def _odoo_lead(self):
        """Return a lead of the borrower's that is no application."""
        return self.env["crm.lead"].create({"name": "Wants a brochure", "partner_id": self.partner.id})

    def test_no_token_and_no_parameter_opens_what_is_not_theirs(self):
        self._be(self.borrower)
        token = self.other_loan._borrower_url(self.other.partner_id).rpartition("/")[2]
        for query in (
            f"access_token={token}",
            "access_token=x",
            f"partner_id={self.other.partner_id.id}",
            f"id={self.other_loan.id}&loan={self.other_loan.id}",
            f"uid={self.manager.id}&sudo=1",
            "debug=1",
            f"company_id={self.company.id}",
            f"loan={self.contract.id}",
        ):
            with self.subTest(query=query):
                self.assertEqual(
                    self._get(f"{self._path(contract=self.other_loan)}?{query}").status_code, 404
                )
                listed = self._get(f"/my/loans?{query}").text
                self.assertNotIn(self.other_loan.name, listed)

    def test_a_post_to_what_is_not_theirs_writes_nothing(self):
        self._be(self.borrower)
        token = self._field(self._get(self._path("ask")), "csrf_token")
        for page, typed in (
            ("hardship", {"cause": "income", "wish": "talk"}),
            ("promise", {"when": "will", "amount": "5", "day": "2026-03-20"}),
            ("ask", {"kind": "inquiry", "about": "loan", "words": "Hello"}),
        ):
            path = self._path(page, self.other_loan)
            with self.subTest(page=page):
                self.assertEqual(self._get(path, data={"csrf_token": token, **typed}).status_code, 404)
        payoff = {"csrf_token": token, "kind": "settle", "day": "2026-03-20"}
        self.assertEqual(self._get(f"/my/prepay/{self.other_loan.id}/request", data=payoff).status_code, 404)
        self.assertFalse(self._requests(self.other_loan))
        self.assertFalse(self.env["loan.case"].search([("customer_id", "=", self.other.id)]))
        self.assertFalse(self._posts())
        case = self._case_of(self.other)
        words = {"csrf_token": token, "words": "Settled, thank you"}
        self.assertEqual(self._get(f"/my/cases/{case.id}/words", data=words).status_code, 404)
        self.assertNotIn("Settled", "".join(case.message_ids.mapped("body")))
        paper = self.other_application.loan_document_ids[0]
        for lead in (self.other_application, self.application):
            response = self._get(
                f"/my/applications/{lead.id}/papers",
                data={"csrf_token": token, "paper": str(paper.id)},
                files=[("files", ("a.pdf", PDF))],
            )
            with self.subTest(paper_of=paper.lead_id.name, sent_to=lead.name):
                self.assertEqual(response.status_code, 404)
        self.assertFalse(paper.attachment_ids)

    def test_a_form_not_given_out_here_writes_nothing_and_keeps_what_was_typed(self):
        self._be(self.borrower)
        for token in ("", "forged", "0" * 40 + "o9999999999"):
            response = self._get(
                self._path("ask"),
                data={"csrf_token": token, "kind": "inquiry", "about": "loan", "words": "from elsewhere"},
            )
            with self.subTest(token=token):
                self.assertEqual(response.status_code, 400)
                self.assertEqual(self._field(response, "words").strip(), "from elsewhere")
        self.assertFalse(self.env["loan.case"].search([("customer_id", "=", self.customer.id)]))

    def test_opening_a_page_changes_nothing_whatever_it_carries(self):
        self._be(self.borrower)
        before = self.contract.read()[0]
        for path in (
            self._path(),
            self._path("ask?kind=inquiry&about=loan&words=hello"),
            self._path("promise?when=will&amount=5&day=2026-03-20"),
            self._path("statement?form=csv"),
            f"/my/applications/{self.application.id}",
        ):
            self.assertEqual(self._get(path).status_code, 200)
        self.assertEqual(self.contract.read()[0], before)
        self.assertFalse(self.env["loan.case"].search([("customer_id", "=", self.customer.id)]))
        for verb in ("PUT", "DELETE", "PATCH"):
            self.assertEqual(self.opener.request(verb, self.base_url() + self._path()).status_code, 405, verb)

    def test_no_cache_keeps_a_page_and_no_other_site_frames_it(self):
        self._be(self.borrower)
        for path in (
            "/my/loans",
            self._path(),
            self._path("ask"),
            self._path("statement?form=csv"),
            self._path("key-facts"),
            "/my/loans/0",
            "/my/applications",
            f"/my/applications/{self.application.id}",
            f"/my/prepay/{self.contract.id}",
            "/my/cases",
        ):
            headers = self._get(path).headers
            with self.subTest(path=path):
                self.assertIn("no-store", headers["Cache-Control"])
                self.assertIn("frame-ancestors 'self'", headers["Content-Security-Policy"])
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                self.assertIn("noindex", headers["X-Robots-Tag"])

    # ------------------------------------------------------------ Odoo's own doors

    @contextmanager
    def _quiet(self):
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule"):
            yield

    def test_no_model_of_ours_answers_a_portal_user(self):
        self._be(self.borrower)
        names = sorted(name for name in self.registry if name.startswith("loan."))
        self.assertGreater(len(names), 100)
        calls = {
            "search_read": ([[]], {}),
            "read": ([[1]], {}),
            "web_search_read": ([[]], {"specification": {"display_name": {}}}),
            "name_search": (["a"], {}),
            "search_count": ([[]], {}),
            "formatted_read_group": ([[]], {"groupby": [], "aggregates": ["__count"]}),
            "create": ([{}], {}),
            "write": ([[1], {}], {}),
            "unlink": ([[1]], {}),
            "_loans": ([], {}),
            "_loan": (["1"], {}),
            "_borrower_facts": ([[1], 1], {}),
            "action_revoke_links": ([[self.contract.id]], {}),
        }
        with self._quiet():
            for name in names:
                for method, (args, kwargs) in calls.items():
                    answer = self._call(name, method, args, kwargs)
                    with self.subTest(model=name, method=method):
                        self.assertIn("error", answer)

    def _call(self, model, method, args, kwargs):
        payload = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"model": model, "method": method, "args": args, "kwargs": kwargs},
        }
        response = self.opener.post(
            f"{self.base_url()}/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(payload),
            headers={"Content-Type": "application/json"},
        )
        return response.json()

    def test_odoos_models_tell_a_portal_user_nothing_of_it_either(self):
        self._be(self.borrower)
        paper = self.other_application.loan_document_ids[0]
        file = self.env["ir.attachment"].create(
            {"name": "secret.pdf", "raw": PDF, "res_model": paper._name, "res_id": paper.id}
        )
        with self._quiet():
            for model, method, args in (
                ("crm.lead", "search_read", [[]]),
                ("crm.lead", "read", [[self.application.id]]),
                ("ir.attachment", "read", [[file.id]]),
                ("ir.attachment", "search_read", [[["id", "=", file.id]]]),
                ("mail.message", "search_read", [[["model", "=like", "loan.%"]]]),
                ("mail.message", "search_read", [[["model", "=", "crm.lead"]]]),
                ("mail.activity", "search_read", [[]]),
                ("mail.followers", "search_read", [[]]),
            ):
                answer = self._call(model, method, args, {"fields": ["id"]} if method != "read" else {})
                with self.subTest(model=model, method=method):
                    self.assertFalse(answer.get("result"))
            for path in (
                f"/web/content/{file.id}",
                f"/web/image/{file.id}",
                f"/web/content/{file.id}?access_token=1",
            ):
                with self.subTest(path=path):
                    self.assertNotIn(PDF, self._get(path).content)

    def test_the_shape_of_a_model_names_nobody(self):
        self._be(self.borrower)
        with self._quiet():
            for model in ("loan.customer", "loan.contract", "loan.case", "crm.lead"):
                with self.subTest(model=model):
                    told = json.dumps(self._call(model, "fields_get", [], {}))
                    for secret in ("Wang Fang", "Zhou Na", self.contract.name):
                        self.assertNotIn(secret, told)

    def test_a_key_opens_no_more_than_the_login(self):
        key = self.env["res.users.apikeys"].with_user(self.borrower).sudo()._generate("rpc", "probe", None)
        self.env.flush_all()
        self._be(None)
        for model, method, body in (
            ("loan.contract", "search_read", {"domain": []}),
            ("loan.contract", "read", {"ids": self.contract.ids, "fields": ["name"]}),
            ("loan.customer", "name_search", {"name": "Wang"}),
            ("loan.portal", "_loans", {}),
            ("loan.lead.document", "search_read", {"domain": []}),
            ("crm.lead", "search_read", {"domain": []}),
        ):
            with (
                self.subTest(model=model, method=method),
                mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2"),
            ):
                answer = self.url_open(
                    f"/json/2/{model}/{method}", headers={"Authorization": f"bearer {key}"}, json=body
                )
                self.assertIn(answer.status_code, (403, 404))
                self.assertNotIn(self.contract.name, answer.text)

    def test_json2_and_reports_ask_for_rights_as_well(self):
        self._be(self.borrower)
        response = self.opener.post(
            f"{self.base_url()}/json/2/loan.contract/search_read",
            data=json.dumps({"domain": []}),
            headers={"Content-Type": "application/json"},
        )
        self.assertIn(response.status_code, (401, 403))
        self.assertNotIn(self.contract.name, response.text)
        for report in ("loan_crm.report_loan_statement", "loan_crm.report_loan_key_facts"):
            with self.subTest(report=report), self._quiet():
                printed = self._get(f"/report/html/{report}/{self.contract.id}")
                self.assertNotIn(self.contract.name, printed.text)
