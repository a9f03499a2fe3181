from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TODAY
from .test_loan_confidentiality import _NOW, ConfidentialCommon


class CampaignCommon(ConfidentialCommon):
    """Two customers of Lin Mei, and what colleagues may see of them by grants."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._customer("Second")

    def setUp(self):
        super().setUp()
        now = fields.Datetime.now()  # in a browser's test the real one
        times = {"date_from": now - timedelta(hours=1), "date_to": now + timedelta(days=30)}
        self.theirs = self._grant(user_id=self.colleague.id, **times)
        self.far = self._grant(user_id=self.stranger.id, customer_id=self.second.id, **times)

    def _campaign(self, start=True, **values):
        campaign = (
            self.env["loan.access.campaign"]
            .with_user(self.compliance)
            .create(
                {
                    "name": "Half year",
                    "company_id": self.company.id,
                    "due_date": TODAY + timedelta(days=20),
                    **values,
                }
            )
        )
        if start:
            campaign.action_start()
        self.env.invalidate_all()
        return campaign

    def _line(self, campaign, grant):
        return campaign.line_ids.filtered(lambda line: line.grant_id == grant)

    def _answer(self, lines, decision, user, reason="Works on it still", **values):
        action = lines.with_user(user).with_context(loan_decision=decision).action_review()
        form = self.env["loan.access.campaign.answer"].with_user(user).browse(action["res_id"])
        form.write({"reason": reason, **values})
        form.action_answer()
        self.env.invalidate_all()

    def _night(self, days):
        with self._days_later(days), self._without_commit():
            night = self.env["loan.night"].search(
                [("company_id", "=", self.company.id), ("date", "=", TODAY + timedelta(days=days))]
            ) or self.env["loan.night"].create(
                {"company_id": self.company.id, "date": TODAY + timedelta(days=days)}
            )
            done = 0
            while count := self.env["loan.access.campaign"]._night_campaign(night):
                done += count
                self.assertLess(done, 100, "it comes to an end")
        self.env.invalidate_all()
        return night


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessCampaign(CampaignCommon):
    """Somebody says again of each grant whether it is needed still, or it ends."""

    # ------------------------------------------------------------ scope

    def test_each_grant_in_force_is_reviewed_once(self):
        self._grant(self.manager, approve=False)
        self._grant(self.desk).action_withdraw()
        campaign = self._campaign()
        self.assertEqual(campaign.line_ids.grant_id, self.theirs | self.far)
        self.assertEqual((campaign.line_count, campaign.open_count, campaign.progress), (2, 2, 0))
        self.assertEqual(campaign.sudo()._gather(), 2, "once, however often it is gathered")
        line = self._line(campaign, self.theirs)
        self.assertEqual(
            (line.user_id, line.customer_id, line.level_id, line.purpose, line.granted_to),
            (self.colleague, self.customer, self.confidential, "Second opinion", self.theirs.date_to),
        )

    def test_the_scope_narrows_what_is_reviewed(self):
        old = self._grant(
            user_id=self.desk.id, date_from=_NOW - timedelta(days=200), level_id=self.internal.id
        )
        team = self._grant(team_id=self.other_team.id)
        role = self._grant(group_id=self.env.ref("loan_crm.loan_crm_group_service_desk").id)
        for values, wanted in (
            ({"older_than_days": 100}, old),
            ({"level_ids": [Command.set(self.internal.ids)]}, old),
            ({"team_id": self.other_team.id}, team | self.far),
            ({"group_id": role.group_id.id}, role | old),
        ):
            self.assertEqual(self._campaign(**values).line_ids.grant_id, wanted, values)
        with self.assertRefused("No grant in force falls under this review"):
            self._campaign(older_than_days=5000)

    def test_what_is_reviewed_stays_as_it_was_when_it_began(self):
        campaign = self._campaign()
        with self.assertRefused("stays as it was when the review began"):
            campaign.reviewer = "lead"
        with self.assertRefused("stays on record"):
            campaign.unlink()
        with self.assertRaises(AccessError):
            campaign.state = "closed"
        line = campaign.line_ids[:1]
        for user in (self.compliance, self.manager):
            with self.assertRaises(AccessError):
                line.with_user(user).write({"decision": "keep"})
        for user in (self.manager, self.lead, self.administrator):
            with self.assertRaises(AccessError):
                self.env["loan.access.campaign"].with_user(user).create({"name": "Mine"})
            with self.assertRaises(AccessError):
                campaign.with_user(user).action_cancel()

    # ------------------------------------------------------------ who is asked

    def test_the_manager_is_asked_and_sees_no_other_line(self):
        mine = self._grant(self.stranger)  # of Lin Mei's customer
        other = self._customer("Third", manager=self.stranger)
        theirs = self._grant(self.manager, customer=other)
        campaign = self._campaign(reviewer="manager")
        self.assertEqual(self._line(campaign, mine).reviewer_id, self.manager)
        self.assertEqual(self._line(campaign, theirs).reviewer_id, self.stranger)
        self.assertTrue(self._sees(self.manager, self._line(campaign, mine)))
        self.assertFalse(self._sees(self.manager, self._line(campaign, theirs)))
        self.assertTrue(self._sees(self.manager, campaign) and self._sees(self.stranger, campaign))
        self.assertFalse(self._sees(self.colleague, campaign))
        self.assertEqual(campaign.with_user(self.manager).my_open_count, 3)
        todos = campaign.activity_ids
        self.assertEqual(todos.user_id, self.manager | self.stranger)
        self.assertEqual(set(todos.mapped("date_deadline")), {campaign.due_date})

    def test_the_lead_is_asked(self):
        campaign = self._campaign(reviewer="lead")
        self.assertEqual(campaign.line_ids.reviewer_id, self.lead)

    def test_what_a_reviewer_may_not_see_falls_to_compliance(self):
        self._classify(self.customer, self.confidential)  # nobody has granted it to Lin Mei
        campaign = self._campaign(reviewer="manager")
        self.assertFalse(self._line(campaign, self.theirs).reviewer_id)
        self.assertEqual(self._line(campaign, self.far).reviewer_id, self.manager)

    def test_a_reviewer_whose_duty_ends_sees_the_line_no_more(self):
        campaign = self._campaign(reviewer="manager")
        line = self._line(campaign, self.theirs)
        self.assertTrue(self._sees(self.manager, line))
        self._classify(self.customer, self.confidential)
        self.assertFalse(self._sees(self.manager, line))
        self.assertEqual(line.with_user(self.manager).sudo().display_name, "(not yours to see)")
        with self.assertRaises(AccessError):
            line.with_user(self.manager)._decide("keep", "Still")

    def test_nobody_reviews_access_of_their_own(self):
        mine = self._grant(self.manager)
        team = self._grant(team_id=self.team.id)
        campaign = self._campaign(reviewer="manager")
        self.assertFalse((self._line(campaign, mine) | self._line(campaign, team)).reviewer_id)
        officers = self._grant(self.compliance, approve=False)
        officers.with_user(self.officer).action_approve()
        again = self._campaign()
        with self.assertRefused("Nobody reviews access of their own"):
            self._line(again, officers).with_user(self.compliance)._decide("keep", "Still")
        self._line(again, officers).with_user(self.officer)._decide("keep", "Still")

    # ------------------------------------------------------------ answers

    def test_keep_shorten_end(self):
        third = self._grant(self.desk)
        campaign = self._campaign()
        self._answer(self._line(campaign, self.theirs), "keep", self.compliance)
        self._answer(
            self._line(campaign, self.far), "shorten", self.compliance, date_until=TODAY + timedelta(days=3)
        )
        self._answer(self._line(campaign, third), "end", self.compliance, reason="Not needed")
        self.assertEqual((self.theirs.state, self.theirs.date_to), ("granted", _NOW + timedelta(days=30)))
        self.assertEqual(str(self.far.date_to), "2026-03-13 15:59:59")
        self.assertEqual((third.state, third.answer), ("ended", "Not needed"))
        self.assertEqual(campaign.state, "closed", "it closes with the last answer")
        self.assertEqual(
            (campaign.kept_count, campaign.shortened_count, campaign.ended_count, campaign.progress),
            (1, 1, 1, 100),
        )
        self.assertIn("3 grants, 1 kept, 1 shortened, 1 ended", campaign.message_ids[:1].body)
        self.assertFalse(campaign.activity_ids)

    def test_many_are_answered_at_once_by_who_is_asked(self):
        campaign = self._campaign(reviewer="manager")
        self._answer(campaign.line_ids, "keep", self.manager)
        self.assertEqual(set(campaign.line_ids.mapped("decision")), {"keep"})
        self.assertEqual(campaign.line_ids.decided_user_id, self.manager)
        self.assertEqual(campaign.state, "closed")
        with self.assertRefused("This review is over"):
            campaign.line_ids.with_user(self.manager)._decide("end", "After all")

    def test_a_manager_who_is_asked_ends_a_grant(self):
        self._classify(self.second, self.confidential)
        self._grant(self.manager, customer=self.second)
        campaign = self._campaign(reviewer="manager")
        self.assertTrue(self._sees(self.stranger, self.second))
        self._answer(self._line(campaign, self.far), "end", self.manager, reason="Left the project")
        self.assertFalse(self._sees(self.stranger, self.second))
        self.assertEqual(self.far.ended_user_id, self.manager)

    def test_answers_are_on_record(self):
        campaign = self._campaign()
        self._answer(self._line(campaign, self.theirs), "keep", self.compliance, reason="Until autumn")
        entry = self.env["loan.access.log"].search(
            [("event", "=", "review"), ("reason", "=", "Until autumn")]
        )
        self.assertEqual((entry.uid, entry.grant_ref), (self.compliance.id, self.theirs.id))
        self.assertEqual(entry.customer_refs, self.customer.ids)
        self.assertEqual(entry.facts["decision"], "keep")

    def test_an_answer_needs_a_reason_and_is_given_once(self):
        campaign = self._campaign()
        line = self._line(campaign, self.theirs).with_user(self.compliance)
        with self.assertRefused("Say why"):
            line._decide("keep", " ")
        with self.assertRefused("Keep it, shorten it or end it"):
            line._decide("unanswered", "Mine")
        line._decide("keep", "Still")
        with self.assertRefused("answered already"):
            line._decide("end", "After all")
        with self.assertRefused("end before that day anyway"):
            self._answer(
                self._line(campaign, self.far),
                "shorten",
                self.compliance,
                date_until=TODAY + timedelta(days=300),
            )

    def test_a_colleague_who_is_not_asked_answers_nothing(self):
        campaign = self._campaign(reviewer="manager")
        for user in (self.colleague, self.stranger, self.desk, self.administrator):
            with self.assertRaises(AccessError):
                self._line(campaign, self.theirs).with_user(user)._decide("keep", "Still")
        # Who sees the customer, too, but is not asked.
        self.assertTrue(self._sees(self.lead))
        with self.assertRaises(AccessError):
            self._line(campaign, self.theirs).with_user(self.lead)._decide("keep", "Still")

    # ------------------------------------------------------------ the night

    def test_what_nobody_answers_ends_after_the_due_date(self):
        self._classify(self.second, self.confidential)
        campaign = self._campaign()
        self._answer(self._line(campaign, self.theirs), "keep", self.compliance)
        self._night(20)
        self.assertEqual(self.far.state, "granted", "the last day is theirs to answer")
        self._night(21)
        self.assertEqual((self.far.state, self.theirs.state), ("ended", "granted"))
        self.assertEqual(self._line(campaign, self.far).decision, "unanswered")
        self.assertEqual((campaign.state, campaign.ended_count), ("closed", 1))
        self.assertIn("1 because nobody answered", campaign.message_ids[:1].body)

    def test_reviewers_are_warned_some_days_before(self):
        campaign = self._campaign(reviewer="manager", warn_days=5)
        before = campaign.activity_ids
        self._night(14)
        self.assertEqual(campaign.activity_ids, before)
        self._night(15)
        warned = campaign.activity_ids
        self.assertEqual(warned.user_id, self.manager)
        self.assertIn("ends soon", warned.summary)
        self._night(16)
        self.assertEqual(campaign.activity_ids, warned, "once")

    def test_a_campaign_that_only_reminds_ends_nothing(self):
        campaign = self._campaign(reviewer="manager", unanswered="remind")
        self._night(21)
        self.assertEqual(set((self.theirs | self.far).mapped("state")), {"granted"})
        first = campaign.activity_ids
        self.assertEqual(first.user_id, self.manager)
        self._night(22)
        self.assertEqual(campaign.activity_ids, first)
        self._night(28)
        self.assertNotEqual(campaign.activity_ids, first, "again after a week")
        self.assertEqual(campaign.state, "running")

    def test_a_campaign_that_escalates_asks_compliance(self):
        campaign = self._campaign(reviewer="manager", unanswered="escalate")
        self._night(21)
        self.assertFalse(campaign.line_ids.reviewer_id)
        self.assertTrue(campaign.activity_ids.user_id.has_group("loan_crm.loan_crm_group_compliance"))
        self.assertFalse(self._sees(self.manager, campaign.line_ids[:1]))
        self._answer(campaign.line_ids, "keep", self.officer)
        self.assertEqual(campaign.state, "closed")

    def test_a_grant_that_is_over_otherwise_needs_no_answer(self):
        campaign = self._campaign()
        self.theirs.with_user(self.compliance).action_withdraw()
        self._answer(self._line(campaign, self.far), "keep", self.compliance)
        self.assertEqual(campaign.state, "running")
        self._night(1)
        self.assertEqual(self._line(campaign, self.theirs).decision, "gone")
        self.assertEqual((campaign.state, campaign.lapsed_count), ("closed", 1))

    def test_one_that_fails_does_not_keep_the_others(self):
        campaign = self._campaign()
        grants = type(self.env["loan.access.grant"])
        end = grants._end

        def fails(records, reason):
            if self.theirs in records:
                raise ValueError("poison")
            return end(records, reason)

        with patch.object(grants, "_end", fails):
            night = self._night(21)
        self.assertEqual((self.theirs.state, self.far.state), ("granted", "ended"))
        self.assertEqual(campaign.state, "running")
        self.assertEqual(night.failure_ids.mapped("step"), ["campaign"])
        self.assertEqual(night.failure_ids.customer_id, self.customer)
        self._night(22)
        self.assertEqual(
            (self.theirs.state, campaign.state), ("ended", "closed"), "the next night tries again"
        )

    def test_the_whole_night_does_it(self):
        campaign = self._campaign()
        with self._days_later(21), self._without_commit():
            self.env["loan.night"]._run(self.company)
            night = self.env["loan.night"].search([("company_id", "=", self.company.id)], limit=1)
            self.assertEqual(night.tally["campaign"], 3)
            self.assertFalse(night.trouble)
        self.assertEqual(campaign.state, "closed")

    def test_a_campaign_begins_on_its_day_and_comes_back(self):
        campaign = self._campaign(
            start=False,
            begin_date=TODAY + timedelta(days=3),
            due_date=TODAY + timedelta(days=13),
            every_months=6,
        )
        self._night(2)
        self.assertEqual(campaign.state, "draft")
        self._night(3)
        self.assertEqual((campaign.state, campaign.line_count), ("running", 2))
        following = self.env["loan.access.campaign"].search([("previous_id", "=", campaign.id)])
        self.assertEqual(
            (following.state, str(following.begin_date), str(following.due_date), following.every_months),
            ("draft", "2026-09-13", "2026-09-23", 6),
        )
        self._night(4)
        self.assertEqual(len(following.search([("previous_id", "=", campaign.id)])), 1)

    def test_a_late_night_leaves_people_as_much_time(self):
        campaign = self._campaign(
            start=False, begin_date=TODAY + timedelta(days=3), due_date=TODAY + timedelta(days=13)
        )
        self._night(20)
        self.assertEqual((campaign.state, campaign.due_date), ("running", TODAY + timedelta(days=30)))

    def test_calling_it_off_changes_no_grant(self):
        campaign = self._campaign()
        self._answer(self._line(campaign, self.theirs), "end", self.compliance)
        campaign.action_cancel()
        self._night(21)
        self.assertEqual(
            (campaign.state, self.theirs.state, self.far.state), ("cancelled", "ended", "granted")
        )

    def test_the_result_is_printed_without_a_customer(self):
        campaign = self._campaign()
        self._answer(campaign.line_ids, "keep", self.compliance)
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.compliance)
            ._render_qweb_html("loan_crm.loan_access_campaign_document", campaign.ids)
        )
        text = html.decode()
        self.assertIn("Works on it still", text)
        self.assertIn("Ma Jun", text)
        self.assertNotIn("Wang Fang", text)
