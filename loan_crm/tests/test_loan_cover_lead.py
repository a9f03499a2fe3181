from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TODAY
from .test_crm_lead import ApplicationCommon


@tagged("post_install", "-at_install", "loan")
class TestLoanCoverLead(ApplicationCommon):
    """Open applications of who is away go to who acts, and come back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What is created bears the moment of the test, which freezing alone does not give it.
        cls.startClassPatcher(patch.object(cls.env.cr, "now", fields.Datetime.now))
        cls.lead_open = cls._application()

    @classmethod
    def _application(cls, *args, **kwargs):
        return super()._application(*args, **kwargs).with_env(cls.env)

    def _plan(self, deputy=None, last=6):
        vals = {
            "manager_user_id": self.manager.id,
            "deputy_user_id": deputy.id if deputy else False,
            "date_from": TODAY,
            "date_to": TODAY + timedelta(last),
        }
        cover = self.env["loan.cover"].with_user(self.lead).create(vals)
        self.env.flush_all()
        self.env.invalidate_all()
        return cover.with_env(self.env)

    def _turn(self):
        with self._without_commit():
            self.env["loan.cover"]._turn(self.company)
        self.env.flush_all()
        self.env.invalidate_all()

    def _mine(self, user):
        return self.env["crm.lead"].with_user(user).search([("user_id", "=", user.id)])

    def test_open_applications_go_over_and_come_back(self):
        lead, won, plain = self.lead_open, self._application("Won"), self._application("Plain")
        won.with_user(self.manager)._make_loan()
        plain.loan_product_id = False
        team, since = lead.team_id, lead.date_open
        todo = lead.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_todo", date_deadline=TODAY, user_id=self.manager.id
        )
        self.assertFalse(lead.with_user(self.stranger).has_access("read"))
        cover = self._plan(self.stranger)  # of another team
        self.assertEqual((lead.user_id, lead.team_id, lead.date_open), (self.stranger, team, since))
        self.assertEqual((won | plain).user_id, self.manager)
        self.assertEqual(self._mine(self.stranger), lead, "it stands in their list")
        self.assertTrue(lead.with_user(self.manager).has_access("read"), "who is away may look")
        self.assertEqual(todo.user_id, self.stranger)
        self.assertIn(self.stranger.partner_id, lead.message_partner_ids, "answers reach them")
        self.assertIn("Lin Mei is away until 03/16/2026", lead.with_user(self.stranger).loan_cover_told)
        self.assertEqual(cover.with_user(self.lead).lead_count, 1)
        for _run in range(2):
            self._turn()
            self.assertEqual(lead.user_id, self.stranger)
        for _run in range(2):
            with self._days_later(7):
                self._turn()
            self.assertEqual((lead.user_id, todo.user_id), (self.manager, self.manager))
            self.assertEqual((lead.team_id, lead.date_open), (team, since))
        self.assertNotIn(self.stranger.partner_id, lead.message_partner_ids)
        self.assertFalse(lead.with_user(self.stranger).has_access("read"))
        self.assertEqual(sum("acts" in (body or "") for body in lead.message_ids.mapped("body")), 1)

    def test_who_followed_before_follows_on(self):
        self.lead_open.message_subscribe(self.colleague.partner_id.ids)
        cover = self._plan(self.colleague)
        cover.with_user(self.manager).action_back()
        self.assertEqual(self.lead_open.user_id, self.manager)
        self.assertIn(self.colleague.partner_id, self.lead_open.message_partner_ids)

    def test_each_application_goes_to_who_acts_for_its_borrower(self):
        customer = self._customer("Zhao Liu", deputy_user_id=self.colleague.id)
        known = self._application("More", partner_id=customer.partner_id.id)
        cover = self._plan()
        self.assertEqual(known.user_id, self.colleague, "the customer's own deputy")
        self.assertEqual(self.lead_open.user_id, self.lead, "no customer yet, so the lead of the team")
        cover.with_user(self.lead).deputy_user_id = self.stranger
        self.assertEqual((known | self.lead_open).user_id, self.stranger)
        self.assertNotIn(self.lead.partner_id, self.lead_open.message_partner_ids)
        cover.with_user(self.lead).unlink()
        self.env.invalidate_all()
        self.assertEqual((known | self.lead_open).user_id, self.manager)

    def test_somebody_in_conflict_with_the_borrower_does_not_act(self):
        self.env["loan.conflict"].with_user(self.stranger).create(
            {"user_id": self.stranger.id, "partner_id": self.lead_open.partner_id.id, "reason": "Brother"}
        )
        self._plan(self.stranger)
        self.assertEqual(self.lead_open.user_id, self.lead)

    def test_a_new_application_follows_at_once_and_what_is_given_back_stays(self):
        self._plan(self.colleague)
        new = self._application("Fresh", user=self.lead, user_id=self.manager.id)
        self.assertEqual(new.user_id, self.colleague)
        with self._days_later(0, "11:00"):
            own = self._application("Own")
            self._turn()
            self.assertEqual(own.user_id, self.manager, "what one enters for oneself is meant for oneself")
        new.with_user(self.lead).user_id = self.manager
        self.lead_open.with_user(self.lead).user_id = self.lead
        self.assertNotIn(self.colleague.partner_id, (new | self.lead_open).message_partner_ids)
        self._turn()
        self.assertEqual((new.user_id, self.lead_open.user_id), (self.manager, self.lead))
        with self._days_later(7):
            self._turn()
        self.assertEqual((new.user_id, self.lead_open.user_id), (self.manager, self.lead))

    def test_who_acts_wins_it_for_who_is_away(self):
        self._plan(self.colleague)
        contract = self.lead_open.with_user(self.colleague)._make_loan()
        self.assertEqual(contract.customer_id.manager_user_id, self.manager)
        with self._days_later(7):
            self._turn()
            self.assertEqual(self.lead_open.user_id, self.manager, "won ones come back, too")
            self.assertFalse(contract.with_user(self.colleague).has_access("read"))

    def test_a_customer_given_away_meanwhile_takes_the_application_along(self):
        customer = self._customer("Zhao Liu")
        known = self._application("More", partner_id=customer.partner_id.id)
        self._plan(self.colleague)
        self.assertEqual(known.user_id, self.colleague)
        customer._assign(self.stranger)
        self.assertEqual(known.user_id, self.stranger)
        self.assertNotIn(self.colleague.partner_id, known.message_partner_ids)
        with self._days_later(7):
            self._turn()
        self.assertEqual(known.user_id, self.stranger)

    def test_nobody_enters_whose_it_is(self):
        for name in ("loan_cover_from_id", "loan_cover_to_id"):
            with self.assertRaises(AccessError):
                self.lead_open.with_user(self.manager).write({name: self.stranger.id})
            with self.assertRaises(AccessError):
                self._application("Sly", **{name: self.stranger.id})

    def test_events_of_two_covers_on_one_day_have_ids_of_their_own(self):
        contract = self._due_in(-3)
        first = self._plan(self.colleague)
        self._pay(contract, 100)
        first.with_user(self.manager).action_back()
        second = self._plan(self.colleague)
        events = self.env["loan.cover.event"].search([("cover_id", "in", (first | second).ids)])
        self.assertEqual(events.cover_id, first | second, "the repayment of the day is told by both")
        ids = [row["id"] for row in events.read(["cover_id"])]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertLess(max(ids), 2**53)
        again = self.env["loan.cover.event"].search([("cover_id", "=", first.id)])
        self.assertLessEqual(set(again.ids), set(ids))
        self.assertEqual(again.cover_id, first)
