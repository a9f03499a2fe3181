from odoo import fields, models
from odoo.exceptions import UserError


class LoanDataAsk(models.TransientModel):
    """Somebody asks by letter, by telephone or in person what is held about them: put on record, with its term."""

    _name = "loan.data.ask"
    _inherit = ["loan.guard.mixin"]
    _description = "Copy of Their Data"

    customer_id = fields.Many2one("loan.customer", "Customer", required=True)
    how = fields.Selection(
        [("post", "By Letter"), ("email", "By Email"), ("phone", "By Telephone"), ("visit", "In Person")],
        "They Asked",
        required=True,
        default="post",
        help="Answer by the same way where you can.",
    )
    asked_on = fields.Date(
        "The Question Came On",
        required=True,
        default=lambda self: self.env.company._loan_today(),
        help="From this day the time to answer runs.",
    )
    note = fields.Char("How You Know It Is Them", help="A copy goes to nobody but the person it is about.")

    def action_ask(self):
        """Put the question on record and open it."""
        self.ensure_one()
        self.customer_id.check_access("read")
        requests = self.env["loan.data.request"]
        requests.check_access("read")
        if self.asked_on > self.customer_id.company_id._loan_today():
            raise UserError(self.env._("What is not asked yet is put on record when it is."))
        if not (self.note or "").strip():
            raise UserError(self.env._("Say how you know that it is them who ask."))
        made = requests._ask(self.customer_id, self.how, self.env.user, self.asked_on, self.note)
        return {
            "type": "ir.actions.act_window",
            "res_model": "loan.data.request",
            "res_id": made.id,
            "views": [(False, "form")],
        }
