from datetime import timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import email_split, format_date

from odoo.addons.base.models.res_partner import _tz_get

from ..core import workload
from ..core.letters import Pretended

# Who can open a reminder round.
_ROUND_READERS = tuple(
    f"loan_crm.loan_crm_group_{role}" for role in ("team_lead", "compliance", "administrator")
)


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "loan.case.company.mixin"]

    loan_tz = fields.Selection(
        _tz_get,
        "Lender's Time Zone",
        default=lambda self: self.env.user.tz or "UTC",
        required=True,
        help="Tells which day “today” is: for due dates, days past due, cover and reminders.",
    )
    loan_payment_instructions = fields.Text(
        "How to Pay",
        translate=True,
        help="Printed in each reminder. A product may have its own.",
    )
    loan_calendar_id = fields.Many2one(
        "loan.calendar",
        "Business Calendar",
        check_company=True,
        ondelete="restrict",
        help="Tells on which days the lender is open: weekends, holidays and make-up working days.",
    )
    # The days that running loans follow by now, as `loan.calendar._as_applied` tells them.
    loan_calendar_applied = fields.Json(copy=False, groups="base.group_system")
    loan_reminder_policy_id = fields.Many2one(
        "loan.reminder.policy",
        "Default Reminder Policy",
        check_company=True,
        ondelete="restrict",
        help="Used for loans whose product and contract name no policy of their own.",
    )
    loan_reminder_hour = fields.Integer(
        "Letters Leave From",
        default=9,
        help="The hour of the lender's day (0 to 23) from which the reminder round may run.",
    )
    loan_quiet_from = fields.Float(
        "Quiet From", default=22.0, help="From this hour of the borrower's own day nobody is written to."
    )
    loan_quiet_to = fields.Float("Quiet Until", default=8.0)
    loan_contact_days = fields.Selection(
        [("any", "On Any Day"), ("business", "On Business Days Only")],
        "Borrowers Are Written To",
        required=True,
        default="business",
        help="By the business calendar of the lender, or the one of the customer. A reminder that would fall on "
        "another day comes on the business day before, one after the due date on the business day after.",
    )
    loan_contacts_per_day = fields.Integer(
        "Contacts a Day",
        default=2,
        help="Mails, text messages and logged calls to one person, whoever they come from. 0: no limit.",
    )
    loan_contacts_per_week = fields.Integer(
        "Contacts in 7 Days", default=5, help="As above, over any seven days. 0: no limit."
    )
    loan_letter_route = fields.Selection(
        [("auto", "As fast as this server allows"), ("safe", "Always through Odoo's own steps")],
        "How Letters Are Filed",
        required=True,
        default="auto",
    )
    loan_reminders_per_day = fields.Integer(
        "Letters a Day at Most",
        default=0,
        help="Reminders of one day over this number wait for the next. 0: no limit.",
    )
    loan_unusual_factor = fields.Float(
        "Unusually Many",
        default=3.0,
        help="A round that would remind so many times the usual number waits until a person has looked. 0: never.",
    )
    loan_reminders_paused = fields.Boolean("Reminders Are Paused", copy=False)
    loan_reminders_paused_note = fields.Char("Paused Because", copy=False)
    loan_reminders_paused_until = fields.Date(
        "Paused Until",
        copy=False,
        help="The last day of the pause; on the day after, reminders go on by themselves. Empty: until somebody "
        "lets them.",
    )
    loan_paused_told = fields.Char("Pause in Words", compute="_compute_loan_paused_told")
    loan_reminder_user_id = fields.Many2one(
        "res.users",
        "Reminder Trouble Goes To",
        domain=lambda self: self._loan_round_readers_domain("id"),
        ondelete="set null",
        help="Gets a to-do when a reminder could not be written or delivered.",
    )

    loan_promise_max_days = fields.Integer(
        "Promises Reach",
        default=30,
        help="So many days ahead a borrower may promise to pay.",
    )
    loan_promise_grace_days = fields.Integer(
        "Money Travels",
        default=1,
        help="So many days after the day promised money still counts, and reminders stay held.",
    )

    _loan_promise_max_days_sane = models.Constraint(
        "CHECK (loan_promise_max_days BETWEEN 1 AND 365)", "A promise may reach 1 to 365 days ahead."
    )
    _loan_promise_grace_days_sane = models.Constraint(
        "CHECK (loan_promise_grace_days BETWEEN 0 AND 30)", "Money that was promised may travel 0 to 30 days."
    )
    loan_link_days = fields.Integer(
        "Links Open For",
        default=45,
        help="How many days the links of a letter open the borrower's page.",
    )
    loan_hardship_answer_days = fields.Integer(
        "Hardship Answered Within",
        default=2,
        help="Within how many working days a borrower who asks for help is called.",
    )
    loan_hardship_hold_days = fields.Integer(
        "Reminders Silent For",
        default=14,
        help="How many days no reminder is written after a borrower has asked for help, unless it is decided before.",
    )
    loan_renewal_days = fields.Integer(
        "Renewals Opened",
        default=60,
        help="So many days before a loan ends an application for the next one is opened. 0: none is.",
    )
    loan_renewal_on_time = fields.Integer(
        "Paid in Time",
        default=90,
        help="Percent of what fell due within a year that a borrower has paid in time to be offered a renewal.",
    )

    _loan_renewal_in_bounds = models.Constraint(
        "CHECK (loan_renewal_days BETWEEN 0 AND 366 AND loan_renewal_on_time BETWEEN 0 AND 100)",
        "Renewals are opened within a year before a loan ends, and a share lies between 0 and 100 percent.",
    )

    loan_retention_years = fields.Integer(
        "Keep Loan Records For",
        default=10,
        help="So many years after the last loan of a customer was repaid. Laws against money laundering and on books "
        "ask for it: five years in the European Union, ten in China, other times elsewhere. The lender decides.",
    )

    loan_log_years = fields.Integer(
        "Keep the Access Log For",
        default=10,
        required=True,
        help="So many years entries of the access log stay, at least, before compliance may purge them.",
    )
    loan_log_emails = fields.Char(
        "Seals To",
        help="Addresses, separated by commas, to which the seals of the access log are sent each day.",
    )
    loan_log_busy = fields.Integer(
        "Usual Customers an Hour",
        default=40,
        required=True,
        help="Who sees more confidential customers in an hour stands out. 0: nobody does.",
    )
    loan_log_refusals = fields.Integer(
        "Usual Refusals a Day",
        default=5,
        required=True,
        help="Who is refused confidential records more often in a day stands out. 0: nobody does.",
    )

    loan_emergency_minutes = fields.Integer(
        "Emergency Usually Open For",
        default=60,
        required=True,
        help="Minutes for which an emergency opens a customer, unless the person says otherwise.",
    )
    loan_emergency_minutes_max = fields.Integer(
        "Emergency Open at Most", default=240, required=True, help="In minutes; never more than 240."
    )
    loan_emergency_reason = fields.Integer(
        "Shortest Reason of an Emergency", default=30, required=True, help="In characters, spaces aside."
    )
    loan_emergency_per_day = fields.Integer(
        "Emergencies a Day",
        default=3,
        required=True,
        help="So often a person may try in a day, whether anything is opened or not. 0: nobody may.",
    )
    loan_emergency_review_days = fields.Integer(
        "Emergency Reviewed Within",
        default=1,
        required=True,
        help="Within so many working days somebody of compliance reviews it; then all of them are told.",
    )

    _loan_emergency_sane = models.Constraint(
        "CHECK (loan_emergency_minutes BETWEEN 1 AND loan_emergency_minutes_max "
        "AND loan_emergency_minutes_max <= 240 AND loan_emergency_reason BETWEEN 10 AND 500 "
        "AND loan_emergency_per_day BETWEEN 0 AND 20 AND loan_emergency_review_days BETWEEN 0 AND 30)",
        "An emergency is open for at most 240 minutes, with a reason of 10 to 500 characters, at most 20 times a "
        "day, and reviewed within 30 days.",
    )
    _loan_log_sane = models.Constraint(
        "CHECK (loan_log_years BETWEEN 1 AND 100 AND loan_log_busy BETWEEN 0 AND 100000 "
        "AND loan_log_refusals BETWEEN 0 AND 100000)",
        "The access log is kept for 1 to 100 years; what is usual cannot be negative.",
    )
    _loan_retention_years_sane = models.Constraint(
        "CHECK (loan_retention_years BETWEEN 0 AND 100)", "Loan records are kept for 0 to 100 years."
    )
    _loan_link_days_of_a_year = models.Constraint(
        "CHECK (loan_link_days BETWEEN 1 AND 366)", "A link opens the borrower's page for 1 to 366 days."
    )
    _loan_hardship_days_in_bounds = models.Constraint(
        "CHECK (loan_hardship_answer_days BETWEEN 0 AND 30 AND loan_hardship_hold_days BETWEEN 0 AND 366)",
        "A hardship request is answered within 30 working days, and reminders are silent for 366 days at most.",
    )
    _loan_reminder_hour_of_a_day = models.Constraint(
        "CHECK (loan_reminder_hour BETWEEN 0 AND 23)", "The hour must lie between 0 and 23."
    )

    _loan_quiet_hours_of_a_day = models.Constraint(
        "CHECK (loan_quiet_from BETWEEN 0 AND 24 AND loan_quiet_to BETWEEN 0 AND 24)",
        "Quiet hours lie between 0:00 and 24:00.",
    )
    _loan_limits_sensible = models.Constraint(
        "CHECK (loan_contacts_per_day >= 0 AND loan_contacts_per_week >= 0 AND loan_reminders_per_day >= 0 "
        "AND loan_unusual_factor >= 0 AND loan_unusual_factor <> 'NaN')",
        "Limits cannot be negative.",
    )

    loan_weight_customer = fields.Float("Points of a Customer", digits=(16, 1), default=1.0)
    loan_weight_loan = fields.Float("Points of a Running Loan", digits=(16, 1), default=1.0)
    loan_weight_late = fields.Float("Points of a Late Loan", digits=(16, 1), default=3.0, help="On top.")
    loan_weight_case = fields.Float("Points of an Open Case", digits=(16, 1), default=4.0)
    loan_weight_vip = fields.Float("Points of a VIP Customer", digits=(16, 1), default=5.0, help="On top.")
    loan_weight_promise = fields.Float("Points of an Overdue Promise", digits=(16, 1), default=2.0)
    loan_weight_ours = fields.Float(
        "Points of a Promise of Ours That Is Overdue", digits=(16, 1), default=2.0
    )
    loan_load_ceiling = fields.Float(
        "Usual Ceiling",
        digits=(16, 1),
        default=100.0,
        help="So many load points a manager can carry whose desk says nothing else.",
    )
    loan_vip_slots = fields.Integer(
        "Usual VIP Slots", default=5, help="So many VIP customers a manager can look after, likewise."
    )
    loan_away_days = fields.Integer(
        "Away for Long From",
        default=5,
        help="Who is away for so many days, now or from a day within as many, is not proposed for new customers.",
    )
    loan_team_id = fields.Many2one(
        "crm.team",
        "New Borrowers Go To",
        ondelete="set null",
        domain="[('company_id', 'in', (id, False))]",
        help="The team of borrowers who come without a manager and without a team, from an import for instance.",
    )

    _loan_weights_sensible = models.Constraint(
        "CHECK (loan_weight_customer BETWEEN 0 AND 1000 AND loan_weight_loan BETWEEN 0 AND 1000 "
        "AND loan_weight_late BETWEEN 0 AND 1000 AND loan_weight_case BETWEEN 0 AND 1000 "
        "AND loan_weight_vip BETWEEN 0 AND 1000 AND loan_weight_promise BETWEEN 0 AND 1000 "
        "AND loan_weight_ours BETWEEN 0 AND 1000)",
        "Each weighs 0 to 1000 points.",
    )
    _loan_load_sensible = models.Constraint(
        "CHECK (loan_load_ceiling BETWEEN 0 AND 100000 AND loan_vip_slots BETWEEN 0 AND 10000 "
        "AND loan_away_days BETWEEN 0 AND 366)",
        "The ceiling, the VIP slots and the days of absence cannot be negative or that large.",
    )

    loan_survey_on = fields.Boolean(
        "Customers Are Asked How It Was",
        copy=False,
        help="By the survey rules. Without it nobody is asked, whatever the rules say.",
    )
    loan_survey_interval = fields.Integer(
        "Days between Surveys",
        default=60,
        help="Nobody is asked again within so many days, whatever survey it is. 0: no limit.",
    )
    loan_survey_per_year = fields.Integer(
        "Surveys a Year",
        default=4,
        help="Nobody is asked more often within any 365 days. 0: nobody is asked.",
    )
    loan_survey_sample = fields.Integer(
        "Least Answers of a Figure",
        default=5,
        help="Of fewer answers no mean is told, only how many they are: three opinions are no figure.",
    )
    loan_survey_low = fields.Integer(
        "Unhappy Below",
        default=60,
        help="Percent of satisfaction below which somebody calls. Of a survey without one: 6 of 10 or less for "
        "recommending us.",
    )

    _loan_survey_sane = models.Constraint(
        "CHECK (loan_survey_interval BETWEEN 0 AND 365 AND loan_survey_per_year BETWEEN 0 AND 50 "
        "AND loan_survey_sample BETWEEN 1 AND 1000 AND loan_survey_low BETWEEN 0 AND 100)",
        "Between surveys lie 0 to 365 days, at most 50 are sent a year, a figure is of 1 to 1000 answers, and who is "
        "unhappy lies below 0 to 100 percent.",
    )

    @api.model
    def _loan_round_readers_domain(self, company):
        """Return who may be given trouble with reminders: people who can open the round it is told on.

        :param str company: the name by which a form knows the company
        :return: a domain in the words of a form
        """
        groups = [self.env.ref(group, raise_if_not_found=False) for group in _ROUND_READERS]
        ids = [group.id for group in groups if group]
        return f"[('share', '=', False), ('all_group_ids', 'in', {ids}), ('company_ids', 'in', {company})]"

    @api.constrains("loan_calendar_id")
    def _check_loan_calendar(self):
        # As superuser: a calendar hidden from whoever asks is another company's all the same.
        for company in self.sudo():
            calendar = company.loan_calendar_id
            if calendar.company_id not in (company, self.env["res.company"]):
                raise ValidationError(
                    self.env._(
                        "The calendar %(calendar)s belongs to another company than %(company)s.",
                        calendar=calendar.name,
                        company=company.name,
                    )
                )

    @api.constrains("loan_reminder_user_id")
    def _check_loan_reminder_user(self):
        for company in self:
            user_sudo = company.loan_reminder_user_id.sudo()  # for whom a colleague works is theirs to read
            if user_sudo and not (
                company in user_sudo.company_ids
                and any(user_sudo.has_group(group) for group in _ROUND_READERS)
            ):
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot open the reminder rounds of %(company)s. Choose a team lead, a compliance "
                        "officer or an administrator of Loan CRM who works for that company.",
                        user=user_sudo.name,
                        company=company.name,
                    )
                )

    def _loan_weights(self):
        """Return how many load points each thing weighs, :class:`core.workload.Weights`."""
        self.ensure_one()
        return workload.Weights(
            *(Decimal(str(round(self[f"loan_weight_{factor}"], 4))) for factor in workload.FACTORS)
        )

    @api.constrains("loan_team_id")
    def _check_loan_team(self):
        # As superuser: a team hidden from whoever asks is another company's all the same.
        for company in self.sudo():
            if company.loan_team_id.company_id not in (company, self.env["res.company"]):
                raise ValidationError(
                    self.env._(
                        "The team %(team)s belongs to another company than %(company)s.",
                        team=company.loan_team_id.name,
                        company=company.name,
                    )
                )

    def _loan_now(self):
        """Return the present moment on the lender's clock, an aware :class:`datetime.datetime`."""
        self.ensure_one()
        # `fields.Datetime.now` and not the database: a test that travels in time takes this with it.
        return fields.Datetime.now().replace(tzinfo=timezone.utc).astimezone(ZoneInfo(self.loan_tz or "UTC"))

    def _loan_today(self):
        """Return the lender's day, a :class:`datetime.date`. Read once at the edge, then handed on."""
        pretended = self.env.context.get("loan_pretended")
        return pretended.day if isinstance(pretended, Pretended) else self._loan_now().date()

    def _loan_reminders_are_paused(self, today):
        """Tell whether no reminder is written on a day, because a person said so.

        :param date today: the lender's day
        """
        self.ensure_one()
        until = self.loan_reminders_paused_until
        return self.loan_reminders_paused and not (until and until < today)

    @api.depends("loan_reminders_paused", "loan_reminders_paused_note", "loan_reminders_paused_until")
    @api.depends_context("lang")
    def _compute_loan_paused_told(self):
        for company in self:
            if not company._loan_reminders_are_paused(company._loan_today()):
                company.loan_paused_told = False
                continue
            reason = company.loan_reminders_paused_note or self.env._("no reason was given")
            if company.loan_reminders_paused_until:
                company.loan_paused_told = self.env._(
                    "Reminders are paused to %(day)s: %(reason)s",
                    day=format_date(self.env, company.loan_reminders_paused_until),
                    reason=reason,
                )
            else:
                company.loan_paused_told = self.env._(
                    "Reminders are paused until somebody lets them go on: %s", reason
                )

    def _loan_check_may_steer_reminders(self):
        """Refuse who may not stop a lender's reminders or let them go on."""
        if not any(
            self.env.user.has_group(f"loan_crm.loan_crm_group_{role}")
            for role in ("team_lead", "administrator")
        ):
            raise AccessError(
                self.env._(
                    "Reminders are paused and let go on by a team lead or an administrator of Loan CRM."
                )
            )
        if self - self.env.companies:
            raise AccessError(self.env._("You do not work for this company at the moment."))

    def _loan_pause_reminders(self, reason, until=None):
        """Let no reminder be written any more, on record; what is queued is held when it is about to leave.

        :param str reason: told with every reminder that is held
        :param date until: the last day of the pause; None until somebody lets them go on
        """
        self.ensure_one()
        self._loan_check_may_steer_reminders()
        # As superuser: settings are written by administrators of Odoo, the pause by its own verb.
        self.sudo().write(
            {
                "loan_reminders_paused": True,
                "loan_reminders_paused_note": reason,
                "loan_reminders_paused_until": until,
            }
        )
        if until:
            told = self.env._(
                "Reminders paused to %(day)s: %(reason)s", day=format_date(self.env, until), reason=reason
            )
        else:
            told = self.env._("Reminders paused: %s", reason)
        self._loan_tell_round(told)

    def _loan_resume_reminders(self):
        """Let reminders be written again, on record, and the round look at once at what was held."""
        self.ensure_one()
        self._loan_check_may_steer_reminders()
        if not self.loan_reminders_paused:
            return
        # As superuser: as above.
        self.sudo().write(
            {
                "loan_reminders_paused": False,
                "loan_reminders_paused_note": False,
                "loan_reminders_paused_until": False,
            }
        )
        self._loan_tell_round(self.env._("Reminders go on."))
        # As superuser: waking the round shows nothing.
        self.env.ref("loan_crm.ir_cron_remind").sudo()._trigger()

    def _loan_tell_round(self, told):
        # As superuser: who steers reminders writes on the round, which nobody writes; the author stays the person.
        day_sudo = self.env["loan.reminder.round"].sudo()._of_day(self, self._loan_today())
        day_sudo._message_log(body=told, author_id=self.env.user.partner_id.id)

    @api.model
    def _loan_start_with_standard_policy(self):
        """Give companies without a default policy the one the app brings, so that nobody begins in silence."""
        policy = self.env.ref("loan_crm.loan_reminder_policy_standard", raise_if_not_found=False)
        self.search([("loan_reminder_policy_id", "=", False)]).loan_reminder_policy_id = policy

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._loan_start_with_standard_policy()
        return companies

    def _loan_log_addresses(self):
        """Return the addresses the seals of the access log are sent to."""
        self.ensure_one()
        return email_split(self.loan_log_emails or "")
