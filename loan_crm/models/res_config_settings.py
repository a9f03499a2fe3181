from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    loan_tz = fields.Selection(related="company_id.loan_tz", readonly=False)
    loan_payment_instructions = fields.Text(related="company_id.loan_payment_instructions", readonly=False)
    loan_calendar_id = fields.Many2one(related="company_id.loan_calendar_id", readonly=False)
    loan_reminder_policy_id = fields.Many2one(related="company_id.loan_reminder_policy_id", readonly=False)
    loan_quiet_from = fields.Float(related="company_id.loan_quiet_from", readonly=False)
    loan_quiet_to = fields.Float(related="company_id.loan_quiet_to", readonly=False)
    loan_contact_days = fields.Selection(related="company_id.loan_contact_days", readonly=False)
    loan_contacts_per_day = fields.Integer(related="company_id.loan_contacts_per_day", readonly=False)
    loan_contacts_per_week = fields.Integer(related="company_id.loan_contacts_per_week", readonly=False)
    loan_reminders_per_day = fields.Integer(related="company_id.loan_reminders_per_day", readonly=False)
    loan_letter_route = fields.Selection(related="company_id.loan_letter_route", readonly=False)
    loan_letter_route_note = fields.Text("Letters Now", compute="_compute_loan_letter_route_note")
    loan_unusual_factor = fields.Float(related="company_id.loan_unusual_factor", readonly=False)
    loan_reminder_hour = fields.Integer(related="company_id.loan_reminder_hour", readonly=False)
    loan_promise_max_days = fields.Integer(related="company_id.loan_promise_max_days", readonly=False)
    loan_promise_grace_days = fields.Integer(related="company_id.loan_promise_grace_days", readonly=False)
    loan_reminder_user_id = fields.Many2one(
        related="company_id.loan_reminder_user_id",
        readonly=False,
        domain=lambda self: self.env["res.company"]._loan_round_readers_domain("company_id"),
    )
    loan_agreement_days = fields.Integer(related="company_id.loan_agreement_days", readonly=False)
    loan_agreement_login = fields.Boolean(related="company_id.loan_agreement_login", readonly=False)
    loan_link_days = fields.Integer(related="company_id.loan_link_days", readonly=False)
    loan_weight_customer = fields.Float(related="company_id.loan_weight_customer", readonly=False)
    loan_weight_loan = fields.Float(related="company_id.loan_weight_loan", readonly=False)
    loan_weight_late = fields.Float(related="company_id.loan_weight_late", readonly=False)
    loan_weight_case = fields.Float(related="company_id.loan_weight_case", readonly=False)
    loan_weight_vip = fields.Float(related="company_id.loan_weight_vip", readonly=False)
    loan_weight_promise = fields.Float(related="company_id.loan_weight_promise", readonly=False)
    loan_weight_ours = fields.Float(related="company_id.loan_weight_ours", readonly=False)
    loan_load_ceiling = fields.Float(related="company_id.loan_load_ceiling", readonly=False)
    loan_vip_slots = fields.Integer(related="company_id.loan_vip_slots", readonly=False)
    loan_away_days = fields.Integer(related="company_id.loan_away_days", readonly=False)
    loan_team_id = fields.Many2one(
        related="company_id.loan_team_id",
        readonly=False,
        domain="[('company_id', 'in', (company_id, False))]",
    )
    loan_commitment_grace_days = fields.Integer(
        related="company_id.loan_commitment_grace_days", readonly=False
    )
    loan_recovery_months = fields.Integer(related="company_id.loan_recovery_months", readonly=False)
    loan_hardship_answer_days = fields.Integer(related="company_id.loan_hardship_answer_days", readonly=False)
    loan_case_confirmed = fields.Boolean(related="company_id.loan_case_confirmed", readonly=False)
    loan_answer_lead_hours = fields.Float(related="company_id.loan_answer_lead_hours", readonly=False)
    loan_answer_head_hours = fields.Float(related="company_id.loan_answer_head_hours", readonly=False)
    loan_head_user_id = fields.Many2one(related="company_id.loan_head_user_id", readonly=False)
    loan_head_note = fields.Char(related="company_id.loan_head_note")
    loan_case_close_days = fields.Integer(related="company_id.loan_case_close_days", readonly=False)
    loan_complaint_hold_days = fields.Integer(related="company_id.loan_complaint_hold_days", readonly=False)
    loan_hardship_hold_days = fields.Integer(related="company_id.loan_hardship_hold_days", readonly=False)
    loan_renewal_days = fields.Integer(related="company_id.loan_renewal_days", readonly=False)
    loan_renewal_on_time = fields.Integer(related="company_id.loan_renewal_on_time", readonly=False)

    loan_retention_years = fields.Integer(related="company_id.loan_retention_years", readonly=False)
    loan_data_term = fields.Selection(related="company_id.loan_data_term", readonly=False)
    loan_data_term_days = fields.Integer(related="company_id.loan_data_term_days", readonly=False)

    loan_survey_on = fields.Boolean(related="company_id.loan_survey_on", readonly=False)
    loan_survey_interval = fields.Integer(related="company_id.loan_survey_interval", readonly=False)
    loan_survey_per_year = fields.Integer(related="company_id.loan_survey_per_year", readonly=False)
    loan_survey_sample = fields.Integer(related="company_id.loan_survey_sample", readonly=False)
    loan_survey_low = fields.Integer(related="company_id.loan_survey_low", readonly=False)
    loan_learning_least = fields.Integer(related="company_id.loan_learning_least", readonly=False)
    loan_learning_days = fields.Integer(related="company_id.loan_learning_days", readonly=False)
    loan_repeat_months = fields.Integer(related="company_id.loan_repeat_months", readonly=False)

    loan_posts_per_hour = fields.Integer(related="company_id.loan_posts_per_hour", readonly=False)
    loan_posts_per_day = fields.Integer(related="company_id.loan_posts_per_day", readonly=False)
    loan_files_per_day = fields.Integer(related="company_id.loan_files_per_day", readonly=False)
    loan_posts_per_address = fields.Integer(related="company_id.loan_posts_per_address", readonly=False)
    loan_slot_minutes = fields.Integer(related="company_id.loan_slot_minutes", readonly=False)
    loan_slot_days = fields.Integer(related="company_id.loan_slot_days", readonly=False)
    loan_slot_lead_hours = fields.Integer(related="company_id.loan_slot_lead_hours", readonly=False)
    loan_slot_change_hours = fields.Integer(related="company_id.loan_slot_change_hours", readonly=False)

    loan_access_note = fields.Text("Access Self-Test", compute="_compute_loan_access_note")

    def action_open_loan_setup(self):
        """Bring the page for getting started back to the menu, and open it."""
        self.env["loan.setup"]._check_administers()
        self.env["loan.setup"]._put_away(False)
        return {"type": "ir.actions.act_url", "url": "/odoo/loan-getting-started", "target": "self"}

    @api.depends_context("lang")
    def _compute_loan_access_note(self):
        self.loan_access_note = self.env["loan.access.check"]._told()

    @api.depends("company_id", "loan_letter_route")
    @api.depends_context("lang")
    def _compute_loan_letter_route_note(self):
        for settings in self:
            told = (
                self.env[model]._explain(settings.loan_letter_route)
                for model in ("loan.letter.fast", "loan.letter.post")
            )
            settings.loan_letter_route_note = "\n".join(filter(None, told))
