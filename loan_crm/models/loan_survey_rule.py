from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class LoanSurveyRule(models.Model):
    """When customers are asked how it was, and what: a moment, a survey, how long after, and for whom.

    Of several rules of one moment the first whose conditions are met counts; of several surveys that fall together for
    one person the one of the first rule. Whether a person is asked at all is the governor's to say
    (`loan.survey.governor.mixin`). Nothing before the day a rule begins is ever asked about, so switching one on
    writes to nobody about the past.
    """

    _name = "loan.survey.rule"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Survey Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer("Priority", default=10, help="The lowest number comes first.")
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Leave empty to use the rule in all companies."
    )
    moment = fields.Selection(
        selection="_moments",
        required=True,
        tracking=True,
        help="What happened to the customer when they are asked.",
    )
    survey_id = fields.Many2one(
        "survey.survey",
        "Questionnaire",
        required=True,
        ondelete="restrict",
        tracking=True,
        domain="[('survey_type', '=', 'loan')]",
        help="The questions that are asked. Short ones are answered more often.",
    )
    delay_days = fields.Integer(
        "Days After", default=1, required=True, tracking=True, help="0: on the same day."
    )
    late_days = fields.Integer(
        "Not Later Than",
        default=7,
        required=True,
        tracking=True,
        help="So many days after that day it may still be asked, when it could not be before.",
    )
    interval_days = fields.Integer(
        "Own Interval",
        required=True,
        default=0,
        tracking=True,
        help="At least so many days after the last survey of whatever rule, instead of the days between surveys in the "
        "settings. 0: as in the settings. All else stays: the surveys a year are one number over all rules.",
    )
    date_from = fields.Date(
        "Since",
        required=True,
        copy=False,
        tracking=True,
        default=lambda self: self.env.company._loan_today(),
        help="What happened before this day is not asked about.",
    )
    channel = fields.Selection(
        [
            ("prefers", "As the customer prefers"),
            ("email", "By email"),
            ("phone", "By telephone"),
        ],
        "How to Ask",
        required=True,
        default="prefers",
        tracking=True,
        help="By telephone: the manager gets a to-do to call and ask. Such answers are marked as entered by staff.",
    )
    open_days = fields.Integer(
        "Open For",
        default=14,
        required=True,
        tracking=True,
        help="So many days the link in the letter takes an answer.",
    )
    remind_days = fields.Integer(
        "Reminded After",
        default=5,
        required=True,
        tracking=True,
        help="Whoever has not answered is reminded once, so many days later. 0: never.",
    )
    template_id = fields.Many2one(
        "mail.template",
        "Letter",
        ondelete="restrict",
        domain="[('model', '=', 'loan.survey.request')]",
        default=lambda self: self.env.ref("loan_crm.mail_template_survey", raise_if_not_found=False),
        help="The letter that brings the link, signed by the customer's own manager.",
    )
    customer_kind = fields.Selection(
        selection="_customer_kinds", string="Customers Who Are", help="Empty: all."
    )
    tier_ids = fields.Many2many(
        "loan.customer.tier",
        string="Tiers",
        check_company=True,
        help="Only customers of these tiers are asked. Empty: all.",
    )
    product_ids = fields.Many2many(
        "loan.product",
        string="Products",
        check_company=True,
        help="Only about loans of these products. Empty: all.",
    )
    lang = fields.Selection(selection="_langs", string="Who Read", help="Empty: any language.")
    request_count = fields.Integer("Surveys", compute="_compute_request_count")

    _days_sane = models.Constraint(
        "CHECK (delay_days BETWEEN 0 AND 365 AND late_days BETWEEN 0 AND 90 AND open_days BETWEEN 1 AND 90 "
        "AND remind_days BETWEEN 0 AND 89 AND interval_days BETWEEN 0 AND 365)",
        "A survey is asked within a year, at most 90 days late, and is open for 1 to 90 days; an interval of its own "
        "has at most 365.",
    )

    @api.model
    def _moments(self):
        """Return the moments there are, `[(code, words)]`; a family adds its own with a source of occasions."""
        return [
            ("application", self.env._("Application received")),
            ("decision", self.env._("Decision made")),
            ("disbursement", self.env._("Loan paid out")),
            ("case", self.env._("Case closed")),
            ("recovered", self.env._("Complaint settled")),
            ("yearly", self.env._("Every year of a loan")),
            ("repaid", self.env._("Loan repaid")),
        ]

    @api.model
    def _customer_kinds(self):
        return self.env["loan.customer"]._fields["kind"]._description_selection(self.env)

    @api.model
    def _langs(self):
        return self.env["res.lang"].get_installed()

    @api.depends_context("uid")
    def _compute_request_count(self):
        requests = self.env["loan.survey.request"]
        # Who keeps the rules need not be one of those who see whom they led to.
        seen = requests.has_access("read")
        groups = requests._read_group([("rule_id", "in", self.ids)], ["rule_id"], ["__count"]) if seen else ()
        counts = dict(groups)
        for rule in self:
            rule.request_count = counts.get(rule, 0)

    @api.constrains("remind_days", "open_days")
    def _check_remind_days(self):
        for rule in self:
            if rule.remind_days >= rule.open_days:
                raise ValidationError(
                    self.env._(
                        "A reminder comes while the survey is open: less than %s days later.", rule.open_days
                    )
                )

    @api.constrains("survey_id")
    def _check_survey(self):
        for rule in self:
            # As superuser: a rule is written by who may not read every survey.
            survey_sudo = rule.survey_id.sudo()
            if survey_sudo.survey_type != "loan":
                raise ValidationError(
                    self.env._(
                        "“%s” is not of the type Loan CRM, so its answers would be for others to read.",
                        survey_sudo.title,
                    )
                )

    def write(self, vals):
        if vals.get("active"):
            # What happened while it was off is not asked about.
            for company, rules in self.filtered(lambda rule: not rule.active).grouped("company_id").items():
                today = (company or self.env.company)._loan_today()
                super(LoanSurveyRule, rules).write({"date_from": today})
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # As superuser: a request that is hidden from who deletes was made all the same.
        if self.env["loan.survey.request"].sudo().search_count([("rule_id", "in", self.ids)], limit=1):
            raise UserError(self.env._("Surveys were sent by this rule. Archive it instead."))

    def action_open_requests(self):
        """Open the surveys that this rule led to, as far as the user may see them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_survey_request_action")
        action.update(domain=[("rule_id", "=", self.id)], context={})
        return action
