from odoo.tests import freeze_time, tagged

from .common import NOW
from .test_loan_portal import PortalCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanPortalAsk(PortalCommon):
    """Somebody without a loan asks and complains, and is answered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.applicant = cls._partner("Hu Die", email="hu.die@example.com")
        cls.lead_of = cls._application("Hu Die", partner_id=cls.applicant.id).with_env(cls.env)
        cls.login = cls._login_of(cls.applicant)

    def setUp(self):
        super().setUp()
        self._be(self.login)

    def _ask(self, **typed):
        about = f"application-{self.lead_of.id}"
        return self._send("/my/ask", **{"kind": "inquiry", "about": about, "words": "How long?", **typed})

    def _cases(self, partner=None):
        return self.env["loan.case"].search([("partner_id", "=", (partner or self.applicant).id)], order="id")

    def test_an_applicant_asks_about_their_application(self):
        self.assertIn("/my/ask", self._get("/my/cases").text)
        response = self._ask()
        self.assertEqual(response.history[0].status_code, 303)
        case = self._cases()
        self.assertEqual(
            (case.lead_id, case.customer_id, case.kind, case.user_id, case.company_id),
            (self.lead_of, self.env["loan.customer"], "inquiry", self.lead_of.user_id, self.company),
        )
        told = self._main(response)
        self.assertIn(case.name, told)
        self.assertIn(self.lead_of.user_id.name, told)
        self.assertIn(case.name, self._main(self._get("/my/cases")))
        self.assertIn("How long?", self._main(self._get(f"/my/cases/{case.id}")))
        wait = self.env["loan.response"].search([("case_id", "=", case.id)])
        self.assertEqual((wait.state, wait.owner_user_id), ("waiting", self.lead_of.user_id))
        self.assertTrue(case.with_user(self.lead_of.user_id).has_access("read"))
        self.assertFalse(case.with_user(self.stranger).has_access("read"))
        self.assertNotIn("We have it under", self._main(self._get("/my/ask")))

    def test_a_complaint_goes_where_complaints_go(self):
        team = self.env["loan.case.team"].create(
            {
                "name": "Complaints",
                "company_id": self.company.id,
                "takes_complaints": True,
                "member_ids": [(6, 0, self.desk.ids)],
            }
        )
        self._ask(kind="complaint", words="Nobody calls me, I have waited for three weeks.")
        case = self._cases()
        self.assertEqual((case.kind, case.team_id, case.user_id), ("complaint", team, self.desk))

    def test_asked_twice_it_is_one_case(self):
        self._ask()
        self._ask()
        self.assertEqual(len(self._cases()), 1)

    def test_a_customer_whose_loans_are_repaid_asks_about_something_else(self):
        customer = self._customer("Tao Li")
        self._be(self._login_of(customer.partner_id))
        told = self._send(
            "/my/ask", kind="request", about=f"lender-{self.company.id}", words="A paper, please"
        )
        self.assertIn("We have it under the number", self._main(told))
        case = self._cases(customer.partner_id)
        self.assertEqual((case.customer_id, case.user_id), (customer, self.manager))
        self.assertFalse(case.lead_id or case.contract_id)

    def test_who_applies_and_has_a_profile_has_it_at_their_profile(self):
        self._be(self.borrower)
        self._send("/my/ask", kind="inquiry", about=f"application-{self.application.id}", words="When?")
        case = self._cases(self.partner)
        self.assertEqual((case.customer_id, case.lead_id), (self.customer, self.application))

    def test_p49_what_is_not_theirs_is_no_choice_and_what_was_typed_stays(self):
        for about in (
            f"application-{self.application.id}",
            f"application-{self.other_application.id}",
            "lender-0",
            f"lender-{self.env.ref('base.main_company').id}",
            "loan",
            "",
            "<b>",
        ):
            with self.subTest(about=about):
                response = self._ask(about=about, words="Somebody else's")
                self.assertEqual(response.status_code, 422)
                self.assertEqual(self._field(response, "words").strip(), "Somebody else's")
        for words, status in (("", 422), ("x" * 2001, 422)):
            self.assertEqual(self._ask(words=words).status_code, status)
        response = self._get("/my/ask", data={"csrf_token": "no", "kind": "inquiry", "words": "typed"})
        self.assertEqual((response.status_code, self._field(response, "words").strip()), (400, "typed"))
        self.assertFalse(self._cases())

    def test_p49_a_case_about_an_application_is_its_askers_alone(self):
        self._ask()
        case = self._cases()
        self._be(self.borrower)
        self.assertEqual(self._get(f"/my/cases/{case.id}").status_code, 404)
        self._be(self._login_of(self._partner("Qiu Yi")))
        self.assertEqual(self._get("/my/ask").status_code, 404)

    def test_who_is_forgotten_leaves_no_words_behind(self):
        self._ask(words="My mother is ill")
        case = self._cases()
        profile = self._customer("Hu Die", partner_id=self.applicant.id)
        self.lead_of.action_set_lost()
        profile._forget(complete=True)
        self.env.invalidate_all()
        self.assertFalse(case.words)
        self.assertNotIn("ill", f"{case.subject}{''.join(case.message_ids.mapped('body'))}")

    def test_a_flood_of_questions_is_stopped(self):
        self.company.loan_posts_per_hour = 2
        statuses = [self._ask(words=f"Question {number}, another one").status_code for number in range(3)]
        self.assertEqual(statuses, [200, 200, 429])

    def test_an_applicant_without_a_profile_is_called_back(self):
        self.applicant.phone = "13800138000"
        token = self._field(self._get("/my/easy"), "csrf_token")
        data = {"csrf_token": token, "lender": str(self.company.id), "part": "soon"}
        told = self._main(self._get("/my/easy/call", data=data))
        self.assertIn(f"{self.lead_of.user_id.name} will call you", told)
        case = self._cases()
        self.assertEqual((case.call_part, case.lead_id), ("soon", self.lead_of))
        case.with_user(self.lead_of.user_id).action_mark_answered()
        self.assertEqual(case.state, "solved")
