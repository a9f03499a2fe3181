from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

# What compliance may enter on a deal; the rest comes by its verbs.
_ENTERED = frozenset({"name", "user_id", "answer"})
_WAITING = ("requested", "approved_once")


class LoanAccessDeal(models.Model):
    """A piece of work for which a team sees customers beyond their duty: who is on it, since when, and until when.

    Begins as a colleague's request in their own words, or when compliance applies a template to customers; each member
    gets an ordinary grant for each customer, by the same approvals as any. People join later and leave before. It ends
    when compliance closes it: all its grants end with it, at once and with one reason.

    Who sees a customer is asked of the grants alone. A deal opens nothing and remembers which grants came from it.
    """

    _name = "loan.access.deal"
    _inherit = [
        "loan.lifecycle.mixin",
        "loan.seen.mixin",
        "loan.audit.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Deal"
    _order = "id desc"
    _SEEN_COLUMNS = ("company_id", "user_id")

    name = fields.Char(
        required=True, tracking=True, help="A name that tells no customer's: members and auditors read it."
    )
    state = fields.Selection(
        [("asked", "Requested"), ("open", "Under Way"), ("closed", "Closed"), ("refused", "Refused")],
        "Status",
        default="asked",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
        group_expand=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    template_id = fields.Many2one(
        "loan.access.template", "Template", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    user_id = fields.Many2one(
        "res.users",
        "In Charge",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Reads who is on the deal. That alone opens no customer.",
    )
    purpose = fields.Char(required=True, readonly=True)
    wanted = fields.Text(
        "In Their Words",
        readonly=True,
        copy=False,
        groups="loan_crm.loan_crm_group_manager,loan_crm.loan_crm_group_service_desk,"
        "loan_crm.loan_crm_group_compliance",
        help="In the words of who asked.",
    )
    # Not for auditors, who may read no customer; they see how many there are.
    customer_ids = fields.Many2many(
        "loan.customer",
        string="Customers",
        readonly=True,
        copy=False,
        groups="loan_crm.loan_crm_group_manager,loan_crm.loan_crm_group_service_desk,"
        "loan_crm.loan_crm_group_compliance",
    )
    customer_count = fields.Integer("Number of Customers", readonly=True, copy=False)
    grant_ids = fields.One2many("loan.access.grant", "deal_id", "Members", readonly=True)
    member_count = fields.Integer("See Them Now", compute="_compute_counts", compute_sudo=True)
    waiting_count = fields.Integer("Wait for Approval", compute="_compute_counts", compute_sudo=True)
    date_from = fields.Datetime("Since", readonly=True, copy=False)
    date_to = fields.Datetime("Last Grant Until", compute="_compute_counts", compute_sudo=True)
    # Written whenever somebody joins: of two who add people at once, the second begins anew and finds what is given.
    given_at = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    closed_at = fields.Datetime("Closed On", readonly=True, copy=False)
    closed_user_id = fields.Many2one("res.users", "Closed By", readonly=True, copy=False)
    answer = fields.Char("Answer", copy=False, tracking=True, help="Why it was refused or closed.")

    @api.model
    def _allowed_moves(self):
        return super()._allowed_moves() | {("asked", "open"), ("asked", "refused"), ("open", "closed")}

    @api.model
    def _seen_domain(self):
        """Return what the user may read: compliance and auditors all, others what they are in charge of."""
        return super()._seen_domain() | self._audited_domain() | Domain("user_id", "=", self.env.uid)

    @api.depends("grant_ids.state", "grant_ids.date_from", "grant_ids.date_to")
    def _compute_counts(self):
        # As superuser (compute_sudo): how many are on a deal is told to whoever may read it.
        grants_sudo = self.env["loan.access.grant"].sudo()
        mine = Domain("deal_id", "in", self.ids)
        held = grants_sudo._read_group(
            mine & grants_sudo._in_force_domain(),
            ["deal_id"],
            ["user_id:count_distinct", "team_id:count_distinct", "group_id:count_distinct", "date_to:max"],
        )
        counts = {deal: (people + teams + roles, until) for deal, people, teams, roles, until in held}
        waiting = dict(
            grants_sudo._read_group(mine & Domain("state", "in", _WAITING), ["deal_id"], ["__count"])
        )
        for deal in self:
            deal.member_count, deal.date_to = counts.get(deal._origin, (0, False))
            deal.waiting_count = waiting.get(deal._origin, 0)

    @api.constrains("customer_ids", "company_id")
    def _check_company_of_customers(self):
        for deal in self:
            if deal.sudo().customer_ids.company_id - deal.company_id:  # as superuser: whoever may see them
                raise ValidationError(self.env._("A deal is about customers of one company."))

    # ------------------------------------------------------------ who enters what

    @api.model_create_multi
    def create(self, vals_list):
        self.env["loan.access.grant"]._check_compliance()
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self.env["loan.access.grant"]._check_compliance()
            stored = {name for name in vals if name in self._fields and self._fields[name].store}
            stored -= {"activity_ids", "message_ids", "message_follower_ids", *_ENTERED}
            if stored:
                raise AccessError(
                    self.env._("A deal is changed by its own buttons: each change is on record.")
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_never(self):
        raise UserError(self.env._("Deals stay on record. Close or refuse it."))

    # ------------------------------------------------------------ giving

    def _open(self, customers, lines):
        """Let people see customers for this deal, who do not see them for as long and as far already.

        :param customers: `loan.customer`, added to those of the deal
        :param list lines: dicts of a beneficiary's columns, `level_id` and `date_to`
        :return: the grants that were made, `loan.access.grant`
        :raise AccessError: for who is not of compliance
        :raise UserError: for a deal that is over
        """
        self.ensure_one()
        grants = self.env["loan.access.grant"]
        grants._check_compliance()
        self.check_access("write")
        customers.check_access("read")
        now = fields.Datetime.now()
        # As superuser: what a deal is about is noted by this verb alone.
        deal_sudo = self.sudo()
        deal_sudo.given_at = now
        deal_sudo.flush_recordset(["given_at"])
        if self.state == "asked":
            deal_sudo._move_to("open")
            deal_sudo.date_from = now
        elif self.state != "open":
            raise UserError(self.env._("This deal is over. Begin another one."))
        deal_sudo.customer_ids |= customers
        deal_sudo.customer_count = len(deal_sudo.with_context(active_test=False).customer_ids)
        wanted = [
            {
                **line,
                "customer_id": customer.id,
                "company_id": self.company_id.id,
                "purpose": self.purpose,
                "deal_id": self.id,
                "date_from": now,
            }
            for customer in customers
            for line in lines
        ]
        given = grants.create(grants._not_held(wanted, self))
        # Nobody approves their own: it waits for a colleague, like any request.
        own = given.filtered(lambda grant: grant.user_id == self.env.user)
        (given - own).action_approve()
        deal_sudo.activity_ids.action_feedback()
        return given

    def action_add(self):
        """Open the form that adds people or customers, with what it would change."""
        self.ensure_one()
        return self.env["loan.access.deal.start"]._open(deal=self)

    def action_approve_rest(self):
        """Approve what waits for a second person of compliance, or for somebody other than who would get it."""
        self.ensure_one()
        self.env["loan.access.grant"]._check_compliance()
        self.check_access("write")
        user = self.env.user
        rest = self.grant_ids.filtered(
            lambda grant: (
                grant.state in _WAITING
                and grant.user_id != user
                and not (grant.state == "approved_once" and grant.approved_user_id == user)
            )
        )
        if not rest:
            raise UserError(self.env._("What is left has to be approved by somebody else of compliance."))
        return rest.action_approve()

    # ------------------------------------------------------------ ending

    def action_refuse(self):
        """Refuse what was asked for; the answer says why."""
        self.env["loan.access.grant"]._check_compliance()
        self.check_access("write")
        if self.filtered(lambda deal: not (deal.answer or "").strip()):
            raise UserError(self.env._("Say why in “Answer”: whoever asked is told."))
        deals_sudo = self.sudo()  # as superuser: a status is noted by the verbs alone
        deals_sudo._move_to("refused")
        deals_sudo.activity_ids.action_feedback()
        for deal in deals_sudo:
            self.env["loan.access.log"]._note("grant", deal, deal=deal.id, state="refused")
        deals_sudo._tell_who_asked()
        return True

    def action_close(self):
        """Open the form that closes the deal and ends all that came of it."""
        self.env["loan.access.grant"]._check_compliance()
        return self.env["loan.access.end"]._open(deals=self)

    def _close(self, reason):
        """Close deals: every grant that came of them ends now, one that waits for approval is refused.

        :param str reason: stays on record, on the deal and on each grant
        :raise UserError: without a reason, or for a deal that is not open
        """
        self.env["loan.access.grant"]._check_compliance()
        self.check_access("write")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why: the reason stays on record."))
        deals_sudo = self.sudo()  # as superuser: as above
        deals_sudo.lock_for_update()
        deals_sudo._move_to("closed")
        deals_sudo.write(
            {
                "closed_at": fields.Datetime.now(),
                "closed_user_id": self.env.uid,
                "answer": reason.strip(),
            }
        )
        deals_sudo.grant_ids._end(reason)
        for deal in deals_sudo:
            self.env["loan.access.log"]._note(
                "grant", deal.customer_ids or deal, reason=reason.strip(), deal=deal.id, state="closed"
            )

    # ------------------------------------------------------------ telling

    def _call_compliance(self):
        """Give somebody of compliance a to-do for each request; as superuser."""
        for company, deals in self.grouped("company_id").items():
            officer = self.env["loan.customer"]._compliance_officer(company)
            if officer:
                told = self.with_context(lang=officer.lang)
                deals.with_context(mail_activity_quick_update=True).activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=company._loan_today(),
                    summary=told.env._("Answer a request for a deal team"),
                    user_id=officer.id,
                )

    def _tell_who_asked(self):
        """Tell who asked what has become of it, without a name; as superuser."""
        for deal in self.filtered("wanted"):
            told = deal.with_context(lang=deal.user_id.lang)
            deal.user_id.partner_id.message_notify(
                partner_ids=deal.user_id.partner_id.ids,
                subject=told.env._("Your request for a deal team"),
                body=told.env._("It was refused: %s", deal.answer)
                if deal.state == "refused"
                else told.env._("It was set up. You find it under Team → My Deal Teams."),
                model=False,
                res_id=False,
            )

    def action_open_grants(self):
        """Open the grants of this deal."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_access_grant_action")
        return {
            **action,
            "name": self.env._("Members"),
            "domain": [("deal_id", "=", self.id)],
            "context": {"create": False, "search_default_group_user": 1},
        }
