from odoo import fields, models


class LoanNightFailure(models.Model):
    """A loan that a night could not treat: at which step and why, for a person to put right.

    The next night tries again by itself; each night lists what failed in it.
    """

    _name = "loan.night.failure"
    _inherit = ["loan.access.mixin"]
    _description = "Failure of a Night"
    _order = "night_id desc, id"
    _rec_name = "contract_id"

    night_id = fields.Many2one(
        "loan.night", "Night", required=True, readonly=True, index=True, ondelete="cascade"
    )
    date = fields.Date(related="night_id.date", store=True, precompute=True)
    company_id = fields.Many2one(
        related="night_id.company_id", store=True, index=True, precompute=True, string="Company"
    )
    contract_id = fields.Many2one(
        "loan.contract", "Loan", required=True, readonly=True, index=True, ondelete="restrict"
    )
    customer_id = fields.Many2one(
        related="contract_id.customer_id", store=True, index=True, precompute=True, string="Customer"
    )
    step = fields.Selection(
        [
            ("spend", "Waiting Credit"),
            ("move", "Business Days"),
            ("reprice", "Repricing"),
            ("notice", "Letter about a New Rate"),
            ("promise", "Promise to Pay"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Text(required=True, readonly=True)

    _once = models.UniqueIndex("(night_id, contract_id, step)", "A night tells once what went wrong.")

    def action_open_contract(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.contract",
            "res_id": self.contract_id.id,
            "views": [(False, "form")],
        }
