from datetime import datetime, time, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..core import stages
from ..core.calendars import BusinessCalendar, CalendarError

_OURS = "loan_crm.loan_crm_group_manager"
# What belongs to an application as a whole: leads that are merged keep it from one of them, never half of each.
_APPLICATION = (
    "loan_product_id",
    "loan_kind",
    "loan_segment_id",
    "loan_amount",
    "loan_term",
    "loan_purpose",
    "loan_payout_date",
    "loan_first_due_date",
)


class CrmLead(models.Model):
    """An application for a loan is a lead that names a loan product; a lead without one is Odoo's own.

    It begins with the product, which brings the list of papers that are needed, and ends in a customer's profile and
    a draft loan (`_make_loan`), or lost. Who sees it is said by Odoo's own rules. It leads to no profile and no loan
    but by buttons that ask for the user's own rights: the link is kept on the loan (`loan.application.mixin`).
    """

    _inherit = "crm.lead"

    loan_product_id = fields.Many2one(
        "loan.product",
        "Loan Product",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        domain="company_id and [('company_id', 'in', [False, company_id])] or []",
        help="What they apply for. With it the lead is an application for a loan.",
    )
    loan_currency_id = fields.Many2one(related="loan_product_id.currency_id", string="Loan Currency")
    loan_kind = fields.Selection(
        selection="_loan_kinds",
        string="Borrower Is",
        compute="_compute_loan_kind",
        store=True,
        readonly=False,
        help="Which papers are needed depends on it, and the profile is made as that.",
    )
    loan_segment_id = fields.Many2one("loan.customer.segment", "Segment", ondelete="restrict")
    loan_amount = fields.Monetary("Amount Wanted", currency_field="loan_currency_id", tracking=True)
    loan_term = fields.Integer("Term", aggregator=None, tracking=True, help="Number of installments.")
    loan_purpose = fields.Char("Purpose", help="What the money is for, in the borrower's words.")
    loan_payout_date = fields.Date("Money Wanted On")
    loan_first_due_date = fields.Date("First Due Date Wanted")
    referrer_partner_id = fields.Many2one(
        "res.partner",
        "Recommended By",
        index="btree_not_null",
        ondelete="set null",
        help="The contact who told them about us. The customer's profile keeps it.",
    )

    loan_document_ids = fields.One2many(
        "loan.lead.document", "lead_id", "Documents", groups=_OURS, copy=False
    )
    loan_document_told = fields.Char("Documents Complete", compute="_compute_loan_documents", groups=_OURS)
    loan_document_missing = fields.Integer(
        "Documents Missing", compute="_compute_loan_documents", groups=_OURS
    )
    loan_customer_count = fields.Integer("Loan Customers", compute="_compute_loan_counts", groups=_OURS)
    loan_contract_count = fields.Integer("Loans Made", compute="_compute_loan_counts", groups=_OURS)

    loan_stage_purpose = fields.Text(related="stage_id.loan_purpose", string="What Happens Now")
    loan_stage_holder = fields.Char(related="stage_id.loan_holder", string="Who Has It Now")
    loan_stage_since = fields.Date("In This Stage Since", compute="_compute_loan_stage")
    loan_stage_due = fields.Date(
        "Should Leave By",
        compute="_compute_loan_stage",
        help="The working days of the stage, counted in the days the lender is open.",
    )
    loan_stage_late = fields.Boolean(
        "Stuck in Its Stage", compute="_compute_loan_stage", search="_search_loan_stage_late"
    )

    # While who has it is away, see `loan.cover.lead.mixin`.
    loan_cover_id = fields.Many2one(
        "loan.cover",
        "Passed On in",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=_OURS,
    )
    loan_cover_from_id = fields.Many2one(
        "res.users", "In Place Of", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    loan_cover_to_id = fields.Many2one(
        "res.users",
        "Acts Meanwhile",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Has the application while its salesperson is away, and gives it back by itself.",
    )
    loan_cover_follower = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    loan_cover_told = fields.Char("Cover", compute="_compute_loan_cover_told", groups=_OURS)

    _loan_amount_sensible = models.Constraint(
        "CHECK (loan_amount >= 0 AND loan_amount <> 'NaN')", "The amount wanted cannot be negative."
    )
    _loan_term_sensible = models.Constraint(
        "CHECK (loan_term BETWEEN 0 AND 2600)", "The term must lie between 1 and 2600 installments."
    )
    _loan_stage_idx = models.Index("(stage_id, date_last_stage_update) WHERE loan_product_id IS NOT NULL")

    @api.model
    def _loan_kinds(self):
        return self.env["loan.customer"]._fields["kind"]._description_selection(self.env)

    def _loan_company(self):
        """Return the lender this is an application to."""
        lead_sudo = self.sudo()  # a salesperson without a right to loans may open the lead all the same
        return lead_sudo.company_id or lead_sudo.loan_product_id.company_id or self.env.company

    @api.depends("loan_product_id", "partner_id", "partner_name")
    def _compute_loan_kind(self):
        for lead in self:
            # Chosen once it stays: who fills in the form knows better than the contact.
            kind = lead.loan_kind
            if lead.loan_product_id and not kind:
                firm = lead.partner_id.is_company if lead.partner_id else lead.partner_name
                kind = "sme" if firm else "person"
            lead.loan_kind = kind

    @api.depends("loan_document_ids.state", "loan_document_ids.lacking")
    @api.depends_context("lang", "uid")
    def _compute_loan_documents(self):
        self.loan_document_ids.mapped("lacking")  # of all at once: what profiles hold is one question
        for lead in self:
            wanted = lead.loan_document_ids.filtered(lambda document: document.state != "waived")
            done = wanted.filtered(lambda document: document.state == "accepted" or document.held_told)
            lead.loan_document_missing = len(wanted.filtered("lacking"))
            lead.loan_document_told = bool(wanted) and self.env._(
                "%(done)s of %(all)s", done=len(done), all=len(wanted)
            )

    @api.depends("partner_id", "loan_kind", "company_id", "loan_product_id")
    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_loan_counts(self):
        contracts = dict(
            self.env["loan.contract"]._read_group(
                [("lead_id", "in", self.ids), ("state", "!=", "cancelled")], ["lead_id"], ["__count"]
            )
        )
        borrowers = {lead: lead._loan_borrower() for lead in self}
        profiles = {
            (contact, company): count
            for contact, company, count in self.env["loan.customer"]
            .with_context(active_test=False)
            ._read_group(
                [("partner_id", "in", [contact.id for contact in borrowers.values()])],
                ["partner_id", "company_id"],
                ["__count"],
            )
        }
        for lead in self:
            lead.loan_customer_count = profiles.get((borrowers[lead], lead._loan_company()), 0)
            lead.loan_contract_count = contracts.get(lead._origin, 0)

    @api.depends("loan_cover_to_id", "loan_cover_from_id", "loan_cover_id")
    @api.depends_context("lang")
    def _compute_loan_cover_told(self):
        for lead in self:
            cover_sudo = lead.loan_cover_id.sudo()  # that a colleague is away is known to who acts for them
            lead.loan_cover_told = bool(lead.loan_cover_to_id) and self.env._(
                "%(manager)s is away until %(day)s and has it again then. A customer who comes of it is %(manager)s's.",
                manager=lead.loan_cover_from_id.name,
                day=format_date(self.env, cover_sudo.date_to),
            )

    # ------------------------------------------------------------ the clock of a stage

    @api.model
    def _loan_business_days(self, company):
        """Return the days a lender is open, a :class:`core.calendars.BusinessCalendar`."""
        calendar_sudo = company.sudo().loan_calendar_id  # when a bank is open is no secret
        return calendar_sudo._as_calendar() if calendar_sudo else BusinessCalendar()

    @api.depends(
        "loan_product_id",
        "company_id",
        "active",
        "stage_id.loan_days",
        "stage_id.is_won",
        "date_last_stage_update",
    )
    def _compute_loan_stage(self):
        self.loan_stage_since = self.loan_stage_due = self.loan_stage_late = False
        for company, leads in (
            self.filtered("loan_product_id").grouped(lambda lead: lead._loan_company()).items()
        ):
            zone, today = ZoneInfo(company.loan_tz or "UTC"), company._loan_today()
            calendar = self._loan_business_days(company)
            for lead in leads.filtered("date_last_stage_update"):
                since = lead.date_last_stage_update.replace(tzinfo=timezone.utc).astimezone(zone).date()
                lead.loan_stage_since = since
                if lead.stage_id.is_won or not lead.active or not lead.stage_id.loan_days:
                    continue
                try:
                    lead.loan_stage_due = stages.leave_by(since, lead.stage_id.loan_days, calendar)
                except CalendarError:  # a lender that is never open is late with nothing
                    continue
                lead.loan_stage_late = lead.loan_stage_due < today

    def _search_loan_stage_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        timed = self.env["crm.stage"].search([("loan_days", ">", 0), ("is_won", "=", False)])
        late = Domain.FALSE
        for company in self.env.companies:
            mine = Domain("company_id", "=", company.id)
            unfenced = Domain("company_id", "=", False)
            mine |= unfenced & Domain("loan_product_id.company_id", "=", company.id)
            if company == self.env.company:
                mine |= unfenced & Domain("loan_product_id.company_id", "=", False)
            zone, today = ZoneInfo(company.loan_tz or "UTC"), company._loan_today()
            calendar = self._loan_business_days(company)
            for days, at in timed.grouped("loan_days").items():
                try:
                    first = stages.late_if_entered_before(today, days, calendar)
                except CalendarError:
                    continue
                morning = datetime.combine(first, time(0), tzinfo=zone).astimezone(timezone.utc)
                late |= (
                    mine
                    & Domain("stage_id", "in", at.ids)
                    & Domain("date_last_stage_update", "<", morning.replace(tzinfo=None))
                )
        return Domain("loan_product_id", "!=", False) & Domain("active", "=", True) & late

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        found = super()._read_group_stage_ids(stages, domain)
        if not self.env.context.get("loan_application"):
            return found
        # Applications have columns of their own, where somebody has said what a stage means to a borrower.
        ours = found.filtered(lambda stage: stage.loan_purpose or stage.loan_days or stage.loan_holder)
        return found.filtered(lambda stage: stage in ours | stages) if ours else found

    # ------------------------------------------------------------ entering

    @api.constrains("partner_id", "referrer_partner_id")
    def _check_referrer(self):
        for lead in self:
            if lead.referrer_partner_id and lead.referrer_partner_id == lead.partner_id:
                raise ValidationError(self.env._("Nobody recommends themselves."))

    @api.model_create_multi
    def create(self, vals_list):
        self._check_no_cover(vals_list)
        leads = super().create(vals_list)
        leads.filtered("loan_product_id")._sync_loan_documents()
        self.env["loan.cover"]._follow_leads(leads)
        return leads

    def write(self, vals):
        self._check_no_cover([vals])
        if "user_id" in vals:
            # Whoever gives it to somebody else while its salesperson is away gives it for good.
            lent_sudo = self.sudo().filtered("loan_cover_to_id")  # as superuser: as in `_check_no_cover`
            lent_sudo = lent_sudo.filtered(lambda lead: lead.loan_cover_to_id.id != vals["user_id"])
            if lent_sudo:
                self.env["loan.cover"]._forget_follower(lent_sudo)
                lent_sudo.loan_cover_to_id = False
        result = super().write(vals)
        if {"loan_product_id", "loan_kind"} & vals.keys():
            self._sync_loan_documents()
        if {"stage_id", "probability", "partner_id"} & vals.keys() and self.env.user.has_group(_OURS):
            won = self.filtered(lambda lead: lead.loan_product_id and lead.won_status == "won")
            won.loan_document_ids._keep_in_profile()
        if {"loan_product_id", "user_id"} & vals.keys():
            self.env["loan.cover"]._follow_leads(self)
        return result

    @api.model
    def _check_no_cover(self, vals_list):
        """Refuse to enter whose an application is while they are away: the cover keeps it."""
        if self.env.su:
            return
        kept = {"loan_cover_id", "loan_cover_from_id", "loan_cover_to_id", "loan_cover_follower"}
        entered = {name for vals in vals_list for name in vals}
        entered |= {name.removeprefix("default_") for name in self.env.context if name.startswith("default_")}
        if kept & entered:
            raise AccessError(
                self.env._("Who has an application while somebody is away follows from the cover.")
            )

    def _sync_loan_documents(self):
        """Bring the lists of papers to what the products ask for; lines that somebody has begun stay."""
        # As superuser: the list follows the product, whoever has chosen it.
        leads_sudo = self.sudo().with_context(active_test=False)
        documents_sudo = leads_sudo.loan_document_ids
        applications_sudo = leads_sudo.filtered("loan_product_id")
        if not (documents_sudo or applications_sudo):
            return
        companies = {lead: lead._loan_company() for lead in applications_sudo}
        types_sudo = self.env["loan.document.type"].sudo()  # as above
        offered_sudo = types_sudo._on_offer(self.env["res.company"].union(*companies.values()))
        wanted = {
            lead: offered_sudo._suits(lead.loan_product_id, lead.loan_kind, companies[lead])
            for lead in applications_sudo
        }
        documents_sudo.filtered(
            lambda document: (
                document.type_id
                and document._is_untouched()
                and document.type_id not in wanted.get(document.lead_id, offered_sudo.browse())
            )
        ).unlink()
        documents_sudo.create(
            [
                {"lead_id": lead.id, "type_id": each.id, "name": each.name, "sequence": each.sequence}
                for lead, types in wanted.items()
                for each in types - lead.loan_document_ids.type_id
            ]
        )
        self.invalidate_recordset(["loan_document_ids"])

    # ------------------------------------------------------------ asking for papers

    def _loan_lacking(self):
        """Return the papers that the borrower still owes us, as far as this user knows what the profile holds."""
        return self.loan_document_ids.filtered("lacking")

    def action_ask_documents(self):
        """Write one letter that lists all that is missing; not twice on a day, where nothing new is missing."""
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update()  # of two clicks one writes
        documents = self._loan_lacking()
        if not documents:
            raise UserError(self.env._("Nothing is missing: every document has come."))
        address = self.partner_id.email_normalized if self.partner_id else self.email_normalized
        if not address:
            raise UserError(self.env._("There is no valid email address to write to. Add one, or call."))
        today = self._loan_company()._loan_today()
        if all(document.state == "asked" and document.asked_on == today for document in documents):
            raise UserError(
                self.env._("All that is missing was asked for today already. Nothing was sent again.")
            )
        template = self.env.ref("loan_crm.mail_template_documents", raise_if_not_found=False)
        if not template:
            raise UserError(
                self.env._("The letter that asks for documents was deleted. Ask your administrator.")
            )
        # A notification: deleting the sent mail keeps the message with the application.
        template.send_mail(self.id, email_values={"is_notification": True})
        documents._move_to("asked")
        documents.asked_on = today
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The letter is on its way. It asks for %s documents.", len(documents))
                if len(documents) > 1
                else self.env._("The letter is on its way. It asks for one document."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------ from the application to the loan

    def _loan_borrower(self):
        """Return the contact who borrows: the person, or the firm that the contact speaks for."""
        contact = self.partner_id
        return (
            contact if self.loan_kind in ("person", "sole_trader", False) else contact.commercial_partner_id
        )

    @api.model
    def _loan_borrower_domain(self, partners):
        """Return which leads are applications of these contacts, whoever speaks for them.

        :param partners: `res.partner`
        """
        own = Domain("loan_kind", "in", [False, "person", "sole_trader"])
        return Domain("loan_product_id", "!=", False) & (
            (own & Domain("partner_id", "in", partners.ids))
            | (~own & Domain("partner_id.commercial_partner_id", "in", partners.ids))
        )

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

    def _note_referrer(self, customer):
        """Credit who sent this customer, where nobody is credited yet: the first who did keeps it.

        The profile follows the contact (`loan.pipeline.mixin`); whoever may not see that one does not see it either.
        """
        # As superuser: who sent them is noted, and told to nobody (`loan.customer.tier.mixin._read_format`).
        customer_sudo, referrer = customer.sudo(), self.referrer_partner_id - customer.partner_id
        if referrer and not (customer_sudo.referrer_partner_id or customer_sudo.referred_by_id):
            customer_sudo.referrer_partner_id = referrer

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

    # ------------------------------------------------------------ forgetting

    @api.model
    def _get_erasure_plan(self):
        """Tell what becomes of an application when its customer is erased (`loan.erasure.application.mixin`).

        :return: a dict as of `loan.access.mixin._get_erasure_plan`; the name is given by the customer who is erased
        """
        kept = {"name", "email_state", "phone_state"}
        words = {
            name: None
            for name, field in self._fields.items()
            if field.store
            and field.column_type
            and not field.required
            and not field.translate
            and name not in kept
            and (
                field.type in ("char", "text", "html", "properties")
                or (
                    field.type == "many2one"
                    and field.comodel_name
                    in ("res.partner", "res.country", "res.country.state", "res.lang", "ir.attachment")
                )
            )
        }
        return {
            "delete": False,
            "now": {},
            "later": words,
            "why": self.env._(
                "Names, addresses, words, messages and files go: of those that came to nothing at once, of the others "
                "with the records of the loan. Product, amount and days stay."
            ),
        }

    # ------------------------------------------------------------ merging

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "referrer_partner_id"]

    def _merge_get_fields_specific(self):
        def of_one_application(name, leads):
            value = leads.filtered("loan_product_id")[:1][name]
            return value.id if isinstance(value, models.BaseModel) else value

        return super()._merge_get_fields_specific() | dict.fromkeys(_APPLICATION, of_one_application)

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # As superuser: papers and loans stay with the application, whoever merges two leads of one person.
        head_sudo, tail_sudo = self.sudo(), opportunities.sudo()
        for document_sudo in tail_sudo.loan_document_ids:
            twin_sudo = head_sudo.loan_document_ids.filtered(
                lambda mine, type_=document_sudo.type_id: type_ and mine.type_id == type_
            )
            if twin_sudo and not twin_sudo._is_untouched():
                continue
            twin_sudo.unlink()
            document_sudo.lead_id = head_sudo
        contracts_sudo = self.env["loan.contract"].sudo()
        contracts_sudo.search([("renewal_lead_id", "in", opportunities.ids)]).renewal_lead_id = self
        contracts_sudo._follow_merged_leads(self, opportunities)
        return result
