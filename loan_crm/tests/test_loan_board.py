from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import tagged

from .common import NOW, TODAY, BrowserCommon, freeze_time
from .test_crm_lead import ApplicationCommon
from .test_loan_worklist import WorkCommon


class BoardCommon(WorkCommon):
    """A team's board, as who leads it reads it."""

    def _board(self, user=None, team=False):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["loan.board"].with_user(user or self.lead).action_look(team and team.id)

    def _head(self, user=None):
        return {figure["key"]: figure["count"] for figure in self._board(user)["head"]}

    def _cells(self, person, board=None):
        """Return the figures of a person's row, `{column: value}`."""
        rows = (board or self._board())["rows"]
        row = next(row for row in rows if row["id"] == (person and person.id))
        return {cell["key"]: cell["value"] for cell in row["cells"]}

    def _lane(self, key, board=None):
        return next(lane for lane in (board or self._board())["lanes"] if lane["key"] == key)

    def _listed(self, key, user=None, **more):
        """Return what a figure opens."""
        action = self.env["loan.board"].with_user(user or self.lead).action_open(key, **more)
        return self.env[action["res_model"]].with_user(user or self.lead).search(action["domain"])

    def _weigh(self, record, user=None):
        """Return who could take it, `{person's name: (fit, against)}`."""
        self.env.flush_all()
        self.env.invalidate_all()
        asked = self.env["loan.board"].with_user(user or self.lead).action_weigh(record._name, record.id)
        return {person["name"]: (person["fit"], person["against"]) for person in asked["people"]}

    def _hand(self, record, to, former=None, reason="", user=None):
        board = self.env["loan.board"].with_user(user or self.lead)
        return board.action_hand(record._name, record.id, to.id, former and former.id, reason)

    def _away(self, user, days=2, start=0, deputy=None):
        return self.env["loan.cover"].create(
            {
                "manager_user_id": user.id,
                "deputy_user_id": deputy and deputy.id,
                "date_from": TODAY + timedelta(start),
                "date_to": TODAY + timedelta(start + days),
                "company_id": self.company.id,
            }
        )

    def _make_secret(self, record):
        secret = self.env.ref("loan_crm.loan_confidentiality_level_secret")
        record.with_user(self.compliance)._classify(secret, "A deal")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanBoard(BoardCommon):
    """Who leads a team sees at a look what presses and on whom."""

    # ------------------------------------------------------------ figures

    def test_a_quiet_team_says_so(self):
        board = self._board()
        self.assertEqual([figure["count"] for figure in board["head"]], [0] * 5)
        self.assertEqual([age["count"] for age in board["ages"]], [0] * 4)
        self.assertEqual([lane["count"] for lane in board["lanes"]], [0] * 5)
        self.assertTrue(all(lane["empty"] for lane in board["lanes"]))
        self.assertEqual({row["name"] for row in board["rows"]}, {"Lin Mei", "Chen Bo", "Sun Li"})
        self.assertFalse(board["away"])

    def test_who_waits_stands_by_age_and_by_person(self):
        with self._at("2026-03-06T09:30"):
            first = self._mail()
        other = self._customer("Zhou Yu", self.colleague)
        loan = self._due_in(5, other)
        with self._at("2026-03-10T09:30"):
            self._receive("How much is left?", email_from=other.partner_id.email, loan=loan)
        board = self._board()
        self.assertEqual(self._head()["waiting"], 2)
        self.assertEqual(self._head()["over"], 1)
        ages = {age["key"]: age for age in board["ages"]}
        self.assertEqual(
            {key: age["count"] for key, age in ages.items()}, {"hours": 1, "today": 0, "days": 0, "older": 1}
        )
        self.assertEqual([part["name"] for part in ages["older"]["parts"]], ["Lin Mei"])
        self.assertEqual([part["name"] for part in ages["hours"]["parts"]], ["Chen Bo"])
        waits = self._listed("waiting", age="older", user_id=self.manager.id)
        self.assertEqual((waits.res_model, waits.res_id), ("loan.case", first.id))
        self.assertFalse(self._listed("waiting", age="older", user_id=self.colleague.id))
        cells = self._cells(self.manager, board)
        self.assertEqual((cells["waiting"], cells["over"]), (1, 1))

    def _receive(self, body, email_from=None, loan=None, **headers):
        """Take in a mail; of another borrower on their loan."""
        if not loan:
            return super()._receive(body, **headers)
        loan.sudo().with_context(loan_incoming="person", mail_create_nosubscribe=True).message_post(
            body=body,
            message_type="email",
            email_from=email_from,
            author_id=loan.partner_id.id,
            subtype_xmlid="mail.mt_comment",
        )
        return None

    def test_every_figure_opens_its_list(self):
        with self._at("2026-03-06T09:30"):
            self._mail()
        self._case(subject="My balance")
        self._due_in(-10)
        self._promise("The statement", 0)
        with freeze_time("2026-03-05 02:00:00"):
            self._promise("A call", -3)
        self.checking.loan_days = 2
        lead = self._application()
        lead.sudo().date_last_stage_update = "2026-02-10 02:00:00"
        board = self._board()
        for figure in board["head"]:
            with self.subTest(head=figure["key"]):
                self.assertEqual(len(self._listed(figure["key"])), figure["count"])
        counted = {}
        for row in board["rows"]:
            for cell in row["cells"]:
                if cell["key"] != "load" and cell["value"] is not None:
                    with self.subTest(person=row["name"], cell=cell["key"]):
                        found = self._listed(cell["key"], user_id=row["id"])
                        self.assertEqual(len(found), cell["value"])
                        counted[cell["key"]] = counted.get(cell["key"], 0) + len(found)
        self.assertEqual(counted, {"waiting": 1, "over": 1, "late": 1, "overdue": 1, "stuck": 1})
        for lane in board["lanes"]:
            with self.subTest(lane=lane["key"]):
                self.assertEqual(len(self._listed(lane["key"])), lane["count"])
        self.assertEqual(self._listed("load", user_id=self.manager.id), self.customer)
        for asked in ({"key": "secrets"}, {"key": "waiting", "age": "ages"}, {"key": "load"}):
            with self.subTest(asked=asked), self.assertRaises(UserError):
                self.env["loan.board"].with_user(self.lead).action_open(**asked)

    def test_soon_is_four_hours_that_are_worked(self):
        case = self._case(subject="My balance")
        clock = self._clock(case, "first_response")
        for moment, due, soon in (
            ("2026-03-10T10:00", "2026-03-10T15:00", 1),  # a midday hour is not worked
            ("2026-03-10T10:00", "2026-03-10T15:01", 0),
            ("2026-03-10T10:00", "2026-03-10T09:59", 0),  # over is over
            ("2026-03-13T16:00", "2026-03-16T11:00", 1),  # a weekend between
            ("2026-03-13T16:00", "2026-03-16T11:01", 0),
        ):
            with self.subTest(now=moment, due=due):
                with self._at(due) as frozen:
                    clock.sudo().due_at = frozen().replace(microsecond=0)
                with self._at(moment):
                    head = self._head()
                    lane = self._lane("soon")
                    self.assertEqual((head["soon"], lane["count"]), (soon, soon))
                    self.assertEqual(self._listed("soon"), case if soon else case.browse())
        with self._at("2026-03-13T16:00"):
            # A law counts days to their last second, whoever works then.
            clock.policy_id.sudo().unit = "days"
            clock.sudo().due_at = "2026-03-16 01:00:00"
            self.assertEqual(self._head()["soon"], 0)
            clock.sudo().due_at = "2026-03-13 11:00:00"
            self.assertEqual(self._head()["soon"], 1)

    def test_promises_are_due_today_or_late(self):
        self._promise("The statement", 0)
        self._promise("A call", 1)
        with self._days_later(1):
            head = self._head()
            self.assertEqual((head["today"], head["late"]), (1, 1))
            self.assertEqual([row["told"] for row in self._lane("promised")["rows"]], ["1 day late", "today"])
            self.assertEqual(self._cells(self.manager)["late"], 1)

    def test_the_round_tells_how_it_fares(self):
        board = self._board()
        self.assertFalse(board["round"]["at"])
        self._due_in(3)
        self._remind()
        told = self._board()["round"]
        self.assertEqual(told["at"], NOW)
        sent = {figure["key"]: figure["count"] for figure in told["figures"]}
        self.assertEqual(sent.keys(), {"sent", "held", "failed", "bounced"})
        for key, model in (("sent", "loan.reminder"), ("bounced", "loan.reminder.bounce")):
            action = self.env["loan.board"].with_user(self.lead).action_open(key)
            self.assertEqual(action["res_model"], model)
        self.env.ref("loan_crm.ir_cron_remind").active = False
        dead = self._board()["round"]
        self.assertEqual((dead["mark"], dead["told"]), ("danger", "The job is switched off"))
        self.assertEqual(
            self.env["loan.board"].with_user(self.lead).action_open("room")["res_model"],
            "loan.reminder.room",
        )

    def test_who_needs_help_most_stands_first(self):
        with freeze_time("2026-03-05 02:00:00"):
            self._promise("A call", -3)
        board = self._board()
        self.assertEqual(board["rows"][0]["name"], "Lin Mei")
        steps = {cell["key"]: cell["step"] for cell in board["rows"][0]["cells"]}
        self.assertEqual((steps["late"], steps["over"]), (1, 0))
        desk = self._cells(self.desk, board)
        self.assertIsNone(desk["load"], "who manages nobody carries no load")

    def test_what_is_nobodys_has_a_row_of_its_own(self):
        self._mail()
        self.assertFalse([row for row in self._board()["rows"] if not row["id"]])
        self.env["loan.case"].search([("customer_id", "=", self.customer.id)]).sudo().user_id = False
        board = self._board()
        row = board["rows"][-1]
        self.assertEqual((row["name"], row["id"]), ("Nobody of the team", False))
        self.assertEqual(self._cells(False, board)["waiting"], 1)
        self.assertEqual(len(self._listed("waiting", user_id=False)), 1)

    # ------------------------------------------------------------ who is away

    def test_who_is_away_has_somebody_or_a_warning(self):
        self._away(self.manager)
        self._away(self.colleague, start=5)
        self._away(self.colleague, start=40)
        first, second = self._board()["away"]
        self.assertEqual((first["name"], first["today"], first["gap"]), ("Lin Mei", True, 1))
        self.assertEqual(first["gap_told"], "Customers with nobody on some of these days: 1")
        self.assertEqual((second["name"], second["today"], second["gap_told"]), ("Chen Bo", False, ""))
        row = next(row for row in self._board()["rows"] if row["id"] == self.manager.id)
        self.assertEqual(row["away"], "Away until 03/12/2026 · Each customer's own deputy")
        self.customer.deputy_user_id = self.colleague
        self.assertFalse(self._board()["away"][0]["gap"])
        self.assertEqual(self._listed("away").manager_user_id, self.manager | self.colleague)

    def test_a_deputy_who_is_away_as_well_leaves_a_gap(self):
        self.customer.deputy_user_id = self.colleague
        cover = self._away(self.manager, days=4)
        self.assertFalse(self._board()["away"][0]["gap"])
        self._away(self.colleague, start=3, days=4)
        gaps = {row["id"]: row["gap"] for row in self._board()["away"]}
        self.assertEqual(gaps[cover.id], 1)
        self.assertEqual(cover.with_user(self.lead).gap_count, 1, "the board counts as the form does")

    # ------------------------------------------------------------ whose board it is

    def test_it_is_of_ones_own_teams(self):
        self._mail()
        self._due_in(-10)
        with freeze_time("2026-03-05 02:00:00"):
            self._promise("A call", -3)
        board = self._board(self.other_lead)
        self.assertEqual([row["name"] for row in board["rows"]], ["Zhao Yun"])
        self.assertEqual([figure["count"] for figure in board["head"]], [0] * 5)
        self.assertNotIn("Wang Fang", str(board))
        with self.assertRaises(UserError):
            self._board(self.other_lead, self.team)
        with self.assertRaises(UserError):
            self.env["loan.board"].with_user(self.other_lead).action_open("waiting", user_id=self.manager.id)

    def test_who_leads_two_teams_chooses(self):
        self.other_team.user_id = self.lead
        self._mail()
        board = self._board()
        self.assertEqual({team["name"] for team in board["teams"]}, {"Retail", "Corporate"})
        self.assertEqual(len(board["rows"]), 4)
        one = self._board(team=self.other_team)
        self.assertEqual([row["name"] for row in one["rows"]], ["Zhao Yun"])
        self.assertEqual(one["head"][0]["count"], 0)
        self.assertEqual(self._board(team=self.team)["head"][0]["count"], 1)

    def test_compliance_looks_and_changes_nothing(self):
        case = self._mail()
        board = self._board(self.compliance)
        self.assertFalse(board["may_hand"])
        self.assertEqual(self._head(self.compliance)["waiting"], 1)
        [row] = [row for lane in board["lanes"] for row in lane["rows"]]
        self.assertEqual((row["key"], row["deeds"], row["hand"]), (f"loan.case,{case.id}", [], False))
        with self.assertRaises(AccessError):
            self._weigh(case, self.compliance)
        with self.assertRaises(AccessError):
            self._hand(case, self.colleague, self.manager, user=self.compliance)
        self.assertEqual(case.user_id, self.manager)

    def test_who_leads_nobody_has_no_board(self):
        board = self.env["loan.board"]
        case = self._mail()
        for user in (self.manager, self.desk, self.administrator, self.employee):
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError):
                    board.with_user(user).action_look()
                with self.assertRaises(AccessError):
                    board.with_user(user).action_open("waiting")
                with self.assertRaises(AccessError):
                    board.with_user(user).action_weigh("loan.case", case.id)
                with self.assertRaises(AccessError):
                    board.with_user(user).action_hand("loan.case", case.id, self.colleague.id)
        freshly = self._user("team_lead", "Deng Yi")
        self.assertFalse(self._board(freshly)["rows"])

    def test_what_is_secret_is_in_no_figure(self):
        with self._at("2026-03-06T09:30"):
            case = self._mail()
        self._due_in(-10)
        with freeze_time("2026-03-05 02:00:00"):
            self._promise("A call", -3)
        self.assertEqual(self._head()["waiting"], 1)
        self._make_secret(self.customer)
        board = self._board()
        self.assertEqual([figure["count"] for figure in board["head"]], [0] * 5)
        self.assertEqual([age["count"] for age in board["ages"]], [0] * 4)
        self.assertEqual([lane["count"] for lane in board["lanes"]], [0] * 5)
        cells = self._cells(self.manager, board)
        self.assertEqual([cells[key] for key in ("waiting", "over", "late", "overdue")], [0] * 4)
        self.assertNotIn("Wang Fang", str(board))
        for record in (case, self.customer):
            with self.subTest(record=record._name), self.assertRaises(AccessError):
                self._weigh(record)
            with self.subTest(handed=record._name), self.assertRaises(AccessError):
                self._hand(record, self.colleague, self.manager, "Fits")

    def test_what_a_client_says_it_is_of_widens_nothing(self):
        self._mail()
        board = self.env["loan.board"].with_user(self.other_lead)
        everything = ([self.manager.id], [self.team.id], True)
        told = board.with_context(loan_board=everything).action_look()
        self.assertEqual([row["name"] for row in told["rows"]], ["Zhao Yun"])
        self.assertEqual(told["head"][0]["count"], 0)

    # ------------------------------------------------------------ cost

    def test_its_statements_do_not_grow_with_the_work(self):
        def fill(names):
            for name in names:
                customer = self._customer(name)
                self._due_in(-10, customer)
                self._promise("The statement", 0, customer_id=customer.id)
                case = self._case(customer_id=customer.id)
                self._clock(case, "first_response").sudo().due_at = "2026-03-10 03:00:00"
                self._application(f"{name} again").sudo().date_last_stage_update = "2026-02-10 02:00:00"

        def statements():
            self._board()  # what is read once is read
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["loan.board"].with_user(self.lead).action_look()
            return self.env.cr.sql_log_count - before

        self._away(self.manager)
        # Where there is more than is shown it is counted, too.
        fill(f"Many {number}" for number in range(9))
        many = statements()
        self.assertLessEqual(many, 59, "each is paid for by every lead at every glance")
        fill(f"More {number}" for number in range(9))
        self.assertEqual(statements(), many)

    # ------------------------------------------------------------ live

    def test_who_leads_is_told_to_look_again_and_nothing_else(self):
        self.env.cr.precommit.run()
        self.env["bus.bus"].search(Domain.TRUE).unlink()
        self._mail()
        self.env.cr.precommit.run()
        told = self.env["bus.bus"].search([("message", "like", "loan.worklist/changed")])
        channels = " ".join(told.mapped("channel")).replace(" ", "")
        self.assertIn(f'"res.partner",{self.lead.partner_id.id}', channels)
        self.assertNotIn(f'"res.partner",{self.other_lead.partner_id.id}', channels)
        self.assertNotIn("Interest", " ".join(told.mapped("message")))


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanBoardHand(BoardCommon):
    """Work is handed to who can take it, and to nobody else."""

    def test_a_case_goes_to_who_sees_the_customer(self):
        case = self._mail()
        self.customer.deputy_user_id = self.colleague
        self._away(self.manager, deputy=self.colleague)
        self.env.invalidate_all()
        fits = self._weigh(case)
        self.assertEqual(fits["Lin Mei"], ("barred", "Has it today"))
        self.assertEqual(fits["Chen Bo"][0], "good")
        told = self._hand(case, self.colleague, self.manager, "Lin Mei is away")
        self.assertEqual(case.user_id, self.colleague)
        self.assertIn("Chen Bo has", told)
        self.assertEqual(case.reassign_count, 1)
        self.assertIn("Lin Mei is away", str(case.message_ids[:1].body))
        wait = self.env["loan.response"].search([("res_model", "=", "loan.case"), ("res_id", "=", case.id)])
        self.assertEqual(wait.owner_user_id, self.colleague, "the wait goes along")

    def test_a_case_goes_to_nobody_who_may_not_see_the_customer(self):
        case = self._mail()
        self.assertEqual(self._weigh(case)["Chen Bo"], ("barred", "Does not see this customer"))
        with self.assertRefused("Chen Bo cannot take it: Does not see this customer"):
            self._hand(case, self.colleague, self.manager)
        with self.assertRefused("Choose somebody of your teams"):
            self._hand(case, self.stranger, self.manager)
        self.assertEqual(case.user_id, self.manager)

    def test_nobody_gets_a_complaint_about_themselves(self):
        case = self._case(kind="complaint", about_user_id=self.desk.id, user=self.manager)
        former = case.user_id
        self.assertEqual(self._weigh(case)["Sun Li"][0], "barred")
        with self.assertRefused("Sun Li cannot take it"):
            self._hand(case, self.desk, former)

    def test_who_is_away_gets_no_case(self):
        case = self._mail()
        self._away(self.desk)
        fit, against = self._weigh(case)["Sun Li"]
        self.assertEqual(fit, "barred")
        self.assertIn("Away until 03/12/2026", against)
        with self.assertRefused("Sun Li cannot take it: Away until"):
            self._hand(case, self.desk, self.manager)

    def test_who_was_quicker_wins(self):
        case = self._mail()
        self._hand(case, self.desk, self.manager)
        with self.assertRefused("Sun Li has .* by now"):
            self._hand(case, self.lead, self.manager)
        self.assertEqual(case.user_id, self.desk)
        case.sudo()._solve("Told her")
        with self.assertRefused("is done by now"):
            self._hand(case, self.lead, self.desk)

    def test_a_promise_goes_alone(self):
        with freeze_time("2026-03-05 02:00:00"):
            word = self._promise("A call", -3)
        self.customer.deputy_user_id = self.colleague
        self.assertEqual(self._weigh(word)["Chen Bo"][0], "barred")
        self._away(self.manager)
        self.assertEqual(self._weigh(word)["Chen Bo"][0], "good")
        self._hand(word, self.colleague, self.manager, "She calls today")
        self.assertEqual(word.user_id, self.colleague)
        self.assertEqual(word.activity_id.user_id, self.colleague)
        self.assertEqual(self.customer.manager_user_id, self.manager, "the customer stays")
        self.assertIn("She calls today", str(self.customer.message_ids[:1].body))
        word.with_user(self.lead).evidence_note = "Called"
        word.with_user(self.lead).action_keep()
        with self.assertRefused("is done by now"):
            self._hand(word, self.lead, self.colleague)

    def test_a_customer_goes_with_a_reason_on_record(self):
        case = self._mail()
        asked = self.env["loan.board"].with_user(self.lead).action_weigh("loan.customer", self.customer.id)
        self.assertTrue(asked["customer"])
        person = next(person for person in asked["people"] if person["name"] == "Chen Bo")
        self.assertEqual(person["fit"], "good")
        self.assertGreater(person["share"], person["before"], "the load it makes is told")
        with self.assertRefused("Say why"):
            self._hand(self.customer, self.colleague, self.manager)
        self._hand(self.customer, self.colleague, self.manager, "Speaks her dialect")
        self.assertEqual(self.customer.manager_user_id, self.colleague)
        self.assertEqual(case.user_id, self.colleague, "her case goes along")
        history = self.env["loan.assignment"].search(
            [("customer_id", "=", self.customer.id)], order="id desc"
        )
        self.assertEqual(history[:1].reason, "Speaks her dialect")

    def test_a_conflict_of_interest_keeps_a_customer_away(self):
        self.env["loan.conflict"].with_user(self.colleague).sudo().create(
            {
                "user_id": self.colleague.id,
                "partner_id": self.borrower.id,
                "date_from": TODAY,
                "reason": "My sister",
            }
        )
        fit, against = self._weigh(self.customer)["Chen Bo"]
        self.assertEqual((fit, against), ("barred", "Conflict of interest"))
        with self.assertRefused("Chen Bo cannot take it: Conflict of interest"):
            self._hand(self.customer, self.colleague, self.manager, "Fits best")
        self.assertEqual(self.customer.manager_user_id, self.manager)

    def test_a_row_says_what_is_handed_on(self):
        case = self._mail()
        with freeze_time("2026-03-05 02:00:00"):
            word = self._promise("A call", -3)
        loan = self._due_in(5)
        self.env["loan.hardship"]._ask(loan, self.borrower, {"cause": "income", "wish": "talk"})
        board = self._board()
        handed = {
            (row["hand"]["model"], row["hand"]["id"])
            for lane in board["lanes"]
            for row in lane["rows"]
            if row["hand"]
        }
        self.assertIn(("loan.case", case.id), handed)
        self.assertIn(("loan.commitment", word.id), handed)
        with self.assertRaises(UserError):
            self.env["loan.board"].with_user(self.lead).action_weigh("res.users", self.manager.id)

    def test_a_case_of_nobody_known_goes_to_the_teams_people(self):
        case = self._case(customer_id=False, team_id=self.junior.id, email_from="petra@example.com")
        case.sudo().user_id = False
        fits = self._weigh(case)
        self.assertEqual(fits["Sun Li"][0], "good")
        self.assertEqual(fits["Chen Bo"][0], "barred")
        self._hand(case, self.desk)
        self.assertEqual(case.user_id, self.desk)

    def test_two_teams_of_one_lead_share_their_people(self):
        self.other_team.user_id = self.lead
        self.other_team.crm_team_member_ids = [Command.create({"user_id": self.lead.id})]
        fits = self._weigh(self.customer)
        self.assertIn("Zhao Yun", fits)
        self._hand(self.customer, self.stranger, self.manager, "Moves to corporate")
        self.assertEqual(self.customer.manager_user_id, self.stranger)


class BoardBrowserCommon(BrowserCommon, ApplicationCommon):
    """A team of which one is away: her promise is due, her deputy could keep it, a third colleague may not.

    And the third has an application that does not move.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        third = cls._user("manager", "Fan Jie")
        cls.team.crm_team_member_ids = [Command.create({"user_id": third.id})]
        cls._contract(start_date=cls.today - timedelta(45), first_due_date=cls.today - timedelta(10))
        cls.customer.deputy_user_id = cls.colleague
        cls.word = (
            cls.env["loan.commitment"]
            .with_user(cls.manager)
            .create(
                {
                    "name": "The statement",
                    "customer_id": cls.customer.id,
                    "kind_id": cls.env.ref("loan_crm.loan_commitment_kind_document").id,
                    "date_due": cls.today,
                }
            )
            .with_env(cls.env)
        )
        cls.env["loan.cover"].create(
            {
                "manager_user_id": cls.manager.id,
                "date_from": cls.today,
                "date_to": cls.today + timedelta(2),
                "company_id": cls.company.id,
            }
        )
        # The cover gave her to-do to her deputy; the lead has it for the morning.
        cls.word.user_id = cls.lead
        cls.stuck = cls._application(user=third).with_env(cls.env)
        cls.stuck.date_last_stage_update = cls.today - timedelta(30)


@tagged("post_install", "-at_install", "loan")
class TestLoanBoardTour(BoardBrowserCommon):
    def test_a_leads_morning(self):
        self.start_tour("/odoo", "loan_board", login=self.lead.login)
        self.assertEqual(self.word.user_id, self.colleague)
        self.assertIn("Lin Mei is away", str(self.customer.message_ids[:1].body))
        self.assertEqual(self.stuck.user_id, self.colleague)


@tagged("post_install", "-at_install", "loan")
class TestLoanBoardPhone(BoardBrowserCommon):
    browser_size = "375x667"
    touch_enabled = True

    def test_a_leads_morning_on_a_phone(self):
        self.start_tour("/odoo/team-board", "loan_board_phone", login=self.lead.login)
        self.assertEqual(self.word.user_id, self.colleague)
