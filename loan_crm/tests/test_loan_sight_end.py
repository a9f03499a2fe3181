from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW
from .test_loan_confidentiality import ConfidentialCommon
from .test_loan_sight import SightCommon

_NOW = fields.Datetime.to_datetime(NOW)


class HoldingCommon:
    """What people hold of a record: they follow it, have a to-do about it, and a message to be sent."""

    def _hold(self, user, record):
        """Let somebody hold all of it, as if they still saw the record."""
        self.env["mail.followers"].sudo().create(
            {"res_model": record._name, "res_id": record.id, "partner_id": user.partner_id.id}
        )
        todo = record.sudo().activity_schedule(
            "mail.mail_activity_data_todo", summary="Call back", user_id=user.id
        )
        message = self.env["mail.scheduled.message"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "author_id": user.partner_id.id,
                "body": "<p>Soon.</p>",
                "scheduled_date": _NOW + timedelta(days=3650),
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_scheduled_message SET create_uid = %s WHERE id = %s", (user.id, message.id)
        )
        self.env.invalidate_all()
        return todo, message

    def _work(self):
        """Let the job do what it was woken for."""
        self.env.flush_all()
        with self._without_commit():
            self.env["loan.sight.end"]._cron_run()
        self.env.invalidate_all()
        self.assertFalse(self.env["loan.sight.end"].search(Domain.TRUE), "nothing waits any more")

    def assertHolds(self, user, record, todo, message):
        self.assertIn(user.partner_id, record.message_partner_ids)
        self.assertEqual(todo.user_id, user)
        self.assertTrue(message.exists())

    def assertParted(self, user, record, todo, message, heir):
        self.assertNotIn(user.partner_id, record.message_partner_ids)
        self.assertEqual(todo.user_id, heir)
        self.assertFalse(message.exists())


@tagged("post_install", "-at_install", "loan")
class TestLoanSightEnd(HoldingCommon, ConfidentialCommon):
    """When a right ends, what was held by it is let go of with the next job, not with the next night."""

    def _woken(self):
        cron = self.env.ref("loan_crm.ir_cron_sight_end")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    def test_a_cover_that_is_over_and_a_team_that_was_left(self):
        cover = self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.stranger.id,
                "date_from": _NOW.date(),
                "date_to": _NOW.date() + timedelta(days=5),
            }
        )
        self._work()
        held = self._hold(self.stranger, self.contract)
        desk = self._hold(self.desk, self.contract)
        self.assertHolds(self.stranger, self.contract, *held)
        cover.with_user(self.manager).action_back()
        self.team.crm_team_member_ids.filtered(lambda member: member.user_id == self.desk).unlink()
        self._work()
        self.assertParted(self.stranger, self.contract, *held, self.manager)
        self.assertParted(self.desk, self.contract, *desk, self.manager)

    def test_a_row_that_fails_keeps_no_other_waiting(self):
        other = self._customer("Second")
        self._classify(self.customer | other, self.confidential)
        self._grant(self.manager)
        self._grant(self.manager, customer=other)
        self._work()
        held = self._hold(self.colleague, other)
        ends = type(self.env["loan.sight.end"])
        part = ends._part

        def stumble(ends, customers, users):
            if self.customer in customers:
                raise ValueError("one of them")
            return part(ends, customers, users)

        self.env["loan.sight.end"]._note(customers=self.customer | other)
        with patch.object(ends, "_part", stumble), mute_logger(ends.__module__):
            self._work()
        self.assertParted(self.colleague, other, *held, self.manager)

    def test_a_grant_that_a_review_ends(self):
        self._classify(self.customer, self.confidential)
        self._grant(self.manager)
        grant = self._grant(self.colleague)
        self._work()
        held = self._hold(self.colleague, self.contract)
        grant.sudo()._end("Nobody needs it")
        self._work()
        self.assertParted(self.colleague, self.contract, *held, self.manager)

    def test_a_grant_that_is_withdrawn(self):
        self._classify(self.customer, self.confidential)
        self._grant(self.manager)
        grant = self._grant(self.colleague)
        self._work()
        held, theirs = self._hold(self.colleague, self.contract), self._hold(self.manager, self.contract)
        woken = self._woken()
        grant.with_user(self.compliance).action_withdraw()
        self.assertEqual(self._woken(), woken + 1, "at once")
        self.assertHolds(self.colleague, self.contract, *held)
        self._work()
        self.assertParted(self.colleague, self.contract, *held, self.manager)
        self.assertHolds(self.manager, self.contract, *theirs)

    def test_a_grant_that_ends_by_the_clock(self):
        self._classify(self.customer, self.confidential)
        self._grant(user_id=self.colleague.id, date_to=_NOW + timedelta(minutes=30))
        self._work()
        held = self._hold(self.colleague, self.customer)
        self._work()
        self.assertHolds(self.colleague, self.customer, *held)
        with self._days_later(0, "10:32"):
            self.env["loan.sight.end"].with_context(lastcall=_NOW + timedelta(minutes=29))._note_lapsed(
                _NOW + timedelta(minutes=29)
            )
            self._work()
        officer = self.customer._compliance_officer(self.company)
        self.assertParted(self.colleague, self.customer, *held, officer)

    def test_a_customer_who_becomes_confidential(self):
        held = {user: self._hold(user, self.customer) for user in (self.manager, self.lead, self.compliance)}
        of_loan = self._hold(self.lead, self.contract)
        other = self._hold(self.manager, self._customer("Second"))
        self._classify(self.customer, self.confidential)
        self._work()
        officer = self.customer._compliance_officer(self.company)
        for user in (self.manager, self.lead):
            self.assertParted(user, self.customer, *held[user], officer)
        self.assertParted(self.lead, self.contract, *of_loan, officer)
        self.assertHolds(self.compliance, self.customer, *held[self.compliance])
        self.assertTrue(other[1].exists(), "of others nothing changes")

    def test_a_level_that_asks_more(self):
        self.confidential.with_user(self.compliance).write({"needs_grant": False})
        self._classify(self.customer, self.confidential)
        self._work()
        held = self._hold(self.manager, self.customer)
        self.confidential.with_user(self.compliance).needs_grant = True
        self._work()
        self.assertParted(self.manager, self.customer, *held, self.customer._compliance_officer(self.company))

    def test_a_wall(self):
        held = self._hold(self.colleague, self.customer)
        self._grant(self.stranger, self.internal)
        theirs = self._hold(self.stranger, self.customer)
        self.env["loan.wall"].with_user(self.compliance).create(
            {"team_id": self.team.id, "other_team_id": self.other_team.id, "reason": "Rivals"}
        )
        self._work()
        self.assertParted(self.stranger, self.customer, *theirs, self.manager)
        # The colleague has neither duty nor grant, so what they hold was never theirs.
        self.assertParted(self.colleague, self.customer, *held, self.manager)

    def test_a_conflict_of_interest(self):
        self._grant(self.colleague, self.internal)
        held = self._hold(self.colleague, self.contract)
        self.env["loan.conflict"].with_user(self.colleague).create(
            {
                "user_id": self.colleague.id,
                "partner_id": self.customer.partner_id.id,
                "reason": "Old friends",
            }
        )
        self._work()
        self.assertParted(self.colleague, self.contract, *held, self.manager)

    def test_addresses_with_a_key_open_nothing_any_more(self):
        meeting = self.env["calendar.event"].create(
            {
                "name": "At the branch",
                "start": "2026-03-11 02:00:00",
                "stop": "2026-03-11 03:00:00",
                "partner_ids": [Command.set(self.manager.partner_id.ids)],
                "res_model_id": self.env["ir.model"]._get_id("loan.customer"),
                "res_id": self.customer.id,
            }
        )
        other = meeting.copy({"res_id": self._customer("Second").id})
        for event in meeting | other:
            event.access_token = f"secret {event.id}"
        keys = {attendee: attendee.access_token for attendee in (meeting | other).attendee_ids}
        self.assertEqual(len(keys), 2)
        self._classify(self.customer, self.confidential)
        self._work()
        self.assertNotEqual(meeting.access_token, f"secret {meeting.id}")
        self.assertNotEqual(meeting.attendee_ids.access_token, keys[meeting.attendee_ids])
        self.assertTrue(meeting.attendee_ids.access_token)
        self.assertEqual(other.access_token, f"secret {other.id}")
        self.assertEqual(other.attendee_ids.access_token, keys[other.attendee_ids])

    def test_one_that_fails_keeps_no_other_waiting(self):
        self.env["loan.sight.end"]._note(customers=self.customer)
        broken = patch.object(type(self.env["loan.sight.end"]), "_part", side_effect=ValueError("broken"))
        with broken, mute_logger("odoo.addons.loan_crm.models.loan_sight_end"):
            self._work()
        held = self._hold(self.stranger, self.customer)
        self.env["loan.sight.end"]._note(customers=self.customer)
        self._work()
        self.assertParted(self.stranger, self.customer, *held, self.manager)

    def test_nobody_writes_what_is_to_be_looked_through(self):
        for user in (self.compliance, self.manager):
            self.assertFalse(self.env["loan.sight.end"].with_user(user).has_access("create"))


@tagged("post_install", "-at_install", "loan")
class TestLoanSightEndOfAgreement(HoldingCommon, SightCommon):
    def test_an_agreement_that_is_withdrawn_and_one_that_ends(self):
        ours = self._of(self.company, "Ours", level=self.confidential)
        theirs = self._of(self.other_company, "Theirs", level=self.confidential)
        for company in (self.company, self.other_company):
            self._sign(self.both, company)
        self._work()
        of_ours, of_theirs = self._hold(self.both, ours), self._hold(self.both, theirs)
        nda = self.env["loan.nda"].search(
            [("user_id", "=", self.both.id), ("company_id", "=", self.company.id)]
        )
        nda._withdraw_by(self.both, "I leave")
        self._work()
        self.assertParted(self.both, ours, *of_ours, ours._compliance_officer(self.company))
        self.assertHolds(self.both, theirs, *of_theirs)
        self.env.cr.execute(
            "UPDATE loan_nda SET expires_at = %s WHERE user_id = %s AND company_id = %s",
            (_NOW - timedelta(minutes=3), self.both.id, self.other_company.id),
        )
        self.env.invalidate_all()
        self._work()
        self.assertNotIn(self.both.partner_id, theirs.message_partner_ids)
        self.assertFalse(of_theirs[1].exists())

    def test_a_training_that_is_revoked(self):
        ours = self._of(self.company, "Ours", level=self.confidential)
        self._sign(self.both, self.company)
        record = self._attended(self._training(self.company), self.both)
        self._work()
        held = self._hold(self.both, ours)
        record.with_user(self.officer).action_revoke()
        self._work()
        self.assertNotIn(self.both.partner_id, ours.message_partner_ids)
        self.assertFalse(held[1].exists())
