from odoo import fields, models


class LoanDialect(models.Model):
    """A way of speaking that a language's name does not tell: somebody who speaks it is understood at once."""

    _name = "loan.dialect"
    _description = "Dialect"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    lang_id = fields.Many2one(
        "res.lang",
        "Written Language",
        ondelete="set null",
        context={"active_test": False},
        help="The language letters are written in for somebody who speaks this dialect.",
    )

    _name_uniq = models.UniqueIndex("((name->>'en_US')) WHERE active", "This dialect is in the list already.")
