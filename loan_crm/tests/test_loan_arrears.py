from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from odoo.addons.loan_crm.core import arrears
from odoo.addons.loan_crm.core.conventions import Conventions

from .common import NOW, TODAY, LoanCommon


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanArrears(LoanCommon):
    """How late loans are, and what follows from it: buckets, five classes, stages, and the changes between them."""

    def _grade(self, day=TODAY):
        result = self.env["loan.contract"]._grade(self.company, day)
        self.env.invalidate_all()
        return result

    def _late(self, days, **values):
        """Return a loan so many days late by the calendar, graded as of today."""
        contract = self._due_in(-days, **values)
        self._grade()
        return contract

    def _names(self, contract):
        return contract.arrears_bucket_id.name, contract.asset_class_id.name, contract.stage

    def _changes(self, contract):
        return self.env["loan.arrears.change"].search([("contract_id", "=", contract.id)], order="id")

    # ------------------------------------------------------------ grades

    def test_each_bound_is_crossed_on_its_day(self):
        contract = self._due_in(0)
        for days, wanted in (
            (0, ("Not Late", "Normal", 1)),
            (1, ("1–30 Days", "Special Mention", 1)),
            (30, ("1–30 Days", "Special Mention", 1)),
            (31, ("31–60 Days", "Special Mention", 2)),
            (60, ("31–60 Days", "Special Mention", 2)),
            (61, ("61–90 Days", "Special Mention", 2)),
            (90, ("61–90 Days", "Special Mention", 2)),
            (91, ("Over 90 Days", "Substandard", 3)),
            (270, ("Over 90 Days", "Substandard", 3)),
            (271, ("Over 90 Days", "Doubtful", 3)),
            (360, ("Over 90 Days", "Doubtful", 3)),
            (361, ("Over 90 Days", "Loss", 3)),
        ):
            with self.subTest(days=days):
                self._grade(TODAY + timedelta(days=days))
                self.assertEqual(self._names(contract), wanted)

    def test_stages_can_begin_a_day_earlier(self):
        contract = self._due_in(0, significant_from="from_30", default_from="from_90")
        for days, stage in ((29, 1), (30, 2), (89, 2), (90, 3)):
            with self.subTest(days=days):
                self._grade(TODAY + timedelta(days=days))
                self.assertEqual(contract.stage, stage)

    def test_a_second_grading_touches_nothing(self):
        self._due_in(-40)
        self._due_in(5)
        self._grade()
        self.assertEqual(self._grade(), 0)
        self.env.cr.execute("SELECT sum(xmin::text::bigint) FROM loan_contract")
        before = self.env.cr.fetchone()
        self._grade()
        self.env.cr.execute("SELECT sum(xmin::text::bigint) FROM loan_contract")
        self.assertEqual(self.env.cr.fetchone(), before)

    def test_grading_is_one_statement_however_large_the_book(self):
        for _number in range(5):
            self._due_in(-40)
        self._grade()
        with self.assertQueryCount(1):
            self.env["loan.contract"]._grade(self.company, TODAY + timedelta(days=100))

    def test_a_book_is_graded_as_the_core_grades_each_loan(self):
        # The one statement that grades a book says again what the core says: hold them together on a random book.
        pattern = self._due_in(0)
        self.env["loan.arrears.bucket"].create({"name": "Over a Week", "days_from": 8})
        doubtful = self.env.ref("loan_crm.loan_asset_class_doubtful")
        doubtful.active = False
        buckets = self.env["loan.arrears.bucket"].search([])
        classes = self.env["loan.asset.class"].with_context(active_test=False).search([])
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'loan_contract'"
        )
        own = {
            "name": "'R' || n",
            "state": "(ARRAY['active', 'active', 'active', 'active', 'draft', 'closed'])[ceil(6 * random())]",
            # Often on a bound or beside it, seldom not at all.
            "day_zero": "NULLIF(%(today)s - (ARRAY[0, 1, 8, 30, 31, 61, 90, 91, 271, 361])[ceil(10 * random())] "
            "+ (2 * random() - 1)::int, (%(today)s - 8)::date)",
            "judged_class_id": "(%(classes)s)[ceil(3 * %(count)s * random())]",
            "significant_from": "(ARRAY['over_30', 'from_30'])[ceil(2 * random())]",
            "default_from": "(ARRAY['over_90', 'from_90'])[ceil(2 * random())]",
            # What stood before is anything, too.
            "arrears_bucket_id": "(%(buckets)s)[ceil(%(count)s * random())]",
            "asset_class_id": "(%(classes)s)[ceil(%(count)s * random())]",
            "stage": "ceil(3 * random())",
        }
        columns = [name for (name,) in self.env.cr.fetchall() if name != "id"]
        self.env.cr.execute(
            f"SELECT setseed(0.19); INSERT INTO loan_contract ({', '.join(columns)}) "
            f"SELECT {', '.join(own.get(name, name) for name in columns)} "
            "FROM loan_contract, generate_series(1, 500) n WHERE id = %(pattern)s RETURNING id",
            {
                "today": TODAY,
                "pattern": pattern.id,
                "buckets": buckets.ids,
                "classes": classes.ids,
                "count": len(classes),
            },
        )
        loans = self.env["loan.contract"].browse(id_ for (id_,) in self.env.cr.fetchall())
        self.env["loan.contract"]._grade(self.company, TODAY, loans.ids)
        self.env.invalidate_all()

        bucket_floors = [(bucket.days_from, bucket) for bucket in buckets]
        class_floors = [(klass.days_from, klass) for klass in classes if klass.active]
        seen = set()
        for loan in loans:
            wanted = (self.env["loan.arrears.bucket"], self.env["loan.asset.class"], 0)
            if loan.state == "active":
                days = max(0, (TODAY - loan.day_zero).days) if loan.day_zero else 0
                klass = arrears.graded(days, class_floors)
                if loan.judged_class_id.days_from > klass.days_from:
                    klass = loan.judged_class_id
                bounds = Conventions(significant_from=loan.significant_from, default_from=loan.default_from)
                wanted = (arrears.graded(days, bucket_floors), klass, arrears.stage(days, bounds))
            seen.add(wanted)
            self.assertEqual((loan.arrears_bucket_id, loan.asset_class_id, loan.stage), wanted, loan.state)
        self.assertGreater(len(seen), 20)

    def test_bounds_are_data(self):
        contract = self._late(10)
        self.env["loan.arrears.bucket"].create({"name": "Over a Week", "days_from": 8})
        self._grade()
        self.assertEqual(contract.arrears_bucket_id.name, "Over a Week")
        self.env["loan.asset.class"].create({"name": "Watch", "code": "2a", "days_from": 5})
        self._grade()
        self.assertEqual(contract.asset_class_id.name, "Watch")
        with self.assertRefused("must begin with day 0"):
            self.env.ref("loan_crm.loan_arrears_bucket_current").days_from = 3
        with self.assertRefused("must begin with day 0"):
            self.env.ref("loan_crm.loan_asset_class_normal").active = False
        with self.assertRefused("Another bucket begins"):
            self.env["loan.arrears.bucket"].create({"name": "Twin", "days_from": 31})

    def test_a_judgement_can_only_make_a_class_worse(self):
        doubtful = self.env.ref("loan_crm.loan_asset_class_doubtful")
        mention = self.env.ref("loan_crm.loan_asset_class_special_mention")
        contract = self._late(100).with_user(self.manager)
        self.assertEqual(contract.asset_class_id.name, "Substandard")
        self._judge(contract, doubtful)
        self.assertEqual(contract.asset_class_id, doubtful, "at once, not only by night")
        self._judge(contract, mention)
        self.assertEqual(contract.asset_class_id.name, "Substandard")
        self._judge(contract, doubtful, self.compliance)
        self._judge(contract, self.env["loan.asset.class"], self.compliance)
        self.assertEqual(contract.asset_class_id.name, "Substandard")

    def _judge(self, contract, asset_class, user=None, reason="The workshop has closed"):
        """Judge as a team lead or compliance officer does: by the button and the form it opens."""
        user = user or self.lead
        action = contract.with_user(user).action_judge()
        form = self.env[action["res_model"]].with_user(user).with_context(**action["context"])
        form.create({"judged_class_id": asset_class.id, "reason": reason}).action_judge()

    def test_who_manages_a_loan_does_not_judge_it(self):
        doubtful = self.env.ref("loan_crm.loan_asset_class_doubtful")
        contract = self._late(10)
        for user in (
            self.manager,
            self.desk,
            self.administrator,
            self.stranger,
            self.other_lead,
            self.employee,
        ):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self._judge(contract, doubtful, user)
        for user in (self.manager, self.lead):
            with self.subTest(user=user.name), self.assertRefused("cannot be entered"):
                contract.with_user(user).judged_class_id = doubtful
        own = self._due_in(-10, self._customer("Feng Jie", manager=self.lead))
        with self.assertRefused("Nobody judges a loan they manage"):
            self._judge(own, doubtful, self.lead)
        with self.assertRefused("Say what the judgement rests on"):
            self._judge(contract, doubtful, reason=" ")
        self.assertFalse(contract.judged_class_id)
        self._judge(own, doubtful, self.compliance)
        self.assertEqual(own.asset_class_id, doubtful)
        self.assertTrue(
            own.message_ids.filtered(
                lambda message: (
                    "Judged as Doubtful: The workshop has closed" in (message.body or "")
                    and message.author_id == self.compliance.partner_id
                )
            )
        )

    def test_a_judgement_holds_for_a_loan_that_is_not_late(self):
        contract = self._due_in(7)
        contract.judged_class_id = self.env.ref("loan_crm.loan_asset_class_doubtful")
        self.assertEqual(self._names(contract), ("Not Late", "Doubtful", 1))
        self.assertEqual(self._grade(), 0)
        self.env.ref("loan_crm.loan_asset_class_doubtful").days_from = 280
        self.assertEqual(contract.asset_class_id.name, "Doubtful")

    def test_a_loan_that_ended_has_no_grade(self):
        contract = self._late(40)
        self._pay(contract, contract.amount_open)
        self.assertEqual((contract.state, self._names(contract)), ("closed", (False, False, 0)))

    # ------------------------------------------------------------ day zero

    def test_searching_equals_showing_by_every_day_zero(self):
        rules = (
            {"dpd_day_zero": "due_date"},
            {"dpd_day_zero": "due_day_is_one"},
            {"dpd_day_zero": "less_grace", "grace_days": 3},
            {"dpd_day_zero": "less_grace", "grace_days": 10},
        )
        contracts = self.env["loan.contract"]
        for values in rules:
            for days in (-5, 0, 1, 2, 3, 4, 11, 31):
                contracts |= self._due_in(-days, **values)
        self._grade()
        rows = contracts.installment_ids
        for records in (contracts, rows):
            model = self.env[records._name]
            mine = [("id", "in", records.ids)]
            for days in (0, 1, 2, 3, 5, 31, 32):
                for operator, test in (
                    ("=", lambda value, days: value == days),
                    (">", lambda value, days: value > days),
                    (">=", lambda value, days: value >= days),
                    ("<", lambda value, days: value < days),
                    ("<=", lambda value, days: value <= days),
                    ("!=", lambda value, days: value != days),
                ):
                    with self.subTest(model=records._name, operator=operator, days=days):
                        found = model.search([*mine, ("days_past_due", operator, days)])
                        shown = records.filtered(lambda r, test=test, days=days: test(r.days_past_due, days))
                        self.assertEqual(set(found.ids), set(shown.ids))

    def test_day_zero_decides_the_bucket(self):
        for values, days in (
            ({"dpd_day_zero": "due_date"}, 30),
            ({"dpd_day_zero": "due_day_is_one"}, 31),
            ({"dpd_day_zero": "less_grace", "grace_days": 5}, 25),
        ):
            with self.subTest(**values):
                contract = self._late(30, **values)
                self.assertEqual(contract.days_past_due, days)
                self.assertEqual(contract.arrears_bucket_id.name, "31–60 Days" if days > 30 else "1–30 Days")

    # ------------------------------------------------------------ repayments

    def test_a_repayment_mends_the_grade_at_once(self):
        contract = self._late(40)
        self.assertEqual(self._names(contract), ("31–60 Days", "Special Mention", 2))
        self._pay(contract, contract.amount_overdue)
        self.assertEqual(self._names(contract), ("Not Late", "Normal", 1))
        self.assertEqual((contract.days_past_due, contract.amount_overdue), (0, 0))

    def test_a_backdated_repayment_recomputes_arrears_and_grade(self):
        contract = self._late(100)
        self.assertEqual(self._names(contract), ("Over 90 Days", "Substandard", 3))
        first = contract.installment_ids[0]
        repayment = self._pay(contract, first.amount, date=first.due_date)
        self.assertEqual(contract.next_due_date, contract.installment_ids[1].due_date)
        days = (TODAY - contract.next_due_date).days
        self.assertEqual(contract.days_past_due, days)
        self.assertEqual(self._names(contract), ("61–90 Days", "Special Mention", 2))
        repayment.action_reverse()
        self.assertEqual(contract.days_past_due, 100)
        self.assertEqual(self._names(contract), ("Over 90 Days", "Substandard", 3))

    # ------------------------------------------------------------ changes

    def test_each_change_is_noted_once(self):
        contract = self._due_in(0)
        first = self._changes(contract)
        self.assertEqual((first.bucket_from_id.name, first.bucket_to_id.name), (False, "Not Late"))
        self.assertFalse(first.bucket_changed, "a first grade is no change")
        for days in (1, 1, 2, 31, 31, 95):
            self._grade(TODAY + timedelta(days=days))
        self.assertEqual(
            [
                (
                    change.days_past_due,
                    change.bucket_from_id.name,
                    change.bucket_to_id.name,
                    change.class_to_id.name,
                )
                for change in self._changes(contract) - first
            ],
            [
                (1, "Not Late", "1–30 Days", "Special Mention"),
                (31, "1–30 Days", "31–60 Days", "Special Mention"),
                (95, "31–60 Days", "Over 90 Days", "Substandard"),
            ],
        )

    def test_a_day_has_one_change_from_where_it_began_to_where_it_ended(self):
        contract = self._due_in(0)
        with self._days_later(40):
            self._grade(TODAY + timedelta(40))
            for amount in (contract.amount_overdue, contract.installment_ids[0].amount):
                self._pay(contract, amount, TODAY + timedelta(40)).action_reverse()
            last = self._changes(contract)[-1]
            self.assertEqual((last.bucket_from_id.name, last.bucket_to_id.name), ("Not Late", "31–60 Days"))
            self.assertEqual(len(self._changes(contract)), 2)
        # A loan that comes in with years of repayments was never late in our books.
        old = self._late(200)
        self._pay(old, old.amount_overdue + old.charges_open)
        self.assertEqual(old.arrears_bucket_id.name, "Not Late")
        self.assertFalse(self._changes(old).bucket_changed)

    def test_changes_of_the_bucket_alone_make_roll_rates(self):
        contract = self._late(10)
        contract.judged_class_id = self.env.ref("loan_crm.loan_asset_class_doubtful")
        changes = self._changes(contract)
        self.assertEqual(changes[-1:].bucket_changed, False)
        mine = [("contract_id", "=", contract.id)]
        model = self.env["loan.arrears.change"]
        for value in (True, False):
            self.assertEqual(
                model.search([*mine, ("bucket_changed", "=", value)]),
                changes.filtered(lambda change, value=value: change.bucket_changed == value),
            )
        rates = model._read_group(mine, ["bucket_from_id", "bucket_to_id"], ["__count"])
        self.assertTrue(rates)

    # ------------------------------------------------------------ who may

    def test_who_may_keep_the_bounds_and_who_sees_the_changes(self):
        contract = self._due_in(-1)
        self._grade(TODAY + timedelta(days=40))
        change = self._changes(contract)[-1]
        bucket = self.env.ref("loan_crm.loan_arrears_bucket_1_30")
        grade = self.env.ref("loan_crm.loan_asset_class_loss")
        for user, keeps, sees in (
            (self.manager, False, True),
            (self.lead, False, True),
            (self.desk, False, True),
            (self.compliance, False, True),
            (self.administrator, True, False),
            (self.stranger, False, False),
            (self.other_lead, False, False),
        ):
            with self.subTest(user=user.name):
                self.env.invalidate_all()
                for record in (bucket, grade):
                    self.assertTrue(record.with_user(user).has_access("read"))
                    for operation in ("write", "create", "unlink"):
                        self.assertEqual(record.with_user(user).has_access(operation), keeps)
                self.assertEqual(change.with_user(user).has_access("read"), sees)
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(change.with_user(user).has_access(operation))
        for record in (bucket, grade, change):
            self.assertFalse(record.with_user(self.employee).has_access("read"))

    def test_nobody_enters_a_grade(self):
        contract = self._due_in(7)
        for name, value in (
            ("asset_class_id", self.env.ref("loan_crm.loan_asset_class_loss").id),
            ("arrears_bucket_id", self.env.ref("loan_crm.loan_arrears_bucket_1_30").id),
            ("stage", 3),
            ("day_zero", TODAY),
        ):
            with self.subTest(field=name), self.assertRaises(AccessError):
                contract.with_user(self.manager).write({name: value})
