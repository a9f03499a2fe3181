from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..core import cases


class LoanCaseDispatchMixin(models.AbstractModel):
    """Who answers for a case: a team, and one person of it; how often it was passed on, and up.

    A question of somebody who has a relationship manager is theirs: whoever acts for the customer today answers. A
    complaint goes to the team that takes them, and there to who has least open. Whoever is complained about gets it
    under no circumstances, nor does anybody who may not see the customer.
    """

    _name = "loan.case.dispatch.mixin"
    _description = "Dispatch of Cases"

    team_id = fields.Many2one(
        "loan.case.team",
        "Team",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        domain="[('company_id', '=', company_id)]",
        help="Its members may take the case, and its lead hears when time runs out.",
    )
    level = fields.Selection(related="team_id.level", store=True)
    next_team_id = fields.Many2one(related="team_id.next_id", string="Next Level")
    user_id = fields.Many2one(
        "res.users",
        "Accountable",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id), ('id', '!=', about_user_id)]",
        help="The one person who answers for this case.",
    )
    reassign_count = fields.Integer(
        "Times Passed On",
        readonly=True,
        copy=False,
        help="How often it went from one person to another. A case that wanders is answered by nobody.",
    )
    handler_count = fields.Integer(
        "Hands", readonly=True, copy=False, help="How many people have been accountable for it."
    )

    @api.constrains("user_id", "about_user_id", "customer_id", "team_id")
    def _check_handler(self):
        for case in self.filtered("user_id"):
            if case.user_id == case.about_user_id:
                raise ValidationError(self.env._("Nobody handles a complaint about themselves."))
            if not case._loan_seen_by(case.user_id):
                raise ValidationError(
                    self.env._(
                        "%s may not see the customer of this case. Choose somebody who may, or ask compliance for a "
                        "grant first.",
                        case.user_id.name,
                    )
                )

    # ------------------------------------------------------------ who gets it

    def _dispatch(self):
        """Give cases that are nobody's a team and a person."""
        for company, cases_of in self.grouped("company_id").items():
            # As superuser: which teams there are is no secret.
            teams_sudo = self.env["loan.case.team"].sudo().search([("company_id", "=", company.id)])
            for case in cases_of:
                if not case.team_id:
                    case.team_id = case._choose_team(teams_sudo)
                if not case.user_id:
                    case.user_id = case._choose_owner()

    def _choose_team(self, teams):
        """Return which of some teams takes this case.

        :param teams: `loan.case.team` of its company, in their order
        """
        if self.category_id.team_id in teams:
            return self.category_id.team_id
        speaks = teams.filtered(
            lambda team: not team.lang_ids or not self.lang or self.lang in team.lang_ids.mapped("code")
        )
        wanted = []
        if self.kind == "complaint":
            wanted.append(lambda team: team.takes_complaints)
        if self.customer_id.tier_id.is_vip:
            wanted.append(lambda team: team.takes_vips)
        wanted.append(lambda team: not team.takes_complaints and not team.takes_vips)
        for fits in wanted:
            for among in (speaks, teams):
                if found := among.filtered(fits):
                    return found[0]
        return teams[:1]

    def _choose_owner(self):
        """Return who is made accountable: a `res.users`, or none where nobody may be."""
        self.ensure_one()
        acting = self.customer_id.acting_user_id
        if acting and self.kind != "complaint" and self._may_take(acting):
            return acting
        people = (self.team_id.member_ids - self.team_id.user_id).sorted("id") - self._away()
        people = self._loan_may_take(people)
        if people:
            return self._least_loaded(people)
        for each in (self.team_id.user_id, acting, self.customer_id.team_id.user_id):
            if each and self._may_take(each):
                return each
        return self.env["res.users"]

    def _least_loaded(self, people):
        """Return who of some has the least open.

        :param people: `res.users`, in the order in which equals are asked
        """
        mine = Domain("user_id", "in", people.ids) & self._open_domain()
        return cases.least_loaded(list(people), dict(self._read_group(mine, ["user_id"], ["__count"])))

    def _away(self):
        """Return who of the team is away today."""
        return self.env["loan.cover"]._covers_today(self.team_id.member_ids).manager_user_id

    def _may_take(self, user):
        return bool(self._loan_may_take(user))

    def _loan_may_take(self, users):
        """Return who of some may handle this case: who is not its object, and may see it."""
        return users.filtered(
            lambda user: (
                user.active
                and not user._is_superuser()
                and user != self.about_user_id
                and self._loan_seen_by(user)
            )
        )

    def _answering_users(self, *also):
        # Whoever is accountable answers; the manager who is away today is stood in for by who acts for them.
        found = super()._answering_users(*also)
        for case in self:
            owner = case.user_id
            if owner and owner != case.customer_id.manager_user_id and case._may_take(owner):
                found[case] = owner
        return found

    # ------------------------------------------------------------ passed on

    def _note_passed_on(self, before):
        """Count who was accountable before, and let the to-do follow.

        :param dict before: `{case: res.users}` before the write
        """
        for case in self:
            former, now = before[case], case.user_id
            if former == now:
                continue
            case_sudo = case.sudo()  # as superuser: counted, not entered
            if former:
                case_sudo.reassign_count += 1
            if now:
                case_sudo.handler_count += 1
            self.env["loan.response"]._pass_to(case_sudo, now)
            activities = case_sudo.activity_ids.filtered(
                lambda activity, former=former: activity.user_id == former
            )
            if activities and now:
                activities.with_context(mail_activity_quick_update=True).user_id = now

    def _pass_on(self, user):
        """Make a new manager accountable for the open ones of these; whom they may not have, somebody else gets.

        :param user: `res.users`, or none
        """
        for case in self.filtered(lambda case: case.state in ("new", "open", "waiting")):
            case.user_id = user if user and case._may_take(user) else False
            if not case.user_id:
                case.user_id = case._choose_owner()

    def action_escalate(self):
        """Pass the case up: to the next level, and there to somebody else."""
        self.check_access("write")
        for case in self:
            above = case.team_id.next_id
            if not above:
                raise UserError(
                    self.env._("There is no level above “%s”.", case.team_id.name or case.display_name)
                )
            # As superuser: who of the next level may see the customer is asked for whoever passes it up.
            case_sudo = case.sudo()
            case_sudo.team_id = above
            people = case_sudo._loan_may_take(above._people() - case.user_id)
            if not people:
                raise UserError(
                    self.env._(
                        "Nobody of “%s” may see the customer of this case. Ask compliance for a grant, or choose "
                        "somebody yourself.",
                        above.name,
                    )
                )
            case_sudo.user_id = case_sudo._least_loaded(people)
            case_sudo._tell_owner(self.env._("Passed up to you: %s", case.display_name))
        return True

    def _tell_owner(self, summary, days=0):
        """Give whoever is accountable a to-do.

        :param str summary: what is to be done
        :param int days: from today
        """
        if not self.user_id:
            return
        told = self.with_context(lang=self.user_id.lang or self.env.lang, mail_activity_quick_update=True)
        told.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=fields.Date.add(self.company_id._loan_today(), days=days),
            summary=summary,
            user_id=self.user_id.id,
        )
