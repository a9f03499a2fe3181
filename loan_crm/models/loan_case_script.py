from odoo import fields, models


class LoanCaseScript(models.Model):
    """What to ask, what must be said and what may not be promised: stands beside the cases it fits.

    Heads and compliance write it. It binds nobody by itself and is no letter; a customer never sees it.
    """

    _name = "loan.case.script"
    _inherit = ["loan.case.fit.mixin", "mail.thread"]
    _description = "Case Script"

    ask = fields.Text("Ask", translate=True, tracking=True, help="What must be known before anybody answers.")
    say = fields.Text("Say", translate=True, tracking=True, help="What the customer must have been told.")
    avoid = fields.Text(
        "Never Promise", translate=True, tracking=True, help="What nobody may promise or say."
    )
