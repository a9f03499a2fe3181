from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .test_loan_confidentiality import _NOW, ConfidentialCommon


class DealCommon(ConfidentialCommon):
    """A template for a person, a team and a role, and two customers of Lin Mei."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._customer("Second")
        cls.template = (
            cls.env["loan.access.template"]
            .with_user(cls.compliance)
            .create(
                {
                    "name": "Refinancing",
                    "company_id": cls.company.id,
                    "purpose": "Works on the refinancing",
                    "level_id": cls.confidential.id,
                    "days": 60,
                    "line_ids": [
                        Command.create({"user_id": cls.stranger.id}),
                        Command.create({"user_id": cls.other_lead.id, "days": 10}),
                        Command.create({"team_id": cls.other_team.id, "level_id": cls.internal.id}),
                    ],
                }
            )
        )

    def _form(self, customers=None, template=None, deal=None, user=None):
        """Return the form as a person of compliance has filled it in."""
        starts = self.env["loan.access.deal.start"].with_user(user or self.compliance)
        action = starts._open(deal=deal, customers=None if deal else (customers or self.customer))
        form = Form(starts.browse(action["res_id"]))
        if not deal:
            form.template_id = template or self.template
            form.name = "Project Heron"
        return form

    def _deal(self, customers=None, **kwargs):
        form = self._form(customers, **kwargs).save()
        form.action_start()
        self.env.invalidate_all()
        return form.deal_id


@tagged("post_install", "-at_install", "loan")
class TestLoanAccessDeal(DealCommon):
    """A team sees customers for a deal, each by an ordinary grant, and no longer than the deal."""

    def test_a_template_gives_nobody_anything_until_it_is_applied(self):
        self._classify(self.customer, self.confidential)
        self.assertFalse(self._sees(self.stranger))
        deal = self._deal()
        self.assertTrue(self._sees(self.stranger))
        self.assertEqual((deal.state, deal.customer_ids, deal.member_count), ("open", self.customer, 3))
        grants = {(g.user_id or g.team_id): (g.level_id, g.date_to, g.purpose) for g in deal.grant_ids}
        purpose = "Works on the refinancing"
        # The last second of a day in Shanghai.
        sixty, ten = map(fields.Datetime.to_datetime, ("2026-05-09 15:59:59", "2026-03-20 15:59:59"))
        self.assertEqual(
            grants,
            {
                self.stranger: (self.confidential, sixty, purpose),
                self.other_lead: (self.confidential, ten, purpose),
                self.other_team: (self.internal, sixty, purpose),
            },
        )
        self.template.line_ids.unlink()
        self.assertTrue(self._sees(self.stranger), "what was given stays as it was given")

    def test_several_customers_at_once(self):
        deal = self._deal(self.customer | self.second)
        self.assertEqual(len(deal.grant_ids), 6)
        self.assertTrue(self._sees(self.stranger) and self._sees(self.stranger, self.second))

    def test_who_gains_is_shown_before_it_is_done(self):
        self._classify(self.customer, self.confidential)
        self.signed -= self.other_lead
        self.env.ref("loan_crm.loan_confidentiality_level_confidential").needs_agreement = True
        form = self._form()
        form.line_ids.remove(2)
        with form.line_ids.new() as line:
            line.user_id = self.compliance
        with form.line_ids.new() as line:
            line.user_id = self.employee
        shown = form.save()
        outcomes = {gain.user_id: (gain.outcome, gain.why) for gain in shown.gain_ids}
        self.assertEqual(outcomes[self.stranger], ("gains", ""))
        self.assertEqual(outcomes[self.other_lead][0], "lacks")
        self.assertIn("confidentiality agreement", outcomes[self.other_lead][1])
        self.assertEqual(outcomes[self.compliance][0], "has")
        self.assertEqual(outcomes[self.employee][0], "role", "a grant opens nothing to who has no role")
        self.assertIn("today: 1.", shown.gain_told)
        self.assertFalse(self._sees(self.stranger), "nothing is done yet")
        self.assertFalse(self.env["loan.access.deal"].search([("name", "=", "Project Heron")]))

    def test_whoever_has_as_much_already_gets_no_second_grant(self):
        self._grant(user_id=self.stranger.id, date_to=_NOW + timedelta(days=300))
        deal = self._deal()
        self.assertEqual(deal.grant_ids.user_id, self.other_lead)
        # Less, or not as long, is not as much.
        self._grant(user_id=self.stranger.id, customer_id=self.second.id, date_to=_NOW + timedelta(days=3))
        again = self._deal(self.second)
        self.assertEqual(again.grant_ids.user_id, self.stranger | self.other_lead)
        # A team's grant is its members'.
        self._grant(team_id=self.other_team.id, date_to=_NOW + timedelta(days=300))
        third = self._deal()
        self.assertFalse(third.grant_ids.filtered(lambda grant: grant.user_id == self.stranger))

    def test_what_somebody_has_by_another_deal_does_not_count(self):
        first = self._deal()
        second = self._deal()
        self.assertEqual(len(second.grant_ids), 3)
        self._classify(self.customer, self.confidential)
        first.with_user(self.compliance)._close("Signed")
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger), "they are on the second deal still")

    def test_the_same_again_adds_nobody_twice(self):
        deal = self._deal()
        with self._days_later(0, clock="17:30"):  # the same day's end, later that day
            form = self._form(deal=deal)
            form.template_id = self.template
            form.save().action_start()
        self.assertEqual(len(deal.grant_ids), 3)
        self.assertEqual(form.record.deal_id, deal)
        # A second click opens what the first has made.
        form.record.action_start()
        self.assertEqual(len(deal.grant_ids), 3)

    def test_two_approve_where_the_level_asks_for_two(self):
        self._classify(self.customer, self.secret)
        self.template.level_id = self.secret
        deal = self._deal()
        waiting = deal.grant_ids.filtered(lambda grant: grant.level_id == self.secret)
        self.assertEqual(set(waiting.mapped("state")), {"approved_once"})
        self.assertEqual(deal.waiting_count, 2)
        self.assertFalse(self._sees(self.stranger))
        with self.assertRefused("somebody else of compliance"):
            deal.with_user(self.compliance).action_approve_rest()
        deal.with_user(self.officer).action_approve_rest()
        self.env.invalidate_all()
        self.assertTrue(self._sees(self.stranger))
        self.assertEqual(waiting.second_user_id, self.officer)

    def test_nobody_of_compliance_puts_themselves_on_a_deal(self):
        form = self._form()
        with form.line_ids.new() as line:
            line.user_id = self.compliance
        form.save().action_start()
        deal = form.record.deal_id
        own = deal.grant_ids.filtered(lambda grant: grant.user_id == self.compliance)
        self.assertEqual(own.state, "requested")
        deal.with_user(self.officer).action_approve_rest()
        self.assertEqual((own.state, own.approved_user_id), ("granted", self.officer))

    def test_closing_a_deal_ends_all_that_came_of_it_and_nothing_else(self):
        kept = self._grant(self.colleague)
        deal = self._deal()
        self.template.level_id = self.secret
        self._classify(self.customer, self.confidential)
        action = deal.with_user(self.compliance).action_close()
        form = self.env["loan.access.end"].with_user(self.compliance).browse(action["res_id"])
        self.assertEqual(form.grant_count, 3)
        with self.assertRefused("Say why"):
            form.action_end()
        form.reason = "The deal is signed"
        form.action_end()
        self.env.invalidate_all()
        self.assertEqual((deal.state, deal.answer, deal.member_count), ("closed", "The deal is signed", 0))
        self.assertEqual(deal.closed_user_id, self.compliance)
        self.assertEqual(set(deal.grant_ids.mapped("state")), {"ended"})
        self.assertEqual(set(deal.grant_ids.mapped("answer")), {"The deal is signed"})
        self.assertFalse(self._sees(self.stranger))
        self.assertTrue(self._sees(self.colleague))
        self.assertEqual(kept.state, "granted")
        logged = self.env["loan.access.log"].search([("reason", "=", "The deal is signed")])
        self.assertEqual(len(logged), 4, "each grant, and the deal")
        with self.assertRefused("This deal is over"):
            deal.with_user(self.compliance)._open(self.customer, [])

    def test_what_waits_is_refused_when_the_deal_is_closed(self):
        self.template.level_id = self.secret
        deal = self._deal()
        deal.with_user(self.compliance)._close("Called off")
        self.assertEqual(sorted(deal.grant_ids.mapped("state")), ["ended", "refused", "refused"])

    def test_somebody_joins_later_and_somebody_leaves_before(self):
        deal = self._deal()
        with self._days_later(5):
            form = self._form(deal=deal)
            with form.line_ids.new() as line:
                line.user_id = self.colleague
                line.level_id = self.confidential
                line.days = 10
            form.save().action_start()
            joined = deal.grant_ids.filtered(lambda grant: grant.user_id == self.colleague)
            self.assertEqual((joined.state, joined.date_from), ("granted", _NOW + timedelta(days=5)))
            left = deal.grant_ids.filtered(lambda grant: grant.user_id == self.stranger)
            left.with_user(self.compliance)._end("Moved to another team")
            self.assertEqual((left.state, left.answer), ("ended", "Moved to another team"))
            self.assertEqual(deal.member_count, 3)

    def test_a_colleague_asks_for_a_deal_team_and_is_told(self):
        form = (
            self.env["loan.access.request"]
            .with_user(self.stranger)
            .create({"wanted": "Wang Fang", "purpose": "The refinancing", "template_id": self.template.id})
        )
        form.action_ask()
        deal = self.env["loan.access.deal"].search([("wanted", "=", "Wang Fang")])
        self.assertEqual((deal.state, deal.user_id), ("asked", self.stranger))
        self.assertFalse(
            deal.grant_ids or self.env["loan.access.grant"].search([("wanted", "=", "Wang Fang")])
        )
        self.assertTrue(deal.activity_ids)
        with self.assertRefused("Compliance sets deal teams up|Compliance gives grants"):
            deal.with_user(self.stranger).action_add()
        start = self._form(deal=deal)
        start.customer_ids.add(self.customer)
        start.name = "Project Heron"
        start.save().action_start()
        self.env.invalidate_all()
        self.assertEqual((deal.state, deal.name, deal.user_id), ("open", "Project Heron", self.stranger))
        self.assertTrue(self._sees(self.stranger))
        self.assertFalse(deal.activity_ids)
        told = self.env["mail.message"].search([("partner_ids", "in", self.stranger.partner_id.ids)], limit=1)
        self.assertIn("deal team", told.subject)
        self.assertNotIn("Wang Fang", told.body)

    def test_a_request_is_refused_with_a_word(self):
        self.env["loan.access.request"].with_user(self.stranger).create(
            {"wanted": "Wang Fang", "purpose": "The refinancing", "template_id": self.template.id}
        ).action_ask()
        deal = self.env["loan.access.deal"].search([("wanted", "=", "Wang Fang")]).with_user(self.compliance)
        with self.assertRefused("Say why"):
            deal.action_refuse()
        deal.answer = "Not before the mandate"
        deal.action_refuse()
        self.assertEqual(deal.state, "refused")

    def test_who_reads_a_deal_and_who_changes_it(self):
        deal = self._deal()
        form = self._form()
        form.user_id = self.stranger
        form.save().action_start()
        theirs = form.record.deal_id
        self.assertTrue(self._sees(self.stranger, theirs), "who is in charge reads it")
        self.assertTrue(self._sees(self.stranger, theirs.grant_ids), "and who is on it")
        for user in (self.manager, self.lead, self.other_lead, self.desk):
            self.assertFalse(self._sees(user, deal), user.name)
            self.assertFalse(self._sees(user, theirs), user.name)
        with self.assertRaises(AccessError):
            theirs.with_user(self.stranger).name = "Mine"
        for values in (
            {"customer_ids": [Command.link(self.second.id)]},
            {"state": "closed"},
            {"purpose": "X"},
        ):
            with self.assertRaises(AccessError):
                deal.with_user(self.compliance).write(values)
        for user in (self.stranger, self.lead, self.administrator):
            with self.assertRaises(AccessError):
                deal.with_user(user)._close("No")
            with self.assertRaises(AccessError):
                deal.with_user(user)._open(self.customer, [])
        with self.assertRefused("Deals stay on record|not allowed to delete"):
            deal.with_user(self.compliance).unlink()

    def test_a_template_tells_its_people_to_compliance_alone(self):
        template = self.template.with_user(self.manager)
        self.assertEqual(template.name, "Refinancing")
        self.assertNotIn("line_ids", template.fields_get())
        with self.assertRaises(AccessError):
            template.read(["line_ids"])
        with self.assertRaises(AccessError):
            template.name = "Mine"
        self.assertFalse(self.env["loan.access.template.line"].with_user(self.manager).has_access("read"))

    def test_the_words_of_who_asked_go_with_an_erased_customer(self):
        deal = self._deal(self.customer | self.second)
        self.env.cr.execute("UPDATE loan_access_deal SET wanted = 'Wang Fang' WHERE id = %s", deal.ids)
        self.env.invalidate_all()
        self.customer._forget(complete=False)
        self.assertFalse(deal.wanted)
        self.assertEqual(deal.name, "Project Heron")

    # ------------------------------------------------------------ many grants at once

    def test_many_grants_end_with_one_reason(self):
        grants = self._grant(self.colleague) | self._grant(self.stranger, customer=self.second)
        action = grants.with_user(self.compliance).action_end()
        form = self.env["loan.access.end"].with_user(self.compliance).browse(action["res_id"])
        form.write({"how": "withdraw", "reason": "Yearly review"})
        form.action_end()
        self.assertEqual(grants.mapped("state"), ["ended", "ended"])
        self.assertEqual(grants.ended_user_id, self.compliance)
        self.assertEqual(self.env["loan.access.log"].search_count([("reason", "=", "Yearly review")]), 2)

    def test_grants_are_shortened_and_never_made_longer(self):
        grant = self._grant(self.colleague)
        self._classify(self.customer, self.confidential)
        action = grant.with_user(self.compliance).action_end()
        form = self.env["loan.access.end"].with_user(self.compliance).browse(action["res_id"])
        form.write({"how": "shorten", "reason": "The work is nearly done"})
        with self.assertRefused("which day is the last"):
            form.action_end()
        form.date_until = (_NOW + timedelta(days=2)).date()
        form.action_end()
        self.assertEqual(str(grant.date_to), "2026-03-12 15:59:59", "the last second of that day in Shanghai")
        with self._days_later(3):
            self.assertFalse(self._sees(self.colleague))
        form.date_until = (_NOW + timedelta(days=20)).date()
        form.action_end()
        self.assertEqual(str(grant.date_to), "2026-03-12 15:59:59")
        form.date_until = (_NOW - timedelta(days=1)).date()
        with self.assertRefused("has passed"):
            form.action_end()
        with self.assertRaises(AccessError):
            grant.with_user(self.colleague).action_end()
