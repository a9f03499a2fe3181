from datetime import date, timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import html2plaintext

from odoo.addons.loan_crm.core import learning

from .common import NOW, TODAY
from .test_loan_case import CaseCommon, utc

POISON = "This one is poison."


class LearningCommon(CaseCommon):
    """A lender with categories, causes and cases of the past."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.papers = cls.env.ref("loan_crm.loan_case_category_papers")
        cls.delay = cls.env.ref("loan_crm.loan_case_category_delay")
        cls.manner = cls.env.ref("loan_crm.loan_case_category_manner")
        cls.process = cls.env.ref("loan_crm.loan_case_cause_process")

    def _past(self, days, customer=None, hours=5, **values):
        """Return cases that came in so many days ago each and were solved after some hours."""
        customer = customer or self.customer
        lines = []
        for ago in days:
            opened = fields.Datetime.now().replace(microsecond=0) - timedelta(ago)
            vals = {
                "subject": "Papers asked for twice",
                "words": "Why not at once?",
                "kind": "complaint",
                "category_id": self.papers.id,
                "customer_id": customer.id,
                "team_id": self.special.id,
                "user_id": customer.manager_user_id.id,
                "company_id": self.company.id,
                "opened_at": opened,
                **values,
            }
            lines.append((vals, opened + timedelta(hours=2), opened + timedelta(hours=hours)))
        return self.env["loan.case"]._enter_history(lines)

    def _spots(self, user=None, **values):
        return self.env["loan.weak.spot"].with_user(user or self.compliance).create(values)

    def _rows(self, spots):
        return {row["name"].split(" / ")[-1]: row["count"] for row in spots.figures["rows"]}


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanLearning(LearningCommon):
    # ------------------------------------------------------------ cases of the past

    def test_a_case_of_the_past_tells_nobody_and_keeps_its_times(self):
        mails = self.env["mail.mail"].search_count([])
        case = self._past([40], cause_id=self.process.id)
        self.assertEqual(case.state, "closed")
        self.assertEqual(case.opened_at, utc("2026-01-29 02:00:00"))
        self.assertEqual(case.solved_at, utc("2026-01-29 07:00:00"))
        self.assertFalse(case.activity_ids)
        self.assertFalse(case.hold_id)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertTrue(case.clock_ids)
        self.assertEqual(set(case.clock_ids.mapped("state")), {"met"})
        late = self._past([40], hours=24 * 35)
        self.assertIn("missed", late.clock_ids.mapped("state"))
        self.assertFalse(late.clock_ids.filtered("next_mark_at"))

    # ------------------------------------------------------------ where on its way

    def test_a_case_knows_where_its_loan_stood_and_does_not_follow_it(self):
        self.assertEqual(self._case(customer_id=self._customer("Nobody Yet").id).journey, "apply")
        self.assertEqual(self._case(contract_id=self._contract(active=False).id).journey, "apply")
        new = self._contract()
        case = self._case(contract_id=new.id)
        self.assertEqual((case.journey, case.product_id), ("payout", self.product))
        old = self._contract(start_date=date(2025, 9, 7), first_due_date=date(2026, 4, 7))
        case = self._case(contract_id=old.id)
        self.assertEqual(case.journey, "repay")
        late = self._due_in(-20, start_date=date(2025, 9, 7))
        self.assertEqual(self._case(contract_id=late.id).journey, "late")
        self.assertEqual(self._case().journey, "none")
        with self._days_later(200):
            case.subject = "Something else"
            self.assertEqual(case.journey, "repay")

    def test_nobody_enters_the_stage(self):
        with self.assertRaises(AccessError):
            self._case().with_user(self.desk).write({"journey": "end"})

    # ------------------------------------------------------------ weak spots

    def test_weak_spots_are_sorted_and_add_up(self):
        self._past([5, 9, 12, 30, 44, 60])
        self._past([7, 70], category_id=self.delay.id)
        self._past([8], category_id=self.manner.id)
        self._past([8], category_id=self.manner.id, kind="inquiry")  # no complaint
        self._past([200])  # long ago
        self._past([10], category_id=False)
        spots = self._spots()
        self.assertEqual([row["count"] for row in spots.figures["rows"]], [6, 2, 1, 1])
        self.assertEqual(spots.figures["rows"][0]["share"], 0.6)
        self.assertEqual([row["vital"] for row in spots.figures["rows"]], [True, True, False, False])
        self.assertEqual(spots.figures["rows"][-1]["cumulative"], 1)
        self.assertIn("No category yet", self._rows(spots))
        spots.kind = False
        self.assertEqual(spots.figures["total"], 11)
        spots.write({"kind": "complaint", "sort_by": "cause"})
        self.assertEqual(self._rows(spots), {"Cause not found yet": 10})

    def test_filters_and_dimensions(self):
        loan = self._contract()
        self._past([5, 6, 7], contract_id=loan.id)
        self._past([5], severity="major", team_id=self.junior.id)
        spots = self._spots(sort_by="category_journey_product")
        names = {row["name"]: row["count"] for row in spots.figures["rows"]}
        self.assertEqual(sorted(names.values()), [1, 3])
        self.assertTrue(any(name.endswith("Paying Out · Car Loan") for name in names))
        spots.severity = "major"
        self.assertEqual(spots.figures["total"], 1)
        spots.write({"severity": False, "team_id": self.special.id})
        self.assertEqual(spots.figures["total"], 3)
        spots.write({"team_id": False, "product_id": self.product.id})
        self.assertEqual(spots.figures["total"], 3)
        with Form(spots) as form:
            form.period = "30"
        self.assertEqual(spots.date_from, date(2026, 2, 9))
        with self.assertRefused("ends after it begins"):
            spots.write({"period": "own", "date_from": TODAY, "date_to": TODAY - timedelta(1)})

    def test_nothing_is_counted_that_the_reader_may_not_see(self):
        hidden = self._customer("Hidden One", manager=self.stranger)
        self._past([5, 6, 7])
        self._past([5, 6], customer=hidden)
        about = self._past([8], about_user_id=self.compliance.id)
        self.assertEqual(self._spots(self.manager).figures["total"], 4)
        self.assertEqual(self._spots(self.stranger).figures["total"], 2)
        self.assertEqual(self._spots(self.lead).figures["total"], 4)
        self.assertEqual(self._spots(self.other_lead).figures["total"], 2)
        # Compliance sees all customers, and no complaint about themselves.
        self.assertEqual(self._spots(self.compliance).figures["total"], 5)
        self.assertTrue(about)
        with self.assertRaises(AccessError):
            self._spots(self.employee)
        with self.assertRaises(AccessError):
            self._spots(self.manager).with_user(self.colleague).read(["figures"])

    def _running(self, spots, *spans):
        return [base.get(self.own.id, 0) for base in spots._learning_bases(self.company, spans)]

    def test_the_loans_that_are_not_seen_are_no_base_either(self):
        self.own = self._product(name="Boat Loan")
        hidden = self._customer("Hidden One", manager=self.stranger)
        for customer in (self.customer, hidden):
            self._contract(
                customer,
                product_id=self.own.id,
                start_date=TODAY - timedelta(100),
                first_due_date=TODAY + timedelta(7),
            )
        spots = self._spots(self.manager)
        span = (spots.date_from, spots.date_to)
        self.assertEqual(self._running(spots, span), [90])
        both = self._spots(self.compliance)
        self.assertEqual(self._running(both, span, (TODAY, TODAY)), [180, 2])

    def test_a_loan_that_was_repaid_early_ends_with_its_last_payment(self):
        self.own = self._product(name="Boat Loan")
        loan = self._contract(
            product_id=self.own.id,
            start_date=TODAY - timedelta(60),
            first_due_date=TODAY - timedelta(30),
            term=2,
        )
        self._pay(loan, 20000, date=TODAY - timedelta(10))
        self.assertEqual(loan.state, "closed")
        self.assertEqual(self._running(self._spots(), (TODAY - timedelta(89), TODAY)), [51])

    def test_a_row_is_compared_with_the_time_before(self):
        self._contract(start_date=TODAY - timedelta(300), first_due_date=TODAY + timedelta(7))
        self._past(range(1, 5))
        self._past(range(100, 130))
        self._past([3], category_id=self.delay.id)
        rows = {row["count"]: row for row in self._spots().figures["rows"]}
        self.assertEqual((rows[4]["before"], rows[4]["verdict"]), (30, "better"))
        self.assertEqual((rows[1]["before"], rows[1]["verdict"]), (0, "few"))
        self.assertEqual(rows[1]["verdict_told"], "Too few to tell")

    def test_the_months_know_which_days_are_theirs(self):
        # 1 February in Shanghai begins on 31 January, 16:00 in UTC.
        case = self._past([5])
        case.opened_at = utc("2026-01-31 16:30:00")
        trend = self._spots(period="365").figures["trend"]
        # It begins with the first month that has a case.
        self.assertEqual(
            [(month["name"], month["count"]) for month in trend], [("Feb 2026", 1), ("Mar 2026", 0)]
        )

    def test_a_row_opens_its_cases(self):
        cases = self._past([5, 6])
        self._past([5], category_id=self.delay.id)
        spots = self._spots(self.manager)
        key = next(row["key"] for row in spots.figures["rows"] if row["count"] == 2)
        action = spots.action_open_cases(key)
        self.assertEqual(self.env["loan.case"].with_user(self.manager).search(action["domain"]), cases)
        for wrong in ([], "papers", ["x"], [1, 2], [{"a": 1}], [True]):
            with self.subTest(key=wrong), self.assertRaises(UserError):
                spots.action_open_cases(wrong)
        with self.assertRaises(AccessError):
            spots.with_user(self.colleague).action_open_cases(key)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanImprovement(LearningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._contract(start_date=TODAY - timedelta(350), first_due_date=TODAY + timedelta(7))

    def _improvement(self, user=None, **values):
        return (
            self.env["loan.improvement"]
            .with_user(user or self.lead)
            .create(
                {
                    "name": "One list of papers",
                    "category_id": self.papers.id,
                    "user_id": self.manager.id,
                    "date_due": TODAY + timedelta(5),
                    "window_days": 30,
                    **values,
                }
            )
        )

    def _done(self, **values):
        improvement = self._improvement(**values)
        improvement.action_agree()
        owner = improvement.with_user(self.manager)
        owner.action_begin()
        owner.changed = "The list goes out."
        owner.action_done()
        return improvement

    def _night(self):
        night = self.env["loan.night"].create(
            {"company_id": self.company.id, "date": self.company._loan_today()}
        )
        while self.env["loan.improvement"]._night_improvement(night):
            pass
        self.env.invalidate_all()

    def test_from_a_weak_spot_in_one_click(self):
        self._past([2, 3, 5, 8, 13, 21])
        spots = self._spots(self.lead, period="30")
        row = spots.figures["rows"][0]
        action = spots.action_improve(row["key"])
        form = Form(self.env["loan.improvement"].with_user(self.lead).with_context(**action["context"]))
        improvement = form.save()
        self.assertEqual(improvement.category_id, self.papers)
        self.assertIn("Papers", improvement.name)
        self.assertEqual(improvement.evidence_from, spots.date_from)
        self.assertIn("6 of 6 cases", improvement.evidence_told)
        self.assertTrue(spots.figures["improves"])
        self.assertFalse(self._spots(self.manager).figures["improves"])
        with self.assertRaises(AccessError):
            self._improvement(self.manager)
        unsorted = self._past([4], category_id=False)
        self.assertTrue(unsorted)
        with self.assertRaises(UserError):
            spots.action_improve([0])

    def test_what_spoke_for_it_stays_as_it_was(self):
        self._past([2, 3, 5, 8, 13, 21])
        improvement = self._improvement()
        told = improvement.evidence_told
        self._past([1, 2])
        self.env.invalidate_all()
        self.assertEqual(improvement.evidence_told, told)
        for vals in (
            {"evidence": {"count": 99, "all": 99}},
            {"verdict": "better"},
            {"counted_user_id": self.compliance.id},
            {"state": "judged"},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                improvement.write(vals)
        with self.assertRaises(AccessError):
            self._improvement(verdict="better")

    def test_a_problem_is_named(self):
        with self.assertRefused("Say what the problem is"):
            self._improvement(category_id=False)

    def test_its_steps_and_who_takes_them(self):
        improvement = self._improvement(user_id=False)
        with self.assertRaises(UserError):
            improvement.action_agree()
        improvement.user_id = self.manager
        owner = improvement.with_user(self.manager)
        with self.assertRaises(AccessError):
            owner.action_agree()
        improvement.action_agree()
        self.assertEqual(improvement.activity_ids.user_id, self.manager)
        self.assertEqual(improvement.activity_ids.date_deadline, improvement.date_due)
        with self.assertRaises(AccessError):
            owner.date_due = TODAY + timedelta(300)
        with self.assertRaises(AccessError):
            improvement.with_user(self.colleague).action_begin()
        with self.assertRaises(AccessError):
            improvement.category_id = self.delay
        owner.action_begin()
        with self.assertRaises(UserError):
            owner.action_done()
        owner.changed = "The list goes out."
        owner.action_done()
        self.assertEqual((improvement.state, improvement.done_on), ("done", TODAY))
        self.assertEqual(improvement.judge_on, TODAY + timedelta(31))
        self.assertFalse(improvement.activity_ids)
        with self.assertRaises(AccessError):
            owner.window_days = 7
        improvement.action_take_back()
        self.assertFalse(improvement.done_on)
        with self.assertRaises(UserError):
            improvement.action_drop()
        improvement.drop_reason = "The law forbids it."
        improvement.action_drop()
        with self.assertRaises(AccessError):
            improvement.drop_reason = "Something else"
        with self.assertRaises(AccessError):
            improvement.unlink()

    def test_the_night_measures_after_an_equal_time_and_not_before(self):
        self._past(range(1, 26))
        improvement = self._done()
        with self._days_later(30):
            self._night()
            self.assertEqual(improvement.state, "done")
        with self._days_later(31):
            self._night()
            self.assertEqual((improvement.state, improvement.verdict), ("judged", "better"))
            self.assertLess(improvement.ratio_high, 1)
            self.assertIn("Before, 02/08/2026 to 03/09/2026: 25 cases", improvement.effect_told)
            self.assertIn("Too few to tell", improvement.effect_told)  # of all other cases
            self.assertEqual(set(improvement.activity_ids.user_id), {self.manager, self.lead})

    def test_a_difference_that_chance_makes_is_none(self):
        self._past(range(1, 14))
        improvement = self._done()
        with self._days_later(31):
            self._past(range(6, 16))
            self._night()
            self.assertEqual(improvement.verdict, "same")

    def test_of_too_few_nothing_is_said(self):
        self._past([3])
        few = self._done()
        with self._days_later(31):
            self._night()
            self.assertEqual(few.verdict, "few")
            self.assertIn("fewer than 5 cases", few.effect_told)
            self.assertFalse(few.ratio)

    def test_counted_is_what_one_person_sees_and_nobody_is_told_of_few(self):
        hidden = self._customer("Hidden One", manager=self.stranger)
        self._past([1, 2, 3])
        self._past([1, 2, 3, 4], customer=hidden)
        improvement = self._improvement()
        self.assertIn("fewer than 5 of fewer than 5 cases", improvement.evidence_told)
        self.assertEqual(improvement.sudo().evidence["count"], 3)
        self.assertIn("fewer than 5", improvement.with_user(self.stranger).evidence_told)
        self.assertEqual(self._improvement(self.other_lead).sudo().evidence["count"], 4)
        with self.assertRaises(AccessError):
            improvement.with_user(self.manager).read(["evidence"])
        # Who asks anew is told of what they may see, not of what the other one may.
        improvement.with_user(self.other_lead).category_id = self.delay
        self.assertEqual(improvement.counted_user_id, self.other_lead)

    def test_who_has_left_counts_nothing(self):
        self._past(range(1, 26))
        improvement = self._done()
        self.lead.sudo().active = False
        with self._days_later(31):
            self._night()
            self.assertEqual(improvement.sudo().verdict, "unmeasured")

    def test_a_late_change_is_told_once(self):
        improvement = self._improvement()
        improvement.action_agree()
        with self._days_later(6):
            self._night()
            self.assertTrue(improvement.is_late)
            self.assertIn(self.lead, improvement.activity_ids.user_id)
            number = len(improvement.activity_ids)
        with self._days_later(7):
            self._night()
            self.assertEqual(len(improvement.activity_ids), number)

    def test_one_that_cannot_be_measured_keeps_no_other_waiting_and_is_told(self):
        self._past(range(1, 26))
        improvements = [self._done(name=name) for name in ("One", "Poison", "Three")]
        poison = improvements[1]
        late = self._improvement(name="Late", date_due=TODAY + timedelta(2))
        late.action_agree()
        judge = type(poison)._judge

        def judge_but(improvement):
            if improvement.name == "Poison":
                raise UserError(POISON)
            return judge(improvement)

        self.company.loan_reminder_user_id = self.lead
        woken = [("user_id", "=", self.lead.id), ("summary", "ilike", "left aside")]
        with patch.object(type(poison), "_judge", judge_but):
            for day in (31, 32):
                with self._days_later(day):
                    self._night()
                    self.assertEqual([each.state for each in improvements], ["judged", "done", "judged"])
                    self.assertEqual([each.trouble for each in improvements], [False, POISON, False])
                    self.assertTrue(late.late_told_on)
                    todo = self.env["mail.activity"].search(woken)
                    self.assertEqual((len(todo), todo.res_model), (1, False))
        with self.assertRaises(AccessError):
            poison.trouble = "Never mind"
        with self._days_later(33):
            self._night()
            self.assertEqual((poison.state, poison.trouble), ("judged", False))
            self.assertFalse(todo.exists())

    def test_a_night_that_comes_weeks_late_measures_the_same(self):
        self._past(range(1, 26))
        in_time, late = self._done(name="In time"), self._done(name="Late")
        with self._days_later(31):
            judge_on, late.sudo().judge_on = late.judge_on, TODAY + timedelta(60)
            self._night()
            self.assertEqual((in_time.state, late.state), ("judged", "done"))
            late.sudo().judge_on = judge_on
        for day in (52, 53):
            with self._days_later(day):
                self._night()
        with self._days_later(53):
            self.assertEqual(late.effect_told, in_time.effect_told)
            self.assertEqual((late.verdict, late.ratio), (in_time.verdict, in_time.ratio))
            self.assertEqual(len(late.activity_ids), len(in_time.activity_ids), "and told once")

    def test_the_trouble_of_a_change_that_is_taken_back_is_over(self):
        improvement = self._done()
        improvement.sudo().trouble = "What went wrong"
        improvement.sudo()._wake_somebody()
        self.assertTrue(improvement._trouble_todos(self.company))
        improvement.action_take_back()
        self.assertFalse(improvement.trouble)
        self.assertFalse(improvement._trouble_todos(self.company))

    def test_a_measurement_that_lost_a_race_is_the_nights_to_begin_again(self):
        improvement = self._done()

        def overtaken(_improvement):
            raise SerializationFailure("another worker was faster")

        with self._days_later(31), patch.object(type(improvement), "_judge", overtaken):
            with self.assertRaises(SerializationFailure):
                self._night()
        self.assertFalse(improvement.trouble)
        self.assertFalse(improvement._trouble_todos(self.company))

    def test_others_read_and_strangers_do_not(self):
        improvement = self._improvement()
        for user in (self.manager, self.stranger, self.desk, self.compliance):
            self.assertTrue(improvement.with_user(user).has_access("read"))
        self.assertFalse(improvement.with_user(self.compliance).has_access("write"))
        self.assertFalse(improvement.with_user(self.colleague).has_access("write"))
        self.assertFalse(improvement.with_user(self.employee).has_access("read"))
        self.assertFalse(improvement.with_user(self.administrator).has_access("read"))


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanVoice(LearningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls._user("auditor", "Xu Wen")
        cls.company.loan_head_user_id = cls.lead
        cls._contract(start_date=TODAY - timedelta(350), first_due_date=TODAY + timedelta(7))

    def _report(self, user=None, **values):
        return self.env["loan.voice.report"].with_user(user or self.compliance).create(values)

    def _text(self, report):
        return html2plaintext(report.sheet_html)

    def test_it_is_of_the_month_that_is_over(self):
        report = self._report()
        self.assertEqual((report.date_from, report.date_to), (date(2026, 2, 1), date(2026, 2, 28)))
        quarter = self._report(period="quarter")
        self.assertEqual((quarter.date_from, quarter.date_to), (date(2025, 10, 1), date(2025, 12, 31)))
        with self.assertRefused("first day of a month"):
            self._report(date_from=date(2026, 1, 2))
        with self.assertRefused("that of a quarter"):
            self._report(period="quarter", date_from=date(2025, 11, 1))
        with self.assertRefused("report of this time already"):
            self._report()

    def test_it_counts_the_whole_lender_and_tells_no_small_number(self):
        hidden = self._customer("Hidden One", manager=self.stranger)
        self._past([12, 14, 16, 18, 20])
        self._past([13, 15], customer=hidden, category_id=self.delay.id)
        self._past([13, 17, 21, 25, 27, 30], category_id=self.manner.id, cause_id=self.process.id)
        report = self._report(self.lead)
        cases = report.figures["now"]["cases"]
        self.assertEqual((cases["total"], cases["complaints"]), (13, 13))
        # Two alone would betray two cases, and with the least of the others they are as many as that.
        self.assertEqual(dict(map(tuple, cases["category"])), {self.manner.id: 6, learning.OTHER: 7})
        self.assertEqual(report.figures["before"]["cases"]["total"], 0)
        self.assertIn("Others, each too few to stand alone", self._text(report))

    def test_what_is_left_of_a_sum_tells_nothing_either(self):
        self._past([12, 14, 16, 18, 20])
        self._past([12, 14], kind="inquiry")
        report = self._report()
        cases = report.figures["now"]["cases"]
        self.assertEqual((cases["total"], cases["complaints"], cases["kind"]), (None, 5, []))
        self.assertNotIn("7", {tile["value"] for tile in report._sheet()["tiles"]})
        self.assertEqual(report.figures["now"]["speed"]["response"], [2.0, 5])

    def test_of_very_few_cases_not_even_the_number_is_told(self):
        self._past([12, 14])
        report = self._report()
        self.assertIsNone(report.figures["now"]["cases"]["total"])
        self.assertFalse(report.figures["now"]["cases"]["category"])
        self.assertIn("fewer than 5", self._text(report))
        self.assertNotIn("Papers", self._text(report).split("In Their Words")[0])

    def test_issued_it_stays(self):
        self._past([12, 14, 16, 18, 20])
        report = self._report()
        report.action_issue()
        before, text = report.figures, self._text(report)
        self._past([12, 14, 16, 18, 20])
        self.papers.name = "Something else"
        self.env.invalidate_all()
        self.assertEqual((report.figures, self._text(report)), (before, text))
        for act in (
            lambda: report.write({"period": "quarter"}),
            lambda: report.sudo().write({"figures": {}}),
            report.unlink,
        ):
            with self.assertRaises(AccessError):
                act()
        with self.assertRaises(UserError):
            report.action_count()
        with self.assertRaises(AccessError):
            self._report(period="quarter", figures={"now": 1})
        draft = self._report(date_from=date(2026, 3, 1))
        with self.assertRaises(UserError):
            draft.action_issue()
        draft.unlink()

    def test_who_reads_it(self):
        self._past([12, 14, 16, 18, 20])
        report = self._report()
        for user, seen in (
            (self.compliance, True),
            (self.lead, True),  # head of service
            (self.other_lead, False),
            (self.manager, False),
            (self.desk, False),
            (self.auditor, False),  # a draft
            (self.administrator, False),
        ):
            with self.subTest(user=user.name):
                self.assertEqual(report.with_user(user).has_access("read"), seen)
        report.action_issue()
        self.env.invalidate_all()
        self.assertTrue(report.with_user(self.auditor).has_access("read"))
        self.assertFalse(report.with_user(self.auditor).has_access("write"))
        self.assertIn("Issued on", self._text(report.with_user(self.auditor)))
        with self.assertRaises(AccessError):
            self._report(self.other_lead, period="quarter")
        self.company.loan_head_user_id = self.other_lead
        self.assertFalse(report.with_user(self.lead).has_access("read"))

    def test_quotations_name_nobody_and_ask_who_reads(self):
        hidden = self._customer("Hidden One", manager=self.stranger)
        self._past([12], words="Lin Mei told Wang Fang to wait, call +86 138 0013 8000 she said.")
        self._past([13], customer=hidden, words="Our contractor waited for nine whole days.")
        self._past([14], about_user_id=self.compliance.id, words="The officer was very unfriendly to me.")
        report = self._report()
        theirs = report.with_user(self.compliance).quote_ids.mapped("text")
        self.assertIn("… told … to wait, call … she said.", theirs)
        self.assertIn("Our contractor waited for nine whole days.", theirs)
        self.assertNotIn("The officer was very unfriendly to me.", theirs)
        self.env.invalidate_all()
        lead = report.with_user(self.lead)
        self.assertIn("The officer was very unfriendly to me.", self._text(lead))
        self.assertNotIn("Our contractor", self._text(lead))
        report.action_issue()
        auditor = report.with_user(self.auditor)
        self.env.invalidate_all()
        self.assertNotIn("told", self._text(auditor).split("In Their Words")[-1][:40])
        with self.assertRaises(AccessError):
            self.env["loan.voice.quote"].with_user(self.auditor).search([])
        # Who may not open the report reads none of its sentences, though they see the customer.
        self.assertFalse(self.env["loan.voice.quote"].with_user(self.other_lead).search([]))
        with self.assertRaises(AccessError):
            report.with_user(self.compliance).quote_ids[:1].text = "Other words"

    def test_a_quotation_goes_with_its_customer(self):
        gone = self._customer("Gone One")
        self._past([12], customer=gone, words="Our contractor waited for nine whole days.")
        self._past([13], words="Somebody else had to wait as well.")
        report = self._report()
        report.action_issue()
        figures = report.figures
        self.assertEqual(len(report.quote_ids), 2)
        erasure = gone.with_user(self.compliance)._request_erasure("request")
        erasure.with_user(self.lead).action_confirm()
        self.env.invalidate_all()
        self.assertEqual(report.quote_ids.mapped("text"), ["Somebody else had to wait as well."])
        self.assertNotIn("contractor", self._text(report))
        self.assertEqual(report.figures, figures)

    def test_the_page_is_in_the_readers_language_and_on_paper(self):
        self._past([12, 14, 16, 18, 20])
        report = self._report()
        report.action_issue()
        page = report.with_context(lang="zh_CN").sheet_html
        self.assertIn("2026年2月", page)
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.compliance)
            ._render_qweb_html("loan_crm.report_loan_voice", report.ids)
        )
        self.assertIn("February 2026", html.decode())
        with self.assertRaises(AccessError):
            self.env["ir.actions.report"].with_user(self.manager)._render_qweb_html(
                "loan_crm.report_loan_voice", report.ids
            )

    def test_the_job_issues_the_last_month_once_and_tells_the_head(self):
        cron = self.env.ref("loan_crm.ir_cron_voice")
        self.assertFalse(cron.active)
        with self._without_commit():
            self.env["loan.voice.report"]._cron_issue()
            self.env["loan.voice.report"]._cron_issue()
        report = self.env["loan.voice.report"].search([("company_id", "=", self.company.id)])
        self.assertEqual((len(report), report.state), (1, "issued"))
        self.assertEqual(report.activity_ids.user_id, self.lead)

    def _job(self):
        """Run the job; return when it wants to be called again, if it does."""
        cron = self.env.ref("loan_crm.ir_cron_voice")
        cron.active = True
        before = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        with self._without_commit(), patch.object(self.env.cr, "rollback", self.env.cr.clear):
            self.env["loan.voice.report"]._cron_issue()
        self.env.invalidate_all()
        return (self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - before).mapped("call_at")

    def _reports(self):
        return self.env["loan.voice.report"].search([("company_id", "=", self.company.id)], order="date_from")

    def test_one_that_cannot_be_issued_stays_a_draft_wakes_somebody_and_is_tried_the_next_day(self):
        self.company.loan_reminder_user_id = self.compliance
        cls, company = type(self.env["loan.voice.report"]), self.company
        measure = cls._measure

        def measure_but(report, of, first, last):
            if of == company:
                raise UserError(POISON)
            return measure(report, of, first, last)

        woken = [("user_id", "=", self.compliance.id), ("summary", "ilike", "could not be issued")]
        with patch.object(cls, "_measure", measure_but):
            for _day in range(2):
                [again] = self._job()
                self.assertEqual(again, fields.Datetime.now() + timedelta(days=1))
                report = self._reports()
                self.assertEqual((report.state, report.trouble), ("draft", POISON))
                self.assertFalse(report.figures)
                self.assertFalse(report.with_user(self.compliance).sheet_html)
                todo = self.env["mail.activity"].search(woken)
                self.assertEqual((len(todo), todo.res_model), (1, False))
        others = self.env["loan.voice.report"].search([("company_id", "!=", company.id)])
        self.assertIn("issued", others.mapped("state"), "one lender's trouble keeps nobody waiting")
        self.assertFalse(self._job())
        self.assertEqual((report.state, report.trouble), ("issued", False))
        self.assertTrue(report.figures)
        self.assertFalse(todo.exists())

    def test_issued_by_hand_the_trouble_is_over(self):
        report = self._report().sudo()
        report.trouble = "What went wrong"
        report._wake_somebody()
        report.with_user(self.compliance).action_issue()
        self.assertFalse(report.trouble)
        self.assertFalse(report._trouble_todos(self.company))

    def test_a_report_that_somebody_made_at_the_same_moment_is_tried_again_quietly(self):
        cls = type(self.env["loan.voice.report"])
        issue, races = cls._issue, iter([True, True])

        def issue_but(report):
            if next(races, False):
                raise SerializationFailure("somebody was faster")
            return issue(report)

        with patch.object(cls, "_issue", issue_but), self.assertNoLogs("odoo.addons.loan_crm", "INFO"):
            self.assertFalse(self._job())
        self.assertEqual((self._reports().state, self._reports().trouble), ("issued", False))

    def test_months_that_nobody_issued_while_the_job_stood_still_are_made_up_for(self):
        self._job()
        self.assertEqual(self._reports().mapped("date_from"), [date(2026, 2, 1)], "none before the first")
        with self._days_later(92):  # in June
            self._job()
            self._job()
            reports = self._reports()
            self.assertEqual([report.date_from.month for report in reports], [2, 3, 4, 5])
            self.assertEqual(set(reports.mapped("state")), {"issued"})
        with self._days_later(92 + 365):
            self._job()
            self.assertEqual(
                [report.date_from.month for report in self._reports()[4:]], [3, 4, 5], "not years"
            )

    def test_answers_promises_and_clocks_are_told_with_how_many(self):
        self._past([12, 14, 16, 18, 20])
        figures = self._report().figures["now"]
        self.assertEqual(
            {(measure, met, total) for measure, regulator, met, total in figures["clocks"] if not regulator},
            {("first_response", 5, 5), ("resolution", 5, 5)},
        )
        self.assertEqual(figures["speed"], {"response": [2.0, 5], "solution": [5.0, 5]})
        self.assertEqual(figures["answers"], {"dimensions": [], "asked": 0, "answered": None})
        self.assertIsNone(figures["words"])
        text = self._text(self._report(period="quarter", date_from=date(2026, 1, 1)))
        self.assertIn("100% (57% to 100%)", text)
        self.assertIn("Nobody was asked in this time.", text)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanRepeat(LearningCommon):
    def _answered(self, customer, percent, day, dimension="attitude", counts=True):
        """Return the score of an answer, as the survey writes it."""
        survey = self.env.ref("loan_crm.survey_survey_disbursement")
        rule = self.env["loan.survey.rule"].create(
            {
                "name": "After the payout",
                "company_id": self.company.id,
                "moment": "disbursement",
                "survey_id": survey.id,
                "active": False,
            }
        )
        request = self.env["loan.survey.request"].create(
            {
                "company_id": self.company.id,
                "rule_id": rule.id,
                "survey_id": survey.id,
                "moment": "disbursement",
                "occasion_ref": self.env["loan.survey.request"].search_count([]) + 1_000_000,
                "occasion_on": day,
                "partner_id": customer.partner_id.id,
                "customer_id": customer.id,
                "due_on": day,
                "last_day": day,
            }
        )
        return self.env["loan.survey.score"].create(
            {
                "request_id": request.id,
                "survey_id": survey.id,
                "dimension": dimension,
                "value": percent / 10,
                "percent": percent,
                "counts": counts,
                "answered_at": utc(f"{day} 04:00:00"),
                "company_id": self.company.id,
                "customer_id": customer.id,
            }
        )

    def _repeat(self, user=None, **values):
        return self.env["loan.repeat"].with_user(user or self.compliance).create(values)

    def _bands(self, repeat):
        return [(band["count"], band["again"]) for band in repeat.figures["bands"]]

    def test_of_few_it_says_so_and_tells_only_counts(self):
        day = date(2024, 6, 3)
        for number in range(6):
            customer = self._customer(f"Content {number}")
            self._answered(customer, 90, day)
            if number < 4:
                self._contract(
                    customer, start_date=date(2024, 9, 2), first_due_date=date(2024, 10, 2), term=24
                )
        repeat = self._repeat(self.manager)
        self.assertEqual(self._bands(repeat), [(0, 0), (0, 0), (6, 4)])
        self.assertAlmostEqual(repeat.figures["bands"][2]["share"], 4 / 6)
        self.assertIsNone(repeat.figures["bands"][0]["share"])
        self.assertIn(
            "6 customers whose 12 months are over are counted; 0 answered too lately", repeat.summary
        )
        self.assertIn("Too few to tell", repeat.summary)
        repeat.months = 2  # the loans came three months later
        self.assertEqual(self._bands(repeat)[2], (6, 0))

    def test_each_customer_counts_once_and_only_when_their_months_are_over(self):
        self._answered(self.customer, 20, date(2024, 6, 3))
        self._answered(self.customer, 95, date(2024, 12, 3))  # their second answer
        late = self._customer("Late One")
        self._answered(late, 95, date(2025, 8, 3))
        staff = self._customer("Entered One")
        self._answered(staff, 95, date(2024, 8, 3), counts=False)
        repeat = self._repeat()
        self.assertEqual(self._bands(repeat), [(1, 0), (0, 0), (0, 0)])
        self.assertEqual(repeat.figures["waiting"], 1)
        repeat.since = date(2024, 7, 1)
        self.assertEqual(self._bands(repeat), [(0, 0), (0, 0), (1, 0)])

    def test_recommendation_is_another_question(self):
        self._answered(self.customer, 20, date(2024, 6, 3))
        self._answered(self.customer, 90, date(2024, 6, 3), dimension="nps")
        self.assertEqual(self._bands(self._repeat()), [(1, 0), (0, 0), (0, 0)])
        self.assertEqual(self._bands(self._repeat(measure="recommend")), [(0, 0), (0, 0), (1, 0)])

    def test_only_who_may_be_seen_is_counted(self):
        hidden = self._customer("Hidden One", manager=self.stranger)
        self._answered(self.customer, 90, date(2024, 6, 3))
        self._answered(hidden, 90, date(2024, 6, 3))
        self.assertEqual(self._bands(self._repeat(self.manager))[2], (1, 0))
        self.assertEqual(self._bands(self._repeat())[2], (2, 0))
        with self.assertRaises(AccessError):
            self._repeat(self.employee)

    def test_of_enough_it_tells_the_relation_and_its_range(self):
        day = date(2024, 6, 3)
        for number in range(32):
            customer = self._customer(f"Answered {number}")
            happy = number % 2
            self._answered(customer, 90 if happy else 30, day)
            if happy and number < 28:
                self._contract(
                    customer, start_date=date(2024, 9, 2), first_due_date=date(2024, 10, 2), term=24
                )
        repeat = self._repeat()
        self.assertEqual(self._bands(repeat), [(16, 0), (0, 0), (16, 14)])
        self.assertIn("The more content they were, the more often they borrowed again.", repeat.summary)
        self.assertIn("of 32 customers", repeat.summary)

    def test_the_months_are_bounded(self):
        with self.assertRefused("within 1 to 60 months"):
            self._repeat(months=0)
