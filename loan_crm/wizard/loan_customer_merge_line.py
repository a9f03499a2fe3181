from odoo import fields, models


class LoanCustomerMergeLine(models.TransientModel):
    """One thing about which the profiles to be merged say different things, and whose word counts."""

    _name = "loan.customer.merge.line"
    _inherit = ["loan.guard.mixin"]
    _description = "Difference between Profiles"

    wizard_id = fields.Many2one("loan.customer.merge", required=True, ondelete="cascade")
    name = fields.Char(required=True)
    label = fields.Char("Item")
    told = fields.Text("They Say")
    choice_id = fields.Many2one(
        "loan.customer", "Take It From", ondelete="cascade", help="The profile whose word counts here."
    )
    joins = fields.Boolean("Keep All", help="What all of them say is kept, for example each tag.")
    can_join = fields.Boolean()
