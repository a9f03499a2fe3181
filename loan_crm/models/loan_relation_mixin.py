from odoo import api, fields, models
from odoo.fields import Domain

from ..core import relations

# Ties are followed so many steps: a group of companies is no deeper, and a loop of ties ends all the same.
_STEPS = 6


class LoanRelationMixin(models.AbstractModel):
    """Who a customer is tied to, told from both sides, and what those who count together owe in all.

    Everything is asked with the reader's own rights. A profile they may not see is no member of any group, and its
    ties lead nowhere.
    """

    _name = "loan.relation.mixin"
    _description = "Relations"

    currency_id = fields.Many2one("res.currency")  # the record's own
    relation_ids = fields.One2many(
        "loan.customer.relation",
        "customer_id",
        "Relations",
        help="Told once, from one side: where the other one is a customer too, their page shows it by its "
        "other name.",
    )
    relation_in_ids = fields.Many2many(
        "loan.customer.relation",
        string="Named by Others",
        compute="_compute_relation_in_ids",
        help="Customers of yours on whose page this contact is noted.",
    )
    party_ids = fields.One2many(
        "loan.contract.party", "customer_id", "Co-borrowers and Guarantors", readonly=True
    )
    surety_ids = fields.Many2many(
        "loan.contract.party",
        string="Answers for Others",
        compute="_compute_surety_ids",
        help="Loans of others that this contact answers for, as far as you may see them.",
    )
    relation_count = fields.Integer("Number of Relations", compute="_compute_relation_in_ids")
    group_count = fields.Integer("Customers in the Group", compute="_compute_group")
    group_exposure = fields.Monetary(
        "Owed by the Group",
        compute="_compute_group",
        help="Outstanding principal of this customer and of those of the same household or group that you may see, "
        "in the company's currency at today's rate.",
    )

    @api.depends("partner_id", "relation_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_relation_in_ids(self):
        found = self._to_contacts(self.env["loan.customer.relation"])
        for customer in self:
            named = found.get((customer.partner_id, customer.company_id), self.env["loan.customer.relation"])
            customer.relation_in_ids = named
            customer.relation_count = len(customer.relation_ids) + len(named)

    @api.depends("partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_surety_ids(self):
        found = self._to_contacts(self.env["loan.contract.party"])
        for customer in self:
            customer.surety_ids = found.get(
                (customer.partner_id, customer.company_id), self.env["loan.contract.party"]
            )

    def _to_contacts(self, model):
        """Return `{(contact, company): records}` of what leads to the contacts of these customers."""
        found = {}
        for record in model.search([("partner_id", "in", self.partner_id.ids)]):
            key = record.partner_id, record.company_id
            found[key] = found.get(key, model.browse()) | record
        return found

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_group(self):
        members = self._group_members()
        everybody = self.browse().union(*members.values()) if members else self
        owed = {customer.id: customer.principal_outstanding for customer in everybody}
        for customer in self:
            group = members.get(customer._origin, customer._origin)
            customer.group_count = len(group)
            customer.group_exposure = sum(owed.get(member.id, 0.0) for member in group)

    def _group_members(self):
        """Return `{customer: customers}`: themselves and those they count together with, as far as the user sees.

        Ties are followed from contact to contact, within one company and without asking how many steps lie between.
        """
        relation = self.env["loan.customer.relation"]
        counting = relation._holding_domain() & Domain("type_id.counts_together", "=", True)
        origins = self._origin
        seen = relation
        partners = origins.partner_id
        for _step in range(_STEPS):
            found = relation.search(
                counting
                & Domain("id", "not in", seen.ids)
                & Domain("company_id", "in", origins.company_id.ids)
                & (
                    Domain("partner_id", "in", partners.ids)
                    | Domain("customer_id.partner_id", "in", partners.ids)
                )
            )
            if not found:
                break
            seen |= found
            partners |= found.partner_id | found.customer_id.partner_id
        ties = relations.groups(
            ((tie.customer_id.partner_id.id, tie.company_id.id), (tie.partner_id.id, tie.company_id.id))
            for tie in seen
        )
        # With the user's own rights: who is hidden counts with nobody.
        profiles = {
            (profile.partner_id.id, profile.company_id.id): profile
            for profile in self.env["loan.customer"].search([("partner_id", "in", partners.ids)])
        }
        group_of = {member: group for group in ties for member in group}
        return {
            customer: customer.union(
                *(
                    profiles[member]
                    for member in sorted(group_of.get((customer.partner_id.id, customer.company_id.id), ()))
                    if member in profiles
                )
            )
            for customer in origins
        }

    def action_open_group(self):
        """Open the customers this one counts together with."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_customer_action")
        action["name"] = self.env._("Household or Group")
        action["domain"] = [("id", "in", self._group_members()[self].ids)]
        action["context"] = {}
        return action
