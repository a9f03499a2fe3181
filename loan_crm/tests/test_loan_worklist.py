from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import tagged

from .common import NOW, TODAY, BrowserCommon, LoanCommon, freeze_time
from .test_crm_lead import ApplicationCommon
from .test_loan_case import CaseCommon


class WorkCommon(CaseCommon, ApplicationCommon):
    """A lender with cases and applications, and a word of ours that can be promised."""

    def _promise(self, what, days, user=None, **values):
        return (
            self.env["loan.commitment"]
            .with_user(user or self.manager)
            .create(
                {
                    "name": what,
                    "customer_id": self.customer.id,
                    "kind_id": self.env.ref("loan_crm.loan_commitment_kind_document").id,
                    "date_due": TODAY + timedelta(days),
                    **values,
                }
            )
        )


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanWorklist(WorkCommon):
    """What waits for a person stands in their day, worst first, and is gone when it is done."""

    def _day(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["loan.worklist"].with_user(user or self.manager).action_look()

    def _lane(self, key, user=None):
        return next(lane for lane in self._day(user)["lanes"] if lane["key"] == key)

    def _titles(self, key, user=None):
        return [row["title"] for row in self._lane(key, user)["rows"]]

    def _do(self, row, label, user=None):
        """Press a button of a row as the page does, and return what it opens."""
        deed = next(deed for deed in row["deeds"] if deed["label"] == label)
        record = self.env[deed["model"]].with_user(user or self.manager).browse(deed["id"])
        return getattr(record, deed["method"])()

    # ------------------------------------------------------------ lanes

    def test_an_empty_day_says_so(self):
        contract = self.contract
        contract.installment_ids  # noqa: B018 the only loan falls due in a week
        day = self._day(self.colleague)
        self.assertEqual([lane["count"] for lane in day["lanes"]], [0] * 5)
        self.assertTrue(all(lane["empty"] for lane in day["lanes"]))

    def test_who_waits_longest_stands_first_and_is_gone_when_answered(self):
        with self._at("2026-03-09T09:30"):
            first = self._mail()
        with self._at("2026-03-10T09:30"):
            other = self._case(customer_id=self._customer("Zhou Yu").id, subject="My balance")
        lane = self._lane("waiting")
        self.assertEqual(
            [row["key"] for row in lane["rows"]], [f"loan.case,{first.id}", f"loan.case,{other.id}"]
        )
        self.assertEqual((lane["count"], lane["also"]["count"], lane["late"]), (1, 1, 1))
        row = lane["rows"][0]
        self.assertEqual((row["title"], row["mark"]), ("Wang Fang", "danger"))
        self.assertEqual(row["since"], "2026-03-09 01:30:00")
        composer = self._do(row, "Reply")
        self.assertEqual(composer["res_model"], "mail.compose.message")
        self.assertEqual(composer["context"]["default_res_ids"], first.ids)
        self._answer(first, "The rate was raised on the first.", self.manager)
        lane = self._lane("waiting")
        self.assertNotIn("loan.case", [row["since"] and row["model"] for row in lane["rows"]])
        self.assertIn(f"loan.case,{first.id}", [row["key"] for row in lane["rows"]], "its clock runs on")
        self.assertEqual(lane["late"], 0)

    def test_a_mail_on_a_loan_is_replied_to_from_the_page(self):
        self._send_reminder()
        letter = self.contract.message_ids.filtered(lambda message: message.message_type == "email_outgoing")
        self._receive("Why so much?", In_Reply_To=letter[:1].message_id)
        row = next(row for row in self._lane("waiting")["rows"] if row["model"] == "loan.contract")
        self.assertEqual(row["title"], "Wang Fang")
        composer = self._do(row, "Reply")
        sent = (
            self.env["mail.compose.message"]
            .with_user(self.manager)
            .with_context(**composer["context"])
            .create({"body": "It holds the fee of March as well."})
        )
        self.assertEqual(sent.partner_ids, self.borrower)
        sent._action_send_mail()
        self.assertFalse([row for row in self._lane("waiting")["rows"] if row["model"] == "loan.contract"])

    def test_what_was_promised_is_done_or_put_off_from_the_page(self):
        late = self._promise("The statement", 0)
        soon = self._promise("A call", 2)
        self._promise("Next month's rate", 20)
        with self._days_later(1):
            lane = self._lane("promised")
            self.assertEqual([row["key"] for row in lane["rows"]], [f"{w._name},{w.id}" for w in late | soon])
            self.assertEqual(
                [(row["told"], row["mark"]) for row in lane["rows"]],
                [("1 day late", "danger"), ("tomorrow", "")],
            )
            self.assertEqual((lane["count"], lane["late"]), (2, 1))
            form = self._do(lane["rows"][0], "Done…")
            self.assertEqual((form["res_id"], form["target"]), (late.id, "new"))
            late.with_user(self.manager).evidence_note = "Handed over"
            late.with_user(self.manager).action_keep()
            self.assertEqual(len(self._lane("promised")["rows"]), 1)

    def test_who_has_promised_a_day_is_left_in_peace_until_then(self):
        loan = self._due_in(-10)
        soon = self._due_in(2, self._customer("Zhou Yu"))
        lane = self._lane("due")
        self.assertEqual(
            [row["key"] for row in lane["rows"]], [f"loan.contract,{loan.id}", f"loan.contract,{soon.id}"]
        )
        self.assertEqual([row["told"] for row in lane["rows"]], ["10 days late", "in 2 days"])
        self.assertIn("overdue", lane["rows"][0]["lines"][0])
        self.assertEqual((lane["count"], lane["late"]), (2, 1))
        self.env["loan.promise"].with_user(self.manager).create(
            {
                "contract_id": loan.id,
                "amount": 100,
                "date_promised": TODAY + timedelta(3),
                "heard_via": "phone",
            }
        )
        self.assertEqual([row["key"] for row in self._lane("due")["rows"]], [f"loan.contract,{soon.id}"])
        with self._days_later(30):
            self.assertIn(f"loan.contract,{loan.id}", [row["key"] for row in self._lane("due")["rows"]])

    def test_money_that_came_takes_the_row_away(self):
        loan = self._due_in(-10)
        self.assertEqual(len(self._lane("due")["rows"]), 1)
        self._pay(loan, loan.amount_overdue + loan.charges_left)
        self.assertFalse([row for row in self._lane("due")["rows"] if row["id"] == loan.id])

    def test_who_gives_cause_for_worry_says_why(self):
        loan = self._due_in(-10)
        for days in (30, 20):
            with freeze_time(datetime.fromisoformat(NOW) - timedelta(days=days)):
                self.env["loan.promise"].with_user(self.manager).create(
                    {
                        "contract_id": loan.id,
                        "amount": 100,
                        "date_promised": TODAY - timedelta(days=days),
                        "heard_via": "phone",
                    }
                )
        self.env["loan.promise"].search([("contract_id", "=", loan.id)])._judge()
        self.env["loan.hardship"]._ask(loan, self.borrower, {"cause": "income", "wish": "talk"})
        row = self._lane("risk")["rows"][0]
        self.assertEqual(row["key"], f"loan.customer,{self.customer.id}")
        strip = {tile["key"]: tile for tile in self.customer.with_user(self.manager).strip}
        self.assertEqual(row["lines"], [strip["risk"]["text"]], "page and day say the same")

    def test_an_application_that_is_stuck_can_be_asked_papers_for(self):
        self.checking.loan_days = 2
        lead = self._application()
        lead.sudo().date_last_stage_update = NOW  # Odoo takes the transaction's clock, which no test moves
        self.assertFalse(self._lane("stuck")["rows"])
        with self._days_later(10):
            row = next(row for row in self._lane("stuck")["rows"] if row["id"] == lead.id)
            self.assertEqual((row["title"], row["mark"]), ("Zhou Yu", "danger"))
            self.assertEqual(row["deeds"][0]["label"], "Ask for Documents")
            self._do(row, "Ask for Documents")
            self.assertEqual(lead.loan_document_ids.mapped("state"), ["asked"] * len(lead.loan_document_ids))

    # ------------------------------------------------------------ whose day it is

    def test_who_stands_in_has_the_rows_of_who_is_away(self):
        self._due_in(-10)
        self.assertFalse(self._titles("due", self.colleague))
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": TODAY,
                "date_to": TODAY + timedelta(1),
                "company_id": self.company.id,
            }
        )
        row = self._lane("due", self.colleague)["rows"][0]
        self.assertEqual((row["title"], row["owner"]), ("Wang Fang", "Lin Mei"))
        self.assertIn("03/11/2026", self._day()["away"])
        with self._days_later(2):
            self.assertFalse(self._titles("due", self.colleague))

    def test_what_nobody_answers_climbs_into_the_leads_day(self):
        self._mail()
        self.assertFalse(self._lane("waiting", self.lead)["rows"])
        with self._at("2026-03-10T15:30"):
            with self._without_commit():
                self.env["loan.response"]._cron_climb()
            row = self._lane("waiting", self.lead)["rows"][0]
            self.assertEqual(row["owner"], "Lin Mei")
            self.assertIn("climbed to the lead", row["lines"])
            self.assertFalse(self._lane("waiting", self.other_lead)["rows"])

    def test_nobody_sees_another_ones_customers(self):
        self._mail()
        self._due_in(-10)
        self._promise("The statement", 0)
        for user in (self.stranger, self.other_lead, self.colleague):
            with self.subTest(user=user.name):
                self.assertEqual([lane["count"] for lane in self._day(user)["lanes"]], [0] * 5)

    def test_the_desk_has_its_own_lanes_and_others_have_no_day(self):
        self.assertEqual([lane["key"] for lane in self._day(self.desk)["lanes"]], ["waiting", "promised"])
        for user in (self.employee, self.compliance, self.administrator):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._day(user)

    def test_what_is_hidden_behind_a_row_neither_shows_nor_closes_the_day(self):
        hidden = self._customer("Hidden Hu", self.stranger)
        loan = self._due_in(5)
        self._promise("The statement", 0, contract_id=loan.id)
        lead = self._application(partner_id=hidden.partner_id.id)
        lead.sudo().date_last_stage_update = "2026-02-10 02:00:00"
        secret = self.env.ref("loan_crm.loan_confidentiality_level_secret")
        for record in (hidden, loan):
            record.with_user(self.compliance)._classify(secret, "A deal")
        day = self._day()
        self.assertEqual(len(day["lanes"]), 5)
        for words in ("Hidden Hu", loan.name):
            with self.subTest(words=words):
                self.assertNotIn(words, str(day))

    # ------------------------------------------------------------ figures

    def test_every_figure_opens_its_list(self):
        self._mail()
        self._case(subject="My balance")
        self._due_in(-10)
        self._promise("The statement", 0)
        self.env["loan.interaction"].with_user(self.manager).create({"customer_id": self.customer.id})
        worklist = self.env["loan.worklist"].with_user(self.manager)
        day = self._day()
        also = [lane["also"] for lane in day["lanes"] if lane["also"]]
        counts = {each["key"]: each["count"] for each in day["lanes"] + day["week"] + also}
        self.assertEqual((counts["talks"], counts["waiting"], counts["clocks"]), (1, 1, 1))
        for key, count in counts.items():
            with self.subTest(key=key):
                action = worklist.action_open_lane(key)
                found = self.env[action["res_model"]].with_user(self.manager).search_count(action["domain"])
                self.assertEqual(found, count)
        with self.assertRaises(UserError):
            worklist.action_open_lane("secrets")

    def test_what_was_done_since_monday_counts(self):
        case = self._mail()
        self._answer(case, "The rate was raised on the first.", self.manager)
        with freeze_time("2026-03-08 10:00:00"):
            self.env["loan.interaction"].with_user(self.manager).create({"customer_id": self.customer.id})
        week = {figure["key"]: figure["count"] for figure in self._day()["week"]}
        self.assertEqual((week["answered"], week["talks"]), (1, 0), "last week's talk is last week's")

    def test_the_mean_of_a_team_tells_of_nobody(self):
        self.assertFalse(self._day()["load"]["team_share"], "of two it would be the other one's")
        third = self._user("manager", "Fan Jie")
        self.team.crm_team_member_ids = [Command.create({"user_id": third.id})]
        load = self._day()["load"]
        self.assertEqual(load["team"], "Retail")
        self.assertIsInstance(load["team_share"], float)
        self.assertIsNone(self._day(self.desk)["load"])

    def test_its_queries_do_not_grow_with_the_work(self):
        def fill(names):
            for name in names:
                customer = self._customer(name)
                self._due_in(-10, customer)
                self._promise("The statement", 0, customer_id=customer.id)
                self._case(customer_id=customer.id)

        def queries():
            self._day()  # what is read once is read
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["loan.worklist"].with_user(self.manager).action_look()
            return self.env.cr.sql_log_count - before

        # Where there is more than is shown it is counted, too.
        fill(f"Many {number}" for number in range(9))
        many = queries()
        fill(f"More {number}" for number in range(9))
        self.assertEqual(queries(), many)

    def test_what_is_not_shown_is_counted(self):
        def told():
            lane = self._lane("promised")
            return len(lane["rows"]), lane["count"], lane["late"]

        words = self.env["loan.commitment"].union(*(self._promise(f"Paper {n}", n) for n in range(5)))
        words[:3].write({"promised_on": TODAY - timedelta(2), "date_due": TODAY - timedelta(1)})
        self.assertEqual(told(), (5, 5, 3))
        for number in range(4):
            self._promise(f"Letter {number}", 1)
        self.assertEqual(told(), (8, 9, 3))

    # ------------------------------------------------------------ live

    def test_an_open_page_is_told_to_look_again_and_nothing_else(self):
        case = self._mail()
        self.env.cr.precommit.run()
        self.env["bus.bus"].search(Domain.TRUE).unlink()
        case.with_user(self.manager).user_id = self.lead
        self.env.cr.precommit.run()
        told = self.env["bus.bus"].search([("message", "like", "loan.worklist/changed")])
        channels = " ".join(told.mapped("channel"))
        self.assertEqual(len(told), 2)
        for user in (self.manager, self.lead):
            self.assertIn(f'"res.partner",{user.partner_id.id}', channels.replace(" ", ""))
        self.assertNotIn("Interest", " ".join(told.mapped("message")))


class WorklistCommon(BrowserCommon, LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._contract(
            start_date=cls.today - timedelta(45),
            first_due_date=cls.today - timedelta(10),
        )


@tagged("post_install", "-at_install", "loan")
class TestLoanWorklistTour(WorklistCommon):
    def test_a_managers_morning(self):
        self.env["loan.commitment"].with_user(self.manager).create(
            {
                "name": "The statement",
                "customer_id": self.customer.id,
                "kind_id": self.env.ref("loan_crm.loan_commitment_kind_document").id,
                "date_due": self.today,
            }
        )
        self.start_tour("/odoo", "loan_worklist", login=self.manager.login)
        word = self.env["loan.commitment"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual((word.state, word.evidence_note), ("kept", "Handed over at the counter"))
        promise = self.env["loan.promise"].search([("customer_id", "=", self.customer.id)])
        self.assertEqual(promise.date_promised, self.today)
        talks = self.env["loan.interaction"].search_count([("customer_id", "=", self.customer.id)])
        self.assertEqual(talks, 1)


@tagged("post_install", "-at_install", "loan")
class TestLoanWorklistPhone(WorklistCommon):
    browser_size = "375x667"
    touch_enabled = True

    def test_a_managers_morning_on_a_phone(self):
        self.start_tour("/odoo/my-day", "loan_worklist_phone", login=self.manager.login)
