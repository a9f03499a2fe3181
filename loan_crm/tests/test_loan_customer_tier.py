from datetime import date, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, LoanCommon


class TierCommon(LoanCommon):
    """A lender with three tiers: Prime for large and punctual borrowers, Plus for returning ones, Friends by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loan.customer.tier"].search([]).active = False
        cls.prime = cls._tier("Prime", 1, {"outstanding": (10000, 6000), "late": (5, 15)}, is_vip=True)
        cls.plus = cls._tier("Plus", 2, {"repaid": (2, 1), "referrals": (2, 1)}, criteria_match="any")
        cls.friends = cls._tier("Friends", 3, {})

    @classmethod
    def _tier(cls, name, sequence, criteria, **values):
        return cls.env["loan.customer.tier"].create(
            {
                "name": name,
                "sequence": sequence,
                "company_id": cls.company.id,
                "stay_months": 6,
                "days_down": 2,
                "criterion_ids": [
                    Command.create({"measure": measure, "figure_enter": enter, "figure_stay": stay})
                    for measure, (enter, stay) in criteria.items()
                ],
                **values,
            }
        )

    @classmethod
    def _stand(cls, customer, tier, source="rule", since=TODAY - timedelta(365), **values):
        """Put a customer where the night would find them; the history begins anew."""
        customer.write({"tier_id": tier.id})
        customer.write({"tier_source": source, "tier_since": since, **values})
        customer.tier_change_ids.unlink()

    def _night(self):
        """Do the night of the lender and return it."""
        self.env.flush_all()
        with self._without_commit(), patch.object(self.env.cr, "rollback", lambda: None):
            self.env["loan.night"]._run(self.company)
        night = self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertFalse(night.trouble)
        return night

    def _tonight(self):
        """Let the night of the same day judge once more."""
        self.env["loan.night"]._begin_again(self.company)
        return self._night()

    def _history(self, customer=None):
        rows = (customer or self.customer).tier_change_ids.sorted("id")
        return [(row.tier_from_id.name, row.tier_to_id.name, row.kind) for row in rows]

    def _to_dos(self, customer=None):
        found = self.env["mail.activity"].search(
            [("res_model", "=", "loan.customer"), ("res_id", "=", (customer or self.customer).id)], order="id"
        )
        return [(activity.user_id, activity.summary) for activity in found]


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanCustomerTier(TierCommon):
    # ------------------------------------------------------------ up

    def test_who_earns_a_tier_moves_up_and_their_manager_hears_of_it(self):
        self._contract()
        other = self._customer("Li Na")
        self._night()
        self.assertEqual((self.customer.tier_id, self.customer.tier_source), (self.prime, "rule"))
        self.assertEqual(self.customer.tier_since, TODAY)
        self.assertFalse(other.tier_id)
        self.assertEqual(self._history(), [(False, "Prime", "up")])
        self.assertEqual(self._to_dos(), [(self.manager, "Moved up to Prime")])
        note = self.customer.with_user(self.manager).tier_note
        self.assertIn("Outstanding principal: 12,000 (at least 10,000)", note)
        self.assertNotIn(self.manager.partner_id, self.customer.message_partner_ids - self.manager.partner_id)

    def test_a_second_night_finds_nothing_left(self):
        self._contract()
        self._stand(self._customer("Li Na"), self.prime, tier_below_since=TODAY - timedelta(9))
        self._night()
        written = self.customer.write_date, self._history(), self._to_dos()
        changes = self.env["loan.customer.tier.change"].search_count([])
        self._tonight()
        self.assertEqual((self.customer.write_date, self._history(), self._to_dos()), written)
        self.assertEqual(self.env["loan.customer.tier.change"].search_count([]), changes)

    def test_reasons_are_told_in_the_language_of_the_reader(self):
        self._contract()
        self._night()
        change = self.customer.tier_change_ids
        self.assertIn("at least", change.reasons)
        self.assertNotIn("at least", change.with_context(lang="zh_CN").reasons)

    def test_a_tier_that_everybody_reaches_tells_nobody(self):
        self.prime.tell_manager = False
        self._contract()
        self._night()
        self.assertEqual(self.customer.tier_id, self.prime)
        self.assertEqual(self._to_dos(), [])

    def test_archived_tiers_and_those_of_others_are_given_to_nobody(self):
        self.prime.active = False
        other = self.env["res.company"].create({"name": "Elsewhere", "loan_tz": "Asia/Shanghai"})
        self._tier("Theirs", 1, {"outstanding": (1, 1)}, company_id=other.id)
        self._contract()
        archived = self._customer("Li Na")
        archived.active = False
        self._tier("All Companies", 9, {"tenure": (0, 0)}, company_id=False)
        self._night()
        self.assertEqual(self.customer.tier_id.name, "All Companies")
        self.assertFalse(archived.tier_id)

    # ------------------------------------------------------------ what is measured

    def _figures(self, *customers):
        measures = set(self.env["loan.customer.tier.criterion"]._measures())
        found = self.env["loan.customer"]._tier_figures(
            self.company, TODAY, measures, [customer.id for customer in customers or (self.customer,)]
        )
        return {
            name: value if name == "segment" else float(value)
            for name, value in found[self.customer.id].items()
            if value is not None
        }

    def test_loans_and_payments_are_measured(self):
        self.env["res.currency.rate"].create(
            {"company_id": self.company.id, "currency_id": self.usd.id, "rate": 0.125, "name": "2026-01-01"}
        )
        dollars = self._product(name="Dollar Loan", currency_id=self.usd.id, yearly_rate=0)
        self._contract(product_id=dollars.id, principal=1000, term=10)
        self._contract(active=False, principal=99999)
        late = self._due_in(-70, yearly_rate=0, start_date=date(2025, 11, 1))
        self._pay(late, 1000, TODAY - timedelta(60))  # due 70 days ago, paid 10 days late
        self._pay(late, 1000)  # due 39 days ago, paid today
        paid = self._contract(principal=100, term=1)
        self._pay(paid, paid.amount_open)
        for name in ("Zhao Er", "Qian San"):
            self._customer(name, referred_by_id=self.customer.id)
        self.assertEqual(
            self._figures(),
            {
                "outstanding": 8000 + 10000,
                "borrowed": 8000 + 12000 + 100,
                "tenure": 4,
                "repaid": 1,
                "referrals": 2,
                "on_time": 0,  # one more fell due ten days ago and is open
                "late": 39,  # of the second one
            },
        )

    def test_days_of_grace_are_in_time(self):
        for grace, share in ((0, 0.0), (10, 100.0)):
            customer = self._customer(f"Grace {grace}")
            loan = self._due_in(-30, customer, yearly_rate=0, grace_days=grace)
            self._pay(loan, 1000, TODAY - timedelta(20))
            found = self.env["loan.customer"]._tier_figures(self.company, TODAY, {"on_time"}, customer.ids)
            # Of a second installment, due a few days ago, it is known only after the days of grace.
            known = float(found[customer.id]["on_time"])
            self.assertEqual(known > 0, share > 0, (grace, known))

    def test_a_reversed_repayment_does_not_count(self):
        loan = self._due_in(-20, yearly_rate=0)
        repayment = self._pay(loan, 1000, TODAY - timedelta(20))
        self.assertEqual(self._figures()["on_time"], 100)
        repayment.with_user(self.manager).action_reverse()
        self.assertEqual((self._figures()["on_time"], self._figures()["late"]), (0, 20))

    def test_who_owes_nothing_yet_has_no_share_on_time(self):
        self._contract()
        self.assertNotIn("on_time", self._figures())

    def test_a_batch_takes_few_statements_whatever_its_size(self):
        customers = [self._customer(f"Borrower {number}") for number in range(12)]
        for customer in customers:
            self._contract(customer, active=False)
        self.env["loan.contract"].search([("customer_id", "in", [c.id for c in customers])]).action_activate()
        night = self.env["loan.night"].create({"company_id": self.company.id, "date": TODAY})
        offered = self.env["loan.customer.tier"]._of_company(self.company)
        judged = [tier._as_tier() for tier in offered]
        measures = set(self.env["loan.customer.tier.criterion"]._measures())
        counts = []
        for part in (customers[:2], customers[2:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["loan.customer"]._judge_tiers(
                night, judged, measures, [customer.id for customer in part]
            )
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual({customer.tier_id for customer in part}, {self.prime})
        self.assertLessEqual(counts[1], counts[0] + 3, "no statement for each customer")

    def test_one_customer_who_cannot_be_judged_keeps_nobody_waiting(self):
        poison = self._customer("Poison")
        self._contract()
        model = type(self.env["loan.customer"])
        real = model._tier_figures

        def figures(records, company, today, measures, ids):
            if poison.id in ids:
                raise ValueError("cannot be measured")
            return real(records, company, today, measures, ids)

        with patch.object(model, "_tier_figures", figures):
            night = self._night()
        self.assertEqual(self.customer.tier_id, self.prime)
        self.assertEqual(night.failure_ids.customer_id, poison)
        self.assertEqual((night.failure_ids.step, night.failure_ids.reason), ("tier", "cannot be measured"))

    # ------------------------------------------------------------ down

    def _propose(self):
        self._stand(self.customer, self.prime, tier_below_since=TODAY - timedelta(2))
        self._night()
        return self.customer.tier_change_ids

    def test_a_downgrade_needs_a_yes(self):
        proposal = self._propose()
        self.assertEqual(self.customer.tier_id, self.prime, "nobody moves down by rule")
        self.assertEqual(self._history(), [("Prime", False, "proposed")])
        self.assertEqual(self._to_dos(), [(self.lead, "Downgrade to no tier?")])
        self.assertIn("Outstanding principal", self.customer.with_user(self.manager).tier_proposal_note)
        for user in (self.manager, self.desk, self.compliance):
            with self.assertRefused("A team lead says"):
                proposal.with_user(user).action_accept()
        with self.assertRaises(AccessError):
            proposal.with_user(self.other_lead).action_accept()
        self.customer.with_user(self.lead).action_accept_downgrade()
        self.assertFalse(self.customer.tier_id)
        self.assertTrue(self.customer.tier_fell)
        self.assertEqual((proposal.kind, proposal.decided_user_id), ("accepted", self.lead))
        self.assertEqual(self._to_dos(), [], "nobody is asked any more")
        with self.assertRefused("answered already"):
            proposal.with_user(self.lead).action_accept()
        self._contract()
        self._tonight()
        self.assertFalse(self.customer.tier_id, "whoever went down waits for the minimum stay")

    def test_it_is_proposed_after_enough_nights_and_once(self):
        self._stand(self.customer, self.prime)
        for days, expected in [(0, []), (1, []), (2, ["proposed"]), (3, ["proposed"])]:
            with self._days_later(days):
                self._night()
                self.assertEqual(self.customer.tier_change_ids.mapped("kind"), expected)

    def test_a_lead_keeps_a_customer_and_says_why(self):
        proposal = self._propose()
        action = proposal.with_user(self.lead).action_keep()
        form = self.env["loan.customer.tier.keep"].with_user(self.lead).with_context(**action["context"])
        with self.assertRefused("Say why"):
            form.create({}).action_keep()
        form.create({"reason": "Two months of illness"}).action_keep()
        self.assertEqual((proposal.kind, proposal.note), ("declined", "Two months of illness"))
        self.assertEqual(self.customer.tier_id, self.prime)
        self.assertEqual(self._to_dos(), [])
        for days, kinds in [(150, ["declined"]), (183, ["declined"]), (184, ["declined", "proposed"])]:
            with self._days_later(days):
                self._night()
                self.assertEqual(self.customer.tier_change_ids.sorted("id").mapped("kind"), kinds, days)

    def test_a_proposal_lapses_when_the_figures_come_back(self):
        proposal = self._propose()
        self._contract()
        self._tonight()
        self.assertEqual((proposal.kind, self._to_dos()), ("lapsed", []))
        self.assertEqual(self.customer.tier_id, self.prime)
        self.assertFalse(self.customer.tier_below_since)

    def test_without_anybody_to_ask_the_night_says_so(self):
        self._stand(self.customer, self.prime, tier_below_since=TODAY - timedelta(2))
        self.customer.write({"manager_user_id": False, "team_id": False})
        self.compliance.active = False
        night = self._night()
        self.assertEqual(night.failure_ids.customer_id, self.customer)
        self.assertIn("Nobody who may open the customer", night.failure_ids.reason)
        self.assertEqual(self._history(), [("Prime", False, "proposed")])

    def test_without_a_lead_somebody_is_told_who_can_name_one(self):
        self.team.user_id = self.colleague  # no lead by their rights, so no buttons
        self._propose()
        self.assertEqual(self._to_dos(), [(self.compliance, "Downgrade to no tier?")])
        self.assertIn("See to it that they come to a team", self.customer.activity_ids.note)
        self.customer.activity_ids.unlink()
        self.customer.tier_change_ids.unlink()
        self.customer.with_user(self.manager).team_id = False
        self.manager.group_ids |= self.env.ref("loan_crm.loan_crm_group_team_lead")
        self._stand(self.customer, self.prime, tier_below_since=TODAY - timedelta(2))
        self._tonight()
        self.assertEqual(self._to_dos(), [(self.manager, "Downgrade to no tier?")], "acts, and is a lead")
        self.assertIn("Accept it, or keep them", self.customer.activity_ids.note)
        self.customer.with_user(self.manager).action_accept_downgrade()

    # ------------------------------------------------------------ by hand

    def _choose(self, user, tier, **values):
        form = (
            self.env["loan.customer.tier.choose"]
            .with_user(user)
            .create(
                {
                    "customer_id": self.customer.id,
                    "tier_id": tier.id,
                    "reason": "A friend of the house",
                    **values,
                }
            )
        )
        form.action_choose()

    def test_a_lead_chooses_a_tier_until_a_day(self):
        proposal = self._propose()
        self._choose(self.lead, self.prime, until=TODAY + timedelta(30))
        self.assertEqual(proposal.kind, "lapsed")
        self.assertEqual(
            (self.customer.tier_source, self.customer.tier_until), ("hand", TODAY + timedelta(30))
        )
        self.assertEqual(
            self.customer.tier_since, TODAY - timedelta(365), "they have been there all the time"
        )
        change = self.customer.tier_change_ids.filtered(lambda change: change.kind == "hand")
        self.assertEqual((change.note, change.decided_user_id), ("A friend of the house", self.lead))
        self.assertIn("A friend of the house", self.customer.with_user(self.manager).tier_note)
        with self._days_later(30):
            self._night()
            self.assertEqual(self.customer.tier_id, self.prime)
        with self._days_later(31):
            self._night()
            self.assertFalse(self.customer.tier_id, "then the rules decide again")
            self.assertEqual(self._history()[-1], ("Prime", False, "expired"))
            self.assertEqual(self._to_dos(), [(self.manager, "No longer Prime by choice: now no tier")])

    def test_what_a_person_chose_the_rules_do_not_touch(self):
        self._contract()
        self._choose(self.manager, self.friends, until=False)
        self._night()
        self.assertEqual(self.customer.tier_id, self.friends)
        self.assertEqual(self._history(), [(False, "Friends", "hand")])

    def test_a_manager_makes_nobody_a_vip_and_unmakes_none(self):
        with self.assertRefused("Only a team lead puts a customer into Prime"):
            self._choose(self.manager, self.prime)
        with self.assertRefused("Only a team lead"):
            self.customer.with_user(self.manager).tier_id = self.prime
        with self.assertRefused("Only a team lead"):
            self._customer("He Ping", tier_id=self.prime.id)
        self._choose(self.lead, self.prime)
        with self.assertRefused("Only a team lead"):
            self._choose(self.manager, self.friends)
        with self.assertRefused("Only a team lead"):
            self.customer.with_user(self.manager).tier_id = False
        self.customer.with_user(self.manager).write({"tier_id": self.prime.id, "note": "No change"})

    def test_a_choice_has_a_reason_and_a_day_to_come(self):
        with self.assertRefused("Say why"):
            self._choose(self.lead, self.plus, reason=" ")
        with self.assertRefused("has passed"):
            self._choose(self.lead, self.plus, until=TODAY - timedelta(1))
        for user in (self.desk, self.compliance, self.administrator, self.employee):
            with self.assertRaises(AccessError):
                self._choose(user, self.plus)
        with self.assertRaises(AccessError):
            self._choose(self.stranger, self.plus)

    def test_a_tier_written_on_any_way_is_in_the_history(self):
        self.customer.with_user(self.lead).write({"tier_id": self.plus.id})
        born = self._customer("He Ping", tier_id=self.friends.id)
        self.assertEqual(self._history(), [(False, "Plus", "hand")])
        self.assertEqual(self._history(born), [(False, "Friends", "hand")])
        self.assertEqual((born.tier_source, born.tier_since), ("hand", TODAY))
        self.assertEqual(self.customer.tier_change_ids.decided_user_id, self.lead)
        self.customer.with_user(self.lead).write({"tier_id": self.plus.id})
        self.customer.with_user(self.lead).write({"note": "x"})
        self.assertEqual(len(self.customer.tier_change_ids), 1, "what did not change is not noted")

    def test_a_tier_from_a_file_ends_after_a_year(self):
        customers = self.env["loan.customer"].with_user(self.lead).with_context(import_file=True)
        result = customers.load([".id", "tier_id/.id"], [[str(self.customer.id), str(self.friends.id)]])
        self.assertEqual((result["ids"], result["messages"]), ([self.customer.id], []))
        born = customers.create(
            {"partner_id": self._partner("He Ping").id, "tier_id": self.plus.id}
        ).with_env(self.env)
        last = TODAY.replace(year=TODAY.year + 1)
        for customer in self.customer | born:
            self.assertEqual((customer.tier_source, customer.tier_until), ("hand", last))
            change = customer.tier_change_ids
            self.assertEqual((change.kind, change.note, change.date_until), ("hand", "From the import", last))
            self.assertIn("From the import", customer.tier_note)
        self._contract()
        self._night()
        self.assertEqual(self.customer.tier_id, self.friends)
        with self._days_later(366):
            self._night()
            self.assertNotEqual((self.customer.tier_id, self.customer.tier_source), (self.friends, "hand"))
            self.assertEqual(self.customer.tier_source, "rule")

    def test_no_client_writes_where_the_night_stands(self):
        customer = self.customer.with_user(self.lead)
        for name, value in [
            ("tier_source", "rule"),
            ("tier_since", "2020-01-01"),
            ("tier_until", "2030-01-01"),
            ("tier_below_since", "2020-01-01"),
            ("tier_kept_on", "2030-01-01"),
            ("tier_earned", {}),
            ("tier_fell", True),
        ]:
            with self.subTest(name=name), self.assertRaises(AccessError):
                customer.write({name: value})
        customer.with_context(loan_tier_moving=1).write({"tier_id": self.plus.id})
        self.assertEqual(self._history(), [(False, "Plus", "hand")])

    # ------------------------------------------------------------ setting up

    def test_criteria_that_would_make_customers_move_to_and_fro_are_refused(self):
        with self.assertRefused("to and fro"):
            self._tier("Bad", 9, {"outstanding": (100, 200)})
        with self.assertRefused("to and fro"):
            self._tier("Bad", 9, {"late": (10, 5)})
        with self.assertRefused("each measure once"):
            self._tier("Bad", 9, {}, criterion_ids=[Command.create({"measure": "repaid"})] * 2)
        with self.assertRefused("cannot be negative"):
            self._tier("Bad", 9, {"repaid": (-1, -1)})
        with self.assertRefused("Name the segments"):
            self._tier("Bad", 9, {"segment": (0, 0)})
        with self.assertRefused("100 %"):
            self._tier("Bad", 9, {"on_time": (101, 90)})
        one = self._tier(
            "Good", 9, {}, criterion_ids=[Command.create({"measure": "repaid", "figure_enter": 3})]
        )
        self.assertEqual(one.criterion_ids.figure_stay, 3, "to stay takes no more than to come in")
        self.assertIn("Loans repaid: at least 3", one.criteria_told)
        self.assertIn("by hand", self.friends.criteria_told)

    # ------------------------------------------------------------ who may

    def test_the_history_is_read_by_whoever_sees_the_customer_and_written_by_nobody(self):
        proposal = self._propose()
        for user in (self.manager, self.lead, self.compliance, self.desk, self.administrator):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(proposal.with_user(user).has_access(operation))
        for user in (self.manager, self.lead, self.compliance, self.desk):
            self.assertTrue(proposal.with_user(user).has_access("read"))
        for user in (self.stranger, self.other_lead, self.employee, self.administrator):
            self.assertFalse(proposal.with_user(user).has_access("read"))
        for model in (self.prime, self.prime.criterion_ids):
            self.assertTrue(model.with_user(self.administrator).has_access("write"))
            for user in (self.manager, self.lead, self.desk, self.compliance):
                self.assertTrue(model.with_user(user).has_access("read"))
                self.assertFalse(model.with_user(user).has_access("write"))
            self.assertFalse(model.with_user(self.employee).has_access("read"))

    def test_a_referrer_one_may_not_see_is_not_named(self):
        hidden = self._customer("Hidden Person", manager=self.stranger)
        self.customer.referred_by_id = hidden
        customer = self.customer.with_user(self.manager)
        self.assertFalse(customer.read(["referred_by_id"])[0]["referred_by_id"])
        spec = {"referred_by_id": {"fields": {"display_name": {}}}}
        self.assertFalse(customer.web_read(spec)[0]["referred_by_id"])
        groups = customer.formatted_read_group([("id", "=", customer.id)], ["referred_by_id"], ["__count"])
        self.assertFalse(groups[0]["referred_by_id"])
        self.assertEqual(
            self.customer.with_user(self.compliance).web_read(spec)[0]["referred_by_id"]["display_name"],
            "Hidden Person",
        )
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            customer.referred_by_id = self._customer("Another", manager=self.stranger)
