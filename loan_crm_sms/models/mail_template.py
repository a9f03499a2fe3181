from odoo import api, models


class MailTemplate(models.Model):
    _inherit = "mail.template"

    @api.model
    def _cron_check_loan_letters(self):
        """Try the texts, too, each lender's in the languages of its customers."""
        res = super()._cron_check_loan_letters()
        for company in self.env["res.company"].search([("loan_tz", "!=", False)]):
            self.env["sms.template"]._check_loan_texts_of(company, again=True)
            if self.env.context.get("cron_id"):
                self.env["ir.cron"]._commit_progress()
        return res
