from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date


class LoanReminderPauseMixin(models.AbstractModel):
    """A lender's reminders, paused by a person with a reason, until a person or the day after the last one."""

    _name = "loan.reminder.pause.mixin"
    _description = "Reminders: Their Pause"

    loan_reminders_paused = fields.Boolean("Reminders Are Paused", copy=False)
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
