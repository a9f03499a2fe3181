from datetime import timedelta
from threading import Barrier, Thread

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.exceptions import LockError, UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import Cursor
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger

from ..core import evidence

_PATIENCE = 20  # seconds


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessDealRace(TransactionCase):
    """Two officers work on one deal at once, in real transactions; what they wrote is taken away again."""

    def setUp(self):
        super().setUp()
        self.db = Registry(self.env.cr.dbname)
        self._logged_before = self._sql(SQL("SELECT coalesce(max(id), 0) FROM loan_access_log"))[0][0]
        self.addCleanup(self._forget)
        with self.db.cursor() as cr:
            self.assertIsInstance(cr, Cursor, "not a test's own, or nothing would be at once")
            env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True, "no_reset_password": True})
            self.company_id = env.ref("base.main_company").id
            self.officers = self._users(env, "compliance", 2)
            self.members = self._users(env, "manager", 2)
            self.partners = env["res.partner"].create([{"name": "Left Bank"}, {"name": "Right Bank"}]).ids
            self.customers = (
                env["loan.customer"]
                .create(
                    [
                        {"partner_id": partner, "company_id": self.company_id, "manager_user_id": False}
                        for partner in self.partners
                    ]
                )
                .ids
            )
            deal = env["loan.access.deal"].create(
                {
                    "name": "Project Heron",
                    "purpose": "Refinancing",
                    "company_id": self.company_id,
                    "user_id": self.officers[0],
                }
            )
            self.deal_id = deal.id

    def _users(self, env, role, count):
        return (
            env["res.users"]
            .create(
                [
                    {
                        "name": f"Race {role} {number}",
                        "login": f"race-{role}-{number}",
                        "company_id": self.company_id,
                        "company_ids": [Command.set([self.company_id])],
                        "group_ids": [Command.set([env.ref(f"loan_crm.loan_crm_group_{role}").id])],
                        "notification_type": "inbox",
                    }
                    for number in range(count)
                ]
            )
            .ids
        )

    def _sql(self, query):
        with self.db.cursor() as cr:
            cr.execute(query)
            return cr.fetchall() if cr.description else None

    def _forget(self):
        with self.db.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            for model, table in (
                ("loan.access.grant", SQL("loan_access_grant")),
                ("loan.access.deal", SQL("loan_access_deal")),
            ):
                ids = SQL(
                    "SELECT id FROM %s WHERE %s = %s",
                    table,
                    SQL("deal_id" if model == "loan.access.grant" else "id"),
                    self.deal_id,
                )
                for kept, name, key in (
                    (SQL("mail_message"), SQL("model"), SQL("res_id")),
                    (SQL("mail_activity"), SQL("res_model"), SQL("res_id")),
                    (SQL("mail_followers"), SQL("res_model"), SQL("res_id")),
                ):
                    cr.execute(
                        SQL("DELETE FROM %s WHERE %s = %s AND %s IN (%s)", kept, name, model, key, ids)
                    )
                cr.execute(SQL("DELETE FROM %s WHERE id IN (%s)", table, ids))  # the ORM keeps them for ever
            env["loan.customer"].browse(self.customers).unlink()
            users = env["res.users"].browse(self.officers + self.members)
            partners = users.partner_id | env["res.partner"].browse(self.partners)
            users.unlink()
            partners.unlink()
        with self.db.cursor() as cr:
            cr.execute(SQL("ALTER TABLE loan_access_log DISABLE TRIGGER USER"))
            cr.execute(SQL("ALTER TABLE loan_access_head DISABLE TRIGGER USER"))
            cr.execute(SQL("DELETE FROM loan_access_log WHERE id > %s", self._logged_before))
            cr.execute(
                SQL(
                    """
                    UPDATE loan_access_head head
                       SET seq = coalesce(last.seq, 0), seal = coalesce(last.seal, %s)
                      FROM loan_access_head same
                      LEFT JOIN LATERAL (SELECT seq, seal FROM loan_access_log
                                          WHERE chain = same.chain ORDER BY seq DESC LIMIT 1) last ON TRUE
                     WHERE head.chain = same.chain
                    """,
                    evidence.GENESIS,
                )
            )
            cr.execute(SQL("ALTER TABLE loan_access_head ENABLE TRIGGER USER"))
            cr.execute(SQL("ALTER TABLE loan_access_log ENABLE TRIGGER USER"))

    # ------------------------------------------------------------ at once

    def _at_once(self, *works):
        """Let each officer do a piece of work on the deal, as the server does it: tried again when somebody was faster.

        Each has begun, and read the deal, before the first of them may write.

        :param works: functions of the deal, as the officer has it
        :return: the refusals, one for each piece of work or None, and how often was tried in all
        """
        together, refusals, tries = Barrier(len(works)), [None] * len(works), []

        def one(number):
            with self.db.cursor() as cr:
                env = api.Environment(cr, self.officers[number], {"allowed_company_ids": [self.company_id]})

                def attempt():
                    deal = env["loan.access.deal"].browse(self.deal_id)
                    deal.read(["state", "given_at", "customer_count"])
                    tries.append(number)
                    if tries.count(number) == 1:
                        together.wait(_PATIENCE)
                    works[number](deal)

                try:
                    retrying(attempt, env)
                except (UserError, LockError) as refusal:
                    cr.rollback()
                    refusals[number] = str(refusal)

        people = [Thread(target=one, args=(number,)) for number in range(len(works))]
        with mute_logger("odoo.sql_db", "odoo.service.model", "odoo.http"):
            for person in people:
                person.start()
            for person in people:
                person.join(_PATIENCE * 3)
        self.assertFalse([person for person in people if person.is_alive()], "waits for ever")
        self.assertFalse(together.broken, "they never stood side by side")
        return refusals, len(tries)

    def _joins(self, members, customers):
        """Return the work of adding people to the deal for customers."""

        def work(deal):
            internal = deal.env.ref("loan_crm.loan_confidentiality_level_internal")
            until = fields.Datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
            deal._open(
                deal.env["loan.customer"].browse(customers),
                [
                    {"user_id": member, "level_id": internal.id, "date_to": until + timedelta(days=9)}
                    for member in members
                ],
            )

        return work

    def _given(self):
        """Return what people have of the deal, `[(user, customer, state)]`, sorted."""
        return sorted(
            self._sql(
                SQL(
                    "SELECT user_id, customer_id, state FROM loan_access_grant WHERE deal_id = %s",
                    self.deal_id,
                )
            )
        )

    def _deal(self):
        return self._sql(
            SQL("SELECT state, customer_count FROM loan_access_deal WHERE id = %s", self.deal_id)
        )[0]

    def test_who_is_added_by_two_at_once_has_it_once(self):
        work = self._joins(self.members, self.customers)
        refusals, tries = self._at_once(work, work)
        self.assertEqual(refusals, [None, None])
        self.assertGreater(tries, 2, "nobody had to begin anew: they were not at once")
        self.assertEqual(
            self._given(),
            sorted((user, customer, "granted") for user in self.members for customer in self.customers),
        )
        self.assertEqual(self._deal(), ("open", 2))

    def test_who_joins_by_two_at_once_later_has_it_once(self):
        # Nothing of the deal itself changes then: it is its row that is written all the same which lets one begin anew.
        one, other = self.members
        self._at_once(self._joins([one], self.customers))
        work = self._joins([other], self.customers)
        refusals, tries = self._at_once(work, work)
        self.assertEqual(refusals, [None, None])
        self.assertGreater(tries, 2, "nobody had to begin anew: they were not at once")
        self.assertEqual(
            self._given(),
            sorted((user, customer, "granted") for user in self.members for customer in self.customers),
        )

    def test_what_two_add_for_different_customers_is_counted(self):
        (left, right), (one, other) = self.customers, self.members
        refusals, _tries = self._at_once(self._joins([one], [left]), self._joins([other], [right]))
        self.assertEqual(refusals, [None, None])
        self.assertEqual(self._given(), sorted([(one, left, "granted"), (other, right, "granted")]))
        self.assertEqual(self._deal(), ("open", 2))

    def test_a_deal_that_one_refuses_while_another_sets_it_up_is_the_one_or_the_other(self):
        self._sql(SQL("UPDATE loan_access_deal SET answer = 'No need' WHERE id = %s", self.deal_id))
        refusals, _tries = self._at_once(
            self._joins(self.members, self.customers), lambda deal: deal.action_refuse()
        )
        self.assertEqual(sum(refusal is None for refusal in refusals), 1, refusals)
        given, (state, _count) = self._given(), self._deal()
        self.assertEqual((state, bool(given)), ("open", True) if refusals[1] else ("refused", False))

    def test_nobody_joins_a_deal_that_is_closed_at_that_moment(self):
        self._at_once(self._joins(self.members[:1], self.customers))
        refusals, _tries = self._at_once(
            self._joins(self.members, self.customers), lambda deal: deal._close("It is signed")
        )
        state, states = self._deal()[0], {row[2] for row in self._given()}
        if refusals[1]:  # somebody was just adding people: close it again
            self.assertEqual((state, states), ("open", {"granted"}))
            refusals, _tries = self._at_once(lambda deal: deal._close("It is signed"))
            state, states = self._deal()[0], {row[2] for row in self._given()}
        self.assertEqual((state, states), ("closed", {"ended"}))

    def test_of_two_who_close_it_one_does(self):
        self._at_once(self._joins(self.members, self.customers))
        refusals, _tries = self._at_once(*(lambda deal: deal._close("It is signed") for _officer in range(2)))
        self.assertEqual(sum(refusal is None for refusal in refusals), 1, refusals)
        self.assertEqual({row[2] for row in self._given()}, {"ended"})
