from odoo import fields, models


class LoanCommitmentKind(models.Model):
    """What a lender promises its customers: a document, a call, a decision. It says how long one usually takes.

    It also says by what the ledger sees for itself that such a word was kept. What it does not see, a person shows.
    """

    _name = "loan.commitment.kind"
    _description = "Kind of Commitment"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    days = fields.Integer(
        "Usual Days", default=2, required=True, help="Proposed where the words name no day of their own."
    )
    settled_by = fields.Selection(
        [
            ("hand", "Somebody shows it"),
            ("talk", "A call or visit that reached them"),
            ("rate", "A lower rate on the loan"),
        ],
        "Seen to Be Kept By",
        required=True,
        default="hand",
        help="What proves that such a promise was kept. Something seen in the records settles it without a click.",
    )
    shown = fields.Boolean(
        "On the Borrower's Page", default=True, help="Proposed; who promises decides it each time."
    )
    opens_recovery = fields.Boolean(
        "Broken, Is Made Good", help="When such a word is broken, a recovery plan is opened."
    )

    _days_sensible = models.Constraint("CHECK (days BETWEEN 0 AND 366)", "Days lie between 0 and 366.")
