import base64
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanCustomerErasure(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._user("compliance", "Ye Qing")
        cls.partner = cls.customer.partner_id
        cls.partner.write({"name": "Zuo Qiuming", "email": "zuo.qiuming@example.com"})
        cls.partner.write({"phone": "+86 21 5555 0199", "street": "8 Century Avenue", "comment": "Widow"})
        cls.customer.with_user(cls.manager).write(
            {"note": "Do not call at noon.", "needs": "Peace", "assisted": True}
        )
        cls.loan = cls._contract(principal=100, term=1, yearly_rate=0, debit_account="Bank 1234")
        cls.message = cls.loan.with_user(cls.manager).message_post(body="Zuo Qiuming called.")
        cls.repayment = cls._pay(cls.loan, 100, note="From her sister")
        cls.paper = cls.env["loan.customer.document"].create(
            {
                "customer_id": cls.customer.id,
                "type_id": cls.env.ref("loan_crm.loan_document_type_identity_card").id,
                "number": "310101199001012233",
            }
        )
        cls.scan = cls.env["ir.attachment"].create(
            {
                "name": "card.png",
                "datas": base64.b64encode(b"x"),
                "res_model": cls.paper._name,
                "res_id": cls.paper.id,
            }
        )

    def _ask(self, customer=None, user=None, basis="request"):
        return (customer or self.customer).with_user(user or self.compliance)._request_erasure(basis)

    def _erase(self, customer=None, user=None):
        erasure = self._ask(customer)
        erasure.with_user(user or self.lead).action_confirm()
        return erasure.with_env(self.env)

    def test_the_form_shows_what_becomes_of_what_and_asks(self):
        form = (
            self.env["loan.customer.erase"]
            .with_user(self.compliance)
            .create({"customer_id": self.customer.id})
        )
        lines = {line.label: line for line in form.line_ids}
        self.assertEqual(lines["Loan"].count, 1)
        self.assertEqual(lines["Customer Document"].what, "Deleted")
        self.assertEqual(lines["Contact"].what, "Emptied")
        self.assertEqual((form.kept_until, form.waits), (TODAY + relativedelta(years=10), True))
        opened = form.action_request()
        erasure = self.env["loan.customer.erasure"].browse(opened["res_id"])
        self.assertEqual((erasure.state, erasure.requested_user_id), ("requested", self.compliance))
        self.assertTrue(self.customer.active and self.customer.note)
        with self.assertRefused("asked already"):
            self._ask()

    def test_while_loan_records_are_kept_only_what_they_do_not_need_goes(self):
        erasure = self._erase()
        self.assertEqual((erasure.state, erasure.erase_on), ("waiting", TODAY + relativedelta(years=10)))
        self.assertEqual((self.customer.active, self.customer.erase_on), (False, erasure.erase_on))
        self.assertFalse(self.customer.note or self.customer.needs or self.customer.assisted)
        self.assertTrue(self.paper.exists() and self.message.exists() and self.loan.debit_account)
        self.assertEqual(self.partner.phone, "+86 21 5555 0199")

        self.assertEqual(self._night(TODAY + relativedelta(years=9)), 0)
        with self._days_later(3653):
            self.assertEqual(self._night(TODAY + relativedelta(days=3653)), 1)
            self.assertEqual(self._night(TODAY + relativedelta(days=3653)), 0)
        self.assertEqual(erasure.state, "done")
        self.assertEqual(self.partner.name, f"Erased {self.customer.reference}")

    def _night(self, day):
        night = self.env["loan.night"].search([("company_id", "=", self.company.id), ("date", "=", day)])
        night = night or self.env["loan.night"].create({"company_id": self.company.id, "date": day})
        return self.env["loan.customer.erasure"]._night_erase(night)

    def test_when_the_time_is_over_nothing_tells_who_it_was_and_the_books_add_up(self):
        self.company.loan_retention_years = 0
        survey = self.env["survey.survey"].create(
            {
                "title": "How was it?",
                "question_and_page_ids": [(0, 0, {"title": "Tell us", "question_type": "text_box"})],
            }
        )
        answer = self.env["survey.user_input"].create(
            {
                "survey_id": survey.id,
                "partner_id": self.partner.id,
                "email": self.partner.email,
                "user_input_line_ids": [
                    (
                        0,
                        0,
                        {
                            "question_id": survey.question_and_page_ids.id,
                            "answer_type": "text_box",
                            "value_text_box": "I am Fang",
                        },
                    )
                ],
            }
        )
        elsewhere = self.env["mail.message"].create(
            {"body": "x", "author_id": self.partner.id, "email_from": self.partner.email}
        )
        todo = self.loan.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
        paid = self.loan.amount_total
        erasure = self._erase()
        self.assertEqual(erasure.state, "done")
        gone = (self.paper, self.scan, self.message, todo, self.customer.message_ids, self.loan.message_ids)
        for record in gone:
            with self.subTest(gone=record):
                self.assertFalse(record.exists())
        self.assertFalse(self.loan.message_follower_ids | self.customer.message_follower_ids)
        self.assertEqual((self.loan.amount_total, self.repayment.amount), (paid, 100))
        self.assertFalse(self.loan.debit_account or self.repayment.note)
        name = f"Erased {self.customer.reference}"
        self.assertEqual((self.customer.name, self.partner.name, self.partner.active), (name, name, False))
        for field in ("email", "phone", "street", "comment"):
            self.assertFalse(self.partner[field])
        self.assertFalse(answer.partner_id or answer.email or answer.user_input_line_ids)
        self.assertFalse(elsewhere.email_from)
        self.assertEqual((self.customer.active, self.customer.erased_on), (False, TODAY))
        told = str(erasure.read()[0])
        for word in ("Zuo", "zuo", "0199", "Century"):
            self.assertNotIn(word, told)
        self.assertIn("Loan: 1", erasure.counts_told)
        with self.assertRefused("cannot come back"):
            self.customer.with_user(self.lead).active = True
        with self.assertRefused("erased already"):
            self._ask()
        # Whoever looks through the whole database by name finds nobody.
        for table, column in self.env.execute_query(self._words_query()):
            self.env.cr.execute(
                f'SELECT 1 FROM "{table}" WHERE "{column}"::text ~ %s LIMIT 1', ["Zuo Qiuming|zuo.qiuming"]
            )
            self.assertFalse(self.env.cr.fetchone(), f"{table}.{column} still tells the name")

    def _words_query(self):
        from odoo.tools import SQL

        return SQL(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type IN ('character varying', 'text', 'jsonb') AND table_name ~ '^(loan|mail|res|survey|ir_att)' "
            "AND table_name !~ '^(res_country|res_lang|res_currency|res_groups|ir_model)'"
        )

    def _application(self, partner=None, **values):
        return self.env["crm.lead"].create(
            {
                "name": "Zuo Qiuming's car",
                "type": "opportunity",
                "partner_id": (partner or self.partner).id,
                "company_id": self.company.id,
                "team_id": self.team.id,
                "user_id": self.manager.id,
                "loan_product_id": self.product.id,
                "loan_kind": "person",
                "loan_amount": 5000,
                "loan_term": 12,
                "loan_purpose": "A car for Zuo Qiuming",
                "description": "Zuo Qiuming called",
                **values,
            }
        )

    def test_closed_applications_forget_who_asked_and_keep_no_contact_in_use(self):
        self.company.loan_retention_years = 0
        referrer = self._partner("Ji Ping")
        lost, won = self._application(referrer_partner_id=referrer.id), self._application()
        friend = self._application(
            self._partner("Mo Di"),
            referrer_partner_id=self.partner.id,
            name="Mo Di's car",
            description=False,
            loan_purpose=False,
        )
        other = self._customer("Mo Di's sister", referrer_partner_id=self.partner.id)
        document = self.env["loan.lead.document"].create(
            {"lead_id": lost.id, "name": "Zuo Qiuming's letter", "lacks": "Zuo Qiuming's second page"}
        )
        file = self.env["ir.attachment"].create({"name": "zuo.qiuming.pdf", "raw": b"x"})
        document.attachment_ids = file
        meeting = self.env["calendar.event"].create(
            {
                "name": "Zuo Qiuming",
                "start": "2026-01-01 08:00:00",
                "stop": "2026-01-01 09:00:00",
                "opportunity_id": lost.id,
            }
        )
        lost.activity_schedule("mail.mail_activity_data_call", user_id=self.manager.id)
        lost.message_post(body="Zuo Qiuming came by")
        lost.action_set_lost()
        won.action_set_won()
        form = (
            self.env["loan.customer.erase"]
            .with_user(self.compliance)
            .create({"customer_id": self.customer.id})
        )
        lines = {line.label: line for line in form.line_ids}
        self.assertEqual(lines["Applications for Loans"].count, 2)
        self.assertEqual(lines["Contact"].what, "Emptied")

        erasure = self._erase()
        self.assertEqual(erasure.counts["crm.lead"], 2)
        name = f"Erased {self.customer.reference}"
        for lead in lost | won:
            self.assertEqual((lead.name, lead.loan_amount), (name, 5000))
            for field in ("partner_id", "email_from", "phone", "street", "loan_purpose", "description"):
                self.assertFalse(lead[field], field)
            self.assertFalse(lead.message_ids or lead.message_follower_ids or lead.activity_ids)
        self.assertFalse(lost.referrer_partner_id)
        self.assertEqual((lost.won_status, won.won_status), ("lost", "won"))
        self.assertFalse(file.exists() or meeting.exists() or document.lacks)
        self.assertEqual((document.name, document.told_name), ("—", "—"))
        self.assertEqual(self.partner.name, name)
        self.assertFalse(friend.referrer_partner_id | other.referrer_partner_id)
        self.assertEqual(friend.partner_id.name, "Mo Di")
        query = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        )
        query += "AND data_type IN ('character varying', 'text', 'jsonb') AND table_name ~ '^(crm|calendar)_'"
        self.env.cr.execute(query)
        for table, column in self.env.cr.fetchall():
            self.env.cr.execute(
                f'SELECT 1 FROM "{table}" WHERE "{column}"::text ~ %s LIMIT 1', ["Zuo Qiuming|zuo.qiuming"]
            )
            self.assertFalse(self.env.cr.fetchone(), f"{table}.{column} still tells the name")

    def test_an_application_that_became_a_loan_is_kept_as_long_as_the_loan(self):
        lost, won = self._application(), self._application()
        lost.action_set_lost()
        won.action_set_won()
        self.loan.sudo().lead_id = won
        erasure = self._erase()
        self.assertEqual(erasure.state, "waiting")
        self.assertFalse(lost.partner_id or lost.description)
        self.assertEqual((won.partner_id, won.loan_purpose), (self.partner, "A car for Zuo Qiuming"))
        with self._days_later(3653):
            self._night(TODAY + relativedelta(days=3653))
        self.env.invalidate_all()
        self.assertEqual(erasure.state, "done")
        self.assertFalse(won.partner_id or won.loan_purpose)
        self.assertEqual(self.partner.name, f"Erased {self.customer.reference}")

    def test_an_open_application_stands_in_the_way_and_says_with_whom_it_is(self):
        lead = self._application()
        with self.assertRefused("still open, with Lin Mei"):
            self._ask()
        lead.action_set_lost()
        erasure = self._ask()
        lead.action_unarchive()
        with self.assertRefused("still open"):
            erasure.with_user(self.lead).action_confirm()
        lead.action_set_lost()
        erasure.with_user(self.lead).action_confirm()
        self.assertEqual(erasure.state, "waiting")

    def test_a_contact_that_odoo_uses_elsewhere_stays_and_the_profile_lets_go_of_it(self):
        self.company.loan_retention_years = 0
        self.env["crm.lead"].create({"name": "New kiln", "partner_id": self.partner.id})
        form = (
            self.env["loan.customer.erase"]
            .with_user(self.compliance)
            .create({"customer_id": self.customer.id})
        )
        told = form.line_ids.filtered(lambda line: line.label == "Contact")
        self.assertIn("Lead", told.why)
        self._erase()
        self.assertEqual((self.partner.name, self.partner.phone), ("Zuo Qiuming", "+86 21 5555 0199"))
        self.assertNotEqual(self.customer.partner_id, self.partner)
        self.assertEqual(self.customer.name, f"Erased {self.customer.reference}")
        self.assertEqual(self.loan.partner_id, self.customer.partner_id)
        # They may come back as a new customer.
        self.assertTrue(self._customer(partner_id=self.partner.id))

    def test_who_never_borrowed_is_erased_at_once(self):
        nobody = self._customer("He Ping")
        erasure = self._erase(nobody)
        self.assertEqual((erasure.state, erasure.erase_on), ("done", False))
        self.assertEqual(nobody.partner_id.name, f"Erased {nobody.reference}")

    def test_it_takes_two_people_and_the_right_ones(self):
        for user in (self.manager, self.lead, self.desk, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._ask(user=user)
        erasure = self._ask()
        with self.assertRefused("Somebody else"):
            erasure.action_confirm()
        for user in (self.manager, self.desk, self.other_lead, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                erasure.with_user(user).action_confirm()
        for user in (self.lead, self.second):
            with self.subTest(user=user.name):
                self.assertTrue(erasure.with_user(user).has_access("read"))
                self.assertFalse(erasure.with_user(user).has_access("write"))
                self.assertFalse(self.env["loan.customer.erasure"].with_user(user).has_access("create"))
        self.assertFalse(erasure.with_user(self.other_lead).has_access("read"))
        with self.assertRaises(AccessError):
            self.customer.with_user(self.lead).erased_on = TODAY
        erasure.with_user(self.second).action_confirm()
        with self.assertRefused("nothing to confirm"):
            erasure.with_user(self.lead).action_confirm()
        erasure.with_user(self.lead).action_withdraw()
        self.assertEqual((erasure.state, self.customer.erase_on), ("withdrawn", False))
        self.assertEqual(self._night(TODAY + relativedelta(years=20)), 0)

    def test_a_running_loan_a_draft_or_a_handover_stands_in_the_way(self):
        draft = self._contract(active=False)
        with self.assertRefused("running or being drawn up"):
            self._ask()
        draft.unlink()
        self.customer.sudo().incoming_user_id = self.colleague
        with self.assertRefused("handed over"):
            self._ask()
        self.customer.sudo().incoming_user_id = False
        erasure = self._ask()
        running = self._contract()
        with self.assertRefused("running"):
            erasure.with_user(self.lead).action_confirm()
        running.with_user(self.manager)
        self.assertTrue(self.customer.active)

    def test_a_merge_leaves_alone_who_is_to_be_erased(self):
        self._erase()
        with self.assertRefused("being erased"):
            self._customer("Wang Fang (2)").with_user(self.lead)._merge(self.customer.with_user(self.lead))

    def test_one_that_fails_is_told_and_keeps_nobody_waiting(self):
        self._erase()
        self.company.loan_retention_years = 0
        other = self._customer("He Ping")
        loan = self._contract(other, principal=100, term=1)
        self._pay(loan, loan.amount_open)
        self.company.loan_retention_years = 10
        second = self._erase(other)
        self.customer.active = True
        self._contract(principal=100)
        day = TODAY + timedelta(3700)
        self.assertEqual(self._night(day), 2)
        self.assertEqual(second.state, "done")
        failure = self.env["loan.night.failure"].search([("step", "=", "erase")])
        self.assertEqual(failure.customer_id, self.customer)
        self.assertEqual(self._night(day), 0)
