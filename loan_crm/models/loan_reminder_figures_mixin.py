from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Who can open a reminder round.
_ROUND_READERS = tuple(
    f"loan_crm.loan_crm_group_{role}" for role in ("team_lead", "compliance", "administrator")
)


class LoanReminderFiguresMixin(models.AbstractModel):
    """What a lender says about its reminders: by which policy, when, how often, and who is told of trouble."""

    _name = "loan.reminder.figures.mixin"
    _description = "Reminders: Figures of a Lender"

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
    loan_reminder_user_id = fields.Many2one(
        "res.users",
        "Reminder Trouble Goes To",
        domain=lambda self: self._loan_round_readers_domain("id"),
        ondelete="set null",
        help="Gets a to-do when a reminder could not be written or delivered.",
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

    @api.model
    def _loan_round_readers_domain(self, company):
        """Return who may be given trouble with reminders: people who can open the round it is told on.

        :param str company: the name by which a form knows the company
        :return: a domain in the words of a form
        """
        groups = [self.env.ref(group, raise_if_not_found=False) for group in _ROUND_READERS]
        ids = [group.id for group in groups if group]
        return f"[('share', '=', False), ('all_group_ids', 'in', {ids}), ('company_ids', 'in', {company})]"

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

    @api.model
    def _loan_start_with_standard_policy(self):
        """Give companies without a default policy the one the app brings, so that nobody begins in silence."""
        policy = self.env.ref("loan_crm.loan_reminder_policy_standard", raise_if_not_found=False)
        self.search([("loan_reminder_policy_id", "=", False)]).loan_reminder_policy_id = policy
