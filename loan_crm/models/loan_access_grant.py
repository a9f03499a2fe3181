from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

_BENEFICIARIES = ("user_id", "team_id", "group_id")
# What an approval was given for; whoever wants it otherwise asks anew.
_APPROVED = frozenset(
    {*_BENEFICIARIES, "customer_id", "level_id", "date_from", "date_to", "purpose", "kind", "deal_id"}
)


class LoanAccessGrant(models.Model):
    """Who may see a customer beyond their duty: begins as a request, holds from its first moment to its last.

    It is for a person, a team or a role, for a purpose, and opens levels up to its own. Compliance approves, nobody for
    themselves, and two of them where the level asks for it. The rule asks grants afresh with each query
    (`res.users._loan_sight`): none has to be ended by a job, and one that is withdrawn is gone with the next click.
    """

    _name = "loan.access.grant"
    _inherit = [
        "loan.grant.end.mixin",
        "loan.grant.emergency.mixin",
        "loan.lifecycle.mixin",
        "loan.seen.mixin",
        "loan.audit.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Access Grant"
    _order = "id desc"
    _rec_name = "purpose"
    _check_company_auto = True
    _SEEN_COLUMNS = ("company_id", "user_id", "requested_user_id", "deal_id.user_id")

    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("approved_once", "Waits for a Second Approval"),
            ("granted", "Granted"),
            ("refused", "Refused"),
            ("ended", "Withdrawn"),
        ],
        "Status",
        default="requested",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    kind = fields.Selection(
        [("need", "Need to Know"), ("emergency", "Emergency")],
        "Kind of Grant",
        required=True,
        default="need",
        readonly=True,
    )
    customer_id = fields.Many2one(
        "loan.customer",
        "Customer",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="A request says in words whom it is about; compliance finds the customer.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users",
        "Person",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    team_id = fields.Many2one(
        "crm.team", "Team", index="btree_not_null", ondelete="restrict", help="Whoever belongs to it then."
    )
    group_id = fields.Many2one(
        "res.groups",
        "Role",
        index="btree_not_null",
        ondelete="restrict",
        domain=lambda self: [("privilege_id.category_id", "=", self._loan_category().id)],
    )
    level_id = fields.Many2one(
        "loan.confidentiality.level",
        "Up To",
        required=True,
        ondelete="restrict",
        default=lambda self: self._default_level(),
        help="What is more confidential stays closed.",
    )
    cap = fields.Integer(related="level_id.rank", store=True, precompute=True, string="Cap")
    purpose = fields.Char(
        required=True,
        help="What it is needed for: who reviews the grant judges by it. No names of customers.",
    )
    # Not for auditors, who see no customer: it may name one.
    wanted = fields.Text(
        "In Their Words",
        readonly=True,
        groups="loan_crm.loan_crm_group_manager,loan_crm.loan_crm_group_service_desk,"
        "loan_crm.loan_crm_group_compliance",
        help="In the words of who asked.",
    )
    deal_id = fields.Many2one(
        "loan.access.deal",
        "Deal",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="It came with this deal and ends with it.",
    )
    date_from = fields.Datetime("From", required=True, default=fields.Datetime.now)
    date_to = fields.Datetime(
        "To", required=True, default=lambda self: fields.Datetime.now() + timedelta(days=90)
    )
    in_force = fields.Boolean("In Force", compute="_compute_in_force", search="_search_in_force")
    requested_user_id = fields.Many2one(
        "res.users", "Asked By", required=True, readonly=True, default=lambda self: self.env.user
    )
    approved_user_id = fields.Many2one("res.users", "Approved By", readonly=True, copy=False)
    second_user_id = fields.Many2one("res.users", "Also Approved By", readonly=True, copy=False)
    decided_at = fields.Datetime("Decided On", readonly=True, copy=False)
    ended_at = fields.Datetime("Withdrawn On", readonly=True, copy=False)
    ended_user_id = fields.Many2one("res.users", "Withdrawn By", readonly=True, copy=False)
    answer = fields.Char("Answer", tracking=True, help="Why it was refused or withdrawn.")
    form_ref = fields.Integer(
        "Emergency No.", readonly=True, copy=False, aggregator=None, help="The form it was opened with."
    )
    _one_beneficiary = models.Constraint(
        "CHECK (num_nonnulls(user_id, team_id, group_id) = 1)", "A grant is for a person, a team or a role."
    )
    _dates_in_order = models.Constraint("CHECK (date_to > date_from)", "A grant cannot end before it begins.")
    _decided = models.Constraint(
        "CHECK (state NOT IN ('approved_once', 'granted') OR customer_id IS NOT NULL)",
        "Say which customer it is about.",
    )
    _emergency_is_short = models.Constraint(
        "CHECK (kind <> 'emergency' OR (user_id IS NOT NULL AND customer_id IS NOT NULL"
        " AND date_to <= date_from + interval '4 hours'))",
        "An emergency is one person's, for one customer, and over after four hours.",
    )
    _form_once = models.UniqueIndex("(form_ref) WHERE form_ref <> 0", "This emergency is open already.")
    _emergency_idx = models.Index("(user_id, date_to) WHERE kind = 'emergency'")
    _in_force_idx = models.Index("(user_id, cap, date_to) WHERE state = 'granted'")
    # What has ended since the last look of `loan.sight.end`.
    _ends_idx = models.Index("(date_to) WHERE state = 'granted'")

    @api.model
    def _loan_category(self):
        return self.env.ref("loan_crm.module_category_loan_crm")

    @api.model
    def _default_level(self):
        return self.env.ref("loan_crm.loan_confidentiality_level_confidential", raise_if_not_found=False)

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {
            ("requested", "approved_once"),
            ("requested", "granted"),
            ("approved_once", "granted"),
            ("requested", "refused"),
            ("approved_once", "refused"),
            ("granted", "ended"),
        }

    @api.depends("user_id", "team_id", "group_id", "customer_id")
    @api.depends_context("uid", "lang")
    def _compute_display_name(self):
        for grant in self:
            who = (grant.user_id or grant.team_id or grant.group_id).display_name or ""
            # As superuser: whoever may read the grant and not the customer is shown a mask in the place of the name.
            customer_sudo = grant.customer_id.sudo()
            grant.display_name = f"{who} → {customer_sudo.display_name or self.env._('somebody')}"

    @api.depends("state", "date_from", "date_to")
    def _compute_in_force(self):
        now = fields.Datetime.now()
        for grant in self:
            grant.in_force = grant.state == "granted" and grant.date_from <= now < grant.date_to

    def _search_in_force(self, operator, value):
        return self._in_force_domain() if operator == "in" else NotImplemented

    @api.model
    def _seen_domain(self):
        """Return what one may read: compliance and auditors all, others what they asked for or were given.

        Who is in charge of a deal reads who is on it.
        """
        mine = (
            Domain("requested_user_id", "=", self.env.uid)
            | Domain("user_id", "=", self.env.uid)
            | Domain("deal_id.user_id", "=", self.env.uid)
        )
        return super()._seen_domain() | self._audited_domain() | mine

    @api.model
    def _in_force_domain(self):
        """Return the domain of the grants that hold this very moment."""
        now = fields.Datetime.now()
        return Domain("state", "=", "granted") & Domain("date_from", "<=", now) & Domain("date_to", ">", now)

    @api.model
    def _of_user_domain(self, user):
        """Return the domain of the grants that are for somebody: themselves, a team of theirs now, a role of theirs.

        :param user: `res.users`
        """
        # As superuser: which teams one belongs to is no secret, whichever company is switched on.
        members = self.env["crm.team.member"].sudo()._search([("user_id", "=", user.id)])
        return (
            Domain("user_id", "=", user.id)
            | Domain("team_id", "in", members.subselect("crm_team_id"))
            | Domain("group_id", "in", user.all_group_ids.ids)
        )

    @api.constrains("user_id", "requested_user_id", "kind")
    def _check_person(self):
        for grant in self:
            if grant.user_id.share:
                raise ValidationError(self.env._("A grant is for a colleague."))

    # ------------------------------------------------------------ who enters what

    @api.model_create_multi
    def create(self, vals_list):
        self._check_compliance()
        kinds = {vals.get("kind") for vals in vals_list} | {self.env.context.get("default_kind")}
        self._check_kind(kinds)
        return super().create(vals_list)

    def write(self, vals):
        self._check_kind({vals.get("kind")})
        if not self.env.su and _APPROVED & vals.keys():
            self._check_compliance()
            if self.filtered(lambda grant: grant.state != "requested"):
                raise UserError(
                    self.env._(
                        "What was approved stays as it was approved. Withdraw the grant and give another."
                    )
                )
        result = super().write(vals)
        self.env["res.users"]._loan_sight_changed()
        return result

    @api.model
    def _check_kind(self, kinds):
        if not self.env.su and kinds - {"need", None, False}:
            raise AccessError(self.env._("An emergency is opened by the person, on the form for it."))

    @api.ondelete(at_uninstall=True)  # the other way round, a key in the context would be enough
    def _unlink_never(self):
        raise UserError(self.env._("Grants stay on record. Withdraw or refuse it."))

    @api.model
    def _check_compliance(self):
        if not (self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_compliance")):
            raise AccessError(self.env._("Compliance gives grants. Ask for access from the menu."))

    # ------------------------------------------------------------ deciding

    def action_approve(self):
        """Approve, as the first or, where the level asks for two, as the second of compliance."""
        self._check_compliance()
        self.check_access("write")
        self.lock_for_update()  # of two clicks one approves
        for grant in self:
            if not grant.customer_id:
                raise UserError(self.env._("Say which customer it is about."))
            if self.env.user == grant.user_id:
                raise UserError(
                    self.env._("Nobody approves a grant for themselves. Ask a colleague of compliance.")
                )
            if grant.date_to <= fields.Datetime.now():
                raise UserError(self.env._("This grant would be over before it begins. Say until when."))
            if grant.state == "approved_once" and grant.approved_user_id == self.env.user:
                raise UserError(
                    self.env._("Two different people approve a grant for “%s”.", grant.level_id.name)
                )
        # As superuser: a status, and who moved it, are noted by the system alone.
        grants_sudo = self.sudo()
        first_sudo = grants_sudo.filtered(lambda grant: grant.state == "requested")
        waiting_sudo = first_sudo.filtered("level_id.needs_second_approver")
        (grants_sudo - waiting_sudo)._move_to("granted")
        waiting_sudo._move_to("approved_once")
        first_sudo.approved_user_id = self.env.user
        (grants_sudo - first_sudo).second_user_id = self.env.user
        grants_sudo.decided_at = fields.Datetime.now()
        grants_sudo._note_decision()
        grants_sudo._tell_who_asked()
        return True

    def action_refuse(self):
        """Refuse what was asked for; the answer says why."""
        self._check_compliance()
        self.check_access("write")
        if self.filtered(lambda grant: not (grant.answer or "").strip()):
            raise UserError(self.env._("Say why in “Answer”: whoever asked is told."))
        grants_sudo = self.sudo()  # as above
        grants_sudo._move_to("refused")
        grants_sudo.decided_at = fields.Datetime.now()
        grants_sudo._note_decision()
        grants_sudo._tell_who_asked()
        return True

    def action_withdraw(self):
        """End grants at once."""
        self._check_compliance()
        self.check_access("write")
        grants_sudo = self.sudo()  # as above
        grants_sudo._move_to("ended")
        grants_sudo.write({"ended_at": fields.Datetime.now(), "ended_user_id": self.env.uid})
        grants_sudo._note_decision()
        self.env["loan.sight.end"]._note(customers=grants_sudo.customer_id)
        return True

    @api.model
    def _not_held(self, wanted, deal):
        """Return those of the grants wanted that give somebody more, or longer, than they have in force.

        What somebody has by another deal does not count: it ends with that one.

        :param list wanted: values of grants
        :param deal: `loan.access.deal` they are for
        """
        held = self.search(
            Domain("customer_id", "in", [vals["customer_id"] for vals in wanted])
            & Domain("deal_id", "in", [False, deal.id])
            & (self._in_force_domain() | Domain("state", "in", ("requested", "approved_once")))
        )
        # A request of theirs that nobody has answered is nothing they have, unless this very deal has made it.
        held = held.filtered(lambda grant: grant.in_force or grant.deal_id == deal)
        # As superuser: which teams one belongs to is no secret, whichever company is switched on.
        people_sudo = self.env["res.users"].sudo().browse({v["user_id"] for v in wanted if v.get("user_id")})
        members = self.env["crm.team.member"].sudo().search([("user_id", "in", people_sudo.ids)])  # as above
        teams = {
            user.id: members.filtered(lambda m, u=user: m.user_id == u).crm_team_id for user in people_sudo
        }
        groups = {user.id: user.all_group_ids for user in people_sudo}
        ranks = {level.id: level.rank for level in self.env["loan.confidentiality.level"].search(Domain.TRUE)}

        def reaches(grant, vals):
            if vals.get("user_id"):
                user_id = vals["user_id"]
                theirs = (
                    grant.user_id.id == user_id
                    or grant.team_id.id in teams[user_id].ids
                    or grant.group_id.id in groups[user_id].ids
                )
            else:
                theirs = all(grant[name].id == (vals.get(name) or False) for name in ("team_id", "group_id"))
                theirs = theirs and not grant.user_id
            return (
                theirs
                and grant.customer_id.id == vals["customer_id"]
                and grant.cap >= ranks[vals["level_id"]]
                and grant.date_to >= vals["date_to"]
            )

        return [vals for vals in wanted if not any(reaches(grant, vals) for grant in held)]

    def _note_decision(self, reason=None):
        """Put on record what has become of each of these grants; as superuser.

        :param str reason: why, where somebody said so
        """
        log = self.env["loan.access.log"]
        for grant in self:
            log._note(
                "grant",
                grant.customer_id or grant,
                grant=grant,
                reason=reason,
                state=grant.state,
                cap=grant.cap,
            )

    def _tell_who_asked(self):
        """Tell who asked what has become of it, without a name: it may be read on a telephone; as superuser."""
        self.filtered(lambda grant: grant.state != "approved_once").activity_ids.action_feedback()
        for grant in self.filtered(lambda grant: grant.wanted and grant.state in ("granted", "refused")):
            told = grant.with_context(lang=grant.requested_user_id.lang)
            grant.requested_user_id.partner_id.message_notify(
                partner_ids=grant.requested_user_id.partner_id.ids,
                subject=told.env._("Your request for access"),
                body=told.env._("It was granted.")
                if grant.state == "granted"
                else told.env._("It was refused: %s", grant.answer),
                model=False,
                res_id=False,
            )

    def _call_compliance(self):
        """Give somebody of compliance a to-do for each request; as superuser."""
        for company, grants in self.grouped("company_id").items():
            officer = self.env["loan.customer"]._compliance_officer(company)
            if officer:
                told = self.with_context(lang=officer.lang)
                grants.with_context(mail_activity_quick_update=True).activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=company._loan_today(),
                    summary=told.env._("Answer a request for access"),
                    user_id=officer.id,
                )

    # ------------------------------------------------------------ what the rule asks

    @api.model
    def _caps_sql(self, user):
        """Return the SQL of the caps for which somebody has a grant in force, one row each."""
        # As superuser: the rule asks, the reader need not be able to read grants.
        query = self.sudo()._search(self._in_force_domain() & self._of_user_domain(user))
        return query.select(SQL("DISTINCT loan_access_grant.cap AS cap"))

    @api.model
    def _granted_query(self, user, cap):
        """Return the query of somebody's grants in force with a cap.

        :param user: `res.users`
        :param int cap: exactly this one
        """
        # As superuser: as above.
        grants_sudo = self.sudo().with_context(active_test=False)
        return grants_sudo._search(
            self._in_force_domain() & self._of_user_domain(user) & Domain("cap", "=", cap)
        )

    @api.model
    def _customers_granted(self, user, cap):
        """Return the customers for whom somebody has a grant in force with a cap, as SQL in brackets.

        :param user: `res.users`
        :param int cap: exactly this one
        """
        return self._granted_query(user, cap).subselect("customer_id")

    @api.model
    def _cap_of(self, user, customers):
        """Return the highest cap of somebody's grants in force for customers: `{customer id: rank}`."""
        # As superuser: as above.
        return {
            customer.id: cap
            for customer, cap in self.sudo()._read_group(
                self._in_force_domain()
                & self._of_user_domain(user)
                & Domain("customer_id", "in", customers.ids),
                ["customer_id"],
                ["cap:max"],
            )
        }
