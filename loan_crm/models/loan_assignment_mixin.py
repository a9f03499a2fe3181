from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

_BATCH = 100
_PEOPLE = ("manager_user_id", "deputy_user_id", "incoming_user_id")


class LoanAssignmentMixin(models.AbstractModel):
    """How a customer comes to somebody: proposals with reasons, the team's policy, and who never may.

    A borrower without a manager gets one by the policy of their team: automatically, from a proposal that the lead
    accepts, or by hand. A conflict of interest keeps a person out on every way, the ceiling only out of proposals.
    """

    _name = "loan.assignment.mixin"
    _description = "Assignment of Customers"

    proposed_user_id = fields.Many2one(
        "res.users",
        "Proposed Manager",
        compute="_compute_proposal",
        help="Who fits best and has room, for a customer nobody is accountable for.",
    )
    proposed_deputy_user_id = fields.Many2one(
        "res.users", "Proposed Deputy", compute="_compute_proposal", help="The runner-up."
    )
    proposal_note = fields.Text(
        "Because", compute="_compute_proposal", help="What speaks for the person who is proposed."
    )

    @api.depends_context("uid", "lang")
    @api.depends("manager_user_id.active", "team_id")
    def _compute_proposal(self):
        self.proposed_user_id = self.proposed_deputy_user_id = self.proposal_note = False
        # What colleagues carry is their lead's to know.
        if not (self.env.su or self.env.user.has_group("loan_crm.loan_crm_group_team_lead")):
            return
        customers_sudo = self.sudo()  # As superuser: whether somebody has left is no secret
        alone = customers_sudo.filtered(
            lambda customer: customer._origin and not customer.manager_user_id.active and customer.team_id
        ).sudo(self.env.su)
        advice = self.env["loan.assignment.advice"]
        for customer, ranking in advice._advise(alone, alone=True).items() if alone else ():
            manager, deputy = advice._pick(ranking)
            customer.proposed_user_id = manager
            customer.proposed_deputy_user_id = deputy
            customer.proposal_note = advice._told(ranking[0]) if manager else customer._nobody_told(ranking)

    def _nobody_told(self, ranking):
        """Return why nobody is proposed."""
        if not ranking:
            return self.env._("The team has no members.")
        advice = self.env["loan.assignment.advice"]
        best = ranking[0]
        return self.env._(
            "Nobody has room. %(user)s: %(reason)s",
            user=self.env["res.users"].browse(best.id).name,
            reason=advice._told_against(self.company_id, best),
        )

    # ------------------------------------------------------------ who never may

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._check_own_conflicts(vals_list)
        customers = super().create(vals_list)
        customers._check_conflicts(customers)
        customers.sudo()._assign_new()  # as superuser: the policy decides, whoever enters the borrower
        return customers

    def write(self, vals):
        chosen = [name for name in _PEOPLE if vals.get(name)]
        before = {name: {customer.id: customer[name].id for customer in self} for name in chosen}
        result = super().write(vals)
        for name in chosen:
            # Who was there before stays until somebody else is chosen: their lead has a to-do.
            new = self.filtered(
                lambda customer, name=name: before[name].get(customer.id) != customer[name].id
            )
            self._check_conflicts(new, (name,))
        return result

    @api.model
    def _check_own_conflicts(self, vals_list):
        """Refuse who enters a customer with whom they have a conflict of interest: they could not see them then."""
        partners = self.env["res.partner"].browse(
            vals["partner_id"] for vals in vals_list if isinstance(vals.get("partner_id"), int)
        )
        # As superuser: a declared conflict of one's own is no secret, nor whose firm a contact belongs to.
        partners_sudo = partners.sudo().exists()
        conflicts_sudo = self.env["loan.conflict"].sudo()
        found_sudo = conflicts_sudo.search(
            Domain("user_id", "=", self.env.uid)
            & Domain("partner_id", "in", (partners_sudo | partners_sudo.commercial_partner_id).ids)
            & Domain("in_force", "=", True),
            limit=1,
        )
        if found_sudo:
            raise ValidationError(
                self.env._(
                    "%(user)s has a conflict of interest with %(customer)s. Choose somebody else.",
                    user=self.env.user.name,
                    customer=found_sudo.partner_id.display_name,
                )
            )

    @api.model
    def _check_conflicts(self, customers, names=_PEOPLE):
        """Refuse people who have a conflict of interest with the customers they are to look after."""
        if not any(customers.mapped(name) for name in names):
            return
        # As superuser: that somebody may not is told to who chose them, what the conflict is is not.
        barred = self.env["loan.conflict"].sudo()._barred(customers)
        for customer in customers.browse(barred):
            for name in names:
                if customer[name].id in barred[customer.id]:
                    raise ValidationError(
                        self.env._(
                            "%(user)s has a conflict of interest with %(customer)s. Choose somebody else.",
                            user=customer[name].name,
                            customer=customer.display_name,
                        )
                    )

    def _leads_to_tell(self):
        """Return who has to find somebody for each of these customers: `{customer: user}`.

        It is the lead of their team, else a compliance officer, else nobody.
        """
        officers, leads = {}, {}
        for (team, company), customers in self.grouped(lambda each: (each.team_id, each.company_id)).items():
            lead = team.user_id
            if not (lead.active and lead.has_group("loan_crm.loan_crm_group_team_lead")):
                if company not in officers:
                    officers[company] = self._compliance_officer(company)
                lead = officers[company]
            leads.update(dict.fromkeys(customers, lead))
        return leads

    @api.model
    def _compliance_officer(self, company):
        """Return who keeps the rules in a company, the first of them."""
        group = self.env.ref("loan_crm.loan_crm_group_compliance")
        return self.env["res.users"].search(
            Domain("all_group_ids", "in", group.ids) & Domain("company_ids", "in", company.ids),
            order="id",
            limit=1,
        )

    # ------------------------------------------------------------ by policy

    def _assign_new(self):
        """Give borrowers who have just come to somebody, where their team's policy says so."""
        new = self.filtered(
            lambda customer: (
                not customer.manager_user_id and customer.team_id.loan_assign_policy == "automatic"
            )
        )
        if new:
            new._assign_by_policy()

    def _assign_by_policy(self):
        """Give customers to whom the core puts first, the runner-up as deputy, with the reasons on record.

        :return: those for whom there was nobody
        """
        advice = self.env["loan.assignment.advice"]
        left, groups = self.browse(), {}
        for customer, ranking in advice._advise(self).items():
            manager, deputy = advice._pick(ranking)
            if not manager:
                left |= customer
                continue
            if customer.deputy_user_id or not customer.team_id.loan_assign_deputy or deputy == manager:
                deputy = None  # who is deputy already stays
            # Without what they carry then: customers with the same reasons are written together.
            key = manager, deputy, advice._recorded(ranking[0], room=False)
            groups[key] = groups.get(key, self.browse()) | customer
        for (manager, deputy, reason), customers in groups.items():
            customers._assign(
                manager, kind="policy", reason=reason or self.env._("Has the most room"), deputy=deputy
            )
        return left

    def _assign_won(self, wished):
        """Give the borrower of a won application to who wrote it, if the policy of the team lets them; else by it.

        :param wished: `res.users` who would look after them but for the policy
        :return: in words for the user who does look after them and why it is not `wished`; empty where it is
        """
        self.ensure_one()
        advice = self.env["loan.assignment.advice"]
        ranking = advice._advise(self)[self]
        verdict = next((verdict for verdict in ranking if verdict.id == wished.id), None)
        best, runner_up = advice._pick(ranking)
        mine = bool(verdict and verdict.eligible)
        if mine:
            manager, deputy = wished, runner_up if best == wished else best
            reason = self.env._(
                "Wrote the application. %s", advice._told(verdict, room=False, ties=False)
            ).strip()
        else:
            manager, deputy = best, runner_up
            named = next((one for one in ranking if one.id == best.id), None)
            why = self._why_not(wished, verdict)
            reason = self.env._(
                "%(user)s wrote the application: %(why)s. %(reasons)s",
                user=wished.name,
                # The history is read by more people than may know of a conflict.
                why=self.env._("must not look after them") if verdict and verdict.unfit else why,
                reasons=(named and advice._told(named, room=False, ties=False)) or "",
            ).strip()
        if manager:
            if self.deputy_user_id or not self.team_id.loan_assign_deputy:
                deputy = self.env["res.users"]
            self._assign(manager, kind="policy", reason=reason, deputy=deputy or None)
        else:
            self._ask_leads(self.company_id._loan_today())
        if mine:
            return ""
        knows = wished == self.env.user or self.env.user.has_group("loan_crm.loan_crm_group_team_lead")
        told = {
            # As superuser: whoever won the application knows whose it was, and may not see the profile any more.
            "customer": self.with_user(SUPERUSER_ID).display_name,
            "manager": manager.name,
            "user": wished.name,
            "why": why
            if knows or not (verdict and verdict.unfit)
            else self.env._("must not look after them"),
        }
        if manager:
            return self.env._(
                "The loan is made. By the policy of the team, %(manager)s looks after %(customer)s, not %(user)s: "
                "%(why)s.",
                **told,
            )
        return self.env._(
            "The loan is made. Nobody looks after %(customer)s yet, and the lead of the team was asked to find "
            "somebody. Why it is not %(user)s: %(why)s.",
            **told,
        )

    def _why_not(self, user, verdict):
        """Return in words why the policy does not let somebody look after this customer.

        :param user: `res.users`
        :param verdict: :class:`core.assignment.Verdict` of theirs, None for who is no member of the team
        """
        if not verdict:
            return self.env._("is no member of %s", self.team_id.name)
        return self.env["loan.assignment.advice"]._told_against(self.company_id, verdict)

    @api.model
    def _night_assign(self, night):
        """Find somebody for the next borrowers whom nobody is accountable for, as their team's policy says."""
        company = night.company_id
        waiting = self.search(
            [
                ("company_id", "=", company.id),
                # Whoever has left is nobody; unless a colleague is taking over from them already.
                "|",
                ("manager_user_id", "=", False),
                "&",
                ("manager_user_id.active", "=", False),
                ("incoming_user_id", "=", False),
                ("id", ">", night._stand("assigned", 0)),
            ],
            order="id",
            limit=_BATCH,
        )
        if not waiting:
            return 0
        night._note_stand(assigned=waiting[-1].id)
        night._apart("assign", waiting, lambda customers: customers._seek_manager(company, night.date))
        return len(waiting)

    def _seek_manager(self, company, today):
        """Put customers of nobody into a team, then do what its policy says.

        :param company: `res.company`, of all of them
        :param date today: its day
        """
        astray = self.filtered(lambda customer: not customer.team_id)
        if astray and company.loan_team_id:
            astray.team_id = company.loan_team_id
        by_policy = self.grouped(lambda customer: customer.team_id.loan_assign_policy)
        nobody = self.browse()
        left = by_policy.get("automatic", nobody)
        left = left._assign_by_policy() if left else nobody
        (left | by_policy.get("propose", nobody))._ask_leads(today)

    def _ask_leads(self, today):
        """Give the lead of each team one to-do about customers whom nobody is accountable for, while none is open."""
        leads, asked = self._leads_to_tell(), self._teams_asked()
        for team, customers in self.grouped("team_id").items():
            lead = leads[customers[0]]
            if not lead or team in asked:
                continue
            words = customers[0].with_context(
                lang=lead.lang or self.env.lang, mail_activity_quick_update=True
            )
            words.activity_schedule(
                "loan_crm.mail_activity_type_assign",
                date_deadline=today,
                summary=words.env._("Find a manager"),
                note=words.env._(
                    "Nobody is accountable for customers of %s. The list “Nobody Accountable” proposes "
                    "somebody for each.",
                    team.name or self.company_id[:1].name,
                ),
                user_id=lead.id,
            )

    def _teams_asked(self):
        """Return those of these customers' teams whose lead, or who acts for them, is still asked to find somebody."""
        # As superuser: a to-do of somebody else counts, too.
        activities_sudo = self.env["mail.activity"].sudo()
        theirs_sudo = (
            self.env["loan.customer"]
            .sudo()
            ._search([("team_id", "in", self.team_id.ids), ("company_id", "in", self.company_id.ids)])
        )
        found_sudo = activities_sudo.search_fetch(
            [
                ("res_model", "=", "loan.customer"),
                ("activity_type_id", "=", self.env.ref("loan_crm.mail_activity_type_assign").id),
                ("user_id.active", "=", True),
                ("res_id", "in", theirs_sudo),
            ],
            ["res_id"],
        )
        return self.browse(found_sudo.mapped("res_id")).team_id

    # ------------------------------------------------------------ buttons

    def action_suggest_assignment(self):
        """Open the form that ranks who could look after this customer."""
        self.ensure_one()
        return self.env["loan.assignment.suggest"]._open(self)

    def action_assign_many(self):
        """Open the form that proposes somebody for each of these customers."""
        return self.env["loan.assignment.bulk"]._open(self)

    def action_accept_proposal(self):
        """Give a customer to who is proposed; several are dealt out in a form that shows how before it is done."""
        if len(self) > 1:
            return self.action_assign_many()
        self.ensure_one()
        if not self.env.user.has_group("loan_crm.loan_crm_group_team_lead"):
            raise UserError(self.env._("A team lead accepts proposals."))
        if not self.proposed_user_id:
            raise UserError(
                self.env._("There is no proposal for %s. Assign somebody by hand.", self.display_name)
            )
        advice = self.env["loan.assignment.advice"]
        ranking = advice._advise(self, alone=True)[self]
        named = next((verdict for verdict in ranking if verdict.id == self.proposed_user_id.id), None)
        self._assign(
            self.proposed_user_id,
            kind="proposal",
            reason=(named and advice._recorded(named)) or self.env._("Has the most room"),
            deputy=None if self.deputy_user_id else self.proposed_deputy_user_id or None,
        )
        self._done_seeking()
        return True

    def _done_seeking(self):
        """End the to-dos of leads that asked to find somebody for these customers."""
        kinds = self.env.ref("loan_crm.mail_activity_type_assign") | self.env.ref(
            "loan_crm.mail_activity_type_conflict"
        )
        # As superuser: a to-do of another lead is done by this, too.
        activities_sudo = self.env["mail.activity"].sudo()
        activities_sudo.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("activity_type_id", "in", kinds.ids),
            ]
        ).action_feedback()
