from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.service.model import get_public_method
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, TODAY
from .test_loan_correspondence import CorrespondenceCommon

utc = fields.Datetime.to_datetime


@freeze_time(NOW)
class CaseCommon(CorrespondenceCommon):
    """A lender in Shanghai with three case teams; it is Tuesday, ten in the morning."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hours = cls.env["resource.calendar"].create(
            {
                "name": "Nine to six",
                "company_id": cls.company.id,
                "tz": "Asia/Shanghai",
                "attendance_ids": [
                    Command.create(
                        {
                            "name": f"{day} {start}",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": end,
                            "day_period": "morning" if start < 12 else "afternoon",
                        }
                    )
                    for day in range(5)
                    for start, end in ((9, 12), (13, 18))
                ],
            }
        )
        cls.company.resource_calendar_id = hours
        cls.hours = hours
        # What the demo has switched on.
        cls.env["loan.sla.policy"].search([("is_regulator", "=", True)]).active = False
        cls.special = cls._case_team(
            "Special Support", cls.lead, cls.desk | cls.colleague, level="3", takes_complaints=True
        )
        cls.junior = cls._case_team(
            "Front Desk", cls.lead, cls.desk, next_id=cls.special.id, alias_name="pudong-care"
        )
        cls.env["mail.mail"].search([("state", "=", "outgoing")]).cancel()

    @classmethod
    def _case_team(cls, name, leader, members, **values):
        return cls.env["loan.case.team"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "user_id": leader.id,
                "member_ids": [Command.set(members.ids)],
                "calendar_id": cls.hours.id,
                **values,
            }
        )

    def _case(self, user=None, **values):
        vals = {"subject": "Wrong interest in March", "customer_id": self.customer.id, **values}
        return self.env["loan.case"].with_user(user or self.desk).create(vals).with_env(self.env)

    def _mail(self, body="Why is the interest of March so high?", subject="Interest", **headers):
        """Take in one mail to the team's address and return the cases there are now."""
        self._receive(body, Subject=subject, To="pudong-care@pudong.example.com", **headers)
        return self.env["loan.case"].search([("company_id", "=", self.company.id)], order="id")

    def _at(self, text):
        """Freeze the clock at a moment of Shanghai's."""
        moment = datetime.fromisoformat(text) - timedelta(hours=8)
        return freeze_time(moment)

    def _tell(self):
        """Run the job of the clocks."""
        with self._without_commit():
            self.env["loan.case"]._cron_clocks()

    def _answer(self, record, body, user):
        return record.with_user(user).message_post(
            body=body, message_type="comment", subtype_xmlid="mail.mt_comment", partner_ids=self.borrower.ids
        )

    def _clock(self, case, measure):
        return case.clock_ids.filtered(lambda clock: clock.measure == measure and clock.state != "dropped")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCase(CaseCommon):
    """A question comes in: whose it becomes, and how it ends."""

    def test_a_question_is_for_who_acts_for_the_customer(self):
        form = Form(self.env["loan.case"].with_user(self.desk))
        form.subject = "When is my next payment?"
        form.customer_id = self.customer
        case = form.save().with_env(self.env)
        self.assertRegex(case.name, r"^CS\d{5}$")
        self.assertEqual((case.user_id, case.team_id), (self.manager, self.junior))
        self.assertEqual((case.state, case.kind, case.partner_id), ("new", "inquiry", self.borrower))
        self.assertEqual(case.activity_ids.user_id, self.manager)
        self.assertIn(case, self.env["loan.case"].with_user(self.manager).search([]))
        self.assertNotIn(case.id, self.env["loan.case"].with_user(self.stranger).search([]).ids)

    def test_a_complaint_goes_to_the_team_that_takes_them_and_there_to_who_has_least(self):
        first = self._case(kind="complaint")
        self.assertEqual((first.team_id, first.user_id, first.severity), (self.special, self.desk, "general"))
        self.assertEqual(first.hold_id.kind, "complaint")
        self.assertEqual(first.hold_date_to, TODAY + timedelta(15))
        # Chen Bo belongs to the team, and may not see Lin Mei's customer.
        self.assertEqual(self._case(kind="complaint").user_id, self.desk)
        theirs = self._case(
            self.colleague, kind="complaint", customer_id=self._customer("Wu Hao", self.colleague).id
        )
        self.assertEqual(theirs.user_id, self.colleague, "who has none open comes before who has two")

    def test_nobody_handles_or_sees_a_complaint_about_themselves(self):
        with self.assertRefused("for somebody else to write down"):
            self._case(kind="complaint", about_user_id=self.desk.id)
        case = self._case(self.manager, kind="complaint", about_user_id=self.desk.id)
        self.assertEqual(case.user_id, self.lead, "the leader, for nobody else may")
        self.assertFalse(case.with_user(self.desk).has_access("read"))
        self.assertNotIn(case.id, self.env["loan.case"].with_user(self.desk).search([]).ids)
        with self.assertRefused("Nobody handles a complaint about themselves"):
            case.user_id = self.desk
        with self.assertRefused("Nobody works on a complaint about themselves"):
            case.task_ids = [
                Command.create({"name": "Check", "user_id": self.desk.id, "deadline": fields.Datetime.now()})
            ]
        with self.assertRefused("Only a complaint is about a colleague"):
            case.kind = "request"

    def test_a_complaint_about_a_lead_is_told_above_them_and_said_on_the_screen(self):
        head = self._user("team_lead", "He Tou")
        head.group_ids |= self.env.ref("loan_crm.loan_crm_group_compliance")  # sees all customers
        self.company.loan_head_user_id = head
        form = Form(self.env["loan.case"].with_user(self.manager))
        form.subject, form.customer_id, form.kind = "The lead shouted", self.customer, "complaint"
        form.about_user_id = self.desk
        self.assertIn("neither handles nor sees", form.about_note)
        form.about_user_id = self.lead
        self.assertIn(head.name, form.about_note)
        self.assertIn(self.compliance.name, form.about_note)
        case = form.save()
        told = case.sudo().activity_ids.filtered(lambda todo: "see that it is handled" in todo.summary)
        self.assertEqual(told.user_id, head | self.compliance)
        self.assertFalse(case.with_user(self.lead).has_access("read"))
        # Said later, it is told once; of the head's own, the head hears nothing.
        later = self._case(kind="complaint")
        later.with_user(self.manager).about_user_id = head
        later.with_user(self.manager).about_user_id = head
        told = later.sudo().activity_ids.filtered(lambda todo: "see that it is handled" in todo.summary)
        self.assertEqual(told.user_id, self.compliance)
        self.assertEqual(len(told), 1)

    def test_who_sets_teams_up_opens_them_without_reading_their_cases(self):
        self._case(team_id=self.junior.id)
        self.assertEqual(self.junior.with_user(self.lead).open_count, 1)
        self.assertEqual(self.junior.with_user(self.administrator).open_count, 0)

    def test_nobody_is_made_accountable_who_may_not_see_the_customer(self):
        case = self._case()
        with self.assertRefused("may not see the customer"):
            case.user_id = self.stranger
        with self.assertRefused("may not see the customer"):
            case.task_ids = [
                Command.create(
                    {"name": "Check", "user_id": self.stranger.id, "deadline": fields.Datetime.now()}
                )
            ]

    def test_what_wanders_is_counted(self):
        case = self._case()
        case.with_user(self.manager).user_id = self.desk
        case.with_user(self.desk).user_id = self.lead
        self.assertEqual((case.reassign_count, case.handler_count), (2, 3))
        self.assertEqual(case.activity_ids.user_id, self.lead, "the to-do goes along")
        case.with_user(self.lead)._solve("Explained")
        self.assertFalse(case.first_contact_resolution)
        simple = self._case(subject="A statement, please")
        simple._solve("Sent")
        self.assertTrue(simple.first_contact_resolution)

    def test_it_is_passed_up_to_somebody_else(self):
        case = self._case()
        case.with_user(self.manager).action_escalate()
        self.assertEqual((case.team_id, case.user_id), (self.special, self.desk))
        with self.assertRefused("There is no level above"):
            case.with_user(self.desk).action_escalate()

    def test_it_ends_with_what_was_done_and_a_complaint_with_its_cause(self):
        case = self._case(kind="complaint")
        action = case.with_user(self.desk).action_solve()
        form = Form(self.env["loan.case.end"].with_user(self.desk).with_context(**action["context"]))
        form.note = "Fee of 200 waived"
        with self.assertRefused("a complaint ends with its root cause"):
            self.env["loan.case.end"].with_user(self.desk).create(
                {"case_id": case.id, "note": "Done"}
            ).action_end()
        form.cause_id = self.env.ref("loan_crm.loan_case_cause_process")
        form.save().action_end()
        self.assertEqual(
            (case.state, case.solution, case.solved_user_id), ("solved", "Fee of 200 waived", self.desk)
        )
        self.assertTrue(case.hold_id.lifted_at, "reminders go on")
        with self._days_later(8):
            self._tell()
        self.assertEqual(case.state, "closed")
        self.assertTrue(case.closed_at)

    def test_joint_work_ends_before_the_case(self):
        case = self._case()
        case.with_user(self.manager).task_ids = [
            Command.create(
                {"name": "Check bookings", "user_id": self.lead.id, "deadline": fields.Datetime.now()}
            )
        ]
        self.assertIn(
            "Check bookings", case.activity_ids.filtered(lambda a: a.user_id == self.lead).mapped("summary")
        )
        with self.assertRefused("Others are still at work for this case: Check bookings"):
            case._solve("Done")
        case.task_ids.with_user(self.lead).action_done()
        case._solve("Done")
        self.assertEqual(case.state, "solved")

    def test_two_that_are_one_are_joined(self):
        kept, other = self._case(words="First"), self._case(words="Second, with a number")
        action = other.with_user(self.manager).action_void()
        form = Form(self.env["loan.case.end"].with_user(self.manager).with_context(**action["context"]))
        form.kept_id = kept
        form.save().action_end()
        self.assertEqual((other.state, other.duplicate_id), ("void", kept))
        self.assertIn("Second, with a number", "".join(kept.message_ids.mapped("body")))

    def test_what_came_in_stays_as_it_came(self):
        case = self._case()
        with self.assertRefused("stays as it was"):
            case.with_user(self.manager).channel = "visit"
        with self.assertRaises(AccessError):
            case.with_user(self.lead).unlink()
        with self.assertRaises(AccessError):
            case.with_user(self.manager).state = "solved"
        for name, value in (("reassign_count", 0), ("opened_at", NOW), ("solved_at", NOW), ("name", "CS1")):
            with self.subTest(name=name), self.assertRaises(AccessError):
                case.with_user(self.manager).write({name: value})

    def test_a_new_manager_gets_what_is_open(self):
        case = self._case()
        self.customer.with_user(self.lead).manager_user_id = self.colleague
        self.assertEqual(case.user_id, self.colleague)
        self.assertFalse(case.with_user(self.manager).has_access("read"))

    def test_list_and_record_agree_on_who_sees(self):
        unknown = self._mail(sender="Somebody <some@body.example>")[-1]
        self.assertFalse(unknown.customer_id)
        cases = unknown | self._case() | self._case(kind="complaint", about_user_id=self.manager.id)
        for user in (
            self.manager,
            self.colleague,
            self.stranger,
            self.lead,
            self.desk,
            self.compliance,
            self.administrator,
        ):
            mine = cases.with_user(user)
            if not mine.browse().has_access("read"):
                continue
            found = mine.search(Domain("id", "in", cases.ids))
            self.assertEqual(found, mine._filtered_access("read"), user.name)
            self.assertEqual(found, mine.search(Domain.TRUE) & mine, user.name)
            clocks = mine.env["loan.case.clock"].search([("case_id", "in", cases.ids)])
            self.assertEqual(clocks.case_id, found, user.name)
        self.assertIn(
            unknown.with_user(self.desk), unknown.with_user(self.desk).search([]), "a member of the team"
        )
        self.assertFalse(unknown.with_user(self.manager).has_access("read"))


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCaseIntake(CaseCommon):
    """A mail comes in: whose it is, what it is about, and whether it is there already."""

    def test_a_borrowers_mail_becomes_a_case_of_theirs(self):
        case = self._mail()
        self.assertEqual((case.customer_id, case.partner_id), (self.customer, self.borrower))
        self.assertEqual((case.channel, case.subject, case.state), ("email", "Interest", "new"))
        self.assertEqual((case.user_id, case.contract_id), (self.manager, self.contract), "their only loan")
        self.assertTrue(case.waiting_since)
        self.assertEqual(case.activity_ids.user_id, self.manager, "one to-do")
        self.assertEqual(case.lang, "en_US")
        letter = self.env["mail.mail"].search([("mail_message_id", "=", case.message_id.id)])
        self.assertEqual(letter.recipient_ids, self.borrower)
        self.assertIn(case.name, letter.subject)
        self.assertIn("Lin Mei", letter.body_html)

    def test_who_complains_in_chinese_is_heard_as_such(self):
        case = self._mail("我要投诉！没人管我的贷款，再不处理我就找律师，在微博上曝光。", "投诉")
        self.assertEqual((case.kind, case.severity, case.lang), ("complaint", "major", "zh_CN"))
        self.assertTrue(case.legal and case.reputation)
        self.assertEqual(case.team_id, self.junior, "the address they wrote to")

    def test_a_second_mail_about_it_joins_the_first(self):
        first = self._mail()
        self.assertEqual(self._mail("And that of April?", "Re: Interest"), first)
        self.assertIn("And that of April?", "".join(first.message_ids.mapped("body")))
        two = self._mail("Something else", "My address has changed")
        self.assertEqual(len(two), 2)
        with self._days_later(20):
            self.assertEqual(
                len(self._mail("Again", "Interest")), 3, "three weeks later it is another matter"
            )

    def test_a_machines_mail_is_not_answered_by_a_machine(self):
        case = self._mail(Auto_Submitted="auto-replied")
        self.assertFalse(
            self.env["mail.mail"].search([("model", "=", "loan.case"), ("res_id", "=", case.id)])
        )
        self.assertFalse(case.waiting_since)

    def test_an_unknown_sender_is_the_teams_and_is_told_nothing_of_anybody(self):
        case = self._mail(sender="Somebody <some@body.example>")
        self.assertFalse(case.customer_id or case.contract_id)
        self.assertEqual((case.team_id, case.user_id), (self.junior, self.desk))
        self.assertIn("some@body.example", case.email_from)
        self.assertFalse(case.message_id)

    def test_who_writes_again_opens_what_was_solved_and_wakes_what_waits(self):
        case = self._mail()
        case.with_user(self.manager).action_take()
        case.with_user(self.manager)._wait("The statement of March")
        letter = self._post(case, "Please send me the statement of March.")
        self._receive(
            "Here it is.",
            Subject="Re: Interest",
            In_Reply_To=letter.message_id,
            To="pudong-care@pudong.example.com",
        )
        self.assertEqual(case.state, "open")
        case._solve("Explained")
        self._receive(
            "Thanks!",
            Subject="Re: Interest",
            In_Reply_To=letter.message_id,
            To="pudong-care@pudong.example.com",
        )
        self.assertEqual(case.state, "solved", "a thank-you asks for nothing")
        self._receive(
            "But it is still wrong.",
            Subject="Re: Interest",
            In_Reply_To=letter.message_id,
            To="pudong-care@pudong.example.com",
        )
        self.assertEqual((case.state, case.reopen_count), ("open", 1))

    def test_the_gateway_is_no_door_for_users(self):
        with self.assertRaises(AccessError):
            get_public_method(self.env["loan.case"].with_user(self.manager), "message_new")

    def _post(self, case, body, user=None):
        return case.with_user(user or self.manager).message_post(
            body=body,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=case.partner_id.ids,
        )


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCaseClock(CaseCommon):
    """Promises about time: when they are due, when they stand still, who is told."""

    def test_the_first_response_is_due_in_working_time(self):
        case = self._case()
        clock = self._clock(case, "first_response")
        self.assertEqual(clock.policy_id, self.env.ref("loan_crm.loan_sla_policy_response"))
        self.assertEqual(
            clock.due_at, utc("2026-03-10 07:00:00"), "ten, four working hours, an hour for lunch: three"
        )
        with self._at("2026-03-13T17:30"):  # a Friday
            late = self._case(subject="On Friday")
            self.assertEqual(self._clock(late, "first_response").due_at, utc("2026-03-16 05:30:00"))
            self.assertFalse(late.is_late, "nobody is late at birth")

    def test_a_person_stops_it_and_no_machine_and_no_empty_word(self):
        case = self._mail()
        clock = self._clock(case, "first_response")
        for body in ("OK, thanks", "收到，谢谢"):
            self._post(case, body)
            self.assertEqual(clock.state, "running", body)
        case.message_post(body="A note among us", message_type="comment")
        self.assertEqual(clock.state, "running")
        with self._at("2026-03-10T11:30"):
            self._post(case, "The rate was raised on the 1st, as the contract says.")
        self.assertEqual((clock.state, case.responded_user_id), ("met", self.manager))
        self.assertEqual(case.responded_at, utc("2026-03-10 03:30:00"))
        self.assertEqual(case.state, "open")
        self.assertEqual(clock.share, 37, "an hour and a half of four")

    def test_waiting_for_the_customer_is_in_a_ledger_and_not_on_the_clock(self):
        case = self._case()
        clock = self._clock(case, "resolution")
        due = clock.due_at
        case.with_user(self.manager)._wait("The statement of March")
        self.assertEqual((clock.state, clock.due_at), ("paused", False))
        self.assertEqual(case.waits_for, "The statement of March")
        with self._days_later(2):
            case.with_user(self.manager).action_go_on()
        self.assertEqual(clock.due_at, due + timedelta(days=2))
        pause = case.pause_ids
        self.assertEqual((pause.user_id, pause.ended_user_id, pause.hours), (self.manager, self.manager, 16))
        with self.assertRaises(AccessError):
            pause.with_user(self.manager).write({"date_to": NOW})

    def test_solved_while_it_waited_loses_no_time(self):
        case = self._case()
        case._wait("Papers")
        with self._days_later(30):
            case._solve("They called")
        self.assertEqual(self._clock(case, "resolution").state, "met")
        self.assertTrue(case.pause_ids.date_to)

    def test_a_regulators_clock_runs_beside_and_does_not_wait(self):
        china = self.env.ref("loan_crm.loan_sla_policy_china")
        china.active = True
        case = self._case(kind="complaint")
        clock = case.clock_ids.filtered("is_regulator")
        self.assertEqual(clock.due_at, utc("2026-03-25 15:59:59"), "the last second of the 25th in Shanghai")
        case._wait("Papers")
        self.assertEqual(clock.state, "running")
        complex_step, special = china.extension_ids
        desk, lead = self.desk, self.lead
        form = Form(self.env["loan.case.extend"].with_user(desk).with_context(default_clock_id=clock.id))
        form.step_id, form.reason = special, "Two banks are concerned"
        with self.assertRefused("First comes"):
            form.save().action_ask()
        form = Form(self.env["loan.case.extend"].with_user(desk).with_context(default_clock_id=clock.id))
        form.step_id, form.reason = complex_step, "Two banks are concerned"
        form.save().action_ask()
        self.assertEqual(clock.due_at, utc("2026-04-09 15:59:59"))
        form = Form(self.env["loan.case.extend"].with_user(desk).with_context(default_clock_id=clock.id))
        form.step_id, form.reason = special, "The court has not answered"
        form.save().action_ask()
        asked = case.extension_ids.filtered(lambda each: each.state == "asked")
        self.assertEqual(clock.extended, 15, "not before it is granted")
        with self.assertRefused("Nobody decides on an extension of their own"):
            asked.with_user(desk).action_grant()
        asked.with_user(lead).action_grant()
        self.assertEqual(clock.due_at, utc("2026-05-09 15:59:59"))

    def test_marks_climb_within_working_hours(self):
        case = self._case()
        clock = self._clock(case, "first_response")
        self.assertEqual(
            (clock.next_mark, clock.next_mark_at), (50, utc("2026-03-10 05:00:00")), "at one, after lunch"
        )
        before = len(case.activity_ids)
        with self._at("2026-03-10T12:30"):
            self._tell()
        self.assertEqual(len(case.activity_ids), before)
        with self._at("2026-03-10T13:05"):
            self._tell()
            self._tell()
        told = case.activity_ids.filtered(lambda each: "50 %" in (each.summary or ""))
        self.assertEqual(told.user_id, self.manager, "once")
        with self._at("2026-03-10T15:05"):
            self._tell()
        late = case.activity_ids.filtered(lambda each: "Too late" in (each.summary or ""))
        self.assertEqual(late.user_id, self.manager | self.lead)
        with self._at("2026-03-10T15:05"):
            self.assertIn(case, self.env["loan.case"].search([("is_late", "=", True)]))

    def test_what_cannot_be_told_keeps_nobody_waiting(self):
        cases = self._case() | self._case(subject="Two") | self._case(subject="Three")
        broken = self._clock(cases[1], "first_response")
        tell = type(broken)._tell

        def fails(clocks):
            if broken in clocks:
                raise ValueError("boom")
            return tell(clocks)

        self.patch(type(broken), "_tell", fails)
        self.company.loan_reminder_user_id = self.lead
        with self._at("2026-03-10T15:05"):
            self._tell()
            self.assertEqual([self._clock(case, "first_response").mark for case in cases], [100, 0, 100])
            self.assertEqual((broken.trouble, broken.next_mark_at), ("boom", utc("2026-03-11 07:05:00")))
            woken = Domain("user_id", "=", self.lead.id) & Domain("res_model", "=", False)
            self.assertEqual(self.env["mail.activity"].search_count(woken), 1)
        with self._at("2026-03-11T15:10"):
            self._tell()
            self.assertEqual(self.env["mail.activity"].search_count(woken), 1, "told once while it is open")
        self.patch(type(broken), "_tell", tell)
        with self._at("2026-03-12T15:15"):
            self._tell()
        self.assertEqual((broken.trouble, broken.mark), (False, 100))
        self.assertFalse(self.env["mail.activity"].search_count(woken), "it works again")

    def test_a_person_has_one_to_do_for_a_clock_and_none_when_it_is_over(self):
        case = self._mail()
        clock = self._clock(case, "first_response")
        for moment in ("2026-03-10T13:05", "2026-03-10T14:05", "2026-03-10T15:05"):
            with self._at(moment):
                self._tell()
        self.assertEqual(clock.todo_ids.user_id, self.manager | self.lead)
        self.assertEqual(len(clock.todo_ids), 2)
        with self._at("2026-03-10T15:10"):
            self._answer(case, "The rate was raised on the first.", self.manager)
        self.assertEqual(clock.state, "missed")
        self.assertFalse(clock.todo_ids)

    def test_the_job_asks_each_person_not_each_case(self):
        def cases(count):
            made = self.env["loan.case"].create(
                [
                    {"customer_id": self.customer.id, "subject": f"No {n}", "kind": "inquiry"}
                    for n in range(count)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            return made.clock_ids.filtered(lambda clock: clock.measure == "first_response")

        spent = []
        for count in (5, 40):
            clocks = cases(count)
            with self._at("2026-03-10T15:05"):
                self.env.flush_all()
                before = self.env.cr.sql_log_count
                clocks._tell()
                self.env.flush_all()
                spent.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(spent[1], spent[0] + 2, spent)

    def test_another_kind_has_other_clocks(self):
        case = self._case()
        case.kind = "complaint"
        policies = case.clock_ids.filtered(lambda clock: clock.state == "running").policy_id
        self.assertEqual(
            policies,
            self.env.ref("loan_crm.loan_sla_policy_complaint_response")
            | self.env.ref("loan_crm.loan_sla_policy_complaint_resolution"),
        )
        case.kind = "inquiry"
        self.assertEqual(
            self._clock(case, "first_response").policy_id, self.env.ref("loan_crm.loan_sla_policy_response")
        )

    def test_holidays_are_left_out_and_worked_weekends_taken_in(self):
        self.company.loan_calendar_id = self.env["loan.calendar"].create(
            {
                "name": "Pudong",
                "company_id": self.company.id,
                "day_ids": [
                    Command.create({"name": "Founders", "date": "2026-03-11", "kind": "holiday"}),
                    Command.create({"name": "Made up", "date": "2026-03-14", "kind": "workday"}),
                ],
            }
        )
        with self._at("2026-03-10T17:00"):
            case = self._case()
            self.assertEqual(self._clock(case, "first_response").due_at, utc("2026-03-12 04:00:00"))
        with self._at("2026-03-13T17:00"):
            case = self._case(subject="Friday")
            self.assertEqual(
                self._clock(case, "first_response").due_at, utc("2026-03-14 04:00:00"), "a Saturday"
            )

    def _post(self, case, body, user=None):
        return case.with_user(user or self.manager).message_post(
            body=body,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=case.partner_id.ids,
        )


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanResponse(CaseCommon):
    """Somebody writes and waits: on a case, a loan or a profile, until a person has answered."""

    def _waits(self, record):
        return self.env["loan.response"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        )

    def _climb(self):
        with self._without_commit():
            self.env["loan.response"]._cron_climb()

    def test_who_names_a_head_is_told_what_they_do_not_see(self):
        self._customer("Zhou Yu", self.stranger)
        for head, unseen in [
            (self.env["res.users"], set()),
            (self.compliance, set()),
            (self.lead, {"Corporate"}),
            (self.desk, {"Corporate", "Retail"}),
        ]:
            self.company.loan_head_user_id = head
            with self.subTest(head=head.name):
                told = self.company.loan_head_note or ""
                self.assertEqual({team for team in ("Corporate", "Retail") if team in told}, unseen)

    def test_a_wait_is_one_until_a_person_answers_with_something(self):
        case = self._mail()
        wait = self._waits(case)
        self.assertEqual(
            (wait.state, wait.customer_id, wait.partner_id), ("waiting", self.customer, self.borrower)
        )
        self.assertEqual((wait.owner_user_id, wait.hour), (self.manager, 10))
        self._mail("Are you there?", "Re: Interest")
        self.assertEqual(self._waits(case), wait, "asked again, they wait once")
        case.with_user(self.manager).user_id = self.desk
        self._answer(case, "Thanks!", self.desk)
        self.assertEqual(wait.state, "waiting")
        with self._at("2026-03-10T14:00"):
            answer = self._answer(case, "The rate was raised on the first.", self.desk)
        self.assertEqual((wait.state, wait.user_id, wait.answer_message_id), ("answered", self.desk, answer))
        self.assertEqual(wait.minutes, 180, "lunch is not worked")
        self.assertFalse(case.waiting_since)

    def test_a_mail_on_a_loan_counts_as_well(self):
        self._send_reminder()
        letter = self.contract.message_ids.filtered(lambda message: message.message_type == "email_outgoing")[
            :1
        ]
        self._receive("Why so much?", In_Reply_To=letter.message_id)
        wait = self._waits(self.contract)
        self.assertEqual((wait.state, wait.owner_user_id), ("waiting", self.manager))
        with self._at("2026-03-11T10:00"):
            self.contract.with_user(self.manager).action_mark_answered()
        self.assertEqual((wait.state, wait.minutes, wait.user_id), ("ticked", 480, self.manager))

    def test_what_is_ticked_off_stands_apart_from_what_was_answered(self):
        ticked, done, replied = (self._mail(subject=subject)[-1:] for subject in ("One", "Two", "Three"))
        with self._at("2026-03-10T11:00"):
            ticked.with_user(self.manager).action_mark_answered()
            done._answer_activity().with_user(self.manager).action_feedback(feedback="Told them by telephone")
        with self._at("2026-03-10T15:00"):
            self._answer(replied, "The rate was raised on the first.", self.manager)
        figures = (
            self.env["loan.response"]
            .with_user(self.manager)
            ._read_group(
                [("case_id", "in", (ticked | done | replied).ids)],
                ["state"],
                ["__count", "minutes:avg"],
                order="state",
            )
        )
        self.assertEqual(figures, [("answered", 1, 240), ("ticked", 2, 60)], "a tick polishes no figure")
        self.assertFalse((ticked | done | replied).filtered("waiting_since"))

    def test_what_nobody_answers_climbs_to_the_lead_and_to_the_head(self):
        self.team.user_id = self.lead
        self.company.loan_head_user_id = self.compliance
        case = self._mail()
        wait = self._waits(case)
        self.assertEqual(wait.climb_at, utc("2026-03-10 07:00:00"), "four working hours")
        with self._at("2026-03-10T14:30"):
            self._climb()
        self.assertEqual(wait.climbed, "0")
        with self._at("2026-03-10T15:10"):
            self._climb()
            self._climb()
        self.assertEqual((wait.climbed, wait.climb_at), ("1", utc("2026-03-11 02:00:00")))
        told = case.activity_ids.filtered(lambda each: each.user_id == self.lead)
        self.assertEqual(told.mapped("summary"), ["Nobody has answered: see to it that somebody does"])
        with self._at("2026-03-11T10:10"):
            self._climb()
        self.assertEqual((wait.climbed, wait.climb_at), ("2", False))
        self.assertIn(self.compliance, case.activity_ids.user_id)
        with self._at("2026-03-11T10:20"):
            self._answer(case, "The rate was raised on the first.", self.manager)
        self.assertFalse(wait.todo_ids, "nobody is told any more of what is answered")

    def test_nobody_hears_of_a_wait_they_may_not_see(self):
        case = self._mail()
        wait = self._waits(case)
        for user, seen in (
            (self.manager, True),
            (self.lead, True),
            (self.stranger, False),
            (self.compliance, True),
        ):
            found = self.env["loan.response"].with_user(user).search([("id", "=", wait.id)])
            self.assertEqual(bool(found), seen, user.name)
        # Whose duty the customer is, and whom the complaint is about, does not learn that somebody waits.
        case.write({"kind": "complaint", "about_user_id": self.desk.id})
        theirs = self.env["loan.response"].with_user(self.desk)
        self.assertTrue(self.customer.with_user(self.desk).has_access("read"))
        self.assertFalse(theirs.search([("id", "=", wait.id)]))
        self.assertFalse(theirs.search_count([("case_id", "=", case.id)]))
        with self.assertRaises(AccessError):
            theirs.browse(wait.id).read(["waiting_since"])

    def test_a_wait_of_nobody_known_is_the_teams(self):
        self._receive("Hello?", From="who@knows.example.com", To="pudong-care@pudong.example.com")
        case = self.env["loan.case"].search([("company_id", "=", self.company.id)], order="id desc", limit=1)
        wait = self._waits(case)
        self.assertFalse(wait.customer_id)
        for user, seen in ((self.desk, True), (self.lead, True), (self.stranger, False)):
            self.assertEqual(bool(wait.with_user(user).search([("id", "=", wait.id)])), seen, user.name)
            self.assertEqual(wait.with_user(user).has_access("read"), seen, user.name)

    def test_nobody_writes_how_long_somebody_waited(self):
        wait = self._waits(self._mail())
        with self.assertRaises(AccessError):
            wait.with_user(self.manager).write({"minutes": 1})

    def test_a_case_that_ends_lets_nobody_wait(self):
        case = self._mail()
        case._put_aside("Spam")
        self.assertEqual(self._waits(case).state, "dropped")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCaseGuide(CaseCommon):
    """Whoever opens a case reads in one sentence what to do next; a board and a customer's page show it."""

    def test_the_next_step_follows_the_case(self):
        case = self._case()
        self.assertRegex(case.next_told, r"^Answer Wang Fang by .*\.$")
        case._responded(self.manager, fields.Datetime.now())
        self.assertEqual(case.next_told, "Settle it, tell Wang Fang, then press Solve.")
        case.task_ids = [
            Command.create({"name": "Check", "user_id": self.desk.id, "deadline": fields.Datetime.now()})
        ]
        self.assertIn(f"joint work of {self.desk.name}", case.next_told)
        case.task_ids.with_user(self.desk).action_done()
        case._wait("The statement of March")
        self.assertEqual(
            case.next_told, "Wait for Wang Fang: The statement of March. When it has come, press Go On."
        )
        case._go_on()
        case._solve("Explained")
        self.assertIn("closes by itself on 03/17/2026", case.next_told)
        case._close()
        self.assertFalse(case.next_told)

    def test_who_waits_and_who_is_unknown_comes_first(self):
        unknown = self._mail(From="Somebody <who@nowhere.example.com>")
        self.assertIn("Find out who wrote", unknown.next_told)
        unknown.customer_id = self.customer
        unknown.partner_id = self.borrower
        self.assertIn("who waits since", unknown.next_told)
        unknown.user_id = False
        self.assertIn("Make somebody accountable", unknown.next_told)

    def test_a_case_without_a_clock_names_no_time(self):
        case = self._case()
        self.assertIn("First Response by", case.due_told)
        case._drop_clocks()
        self.assertFalse(case.due_told, "and not a record's name")

    def test_a_board_of_open_cases_has_no_columns_of_those_that_are_over(self):
        self._case()
        cases = self.env["loan.case"].with_context(read_group_expand=True).with_user(self.desk)
        groups = cases.formatted_read_group(
            [("state", "in", ("new", "open", "waiting"))], ["state"], ["__count"]
        )
        self.assertEqual([group["state"] for group in groups], ["new", "open", "waiting"])

    def test_who_sets_categories_up_sees_them_without_seeing_a_case(self):
        self._case(category_id=self.env.ref("loan_crm.loan_case_category_rate").id)
        admin = self._user("administrator", "Pan Wei")
        category = self.env.ref("loan_crm.loan_case_category_rate").with_user(admin)
        self.assertEqual(category.read(["name", "case_count"])[0]["case_count"], 0)

    def test_an_open_complaint_stands_on_the_page_of_its_customer(self):
        self._case()
        tile = next(tile for tile in self.customer.with_user(self.manager).strip if tile["key"] == "cases")
        self.assertEqual((tile["value"], tile["mark"], tile["action"]), ("1", "warning", "action_open_cases"))
        self._case(kind="complaint", subject="Rude")
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertTrue(self.customer.complaint_open)
        tile = next(tile for tile in self.customer.with_user(self.manager).strip if tile["key"] == "cases")
        self.assertEqual((tile["value"], tile["mark"], tile["text"]), ("2", "danger", "a complaint is open"))
        view = self.env["loan.customer"].get_view(view_type="form")["arch"]
        self.assertIn('invisible="not complaint_open"', view)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCaseAnswer(CaseCommon):
    """What to ask and say stands beside a case, and answers that are ready open in the customer's language."""

    def _ready(self, case, user=None):
        return case.with_user(user or self.manager)

    def test_the_script_and_the_answers_of_the_category_stand_beside_the_case(self):
        rate = self.env.ref("loan_crm.loan_case_category_rate")
        case = self._ready(self._case(category_id=rate.id))
        self.assertEqual(case.script_id, self.env.ref("loan_crm.loan_case_script_rate"))
        self.assertIn("contract", case.script_say)
        self.assertEqual(case.answer_ids[0], self.env.ref("loan_crm.loan_case_answer_rate"))
        self.assertNotIn(self.env.ref("loan_crm.loan_case_answer_fraud"), case.answer_ids)

    def test_what_is_for_a_category_is_for_its_parts_and_the_nearer_one_comes_first(self):
        scripts = self.env["loan.case.script"]
        above = scripts.create(
            {"name": "Loans", "category_ids": self.env.ref("loan_crm.loan_case_category_loan").ids}
        )
        early = self.env.ref("loan_crm.loan_case_category_early")
        part = self.env["loan.case.category"].create({"name": "With a sale", "parent_id": early.id})
        case = self._case(category_id=part.id)
        fitting = scripts._fitting(case)[case]
        self.assertEqual(fitting[0], self.env.ref("loan_crm.loan_case_script_payoff"))
        self.assertEqual(fitting[1], above)

    def test_the_stage_and_the_type_decide_where_no_category_does(self):
        case = self._ready(self._case())
        self.assertEqual(case.script_id, self.env.ref("loan_crm.loan_case_script_any"))
        case.sudo().kind = "complaint"
        self.assertEqual(case.script_id, self.env.ref("loan_crm.loan_case_script_complaint"))
        case.sudo().kind = "inquiry"
        case._wait("The statement")
        self.assertEqual(case.script_id, self.env.ref("loan_crm.loan_case_script_waiting"))

    def test_another_companys_script_is_not_shown(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        rate = self.env.ref("loan_crm.loan_case_category_rate")
        self.env["loan.case.script"].create(
            {"name": "Theirs", "company_id": other.id, "category_ids": rate.ids, "sequence": 1}
        )
        case = self._case(category_id=rate.id)
        self.assertEqual(case.script_id.name, "Interest and fees")

    def test_an_answer_opens_in_the_customers_language_with_names_filled_in(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        answer = self.env["loan.case.answer"].create(
            {"name": "Hello", "body": "Dear {customer}, {number} is with {colleague}. <b>{loan}</b>"}
        )
        answer.with_context(lang="zh_CN").body = "尊敬的{customer}，{number}由{colleague}处理。"
        case = self._case(lang="zh_CN", subject="利息")
        action = answer.with_user(self.manager).with_context(loan_case_id=case.id).action_use()
        body = str(action["context"]["default_body"])
        self.assertIn(f"尊敬的{self.borrower.name}，{case.name}由Lin Mei处理。", body)
        case.lang = "en_US"
        action = answer.with_user(self.manager).with_context(loan_case_id=case.id).action_use()
        body = str(action["context"]["default_body"])
        self.assertIn("&lt;b&gt;____&lt;/b&gt;", body, "what is unknown is a line, and no text is markup")

    def test_sending_it_is_the_first_response(self):
        case = self._mail().with_user(self.manager)
        case.category_id = self.env.ref("loan_crm.loan_case_category_rate")
        self.assertTrue(case.waiting_since)
        action = case.action_answer()
        self.assertIn("a margin of ____", str(action["context"]["default_body"]))
        composer = Form(
            self.env["mail.compose.message"].with_user(self.manager).with_context(**action["context"])
        ).save()
        with self.mock_mail_gateway():
            composer._action_send_mail()
        self.assertFalse(case.waiting_since)
        self.assertEqual((case.responded_user_id, case.state), (self.manager, "open"))

    def test_an_answer_with_a_name_that_nobody_knows_is_refused(self):
        with self.assertRefused("Nobody can fill in {password}"):
            self.env["loan.case.answer"].create({"name": "Bad", "body": "{password}"})

    def test_leads_and_compliance_write_them_and_managers_do_not(self):
        compliance = self._user("compliance", "Ingrid Solberg")
        for model in ("loan.case.script", "loan.case.answer"):
            for user in (self.lead, compliance):
                self.assertTrue(self.env[model].with_user(user).has_access("create"))
            for user in (self.manager, self.desk):
                self.assertTrue(self.env[model].with_user(user).has_access("read"))
                self.assertFalse(self.env[model].with_user(user).has_access("write"))

    def test_who_may_not_see_the_case_answers_nothing(self):
        case = self._case()
        answer = self.env.ref("loan_crm.loan_case_answer_rate").with_user(self.stranger)
        with self.assertRaises(AccessError):
            answer.with_context(loan_case_id=case.id).action_use()
        with self.assertRefused("Open a case"):
            answer.action_use()

    def test_scripts_of_many_cases_are_read_at_once(self):
        made = self.env["loan.case"].browse([self._case(subject=f"Number {n}").id for n in range(6)])
        self.env.flush_all()
        self.env.invalidate_all()
        made[:1].mapped("category_id")
        with self.assertQueryCount(12):
            made.mapped("script_id.name")


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCaseHardship(CaseCommon):
    """Who writes that they cannot pay has a hardship request by one click, and the case ends with it."""

    def _cannot_pay(self, **values):
        values = {"kind": "hardship", "words": "I lost my job in February.", **values}
        return self._case(self.manager, subject="I cannot pay", **values)

    def _request(self, case):
        return self.env["loan.hardship"].browse(case.with_user(self.manager).action_make_hardship()["res_id"])

    def test_the_request_carries_customer_loan_and_words(self):
        case = self._cannot_pay(channel="email")
        request = self._request(case)
        self.assertEqual(
            (request.contract_id, request.partner_id, request.channel, request.words),
            (self.contract, self.borrower, "email", "I lost my job in February."),
        )
        self.assertEqual((case.state, case.contract_id, case.hardship_id), ("open", self.contract, request))
        case._responded(self.manager, fields.Datetime.now())
        self.assertIn("Decide the hardship request", case.next_told)

    def test_twice_is_once_and_an_open_request_is_joined(self):
        case = self._cannot_pay()
        request = self._request(case)
        self.assertEqual(self._request(case), request)
        other = self._cannot_pay(words="And now I am ill.")
        self.assertEqual(self._request(other), request)
        self.assertIn("And now I am ill.", request.words)
        self.assertEqual(len(self.env["loan.hardship"].search([("contract_id", "=", self.contract.id)])), 1)

    def test_the_case_is_solved_when_the_request_is_decided(self):
        case = self._cannot_pay()
        request = self._request(case)
        request.with_user(self.lead)._decide("declined", "Income is as it was")
        self.assertEqual((case.state, case.solved_user_id), ("solved", self.lead))
        self.assertIn("Income is as it was", case.solution)

    def test_what_others_still_do_for_it_is_not_cut_off(self):
        case = self._cannot_pay()
        request = self._request(case)
        case.task_ids = [
            Command.create({"name": "Check", "user_id": self.desk.id, "deadline": fields.Datetime.now()})
        ]
        request.with_user(self.lead)._decide("granted", "A month")
        self.assertEqual((request.state, case.state), ("granted", "open"))
        self.assertIn("Hardship request: Granted", case.activity_ids.mapped("summary"))

    def test_which_loan_must_be_clear(self):
        self._due_in(9)
        case = self._cannot_pay()
        with self.assertRefused("Choose the loan first"):
            self._request(case)
        with self.assertRaises(AccessError):
            case.with_user(self.stranger).action_make_hardship()
        with self.assertRaises(AccessError):
            case.with_user(self.manager).hardship_id = False
