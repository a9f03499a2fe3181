from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..models.loan_night import _Taken
from .common import NOW, TODAY
from .test_loan_repricing import NightCommon

LOGGER = "odoo.addons.loan_crm.models.loan_night"


class Killed(BaseException):
    """The power cut: nothing catches it."""


POISON = "This loan is poison."


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanNight(NightCommon):
    @contextmanager
    def _commits(self, die_after=None):
        """Play commits and rollbacks inside the test's transaction; die right after so many commits."""
        count = 0

        def commit(*args, **kwargs):
            nonlocal count
            count += 1
            self.env.flush_all()
            self.env.cr.execute("SAVEPOINT night")
            if count == die_after:
                raise Killed
            return float("inf")

        def rollback():
            self.env.cr.clear()
            self.env.cr.execute("ROLLBACK TO SAVEPOINT night")
            self.env.invalidate_all()

        self.env.flush_all()
        self.env.cr.execute("SAVEPOINT night")
        with (
            patch.object(type(self.env["ir.cron"]), "_commit_progress", commit),
            patch.object(self.env.cr, "rollback", rollback),
        ):
            try:
                yield lambda: count
            except Killed:
                rollback()

    def _last_night(self):
        return self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)

    def _holiday_calendar(self, **values):
        calendar = self.env["loan.calendar"].create(
            {"name": "Lender's Days", "company_id": self.company.id, "published_until": 2026, **values}
        )
        self.company.loan_calendar_id = calendar
        return calendar

    def _moving_loan(self, **values):
        """Return a loan due on the 17th of each month, the first on Tuesday 17 March 2026."""
        return self._contract(business_day_rule="following", **values)

    def _grace_loan(self):
        """Return a loan whose first two installments ask for nothing; the first is due in a week."""
        return self._contract(grace=2, grace_interest="capitalised", repayment_method="annuity")

    # ------------------------------------------------------------ steps

    def test_a_night_without_work_says_so(self):
        night = self._night()
        self.assertEqual((night.state, night.failure_count), ("done", 0))
        self.assertTrue(night.finished_at)

    def test_loans_are_graded_by_the_night(self):
        contract = self._due_in(0)
        with self._days_later(1, "00:10"):
            night = self._night()
            self.assertEqual(night.graded_count, 1)
            self.assertEqual(contract.arrears_bucket_id, self.env.ref("loan_crm.loan_arrears_bucket_1_30"))

    def test_rows_that_ask_for_nothing_pass_on_their_day(self):
        contract = self._grace_loan()
        first = contract.installment_ids[0]
        self.assertEqual((first.amount, first.state), (0, "draft"))
        outstanding = contract.principal_outstanding
        with self._days_later(6, "00:10"):
            self._night()
            self.assertEqual(first.state, "draft")
        with self._days_later(7, "00:10"):
            night = self._night()
            self.assertEqual((first.state, night.settled_count), ("paid", 1))
            self.assertEqual(contract.principal_outstanding, outstanding + first.capitalised)
        draft = self._contract(active=False, grace=2, grace_interest="capitalised")
        with self._days_later(60, "00:10"):
            self._night()
            self.assertEqual(set(draft.installment_ids.mapped("state")), {"draft"}, "it has not begun")

    def test_published_holidays_move_due_dates_to_come(self):
        calendar = self._holiday_calendar()
        contract = self._moving_loan()
        unmoved = self._contract()
        self._night()
        before = self._rows(contract)
        calendar.day_ids = [
            Command.create({"date": "2026-04-17", "name": "New Holiday"}),
            Command.create({"date": "2026-01-05", "name": "Long Past"}),
        ]
        with self._days_later(1, "00:10"):
            night = self._night()
        self.assertEqual((night.state, night.moved_count), ("done", 1))
        after = self._rows(contract)
        self.assertEqual(before[1][1], date(2026, 4, 17))
        self.assertEqual(after[1][1], date(2026, 4, 20))
        self.assertEqual(after[0], before[0])
        self.assertEqual(after[3:], before[3:])
        self.assertEqual((contract.version_number, unmoved.version_number), (2, 1))
        self.assertEqual(contract.version_ids.filtered("holds").note, "Holidays were published")
        with self._days_later(2, "00:10"):
            self.assertEqual(self._night().moved_count, 0)

    def _statements(self, work):
        """Return how many SQL statements a piece of work takes on cold caches."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _assert_set_based(self, loans, work):
        """Check that a batch of ten loans takes hardly more statements than one of two."""
        few, many = self._statements(lambda: work(loans[:2])), self._statements(lambda: work(loans[2:]))
        self.assertEqual(len(loans), 12)
        self.assertLessEqual(many - few, 8, f"{few} statements for 2 loans, {many} for 10")

    def test_a_night_that_moves_many_loans_asks_the_database_by_batches(self):
        calendar = self._holiday_calendar()
        loans = self.env["loan.contract"].union(*(self._moving_loan() for _n in range(12)))
        for number, loan in enumerate(loans):
            self._pay(loan, 500 + number)
        calendar.day_ids = [Command.create({"date": "2026-04-17", "name": "New Holiday"})]
        self._assert_set_based(loans, lambda some: some._follow_calendar())
        self.assertEqual(set(loans.mapped("version_number")), {2})
        self.assertEqual(set(loans.mapped("next_due_date")), {date(2026, 3, 17)})

    def test_a_night_that_reprices_many_loans_asks_the_database_by_batches(self):
        loans = self.env["loan.contract"].union(*(self._floating_loan() for _n in range(12)))
        for number, loan in enumerate(loans):
            self._pay(loan, 500 + number)
        self._publish("2026-12-20", 3.0)
        with self._on("2026-12-22"):
            self._assert_set_based(loans, lambda some: some._reprice())
        self.assertEqual(set(loans.mapped("version_number")), {2})

    def test_credit_of_many_loans_is_spent_by_batches(self):
        loans = self.env["loan.contract"].union(*(self._contract(overpayment="waits") for _n in range(12)))
        for loan in loans:
            self._pay(loan, 2000)
        self.assertEqual(set(loans.mapped("amount_credit")), {2000})
        with self._days_later(7):
            self._assert_set_based(loans, lambda some: some._spend_credit())
            self.assertEqual(set(loans.mapped("amount_credit")), {2000 - loans[0].installment_amount})

    def test_a_weekend_day_that_is_worked_draws_the_due_date_back(self):
        calendar = self._holiday_calendar()
        contract = self._moving_loan()
        self._night()
        self.assertEqual(contract.installment_ids[2].due_date, date(2026, 5, 18), "the 17th is a Sunday")
        calendar.day_ids = [Command.create({"date": "2026-05-17", "kind": "workday", "name": "Made up"})]
        with self._days_later(1, "00:10"):
            self.assertEqual(self._night().moved_count, 1)
        self.assertEqual(contract.installment_ids[2].due_date, date(2026, 5, 17))
        calendar.day_ids = [Command.clear()]
        with self._days_later(2, "00:10"):
            self.assertEqual(self._night().moved_count, 1)
        self.assertEqual(contract.installment_ids[2].due_date, date(2026, 5, 18), "and forth again")

    def test_a_quiet_night_looks_at_no_loan(self):
        self._holiday_calendar()
        self._moving_loan()
        self._night()
        contracts = type(self.env["loan.contract"])
        with self._days_later(1, "00:10"), patch.object(contracts, "_to_move", side_effect=AssertionError):
            self.assertEqual(self._night().state, "done")

    def test_what_was_paid_ahead_stays_paid_on_the_moved_row(self):
        calendar = self._holiday_calendar()
        contract = self._moving_loan()
        self._night()
        two = sum(contract.installment_ids[:2].mapped("amount"))
        self._pay(contract, two)
        calendar.day_ids = [Command.create({"date": "2026-04-17", "name": "New Holiday"})]
        with self._days_later(1, "00:10"):
            self._night()
        self.assertEqual(contract.next_due_date, date(2026, 5, 18))
        self.assertEqual(contract.amount_open, contract.amount_total - two)

    def test_the_administrator_need_not_wait_for_the_night(self):
        calendar = self._holiday_calendar()
        contract = self._moving_loan()
        self._night()
        calendar.day_ids = [Command.create({"date": "2026-04-17", "name": "New Holiday"})]
        action = calendar.with_user(self.administrator).action_apply_to_loans()
        self.assertIn("1", action["params"]["message"])
        self.assertEqual(contract.installment_ids[1].due_date, date(2026, 4, 20))
        action = calendar.with_user(self.administrator).action_apply_to_loans()
        self.assertIn("No due date moves", action["params"]["message"])
        with self.assertRaises(AccessError):
            calendar.with_user(self.manager).action_apply_to_loans()

    def test_many_loans_are_left_to_the_night(self):
        calendar = self._holiday_calendar()
        self._moving_loan()
        contract = self._moving_loan()
        self._night()
        calendar.day_ids = [Command.create({"date": "2026-04-17", "name": "New Holiday"})]
        with patch("odoo.addons.loan_crm.models.loan_calendar_apply_mixin._AT_ONCE", 1):
            action = calendar.with_user(self.administrator).action_apply_to_loans()
        self.assertIn("in the next minutes", action["params"]["message"])
        self.assertEqual(contract.installment_ids[1].due_date, date(2026, 4, 17))
        self.assertEqual(self._night().moved_count, 2)
        self.assertEqual(contract.installment_ids[1].due_date, date(2026, 4, 20))

    def test_a_draft_is_paid_out_with_the_holidays_known_then(self):
        calendar = self._holiday_calendar()
        contract = self._moving_loan(active=False)
        calendar.day_ids = [Command.create({"date": "2026-04-17", "name": "New Holiday"})]
        contract.with_user(self.manager).action_activate()
        self.assertEqual(contract.installment_ids[1].due_date, date(2026, 4, 20))
        self.assertEqual(contract.version_number, 1)

    def test_a_loan_says_which_of_its_years_nobody_has_published(self):
        calendar = self._holiday_calendar()
        contract = self._moving_loan(term=30)
        self.assertEqual(
            contract.unpublished_note,
            "Holidays of 2027 and 2028 are not published yet; due dates then may still move.",
        )
        calendar.published_until = 2027
        contract.invalidate_recordset()
        self.assertIn("2028", contract.unpublished_note)
        self.assertNotIn("2027", contract.unpublished_note)
        self.assertFalse(self._contract().unpublished_note, "its due dates are not moved at all")

    def test_a_letter_about_a_day_that_moved_does_not_leave(self):
        calendar = self._holiday_calendar()
        contract = self._moving_loan()
        self._night()
        with self._days_later(0):
            reminder = self._remind().filtered(lambda reminder: reminder.contract_id == contract)
        self.assertEqual(reminder.state, "queued")
        calendar.day_ids = [Command.create({"date": "2026-03-17", "name": "Sudden Holiday"})]
        with self._days_later(0, "12:00"):
            calendar.with_user(self.administrator).action_apply_to_loans()
            self.assertFalse(reminder._begin_delivery())
        self.assertEqual((reminder.state, reminder.hold_reason), ("held", "replaced"))
        with self._days_later(1):
            again = self._remind().filtered(
                lambda reminder: reminder.contract_id == contract and reminder.state == "queued"
            )
            self.assertEqual(again.due_date, date(2026, 3, 18), "the new day is reminded of")

    # ------------------------------------------------------------ once, and whenever

    def _book(self):
        """Make one loan for each step to work on, and return them."""
        calendar = self._holiday_calendar()
        contracts = self._due_in(3) | self._grace_loan() | self._moving_loan()
        contracts |= self._floating_loan(reprice_rule="anniversary", reprice_months=1, fixing_days=10)
        self._publish("2026-03-01", 4.0)
        self.company.loan_calendar_applied = calendar._as_applied()
        calendar.day_ids = [Command.create({"date": "2026-04-17", "name": "New Holiday"})]
        return contracts

    def _state(self, contracts):
        """Return all that a night leaves behind, without the ids that differ from run to run."""
        night = self._last_night()
        return {
            "rows": [self._rows(contract) for contract in contracts],
            "versions": [contract.version_ids.mapped("number") for contract in contracts],
            "grades": [
                (contract.arrears_bucket_id.id, contract.asset_class_id.id, contract.stage)
                for contract in contracts
            ],
            "events": [
                (event.date, event.yearly_rate, bool(event.notice_message_id))
                for event in contracts.event_ids
            ],
            "letters": len(
                contracts.message_ids.filtered(lambda message: message.message_type == "email_outgoing")
            ),
            "changes": self.env["loan.arrears.change"].search_count([("contract_id", "in", contracts.ids)]),
            "night": (
                night.state,
                night.graded_count,
                night.settled_count,
                night.moved_count,
                night.repriced_count,
                night.told_count,
            ),
        }

    def test_a_night_killed_after_any_commit_ends_the_same(self):
        contracts = self._book()
        with self._days_later(8, "00:10"):
            self.env.flush_all()
            self.env.cr.execute("SAVEPOINT begun")
            with self._commits() as count:
                self.env["loan.night"]._run(self.company)
            wanted, commits = self._state(contracts), count()
            self.assertEqual(wanted["night"], ("done", 3, 1, 1, 1, 1))
            self.assertGreater(commits, 5)
            for number in range(1, commits + 1):
                with self.subTest(killed_after=number):
                    self.env.cr.execute("ROLLBACK TO SAVEPOINT begun")
                    self.env.invalidate_all()
                    with self._commits(die_after=number):
                        self.env["loan.night"]._run(self.company)
                    with self._commits():
                        self.env["loan.night"]._run(self.company)
                    self.assertEqual(self._state(contracts), wanted)

    def test_five_nights_asleep_are_made_up_for(self):
        contracts = self._book()
        self.env.flush_all()
        self.env.cr.execute("SAVEPOINT begun")
        for day in range(8, 13):
            with self._days_later(day, "00:10"):
                self._night()
        with self._days_later(13, "00:10"):
            self._night()
            each = self._state(contracts)
        self.env.cr.execute("ROLLBACK TO SAVEPOINT begun")
        self.env.invalidate_all()
        with self._days_later(13, "00:10"):
            self._night()
            slept = self._state(contracts)
        for name in ("rows", "versions", "grades", "events", "letters", "changes"):
            self.assertEqual(slept[name], each[name], name)

    def test_the_job_does_each_company_by_its_own_midnight(self):
        west = self.env["res.company"].create(
            {"name": "Honolulu Finance", "loan_tz": "Pacific/Honolulu", "currency_id": self.cny.id}
        )
        self.env.user.company_ids |= west
        nights = self.env["loan.night"]
        with self._days_later(1, "00:30"), self._without_commit():
            nights._cron_run()
            nights._cron_run()
        found = nights.search([("company_id", "in", (self.company | west).ids)])
        self.assertEqual(
            {night.company_id: night.date for night in found},
            {self.company: TODAY + timedelta(days=1), west: TODAY},
        )
        self.assertEqual(len(found), 2)

    def test_time_that_runs_out_is_no_trouble(self):
        contract = self._floating_loan(reprice_rule="anniversary", reprice_months=1)
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: 0):
            self.assertFalse(self.env["loan.night"]._run(self.company))
        self.assertEqual(self._last_night().state, "running")
        self.assertEqual(self._night().state, "done")
        self.assertTrue(contract.event_ids)

    @contextmanager
    def _no_time(self):
        """Let the scheduler's time be over whenever a job asks."""
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: 0):
            yield

    def test_a_run_without_time_gets_one_step_further(self):
        """However slow one step is: the next run goes on behind it."""
        contracts = self._book()
        grades = type(self.env["loan.contract"])
        origin, graded = grades._grade, []

        def grade(records, company, today, ids=None):
            if ids is None and company == self.company:
                graded.append(today)
            return origin(records, company, today, ids)

        with self._days_later(8, "00:10"), self._no_time(), patch.object(grades, "_grade", grade):
            for _run in range(10):
                if self.env["loan.night"]._run(self.company):
                    break
            night = self._last_night()
            self.assertEqual((night.state, night.moved_count, night.repriced_count), ("done", 1, 1))
            self.assertEqual(len(graded), 1, "what is done is not done again by each run")
        self.assertTrue(contracts.event_ids)

    def test_no_lender_waits_for_another_ones_book(self):
        other = self.env["res.company"].create(
            {"name": "Suzhou Finance", "loan_tz": "Asia/Shanghai", "currency_id": self.cny.id}
        )
        self.env.user.company_ids |= other
        lenders = self.env["res.company"].search_count([("loan_tz", "!=", False)])
        nights = self.env["loan.night"]
        turns = []

        def run(nights, company):
            nights._open(company, company._loan_today())
            turns.append(company)
            return False  # the book is large: its time is over before it is done

        with (
            self._days_later(1, "00:30"),
            self._no_time(),
            patch.object(type(nights), "_run", run),
        ):
            for _run in range(2 * lenders):
                nights._cron_run()
        self.assertEqual(len(set(turns[:lenders])), lenders)
        self.assertEqual(turns[lenders:], turns[:lenders], "in turns, also the second time")

    def test_loans_that_fail_are_not_tried_first_by_each_run(self):
        contracts = self.env["loan.contract"]
        for _number in range(3):
            contract = self._due_in(3, overpayment="waits")
            self._pay(contract, contract.installment_ids[0].amount)
            contracts |= contract
        self.assertTrue(all(contract.amount_credit for contract in contracts))
        model = type(contracts)
        origin, tried = model._spend_credit, []

        def spend(loans):
            tried.append(loans)
            if contracts[0] in loans:
                raise UserError(POISON)
            return origin(loans)

        with (
            self._days_later(3, "00:10"),
            self._no_time(),
            patch("odoo.addons.loan_crm.models.loan_night._BATCH", 1),
            patch.object(model, "_spend_credit", spend),
            mute_logger(LOGGER),
        ):
            for _run in range(12):
                if self.env["loan.night"]._run(self.company):
                    break
        night = self._last_night()
        self.assertEqual((night.state, night.spent_count), ("trouble", 2))
        self.assertEqual(tried.count(contracts[0]), 2, "in its batch and alone, by one run only")

    def test_a_night_cut_off_by_midnight_does_not_stay_at_work(self):
        self.company.loan_reminder_user_id = self.lead
        self._floating_loan(reprice_rule="anniversary", reprice_months=1)
        with self._no_time():
            self.env["loan.night"]._run(self.company)
        cut = self._last_night()
        with self._days_later(1, "00:10"):
            self.assertEqual(self._night().state, "done")
        self.assertEqual((cut.state, bool(cut.finished_at)), ("trouble", True))
        self.assertIn("Cut off before it was finished", cut.trouble)
        self.assertEqual(cut.activity_ids.user_id, self.lead)
        # Who was still at that night stops: what is left is the next one's.
        with self.assertRaises(_Taken):
            cut._alone(lambda: None)

    # ------------------------------------------------------------ what fails

    def test_one_loan_that_fails_stays_alone(self):
        contracts = [
            self._floating_loan(reprice_rule="anniversary", reprice_months=1) for _number in range(3)
        ]
        events = type(self.env["loan.contract.event"])
        origin = events.action_post

        def action_post(records):
            if contracts[1] in records.contract_id:
                raise UserError(POISON)
            return origin(records)

        with patch.object(events, "action_post", action_post), mute_logger(LOGGER):
            night = self._night()
        self.assertEqual((night.state, night.repriced_count), ("trouble", 2))
        failure = night.failure_ids
        self.assertEqual((failure.contract_id, failure.step), (contracts[1], "reprice"))
        self.assertEqual(failure.reason, "This loan is poison.")
        self.assertEqual([len(contract.event_ids) for contract in contracts], [1, 0, 1])
        with self._days_later(1, "00:10"):
            self.assertEqual(self._night().repriced_count, 1, "the next night tries again")

    def test_a_loan_that_could_not_move_is_tried_again(self):
        calendar = self._holiday_calendar()
        contracts = [self._moving_loan() for _number in range(2)]
        self._night()
        calendar.day_ids = [Command.create({"date": "2026-04-17", "name": "New Holiday"})]
        model = type(self.env["loan.contract"])
        origin = model._follow_calendar

        def follow(records):
            if contracts[0] in records:
                raise UserError(POISON)
            return origin(records)

        with (
            self._days_later(1, "00:10"),
            patch.object(model, "_follow_calendar", follow),
            mute_logger(LOGGER),
        ):
            self.assertEqual(self._night().moved_count, 1)
        with self._days_later(2, "00:10"):
            night = self._night()
            self.assertEqual((night.state, night.moved_count), ("done", 1))
        self.assertEqual(contracts[0].installment_ids[1].due_date, date(2026, 4, 20))

    def test_a_step_that_fails_does_not_stop_the_others(self):
        contract = self._floating_loan(reprice_rule="anniversary", reprice_months=1)
        model = type(self.env["loan.contract"])
        with (
            self._commits(),
            patch.object(model, "_grade", side_effect=UserError("No grades tonight.")),
            mute_logger(LOGGER),
        ):
            self.env["loan.night"]._run(self.company)
        night = self._last_night()
        self.assertEqual((night.state, night.repriced_count), ("trouble", 0))
        self.assertIn("Ageing: No grades tonight.", night.trouble)
        # The new schedule could not be graded either: the loan is left aside and said to be.
        self.assertEqual(night.failure_ids.contract_id, contract)
        self.assertEqual(night.activity_ids.user_id, night.activity_ids.user_id.exists())

    def test_somebody_is_woken_once(self):
        self.company.loan_reminder_user_id = self.lead
        other = self.env["loan.reference.rate"].create({"name": "Nobody's Rate", "code": "NOBODY"})
        product = self._product(name="Odd", rate_type="floating", reference_rate_id=other.id, yearly_rate=5)
        self._floating_loan(
            product_id=product.id, reprice_rule="anniversary", reprice_months=1, fixing_days=10
        )
        night = self._night()
        self.assertEqual(night.activity_ids.user_id, self.lead)
        with self._days_later(1, "00:10"):
            self.assertFalse(self._night().activity_ids, "the same loan, and the to-do is still open")
        self._floating_loan(
            product_id=product.id, reprice_rule="anniversary", reprice_months=1, fixing_days=10
        )
        with self._days_later(2, "00:10"):
            self.assertTrue(self._night().activity_ids, "another loan")
        self.env["mail.activity"].search([("res_model", "=", "loan.night")]).action_done()
        with self._days_later(3, "00:10"):
            self.assertTrue(self._night().activity_ids, "still there, and nobody at it any more")

    # ------------------------------------------------------------ who may

    def test_who_may_open_a_night(self):
        other = self.env["loan.reference.rate"].create({"name": "Nobody's Rate", "code": "NOBODY"})
        product = self._product(name="Odd", rate_type="floating", reference_rate_id=other.id, yearly_rate=5)
        self._floating_loan(
            product_id=product.id, reprice_rule="anniversary", reprice_months=1, fixing_days=10
        )
        night = self._night()
        for user, sees, failures in (
            (self.lead, True, 1),
            (self.other_lead, True, 0),
            (self.compliance, True, 1),
            (self.administrator, True, 0),
            (self.manager, False, 1),
            (self.stranger, False, 0),
            (self.desk, False, None),
            (self.employee, False, None),
        ):
            with self.subTest(user=user.name):
                self.env.invalidate_all()
                mine = night.with_user(user)
                self.assertEqual(mine.has_access("read"), sees)
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(mine.has_access(operation))
                if sees:
                    self.assertEqual((mine.failure_count, len(mine.failure_ids)), (1, failures))
                else:
                    with self.assertRaises(AccessError):
                        mine.action_run_again()
                model = self.env["loan.night.failure"].with_user(user)
                if failures is None:
                    self.assertFalse(model.has_access("read"))
                else:
                    self.assertEqual(model.search_count([("night_id", "=", night.id)]), failures)
