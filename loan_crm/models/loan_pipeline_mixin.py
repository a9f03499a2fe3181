from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# Who borrows as the person who asks, and not the firm that they speak for.
_PEOPLE = (False, "person", "sole_trader")


class LoanPipelineMixin(models.AbstractModel):
    """What the page of a customer tells about applications: their own, and those of people they sent to us."""

    _name = "loan.pipeline.mixin"
    _description = "Applications and Recommendations"

    referrer_partner_id = fields.Many2one(
        "res.partner",
        "Recommended By",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="The contact who told them about us.",
    )
    renewal_opt_out = fields.Boolean(
        "No Offers of the Next Loan",
        tracking=True,
        help="The customer asked for it. No renewal is opened when a loan of theirs ends.",
    )
    application_count = fields.Integer("Number of Applications", compute="_compute_application_count")
    referral_count = fields.Integer(
        "Number of Recommendations", compute="_compute_referrals", compute_sudo=True
    )
    referral_told = fields.Char(
        "Recommended Us To",
        compute="_compute_referrals",
        compute_sudo=True,
        help="How many applied for a loan because of this customer, and how many of them became customers.",
    )

    @api.depends_context("uid")
    def _compute_application_count(self):
        counts = Counter()
        leads = self.env["crm.lead"].with_context(active_test=False)
        if leads.has_access("read"):
            owners = self._profiles_by_contact()
            for contact, kind, count in leads._read_group(
                leads._loan_borrower_domain(self._contacts()), ["partner_id", "loan_kind"], ["__count"]
            ):
                # As superuser: whom somebody speaks for is a question of whose application it is.
                borrower = contact if kind in _PEOPLE else contact.sudo().commercial_partner_id
                for customer in owners.get(borrower.sudo(self.env.su), ()):
                    counts[customer] += count
        for customer in self:
            customer.application_count = counts[customer]

    @api.depends("partner_id")
    @api.depends_context("lang")
    def _compute_referrals(self):
        # As superuser (compute_sudo): how many somebody brought is part of their own page, who they are is not told.
        counts, applied, owners = {}, set(), self._profiles_by_contact()
        for partner, company, status, contact, kind, count in (
            self.env["crm.lead"]
            .with_context(active_test=False)
            ._read_group(
                [
                    ("referrer_partner_id", "in", self._contacts().ids),
                    ("loan_product_id", "!=", False),
                    ("company_id", "in", [False, *self.company_id.ids]),
                ],
                ["referrer_partner_id", "company_id", "won_status", "partner_id", "loan_kind"],
                ["__count"],
            )
        ):
            borrower = contact if kind in _PEOPLE else contact.commercial_partner_id
            for customer in owners.get(partner, ()):
                if not company or company == customer.company_id:
                    counts.setdefault(customer.id, []).append((status, count))
                    applied.add((customer.id, borrower))
        # Who came without an application of ours is a customer all the same, and counts for the tier.
        sent = self.with_context(active_test=False).search(
            [("referred_by_id", "in", self.ids), ("merged_into_id", "=", False)]
        )
        through = {
            (id_, customer)
            for contact, customers in sent._profiles_by_contact().items()
            for customer in customers
            for id_ in customer.referred_by_id.ids
            if (id_, contact) in applied
        }
        for customer in sent:
            if (customer.referred_by_id.id, customer) not in through:
                counts.setdefault(customer.referred_by_id.id, []).append(("won", 1))
        for customer in self:
            mine = counts.get(customer._origin.id, ())
            customer.referral_count = sum(count for _status, count in mine)
            won = sum(count for status, count in mine if status == "won")
            customer.referral_told = bool(customer.referral_count) and self.env._(
                "%(won)s of %(all)s became customers", won=won, all=customer.referral_count
            )

    @api.model_create_multi
    def create(self, vals_list):
        customers = super().create(vals_list)
        # As superuser, as below: who named one of the two has said it all, whatever else they may see.
        customers_sudo = customers.sudo()
        customers_sudo.filtered(
            lambda customer: customer.referred_by_id and not customer.referrer_partner_id
        )._follow_referring_profile()
        customers_sudo.filtered(
            lambda customer: customer.referrer_partner_id and not customer.referred_by_id
        )._follow_referring_contact()
        # Whom they sent before they were customers themselves.
        customers_sudo.with_context(active_test=False).search(
            [
                ("referrer_partner_id", "in", customers_sudo.partner_id.ids),
                ("company_id", "in", customers_sudo.company_id.ids),
                ("referred_by_id", "=", False),
                ("merged_into_id", "=", False),
            ]
        )._follow_referring_contact()
        return customers

    def write(self, vals):
        written = {"referred_by_id", "referrer_partner_id"} & vals.keys()
        if len(written) != 1:  # who names both means both
            return super().write(vals)
        (name,) = written
        before = {customer: customer[name] for customer in self.sudo()}  # as superuser: as above
        result = super().write(vals)
        changed_sudo = self.sudo().filtered(lambda customer: customer[name] != before[customer])
        if name == "referred_by_id":
            changed_sudo._follow_referring_profile()
        else:
            changed_sudo._follow_referring_contact()
        return result

    def _follow_referring_profile(self):
        """Let the contact who sent these customers be that of the profile that was just named; of none, nobody."""
        for profile, customers in self.grouped("referred_by_id").items():
            customers.write({"referred_by_id": profile.id, "referrer_partner_id": profile.partner_id.id})

    def _follow_referring_contact(self):
        """Let the profile that sent these customers be that of the contact who was just named, where there is one."""
        sent, wanted = self._profiles_that_sent(), {}
        for customer in self:
            profile = sent.get(customer, self.browse())
            if customer.referred_by_id != profile:
                key = (profile, customer.referrer_partner_id)
                wanted[key] = wanted.get(key, self.browse()) | customer
        for (profile, contact), customers in wanted.items():
            customers.write({"referred_by_id": profile.id, "referrer_partner_id": contact.id})

    def _profiles_that_sent(self):
        """Return `{customer: the profile of the contact who sent them}`, as superuser, of kept profiles alone."""
        profiles_sudo = self.sudo().with_context(
            active_test=False
        )  # who sent them is noted, and told to nobody
        found_sudo = profiles_sudo.search(
            [
                ("partner_id", "in", self.referrer_partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ]
        )
        by_contact = {(profile.partner_id, profile.company_id): profile for profile in found_sudo}
        result = {}
        for customer in self:
            profile_sudo = by_contact.get((customer.referrer_partner_id, customer.company_id))
            if profile_sudo and (kept := profile_sudo._surviving().filtered("active") - customer):
                result[customer] = kept
        return result

    @api.constrains("referrer_partner_id", "partner_id")
    def _check_referrer(self):
        for customer in self:
            if customer.referrer_partner_id and customer.referrer_partner_id == customer.partner_id:
                raise ValidationError(self.env._("Nobody recommends themselves."))

    def _pass_on_applications(self, former):
        """Give the applications of these customers, who all have the same manager now, to that one.

        Those that were won or lost, too: whoever has one reads its papers.

        :param former: `res.users` who had them. Where nobody follows, the lead of the team does: an application
            without a salesperson is seen by everybody who sells
        :return: `crm.lead`, as superuser
        """
        # As superuser: whoever gives a customer away may not see the applications of either side.
        leads_sudo = self.env["crm.lead"].sudo().with_context(active_test=False)
        owners = self._profiles_by_contact()
        if not owners:
            return leads_sudo
        # What a firm's people ask for themselves is not the firm's; what is asked for it by one of them is.
        leads_sudo = leads_sudo.search(
            leads_sudo._loan_borrower_domain(self._contacts())
            & Domain("company_id", "in", [False, *self.company_id.ids])
            # With who acts while they are away it is theirs all the same.
            & (
                Domain("user_id", "=", former.id)
                | (Domain("loan_cover_from_id", "=", former.id) & Domain("loan_cover_to_id", "!=", False))
            )
        )
        passed_on = {}
        for lead_sudo in leads_sudo:
            customers = owners[lead_sudo._loan_borrower().sudo(self.env.su)]
            of_lender = customers.filtered(lambda c, lender=lead_sudo.company_id: c.company_id == lender)
            customer = (of_lender or customers)[:1]
            if follower := customer.manager_user_id or customer.team_id.user_id:
                passed_on.setdefault(follower, leads_sudo.browse())
                passed_on[follower] |= lead_sudo
        for follower, theirs_sudo in passed_on.items():
            theirs_sudo.with_context(mail_auto_subscribe_no_notify=True).write({"user_id": follower.id})
        return leads_sudo.filtered(lambda lead: lead.user_id != former)

    def _who_renews(self):
        """Return who speaks with this customer about the next loan: their manager, else who acts, else the lead.

        The manager also while away: whoever acts has the application meanwhile and does not keep it, as with any other.
        """
        self.ensure_one()
        for user in (self.manager_user_id, self.acting_user_id, self.team_id.user_id):
            if user.active:
                return user
        return self.env["res.users"]

    def action_open_applications(self):
        """Open the customer's applications, as far as the user may see them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.crm_lead_action_applications")
        action["domain"] = list(self.env["crm.lead"]._loan_borrower_domain(self._contacts()))
        action["context"] = {
            "active_test": False,
            "loan_application": True,
            "default_type": "opportunity",
            "default_partner_id": self.partner_id.id,
        }
        return action

    def action_open_referrals(self):
        """Open the applications of people this customer sent to us, as far as the user may see them."""
        self.ensure_one()
        domain = Domain("referrer_partner_id", "in", self._contacts().ids) & Domain(
            "loan_product_id", "!=", False
        )
        if self.env["crm.lead"].with_context(active_test=False).search_count(domain, limit=1):
            action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.crm_lead_action_referrals")
        else:  # all of them came without an application
            action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_customer_action")
            domain = Domain("referred_by_id", "in", self.ids)
        action["domain"] = list(domain)
        action["context"] = {"active_test": False}
        return action
