from odoo import api, fields, models

from ..core.listing import listed


class LoanCaseCompanyMixin(models.AbstractModel):
    """A lender's figures for cases."""

    _name = "loan.case.company.mixin"
    _description = "A Lender's Cases"

    loan_case_confirmed = fields.Boolean(
        "Confirm Cases",
        default=True,
        help="Whoever writes to us is told once who answers, and by when.",
    )
    loan_case_close_days = fields.Integer(
        "Closed After",
        default=7,
        required=True,
        help="Days after which a solved case is closed, unless the customer has written again.",
    )
    loan_complaint_hold_days = fields.Integer(
        "Reminders Silent During Complaints",
        default=15,
        required=True,
        help="So long no reminder is written about what a customer complains of, unless it is solved before. "
        "0: reminders go on.",
    )
    loan_answer_lead_hours = fields.Float(
        "Unanswered: Told to the Lead After",
        default=4.0,
        required=True,
        help="Working hours after which the team's lead is told that nobody has answered a customer. 0: nobody is.",
    )
    loan_answer_head_hours = fields.Float(
        "Unanswered: Told to the Head After",
        default=8.0,
        required=True,
        help="Working hours after which the head is told. 0: nobody is.",
    )
    loan_head_user_id = fields.Many2one(
        "res.users",
        "Head of Service",
        ondelete="restrict",
        domain="[('share', '=', False)]",
        help="Who is told in the end of customers whom nobody has answered, if they may see them.",
    )

    loan_head_note = fields.Char(
        "What the Head Does Not See", compute="_compute_loan_head_note", compute_sudo=True
    )

    _loan_answer_hours_in_bounds = models.Constraint(
        "CHECK (loan_answer_lead_hours BETWEEN 0 AND 200 AND loan_answer_head_hours BETWEEN 0 AND 400)",
        "Leads and heads are told within 0 to 400 working hours.",
    )
    _loan_case_days_in_bounds = models.Constraint(
        "CHECK (loan_case_close_days BETWEEN 0 AND 90 AND loan_complaint_hold_days BETWEEN 0 AND 366)",
        "Cases close within 0 to 90 days, and complaints silence reminders for 0 to 366 days.",
    )

    @api.depends("loan_head_user_id")
    @api.depends_context("lang")
    def _compute_loan_head_note(self):
        for company in self:
            unseen = company._loan_unseen_by_head()
            company.loan_head_note = (
                self.env._(
                    "%(head)s does not see the customers of %(teams)s: what nobody answers there climbs no further "
                    "than to the team's lead.",
                    head=company.loan_head_user_id.name,
                    teams=listed(unseen.mapped("name"), self.env.lang),
                )
                if unseen
                else False
            )

    def _loan_unseen_by_head(self):
        """Return the teams with customers of this lender that the head of service does not lead, `crm.team`.

        A compliance officer sees them all; of a head who is not named there is nothing to say.
        """
        self.ensure_one()
        head, teams = self.loan_head_user_id, self.env["crm.team"]
        if not head or head.has_group("loan_crm.loan_crm_group_compliance"):
            return teams
        # As superuser: which teams have customers is no secret of any customer.
        groups = self.env["loan.customer"].sudo()._read_group([("company_id", "=", self.id)], ["team_id"])
        leads = head.has_group("loan_crm.loan_crm_group_team_lead")
        return teams.union(*(team for (team,) in groups if not (leads and team.user_id == head)))
