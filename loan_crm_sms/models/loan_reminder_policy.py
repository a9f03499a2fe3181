from odoo import api, models


class LoanReminderPolicy(models.Model):
    _inherit = "loan.reminder.policy"

    @api.depends("step_ids.text_problem")
    def _compute_letter_problem(self):
        """Tell of texts that cannot be written, too, so that somebody is woken about them as about letters."""
        res = super()._compute_letter_problem()
        for policy in self:
            broken = policy._active_steps().sms_template_id.filtered("loan_text_problem")
            lines = [policy.letter_problem, *(f"{text.name}: {text.loan_text_problem}" for text in broken)]
            policy.letter_problem = "\n".join(filter(None, lines))
        return res

    @api.constrains("active")
    def _check_texts(self):
        """Refuse to bring back a policy that speaks by a text that cannot be written."""
        self.filtered("active")._active_steps().sms_template_id._refuse_broken_texts()
