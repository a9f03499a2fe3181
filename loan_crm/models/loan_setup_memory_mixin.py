from odoo import fields, models


class LoanSetupMemoryMixin(models.AbstractModel):
    """What a lender's page for getting started remembers; whether a step is done is not among it."""

    _name = "loan.setup.memory.mixin"
    _description = "Getting Started: Its Memory"

    # {key of a step: {"user": id, "day": text}}
    loan_setup_aside = fields.Json(copy=False, groups="base.group_system", export_string_translation=False)
    loan_setup_closed = fields.Boolean("Getting Started Is Put Away", copy=False, groups="base.group_system")
    loan_tried_on = fields.Date(
        "Reminders Tried Out On",
        copy=False,
        readonly=True,
        help="When somebody last looked at what the round would write.",
    )
