from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, LoanCommon

POISON = "This promise is poison."
LOGGER = "odoo.addons.loan_crm.models.loan_night"


def after(days):
    return TODAY + timedelta(days)


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanPromise(LoanCommon):
    """A borrower gives their word; what became of it is the repayments' to say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # 12,000 over a year; the first installment, a little over 1,000, has been late for five days.
        cls.contract = cls._due_in(-5)

    def _promise(self, amount=500, days=3, user=None, contract=None, **values):
        contract = contract or self.contract
        return (
            self.env["loan.promise"]
            .with_user(user or self.manager)
            .create({"contract_id": contract.id, "amount": amount, "date_promised": after(days), **values})
        )

    def _night(self):
        with self._without_commit():
            self.env["loan.night"]._run(self.company)
        return self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)

    @contextmanager
    def _night_after(self, days):
        with self._days_later(days, "00:10"):
            yield self._night()

    def _calls(self, user=None):
        loans = self.env["loan.contract"].search([("company_id", "=", self.company.id)])
        found = self.env["mail.activity"].search(
            [
                ("res_model", "=", "loan.contract"),
                ("res_id", "in", loans.ids),
                ("active", "in", (True, False)),
            ]
        )
        return found.filtered(lambda activity: not user or activity.user_id == user)

    def _lines(self, contract=None):
        return " ".join((contract or self.contract).message_ids.sorted("id").mapped("body"))

    # ------------------------------------------------------------ making one

    def test_the_form_proposes_what_will_be_asked_for_by_then(self):
        first, second = self.contract.installment_ids[:2]
        action = self.contract.with_user(self.desk).action_promise()
        form = Form(self.env["loan.promise"].with_user(self.desk).with_context(**action["context"]))
        self.assertEqual((form.contract_id, form.amount), (self.contract, first.amount))
        self.assertEqual(form.partner_id, self.customer.partner_id)
        form.date_promised = second.due_date
        self.assertAlmostEqual(form.amount, first.amount + second.amount)
        form.amount = 800
        form.date_promised = after(2)
        self.assertEqual(form.amount, 800, "what the borrower named stays")
        promise = form.save()
        self.assertEqual((promise.state, promise.heard_user_id), ("open", self.desk))
        self.assertEqual((promise.amount_asked, promise.date_until), (first.amount, after(3)))

    def test_a_loan_that_is_not_late_proposes_its_next_installment(self):
        contract = self._due_in(9)
        self.assertEqual(contract._asked_by(after(2)), contract.next_due_amount)
        self.assertEqual(contract._asked_by(after(9)), contract.next_due_amount)

    def test_a_customer_s_page_opens_the_form_on_the_loan_that_waits_longest(self):
        fresh = self._due_in(20)
        action = self.customer.with_user(self.manager).action_promise()
        self.assertEqual(action["context"]["default_contract_id"], self.contract.id)
        self.assertEqual(action["context"]["loan_ids"], (self.contract | fresh).ids)
        nobody = self._customer("Feng Jie")
        with self.assertRefused("Feng Jie has nothing to pay"):
            nobody.with_user(self.manager).action_promise()

    def test_a_promise_holds_the_loan_s_reminders_until_the_money_had_time_to_travel(self):
        promise = self._promise(days=3, user=self.desk)
        hold = promise.hold_id
        self.assertEqual((hold.contract_id, hold.kind, hold.state), (self.contract, "promise", "running"))
        self.assertEqual((hold.date_from, hold.date_to), (TODAY, after(4)))
        self.assertEqual(hold.placed_user_id, self.desk)
        self.assertIn("Wang Fang promised", hold.reason)
        self.assertIn("03/13/2026", hold.reason)
        self.company.loan_promise_grace_days = 4
        other = self._promise(600, 3)
        self.assertEqual(other.hold_id.date_to, after(7))
        self.assertEqual(promise.date_until, after(4), "what was agreed before stays")

    def test_the_loan_and_the_customer_tell_it(self):
        promise = self._promise(500, 3)
        self.assertIn("500.00", self.contract.promise_note)
        self.assertIn("by 03/13/2026", self.contract.promise_note)
        self.assertEqual(self.customer.promise_note, self.contract.promise_note)
        self.assertEqual((self.contract.promise_count, self.customer.promise_count), (1, 1))
        self.assertFalse(self.customer.promise_kept_note)
        self.assertRegex(self._lines(), "Wang Fang promised .*500.00 by 03/13/2026 \\(By Telephone\\)")
        self._pay(self.contract, 200)
        self.assertRegex(self.contract.promise_note, "200.00.* of it paid")
        self.assertEqual(promise.amount_paid, 200)

    def test_what_cannot_be_promised_is_refused_in_words(self):
        owed = self.contract.amount_open
        for words, vals in (
            ("has passed", {"days": -1}),
            ("reaches to 04/09/2026 at most", {"days": 31}),
            ("must be more than zero", {"amount": 0}),
            ("must be more than zero", {"amount": -5}),
            ("must be more than zero", {"amount": 0.004}),
            ("is more than that", {"amount": owed + 0.01}),
            ("is not a number", {"amount": float("nan")}),
            ("is not a number", {"amount": float("inf")}),
            ("within 7 days", {"made_on": after(-8)}),
            ("within 7 days", {"made_on": after(1)}),
            ("Who heard|who heard", {"heard_user_id": False}),
            ("for what borrowers enter", {"heard_via": "page"}),
        ):
            with self.subTest(vals=vals), self.assertRefused(words):
                self._promise(**vals)
        self.assertFalse(self.contract.promise_count)
        self.assertFalse(
            self.env["loan.reminder.hold"].search_count([("contract_id", "=", self.contract.id)])
        )
        self._promise(owed, 30)
        self.company.loan_promise_max_days = 60
        self._promise(owed, 60)

    def test_a_loan_that_does_not_run_takes_no_promise(self):
        draft = self._contract(active=False)
        repaid = self._due_in(3)
        self._pay(repaid, repaid.amount_open)
        for contract in (draft, repaid):
            with self.subTest(state=contract.state), self.assertRefused("is not running"):
                self._promise(10, contract=contract)

    def test_one_that_is_entered_some_days_later_counts_what_came_in_between(self):
        self._pay(self.contract, 500, after(-1))
        promise = self._promise(500, 3, made_on=after(-3))
        self.assertEqual((promise.state, promise.decided_on), ("kept", after(-1)))
        self.assertFalse(promise.hold_id)
        # All that was open then could be promised then.
        other = self._due_in(-5)
        owed = other.amount_open
        self._pay(other, 500, after(-1))
        promise = self._promise(owed, 3, contract=other, made_on=after(-3))
        self.assertEqual((promise.state, promise.amount_paid), ("open", 500))

    def test_money_that_came_earlier_that_day_is_not_the_money_that_was_promised(self):
        early = self._pay(self.contract, 300)
        promise = self._promise(300, 3)
        self.assertEqual((promise.state, promise.amount_paid), ("open", 0))
        self._pay(self.contract, 300)
        self.assertEqual((promise.state, promise.amount_paid), ("kept", 300))
        early.action_reverse()
        self.assertEqual(promise.state, "kept")

    def test_the_same_money_keeps_one_promise(self):
        self._pay(self.contract, 500, after(-1))
        self._promise(500, 3, made_on=after(-3))
        with self.assertRefused("was decided on 03/09/2026"):
            self._promise(500, 3, made_on=after(-2))
        promise = self._promise(500, 3, made_on=after(-1))
        self.assertEqual((promise.state, promise.amount_paid), ("open", 0))

    # ------------------------------------------------------------ deciding

    def test_a_promise_is_kept_as_soon_as_enough_is_paid(self):
        promise = self._promise(500, 5)
        self._pay(self.contract, 200)
        self.assertEqual(promise.state, "open")
        with self._days_later(2):
            self._pay(self.contract, 300, after(2))
            self.assertEqual(
                (promise.state, promise.decided_on, promise.amount_paid), ("kept", after(2), 500)
            )
            self.assertEqual(promise.hold_id.state, "lifted")
            self.assertEqual(self.customer.promise_kept_note, "1 of 1")
            self.assertFalse(self.contract.promise_note)
        self.assertIn("was kept.", self._lines())
        self.assertFalse(self._calls())

    def test_a_promise_is_broken_when_nothing_came_and_the_manager_is_asked_to_call(self):
        promise = self._promise(500, 3)
        with self._night_after(4) as night:
            self.assertEqual((promise.state, night.promise_count), ("open", 0), "the money may still travel")
        with self._night_after(5) as night:
            self.assertEqual((promise.state, promise.decided_on), ("broken", after(4)))
            self.assertEqual((night.state, night.promise_count), ("done", 1))
            self.assertEqual(self.customer.promise_kept_note, "0 of 1")
        call = self._calls()
        self.assertEqual((call.user_id, call.res_id), (self.manager, self.contract.id))
        self.assertEqual(call.date_deadline, after(5))
        self.assertIn("Broken:", call.summary)
        self.assertIn("was broken", self._lines())
        with self._night_after(6) as night:
            self.assertEqual(night.promise_count, 0)
        self.assertEqual(self._calls(), call)

    def test_a_part_keeps_a_part(self):
        promise = self._promise(500, 3)
        self._pay(self.contract, 499.99)
        with self._night_after(5):
            self.assertEqual((promise.state, promise.amount_paid), ("partly", 499.99))
            self.assertEqual(self.customer.promise_kept_note, "0 of 1")
        self.assertIn("Partly Kept", self._calls().summary)
        self.assertIn("kept in part", self._lines())

    def test_money_on_the_last_day_of_grace_still_counts_and_a_day_later_it_does_not(self):
        promise = self._promise(500, 3)
        with self._days_later(4):
            self._pay(self.contract, 500, after(4))
            self.assertEqual(promise.state, "kept")
        other = self._due_in(-5)
        promise = self._promise(500, 3, contract=other)
        with self._days_later(5):
            self._pay(other, 500, after(5))
            self.assertEqual(promise.state, "broken")

    def test_a_repayment_entered_late_counts_by_its_own_day(self):
        promise = self._promise(500, 3)
        with self._night_after(5):
            self.assertEqual(promise.state, "broken")
            call = self._calls()
            self._pay(self.contract, 500, after(2))
            self.assertEqual((promise.state, promise.decided_on), ("kept", after(2)))
            self.assertFalse(call.exists(), "nobody has to call any more")

    def test_money_from_before_the_promise_does_not_count(self):
        promise = self._promise(500, 3)
        self._pay(self.contract, 500, after(-1))
        self.assertEqual((promise.state, promise.amount_paid), ("open", 0))

    def test_a_repayment_that_is_taken_back_opens_the_promise_again(self):
        promise = self._promise(500, 3)
        repayment = self._pay(self.contract, 500)
        first = promise.hold_id
        repayment.action_reverse()
        self.assertEqual((promise.state, promise.amount_paid, promise.decided_on), ("open", 0, False))
        self.assertEqual((first.state, promise.hold_id.state), ("lifted", "running"))
        self.assertNotEqual(promise.hold_id, first)
        self.assertIn("is open again", self._lines())

    def test_a_repayment_that_is_taken_back_after_the_day_breaks_the_promise(self):
        promise = self._promise(500, 3)
        repayment = self._pay(self.contract, 500)
        with self._days_later(9):
            repayment.action_reverse()
            self.assertEqual((promise.state, promise.decided_on), ("broken", after(4)))
            self.assertEqual(self._calls().user_id, self.manager)

    def test_a_call_that_was_made_is_not_asked_for_again(self):
        promise = self._promise(500, 3)
        with self._night_after(5):
            self._calls().with_user(self.manager).action_feedback(feedback="Pays on Friday")
            repayment = self._pay(self.contract, 500, after(2))
            self.assertEqual(promise.state, "kept")
            repayment.action_reverse()
            self.assertEqual(promise.state, "broken")
            self.assertEqual(len(self._calls()), 1)

    def test_who_repays_the_whole_loan_has_kept_the_promise(self):
        product = self._product(name="Dear Loan", penalty_factor=1.5)
        contract = self._due_in(-5, product_id=product.id)
        asked = contract.amount_open + contract.charges_open
        self.assertGreater(contract.charges_open, 0)
        promise = self._promise(asked, 3, contract=contract, made_on=after(-6))
        # The money had come before it was late, so the penalty falls away and less than promised is enough.
        self._pay(contract, contract.amount_open, after(-5))
        self.assertEqual((contract.state, promise.state), ("closed", "kept"))
        with self._night_after(9):
            self.assertEqual(promise.state, "kept")

    def test_every_road_of_money_judges(self):
        promise = self._promise(500, 5)
        with self.subTest("a core system"):
            self.contract.external_ref = "L-1"
            lines = [{"external_ref": "R-1", "contract": "L-1", "date": str(TODAY), "amount": "500.00"}]
            self.env["loan.repayment"].sync(lines)
            self.assertEqual(promise.state, "kept")
            self.env["loan.repayment"].sync([{**lines[0], "state": "reversed"}])
            self.assertEqual(promise.state, "open")
        with self.subTest("an imported file"):
            self.env["loan.repayment"].with_user(self.manager).with_context(import_file=True).load(
                ["external_ref", "contract_id/.id", "date", "amount"],
                [["R-2", str(self.contract.id), str(TODAY), "500"]],
            )
            repayment = self.env["loan.repayment"].search([("external_ref", "=", "R-2")])
            if repayment.state == "draft":
                repayment.action_post()
            self.assertEqual(promise.state, "kept")

    # ------------------------------------------------------------ another one instead

    def test_a_new_promise_replaces_the_open_one_and_both_stay_on_record(self):
        first = self._promise(500, 3)
        second = self._promise(600, 8, user=self.desk)
        self.assertEqual((first.state, second.state), ("replaced", "open"))
        self.assertEqual((second.replaces_id, second.replacements), (first, 1))
        self.assertEqual(first.hold_id.state, "lifted")
        self.assertEqual(second.hold_id.state, "running")
        self.assertIn("replaced by another one", self._lines())
        with self._night_after(30):
            self.assertEqual((first.state, second.state), ("replaced", "broken"))
        self.assertEqual(len(self._calls()), 1)

    def test_putting_off_a_third_time_is_for_a_team_lead(self):
        for days in (3, 5, 7):
            last = self._promise(500, days)
        self.assertEqual(last.replacements, 2)
        for user in self.manager | self.lead:
            with self.assertRefused("has promised already"):
                self._promise(500, 7, user=user)
        for user in self.manager | self.desk:
            with self.subTest(user=user.name), self.assertRefused("A third time is for a team lead"):
                self._promise(500, 9, user=user)
        self.assertEqual((last.state, last.hold_id.state), ("open", "running"))
        with self.assertRefused("Please call us"):
            self.contract.sudo()._record_promise(500, after(9), "page")
        self.assertEqual(self._promise(500, 9, user=self.lead).replacements, 3)

    def test_a_promise_that_was_decided_in_between_ends_the_row(self):
        for days in (3, 5, 7):
            self._promise(500, days)
        with self._days_later(9):  # before the night has looked
            promise = self._promise(500, 12)
            self.assertEqual((promise.replaces_id.id, promise.replacements), (False, 0))
            self.assertEqual(
                sorted(promise.search([("contract_id", "=", self.contract.id)]).mapped("state")),
                ["broken", "open", "replaced", "replaced"],
            )

    def test_money_taken_back_leaves_the_newer_promise_open(self):
        first = self._promise(500, 6)
        repayment = self._pay(self.contract, 500)
        second = self._promise(300, 8)
        repayment.action_reverse()
        self.assertEqual((first.state, second.state), ("replaced", "open"))

    def test_a_loan_has_one_open_promise_however_it_is_written(self):
        promise = self._promise(500, 3)
        with self.assertRefused("Somebody has just noted another promise"):
            self.env.cr.execute(
                "INSERT INTO loan_promise (contract_id, customer_id, company_id, state, amount, date_promised, "
                "made_on, heard_via, heard_user_id, partner_id) SELECT contract_id, customer_id, company_id, state, "
                "amount, date_promised, made_on, heard_via, heard_user_id, partner_id FROM loan_promise WHERE id = %s",
                [promise.id],
            )
        both = self.env["loan.promise"].create(
            [
                {"contract_id": self.contract.id, "amount": amount, "date_promised": after(4)}
                for amount in (100, 200)
            ]
        )
        self.assertEqual(both.mapped("state"), ["replaced", "open"])

    def test_a_promise_is_withdrawn_with_a_reason(self):
        promise = self._promise(500, 3)
        with self.assertRefused("Say under"):
            promise.with_user(self.desk).action_withdraw()
        promise.with_user(self.desk).withdraw_reason = "Misheard: she spoke of her other loan"
        promise.with_user(self.desk).action_withdraw()
        self.assertEqual((promise.state, promise.withdrawn_user_id), ("withdrawn", self.desk))
        self.assertEqual((promise.hold_id.state, promise.hold_id.lifted_user_id), ("lifted", self.desk))
        self.assertIn("her other loan", self._lines())
        with self.assertRefused("cannot become"):
            promise.with_user(self.desk).action_withdraw()
        with self._night_after(9):
            self.assertEqual(promise.state, "withdrawn")
        self.assertFalse(self._calls())

    # ------------------------------------------------------------ who is asked

    def test_a_second_broken_promise_within_a_year_goes_to_the_lead_as_well(self):
        other = self._due_in(-5)
        self._promise(500, 3)
        second = self._promise(500, 4, contract=other)
        with self._night_after(9):
            self.assertEqual(second.state, "broken")
        self.assertEqual(len(self._calls(self.manager)), 2)
        self.assertEqual(self._calls(self.lead).res_id, other.id)
        self.assertIn("Broken again", self._calls(self.lead).summary)
        with self._night_after(10):
            self.assertEqual(len(self._calls()), 3)

    def test_a_year_later_it_is_a_first_time_again(self):
        old = self.env["loan.promise"].create(
            {
                "contract_id": self.contract.id,
                "amount": 500,
                "made_on": date(2024, 3, 1),
                "date_promised": date(2024, 3, 5),
            }
        )
        self.assertEqual(old.state, "broken")
        self._promise(500, 3)
        with self._night_after(9):
            self.assertFalse(self._calls(self.lead))

    def test_the_deputy_is_asked_while_the_manager_is_away(self):
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": after(4),
                "date_to": after(9),
            }
        )
        self._promise(500, 3)
        with self._night_after(5):
            self.assertEqual(self._calls().user_id, self.colleague)

    def test_a_call_is_given_to_nobody_who_may_not_open_the_loan(self):
        self.manager.sudo().group_ids = self.env.ref("base.group_user")
        self._promise(500, 3, user=self.lead)
        with self._night_after(5):
            self.assertEqual(self._calls().user_id, self.lead)
        self.team.user_id = False
        self.env["loan.promise"].create(
            {"contract_id": self.contract.id, "amount": 500, "date_promised": after(3)}
        )
        before = self._calls()
        with self._night_after(6) as night:
            self.assertEqual(self._calls(), before)
            self.assertEqual(night.failure_ids.mapped("step"), ["promise"])
            self.assertIn("Nobody may be asked to call", night.failure_ids.reason)

    # ------------------------------------------------------------ the night

    def test_one_poison_promise_costs_no_other(self):
        self._one_poison(batch=100)

    def test_a_poison_promise_does_not_stop_a_night_that_goes_in_small_steps(self):
        self._one_poison(batch=1)

    def _one_poison(self, batch):
        contracts = [self._due_in(-5, self._customer(name)) for name in ("Zhou Na", "Xu Jing", "He Yun")]
        made = [self._promise(500, 3, contract=contract) for contract in contracts]
        model = type(self.env["loan.promise"])
        origin = model._judge

        def judge(records):
            if made[1] in records:
                raise UserError(POISON)
            return origin(records)

        with (
            patch.object(model, "_judge", judge),
            patch("odoo.addons.loan_crm.models.loan_night._BATCH", batch),
            mute_logger(LOGGER),
            self._night_after(5) as night,
        ):
            self.assertEqual([promise.state for promise in made], ["broken", "open", "broken"])
            self.assertEqual((night.state, night.promise_count), ("trouble", 2))
            self.assertEqual(night.failure_ids.contract_id, contracts[1])
        with self._night_after(6) as night:
            self.assertEqual((made[1].state, night.state), ("broken", "done"))

    def test_a_batch_takes_no_query_for_each_promise(self):
        def statements(count):
            contracts = self.env["loan.contract"].union(
                *(self._due_in(-5, self._customer(f"Zhou {count}.{number}")) for number in range(count))
            )
            for contract in contracts:
                self._promise(500, 3, contract=contract)
            with self._days_later(5, "00:10"):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.assertEqual(len(contracts._judge_promises()), count)
                self.env.flush_all()
                return self.env.cr.sql_log_count - before

        few, many = statements(2), statements(10)
        self.assertLess(many - few, 12, f"{few} statements for two, {many} for ten")

    # ------------------------------------------------------------ the borrower's page

    def test_the_page_notes_a_promise_that_nobody_heard(self):
        public = self.env.ref("base.public_user")
        contract = self.contract.with_user(public).sudo().with_context(lang="zh_CN")
        promise = contract._record_promise(
            Decimal("500.00"), after(3), "page", "My salary comes on Friday", self.customer.partner_id
        )
        self.assertEqual((promise.state, promise.heard_via), ("open", "page"))
        self.assertFalse(promise.heard_user_id)
        self.assertEqual(promise.hold_id.placed_user_id, self.env.ref("base.user_root"))
        message = self.contract.message_ids.sorted("id")[-1]
        self.assertEqual(message.author_id, self.customer.partner_id)
        # The page speaks the borrower's language, what is left on the loan is for the manager to read.
        self.assertIn("by 03/13/2026", message.body)
        self.assertIn("by 03/13/2026", promise.hold_id.reason)
        self.assertFalse(self.contract.message_partner_ids & public.partner_id)
        again = contract._record_promise(500, str(after(3)), "page")
        self.assertEqual((again, promise.state), (promise, "open"), "sent twice, it counts once")
        contract = contract.with_context(lang="en_US")
        for words, args in (
            ("is more than that", (10**7, after(3))),
            ("has passed", (10, after(-1))),
            ("at most", (10, after(400))),
            ("more than zero", (0, after(3))),
            ("not a number", (float("nan"), after(3))),
        ):
            with self.subTest(words=words):
                with self.assertRaisesRegex((UserError, ValidationError), words):
                    contract._record_promise(*args, "page")
                self.assertEqual(promise.state, "open", "nothing half-written")
        contract._record_promise(200, after(5), "page")
        self.assertEqual(
            (promise.state, promise.hold_id.lifted_user_id), ("replaced", self.env.ref("base.user_root"))
        )

    def test_the_verb_asks_the_rights_of_who_calls_it(self):
        promise = self.contract.with_user(self.desk)._record_promise(500, after(3), "phone")
        self.assertEqual(promise.heard_user_id, self.desk)
        for user in (self.stranger, self.compliance, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.contract.with_user(user)._record_promise(500, after(3), "phone")
        self.assertEqual(promise.state, "open")

    # ------------------------------------------------------------ who may

    def test_nobody_enters_what_became_of_a_promise(self):
        vals = {"contract_id": self.contract.id, "amount": 400, "date_promised": after(3)}
        promise = self._promise()
        for user in self.manager | self.desk | self.lead:
            mine = self.env["loan.promise"].with_user(user)
            for extra in (
                {"state": "kept"},
                {"amount_paid": 500},
                {"decided_on": TODAY},
                {"replacements": 0},
                {"known_before": [1]},
                {"hold_id": promise.hold_id.id},
                {"date_until": after(300)},
                {"kept_share": 1.0},
                {"company_id": self.company.id},
            ):
                with self.subTest(user=user.name, create=extra), self.assertRaises(AccessError):
                    mine.create({**vals, **extra})
                with self.subTest(user=user.name, write=extra), self.assertRaises(AccessError):
                    promise.with_user(user).write(extra)
            for extra in ({"amount": 1}, {"date_promised": after(9)}, {"contract_id": self._due_in(3).id}):
                with self.subTest(user=user.name, write=extra), self.assertRaises(AccessError):
                    promise.with_user(user).write(extra)
            with self.subTest("by an import", user=user.name):
                result = mine.load(
                    ["contract_id/.id", "amount", "date_promised", "state"],
                    [[str(self.contract.id), "500", str(after(3)), "kept"]],
                )
                self.assertFalse(result["ids"])
            with self.subTest("by a default", user=user.name):
                made = mine.with_context(default_state="kept", default_replacements=0).create(vals)
                self.assertEqual(made.state, "open")
                made.sudo()._move_to("withdrawn")
            with self.subTest("deleted", user=user.name), self.assertRaises(AccessError):
                promise.with_user(user).unlink()
            promise = self._promise(user=self.lead)
            promise.with_user(user).note = "Called again"

    def test_each_role_does_what_is_its_own(self):
        promise = self._promise(user=self.desk)
        for user in self.manager | self.lead | self.desk | self.compliance:
            self.assertTrue(promise.with_user(user).amount)
        for user in self.stranger | self.other_lead | self.colleague | self.administrator | self.employee:
            self.env.invalidate_all()
            with self.subTest(user=user.name):
                with self.assertRaises(AccessError):
                    promise.with_user(user).read(["amount"])
                with self.assertRaises(AccessError):
                    self._promise(user=user)
                with self.assertRaises(AccessError):
                    promise.with_user(user).action_withdraw()
        with self.assertRaises(AccessError):
            self._promise(user=self.compliance)
        with self.assertRaises(AccessError):
            promise.with_user(self.compliance).action_withdraw()
        with self.assertRaises(AccessError):
            promise.with_user(self.compliance).write({"note": "x"})

    # ------------------------------------------------------------ screens

    def test_figures_tell_whose_word_is_kept(self):
        self._promise(500, 3)
        self._pay(self.contract, 500)
        self._promise(500, 3, heard_via="visit")
        with self._night_after(9):
            self._promise(500, 12)  # not decided, so it counts neither way
            groups = (
                self.env["loan.promise"]
                .with_user(self.manager)
                .formatted_read_group(
                    [("contract_id", "=", self.contract.id)],
                    ["manager_user_id", "heard_via"],
                    ["kept_share:avg", "__count"],
                )
            )
            self.assertEqual(
                {group["heard_via"]: group["kept_share:avg"] for group in groups}, {"phone": 1, "visit": 0}
            )
            self.assertEqual(groups[0]["manager_user_id"][0], self.manager.id)
            self.assertEqual(self.customer.promise_kept_note, "1 of 2")
            self.assertEqual(self.contract.promise_kept_note, "1 of 2")
