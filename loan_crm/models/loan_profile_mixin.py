from odoo import api, fields, models

from ..core.listing import listed


class LoanProfileMixin(models.AbstractModel):
    """What a lender knows of a customer as a person: where they are at home, how they speak, what they need.

    Nothing here decides anything by itself; it is what a colleague reads before they speak to somebody, and what
    customers are grouped and found by.
    """

    _name = "loan.profile.mixin"
    _description = "Profile"

    region_id = fields.Many2one(
        "res.country.state",
        "Region",
        index="btree_not_null",
        compute="_compute_region_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        help="Where the customer is served. It follows the contact's address when that changes.",
    )
    dialect_id = fields.Many2one(
        "loan.dialect",
        "Dialect",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="What they speak best. Letters are written in the language.",
    )
    source_id = fields.Many2one(
        "utm.source",
        "Found Us By",
        index="btree_not_null",
        ondelete="restrict",
        help="How the customer first came to us.",
    )
    tag_ids = fields.Many2many(
        "loan.customer.tag",
        "loan_customer_tag_rel",
        "customer_id",
        "tag_id",
        string="Needs and Interests",
        help="Your own words to find customers by. Everybody who may see the customer reads them.",
    )
    needs = fields.Text(
        "What They Need",
        tracking=True,
        help="In their own words: what they want to reach, what worries them, what has changed.",
    )
    needs_on = fields.Date(
        "Last Heard On", readonly=True, copy=False, help="When this was last written down."
    )
    do_not_mention = fields.Char(
        "Do Not Mention",
        tracking=True,
        help="What hurts: a loss, a lawsuit, somebody they do not speak with.",
    )

    assisted = fields.Boolean(
        "Assisted Service",
        tracking=True,
        help="Somebody who does not find their way alone in forms and apps: a person goes through it with them.",
    )
    assist_large_print = fields.Boolean("Large Print", help="Whatever is printed for them is printed large.")
    assist_slowly = fields.Boolean(
        "Explain Slowly, Ask Back", help="Whoever calls takes their time and asks whether it was understood."
    )
    assist_in_person = fields.Boolean(
        "Important Matters in Person", help="Nothing important is settled by letter or telephone alone."
    )
    assist_note = fields.Char(
        "Also", help="Anything else that helps: hearing aid, reading glasses, a quiet room."
    )
    helper_told = fields.Char("Helped By", compute="_compute_helper_told")

    @api.depends("partner_id.state_id")
    def _compute_region_id(self):
        for customer in self:
            customer.region_id = customer.partner_id.state_id

    @api.depends("relation_ids.helps", "relation_ids.partner_id", "relation_ids.date_to")
    @api.depends_context("lang")
    def _compute_helper_told(self):
        for customer in self:
            today = (customer.company_id or self.env.company)._loan_today()
            customer.helper_told = listed(
                (
                    " ".join(
                        filter(None, (relation.partner_id.name, f"({relation.type_id.name})", relation.phone))
                    )
                    for relation in customer.relation_ids
                    if relation.helps and not (relation.date_to and relation.date_to < today)
                ),
                self.env.lang,
            )

    @api.model_create_multi
    def create(self, vals_list):
        customers = super().create(vals_list)
        customers.filtered("needs")._note_needs()
        return customers

    def write(self, vals):
        if "needs" not in vals:
            return super().write(vals)
        before = {customer: customer.needs or "" for customer in self}
        result = super().write(vals)
        self.filtered(lambda customer: (customer.needs or "") != before[customer])._note_needs()
        return result

    def _note_needs(self):
        """Note that what these customers need was heard today, by the day of each one's lender."""
        for company, customers in self.grouped("company_id").items():
            heard = customers.filtered("needs")
            for some, day in ((heard, company._loan_today()), (customers - heard, False)):
                if some:
                    some.write({"needs_on": day})
