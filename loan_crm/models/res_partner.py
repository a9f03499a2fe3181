from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    """The contact of a loan customer: closed with a confidential one (`loan.veil.mixin`).

    So are the contacts of a confidential firm and of a confidential person: who they are would tell whom one lends to.
    Colleagues and the lender itself are never closed, whatever they borrow: nothing in Odoo works without them.
    """

    _name = "res.partner"
    _inherit = ["loan.veil.mixin", "res.partner"]

    # Of the person and not of one lender: who wants to be left alone is, by all of them.
    loan_no_surveys = fields.Boolean(
        "No Surveys",
        groups="loan_crm.loan_crm_group_manager,loan_crm.loan_crm_group_service_desk,"
        "loan_crm.loan_crm_group_compliance",
        help="The person asked for it, here or on the page of a survey: Loan CRM asks them no more how it was.",
    )
    # No relation to the profiles: every employee may search contacts, and "has any" asks no rule.
    loan_customer_count = fields.Integer(compute="_compute_loan_customer_count")
    # Of the present company alone: each lender has its own profile of a contact.
    loan_customer_here = fields.Integer(compute="_compute_loan_customer_count")

    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_loan_customer_count(self):
        counts, here = {}, {}
        profiles = self.env["loan.customer"].with_context(active_test=False)
        if profiles.has_access("read"):
            for partner, company, count in profiles._read_group(
                [("partner_id", "in", self.ids)], ["partner_id", "company_id"], ["__count"]
            ):
                counts[partner] = counts.get(partner, 0) + count
                if company == self.env.company:
                    here[partner] = count
        for partner in self:
            partner.loan_customer_count = counts.get(partner, 0)
            partner.loan_customer_here = here.get(partner, 0)

    # ------------------------------------------------------------ closed with a confidential customer

    @api.model
    def _loan_lifted_domain(self):
        seen = self._loan_not_hidden_domain("id")
        if self.env.user.share:  # a borrower sees their own firm and its people, as Odoo's rules say
            seen |= Domain("commercial_partner_id", "=", self.env.user.commercial_partner_id.id)
        return seen

    @api.model
    def _loan_asked_columns(self):
        return ("commercial_partner_id", "parent_id", "partner_share")

    @api.model
    def _loan_not_hidden_domain(self, name, of_lender=False):
        """Return which rows of a model lead to no contact that a confidential customer closes to the user.

        Whoever sees one of the profiles of a contact sees the contact, though another lender keeps them confidential.
        What is one lender's affair with the contact is told by that lender's profile alone.

        :param str name: the column of the contact's number; empty leads to none
        :param bool of_lender: whether the rows are a lender's affair, of their `company_id`, or of nobody's known
        """

        def seen(link):
            # As superuser: what is asked is the rule.
            customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
            domain = customers_sudo._search_loan_visible("in", [True])
            # Of any lender the user works for, whichever is switched on.
            domain &= Domain("company_id", "in", self.env.user.sudo().company_ids.ids)
            query = customers_sudo._search(domain)
            query.add_where(link)
            return query.subselect()

        def hidden(contact, alias):
            closed = SQL(
                "behind.loan_level IN %s AND NOT EXISTS %s",
                tuple(self.env["loan.confidentiality.level"]._closed_ranks()),
                seen(SQL("loan_customer.id = behind.id")),
            )
            if of_lender:
                lender = SQL.identifier(alias, "company_id")
                return SQL("%s AND (%s IS NULL OR %s = behind.company_id)", closed, lender, lender)
            return SQL("%s AND NOT EXISTS %s", closed, seen(SQL("loan_customer.partner_id = %s", contact)))

        return self._loan_behind_domain(name, hidden, found=False)

    @api.model
    def _loan_behind_domain(self, name, condition, found=True):
        """Return which rows of a model lead to a contact with a customer of some kind behind them.

        These are the contact's own customer, that of their firm, and of whom they stand below. Each asked for itself
        PostgreSQL finds by an index for a page of rows, and, where there must be none, by one pass for all of them.

        :param str name: the column of the contact's number
        :param condition: function of the contact's column, as SQL, and the rows' alias, that returns SQL on `behind`,
            a customer
        :param bool found: False for the rows where there is none
        """
        self.flush_model(["commercial_partner_id", "parent_id"])
        self.env["res.users"].flush_model(["active", "partner_id", "share"])
        self.env["loan.customer"].flush_model(["loan_level", "partner_id"])
        kept = SQL(
            "(SELECT partner_id FROM res_users WHERE active AND share IS NOT TRUE"
            " UNION SELECT partner_id FROM res_company)"
        )

        def domain(link):
            def to_sql(model, alias, query):
                contact = SQL.identifier(alias, name)
                tables, joined = SQL("loan_customer AS behind"), SQL("behind.partner_id = %s", contact)
                if link != "id":
                    if model._name != self._name:
                        tables, held = SQL("%s CROSS JOIN res_partner AS contact", tables), "contact"
                        joined = SQL("contact.id = %s", contact)
                    else:
                        held, joined = alias, SQL("TRUE")
                    joined = SQL(
                        "%s AND behind.partner_id = %s AND %s IS NOT NULL",
                        joined,
                        SQL.identifier(held, link),
                        SQL.identifier(held, "parent_id"),
                    )
                return SQL(
                    "%s EXISTS (SELECT FROM %s WHERE %s AND %s NOT IN %s AND %s)",
                    SQL() if found else SQL("NOT"),
                    tables,
                    joined,
                    contact,
                    kept,
                    condition(contact, alias),
                )

            return Domain.custom(to_sql=to_sql)

        among = [domain(link) for link in ("id", "commercial_partner_id", "parent_id")]
        return Domain.OR(among) if found else Domain.AND(among)

    @api.model
    def _loan_of_ranks_domain(self, name, ranks):
        """Return which rows of a model lead to a contact with a customer of these ranks behind them.

        :param str name: the column of the contact's number
        :param ranks: set of ranks
        """
        asked = SQL("behind.loan_level IN %s", tuple(ranks))
        return self._loan_behind_domain(name, lambda contact, alias: asked)

    def _loan_profiles_behind(self):
        """Return whose level closes a contact: `{contact: loan.customer}`, as superuser, archived ones too."""
        # As superuser: only levels are asked, or the log is told whom it was about.
        contacts_sudo = self.sudo()
        names = contacts_sudo | contacts_sudo.commercial_partner_id | contacts_sudo.parent_id
        customers_sudo = self.env["loan.customer"].sudo().with_context(active_test=False)
        by_contact = customers_sudo.search(Domain("partner_id", "in", names.ids)).grouped("partner_id")
        none = customers_sudo.browse()
        return {
            contact: none.union(
                *(
                    by_contact.get(name, none)
                    for name in contact_sudo | contact_sudo.commercial_partner_id | contact_sudo.parent_id
                )
            )
            for contact, contact_sudo in zip(self, contacts_sudo, strict=True)
        }

    def _loan_ranks(self):
        """Return how confidential contacts are, `{contact: rank}`: the highest of the customers behind each."""
        if self._loan_open():
            return dict.fromkeys(self, 0)
        # As superuser: as above. What is never closed has no rank.
        lenders_sudo = self.env["res.company"].sudo().search(Domain("partner_id", "in", self.ids)).partner_id
        return {
            contact: max(customers.mapped("loan_level"), default=0)
            if contact.sudo().partner_share and contact.sudo() not in lenders_sudo
            else 0
            for contact, customers in self._loan_profiles_behind().items()
        }

    @api.model
    def _loan_logged_domain(self):
        return self._loan_logged_through("id")

    @api.model
    def _loan_logged_through(self, name):
        """Return which rows of a model lead to a contact whose customer is put on record when somebody sees them.

        :param str name: the column of the contact's number
        """
        ranks = self.env["loan.confidentiality.level"]._logged_ranks()
        urgent = self.env["loan.access.grant"]._emergency_customers()
        logged = self._loan_of_ranks_domain(name, ranks) if ranks else Domain.FALSE
        if urgent:
            open_now = SQL("behind.id IN %s", tuple(urgent))
            logged |= self._loan_behind_domain(name, lambda contact, alias: open_now)
        return logged

    def _loan_log_customers(self):
        return {
            contact.id: customers.sorted("loan_level")[-1:].id
            for contact, customers in self._loan_profiles_behind().items()
            if customers
        }

    @api.depends_context("uid", "company")
    def _compute_same_vat_partner_id(self):
        # Odoo looks among everybody's contacts and tells the one with the same number.
        super()._compute_same_vat_partner_id()
        if self._loan_open():
            return
        for partner in self:
            for name in ("same_vat_partner_id", "same_company_registry_partner_id"):
                if not partner[name].sudo(False)._filtered_access("read"):
                    partner[name] = False

    def _loan_leads_below(self):
        """Return how confidential the leads of these contacts, and of whoever stands below them, are now."""
        # As superuser: they stay as closed as they are, whoever changes the contact.
        leads_sudo = self.env["crm.lead"].sudo().with_context(active_test=False)
        if self._loan_open():
            return {}
        return leads_sudo.search(Domain("partner_id", "child_of", self.ids))._loan_ranks()

    def unlink(self):
        kept = self._loan_leads_below()
        result = super().unlink()
        # What led them to their customer is gone; the database has emptied it behind their model's back.
        self.env["crm.lead"].invalidate_model(["partner_id"], flush=False)
        self.env["crm.lead"]._loan_keep_ranks(kept)
        return result

    def write(self, vals):
        kept = self._loan_leads_below() if "parent_id" in vals else {}
        changed = self.browse()
        if "loan_no_surveys" in vals:
            changed = self.filtered(lambda partner: partner.loan_no_surveys != bool(vals["loan_no_surveys"]))
        result = super().write(vals)
        if changed:
            # As superuser: who may say so of a contact need not see each lender's profile.
            profiles_sudo = self.env["loan.customer"].sudo().search([("partner_id", "in", changed.ids)])
            profiles_sudo._say_surveys(refused=bool(vals["loan_no_surveys"]))
            if not self.env.user._is_superuser():
                changed._loan_note_surveys()
        if kept:
            self.env["crm.lead"]._loan_keep_ranks(kept)
        if "email" in vals:
            # As superuser: who corrects an address need not know whose letters came back from it.
            self.env["loan.reminder.bounce"].sudo()._supersede(self)
        return result

    def _loan_note_surveys(self):
        """Put on record who says that these people want no surveys, or want them again: it may be who is rated."""
        if not self:
            return
        # As superuser: who may say so of a contact need not see each lender's profile.
        customers_sudo = self.env["loan.customer"].sudo().search([("partner_id", "in", self.ids)])
        told = {
            True: self.env._("The customer wants no more surveys, says who writes this."),
            False: self.env._("The customer may be asked by surveys again, says who writes this."),
        }
        bodies = {
            customer_sudo.id: told[customer_sudo.partner_id.loan_no_surveys]
            for customer_sudo in customers_sudo
        }
        customers_sudo._message_log_batch(bodies=bodies, author_id=self.env.user.partner_id.id)

    def action_open_loan_customer(self):
        """Open the contact's loan profile, an archived one, too, or a new one where one sees none.

        Of profiles in several companies that of the present one.
        """
        self.ensure_one()
        profiles = self._loan_profiles()
        here = profiles.filtered(lambda profile: profile.company_id == self.env.company)
        return self._open_loan_profile((here or profiles)[:1])

    def action_make_loan_customer(self):
        """Open a new loan profile of the present company, or the one that is there already."""
        self.ensure_one()
        return self._open_loan_profile(self._loan_profiles(self.env.company)[:1])

    def _loan_profiles(self, company=None):
        """Return the contact's profiles that the user may see, archived ones last.

        :param company: `res.company`; None for those of all the user works in
        """
        profiles = self.env["loan.customer"].with_context(active_test=False)
        mine = Domain("partner_id", "=", self.id)
        if company:
            mine &= Domain("company_id", "=", company.id)
        return profiles.search(mine, order="active desc, id")

    def _open_loan_profile(self, profile):
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.customer",
            "res_id": profile._surviving().id,
            "views": [(False, "form")],
            "context": {"default_partner_id": self.id},
        }
