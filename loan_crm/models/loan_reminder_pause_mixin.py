from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date


class LoanReminderPauseMixin(models.AbstractModel):
    """A lender's reminders, paused by a person with a reason, until a person or the day after the last one.

    A new lender begins in a pause that nobody gave a reason for: its first letter leaves when somebody has looked at
    what would be written, and has switched reminders on.
    """

    _name = "loan.reminder.pause.mixin"
    _description = "Reminders: Their Pause"

    loan_reminders_paused = fields.Boolean("Reminders Are Paused", default=True, copy=False)
    loan_reminders_paused_note = fields.Char("Paused Because", copy=False)
    loan_reminders_paused_until = fields.Date(
        "Paused Until",
        copy=False,
        help="The last day of the pause; on the day after, reminders go on by themselves. Empty: until somebody "
        "lets them.",
    )
    loan_paused_told = fields.Char("Pause in Words", compute="_compute_loan_paused_told")

    def _loan_reminders_are_paused(self, today):
        """Tell whether no reminder is written on a day, because a person said so.

        :param date today: the lender's day
        """
        self.ensure_one()
        until = self.loan_reminders_paused_until
        return self.loan_reminders_paused and not (until and until < today)

    def _loan_reminders_never_began(self):
        """Tell whether nobody has switched reminders on yet; whoever pauses them later says why."""
        self.ensure_one()
        return self.loan_reminders_paused and not self.loan_reminders_paused_note

    @api.depends("loan_reminders_paused", "loan_reminders_paused_note", "loan_reminders_paused_until")
    @api.depends_context("lang")
    def _compute_loan_paused_told(self):
        for company in self:
            if not company._loan_reminders_are_paused(company._loan_today()):
                company.loan_paused_told = False
                continue
            if company._loan_reminders_never_began():
                company.loan_paused_told = self.env._(
                    "Reminders have not been switched on yet: nobody is written to."
                )
                continue
            reason = company.loan_reminders_paused_note
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
        :raise UserError: before they were switched on for the first time, or a day would do that
        """
        self.ensure_one()
        self._loan_check_may_steer_reminders()
        if self._loan_reminders_never_began():
            raise UserError(self.env._("Reminders have not been switched on yet: nobody is written to."))
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
        """Let reminders be written again, on record, and the round look at once at what was held.

        :raise UserError: for the first time, before somebody has looked at what would be written
        """
        self.ensure_one()
        self._loan_check_may_steer_reminders()
        if not self.loan_reminders_paused:
            return
        began = not self._loan_reminders_never_began()
        if not began and not self.loan_tried_on:
            raise UserError(
                self.env._(
                    "Nobody has looked yet at what would be written. Press “What Would Be Written Today?” first."
                )
            )
        # As superuser: as above.
        self.sudo().write(
            {
                "loan_reminders_paused": False,
                "loan_reminders_paused_note": False,
                "loan_reminders_paused_until": False,
            }
        )
        self._loan_tell_round(
            self.env._("Reminders go on.") if began else self.env._("Reminders were switched on.")
        )
        # As superuser: waking the round shows nothing.
        self.env.ref("loan_crm.ir_cron_remind").sudo()._trigger()

    def _loan_tell_round(self, told):
        # As superuser: who steers reminders writes on the round, which nobody writes; the author stays the person.
        day_sudo = self.env["loan.reminder.round"].sudo()._of_day(self, self._loan_today())
        day_sudo._message_log(body=told, author_id=self.env.user.partner_id.id)
