from odoo import fields, models


class LoanCaseCause(models.Model):
    """Why something went wrong, in classes: in communication, in knowledge, in the process, in what was not passed on.

    A category says what a case is about, in the customer's words; its cause is what the lender finds out. Both together
    show where to mend.
    """

    _name = "loan.case.cause"
    _description = "Root Cause"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    note = fields.Text(
        "How to Tell", translate=True, help="By what a colleague recognises that this was the cause."
    )

    _name_uniq = models.UniqueIndex("(name)", "There is a root cause of this name already.")
