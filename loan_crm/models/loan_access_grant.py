from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

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
        "loan.grant.decision.mixin",
        "loan.grant.sight.mixin",
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
        help="For one person, a team or a role: one of the three.",
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
        help="Whoever has this role then.",
    )
    level_id = fields.Many2one(
        "loan.confidentiality.level",
        "Highest Level",
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
        "To",
        required=True,
        default=lambda self: fields.Datetime.now() + timedelta(days=90),
        help="At this moment the grant is over by itself; nobody has to take it away.",
    )
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
