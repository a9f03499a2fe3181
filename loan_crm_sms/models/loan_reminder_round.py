from odoo import api, fields, models
from odoo.fields import Domain


class LoanReminderRound(models.Model):
    _inherit = "loan.reminder.round"

    credit_told = fields.Boolean(
        readonly=True, help="Somebody was told that text messages cannot be paid for."
    )

    @api.model
    def _check_letters(self, company):
        """Try the texts, too; first, as what letters are tried in ends in its commit."""
        self.env["sms.template"]._check_loan_texts_of(company)
        return super()._check_letters(company)

    def _close_run(self):
        """Start the queue of text messages, too: a provider that was out of reach left some in it."""
        ledger = self.env["loan.reminder"]
        waiting = Domain("company_id", "=", self.company_id.id) & Domain("sms_id.state", "=", "outgoing")
        if ledger.search_count(waiting & Domain("state", "=", "queued"), limit=1):
            self.env.ref("sms.ir_cron_sms_scheduler_action")._trigger()
        return super()._close_run()

    def _wake_about_credit(self, commits):
        """Tell about the credit in a transaction of its own, so that what was sent stays noted.

        :param bool commits: whether it is committed
        """
        try:
            self._tell_about_credit()
            if commits:
                self.env.cr.commit()  # pylint: disable=invalid-commit
        except self.env["loan.reminder"]._overtaken:
            if not commits:
                raise
            # The round is at its own day right now. The next text that cannot be paid for tells again.
            self.env.cr.rollback()

    def _tell_about_credit(self):
        """Ask the person responsible, once a round, to pay for text messages: until then all of them fail."""
        for day in self.filtered(lambda day: not day.credit_told):
            user = day.company_id.loan_reminder_user_id or self._fallback_user(day.company_id)
            day.credit_told = True
            if user:
                day.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=self.env._("Text messages cannot be paid for"),
                    note=self.env._(
                        "The provider refused text messages because the credit is used up or the account is not "
                        "registered. Mend that, then send again what failed."
                    ),
                    user_id=user.id,
                )
