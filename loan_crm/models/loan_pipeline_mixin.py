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
        counts, owners = {}, self._profiles_by_contact()
        for partner, company, status, count in (
            self.env["crm.lead"]
            .with_context(active_test=False)
            ._read_group(
                [
                    ("referrer_partner_id", "in", self._contacts().ids),
                    ("loan_product_id", "!=", False),
                    ("company_id", "in", [False, *self.company_id.ids]),
                ],
                ["referrer_partner_id", "company_id", "won_status"],
                ["__count"],
            )
        ):
            for customer in owners.get(partner, ()):
                if not company or company == customer.company_id:
                    counts.setdefault(customer.id, []).append((status, count))
        for customer in self:
            mine = counts.get(customer._origin.id, ())
            customer.referral_count = sum(count for _status, count in mine)
            won = sum(count for status, count in mine if status == "won")
            customer.referral_told = customer.referral_count and self.env._(
                "%(won)s of %(all)s became customers", won=won, all=customer.referral_count
            )

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
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.crm_lead_action_referrals")
        action["domain"] = [
            ("referrer_partner_id", "in", self._contacts().ids),
            ("loan_product_id", "!=", False),
        ]
        action["context"] = {"active_test": False}
        return action
