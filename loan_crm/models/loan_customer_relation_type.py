from odoo import api, fields, models


class LoanCustomerRelationType(models.Model):
    """What somebody is to a customer, and what the customer is to them: two words for one tie."""

    _name = "loan.customer.relation.type"
    _description = "Kind of Relation"
    _order = "sequence, name, id"

    name = fields.Char("They Are", required=True, translate=True, help="What the contact is to the customer.")
    inverse_name = fields.Char(
        "The Customer Is",
        translate=True,
        help="What the customer is to the contact. Empty where it is the same word, as with neighbors.",
    )
    code = fields.Char(index=True, help="What other systems call it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    family = fields.Selection(
        [
            ("household", "Household"),
            ("group", "Group of Companies"),
            ("security", "Security"),
            ("control", "Control"),
            ("work", "Work"),
        ],
        "Belongs To",
        required=True,
        default="household",
        help="Under which heading it stands on the customer's page.",
    )
    counts_together = fields.Boolean(
        "Counts Together",
        help="What both sides owe is added up: they are one risk, as a household or a group of companies is.",
    )
    has_share = fields.Boolean("Asks for a Share", help="As of a beneficial owner.")

    _name_uniq = models.UniqueIndex(
        "((name->>'en_US')) WHERE active", "This kind of relation is in the list already."
    )
    _code_uniq = models.UniqueIndex("(code) WHERE code IS NOT NULL", "This code is taken already.")

    @api.depends("name", "inverse_name")
    @api.depends_context("lang", "relation_inverse")
    def _compute_display_name(self):
        for kind in self:
            if self.env.context.get("relation_inverse"):
                kind.display_name = kind.inverse_name or kind.name
            else:
                kind.display_name = kind.name
