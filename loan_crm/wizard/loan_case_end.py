from odoo import api, fields, models
from odoo.exceptions import UserError


class LoanCaseEnd(models.TransientModel):
    """End a case, or let it wait: each with the words a colleague must find there later."""

    _name = "loan.case.end"
    _inherit = ["loan.guard.mixin"]
    _description = "End of a Case"

    case_id = fields.Many2one("loan.case", "Case", required=True)
    ending = fields.Selection(
        [("solved", "Solved"), ("void", "Put Aside"), ("waiting", "Wait for the Customer")],
        required=True,
        default="solved",
    )
    kind = fields.Selection(related="case_id.kind")
    company_id = fields.Many2one(related="case_id.company_id")
    note = fields.Text("In Words")
    cause_id = fields.Many2one(
        "loan.case.cause",
        "Root Cause",
        compute="_compute_cause_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Why it came to this; a complaint cannot end without it, and weak spots are counted by it.",
    )
    by_customer = fields.Boolean("The Customer Says So", help="They wrote that it has been settled.")
    why = fields.Selection(
        [
            ("double", "Entered twice"),
            ("spam", "Advertising or spam"),
            ("test", "A test"),
            ("other", "Other"),
        ],
        "Because",
        default="double",
        help="It stands in the history, so that nobody wonders where the case went.",
    )
    kept_id = fields.Many2one(
        "loan.case",
        "Joined To",
        domain="[('id', '!=', case_id), ('state', 'in', ('new', 'open', 'waiting')), ('company_id', '=', company_id)]",
        help="The case that goes on; the history of this one can be read from there.",
    )

    @api.depends("case_id")
    def _compute_cause_id(self):
        for form in self:
            form.cause_id = form.case_id.cause_id

    def action_end(self):
        """Do it."""
        self.ensure_one()
        case, note = self.case_id, (self.note or "").strip()
        case.check_access("write")
        if self.ending == "waiting":
            if not note:
                raise UserError(self.env._("Say what you are waiting for."))
            case._wait(note)
        elif self.ending == "solved":
            if not note:
                raise UserError(
                    self.env._("Say what was done, so that a colleague understands it in half a year.")
                )
            if case.kind == "complaint" and not self.cause_id:
                raise UserError(self.env._("Say why it came to this: a complaint ends with its root cause."))
            if self.by_customer and not case._customer_has_said():
                raise UserError(
                    self.env._(
                        "Nothing of the customer says so. Note the talk on their page, or wait for their mail."
                    )
                )
            case._solve(note, self.cause_id, self.by_customer)
        elif self.why == "double":
            if not self.kept_id:
                raise UserError(self.env._("Which case is it joined to?"))
            case._join(self.kept_id)
        else:
            if self.why == "other" and not note:
                raise UserError(self.env._("Say why it is put aside."))
            case._check_may_put_aside()
            label = dict(self._fields["why"]._description_selection(self.env))[self.why]
            case._put_aside(f"{label}: {note}" if note else label)
        return {"type": "ir.actions.act_window_close"}
