from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class LoanCustomerRelation(models.Model):
    """A tie between a customer and a contact: begins when somebody tells of it, ends with a day, is kept as history.

    It is told once, from one side; the other side's page, where the contact is a customer, shows it by its other
    name. Whether a contact is a customer is asked with the reader's own rights each time and never stored, so a tie
    tells nobody of a profile they may not see.
    """

    _name = "loan.customer.relation"
    _inherit = ["loan.access.mixin"]
    _description = "Relation of a Customer"
    _order = "date_to DESC, type_id, id"
    _rec_names_search = ["partner_id.name", "customer_id.name"]
    _check_company_auto = True

    customer_id = fields.Many2one(
        "loan.customer", "Customer", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(
        related="customer_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    partner_id = fields.Many2one("res.partner", "Contact", required=True, index=True, ondelete="restrict")
    type_id = fields.Many2one(
        "loan.customer.relation.type",
        "Is Their",
        required=True,
        index=True,
        ondelete="restrict",
        help="What the contact is to the customer; the other word is shown on the other side.",
    )
    inverse_label = fields.Char("The Contact's", compute="_compute_inverse_label")
    counts_together = fields.Boolean(related="type_id.counts_together")
    has_share = fields.Boolean(related="type_id.has_share")
    share = fields.Float(
        "Share (%)", digits=(5, 2), aggregator=None, help="How much of the company belongs to them, 0 to 100."
    )
    helps = fields.Boolean(
        "Helps Them",
        help="Stands by the customer in talks about their loans. The customer has agreed that we speak with them.",
    )
    note = fields.Char()
    date_from = fields.Date("Since")
    date_to = fields.Date("Until", help="The last day. Empty: it still holds.")
    phone = fields.Char(related="partner_id.phone")
    email = fields.Char(related="partner_id.email")
    profile_id = fields.Many2one(
        "loan.customer",
        "Profile",
        compute="_compute_profile_id",
        help="The contact's own profile as a borrower, where they have one and you may see it.",
    )

    _once = models.UniqueIndex(
        "(customer_id, partner_id, type_id) WHERE date_to IS NULL", "This relation is noted already."
    )
    _share_of_hundred = models.Constraint(
        "CHECK (share IS NULL OR share BETWEEN 0 AND 100)", "A share lies between 0 and 100 percent."
    )
    _days_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_from IS NULL OR date_to >= date_from)",
        "A relation cannot end before it begins.",
    )

    @api.depends("partner_id", "type_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for relation in self:
            relation.display_name = f"{relation.partner_id.name or ''} · {relation.type_id.name or ''}"

    @api.depends("type_id")
    @api.depends_context("lang")
    def _compute_inverse_label(self):
        for relation in self:
            relation.inverse_label = relation.type_id.inverse_name or relation.type_id.name

    @api.depends("partner_id", "company_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_profile_id(self):
        # With the reader's own rights, on purpose.
        profiles = {
            (profile.partner_id, profile.company_id): profile
            for profile in self.env["loan.customer"].search(self._profiles_domain())
        }
        for relation in self:
            relation.profile_id = profiles.get((relation.partner_id, relation.company_id))

    def _profiles_domain(self):
        return Domain("partner_id", "in", self.partner_id.ids) & Domain(
            "company_id", "in", self.company_id.ids
        )

    @api.constrains("customer_id", "partner_id")
    def _check_not_themselves(self):
        for relation in self:
            if relation.partner_id == relation.customer_id.partner_id:
                raise ValidationError(
                    self.env._("Nobody is related to themselves: choose another contact than the customer's.")
                )

    @api.model
    def _holding_domain(self):
        """Return which relations hold today."""
        return Domain.OR(
            Domain("company_id", "in", company_ids)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))
            & (Domain("date_from", "=", False) | Domain("date_from", "<=", today))
            for today, company_ids in self.env["loan.contract"]._company_days()
        )

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "delete": "later",
            "why": self.env._("Who stood behind a loan is part of its records."),
        }

    @api.model
    def _before_customer_merge(self, kept, others):
        everybody = kept | others
        # Profiles of one person were sometimes tied to each other; nobody is related to themselves.
        self.search(
            [("customer_id", "in", everybody.ids), ("partner_id", "in", everybody.partner_id.ids)]
        ).unlink()
        # Who named the contact that is given up meant this person.
        self._move_contact(others.partner_id, kept)
        theirs = self.search([("customer_id", "in", others.ids), ("date_to", "=", False)])
        known = set()
        for tie in self.search([("customer_id", "=", kept.id), ("date_to", "=", False)]):
            known.add((tie.partner_id, tie.type_id))
        for tie in theirs:
            if (tie.partner_id, tie.type_id) in known:
                today = tie.company_id._loan_today()
                tie.date_to = max(today, tie.date_from or today)
            known.add((tie.partner_id, tie.type_id))

    @api.model
    def _move_contact(self, partners, kept):
        """Let relations of others that name these contacts name the kept profile's."""
        named = self.search([("partner_id", "in", partners.ids), ("company_id", "=", kept.company_id.id)])
        there = self.search(
            [("customer_id", "in", named.customer_id.ids), ("partner_id", "=", kept.partner_id.id)]
        )
        known = {(tie.customer_id, tie.type_id) for tie in there if not tie.date_to}
        for tie in named:
            if not tie.date_to and (tie.customer_id, tie.type_id) in known:
                continue
            tie.partner_id = kept.partner_id
            known.add((tie.customer_id, tie.type_id))

    def action_open_profile(self):
        """Open the contact's own profile, or the contact where they have none that the reader may see."""
        self.ensure_one()
        target = self.profile_id or self.partner_id
        return self._action_to(target)

    def action_open_customer(self):
        """Open the customer on whose page this is noted."""
        self.ensure_one()
        return self._action_to(self.customer_id)

    @api.model
    def _action_to(self, target):
        return {
            "type": "ir.actions.act_window",
            "res_model": target._name,
            "res_id": target.id,
            "views": [(False, "form")],
        }
