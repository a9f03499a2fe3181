from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

LEVELS = [("1", "Junior"), ("2", "Senior"), ("3", "Special Support")]


class LoanCaseTeam(models.Model):
    """Who answers cases: people of one level, with working hours, languages and an address of their own.

    What the first level cannot answer climbs to the next. Complaints and VIPs go to whom the team says. Belonging to
    one opens no customer: whoever is to handle a case must be able to see its customer by their duty or a grant; cases
    of senders nobody knows are the team's alone.
    """

    _name = "loan.case.team"
    _inherit = ["mail.alias.mixin", "mail.thread"]
    _description = "Case Team"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="Of teams that fit alike, the first takes a case.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    level = fields.Selection(
        LEVELS,
        required=True,
        default="1",
        tracking=True,
        help="The first line takes what comes in; what it cannot settle climbs to the next.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Team Leader",
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Gets what nobody else may take, and is told when a clock runs out.",
    )
    member_ids = fields.Many2many(
        "res.users",
        "loan_case_team_member_rel",
        "team_id",
        "user_id",
        "Members",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="They see the team's cases and may take them. Who is away is given none.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Time",
        ondelete="restrict",
        default=lambda self: self.env.company.resource_calendar_id,
        help="Clocks run in these hours, in their time zone. Holidays of the lender's business calendar are left out, "
        "worked weekends are taken in.",
    )
    lang_ids = fields.Many2many(
        "res.lang", string="Languages", help="Empty: whatever language a customer writes in."
    )
    takes_complaints = fields.Boolean("Complaints", tracking=True, help="Complaints go to this team first.")
    takes_vips = fields.Boolean(
        "VIPs", tracking=True, help="Cases of customers of a VIP tier go to this team first."
    )
    next_id = fields.Many2one(
        "loan.case.team",
        "Next Level",
        ondelete="set null",
        check_company=True,
        domain="[('id', '!=', id), ('company_id', '=', company_id)]",
        help="Who gets a case that this team passes up.",
    )
    open_count = fields.Integer("Open Cases", compute="_compute_counts")
    unassigned_count = fields.Integer("Unassigned", compute="_compute_counts")
    late_count = fields.Integer("Too Late", compute="_compute_counts")
    waiting_count = fields.Integer("Unanswered", compute="_compute_counts")

    def write(self, vals):
        # Who belongs to a team reads what strangers wrote to it: another team's lead does not let themselves in.
        may = self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_administrator")
        if not may and any(team.user_id != self.env.user for team in self):
            raise AccessError(
                self.env._("A team is changed by its leader, or by an administrator of Loan CRM.")
            )
        return super().write(vals)

    @api.constrains("next_id")
    def _check_next(self):
        if self._has_cycle("next_id"):
            raise ValidationError(self.env._("Levels cannot lead back to where they began."))

    @api.depends_context("uid")
    def _compute_counts(self):
        cases, found = self.env["loan.case"], {}
        mine = cases._open_domain() & Domain("team_id", "in", self.ids)
        for name, domain in (
            ("open_count", Domain.TRUE),
            ("unassigned_count", Domain("user_id", "=", False)),
            ("late_count", Domain("is_late", "=", True)),
            ("waiting_count", Domain("waiting_since", "!=", False)),
        ):
            # Who sets teams up need not see a case.
            seen = (
                cases._read_group(mine & domain, ["team_id"], ["__count"]) if cases.has_access("read") else ()
            )
            found[name] = dict(seen)
        for team in self:
            for name, counts in found.items():
                team[name] = counts.get(team, 0)

    # ------------------------------------------------------------ mails that come in

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("loan.case")
        if self.id:
            values["alias_defaults"] = {"team_id": self.id, "company_id": self.company_id.id}
        return values

    # ------------------------------------------------------------ who

    @api.model
    def _of_person_domain(self, user):
        """Return the teams somebody belongs to or leads.

        :param user: `res.users`
        """
        return Domain("member_ids", "in", user.ids) | Domain("user_id", "=", user.id)

    def _people(self):
        """Return who may be given a case of these teams, leaders last."""
        return (self.member_ids | self.user_id).filtered("active")

    def action_open_cases(self):
        """Show the open cases of this team."""
        return self._action_cases({"search_default_open": 1})

    def action_open_unassigned(self):
        """Show the cases of this team that are nobody's."""
        return self._action_cases({"search_default_open": 1, "search_default_unassigned": 1})

    def action_open_late(self):
        """Show the cases of this team whose clock ran out."""
        return self._action_cases({"search_default_open": 1, "search_default_late": 1})

    def action_open_waiting(self):
        """Show the cases of this team whose customers wait for an answer."""
        return self._action_cases({"search_default_open": 1, "search_default_waiting": 1})

    def _action_cases(self, context):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_case_action_all")
        action["domain"] = [("team_id", "=", self.id)]
        action["context"] = {**context, "default_team_id": self.id}
        return action
