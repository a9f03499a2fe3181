from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_name
from markupsafe import Markup
from psycopg2.errors import ExclusionViolation

from odoo import Command, api, fields, models
from odoo.fields import Domain
from odoo.tools import babel_locale_parse, format_time, get_lang, mute_logger

from ..core import callbacks
from ..core.labels import as_sentences

_OPEN_AT_MOST = 2  # appointments to come of one person with one lender
_ALARMS = ("calendar.alarm_mail_1", "calendar.alarm_notif_1")


class LoanPortalSlotMixin(models.AbstractModel):
    """Appointments that borrowers book: at the hours at which their manager, or who stands in, is there and free."""

    _name = "loan.portal.slot.mixin"
    _description = "Appointments on the Portal"

    @api.model
    def _slots(self, desk, besides=None):
        """Return which appointments are to be had, `{core.callbacks.Span: res.users}`, in order.

        :param desk: see `_desks`
        :param besides: `calendar.event` that is to be moved
        """
        company = desk.company
        now = self.env["loan.case"]._aware(fields.Datetime.now())
        first = now + timedelta(hours=company.loan_slot_lead_hours)
        last = now + timedelta(days=company.loan_slot_days)
        hours, events = desk.partner.env["loan.hours"], desk.partner.env["calendar.event"]
        found = {}
        for user, working in hours._line(company, desk.customer, desk.lead, company.loan_slot_days + 1):
            busy = events._loan_busy(user.partner_id | desk.partner, first, last, besides)
            for span in callbacks.free(working.spans, busy, company.loan_slot_minutes, first, last):
                found.setdefault(span, user)
        return dict(sorted(found.items()))

    @api.model
    def _appointments(self):
        """Return the appointments to come of whoever is logged in, the next one first, and who they are.

        :return: (`calendar.event`, `res.partner`)
        """
        me = self._me()
        events = me.env["calendar.event"]
        if not me or not me.active:
            return events, me
        found = events.search(self._appointment_domain(me), order="start, id").with_context(
            lang=self.env.lang
        )
        return found, me

    @api.model
    def _appointment_domain(self, me):
        return (
            Domain("loan_partner_id", "=", me.id)
            & Domain("loan_way", "!=", False)
            & Domain("stop", ">", fields.Datetime.now())
            & Domain("loan_company_id", "in", self.env.user.company_ids.ids)
        )

    @api.model
    def _appointment(self, typed):
        """Return the appointment to come that an address names, empty where it names none of theirs.

        :param str typed: as it came
        """
        number = self._number(typed)
        return self._appointments()[0].filtered(lambda event: event.id == number)

    # ------------------------------------------------------------ deeds

    @api.model
    def _book(self, desk, way, topic, start):
        """Book an appointment.

        :param desk: see `_desks`
        :param str way: one of those of `calendar.event.loan_way`
        :param str topic: likewise
        :param datetime start: aware
        :return: (`calendar.event`, why not): "taken" where it is not to be had, "open" where two are to come already
        """
        span, user = self._chosen(desk, start)
        mine, me = self._appointments()
        events = me.env["calendar.event"]
        if len(mine.filtered(lambda event: event.loan_company_id == desk.company)) >= _OPEN_AT_MOST:
            return events, "open"
        if not span:
            return events, "taken"
        vals = self._prepare_appointment_vals(desk, way, topic, span, user)
        # Neither names nor numbers go into what is sent out with it.
        events = events.with_context(lang=self.env.lang, skip_contact_description=True)
        try:
            with mute_logger("odoo.sql_db"), me.env.cr.savepoint():
                event = events.create(vals)
                event.flush_recordset()
        except ExclusionViolation:
            return events, "taken"
        event.attendee_ids.filtered(lambda attendee: attendee.partner_id == me).state = "accepted"
        self._note_appointment(
            desk, user, lambda env: env._("Booked on the portal: %s", self._told_to(env, event))
        )
        return event, None

    @api.model
    def _chosen(self, desk, start, besides=None):
        """Return (span, user) of the appointment to be had that begins then, (None, None) where there is none."""
        found = ((span, user) for span, user in self._slots(desk, besides).items() if span.start == start)
        return next(found, (None, None))

    @api.model
    def _prepare_appointment_vals(self, desk, way, topic, span, user):
        company, events = desk.company, desk.partner.env["calendar.event"]
        about = desk.customer or desk.lead
        token = uuid4().hex
        alarms = [desk.partner.env.ref(xmlid, raise_if_not_found=False) for xmlid in _ALARMS]
        vals = {
            "name": self.env._("Appointment"),
            "description": False,
            "start": span.start.replace(tzinfo=None),
            "stop": span.end.replace(tzinfo=None),
            "event_tz": desk.partner.tz or company.loan_tz,
            "user_id": user.id,
            "partner_ids": [Command.set((user.partner_id | desk.partner).ids)],
            "privacy": "private",
            "show_as": "busy",
            "alarm_ids": [Command.set([alarm.id for alarm in alarms if alarm])],
            "res_model_id": events.env["ir.model"]._get(about._name).id,
            "res_id": about.id,
            "opportunity_id": desk.lead.id,
            "loan_way": way,
            "loan_topic": topic,
            "loan_partner_id": desk.partner.id,
            "loan_company_id": company.id,
        }
        if way == "video":
            # In the invitation already, which is written while it is made.
            address = f"{company.get_base_url()}/{events.DISCUSS_ROUTE}/{token}"
            vals |= {"access_token": token, "videocall_location": address}
        elif way == "branch":
            vals["location"] = company.partner_id.contact_address_inline or company.name
        return vals

    @api.model
    def _may_change(self, event):
        """Tell whether there is time enough left to move or cancel an appointment."""
        ahead = timedelta(hours=event.loan_company_id.loan_slot_change_hours)
        return event.start - fields.Datetime.now() >= ahead

    @api.model
    def _move(self, desk, event, start):
        """Move an appointment; who comes is told by the calendar.

        :param desk: see `_desks`
        :param event: `calendar.event` of whoever is logged in
        :param datetime start: aware
        :return: why not, None where it is moved: "late", "taken"
        """
        if not self._may_change(event):
            return "late"
        span, user = self._chosen(desk, start, besides=event)
        if not span:
            return "taken"
        vals = {"start": span.start.replace(tzinfo=None), "stop": span.end.replace(tzinfo=None)}
        if user != event.user_id:
            vals |= {
                "user_id": user.id,
                "partner_ids": [Command.set((user.partner_id | desk.partner).ids)],
            }
        try:
            with mute_logger("odoo.sql_db"), event.env.cr.savepoint():
                event.write(vals)
                event.flush_recordset()
        except ExclusionViolation:
            event.invalidate_recordset()
            return "taken"
        self._note_appointment(
            desk, user, lambda env: env._("Moved on the portal: %s", self._told_to(env, event))
        )
        return None

    @api.model
    def _cancel(self, desk, event):
        """Cancel an appointment, and let who would have come know.

        :param desk: see `_desks`
        :param event: `calendar.event` of whoever is logged in
        :return: why not, None where it is canceled: "late"
        """
        if not self._may_change(event):
            return "late"
        user = event.user_id
        template = event.env.ref("calendar.calendar_template_delete_event", raise_if_not_found=False)
        if template:
            people = event.attendee_ids.filtered("email").partner_id
            template.send_mail(event.id, email_values={"recipient_ids": [Command.set(people.ids)]})
        event.activity_ids.unlink()
        event.active = False
        self._note_appointment(
            desk, user, lambda env: env._("Canceled on the portal: %s", self._told_to(env, event))
        )
        return None

    @api.model
    def _note_appointment(self, desk, user, told):
        """Leave a line in the history of the customer or the application, in the language of who comes.

        :param told: returns the line, of an environment
        """
        about = desk.customer or desk.lead
        reader = about.with_context(lang=user.lang or self.env.lang)
        reader._message_log(body=Markup("<p>%s</p>") % told(reader.env), author_id=desk.partner.id)

    # ------------------------------------------------------------ told

    @api.model
    def _told_to(self, env, event):
        """Return an appointment in one line, as a colleague reads it on the lender's clock."""
        company = event.loan_company_id
        return " · ".join(
            [
                *self._when_told(env, event, ZoneInfo(company.loan_tz or "UTC")),
                self._label(env, "loan_way", event.loan_way),
                self._label(env, "loan_topic", event.loan_topic),
            ]
        )

    @api.model
    def _label(self, env, name, value):
        return dict(self._choices(env, name))[value]

    @api.model
    def _choices(self, env, name):
        return as_sentences(env["calendar.event"]._fields[name]._description_selection(env), env.lang)

    @api.model
    def _when_told(self, env, event, zone):
        """Return the day and the hours of an appointment in words, two texts."""
        aware, cases = self.env["loan.case"]._aware, env["loan.case"]
        start, stop = aware(event.start).astimezone(zone), aware(event.stop).astimezone(zone)
        return [
            cases._day_told(start.date()),
            f"{format_time(env, start.time(), time_format='short')} – "
            f"{format_time(env, stop.time(), time_format='short')}",
        ]

    @api.model
    def _zone_told(self, moment, zone):
        """Return in words what a clock is called: China Standard Time.

        :param datetime moment: aware, at which summer time may hold
        :param ZoneInfo zone:
        """
        locale = babel_locale_parse(get_lang(self.env).code)
        return get_timezone_name(moment.astimezone(zone), width="long", locale=locale)

    @api.model
    def _slot_facts(self, desk, besides=None):
        """Return what a page tells of the appointments to be had at one desk; no record among it.

        :return: a dict: `days` (a list of dicts with `day` and `times`, each of those (value, text)), `zone`
        """
        zone, days = self.env["loan.case"]._zone_of(desk), {}
        cases = self.env["loan.case"]
        spans = self._slots(desk, besides)
        for span in spans:
            start = span.start.astimezone(zone)
            times = days.setdefault(start.date(), [])
            times.append(
                (
                    str(round(span.start.timestamp()) // 60),
                    format_time(self.env, start.time(), time_format="short"),
                )
            )
        moment = next(iter(spans)).start if spans else cases._aware(fields.Datetime.now())
        return {
            "days": [{"day": cases._day_told(day), "times": times} for day, times in days.items()],
            "zone": self.env._("All times are in %s.", self._zone_told(moment, zone)),
            "minutes": self.env._("It takes %s minutes.", desk.company.loan_slot_minutes),
        }

    @api.model
    def _appointment_facts(self, event):
        """Return what a page tells of one appointment; no record among it."""
        company = event.loan_company_id
        zone = ZoneInfo(event.loan_partner_id.tz or company.loan_tz or "UTC")
        day, hours = self._when_told(self.env, event, zone)
        way = event.loan_way
        phone = callbacks.masked(event.loan_partner_id.phone or "")
        return {
            "id": event.id,
            "day": day,
            "hours": hours,
            "zone": self._zone_told(self.env["loan.case"]._aware(event.start), zone),
            "with": self.env._(
                "With %(who)s, %(lender)s", who=event.user_id.name or company.name, lender=company.name
            ),
            "what": f"{self._label(self.env, 'loan_way', way)} · "
            f"{self._label(self.env, 'loan_topic', event.loan_topic)}",
            "where": event.location
            if way == "branch"
            else phone and self.env._("We call you at %s.", phone)
            if way == "phone"
            else "",
            "join": f"/{event.DISCUSS_ROUTE}/{event.access_token}" if way == "video" else "",
            "changes": self._may_change(event),
            "late": self.env._(
                "It can be changed until %s hours before. Please call us.", company.loan_slot_change_hours
            ),
        }
