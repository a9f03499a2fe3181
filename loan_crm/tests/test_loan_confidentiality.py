from contextlib import suppress
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW, LoanCommon

_NOW = fields.Datetime.to_datetime(NOW)


class ConfidentialCommon(LoanCommon):
    """Lin Mei's customer with a loan; compliance says how confidential they are, and who is named."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._contract()
        cls.public, cls.internal, cls.confidential, cls.secret = (
            cls.env.ref(f"loan_crm.loan_confidentiality_level_{name}")
            for name in ("public", "internal", "confidential", "secret")
        )
        cls.officer = cls._user("compliance", "He Lan")
        cls.signed = (
            cls.manager | cls.colleague | cls.stranger | cls.lead | cls.desk | cls.compliance | cls.officer
        )
        cls.trained = cls.signed

    def setUp(self):
        super().setUp()
        users = type(self.env["res.users"])
        self.patch(
            users, "_loan_agreed_with", lambda user: user.company_ids.ids if user in self.signed else []
        )
        self.patch(
            users,
            "_loan_untrained",
            lambda user: {} if user in self.trained else dict.fromkeys(user.company_ids.ids),
        )

    def _classify(self, records, level, user=None):
        records.with_user(user or self.compliance)._classify(level, "Chair of a listed company")
        self.env.invalidate_all()

    def _grant(self, user=None, level=None, customer=None, approve=True, **values):
        values = values or {"user_id": (user or self.colleague).id}
        grant = (
            self.env["loan.access.grant"]
            .with_user(self.compliance)
            .create(
                {
                    "customer_id": (customer or self.customer).id,
                    "company_id": self.company.id,
                    "level_id": (level or self.confidential).id,
                    "purpose": "Second opinion",
                    "date_from": _NOW - timedelta(hours=1),
                    "date_to": _NOW + timedelta(days=30),
                    **values,
                }
            )
        )
        if approve:
            grant.action_approve()
        self.env.invalidate_all()
        return grant

    def _lapse(self, what, user):
        setattr(self, what, getattr(self, what) - user)
        self.env.invalidate_all()

    def _sees(self, user, record=None):
        """Tell what the list says, and prove that the single record and the count say the same."""
        record = (record or self.customer).with_user(user).with_context(active_test=False)
        found = record.search([("id", "in", record.ids)])
        self.assertEqual(bool(found), record.has_access("read"), "list and record must agree")
        self.assertEqual(record.search_count([("id", "in", record.ids)]), len(found))
        return bool(found)


@tagged("post_install", "-at_install", "loan")
class TestLoanConfidentiality(ConfidentialCommon):
    """What compliance sets is what everybody sees, with the next query."""

    # ------------------------------------------------------------ levels

    def test_a_customer_is_internal_until_compliance_says_otherwise(self):
        self.assertEqual((self.customer.level_id, self.customer.loan_level), (self.internal, 1))
        self.assertEqual(self.contract.effective_level_id, self.internal)
        self.assertTrue(self._sees(self.manager))
        self.assertFalse(self._sees(self.stranger))

    def test_confidential_closes_to_duty_and_opens_by_grant(self):
        self._classify(self.customer, self.confidential)
        for user in (self.manager, self.lead, self.desk, self.stranger):
            self.assertFalse(self._sees(user), user.name)
            self.assertFalse(self._sees(user, self.contract), user.name)
            self.assertFalse(self._sees(user, self.contract.installment_ids), user.name)
        self.assertTrue(self._sees(self.compliance))
        self._grant(self.colleague)
        self._grant(self.manager)
        for user in (self.colleague, self.manager):
            self.assertTrue(self._sees(user), user.name)
            self.assertTrue(self._sees(user, self.contract), user.name)
            self.assertTrue(self._sees(user, self.contract.installment_ids), user.name)

    def test_a_grant_opens_an_internal_customer_of_others(self):
        self.assertFalse(self._sees(self.stranger))
        grant = self._grant(self.stranger, self.internal)
        self.assertTrue(self._sees(self.stranger))
        self.assertTrue(self._sees(self.stranger, self.contract))
        grant.with_user(self.compliance).action_withdraw()
        self.assertFalse(self._sees(self.stranger), "with the next query")

    def test_a_loan_more_confidential_than_its_customer(self):
        other = self._contract()
        self._classify(self.contract, self.secret)
        self.assertEqual(self.contract.effective_level_id, self.secret)
        self.assertTrue(self._sees(self.manager))
        self.assertTrue(self._sees(self.manager, other))
        self.assertFalse(self._sees(self.manager, self.contract))
        self.assertFalse(self._sees(self.manager, self.contract.installment_ids))
        self.assertTrue(self._sees(self.manager, other.installment_ids))
        grant = self._grant(self.manager, self.secret, approve=False)
        grant.action_approve()
        grant.with_user(self.officer).action_approve()
        self.assertTrue(self._sees(self.manager, self.contract))
        self.assertTrue(self._sees(self.manager, self.contract.installment_ids))

    def test_what_belongs_to_a_secret_loan_is_not_told_on_the_customers_page(self):
        self.env["loan.interaction"].with_user(self.manager).create(
            {
                "customer_id": self.customer.id,
                "contract_id": self.contract.id,
                "note": "<p>About the secret one</p>",
            }
        )
        touches = self.env["loan.touch"].with_user(self.manager)
        asked = [("customer_id", "=", self.customer.id), ("contract_id", "=", self.contract.id)]
        self.assertTrue(touches.search(asked, limit=5))
        self._classify(self.contract, self.secret)
        self.assertFalse(touches.search(asked, limit=5))
        self.assertFalse(touches.search_count(asked))
        theirs = touches.search([("customer_id", "=", self.customer.id)], limit=30)
        self.assertNotIn(self.contract, theirs.contract_id)

    def test_a_paper_of_its_own_level(self):
        paper = self.env["loan.customer.document"].create(
            {
                "customer_id": self.customer.id,
                "type_id": self.env["loan.document.type"].search([], limit=1).id,
            }
        )
        self.assertTrue(self._sees(self.manager, paper))
        self._classify(paper, self.confidential)
        self.assertFalse(self._sees(self.manager, paper))
        self.assertTrue(self._sees(self.manager))
        self._classify(paper, self.env["loan.confidentiality.level"])
        self.assertTrue(self._sees(self.manager, paper), "its customer decides again")

    def test_nobody_but_compliance_sets_a_level_and_only_by_the_form(self):
        for user in (self.manager, self.lead, self.administrator):
            with self.assertRaises(AccessError):
                self.customer.with_user(user)._classify(self.public, "Because")
        for values in ({"level_id": self.public.id}, {"loan_level": 0}):
            for user in (self.manager, self.compliance):
                with self.assertRaises(AccessError):
                    self.customer.with_user(user).write(values)
            with self.assertRaises(AccessError):
                self._customer("Second", **values)
        sly = self._customer_with_context(default_level_id=self.public.id, default_loan_level=0)
        self.assertEqual(sly.level_id, self.internal)
        with self.assertRefused("Say why"):
            self.customer.with_user(self.compliance)._classify(self.secret, " ")

    def _customer_with_context(self, **context):
        return (
            self.env["loan.customer"]
            .with_user(self.manager)
            .with_context(**context)
            .create({"company_id": self.company.id, "partner_id": self._partner("Sly").id})
        )

    def test_a_level_that_holds_something_stays_and_so_does_its_rank(self):
        level = (
            self.env["loan.confidentiality.level"]
            .with_user(self.compliance)
            .create({"name": "Top", "rank": 9})
        )
        self._classify(self.customer, level)
        with self.assertRefused("has been given to records"):
            level.unlink()
        with self.assertRefused("The rank of a level stays"):
            level.rank = 1
        with self.assertRaises(ValidationError):
            self.public.with_user(self.compliance).needs_agreement = True
        with self.assertRaises(AccessError):
            level.with_user(self.administrator).needs_grant = True
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["loan.confidentiality.level"].create({"name": "Second", "rank": 9})

    def test_what_a_level_asks_holds_at_once(self):
        self._classify(self.customer, self.confidential)
        self.assertFalse(self._sees(self.manager))
        self.confidential.with_user(self.compliance).needs_grant = False
        self.assertTrue(self._sees(self.manager))
        self._lapse("signed", self.manager)
        self.assertFalse(self._sees(self.manager), "the agreement is asked of the manager, too")

    # ------------------------------------------------------------ conditions

    def test_a_lapsed_agreement_or_training_closes_what_a_grant_has_opened(self):
        self._classify(self.customer, self.confidential)
        self._grant(self.colleague)
        self.assertTrue(self._sees(self.colleague))
        self._lapse("signed", self.colleague)
        self.assertFalse(self._sees(self.colleague))
        self.signed |= self.colleague
        self.env.invalidate_all()
        self._classify(self.customer, self.secret)
        self._grant(self.colleague, self.secret).with_user(self.officer).action_approve()
        self.assertTrue(self._sees(self.colleague))
        self._lapse("trained", self.colleague)
        self.assertFalse(self._sees(self.colleague))
        self._lapse("signed", self.compliance)
        self.assertFalse(self._sees(self.compliance), "who keeps the rules is bound by them")

    def test_where_nothing_confidential_was_ever_kept_nobody_is_asked(self):
        def asked(_user):
            raise AssertionError("an agreement is asked for nothing")

        self.env["loan.confidentiality.level"].search([("rank", ">", 1)]).in_use = False
        self.patch(type(self.env["res.users"]), "_loan_agreed_with", asked)
        self.assertTrue(self._sees(self.manager))

    # ------------------------------------------------------------ grants

    def test_a_grant_holds_from_its_first_moment_to_its_last(self):
        self._classify(self.customer, self.confidential)
        self._grant(
            user_id=self.colleague.id,
            date_from=_NOW + timedelta(days=1),
            date_to=_NOW + timedelta(days=2),
        )
        self.assertFalse(self._sees(self.colleague))
        with self._days_later(1):
            self.assertTrue(self._sees(self.colleague))
        with self._days_later(2):
            self.assertFalse(self._sees(self.colleague), "with no job")

    def test_a_grant_to_a_team_or_a_role_is_for_who_belongs_to_it_then(self):
        self._classify(self.customer, self.confidential)
        self._grant(team_id=self.other_team.id)
        self.assertTrue(self._sees(self.stranger))
        self.assertFalse(self._sees(self.colleague))
        self.other_team.crm_team_member_ids.filtered(lambda member: member.user_id == self.stranger).unlink()
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger))
        self._grant(group_id=self.env.ref("loan_crm.loan_crm_group_service_desk").id)
        self.assertTrue(self._sees(self.desk))
        self.assertFalse(self._sees(self.colleague))

    def test_a_grant_does_not_reach_above_its_cap_nor_to_another_customer(self):
        other = self._customer("Second", manager=self.stranger)
        self._classify(self.customer | other, self.confidential)
        self._grant(self.colleague, self.internal)
        self.assertFalse(self._sees(self.colleague))
        self._grant(self.colleague)
        self.assertTrue(self._sees(self.colleague))
        self.assertFalse(self._sees(self.colleague, other))

    def test_compliance_gives_grants_and_nobody_to_themselves(self):
        for user in (self.manager, self.lead, self.administrator, self.employee):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.env["loan.access.grant"].with_user(user).create(
                    {"customer_id": self.customer.id, "user_id": user.id, "purpose": "Mine"}
                )
        mine = self._grant(self.compliance, approve=False)
        with self.assertRefused("Nobody approves a grant for themselves"):
            mine.action_approve()
        mine.with_user(self.officer).action_approve()
        self.assertEqual(mine.state, "granted")

    def test_two_different_people_approve_what_asks_for_two(self):
        self._classify(self.customer, self.secret)
        grant = self._grant(self.colleague, self.secret)
        self.assertEqual(grant.state, "approved_once")
        self.assertFalse(self._sees(self.colleague))
        with self.assertRefused("Two different people"):
            grant.action_approve()
        grant.with_user(self.officer).action_approve()
        self.assertTrue(self._sees(self.colleague))
        self.assertEqual((grant.approved_user_id, grant.second_user_id), (self.compliance, self.officer))

    def test_what_was_approved_stays_as_it_was(self):
        grant = self._grant(self.colleague)
        for values in (
            {"user_id": self.stranger.id},
            {"date_to": _NOW + timedelta(days=900)},
            {"level_id": self.secret.id},
        ):
            with self.assertRefused("stays as it was approved"):
                grant.write(values)
        with self.assertRaises(AccessError):
            grant.state = "requested"
        for user in (self.compliance, self.env.user):
            with self.assertRefused("Grants stay on record|not allowed to delete"):
                grant.with_user(user).unlink()
        self.assertTrue(grant.exists())
        with self.assertRaises(AccessError):
            grant.with_user(self.colleague).write({"answer": "Mine"})

    def test_who_reads_grants(self):
        grant = self._grant(self.colleague)
        for user, seen in (
            (self.compliance, True),
            (self.colleague, True),
            (self.manager, False),
            (self.lead, False),
        ):
            self.assertEqual(self._sees(user, grant), seen, user.name)
        self.assertFalse(grant.with_user(self.administrator).has_access("read"))

    # ------------------------------------------------------------ asking

    def test_a_request_tells_nothing_and_is_answered_in_one_screen(self):
        form = (
            self.env["loan.access.request"]
            .with_user(self.stranger)
            .create({"wanted": "Wang Fang", "purpose": "Second opinion", "days": 10})
        )
        form.action_ask()
        grant = self.env["loan.access.grant"].search([("wanted", "=", "Wang Fang")])
        self.assertEqual((grant.user_id, grant.state), (self.stranger, "requested"))
        self.assertFalse(grant.customer_id)
        self.assertIn(grant.activity_ids.user_id, self.compliance | self.officer)
        decider = grant.with_user(self.compliance)
        with self.assertRefused("which customer"):
            decider.action_approve()
        decider.customer_id = self.customer
        decider.action_approve()
        self.assertFalse(grant.activity_ids)
        told = self.env["mail.message"].search([("partner_ids", "in", self.stranger.partner_id.ids)], limit=1)
        self.assertIn("granted", told.body)
        self.assertNotIn("Wang Fang", told.body)
        with self.assertRefused("one day at least"):
            form.copy({"days": 0}).action_ask()

    def test_a_refusal_says_why(self):
        self.env["loan.access.request"].with_user(self.stranger).create(
            {"wanted": "Wang Fang", "purpose": "Curious"}
        ).action_ask()
        grant = (
            self.env["loan.access.grant"].search([("wanted", "=", "Wang Fang")]).with_user(self.compliance)
        )
        with self.assertRefused("Say why"):
            grant.action_refuse()
        grant.answer = "No need to know"
        grant.action_refuse()
        told = self.env["mail.message"].search([("partner_ids", "in", self.stranger.partner_id.ids)], limit=1)
        self.assertIn("No need to know", told.body)

    # ------------------------------------------------------------ walls, conflicts

    def test_a_wall_keeps_each_side_from_the_others_customers_whatever_they_were_granted(self):
        self._grant(self.stranger, self.internal)
        self.assertTrue(self._sees(self.stranger))
        walls = self.env["loan.wall"].with_user(self.compliance)
        wall = walls.create(
            {"team_id": self.team.id, "other_team_id": self.other_team.id, "reason": "Buyer and target"}
        )
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger))
        self.assertFalse(self._sees(self.stranger, self.contract))
        self.assertTrue(self._sees(self.manager))
        self.assertTrue(self._sees(self.compliance))
        # Else Odoo lets them leave the one team by joining the other.
        self.env["ir.config_parameter"].set_param("sales_team.membership_multi", "True")
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.other_team.crm_team_member_ids = [Command.create({"user_id": self.manager.id})]
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.other_team.user_id = self.lead
        wall.active = False
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger))
        for user in (self.manager, self.lead, self.administrator):
            with self.assertRaises(AccessError):
                wall.with_user(user).read(["reason"])

    def test_a_declared_conflict_of_interest_closes_the_customer(self):
        self.assertTrue(self._sees(self.desk))
        self.env["loan.conflict"].with_user(self.desk).sudo().create(
            {"user_id": self.desk.id, "partner_id": self.customer.partner_id.id, "reason": "Family"}
        )
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.desk))
        self.assertFalse(self._sees(self.desk, self.contract))
        self.assertTrue(self._sees(self.manager))
        with self._days_later(-1):
            self.assertTrue(self._sees(self.desk), "it begins today")

    # ------------------------------------------------------------ on record

    def test_who_decided_what_and_who_looked_is_on_record(self):
        log = self.env["loan.access.log"]
        last = log.search([], order="id desc", limit=1).id
        self._classify(self.customer, self.confidential)
        grant = self._grant(self.manager)
        self.contract.installment_ids.with_user(self.manager).read(["due_date"])
        self._customer("Plain").with_user(self.manager).read(["kind"])
        self.env.cr.flush()
        found = log.search([("id", ">", last)], order="id")
        told = [(entry.event, entry.res_model, entry.uid) for entry in found]
        self.assertIn(("level", "loan.customer", self.compliance.id), told)
        self.assertIn(("grant", "loan.customer", self.compliance.id), told)
        self.assertIn(("view", "loan.installment", self.manager.id), told, "what belongs to them, too")
        self.assertEqual(found.filtered(lambda entry: entry.event == "grant").grant_ref, grant.id)

    # ------------------------------------------------------------ said before, explained after

    def test_a_change_says_before_who_loses_and_grants_who_looks_after(self):
        self.customer.deputy_user_id = self.colleague
        action = self.customer.with_user(self.compliance).action_classify()
        form = self.env["loan.classify"].with_user(self.compliance).browse(action["res_id"])
        form.level_id = self.confidential
        lost = form.line_ids.filtered(lambda line: not line.gains)
        self.assertEqual(lost.user_id, self.lead | self.desk)
        self.assertIn("a grant up to “Confidential”", lost[0].why)
        gained = form.line_ids.filtered("gains")
        self.assertEqual(gained.user_id, self.colleague, "as deputy with a grant of their own")
        form.grant_those = False
        self.assertEqual(
            form.line_ids.user_id, self.manager | self.lead | self.desk, "without a grant the manager, too"
        )
        form.write({"grant_those": True, "reason": "Deal under negotiation"})
        form.action_classify()
        self.env.invalidate_all()
        self.assertEqual(self.customer.level_id, self.confidential)
        for user, seen in (
            (self.manager, True),
            (self.colleague, True),
            (self.lead, False),
            (self.desk, False),
            (self.compliance, True),
        ):
            self.assertEqual(self._sees(user), seen, user.name)

    def test_who_sees_a_customer_and_why(self):
        self._classify(self.customer, self.confidential)
        self._grant(self.manager)
        form = (
            self.env["loan.access.explain"]
            .with_user(self.compliance)
            .create({"customer_id": self.customer.id})
        )
        told = {line.user_id: line for line in form.line_ids}
        self.assertTrue(told[self.manager].sees)
        self.assertIn("Relationship manager", told[self.manager].because)
        self.assertIn("Second opinion", told[self.manager].because)
        self.assertFalse(told[self.lead].sees)
        self.assertIn("Leads the team Retail", told[self.lead].because)
        self.assertIn("a grant up to “Confidential”", told[self.lead].against)
        self.assertIn("neither duty nor grant", told[self.stranger].against)
        for user in set(told):
            self.assertEqual(told[user].sees, self._sees(user), user.name)
        with self.assertRaises(AccessError):
            self.env["loan.access.explain"].with_user(self.lead).create({"customer_id": self.customer.id})

    def test_what_a_person_sees_and_why(self):
        self._customer("Second")
        self._classify(self.customer, self.confidential)
        form = (
            self.env["loan.access.explain"].with_user(self.compliance).create({"person_id": self.manager.id})
        )
        told = {line.level_id: line for line in form.line_ids}
        self.assertEqual(form.told, "Lin Mei sees 1 customers.")
        self.assertTrue(told[self.internal].sees)
        self.assertIn("1 seen", told[self.internal].because)
        self.assertFalse(told[self.confidential].sees)
        self.assertIn("a grant up to", told[self.confidential].against)

    def test_a_form_about_hidden_records_is_refused(self):
        hidden = self._customer("Hidden", manager=self.stranger)
        for user in (self.manager, self.lead, self.employee):
            with self.assertRaises(AccessError):
                self.env["loan.classify"].with_user(user).create(
                    {"res_model": "loan.customer", "record_ids": hidden.ids}
                )
        self.signed -= self.compliance
        self._classify(hidden, self.secret, self.officer)
        form = self.env["loan.classify"].with_user(self.compliance)
        with suppress(AccessError):
            form = form.create({"res_model": "loan.customer", "record_ids": hidden.ids})
            self.assertFalse(form.about)
