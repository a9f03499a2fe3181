from odoo import fields, models


class LoanInteractionType(models.Model):
    """A way to talk with a customer that leaves no trace of its own: by telephone, on a visit, at the counter.

    Data of the lender: an administrator adds ways and archives those nobody uses. `channel` says which of the ways
    everybody knows it is, for reports and for how the first contact came about.
    """

    _name = "loan.interaction.type"
    _description = "Way of Contact"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    channel = fields.Selection(
        [
            ("phone", "Telephone"),
            ("visit", "Visit"),
            ("video", "Video"),
            ("message", "Message App"),
            ("branch", "Branch"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
        help="Under which way it is counted.",
    )
    direction = fields.Selection(
        [("out", "We contacted them"), ("in", "They contacted us")],
        "Usually",
        required=True,
        default="out",
        help="Proposed when it is noted. What is outgoing counts for how often a customer may be contacted.",
    )
