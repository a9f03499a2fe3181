import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

_AHEAD = 7
# So many failed letters and bounced addresses are shown; the buttons lead to all of them.
_SHOWN = 10


class LoanReminderRoom(models.Model):
    """The control room: one for each lender, on one screen what its reminders did today, do now and will do.

    Nothing is stored. Numbers count the whole book, so an administrator reads them too; whatever names a customer is
    read with the user's own rights.
    """

    _name = "loan.reminder.room"
    _description = "Reminder Control Room"
    _auto = False
    _order = "id"
    _depends = {"res.company": ["loan_tz"]}

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")

    round_id = fields.Many2one(
        "loan.reminder.round", "Today's Round", compute="_compute_round", compute_sudo=True
    )
    waits = fields.Boolean(compute="_compute_round", compute_sudo=True)
    planned_count = fields.Integer("Planned", compute="_compute_round", compute_sudo=True)
    usual_count = fields.Integer("Usually", compute="_compute_round", compute_sudo=True)
    written_count = fields.Integer("Written", compute="_compute_round", compute_sudo=True)
    sent_count = fields.Integer("Sent", compute="_compute_round", compute_sudo=True)
    queued_count = fields.Integer("Waiting to Leave", compute="_compute_round", compute_sudo=True)
    merged_count = fields.Integer("In Another Letter", compute="_compute_round", compute_sudo=True)
    held_count = fields.Integer("Held", compute="_compute_round", compute_sudo=True)
    handed_count = fields.Integer("Tasks Given", compute="_compute_round", compute_sudo=True)
    failed_count = fields.Integer("Failed", compute="_compute_failed_count", compute_sudo=True)
    bounced_count = fields.Integer("Bounced", compute="_compute_bounced_count", compute_sudo=True)
    outcome_ids = fields.One2many("loan.reminder.outcome", string="Outcomes", compute="_compute_outcome_ids")

    paused_told = fields.Char(related="company_id.loan_paused_told", string="Paused")
    never_began = fields.Boolean(compute="_compute_never_began", export_string_translation=False)

    last_run_at = fields.Datetime("Last Run", compute="_compute_heartbeat", compute_sudo=True)
    next_run_at = fields.Datetime("Next Run", compute="_compute_heartbeat", compute_sudo=True)
    round_trouble = fields.Selection(
        [
            ("inactive", "The job is switched off"),
            ("failing", "The job fails"),
            ("late", "The round is late"),
        ],
        compute="_compute_trouble",
        compute_sudo=True,
    )
    mail_next_run_at = fields.Datetime("Mail Leaves Next", compute="_compute_heartbeat", compute_sudo=True)
    mail_late_count = fields.Integer(
        "Waiting for Over Two Hours", compute="_compute_trouble", compute_sudo=True
    )

    week_count = fields.Integer("Next 7 Days", compute="_compute_week", compute_sudo=True)
    week_silent_count = fields.Integer("Of These Silent", compute="_compute_week", compute_sudo=True)
    week_graph = fields.Text("Foreseen", compute="_compute_week", compute_sudo=True)

    sees_customers = fields.Boolean(compute="_compute_sees_customers")
    may_steer = fields.Boolean(compute="_compute_sees_customers")
    failed_ids = fields.One2many("loan.reminder", string="Did Not Leave", compute="_compute_to_mend")
    bounce_ids = fields.One2many(
        "loan.reminder.bounce", string="Bounced Addresses", compute="_compute_to_mend"
    )

    @property
    def _table_query(self):
        return SQL("SELECT id, id AS company_id FROM res_company WHERE loan_tz IS NOT NULL")

    @api.depends("company_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for room in self:
            room.display_name = self.env._("Control Room · %s", room.company_id.name)

    def _compute_round(self):
        rounds = self.env["loan.reminder.round"]
        days = rounds.search(
            Domain.OR(
                Domain("company_id", "=", company.id) & Domain("date", "=", company._loan_today())
                for company in self.company_id
            )
        ).grouped("company_id")
        for room in self:
            day = days.get(room.company_id, rounds)
            room.round_id = day
            room.waits = day.state == "waiting"
            room.planned_count = day.planned_count
            room.usual_count = round(day.usual_count)
            room.sent_count = day.sent_count
            room.queued_count = day.queued_count
            room.written_count = day.sent_count + day.queued_count
            room.merged_count = day.merged_count
            room.held_count = day.held_count
            room.handed_count = day.handed_count

    def _compute_failed_count(self):
        groups = self.env["loan.reminder"]._read_group(
            self._failed_domain(self.company_id), ["company_id"], ["__count"]
        )
        failed = dict(groups)
        for room in self:
            room.failed_count = failed.get(room.company_id, 0)

    def _compute_bounced_count(self):
        groups = self.env["loan.reminder.bounce"]._read_group(
            Domain("company_id", "in", self.company_id.ids) & Domain("state", "=", "open"),
            ["company_id"],
            ["__count"],
        )
        bounced = dict(groups)
        for room in self:
            room.bounced_count = bounced.get(room.company_id, 0)

    @api.model
    def _failed_domain(self, companies):
        """Return the letters that did not leave and may still: what somebody can mend."""
        return Domain.OR(
            Domain("company_id", "=", company.id) & Domain("date_last", ">=", company._loan_today())
            for company in companies
        ) & Domain("state", "in", ("failed", "interrupted"))

    def _compute_outcome_ids(self):
        found = self.env["loan.reminder.outcome"].search([("round_id", "in", self.round_id.ids)])
        groups = found.grouped("round_id")
        for room in self:
            room.outcome_ids = groups.get(room.round_id, found.browse())

    @api.depends("company_id.loan_reminders_paused", "company_id.loan_reminders_paused_note")
    def _compute_never_began(self):
        for room in self:
            room.never_began = room.company_id._loan_reminders_never_began()

    def _compute_heartbeat(self):
        rounds = self.env["loan.reminder.round"]
        last = dict(
            rounds._read_group(
                [("company_id", "in", self.company_id.ids)], ["company_id"], ["last_run_at:max"]
            )
        )
        mail_next = rounds._next_run("mail.ir_cron_mail_scheduler_action")
        for room in self:
            company = room.company_id
            room.last_run_at = last.get(company) or False
            room.next_run_at = rounds._next_round(company)
            room.mail_next_run_at = mail_next

    def _compute_trouble(self):
        rounds = self.env["loan.reminder.round"]
        for room in self:
            room.round_trouble = rounds._trouble_of_round(room.company_id)
            room.mail_late_count = rounds._late_letters(room.company_id)

    def _compute_week(self):
        for room in self:
            company = room.company_id
            today = company._loan_today()
            forecast = self.env["loan.reminder.forecast"].with_context(allowed_company_ids=company.ids)
            counts, silent = {}, 0
            for day, is_silent, count in forecast._read_group(
                [("day", "<", today + timedelta(_AHEAD))], ["day:day", "is_silent"], ["__count"]
            ):
                counts[day] = counts.get(day, 0) + count
                silent += count * is_silent
            room.week_count = sum(counts.values())
            room.week_silent_count = silent
            days = [today + timedelta(number) for number in range(_AHEAD)]
            room.week_graph = json.dumps(
                [
                    {
                        "key": self.env._("Reminders foreseen"),
                        "values": [
                            {
                                "label": format_date(self.env, day, date_format="EEE d"),
                                "value": counts.get(day, 0),
                                "type": "past" if day == today else "future",
                            }
                            for day in days
                        ],
                    }
                ]
            )

    @api.depends_context("uid")
    def _compute_sees_customers(self):
        self.sees_customers = self.env["loan.customer"].has_access("read")
        self.may_steer = any(
            self.env.user.has_group(f"loan_crm.loan_crm_group_{role}")
            for role in ("team_lead", "administrator")
        )

    @api.depends_context("uid")
    def _compute_to_mend(self):
        for room in self:
            room.failed_ids = room.bounce_ids = False
            if room.sees_customers:
                room.failed_ids = self.env["loan.reminder"].search(
                    self._failed_domain(room.company_id), order="date_planned desc, id desc", limit=_SHOWN
                )
                room.bounce_ids = self.env["loan.reminder.bounce"].search(
                    [("company_id", "=", room.company_id.id), ("state", "=", "open")], limit=_SHOWN
                )

    # ------------------------------------------------------------ verbs

    @api.model
    def action_open_room(self):
        """Open the control room of the company one works for, and notice what stands still."""
        self.check_access("read")
        company = self.env.company
        # As superuser: whoever comes in first gives the alarm, whatever their own rights.
        self.env["loan.reminder.round"].sudo()._watch(company)
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_room_action")
        action["res_id"] = company.id
        return action

    def action_release(self):
        """Let the round that waits go on; see `loan.reminder.round`."""
        self.ensure_one()
        self.company_id._loan_check_may_steer_reminders()
        return self.round_id.action_release() if self.round_id else True

    def action_go_on(self):
        """End the pause."""
        self.ensure_one()
        self.check_access("read")
        self.company_id._loan_resume_reminders()
        return True

    def action_pause(self):
        """Open the form that pauses the reminders."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_pause_action")
        action["context"] = {"default_company_id": self.company_id.id}
        return action

    def action_dry_run(self):
        """Tell what would be written today."""
        self.ensure_one()
        self.check_access("read")
        return self.env["loan.reminder.dry.run"].create({"company_id": self.company_id.id}).action_run()

    def action_open_round(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_round_action")
        action.update(res_id=self.round_id.id, views=[(False, "form")])
        return action

    def action_open_reminders(self):
        """Open today's ledger, narrowed as the button says."""
        self.ensure_one()
        return self.round_id.action_open_reminders() if self.round_id else False

    def action_open_failed(self):
        """Open the letters that did not leave and may still."""
        self.ensure_one()
        self._check_sees_customers()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_action")
        action.update(domain=list(self._failed_domain(self.company_id)), context={})
        return action

    def action_open_bounced(self):
        self.ensure_one()
        self._check_sees_customers()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_bounce_action")
        action["domain"] = [("company_id", "=", self.company_id.id), ("state", "=", "open")]
        return action

    def action_open_forecast(self):
        self.ensure_one()
        self._check_sees_customers()
        return self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_reminder_forecast_action")

    def _check_sees_customers(self):
        if not self.env["loan.customer"].has_access("read"):
            raise AccessError(
                self.env._(
                    "The numbers are yours to read; whose they are is for those who look after customers."
                )
            )
