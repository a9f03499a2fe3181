from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import NOW, TODAY, freeze_time
from .test_loan_board import BoardCommon

# Lin Mei's application has been in a stage of two days since then.
LONG_AGO = "2026-02-10 02:00:00"


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanBoardLead(BoardCommon):
    """An application that is stuck stands on the board, and goes to a manager who may have it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stuck = cls._stuck()

    @classmethod
    def _stuck(cls, name="Zhou Yu", **values):
        lead = cls._application(name, **values).with_env(cls.env)
        lead.date_last_stage_update = LONG_AGO
        cls.env.flush_all()
        return lead

    def _seen(self, lead, user):
        self.env.invalidate_all()
        return bool(lead.with_user(user)._filtered_access("read"))

    # ------------------------------------------------------------ where it stands

    def test_what_is_stuck_is_a_card_that_can_be_handed_on(self):
        self._application("Zhang Yan")  # in its stage since today
        board = self._board()
        lane = self._lane("stuck", board)
        self.assertEqual((lane["count"], lane["late"]), (1, 1))
        [row] = lane["rows"]
        self.assertEqual((row["title"], row["owner"], row["mark"]), ("Zhou Yu", "Lin Mei", "danger"))
        self.assertEqual(row["told"], "26 days late")
        self.assertEqual(row["hand"], {"model": "crm.lead", "id": self.stuck.id})
        self.assertEqual([deed["label"] for deed in row["deeds"]], ["Ask for Documents", "Plan a Step"])
        self.assertEqual(self._cells(self.manager, board)["stuck"], 1)
        self.assertEqual(self._listed("stuck"), self.stuck)
        self.assertEqual(self._listed("stuck", user_id=self.manager.id), self.stuck)
        self.assertFalse(self._listed("stuck", user_id=self.colleague.id))

    def test_an_applicant_who_waits_is_handed_on_with_their_wait(self):
        fresh = self._application("Zhang Yan").with_env(self.env)
        fresh.partner_id.email = "zhang.yan@example.com"
        letter = fresh.with_user(self.manager).message_post(
            body="Your papers are here.",
            subtype_xmlid="mail.mt_comment",
            partner_ids=fresh.partner_id.ids,
        )
        self._receive(
            "When will it be decided?",
            sender="Zhang Yan <zhang.yan@example.com>",
            In_Reply_To=letter.message_id,
        )
        [row] = self._lane("waiting")["rows"]
        self.assertEqual(row["hand"], {"model": "crm.lead", "id": fresh.id})
        self._hand(fresh, self.colleague, self.manager)
        wait = self.env["loan.response"].search([("lead_id", "=", fresh.id)])
        self.assertEqual(wait.owner_user_id, self.colleague)
        self.assertEqual(self._cells(self.colleague)["waiting"], 1)

    def test_what_nobody_of_the_team_has_stands_in_the_last_row(self):
        self.stuck.user_id = False
        board = self._board()
        self.assertEqual(board["rows"][-1]["name"], "Nobody of the team")
        self.assertEqual(self._cells(False, board)["stuck"], 1)
        self.assertEqual(self._listed("stuck", user_id=False), self.stuck)
        self.assertEqual(self._lane("stuck", board)["count"], 1)
        self._hand(self.stuck, self.colleague)
        self.assertEqual(self.stuck.user_id, self.colleague)

    # ------------------------------------------------------------ who fits, and why

    def test_who_knows_the_product_and_the_language_comes_first(self):
        third = self._user("manager", "Fan Jie")
        self.team.crm_team_member_ids = [Command.create({"user_id": third.id})]
        self.stuck.partner_id.lang = "zh_CN"
        self.env["loan.manager"].create(
            [
                {
                    "user_id": user.id,
                    "company_id": self.company.id,
                    "lang_ids": [Command.set(self.env["res.lang"].search([("code", "in", codes)]).ids)],
                    "product_ids": [Command.set(products.ids)],
                }
                for user, codes, products in (
                    (self.colleague, ["en_US"], self.product.browse()),
                    (third, ["zh_CN"], self.product),
                )
            ]
        )
        asked = self.env["loan.board"].with_user(self.lead).action_weigh("crm.lead", self.stuck.id)
        self.assertEqual((asked["what"], asked["who"]), ("Zhou Yu's car", "Zhou Yu"))
        self.assertEqual(asked["owner"], {"id": self.manager.id, "name": "Lin Mei"})
        self.assertFalse(asked["customer"])
        self.assertIn(self.product.name, asked["needs"])
        self.assertNotIn("Load points", asked["needs"], "nobody is a customer yet")
        people = {person["name"]: person for person in asked["people"]}
        self.assertEqual(asked["people"][0]["name"], "Fan Jie")
        self.assertEqual(people["Fan Jie"]["fit"], "good")
        self.assertIn(f"Knows {self.product.name}", people["Fan Jie"]["reasons"])
        self.assertEqual(people["Chen Bo"]["fit"], "possible")
        self.assertIn("Does not speak Chinese", people["Chen Bo"]["against"])
        self.assertIn("Has it today", people["Lin Mei"]["against"])
        self.assertEqual(people["Sun Li"]["fit"], "barred")
        self.assertIn("Is no relationship manager", people["Sun Li"]["against"])
        with self.assertRefused("Sun Li cannot take it: Is no relationship manager"):
            self._hand(self.stuck, self.desk, self.manager)

    def test_who_knows_the_borrower_already_is_told(self):
        again = self._stuck("Wang Fang again", partner_id=self.borrower.id)
        asked = self.env["loan.board"].with_user(self.lead).action_weigh("crm.lead", again.id)
        self.assertEqual(asked["who"], self.customer.name)
        self.assertIn("Lin Mei goes on looking after", asked["note"])
        person = next(each for each in asked["people"] if each["name"] == "Lin Mei")
        self.assertIn("Knows the customer already", person["reasons"])
        self._hand(again, self.colleague, self.manager)
        self.assertEqual(again.user_id, self.colleague)
        self.assertEqual(self.customer.manager_user_id, self.manager, "the customer stays")

    # ------------------------------------------------------------ handing it on

    def test_it_goes_alone_with_what_is_to_do_there(self):
        todo, other = (
            self.stuck.activity_schedule("mail.mail_activity_data_call", user_id=user.id)
            for user in (self.manager, self.desk)
        )
        self.assertIn(self.manager.partner_id, self.stuck.message_partner_ids)
        told = self._hand(self.stuck, self.colleague, self.manager, "Lin Mei has too much")
        self.assertIn("Chen Bo has", told)
        self.assertEqual(self.stuck.user_id, self.colleague)
        self.assertEqual(self.stuck.team_id, self.team)
        self.assertEqual((todo.user_id, other.user_id), (self.colleague, self.desk))
        self.assertIn("Lin Mei has too much", " ".join(self.stuck.message_ids.mapped("body")))
        self.assertTrue(self._seen(self.stuck, self.colleague))
        self.assertTrue(self._seen(self.stuck, self.lead), "who leads the team still sees it")
        self.assertFalse(self._seen(self.stuck, self.manager))
        self.assertNotIn(self.manager.partner_id, self.stuck.message_partner_ids)
        self.assertIn(self.colleague.partner_id, self.stuck.message_partner_ids)
        self.assertEqual(self._cells(self.colleague)["stuck"], 1)

    def test_who_has_it_in_place_of_somebody_away_gives_it_for_good(self):
        third = self._user("manager", "Fan Jie")
        self.team.crm_team_member_ids = [Command.create({"user_id": third.id})]
        self._away(self.manager, deputy=self.colleague)
        with self._without_commit():
            self.env["loan.cover"]._turn(self.company)
        self.env.invalidate_all()
        self.assertEqual(self.stuck.user_id, self.colleague, "who acts has it")
        fit, against = self._weigh(self.stuck)["Lin Mei"]
        self.assertEqual(fit, "barred")
        self.assertIn("Away until", against)
        self._hand(self.stuck, third, self.colleague)
        self.assertEqual(self.stuck.user_id, third)
        self.assertFalse(self.stuck.loan_cover_to_id)

    # ------------------------------------------------------------ who may not

    def test_a_lead_of_another_team_is_refused(self):
        board = self.env["loan.board"].with_user(self.other_lead)
        unowned = self._stuck("Zhang Yan", user_id=False)
        self.assertEqual(unowned.team_id, self.team)
        self.assertTrue(self._seen(unowned, self.other_lead), "Odoo shows what is nobody's to who sells")
        for lead in (self.stuck, unowned):
            with self.subTest(lead=lead.name):
                with self.assertRaises(AccessError):
                    board.action_weigh("crm.lead", lead.id)
                with self.assertRaises(AccessError):
                    board.action_hand("crm.lead", lead.id, self.stranger.id, lead.user_id.id)
        self.assertEqual((self.stuck.user_id, unowned.user_id), (self.manager, self.env["res.users"]))
        self.assertFalse(self._lane("stuck", self._board(self.other_lead))["count"])
        self.assertFalse(self._listed("stuck", self.other_lead))

    def test_it_goes_to_nobody_of_another_team(self):
        with self.assertRefused("Choose somebody of your teams"):
            self._hand(self.stuck, self.stranger, self.manager)
        self.assertEqual(self.stuck.user_id, self.manager)

    def test_what_came_to_no_team_is_whoever_leads_ones(self):
        self.stuck.write({"user_id": False, "team_id": False})
        self.assertEqual(self._lane("stuck", self._board(self.other_lead))["count"], 1)
        self.assertFalse(self._lane("stuck", self._board(self.other_lead, self.other_team))["count"])
        self._hand(self.stuck, self.stranger, user=self.other_lead)
        self.assertEqual((self.stuck.user_id, self.stuck.team_id), (self.stranger, self.other_team))

    def test_compliance_sees_that_it_is_stuck_and_hands_nothing_on(self):
        board = self._board(self.compliance)
        [row] = self._lane("stuck", board)["rows"]
        self.assertEqual((row["title"], row["deeds"], row["hand"]), ("Zhou Yu", [], False))
        with self.assertRaises(AccessError):
            self._weigh(self.stuck, self.compliance)
        with self.assertRaises(AccessError):
            self._hand(self.stuck, self.colleague, self.manager, user=self.compliance)

    def test_who_is_away_in_conflict_or_the_applicant_gets_none(self):
        self._away(self.colleague)
        fit, against = self._weigh(self.stuck)["Chen Bo"]
        self.assertEqual(fit, "barred")
        self.assertIn("Away until 03/12/2026", against)
        with self.assertRefused("Chen Bo cannot take it: Away until"):
            self._hand(self.stuck, self.colleague, self.manager)
        third, fourth = self._user("manager", "Fan Jie"), self._user("manager", "Deng Yi")
        self.team.crm_team_member_ids = [Command.create({"user_id": user.id}) for user in (third, fourth)]
        self.env["loan.conflict"].create(
            {
                "user_id": third.id,
                "partner_id": self.stuck.partner_id.id,
                "date_from": TODAY,
                "reason": "My brother",
            }
        )
        fits = self._weigh(self.stuck)
        self.assertEqual(fits["Fan Jie"], ("barred", "Conflict of interest"))
        self.assertEqual(fits["Deng Yi"][0], "good")
        with self.assertRefused("Fan Jie cannot take it: Conflict of interest"):
            self._hand(self.stuck, third, self.manager)
        own = self._stuck("Deng Yi's own", partner_id=fourth.partner_id.id)
        self.assertEqual(self._weigh(own)["Deng Yi"][0], "barred")
        with self.assertRefused("Deng Yi cannot take it"):
            self._hand(own, fourth, self.manager)

    def test_what_is_secret_is_no_card_and_goes_to_nobody(self):
        lead = self._stuck("Wang Fang's boat", partner_id=self.borrower.id)
        self.assertEqual(self._lane("stuck")["count"], 2)
        self._make_secret(self.customer)
        board = self._board()
        self.assertEqual(self._lane("stuck", board)["count"], 1)
        self.assertNotIn("boat", str(board))
        with self.assertRaises(AccessError):
            self._weigh(lead)
        with self.assertRaises(AccessError):
            self._hand(lead, self.colleague, self.manager)

    # ------------------------------------------------------------ what is over

    def test_what_is_over_or_somebody_elses_by_now_stays(self):
        self._hand(self.stuck, self.colleague, self.manager)
        with self.assertRefused("Chen Bo has .* by now"):
            self._hand(self.stuck, self.manager, self.manager)
        self.stuck.action_set_won()
        with self.assertRefused("is done by now"):
            self._hand(self.stuck, self.manager, self.colleague)
        lost = self._stuck("Zhang Yan")
        lost.action_set_lost()
        with self.assertRefused("is done by now"):
            self._hand(lost, self.colleague, self.manager)

    def test_a_lead_of_odoos_own_is_no_work_of_the_board(self):
        plain = self._stuck("Zhang Yan")
        plain.loan_product_id = False
        with self.assertRaises(UserError):
            self._weigh(plain)
        with self.assertRaises(UserError):
            self._hand(plain, self.colleague, self.manager)
        self.assertEqual(plain.user_id, self.manager)
