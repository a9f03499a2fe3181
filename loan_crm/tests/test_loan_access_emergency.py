from contextlib import contextmanager, suppress
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged, test_cursor
from odoo.tests.common import JsonRpcException, get_db_name
from odoo.tools import SQL, mute_logger

from .common import NOW, TODAY
from .test_loan_access_log import commit_with_hooks
from .test_loan_confidentiality import ConfidentialCommon

_NOW = fields.Datetime.to_datetime(NOW)
_REASON = "The court wants an answer within the hour"
_NOTHING = "Nothing was opened"


class EmergencyCommon(ConfidentialCommon):
    """Zhao Yun of the other team may break the glass; Wang Fang is confidential."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = cls.env.ref("loan_crm.loan_crm_group_emergency")
        cls.stranger.group_ids = [Command.link(cls.group.id)]
        cls.customer.with_user(cls.compliance)._classify(cls.confidential, "Chair of a listed company")
        cls.log = cls.env["loan.access.log"]

    def _form(self, user=None, **values):
        return (
            self.env["loan.access.emergency"]
            .with_user(user or self.stranger)
            .create(
                {
                    "number": self.customer.reference,
                    "customer_name": "Wang Fang",
                    "reason": _REASON,
                    "minutes": 30,
                    **values,
                }
            )
        )

    def _open(self, user=None, **values):
        """Open as after the password, and return the emergency's grant."""
        self._form(user, **values)._open()
        self.env.invalidate_all()
        return self._grants(user)[:1]

    def _grants(self, user=None):
        domain = [("user_id", "=", (user or self.stranger).id), ("kind", "=", "emergency")]
        return self.env["loan.access.grant"].search(domain, order="id desc")

    def _told(self, user=None, **values):
        """Try in vain and return what is said; what is on record of it stays, as in its own transaction."""
        try:
            self._form(user, **values)._open()
        except UserError as error:
            return str(error)
        finally:
            self.env.invalidate_all()
        return self.fail("opened")

    def _tried(self, user=None):
        return self.log.search(
            [("event", "=", "emergency"), ("uid", "=", (user or self.stranger).id)], order="id"
        )


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessEmergency(EmergencyCommon):
    """The glass is broken for minutes, on record before it works, and somebody else looks at it afterwards."""

    # ------------------------------------------------------------ opening

    def test_it_opens_one_customer_for_minutes_and_ends_without_a_job(self):
        other = self._customer("Li Hua")
        self.assertFalse(self._sees(self.stranger))
        grant = self._open()
        self.assertEqual((grant.kind, grant.state), ("emergency", "granted"))
        self.assertEqual(grant.date_to, _NOW + timedelta(minutes=30))
        self.assertEqual((grant.level_id, grant.purpose), (self.confidential, _REASON))
        self.assertFalse(grant.approved_user_id)
        self.assertTrue(self._sees(self.stranger))
        self.assertTrue(self._sees(self.stranger, self.contract))
        self.assertTrue(self._sees(self.stranger, self.contract.installment_ids))
        self.assertFalse(self._sees(self.stranger, other))
        self.assertFalse(self._sees(self.colleague))
        with self._days_later(0, "10:29"):
            self.assertTrue(self._sees(self.stranger))
        with self._days_later(0, "10:30"):
            self.assertFalse(self._sees(self.stranger))
            self.assertFalse(grant.in_force)

    def test_the_customer_is_found_by_number_or_by_a_loans_number_and_always_by_the_name_with_it(self):
        self.contract.external_ref = "CORE-77"
        for number in (self.contract.name, "core-77", f" {self.customer.reference.lower()} "):
            with self.env.cr.savepoint() as savepoint:
                self.assertTrue(self._open(number=number, customer_name="wang fang"), number)
                savepoint.rollback()
            self.env.clear()

    def test_a_loan_more_confidential_than_its_customer_is_opened_up_to_its_level(self):
        self.secret.opens_in_emergency = True
        self._classify(self.contract, self.secret)
        self.assertTrue(self._open().level_id == self.confidential)
        self.assertFalse(self._sees(self.stranger, self.contract), "the customer was asked for, not the loan")
        other = self._contract(self._customer("Li Hua", manager=self.stranger))
        self._classify(other, self.secret)
        grant = self._open(number=other.name, customer_name="Li Hua")
        self.assertEqual(grant.level_id, self.secret)
        self.assertTrue(self._sees(self.stranger, other), "whose customer they see, and not this loan")

    def test_somebody_seen_already_is_told_so_and_nothing_is_opened(self):
        mine = self._customer("Li Hua", manager=self.stranger)
        action = self._form(number=mine.reference, customer_name="Li Hua")._open()
        self.assertIn("see them already", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_id"], mine.id)
        self.assertFalse(self._grants())
        self.assertFalse(self._tried())

    # ------------------------------------------------------------ refusals

    def test_what_is_no_matter_of_a_customer_is_refused_in_plain_words(self):
        with self.assertRaises(AccessError):
            self._form(self.colleague)
        form = self._form()
        self.stranger.group_ids = [Command.unlink(self.group.id)]
        with self.assertRefused("not one of your rights"):
            form._open()
        self.stranger.group_ids = [Command.link(self.group.id)]
        for values, words in (
            ({"reason": "Urgent"}, "at least 30 characters"),
            ({"reason": "x" * 60}, "at least 30 characters"),
            ({"reason": False}, "at least 30 characters"),
            ({"minutes": 0}, "Choose 1 to 240"),
            ({"minutes": 241}, "Choose 1 to 240"),
            ({"number": False}, "the number and the full name"),
            ({"number": "/"}, "the number and the full name"),
            ({"customer_name": "  "}, "the number and the full name"),
        ):
            with self.assertRefused(words):
                self._form(**values)._open()
        self._lapse("signed", self.stranger)
        with self.assertRefused("valid confidentiality agreement"):
            self._form()._open()
        self.signed |= self.stranger
        (self.compliance | self.officer).group_ids = [
            Command.unlink(self.env.ref("loan_crm.loan_crm_group_compliance").id)
        ]
        with self.assertRefused("nobody who could review"):
            self._form()._open()
        self.assertFalse(self._grants())
        self.assertFalse(self._tried(), "no customer was looked for")

    def test_the_lender_may_give_none(self):
        self.company.loan_emergency_per_day = 0
        with self.assertRefused("gives no emergency access"):
            self._form()._open()

    def test_no_answer_tells_whether_there_is_such_a_customer(self):
        self.company.loan_emergency_per_day = 20
        foreign = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self.env["loan.customer"].create(
            {"company_id": foreign.id, "partner_id": self._partner("Far Away").id, "manager_user_id": False}
        )
        conflict = self._customer("Uncle Zhao")
        self.env["loan.conflict"].sudo().create(
            {"user_id": self.stranger.id, "partner_id": conflict.partner_id.id, "reason": "Family"}
        )
        secret = self._customer("Somebody Great")
        self._classify(secret, self.secret)
        self.secret.opens_in_emergency = True
        self._lapse("trained", self.stranger)
        top = self._level_closed_to_emergencies()
        highest = self._customer("Somebody Greater")
        self._classify(highest, top)
        told = {
            self._told(number=number, customer_name=name)
            for number, name in (
                ("C99999999", "Wang Fang"),  # nobody
                (self.customer.reference, "Nobody"),  # another's name
                (self.customer.reference, "Wang"),  # a part of it
                ("%%%", "Wang Fang"),
                (self.customer.reference[:-1] + "_", "Wang Fang"),
                (conflict.reference, "Uncle Zhao"),  # kept from them
                (secret.reference, "Somebody Great"),  # training is not valid
                (highest.reference, "Somebody Greater"),  # no emergency opens the level
                (elsewhere.reference or "C1234", "Far Away"),  # another lender's
            )
        }
        self.assertEqual(len(told), 1, told)
        self.assertIn(_NOTHING, told.pop())
        self.assertFalse(self._grants())
        self.assertFalse(self.env["loan.access.review"].search([("user_id", "=", self.stranger.id)]))
        tried = self._tried()
        self.assertEqual(len(tried), 9)
        self.assertEqual(set(tried.mapped("outcome")), {"denied"})
        self.assertEqual(tried.mapped("company_id"), self.company)
        verdicts = [entry.facts["verdict"] for entry in tried]
        self.assertEqual(verdicts, ["unknown"] * 5 + ["closed"] * 3 + ["unknown"], "for compliance to read")
        self.assertEqual(tried[5].customer_refs, conflict.ids)

    def _level_closed_to_emergencies(self):
        return self.env["loan.confidentiality.level"].create(
            {"name": "State", "rank": 9, "needs_grant": True, "opens_in_emergency": False}
        )

    # ------------------------------------------------------------ which levels

    def test_what_two_approve_no_emergency_opens_unless_compliance_says_so(self):
        self.assertTrue(self.confidential.opens_in_emergency)
        self.assertFalse(self.secret.opens_in_emergency)
        self._classify(self.customer, self.secret)
        self.assertIn(_NOTHING, self._told())
        self.assertFalse(self._sees(self.stranger))
        self.assertEqual(self._tried()[-1].facts["verdict"], "closed")
        self.secret.with_user(self.compliance).opens_in_emergency = True
        self.env.invalidate_all()
        self.assertEqual(self._open().level_id, self.secret)
        self.assertTrue(self._sees(self.stranger))

    def test_a_level_that_asks_for_two_approvers_from_now_on_is_closed_and_one_that_is_said_to_open_opens(
        self,
    ):
        level = self.confidential.with_user(self.compliance)
        level.needs_second_approver = True
        self.assertFalse(level.opens_in_emergency)
        level.write({"needs_second_approver": True, "opens_in_emergency": True})
        self.assertTrue(level.opens_in_emergency)
        new = self.env["loan.confidentiality.level"].create(
            {"name": "Above", "rank": 8, "needs_second_approver": True}
        )
        self.assertFalse(new.opens_in_emergency)

    def test_what_is_above_a_closed_level_is_not_opened_either(self):
        self.secret.opens_in_emergency = True
        self.confidential.opens_in_emergency = False
        self._classify(self.customer, self.secret)
        self.assertIn(_NOTHING, self._told(), "the grant would open what is confidential, too")

    def test_a_level_that_is_closed_to_emergencies_ends_those_under_way(self):
        grant = self._open()
        self.secret.with_user(self.compliance).opens_in_emergency = True
        self.secret.with_user(self.compliance).opens_in_emergency = False
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger), "opened below that level")
        self.confidential.with_user(self.compliance).opens_in_emergency = False
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger))
        self.assertEqual((grant.state, grant.ended_user_id), ("ended", self.compliance))
        self.assertIn("do not open this level", grant.answer)
        self.assertIn(_NOTHING, self._told(), "and tells them no more than a number nobody has")

    def test_an_ordinary_grant_outlasts_a_level_closed_to_emergencies(self):
        self._grant(self.stranger)
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger))
        self.confidential.with_user(self.compliance).opens_in_emergency = False
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger))

    # ------------------------------------------------------------ walls, conflicts, agreements

    def test_a_wall_holds_in_an_emergency_too(self):
        self.env["loan.wall"].with_user(self.compliance).create(
            {"team_id": self.team.id, "other_team_id": self.other_team.id, "reason": "Buyer and target"}
        )
        self.env.invalidate_all()
        self.assertIn(_NOTHING, self._told())
        self.assertFalse(self._sees(self.stranger))

    def test_a_wall_put_up_afterwards_closes_it_at_once(self):
        self._open()
        self.env["loan.wall"].with_user(self.compliance).create(
            {"team_id": self.team.id, "other_team_id": self.other_team.id, "reason": "Buyer and target"}
        )
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger))

    def test_an_agreement_that_lapses_meanwhile_closes_it_at_once(self):
        self._open()
        self._lapse("signed", self.stranger)
        self.assertFalse(self._sees(self.stranger))

    # ------------------------------------------------------------ how often

    def test_every_attempt_of_a_day_counts_and_the_next_day_is_new(self):
        for number in ("C99999997", "C99999998", "C99999999"):
            self.assertIn(_NOTHING, self._told(number=number))
        self.assertIn("as often today as you may", self._told())
        self.assertIn("as often today as you may", self._told(number="C99999996"), "the same for nobody")
        self.assertFalse(self._grants())
        self.assertEqual(self._tried()[-1].facts["verdict"], "limit")
        with self._days_later(40000):  # the log's own clock stands at the real day
            self.assertTrue(self._open())

    def test_who_tries_in_vain_stands_out(self):
        self.company.write({"loan_emergency_per_day": 20, "loan_log_refusals": 2})
        for number in ("C99999997", "C99999998", "C99999999"):
            self._told(number=number)
        unusual = self.env["loan.access.unusual"]
        unusual._look()
        found = unusual.search([("user_id", "=", self.stranger.id), ("kind", "=", "refused")])
        self.assertEqual(found.count, 3)
        shown = found.with_user(self.compliance).action_open_log()
        self.assertEqual(self.log.with_user(self.compliance).search(shown["domain"]), self._tried())

    def test_a_second_time_within_a_day_is_for_compliance_to_say(self):
        grant = self._open()
        grant.with_user(self.stranger).action_end_emergency()
        self.env.invalidate_all()
        action = self._form()._open()
        self.assertIn("compliance decides", action["params"]["message"])
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger))
        self.assertEqual(self._grants(), grant)
        asked = self.env["loan.access.grant"].search(
            [("user_id", "=", self.stranger.id), ("state", "=", "requested")]
        )
        self.assertEqual((asked.kind, asked.customer_id), ("need", self.customer))
        self.assertIn(asked.activity_ids.user_id, self.compliance | self.officer)
        asked.with_user(self.compliance).action_approve()
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger))

    def test_two_clicks_open_once(self):
        form = self._form()
        form._open()
        with self.assertRefused("has been used"):
            form._open()
        self.assertEqual(len(self._grants()), 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["loan.access.grant"].sudo()._open_emergency(
                self.stranger, self.customer, self.confidential, _REASON, 30, form.id
            )

    def test_what_failed_after_the_entry_is_tried_again_with_the_same_form(self):
        form = self._form()
        grants = type(self.env["loan.access.grant"])
        with (
            patch.object(grants, "_open_emergency", side_effect=ZeroDivisionError),
            suppress(ZeroDivisionError),
        ):
            form._open()
        self.assertEqual(len(self._tried()), 1)
        form._open()
        self.assertEqual(len(self._tried()), 1, "one attempt")
        self.assertEqual(len(self._grants()), 1)

    def test_a_form_filled_in_anew_is_another_attempt(self):
        form = self._form(number="C99999999")
        with suppress(UserError):
            form._open()
        form.number = self.customer.reference
        form._open()
        self.assertEqual([entry.facts["verdict"] for entry in self._tried()], ["unknown", "opened"])

    # ------------------------------------------------------------ on record first

    def test_it_is_on_record_before_it_works(self):
        seen = []
        grants = type(self.env["loan.access.grant"])
        original = grants._open_emergency

        def opened(grants, *args):
            seen.extend(self._tried().mapped("outcome"))
            return original(grants, *args)

        with patch.object(grants, "_open_emergency", opened):
            grant = self._open()
        self.assertEqual(seen, ["allowed"])
        (entry,) = self._tried()
        self.assertEqual((entry.customer_refs, entry.reason), (self.customer.ids, _REASON))
        self.assertEqual(entry.facts["minutes"], 30)
        given = self.log.search([("event", "=", "grant"), ("grant_ref", "=", grant.id)])
        self.assertEqual(given.uid, self.stranger.id)

    def test_where_the_log_cannot_be_written_nothing_is_opened(self):
        def full(log, rows, apart=True):
            raise OSError("disk full")

        form = self._form()
        with patch.object(type(self.log), "_append", full), self.assertRaises(OSError):
            form._open()
        self.env.invalidate_all()
        self.assertFalse(self._grants())
        self.assertFalse(self._sees(self.stranger))

    def test_while_it_lasts_each_look_is_on_record_whatever_the_level(self):
        plain = self._customer("Li Hua")
        contract = self._contract(plain)
        self._open(number=plain.reference, customer_name="Li Hua")
        before = self.log.search([], order="id desc", limit=1).id
        plain.with_user(self.stranger).read(["kind"])
        contract.with_user(self.stranger).read(["term"])
        plain.with_user(self.manager).read(["kind"])
        found = self.log.search([("id", ">", before), ("event", "=", "view")])
        self.assertEqual(set(found.mapped("uid")), set(self.stranger.ids))
        self.assertEqual(set(found.mapped("res_model")), {"loan.customer", "loan.contract"})
        with self._days_later(0, "10:31"):
            self._grant(self.stranger, self.internal, plain)
            before = self.log.search([], order="id desc", limit=1).id
            plain.with_user(self.stranger).read(["kind"])
            self.assertFalse(self.log.search([("id", ">", before), ("event", "=", "view")]))

    # ------------------------------------------------------------ told

    def test_compliance_and_the_manager_are_told_at_once_and_no_name_is_written(self):
        self._grant(self.manager)
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        self._open()
        review = self.env["loan.access.review"].search([("user_id", "=", self.stranger.id)])
        self.assertEqual(review.state, "waiting")
        self.assertEqual(review.with_user(self.compliance).customer_name, self.customer.display_name)
        self.assertNotIn(self.stranger.partner_id, review.message_partner_ids)
        self.assertIn(review.activity_ids.user_id, self.compliance | self.officer)
        told = self.env["mail.message"].search(
            [("id", ">", before), ("message_type", "=", "user_notification")]
        )
        people = told.partner_ids
        for user in (self.compliance, self.officer, self.manager):
            self.assertIn(user.partner_id, people)
        self.assertNotIn(self.stranger.partner_id, people)
        for message in told:
            text = f"{message.subject} {message.body} {message.record_name}"
            self.assertNotIn("Wang", text)
            self.assertNotIn(self.customer.reference, text)
        self.assertIn(f"/loan-emergencies/{review.id}", " ".join(told.mapped("body")))

    def test_a_manager_who_may_not_see_the_customer_is_told_nothing(self):
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        self._open()
        told = self.env["mail.message"].search(
            [("id", ">", before), ("message_type", "=", "user_notification")]
        )
        self.assertNotIn(self.manager.partner_id, told.partner_ids)

    # ------------------------------------------------------------ ending

    def test_the_person_ends_it_and_so_does_compliance(self):
        grant = self._open()
        with self.assertRaises(AccessError):
            grant.with_user(self.stranger).action_withdraw()
        with self.assertRefused("your own emergency"):
            grant.with_user(self.compliance).action_end_emergency()
        customer = self.customer.with_user(self.stranger)
        self.assertEqual(customer.emergency_until, grant.date_to)
        self.assertFalse(self.customer.with_user(self.compliance).emergency_until)
        customer.action_end_emergency()
        self.env.invalidate_all()
        self.assertEqual((grant.state, grant.ended_user_id), ("ended", self.stranger))
        self.assertFalse(self._sees(self.stranger))
        other = self._customer("Li Hua")
        self._open(number=other.reference, customer_name="Li Hua")
        self.assertTrue(self._sees(self.stranger, other))
        review = self.env["loan.access.review"].search([("user_id", "=", self.stranger.id)], limit=1)
        review.with_user(self.compliance).action_withdraw()
        self.env.invalidate_all()
        self.assertFalse(self._sees(self.stranger, other))

    def test_nobody_makes_more_of_it_by_giving_the_customer_to_themselves(self):
        self.other_lead.group_ids = [Command.link(self.group.id)]
        self.signed |= self.other_lead
        other = self._customer("Li Hua")
        self._open(self.other_lead, number=other.reference, customer_name="Li Hua")
        seen = other.with_user(self.other_lead)
        seen.note = "<p>Told them to come tomorrow</p>"
        for values in (
            {"manager_user_id": self.other_lead.id},
            {"deputy_user_id": self.other_lead.id},
            {"team_id": self.other_team.id},
        ):
            with self.assertRefused("open in an emergency"):
                seen.write(values)
        form = (
            self.env["loan.handover.start"]
            .with_user(self.other_lead)
            .with_context(default_customer_ids=other.ids)
            .create({"receiver_user_id": self.other_lead.id})
        )
        with self.assertRefused("open in an emergency"):
            form.action_start()
        self.env.invalidate_all()
        self.assertEqual(other.manager_user_id, self.manager)
        self.assertFalse(other.incoming_user_id)

    def test_it_is_neither_prolonged_nor_made_by_hand(self):
        grant = self._open()
        for user in (self.stranger, self.compliance):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                grant.with_user(user).date_to = _NOW + timedelta(hours=2)
        for values in ({"kind": "emergency"}, {}):
            context = {} if values else {"default_kind": "emergency"}
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.env["loan.access.grant"].with_user(self.compliance).with_context(**context).create(
                    {
                        "customer_id": self.customer.id,
                        "company_id": self.company.id,
                        "user_id": self.stranger.id,
                        "purpose": "By hand",
                        **values,
                    }
                )
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            grant.date_to = _NOW + timedelta(hours=5)
            grant.flush_recordset()

    # ------------------------------------------------------------ setting up

    def test_compliance_sets_it_up_and_what_was_before_is_on_record(self):
        setups = self.env["loan.access.emergency.setup"]
        for user in (self.stranger, self.lead, self.administrator):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                setups.with_user(user).create({})
        form = setups.with_user(self.compliance).create({"loan_emergency_per_day": 1})
        form.action_save()
        self.assertEqual(self.company.loan_emergency_per_day, 1)
        entry = self.log.search([("event", "=", "setup")], order="id desc", limit=1)
        self.assertEqual(entry.facts["loan_emergency_per_day_before"], 3)
        for name, value in (
            ("loan_emergency_minutes_max", 241),
            ("loan_emergency_reason", 0),
            ("loan_emergency_minutes", 300),
        ):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                setups.with_user(self.compliance).create({name: value}).action_save()
                self.env.flush_all()

    def test_a_refusal_shows_the_way_to_who_may_go_it(self):
        for user, shown in ((self.stranger, True), (self.colleague, False)):
            with self.assertRaises(AccessError) as caught:
                self.customer.with_user(user).read(["kind"])
            self.assertEqual("Emergency Access" in str(caught.exception), shown, user.name)


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessReview(EmergencyCommon):
    """Somebody of compliance who did not do it says whether there was need of it."""

    def setUp(self):
        super().setUp()
        self.grant = self._open()
        self.review = self.env["loan.access.review"].search([("grant_id", "=", self.grant.id)])

    def _over(self):
        self.grant.with_user(self.stranger).action_end_emergency()
        self.env.invalidate_all()

    def test_it_is_closed_in_words_when_the_access_is_over(self):
        mine = self.review.with_user(self.compliance)
        with self.assertRefused("Write what you found"):
            mine.action_justify()
        mine.note = "Called the court: it is so."
        with self.assertRefused("still open"):
            mine.action_justify()
        self._over()
        mine.action_justify()
        self.assertEqual((self.review.state, self.review.closed_user_id), ("justified", self.compliance))
        self.assertFalse(self.review.activity_ids)
        entry = self.log.search([("event", "=", "review")], order="id desc", limit=1)
        self.assertEqual((entry.grant_ref, entry.facts["verdict"]), (self.grant.id, "justified"))
        with self.assertRefused("reviewed already"):
            mine.note = "Otherwise"
        with self.assertRefused("cannot become"):
            mine.action_not_justify()

    def test_nobody_reviews_their_own_nor_sees_it(self):
        self._over()
        self.stranger.group_ids = [Command.link(self.env.ref("loan_crm.loan_crm_group_compliance").id)]
        self.env.invalidate_all()
        own = self.review.with_user(self.stranger)
        self.assertFalse(self._sees(self.stranger, self.review))
        self.assertTrue(self._sees(self.compliance, self.review))
        for verb in (
            lambda: own.write({"note": "All fine"}),
            own.action_justify,
            own.action_not_justify,
            own.action_withdraw,
            lambda: self.review.sudo().note or self.review._close(self.stranger, "justified"),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                verb()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                SQL("UPDATE loan_access_review SET closed_user_id = user_id WHERE id = %s", self.review.id)
            )

    def test_only_compliance_reads_reviews_and_only_the_note_is_written(self):
        for user in (self.stranger, self.manager, self.lead, self.administrator):
            self.assertFalse(self.review.with_user(user).has_access("read"), user.name)
        mine = self.review.with_user(self.compliance)
        for values in (
            {"user_id": self.manager.id},
            {"due_date": TODAY + timedelta(days=30)},
            {"state": "justified"},
            {"grant_id": self.grant.id},
            {"closed_user_id": self.compliance.id},
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                mine.write(values)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.env["loan.access.review"].with_user(self.compliance).create({"grant_id": self.grant.id})
        for user in (self.compliance, self.env.user):
            with self.assertRefused("stay on record|not allowed to delete"):
                self.review.with_user(user).unlink()

    def test_the_reviewer_is_told_what_to_do_next(self):
        mine = self.review.with_user(self.compliance)
        self.assertIn("withdraw the access", mine.next_step)
        self._over()
        self.assertIn("write below what you found", mine.next_step)
        mine.note = "The court knows nothing of it."
        self.assertIn("whether there was need of it", mine.next_step)
        mine.action_not_justify()
        self.assertIn("Report a breach", mine.next_step)
        mine.action_report_breach()
        self.assertFalse(mine.next_step)

    def test_what_was_not_justified_becomes_a_breach_that_is_filled_in(self):
        self._over()
        mine = self.review.with_user(self.compliance)
        with self.assertRefused("First say"):
            mine.action_report_breach()
        mine.note = "The court knows nothing of it."
        mine.action_not_justify()
        mine.action_report_breach()
        breach = self.review.breach_id
        self.assertEqual((breach.user_id, breach.state, breach.found_how), (self.stranger, "reported", "log"))
        self.assertEqual(breach.sudo().reporter_id, self.compliance)
        self.assertIn("The court knows nothing", breach.facts)
        self.assertNotIn("Wang", breach.facts)
        action = mine.action_report_breach()
        self.assertEqual(action["res_id"], breach.id, "not a second one")

    def test_an_overdue_review_is_shown_and_told_to_all_of_compliance_once(self):
        reviews = self.env["loan.access.review"].with_user(self.compliance)
        self.assertEqual(self.review.due_date, TODAY + timedelta(days=1), "the next working day")
        self.assertFalse(self.review.overdue)
        night = self.env["loan.night"].create({"company_id": self.company.id, "date": TODAY})
        self.assertEqual(self.env["loan.access.review"]._night_emergency(night), 0)
        with self._days_later(2):
            self.assertTrue(self.review.overdue)
            self.assertEqual(reviews.search([("overdue", "=", True)]), self.review)
            night.date = TODAY + timedelta(days=2)
            self.assertEqual(self.env["loan.access.review"]._night_emergency(night), 1)
            self.assertEqual(self.review.activity_ids.user_id, self.compliance | self.officer)
            self.assertEqual(self.env["loan.access.review"]._night_emergency(night), 0, "once")
        self._over()
        self.review.with_user(self.officer).write({"note": "Late, but in order."})
        self.review.with_user(self.officer).action_justify()
        with self._days_later(2):
            self.assertFalse(self.review.overdue)
        self.assertFalse(self.review.activity_ids)

    def test_a_weekend_does_not_count(self):
        with self._days_later(3):  # Friday
            due = self.env["loan.access.review"]._due_day(self.company)
        self.assertEqual(due, TODAY + timedelta(days=6))


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessEmergencyHttp(EmergencyCommon, HttpCase):
    """The password is asked each time, in a browser, and no program opens anything."""

    freeze_time = None

    _PASSWORD = "a-very-long-password"

    def setUp(self):
        super().setUp()
        self.patch(test_cursor.TestCursor, "commit", commit_with_hooks)
        self.stranger.password = self._PASSWORD
        self.form = self._form()
        self.env.flush_all()

    def _call(self, model, method, ids, **kwargs):
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": [ids], "kwargs": kwargs},
        )

    def _begin(self):
        action = self._call("loan.access.emergency", "action_begin", self.form.ids)
        self.assertEqual(action["res_model"], "res.users.identitycheck")
        self.env.invalidate_all()
        return action["res_id"]

    def _enter(self, check, password=_PASSWORD):
        return self._call("res.users.identitycheck", "run_check", [check], context={"password": password})

    @contextmanager
    def _refused(self, words):
        with mute_logger("odoo.http"), self.assertRaisesRegex(JsonRpcException, words):
            yield
        self.env.invalidate_all()
        self.assertFalse(self._grants())
        self.assertFalse(self._sees(self.stranger))

    def test_the_password_is_asked_before_anything_is_opened_and_each_time_anew(self):
        self.authenticate(self.stranger.login, self._PASSWORD)
        check = self._begin()
        self.assertFalse(self._grants())
        with self._refused("UserError"):
            self._enter(check, "wrong")
        self.assertFalse(self._tried())
        action = self._enter(check)
        self.assertEqual((action["res_model"], action["res_id"]), ("loan.customer", self.customer.id))
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger))
        (entry,) = self._tried()
        self.assertEqual((entry.ip, entry.route), ("127.0.0.1", "res.users.identitycheck.run_check"))
        self.form = self._form(number="C99999999")
        self.env.flush_all()
        self._begin()  # though the password was asked a moment ago

    def test_a_program_with_a_key_opens_nothing_nor_with_the_password(self):
        key = self.env["res.users.apikeys"].with_user(self.stranger).sudo()._generate("rpc", "Tool", None)
        self.authenticate(self.stranger.login, self._PASSWORD)
        check = self._begin()
        self.authenticate(None, None)
        for model, ids in (
            ("loan.access.emergency/action_begin", self.form.ids),
            ("res.users.identitycheck/run_check", [check]),
        ):
            with mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2"):
                answer = self.url_open(
                    f"/json/2/{model}",
                    headers={"Authorization": f"bearer {key}"},
                    json={"ids": ids, "context": {"password": self._PASSWORD}},
                )
            self.assertEqual(answer.status_code, 403, answer.text)
            self.assertIn("on the screen", answer.text)
        for secret in (key, self._PASSWORD):
            with self.assertRaisesRegex(Exception, "on the screen"), mute_logger("odoo.http"):
                self.xmlrpc_object.execute_kw(
                    *(get_db_name(), self.stranger.id, secret),
                    *("loan.access.emergency", "action_begin", [self.form.ids]),
                )
        self.env.invalidate_all()
        self.assertFalse(self._grants())
        self.assertFalse(self._tried())

    def test_nobody_enters_their_password_for_a_colleagues_form(self):
        self.authenticate(self.stranger.login, self._PASSWORD)
        check = self._begin()
        self.colleague.write({"password": self._PASSWORD, "group_ids": [Command.link(self.group.id)]})
        self.env.flush_all()
        self.authenticate(self.colleague.login, self._PASSWORD)
        with self._refused("AccessError"):
            self._enter(check)
        with self._refused("AccessError"):
            self._call("loan.access.emergency", "action_begin", self.form.ids)
        with self._refused("AccessError|not allowed|private"):
            self._call("loan.access.emergency", "_open", self.form.ids)
