from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..core import arrears, covers
from ..core.listing import listed


class LoanCustomer(models.Model):
    """A borrower of one lender: begins with a contact, ends never; one profile per person and company.

    The Odoo contact stays the contact. What a lender knows and decides about it lives here, where the record
    rules of Loan CRM hold, and never on `res.partner`, which every employee may read.
    """

    _name = "loan.customer"
    _inherit = [
        "loan.consent.mixin",
        "loan.portable.mixin",
        "loan.portal.contact.mixin",
        "loan.first.contact.mixin",
        "loan.touch.mixin",
        "loan.reminder.hold.mixin",
        "loan.promise.mixin",
        "loan.hardship.mixin",
        "loan.case.mixin",
        "loan.commitment.mixin",
        "loan.recovery.mixin",
        "loan.survey.mixin",
        "loan.assignment.mixin",
        "loan.brief.mixin",
        "loan.strip.mixin",
        "loan.customer.tier.mixin",
        "loan.service.mixin",
        "loan.pipeline.mixin",
        "loan.profile.mixin",
        "loan.relation.mixin",
        "loan.paper.mixin",
        "loan.fact.mixin",
        "loan.answer.mixin",
        "loan.lifetime.mixin",
        "loan.erasure.application.mixin",
        "loan.erasure.mixin",
        "loan.merge.mixin",
        "loan.classified.mixin",
        "loan.emergency.mixin",
        "loan.access.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Loan Customer"
    _order = "name, id"
    _rec_names_search = ["name", "reference", "former_references", "partner_id.email"]
    _check_company_auto = True
    _loan_key = "id"
    _mail_thread_customer = True
    _mail_post_access = "read"  # whoever may read may leave a note: the desk, compliance

    partner_id = fields.Many2one(
        "res.partner", "Contact", required=True, index=True, ondelete="restrict", tracking=True
    )
    name = fields.Char(related="partner_id.name", store=True, index="trigram", string="Customer")
    reference = fields.Char("Customer No.", readonly=True, copy=False, index=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        [
            ("person", "Individual"),
            ("sole_trader", "Sole Trader"),
            ("sme", "SME"),
            ("corporate", "Corporate"),
            ("project", "Project Company"),
            ("institution", "Institution"),
        ],
        "Customer Type",
        required=True,
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Decides which papers are needed, which managers are proposed, and which surveys are sent.",
    )

    level_id = fields.Many2one(default=lambda self: self._default_level())
    segment_id = fields.Many2one(
        "loan.customer.segment",
        "Segment",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="A group of your own making. Reminder policies, tiers and managers' desks can be for some segments only.",
    )
    tier_id = fields.Many2one(
        "loan.customer.tier",
        "Tier",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="What it brings stands in the tier's service plan. Chosen by hand it is kept; otherwise the "
        "night gives it by the criteria.",
    )
    manager_user_id = fields.Many2one(
        "res.users",
        "Relationship Manager",
        tracking=True,
        default=lambda self: self._default_manager(),
        domain=lambda self: self._manager_domain(),
        ondelete="restrict",
        help="The one person who is accountable for this customer, and whose name stands under each letter.",
    )
    deputy_user_id = fields.Many2one(
        "res.users",
        "Deputy",
        index="btree_not_null",
        tracking=True,
        domain=lambda self: self._manager_domain(),
        ondelete="set null",
        help="Acts while the manager is away, and sees the customer only then.",
    )
    incoming_user_id = fields.Many2one(
        "res.users",
        "Takes Over",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="Takes the customer over in a handover that is under way, and sees them already.",
    )
    assignment_ids = fields.One2many("loan.assignment", "customer_id", "Managers until Now", readonly=True)
    team_id = fields.Many2one(
        "crm.team",
        "Team",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        help="The lead of this team sees the customer, and so does its service desk.",
    )
    acting_user_id = fields.Many2one(
        "res.users",
        "Acts Today",
        compute="_compute_acting_user_id",
        compute_sudo=True,
        help="The manager, or while they are away the person who covers for them.",
    )
    manager_away = fields.Boolean(compute="_compute_acting_user_id", compute_sudo=True)

    email = fields.Char(related="partner_id.email", readonly=False)
    phone = fields.Char(related="partner_id.phone", readonly=False)
    lang = fields.Selection(related="partner_id.lang", readonly=False)
    tz = fields.Selection(
        related="partner_id.tz",
        readonly=False,
        help="Reminders respect their night by it. Empty: the time of the lender.",
    )
    no_surveys = fields.Boolean(
        related="partner_id.loan_no_surveys",
        readonly=False,
        help="The person asked for it, here or on the page of a survey: they are asked no more how it was.",
    )
    note = fields.Html(
        "Before You Call", help="What a colleague must know before they speak to the customer."
    )

    contract_ids = fields.One2many("loan.contract", "customer_id", "Loans")
    contract_count = fields.Integer("Number of Loans", compute="_compute_contract_count")
    principal_outstanding = fields.Monetary(
        "Outstanding Principal",
        compute="_compute_exposure",
        help="Over all running loans, in the company's currency at today's rate.",
    )
    amount_overdue = fields.Monetary(
        "Overdue Amount",
        compute="_compute_exposure",
        help="What should have been paid by yesterday, in the company's currency at today's rate.",
    )
    next_due_date = fields.Date("Next Due", compute="_compute_exposure")
    days_past_due = fields.Integer("Days Past Due", compute="_compute_exposure")
    reminder_count = fields.Integer("Number of Reminders", compute="_compute_reminder_count")
    repayment_count = fields.Integer("Number of Repayments", compute="_compute_repayment_count")
    bounce_ids = fields.One2many(
        "loan.reminder.bounce",
        "customer_id",
        "Bounced Addresses",
        domain=[("state", "=", "open")],
        readonly=True,
    )
    bounce_count = fields.Integer("Number of Bounced Addresses", compute="_compute_bounce_count")

    _partner_company_uniq = models.UniqueIndex(
        "(partner_id, company_id)", "A profile for this contact cannot be made here. Ask compliance."
    )
    _reference_uniq = models.UniqueIndex(
        "(company_id, reference) WHERE reference IS NOT NULL", "This customer number is already taken."
    )

    # The few that are closed to somebody, which the rule asks of each query below a customer (`_loan_above`).
    _closed_idx = models.Index("(loan_level) WHERE loan_level > 1")
    # A manager's customers, asked by the rule with each query below a customer: their numbers are in the index itself.
    _of_manager_idx = models.Index("(manager_user_id, id) WHERE manager_user_id IS NOT NULL")

    @api.model
    def _default_level(self):
        return self.env.ref("loan_crm.loan_confidentiality_level_internal", raise_if_not_found=False)

    @api.model
    def _default_manager(self):
        user = self.env.user
        return user if user.has_group("loan_crm.loan_crm_group_manager") else self.env["res.users"]

    @api.model
    def _manager_domain(self):
        group = self.env.ref("loan_crm.loan_crm_group_manager", raise_if_not_found=False)
        managers = Domain("all_group_ids", "in", group.ids) if group else Domain.TRUE
        return list(Domain("share", "=", False) & managers)

    @api.model
    def _leavers(self):
        """Return managers who have left and still have customers that the user sees, `res.users`."""
        return self.env["res.users"].union(
            *(
                manager
                for (manager,) in self._read_group(
                    [("manager_user_id.active", "=", False)], ["manager_user_id"]
                )
            )
        )

    @api.model
    def _giver_domain(self):
        """Return whose customers can be given to others: managers, and those who have left and still have some."""
        return list(
            Domain(self._manager_domain()) & Domain("active", "=", True)
            | Domain("id", "in", self._leavers().ids)
        )

    @api.depends("partner_id")
    def _compute_kind(self):
        for customer in self:
            customer.kind = customer.kind or ("sme" if customer.partner_id.is_company else "person")

    @api.depends("manager_user_id")
    def _compute_team_id(self):
        for customer in self:
            # A team chosen by hand stays until the customer goes to somebody of another team.
            team = customer.manager_user_id.sale_team_id
            if team and team.company_id in (customer.company_id, self.env["res.company"]):
                customer.team_id = team

    @api.depends("manager_user_id.active", "deputy_user_id.active", "team_id")
    def _compute_acting_user_id(self):
        lines, away = self.env["loan.cover"]._lines_today(self)
        users = self.manager_user_id.union(*(user for line in lines.values() for user in line))
        gone = users - users.filtered("active")  # whoever left the lender signs and answers for nobody
        for customer in self:
            absent = away.get(customer.company_id, ())
            customer.manager_away = customer.manager_user_id in absent
            customer.acting_user_id = covers.who_acts(lines[customer], gone, absent)

    @api.depends("contract_ids")
    def _compute_contract_count(self):
        counts = dict(
            self.env["loan.contract"]._read_group(
                [("customer_id", "in", self.ids), ("state", "!=", "cancelled")], ["customer_id"], ["__count"]
            )
        )
        for customer in self:
            customer.contract_count = counts.get(customer, 0)

    def _compute_reminder_count(self):
        counts = dict(
            self.env["loan.reminder"]._read_group(
                [("customer_id", "in", self.ids)], ["customer_id"], ["__count"]
            )
        )
        for customer in self:
            customer.reminder_count = counts.get(customer, 0)

    def _compute_repayment_count(self):
        counts = dict(
            self.env["loan.repayment"]._read_group(
                [("customer_id", "in", self.ids)], ["customer_id"], ["__count"]
            )
        )
        for customer in self:
            customer.repayment_count = counts.get(customer, 0)

    @api.depends("bounce_ids.stops")
    def _compute_bounce_count(self):
        for customer in self:
            customer.bounce_count = len(customer.bounce_ids.filtered("stops"))

    @api.depends(
        "contract_ids.state", "contract_ids.principal_outstanding", "contract_ids.installment_ids.amount_open"
    )
    def _compute_exposure(self):
        loans, overdue = {}, {}
        for company, customers in self.grouped("company_id").items():
            env = self.with_company(company).env  # whose currency `sum_currency` adds up in
            ours = Domain("customer_id", "in", customers.ids)
            for customer, principal, due in env["loan.contract"]._read_group(
                ours & Domain("state", "=", "active"),
                ["customer_id"],
                ["principal_outstanding:sum_currency", "next_due_date:min"],
            ):
                loans[customer.id] = principal, due
            late = env["loan.installment"]._overdue_domain(company._loan_today())
            for customer, amount in env["loan.installment"]._read_group(
                ours & late, ["customer_id"], ["amount_open:sum_currency"]
            ):
                overdue[customer.id] = amount
        for customer in self:
            principal, due = loans.get(customer._origin.id, (0.0, False))
            customer.principal_outstanding = principal
            customer.amount_overdue = overdue.get(customer._origin.id, 0.0)
            customer.next_due_date = due
            customer.days_past_due = arrears.days_past_due(due or None, customer.company_id._loan_today())

    def _overdue_told(self):
        """Return what is overdue in words, in the loans' own currencies: what the borrower owes and will pay."""
        self.ensure_one()
        installments = self.env["loan.installment"]
        late = installments._overdue_domain(self.company_id._loan_today())
        sums = installments._read_group(
            Domain("customer_id", "=", self.id) & late, ["currency_id"], ["amount_open:sum"]
        )
        return " + ".join(
            currency.format(amount) for currency, amount in sorted(sums, key=lambda pair: pair[0].name)
        )

    @api.constrains("manager_user_id", "deputy_user_id")
    def _check_people(self):
        for customer in self:
            if customer.manager_user_id and customer.manager_user_id == customer.deputy_user_id:
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot be manager and deputy of %(customer)s at once.",
                        user=customer.manager_user_id.name,
                        customer=customer.display_name,
                    )
                )
            self._check_may_manage(customer.manager_user_id | customer.deputy_user_id, customer.company_id)

    @api.model
    def _check_may_manage(self, users, company):
        """Refuse people who cannot look after a lender's customers, as manager, deputy or cover."""
        for user in users:
            if not user.has_group("loan_crm.loan_crm_group_manager"):
                raise ValidationError(
                    self.env._(
                        "%(user)s cannot look after customers: they are not a relationship manager.",
                        user=user.name,
                    )
                )
            user_sudo = user.sudo()  # a manager may not read for whom a colleague works
            if company not in user_sudo.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s does not work for %(company)s.", user=user.name, company=company.name
                    )
                )

    @api.constrains("company_id")
    def _check_company_of_loans(self):
        # As superuser: loans of the company that is left behind count whether it is switched on or not.
        for customer in self.sudo():
            if customer.contract_ids.company_id - customer.company_id:
                raise ValidationError(
                    self.env._(
                        "%s has loans of another company. Make a profile of the contact in each company.",
                        customer.display_name,
                    )
                )

    @api.constrains("partner_id")
    def _check_partner(self):
        for customer in self:
            # As superuser: an employee who left, or of another company, counts too.
            partner_sudo = customer.partner_id.sudo().with_context(active_test=False)
            if any(user._is_internal() for user in partner_sudo.user_ids):
                raise ValidationError(
                    self.env._(
                        "%s is an employee's own contact. Lend to them under a separate contact, so that their "
                        "colleagues' access to it can be limited.",
                        customer.partner_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("reference"):
                company_id = vals.get("company_id") or self.env.company.id
                vals["reference"] = (
                    self.env["ir.sequence"].with_company(company_id).next_by_code("loan.customer")
                )
        customers = super().create(vals_list)
        self.env["loan.assignment"]._note(customers)
        return customers

    def write(self, vals):
        former = (
            {customer: customer.manager_user_id for customer in self} if "manager_user_id" in vals else {}
        )
        if {"manager_user_id", "deputy_user_id", "team_id", "company_id"} & vals.keys():
            self._check_no_emergency()
        if {"manager_user_id", "deputy_user_id"} & vals.keys():
            self._check_may_give(vals)
        result = super().write(vals)
        if {"manager_user_id", "deputy_user_id"} & vals.keys():
            self.env["loan.assignment"]._note(self)
            self.env["loan.cover"]._follow(self)
        if {"manager_user_id", "deputy_user_id", "team_id", "company_id"} & vals.keys():
            self._check_still_visible()
        for user, customers in self.grouped(former.get).items() if former else ():
            left = customers.filtered(lambda customer, user=user: customer.manager_user_id != user)
            if user and left:
                left._take_over_from(user)
                self.env["loan.handover.item"]._overtake(left)
        return result

    def _check_may_give(self, vals):
        """Refuse that who sees a customer for a while, in cover or before a handover is accepted, keeps them for good.

        :param dict vals: what is written
        """
        if self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            return
        self.check_access("write")
        for name in {"manager_user_id", "deputy_user_id"} & vals.keys():
            changed = self.filtered(lambda customer, name=name: customer[name].id != (vals[name] or False))
            if changed.manager_user_id - self.env.user:
                raise UserError(
                    self.env._("Only their manager or a team lead gives a customer to somebody else.")
                )

    @api.model
    def _loan_derived(self):
        return super()._loan_derived() | {"incoming_user_id"}

    def _written_to(self):
        return self

    @api.model
    def _before_customer_merge(self, kept, others):
        result = super()._before_customer_merge(kept, others)
        # What the page that is given up waits for comes with its messages.
        if waiting := list(filter(None, (kept | others).mapped("waiting_since"))):
            kept.waiting_since = min(waiting)
            others.waiting_since = False
        return result

    def _assign(self, manager, kind="hand", reason=False, deputy=None):
        """Give these customers to a manager, with the reason on record.

        :param manager: `res.users`, or empty: nobody for now
        :param str kind: how it came about, of `loan.assignment`
        :param str reason: in words, for the history
        :param deputy: `res.users`; None: each customer's deputy stays, unless they become the manager
        """
        because = self.env["loan.assignment"]._because(kind, reason)
        stays = self.browse() if deputy is not None else self.filtered(lambda c: c.deputy_user_id != manager)
        for customers, vals in ((stays, {}), (self - stays, {"deputy_user_id": deputy and deputy.id})):
            if customers:
                customers.with_context(**because).write({"manager_user_id": manager.id, **vals})

    def _named(self):
        """Return the names of these customers; of many, the first few and how many more there are."""
        names = self[:5].mapped("display_name")
        if len(self) > 5:
            names.append(self.env._("%s more", len(self) - 5))
        return listed(names, self.env.lang)

    def _check_to_be_handed_over(self, receiver):
        """Refuse customers that cannot be handed over to somebody, naming them.

        :param receiver: `res.users`
        """
        if nobody := self.filtered(lambda customer: not customer.manager_user_id):
            raise UserError(self.env._("Nobody looks after %s, so nobody hands them over.", nobody._named()))
        if theirs := self.filtered(lambda customer: customer.manager_user_id == receiver):
            raise UserError(self.env._("The receiver looks after %s already.", theirs._named()))
        if under_way := self.filtered("incoming_user_id"):
            raise UserError(self.env._("%s: in another handover already.", under_way._named()))
        if len(self.company_id) != 1:
            raise UserError(self.env._("Hand over the customers of one company at a time."))

    def action_hand_over(self):
        """Open the form that starts a handover of these customers."""
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_handover_start_action")
        return {**action, "context": {"default_customer_ids": self.ids, "default_scope": "chosen"}}

    def _take_over_from(self, former):
        """Part a former manager from these customers, who all have one and the same new one, or none.

        Odoo subscribes a new responsible but keeps the old one, who would go on getting the mail; and an activity
        tells its record's name to whoever it is assigned to, whether they may see the record or not.
        """
        contracts_sudo = self.sudo().contract_ids
        hardships_sudo = contracts_sudo.hardship_ids
        hardships_sudo._pass_on(former, self.manager_user_id)
        leads_sudo = self._pass_on_applications(former)
        # As superuser: open cases go with the duty, whoever entered them.
        cases_sudo = (
            self.env["loan.case"]
            .sudo()
            .search([("customer_id", "in", self.ids), ("user_id", "=", former.id)])
        )
        cases_sudo._pass_on(self.manager_user_id)
        recoveries_sudo = self.env["loan.recovery.plan"].sudo().search([("customer_id", "in", self.ids)])
        recoveries_sudo._pass_on(former, self.manager_user_id)
        records = (
            self,
            contracts_sudo,
            contracts_sudo.repayment_ids,
            hardships_sudo,
            leads_sudo,
            cases_sudo,
            recoveries_sudo,
        )
        for followed in records:
            followed.message_unsubscribe(former.partner_id.ids)
        places = Domain.OR(
            Domain("res_model", "=", of._name) & Domain("res_id", "in", of.ids) for of in records if of
        )
        # As superuser: with the duty goes what is still to do, whoever planned it. Without the quick update each
        # activity would send the new manager a mail of its own.
        activities_sudo = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True)
        held_sudo = activities_sudo.search(places & Domain("user_id", "=", former.id))
        heir = self.manager_user_id
        for followed in records:
            theirs_sudo = held_sudo.filtered(lambda each, name=followed._name: each.res_model == name)
            places_sudo = followed.browse(set(theirs_sudo.mapped("res_id")))
            seen = set((places_sudo._loan_seen_by(heir) if heir else places_sudo).ids)
            mine_sudo = theirs_sudo.filtered(lambda each, seen=seen: each.res_id in seen)
            mine_sudo.write({"user_id": heir.id})
            # Whom a complaint is about gets no to-do of it with the customer: whoever has it by now does.
            for activity_sudo in theirs_sudo - mine_sudo:
                holder = followed.browse(activity_sudo.res_id).user_id
                activity_sudo.user_id = holder if holder != former else False

    def _check_still_visible(self):
        """Refuse a change after which the person who makes it could not see the customer any more."""
        lost_sudo = (self - self._filtered_access("read")).sudo()  # named to who could see them a moment ago
        if lost_sudo:
            raise UserError(
                self.env._(
                    "After this change you could not see %s any more. Ask somebody to do it whose duty covers both "
                    "sides: a lead of the team, or of the team it goes to.",
                    # Under the name that the superuser sees: theirs is masked by now.
                    listed(lost_sudo.with_user(SUPERUSER_ID).mapped("display_name"), self.env.lang),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_loans(self):
        # As superuser: a loan that is hidden from whoever deletes is a loan.
        if self.sudo().contract_ids:
            raise ValidationError(
                self.env._("A customer who has loans is kept. Archive the profile instead of deleting it.")
            )

    def action_open_contracts(self):
        return self._action_open("loan_crm.loan_contract_action", default_customer_id=self.id)

    def action_open_assignments(self):
        return self._action_open("loan_crm.loan_assignment_action")

    def action_open_reminders(self):
        return self._action_open("loan_crm.loan_reminder_action")

    def action_open_bounces(self):
        return self._action_open("loan_crm.loan_reminder_bounce_action", search_default_open=1)

    def action_open_waiting(self):
        return self._action_open("loan_crm.loan_contract_action", search_default_waiting=1)

    def action_open_repayments(self):
        return self._action_open("loan_crm.loan_repayment_action")

    def _action_open(self, xmlid, **context):
        """Open a list of this customer's records, without the filters that the menu starts with."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("customer_id", "=", self.id)]
        action["context"] = context
        return action

    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        followers = super()._message_auto_subscribe_followers(updated_values, default_subtype_ids)
        user = self.env["res.users"].browse(updated_values.get("manager_user_id"))
        if user and user.active and user != self.env.user:
            followers.append((user.partner_id.id, default_subtype_ids, False))
        return followers
