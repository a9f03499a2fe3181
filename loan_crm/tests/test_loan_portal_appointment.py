from datetime import datetime, timedelta, timezone
from threading import Barrier, Thread
from unittest.mock import patch

from lxml import html
from psycopg2.errors import ExclusionViolation

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.mail.tests.common import MockEmail

from .common import NOW, TODAY
from .test_loan_easy import EasyCommon


class AppointmentCommon(EasyCommon, MockEmail):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.email = "wang.fang@example.com"

    def _book(self, slot=None, **typed):
        page = self._get("/my/appointment")
        typed = {
            "csrf_token": self._field(page, "csrf_token"),
            "lender": str(self.company.id),
            "loan_way": "video",
            "loan_topic": "new_loan",
            "slot": self._free(page)[0] if slot is None else slot,
            **typed,
        }
        with self.mock_mail_gateway():
            return self._get("/my/appointment", data=typed)

    def _free(self, page=None):
        """Return the times that are offered, as the form names them."""
        page = page or self._get("/my/appointment")
        return html.fromstring(page.text).xpath("//input[@name='slot']/@value")

    def _events(self, partner=None):
        return self.env["calendar.event"].search([("loan_partner_id", "=", (partner or self.partner).id)])

    def _at(self, day, hour, minute=0):
        """Return a time of March 2026 on Shanghai's clock as the form names it."""
        moment = datetime(2026, 3, day, hour, minute, tzinfo=timezone(timedelta(hours=8)))
        return str(round(moment.timestamp()) // 60)

    def _change(self, event, deed, **typed):
        token = self._field(self._get("/my/appointment"), "csrf_token")
        with self.mock_mail_gateway():
            return self._get(f"/my/appointment/{event.id}/{deed}", data={"csrf_token": token, **typed})


@tagged("post_install", "-at_install", "loan")
@freeze_time(NOW)
class TestLoanPortalAppointment(AppointmentCommon):
    """A borrower finds a time of their manager's, by themselves."""

    # ------------------------------------------------------------ which are to be had

    def test_offered_is_when_the_manager_works_and_has_nothing_else(self):
        free = self._free()
        self.assertIn(self._at(10, 15), free)  # four hours are asked for before it: 14:00 at the earliest
        self.assertNotIn(self._at(10, 13, 30), free)
        self.assertIn(self._at(11, 9), free)
        self.assertNotIn(self._at(11, 12, 30), free)  # noon
        self.assertNotIn(self._at(14, 9), free)  # a Saturday
        self.assertNotIn(self._at(25, 9), free)  # too far away
        self.env["calendar.event"].create(
            {
                "name": "Board",
                "start": "2026-03-11 01:10:00",
                "stop": "2026-03-11 02:00:00",
                "user_id": self.manager.id,
                "partner_ids": [Command.set(self.manager.partner_id.ids)],
            }
        )
        again = self._free()
        self.assertEqual(set(free) - set(again), {self._at(11, 9), self._at(11, 9, 30)})

    def test_leave_and_absence_take_times_away_and_who_stands_in_gives_theirs(self):
        self.env["resource.calendar.leaves"].create(
            {
                "resource_id": self.env["resource.resource"]
                .create({"name": "Lin Mei", "user_id": self.manager.id, "company_id": self.company.id})
                .id,
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": "2026-03-12 00:00:00",
                "date_to": "2026-03-12 12:00:00",
            }
        )
        self.assertNotIn(self._at(12, 9), self._free())
        self.env["loan.cover"].create(
            {
                "manager_user_id": self.manager.id,
                "deputy_user_id": self.colleague.id,
                "date_from": TODAY + timedelta(days=1),
                "date_to": TODAY + timedelta(days=3),
                "company_id": self.company.id,
            }
        )
        self._book(self._at(12, 9))
        self._book(self._at(16, 9))
        self.assertEqual(
            {(event.start.day, event.user_id) for event in self._events()},
            {(12, self.colleague), (16, self.manager)},
        )

    def test_when_no_time_is_free_it_says_so_and_offers_a_call(self):
        self.company.resource_calendar_id.attendance_ids.unlink()
        page = self._get("/my/appointment")
        self.assertIn("no time is free at the moment", self._main(page))
        self.assertTrue(html.fromstring(page.text).xpath("//main//a[@href='/my/easy']"))

    def test_the_time_is_the_borrowers_own_and_its_zone_is_named(self):
        self.assertIn("All times are in China Standard Time.", self._main(self._get("/my/appointment")))
        self.partner.tz = "Europe/Berlin"
        page = self._get("/my/appointment")
        self.assertIn("Central European", self._main(page))
        label = html.fromstring(page.text).xpath("//input[@value=$slot]/..", slot=self._at(11, 15))[0]
        self.assertEqual(label.text_content().replace("\u202f", " ").strip(), "8:00 AM")

    # ------------------------------------------------------------ booked

    def test_a_booked_time_is_a_meeting_of_the_calendar_with_an_invitation_to_both(self):
        response = self._book(self._at(11, 9))
        self.assertEqual(response.history[0].status_code, 303)
        told = self._main(response)
        for words in (
            "It is booked",
            "Wednesday, March 11",
            "With Lin Mei, Pudong Finance",
            "Video · A new loan",
        ):
            self.assertIn(words, told)
        event = self._events()
        self.assertEqual((str(event.start), str(event.stop)), ("2026-03-11 01:00:00", "2026-03-11 01:30:00"))
        self.assertEqual(event.user_id, self.manager)
        self.assertEqual(event.partner_ids, self.manager.partner_id | self.partner)
        self.assertEqual((event.res_model, event.res_id), ("loan.customer", self.customer.id))
        self.assertEqual(
            event.attendee_ids.filtered(lambda a: a.partner_id == self.partner).state, "accepted"
        )
        self.assertEqual(set(event.alarm_ids.mapped("alarm_type")), {"email", "notification"})
        self.assertIn("/calendar/join_videocall/", event.videocall_location)
        mails = self._new_mails.filtered(lambda mail: self.partner in mail.recipient_ids)
        self.assertTrue(mails)
        self.assertIn("invitation.ics", mails.attachment_ids.mapped("name"))
        self.assertIn(
            "Booked on the portal: Wednesday, March 11", "".join(self.customer.message_ids.mapped("body"))
        )
        self.assertNotIn(self._at(11, 9), self._free())

    def test_the_title_tells_others_neither_who_nor_what(self):
        self._book(self._at(11, 9), loan_topic="hardship")
        event = self._events()
        for secret in ("Wang", "pay", "Hardship", self.contract.name, "8000"):
            self.assertNotIn(secret, f"{event.name} {event.description or ''}")
        self.assertFalse(self.env["calendar.event"].with_user(self.stranger).search([("id", "=", event.id)]))
        self.assertTrue(self.env["calendar.event"].with_user(self.manager).search([("id", "=", event.id)]))

    def test_by_telephone_and_at_the_branch_likewise(self):
        self._book(self._at(11, 9), loan_way="phone")
        event = self._events()
        self.assertFalse(event.videocall_location)
        told = self._main(self._get(f"/my/appointment/{event.id}"))
        self.assertIn("We call you at +86 1•• •••• ••00.", told)
        self.assertNotIn("Join the video call", told)
        self._book(self._at(11, 10), loan_way="branch")
        self.assertTrue((self._events() - event).location)

    def test_who_is_not_known_by_a_number_is_not_called(self):
        self.partner.phone = False
        response = self._book(self._at(11, 9), loan_way="phone")
        self.assertEqual(response.status_code, 422)
        self.assertIn("We do not know your number", self._main(response))

    def test_the_call_opens_for_who_booked_it(self):
        self._book(self._at(11, 9))
        page = html.fromstring(self._get(f"/my/appointment/{self._events().id}").text)
        join = page.xpath("//a[normalize-space()='Join the video call']/@href")[0]
        opened = self._get(join, allow_redirects=False)
        self.assertIn("/chat/", opened.headers["Location"])

    def test_an_applicant_without_a_profile_meets_who_has_the_application(self):
        applicant = self._partner("Hu Die", email="hu.die@example.com")
        lead = self._application("Hu Die", partner_id=applicant.id).with_env(self.env)
        self._be(self._login_of(applicant))
        self._book(self._at(11, 9))
        event = self._events(applicant)
        self.assertEqual((event.user_id, event.opportunity_id), (lead.user_id, lead))

    # ------------------------------------------------------------ moved and canceled

    def test_it_is_moved_and_canceled_until_hours_before(self):
        self._book(self._at(11, 9))
        event = self._events()
        self.assertIn("It is moved", self._main(self._change(event, "move", slot=self._at(12, 14))))
        self.assertEqual(str(event.start), "2026-03-12 06:00:00")
        self.assertTrue(self._new_mails)
        self.assertIn(self._at(11, 9), self._free())
        with self._days_later(2, "11:00"):
            self._be(self.borrower)
            for deed in ("cancel", "move"):
                response = self._change(event, deed, slot=self._at(13, 9))
                self.assertEqual(response.status_code, 422)
                self.assertIn("too late to change", self._main(response))
        self.assertTrue(event.active)
        self._be(self.borrower)
        self.assertIn("It is canceled", self._main(self._change(event, "cancel")))
        self.assertFalse(event.active)
        self.assertTrue(self._new_mails.filtered(lambda mail: self.manager.partner_id in mail.recipient_ids))
        self.assertIn(self._at(12, 14), self._free())
        self.assertEqual(self._get(f"/my/appointment/{event.id}").status_code, 404)

    def test_two_are_to_come_at_most(self):
        self._book(self._at(11, 9))
        self._book(self._at(12, 9))
        response = self._book(self._at(13, 9))
        self.assertEqual(response.status_code, 422)
        self.assertIn("You have two appointments to come", self._main(response))
        self.assertEqual(self._field(response, "slot"), self._at(13, 9))

    def test_who_is_forgotten_leaves_no_appointment_behind(self):
        self._book(self._at(11, 9))
        self._book(self._at(12, 9))
        event = self._events()[0]
        self._change(event, "cancel")
        meetings = self.env["calendar.event"].with_context(active_test=False)
        mine = [("loan_partner_id", "=", self.partner.id)]
        self.assertEqual(meetings.search_count(mine), 2)
        self.customer._forget(complete=False)
        self.assertFalse(meetings.search_count(mine))

    # ------------------------------------------------------------ who tries

    def test_p46_a_time_that_is_not_offered_is_not_booked(self):
        for slot in (
            self._at(9, 9),  # past
            self._at(10, 11),  # too soon
            self._at(11, 3),  # at night
            self._at(14, 10),  # a weekend
            self._at(31, 9),  # too far
            self._at(11, 9, 7),  # beside the grid
            "",
            "-1",
            "0",
            "1e9",
            "９",
            "9" * 9,
            "9" * 30,
            "<b>",
            "2026-03-11 09:00",
            "1;DROP TABLE x",
        ):
            with self.subTest(slot=slot):
                self.assertEqual(self._book(slot).status_code, 422)
        for name in ("loan_way", "loan_topic"):
            for value in ("", "carrier", "<script>"):
                with self.subTest(name=name, value=value):
                    response = self._book(self._at(11, 9), **{name: value})
                    self.assertEqual(response.status_code, 422)
        self.assertFalse(self._events())

    def test_p47_another_manager_another_lender_and_fields_of_the_calendar_are_not_read(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertEqual(self._book(self._at(11, 9), lender=str(other.id)).status_code, 404)
        self._book(
            self._at(11, 9),
            user_id=str(self.stranger.id),
            partner_ids=str(self.stranger.partner_id.id),
            name="<b>Mine</b>",
            duration="8",
            stop="2026-03-11 20:00:00",
            privacy="public",
        )
        event = self._events()
        self.assertEqual((event.user_id, event.duration, event.privacy), (self.manager, 0.5, "private"))
        self.assertNotIn("Mine", event.name)

    def test_p48_an_appointment_of_somebody_else_is_not_there(self):
        self._book(self._at(11, 9))
        theirs = self._events()
        staff = self.env["calendar.event"].create(
            {
                "name": "Board",
                "start": "2026-03-11 02:00:00",
                "stop": "2026-03-11 03:00:00",
                "user_id": self.manager.id,
            }
        )
        invited = self.env["calendar.event"].create(
            {
                "name": "By us",
                "start": "2026-03-12 02:00:00",
                "stop": "2026-03-12 03:00:00",
                "user_id": self.manager.id,
                "partner_ids": [Command.set(self.other.partner_id.ids)],
            }
        )
        nothing = self._nothing()
        self._be(self._login_of(self.other.partner_id))
        token = self._field(self._get("/my/appointment"), "csrf_token")
        for event in (theirs, staff, invited):
            for deed in ("", "/move", "/cancel"):
                path = f"/my/appointment/{event.id}{deed}"
                data = {"csrf_token": token, "slot": self._at(13, 9)} if deed else None
                with self.subTest(event=event.name, deed=deed):
                    response = self._get(path, data=data)
                    self.assertEqual(response.status_code, 404)
                    self.assertEqual(self._main(response), nothing)
        for typed in ("0", "-1", "１", f"0{theirs.id}", f"{theirs.id}%00", "x", "9" * 12):
            self.assertEqual(self._get(f"/my/appointment/{typed}").status_code, 404, typed)
        self.assertNotIn(theirs.access_token, self._get("/my/appointment").text)
        self.assertEqual((str(theirs.start), theirs.active), ("2026-03-11 01:00:00", True))
        self._be(self.manager)
        self.assertEqual(self._get(f"/my/appointment/{theirs.id}").status_code, 404)

    def test_p48_a_form_from_elsewhere_books_and_cancels_nothing(self):
        self._book(self._at(11, 9))
        event = self._events()
        for path, data in (
            (
                "/my/appointment",
                {"lender": str(self.company.id), "loan_way": "video", "slot": self._at(12, 9)},
            ),
            (f"/my/appointment/{event.id}/cancel", {}),
            (f"/my/appointment/{event.id}/move", {"slot": self._at(12, 9)}),
        ):
            with self.subTest(path=path):
                self.assertEqual(self._get(path, data={**data, "csrf_token": "no"}).status_code, 400)
        self.assertEqual((len(self._events()), event.active, event.start.day), (1, True, 11))

    def test_p49_a_flood_of_moves_is_stopped(self):
        self.company.loan_posts_per_hour = 4
        self._book(self._at(11, 9))
        event = self._events()
        statuses = [
            self._change(event, "move", slot=self._at(12, hour)).status_code for hour in (9, 10, 11, 14)
        ]
        self.assertEqual(statuses, [200, 200, 200, 429])
        self.assertEqual(event.start.hour, 3)

    def test_a_time_that_is_taken_meanwhile_is_told_and_what_was_chosen_stays(self):
        events = type(self.env["calendar.event"])
        with patch.object(events, "_loan_busy", lambda *args, **kwargs: []):
            self._book(self._at(11, 9))
            self._be(self._login_of(self.other.partner_id))
            response = self._book(self._at(11, 9), loan_topic="sign")
        self.assertEqual(response.status_code, 422)
        self.assertIn("not free any more", self._main(response))
        self.assertEqual(self._field(response, "loan_topic"), "sign")
        self.assertFalse(self._events(self.other.partner_id))


@tagged("post_install", "-at_install", "loan")
class TestLoanAppointmentRace(TransactionCase):
    """Two borrowers book one time at once, in real transactions; what they wrote is taken away again."""

    def setUp(self):
        super().setUp()
        self.db = Registry(self.env.cr.dbname)
        self.start = fields.Datetime.now().replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(
            days=400
        )
        self.addCleanup(self._forget)

    def _forget(self):
        with self.db.cursor() as cr:
            cr.execute(
                SQL(
                    "DELETE FROM calendar_event WHERE name = 'Race' AND start >= %s",
                    self.start - timedelta(1),
                )
            )

    def _book(self, offset, barrier, outcomes):
        """Book at a time that overlaps the other's."""
        with self.db.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"no_mail_to_attendees": True, "dont_notify": True})
            barrier.wait(20)

            def act():
                event = env["calendar.event"].create(
                    {
                        "name": "Race",
                        "start": self.start + timedelta(minutes=offset),
                        "stop": self.start + timedelta(minutes=offset + 30),
                        "user_id": SUPERUSER_ID,
                        "loan_way": "phone",
                    }
                )
                event.flush_recordset()

            try:
                retrying(act, env)
                outcomes.append("booked")
            except Exception as refused:
                cause = refused.__cause__ or refused
                outcomes.append("taken" if isinstance(cause, ExclusionViolation) else repr(refused))

    def test_of_two_at_once_one_gets_it(self):
        for offset in (0, 15):
            self._forget()
            barrier, outcomes = Barrier(2), []
            threads = [Thread(target=self._book, args=(each, barrier, outcomes)) for each in (0, offset)]
            with mute_logger("odoo.sql_db", "odoo.service.model"):
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(40)
            with self.subTest(offset=offset):
                self.assertEqual(sorted(outcomes), ["booked", "taken"])
