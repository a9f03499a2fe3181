from odoo import fields, models


class LoanCustomerTag(models.Model):
    """What a customer needs or cares for, in a word, so that those who have it in common can be found."""

    _name = "loan.customer.tag"
    _description = "Need or Interest"
    _order = "kind, name, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        [("need", "Need"), ("interest", "Interested In")],
        "Tells Of",
        required=True,
        default="need",
        help="A need says how to treat them, an interest what to talk about.",
    )
    color = fields.Integer()
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex("((name->>'en_US')) WHERE active", "This tag is in the list already.")
