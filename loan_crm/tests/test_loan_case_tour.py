from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import BrowserCommon, LoanCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanCaseTour(BrowserCommon, LoanCommon):
    """The life of a case in a real browser: as its manager, and as the lead who sees that nobody has answered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.special = cls._case_team("Special Support", cls.lead, cls.desk | cls.lead, level="3")
        cls.front = cls._case_team("Front Desk", cls.lead, cls.desk, next_id=cls.special.id)

    @classmethod
    def _case_team(cls, name, leader, members, **values):
        return cls.env["loan.case.team"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "user_id": leader.id,
                "member_ids": [Command.set(members.ids)],
                **values,
            }
        )

    def _case(self, subject, **values):
        return (
            self.env["loan.case"]
            .with_user(self.desk)
            .create({"subject": subject, "customer_id": self.customer.id, "team_id": self.front.id, **values})
            .with_env(self.env)
        )

    def test_a_manager_leads_a_case_to_its_end(self):
        rate = self.env.ref("loan_crm.loan_case_category_rate")
        case = self._case("Wrong interest in March", category_id=rate.id, words="Why is it so high?")
        self.start_tour("/odoo/loan-cases", "loan_case_manager", login=self.manager.login)
        self.assertEqual((case.state, case.responded_user_id), ("closed", self.manager))
        self.assertEqual(case.pause_ids.reason, "Her statement of March")
        self.assertEqual(case.solution, "Interest explained, day by day")

    def test_a_lead_sees_who_waits_and_passes_it_up(self):
        case = self._case("Rude at the counter", kind="complaint")
        message = case._message_log(body="Rude!", author_id=self.customer.partner_id.id)
        case._wait_for_answer(message, self.desk)
        case.sudo().waiting_since = fields.Datetime.now() - timedelta(hours=5)
        self.start_tour("/odoo/loan-unanswered", "loan_case_lead", login=self.lead.login)
        self.assertEqual(case.team_id, self.special)
        self.assertNotEqual(case.user_id, self.desk)

    def test_a_manager_makes_a_case_of_a_talk(self):
        talk = (
            self.env["loan.interaction"]
            .with_user(self.manager)
            .create({"customer_id": self.customer.id, "note": "<p>Asks for a later due day.</p>"})
        )
        self.start_tour(
            f"/odoo/action-loan_crm.loan_interaction_action/{talk.id}",
            "loan_case_of_talk",
            login=self.manager.login,
        )
        self.assertEqual(talk.made_case_id.words, "Asks for a later due day.")
