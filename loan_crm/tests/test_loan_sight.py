from datetime import timedelta
from itertools import product
from random import Random

from odoo import Command, fields
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL

from .common import TODAY, LoanCommon

_SIGNED = fields.Datetime.to_datetime("2026-01-05 02:00:00")


class SightCommon(LoanCommon):
    """Two lenders, Pudong Finance and Minhang Credit, and people who work for one of them or for both."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create(
            {"name": "Minhang Credit", "currency_id": cls.cny.id, "loan_tz": "Asia/Shanghai"}
        )
        both = cls.company | cls.other_company
        cls.env.user.company_ids |= cls.other_company
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=both.ids))
        cls.both = cls._user("manager", "Bai He", company_ids=[Command.set(both.ids)])
        cls.third = cls._user("manager", "Ding Yi", company_ids=[Command.set(both.ids)])
        cls.officer = cls._user("compliance", "He Lan", company_ids=[Command.set(both.ids)])
        cls.public, cls.internal, cls.confidential, cls.secret = (
            cls.env.ref(f"loan_crm.loan_confidentiality_level_{name}")
            for name in ("public", "internal", "confidential", "secret")
        )
        # So that duty, grants, agreements and trainings all matter.
        cls.confidential.write({"needs_grant": False, "needs_agreement": True, "needs_training": True})
        cls.secret.write({"needs_grant": True, "needs_agreement": True, "needs_training": True})
        cls.texts = {
            company: cls.env["loan.nda.text"].create(
                {"name": "Secrecy", "company_id": company.id, "body": "<p>Not a word.</p>", "version": 7}
            )
            for company in both
        }

    @classmethod
    def _of(cls, company, name, manager=None, level=None):
        """Return a customer of a lender."""
        customer = cls.env["loan.customer"].create(
            {
                "partner_id": cls._partner(name).id,
                "company_id": company.id,
                "manager_user_id": (manager or cls.both).id,
            }
        )
        if level:
            customer._classify(level, "Chair of a listed company")
        return customer

    @classmethod
    def _sign(cls, user, company):
        """Let somebody hold an agreement with a lender: how it is signed has tests of its own."""
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                "INSERT INTO loan_nda (user_id, company_id, text_id, state, signed_at)"
                " VALUES (%s, %s, %s, 'signed', %s)",
                *(user.id, company.id, cls.texts[company].id, _SIGNED),
            )
        )
        cls.env.invalidate_all()

    @classmethod
    def _withdraw(cls, user, company):
        cls.env.cr.execute(
            SQL(
                "UPDATE loan_nda SET state = 'withdrawn' WHERE user_id = %s AND company_id = %s",
                user.id,
                company.id,
            )
        )
        cls.env.invalidate_all()

    @classmethod
    def _training(cls, company, levels=None, name="Secrecy"):
        return cls.env["loan.training"].create(
            {
                "name": name,
                "company_id": company.id,
                "mandatory": True,
                "level_ids": [Command.set(levels.ids if levels else [])],
            }
        )

    def _attended(self, training, user):
        record = (
            self.env["loan.training.record"]
            .sudo()
            .create(
                {
                    "training_id": training.id,
                    "user_id": user.id,
                    "company_id": training.company_id.id,
                    "due_date": TODAY,
                    "date_done": TODAY - timedelta(days=1),
                }
            )
        )
        record._move_to("done", "due")
        record._confirm(self.officer)
        self.env.invalidate_all()
        return record

    def _sees(self, user, records):
        """Return what somebody sees of records, and prove that list, record, count and SQL say the same."""
        self.env.invalidate_all()
        mine = records.with_user(user).with_context(
            active_test=False, allowed_company_ids=user.company_ids.ids
        )
        found = mine.search(Domain("id", "in", records.ids))
        self.assertEqual(found, mine._filtered_access("read"), "list and record must agree")
        self.assertEqual(found, mine.search(Domain.TRUE) & records, "few rows and all must be asked the same")
        self.assertEqual(mine.search_count(Domain("id", "in", records.ids)), len(found))
        if records._name == "loan.customer":
            self.assertEqual(self._by_sql(mine), set(found.ids), "and a query of one's own")
        return found.with_env(records.env)

    def _by_sql(self, customers):
        seen = customers._loan_seen_sql(SQL("loan_customer.id"), SQL("NULL::int"))
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM loan_customer WHERE id = ANY(%s) AND company_id = ANY(%s) AND %s",
                *(customers.ids, customers.env.user.company_ids.ids, seen or SQL("TRUE")),
            )
        )
        return {id_ for (id_,) in rows}


@tagged("post_install", "-at_install", "loan")
class TestLoanSight(SightCommon):
    """An agreement with one lender, and a training of one, opens nothing of another."""

    def test_an_agreement_with_one_lender_opens_nothing_of_another(self):
        ours = self._of(self.company, "Ours", level=self.confidential)
        theirs = self._of(self.other_company, "Theirs", level=self.confidential)
        plain = self._of(self.other_company, "Plain")
        everybody = ours | theirs | plain
        self.assertEqual(self._sees(self.both, everybody), plain)
        self._sign(self.both, self.company)
        self.assertEqual(self._sees(self.both, everybody), ours | plain)
        self._sign(self.both, self.other_company)
        self.assertEqual(self._sees(self.both, everybody), everybody)
        self._withdraw(self.both, self.company)
        self.assertEqual(self._sees(self.both, everybody), theirs | plain)

    def test_what_belongs_to_such_a_customer_is_as_closed(self):
        theirs = self._of(self.other_company, "Theirs", level=self.confidential)
        self._sign(self.both, self.company)
        letter = self.env["loan.interaction"].create({"customer_id": theirs.id, "note": "<p>Rang.</p>"})
        self.assertFalse(self._sees(self.both, letter))
        self._sign(self.both, self.other_company)
        self.assertTrue(self._sees(self.both, letter))

    def test_compliance_of_two_lenders_is_bound_by_each(self):
        ours = self._of(self.company, "Ours", level=self.secret)
        theirs = self._of(self.other_company, "Theirs", level=self.secret)
        self._sign(self.officer, self.other_company)
        self.assertEqual(self._sees(self.officer, ours | theirs), theirs)

    def test_a_grant_does_not_stand_for_an_agreement_with_its_lender(self):
        theirs = self._of(self.other_company, "Theirs", manager=self.third, level=self.confidential)
        self._grant(theirs, self.both, self.confidential)
        self._sign(self.both, self.company)
        self.assertFalse(self._sees(self.both, theirs))
        self._sign(self.both, self.other_company)
        self.assertTrue(self._sees(self.both, theirs))

    def _grant(self, customer, user, level):
        grant = self.env["loan.access.grant"].create(
            {
                "customer_id": customer.id,
                "company_id": customer.company_id.id,
                "user_id": user.id,
                "level_id": level.id,
                "purpose": "Second opinion",
                "date_from": _SIGNED,
            }
        )
        grant._move_to("granted")
        self.env.invalidate_all()
        return grant

    # ------------------------------------------------------------ trainings

    def test_a_training_of_one_lender_closes_nothing_of_another(self):
        ours = self._of(self.company, "Ours", level=self.confidential)
        theirs = self._of(self.other_company, "Theirs", level=self.confidential)
        for company in (self.company, self.other_company):
            self._sign(self.both, company)
        training = self._training(self.company)
        self.assertEqual(self._sees(self.both, ours | theirs), theirs)
        record = self._attended(training, self.both)
        self.assertEqual(self._sees(self.both, ours | theirs), ours | theirs)
        record.with_user(self.officer).action_revoke()
        self.assertEqual(self._sees(self.both, ours | theirs), theirs)

    def test_what_is_secret_asks_another_training_than_what_is_confidential(self):
        self.secret.needs_grant = False
        confidential = self._of(self.company, "Confidential", level=self.confidential)
        secret = self._of(self.company, "Secret", level=self.secret)
        self._sign(self.both, self.company)
        first = self._training(self.company, self.confidential)
        second = self._training(self.company, self.secret, "State secrets")
        self.assertIn(second, self.secret.training_ids)
        self.assertFalse(self._sees(self.both, confidential | secret))
        self._attended(second, self.both)
        self.assertEqual(self._sees(self.both, confidential | secret), secret)
        self._attended(first, self.both)
        self.assertEqual(self._sees(self.both, confidential | secret), confidential | secret)
        self._training(self.company, name="For all")
        self.assertFalse(self._sees(self.both, confidential | secret), "without levels: for all")

    # ------------------------------------------------------------ told and enforced are one

    def test_the_form_names_the_lender_whose_agreement_is_missing(self):
        theirs = self._of(self.other_company, "Theirs", level=self.confidential)
        self._sign(self.both, self.company)
        self._sign(self.officer, self.other_company)
        form = self.env["loan.access.explain"].with_user(self.officer).create({"customer_id": theirs.id})
        (line,) = form.line_ids.filtered(lambda line: line.user_id == self.both)
        self.assertEqual(
            (line.sees, line.against), (False, "a valid confidentiality agreement with Minhang Credit")
        )
        form.write({"customer_id": False, "person_id": self.both.id})
        (line,) = form.line_ids.filtered(lambda line: line.level_id == self.confidential)
        self.assertEqual(line.against, "a valid confidentiality agreement with Minhang Credit")

    def test_search_record_query_and_explanation_agree_whatever_is_signed_and_learned(self):
        dice = Random(20260310)
        companies = (self.company, self.other_company)
        people = (self.both, self.manager, self.officer, self.lead)
        levels = (self.internal, self.confidential, self.secret)
        products = {company: self._product(company_id=company.id) for company in companies}
        customers, loans = self.env["loan.customer"], self.env["loan.contract"]
        for company, level, manager in product(companies, levels, (self.both, self.third)):
            customer = self._of(company, f"{level.name} {manager.name}", manager)
            loan = self._contract(
                customer, active=False, company_id=company.id, product_id=products[company].id
            )
            customer._classify(level, "Chair of a listed company")
            loan._classify(dice.choice(levels), "A loan nobody talks about")
            customers |= customer
            loans |= loan
        trainings = [self._training(company, level) for company, level in product(companies, levels[1:])]
        sight = self.env["loan.sight"]
        told = set()
        self._sign(self.third, self.other_company)
        for _round in range(16):
            user, company = dice.choice(people), dice.choice(companies)
            what = dice.choice(("sign", "sign", "withdraw", "attend", "attend", "grant", "grant", "ask"))
            if what == "sign":
                self._sign(user, company)
            elif what == "withdraw":
                self._withdraw(user, company)
            elif what == "attend":
                training = dice.choice(trainings)
                if user._loan_training_valid(training.company_id) is False:
                    self._attended(training, user)
            elif what == "grant":
                self._grant(dice.choice(customers), user, dice.choice(levels))
            else:
                dice.choice(levels[1:])[
                    dice.choice(("needs_grant", "needs_agreement", "needs_training"))
                ] ^= True
            for person in people:
                theirs = customers.filtered(lambda c, who=person: c.company_id in who.company_ids)
                asked = [(customer, customer, 0) for customer in theirs]
                asked += [(loan, loan.customer_id, loan.loan_level) for loan in loans & theirs.contract_ids]
                seen = {*self._sees(person, theirs), *self._sees(person, loans & theirs.contract_ids)}
                self.env.invalidate_all()
                for record, customer, own in asked:
                    way = sight._verdicts(customer, person, own=own)[person]["way"]
                    self.assertEqual(bool(way), record in seen, f"{what}: {person.name}, {record}")
                    told.add((person, way))
        self.assertEqual({way for _person, way in told}, {"duty", "grant", None})

    def test_with_one_lender_the_rule_asks_of_no_lender(self):
        self._of(self.company, "Ours", level=self.confidential)
        self._sign(self.manager, self.company)
        cleared = self.manager._loan_sight().cleared
        self.assertFalse(cleared.each)
        customers = self.env["loan.customer"].with_user(self.manager)
        self.assertNotIn("company_id", str(customers._loan_ranks_domain(cleared.up_to(3))))
        self._sign(self.both, self.other_company)
        self.assertTrue(self.both._loan_sight().cleared.each)
