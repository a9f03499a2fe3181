from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

_OURS = "loan_crm.loan_crm_group_manager"


class LoanLeadWinMixin(models.AbstractModel):
    """An application that is won: it becomes a customer's profile and a draft loan, once, whoever wins it.

    The profile is the one there is, or is made: for who wrote the application, or by the policy of the team. The papers
    go along. All that with the user's own rights, but where a comment says why not.
    """

    _name = "loan.lead.win.mixin"
    _description = "Applications Won"

    # ------------------------------------------------------------ the loan

    def action_make_loan(self):
        """Turn the application into a customer's profile and a draft loan, and open the draft. Twice is once."""
        self.ensure_one()
        contract, told = self._make_loan_told()
        seen = contract.has_access("read")
        form = self._loan_form("loan.contract", contract)
        if not told:
            return form
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "sticky": True,
                "message": told,
                "next": form if seen else {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _make_loan(self):
        """Make the profile, where there is none, and the draft that this application asks for.

        :return: `loan.contract`, the one that was made before where there is one
        :raise UserError: in words for who does it; nothing is made then
        """
        return self._make_loan_told()[0]

    def _make_loan_told(self):
        """Do what `_make_loan` says.

        :return: `loan.contract`, and in words who looks after the customer where it is not who wrote the application
        """
        self.ensure_one()
        told = ""
        self.check_access("write")
        contracts = self.env["loan.contract"]
        contracts.check_access("create")
        self.lock_for_update()  # of two clicks one makes it
        # As superuser: a loan that is hidden from this user was made all the same.
        made = contracts.sudo().search([("lead_id", "=", self.id), ("state", "!=", "cancelled")], limit=1)
        contract = made.sudo(False)
        if contract and not contract.has_access("read"):
            raise UserError(self.env._("This loan cannot be made here. Ask compliance."))
        if not contract:
            self._check_loan_can_be_made()
            company = self._loan_company()
            customer = self._loan_profile(company)
            if customer:
                self._note_referrer(customer)
            else:
                customer, told = self._make_loan_profile(company)
            # As superuser where the policy of the team has given the customer to somebody else: the loan is made all
            # the same, once, by who has won it. Its profile and its draft are that one's to open.
            maker_sudo = contracts.sudo(not customer.has_access("read"))
            contract = maker_sudo.with_company(company).create(self._prepare_loan_vals(company, customer))
            # As superuser: which application a loan comes from is not entered but follows.
            contract.sudo().lead_id = self
            contract.message_post_with_source(
                "mail.message_origin_link",
                render_values={"self": contract, "origin": self},
                subtype_xmlid="mail.mt_note",
            )
            if self.won_status != "won":
                self.action_set_won()
        self._carry_documents(contract)
        self.loan_document_ids._keep_in_profile()
        return contract.sudo(False), told

    def _check_loan_can_be_made(self):
        company = self._loan_company()
        # As superuser: what is of another company is refused in words.
        product, partner_sudo = self.loan_product_id.sudo(), self.partner_id.sudo()
        if not self.active or self.won_status == "lost":
            reason = self.env._("This application is lost. Restore it first.")
        elif self.type == "lead":
            reason = self.env._("Convert the lead to an opportunity first.")
        elif not product:
            reason = self.env._("Choose the loan product first.")
        elif not product.active:
            reason = self.env._("%s is lent no more. Choose another product.", product.display_name)
        elif not partner_sudo:
            reason = self.env._("Choose the contact first: the customer's profile is made of it.")
        elif not (self.loan_amount and self.loan_term):
            reason = self.env._("Say how much they want to borrow, and in how many installments they repay.")
        elif company not in self.env.companies:
            reason = self.env._("Switch to %s first: the application was made there.", company.name)
        elif product.company_id and product.company_id != company:
            reason = self.env._(
                "%(company)s does not lend %(product)s. Choose another product.",
                company=company.name,
                product=product.display_name,
            )
        elif partner_sudo.company_id and partner_sudo.company_id != company:
            reason = self.env._(
                "%(contact)s is a contact of another company than %(company)s.",
                contact=partner_sudo.display_name,
                company=company.name,
            )
        else:
            return
        raise UserError(reason)

    def _prepare_loan_vals(self, company, customer):
        today = company._loan_today()
        start = max(self.loan_payout_date or today, today)
        vals = {
            "customer_id": customer.id,
            "company_id": company.id,
            "product_id": self.loan_product_id.id,
            "principal": self.loan_amount,
            "term": self.loan_term,
            "purpose": self.loan_purpose,
            "start_date": start,
        }
        if self.loan_first_due_date and self.loan_first_due_date > start:
            vals["first_due_date"] = self.loan_first_due_date
        return vals

    def _carry_documents(self, contract):
        """Put copies of the accepted papers with the loan; what is there already is not put there twice."""
        accepted = self.loan_document_ids.filtered(lambda document: document.state == "accepted")
        # As superuser where the loan is a colleague's: the papers of the application belong with it, see `_make_loan`.
        files = self.env["ir.attachment"].sudo(contract.env.su)
        there = files.search([("res_model", "=", contract._name), ("res_id", "=", contract.id)])
        known = {(file.name, file.checksum) for file in there}
        for file in accepted.attachment_ids:
            if (file.name, file.checksum) not in known:
                file.sudo(contract.env.su).copy({"res_model": contract._name, "res_id": contract.id})

    # ------------------------------------------------------------ the borrower's profile

    def _loan_profile(self, company):
        """Return the borrower's profile, or none where there is none; refuse where it is not for this user."""
        borrower = self._loan_borrower()
        profiles = self.env["loan.customer"].with_context(active_test=False)
        mine = Domain("partner_id", "=", borrower.id) & Domain("company_id", "=", company.id)
        profile = profiles.search(mine)._surviving()
        # As superuser: there is one profile for a contact, whoever may see it.
        if not profile and profiles.sudo().search_count(mine, limit=1):
            raise UserError(self.env._("A profile for this contact cannot be made here. Ask compliance."))
        if profile and not profile.active:
            raise UserError(
                self.env._("The profile of %s is archived. Restore it first.", profile.display_name)
            )
        return profile.with_context(active_test=True)

    def _loan_seen_profiles(self):
        """Return `{application: the borrower's profile}`, of profiles that are kept and that this user may see."""
        companies = {lead: lead._loan_company() for lead in self.filtered("loan_product_id")}
        borrowers = {lead: lead._loan_borrower() for lead in companies}
        profiles = (
            self.env["loan.customer"]
            .with_context(active_test=False)
            .search(
                Domain("partner_id", "in", [borrower.id for borrower in borrowers.values() if borrower])
                & Domain("company_id", "in", [company.id for company in companies.values()])
            )
        )
        by_contact = {(profile.partner_id, profile.company_id): profile for profile in profiles}
        found = {}
        for lead, company in companies.items():
            profile = by_contact.get((borrowers[lead], company))
            if profile and (kept := profile._surviving().filtered("active")._filtered_access("read")):
                found[lead] = kept.with_context(active_test=True)
        return found

    def _make_loan_profile(self, company):
        """Make the borrower's profile; where its team assigns automatically, by that policy.

        :return: `loan.customer`, and in words who looks after them where it is not who wrote the application
        """
        customers = self.env["loan.customer"].with_company(company)
        vals = self._prepare_loan_customer_vals(company)
        wished, team = self.env["res.users"].browse(vals["manager_user_id"]), self.team_id
        if team.company_id not in (company, self.env["res.company"]):
            team = wished.sudo().sale_team_id  # as superuser: as below
        if team.sudo().loan_assign_policy == "automatic":  # as superuser: how a team works is no secret
            return self._make_loan_profile_by_policy(customers, vals, wished, team)
        try:
            with self.env.cr.savepoint():
                return customers.create(vals), ""
        except AccessError as error:
            raise UserError(
                self.env._(
                    "%(manager)s is to look after this customer, and you could not see them then. Ask %(manager)s, "
                    "or a lead of the team, to make the loan.",
                    manager=wished.name,
                )
            ) from error

    def _make_loan_profile_by_policy(self, customers, vals, wished, team):
        """Make the profile and give it to whom the policy of the team lets have it.

        :param customers: `loan.customer`, of the company
        :param dict vals: of the profile
        :param wished: `res.users` who would look after them but for the policy
        :param team: `crm.team` that assigns automatically
        :return: as `_make_loan_profile`
        """
        customers.check_access("create")
        # As superuser: whoever wins the application, the policy says who looks after the borrower. Without a team at
        # first: the policy would give them away before it is asked whether who wrote the application may have them.
        customer_sudo = customers.sudo().create({**vals, "manager_user_id": False, "team_id": False})
        customer_sudo.team_id = team
        told = customer_sudo._assign_won(wished)
        customer = customer_sudo.sudo(False)
        if not told:
            return customer, ""
        author = self.user_id if self.user_id != self.env.user else self.env["res.users"]
        self.message_post(
            body=self.env._("By the policy of the team, %s does not look after the customer.", wished.name),
            partner_ids=author.partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )
        return customer, told

    def _prepare_loan_customer_vals(self, company):
        manager, borrower, team = self._loan_manager(company), self._loan_borrower(), self.team_id
        if self.lang_id and not borrower.lang:
            borrower.lang = self.lang_id.code
        vals = {
            "partner_id": borrower.id,
            "company_id": company.id,
            "kind": self.loan_kind,
            "segment_id": self.loan_segment_id.id,
            "manager_user_id": manager.id,
            "referrer_partner_id": (self.referrer_partner_id - borrower).id,
        }
        # As superuser: a manager may not read to which team a colleague belongs.
        if not manager.sudo().sale_team_id and team.company_id in (company, self.env["res.company"]):
            vals["team_id"] = team.id
        return vals

    def _loan_manager(self, company):
        """Return who is to look after the new customer: who wrote the application, or the team's lead."""
        leader = self.team_id.user_id
        # Who acts for somebody who is away wins it for them.
        author = self.loan_cover_from_id if self.loan_cover_to_id else self.user_id
        for user in (author, leader, self.env.user) if author else (self.env.user, leader):
            # As superuser: a manager may not read for whom a colleague works.
            if user.active and user.has_group(_OURS) and company in user.sudo().company_ids:
                return user
        return self.env["res.users"]

    def _note_referrer(self, customer):
        """Credit who sent this customer, where nobody is credited yet: the first who did keeps it.

        The profile follows the contact (`loan.pipeline.mixin`); whoever may not see that one does not see it either.
        """
        # As superuser: who sent them is noted, and told to nobody (`loan.customer.tier.mixin._read_format`).
        customer_sudo, referrer = customer.sudo(), self.referrer_partner_id - customer.partner_id
        if referrer and not (customer_sudo.referrer_partner_id or customer_sudo.referred_by_id):
            customer_sudo.referrer_partner_id = referrer

    # ------------------------------------------------------------ what came of it

    def action_open_loan_contracts(self):
        """Open the loan that was made of this application, as far as the user may see it."""
        self.ensure_one()
        contract = self.env["loan.contract"].search([("lead_id", "=", self.id), ("state", "!=", "cancelled")])
        if not contract:
            raise UserError(self.env._("No loan of this application is yours to see."))
        return self._loan_form("loan.contract", contract)

    def action_open_loan_customer(self):
        """Open the borrower's profile with the lender they apply to, or a new one where the user sees none."""
        self.ensure_one()
        if not self.partner_id:
            raise UserError(self.env._("Choose the contact first: the customer's profile is made of it."))
        borrower = self._loan_borrower()
        return borrower._open_loan_profile(borrower._loan_profiles(self._loan_company())[:1])

    def _loan_form(self, model, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": record.id,
            "views": [(False, "form")],
        }
