import json
import random
from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tests import HttpCase, tagged

from .common import TODAY, LoanCommon

START, FIRST = "2026-02-17", "2026-03-17"
# A schedule of 9,000 as another system works it out, its second interest a cent off ours.
ROWS = [
    {"number": 1, "due_date": "2026-03-17", "principal": 2985.01, "interest": 45.00},
    {"number": 2, "due_date": "2026-04-17", "principal": "2999.93", "interest": "30.09", "fee": 1.5},
    {"number": 3, "due_date": "2026-05-17", "principal": 3015.06, "interest": 15.08, "balance": 0},
]


class SyncCommon(LoanCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.code = "CAR"
        cls.contracts = cls.env["loan.contract"].with_user(cls.manager)
        cls.repayments = cls.env["loan.repayment"].with_user(cls.manager)

    def _line(self, ref="A1", **values):
        line = {
            "external_ref": ref,
            "customer": self.customer.reference,
            "product": "CAR",
            "principal": 12000,
            "term": 12,
            "start_date": START,
            "first_due_date": FIRST,
            "state": "active",
            **values,
        }
        return {name: value for name, value in line.items() if value is not ...}

    def _given(self, ref="X1", **values):
        return self._line(ref, principal=9000, term=3, **{"schedule": ROWS, **values})

    def _paid(self, ref="P1", contract="A1", amount=1032.80, **values):
        return {"external_ref": ref, "contract": contract, "date": "2026-03-01", "amount": amount, **values}

    def _counts(self, answer):
        return tuple(answer[name] for name in ("created", "updated", "unchanged", "failed"))

    def _faults(self, answer):
        return [
            (line["line"], error["field"], error["reason"])
            for line in answer["lines"]
            for error in line["errors"]
        ]

    def _loan(self, ref="A1"):
        return self.env["loan.contract"].search(
            [("external_ref", "=", ref), ("company_id", "=", self.company.id)]
        )

    def _written(self, work):
        """Return which rows a piece of work wrote, as (table, count) of this transaction."""
        self.env.flush_all()
        tables = (
            "loan_contract",
            "loan_installment",
            "loan_repayment",
            "loan_repayment_allocation",
            "mail_message",
        )

        def stand():
            result = {}
            for table in tables:
                self.env.cr.execute(f"SELECT array_agg(xmin::text || ctid::text ORDER BY id) FROM {table}")
                result[table] = self.env.cr.fetchone()[0]
            return result

        before = stand()
        work()
        self.env.flush_all()
        after = stand()
        return [table for table in tables if before[table] != after[table]]


@tagged("post_install", "-at_install", "loan")
class TestLoanSync(SyncCommon):
    """What a core system may send, and what becomes of it."""

    # ------------------------------------------------------------ contracts

    def test_a_loan_comes_in_and_runs_as_if_entered_by_hand(self):
        answer = self.contracts.sync([self._line()])
        self.assertEqual(self._counts(answer), (1, 0, 0, 0))
        loan, twin = self._loan(), self._contract(first_due_date=FIRST, start_date=START)
        self.assertEqual(answer["lines"][0]["id"], loan.id)
        for name in ("state", "amount_total", "next_due_date", "amount_open", "day_zero", "stage", "due_day"):
            self.assertEqual(loan[name], twin[name], name)
        names = ("number", "due_date", "principal", "interest", "balance", "state", "amount_open")
        self.assertEqual(
            loan.installment_ids.mapped(lambda r: [r[n] for n in names]),
            twin.installment_ids.mapped(lambda r: [r[n] for n in names]),
        )
        self.assertEqual((loan.version_ids.number, loan.version_ids.row_count), (1, 12))

    def test_the_same_lines_again_touch_no_row(self):
        lines = [self._line("A1"), self._line("A2", state="draft"), self._given("X1")]
        self.contracts.sync(lines)
        self.env["loan.contract"].flush_model()
        self.assertEqual(self._written(lambda: self.contracts.sync(lines)), [])
        self.assertEqual(self._counts(self.contracts.sync(lines)), (0, 0, 3, 0))

    def test_what_differs_is_written_and_nothing_else(self):
        self.contracts.sync([self._line(state="draft")])
        answer = self.contracts.sync([self._line(state="draft", principal=13000)])
        self.assertEqual(self._counts(answer), (0, 1, 0, 0))
        self.assertEqual(sum(self._loan().installment_ids.mapped("principal")), 13000)
        self.assertEqual(self._counts(self.contracts.sync([self._line(principal=13000)])), (0, 1, 0, 0))
        self.assertEqual(self._loan().state, "active")

    def test_a_line_may_name_only_what_it_changes(self):
        self.contracts.sync([self._line(state="draft")])
        self.contracts.sync([{"external_ref": "A1", "term": 24}])
        self.assertEqual((self._loan().term, len(self._loan().installment_ids)), (24, 24))

    def test_terms_stand_still_once_the_money_is_out(self):
        self.contracts.sync([self._line()])
        answer = self.contracts.sync([self._line(principal=13000, term=13)])
        self.assertEqual([field for _line, field, _reason in self._faults(answer)], ["principal", "term"])
        self.assertIn("paid out", self._faults(answer)[0][2])

    def test_options_of_the_loan_come_with_it(self):
        self.contracts.sync([self._line(repayment_method="equal_principal", frequency="quarterly", term=4)])
        self.assertEqual(self._loan().installment_ids.mapped("principal"), [3000] * 4)

    def test_the_customer_is_known_by_number_contact_reference_or_id(self):
        self.customer.partner_id.ref = "CIF-7"
        for n, name in enumerate((self.customer.reference, "CIF-7", self.customer.id)):
            answer = self.contracts.sync([self._line(f"C{n}", customer=name)])
            self.assertEqual(self._counts(answer), (1, 0, 0, 0), answer)

    def test_bad_lines_say_field_and_reason(self):
        cases = [
            ({"principal": "a lot"}, "principal", "not a number"),
            ({"principal": 12000.001}, "principal", "decimals"),
            ({"principal": True}, "principal", "not a number"),
            ({"principal": ...}, "principal", "missing"),
            ({"term": 1.5}, "term", "whole"),
            ({"start_date": "17.02.2026"}, "start_date", "date"),
            ({"start_date": "2026-03-11", "first_due_date": "2026-04-11"}, "state", "cannot run before"),
            ({"customer": "nobody"}, "customer", "not yours to see"),
            ({"product": "NONE"}, "product", "not yours to see"),
            ({"repayment_method": "magic"}, "repayment_method", "none of"),
            ({"state": "closed"}, "state", "none of"),
            ({"colour": "red"}, "colour", "no field"),
            ({"external_ref": " "}, "external_ref", "missing"),
            ({"term": 61}, None, "runs 1 to 60"),
            ({"first_due_date": "2026-02-01"}, None, "after the day"),
            ({"schedule": []}, "schedule", "at least one"),
        ]
        answer = self.contracts.sync(
            [self._line(f"B{n}", **case) for n, (case, *_) in enumerate(cases)], "skip"
        )
        self.assertEqual(self._counts(answer), (0, 0, 0, len(cases)))
        for (case, field, words), line in zip(cases, answer["lines"], strict=True):
            with self.subTest(case=case):
                self.assertEqual(line["errors"][0]["field"], field, line)
                self.assertIn(words, line["errors"][0]["reason"])

    def test_stop_lets_nothing_in_and_skip_the_rest(self):
        lines = [
            self._line("A1"),
            self._line("A2", principal=-5),
            self._line("A3", term=400),
            self._line("A4"),
        ]
        answer = self.contracts.sync(lines)
        self.assertEqual((answer["applied"], self._counts(answer)), (False, (0, 0, 0, 2)), answer)
        self.assertEqual(
            [line["status"] for line in answer["lines"]], ["held_back", "failed", "failed", "held_back"]
        )
        self.assertFalse(self._loan("A1"))
        answer = self.contracts.sync(lines, on_error="skip")
        self.assertEqual((answer["applied"], self._counts(answer)), (True, (2, 0, 0, 2)))
        self.assertEqual((len(self._loan("A1")), len(self._loan("A4")), len(self._loan("A3"))), (1, 1, 0))

    def test_a_reason_is_told_in_the_callers_language(self):
        self.manager.lang = "zh_CN"
        with patch.object(type(self.env["loan.contract"]), "_sync_sentence", lambda self, *a: self.env.lang):
            answer = self.contracts.with_context(lang=False).sync([self._line(principal=...)])
        self.assertEqual(self._faults(answer), [(1, "principal", "zh_CN")])

    def test_a_hidden_customer_and_an_absent_one_are_refused_alike(self):
        hidden = self._customer("Hidden", manager=self.stranger)
        one = self.contracts.sync([self._line(customer=hidden.reference)])
        none = self.contracts.sync([self._line(customer="C99999999")])
        self.assertEqual(self._faults(one), self._faults(none))
        self.contracts.with_user(self.stranger).sync([self._line("H1", customer=hidden.reference)])
        answer = self.contracts.sync([self._line("H1")])
        self.assertEqual(
            [fault[1:] for fault in self._faults(answer)], [("external_ref", "cannot be used here.")]
        )

    def test_who_may_not_enter_loans_may_not_send_them(self):
        for user in (self.desk, self.compliance, self.administrator, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.contracts.with_user(user).sync([])

    def test_a_call_without_sense_is_refused(self):
        with self.assertRaises(UserError):
            self.contracts.sync([], on_error="ignore")
        with self.assertRaises(UserError):
            self.contracts.sync("A1")
        self.assertEqual(self._counts(self.contracts.sync(["A1"], "skip")), (0, 0, 0, 1))

    def test_a_parallel_call_begins_anew(self):
        self.contracts.sync([self._line()])
        blind = patch.object(
            type(self.env["loan.contract"]), "_sync_known", lambda self, lines, order=None: {}
        )
        with (
            blind,
            self.assertRaises(ConcurrencyError),
            self.env.cr.savepoint(),
            self.assertLogs("odoo.sql_db"),
        ):
            self.contracts.sync([self._line()])

    # ------------------------------------------------------------ schedules from outside

    def test_a_schedule_from_outside_is_kept_as_it_came_and_differences_are_told(self):
        answer = self.contracts.sync([self._given()])
        loan = self._loan("X1")
        self.assertEqual(loan.schedule_source, "external")
        self.assertEqual(loan.installment_ids.mapped("interest"), [45.0, 30.09, 15.08])
        self.assertEqual(loan.installment_ids.mapped("balance"), [6014.99, 3015.06, 0])
        self.assertEqual(loan.installment_ids.mapped("amount")[1], 3031.52)
        self.assertEqual(loan.state, "active")
        told = answer["lines"][0]["differences"]
        self.assertTrue(any("Row 2: Interest" in text and "30.09" in text for text in told), told)

    def test_rows_that_cannot_be_are_refused_with_their_row(self):
        def rows(place, **values):
            return [{**row, **(values if n == place else {})} for n, row in enumerate(ROWS, 1)]

        cases = [
            (rows(3, principal=3015.05, balance=None), "Row 3.*add up.*0.01"),
            (rows(1, principal=9001), "Row 1.*add up"),
            (rows(2, due_date="2026-03-17"), "Row 2.*due date"),
            (rows(2, interest=-1), "Row 2.*negative"),
            (rows(2, interest=1.005), "Row 2.*interest.*decimals"),
            (rows(2, balance=5), "Row 2.*balance"),
            (rows(2, number=4), "1, 2, 3"),
            (rows(2, colour=1), "Row 2.*colour"),
            (rows(2, due_date=None), "Row 2.*due_date.*missing"),
            (["x"], "Row 1"),
        ]
        for n, (given, words) in enumerate(cases):
            with self.subTest(words=words):
                answer = self.contracts.sync([self._given(f"X{n}", schedule=given)])
                self.assertEqual(self._faults(answer)[0][1], "schedule")
                self.assertRegex(self._faults(answer)[0][2], words)

    def test_new_rows_of_a_running_loan_make_a_new_version(self):
        self.contracts.sync([self._given()])
        self.repayments.sync([self._paid(contract="X1", amount=3030.01)])
        longer = [
            ROWS[0],
            {"due_date": "2026-04-17", "principal": 3014.99, "interest": 30.08},
            {"due_date": "2026-06-17", "principal": 3000, "interest": 31},
        ]
        longer = [{**row, "number": n} for n, row in enumerate(longer, 1)]
        answer = self.contracts.sync([self._given(schedule=longer)])
        self.assertEqual(self._counts(answer), (0, 1, 0, 0), answer)
        loan = self._loan("X1")
        self.assertEqual(loan.version_ids.mapped("number"), [2, 1])
        self.assertEqual(loan.installment_ids.mapped("state"), ["paid", "open", "open"])
        self.assertEqual(loan.last_due_date, date(2026, 6, 17))
        self.assertEqual(self._written(lambda: self.contracts.sync([self._given(schedule=longer)])), [])

    def test_our_own_running_schedule_is_not_replaced_from_outside(self):
        self.contracts.sync([self._line()])
        answer = self.contracts.sync([self._line(principal=9000, term=3, schedule=ROWS)])
        self.assertIn("schedule", [field for _line, field, _reason in self._faults(answer)])

    def test_a_draft_takes_rows_from_outside_instead_of_ours(self):
        self.contracts.sync([self._line("X1", principal=9000, term=3, state="draft")])
        self.contracts.sync([self._given(state="draft")])
        self.assertEqual(self._loan("X1").installment_ids.mapped("interest"), [45.0, 30.09, 15.08])

    def test_rows_that_have_not_come_yet_do_not_run(self):
        vals = {
            "customer_id": self.customer.id,
            "product_id": self.product.id,
            "principal": 900,
            "start_date": START,
        }
        loan = (
            self.contracts.sudo().create({**vals, "schedule_source": "external"}).with_env(self.contracts.env)
        )
        with self.assertRefused("has not come yet"):
            loan.action_activate()

    def test_whose_schedule_it_is_nobody_enters(self):
        """A loan said to be kept elsewhere would never be repriced, moved or changed here."""
        vals = {
            "customer_id": self.customer.id,
            "product_id": self.product.id,
            "principal": 900,
            "start_date": START,
        }
        with self.assertRefused("cannot be entered"):
            self.contracts.create({**vals, "schedule_source": "external"})
        loan = self.contracts.with_context(default_schedule_source="external").create(vals)
        self.assertEqual(loan.schedule_source, "own")
        with self.assertRefused("cannot be entered"):
            loan.schedule_source = "external"
        with self.assertRefused("cannot be entered"):
            loan.with_context(loan_rows=True).schedule_source = "external"
        self.contracts.sync([self._given("X9", state="draft")])
        with self.assertRefused("cannot be entered"):
            self._loan("X9").with_user(self.contracts.env.user).schedule_source = "own"

    # ------------------------------------------------------------ repayments

    def test_a_repayment_counts_as_if_entered_by_hand(self):
        self.contracts.sync([self._line()])
        answer = self.repayments.sync([self._paid(reference="March", method="card")])
        self.assertEqual(self._counts(answer), (1, 0, 0, 0), answer)
        repayment = self._loan().repayment_ids
        self.assertEqual(
            (repayment.state, repayment.reference, repayment.method), ("posted", "March", "card")
        )
        self.assertEqual(self._loan().installment_ids[0].state, "paid")

    def test_the_same_repayments_again_touch_no_row(self):
        self.contracts.sync([self._line()])
        lines = [self._paid(), self._paid("P2", amount=5), self._paid("P3", state="reversed")]
        self.repayments.sync(lines)
        self.assertEqual(self._written(lambda: self.repayments.sync(lines)), [])
        self.assertEqual(self._counts(self.repayments.sync(lines)), (0, 0, 3, 0))
        self.assertEqual(len(self._loan().repayment_ids), 2)

    def test_a_repayment_that_changed_is_reversed_and_posted_anew(self):
        self.contracts.sync([self._line()])
        self.repayments.sync([self._paid(reference="March")])
        answer = self.repayments.sync([self._paid(amount=500)])
        self.assertEqual(self._counts(answer), (0, 1, 0, 0))
        states = {repayment.amount: repayment.state for repayment in self._loan().repayment_ids}
        self.assertEqual(states, {1032.80: "reversed", 500: "posted"})
        self.assertEqual(self._loan().repayment_ids.mapped("reference"), ["March", "March"])
        self.assertEqual(sum(self._loan().repayment_ids.allocation_ids.mapped("principal")), 440)

    def test_what_does_not_move_money_is_written_over(self):
        self.contracts.sync([self._line()])
        self.repayments.sync([self._paid()])
        self.assertEqual(self._counts(self.repayments.sync([self._paid(reference="x")])), (0, 1, 0, 0))
        self.assertEqual((len(self._loan().repayment_ids), self._loan().repayment_ids.reference), (1, "x"))

    def test_a_repayment_is_taken_back_and_may_come_again(self):
        self.contracts.sync([self._line()])
        whole = self._loan().amount_open
        for state in ("posted", "reversed", "reversed", "posted"):
            self.repayments.sync([self._paid(state=state)])
            paid = 1032.80 if state == "posted" else 0
            self.assertAlmostEqual(self._loan().amount_open, whole - paid)
        self.assertEqual(sorted(self._loan().repayment_ids.mapped("state")), ["posted", "reversed"])

    def test_a_prepayment_does_not_turn_into_an_ordinary_repayment(self):
        self.contracts.sync([self._line()])
        loan = self._loan()
        form = self.env["loan.repayment.prepay"].with_user(self.manager)
        form.create({"contract_id": loan.id, "amount": 3000}).action_prepay()
        repayment = loan.repayment_ids
        repayment.external_ref = "P1"
        version = loan.version_number
        answer = self.repayments.sync([self._paid(amount=repayment.amount + 1, date=str(TODAY))])
        self.assertEqual(self._counts(answer)[-1], 1)
        self.assertIn("belongs to a prepayment", answer["lines"][0]["errors"][0]["reason"])
        self.assertEqual(
            (repayment.state, loan.event_ids.state, loan.version_number), ("posted", "posted", version)
        )
        same = self._paid(amount=repayment.amount, date=str(repayment.date), reference="Note")
        self.assertFalse(self._faults(self.repayments.sync([same])))
        self.assertEqual(repayment.reference, "Note", "what moves no money is written over")
        self.repayments.sync([{**same, "state": "reversed"}])
        self.assertEqual((repayment.state, loan.event_ids.state), ("reversed", "reversed"))
        self.assertTrue(self._faults(self.repayments.sync([same])), "it does not come again as another kind")

    def test_bad_repayments_say_field_and_reason(self):
        self.contracts.sync([self._line(), self._line("D1", state="draft")])
        cases = [
            ({"amount": "much"}, "amount", "not a number"),
            ({"amount": 1.001}, "amount", "decimals"),
            ({"amount": -1}, None, "more than zero"),
            ({"contract": "nope"}, "contract", "not yours to see"),
            ({"contract": "D1"}, "contract", "has not been paid out"),
            ({"date": "2026-03-11"}, None, "a fact"),
            ({"date": "2026-01-01"}, None, "cannot be earlier"),
            ({"date": None}, "date", "missing"),
            ({"method": "shells"}, "method", "none of"),
            ({"state": "draft"}, "state", "none of"),
        ]
        lines = [{**self._paid(f"P{n}"), **case} for n, (case, *_) in enumerate(cases)]
        answer = self.repayments.sync([*lines, self._paid("good")], "skip")
        self.assertEqual(self._counts(answer), (1, 0, 0, len(cases)))
        for (case, field, words), line in zip(cases, answer["lines"], strict=False):
            with self.subTest(case=case):
                self.assertEqual(line["errors"][0]["field"], field, line)
                self.assertIn(words, line["errors"][0]["reason"])
        self.assertFalse(self.repayments.sync([*lines, self._paid("other")])["applied"])
        self.assertFalse(self.repayments.search([("external_ref", "=", "other")]))

    # ------------------------------------------------------------ in any order

    def test_any_order_and_any_repetition_end_in_the_same_book(self):
        def book():
            self.env.invalidate_all()
            loans = self.env["loan.contract"].search([("external_ref", "=like", "R%")], order="external_ref")
            return [
                (
                    loan.external_ref,
                    loan.state,
                    loan.principal,
                    loan.amount_open,
                    loan.next_due_date,
                    [
                        (r.due_date, r.principal, r.interest, r.amount_open, r.state)
                        for r in loan.installment_ids
                    ],
                    sorted(
                        loan.repayment_ids.mapped(lambda p: (p.external_ref, p.amount, p.amount_principal))
                    ),
                )
                for loan in loans
            ]

        dice = random.Random(7)
        loans = [
            self._given(f"R{n}") if n % 3 == 0 else self._line(f"R{n}", principal=1000 * n, term=n)
            for n in range(1, 7)
        ]
        paid = [
            self._paid(f"RP{n}", f"R{1 + n % 6}", amount=97 * (n + 1), date=f"2026-03-0{1 + n % 9}")
            for n in range(18)
        ]
        wanted = None
        for _round in range(4):
            with self.env.cr.savepoint() as savepoint:
                for lines, model in ((loans, self.contracts), (paid, self.repayments)):
                    mixed = lines + dice.choices(lines, k=len(lines))
                    dice.shuffle(mixed)
                    cut = dice.randrange(len(mixed))
                    for part in (mixed[:cut], mixed[cut:]):
                        self.assertTrue(model.sync(part)["applied"])
                result = book()
                savepoint.rollback()
            wanted = wanted or result
            self.assertEqual(result, wanted)
        self.assertEqual(len(wanted), 6)

    def test_a_feed_that_contradicts_itself_is_refused_in_any_order(self):
        lines = [self._line(), self._line(principal=13000), self._line("A2")]
        for mixed in (lines, lines[::-1]):
            answer = self.contracts.sync(mixed, on_error="skip")
            self.assertEqual(answer["failed"], 2)
            self.assertFalse(self._loan("A1"))


@tagged("post_install", "-at_install", "loan")
class TestLoanSyncHttp(HttpCase, SyncCommon):
    """The same door from outside: JSON-2 with an API key."""

    freeze_time = None

    def _post(self, model, key, **body):
        return self.url_open(
            f"/json/2/{model}/sync",
            data=json.dumps(body),
            headers={"Authorization": f"bearer {key}", "Content-Type": "application/json"},
        )

    def test_a_core_system_sends_loans_and_repayments(self):
        # As superuser, or the key would end before the clock of this test.
        key = self.env["res.users.apikeys"].with_user(self.manager).sudo()._generate("rpc", "core", None)
        lines = [self._line(), self._given()]
        response = self._post("loan.contract", key, lines=lines)
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(self._counts(response.json()), (2, 0, 0, 0), response.text)
        self.assertEqual(self._counts(self._post("loan.contract", key, lines=lines).json()), (0, 0, 2, 0))
        answer = self._post("loan.repayment", key, lines=[self._paid()], on_error="skip").json()
        self.assertEqual(self._counts(answer), (1, 0, 0, 0))
        self.assertEqual(self._loan().repayment_ids.create_uid, self.manager)
        bad = self._post(
            "loan.contract", key, lines=[self._line("A9"), self._line("A8", customer="?")]
        ).json()
        self.assertEqual((bad["applied"], bad["lines"][1]["errors"][0]["field"]), (False, "customer"))
        self.assertFalse(self._loan("A9"))

    def test_nobody_comes_in_without_a_key(self):
        self.assertEqual(self._post("loan.contract", "0" * 40, lines=[]).status_code, 401)
